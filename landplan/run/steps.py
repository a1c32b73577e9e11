"""The steps of a run as functions from earlier results to results.

Each takes what it needs and returns plain frozen values; `runner` decides what has to be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import catchment as c
from landplan import network as n
from landplan import suitability as s
from landplan.accessibility import cost_to_closest
from landplan.crs import transform_box
from landplan.errors import AreaError, LayerError, PlanError
from landplan.grid import Grid
from landplan.infrastructure import nearest_m
from landplan.layers import Layer, Store
from landplan.layers.store import study_area
from landplan.network.snapping import snap_arrays
from landplan.od import ODMatrix
from landplan.plan import Plan, Ranking
from landplan.run.criteria import people_of
from landplan.run.towns import minutes_to_towns
from landplan.run.variants import Variant, compare_variants

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landplan.run.land import BlockResult

__all__ = [
    "STEP_NAMES", "CatchmentSet", "HousingResult", "LayerSet", "build_network", "catchments", "labour", "layer_reach_m", "rank_housing", "reach_m",
    "read_layers",
]

STEP_NAMES: Final = ("layers", "network", "suitability", "catchment", "housing", "growth", "villages", "export")
Tick = Callable[[float], None]
FASTEST_KMH: Final = 110.0
"""No one drives faster on Swedish roads for an hour: bounds how far away a commuter can live."""
_REACHING: Final = frozenset({"roads", "population_grid", "water", "localities", "facilities", "services", "municipalities"})


@dataclass(frozen=True, slots=True)
class LayerSet:
    """Every layer of the plan, its area and its grid."""

    layers: dict[str, Layer]
    area: Any
    grid: Grid
    sites: gpd.GeoDataFrame


@dataclass(frozen=True, slots=True)
class CatchmentSet:
    """The catchment of every site and what it was counted from."""

    results: dict[str, c.CatchmentResult]
    areas: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    certificate: pd.DataFrame
    minutes_to: pd.DataFrame
    persons_off_network: int
    persons: int
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class HousingResult:
    """Named housing sites ranked."""

    sites: gpd.GeoDataFrame
    parts: tuple[tuple[str, float, str], ...]
    untested: tuple[str, ...]
    robust: s.Robustness | None = None


def reach_m(plan: Plan) -> float:
    """Return how far around the area people and roads are read: commuters do not stop at the halo, but where no one could drive in time.

    Minutes of sites and of criteria that count labour or travel time both ask for it.
    """
    minutes = [*plan.catchment.minutes] if plan.sites else []
    criteria = [c for b in plan.suitability.values() for c in b.criteria if c.by_network]
    minutes += [c.cutoff_min for c in criteria if c.source == "labour"]
    minutes += [max(c.value.span_min, 0.0) for c in criteria if c.source == "minutes"]
    minutes += [plan.villages.jobs_min] if plan.villages is not None else []
    return max([plan.area.halo_m, *(m / 60.0 * FASTEST_KMH * 1000.0 for m in minutes)])


def layer_reach_m(plan: Plan, name: str) -> float:
    """Return how far around the area a layer is read: with the halo, and as far as people, roads or a criterion's distances ask.

    A distance counts as far as its score changes, whatever the halo.
    """
    # a village at the area's edge finds its work outside it
    reaching = name in _REACHING or (name == "workplaces" and plan.villages is not None)
    distances = [c.value.span_min for b in plan.suitability.values() for c in b.criteria if c.source == "distance" and c.source_layer == name]
    # two cells more, so that what lies just as far off is not lost to rounding
    return max(reach_m(plan) if reaching else plan.area.halo_m, 0.0, *(m + 2 * plan.plan.cell_m for m in distances))


def read_layers(plan: Plan, store: Store, tick: Tick) -> LayerSet:
    """Read, check, reproject and clip every layer of the plan.

    Raises
    ------
    LayerError, AreaError
        As the store and the area say.
    """
    import shapely

    names = store.names()
    municipalities = store.read("municipalities") if "municipalities" in names else None
    area = study_area(plan, None if municipalities is None else municipalities.frame)
    if area.is_empty:
        raise AreaError("the plan's area is empty; check [area]")
    x0, y0, x1, y1 = area.bounds
    halo = plan.area.halo_m
    box = (x0 - halo, y0 - halo, x1 + halo, y1 + halo)
    degrees = transform_box(box, plan.plan.crs, "EPSG:4326")
    grid = Grid.cover(box, cell_m=plan.plan.cell_m, crs=plan.plan.crs)
    grid.require_memory(60.0, limit_gb=plan.plan.memory_limit_gb, what="the plan's grid")
    layers: dict[str, Layer] = {}
    for i, name in enumerate(names):
        reach = layer_reach_m(plan, name)
        wide = (x0 - reach, y0 - reach, x1 + reach, y1 + reach)
        layers[name] = store.read(name, area_degrees=degrees if reach == halo else transform_box(wide, plan.plan.crs, "EPSG:4326"), clip=wide)
        frame = layers[name].frame
        if frame is not None and len(frame) == 0:
            raise LayerError(
                f"{layers[name].path} (layer {name!r}) has no feature within the plan's area and its halo; check its extent, or remove [layers.{name}] so that it is named as not tested"
            )
        tick((i + 1) / len(names))
    sites = place_sites(plan, layers, area)
    return LayerSet(layers, shapely.make_valid(area), grid, sites)


def place_sites(plan: Plan, layers: Mapping[str, Layer], area: Any) -> gpd.GeoDataFrame:
    """Return the plan's sites as points: inside the area and on land.

    Raises
    ------
    AreaError
        If a site lies outside the area or in water.
    PlanError
        If it names a feature that does not exist.
    """
    import geopandas as gpd
    import shapely

    rows: list[dict[str, Any]] = []
    shapely.prepare(area)
    water = layers["water"].frame if "water" in layers else None
    for site_id, site in plan.sites.items():
        if site.lat is not None and site.lon is not None:
            point = gpd.GeoSeries([shapely.Point(site.lon, site.lat)], crs="EPSG:4326").to_crs(plan.plan.crs).iloc[0]
        elif site.x is not None and site.y is not None:
            point = shapely.Point(site.x, site.y)
        else:
            point = site_polygon(plan, site_id, layers).representative_point()
        if not shapely.intersects(area, point):
            raise AreaError(
                f"[sites.{site_id}] {site.name!r} at {point.x:.0f}, {point.y:.0f} ({plan.plan.crs}) lies outside the plan's area; check lat and lon (or x and y), or widen [area]"
            )
        if water is not None and shapely.intersects(water.geometry.to_numpy(), point).any():
            hit = water[shapely.intersects(water.geometry.to_numpy(), point)].iloc[0]
            raise AreaError(
                f"[sites.{site_id}] {site.name!r} at {point.x:.0f}, {point.y:.0f} lies in water ({hit.get('kind', 'water')}); move it onto land"
            )
        rows.append({"site_id": site_id, "name": site.name, "geometry": point})
    columns = ["site_id", "name", "geometry"]
    return gpd.GeoDataFrame(rows or None, columns=columns, geometry="geometry", crs=plan.plan.crs)


def site_polygon(plan: Plan, site_id: str, layers: Mapping[str, Layer]) -> Any:
    """Return the union of the features a site names, None when it names none.

    Raises
    ------
    PlanError
        If the layer or a feature is missing.
    """
    import shapely

    site = plan.sites[site_id]
    if not site.layer:
        return None
    if site.layer not in layers:
        raise PlanError(f"[sites.{site_id}] names layer {site.layer!r}, which the plan does not have")
    frame = layers[site.layer].frame
    key = next((f.name for f in layers[site.layer].definition.fields if f.unique), None)
    found = frame[frame[key].astype(str).isin(site.features)] if key else frame.iloc[:0]
    if len(found) < len(site.features):
        missing = set(site.features) - set(found[key].astype(str)) if key else set(site.features)
        raise PlanError(f"[sites.{site_id}]: {', '.join(sorted(missing))} is not in layer {site.layer!r} (column {key})")
    return shapely.union_all(found.geometry.to_numpy())


def build_network(plan: Plan, store: Store, data: LayerSet, tick: Tick) -> n.Network:
    """Build the road network; a roads layer that is an .osm.pbf is read as OpenStreetMap."""
    profile = n.SpeedProfile.for_mode(plan.catchment.mode)
    cfg = plan.catchment
    rules = tuple(
        n.Rule(road_class=cls, season=r.season, period=r.period, factor=r.factor, speed_kmh=r.speed_kmh, cap_kmh=r.cap_kmh, closed=r.closed, source=r.source)
        for r in cfg.rules
        for cls in (r.road_class or (None,))
    )
    profile = replace(
        profile, name="plan", factor=dict(cfg.speed_factor), junction_s=cfg.junction_s, rules=(*profile.rules, *rules)
    )
    return n.from_layer(
        data.layers["roads"].frame, mode=cfg.mode, profile=profile, season=cfg.seasons[0] if cfg.seasons else None, period=cfg.period,
        name=data.layers["roads"].path.name, progress=tick,
    )


def _squares(data: LayerSet) -> gpd.GeoDataFrame:
    """Population squares as points of their centres, by square id."""
    frame = data.layers["population_grid"].frame
    points = frame.copy()
    points["geometry"] = frame.geometry.centroid
    return points.set_index("square_id", drop=False)


def catchments(plan: Plan, data: LayerSet, net: n.Network, tick: Tick) -> CatchmentSet:
    """Work out every site's catchment: rings, persons by threshold, minutes to towns and facilities."""
    import geopandas as gpd
    import pandas as pd

    cfg = plan.catchment
    squares = _squares(data)
    sites = data.sites.set_index("site_id", drop=False)
    legs: dict[str, Any] = {"max_m": cfg.max_snap_m, "access_kmh": cfg.access_kmh}
    tick(0.05)
    od = n.matrix(net, squares, sites, cutoff_min=max(cfg.minutes), **legs)
    snapped = snap_arrays(net, squares, **legs)
    lost = list(squares.index[snapped.edge < 0])
    tick(0.35)
    polygons = data.layers["population_grid"].frame
    import shapely

    shapely.prepare(data.area)
    at = squares.geometry.to_numpy()
    inside = shapely.contains_xy(data.area, shapely.get_x(at), shapely.get_y(at))
    results = {
        str(i): c.reach(od, polygons, site_id=i, minutes=cfg.minutes, off_network=lost, inside=inside) for i in sites.index
    }
    water = data.layers["water"].frame if "water" in data.layers else None
    rings = n.isochrones(
        net, sites, cfg.minutes, access_kmh=5.0, site_access_kmh=cfg.access_kmh, max_access_m=cfg.ring_access_m,
        barriers=water, cell_m=cfg.ring_cell_m, max_snap_m=cfg.max_snap_m,
    )
    tick(0.85)
    places = []
    for layer, kind in (("localities", "locality"), ("facilities", "facility")):
        if layer in data.layers:
            frame = data.layers[layer].frame
            key = "locality_id" if layer == "localities" else "facility_id"
            part = gpd.GeoDataFrame(
                {"place_id": frame[key].astype(str), "place": frame["name"], "layer": kind, "kind": frame["kind"]},
                geometry=frame.geometry, crs=frame.crs,
            )
            places.append(part)
    minutes_to = pd.DataFrame(columns=["site_id", "place_id", "place", "layer", "kind", "minutes", "crow_km"])
    if places and len(sites):
        points = gpd.GeoDataFrame(pd.concat(places, ignore_index=True), crs=plan.plan.crs)
        away = n.matrix(net, sites, points, **legs).to_dense()
        rows = []
        for i, site in enumerate(sites.itertuples()):
            crow = points.geometry.distance(site.geometry).to_numpy() / 1000.0
            rows.append(points.drop(columns="geometry").assign(site_id=site.site_id, minutes=away[i], crow_km=crow))
        minutes_to = pd.concat(rows, ignore_index=True)
    variants = compare_variants(plan, net, sites, squares, polygons, water)
    people = polygons["population"]
    off = int(people[polygons["square_id"].isin(lost)].sum())
    return CatchmentSet(results, rings.areas, rings.edges, rings.certificate, minutes_to, off, int(people.sum()), variants)


