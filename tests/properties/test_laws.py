"""Laws that hold whatever the input: more time never reaches less, names and order change nothing, sums are kept."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan import catchment as c
from landplan import network as n
from landplan import suitability as s
from landplan.errors import NetworkError
from landplan.grid import Grid
from landplan.kernels import distance
from landplan.od import ODMatrix
from landplan.units import format_number

CRS = "EPSG:3006"
laws = settings(deadline=None, derandomize=True, max_examples=25)
few = settings(deadline=None, derandomize=True, max_examples=8)


@st.composite
def graphs(draw, least: int = 3, most: int = 12):
    """Node coordinates on a 100 m raster, and edges with whole deciseconds, some of them one-way; always one ring."""
    count = draw(st.integers(least, most))
    cells = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=count, max_size=count, unique=True))
    nodes = pd.DataFrame({"x": [620_000.0 + 100 * i for i, _ in cells], "y": [6_940_000.0 + 100 * j for _, j in cells]})
    # a two-way path through every node keeps them in one component
    pairs = [(i, i + 1) for i in range(count - 1)]
    more = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count))
    pairs += [(a, b) for a, b in more if a != b]
    ds = draw(st.lists(st.integers(0, 2_000), min_size=len(pairs), max_size=len(pairs)))
    one = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    edges = pd.DataFrame(
        {"source": [p[0] for p in pairs], "target": [p[1] for p in pairs], "time_s": np.array(ds) / 10.0, "oneway": [o and i >= count - 1 for i, o in enumerate(one)]}
    )
    return nodes, edges


def points(xy, ids=None):
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*p) for p in xy], crs=CRS)
    return frame if ids is None else frame.set_axis(ids)


coordinates = st.tuples(st.integers(-300, 1_200), st.integers(-300, 1_200)).map(lambda p: (620_000.0 + p[0], 6_940_000.0 + p[1]))
masks = st.integers(0, 2**36 - 1).map(lambda bits: np.array([(bits >> i) & 1 for i in range(36)], bool).reshape(6, 6))


# ---------------------------------------------------------------- networks


@laws
@given(graphs(), st.lists(st.floats(0, 20), min_size=2, max_size=5))
def test_more_minutes_never_reach_fewer_nodes(graph, cutoffs):
    nodes, edges = graph
    net = n.from_edges(nodes, edges, crs=CRS)
    reached = [np.isfinite(n.tree(net, [0], "to", cutoff_min=m))[0] for m in sorted(cutoffs)]
    whole = n.tree(net, [0], "to")[0]
    for small, large in pairwise(reached):
        assert (large | ~small).all()
    for m, hit in zip(sorted(cutoffs), reached, strict=True):
        # inclusive, on whole deciseconds
        assert (hit == (np.rint(whole * 600) <= round(m * 600))).all()


@laws
@given(graphs(), st.randoms(use_true_random=False))
def test_names_and_order_of_nodes_and_edges_change_nothing(graph, random):
    nodes, edges = graph
    names = [f"n{i}" for i in range(len(nodes))]
    order = list(range(len(nodes)))
    random.shuffle(order)
    lines = list(range(len(edges)))
    random.shuffle(lines)
    renamed = edges.assign(source=[names[i] for i in edges["source"]], target=[names[i] for i in edges["target"]]).iloc[lines]
    a = n.from_edges(nodes, edges, crs=CRS)
    b = n.from_edges(nodes.set_axis(names).iloc[order], renamed, crs=CRS)
    for direction in ("to", "from"):
        want = pd.Series(n.tree(a, [1], direction)[0], index=names)
        got = pd.Series(n.tree(b, ["n1"], direction)[0], index=b.node_ids)
        assert (got[names] == want).all()


@laws
@given(graphs())
def test_turning_every_arc_around_swaps_to_and_from(graph):
    nodes, edges = graph
    turned = edges.rename(columns={"source": "target", "target": "source"})
    a, b = n.from_edges(nodes, edges, crs=CRS), n.from_edges(nodes, turned, crs=CRS)
    assert (n.tree(a, [0, 2], "to") == n.tree(b, [0, 2], "from")).all()
    assert (n.tree(a, [0, 2], "from") == n.tree(b, [0, 2], "to")).all()


@laws
@given(graphs())
def test_going_by_way_of_a_third_node_is_never_shorter(graph):
    nodes, edges = graph
    net = n.from_edges(nodes, edges, crs=CRS)
    d = np.rint(n.tree(net, list(nodes.index), "from").astype(np.float64) * 600)
    through = (d[:, :, None] + d[None, :, :]).min(axis=1)
    assert (d <= through).all()
    assert (np.diag(d) == 0).all()
    towards, away = n.tree(net, list(nodes.index), "to"), n.tree(net, list(nodes.index), "from")
    assert (away == towards.T).all()


@laws
@given(graphs(), st.lists(coordinates, min_size=2, max_size=6, unique=True))
def test_a_point_snaps_the_same_alone_and_in_a_crowd(graph, where):
    net = n.from_edges(*graph, crs=CRS)
    crowd = points(where, ids=[f"p{i}" for i in range(len(where))])
    together = n.snap(net, crowd, max_m=250)
    for name in crowd.index:
        alone = n.snap(net, crowd.loc[[name]], max_m=250)
        for column in together:
            a, b = alone[column].iloc[0], together.loc[name, column]
            assert a == b or (pd.isna(a) and pd.isna(b)), column


@laws
@given(graphs(), st.lists(coordinates, min_size=2, max_size=5, unique=True), st.floats(0.5, 10))
def test_a_matrix_is_the_same_from_either_side_and_its_cutoff_only_cuts(graph, where, cutoff):
    nodes, edges = graph
    net = n.from_edges(nodes, edges, crs=CRS)
    a = points(where, ids=[f"p{i}" for i in range(len(where))])
    b = points([(620_000.0, 6_940_000.0)], ids=["s"])
    there = n.matrix(net, a, b).to_dense()
    turned = n.from_edges(nodes, edges.rename(columns={"source": "target", "target": "source"}), crs=CRS)
    assert np.allclose(there, n.matrix(turned, b, a).to_dense().T, atol=1e-3)
    cut = n.matrix(net, a, b, cutoff_min=cutoff).to_dense()
    assert (cut == np.where(there <= np.float32(cutoff), there, np.inf)).all()


@few
@given(graphs())
def test_a_network_saved_and_loaded_is_the_same(graph):
    nodes, edges = graph
    net = n.from_edges(nodes, edges, crs=CRS)
    with tempfile.TemporaryDirectory(prefix="nät ") as folder:
        path = Path(folder) / "väg.npz"
        net.save(path)
        back = n.load(path)
    for name in ("x", "y", "internal", "u", "v", "forward_ds", "backward_ds", "length_m", "road_class", "is_ferry", "snappable", "component"):
        a, b = getattr(net, name), getattr(back, name)
        assert a.dtype == b.dtype, name
        assert (a == b).all(), name
    assert (net.mode, net.crs, net.profile, net.report) == (back.mode, back.crs, back.profile, back.report)
    assert net.node_ids.equals(back.node_ids)
    assert net.edge_ids.equals(back.edge_ids)
    assert shapely.equals_exact(net.geometry, back.geometry, 0.0).all()
    assert (n.tree(net, [0]) == n.tree(back, [0])).all()


@few
@given(graphs(least=4), st.lists(st.floats(0.3, 15), min_size=2, max_size=4, unique=True), coordinates)
def test_rings_nest_and_their_certificate_is_a_share(graph, levels, where):
    net = n.from_edges(*graph, crs=CRS)
    site = points([where], ids=["s"])
    at = n.snap(net, site, max_m=400, access_kmh=30)
    # a site off the network, or whose own leg takes longer than the last level, has no ring
    assume(at["reason"].iloc[0] == "" and at["access_min"].iloc[0] < max(levels) - 0.2)
    options = {"max_access_m": 100, "cell_m": 25, "max_snap_m": 400, "min_part_ha": 0.0, "access_kmh": 30}
    try:
        rings = n.isochrones(net, site, levels, **options)
    except NetworkError:
        # the nearest sample of a long, slow road may lie later than the last level
        assume(False)
    shapes = rings.areas.sort_values("minutes").geometry.to_list()
    for small, large in pairwise(shapes):
        assert small.difference(large.buffer(1e-6)).area < 1e-6
    assert ((rings.certificate[["commission", "omission"]] >= 0) & (rings.certificate[["commission", "omission"]] <= 1)).all().all()
    reached = rings.certificate.sort_values("minutes")["road_reached_km"]
    assert reached.is_monotonic_increasing


# ---------------------------------------------------------------- catchments and matrices

minutes_tables = st.lists(
    st.lists(st.one_of(st.just(np.inf), st.integers(0, 70).map(float)), min_size=2, max_size=2), min_size=1, max_size=15
).map(lambda rows: np.array(rows))


@laws
@given(minutes_tables, st.data())
def test_municipalities_and_localities_sum_to_the_catchment(dense, data):
    count = len(dense)
    people = data.draw(st.lists(st.integers(0, 500), min_size=count, max_size=count))
    working = [data.draw(st.integers(0, p)) for p in people]
    codes = data.draw(st.lists(st.sampled_from(["2262", "2280", "2281"]), min_size=count, max_size=count))
    ids = [f"q{i}" for i in range(count)]
    od = ODMatrix.from_dense(dense, origin_ids=ids, destination_ids=["a", "b"])
    squares = gpd.GeoDataFrame(
        {"square_id": ids, "population": people, "working_age": working, "municipality_code": codes, "locality_id": codes},
        geometry=gpd.points_from_xy(range(count), range(count)), crs=CRS,
    )
    for j, site in enumerate(("a", "b")):
        found = c.reach(od, squares, site_id=site, minutes=(15, 30, 60))
        for row in found.thresholds.itertuples():
            hit = dense[:, j] <= row.minutes
            assert row.population == np.array(people)[hit].sum()
            assert row.working_age == np.array(working)[hit].sum()
            for table in (found.municipalities, found.localities):
                part = table[table["minutes"] == row.minutes]
                assert part["population"].sum() == row.population
                assert part["working_age"].sum() == row.working_age
        assert found.thresholds["population"].is_monotonic_increasing
        assert found.squares["population"].sum() == sum(people)
        assert ((found.squares["reason"] == "") == np.isfinite(dense[:, j])).all()
    within = c.labour_within(od, pd.Series(people, index=ids, name="population", dtype=float), (15, 30, 60))
    assert within.loc["a"].tolist() == c.reach(od, squares, site_id="a", minutes=(15, 30, 60)).thresholds["population"].tolist()


def test_working_age_that_nobody_knows_is_empty_and_not_nobody():
    """A grid without the column must not say that no one of working age is within reach."""
    od = ODMatrix.from_dense(np.array([[5.0], [50.0]]), origin_ids=["a", "b"], destination_ids=["s"])
    squares = gpd.GeoDataFrame(
        {"square_id": ["a", "b"], "population": [10, 20], "municipality_code": ["2262", "2262"]}, geometry=[shapely.Point(0, 0)] * 2, crs=CRS
    )
    found = c.reach(od, squares, site_id="s", minutes=(1, 15, 60))
    assert found.thresholds["population"].tolist() == [0, 10, 30]
    assert found.thresholds["working_age"].isna().all()
    assert found.municipalities["working_age"].isna().all()
    known = c.reach(od, squares.assign(working_age=[6, 12]), site_id="s", minutes=(1, 15, 60))
    assert known.thresholds["working_age"].tolist() == [0, 6, 18]


@laws
@given(minutes_tables)
def test_an_od_matrix_goes_long_and_back(dense):
    od = ODMatrix.from_dense(dense, origin_ids=[f"o{i}" for i in range(len(dense))], destination_ids=["x", "y"])
    long = od.to_frame()
    assert len(long) == np.isfinite(dense).sum() == od.pairs
    back = ODMatrix.from_long(long, "origin", "destination", "minutes")
    # pairs that nobody reaches have no row; what is left is the same
    pd.testing.assert_frame_equal(
        back.to_frame().sort_values(["origin", "destination"], ignore_index=True), long.sort_values(["origin", "destination"], ignore_index=True),
        check_dtype=False,
    )
    assert (od.transposed().transposed().to_dense() == od.to_dense()).all()
    assert (od.transposed().to_dense() == od.to_dense().T).all()


# ---------------------------------------------------------------- grids and suitability


@laws
@given(masks, st.integers(0, 35))
def test_one_more_target_never_raises_a_distance(mask, extra):
    more = mask.copy()
    more.flat[extra] = True
    before, after = distance.euclidean(mask, 50.0), distance.euclidean(more, 50.0)
    assert (after <= before).all()
    assert after.flat[extra] == 0.0
    assert (distance.euclidean(mask[::-1, ::-1], 50.0)[::-1, ::-1] == before).all()
    turned = distance.euclidean(mask.T, 50.0)
    assert (before == turned.T).all()
    assert np.allclose(distance.euclidean(mask, 10.0) * 5, before)


GRID = Grid.cover((0, 0, 300, 300), cell_m=50, crs=CRS)
scored = st.lists(st.lists(st.one_of(st.just(np.nan), st.integers(0, 10).map(float)), min_size=36, max_size=36), min_size=1, max_size=4)


def made(raw, weights, blocked=(), **more):
    criteria = [s.Criterion(f"c{k}", np.array(v, np.float32).reshape(6, 6), s.value.linear(0, 10), w) for k, (v, w) in enumerate(zip(raw, weights, strict=True))]
    constraints = [s.Constraint(f"k{i}", m, hardness=h) for i, (m, h) in enumerate(blocked)]
    return s.evaluate(GRID, constraints, criteria, **more)


@laws
@given(scored, st.data())
def test_the_order_of_criteria_changes_nothing(raw, data):
    parts = data.draw(st.lists(st.integers(1, 9), min_size=len(raw), max_size=len(raw)))
    weights = [p / sum(parts) for p in parts]
    order = data.draw(st.permutations(range(len(raw))))
    a = made(raw, weights)
    b = made([raw[i] for i in order], [weights[i] for i in order])
    assert np.allclose(a.score, b.score, atol=1e-6, equal_nan=True)
    known = ~np.isnan(a.score)
    assert (known == ~np.isnan(np.array(raw)).any(axis=0).reshape(6, 6)).all()
    assert (a.score[known] >= 0).all()
    assert (a.score[known] <= 1 + 1e-6).all()
    # the limiting criterion loses as much in either order
    loss = [np.array(weights)[:, None, None] * (1 - a.scores), np.array([weights[i] for i in order])[:, None, None] * (1 - b.scores)]
    for r, col in np.argwhere(known):
        assert np.isclose(loss[0][a.limiting[r, col], r, col], loss[1][b.limiting[r, col], r, col], atol=1e-6)
    # splitting a criterion in two halves of its weight is the same plan
    split = made([*raw, raw[0]], [weights[0] / 2, *weights[1:], weights[0] / 2])
    assert np.allclose(a.score, split.score, atol=1e-6, equal_nan=True)


hardness = st.sampled_from(["absolute", "dispensation", "weigh"])


@laws
@given(st.lists(st.tuples(masks, hardness), min_size=1, max_size=5), masks)
def test_the_ledger_adds_up_and_excluded_land_is_never_allowed(blocked, inside):
    result = made([[10.0] * 36], [1.0], blocked, inside=inside)
    ledger = result.ledger
    assert np.allclose(ledger["alone_ha"] + ledger["shared_ha"], ledger["excluded_ha"])
    hard = np.zeros((6, 6), bool)
    for (mask, how), row in zip(blocked, ledger.itertuples(), strict=True):
        assert np.isclose(row.excluded_ha, (mask & inside).sum() * 0.25)
        if how != "weigh":
            hard |= mask
    assert not (result.allowed & hard).any()
    assert not (result.allowed & ~inside).any()
    assert (result.allowed == (inside & ~hard)).all()
    # what is shut out for one reason alone would be free without it
    for i, row in enumerate(ledger.itertuples()):
        without = made([[10.0] * 36], [1.0], [b for j, b in enumerate(blocked) if j != i], inside=inside)
        freed = (without.allowed.sum() - result.allowed.sum()) * 0.25
        if blocked[i][1] != "weigh":
            assert np.isclose(freed, row.alone_ha)
        else:
            assert freed == 0


@laws
@given(st.lists(st.tuples(masks, hardness), max_size=3), masks, st.lists(st.integers(0, 10), min_size=36, max_size=36), st.floats(0, 0.9))
def test_a_candidate_site_holds_no_excluded_cell_and_keeps_its_area(blocked, inside, raw, threshold):
    result = made([raw], [1.0], blocked, inside=inside)
    sites = s.candidate_sites(result, 0.5, 1.0, threshold=threshold, apart_m=50, count=5)
    x, y = GRID.centres()
    taken = np.zeros((6, 6), bool)
    for site in sites.itertuples():
        cells = shapely.contains_xy(site.geometry, *np.meshgrid(x, y))
        assert (result.allowed[cells]).all()
        assert (result.score[cells] >= threshold - 1e-6).all()
        assert not (taken & cells).any()
        taken |= cells
        assert 0.5 - 1e-9 <= site.area_ha <= 1.0 + 1e-9
        assert np.isclose(site.area_ha, site.geometry.area / 1e4)
        assert np.isclose(site.area_ha, cells.sum() * 0.25)
        assert site.geometry.geom_type == "Polygon"
    if len(sites):
        # a site scores as a named polygon of the same outline would
        again = s.score_sites(result, sites)
        assert np.allclose(again["score"], sites["score"], atol=1e-5)
        assert np.allclose(again["allowed_ha"], sites["area_ha"])


# ---------------------------------------------------------------- numbers


@laws
@given(st.floats(-1e9, 1e9, allow_nan=False), st.integers(0, 4), st.sampled_from(["sv", "en"]))
def test_a_written_number_reads_back(value, decimals, language):
    text = format_number(value, decimals, language=language)
    plain = text.replace("\u00a0", "").replace("\u2212", "-").replace(",", ".") if language == "sv" else text.replace(",", "")
    assert float(plain) == float(f"{value:.{decimals}f}")
    assert text.count(",") <= 1 or language == "en"
    # groups of three and no minus before nothing
    assert not text.startswith(("-0,0", "\u22120,0")) or any(ch in "123456789" for ch in text)
    assert format_number(float("nan"), decimals, language=language) == ""
    assert format_number(float("inf"), decimals, language=language) == ""


def test_a_sites_own_leg_counts_on_its_own_road_too():
    """600 m beside a road of 4 km: nothing of the road is reached before the leg has been walked."""
    roads = gpd.GeoDataFrame(
        {"road_class": ["street"], "speed_kmh": [60.0]}, geometry=[shapely.LineString([(620_000, 6_940_000), (624_000, 6_940_000)])], crs=CRS
    )
    net = n.from_layer(roads)
    site = points([(622_000.0, 6_940_600.0)], ids=["s"])
    leg = n.snap(net, site, access_kmh=5)["access_min"].iloc[0]
    assert np.isclose(leg, 600 * 1.3 / (5000 / 60))
    reached = n.isochrones(net, site, (leg + 1.0,), access_kmh=5, cell_m=25).certificate["road_reached_km"].iloc[0]
    assert abs(reached - 2.0) < 0.05  # a kilometre each way at 60 km/h


@laws
@given(st.tuples(*[st.integers(0, 290)] * 4), masks)
def test_a_named_site_never_has_more_free_land_than_land(box, blocked):
    x0, x1, y0, y1 = min(box[:2]), max(box[:2]) + 10, min(box[2:]), max(box[2:]) + 10
    result = made([[10.0] * 36], [1.0], [(blocked, "absolute")])
    site = gpd.GeoDataFrame(geometry=[shapely.box(x0, y0, x1, y1)], crs=CRS)
    row = s.score_sites(result, site).iloc[0]
    area = site.geometry.area.iloc[0] / 1e4
    assert -1e-9 <= row["allowed_ha"] <= area + 1e-9
    assert np.isclose(row["allowed_ha"] + row["excluded_ha_k0"], area)
