"""The suitability step of a run: one block of a plan to scored land, ranked sites and how sure the ranking is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import network as n
from landplan import suitability as s
from landplan.errors import PlanError
from landplan.grid import Grid
from landplan.kernels.distance import euclidean
from landplan.layers import Layer, Store
from landplan.plan import Criterion, Plan, Suitability
from landplan.run.criteria import Keep, Prepared, Surroundings, make_now, prepare, slope_of
from landplan.run.wording import both, say
from landplan.style import Text
from landplan.suitability.burning import matches

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.run.steps import LayerSet

__all__ = ["BlockResult", "suit"]

Tick = Callable[[float], None]
_TOLD: Final = 0.01
"""Share of a site that parcels must cover before their number says anything."""
OFFERED: Final = ("ledig", "reserverad")
"""Availability of named industrial land that may still be chosen."""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """One suitability block, reduced to what later steps and exports need.

    Attributes
    ----------
    criteria : tuple of (name, weight, unit)
    constraints : tuple of (name, hardness, legal)
        In the order of the bits.
    ledger, by_zone, legal : pandas.DataFrame
        Hectares by constraint, by constraint and municipality, and by hardest constraint and municipality.
    findings : tuple of Finding
    lifted_ha : mapping of str to float
    robust : Robustness or None
    tables : tuple of (name, ValueFunction, low, high)
        Value functions and the values between which they are drawn.
    dates : mapping of str to str
        Constraint to the date of its data.
    by_site : pandas.DataFrame or None
        Hectares by site and constraint.
    inside : ndarray of bool or None
        The study area.
    lacking : tuple of str
        What the plan asks for that could not be done for want of a layer: ``max_slope``.
    parts : mapping of str to tuple
        What other weights are tried on, `suitability.score_parts` by site.
    notes : tuple of Text
        What is to be said of the criteria's values.
    new_land : GeoDataFrame or None
        `site_id`, `name`, `area_ha`, `score` of land near homes that is no named site: where more could be tried.
    """

    name: str
    score: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    excluded_by: NDArray[np.uint64]
    limiting: NDArray[np.uint8]
    criteria: tuple[tuple[str, float, str], ...]
    constraints: tuple[tuple[str, str, str], ...]
    ledger: pd.DataFrame
    sites: gpd.GeoDataFrame
    missing_criteria: tuple[str, ...]
    untested: tuple[str, ...]
    score_sd: NDArray[np.float32] | None = None
    by_zone: pd.DataFrame | None = None
    legal: pd.DataFrame | None = None
    findings: tuple[s.Finding, ...] = ()
    lifted_ha: Mapping[str, float] | None = None
    robust: s.Robustness | None = None
    tables: tuple[tuple[str, Any, float, float], ...] = ()
    judged: s.AHPResult | None = None
    dates: Mapping[str, str] | None = None
    by_site: pd.DataFrame | None = None
    inside: NDArray[np.bool_] | None = None
    lacking: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    parts: Mapping[str, tuple[Any, ...]] | None = None
    new_land: gpd.GeoDataFrame | None = None


def _new_land(plan: Plan, block: Suitability, data: LayerSet, result: s.SuitabilityResult, taken: NDArray[np.bool_] | None) -> gpd.GeoDataFrame | None:
    """Land that scores well near homes with pipes and roads, where nobody lives and no site is named."""
    import geopandas as gpd
    import pandas as pd

    ask = block.new_land
    if ask is None or "population_grid" not in data.layers:
        return None
    people = data.layers["population_grid"].frame
    lived = s.burning.burn(people, data.grid)
    served = s.burning.burn(people[people["population"] >= ask.served_persons], data.grid)
    if not served.any():
        return None
    avoid = lived | (euclidean(served, data.grid.cell_m) > ask.within_m)
    if taken is not None:
        avoid |= taken
    # as many in each municipality that is followed: otherwise the largest town would have them all
    places = _followed(plan, data)
    parts = [
        s.candidate_sites(
            result, ask.min_ha, ask.max_ha, compactness=block.compactness, count=ask.count, threshold=block.threshold, apart_m=ask.apart_m, avoid=avoid | ~here
        )
        for here in places
    ]
    found = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=data.grid.crs)
    found["name"] = _names_near(found, data.layers.get("localities"), plan.plan.language)
    found["site_id"] = [f"N{i + 1:02d}" for i in range(len(found))]
    return found[["site_id", "name", "area_ha", "score", "geometry"]]


def _followed(plan: Plan, data: LayerSet) -> list[NDArray[np.bool_]]:
    """The cells of each municipality that ``[growth]`` follows, or of the whole area when it follows none."""
    from rasterio.features import rasterize

    layer = data.layers.get("municipalities")
    if plan.growth is None or layer is None:
        return [_inside(data)]
    out = []
    for area in plan.growth.areas.values():
        own = layer.frame[layer.frame["municipality_code"].astype(str) == area.municipality]
        if len(own):
            burnt = rasterize(list(own.geometry), out_shape=data.grid.shape, transform=data.grid.transform, dtype="uint8")
            out.append(np.asarray(burnt == 1))
    return out or [_inside(data)]


def _inside(data: LayerSet) -> NDArray[np.bool_]:
    from rasterio.features import rasterize

    burnt = rasterize([data.area], out_shape=data.grid.shape, transform=data.grid.transform, dtype="uint8")
    return np.asarray(burnt == 1)


def bytes_per_cell(block: Suitability) -> float:
    """About the memory that the evaluation of a block holds for each cell, before its layers are read."""
    # a distance is kept as its mask; slopes, classes and minutes as four bytes; reasons, score, limiting, area, spread and masks come on top
    return sum(1.1 if c.source == "distance" else 4.0 for c in block.criteria) + (23 if block.bridgeable else 22)


def suit(
    plan: Plan, name: str, store: Store, data: LayerSet, net: n.Network | None, tick: Tick, *, keep: Keep = make_now
) -> BlockResult:
    """Evaluate one suitability block, find and score its sites, and tell how sure their ranking is.

    Parameters
    ----------
    plan : Plan
    name : str
        Of the block.
    store : Store
    data : LayerSet
    net : Network or None
        For criteria by the network.
    tick : callable
        Called with a share 0-1.
    keep : callable, optional
        See `run.criteria.Surroundings`.

    Returns
    -------
    BlockResult

    Raises
    ------
    PlanError, LayerError, MemoryLimitError
        As `suitability.evaluate` and `run.criteria.prepare`.
    """
    import geopandas as gpd
    import pandas as pd

    block = plan.suitability[name]
    inside = _inside(data)
    legs = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    around = Surroundings(store, data.layers, data.grid, inside, net, legs, keep)
    ready = prepare(block, around, lambda v: tick(0.5 * v))
    result = s.evaluate(
        data.grid, ready.constraints, ready.criteria, block.method, order_weights=_order_weights(block, len(ready.criteria)),
        weight_sd=_spread(ready, block) if block.method == "wlc" else None, inside=inside,
        memory_limit_gb=plan.plan.memory_limit_gb, progress=lambda v: tick(0.5 + 0.2 * v),
    )  # fmt: skip
    named_layer = block.ranking.layer if block.ranking else "industrial_land"
    named = data.layers[named_layer].frame if named_layer in data.layers else None
    avoid = None
    parts: list[gpd.GeoDataFrame] = []
    if named is not None and len(named):
        avoid = s.burning.burn(named, data.grid)
        offered = named[named.geometry.representative_point().within(data.area)]
        if "availability" in offered:
            offered = offered[offered["availability"].isin(OFFERED)]
        part = offered[["site_id", "name", "geometry"]].assign(kind="named")
        part["area_ha"] = offered.geometry.area / 10_000.0
        parts.append(part)
    bridges, ground = _bridges(block, around)
    steep = _slope(block, around) if block.max_slope is not None else None
    if not block.ranking:
        grown = s.candidate_sites(
            result, block.min_ha, block.max_ha, compactness=block.compactness, count=block.max_sites, threshold=block.threshold, apart_m=block.apart_m,
            avoid=avoid, bridgeable=bridges, bridge_shapes=ground, slope=steep, max_slope=block.max_slope if steep is not None else None,
        )
        grown["name"] = _names_near(grown, data.layers.get("localities"), plan.plan.language)
        kept = [k for k in ("site_id", "name", "geometry", "area_ha", "bridged_ha", "compactness", "inscribed_radius_m", "verified") if k in grown]
        parts.append(grown[kept].assign(kind="candidate"))
    tick(0.8)
    new_land = _new_land(plan, block, data, result, avoid) if block.ranking and block.new_land else None
    sites = gpd.GeoDataFrame(
        pd.concat(parts, ignore_index=True) if parts else {"site_id": [], "name": [], "kind": [], "area_ha": []},
        geometry="geometry" if parts else gpd.GeoSeries([], crs=data.grid.crs),
        crs=data.grid.crs,
    )
    robust = None
    if len(sites):
        sites = sites.join(s.score_sites(result, sites))
        if ground is not None:
            # a road through a site is no land to build on; the rest of the cells it crosses is
            sites["allowed_ha"] = (sites["allowed_ha"] - s.covered_ha(sites, ground, data.grid, of=result.allowed)).clip(lower=0.0)
        # land that cannot hold the least area comes after all that can, however well it scores
        sites["large_enough"] = (sites["allowed_ha"] >= block.min_ha - 1e-6) & (sites["allowed_ha"] > 0)
        # scores that differ by rounding alone are equal, and go by name
        sites["_score"] = sites["score"].round(6)
        order = ["large_enough", "_score", "site_id"]
        sites = sites.sort_values(order, ascending=[False, False, True], na_position="last").drop(columns="_score").reset_index(drop=True)
        sites["rank"] = np.arange(1, len(sites) + 1)
        sites = _with_room(block, result, sites, around, ground)
        tick(0.9)
        # named sites with a ranking of their own are tried as that ranking, once it is there
        robust = None if block.ranking else _robust(plan, block, ready, result, sites)
    zones, names = _zones(data, inside, plan.plan.language)
    return BlockResult(
        name,
        result.score,
        result.allowed,
        result.excluded_by,
        result.limiting,
        tuple((k.name, k.weight, k.unit) for k in result.criteria),
        tuple((k.name, k.hardness, k.legal) for k in result.constraints),
        result.ledger,
        sites,
        ready.missing_criteria,
        ready.untested,
        result.score_sd,
        None if zones is None else s.ledger(
            result.excluded_by, result.constraints, data.grid, inside=inside, zones=zones, names=names, known=~np.isnan(result.score)
        ),
        s.legal_hectares(
            result.excluded_by, result.constraints, data.grid, inside=inside, zones=zones, names=names, known=~np.isnan(result.score)
        ),
        result.findings,
        result.lifted_ha,
        robust,
        tuple((c.name, c.value, *_drawn(c, result, k)) for k, c in enumerate(result.criteria)),
        ready.judged,
        {k.name: k.date for k in ready.constraints if k.date},
        s.site_ledger(result, sites.set_index("site_id")) if len(sites) else None,
        inside,
        _extra_untested(block, ready, data),
        (*ready.notes, *_alike(block, result)),
        dict(zip(sites["site_id"].astype(str), s.score_parts(result, sites), strict=True)) if len(sites) else {},
        new_land,
    )


def _alike(block: Suitability, result: s.SuitabilityResult) -> list[Text]:
    """What is said of criteria whose values differ and whose scores do not."""
    titles = {c.name: c.title.text() for c in block.criteria}
    return [say("u_one_score", name=titles[f.name], score=both(f.value, decimals=2)) for f in result.findings if f.kind == "one_score"]


def _drawn(criterion: s.Criterion, result: s.SuitabilityResult, k: int) -> tuple[float, float]:
    """The values between which a value function is drawn: its own span, and no less than what the area has of them."""
    low, high = criterion.value.span() if isinstance(criterion.value, s.value.ValueFunction) else (0.0, 1.0)
    if not criterion.words:
        some = result.sample(k)
        some = some[np.isfinite(some)]
        if some.size:
            low, high = min(low, float(np.percentile(some, 2))), max(high, float(np.percentile(some, 98)))
    return low, high


def _order_weights(block: Suitability, count: int) -> list[float] | float | None:
    """Order weights for the criteria that are left: the same quantifier, read at as many steps."""
    if block.alpha is not None or not block.order_weights:
        return block.alpha
    knots = np.append(0.0, np.cumsum(block.order_weights)) / sum(block.order_weights)
    at = np.interp(np.linspace(0, 1, count + 1), np.linspace(0, 1, knots.size), knots)
    return [float(w) for w in np.diff(at)]


def _slope(block: Suitability, around: Surroundings) -> NDArray[np.float32] | None:
    """Per cent, of the layer that a slope criterion reads, else of the elevation; None without one."""
    name = next((c.source_layer for c in block.criteria if c.source == "slope"), "elevation")
    layer = around.layers.get(name or "")
    return None if layer is None else slope_of(layer, around)


def _extra_untested(block: Suitability, ready: Prepared, data: LayerSet) -> tuple[str, ...]:
    """What the plan asks of candidates that no layer can tell."""
    slopes = [c.source_layer for c in block.criteria if c.source == "slope"] or ["elevation"]
    return ("max_slope",) if block.max_slope is not None and slopes[0] not in data.layers else ()


def _chosen(layer: Layer, where: Mapping[str, Any], what: str) -> gpd.GeoDataFrame:
    frame: gpd.GeoDataFrame = layer.frame
    return frame[matches(frame, where, name=what)] if where else frame


def _bridges(block: Suitability, around: Surroundings) -> tuple[NDArray[np.bool_] | None, gpd.GeoDataFrame | None]:
    """Cells that small roads and ditches cross, which do not split a site, and the ground they take, which is its cost."""
    import geopandas as gpd
    import pandas as pd

    mask, drawn = None, []
    for bridge in block.bridgeable:
        if bridge.layer in around.layers:
            chosen = _chosen(around.layers[bridge.layer], bridge.where, f"bridgeable: layer {bridge.layer}")
            found = s.burning.burn(chosen, around.grid)
            mask = found if mask is None else mask | found
            drawn.append(s.burning.widened(chosen, bridge.width_m))
    if mask is None:
        return None, None
    return mask, gpd.GeoDataFrame(pd.concat(drawn, ignore_index=True), geometry="geometry", crs=around.grid.crs)


def _with_room(
    block: Suitability, result: s.SuitabilityResult, sites: gpd.GeoDataFrame, around: Surroundings, taken: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Add whether the hall fits, what levelling its ground moves, and how near roads and rail are."""
    out = sites.copy()
    grid = around.grid
    if block.hall is not None:
        allowed = result.allowed
        clear = list(sites.geometry) if taken is None else s.without(sites, taken, grid)
        found = [s.fits(g, grid, block.hall.length_m, block.hall.width_m, free=allowed) for g in clear]
        out["hall_fits"] = [f.fits for f in found]
        out["hall_angle_deg"] = [f.angle_deg if f.fits else np.nan for f in found]
        ground = [f.rectangle if f.fits else None for f in found]
    else:
        ground = list(sites.geometry)
    if block.pad is not None and block.pad.layer in around.layers:
        height = around.store.raster(around.layers[block.pad.layer], grid)
        rows = []
        for shape in ground:
            row = {"pad_level_m": np.nan, "pad_cut_m3": np.nan, "pad_fill_m3": np.nan, "pad_haul_m": np.nan, "pad_depth_m": np.nan}
            if shape is not None:
                r, c, share = s.coverage.cells_of(shape, grid)
                z = height[r, c]
                if share.size and np.isfinite(z[share > 0]).all():
                    w = s.pad(z, share, grid.cell_m, swell=block.pad.swell, compaction=block.pad.compaction)
                    row = {"pad_level_m": w.level_m, "pad_cut_m3": w.cut_m3, "pad_fill_m3": w.fill_m3, "pad_haul_m": w.mean_haul_m, "pad_depth_m": w.depth_max_m}
            rows.append(row)
        for key in rows[0] if rows else ():
            out[key] = [row[key] for row in rows]
    if "parcels" in around.layers:
        out = out.join(_parcels(out, around.layers["parcels"].frame))
    have = [a for a in block.access if a.layer in around.layers]
    if have:
        features = {a.name: _chosen(around.layers[a.layer], a.where, f"access {a.name!r}: layer {a.layer}") for a in have}
        near = s.access_to(out, features, {a.name: a.max_m for a in have}, touch_m=grid.cell_m / 2)
        out = out.join(near.replace([np.inf], np.nan).add_prefix("access_"))
    return out


