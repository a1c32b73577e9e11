"""``python -m tests.bench [SECTION …]``: what a run costs, and how the kernels compare with named peers.

Answers are compared before anything is timed; repeats of ours and theirs are interleaved; compile time is
apart; medians are quoted with the best beside. The table is written to RESULTS.md beside this file.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPEATS = 7


def interleaved(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Time both in turn, so that a slow moment of the machine meets both."""
    a, b = [], []
    for _ in range(REPEATS):
        for work, times in ((ours, a), (theirs, b)):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return a, b


def row(name: str, peer: str, ours: Callable[[], object], theirs: Callable[[], object], same: Callable[[object, object], bool]) -> str:
    start = time.perf_counter()
    answer = ours()
    first = time.perf_counter() - start
    if not same(answer, theirs()):
        raise SystemExit(f"{name}: our answer differs from {peer}'s; nothing is timed")
    a, b = interleaved(ours, theirs)
    ratio = statistics.median(b) / statistics.median(a)
    print(f"{name}: {ratio:.1f} x {peer}", flush=True)
    return (
        f"| {name} | {peer} | {1e3 * statistics.median(a):.1f} ({1e3 * min(a):.1f}) | "
        f"{1e3 * statistics.median(b):.1f} ({1e3 * min(b):.1f}) | {ratio:.1f} | {first:.1f} |"
    )


def kernels() -> list[str]:
    from scipy import ndimage
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    from landplan import network as n
    from landplan.content import shipped_plan
    from landplan.kernels import components, distance, search, terrain
    from landplan.layers import Store
    from landplan.plan import read

    rng = np.random.default_rng(7)
    mask = rng.random((4_000, 4_000)) < 0.0005
    land = ndimage.gaussian_filter(rng.random((4_000, 4_000)), 3) > 0.5
    height = ndimage.gaussian_filter(rng.random((2_000, 2_000)), 9).astype(np.float32) * 1_000
    out = [
        row("Euclidean distance, 16 Mcell", "scipy distance_transform_edt", lambda: distance.euclidean(mask, 1.0),
            lambda: ndimage.distance_transform_edt(~mask), lambda a, b: bool((a == b).all())),
        row("components with area, perimeter, box, 16 Mcell", "scipy label + bincount + find_objects", lambda: components.label(land),
            lambda: (lambda got: (got[0], np.bincount(got[0].ravel()), ndimage.find_objects(got[0])))(ndimage.label(land)),
            lambda a, b: bool((a[0] == b[0]).all() and (a[1].area_cells == b[1][1:]).all())),
        row("slope (Horn), 4 Mcell", "numpy expression", lambda: terrain.slope_percent(height, 25.0), lambda: _numpy_slope(height, 25.0),
            lambda a, b: bool(np.allclose(a[1:-1, 1:-1], b, rtol=1e-4, atol=1e-3))),
    ]  # fmt: skip
    plan = read(shipped_plan("torsboda"))
    net = n.from_layer(Store(plan).read("roads").frame)
    indptr, head, weight = net.csr()
    graph = csr_array((weight.astype(float), head, indptr), shape=(net.n_nodes,) * 2)
    sources = np.linspace(0, net.n_nodes - 1, 16).astype(np.int32)
    pointers, zeros = np.arange(17), np.zeros(16, np.int64)

    def ours() -> np.ndarray:
        return search.trees(indptr, head, weight, pointers, sources, zeros)

    out.append(
        row(f"16 trees on the sample's {net.n_nodes} nodes", "scipy csgraph dijkstra", ours, lambda: dijkstra(graph, indices=sources),
            lambda a, b: bool((np.where(a == search.UNREACHED, np.inf, a) == b).all()))
    )  # fmt: skip
    return out


def _numpy_slope(z: np.ndarray, cell: float) -> np.ndarray:
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    dx = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * cell)
    dy = ((g + 2 * h + i) - (a + 2 * b + c)) / (8 * cell)
    return 100 * np.hypot(dx, dy)


