"""Writes golden.json: what scikit-learn finds on the problems of golden_test.go.

    python3 golden.py > golden.json          (scikit-learn 1.9.1, numpy 2.4.6)

A case has the objective, the duality gap of it, the first coefficients and the intercept.
"""

import itertools
import json
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Ridge

from problems import diabetes, random_problem

warnings.simplefilter("error", ConvergenceWarning)


def solve(x, y, alpha, l1_ratio, intercept, positive, s):
    if l1_ratio == 0:
        total = len(y) if s is None else s.sum()
        m = Ridge(alpha=alpha * total, fit_intercept=intercept, solver="cholesky").fit(x, y, sample_weight=s)
        return m.coef_, m.intercept_, 0.0
    m = ElasticNet(
        alpha=alpha, l1_ratio=l1_ratio, fit_intercept=intercept, positive=positive, tol=1e-12, max_iter=10_000_000
    ).fit(np.asfortranarray(x), y, sample_weight=s)
    return m.coef_, m.intercept_, abs(float(m.dual_gap_))


def case(problem, x, y, fraction, l1_ratio, intercept, positive, weighted, single):
    if single:
        x = x.astype(np.float32).astype(float)
    s = np.arange(len(y)) % 4 / 2 if weighted else None
    w = np.ones(len(y)) if s is None else s
    xc, yc = (x - np.average(x, 0, w), y - np.average(y, 0, w)) if intercept else (x, y)
    alpha = float(fraction * np.abs(xc.T @ (w * yc)).max() / w.sum() / max(l1_ratio, 0.1))
    coef, b, gap = solve(x, y, alpha, l1_ratio, intercept, positive, s)
    r = y - b - x @ coef
    objective = w @ r**2 / (2 * w.sum()) + alpha * (l1_ratio * np.abs(coef).sum() + (1 - l1_ratio) / 2 * coef @ coef)
    flags = dict(intercept=intercept, positive=positive, weighted=weighted, float32=single)
    return dict(
        problem=problem, l1_ratio=l1_ratio, **{name: True for name, on in flags.items() if on},
        alpha=alpha, objective=float(objective), gap=gap, coef=[round(float(v), 9) for v in coef[:2]], b=round(float(b), 9),
    )  # fmt: skip


def main():
    problems = [([], *diabetes())]
    # Shares of .5, .75 and .9087 are correlations of .5, .9 and .99.
    shapes, shares = [(40, 15), (30, 30), (25, 60), (200, 12)], [0, 0.5, 0.75, 0.9087]
    for k, ((n, p), share) in enumerate(itertools.product(shapes, shares)):
        args = [k + 1, n, p, 3.0 * (k % 2), share]
        problems.append((args, *random_problem(*args)))
    golden, k = [], 0
    for args, x, y in problems:
        for l1_ratio in (1.0, 0.5, 0.1, 0.0):
            for fraction in (0.3, 0.01):
                k += 1  # each run of eight has all of intercept, positive and weighted
                for flags in (k % 8, (k + 3) % 8):
                    intercept, positive, weighted = flags & 1 == 0, flags & 2 != 0 and l1_ratio > 0, flags & 4 != 0
                    golden.append(case(args, x, y, fraction, l1_ratio, intercept, positive, weighted, k % 5 == 0))
    print("[" + ",\n".join(json.dumps(g, separators=(",", ":")) for g in golden) + "]")


main()
