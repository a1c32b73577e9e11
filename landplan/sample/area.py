"""What tells one sample area from another: a frozen value, read by every step of the generator.

The steps hold rules and no places. Codes, routes, bridges, towns and figures of one place stand in
``landplan/sample/areas``, one module an area, so that another area is data and not code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from landplan.sample.files import LayerFile
from landplan.sample.routes import Crossing, Ferry, Route

__all__ = [
    "AreaFact", "Bus", "DemoSite", "Foreign", "Industry", "Municipality", "NamedSite", "Outline", "Part", "Patch", "PlanFact", "Railway", "SampleArea", "Train",
]  # fmt: skip

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality of an area: where its figures stand in ``municipalities.csv`` and what is assumed of it.

    `before` is the figure nearest to the year of the localities' own; `working_age` is the share aged 20-64, and None
    takes it from ``age_structure.csv``.
    """

    code: str
    jobs_per_person: float
    working_age: float | None = None
    population: str = "pop_2025_latest_quarter_listed_2025_12"
    population_date: str = "2025"
    population_note: str = "list committed 2025-12-12; the quarter is not stated"
    before: str = "pop_wof_c2019"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the built-up parts that a locality is drawn as; the split of its persons is an assumption."""

    name: str
    persons: int
    place: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Ground that a municipality's simplified outline lacks; what its neighbours hold is taken from it."""

    code: str
    ring: tuple[XY, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A municipality drawn by us: from `border`, which it shares, to `far`, moved east until the area is the published one."""

    code: str
    border: tuple[XY, ...]
    far: tuple[XY, ...]
    area_km2: float


@dataclass(frozen=True, slots=True)
class Foreign:
    """The part of an area in another country: its own codes, CRS and files.

    `ground` is everything on that side of the border, as far as the sample's window goes; `sources` holds what a
    layer's own part says where it differs from the layer.
    """

    country: str
    codes: tuple[str, ...]
    crs: int
    folder: str
    time_zone: str
    ground: tuple[XY, ...]
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanFact:
    """What is known of an industrial area's detailed plan; an unknown stage and date are None."""

    use_codes: str
    stage: str | None
    date: dt.date | None
    status: str


@dataclass(frozen=True, slots=True)
class Industry:
    """An industrial area: its centre in EPSG:3006, and what is known or made up about it."""

    name: str
    centre: XY
    hectares: float
    availability: str
    land_control: str
    owner_kind: str
    build_ready_year: int | None
    municipality_code: str
    site_id: str = ""
    declared_mw: float | None = None
    declared_source: str | None = None
    declared_date: str | None = None
    plan: PlanFact | None = None


@dataclass(frozen=True, slots=True)
class NamedSite:
    """Where a named area of ``housing_areas.csv`` is drawn: at a locality, some metres off. The true place is not known."""

    area: str
    place: str
    offset: XY
    swedish: str = ""


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A made-up housing area at a locality."""

    place: str
    offset: XY
    dwellings: tuple[int, int]
    plan_stage: str
    building_type: str
    tenure: str


@dataclass(frozen=True, slots=True)
class Railway:
    """A railway by its stops in EPSG:3006."""

    name: str
    tracks: int
    speed_kmh: int
    stops: tuple[XY, ...]
    electrified: bool = True


@dataclass(frozen=True, slots=True)
class Train:
    """A train route: places in order, minutes between departures on weekdays and at weekends, and whose feed it is in."""

    route: str
    title: str
    places: tuple[str, ...]
    weekday_min: int
    weekend_min: int
    country: str = "SE"


@dataclass(frozen=True, slots=True)
class Bus:
    """A bus route: places in order, minutes between departures on weekdays and at weekends, and whose feed it is in."""

    route: str
    places: tuple[str, ...]
    weekday_min: int
    weekend_min: int
    country: str = "SE"


@dataclass(frozen=True, slots=True)
class AreaFact:
    """A district: its name in ``ostersund_districts_2020.csv`` and the points its outline is drawn around, by name or EPSG:3006."""

    name: str
    seeds: tuple[str | XY, ...]


@dataclass(frozen=True, slots=True)
class SampleArea:
    """One sample area. Every figure that is not in the facts is an assumption of the demonstration.

    Parameters
    ----------
    name, title_sv, title_en : str
        `name` is that of ``[plan] sample``.
    municipalities : tuple of Municipality
        Those whose people live in the sample, in the order that they are drawn.
    water_region : str
        Window of the clipped water data.
    layers : tuple of LayerFile
        What is written, and what the index says of it.
    fact_tables : tuple of str, optional
        Tables of facts that the area's inputs hold; None for all of them.
    homesteads : int
        How many homesteads get a road of their own.
    raster_m : float
        Cell of the rasters that are written.
    base_m : float
        Height of the largest lakes above the sea, where there is no sea to rise from.
    relief : float
        Height of the hills beside those of the High Coast.
    reserves : int
        How many protected areas are drawn at most.
    """

    name: str
    title_sv: str
    title_en: str
    municipalities: tuple[Municipality, ...]
    water_region: str
    layers: tuple[LayerFile, ...]
    routes: tuple[Route, ...]
    bridges: tuple[Crossing, ...] = ()
    ferries: tuple[Ferry, ...] = ()
    interchanges: tuple[XY, ...] = ()
    keep_clear: tuple[tuple[XY, float], ...] = ()
    halo_m: float = 5_000.0
    fact_tables: tuple[str, ...] | None = None
    homesteads: int = 15_500
    raster_m: float = 25.0
    base_m: float = 0.0
    relief: float = 1.0
    reserves: int = 46
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()
    drawn: tuple[Outline, ...] = ()
    foreign: Foreign | None = None
    industry: tuple[Industry, ...] = ()
    named_housing: tuple[NamedSite, ...] = ()
    demo_housing: tuple[DemoSite, ...] = ()
    railways: tuple[Railway, ...] = ()
    trains: tuple[Train, ...] = ()
    buses: tuple[Bus, ...] = ()
    power_lines: tuple[tuple[float, tuple[XY, ...]], ...] = ()
    power_stations: tuple[tuple[float, XY], ...] = ()
    districts: tuple[AreaFact, ...] = ()
    named_in_facilities: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the municipalities, in order."""
        return tuple(m.code for m in self.municipalities)

    def municipality(self, code: str) -> Municipality:
        """Return what is known of one of the area's municipalities."""
        return next(m for m in self.municipalities if m.code == code)

    def papers(self) -> dict[str, LayerFile]:
        """Return what is written, by layer."""
        return {layer.id: layer for layer in self.layers}

    def is_foreign(self, code: Any) -> bool:
        """Tell whether a municipality lies in the area's other country."""
        return self.foreign is not None and code in self.foreign.codes
