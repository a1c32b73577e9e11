"""From a plan's criteria and constraints to what `suitability.evaluate` takes.

A criterion or constraint whose layer the plan lacks is not guessed: it is left out, named as not tested,
and the remaining weights are rescaled, which the score card shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan import network as n
from landplan import suitability as s
from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.layers import Layer, Store
from landplan.plan import Constraint, Criterion, Plan, Suitability
from landplan.plan.land import Value
from landplan.run.wording import both, say
from landplan.style import Text
from landplan.suitability.burning import burn_values, matches

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Keep", "Prepared", "Surroundings", "make_now", "people_of", "prepare", "slope_of", "value_function", "weights_of"]

_USELESS = 1.0
"""Consistency ratio of judgements that agree no better than drawn ones."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is evaluated, and what could not be."""

    constraints: tuple[s.Constraint, ...]
    criteria: tuple[s.Criterion, ...]
    missing_criteria: tuple[str, ...]
    untested: tuple[str, ...]
    judged: s.AHPResult | None = None
    notes: tuple[Text, ...] = ()


def value_function(value: Value, *, codes: Mapping[str, float] | None = None) -> s.value.ValueFunction:
    """Return the function a plan's value table describes.

    Raises
    ------
    PlanError
        If a category is not a number and has no code.
    """
    if value.kind == "linear":
        return s.value.linear(float(value.worst or 0.0), float(value.best or 0.0))
    if value.kind == "piecewise":
        return s.value.piecewise(list(value.points))
    if value.kind == "sigmoid":
        return s.value.sigmoid(float(value.midpoint or 0.0), float(value.spread or 1.0))
    if value.kind == "gaussian":
        return s.value.gaussian(float(value.midpoint or 0.0), float(value.spread or 1.0))
    scores: dict[float, float] = {}
    for key, score in value.scores.items():
        if codes is not None:
            # a word the area happens to lack is no fault; a number here would collide with our own codes
            if key in codes:
                scores[codes[key]] = score
            continue
        try:
            scores[float(key)] = score
        except ValueError:
            raise PlanError(f"category {key!r} is not a number; give the raster's class values") from None
    if codes is not None and not scores:
        raise PlanError(f"no class of the layer ({', '.join(codes)}) has a score; the plan names {', '.join(value.scores)}")
    return s.value.categories(scores, value.otherwise)


Keep = Callable[[str, str, tuple[Any, ...], Callable[[], Any]], Any]
"""Gives a value by name, the layer it is read from and what else it depends on: kept from an earlier run, or made now."""


