"""Balancing a table to its margins (Furness), in passes that read the table once; and Poisson cells only known to be small."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["below", "furness", "sweep"]


@njit(cache=True, nogil=True)
def _dot(row, factor):  # type: ignore[no-untyped-def]
    # four sums side by side: one long chain of additions waits for itself
    n = row.size
    s0 = s1 = s2 = s3 = 0.0
    k = 0
    while k + 4 <= n:
        s0 += row[k] * factor[k]
        s1 += row[k + 1] * factor[k + 1]
        s2 += row[k + 2] * factor[k + 2]
        s3 += row[k + 3] * factor[k + 3]
        k += 4
    while k < n:
        s0 += row[k] * factor[k]
        k += 1
    return (s0 + s1) + (s2 + s3)


@njit(cache=True, nogil=True)
def _furness(seed, row_totals, column_totals, rows, columns, errors, tolerance, rounds):  # type: ignore[no-untyped-def]
    n, m = seed.shape
    got = np.empty(m)
    used = 0
    worst = np.inf
    while used < rounds:
        used += 1
        worst = 0.0
        got[:] = 0.0
        for i in range(n):
            total = _dot(seed[i], columns)
            errors[i] = 0.0
            if row_totals[i] > 0.0 and total > 0.0:
                errors[i] = rows[i] * total / row_totals[i] - 1.0
                rows[i] = row_totals[i] / total
            else:
                if row_totals[i] > 0.0:
                    errors[i] = np.inf
                rows[i] = 0.0
            worst = max(worst, abs(errors[i]))
            factor = rows[i]
            for j in range(m):
                got[j] += factor * seed[i, j]
        # a start that meets the rows need not meet the columns, so one pass is never enough; later, columns were met just before
        if used > 1 and worst <= tolerance:
            break
        for j in range(m):
            columns[j] = column_totals[j] / got[j] if got[j] > 0.0 else 0.0
    return used, worst


def furness(
    seed: NDArray[np.float64],
    row_totals: NDArray[np.float64],
    column_totals: NDArray[np.float64],
    *,
    start: NDArray[np.float64] | None = None,
    tolerance: float = 1e-12,
    rounds: int = 10_000,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
    """Factors of rows and columns that bring a table of weights to its margins.

    Parameters
    ----------
    seed : ndarray of float64, shape (n, m)
        Not negative, finite; 0 is a pair that stays empty.
    row_totals, column_totals : ndarray of float64, shapes (n,) and (m,)
        Of one sum. A total of 0 gets the factor 0.
    start : ndarray of float64, shape (m,), optional
        Column factors to begin with; default even.
    tolerance : float
        Largest relative error of a row's total at which to stop.
    rounds : int
        Passes at most.

    Returns
    -------
    rows, columns : ndarray of float64, shapes (n,) and (m,)
        ``rows[:, None] * seed * columns`` is the balanced table.
    errors : ndarray of float64, shape (n,)
        Relative error of every row's total before the last pass mended it; inf where a total cannot be met at all. Its largest is
        above `tolerance` when the passes ran out.
    used : int
        Passes made.

    Notes
    -----
    a_i = R_i / sum_j s_ij b_j; b_j = C_j / sum_i s_ij a_i; in turn until a holds (Furness 1965; Deming & Stephan 1940). Where a
    solution exists it is the only one, whatever the start (Sinkhorn 1967).

    Examples
    --------
    >>> import numpy as np
    >>> seed = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> a, b, _, _ = furness(seed, np.array([10.0, 20.0]), np.array([12.0, 18.0]))
    >>> table = a[:, None] * seed * b
    >>> table.sum(axis=0).round(9).tolist(), table.sum(axis=1).round(9).tolist()
    ([12.0, 18.0], [10.0, 20.0])
    """
    table = np.ascontiguousarray(seed, np.float64)
    total = table.sum()
    # the even start shrinks as the seed grows, so that a scaled seed takes the same steps
    even = np.full(table.shape[1], 1.0 / total if total > 0.0 else 1.0)
    columns = even if start is None else np.array(start, np.float64)
    rows, errors = np.zeros(table.shape[0]), np.zeros(table.shape[0])
    used, _ = _furness(
        table, np.ascontiguousarray(row_totals, np.float64), np.ascontiguousarray(column_totals, np.float64), rows, columns, errors,
        tolerance, rounds,
    )  # fmt: skip
    return rows, columns, errors, int(used)


@njit(cache=True, nogil=True)
def _times(cells, r, c, p, out):  # type: ignore[no-untyped-def]
    n, m = cells.shape
    for j in range(m):
        out[j] = c[j] * p[j]
    for i in range(n):
        if r[i] > 0.0:
            t = _dot(cells[i], p) / r[i]
            for j in range(m):
                out[j] -= t * cells[i, j]


@njit(cache=True, nogil=True)
def _sweep(cells, row_side, column_side, u, v, tolerance, rounds):  # type: ignore[no-untyped-def]
    n, m = cells.shape
    r, c = np.zeros(n), np.zeros(m)
    left = column_side.copy()
    for i in range(n):
        for j in range(m):
            r[i] += cells[i, j]
            c[j] += cells[i, j]
    for i in range(n):
        if r[i] > 0.0:
            t = row_side[i] / r[i]
            for j in range(m):
                left[j] -= t * cells[i, j]
    # conjugate gradients on the columns' half, each column measured by its own total
    z, p, q = np.zeros(m), np.zeros(m), np.empty(m)
    size = 0.0
    for j in range(m):
        v[j] = 0.0
        if c[j] > 0.0:
            z[j] = left[j] / c[j]
            p[j] = z[j]
        size += left[j] * z[j]
    goal = size * tolerance * tolerance
    used = 0
    while used < rounds and size > goal:
        used += 1
        _times(cells, r, c, p, q)
        along = _dot(p, q)
        if not along > 0.0:
            break
        step = size / along
        new = 0.0
        for j in range(m):
            v[j] += step * p[j]
            left[j] -= step * q[j]
            if c[j] > 0.0:
                z[j] = left[j] / c[j]
            new += left[j] * z[j]
        ratio = new / size
        size = new
        for j in range(m):
            p[j] = z[j] + ratio * p[j]
    for i in range(n):
        u[i] = (row_side[i] - _dot(cells[i], v)) / r[i] if r[i] > 0.0 else 0.0
    return used


def sweep(
    cells: NDArray[np.float64], row_side: NDArray[np.float64], column_side: NDArray[np.float64], *, tolerance: float = 1e-11, rounds: int = 2_000
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve the equations of two-way means: what a row and a column term explain of a table weighted by another.

    Parameters
    ----------
    cells : ndarray of float64, shape (n, m)
        Weights, not negative.
    row_side, column_side : ndarray of float64, shapes (n,) and (m,)
        Of one sum.
    tolerance : float
        Of the residual, relative to the first.
    rounds : int
        Passes at most.

    Returns
    -------
    u, v : ndarray of float64, shapes (n,) and (m,)
        ``u * cells.sum(axis=1) + cells @ v = row_side`` and ``cells.T @ u + v * cells.sum(axis=0) = column_side``, up to a constant moved
        from u to v. 0 for a row or column without weight.

    Notes
    -----
    Conjugate gradients (Hestenes & Stiefel 1952) on the columns' half, scaled by its diagonal; a pass reads the table once. Where Furness takes k
    passes this takes about the root of k, and the bits are the same on any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> cells, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 7.0], [6.0, 8.0]])
    >>> u, v = sweep(cells, (cells * x).sum(axis=1), (cells * x).sum(axis=0))
    >>> bool(np.allclose(u[:, None] + v, x))
    True
    """
    table = np.ascontiguousarray(cells, np.float64)
    u, v = np.zeros(table.shape[0]), np.zeros(table.shape[1])
    _sweep(table, np.ascontiguousarray(row_side, np.float64), np.ascontiguousarray(column_side, np.float64), u, v, tolerance, rounds)
    return u, v


