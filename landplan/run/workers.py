"""Who will work at the plan's sites: the people, the other workplaces and the ways between them, from a plan's layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import catchment as c
from landplan import network as n
from landplan.errors import LayerError, PlanError
from landplan.od import ODMatrix
from landplan.plan import Plan
from landplan.run.criteria import people_of
from landplan.run.steps import LayerSet, Tick

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landplan.plan import Workers
    from landplan.plan.workers import Willingness

__all__ = ["USED", "Market", "Regions", "SideBySide", "WorkersSet", "between", "side_by_side", "work_out"]

USED: Final = ("roads", "population_grid", "workplaces", "commuting", "localities", "municipalities", "statistical_areas")
"""Layers that this step reads."""
_WALK_WITHIN: Final = 120.0
_LEAST_ZONES: Final = 3
"""Of fewer municipalities every table of flows is met by its margins alone."""
_DETOUR: Final = 1.3
"""How much longer a way is than the crow flies, where only its cost is asked for."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Labour-market regions before and after the sites open.

    Attributes
    ----------
    before, after : pandas.DataFrame
        As `catchment.labour_market_regions`, by municipality code; `after` is None where no site lies in a municipality of the flows.
    year : str
        Of the flows; empty when they are modelled.
    modelled : bool
    """

    before: pd.DataFrame
    after: pd.DataFrame | None
    year: str
    modelled: bool


@dataclass(frozen=True, slots=True)
class WorkersSet:
    """What a run knows of who will work at its sites.

    Attributes
    ----------
    results : dict of str to EmployerCatchment
        By site.
    market : Market
    model : Impedance
    choice : ModeChoice or None
        Matched to the observed shares.
    regions : Regions or None
    lacking : tuple of str
        What the plan asked for and no layer could tell: ``workplaces``, ``transit``, ``working_age`` (in no square), ``local_flows`` (too few to fit).
    guessed : int
        Squares whose working age is not known; the others' share of the population stands in.
    today : Impedance or None
        How far people go to the jobs that there are.
    """

    results: dict[str, c.EmployerCatchment]
    market: Market
    model: c.Impedance
    choice: c.ModeChoice | None
    regions: Regions | None
    lacking: tuple[str, ...]
    guessed: int = 0
    today: c.Impedance | None = None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Sites and the best candidates side by side.

    Attributes
    ----------
    table : pandas.DataFrame
        By site id: `name`, labour within 30, 45 and 60 minutes, `jobs`, `filled`, `mean_minutes`.
    overlap : pandas.DataFrame
        Share of each site's labour within 45 minutes that is also within 45 minutes of each other.
    shares : pandas.DataFrame
        Share of each site's workers by municipality code.
    """

    table: pd.DataFrame
    overlap: pd.DataFrame
    shares: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Market:
    """People and workplaces as points, and the minutes between them by mode."""

    labour: pd.DataFrame
    points: gpd.GeoDataFrame
    others: pd.Series
    places: gpd.GeoDataFrame
    od: dict[str, ODMatrix]
    by: dict[str, pd.Series]
    fares: dict[str, ODMatrix] | None = None


