"""Exact share of each cell that polygons cover, by walking their edges.

An edge that falls by dy inside a row adds dy to every cell east of it and, to the cell it stands in, dy times
the part of the cell east of it: Green's theorem a row at a time. What changes from a cell to the next is
accumulated along the edges, and one running sum along each row gives the shares, so the work is the cells an
outline meets plus one pass over the window. No cell is sampled and nothing is rasterised finer than it is.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["fractions", "window_fractions"]

_STRIP = 1 << 20  # cells of the running sum that are held at a time, 8 MB
_DUST = 1e-12  # a smaller share is the rounding of the running sum, not land


@njit(cache=True, nogil=True)
def _row_piece(change, at, wide, lo, hi, fall):  # type: ignore[no-untyped-def]
    """Add a piece of an edge inside one row: it spans x from lo to hi and falls by `fall` (signed)."""
    if hi <= 0.0:
        change[at] += fall
        return
    if lo >= wide:
        return
    if lo >= 0.0 and hi <= wide:
        left = fall
        per = 0.0 if hi == lo else fall / (hi - lo)
    else:
        # the part west of the window covers its whole row, the part east of it none
        per = fall / (hi - lo)
        if lo < 0.0:
            change[at] += per * -lo
            lo = 0.0
        hi = min(hi, float(wide))
        left = per * (hi - lo)
    c = math.floor(lo)
    while hi > c + 1:
        part = per * (c + 1 - lo)
        inner = part * (0.5 * (lo + c + 1) - c)
        change[at + c] += part - inner
        change[at + c + 1] += inner
        left -= part
        c += 1
        lo = float(c)
    inner = left * (0.5 * (lo + hi) - c)
    change[at + c] += left - inner
    change[at + c + 1] += inner


@njit(cache=True, nogil=True)
def _edge(change, top, bottom, wide, x0, y0, x1, y1, sign):  # type: ignore[no-untyped-def]
    """Walk one edge through the rows top … bottom of the window (cell units, y downwards)."""
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -sign
    if y1 <= top or y0 >= bottom or y0 == y1:
        return
    slope = (x1 - x0) / (y1 - y0)
    west, east = min(x0, x1), max(x0, x1)
    first = max(top, math.floor(y0))
    last = min(bottom, math.ceil(y1))
    ya = max(y0, float(first))
    xa = x0 if ya == y0 else min(max(x0 + (ya - y0) * slope, west), east)
    for r in range(first, last):
        yb = min(y1, r + 1.0)
        xb = x1 if yb == y1 else min(max(x0 + (yb - y0) * slope, west), east)
        _row_piece(change, (r - top) * (wide + 1), wide, min(xa, xb), max(xa, xb), sign * (yb - ya))
        xa, ya = xb, yb


@njit(cache=True, nogil=True)
def _ring_sign(xy, a, b):  # type: ignore[no-untyped-def]
    """Which way round a ring runs: what makes its enclosed land positive."""
    total = 0.0
    for i in range(a, b - 1):
        total += (xy[i, 0] - xy[a, 0]) * (xy[i + 1, 1] - xy[a, 1]) - (xy[i + 1, 0] - xy[a, 0]) * (xy[i, 1] - xy[a, 1])
    return 1.0 if total > 0.0 else -1.0


@njit(cache=True, nogil=True)
def _strip(change, xy, rings, polygons, p0, p1, x0, y0, cell, top, bottom, wide):  # type: ignore[no-untyped-def]
    """Shares of the rows top … bottom of a window whose north-west corner is (x0, y0), left in `change`."""
    change[: (bottom - top) * (wide + 1)] = 0.0
    for p in range(p0, p1):
        for k in range(polygons[p], polygons[p + 1]):
            a, b = rings[k], rings[k + 1]
            sign = _ring_sign(xy, a, b)
            if k > polygons[p]:
                sign = -sign
            for i in range(a, b - 1):
                _edge(
                    change, top, bottom, wide,
                    (xy[i, 0] - x0) / cell, (y0 - xy[i, 1]) / cell, (xy[i + 1, 0] - x0) / cell, (y0 - xy[i + 1, 1]) / cell, sign,
                )  # fmt: skip
    for r in range(bottom - top):
        total = 0.0
        at = r * (wide + 1)
        for c in range(wide):
            total += change[at + c]
            change[at + c] = 0.0 if total < _DUST else 1.0 if total > 1.0 - _DUST else total


@njit(cache=True, nogil=True)
def _window(xy, rings, polygons, p0, p1, x_min, y_max, cell, rows, cols):  # type: ignore[no-untyped-def]
    """Rows and columns that the outer rings of some polygons meet: row0, row1, col0, col1 (half open)."""
    west, east, south, north = np.inf, -np.inf, np.inf, -np.inf
    for p in range(p0, p1):
        if polygons[p] == polygons[p + 1]:
            continue
        for i in range(rings[polygons[p]], rings[polygons[p] + 1]):
            west, east = min(west, xy[i, 0]), max(east, xy[i, 0])
            south, north = min(south, xy[i, 1]), max(north, xy[i, 1])
    if not west < east or not south < north:
        return 0, 0, 0, 0
    # kept within the grid before they become whole numbers: a far coordinate must not wrap
    r0 = math.floor(min(max((y_max - north) / cell, 0.0), float(rows)))
    r1 = math.ceil(min(max((y_max - south) / cell, 0.0), float(rows)))
    c0 = math.floor(min(max((west - x_min) / cell, 0.0), float(cols)))
    c1 = math.ceil(min(max((east - x_min) / cell, 0.0), float(cols)))
    return r0, max(r0, r1), c0, max(c0, c1)


@njit(cache=True, nogil=True)
def _features(xy, rings, polygons, features, x_min, y_max, cell, add, out):  # type: ignore[no-untyped-def]
    """Merge the shares of one feature after the other into `out`: the largest, or their sum up to 1."""
    rows, cols = out.shape
    change = np.empty(4096, np.float64)
    for f in range(features.size - 1):
        r0, r1, c0, c1 = _window(xy, rings, polygons, features[f], features[f + 1], x_min, y_max, cell, rows, cols)
        wide = c1 - c0
        if r1 == r0 or wide == 0:
            continue
        step = max(1, min(r1 - r0, _STRIP // (wide + 1)))
        if change.size < step * (wide + 1):
            change = np.empty(step * (wide + 1), np.float64)
        for top in range(0, r1 - r0, step):
            bottom = min(top + step, r1 - r0)
            _strip(change, xy, rings, polygons, features[f], features[f + 1], x_min + c0 * cell, y_max - r0 * cell, cell, top, bottom, wide)
            for r in range(bottom - top):
                row = r0 + top + r
                at = r * (wide + 1)
                for c in range(wide):
                    share = change[at + c]
                    if add:
                        out[row, c0 + c] = min(1.0, out[row, c0 + c] + share)
                    elif share > out[row, c0 + c]:
                        out[row, c0 + c] = share


def _ready(
    xy: NDArray[np.floating], ring_offsets: NDArray[np.integer], polygon_offsets: NDArray[np.integer], cell_m: float, shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    points = np.ascontiguousarray(xy, dtype=np.float64)
    rings, polygons = (np.ascontiguousarray(o, dtype=np.int64) for o in (ring_offsets, polygon_offsets))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"expected coordinates of shape (n, 2), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("expected finite coordinates")
    _offsets(rings, len(points), "ring_offsets")
    _offsets(polygons, rings.size - 1, "polygon_offsets")
    if not cell_m > 0 or len(shape) != 2:
        raise ValueError(f"expected a cell above 0 m and (rows, columns), got {cell_m} and {shape}")
    return points, rings, polygons


def _offsets(values: NDArray[np.int64], last: int, name: str) -> None:
    if values.ndim != 1 or values.size == 0 or values[0] != 0 or values[-1] != last or (np.diff(values) < 0).any():
        raise ValueError(f"expected {name} to rise from 0 to {last}, got {values.tolist()[:5]} …")


def fractions(
    xy: NDArray[np.floating],
    ring_offsets: NDArray[np.integer],
    polygon_offsets: NDArray[np.integer],
    feature_offsets: NDArray[np.integer],
    *,
    x_min: float,
    y_max: float,
    cell_m: float,
    shape: tuple[int, int],
    merge: str = "max",
    dtype: type[np.floating] = np.float32,
) -> NDArray[np.floating]:
    """Share of each cell that features cover, one feature after the other.

    Parameters
    ----------
    xy : ndarray of float, shape (n, 2)
        Coordinates of all rings, metres; a ring's last point repeats its first. Either way round.
    ring_offsets, polygon_offsets, feature_offsets : ndarray of int
        Where each ring starts among the points, each polygon among the rings (its first ring is the outer one,
        the others are holes) and each feature among the polygons: the offsets of ``shapely.to_ragged_array`` of
        multipolygons. A feature's polygons do not overlap.
    x_min, y_max : float
        The grid's north-west corner, metres.
    cell_m : float
        Side of a cell, metres.
    shape : tuple of int
        Rows and columns. Land off the grid is left out.
    merge : {"max", "sum"}
        What a cell under several features gets: the largest of their shares, which is right for features that lie
        on each other, or their sum up to 1, which is right for features that lie beside each other. Between the
        two lies the share of their union, which is never drawn.
    dtype : type, default numpy.float32
        Of the answer; a feature's own shares are computed in float64.

    Returns
    -------
    ndarray, shape (rows, cols)
        0-1. A share below 1e-12 is 0 and one above 1 - 1e-12 is 1.

    Raises
    ------
    ValueError
        If the offsets do not fit each other, a coordinate is not finite, or `merge` is not known.

    Notes
    -----
    Area of a ring = the integral of x dy around it (Green), taken a row and a cell at a time.

    Examples
    --------
    A square of 15 m from the corner of cells of 10 m:

    >>> import numpy as np
    >>> square = np.array([[0, 0], [15, 0], [15, 15], [0, 15], [0, 0]], float)
    >>> one = np.array([0, 1])
    >>> fractions(square, np.array([0, 5]), one, one, x_min=0, y_max=20, cell_m=10, shape=(2, 2))
    array([[0.5 , 0.25],
           [1.  , 0.5 ]], dtype=float32)
    """
    points, rings, polygons = _ready(xy, ring_offsets, polygon_offsets, cell_m, shape)
    features = np.ascontiguousarray(feature_offsets, dtype=np.int64)
    _offsets(features, polygons.size - 1, "feature_offsets")
    if merge not in ("max", "sum"):
        raise ValueError(f"expected merge to be 'max' or 'sum', got {merge!r}")
    out = np.zeros(shape, dtype)
    _features(points, rings, polygons, features, float(x_min), float(y_max), float(cell_m), merge == "sum", out)
    return out


def window_fractions(
    xy: NDArray[np.floating],
    ring_offsets: NDArray[np.integer],
    polygon_offsets: NDArray[np.integer],
    *,
    x_min: float,
    y_max: float,
    cell_m: float,
    shape: tuple[int, int],
) -> tuple[int, int, NDArray[np.float64]]:
    """Share of each cell that one feature covers, on the window of the grid that it meets.

    Parameters
    ----------
    xy, ring_offsets, polygon_offsets
        As in `fractions`; all polygons are the one feature's.
    x_min, y_max, cell_m, shape
        The grid, as in `fractions`.

    Returns
    -------
    row0, col0 : int
        The window's north-west cell.
    share : ndarray of float64, shape (h, w)
        0-1; empty when the feature meets no cell.

    Raises
    ------
    ValueError
        If the offsets do not fit each other or a coordinate is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> square = np.array([[12, 2], [18, 2], [18, 8], [12, 8], [12, 2]], float)
    >>> row0, col0, share = window_fractions(square, np.array([0, 5]), np.array([0, 1]), x_min=0, y_max=20, cell_m=10, shape=(2, 2))
    >>> row0, col0, share.round(9).tolist()
    (1, 1, [[0.36]])
    """
    points, rings, polygons = _ready(xy, ring_offsets, polygon_offsets, cell_m, shape)
    x0, y0, cell = float(x_min), float(y_max), float(cell_m)
    count = polygons.size - 1
    r0, r1, c0, c1 = _window(points, rings, polygons, 0, count, x0, y0, cell, shape[0], shape[1])
    high, wide = r1 - r0, c1 - c0
    if high == 0 or wide == 0:
        return int(r0), int(c0), np.zeros((0, 0))
    change = np.empty(high * (wide + 1), np.float64)
    _strip(change, points, rings, polygons, 0, count, x0 + c0 * cell, y0 - r0 * cell, cell, 0, high, wide)
    return int(r0), int(c0), np.ascontiguousarray(change.reshape(high, wide + 1)[:, :-1])