@njit(cache=True, nogil=True)
def _below(mu, top, log, mean, variance):  # type: ignore[no-untyped-def]
    for i in range(mu.size):
        m = mu[i]
        # terms relative to the last, mu^k / k! over mu^top / top!: counted down, a large mean neither under- nor overflows
        term = 1.0
        chance, first, second = 1.0, float(top), float(top * top)
        for k in range(top, 0, -1):
            if m <= k:
                break
            term *= k / m
            chance += term
            first += (k - 1) * term
            second += (k - 1) * (k - 1) * term
        if m > top:
            log[i] = math.log(chance) - m + top * math.log(m) - math.lgamma(top + 1.0)
        else:
            # the mean lies inside: counted up from none
            term = math.exp(-m)
            chance, first, second = term, 0.0, 0.0
            for k in range(1, top + 1):
                term *= m / k
                chance += term
                first += k * term
                second += k * k * term
            log[i] = math.log(chance)
        mean[i] = first / chance
        variance[i] = max(second / chance - mean[i] * mean[i], 0.0)


def below(mu: NDArray[np.float64], floor: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Chance of a Poisson number to be below a floor, and its mean and variance there.

    Parameters
    ----------
    mu : ndarray of float64, shape (cells,)
        Means, 0 or more.
    floor : float
        Above 0.

    Returns
    -------
    log, mean, variance : ndarray of float64, shape (cells,)
        Logarithm of the chance; mean and variance of the number given that it is below.

    Examples
    --------
    >>> import numpy as np
    >>> log, mean, _ = below(np.array([1.0]), 2.0)
    >>> float(np.exp(log[0] + 1.0).round(9)), float(mean[0])
    (2.0, 0.5)
    """
    values = np.ascontiguousarray(mu, np.float64)
    log, mean, variance = np.empty_like(values), np.empty_like(values), np.empty_like(values)
    _below(values, math.ceil(floor) - 1, log, mean, variance)
    return log, mean, variance
