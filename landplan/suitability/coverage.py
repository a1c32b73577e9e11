"""How much of each cell a layer covers, exactly: parcels and sites keep their own area on any grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError
from landplan.grid import Grid
from landplan.kernels import coverage

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["cells_of", "coverage_of", "polygons_of"]


def coverage_of(frame: gpd.GeoDataFrame, grid: Grid, *, merge: Literal["max", "sum"] = "max") -> NDArray[np.float32]:
    """Share of each cell that a polygon layer covers.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Polygons in the grid's CRS; empty and missing shapes cover nothing, invalid ones are mended first.
    grid : Grid
    merge : {"max", "sum"}
        What a cell under several features gets: the largest share (features that lie on each other, as protected
        areas do) or the sum up to 1 (features side by side, as parcels do). A union is never drawn.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        0-1.

    Raises
    ------
    LayerError
        If a feature is a point or a line: it has no area to share out.
    CRSError
        If the layer is not in the grid's CRS.
    ValueError
        If `merge` is not known.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> parcel = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 25, 25)], crs="EPSG:3006")
    >>> share = coverage_of(parcel, Grid.cover((0, 0, 30, 30), cell_m=10, crs="EPSG:3006"))
    >>> share.tolist(), float(share.sum()) * 100
    ([[0.5, 0.5, 0.25], [1.0, 1.0, 0.5], [1.0, 1.0, 0.5]], 625.0)
    """
    grid.require_same_crs(frame.crs, name="layer")
    xy, rings, polygons, features = _ragged(frame.geometry.to_numpy())
    return np.asarray(
        coverage.fractions(
            xy, rings, polygons, features, x_min=grid.x_min, y_max=grid.y_max, cell_m=grid.cell_m, shape=grid.shape, merge=merge
        ),
        np.float32,
    )


def cells_of(polygon: Any, grid: Grid) -> tuple[slice, slice, NDArray[np.float64]]:
    """Cells that one polygon meets and how much of each it covers.

    Parameters
    ----------
    polygon : shapely.Polygon or shapely.MultiPolygon
        In the grid's CRS.
    grid : Grid

    Returns
    -------
    rows, cols : slice
        The window of the grid that the polygon meets.
    share : ndarray of float64, shape (h, w)
        0-1; the sum times a cell's area is the polygon's area on the grid.

    Raises
    ------
    LayerError
        If it is a point or a line.

    Examples
    --------
    >>> import shapely
    >>> grid = Grid.cover((0, 0, 30, 30), cell_m=10, crs="EPSG:3006")
    >>> rows, cols, share = cells_of(shapely.box(12, 2, 18, 8), grid)
    >>> rows, cols, share.round(9).tolist()
    (slice(2, 3, None), slice(1, 2, None), [[0.36]])
    """
    one = np.empty(1, object)
    one[0] = polygon
    xy, rings, polygons, _ = _ragged(one)
    row0, col0, share = coverage.window_fractions(
        xy, rings, polygons, x_min=grid.x_min, y_max=grid.y_max, cell_m=grid.cell_m, shape=grid.shape
    )
    return slice(row0, row0 + share.shape[0]), slice(col0, col0 + share.shape[1]), share


def _ragged(shapes: NDArray[np.object_]) -> tuple[Any, Any, Any, Any]:
    """Coordinates and offsets of rings, polygons and features; a shape without area has no polygon."""
    import shapely

    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kept = shapes[~empty]
    kind = shapely.get_type_id(kept)
    # 3 polygon, 6 multipolygon, 7 collection (whose polygons count)
    wrong = np.flatnonzero(~np.isin(kind, (3, 6, 7)))
    if wrong.size:
        row = int(np.flatnonzero(~empty)[wrong[0]])
        raise LayerError(
            f"{wrong.size} of {len(shapes)} features have no area (first: row {row}, {kept[wrong[0]].geom_type}); "
            "coverage needs polygons, burn() takes lines and points"
        )
    odd = ~shapely.is_valid(kept) | (kind == 7)
    if odd.any():
        kept = kept.copy()
        kept[odd] = [polygons_of(s) for s in shapely.make_valid(kept[odd])]
        kept = kept[~shapely.is_empty(kept)]
    if not len(kept):
        none = np.zeros(1, np.int64)
        return np.zeros((0, 2)), none, none, none
    shape, xy, offsets = shapely.to_ragged_array(kept, include_z=False)
    if shape == shapely.GeometryType.POLYGON:
        return xy, offsets[0], offsets[1], np.arange(len(kept) + 1)
    return xy, offsets[0], offsets[1], offsets[2]


def polygons_of(shape: Any) -> Any:
    """The polygons of a mended shape; the lines and points that mending left over have no area."""
    import shapely

    parts = shapely.get_parts(shape)
    while (nested := shapely.get_type_id(parts) >= 6).any():
        parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
    return shapely.union_all(parts[shapely.get_type_id(parts) == 3])
