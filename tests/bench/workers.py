"""A site's workers over 50 000 squares: seconds and peak memory of 1 000 draws, beside the same draws written in NumPy."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np
import pandas as pd

HEAD = "| squares | workplaces | draws | seconds, median (best) | peak memory added, MB | NumPy, seconds for as many draws | ratio |"
_PEER_DRAWS = 20


def made(squares: int, places: int) -> tuple[pd.DataFrame, np.ndarray, pd.Series]:
    """Labour, minutes and jobs of a made-up region: drawn, with labour short enough that offers are made again."""
    rng = np.random.default_rng(squares + places)
    labour = pd.DataFrame({"labour": rng.gamma(0.5, 12.0, squares)}, index=[f"s{i}" for i in range(squares)])
    minutes = rng.uniform(2.0, 130.0, (squares, places + 1))
    jobs = pd.Series(rng.lognormal(5.0, 1.2, places), index=[f"w{k}" for k in range(places)])
    return labour, minutes, jobs * labour["labour"].sum() / max(1.0, jobs.sum())


def plain(labour: np.ndarray, minutes: np.ndarray, jobs: np.ndarray, draws: pd.DataFrame, spread: float) -> np.ndarray:
    """Workers of the site by square and draw, in NumPy: whole arrays a round."""
    out = np.empty((labour.size, len(draws)))
    reach = minutes <= 120.0
    for d, row in enumerate(draws.itertuples()):
        pull = np.where(reach, 1.0 / (1.0 + np.exp((minutes - row.impedance) / spread)), 0.0)
        left = labour * row.match
        wanted = np.append(row.jobs * (1 - row.in_migrant_share - row.weekly_share), jobs * row.match)
        rest = wanted.copy()
        taken = np.zeros(labour.size)
        for _ in range(200):
            asked = left @ pull
            ask = np.divide(rest, asked, out=np.zeros_like(rest), where=(asked > 1e-300) & (rest > 1e-9 * (1 + wanted)))
            if not ask.any():
                break
            offers = pull @ ask
            accept = np.where(offers > 1, left / np.maximum(offers, 1e-300), left)
            taken += accept * ask[0] * pull[:, 0]
            hired = ask * (accept @ pull)
            rest -= hired
            left = np.where(offers < 1, left * (1 - offers), 0.0)
            if hired.sum() <= 1e-9 * wanted.sum():
                break
        out[:, d] = taken
    return out


def row(squares: int, places: int, draws: int) -> str:
    from landplan import catchment as c
    from landplan.od import ODMatrix
    from landplan.run.memory import peak_memory_mb

    labour, minutes, jobs = made(squares, places)
    od = ODMatrix.from_dense(minutes, origin_ids=list(labour.index), destination_ids=["site", *jobs.index])
    site = c.Employer("site", (900.0, 1900.0, 4000.0), in_migrants=(0.1, 0.2, 0.3), weekly=(0.0, 0.05, 0.1), match=(0.1, 0.2, 0.4))
    model = c.Impedance("logistic", (38.0, 45.0, 52.0), 8.0)
    c.employer(site, labour, {"car": od}, model, others=jobs, draws=2)
    before = peak_memory_mb() or 0.0
    times = []
    for _ in range(3):
        start = time.perf_counter()
        found = c.employer(site, labour, {"car": od}, model, others=jobs, draws=draws)
        times.append(time.perf_counter() - start)
    added = (peak_memory_mb() or 0.0) - before
    # answers first: the peer's draws are ours
    few = c.employer(site, labour, {"car": od}, model, others=jobs, draws=_PEER_DRAWS)
    start = time.perf_counter()
    theirs = plain(labour["labour"].to_numpy(), od.to_dense().astype(np.float64), jobs.to_numpy(), few.draws, model.spread)
    peer = (time.perf_counter() - start) * draws / _PEER_DRAWS
    off = float(np.abs(few.zones["expected"].to_numpy() - theirs.mean(axis=1)).max() / theirs.mean(axis=1).max())
    if off > 1e-5:
        raise SystemExit(f"the answers differ by {off:g} of the largest")
    del found
    return f"| {squares:,} | {places} | {draws:,} | {statistics.median(times):.2f} ({min(times):.2f}) | {added:.0f} | {peer:.0f} | {peer / statistics.median(times):.1f} |"


def main() -> list[str]:
    """Return the section's rows; each size in a process of its own, as peak memory never falls."""
    lines = [HEAD, "|---|---|---|---|---|---|---|"]
    for squares, places in ((10_000, 40), (50_000, 0), (50_000, 10), (50_000, 40)):
        code = f"from tests.bench.workers import row; print(row({squares}, {places}, 1000))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        lines.append(done.stdout.strip().splitlines()[-1])
        print(lines[-1], flush=True)
    return lines
