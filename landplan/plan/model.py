"""The plan's sections as frozen pydantic models; ranges and cross-checks live here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from landplan.style import Text

__all__ = [
    "Area", "Catchment", "Constraint", "Criterion", "Export", "Goal", "Jobs", "LayerRef", "Plan", "PlanText",
    "Ranking", "Site", "Suitability", "Team", "Value", "Where",
]

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Share = Annotated[float, Field(ge=0, le=1)]
ROAD_CLASSES = (
    "motorway", "trunk", "ramp", "primary", "secondary", "tertiary", "local", "street", "service", "path", "steps", "ferry", "other",
)
"""The closed list of the roads layer."""
Where = dict[str, Any]
"""A filter on columns: ``{ road_class = ["trunk"], speed_kmh = { min = 70 } }``; all must hold."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanText(_Frozen):
    """Words in Swedish and English."""

    sv: str
    en: str

    def text(self) -> Text:
        """Return the words as the value the exporters share."""
        return Text(self.sv, self.en)


class Header(_Frozen):
    """``[plan]``: name, title, language, CRS, cell size, seed."""

    name: Identifier
    title: PlanText
    language: Literal["sv", "en"] = "sv"
    crs: str = "EPSG:3006"
    cell_m: Annotated[float, Field(ge=1, le=1000)] = 50.0
    seed: Annotated[int, Field(ge=0)] = 7
    data_dir: str = "."
    memory_limit_gb: Annotated[float, Field(gt=0)] = 8.0
    steps: tuple[str, ...] = ()
    note: PlanText | None = None


