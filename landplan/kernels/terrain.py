"""Slope of an elevation raster by Horn's (1981) third-order difference."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["slope_percent"]


@njit(cache=True, nogil=True, parallel=True)
def _horn(z, cell, out):  # type: ignore[no-untyped-def]
    rows, cols = z.shape
    for r in prange(rows):
        for c in range(cols):
            if r == 0 or c == 0 or r == rows - 1 or c == cols - 1:
                out[r, c] = np.nan
                continue
            a, b, d = z[r - 1, c - 1], z[r - 1, c], z[r - 1, c + 1]
            e, f = z[r, c - 1], z[r, c + 1]
            g, h, i = z[r + 1, c - 1], z[r + 1, c], z[r + 1, c + 1]
            dx = ((d + f + f + i) - (a + e + e + g)) / (8.0 * cell)
            dy = ((g + h + h + i) - (a + b + b + d)) / (8.0 * cell)
            # nan in any neighbour or in the cell itself stays nan: an edge is unknown, not flat
            out[r, c] = 100.0 * np.sqrt(dx * dx + dy * dy) + 0.0 * z[r, c]


def slope_percent(elevation_m: NDArray[np.float32], cell_m: float) -> NDArray[np.float32]:
    """Slope in per cent.

    Parameters
    ----------
    elevation_m : ndarray of float32, shape (rows, cols)
        Metres; nan is unknown.
    cell_m : float
        Side of a cell, metres.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        100 tan(slope); nan on the rim and beside unknown cells.

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
    if elevation_m.ndim != 2 or not cell_m > 0:
        raise ValueError(f"expected a 2-D raster and a cell above 0 m, got {elevation_m.ndim}-D and {cell_m}")
    out = np.empty(elevation_m.shape, np.float32)
    _horn(np.ascontiguousarray(elevation_m, dtype=np.float32), float(cell_m), out)
    return out
