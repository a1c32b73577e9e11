"""A population year by year: cohorts that age, die, have children and move; and the migration that would meet a goal.

What comes out is a projection of what is put in (Swedish *framskrivning*), never a forecast: nobody here says what will happen. Persons are expected
numbers, not rounded, so that every identity holds: people(t+1) = people(t) + births - deaths + net migration, by age and sex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from landplan.growth.schedules import AGES, PopulationError, fertility, migration_profile, mortality

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Projection", "Rates", "SolvedMigration", "project", "scaled", "solve_migration"]

_BOYS: Final = 0.5134
_EXACT: Final = 1e-9


@dataclass(frozen=True)
class Rates:
    """How a population changes by itself.

    Parameters
    ----------
    deaths : ndarray of float64, shape (2, 101)
        Share of each sex (women first) and age that dies within a year.
    births : ndarray of float64, shape (101,)
        Children a woman of each age has in a year.
    boys : float
        Share of children who are boys.
    flag : str
        ``[0]`` where the schedules are models, ``[1]`` or ``[2]`` where they are published; shown beside each figure.
    sources : tuple of str
    """

    deaths: NDArray[np.float64] = field(default_factory=mortality)
    births: NDArray[np.float64] = field(default_factory=fertility)
    boys: float = _BOYS
    flag: str = "[0]"
    sources: tuple[str, ...] = ("Gompertz 1825, Makeham 1860", "Hoem et al. 1981")

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        if self.deaths.shape != (2, AGES) or not ((self.deaths >= 0) & (self.deaths <= 1)).all():
            raise PopulationError(f"deaths must be shares (0-1) of 2 sexes and {AGES} ages; got shape {self.deaths.shape}")
        if self.births.shape != (AGES,) or not (self.births >= 0).all():
            raise PopulationError(f"births must be children a woman and year at {AGES} ages, 0 or more; got shape {self.births.shape}")
        if not 0 < self.boys < 1:
            raise PopulationError(f"boys is {self.boys}; it is a share between 0 and 1")


@dataclass(frozen=True)
class Projection:
    """A population year by year.

    Parameters
    ----------
    years : ndarray of int64, shape (T + 1,)
        The first is the start; people are at the end of each.
    people : ndarray of float64, shape (T + 1, 2, 101)
        Women first; the last age is 100 and above.
    births : ndarray of float64, shape (T, 2)
    deaths, migration : ndarray of float64, shape (T, 2, 101)
        By age reached in the year (at its end); children who die in their first year are at age 0.
    flag : str
    """

    years: NDArray[np.int64]
    people: NDArray[np.float64]
    births: NDArray[np.float64]
    deaths: NDArray[np.float64]
    migration: NDArray[np.float64]
    flag: str = "[0]"

    @property
    def total(self) -> NDArray[np.float64]:
        """Persons at the end of each year."""
        return np.asarray(self.people.sum(axis=(1, 2)))

    def between(self, first: int, last: int) -> NDArray[np.float64]:
        """Return persons of ages `first` to `last` at the end of each year."""
        return np.asarray(self.people[:, :, first : last + 1].sum(axis=(1, 2)))

    def dependency(self, *, working: tuple[int, int] = (20, 64)) -> NDArray[np.float64]:
        """Return the dependency ratio (*försörjningskvot*): everybody over those of working age."""
        return np.asarray(self.total / self.between(*working))

    def table(self, *, working: tuple[int, int] = (20, 64)) -> pd.DataFrame:
        """Return a row a year: persons, births, deaths, net migration, working age with its span, 80 and over, dependency ratio, flag."""
        import pandas as pd

        lacks = np.array([np.nan])
        return pd.DataFrame({
            "year": self.years, "population": self.total, "births": np.concatenate([lacks, self.births.sum(axis=1)]),
            "deaths": np.concatenate([lacks, self.deaths.sum(axis=(1, 2))]), "net_migration": np.concatenate([lacks, self.migration.sum(axis=(1, 2))]),
            "aged_0_19": self.between(0, 19), f"aged_{working[0]}_{working[1]}": self.between(*working), "aged_65_up": self.between(65, 100),
            "aged_80_up": self.between(80, 100), "dependency": self.dependency(working=working), "flag": self.flag,
        })  # fmt: skip


def _population(people: ArrayLike) -> NDArray[np.float64]:
    out = np.array(people, float)
    if out.shape != (2, AGES) or not np.isfinite(out).all() or (out < 0).any():
        raise PopulationError(f"a population is persons of 2 sexes (women first) and {AGES} ages, 0 or more; got shape {out.shape}")
    return out


def _migration(migration: ArrayLike | None, steps: int) -> NDArray[np.float64]:
    if migration is None:
        return np.zeros((steps, 2, AGES))
    net = np.asarray(migration, float)
    if net.shape == (2, AGES):
        net = np.broadcast_to(net, (steps, 2, AGES))
    if net.shape != (steps, 2, AGES) or not np.isfinite(net).all():
        raise PopulationError(f"migration is net persons a year of 2 sexes and {AGES} ages, one table or {steps}; got shape {net.shape}")
    return np.array(net)


def _year(before: NDArray[np.float64], rates: Rates, net: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return people at the end of a year, births by sex and deaths by the age reached."""
    dying = before * rates.deaths
    after, deaths = np.zeros((2, AGES)), np.zeros((2, AGES))
    after[:, 1:] = (before - dying)[:, :-1]
    after[:, -1] += (before - dying)[:, -1]
    deaths[:, 1:] = dying[:, :-1]
    deaths[:, -1] += dying[:, -1]
    # mothers are the mean of the year's first and last women of each age, movers among them
    mothers = 0.5 * (before[0] + after[0] + net[0])
    born = float(np.maximum(mothers, 0.0) @ rates.births)
    births = born * np.array([1.0 - rates.boys, rates.boys])
    # half a year at risk, as they are born throughout it
    deaths[:, 0] = births * rates.deaths[:, 0] * 0.5
    after[:, 0] = births - deaths[:, 0]
    return after + net, births, deaths


