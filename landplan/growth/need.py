"""Dwellings that a projection asks for, and how far the plans that there are reach.

Households follow people at the sizes they have today; the stock must hold them with the vacancy that a market needs, and what is torn down is
built again. A year in which fewer are needed than the year before builds nothing; what stands empty then is used first when people come again, so that
a higher goal never asks for fewer dwellings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.growth.population import Projection
from landplan.growth.schedules import PopulationError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["STAGES", "HousingNeed", "household_sizes", "housing_need", "plan_reserve"]

STAGES: Final = ("laga kraft", "antagen", "granskning", "samråd", "planbesked", "uppgift saknas")
"""Plan stages by how sure they are, the surest first."""
_SHARES: Final = 1e-6


@dataclass(frozen=True)
class HousingNeed:
    """Dwellings year by year.

    Parameters
    ----------
    years : ndarray of int64, shape (T,)
        Each year in which is built.
    households : ndarray of float64, shape (T + 1, S)
        By size, at the start and the end of each year.
    dwellings : ndarray of float64, shape (T,)
        New dwellings a year, students' apart.
    surplus : ndarray of float64, shape (T,)
        Dwellings beyond the wanted vacancy at the end of each year.
    students : ndarray of float64, shape (T,)
        Student dwellings a year.
    table : pandas.DataFrame
        year, household_size, building_type, tenure, dwellings, flag.
    flag : str
    """

    years: NDArray[np.int64]
    households: NDArray[np.float64]
    dwellings: NDArray[np.float64]
    surplus: NDArray[np.float64]
    students: NDArray[np.float64]
    table: pd.DataFrame
    flag: str = "[0]"

    @property
    def per_year(self) -> float:
        """New dwellings a year in the mean of all years, students' apart."""
        return float(self.dwellings.mean())


def household_sizes(persons: float, mean: float, one_person: float | None = None, *, largest: int = 7) -> dict[int, float]:
    """Return households by size where only their mean and the share with one person are known.

    Parameters
    ----------
    persons : float
        Who live in them.
    mean : float
        Persons a household, largest size counted as it is.
    one_person : float, optional
        Share of households with one person; default as the same curve gives it.
    largest : int

    Returns
    -------
    dict of int to float
        Sizes 1 to `largest`. Modelled: those of two and more fall by one factor a size (a geometric series), chosen so that the mean is met.

    Raises
    ------
    PopulationError
        If no such households have the mean.

    Examples
    --------
    >>> found = household_sizes(24_354, 2.0, 0.46)
    >>> round(sum(found.values())), round(sum(n * s for s, n in found.items())), round(found[1] / sum(found.values()), 2)
    (12177, 24354, 0.46)
    """
    from scipy.optimize import brentq

    first = 1 if one_person is None else 2
    alone = 0.0 if one_person is None else one_person
    sizes = np.arange(first, largest + 1)
    # what the mean of the others must be
    rest = (mean - alone) / (1.0 - alone)

    def of(factor: float) -> float:
        weight = factor ** np.arange(sizes.size)
        return float((sizes * weight).sum() / weight.sum())

    if persons <= 0 or not of(1e-6) <= rest <= of(20.0):
        raise PopulationError(f"no households of 1-{largest} have {mean:g} persons in the mean with {100 * alone:g} % of one person; correct persons or one_person")
    factor = brentq(lambda f: of(f) - rest, 1e-6, 20.0, xtol=1e-14)
    weight = factor ** np.arange(sizes.size)
    share = {int(s): float((1.0 - alone) * w / weight.sum()) for s, w in zip(sizes, weight, strict=True)}
    if one_person is not None:
        share[1] = alone
    count = persons / mean
    return {s: count * share[s] for s in sorted(share)}


