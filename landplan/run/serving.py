"""Services of an area year by year: who goes where, what runs out first, who has too far, where one more would stand, and how soon help comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import network as n
from landplan.growth import location, safety, services
from landplan.plan import Plan
from landplan.run.growing import codes_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.plan.growth import ServiceNorm
    from landplan.run.growing import AreaGrowth, Scenario
    from landplan.run.placing import Placed
    from landplan.run.steps import LayerSet

__all__ = ["Served", "Service", "Ways", "serve"]

_WALK_KMH: Final = 5.0
_MOST_EXACT: Final = 400
"""Demand points up to which a place is chosen exactly by programming; beyond it by exchange, with its bound."""


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of service in one area.

    Attributes
    ----------
    kind : str
    users : dict of str to ndarray of float64, shape (T + 1,)
        By scenario, at the end of each of its years.
    places : float
        Of all its facilities; nan where the layer does not say of each.
    first_short : dict of str to int or None
        The first year in which a scenario's users are more than the places.
    load : ServiceLoad or None
        Everybody to the nearest, the main scenario; None without a network or facilities.
    fitted : ServiceLoad or None
        As everybody fits, the main scenario's last year.
    facilities : geopandas.GeoDataFrame
    far_start, far_end : float
        Users who have too far, or no way at all; nan without a limit.
    site : tuple or None
        Where one more would stand: point, users times cost before and after of those who are reached today, how it was chosen.
    lacking : str
        ``facilities``, ``places``, ``network`` or empty.
    """

    kind: str
    users: dict[str, NDArray[np.float64]]
    places: float
    first_short: dict[str, int | None]
    load: services.ServiceLoad | None
    fitted: services.ServiceLoad | None
    facilities: gpd.GeoDataFrame
    far_start: float
    far_end: float
    site: dict[str, Any] | None
    lacking: str


@dataclass(frozen=True, slots=True)
class Served:
    """All services of an area.

    Attributes
    ----------
    services : dict of str to Service
    response : pandas.DataFrame or None
        `who` (``people_start``, ``people_end``, ``dwellings_new``), and a share for each limit.
    travel : pandas.DataFrame
        By kind and mode: share of people within each limit.
    lacking : tuple of str
        Layers and kinds that the plan asked about and that are not there.
    dark : pandas.DataFrame or None
        By target (``compulsory_school``, ``stop``): share of people near enough on foot, and by lit ways alone.
    districts : pandas.DataFrame or None
        `name`, people at the `start` and the `end`, new `dwellings`; the last row is of those in no district, where there are some.
    station : dict or None
        Where one fire station more would reach most people within the first limit: ``point``, ``minutes``, and the shares ``before`` and ``after``.
    """

    services: dict[str, Service]
    response: pd.DataFrame | None
    travel: pd.DataFrame
    lacking: tuple[str, ...]
    dark: pd.DataFrame | None = None
    districts: pd.DataFrame | None = None
    station: dict[str, Any] | None = None


class Ways:
    """The networks by mode, built when they are first asked for."""

    def __init__(self, plan: Plan, data: LayerSet, net: n.Network | None) -> None:
        self._plan, self._data, self._net = plan, data, net
        self._by: dict[str, n.Network] = {}

    def __call__(self, mode: Any) -> n.Network | None:
        """Return the network of a mode; None without roads."""
        if self._net is None or "roads" not in self._data.layers:
            return None
        if mode == self._plan.catchment.mode:
            return self._net
        if mode not in self._by:
            layer = self._data.layers["roads"]
            self._by[mode] = n.from_layer(layer.frame, mode=mode, name=layer.path.name)
        return self._by[mode]

    def minutes(self, mode: Any, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, within_min: float | None = None) -> NDArray[np.float64] | None:
        """Return minutes between points, ``inf`` where there is no way within the limit; None without a network."""
        net = self(mode)
        if net is None:
            return None
        legs: dict[str, Any] = {"max_m": self._plan.catchment.max_snap_m, "access_kmh": self._plan.catchment.access_kmh if mode == "car" else _WALK_KMH}
        return n.matrix(net, origins, destinations, within_min, **legs).to_dense().astype(float)


