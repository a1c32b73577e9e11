"""Users of a service against the places that there are, year by year: who goes where, what runs out first, and who has too far.

Two answers stand beside each other: everybody to the nearest (a school's own catchment, full or not), and as everybody fits, with the least
travel in all. The first says where the pressure is, the second what is truly short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LandplanError
from landplan.growth.population import Projection

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Norm", "ServiceError", "ServiceLoad", "assign", "demand", "response_shares"]


class ServiceError(LandplanError, ValueError):
    """Users, places or ways that do not fit together."""


@dataclass(frozen=True)
class Norm:
    """How many of whom use a service.

    Parameters
    ----------
    first_age, last_age : int
        Users' ages, both counted.
    share : float
        Of them who use it; more than one for a service used by several a person.
    source : str
        Whose number it is: a norm without a source is an assumption, and is called so.
    flag : str
    """

    first_age: int
    last_age: int
    share: float = 1.0
    source: str = "antagande"
    flag: str = "[0]"


def demand(projection: Projection, norms: Mapping[str, Norm]) -> pd.DataFrame:
    """Return users of each service at the end of each year.

    Parameters
    ----------
    projection : Projection
    norms : mapping of service to Norm

    Returns
    -------
    pandas.DataFrame
        year, service, users, flag, source: a row a year and service.

    Raises
    ------
    ServiceError
        If a norm's ages or share are none.

    Examples
    --------
    >>> from landplan.growth import Rates, project
    >>> from landplan.growth.schedules import pyramid
    >>> people = project(pyramid(1000), Rates(), years=range(2025, 2027))
    >>> demand(people, {"compulsory_school": Norm(6, 15)})["users"].round().tolist() == people.between(6, 15).round().tolist()
    True
    """
    import pandas as pd

    rows = []
    for name, norm in norms.items():
        if not 0 <= norm.first_age <= norm.last_age <= 100:
            raise ServiceError(f"norm of {name!r}: ages {norm.first_age}-{norm.last_age}; they run within 0-100, the first not after the last")
        if norm.share < 0 or not np.isfinite(norm.share):
            raise ServiceError(f"norm of {name!r}: share is {norm.share}; it is 0 or more")
        users = norm.share * projection.between(norm.first_age, norm.last_age)
        # a projection that is modelled makes its users modelled, whatever the norm is
        flag = "[0]" if "[0]" in (projection.flag, norm.flag) else norm.flag
        rows += [{"year": int(y), "service": name, "users": float(u), "flag": flag, "source": norm.source} for y, u in zip(projection.years, users, strict=True)]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class ServiceLoad:
    """Users at facilities, year by year.

    Parameters
    ----------
    years : ndarray of int64, shape (T,)
    facilities : tuple of str
    load : ndarray of float64, shape (F, T)
    capacity : ndarray of float64, shape (F, T)
    unserved : ndarray of float64, shape (T,)
        Users for whom there is no place (or no way at all).
    unreached : ndarray of float64, shape (T,)
        Of them those whom no facility reaches.
    far : ndarray of float64, shape (N, T)
        Users of each demand point whose way is longer than the limit.
    travel : ndarray of float64, shape (T,)
        Users times cost of those who are served.
    method : str
    """

    years: NDArray[np.int64]
    facilities: tuple[str, ...]
    load: NDArray[np.float64]
    capacity: NDArray[np.float64]
    unserved: NDArray[np.float64]
    unreached: NDArray[np.float64]
    far: NDArray[np.float64]
    travel: NDArray[np.float64]
    method: str

    @property
    def shortage(self) -> NDArray[np.float64]:
        """Users beyond each facility's places, shape (F, T)."""
        return np.maximum(self.load - self.capacity, 0.0)

    @property
    def first_short(self) -> dict[str, int | None]:
        """The first year in which each facility is short; None where it never is."""
        short = self.shortage > 1e-6
        return {f: int(self.years[s.argmax()]) if s.any() else None for f, s in zip(self.facilities, short, strict=True)}

    def table(self) -> pd.DataFrame:
        """Return a row a facility and year: load, capacity, shortage, share of the places taken."""
        import pandas as pd

        f, t = len(self.facilities), self.years.size
        with np.errstate(divide="ignore", invalid="ignore"):
            used = np.where(self.capacity > 0, self.load / self.capacity, np.nan)
        return pd.DataFrame({
            "facility": np.repeat(np.array(self.facilities, object), t), "year": np.tile(self.years, f), "load": self.load.ravel(), "capacity": self.capacity.ravel(),
            "shortage": self.shortage.ravel(), "used_share": used.ravel(),
        })  # fmt: skip


