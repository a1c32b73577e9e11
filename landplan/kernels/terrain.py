"""Slope and aspect of an elevation raster by Horn's (1981) third-order difference.

Cells are square and in metres. A raster in degrees gives nonsense that looks like slopes (a 2° hill turns into 90°), and
arrays carry no CRS: it is the caller's to refuse such a grid.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._team import team

__all__ = ["aspect_degrees", "slope_degrees", "slope_percent"]

_ENOUGH = 1 << 16
_PERCENT, _DEGREES, _ASPECT = 0, 1, 2


@njit(cache=True, nogil=True)
def _compass(east, south):  # type: ignore[no-untyped-def]
    """Where a slope faces, degrees clockwise from north; nan where the ground is level."""
    if east == 0.0 and south == 0.0:
        return np.nan
    angle = math.degrees(math.atan2(-east, south))
    return angle + 360.0 if angle < 0.0 else angle


@njit(cache=True, nogil=True)
def _arctangent(rise):  # type: ignore[no-untyped-def]
    """Arctangent of a number of 0 or more within 2e-8 (Abramowitz & Stegun 1964, 4.4.49), side by side where a library's goes one by one."""
    t = 1.0 / rise if rise > 1.0 else rise
    q = t * t
    p = -0.0161657367 + 0.0028662257 * q
    p = -0.0752896400 + q * (0.0429096138 + q * p)
    p = -0.1420889944 + q * (0.1065626393 + q * p)
    p = t * (1.0 + q * (-0.3333314528 + q * (0.1999355085 + q * p)))
    return 0.5 * math.pi - p if rise > 1.0 else p


@njit(cache=True, nogil=True)
def _of_row(north, row, south, begin, end, scale, kind, out):  # type: ignore[no-untyped-def]
    """Answer the cells from `begin` to `end` of a row that has cells on all sides there.

    Differences are taken first and added then: neighbours are near each other, so 32 bits lose nothing of a height
    above the sea. What is unknown in any of the nine cells is unknown in the answer.
    """
    two = np.float32(2.0)
    for c in range(begin, end):
        dx = (north[c + 1] - north[c - 1]) + two * (row[c + 1] - row[c - 1]) + (south[c + 1] - south[c - 1])
        dy = (south[c - 1] - north[c - 1]) + two * (south[c] - north[c]) + (south[c + 1] - north[c + 1])
        # the cell itself is in neither: nan has to come from it too
        dx += row[c] - row[c]
        if kind == _ASPECT:
            out[c] = _compass(dx, dy)
        else:
            out[c] = np.sqrt(dx * dx + dy * dy) * scale
    if kind == _DEGREES:
        for c in range(begin, end):
            out[c] = _arctangent(np.float64(out[c])) * (180.0 / math.pi)


@njit(cache=True, nogil=True, parallel=True)
def _inner(z, scale, kind, out):  # type: ignore[no-untyped-def]
    rows, cols = z.shape
    for r in prange(1, rows - 1):
        out[r, 0] = np.nan
        out[r, cols - 1] = np.nan
        _of_row(z[r - 1], z[r], z[r + 1], 1, cols - 1, scale, kind, out[r])


@njit(cache=True, nogil=True)
def _edge_cell(z, r, c, scale, kind):  # type: ignore[no-untyped-def]
    """Answer one cell with its missing neighbours made up: beyond the rim by a straight line, unknown ones by the cell's own height."""
    rows, cols = z.shape
    centre = z[r, c]
    if np.isnan(centre):
        return centre
    window = np.empty((3, 3), np.float32)
    for i in range(3):
        for j in range(3):
            y = r + i - 1
            x = c + j - 1
            # in a corner a column is repeated and the row made up
            if y < 0 or y >= rows:
                x = min(max(x, 0), cols - 1)
                inward = r + 1 if y < 0 else r - 1
                window[i, j] = np.float32(2.0) * z[r, x] - z[inward, x]
            elif x < 0 or x >= cols:
                if r == 0 or r == rows - 1:
                    window[i, j] = z[y, c]
                else:
                    window[i, j] = np.float32(2.0) * z[y, c] - z[y, c + 1 if x < 0 else c - 1]
            else:
                window[i, j] = z[y, x]
            if np.isnan(window[i, j]):
                window[i, j] = centre
    out = np.empty(3, np.float32)
    _of_row(window[0], window[1], window[2], 1, 2, scale, kind, out)
    return out[1]


