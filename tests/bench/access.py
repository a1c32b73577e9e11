"""Accessibility over a dense matrix of 25 million pairs, beside the same in pandas.

The peer is what a study does with a long table of origin, destination and minutes: amounts looked up by id, groupby sums. Ids are integers
of 13 digits as those of Statistics Sweden's squares. A second peer has been spared the ids: they are places 0 to n - 1 in order, and
amounts are looked up as array elements. Answers are compared before anything is timed; all are timed in turn in this process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
ZONES = 5_000
CUTOFFS = [10.0, 15.0, 20.0, 30.0, 45.0, 60.0]
REPEATS = 3  # of pandas, which takes seconds; ours is timed before each
HEAD = "| work | ours, s: median (best) | pandas by id, s | ratio | pandas by place, s | ratio | first call, s | ours takes at most, MB | pandas by id, MB |"


def town(zones: int = ZONES) -> tuple[np.ndarray, pd.Series, pd.Series]:
    """Minutes between zones strewn over an hour's square, jobs and persons; whole minutes and tenths as matrices have."""
    rng = np.random.default_rng(6)
    x, y = rng.random((2, zones)) * 60.0
    minutes = np.round(1.3 * np.hypot(x[:, None] - x, y[:, None] - y), 1).astype(np.float32)
    jobs = pd.Series(rng.integers(0, 500, zones).astype(float), name="jobs")
    return minutes, jobs, pd.Series(rng.integers(0, 900, zones).astype(float), name="people")


class Pandas:
    """The measures by groupby on a long table."""

    def __init__(self, minutes: np.ndarray, jobs: pd.Series, people: pd.Series, ids: np.ndarray) -> None:
        n = len(jobs)
        self.frame = pd.DataFrame({"o": np.repeat(ids, n), "d": np.tile(ids, n), "minutes": minutes.ravel()})
        self.jobs, self.people, self.n, self.ids = jobs.to_numpy(), people.to_numpy(), n, ids

    def by(self, key: str, values: np.ndarray) -> np.ndarray:
        return pd.Series(values).groupby(self.frame[key].to_numpy()).sum().reindex(self.ids, fill_value=0.0).to_numpy()

    def at(self, key: str, amounts: np.ndarray) -> np.ndarray:
        return self.frame[key].map(pd.Series(amounts, self.ids)).to_numpy()

    def weight(self) -> np.ndarray:
        return np.exp(-0.1 * self.frame["minutes"].to_numpy(np.float64))

    def cumulative(self) -> np.ndarray:
        f = self.frame.assign(jobs=self.at("d", self.jobs))
        return np.stack([f[f["minutes"] <= np.float32(c)].groupby("o")["jobs"].sum().reindex(self.ids, fill_value=0.0) for c in CUTOFFS], axis=1)

    def passive(self) -> np.ndarray:
        f = self.frame.assign(people=self.at("o", self.people))
        return np.stack([f[f["minutes"] <= np.float32(c)].groupby("d")["people"].sum().reindex(self.ids, fill_value=0.0) for c in CUTOFFS], axis=1)

    def gravity(self) -> np.ndarray:
        return self.by("o", self.weight() * self.at("d", self.jobs))

    def closest(self) -> np.ndarray:
        f = self.frame[self.at("d", self.jobs) > 0]
        return f.groupby("o")["minutes"].min().reindex(self.ids, fill_value=np.inf).to_numpy()

    def all_three(self) -> np.ndarray:
        return np.column_stack([self.cumulative(), self.gravity(), self.closest()])

    def two_step(self, w: np.ndarray) -> np.ndarray:
        met = self.by("d", w * self.at("o", self.people))
        return self.by("o", w * self.at("d", np.divide(self.jobs, met, out=np.zeros(self.n), where=met > 0)))

    def within(self) -> np.ndarray:
        return self.two_step((self.frame["minutes"].to_numpy() <= np.float32(30)).astype(np.float64))

    def stepped(self) -> np.ndarray:
        place = np.searchsorted(np.array([10, 20, 30], np.float32), self.frame["minutes"].to_numpy(), side="left")
        return self.two_step(np.array([1, 0.68, 0.22, 0])[place])

    def balanced(self) -> np.ndarray:
        w = self.weight()
        row, column = self.by("o", w), self.by("d", w)
        met = self.by("d", w * self.at("o", self.people / row))
        return self.by("o", w * self.at("d", self.jobs / met / column))

    def three_step(self) -> np.ndarray:
        w = self.weight()
        w = w * w / self.at("o", self.by("o", w))
        return self.two_step(w)

    def availability(self) -> np.ndarray:
        w = self.weight() * self.at("o", self.people)
        return self.by("o", w * self.at("d", self.jobs / self.by("d", w)))

    def balancing(self) -> np.ndarray:
        whole = np.ceil(self.frame["minutes"].to_numpy()).astype(np.int16)
        steps = self.frame.assign(step=whole, jobs=self.at("d", self.jobs)).groupby(["o", "step"])["jobs"].sum()
        enough = steps.groupby(level="o").cumsum().reset_index()
        enough = enough[enough["jobs"] > 30 * enough["o"].map(pd.Series(self.people, self.ids))]
        out = enough.groupby("o")["step"].min().reindex(self.ids).astype(float).to_numpy(copy=True)
        out[self.people == 0] = 0.0
        return out


class PandasByPlace(Pandas):
    """The same for places 0 to n - 1."""

    def at(self, key: str, amounts: np.ndarray) -> np.ndarray:
        return amounts[self.frame[key].to_numpy()]