def assign(
    demand_by_point: ArrayLike, facilities: Sequence[str], od: ArrayLike, capacity: ArrayLike, *, years: Sequence[int], limit: float = np.inf,
    method: Literal["nearest", "least_travel"] = "nearest",
) -> ServiceLoad:
    """Send users to facilities.

    Parameters
    ----------
    demand_by_point : array_like of float, shape (N, T)
        Users at each point and year.
    facilities : sequence of str
    od : array_like of float, shape (N, F)
        Way to each facility in metres or minutes, on the network children walk; ``inf`` where there is none.
    capacity : array_like of float, shape (F,) or (F, T)
        Places.
    years : sequence of int
    limit : float
        The longest acceptable way, in the unit of `od` (a safe-route limit).
    method : {"nearest", "least_travel"}
        To the nearest whether it is full or not; or so that nobody is over the capacities, with the least travel in all (a transport problem by HiGHS).

    Returns
    -------
    ServiceLoad

    Raises
    ------
    ServiceError
        If shapes do not fit, or numbers are none.

    Examples
    --------
    >>> found = assign([[10, 12]], ["byskolan"], [[500.0]], [11], years=(2026, 2027))
    >>> found.first_short
    {'byskolan': 2027}
    """
    users, ways = np.asarray(demand_by_point, float), np.asarray(od, float)
    when = np.asarray(list(years), np.int64)
    if users.ndim != 2 or users.shape[1] != when.size or not np.isfinite(users).all() or (users < 0).any():
        raise ServiceError(f"demand is users of 0 or more, a row a point and a column a year ({when.size}); got shape {users.shape}")
    if ways.shape != (users.shape[0], len(facilities)) or np.isnan(ways).any() or (ways < 0).any():
        raise ServiceError(f"od is a way of 0 or more (inf: none) from each of {users.shape[0]} points to each of {len(facilities)} facilities; got shape {ways.shape}")
    room = np.asarray(capacity, float)
    room = np.repeat(room[:, None], when.size, axis=1) if room.ndim == 1 else room
    if room.shape != (len(facilities), when.size) or not (room >= 0).all():
        raise ServiceError(f"capacity is places of 0 or more for each of {len(facilities)} facilities; got shape {room.shape}")
    reach = np.isfinite(ways).any(axis=1)
    unreached = users[~reach].sum(axis=0)
    if method == "nearest":
        flows = _nearest(users, ways, reach)
    elif method == "least_travel":
        flows = np.stack([_least(users[:, t], ways, room[:, t]) for t in range(when.size)], axis=2)
    else:
        raise ServiceError(f"method {method!r} is not nearest or least_travel")
    finite = np.where(np.isfinite(ways), ways, 0.0)
    load = flows.sum(axis=0)
    # who has no place: everybody not sent anywhere, and at the nearest also those beyond its places
    served = flows.sum(axis=(0, 1))
    over = np.maximum(load - room, 0.0).sum(axis=0) if method == "nearest" else 0.0
    too_far = (flows * (ways > limit)[:, :, None]).sum(axis=1) + users * ~reach[:, None]
    return ServiceLoad(
        when, tuple(facilities), load, room, users.sum(axis=0) - served + over, unreached, too_far, (flows * finite[:, :, None]).sum(axis=(0, 1)), method
    )


def _nearest(users: NDArray[np.float64], ways: NDArray[np.float64], reach: NDArray[np.bool_]) -> NDArray[np.float64]:
    out = np.zeros((*ways.shape, users.shape[1]))
    rows = np.flatnonzero(reach)
    out[rows, ways[rows].argmin(axis=1)] = users[rows]
    return out


def _least(users: NDArray[np.float64], ways: NDArray[np.float64], room: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve one year's transport problem; who has no place stays at home."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    n, f = ways.shape
    i, j = np.nonzero(np.isfinite(ways) & (users[:, None] > 0) & (room[None, :] > 0))
    out = np.zeros((n, f))
    if not i.size:
        return out
    k = i.size
    # a place taken is worth more than the longest way saved
    worth = 2.0 * float(ways[i, j].max()) + 1.0
    rows = csr_array((np.ones(2 * k), (np.concatenate([i, n + j]), np.tile(np.arange(k), 2))), shape=(n + f, k))
    found: Any = linprog(ways[i, j] - worth, A_ub=rows, b_ub=np.concatenate([users, room]), bounds=(0, None), method="highs")
    out[i, j] = np.maximum(found.x, 0.0)
    return out


def response_shares(minutes: ArrayLike, weights: ArrayLike, *, limits: Sequence[float] = (10.0, 20.0, 30.0), turnout_min: float = 0.0) -> dict[float, float]:
    """Return the share of people (or dwellings) that help reaches within some minutes.

    Parameters
    ----------
    minutes : array_like of float, shape (N,) or (N, S)
        From the nearest station, or from each; ``inf`` where there is no way.
    weights : array_like of float, shape (N,)
    limits : sequence of float
    turnout_min : float
        From the alarm until the vehicle leaves.

    Returns
    -------
    dict
        Limit to share, 0-1.

    Raises
    ------
    ServiceError
        If shapes do not fit, or nobody is weighed.

    Examples
    --------
    >>> response_shares([4.0, 12.0, float("inf")], [50, 30, 20], turnout_min=1.5)
    {10.0: 0.5, 20.0: 0.8, 30.0: 0.8}
    """
    way, weight = np.asarray(minutes, float), np.asarray(weights, float)
    nearest = way.min(axis=1) if way.ndim == 2 else way
    if nearest.shape != weight.shape or not (weight >= 0).all() or not weight.sum() or np.isnan(nearest).any():
        raise ServiceError(f"minutes and weights (0 or more, not all 0) must be of the same {nearest.shape[0] if nearest.ndim else 0} places; got {way.shape} and {weight.shape}")
    return {float(m): float(weight[nearest + turnout_min <= m].sum() / weight.sum()) for m in limits}
