"""The step of the villages: which there are, and what each finds around it, from layers and networks to plain frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import network as n
from landplan.errors import PlanError
from landplan.growth import villages as v
from landplan.growth.attraction import Indicator, attractiveness
from landplan.network.snapping import snap_arrays
from landplan.plan import Plan, Villages
from landplan.run.sharing import RESTRICTED, strictest
from landplan.run.squares import groups
from landplan.run.steps import LayerSet, Tick

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["USED", "VillageSet", "work_out"]

USED: Final = ("localities", "municipalities", "population_grid", "services", "workplaces", "roads", "broadband", "holiday_homes")
"""Layers that a profile is made of, where the plan has them."""
WORK: Final = "large_workplace"
SCHOOL: Final = "compulsory_school"
_WALK_KMH: Final = 6.0
"""Everyone's speed on the network that ways to school are measured on: a minute is then a hundred metres."""


@dataclass(frozen=True, slots=True)
class VillageSet:
    """What is known of each village.

    Attributes
    ----------
    places : geopandas.GeoDataFrame
        By village id: `name`, `municipality_code`, `kind`, `country`, geometry.
    countries : tuple of str
        Those of any layer used, the plan's own first.
    people, ways, jobs : pandas.DataFrame
        By village and country, as `growth.villages` has them; `ways` by `kind` too.
    school : pandas.DataFrame
        By village: `metres`, `target`, `reason`, `persons_beyond` of `persons` (those around it in countries whose schools are known).
    around : pandas.DataFrame
        By village: `fibre_share`, `fibre_squares`, `holiday_houses`, `holiday_areas`.
    scores : pandas.DataFrame
        By village, as `attractiveness`; empty columns where the plan has no indicator.
    absent : dict of str to (str, str)
        What is not known of any village: to the layer it would be in and why ("no_layer", "none_in_layer", "restricted").
    winter : bool
        Whether the plan says anything of winter.
    sources : dict of str to str
        Indicator to whose limits it has.
    """

    places: gpd.GeoDataFrame
    countries: tuple[str, ...]
    people: pd.DataFrame
    ways: pd.DataFrame
    jobs: pd.DataFrame
    school: pd.DataFrame
    around: pd.DataFrame
    scores: pd.DataFrame
    absent: dict[str, tuple[str, str]]
    winter: bool
    sources: dict[str, str]


def _frame(data: LayerSet, name: str) -> gpd.GeoDataFrame | None:
    return data.layers[name].frame if name in data.layers else None


def _with_country(frame: gpd.GeoDataFrame, data: LayerSet) -> gpd.GeoDataFrame:
    """Return a layer with each feature's country: by its municipality code, or by the nearest municipality where it has none."""
    import pandas as pd

    code = frame["municipality_code"].astype(object) if "municipality_code" in frame else pd.Series(None, index=frame.index, dtype=object)
    lacking = (code.isna() | (code.astype(str).str.strip() == "")).to_numpy(bool)
    towns = _frame(data, "municipalities")
    if lacking.any() and towns is not None and len(towns):
        import shapely

        tree = shapely.STRtree(towns.geometry.to_numpy())
        at = tree.nearest(shapely.centroid(frame.geometry.to_numpy()[lacking]))
        code = code.to_numpy(object).copy()
        code[lacking] = towns["municipality_code"].astype(str).to_numpy(object)[at]
    return frame.assign(country=[v.country_of(c) for c in np.asarray(code, object)])


