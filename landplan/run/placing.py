"""Where an area's dwellings go: its housing sites with what each costs those who move there and those who pay for the pipes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import network as n
from landplan.growth import housing
from landplan.infrastructure import nearest_m
from landplan.plan import Plan
from landplan.run.growing import codes_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.plan.growth import Placing
    from landplan.plan.workers import Workers
    from landplan.run.growing import AreaGrowth
    from landplan.run.serving import Ways
    from landplan.run.steps import HousingResult, LayerSet
    from landplan.run.workers import WorkersSet

__all__ = ["Placed", "car_share", "place_dwellings"]

_PARTS: Final = {"commute": "commute_min", "servicing": "servicing_ksek", "suitability": "unsuitable", "services": "services_min"}
"""The column of sites that each weight of the plan is about; each is a cost."""
_SOME: Final = 0.5
"""Fewer dwellings than this are none."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Dwellings of an area on its sites.

    Attributes
    ----------
    sites : geopandas.GeoDataFrame
        A row a site that can take dwellings: `capacity`, `earliest_year`, `group`, `commute_min`, `commute_km`, `servicing_ksek`, `suitability`, `services_min`,
        `kg_year` (of a dwelling's commuting), `dwellings`, `first_year`, `marginal`, `relief`, `logit_dwellings`, `shadow_price`, `built_share` (of the
        draws in which it takes any), `low`, `high`.
    left_out : pandas.DataFrame
        `site_id`, `name`, `reason` of sites that could not be asked.
    allocation, logit : Allocation
        Exact, and as people would choose.
    still : bool
        Whether the rounds stood still.
    front : pandas.DataFrame
        As `growth.housing.pareto`, of two of the parts.
    pair : tuple of str
        Which two.
    parts : tuple of (str, float)
        Each part and its share of the weight.
    objectives : pandas.DataFrame
        The objectives by way of placing: `way`, `minutes_day`, `tonnes_year`, `servicing_msek`, `suitability`, `unmet`.
    km_today : float
        Mean way to work of those who live in the area today, one way; nan without workplaces.
    no_sites : tuple of str
        Groups of which the plan's balance asks for some, and that have no site.
    kept_waiting : float
        Dwellings that wait at the end for the balance's sake alone.
    """

    sites: gpd.GeoDataFrame
    left_out: pd.DataFrame
    allocation: housing.Allocation
    logit: housing.Allocation
    still: bool
    front: pd.DataFrame
    pair: tuple[str, str]
    parts: tuple[tuple[str, float], ...]
    objectives: pd.DataFrame
    km_today: float = np.nan
    no_sites: tuple[str, ...] = ()
    kept_waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class _Commute:
    """What a site's commute follows from: minutes to workplaces, the wish to go so far, and how many already want each job."""

    minutes: NDArray[np.float64]
    wish: NDArray[np.float64]
    jobs: NDArray[np.float64]
    wanted: NDArray[np.float64]
    km: NDArray[np.float64]

    def of(self, workers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each site's mean minutes and kilometres when so many workers live at the sites."""
        wanted = self.wanted + workers @ self.wish
        weight = self.wish * np.where(wanted > 0, self.jobs / np.where(wanted > 0, wanted, 1.0), 0.0)
        total = weight.sum(axis=1)
        finite = np.where(np.isfinite(self.minutes), self.minutes, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weight * finite).sum(axis=1) / total, (weight * self.km).sum(axis=1) / total


def place_dwellings(
    plan: Plan, data: LayerSet, net: n.Network | None, area: AreaGrowth, workers: WorkersSet | None,
    ranked: HousingResult | None, new: HousingResult | None = None, ways: Ways | None = None,
) -> Placed | None:
    """Place the main scenario's dwellings.

    Parameters
    ----------
    plan : Plan
        With ``[growth.placing]``.
    data : LayerSet
    net : Network or None
    area : AreaGrowth
    workers : WorkersSet or None
        The jobs that new residents look for, and how far people go.
    ranked : HousingResult or None
        Suitability and minutes to services of the sites.
    new : HousingResult or None
        Land that is no site yet, ranked likewise.
    ways : Ways, optional
        Networks by mode: with them each site's minutes to the nearest school, shop and station, by car and on foot.

    Returns
    -------
    Placed or None
        None without a layer of sites, a network, or a site with a capacity in the area.
    """
    import pandas as pd

    cfg = plan.growth.placing if plan.growth else None
    if cfg is None or cfg.layer not in data.layers or net is None:
        return None
    frame = data.layers[cfg.layer].frame
    codes = codes_of(frame, data)
    sites, reasons = _askable(plan, cfg, frame[codes == area.municipality])
    if next(iter(plan.growth.areas), "") == area.id:  # type: ignore[union-attr]
        # nobody's sites are told of once, with the first area
        nobody = frame[codes == ""]
        reasons += [(str(i), str(n), "no_municipality") for i, n in zip(nobody["site_id"], nobody["name"], strict=True)]
    if new is not None:
        sites = _with_new(plan, cfg, data, area.municipality, sites, new)
    if not len(sites):
        return None
    sites["group"] = _groups(cfg, data, sites)
    commute = _commute(plan, cfg, data, net, sites, workers)
    if commute is not None:
        sites["commute_min"], sites["commute_km"] = commute.of(np.zeros(len(sites)))
    else:
        sites["commute_min"] = sites["commute_km"] = np.nan
    sites["servicing_ksek"] = _servicing(cfg, data, sites) / 1000.0
    sites["suitability"], sites["services_min"] = _ranked([h for h in (ranked, new) if h is not None], sites)
    sites["unsuitable"] = 1.0 - sites["suitability"]
    for column, values in _access(data, ways, sites).items():
        sites[column] = values
    weights = {k: w for k, w in cfg.weights.items() if w > 0 and sites[_PARTS[k]].notna().any()}
    lacks = sites[[_PARTS[k] for k in weights]].isna().to_numpy()
    lost = pd.Series(lacks.any(axis=1), index=sites.index)
    reasons += [(str(sites["site_id"].iloc[i]), str(sites["name"].iloc[i]), f"no_{list(weights)[int(lacks[i].argmax())]}") for i in np.flatnonzero(lost)]
    left = pd.DataFrame(reasons, columns=["site_id", "name", "reason"])
    sites = sites[~lost].reset_index(drop=True)
    if not len(sites) or not weights:
        return None
    if commute is not None:
        keep = ~lost.to_numpy()
        commute = _Commute(commute.minutes[keep], commute.wish[keep], commute.jobs, commute.wanted, commute.km[keep])
    found = _solve(plan, cfg, area, sites, left, weights, commute)
    return replace(found, km_today=_km_today(plan, data, area, workers))


def _km_today(plan: Plan, data: LayerSet, area: AreaGrowth, workers: WorkersSet | None) -> float:
    """How far those who live in the area go to the jobs that there are, in the mean."""
    import pandas as pd

    if workers is None or not len(workers.market.others) or "municipality_code" not in workers.market.by:
        return np.nan
    market, today = workers.market, workers.today or workers.model
    away = market.od[plan.catchment.mode]
    columns = pd.Index(away.destination_ids).get_indexer(list(market.others.index))
    minutes = away.to_dense()[:, columns].astype(float)
    labour, wish = market.labour["labour"].to_numpy(float), today.at(minutes)
    here = (market.by["municipality_code"].astype(str) == area.municipality).to_numpy()
    crow = _road_km(market.points.geometry.to_numpy()[here], market.places.geometry.loc[market.others.index].to_numpy())
    homes = _Commute(minutes[here], wish[here], market.others.to_numpy(float), labour @ wish, crow)
    # they are among those who look for the jobs already
    km = homes.of(np.zeros(int(here.sum())))[1]
    people = labour[here] * np.isfinite(km)
    return float(np.nan_to_num(km) @ people / people.sum()) if people.sum() > 0 else np.nan


def _solve(
    plan: Plan, cfg: Placing, area: AreaGrowth, sites: gpd.GeoDataFrame, left: pd.DataFrame, weights: dict[str, float], commute: _Commute | None
) -> Placed:
    import pandas as pd

    need = area.asked.need
    total = sum(weights.values())
    # one unit is the whole span of a part over the sites, so that a weight says what it is worth
    span = {k: float(np.ptp(sites[_PARTS[k]].to_numpy(float))) or 1.0 for k in weights}
    objective = {_PARTS[k]: w / total / span[k] for k, w in weights.items()}
    balance = {k: (v[0], v[1]) for k, v in cfg.balance.items() if k in set(sites["group"])}

    def travel(found: housing.Allocation) -> dict[str, NDArray[np.float64]]:
        assert commute is not None
        return {"commute_min": commute.of(found.dwellings.sum(axis=1) * cfg.workers_per_dwelling)[0]}

    if commute is not None and "commute" in weights:
        found, rounds, still = housing.until_still(sites, need, objective, travel, constraints=balance)
        allocation = replace(found, rounds=rounds)
        sites["commute_min"], sites["commute_km"] = commute.of(found.dwellings.sum(axis=1) * cfg.workers_per_dwelling)
    else:
        allocation, still = housing.allocate(sites, need, objective, balance), True
    without = tuple(k for k, v in cfg.balance.items() if v[0] > 0 and k not in balance)
    waiting = float(allocation.waiting[-1])
    # the balance goes before waiting: what it costs in it is said
    free = float(housing.allocate(sites, need, objective, prices=False).waiting[-1]) if balance and waiting > _SOME else waiting
    logit = housing.allocate(sites, need, objective, method="logit", theta=cfg.theta)
    stable = housing.rank_stability(
        sites, need, objective, spread=cfg.spread, draws=cfg.draws, seed=plan.plan.seed, top=3, constraints=balance
    ).set_index("site_id")  # fmt: skip
    names = sorted(weights, key=lambda k: -weights[k])
    pair = (names[0], names[1] if len(names) > 1 else names[0])
    front = housing.pareto(sites, need, _PARTS[pair[0]], _PARTS[pair[1]], constraints=balance) if len(names) > 1 else sites.iloc[:0]
    kg = _kg(plan, cfg, sites)
    sites["kg_year"] = kg
    sites["dwellings"], sites["logit_dwellings"] = allocation.dwellings.sum(axis=1), logit.dwellings.sum(axis=1)
    built = allocation.dwellings > 1e-6
    sites["first_year"] = [int(allocation.years[row.argmax()]) if row.any() else None for row in built]
    sites["marginal"], sites["relief"], sites["shadow_price"] = allocation.marginal, allocation.relief, logit.marginal
    for column in ("built_share", "low", "high"):
        sites[column] = stable[column].reindex(sites["site_id"].astype(str)).to_numpy()
    ways = [("weighed", allocation), ("choice", logit)]
    for part in weights:
        ways.append((f"least_{part}", housing.allocate(sites, need, {_PARTS[part]: 1.0}, balance, prices=False)))
    rows = [_sums(cfg, sites, kg, way, a) for way, a in ways]
    return Placed(
        sites, left, allocation, logit, still, front, pair, tuple((k, w / total) for k, w in weights.items()), pd.DataFrame(rows),
        no_sites=without, kept_waiting=max(0.0, waiting - free),
    )  # fmt: skip


def _sums(cfg: Placing, sites: gpd.GeoDataFrame, kg: NDArray[np.float64], way: str, found: housing.Allocation) -> dict[str, Any]:
    built = found.dwellings.sum(axis=1)
    minutes = sites["commute_min"].to_numpy(float)
    count = float(built.sum())
    return {
        "way": way, "dwellings": count, "unmet": float(found.unmet.sum()),
        # there and back, by all who work
        "minutes_day": float(np.nansum(built * minutes) * 2 * cfg.workers_per_dwelling), "tonnes_year": float(np.nansum(built * kg)) / 1000.0,
        "servicing_msek": float(built @ sites["servicing_ksek"].to_numpy(float)) / 1000.0,
        "suitability": float(np.nansum(built * sites["suitability"].to_numpy(float)) / count) if count else np.nan, "gap": found.gap,
    }  # fmt: skip


def car_share(wish: Workers) -> float:
    """Return the share of trips that are driven: of all trips, also those by modes that the plan's shares leave out; all where it has none."""
    return 1.0 if wish.choice is None else wish.choice.percent["car"] / max(100.0, sum(wish.choice.percent.values()))


def _kg(plan: Plan, cfg: Placing, sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Kilograms of carbon dioxide a dwelling's commuting gives in a year, by car as the mode shares have it."""
    wish = plan.catchment.workers
    if wish is None or "car" not in wish.kg_per_km:
        return np.full(len(sites), np.nan)
    share = car_share(wish)
    return np.asarray(sites["commute_km"].to_numpy(float) * 2 * cfg.workers_per_dwelling * cfg.days_per_year * share * wish.kg_per_km["car"])


def _askable(plan: Plan, cfg: Placing, own: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[tuple[str, str, str]]]:
    """Sites that can be built on, with what each can take and from when; and why the others cannot."""
    import geopandas as gpd
    import pandas as pd

    start = plan.growth.start_year if plan.growth else 0
    stage = own["plan_stage"].astype("string").fillna("uppgift saknas")
    least = pd.to_numeric(own["dwellings_min"], errors="coerce")
    most = pd.to_numeric(own["dwellings_max"], errors="coerce").fillna(least)
    rows, reasons, kept = [], [], []
    for i in range(len(own)):
        site, name, at = str(own["site_id"].iloc[i]), str(own["name"].iloc[i]), str(stage.iloc[i])
        if at == "upphävd":
            reasons.append((site, name, "revoked"))
        elif not np.isfinite(most.iloc[i]):
            reasons.append((site, name, "no_number"))
        elif at not in cfg.lead_years:
            reasons.append((site, name, "no_lead"))
        else:
            kept.append(i)
            rows.append({
                "site_id": site, "name": name, "plan_stage": at, "capacity": float(most.iloc[i]), "capacity_low": float(least.iloc[i]),
                "earliest_year": max(start + 1, start + cfg.lead_years[at]), "building_type": own["building_type"].iloc[i] if "building_type" in own else None,
                "tenure": own["tenure"].iloc[i] if "tenure" in own else None, "stage_min": float(cfg.stage_min),
                "per_year_max": float(cfg.per_year_max) if cfg.per_year_max else np.inf,
            })  # fmt: skip
    columns = ["site_id", "name", "plan_stage", "capacity", "capacity_low", "earliest_year", "building_type", "tenure", "stage_min", "per_year_max"]
    sites = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns).assign(kind="named"), geometry=own.geometry.iloc[kept].to_numpy(), crs=own.crs)
    return sites, reasons


