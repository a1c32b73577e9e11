"""The road network: main roads, streets inside the localities, and local roads to scattered homesteads.

Speeds follow from the class and from lying in a built-up area, never from a single road:

============  =====  ========
class         rural  built-up
============  =====  ========
motorway        110       110
trunk            90        70
primary          90        60
secondary        70        50
tertiary         60        40
local            50        40
street           40        40
service          30        30
============  =====  ========
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from landplan.sample.geography import Geography
from landplan.sample.lattice import jittered, segments, triangulate
from landplan.sample.mainroads import MainRoads, chains, interchange_mask
from landplan.sample.terrain import Terrain
from landplan.sample.towns import Town

__all__ = ["BASE_NODES", "SPEED_KMH", "Network", "build_roads", "end_nodes", "strongly_connected"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BASE_NODES = 24_000
"""About how many nodes the ordinary sample has; a bigger region is asked for as a number of nodes."""

SPEED_KMH: dict[str, tuple[int, int]] = {
    "motorway": (110, 110),
    "trunk": (90, 70),
    "primary": (90, 60),
    "secondary": (70, 50),
    "tertiary": (60, 40),
    "local": (50, 40),
    "street": (40, 40),
    "service": (30, 30),
}
LANES = {
    "motorway": 4,
    "trunk": 3,
    "primary": 2,
    "secondary": 2,
    "tertiary": 2,
    "local": 1,
    "street": 2,
    "service": 1,
    "ferry": 1,
}
RURAL_M = 230.0
LOOP_SHARE = 0.07


@dataclass(frozen=True)
class Network:
    """The road layer and the nodes that people can live at.

    `home_xy` are nodes of streets and local roads; `home_town` is the index of the town each lies in, or -1.
    """

    roads: gpd.GeoDataFrame
    home_xy: Floats
    home_town: Ints


@dataclass
class _Split:
    """Main roads cut into short pieces: nodes, pieces and what they are."""

    xy: Floats
    ends: Ints
    lines: list[Floats]
    label: list[tuple[str, str | None, str, bool, str]]
    joinable: npt.NDArray[np.bool_]


def build_roads(
    geo: Geography, terrain: Terrain, main: MainRoads, towns: list[Town], rng: np.random.Generator, *,
    reserved: list[Any] | None = None, nodes: int | None = None,
) -> Network:  # fmt: skip
    """Add streets and local roads to the main roads and write the attributes.

    Parameters
    ----------
    geo, terrain : Geography, Terrain
        The ground.
    main : MainRoads
        The main network.
    towns : list of Town
        Localities with an outline.
    rng : numpy.random.Generator
        Source of every choice.
    reserved : list of shapely.Geometry, optional
        Sites that no homestead may stand on.
    nodes : int, optional
        About how many nodes the network shall have; the local roads grow denser or sparser.

    Returns
    -------
    Network
        Every road runs from node to node; ends that meet are equal to the last bit.
    """
    scale = 1.0 if nodes is None else nodes / BASE_NODES
    dense = scale > 1.5
    rural_m = RURAL_M
    if dense:
        ground_m2 = float(geo.land.area.sum() - geo.water.loc[geo.water["kind"] != "sea"].area.sum())
        rural_m = float(np.sqrt(ground_m2 / max(nodes or 1, 1)))
    split = _split_main(main, towns, rural_m=min(320.0, 1.3 * rural_m))
    street_xy, street_town = _street_points(geo, main, towns, rng, scale=min(scale, 1.0))
    rural_xy = _rural_points(geo, main, [*(t.outline for t in towns), *(reserved or [])], rural_m, rng)
    xy = np.concatenate([split.xy, street_xy, rural_xy])
    town = np.concatenate([np.full(len(split.xy), -1), street_town, np.full(len(rural_xy), -1)])
    m, s = len(split.xy), len(split.xy) + len(street_xy)
    edges = _candidates(geo, main, split, xy, m, longest_m=max(3.0 * rural_m, 250.0))
    spacing = np.array([t.street_m for t in towns] or [0.0])
    chosen_streets = _choose_streets(edges, xy, town, m, spacing, rng)
    wanted = len(rural_xy) if dense else round(geo.sample.homesteads * min(scale, 1.0))
    chosen_local, users = _choose_local(geo, terrain, edges, xy, (m, s), chosen_streets, wanted, rng)
    network = _assemble(split, xy, town, edges, chosen_streets, chosen_local, users, towns, merge=not dense)
    return _attributes(geo, network, rng)


def _split_main(main: MainRoads, towns: list[Town], *, rural_m: float) -> _Split:
    """Cut the main roads at regular steps, closer together in towns, so that other roads can join."""
    outlines = shapely.STRtree([t.outline for t in towns])
    number: dict[tuple[float, float], int] = {}
    ends: list[tuple[int, int]] = []
    lines: list[Floats] = []
    labels: list[tuple[str, str | None, str, bool, str]] = []
    closed: list[int] = []

    def node(point: Floats) -> int:
        return number.setdefault((float(point[0]), float(point[1])), len(number))

    for piece in main.pieces:
        line = shapely.LineString(piece.line)
        motorway, deck = piece.label[0] == "motorway", piece.label[3]
        parts = [piece.line]
        if not (motorway or deck):
            middle = line.interpolate(0.5, normalized=True)
            step = 115.0 if len(outlines.query(middle, predicate="intersects")) else rural_m
            count = int(line.length // step)
            if count > 1:
                parts = _cut(piece.line, np.arange(1, count, dtype=np.float64) * (line.length / count))
        for part in parts:
            ends.append((node(part[0]), node(part[-1])))
            lines.append(part)
            labels.append(piece.label)
            # A bridge is joined by the roads that lead to it, not by a street at its foot.
            if motorway or deck:
                closed.extend(ends[-1])
    xy = np.array(list(number), dtype=np.float64)
    joinable = np.ones(len(xy), dtype=bool)
    joinable[closed] = False
    joinable |= interchange_mask(xy, main.interchanges)
    return _Split(xy, np.array(ends, dtype=np.int64), lines, labels, joinable)


def _cut(line: Floats, at_m: Floats) -> list[Floats]:
    """Cut a line at distances along it; the cuts are on whole metres and never vanish."""
    reach = np.r_[0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
    parts, begin, current = [], 0, [line[0]]
    for distance in at_m:
        stop = int(np.searchsorted(reach, distance, side="right"))
        share = (distance - reach[stop - 1]) / (reach[stop] - reach[stop - 1])
        point = np.round(line[stop - 1] + share * (line[stop] - line[stop - 1]))
        current.extend(line[begin + 1 : stop])
        if np.array_equal(point, current[-1]):
            begin = stop - 1
            if len(current) < 2:
                continue
        else:
            current.append(point)
        parts.append(np.array(current))
        current, begin = [current[-1]], stop - 1
    current.extend(line[begin + 1 :])
    if len(current) > 1 and np.array_equal(current[0], current[1]):
        current = current[1:]
    parts.append(np.array(current))
    return [p for p in parts if len(p) > 1]


def _street_points(
    geo: Geography, main: MainRoads, towns: list[Town], rng: np.random.Generator, *, scale: float
) -> tuple[Floats, Ints]:
    """Lay a turned grid of street corners over each town."""
    tree = shapely.STRtree([shapely.LineString(p.line) for p in main.pieces])
    points, owner = [], []
    taken = np.zeros((0, 2))
    for k, town in enumerate(towns):
        step = town.street_m / np.sqrt(scale)
        x0, y0, x1, y1 = town.outline.bounds
        reach = np.hypot(x1 - x0, y1 - y0) / 2.0 + step
        steps = np.arange(-reach, reach, step)
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        turn = rng.uniform(0.0, np.pi / 2.0)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        xy = np.round(grid @ spin.T + rng.uniform(-8.0, 8.0, grid.shape) + [(x0 + x1) / 2.0, (y0 + y1) / 2.0])
        xy = xy[shapely.contains_xy(town.outline, xy)]
        far = np.ones(len(xy), dtype=bool)
        far[tree.query(shapely.points(xy), predicate="dwithin", distance=42.0)[0]] = False
        xy = xy[far & ~geo.in_water(xy, margin_m=30.0)]
        if len(taken) and len(xy):
            near = shapely.STRtree([shapely.Point(p) for p in taken]).query(
                shapely.points(xy), predicate="dwithin", distance=0.8 * step
            )[0]
            free = np.ones(len(xy), dtype=bool)
            free[near] = False
            xy = xy[free]
        taken = np.concatenate([taken, xy])
        points.append(xy)
        owner.append(np.full(len(xy), k))
    return np.concatenate(points) if points else np.zeros((0, 2)), np.concatenate(
        owner
    ) if owner else np.zeros(0, dtype=np.int64)


def _rural_points(
    geo: Geography, main: MainRoads, taken: list[Any], spacing_m: float, rng: np.random.Generator
) -> Floats:
    xy = jittered(geo, spacing_m, rng, margin_m=min(30.0, 0.3 * spacing_m))
    tree = shapely.STRtree([shapely.LineString(p.line) for p in main.pieces])
    outlines = shapely.STRtree([t.buffer(60.0) for t in taken])
    keep = np.ones(len(xy), dtype=bool)
    for part in range(0, len(xy), 400_000):
        some = shapely.points(xy[part : part + 400_000])
        keep[part + tree.query(some, predicate="dwithin", distance=min(80.0, 0.4 * spacing_m))[0]] = False
        keep[part + outlines.query(some, predicate="intersects")[0]] = False
    return xy[keep]


def _candidates(
    geo: Geography, main: MainRoads, split: _Split, xy: Floats, m: int, *, longest_m: float
) -> Ints:
    """Triangulate everything and drop what is wet, crosses a main road or joins one where it may not."""
    edges = triangulate(xy, longest_m=longest_m)
    both_main = (edges < m).all(axis=1)
    joinable = np.r_[split.joinable, np.ones(len(xy) - m, dtype=bool)]
    edges = edges[~both_main & joinable[edges].all(axis=1)]
    tree = shapely.STRtree([shapely.LineString(p.line) for p in main.pieces])
    keep = np.ones(len(edges), dtype=bool)
    for part in range(0, len(edges), 400_000):
        lines = segments(xy, edges[part : part + 400_000])
        keep[part : part + 400_000] = ~(geo.crosses_water(lines) | geo.crosses_border(lines))
        for predicate in ("crosses", "overlaps", "covers", "covered_by"):
            keep[part + tree.query(lines, predicate=predicate)[0]] = False
    kept: Ints = edges[keep]
    return kept


def _choose_streets(
    edges: Ints, xy: Floats, town: Ints, m: int, spacing: Floats, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Keep a spanning tree of each town's street grid, most of the other grid edges and some joins to main roads."""
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    a, b = town[edges[:, 0]], town[edges[:, 1]]
    step = spacing[np.maximum(a, b)]
    grid = (a >= 0) & (a == b) & (length <= 1.27 * step)
    join = (edges[:, 0] < m) & (b >= 0) & (length <= 1.45 * step)
    weight = rng.uniform(1.0, 2.0, len(edges)) + 3.0 * join
    usable = np.flatnonzero(grid | join)
    # All main nodes are one node here, since the main roads already join them.
    c = edges[usable].copy()
    c[c < m] = 0
    graph = sparse.coo_matrix((weight[usable], (c[:, 0], c[:, 1])), shape=(len(xy), len(xy))).tocsr()
    # coo adds the weights of parallel joins; the tree only needs one of them, found below by its street node.
    tree = csgraph.minimum_spanning_tree(graph).tocoo()
    inside = {(min(i, j), max(i, j)) for i, j in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    chosen = np.zeros(len(edges), dtype=bool)
    joined: set[int] = set()
    for e, (i, j) in zip(usable.tolist(), np.sort(c, axis=1).tolist(), strict=True):
        if (i, j) in inside and not (i == 0 and j in joined):
            chosen[e] = True
            if i == 0:
                joined.add(j)
    lucky = rng.uniform(size=len(edges))
    chosen |= grid & (lucky < 0.7)
    chosen |= join & (lucky < 0.4)
    # Streets that reach no main road are left to the local roads' search, or dropped.
    c = edges[chosen].copy()
    c[c < m] = 0
    count, label = csgraph.connected_components(
        sparse.coo_matrix((np.ones(len(c)), (c[:, 0], c[:, 1])), shape=(len(xy), len(xy))), directed=False
    )
    del count
    connected = label == label[0]
    chosen &= connected[edges[:, 0]] | (edges[:, 0] < m)
    chosen &= connected[edges[:, 1]] | (edges[:, 1] < m)
    return chosen


def _choose_local(
    geo: Geography, terrain: Terrain, edges: Ints, xy: Floats, first: tuple[int, int], streets: npt.NDArray[np.bool_],
    wanted: int, rng: np.random.Generator,
) -> tuple[npt.NDArray[np.bool_], Ints]:  # fmt: skip
    """Lead a road to each of `wanted` homesteads from the nearest road, and close a few loops.

    Returns the chosen edges and how many homesteads lie behind each edge.
    """
    m, s = first
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    row, col = geo.cell(xy)
    slope = terrain.slope_pct[row, col]
    cost = (
        length * (1.0 + 0.04 * (slope[edges[:, 0]] + slope[edges[:, 1]])) * rng.uniform(0.8, 1.4, len(edges))
    )
    free = (town_free(edges, m, s)) & ~streets
    n = len(xy)
    source = np.zeros(n, dtype=bool)
    source[edges[streets].ravel()] = True
    used_main = np.unique(edges[edges[:, 0] < m, 0])
    source[used_main] = True
    e = edges[free]
    # One more node stands for "any road": it is joined to every source at no cost.
    roots = np.flatnonzero(source)
    tiny = np.full(len(roots), 1e-6)
    a = np.r_[e[:, 0], e[:, 1], np.full(len(roots), n)]
    b = np.r_[e[:, 1], e[:, 0], roots]
    graph = sparse.csr_matrix((np.r_[cost[free], cost[free], tiny], (a, b)), shape=(n + 1, n + 1))
    distance, before = csgraph.dijkstra(graph, indices=n, return_predecessors=True)
    rural = np.arange(s, n)
    rural = rural[np.isfinite(distance[rural])]
    if wanted < len(rural):
        r, c = row[rural], col[rural]
        likely = (
            (0.15 + terrain.valley[r, c])
            * np.exp(-distance[rural] / 1_600.0)
            * np.exp(-(terrain.height_m[r, c] - geo.sample.base_m) / 160.0)
        )
        likely += 1e-9
        homes = rng.choice(rural, size=wanted, replace=False, p=likely / likely.sum())
    else:
        homes = rural
    behind = np.zeros(n + 1, dtype=np.int64)
    behind[homes] = 1
    # Farthest first, so that a node's count is whole before it is passed on towards the road.
    order = np.argsort(-distance[:n], kind="stable")
    order = order[np.isfinite(distance[order]) & ~source[order]]
    parent = before.astype(np.int64)
    for node in order.tolist():
        if behind[node]:
            behind[parent[node]] += behind[node]
    lead = (behind[:n] > 0) & ~source & (parent[:n] >= 0) & (parent[:n] < n)
    child = np.flatnonzero(lead)
    key = np.minimum(child, parent[child]) * n + np.maximum(child, parent[child])
    edge_key = edges[:, 0] * n + edges[:, 1]
    at = np.searchsorted(edge_key, key)
    chosen = np.zeros(len(edges), dtype=bool)
    users = np.zeros(len(edges), dtype=np.int64)
    chosen[at] = True
    users[at] = behind[child]
    onroad = source.copy()
    onroad[child] = True
    loops = free & ~chosen & onroad[edges].all(axis=1) & (rng.uniform(size=len(edges)) < LOOP_SHARE)
    chosen |= loops
    users[loops] = 2
    return chosen, users


def town_free(edges: Ints, m: int, s: int) -> npt.NDArray[np.bool_]:
    """Tell which edges a local road may use: at least one end is a rural point."""
    rural: npt.NDArray[np.bool_] = (edges >= s).any(axis=1) & (edges[:, 1] >= m)
    return rural


def _assemble(
    split: _Split, xy: Floats, town: Ints, edges: Ints, streets: npt.NDArray[np.bool_], local: npt.NDArray[np.bool_], users: Ints,
    towns: list[Town], *, merge: bool,
) -> Network:  # fmt: skip
    """Put all pieces together and join those that only bend."""
    small = streets | local
    number = np.flatnonzero(small)
    e_all = np.concatenate([split.ends, edges[number]])
    kinds: dict[Any, int] = {}
    code = [kinds.setdefault(label, len(kinds)) for label in split.label]
    local_labels = []
    for k in number.tolist():
        if streets[k]:
            local_labels.append(("street", None, "", False, ""))
        else:
            local_labels.append(("local" if users[k] >= 3 else "service", None, "", False, ""))
    code += [kinds.setdefault(label, len(kinds)) for label in local_labels]
    labels = list(kinds)
    codes = np.array(code, dtype=np.int64)
    if merge:
        deck = split.ends[[lab[3] for lab in split.label]].ravel()
        found = chains(e_all, codes, set(deck.tolist()))
    else:
        found = [([int(a), int(b)], [k]) for k, (a, b) in enumerate(e_all.tolist())]
    m = len(split.ends)
    lines, which = [], []
    for nodes, path in found:
        parts = []
        for at, piece in zip(nodes[:-1], path, strict=True):
            line = split.lines[piece] if piece < m else xy[e_all[piece]]
            parts.append(line if int(e_all[piece, 0]) == at else line[::-1])
        lines.append(
            np.concatenate([p[:-1] for p in parts] + [parts[-1][-1:]]) if len(parts) > 1 else parts[0]
        )
        which.append(labels[codes[path[0]]])
    geometry = _linestrings(lines)
    table = pd.DataFrame(which, columns=["road_class", "road_number", "name", "bridge", "link"])
    roads = gpd.GeoDataFrame(table, geometry=geometry, crs=3006)
    roads = roads[shapely.length(geometry) > 0].reset_index(drop=True)
    homes = np.unique(edges[number].ravel())
    homes = homes[homes >= len(split.xy)]
    outlines = shapely.STRtree([t.outline for t in towns])
    middle = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
    urban = np.zeros(len(roads), dtype=bool)
    urban[outlines.query(middle, predicate="intersects")[0]] = True
    roads["urban"] = urban
    return Network(roads, xy[homes], town[homes])


def _linestrings(lines: list[Floats]) -> npt.NDArray[Any]:
    sizes = [len(x) for x in lines]
    made = shapely.linestrings(np.concatenate(lines), indices=np.repeat(np.arange(len(lines)), sizes))
    return np.asarray(made, dtype=object)


def _attributes(geo: Geography, network: Network, rng: np.random.Generator) -> Network:
    roads = _one_component(network.roads)
    klass = roads["road_class"].to_numpy(dtype=object)
    urban = roads["urban"].to_numpy()
    ferry = roads["link"].str.startswith("ferry:").to_numpy()
    klass[ferry] = "ferry"
    length = shapely.length(roads.geometry.to_numpy())
    speed = np.array([SPEED_KMH[c][int(u)] if c != "ferry" else 0 for c, u in zip(klass, urban, strict=True)])
    minutes = np.full(len(roads), np.nan)
    headway = np.full(len(roads), np.nan)
    for f in geo.sample.ferries:
        mine = (roads["link"] == f"ferry:{f.name}").to_numpy()
        minutes[mine], headway[mine] = f.crossing_min, f.headway_min
        # The crossing as a speed, for programs that read nothing but length and speed.
        speed[mine] = np.maximum(np.round(length[mine] / 1000.0 / (f.crossing_min / 60.0)), 1).astype(int)
    ids = np.array([f"R{k:06d}" for k in range(len(roads))], dtype=object)
    name = roads["name"].to_numpy(dtype=object)
    linked = roads["link"].str.partition(":")[2].to_numpy(dtype=object)
    name = np.where(linked != "", linked, name)
    big = np.isin(klass, ("motorway", "trunk", "primary", "secondary"))
    surface = np.where((klass == "service") | ((klass == "local") & ~urban), "gravel", "paved")
    load = np.where(big, "BK4", np.where(klass == "service", "BK2", "BK1"))
    out = gpd.GeoDataFrame(
        {
            "road_id": ids,
            "road_class": klass,
            "road_number": roads["road_number"].to_numpy(dtype=object),
            "name": np.where(name == "", None, name),
            "speed_kmh": speed.astype(np.int16),
            "oneway": "both",
            "load_class": load,
            "surface": surface,
            "bridge": roads["bridge"].to_numpy() & ~ferry,
            "ferry": ferry,
            "ferry_minutes": minutes,
            "headway_min": headway,
            "urban": urban,
            "lanes": np.array([LANES[c] for c in klass], dtype=np.int8),
            "aadt": pd.array([None] * len(roads), dtype="Int32"),
            "length_m": np.round(length, 1),
            "synthetic": True,
        },
        geometry=roads.geometry.to_numpy(),
        crs=3006,
    )
    return Network(out, network.home_xy, network.home_town)


def end_nodes(roads: gpd.GeoDataFrame) -> tuple[Floats, Ints]:
    """Return the distinct end points of the roads and each road's two node numbers."""
    geometry = roads.geometry.to_numpy()
    first = shapely.get_coordinates(shapely.get_point(geometry, 0))
    last = shapely.get_coordinates(shapely.get_point(geometry, -1))
    xy, inverse = np.unique(np.concatenate([first, last]), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    return xy, np.stack([inverse[: len(roads)], inverse[len(roads) :]], axis=1).astype(np.int64)


def strongly_connected(ends: Ints, oneway: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_] | None:
    """Return None when every node reaches every other, else which roads leave or enter a part that does not."""
    forward, backward = oneway != "backward", oneway != "forward"
    a = np.r_[ends[forward, 0], ends[backward, 1]]
    b = np.r_[ends[forward, 1], ends[backward, 0]]
    n = int(ends.max()) + 1
    graph = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n))
    count, label = csgraph.connected_components(graph, directed=True, connection="strong")
    if count == 1:
        return None
    split: npt.NDArray[np.bool_] = label[ends[:, 0]] != label[ends[:, 1]]
    return split


def _one_component(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the largest component, and of edges between the same two nodes the shortest."""
    xy, ends = end_nodes(roads)
    graph = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(xy), len(xy)))
    label = csgraph.connected_components(graph, directed=False)[1]
    keep = label[ends[:, 0]] == np.bincount(label).argmax()
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((shapely.length(roads.geometry.to_numpy()), high, low))
    first = np.r_[True, (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])]
    unique = np.zeros(len(roads), dtype=bool)
    unique[order[first]] = True
    return roads[keep & unique & (low != high)].reset_index(drop=True)
