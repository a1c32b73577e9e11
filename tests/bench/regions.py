"""Generated regions of growing size through the library itself: what a planner waits for, and how it grows.

``landplan sample build --nodes`` makes them; such roads are kinder than real ones (fewer shortcuts), so no goal is set on them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100_000, 400_000, 1_600_000)
HEAD = "| nodes | after chains are merged | from_layer, s | order and build, s | a site's tree, ms | new speeds, ms | closing a road, ms | a new road, ms | 64 trees delivered, ms each | 2 000 000 points, snapped, s |"


def best(work: Callable[[], object], repeats: int = 3) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def region(folder: Path, nodes: int) -> gpd.GeoDataFrame:
    command = [sys.executable, "-m", "landplan", "sample", "build", "--nodes", str(nodes), "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return gpd.read_parquet(folder / "roads.parquet")


def equal_to_scipy(net: object, found: np.ndarray, nodes: np.ndarray) -> bool:
    """Whether minutes from nodes are those of scipy on every edge's own seconds, to what a chain's one rounding may differ."""
    go, back = np.isfinite(net.forward_s), np.isfinite(net.backward_s)
    tail, head = np.concatenate([net.u[go], net.v[back]]), np.concatenate([net.v[go], net.u[back]])
    seconds = np.concatenate([net.forward_s[go], net.backward_s[back]])
    order = np.lexsort((seconds, head, tail))
    tail, head, seconds = tail[order], head[order], seconds[order]
    first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])
    graph = csr_array((seconds[first], (tail[first], head[first])), shape=(net.n_nodes, net.n_nodes))
    want = dijkstra(graph, indices=nodes)[:, net.internal] / 60.0
    # a chain is at most 0.05 s off and errors cancel: 2.4 s is the most seen over a way of 155 minutes
    return bool((np.isfinite(want) == np.isfinite(found)).all() and np.nanmax(np.abs(np.where(np.isfinite(want), want - found, 0.0))) < 0.1)


def row(nodes: int) -> str:
    from landplan import network as n

    with tempfile.TemporaryDirectory() as folder:
        roads = region(Path(folder), nodes)
    start = time.perf_counter()
    net = n.from_layer(roads)
    built = time.perf_counter() - start
    ids = net.node_ids.to_numpy()
    few = ids[np.linspace(0, ids.size - 1, 64).astype(int)]
    pair = few[[3, 40]]
    if not equal_to_scipy(net, n.tree(net, pair, "from", method="search"), net.node_positions(pair)):
        raise SystemExit(f"{nodes}: our minutes differ from scipy's; nothing is timed")
    start = time.perf_counter()
    n.tree(net, few, "to", method="hierarchy")
    prepared = time.perf_counter() - start
    trees = best(lambda: n.tree(net, few, "to", method="hierarchy"))
    tree = best(lambda: n.tree(net, few[:1], "to", method="search"))
    winter = n.SpeedProfile("winter", factor=dict.fromkeys(sorted(set(roads["road_class"])), 0.9))

    def after(make: Callable[[], object]) -> float:
        """A changed network, made ready to be swept again: its times, and the hierarchy's weights."""
        made: list[object] = []
        change = best(lambda: made.append(make()))
        ready = []
        for other in made:
            start = time.perf_counter()
            n.tree(other, few, "to", method="hierarchy")
            ready.append(time.perf_counter() - start)
        return change + max(0.0, min(ready) - trees)

    edge = net.edge_ids[net.n_edges // 2]
    middle = shapely.Point(float(np.median(net.x)), float(np.median(net.y)))
    new = n.AddRoad(shapely.LineString([middle, (middle.x + 4_000, middle.y + 3_000)]), 80.0, connect_m=5_000.0)
    speeds = after(lambda: net.with_profile(winter))
    closed = after(lambda: net.with_patches([n.Close((edge,))]))
    added = after(lambda: net.with_patches([new]))
    rng = np.random.default_rng(1)
    at = gpd.GeoSeries(gpd.points_from_xy(rng.choice(net.x, 2_000_000) + 40.0, rng.choice(net.y, 2_000_000) - 30.0), crs=net.crs)
    snapped = best(lambda: n.snap(net, at, max_m=500.0), 1)
    from landplan.network.core import core_of

    text = (
        f"| {net.n_nodes} | {core_of(net).topology.size} | {built:.1f} | {prepared:.2f} | {1e3 * tree:.1f} | {1e3 * speeds:.0f} | "
        f"{1e3 * closed:.0f} | {1e3 * added:.0f} | {1e3 * trees / 64:.2f} | {snapped:.1f} |"
    )
    print(text, flush=True)
    return text


def main(sizes: tuple[int, ...] = SIZES) -> list[str]:
    """The table, its head first."""
    print(HEAD, flush=True)
    row(8_000)  # compiled, not told
    return [HEAD, "|---" * (HEAD.count("|") - 1) + "|", *(row(size) for size in sizes)]


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or SIZES)
