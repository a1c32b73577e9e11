"""Where a few places should stand: least travel, least worst travel, most covered, fewest that cover all.

Exact by mixed-integer programming while it can, by the best exchange beyond; the answer always says how far from the best it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from landplan.errors import LandplanError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Location", "LocationError", "max_cover", "p_center", "p_median", "set_cover"]

Method = Literal["exact", "teitz_bart"]
_ROUNDS: Final = 400
_REL: Final = 1e-9


class LocationError(LandplanError, ValueError):
    """A question of places that has no answer."""


@dataclass(frozen=True, slots=True)
class Location:
    """Chosen places and who goes where.

    Parameters
    ----------
    chosen : ndarray of int64, shape (p,)
        Candidates' numbers, ascending.
    assignment : ndarray of int64, shape (n,)
        The candidate most of each demand point goes to; -1 where none is within reach.
    objective : float
        What was to be small (or large, for cover), of the demand that is reached.
    bound : float
        The best that could be: equal to the objective where the answer is proved best.
    unreached : float
        Demand that reaches no candidate at all.
    method : str
    flows : ndarray of float64, shape (n, p), optional
        With capacities: demand by demand point and chosen place.
    rounds : int
        Exchanges, or rounds of the exact method.
    """

    chosen: NDArray[np.int64]
    assignment: NDArray[np.int64]
    objective: float
    bound: float
    unreached: float = 0.0
    method: str = "exact"
    flows: NDArray[np.float64] | None = None
    rounds: int = 0

    @property
    def gap(self) -> float:
        """How far the objective can be from the best, relative to the objective."""
        return abs(self.objective - self.bound) / abs(self.objective) if self.objective else 0.0

    @property
    def proved(self) -> bool:
        """True when no better answer exists."""
        return self.gap <= 1e-6


@dataclass(frozen=True, slots=True)
class _Question:
    """The checked question: costs with those nobody reaches left out."""

    cost: NDArray[np.float64]
    demand: NDArray[np.float64]
    rows: NDArray[np.int64]
    size: int
    unreached: float
    fixed: NDArray[np.int64]
    far: float

    def whole(self, assignment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return an assignment of all demand points."""
        out = np.full(self.size, -1, np.int64)
        out[self.rows] = assignment
        return out


def _asked(cost: ArrayLike, demand: ArrayLike | None, fixed: ArrayLike | None, p: int | None) -> _Question:
    c = np.ascontiguousarray(cost, np.float64)
    if c.ndim != 2 or not c.size:
        raise LocationError(f"cost must have a row a demand point and a column a candidate; got shape {c.shape}")
    if np.isnan(c).any() or (c < 0).any():
        at = np.argwhere(np.isnan(c) | (c < 0))[0]
        raise LocationError(f"cost has {c[tuple(at)]} at row {at[0]}, column {at[1]}; costs are 0 or more, and inf where there is no way")
    d = np.ones(c.shape[0]) if demand is None else np.ascontiguousarray(demand, np.float64)
    if d.shape != (c.shape[0],) or not np.isfinite(d).all() or (d < 0).any():
        raise LocationError(f"demand must be {c.shape[0]} numbers of 0 or more, one a row of cost; got shape {d.shape}")
    f = np.unique(np.asarray([] if fixed is None else fixed, np.int64))
    if f.size and (f[0] < 0 or f[-1] >= c.shape[1]):
        raise LocationError(f"fixed names candidate {f[0] if f[0] < 0 else f[-1]}; candidates are 0 to {c.shape[1] - 1}")
    if p is not None and not max(1, f.size) <= p <= c.shape[1]:
        raise LocationError(f"p is {p}; it must be at least {max(1, f.size)} (the fixed ones) and at most {c.shape[1]} (the candidates)")
    reached = np.isfinite(c).any(axis=1)
    rows = np.flatnonzero(reached & (d > 0))
    kept = np.ascontiguousarray(c[rows])
    finite = kept[np.isfinite(kept)]
    # leaving somebody unserved costs more than serving everybody as badly as can be
    far = float(2.0 * (finite.max() if finite.size else 1.0) + 1.0) * max(1.0, float(d[rows].sum() / d[rows].min()) if rows.size else 1.0)
    kept[~np.isfinite(kept)] = far
    return _Question(kept, np.ascontiguousarray(d[rows]), rows, c.shape[0], float(d[~reached].sum()), f, far)