Work = tuple[str, Callable[[], np.ndarray], str]


def works(minutes: np.ndarray, jobs: pd.Series, people: pd.Series) -> list[Work]:
    """Each work's name, ours, and theirs by name."""
    from landplan import accessibility as a

    od = a.ODMatrix.from_dense(minutes)
    falling = a.decay.exponential(0.1)

    def catchment(method: str, decay: a.decay.Decay) -> Callable[[], np.ndarray]:
        return lambda: a.floating_catchment(od, jobs, people, decay=decay, method=method).to_numpy()

    def six() -> np.ndarray:
        return a.cumulative(od, jobs, CUTOFFS).to_numpy()

    def one() -> np.ndarray:
        return a.gravity(od, jobs, decay=falling).to_numpy()

    def closest() -> np.ndarray:
        return a.cost_to_closest(od, jobs).to_numpy()

    return [
        ("six cutoffs, gravity exp(-0.1 t) and minutes to the closest", lambda: np.column_stack([six(), one(), closest()]), "all_three"),
        ("six cutoffs", six, "cumulative"),
        ("six cutoffs, passive", lambda: a.cumulative(od, people, CUTOFFS, passive=True).to_numpy(), "passive"),
        ("gravity exp(-0.1 t)", one, "gravity"),
        ("minutes to the closest", closest, "closest"),
        ("2SFCA, 30 minutes", catchment("2sfca", a.decay.step(30)), "within"),
        ("E2SFCA, 10, 20 and 30 minutes", catchment("e2sfca", a.decay.stepped([10, 20, 30], [0.68, 0.22, 0])), "stepped"),
        ("BFCA, exp(-0.1 t)", catchment("bfca", falling), "balanced"),
        ("3SFCA, exp(-0.1 t)", catchment("3sfca", falling), "three_step"),
        ("spatial availability, exp(-0.1 t)", lambda: a.spatial_availability(od, jobs, people, decay=falling).to_numpy(), "availability"),
        ("balancing cost", lambda: a.balancing_cost(od, jobs, 30 * people).to_numpy(), "balancing"),
    ]


def resident() -> float:
    """Megabytes of this process now."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def peak_above(work: Callable[[], object]) -> float:
    """Megabytes that a work takes above what is there before, looked at every two milliseconds."""
    before, most, done = resident(), [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.002):
            most[0] = max(most[0], resident() - before)

    watch = threading.Thread(target=look)
    watch.start()
    work()
    done.set()
    watch.join()
    return most[0]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def row(work: Work, peers: tuple[Pandas, Pandas]) -> str:
    name, ours, method = work
    by_id, by_place = (getattr(peer, method) for peer in peers)
    start = time.perf_counter()
    answer = ours()
    first = time.perf_counter() - start
    for theirs in (by_id, by_place):
        if not np.allclose(answer, theirs(), rtol=1e-9, atol=0, equal_nan=True):
            raise SystemExit(f"{name}: our answer differs from pandas'; nothing is timed")
    a, b, c = [], [], []
    for _ in range(REPEATS):
        for what, times in ((ours, a), (by_id, b), (ours, a), (by_place, c)):
            times.append(seconds(what))
    ours_s, id_s, place_s = (statistics.median(times) for times in (a, b, c))
    text = (
        f"| {name} | {ours_s:.3f} ({min(a):.3f}) | {id_s:.2f} ({min(b):.2f}) | {id_s / ours_s:.0f} | {place_s:.2f} ({min(c):.2f}) | {place_s / ours_s:.0f} | "
        f"{first:.1f} | {peak_above(ours):.0f} | {peak_above(by_id):.0f} |"
    )
    print(text, flush=True)
    return text


def compile_seconds() -> float:
    """What all of it costs on a small matrix in a process of its own, with an empty cache of kernels."""
    import os
    import tempfile

    code = (
        "import time; from tests.bench import access as b; w = b.works(*b.town(60)); s = time.perf_counter(); "
        "[ours() for _, ours, _ in w]; print(time.perf_counter() - s)"
    )
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LANDPLAN_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)}
        env.pop("NUMBA_CACHE_DIR", None)
        return float(subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def text() -> list[str]:
    """The section."""
    import numba

    cold = compile_seconds()
    minutes, jobs, people = town()
    places = np.arange(ZONES, dtype=np.int32)
    squares = 4_650_000_000_000 + 1_000 * np.random.default_rng(7).permutation(ZONES).astype(np.int64)
    peers = (Pandas(minutes, jobs, people, squares), PandasByPlace(minutes, jobs, people, places))
    rows = [row(work, peers) for work in works(minutes, jobs, people)]
    return [
        "## Accessibility",
        "",
        f"{ZONES} x {ZONES} zones, {ZONES * ZONES / 1e6:.0f} million pairs, {numba.get_num_threads()} threads, one process; answers compared first (1e-9), ours and pandas timed in "
        f"turn, medians (best). The matrix itself is {ZONES * ZONES * 8 / 1e6:.0f} MB here (float32 minutes, int32 destinations) and {ZONES * ZONES * 20 / 1e6:.0f} MB as pandas' long table by id; memory is what each call takes "
        f"above that. Compiling every kernel, in a process of its own with an empty cache: {cold:.0f} s.",
        "",
        HEAD,
        "|---" * (HEAD.count("|") - 1) + "|",
        *rows,
        "",
    ]


if __name__ == "__main__":
    print("\n".join(text()))