def _chosen(cfg: Villages, data: LayerSet) -> gpd.GeoDataFrame:
    """The villages that the plan means: inside its area, of its kinds, by name where it names any."""
    import shapely

    frame = data.layers["localities"].frame
    shapely.prepare(data.area)
    at = shapely.get_coordinates(frame.geometry.to_numpy())
    inside = frame[shapely.contains_xy(data.area, at[:, 0], at[:, 1])]
    ids = inside["locality_id"].astype(str)
    if cfg.names:
        known = set(inside["name"]) | set(ids)
        if lost := [name for name in cfg.names if name not in known]:
            raise PlanError(f"[villages] names {lost[0]!r}, which is no locality in the plan's area; it has {', '.join(sorted(map(str, inside['name']))[:20])}")
        inside = inside[inside["name"].isin(cfg.names) | ids.isin(cfg.names)]
    else:
        inside = inside[inside["kind"].isin(cfg.kinds)]
    if cfg.municipalities:
        inside = inside[inside["municipality_code"].astype(str).isin(cfg.municipalities)]
    if inside.empty:
        raise PlanError("[villages] finds no locality of its kinds in the plan's area; add kinds (village, smaort, tatort, other), or names")
    kept = inside[["locality_id", "name", "municipality_code", "kind", "geometry"]].astype({"locality_id": str, "municipality_code": str})
    kept = kept.sort_values(["name", "locality_id"], kind="stable").set_index("locality_id", drop=False).rename_axis("village_id")
    if (twice := kept.index.duplicated()).any():
        raise PlanError(f"layer localities has id {kept.index[twice][0]!r} twice; ids must be unique")
    return _with_country(kept, data)


def _squares(data: LayerSet, limit: int) -> gpd.GeoDataFrame:
    """Population squares as points; those with few persons stand where the largest of the neighbours is that they are shown with on the maps.

    Circles around two villages overlap. Were squares counted one by one, what differs between two sums could be the persons of a single house.
    """
    import geopandas as gpd
    import shapely

    grid = _with_country(data.layers["population_grid"].frame, data)
    lived = grid[grid["population"] > 0].reset_index(drop=True)
    at = shapely.get_coordinates(shapely.centroid(lived.geometry.to_numpy()))
    code = lived["municipality_code"].astype(object).where(lived["municipality_code"].notna(), "") if "municipality_code" in lived else lived["country"]
    persons = lived["population"].to_numpy(np.float64)
    group = groups(at[:, 0], at[:, 1], persons, code.astype("category").cat.codes.to_numpy(np.int64), limit)
    order = np.lexsort((np.arange(len(lived)), -persons, group))
    _, first = np.unique(group[order], return_index=True)
    head = np.zeros(len(lived), np.int64)
    head[group[order][first]] = order[first]
    home = gpd.points_from_xy(at[:, 0], at[:, 1])
    return gpd.GeoDataFrame(lived.drop(columns="geometry"), geometry=home[head[group]], crs=grid.crs).assign(home_x=at[:, 0], home_y=at[:, 1])


def _people(places: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, countries: tuple[str, ...], radius_m: float, limit: int) -> pd.DataFrame:
    """Count who lives around each village in groups of squares; where those who live there are few themselves, they are the count, which is then hidden."""
    import geopandas as gpd

    found = v.people_around(places, squares, radius_m=radius_m, countries=countries)
    homes = gpd.GeoDataFrame(squares.drop(columns="geometry"), geometry=gpd.points_from_xy(squares["home_x"], squares["home_y"]), crs=squares.crs)
    alone = v.people_around(places, homes, radius_m=radius_m, countries=countries)
    few = (alone["population"] > 0) & (alone["population"] < limit)
    return found.where(~few, alone)


def _winter_told(plan: Plan, roads: gpd.GeoDataFrame) -> bool:
    """Whether the plan's rules, or a road that is open in one season, make winter another time than summer."""
    ruled = plan.catchment.mode != "car" or any(r.season == "winter" for r in plan.catchment.rules)
    return ruled or bool("season" in roads and roads["season"].notna().any())