def work_out(plan: Plan, data: LayerSet, net: n.Network, tick: Tick) -> WorkersSet | None:
    """Work out who takes the jobs of every site that has some.

    Parameters
    ----------
    plan : Plan
    data : LayerSet
    net : Network
    tick : callable

    Returns
    -------
    WorkersSet or None
        None where the plan has no site with jobs or no ``[catchment.workers]``.

    Raises
    ------
    PlanError
        If the mode choice cannot be matched, or its table of timetabled minutes cannot be read.
    """
    cfg = plan.catchment.workers
    sites = [k for k, s in plan.sites.items() if s.jobs is not None]
    if cfg is None or not sites:
        return None
    goals = data.sites.set_index("site_id", drop=False)[["site_id", "name", "geometry"]].loc[sites]
    market = _market(plan, cfg, data, net, goals, lambda v: tick(0.3 * v))
    local = _local(data, market, plan.catchment.mode, cfg.impedance.within_min)
    model = _model(cfg.impedance) if local is None else local
    today = local or _model(cfg.today or cfg.impedance)
    choice, timetabled = _choice(plan, cfg, market, today, goals)
    market = replace(market, fares=_fares(cfg, market, goals))
    all_ages, guessed = _ages(data.layers["population_grid"].frame)[1:]
    lacking = [*([] if len(market.others) else ["workplaces"]), *(["transit"] if timetabled is False else []), *(["working_age"] if all_ages else []), *(["local_flows"] if local is None and "commuting" in data.layers else [])]
    results: dict[str, c.EmployerCatchment] = {}
    for k, site_id in enumerate(sites):
        km = n.fastest_km(net, market.points, goals.loc[[site_id], ["geometry"]], max_m=plan.catchment.max_snap_m)
        what = _employer(plan, cfg, site_id, site_id, str(goals.loc[site_id, "name"]))
        results[site_id] = _filled(cfg, what, _with_rivals(plan, cfg, market, site_id, sites), model, choice, cfg.draws, plan.plan.seed, km)
        tick(0.3 + 0.6 * (k + 1) / len(sites))
    return WorkersSet(results, market, model, choice, _regions(plan, data, market, today, results), tuple(lacking), guessed, today)


def _model(wish: Willingness) -> c.Impedance:
    return c.Impedance(wish.kind, wish.range, wish.spread_min if wish.kind == "logistic" else 0.0, wish.within_min, wish.source)


def _local(data: LayerSet, market: Market, mode: str, within_min: float) -> c.Impedance | None:
    """The impedance that counted flows between the area's municipalities give; None without flows, or where they are too few or too even."""
    if "commuting" not in data.layers or "municipality_code" not in market.by or not len(market.others):
        return None
    table = data.layers["commuting"].frame.astype({"residence_code": str, "workplace_code": str})
    minutes = between(market, mode)
    zones = [z for z in minutes.index if z in set(table["residence_code"]) and z in set(table["workplace_code"])]
    if len(zones) < _LEAST_ZONES:
        return None
    year = int(table["year"].max())
    try:
        flows = c.commuting_flows(table, years=year, zones=zones)
        fit = c.interaction.fit(flows, minutes.loc[zones, zones], model="doubly", decay="exponential", unreached="leave_out")
    except LayerError:
        return None
    found = c.Impedance.from_fit(fit, within_min=within_min, source=f"{data.layers['commuting'].definition.title.sv} {year}")
    # flows that do not fall with the minutes say nothing of how far people go
    return found if found.value[0] > 1e-6 else None


def between(market: Market, mode: str) -> pd.DataFrame:
    """Minutes from municipality to municipality: the mean from all who live in one to all jobs in the other; ``inf`` where no one gets there."""
    import pandas as pd

    away = _to(market.od[mode], market.others.index)
    homes, works = market.by["municipality_code"], market.places.loc[market.others.index, "municipality_code"]
    people, jobs = market.labour["labour"].to_numpy(), market.others.to_numpy()
    rows, columns = sorted(homes.dropna().astype(str).unique()), sorted(works.dropna().astype(str).unique())
    both = [z for z in rows if z in columns]
    out = pd.DataFrame(np.inf, index=both, columns=both)
    for a in both:
        here = (homes.astype(str) == a).to_numpy()
        for b in both:
            there = (works.astype(str) == b).to_numpy()
            t, w = away[np.ix_(here, there)], people[here][:, None] * jobs[there][None, :]
            known = np.isfinite(t)
            if (w * known).sum() > 0:
                out.loc[a, b] = (np.where(known, t, 0.0) * w).sum() / (w * known).sum()
    return out


