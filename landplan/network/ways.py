"""The ways of an OpenStreetMap file: read, chosen for a mode, split where they meet and cut where nobody passes.

Points of ways lie in flat arrays, a way's after another; pieces are ranges of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.network.speeds import Mode
from landplan.network.tags import Rules, barrier_closes, country_of, parse_duration_min, read_ferry, read_way

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Pieces", "Raw", "Rows", "Ways", "barred", "choose", "cut", "lines", "metric_crs", "node_ids", "rows_of", "scan", "split"]

_CUT_M = 0.01
"""A piece that must not meet others at its end stops this far from it."""


@dataclass(slots=True)
class Raw:
    """What stands in the file: ways with the points that are in it, tagged points, relations."""

    way: list[int] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    ref: list[int] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    points: dict[int, dict[str, str]] = field(default_factory=dict)
    turns: list[tuple[dict[str, str], list[tuple[str, str, int]]]] = field(default_factory=list)
    ferries: list[tuple[dict[str, str], list[int]]] = field(default_factory=list)
    joined: dict[int, int] = field(default_factory=dict)
    torn: int = 0


def scan(path: Path) -> Raw:
    """Read an OpenStreetMap file once: ways with a highway, ferries, tagged points, restrictions.

    Raises
    ------
    NetworkError
        If it is cut short, another kind of file, or declares XML entities (the parser refuses those unread).
    """
    import osmium

    raw = Raw()
    keys = osmium.filter.KeyFilter("highway", "route", "barrier", "railway", "restriction", "type")
    try:
        it: Any
        for it in osmium.FileProcessor(str(path)).with_locations().with_filter(keys):
            if it.is_way():
                tags = it.tags
                if "highway" not in tags and tags.get("route") != "ferry" and tags.get("railway") != "platform":
                    continue
                _take(raw, it, dict(tags))
            elif it.is_node():
                if "barrier" in it.tags or "highway" in it.tags:
                    raw.points[it.id] = dict(it.tags)
            elif it.is_relation():
                kind = it.tags.get("type")
                if kind == "restriction":
                    raw.turns.append((dict(it.tags), [(m.type, m.role, m.ref) for m in it.members]))
                elif it.tags.get("route") == "ferry" and kind == "route":
                    raw.ferries.append((dict(it.tags), [m.ref for m in it.members if m.type == "w"]))
    except (RuntimeError, OSError, ValueError) as exc:
        if "entit" in str(exc).lower():
            raise NetworkError(
                f"{path} could not be read: {exc}; OpenStreetMap's own files have none, fetch the extract from a source you trust"
            ) from exc
        raise NetworkError(
            f"{path} could not be read as OpenStreetMap data ({exc}); is the file cut short, or another kind? fetch it again"
        ) from exc
    return raw


def _take(raw: Raw, way: Any, tags: dict[str, str]) -> None:
    """Take the points of a way; where some are missing it is taken as the parts that are there."""
    count, before, torn = 0, 0, False
    for n in way.nodes:
        ref = n.ref
        if not n.location.valid():
            torn = True
            if count > 1:
                raw.way.append(way.id)
                raw.tags.append(tags)
                raw.size.append(count)
            elif count:
                del raw.ref[-1], raw.x[-1], raw.y[-1]
            count = before = 0
        elif ref != before:
            raw.ref.append(ref)
            raw.x.append(n.lon)
            raw.y.append(n.lat)
            count, before = count + 1, ref
    if count > 1:
        raw.way.append(way.id)
        raw.tags.append(tags)
        raw.size.append(count)
    elif count:
        del raw.ref[-1], raw.x[-1], raw.y[-1]
    raw.torn += torn


@dataclass(slots=True)
class Ways:
    """The ways of a mode and their points; points of a way follow each other."""

    id: NDArray[np.int64]
    rules: list[Rules | None]
    tags: list[dict[str, str]]
    ferry: NDArray[np.bool_]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    ref: NDArray[np.int64]
    place: NDArray[np.int64]
    """Number of each point's node in `node`, `x`, `y`."""
    node: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(slots=True)
