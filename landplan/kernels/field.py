"""The access field: minutes at every cell from the roads nearby, without crossing water.

A cell takes the smallest sum of a road sample's time (a point every few metres) and the straight walk from it, within a
walking reach. A straight walk that would cross a barrier cell is not
taken, so a ring never jumps a strait. In the cell that holds a sample no walk is added.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["access_field", "samples", "within"]


@njit(cache=True, nogil=True)
def _blocked(barrier, r0, c0, r1, c1):  # type: ignore[no-untyped-def]
    """Whether the straight line between two cells' centres enters a barrier cell."""
    steps = 2 * max(abs(r1 - r0), abs(c1 - c0))
    for k in range(1, steps + 1):
        r = math.floor(r0 + (r1 - r0) * k / steps + 0.5)
        c = math.floor(c0 + (c1 - c0) * k / steps + 0.5)
        if barrier[r, c]:
            return True
    return False


@njit(cache=True, nogil=True)
def _count(length, step, pieces):  # type: ignore[no-untyped-def]
    total = 0
    for e in range(length.size):
        pieces[e] = max(1, math.ceil(length[e] / step)) if length[e] > 0.0 else 0
        total += pieces[e]
    return total


@njit(cache=True, nogil=True, parallel=True)
def _samples(ptr, xy, length, pieces, first, at_u, cost_u, at_v, cost_v, x, y, minutes, edge, share):  # type: ignore[no-untyped-def]
    for e in prange(length.size):
        k = ptr[e]
        last = ptr[e + 1] - 1
        gone = 0.0
        here = math.hypot(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1]) if last > k else 0.0
        for i in range(pieces[e]):
            s = (i + 0.5) / pieces[e]
            want = s * length[e]
            while gone + here < want and k + 1 < last:
                gone += here
                k += 1
                here = math.hypot(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1])
            f = min(1.0, (want - gone) / here) if here > 0.0 else 0.0
            at = first[e] + i
            x[at] = xy[k, 0] + f * (xy[k + 1, 0] - xy[k, 0])
            y[at] = xy[k, 1] + f * (xy[k + 1, 1] - xy[k, 1])
            minutes[at] = min(at_u[e] + cost_u[e] * s, at_v[e] + cost_v[e] * (1.0 - s))
            edge[at] = e
            share[at] = s