def project(population_by_age: ArrayLike, rates: Rates, migration: ArrayLike | None = None, years: Sequence[int] = (), *, held: bool = False) -> Projection:
    """Project a population by cohorts.

    Parameters
    ----------
    population_by_age : array_like of float, shape (2, 101)
        Women first, at the end of the first year.
    rates : Rates
    migration : array_like of float, shape (2, 101) or (T, 2, 101), optional
        Net movers a year by the age they reach in it.
    years : sequence of int
        ``range(2025, 2041)``: the first is the start.
    held : bool
        Whether of each age at most those who are there move out; `Projection.migration` is what did. Otherwise more is an error.

    Returns
    -------
    Projection

    Raises
    ------
    PopulationError
        If the parts do not fit, years do not follow each other, or (unless `held`) more move out than there are: the year and age are said.

    Notes
    -----
    Leslie (1945) with one-year ages: those of age a who survive are a + 1 a year later; children are born to the mean of a year's first and last women
    of each age, and those who survive their first months are 0 at its end.

    Examples
    --------
    >>> from landplan.growth.schedules import pyramid
    >>> found = project(pyramid(1000), Rates(), years=range(2025, 2028))
    >>> bool(abs(found.total[1] - found.total[0] - found.births[0].sum() + found.deaths[0].sum()) < 1e-9)
    True
    """
    start = _population(population_by_age)
    when = np.asarray(list(years), np.int64)
    if when.size < 2 or (np.diff(when) != 1).any():
        raise PopulationError(f"years must follow each other and be at least two; got {list(years)[:5]}")
    steps = when.size - 1
    net = _migration(migration, steps)
    people = np.empty((steps + 1, 2, AGES))
    births, deaths = np.empty((steps, 2)), np.empty((steps, 2, AGES))
    people[0] = start
    for t in range(steps):
        people[t + 1], births[t], deaths[t] = _year(people[t], rates, net[t])
        while held and (people[t + 1] < -_EXACT).any():
            # fewer mothers leave, so a few more are born: again until nobody leaves who is not there
            net[t] = np.maximum(net[t], -(people[t + 1] - net[t]))
            people[t + 1], births[t], deaths[t] = _year(people[t], rates, net[t])
        after = people[t + 1] - net[t]
        if (people[t + 1] < -_EXACT).any():
            sex, age = np.argwhere(people[t + 1] < -_EXACT)[0]
            raise PopulationError(
                f"{when[t + 1]}: {-net[t, sex, age]:.1f} {'women' if sex == 0 else 'men'} of age {age} move out and there are {after[sex, age]:.1f}; "
                "spread the moves over ages as people are, or lower them"
            )
        people[t + 1] = np.maximum(people[t + 1], 0.0)
    return Projection(when, people, births, deaths, net, rates.flag)


def scaled(population_by_age: ArrayLike, rates: Rates, *, births: float | None = None, deaths: float | None = None, migration: ArrayLike | None = None, year: int = 0) -> Rates:
    """Return rates whose first year gives the published births and deaths.

    Parameters
    ----------
    population_by_age : array_like, shape (2, 101)
        At the end of the year before the published one.
    rates : Rates
    births, deaths : float, optional
        Published totals of one year.
    migration : array_like, shape (2, 101), optional
        Net movers of that year: they bear children too.
    year : int
        For messages.

    Returns
    -------
    Rates
        Births multiplied by one factor, and deaths as hazards by one, so that no share exceeds one.

    Raises
    ------
    PopulationError
        If no factor gives the total.
    """
    from scipy.optimize import brentq

    people = _population(population_by_age)

    def changed(kill: float, bear: float) -> Rates:
        hazard = -np.log1p(-np.minimum(rates.deaths, 1 - 1e-12))
        return Rates(1.0 - np.exp(-kill * hazard), rates.births * bear, rates.boys, rates.flag, rates.sources)

    net = _migration(migration, 1)[0]
    kill = bear = 1.0
    for _ in range(50):
        before = (kill, bear)
        if deaths is not None:
            def over(k: float, bear: float = bear) -> float:
                return float(_year(people, changed(k, bear), net)[2].sum()) - deaths

            if over(1e-3) > 0 or over(1e3) < 0:
                raise PopulationError(f"{deaths:g} deaths{f' in {year}' if year else ''} cannot come of {people.sum():g} persons of these ages; is it the right area and year?")
            kill = float(brentq(over, 1e-3, 1e3, xtol=1e-14, rtol=1e-14))
        if births is not None:
            now = float(_year(people, changed(kill, bear), net)[1].sum())
            if now <= 0:
                raise PopulationError(f"{births:g} births{f' in {year}' if year else ''} cannot come of a population without women of 15-49")
            bear *= births / now
        if abs(kill - before[0]) < 1e-12 and abs(bear - before[1]) < 1e-12:
            break
    return changed(kill, bear)


