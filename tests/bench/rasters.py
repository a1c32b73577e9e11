"""The raster kernels' rows of the speed table, at 16 and 100 Mcell.

``python -m tests.bench.rasters`` prints them, ``--mcell 16`` for one size; ``python -m tests.bench rasters`` writes them. Peers: scipy, edt, OpenCV, numpy, numexpr, scikit-image, xarray-spatial (the bench extra) and gdaldem
(where it is installed). Answers are compared before anything is timed, turns are taken, and nobody gets memory to write
into that the others do not get.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench.hierarchy import row, timed, turns

HERE = Path(__file__).resolve().parent
TITLE = "## Rasters"
PEERS = ("scipy", "edt", "opencv-python-headless", "numexpr", "scikit-image", "xarray-spatial")
CRITERIA, MASKS = 8, 4


class Work(NamedTuple):
    """What is timed: ours, a peer's, and how their answers are compared."""

    name: str
    peer: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    same: Callable[[object, object], bool]
    repeats: int = 3
    note: str = ""


def measure(works: list[Work], label: str) -> list[str]:
    """Compare, then time works of one kind; peers of one kind share our turns."""
    lines = []
    for work in works:
        if not work.same(work.ours(), work.theirs()):
            raise SystemExit(f"{work.name}, {label}: our answer differs from {work.peer}'s; nothing is timed")
        ours, theirs = turns(work.ours, work.theirs, repeats=work.repeats)
        ours += [timed(work.ours) for _ in range(max(0, 5 - work.repeats))]
        lines.append(row(f"{work.name}, {label}", work.peer, ours, theirs, note=work.note))
    return lines


def smooth(side: int, sigma: float, seed: int) -> np.ndarray:
    """Noise as hills and lakes have it, mean 0 and deviation 1."""
    from scipy import ndimage

    out = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((side, side), dtype=np.float32), sigma, truncate=3)
    return out / out.std()


