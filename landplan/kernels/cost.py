"""Cost distance on a raster: accumulated cost from the nearest source, the way back, and whose source it is.

A bucket queue (Dial 1969; Denardo & Fox 1979): a bucket is no wider than the cheapest step, so whatever lies in the
lowest one is final and needs no order. A cell lies in one bucket only; it is unlinked when a better way to it is found. The
grid is padded with impassable cells instead of asking where it ends. Costs are summed in 64-bit floating point. Where
the dearest step is so much dearer than the cheapest that most buckets would be empty, a heap of four takes their place.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from landplan.kernels._simd import fetch
from landplan.kernels._team import team

__all__ = ["STEPS", "Slope", "accumulate", "allocate", "walking"]

# Rows and columns from a cell to the one it was reached from, by direction code.
STEPS: NDArray[np.int64] = np.array(
    [
        (0, 0),
        (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1),
        (-2, 1), (-1, 2), (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1),
    ],
    np.int64,
)  # fmt: skip
_UNREACHED = 255
_PAD = 2  # a knight's move ends two cells outside
_MOST_BUCKETS = 1 << 16
_ENOUGH = 1 << 16
_BLOCK = 64  # cells of a bucket that lie side by side
_AHEAD = 6  # cells after this one whose neighbours are asked for


class Slope(NamedTuple):
    """What a grade does to the cost of a step: a small table, straight between its points.

    `grades` rise (0.1 is ten metres up in a hundred); `factors` multiply the level cost and are above 0. A step
    steeper than the table's ends, either way, cannot be taken.
    """

    grades: ArrayLike
    factors: ArrayLike


def walking(steepest: float = 2.0, points: int = 401) -> Slope:
    """Tobler's walker as a table: exp(3.5 |grade + 0.05|) over its value on level ground.

    Parameters
    ----------
    steepest : float, default 2.0
        Grade beyond which nobody walks, up or down.
    points : int, default 401
        Points of the table, at least 3; the corner at -0.05 is one more.

    Returns
    -------
    Slope

    Raises
    ------
    ValueError
        If `steepest` is not above 0.05 or there are fewer than 3 points.

    Notes
    -----
    Tobler, "Three presentations on geographical analysis and modeling", NCGIA 93-1, 1993: 6 exp(-3.5 |grade + 0.05|) km/h.
    `accumulate` takes ``slope_cost="tobler"`` for the formula itself.

    Examples
    --------
    >>> table = walking()
    >>> round(float(np.interp(-0.05, table.grades, table.factors)), 4)
    0.8395
    """
    if not steepest > 0.05 or points < 3:
        raise ValueError(f"expected a steepest grade above 0.05 and 3 points or more, got {steepest} and {points}")
    grades = np.unique(np.append(np.linspace(-steepest, steepest, points), -0.05))
    return Slope(grades, np.exp(3.5 * (np.abs(grades + 0.05) - 0.05)))


@njit(cache=True, nogil=True)
def _factor(grade, curve):  # type: ignore[no-untyped-def]
    """How much dearer a step is for its grade, inf if too steep; without a table, Tobler's formula."""
    last = curve.shape[1] - 1
    if last < 0:
        return math.exp(3.5 * (abs(grade + 0.05) - 0.05))
    if not curve[0, 0] <= grade <= curve[0, last]:
        return np.inf
    low = 0
    high = last
    while high - low > 1:
        middle = (low + high) // 2
        if curve[0, middle] <= grade:
            low = middle
        else:
            high = middle
    if high == low:
        return curve[1, 0]
    share = (grade - curve[0, low]) / (curve[0, high] - curve[0, low])
    return curve[1, low] + share * (curve[1, high] - curve[1, low])


@njit(cache=True, nogil=True)
def _steps(u, cell, moves, size, height, curve, sign, out):  # type: ignore[no-untyped-def]
    """Costs of all steps from a cell: the mean of the cells they cross times their length; inf through an impassable one.

    A row of `moves` is the cell moved to, the two that a knight passes, and the code back; of `size` half or a quarter of the length, and the length.
    """
    mine = cell[u, 1]
    for k in range(moves.shape[0]):
        total = mine + cell[u + moves[k, 0], 1]
        if k >= 8:
            total += cell[u + moves[k, 1], 1] + cell[u + moves[k, 2], 1]
        out[k] = total * size[k, 0]
    if height.size:
        for k in range(moves.shape[0]):
            if out[k] < np.inf:
                out[k] *= _factor(sign * (height[u + moves[k, 0]] - height[u]) / size[k, 1], curve)