def housing_need(
    projection: Projection, households: Mapping[int, float], vacancy: float, losses: float | Sequence[float], *,
    kinds: Mapping[int, Mapping[tuple[str, str], float]] | None = None, outside_share: float = 0.0, size_change: float = 0.0,
    converted: float | Sequence[float] = 0.0, students: Sequence[float] | None = None, stock: float | None = None,
) -> HousingNeed:
    """Return the dwellings that a projection needs each year by household size, building type and tenure.

    Parameters
    ----------
    projection : Projection
    households : mapping of size to number
        Households of the first year; the largest size is that and above.
    vacancy : float
        Share of the stock that should stand empty for people to be able to move, 0-0.5.
    losses : float or sequence of float
        Dwellings torn down or turned to other use a year.
    kinds : mapping of size to mapping of (building type, tenure) to share, optional
        How dwellings of each size are built (*hustyp*, *upplåtelseform*); shares sum to one. Default: not said.
    outside_share : float
        Share of people in no household of their own (care homes, institutions).
    size_change : float
        Change of persons a household, a year (-0.005: half a per cent smaller each year).
    converted : float or sequence of float
        Holiday homes turned permanent a year: they count as dwellings that need not be built.
    students : sequence of float, optional
        Students who live in student dwellings at the end of each year, the first included; they are taken out of the others and
        counted apart, a dwelling each.
    stock : float, optional
        Dwellings of the first year; default what its households need with the vacancy.

    Returns
    -------
    HousingNeed

    Raises
    ------
    PopulationError
        If a number is out of its range, shares do not sum to one, or the households hold more people than there are.

    Examples
    --------
    >>> from landplan.growth import Rates, project
    >>> from landplan.growth.schedules import pyramid
    >>> people = project(pyramid(1000), Rates(), years=range(2025, 2027))
    >>> housing_need(people, {1: 230, 2: 150, 3: 55, 4: 60}, 0.02, 1).dwellings.size
    1
    """
    import pandas as pd

    sizes = sorted(households)
    if not sizes or sizes[0] < 1 or any(not np.isfinite(households[s]) or households[s] < 0 for s in sizes) or not sum(households.values()):
        raise PopulationError("households are numbers of 0 or more by size, 1 and up, and not all of them 0")
    if not 0 <= vacancy <= 0.5:
        raise PopulationError(f"vacancy is {vacancy}; it is a share of the stock, 0 to 0.5")
    if not 0 <= outside_share < 1:
        raise PopulationError(f"outside_share is {outside_share}; it is a share of people, below 1")
    steps = projection.years.size - 1
    lost, turned = (_yearly(v, steps, name) for v, name in ((losses, "losses"), (converted, "converted")))
    studying = np.zeros(steps + 1) if students is None else np.asarray(students, float)
    if studying.shape != (steps + 1,) or (studying < 0).any():
        raise PopulationError(f"students are numbers of 0 or more, {steps + 1} of them (the first year's too); got {studying.shape}")
    count = float(sum(households.values()))
    share = np.array([households[s] / count for s in sizes])
    living = projection.total * (1 - outside_share) - studying
    if (living <= 0).any():
        raise PopulationError("there are more students and people outside households than people; correct outside_share or students")
    least = float(sum(s * n for s, n in households.items()))
    if least > living[0] * 1.0005:
        raise PopulationError(f"the households hold at least {least:.0f} persons and there are {living[0]:.0f} in households; are both of the same year?")
    mean = living[0] / count * (1.0 + size_change) ** np.arange(steps + 1)
    number = living / mean
    wanted = number / (1.0 - vacancy)
    have = float(wanted[0]) if stock is None else float(stock)
    short = wanted[1:] + np.cumsum(lost) - np.cumsum(turned) - have
    built = np.maximum.accumulate(np.maximum(short, 0.0))
    dwellings = np.diff(np.concatenate([[0.0], built]))
    surplus = built - short
    own = np.maximum.accumulate(np.maximum(studying - studying[0], 0.0))
    table = _table(projection.years[1:], dwellings, sizes, share, kinds, projection.flag)
    return HousingNeed(
        projection.years[1:], number[:, None] * share, dwellings, surplus, np.diff(own), pd.DataFrame(table), projection.flag
    )


