"""Figures that other tools computed on real files: DIMACS trees, igraph's driving times, GDAL's Horn slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rasterio
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from landplan import network as n
from landplan.kernels.terrain import slope_percent

# SOURCES.md, "dimacs (Peer networkit = scipy) rome99 distance sums"; every node is reached.
ROME = {1: 116_006_476, 100: 100_781_948, 1000: 37_393_514, 2000: 34_556_979, 3000: 98_613_023}


@pytest.fixture(scope="module")
def rome(shared):
    """rome99.gr with a metre as a decisecond, so that our whole deciseconds are its whole metres."""
    text = (shared / "peers" / "dimacs" / "rome99.gr").read_text(encoding="utf-8")
    arcs = np.array([line.split()[1:] for line in text.splitlines() if line.startswith("a ")], np.int64)
    assert arcs.shape == (8_870, 3)
    # the file has no coordinates; any will do, since no point is snapped
    nodes = pd.DataFrame({"x": np.arange(3_353) % 60 * 100.0, "y": np.arange(3_353) // 60 * 100.0}, index=np.arange(1, 3_354))
    edges = pd.DataFrame({"source": arcs[:, 0], "target": arcs[:, 1], "time_s": arcs[:, 2] / 10.0, "oneway": True})
    return n.from_edges(nodes, edges, crs="EPSG:32633"), arcs


def metres(minutes):
    return np.rint(minutes.astype(np.float64) * 600.0).astype(np.int64)


def test_rome99_trees_sum_to_the_published_metres(rome):
    net, _ = rome
    assert net.n_nodes == 3_353
    found = metres(n.tree(net, list(ROME), "from"))
    assert dict(zip(ROME, found.sum(axis=1).tolist(), strict=True)) == ROME
    assert found[0].max() == 69_102
    assert found[0, -1] == 30_305


def test_rome99_towards_a_node_is_the_turned_graph(rome):
    net, arcs = rome
    kept = pd.DataFrame(arcs, columns=["u", "v", "m"]).groupby(["v", "u"], as_index=False)["m"].min()
    turned = csr_array((kept["m"], (kept["v"] - 1, kept["u"] - 1)), shape=(3_353, 3_353))
    want = dijkstra(turned, indices=[0, 999])
    assert (metres(n.tree(net, [1, 1000], "to")) == want).all()
    # Rome has one-way streets: the two directions are not the same
    assert (metres(n.tree(net, [1], "to")) != metres(n.tree(net, [1], "from"))).any()


def hops(before, source, targets):
    """Edges of the path from a source to each target, from scipy's predecessors."""
    count = np.zeros(targets.size, np.int64)
    here = targets.copy()
    while (walking := here != source).any():
        here[walking] = before[here[walking]]
        count[walking] += 1
    return count