def make_now(name: str, layer: str, depends_on: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Make a value and keep nothing: what a `Keep` is without a cache."""
    return make()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What criteria are read from: the plan's layers, the grid, the part of it that counts, and the network with its access legs.

    `keep` holds what is worked out on the network over a changed weight.
    """

    store: Store
    layers: Mapping[str, Layer]
    grid: Grid
    inside: NDArray[np.bool_]
    net: n.Network | None = None
    legs: Mapping[str, Any] = field(default_factory=dict)
    keep: Keep = make_now


def _features(c: Criterion, layer: Layer, *, none: bool = False) -> gpd.GeoDataFrame:
    """Rows of a criterion's layer that meet its filter.

    Raises
    ------
    LayerError
        If none does and the plan does not say what land without one gets (`none`).
    """
    frame: gpd.GeoDataFrame = layer.frame
    if c.where:
        frame = frame[matches(frame, c.where, name=f"criterion {c.name!r}: layer {c.layer}")]
    if len(frame) == 0 and not none:
        raise LayerError(f"criterion {c.name!r}: no feature of layer {c.layer!r} meets {c.where}; widen the filter")
    return frame


def _column(c: Criterion, layer: Layer, *, none: bool) -> gpd.GeoDataFrame:
    if layer.frame is None or c.column not in layer.frame:
        raise LayerError(f"criterion {c.name!r}: layer {c.layer!r} has no column {c.column!r}")
    return _features(c, layer, none=none)


def _criterion(c: Criterion, weight: float, around: Surroundings, tick: Callable[[float], None]) -> s.Criterion:
    store, grid = around.store, around.grid
    layer = around.layers[c.source_layer or ""]
    codes: dict[str, float] | None = None
    if c.source == "slope":
        raw: Any = slope_of(layer, around)
    elif c.source == "raster":
        raw = store.raster(layer, grid, how="mode" if c.value.kind == "categories" else "mean")
    elif c.source == "category":
        frame = _column(c, layer, none=c.value.otherwise is not None)
        words = sorted({str(v) for v in frame[c.column].dropna()})
        codes = {w: float(i + 1) for i, w in enumerate(words)}
        raw = burn_values(frame.assign(_code=frame[c.column].map(lambda v: codes.get(str(v)))), "_code", grid)
        if c.value.otherwise is not None:
            raw = np.where(np.isnan(raw), np.float32(0.0), raw)
    elif c.source == "number":
        raw = burn_values(_column(c, layer, none=c.unknown != "exclude"), c.column or "", grid)
    elif c.by_network:
        asked = c.model_dump(include={"source", "layer", "column", "where", "cutoff_min", "sample_m"})
        depends_on = (grid, asked, dict(around.legs))
        raw = around.keep(f"cells.{c.name}", layer.id, depends_on, lambda: _by_network(c, layer, around, tick))
    else:
        raw = _features(c, layer)
    classes = {v: k for k, v in codes.items()} if codes else {}
    return s.Criterion(c.name, raw, value_function(c.value, codes=codes), weight, c.unit, classes, c.direction, c.unknown)


def slope_of(layer: Layer, around: Surroundings) -> NDArray[np.float32]:
    """Return the slope of an elevation layer in per cent, worked out once a run."""
    key = ("slope", layer.source.sha256, around.grid)
    if key not in around.store.memo:
        around.store.memo[key] = s.slope(lambda g: around.store.raster(layer, g), around.grid)
    found: NDArray[np.float32] = around.store.memo[key]
    return found


def people_of(squares: pd.DataFrame, column: str | None = None) -> str:
    """Return the column whose persons are counted: the one asked for, those of working age where any square knows them, else all."""
    return column or ("working_age" if "working_age" in squares and squares["working_age"].notna().any() else "population")


def people_notes(c: Criterion, squares: pd.DataFrame) -> list[Text]:
    """Return what is to be said of the persons that a criterion counts: all instead of those of working age, squares that know none."""
    who = people_of(squares, c.column)
    name = c.title.text()
    if who == "population" and not c.column:
        return [say("u_labour_all", name=name)]
    gone = int((squares[who].isna() & (squares["population"].fillna(0) > 0)).sum()) if who in squares else 0
    return [say("u_labour_unknown", name=name, count=both(gone))] if gone else []


def _by_network(c: Criterion, layer: Layer, around: Surroundings, tick: Callable[[float], None]) -> NDArray[np.float32]:
    """Persons who reach each cell in time, or minutes from it to the nearest of some places: by the network, in coarser cells.

    A coarser cell is asked for at its middle, where it snaps to a road with its own access leg; the cells within it share the answer.

    Raises
    ------
    PlanError
        If there is no network.
    """
    import geopandas as gpd

    net, grid = around.net, around.grid
    if net is None:
        raise PlanError(f"criterion {c.name!r} with source {c.source!r} needs [layers.roads]")
    step = max(1, round(c.sample_m / grid.cell_m))
    rows, cols = -(-grid.shape[0] // step), -(-grid.shape[1] // step)
    padded = np.zeros((rows * step, cols * step), np.bool_)
    padded[: grid.shape[0], : grid.shape[1]] = around.inside
    some = padded.reshape(rows, step, cols, step).any(axis=(1, 3))
    r, k = np.nonzero(some)
    side = step * grid.cell_m
    x, y = grid.x_min + (k + 0.5) * side, grid.y_max - (r + 0.5) * side
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=grid.crs)
    frame = _features(c, layer)
    places = frame.set_geometry(frame.geometry.centroid)
    if c.source == "labour":
        who = people_of(frame, c.column)
        found = n.sums_within(net, places, frame[who].fillna(0).to_numpy(np.float64), points, [c.cutoff_min], progress=tick, **around.legs)[:, 0]
    else:
        away = n.matrix(net, gpd.GeoDataFrame(geometry=points), places, progress=tick, **around.legs).to_dense()
        nearest = away.min(axis=1).astype(np.float64)
        found = np.where(np.isfinite(nearest), nearest, np.nan)
    coarse = np.full((rows, cols), np.nan, np.float32)
    coarse[r, k] = found
    return np.ascontiguousarray(np.repeat(np.repeat(coarse, step, axis=0), step, axis=1)[: grid.shape[0], : grid.shape[1]])


def _constraint(k: Constraint, around: Surroundings) -> s.Constraint:
    store, layer, grid = around.store, around.layers[k.layer], around.grid
    source: Any = layer.frame
    if layer.definition.kind == "raster":
        values = store.raster(layer, grid, how="mode" if k.values else "mean")
        if not k.values and k.above is None:
            raise PlanError(f"constraint {k.name!r} on raster {k.layer!r} needs values = [classes] or above = number")
        hit = np.isin(values, k.values) if k.values else values > float(k.above or 0.0)
        source = np.where(np.isnan(values), np.float32(np.nan), hit.astype(np.float32))
    elif k.where:
        # filtered here so that a wrong column is reported with the plan's names
        source = source[matches(source, k.where, name=f"constraint {k.name!r}: layer {k.layer}")]
    within = None
    if k.only_inside:
        within = around.layers[k.only_inside].frame
        if within is None:
            raise PlanError(f"constraint {k.name!r}: only_inside names {k.only_inside!r}, which is not a layer of features")
        if k.only_inside_where:
            within = within[matches(within, k.only_inside_where, name=f"constraint {k.name!r}: only_inside {k.only_inside}")]
    return s.Constraint(
        k.name, source, k.within_m or None, {}, within, k.hardness, k.legal, k.outside, k.lifts, "touched", k.unknown, k.source,
        layer.source.data_date,
    )  # fmt: skip


def weights_of(block: Suitability) -> tuple[dict[str, float], s.AHPResult | None]:
    """Return each criterion's weight: the plan's, or what its pairwise judgements come to.

    Raises
    ------
    PlanError
        If the judgements contradict each other beyond use.
    """
    if not block.judgements:
        return {c.name: c.weight for c in block.criteria}, None
    names = [c.name for c in block.criteria]
    table = np.ones((len(names), len(names)))
    for one, other, ratio in block.judgements:
        i, j = names.index(one), names.index(other)
        table[i, j], table[j, i] = ratio, 1.0 / ratio
    found = s.ahp(table, names)
    if found.consistency_ratio > _USELESS:
        worst = found.worst_judgements.iloc[0]
        raise PlanError(
            f"the judgements contradict each other (consistency ratio {found.consistency_ratio:.2f}, at most 0.10 is wished and more than "
            f"{_USELESS:g} of no use); look at {worst['row']!r} against {worst['column']!r} first"
        )
    return {k: float(w) for k, w in zip(names, np.asarray(found.weights), strict=True)}, found


def _short_reach(criteria: Sequence[Criterion], plan: Plan) -> list[Text]:
    """What is said of distances that count farther than their layer was fetched: it was asked for in the area and its halo."""
    halo = plan.area.halo_m
    fetched = {name for name, ref in plan.layers.items() if ref.source == "live"}
    short = [c for c in criteria if c.source == "distance" and c.source_layer in fetched and c.value.span_min > halo]
    return [say("u_short_reach", name=c.title.text(), far=both(c.value.span_min / 1e3, "km"), near=both(halo / 1e3, "km")) for c in short]


def prepare(block: Suitability, around: Surroundings, tick: Callable[[float], None] = lambda _: None) -> Prepared:
    """Read what a block asks for onto the grid.

    Parameters
    ----------
    block : Suitability
    around : Surroundings
    tick : callable, optional
        Called with a share 0-1.

    Returns
    -------
    Prepared

    Raises
    ------
    PlanError
        If no criterion is left.
    """
    layers, store = around.layers, around.store
    weights, judged = weights_of(block)
    have = [c for c in block.criteria if all(x in layers for x in c.layers)]
    gone = [c for c in block.criteria if c not in have]
    total = sum(weights[c.name] for c in have)
    if not have or total <= 0:
        raise PlanError("no criterion with a weight has its layer in the plan; add layers under [layers.*]")
    criteria = []
    for i, c in enumerate(have):
        criteria.append(_criterion(c, weights[c.name] / total, around, lambda v, i=i: tick((i + v) / len(have))))  # type: ignore[misc]
        tick((i + 1) / len(have))
    constraints = tuple(_constraint(k, around) for k in block.constraints if all(x in layers for x in k.layers))
    kept = {k.name for k in constraints if k.lifts is None}
    lifting = [k for k in constraints if k.lifts is not None]
    # what lifts a constraint that could not be tested has nothing to lift
    constraints = tuple(k for k in constraints if k.lifts is None) + tuple(
        replace(k, lifts=tuple(x for x in k.lifts or () if x in kept)) for k in lifting if not k.lifts or kept & set(k.lifts)
    )
    # a conditional constraint is not tested when either of its layers is missing
    untested = [x for k in block.constraints if any(y not in layers for y in k.layers) for x in k.layers[:1]]
    untested += [x for k in block.constraints for x in k.layers if x not in layers]
    untested += [x for c in gone for x in c.layers if x not in layers]
    # what the law asks about and the plan does not hold
    untested += [d.id for d in store.catalog.values() if d.theme in ("restrictions", "risk") and d.id not in layers]
    untested += [u for u in block.untested if u not in layers]
    notes = _short_reach(have, store.plan)
    notes += [t for c in have if c.source == "labour" for t in people_notes(c, layers[c.source_layer or ""].frame)]
    return Prepared(constraints, tuple(criteria), tuple(c.name for c in gone), tuple(dict.fromkeys(untested)), judged, tuple(notes))
