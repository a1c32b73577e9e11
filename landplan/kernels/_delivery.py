"""How rows computed in the hierarchy's order reach the caller's order, a piece at a time.

The rows of one piece lie in a small buffer while they are worked on. They are handed over from there in the
order of their places in the answer, so that neighbours are written one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Delivery", "deliver"]


class Delivery(NamedTuple):
    """Which buffer rows go where.

    Attributes
    ----------
    ptr : ndarray of int32, shape (pieces + 2,)
        Entries of each piece; the top is the last one.
    local : ndarray of int32
        Buffer rows in the order of their places in the answer, piece after piece.
    place : ndarray of int32
        Their places in the answer.
    """

    ptr: NDArray[np.int32]
    local: NDArray[np.int32]
    place: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _sort_out(row, bounds, width):  # type: ignore[no-untyped-def]
    """Entries of every piece by place; `row[i]` is the row wanted at place i."""
    pieces = bounds.size - 1
    first_top = bounds[pieces]
    of = np.empty(first_top, np.int32)
    for p in range(pieces):
        of[bounds[p] : bounds[p + 1]] = p
    ptr = np.zeros(pieces + 2, np.int32)
    for i in range(row.size):
        ptr[(of[row[i]] if row[i] < first_top else pieces) + 1] += 1
    for p in range(pieces + 1):
        ptr[p + 1] += ptr[p]
    at = ptr[:-1].copy()
    local = np.empty(row.size, np.int32)
    place = np.empty(row.size, np.int32)
    for i in range(row.size):
        top = row[i] >= first_top
        p = pieces if top else of[row[i]]
        local[at[p]] = row[i] - first_top + width if top else row[i] - bounds[p]
        place[at[p]] = i
        at[p] += 1
    return ptr, local, place


def deliver(row: NDArray[np.int32], bounds: NDArray[np.int32], width: int) -> Delivery:
    """Say how to hand over the rows that are wanted.

    Parameters
    ----------
    row : ndarray of int32
        Row wanted at each place of the answer.
    bounds : ndarray of int32
        Bounds of the pieces; rows from the last bound on are the top.
    width : int
        Buffer rows before the top's, at least the largest piece's.

    Returns
    -------
    Delivery

    Examples
    --------
    >>> import numpy as np
    >>> deliver(np.array([2, 0, 1], np.int32), np.array([0, 2], np.int32), 2).place
    array([1, 2, 0], dtype=int32)
    """
    return Delivery(*_sort_out(row, bounds, width))
