"""The network's rows of the speed table: one lone tree, short radii, rings, compile time, a scenario.

``python -m tests.bench.network`` prints them. New York's travel-time graph as in `hierarchy`; the peers are scipy, pandana (in its own
environment, named in ``LANDPLAN_PANDANA_PYTHON``) and the isochrone recipe of osmnx's examples (buffers of edges, united).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import dijkstra

from tests.bench.hierarchy import Graph, along_curve, new_york, row, timed, turns

ROOT = Path(__file__).resolve().parents[2]
CRS = "EPSG:32618"


def as_network(graph: Graph):
    """The graph through the front door: two-way pairs of equal time as one edge."""
    import pandas as pd

    from landplan import network as n

    tail = np.repeat(np.arange(graph.nodes), np.diff(graph.indptr))
    low, high = np.minimum(tail, graph.head), np.maximum(tail, graph.head)
    arcs = pd.DataFrame({"u": low, "v": high, "ds": graph.weight_ds, "up": tail < graph.head})
    both = arcs.groupby(["u", "v", "ds"])["up"].nunique().eq(2)
    two = both[both].index.to_frame(index=False)
    single = arcs.merge(two.assign(two=True), on=["u", "v", "ds"], how="left")
    single = single[single["two"].isna()]
    edges = pd.concat(
        [
            pd.DataFrame({"source": two["u"], "target": two["v"], "time_s": two["ds"] / 10, "oneway": False}),
            pd.DataFrame({"source": np.where(single["up"], single["u"], single["v"]), "target": np.where(single["up"], single["v"], single["u"]),
                          "time_s": single["ds"] / 10, "oneway": True}),
        ],
        ignore_index=True,
    )  # fmt: skip
    return n.from_edges(pd.DataFrame({"x": graph.x, "y": graph.y}), edges, crs=CRS)


def tree_rows(graph: Graph, net) -> list[str]:
    """One lone tree and a throughput by the bucket queue, and minutes delivered through the front door."""
    from landplan import network as n
    from landplan.kernels import search

    g = graph.scipy()
    rng = np.random.default_rng(4)
    sources = np.sort(rng.integers(0, graph.nodes, 64)).astype(np.int32)

    def lone(k: int = 1) -> np.ndarray:
        return search.trees(graph.indptr, graph.head, graph.weight_ds, np.arange(k + 1), sources[:k], np.zeros(k, np.int64))

    truth = dijkstra(g, indices=sources[:8])
    found = lone(8)
    if not (np.where(found == search.UNREACHED, np.inf, found) == truth).all():
        raise SystemExit("the bucket queue differs from scipy; nothing is timed")
    lines = []
    a, b = turns(lone, lambda: dijkstra(g, indices=sources[:1]))
    lines.append(row("one lone tree, no preprocessing, New York", "scipy dijkstra", a, b))
    a, b = turns(lambda: lone(8), lambda: dijkstra(g, indices=sources[:2]))
    lines.append(row("a tree among 8 searched, no preprocessing, New York", "scipy dijkstra", [s / 8 for s in a], [s / 2 for s in b]))
    ids = sources.tolist()
    by = n.tree(net, ids, "from", method="hierarchy")
    if not (np.rint(by[:8].astype(float) * 600) == truth).all():
        raise SystemExit("network.tree differs from scipy; nothing is timed")
    a, b = turns(lambda: n.tree(net, ids, "from", method="hierarchy"), lambda: dijkstra(g, indices=sources[:2]))
    lines.append(row("network.tree, 64 sources, float32 minutes of every node, New York", "scipy dijkstra", [s / 64 for s in a], [s / 2 for s in b]))
    return lines


def scenario_rows(net) -> list[str]:
    """A changed speed and a new road, ready to answer many trees; against building the network's hierarchy anew."""
    import shapely

    from landplan import network as n
    from landplan.network.core import core_of
    from landplan.network.engine import metric_of

    def anew() -> None:
        net.shared.pop("structure", None)
        core_of(net).memo.pop("metric", None)
        metric_of(net, core_of(net))

    def slower() -> None:
        changed = net.with_profile(n.SpeedProfile("wet", factor={"other": 0.9}))
        metric_of(changed, core_of(changed))

    x, y = float(np.median(net.x)), float(np.median(net.y))
    line = shapely.LineString([(x, y), (x + 3_000, y + 4_000)])

    def bridge() -> None:
        changed = net.with_patches([n.AddRoad(line, 90.0, connect_m=500.0)])
        metric_of(changed, core_of(changed))

    for work in (anew, slower, bridge):
        work()
    a, b, c = turns(slower, bridge, anew, repeats=5)
    return [
        row("scenario: new speeds everywhere, hierarchy ready, New York", "own preprocessing", a, c),
        row("scenario: a new road, hierarchy ready, New York", "own preprocessing", b, c, note="edge table, components and chains anew"),
    ]


