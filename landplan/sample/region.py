"""Build the sample: every layer in order, written beside an index."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landplan.errors import LayerError
from landplan.sample import districts, nature, people, places, planning, tables, utilities
from landplan.sample.area import SampleArea
from landplan.sample.areas import area_named
from landplan.sample.files import (
    GENERATOR_VERSION,
    LayerFile,
    rounded,
    write_raster,
    write_table,
    write_vector,
)
from landplan.sample.geography import Geography, read_geography
from landplan.sample.inputs import Inputs, read_inputs
from landplan.sample.mainroads import MainRoads, main_roads
from landplan.sample.roads import BASE_NODES, Network, build_roads, end_nodes
from landplan.sample.terrain import (
    ELEVATION_NODATA,
    LAND_COVER_NODATA,
    Terrain,
    elevation_raster,
    land_cover_raster,
    make_terrain,
    soil_classes,
)
from landplan.sample.towns import Town, localities, make_towns
from landplan.sample.transit import write_gtfs

__all__ = ["SampleReport", "build"]

Progress = Callable[[str, float], None]

ODBL_TEXTS = ("LICENSE-ODbL.txt", "NOTICE.txt")
"""The licence that the folder ``odbl`` must carry wherever it goes."""

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
    area: SampleArea
    geo: Geography
    index: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.layers = self.area.papers()

    def wants(self, name: str) -> bool:
        """Tell whether the area has this layer."""
        return name in self.layers

    def vector(self, name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Write a layer, the rows of another country as a file of its own in that country's CRS."""
        layer = self.layers[name]
        abroad = self._abroad(frame) if not layer.file.startswith("odbl/") else np.zeros(len(frame), dtype=bool)
        parts = []
        if abroad.any():
            theirs = self.geo.sample.foreign
            assert theirs is not None
            out = frame[abroad].to_crs(theirs.crs).reset_index(drop=True)
            # A tenth of a millimetre: read back in the other CRS, a node is again on its whole metre.
            out = out.set_geometry(gpd.GeoSeries(shapely.transform(out.geometry.to_numpy(), lambda xy: np.round(xy, 4)), crs=theirs.crs))
            parts.append(self.part(layer, len(out)))
            write_vector(out, self.folder, replace(layer, **_said(parts[-1])), seed=self.seed)
        write_vector(frame[~abroad].reset_index(drop=True), self.folder, layer, seed=self.seed)
        self.note(name, rows=int((~abroad).sum()), **({"parts": parts} if parts else {}))
        return frame

    def table(self, name: str, table: pd.DataFrame, abroad: pd.Series) -> None:
        """Write a table, the rows of another country as a file of its own."""
        layer = self.layers[name]
        parts = []
        if abroad.any():
            parts.append(self.part(layer, int(abroad.sum())))
            write_table(table[abroad], self.folder, replace(layer, **_said(parts[-1])), seed=self.seed)
        write_table(table[~abroad], self.folder, layer, seed=self.seed)
        self.note(name, rows=int((~abroad).sum()), **({"parts": parts} if parts else {}))

    def _abroad(self, frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
        """Tell which rows lie in the other country: by the code they carry, else by where they are."""
        inner = shapely.point_on_surface(frame.geometry.to_numpy())
        lines = frame.geom_type.to_numpy() == "LineString"
        if lines.any():
            inner[lines] = shapely.line_interpolate_point(frame.geometry.to_numpy()[lines], 0.5, normalized=True)
        there = self.geo.is_foreign(shapely.get_coordinates(inner))
        if "municipality_code" in frame:
            known = frame["municipality_code"].notna().to_numpy()
            codes = np.array([self.area.is_foreign(c) for c in frame["municipality_code"]], dtype=bool)
            there = np.where(known, codes, there)
        return there

    def part(self, layer: LayerFile, rows: int) -> dict[str, Any]:
        """Return what the index says of another country's part of a layer."""
        theirs = self.area.foreign
        assert theirs is not None
        said = theirs.sources.get(layer.id, {})
        row = {k: said.get(k, getattr(layer, k)) for k in ("source", "source_sv", "licence", "attribution", "data_date", "note")}
        crs = {} if layer.kind in ("table", "gtfs") else {"crs": f"EPSG:{theirs.crs}"}
        made_up = layer.synthetic or (layer.id == "municipalities" and bool(self.area.drawn))
        return {"file": f"{theirs.folder}/{layer.file}", "country": theirs.country, "synthetic": made_up, **crs, **row, "rows": rows}

    def note(self, name: str, **size: Any) -> None:
        """Put a layer in the index."""
        layer = self.layers[name]
        entry = {"id": layer.id, "file": layer.file, "kind": layer.kind, "synthetic": layer.synthetic, "title_sv": layer.title_sv,
                 "title_en": layer.title_en, "source": layer.source, "source_sv": layer.source_sv, "licence": layer.licence, "attribution": layer.attribution,
                 "data_date": layer.data_date, "note": layer.note, **size}  # fmt: skip
        self.index.append(entry)
        self.rows[name] = next(iter(size.values()))
        self.tick(name)

    def tick(self, name: str) -> None:
        """Say how far the build has come."""
        now = time.perf_counter()
        self.seconds[name] = round(now - self.started, 2)
        self.started = now
        if self.progress is not None:
            self.progress(name, min((len(self.index)) / self.total, 1.0))

    def finish(self) -> None:
        """Write the index."""
        order = {name: k for k, name in enumerate(self.layers)}
        content = {
            "generator": "landplan.sample",
            "generator_version": GENERATOR_VERSION,
            "seed": self.seed,
            # The first area's index is older than the others and keeps its bytes.
            **({} if self.area.name == "torsboda" else {"area": self.area.name, "title_sv": self.area.title_sv, "title_en": self.area.title_en}),
            "crs": "EPSG:3006",
            "warning_sv": "DEMONSTRATIONSDATA - får inte användas som beslutsunderlag",
            "warning_en": "DEMONSTRATION DATA - not to be used for decisions",
            "layers": sorted(self.index, key=lambda e: order[e["id"]]),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (self.folder / "sample.json").write_text(text, encoding="utf-8", newline="\n")


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """What a part's file says of itself, from its row in the index."""
    return {k: part[k] for k in ("file", "synthetic", "source", "source_sv", "licence", "attribution", "data_date", "note")}


def build(
    out_dir: Path, *, inputs: Path, seed: int = 7, nodes: int | None = None, area: str = "torsboda", progress: Progress | None = None
) -> SampleReport:
    """Build a sample area from its committed inputs.

    Parameters
    ----------
    out_dir : pathlib.Path
        Folder for the layers; made when it is missing.
    inputs : pathlib.Path
        Folder ``layers/sample/inputs`` of Torsboda, ``layers/sample/<area>/inputs`` of another; ``odbl/inputs`` must
        lie beside it.
    seed : int, default 7
        The same seed and inputs give the same content.
    nodes : int, optional
        About how many road nodes a benchmark region shall have. Then only roads, population, localities, municipalities,
        water, land and industrial land are written, and the number of people follows the number of nodes.
    area : str, default "torsboda"
        Which of `landplan.sample.AREAS`.
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
    landplan.errors.LandplanError
        If no area has that name.

    Examples
    --------
    >>> report = build(Path("out"), inputs=Path("layers/sample/inputs"))  # doctest: +SKIP
    """
    if nodes is not None and nodes < 6_000:
        raise LayerError(
            f"{nodes} road nodes were asked for, but the main roads alone have about 5 000; give 6000 or more"
        )
    which = area_named(area)
    data = read_inputs(Path(inputs), which)
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    # One stream of chance per subject: a change to the roads leaves the terrain as it was.
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(14)]
    for name in ODBL_TEXTS:
        source, target = Path(inputs).parent / "odbl" / name, out / "odbl" / name
        if source.is_file() and source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    geo = read_geography(data)
    write = _Writer(out, seed, progress, len(which.layers) if nodes is None else 7, which, geo)
    _real_layers(geo, write)
    local = rounded(localities(data))
    write.vector("localities", local)
    terrain = make_terrain(geo, streams[0])
    write.tick("(terrain)")
    main = main_roads(geo, terrain, data, streams[1])
    write.tick("(main roads)")
    towns = make_towns(geo, local, streams[2])
    industry = planning.industrial_land(geo, main, streams[3])
    write.vector("industrial_land", industry)
    clear = [shapely.Point(centre).buffer(radius) for centre, radius in which.keep_clear]
    network = build_roads(
        geo, terrain, main, towns, streams[4], reserved=[*industry.geometry, *clear], nodes=nodes
    )
    network = utilities.traffic(network, towns, streams[5])
    write.vector("roads", network.roads)
    scale = 1.0 if nodes is None else nodes / BASE_NODES
    grid = people.population_grid(geo, data, towns, network, streams[6], scale=scale)
    write.vector("population_grid", grid)
    left_out: list[str] = []
    if nodes is None:
        left_out = _planned(data, geo, terrain, main, towns, local, industry, network, streams, write)
        _nature(geo, terrain, towns, industry, streams, write)
        write.vector("rescue_stations", places.rescue_stations(towns, network, streams[12]))
        if write.wants("broadband"):
            write.vector("broadband", places.broadband(grid, streams[13]))
        if write.wants("districts"):
            write.vector("districts", districts.districts(geo, data))
        _tables(data, write)
    write.finish()
    return SampleReport(
        out, write.rows, tuple(left_out), len(end_nodes(network.roads)[0]), len(network.roads), write.seconds
    )


def _planned(
    data: Inputs, geo: Geography, terrain: Terrain, main: MainRoads, towns: list[Town], local: gpd.GeoDataFrame, industry: gpd.GeoDataFrame,
    network: Network, streams: list[np.random.Generator], write: _Writer,
) -> list[str]:  # fmt: skip
    """Write what people have built and planned; returns the facilities left out for want of a point."""
    facilities, left_out = places.facilities(data)
    write.vector("facilities", facilities)
    write.vector("workplaces", people.workplaces(geo, data, network, towns, industry, streams[7]))
    write.vector("services", places.services(towns, network, streams[7]))
    write.vector("holiday_homes", places.holiday_homes(geo, network, streams[7]))
    housing = write.vector("housing_sites", planning.housing_sites(geo, data, main, industry, streams[8]))
    write.vector("detailed_plan", planning.detailed_plans(geo, towns, industry, housing, streams[8]))
    if write.wants("parcels"):
        write.vector("parcels", planning.parcels(geo, industry, streams[8]))
    avoid = [*(t.outline for t in towns), *industry.geometry, *housing.geometry]
    write.vector("protected_areas", nature.protected_areas(geo, terrain, avoid, streams[9]))
    write.vector("railways", utilities.railways(geo, main))
    if write.wants("ferries"):
        write.vector("ferries", utilities.ferries(geo.sample))
    if write.wants("power_grid"):
        grid, stations = utilities.power(geo, towns, industry, streams[10])
        write.vector("power_grid", grid)
        write.vector("substations", stations)
    if write.wants("traffic_counts"):
        write.vector("traffic_counts", utilities.traffic_counts(network, streams[10]))
    layer = write.layers["transit"]
    _, trips = write_gtfs(write.folder / layer.file, network, local, facilities, geo.sample)
    parts = []
    if (theirs := geo.sample.foreign) is not None:
        _, number = write_gtfs(write.folder / theirs.folder / layer.file, network, local, facilities, geo.sample, country=theirs.country)
        parts = [write.part(layer, number)]
    write.note("transit", rows=trips, **({"parts": parts} if parts else {}))
    return left_out


def _nature(
    geo: Geography, terrain: Terrain, towns: list[Town], industry: gpd.GeoDataFrame, streams: list[np.random.Generator], write: _Writer
) -> None:
    """Write shore, flood, soil, heights and land cover: what follows the real outlines of the water."""
    write.vector("shore_protection", nature.shore_protection(geo, towns, streams[9]))
    write.vector("flood_zones", nature.flood_zones(geo, terrain))
    write.vector("soil", nature.soil(geo, soil_classes(geo, terrain, streams[9])))
    heights, transform = elevation_raster(geo, terrain)
    write_raster(
        heights, transform, write.folder, write.layers["elevation"], nodata=ELEVATION_NODATA, seed=write.seed, surface=True
    )
    write.note("elevation", shape=list(heights.shape))
    built = [*(t.outline for t in towns), *industry.geometry[industry["availability"] == "såld"]]
    cover, transform = land_cover_raster(geo, terrain, built, streams[11])
    write_raster(
        cover, transform, write.folder, write.layers["land_cover"], nodata=LAND_COVER_NODATA, seed=write.seed, surface=False
    )
    write.note("land_cover", shape=list(cover.shape))


def _tables(data: Inputs, write: _Writer) -> None:
    """Write the tables of facts that the area has as layers."""
    for name, make in (("population_by_age", tables.population_by_age), ("households", tables.households), ("commuting", tables.commuting)):
        if write.wants(name):
            table = make(data)
            abroad = table.pop("abroad")
            write.table(name, table, abroad)


def _real_layers(geo: Geography, write: _Writer) -> None:
    write.vector("municipalities", rounded(geo.municipalities))
    water = geo.water.copy()
    water["area_ha"] = np.round(shapely.area(water.geometry.to_numpy()) / 1e4, 2)
    water["synthetic"] = False
    write.vector("water", water[["kind", "area_ha", "synthetic", "geometry"]])
    land = geo.land.copy()
    land["region"] = geo.sample.water_region
    land["synthetic"] = False
    write.vector("land", land[["region", "synthetic", "geometry"]])