def serve(plan: Plan, data: LayerSet, ways: Ways, area: AreaGrowth, placed: Placed | None, tick: Callable[[float], None]) -> Served:
    """Hold every service of ``[growth.services]`` against its users.

    Parameters
    ----------
    plan : Plan
    data : LayerSet
    ways : Ways
    area : AreaGrowth
    placed : Placed or None
        Where those live who come.
    tick : callable

    Returns
    -------
    Served
    """
    cfg = plan.growth
    assert cfg is not None
    lacking: list[str] = []
    points, people = _homes(data, area, placed)
    layer = data.layers.get("services")
    codes = np.zeros(0, object) if layer is None else codes_of(layer.frame, data)
    if layer is None and (cfg.services or cfg.travel):
        lacking.append("services")
    out = {}
    for i, (kind, norm) in enumerate(cfg.services.items()):
        frame = None if layer is None else layer.frame[(layer.frame["service_kind"] == kind).to_numpy() & (codes == area.municipality)]
        out[kind] = _service(plan, ways, area, kind, norm, frame, points, people)
        if layer is not None and (frame is None or not len(frame)):
            lacking.append(kind)
        tick((i + 1) / (len(cfg.services) + 1))
    response, station = None, None
    if cfg.response is not None:
        if "rescue_stations" in data.layers:
            response, unknown = _response(plan, data, ways, points, people, placed)
            station = _station(plan, data, ways, points, people)
            lacking += unknown
        else:
            lacking.append("rescue_stations")
    dark = None
    if cfg.dark is not None:
        if "lighting" in data.layers:
            dark = _dark(plan, data, ways, points, people)
        else:
            lacking.append("lighting")
    travel, missing = _travel(plan, data, ways, points, people)
    return Served(out, response, travel, tuple(dict.fromkeys([*lacking, *missing])), dark, _districts(data, points, people, placed), station)


def _homes(data: LayerSet, area: AreaGrowth, placed: Placed | None) -> tuple[gpd.GeoDataFrame | None, NDArray[np.float64]]:
    """Points where people live, and their share of the area's people in each year of the main scenario: those who come live at the sites."""
    import geopandas as gpd
    import pandas as pd

    grid = data.layers.get("population_grid")
    if grid is None:
        return None, np.zeros((0, 0))
    frame = grid.frame
    own = frame[codes_of(frame, data) == area.municipality]
    if not len(own):
        return None, np.zeros((0, 0))
    total = area.asked.projection.total
    base = own["population"].to_numpy(float)
    base = base / base.sum() * total[0]
    rows = [gpd.GeoDataFrame({"point_id": own["square_id"].astype(str).to_numpy()}, geometry=own.geometry.centroid.to_numpy(), crs=own.crs)]
    people = np.repeat(base[:, None], total.size, axis=1)
    if placed is not None and len(placed.sites):
        need = area.asked.need
        mean = float(total[0] / need.households[0].sum())
        homes = np.cumsum(placed.allocation.dwellings, axis=1) * mean
        # a place of few people that builds for what is torn down may build for more than there are
        homes *= np.minimum(1.0, total[1:] / np.maximum(homes.sum(axis=0), 1e-9))
        added = np.concatenate([np.zeros((len(placed.sites), 1)), homes], axis=1)
        rows.append(gpd.GeoDataFrame({"point_id": placed.sites["site_id"].astype(str).to_numpy()}, geometry=placed.sites.geometry.representative_point().to_numpy(), crs=own.crs))
        # new homes take those who come and thin out the old ones: everybody counted once
        left = np.maximum(total - added.sum(axis=0), 0.0)
        people = np.concatenate([base[:, None] / total[0] * left[None, :], added])
    else:
        people = base[:, None] / total[0] * total[None, :]
    points = gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), geometry="geometry", crs=own.crs).set_index("point_id")
    return points, people


def _users(norm: ServiceNorm, scenario: Scenario) -> NDArray[np.float64]:
    return np.asarray(norm.share * scenario.projection.between(norm.first_age, norm.last_age))


