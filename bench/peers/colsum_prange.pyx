# cython: language_level=3, boundscheck=False, wraparound=False
"""Column sums with prange, as the article on Cython's prange wrote them."""

from cython.parallel import prange

import numpy as np


def columns(const double[::1, :] a, int threads):
    """Fortran order: a thread sums whole columns, which are contiguous."""
    cdef Py_ssize_t rows = a.shape[0], cols = a.shape[1], i, j
    cdef double[::1] out = np.zeros(cols)
    cdef double s
    for j in prange(cols, nogil=True, num_threads=threads, schedule="static"):
        s = 0  # assigned, never +=: that would make it a reduction
        for i in range(rows):
            s = s + a[i, j]
        out[j] = s
    return np.asarray(out)


cdef void add_rows(const double* a, Py_ssize_t rows, Py_ssize_t cols, double* sums) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(rows):
        for j in range(cols):
            sums[j] += a[i * cols + j]


def rows(const double[:, ::1] a, int threads):
    """C order: a thread adds up whole rows, which are contiguous, in sums of its
    own. Raw pointers let the C compiler use vectors, which it does not through the
    views; blocks of columns instead of rows were slower."""
    cdef Py_ssize_t m = a.shape[0], cols = a.shape[1], t, lo, hi
    cdef double[:, ::1] out = np.zeros((threads, cols))
    for t in prange(threads, nogil=True, num_threads=threads, schedule="static"):
        lo = m * t // threads
        hi = m * (t + 1) // threads
        add_rows(&a[lo, 0], hi - lo, cols, &out[t, 0])
    return np.asarray(out).sum(axis=0)
