"""What the exporters are handed: tables, rasters and findings with their words and looks.

The export room knows no analysis. `landplan.run` packs results into these frozen values; each exporter
(geopackage, qgis, raster, webmap, sheets, tables, report) is a function that takes an `Atlas`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import FieldSpec
from landplan.grid import Grid
from landplan.provenance import Provenance
from landplan.style import Style, Text
from landplan.units import Language

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = [
    "DEMO_BANNER",
    "Atlas",
    "Chart",
    "Check",
    "CriterionScore",
    "Curve",
    "Profile",
    "ProfileCell",
    "ProfileLine",
    "RasterItem",
    "Series",
    "SiteCard",
    "TableItem",
    "TeamPage",
    "VectorItem",
]

DEMO_BANNER = Text(
    "DEMONSTRATIONSDATA - får inte användas som beslutsunderlag",
    "DEMONSTRATION DATA - must not be used as a basis for decisions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorItem:
    """One vector layer as exported. `group` is the QGIS group's id: a team id, ``results`` or ``base``."""

    id: str
    title: Text
    frame: gpd.GeoDataFrame
    style: Style
    fields: tuple[FieldSpec, ...] = ()
    group: str = "base"
    teams: tuple[str, ...] = ()
    synthetic: bool = False
    sharing: str = "open"
    attribution: str = ""
    source: str = ""
    licence: str = ""
    data_date: str = ""
    description: Text = Text("", "")
    visible: bool = True
    order: float = 0.0
    """Larger lies higher among layers of the same kind of geometry; equals keep the page's order."""
    scenario: Text = Text("", "")
    """The what-if it belongs to, as "Årstid: vinter"; empty for what holds as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterItem:
    """One raster as exported; float rasters have nan as nodata, integer rasters their type's maximum."""

    id: str
    title: Text
    values: np.ndarray
    grid: Grid
    style: Style
    unit: str = ""
    group: str = "results"
    teams: tuple[str, ...] = ()
    synthetic: bool = False
    sharing: str = "open"
    attribution: str = ""
    source: str = ""
    licence: str = ""
    data_date: str = ""
    description: Text = Text("", "")
    categorical: bool = False
    visible: bool = False
    order: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableItem:
    """One table for people (.xlsx) and machines (.csv, .parquet)."""

    id: str
    title: Text
    frame: pd.DataFrame
    fields: tuple[FieldSpec, ...] = ()
    teams: tuple[str, ...] = ()
    synthetic: bool = False
    sharing: str = "open"
    note: Text = Text("", "")
    on_pages: bool = True
    """Whether maps and report show it: what they tell in another form, as cards, is in the files alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionScore:
    """One line of a score card. `reality` is real, demo or missing; `shown` is a class in words.

    `weight` is the ranking's; `counted` is the weight on this site where some of its criteria are not known and the others count
    for more, None where it is the same. `mean` says that the value is one of many places of the site.
    """

    id: str
    title: Text
    value: float | None
    unit: str
    score: float | None
    weight: float
    contribution: float | None
    reality: str
    reason: str = ""
    shown: Text = Text("", "")
    counted: float | None = None
    mean: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCard:
    """A ranked site and why it ranks there. `score` is 0-1.

    `parts` is what other weights are tried on: for each part of the site's land that the same criteria are known for, its
    share and the mean score of each criterion of `criteria` there, None where it is not known. Empty where the score is no
    weighted mean. `excluded_ha` and `weighed_ha` are the land that each constraint takes and that each lets through but asks to be
    weighed; `legal_ha` is the site's land by the hardest constraint over it. `facts` answer an enquiry: hectares, megawatts, minutes and words by the names in `landplan.enquiry`,
    None where nobody has said.
    """

    site_id: str
    name: str
    rank: int
    score: float
    area_ha: float | None
    reason: Text
    limiting: Text
    criteria: tuple[CriterionScore, ...]
    figures: tuple[tuple[Text, str], ...] = ()
    excluded_ha: tuple[tuple[Text, float], ...] = ()
    weighed_ha: tuple[tuple[Text, float], ...] = ()
    legal_ha: tuple[tuple[Text, float], ...] = ()
    centroid: tuple[float, float] = (0.0, 0.0)
    synthetic: bool = False
    large_enough: bool = True
    parts: tuple[tuple[float, tuple[float | None, ...]], ...] = ()
    facts: Mapping[str, float | str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCell:
    """One answer of a profile in one country: a number, the same in winter, the place it is about; or why there is none."""

    value: float | None = None
    winter: float | None = None
    target: str = ""
    reason: str = ""
    """A word of `profile_words` that says why `value` is None, as "disconnected"."""


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One thing a profile tells: the key of its words, and an answer a country. `layer` is where a missing answer would be."""

    key: str
    cells: tuple[ProfileCell, ...]
    layer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one page says of one village, as numbers and keys of words: the page is written in several languages.

    `lines` are by the part of the page: ``people``, ``ways``, ``work``, ``school`` and ``around``. `parts` are what the score is made of: the key of its
    words, its share of the weight, 0-1 of the best (None: not known). `values` fill the places of all words.
    """

    id: str
    name: str
    municipality: str
    kind: str
    point: tuple[float, float]
    radius_m: float
    countries: tuple[str, ...]
    lines: Mapping[str, tuple[ProfileLine, ...]]
    values: Mapping[str, float] = field(default_factory=dict)
    winter: bool = False
    by: str = "car"
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    parts: tuple[tuple[str, float, float | None], ...] = ()
    sources: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    """Ids of the layers it rests on."""
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A function to draw: points (raw value, 0-1), or classes with their scores. One without a weight is no criterion's."""

    block: Text
    title: Text
    unit: str
    weight: float | None
    points: tuple[tuple[float, float], ...] = ()
    classes: tuple[tuple[Text, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart: (year, value) pairs; dashed for what stands beside."""

    title: Text
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over years, each named at its end."""

    id: str
    title: Text
    unit: str
    series: tuple[Series, ...]
    note: Text = Text("", "")
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure a local can check: modelled beside published ("Kontrollera själv")."""

    what: Text
    modelled: float | None
    published: str
    unit: str
    source: str
    decimals: int = 0
    date: str = ""
    passed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """One team's map: its question, the answer in a sentence, its layers, rasters and tables by id."""

    id: str
    title: Text
    question: Text
    answer: Text
    layers: tuple[str, ...]
    rasters: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    cards: tuple[SiteCard, ...] = ()
    uncertain: tuple[Text, ...] = ()
    untested: tuple[Text, ...] = ()
    visible: tuple[str, ...] = ()
    more: tuple[Text, ...] = ()
    """What else the page answers, after its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """Everything one run exports."""

    name: str
    title: Text
    language: Language
    crs: str
    area_bounds: tuple[float, float, float, float]
    pages: tuple[TeamPage, ...]
    vectors: tuple[VectorItem, ...]
    rasters: tuple[RasterItem, ...]
    tables: tuple[TableItem, ...]
    checks: tuple[Check, ...]
    provenance: Provenance
    answer: Text
    top: tuple[SiteCard, ...] = ()
    uncertain: tuple[Text, ...] = ()
    untested: tuple[Text, ...] = ()
    method: tuple[tuple[Text, Text], ...] = ()
    warnings: tuple[str, ...] = ()
    created: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    charts: tuple[Chart, ...] = ()
    lead: tuple[tuple[Text, tuple[Text, ...]], ...] = ()
    """What the report is opened for, before its tables: of what, and its sentences."""
    not_answered: tuple[tuple[Text, Text], ...] = ()
    """Questions that are no map questions, and where they belong."""
    notes: tuple[Mapping[str, Any], ...] = ()
    """Reviewers' notes as GeoJSON features in EPSG:4326, for the maps to show."""
    profiles: tuple[Profile, ...] = ()
    profile_languages: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """True when anything in the atlas rests on made-up data."""
        return (
            self.provenance.synthetic
            or any(v.synthetic for v in self.vectors)
            or any(r.synthetic for r in self.rasters)
            or any(t.synthetic for t in self.tables)
        )

    def vector(self, id_: str) -> VectorItem:
        """Return the vector layer with this id; KeyError when there is none."""
        for item in self.vectors:
            if item.id == id_:
                return item
        raise KeyError(id_)

    def raster(self, id_: str) -> RasterItem:
        """Return the raster with this id; KeyError when there is none."""
        for item in self.rasters:
            if item.id == id_:
                return item
        raise KeyError(id_)

    def table(self, id_: str) -> TableItem:
        """Return the table with this id; KeyError when there is none."""
        for item in self.tables:
            if item.id == id_:
                return item
        raise KeyError(id_)
