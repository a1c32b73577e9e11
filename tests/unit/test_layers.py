"""The catalogue, the contract's checks on every file kind, templates, reading for a plan."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from landplan import plan as p
from landplan.crs import SWEDISH_LOCAL_ZONES
from landplan.errors import LandplanError, LayerError
from landplan.layers import Store, check, load_catalog, write_template
from landplan.layers.catalog import read_definition, split_use_codes
from tests.toy import CRS, PLAN, X0, Y0, lattice

CATALOG = load_catalog()
ASKED = ["municipalities", "commuting", "population_by_age", "households", "facilities", "water_intake", "statistical_areas", "localities", "population_grid", "workplaces", "industrial_land", "detailed_plan", "comprehensive_plan", "housing_sites", "roads", "railways", "transit", "ferries", "traffic_counts", "land_cover", "elevation", "water", "shore_protection", "protected_areas", "natura2000", "national_interests", "water_protection", "farmland", "contaminated_land", "flood_zones", "soil", "cultural_heritage", "power_grid", "services", "broadband", "holiday_homes", "parcels", "rescue_stations"]


@pytest.mark.parametrize("name", ASKED)
def test_every_layer_is_defined(name):
    d = CATALOG[name]
    assert d.sources
    assert d.licence
    assert d.attribution
    assert d.update_rhythm
    assert d.kind in ("raster", "gtfs") or d.fields


def test_what_the_issue_names_is_in_the_fields():
    assert CATALOG["industrial_land"].contract.field("availability").domain == ("ledig", "reserverad", "såld")
    stages = CATALOG["detailed_plan"].contract.field("plan_stage").domain
    assert stages == ("planbesked", "samråd", "granskning", "antagen", "laga kraft", "upphävd")
    assert CATALOG["detailed_plan"].contract.field("plan_status").domain == ("planlagd", "ej planlagd", "uppgift saknas")
    assert CATALOG["shore_protection"].contract.field("kind").domain == ("base", "extended", "revoked")
    assert "rennäring" in CATALOG["national_interests"].contract.field("kind").domain
    assert "totalförsvar" in CATALOG["national_interests"].contract.field("kind").domain
    assert CATALOG["national_interests"].contract.field("paragraph").required
    assert CATALOG["statistical_areas"].contract.field("version").required
    for d in CATALOG.values():
        assert not [f.name for f in d.fields if f.name in ("owner", "owner_name", "person")], "never a person's name"


def test_use_codes_split_into_boverkets_letters():
    assert split_use_codes("JZ") == ["J", "Z"]
    assert split_use_codes("B1 GATA, NATUR") == ["B", "GATA", "NATUR"]


def test_an_unknown_layer_names_the_nearest():
    with pytest.raises(LayerError, match="did you mean 'roads'"):
        CATALOG["raods"]


def test_a_definition_with_a_wrong_key_is_refused(tmp_path):
    path = tmp_path / "roads.toml"
    path.write_text(CATALOG["roads"].path.read_text(encoding="utf-8").replace("theme =", "teme ="), encoding="utf-8")
    with pytest.raises(LayerError, match="did you mean 'theme'"):
        read_definition(path)


def test_openstreetmap_as_a_layer_keeps_what_its_reader_counted(tmp_path):
    """Stairs keep their speed, and what was left out or assumed is said on the page."""
    places = "".join(f'<node id="{i}" lat="{62.6 + 0.001 * i}" lon="17.4" version="1"/>' for i in range(1, 5))

    def way(ref, ends, highway):
        return f'<way id="{ref}" version="1">{"".join(f"<nd ref={chr(34)}{e}{chr(34)}/>" for e in ends)}<tag k="highway" v="{highway}"/></way>'

    ways = way(1, (1, 2), "residential") + way(2, (2, 3), "steps") + way(3, (3, 4), "proposed")
    (tmp_path / "by.osm").write_text(f'<?xml version="1.0"?><osm version="0.6">{places}{ways}</osm>', encoding="utf-8")
    text = PLAN.replace('roads = { file = "roads.gpkg" }', 'roads = { file = "by.osm" }').replace("[catchment]", '[catchment]\nmode = "walk"')
    layer = Store(p.parse(text, path=tmp_path / "toy.toml")).read("roads")
    assert layer.frame.set_index("road_class")["speed_kmh"].to_dict() == {"street": 5.0, "steps": 2.0}
    said = [note.en for note in layer.notes]
    assert "dropped 1: planned or being built" in said
    assert [note.sv for note in layer.notes if "planerad" in note.sv] == ["1 utelämnade: planerad eller under byggnad"]


@pytest.fixture(scope="module")
def bad_roads():
    """Every fault at once."""
    x, y = X0, Y0
    shapes = [
        shapely.LineString([(x, y), (x + 100, y)]),
        shapely.LineString([(x, y), (x + 100, y + 9)]),
        None,
        shapely.LineString([(x, y), (x + 50, y)]),
    ]
    return gpd.GeoDataFrame(
        {"road_id": ["1", "1", "2", "3"], "road_class": ["trunk", "motorväg", "street", None], "speed_kmh": [70.0, 400.0, 50.0, 50.0], "name": ["Ã…gatan", "Ö", "Å", "Ä"]},
        geometry=shapes, crs=CRS,
    )


def write(frame, folder, suffix):
    path = folder / f"vägar{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        # FlatGeobuf would otherwise store features in the order of its index
        options = {".shp": {"encoding": "utf-8"}, ".fgb": {"SPATIAL_INDEX": "NO"}}.get(suffix, {})
        frame.to_file(path, engine="pyogrio", **options)
    return path


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".fgb", ".parquet"])
def test_check_collects_every_fault_with_its_feature(suffix, bad_roads, tmp_path):
    frame = bad_roads if suffix != ".fgb" else bad_roads[bad_roads.geometry.notna()].reset_index(drop=True)
    path = write(frame, tmp_path, suffix)
    report = check(path, CATALOG["roads"])
    said = "\n".join(map(str, report.faults))
    assert not report.ok
    assert report.features == len(frame)
    assert "road_id occurs more than once ('1') (feature 2)" in said
    assert "road_class has a value outside its list ('motorväg') (feature 2)" in said
    assert f"road_class is empty (feature {len(frame)})" in said
    assert "speed_kmh is outside 1 to 130 km/h (400) (feature 2)" in said
    assert "åäö is broken" in said
    if suffix != ".fgb":
        assert "the geometry is empty (feature 3)" in said
    with pytest.raises(LayerError, match="kinds of fault"):
        report.raise_if_bad()


def test_a_right_file_passes_in_every_kind(tmp_path):
    frame = lattice(2)
    for suffix in (".gpkg", ".shp", ".geojson", ".fgb", ".parquet"):
        report = check(write(frame, tmp_path, suffix), CATALOG["roads"])
        assert report.ok, (suffix, report.faults)


def test_faults_across_batches_keep_their_numbers(tmp_path):
    frame = pd.concat([lattice(60)] * 1, ignore_index=True)
    frame.loc[6_000, "speed_kmh"] = 999.0
    frame.loc[7_000, "road_id"] = frame.loc[0, "road_id"]
    path = tmp_path / "many.gpkg"
    gpd.GeoDataFrame(frame, crs=CRS).to_file(path, engine="pyogrio")
    faults = {f.what.split(" (")[0]: f.features for f in check(path, CATALOG["roads"]).faults}
    assert faults["speed_kmh is outside 1 to 130 km/h"] == (6001,)
    assert faults["road_id occurs more than once"] == (7001,)


def test_missing_column_names_the_likely_one(tmp_path):
    path = tmp_path / "r.gpkg"
    lattice(1).rename(columns={"road_class": "Road_Class"}).to_file(path, engine="pyogrio")
    said = str(check(path, CATALOG["roads"]).faults[0])
    assert "rename 'Road_Class' to 'road_class'" in said


def test_geometry_of_another_kind_and_invalid_rings(tmp_path):
    bow = shapely.Polygon([(X0, Y0), (X0 + 10, Y0 + 10), (X0 + 10, Y0), (X0, Y0 + 10)])
    frame = gpd.GeoDataFrame({"kind": ["lake", "lake"]}, geometry=[bow, shapely.Point(X0, Y0)], crs=CRS)
    path = tmp_path / "vatten.gpkg"
    frame.to_file(path, engine="pyogrio")
    report = check(path, CATALOG["water"])
    assert "the geometry is a Point, expected a polygon (feature 2)" in str(report.faults[0])
    assert "Self-intersection" in str(report.warnings[0])


def test_wrong_zone_swapped_axes_and_no_crs_are_named(tmp_path):
    area = (16.9, 62.3, 18.2, 62.9)
    frame = lattice(1).to_crs(3014)
    wrong = frame.set_crs(3006, allow_override=True)
    path = tmp_path / "zon.gpkg"
    wrong.to_file(path, engine="pyogrio")
    said = str(check(path, CATALOG["roads"], area_degrees=area).faults[0])
    assert "is not in the plan's area" in said
    assert "EPSG:3014" in said
    swapped = lattice(1)
    swapped["geometry"] = shapely.transform(swapped.geometry.to_numpy(), lambda c: c[:, ::-1])
    path = tmp_path / "axlar.gpkg"
    gpd.GeoDataFrame(swapped, crs=CRS).to_file(path, engine="pyogrio")
    assert "axes look swapped" in str(check(path, CATALOG["roads"], area_degrees=area).faults[0])
    bare = lattice(1).to_crs(4326).set_crs(None, allow_override=True)
    path = tmp_path / "grader.shp"
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(path, engine="pyogrio")
    said = str(check(path, CATALOG["roads"]).faults[0])
    assert "no CRS" in said
    assert "EPSG:4326" in said


def test_tables_and_points_from_csv_and_xlsx(tmp_path):
    path = tmp_path / "flöden.csv"
    path.write_text("year;residence_code;workplace_code;employed\n2024;0114;2262;12\n2024;2262;2281;-4\n", encoding="utf-8-sig")
    report = check(path, CATALOG["commuting"])
    assert [str(f) for f in report.faults] == ["employed is outside 0 to persons (-4) (feature 2); correct the value or its unit"]
    from landplan.layers.sources.files import read_table

    assert read_table(path)["residence_code"].tolist() == ["0114", "2262"]
    book = tmp_path / "flöden.xlsx"
    pd.DataFrame({"year": [2024], "residence_code": ["0114"], "workplace_code": ["2262"], "employed": [5]}).to_excel(book, index=False)
    assert check(book, CATALOG["commuting"]).ok
    assert read_table(book)["residence_code"].tolist() == ["0114"]
    points = tmp_path / "p.csv"
    points.write_text("service_id,service_kind,name,lon,lat\n1,school,Å,17.4,62.5\n2,shop,B,17.4,\n", encoding="utf-8")
    said = "\n".join(map(str, check(points, CATALOG["services"]).faults))
    assert "'school'" in said
    assert "geometry is empty (feature 2)" in said


def test_files_that_cannot_be_read_say_so(tmp_path):
    broken = tmp_path / "trasig.gpkg"
    broken.write_bytes(b"SQLite format 3\x00" + b"\x00" * 200)
    for path, words in (
        (broken, r"trasig\.gpkg cannot be"),
        (tmp_path / "saknas.gpkg", "does not exist"),
        (tmp_path / "x.docx", "not a kind landplan reads"),
    ):
        if path.suffix == ".docx":
            path.write_bytes(b"x")
        with pytest.raises(LayerError, match=words):
            check(path, CATALOG["roads"])


@pytest.mark.parametrize("name", ["roads", "industrial_land", "services", "commuting"])
def test_templates_have_the_columns_and_fill_up_right(name, tmp_path):
    d = CATALOG[name]
    path = tmp_path / f"mall.{'csv' if d.kind == 'table' else 'gpkg'}"
    write_template(d, path)
    if d.kind == "table":
        assert path.read_text(encoding="utf-8-sig").strip().split(",") == [f.name for f in d.fields]
    else:
        frame = gpd.read_file(path)
        assert [c for c in frame.columns if c != "geometry"] == [f.name for f in d.fields]
        assert frame.crs == d.native_crs
    with pytest.raises(LandplanError, match="exists"):
        write_template(d, path)


def store_for(toy, old="", new=""):
    return Store(p.parse(PLAN.replace(old, new) if old else PLAN, path=toy / "toy.toml"))


def test_reading_reprojects_once_and_says_so(toy):
    frame = gpd.read_file(toy / "roads.gpkg").to_crs(3014)
    frame.to_file(toy / "lokal.gpkg", engine="pyogrio")
    store = store_for(toy, 'file = "roads.gpkg"', 'file = "lokal.gpkg"')
    layer = store.read("roads", area_degrees=(17, 62, 18, 63), clip=(X0 - 9, Y0 - 9, X0 + 4_009, Y0 + 4_009))
    assert layer.frame.crs == "EPSG:3006"
    assert "reprojected from EPSG:3014" in layer.notes[0].en
    want = gpd.read_file(toy / "roads.gpkg")
    assert shapely.equals_exact(layer.frame.geometry.to_numpy(), want.geometry.to_numpy(), tolerance=1e-3).all()


# a town in the middle of each system's own country: the zone's meridian, as its name says it, or one that it covers
MERIDIANS = {
    3007: 12.0, 3008: 13.5, 3009: 15.0, 3010: 16.5, 3011: 18.0, 3012: 14.25, 3013: 15.75, 3014: 17.25, 3015: 18.75,
    3016: 20.25, 3017: 21.75, 3018: 23.25, 3021: 15.8, 3067: 23.6, 4326: 17.4,
}
LATITUDES = {3007: 58.0, 3016: 64.0, 3017: 65.5, 3018: 66.5, 3067: 66.0}


def town_in(code):
    """A lattice of roads around the system's middle, in that system."""
    lon, lat = MERIDIANS[code], LATITUDES.get(code, 62.5)
    x, y = pyproj.Transformer.from_crs(4326, 3006, always_xy=True).transform(lon, lat)
    frame = lattice(2)
    frame["geometry"] = frame.translate(x - X0, y - Y0)
    return frame.to_crs(code), (lon - 0.3, lat - 0.2, lon + 0.3, lat + 0.2)


