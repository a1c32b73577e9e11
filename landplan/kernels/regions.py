"""Growing a region from a seed: best cells first, contiguous, until it is large enough.

Cells that bridge (a small road, a ditch) may be crossed but are no land of the region: they hold it together
and do not count. What bridges stick out at the end hold nothing together and are pruned.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["grow", "perimeter", "prune"]


@njit(cache=True, nogil=True)
def _up(worth, cell, age, i):  # type: ignore[no-untyped-def]
    while i > 0:
        p = (i - 1) // 2
        if worth[i] < worth[p] or (worth[i] == worth[p] and age[i] > age[p]):
            return
        worth[i], worth[p] = worth[p], worth[i]
        cell[i], cell[p] = cell[p], cell[i]
        age[i], age[p] = age[p], age[i]
        i = p


@njit(cache=True, nogil=True)
def _down(worth, cell, age, size):  # type: ignore[no-untyped-def]
    i = 0
    while True:
        j = 2 * i + 1
        if j >= size:
            return
        right = j + 1
        if right < size and (worth[right] > worth[j] or (worth[right] == worth[j] and age[right] < age[j])):
            j = right
        if worth[j] < worth[i] or (worth[j] == worth[i] and age[j] > age[i]):
            return
        worth[i], worth[j] = worth[j], worth[i]
        cell[i], cell[j] = cell[j], cell[i]
        age[i], age[j] = age[j], age[i]
        i = j


@njit(cache=True, nogil=True)
def _longer(old):  # type: ignore[no-untyped-def]
    new = np.empty(2 * old.size, old.dtype)
    new[: old.size] = old
    return new


@njit(cache=True, nogil=True)
def _grow(score, allowed, bridge, row, col, target, compactness, most_bridge, state, carried, run):  # type: ignore[no-untyped-def]
    """Best-first growth; a neighbour's worth is its score plus what it does for compactness.

    `state`: 0 untouched, 1 waiting, 2 taken. The frontier is a binary heap of (worth, age): ties go to the
    cell that came first, so the answer is the same everywhere. A cell's worth only rises as its neighbours
    are taken; it is pushed again then, and stale entries are skipped. A bridge has the score of the cell that
    it was reached from (`carried`), and `run` counts the bridges in a row that lead to it.
    """
    rows, cols = score.shape
    bridges = bridge.size > 0
    worth = np.empty(1024, np.float64)
    cell = np.empty(1024, np.int64)
    age = np.empty(1024, np.int64)
    taken = np.empty(1024, np.int64)
    clock, count, land = 0, 0, 0
    # the seed is pushed with the highest worth
    worth[0], cell[0], age[0] = np.inf, row * cols + col, 0
    size = 1
    state[row, col] = 1
    while size > 0 and land < target:
        here = cell[0]
        size -= 1
        worth[0], cell[0], age[0] = worth[size], cell[size], age[size]
        _down(worth, cell, age, size)
        r, c = here // cols, here % cols
        if state[r, c] == 2:
            continue
        crossing = bridges and bridge[r, c]
        if crossing:
            least = most_bridge
            for k in range(4):
                rr = r + (1 if k == 0 else -1 if k == 1 else 0)
                cc = c + (1 if k == 2 else -1 if k == 3 else 0)
                if rr >= 0 and cc >= 0 and rr < rows and cc < cols and state[rr, cc] == 2:
                    least = min(least, run[rr, cc])
            if least >= most_bridge:
                state[r, c] = 0
                continue
            run[r, c] = least + 1
        else:
            land += 1
        state[r, c] = 2
        if count == taken.size:
            taken = _longer(taken)
        taken[count] = here
        count += 1
        for k in range(4):
            rr = r + (1 if k == 0 else -1 if k == 1 else 0)
            cc = c + (1 if k == 2 else -1 if k == 3 else 0)
            if rr < 0 or cc < 0 or rr >= rows or cc >= cols or state[rr, cc] == 2:
                continue
            over = bridges and bridge[rr, cc]
            if not over and not allowed[rr, cc]:
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
            own = score[rr, cc]
            if over:
                own = max(carried[rr, cc], carried[r, c] if crossing else score[r, c])
                carried[rr, cc] = own
            distance = np.sqrt(float((rr - row) * (rr - row) + (cc - col) * (cc - col)))
            if size == worth.size:
                worth, cell, age = _longer(worth), _longer(cell), _longer(age)
            clock += 1
            worth[size] = own + compactness * (0.25 * shared - distance / np.sqrt(float(target)))
            cell[size], age[size] = rr * cols + cc, clock
            _up(worth, cell, age, size)
            size += 1
            state[rr, cc] = 1
    return taken[:count]


def grow(
    score: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    seed: tuple[int, int],
    *,
    cells: int,
    compactness: float = 0.5,
    bridge: NDArray[np.bool_] | None = None,
    bridge_cells: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Grow a 4-connected region of at most `cells` allowed cells from a seed.

    Parameters
    ----------
    score : ndarray of float32, shape (rows, cols)
        Worth of a cell, 0-1.
    allowed : ndarray of bool, shape (rows, cols)
    seed : tuple of int
        Row and column; must be allowed and no bridge.
    cells : int
        Stop at this many allowed cells.
    compactness : float, default 0.5
        0 follows the score alone; larger values make rounder regions.
    bridge : ndarray of bool, shape (rows, cols), optional
        Cells that may be crossed and do not count, allowed or not.
    bridge_cells : int, optional
        At most so many bridges in a row from the nearest land of the region; any number when left out.

    Returns
    -------
    rows, cols : ndarray of int64
        The region's cells in the order they were taken, bridges among them; fewer than `cells` allowed ones
        when the land runs out.

    Raises
    ------
    ValueError
        If the seed is not allowed or a bridge, `cells` is below 1, or the arrays' shapes differ.

    Notes
    -----
    Brookes, "A parameterized region-growing programme for site allocation on raster suitability maps",
    International Journal of Geographical Information Science 11 (1997).

    Examples
    --------
    >>> import numpy as np
    >>> r, c = grow(np.ones((3, 3), np.float32), np.ones((3, 3), bool), (1, 1), cells=5)
    >>> len(r), (int(r[0]), int(c[0]))
    (5, (1, 1))
    """
    over = np.zeros((0, 0), np.bool_) if bridge is None else np.ascontiguousarray(bridge, dtype=np.bool_)
    if score.shape != allowed.shape or (over.size and over.shape != score.shape):
        raise ValueError(f"expected arrays of one shape, got {score.shape}, {allowed.shape} and {over.shape}")
    if cells < 1 or not allowed[seed] or (over.size and over[seed]):
        raise ValueError(f"expected an allowed seed that is no bridge and cells >= 1, got {seed} and {cells}")
    limit = np.iinfo(np.int32).max if bridge_cells is None else bridge_cells
    shape = score.shape if over.size else (0, 0)
    taken = _grow(
        np.ascontiguousarray(score, dtype=np.float32), np.ascontiguousarray(allowed, dtype=np.bool_), over, seed[0], seed[1], cells,
        float(compactness), limit, np.zeros(score.shape, np.uint8), np.zeros(shape, np.float32),
        np.zeros(score.shape if over.size else (0, 0), np.int32),
    )  # fmt: skip
    return taken // score.shape[1], taken % score.shape[1]


