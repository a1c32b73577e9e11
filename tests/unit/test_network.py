"""Networks: building, snapping, trees, matrices, rings, saving."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from landplan import network as n
from landplan.errors import CRSError, LayerError, NetworkError
from landplan.network.osm import parse_duration_min, parse_maxspeed_kmh
from landplan.network.speeds import Attributes, travel_seconds
from tests.toy import BLOCK, CRS, X0, Y0, lattice


@pytest.fixture(scope="module")
def net():
    return n.from_layer(lattice())


def points(*xy, ids=None):
    return gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy([X0 + x for x, _ in xy], [Y0 + y for _, y in xy]), crs=CRS)


def roads(*rows, **columns):
    lines = [shapely.LineString(c) for c in rows]
    base = {"road_class": ["street"] * len(lines), "speed_kmh": [36.0] * len(lines)}
    return gpd.GeoDataFrame({**base, **columns}, geometry=lines, crs=CRS)


def test_a_lattice_becomes_its_corners_and_blocks(net):
    assert (net.n_nodes, net.n_edges) == (81, 144)
    assert net.report.components == 1
    assert net.report.largest_share == 1.0
    assert set(net.forward_ds) == {600}
    assert net.edges["forward_min"].tolist() == [1.0] * 144


def test_trees_equal_scipy_in_the_callers_order(net):
    indptr, head, weight = net.csr()
    graph = csr_array((weight, head, indptr), shape=(net.n_nodes,) * 2)
    want = dijkstra(graph, indices=net.internal[[5, 40]])[:, net.internal] / 600
    assert (n.tree(net, [5, 40], "from") == want.astype(np.float32)).all()
    assert (n.tree(net, [5, 40], "to") == want.astype(np.float32)).all()
    cut = n.tree(net, [40], "to", cutoff_min=3)
    assert (np.isfinite(cut) == (want[1] <= 3)).all()
    with pytest.raises(NetworkError, match="not a node"):
        n.tree(net, [999])


def test_minutes_are_partial_on_an_edge_and_access_is_added(net):
    a = points((BLOCK / 4, 0), ids=["a"])
    b = points((BLOCK / 2, 0), (1.5 * BLOCK, -60.0), ids=["same", "off"])
    m = n.matrix(net, a, b, access_kmh=6.0, detour=1.0).to_dense()
    assert m[0, 0] == pytest.approx(0.25)
    assert m[0, 1] == pytest.approx(1.25 + 0.6)


def test_to_and_from_differ_on_a_one_way_street():
    one = n.from_layer(
        roads([(0, 0), (600, 0)], [(600, 0), (600, 600)], [(600, 600), (0, 0)], oneway=["forward"] * 3)
    )
    frame = gpd.GeoDataFrame(index=["a", "b"], geometry=[shapely.Point(300, 0), shapely.Point(600, 300)], crs=CRS)
    m = n.matrix(one, frame, frame).to_dense()
    assert m[0, 1] == pytest.approx(0.5 + 0.5, abs=0.01)
    assert m[1, 0] == pytest.approx(0.5 + np.hypot(600, 600) / 600 + 0.5, abs=0.01)
    assert m[0, 0] == 0.0


def test_going_back_on_a_one_way_edge_means_going_round():
    one = n.from_layer(roads([(0, 0), (600, 0)], [(600, 0), (600, 600)], [(600, 600), (0, 0)], oneway=["forward"] * 3))
    frame = gpd.GeoDataFrame(index=["start", "end"], geometry=[shapely.Point(400, 0), shapely.Point(100, 0)], crs=CRS)
    m = n.matrix(one, frame, frame).to_dense()
    whole = (600 + 600 + np.hypot(600, 600)) / 600
    assert m[0, 1] == pytest.approx(whole - 0.5, abs=0.01)
    assert m[1, 0] == pytest.approx(0.5, abs=0.01)


def test_matrix_is_the_same_from_either_side(net):
    a, b = points((10, 5), (900, 700), (2_000, 1_999), ids=list("abc")), points((3_000, 30), ids=["z"])
    small = n.matrix(net, a, b).to_dense()
    wide = n.matrix(net, b, a).to_dense()
    assert np.allclose(small, wide.T, atol=1e-4)


def test_a_point_snaps_the_same_in_any_company(net):
    crowd = points((10, 5), (900, 700), (2_000, 1_990), ids=list("abc"))
    alone = n.snap(net, crowd.loc[["b"]])
    together = n.snap(net, crowd.iloc[::-1])
    pd.testing.assert_frame_equal(alone, together.loc[["b"]])


def test_far_points_are_off_the_network_and_unreachable(net):
    far = points((-9_000, 0), (0, 0), ids=["far", "near"])
    snapped = n.snap(net, far, max_m=500)
    assert snapped["reason"].tolist() == ["off_network", ""]
    od = n.matrix(net, far, points((0, 0), ids=["s"]), max_m=500)
    assert np.isinf(od.to_dense()[0, 0])


def test_snapping_keeps_to_the_largest_component():
    island = roads([(0, 0), (1_000, 0)], [(1_000, 0), (1_000, 1_000)], [(0, 50), (100, 50)])
    net = n.from_layer(island)
    at = n.snap(net, gpd.GeoDataFrame(geometry=[shapely.Point(50, 51)], crs=CRS))
    assert at["access_m"].iloc[0] == pytest.approx(51 * 1.3)
    assert net.report.components == 2


def test_ferries_take_crossing_half_headway_and_boarding_and_unknown_ones_are_closed():
    net = n.from_layer(
        roads(
            [(0, 0), (600, 0)], [(600, 0), (2_000, 0)], [(2_000, 0), (2_600, 0)], [(0, 0), (0, 900)],
            road_class=["street", "ferry", "street", "ferry"], ferry_minutes=[np.nan, 5, np.nan, np.nan],
            headway_min=[np.nan, 20, np.nan, np.nan],
        )
    )
    assert net.edges["forward_min"].iloc[1] == pytest.approx(5 + 10 + 3)
    assert np.isnan(net.edges["forward_min"].iloc[3])
    assert net.report.assumed == {"ferry without a crossing time, closed": 1}


def test_class_factors_slow_a_class_and_missing_speeds_are_counted():
    length, speed = np.array([600.0, 600.0]), np.array([36.0, np.nan])
    classes = np.array(["street", "street"], object)
    yes = np.ones(2, bool)
    edges = Attributes(length, speed, classes, yes, yes, ~yes)
    profile = n.SpeedProfile(factor={"street": 0.5}, default_kmh={"street": 72.0})
    forward, backward, assumed = travel_seconds(edges, profile, edge_ids=pd.Index([0, 1]), middle=None)
    assert forward.tolist() == backward.tolist() == [120.0, 60.0]
    assert {k: c for k, c in assumed.items() if c} == {"no speed stated, the class's default is used": 1}


def test_rings_nest_and_people_beyond_water_are_not_reached():
    net = n.from_layer(lattice())
    site = points((2_000, 2_000), ids=["s"])
    lake = gpd.GeoDataFrame(geometry=[shapely.box(X0 + 2_100, Y0 + 2_100, X0 + 2_400, Y0 + 2_400)], crs=CRS)
    iso = n.isochrones(net, site, (1, 2, 3), barriers=lake, max_access_m=200, cell_m=25)
    shapes = iso.areas.set_index("minutes").geometry
    assert shapes[1].within(shapes[2].buffer(1e-6))
    assert shapes[2].within(shapes[3].buffer(1e-6))
    assert shapes[3].intersection(lake.geometry.iloc[0].buffer(-60)).is_empty
    assert (iso.certificate[["commission", "omission"]] < 0.15).all().all()
    reached = iso.edges.groupby("minutes")["length_m"].sum()
    assert reached[1.0] == pytest.approx(4 * BLOCK)
    # blocks whose both ends lie within three: 4 at one, 12 more at two, 20 more at three minutes
    assert (reached / BLOCK).round(6).tolist() == [4.0, 12.0, 20.0]


@pytest.mark.parametrize("direction", ["to", "from"])
def test_reached_road_is_exact_on_the_sites_own_edge(direction):
    """600 m a minute along one road: a minute reaches 600 m each way, two minutes 1 200."""
    net = n.from_layer(roads([(0, 0), (6_000, 0)]))
    site = gpd.GeoDataFrame(geometry=[shapely.Point(2_000, 0)], crs=CRS)
    edges = n.isochrones(net, site, (1, 2), direction=direction).edges
    assert edges["length_m"].sum() == pytest.approx(2_400)
    assert edges.total_bounds[[0, 2]] == pytest.approx([800, 3_200])


def test_an_edge_reached_from_both_ends_is_late_in_its_middle():
    """A ring road of 2 400 m, the site on its south side: the far side's middle is 2 minutes away, its ends one."""
    net = n.from_layer(roads([(0, 0), (600, 0)], [(600, 0), (600, 600)], [(600, 600), (0, 600)], [(0, 600), (0, 0)]))
    site = gpd.GeoDataFrame(geometry=[shapely.Point(300, 0)], crs=CRS)
    short = n.isochrones(net, site, (1.75,)).edges
    assert short["length_m"].sum() == pytest.approx(2 * 1.75 * 600)
    whole = n.isochrones(net, site, (1.5, 2)).edges
    assert whole["length_m"].sum() == pytest.approx(2_400)
    far = whole[whole.geometry.map(lambda g: g.bounds[1] == 600)]
    assert far["minutes"].tolist() == [2.0]


