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
        snappable = _snappable(a, net.u, net.v, component, go | back)
        total = float(a.length_m.sum())
        report = replace(report, components=int(metres.size), largest_share=float(metres[0] / total) if total else 0.0)
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