def _with_rivals(plan: Plan, cfg: Workers, market: Market, site_id: str, sites: list[str]) -> Market:
    """The market with the plan's other sites among the workplaces: they look for the same people."""
    import pandas as pd

    rivals = {}
    for other in sites:
        jobs = plan.sites[other].jobs
        if other != site_id and jobs is not None and cfg.match.central > 0:
            # workplaces look for the share of all jobs that has the skills; a site's jobs all do
            rivals[other] = jobs.central * (1.0 - cfg.in_migrants.central - cfg.weekly.central) / cfg.match.central
    return replace(market, others=pd.concat([market.others, pd.Series(rivals)])) if rivals else market


def _filled(
    cfg: Workers, what: c.Employer, market: Market, model: c.Impedance, choice: c.ModeChoice | None, draws: int, seed: int, km: pd.Series | None
) -> c.EmployerCatchment:
    return c.employer(
        what, market.labour, market.od, model, choice=choice, cost_sek=market.fares, others=market.others if len(market.others) else None,
        shift_modes=_running(cfg, what.shifts, tuple(market.od)), km=None if km is None else dict.fromkeys(market.od, km),
        kg_per_km={str(m): v for m, v in cfg.kg_per_km.items()}, by=market.by, draws=draws, seed=seed,
    )  # fmt: skip


def side_by_side(plan: Plan, data: LayerSet, net: n.Network, found: WorkersSet, candidates: gpd.GeoDataFrame | None) -> SideBySide:
    """Hold the plan's sites beside the three best candidates: the first site's jobs at each, every figure at its central value.

    Parameters
    ----------
    plan : Plan
    data : LayerSet
    net : Network
    found : WorkersSet
    candidates : geopandas.GeoDataFrame, optional
        Ranked sites (`site_id`, `name`), best first.

    Notes
    -----
    Buses and trains are left out for all: their table knows the plan's own sites alone.
    """
    import geopandas as gpd
    import pandas as pd

    cfg = plan.catchment.workers
    assert cfg is not None
    goals = data.sites.set_index("site_id", drop=False)[["site_id", "name", "geometry"]].loc[list(found.results)]
    if candidates is not None and len(candidates):
        best = candidates.iloc[:3].set_index("site_id", drop=False)[["site_id", "name", "geometry"]]
        best = best[~best.index.isin(goals.index)].copy()
        best["geometry"] = best.geometry.representative_point()
        goals = gpd.GeoDataFrame(pd.concat([goals, best]), geometry="geometry", crs=data.sites.crs)
    market = _to_all(plan, data, net, found.market, goals)
    choice = found.choice
    if choice is not None:
        constants = {m: v for m, v in (choice.constants or {}).items() if m in market.od}
        choice = replace(choice, modes=tuple(market.od), constants=constants)
    first = next(iter(found.results))
    model = replace(found.model, value=(found.model.value[1],) * 3)
    both = [
        _filled(cfg, _central(_employer(plan, cfg, first, str(k), str(goals.loc[k, "name"]))), market, model, choice, 1, plan.plan.seed, None)
        for k in goals.index
    ]
    table, overlap = c.compare_sites(both, minutes=(30.0, 45.0, 60.0))
    shares = pd.DataFrame({f.site.site_id: f.groups["municipality_code"]["expected"] for f in both if "municipality_code" in f.groups}).fillna(0.0)
    return SideBySide(table, overlap, shares / shares.sum().where(shares.sum() > 0))


def _central(what: c.Employer) -> c.Employer:
    """An employer of whom everything is known: the middle of each range."""
    return replace(what, jobs=(what.jobs[1],) * 3, in_migrants=(what.in_migrants[1],) * 3, weekly=(what.weekly[1],) * 3, match=(what.match[1],) * 3)