def test_a_one_way_road_is_reached_only_with_its_direction():
    net = n.from_layer(roads([(0, 0), (6_000, 0)], [(6_000, 0), (3_000, 2_500), (0, 0)], oneway=["forward", "forward"]))
    site = gpd.GeoDataFrame(geometry=[shapely.Point(3_000, 0)], crs=CRS)
    towards = n.isochrones(net, site, (2,), direction="to").edges
    assert towards["length_m"].sum() == pytest.approx(1_200)
    assert towards.total_bounds[2] == pytest.approx(3_000)


def test_save_and_load_are_the_same_network(net, tmp_path):
    path = tmp_path / "nät.npz"
    net.save(path)
    back = n.load(path)
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.edges.drop(columns="geometry")), pd.DataFrame(net.edges.drop(columns="geometry")), check_names=False
    )
    assert shapely.equals_exact(back.geometry, net.geometry).all()
    assert back.report == net.report
    path.write_bytes(b"rubbish")
    with pytest.raises(NetworkError, match="not a saved network"):
        n.load(path)


def test_patches_leave_the_base_alone(net):
    from landplan.network.patches import with_patches

    name = net.edge_ids[0]
    slower = with_patches(net, [n.Speed((name,), 0.5), n.Close((net.edge_ids[1],))])
    assert slower.forward_ds[0] == 1200
    assert np.isnan(slower.edges["forward_min"].iloc[1])
    assert net.forward_ds[0] == 600
    with pytest.raises(NetworkError, match="not in the network"):
        with_patches(net, [n.Close(("nowhere",))])


