"""Vector layers onto a grid: masks, distances, class values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError
from landplan.grid import Grid
from landplan.kernels import distance
from landplan.kernels.distance_rows import MetresByRows
from landplan.suitability.coverage import coverage_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Rule", "burn", "burn_values", "distance_by_rows", "distance_to", "matches", "setback", "widened"]

Rule = Literal["touched", "centre"] | float
"""Which cells a shape holds: any it touches, those whose centre it holds, or those of which it covers a share."""

_HAIR = 1e-6
_WISHES = ("min", "max", "contains", "known")
_TILE = 512  # cells a side of what is burnt at once outside a grid


def matches(frame: pd.DataFrame, where: Mapping[str, Any], *, name: str = "layer") -> NDArray[np.bool_]:
    """Tell which rows meet a filter; all its columns must hold.

    A column's wish is a value, a list of values, or a table of ``min``, ``max``, ``contains``, ``known``.

    Raises
    ------
    LayerError
        If a column is missing, a table asks for something else than these, or compares words with numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> matches(pd.DataFrame({"a": [1, 2, 3]}), {"a": {"min": 2}}).tolist()
    [False, True, True]
    """
    keep = np.ones(len(frame), bool)
    for column, want in where.items():
        if column not in frame.columns:
            raise LayerError(f"{name} has no column {column!r} to filter on; it has {', '.join(map(str, frame.columns))}")
        values = frame[column]
        if isinstance(want, Mapping):
            if unknown := sorted(set(map(str, want)) - set(_WISHES)):
                raise LayerError(f"{name}: the filter on {column!r} has {unknown[0]!r}, which says nothing; use {', '.join(_WISHES)}")
            try:
                if "min" in want:
                    keep &= (values >= want["min"]).fillna(False).to_numpy(bool)
                if "max" in want:
                    keep &= (values <= want["max"]).fillna(False).to_numpy(bool)
            except TypeError:
                asked = {k: want[k] for k in ("min", "max") if k in want}
                raise LayerError(f"{name}: column {column!r} holds {values.dtype} and cannot be held against {asked}; give a number for numbers, or list the values") from None
            if "known" in want:
                keep &= (values.notna() == bool(want["known"])).to_numpy(bool)
            if "contains" in want:
                keep &= values.fillna("").astype(str).str.contains(str(want["contains"]), regex=False).to_numpy(bool)
        else:
            wanted = want if isinstance(want, list | tuple | set) else [want]
            keep &= values.isin(list(wanted)).to_numpy(bool)
    return keep


def burn(frame: gpd.GeoDataFrame, grid: Grid, *, rule: Rule = "touched") -> NDArray[np.bool_]:
    """Cells that a layer covers.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the grid's CRS.
    grid : Grid
    rule : {"touched", "centre"} or float, default "touched"
        ``"touched"``: any part of the cell, the cautious choice for exclusions and the only one for lines and points; ``"centre"``:
        its centre; a number above 0, at most 1: at least that share of its area, which polygons alone have.

    Returns
    -------
    ndarray of bool, shape (rows, cols)

    Raises
    ------
    LayerError
        If a share is asked of lines or points, or is not in 0-1.
    CRSError
        If the layer is not in the grid's CRS.

    Notes
    -----
    Shares of polygons are exact (`landplan.suitability.coverage`); a cell that only shares a side with a polygon is not touched.
    Under several features the largest share counts.
    """
    import shapely
    from rasterio.features import rasterize

    grid.require_same_crs(frame.crs, name="layer")
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not isinstance(rule, str) and not 0 < rule <= 1:
        raise LayerError(f"a share of a cell lies above 0 and at most at 1, got {rule}")
    out = np.zeros(grid.shape, np.bool_)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    if rule == "centre":
        areal[:] = False
    elif rule != "touched" and not areal.all():
        raise LayerError("lines and points cover no share of a cell; burn them where they touch")
    if areal.any():
        share = coverage_of(_frame(shapes[areal], frame.crs), grid)
        # a sliver thinner than a hair is the rounding of coordinates
        out |= share > _HAIR if rule == "touched" else share >= float(rule) - _HAIR
    if not areal.all():
        rest = rasterize(
            list(shapes[~areal]), out_shape=grid.shape, transform=grid.transform, all_touched=rule != "centre", dtype="uint8", default_value=1
        )
        out |= rest == 1
    return out


def setback(frame: gpd.GeoDataFrame, grid: Grid, within_m: float, *, rule: Rule = "touched") -> NDArray[np.bool_]:
    """Cells within a distance of a layer's features, measured from the features themselves and not from cells.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the grid's CRS.
    grid : Grid
    within_m : float
        Metres, above 0.
    rule : {"touched", "centre"} or float, default "touched"
        Which cells count, as for `burn`: by default all of which any part lies within the distance.

    Returns
    -------
    ndarray of bool, shape (rows, cols)

    Raises
    ------
    LayerError, CRSError
        As `burn`.

    Notes
    -----
    Each feature's outline is moved out by itself, arcs drawn with 32 chords a quarter: at most 0.03 % of the distance short (9 cm at
    300 m). A mask has no outline; its setback is a threshold on the exact distance between cell centres (`kernels.distance.within`).
    """
    import shapely

    grid.require_same_crs(frame.crs, name="layer")
    if not 0 < within_m < np.inf:
        raise LayerError(f"a setback must be above 0 m and finite, got {within_m}")
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    # mended as where they are burnt themselves: drawn out as it is, a bow tie loses half of it
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    # features that are nowhere near the grid are not drawn out
    x0, y0, x1, y1 = grid.bounds
    shapes = shapes[shapely.intersects(shapes, shapely.box(x0 - within_m, y0 - within_m, x1 + within_m, y1 + within_m))]
    return burn(_frame(shapely.buffer(shapes, within_m, quad_segs=32), frame.crs), grid, rule=rule)


def widened(frame: gpd.GeoDataFrame, width_m: float) -> gpd.GeoDataFrame:
    """Give lines the ground they take, so many metres across with blunt ends; polygons keep their own, points have none.

    Raises
    ------
    LayerError
        If the width is not above 0.
    """
    import shapely

    if not 0 < width_m < np.inf:
        raise LayerError(f"a line needs a width above 0 m, got {width_m}")
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    lines = np.isin(shapely.get_type_id(shapes), (1, 2, 5))
    drawn = [shapely.buffer(shapes[lines], width_m / 2, quad_segs=4, cap_style="flat"), shapely.make_valid(shapes[np.isin(shapely.get_type_id(shapes), (3, 6))])]
    return _frame(np.concatenate(drawn), frame.crs)


def _frame(shapes: NDArray[np.object_], crs: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(geometry=shapes, crs=crs)


def burn_values(frame: gpd.GeoDataFrame, column: str, grid: Grid) -> NDArray[np.float32]:
    """Value of the polygon that holds each cell's centre, nan outside; a later feature lies on top."""
    from rasterio.features import rasterize

    grid.require_same_crs(frame.crs, name="layer")
    known = frame[frame[column].notna() & ~frame.geometry.is_empty]
    if known.empty:
        return np.full(grid.shape, np.nan, np.float32)
    shapes = zip(known.geometry.to_numpy(), known[column].to_numpy(np.float64), strict=True)
    out = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, fill=np.nan, dtype="float32")
    return np.asarray(out, np.float32)


