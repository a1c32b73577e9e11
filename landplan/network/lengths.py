"""How far a fastest way is, in kilometres: what fuel and carbon are counted from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landplan.errors import NetworkError
from landplan.network.graph import Network
from landplan.network.snapping import snap_arrays

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["fastest_km"]


def fastest_km(net: Network, origins: gpd.GeoDataFrame, destination: gpd.GeoDataFrame, *, max_m: float = 2_000.0) -> pd.Series:
    """Return the kilometres of a fastest way from each origin to a destination.

    Parameters
    ----------
    net : Network
    origins : geopandas.GeoDataFrame
        Points.
    destination : geopandas.GeoDataFrame
        One point.
    max_m : float
        How far from a road a point may lie.

    Returns
    -------
    pandas.Series
        Indexed as `origins`; nan where there is no way. Legs off the road are not counted.

    Raises
    ------
    NetworkError
        If there is not one destination.

    Notes
    -----
    Dijkstra's tree towards the destination (scipy), its lengths summed from the destination outwards. Banned turns are passed over: they change
    lengths by a block, minutes come from `matrix`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from landplan.network import from_layer
    >>> roads = gpd.GeoDataFrame({"road_id": ["a", "b"], "road_class": "street", "speed_kmh": 36.0},
    ...                          geometry=[LineString([(0, 0), (600, 0)]), LineString([(600, 0), (600, 900)])], crs="EPSG:3006")
    >>> homes = gpd.GeoDataFrame(geometry=[Point(100, 10), Point(600, 700)], crs="EPSG:3006")
    >>> fastest_km(from_layer(roads), homes, gpd.GeoDataFrame(geometry=[Point(0, 0)], crs="EPSG:3006")).round(3).tolist()
    [0.1, 1.3]
    """
    import pandas as pd
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    if len(destination) != 1:
        raise NetworkError(f"the way is to one destination, got {len(destination)}")
    to, at = snap_arrays(net, destination, max_m=max_m), snap_arrays(net, origins, max_m=max_m)
    out = np.full(len(origins), np.nan)
    if to.edge[0] < 0:
        return pd.Series(out, index=origins.index, name="km")
    go, back = np.isfinite(net.forward_s), np.isfinite(net.backward_s)
    edge = np.concatenate([np.flatnonzero(go), np.flatnonzero(back)])
    tail = np.concatenate([net.u[go], net.v[back]]).astype(np.int64)
    head = np.concatenate([net.v[go], net.u[back]]).astype(np.int64)
    seconds = np.concatenate([net.forward_s[go], net.backward_s[back]])
    # of edges between the same two nodes the fastest is driven
    order = np.lexsort((edge, seconds, head, tail))
    first = np.ones(order.size, np.bool_)
    first[1:] = (tail[order][1:] != tail[order][:-1]) | (head[order][1:] != head[order][:-1])
    keep = order[first]
    n = net.n_nodes
    # a node more: the destination, a part of its edge away from the edge's ends
    goal, e, share = n, int(to.edge[0]), float(to.share[0])
    tails, heads, cost, length = [tail[keep]], [head[keep]], [seconds[keep]], [net.length_m[edge[keep]]]
    for node, part, whole in ((int(net.u[e]), share, net.forward_s[e]), (int(net.v[e]), 1.0 - share, net.backward_s[e])):
        if np.isfinite(whole):
            tails.append(np.array([node]))
            heads.append(np.array([goal]))
            cost.append(np.array([whole * part]))
            length.append(np.array([net.length_m[e] * part]))
    t, h, c, m = (np.concatenate(x) for x in (tails, heads, cost, length))
    # scipy reads a stored 0 as no arc
    towards = coo_array((np.maximum(c, 1e-9), (h, t)), shape=(n + 1, n + 1)).tocsr()
    time, before = dijkstra(towards, indices=goal, return_predecessors=True)
    metres = coo_array((np.maximum(m, 1e-12), (h, t)), shape=(n + 1, n + 1)).tocsr()
    way = np.full(n + 1, np.nan)
    way[goal] = 0.0
    reached = np.argsort(time, kind="stable")
    reached = reached[np.isfinite(time[reached])][1:]
    steps = np.asarray(metres[before[reached], reached]).ravel()
    for node, last, step in zip(reached.tolist(), before[reached].tolist(), steps.tolist(), strict=True):
        way[node] = way[last] + step
    on = np.flatnonzero(at.edge >= 0)
    own = at.edge[on]
    ends = [
        (time[net.u[own]] + net.backward_s[own] * at.share[on], way[net.u[own]] + net.length_m[own] * at.share[on]),
        (time[net.v[own]] + net.forward_s[own] * (1 - at.share[on]), way[net.v[own]] + net.length_m[own] * (1 - at.share[on])),
    ]
    # along one and the same edge there is a way without a node
    same = own == e
    direct = np.abs(at.share[on] - share)
    whole = np.where(at.share[on] < share, net.forward_s[own], net.backward_s[own])
    straight = np.where(same, direct * np.where(np.isfinite(whole), whole, 0.0), np.inf)
    straight[~np.isfinite(whole)] = np.inf
    choices = np.stack([*(np.where(np.isfinite(s), s, np.inf) for s, _ in ends), straight])
    ways = np.stack([*(w for _, w in ends), direct * net.length_m[own]])
    best = np.argmin(choices, axis=0)
    found = ways[best, np.arange(on.size)]
    out[on] = np.where(np.isfinite(choices[best, np.arange(on.size)]), found, np.nan) / 1000.0
    return pd.Series(out, index=origins.index, name="km")