def _parcels(sites: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Property units that each site lies on and the kinds of owner, how many must be agreed with; and how much of the site the layer tells of."""
    import pandas as pd
    import shapely

    shapes, grounds = parcels.geometry.to_numpy(), sites.geometry.to_numpy()
    who, hit = shapely.STRtree(shapes).query(grounds, predicate="intersects")
    # a shared boundary is no land
    real = shapely.area(shapely.intersection(grounds[who], shapes[hit])) > 1.0
    found = pd.DataFrame({"site": who[real], "owner": parcels["owner_kind"].astype(object).to_numpy()[hit[real]] if "owner_kind" in parcels else ""})
    counts = found.groupby("site").size().reindex(range(len(sites)), fill_value=0).to_numpy(np.float64)
    owners = found.dropna().groupby("site")["owner"].agg(lambda v: ", ".join(sorted(set(v) - {""}))).reindex(range(len(sites)), fill_value="").to_numpy()
    # units may lie over each other, so their union is measured; none where the layer does not reach is no answer
    told = np.array([shapely.union_all(shapes[hit[real & (who == i)]]) for i in range(len(sites))], dtype=object)
    area = shapely.area(grounds)
    share = np.divide(shapely.area(shapely.intersection(grounds, told)), area, out=np.zeros(len(sites)), where=area > 0).clip(0.0, 1.0)
    reaches = share >= _TOLD
    return pd.DataFrame(
        {"parcels": np.where(reaches, counts, np.nan), "owner_kinds": np.where(reaches, owners, ""), "parcels_known_share": share}, index=sites.index
    )


def _robust(
    plan: Plan, block: Suitability, ready: Prepared, result: s.SuitabilityResult, sites: gpd.GeoDataFrame
) -> s.Robustness | None:
    """Draw weights, and where the plan says so positions and classes, on the sites alone; sites that are too small do not compete."""
    import pandas as pd

    # a criterion without weight tells no sites apart
    names = [c.name for c in result.criteria if c.weight > 0]
    known = sites[sites["large_enough"] & sites["score"].notna()].set_index("site_id")
    if block.method != "wlc" or len(known) < 2:
        return None
    scores = pd.DataFrame({k: known[f"score_{k}"] for k in names})
    weights = {c.name: c.weight for c in result.criteria if c.weight > 0}
    cfg, seed = block.robustness, plan.plan.seed
    draws: dict[str, Any] = {"position": {}, "confusion": {}}
    for k, c in enumerate(result.criteria):
        if c.name not in weights:
            continue
        spec = next(x for x in block.criteria if x.name == c.name)
        if c.name in cfg.position_m and isinstance(c.value, s.value.ValueFunction):
            cells = {str(i): _cell_centres(g, result) for i, g in known.geometry.items()}
            xy = _points_of(c, result.grid)
            if len(xy):
                draws["position"][c.name] = s.distance_draws(cells, xy, cfg.position_m[c.name], c.value, cfg.trials, seed, name=c.name)
        if c.name in cfg.confusion:
            draws["confusion"][c.name] = _mistaken(c, spec, cfg.confusion[c.name], known, result, k, cfg.trials, seed)
    at = [k for k, c in enumerate(result.criteria) if c.weight > 0]
    # a criterion that is left out on some land is so in every draw: the others' weights are rescaled there anew
    parts = {i: [(a, tuple(means[k] for k in at)) for a, means in found] for i, found in zip(known.index, s.score_parts(result, known), strict=True)}
    return s.robustness(
        scores, weights, concentration=s.concentration(list(weights.values()), cfg.weight_sd), draws=cfg.trials, seed=seed,
        position=draws["position"] or None, confusion=draws["confusion"] or None,
        parts=parts if any(len(found) > 1 or np.isnan(found[0][1]).any() for found in parts.values()) else None,
    )  # fmt: skip


def _spread(ready: Prepared, block: Suitability) -> list[float] | None:
    """Deviations with which the overlay's formula gives the score's variance under that distribution: sum w (s - S)^2 / (c + 1)."""
    w = [c.weight for c in ready.criteria]
    if block.robustness.weight_sd <= 0:
        return None
    return [float(np.sqrt(v / (s.concentration(w, block.robustness.weight_sd) + 1.0))) for v in w]


def _cell_centres(shape: Any, result: s.SuitabilityResult) -> NDArray[np.float64]:
    """Centres of the cells a site covers, at most some hundreds of them."""
    r, c, share = s.coverage.cells_of(shape, result.grid)
    x, y = result.grid.centres()
    at = np.argwhere(share > 0.5 if (share > 0.5).any() else share > 0)
    at = at[:: max(1, len(at) // 400)]
    return np.column_stack([x[c][at[:, 1]], y[r][at[:, 0]]])


def _points_of(criterion: s.Criterion, grid: Grid) -> NDArray[np.float64]:
    """Points of a criterion's layer that the score sees: on the grid, and beside it as far as a score changes with distance.

    Raises
    ------
    PlanError
        If it is none of points: an error in position moves each point by itself, and a line is not so many loose points.
    """
    import shapely

    shapes = None if isinstance(criterion.source, np.ndarray) else criterion.source.geometry.to_numpy()
    if shapes is None or not (shapely.get_type_id(shapes) == 0).all():
        raise PlanError(f"robustness.position_m names {criterion.name!r}, which does not measure the distance to points; remove it")
    xy = np.asarray(shapely.get_coordinates(shapes), np.float64)
    x0, y0, x1, y1 = grid.bounds
    reach = criterion.value.reach if isinstance(criterion.value, s.value.ValueFunction) else np.inf
    away = np.maximum(np.maximum(x0 - xy[:, 0], xy[:, 0] - x1), np.maximum(y0 - xy[:, 1], xy[:, 1] - y1))
    seen: NDArray[np.float64] = xy[away <= max(reach, 0.0)]
    return seen


def _mistaken(
    criterion: s.Criterion, spec: Criterion, confusion: Mapping[str, Mapping[str, float]], sites: gpd.GeoDataFrame, result: s.SuitabilityResult,
    k: int, trials: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Scores per draw when a mapped class may be another on the ground; a class the plan says nothing of is as mapped.

    Raises
    ------
    PlanError
        If the criterion has no classes.
    """
    import pandas as pd

    if spec.value.kind != "categories":
        raise PlanError(f"robustness.confusion names {criterion.name!r}, which has no classes; remove it")
    # a raster's classes are called by their numbers
    words = dict(criterion.words) or {float(w): w for w in spec.value.scores}
    held = {str(i): _class_shares(g, result, k, words) for i, g in sites.geometry.items()}
    mapped = sorted({w for shares in held.values() for w in shares})
    shares = pd.DataFrame([[row.get(w, 0.0) for w in mapped] for row in held.values()], index=list(held), columns=mapped)
    ground = sorted({*mapped, *(w for row in confusion.values() for w in row)})
    table = pd.DataFrame([[confusion.get(w, {w: 1.0}).get(g, 0.0) for g in ground] for w in mapped], index=mapped, columns=ground)
    other = spec.value.otherwise if spec.value.otherwise is not None else 0.0
    scores = {g: float(spec.value.scores.get(g, other)) for g in ground}
    return s.confusion_draws(shares, table, scores, trials, seed, name=criterion.name)


def _class_shares(shape: Any, result: s.SuitabilityResult, k: int, words: Mapping[float, str]) -> dict[str, float]:
    """Share of a site's known land in each class; what has no class of its own is one by itself."""
    r, c, share = s.coverage.cells_of(shape, result.grid)
    values = result.window(r, c)[0][k]
    out: dict[str, float] = {}
    rest = share > 0
    for code, word in words.items():
        mine = values == code
        rest &= ~mine
        held = float(share[mine].sum())
        if held:
            out[word] = held
    left = float(share[rest].sum())
    if left:
        out["–"] = left
    total = sum(out.values())
    # a site that the map does not reach has nothing to mistake
    return {w: v / total for w, v in out.items()} if total else {"–": 1.0}


def _zones(data: LayerSet, inside: NDArray[np.bool_], language: str) -> tuple[NDArray[np.int32] | None, list[str]]:
    """Municipality of every cell, by its middle; what of the area lies in none is a zone of its own."""
    if "municipalities" not in data.layers:
        return None, []
    from rasterio.features import rasterize

    frame = data.layers["municipalities"].frame
    met = frame[frame.intersects(data.area.buffer(-data.grid.cell_m))].reset_index(drop=True)
    if met.empty:
        return None, []
    zones = np.asarray(
        rasterize(zip(met.geometry, range(len(met)), strict=True), out_shape=data.grid.shape, transform=data.grid.transform, fill=-1, dtype="int32"), np.int32
    )
    names = met["name"].astype(str).tolist()
    outside = inside & (zones < 0)
    if outside.any():
        zones[outside] = len(names)
        names.append(say("outside_municipalities")["sv" if language == "sv" else "en"])
    return zones, names


def _names_near(sites: gpd.GeoDataFrame, localities: Layer | None, language: str) -> list[str]:
    """Name each found site by the nearest locality; a second one near the same place gets a number."""
    import shapely

    if localities is None or localities.frame is None or localities.frame.empty or sites.empty:
        return [f"{'Kandidat' if language == 'sv' else 'Candidate'} {i + 1}" for i in range(len(sites))]
    centres = sites.geometry.centroid.to_numpy()
    tree = shapely.STRtree(localities.frame.geometry.to_numpy())
    nearest = tree.nearest(centres)
    near = localities.frame["name"].astype(str).to_numpy()[nearest]
    seen: dict[str, int] = {}
    out = []
    for place in near:
        seen[place] = seen.get(place, 0) + 1
        suffix = f" {seen[place]}" if seen[place] > 1 else ""
        out.append(f"Nära {place}{suffix}" if language == "sv" else f"Near {place}{suffix}")
    return out