def p_median(
    cost: ArrayLike, demand: ArrayLike | None = None, *, p: int, fixed: ArrayLike | None = None, capacity: ArrayLike | None = None,
    method: Method = "exact", limit_s: float = 300.0,
) -> Location:
    """Choose `p` places so that all travel together is least.

    Parameters
    ----------
    cost : array_like of float, shape (n, m)
        Travel from demand point to candidate (minutes, metres); ``inf`` where there is no way.
    demand : array_like of float, shape (n,), optional
        Persons at each point; default one.
    p : int
    fixed : array_like of int, optional
        Candidates that stand already.
    capacity : array_like of float, shape (m,), optional
        Persons that each candidate can take; people of one point may then go to several. Exact only.
    method : {"exact", "teitz_bart"}
        Exact is a mixed-integer programme over radii (Cornuejols, Nemhauser and Wolsey 1980, as Garcia, Labbe and Marin 2011 extend
        it by need); ``teitz_bart`` exchanges one place at a time until none helps (Teitz and Bart 1968), with the bound of the
        Lagrangian dual.
    limit_s : float
        After which the exact method hands out what it has, with its gap.

    Returns
    -------
    Location
        `objective` in cost times demand.

    Raises
    ------
    LocationError
        If the question is malformed, or the capacities cannot take the demand: how much is over is said.

    Examples
    --------
    >>> found = p_median([[0, 5, 9], [5, 0, 4], [9, 4, 0]], [10, 1, 10], p=2)
    >>> found.chosen.tolist(), found.objective, found.bound
    ([0, 2], 4.0, 4.0)
    """
    ask = _asked(cost, demand, fixed, p)
    if capacity is not None:
        return _capacitated(ask, p, np.asarray(capacity, np.float64), limit_s)
    chosen, rounds = _exchange(ask, p)
    if method == "teitz_bart":
        return _median(ask, chosen, _dual(ask, p, _value(ask, chosen)), "teitz_bart", rounds)
    if method != "exact":
        raise LocationError(f"method {method!r} is not exact or teitz_bart")
    return _radii(ask, p, chosen, limit_s)


def _value(ask: _Question, chosen: NDArray[np.int64]) -> float:
    return float(ask.demand @ ask.cost[:, chosen].min(axis=1))


def _median(ask: _Question, chosen: NDArray[np.int64], bound: float, method: str, rounds: int) -> Location:
    chosen = np.sort(chosen)
    part = ask.cost[:, chosen]
    nearest = part.argmin(axis=1)
    served = part[np.arange(len(nearest)), nearest] < ask.far
    objective = float(ask.demand[served] @ part[np.arange(len(nearest)), nearest][served])
    lost = float(ask.demand[~served].sum())
    assignment = np.where(served, chosen[nearest], -1)
    return Location(chosen, ask.whole(assignment), objective, min(objective, bound - lost * ask.far), ask.unreached + lost, method, None, rounds)


def _exchange(ask: _Question, p: int) -> tuple[NDArray[np.int64], int]:
    """Greedy start, then the best exchange until none helps."""
    from landplan.kernels.median import best_exchange, closest_two, greedy_gains

    n, m = ask.cost.shape
    gain, leaver = np.empty(m), np.empty(m, np.int64)
    taken = np.zeros(m, bool)
    nearest = np.full(n, 2.0 * ask.far)
    order: list[int] = list(ask.fixed)
    for j in order:
        taken[j] = True
        np.minimum(nearest, ask.cost[:, j], out=nearest)
    while len(order) < p:
        greedy_gains(ask.cost, ask.demand, nearest, gain)
        gain[taken] = -1.0
        j = int(gain.argmax())
        order.append(j)
        taken[j] = True
        np.minimum(nearest, ask.cost[:, j], out=nearest)
    chosen = np.array(order, np.int64)
    movable = ~np.isin(chosen, ask.fixed)
    first, d1, d2 = np.empty(n, np.int64), np.empty(n), np.empty(n)
    rounds = 0
    while True:
        closest_two(ask.cost, chosen, first, d1, d2)
        d2[~np.isfinite(d2)] = 2.0 * ask.far
        best_exchange(ask.cost, ask.demand, chosen, movable, taken, first, d1, d2, gain, leaver)
        j = int(gain.argmax())
        if gain[j] <= _REL * max(1.0, float(ask.demand @ d1)):
            return chosen, rounds
        out = int(leaver[j])
        taken[chosen[out]], taken[j] = False, True
        chosen[out] = j
        rounds += 1