@njit(cache=True, nogil=True)
def _extremes(cell, moves, size, height, curve, sign):  # type: ignore[no-untyped-def]
    """Cheapest and dearest step of all."""
    low = np.inf
    high = 0.0
    out = np.empty(moves.shape[0], np.float64)
    for u in range(cell.shape[0]):
        if cell[u, 1] < np.inf:
            _steps(u, cell, moves, size, height, curve, sign, out)
            for one in out:
                if one < np.inf:
                    low = min(low, one)
                    high = max(high, one)
    return low, high


@njit(cache=True, nogil=True)
def _by_buckets(cell, direction, label, moves, size, height, curve, sign, out, inverse, far, pool, before, top, fill, state):  # type: ignore[no-untyped-def]
    """Reach cells from bucket to bucket; a bucket is a chain of blocks of cell numbers, the last of them at `top`, with `fill` cells.

    A cell that is reached anew lies in its new bucket and in the old one too, where its cost no longer belongs: there it is passed
    over. A list from cell to cell would need no second place, but would not tell what comes next; here the cells around
    the next ones are asked for early. `state` is the bucket, the cells waiting, the first block given back and the blocks taken: when a
    block of cells might take more blocks than there are, all stands as if it had not begun, and False is returned.

    `label` is None where it is not asked for, and `out`, room for the costs of steps, where there are eight
    neighbours on level ground: compiled without them, the loop knows its length. Places are unsigned, or each would be asked whether
    it counts from the end. No helper is called for a step: what numba does around a call costs more than the step.
    """
    at, waiting, free, made = state
    wide = moves[4, 0]  # a step south
    count = 8 if out is None else moves.shape[0]
    step = moves[:, 0].copy()
    half = size[:, 0].copy()
    back = moves[:, 3].astype(np.uint8)
    flat = cell.reshape(2 * cell.shape[0])
    ring = np.int64(top.size - 1)
    most = before.size - _needed(top.size)
    while waiting > 0:
        slot = np.uint64(at & ring)
        block = top[slot]
        held = fill[slot]
        top[slot] = -1
        fill[slot] = _BLOCK
        while block >= 0:
            if made > most:
                top[slot] = block
                fill[slot] = held
                state[:] = at, waiting, free, made
                return False
            waiting -= held
            for i in range(block * _BLOCK, block * _BLOCK + held):
                ahead = np.int64(pool[np.uint64(i + _AHEAD)])
                for row in (ahead - wide, ahead, ahead + wide):
                    fetch(flat, 2 * (row - 1))
                    fetch(flat, 2 * (row + 1) + 1)
                u = np.uint64(pool[np.uint64(i)])
                here = cell[u, 0]
                if np.int64(here * inverse) != at:
                    continue
                mine = cell[u, 1]
                if out is not None:
                    _steps(np.int64(u), cell, moves, size, height, curve, sign, out)
                for k in range(count):
                    v = np.uint64(np.int64(u) + step[k])
                    there = here + (mine + cell[v, 1]) * half[k] if out is None else here + out[k]
                    old = cell[v, 0]
                    if there < old:
                        cell[v, 0] = there
                        direction[v] = back[k]
                        if label is not None:
                            label[v] = label[u]
                        number = np.int64(there * inverse)
                        if old < far and np.int64(old * inverse) == number:
                            continue
                        into = np.uint64(number & ring)
                        full = fill[into]
                        if full == _BLOCK:
                            fresh = free
                            if fresh < 0:
                                fresh = made
                                made += 1
                            else:
                                free = before[np.uint64(fresh)]
                            before[np.uint64(fresh)] = top[into]
                            top[into] = fresh
                            full = np.int64(0)
                        pool[np.uint64(top[into] * _BLOCK + full)] = v
                        fill[into] = full + 1
                        waiting += 1
            done = np.uint64(block)
            block = before[done]
            before[done] = free
            free = np.int64(done)
            held = np.int64(_BLOCK)
        at += 1
    return True


