"""The hierarchy's rows of the speed table: New York's travel-time graph and its fourfold copy.

``python -m tests.bench.hierarchy`` prints them. Answers are compared with scipy's Dijkstra before anything is
timed, nodes are renumbered along one Hilbert curve for every contender, ours and theirs take turns, compile
time is apart, and medians stand beside the best. The peer for building and for matrices is pandana, which is
no dependency and may live in another environment: name its Python in ``LANDPLAN_PANDANA_PYTHON``.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

REPEATS = 7


class Graph(NamedTuple):
    """A CSR graph along a Hilbert curve, deciseconds on its arcs."""

    indptr: np.ndarray
    head: np.ndarray
    weight_ds: np.ndarray
    x: np.ndarray
    y: np.ndarray

    @property
    def nodes(self) -> int:
        return self.x.size

    def scipy(self) -> csr_array:
        return csr_array((self.weight_ds.astype(float), self.head, self.indptr), shape=(self.nodes,) * 2)


def hilbert(x: np.ndarray, y: np.ndarray, bits: int = 16) -> np.ndarray:
    """Place of each point along a Hilbert curve over their bounding square."""
    span = max(np.ptp(x), np.ptp(y)) or 1.0
    a = ((x - x.min()) / span * ((1 << bits) - 1)).astype(np.int64)
    b = ((y - y.min()) / span * ((1 << bits) - 1)).astype(np.int64)
    at = np.zeros(x.size, np.int64)
    side = 1 << (bits - 1)
    while side:
        right, upper = (a & side) > 0, (b & side) > 0
        at += side * side * ((3 * right) ^ upper)
        a, b = a & (side - 1), b & (side - 1)
        turn = ~upper
        flip = turn & right
        a[flip], b[flip] = side - 1 - a[flip], side - 1 - b[flip]
        a[turn], b[turn] = b[turn], a[turn]
        side >>= 1
    return at


def along_curve(tail: np.ndarray, head: np.ndarray, weight: np.ndarray, x: np.ndarray, y: np.ndarray) -> Graph:
    """Renumber along the curve and keep the shortest of parallel arcs."""
    by = np.argsort(hilbert(x, y), kind="stable")
    new = np.empty(x.size, np.int64)
    new[by] = np.arange(x.size)
    tail, head = new[tail], new[head]
    arcs = np.lexsort((weight, head, tail))
    tail, head, weight = tail[arcs], head[arcs], weight[arcs]
    first = np.ones(tail.size, bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    indptr = np.searchsorted(tail[first], np.arange(x.size + 1)).astype(np.int32)
    return Graph(indptr, head[first].astype(np.int32), weight[first].astype(np.int32), x[by], y[by])


def new_york(folder: Path) -> Graph:
    """Read the DIMACS travel-time graph, in deciseconds: round(0.036 x raw weight)."""
    with gzip.open(folder / "USA-road-t.NY.gr.gz", "rt") as file:
        arcs = np.array([line.split()[1:] for line in file if line[:1] == "a"], int)
    with gzip.open(folder / "USA-road-d.NY.co.gz", "rt") as file:
        places = np.array([line.split()[1:] for line in file if line[:1] == "v"], float)
    x, y = np.empty(len(places)), np.empty(len(places))
    at = places[:, 0].astype(int) - 1
    x[at], y[at] = places[:, 1] * 1e-6 * 84_000, places[:, 2] * 1e-6 * 111_000  # about metres
    return along_curve(arcs[:, 0] - 1, arcs[:, 1] - 1, np.round(0.036 * arcs[:, 2]).astype(np.int64), x, y)


def fourfold(one: Graph, links: int = 40) -> Graph:
    """Four copies in a square, neighbours joined both ways where their rims come near each other."""
    n = one.nodes
    tail = np.repeat(np.arange(n), np.diff(one.indptr))
    wide, high = np.ptp(one.x) * 1.02, np.ptp(one.y) * 1.02
    tails, heads, weights = [], [], []
    for c in range(4):
        tails.append(tail + c * n)
        heads.append(one.head.astype(np.int64) + c * n)
        weights.append(one.weight_ds.astype(np.int64))
    east, north = np.argsort(one.x, kind="stable"), np.argsort(one.y, kind="stable")
    for a, b, by, across in ((0, 1, east, one.y), (2, 3, east, one.y), (0, 2, north, one.x), (1, 3, north, one.x)):
        out, back = by[-links:], by[:links]
        out, back = out[np.argsort(across[out])], back[np.argsort(across[back])]
        for u, v in ((out + a * n, back + b * n), (back + b * n, out + a * n)):
            tails.append(u)
            heads.append(v)
            weights.append(np.full(links, 1_200))
    x = np.concatenate([one.x + wide * (c % 2) for c in range(4)])
    y = np.concatenate([one.y + high * (c // 2) for c in range(4)])
    return along_curve(np.concatenate(tails), np.concatenate(heads), np.concatenate(weights), x, y)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def turns(*works: Callable[[], object], repeats: int = REPEATS) -> list[list[float]]:
    """Seconds of each work, one after the other, so that a slow moment of the machine meets all."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, seconds in zip(works, found, strict=True):
            seconds.append(timed(work))
    return found