def whole_runs() -> list[str]:
    """The main job as a user meets it: cold (kernels compiled), warm, unchanged, one weight changed."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LANDPLAN_CACHE_DIR": str(Path(folder) / "cache"), "PYTHONPATH": str(ROOT)}
        env.pop("NUMBA_CACHE_DIR", None)
        out = Path(folder) / "out"

        def go(label: str, *more: str, aim: str = "") -> None:
            command = [sys.executable, "-m", "landplan", "run", "torsboda", "--out", str(out), *more]
            start = time.perf_counter()
            subprocess.run(command, env=env, check=True, capture_output=True, cwd=folder)
            seconds = time.perf_counter() - start
            manifest = json.loads((out / "torsboda" / "run.json").read_text(encoding="utf-8"))
            peak = manifest["peak_memory_mb"]
            lines.append(f"| {label} | {seconds:.1f} | {aim} | {peak:.0f} |")
            print(f"{label}: {seconds:.1f} s", flush=True)

        go("cold: kernels compiled, nothing cached", aim="90")
        go("warm: kernels cached, every step run (`--force`)", "--force", aim="20")
        go("nothing changed", aim="3")
        go("one weight changed", "--set", "suitability.industrial.criteria.slope.weight=0.2", "--set", "suitability.industrial.criteria.soil.weight=0.05")
        size = sum(f.stat().st_size for f in (out / "torsboda").rglob("*") if f.is_file()) / 1e6
        lines.append(f"| size of the run directory, MB | {size:.0f} | | |")
    return lines


def network_text() -> list[str]:
    """The network's section; needs the DIMACS files that lie beside the project where it is made."""
    folder = ROOT.parent / "shared" / "data" / "peers" / "dimacs"
    if not folder.is_dir():
        return ["## Network", "", "Not run: the DIMACS files are not here.", ""]
    from tests.bench import hierarchy, network

    rows, compiled = network.main(folder)
    more = hierarchy.main(folder)
    split = next(i for i, line in enumerate(more) if line.startswith("| nodes |"))
    return [
        "## Network",
        "",
        "New York's travel-time graph (264 346 nodes, DIMACS), its fourfold copy, and Porto from OpenStreetMap; deciseconds, nodes along one "
        "Hilbert curve for every contender, answers equal to scipy's before anything is timed, two threads, turns taken, compile time apart. "
        "Milliseconds, median (best). A tree is one source's times to every node.",
        "",
        "| work | peer | ours | theirs | ratio (of bests) | |",
        "|---|---|---|---|---|---|",
        *rows,
        *more[:split],
        "",
        "How the costs grow (milliseconds, best of three; memory of structure and weights):",
        "",
        *more[split:],
        "",
        "A study of the sample area in a fresh process, seconds: one site's matrix and rings; then 500 x 500 pairs by the hierarchy.",
        "",
        "| kernels | one site | many pairs |",
        "|---|---|---|",
        *compiled,
        "",
    ]


def runs_text() -> list[str]:
    """What the main job costs."""
    return [
        "## The main job, `landplan run torsboda`",
        "",
        "Whole process, seconds, once each; the aims are the issue's, for this kind of machine.",
        "",
        "| run | seconds | aim | peak memory, MB |",
        "|---|---|---|---|",
        *whole_runs(),
        "",
    ]


def kernels_text() -> list[str]:
    """Some kernels beside named peers, with what their first call costs."""
    return [
        "## Kernels against peers",
        "",
        f"One process, answers compared first, {REPEATS} interleaved repeats, median (best) in milliseconds; above 1 we are faster. "
        "The last column is our first call in this process, compile or cache load included.",
        "",
        "| work | peer | ours | theirs | ratio | first call, s |",
        "|---|---|---|---|---|---|",
        *kernels(),
        "",
    ]


def raster_text() -> list[str]:
    """The rasters' section; needs the peers of the bench extra."""
    try:
        from tests.bench import rasters

        return rasters.text()
    except ModuleNotFoundError as missing:
        return ["## Rasters", "", f"Not run: {missing.name} is not installed; `pip install -e '.[bench]'`.", ""]


def land_text() -> list[str]:
    """The whole study on a big grid."""
    from tests.bench import landstudy

    return [
        "## A whole study of industrial land",
        "",
        "12 criteria of which 6 are distances, 5 constraints with setbacks, overlay with its spread, ledger, 10 verified candidate sites and "
        "their cards, at 10 m on made-up ground; a process of its own for each size, kernels compiled. Aim at 49 million cells: 15 s and 3 GB.",
        "",
        *landstudy.main(),
        "",
    ]