class Pieces:
    """Parts of ways between places where ways meet: first and last point, way, number in its way."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    way: NDArray[np.int64]
    part: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    metres: NDArray[np.float64]
    cut_u: NDArray[np.bool_]
    cut_v: NDArray[np.bool_]


def _join_ferries(raw: Raw, keep: list[bool]) -> list[bool]:
    """Make one way of ferry ways that follow each other with nothing else between, so that one boards once.

    They take the time that all of them state together, none where one does not; the first keeps its name.
    """
    water = [i for i, k in enumerate(keep) if k and raw.tags[i].get("route") == "ferry"]
    start = np.concatenate([[0], np.cumsum(raw.size)]).tolist()
    tips = {i: (raw.ref[start[i]], raw.ref[start[i + 1] - 1]) for i in water}
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for i, tip in tips.items():
        for ref in tip:
            ends[ref].append(i)
    joints = np.array([ref for ref, runs in ends.items() if len(runs) == 2 and runs[0] != runs[1]], np.int64)
    if not joints.size:
        return keep
    at_sea = np.zeros(len(keep), np.bool_)
    at_sea[water] = True
    land = np.array(raw.ref, np.int64)[np.repeat(np.array(keep) & ~at_sea, raw.size)]
    open_ = set(joints[~np.isin(joints, land)].tolist())
    keep = list(keep)
    for first in water:
        if not keep[first]:
            continue
        chain = deque([(first, False)])
        used = {first}
        for forward in (True, False):
            while True:
                i, flip = chain[-1 if forward else 0]
                ref = tips[i][1 if forward != flip else 0]
                onward = [j for j in ends[ref] if j not in used] if ref in open_ else []
                if not onward:
                    break
                used.add(onward[0])
                turned = tips[onward[0]][0 if forward else 1] != ref
                (chain.append if forward else chain.appendleft)((onward[0], turned))
        if len(chain) == 1:
            continue
        size = 0
        for i, flip in chain:
            part = slice(start[i], start[i + 1])
            for column in (raw.ref, raw.x, raw.y):
                points: list[Any] = column[part][::-1] if flip else column[part]
                column.extend(points[1:] if size else points)
            size += raw.size[i] - bool(size)
            keep[i] = False
        minutes = [parse_duration_min(raw.tags[i].get("duration")) for i, _ in chain]
        tags = {k: v for k, v in raw.tags[first].items() if k != "duration"}
        between = next((raw.tags[i]["interval"] for i, _ in chain if "interval" in raw.tags[i]), None)
        if between is not None:
            tags["interval"] = between
        if None not in minutes:
            tags["duration"] = str(sum(m for m in minutes if m is not None))
        name = raw.way[first]
        raw.joined.update({raw.way[i]: name for i, _ in chain})
        raw.way.append(name)
        raw.tags.append(tags)
        raw.size.append(size)
        keep.append(True)
    return keep


def choose(
    raw: Raw, mode: Mode, crs: Any, dropped: Counter[str], assumed: Counter[str]
) -> tuple[Ways | None, Any]:
    """Keep the ways that are something to the mode, and work out their points' metres."""
    import pyproj

    country = country_of(raw.tags)
    seen: dict[int, Rules | None] = {}
    keep: list[bool] = []
    for way, tags in zip(raw.way, raw.tags, strict=True):
        if way not in seen:
            if tags.get("route") == "ferry":
                seen[way] = read_ferry(tags, mode, dropped, assumed)
            else:
                seen[way] = read_way(tags, mode, country, dropped, assumed)
        keep.append(seen[way] is not None)
    if not any(keep):
        return None, crs
    keep = _join_ferries(raw, keep)
    kept = np.array(keep)
    size = np.array(raw.size, np.int64)
    point = np.repeat(kept, size)
    ref, lon, lat = np.array(raw.ref, np.int64)[point], np.array(raw.x)[point], np.array(raw.y)[point]
    node, first, place = np.unique(ref, return_index=True, return_inverse=True)
    crs = crs or metric_crs(lon, lat)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(lon[first], lat[first])
    size = size[kept]
    ids = [w for w, k in zip(raw.way, keep, strict=True) if k]
    tags_of = [t for t, k in zip(raw.tags, keep, strict=True) if k]
    ways = Ways(
        id=np.array(ids, np.int64), rules=[seen[w] for w in ids], tags=tags_of,
        ferry=np.array([t.get("route") == "ferry" for t in tags_of]), start=np.concatenate([[0], np.cumsum(size)[:-1]]), size=size,
        ref=ref, place=place.reshape(-1), node=node, x=np.asarray(x), y=np.asarray(y),
    )  # fmt: skip
    return ways, crs