def _dual(ask: _Question, p: int, upper: float) -> float:
    """Return the bound of the Lagrangian dual, by subgradients: nobody can do better than it."""
    from landplan.kernels.median import lagrange

    m = ask.cost.shape[1]
    price = np.sort(ask.cost, axis=1)[:, min(1, m - 1)] * ask.demand
    reduced, best, step, since = np.empty(m), -np.inf, 1.5, 0
    kept = price.copy()
    for _ in range(_ROUNDS):
        lagrange(ask.cost, ask.demand, price, reduced)
        free = reduced.copy()
        free[ask.fixed] = -np.inf
        opened = np.sort(np.argpartition(free, p - 1)[:p])
        value = float(price.sum() + reduced[opened].sum())
        if value > best:
            best, since, kept = value, 0, price.copy()
        else:
            since += 1
            if since == 15:
                step, since, price = step / 2, 0, kept.copy()
                continue
        served = (ask.demand[:, None] * ask.cost[:, opened] < price[:, None]).sum(axis=1)
        slope = 1.0 - served
        norm = float(slope @ slope)
        if not norm or upper - best <= 1e-9 * max(1.0, upper):
            break
        price = price + step * max(0.0, 1.02 * upper - value) / norm * slope
    return min(best, upper)


def _radii(ask: _Question, p: int, start: NDArray[np.int64], limit_s: float) -> Location:
    """Solve exactly over radii, taking for each demand point only as many radii as turn out to matter.

    A demand point pays for each radius within which no place is chosen. Radii beyond those taken cost nothing, so each round is a
    bound; when no point stands outside its last radius, it is the answer.
    """
    import time

    ends = time.monotonic() + limit_s
    order = np.argsort(ask.cost, axis=1, kind="stable")
    levels = [np.unique(row) for row in ask.cost]
    upper = _value(ask, start)
    taken = np.minimum([np.searchsorted(lv, ask.cost[i, start].min(), side="right") + 1 for i, lv in enumerate(levels)], [len(lv) for lv in levels])
    best, chosen, bound, rounds = upper, start, -np.inf, 0
    integral = False
    while True:
        rounds += 1
        left = ends - time.monotonic()
        if left <= 0:
            return _median(ask, chosen, max(bound, 0.0), "exact", rounds)
        found = _radius_program(ask, p, levels, order, taken, integral=integral, limit_s=left)
        if found is None:
            return _median(ask, chosen, max(bound, 0.0), "exact", rounds)
        open_, value, outside = found
        bound = max(bound, value)
        short = outside & (taken < np.array([len(lv) for lv in levels]))
        if integral:
            candidate = np.sort(np.argsort(-open_, kind="stable")[:p])
            worth = _value(ask, candidate)
            if worth < best:
                best, chosen = worth, candidate
        if not short.any():
            if integral:
                return _median(ask, chosen, max(bound, best) if best - bound <= 1e-6 * max(1.0, best) else bound, "exact", rounds)
            integral = True
            continue
        taken = np.where(short, np.minimum(taken * 2, [len(lv) for lv in levels]), taken)


