"""Who will work at the plan's sites: the people, the other workplaces and the ways between them, from a plan's layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

__all__ = ["USED", "Market", "Regions", "SideBySide", "WorkersSet", "side_by_side", "work_out"]

USED: Final = ("roads", "population_grid", "workplaces", "commuting", "localities", "municipalities", "statistical_areas")
"""Layers that this step reads."""
_WALK_WITHIN: Final = 120.0
_SPEED_KMH: Final = {"walk": 5.0, "bike": 15.0}


@dataclass(frozen=True, slots=True)
class Regions:
    """Labour-market regions before and after the sites open.

    Attributes
    ----------
    before, after : pandas.DataFrame
        As `catchment.labour_market_regions`, by municipality code.
    year : str
        Of the flows; empty when they are modelled.
    modelled : bool
    """

    before: pd.DataFrame
    after: pd.DataFrame
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
        What the plan asked for and no layer could tell: ``workplaces``, ``transit``.
    """

    results: dict[str, c.EmployerCatchment]
    market: Market
    model: c.Impedance
    choice: c.ModeChoice | None
    regions: Regions | None
    lacking: tuple[str, ...]


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
    model = _model(cfg.impedance)
    today = _model(cfg.today or cfg.impedance)
    choice, timetabled = _choice(plan, cfg, market, today, goals)
    lacking = [*([] if len(market.others) else ["workplaces"]), *(["transit"] if timetabled is False else [])]
    results: dict[str, c.EmployerCatchment] = {}
    for k, site_id in enumerate(sites):
        km = n.fastest_km(net, market.points, goals.loc[[site_id], ["geometry"]], max_m=plan.catchment.max_snap_m)
        results[site_id] = _filled(plan, cfg, site_id, site_id, str(goals.loc[site_id, "name"]), market, model, choice, cfg.draws, km)
        tick(0.3 + 0.6 * (k + 1) / len(sites))
    return WorkersSet(results, market, model, choice, _regions(plan, data, market, today, results), tuple(lacking))


def _model(wish: Willingness) -> c.Impedance:
    return c.Impedance(wish.kind, wish.range, wish.spread_min if wish.kind == "logistic" else 0.0, wish.within_min, wish.source)


def _filled(
    plan: Plan, cfg: Workers, like: str, site_id: str, name: str, market: Market, model: c.Impedance, choice: c.ModeChoice | None, draws: int, km: pd.Series | None
) -> c.EmployerCatchment:
    what = _employer(plan, cfg, like, site_id, name)
    return c.employer(
        what, market.labour, market.od, model, choice=choice, others=market.others if len(market.others) else None,
        shift_modes=_running(cfg, what.shifts, tuple(market.od)), km=None if km is None else dict.fromkeys(market.od, km),
        kg_per_km={str(m): v for m, v in cfg.kg_per_km.items()}, by=market.by, draws=draws, seed=plan.plan.seed,
    )  # fmt: skip


def side_by_side(plan: Plan, net: n.Network, found: WorkersSet, candidates: gpd.GeoDataFrame | None) -> SideBySide:
    """Hold the plan's sites beside the three best candidates, each with the jobs of the plan's first site (central values).

    Parameters
    ----------
    plan : Plan
    net : Network
    found : WorkersSet
    candidates : geopandas.GeoDataFrame, optional
        Ranked sites (`site_id`, `name`), best first.
    """
    import pandas as pd

    cfg = plan.catchment.workers
    assert cfg is not None
    market, first = found.market, next(iter(found.results))
    both = [_filled(plan, cfg, k, k, f.site.name, market, found.model, found.choice, 1, None) for k, f in found.results.items()]
    if candidates is not None and len(candidates):
        best = candidates.iloc[:3].set_index("site_id", drop=False)
        best = best[~best.index.isin(list(found.results))]
        goals = best[["geometry"]].copy()
        goals["geometry"] = goals.geometry.representative_point()
        wider = _wider(plan, net, market, goals)
        both += [_filled(plan, cfg, first, str(k), str(best.loc[k, "name"]), wider, found.model, found.choice, 1, None) for k in best.index]
    table, overlap = c.compare_sites(both, minutes=(30.0, 45.0, 60.0))
    shares = pd.DataFrame({f.site.site_id: f.groups["municipality_code"]["expected"] for f in both if "municipality_code" in f.groups}).fillna(0.0)
    return SideBySide(table, overlap, shares / shares.sum().where(shares.sum() > 0))


