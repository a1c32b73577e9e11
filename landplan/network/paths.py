"""One way from one place to another: its line, minutes, metres and turns, so that a local can say whether it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.kernels import search
from landplan.network.core import Core, Places, core_of
from landplan.network.graph import UNREACHED, Network
from landplan.network.snapping import snap_arrays
from landplan.units import DS_PER_MIN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Piece", "Route", "route", "way_between"]

Piece = tuple[int, float, float]
"""An edge and the shares, as drawn, that it is entered and left at."""

_STRAIGHT_DEG = 30.0
_AROUND_DEG = 150.0


@dataclass(frozen=True, slots=True)
class Route:
    """A way.

    Attributes
    ----------
    geometry : shapely LineString or None
        Along the network, without the access legs; None where there is no way.
    minutes : float
        Door to door, access legs included; ``inf`` where there is no way.
    metres : float
        Along the network.
    access_m : float
        Both access legs together.
    turns : pandas.DataFrame
        `turn` (start, straight, left, right, around, arrive), `road`, `road_class`, `metres`, `minutes` until the next one, `x`, `y`.
    reason : str
        Empty, ``off_network`` or ``disconnected``.
    """

    geometry: Any
    minutes: float
    metres: float
    access_m: float
    turns: pd.DataFrame
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _End:
    """Where a way starts or ends: a place on an edge, or a node that ends chains."""

    place: Places
    node: int
    access_m: float
    access_min: float


def _end(net: Network, core: Core, where: Any, *, max_m: float, access_kmh: float, detour: float) -> _End | None:
    import geopandas as gpd

    if getattr(where, "geom_type", None) == "Point":
        s = snap_arrays(net, gpd.GeoSeries([where], crs=net.crs), max_m=max_m, access_kmh=access_kmh, detour=detour)
        if s.edge[0] < 0:
            return None
        return _End(core.places(s.edge, s.share), -1, float(s.access_m[0]), float(s.access_min[0]))
    node = net.node_positions([where])
    return _End(core.places_of_nodes(node), int(node[0]), 0.0, 0.0)


def _leave(core: Core, end: _End) -> list[tuple[int, int, int]]:
    """Core nodes that a way from here first reaches, the deciseconds to them, and the lane driven (-1 none)."""
    t = core.topology
    if end.place.edge[0] < 0:
        return [(int(t.core[end.node]), 0, -1)]
    chain, on, back = core._ways(end.place, "from", leave=True)
    lanes = (2 * int(chain[0]), 2 * int(chain[0]) + 1)
    costs = (float(on[0]), float(back[0]))
    out = [(int(t.lane_head[lane]), round(10 * cost), lane) for lane, cost in zip(lanes, costs, strict=True) if np.isfinite(cost)]
    return out + [(int(c), 0, -1) for c in core._at_nodes(end.place, arrive=False)[1]]


def _arrive(core: Core, end: _End) -> list[tuple[int, float, int]]:
    """Core nodes that a way to here last passes, the deciseconds from them, and the lane driven (-1 none)."""
    t = core.topology
    if end.place.edge[0] < 0:
        return [(int(c), 0.0, -1) for c in [t.core[end.node], *t.copy_core[t.copy_node == end.node]]]
    chain, on, back = core._ways(end.place, "from", leave=False)
    out = []
    for lane, cost in ((2 * int(chain[0]), float(on[0])), (2 * int(chain[0]) + 1, float(back[0]))):
        if np.isfinite(cost):
            tails = [t.lane_tail[lane], *t.late_tail[t.late_lane == lane]]
            out += [(int(c), 10.0 * cost, lane) for c in tails]
    return out + [(int(c), 0.0, -1) for c in core._at_nodes(end.place, arrive=True)[1]]


def _back(core: Core, tree: Any, last: int, seeds: dict[int, int]) -> tuple[int, list[int]]:
    """Follow arcs that lose no time back to a seed; arcs of no time are tried and left, never gone round."""
    t = core.topology
    seen = {last}
    stack: list[tuple[int, list[int]]] = [(last, [])]
    while stack:
        here, lanes = stack.pop()
        if here in seeds and seeds[here] == tree[here]:
            return here, lanes[::-1]
        for arc in t.in_arc[t.in_ptr[here] : t.in_ptr[here + 1]]:
            lane, tail = int(t.lane[arc]), int(t.tail[arc])
            if tail not in seen and core.lane_ds[lane] != UNREACHED and int(tree[tail]) + int(core.lane_ds[lane]) == int(tree[here]):
                seen.add(tail)
                stack.append((tail, [*lanes, lane]))
    raise AssertionError("a reached node has no way back to a seed")


def _lane_pieces(core: Core, lane: int, first: int | None = None, last: int | None = None) -> list[Piece]:
    """Edges of a lane in the order driven; after edge `first`, before edge `last`."""
    t = core.topology
    chain, back = divmod(lane, 2)
    edges = t.order[t.start[chain] : t.start[chain + 1]].tolist()
    if back:
        edges = edges[::-1]
    if first is not None:
        edges = edges[edges.index(first) + 1 :]
    if last is not None:
        edges = edges[: edges.index(last)]
    ends = [(1.0, 0.0) if bool(t.flip[e]) != bool(back) else (0.0, 1.0) for e in edges]
    return [(e, a, b) for e, (a, b) in zip(edges, ends, strict=True)]


def _drawn(core: Core, p: Places) -> float:
    share = float(p.share[0])
    return 1.0 - share if core.topology.flip[p.edge[0]] else share


def _pieces(core: Core, a: _End, b: _End, first_lane: int, lanes: list[int], last_lane: int) -> list[Piece]:
    out: list[Piece] = []
    for lane, end, leaving in ((first_lane, a, True), (last_lane, b, False)):
        if lane >= 0:
            e = int(end.place.edge[0])
            back = bool(lane % 2) != bool(core.topology.flip[e])
            near, far = (1.0, 0.0) if back else (0.0, 1.0)
            at = _drawn(core, end.place)
            part = [(e, at, far), *_lane_pieces(core, lane, first=e)] if leaving else [*_lane_pieces(core, lane, last=e), (e, near, at)]
        else:
            part = []
        if leaving:
            out += part
            for whole in lanes:
                out += _lane_pieces(core, whole)
        else:
            out += part
    return [piece for piece in out if piece[1] != piece[2]]


def _along(core: Core, a: _End, b: _End) -> list[Piece]:
    """Pieces of the way along one chain."""
    t = core.topology
    e, f = int(a.place.edge[0]), int(b.place.edge[0])
    if e == f:
        return [(e, _drawn(core, a.place), _drawn(core, b.place))]
    chain = int(t.chain[e])
    lane = 2 * chain + (0 if t.place[f] > t.place[e] else 1)
    between = _lane_pieces(core, lane, first=e, last=f)
    back = bool(lane % 2)
    far = 0.0 if back != bool(t.flip[e]) else 1.0
    near = 1.0 if back != bool(t.flip[f]) else 0.0
    return [(e, _drawn(core, a.place), far), *between, (f, near, _drawn(core, b.place))]


def route(
    net: Network,
    origin: Any,
    destination: Any,
    *,
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
    detour: float = 1.3,
    season: str | None = None,
    period: str | None = None,
) -> Route:
    """Find the quickest way between two places.

    Parameters
    ----------
    net : Network
    origin, destination : shapely Point or node id
        Points in the network's CRS are snapped; their access legs are added.
    max_m, access_kmh, detour : float
        See `snap`.
    season, period : str, optional
        Default: those of the network.

    Returns
    -------
    Route
        Its minutes are those of `matrix` and `tree`; among equally quick ways one is chosen, always the same.

    Raises
    ------
    NetworkError
        If a node id is not in the network, or the season or period is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan import network as n
    >>> nodes = pd.DataFrame({"x": [0.0, 100.0, 100.0], "y": [0.0, 0.0, 100.0]}, index=["a", "b", "c"])
    >>> edges = pd.DataFrame({"source": ["a", "c"], "target": ["b", "b"], "time_s": [30.0, 60.0]})
    >>> way = n.route(n.from_edges(nodes, edges, crs="EPSG:3006"), "a", "c")
    >>> way.minutes, way.metres, way.turns["turn"].tolist()
    (1.5, 200.0, ['start', 'arrive'])
    """
    net = net.at(season, period)
    core = core_of(net)
    found = _way(net, core, origin, destination, max_m=max_m, access_kmh=access_kmh, detour=detour)
    if found is None:
        return Route(None, float("inf"), float("nan"), float("nan"), _turns(net, [], core), "off_network")
    best, pieces, access_m, access_min = found
    if not np.isfinite(best):
        return Route(None, float("inf"), float("nan"), access_m, _turns(net, [], core), "disconnected")
    metres = float(sum(net.length_m[e] * abs(t - s) for e, s, t in pieces))
    return Route(_line(net, pieces), best / DS_PER_MIN + access_min, metres, access_m, _turns(net, pieces, core))


def way_between(net: Network, origin: Any, destination: Any, *, max_m: float, access_kmh: float) -> tuple[list[Piece], float, str]:
    """Return the quickest way's pieces, its minutes door to door and a reason where there is none."""
    found = _way(net, core_of(net), origin, destination, max_m=max_m, access_kmh=access_kmh, detour=1.3)
    if found is None:
        return [], float("inf"), "off_network"
    best, pieces, _, access_min = found
    return pieces, best / DS_PER_MIN + access_min, "" if np.isfinite(best) else "disconnected"