def _radius_program(
    ask: _Question, p: int, levels: list[NDArray[np.float64]], order: NDArray[np.int64], taken: NDArray[np.int64], *, integral: bool, limit_s: float,
) -> tuple[NDArray[np.float64], float, NDArray[np.bool_]] | None:
    """Solve one round; return how open each candidate is, the bound, and which demand points stand outside their last radius."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    n, m = ask.cost.shape
    starts = np.concatenate([[0], np.cumsum(taken - 1)]).astype(np.int64)
    z = int(starts[-1])
    objective = np.zeros(m + z)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    base = 0.0
    last = np.full(n, -1, np.int64)
    for i in range(n):
        lv, k = levels[i], int(taken[i])
        base += ask.demand[i] * lv[0]
        sorted_cost = ask.cost[i, order[i]]
        for step in range(k - 1):
            row = int(starts[i]) + step
            objective[m + row] = ask.demand[i] * (lv[step + 1] - lv[step])
            inside = order[i, : np.searchsorted(sorted_cost, lv[step], side="right")]
            rows.append(np.full(inside.size + 1, row, np.int64))
            columns.append(np.concatenate([inside, [m + row]]))
            last[i] = m + row
    if not z:
        return np.isin(np.arange(m), ask.fixed).astype(float), base, np.zeros(n, bool)
    cover = csr_array((np.ones(sum(c.size for c in columns)), (np.concatenate(rows), np.concatenate(columns))), shape=(z, m + z))
    count = csr_array((np.ones(m), (np.zeros(m, np.int64), np.arange(m))), shape=(1, m + z))
    lower = np.zeros(m + z)
    lower[ask.fixed] = 1.0
    kinds = np.concatenate([np.full(m, 1 if integral else 0), np.zeros(z)])
    found = milp(
        objective, constraints=[LinearConstraint(cover, 1.0, np.inf), LinearConstraint(count, p, p)], bounds=Bounds(lower, np.ones(m + z)),
        integrality=kinds, options={"time_limit": limit_s, "mip_rel_gap": 1e-9},
    )  # fmt: skip
    if found.x is None:
        return None
    value = base + float(found.mip_dual_bound if integral and found.mip_dual_bound is not None else found.fun)
    outside = np.zeros(n, bool)
    has = last >= 0
    outside[has] = found.x[last[has]] > 1e-7
    # a point with one radius taken of several pays nothing beyond it: whether it is inside must be asked
    alone = ~has
    if alone.any():
        near = np.array([found.x[order[i, : np.searchsorted(ask.cost[i, order[i]], levels[i][0], side="right")]].sum() for i in np.flatnonzero(alone)])
        outside[alone] = near < 1 - 1e-7
    return found.x[:m], value, outside


def _capacitated(ask: _Question, p: int, capacity: NDArray[np.float64], limit_s: float) -> Location:
    """Solve with capacities: who goes where is part of the question."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, csr_array, hstack, identity

    n, m = ask.cost.shape
    if capacity.shape != (m,) or np.isnan(capacity).any() or (capacity < 0).any():
        raise LocationError(f"capacity must be {m} numbers of 0 or more, one a candidate; got shape {capacity.shape}")
    total = float(ask.demand.sum())
    room = float(np.sort(capacity)[::-1][:p].sum())
    if room < total:
        raise LocationError(f"the {p} largest candidates take {room:g} and the demand is {total:g}: {total - room:g} have no place; raise p or the capacities")
    ways = np.isfinite(ask.cost) & (ask.cost < ask.far)
    i, j = np.nonzero(ways)
    k = i.size
    price = np.concatenate([ask.cost[i, j], np.zeros(m)])
    served = hstack([csr_array((np.ones(k), (i, np.arange(k))), shape=(n, k)), csr_array((n, m))])
    load = hstack([csr_array((np.ones(k), (j, np.arange(k))), shape=(m, k)), csr_array((np.full(m, -1.0) * capacity, (np.arange(m), np.arange(m))), shape=(m, m))])
    strong = hstack([identity(k), coo_array((-np.minimum(ask.demand[i], capacity[j]), (np.arange(k), j)), shape=(k, m))])
    count = hstack([csr_array((1, k)), csr_array(np.ones((1, m)))])
    lower = np.zeros(k + m)
    lower[k + ask.fixed] = 1.0
    upper = np.concatenate([ask.demand[i], np.ones(m)])
    found = milp(
        price, constraints=[LinearConstraint(served, ask.demand, ask.demand), LinearConstraint(load, -np.inf, 0.0), LinearConstraint(strong, -np.inf, 0.0), LinearConstraint(count, p, p)],
        bounds=Bounds(lower, upper), integrality=np.concatenate([np.zeros(k), np.ones(m)]), options={"time_limit": limit_s, "mip_rel_gap": 1e-9},
    )  # fmt: skip
    if found.x is None:
        raise LocationError(f"no {p} candidates can take everyone who reaches them; raise p or the capacities, or look where demand has only one way")
    chosen = np.flatnonzero(found.x[k:] > 0.5)
    flow = np.zeros((n, m))
    flow[i, j] = np.maximum(found.x[:k], 0.0)
    flows = np.zeros((ask.size, chosen.size))
    flows[ask.rows] = flow[:, chosen]
    assignment = chosen[flow[:, chosen].argmax(axis=1)]
    return Location(chosen, ask.whole(assignment), float(found.fun), float(found.mip_dual_bound), ask.unreached, "exact", flows, 1)


