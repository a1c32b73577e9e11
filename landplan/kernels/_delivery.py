"""How rows computed in the hierarchy's order reach the caller's order, a stretch at a time.

The rows of one piece lie in a small buffer while they are worked on. They are handed over from there: where
sixteen neighbouring rows of the answer are in the buffer, as a block that is turned in registers, and one by
one where fewer are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BLOCK", "Delivery", "deliver"]

BLOCK = 16


class Delivery(NamedTuple):
    """Which buffer rows go where, piece by piece (the top is the last piece).

    Attributes
    ----------
    local : ndarray of int32
        Buffer rows in the order of their places in the answer, piece after piece.
    place : ndarray of int32
        Their places in the answer.
    block_ptr : ndarray of int32, shape (pieces + 2,)
        Blocks of each piece.
    block : ndarray of int32, shape (blocks, 2)
        First entry and number of entries; places in a block follow on each other.
    """

    local: NDArray[np.int32]
    place: NDArray[np.int32]
    block_ptr: NDArray[np.int32]
    block: NDArray[np.int32]


@njit(cache=True, nogil=True)
def _sort_out(row, bounds, width):  # type: ignore[no-untyped-def]
    """Entries of every piece by place, and their blocks; `row[i]` is the row wanted at place i."""
    pieces = bounds.size - 1
    of = np.empty(bounds[pieces] + 1, np.int32)
    for p in range(pieces):
        of[bounds[p] : bounds[p + 1]] = p
    first_top = bounds[pieces]
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
    block = np.empty((row.size, 2), np.int32)
    block_ptr = np.zeros(pieces + 2, np.int32)
    blocks = 0
    for p in range(pieces + 1):
        i = ptr[p]
        while i < ptr[p + 1]:
            j = i + 1
            while j < ptr[p + 1] and place[j] == place[j - 1] + 1:
                j += 1
            while i < j:
                if j - i >= BLOCK:
                    block[blocks, 0], block[blocks, 1] = i, BLOCK
                    i += BLOCK
                elif blocks > block_ptr[p] and block[blocks - 1, 1] == BLOCK and place[i - 1] == place[i] - 1:
                    block[blocks, 0], block[blocks, 1] = j - BLOCK, BLOCK  # a full block over the last ones again
                    i = j
                else:
                    block[blocks, 0], block[blocks, 1] = i, j - i
                    i = j
                blocks += 1
        block_ptr[p + 1] = blocks
    return local, place, block_ptr, block[:blocks].copy()


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
    """
    return Delivery(*_sort_out(row, bounds, width))
