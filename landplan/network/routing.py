"""Trees and matrices: minutes to or from sites, exact on the edge where a point stands.

A point on an edge starts with two partial costs, one to each end of its chain; two points on the same chain may meet
without reaching an end. The access legs of both are always added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.kernels import chains, search
from landplan.kernels._team import team
from landplan.network.core import Core, Direction, Places, Reader, core_of
from landplan.network.engine import Method, batches
from landplan.network.graph import UNREACHED, Network
from landplan.network.snapping import Snapped, snap_arrays
from landplan.od import ODMatrix
from landplan.units import DS_PER_MIN

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["Direction", "SiteTrees", "matrix", "opportunities", "site_trees", "tree"]

class SiteTrees:
    """Trees of snapped sites: minutes between each site and any place on the network.

    Parameters
    ----------
    net : Network
    sites : Snapped
    direction : {"to", "from"}
    cutoff_min : float, optional
        Places later than this may come back unreached.
    method : {"auto", "search", "hierarchy"}
    """

    def __init__(
        self, net: Network, sites: Snapped, direction: Direction, cutoff_min: float | None = None, method: Method = "auto"
    ) -> None:
        self.net, self.sites, self.direction = net, sites, direction
        self.core = core_of(net)
        self.places = self.core.places(sites.edge, sites.share)
        groups = self.core.seeds(self.places, direction)
        self.tree_ds = np.empty((len(sites), self.core.topology.size), np.int32)
        for part, found in batches(net, self.core, groups, direction=direction, cutoff_ds=_cutoff_ds(cutoff_min), method=method):
            self.tree_ds[part] = found

    def minutes(self, i: int, edge: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return minutes between site i and places on edges, its own access leg included; ``inf`` where unreached.

        Parameters
        ----------
        i : int
        edge : ndarray of int64
            -1 for nowhere.
        share : ndarray of float64
            Of the edge as drawn, 0-1.
        """
        p = self.core.places(edge, share)
        reader = self.core.reader(p, self.direction)
        ds = reader.read(self.tree_ds[i : i + 1, reader.targets])[0]
        _by_chain(self.core, self.places, i, p, self.direction, ds)
        found: NDArray[np.float64] = ds / DS_PER_MIN + float(self.sites.access_min[i])
        return found


def _by_chain(core: Core, sites: Places, i: int, p: Places, direction: Direction, ds: NDArray[np.float64]) -> None:
    """Lower the times of places on the site's own chain: they need not pass an end."""
    which, seconds = core.direct(int(sites.edge[i]), float(sites.share[i]), p, direction)
    ds[which] = np.minimum(ds[which], 10.0 * seconds)


def site_trees(net: Network, s: Snapped, *, direction: Direction, cutoff_min: float | None = None) -> SiteTrees:
    """Return the trees of snapped sites."""
    return SiteTrees(net, s, direction, cutoff_min)


def _cutoff_ds(cutoff_min: float | None) -> int:
    if cutoff_min is None:
        return UNREACHED - 1
    if not cutoff_min >= 0:
        raise NetworkError(f"cutoff_min must be 0 or more, got {cutoff_min}")
    return int(min(round(cutoff_min * DS_PER_MIN), UNREACHED - 1))