def regions_text() -> list[str]:
    """The generated regions' section."""
    from tests.bench import regions

    return [
        "## Generated regions",
        "",
        "`landplan sample build --nodes`, through the library itself: best of three, once for reading, building and snapping. A changed network is "
        "made and swept again: its times and the hierarchy's weights. Minutes are compared with scipy's on every edge's own seconds first. Such roads "
        "are kinder than real ones, so no goal is set on them.",
        "",
        *regions.main(),
        "",
    ]


def webmap_text() -> list[str]:
    """The web map's section."""
    from tests.bench import webmap

    return [
        "## The web map",
        "",
        "100 000 polygons of 24 vertices in one offline file, opened in headless Chromium without a graphics card: medians of three.",
        "",
        *webmap.main(),
        "",
    ]


def interaction_text() -> list[str]:
    """The interaction models' section."""
    from tests.bench import interaction

    return [
        "## Interaction models",
        "",
        "Doubly constrained fits of drawn flows: ours, with statistics and the table of pairs, against NumPy Furness under scipy's bounded minimiser, "
        "which gives beta alone. Betas agree to 1e-4 before anything is timed; five interleaved repeats, median (best) in milliseconds. Aim for 290 "
        "zones: 2 s.",
        "",
        *interaction.main(),
        "",
    ]


def workers_text() -> list[str]:
    """The workers' section."""
    from tests.bench import workers

    return [
        "## Workers of a site",
        "",
        "`catchment.employer` over drawn regions where labour is short, 1 000 draws of jobs, skills and impedance; the peer is the same draws in NumPy, "
        "20 of them timed once; answers agree to 1e-5. Aim for 50 000 squares: 10 s and 2 GB.",
        "",
        *workers.main(),
        "",
    ]


def access_text() -> list[str]:
    """The accessibility measures' section."""
    from tests.bench import access

    return access.text()


def extract_text() -> list[str]:
    """The section of clipping OpenStreetMap."""
    from tests.bench import extract

    return [
        "## Clipping an OpenStreetMap extract",
        "",
        "`landplan.layers.sources.extract.clip` in a process of its own, once: a made-up country the size of Sweden's extract, ids as far apart as the "
        "planet's, ways of 10 to 20 points with names, some areas, zlib blocks; a box the size of a municipality. The clip's ways are compared with those the generation counts, and each "
        "way's points are all there, before anything is reported.",
        "",
        *extract.main(),
        "",
    ]


SECTIONS: dict[str, Callable[[], list[str]]] = {
    "run": runs_text, "kernels": kernels_text, "rasters": raster_text, "land": land_text, "network": network_text, "regions": regions_text,
    "webmap": webmap_text, "interaction": interaction_text, "access": access_text, "workers": workers_text,
    "extract": extract_text,
}  # fmt: skip


def written() -> str:
    """When, where and with what a section was measured."""
    from landplan.provenance import package_versions

    day = dt.datetime.now(tz=dt.UTC).date().isoformat()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"Measured on {day}: {machine}; " + ", ".join(f"{k} {v}" for k, v in package_versions().items()) + "."


def main(asked: list[str]) -> None:
    """Measure the sections asked for, all when none is, and leave the others of RESULTS.md as they are."""
    if unknown := sorted(set(asked) - set(SECTIONS)):
        raise SystemExit(f"there is no section {unknown[0]!r}; sections are {', '.join(SECTIONS)}")
    path = HERE / "RESULTS.md"
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    for name in asked or SECTIONS:
        lines = SECTIONS[name]()
        fresh = "\n".join([*lines[:2], written(), "", *lines[2:]])
        old = placed(old, fresh)
        path.write_text(old, encoding="utf-8")
        print(f"wrote {lines[0][3:]}", flush=True)


def placed(text: str, section: str) -> str:
    """Put a section in the place of the one with its title, else at the end."""
    parts = re.split(r"(?m)^(?=## )", text) if text.strip() else ["# Bench results\n\nWritten by `python -m tests.bench [SECTION …]`, each section by itself.\n\n"]
    title = section.splitlines()[0]
    at = next((i for i, part in enumerate(parts) if part.splitlines()[:1] == [title]), len(parts))
    parts[at : at + 1] = [section.rstrip() + "\n\n"]
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
