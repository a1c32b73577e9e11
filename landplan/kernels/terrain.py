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
_ONE, _DEGREE, _RIGHT = np.float32(1.0), np.float32(180.0 / math.pi), np.float32(90.0)
_A = tuple(
    np.float32(a * 180.0 / math.pi)
    for a in (-0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393, -0.0752896400, 0.0429096138, -0.0161657367, 0.0028662257)
)


@njit(cache=True, nogil=True)
def _compass(east, south):  # type: ignore[no-untyped-def]
    """Where a slope faces, degrees clockwise from north; nan where the ground is level."""
    if east == 0.0 and south == 0.0:
        return np.nan
    angle = math.degrees(math.atan2(-east, south))
    return angle + 360.0 if angle < 0.0 else angle


@njit(cache=True, nogil=True)
def _degrees(rise):  # type: ignore[no-untyped-def]
    """Arctangent of a float32 of 0 or more, in degrees, to two units of its last place.

    Abramowitz & Stegun (1964), 4.4.49, whose own error is 2e-8 of the angle, as t + t q P(q): the rise itself, which 32 bits hold exactly,
    and a correction that is small beside it. In 32 bits eight cells are worked at once, and a library's arctangent goes one by one.
    """
    steep = rise > _ONE
    t = _ONE / rise if steep else rise
    q = t * t
    p = _A[7]
    p = _A[6] + q * p
    p = _A[5] + q * p
    p = _A[4] + q * p
    p = _A[3] + q * p
    p = _A[2] + q * p
    p = _A[1] + q * p
    p = _A[0] + q * p
    angle = _DEGREE * t + t * q * p
    return _RIGHT - angle if steep else angle


@njit(cache=True, nogil=True)
def _falls(north, row, south, c):  # type: ignore[no-untyped-def]
    """Eight times the rise to the east and to the south over a cell, by Horn's weights.

    Differences are taken first and added then: neighbours are near each other, so 32 bits lose nothing of a height
    above the sea. What is unknown in any of the nine cells is unknown in the answer.
    """
    two = np.float32(2.0)
    dx = (north[c + 1] - north[c - 1]) + two * (row[c + 1] - row[c - 1]) + (south[c + 1] - south[c - 1])
    dy = (south[c - 1] - north[c - 1]) + two * (south[c] - north[c]) + (south[c + 1] - north[c + 1])
    # the cell itself is in neither: nan has to come from it too
    return dx + (row[c] - row[c]), dy


@njit(cache=True, nogil=True)
def _of_row(north, row, south, begin, end, scale, kind, out):  # type: ignore[no-untyped-def]
    """Answer the cells from `begin` to `end` of a row that has cells on all sides there."""
    if kind == _ASPECT:
        for c in range(begin, end):
            dx, dy = _falls(north, row, south, c)
            out[c] = _compass(dx, dy)
        return
    for c in range(begin, end):
        dx, dy = _falls(north, row, south, c)
        out[c] = np.sqrt(dx * dx + dy * dy) * scale
    # in a loop of its own: together they are slower where the answer's memory is new
    if kind == _DEGREES:
        for c in range(begin, end):
            out[c] = _degrees(out[c])


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