def _with_new(plan: Plan, cfg: Placing, data: LayerSet, municipality: str, sites: gpd.GeoDataFrame, new: HousingResult) -> gpd.GeoDataFrame:
    """The sites and the municipality's new land, which takes as many as its hectares and the plan's density say."""
    import geopandas as gpd
    import pandas as pd

    frame = data.layers["municipalities"].frame
    outline = frame[frame["municipality_code"].astype(str) == municipality].geometry.union_all()
    land = new.sites[new.sites.geometry.representative_point().within(outline)]
    start = plan.growth.start_year if plan.growth else 0
    capacity = np.floor(land["area_ha"].to_numpy(float) * (cfg.new_land_per_ha or 0.0))
    rows = pd.DataFrame({
        "site_id": land["site_id"].astype(str).to_numpy(), "name": land["name"].to_numpy(), "plan_stage": "uppgift saknas", "capacity": capacity, "capacity_low": 0.0,
        "earliest_year": max(start + 1, start + cfg.new_land_lead_years), "building_type": None, "tenure": None, "stage_min": float(cfg.stage_min),
        "per_year_max": float(cfg.per_year_max) if cfg.per_year_max else np.inf, "kind": "new",
    })  # fmt: skip
    own = gpd.GeoDataFrame(rows, geometry=land.geometry.to_numpy(), crs=sites.crs)
    both = [x for x in (sites, own[own["capacity"] > 0]) if len(x)]
    return gpd.GeoDataFrame(pd.concat(both, ignore_index=True), geometry="geometry", crs=sites.crs) if both else sites