def _service(
    plan: Plan, ways: Ways, area: AreaGrowth, kind: str, norm: ServiceNorm, frame: gpd.GeoDataFrame | None, points: gpd.GeoDataFrame | None, people: NDArray[np.float64]
) -> Service:
    users = {k: _users(norm, s) for k, s in area.scenarios.items()}
    empty = Service(kind, users, np.nan, dict.fromkeys(users), None, None, frame if frame is not None else _nothing(points), np.nan, np.nan, None, "facilities")
    if frame is None or not len(frame):
        return empty
    room = frame["places"].to_numpy(float) if "places" in frame else np.full(len(frame), np.nan)
    # a facility with no places told is no facility with none: a health centre's are not counted in places, and one unknown leaves the sum unknown
    known = np.isfinite(room)
    some = bool((np.nan_to_num(room) > 0).any())
    told = some and bool(known.all())
    places = float(room.sum()) if told else np.nan
    first: dict[str, int | None] = {}
    for name, scenario in area.scenarios.items():
        over = users[name] > places if told else np.zeros(users[name].size, bool)
        first[name] = int(scenario.projection.years[over.argmax()]) if over.any() else None
    ids = frame["service_id"].astype(str).to_numpy()
    facilities = frame.set_index(ids)
    minutes = None if points is None else ways.minutes(norm.mode, points, facilities[["geometry"]])
    if minutes is None:
        return Service(kind, users, places, first, None, None, facilities, np.nan, np.nan, None, "network")
    cost = minutes * (_WALK_KMH * 1000.0 / 60.0) if norm.limit_m is not None else minutes
    limit = norm.limit_m or norm.limit_min or np.inf
    years = [int(y) for y in area.asked.projection.years]
    at = people / people.sum(axis=0) * users[area.main]
    capacity = np.where(known & some, room, np.inf)
    load = services.assign(at, list(ids), cost, capacity, years=years, limit=limit)
    fitted = services.assign(at[:, -1:], list(ids), cost, capacity, years=years[-1:], limit=limit, method="least_travel") if told else None
    far = load.far.sum(axis=0) if np.isfinite(limit) else np.full(len(years), np.nan)
    # one more where places run out, and where enough people have too far to be told of
    short, many = told and first[area.main] is not None, bool(far[-1] >= max(plan.export.min_persons, 1))
    site = _one_more(plan, ways, norm, area, points, at[:, -1], facilities, cost) if points is not None and (short or many) else None
    return Service(kind, users, places, first, load, fitted, facilities, float(far[0]), float(far[-1]), site, "" if told else "places")


def _nothing(points: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"name": []}, geometry=[], crs=None if points is None else points.crs)


def _one_more(
    plan: Plan, ways: Ways, norm: ServiceNorm, area: AreaGrowth, points: gpd.GeoDataFrame, users: NDArray[np.float64], facilities: gpd.GeoDataFrame, cost: NDArray[np.float64]
) -> dict[str, Any] | None:
    """Where one facility more would spare most travel: among the homes that hold most users, beside those that there are."""
    busy = np.argsort(-users, kind="stable")[: min(60, int((users > 0).sum()))]
    if not busy.size:
        return None
    candidates = points.iloc[busy]
    away = ways.minutes(norm.mode, points, candidates)
    if away is None:
        return None
    if norm.limit_m is not None:
        away = away * (_WALK_KMH * 1000.0 / 60.0)
    both = np.concatenate([cost, away], axis=1)
    reach = np.isfinite(both).any(axis=1) & (users > 0)
    if not reach.any():
        return None
    fixed = np.arange(cost.shape[1])
    exact = int(reach.sum()) <= _MOST_EXACT
    found = location.p_median(both[reach], users[reach], p=fixed.size + 1, fixed=fixed, method="exact" if exact else "teitz_bart")
    new = [int(k) for k in found.chosen if k >= fixed.size]
    if not new:
        return None
    # of those whom a facility reaches today: whom only the new one reaches had no way that could be shorter
    now = np.isfinite(cost).any(axis=1) & (users > 0)
    of = users[now]
    before, after = float(of @ cost[now].min(axis=1)), float(of @ both[now][:, list(found.chosen)].min(axis=1))
    newly = float(found.objective) - after
    at = candidates.iloc[new[0] - fixed.size]
    return {
        "point": at.geometry, "point_id": str(candidates.index[new[0] - fixed.size]), "before": before, "after": after, "bound": float(found.bound) - newly,
        "method": found.method, "unit": "m" if norm.limit_m is not None else "min", "users": float(of.sum()),
    }  # fmt: skip


