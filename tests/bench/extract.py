"""Clipping an OpenStreetMap extract the size of a country: seconds, and the memory of the process that clips."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
LEAST_BYTES = 1_000_000_000
BLOCK = 8_000
COUNTRY = (11.0, 55.0, 24.0, 69.0)
BOX = (17.3, 62.4, 17.9, 62.9)
HIGHEST_ID = 12_500_000_000
NAME = 100
RELATIONS = 3_000
# a set of ids as bits for every id up to the highest; ours holds 100 pieces of 4 MB of it, and all 42 pieces of ways
BITS_MB = HIGHEST_ID / 8 / 1024**2
BOUND_MB = (100 + 42) * 4


def varints(values: np.ndarray) -> bytes:
    """Encode unsigned numbers below 2**35 as protocol buffers do, one after another."""
    shifts = 7 * np.arange(5, dtype=np.uint64)
    groups = (values[:, None] >> shifts).astype(np.uint8) & 0x7F
    lengths = 1 + (values[:, None] >= (np.uint64(1) << shifts[1:])).sum(axis=1)
    place = np.arange(5)
    groups |= np.where(place < lengths[:, None] - 1, 0x80, 0).astype(np.uint8)
    return groups[place < lengths[:, None]].tobytes()


def padded(values: np.ndarray, width: int) -> np.ndarray:
    """Encode unsigned numbers in `width` bytes each, leading zeros and all, which readers accept."""
    shifts = 7 * np.arange(width, dtype=np.uint64)
    out = (values[..., None] >> shifts).astype(np.uint8) & 0x7F
    out[..., :-1] |= 0x80
    return out


def zigzag(values: np.ndarray) -> np.ndarray:
    """Signed numbers as unsigned ones."""
    return ((values << 1) ^ (values >> 63)).astype(np.uint64)


def field(number: int, body: bytes) -> bytes:
    """One field of bytes."""
    return varints(np.array([number << 3 | 2, len(body)], np.uint64)) + body


def number(at: int, value: int) -> bytes:
    """One field that is a number."""
    return bytes([at << 3]) + varints(np.array([value], np.uint64))


def blob(kind: str, body: bytes) -> bytes:
    """One block of the file, compressed as extracts are."""
    packed = number(2, len(body)) + field(3, zlib.compress(body, 1))
    head = field(1, kind.encode()) + number(3, len(packed))
    return len(head).to_bytes(4, "big") + head + packed


def strings(*words: bytes) -> bytes:
    """The table of a block's words; the first is empty."""
    return field(1, b"".join(field(1, w) for w in (b"", *words)))