BAD = {
    "amounts short": (lambda: n.sums_within(n.from_layer(lattice()), points((0, 0)), [1, 2], points((0, 0)), [5]), NetworkError, "one number a place"),
    "cutoffs fall": (lambda: n.sums_within(n.from_layer(lattice()), points((0, 0)), [1], points((0, 0)), [5, 4]), NetworkError, "rise"),
    "no metre": (lambda: n.from_layer(lattice().to_crs(4326)), CRSError, "degree"),
    "no crs": (lambda: n.from_layer(lattice().set_crs(None, allow_override=True)), CRSError, "has no CRS"),
    "no class": (lambda: n.from_layer(lattice().drop(columns="road_class")), LayerError, "road_class"),
    "no roads": (lambda: n.from_layer(lattice().iloc[:0]), NetworkError, "no road is left"),
    "stopped": (lambda: n.from_layer(lattice().assign(speed_kmh=0)), NetworkError, "speed of 0"),
    "only points": (lambda: n.from_layer(roads([(5, 5), (5, 5)])), NetworkError, "no length"),
    "degrees of points": (lambda: n.snap(n.from_layer(lattice()), points((0, 0)).to_crs(4326)), CRSError, "reproject"),
    "polygons": (lambda: n.snap(n.from_layer(lattice()), gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=CRS)), NetworkError, "needs points"),
    "off the map": (lambda: n.isochrones(n.from_layer(lattice()), points((-90_000, 0))), NetworkError, "more than"),
    "no file": (lambda: n.from_osm("nowhere.osm.pbf"), NetworkError, "does not exist"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_clear_error(case):
    make, kind, words = BAD[case]
    with pytest.raises(kind, match=words):
        make()


def test_edge_tables_are_checked():
    nodes = pd.DataFrame({"x": [0.0, 600.0], "y": [0.0, 0.0]}, index=["a", "b"])
    good = pd.DataFrame({"source": ["a"], "target": ["b"], "length_m": [600.0], "speed_kmh": [36.0]})
    assert n.from_edges(nodes, good, crs=CRS).edges["forward_min"].iloc[0] == 1.0
    oneway = n.from_edges(nodes, good.assign(oneway=True), crs=CRS)
    assert np.isinf(n.tree(oneway, ["a"], "to")[0, 1])
    for change, words in (
        ({"target": ["z"]}, "not in the node table"),
        ({"length_m": [-1.0]}, "negative"),
        ({"length_m": [np.nan]}, "not a number"),
        ({"speed_kmh": [0.0]}, "speed of 0"),
    ):
        with pytest.raises(NetworkError, match=words):
            n.from_edges(nodes, good.assign(**change), crs=CRS)
    with pytest.raises(NetworkError, match="more than once"):
        n.from_edges(nodes.set_axis(["a", "a"]), good, crs=CRS)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50", 50), ("30 mph", 48.28032), ("SE:urban", 50), ("none", None), ("", None), (None, None), ("0", None), ("70;50", 70)],
)
def test_maxspeed(text, kmh):
    assert parse_maxspeed_kmh(text) == (pytest.approx(kmh) if kmh else None)


@pytest.mark.parametrize(("text", "minutes"), [("00:12", 12), ("1:30", 90), ("PT1H5M", 65), ("20", 20), ("soon", None), (None, None)])
def test_duration(text, minutes):
    assert parse_duration_min(text) == minutes


def test_an_osm_file_cut_short_is_named(tmp_path, shared):
    whole = (shared / "peers" / "r5r_poa" / "poa_osm.pbf").read_bytes()
    short = tmp_path / "kort.osm.pbf"
    short.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NetworkError, match=r"kort\.osm\.pbf could not be read"):
        n.from_osm(short)