def _response(
    plan: Plan, data: LayerSet, ways: Ways, points: gpd.GeoDataFrame | None, people: NDArray[np.float64], placed: Placed | None
) -> tuple[pd.DataFrame | None, list[str]]:
    """Share of people, and of new dwellings, that help reaches within the limits; and the services that no station is said to be of."""
    import pandas as pd

    cfg = plan.growth.response if plan.growth else None
    if cfg is None or points is None:
        return None, []
    rows: list[dict[str, Any]] = []
    lacking = []
    for kind in (_FIRE, _AMBULANCE):
        minutes = _help_minutes(data, ways, points, kind, cfg.turnout_min)
        if minutes is None:
            return None, []
        if not len(minutes):
            lacking += ["ambulance"] if kind == _AMBULANCE else []
            continue
        away = minutes.min(axis=0)
        new = 0 if placed is None else len(placed.sites)
        for name, weight in {"people_start": people[:, 0], "people_end": people[:, -1]}.items():
            rows.append({"kind": kind, "who": name, **_shares(away, weight, cfg.minutes)})
        if placed is not None and new and placed.sites["dwellings"].sum() > 0:
            rows.append({"kind": kind, "who": "dwellings_new", **_shares(away[-new:], placed.sites["dwellings"].to_numpy(float), cfg.minutes)})
    return (pd.DataFrame(rows) if rows else None), lacking


def _help_minutes(data: LayerSet, ways: Ways, points: gpd.GeoDataFrame, kind: str, turnout_min: float) -> NDArray[np.float64] | None:
    """Minutes from the alarm until each of a service's stations is at each point, a row a station; None without a network."""
    stations = data.layers["rescue_stations"].frame
    # stations of no said service are the rescue service's: that is what the layer is of
    service = stations["service"].astype("string").fillna(_FIRE) if "service" in stations else np.full(len(stations), _FIRE)
    own = stations[np.asarray(service == kind)]
    if not len(own):
        return np.zeros((0, len(points)))
    minutes = ways.minutes("car", own[["geometry"]], points)
    if minutes is None:
        return None
    turnout = own["turnout_min"].to_numpy(float) if "turnout_min" in own else np.full(len(own), np.nan)
    return np.asarray(minutes + np.where(np.isfinite(turnout), turnout, turnout_min)[:, None])


def _station(plan: Plan, data: LayerSet, ways: Ways, points: gpd.GeoDataFrame | None, people: NDArray[np.float64]) -> dict[str, Any] | None:
    """Where one fire station more would reach most people within the first limit, among the homes that hold most of them."""
    cfg = plan.growth.response if plan.growth else None
    if cfg is None or points is None or not len(points):
        return None
    weight = people[:, -1]
    candidates = points.iloc[np.argsort(-weight, kind="stable")[: min(60, int((weight > 0).sum()))]]
    there = _help_minutes(data, ways, points, _FIRE, cfg.turnout_min)
    new = ways.minutes("car", candidates, points)
    if there is None or new is None or not len(candidates):
        return None
    cost = np.concatenate([there, new + cfg.turnout_min]).T
    fixed, within = np.arange(len(there)), cfg.minutes[0]
    found = location.max_cover(cost, weight, p=fixed.size + 1, within=within, fixed=fixed, limit_s=30.0)
    chosen = [int(k) for k in found.chosen if k >= fixed.size]
    total = float(weight.sum())
    before = float(weight[(cost[:, fixed] <= within).any(axis=1)].sum()) / total if fixed.size else 0.0
    after = float(found.objective) / total
    if not chosen or after <= before + 1e-9:
        return None
    return {"point": candidates.iloc[chosen[0] - fixed.size].geometry, "minutes": within, "before": 100 * before, "after": 100 * after, "method": found.method}


_FIRE: Final = "räddningstjänst"
_AMBULANCE: Final = "ambulans"