def distance_to(frame: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.float32]:
    """Metres from each cell's centre to the centre of the nearest cell that a layer touches; ``inf`` without features."""
    return distance.metres(burn(frame, grid), grid.cell_m)


def distance_by_rows(frame: gpd.GeoDataFrame, grid: Grid, *, within_m: float = 0.0) -> MetresByRows:
    """`distance_to`, worked out for the rows that are asked for: a quarter of the memory.

    Features outside the grid count too, as far as `within_m` from it: the metres are those of a grid large enough to hold them. On
    what lies farther off than that, the grid's own features aside, nothing is said.
    """
    return MetresByRows(burn(frame, grid), grid.cell_m, _touched_outside(frame, grid, within_m) if within_m > 0 else None)


def _touched_outside(frame: gpd.GeoDataFrame, grid: Grid, within_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns, counted on from the grid's, of cells outside it that a layer touches."""
    import shapely

    shapes = frame.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    nothing = np.empty(0, np.int64), np.empty(0, np.int64)
    if not len(shapes):
        return nothing
    x0, y0, x1, y1 = grid.bounds
    xy = shapely.get_coordinates(shapes)
    # what lies farther off than the whole grid does from some feature is nearest to no cell
    farthest = np.hypot(np.maximum(np.abs(xy[:, 0] - x0), np.abs(xy[:, 0] - x1)), np.maximum(np.abs(xy[:, 1] - y0), np.abs(xy[:, 1] - y1)))
    pad = min(float(within_m), float(farthest.min())) + 2 * grid.cell_m
    bounds = shapely.bounds(shapes)
    near = (bounds[:, 0] <= x1 + pad) & (bounds[:, 2] >= x0 - pad) & (bounds[:, 1] <= y1 + pad) & (bounds[:, 3] >= y0 - pad)
    out = (bounds[:, 0] <= x0) | (bounds[:, 2] >= x1) | (bounds[:, 1] <= y0) | (bounds[:, 3] >= y1)
    shapes, bounds = shapes[near & out], bounds[near & out]
    if not len(shapes):
        return nothing
    west, south = np.maximum(bounds[:, :2].min(axis=0), (x0 - pad, y0 - pad))
    east, north = np.minimum(bounds[:, 2:].max(axis=0), (x1 + pad, y1 + pad))
    side = _TILE * grid.cell_m
    rows = range(int(np.floor((grid.y_max - north) / side)), int(np.floor((grid.y_max - south) / side)) + 1)
    cols = range(int(np.floor((west - grid.x_min) / side)), int(np.floor((east - grid.x_min) / side)) + 1)
    tree = shapely.STRtree(np.asarray(shapely.box(*bounds.T)))
    found = [nothing]
    # tile by tile, so that the land between the grid and a far feature is never held
    for r in rows:
        for c in cols:
            if r >= 0 and c >= 0 and (r + 1) * _TILE <= grid.shape[0] and (c + 1) * _TILE <= grid.shape[1]:
                continue
            tile = Grid(grid.crs, grid.cell_m, grid.x_min + c * side, grid.y_max - r * side, (_TILE, _TILE))
            some = tree.query(shapely.box(*tile.bounds))
            if some.size:
                row, col = np.nonzero(burn(_frame(shapes[np.sort(some)], frame.crs), tile))
                row, col = row + r * _TILE, col + c * _TILE
                beyond = (row < 0) | (col < 0) | (row >= grid.shape[0]) | (col >= grid.shape[1])
                found.append((row[beyond], col[beyond]))
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])