def row(name: str, peer: str, ours: list[float], theirs: list[float], share: float = 1.0, note: str = "") -> str:
    """One line of the table; times in milliseconds, medians with the best in brackets."""
    ratio, best = median(theirs) / median(ours) / share, min(theirs) / min(ours) / share
    line = (
        f"| {name} | {peer} | {1e3 * median(ours):.3g} ({1e3 * min(ours):.3g}) | "
        f"{1e3 * median(theirs):.4g} ({1e3 * min(theirs):.4g}) | {ratio:.4g} ({best:.4g}) | {note} |"
    )
    print(line, flush=True)
    return line


def triad() -> float:
    """Bytes a second that two threads move: a = b + 2c over arrays that no cache holds."""
    from numba import njit, prange

    @njit(parallel=True)
    def go(a, b, c):
        for i in prange(a.size):
            a[i] = b[i] + 2 * c[i]

    a, b, c = (np.full(20_000_000, float(k)) for k in range(3))
    go(a, b, c)
    return 3 * a.nbytes / min(timed(lambda: go(a, b, c)) for _ in range(REPEATS))


def tree_rows(graph: Graph, label: str) -> list[str]:
    """Order, build, customise and sweep one graph; compare with scipy, then time."""
    from landplan.kernels import dissection, hierarchy, sweep

    def prepare() -> hierarchy.Structure:
        return hierarchy.build(graph.indptr, graph.head, dissection.order(graph.indptr, graph.head, graph.x, graph.y))

    compiled = timed(prepare)
    structure = prepare()
    compiled += timed(lambda: hierarchy.customise(structure, graph.weight_ds))
    metric = hierarchy.customise(structure, graph.weight_ds)
    print(
        f"{label}: {graph.nodes} nodes, {graph.head.size} arcs; upward arcs a node {structure.arcs / graph.nodes:.2f}, "
        f"triangles {structure.triangle.size / graph.nodes:.1f}, kept {metric.in_arc.shape[0] / graph.nodes:.2f} (in fours); "
        f"structure {structure.nbytes / graph.nodes:.0f} bytes a node, metric {metric.nbytes / graph.nodes:.0f}; "
        f"first calls {compiled:.1f} s",
        flush=True,
    )
    rng = np.random.default_rng(11)
    scipy_graph = graph.scipy()
    some = np.sort(rng.integers(0, graph.nodes, 64)).astype(np.int32)
    truth = dijkstra(scipy_graph, indices=some[:32])
    one = (np.arange(65), some, np.zeros(64, np.int64))
    found = sweep.trees(metric, *one)[:32]
    if not (np.where(found == sweep.UNREACHED, np.inf, found) == truth).all():
        raise SystemExit(f"{label}: 32-bit trees differ from scipy's; nothing is timed")
    found = sweep.trees(metric, *one, dtype=np.uint16)[:32]
    beyond = truth > 65_534
    if not (found == np.where(beyond, sweep.BEYOND, truth)).all():
        raise SystemExit(f"{label}: 16-bit trees differ from scipy's; nothing is timed")
    print(f"{label}: {int(beyond.sum())} of {beyond.size} times beyond range in 16 bits", flush=True)
    lines = []
    for name, dtype, count in (
        ("a tree, 16 at once, 32 bits", np.int32, 16),
        ("a tree, 256 in batches of 16, 32 bits", np.int32, 256),
        ("a tree, 64 at once, 16 bits", np.uint16, 64),
        ("a tree, 512 in batches of 64, 16 bits", np.uint16, 512),
    ):
        nodes = np.sort(rng.integers(0, graph.nodes, count)).astype(np.int32)
        seeds = (np.arange(count + 1), nodes, np.zeros(count, np.int64))
        out = sweep.room(count, graph.nodes, dtype)

        def ours(seeds=seeds, dtype=dtype, out=out) -> None:
            sweep.trees(metric, *seeds, dtype=dtype, out=out)

        ours()
        a, b = turns(ours, lambda nodes=nodes: dijkstra(scipy_graph, indices=nodes[:2]))
        lines.append(row(f"{name}, {label}", "scipy dijkstra", [s / count for s in a], [s / 2 for s in b]))
    # the answer alone, written once: what a tree must move at the least
    moved = graph.nodes * 2 / (min(a) / 512)
    print(f"{label}: 16-bit answers are written at {moved / 1e9:.2f} GB/s, {moved / triad():.2f} of a triad", flush=True)
    changed = graph.weight_ds.copy()
    changed[::7] = changed[::7] * 2 + 1
    a, b = turns(lambda: hierarchy.customise(structure, changed), prepare, repeats=5)
    lines.append(row(f"new weights, {label}", "own order and build", a, b))
    return lines