def p_center(
    cost: ArrayLike, demand: ArrayLike | None = None, *, p: int, fixed: ArrayLike | None = None, method: Method = "exact", limit_s: float = 300.0,
) -> Location:
    """Choose `p` places so that the longest way is shortest.

    Parameters
    ----------
    cost, demand, p, fixed, method, limit_s
        See `p_median`; demand only says who counts (more than 0).

    Returns
    -------
    Location
        `objective` in cost.

    Raises
    ------
    LocationError
        If no `p` places reach everyone who reaches any.

    Notes
    -----
    Bisection over the distinct costs, each step a set cover (Minieka 1970).

    Examples
    --------
    >>> p_center([[0, 5, 9], [5, 0, 4], [9, 4, 0]], p=1).objective
    5.0
    """
    ask = _asked(cost, demand, fixed, p)
    radii = np.unique(ask.cost[ask.cost < ask.far])
    low, high = 0, radii.size - 1
    best = _covering(ask, radii[high], p, method, limit_s)
    if best is None:
        raise LocationError(f"no {p} candidates reach everyone who reaches any; raise p")
    proved, rounds = True, 1
    while low < high:
        middle = (low + high) // 2
        found = _covering(ask, radii[middle], p, method, limit_s)
        rounds += 1
        if found is None:
            low = middle + 1
        else:
            high, best = middle, found
    if method == "teitz_bart":
        proved = False
    chosen = _filled(ask, best, p)
    part = ask.cost[:, chosen]
    objective = float(part.min(axis=1).max())
    bound = objective if proved else 0.0
    return Location(chosen, ask.whole(chosen[part.argmin(axis=1)]), objective, bound, ask.unreached, method, None, rounds)


def _filled(ask: _Question, chosen: NDArray[np.int64], p: int) -> NDArray[np.int64]:
    """Return exactly p places: what is left over shortens travel as much as it can."""
    left = [j for j in range(ask.cost.shape[1]) if j not in set(chosen.tolist())]
    out = list(chosen)
    while len(out) < p:
        nearest = ask.cost[:, out].min(axis=1)
        gains = [float(ask.demand @ np.maximum(0.0, nearest - ask.cost[:, j])) for j in left]
        out.append(left.pop(int(np.argmax(gains))))
    return np.sort(np.array(out, np.int64))


def _covering(ask: _Question, within: float, p: int, method: Method, limit_s: float) -> NDArray[np.int64] | None:
    """Return at most p places that cover everyone within a cost; None where there are none (or the greedy way finds none)."""
    reach = ask.cost <= within
    found = _greedy_cover(ask, reach) if method == "teitz_bart" else _cover(ask, reach, limit_s)
    return found if found is not None and found.size <= p else None


