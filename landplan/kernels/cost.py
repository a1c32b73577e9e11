"""Cost distance on a raster: accumulated cost from the nearest source, the way back, and whose source it is.

The grid is padded with impassable cells instead of asking where it ends. Costs are summed in 64-bit floating point. Where
the dearest step is so much dearer than the cheapest that most buckets would be empty, a heap of four takes their place.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from landplan.kernels._front import by_heap, extremes, run_buckets
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
            low, high = extremes(cell, *rules)
        # a shade narrower than the cheapest step, so that rounding cannot put both its ends into one bucket
        width = low * (1 - 1e-9) if low < np.inf else 1.0
        many = min(high, float(max_cost)) / width + 3
        if many <= _MOST_BUCKETS:
            ring = 1 << math.ceil(math.log2(many))
            out = np.empty(neighbours) if height.size or neighbours == 16 else None
            own = label if owned else None
            run_buckets(cell, direction, own, seeds, rules, out, 1.0 / width, ring, far)
        else:
            by_heap(cell, direction, label, seeds, *rules, np.empty((size, 2), np.int32), far)
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