def _yearly(value: float | Sequence[float], steps: int, name: str) -> NDArray[np.float64]:
    out = np.broadcast_to(np.asarray(value, float), (steps,)) if np.ndim(value) == 0 else np.asarray(value, float)
    if out.shape != (steps,) or not np.isfinite(out).all() or (out < 0).any():
        raise PopulationError(f"{name} is a number of 0 or more, or {steps} of them, one a year; got {value!r}")
    return np.array(out)


def _table(
    years: NDArray[np.int64], dwellings: NDArray[np.float64], sizes: list[int], share: NDArray[np.float64],
    kinds: Mapping[int, Mapping[tuple[str, str], float]] | None, flag: str,
) -> list[dict[str, Any]]:
    rows = []
    for size, part in zip(sizes, share, strict=True):
        own = {("uppgift saknas", "uppgift saknas"): 1.0} if kinds is None else kinds.get(size)
        if own is None:
            raise PopulationError(f"kinds say nothing of households of {size}; give shares of building type and tenure for each size")
        if abs(sum(own.values()) - 1) > _SHARES or min(own.values()) < 0:
            raise PopulationError(f"the kinds of dwellings for households of {size} sum to {sum(own.values()):g}; they are shares that sum to 1")
        for (building, tenure), of in own.items():
            rows += [
                {"year": int(y), "household_size": size, "building_type": building, "tenure": tenure, "dwellings": float(d * part * of), "flag": flag}
                for y, d in zip(years, dwellings, strict=True)
            ]  # fmt: skip
    return rows


def plan_reserve(sites: pd.DataFrame, need: HousingNeed) -> pd.DataFrame:
    """Return how far the planned dwellings reach against the need, what is in force first.

    Parameters
    ----------
    sites : pandas.DataFrame
        plan_stage, dwellings_min, dwellings_max: the layer ``housing_sites``.
    need : HousingNeed

    Returns
    -------
    pandas.DataFrame
        A row a stage, surest first: `dwellings_min`, `dwellings_max`, both summed with the surer stages (`sum_min`, `sum_max`), the years
        of need they cover (`years_min`, `years_max`) and the first year that is short of them (`short_from`, with the least number;
        empty where the need is met to the end). What riktlinjer för bostadsförsörjning ask for.

    Raises
    ------
    PopulationError
        If a site has a stage that is none.
    """
    import pandas as pd

    stage = sites["plan_stage"].astype("string").fillna("uppgift saknas")
    if strange := sorted(set(stage) - {*STAGES, "upphävd"}):
        raise PopulationError(f"plan_stage has {strange[0]!r}; it is one of {', '.join(STAGES)}")
    total = np.cumsum(need.dwellings)
    rows = []
    low = high = 0.0
    for name in STAGES:
        here = sites[(stage == name).to_numpy()]
        least = float(pd.to_numeric(here["dwellings_min"], errors="coerce").fillna(0).sum())
        most = float(pd.to_numeric(here["dwellings_max"], errors="coerce").fillna(pd.to_numeric(here["dwellings_min"], errors="coerce")).fillna(0).sum())
        low, high = low + least, high + most
        short = np.flatnonzero(total > low + 1e-9)
        rows.append({
            "plan_stage": name, "sites": len(here), "dwellings_min": least, "dwellings_max": most, "sum_min": low, "sum_max": high,
            "years_min": _years(total, low), "years_max": _years(total, high), "short_from": int(need.years[short[0]]) if short.size else None,
        })  # fmt: skip
    out = pd.DataFrame(rows)
    out["short_from"] = out["short_from"].astype("Int64")
    return out


def _years(total: NDArray[np.float64], have: float) -> float:
    """Return how many years of need a number of dwellings covers, within the projection's."""
    whole = int(np.searchsorted(total, have + 1e-9, side="right"))
    if whole >= total.size:
        return float(total.size)
    before = float(total[whole - 1]) if whole else 0.0
    return whole + (have - before) / float(total[whole] - before)