def distance_works(side: int) -> list[Work]:
    import cv2
    import edt
    from scipy import ndimage

    from landplan.kernels import distance

    cv2.setNumThreads(2)
    mask = np.random.default_rng(7).random((side, side), dtype=np.float32) < 0.0005
    free = ~mask
    eight = free.astype(np.uint8)
    whole = side * side > 50_000_000

    def near(a: np.ndarray, b: np.ndarray) -> bool:
        return bool(np.allclose(a, b, rtol=1e-5))

    return [
        Work("Euclidean distance, float64", "scipy distance_transform_edt", lambda: distance.euclidean(mask, 1.0),
             lambda: ndimage.distance_transform_edt(free), lambda a, b: bool((a == b).all()), repeats=2 if whole else 3, note="equal to the last bit"),
        Work("Euclidean distance, float32", "edt, 2 threads", lambda: distance.metres(mask, 1.0), lambda: edt.edt(free, parallel=2), near),
        Work("Euclidean distance, float32", "OpenCV PRECISE, 2 threads", lambda: distance.metres(mask, 1.0),
             lambda: cv2.distanceTransform(eight, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), near),
        Work("setback of 300 m", "the same and a comparison", lambda: distance.within(mask, 10.0, 300.0),
             lambda: cv2.distanceTransform(eight, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= 30.0, lambda a, b: bool((a != b).mean() < 1e-6)),
    ]  # fmt: skip


def component_works(side: int) -> list[Work]:
    import cv2
    from scipy import ndimage

    from landplan.kernels import components

    land = smooth(side, 3.0, 5) > 0
    eight = land.astype(np.uint8)

    def scipys() -> tuple[np.ndarray, np.ndarray, list[object]]:
        labels, _ = ndimage.label(land)
        return labels, np.bincount(labels.ravel()), ndimage.find_objects(labels)

    def as_scipy(a: tuple, b: tuple) -> bool:
        boxes = np.array([(r.start, c.start, r.stop, c.stop) for r, c in b[2]])
        return bool((a[0] == b[0]).all() and (a[1].area_cells == b[1][1:]).all() and (a[1].bbox == boxes).all())

    def as_opencv(a: tuple, b: tuple) -> bool:
        return a[1].area_cells.size == b[0] - 1 and bool((np.sort(a[1].area_cells) == np.sort(b[2][1:, cv2.CC_STAT_AREA])).all())

    return [
        Work("components with area, perimeter, box", "scipy label + bincount + find_objects", lambda: components.label(land), scipys, as_scipy,
             note="the peer without perimeter"),
        Work("components with area, perimeter, box", "OpenCV connectedComponentsWithStats", lambda: components.label(land),
             lambda: cv2.connectedComponentsWithStats(eight, connectivity=4, ltype=cv2.CV_32S), as_opencv, note="the peer without perimeter"),
    ]  # fmt: skip


def overlay_works(side: int) -> tuple[list[Work], float, Callable[[], object]]:
    """Eight criteria by straight lines, four masks: score, reasons and limiting criterion. Also the bytes that must pass, and ours over an earlier answer."""
    import numexpr

    from landplan.kernels import overlay

    numexpr.set_num_threads(2)
    rng = np.random.default_rng(3)
    layers = [rng.random((side, side), dtype=np.float32) * 1_000 for _ in range(CRITERIA)]
    masks = [rng.random((side, side), dtype=np.float32) < 0.05 for _ in range(MASKS)]
    ends = [(0.0, 900.0) if k % 2 else (1_000.0, 50.0) for k in range(CRITERIA)]
    weights = np.arange(1, CRITERIA + 1) / sum(range(1, CRITERIA + 1))
    tables = [overlay.Table("piecewise", sorted(e), [0.0, 1.0] if e[0] < e[1] else [1.0, 0.0]) for e in ends]

    def numpys() -> tuple[np.ndarray, ...]:
        score = np.zeros((side, side), np.float32)
        least = np.full((side, side), -np.inf, np.float32)
        limiting = np.zeros((side, side), np.uint8)
        reasons = np.zeros((side, side), np.uint64)
        for k, (layer, (worst, best), w) in enumerate(zip(layers, ends, weights, strict=True)):
            s = np.clip((layer - np.float32(worst)) / np.float32(best - worst), 0, 1)
            score += np.float32(w) * s
            loss = np.float32(w) * (1 - s)
            more = loss > least
            limiting[more] = k
            np.maximum(loss, least, out=least)
        for k, mask in enumerate(masks):
            reasons |= mask.astype(np.uint64) << np.uint64(k)
        return score, reasons, limiting

    names = {f"x{k}": x for k, x in enumerate(layers)} | {f"m{k}": m for k, m in enumerate(masks)}
    values = [f"where(x{k} < {min(e)}, {float(e[0] > e[1])}, where(x{k} > {max(e)}, {float(e[1] > e[0])}, (x{k} - {e[0]}) / {e[1] - e[0]}))" for k, e in enumerate(ends)]

    def number(text: str) -> str:
        return re.sub(r"-?\d+\.\d+(e-\d+)?", lambda m: f"({m.group()})", text)

    def numexprs() -> tuple[np.ndarray, ...]:
        score = numexpr.evaluate(" + ".join(f"{w} * {v}" for w, v in zip(weights, map(number, values), strict=True)), names, casting="unsafe",
                                 out=np.empty((side, side), np.float32), truediv=True)  # fmt: skip
        reasons = numexpr.evaluate(" + ".join(f"where(m{k}, {1 << k}, 0)" for k in range(MASKS)), names, casting="unsafe",
                                   out=np.empty((side, side), np.int64))  # fmt: skip
        least, limiting = np.full((side, side), -np.inf, np.float32), np.zeros((side, side), np.int32)
        for k, (w, v) in enumerate(zip(weights, map(number, values), strict=True)):
            loss = numexpr.evaluate(f"{w} * (1 - {v})", names, casting="unsafe", out=np.empty((side, side), np.float32))
            numexpr.evaluate(f"where(loss > least, {k}, limiting)", {"loss": loss, "least": least, "limiting": limiting}, out=limiting, casting="unsafe")
            numexpr.evaluate("where(loss > least, loss, least)", {"loss": loss, "least": least}, out=least)
        return score, reasons, limiting

    def ours() -> overlay.Overlay:
        return overlay.combine(layers, tables, weights, masks=masks)

    def same(a: overlay.Overlay, b: tuple[np.ndarray, ...]) -> bool:
        # in 32 bits two losses may change places where they are all but equal
        return bool(np.allclose(a.score, b[0], atol=2e-6) and (a.excluded_by == b[1].astype(np.uint64)).all() and (a.limiting != b[2]).mean() < 1e-4)

    earlier = ours()

    def over() -> overlay.Overlay:
        return overlay.combine(layers, tables, weights, masks=masks, out=earlier)

    name = f"overlay, {CRITERIA} float32 criteria, {MASKS} masks: score, reasons, limiting"
    return [
        Work(name, "numpy", ours, numpys, same, repeats=2 if side > 8_000 else 3),
        Work(name, "numexpr, 2 threads", ours, numexprs, same, repeats=2 if side > 8_000 else 3),
    ], side * side * (4.0 * CRITERIA + MASKS + 4 + 8 + 1), over


def terrain_works(side: int, folder: Path) -> list[Work]:
    import rasterio
    import xarray
    import xrspatial

    from landplan.kernels import terrain

    height = smooth(side, 9.0, 9) * np.float32(40) + np.float32(200)
    array = xarray.DataArray(height, dims=("y", "x"), coords={"y": np.arange(side) * 10.0, "x": np.arange(side) * 10.0}, attrs={"res": (10.0, 10.0)})
    inner = (slice(1, -1), slice(1, -1))
    works = [
        Work("slope in degrees (Horn)", "xarray-spatial", lambda: terrain.slope_degrees(height, 10.0), lambda: xrspatial.slope(array).data,
             lambda a, b: bool(np.allclose(a[inner], b[inner], atol=1e-3))),
    ]  # fmt: skip
    if tool := shutil.which("gdaldem"):
        source, target = folder / "height.tif", folder / "slope.tif"
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": side, "width": side, "crs": "EPSG:3006",
                   "transform": rasterio.Affine(10.0, 0, 600_000, 0, -10.0, 7_000_000)}  # fmt: skip
        with rasterio.open(source, "w", **profile) as file:
            file.write(height, 1)

        def gdals() -> None:
            target.unlink(missing_ok=True)
            subprocess.run([tool, "slope", str(source), str(target), "-p", "-q"], check=True)

        def same(a: np.ndarray, _: object) -> bool:
            with rasterio.open(target) as file:
                return bool(np.allclose(a[inner], file.read(1)[inner], atol=0.05))

        works.append(Work("slope in per cent (Horn)", "gdaldem", lambda: terrain.slope_percent(height, 10.0), gdals, same,
                          note="the peer as a process that reads and writes an uncompressed GeoTIFF in memory"))  # fmt: skip
    return works


