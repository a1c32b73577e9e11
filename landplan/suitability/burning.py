"""Vector layers onto a grid: masks, distances, class values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import LayerError
from landplan.grid import Grid
from landplan.kernels import distance

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["burn", "burn_values", "distance_to", "matches"]


def matches(frame: pd.DataFrame, where: Mapping[str, Any], *, name: str = "layer") -> NDArray[np.bool_]:
    """Tell which rows meet a filter; all its columns must hold.

    A column's wish is a value, a list of values, or a table of ``min``, ``max``, ``contains``, ``known``.

    Raises
    ------
    LayerError
        If a column is missing.

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
            if "min" in want:
                keep &= (values >= want["min"]).fillna(False).to_numpy(bool)
            if "max" in want:
                keep &= (values <= want["max"]).fillna(False).to_numpy(bool)
            if "known" in want:
                keep &= (values.notna() == bool(want["known"])).to_numpy(bool)
            if "contains" in want:
                keep &= values.fillna("").astype(str).str.contains(str(want["contains"]), regex=False).to_numpy(bool)
        else:
            wanted = want if isinstance(want, list | tuple | set) else [want]
            keep &= values.isin(list(wanted)).to_numpy(bool)
    return keep


def burn(frame: gpd.GeoDataFrame, grid: Grid, *, touched: bool = True) -> NDArray[np.bool_]:
    """Cells that a layer covers (or touches).

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the grid's CRS.
    grid : Grid
    touched : bool, default True
        Also cells that are only touched: the cautious choice for exclusions, and the only one for lines.

    Returns
    -------
    ndarray of bool, shape (rows, cols)
    """
    from rasterio.features import rasterize

    grid.require_same_crs(frame.crs, name="layer")
    shapes = [g for g in frame.geometry.to_numpy() if g is not None and not g.is_empty]
    if not shapes:
        return np.zeros(grid.shape, bool)
    out = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, all_touched=touched, dtype="uint8", default_value=1)
    return np.asarray(out == 1)


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
    """Metres from each cell's centre to the nearest cell that a layer touches; ``inf`` without features."""
    return distance.euclidean(burn(frame, grid), grid.cell_m).astype(np.float32)
