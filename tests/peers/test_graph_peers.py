"""Whole graphs that other tools have searched: New York, Porto Alegre on foot, Seattle, and the zones of four assignment networks.

Every graph here is searched by scipy's Dijkstra too, and whole deciseconds must be equal one by one.
"""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from landplan import network as n

# SOURCES.md: sums and longest of scipy's trees over the raw weights of USA-road-t.NY
NEW_YORK = {
    1: (233_812_473_957, 1_916_421), 1_000: (218_476_343_697, 1_855_168), 100_000: (193_790_211_482, 1_573_187),
    200_000: (132_192_592_647, 1_513_744),
}  # fmt: skip


def whole(minutes, factor=600.0):
    return np.rint(minutes.astype(np.float64) * factor).astype(np.int64)


def scattered(count, ids):
    """Places for a graph that has none; nothing is snapped, so any will do."""
    at = np.arange(count)
    return pd.DataFrame({"x": at % 600 * 100.0, "y": at // 600 * 100.0}, index=ids)


def scipy_graph(edges, size):
    """The lowest of parallel arcs, both ways unless `oneway`; weights of 0 stay arcs."""
    arcs = [edges[["source", "target", "w"]]]
    if "oneway" not in edges:
        arcs.append(edges.rename(columns={"source": "target", "target": "source"})[["source", "target", "w"]])
    table = pd.concat(arcs)
    table = table[table["source"] != table["target"]].groupby(["source", "target"], as_index=False)["w"].min()
    return csr_array((table["w"].to_numpy(np.float64), (table["source"], table["target"])), shape=(size, size))


def new_york(folder):
    with gzip.open(folder / "USA-road-d.NY.co.gz", "rt") as file:
        nodes = pd.DataFrame([line.split()[1:] for line in file if line.startswith("v ")], columns=["id", "x", "y"]).astype(np.int64)
    with gzip.open(folder / "USA-road-t.NY.gr.gz", "rt") as file:
        arcs = np.array([line.split()[1:] for line in file if line.startswith("a ")], np.int64)
    assert arcs.shape == (733_846, 3)
    arcs = pd.DataFrame(arcs, columns=["source", "target", "w"]).groupby(["source", "target"], as_index=False)["w"].min()
    assert len(arcs) == 730_100
    turned = arcs.rename(columns={"source": "target", "target": "source"})
    assert arcs.merge(turned, on=["source", "target", "w"]).shape[0] == len(arcs), "the graph is symmetric"
    nodes = nodes.set_index("id") * 0.1  # 1e-6 degrees as some 0.1 m: only the curve that orders nodes reads them
    return nodes, arcs[arcs["source"] < arcs["target"]].reset_index(drop=True)


def test_new_yorks_trees_sum_to_the_published_times_and_equal_scipys(shared):
    """264 346 nodes. A raw unit is taken as a decisecond, so that our whole deciseconds are the file's whole units.

    The minutes are handed over as float32, whose step at the longest time (3 194 min) is 0.15 of a unit: whole units survive.
    """
    nodes, edges = new_york(shared / "peers" / "dimacs")
    net = n.from_edges(nodes, edges.assign(time_s=edges["w"] / 10.0), crs="EPSG:32618")
    assert (net.n_nodes, net.n_edges, net.report.components) == (264_346, 365_050, 1)
    found = whole(n.tree(net, list(NEW_YORK), "from"))
    assert {k: (int(t.sum()), int(t.max())) for k, t in zip(NEW_YORK, found, strict=True)} == NEW_YORK
    graph = scipy_graph(edges.assign(source=edges["source"] - 1, target=edges["target"] - 1), len(nodes))
    assert (found[1] == dijkstra(graph, indices=999)).all()
    # the weights that the speed tables use: round(0.036 t) deciseconds, each way between two junctions one whole number
    ds = np.rint(0.036 * edges["w"])
    real = n.from_edges(nodes, edges.assign(time_s=ds / 10.0), crs="EPSG:32618")
    graph = scipy_graph(edges.assign(source=edges["source"] - 1, target=edges["target"] - 1, w=ds), len(nodes))
    times = whole(n.tree(real, [1, 200_000], "to"))
    assert (times == dijkstra(graph, indices=[0, 199_999])).all()
    assert times.max() < 69_000


@pytest.fixture(scope="module")
def walking(shared):
    """Porto Alegre on foot, a millimetre as a decisecond."""
    folder = shared / "peers" / "r5r_poa"
    nodes = pd.read_parquet(folder / "poa_walking_nodes.parquet")
    edges = pd.read_parquet(folder / "poa_walking_edges.parquet")
    import geopandas as gpd

    at = gpd.points_from_xy(nodes["lon"], nodes["lat"], crs=4326).to_crs(32722)
    table = pd.DataFrame({"source": edges["from_idx"], "target": edges["to_idx"], "w": np.rint(edges["length"] * 1000)})
    net = n.from_edges(pd.DataFrame({"x": at.x, "y": at.y}), table.assign(time_s=table["w"] / 10), crs="EPSG:32722", mode="walk")
    return net, table, folder


def test_walking_metres_are_igraphs(walking):
    """100 hexagons x 1 227. Both directions of the file's whole millimetres; the peer's figures are float32 metres.

    float32 holds 20 km to 1 mm either way, and our minutes likewise: 2 mm a pair, and the published sum to 1 in 10 million.
    """
    net, table, folder = walking
    assert (net.n_nodes, net.report.components) == (36_943, 1)
    peer = pd.read_parquet(folder / "reference" / "poa_walking_igraph_100xall_length.parquet").set_index("from_id")
    snap = pd.read_csv(folder / "reference" / "poa_walking_hex_snap.csv").set_index("id")["node_idx"]
    start, goal = snap[peer.index].to_numpy(), snap[peer.columns].to_numpy()
    ours = n.tree(net, start.tolist(), "from")[:, goal].astype(np.float64) * 0.6
    assert np.abs(ours - peer.to_numpy(np.float64)).max() < 2.5e-3
    assert ours.sum() == pytest.approx(857_052_928.742, rel=1e-7)
    exact = dijkstra(scipy_graph(table, net.n_nodes), indices=start[:20])
    assert np.abs(n.tree(net, start[:20].tolist(), "from").astype(np.float64) * 600 - exact).max() < 1.5
    # centimetres are small enough for float32 to hold each one
    cm = table.assign(w=np.rint(table["w"] / 10))
    net = n.from_edges(pd.DataFrame({"x": net.x[net.internal], "y": net.y[net.internal]}), cm.assign(time_s=cm["w"] / 10), crs="EPSG:32722")
    assert (whole(n.tree(net, start[:20].tolist(), "to")) == dijkstra(scipy_graph(cm, net.n_nodes), indices=start[:20])).all()


def test_the_nearest_schools_are_pandanas(walking):
    """Metres from every node of Porto Alegre to its five nearest places with a school, at most 3 000 (pandana 0.8).

    pandana keeps whole millimetres and cuts off what a float of the file's millimetres leaves over them (84.596 m is
    84.595): it is up to 4.1 mm short over a way, and never long.
    """
    net, _, folder = walking
    peer = pd.read_parquet(folder / "reference" / "poa_walking_pandana.parquet").set_index("node_idx")
    hexagons = pd.read_csv(folder / "poa_hexgrid.csv").set_index("id")
    snap = pd.read_csv(folder / "reference" / "poa_walking_hex_snap.csv").set_index("id")["node_idx"]
    schools = snap[hexagons.index[hexagons["schools"] > 0]].to_numpy()
    # 3 000 m as minutes of a millimetre a decisecond
    metres = n.tree(net, schools.tolist(), "to", cutoff_min=5_000.0).astype(np.float64) * 0.6
    nearest = np.minimum(np.sort(np.partition(metres, 4, axis=0)[:5], axis=0), 3_000.0)
    want = peer[[f"nearest_school_{k}_m" for k in range(1, 6)]].loc[range(net.n_nodes)].to_numpy().T
    assert (nearest - want).min() > -3e-4
    assert (nearest - want).max() < 4.2e-3
    assert nearest[0].mean() == pytest.approx(610.197, abs=1e-3)


def test_jobs_within_reach_are_pandanas(walking):
    """Jobs within 500 and 1 000 m of every node: equal but where a distance is the radius to pandana's millimetres."""
    net, _, folder = walking
    peer = pd.read_parquet(folder / "reference" / "poa_walking_pandana.parquet").set_index("node_idx").loc[range(net.n_nodes)]
    hexagons = pd.read_csv(folder / "poa_hexgrid.csv").set_index("id")
    snap = pd.read_csv(folder / "reference" / "poa_walking_hex_snap.csv").set_index("id")["node_idx"]
    jobs = hexagons["jobs"].fillna(0).groupby(snap[hexagons.index].to_numpy()).sum()
    jobs = jobs[jobs > 0]
    sums = np.zeros((2, net.n_nodes))
    edge = np.zeros((2, net.n_nodes))
    for at in range(0, len(jobs), 150):
        part = jobs.iloc[at : at + 150]
        metres = n.tree(net, part.index.tolist(), "to", cutoff_min=1_000.01 / 0.6).astype(np.float64) * 0.6
        for i, radius in enumerate((500.0, 1_000.0)):
            sums[i] += part.to_numpy() @ (metres <= radius)
            edge[i] += part.to_numpy() @ (np.abs(metres - radius) < 4.2e-3)
    for i, radius in enumerate((500, 1000)):
        off = np.abs(sums[i] - peer[f"jobs_sum_{radius}m_flat"].to_numpy())
        assert (off <= edge[i] + 1e-6).all()
        assert (off > 0).mean() < 1e-4


def test_seattles_sample_equals_scipy(shared):
    """pandana's sample of 1 498 nodes: weights as given (metres, some edges 1), the graph in several parts."""
    folder = shared / "peers" / "pandana"
    nodes, edges = (pd.read_parquet(folder / f"osm_sample_{what}.parquet") for what in ("nodes", "edges"))
    import geopandas as gpd

    at = gpd.points_from_xy(nodes["x"], nodes["y"], crs=4326).to_crs(32610)
    table = edges.rename(columns={"from": "source", "to": "target"}).assign(w=np.rint(edges["weight"] * 10))
    net = n.from_edges(pd.DataFrame({"x": at.x, "y": at.y}, index=nodes.index), table.assign(time_s=table["w"] / 10), crs="EPSG:32610")
    position = pd.Series(np.arange(len(nodes)), index=nodes.index)
    graph = scipy_graph(table.assign(source=position[table["source"]].to_numpy(), target=position[table["target"]].to_numpy()), len(nodes))
    want = dijkstra(graph)
    found = n.tree(net, nodes.index.tolist(), "from").astype(np.float64) * 600
    assert (np.isinf(found) == np.isinf(want)).all()
    reached = np.isfinite(want)
    assert (np.rint(found[reached]) == want[reached]).all()
    assert 1_498 < reached.sum() <= 1_498**2


def tntp(path):
    """Links of a .tntp file and the first node that a way may pass."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = {k.strip("< "): v for k, _, v in (line.partition(">") for line in lines if line.startswith("<"))}
    start = next(i for i, line in enumerate(lines) if line.startswith("<END OF METADATA>"))
    rows = [line.strip().rstrip(";").split() for line in lines[start + 1 :] if line.strip() and not line.strip().startswith("~")]
    links = pd.DataFrame(rows).iloc[:, [0, 1, 4]].set_axis(["source", "target", "minutes"], axis=1)
    links = links.astype({"source": int, "target": int, "minutes": float})
    assert len(links) == int(head["NUMBER OF LINKS"])
    return links, int(head["NUMBER OF NODES"]), int(head["FIRST THRU NODE"])


# folder, skim, first node one may pass, sum of the skim, minutes as whole units of a decisecond (0 where they are not whole)
ASSIGNMENT = [
    ("SiouxFalls/SiouxFalls", "SiouxFalls", 1, 6_254.0, 1),
    ("Anaheim/Anaheim", "Anaheim", 39, 17_490.321212, 0),
    ("Chicago-Sketch/ChicagoSketch", "ChicagoSketch", 1, 7_703_907.94, 100),
    ("chicago-regional/ChicagoRegional", "ChicagoRegional", 1_791, 14_800_377.692, 1_000),
]


@pytest.mark.parametrize(("stem", "skim", "thru", "total", "scale"), ASSIGNMENT)
def test_free_flow_skims_are_the_peers(shared, stem, skim, thru, total, scale):
    """Zone to zone over real assignment networks; no way passes a node below the first that the file says may be passed.

    In true seconds a way between two junctions is rounded once to 0.1 s, so a pair is at most 0.05 s off for each of its
    ways; measured 0.80 s at most in Anaheim, 0.68 s in Chicago's region, nothing in the two whose minutes are whole tenths
    of a second. Where the file's minutes are whole hundredths or thousandths, one of those taken as a decisecond leaves nothing
    to round and every pair is equal. Chicago's zone connectors take 0 minutes; they are arcs like any other.
    """
    folder = shared / "peers" / "tntp"
    links, count, first = tntp(folder / f"{stem}_net.tntp")
    assert first == thru
    peer = pd.read_parquet(folder / "reference" / f"{skim}_fft_skim.parquet").set_index("origin")
    want = peer.to_numpy(np.float64)
    assert want.sum() == pytest.approx(total, rel=1e-9)
    ids = np.arange(1, count + 1)
    zones = list(range(1, first))
    origins, goals = peer.index.tolist(), np.array([int(c) for c in peer.columns]) - 1

    def skims(seconds):
        table = links.assign(time_s=seconds, oneway=True)
        net = n.from_edges(scattered(count, ids), table, crs="EPSG:32616", no_through=zones or None)
        return n.tree(net, origins, "from")[:, goals].astype(np.float64)

    real = skims(links["minutes"] * 60)
    assert np.isfinite(real).all()
    assert np.abs(real - want).max() * 60 < (0.9 if skim in ("Anaheim", "ChicagoRegional") else 1e-3)
    assert real.sum() == pytest.approx(total, rel=2e-4)
    if scale:
        units = links["minutes"] * scale
        assert np.allclose(units, np.rint(units), atol=1e-6)
        exact = skims(np.rint(units) / 10)
        assert (np.rint(exact * 600) == np.rint(want * scale)).all()
        assert np.abs(want * scale - np.rint(want * scale)).max() < 1e-3
    if zones:
        # with the zones open some ways would run through them
        table = links.assign(time_s=links["minutes"] * 60, oneway=True)
        free = n.tree(n.from_edges(scattered(count, ids), table, crs="EPSG:32616"), origins, "from")[:, goals]
        assert (free <= real + 0.05).all()
        assert (free < real - 0.1).any()
