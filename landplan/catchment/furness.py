"""Furness: a table of weights brought to the totals of its rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.catchment._matrices import flow_array, zone_values
from landplan.catchment._pseudo import balanced
from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Balanced", "furness"]


@dataclass(frozen=True, slots=True)
class Balanced:
    """A table that meets its margins.

    Attributes
    ----------
    flows : pandas.DataFrame
        The seed times the factors; sums by row and column are the totals asked for.
    origin_factors, destination_factors : pandas.Series
        ``flows = origin_factor * seed * destination_factor``.
    worst_error : float
        Largest relative error of a total.
    zones_of_zero : int
        Zones whose total is 0: their factor is 0.
    """

    flows: pd.DataFrame
    origin_factors: pd.Series
    destination_factors: pd.Series
    worst_error: float
    zones_of_zero: int


def _cannot(seed: NDArray[np.float64], totals: NDArray[np.float64], others: NDArray[np.float64], zones: pd.Index, side: str, other: str) -> None:
    """Refuse a zone whose total is more than all the zones that it reaches can hold."""
    room = (seed > 0) @ others
    short = totals > room * (1 + 1e-9) + 1e-300
    if short.any():
        i = int(np.argmax(short))
        if not (seed[i] > 0).any():
            raise LayerError(f"{side} {zones[i]!r} has a total of {totals[i]:g} and a seed of only zeros; give it a pair to go by, or a total of 0")
        raise LayerError(
            f"{side} {zones[i]!r} has a total of {totals[i]:g}, the {other}s it has a seed for hold only {room[i]:g}; let it reach more, or lower its total"
        )


def furness(seed: pd.DataFrame, row_totals: Any, column_totals: Any, *, tolerance: float = 1e-10) -> Balanced:
    """Bring a table of weights to the totals of its rows and columns.

    Parameters
    ----------
    seed : pandas.DataFrame
        Weights of pairs, origins as rows: last year's flows, or `deterrence` of cost. 0 stays 0.
    row_totals, column_totals : pandas.Series, mapping or array
        By the seed's zones; their sums are equal.
    tolerance : float
        Largest relative error of a total.

    Returns
    -------
    Balanced

    Raises
    ------
    LayerError
        If a weight or total is missing or negative, the totals' sums differ, or they cannot be met with the seed's pairs; it names the zone.

    Notes
    -----
    T_ij = A_i s_ij B_j with A and B found in turn (Furness 1965). Where Furness creeps, because zones nearly stand apart, Newton's steps on the
    factors' logarithms finish; the answer is the same, there is only one.

    Examples
    --------
    >>> import pandas as pd
    >>> seed = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], ["a", "b"], ["c", "d"])
    >>> furness(seed, [10, 20], [12, 18]).flows.sum().round(6).tolist()
    [12.0, 18.0]
    """
    import pandas as pd

    weight = flow_array(seed, name="seed")
    rows = zone_values(row_totals, seed.index, name="row_totals")
    columns = zone_values(column_totals, seed.columns, name="column_totals")
    a, b = float(rows.sum()), float(columns.sum())
    if abs(a - b) > 1e-9 * max(a, b):
        raise LayerError(
            f"row totals sum to {a:,.6g} and column totals to {b:,.6g}; take out those who go to or come from outside, or scale one side to the other"
        )
    _cannot(weight, rows, columns, seed.index, "row", "column")
    _cannot(np.ascontiguousarray(weight.T), columns, rows, seed.columns, "column", "row")
    # a zone of total 0 takes no part: its pairs must not keep others from settling
    part = np.where((rows[:, None] > 0) & (columns > 0), weight, 0.0)
    # rows summing to 1e-9 of the columns more or less is the caller's rounding, taken up by the columns
    goal = columns * (a / b) if b > 0 else columns
    first, second, errors = balanced(part, rows, goal, None, tolerance / 10)
    table = first[:, None] * part * second
    by_row = np.divide(np.abs(table.sum(axis=1) - rows), rows, out=np.zeros_like(rows), where=rows > 0)
    by_column = np.divide(np.abs(table.sum(axis=0) - goal), goal, out=np.zeros_like(goal), where=goal > 0)
    worst = float(max(by_row.max(), by_column.max()))
    if not worst <= tolerance:
        missed = np.where(np.isfinite(errors), np.maximum(np.abs(errors), by_row), np.inf)
        at_row = missed.max() >= by_column.max()
        zone = seed.index[int(np.argmax(missed))] if at_row else seed.columns[int(np.argmax(by_column))]
        raise LayerError(
            f"the totals cannot be met with the pairs that have a seed, or only in the limit: {'row' if at_row else 'column'} {zone!r} is still "
            f"{100 * max(float(missed[np.isfinite(missed)].max(initial=0.0)), float(by_column.max())):.2g} % off; let more pairs have a seed, or change its total"
        )
    return Balanced(
        pd.DataFrame(table, seed.index, seed.columns), pd.Series(first, seed.index, name="origin_factor"),
        pd.Series(second, seed.columns, name="destination_factor"), worst, int((rows == 0).sum() + (columns == 0).sum()),
    )  # fmt: skip