def _ways(plan: Plan, cfg: Villages, data: LayerSet, net: n.Network, found: _Found) -> None:
    """Minutes to each kind of service and to work, in summer and in winter."""
    import geopandas as gpd
    import pandas as pd

    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    points = found.places
    off = set(points.index[snap_arrays(net, points, **legs).edge < 0])
    warm = net.at("summer", plan.catchment.period)
    cold = net.at("winter", plan.catchment.period) if found.winter else None

    def both(targets: gpd.GeoDataFrame) -> tuple[Any, Any]:
        return n.matrix(warm, points, targets, **legs), None if cold is None else n.matrix(cold, points, targets, **legs)

    parts: list[pd.DataFrame] = []
    services = found.asked("services", data, cfg.services)
    if services is not None:
        services = _with_country(services, data)
        for kind in cfg.services:
            some = services[services["service_kind"] == kind].set_index("service_id", drop=False)
            if some.empty:
                found.absent[kind] = ("services", "none_in_layer")
                continue
            od, winter = both(some)
            named = some.assign(name=some["name"].fillna("") if "name" in some else "")
            parts.append(v.nearest(od, named, countries=found.countries, winter=winter, off_network=off).assign(kind=kind))
    work = found.asked("workplaces", data, ("jobs",), restricted=False)
    large: list[gpd.GeoDataFrame] = []
    if work is not None:
        work = _with_country(work, data).set_index("workplace_id", drop=False)
        od, winter = both(work)
        found.jobs = v.jobs_within(od, work, within_min=cfg.jobs_min, countries=found.countries, winter=winter, off_network=off)
        if strictest(data.layers, ["workplaces"]) == RESTRICTED:
            found.absent[WORK] = ("workplaces", "restricted")
        else:
            some = work[work["jobs"] >= cfg.large_workplace_jobs]
            large.append(some.assign(name=some["sector"].fillna("") if "sector" in some else "", target_id=some["workplace_id"].astype(str))[["target_id", "name", "country", "geometry"]])
    own = [s for s, site in plan.sites.items() if site.jobs]
    shown = [s for s in own if not plan.sites[s].layer or strictest(data.layers, [plan.sites[s].layer]) != RESTRICTED]
    if shown:
        sites = data.sites[data.sites["site_id"].isin(shown)]
        large.append(_with_country(sites.assign(target_id="site " + sites["site_id"].astype(str)), data)[["target_id", "name", "country", "geometry"]])
    if large and sum(map(len, large)):
        targets = gpd.GeoDataFrame(pd.concat(large, ignore_index=True), crs=points.crs).set_index("target_id")
        od, winter = both(targets)
        parts.append(v.nearest(od, targets, countries=found.countries, winter=winter, off_network=off).assign(kind=WORK))
        found.absent.pop(WORK, None)
    elif WORK not in found.absent:
        found.absent[WORK] = ("workplaces", "none_in_layer" if work is not None else "no_layer")
    if parts:
        found.ways = pd.concat(parts, ignore_index=True)


def _school(plan: Plan, cfg: Villages, data: LayerSet, squares: gpd.GeoDataFrame | None, found: _Found) -> None:
    """Metres along roads that may be walked to the nearest compulsory school, of the village and of everyone around it."""
    import geopandas as gpd
    import pandas as pd

    services = data.layers["services"].frame if "services" in data.layers and "services" not in found.held else None
    schools = None if services is None else services[services["service_kind"] == SCHOOL]
    if schools is None or schools.empty:
        found.absent["school_way"] = found.absent.get(SCHOOL, ("services", "restricted" if "services" in found.held else "no_layer" if services is None else "none_in_layer"))
        return
    roads = data.layers["roads"].frame
    dry = roads[~roads["ferry"].fillna(False).astype(bool)] if "ferry" in roads else roads
    flat = dry.drop(columns=[c for c in ("delay_forward_s", "delay_backward_s", "oneway", "season") if c in dry]).assign(speed_kmh=_WALK_KMH)
    speeds = n.SpeedProfile.for_mode("walk")
    profile = n.SpeedProfile("metres", default_kmh=dict.fromkeys(speeds.default_kmh, _WALK_KMH), cap_kmh=_WALK_KMH)
    paths = n.from_layer(flat, mode="walk", profile=profile, name="roads")
    per_min = _WALK_KMH * 1000.0 / 60.0
    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": _WALK_KMH}
    schools = _with_country(schools, data).set_index("service_id", drop=False)
    points = found.places
    off = set(points.index[snap_arrays(paths, points, **legs).edge < 0])
    # pupils go to school in their own country
    rows = []
    for country in found.countries:
        here, there = points[points["country"] == country], schools[schools["country"] == country]
        if len(here):
            named = there.assign(name=there["name"].fillna("") if "name" in there else "")
            rows.append(v.nearest(n.matrix(paths, here, there, **legs), named, countries=(country,), off_network=off) if len(there) else _none(here, country))
    way = pd.concat(rows, ignore_index=True).set_index("village_id").reindex(points.index)
    school = pd.DataFrame({"metres": way["minutes"] * per_min, "target": way["target"], "reason": way["reason"].replace({"off_network": "no_foot_way", "disconnected": "no_foot_way"}), "persons_beyond": np.nan, "persons": np.nan}, index=points.index)
    if squares is not None:
        # of a country whose schools no layer tells, nobody is far from one
        told = squares["country"].isin(schools["country"].unique()).to_numpy() & _near(points, squares, cfg.radius_m)
        near = squares[told].reset_index(drop=True)
        metres = np.full(len(near), np.inf)
        homes = gpd.GeoDataFrame(index=near.index, geometry=gpd.points_from_xy(near["home_x"], near["home_y"]), crs=near.crs)
        for country in found.countries:
            mine, there = np.flatnonzero(near["country"] == country), schools[schools["country"] == country]
            if mine.size and len(there):
                metres[mine] = n.matrix(paths, homes.iloc[mine], there, **legs).to_dense().min(axis=1) * per_min
        whole = v.people_around(points, near, radius_m=cfg.radius_m, countries=found.countries).groupby("village_id")["population"].sum()
        school["persons"] = whole.reindex(points.index)
        school["persons_beyond"] = v.persons_beyond(points, near.assign(way_m=metres), radius_m=cfg.radius_m, limit_m=cfg.safe_route_m)
    found.school = school


