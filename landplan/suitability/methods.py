"""Multi-criteria methods on a table of alternatives: sums, products, distances to the ideal, ordered averages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import PlanError, join_faults

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Ranking", "minimum", "normalise", "owa", "topsis", "weighted_product", "weighted_sum"]

Normalisation = Literal["minmax", "max", "sum", "vector"] | None
Weights = Mapping[str, float] | Sequence[float]
Directions = Mapping[str, str] | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores of alternatives.

    Attributes
    ----------
    scores : pandas.Series
        Indexed as the table; larger is better.
    ranks : pandas.Series of int
        1 is best; equals share the better rank.
    normalised : pandas.DataFrame
        What the method combined: the table on a common scale, larger is better in every column.
    """

    scores: pd.Series[float]
    ranks: pd.Series[int]
    normalised: pd.DataFrame


def normalise(table: Any, how: Normalisation = "minmax", *, directions: Directions = None) -> pd.DataFrame:
    """Put the criteria of a table on a common scale where larger is better.

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
    how : {"minmax", "max", "sum", "vector"} or None
        See Notes; None takes the table as scores that are on a common scale already, all of them benefits.
    directions : mapping or sequence of {"benefit", "cost"}, optional
        Per criterion whether more is better; all benefits when left out.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    PlanError
        If a value is not finite, a direction is unknown, a cost is given with `how` None, or the normalisation has
        no answer: a criterion without variation ("minmax"), or of values below 0 or that sum to 0 (the others; "sum" of a cost
        asks for values above 0).

    Notes
    -----
    Benefit and cost of a value x in a column X::

        minmax  (x - min X) / (max X - min X)    (max X - x) / (max X - min X)
        max     x / max X                        1 - x / max X
        sum     x / sum X                        (1 / x) / sum 1 / X
        vector  x / sqrt(sum X^2)                1 - x / sqrt(sum X^2)

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"area_ha": [20, 40], "road_m": [100, 500]}, index=["a", "b"])
    >>> normalise(table, "max", directions=["benefit", "cost"]).to_dict("list")
    {'area_ha': [0.5, 1.0], 'road_m': [0.8, 0.0]}
    """
    import pandas as pd

    frame = _frame(table)
    costs = _costs(frame, directions)
    if how is None:
        if costs.any():
            raise PlanError("a table of scores has no costs; choose a normalisation, or turn them into scores first")
        return frame
    if how not in ("minmax", "max", "sum", "vector"):
        raise PlanError(f"normalisation {how!r} is not known; use 'minmax', 'max', 'sum', 'vector' or None")
    x = frame.to_numpy()
    _require_scale(frame, how, costs)
    if how == "minmax":
        low, high = x.min(axis=0), x.max(axis=0)
        out = np.where(costs, high - x, x - low) / (high - low)
    elif how == "sum":
        turned = np.where(costs, 1.0 / np.where(costs, x, 1.0), x)
        out = turned / turned.sum(axis=0)
    else:
        size = x.max(axis=0) if how == "max" else np.sqrt((x * x).sum(axis=0))
        out = np.where(costs, 1.0 - x / size, x / size)
    return pd.DataFrame(out, index=frame.index, columns=frame.columns)


def weighted_sum(table: Any, weights: Weights, *, directions: Directions = None, how: Normalisation = "minmax") -> Ranking:
    """Weighted linear combination, S_i = sum_k w_k n_ik.

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
    weights : mapping or sequence of float
        Per criterion, 0 or more, summing to 1.
    directions, how
        See `normalise`.

    Returns
    -------
    Ranking

    Raises
    ------
    PlanError
        If weights do not fit, or see `normalise`.

    Notes
    -----
    Fishburn (1967), Additive utilities with incomplete product set, Operations Research 15.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"area_ha": [20, 40, 30], "road_m": [100, 500, 100]}, index=["a", "b", "c"])
    >>> weighted_sum(table, [0.5, 0.5], directions=["benefit", "cost"]).scores.to_dict()
    {'a': 0.5, 'b': 0.5, 'c': 0.75}
    """
    frame = normalise(table, how, directions=directions)
    return _ranking(frame, _by_column(frame.to_numpy() * _weights(frame, weights)))


def weighted_product(table: Any, weights: Weights, *, directions: Directions = None, how: Normalisation = "sum") -> Ranking:
    """Weighted product, S_i = prod_k n_ik^w_k: a nought in one criterion is a nought.

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
    weights : mapping or sequence of float
        Per criterion, 0 or more, summing to 1. A weight of 0 takes its criterion out.
    directions, how
        See `normalise`; "sum" by default, since "minmax" makes the worst alternative of each criterion a nought.

    Returns
    -------
    Ranking

    Raises
    ------
    PlanError
        If weights do not fit, a score is below 0, or see `normalise`.

    Notes
    -----
    Bridgman (1922), Dimensional Analysis; Miller and Starr (1969).

    Examples
    --------
    >>> weighted_product([[0.25, 1.0], [0.5, 0.5]], [0.5, 0.5], how=None).scores.round(9).tolist()
    [0.5, 0.5]
    """
    frame = normalise(table, how, directions=directions)
    w = _weights(frame, weights)
    x = frame.to_numpy()
    if (x < 0).any():
        raise PlanError("a weighted product needs scores of 0 or more; choose a normalisation")
    out = np.ones(len(frame))
    for k in range(w.size):
        out *= x[:, k] ** w[k]
    return _ranking(frame, out)


