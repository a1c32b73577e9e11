"""Accessibility measures over a CSR matrix of minutes; every iteration owns what it writes.

Cutoffs are compared at the minutes' own precision: 5.8 minutes kept as float32 lie within a cutoff of 5.8.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._team import team
from landplan.kernels.weighing import first_at, owners

__all__ = ["balancing", "closest", "reached_from", "reached_within"]

_PIECE = 1_024  # pairs whose amounts are looked up together, then added up for each cutoff
_ENOUGH = 1_000_000  # pairs; fewer are done before a second thread has come, on a busy machine a scheduler's quantum later


# reassoc alone lets a row's sums be taken in lanes, the same ones for any number of threads and every cutoff:
# a longer cutoff adds more to each lane and never sums to less
@njit(cache=True, nogil=True, parallel=True, fastmath={"reassoc", "nsz"})
def _reached_within(indptr, dest, minutes, opportunities, cutoffs, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        amount = np.empty(_PIECE)
        for c in range(cutoffs.size):
            out[i, c] = 0.0
        for first in range(indptr[i], indptr[i + 1], _PIECE):
            n = min(_PIECE, indptr[i + 1] - first)
            for k in range(n):
                amount[k] = opportunities[dest[first + k]]
            near = minutes[first : first + n]
            for c in range(cutoffs.size):
                cutoff = cutoffs[c]
                total = 0.0
                for k in range(n):
                    total += amount[k] if near[k] <= cutoff else 0.0
                out[i, c] += total


@njit(cache=True, nogil=True, parallel=True)
def _reached_from(indptr, dest, minutes, amounts, cutoffs, shares, out):  # type: ignore[no-untyped-def]
    places = out.shape[1]
    for share_of in prange(shares):
        mine = np.int64(share_of)
        low, high = mine * places // shares, (mine + 1) * places // shares
        for i in range(indptr.size - 1):
            amount = amounts[i]
            if amount == 0.0:
                continue
            begin, end = indptr[i], indptr[i + 1]
            if shares > 1:
                begin = first_at(dest, begin, end, low)
                end = first_at(dest, begin, end, high)
            if begin == end:
                continue
            near, where = minutes[begin:end], dest[begin:end]
            neighbours = where[-1] - where[0] == end - begin - 1
            for c in range(cutoffs.size):
                cutoff = cutoffs[c]
                if neighbours:
                    run = out[c, where[0] : where[0] + near.size]
                    for k in range(near.size):
                        run[k] += amount if near[k] <= cutoff else 0.0
                else:
                    for k in range(near.size):
                        if near[k] <= cutoff:
                            out[c, where[k]] += amount


def reached_within(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    opportunities: NDArray[np.float64],
    cutoffs_min: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sum the opportunities at destinations within each cutoff (inclusive), all cutoffs in one pass.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs.
    opportunities : ndarray of float64, shape (destinations,)
    cutoffs_min : ndarray of float64
        In any order; all in one pass.

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
    out = np.empty((indptr.size - 1, cutoffs_min.size))
    with team(None, work=dest.size, enough=_ENOUGH):
        _reached_within(indptr, dest, minutes, opportunities, cutoffs_min.astype(np.float32), out)
    return out


def reached_from(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    amounts: NDArray[np.float64],
    cutoffs_min: NDArray[np.float64],
    places: int,
) -> NDArray[np.float64]:
    """Sum the amounts at origins that reach each destination within each cutoff (inclusive).

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs, destinations rising within a row.
    amounts : ndarray of float64, shape (origins,)
    cutoffs_min : ndarray of float64
        In any order; all in one pass.
    places : int
        Destinations.

    Returns
    -------
    ndarray of float64, shape (places, cutoffs)

    Examples
    --------
    >>> import numpy as np
    >>> reached_from(np.array([0, 2]), np.array([0, 1], np.int32), np.array([5, 9], np.float32),
    ...              np.array([10.0]), np.array([5.0, 10.0]), 2)
    array([[10., 10.],
           [ 0., 10.]])
    """
    sums = np.zeros((cutoffs_min.size, places))
    with team(None, work=dest.size, enough=_ENOUGH) as threads:
        _reached_from(indptr, dest, minutes, amounts, cutoffs_min.astype(np.float32), owners(places, threads), sums)
    return np.ascontiguousarray(sums.T)


@njit(cache=True, nogil=True, parallel=True)
def _closest_one(indptr, dest, minutes, offered, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        best = np.inf
        for k in range(indptr[i], indptr[i + 1]):
            if minutes[k] < best and offered[dest[k]] > 0.0:
                best = minutes[k]
        out[i] = best


@njit(cache=True, nogil=True, parallel=True)
def _closest(indptr, dest, minutes, offered, n, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        # a heap, the farthest on top, of the fewest closest that offer n together
        far = np.empty(indptr[i + 1] - indptr[i], np.float32)
        has = np.empty(far.size)
        size, total = 0, 0.0
        for k in range(indptr[i], indptr[i + 1]):
            more = offered[dest[k]]
            if more <= 0.0 or (total >= n and minutes[k] >= far[0]):
                continue
            at = size
            size += 1
            total += more
            while at > 0 and far[(at - 1) // 2] < minutes[k]:
                far[at], has[at] = far[(at - 1) // 2], has[(at - 1) // 2]
                at = (at - 1) // 2
            far[at], has[at] = minutes[k], more
            while total - has[0] >= n:
                total -= has[0]
                size -= 1
                last, kept = far[size], has[size]
                at = 0
                while True:
                    child = 2 * at + 1
                    if child >= size:
                        break
                    if child + 1 < size and far[child + 1] > far[child]:
                        child += 1
                    if far[child] <= last:
                        break
                    far[at], has[at] = far[child], has[child]
                    at = child
                far[at], has[at] = last, kept
        out[i] = far[0] if total >= n else np.inf


def closest(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    offered: NDArray[np.float64],
    n: float,
) -> NDArray[np.float64]:
    """Minutes within which `n` opportunities are reached; ``inf`` when there are fewer.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs.
    offered : ndarray of float64, shape (destinations,)
        How many each destination offers.
    n : float
        With 1, whatever is offered counts, less than one too.

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
    with team(None, work=dest.size, enough=_ENOUGH):
        if n == 1:
            _closest_one(indptr, dest, minutes, offered, out)
        else:
            _closest(indptr, dest, minutes, offered, float(n), out)
    return out


