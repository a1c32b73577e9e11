"""The plan's ``[suitability.<name>]`` sections: what excludes, what is graded, which sites are looked for, how sure a ranking is."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from landplan.plan.base import Frozen, Identifier, PlanText, Share, Where

__all__ = ["Access", "Bridge", "Constraint", "Criterion", "Hall", "Pad", "Ranking", "Robustness", "Suitability", "Value"]


class Value(Frozen):
    """A value function: raw value to a score 0-1."""

    kind: Literal["linear", "piecewise", "sigmoid", "gaussian", "categories"]
    worst: float | None = None
    best: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    midpoint: float | None = None
    spread: float | None = None
    scores: dict[str, Share] = {}
    otherwise: Share | None = None

    @model_validator(mode="after")
    def _complete(self) -> Value:
        need = {
            "linear": ("worst", "best"),
            "piecewise": ("points",),
            "sigmoid": ("midpoint", "spread"),
            "gaussian": ("midpoint", "spread"),
            "categories": ("scores",),
        }[self.kind]
        numbers = {"worst": self.worst, "best": self.best, "midpoint": self.midpoint, "spread": self.spread}
        numbers |= {f"points[{i}]": v for i, p in enumerate(self.points) for v in p if not math.isfinite(v)}
        if odd := [f"{k} = {v}" for k, v in numbers.items() if v is not None and not math.isfinite(v)]:
            raise ValueError(f"{', '.join(odd)}: a value function needs finite numbers")
        lacking = [k for k in need if getattr(self, k) in (None, (), {})]
        if lacking:
            raise ValueError(f"a {self.kind} value function needs {' and '.join(lacking)}")
        if self.kind == "linear" and self.worst == self.best:
            raise ValueError("worst and best are the same, so every place would score alike")
        if self.kind == "piecewise":
            xs = [p[0] for p in self.points]
            if xs != sorted(set(xs)) or len(xs) < 2 or any(not 0 <= p[1] <= 1 for p in self.points):
                raise ValueError("points are [value, score 0-1] pairs with rising values, at least two")
        if self.kind in ("sigmoid", "gaussian") and not (self.spread or 0) != 0:
            raise ValueError("spread must not be 0")
        return self

    @property
    def span_min(self) -> float:
        """The largest value at which a score still changes (a sigmoid's to within 0.0002); 0 where that is not known."""
        ends = [v for v in (self.worst, self.best, *(p[0] for p in self.points)) if v is not None]
        if self.kind in ("sigmoid", "gaussian") and self.midpoint is not None and self.spread is not None:
            ends = [self.midpoint + (9.0 if self.kind == "sigmoid" else 6.0) * abs(self.spread)]
        return max(ends, default=0.0)


class Criterion(Frozen):
    """One graded criterion: a source of raw values, a value function, a weight.

    Sources: ``distance`` to a layer's features, ``slope``, ``raster``, ``category`` (a class column of polygons), ``number`` (a number
    column of polygons: hectares of a parcel, depth of a flood), ``labour`` (persons who reach the place within `cutoff_min`) and
    ``minutes`` (to the nearest of a layer's points), the last two by the network.
    """

    name: Identifier
    title: PlanText
    source: Literal["distance", "slope", "raster", "category", "number", "labour", "minutes"]
    layer: str | None = None
    column: str | None = None
    where: Where = {}
    value: Value
    weight: Annotated[float, Field(ge=0, le=1)] = 0.0
    unit: str = ""
    direction: Literal["more", "less"] | None = None
    unknown: Literal["exclude", "ignore", "worst"] = "exclude"
    cutoff_min: Annotated[float, Field(gt=0, le=240)] = 45.0
    sample_m: Annotated[float, Field(ge=10, le=1000)] = 250.0

    @property
    def source_layer(self) -> str | None:
        """The layer the raw values come from; a slope's is the elevation, labour's the population unless another is named."""
        return self.layer or {"slope": "elevation", "labour": "population_grid"}.get(self.source)

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer it needs."""
        own = (self.source_layer,) if self.source_layer else ()
        return (*own, "roads") if self.by_network else own

    @property
    def by_network(self) -> bool:
        """Whether its values are worked out on the network."""
        return self.source in ("labour", "minutes")

    @model_validator(mode="after")
    def _sourced(self) -> Criterion:
        if self.source_layer is None:
            raise ValueError(f"criterion {self.name!r} with source {self.source!r} needs layer = …")
        if self.source in ("category", "number") and not self.column:
            raise ValueError(f"criterion {self.name!r} with source {self.source!r} needs column = …")
        return self


class Constraint(Frozen):
    """One exclusion: a layer, how close, how hard, by which paragraph, on whose word.

    `only_inside` names a layer inside which alone it holds; `outside` excludes what lies outside the layer; `lifts` makes it a forced
    inclusion that excludes nothing and lifts the named constraints (``[]`` all of them) from its land.
    """

    name: Identifier
    title: PlanText
    layer: str
    within_m: Annotated[float, Field(ge=0, le=50_000)] = 0.0
    where: Where = {}
    values: tuple[int, ...] = ()
    above: float | None = None
    only_inside: str | None = None
    only_inside_where: Where = {}
    outside: bool = False
    lifts: tuple[str, ...] | None = None
    unknown: Literal["ignore", "exclude"] = "ignore"
    hardness: Literal["absolute", "dispensation", "weigh"] = "absolute"
    legal: str = ""
    source: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer it needs."""
        return (self.layer, self.only_inside) if self.only_inside else (self.layer,)


class Bridge(Frozen):
    """What a site may lie on both sides of: small roads, ditches.

    Lines take `width_m` of a site's land, shoulders and ditches with them, polygons their own area. No layer states such widths; the
    default is an assumption that a plan may replace, with its `source`.
    """

    layer: str
    where: Where = {}
    width_m: Annotated[float, Field(gt=0, le=100)] = 8.0
    source: str = ""


class Hall(Frozen):
    """A building that must find room."""

    length_m: Annotated[float, Field(gt=0, le=5_000)]
    width_m: Annotated[float, Field(gt=0, le=5_000)]


class Pad(Frozen):
    """Levelling the ground of the hall, or of the site: loose cubic metres of a cubic metre dug out, and of one laid, on whose word."""

    swell: Annotated[float, Field(ge=1, le=3)]
    compaction: Annotated[float, Field(ge=1, le=3)]
    layer: str = "elevation"
    source: str


class Access(Frozen):
    """What a site should touch or lie near: a road of a class, rail."""

    name: Identifier
    title: PlanText
    layer: str
    where: Where = {}
    max_m: Annotated[float, Field(ge=0, le=100_000)]


class Robustness(Frozen):
    """How sure a ranking is: what is uncertain, and by how much, on whose word.

    `weight_sd` is the standard deviation of each weight as a share of it. `position_m` gives a criterion's layer a position error
    (standard deviation, metres). `confusion` gives a class criterion, for each mapped class, the shares of what it is in truth.
    """

    weight_sd: Annotated[float, Field(ge=0, le=1)] = 0.2
    trials: Annotated[int, Field(ge=100, le=100_000)] = 1_000
    position_m: dict[str, Annotated[float, Field(gt=0, le=5_000)]] = {}
    confusion: dict[str, dict[str, dict[str, Share]]] = {}
    source: str = ""

    @field_validator("confusion")
    @classmethod
    def _whole(cls, tables: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, dict[str, float]]]:
        for name, rows in tables.items():
            for mapped, row in rows.items():
                if not math.isclose(sum(row.values()), 1.0, abs_tol=1e-6):
                    raise ValueError(f"confusion of {name!r}: the shares of {mapped!r} sum to {sum(row.values()):g}, they must sum to 1")
        return tables