def topsis(table: Any, weights: Weights, *, directions: Directions = None, how: Normalisation = "vector") -> Ranking:
    """Closeness to the best and distance from the worst that the table holds (TOPSIS).

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
        Two alternatives or more.
    weights : mapping or sequence of float
        Per criterion, 0 or more, summing to 1.
    directions, how
        See `normalise`; "vector" is the method's own.

    Returns
    -------
    Ranking
        Scores 0-1; 1 is the ideal itself. They depend on which alternatives are compared.

    Raises
    ------
    PlanError
        If weights do not fit, all alternatives are alike in every criterion that weighs, or see `normalise`.

    Notes
    -----
    Hwang and Yoon (1981), Multiple Attribute Decision Making: with v = w n, S_i = D-_i / (D-_i + D+_i), D+ and D- being the
    Euclidean distances from v_i to the largest and to the smallest v of each criterion.

    Examples
    --------
    >>> topsis([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [0.5, 0.5], how=None).scores.round(4).tolist()
    [0.5, 0.5, 1.0]
    """
    frame = normalise(table, how, directions=directions)
    v = frame.to_numpy() * _weights(frame, weights)
    best = np.sqrt(_by_column((v - v.max(axis=0)) ** 2))
    worst = np.sqrt(_by_column((v - v.min(axis=0)) ** 2))
    if not (best + worst > 0).all():
        raise PlanError("all alternatives are alike in every criterion that weighs; there is nothing to rank")
    return _ranking(frame, worst / (best + worst))


def owa(
    table: Any,
    weights: Weights,
    order_weights: Sequence[float] | None = None,
    *,
    alpha: float | None = None,
    directions: Directions = None,
    how: Normalisation = "minmax",
) -> Ranking:
    """Ordered weighted average that keeps the criteria's weights: from the worst score to the best.

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
    weights : mapping or sequence of float
        Per criterion, 0 or more, summing to 1.
    order_weights : sequence of float, optional
        Weight of an alternative's best score, of its second best, …, summing to 1. All alike gives the weighted
        sum, all on the last the worst score.
    alpha : float, optional
        Instead of order weights, the quantifier Q(u) = u^alpha: 1 is the weighted sum, larger is more cautious, towards the worst
        score, smaller towards the best.
    directions, how
        See `normalise`.

    Returns
    -------
    Ranking

    Raises
    ------
    PlanError
        If not one of `order_weights` and `alpha` is given, either does not fit, or see `normalise`.

    Notes
    -----
    Torra (1997), The weighted OWA operator, International Journal of Intelligent Systems 12: with an alternative's scores sorted
    descending and their criteria's weights w in that order, S = sum_j v_j s_j, v_j = Q(w_1 + … + w_j) - Q(w_1 + … + w_(j-1)); Q runs straight
    between the cumulative order weights at j / n. The quantifiers are Yager's (1996).

    Examples
    --------
    >>> scores = [[0.9, 0.3], [0.5, 0.5]]
    >>> owa(scores, [0.5, 0.5], [0.0, 1.0], how=None).scores.tolist()
    [0.3, 0.5]
    >>> owa(scores, [0.5, 0.5], alpha=2, how=None).scores.round(3).tolist()
    [0.45, 0.5]
    """
    frame = normalise(table, how, directions=directions)
    w = _weights(frame, weights)
    q = _quantifier(w.size, order_weights, alpha)
    x = frame.to_numpy()
    # equal scores share what they are given, in whichever order they stand
    order = np.argsort(-x, axis=1, kind="stable")
    reached = np.minimum(np.cumsum(w[order], axis=1), 1.0)
    reached[:, -1] = 1.0
    share = np.diff(q(reached), axis=1, prepend=0.0)
    return _ranking(frame, _by_column(np.take_along_axis(x, order, axis=1) * share))