def labour(plan: Plan, data: LayerSet, net: n.Network, block: BlockResult, tick: Tick) -> pd.DataFrame:
    """Persons (of working age where that is known) within each threshold of every ranked site, and how it connects."""
    import pandas as pd

    cfg = plan.catchment
    if block.sites.empty:
        return pd.DataFrame()
    squares = _squares(data)
    points = block.sites[["site_id", "geometry"]].set_index("site_id")
    points["geometry"] = block.sites.geometry.representative_point().to_numpy()
    legs: dict[str, Any] = {"max_m": cfg.max_snap_m, "access_kmh": cfg.access_kmh}
    od: ODMatrix = n.matrix(net, squares, points, cutoff_min=max(cfg.minutes), progress=tick, **legs)
    who = people_of(squares)
    table = c.labour_within(od, squares[who].fillna(0).astype(float), cfg.minutes)
    polygons = block.sites.set_index("site_id")
    roads = data.layers["roads"].frame
    main = roads[roads["road_class"].isin(["motorway", "trunk", "primary"])]
    table["main_road_m"] = nearest_m(polygons, main)
    if "railways" in data.layers:
        table["railway_m"] = nearest_m(polygons, data.layers["railways"].frame)
    facilities = data.layers.get("facilities")
    if facilities is not None:
        for kind in ("port", "airport"):
            frame = facilities.frame[facilities.frame["kind"] == kind]
            if len(frame):
                ways = n.matrix(net, points, frame.set_index("facility_id"), **legs)
                table[f"{kind}_min"] = cost_to_closest(ways, pd.Series(1.0, index=frame["facility_id"].to_numpy()))
    table = table.join(minutes_to_towns(data, net, points, legs))
    return table.replace([np.inf], np.nan)