def split(ways: Ways, closed: NDArray[np.bool_]) -> tuple[Pieces, NDArray[np.float64]]:
    """Split ways where they meet and at nodes that are closed; also return the metres along each way at its points."""
    count = ways.ref.size
    way = np.repeat(np.arange(ways.id.size), ways.size)
    first = np.zeros(count, np.bool_)
    last = np.zeros(count, np.bool_)
    first[ways.start] = last[ways.start + ways.size - 1] = True
    # a way that passes its own node again is split there too: every pass counts; at sea ferries do not meet
    water = ways.ferry[way]
    nodes = ways.node.size
    land = np.bincount(ways.place[~water], minlength=nodes) + np.bincount(ways.place[~water & (first | last)], minlength=nodes)
    piers = np.bincount(ways.place[water & (first | last)], minlength=nodes)
    meets = np.where(water, land[ways.place] > 0, land[ways.place] + piers[ways.place] > 1)
    stop = first | last | meets | closed[ways.place]
    x, y = ways.x[ways.place], ways.y[ways.place]
    step = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y))])
    step[first] = 0.0
    along = np.cumsum(step)

    def ends() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        at = np.flatnonzero(stop)
        go = ~last[at[:-1]]
        return at[:-1][go], at[1:][go]

    a, b = ends()
    ring = (ways.ref[a] == ways.ref[b]) & (b - a > 1)
    if ring.any():
        stop[(a[ring] + b[ring]) // 2] = True
        a, b = ends()
    a, b = a[ways.ref[a] != ways.ref[b]], b[ways.ref[a] != ways.ref[b]]
    owner = way[a]
    ids = ways.id[owner]
    # parts are counted through the whole way, also where points are missing inside it
    fresh = np.concatenate([[True], ids[1:] != ids[:-1]])
    part = np.arange(a.size) - np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    none = np.zeros(a.size, np.bool_)
    pieces = Pieces(a, b, owner, part, ways.place[a], ways.place[b], along[b] - along[a], none, none.copy())
    return pieces, along


def barred(raw: Raw, ways: Ways, mode: Mode) -> NDArray[np.bool_]:
    """Tell which nodes the mode cannot pass; a gate to a private road is none, for the road lets nobody through as it is."""
    private = np.repeat([r is not None and r.private for r in ways.rules], ways.size)
    inside = np.zeros(ways.node.size, np.bool_)
    inside[ways.place[private]] = True
    closed = np.zeros(ways.node.size, np.bool_)
    for ref, tags in raw.points.items():
        state = barrier_closes(tags, mode)
        if state != "open":
            at = int(np.searchsorted(ways.node, ref))
            if at < ways.node.size and ways.node[at] == ref:
                closed[at] = state == "no" or not inside[at]
    return closed


def cut(ways: Ways, p: Pieces, closed: NDArray[np.bool_], assumed: Counter[str]) -> None:
    """Cut pieces at nodes that cannot be passed, and where private roads would let traffic through."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    private = np.array([r is not None and r.private for r in ways.rules])[p.way]
    meets = np.bincount(p.u, minlength=closed.size) + np.bincount(p.v, minlength=closed.size)
    closed = closed & (meets > 1)
    assumed["barrier, the road is cut there"] = int(closed.sum())
    p.cut_u |= closed[p.u]
    p.cut_v |= closed[p.v]
    nodes = closed.size
    open_, shut = np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_)
    open_[p.u[~private]] = open_[p.v[~private]] = True
    shut[p.u[private]] = shut[p.v[private]] = True
    doors = np.flatnonzero(open_ & shut & ~closed)
    inner = np.flatnonzero(private & ~closed[p.u] & ~closed[p.v])
    if not doors.size or not inner.size:
        return
    # every private place belongs to its nearest door; a piece between two doors' places is cut at its farther end
    low, high = np.minimum(p.u[inner], p.v[inner]), np.maximum(p.u[inner], p.v[inner])
    order = np.lexsort((p.metres[inner], high, low))
    low, high, metres = low[order], high[order], np.maximum(p.metres[inner][order], 1e-6)
    one = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    graph = coo_array((metres[one], (low[one], high[one])), shape=(nodes, nodes)).tocsr()
    far, _, door = dijkstra(graph, directed=False, indices=doors, min_only=True, return_predecessors=True)
    through = inner[np.isfinite(far[p.u[inner]]) & (door[p.u[inner]] != door[p.v[inner]])]
    late = far[p.u[through]] > far[p.v[through]]
    p.cut_u[through[late]] = True
    p.cut_v[through[~late]] = True
    assumed["private or for errands only, cut where two ways in meet"] = int(through.size)


@dataclass(slots=True)
class Rows:
    """Rows of the layer: a piece, or one direction of it where the two have speeds of their own."""

    piece: NDArray[np.int64]
    oneway: NDArray[np.object_]
    kmh: NDArray[np.float64]
    second: NDArray[np.bool_]

    def of(self, piece: int, onward: bool) -> int:
        """Row of a piece driven that way; -1 where it may not be."""
        low, high = np.searchsorted(self.piece, [piece, piece + 1])
        for row in range(low, high):
            if self.oneway[row] in ("both", "forward" if onward else "backward"):
                return row
        return -1


def rows_of(ways: Ways, p: Pieces) -> Rows:
    """Return a row a piece, two where its directions have speeds of their own."""
    rules = [r for r in ways.rules if r is not None]
    oneway = np.array([r.oneway for r in rules], object)[p.way]
    forward, backward = (np.array([getattr(r, f"{d}_kmh") for r in rules], np.float64)[p.way] for d in ("forward", "backward"))
    differ = (oneway == "both") & ~((forward == backward) | (np.isnan(forward) & np.isnan(backward)))
    piece = np.repeat(np.arange(p.way.size), 1 + differ)
    second = np.concatenate([[False], piece[1:] == piece[:-1]])
    way = oneway[piece]
    way[differ[piece] & ~second] = "forward"
    way[second] = "backward"
    return Rows(piece, way, np.where(way == "backward", backward[piece], forward[piece]), second)


def lines(ways: Ways, p: Pieces) -> NDArray[np.object_]:
    """Draw the pieces; ends that are cut off stop a little before their node."""
    import shapely

    size = p.last - p.first + 1
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    piece = np.repeat(np.arange(size.size), size)
    at = ways.place[np.arange(piece.size) - start[piece] + p.first[piece]]
    coords = np.column_stack([ways.x[at], ways.y[at]])
    end = start + size - 1
    whole = coords.copy()
    for tip, beside, cut in ((start, start + 1, p.cut_u), (end, end - 1, p.cut_v)):
        a, b = whole[tip[cut]], whole[beside[cut]]
        length = np.hypot(*(b - a).T)
        share = np.minimum(_CUT_M / np.maximum(length, 1e-9), 0.25)
        coords[tip[cut]] = a + share[:, None] * (b - a)
    return np.asarray(shapely.linestrings(coords, indices=piece), dtype=object)


def node_ids(ways: Ways, p: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nodes as numbered in the file; an end that is cut off is numbered below 0, from its node and its turn there."""
    place = np.concatenate([p.u, p.v])
    out = ways.node[place]
    cut = np.flatnonzero(np.concatenate([p.cut_u, p.cut_v]))
    if cut.size:
        order = cut[np.lexsort((cut, cut % p.u.size, place[cut]))]
        fresh = np.concatenate([[True], place[order][1:] != place[order][:-1]])
        turn = np.arange(order.size) - np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
        out[order] = -(out[order] * 64 + turn)
    return out[: p.u.size], out[p.u.size :]


def metric_crs(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Any:
    """Return EPSG:3006 in Sweden, else the UTM zone of the data's middle."""
    import pyproj
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_utm_crs_info

    west, east, south, north = float(lon.min()), float(lon.max()), float(lat.min()), float(lat.max())
    if west >= 10.5 and east <= 24.3 and south >= 55.0 and north <= 69.2:
        return "EPSG:3006"
    x, y = (west + east) / 2, (south + north) / 2
    found = query_utm_crs_info(datum_name="WGS 84", area_of_interest=AreaOfInterest(x, y, x, y))
    return pyproj.CRS.from_epsg(found[0].code)
