"""A whole industrial study on a big grid: 12 criteria of which 6 are distances, constraints, overlay, ledger, candidate sites.

Each size runs in a process of its own, so that the peak of its memory is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZES = (3_536, 7_000, 14_142)

STUDY = """
import sys, time
import geopandas as gpd, numpy as np, shapely
from landplan import suitability as s
from landplan.grid import Grid
from landplan.run.memory import peak_memory_mb

def ground(side, rng, dtype, high, rough):
    # hills by blocks, drawn coarse and laid out: the same kind of land at any size
    small = rng.random((side // rough + 2, side // rough + 2)) * high
    rows = np.linspace(0, small.shape[0] - 1.01, side)
    out = np.empty((side, side), dtype)
    i = rows.astype(int); f = (rows - i)[:, None]
    for r in range(0, side, 512):
        a = slice(r, min(side, r + 512))
        left, right = small[i[a]], small[i[a] + 1]
        between = left * (1 - f[a]) + right * f[a]
        out[a] = (between[:, i] * (1 - f.T) + between[:, i + 1] * f.T).astype(dtype)
    return out

def study(side):
    rng = np.random.default_rng(7)
    grid = Grid("EPSG:3006", 10.0, 0.0, 10.0 * side, (side, side))
    metres = 10.0 * side
    lines = [gpd.GeoDataFrame(geometry=[shapely.LineString(rng.uniform(0, metres, (2, 2))) for _ in range(n)], crs=grid.crs) for n in (6, 3, 4, 12)]
    points = [gpd.GeoDataFrame(geometry=gpd.points_from_xy(*rng.uniform(0, metres, (2, n))), crs=grid.crs) for n in (9, 40)]
    homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*rng.uniform(0, metres, (2, 3 + side * side // 120_000))), crs=grid.crs)
    lakes = gpd.GeoDataFrame(geometry=shapely.buffer(shapely.points(rng.uniform(0, metres, (60, 2))), metres / 90), crs=grid.crs)
    slope, soil, cover, flood, parcel, labour = (
        ground(side, rng, np.uint8, 25, 40), ground(side, rng, np.uint8, 5.99, 90), ground(side, rng, np.uint8, 6.99, 60),
        ground(side, rng, np.uint16, 300, 70), ground(side, rng, np.uint16, 900, 50), ground(side, rng, np.float32, 80_000, 200),
    )
    start = time.perf_counter()
    far = s.value.linear(15_000, 0)
    distances = [s.Criterion(f"distance_{i}", f, far, 1 / 12, "m") for i, f in enumerate((*lines, *points))]
    classes = s.value.categories({k: k / 6 for k in range(7)})
    others = [
        s.Criterion("slope", slope, s.value.piecewise([(0, 1), (3, 1), (8, 0.5), (15, 0)]), 1 / 12, "%"), s.Criterion("soil", soil, classes, 1 / 12),
        s.Criterion("cover", cover, classes, 1 / 12), s.Criterion("flood", flood, s.value.linear(300, 0), 1 / 12, "cm"),
        s.Criterion("parcel", parcel, s.value.linear(0, 900), 1 / 12, "ha"), s.Criterion("labour", labour, s.value.sigmoid(40_000, 8_000), 1 / 12),
    ]
    constraints = [
        s.Constraint("homes", homes, within_m=300), s.Constraint("lakes", lakes, within_m=100, hardness="dispensation", legal="MB 7:13"),
        s.Constraint("road", lines[0], within_m=50), s.Constraint("steep", slope > 15), s.Constraint("bog", cover == 4, hardness="weigh"),
    ]
    result = s.evaluate(grid, constraints, [*distances, *others], weight_sd=0.2, memory_limit_gb=20)
    sites = s.candidate_sites(result, 40, 80, count=10, threshold=0.3)
    cards = s.score_sites(result, sites)
    seconds = time.perf_counter() - start
    assert sites["verified"].all() and len(cards) == len(sites) > 0
    # the ledger adds up to the grid, to the cell
    shared = s.legal_hectares(result.excluded_by, result.constraints, grid)
    assert abs(float(shared.to_numpy().sum()) / grid.cell_ha - side * side) < 0.5
    return seconds

study(1_000)
times = [study(int(sys.argv[1])) for _ in range(int(sys.argv[2]))]
print(min(times), sorted(times)[len(times) // 2], peak_memory_mb() / 1e3)
"""

HEAD = "| cells, million | seconds, best | seconds, median | peak memory, GB | bytes a cell |\n|---|---|---|---|---|"


def row(side: int) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", STUDY, str(side), "3" if side < 10_000 else "1"], capture_output=True, text=True, check=True, env=env)
    best, middle, peak = (float(v) for v in done.stdout.split())
    text = f"| {side * side / 1e6:.1f} | {best:.1f} | {middle:.1f} | {peak:.2f} | {1e9 * peak / side**2:.0f} |"
    print(text, flush=True)
    return text


def main(sizes: tuple[int, ...] = SIZES) -> list[str]:
    """The table, its head first."""
    print(HEAD, flush=True)
    return [*HEAD.split("\n"), *(row(side) for side in sizes)]


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or SIZES)
