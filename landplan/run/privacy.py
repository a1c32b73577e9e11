"""Figures on few persons: left empty, and not to be worked back from the figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["hide_few", "without_few"]


def hide_few(
    frame: pd.DataFrame, columns: Sequence[str], limit: int, *, whole: pd.Series, within: Sequence[str], balance: tuple[str, str, str, str] | None = None
) -> pd.DataFrame:
    """Return a table of persons whose small figures are empty.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of parts (municipalities) and, perhaps, of the wholes they add up to.
    columns : sequence of str
        Counts of persons; they come back as ``Int64``.
    limit : int
        Figures above 0 and below this are hidden.
    whole : pandas.Series of bool
        Which rows are wholes.
    within : sequence of str
        Columns that tell which parts belong to which whole.
    balance : tuple of str, optional
        Columns (before, after, gained, lost) with lost = before - after + gained in every row.

    Returns
    -------
    pandas.DataFrame

    Notes
    -----
    One part hidden beside a shown whole is the whole less the others; so the smallest part that is left is hidden too, until at
    least two are and hold `limit` persons together. Where none is left to hide, the whole goes. In a row that balances, whoever
    moved is hidden with the figure after. This is complementary cell suppression (Willenborg & de Waal 2001), row by row and
    column by column, not its optimal form.
    """
    out = frame.copy()
    counts = {c: out[c].astype(float).round() for c in columns}
    hidden = {c: (v > 0) & (v < limit) for c, v in counts.items()}
    groups = [np.flatnonzero(at) for at in _groups(out, within)]
    total = whole.to_numpy(bool)
    while True:
        before = sum(int(h.sum()) for h in hidden.values())
        if balance is not None:
            first, after, gained, lost = balance
            moved = hidden[gained] | hidden[lost]
            ends = hidden[first] | hidden[after]
            hidden[after] = hidden[after] | (moved & ~ends)
            hidden[gained] = hidden[lost] = moved | ends
        for c in columns:
            values, gone = counts[c].to_numpy(), hidden[c].to_numpy().copy()
            for at in groups:
                parts, sums = at[~total[at]], at[total[at]]
                if not sums.size or gone[sums].all():
                    continue
                while gone[parts].any() and (gone[parts].sum() < 2 or values[parts][gone[parts]].sum() < limit):
                    left = parts[~gone[parts] & (values[parts] > 0)]
                    if not left.size:
                        gone[sums] = True
                        break
                    gone[left[np.argmin(values[left])]] = True
            hidden[c] = hidden[c] | gone
        if sum(int(h.sum()) for h in hidden.values()) == before:
            break
    for c in columns:
        out[c] = counts[c].astype("Int64").mask(hidden[c])
    return out


def _groups(frame: pd.DataFrame, within: Sequence[str]) -> list[np.ndarray]:
    keys = frame.groupby(list(within), sort=False, dropna=False).ngroup().to_numpy()
    return [keys == k for k in range(int(keys.max()) + 1)] if keys.size else []


def without_few(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Return a table of persons within so many minutes of each site, its figures on few persons empty.

    A row of such figures rises with the minutes and adds up to nothing, but the step between two of them is a figure too: where
    it is on few persons, the smaller of the two is empty as well.

    Examples
    --------
    >>> import pandas as pd
    >>> few = pd.DataFrame({"population_within_15_min": [2.0, 10.0], "population_within_30_min": [9.0, 12.0]})
    >>> without_few(few, 3).fillna(-1).to_numpy().tolist()
    [[-1.0, 9.0], [-1.0, 12.0]]
    """
    out = table.copy()
    for who in ("population", "working_age"):
        columns = [c for c in out if str(c).startswith(f"{who}_within_")]
        last = None
        for column in reversed(columns):
            values = table[column].astype(float).round()
            few = (values > 0) & (values < limit)
            if last is not None:
                few |= (last - values > 0) & (last - values < limit)
            out[column] = table[column].mask(few)
            last = values.where(~few, last)
    for column in [c for c in out if str(c).startswith("working_age_within_")]:
        everyone = str(column).replace("working_age", "population")
        if everyone in out:
            rest = table[everyone].astype(float).round() - table[column].astype(float).round()
            out[column] = out[column].mask((rest > 0) & (rest < limit))
    return out


def few_of(persons: float, everyone: float, limit: int) -> bool:
    """Tell whether a figure is on few persons, or those of everyone who are left are few.

    Examples
    --------
    >>> few_of(2.0, 100.0, 3), few_of(98.0, 100.0, 3), few_of(0.0, 100.0, 3), few_of(50.0, 100.0, 3)
    (True, True, False, False)
    """
    rest = everyone - persons
    return 0.5 <= persons < limit - 0.5 or 0.5 <= rest < limit - 0.5


def hide_parts(persons: Sequence[float], limit: int) -> list[float]:
    """Return the parts of a whole that is shown, those on few persons empty, and one more where a single one would be the whole less the others.

    Examples
    --------
    >>> hide_parts([2.0, 40.0, 9.0], 3), hide_parts([20.0, 0.0], 3)
    ([nan, 40.0, nan], [20.0, 0.0])
    """
    out = [float("nan") if 0.5 <= v < limit - 0.5 else float(v) for v in persons]
    left = [k for k, v in enumerate(out) if v >= 0.5]
    if sum(v != v for v in out) == 1 and left:
        out[min(left, key=lambda k: out[k])] = float("nan")
    return out