PANDANA = """
import sys, time
import numpy as np, pandas as pd, pandana
g = np.load(sys.argv[1])
n = g["x"].size
tail = np.repeat(np.arange(n), np.diff(g["indptr"]))
work = lambda: pandana.Network(pd.Series(g["x"]), pd.Series(g["y"]), pd.Series(tail), pd.Series(g["head"]),
                               pd.DataFrame({"t": g["weight_ds"].astype(float)}), twoway=False)
t = time.perf_counter(); net = work(); build = time.perf_counter() - t
s, d = g["sources"], g["targets"]
a, b = np.repeat(s, d.size), np.tile(d, s.size)
t = time.perf_counter(); found = np.array(net.shortest_path_lengths(a, b)); matrix = time.perf_counter() - t
np.savez(sys.argv[2], build=build, matrix=matrix, found=found.reshape(s.size, d.size))
"""


def pandana_rows(graph: Graph, label: str, python: str, repeats: int = 3) -> list[str]:
    """Build and a 1 000 x 1 000 matrix against pandana (a tenth of its sources, because it takes so long)."""
    from landplan.kernels import dissection, hierarchy, sweep

    rng = np.random.default_rng(12)
    sources, targets = (rng.integers(0, graph.nodes, 1_000).astype(np.int32) for _ in range(2))
    seeds = (np.arange(1_001), sources, np.zeros(1_000, np.int64))

    def prepare() -> hierarchy.Metric:
        rank = dissection.order(graph.indptr, graph.head, graph.x, graph.y)
        return hierarchy.customise(hierarchy.build(graph.indptr, graph.head, rank), graph.weight_ds)

    metric = prepare()

    def ours() -> np.ndarray:
        return sweep.matrix(sweep.restrict(metric, targets), *seeds)

    answer = ours()
    if not (answer[:4] == dijkstra(graph.scipy(), indices=sources[:4])[:, targets]).all():
        raise SystemExit(f"{label}: the matrix differs from scipy's; nothing is timed")
    builds, builds_peer, matrices, matrices_peer = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder) / "graph.npz", Path(folder) / "answer.npz"
        np.savez(given, **graph._asdict(), sources=sources[:100], targets=targets)
        for _ in range(repeats):
            subprocess.run([python, "-c", PANDANA, str(given), str(got)], check=True, capture_output=True)
            peer = np.load(got)
            builds_peer.append(float(peer["build"]))
            matrices_peer.append(10 * float(peer["matrix"]))
            builds.append(timed(prepare))
            matrices += [timed(ours) for _ in range(3)]
        if not np.allclose(peer["found"], answer[:100], rtol=0, atol=1):
            raise SystemExit(f"{label}: the matrix differs from pandana's; nothing is told")
    return [
        row(f"preprocessing (order, build, weights), {label}", "pandana build", builds, builds_peer),
        row(f"1 000 x 1 000 matrix with its restriction, {label}", "pandana shortest_path_lengths", matrices, matrices_peer, note="a tenth of the peer's pairs, times ten"),
    ]  # fmt: skip


