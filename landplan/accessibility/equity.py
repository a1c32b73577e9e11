"""How evenly access falls on people: Gini, Palma, Theil, FGT and the concentration index.

Each takes the access of places, the persons who live there, and what they are ranked or grouped by. Places without
persons say nothing about people and are left out wherever something else about them is unknown.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["TheilParts", "concentration_index", "fgt", "gini", "palma", "theil", "theil_by_group"]

Missing = Literal["raise", "drop"]


def _aligned(name: str, given: Any, values: Any) -> NDArray[Any]:
    """What belongs to the values, in their order: by label where both have labels, else by position."""
    import pandas as pd

    if isinstance(given, pd.Series) and isinstance(values, pd.Series):
        for series, what in ((values, "values"), (given, name)):
            if series.index.has_duplicates:
                raise LayerError(f"{what} names ids more than once (first: {series.index[series.index.duplicated()][0]!r}); give one row an id")
        lost = values.index.difference(given.index)
        if len(lost):
            raise LayerError(f"{name} lacks {len(lost)} of {len(values)} ids of values (first: {lost[:3].tolist()}); give 0 persons, or leave these values out")
        given = given.reindex(values.index)
    array = np.asarray(given)
    if array.shape != np.shape(values) or array.ndim != 1:
        raise LayerError(f"{name} must have one entry a value, got {array.shape} for {np.shape(values)}; give a column of the same table")
    return array


def _numbers(name: str, given: Any) -> NDArray[np.float64]:
    import pandas as pd

    try:
        return pd.to_numeric(pd.Series(given)).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise LayerError(f"{name} must be numbers, got {np.asarray(given).dtype}; convert them with pandas.to_numeric") from None


def _people(
    values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, missing: Missing, **others: ArrayLike | pd.Series
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[NDArray[Any]]]:
    """Values, persons and what else is known of places where somebody lives.

    Raises
    ------
    LayerError
        If persons are missing or negative, nobody lives anywhere, or something is unknown where somebody lives and
        `missing` is "raise"; a warning with the count when it is "drop".
    """
    import pandas as pd

    if missing not in ("raise", "drop"):
        raise LayerError(f"missing must be 'raise' or 'drop', got {missing!r}")
    persons = _numbers("weights", _aligned("weights", weights, values))
    more = {name: _aligned(name, given, values) for name, given in others.items()}
    value = _numbers("values", values)
    bad = ~((persons >= 0) & (persons < np.inf))
    if bad.any():
        raise LayerError(f"weights must be finite and not negative, but {int(bad.sum())} of {bad.size} are not (first at position {int(np.argmax(bad))}); give 0 where nobody lives")
    lived = persons > 0
    if not lived.any():
        raise LayerError(f"none of {persons.size} places has persons, so there is nobody to compare; check that weights are of the same places as values")
    endless = lived & np.isinf(value)
    if endless.any():
        raise LayerError(
            f"{int(endless.sum())} places with {persons[endless].sum():g} persons have infinite values, of which no share can be taken; "
            "compare what is reached instead of minutes, or give those places a longest time"
        )
    keep = lived.copy()
    for name, given in {"values": value, **more}.items():
        unknown = keep & np.asarray(pd.isna(pd.Series(given)))
        if not unknown.any():
            continue
        what = f"{name} are missing for {int(unknown.sum())} of {int(lived.sum())} places with persons ({persons[unknown].sum():g} of {persons.sum():g} persons)"
        if missing == "raise":
            raise LayerError(f"{what}; fill them, or pass missing='drop' to leave these places out")
        warnings.warn(f"{what}; they are left out", UserWarning, stacklevel=3)
        keep &= ~unknown
    if not keep.any():
        raise LayerError(f"nothing is left of {persons.size} places when those with missing values are left out; fill them first")
    return value[keep], persons[keep], [given[keep] for given in more.values()]


def _not_negative(values: NDArray[np.float64], measure: str) -> None:
    if (values < 0).any():
        raise LayerError(f"{measure} needs values from 0 up, but {int((values < 0).sum())} of {values.size} are negative; use amounts reached, not differences")


def gini(values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, *, missing: Missing = "raise") -> float:
    """Gini index of access among persons: 0 when all have the same, towards 1 when one has all.

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    missing : {"raise", "drop"}
        What becomes of places with persons and no value. Dropping warns with the count.

    Returns
    -------
    float
        nan when nobody reaches anything.

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, or there are no persons.

    Notes
    -----
    G = 1 - sum over places, poorest first, of p_k (L_k-1 + L_k), with p the shares of persons and L the cumulative shares
    of access (Gini 1912; the area over the Lorenz curve, in trapezoids).

    Examples
    --------
    >>> gini([1.0, 3.0], [1, 1])
    0.25
    """
    value, persons, _ = _people(values, weights, missing)
    _not_negative(value, "the Gini index")
    order = np.argsort(value, kind="stable")
    share = persons[order] / persons.sum()
    held = np.cumsum(value[order] * share)
    if held[-1] == 0:
        return float("nan")
    lorenz = held / held[-1]
    return float(1.0 - (share * (lorenz + np.concatenate([[0.0], lorenz[:-1]]))).sum())


def _quantile(rank: NDArray[np.float64], persons: NDArray[np.float64], part: float) -> float:
    """The rank of the person who completes so large a part of all, lowest first."""
    order = np.argsort(rank, kind="stable")
    upto = np.cumsum(persons[order])
    # a part is met although its sum was rounded down
    return float(rank[order][np.searchsorted(upto, part * upto[-1] * (1.0 - 1e-12))])


def palma(
    values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, income: ArrayLike | pd.Series, *, missing: Missing = "raise"
) -> float:
    """Mean access of the tenth with the highest income over that of the forty per cent with the lowest.

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    income : array_like or pandas.Series, shape (n,)
        Income a person; missing where nobody lives is no fault.
    missing : {"raise", "drop"}
        What becomes of places with persons and without value or income. Dropping warns with the count.

    Returns
    -------
    float
        Above 1 the richest reach more; ``inf`` when the poorest reach nothing; nan when no income is above the others.

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, incomes are missing, or there are no persons.

    Notes
    -----
    Palma (2011), as adapted to access: places whose income is above that of the person at 90 % over those whose
    income is at most that of the person at 40 %. The R package interpolates between two persons (Hmisc::wtd.quantile),
    which needs whole persons; here weights may be shares, and the groups are the same but where the two persons live in different places.

    Examples
    --------
    >>> palma([10.0, 20.0, 30.0], [50, 40, 10], [100.0, 200.0, 300.0])
    3.0
    """
    value, persons, (ranked,) = _people(values, weights, missing, income=income)
    _not_negative(value, "the Palma ratio")
    rank = _numbers("income", ranked)
    poor, rich = rank <= _quantile(rank, persons, 0.4), rank > _quantile(rank, persons, 0.9)
    if not rich.any():
        return float("nan")
    low, high = (float(np.average(value[group], weights=persons[group])) for group in (poor, rich))
    if low == 0:
        return float("inf") if high > 0 else float("nan")
    return high / low


def _xlogx(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x * np.log(np.where(x > 0, x, 1.0))


def theil(values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, *, missing: Missing = "raise") -> float:
    """Theil's T of access among persons: 0 when all have the same.

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    missing : {"raise", "drop"}
        What becomes of places with persons and no value. Dropping warns with the count.

    Returns
    -------
    float
        nan when nobody reaches anything.

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, or there are no persons.

    Notes
    -----
    T = sum_i p_i x_i/m ln(x_i/m), p the shares of persons and m the mean (Theil 1967); those who reach nothing count with
    0 ln 0 = 0 (the R package leaves them out of the persons too).

    Examples
    --------
    >>> round(theil([0.0, 2.0], [1, 1]), 6)
    0.693147
    """
    value, persons, _ = _people(values, weights, missing)
    _not_negative(value, "Theil's index")
    return _theil(value, persons)


def _theil(value: NDArray[np.float64], persons: NDArray[np.float64]) -> float:
    share = persons / persons.sum()
    mean = float((share * value).sum())
    return float((share * _xlogx(value / mean)).sum()) if mean > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class TheilParts:
    """Theil's T in two parts.

    Attributes
    ----------
    total, between, within : float
        ``total`` is the sum of the parts; each is nan when nobody reaches anything.
    groups : pandas.DataFrame
        One row a group: `share_of_persons`, `share_of_access`, its part of `between` and of `within`.
    """

    total: float
    between: float
    within: float
    groups: pd.DataFrame


def theil_by_group(
    values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, groups: ArrayLike | pd.Series, *, missing: Missing = "raise"
) -> TheilParts:
    """Theil's T split into what lies between groups of places and what lies within them.

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    groups : array_like or pandas.Series, shape (n,)
        Group of each place, such as income decile or municipality; missing where nobody lives is no fault.
    missing : {"raise", "drop"}
        What becomes of places with persons and without value or group. Dropping warns with the count.

    Returns
    -------
    TheilParts

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, groups are missing, or there are no persons.

    Notes
    -----
    T = sum_g s_g ln(s_g / p_g) + sum_g s_g T_g, s and p a group's shares of access and of persons (Theil 1967).

    Examples
    --------
    >>> parts = theil_by_group([1.0, 1.0, 3.0, 3.0], [1, 1, 1, 1], ["a", "a", "b", "b"])
    >>> round(parts.between, 6), round(parts.within, 6)
    (0.130812, 0.0)
    """
    import pandas as pd

    value, persons, (member,) = _people(values, weights, missing, groups=groups)
    _not_negative(value, "Theil's index")
    code, names = pd.factorize(pd.Series(member), sort=True)
    count = len(names)
    people = np.bincount(code, persons, count) / persons.sum()
    held = np.bincount(code, persons * value, count)
    if held.sum() == 0:
        access = np.full(count, np.nan)
        between, within = access, access.copy()
    else:
        access = held / held.sum()
        between = people * _xlogx(access / people)
        inside = np.array([_theil(value[code == g], persons[code == g]) for g in range(count)])
        within = np.where(access > 0, access * np.nan_to_num(inside), 0.0)
    table = pd.DataFrame(
        {"share_of_persons": people, "share_of_access": access, "between": between, "within": within},
        index=pd.Index(names, name="group"),
    )
    return TheilParts(float(between.sum() + within.sum()), float(between.sum()), float(within.sum()), table)


def fgt(
    values: ArrayLike | pd.Series, weights: ArrayLike | pd.Series, *, line: float, alpha: float = 1.0, missing: Missing = "raise"
) -> float:
    """Poverty of access: how many persons are below a line (alpha 0), by how much (1), and how unevenly (2).

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    line : float
        Access below which a person is poor of it, in the values' unit.
    alpha : float, default 1
    missing : {"raise", "drop"}
        What becomes of places with persons and no value. Dropping warns with the count.

    Returns
    -------
    float
        0 when nobody is below the line, at most 1.

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, there are no persons, the line is not above 0 or alpha is below 0.

    Notes
    -----
    FGT = sum_i p_i ((z - x_i) / z)^alpha over those with x_i < z (Foster, Greer & Thorbecke 1984).

    Examples
    --------
    >>> fgt([50.0, 200.0], [1, 3], line=100)
    0.125
    """
    if not 0.0 < line < np.inf:
        raise LayerError(f"line must be a finite amount above 0, got {line}; give the access below which a person lacks it")
    if not 0.0 <= alpha < np.inf:
        raise LayerError(f"alpha must be a finite number from 0 up, got {alpha}; 0 counts persons, 1 their gap, 2 its square")
    value, persons, _ = _people(values, weights, missing)
    _not_negative(value, "an index of poverty")
    poor = value < line
    return float((persons[poor] * ((line - value[poor]) / line) ** alpha).sum() / persons.sum())


def concentration_index(
    values: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series,
    income: ArrayLike | pd.Series,
    *,
    kind: Literal["standard", "corrected"] = "standard",
    ties: Literal["order", "mean"] = "order",
    bounds: tuple[float, float] | None = None,
    missing: Missing = "raise",
) -> float:
    """How access goes with income: above 0 the richer reach more, below 0 the poorer.

    Parameters
    ----------
    values : array_like or pandas.Series, shape (n,)
        Access of each place.
    weights : array_like or pandas.Series, shape (n,)
        Persons of each place; Series are matched by index.
    income : array_like or pandas.Series, shape (n,)
        Income a person, or any rank of places; missing where nobody lives is no fault.
    kind : {"standard", "corrected"}
        "corrected" is Erreygers', for values that lie between `bounds`.
    ties : {"order", "mean"}
        Places of the same income have ranks in the rows' order, as in the R package accessibility, or all the middle one,
        which no order of rows can move.
    bounds : tuple of float, optional
        Lowest and highest possible value, for "corrected"; by default those of the values given, of places without persons
        too, as in the R package.
    missing : {"raise", "drop"}
        What becomes of places with persons and without value or income. Dropping warns with the count.

    Returns
    -------
    float
        From -1 to 1; nan when nobody reaches anything, and 0 corrected when all reach the same.

    Raises
    ------
    LayerError
        If values are negative, infinite or missing, incomes are missing, there are no persons, `bounds` do not hold the values,
        or `kind` or `ties` is none of the above.

    Notes
    -----
    C = 2/m sum_i p_i (x_i - m) (r_i - 1/2), with r_i the share of persons with less income plus half of p_i (van Doorslaer &
    Koolman 2004); corrected E = 4 m C / (max - min) (Erreygers 2009).

    Examples
    --------
    >>> concentration_index([1.0, 3.0], [1, 1], [100.0, 200.0])
    0.25
    """
    if kind not in ("standard", "corrected") or ties not in ("order", "mean"):
        raise LayerError(f"kind must be 'standard' or 'corrected' and ties 'order' or 'mean', got {kind!r} and {ties!r}")
    value, persons, (ranked,) = _people(values, weights, missing, income=income)
    _not_negative(value, "the concentration index")
    rank = _numbers("income", ranked)
    order = np.argsort(rank, kind="stable")
    share, x = persons[order] / persons.sum(), value[order]
    fraction = np.cumsum(share) - share / 2
    if ties == "mean":
        code = np.unique(rank[order], return_inverse=True)[1]
        together = np.bincount(code, share)
        fraction = (np.cumsum(together) - together / 2)[code]
    mean = float((share * x).sum())
    if mean == 0:
        return float("nan")
    index = 2.0 * float((share * (x - mean) * (fraction - 0.5)).sum()) / mean
    if kind == "standard":
        return index
    given = _numbers("values", values)
    low, high = bounds if bounds is not None else (float(np.nanmin(given)), float(np.nanmax(given[given < np.inf])))
    if not low <= x.min() <= x.max() <= high < np.inf:
        raise LayerError(f"bounds must hold all values, got {bounds} for {x.min():g} to {x.max():g}; give the lowest and highest possible value")
    return 4.0 * mean * index / (high - low) if high > low else 0.0