def _none(here: gpd.GeoDataFrame, country: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"village_id": here.index, "country": country, "minutes": np.inf, "winter_min": np.nan, "target": "", "reason": "no_service"})


def _near(points: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, radius_m: float) -> Any:
    import shapely
    from scipy.spatial import cKDTree

    far, _ = cKDTree(shapely.get_coordinates(points.geometry.to_numpy())).query(shapely.get_coordinates(squares.geometry.to_numpy()))
    return far <= radius_m * (1 + 1e-9)


@dataclass
class _Found:
    """What has been worked out so far, and what cannot be."""

    places: gpd.GeoDataFrame
    countries: tuple[str, ...]
    absent: dict[str, tuple[str, str]]
    winter: bool
    held: frozenset[str]
    ways: Any = None
    jobs: Any = None
    school: Any = None

    def asked(self, layer: str, data: LayerSet, parts: Sequence[str], *, restricted: bool = True) -> Any:
        """Return a layer's frame, or note that these parts are not known without it."""
        if layer in data.layers and not (restricted and layer in self.held):
            return data.layers[layer].frame
        for part in parts:
            self.absent[part] = (layer, "restricted" if layer in data.layers else "no_layer")
        return None


def work_out(plan: Plan, data: LayerSet, net: n.Network | None, tick: Tick) -> VillageSet:
    """Work out every village's profile.

    Parameters
    ----------
    plan : Plan
        With ``[villages]`` and layer localities.
    data : LayerSet
    net : Network, optional
        Without one there are no minutes, and the profile says so.
    tick : callable

    Returns
    -------
    VillageSet

    Raises
    ------
    PlanError
        If the plan's names or kinds find no village.
    """
    import pandas as pd

    cfg = plan.villages
    if cfg is None:
        raise PlanError("the plan has no [villages]; add it, with safe_route_m and its source")
    places = _chosen(cfg, data)
    held = frozenset(k for k in USED if strictest(data.layers, [k]) == RESTRICTED)
    # a country is there when something in the plan lies in it
    lands = {c for k in ("municipalities", "population_grid", "services", "workplaces") if (f := _frame(data, k)) is not None for c in _with_country(f, data)["country"].unique()}
    first = sorted({v.country_of(c) for c in plan.area.municipalities} or {v.HOME}, key=lambda c: (c != v.HOME, c))
    countries = tuple(dict.fromkeys([*(c for c in first if c in lands | set(places["country"])), *sorted(lands | set(places["country"]))]))
    roads = _frame(data, "roads")
    found = _Found(places, countries, {}, roads is not None and net is not None and _winter_told(plan, roads), held)
    squares = _squares(data, plan.export.min_persons) if "population_grid" in data.layers else None
    if squares is None:
        found.absent["people"] = ("population_grid", "no_layer")
    elif cfg.min_persons:
        counted = _people(places, squares, countries, cfg.radius_m, plan.export.min_persons).groupby("village_id")["population"].sum()
        places = found.places = places[counted.reindex(places.index).to_numpy() >= cfg.min_persons]
        if places.empty:
            raise PlanError(f"[villages] min_persons {cfg.min_persons} leaves no village; lower it or raise radius_m")
    people = _people(places, squares, countries, cfg.radius_m, plan.export.min_persons) if squares is not None else pd.DataFrame(columns=["village_id", "country", "population", "working_age"])
    tick(0.1)
    if net is None or roads is None:
        found.absent |= dict.fromkeys((*cfg.services, "jobs", WORK, "school_way"), ("roads", "no_layer"))
    else:
        _ways(plan, cfg, data, net, found)
        tick(0.6)
        _school(plan, cfg, data, squares, found)
    tick(0.9)
    around = pd.DataFrame(index=places.index)
    fibre, homes = found.asked("broadband", data, ("fibre_share",), restricted=False), found.asked("holiday_homes", data, ("holiday_houses",))
    mean = v.mean_around(places, fibre, "fibre_share", radius_m=cfg.radius_m) if fibre is not None and "fibre_share" in fibre else None
    if fibre is not None and mean is None:
        found.absent["fibre_share"] = ("broadband", "none_in_layer")
    around["fibre_share"] = np.nan if mean is None else mean["mean"]
    around["fibre_squares"] = 0 if mean is None else mean["places"]
    total = v.total_around(places, homes.assign(houses=homes.get("houses", np.nan)), "houses", radius_m=cfg.radius_m) if homes is not None else None
    around["holiday_houses"] = np.nan if total is None else total["total"]
    around["holiday_areas"] = 0 if total is None else total["places"]
    ways = found.ways if found.ways is not None else pd.DataFrame(columns=["village_id", "country", "minutes", "winter_min", "target", "reason", "kind"])
    jobs = found.jobs if found.jobs is not None else pd.DataFrame(columns=["village_id", "country", "jobs", "winter_jobs", "reason"])
    school = found.school if found.school is not None else pd.DataFrame({"metres": np.nan, "target": "", "reason": "", "persons_beyond": np.nan, "persons": np.nan}, index=places.index)
    scores = _scores(cfg, places, people, ways, jobs, school, around, plan.export.min_persons)
    return VillageSet(
        places, countries, people, ways, jobs, school, around, scores, found.absent, found.winter, {k: i.source for k, i in cfg.indicators.items()}
    )  # fmt: skip


