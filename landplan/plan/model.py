"""The plan's sections as frozen pydantic models; ranges and cross-checks live here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, field_validator, model_validator

from landplan.clocks import HOME, time_zone
from landplan.content import sample_areas
from landplan.plan.base import ROAD_CLASSES, Frozen, Identifier, PlanText, Where
from landplan.plan.growth import Growth
from landplan.plan.land import Constraint, Criterion, Ranking, Suitability, Value
from landplan.plan.scenarios import Scenario
from landplan.plan.villages import Villages
from landplan.plan.workers import Workers

__all__ = [
    "Area", "Catchment", "Constraint", "Criterion", "Export", "Goal", "Jobs", "LayerRef", "Plan", "PlanText",
    "Ranking", "Site", "Suitability", "Team", "Value", "Where",
]

_KEY_WORDS: Final = {"key", "apikey", "token", "accesstoken", "password", "pass", "pwd", "secret", "sig", "signature"}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


class Header(Frozen):
    """``[plan]``: name, title, language, CRS, cell size, seed, and which sample area `source = "sample"` means."""

    name: Identifier
    title: PlanText
    language: Literal["sv", "en"] = "sv"
    crs: str = "EPSG:3006"
    cell_m: Annotated[float, Field(ge=1, le=1000)] = 50.0
    seed: Annotated[int, Field(ge=0)] = 7
    sample: str = "torsboda"
    data_dir: str = "."
    store: str | None = None
    memory_limit_gb: Annotated[float, Field(gt=0)] = 8.0
    steps: tuple[str, ...] = ()
    note: PlanText | None = None

    @field_validator("sample")
    @classmethod
    def _shipped(cls, name: str) -> str:
        if name not in (known := sample_areas()):
            raise ValueError(f"is no sample area; there are {', '.join(known)}")
        return name


class Area(Frozen):
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


class Team(Frozen):
    """``[teams.<id>]``: a municipality's own organisation and what it is shown.

    `results` names suitability blocks, ``catchment``, ``villages`` and ``municipality`` (ages and commuting); `layers` the layers drawn under them; `tables` more
    tables by id.
    """

    title: PlanText
    question: PlanText | None = None
    layers: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


class Goal(Frozen):
    """``[goals.<id>]``: a population or jobs goal with its year and source.

    A `variant` is another reading of a goal (an earlier year in a news item): worked out and named so, never the main one.
    """

    municipality: str
    variant: PlanText | None = None
    measure: Literal["population", "jobs"] = "population"
    value: Annotated[int, Field(gt=0)]
    year: Annotated[int, Field(ge=2000, le=2200)]
    source: str


class LayerRef(Frozen):
    """``[layers.<name>]``: where a layer comes from in this plan.

    A `live` layer is fetched by ``landplan fetch`` into the plan's store; `use` names sources of the layer's
    definition, several to put side by side (two countries).
    """

    source: Literal["sample", "file", "live", "none"] = "file"
    use: tuple[Identifier, ...] = ()
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
            raise ValueError('a layer needs file = "…" (or source = "live", or source = "sample")')
        if self.use and self.source != "live":
            raise ValueError('use = […] names sources to fetch from; it needs source = "live"')
        return self


class Jobs(Frozen):
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


class Site(Frozen):
    """``[sites.<id>]``: a place whose catchment is asked for.

    The place is a point (`lat`/`lon` in degrees, or `x`/`y` in the plan's CRS) or `features` of a layer.
    `shifts` begin by the clock of `time_zone`.
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
    shifts: tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...] = ()
    time_zone: str = HOME
    ramp: dict[Annotated[str, Field(pattern=r"^(19|20|21)\d\d$")], Annotated[float, Field(ge=0, le=1)]] = {}

    @model_validator(mode="after")
    def _placed(self) -> Site:
        ways = [self.lat is not None and self.lon is not None, self.x is not None and self.y is not None]
        if sum(ways) != 1 and not (self.layer and self.features):
            raise ValueError("a site needs lat and lon, or x and y, or layer and features")
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        time_zone(name)
        return name


class SpeedRule(Frozen):
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


class Catchment(Frozen):
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
    workers: Workers | None = None

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


class Check(Frozen):
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


class Export(Frozen):
    """``[export]``: formats, papers of the map sheets, the privacy limit, and the address of map pictures from the network, if maps may ask for them."""

    formats: tuple[Literal["geopackage", "qgis", "rasters", "maps", "sheets", "tables", "report", "profiles"], ...] = (
        "geopackage", "qgis", "rasters", "maps", "sheets", "tables", "report", "profiles",
    )
    papers: Annotated[tuple[Literal["A4", "A3"], ...], Field(min_length=1)] = ("A4", "A3")
    min_persons: Annotated[int, Field(ge=0)] = 3
    tiles: Annotated[str, Field(pattern=r"^https://[^/\s]+/.*\{z\}.*\{[xy]\}.*\{[xy]\}.*$")] | None = None
    tiles_attribution: str = ""


