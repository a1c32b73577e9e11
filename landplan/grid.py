"""A georeferenced grid is a value.

`Grid` holds CRS, cell size, origin and shape; every raster question is asked of it. Rasters are
(row, col) with row 0 in the north; coordinates are (x, y).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import AreaError, CRSError, MemoryLimitError

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray

__all__ = ["Grid"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells aligned to multiples of their size.

    Parameters
    ----------
    crs : str
        Projected metric CRS, as ``EPSG:3006``.
    cell_m : float
        Side of a cell in metres.
    x_min, y_max : float
        The north-west corner in metres.
    shape : tuple of int
        (rows, columns).

    Examples
    --------
    >>> g = Grid.cover((5, 5, 95, 45), cell_m=10, crs="EPSG:3006")
    >>> g.shape, g.bounds
    ((5, 10), (0.0, 0.0, 100.0, 50.0))
    """

    crs: str
    cell_m: float
    x_min: float
    y_max: float
    shape: tuple[int, int]

    @classmethod
    def cover(cls, bounds: tuple[float, float, float, float], *, cell_m: float, crs: str) -> Grid:
        """Return the smallest aligned grid that covers `bounds` (xmin, ymin, xmax, ymax).

        Raises
        ------
        AreaError
            If the bounds are empty or not finite.
        """
        xmin, ymin, xmax, ymax = (float(v) for v in bounds)
        if not (all(map(math.isfinite, (xmin, ymin, xmax, ymax))) and xmax > xmin and ymax > ymin):
            raise AreaError(f"a grid needs an area, got bounds {bounds}; check the plan's [area]")
        if not cell_m > 0:
            raise AreaError(f"cell_m must be above 0, got {cell_m}")
        x0, y0 = math.floor(xmin / cell_m) * cell_m, math.floor(ymin / cell_m) * cell_m
        cols = math.ceil((xmax - x0) / cell_m - 1e-9)
        rows = math.ceil((ymax - y0) / cell_m - 1e-9)
        return cls(str(crs), float(cell_m), float(x0), float(y0 + rows * cell_m), (rows, cols))

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_ha(self) -> float:
        """Hectares of one cell."""
        return self.cell_m * self.cell_m / 10_000.0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return xmin, ymin, xmax, ymax."""
        rows, cols = self.shape
        return (
            self.x_min,
            self.y_max - rows * self.cell_m,
            self.x_min + cols * self.cell_m,
            self.y_max,
        )

    @property
    def transform(self) -> Affine:
        """The affine from (col, row) to (x, y), as rasterio wants it."""
        from affine import Affine as Aff

        return Aff(self.cell_m, 0.0, self.x_min, 0.0, -self.cell_m, self.y_max)

    def require_memory(self, bytes_per_cell: float, *, limit_gb: float, what: str) -> None:
        """Refuse, with numbers, work that would not fit.

        Raises
        ------
        MemoryLimitError
            If `bytes_per_cell` on this grid is above `limit_gb`.
        """
        need = self.size * bytes_per_cell / 1e9
        if need > limit_gb:
            better = self.cell_m * math.sqrt(need / limit_gb)
            raise MemoryLimitError(
                f"{what}: {self.shape[0]} x {self.shape[1]} cells of {self.cell_m:g} m need about "
                f"{need:.1f} GB, the limit is {limit_gb:.1f} GB; use a smaller area or cells of "
                f"{math.ceil(better / 5) * 5} m or more (plan.cell_m)"
            )

    def rowcol(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, Any]:
        """Return row and column of points; -1, -1 outside the grid (never folded back inside)."""
        col = np.floor((np.asarray(x, np.float64) - self.x_min) / self.cell_m).astype(np.int64)
        row = np.floor((self.y_max - np.asarray(y, np.float64)) / self.cell_m).astype(np.int64)
        outside = (row < 0) | (col < 0) | (row >= self.shape[0]) | (col >= self.shape[1])
        return np.where(outside, -1, row), np.where(outside, -1, col)

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x of each column's and y of each row's centre, in metres."""
        rows, cols = self.shape
        x: NDArray[np.float64] = self.x_min + (np.arange(cols, dtype=np.float64) + 0.5) * self.cell_m
        y: NDArray[np.float64] = self.y_max - (np.arange(rows, dtype=np.float64) + 0.5) * self.cell_m
        return x, y

    def window(self, bounds: tuple[float, float, float, float]) -> tuple[slice, slice]:
        """Return the row and column slices of the cells that meet `bounds`."""
        x0, y0, x1, y1 = bounds
        c0 = max(0, math.floor((x0 - self.x_min) / self.cell_m))
        c1 = min(self.shape[1], math.ceil((x1 - self.x_min) / self.cell_m))
        r0 = max(0, math.floor((self.y_max - y1) / self.cell_m))
        r1 = min(self.shape[0], math.ceil((self.y_max - y0) / self.cell_m))
        return slice(r0, max(r0, r1)), slice(c0, max(c0, c1))

    def require_same_crs(self, crs: Any, *, name: str) -> None:
        """Raise if `crs` is not the grid's.

        Raises
        ------
        CRSError
            If the two differ.
        """
        from landplan.crs import describe, horizontal

        if crs is None or horizontal(crs) != horizontal(self.crs):
            got = "no CRS" if crs is None else describe(crs)
            raise CRSError(f"{name} is in {got} but the grid is in {describe(self.crs)}; reproject it first")