def _way(
    net: Network, core: Core, origin: Any, destination: Any, *, max_m: float, access_kmh: float, detour: float
) -> tuple[float, list[Piece], float, float] | None:
    """Deciseconds along the network, pieces, and both access legs in metres and minutes; None off the network."""
    a = _end(net, core, origin, max_m=max_m, access_kmh=access_kmh, detour=detour)
    b = _end(net, core, destination, max_m=max_m, access_kmh=access_kmh, detour=detour)
    if a is None or b is None:
        return None
    access_m, access_min = a.access_m + b.access_m, a.access_min + b.access_min
    seeds = _leave(core, a)
    pointers = np.array([0, len(seeds)], np.int64)
    nodes, costs = np.array([s[0] for s in seeds], np.int32), np.array([s[1] for s in seeds], np.int64)
    tree = search.trees(*core.csr("from"), pointers, nodes, costs)[0]
    best: float = float("inf")
    pieces: list[Piece] = []
    if a.node >= 0 and a.node == b.node:
        best = 0.0
    elif a.place.edge[0] >= 0:
        which, seconds = core.direct(int(a.place.edge[0]), float(a.place.share[0]), b.place, "from")
        if which.size and np.isfinite(seconds[0]):
            best, pieces = 10.0 * float(seconds[0]), _along(core, a, b)
    goals = [(float(tree[c]) + cost, c, lane) for c, cost, lane in _arrive(core, b) if tree[c] != UNREACHED]
    if goals and min(goals)[0] < best:
        best, last, last_lane = min(goals)
        first_of: dict[int, tuple[int, int]] = {}
        for node, cost, lane in seeds:
            if node not in first_of or cost < first_of[node][0]:
                first_of[node] = (cost, lane)
        start, lanes = _back(core, tree, last, {k: v[0] for k, v in first_of.items()})
        pieces = _pieces(core, a, b, first_of[start][1], lanes, last_lane)
    return best, pieces, access_m, access_min


