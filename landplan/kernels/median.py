"""Median sites: the greedy start, the best exchange, and the Lagrangian's value; costs a row a demand point.

Every loop that runs in threads writes its own candidate's numbers, and sums go over demand points in their order: the answer does not
depend on how many threads there are.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["best_exchange", "closest_two", "greedy_gains", "lagrange"]


@njit(cache=True, parallel=True)
def greedy_gains(cost, weight, nearest, gain):  # type: ignore[no-untyped-def]
    """Write how much the weighted cost falls by adding each candidate.

    Parameters
    ----------
    cost : float64 array, shape (n, m)
    weight, nearest : float64 array, shape (n,)
        Demand, and the cost to the nearest site chosen so far.
    gain : float64 array, shape (m,)
        Written.
    """
    n, m = cost.shape
    for j in prange(m):
        total = 0.0
        for i in range(n):
            fall = nearest[i] - cost[i, j]
            if fall > 0.0:
                total += weight[i] * fall
        gain[j] = total


@njit(cache=True)
def closest_two(cost, chosen, first, d1, d2):  # type: ignore[no-untyped-def]
    """Write each demand point's nearest chosen site (its place in `chosen`), its cost and the second nearest's.

    Parameters
    ----------
    cost : float64 array, shape (n, m)
    chosen : int64 array, shape (p,)
    first : int64 array, shape (n,)
    d1, d2 : float64 array, shape (n,)
    """
    n = cost.shape[0]
    for i in range(n):
        a, b, k = np.inf, np.inf, 0
        for r in range(chosen.size):
            c = cost[i, chosen[r]]
            if c < a:
                a, b, k = c, a, r
            elif c < b:
                b = c
        first[i], d1[i], d2[i] = k, a, b


@njit(cache=True, parallel=True)
def best_exchange(cost, weight, chosen, movable, taken, first, d1, d2, gain, leaver):  # type: ignore[no-untyped-def]
    """Write for each candidate the best fall in cost by exchanging one chosen site for it, and which.

    The fall of bringing j in for r is what everyone gains who is nearer to j, less what r's own lose who are not: Whitaker (1983), with
    the sums of Resende and Werneck (2007).

    Parameters
    ----------
    cost : float64 array, shape (n, m)
    weight, d1, d2 : float64 array, shape (n,)
    chosen : int64 array, shape (p,)
    movable : bool array, shape (p,)
        False for a fixed site.
    taken : bool array, shape (m,)
    first : int64 array, shape (n,)
    gain : float64 array, shape (m,)
    leaver : int64 array, shape (m,)
        Written: -1 where the candidate is taken.
    """
    n, m = cost.shape
    p = chosen.size
    for j in prange(m):
        gain[j], leaver[j] = -np.inf, -1
        if taken[j]:
            continue
        loss = np.zeros(p, np.float64)
        common = 0.0
        for i in range(n):
            c, w = cost[i, j], weight[i]
            if c < d1[i]:
                common += w * (d1[i] - c)
            else:
                # its own site leaves: it goes to the newcomer or to its second
                other = c if c < d2[i] else d2[i]
                loss[first[i]] += w * (other - d1[i])
        for r in range(p):
            if movable[r] and common - loss[r] > gain[j]:
                gain[j], leaver[j] = common - loss[r], r


@njit(cache=True, parallel=True)
def lagrange(cost, weight, price, reduced):  # type: ignore[no-untyped-def]
    """Write each candidate's reduced cost when serving a demand point is worth `price` there.

    Parameters
    ----------
    cost : float64 array, shape (n, m)
    weight, price : float64 array, shape (n,)
    reduced : float64 array, shape (m,)
        Sum over demand points of the negative part of weighted cost less price.
    """
    n, m = cost.shape
    for j in prange(m):
        total = 0.0
        for i in range(n):
            v = weight[i] * cost[i, j] - price[i]
            if v < 0.0:
                total += v
        reduced[j] = total
