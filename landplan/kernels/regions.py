"""Growing a region from a seed: best cells first, contiguous, until it is large enough."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["grow"]


@njit(cache=True, nogil=True)
def _grow(score, allowed, row, col, target, compactness, out_row, out_col, state):  # type: ignore[no-untyped-def]
    """Best-first growth; a neighbour's worth is its score plus what it does for compactness.

    `state`: 0 untouched, 1 waiting, 2 taken. The frontier is a binary heap of (worth, age): ties go to the
    cell that came first, so the answer is the same everywhere. A cell's worth only rises as its neighbours
    are taken; it is pushed again then, and stale entries are skipped.
    """
    rows, cols = score.shape
    cap = 1024
    worth = np.empty(cap, np.float64)
    cell = np.empty(cap, np.int64)
    age = np.empty(cap, np.int64)
    size = 0
    clock = 0
    taken = 0
    # the seed is pushed with the highest worth
    worth[0] = 1e9
    cell[0] = row * cols + col
    age[0] = 0
    size = 1
    state[row, col] = 1
    while size > 0 and taken < target:
        here = cell[0]
        size -= 1
        worth[0], cell[0], age[0] = worth[size], cell[size], age[size]
        i = 0
        while True:
            left = 2 * i + 1
            if left >= size:
                break
            j = left
            right = left + 1
            if right < size and (worth[right] > worth[left] or (worth[right] == worth[left] and age[right] < age[left])):
                j = right
            if worth[j] > worth[i] or (worth[j] == worth[i] and age[j] < age[i]):
                worth[i], worth[j] = worth[j], worth[i]
                cell[i], cell[j] = cell[j], cell[i]
                age[i], age[j] = age[j], age[i]
                i = j
            else:
                break
        r, c = here // cols, here % cols
        if state[r, c] == 2:
            continue
        state[r, c] = 2
        out_row[taken] = r
        out_col[taken] = c
        taken += 1
        for k in range(4):
            rr = r + (1 if k == 0 else -1 if k == 1 else 0)
            cc = c + (1 if k == 2 else -1 if k == 3 else 0)
            if rr < 0 or cc < 0 or rr >= rows or cc >= cols or not allowed[rr, cc] or state[rr, cc] == 2:
                continue
            shared = 0
            if rr > 0 and state[rr - 1, cc] == 2:
                shared += 1
            if rr < rows - 1 and state[rr + 1, cc] == 2:
                shared += 1
            if cc > 0 and state[rr, cc - 1] == 2:
                shared += 1
            if cc < cols - 1 and state[rr, cc + 1] == 2:
                shared += 1
            distance = np.sqrt(float((rr - row) * (rr - row) + (cc - col) * (cc - col)))
            w = score[rr, cc] + compactness * (0.25 * shared - distance / np.sqrt(float(target)))
            if size == cap:
                cap *= 2
                w2 = np.empty(cap, np.float64)
                c2 = np.empty(cap, np.int64)
                a2 = np.empty(cap, np.int64)
                w2[:size] = worth[:size]
                c2[:size] = cell[:size]
                a2[:size] = age[:size]
                worth, cell, age = w2, c2, a2
            clock += 1
            i = size
            worth[i], cell[i], age[i] = w, rr * cols + cc, clock
            size += 1
            while i > 0:
                p = (i - 1) // 2
                if worth[i] > worth[p] or (worth[i] == worth[p] and age[i] < age[p]):
                    worth[i], worth[p] = worth[p], worth[i]
                    cell[i], cell[p] = cell[p], cell[i]
                    age[i], age[p] = age[p], age[i]
                    i = p
                else:
                    break
            state[rr, cc] = 1
    return taken


def grow(
    score: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    seed: tuple[int, int],
    *,
    cells: int,
    compactness: float = 0.5,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Grow a 4-connected region of at most `cells` allowed cells from a seed.

    Parameters
    ----------
    score : ndarray of float32, shape (rows, cols)
        Worth of a cell, 0-1.
    allowed : ndarray of bool, shape (rows, cols)
    seed : tuple of int
        Row and column; must be allowed.
    cells : int
        Stop at this many.
    compactness : float, default 0.5
        0 follows the score alone; larger values make rounder regions.

    Returns
    -------
    rows, cols : ndarray of int64
        The region's cells in the order they were taken; fewer than `cells` when the land runs out.

    Raises
    ------
    ValueError
        If the seed is not allowed or `cells` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> r, c = grow(np.ones((3, 3), np.float32), np.ones((3, 3), bool), (1, 1), cells=5)
    >>> len(r), (int(r[0]), int(c[0]))
    (5, (1, 1))
    """
    if cells < 1 or not allowed[seed]:
        raise ValueError(f"expected an allowed seed and cells >= 1, got {seed} and {cells}")
    state = np.zeros(score.shape, np.uint8)
    rows, cols = np.empty(cells, np.int64), np.empty(cells, np.int64)
    n = _grow(
        np.ascontiguousarray(score), np.ascontiguousarray(allowed), seed[0], seed[1], cells, float(compactness), rows, cols, state
    )
    return rows[:n], cols[:n]