class Ranking(Frozen):
    """How named sites of a layer are ranked: commute, services, suitability."""

    layer: str
    site: str
    commute_weight: Share
    services_weight: Share
    suitability_weight: Share
    commute_best_min: Annotated[float, Field(ge=0)] = 10.0
    commute_worst_min: Annotated[float, Field(gt=0)] = 60.0
    services_layer: str = "services"
    services_kinds: tuple[str, ...] = ()
    services_best_min: Annotated[float, Field(ge=0)] = 3.0
    services_worst_min: Annotated[float, Field(gt=0)] = 25.0

    @model_validator(mode="after")
    def _sum(self) -> Ranking:
        total = self.commute_weight + self.services_weight + self.suitability_weight
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            raise ValueError(f"commute_weight, services_weight and suitability_weight sum to {total:g}, they must sum to 1")
        if self.commute_best_min >= self.commute_worst_min or self.services_best_min >= self.services_worst_min:
            raise ValueError("the best minutes must be below the worst minutes")
        return self


class NewLand(Frozen):
    """``[suitability.<name>.new_land]``: land beside the named sites of a ranking that could be tried, near homes that have pipes and roads."""

    min_ha: Annotated[float, Field(gt=0)] = 2.0
    max_ha: Annotated[float, Field(gt=0)] = 10.0
    count: Annotated[int, Field(ge=1, le=200)] = 20
    within_m: Annotated[float, Field(gt=0, le=20_000)] = 1_000.0
    served_persons: Annotated[int, Field(ge=1)] = 25
    apart_m: Annotated[float, Field(ge=0, le=50_000)] = 300.0


