"""Who will work at a site, and where they live: jobs filled from zones whose labour runs out, with an interval from draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.catchment.impedance import LEAST_MIN, Impedance, Range, in_order
from landplan.catchment.modes import ModeChoice
from landplan.errors import LayerError
from landplan.kernels import recruit as kernel
from landplan.kernels._team import team

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.catchment.interaction import FittedInteraction
    from landplan.od import ODMatrix

__all__ = ["Employer", "EmployerCatchment", "columns_of", "employer", "labour_of"]

_RING_MIN: Final = 45.0


@dataclass(frozen=True, slots=True)
class Employer:
    """A site with jobs, and what is assumed of those who take them. Every range is (low, central, high).

    Attributes
    ----------
    site_id : str
        A destination of the matrices.
    jobs : tuple of float
    shifts : mapping of str to float
        Share of the jobs by shift; they sum to 1.
    in_migrants, weekly : tuple of float
        Share of the jobs taken by people who move in, and by people who commute by the week.
    match : tuple of float
        Share of the labour force that has, or can get, the skills.
    ramp : mapping of int to float
        Share of the jobs that there are by year.
    name : str

    Raises
    ------
    LayerError
        If a range is out of order, shares do not sum to 1, or in-migrants and weekly commuters may be more than all.
    """

    site_id: str
    jobs: Range
    shifts: Mapping[str, float] = field(default_factory=lambda: {"day": 1.0})
    in_migrants: Range = (0.0, 0.0, 0.0)
    weekly: Range = (0.0, 0.0, 0.0)
    match: Range = (1.0, 1.0, 1.0)
    ramp: Mapping[int, float] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn from."""
        in_order(self.jobs, f"jobs of {self.site_id!r}")
        for name in ("in_migrants", "weekly", "match"):
            in_order(getattr(self, name), f"{name} of {self.site_id!r}", most=1.0)
        if self.in_migrants[2] + self.weekly[2] > 1.0:
            raise LayerError(f"in-migrants and weekly commuters of {self.site_id!r} may be {self.in_migrants[2] + self.weekly[2]:.0%} of the jobs; at most all")
        if not self.shifts or min(self.shifts.values()) < 0 or abs(sum(self.shifts.values()) - 1.0) > 1e-9:
            raise LayerError(f"the shifts of {self.site_id!r} must be shares that sum to 1, got {dict(self.shifts)}")
        if any(not 0 <= v <= 1 for v in self.ramp.values()):
            raise LayerError(f"the ramp of {self.site_id!r} must be shares between 0 and 1 by year, got {dict(self.ramp)}")


@dataclass(frozen=True, slots=True)
class EmployerCatchment:
    """Expected workers of a site by zone, with their interval.

    Attributes
    ----------
    site : Employer
    zones : pandas.DataFrame
        By zone, in the caller's order: `labour`, `minutes` (all modes together), `minutes_<mode>`, `share_<mode>`, `expected`, `low`, `high`
        (workers who live there today), `in_migrants` (expected, where they would settle), `ring` and `radiation` (what the plain
        45-minute ring and the radiation model say), `reason` where nobody comes.
    totals : pandas.DataFrame
        `expected`, `low`, `high` of `jobs`, `residents`, `external`, `in_migrants`, `weekly` and `unfilled`; the last five add up to the jobs in
        every draw.
    groups : dict of str to pandas.DataFrame
        By what was asked for (municipality, locality …): `labour`, `expected`, `low`, `high`, `in_migrants`, `ring`, `radiation`.
    modes, shifts : pandas.DataFrame
        `expected`, `low`, `high` by mode; `expected` and `share` by shift and mode.
    measures : pandas.DataFrame
        `mean_minutes`, `mean_km` and `kg_co2_day`: `expected`, `low`, `high`.
    curve : pandas.DataFrame
        `minutes`, `expected`, `share`: workers within so many minutes, by the reference mode.
    ramp : pandas.DataFrame
        By year: `jobs`, `residents`, `external`, `in_migrants`, `weekly`, `unfilled` (central).
    draws : pandas.DataFrame
        Each draw's jobs, people and parameters.
    interval : float
        Share of the draws between `low` and `high`.
    """

    site: Employer
    zones: pd.DataFrame
    totals: pd.DataFrame
    groups: Mapping[str, pd.DataFrame]
    modes: pd.DataFrame
    shifts: pd.DataFrame
    measures: pd.DataFrame
    curve: pd.DataFrame
    ramp: pd.DataFrame
    draws: pd.DataFrame
    interval: float


