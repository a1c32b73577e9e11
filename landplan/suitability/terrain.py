"""Slope for land evaluation: steep banks inside a coarse cell are not smoothed away before they are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from landplan.crs import require_metric
from landplan.grid import Grid
from landplan.kernels.terrain import slope_percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["slope"]

FINE_FROM_M = 20.0
"""Cells at least this wide are measured at half their size."""


def slope(height_on: Callable[[Grid], NDArray[np.float32]], grid: Grid) -> NDArray[np.float32]:
    """Mean slope of each cell, measured on cells of half the size where the grid is coarse.

    Parameters
    ----------
    height_on : callable
        Takes a grid and returns its heights in metres, float32, nan where unknown;
        ``functools.partial(store.raster, layer)`` for a layer of a plan.
    grid : Grid
        The cells wanted. Below 20 m they are measured as they are.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Per cent; the mean of the known quarters, nan where no quarter is known.

    Raises
    ------
    CRSError
        If the grid is in degrees: a slope of metres by degrees is no slope.

    Notes
    -----
    Horn, "Hill shading and the reflectance map", Proceedings of the IEEE 69 (1981), on each quarter.

    Examples
    --------
    A plane that rises one metre in ten to the east:

    >>> import numpy as np
    >>> from landplan.grid import Grid
    >>> plane = lambda g: np.tile(0.1 * g.cell_m * np.arange(g.shape[1], dtype=np.float32), (g.shape[0], 1))
    >>> slope(plane, Grid("EPSG:3006", 50.0, 0.0, 0.0, (4, 4)))[1:3, 1:3].round(3)
    array([[10., 10.],
           [10., 10.]], dtype=float32)
    """
    require_metric(grid.crs, name="the grid of a slope")
    if grid.cell_m < FINE_FROM_M:
        return slope_percent(height_on(grid), grid.cell_m)
    fine = Grid(grid.crs, grid.cell_m / 2, grid.x_min, grid.y_max, (2 * grid.shape[0], 2 * grid.shape[1]))
    quarter = slope_percent(height_on(fine), fine.cell_m)
    parts = np.stack([quarter[0::2, 0::2], quarter[1::2, 0::2], quarter[0::2, 1::2], quarter[1::2, 1::2]])
    known = ~np.isnan(parts)
    count = known.sum(axis=0)
    total = np.where(known, parts, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
