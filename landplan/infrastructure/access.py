"""How far a site is from the infrastructure it needs, and how much road there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landplan.crs import describe, horizontal, require_metric
from landplan.errors import CRSError, LayerError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["nearest_m", "road_length"]


def nearest_m(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.Series:
    """Straight-line metres from each site's outline to the nearest feature (0 where they touch).

    Parameters
    ----------
    sites, features : geopandas.GeoDataFrame
        In the same metric CRS.

    Returns
    -------
    pandas.Series
        Indexed as `sites`; nan when there is no feature.

    Raises
    ------
    CRSError
        If the CRSs differ or are not metric.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> a = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs="EPSG:3006")
    >>> nearest_m(a, gpd.GeoDataFrame(geometry=[Point(3, 4)], crs="EPSG:3006")).tolist()
    [5.0]
    """
    import pandas as pd
    import shapely

    crs = require_metric(sites.crs, name="sites")
    if features.crs is None or horizontal(features.crs) != crs:
        got = "no CRS" if features.crs is None else describe(features.crs)
        raise CRSError(f"features are in {got}, sites in {describe(crs)}; reproject one of them")
    out = np.full(len(sites), np.nan)
    shapes = features.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if shapes.size and len(sites):
        (who, _), dist = shapely.STRtree(shapes).query_nearest(
            sites.geometry.to_numpy(), return_distance=True, all_matches=False
        )
        out[who] = dist
    return pd.Series(out, index=sites.index, name="nearest_m")


def road_length(roads: gpd.GeoDataFrame, *, by: str = "road_class") -> pd.DataFrame:
    """Kilometres of road a class, with how much carries BK4 where that is known.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        Lines in a metric CRS with column `by`; optional `load_class`.
    by : str, default "road_class"

    Returns
    -------
    pandas.DataFrame
        `by`, `km`, `bk4_km` (nan when there is no load class); longest first.

    Raises
    ------
    LayerError
        If the column is missing.
    """
    import pandas as pd

    require_metric(roads.crs, name="roads")
    if by not in roads.columns:
        raise LayerError(f"roads has no column {by!r}; it has {', '.join(map(str, roads.columns))}")
    km = roads.geometry.length / 1000.0
    frame = pd.DataFrame({by: roads[by].astype(str), "km": km})
    frame["bk4_km"] = km.where(roads["load_class"] == "BK4", 0.0) if "load_class" in roads else np.nan
    return frame.groupby(by)[["km", "bk4_km"]].sum(min_count=1).sort_values("km", ascending=False).reset_index()