def _drawn(rng: np.random.Generator, value: Range, count: int) -> NDArray[np.float64]:
    low, central, high = value
    return rng.triangular(low, central, high, count) if high > low else np.full(count, central)


def _log_drawn(rng: np.random.Generator, value: Range, count: int) -> NDArray[np.float64]:
    """Two half-normals on the log scale: the ends are at 1.96 standard deviations on their own side."""
    low, central, high = value
    z = rng.standard_normal(count)
    down, up = (np.log(central / low) / 1.96, np.log(high / central) / 1.96)
    drawn: NDArray[np.float64] = central * np.exp(np.where(z < 0, down, up) * z)
    return drawn


def columns_of(od: ODMatrix, zones: pd.Index, wanted: Sequence[Any], mode: str) -> NDArray[np.float64]:
    """Return minutes from zones to destinations, ``inf`` where there is no pair.

    Raises
    ------
    LayerError
        If a zone or a destination is not in the matrix.
    """
    import pandas as pd

    rows, columns = od.origin_ids.get_indexer(zones), od.destination_ids.get_indexer(pd.Index(wanted))
    if (rows < 0).any():
        raise LayerError(f"zone {zones[int(np.argmax(rows < 0))]!r} is not an origin of the matrix of mode {mode!r}; work the matrix out from the same zones")
    if (columns < 0).any():
        raise LayerError(f"{wanted[int(np.argmax(columns < 0))]!r} is not a destination of the matrix of mode {mode!r}; it has {', '.join(map(str, od.destination_ids[:5]))}")
    place = np.full(od.shape[1], -1)
    place[columns] = np.arange(len(wanted))
    origin = np.repeat(np.arange(od.shape[0]), np.diff(od.indptr))
    at = place[od.dest]
    dense = np.full((od.shape[0], len(wanted)), np.inf)
    dense[origin[at >= 0], at[at >= 0]] = od.minutes[at >= 0]
    return dense[rows]


def labour_of(labour: pd.DataFrame) -> NDArray[np.float64]:
    """Return the labour of each zone, checked.

    Raises
    ------
    LayerError
        If there is none, a zone comes twice, or a figure is negative or missing.
    """
    if "labour" not in labour:
        raise LayerError(f"labour lacks the column 'labour' (persons of the labour force by zone); it has {', '.join(map(str, labour.columns))}")
    if not len(labour):
        raise LayerError("labour has no zone; give the squares of a population layer")
    if labour.index.has_duplicates:
        raise LayerError(f"zone {labour.index[labour.index.duplicated()][0]!r} occurs twice in labour")
    persons = labour["labour"].to_numpy(np.float64)
    bad = ~np.isfinite(persons) | (persons < 0)
    if bad.any():
        raise LayerError(f"the labour of zone {labour.index[int(np.argmax(bad))]!r} is {persons[int(np.argmax(bad))]}; it must be 0 or more ({int(bad.sum())} such zones)")
    return persons


