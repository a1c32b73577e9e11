"""Filling jobs from zones whose labour runs out: attraction-constrained gravity, offered again until no one is left to ask.

Every draw is worked out alone by one thread in a fixed order, so the answer does not depend on how many threads there are.
"""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, get_thread_id, njit, prange  # type: ignore[attr-defined]
from numpy.typing import NDArray

from landplan.kernels.weighing import exponentials

__all__ = ["DECAYS", "group_sums", "quantiles", "recruit"]

DECAYS = {"exponential": 0, "power": 1, "tanner": 2, "logistic": 3}
"""Codes of the decay: exp(-a c); c^-a; c^b exp(-a c); the logistic survival curve with middle a and spread b."""
_ENOUGH = 1e-9
_MOST_ROUNDS = 200


@njit(cache=True, nogil=True)
def _pull(kind, base, more, reach, a, spread, x, power, bits, pull):  # type: ignore[no-untyped-def]
    """The wish to go from each zone to each destination, in one row after another."""
    n, m = base.shape
    if kind == 3:
        # 1 / (1 + exp((c - a) / s)), exp(c / s) being the same in every draw
        k = math.exp(-a / spread)
        for i in range(n):
            for j in range(m):
                pull[i, j] = reach[i, j] / (1.0 + base[i, j] * k)
        return
    for i in range(n):
        for j in range(m):
            x[j] = -a * base[i, j] + spread * more[i, j]
        exponentials(x, m, power, bits)
        for j in range(m):
            pull[i, j] = reach[i, j] * x[j]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _fill(wanted, left, pull, own, taken, filled, ask, rest):  # type: ignore[no-untyped-def]
    """Rounds of offers: `left` labour by zone, `wanted` jobs by destination; `taken` gets the first `own` destinations' workers."""
    n, m = pull.shape
    target = 0.0
    for j in range(m):
        rest[j] = wanted[j]
        filled[j] = 0.0
        target += wanted[j]
    taken[:] = 0.0
    rounds = 0
    while rounds < _MOST_ROUNDS:
        rounds += 1
        ask[:] = 0.0
        for i in range(n):
            here = left[i]
            if here > 0.0:
                for j in range(m):
                    ask[j] += here * pull[i, j]
        open_ = 0.0
        for j in range(m):
            # offers a unit of labour that is asked
            ask[j] = rest[j] / ask[j] if ask[j] > 1e-300 and rest[j] > _ENOUGH * (1.0 + wanted[j]) else 0.0
            open_ += ask[j]
        if open_ == 0.0:
            break
        hired = 0.0
        for i in range(n):
            here = left[i]
            if here <= 0.0:
                continue
            offers = 0.0
            for j in range(m):
                offers += ask[j] * pull[i, j]
            if offers <= 0.0:
                continue
            # a zone that is asked for more than it has says yes to each in proportion
            accept = here if offers <= 1.0 else here / offers
            hired += accept * offers
            for j in range(m):
                filled[j] += accept * ask[j] * pull[i, j]
            for j in range(own):
                taken[i, j] += accept * ask[j] * pull[i, j]
            left[i] = here * (1.0 - offers) if offers < 1.0 else 0.0
        for j in range(m):
            rest[j] = wanted[j] - filled[j]
        if hired <= _ENOUGH * target:
            break
    return rounds


@njit(cache=True, nogil=True, parallel=True)
def _recruit(labour, base, more, reach, jobs, own, kind, spread, draws, shares, measures, out, taken, filled, by_mode, means, rounds, left, pull, ask, rest, x, power, bits):  # type: ignore[no-untyped-def]
    n, m = base.shape
    for d in prange(draws.shape[0]):
        t = get_thread_id()
        match, a, scale, local = draws[d, 0], draws[d, 1], draws[d, 2], draws[d, 3]
        for i in range(n):
            left[t, i] = labour[i] * match
        _pull(kind, base, more, reach, a, spread, x[t], power[t], bits[t], pull[t])
        for j in range(m):
            # the site's jobs are this draw's, others' are as many as look for the same skills
            rest[t, m + j] = jobs[j] * local if j < own else jobs[j] * scale
        rounds[d] = _fill(rest[t, m:], left[t], pull[t], own, taken[t], filled[d], ask[t], rest[t, :m])
        for q in range(by_mode.shape[1]):
            by_mode[d, q] = 0.0
        for q in range(means.shape[1]):
            means[d, q] = 0.0
        for i in range(n):
            total = 0.0
            for j in range(own):
                one = taken[t, i, j]
                if one > 0.0:
                    total += one
                    for q in range(by_mode.shape[1]):
                        by_mode[d, q] += one * shares[j, q, i]
                    for q in range(means.shape[1]):
                        means[d, q] += one * measures[j, q, i]
            out[i, d] = total