def cost_works(side: int) -> list[Work]:
    import xarray
    from skimage.graph import MCP_Geometric
    from xrspatial import cost_distance

    from landplan.kernels import cost

    ground = np.clip(np.exp(smooth(side, 5.0, 3).astype(np.float64)), 0.2, 10.0)
    rng = np.random.default_rng(3)
    sources = np.zeros((side, side), bool)
    sources[rng.integers(0, side, 10), rng.integers(0, side, 10)] = True
    at = np.argwhere(sources)
    grid = {"dims": ("y", "x"), "coords": {"y": np.arange(side) * 1.0, "x": np.arange(side) * 1.0}, "attrs": {"res": (1.0, 1.0)}}
    begin, friction = xarray.DataArray(sources.astype(np.float64), **grid), xarray.DataArray(ground, **grid)

    def near(rtol: float) -> Callable[[object, object], bool]:
        return lambda a, b: bool(np.allclose(a[0], b, rtol=rtol))

    return [
        Work("cost distance, 8 neighbours, direction", "scikit-image MCP_Geometric", lambda: cost.accumulate(ground, sources, 1.0),
             lambda: MCP_Geometric(ground).find_costs(at)[0], near(1e-9), repeats=5),
        Work("cost distance, 8 neighbours, direction", "xarray-spatial cost_distance", lambda: cost.accumulate(ground, sources, 1.0),
             lambda: cost_distance(begin, friction).data, near(1e-4), repeats=5, note="the peer in float32, without direction"),
    ]  # fmt: skip


