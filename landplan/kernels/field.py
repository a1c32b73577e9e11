"""The access field: minutes at every cell from the roads nearby, without crossing water.

Each sample of the road network (a point every few metres, with its time) spreads over the cells within
its walking reach; a cell keeps the smallest sum. A straight walk that would cross a barrier cell is not
taken, so a ring never jumps a strait. In the cell that holds a sample no walk is added.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["access_field"]


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


@njit(cache=True, nogil=True, parallel=True)
def _spread(starts, x, y, minutes, cell, reach_m, min_per_m, latest, barrier, near, field):  # type: ignore[no-untyped-def]
    """Gather by row of cells: each iteration owns a row and reads the samples of nearby sample rows."""
    rows, cols = field.shape
    reach_rows = math.ceil(reach_m / cell)
    for r in prange(rows):
        cy = -(r + 0.5) * cell
        for sr in range(max(0, r - reach_rows), min(rows, r + reach_rows + 1)):
            for s in range(starts[sr], starts[sr + 1]):
                dy = abs(y[s] - cy)
                left = min(reach_m, (latest - minutes[s]) / min_per_m)
                if dy > left:
                    continue
                half = math.sqrt(left * left - dy * dy)
                c0 = max(0, math.ceil((x[s] - half) / cell - 0.5))
                c1 = min(cols - 1, math.floor((x[s] + half) / cell - 0.5))
                sc = math.floor(x[s] / cell)
                for c in range(c0, c1 + 1):
                    dx = x[s] - (c + 0.5) * cell
                    t = minutes[s] + math.sqrt(dx * dx + dy * dy) * min_per_m
                    if r == sr and c == sc:
                        # the road runs through this very cell: no walk to its centre
                        t = minutes[s]
                    if t < field[r, c]:
                        if near[r, c] and (r != sr or c != sc) and _blocked(barrier, sr, sc, r, c):
                            continue
                        field[r, c] = t


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
    sample_row = np.floor(y / cell_m).astype(np.int64)
    inside = (sample_row >= 0) & (sample_row < shape[0]) & (x >= 0) & (x < shape[1] * cell_m)
    keep = np.flatnonzero(inside & (minutes <= latest_min))
    order = keep[np.lexsort((x[keep], sample_row[keep]))]
    starts = np.searchsorted(sample_row[order], np.arange(shape[0] + 1)).astype(np.int64)
    if barrier is None:
        barrier = np.zeros((1, 1), np.bool_)
        near_barrier = np.zeros(shape, np.bool_)
    elif near_barrier is None:
        near_barrier = np.ones(shape, np.bool_)
    _spread(
        starts,
        np.ascontiguousarray(x[order], dtype=np.float64),
        np.ascontiguousarray(-y[order], dtype=np.float64),
        np.ascontiguousarray(minutes[order], dtype=np.float64),
        float(cell_m),
        float(reach_m),
        60.0 / (speed_kmh * 1000.0),
        float(latest_min),
        barrier,
        near_barrier,
        field,
    )
    return field