@njit(cache=True, nogil=True)
def _needed(ring):  # type: ignore[no-untyped-def]
    """Blocks that a block of cells may take: its steps fill some, and begin one in every bucket."""
    return ring + 16


def _run_buckets(cell, direction, label, seeds, rules, out, inverse, ring, far):  # type: ignore[no-untyped-def]
    """Run `_by_buckets`, with more blocks each time it has too few."""
    begun = -(-seeds.size // _BLOCK)
    blocks = begun + _needed(ring) + cell.shape[0] // (16 * _BLOCK)
    pool, before = np.zeros((blocks + 1) * _BLOCK, np.int32), np.full(blocks, -1, np.int64)
    top, fill = np.full(ring, -1, np.int64), np.full(ring, _BLOCK, np.int64)
    pool[: seeds.size] = seeds
    before[1:begun] = np.arange(begun - 1)
    top[0], fill[0] = begun - 1, seeds.size - (begun - 1) * _BLOCK
    state = np.array([0, seeds.size, -1, begun])
    while not _by_buckets(cell, direction, label, *rules, out, inverse, far, pool, before, top, fill, state):
        pool, before = np.concatenate([pool, np.zeros_like(pool)]), np.concatenate([before, np.full_like(before, -1)])


@njit(cache=True, nogil=True)
def _rise(heap, cell, i):  # type: ignore[no-untyped-def]
    """Let a cell rise to where none above it costs more. Column 0 is the heap, column 1 each cell's place in it."""
    u = heap[i, 0]
    while i > 0:
        up = (i - 1) >> 2
        if cell[heap[up, 0], 0] <= cell[u, 0]:
            break
        heap[i, 0] = heap[up, 0]
        heap[heap[i, 0], 1] = i
        i = up
    heap[i, 0] = u
    heap[u, 1] = i


@njit(cache=True, nogil=True)
def _sink(heap, cell, size):  # type: ignore[no-untyped-def]
    """Let the last cell take the place of the first, which is gone."""
    u = heap[size, 0]
    i = 0
    while 4 * i + 1 < size:
        least = 4 * i + 1
        for j in range(4 * i + 2, min(4 * i + 5, size)):
            if cell[heap[j, 0], 0] < cell[heap[least, 0], 0]:
                least = j
        if cell[u, 0] <= cell[heap[least, 0], 0]:
            break
        heap[i, 0] = heap[least, 0]
        heap[heap[i, 0], 1] = i
        i = least
    heap[i, 0] = u
    heap[u, 1] = i


@njit(cache=True, nogil=True)
def _by_heap(cell, direction, label, seeds, moves, size, height, curve, sign, heap, far):  # type: ignore[no-untyped-def]
    """Reach cells in the order of a heap of four."""
    count = moves.shape[0]
    out = np.empty(count, np.float64)
    waiting = 0
    for u in seeds:
        heap[waiting, 0] = u
        heap[u, 1] = waiting
        waiting += 1
    while waiting > 0:
        u = np.int64(heap[0, 0])
        waiting -= 1
        if waiting > 0:
            _sink(heap, cell, waiting)
        here = cell[u, 0]
        _steps(u, cell, moves, size, height, curve, sign, out)
        for k in range(count):
            v = u + moves[k, 0]
            there = here + out[k]
            if there < cell[v, 0]:
                if cell[v, 0] == far:
                    heap[v, 1] = waiting
                    heap[waiting, 0] = v
                    waiting += 1
                cell[v, 0] = there
                direction[v] = moves[k, 3]
                if label.size:
                    label[v] = label[u]
                _rise(heap, cell, heap[v, 1])


@njit(cache=True, nogil=True, parallel=True)
def _begin(cost, begun, far, cell, direction, least, largest):  # type: ignore[no-untyped-def]
    """Lay the cells out, padded by impassable ones, with each its accumulated cost (0 at a source) and its cost.

    Where none has been, the accumulated cost is `far`: the least above what may be reached, so that a step is asked once.
    `least` and `largest` are each row's finite ones.
    """
    rows, cols = cost.shape
    wide = cols + 2 * _PAD
    for r in prange(rows + 2 * _PAD):
        y = r - _PAD
        inside = 0 <= y < rows
        begin = r * wide
        for i in range(begin, begin + (_PAD if inside else wide)):
            cell[i, 0] = far
            cell[i, 1] = np.inf
            direction[i] = _UNREACHED
        if inside:
            low = np.inf
            high = 0.0
            for x in range(cols):
                i = begin + _PAD + x
                c = np.float64(cost[y, x])
                known = c < np.inf  # nan is not
                starts = known and begun[y, x] != 0
                low = c if known and c < low else low
                high = c if known and c > high else high
                cell[i, 0] = 0.0 if starts else far
                cell[i, 1] = c if known else np.inf
                direction[i] = 0 if starts else _UNREACHED
            for i in range(begin + _PAD + cols, begin + wide):
                cell[i, 0] = far
                cell[i, 1] = np.inf
                direction[i] = _UNREACHED
            least[y] = low
            largest[y] = high


@njit(cache=True, nogil=True, parallel=True)
def _end(cost, cell, direction, accumulated, code):  # type: ignore[no-untyped-def]
    rows, cols = cost.shape
    wide = cols + 2 * _PAD
    for r in prange(rows):
        for c in range(cols):
            i = (r + _PAD) * wide + _PAD + c
            found = cell[i, 0] if direction[i] != _UNREACHED else np.inf
            accumulated[r, c] = np.nan if np.isnan(cost[r, c]) else found
            code[r, c] = direction[i]


def _check(cost: NDArray[np.floating], sources: NDArray[np.bool_ | np.integer], cell_m: float, neighbours: int, max_cost: float) -> None:
    if cost.ndim != 2 or sources.shape != cost.shape or not 0 < cell_m < math.inf or neighbours not in (8, 16):
        raise ValueError(
            f"expected cost and sources of one 2-D shape, a cell above 0 m and 8 or 16 neighbours, got {cost.shape}, {sources.shape}, "
            f"{cell_m} and {neighbours}"
        )
    if sources.dtype.kind not in "biu" or not max_cost >= 0:
        raise ValueError(f"sources are boolean or whole labels and max_cost 0 or more, got {sources.dtype} and {max_cost}")
    if cost.size >= 1 << 30:
        raise ValueError(f"{cost.size} cells are more than 2^30, which cell numbers of 32 bits can name; use larger cells or a smaller area")


def _refuse(cost: NDArray[np.floating]) -> None:
    bad = cost <= 0
    row, col = np.argwhere(bad)[0]
    raise ValueError(
        f"cost_per_m must be above 0 (inf is a barrier, nan no data): {int(bad.sum())} cells are not, the first at row {row}, "
        f"column {col} with {cost[row, col]}"
    )


def _slope(slope_cost: Slope | Literal["tobler"] | None, elevation_m: NDArray[np.floating] | None) -> NDArray[np.float64]:
    """A table's grades and factors as two rows; none for Tobler's formula."""
    if (elevation_m is None) != (slope_cost is None):
        raise ValueError("elevation_m and slope_cost go together")
    if slope_cost is None or isinstance(slope_cost, str):
        if slope_cost not in (None, "tobler"):
            raise ValueError(f'slope_cost is "tobler" or a Slope, got {slope_cost!r}')
        return np.zeros((2, 0))
    grades, factors = (np.asarray(v, np.float64).ravel() for v in slope_cost)
    sound = grades.size > 0 and grades.size == factors.size and np.isfinite(grades).all() and np.isfinite(factors).all()
    if not sound or (np.diff(grades) <= 0).any() or (factors <= 0).any():
        raise ValueError(f"a Slope needs rising grades and a factor above 0 for each, got {grades.tolist()} and {factors.tolist()}")
    return np.stack([grades, factors])


def _spread(cost_per_m: NDArray[np.floating], sources: NDArray[np.bool_ | np.integer], cell_m: float, neighbours: int,
            elevation_m: NDArray[np.floating] | None, slope_cost: Slope | Literal["tobler"] | None, towards: bool, max_cost: float,
            owned: bool) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int64]]:  # fmt: skip
    given = np.ascontiguousarray(cost_per_m)
    if given.dtype not in (np.float32, np.float64):
        given = given.astype(np.float64)
    starts = np.asarray(sources)
    _check(given, starts, cell_m, neighbours, max_cost)
    curve = _slope(slope_cost, elevation_m)
    if elevation_m is not None and elevation_m.shape != given.shape:
        raise ValueError(f"elevation_m {elevation_m.shape} must have the shape of cost_per_m {given.shape}")
    if elevation_m is not None:
        # a cell of unknown height is passed by no step, a knight's over it neither
        given = np.where(np.isnan(elevation_m) & ~np.isnan(given), np.asarray(np.inf, given.dtype), given)
    rows, cols = given.shape
    wide = cols + 2 * _PAD
    inner = (slice(_PAD, _PAD + rows), slice(_PAD, _PAD + cols))
    size = (rows + 2 * _PAD) * wide
    cell, direction = np.empty((size, 2)), np.empty(size, np.uint8)
    least, largest = np.empty(rows), np.empty(rows)
    far = math.nextafter(float(max_cost), math.inf)
    begun = np.ascontiguousarray(starts if starts.dtype == np.bool_ else starts != 0).view(np.uint8)
    with team(None, work=size, enough=_ENOUGH):
        _begin(given, begun, far, cell, direction, least, largest)
    low, high = float(least.min(initial=math.inf)), float(largest.max(initial=0.0))
    if low <= 0:
        _refuse(given)
    seeds = np.flatnonzero(direction == 0)
    label = np.zeros(size if owned else 0, np.int64)
    if owned:
        row, col = np.divmod(seeds, wide)
        row, col = row - _PAD, col - _PAD
        label[seeds] = row * cols + col + 1 if starts.dtype == np.bool_ else starts[row, col]
    height = np.zeros(0)
    if elevation_m is not None:
        height = np.full(size, np.nan)
        height.reshape(-1, wide)[inner] = elevation_m
    by = STEPS[1 : neighbours + 1]
    length = np.hypot(by[:, 0], by[:, 1]) * float(cell_m)
    lengths = np.stack([length * np.where(np.arange(neighbours) < 8, 0.5, 0.25), length], axis=1)
    # a knight's move passes two cells: straight on and aslant
    passed = np.where(np.abs(by) == 2, np.sign(by), 0), np.sign(by)
    back = [k // 8 * 8 + (k + 4) % 8 + 1 for k in range(neighbours)]
    moves = np.stack([*(v @ np.array([wide, 1]) for v in (by, *passed)), np.array(back)], axis=1)
    if seeds.size:
        rules = (moves, lengths, height, curve, -1.0 if towards else 1.0)
        low, high = low * cell_m, high * cell_m * math.sqrt(2 if neighbours == 8 else 5)
        if height.size:
            low, high = _extremes(cell, *rules)
        # a shade narrower than the cheapest step, so that rounding cannot put both its ends into one bucket
        width = low * (1 - 1e-9) if low < np.inf else 1.0
        many = min(high, float(max_cost)) / width + 3
        if many <= _MOST_BUCKETS:
            ring = 1 << math.ceil(math.log2(many))
            out = np.empty(neighbours) if height.size or neighbours == 16 else None
            own = label if owned else None
            _run_buckets(cell, direction, own, seeds, rules, out, 1.0 / width, ring, far)
        else:
            _by_heap(cell, direction, label, seeds, *rules, np.empty((size, 2), np.int32), far)
    accumulated, code = np.empty(given.shape), np.empty(given.shape, np.uint8)
    with team(None, work=size, enough=_ENOUGH):
        _end(given, cell, direction, accumulated, code)
    return accumulated, code, label.reshape(-1, wide)[inner].copy() if owned else label


def accumulate(
    cost_per_m: NDArray[np.floating],
    sources: NDArray[np.bool_ | np.integer],
    cell_m: float,
    neighbours: int = 8,
    *,
    elevation_m: NDArray[np.floating] | None = None,
    slope_cost: Slope | Literal["tobler"] | None = None,
    towards_sources: bool = False,
    max_cost: float = math.inf,
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Accumulated cost from the nearest source to every cell, and the way back.

    Parameters
    ----------
    cost_per_m : ndarray of float, shape (rows, cols)
        Cost of a metre, above 0. ``inf`` is a barrier, nan no data; neither is entered or passed.
    sources : ndarray of bool or int, shape (rows, cols)
        True, or any label but 0, begins at cost 0. A source in a barrier or without data begins nothing.
    cell_m : float
        Side of a square cell, metres.
    neighbours : {8, 16}, default 8
        16 adds the knight's moves, which come nearer to straight lines (at most 2.8 % too long, against 8.2 %).
    elevation_m : ndarray of float, shape (rows, cols), optional
        Heights; cells of unknown height (nan) cannot be passed. With `slope_cost`.
    slope_cost : Slope or "tobler", optional
        What a step's grade does to its cost: Tobler's walker, or a table of factors (a vehicle's declared grades).
    towards_sources : bool, default False
        Whether the journey goes from the cells to the sources; it matters only for slopes.
    max_cost : float, default inf
        Cells that cost more are not reached.

    Returns
    -------
    accumulated : ndarray of float64, shape (rows, cols)
        Cost; ``inf`` unreachable (barriers too), nan where `cost_per_m` is.
    direction : ndarray of uint8, shape (rows, cols)
        The neighbour from which a cell was reached: 0 at a source, 1-8 clockwise from north (1 north, 3 east, 5 south, 7 west), 9-16 the
        knight's moves clockwise from north-northeast, 255 unreached. ``STEPS[code]`` is the step in rows and columns.

    Raises
    ------
    ValueError
        If shapes or types disagree, a cost is 0 or below, the cell is not above 0 m, `neighbours` is not 8 or 16, or the slope is not sound.

    Notes
    -----
    A step costs the mean of its two cells times its length, cell, cell sqrt(2); a knight's move the mean of the four cells that it
    crosses times cell sqrt(5), and only where all four can be passed: GRASS r.cost's rules. Buckets by Dial (1969) of a width by
    Denardo & Fox (1979). Tobler (1993) walks 6 exp(-3.5 |grade + 0.05|) km/h: a factor of exp(3.5 (|grade + 0.05| - 0.05)) to the cost
    on level ground.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([[1.0, 2.0, np.inf], [1.0, 1.0, 1.0]])
    >>> there, back = accumulate(cost, np.array([[1, 0, 0], [0, 0, 0]]), 10.0)
    >>> there.round(2).tolist(), back.tolist()
    ([[0.0, 15.0, inf], [10.0, 14.14, 24.14]], [[0, 7, 255], [1, 8, 7]])
    """
    return _spread(cost_per_m, sources, cell_m, neighbours, elevation_m, slope_cost, towards_sources, max_cost, False)[:2]


def allocate(
    cost_per_m: NDArray[np.floating],
    sources: NDArray[np.bool_ | np.integer],
    cell_m: float,
    neighbours: int = 8,
    *,
    elevation_m: NDArray[np.floating] | None = None,
    slope_cost: Slope | Literal["tobler"] | None = None,
    towards_sources: bool = False,
    max_cost: float = math.inf,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int64]]:
    """Accumulated cost, the way back, and which source is the nearest.

    Parameters
    ----------
    cost_per_m, sources, cell_m, neighbours, elevation_m, slope_cost, towards_sources, max_cost
        As in `accumulate`. A boolean `sources` is labelled by flat cell index + 1.

    Returns
    -------
    accumulated : ndarray of float64, shape (rows, cols)
    direction : ndarray of uint8, shape (rows, cols)
    label : ndarray of int64, shape (rows, cols)
        Label of the source at the end of the way back; 0 where unreached.

    Raises
    ------
    ValueError
        As `accumulate` does.

    Examples
    --------
    >>> import numpy as np
    >>> allocate(np.array([[1.0, 1.0, 5.0, 1.0]]), np.array([[7, 0, 0, 9]]), 10.0)[2].tolist()
    [[7, 7, 9, 9]]
    """
    return _spread(cost_per_m, sources, cell_m, neighbours, elevation_m, slope_cost, towards_sources, max_cost, True)