def triad(cells: int) -> float:
    """Bytes a second that two threads move: a = b + 2c over float32 arrays of so many cells."""
    from numba import njit, prange

    @njit(parallel=True)
    def go(a, b, c):
        for i in prange(a.size):
            a[i] = b[i] + np.float32(2) * c[i]

    a, b, c = (np.full(cells, float(k), np.float32) for k in range(3))
    go(a, b, c)
    return 12.0 * cells / min(timed(lambda: go(a, b, c)) for _ in range(7))


def compile_line() -> str:
    """Seconds of each kind's first call in a fresh process with an empty kernel cache, and then with a full one."""
    calls = {
        "distance": "distance.euclidean(m, 1.0)", "components": "components.label(m)", "slope": "terrain.slope_percent(z, 1.0)",
        "cost distance": "cost.accumulate(z + 1, m, 1.0)", "overlay": "overlay.combine([z], [overlay.Table('identity')], [1], masks=[m])",
    }  # fmt: skip
    code = (
        "import time, numpy as np\nfrom landplan.kernels import components, cost, distance, overlay, terrain\n"
        "m = np.eye(300, dtype=bool); z = m.astype(np.float32)\n"
        + "".join(f"t = time.perf_counter(); {c}; print(time.perf_counter() - t)\n" for c in calls.values())
    )
    found = []
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LANDPLAN_CACHE_DIR": folder, "PYTHONPATH": str(HERE.parents[1])}
        env.pop("NUMBA_CACHE_DIR", None)
        for _ in range(2):
            done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
            found.append([float(v) for v in done.stdout.split()])
    line = "First calls, seconds, with an empty kernel cache and with a full one: " + ", ".join(
        f"{name} {a:.1f} and {b:.2f}" for name, a, b in zip(calls, *found, strict=True)
    )
    print(line, flush=True)
    return line + "."


def text(sizes: tuple[int, ...] = (4_000, 10_000)) -> list[str]:
    """The section of RESULTS.md."""
    rows, notes = [], []
    # memory that is a file's: gdaldem reads and writes no disk
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        for side in sizes:
            label = f"{side * side / 1e6:.0f} Mcell"
            rows += measure(distance_works(side), label)
            works, moved, over = overlay_works(side)
            rows += measure(works, label)
            ours = min(timed(works[0].ours) for _ in range(5))
            most = triad(side * side)
            again = min(timed(over) for _ in range(5))
            notes.append(
                f"{label}: a triad moves {most / 1e9:.1f} GB/s; the overlay's layers, masks and answers pass at {moved / ours / 1e9:.1f} GB/s in fresh memory, "
                f"{moved / ours / most:.2f} of it, and at {moved / again / 1e9:.1f} GB/s over an earlier answer, as the triad goes over its own: {moved / again / most:.2f}."
            )
            print(notes[-1], flush=True)
            del works, over
            rows += measure(component_works(side), label)
            rows += measure(terrain_works(side, Path(folder)), label)
    for side in (1_000, 2_000):
        rows += measure(cost_works(side), f"{side * side / 1e6:.0f} Mcell")
    versions = []
    for name in PEERS:
        versions.append(f"{name} {importlib.metadata.version(name)}")
    if tool := shutil.which("gdaldem"):
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout
        versions.append(said.split(",")[0])
    return [
        TITLE,
        "",
        "Two threads, answers compared before anything is timed, turns taken, everyone's answer in fresh memory. Milliseconds, median (best); the ratio of medians (of bests), above 1 we are faster. "
        f"Peers: {', '.join(versions)}.",
        "",
        "| work | peer | ours | theirs | ratio | |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *notes,
        "",
        compile_line(),
        "",
    ]


if __name__ == "__main__":
    side = round((float(sys.argv[2]) * 1e6) ** 0.5) if sys.argv[1:2] == ["--mcell"] else 0
    print("\n".join(text((side,) if side else (4_000, 10_000))))
