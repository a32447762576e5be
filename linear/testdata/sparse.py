"""Writes sparse.json: what scikit-learn finds on the sparse problems of csc_test.go.

    python3 sparse.py > sparse.json          (scikit-learn 1.9.1, numpy 2.4.6)
"""

import json

import numpy as np
from scipy.sparse import csc_matrix
from sklearn.linear_model import ElasticNet

from problems import sparse_problem


def main():
    out = []
    for seed, n, p in [(1, 60, 40), (2, 40, 120), (3, 200, 30)]:
        x, y = sparse_problem(seed, n, p)
        for alpha, l1_ratio, intercept, positive, weighted in [
            (0.05, 1.0, True, False, False),
            (0.05, 1.0, False, False, False),
            (0.01, 0.5, True, False, False),
            (0.02, 0.7, True, True, False),
            (0.03, 0.8, True, False, True),
            (0.03, 0.8, False, True, True),
        ]:
            s = (np.arange(n) % 4 + 0.5) if weighted else np.ones(n)
            m = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, fit_intercept=intercept, positive=positive, tol=1e-13, max_iter=1_000_000)
            m.fit(csc_matrix(x), y, sample_weight=s if weighted else None)
            r = y - m.intercept_ - x @ m.coef_
            objective = (s @ r**2) / (2 * s.sum()) + alpha * l1_ratio * np.abs(m.coef_).sum() + alpha * (1 - l1_ratio) / 2 * m.coef_ @ m.coef_
            out.append(dict(
                seed=seed, n=n, p=p, alpha=alpha, l1_ratio=l1_ratio, intercept=intercept, positive=positive,
                weights=s.tolist() if weighted else None, objective=float(objective), gap=float(abs(m.dual_gap_)),
                b=float(m.intercept_), coef=m.coef_.tolist()))  # fmt: skip
    print("[" + ",\n".join(json.dumps(g) for g in out) + "]")


main()
