"""Weights from pairwise judgements (the analytic hierarchy process), and which judgement to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import PlanError, join_faults

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["RANDOM_INDEX", "AHPResult", "ahp"]

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Mean consistency index of random matrices of 1 … 15 criteria, as Saaty (1980), The Analytic Hierarchy Process,
tabulates it. Other tables differ in the second decimal (0.52 at three criteria); at seven this one has 1.32."""

_RECIPROCAL = 1e-3  # how far a_ij a_ji may be from 1: 3 and 0.3333 pass, 3 and 0.3 do not


@dataclass(frozen=True, slots=True)
class AHPResult:
    """Weights and how well the judgements agree.

    Attributes
    ----------
    weights : pandas.Series
        Indexed by criterion, summing to 1.
    consistency_ratio : float
        0 is full agreement; Saaty asks for at most 0.1.
    lambda_max : float
        Largest eigenvalue; the number of criteria when all agree.
    worst_judgements : pandas.DataFrame
        One row a pair, the one farthest from the weights first: `row`, `column`, `given` (how many times more
        `row` matters than `column`), `implied` (the ratio of their weights), `off_by` (the larger of the two over the
        smaller), `mended` (what all other judgements say of the pair) and `consistency_ratio_after` (with that).
    """

    weights: pd.Series[float]
    consistency_ratio: float
    lambda_max: float
    worst_judgements: pd.DataFrame


def ahp(pairwise: Any, names: Sequence[str] | None = None) -> AHPResult:
    """Weigh criteria by how much more each matters than each other.

    Parameters
    ----------
    pairwise : array_like or pandas.DataFrame, shape (n, n)
        How many times more the row's criterion matters than the column's, on Saaty's scale 1/9 … 9 or any
        positive figure. Of each pair one may be left nan: it is one over the other.
    names : sequence of str, optional
        The criteria; by default the frame's columns, or "1", "2", ….

    Returns
    -------
    AHPResult

    Raises
    ------
    PlanError
        If the matrix is not of numbers, not square, has fewer than 2 or more than 15 criteria, or a judgement is missing, not
        above 0, or not one over its opposite; all such cells are named.

    Notes
    -----
    Saaty (1980), The Analytic Hierarchy Process: weights are the principal eigenvector, A w = lambda_max w, and the
    consistency ratio is (lambda_max - n) / (n - 1) over the mean of random matrices (`RANDOM_INDEX`). The mending
    value leaves the judgement out as Harker (1987, Mathematical Modelling 9) does: 0 in its two cells and one more on their
    diagonals; in a matrix with one wrong judgement it is the right one.

    Examples
    --------
    >>> result = ahp([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], ["road", "slope", "soil"])
    >>> result.weights.round(4).to_dict(), round(result.consistency_ratio, 4)
    ({'road': 0.637, 'slope': 0.2583, 'soil': 0.1047}, 0.0332)
    """
    import pandas as pd

    a, labels = _matrix(pairwise, names)
    n = len(a)
    weights, lambda_max = _principal(a)
    rows = []
    for i in range(n):
        for j in range(i + 1, n):
            implied = weights[i] / weights[j]
            mended, after = _mend(a, i, j) if n > 2 else (float(a[i, j]), 0.0)
            off = a[i, j] / implied
            rows.append((labels[i], labels[j], float(a[i, j]), float(implied), float(max(off, 1 / off)), mended, after))
    columns = ["row", "column", "given", "implied", "off_by", "mended", "consistency_ratio_after"]
    table = pd.DataFrame(rows, columns=columns)
    # equals (three criteria have no other) keep the order of the matrix
    order = np.argsort(-table["off_by"].round(9).to_numpy(), kind="stable")
    return AHPResult(
        pd.Series(weights, index=pd.Index(labels, name="criterion"), name="weight"),
        _ratio(lambda_max, n), lambda_max, table.iloc[order].reset_index(drop=True),
    )  # fmt: skip


def _matrix(pairwise: Any, names: Sequence[str] | None) -> tuple[NDArray[np.float64], list[str]]:
    """The full matrix of judgements, its faults collected."""
    try:
        a = np.array(pairwise, np.float64)
    except (TypeError, ValueError):
        raise PlanError("pairwise judgements must be numbers, as many in each row as there are criteria; a row is shorter, or holds words") from None
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise PlanError(f"pairwise judgements must be square, one row and one column a criterion, got shape {a.shape}")
    n = len(a)
    if not 2 <= n <= len(RANDOM_INDEX):
        raise PlanError(f"pairwise judgements need 2 to {len(RANDOM_INDEX)} criteria, got {n}; group criteria and weigh the groups first")
    columns = getattr(pairwise, "columns", None)
    given = names if names is not None else columns if columns is not None else range(1, n + 1)
    labels = [str(name) for name in given]
    if len(labels) != n or len(set(labels)) != n:
        raise PlanError(f"expected {n} different names, got {labels}")
    faults = []
    for i in range(n):
        if np.isnan(a[i, i]):
            a[i, i] = 1.0
        elif a[i, i] != 1.0:
            faults.append(f"{labels[i]} against itself is {a[i, i]:g}, it must be 1")
        for j in range(i + 1, n):
            pair = f"{labels[i]} against {labels[j]}"
            one, other = a[i, j], a[j, i]
            if np.isnan(one) and np.isnan(other):
                faults.append(f"{pair} is not judged")
                continue
            if one <= 0 or other <= 0 or np.isinf(one) or np.isinf(other):
                faults.append(f"{pair} is {one:g} and its opposite {other:g}; both must be above 0 and finite")
                continue
            if np.isnan(one):
                a[i, j] = 1.0 / other
            elif np.isnan(other):
                a[j, i] = 1.0 / one
            elif abs(one * other - 1.0) > _RECIPROCAL:
                faults.append(f"{pair} is {one:g} but {labels[j]} against {labels[i]} is {other:g}, not {1 / one:.4g} (row {i + 1}, column {j + 1})")
    if faults:
        raise PlanError(join_faults(f"pairwise judgements: {len(faults)} faults", faults))
    return a, labels


def _principal(a: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Principal eigenvector, positive and summing to 1, and its eigenvalue."""
    values, vectors = np.linalg.eig(a)
    k = int(np.argmax(values.real))
    vector = np.abs(vectors[:, k].real)
    return vector / vector.sum(), float(values[k].real)


def _ratio(lambda_max: float, n: int) -> float:
    """Consistency ratio; two criteria always agree."""
    if n < 3:
        return 0.0
    return max(0.0, (lambda_max - n) / (n - 1) / RANDOM_INDEX[n - 1])


def _mend(a: NDArray[np.float64], i: int, j: int) -> tuple[float, float]:
    """What the other judgements say of a pair, and the consistency ratio with that."""
    without = a.copy()
    without[i, j] = without[j, i] = 0.0
    without[i, i] = without[j, j] = 2.0
    weights, _ = _principal(without)
    mended = float(weights[i] / weights[j])
    with_it = a.copy()
    with_it[i, j], with_it[j, i] = mended, 1.0 / mended
    return mended, _ratio(_principal(with_it)[1], len(a))
