"""Splitting whole numbers of people so that the sums hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from landplan.errors import LandplanError

__all__ = ["share_out", "two_way"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def share_out(total: int, weight: Floats) -> Ints:
    """Split a whole number by weights with the largest remainders, so that the parts sum to it exactly.

    Parameters
    ----------
    total : int
        What is split.
    weight : numpy.ndarray
        Positive weights.

    Returns
    -------
    numpy.ndarray
        Whole numbers, `sum == total`.

    Examples
    --------
    >>> share_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    if not len(weight):
        return np.zeros(0, dtype=np.int64)
    exact = total * weight / weight.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = int(total - whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:rest]] += 1
    return whole


def two_way(rows: Ints, columns: Ints, weight: Floats) -> Ints:
    """Split persons over two sets of totals at once, near to the weights; both sums are exact.

    Parameters
    ----------
    rows, columns : numpy.ndarray of int
        Totals; both sum to the same.
    weight : numpy.ndarray, shape (rows, columns)
        Zero where nobody can be.

    Returns
    -------
    numpy.ndarray of int64, shape (rows, columns)

    Raises
    ------
    LandplanError
        If no split meets both.

    Notes
    -----
    Proportional fitting (Deming & Stephan 1940), then each number is taken down or up so that the sums hold. Such a
    rounding always exists (a transport problem has whole corners); the one nearest to the fitted numbers is taken.
    """
    fitted = weight.astype(np.float64)
    for _ in range(2_000):
        fitted *= (rows / np.maximum(fitted.sum(axis=1), 1e-300))[:, None]
        fitted *= columns / np.maximum(fitted.sum(axis=0), 1e-300)
    if np.abs(fitted.sum(axis=1) - rows).max() > 0.01 or rows.sum() != columns.sum():
        raise LandplanError(f"no split of people meets both {rows.tolist()} and {columns.tolist()}")
    # Rounded, so that the last bits of a long product do not decide who is taken up.
    fitted = np.round(fitted, 6)
    whole: Ints = np.floor(fitted).astype(np.int64)
    i, j = np.nonzero(fitted > whole)
    up = np.zeros(len(i))
    if len(i):
        cell = np.arange(len(i))
        ones = np.ones(len(i))
        sums = sparse.csr_matrix((np.r_[ones, ones], (np.r_[i, len(rows) + j], np.r_[cell, cell])), shape=(len(rows) + len(columns), len(i)))
        wanted = np.r_[rows - whole.sum(axis=1), columns - whole.sum(axis=0)].astype(np.float64)
        found = optimize.linprog(-(fitted[i, j] - whole[i, j]), A_eq=sums, b_eq=wanted, bounds=(0.0, 1.0), method="highs-ds")
        if not found.success:
            raise LandplanError(f"people cannot be rounded to {rows.tolist()} and {columns.tolist()}: {found.message}")
        up = np.round(found.x)
    whole[i, j] += up.astype(np.int64)
    return whole