class Area(_Frozen):
    """``[area]``: municipality codes, a box or a polygon file, and the halo around it."""

    municipalities: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    polygon: str | None = None
    halo_m: Annotated[float, Field(ge=0, le=100_000)] = 5_000.0

    @model_validator(mode="after")
    def _one_way(self) -> Area:
        given = [k for k in ("municipalities", "bbox", "polygon") if getattr(self, k)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of municipalities, bbox or polygon, not {' and '.join(given) or 'none'}")
        if self.bbox and not (self.bbox[0] < self.bbox[2] and self.bbox[1] < self.bbox[3]):
            raise ValueError(f"bbox is xmin, ymin, xmax, ymax in the plan's CRS; got {list(self.bbox)}")
        return self


class Team(_Frozen):
    """``[teams.<id>]``: a municipality's own organisation and what it is shown.

    `results` names suitability blocks and ``catchment``; `layers` the layers drawn under them; `tables` more
    tables by id.
    """

    title: PlanText
    question: PlanText | None = None
    layers: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


class Goal(_Frozen):
    """``[goals.<id>]``: a population or jobs goal with its year and source."""

    municipality: str
    measure: Literal["population", "jobs"] = "population"
    value: Annotated[int, Field(gt=0)]
    year: Annotated[int, Field(ge=2000, le=2200)]
    source: str


class LayerRef(_Frozen):
    """``[layers.<name>]``: where a layer comes from in this plan."""

    source: Literal["sample", "file", "none"] = "file"
    file: str | None = None
    table: str | None = None
    crs: str | None = None
    nodata: float | Literal["none"] | None = None
    columns: dict[str, str] = {}
    constants: dict[str, Any] = {}
    fill: dict[str, Any] = {}
    where: Where = {}
    xy: tuple[str, str] | None = None
    licence: str | None = None
    attribution: str | None = None
    data_date: str | None = None
    synthetic: bool = False
    sharing: Literal["open", "internal", "restricted"] | None = None

    @model_validator(mode="after")
    def _file_named(self) -> LayerRef:
        if self.source == "file" and not self.file:
            raise ValueError('a layer needs file = "…" (or source = "sample")')
        return self


class Jobs(_Frozen):
    """Jobs at a site: low, central, high. A scenario, not a fact; the source says whose."""

    low: Annotated[int, Field(ge=0)]
    central: Annotated[int, Field(ge=0)]
    high: Annotated[int, Field(ge=0)]
    source: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Jobs:
        if not self.low <= self.central <= self.high:
            raise ValueError(f"jobs must be low <= central <= high, got {self.low}, {self.central}, {self.high}")
        return self


class Site(_Frozen):
    """``[sites.<id>]``: a place whose catchment is asked for.

    The place is a point (`lat`/`lon` in degrees, or `x`/`y` in the plan's CRS) or `features` of a layer.
    """

    name: str
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    x: float | None = None
    y: float | None = None
    layer: str | None = None
    features: tuple[str, ...] = ()
    jobs: Jobs | None = None
    opening_year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    shifts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _placed(self) -> Site:
        ways = [self.lat is not None and self.lon is not None, self.x is not None and self.y is not None]
        if sum(ways) != 1 and not (self.layer and self.features):
            raise ValueError("a site needs lat and lon, or x and y, or layer and features")
        return self


class Value(_Frozen):
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


class Criterion(_Frozen):
    """One graded criterion: a source of raw values, a value function, a weight."""

    name: Identifier
    title: PlanText
    source: Literal["distance", "slope", "raster", "category"]
    layer: str | None = None
    column: str | None = None
    where: Where = {}
    value: Value
    weight: Annotated[float, Field(ge=0, le=1)]
    unit: str = ""

    @property
    def source_layer(self) -> str | None:
        """The layer the raw values come from; a slope's is the elevation unless another is named."""
        return self.layer or ("elevation" if self.source == "slope" else None)

    @model_validator(mode="after")
    def _sourced(self) -> Criterion:
        if self.source != "slope" and not self.layer:
            raise ValueError(f"criterion {self.name!r} with source {self.source!r} needs layer = …")
        if self.source == "category" and not self.column:
            raise ValueError(f"criterion {self.name!r} with source 'category' needs column = …")
        return self


class Constraint(_Frozen):
    """One exclusion: a layer, how close, how hard, by which paragraph, on whose word."""

    name: Identifier
    title: PlanText
    layer: str
    within_m: Annotated[float, Field(ge=0, le=50_000)] = 0.0
    where: Where = {}
    values: tuple[int, ...] = ()
    above: float | None = None
    only_inside: bool = False
    hardness: Literal["absolute", "dispensation", "weigh"] = "absolute"
    legal: str = ""
    source: str = ""


class Ranking(_Frozen):
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


class Suitability(_Frozen):
    """``[suitability.<name>]``: constraints, criteria, weights, candidate sites."""

    title: PlanText
    min_ha: Annotated[float, Field(gt=0)] = 10.0
    max_sites: Annotated[int, Field(ge=1, le=200)] = 10
    threshold: Share = 0.6
    constraints: tuple[Constraint, ...] = ()
    criteria: tuple[Criterion, ...]
    ranking: Ranking | None = None
    untested: tuple[str, ...] = ()

    @field_validator("criteria")
    @classmethod
    def _weights(cls, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        if not criteria:
            raise ValueError("at least one criterion is needed")
        total = sum(c.weight for c in criteria)
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            parts = ", ".join(f"{c.name} {c.weight:g}" for c in criteria)
            raise ValueError(f"the weights sum to {total:g}, they must sum to 1 ({parts})")
        names = [c.name for c in criteria]
        if len(set(names)) < len(names):
            raise ValueError(f"criterion names repeat: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
        return criteria


class SpeedRule(_Frozen):
    """``[[catchment.rules]]``: where and when roads are driven faster or slower, or are closed."""

    road_class: tuple[str, ...] = ()
    season: Literal["summer", "winter"] | None = None
    period: Identifier | None = None
    factor: Annotated[float, Field(gt=0, le=3)] = 1.0
    speed_kmh: Annotated[float, Field(gt=0, le=200)] | None = None
    cap_kmh: Annotated[float, Field(gt=0, le=200)] | None = None
    closed: bool = False
    source: str = ""

    @field_validator("road_class")
    @classmethod
    def _known(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(classes) - set(ROAD_CLASSES)):
            raise ValueError(f"names road class {unknown[0]!r}; classes: {', '.join(ROAD_CLASSES)}")
        return classes


class Catchment(_Frozen):
    """``[catchment]``: minutes, mode, season and how people get to the road.

    Results hold for the first of `seasons` and are compared with the second.
    """

    minutes: tuple[Annotated[float, Field(gt=0, le=600)], ...] = (15.0, 30.0, 45.0, 60.0)
    mode: Literal["car", "walk", "bike"] = "car"
    access_kmh: Annotated[float, Field(gt=0, le=60)] = 15.0
    max_snap_m: Annotated[float, Field(gt=0, le=20_000)] = 2_000.0
    ring_access_m: Annotated[float, Field(gt=0, le=5_000)] = 500.0
    ring_cell_m: Annotated[float, Field(ge=10, le=500)] = 50.0
    speed_factor: dict[str, Annotated[float, Field(gt=0, le=3)]] = {}
    junction_s: Annotated[float, Field(ge=0, le=60)] = 0.0
    seasons: Annotated[tuple[Literal["summer", "winter"], ...], Field(max_length=2)] = ()
    period: Identifier | None = None
    rules: tuple[SpeedRule, ...] = ()

    @model_validator(mode="after")
    def _asked(self) -> Catchment:
        if len(set(self.seasons)) < len(self.seasons):
            raise ValueError(f"seasons must differ, got {list(self.seasons)}")
        periods = sorted({r.period for r in self.rules if r.period})
        if self.period is not None and self.period not in periods:
            raise ValueError(f"period {self.period!r} is in no rule; rules have {', '.join(periods) or 'none'}")
        return self

    @field_validator("minutes")
    @classmethod
    def _rising(cls, minutes: tuple[float, ...]) -> tuple[float, ...]:
        if not minutes or list(minutes) != sorted(set(minutes)):
            raise ValueError(f"minutes must rise without repeats, got {list(minutes)}")
        return minutes


class Check(_Frozen):
    """``[[checks]]``: a published figure a local can check, modelled beside it."""

    kind: Literal["minutes", "population", "area"]
    title: PlanText
    site: str | None = None
    to: str | None = None
    layer: str | None = None
    feature: str | None = None
    published_low: float
    published_high: float
    source: str
    date: str = ""


class Export(_Frozen):
    """``[export]``: which formats, and the privacy limit."""

    formats: tuple[Literal["geopackage", "qgis", "rasters", "maps", "sheets", "tables", "report"], ...] = (
        "geopackage", "qgis", "rasters", "maps", "sheets", "tables", "report",
    )
    min_persons: Annotated[int, Field(ge=0)] = 3


class Scenario(_Frozen):
    """``[[scenarios]]``: patches to the network, named."""

    name: Identifier
    title: PlanText
    speed_factor: dict[str, Annotated[float, Field(gt=0, le=3)]] = {}


class Plan(_Frozen):
    """A whole plan. `path` is the file it came from; relative paths are relative to its folder."""

    plan: Header
    area: Area
    teams: dict[Identifier, Team] = {}
    goals: dict[Identifier, Goal] = {}
    layers: dict[Identifier, LayerRef] = {}
    sites: dict[Identifier, Site] = {}
    suitability: dict[Identifier, Suitability] = {}
    catchment: Catchment = Catchment()
    checks: tuple[Check, ...] = ()
    growth: dict[str, Any] = {}
    infrastructure: dict[str, Any] = {}
    scenarios: tuple[Scenario, ...] = ()
    export: Export = Export()
    path: Path | None = None

    @model_validator(mode="after")
    def _used(self) -> Plan:
        """Refuse what would silently do nothing."""
        for name in ("growth", "infrastructure", "scenarios"):
            if getattr(self, name):
                raise ValueError(f"[{name}] is not used yet by this version of landplan; remove it from the plan")
        if unknown := sorted(set(self.catchment.speed_factor) - set(ROAD_CLASSES)):
            raise ValueError(f"catchment.speed_factor names road class {unknown[0]!r}; classes: {', '.join(ROAD_CLASSES)}")
        if "qgis" in self.export.formats and "geopackage" not in self.export.formats:
            raise ValueError("export.formats has qgis without geopackage; the project shows the GeoPackage's layers, so name both")
        for name, block in self.suitability.items():
            for k in block.constraints:
                if k.within_m > self.area.halo_m:
                    raise ValueError(
                        f"[suitability.{name}] constraint {k.name!r}: within_m {k.within_m:g} is more than area.halo_m "
                        f"{self.area.halo_m:g}, so land at the area's edge would be wrong; raise halo_m"
                    )
        return self

    @model_validator(mode="after")
    def _references(self) -> Plan:
        for name, block in self.suitability.items():
            if block.ranking and block.ranking.site not in self.sites:
                raise ValueError(
                    f"[suitability.{name}.ranking] names site {block.ranking.site!r}; sites: {', '.join(self.sites) or 'none'}"
                )
        for i, check in enumerate(self.checks):
            if check.site and check.site not in self.sites:
                raise ValueError(f"[[checks]] number {i + 1} names site {check.site!r}; sites: {', '.join(self.sites) or 'none'}")
        return self

    @property
    def folder(self) -> Path:
        """The folder relative paths start from: the plan file's, or its `data_dir`."""
        base = self.path.parent if self.path else Path.cwd()
        return (base / self.plan.data_dir).resolve()