def test_osm_rules_on_a_hand_written_extract(tmp_path):
    nodes = "".join(f'<node id="{i}" lat="{62 + 0.001 * i}" lon="17" version="1"/>' for i in range(1, 8))

    def way(i, refs, **tags):
        inner = "".join(f'<nd ref="{r}"/>' for r in refs) + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        return f'<way id="{i}" version="1">{inner}</way>'

    ways = (
        way(10, [1, 2, 3], highway="residential", maxspeed="30")
        + way(11, [2, 4], highway="track", access="private")
        + way(12, [3, 5], highway="motorway")
        + way(13, [5, 6], route="ferry", duration="00:10")
        + way(14, [3, 6], highway="footway")
        + way(15, [2, 7], highway="primary", oneway="-1")
    )
    path = tmp_path / "liten.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    net = n.from_osm(path)
    edges = net.edges
    assert net.crs == "EPSG:3006"
    assert sorted(edges.index) == ["10-0", "10-1", "11-0", "12-0", "13-0", "15-0"]  # split where ways meet; a footway is left out
    assert np.isnan(edges.loc["12-0", "backward_min"])
    assert np.isnan(edges.loc["15-0", "forward_min"])
    assert edges.loc["13-0", "forward_min"] == pytest.approx(13.0)
    assert edges.loc["10-0", "forward_min"] == pytest.approx(edges.loc["10-0", "length_m"] / 500, rel=1e-2)
    assert "14-0" in n.from_osm(path, mode="walk").edges.index


def test_graphml_through_osmnx(tmp_path):
    import networkx as nx
    import osmnx as ox

    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for i, (x, y) in enumerate([(17.0, 62.0), (17.01, 62.0), (17.02, 62.0)]):
        graph.add_node(i, x=x, y=y)
    for a, b in [(0, 1), (1, 0), (1, 2)]:
        graph.add_edge(a, b, highway="residential", maxspeed="50", length=500.0, osmid=1)
    path = tmp_path / "graf.graphml"
    ox.io.save_graphml(graph, path)
    net = n.from_osm(path)
    assert net.n_nodes == 3
    assert np.isnan(net.edges["backward_min"]).all()
    with pytest.raises(NetworkError, match="does not exist"):
        n.from_osm(tmp_path / "none.graphml")


def test_a_place_by_name_through_osmnx(monkeypatch):
    """The graph osmnx would fetch: three streets, two of them one-way, with lists where ways were merged."""
    import networkx as nx
    import osmnx as ox
    import pyproj

    at = {10: (17.300, 62.500), 20: (17.310, 62.500), 30: (17.310, 62.505)}
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, (x, y) in at.items():
        graph.add_node(node, x=x, y=y)
    both = {"highway": "residential", "maxspeed": "30", "length": 514.0, "osmid": 1, "oneway": False}
    graph.add_edge(10, 20, **both)
    graph.add_edge(20, 10, **both)
    graph.add_edge(20, 30, highway=["primary", "trunk"], maxspeed=["70", "50"], length=557.0, osmid=[2, 3], oneway=True)
    graph.add_edge(30, 10, highway="residential", maxspeed="30", length=760.0, osmid=4, oneway=True)
    asked = []

    def fetched(query, **how):
        asked.append((query, how))
        return graph

    monkeypatch.setattr(ox.graph, "graph_from_place", fetched)
    net = n.from_osm("Timrå, Sweden")
    assert asked == [("Timrå, Sweden", {"network_type": "drive"})]
    assert net.crs == "EPSG:3006"
    assert net.n_nodes == 3
    edges = net.edges
    assert sorted(edges.index) == ["10-20-0", "20-10-0", "20-30-0", "30-10-0"]
    assert edges["backward_min"].isna().all(), "osmnx keeps an edge for each direction"
    assert edges.loc["20-30-0", "road_class"] == "primary"
    geod = pyproj.Geod(ellps="GRS80")
    for name, (a, b), kmh in (("10-20-0", (10, 20), 30), ("20-10-0", (20, 10), 30), ("20-30-0", (20, 30), 70), ("30-10-0", (30, 10), 30)):
        ground = geod.inv(*at[a], *at[b])[2]
        # SWEREF 99 TM's metres are within 4 in 10 000 of the ground's in Sweden; times are in tenths of a second
        assert edges.loc[name, "length_m"] == pytest.approx(ground, rel=4e-4)
        assert edges.loc[name, "forward_min"] == pytest.approx(edges.loc[name, "length_m"] / 1000 / kmh * 60, abs=0.05 / 60 + 1e-9)
    places = gpd.GeoDataFrame(index=list(at), geometry=gpd.points_from_xy(*zip(*at.values(), strict=True)), crs=4326).to_crs(3006)
    minutes = n.matrix(net, places, places, cutoff_min=60).to_dense()
    drive = edges["forward_min"]
    assert minutes[0, 2] == pytest.approx(drive["10-20-0"] + drive["20-30-0"], abs=1e-3)
    assert minutes[2, 1] == pytest.approx(drive["30-10-0"] + drive["10-20-0"], abs=1e-3), "not back along the one-way street"
    asked.clear()
    n.from_osm("Timrå, Sweden", mode="walk", crs="EPSG:3014")
    assert asked == [("Timrå, Sweden", {"network_type": "walk"})]


def test_a_place_that_cannot_be_fetched_says_what_to_use_instead(monkeypatch):
    import osmnx as ox

    def offline(query, **_):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(ox.graph, "graph_from_place", offline)
    with pytest.raises(NetworkError, match=r"'Timrå' could not be fetched \(no route to host\); use an \.osm\.pbf"):
        n.from_osm("Timrå")


