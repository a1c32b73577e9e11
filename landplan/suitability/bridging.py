"""Ground that small roads and ditches take of sites: they cost a site its area and do not split it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.grid import Grid
from landplan.suitability.coverage import cells_of, polygons_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["Ground", "covered_ha", "without"]

_TILE = 64  # cells: what crosses so few is united in no time


@dataclass(frozen=True, slots=True)
class Ground:
    """Polygons that small roads and ditches take, and the share of each cell under them, worked out a tile at a time when it is asked for."""

    shapes: NDArray[np.object_]
    tree: Any
    grid: Grid
    tiles: dict[tuple[int, int], NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, grid: Grid) -> Ground:
        """Index polygons in the grid's CRS.

        Raises
        ------
        CRSError
            If they are in another CRS.
        """
        import shapely

        grid.require_same_crs(frame.crs, name="bridge_shapes")
        shapes = frame.geometry.to_numpy()
        return cls(shapes, shapely.STRtree(shapes), grid)

    def _tile(self, i: int, j: int) -> NDArray[np.float64]:
        import shapely

        if (i, j) not in self.tiles:
            g = self.grid
            r, c = i * _TILE, j * _TILE
            size = min(_TILE, g.shape[0] - r), min(_TILE, g.shape[1] - c)
            part = Grid(g.crs, g.cell_m, g.x_min + c * g.cell_m, g.y_max - r * g.cell_m, size)
            share = np.zeros(size)
            some = self.tree.query(shapely.box(*part.bounds), predicate="intersects")
            if some.size:
                union = shapely.union_all(self.shapes[np.sort(some)])
                if union.area > 0:
                    rows, cols, held = cells_of(union, part)
                    share[rows, cols] = held
            self.tiles[i, j] = share
        return self.tiles[i, j]

    def share(self, rows: slice, cols: slice) -> NDArray[np.float64]:
        """Share of each cell of a window under the ground's union, exactly."""
        out = np.zeros((rows.stop - rows.start, cols.stop - cols.start))
        for i in range(rows.start // _TILE, -(-rows.stop // _TILE)):
            for j in range(cols.start // _TILE, -(-cols.stop // _TILE)):
                tile = self._tile(i, j)
                r0, c0 = i * _TILE, j * _TILE
                r = slice(max(rows.start, r0), min(rows.stop, r0 + tile.shape[0]))
                c = slice(max(cols.start, c0), min(cols.stop, c0 + tile.shape[1]))
                out[r.start - rows.start : r.stop - rows.start, c.start - cols.start : c.stop - cols.start] = tile[
                    r.start - r0 : r.stop - r0, c.start - c0 : c.stop - c0
                ]
        return out

    def land_ha(self, region: NDArray[np.bool_], window: tuple[slice, slice], usable: NDArray[np.bool_]) -> tuple[float, float]:
        """Hectares of a region's usable cells beside the ground taken, and of the ground taken in all its cells."""
        share = self.share(*window)
        return float((1.0 - share)[region & usable[window]].sum()) * self.grid.cell_ha, float(share[region].sum()) * self.grid.cell_ha


def covered_ha(sites: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, grid: Grid, *, of: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Hectares of each site under the union of some polygons, exactly.

    Parameters
    ----------
    sites, shapes : geopandas.GeoDataFrame
        Polygons in the grid's CRS; what has no area covers nothing.
    grid : Grid
    of : ndarray of bool, shape (rows, cols), optional
        Cells that count, each by the share that is covered; all of the site when left out.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    CRSError
        If a layer is not in the grid's CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> grid = Grid.cover((0, 0, 100, 100), cell_m=50, crs="EPSG:3006")
    >>> site, road = (gpd.GeoDataFrame(geometry=[b], crs="EPSG:3006") for b in (shapely.box(0, 0, 100, 100), shapely.box(20, 0, 28, 100)))
    >>> covered_ha(site, road, grid).round(9).tolist()
    [0.08]
    """
    out = np.zeros(len(sites))
    for i, (site, under) in enumerate(_within(sites, shapes, grid)):
        if under is None:
            continue
        part = under.intersection(site)
        if of is None:
            out[i] = part.area / 10_000.0
        elif part.area > 0:
            rows, cols, share = cells_of(part, grid)
            out[i] = float(share[of[rows, cols]].sum()) * grid.cell_ha
    return out


def without(sites: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, grid: Grid) -> list[Any]:
    """Each site's polygon less the union of some polygons."""
    return [site if under is None else site.difference(under) for site, under in _within(sites, shapes, grid)]


def _within(sites: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, grid: Grid) -> list[tuple[Any, Any]]:
    """Each site, mended, and the union of the polygons that meet it; None where none does."""
    import shapely

    grid.require_same_crs(sites.crs, name="sites")
    grid.require_same_crs(shapes.crs, name="shapes")
    drawn = shapes.geometry.to_numpy()
    tree = shapely.STRtree(drawn)
    out: list[tuple[Any, Any]] = []
    for given in sites.geometry.to_numpy():
        site = given if given is None or given.is_valid else polygons_of(shapely.make_valid(given))
        some = tree.query(site, predicate="intersects") if site is not None and site.area > 0 else np.empty(0, np.int64)
        out.append((site, shapely.union_all(drawn[np.sort(some)]) if some.size else None))
    return out
