"""From a plan's criteria and constraints to what `suitability.evaluate` takes.

A criterion or constraint whose layer the plan lacks is not guessed: it is left out, named as not tested,
and the remaining weights are rescaled, which the score card shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan import suitability as s
from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.layers import Layer, Store
from landplan.plan import Constraint, Criterion, Suitability
from landplan.plan.model import Value
from landplan.suitability.burning import burn_values, matches

if TYPE_CHECKING:
    pass

__all__ = ["Prepared", "prepare", "value_function"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is evaluated, and what could not be."""

    constraints: tuple[s.Constraint, ...]
    criteria: tuple[s.Criterion, ...]
    missing_criteria: tuple[str, ...]
    untested: tuple[str, ...]


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


def _criterion(c: Criterion, weight: float, store: Store, layers: Mapping[str, Layer], grid: Grid) -> s.Criterion:
    layer = layers[c.source_layer or ""]
    codes: dict[str, float] | None = None
    if c.source == "slope":
        key = ("slope", layer.source.sha256, grid)
        if key not in store.memo:
            store.memo[key] = s.slope(lambda g: store.raster(layer, g), grid)
        raw: Any = store.memo[key]
    elif c.source == "raster":
        raw = store.raster(layer, grid, how="mode" if c.value.kind == "categories" else "mean")
    elif c.source == "category":
        column = c.column or ""
        if layer.frame is None or column not in layer.frame:
            raise LayerError(f"criterion {c.name!r}: layer {c.layer!r} has no column {column!r}")
        frame = layer.frame[matches(layer.frame, c.where, name=c.layer or "")]
        words = sorted({str(v) for v in frame[column].dropna()})
        codes = {w: float(i + 1) for i, w in enumerate(words)}
        raw = burn_values(frame.assign(_code=frame[column].map(lambda v: codes.get(str(v)))), "_code", grid)
        if c.value.otherwise is not None:
            raw = np.where(np.isnan(raw), np.float32(0.0), raw)
    else:
        frame = layer.frame
        if c.where:
            frame = frame[matches(frame, c.where, name=f"criterion {c.name!r}: layer {c.layer}")]
        if len(frame) == 0:
            raise LayerError(f"criterion {c.name!r}: no feature of layer {c.layer!r} meets {c.where}; widen the filter")
        raw = frame
    classes = {v: k for k, v in codes.items()} if codes else {}
    return s.Criterion(c.name, raw, value_function(c.value, codes=codes), weight, c.unit, classes)


def _constraint(k: Constraint, store: Store, layer: Layer, grid: Grid) -> s.Constraint:
    source: Any = layer.frame
    where = k.where
    if layer.definition.kind == "raster":
        values = store.raster(layer, grid, how="mode" if k.values else "mean")
        if not k.values and k.above is None:
            raise PlanError(f"constraint {k.name!r} on raster {k.layer!r} needs values = [classes] or above = number")
        source = np.isin(values, k.values) if k.values else np.nan_to_num(values, nan=-np.inf) > float(k.above or 0.0)
        where = {}
    elif where:
        # filtered here so that a wrong column is reported with the plan's names
        source = source[matches(source, where, name=f"constraint {k.name!r}: layer {k.layer}")]
        where = {}
    return s.Constraint(k.name, source, k.within_m or None, where, k.only_inside, k.hardness, k.legal)


def prepare(block: Suitability, store: Store, layers: Mapping[str, Layer], grid: Grid) -> Prepared:
    """Read what a block asks for onto the grid.

    Parameters
    ----------
    block : Suitability
    store : Store
    layers : mapping of str to Layer
        The plan's layers.
    grid : Grid

    Returns
    -------
    Prepared

    Raises
    ------
    PlanError
        If no criterion is left.
    """
    have = [c for c in block.criteria if c.source_layer in layers]
    gone = [c for c in block.criteria if c not in have]
    total = sum(c.weight for c in have)
    if not have or total <= 0:
        raise PlanError("no criterion with a weight has its layer in the plan; add layers under [layers.*]")
    criteria = tuple(_criterion(c, c.weight / total, store, layers, grid) for c in have)
    constraints = tuple(_constraint(k, store, layers[k.layer], grid) for k in block.constraints if k.layer in layers)
    untested = [k.layer for k in block.constraints if k.layer not in layers]
    untested += [c.source_layer or c.name for c in gone]
    # what the law asks about and the plan does not hold
    untested += [d.id for d in store.catalog.values() if d.theme in ("restrictions", "risk") and d.id not in layers]
    untested += [u for u in block.untested if u not in layers]
    return Prepared(constraints, criteria, tuple(c.name for c in gone), tuple(dict.fromkeys(untested)))