@njit(cache=True, nogil=True, parallel=True)
def _balancing(indptr, dest, minutes, supply, demand, increment, edges, out):  # type: ignore[no-untyped-def]
    for i in prange(indptr.size - 1):
        out[i] = np.nan
        if demand[i] == 0.0:
            out[i] = 0.0
            continue
        new = np.zeros(edges.size)
        for k in range(indptr[i], indptr[i + 1]):
            # a division that rounds may be one step off
            step = min(math.ceil(minutes[k] / increment), edges.size - 1)
            while step > 0 and minutes[k] <= edges[step - 1]:
                step -= 1
            while minutes[k] > edges[step]:
                step += 1
            new[step] += supply[dest[k]]
        total = 0.0
        for step in range(edges.size):
            total += new[step]
            if total > demand[i]:
                out[i] = step * increment
                break


def balancing(
    indptr: NDArray[np.int64],
    dest: NDArray[np.int32],
    minutes: NDArray[np.float32],
    supply: NDArray[np.float64],
    demand: NDArray[np.float64],
    increment_min: float,
    longest_min: float,
) -> NDArray[np.float64]:
    """Minutes, in steps, within which an origin reaches more supply than it demands; nan when never.

    Parameters
    ----------
    indptr, dest, minutes : ndarray
        CSR of reachable pairs.
    supply : ndarray of float64, shape (destinations,)
    demand : ndarray of float64, shape (origins,)
        0 minutes where it is 0.
    increment_min : float
        Step of the minutes tried.
    longest_min : float
        At least the longest minutes of all pairs.

    Returns
    -------
    ndarray of float64, shape (origins,)

    Examples
    --------
    >>> import numpy as np
    >>> balancing(np.array([0, 2]), np.array([0, 1], np.int32), np.array([4.2, 9], np.float32),
    ...           np.array([10.0, 20.0]), np.array([7.0]), 1.0, 9.0)
    array([5.])
    """
    edges = (np.arange(math.ceil(longest_min / increment_min) + 2) * increment_min).astype(np.float32)
    out = np.empty(indptr.size - 1)
    with team(None, work=dest.size, enough=_ENOUGH):
        _balancing(indptr, dest, minutes, supply, demand, increment_min, edges, out)
    return out
