"""Points onto edges: each point on its own, the same answer in any company.

A point snaps to the nearest edge of the mode's largest strongly connected component, ties going to the
first edge, and keeps what its access costs: metres and minutes in a straight line with a stated detour.
Beyond `max_m` it is off the network and says so; it is never snapped silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landplan.crs import describe, horizontal
from landplan.errors import CRSError, NetworkError
from landplan.network.graph import Network

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Snapped", "snap", "snap_arrays"]

ACCESS_KMH = 5.0
DETOUR = 1.3


@dataclass(frozen=True, slots=True)
class Snapped:
    """Snapped points as arrays: edge position (-1 = off the network), share of the edge, access."""

    index: pd.Index
    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    access_m: NDArray[np.float64]
    access_min: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of points, on the network or off."""
        return int(self.edge.size)


def snap_arrays(
    net: Network,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    max_m: float = 2_000.0,
    access_kmh: float = ACCESS_KMH,
    detour: float = DETOUR,
) -> Snapped:
    """Snap points; the array form that `matrix` and `isochrones` use.

    Raises
    ------
    CRSError
        If points and network are in different CRSs.
    NetworkError
        If a geometry is not a point, or no edge can be snapped to.
    """
    import shapely

    if points.crs is None or horizontal(points.crs) != horizontal(net.crs):
        got = "no CRS" if points.crs is None else describe(points.crs)
        raise CRSError(f"points are in {got}, the network in {describe(net.crs)}; reproject the points first")
    geometry = points.geometry.to_numpy()
    if geometry.size and not (shapely.get_type_id(geometry) == 0).all():
        raise NetworkError("snapping needs points; take .representative_point() of polygons first")
    candidates = np.flatnonzero(net.snappable)
    if candidates.size == 0:
        raise NetworkError("the network has no edge to snap to; see its report for what was dropped")
    lines = net.geometry[candidates]
    edge = np.full(geometry.size, -1, np.int64)
    share = np.zeros(geometry.size)
    access_m = np.full(geometry.size, np.inf)
    if geometry.size:
        if "tree" not in net.own:
            net.own["tree"] = shapely.STRtree(lines)
        tree = net.own["tree"]
        (who, hit), dist = tree.query_nearest(
            geometry, max_distance=max_m, return_distance=True, all_matches=True
        )
        # equal distances: the edge that comes first in the network wins, whatever else is snapped
        order = np.lexsort((hit, dist, who))
        who, hit, dist = who[order], hit[order], dist[order]
        first = np.ones(who.size, bool)
        first[1:] = who[1:] != who[:-1]
        who, hit, dist = who[first], hit[first], dist[first]
        edge[who] = candidates[hit]
        share[who] = shapely.line_locate_point(lines[hit], geometry[who], normalized=True)
        access_m[who] = dist * detour
    return Snapped(points.index, edge, share, access_m, access_m / (access_kmh * 1000.0 / 60.0))


def snap(
    net: Network,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    max_m: float = 2_000.0,
    access_kmh: float = ACCESS_KMH,
    detour: float = DETOUR,
) -> pd.DataFrame:
    """Snap points to the network.

    Parameters
    ----------
    net : Network
    points : geopandas.GeoDataFrame or GeoSeries
        Points in the network's CRS.
    max_m : float, default 2000
        Straight-line metres beyond which a point is off the network.
    access_kmh, detour : float
        The access leg's speed and how much longer than the straight line it is.

    Returns
    -------
    pandas.DataFrame
        Indexed as `points`: `edge` (edge id), `offset_m` along it, `access_m`, `access_min`,
        `road_class`, `component`, `reason` (empty, or ``off_network``).

    Raises
    ------
    CRSError
        If points and network are in different CRSs.
    NetworkError
        If a geometry is not a point.
    """
    import pandas as pd

    s = snap_arrays(net, points, max_m=max_m, access_kmh=access_kmh, detour=detour)
    on = s.edge >= 0
    at = np.where(on, s.edge, 0)
    ids = net.edge_ids.to_numpy()
    nothing = np.full(len(s), None, dtype=object)
    return pd.DataFrame(
        {
            "edge": np.where(on, ids[at].astype(object), nothing),
            "offset_m": np.where(on, s.share * net.length_m[at], np.nan),
            "access_m": np.where(on, s.access_m, np.nan),
            "access_min": np.where(on, s.access_min, np.nan),
            "road_class": np.where(on, net.road_class[at], nothing),
            "component": np.where(on, net.component[net.u[at]], -1),
            "reason": np.where(on, "", "off_network"),
        },
        index=points.index,
    )