class Country:
    """Ways of 10 to 20 points scattered over a country, their points numbered way by way, ids as far apart as the planet's."""

    def __init__(self, blocks: int, seed: int = 7) -> None:
        self.rng = np.random.default_rng(seed)
        self.sizes = 10 + np.arange(blocks) % 11
        points = int(self.sizes.sum()) * BLOCK
        self.step = 2 * HIGHEST_ID // points
        self.points, self.ways, self.met = points, blocks * BLOCK, 0
        self.met_ways: list[int] = []

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Give each block's node ids, and the coordinates in 1e-7 degrees: (ways, points of a way)."""
        w, s, e, n = (round(v * 1e7) for v in COUNTRY)
        x0, y0, x1, y1 = (round(v * 1e7) for v in BOX)
        last = 0
        for at, size in enumerate(self.sizes):
            ids = last + np.cumsum(self.rng.integers(1, self.step, BLOCK * size)).reshape(BLOCK, size)
            last = int(ids[-1, -1])
            # a grid of roads: every way runs east or north from a crossing
            x = (self.rng.integers(w, e, BLOCK) // 20_000 * 20_000)[:, None] + np.zeros(size, np.int64)
            y = (self.rng.integers(s, n, BLOCK) // 20_000 * 20_000)[:, None] + np.zeros(size, np.int64)
            along = 1_500 * np.arange(size)
            east = (np.arange(BLOCK) % 2 == 0)[:, None]
            # points drawn by hand: without this the file would pack to half of what extracts do
            x, y = (v + np.where(way, along, 0) + self.rng.integers(0, 900, ids.shape) for v, way in ((x, east), (y, ~east)))
            inside = ((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)).any(axis=1)
            self.met_ways += (1 + at * BLOCK + np.flatnonzero(inside)).tolist()
            yield ids, x, y


def dense(ids: np.ndarray, x: np.ndarray, y: np.ndarray) -> bytes:
    """One block of points."""
    def deltas(v: np.ndarray) -> bytes:
        return varints(zigzag(np.diff(v.astype(np.int64), prepend=0)))

    body = field(1, deltas(ids)) + field(8, deltas(y)) + field(9, deltas(x))
    return blob("OSMData", strings() + field(2, field(2, body)))


def ways(first: int, ids: np.ndarray, rng: np.random.Generator) -> bytes:
    """One block of ways, each with a class of road and a name of its own."""
    count = len(ids)
    names = rng.integers(97, 123, (count, NAME), np.uint8)
    table = b"".join(field(1, w) for w in (b"", b"highway", b"name", b"residential"))
    table += np.hstack([np.full((count, 1), 0x0A, np.uint8), np.full((count, 1), NAME, np.uint8), names]).tobytes()
    numbers = padded((first + np.arange(count)).astype(np.uint64), 5)
    named = padded((4 + np.arange(count)).astype(np.uint64), 2)
    start = padded(zigzag(ids[:, 0].astype(np.int64)), 5)
    rest = padded(zigzag(np.diff(ids.astype(np.int64), axis=1)), 2).reshape(count, -1)

    def same(*octets: int) -> np.ndarray:
        return np.tile(np.array(octets, np.uint8), (count, 1))

    row = np.hstack([same(0x08), numbers, same(0x12, 2, 1, 2, 0x1A, 3, 3), named, same(0x42, 5 + rest.shape[1]), start, rest])
    group = np.hstack([same(0x1A, row.shape[1]), row])
    return blob("OSMData", field(1, table) + field(2, group.tobytes()))


def relations(country: Country) -> tuple[bytes, int]:
    """One block of areas of two ways, every fifth with one way in the box and one anywhere; and how many ways that brings."""
    rng, met = np.random.default_rng(3), sorted(country.met_ways)
    known = set(met)
    rows, brought = [], set()
    for i in range(RELATIONS):
        near = int(rng.choice(met)) if i % 5 == 0 else int(rng.integers(1, country.ways))
        far = int(rng.integers(1, country.ways))
        if near in known or far in known:
            brought |= {near, far} - known
        members = varints(zigzag(np.array([near, far - near], np.int64)))
        rows.append(field(4, number(1, i + 1) + field(2, b"\x01\x02") + field(3, b"\x03\x04") + field(8, b"\x05\x05") + field(9, members) + field(10, b"\x01\x01")))
    table = strings(b"type", b"natural", b"multipolygon", b"water", b"outer")
    return blob("OSMData", table + field(2, b"".join(rows))), len(brought)


def generate(path: Path) -> tuple[Country, int]:
    """Write an extract of at least a gigabyte; give the country and how many ways its areas bring from outside the box."""
    blocks = 800
    country = Country(blocks)
    way_file = path.with_name("ways.part")
    header = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes") + field(5, b"Sort.Type_then_ID") + field(16, b"landplan bench")
    names = np.random.default_rng(11)
    with path.open("wb") as out, way_file.open("wb") as later, ThreadPoolExecutor(2) as pool:
        out.write(blob("OSMHeader", header))
        for at, (ids, x, y) in enumerate(country.blocks()):
            # points of a block as extracts have them: 8 000 to a block
            flat = [v.reshape(-1) for v in (ids, x, y)]
            parts = [tuple(v[i : i + BLOCK] for v in flat) for i in range(0, flat[0].size, BLOCK)]
            made = pool.submit(ways, 1 + at * BLOCK, ids, names)
            for body in pool.map(lambda p: dense(*p), parts):
                out.write(body)
            later.write(made.result())
        tail, brought = relations(country)
        later.write(tail)
        later.close()
        with way_file.open("rb") as first:
            shutil.copyfileobj(first, out, 1 << 24)
    way_file.unlink()
    return country, brought


CHILD = """
import json, resource, sys, time
from pathlib import Path
from landplan.layers.sources.extract import clip
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
start = time.perf_counter()
found = clip(Path(sys.argv[1]), tuple(map(float, sys.argv[3:])), Path(sys.argv[2]))
spent = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"ways": found, "seconds": time.perf_counter() - start, "peak": spent.ru_maxrss / 1024, "before": before, "cpu": spent.ru_utime + spent.ru_stime}))
"""


def clipped(source: Path, target: Path) -> dict[str, float]:
    """Clip in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(source), str(target), *map(str, BOX)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return dict(json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout))


def checked(target: Path, country: Country, brought: int, found: dict[str, float]) -> tuple[int, int]:
    """Hold the clip to the generation: the ways of the box and no others, each with all its points."""
    import osmium

    points = {n.id for n in osmium.FileProcessor(str(target), osmium.osm.NODE)}
    there, lacks, last = set(), 0, 0
    for way in osmium.FileProcessor(str(target), osmium.osm.WAY):
        there.add(way.id)
        lacks += sum(n.ref not in points for n in way.nodes)
        if way.id <= last:
            raise SystemExit("the clip's ways are not sorted; nothing is reported")
        last = way.id
    met = set(country.met_ways)
    if found["ways"] != len(met) or not met <= there or len(there - met) != brought or lacks:
        raise SystemExit(f"the clip has {len(there)} ways of {len(met)} + {brought}, {lacks} points lacking; nothing is reported")
    return len(there), len(points)


def main() -> list[str]:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "land.osm.pbf", Path(folder) / "kommun.osm.pbf"
        start = time.perf_counter()
        country, brought = generate(source)
        made, size = time.perf_counter() - start, source.stat().st_size
        if size < LEAST_BYTES:
            raise SystemExit(f"the extract is {size} bytes, less than {LEAST_BYTES}")
        print(f"made {size / 1e6:.0f} MB, {country.points} points, {country.ways} ways in {made:.0f} s", flush=True)
        found = clipped(source, target)
        n_ways, n_points = checked(target, country, brought, found)
        peer = "not compared: osmium is not installed"
        if program := shutil.which("osmium"):
            start = time.perf_counter()
            box = ",".join(map(str, BOX))
            subprocess.run([program, "extract", "-b", box, "-s", "smart", str(source), "-o", str(Path(folder) / "peer.osm.pbf")], check=True, capture_output=True)
            peer = f"{time.perf_counter() - start:.0f} s"
        lines = [
            "| what | measured |",
            "|---|---|",
            f"| the extract, MB | {size / 1e6:.0f} |",
            f"| its points and ways, millions | {country.points / 1e6:.0f} and {country.ways / 1e6:.1f} |",
            f"| the clip: points and ways | {n_points} and {n_ways} |",
            f"| the clip, MB | {target.stat().st_size / 1e6:.1f} |",
            f"| clipping, s | {found['seconds']:.0f} |",
            f"| of the extract a second, MB | {size / 1e6 / found['seconds']:.0f} |",
            f"| processor time, s | {found['cpu']:.0f} |",
            f"| peak memory of the process, MB | {found['peak']:.0f} |",
            f"| of which before it began, MB | {found['before']:.0f} |",
            f"| bound: the pieces of ids known at a time, MB | {BOUND_MB}, and what lies in the area |",
            f"| a bit for every id up to the highest would be, MB | {BITS_MB:.0f} |",
            f"| osmium extract, smart | {peer} |",
        ]
    print("\n".join(lines), flush=True)
    return lines


if __name__ == "__main__":
    main()
