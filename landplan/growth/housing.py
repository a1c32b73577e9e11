"""Which sites take the dwellings, and when: least of what is asked for, within what each can take, by phases.

Exact by (mixed-integer) programming with its gap, or as people would choose: a logit whose full sites raise a shadow price until they are not
overfull. Everybody is placed once; need that no site can take waits for the years to come, and how many wait is said, year by year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.errors import LandplanError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Allocation", "AllocationError", "allocate", "pareto", "rank_stability", "until_still"]

_NEEDED: Final = ("site_id", "capacity")


class AllocationError(LandplanError, ValueError):
    """A question of dwellings and sites that contradicts itself."""


@dataclass(frozen=True)
class Allocation:
    """Dwellings by site and year.

    Parameters
    ----------
    years : ndarray of int64, shape (T,)
    sites : tuple of str
    dwellings : ndarray of float64, shape (S, T)
    unmet : ndarray of float64, shape (T,)
        Need less what is placed in the year: below 0 in a year that takes some who have waited. Its sum waits at the end.
    marginal : ndarray of float64, shape (S,)
        What one more dwelling of capacity at the site would spare, in the objective's unit; 0 where it would let somebody wait less, which `relief` says.
    relief : ndarray of float64, shape (S,)
        Years of waiting that one more dwelling of capacity at the site would spare; of a whole stage more, where there are stages, for each of its dwellings.
    objective : float
        Of the dwellings that are placed.
    bound : float
        The best it could be with as little unmet.
    rounds : int
    method : str
    """

    years: NDArray[np.int64]
    sites: tuple[str, ...]
    dwellings: NDArray[np.float64]
    unmet: NDArray[np.float64]
    marginal: NDArray[np.float64]
    relief: NDArray[np.float64]
    objective: float
    bound: float
    rounds: int = 1
    method: str = "milp"

    @property
    def waiting(self) -> NDArray[np.float64]:
        """Dwellings that are needed and not there at the end of each year."""
        return np.asarray(np.maximum(np.cumsum(self.unmet), 0.0))

    @property
    def gap(self) -> float:
        """How far the objective can be from the best, relative to it."""
        return abs(self.objective - self.bound) / abs(self.objective) if self.objective else 0.0

    def table(self) -> pd.DataFrame:
        """Return a row a site and year with dwellings."""
        import pandas as pd

        s, t = np.nonzero(self.dwellings > 1e-9)
        return pd.DataFrame({"site_id": np.array(self.sites, object)[s], "year": self.years[t], "dwellings": self.dwellings[s, t]})


@dataclass(frozen=True)
class _Sites:
    names: tuple[str, ...]
    capacity: NDArray[np.float64]
    earliest: NDArray[np.int64]
    stage: NDArray[np.float64]
    most: NDArray[np.float64]
    cost: NDArray[np.float64]


def _sites(sites: pd.DataFrame, years: NDArray[np.int64], objective: str | Mapping[str, float]) -> _Sites:
    import pandas as pd

    if lost := [c for c in _NEEDED if c not in sites]:
        raise AllocationError(f"sites lack the column {lost[0]!r}; they need {', '.join(_NEEDED)} and what the objective names")
    names = sites["site_id"].astype(str)
    if names.duplicated().any():
        raise AllocationError(f"site {names[names.duplicated()].iloc[0]!r} is there twice; a site takes dwellings once")

    def column(name: str, default: float) -> NDArray[np.float64]:
        if name not in sites:
            return np.full(len(sites), default)
        return pd.to_numeric(sites[name], errors="coerce").fillna(default).to_numpy(float)

    capacity, stage, most = column("capacity", np.nan), column("stage_min", 0.0), column("per_year_max", np.inf)
    bad = ~np.isfinite(capacity) | (capacity < 0)
    if bad.any():
        raise AllocationError(f"site {names[bad].iloc[0]!r}: capacity must be dwellings, 0 or more")
    weights = {objective: 1.0} if isinstance(objective, str) else dict(objective)
    cost = np.zeros(len(sites))
    for name, weight in weights.items():
        if name not in sites:
            raise AllocationError(f"the objective names {name!r}, which is no column of the sites ({', '.join(map(str, sites.columns))})")
        value = pd.to_numeric(sites[name], errors="coerce").to_numpy(float)
        if np.isnan(value).any():
            raise AllocationError(f"site {names[np.isnan(value)].iloc[0]!r} has no {name}; fill it, or leave the site out")
        cost += weight * value
    earliest = column("earliest_year", float(years[0])).astype(np.int64)
    return _Sites(tuple(names), capacity, earliest, np.minimum(stage, capacity), most, cost)


def _need(need: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if hasattr(need, "dwellings") and hasattr(need, "years"):
        years, wanted = np.asarray(need.years, np.int64), np.asarray(need.dwellings, float)
    elif isinstance(need, Mapping):
        years, wanted = np.array(sorted(need), np.int64), np.array([need[y] for y in sorted(need)], float)
    else:
        raise AllocationError("need is what housing_need gives, or dwellings by year: {2026: 120, 2027: 130}")
    if not years.size or not np.isfinite(wanted).all() or (wanted < 0).any():
        raise AllocationError("need is dwellings of 0 or more for each year")
    return years, wanted


def allocate(
    sites: pd.DataFrame, need: Any, objective: str | Mapping[str, float], constraints: Mapping[str, tuple[float, float]] | None = None, *,
    method: Literal["milp", "logit"] = "milp", theta: float = 1.0, limit_s: float = 120.0, prices: bool = True,
) -> Allocation:
    """Place dwellings on sites, year by year.

    Parameters
    ----------
    sites : pandas.DataFrame
        site_id, capacity (dwellings in all); optional earliest_year, stage_min (fewest dwellings of a year in which is built),
        per_year_max, `group` (for `constraints`), and the columns the objective names.
    need : HousingNeed or mapping of year to dwellings
    objective : str or mapping of column to weight
        What a dwelling costs there and is to be least: ``"commute_min"``, or ``{"servicing_cost": 1, "suitability": -50_000}``.
    constraints : mapping of group to (least, most), optional
        Shares of all placed dwellings: ``{"by": (0.2, 1.0)}`` puts a fifth or more in villages. Only for milp.
    method : {"milp", "logit"}
        Exact by HiGHS; or as many as choose a site fall by exp(-theta cost) and full ones pass on (shadow prices).
    theta : float
        Of the logit, per unit of the objective.
    limit_s : float
    prices : bool
        Whether `marginal` and `relief` are worked out (nan when not): with stages that is a solution more for each full site.

    Returns
    -------
    Allocation

    Raises
    ------
    AllocationError
        If columns are missing or contradict each other, or the shares of groups cannot be met.

    Notes
    -----
    Waiting comes first: no way of placing is better that lets more wait, over all years together. Nothing is built before it is needed: a stage waits until there
    are enough for it.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "capacity": [10, 100], "commute_min": [5.0, 20.0]})
    >>> found = allocate(sites, {2026: 8, 2027: 8}, "commute_min")
    >>> found.dwellings.sum(axis=1).tolist(), found.marginal.tolist()
    ([10.0, 6.0], [15.0, 0.0])
    """
    years, wanted = _need(need)
    ask = _sites(sites, years, objective)
    if method == "logit":
        return _logit(ask, years, wanted, theta)
    if method != "milp":
        raise AllocationError(f"method {method!r} is not milp or logit")
    found = _milp(sites, ask, years, wanted, constraints or {}, limit_s, prices=prices)
    if prices and (ask.stage > 0).any():
        return _with_stage_prices(found, sites, ask, wanted, constraints or {}, limit_s)
    return found


def _with_stage_prices(
    found: Allocation, sites: pd.DataFrame, ask: _Sites, wanted: NDArray[np.float64], constraints: Mapping[str, tuple[float, float]], limit_s: float
) -> Allocation:
    """Work out what a stage more at each full site would spare, by solving again: with stages held, no price tells it."""
    marginal, relief = np.zeros(len(ask.names)), np.zeros(len(ask.names))
    placed, waits = found.dwellings.sum(axis=1), float(found.waiting.sum())
    for i in np.flatnonzero(placed > ask.capacity - np.maximum(ask.stage, 1.0) - 1e-9):
        step = float(max(ask.stage[i], 1.0))
        more = replace(ask, capacity=ask.capacity + step * (np.arange(len(ask.names)) == i))
        again = _milp(sites, more, found.years, wanted, constraints, limit_s, prices=False)
        spared = waits - float(again.waiting.sum())
        if spared > 1e-6:
            relief[i] = spared / step
        else:
            marginal[i] = max(found.objective - again.objective, 0.0) / step
    return replace(found, marginal=marginal, relief=relief)


def _milp(
    sites: pd.DataFrame, ask: _Sites, years: NDArray[np.int64], wanted: NDArray[np.float64], constraints: Mapping[str, tuple[float, float]], limit_s: float, *,
    prices: bool,
) -> Allocation:
    """Solve by mixed-integer programming; without stages, prices come from the same programme's duals."""
    from scipy.optimize import Bounds, milp

    s, t = len(ask.names), years.size
    open_ = (years[None, :] >= ask.earliest[:, None]).astype(float)
    # those who have waited can be placed as well
    most = np.minimum(np.minimum(ask.capacity, ask.most)[:, None], np.cumsum(wanted)[None, :]) * open_
    staged = bool((ask.stage > 0).any())
    # a dwelling that waits a year is worse than any way to place it
    worst = 2.0 * (float(np.ptp(ask.cost)) + float(np.abs(ask.cost).max()) + 1.0)
    n = s * t
    extra = n if staged else 0
    cost = np.concatenate([np.repeat(ask.cost, t), np.zeros(extra), np.full(t, worst)])
    rows = [_by_year(s, t, extra, wanted), _by_site(s, t, extra, ask.capacity)]
    if staged:
        rows += _stages(s, t, most, ask.stage)
    rows += _groups(sites, s, t, extra, constraints)
    upper = np.concatenate([most.ravel(), np.ones(extra), np.cumsum(wanted)])
    kinds = np.concatenate([np.zeros(n), np.ones(extra), np.zeros(t)])
    found = milp(cost, constraints=rows, bounds=Bounds(0.0, upper), integrality=kinds, options={"time_limit": limit_s, "mip_rel_gap": 1e-9})
    if found.x is None:
        raise AllocationError("no allocation meets the shares of the groups; loosen constraints, or add sites to the group that is short")
    dwellings = np.clip(found.x[:n].reshape(s, t), 0.0, None)
    waiting = np.clip(found.x[n + extra :], 0.0, None)
    unmet = np.diff(np.concatenate([[0.0], waiting]))
    value = float(np.repeat(ask.cost, t) @ dwellings.ravel())
    bound = float(found.mip_dual_bound) - worst * float(waiting.sum()) if staged else value
    # without the sites' capacities as bounds: they are rows already, and a price is one row's or the other's
    free = np.concatenate([(np.minimum(ask.most[:, None], np.cumsum(wanted)[None, :]) * open_).ravel(), upper[n:]])
    marginal, relief = _prices(cost, rows, free, s, worst) if prices and not staged else (np.full(s, np.nan), np.full(s, np.nan))
    return Allocation(years, ask.names, dwellings, unmet, marginal, relief, value, min(value, bound), 1, "milp")


