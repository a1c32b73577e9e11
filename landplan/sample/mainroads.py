"""Main roads: the named routes, then a tertiary road to every village, as smooth lines that meet at shared nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csgraph
from scipy.spatial import Delaunay

from landplan.errors import LandplanError
from landplan.sample.geography import Geography
from landplan.sample.inputs import Inputs
from landplan.sample.lattice import Lattice, build_lattice, jittered, path_edges, shortest
from landplan.sample.routes import Place, Route
from landplan.sample.terrain import Terrain

__all__ = ["RANK", "MainRoads", "Piece", "chains", "main_roads", "rounded_curve"]

Floats = npt.NDArray[np.float64]

RANK = ("motorway", "trunk", "primary", "secondary", "tertiary", "local", "street", "service", "ferry")
LATTICE_M = 280.0
REUSE = 0.45
"""Cost of following a road that is there already, as a share of building a new one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of main road between two nodes; `label` is (class, number, name, bridge, link name)."""

    line: Floats
    label: tuple[str, str | None, str, bool, str]


@dataclass
class MainRoads:
    """The main network and the lattice nodes that a road may join."""

    pieces: list[Piece]
    interchanges: Floats
    lattice: Lattice
    labels: dict[int, tuple[str, str | None, str, bool, str]] = field(default_factory=dict)


def main_roads(geo: Geography, terrain: Terrain, inputs: Inputs, rng: np.random.Generator) -> MainRoads:
    """Lay the named routes in order and then roads to the villages.

    Parameters
    ----------
    geo, terrain : Geography, Terrain
        The ground.
    inputs : Inputs
        Localities and villages.
    rng : numpy.random.Generator
        Source of the lattice's jitter.

    Returns
    -------
    MainRoads
        Lines on whole metres, crossing neither each other nor water except as bridges and ferries.

    Raises
    ------
    landplan.errors.LandplanError
        If a route names an unknown place or cannot reach a stop.
    """
    area = inputs.area
    links = [(c.start, c.end) for c in area.bridges] + [(f.start, f.end) for f in area.ferries]
    names = [f"bridge:{c.name}" for c in area.bridges] + [f"ferry:{f.name}" for f in area.ferries]
    xy = jittered(geo, LATTICE_M, rng)
    net = build_lattice(geo, terrain, xy, links, longest_m=3.0 * LATTICE_M)
    builder = _Builder(
        geo, net, dict(zip(names, range(len(net.edges) - len(links), len(net.edges)), strict=True)), inputs
    )
    for route in area.routes:
        builder.lay(route)
    builder.villages(inputs)
    pieces = _smooth(geo, net, builder.labels)
    joins = net.xy[sorted(builder.interchanges)]
    return MainRoads(pieces, joins, net, builder.labels)


class _Builder:
    """Keeps which lattice edges are roads while routes are laid one after another."""

    def __init__(self, geo: Geography, net: Lattice, links: dict[str, int], inputs: Inputs) -> None:
        self.geo, self.net, self.links = geo, net, links
        self.index = net.index()
        self.cost = net.cost.copy()
        self.labels: dict[int, tuple[str, str | None, str, bool, str]] = {}
        self.closed = np.zeros(len(net.xy), dtype=bool)
        places = inputs.localities
        points = np.stack([places.geometry.x, places.geometry.y], axis=1)
        dry = geo.to_land(points)
        self.place = {name: dry[i] for i, name in enumerate(places["name"])}
        self.linked = np.zeros(len(net.xy), dtype=bool)
        self.linked[net.edges[list(links.values())].ravel()] = True
        component = csgraph.connected_components(net.matrix(self._with_links()), directed=False)[1]
        self.mainland = component == np.bincount(component).argmax()
        self.interchanges = {
            int(n) for n in net.nearest(np.array(inputs.area.interchanges).reshape(-1, 2), self.mainland & ~self.linked)
        }

    def _with_links(self) -> Floats:
        cost = self.net.cost.copy()
        cost[list(self.links.values())] = 1.0
        return cost

    def node(self, place: Place) -> int:
        if isinstance(place, str):
            if place not in self.place:
                raise LandplanError(f"a main road names {place!r}, which is no locality of the inputs")
            place = tuple(self.place[place])
        usable = self.mainland & ~self.linked & ~self.closed
        return int(self.net.nearest(np.array([place]), usable)[0])

    def lay(self, route: Route) -> None:
        """Find the legs one by one, cut off what is driven out and back, then mark the road."""
        here: int | None = None
        legs: list[tuple[list[int], str]] = []
        spurs: list[int] = []
        named = False
        for stop in route.stops:
            if isinstance(stop, str) and stop in self.links:
                if here is None:
                    raise LandplanError(f"{route.name} cannot begin at {stop}")
                link = self.links[stop]
                a, b = (int(n) for n in self.net.edges[link])
                gap = np.hypot(*(self.net.xy[[a, b]] - self.net.xy[here]).T)
                near, far = (a, b) if gap[0] <= gap[1] else (b, a)
                self._join(legs, self.connect(here, near, route), spurs, named)
                legs.append(([link], stop))
                here, named = far, False
            else:
                node = self.node(stop)
                if here is not None and node != here:
                    self._join(legs, self.connect(here, node, route), spurs, named)
                here, named = node, isinstance(stop, str)
        for path, link_name in legs:
            self.mark(path, route, link_name)
        # The way in to a place that lies beside the road is a road too, without its number.
        self.mark(spurs, Route("tertiary", None, "", ()), "")

    @staticmethod
    def _join(legs: list[tuple[list[int], str]], path: list[int], spurs: list[int], named: bool) -> None:
        """Append a leg; where it begins by driving the last one backwards, both lose that stretch."""
        while legs and legs[-1][0] and path and legs[-1][0][-1] == path[0]:
            edge = path.pop(0)
            legs[-1][0].pop()
            if named:
                spurs.append(edge)
        legs.append((path, ""))

    def connect(self, start: int, end: int, route: Route) -> list[int]:
        if start == end:
            return []
        cost = self.cost if route.road_class != "motorway" else self.net.cost
        before = shortest(self.net, cost, start, end)
        path = path_edges(self.net, self.index, before, start, end)
        if not path:
            raise LandplanError(
                f"{route.name} finds no dry way between {self.net.xy[start]} and {self.net.xy[end]}"
            )
        return path

    def mark(self, path: list[int], route: Route, link: str) -> None:
        for edge in path:
            old = self.labels.get(edge)
            # A road inside an industrial area stays one, whoever else drives on it.
            if old is None or (old[0] != "service" and RANK.index(route.road_class) < RANK.index(old[0])):
                kept = link if old is None else old[4]
                self.labels[edge] = (
                    route.road_class,
                    route.number,
                    route.name,
                    bool(self.net.bridge[edge]),
                    kept,
                )
            span = float(
                np.hypot(*(self.net.xy[self.net.edges[edge, 0]] - self.net.xy[self.net.edges[edge, 1]]))
            )
            self.cost[edge] = REUSE * span
        if route.road_class == "motorway":
            # Nothing joins a motorway but at an interchange, and nothing crosses it elsewhere.
            nodes = {int(n) for n in self.net.edges[path].ravel()} - self.interchanges
            self.closed[list(nodes)] = True
            self.cost[self.closed[self.net.edges].any(axis=1)] = np.inf

    def villages(self, inputs: Inputs) -> None:
        points = np.stack([inputs.villages.geometry.x, inputs.villages.geometry.y], axis=1)
        points = points[shapely.contains_xy(self.geo.study.buffer(-500.0), points)]
        nodes = np.unique(
            self.net.nearest(self.geo.to_land(points), self.mainland & ~self.linked & ~self.closed)
        )
        for centre, radius in inputs.area.keep_clear:
            within = np.hypot(*(self.net.xy - np.array(centre)).T) <= radius
            barred = within[self.net.edges].any(axis=1)
            barred[list(self.labels)] = False
            self.cost[barred] = np.inf
        ends = np.unique(self.net.edges[list(self.labels)].ravel())
        sources = ends[~self.closed[ends]]
        graph = self.net.matrix(self.cost)
        _, before, _ = csgraph.dijkstra(graph, indices=sources, return_predecessors=True, min_only=True)
        users: dict[int, int] = {}
        for node in nodes.tolist():
            at = node
            while before[at] >= 0:
                edge = self.index[int(before[at]), at]
                users[edge] = users.get(edge, 0) + 1
                at = int(before[at])
        for edge, count in users.items():
            self.mark([edge], Route("tertiary" if count >= 3 else "local", None, "", ()), "")
        self._close_loops(nodes)

    def _close_loops(self, nodes: npt.NDArray[np.int64]) -> None:
        """Join neighbouring villages that the tree holds far apart, worst first."""
        xy = self.net.xy[nodes]
        corners = Delaunay(xy).simplices
        pairs = np.unique(
            np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1),
            axis=0,
        )
        crow = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
        pairs, crow = pairs[crow < 9_000.0], crow[crow < 9_000.0]
        cost = np.full(len(self.net.edges), np.inf)
        built = np.array(sorted(self.labels))
        cost[built] = np.hypot(
            *(self.net.xy[self.net.edges[built, 0]] - self.net.xy[self.net.edges[built, 1]]).T
        )
        # Only the road nodes enter the matrix: the whole lattice would cost a gigabyte of distances.
        used = np.unique(self.net.edges[built])
        graph = self.net.matrix(cost)[used][:, used]
        row = np.searchsorted(used, nodes)
        on_road = (row < len(used)) & (used[np.minimum(row, len(used) - 1)] == nodes)
        distance = np.full((len(nodes), len(nodes)), np.inf)
        rows = np.flatnonzero(on_road)
        for part in range(0, len(rows), 200):
            some = rows[part : part + 200]
            distance[np.ix_(some, rows)] = csgraph.dijkstra(graph, indices=row[some])[:, row[rows]]
        detour = distance[pairs[:, 0], pairs[:, 1]] / np.maximum(crow, 300.0)
        detour[~np.isfinite(detour)] = 0.0
        seen: set[int] = set()
        for k in np.argsort(-detour, kind="stable").tolist():
            a, b = int(pairs[k, 0]), int(pairs[k, 1])
            if detour[k] < 2.6 or a in seen or b in seen:
                continue
            seen |= {a, b}
            before = shortest(self.net, self.cost, int(nodes[a]), int(nodes[b]), margin_m=4_000.0)
            path = path_edges(self.net, self.index, before, int(nodes[a]), int(nodes[b]))
            if path and 0.6 * self.cost[path].sum() < distance[a, b]:
                self.mark(path, Route("tertiary", None, "", ()), "")


def chains(
    edges: npt.NDArray[np.int64], label: npt.NDArray[np.int64], fixed: set[int]
) -> list[tuple[list[int], list[int]]]:
    """Join edges into chains that break at junctions, ends, fixed nodes and where the label changes.

    Parameters
    ----------
    edges : numpy.ndarray, shape (n, 2)
        Node numbers.
    label : numpy.ndarray, shape (n,)
        Edges of different labels never share a chain.
    fixed : set of int
        Nodes that always end a chain.

    Returns
    -------
    list of (nodes, edge numbers)
        Every edge is in exactly one chain; a free-standing ring is cut at one node.
    """
    at: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(edges.tolist()):
        at.setdefault(a, []).append(number)
        at.setdefault(b, []).append(number)

    def ends_here(node: int) -> bool:
        here = at[node]
        return len(here) != 2 or node in fixed or label[here[0]] != label[here[1]]

    done = np.zeros(len(edges), dtype=bool)
    out: list[tuple[list[int], list[int]]] = []

    def walk(start: int, first: int) -> None:
        nodes, path, edge = [start], [first], first
        done[first] = True
        while True:
            a, b = edges[edge]
            node = int(b if int(a) == nodes[-1] else a)
            nodes.append(node)
            if ends_here(node) or node == start:
                break
            following = [e for e in at[node] if not done[e]]
            if not following:
                break
            edge = following[0]
            done[edge] = True
            path.append(edge)
        out.append((nodes, path))

    for node in sorted(at):
        if ends_here(node):
            for first in at[node]:
                if not done[first]:
                    walk(node, first)
    for first in range(len(edges)):
        if not done[first]:
            walk(int(edges[first, 0]), first)
    return out


def _smooth(
    geo: Geography, net: Lattice, labels: dict[int, tuple[str, str | None, str, bool, str]]
) -> list[Piece]:
    numbers = np.array(sorted(labels))
    edges = net.edges[numbers]
    kinds = {value: k for k, value in enumerate(dict.fromkeys(labels[int(n)] for n in numbers))}
    code = np.array([kinds[labels[int(n)]] for n in numbers])
    # Two bridge decks in a row stay two edges, so that each is judged by itself.
    bridge_nodes = set(edges[net.bridge[numbers]].ravel().tolist())
    raw, fine, what = [], [], []
    for nodes, path in chains(edges, code, bridge_nodes):
        label = labels[int(numbers[path[0]])]
        line = net.xy[nodes]
        raw.append(line)
        fine.append(
            line if label[3] else rounded_curve(line, 130.0 if label[0] in ("motorway", "trunk") else 70.0)
        )
        what.append(label)
    curves = np.array([shapely.LineString(c) for c in fine], dtype=object)
    deck = np.array([w[3] for w in what])
    bad = (geo.crosses_water(curves) & ~deck) | ~shapely.is_simple(curves)
    for _ in range(8):
        for k in np.flatnonzero(bad):
            fine[k] = raw[k]
            curves[k] = shapely.LineString(raw[k])
        a, b = shapely.STRtree(curves).query(curves, predicate="crosses")
        overlap_a, overlap_b = shapely.STRtree(curves).query(curves, predicate="overlaps")
        clash = np.unique(np.r_[a, b, overlap_a, overlap_b])
        bad = np.zeros(len(curves), dtype=bool)
        bad[clash] = True
        bad &= np.array(
            [len(f) != len(r) or not np.array_equal(f, r) for f, r in zip(fine, raw, strict=True)]
        )
        if not bad.any():
            break
    return [Piece(line, label) for line, label in zip(fine, what, strict=True)]


def rounded_curve(line: Floats, tolerance_m: float) -> Floats:
    """Straighten the lattice's zigzag and round the corners; both ends stay where they are."""
    if len(line) < 3 or np.array_equal(line[0], line[-1]):
        return line
    kept = shapely.get_coordinates(shapely.simplify(shapely.LineString(line), tolerance_m))
    for _ in range(2):
        cut = np.empty((2 * (len(kept) - 1), 2))
        cut[0::2] = 0.75 * kept[:-1] + 0.25 * kept[1:]
        cut[1::2] = 0.25 * kept[:-1] + 0.75 * kept[1:]
        kept = np.concatenate([kept[:1], cut, kept[-1:]])
    kept = np.round(shapely.get_coordinates(shapely.simplify(shapely.LineString(kept), 4.0)))
    moved = np.r_[True, (np.diff(kept, axis=0) != 0).any(axis=1)]
    out: Floats = kept[moved]
    return out


def interchange_mask(xy: Floats, joins: Floats) -> npt.NDArray[Any]:
    """Tell which points are interchange nodes, to the metre."""
    known = {(float(x), float(y)) for x, y in joins}
    return np.array([(float(x), float(y)) in known for x, y in xy], dtype=bool)