def samples(
    ptr: NDArray[np.int64],
    xy: NDArray[np.float64],
    length_m: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    *,
    step_m: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Places along lines, evenly spaced, with their minutes.

    Parameters
    ----------
    ptr : ndarray of int64, shape (lines + 1,)
        Vertices of line e are ``xy[ptr[e]:ptr[e + 1]]``; at least two.
    xy : ndarray of float64, shape (vertices, 2)
    length_m : ndarray of float64, shape (lines,)
        Length along the vertices.
    ends : tuple of four ndarray of float64, shape (lines,)
        Minutes at the first end, minutes of the way from it along the whole line; the same from the last end. ``inf`` where not reached
        or not open that way.
    step_m : float
        Largest spacing; a line of length L has ceil(L / step) places, each in the middle of its part.

    Returns
    -------
    x, y, minutes : ndarray of float64, shape (places,)
    line : ndarray of int32
    share : ndarray of float64
        Of the line's length, 0-1.
    stands_m : ndarray of float64
        Metres that each place stands for.

    Examples
    --------
    >>> import numpy as np
    >>> ends = tuple(np.array([v]) for v in (1.0, 2.0, np.inf, 2.0))
    >>> xy = np.array([[0.0, 0.0], [10.0, 0.0]])
    >>> x, _, minutes, *_ = samples(np.array([0, 2]), xy, np.array([10.0]), ends, step_m=5.0)
    >>> x.tolist(), minutes.tolist()
    ([2.5, 7.5], [1.5, 2.5])
    """
    pieces = np.empty(length_m.size, np.int64)
    total = _count(length_m, float(step_m), pieces)
    first = np.cumsum(pieces) - pieces
    x, y, minutes, share = (np.empty(total, np.float64) for _ in range(4))
    line = np.empty(total, np.int32)
    _samples(ptr, xy, length_m, pieces, first, *ends, x, y, minutes, line, share)
    return x, y, minutes, line, share, (length_m / np.maximum(pieces, 1))[line]


@njit(cache=True, nogil=True)
def _sorted(x, y, minutes, cell, rows, cols, latest, starts):  # type: ignore[no-untyped-def]
    """Samples cell by cell, in the order given within a cell; those outside the grid or too late left out."""
    where = np.empty(x.size, np.int32)
    for s in range(x.size):
        c, r = math.floor(x[s] / cell), math.floor(y[s] / cell)
        where[s] = -1
        if 0 <= r < rows and 0 <= c < cols and minutes[s] <= latest:
            where[s] = r * cols + c
            starts[where[s] + 1] += 1
    for k in range(rows * cols):
        starts[k + 1] += starts[k]
    fill = starts[:-1].copy()
    total = starts[rows * cols]
    a, b, t = np.empty(total), np.empty(total), np.empty(total)
    for s in range(x.size):
        if where[s] >= 0:
            k = fill[where[s]]
            fill[where[s]] = k + 1
            a[k], b[k], t[k] = x[s], y[s], minutes[s]
    return a, b, t


@njit(cache=True, nogil=True, parallel=True)
def _earliest(starts, minutes, reach, earliest, window):  # type: ignore[no-untyped-def]
    """The least minute of each cell's samples, and of all cells within reach: the window's least bounds what may still come."""
    rows, cols = earliest.shape
    for r in prange(rows):
        for c in range(cols):
            low = np.inf
            for s in range(starts[r * cols + c], starts[r * cols + c + 1]):
                if minutes[s] < low:
                    low = minutes[s]
            earliest[r, c] = low
    across = np.empty((rows, cols), np.float64)
    for r in prange(rows):
        for c in range(cols):
            low = np.inf
            for k in range(max(0, c - reach), min(cols, c + reach + 1)):
                if earliest[r, k] < low:
                    low = earliest[r, k]
            across[r, c] = low
    for r in prange(rows):
        for c in range(cols):
            window[r, c] = np.inf
        for k in range(max(0, r - reach), min(rows, r + reach + 1)):
            for c in range(cols):
                if across[k, c] < window[r, c]:
                    window[r, c] = across[k, c]


@njit(cache=True, nogil=True, parallel=True)
def _gather(starts, x, y, minutes, cell, reach_m, min_per_m, latest, earliest, window, barrier, near, field):  # type: ignore[no-untyped-def]
    """Each cell looks outwards ring by ring, until no sample within reach could still be sooner."""
    rows, cols = field.shape
    reach = math.ceil(reach_m / cell)
    for r in prange(rows):
        cy = (r + 0.5) * cell
        for c in range(cols):
            if window[r, c] > latest:
                continue
            cx = (c + 0.5) * cell
            best = np.inf
            # the road runs through this very cell: no walk to its centre
            if earliest[r, c] <= latest:
                best = earliest[r, c]
            for ring in range(1, reach + 1):
                if window[r, c] + (ring - 0.5) * cell * min_per_m >= min(best, latest):
                    break
                for sr in range(max(0, r - ring), min(rows, r + ring + 1)):
                    whole = sr == r - ring or sr == r + ring
                    step = 1 if whole else 2 * ring
                    sc = c - ring
                    while sc <= c + ring:
                        if 0 <= sc < cols:
                            low = earliest[sr, sc]
                            if low + (ring - 0.5) * cell * min_per_m < best and low <= latest:
                                for s in range(starts[sr * cols + sc], starts[sr * cols + sc + 1]):
                                    dx, dy = x[s] - cx, y[s] - cy
                                    d = math.sqrt(dx * dx + dy * dy)
                                    t = minutes[s] + d * min_per_m
                                    if t < best and d <= reach_m and t <= latest:
                                        if near[r, c] and _blocked(barrier, sr, sc, r, c):
                                            continue
                                        best = t
                        sc += step
            field[r, c] = best


@njit(cache=True, nogil=True, parallel=True)
def _within(values, level, x, y, cell, out):  # type: ignore[no-untyped-def]
    rows, cols = values.shape
    for i in prange(x.size):
        gx, gy = x[i] / cell - 0.5, y[i] / cell - 0.5
        c, r = math.floor(gx), math.floor(gy)
        inside = False
        if 0 <= r < rows - 1 and 0 <= c < cols - 1:
            px, py = gx - c, gy - r
            ul, ur, ll, lr = values[r, c], values[r, c + 1], values[r + 1, c], values[r + 1, c + 1]
            count = int(ul <= level) + int(ur <= level) + int(ll <= level) + int(lr <= level)
            if count == 4:
                inside = True
            elif count == 2 and (ul <= level) == (ur <= level):
                left, right = (level - ul) / (ll - ul), (level - ur) / (lr - ur)
                inside = (py <= left + (right - left) * px) == (ul <= level)
            elif count == 2 and (ul <= level) == (ll <= level):
                top, bottom = (level - ul) / (ur - ul), (level - ll) / (lr - ll)
                inside = (px <= top + (bottom - top) * py) == (ul <= level)
            elif count > 0:
                # corners cut off by a straight line: the single one, or both of a saddle; a saddle's middle decides which
                if count == 1:
                    cut = True
                elif count == 3:
                    cut = False
                else:
                    cut = 0.25 * (ul + ur + ll + lr) > level
                inside = not cut
                if (ul <= level) == cut and px / ((level - ul) / (ur - ul)) + py / ((level - ul) / (ll - ul)) <= 1.0:
                    inside = cut
                if (ur <= level) == cut and (1.0 - px) / ((level - ur) / (ul - ur)) + py / ((level - ur) / (lr - ur)) <= 1.0:
                    inside = cut
                if (ll <= level) == cut and px / ((level - ll) / (lr - ll)) + (1.0 - py) / ((level - ll) / (ul - ll)) <= 1.0:
                    inside = cut
                if (lr <= level) == cut and (1.0 - px) / ((level - lr) / (ll - lr)) + (1.0 - py) / ((level - lr) / (ur - lr)) <= 1.0:
                    inside = cut
        out[i] = inside


def within(
    values: NDArray[np.float64], level: float, x: NDArray[np.float64], y: NDArray[np.float64], *, cell_m: float
) -> NDArray[np.bool_]:
    """Tell which places lie inside a level's contour: straight lines between linear crossings, a saddle by its mean.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, cols)
        At cell centres, finite.
    level : float
    x, y : ndarray of float64, shape (places,)
        Metres east of the west edge and south of the north edge.
    cell_m : float

    Returns
    -------
    ndarray of bool, shape (places,)

    Notes
    -----
    Lorensen & Cline, "Marching cubes", SIGGRAPH 1987, in the plane; the rule that contourpy draws by.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.array([[0.0, 2.0], [2.0, 4.0]])
    >>> within(v, 1.0, np.array([6.0, 9.0]), np.array([6.0, 9.0]), cell_m=10.0).tolist()
    [True, False]
    """
    out = np.empty(x.size, np.bool_)
    _within(values, float(level), np.ascontiguousarray(x), np.ascontiguousarray(y), float(cell_m), out)
    return out


def access_field(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    minutes: NDArray[np.float64],
    *,
    shape: tuple[int, int],
    cell_m: float,
    reach_m: float,
    speed_kmh: float,
    latest_min: float,
    barrier: NDArray[np.bool_] | None = None,
    near_barrier: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Minutes at each cell: the least over road samples of sample time plus the walk from it.

    Parameters
    ----------
    x, y : ndarray of float64, shape (samples,)
        Metres east of the grid's west edge and south of its north edge (y >= 0 downwards).
    minutes : ndarray of float64, shape (samples,)
        Time at each sample.
    shape : tuple of int
        Rows and columns.
    cell_m, reach_m, speed_kmh, latest_min : float
        Cell side; longest walk; walking speed; largest minute of interest.
    barrier : ndarray of bool, shape (rows, cols), optional
        Cells that a walk may not enter (water).
    near_barrier : ndarray of bool, optional
        Cells within `reach_m` of a barrier, where the line of sight is checked.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Minutes, ``inf`` beyond reach.

    Raises
    ------
    ValueError
        If the speed or reach is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> f = access_field(np.array([5.0]), np.array([5.0]), np.array([1.0]), shape=(1, 2), cell_m=10.0,
    ...                  reach_m=50.0, speed_kmh=6.0, latest_min=60.0)
    >>> f.tolist()
    [[1.0, 1.100000023841858]]
    """
    if not (speed_kmh > 0 and reach_m > 0 and cell_m > 0):
        raise ValueError(f"speed_kmh, reach_m and cell_m must be above 0: {speed_kmh}, {reach_m}, {cell_m}")
    field = np.full(shape, np.inf, np.float32)
    starts = np.zeros(shape[0] * shape[1] + 1, np.int64)
    x, y, minutes = (np.ascontiguousarray(a, dtype=np.float64) for a in (x, y, minutes))
    at, down, t = _sorted(x, y, minutes, float(cell_m), shape[0], shape[1], float(latest_min), starts)
    if barrier is None:
        barrier = np.zeros((1, 1), np.bool_)
        near_barrier = np.zeros(shape, np.bool_)
    elif near_barrier is None:
        near_barrier = np.ones(shape, np.bool_)
    earliest, window = np.empty(shape, np.float64), np.empty(shape, np.float64)
    _earliest(starts, t, math.ceil(reach_m / cell_m), earliest, window)
    _gather(
        starts, at, down, t, float(cell_m), float(reach_m), 60.0 / (speed_kmh * 1000.0), float(latest_min), earliest, window, barrier,
        near_barrier, field,
    )  # fmt: skip
    return field