def _by_year(s: int, t: int, extra: int, wanted: NDArray[np.float64]) -> Any:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array, diags_array, hstack, identity, kron

    # placed this year, and waiting at its end less those who waited at its start, is the year's need
    waits = diags_array([np.ones(t), -np.ones(t - 1)], offsets=[0, -1]) if t > 1 else identity(t)
    return LinearConstraint(hstack([kron(np.ones((1, s)), identity(t)), csr_array((t, extra)), waits]), wanted, wanted)


def _by_site(s: int, t: int, extra: int, capacity: NDArray[np.float64]) -> Any:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array, hstack, identity, kron

    return LinearConstraint(hstack([kron(identity(s), np.ones((1, t))), csr_array((s, extra + t))]), -np.inf, capacity)


def _stages(s: int, t: int, most: NDArray[np.float64], stage: NDArray[np.float64]) -> list[Any]:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array, diags_array, hstack, identity

    n = s * t
    least = np.minimum(np.repeat(stage, t), np.where(most.ravel() > 0, np.repeat(stage, t), 0.0))
    return [
        LinearConstraint(hstack([identity(n), -diags_array(most.ravel()), csr_array((n, t))]), -np.inf, 0.0),
        LinearConstraint(hstack([identity(n), -diags_array(least), csr_array((n, t))]), 0.0, np.inf),
    ]