RECIPE_NOTE = "peer once; edges within reach buffered 25 m and united"


def ring_rows(net, reached: int = 160_000) -> list[str]:
    """Five bands at 50 m from times to polygons, against one band of the recipe."""
    import geopandas as gpd
    import shapely

    from landplan import network as n
    from landplan.network import isochrone
    from landplan.network.routing import site_trees
    from landplan.network.snapping import snap_arrays

    middle = int(net.node_ids[np.argmin(np.hypot(net.x - np.median(net.x), net.y - np.median(net.y)))])
    at = int(net.internal[net.node_ids.get_loc(middle)])
    site = gpd.GeoDataFrame(index=["s"], geometry=[shapely.Point(net.x[at], net.y[at])], crs=net.crs)
    minutes = n.tree(net, [middle], "to")[0]
    last = float(np.sort(minutes)[reached])
    levels = [last * k / 5 for k in range(1, 6)]
    trees = site_trees(net, snap_arrays(net, site), direction="to", cutoff_min=last)
    ends = isochrone._Ends.of(trees, 0)

    def ours():
        places = isochrone._places(trees, 0, ends, last, 25.0, 500.0)
        return isochrone._rings(
            places, levels, crs=net.crs, cell_m=50.0, reach_m=500.0, speed_kmh=5.0, barriers=None, min_part_ha=2.0, certify=False
        )

    inside = minutes[np.argsort(net.internal)] <= last
    keep = inside[net.u] & inside[net.v]

    def recipe():
        return shapely.union_all(shapely.buffer(net.geometry[keep], 25.0))

    drawn = ours().polygons[-1]
    start = time.perf_counter()
    peer = recipe()
    theirs = time.perf_counter() - start
    nodes = shapely.points(net.x[inside], net.y[inside])
    shares = []
    for polygon in (drawn, peer):
        shapely.prepare(polygon)
        shares.append(float(shapely.contains_properly(polygon, nodes).mean()))
    print(f"rings: {int(inside.sum())} nodes within {last:.1f} min; inside ours {shares[0]:.4f}, inside the recipe's {shares[1]:.4f}", flush=True)
    if min(shares) < 0.95:
        raise SystemExit("the polygons do not hold the reached nodes; nothing is timed")
    a = [timed(ours) for _ in range(7)]
    whole = [timed(lambda: n.isochrones(net, site, levels)) for _ in range(5)]
    return [
        row("5 rings at 50 m, 160 000 reached nodes, from times to polygons", "osmnx recipe, one band", a, [theirs], note=RECIPE_NOTE),
        row("the same as network.isochrones: tree, certificate and reached roads too", "osmnx recipe, one band", whole, [theirs], note=RECIPE_NOTE),
    ]


AGGREGATE = """
import sys, time
import numpy as np, pandas as pd, pandana
g = np.load(sys.argv[1])
n = g["x"].size
tail = np.repeat(np.arange(n), np.diff(g["indptr"]))
net = pandana.Network(pd.Series(g["x"]), pd.Series(g["y"]), pd.Series(tail), pd.Series(g["head"]),
                      pd.DataFrame({"t": g["weight_ds"].astype(float)}), twoway=False)
net.set(pd.Series(np.arange(n)), variable=pd.Series(g["values"]), name="v")
t = time.perf_counter(); found = net.aggregate(3000.5, type="sum", decay="flat", name="v"); plain = time.perf_counter() - t
t = time.perf_counter(); net.precompute(3000.5); before = time.perf_counter() - t
t = time.perf_counter(); found = net.aggregate(3000.5, type="sum", decay="flat", name="v"); after = time.perf_counter() - t
np.savez(sys.argv[2], plain=plain, before=before, after=after, found=found.to_numpy())
"""