def test_a_bridge_brings_people_within_reach_and_a_closure_takes_them_out():
    """Two banks, 6 km round; a bridge of 1.2 km in the middle. 600 m a minute."""
    banks = roads([(0, 0), (0, 3_000)], [(0, 3_000), (0, 6_000)], [(0, 6_000), (1_200, 6_000)], [(1_200, 6_000), (1_200, 3_000)], [(1_200, 3_000), (1_200, 0)])
    banks["road_id"] = list("abcde")
    before = n.from_layer(banks)
    after = before.with_patches([n.AddRoad(shapely.LineString([(5, 0), (1_195, 0)]), 36.0, edge_id="bro", name="bridge")])
    site = gpd.GeoDataFrame(index=["s"], geometry=[shapely.Point(0, 0)], crs=CRS)
    squares = gpd.GeoDataFrame({"population": [10, 20, 40], "municipality_code": ["1", "2", "2"]}, index=["near", "over", "far"],
                               geometry=[shapely.Point(0, 1_200), shapely.Point(1_200, 600), shapely.Point(1_200, 5_400)], crs=CRS)  # fmt: skip
    found = n.compare(before, after, site, limit_min=5, squares=squares)
    assert found.squares["status"].to_dict() == {"near": "unchanged", "over": "gained", "far": "out_of_reach"}
    # over: 6 000 + 1 200 + 5 400 m round, 1 200 + 600 m over the bridge
    assert found.squares["change_min"].to_dict() == pytest.approx({"near": 0.0, "over": 3 - 21, "far": 11 - 13}, abs=0.01)
    table = found.municipalities.set_index("municipality_code")
    assert table["gained"].to_dict() == {"1": 0, "2": 20}
    assert table["before"].to_dict() == {"1": 10, "2": 0}
    assert table["after"].to_dict() == {"1": 10, "2": 20}
    back = n.compare(after, before, site, limit_min=5, squares=squares)
    assert back.squares["status"].to_dict() == {"near": "unchanged", "over": "lost", "far": "out_of_reach"}
    assert back.municipalities["lost"].sum() == 20
    assert set(found.nodes["status"]) <= {"gained", "unchanged", "out_of_reach", "faster"}
    closed = n.compare(after, after.with_patches([n.Close(("bro",))]), site, limit_min=5, squares=squares)
    assert closed.squares["status"]["over"] == "lost"
    one_way = n.compare(before, before.with_patches([n.AddRoad(shapely.LineString([(5, 0), (1_195, 0)]), 36.0, oneway="forward")]), site, limit_min=5, squares=squares)
    assert one_way.squares["status"]["over"] == "out_of_reach"


def test_winter_closes_the_summer_road_and_slows_the_rest():
    profile = n.SpeedProfile("p", rules=(n.Rule(season="winter", factor=0.5), n.Rule(period="peak", road_class="street", cap_kmh=18.0)))
    net = n.from_layer(roads([(0, 0), (600, 0)], [(600, 0), (600, 600)], [(0, 0), (600, 600)], season=["", "", "summer"]), profile=profile)
    goal = float(net.n_nodes - 1)
    minutes = lambda **when: float(n.tree(net, [0], "from", **when)[0][int(goal)])  # noqa: E731
    # asked for no season, the summer road is closed and told
    assert minutes() == pytest.approx(2.0)
    assert net.report.assumed == {"open in one season only, closed because no season is asked for": 1}
    assert minutes(season="summer") == pytest.approx(np.sqrt(2), abs=0.002)
    assert "open in one season only, closed because no season is asked for" not in net.at("summer").report.assumed
    assert minutes(season="winter") == pytest.approx(4.0)
    assert minutes(season="winter", period="peak") == pytest.approx(4.0)
    assert minutes(season="summer", period="peak") == pytest.approx(2 * np.sqrt(2), abs=0.002)
    assert net.at("winter") is net.at("winter")
    with pytest.raises(NetworkError, match="knows no season 'wniter'; it has summer, winter"):
        minutes(season="wniter")
    with pytest.raises(NetworkError, match="knows no period 'night'; it has peak"):
        minutes(period="night")


def test_a_rule_may_hold_in_a_place_or_on_an_edge():
    net = n.from_layer(roads([(0, 0), (600, 0)], [(600, 0), (1_200, 0)]).assign(road_id=["a", "b"]))
    town = n.SpeedProfile("town", rules=(n.Rule(area=shapely.box(500, -10, 1_300, 10), speed_kmh=18.0),))
    assert net.with_profile(town).edges["forward_min"].tolist() == [1.0, 2.0]
    queue = n.SpeedProfile("queue", rules=(n.Rule(edges=("a",), factor=0.25),))
    assert net.with_profile(queue).edges["forward_min"].tolist() == [4.0, 1.0]
    with pytest.raises(NetworkError, match="edge 'c', which is not in the network"):
        net.with_profile(n.SpeedProfile("typo", rules=(n.Rule(edges=("c",)),)))