@njit(cache=True, nogil=True, parallel=True)
def _edges(z, scale, kind, out):  # type: ignore[no-untyped-def]
    """Answer the rim, and inner cells that have an unknown neighbour."""
    rows, cols = z.shape
    for r in prange(rows):
        for c in range(cols):
            rim = r == 0 or c == 0 or r == rows - 1 or c == cols - 1
            if rim or (np.isnan(out[r, c]) and not np.isnan(z[r, c])):
                out[r, c] = _edge_cell(z, r, c, scale, kind)


def _horn(elevation_m: NDArray[np.float32], cell_m: float, kind: int, edges: bool) -> NDArray[np.float32]:
    if elevation_m.ndim != 2 or not cell_m > 0:
        raise ValueError(f"expected a 2-D raster and a cell above 0 m, got {elevation_m.ndim}-D and {cell_m}")
    z = np.ascontiguousarray(elevation_m, dtype=np.float32)
    out = np.empty(z.shape, np.float32)
    rows, cols = z.shape
    scale = np.float32((100.0 if kind == _PERCENT else 1.0) / (8.0 * cell_m))
    if rows:
        out[0] = out[-1] = np.nan
    if not z.size or (edges and min(rows, cols) < 2):
        out[...] = np.nan
        return out
    with team(None, work=z.size, enough=_ENOUGH):
        if cols > 1:
            _inner(z, scale, kind, out)
        else:
            out[...] = np.nan
        if edges:
            _edges(z, scale, kind, out)
    return out


def slope_percent(elevation_m: NDArray[np.float32], cell_m: float, *, compute_edges: bool = False) -> NDArray[np.float32]:
    """Slope in per cent.

    Parameters
    ----------
    elevation_m : ndarray of float32, shape (rows, cols)
        Metres; nan is unknown.
    cell_m : float
        Side of a cell, metres: the caller sees to it that the grid is in metres.
    compute_edges : bool, default False
        Answer the rim, and cells beside unknown ones, as gdaldem's ``-compute_edges`` does: a cell beyond the rim
        lies on the straight line through the two within, an unknown one at the height of the cell itself.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        100 tan(slope); nan in unknown cells, and without `compute_edges` on the rim and beside unknown cells.

    Raises
    ------
    ValueError
        If the raster is not 2-D or the cell is not above 0.

    Notes
    -----
    Horn (1981): dz/dx = ((c + 2f + i) - (a + 2d + g)) / (8 cell), likewise dz/dy.

    Examples
    --------
    >>> import numpy as np
    >>> plane = np.tile(np.arange(4, dtype=np.float32), (4, 1))
    >>> float(slope_percent(plane, 10.0)[1, 1])
    10.0
    """
    return _horn(elevation_m, cell_m, _PERCENT, compute_edges)


def slope_degrees(elevation_m: NDArray[np.float32], cell_m: float, *, compute_edges: bool = False) -> NDArray[np.float32]:
    """Slope in degrees.

    Parameters
    ----------
    elevation_m : ndarray of float32, shape (rows, cols)
        Metres; nan is unknown.
    cell_m : float
        Side of a cell, metres: the caller sees to it that the grid is in metres.
    compute_edges : bool, default False
        As in `slope_percent`.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        0-90, the arctangent of Horn's slope; nan where `slope_percent` is.

    Raises
    ------
    ValueError
        If the raster is not 2-D or the cell is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> plane = np.tile(10 * np.arange(4, dtype=np.float32), (4, 1))
    >>> float(slope_degrees(plane, 10.0)[1, 1])
    45.0
    """
    return _horn(elevation_m, cell_m, _DEGREES, compute_edges)


def aspect_degrees(elevation_m: NDArray[np.float32], cell_m: float, *, compute_edges: bool = False) -> NDArray[np.float32]:
    """Compass direction in which the ground falls.

    Parameters
    ----------
    elevation_m : ndarray of float32, shape (rows, cols)
        Metres, row 0 in the north; nan is unknown.
    cell_m : float
        Side of a cell, metres.
    compute_edges : bool, default False
        As in `slope_percent`.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Degrees clockwise from north, 0 up to but not 360; nan on level ground and where `slope_percent` is.

    Raises
    ------
    ValueError
        If the raster is not 2-D or the cell is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> rising_east = np.tile(np.arange(3, dtype=np.float32), (3, 1))
    >>> float(aspect_degrees(rising_east, 10.0)[1, 1])
    270.0
    """
    return _horn(elevation_m, cell_m, _ASPECT, compute_edges)