def recruit(
    labour: NDArray[np.float64], cost: NDArray[np.float64], jobs: NDArray[np.float64], own: int, kind: int, spread: float, draws: NDArray[np.float64],
    shares: NDArray[np.float64], measures: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:  # fmt: skip
    """Fill jobs from zones in many draws.

    Parameters
    ----------
    labour : ndarray of float64, shape (n,)
        Labour force by zone.
    cost : ndarray of float64, shape (n, m)
        Minutes from zone to destination, ``inf`` where out of reach; the first `own` destinations are the site's shifts.
    jobs : ndarray of float64, shape (m,)
        Jobs by destination; the site's add up to 1 and are multiplied by the draw's jobs.
    own : int
    kind : int
        Of `DECAYS`.
    spread : float
        The decay's second parameter.
    draws : ndarray of float64, shape (draws, 4)
        Share of the labour that has the skills, the decay's first parameter, what others' jobs are multiplied by, the site's jobs.
    shares : ndarray of float64, shape (own, modes, n)
        Share of each mode by shift and zone.
    measures : ndarray of float64, shape (own, measures, n)
        What is summed over workers (minutes, km, kg).

    Returns
    -------
    workers : ndarray of float32, shape (n, draws)
    taken : ndarray of float64, shape (n, own)
        The workers by shift, when there is one draw.
    filled : ndarray of float64, shape (draws, m)
    by_mode : ndarray of float64, shape (draws, modes)
    means : ndarray of float64, shape (draws, measures)
        Sums, not means.
    rounds : ndarray of int64, shape (draws,)

    Notes
    -----
    What is the same in every draw is worked out once: exp(c / s) of the logistic curve, ln(c) of the others. The pull is kept in single precision: it
    is read twice a round, and memory is what a round waits for; sums are in double.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones((1, 1, 2))
    >>> workers, _, filled, *_ = recruit(np.array([10.0, 10.0]), np.array([[5.0], [50.0]]), np.array([1.0]), 1, 3, 5.0,
    ...                                  np.array([[1.0, 30.0, 1.0, 30.0]]), one, one)
    >>> workers[:, 0].round(3).tolist(), float(filled[0, 0].round(5))
    ([10.0, 10.0], 20.0)
    """
    n, m = cost.shape
    d = draws.shape[0]
    reached = np.isfinite(cost)
    safe = np.where(reached, cost, 1.0)
    empty = np.zeros((0, 0))
    if kind == DECAYS["logistic"]:
        base, more = np.exp(np.minimum(safe / spread, 700.0)), empty
    elif kind == DECAYS["exponential"]:
        base, more = safe, np.zeros_like(safe)
    elif kind == DECAYS["power"]:
        base, more = np.log(safe), np.zeros_like(safe)
    else:
        base, more = safe, np.log(safe)
    reach = reached.astype(np.float32)
    out = np.empty((n, d), np.float32)
    filled = np.empty((d, m))
    by_mode = np.empty((d, shares.shape[1]))
    means = np.empty((d, measures.shape[1]))
    rounds = np.empty(d, np.int64)
    threads = get_num_threads()
    left = np.empty((threads, n))
    pull = np.empty((threads, n, m), np.float32)
    taken = np.zeros((threads, n, own))
    ask = np.empty((threads, m))
    rest = np.empty((threads, 2 * m))
    x, power = np.empty((threads, m)), np.empty((threads, m))
    _recruit(
        labour, base, more, reach, jobs, own, kind, spread, draws, shares, measures, out, taken, filled, by_mode, means, rounds, left, pull, ask, rest,
        x, power, power.view(np.int64),
    )  # fmt: skip
    # one draw is one thread's, whichever it was
    return out, taken[int(np.argmax(taken.any(axis=(1, 2))))], filled, by_mode, means, rounds


@njit(cache=True, nogil=True, parallel=True)
def _group_sums(workers, code, out):  # type: ignore[no-untyped-def]
    n, d = workers.shape
    span = 64
    for block in prange((d + span - 1) // span):
        low, high = block * span, min(d, (block + 1) * span)
        for i in range(n):
            g = code[i]
            if g >= 0:
                for k in range(low, high):
                    out[g, k] += workers[i, k]


def group_sums(workers: NDArray[np.float32], code: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """Sum workers of zones to groups, draw by draw; zones of code -1 are in none.

    Returns
    -------
    ndarray of float64, shape (groups, draws)

    Examples
    --------
    >>> import numpy as np
    >>> group_sums(np.array([[1, 2], [3, 4]], np.float32), np.array([0, 0]), 1).tolist()
    [[4.0, 6.0]]
    """
    out = np.zeros((groups, workers.shape[1]))
    _group_sums(workers, code, out)
    return out


@njit(cache=True, nogil=True, parallel=True)
def _quantiles(values, at, out):  # type: ignore[no-untyped-def]
    n, d = values.shape
    for i in prange(n):
        total = 0.0
        for k in range(d):
            total += values[i, k]
        out[i, 0] = total / d
        if total > 0.0:
            row = np.sort(values[i])
            for q in range(at.size):
                place = at[q] * (d - 1)
                low = math.floor(place)
                high = min(low + 1, d - 1)
                out[i, 1 + q] = row[low] + (place - low) * (row[high] - row[low])


def quantiles(values: NDArray[np.floating], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean and quantiles (linear interpolation) of each row.

    Returns
    -------
    ndarray of float64, shape (rows, 1 + quantiles)

    Examples
    --------
    >>> import numpy as np
    >>> quantiles(np.array([[3.0, 1.0, 2.0]]), np.array([0.5])).tolist()
    [[2.0, 2.0]]
    """
    out = np.zeros((values.shape[0], 1 + at.size))
    _quantiles(values, at, out)
    return out