def _to_all(plan: Plan, data: LayerSet, net: n.Network, market: Market, goals: gpd.GeoDataFrame) -> Market:
    """The market with minutes to all the sites compared, by one rule for all."""
    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    reach = plan.catchment.workers.impedance.within_min if plan.catchment.workers else None
    od = {}
    for mode, matrix in market.od.items():
        if mode == "transit":
            continue
        if mode == plan.catchment.mode:
            own = n.matrix(net, market.points, goals[["geometry"]], reach, **legs)
        else:
            own = _on_foot(plan, data, mode, market.points, goals[["geometry"]], reach or _WALK_WITHIN)
        others = _to(matrix, market.others.index)
        od[mode] = ODMatrix.from_dense(np.column_stack([own.to_dense(), others]), origin_ids=list(matrix.origin_ids), destination_ids=[*goals.index, *market.others.index])
    cfg = plan.catchment.workers
    return replace(market, od=od, fares=None if cfg is None else _fares(cfg, replace(market, od=od), goals))


def _on_foot(plan: Plan, data: LayerSet, mode: Any, points: gpd.GeoDataFrame, goals: gpd.GeoDataFrame, reach: float) -> ODMatrix:
    """Minutes on foot or by bicycle, on the network that those may use."""
    ways = n.from_layer(data.layers["roads"].frame, mode=mode, name=data.layers["roads"].path.name)
    return n.matrix(ways, points, goals, min(reach, _WALK_WITHIN), max_m=plan.catchment.max_snap_m)


def _employer(plan: Plan, cfg: Workers, like: str, site_id: str, name: str) -> c.Employer:
    """A site of the plan as an employer; a candidate takes the jobs of the plan's own site."""
    site = plan.sites[like]
    assert site.jobs is not None
    shifts = {s: 1.0 / len(site.shifts) for s in site.shifts} or {"day": 1.0}
    opening = site.opening_year
    ramp = {int(y): v for y, v in site.ramp.items()} or ({opening: 1.0} if opening else {})
    return c.Employer(
        site_id, (site.jobs.low, site.jobs.central, site.jobs.high), shifts, cfg.in_migrants.range, cfg.weekly.range, cfg.match.range, ramp, name
    )


def _market(plan: Plan, cfg: Workers, data: LayerSet, net: n.Network, goals: gpd.GeoDataFrame, tick: Tick) -> Market:
    import geopandas as gpd
    import pandas as pd
    import shapely

    frame = data.layers["population_grid"].frame
    points = gpd.GeoDataFrame(geometry=frame.geometry.centroid.to_numpy(), index=pd.Index(frame["square_id"].astype(str), name="square_id"), crs=frame.crs)
    persons = _ages(frame)[0]
    x, y = shapely.get_x(points.geometry.to_numpy()), shapely.get_y(points.geometry.to_numpy())
    shapely.prepare(data.area)
    labour = pd.DataFrame({"labour": persons * cfg.labour_share, "external": ~shapely.contains_xy(data.area, x, y)}, index=points.index)
    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    off = (n.snap(net, points, **legs)["reason"] == "off_network").to_numpy()
    labour["reason"] = np.where(off, "off_network", "")
    places = _places(data)
    both = pd.concat([goals[["geometry"]], places[["geometry"]]])
    destinations = gpd.GeoDataFrame(both, geometry="geometry", crs=points.crs)
    reach = cfg.impedance.within_min
    od: dict[str, ODMatrix] = {plan.catchment.mode: n.matrix(net, points, destinations, reach, progress=lambda v: tick(0.5 * v), **legs)}
    wanted = cfg.choice.percent if cfg.choice is not None and plan.catchment.mode == "car" else {}
    for k, mode in enumerate(m for m in ("walk", "bike") if m in wanted):
        od[mode] = _on_foot(plan, data, mode, points, destinations, reach)
        tick(0.5 + 0.25 * (k + 1))
    by: dict[str, pd.Series] = {}
    for key in ("municipality_code", "locality_id"):
        if key in frame:
            by[key] = pd.Series(frame[key].to_numpy(), index=points.index, name=key)
    if "statistical_areas" in data.layers:
        areas = data.layers["statistical_areas"].frame
        for kind, own in areas.groupby("kind"):
            hit = points.sjoin(own[["area_code", "geometry"]].set_geometry("geometry"), predicate="within")["area_code"]
            by[str(kind).lower()] = hit[~hit.index.duplicated()].reindex(points.index).rename(str(kind).lower())
    return Market(labour, points, places["jobs"].astype(float) if len(places) else pd.Series(dtype=float), places, od, by)