def _wider(plan: Plan, net: n.Network, market: Market, goals: gpd.GeoDataFrame) -> Market:
    """The market with minutes to more destinations; by foot and bicycle they are as far as by car is long, at the speed those go."""
    from dataclasses import replace

    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    own = n.matrix(net, market.points, goals, plan.catchment.workers.impedance.within_min if plan.catchment.workers else None, **legs).to_dense()
    od = {}
    for mode, matrix in market.od.items():
        more = own
        if mode in _SPEED_KMH:
            km = np.column_stack([n.fastest_km(net, market.points, goals.loc[[k]], max_m=plan.catchment.max_snap_m).to_numpy() for k in goals.index])
            more = np.where(np.isfinite(km), km / _SPEED_KMH[mode] * 60.0, np.inf)
            more = np.where(more <= _WALK_WITHIN, more, np.inf)
        elif mode == "transit":
            # the table knows the plan's own sites
            more = np.full_like(own, np.inf)
        od[mode] = ODMatrix.from_dense(
            np.column_stack([matrix.to_dense(), more]), origin_ids=list(matrix.origin_ids), destination_ids=[*matrix.destination_ids, *goals.index]
        )  # fmt: skip
    return replace(market, od=od)


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
    persons = frame[people_of(frame)].fillna(0).astype(float).to_numpy()
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
        other = n.from_layer(data.layers["roads"].frame, mode=mode, name=data.layers["roads"].path.name)
        od[mode] = n.matrix(other, points, destinations, min(reach, _WALK_WITHIN), max_m=plan.catchment.max_snap_m)
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
    table = pd.DataFrame({"key": key, "jobs": jobs, "x": xy[:, 0] * jobs, "y": xy[:, 1] * jobs})
    sums = table.groupby("key").sum()
    codes = work["municipality_code"].astype(object) if "municipality_code" in work else pd.Series([None] * len(work))
    most = pd.DataFrame({"key": key, "code": codes.to_numpy(), "jobs": jobs}).dropna().groupby(["key", "code"])["jobs"].sum().reset_index()
    main = most.sort_values(["jobs", "code"], ascending=[False, True]).drop_duplicates("key").set_index("key")["code"]
    return gpd.GeoDataFrame(
        {"jobs": sums["jobs"].to_numpy(), "municipality_code": main.reindex(sums.index).to_numpy()},
        geometry=gpd.points_from_xy((sums["x"] / sums["jobs"]).to_numpy(), (sums["y"] / sums["jobs"]).to_numpy()), index=pd.Index([f"workplaces {k}" for k in sums.index]), crs=work.crs,
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
    start = c.ModeChoice(modes, spec.per_minute, source=spec.per_minute_source)
    dense = {m: _to(market.od[m], market.others.index) for m in modes}
    # the trips of today: who lives where goes to the jobs that there are, by car minutes
    pull = market.labour["labour"].to_numpy()[:, None] * model.at(dense["car"])
    total = pull.sum(axis=0)
    trips = np.divide(pull * market.others.to_numpy()[None, :], total, out=np.zeros_like(pull), where=total > 0)
    try:
        return c.calibrate(start, np.stack([dense[m] for m in modes]), trips, {m: float(spec.percent[m]) for m in modes}), "transit" in market.od if asked else None  # type: ignore[index]
    except LayerError as exc:
        raise PlanError(f"[catchment.workers.choice]: {exc}") from exc


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
    names = [str(d).removeprefix("workplaces ") for d in destinations]
    towns = list(dict.fromkeys(homes))
    small = np.array([[minutes.get((t, d), np.inf) for d in names] for t in towns])
    return ODMatrix.from_dense(small[[towns.index(t) for t in homes]], origin_ids=list(market.labour.index), destination_ids=destinations)


def _running(cfg: Workers, shifts: Mapping[str, float], modes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Modes that there are when each shift begins: buses and trains keep hours."""
    if cfg.choice is None or "transit" not in modes:
        return {}
    first, last = cfg.choice.transit_hours
    return {s: tuple(m for m in modes if m != "transit" or s == "day" or first <= s <= last) for s in shifts}


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
    before = c.labour_market_regions(flows)
    return Regions(before, c.labour_market_regions(flows, plus=plus) if added else before, year, not year)


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
    wide = wide.groupby(market.places.loc[wide.index, "municipality_code"].astype(str).to_numpy()).sum().T
    names = sorted({*wide.index, *wide.columns})
    return "", wide.reindex(index=wide.index, columns=names, fill_value=0.0)