@pytest.mark.parametrize("code", MERIDIANS)
def test_a_layer_in_any_system_of_the_country_lands_where_pyproj_puts_it(code, toy, tmp_path):
    local, area = town_in(code)
    path = tmp_path / "vägar.gpkg"
    local.to_file(path, engine="pyogrio")
    layer = store_for(toy, 'file = "roads.gpkg"', f'file = "{path.as_posix()}"').read("roads", area_degrees=area)
    assert layer.frame.crs.to_epsg() == 3006
    assert layer.frame["road_id"].tolist() == local["road_id"].tolist()
    x, y = shapely.get_coordinates(local.geometry.to_numpy()).T
    want = np.column_stack(pyproj.Transformer.from_crs(code, 3006, always_xy=True).transform(x, y))
    got = shapely.get_coordinates(layer.frame.geometry.to_numpy())
    assert np.abs(got - want).max() < 1e-3
    (note,) = [n.en for n in layer.notes if "reprojected" in n.en]
    assert note.startswith(f"reprojected from EPSG:{code} (")


@pytest.mark.parametrize("code", [c for c in MERIDIANS if 3007 <= c <= 3018])
def test_a_zones_false_easting_is_on_the_meridian_its_name_says(code, toy, tmp_path):
    """150 000 m east in SWEREF 99 dd mm is dd degrees mm minutes: no help from pyproj but the way back to degrees."""
    degrees, minutes = map(int, SWEDISH_LOCAL_ZONES[code].removeprefix("SWEREF 99 ").split())
    assert degrees + minutes / 60 == MERIDIANS[code]
    path = tmp_path / "p.csv"
    path.write_text("service_id,service_kind,name,x,y\n1,preschool,Å,150000,6900000\n", encoding="utf-8")
    store = store_for(toy, 'file = "services.csv", crs = "EPSG:3006"', f'file = "{path.as_posix()}", crs = "EPSG:{code}"')
    point = store.read("services").frame.to_crs(4326).geometry.iloc[0]
    assert point.x == pytest.approx(MERIDIANS[code], abs=1e-8)