def _ages(frame: pd.DataFrame) -> tuple[np.ndarray, bool, int]:
    """Persons of working age; whether no square knows them, so that all ages stand in; squares for which the others' share stands in."""
    everyone = frame["population"].fillna(0).astype(float).to_numpy()
    if people_of(frame) == "population":
        return everyone, True, 0
    known = frame["working_age"].astype(float).to_numpy()
    gone = np.isnan(known) & (everyone > 0)
    rest = ~np.isnan(known)
    share = known[rest].sum() / everyone[rest].sum() if everyone[rest].sum() > 0 else 0.0
    return np.where(np.isnan(known), share * everyone, known), False, int(gone.sum())


def _places(data: LayerSet) -> gpd.GeoDataFrame:
    """Workplaces gathered to the nearest locality: where they stand in the middle of their jobs, by the locality's id."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    empty = gpd.GeoDataFrame({"jobs": [], "municipality_code": []}, geometry=gpd.GeoSeries([], crs=data.grid.crs))
    if "workplaces" not in data.layers:
        return empty
    work = data.layers["workplaces"].frame
    work = work[work["jobs"].fillna(0) > 0]
    if not len(work):
        return empty
    xy = shapely.get_coordinates(shapely.point_on_surface(work.geometry.to_numpy()))
    jobs = work["jobs"].astype(float).to_numpy()
    if "localities" in data.layers and len(data.layers["localities"].frame):
        towns = data.layers["localities"].frame
        from scipy.spatial import cKDTree

        at = shapely.get_coordinates(shapely.point_on_surface(towns.geometry.to_numpy()))
        near = cKDTree(at).query(xy)[1]
        key = towns["locality_id"].astype(str).to_numpy()[near]
    else:
        # without localities, squares of two kilometres
        key = np.array([f"{int(a // 2000)}_{int(b // 2000)}" for a, b in xy])
    codes = work["municipality_code"].astype(object) if "municipality_code" in work else pd.Series(None, index=work.index, dtype=object)
    if codes.isna().any() and "municipalities" in data.layers:
        # a workplace that does not say its municipality stands in one
        inside = work[["geometry"]].sjoin(data.layers["municipalities"].frame[["municipality_code", "geometry"]], predicate="within")["municipality_code"]
        codes = codes.where(codes.notna(), inside[~inside.index.duplicated()].reindex(work.index))
    # jobs on either side of a border are two places: flows are between municipalities
    code = codes.where(codes.notna(), "").astype(str).to_numpy()
    sums = pd.DataFrame({"key": key, "code": code, "jobs": jobs, "x": xy[:, 0] * jobs, "y": xy[:, 1] * jobs}).groupby(["key", "code"]).sum().reset_index()
    several = sums["key"].duplicated(keep=False)
    names = [f"workplaces {k}{f' {c}' if both else ''}" for k, c, both in zip(sums["key"], sums["code"], several, strict=True)]
    return gpd.GeoDataFrame(
        {"jobs": sums["jobs"].to_numpy(), "municipality_code": sums["code"].where(sums["code"] != "", None).to_numpy()},
        geometry=gpd.points_from_xy((sums["x"] / sums["jobs"]).to_numpy(), (sums["y"] / sums["jobs"]).to_numpy()), index=pd.Index(names), crs=work.crs,
    )  # fmt: skip


def _choice(
    plan: Plan, cfg: Workers, market: Market, model: c.Impedance, goals: gpd.GeoDataFrame
) -> tuple[c.ModeChoice | None, bool | None]:
    """Return the mode choice matched to observed shares, None without one; and whether timetabled minutes are in it (None: not asked for)."""
    spec = cfg.choice
    if spec is None or plan.catchment.mode != "car":
        return None, None
    asked = "transit" in spec.percent
    if asked and spec.transit_table is not None:
        market.od["transit"] = _timetabled(plan.folder / spec.transit_table, market, goals)
    if not len(market.others):
        raise PlanError("[catchment.workers.choice] is matched on the trips to the workplaces that there are; add layer workplaces, or remove it")
    modes = tuple(market.od)
    start = c.ModeChoice(modes, spec.per_minute, spec.per_sek, source=spec.per_minute_source)
    fares = _fares(cfg, market, goals)
    money = None if fares is None else np.stack([_to(fares[m], market.others.index) if m in fares else np.zeros((len(market.labour), len(market.others))) for m in modes])
    dense = {m: _to(market.od[m], market.others.index) for m in modes}
    # the trips of today: who lives where goes to the jobs that there are, by car minutes
    pull = market.labour["labour"].to_numpy()[:, None] * model.at(dense["car"])
    total = pull.sum(axis=0)
    trips = np.divide(pull * market.others.to_numpy()[None, :], total, out=np.zeros_like(pull), where=total > 0)
    try:
        matched = c.calibrate(start, np.stack([dense[m] for m in modes]), trips, {m: float(spec.percent[m]) for m in modes}, cost_sek=money)  # type: ignore[index]
        return matched, "transit" in market.od if asked else None
    except LayerError as exc:
        raise PlanError(f"[catchment.workers.choice]: {exc}") from exc


def _fares(cfg: Workers, market: Market, goals: gpd.GeoDataFrame) -> dict[str, ODMatrix] | None:
    """Kronor a trip by mode, from zones to sites and workplaces; None where trips are free."""
    import pandas as pd
    import shapely

    spec = cfg.choice
    if spec is None or not spec.per_sek or not (spec.sek_per_km or spec.sek_per_trip):
        return None
    places = pd.concat([goals["geometry"], market.places["geometry"]])
    a, b = shapely.get_coordinates(market.points.geometry.to_numpy()), shapely.get_coordinates(places.to_numpy())
    km = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]) / 1000.0 * _DETOUR
    per_km = {str(k): v for k, v in spec.sek_per_km.items()}
    trip = {str(k): v for k, v in spec.sek_per_trip.items()}
    return {
        m: ODMatrix.from_dense(per_km.get(m, 0.0) * km + trip.get(m, 0.0), origin_ids=list(market.labour.index), destination_ids=list(places.index))
        for m in market.od if m in per_km or m in trip
    }  # fmt: skip


def _to(od: ODMatrix, wanted: pd.Index) -> np.ndarray:
    return od.to_dense().astype(np.float64)[:, od.destination_ids.get_indexer(wanted)]


def _timetabled(path: Path, market: Market, goals: gpd.GeoDataFrame) -> ODMatrix:
    """Minutes by bus or train from a table: `from_locality`, `to` (a locality, or a site) and `minutes`, door to door."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"from_locality": str, "to": str})
    except (OSError, ValueError) as exc:
        raise PlanError(f"{path} cannot be read ({exc}); it is a CSV with columns from_locality, to, minutes") from exc
    lacking = [k for k in ("from_locality", "to", "minutes") if k not in table]
    if lacking or "locality_id" not in market.by:
        raise PlanError(f"{path} lacks column {', '.join(lacking) or 'locality_id of the squares'}; it is a CSV with columns from_locality, to, minutes")
    if (table["minutes"] < 0).any() or table["minutes"].isna().any():
        raise PlanError(f"{path}, row {int(np.argmax((table['minutes'] < 0) | table['minutes'].isna())) + 2}: minutes must be 0 or more")
    minutes = {(a, b): float(m) for a, b, m in zip(table["from_locality"], table["to"], table["minutes"], strict=True)}
    homes = market.by["locality_id"].astype(object).where(market.by["locality_id"].notna(), "").astype(str)
    destinations = [*goals.index, *market.others.index]
    # a place of jobs is known by its locality, whatever municipality a part of it lies in
    names = [str(d).removeprefix("workplaces ").split(" ")[0] if str(d).startswith("workplaces ") else str(d) for d in destinations]
    towns = list(dict.fromkeys(homes))
    small = np.array([[minutes.get((t, d), np.inf) for d in names] for t in towns])
    return ODMatrix.from_dense(small[[towns.index(t) for t in homes]], origin_ids=list(market.labour.index), destination_ids=destinations)


