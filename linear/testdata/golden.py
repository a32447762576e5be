"""Writes golden.json: what scikit-learn finds on the problems of golden_test.go.

    python3 golden.py > golden.json          (scikit-learn 1.9.1, numpy 2.4.6)

The random problems are drawn by splitmix64, which golden_test.go repeats, so that no
data need be kept.
"""

import json
import os

import numpy as np
from sklearn.linear_model import ElasticNet, Ridge

MASK = (1 << 64) - 1
MAX_ITER = 1_000_000


def uniforms(seed, count):
    out = np.empty(count)
    for i in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        out[i] = ((z ^ (z >> 31)) >> 11) * 2.0**-53
    return out


def random_problem(seed, n, p, shift, correlation):
    """Columns share a common part; y depends on the first five."""
    u = uniforms(seed, n * p + 2 * n)
    common, noise = u[:n] - 0.5, u[n : 2 * n] - 0.5
    x = (u[2 * n :] - 0.5).reshape(p, n).T * (1 - correlation) + correlation * common[:, None] + shift
    y = noise.copy()
    for j in range(min(5, p)):
        y += (j + 1) * (-1) ** j * x[:, j]
    return x, y


def objective(x, y, coef, intercept, alpha, l1_ratio):
    r = y - intercept - x @ coef
    return float(r @ r / (2 * len(y)) + alpha * l1_ratio * np.abs(coef).sum() + alpha * (1 - l1_ratio) / 2 * coef @ coef)


def fit(x, y, alpha, l1_ratio, intercept):
    if l1_ratio == 0:
        m = Ridge(alpha=alpha * len(y), fit_intercept=intercept, solver="cholesky")
    else:
        m = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, fit_intercept=intercept, tol=1e-12, max_iter=MAX_ITER)
    return m.fit(np.asfortranarray(x), y)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    table = np.loadtxt(os.path.join(here, "../../bench/testdata/diabetes.csv"), delimiter=",", skiprows=1)
    problems = [("diabetes", None, table[:, :-1], table[:, -1])]
    for args in [(1, 50, 8, 0.0, 0.0), (2, 200, 40, 3.0, 0.5), (3, 60, 150, 0.0, 0.3), (4, 33, 33, 100.0, 0.9)]:
        problems.append(("random", args, *random_problem(*args)))
    golden = []
    for name, args, x, y in problems:
        for l1_ratio in (1.0, 0.5, 0.1, 0.0):
            for intercept in (True, False):
                xc, yc = (x - x.mean(0), y - y.mean()) if intercept else (x, y)
                top = np.abs(xc.T @ yc).max() / len(y)
                for fraction in (0.3, 0.01):
                    alpha = float(fraction * top / max(l1_ratio, 0.1))
                    m = fit(x, y, alpha, l1_ratio, intercept)
                    if m.n_iter_ == MAX_ITER:  # columns too collinear for 1e-12
                        continue
                    golden.append(
                        dict(
                            problem=name, args=args, alpha=alpha, l1_ratio=l1_ratio, intercept=intercept,
                            objective=objective(x, y, m.coef_, m.intercept_, alpha, l1_ratio),
                            coef=[float(v) for v in m.coef_[:12]], b=float(m.intercept_),
                        )
                    )
    print("[" + ",\n".join(json.dumps(g) for g in golden) + "]")


main()