def _summary(values: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
    tail = (1.0 - interval) / 2.0
    found: NDArray[np.float64] = kernel.quantiles(np.ascontiguousarray(values), np.array([tail, 1.0 - tail]))
    return found


def employer(
    site: Employer,
    labour: pd.DataFrame,
    od_by_mode: Mapping[str, ODMatrix],
    model: Impedance | FittedInteraction,
    *,
    choice: ModeChoice | None = None,
    cost_sek: Mapping[str, ODMatrix] | None = None,
    shift_modes: Mapping[str, Sequence[str]] | None = None,
    others: pd.Series | None = None,
    homes: pd.Series | None = None,
    km: Mapping[str, pd.Series] | None = None,
    kg_per_km: Mapping[str, float] | None = None,
    by: Mapping[str, pd.Series] | None = None,
    draws: int = 1_000,
    interval: float = 0.8,
    seed: int = 0,
    workers: int | None = None,
) -> EmployerCatchment:
    """Work out who takes a site's jobs, zone by zone.

    Parameters
    ----------
    site : Employer
    labour : pandas.DataFrame
        By zone: `labour` (persons of the labour force) and, where there are any, `external` (lives outside the area) and `reason` (why a zone is
        on no network).
    od_by_mode : mapping of str to ODMatrix
        Minutes by mode from zones to the site and to `others`. The first mode is the reference.
    model : Impedance or FittedInteraction
    choice : ModeChoice, optional
        Needed where there is more than one mode.
    cost_sek : mapping of str to ODMatrix, optional
        Kronor by mode for the same pairs, in place of minutes; none where a mode is not named.
    shift_modes : mapping of str to sequence of str, optional
        Modes that run when a shift begins; default all.
    others : pandas.Series
        Jobs of other workplaces by destination. They look for the same share of skills, and for the same people.
    homes : pandas.Series, optional
        By zone: where in-migrants settle, in proportion; default as those who commute.
    km : mapping of str to Series, optional
        Way by mode and zone; kg_per_km : kg CO2 a km, by mode.
    by : mapping of str to Series, optional
        Group of each zone; an empty group is in none.
    draws : int
    interval : float
        Share of the draws between low and high.
    seed : int
    workers : int, optional
        Threads; the answer does not depend on it.

    Returns
    -------
    EmployerCatchment

    Raises
    ------
    LayerError
        If zones, destinations, modes or figures do not fit each other.

    Notes
    -----
    The share pulled from zone i to workplace j is L_i f(c_ij) / sum_i L_i f(c_ij): Wilson's attraction-constrained model (1971), with c the
    log-sum of the modes. A zone that is asked for more than its matched labour says yes to each workplace in proportion; jobs left over are offered
    again to those who are left, until all are filled or nobody within reach is left (then the rest is `unfilled`). With labour enough for all
    this is the attraction-constrained model itself. Draws: jobs and shares are triangular, the impedance two-sided log-normal.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.od import ODMatrix
    >>> labour = pd.DataFrame({"labour": [100.0, 100.0, 100.0]}, index=["near", "far", "cut off"])
    >>> od = ODMatrix.from_dense(np.array([[10.0], [40.0], [np.inf]]), origin_ids=labour.index, destination_ids=["works"])
    >>> found = employer(Employer("works", (30, 30, 30)), labour, {"car": od}, Impedance("exponential", (0.05, 0.05, 0.05)), draws=1)
    >>> found.zones["expected"].round(2).tolist(), found.zones["reason"].tolist()
    ([24.53, 5.47, 0.0], ['', '', 'disconnected'])
    """
    import pandas as pd

    impedance = model if isinstance(model, Impedance) else Impedance.from_fit(model)
    persons = labour_of(labour)
    zones = labour.index
    modes = tuple(od_by_mode)
    if not modes:
        raise LayerError("od_by_mode has no mode; give at least one matrix of minutes")
    if choice is None:
        if len(modes) > 1:
            raise LayerError(f"between {', '.join(modes)} a ModeChoice is needed; give choice=")
        choice = ModeChoice(modes, per_minute=-1.0)
    if tuple(choice.modes) != modes:
        raise LayerError(f"the choice is between {', '.join(choice.modes)}, the matrices are of {', '.join(modes)}; give the same modes in the same order")
    if not 0 < interval < 1 or draws < 1:
        raise LayerError(f"draws must be at least 1 and the interval between 0 and 1, got {draws} and {interval:g}")
    jobs_of = pd.Series(dtype=float) if others is None else others[others > 0].astype(float)
    if others is not None and (others.isna().any() or (others < 0).any()):
        raise LayerError("a workplace of others has no or negative jobs; give 0 where there are none")
    wanted = [site.site_id, *jobs_of.index]
    minutes = np.stack([columns_of(od_by_mode[m], zones, wanted, m) for m in modes])
    money = None
    if cost_sek:
        money = np.stack([np.nan_to_num(columns_of(cost_sek[m], zones, wanted, m), posinf=0.0) if m in cost_sek else np.zeros_like(minutes[0]) for m in modes])

    shifts = tuple(site.shifts)
    cost, shares = _costs(choice, minutes, money, shifts, shift_modes or {}, impedance)
    own = len(shifts)
    weights = np.array([site.shifts[s] for s in shifts])
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = pd.DataFrame(
        {
            "jobs": _drawn(rng, site.jobs, draws), "in_migrant_share": _drawn(rng, site.in_migrants, draws), "weekly_share": _drawn(rng, site.weekly, draws),
            "match": _drawn(rng, site.match, draws), "impedance": _log_drawn(rng, impedance.value, draws),
        }
    )  # fmt: skip
    measures = _measures(modes, minutes[:, :, 0], shares, km or {}, kg_per_km or {}, zones)
    order = np.concatenate([weights, jobs_of.to_numpy(np.float64)])
    code = kernel.DECAYS[impedance.kind]

    def run(table: pd.DataFrame, threads: int | None) -> Any:
        local = table["jobs"] * (1.0 - table["in_migrant_share"] - table["weekly_share"])
        given = np.column_stack([table["match"], table["impedance"], table["match"], local])
        with team(threads):
            return kernel.recruit(persons, cost, order, own, code, impedance.spread, np.ascontiguousarray(given), shares, measures)

    found, _, filled, by_mode, sums, _ = run(drawn, workers)
    external = labour["external"].fillna(False).to_numpy(bool) if "external" in labour else np.zeros(len(zones), bool)
    hired = filled[:, :own].sum(axis=1)
    # workers by zone are kept in single precision
    outside = np.minimum(found[external].sum(axis=0, dtype=np.float64), hired)
    drawn["residents"] = hired - outside
    drawn["external"] = outside
    drawn["in_migrants"] = drawn["jobs"] * drawn["in_migrant_share"]
    drawn["weekly"] = drawn["jobs"] * drawn["weekly_share"]
    drawn["unfilled"] = np.maximum(0.0, drawn["jobs"] - drawn["in_migrants"] - drawn["weekly"] - hired)

    central = pd.DataFrame(
        {
            "jobs": [site.jobs[1]], "in_migrant_share": [site.in_migrants[1]], "weekly_share": [site.weekly[1]], "match": [site.match[1]],
            "impedance": [impedance.value[1]],
        }
    )  # fmt: skip
    _, taken, central_filled, _, _, _ = run(central, 1)
    table = pd.DataFrame(index=zones)
    table["labour"] = persons
    table["minutes"] = np.where(np.isfinite(cost[:, :own]).any(axis=1), cost[:, :own].min(axis=1), np.nan)
    for q, mode in enumerate(modes):
        table[f"minutes_{mode}"] = np.where(np.isfinite(minutes[q, :, 0]), minutes[q, :, 0], np.nan)
    mixed = np.einsum("j,jqi->qi", weights, shares)
    for q, mode in enumerate(modes):
        table[f"share_{mode}"] = np.where(np.isfinite(minutes[:, :, 0]).any(axis=0), mixed[q], np.nan)
    table[["expected", "low", "high"]] = _summary(found, interval)
    moved = float(drawn["in_migrants"].mean())
    settle = _settle(homes, zones, table["expected"].to_numpy())
    table["in_migrants"] = moved * settle
    local = float(hired.mean())
    table["ring"] = _ring(persons, minutes[0, :, 0], local)
    table["radiation"] = _radiation(persons, minutes[0], np.asarray(jobs_of, np.float64), site.jobs[1], local, impedance.within_min)
    table["reason"] = _reasons(labour, persons, minutes, cost[:, :own])

    groups = {name: _group(table, found, groups_of, interval) for name, groups_of in (by or {}).items()}
    kinds = ("jobs", "residents", "external", "in_migrants", "weekly", "unfilled")
    totals = pd.DataFrame(_summary(drawn[list(kinds)].to_numpy(np.float64).T, interval), index=pd.Index(kinds, name="kind"), columns=["expected", "low", "high"])
    hired_safe = np.where(hired > 0, hired, np.nan)
    figures = {
        "mean_minutes": sums[:, 0] / hired_safe, "mean_km": sums[:, 1] / hired_safe if km else np.full(draws, np.nan),
        # there and back
        "kg_co2_day": 2.0 * sums[:, 2] if km and kg_per_km else np.full(draws, np.nan),
    }  # fmt: skip
    rows = {k: _summary(np.asarray(v)[None, np.isfinite(v)], interval)[0] if np.isfinite(v).any() else np.full(3, np.nan) for k, v in figures.items()}
    return EmployerCatchment(
        site, table, totals, groups,
        pd.DataFrame(_summary(by_mode.T, interval), index=pd.Index(modes, name="mode"), columns=["expected", "low", "high"]),
        _by_shift(shifts, modes, taken, shares, central_filled[0], site),
        pd.DataFrame.from_dict(rows, orient="index", columns=["expected", "low", "high"]).rename_axis("measure"),
        _curve(minutes[0, :, 0], table["expected"].to_numpy()),
        _ramp(site, central, run, external, own), drawn, interval,
    )  # fmt: skip


def _costs(
    choice: ModeChoice, minutes: NDArray[np.float64], money: NDArray[np.float64] | None, shifts: Sequence[str], shift_modes: Mapping[str, Sequence[str]],
    impedance: Impedance,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Return each destination's minutes of all modes together, a column a shift before the others', and the modes' shares by shift."""
    if unknown := sorted(set(shift_modes) - set(shifts)):
        raise LayerError(f"shift_modes names shift {unknown[0]!r}; shifts are {', '.join(shifts)}")
    columns, parts = [], []
    for shift in shifts:
        runs = shift_modes.get(shift, choice.modes)
        if missing := sorted(set(runs) - set(choice.modes)):
            raise LayerError(f"shift {shift!r} has mode {missing[0]!r}, which has no matrix; modes are {', '.join(choice.modes)}")
        here = minutes[:, :, 0].copy()
        here[[m not in runs for m in choice.modes]] = np.inf
        fare = None if money is None else money[:, :, 0]
        columns.append(choice.logsum_min(here, fare))
        parts.append(choice.shares(here, fare))
    rest = choice.logsum_min(minutes[:, :, 1:], None if money is None else money[:, :, 1:])
    cost = np.column_stack([*columns, rest]) if rest.size else np.column_stack(columns)
    cost = np.where(cost <= impedance.within_min, cost, np.inf)
    if impedance.kind in ("power", "tanner"):
        # a power of nothing is without bound: nobody's way is shorter than a minute
        cost = np.maximum(cost, LEAST_MIN)
    return np.ascontiguousarray(cost), np.ascontiguousarray(np.stack(parts))


def _measures(
    modes: Sequence[str], minutes: NDArray[np.float64], shares: NDArray[np.float64], km: Mapping[str, pd.Series], kg: Mapping[str, float], zones: pd.Index
) -> NDArray[np.float64]:
    """Minutes, km and kg a worker of each shift and zone, by the modes' shares."""
    time = np.where(np.isfinite(minutes), minutes, 0.0)
    way = np.stack([km[m].reindex(zones).fillna(0.0).to_numpy(np.float64) if m in km else np.zeros(len(zones)) for m in modes])
    burnt = way * np.array([float(kg.get(m, 0.0)) for m in modes])[:, None]
    return np.ascontiguousarray(np.stack([np.einsum("jqi,qi->ji", shares, what) for what in (time, way, burnt)], axis=1))


def _settle(homes: pd.Series | None, zones: pd.Index, commuters: NDArray[np.float64]) -> NDArray[np.float64]:
    weight = commuters if homes is None else homes.reindex(zones).fillna(0.0).to_numpy(np.float64)
    if (weight < 0).any():
        raise LayerError(f"homes of zone {zones[int(np.argmax(weight < 0))]!r} are negative")
    total = float(weight.sum())
    return np.asarray(weight / total if total > 0 else np.zeros(len(zones)), np.float64)


def _ring(persons: NDArray[np.float64], minutes: NDArray[np.float64], local: float) -> NDArray[np.float64]:
    """The plain ring: jobs shared over all who live within 45 minutes, however near."""
    inside = np.where(minutes <= _RING_MIN, persons, 0.0)
    return local * inside / inside.sum() if inside.sum() > 0 else inside


def _radiation(
    persons: NDArray[np.float64], minutes: NDArray[np.float64], others: NDArray[np.float64], jobs: float, local: float, within: float
) -> NDArray[np.float64]:
    """The radiation model with jobs as opportunities (Simini et al. 2012): only what lies nearer than the site stands in its way.

    p = a n / ((a + s)(a + s + n)): a jobs at the nearest workplace, s at others nearer than the site, n the site's. Scaled to the jobs that are filled.
    """
    if not others.size:
        return np.full(persons.size, np.nan)
    away, there = minutes[:, 0], minutes[:, 1:]
    near = np.argmin(there, axis=1)
    a = np.where(np.isfinite(there.min(axis=1)), others[near], 0.0)
    s = np.where(there < away[:, None], others[None, :], 0.0)
    s[np.arange(len(s)), near] = 0.0
    s = s.sum(axis=1)
    p = np.divide(a * jobs, (a + s) * (a + s + jobs), out=np.zeros(persons.size), where=(a > 0) & (away <= within))
    wish = persons * p
    total = float(wish.sum())
    return np.asarray(local * wish / total if total > 0 else wish, np.float64)


def _reasons(labour: pd.DataFrame, persons: NDArray[np.float64], minutes: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[Any]:
    given = labour["reason"].fillna("").astype(str).to_numpy() if "reason" in labour else np.full(len(labour), "")
    reached = np.isfinite(cost).any(axis=1)
    connected = np.isfinite(minutes[:, :, 0]).any(axis=0)
    why = np.where(connected, "beyond_cutoff", np.where(given == "", "disconnected", given))
    return np.where(reached, np.where(persons > 0, "", "no_labour"), why).astype(object)


def _group(table: pd.DataFrame, found: NDArray[np.float32], of: pd.Series, interval: float) -> pd.DataFrame:
    import pandas as pd

    codes, names = pd.factorize(of.reindex(table.index), sort=True)
    sums = kernel.group_sums(found, codes.astype(np.int64), len(names))
    out = pd.DataFrame(_summary(sums, interval), index=pd.Index(names, name=of.name), columns=["expected", "low", "high"])
    kept = table[["labour", "in_migrants", "ring", "radiation"]].groupby(codes).sum(min_count=1)
    out[["labour", "in_migrants", "ring", "radiation"]] = kept.drop(index=-1, errors="ignore").reindex(range(len(names))).to_numpy()
    return out


def _by_shift(
    shifts: Sequence[str], modes: Sequence[str], taken: NDArray[np.float64], shares: NDArray[np.float64], filled: NDArray[np.float64], site: Employer
) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"shift": s, "mode": m, "expected": float(taken[:, j] @ shares[j, q]), "share": float(taken[:, j] @ shares[j, q] / filled[j]) if filled[j] > 0 else np.nan}
        for j, s in enumerate(shifts)
        for q, m in enumerate(modes)
    ]
    return pd.DataFrame(rows)


def _curve(minutes: NDArray[np.float64], expected: NDArray[np.float64]) -> pd.DataFrame:
    import pandas as pd

    steps = np.arange(5.0, 121.0, 5.0)
    within = np.array([expected[minutes <= m].sum() for m in steps])
    total = expected.sum()
    return pd.DataFrame({"minutes": steps, "expected": within, "share": within / total if total > 0 else np.nan})


def _ramp(site: Employer, central: pd.DataFrame, run: Any, external: NDArray[np.bool_], own: int) -> pd.DataFrame:
    import pandas as pd

    columns = ["jobs", "residents", "external", "in_migrants", "weekly", "unfilled"]
    if not site.ramp:
        return pd.DataFrame(columns=columns).rename_axis("year")
    years = sorted(site.ramp)
    table = pd.concat([central] * len(years), ignore_index=True)
    table["jobs"] *= np.array([site.ramp[y] for y in years])
    found, _, filled, _, _, _ = run(table, 1)
    hired = filled[:, :own].sum(axis=1)
    outside = np.minimum(found[external].sum(axis=0, dtype=np.float64), hired)
    out = pd.DataFrame({"jobs": table["jobs"], "residents": hired - outside, "external": outside})
    out["in_migrants"], out["weekly"] = out["jobs"] * central["in_migrant_share"][0], out["jobs"] * central["weekly_share"][0]
    out["unfilled"] = (out["jobs"] - out["in_migrants"] - out["weekly"] - hired).clip(lower=0.0)
    out.index = pd.Index(years, name="year")
    return out
