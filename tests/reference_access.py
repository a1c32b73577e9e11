"""Obvious twins of the accessibility kernels: a dense table, one pair after the other."""

from __future__ import annotations

import math

import numpy as np


def pairs(indptr, dest, minutes):
    """Yield origin, destination and minutes of every reachable pair."""
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            yield i, int(dest[k]), float(minutes[k])


def reached_within(indptr, dest, minutes, amounts, cutoffs):
    out = np.zeros((len(indptr) - 1, len(cutoffs)))
    for i, j, t in pairs(indptr, dest, minutes):
        for c, cutoff in enumerate(cutoffs):
            if np.float32(t) <= np.float32(cutoff):
                out[i, c] += amounts[j]
    return out


def reached_from(indptr, dest, minutes, amounts, cutoffs, places):
    out = np.zeros((places, len(cutoffs)))
    for i, j, t in pairs(indptr, dest, minutes):
        for c, cutoff in enumerate(cutoffs):
            if np.float32(t) <= np.float32(cutoff):
                out[j, c] += amounts[i]
    return out


def closest(indptr, dest, minutes, offered, n):
    """Sort what is offered by minutes and take so many."""
    out = np.full(len(indptr) - 1, np.inf)
    for i in range(len(out)):
        total = 0.0
        for t, j in sorted((t, j) for o, j, t in pairs(indptr, dest, minutes) if o == i and offered[j] > 0):
            total += offered[j]
            if n == 1 or total >= n:
                out[i] = t
                break
    return out


def balancing(indptr, dest, minutes, supply, demand, increment):
    out = np.full(len(indptr) - 1, np.nan)
    longest = max((t for _, _, t in pairs(indptr, dest, minutes)), default=0.0)
    for i in range(len(out)):
        if demand[i] == 0:
            out[i] = 0.0
            continue
        for step in range(math.ceil(longest / increment) + 1):
            within = [supply[j] for o, j, t in pairs(indptr, dest, minutes) if o == i and np.float32(t) <= np.float32(step * increment)]
            if sum(within) > demand[i]:
                out[i] = step * increment
                break
    return out


def by_origin(indptr, dest, minutes, weight, amounts, power=1):
    out = np.zeros(len(indptr) - 1)
    for i, j, t in pairs(indptr, dest, minutes):
        out[i] += weight(t) ** power * amounts[j]
    return out


def by_destination(indptr, dest, minutes, weight, amounts, places, power=1):
    out = np.zeros((len(amounts), places))
    for i, j, t in pairs(indptr, dest, minutes):
        for m in range(len(amounts)):
            out[m, j] += weight(t) ** power * amounts[m][i]
    return out


def floating_catchment(t, supply, demand, weight, method):
    """The papers' formulas on a dense table, inf unreachable."""
    origins, places = t.shape
    w = np.array([[weight(x) if np.isfinite(x) else 0.0 for x in row] for row in t]).reshape(t.shape)
    out = np.zeros(origins)
    row, column = w.sum(axis=1), w.sum(axis=0)
    for j in range(places):
        if method in ("2sfca", "e2sfca"):
            give = take = w[:, j]
        elif method == "bfca":
            take = np.array([w[i, j] / row[i] if row[i] else 0.0 for i in range(origins)])
            give = w[:, j] / column[j] if column[j] else np.zeros(origins)
        else:
            give = take = np.array([w[i, j] ** 2 / row[i] if row[i] else 0.0 for i in range(origins)])
        met = (take * demand).sum()
        if met > 0:
            out += give * supply[j] / met
    return out