def test_a_new_road_must_meet_roads():
    net = n.from_layer(roads([(0, 0), (600, 0)]).assign(road_id=["a"]))
    with pytest.raises(NetworkError, match=r"its end at 300, 400 is 400 m from the nearest road; draw it to a road, or raise connect_m \(25 m\)"):
        net.with_patches([n.AddRoad(shapely.LineString([(0, 0), (300, 400)]), 50.0)])
    with pytest.raises(NetworkError, match="meet the same place"):
        net.with_patches([n.AddRoad(shapely.LineString([(0, 5), (0, 0)]), 50.0)])
    split = net.with_patches([n.AddRoad(shapely.LineString([(200, 10), (300, 300), (400, 0)]), 50.0)])
    assert split.edge_ids.tolist() == ["a", "a~1", "a~2", "new"]
    assert split.length_m[:3] == pytest.approx([200, 200, 200])
    assert (split.n_nodes, split.report.components) == (4, 1)


def test_calibration_finds_the_factors_that_made_the_times():
    """Times made with trunk roads at 0.8 and streets at 0.9 of their speed are found again from the network's own speeds."""
    rng = np.random.default_rng(5)
    town = lattice()
    town["road_class"] = np.where(np.arange(len(town)) % 3 == 0, "trunk", "street")
    net = n.from_layer(town)
    truth = net.with_profile(n.SpeedProfile("truth", factor={"trunk": 0.8, "street": 0.9}))
    places = points(*rng.uniform(0, 4_000, (12, 2)).tolist(), ids=[f"p{k}" for k in range(12)])
    pairs = [(f"p{i}", f"p{j}") for i in range(12) for j in range(12) if i != j]
    seen = n.matrix(truth, places, places).to_dense()
    observed = pd.DataFrame({"origin": [a for a, _ in pairs], "destination": [b for _, b in pairs],
                             "minutes": [seen[int(a[1:]), int(b[1:])] for a, b in pairs]})  # fmt: skip
    observed = observed[observed["minutes"] > 0]
    found = n.calibrate(net, observed, places, prior_weight=1e-9)
    assert found.profile.factor == pytest.approx({"trunk": 0.8, "street": 0.9}, abs=0.005)
    assert found.rmse_after_min < 0.02 < found.rmse_before_min
    assert found.settled
    assert found.residuals["after_min"].to_numpy() == pytest.approx(observed["minutes"].to_numpy(), abs=0.1)
    # bounds hold and are named
    tight = n.calibrate(net, observed, places, low=0.95, high=1.0)
    assert set(tight.factors["bound"]) == {"low"}
    assert any("low bound" in line for line in tight.lines())
    # with little to go by, the profile's own factors stay
    one = n.calibrate(net, observed.iloc[:1], places, prior_weight=1e3)
    assert one.factors["after"].to_numpy() == pytest.approx(1.0, abs=0.01)
    with pytest.raises(NetworkError, match="'nowhere' is not in the table of places"):
        n.calibrate(net, observed.assign(origin="nowhere"), places)
    with pytest.raises(NetworkError, match="off network"):
        n.calibrate(net, observed, places.assign(geometry=shapely.Point(-9e5, 0)))


@pytest.mark.parametrize(("mode", "flat_kmh"), [("walk", 5.0), ("bike", 15.0)])
def test_hills_slow_the_way_up_and_not_the_way_along(mode, flat_kmh):
    """A hillside that rises one metre in twenty to the east: exact by Tobler and by the curve, in every bend of a road."""
    from landplan.network.elevation import slope_factor, tobler_factor

    rows = [[(0, 0), (600, 0)], [(0, 0), (0, 600)], [(600, 0), (600, 300), (900, 300)]]
    net = n.from_layer(roads(*rows, speed_kmh=[50.0] * 3), mode=mode)
    hill = n.with_elevation(net, lambda x, y: 0.05 * x)
    by = tobler_factor if mode == "walk" else slope_factor
    up, down = (float(by(np.array([g]))[0]) for g in (0.05, -0.05))
    flat = 0.6 / flat_kmh * 60
    assert hill.edges["forward_min"].tolist() == pytest.approx([flat * up, flat, flat * (1 + up) / 2])
    assert hill.edges["backward_min"].tolist() == pytest.approx([flat * down, flat, flat * (1 + down) / 2])
    assert up > 1.15
    assert hill.report.assumed == net.report.assumed
    # snow on top of the slope, stairs slower than streets
    assert hill.at("winter").edges["forward_min"].iloc[0] == pytest.approx(flat * up / (0.85 if mode == "walk" else 0.75))
    assert net.edges["forward_min"].tolist() == pytest.approx([flat] * 3)
    half = n.with_elevation(net, lambda x, y: np.where(x > 700, np.nan, 0.0))
    assert half.report.assumed["no height known, counted as flat"] == 1
    with pytest.raises(NetworkError, match="a car network has none"):
        n.with_elevation(n.from_layer(roads(rows[0])), lambda x, y: x)


def test_a_bridge_does_not_dip_into_its_valley():
    lines = roads([(0, 0), (600, 0)], [(600, 0), (1_200, 0)]).assign(bridge=[False, True])
    valley = lambda x, y: np.where((x > 600) & (x < 1_200), -40.0, 0.0)  # noqa: E731
    net = n.with_elevation(n.from_layer(lines, mode="walk"), valley)
    assert net.edges["forward_min"].tolist() == pytest.approx([7.2, 7.2])
    bare = n.with_elevation(n.from_layer(lines.drop(columns="bridge"), mode="walk"), valley)
    assert bare.edges["forward_min"].iloc[1] > 7.5