def _dark(plan: Plan, data: LayerSet, ways: Ways, points: gpd.GeoDataFrame | None, people: NDArray[np.float64]) -> pd.DataFrame | None:
    """Who can walk to a school and to a stop by lit ways alone."""
    import pandas as pd

    cfg = plan.growth.dark if plan.growth else None
    if cfg is None or points is None or "roads" not in data.layers:
        return None
    roads = data.layers["roads"]
    share = safety.lit_share(roads.frame, data.layers["lighting"].frame, within_m=cfg.lamp_m)
    lit = roads.frame[share >= cfg.lit_share]
    targets = {}
    if "services" in data.layers:
        frame = data.layers["services"].frame
        targets["compulsory_school"] = frame[frame["service_kind"] == "compulsory_school"]
    if "facilities" in data.layers:
        frame = data.layers["facilities"].frame
        targets["station"] = frame[frame["kind"] == "station"]
    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": _WALK_KMH}
    net = n.from_layer(lit, mode="walk", name=roads.path.name) if len(lit) else None
    rows = []
    for kind, some in targets.items():
        if not len(some):
            continue
        every = ways.minutes("walk", points, some[["geometry"]], within_min=cfg.within_min)
        if every is None:
            continue
        by_light = np.full(len(points), np.inf) if net is None else n.matrix(net, points, some[["geometry"]], cfg.within_min, **legs).to_dense().astype(float).min(axis=1)
        near, ok = safety.lit_ways(every.min(axis=1), by_light, people[:, 0], within_min=cfg.within_min, detour=cfg.detour)
        rows.append({"kind": kind, "near_percent": 100 * near, "lit_percent": 100 * ok})
    return pd.DataFrame(rows) if rows else None


def _districts(data: LayerSet, points: gpd.GeoDataFrame | None, people: NDArray[np.float64], placed: Placed | None) -> pd.DataFrame | None:
    """People at the start and the end, and new dwellings, by district: everybody in one row."""
    import pandas as pd
    import shapely

    layer = data.layers.get("districts")
    if layer is None or points is None:
        return None
    tree = shapely.STRtree(layer.frame.geometry.to_numpy())
    at, which = tree.query(points.geometry.to_numpy(), predicate="intersects")
    home = np.full(len(points), len(layer.frame))
    # a point on a border is the first district's alone
    home[at[::-1]] = which[::-1]
    size = len(layer.frame) + 1
    new = np.zeros(len(points))
    if placed is not None and len(placed.sites):
        new[-len(placed.sites) :] = placed.sites["dwellings"].to_numpy(float)
    out = pd.DataFrame({
        "name": [*layer.frame["name"].astype(str), ""], "start": np.bincount(home, weights=people[:, 0], minlength=size), "end": np.bincount(home, weights=people[:, -1], minlength=size),
        "dwellings": np.bincount(home, weights=new, minlength=size),
    })  # fmt: skip
    return out[(out["name"] != "") | (out[["start", "end"]].sum(axis=1) > 0)].reset_index(drop=True)


def _shares(minutes: NDArray[np.float64], weight: NDArray[np.float64], limits: tuple[float, ...]) -> dict[str, float]:
    return {f"within_{m:g}": 100 * v for m, v in services.response_shares(minutes, weight, limits=limits).items()}


def _travel(plan: Plan, data: LayerSet, ways: Ways, points: gpd.GeoDataFrame | None, people: NDArray[np.float64]) -> tuple[pd.DataFrame, list[str]]:
    """Share of people with at most so many minutes to the nearest of a kind, by car and on foot; facilities of every municipality count."""
    import pandas as pd

    cfg = plan.growth
    rows: list[dict[str, Any]] = []
    missing: list[str] = []
    if cfg is None or points is None or "services" not in data.layers:
        return pd.DataFrame(rows), missing
    frame = data.layers["services"].frame
    for kind, limits in cfg.travel.items():
        some = frame[frame["service_kind"] == kind]
        if not len(some):
            missing.append(kind)
            continue
        own = some.set_index(some["service_id"].astype(str))[["geometry"]]
        for mode in ("car", "walk"):
            minutes = ways.minutes(mode, points, own, within_min=2 * max(limits))
            if minutes is None:
                continue
            shares = services.response_shares(minutes, people[:, 0], limits=limits)
            rows += [{"kind": kind, "mode": mode, "minutes": float(m), "share_percent": 100 * v, "people": float(people[:, 0].sum()) * v} for m, v in shares.items()]
    return pd.DataFrame(rows), missing
