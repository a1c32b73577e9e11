"""Those who move in with new jobs: how many, where, and in which years.

A job that somebody from the catchment takes brings nobody; one that nobody here takes brings a worker and the worker's household. They settle as those who
commute to the site live today: nothing is known of where they would rather.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landplan.growth.schedules import AGES, PopulationError, migration_profile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MovedIn", "moved_in"]


@dataclass(frozen=True)
class MovedIn:
    """Persons who move to an area with jobs.

    Parameters
    ----------
    years : ndarray of int64, shape (T,)
    workers : ndarray of float64, shape (T,)
        Who move in that year to take a job, wherever in the region they settle.
    persons : ndarray of float64, shape (T,)
        They and their households, to this area alone.
    by_age : ndarray of float64, shape (T, 2, 101)
    elsewhere : float
        Persons who settle outside the area, all years.
    """

    years: NDArray[np.int64]
    workers: NDArray[np.float64]
    persons: NDArray[np.float64]
    by_age: NDArray[np.float64]
    elsewhere: float


def moved_in(
    jobs: float, years: ArrayLike, *, ramp: Mapping[int, float], in_migrants: float, persons_per_worker: float, multiplier: float = 1.0, share_here: float = 1.0,
    profile: ArrayLike | None = None,
) -> MovedIn:
    """Return who moves to an area as jobs come.

    Parameters
    ----------
    jobs : float
        At the site, when all are there.
    years : array_like of int, shape (T,)
        Years that follow each other.
    ramp : mapping of year to share
        Share of the jobs that there are at the end of each year, 0-1; between its years as the last before, after them as its last.
    in_migrants : float
        Share of jobs whose workers move in.
    persons_per_worker : float
        The worker and those who move with them, 1 or more.
    multiplier : float
        All jobs for each at the site (suppliers, shops and services counted), 1 or more.
    share_here : float
        Share of those who move in that settle in this area.
    profile : array_like, shape (2, 101), optional
        How they spread over sexes and ages; default `migration_profile`.

    Returns
    -------
    MovedIn
        Nobody before the ramp's first year; what had come before the first of `years` is not counted again. When jobs fall, nobody is made to leave.

    Raises
    ------
    PopulationError
        If a number is out of its range.

    Examples
    --------
    >>> found = moved_in(1000, range(2029, 2033), ramp={2030: 0.5, 2031: 1.0}, in_migrants=0.25, persons_per_worker=2.0, share_here=0.4)
    >>> found.workers.tolist(), found.persons.tolist(), found.elsewhere
    ([0.0, 125.0, 125.0, 0.0], [0.0, 100.0, 100.0, 0.0], 300.0)
    """
    when = np.asarray(list(years) if isinstance(years, range) else years, np.int64)
    for name, value, low, high in (
        ("jobs", jobs, 0, np.inf), ("in_migrants", in_migrants, 0, 1), ("persons_per_worker", persons_per_worker, 1, np.inf), ("multiplier", multiplier, 1, np.inf),
        ("share_here", share_here, 0, 1),
    ):  # fmt: skip
        if not np.isfinite(value) or not low <= value <= high:
            raise PopulationError(f"{name} is {value}; it lies between {low:g} and {high:g}")
    if not ramp or any(not 0 <= v <= 1 for v in ramp.values()):
        raise PopulationError("ramp is the share of the jobs there at the end of each year, 0 to 1, of one year or more")
    if when.size < 1 or (np.diff(when) != 1).any():
        raise PopulationError("years must follow each other")
    spread = np.asarray(migration_profile() if profile is None else profile, float)
    if spread.shape != (2, AGES) or spread.sum() <= 0:
        raise PopulationError(f"the profile must be shares of 2 sexes and {AGES} ages that sum to more than 0; got shape {spread.shape}")

    def there(year: int) -> float:
        known = [y for y in ramp if y <= year]
        return ramp[max(known)] if known else 0.0

    share = np.maximum.accumulate(np.array([there(int(when[0]) - 1), *(there(int(y)) for y in when)]))
    workers = jobs * multiplier * in_migrants * np.diff(share)
    persons = workers * persons_per_worker
    here = persons * share_here
    return MovedIn(when, workers, here, here[:, None, None] * (spread / spread.sum()), float(persons.sum() - here.sum()))