def test_stairs_are_walked_slowly_and_shut_to_cars():
    lines = roads([(0, 0), (600, 0)], [(600, 0), (1_200, 0)], road_class=["street", "steps"], speed_kmh=[30.0, np.nan])
    assert n.from_layer(lines, mode="walk").edges["forward_min"].tolist() == pytest.approx([7.2, 18.0])
    assert n.from_layer(lines, mode="car").report.dropped == {"not for car": 1}


def test_a_network_of_one_node_and_of_none():
    one = n.from_edges(pd.DataFrame({"x": [0.0], "y": [0.0]}, index=["a"]), pd.DataFrame({"source": [], "target": [], "time_s": []}), crs=CRS)
    assert n.tree(one, ["a"]).tolist() == [[0.0]]
    assert n.opportunities(one, [3.0], 5).tolist() == [3.0]
    assert n.route(one, "a", "a").minutes == 0.0
    assert one.report.components == 1
    with pytest.raises(NetworkError, match="no edge to snap to"):
        n.snap(one, points((0, 0)))
    with pytest.raises(NetworkError, match="node table is empty"):
        n.from_edges(pd.DataFrame({"x": [], "y": []}), pd.DataFrame({"source": [], "target": [], "time_s": []}), crs=CRS)


def test_both_ways_drawn_twice_zero_lengths_and_long_times():
    nodes = pd.DataFrame({"x": [0.0, 600.0], "y": [0.0, 0.0]}, index=["a", "b"])
    twice = pd.DataFrame({"source": ["a", "b", "a", "a"], "target": ["b", "a", "a", "b"], "time_s": [30.0, 20.0, 5.0, 0.0]})
    net = n.from_edges(nodes, twice, crs=CRS)
    assert net.report.dropped == {"loop": 1}
    assert n.tree(net, ["a"]).tolist() == [[0.0, 0.0]]
    slow = twice.assign(time_s=[30.0, 20.0, 5.0, 1e7]).iloc[:]
    with pytest.raises(NetworkError, match=r"edge 2 takes 2778 hours \(600 m\); is its time in seconds"):
        n.from_edges(nodes, slow, crs=CRS)


def test_squares_are_told_by_their_own_minutes():
    net = n.from_layer(roads([(0, 0), (6_000, 0)]))
    site = gpd.GeoDataFrame(index=["s"], geometry=[shapely.Point(0, 0)], crs=CRS)
    boxes = [shapely.box(x - 50, y - 50, x + 50, y + 50) for x, y in ((600, 0), (1_800, 0), (4_000, 0), (600, 9_000))]
    squares = gpd.GeoDataFrame({"square_id": list("abcd")}, geometry=boxes, crs=CRS)
    table = n.isochrones(net, site, (2, 4), squares=squares).squares
    assert table["minutes"].tolist() == pytest.approx([1.0, 3.0, np.nan, np.nan], nan_ok=True)
    assert table["level"].tolist() == pytest.approx([2.0, 4.0, np.nan, np.nan], nan_ok=True)
    assert table["reason"].tolist() == ["", "", "beyond_cutoff", "off_network"]


def test_the_sample_areas_speeds_can_be_calibrated_on_the_published_minutes():
    """Torsboda to Sundsvall, Härnösand, Timrå and the airport; the demonstration roads are some 2 minutes slow before."""
    from landplan.content import shipped_plan
    from landplan.layers import Store
    from landplan.plan import read
    from landplan.run import read_layers

    plan = read(shipped_plan("torsboda"))
    data = read_layers(plan, Store(plan), lambda share: None)
    net = n.from_layer(data.layers["roads"].frame, season="summer")
    towns, sites = data.layers["localities"].frame.set_index("name").geometry, data.layers["facilities"].frame.set_index("kind").geometry
    where = {"Torsboda": data.sites.geometry.iloc[0], "Flygplats": sites.loc[["airport"]].iloc[0]}
    where |= {name: towns.loc[[name]].iloc[0] for name in ("Sundsvall", "Härnösand", "Timrå")}
    places = gpd.GeoDataFrame(index=list(where), geometry=list(where.values()), crs=net.crs)
    published = pd.DataFrame({"origin": "Torsboda", "destination": ["Sundsvall", "Härnösand", "Timrå", "Flygplats"], "minutes": [15.0, 20.0, 10.0, 6.0]})
    found = n.calibrate(net, published, places, access_kmh=15.0)
    assert found.rmse_after_min < 0.3 < 1.5 < found.rmse_before_min
    assert found.factors["after"].between(0.6, 1.2).all()
    assert (found.residuals["error_after_min"].abs() < 0.5).all()
    # the road north is one line in the list of turns, as it is on the signs
    way = n.route(net, places.geometry["Torsboda"], places.geometry["Härnösand"])
    assert way.turns["road"].tolist().count("E4") == 1
    assert way.minutes == pytest.approx(found.residuals.set_index("destination").loc["Härnösand", "before_min"], abs=1.0)