def _scores(cfg: Villages, places: Any, people: Any, ways: Any, jobs: Any, school: Any, around: Any, limit: int) -> pd.DataFrame:
    """Weigh what is known of each village; the nearest counts, on whichever side of the border it is."""
    import pandas as pd

    whole = pd.DataFrame(index=places.index)
    sums = people.groupby("village_id")[["population", "working_age"]].sum(min_count=1) if len(people) else people.set_index("village_id")
    for column in ("population", "working_age"):
        value = sums[column].reindex(places.index).astype(float)
        # a score must not tell what the figure beside it hides
        whole[column] = value.mask((value > 0) & (value < limit))
    for kind in (*cfg.services, WORK):
        some = ways[ways["kind"] == kind]
        whole[f"{kind}_min"] = some.groupby("village_id")["minutes"].min().reindex(places.index).astype(float) if len(some) else np.nan
    whole["jobs"] = jobs.groupby("village_id")["jobs"].sum().reindex(places.index).astype(float) if len(jobs) else np.nan
    whole["school_m"] = school["metres"].astype(float)
    whole["fibre_share"], whole["holiday_houses"] = around["fibre_share"], around["holiday_houses"]
    if not cfg.indicators:
        return whole
    asks = {k: Indicator(i.column, i.worst, i.best, i.unit, i.source) for k, i in cfg.indicators.items()}
    return attractiveness(whole, asks, {k: i.weight for k, i in cfg.indicators.items()})
