"""Writes multitask.json: what scikit-learn finds on the problems of multitask_test.go.

    python3 multitask.py > multitask.json    (scikit-learn 1.9.1, numpy 2.4.6)
"""

import json

import numpy as np
from sklearn.linear_model import MultiTaskElasticNet

MASK = (1 << 64) - 1


def uniforms(seed, count):
    """splitmix64, as in golden.py."""
    out = np.empty(count)
    for i in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        out[i] = ((z ^ (z >> 31)) >> 11) * 2.0**-53
    return out


def random_problem(seed, n, p, shift, correlation):
    """As in golden.py."""
    u = uniforms(seed, n * p + 2 * n)
    common, noise = u[:n] - 0.5, u[n : 2 * n] - 0.5
    x = (u[2 * n :] - 0.5).reshape(p, n).T * (1 - correlation) + correlation * common[:, None] + shift
    y = noise.copy()
    for j in range(min(5, p)):
        y += (j + 1) * (-1) ** j * x[:, j]
    return x, y


def multi_problem(seed, n, p, tasks, shift, correlation):
    x, base = random_problem(seed, n, p, shift, correlation)
    noise = uniforms(seed + 1000, n * tasks).reshape(tasks, n).T - 0.5
    y = np.empty((n, tasks))
    for k in range(tasks):
        y[:, k] = base * (k % 3) + noise[:, k] + k
        for j in range(min(5, p)):
            y[:, k] += np.cos(j * k) * x[:, j]
    return x, y


def main():
    out = []
    for args in [(1, 50, 8, 3, 0.0, 0.0), (2, 100, 40, 5, 2.0, 0.5), (3, 40, 90, 12, 0.0, 0.3)]:
        x, y = multi_problem(*args)
        n = len(y)
        for l1_ratio in (1.0, 0.5):
            for intercept in (True, False):
                for alpha in (0.3, 0.03):
                    m = MultiTaskElasticNet(alpha=alpha, l1_ratio=l1_ratio, fit_intercept=intercept, tol=1e-13, max_iter=1_000_000)
                    m.fit(np.asfortranarray(x), y)
                    r = y - m.intercept_ - x @ m.coef_.T
                    rows = np.sqrt((m.coef_**2).sum(0))
                    objective = (r**2).sum() / (2 * n) + alpha * l1_ratio * rows.sum() + alpha * (1 - l1_ratio) / 2 * (rows**2).sum()
                    b = np.broadcast_to(m.intercept_, y.shape[1])
                    out.append(dict(
                        args=args, alpha=alpha, l1_ratio=l1_ratio, intercept=intercept, objective=float(objective),
                        gap=float(abs(m.dual_gap_)), coef=m.coef_[:, :10].tolist(), b=b.tolist()))  # fmt: skip
    print("[" + ",\n".join(json.dumps(g) for g in out) + "]")


main()