@njit(cache=True, nogil=True)
def _prune(region, bridge):  # type: ignore[no-untyped-def]
    rows, cols = region.shape
    stack = np.empty(4 * region.size + 4, np.int64)
    size = 0
    for i in range(rows * cols - 1, -1, -1):
        if region[i // cols, i % cols] and bridge[i // cols, i % cols]:
            stack[size] = i
            size += 1
    while size > 0:
        size -= 1
        r, c = stack[size] // cols, stack[size] % cols
        if not region[r, c]:
            continue
        north = r > 0 and region[r - 1, c]
        south = r < rows - 1 and region[r + 1, c]
        west = c > 0 and region[r, c - 1]
        east = c < cols - 1 and region[r, c + 1]
        around = int(north) + int(south) + int(west) + int(east)
        if around > 2:
            continue
        # two sides that meet at a corner stay joined without the cell when the corner's own cell joins them
        if around == 2 and not (
            (north and west and region[r - 1, c - 1])
            or (north and east and region[r - 1, c + 1])
            or (south and west and region[r + 1, c - 1])
            or (south and east and region[r + 1, c + 1])
        ):
            continue
        region[r, c] = False
        for k in range(4):
            rr = r + (1 if k == 0 else -1 if k == 1 else 0)
            cc = c + (1 if k == 2 else -1 if k == 3 else 0)
            if rr >= 0 and cc >= 0 and rr < rows and cc < cols and region[rr, cc] and bridge[rr, cc]:
                stack[size] = rr * cols + cc
                size += 1


def prune(region: NDArray[np.bool_], bridge: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take away bridges that stick out of a region without holding it together.

    Parameters
    ----------
    region : ndarray of bool, shape (rows, cols)
        4-connected.
    bridge : ndarray of bool, shape (rows, cols)
        Which of its cells may go.

    Returns
    -------
    ndarray of bool, shape (rows, cols)
        The region, still connected: a bridge went when it had one neighbour in it, or two that another cell joins.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    A road across two fields keeps what lies between them and loses its ends:

    >>> import numpy as np
    >>> fields = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 0]], bool)
    >>> road = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    >>> prune(fields, road).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]]
    """
    if region.shape != bridge.shape:
        raise ValueError(f"expected masks of one shape, got {region.shape} and {bridge.shape}")
    out = np.array(region, np.bool_, order="C")
    _prune(out, np.ascontiguousarray(bridge, dtype=np.bool_))
    return out


def perimeter(region: NDArray[np.bool_]) -> int:
    """Count the cell sides between a region and what is not it, the array's rim included.

    Parameters
    ----------
    region : ndarray of bool, shape (rows, cols)

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> perimeter(np.ones((2, 3), bool))
    10
    """
    padded = np.pad(np.asarray(region, bool), 1)
    return int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