def _groups(cfg: Placing, data: LayerSet, sites: gpd.GeoDataFrame) -> list[str]:
    """Town or village: what the nearest locality with a known population is."""
    import shapely

    if "localities" not in data.layers or not len(sites):
        return ["town"] * len(sites)
    frame = data.layers["localities"].frame
    known = frame[frame["population"].notna()] if "population" in frame else frame.iloc[:0]
    if not len(known):
        return ["town"] * len(sites)
    tree = shapely.STRtree(known.geometry.to_numpy())
    nearest = tree.nearest(sites.geometry.to_numpy())
    return ["town" if float(known["population"].iloc[int(k)]) >= cfg.town_persons else "village" for k in nearest]


def _legs(plan: Plan) -> dict[str, Any]:
    return {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}


def _points(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    points = sites[["site_id", "geometry"]].set_index("site_id")
    points["geometry"] = sites.geometry.representative_point().to_numpy()
    return points


def _commute(plan: Plan, cfg: Placing, data: LayerSet, net: n.Network, sites: gpd.GeoDataFrame, workers: WorkersSet | None) -> _Commute | None:
    """Minutes to every workplace, and how many from all squares already look for each job."""
    import pandas as pd

    if workers is None or not len(workers.market.others) or not len(sites):
        return None
    market, mode = workers.market, plan.catchment.mode
    within = workers.model.within_min
    goals = market.places[["geometry"]].loc[market.others.index]
    jobs = market.others.to_numpy(float)
    own = [k for k in workers.results if k in plan.sites and plan.sites[k].jobs is not None]
    if own:
        # the plan's own sites are workplaces too, at their central number of jobs
        extra = data.sites.set_index("site_id")[["geometry"]].loc[own]
        goals = pd.concat([extra, goals])
        jobs = np.concatenate([[float(plan.sites[k].jobs.central) for k in own], jobs])  # type: ignore[union-attr]
    minutes = n.matrix(net, _points(sites), goals, within, **_legs(plan)).to_dense().astype(float)
    away = market.od[mode]
    columns = pd.Index(away.destination_ids).get_indexer([*own, *market.others.index])
    base = away.to_dense()[:, columns].astype(float)
    labour = market.labour["labour"].to_numpy(float)
    today = workers.today or workers.model
    wanted = labour @ today.at(base)
    km = _road_km(_points(sites).geometry.to_numpy(), goals.geometry.to_numpy())
    return _Commute(minutes, today.at(minutes), jobs, wanted, km)


_NEAR: Final = ("preschool", "compulsory_school", "shop", "station")


def _access(data: LayerSet, ways: Ways | None, sites: gpd.GeoDataFrame) -> dict[str, NDArray[np.float64]]:
    """Minutes from each site to the nearest of a kind, by car and on foot; nan where there is no way within two hours."""
    if ways is None or not len(sites):
        return {}
    out = {}
    points = _points(sites)
    for kind in _NEAR:
        layer = data.layers.get("facilities" if kind == "station" else "services")
        if layer is None:
            continue
        some = layer.frame[layer.frame["kind" if kind == "station" else "service_kind"] == kind]
        if not len(some):
            continue
        for mode in ("car", "walk"):
            minutes = ways.minutes(mode, points, some[["geometry"]], within_min=120.0)
            if minutes is not None:
                nearest = minutes.min(axis=1)
                out[f"{mode}_{kind}"] = np.where(np.isfinite(nearest), nearest, np.nan)
    return out


def _road_km(at: NDArray[np.object_], to: NDArray[np.object_]) -> NDArray[np.float64]:
    """About how many kilometres it is by road from each point to each other, from the crow's way."""
    import shapely

    crow = np.hypot(shapely.get_x(at)[:, None] - shapely.get_x(to)[None, :], shapely.get_y(at)[:, None] - shapely.get_y(to)[None, :])
    return np.asarray(crow / 1000.0 * _DETOUR)


_DETOUR: Final = 1.3
"""How much longer a way is than the crow flies, where only kilometres are asked for."""


def _servicing(cfg: Placing, data: LayerSet, sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Kronor a dwelling: a sum each, and the road and the pipes shared by all that the site can take."""
    ask = cfg.servicing
    cost = np.zeros(len(sites))
    points = sites[["site_id", "geometry"]]
    if "roads" in data.layers:
        cost += ask.road_sek_per_m * nearest_m(points, data.layers["roads"].frame).to_numpy(float)
    grid = data.layers.get("population_grid")
    if grid is not None:
        served = grid.frame[grid.frame["population"] >= ask.served_persons]
        if len(served):
            cost += ask.pipe_sek_per_m * nearest_m(points, served).to_numpy(float)
    return np.asarray(ask.sek_per_dwelling + cost / np.maximum(sites["capacity"].to_numpy(float), 1.0))


def _ranked(ranked: list[HousingResult], sites: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import pandas as pd

    if not ranked:
        return np.full(len(sites), np.nan), np.full(len(sites), np.nan)
    known = pd.concat([h.sites.assign(services_min=h.sites.get("services_min", np.nan))[["site_id", "suitability", "services_min"]] for h in ranked]).set_index("site_id")
    own = known.reindex(sites["site_id"])
    # land that may not be built on has no score: it is as unsuitable as can be
    return own["suitability"].fillna(0.0).to_numpy(float), own["services_min"].to_numpy(float)