@pytest.mark.parametrize("code", list(MERIDIANS))
def test_a_file_said_to_be_in_another_system_names_its_own(code, toy, tmp_path):
    local, (west, south, east, north) = town_in(code)
    area = (west - 1.6, south, east + 1.6, north)  # so wide that the neighbouring zones' numbers would do as well
    path = tmp_path / "vägar.gpkg"
    local.set_crs(3006, allow_override=True).to_file(path, engine="pyogrio")
    store = store_for(toy, 'file = "roads.gpkg"', f'file = "{path.as_posix()}"')
    with pytest.raises(LayerError, match=rf"is not in the plan's area; the numbers fit EPSG:{code} \(") as caught:
        store.read("roads", area_degrees=area)
    assert "without reprojecting" in str(caught.value)


def test_rasters_keep_nodata_as_a_mask(toy, tmp_path):
    store = store_for(toy)
    layer = store.read("elevation")
    from landplan.grid import Grid

    grid = Grid.cover((X0 - 2_000, Y0, X0 + 4_000, Y0 + 1_000), cell_m=50, crs=CRS)
    values = store.raster(layer, grid)
    assert np.isnan(values[:, 0]).all()
    # the last column's 50 m are two cells of the file, which rises 2.5 m a cell: 195.0 and 197.5
    assert values[:, -1] == pytest.approx(np.full(grid.shape[0], 196.25), abs=1e-4)
    with rasterio.open(
        toy / "utan.tif", "w", driver="GTiff", height=9, width=9, count=1, dtype="float32", crs=CRS, transform=from_origin(X0, Y0 + 900, 100, 100)
    ) as out:
        out.write(np.ones((9, 9), np.float32), 1)
    bare = store_for(toy, 'elevation = { file = "elevation.tif" }', 'elevation = { file = "utan.tif" }')
    with pytest.raises(LayerError, match=r"utan\.tif: neither the file nor the plan declares nodata"):
        bare.read("elevation")
    told = store_for(toy, 'elevation = { file = "elevation.tif" }', 'elevation = { file = "utan.tif", nodata = "none" }')
    assert told.read("elevation").nodata is None