def test_who_stands_at_a_centroid_may_leave_it_by_every_connector():
    nodes = pd.DataFrame({"x": [0.0, 1000, 2000, 0, 2000], "y": [0.0, 0, 0, 500, 500]}, index=["A", "Z", "B", "A2", "B2"])
    edges = pd.DataFrame({"source": ["A", "B", "A", "B", "A2"], "target": ["Z", "Z", "A2", "B2", "B2"],
                          "length_m": [1000.0, 1000, 500, 500, 6000], "speed_kmh": 60.0})  # fmt: skip
    net = n.from_edges(nodes, edges, crs=CRS, no_through=["Z"])
    at = lambda *p: gpd.GeoDataFrame(geometry=[shapely.Point(q) for q in p], crs=CRS)  # noqa: E731
    assert n.matrix(net, at((1000, 0)), at((0, 0), (2000, 0))).to_dense().tolist() == [[1.0, 1.0]]
    assert n.matrix(net, at((0, 0), (2000, 0)), at((1000, 0))).to_dense().tolist() == [[1.0], [1.0]]
    assert n.matrix(net, at((0, 0)), at((2000, 0))).to_dense()[0, 0] == pytest.approx(7.0)
    assert n.route(net, shapely.Point(1000, 0), shapely.Point(2000, 0)).minutes == pytest.approx(1.0)


def test_a_turn_ban_is_not_for_who_starts_at_the_junction():
    lines = roads([(1000, 0), (0, 0)], [(3000, 0), (1000, 0)], [(1000, 1000), (1000, 0)], road_class=["street"] * 3, speed_kmh=[60.0] * 3)
    net = n.from_layer(lines.assign(road_id=["w", "e", "nn"], no_turn=["<nn", "", ""]))
    one, two = (gpd.GeoDataFrame(geometry=[shapely.Point(p)], crs=CRS) for p in ((1000, 0), (1000, 1000)))
    assert n.matrix(net, one, two).to_dense()[0, 0] == pytest.approx(1.0)
    assert n.compare(net, net, two).nodes["before_min"].min() == pytest.approx(0.0)


def test_what_only_a_banned_turn_leads_to_is_not_snapped_to():
    """A street that may be left but not entered: who lives there would be unreachable in silence."""
    lines = roads([(1000, 0), (0, 0)], [(3000, 0), (1000, 0)], [(1000, 900), (1000, 0)], road_class=["street"] * 3, speed_kmh=[60.0] * 3)
    net = n.from_layer(lines.assign(road_id=["w", "e", "north"], no_turn=["<north", ">north", ">north"]))
    assert net.report.components == 2
    assert net.report.largest_share == pytest.approx(3000 / 3900)
    home = gpd.GeoSeries([shapely.Point(1000, 800)], crs=CRS)
    found = n.snap(net, home)
    assert found["edge"].iloc[0] != "north"
    assert found["access_m"].iloc[0] == pytest.approx(800 * 1.3)
    assert np.isfinite(n.matrix(net, home, gpd.GeoSeries([shapely.Point(0, 0)], crs=CRS)).to_dense()).all()
    assert n.snap(n.from_layer(lines.assign(road_id=["w", "e", "north"])), home)["edge"].iloc[0] == "north"


def test_two_million_points_each_on_its_own():
    """Points in the sea are counted, the others are where each would be alone."""
    net = n.from_layer(lattice())
    some = points((250, 20), (1_990, 1_010), (700, 3_999), (90_000, 90_000), (505, 505))
    alone = pd.concat([n.snap(net, some.iloc[[i]], max_m=500.0) for i in range(len(some))])
    at = np.random.default_rng(3).integers(0, len(some), 2_000_000)
    found = n.snap(net, gpd.GeoSeries(some.geometry.to_numpy()[at], crs=CRS), max_m=500.0)
    assert (found["reason"] == "off_network").sum() == (at == 3).sum()
    for column in ("edge", "offset_m", "access_m"):
        want = alone[column].to_numpy()[at]
        assert ((found[column].to_numpy() == want) | (pd.isna(want) & found[column].isna().to_numpy())).all()


def test_a_season_keeps_the_networks_period_and_a_cut_road_its_rules():
    profile = n.SpeedProfile("p", rules=(n.Rule(season="winter", factor=0.5), n.Rule(period="peak", factor=0.5), n.Rule(season="winter", closed=True, edges=("b",))))
    net = n.from_layer(roads([(0, 0), (600, 0)], [(0, 0), (0, 600)]).assign(road_id=["a", "b"]), profile=profile).at("winter", "peak")
    for asked in ({}, {"season": "winter"}, {"period": "peak"}):
        assert n.tree(net, [0], "from", **asked)[np.isfinite(n.tree(net, [0], "from", **asked))].max() == pytest.approx(4.0)
    cut = net.with_patches([n.AddRoad(shapely.LineString([(0, 300), (300, 300), (300, 0)]), 36.0)]).edges
    assert np.isnan(cut.loc[["b", "b~1"], "forward_min"]).all()
    same = roads([(0, 0), (600, 0)], [(600, 0), (900, 0)]).assign(road_id="b")
    assert np.isnan(n.from_layer(same, profile=profile, season="winter").edges["forward_min"]).all()
