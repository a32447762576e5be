"""Writes cv.json: the cross-validations of scikit-learn that cv_golden_test.go and
multicv_test.go compare with.

    python3 cv.py > cv.json                  (scikit-learn 1.9.1, numpy 2.4.6)

A case has the best alpha and l1_ratio, the alphas, and the test errors [l1_ratio][alpha][fold]
at tol 1e-14; and how far from these the errors at tol 1e-4 are, the largest and the mean
relative difference. A case that is usual is compared at
tol 1e-4 only, with errors at tol 1e-9.
"""

import json
import warnings

import numpy as np
from scipy.sparse import csc_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, MultiTaskElasticNetCV
from sklearn.model_selection import KFold, TimeSeriesSplit

from problems import diabetes, multi_problem, random_problem, sparse_problem

warnings.simplefilter("ignore", ConvergenceWarning)  # 1e-14 is below the rounding of some


def case(kind, args, folds, l1_ratios, alphas, intercept=True, positive=False, weighted=False, timed=False, usual=False):
    x, y = {"diabetes": diabetes, "random": random_problem, "sparse": sparse_problem, "multi": multi_problem}[kind](*args)
    data = csc_matrix(x) if kind == "sparse" else np.asfortranarray(x)
    s = np.arange(len(y)) % 4 / 2 if weighted else None
    split = TimeSeriesSplit(folds) if timed else KFold(folds)
    fits = []
    for tol, most in ((1e-9 if usual else 1e-14, 500_000), (1e-4, 1000)):
        own = dict(l1_ratio=l1_ratios, alphas=alphas, fit_intercept=intercept, cv=split, tol=tol, max_iter=most)
        if kind == "multi":
            m = MultiTaskElasticNetCV(**own).fit(data, y)
        else:
            m = ElasticNetCV(positive=positive, **own).fit(data, y, sample_weight=s)
        m.mse_path_ = m.mse_path_.reshape(len(l1_ratios), -1, folds)
        fits.append(m)
    exact, loose = fits
    off = np.abs(loose.mse_path_ - exact.mse_path_) / exact.mse_path_
    flags = dict(no_intercept=not intercept, positive=positive, weighted=weighted, timed=timed, usual=usual)
    return dict(
        kind=kind, args=args, folds=folds, l1_ratios=l1_ratios, num_alphas=alphas, **{k: True for k, on in flags.items() if on},
        alpha=float(exact.alpha_), l1_ratio=float(exact.l1_ratio_), off_most=float(off.max()), off_mean=float(off.mean()),
        alphas=[[float(f"{v:.13g}") for v in row] for row in np.atleast_2d(exact.alphas_)],
        mse=[[[float(f"{v:.10g}") for v in folds] for folds in row] for row in exact.mse_path_],
    )  # fmt: skip


def main():
    wide, tall = ("random", (3, 40, 90, 0.0, 0.5)), ("random", (4, 200, 12, 3.0, 0.5))
    cases = [
        case("diabetes", (), 10, [0.5, 0.9, 1.0], 15),
        case("diabetes", (), 5, [0.7], 20, weighted=True),
        case("diabetes", (), 4, [1.0], 15, timed=True),
        case("diabetes", (), 3, [0.5], 10, intercept=False, positive=True),
        case(*wide, 5, [0.1, 0.5, 1.0], 20),
        case(*wide, 4, [0.9], 15, weighted=True),
        case(*wide, 4, [0.9], 15, positive=True),
        case(*wide, 3, [1.0], 12, timed=True),
        case(*tall, 7, [0.5, 1.0], 20),
        case(*tall, 5, [0.5], 10, intercept=False, weighted=True),
        case("sparse", (1, 60, 40), 5, [0.5, 1.0], 15),
        case("sparse", (2, 40, 120), 4, [0.9], 15),
        case("sparse", (2, 40, 120), 4, [0.9], 15, intercept=False),
        case("sparse", (3, 200, 30), 5, [0.5], 15, weighted=True),
        case("random", (5, 1500, 500, 0.0, 0.2), 3, [0.5, 1.0], 50, usual=True),
        case("multi", (1, 50, 8, 3, 0.0, 0.0), 5, [0.5, 1.0], 12),
        case("multi", (2, 100, 40, 5, 2.0, 0.5), 4, [0.9], 15),
        case("multi", (3, 40, 90, 9, 0.0, 0.0), 3, [0.7], 8, intercept=False),
        case("multi", (4, 60, 30, 2, 0.0, 0.3), 3, [0.7, 1.0], 8, timed=True),
    ]
    print("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]")


main()
