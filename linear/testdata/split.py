"""Writes split.json: the folds of scikit-learn that split_test.go compares with.

    python3 split.py > split.json            (scikit-learn 1.9.1)
"""

import json

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit


def folds(splitter, n, groups=None):
    return [[train.tolist(), test.tolist()] for train, test in splitter.split(np.zeros((n, 1)), groups=groups)]


def main():
    out = []
    for n, k in [(2, 2), (7, 3), (10, 5), (11, 4)]:
        out.append(dict(kind="KFold", n=n, folds=k, want=folds(KFold(k), n)))
    for groups, k in [
        ([0, 0, 2, 2, 3, 3], 2),
        ([5, 1, 5, 1, 1, 9, -4, 9, 5, 7, 7, 0], 3),
        ([3, 3, 3, 3, 1, 1, 1, 2, 2, 8, 4, 4, 6], 4),
        ([1, 2, 3, 4, 5, 6, 7], 7),
    ]:
        out.append(dict(kind="GroupKFold", n=len(groups), folds=k, groups=groups, want=folds(GroupKFold(k), len(groups), groups)))
    for n, k, most, test, gap in [(6, 5, 0, 0, 0), (12, 3, 0, 2, 0), (12, 3, 0, 2, 2), (17, 4, 5, 0, 1), (20, 2, 3, 4, 11)]:
        splitter = TimeSeriesSplit(k, max_train_size=most or None, test_size=test or None, gap=gap)
        out.append(dict(kind="TimeSeriesSplit", n=n, folds=k, max_train=most, test_size=test, gap=gap, want=folds(splitter, n)))
    print("[" + ",\n".join(json.dumps(g, separators=(",", ":")) for g in out) + "]")


main()
