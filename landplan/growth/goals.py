"""From a population goal to the yearly growth and dwellings it needs: arithmetic, not a forecast."""

from __future__ import annotations

from dataclasses import dataclass

from landplan.errors import PlanError

__all__ = ["GoalGap", "gap"]


@dataclass(frozen=True, slots=True)
class GoalGap:
    """What lies between today's population and a goal."""

    population: int
    goal: int
    years: int
    persons: int
    growth_per_year: float
    persons_per_dwelling: float
    dwellings_per_year: float


def gap(population: int, goal: int, *, from_year: int, to_year: int, persons_per_dwelling: float = 2.0) -> GoalGap:
    """Work out what a goal needs.

    Parameters
    ----------
    population : int
        Persons in `from_year`.
    goal : int
        Persons in `to_year`.
    from_year, to_year : int
    persons_per_dwelling : float, default 2.0
        FACTS B2 derives with 2.0.

    Returns
    -------
    GoalGap

    Raises
    ------
    PlanError
        If the goal's year is not after today's, or a number is not above 0.

    Notes
    -----
    growth = (goal / population)^(1 / years) - 1; dwellings = (goal - population) / persons per dwelling / years.

    Examples
    --------
    >>> g = gap(24_354, 30_000, from_year=2025, to_year=2040)
    >>> g.persons, round(100 * g.growth_per_year, 2), round(g.dwellings_per_year)
    (5646, 1.4, 188)
    """
    years = to_year - from_year
    if years <= 0 or population <= 0 or goal <= 0 or persons_per_dwelling <= 0:
        raise PlanError(
            f"a goal needs a later year and numbers above 0: {population} in {from_year}, {goal} in {to_year}, "
            f"{persons_per_dwelling} persons a dwelling"
        )
    persons = goal - population
    return GoalGap(
        population, goal, years, persons, (goal / population) ** (1 / years) - 1, persons_per_dwelling,
        persons / persons_per_dwelling / years,
    )