class Suitability(Frozen):
    """``[suitability.<name>]``: constraints, criteria, weights, candidate sites.

    Weights stand with the criteria, or follow from pairwise `judgements` (``["slope", "road", 3]``: slope matters three times as
    much as road), of which every pair is needed once.
    """

    title: PlanText
    min_ha: Annotated[float, Field(gt=0)] = 10.0
    max_ha: Annotated[float, Field(gt=0)] | None = None
    max_sites: Annotated[int, Field(ge=1, le=200)] = 10
    threshold: Share = 0.6
    compactness: Annotated[float, Field(ge=0, le=10)] = 0.5
    apart_m: Annotated[float, Field(ge=0, le=50_000)] = 1_000.0
    max_slope: Annotated[float, Field(gt=0, le=100)] | None = None
    method: Literal["wlc", "owa", "topsis", "product", "minimum"] = "wlc"
    alpha: Annotated[float, Field(gt=0, le=100)] | None = None
    order_weights: tuple[Annotated[float, Field(ge=0)], ...] = ()
    judgements: tuple[tuple[str, str, float], ...] = ()
    constraints: tuple[Constraint, ...] = ()
    criteria: tuple[Criterion, ...]
    bridgeable: tuple[Bridge, ...] = ()
    hall: Hall | None = None
    pad: Pad | None = None
    access: tuple[Access, ...] = ()
    robustness: Robustness = Robustness()
    ranking: Ranking | None = None
    new_land: NewLand | None = None
    untested: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer the block may need, each once."""
        named = [x for c in self.criteria for x in c.layers] + [x for k in self.constraints for x in k.layers]
        named += [b.layer for b in self.bridgeable] + [a.layer for a in self.access] + ([self.pad.layer] if self.pad else [])
        return tuple(dict.fromkeys(named))

    @field_validator("criteria")
    @classmethod
    def _named_once(cls, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        if not criteria:
            raise ValueError("at least one criterion is needed")
        names = [c.name for c in criteria]
        if len(set(names)) < len(names):
            raise ValueError(f"criterion names repeat: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
        return criteria

    @field_validator("constraints")
    @classmethod
    def _each_named_once(cls, constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        names = [k.name for k in constraints]
        if len(set(names)) < len(names):
            raise ValueError(f"constraint names repeat: {', '.join(sorted({n for n in names if names.count(n) > 1}))}; give each a name of its own")
        return constraints

    @model_validator(mode="after")
    def _fits(self) -> Suitability:
        """Refuse more than the reason bits and the overlay hold, before anything is read."""
        bits = sum(k.lifts is None for k in self.constraints)
        if bits > 64 or len(self.criteria) > 32:
            raise ValueError(f"{bits} constraints and {len(self.criteria)} criteria; at most 64 constraints that exclude or weigh and 32 criteria fit, merge those that say the same")
        return self

    @model_validator(mode="after")
    def _weighed(self) -> Suitability:
        names = {c.name for c in self.criteria}
        if self.judgements:
            if any(c.weight for c in self.criteria):
                raise ValueError("weights follow from the judgements; remove weight from the criteria, or the judgements")
            pairs = [frozenset(j[:2]) for j in self.judgements]
            for one, other, ratio in self.judgements:
                if one not in names or other not in names or one == other:
                    raise ValueError(f"a judgement compares {one!r} with {other!r}; criteria: {', '.join(sorted(names))}")
                if not 1 / 9 - 1e-9 <= ratio <= 9:
                    raise ValueError(f"the judgement of {one!r} and {other!r} is {ratio:g}; Saaty's scale runs from 1/9 to 9")
            want = len(names) * (len(names) - 1) // 2
            if len(set(pairs)) != want or len(pairs) != want:
                raise ValueError(f"{len(names)} criteria need {want} judgements, each pair once; there are {len(pairs)} of {len(set(pairs))} pairs")
        else:
            total = sum(c.weight for c in self.criteria)
            if not math.isclose(total, 1.0, abs_tol=1e-6):
                parts = ", ".join(f"{c.name} {c.weight:g}" for c in self.criteria)
                raise ValueError(f"the weights sum to {total:g}, they must sum to 1 ({parts})")
        if self.order_weights and len(self.order_weights) != len(self.criteria):
            raise ValueError(f"{len(self.order_weights)} order_weights for {len(self.criteria)} criteria; give one for each rank, best score first")
        if self.method == "owa" and (self.alpha is None) == (not self.order_weights):
            raise ValueError("method owa needs either alpha or order_weights")
        if self.method != "owa" and (self.alpha is not None or self.order_weights):
            raise ValueError("alpha and order_weights belong to method owa")
        if self.max_ha is not None and self.max_ha < self.min_ha:
            raise ValueError(f"max_ha {self.max_ha:g} is below min_ha {self.min_ha:g}")
        for what, table in (("position_m", self.robustness.position_m), ("confusion", self.robustness.confusion)):
            if unknown := sorted(set(table) - names):
                raise ValueError(f"robustness.{what} names {unknown[0]!r}, which is no criterion; criteria: {', '.join(sorted(names))}")
        excluding = {k.name for k in self.constraints if k.lifts is None}
        for k in self.constraints:
            if unknown := sorted(set(k.lifts or ()) - excluding):
                raise ValueError(f"constraint {k.name!r} lifts {unknown[0]!r}, which is none; constraints: {', '.join(sorted(excluding))}")
        return self
