"""Sums over the places that reach a point in time, batch of trees by batch, without a matrix in between."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["add_within", "by_node"]

_UNREACHED = np.int32(2_147_483_647)
_BLOCK = 512  # points a thread takes together: neighbours read the same rows


# reassoc alone lets the sum over a batch be taken in lanes; infinities stay what they are
@njit(cache=True, nogil=True, parallel=True, fastmath={"reassoc", "nsz"})
def _add_within(times, ptr, column, add, spent, amount, cutoffs, out):  # type: ignore[no-untyped-def]
    points = ptr.size - 1
    batch = times.shape[1]
    blocks = (points + _BLOCK - 1) // _BLOCK
    for k in prange(blocks):
        least = np.empty(batch, np.float64)
        for p in range(k * _BLOCK, min(points, (k + 1) * _BLOCK)):
            if ptr[p] == ptr[p + 1] or spent[p] > cutoffs[-1]:
                continue
            first = times[column[ptr[p]]]
            more = add[ptr[p]]
            for b in range(batch):
                least[b] = first[b] + more
            for o in range(ptr[p] + 1, ptr[p + 1]):
                row = times[column[o]]
                more = add[o]
                for b in range(batch):
                    t = row[b] + more
                    if t < least[b]:
                        least[b] = t
            for c in range(cutoffs.size):
                left = cutoffs[c] - spent[p]
                total = 0.0
                for b in range(batch):
                    total += amount[b] if least[b] <= left else 0.0
                out[p, c] += total


@njit(cache=True, nogil=True, parallel=True)
def _by_node(times_ds, start, first, out):  # type: ignore[no-untyped-def]
    batch, nodes = times_ds.shape
    blocks = (nodes + _BLOCK - 1) // _BLOCK
    for k in prange(blocks):
        for b in range(batch):
            for i in range(k * _BLOCK, min(nodes, (k + 1) * _BLOCK)):
                t = times_ds[b, i]
                out[i, first + b] = np.inf if t == _UNREACHED else t + start[b]


def by_node(times_ds: NDArray[np.int32], start: NDArray[np.float64], out: NDArray[np.float64], first: int = 0) -> None:
    """Turn a batch of trees around, node by node, with what each place has already spent.

    Parameters
    ----------
    times_ds : ndarray of int32, shape (batch, nodes)
        The largest int32 is unreached.
    start : ndarray of float64, shape (batch,)
    out : ndarray of float64, shape (nodes, places)
        Columns from `first` on are filled; ``inf`` unreached.
    first : int

    Raises
    ------
    ValueError
        If it does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> out = np.zeros((2, 1))
    >>> by_node(np.array([[7, 2_147_483_647]], np.int32), np.array([0.5]), out)
    >>> out.tolist()
    [[7.5], [inf]]
    """
    batch, nodes = times_ds.shape
    if out.shape[0] != nodes or first + batch > out.shape[1] or start.size != batch:
        raise ValueError(f"{batch} trees of {nodes} nodes do not fit into {out.shape} from column {first}")
    _by_node(times_ds, np.ascontiguousarray(start), first, out)


def add_within(
    times: NDArray[np.float64],
    ptr: NDArray[np.int64],
    column: NDArray[np.int64],
    add: NDArray[np.float64],
    spent: NDArray[np.float64],
    amount: NDArray[np.float64],
    cutoffs: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add the amounts of a batch of places to the points that they reach in time.

    Parameters
    ----------
    times : ndarray of float64, shape (nodes, batch)
        Time from each place of the batch to each node, access included; ``inf`` unreached.
    ptr, column, add : ndarray
        Ways to point p: ``column[ptr[p]:ptr[p + 1]]`` are nodes and `add` the time on from them.
    spent : ndarray of float64, shape (points,)
        The point's own access time; ``inf`` off the network.
    amount : ndarray of float64, shape (batch,)
    cutoffs : ndarray of float64
        Rising, inclusive, in the unit of the times.
    out : ndarray of float64, shape (points, cutoffs)
        Added to.

    Raises
    ------
    ValueError
        If shapes disagree.

    Notes
    -----
    out[p, c] += sum of amount[b] where min over ways (times[column, b] + add) + spent[p] <= cutoffs[c].

    Examples
    --------
    >>> import numpy as np
    >>> out = np.zeros((1, 2))
    >>> add_within(np.array([[4.0, 9.0]]), np.array([0, 1]), np.array([0]), np.array([1.0]), np.array([0.5]), np.array([10.0, 7.0]),
    ...            np.array([6.0, 20.0]), out)
    >>> out.tolist()
    [[10.0, 17.0]]
    """
    if times.shape[1] != amount.size or out.shape != (ptr.size - 1, cutoffs.size) or spent.size != ptr.size - 1 or add.size != column.size:
        raise ValueError(f"times {times.shape}, amounts {amount.shape}, points {spent.shape} and sums {out.shape} do not fit together")
    _add_within(np.ascontiguousarray(times), ptr, column, add, spent, amount, cutoffs, out)
