"""Model schedules of births, deaths and moves by age, for where nobody has published them; and pyramids fitted to what is.

Every schedule here is a form of the literature with declared numbers, scaled to published totals: what it gives is modelled, carries the flag ``[0]``, and
is said to in every result that rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from landplan.errors import LandplanError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["AGES", "PopulationError", "fertility", "migration_profile", "mortality", "pyramid", "split_bands"]

AGES: Final = 101
"""One-year ages, the last one 100 and above."""
FLAG: Final = "[0]"


class PopulationError(LandplanError, ValueError):
    """A population, or what changes it, contradicts itself."""


def mortality(*, level: float = 3.9e-6, slope: float = 0.114, background: float = 1e-4, infant: float = 0.002, male: float = 1.4) -> NDArray[np.float64]:
    """Return the share of each sex and age that dies within a year: Gompertz (1825) with Makeham's (1860) constant and an infant term.

    Parameters
    ----------
    level, slope, background : float
        ``mu(a) = background + level * exp(slope * a)`` for women; the defaults give an expectation of life of about 84 years.
    infant : float
        Added at age 0.
    male : float
        Men's level over women's.

    Returns
    -------
    ndarray of float64, shape (2, 101)
        Women first. ``[0]``: declared, not published; scale to published deaths with `landplan.growth.population.scaled`.
    """
    age = np.arange(AGES) + 0.5
    out = np.empty((2, AGES))
    for sex, factor in enumerate((1.0, male)):
        out[sex] = 1.0 - np.exp(-(background + factor * level * np.exp(slope * age)))
    out[:, 0] += infant
    return np.minimum(out, 1.0)


def fertility(*, total: float = 1.5, mean_age: float = 30.9, spread: float = 5.2) -> NDArray[np.float64]:
    """Return births a woman and year by age 15-49: a gamma curve (Hoem et al. 1981) of a total and a mean age.

    Parameters
    ----------
    total : float
        Children a woman has in all.
    mean_age, spread : float
        Mean and standard deviation of the mothers' ages, years.

    Returns
    -------
    ndarray of float64, shape (101,)
        ``[0]``.

    Examples
    --------
    >>> round(float(fertility(total=1.5).sum()), 6)
    1.5
    """
    from scipy.stats import gamma

    start = 15.0
    scale = spread**2 / (mean_age - start)
    shape = (mean_age - start) / scale
    age = np.arange(AGES)
    curve = np.where((age >= 15) & (age < 50), gamma.cdf(age + 1 - start, shape, scale=scale) - gamma.cdf(age - start, shape, scale=scale), 0.0)
    return np.asarray(total * curve / curve.sum())


def migration_profile(
    *, a1: float = 0.02, alpha1: float = 0.10, a2: float = 0.06, alpha2: float = 0.10, lambda2: float = 0.40, mu2: float = 20.0, c: float = 0.003
) -> NDArray[np.float64]:
    """Return how moves spread over ages: Rogers and Castro's (1981) model schedule with their standard parameters; sums to one.

    ``m(a) = a1 exp(-alpha1 a) + a2 exp(-alpha2 (a - mu2) - exp(-lambda2 (a - mu2))) + c``: children with their parents, a peak of young adults, a
    floor.

    Returns
    -------
    ndarray of float64, shape (2, 101)
        Halved between the sexes. ``[0]``.
    """
    age = np.arange(AGES)
    curve = a1 * np.exp(-alpha1 * age) + a2 * np.exp(-alpha2 * (age - mu2) - np.exp(-lambda2 * (age - mu2))) + c
    curve[90:] *= np.linspace(1.0, 0.0, AGES - 90)
    return np.asarray(np.vstack([curve, curve]) / (2 * curve.sum()))


def pyramid(total: float, *, mean_age: float | None = None, deaths: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return a modelled pyramid: the survivors of a stationary population, tilted so that the mean age is the published one.

    Parameters
    ----------
    total : float
        Persons.
    mean_age : float, optional
        Years; default that of the stationary population.
    deaths : array_like, shape (2, 101), optional
        Share that dies by sex and age; default `mortality`.

    Returns
    -------
    ndarray of float64, shape (2, 101)
        Sums to `total`. Modelled: ``[0]``, to be replaced by the municipality's own ages.

    Raises
    ------
    PopulationError
        If no tilt gives the mean age.

    Examples
    --------
    >>> people = pyramid(24_515, mean_age=45.9)
    >>> round(float((people.sum(axis=0) * (np.arange(101) + 0.5)).sum() / people.sum()), 3)
    45.9
    """
    from scipy.optimize import brentq

    q = np.asarray(mortality() if deaths is None else deaths, float)
    alive = np.cumprod(np.concatenate([np.ones((2, 1)), 1.0 - q[:, :-1]], axis=1), axis=1)
    alive[1] *= 1.055
    age = np.arange(AGES) + 0.5

    def mean(tilt: float) -> float:
        weight = (alive * np.exp(tilt * age)).sum(axis=0)
        return float((weight * age).sum() / weight.sum())

    tilt = 0.0
    if mean_age is not None:
        low, high = -0.1, 0.1
        if not mean(low) < mean_age < mean(high):
            raise PopulationError(f"no pyramid has the mean age {mean_age:g}; is it in years?")
        tilt = brentq(lambda t: mean(t) - mean_age, low, high, xtol=1e-12)
    out = alive * np.exp(tilt * age)
    return np.asarray(total * out / out.sum())


def split_bands(bands: Mapping[tuple[int, int], float], guide: ArrayLike, *, total: float | None = None) -> NDArray[np.float64]:
    """Split persons in coarse age bands over one-year ages and sexes, within each band as a guide pyramid has them.

    Parameters
    ----------
    bands : mapping of (first age, last age) to persons
        ``(65, 100)`` is 65 and above. Together they hold every age once.
    guide : array_like, shape (2, 101)
        Such as `pyramid` gives.
    total : float, optional
        What they must sum to.

    Returns
    -------
    ndarray of float64, shape (2, 101)
        Sums to each band exactly.

    Raises
    ------
    PopulationError
        If ages are missing or held twice, a band is negative, or the bands do not sum to the total: both numbers are said.

    Examples
    --------
    >>> people = split_bands({(0, 19): 200, (20, 64): 560, (65, 100): 240}, pyramid(1000))
    >>> [round(float(people[:, a:b].sum())) for a, b in ((0, 20), (20, 65), (65, 101))]
    [200, 560, 240]
    """
    model = np.asarray(guide, float)
    if model.shape != (2, AGES) or not np.isfinite(model).all() or (model < 0).any():
        raise PopulationError(f"the guide must be persons of 2 sexes and {AGES} ages, 0 or more; got shape {model.shape}")
    held = np.zeros(AGES, int)
    out = np.zeros((2, AGES))
    for (first, last), persons in bands.items():
        if not 0 <= first <= last < AGES or persons < 0 or not np.isfinite(persons):
            raise PopulationError(f"age band {first}-{last} with {persons} persons: bands run within 0-100 and hold 0 persons or more")
        held[first : last + 1] += 1
        part = model[:, first : last + 1]
        share = part / part.sum() if part.sum() > 0 else np.full(part.shape, 1 / part.size)
        out[:, first : last + 1] = persons * share
    if (held != 1).any():
        age = int(np.flatnonzero(held != 1)[0])
        raise PopulationError(f"age {age} is in {held[age]} bands; every age from 0 to 100 must be in one")
    said = float(sum(bands.values()))
    if total is not None and abs(said - total) > 0.5:
        raise PopulationError(f"the age bands sum to {said:g} and the population is {total:g}; correct one of them")
    return out
