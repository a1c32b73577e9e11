"""Chains, turn bans, centroids, seasons and patches against a plain search over the graph as it stands."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from landplan import network as n
from landplan.errors import NetworkError
from landplan.network.assembly import retimed
from landplan.network.graph import Bans

CRS = "EPSG:3006"
laws = settings(deadline=None, derandomize=True, max_examples=60)
few = settings(deadline=None, derandomize=True, max_examples=25, phases=[Phase.generate])


@st.composite
def webs(draw, least: int = 2, most: int = 14):
    """Sparse graphs with long rows of nodes, rings, dead ends, lone nodes, one-way and parallel edges; whole deciseconds."""
    count = draw(st.integers(least, most))
    nodes = pd.DataFrame({"x": 100.0 * np.arange(count) % 700, "y": 90.0 * (np.arange(count) // 4)}, index=[f"n{i}" for i in range(count)])
    path = draw(st.integers(0, count - 1))
    pairs = [(i, i + 1) for i in range(path)]
    pairs += draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=count))
    pairs = [(a, b) for a, b in pairs if a != b]
    assume(pairs)
    edges = pd.DataFrame(
        {
            "source": [f"n{a}" for a, _ in pairs],
            "target": [f"n{b}" for _, b in pairs],
            "time_s": np.array(draw(st.lists(st.integers(0, 90), min_size=len(pairs), max_size=len(pairs)))) / 10.0,
            "oneway": draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))),
        }
    )
    return nodes, edges


def plain(count, arcs):
    """All-pairs deciseconds by scipy; arcs (tail, head, ds), the shortest of parallel ones, zero kept as an edge."""
    best: dict[tuple[int, int], int] = {}
    for a, b, w in arcs:
        best[a, b] = min(w, best.get((a, b), w))
    if not best:
        out = np.full((count, count), np.inf)
        np.fill_diagonal(out, 0)
        return out
    keys = np.array(list(best))
    # scipy reads a stored zero as an edge only in its own csr form, so weights are doubled and made odd instead
    graph = csr_array((np.array(list(best.values())) * 1_000 + 1, (keys[:, 0], keys[:, 1])), shape=(count, count))
    found = dijkstra(graph)
    return np.floor(found / 1_000)


def arcs_of(net):
    position = np.argsort(net.internal)
    out = []
    for e in range(net.n_edges):
        a, b = int(position[net.u[e]]), int(position[net.v[e]])
        for tail, head, seconds in ((a, b, net.forward_s[e]), (b, a, net.backward_s[e])):
            if np.isfinite(seconds):
                out.append((tail, head, round(10 * seconds)))
    return out


def deciseconds(minutes):
    return np.rint(minutes.astype(np.float64) * 600)


@laws
@given(webs())
def test_trees_over_chains_equal_scipy_on_every_node(web):
    nodes, edges = web
    net = n.from_edges(nodes, edges, crs=CRS)
    want = plain(len(nodes), arcs_of(net))
    assert (deciseconds(n.tree(net, list(nodes.index), "from")) == want).all()
    assert (deciseconds(n.tree(net, list(nodes.index), "to")) == want.T).all()


@laws
@given(webs(), st.data())
def test_a_centroid_is_left_and_reached_but_never_passed(web, data):
    nodes, edges = web
    shut = data.draw(st.lists(st.sampled_from(list(nodes.index)), max_size=3, unique=True))
    net = n.from_edges(nodes, edges, crs=CRS, no_through=shut)
    at = [nodes.index.get_loc(i) for i in shut]
    arcs = arcs_of(net)
    for i, name in enumerate(nodes.index):
        # no way leaves a centroid other than the one it starts at
        want = plain(len(nodes), [a for a in arcs if a[0] not in at or a[0] == i])[i]
        assert (deciseconds(n.tree(net, [name], "from"))[0] == want).all()
    away = deciseconds(n.tree(net, list(nodes.index), "from"))
    assert (deciseconds(n.tree(net, list(nodes.index), "to")) == away.T).all()


@laws
@given(webs(least=3), st.data())
def test_turn_bans_equal_a_search_over_edges(web, data):
    """The line graph: states are edges in their direction, a step is a turn that is not banned."""
    nodes, edges = web
    base = n.from_edges(nodes, edges, crs=CRS)
    ends = [(int(base.u[e]), int(base.v[e]), True) for e in range(base.n_edges)] + [(int(base.v[e]), int(base.u[e]), False) for e in range(base.n_edges)]
    states = [(e % base.n_edges, on) for e, (_, _, on) in enumerate(ends)]
    turns = [(i, j) for i in range(len(ends)) for j in range(len(ends)) if ends[i][1] == ends[j][0]]
    assume(turns)
    banned = data.draw(st.lists(st.sampled_from(turns), max_size=4, unique=True))
    bans = Bans(
        np.array([states[i][0] for i, _ in banned], np.int64), np.array([states[i][1] for i, _ in banned], bool),
        np.array([ends[i][1] for i, _ in banned], np.int32), np.array([states[j][0] for _, j in banned], np.int64),
        np.array([states[j][1] for _, j in banned], bool),
    )  # fmt: skip
    net = retimed(replace(base, bans=bans, shared={}, own={}), base.profile)
    seconds = [(net.forward_s if on else net.backward_s)[e] for e, on in states]
    count = len(nodes)
    # node i of the line graph starts ways (cost 0), node count + i ends them, then a node a state
    arcs = []
    for k, (tail, head, _) in enumerate(ends):
        if np.isfinite(seconds[k]):
            arcs.append((tail, 2 * count + k, round(10 * seconds[k])))
            arcs.append((2 * count + k, count + head, 0))
    for i, j in turns:
        if (i, j) not in banned and np.isfinite(seconds[i]) and np.isfinite(seconds[j]):
            arcs.append((2 * count + i, 2 * count + j, round(10 * seconds[j])))
    want = plain(2 * count + len(ends), arcs)[:count, count : 2 * count]
    np.fill_diagonal(want, 0)
    want = want[np.ix_(net.internal, net.internal)]
    assert (deciseconds(n.tree(net, list(nodes.index), "from")) == want).all()
    assert (deciseconds(n.tree(net, list(nodes.index), "to")) == want.T).all()
    one_part_where_bans_hold(net, states, seconds, [(i, j) for i, j in turns if (i, j) not in banned])


def one_part_where_bans_hold(net, states, seconds, turns):
    """Places that may be snapped to can all be driven to and from each other, and no other such part has more road."""
    from scipy.sparse.csgraph import connected_components

    net = retimed(replace(net, forward_s=np.empty(0), own={}), net.profile)
    go = [(i, j) for i, j in turns if np.isfinite(seconds[i]) and np.isfinite(seconds[j])]
    graph = csr_array((np.ones(len(go), int), tuple(np.array(go, int).reshape(-1, 2).T)), shape=(len(states),) * 2)
    _, part = connected_components(graph, directed=True, connection="strong")
    # a state alone is a part only where it leads back to itself
    around = {part[i] for i, j in go if i != j and part[i] == part[j]}
    roads = {p: {states[k][0] for k in np.flatnonzero(part == p)} for p in around}
    metres = {p: sum(net.length_m[e] for e in edges) for p, edges in roads.items()}
    open_ = set(np.flatnonzero(net.snappable).tolist())
    if roads:
        best = max(metres.values())
        assert any(edges <= open_ and metres[p] == best for p, edges in roads.items())
        assert net.report.largest_share >= best / net.length_m.sum() - 1e-9
    inside = set(np.flatnonzero(net.component == 0).tolist())
    assert all({int(net.u[e]), int(net.v[e])} <= inside for e in open_)


@st.composite
def towns(draw):
    """A street lattice with a few one-way streets, a ferry-free roads layer with ids."""
    side = draw(st.integers(2, 4))
    lines, rows = [], []
    for i in range(side):
        for j in range(side):
            for di, dj in ((1, 0), (0, 1)):
                if i + di < side and j + dj < side:
                    lines.append(shapely.LineString([(500 * i, 500 * j), (500 * (i + di), 500 * (j + dj))]))
                    rows.append({"speed_kmh": draw(st.sampled_from([30.0, 50.0, np.nan])), "oneway": draw(st.sampled_from(["both", "both", "forward"])),
                                 "road_class": draw(st.sampled_from(["street", "local"]))})  # fmt: skip
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=lines, crs=CRS)
    return frame.assign(road_id=[f"r{k}" for k in range(len(frame))])


@few
@given(towns(), st.data())
def test_sums_within_reach_are_those_of_the_matrix(frame, data):
    """Each pair is rounded at another end, so the sums lie between those of the matrix a little sooner and a little later."""
    ids = frame["road_id"].tolist()
    ban = data.draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from("<>"), st.sampled_from(ids)), max_size=4))
    said = dict.fromkeys(ids, "")
    for a, side, b in ban:
        said[a] = ";".join(filter(None, [said[a], f"{side}{b}"]))
    net = n.from_layer(frame.assign(no_turn=[said[a] for a in ids]))
    assume(net.snappable.any())
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    spots = [gpd.GeoDataFrame(geometry=gpd.points_from_xy(*(rng.uniform(-300, 1_800, (2, k)))), crs=CRS) for k in (7, 30)]
    amounts = rng.integers(0, 9, 7).astype(float)
    minutes = n.matrix(net, *spots, max_m=400).to_dense().astype(np.float64)
    limits = np.array([1.0, 2.5, 6.0])
    low, high = ((amounts[:, None, None] * (minutes[:, :, None] <= limits + d)).sum(axis=0) for d in (-0.005, 0.005))
    for method in ("search", "hierarchy"):
        found = n.sums_within(net, spots[0], amounts, spots[1], limits, max_m=400, method=method)
        assert (low <= found).all()
        assert (found <= high).all()


@st.composite
def patch_lists(draw, ids):
    some = st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True).map(tuple)
    point = st.tuples(st.integers(0, 1_500), st.integers(0, 1_500))
    kinds = [
        st.builds(n.Close, some),
        st.builds(n.Speed, some, factor=st.sampled_from([0.5, 0.8, 2.0])),
        st.builds(n.Speed, some, speed_kmh=st.sampled_from([20.0, 90.0])),
        st.builds(n.Widen, some, speed_kmh=st.just(80.0)),
    ]
    out = draw(st.lists(st.one_of(*kinds), max_size=3))
    ends = draw(st.lists(st.tuples(point, point), max_size=2))
    for k, (a, b) in enumerate(ends):
        if np.hypot(a[0] - b[0], a[1] - b[1]) > 100:
            out.append(n.AddRoad(shapely.LineString([a, b]), 70.0, connect_m=1_500.0, edge_id=f"new{k}", oneway=draw(st.sampled_from(["both", "forward"]))))
    return out


@few
@given(towns(), st.data(), st.sampled_from([None, "summer", "winter"]))
def test_a_patched_network_equals_one_built_from_the_patched_layer(town, data, season):
    profile = n.SpeedProfile("law", factor={"street": 0.9}, junction_s=2.0, rules=(n.Rule(road_class="local", season="winter", factor=0.7),))
    patches = data.draw(patch_lists(list(town["road_id"])))
    net = n.from_layer(town, profile=profile)
    try:
        patched = net.with_patches(patches).at(season)
    except NetworkError as exc:
        # a drawn road may meet one place twice; nothing else is wrong with these patches
        assume("meet the same place" not in str(exc))
        raise
    layer = n.patched_layer(town, patches, profile=profile)
    built = n.from_layer(layer, profile=profile, season=season)

    def places(net):
        return list(zip(net.x[net.internal].round(3), net.y[net.internal].round(3), strict=True))

    a, b = places(patched), places(built)
    assert sorted(a) == sorted(b)
    for direction in ("to", "from"):
        one = pd.DataFrame(n.tree(patched, patched.node_ids, direction), index=pd.MultiIndex.from_tuples(a), columns=pd.MultiIndex.from_tuples(a))
        two = pd.DataFrame(n.tree(built, built.node_ids, direction), index=pd.MultiIndex.from_tuples(b), columns=pd.MultiIndex.from_tuples(b))
        assert (one == two.loc[one.index, one.columns]).all().all()


@few
@given(towns(), st.lists(st.tuples(st.integers(-100, 1_600), st.integers(-100, 1_600)), min_size=2, max_size=5, unique=True))
def test_minutes_between_points_do_not_depend_on_where_edges_are_cut(town, where):
    """Every street cut in three gives the same minutes: places inside chains are places on edges."""
    parts = []
    for row in town.itertuples():
        ends = shapely.get_coordinates(row.geometry)
        cut = [ends[0] + (ends[1] - ends[0]) * s for s in (0, 0.3, 0.7, 1)]
        parts += [{**row._asdict(), "road_id": f"{row.road_id}{k}", "geometry": shapely.LineString(cut[k : k + 2])} for k in range(3)]
    fine = n.from_layer(gpd.GeoDataFrame(parts, crs=CRS).drop(columns="Index"))
    coarse = n.from_layer(town)
    assume(coarse.snappable.any())
    pts = gpd.GeoDataFrame(geometry=[shapely.Point(p) for p in where], crs=CRS)
    one, two = (n.matrix(net, pts, pts).to_dense() for net in (coarse, fine))
    assert (np.isfinite(one) == np.isfinite(two)).all()
    assert np.nan_to_num(one, posinf=0) == pytest.approx(np.nan_to_num(two, posinf=0), abs=0.02)


@few
@given(webs(), st.data())
def test_a_route_takes_the_trees_minutes_along_edges_that_meet(web, data):
    nodes, edges = web
    net = n.from_edges(nodes, edges, crs=CRS)
    a, b = (data.draw(st.sampled_from(list(nodes.index))) for _ in range(2))
    minutes = float(n.tree(net, [a], "from")[0][nodes.index.get_loc(b)])
    way = n.route(net, a, b)
    assert way.reason == ("" if np.isfinite(minutes) else "disconnected")
    assert way.minutes == pytest.approx(minutes, abs=1e-5)
    if way.geometry is not None:
        ends = shapely.get_coordinates(way.geometry)[[0, -1]]
        want = nodes.loc[[a, b], ["x", "y"]].to_numpy()
        assert np.allclose(ends, want)
        assert way.geometry.length == pytest.approx(way.metres)
        assert way.turns["metres"].sum() == pytest.approx(way.metres)
        # minutes of its pieces, each unrounded, sum to the whole: all edges here are whole deciseconds
        assert way.turns["minutes"].sum() == pytest.approx(minutes, abs=1e-5)


@few
@given(towns(), st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)), st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)))
def test_a_route_between_points_takes_the_matrix_minutes(town, a, b):
    net = n.from_layer(town)
    assume(net.snappable.any())
    one, two = (gpd.GeoDataFrame(geometry=[shapely.Point(p)], crs=CRS) for p in (a, b))
    minutes = float(n.matrix(net, one, two).to_dense()[0, 0])
    way = n.route(net, one.geometry.iloc[0], two.geometry.iloc[0])
    assert way.minutes == pytest.approx(minutes, abs=0.005)
    if np.isfinite(minutes):
        legs = way.access_m / 5_000 * 60
        assert way.turns["minutes"].sum() == pytest.approx(way.minutes - legs, abs=0.02)


@laws
@given(webs(), st.floats(0, 2), st.sampled_from(["to", "from"]))
def test_opportunities_are_the_sums_over_a_trees_reached_nodes(web, cutoff, direction):
    nodes, edges = web
    net = n.from_edges(nodes, edges, crs=CRS)
    amounts = np.arange(1.0, len(nodes) + 1)
    minutes = n.tree(net, list(nodes.index), direction)
    want = [(amounts[np.rint(row.astype(float) * 600) <= round(cutoff * 600)]).sum() for row in minutes]
    assert n.opportunities(net, amounts, cutoff, direction).tolist() == want


@few
@given(webs(least=4), st.data())
def test_search_and_hierarchy_tell_the_same_to_the_last_decisecond(web, data):
    nodes, edges = web
    shut = data.draw(st.lists(st.sampled_from(list(nodes.index)), max_size=2, unique=True))
    net = n.from_edges(nodes, edges, crs=CRS, no_through=shut or None)
    cutoff = data.draw(st.one_of(st.none(), st.floats(0, 0.4)))
    for direction in ("to", "from"):
        one, two = (n.tree(net, list(nodes.index), direction, cutoff, method=m) for m in ("search", "hierarchy"))
        assert (one == two).all()
    pts = gpd.GeoDataFrame(geometry=[shapely.Point(p) for p in data.draw(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 300)), min_size=2, max_size=9, unique=True))], crs=CRS)
    assume(net.snappable.any())
    one, two = (n.matrix(net, pts, pts.iloc[:2], cutoff, method=m).to_dense() for m in ("search", "hierarchy"))
    assert (one == two).all()
    for workers in (1, 2):
        assert (n.matrix(net, pts, pts.iloc[:2], cutoff, method="hierarchy", workers=workers).to_dense() == one).all()
    assert (n.matrix(net, pts, pts.iloc[:2], cutoff, workers=1).to_dense() == one).all()


@few
@given(towns(), st.data())
def test_a_new_road_keeps_the_order_and_the_answer(town, data):
    net = n.from_layer(town)
    n.tree(net, net.node_ids[:1], method="hierarchy")
    a, b = data.draw(st.tuples(st.integers(0, 1_500), st.integers(0, 1_500))), data.draw(st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)))
    assume(np.hypot(a[0] - b[0], a[1] - b[1]) > 100)
    try:
        new = net.with_patches([n.AddRoad(shapely.LineString([a, b]), 70.0, connect_m=1_500.0)])
    except NetworkError as exc:
        assume("meet the same place" not in str(exc))
        raise
    assert "order" in new.shared
    one, two = (n.tree(new, new.node_ids, "from", method=m) for m in ("search", "hierarchy"))
    assert (one == two).all()
    # and again on top of it
    more = new.with_patches([n.Speed((town["road_id"].iloc[0],), factor=0.5)])
    assert more.shared is new.shared
    assert (n.tree(more, more.node_ids, method="search") == n.tree(more, more.node_ids, method="hierarchy")).all()