def _greedy_cover(ask: _Question, reach: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    chosen = list(ask.fixed)
    open_ = ~reach[:, chosen].any(axis=1) if chosen else np.ones(reach.shape[0], bool)
    while open_.any():
        counts = reach[open_].sum(axis=0)
        j = int(counts.argmax())
        if not counts[j]:
            return None
        chosen.append(j)
        open_ &= ~reach[:, j]
    return np.sort(np.array(chosen, np.int64))


def _cover(ask: _Question, reach: NDArray[np.bool_], limit_s: float) -> NDArray[np.int64] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    if not reach.any(axis=1).all():
        return None
    m = reach.shape[1]
    lower = np.zeros(m)
    lower[ask.fixed] = 1.0
    found = milp(
        np.ones(m), constraints=[LinearConstraint(csr_array(np.unique(reach, axis=0).astype(float)), 1.0, np.inf)], bounds=Bounds(lower, 1.0), integrality=np.ones(m),
        options={"time_limit": limit_s},
    )  # fmt: skip
    return None if found.x is None else np.flatnonzero(found.x > 0.5)


def set_cover(
    cost: ArrayLike, demand: ArrayLike | None = None, *, within: float, fixed: ArrayLike | None = None, method: Method = "exact", limit_s: float = 300.0,
) -> Location:
    """Choose the fewest places that everyone has within a cost (Toregas et al. 1971).

    Parameters
    ----------
    cost, demand, fixed, method, limit_s
        See `p_median`.
    within : float
        In the unit of cost.

    Returns
    -------
    Location
        `objective` is how many places.

    Raises
    ------
    LocationError
        If some demand point has no candidate within reach: how many persons that is.

    Examples
    --------
    >>> set_cover([[0, 5, 9], [5, 0, 4], [9, 4, 0]], within=5).chosen.tolist()
    [1]
    """
    ask = _asked(cost, demand, fixed, None)
    reach = ask.cost <= within
    alone = ~reach.any(axis=1)
    if alone.any():
        raise LocationError(f"{int(alone.sum())} demand points ({ask.demand[alone].sum():g} persons) have no candidate within {within:g}; raise within, or use max_cover")
    chosen = _greedy_cover(ask, reach) if method == "teitz_bart" else _cover(ask, reach, limit_s)
    if chosen is None:
        raise LocationError("no cover was found in the time given; raise limit_s")
    part = ask.cost[:, chosen]
    bound = float(chosen.size) if method == "exact" else float(np.ceil(_cover_bound(ask, reach) - 1e-9))
    return Location(chosen, ask.whole(chosen[part.argmin(axis=1)]), float(chosen.size), bound, ask.unreached, method, None, 1)


def _cover_bound(ask: _Question, reach: NDArray[np.bool_]) -> float:
    """Return a bound on how many cover everyone: points that share no candidate need one each."""
    used = np.zeros(reach.shape[1], bool)
    count = 0
    for i in np.argsort(reach.sum(axis=1), kind="stable"):
        if not (reach[i] & used).any():
            used |= reach[i]
            count += 1
    return float(max(count, ask.fixed.size))


def max_cover(
    cost: ArrayLike, demand: ArrayLike | None = None, *, p: int, within: float, fixed: ArrayLike | None = None, method: Method = "exact", limit_s: float = 300.0,
) -> Location:
    """Choose `p` places so that most persons have one within a cost (Church and ReVelle 1974).

    Parameters
    ----------
    cost, demand, p, fixed, method, limit_s
        See `p_median`.
    within : float
        In the unit of cost.

    Returns
    -------
    Location
        `objective` is the persons covered; `assignment` is -1 for the others.

    Raises
    ------
    LocationError
        If the question is malformed.

    Examples
    --------
    >>> max_cover([[0, 5, 9], [5, 0, 4], [9, 4, 0]], [10, 1, 10], p=1, within=4).objective
    11.0
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack, identity

    ask = _asked(cost, demand, fixed, p)
    reach = ask.cost <= within
    n, m = reach.shape
    rounds = 1
    # covered or not is a cost of nothing or one: the same exchange finds the best
    one = _Question(np.where(reach, 0.0, 1.0), ask.demand, ask.rows, ask.size, ask.unreached, ask.fixed, 2.0)
    if method == "teitz_bart":
        chosen, rounds = _exchange(one, p)
        lost = _dual(one, p, _value(one, chosen))
        bound = float(ask.demand.sum() - lost)
    else:
        lower = np.zeros(m + n)
        lower[ask.fixed] = 1.0
        rows = LinearConstraint(hstack([csr_array(reach.astype(float)), -identity(n)]), 0.0, np.inf)
        count = LinearConstraint(hstack([csr_array(np.ones((1, m))), csr_array((1, n))]), p, p)
        found = milp(
            np.concatenate([np.zeros(m), -ask.demand]), constraints=[rows, count], bounds=Bounds(lower, 1.0), integrality=np.concatenate([np.ones(m), np.zeros(n)]),
            options={"time_limit": limit_s, "mip_rel_gap": 1e-9},
        )  # fmt: skip
        if found.x is None:
            chosen, rounds = _exchange(one, p)
            bound = float(ask.demand.sum())
        else:
            chosen, bound = np.flatnonzero(found.x[:m] > 0.5), float(-found.mip_dual_bound)
    chosen = np.sort(chosen)
    part = ask.cost[:, chosen]
    covered = (part <= within).any(axis=1)
    objective = float(ask.demand[covered].sum())
    assignment = np.where(covered, chosen[part.argmin(axis=1)], -1)
    return Location(chosen, ask.whole(assignment), objective, max(objective, bound), ask.unreached, method, None, rounds)
