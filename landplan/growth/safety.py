"""Dark ways: which streets have lamps along them, and who can walk to a school or a stop by lit ones alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landplan.crs import require_metric
from landplan.growth.services import ServiceError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["lit_share", "lit_ways"]


def lit_share(ways: gpd.GeoDataFrame, lamps: gpd.GeoDataFrame, *, within_m: float, step_m: float = 10.0) -> NDArray[np.float64]:
    """Return how much of each way lies within some metres of a lamp.

    Parameters
    ----------
    ways : GeoDataFrame of lines
    lamps : GeoDataFrame of points
        In the same metric CRS.
    within_m : float
        How far a lamp lights.
    step_m : float
        A way is looked at in points at most so far apart, its ends among them.

    Returns
    -------
    ndarray of float64, shape (N,)
        0-1.

    Raises
    ------
    CRSError
        If the CRSs differ or are not metric.
    ServiceError
        If a distance is not above 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (100, 0)])], crs="EPSG:3006")
    >>> lamp = gpd.GeoDataFrame(geometry=[Point(0, 5)], crs="EPSG:3006")
    >>> lit_share(street, lamp, within_m=30.0).round(2).tolist()
    [0.27]
    """
    import shapely

    if within_m <= 0 or step_m <= 0:
        raise ServiceError(f"within_m and step_m are metres above 0; got {within_m:g} and {step_m:g}")
    require_metric(ways.crs, name="ways")
    require_metric(lamps.crs, name="lamps")
    lines = ways.geometry.to_numpy()
    if not len(lines) or not len(lamps):
        return np.zeros(len(lines))
    length = shapely.length(lines)
    count = np.maximum(2, np.ceil(length / step_m).astype(np.int64) + 1)
    owner = np.repeat(np.arange(len(lines)), count)
    first = np.repeat(np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    share = (np.arange(owner.size) - first) / np.repeat(count - 1, count)
    points = shapely.line_interpolate_point(lines[owner], share, normalized=True)
    tree = shapely.STRtree(lamps.geometry.to_numpy())
    near = np.zeros(owner.size, bool)
    near[np.unique(tree.query(points, predicate="dwithin", distance=within_m)[0])] = True
    return np.asarray(np.bincount(owner, weights=near, minlength=len(lines)) / count)


def lit_ways(all_minutes: ArrayLike, lit_minutes: ArrayLike, weights: ArrayLike, *, within_min: float, detour: float = 1.0) -> tuple[float, float]:
    """Return the share of people who can walk there, and the share who can by lit ways alone.

    Parameters
    ----------
    all_minutes, lit_minutes : array_like of float, shape (N,)
        On foot to the nearest, by all ways and by lit ones; ``inf`` where there is none.
    weights : array_like of float, shape (N,)
        Persons.
    within_min : float
        The longest walk that counts.
    detour : float
        How much longer a lit way may be than the nearest, and still be taken; 1 or more.

    Returns
    -------
    float, float
        Of all people: near enough by any way, and of them by a lit way no longer than `detour` times it. 0-1.

    Raises
    ------
    ServiceError
        If shapes do not fit, nobody is weighed, or `detour` is below 1.

    Examples
    --------
    >>> lit_ways([5.0, 5.0, 30.0], [5.0, float("inf"), 30.0], [2, 1, 1], within_min=20.0)
    (0.75, 0.5)
    """
    every, lit, weight = (np.asarray(v, float) for v in (all_minutes, lit_minutes, weights))
    if every.shape != lit.shape or every.shape != weight.shape or not (weight >= 0).all() or not weight.sum():
        raise ServiceError(f"minutes and weights (0 or more, not all 0) must be of the same places; got {every.shape}, {lit.shape} and {weight.shape}")
    if detour < 1:
        raise ServiceError(f"detour is {detour:g}; a lit way is no shorter than the nearest, so it is 1 or more")
    near = every <= within_min
    ok = near & (lit <= np.minimum(every * detour, within_min) + 1e-9)
    return float(weight[near].sum() / weight.sum()), float(weight[ok].sum() / weight.sum())