def minimum(table: Any, weights: Weights | None = None, *, directions: Directions = None, how: Normalisation = "minmax") -> Ranking:
    """The limiting factor: an alternative is as good as its worst score.

    Parameters
    ----------
    table : pandas.DataFrame or array_like, shape (alternatives, criteria)
    weights : mapping or sequence of float, optional
        A weight of 0 takes its criterion out; the others count alike.
    directions, how
        See `normalise`.

    Returns
    -------
    Ranking

    Raises
    ------
    PlanError
        If weights do not fit, or see `normalise`.

    Notes
    -----
    FAO (1976), A Framework for Land Evaluation, chapter 4: the limiting condition.

    Examples
    --------
    >>> minimum([[0.9, 0.3], [0.5, 0.5]], how=None).scores.tolist()
    [0.3, 0.5]
    """
    frame = normalise(table, how, directions=directions)
    counts = np.ones(frame.shape[1], bool) if weights is None else _weights(frame, weights) > 0
    return _ranking(frame, frame.to_numpy()[:, counts].min(axis=1))


def _frame(table: Any) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(table)
    if frame.empty:
        raise PlanError(f"a table needs alternatives (rows) and criteria (columns), got {frame.shape}")
    frame = frame.astype(np.float64)
    bad = ~np.isfinite(frame.to_numpy())
    if bad.any():
        faults = [f"{frame.index[i]}: {frame.columns[k]} is {frame.to_numpy()[i, k]}" for i, k in np.argwhere(bad)]
        raise PlanError(join_faults("every alternative needs a figure for every criterion", faults))
    return frame


def _costs(frame: pd.DataFrame, directions: Directions) -> NDArray[np.bool_]:
    if directions is None:
        return np.zeros(frame.shape[1], bool)
    given = _fit(frame, directions, "directions")
    for name, direction in zip(frame.columns, given, strict=True):
        if direction not in ("benefit", "cost"):
            raise PlanError(f"direction of {name} is {direction!r}; use 'benefit' (more is better) or 'cost'")
    return np.array([d == "cost" for d in given])


def _weights(frame: pd.DataFrame, weights: Weights) -> NDArray[np.float64]:
    w = np.array(_fit(frame, weights, "weights"), np.float64)
    if not np.isfinite(w).all() or (w < 0).any() or abs(w.sum() - 1.0) > 1e-6:
        raise PlanError(f"weights must be 0 or more and sum to 1, got {w.tolist()}")
    return w


def _fit(frame: pd.DataFrame, given: Any, what: str) -> list[Any]:
    """One entry a criterion, by name or in order."""
    if hasattr(given, "keys"):
        names = list(frame.columns)
        lacking, foreign = [n for n in names if n not in given], [n for n in given.keys() if n not in names]  # noqa: SIM118
        if lacking or foreign:
            raise PlanError(f"{what} must name the criteria {names}: {lacking} missing, {foreign} unknown")
        return [given[n] for n in names]
    listed = list(given)
    if len(listed) != frame.shape[1]:
        raise PlanError(f"{len(listed)} {what} for {frame.shape[1]} criteria")
    return listed


def _require_scale(frame: pd.DataFrame, how: str, costs: NDArray[np.bool_]) -> None:
    x = frame.to_numpy()
    faults = []
    for k, name in enumerate(frame.columns):
        column = x[:, k]
        if how == "minmax" and column.min() == column.max():
            faults.append(f"{name} is {column[0]:g} for every alternative; leave it out, or score it with a value function")
        elif how != "minmax" and (column.min() < 0 or column.max() == 0):
            faults.append(f"{name} has values below 0 or only noughts")
        elif how == "sum" and costs[k] and column.min() == 0:
            faults.append(f"{name} is a cost with a value of 0, and 1 / 0 has no size")
    if faults:
        raise PlanError(join_faults(f"normalisation {how!r} has no answer", faults))


def _quantifier(n: int, order_weights: Sequence[float] | None, alpha: float | None) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    if (order_weights is None) == (alpha is None):
        raise PlanError("owa needs one of order_weights and alpha")
    if alpha is not None:
        if not 0 < alpha < np.inf:
            raise PlanError(f"alpha must be above 0 and finite, got {alpha}")
        power = float(alpha)
        return lambda u: u**power
    o = np.array(order_weights, np.float64)
    if o.shape != (n,) or not np.isfinite(o).all() or (o < 0).any() or abs(o.sum() - 1.0) > 1e-6:
        raise PlanError(f"expected {n} order weights of 0 or more that sum to 1, got {o.tolist()}")
    at, reached = np.arange(n + 1) / n, np.concatenate([[0.0], np.cumsum(o) / o.sum()])
    return lambda u: np.interp(u, at, reached)


def _by_column(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the columns, one added after the other, so that equal rows have equal sums."""
    total = np.zeros(len(parts))
    for k in range(parts.shape[1]):
        total += parts[:, k]
    return total


def _ranking(frame: pd.DataFrame, scores: NDArray[np.float64]) -> Ranking:
    import pandas as pd

    series = pd.Series(scores, index=frame.index, name="score")
    ranks = series.rank(ascending=False, method="min").astype(np.int64).rename("rank")
    return Ranking(series, ranks, frame)