def _running(cfg: Workers, shifts: Mapping[str, float], modes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Modes that there are when each shift begins: buses and trains keep hours."""
    if cfg.choice is None or "transit" not in modes:
        return {}
    first, last = cfg.choice.transit_hours

    def runs(hour: str) -> bool:
        # hours may go past midnight
        return first <= hour <= last if first <= last else hour >= first or hour <= last

    return {s: tuple(m for m in modes if m != "transit" or s == "day" or runs(s)) for s in shifts}


def _regions(plan: Plan, data: LayerSet, market: Market, model: c.Impedance, results: Mapping[str, c.EmployerCatchment]) -> Regions | None:
    """Which municipalities belong together today, and when the sites are open."""
    import pandas as pd

    if "municipality_code" not in market.by:
        return None
    year, flows = _flows(data, market, model, plan.catchment.mode)
    if flows is None:
        return None
    plus = pd.DataFrame(0.0, index=flows.index, columns=flows.columns)
    codes = data.layers["municipalities"].frame if "municipalities" in data.layers else None
    added = False
    for site_id, found in results.items():
        point = data.sites.set_index("site_id").geometry[site_id]
        here = None if codes is None else codes[codes.contains(point)]
        if here is None or not len(here) or str(here.iloc[0]["municipality_code"]) not in flows.columns:
            continue
        home = found.groups["municipality_code"]
        who = (home["expected"] + home["in_migrants"]).reindex(flows.index).fillna(0.0)
        plus[str(here.iloc[0]["municipality_code"])] += who
        added = True
    return Regions(c.labour_market_regions(flows), c.labour_market_regions(flows, plus=plus) if added else None, year, not year)


def _flows(data: LayerSet, market: Market, model: c.Impedance, mode: str) -> tuple[str, pd.DataFrame | None]:
    """Employed by municipality of residence and of work: as counted, or modelled from squares and workplaces."""
    if "commuting" in data.layers:
        table = data.layers["commuting"].frame
        year = int(table["year"].max())
        wide = table[table["year"] == year].astype({"residence_code": str, "workplace_code": str}).pivot_table(
            index="residence_code", columns="workplace_code", values="employed", aggfunc="sum", fill_value=0
        )  # fmt: skip
        names = wide.index.union(wide.columns)
        return str(year), wide.reindex(index=wide.index, columns=names, fill_value=0).astype(float)
    if not len(market.others):
        return "", None
    homes = market.by["municipality_code"]
    wide = c.job_market(market.labour, market.od[mode], market.others, model)
    some = homes.notna().to_numpy()
    if not some.any():
        return "", None
    wide = wide[some].groupby(homes[some].astype(str).to_numpy()).sum().T
    code = market.places.loc[wide.index, "municipality_code"]
    if not code.notna().any():
        return "", None
    wide = wide[code.notna().to_numpy()].groupby(code.dropna().astype(str).to_numpy()).sum().T
    names = sorted({*wide.index, *wide.columns})
    return "", wide.reindex(index=wide.index, columns=names, fill_value=0.0)