def test_columns_constants_fill_and_filters(toy):
    frame = gpd.read_file(toy / "population.gpkg").rename(columns={"square_id": "ruta"}).drop(columns="municipality_code")
    frame.loc[0, "population"] = None
    frame.to_file(toy / "pop2.gpkg", engine="pyogrio")
    new = 'population_grid = { file = "pop2.gpkg", columns = { square_id = "ruta" }, constants = { municipality_code = "2262" }, fill = { population = 0 }, where = { year = 2025 } }'
    layer = store_for(toy, 'population_grid = { file = "population.gpkg" }', new).read("population_grid")
    assert layer.frame["municipality_code"].unique().tolist() == ["2262"]
    assert layer.frame["population"].min() == 0
    assert "1 empty population filled with 0 as the plan says" in [n.en for n in layer.notes]


def test_an_aligned_raster_is_copied_and_not_warped(toy):
    from landplan.grid import Grid

    store = store_for(toy)
    layer = store.read("elevation")
    fine = Grid.cover((X0 + 1_000, Y0, X0 + 3_000, Y0 + 500), cell_m=25, crs=CRS)
    values = store.raster(layer, fine)
    with rasterio.open(toy / "elevation.tif") as source:
        window = source.window(*fine.bounds)
        assert (values == source.read(1, window=window)).all()
    wide = Grid.cover((X0 - 5_000, Y0, X0, Y0 + 100), cell_m=25, crs=CRS)
    outside = store.raster(layer, wide)
    assert np.isnan(outside[:, : 4_000 // 25]).all()
    assert np.isfinite(outside[:, 4_000 // 25 :]).all()
