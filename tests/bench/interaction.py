"""Doubly constrained fits of growing size against plain NumPy Furness under scipy's bounded minimiser.

Flows are drawn: zones in a plane of Sweden's length, masses lognormal, overdispersed. The peer is what one writes without a library: for
each beta a table balanced in NumPy, and Brent's method on the deviance.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

HEAD = "| zones | work | ours | theirs | ratio (of bests) | beta | first call, s |"
REPEATS = 5


def made(zones: int, decay: str, beta: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    from landplan import catchment as c

    rng = np.random.default_rng(zones)
    at = rng.random((zones, 2)) * np.array([500.0, 1_400.0])
    cost = np.hypot(*(at[:, None] - at).transpose(2, 0, 1)) + 5.0
    mass = rng.lognormal(9.0, 1.0, zones)
    mean = c.furness(pd.DataFrame(c.deterrence(cost, decay, {"beta": beta})), mass, rng.permutation(mass)).flows.to_numpy()
    return pd.DataFrame(rng.poisson(mean * rng.gamma(2.0, 0.5, mean.shape)).astype(float)), pd.DataFrame(cost)


def plain(flows: np.ndarray, cost: np.ndarray, decay: str, tolerance: float = 1e-9) -> float:
    """The likeliest beta, with NumPy and scipy only."""
    rows, columns = flows.sum(axis=1), flows.sum(axis=0)
    inner, outer = (0.1, 5.0) if decay == "power" else (0.001, 0.1)
    alive = rows > 0, columns > 0

    def short(beta: float) -> float:
        seed = cost**-beta if decay == "power" else np.exp(-beta * cost)
        b = np.ones(columns.size)
        a = np.zeros(rows.size)
        for _ in range(5_000):
            a = np.divide(rows, seed @ b, out=np.zeros_like(rows), where=alive[0])
            b = np.divide(columns, a @ seed, out=np.zeros_like(columns), where=alive[1])
            if np.abs(a * (seed @ b) - rows).max() <= tolerance * rows.max():
                break
        mu = a[:, None] * seed * b
        return float((mu - flows * np.log(np.where(flows > 0, mu, 1.0))).sum())

    return float(minimize_scalar(short, bounds=(inner, outer), method="bounded", options={"xatol": 1e-7}).x)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def row(zones: int, decay: str, beta: float) -> list[str]:
    from landplan.catchment import interaction

    flows, cost = made(zones, decay, beta)
    y, t = flows.to_numpy(), cost.to_numpy()

    def ours() -> float:
        return interaction.fit(flows, cost, decay=decay, intervals=None).parameters["beta"]

    start = time.perf_counter()
    found = ours()
    first = time.perf_counter() - start
    theirs = plain(y, t, decay)
    if abs(found - theirs) > 1e-4 * found:
        raise SystemExit(f"{zones} zones, {decay}: beta {found} and {theirs}; nothing is timed")
    a, b = [], []
    for _ in range(REPEATS):
        a.append(timed(ours))
        b.append(timed(lambda: plain(y, t, decay)))
    # a threaded BLAS waits for busy neighbours: its bests tell what it can do
    ratio = min(b) / min(a)
    lines = [
        f"| {zones} | {decay} | {1e3 * statistics.median(a):.0f} ({1e3 * min(a):.0f}) | {1e3 * statistics.median(b):.0f} ({1e3 * min(b):.0f}) | {ratio:.1f} | {found:.5g} | {first:.2f} |"
    ]
    # what no peer does: ends of the interval, and cells below the floor as intervals
    for name, more in (("with profile interval", {}), ("with interval and a noise floor of 4", {"noise_floor": 4.0})):
        each = [timed(lambda more=more: interaction.fit(flows, cost, decay=decay, **more)) for _ in range(3)]
        lines.append(f"| {zones} | {decay}, {name} | {1e3 * statistics.median(each):.0f} ({1e3 * min(each):.0f}) | | | | |")
    print("\n".join(lines), flush=True)
    return lines


def main(sizes: tuple[int, ...] = (72, 290, 1_160)) -> list[str]:
    """The table, its head first."""
    print(HEAD, flush=True)
    lines = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for zones in sizes:
        for decay, beta in (("power", 2.1), ("exponential", 0.018)):
            lines += row(zones, decay, beta)
    return lines


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or (72, 290, 1_160))
