"""Trees and matrices: minutes to or from sites, exact on the edge where a point stands.

A point on an edge starts with two partial costs, one to each end; two points on the same edge may meet
without reaching an end. The access legs of both are always added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import NetworkError
from landplan.kernels import search
from landplan.network.graph import UNREACHED, Network
from landplan.network.snapping import Snapped, snap_arrays
from landplan.od import ODMatrix
from landplan.units import DS_PER_MIN

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["Direction", "matrix", "point_minutes", "site_trees", "tree"]

Direction = Literal["to", "from"]
_CHUNK = 16


def _seeds(net: Network, s: Snapped, direction: Direction) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Both ends of each snapped point's edge with the deciseconds from (or to) the point."""
    pointers, nodes, costs = [0], [], []
    for e, share in zip(s.edge, s.share, strict=True):
        if e >= 0:
            go, back = int(net.forward_ds[e]), int(net.backward_ds[e])
            # towards the site one drives u -> site forward; away from it site -> u is backward
            to_u, to_v = (go, back) if direction == "to" else (back, go)
            if to_u != UNREACHED:
                nodes.append(int(net.u[e]))
                costs.append(round(to_u * share))
            if to_v != UNREACHED:
                nodes.append(int(net.v[e]))
                costs.append(round(to_v * (1.0 - share)))
        pointers.append(len(nodes))
    return np.array(pointers, np.int64), np.array(nodes, np.int32), np.array(costs, np.int64)


def site_trees(
    net: Network, s: Snapped, *, direction: Direction, cutoff_min: float | None = None
) -> NDArray[np.int32]:
    """Deciseconds between every node (internal order) and each snapped site; access legs not included."""
    indptr, head, weight = net.csr(reverse=direction == "to")
    cutoff = UNREACHED - 1 if cutoff_min is None else round(cutoff_min * DS_PER_MIN)
    pointers, nodes, costs = _seeds(net, s, direction)
    return search.trees(indptr, head, weight, pointers, nodes, costs, cutoff_ds=cutoff)


def tree(
    net: Network,
    sources: Any,
    direction: Direction = "to",
    cutoff_min: float | None = None,
) -> NDArray[np.float32]:
    """Minutes between every node and each source node.

    Parameters
    ----------
    net : Network
    sources : sequence of node ids
    direction : {"to", "from"}, default "to"
        ``"to"``: time from every node to the source (the catchment's direction).
    cutoff_min : float, optional
        Times above it are ``inf`` (inclusive).

    Returns
    -------
    ndarray of float32, shape (n_sources, n_nodes)
        In the order of ``net.nodes``; ``inf`` where unreachable.

    Raises
    ------
    NetworkError
        If a source is not a node of the network.
    """
    ids = list(sources)
    positions = net.node_positions(ids)
    indptr, head, weight = net.csr(reverse=direction == "to")
    cutoff = UNREACHED - 1 if cutoff_min is None else round(cutoff_min * DS_PER_MIN)
    ds = search.trees(
        indptr, head, weight, np.arange(len(ids) + 1), positions, np.zeros(len(ids), np.int64), cutoff_ds=cutoff
    )
    minutes = np.where(ds == UNREACHED, np.inf, ds / DS_PER_MIN).astype(np.float32)
    return minutes[:, net.internal]


def point_minutes(
    net: Network, tree_ds: NDArray[np.int32], site: int, sites: Snapped, points: Snapped, *, direction: Direction
) -> NDArray[np.float64]:
    """Minutes between snapped points and one site, from the site's tree; ``inf`` where unreachable."""
    on = points.edge >= 0
    e = np.where(on, points.edge, 0)
    go, back = net.forward_ds[e].astype(np.float64), net.backward_ds[e].astype(np.float64)
    go[go == UNREACHED] = np.inf
    back[back == UNREACHED] = np.inf
    du, dv = tree_ds[net.u[e]].astype(np.float64), tree_ds[net.v[e]].astype(np.float64)
    du[du == UNREACHED] = np.inf
    dv[dv == UNREACHED] = np.inf
    share = points.share
    to_u, to_v = (back, go) if direction == "to" else (go, back)
    with np.errstate(invalid="ignore"):
        via_u = du + np.where(share > 0, to_u * share, 0.0)
        via_v = dv + np.where(share < 1, to_v * (1.0 - share), 0.0)
    best = np.minimum(via_u, via_v)
    if sites.edge[site] >= 0:
        same = on & (points.edge == sites.edge[site])
        if same.any():
            gap = sites.share[site] - share[same]
            ahead = gap >= 0
            along = np.where(ahead == (direction == "to"), go[same], back[same]) * np.abs(gap)
            best[same] = np.minimum(best[same], np.where(gap == 0, 0.0, along))
    minutes = best / DS_PER_MIN + points.access_min + sites.access_min[site]
    return np.where(on & np.isfinite(minutes), minutes, np.inf)


def matrix(
    net: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    cutoff_min: float | None = None,
    *,
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
    detour: float = 1.3,
    progress: Callable[[float], None] | None = None,
) -> ODMatrix:
    """Minutes from every origin to every destination.

    Parameters
    ----------
    net : Network
    origins, destinations : geopandas.GeoDataFrame
        Points in the network's CRS; their indices name the rows and columns.
    cutoff_min : float, optional
        Pairs above it are left out (inclusive, access legs counted).
    max_m, access_kmh, detour : float
        See `snap`.
    progress : callable, optional
        Called with a share 0-1.

    Returns
    -------
    ODMatrix
        Absent pairs are unreachable, off the network or beyond the cutoff.

    Raises
    ------
    CRSError, NetworkError
        As `snap`.

    Notes
    -----
    One search a point of the smaller side: reverse trees when there are fewer destinations.
    """
    if len(origins) == 0 or len(destinations) == 0:
        raise NetworkError(f"a matrix needs origins and destinations, got {len(origins)} and {len(destinations)}")
    a = snap_arrays(net, origins, max_m=max_m, access_kmh=access_kmh, detour=detour)
    b = snap_arrays(net, destinations, max_m=max_m, access_kmh=access_kmh, detour=detour)
    by_destination = len(b) <= len(a)
    hubs, spokes = (b, a) if by_destination else (a, b)
    direction: Direction = "to" if by_destination else "from"
    rows: list[NDArray[np.float32]] = []
    for start in range(0, len(hubs), _CHUNK):
        part = slice(start, min(start + _CHUNK, len(hubs)))
        chunk = Snapped(hubs.index[part], hubs.edge[part], hubs.share[part], hubs.access_m[part], hubs.access_min[part])
        times = site_trees(net, chunk, direction=direction, cutoff_min=cutoff_min)
        rows += [
            point_minutes(net, times[i], i, chunk, spokes, direction=direction).astype(np.float32)
            for i in range(len(chunk))
        ]
        if progress:
            progress(part.stop / len(hubs))
    dense = np.vstack(rows)
    return ODMatrix.from_dense(
        dense.T if by_destination else dense,
        origin_ids=origins.index,
        destination_ids=destinations.index,
        cutoff_min=cutoff_min,
    )
