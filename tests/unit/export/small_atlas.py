"""A small atlas with everything odd that real layers bring; the unit and the client tests both use it."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landplan.contracts import FieldSpec
from landplan.export.items import (
    Atlas,
    Check,
    CriterionScore,
    RasterItem,
    SiteCard,
    TableItem,
    TeamPage,
    VectorItem,
)
from landplan.grid import Grid
from landplan.provenance import LayerSource, Provenance
from landplan.style import RAMPS, Style, StyleClass, Text

X0, Y0 = 620_000.0, 6_930_000.0
SIDE = 10_000.0
PAYLOAD = "</script><img src=x onerror=\"document.title='run'\"><b>'\"&amp;"
LONG = "Långnamn " * 33 + "slut"
STAGES = (
    ("adopted", Text("antagen", "adopted")),
    ("in_force", Text("laga kraft", "in force")),
    ("unknown", Text("uppgift saknas", "not known")),
)
SITE_FIELDS = (
    FieldSpec("name", "text", Text("Namn", "Name")),
    FieldSpec("area_ha", "float", Text("Areal", "Area"), unit="ha"),
    FieldSpec("stage", "text", Text("Planskede", "Plan stage"), values=STAGES),
    FieldSpec("uses", "list", Text("Användning", "Use"), values=(("J", Text("industri", "industry")),)),
    FieldSpec("served", "bool", Text("Har vatten", "Has water")),
    FieldSpec("decided", "date", Text("Beslutad", "Decided")),
    FieldSpec("build_year", "int", Text("Byggklart år", "Ready year")),
    FieldSpec("minutes", "float", Text("Restid", "Travel time"), unit="min"),
    FieldSpec("reason", "text", Text("Varför värde saknas", "Why a value is missing")),
)


def square(col: float, row: float, size: float = 800.0) -> shapely.Polygon:
    """Return a square some kilometres east and north of the corner."""
    x, y = X0 + col * 1000, Y0 + row * 1000
    return shapely.box(x, y, x + size, y + size)


def _frame(data: dict, geometry: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(data, geometry=geometry, crs="EPSG:3006")


def sites() -> gpd.GeoDataFrame:
    """Four candidate sites: åäö, a payload, a long name, a hole and two parts; nan, inf and None."""
    holed = square(1, 5, 2000).difference(square(1.5, 5.5, 500))
    parts = shapely.MultiPolygon([square(6, 1), square(7, 1)])
    return _frame(
        {
            "site_id": ["s1", "s2", "s3", PAYLOAD],
            "name": ["Öråker åäö", PAYLOAD, LONG, "Delat"],
            "area_ha": [64.25, 1234.5, np.nan, np.inf],
            "stage": ["adopted", "in_force", "unknown", "adopted"],
            "uses": [["J", "Z"], ["J"], [], None],
            "served": [True, False, None, True],
            "decided": [dt.date(2024, 5, 17), None, dt.date(1999, 1, 1), None],
            "build_year": [2027, 2030, None, 2031],
            "minutes": [12.5, np.inf, 30.0, 45.25],
            "reason": [None, "beyond_cutoff", None, None],
        },
        [square(1, 1), square(4, 4), holed, parts],
    )


def vectors() -> tuple[VectorItem, ...]:
    """Nine layers, one of each renderer and one of each trouble."""
    classes = (
        StyleClass("adopted", Text("antagen", "adopted"), "#0072b2"),
        StyleClass("in_force", Text("laga kraft", "in force"), "#e69f00"),
        StyleClass(None, Text("övriga", "other"), "#999999"),
    )
    bounds = tuple(
        StyleClass(m, Text(f"inom {m} minuter", f"within {m} minutes"), c)
        for m, c in zip((15, 30, 45), RAMPS["minutes"], strict=False)
    )
    stops = _frame(
        {"minutes": [10.0, 15.0, 15.1, 45.0, np.nan], "population": [50, 4000, 300, 20_000, 7],
         "name": ["A", "Bå", "C", "Dö", "E"]},
        [shapely.Point(X0 + 1000 + 1700 * i, Y0 + 9000) for i in range(5)],
    )  # fmt: skip
    road = _frame(
        {"fid": ["E4-1"], "Geom": ["x"], "geom": ["y"], "class": ["trunk"], "paved": [True]},
        [shapely.LineString([(X0, Y0 + 500), (X0 + 5000, Y0 + 3500), (X0 + SIDE, Y0 + 3000)])],
    )
    mixed = _frame(
        {"kind": ["a", "b", "c", "d"]},
        [
            shapely.GeometryCollection([shapely.Point(X0 + 100, Y0 + 100), square(8, 8)]),
            None,
            shapely.Polygon(),
            shapely.LineString([(X0, Y0), (X0 + 900, Y0 + 900)]),
        ],
    )
    density = _frame({"persons": [0, 50, 100]}, [square(2, 7), square(3, 7), square(4, 7)])
    empty = _frame({"name": pd.Series([], dtype=object), "n": pd.Series([], dtype="int64")}, [])
    secret = _frame({"name": ["HEMLIGT-OBJEKT"]}, [shapely.Point(X0 + 5000, Y0 + 5000)])
    land = _frame({"id": [1]}, [shapely.box(X0 - 2000, Y0 - 2000, X0 + SIDE, Y0 + SIDE)])
    name = (FieldSpec("name", "text", Text("Namn", "Name")),)
    real = {"source": "Lantmäteriet", "licence": "CC0", "attribution": "© Lantmäteriet", "data_date": "2024"}
    return (
        VectorItem(
            id="sites",
            title=Text("Kandidatområden", "Candidate sites"),
            frame=sites(),
            style=Style(kind="classes", column="stage", classes=classes, label="name", opacity=0.8),
            fields=SITE_FIELDS,
            group="industry",
            synthetic=True,
            description=Text("Lägen att pröva.", "Sites to test."),
        ),
        VectorItem(
            id="stops",
            title=Text("Hållplatser", "Stops"),
            frame=stops,
            style=Style(kind="graduated", column="minutes", classes=bounds, marker="square", label="name"),
            fields=(
                FieldSpec("name", "text", Text("Namn", "Name")),
                FieldSpec("minutes", "float", Text("Restid", "Travel time"), unit="min"),
                FieldSpec("population", "int", Text("Folkmängd", "Population"), unit="personer"),
            ),
            group="results",
            **real,
        ),
        VectorItem(
            id="road",
            title=Text("Väg", "Road"),
            frame=road,
            style=Style(
                kind="classes",
                column="class",
                classes=(StyleClass("trunk", Text("europaväg", "European road"), "#9a6a4f", 2.5),),
            ),
            fields=(FieldSpec("paved", "bool", Text("Belagd", "Paved")),),
            synthetic=True,
        ),
        VectorItem(
            id="density",
            title=Text("Folktäthet", "Density"),
            frame=density,
            style=Style(kind="ramp", column="persons", ramp=RAMPS["viridis"]),
            fields=(FieldSpec("persons", "int", Text("Folkmängd", "Population"), unit="personer"),),
            group="results",
            visible=False,
        ),
        VectorItem(id="mixed", title=Text("Blandat", "Mixed"), frame=mixed, style=Style(), group="extra"),
        VectorItem(id="empty", title=Text("Tomt", "Empty"), frame=empty, style=Style(), fields=name),
        VectorItem(
            id="secret",
            title=Text("Skyddsobjekt", "Protected objects"),
            frame=secret,
            style=Style(label="name"),
            fields=name,
            sharing="restricted",
            group="industry",
        ),
        VectorItem(
            id="outline",
            title=Text("Kommungräns", "Municipal boundary"),
            frame=land,
            style=Style(opacity=0, dash=True, stroke="#777777"),
            **real,
        ),
        VectorItem(
            id="land",
            title=Text("Land", "Land"),
            frame=land,
            style=Style(color="#f6f4ef", stroke="#b9c4cb", opacity=1),
            **real,
        ),
    )


GRID = Grid.cover((X0, Y0, X0 + SIDE, Y0 + SIDE), cell_m=20, crs="EPSG:3006")


def rasters() -> tuple[RasterItem, ...]:
    """A float raster with holes and a raster of three classes, both larger than one block."""
    rows, cols = GRID.shape
    score = np.linspace(0, 100, cols, dtype=np.float32)[None, :].repeat(rows, axis=0)
    score[:40, :40] = np.nan
    score[100, 100] = np.inf
    why = np.full(GRID.shape, 255, np.uint8)
    why[100:400, 100:400] = 0
    why[100:200, 100:200] = 1
    why[300:400, 300:400] = 2
    classes = (
        StyleClass(0, Text("kvar", "kept"), "#e8e4da"),
        StyleClass(1, Text("för brant", "too steep"), "#d55e00"),
        StyleClass(2, Text("strandskydd", "shore protection"), "#0072b2"),
    )
    return (
        RasterItem(
            id="score",
            title=Text("Lämplighet", "Suitability"),
            values=score,
            grid=GRID,
            style=Style(kind="ramp", ramp=RAMPS["viridis"], low=0, high=100, opacity=0.7),
            unit="poäng",
            synthetic=True,
            source="landplan",
            licence="CC0",
            visible=True,
        ),
        RasterItem(
            id="why",
            title=Text("Därför bort", "Why excluded"),
            values=why,
            grid=GRID,
            style=Style(kind="classes", classes=classes, opacity=1),
            categorical=True,
        ),
    )


def tables() -> tuple[TableItem, ...]:
    """One table of everything, one empty, one restricted."""
    frame = pd.DataFrame(
        {
            "municipality": ["Härnösand", "=1+1", PAYLOAD],
            "population": [24_515, 99_439, 0],
            "minutes": [21.65, np.inf, np.nan],
            "stage": ["adopted", "unknown", "in_force"],
            "counted": [dt.date(2025, 12, 31), None, dt.date(2024, 12, 31)],
            "uses": [["J"], [], None],
            "reason": [None, "beyond_cutoff", "no_data"],
        }
    )
    fields = (
        FieldSpec("municipality", "text", Text("Kommun", "Municipality")),
        FieldSpec("population", "int", Text("Folkmängd", "Population"), unit="personer"),
        FieldSpec("minutes", "float", Text("Restid", "Travel time"), unit="min"),
        FieldSpec("stage", "text", Text("Planskede", "Plan stage"), values=STAGES),
        FieldSpec("counted", "date", Text("Räknat", "Counted")),
    )
    return (
        TableItem(
            id="catchment",
            title=Text("Pendlingsomland per kommun", "Catchment by municipality"),
            frame=frame,
            fields=fields,
            teams=("industry",),
            synthetic=True,
            note=Text("Bil, vinter, kl. 06.", "Car, winter, 06.00."),
        ),
        TableItem(id="none", title=Text("Ingenting", "Nothing"), frame=pd.DataFrame({"a": []})),
        TableItem(
            id="hidden",
            title=Text("Hemlig tabell", "Secret table"),
            frame=pd.DataFrame({"a": ["HEMLIGT-OBJEKT"]}),
            teams=("industry",),
            sharing="restricted",
        ),
    )


def _line(id_, title, value, unit, score, weight, reality) -> CriterionScore:
    return CriterionScore(
        id=id_,
        title=title,
        value=value,
        unit=unit,
        score=score,
        weight=weight,
        contribution=None if score is None else score * weight,
        reality=reality,
        reason="no_data" if value is None else "",
    )


def cards() -> tuple[SiteCard, ...]:
    """Four ranked sites, one criterion of each reality."""
    frame = sites()
    found = []
    for i, (id_, name) in enumerate(zip(frame["site_id"], frame["name"], strict=True)):
        score = 0.9 - i / 10
        at = frame.geometry.iloc[i].centroid
        found.append(
            SiteCard(
                site_id=id_,
                name=name,
                rank=i + 1,
                score=score,
                area_ha=64.0,
                reason=Text("Plan mark nära väg 331.", "Flat land near road 331."),
                limiting=Text("Strandskydd i öster", "Shore protection in the east"),
                criteria=(
                    _line("labour", Text("Arbetskraft", "Labour"), 61_240.0, "personer", score, 0.6, "demo"),
                    _line("road", Text("Restid till E4", "Time to E4"), 9.25, "min", 0.5, 0.3, "real"),
                    _line("water", Text("Vatten", "Water"), None, "", None, 0.1, "missing"),
                ),
                figures=((Text("Folkmängd inom 45 minuter", "Population within 45 minutes"), "141 002"),),
                excluded_ha=((Text("Strandskydd", "Shore protection"), 4.2),),
                centroid=(at.x, at.y),
                synthetic=True,
            )
        )
    return tuple(found)


def build(language: str = "sv", *, synthetic: bool = True) -> Atlas:
    """Return the atlas; without `synthetic`, everything made up is left out."""
    ranked = cards()
    page = TeamPage(
        id="industry",
        title=Text("Industrimark", "Industrial land"),
        question=Text("Var finns mark för industri?", "Where is land for industry?"),
        answer=Text("Öråker är bäst.", "Öråker is best."),
        layers=("sites", "stops", "road", "density", "mixed", "empty", "secret", "outline", "land", "never_made"),
        rasters=("score", "why"),
        tables=("catchment", "none", "hidden"),
        cards=ranked if synthetic else (),
        uncertain=(Text("Vägnätet är påhittat.", "The roads are made up."),),
        untested=(Text("Riksintressen: lagret saknas.", "National interests: no layer."),),
        visible=("sites", "stops", "road", "mixed", "outline", "land", "score"),
    )
    bare = TeamPage(
        id="bare",
        title=Text("Tom sida", "Bare page"),
        question=Text("Finns något?", "Is there anything?"),
        answer=Text("Nej.", "No."),
        layers=("empty",),
    )
    source = LayerSource("road", "layers/road.gpkg", "ab" * 32, source="påhittad", licence="CC0", synthetic=synthetic, features=1)
    return Atlas(
        name="prov",
        title=Text("Provområdet", "The test area"),
        language=language,  # type: ignore[arg-type]
        crs="EPSG:3006",
        area_bounds=(X0, Y0, X0 + SIDE, Y0 + SIDE),
        pages=(page, bare),
        vectors=tuple(v for v in vectors() if synthetic or not v.synthetic),
        rasters=tuple(r for r in rasters() if synthetic or not r.synthetic),
        tables=tuple(t for t in tables() if synthetic or not t.synthetic),
        checks=(
            Check(
                what=Text("Folkmängd", "Population"),
                modelled=24_515.0,
                published="24 515",
                unit="personer",
                source="SCB",
                date="2025-12-31",
                passed=True,
            ),
            Check(what=Text("Areal", "Area"), modelled=None, published="72", unit="ha", source="plan", passed=None),
        ),
        provenance=Provenance(
            "landplan run prov", (source,), {"cell_m": 20, "weights": {"labour": 0.6}}, "EPSG:3006", "0.1.0"
        ),
        answer=page.answer,
        top=ranked[:3] if synthetic else (),
        uncertain=page.uncertain,
        untested=page.untested,
        method=((Text("Lämplighet", "Suitability"), Text("Viktad summa.", "Weighted sum.")),),
        warnings=("Lagret Tomt har inga objekt.",),
        created="2026-11-23",
    )