@dataclass(frozen=True)
class SolvedMigration:
    """The migration that meets a goal.

    Parameters
    ----------
    net_per_year : float
        Net movers a year, all ages.
    by_age : ndarray of float64, shape (2, 101)
    projection : Projection
        With it.
    baseline : Projection
        Without it.
    goal, year : int
    """

    net_per_year: float
    by_age: NDArray[np.float64]
    projection: Projection
    baseline: Projection
    goal: int
    year: int

    @property
    def distance(self) -> float:
        """Persons between the goal and the projection without it, in the goal's year."""
        return float(self.projection.total[-1] - self.baseline.total[-1])


def _searched(population: ArrayLike, rates: Rates, own: NDArray[np.float64], spread: NDArray[np.float64], span: range, goal: int, near: float) -> float:
    """The level of migration that meets a goal where some ages run out on the way: more movers are never fewer people."""
    from scipy.optimize import brentq

    def over(level: float) -> float:
        return float(project(population, rates, own + level * spread, span, held=True).total[-1]) - goal

    low, high = sorted((2.0 * near, 0.0)) if near else (-1.0, 1.0)
    for _ in range(40):
        if over(low) <= 0 <= over(high):
            return float(brentq(over, low, high, xtol=1e-9, rtol=1e-14))
        low, high = low - abs(low) - 1.0, high + abs(high) + 1.0
    raise PopulationError(f"no migration by this profile leaves {goal} persons in {span[-1]}; is the goal right?")


def solve_migration(
    population: ArrayLike, rates: Rates, *, goal: int, year: int, start: int, base: ArrayLike | None = None, profile: ArrayLike | None = None,
    held: bool = False,
) -> SolvedMigration:
    """Return the net migration a year, by an age profile, that meets a population goal.

    Parameters
    ----------
    population : array_like, shape (2, 101)
        At the end of `start`.
    rates : Rates
    goal : int
        Persons at the end of `year`.
    year, start : int
    base : array_like, shape (2, 101), optional
        Net migration that there is anyhow, a year; the answer comes on top of it.
    profile : array_like, shape (2, 101), optional
        How movers spread over sexes and ages; default `migration_profile`.
    held : bool
        As in `project`. People are then no longer linear in the level where ages run out, and the level is searched for.

    Returns
    -------
    SolvedMigration

    Raises
    ------
    PopulationError
        If the goal's year is not after the start, or the profile holds nobody.

    Notes
    -----
    People in a year are linear in the level of migration as long as nobody is asked to move who is not there, so two projections give it and a third
    proves it.

    Examples
    --------
    >>> from landplan.growth.schedules import pyramid
    >>> found = solve_migration(pyramid(24_354, mean_age=45.9), Rates(), goal=30_000, year=2040, start=2025)
    >>> round(float(found.projection.total[-1]))
    30000
    """
    if year <= start:
        raise PopulationError(f"the goal's year {year} is not after the start, {start}; a goal lies in the future")
    spread = np.asarray(migration_profile() if profile is None else profile, float)
    if spread.shape != (2, AGES) or not np.isfinite(spread).all() or spread.sum() <= 0:
        raise PopulationError(f"the profile must be shares of 2 sexes and {AGES} ages that sum to more than 0; got shape {spread.shape}")
    spread = spread / spread.sum()
    span = range(start, year + 1)
    own = np.zeros((2, AGES)) if base is None else np.asarray(base, float)
    baseline = project(population, rates, own, span, held=held)
    unit = max(1.0, 0.001 * float(baseline.total[0]))
    more = project(population, rates, own + unit * spread, span, held=held)
    level = unit * (goal - float(baseline.total[-1])) / (float(more.total[-1]) - float(baseline.total[-1]))
    found = project(population, rates, own + level * spread, span, held=held)
    if held and abs(float(found.total[-1]) - goal) > 1e-6 * goal:
        level = _searched(population, rates, own, spread, span, goal, level)
        found = project(population, rates, own + level * spread, span, held=True)
    return SolvedMigration(level, level * spread, found, baseline, goal, year)