class NotAnswered(Frozen):
    """``[[not_answered]]``: a question that is no map question, and where it belongs."""

    question: PlanText
    where: PlanText


class Plan(Frozen):
    """A whole plan. `path` is the file it came from; relative paths are relative to its folder."""

    plan: Header
    area: Area
    teams: dict[Identifier, Team] = {}
    goals: dict[Identifier, Goal] = {}
    layers: dict[Identifier, LayerRef] = {}
    sources: dict[Identifier, dict[str, Any]] = {}
    sites: dict[Identifier, Site] = {}
    suitability: dict[Identifier, Suitability] = {}
    catchment: Catchment = Catchment()
    checks: tuple[Check, ...] = ()
    growth: Growth | None = None
    infrastructure: dict[str, Any] = {}
    scenarios: tuple[Scenario, ...] = ()
    not_answered: tuple[NotAnswered, ...] = ()
    villages: Villages | None = None
    export: Export = Export()
    path: Path | None = None

    @model_validator(mode="after")
    def _used(self) -> Plan:
        """Refuse what would silently do nothing."""
        if self.infrastructure:
            raise ValueError("[infrastructure] is not used yet by this version of landplan; remove it from the plan")
        if unknown := sorted(set(self.catchment.speed_factor) - set(ROAD_CLASSES)):
            raise ValueError(f"catchment.speed_factor names road class {unknown[0]!r}; classes: {', '.join(ROAD_CLASSES)}")
        if self.catchment.workers is not None and self.catchment.workers.choice is not None and self.catchment.mode != "car":
            raise ValueError(f"[catchment.workers.choice] is between the car and other modes; it needs catchment.mode = \"car\", not {self.catchment.mode!r}")
        names = [s.name for s in self.scenarios]
        if twice := next((s for s in names if names.count(s) > 1 or s in ("summer", "winter", "season")), None):
            raise ValueError(f"[[scenarios]] name {twice!r} is taken; give every scenario a name of its own")
        if names and not self.sites:
            raise ValueError("[[scenarios]] need a [sites.<id>] whose catchment they change; add one")
        if "qgis" in self.export.formats and "geopackage" not in self.export.formats:
            raise ValueError("export.formats has qgis without geopackage; the project shows the GeoPackage's layers, so name both")
        if self.villages is not None and self.villages.radius_m > self.area.halo_m:
            raise ValueError(
                f"[villages] radius_m {self.villages.radius_m:g} is more than area.halo_m {self.area.halo_m:g}, so a village at the area's edge would miss "
                "people around it; raise halo_m"
            )
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
        if self.growth is not None:
            followed = {a.municipality for a in self.growth.areas.values()}
            for name, goal in self.goals.items():
                if goal.measure == "population" and goal.municipality in followed and goal.year <= self.growth.start_year:
                    raise ValueError(f"[goals.{name}] is for {goal.year}, which is not after growth.start_year {self.growth.start_year}; a goal lies in the future")
            for i, investment in enumerate(self.growth.investments):
                if (investment.lat is None) != (investment.lon is None):
                    raise ValueError(f"[[growth.investments]] number {i + 1} has lat or lon alone; give both or neither")
        for i, check in enumerate(self.checks):
            if check.site and check.site not in self.sites:
                raise ValueError(f"[[checks]] number {i + 1} names site {check.site!r}; sites: {', '.join(self.sites) or 'none'}")
        return self

    @field_validator("sources")
    @classmethod
    def _no_keys(cls, sources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """A plan is sent around: what opens a door does not belong in it."""
        for name, options in sources.items():
            for key, value in options.items():
                for text in _texts(value):
                    parts = urlsplit(text)
                    keyed = any(k.lower().replace("-", "").replace("_", "") in _KEY_WORDS for k, _ in parse_qsl(parts.query))
                    if keyed or "@" in parts.netloc:
                        raise ValueError(
                            f"[sources.{name}] {key} carries a key or a login; keep it in the environment or the keyring "
                            f"(landplan layers show names the variable) and leave it out of the plan"
                        )
        return sources

    @property
    def store_folder(self) -> Path:
        """The folder that ``landplan fetch`` fills: `store` of ``[plan]``, or ``<name>.layers`` beside the plan."""
        return (self.folder / (self.plan.store or f"{self.plan.name}.layers")).resolve()

    @property
    def folder(self) -> Path:
        """The folder relative paths start from: the plan file's, or its `data_dir`."""
        base = self.path.parent if self.path else Path.cwd()
        return (base / self.plan.data_dir).resolve()
