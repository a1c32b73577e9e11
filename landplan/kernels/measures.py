"""Accessibility measures over a CSR matrix of minutes; every iteration owns one origin's row."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["closest", "reached_within"]


@njit(cache=True, nogil=True, parallel=True)
def _reached_within(indptr, dest, cost_min, opportunities, cutoffs_min, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        for k in range(indptr[i], indptr[i + 1]):
            for c in range(cutoffs_min.size):
                if cost_min[k] <= cutoffs_min[c]:
                    out[i, c] += opportunities[dest[k]]


def reached_within(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    cost_min: NDArray[np.float32],
    opportunities: NDArray[np.float64],
    cutoffs_min: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sum the opportunities at destinations within each cutoff (inclusive).

    Returns
    -------
    ndarray of float64, shape (origins, cutoffs)

    Examples
    --------
    >>> import numpy as np
    >>> reached_within(np.array([0, 2]), np.array([0, 1], np.int32), np.array([5, 9], np.float32),
    ...                np.array([10.0, 20.0]), np.array([5.0, 10.0]))
    array([[10., 30.]])
    """
    out = np.zeros((indptr.size - 1, cutoffs_min.size))
    _reached_within(indptr, dest, cost_min, opportunities, cutoffs_min, out)
    return out


@njit(cache=True, nogil=True, parallel=True)
def _closest(indptr, dest, cost_min, offered, n, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        best = np.full(n, np.inf)
        for k in range(indptr[i], indptr[i + 1]):
            if offered[dest[k]] > 0 and cost_min[k] < best[n - 1]:
                j = n - 1
                while j > 0 and best[j - 1] > cost_min[k]:
                    best[j] = best[j - 1]
                    j -= 1
                best[j] = cost_min[k]
        out[i] = best[n - 1]


def closest(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    cost_min: NDArray[np.float32],
    offered: NDArray[np.float64],
    n: int,
) -> NDArray[np.float64]:
    """Minutes to the n-th closest destination that offers anything; ``inf`` when there are fewer.

    Returns
    -------
    ndarray of float64, shape (origins,)

    Examples
    --------
    >>> import numpy as np
    >>> closest(np.array([0, 2]), np.array([0, 1], np.int32), np.array([5, 9], np.float32),
    ...         np.array([1.0, 1.0]), 2)
    array([9.])
    """
    out = np.empty(indptr.size - 1)
    _closest(indptr, dest, cost_min, offered, n, out)
    return out