def _groups(sites: pd.DataFrame, s: int, t: int, extra: int, constraints: Mapping[str, tuple[float, float]]) -> list[Any]:
    from scipy.optimize import LinearConstraint

    if not constraints:
        return []
    if "group" not in sites:
        raise AllocationError("constraints are by group, and the sites have no column 'group'")
    groups = sites["group"].astype(str).to_numpy()
    out = []
    for name, (low, high) in constraints.items():
        if name not in groups:
            raise AllocationError(f"constraints name group {name!r}; the sites have {', '.join(sorted(set(groups)))}")
        if not 0 <= low <= high <= 1:
            raise AllocationError(f"constraints of {name!r} are the least and most share, 0 to 1; got {low}, {high}")
        here = np.repeat((groups == name).astype(float), t)
        tail = np.zeros(extra + t)
        out.append(LinearConstraint(np.concatenate([here - low, tail])[None, :], 0.0, np.inf))
        out.append(LinearConstraint(np.concatenate([here - high, tail])[None, :], -np.inf, 0.0))
    return out


def _prices(cost: NDArray[np.float64], rows: list[Any], upper: NDArray[np.float64], s: int, worst: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what one more dwelling of capacity at each site spares, and how many years of waiting, from the duals."""
    from scipy.optimize import linprog
    from scipy.sparse import vstack

    a_ub, b_ub = [rows[1].A], [np.broadcast_to(rows[1].ub, (s,))]
    for row in rows[2:]:
        size = row.A.shape[0]
        for bound, sign in ((row.ub, 1.0), (row.lb, -1.0)):
            value = np.broadcast_to(np.asarray(bound, float), (size,))
            if np.isfinite(value).any():
                a_ub.append(sign * row.A)
                b_ub.append(sign * value)
    limits = np.column_stack([np.zeros(upper.size), upper])
    solved = linprog(cost, A_ub=vstack(a_ub, format="csr"), b_ub=np.concatenate(b_ub), A_eq=rows[0].A, b_eq=rows[0].lb, bounds=limits, method="highs")
    if solved.x is None:
        return np.full(s, np.nan), np.full(s, np.nan)
    price = -solved.ineqlin.marginals[:s]
    # costs differ by less than half of what a year of waiting weighs, so the whole number of years is plain
    years = np.round(price / worst)
    return np.where(years > 0, 0.0, np.maximum(price, 0.0)), np.maximum(years, 0.0)


def _logit(ask: _Sites, years: NDArray[np.int64], wanted: NDArray[np.float64], theta: float) -> Allocation:
    """Share each year's need over the sites that are open and not full.

    The fixed point of a logit with shadow prices is each site's capacity or a common factor of its own weight, whichever is less: the factor is found
    by sorting, not by iterating.
    """
    if theta <= 0:
        raise AllocationError(f"theta is {theta}; people choose the cheaper, so it is above 0")
    s, t = len(ask.names), years.size
    out, unmet, price = np.zeros((s, t)), np.zeros(t), np.zeros(s)
    left = ask.capacity.copy()
    log_weight = -theta * (ask.cost - ask.cost.min())
    waiting = 0.0
    for k in range(t):
        room = np.where(years[k] >= ask.earliest, np.minimum(left, ask.most), 0.0)
        asked = float(wanted[k]) + waiting
        placed, log_factor = _filled(room, log_weight, asked)
        out[:, k] = placed
        # sums of floats: a billionth of a dwelling waits for nothing
        after = asked - float(placed.sum())
        after = after if after > 1e-9 * max(asked, 1.0) else 0.0
        unmet[k] = after - waiting
        waiting = after
        left -= placed
        with np.errstate(divide="ignore", invalid="ignore"):
            shadow = np.where((room > 0) & (placed >= room) & np.isfinite(log_factor), (log_factor + log_weight - np.log(room)) / theta, 0.0)
        price = np.maximum(price, shadow)
    value = float(ask.cost @ out.sum(axis=1))
    relief = ((out.sum(axis=1) >= ask.capacity - 1e-9) & bool(waiting > 1e-9)).astype(float)
    return Allocation(years, ask.names, out, unmet, price, relief, value, value, 1, "logit")


def _filled(room: NDArray[np.float64], log_weight: NDArray[np.float64], wanted: float) -> tuple[NDArray[np.float64], float]:
    """Return min(room, a * weight) with log(a), for the factor a with which it sums to what is wanted; all rooms where they are too few.

    Everything stays in logarithms: however dear a site is, somebody must be able to choose it when the others are full, and exp(-1000) is 0.
    """
    if room.sum() <= wanted:
        return room.copy(), float("inf")
    with np.errstate(divide="ignore"):
        log_room, log_factor = np.log(room), float("-inf")
        order = np.argsort(log_room - log_weight, kind="stable")
        order = order[room[order] > 0]
        log_open = np.logaddexp.accumulate(log_weight[order][::-1])[::-1]
        full = 0.0
        for i, open_here in zip(order, log_open, strict=True):
            log_factor = float(np.log(wanted - full) - open_here)
            if log_factor + log_weight[i] <= log_room[i]:
                break
            full += float(room[i])
    log_share = log_factor + log_weight
    return np.where(log_share >= log_room, room, np.exp(np.minimum(log_share, log_room))), log_factor


def until_still(
    sites: pd.DataFrame, need: Any, objective: str | Mapping[str, float], travel: Callable[[Allocation], Mapping[str, ArrayLike]], *, most_rounds: int = 20,
    still: float = 0.5, **more: Any,
) -> tuple[Allocation, int, bool]:
    """Place dwellings, work out what depends on where they are, and place again until they stay.

    Parameters
    ----------
    sites, need, objective
        See `allocate`.
    travel : callable
        Takes an `Allocation` and returns columns of the sites that change with it (commute minutes with new neighbours).
    most_rounds : int
    still : float
        Dwellings that may move at a site in the last round.
    **more
        For `allocate`.

    Returns
    -------
    Allocation, int, bool
        The last allocation, the rounds it took, and whether it stood still.

    Raises
    ------
    AllocationError
        As `allocate`.

    Notes
    -----
    Columns are averaged with the rounds before (successive averages), so that two sites that take turns settle between them.
    """
    current = sites.copy()
    found = allocate(current, need, objective, prices=False, **more)
    for number in range(2, most_rounds + 1):
        for name, values in travel(found).items():
            new = np.asarray(values, float)
            current[name] = current[name].to_numpy(float) + (new - current[name].to_numpy(float)) / (number - 1)
        after = allocate(current, need, objective, prices=False, **more)
        moved = float(np.abs(after.dwellings.sum(axis=1) - found.dwellings.sum(axis=1)).max())
        found = after
        if moved <= still:
            return allocate(current, need, objective, **more), number, True
    return allocate(current, need, objective, **more), most_rounds, False


def pareto(sites: pd.DataFrame, need: Any, first: str, second: str, *, points: int = 9, **more: Any) -> pd.DataFrame:
    """Return allocations between the best by one objective and the best by another.

    Parameters
    ----------
    sites, need
        See `allocate`.
    first, second : str
        Columns; each a cost of a dwelling.
    points : int
    **more
        For `allocate`.

    Returns
    -------
    pandas.DataFrame
        A row an allocation that no other beats in both: `weight` of the second, the two objectives' sums, `unmet`, and a column a site.

    Raises
    ------
    AllocationError
        As `allocate`.
    """
    import pandas as pd

    span = {c: float(np.ptp(sites[c].to_numpy(float))) or 1.0 for c in (first, second)}
    rows = []
    for weight in np.linspace(0.0, 1.0, points):
        # the least of the other still decides between equals
        a, b = max(1.0 - weight, 1e-6), max(weight, 1e-6)
        found = allocate(sites, need, {first: a / span[first], second: b / span[second]}, prices=False, **more)
        total = found.dwellings.sum(axis=1)
        sums = {c: float(total @ sites[c].to_numpy(float)) for c in (first, second)}
        rows.append({"weight": float(weight), **sums, "unmet": float(found.unmet.sum()), **dict(zip(found.sites, total, strict=True))})
    frame = pd.DataFrame(rows)
    beaten = [
        bool(((frame["unmet"] <= r["unmet"] + 1e-9) & (frame[first] <= r[first] + 1e-9) & (frame[second] <= r[second] + 1e-9)
              & ((frame[first] < r[first] - 1e-6) | (frame[second] < r[second] - 1e-6))).any())
        for _, r in frame.iterrows()
    ]  # fmt: skip
    kept = frame[~np.array(beaten)]
    return kept.drop_duplicates(subset=[first, second]).reset_index(drop=True)


def rank_stability(
    sites: pd.DataFrame, need: Any, objective: str | Mapping[str, float], *, spread: float, draws: int = 200, seed: int = 7, top: int = 3, **more: Any
) -> pd.DataFrame:
    """Return how often each site is among those that take most when its costs are uncertain.

    Parameters
    ----------
    sites, need, objective
        See `allocate`.
    spread : float
        Standard deviation of each site's cost, as a share of it; drawn log-normally.
    draws, seed, top : int

    Returns
    -------
    pandas.DataFrame
        site_id, `mean_dwellings`, `low` and `high` (10th and 90th percentile), `top_share`: share of draws in which it is among the `top`, and
        `built_share`: in which it takes any. Stages are not asked for in the draws.

    Raises
    ------
    AllocationError
        As `allocate`, or if spread is negative.
    """
    import pandas as pd

    if spread < 0:
        raise AllocationError(f"spread is {spread}; a standard deviation is 0 or more")
    rng = np.random.default_rng(seed)
    names: Sequence[str] = [objective] if isinstance(objective, str) else list(objective)
    totals = np.empty((draws, len(sites)))
    sigma = np.sqrt(np.log1p(spread**2))
    for k in range(draws):
        # stages change which year, hardly which site, and take most of the time
        drawn = sites.drop(columns="stage_min", errors="ignore")
        for name in names:
            drawn[name] = sites[name].to_numpy(float) * np.exp(rng.normal(-(sigma**2) / 2, sigma, len(sites)))
        totals[k] = allocate(drawn, need, objective, prices=False, **more).dwellings.sum(axis=1)
    order = np.argsort(-totals, axis=1, kind="stable")
    among = np.zeros(len(sites))
    for k in range(draws):
        chosen = order[k, :top]
        among[chosen[totals[k, chosen] > 0]] += 1
    return pd.DataFrame({
        "site_id": sites["site_id"].astype(str), "mean_dwellings": totals.mean(axis=0), "low": np.percentile(totals, 10, axis=0),
        "high": np.percentile(totals, 90, axis=0), "top_share": among / draws, "built_share": (totals > 1e-6).mean(axis=0),
    })  # fmt: skip