def rank_housing(
    plan: Plan, ranking: Ranking, data: LayerSet, net: n.Network, block: BlockResult, tick: Tick
) -> HousingResult:
    """Rank named housing sites by commute, services and suitability.

    Notes
    -----
    score = w_c v(minutes to the site) + w_s mean over kinds v(minutes to the nearest) + w_l suitability; v is
    linear between best and worst minutes.
    """
    import pandas as pd

    cfg = plan.catchment
    legs: dict[str, Any] = {"max_m": cfg.max_snap_m, "access_kmh": cfg.access_kmh}
    sites = block.sites.copy()
    source = data.layers[ranking.layer].frame.set_index("site_id")
    points = sites[["site_id", "geometry"]].set_index("site_id")
    points["geometry"] = sites.geometry.representative_point().to_numpy()
    target = data.sites[data.sites["site_id"] == ranking.site].set_index("site_id")
    commute = n.matrix(net, points, target, **legs).to_dense()[:, 0].astype(float)
    sites["commute_min"] = np.where(np.isfinite(commute), commute, np.nan)
    v_commute = s.value.linear(ranking.commute_worst_min, ranking.commute_best_min)
    sites["score_commute"] = np.where(np.isfinite(commute), v_commute(np.nan_to_num(commute, posinf=1e9)), 0.0)
    tick(0.4)
    services = data.layers.get(ranking.services_layer)
    parts = [("commute", ranking.commute_weight, "min")]
    untested: list[str] = []
    if services is not None:
        frame = services.frame
        kinds = ranking.services_kinds or tuple(sorted(frame["service_kind"].unique()))
        value = s.value.linear(ranking.services_worst_min, ranking.services_best_min)
        totals = np.zeros(len(sites))
        for kind in kinds:
            some = frame[frame["service_kind"] == kind].set_index("service_id")
            if some.empty:
                untested.append(kind)
                continue
            ways = n.matrix(net, points, some, cutoff_min=2 * ranking.services_worst_min, **legs)
            nearest = cost_to_closest(ways, pd.Series(1.0, index=some.index)).to_numpy()
            sites[f"minutes_{kind}"] = np.where(np.isfinite(nearest), nearest, np.nan)
            sites[f"_counted_{kind}"] = np.where(np.isfinite(nearest), nearest, 2 * ranking.services_worst_min)
            totals += np.where(np.isfinite(nearest), value(np.nan_to_num(nearest, posinf=1e9)), 0.0)
        used = [k for k in kinds if k not in untested]
        # a service out of reach counts with the search's limit: lacking one must not make the mean look better
        # (a site that reaches none at all has no mean)
        reached = sites[[f"minutes_{k}" for k in used]].notna().any(axis=1)
        sites["services_min"] = sites[[f"_counted_{k}" for k in used]].mean(axis=1).where(reached) if used else np.nan
        sites = sites.drop(columns=[f"_counted_{k}" for k in used])
        sites["score_services"] = totals / max(1, len(used))
        parts.append(("services", ranking.services_weight, "min"))
    else:
        untested.append(ranking.services_layer)
    tick(0.9)
    sites["suitability"] = sites["score"]
    sites["score_suitability"] = sites["score"].fillna(0.0)
    parts.append(("suitability", ranking.suitability_weight, ""))
    total = sum(w for _, w, _ in parts)
    sites["score"] = sum(w / total * sites[f"score_{k}"] for k, w, _ in parts)
    for k, w, _ in parts:
        sites[f"contribution_{k}"] = w / total * sites[f"score_{k}"]
    loss = np.stack([w / total * (1 - sites[f"score_{k}"].to_numpy()) for k, w, _ in parts])
    sites["limiting_part"] = np.array([k for k, _, _ in parts])[loss.argmax(axis=0)]
    carry = [col for col in ("municipality_code", "plan_stage", "dwellings_min", "dwellings_max", "building_type", "tenure", "source") if col in source]
    sites = sites.join(source[carry], on="site_id")
    # scores that differ by rounding alone are equal, and go by name
    order = sites["score"].round(6)
    sites = sites.assign(_score=order).sort_values(["_score", "site_id"], ascending=[False, True]).drop(columns="_score").reset_index(drop=True)
    sites["rank"] = np.arange(1, len(sites) + 1)
    robust = None
    if len(sites) > 1:
        spread = plan.suitability[block.name].robustness
        scores = sites.set_index("site_id")[[f"score_{k}" for k, _, _ in parts]].set_axis([k for k, _, _ in parts], axis=1)
        weights = {k: w / total for k, w, _ in parts}
        robust = s.robustness(
            scores, weights, concentration=s.concentration(list(weights.values()), spread.weight_sd), draws=spread.trials, seed=plan.plan.seed
        )
    return HousingResult(sites, tuple((k, w / total, u) for k, w, u in parts), tuple(untested), robust)