def tree(
    net: Network,
    sources: Any,
    direction: Direction = "to",
    cutoff_min: float | None = None,
    *,
    season: str | None = None,
    period: str | None = None,
    method: Method = "auto",
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
    season, period : str, optional
        Default: those of the network.
    method : {"auto", "search", "hierarchy"}
        A bucket queue, or a hierarchy that is prepared once and pays for many sources; the answer is the same.

    Returns
    -------
    ndarray of float32, shape (n_sources, n_nodes)
        In the order of ``net.nodes``; ``inf`` where unreachable. Whole deciseconds: a way between two junctions is
        summed unrounded and rounded once.

    Raises
    ------
    NetworkError
        If a source is not a node of the network, the cutoff is negative, or the season or period is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan import network as n
    >>> nodes = pd.DataFrame({"x": [0.0, 100.0], "y": [0.0, 0.0]}, index=["a", "b"])
    >>> edges = pd.DataFrame({"source": ["a"], "target": ["b"], "time_s": [30.0], "oneway": True})
    >>> n.tree(n.from_edges(nodes, edges, crs="EPSG:3006"), ["b"]).tolist()
    [[0.5, 0.0]]
    """
    net = net.at(season, period)
    ids = list(sources)
    positions = net.node_positions(ids)
    core = core_of(net)
    cutoff = _cutoff_ds(cutoff_min)
    out = np.empty((len(ids), net.n_nodes), np.float32)
    key = f"callers nodes {direction}"
    if key not in net.own:
        net.own[key] = core.node_reader(direction).ordered(net.internal)
    reader: Reader = net.own[key]
    places = core.places_of_nodes(positions)
    inner = core.topology.inner
    at = np.empty(net.n_nodes, np.int64)
    at[net.internal] = np.arange(net.n_nodes)
    for part, found in batches(net, core, core.seeds_of_nodes(positions, direction), direction=direction, cutoff_ds=cutoff, method=method):
        if reader.late.size:
            ds = reader.read(found)
            ds[ds > cutoff] = np.inf
            out[part] = ds / DS_PER_MIN
        else:
            chains.deliver(found, reader.on, reader.add_on, reader.back, reader.add_back, cutoff, out[part])
        for i in range(part.start, part.stop):
            if places.edge[i] >= 0:
                which, seconds = core.direct(int(places.edge[i]), float(places.share[i]), inner, direction)
                own = np.rint(10.0 * seconds)
                own[own > cutoff] = np.inf
                where = at[core.topology.inner_nodes[which]]
                out[i, where] = np.minimum(out[i, where], (own / DS_PER_MIN).astype(np.float32))
            out[i, at[positions[i]]] = 0.0
    return out


def opportunities(
    net: Network,
    amounts: Any,
    cutoff_min: float,
    direction: Direction = "from",
    *,
    season: str | None = None,
    period: str | None = None,
) -> NDArray[np.float64]:
    """Sum of amounts at the nodes within a short time of every node.

    Parameters
    ----------
    net : Network
    amounts : array-like, shape (nodes,)
        In the order of ``net.nodes``: jobs, persons.
    cutoff_min : float
        Inclusive, at most 60.
    direction : {"to", "from"}, default "from"
        ``"from"``: what is reached from the node; ``"to"``: who reaches it.
    season, period : str, optional
        Default: those of the network.

    Returns
    -------
    ndarray of float64, shape (nodes,)
        In the order of ``net.nodes``; a node's own amount included.

    Raises
    ------
    NetworkError
        If amounts are not one a node or not numbers, the cutoff is not in 0-60, or the network bans turns or ways through nodes.

    Notes
    -----
    Each edge is rounded to 0.1 s for itself here, where `tree` rounds whole ways between junctions.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan import network as n
    >>> nodes = pd.DataFrame({"x": [0.0, 100.0, 200.0], "y": 0.0}, index=["a", "b", "c"])
    >>> edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "time_s": [30.0, 90.0]})
    >>> n.opportunities(n.from_edges(nodes, edges, crs="EPSG:3006"), [1, 10, 100], 1.0).tolist()
    [11.0, 11.0, 100.0]
    """
    net = net.at(season, period)
    values = np.asarray(amounts, np.float64)
    if values.shape != (net.n_nodes,) or not np.isfinite(values).all():
        raise NetworkError(f"amounts must be one number a node ({net.n_nodes}), in the order of net.nodes")
    if not 0 <= cutoff_min <= 60:
        raise NetworkError(f"cutoff_min must lie in 0-60 here, got {cutoff_min}; ask for a matrix beyond it")
    if net.bans is not None or net.no_through is not None:
        raise NetworkError("opportunities cannot follow turn bans or closed centroids; ask for a matrix instead")
    inside = np.empty(net.n_nodes, np.float64)
    inside[net.internal] = values
    indptr, head, weight = net.csr(reverse=direction == "to")
    found = search.reachable_sum(indptr, head, weight, inside, cutoff_ds=_cutoff_ds(cutoff_min))
    return found[net.internal]


def matrix(
    net: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    cutoff_min: float | None = None,
    *,
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
    detour: float = 1.3,
    season: str | None = None,
    period: str | None = None,
    method: Method = "auto",
    workers: int | None = None,
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
    season, period : str, optional
        Default: those of the network.
    method : {"auto", "search", "hierarchy"}
        See `tree`.
    workers : int, optional
        Threads; default numba's own number. The answer does not depend on it.
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
    net = net.at(season, period)
    if len(origins) == 0 or len(destinations) == 0:
        raise NetworkError(f"a matrix needs origins and destinations, got {len(origins)} and {len(destinations)}")
    a = snap_arrays(net, origins, max_m=max_m, access_kmh=access_kmh, detour=detour)
    b = snap_arrays(net, destinations, max_m=max_m, access_kmh=access_kmh, detour=detour)
    by_destination = len(b) <= len(a)
    hubs, spokes = (b, a) if by_destination else (a, b)
    direction: Direction = "to" if by_destination else "from"
    core = core_of(net)
    sites, ends = core.places(hubs.edge, hubs.share), core.places(spokes.edge, spokes.share)
    reader = core.reader(ends, direction)
    dense = np.empty((len(hubs), len(spokes)), np.float32)
    groups = core.seeds(sites, direction)
    if workers is not None and workers < 1:
        raise NetworkError(f"workers must be 1 or more, got {workers}")
    with team(workers):
        for part, found in batches(
            net, core, groups, direction=direction, cutoff_ds=_cutoff_ds(cutoff_min), targets=reader.targets, method=method
        ):
            ds = reader.read(found)
            for k, i in enumerate(range(part.start, part.stop)):
                _by_chain(core, sites, i, ends, direction, ds[k])
            # a hub off the network has an infinite access leg, and no time that could cancel it
            dense[part] = ds / DS_PER_MIN + hubs.access_min[part, None] + spokes.access_min
            if progress:
                progress(part.stop / len(hubs))
    return ODMatrix.from_dense(
        dense.T if by_destination else dense,
        origin_ids=origins.index,
        destination_ids=destinations.index,
        cutoff_min=cutoff_min,
    )
