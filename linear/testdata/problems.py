"""The problems of the golden files: seeded draws, which the Go tests repeat, so that no data
need be kept, and the diabetes data.
"""

import os

import numpy as np

MASK = (1 << 64) - 1


def uniforms(seed, count):
    out = np.empty(count)
    for i in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        out[i] = ((z ^ (z >> 31)) >> 11) * 2.0**-53
    return out


def random_problem(seed, n, p, shift, share):
    """Columns have a share of a common part; y depends on the first five."""
    u = uniforms(seed, n * p + 2 * n)
    common, noise = u[:n] - 0.5, u[n : 2 * n] - 0.5
    x = (u[2 * n :] - 0.5).reshape(p, n).T * (1 - share) + share * common[:, None] + shift
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


def sparse_problem(seed, n, p):
    u = uniforms(seed, n + 2 * n * p)
    y = u[:n] - 0.5
    x = np.zeros((n, p))
    for j in range(p):
        pairs = u[n + 2 * n * j : n + 2 * n * (j + 1)].reshape(n, 2)
        keep = (pairs[:, 0] <= 0.25) | (j == 2)
        if j != 1:
            x[keep, j] = pairs[keep, 1] + 0.5
        if j < 5:
            y = y + (j + 1) * (-1) ** j * x[:, j]
    return x, y


def diabetes():
    """The 442×10 data of Efron et al. 2004."""
    here = os.path.dirname(os.path.abspath(__file__))
    table = np.loadtxt(os.path.join(here, "../../bench/testdata/diabetes.csv"), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1]
