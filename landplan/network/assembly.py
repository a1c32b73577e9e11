"""The edge table frozen: nodes renumbered, times worked out, what hangs together found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.kernels.search import MAX_EDGE_DS
from landplan.network.core import core_of
from landplan.network.graph import Bans, BuildReport, Network, hilbert_order
from landplan.network.speeds import Attributes, Mode, SpeedProfile, travel_seconds

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["assemble", "retimed"]

# Nobody drives out of a garden onto a motorway or a ferry.
_NO_SNAP = frozenset({"motorway", "ferry", "ramp"})


def _components(
    u: NDArray[np.int32], v: NDArray[np.int32], go: NDArray[np.bool_], back: NDArray[np.bool_], length_m: NDArray[np.float64], nodes: int
) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Strongly connected components, 0 the one that holds the most road, and their lengths."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    tail, head = np.concatenate([u[go], v[back]]), np.concatenate([v[go], u[back]])
    graph = csr_array((np.ones(tail.size, np.int8), (tail, head)), shape=(nodes, nodes))
    count, raw = connected_components(graph, directed=True, connection="strong")
    metres: Any = np.bincount(raw[u], weights=np.where(raw[u] == raw[v], length_m, 0.0), minlength=count)
    # equal ones by their first node
    first = np.full(count, nodes)
    np.minimum.at(first, raw, np.arange(nodes))
    order = np.lexsort((first, -metres))
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    return rank[raw].astype(np.int32), metres[order]


def _within_bans(net: Network, bans: Bans, go: NDArray[np.bool_], back: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Nodes and edges of the part with the most road within which every turn may be made.

    Edges in their direction are linked through their nodes, at nodes with a ban one by one.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    edges = np.arange(net.n_edges)
    edge = np.concatenate([edges[go], edges[back]])
    onward = np.concatenate([np.ones(int(go.sum()), np.bool_), np.zeros(int(back.sum()), np.bool_)])
    tail = np.where(onward, net.u[edge], net.v[edge])
    head = np.where(onward, net.v[edge], net.u[edge])
    state = np.full((net.n_edges, 2), -1, np.int64)
    state[edge, onward.astype(np.int64)] = np.arange(edge.size)
    watched = np.zeros(net.n_nodes, np.bool_)
    watched[bans.via] = True
    at = np.arange(edge.size)
    freely_in, freely_out = at[~watched[head]], at[~watched[tail]]
    links = [np.stack([freely_in, edge.size + head[freely_in]]), np.stack([edge.size + tail[freely_out], freely_out])]
    coming, going = at[watched[head]], at[watched[tail]]
    going = going[np.argsort(tail[going], kind="stable")]
    first = np.searchsorted(tail[going], head[coming], "left")
    many = np.searchsorted(tail[going], head[coming], "right") - first
    nth = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    pair = np.stack([np.repeat(coming, many), going[np.repeat(first, many) + nth]])
    shut = np.stack([state[bans.from_edge, bans.from_onward.astype(np.int64)], state[bans.to_edge, bans.to_onward.astype(np.int64)]])
    links.append(pair[:, ~np.isin(pair[0] * edge.size + pair[1], (shut[0] * edge.size + shut[1])[(shut >= 0).all(axis=0)])])
    start, end = np.concatenate(links, axis=1)
    graph = csr_array((np.ones(start.size, np.int8), (start, end)), shape=(edge.size + net.n_nodes,) * 2)
    _, part = connected_components(graph, directed=True, connection="strong")
    # a direction that leads nowhere it could come back from is no part
    led = part[start] == part[end]
    within = np.zeros(part.size, np.bool_)
    within[start[led]] = within[end[led]] = True
    mine = at[within[: edge.size]]
    nodes, kept = np.zeros(net.n_nodes, np.bool_), np.zeros(net.n_edges, np.bool_)
    if mine.size:
        owned = np.unique(np.stack([part[mine], edge[mine]]), axis=1)
        metres: Any = np.bincount(owned[0], weights=net.length_m[owned[1]])
        best = mine[part[mine] == int(metres.argmax())]
        kept[edge[best]] = True
        nodes[tail[best]] = nodes[head[best]] = True
    return nodes, kept


def _snappable(
    a: Attributes, u: NDArray[np.int32], v: NDArray[np.int32], component: NDArray[np.int32], open_: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    classes, code = np.unique(a.road_class.astype(str), return_inverse=True)
    barred = np.isin(classes, list(_NO_SNAP))[code] if code.size else np.empty(0, np.bool_)
    found: NDArray[np.bool_] = (component[u] == 0) & (component[v] == 0) & ~barred & ~a.is_ferry & open_
    return found


def _require_short(net: Network) -> None:
    for seconds in (net.forward_s, net.backward_s):
        long = np.isfinite(seconds) & (seconds * 10.0 > MAX_EDGE_DS)
        if long.any():
            i = int(np.argmax(long))
            raise NetworkError(
                f"{net.report.source}: edge {net.edge_ids[i]!r} takes {seconds[i] / 3600:.0f} hours ({net.length_m[i]:.0f} m); "
                "is its time in seconds, its length in metres, its speed in km/h?"
            )


def assemble(
    *,
    mode: Mode,
    crs: str,
    node_ids: pd.Index,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    attributes: Attributes,
    geometry: NDArray[np.object_],
    edge_ids: pd.Index,
    source: str,
    edges_read: int,
    dropped: dict[str, int],
    assumed: dict[str, int] | None = None,
    profile: SpeedProfile,
    season: str | None = None,
    period: str | None = None,
    bans: Bans | None = None,
    no_through: NDArray[np.bool_] | None = None,
    order: NDArray[np.int64] | None = None,
) -> Network:
    """Renumber the nodes, work out times and components and freeze the network; `u`, `v` and `bans.via` are positions in `node_ids`.

    `order` is the nodes' order inside, along a Hilbert curve where it is not given.
    """
    if order is None:
        order = hilbert_order(x, y)
    internal = np.empty(x.size, np.int32)
    internal[order] = np.arange(x.size, dtype=np.int32)
    empty = np.empty(0)
    report = BuildReport(
        source=source,
        edges_read=edges_read,
        edges_kept=int(u.size),
        nodes=int(x.size),
        components=0,
        largest_share=0.0,
        length_km=float(attributes.length_m.sum()) / 1000.0,
        ferry_km=float(attributes.length_m[attributes.is_ferry].sum()) / 1000.0,
        dropped={k: c for k, c in dropped.items() if c},
        assumed={k: c for k, c in (assumed or {}).items() if c},
    )
    bare = Network(
        mode=mode, crs=crs, node_ids=node_ids, x=x[order], y=y[order], internal=internal, u=internal[u].astype(np.int32),
        v=internal[v].astype(np.int32), forward_s=empty, backward_s=empty, attributes=attributes, snappable=np.empty(0, np.bool_),
        component=np.empty(0, np.int32), geometry=geometry, edge_ids=edge_ids, report=report, profile=profile,
        bans=None if bans is None else replace(bans, via=internal[bans.via].astype(np.int32)),
        no_through=None if no_through is None else no_through[order],
    )  # fmt: skip
    return retimed(bare, profile, season, period)


def retimed(net: Network, profile: SpeedProfile, season: str | None = None, period: str | None = None) -> Network:
    """Return the same roads with the times of a profile, season and period; see `Network.with_profile`."""
    a = net.attributes
    forward, backward, assumed = travel_seconds(a, profile, season=season, period=period, edge_ids=net.edge_ids, middle=net.middle, coded=net.classes())
    go, back = np.isfinite(forward), np.isfinite(backward)
    same = net.forward_s.size and (go == np.isfinite(net.forward_s)).all() and (back == np.isfinite(net.backward_s)).all()
    component, snappable, report = net.component, net.snappable, net.report
    if not same:
        component, metres = _components(net.u, net.v, go, back, a.length_m, net.n_nodes)
        usable, most = go | back, float(metres[0])
        if net.bans is not None:
            nodes, edges = _within_bans(net, net.bans, go, back)
            # what hangs together without the bans stays apart from what only a banned turn leads to
            component = np.where(nodes, 0, component + 1).astype(np.int32)
            usable, most = usable & edges, float(a.length_m[edges].sum())
        snappable = _snappable(a, net.u, net.v, component, usable)
        total = float(a.length_m.sum())
        report = replace(report, components=int(np.unique(component).size), largest_share=most / total if total else 0.0)
    kept = {k: c for k, c in report.assumed.items() if k not in assumed}
    report = replace(report, assumed={**kept, **{k: c for k, c in assumed.items() if c}})
    timed = replace(
        net, forward_s=forward, backward_s=backward, component=component, snappable=snappable, report=report, profile=profile,
        season=season, period=period, own={},
    )  # fmt: skip
    _require_short(timed)
    core = core_of(timed)
    found = replace(timed, report=replace(report, rounding_max_s=core.rounding_max_s), own=timed.own)
    return found
