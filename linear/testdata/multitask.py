"""Writes multitask.json: what scikit-learn finds on the problems of multitask_test.go.

    python3 multitask.py > multitask.json    (scikit-learn 1.9.1, numpy 2.4.6)
"""

import json

import numpy as np
from sklearn.linear_model import MultiTaskElasticNet

from problems import multi_problem


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