def radius_rows(graph: Graph, python: str) -> list[str]:
    """All nodes' opportunities within five minutes; the peer's limit is a little higher, so that whole deciseconds at it count for both."""
    from landplan.kernels import search

    values = np.random.default_rng(1).integers(0, 50, graph.nodes).astype(float)

    def ours() -> np.ndarray:
        return search.reachable_sum(graph.indptr, graph.head, graph.weight_ds, values, cutoff_ds=3_000)

    answer = ours()
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder) / "graph.npz", Path(folder) / "answer.npz"
        np.savez(given, **graph._asdict(), values=values)
        a, plain, prepared = [], [], []
        for _ in range(3):
            subprocess.run([python, "-c", AGGREGATE, str(given), str(got)], check=True, capture_output=True)
            peer = np.load(got)
            plain.append(float(peer["plain"]))
            prepared.append(float(peer["before"] + peer["after"]))
            a += [timed(ours) for _ in range(2)]
    if np.abs(peer["found"] - answer).max() > 1e-6 * answer.max():
        off = np.flatnonzero(np.abs(peer["found"] - answer) > 1e-6 * answer.max())
        truth = dijkstra(graph.scipy(), indices=off[:20], limit=3_000.5)
        want = np.array([values[np.isfinite(t)].sum() for t in truth])
        if not (want == answer[off[:20]]).all():
            raise SystemExit("our sums differ from scipy's; nothing is timed")
        print(f"aggregate: pandana differs at {off.size} of {graph.nodes} nodes; where looked at, scipy agrees with us", flush=True)
    return [
        row("all nodes' opportunities within 5 minutes, New York", "pandana aggregate", a, plain),
        row("the same", "pandana precompute + aggregate", a, prepared),
    ]


STUDY = """
import time; start = time.perf_counter()
import geopandas as gpd, numpy as np
from landplan import network as n
from landplan.content import shipped_plan
from landplan.layers import Store
from landplan.plan import read
net = n.from_layer(Store(read(shipped_plan("torsboda"))).read("roads").frame)
site = gpd.GeoDataFrame(index=["s"], geometry=gpd.points_from_xy([627_770], [6_935_450]), crs=net.crs)
points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(net.x[::10], net.y[::10]), crs=net.crs)
n.matrix(net, points, site, cutoff_min=60); n.isochrones(net, site, (15, 30, 45, 60))
one = time.perf_counter() - start
n.matrix(net, points.iloc[:500], points.iloc[:500], method="hierarchy")
print(one, time.perf_counter() - start - one)
"""


def compile_lines() -> list[str]:
    """A study of one site and then many pairs, in fresh processes: with an empty kernel cache, and again."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LANDPLAN_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)}
        env.pop("NUMBA_CACHE_DIR", None)
        for label in ("empty kernel cache", "kernels cached"):
            done = subprocess.run([sys.executable, "-c", STUDY], env=env, capture_output=True, text=True, check=True)
            one, many = (float(v) for v in done.stdout.split())
            lines.append(f"| {label} | {one:.1f} | {many:.1f} |")
            print(lines[-1], flush=True)
    return lines


def porto_rows(file: Path) -> list[str]:
    """A whole city region from OpenStreetMap: read, built, and swept on what is searched after chains are merged."""
    from landplan import network as n
    from landplan.network.core import core_of
    from tests.bench.hierarchy import tree_rows as hierarchy_rows

    start = time.perf_counter()
    net = n.from_osm(file, mode="car")
    print(f"Porto: {file.stat().st_size / 1e6:.0f} MB read and built in {time.perf_counter() - start:.1f} s", flush=True)
    print("\n".join(net.report.lines()), flush=True)
    core = core_of(net)
    indptr, head, weight = core.csr("from")
    t = core.topology
    # scipy adds parallel arcs up, so the shortest of each is kept for both
    tail = np.repeat(np.arange(t.size), np.diff(indptr))
    return hierarchy_rows(along_curve(tail, head.astype(np.int64), weight.astype(np.int64), net.x[t.node], net.y[t.node]), "Porto")


def main(folder: Path) -> tuple[list[str], list[str]]:
    """All rows, and the compile table."""
    compiled = compile_lines()
    graph = new_york(folder)
    net = as_network(graph)
    print("\n".join(net.report.lines()), flush=True)
    lines = tree_rows(graph, net) + ring_rows(net) + scenario_rows(net)
    if python := os.environ.get("LANDPLAN_PANDANA_PYTHON"):
        lines += radius_rows(graph, python)
    porto = ROOT.parent / "shared" / "data" / "real" / "network" / "outside_sweden" / "porto_portugal.osm.pbf"
    if porto.is_file():
        lines += porto_rows(porto)
    return lines, compiled


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "peers" / "dimacs")