def test_driving_times_equal_igraphs_within_the_rounding_of_their_edges(shared):
    """100 hexagons x 1 227 of Porto Alegre, real one-way streets.

    Our time of a way between two junctions is rounded to 0.1 s, so it is at most 0.05 s off. Let P be the peer's path:
    ours <= peer + 0.05 |P|, with |.| the edges of a path, and as much below at most. The peer's file holds whole milliseconds as float32, which adds less than 0.001 s.
    """
    folder = shared / "peers" / "r5r_poa"
    nodes = pd.read_parquet(folder / "poa_driving_nodes.parquet")
    edges = pd.read_parquet(folder / "poa_driving_edges.parquet")
    table = pd.read_parquet(folder / "reference" / "poa_driving_igraph_100xall_seconds.parquet").set_index("from_id")
    snap = pd.read_csv(folder / "reference" / "poa_driving_hex_snap.csv").set_index("id")["node_idx"]
    peer = table.to_numpy(np.float64)
    assert peer.shape == (100, 1_227)
    assert peer.sum() == pytest.approx(71_354_794.852, abs=1.0)

    import geopandas as gpd

    at = gpd.points_from_xy(nodes["lon"], nodes["lat"], crs=4326).to_crs(32722)

    def build(seconds):
        table = pd.DataFrame({"source": edges["from_idx"], "target": edges["to_idx"], "time_s": seconds, "oneway": True})
        return n.from_edges(pd.DataFrame({"x": at.x, "y": at.y}), table, crs="EPSG:32722")

    net = build(edges["seconds"])
    assert (net.n_nodes, net.n_edges) == (20_602, 38_441 - int((edges["from_idx"] == edges["to_idx"]).sum()))
    assert net.report.components == 1
    start = snap[table.index].to_numpy()
    goal = snap[table.columns].to_numpy()
    ours = n.tree(net, start.tolist(), "from")[:, goal].astype(np.float64) * 60.0
    assert np.isfinite(ours).all()

    def shortest(weights):
        kept = edges.assign(w=weights)[edges["from_idx"] != edges["to_idx"]].groupby(["from_idx", "to_idx"], as_index=False)["w"].min()
        graph = csr_array((kept["w"], (kept["from_idx"], kept["to_idx"])), shape=(len(nodes),) * 2)
        return dijkstra(graph, indices=start, return_predecessors=True)

    exact, path = shortest(edges["seconds"].to_numpy())
    assert np.abs(exact[:, goal] - peer).max() < 1e-3  # the same graph as the peer's, to float32
    longest = np.array([hops(path[i], start[i], goal) for i in range(100)])
    off = ours - peer
    assert (off <= 0.05 * longest + 1e-3).all()
    # a shortest path prefers ways rounded down, so that the sum comes out a little low (0.025 %, 0.14 s a pair)
    assert ours.sum() == pytest.approx(71_354_794.852, rel=4e-4)
    assert (off >= -0.05 * longest.max()).all()
    # exact where every edge is a whole number of deciseconds
    whole = build(np.rint(edges["seconds"] * 10) / 10)
    tenths, _ = shortest(np.rint(edges["seconds"].to_numpy() * 10))
    assert (np.rint(n.tree(whole, start.tolist(), "from").astype(np.float64) * 600) == tenths).all()
    # the reverse tree, the catchment's direction, gives the same pairs
    back = n.tree(net, goal[:5].tolist(), "to")[:, start].astype(np.float64) * 60.0
    assert np.abs(back.T - ours[:, :5]).max() < 1e-3


def read(path):
    with rasterio.open(path) as source:
        data = source.read(1).astype(np.float32)
        data[data == source.nodata] = np.nan
        return data, source.transform.a


@pytest.fixture(scope="module")
def slope(shared):
    folder = shared / "peers" / "gdal_raster"
    height, cell = read(folder / "aachen_dem_50m.tif")
    return slope_percent(height, cell), height, folder


def test_horn_slope_is_gdals_in_degrees(slope):
    """gdaldem slope without -compute_edges leaves the rim and every cell beside nodata empty, as we do."""
    ours, _, folder = slope
    peer, _ = read(folder / "slope_horn_deg.tif")
    known = ~np.isnan(peer)
    assert (np.isnan(ours) == ~known).all()
    degrees = np.degrees(np.arctan(ours[known].astype(np.float64) / 100.0))
    assert np.abs(degrees - peer[known]).max() < 1e-3
    assert degrees.mean() == pytest.approx(3.435608748618, abs=1e-6)
    assert degrees.max() == pytest.approx(43.104080, abs=1e-3)


def test_horn_slope_is_gdals_in_per_cent_inside_the_rim(slope):
    """-compute_edges extrapolates a made-up row beyond the rim and holes; only there does GDAL say more than we do."""
    ours, height, folder = slope
    peer, _ = read(folder / "slope_horn_pct_edges.tif")
    known = ~np.isnan(ours)
    assert not np.isnan(peer[known]).any()
    assert np.abs(ours[known] - peer[known]).max() < 1e-3
    extra = ~np.isnan(peer) & ~known
    inner = np.zeros_like(known)
    inner[1:-1, 1:-1] = True
    hole = np.isnan(height)
    beside = np.zeros_like(hole)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            beside |= np.roll(hole, (dr, dc), (0, 1))
    assert (extra & inner & ~beside).sum() == 0
    assert extra.sum() == 8_630 - 5_634