def _line(net: Network, pieces: list[Piece]) -> Any:
    import shapely
    from shapely.ops import substring

    if not pieces:
        return None
    parts = [shapely.get_coordinates(substring(net.geometry[e], s, t, normalized=True)) for e, s, t in pieces]
    coords = np.concatenate(parts)
    kept = np.concatenate([[True], (np.diff(coords, axis=0) != 0).any(axis=1)])
    return shapely.LineString(coords[kept]) if kept.sum() > 1 else None


def _turns(net: Network, pieces: list[Piece], core: Core) -> pd.DataFrame:
    """Group pieces by road; a new row where the name changes or the way bends at a junction."""
    import pandas as pd
    import shapely
    from shapely.ops import substring

    names = net.attributes.name
    rows: list[dict[str, Any]] = []
    heading = None
    for e, s, t in pieces:
        coords = shapely.get_coordinates(substring(net.geometry[e], s, t, normalized=True))
        if len(coords) < 2:
            continue
        enter, leave = coords[1] - coords[0], coords[-1] - coords[-2]
        flip = bool(core.topology.flip[e])
        onward = (t > s) != flip
        seconds = float((core.onward if onward else core.back)[e]) * abs(t - s)
        road = str(names[e]) if names is not None and names[e] else ""
        turn = "start"
        if heading is not None:
            bend = float(np.degrees(np.arctan2(heading[0] * enter[1] - heading[1] * enter[0], float(heading @ enter))))
            turn = "straight" if abs(bend) < _STRAIGHT_DEG else "around" if abs(bend) > _AROUND_DEG else "left" if bend > 0 else "right"
            # a road that keeps its name is followed, whatever it does; a nameless one where nothing else meets, too
            inside = core.topology.core[net.u[e] if t > s else net.v[e]] < 0
            if road == rows[-1]["road"] and turn != "around" and (road or inside or turn == "straight"):
                rows[-1]["metres"] += net.length_m[e] * abs(t - s)
                rows[-1]["minutes"] += seconds / 60.0
                heading, last = leave, coords[-1]
                continue
        rows.append(
            {
                "turn": turn, "road": road, "road_class": str(net.road_class[e]), "metres": float(net.length_m[e] * abs(t - s)),
                "minutes": seconds / 60.0, "x": float(coords[0][0]), "y": float(coords[0][1]),
            }
        )  # fmt: skip
        heading, last = leave, coords[-1]
    if rows:
        rows.append({"turn": "arrive", "road": "", "road_class": "", "metres": 0.0, "minutes": 0.0, "x": float(last[0]), "y": float(last[1])})
    return pd.DataFrame(rows, columns=["turn", "road", "road_class", "metres", "minutes", "x", "y"])