def first_along_curve(graph: Graph, nodes: int) -> Graph:
    """Cut the first nodes along the curve out of a graph: one connected town, more or less."""
    last = graph.indptr[nodes]
    keep = graph.head[:last] < nodes
    tail = np.repeat(np.arange(nodes), np.diff(graph.indptr[: nodes + 1]))[keep]
    indptr = np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int32)
    return Graph(indptr, graph.head[:last][keep], graph.weight_ds[:last][keep], graph.x[:nodes], graph.y[:nodes])


def growth_rows(graph: Graph, sizes: tuple[int, ...]) -> list[str]:
    """How each cost grows: best of three, in milliseconds."""
    from landplan.kernels import dissection, hierarchy, sweep, unpack

    lines = [
        "| nodes | order | build | weights | 64 trees, 32 bits | 64 trees, 16 bits | a path | bytes a node |\n"
        "|---|---|---|---|---|---|---|---|"
    ]
    print(lines[0])
    for size in sizes:
        g = first_along_curve(graph, size)
        rank = dissection.order(*g[:2], g.x, g.y)
        structure = hierarchy.build(*g[:2], rank)
        metric = hierarchy.customise(structure, g.weight_ds)
        nodes = np.linspace(0, size - 1, 64).astype(np.int32)
        seeds = (np.arange(65), nodes, np.zeros(64, np.int64))
        wide, narrow = sweep.room(64, size), sweep.room(64, size, np.uint16)
        works = (
            lambda g=g: dissection.order(*g[:2], g.x, g.y),
            lambda g=g, rank=rank: hierarchy.build(*g[:2], rank),
            lambda g=g, structure=structure: hierarchy.customise(structure, g.weight_ds),
            lambda metric=metric, seeds=seeds, out=wide: sweep.trees(metric, *seeds, out=out),
            lambda metric=metric, seeds=seeds, out=narrow: sweep.trees(metric, *seeds, dtype=np.uint16, out=out),
            lambda metric=metric, size=size: unpack.path(metric, 0, size - 1),
        )
        costs = [1e3 * min(timed(work) for _ in range(3)) for work in works]
        held = (structure.nbytes + metric.nbytes) / size
        lines.append(f"| {size} | " + " | ".join(f"{c:.3g}" for c in costs) + f" | {held:.0f} |")
        print(lines[-1], flush=True)
    return lines


def main(folder: Path) -> list[str]:
    """All rows; `folder` holds the DIMACS files."""
    print("| work | peer | ours, ms (best) | theirs, ms (best) | ratio (of bests) | |\n|---|---|---|---|---|---|", flush=True)
    ny = new_york(folder)
    lines = tree_rows(ny, "New York")
    python = os.environ.get("LANDPLAN_PANDANA_PYTHON")
    if python:
        lines += pandana_rows(ny, "New York", python)
    large = fourfold(ny)
    lines += tree_rows(large, "New York x 4")
    return lines + growth_rows(fourfold(large), (100_000, 400_000, 1_600_000))


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[3]
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else here / "shared" / "data" / "peers" / "dimacs")
