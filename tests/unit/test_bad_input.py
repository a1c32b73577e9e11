"""Bad input, through the command line: one clear message that names file, feature and fix; nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from landplan.cli import main
from tests.permissions import bound_by, read_only
from tests.toy import BLOCK, CRS, SIDE, X0, Y0

X_LAKE, Y_LAKE = X0 + 3_250, Y0 + 3_250


@pytest.fixture(scope="module")
def good(toy, tmp_path_factory):
    """The toy town with a good run beside it."""
    folder = tmp_path_factory.mktemp("bra å") / "stad"
    shutil.copytree(toy, folder)
    assert main(["run", str(folder / "toy.toml"), "--out", str(folder / "out")]) == 0
    return folder


@pytest.fixture
def town(good, tmp_path):
    folder = tmp_path / "min stad å"
    shutil.copytree(good, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def edit(town: Path, old: str, new: str) -> None:
    path = town / "toy.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def change(town: Path, name: str, make) -> None:
    """Rewrite one GeoPackage of the town."""
    path = town / f"{name}.gpkg"
    frame = make(gpd.read_file(path))
    path.unlink()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # that is the fault some of these make
        frame.to_file(path, layer=name, engine="pyogrio")


def fails(town: Path, capsys, *words: str, argv: tuple[str, ...] = (), code: int = 1, out: Path | None = None) -> str:
    """Run the town's plan; it must fail with `words` on stderr and leave the good run byte for byte."""
    target = out or town / "out"
    before = contents(target) if target.is_dir() else {}
    capsys.readouterr()
    got = main(list(argv) or ["run", str(town / "toy.toml"), "--out", str(target)])
    stderr = capsys.readouterr().err
    assert got == code, stderr
    assert "Traceback" not in stderr
    assert "internal error" not in stderr
    assert "pydantic" not in stderr
    if code == 1:
        assert stderr.startswith("landplan: ")
        assert stderr.count("landplan: ") == 1, stderr
    for word in words:
        assert word in stderr, f"{word!r} is not in: {stderr}"
    after = contents(target) if target.is_dir() else {}
    assert set(after) == set(before)
    assert after == before
    if target.is_dir():
        assert not [p for p in target.rglob("*") if ".part" in p.name]
        assert not [p for p in target.iterdir() if p.name.startswith(".")]
    return stderr


def truncated(path: Path, share: float = 0.4) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])


# ---------------------------------------------------------------- the plan file

PLAN_FAULTS = {
    "an unknown key": ("cell_m = 50", "cel_m = 50", ("toy.toml", "line 6", "plan.cel_m is not a key", "did you mean 'cell_m'?")),
    "an unknown table": ("[export]", "[exports]", ("toy.toml", "exports is not a key", "did you mean 'export'?")),
    "a negative weight": ("weight = 0.6", "weight = -0.6", ("toy.toml", "criteria.1.weight", "greater than or equal to 0", "got -0.6")),
    "weights that do not sum": ("weight = 0.6", "weight = 0.5", ("toy.toml", "the weights sum to 0.9", "must sum to 1", "slope 0.5, road 0.4")),
    "a ranking that does not sum": ("commute_weight = 0.5", "commute_weight = 0.9", ("toy.toml", "sum to 1.4", "must sum to 1")),
    "not TOML": ("[area]", "[area", ("toy.toml", "not valid TOML", "line 8")),
    "a missing file": ('"roads.gpkg"', '"vägar.gpkg"', ("vägar.gpkg", "does not exist", "paths start at the plan file's folder")),
    "a missing raster": ('"elevation.tif"', '"höjd.tif"', ("höjd.tif", "does not exist")),
    "an unknown layer": ("roads = {", "raods = { file = \"roads.gpkg\" }\nroads = {", ("[layers.raods]", "did you mean 'roads'?", "landplan layers list")),
    "a site in the water": (
        "x = 622000\ny = 6942000", f"x = {X_LAKE:.0f}\ny = {Y_LAKE:.0f}", ("[sites.works]", "'Verket'", "lies in water (lake)", "move it onto land"),
    ),
    "a site outside the area": ("x = 622000", "x = 700000", ("[sites.works]", "lies outside the plan's area", "check lat and lon")),
    "a site in the halo": ("x = 622000", "x = 624200", ("[sites.works]", "lies outside the plan's area", "widen [area]")),
    "a site of a missing feature": (
        "x = 622000\ny = 6942000", 'layer = "industrial_land"\nfeatures = ["söder"]', ("[sites.works]", "söder is not in layer 'industrial_land'", "site_id"),
    ),
    "a site of a missing layer": (
        "x = 622000\ny = 6942000", 'layer = "parcels"\nfeatures = ["1"]', ("[sites.works]", "names layer 'parcels'", "does not have"),
    ),
    "a wrong municipality": (
        "bbox = [620000, 6940000, 624000, 6944000]", 'municipalities = ["9999"]', ("no [layers.municipalities]", "give bbox or polygon"),
    ),
    "a step that is none": ('language = "sv"', 'language = "sv"\nsteps = ["layers", "katchment"]', ("'katchment'", "steps are layers, network")),
    "a filter on no column": ('where = { road_class = "primary" }', 'where = { klass = "primary" }', ("criterion 'road'", "no column 'klass'", "road_class")),
    "a filter that nothing meets": (
        'where = { road_class = "primary" }', 'where = { road_class = "motorway" }', ("criterion 'road'", "no feature of layer 'roads'", "widen the filter"),
    ),
    "a column that is not there to fill": (
        'roads = { file = "roads.gpkg" }', 'roads = { file = "roads.gpkg", fill = { lanes = 2 } }', ("roads.gpkg", "no column 'lanes' to fill"),
    ),
    "a catchment without people": ('population_grid = { file = "population.gpkg" }\n', "", ("population_grid (for the catchment)", "remove [sites]")),
    "a raster constraint that says nothing": (
        'layer = "shore_protection"', 'layer = "elevation"', ("constraint 'shore'", "needs values = [classes] or above = number"),
    ),
    "more memory than allowed": ("cell_m = 50", "cell_m = 1\nmemory_limit_gb = 0.1", ("GB", "plan.cell_m", "use a smaller area or cells of")),
}


@pytest.mark.parametrize("case", PLAN_FAULTS)
def test_a_wrong_plan_is_one_message(case, town, capsys):
    old, new, words = PLAN_FAULTS[case]
    edit(town, old, new)
    fails(town, capsys, *words)


def test_a_municipality_code_that_the_layer_lacks(town, capsys):
    square = shapely.box(X0, Y0, X0 + SIDE, Y0 + SIDE)
    frame = gpd.GeoDataFrame({"municipality_code": ["2262"], "name": ["Timrå"]}, geometry=[square], crs=CRS)
    frame.to_file(town / "kommuner.gpkg", layer="municipalities", engine="pyogrio")
    edit(town, "bbox = [620000, 6940000, 624000, 6944000]", 'municipalities = ["2662"]')
    edit(town, "[layers]", '[layers]\nmunicipalities = { file = "kommuner.gpkg" }')
    fails(town, capsys, "municipality 2662 is not in the municipalities layer", "2262", "four digits")


def test_a_plan_that_is_a_folder_or_latin_or_nowhere(town, capsys):
    out = ("--out", str(town / "out"))
    (town / "tom").mkdir()
    fails(town, capsys, "is a folder without plans", "give a plan file", argv=("run", str(town / "tom"), *out))
    fails(town, capsys, "is a folder", "give the plan's .toml file", argv=("plan", "check", str(town)))
    fails(town, capsys, "borta.toml", "does not exist", "landplan plan new", argv=("run", str(town / "borta.toml"), *out))
    fails(town, capsys, "'torsbuda'", "shipped plans: ", "torsboda", argv=("run", "torsbuda", *out))
    (town / "toy.toml").write_bytes((town / "toy.toml").read_text(encoding="utf-8").encode("latin-1"))
    fails(town, capsys, "toy.toml", "not UTF-8", "åäö")


USAGE = {
    "an unknown step": (["--steps", "layers,katchment"], 1, ("no step 'katchment'", "steps are layers, network")),
    "--set without =": (["--set", "plan.cell_m"], 1, ("--set 'plan.cell_m'", "expected key=value")),
    "--set of no key": (["--set", "plan.celm=3"], 1, ("celm", "did you mean 'cell_m'?")),
    "--set of no criterion": (["--set", "suitability.industrial.criteria.slop.weight=1"], 1, ("no entry is named 'slop'",)),
    "--set of a negative weight": (["--set", "suitability.industrial.criteria.slope.weight=-1"], 1, ("greater than or equal to 0", "got -1")),
    "an option that is none": (["--fast"], 2, ("No such option", "--fast")),
    "no threads": (["--jobs", "0"], 2, ("--jobs", "1")),
    "threads in words": (["--jobs", "two"], 2, ("--jobs", "integer")),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_options(case, town, capsys):
    more, code, words = USAGE[case]
    fails(town, capsys, *words, argv=("run", str(town / "toy.toml"), "--out", str(town / "out"), *more), code=code)


def test_no_plan_at_all_is_usage(capsys):
    assert main(["run"]) == 2
    assert "Missing argument" in capsys.readouterr().err


# ---------------------------------------------------------------- layers


def _empty(town):
    change(town, "industrial", lambda f: f.iloc[:0])


def _no_crs_degrees(town):
    change(town, "roads", lambda f: f.to_crs(4326).set_crs(None, allow_override=True))


def _no_crs_zone(town):
    change(town, "roads", lambda f: f.to_crs(3014).set_crs(None, allow_override=True))


def _wrong_zone(town):
    change(town, "water", lambda f: f.to_crs(3014).set_crs(3006, allow_override=True))


def _swapped(town):
    def swap(frame):
        return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=CRS)

    change(town, "water", swap)


def _elsewhere(town):
    change(town, "water", lambda f: f.set_geometry(f.translate(-100_000, -300_000), crs=CRS))


def _cut(town):
    truncated(town / "roads.gpkg")


def _rubbish(town):
    (town / "roads.gpkg").write_bytes(b"this was never a GeoPackage " * 200)


def _pages_gone(town):
    """A file whose catalogue is whole and whose features are not."""
    path = town / "roads.gpkg"
    raw = bytearray(path.read_bytes())
    for page in range(len(raw) // 2, len(raw)):
        raw[page] = 0
    path.write_bytes(raw)


def _no_table(town):
    with sqlite3.connect(town / "roads.gpkg") as db:
        db.execute("UPDATE gpkg_contents SET table_name = 'vägar' WHERE table_name = 'roads'")
    db.close()


def _two_tables(town):
    roads = gpd.read_file(town / "roads.gpkg")
    (town / "roads.gpkg").unlink()
    for name in ("norr", "söder"):
        roads.to_file(town / "roads.gpkg", layer=name, engine="pyogrio")


def _still(town):
    change(town, "roads", lambda f: f.assign(speed_kmh=np.where(np.arange(len(f)) == 4, 0.0, 30.0)))


def _no_persons(town):
    change(town, "population", lambda f: f.drop(columns="population"))


def _half_persons(town):
    change(town, "population", lambda f: f.assign(population=np.where(np.arange(len(f)) == 2, 1.5, 10.0)))


def _negative_persons(town):
    change(town, "population", lambda f: f.assign(population=np.where(np.arange(len(f)) == 2, -1, 10)))


def _twice(town):
    change(town, "population", lambda f: f.assign(square_id="a"))


def _capital_column(town):
    change(town, "population", lambda f: f.rename(columns={"population": "POPULATION"}))


def _mojibake(town):
    change(town, "industrial", lambda f: f.assign(name="Norra fÃ¤ltet"))


def _points_for_roads(town):
    change(town, "roads", lambda f: f.set_geometry(f.centroid, crs=CRS))


def _no_zip(town):
    (town / "gtfs.zip").write_text("an error page, not a feed", encoding="utf-8")
    edit(town, "[layers]", '[layers]\ntransit = { file = "gtfs.zip" }')


def _zip_without_stops(town):
    import zipfile

    with zipfile.ZipFile(town / "gtfs.zip", "w") as archive:
        for name in ("agency.txt", "routes.txt", "trips.txt", "stop_times.txt"):
            archive.writestr(name, "a,b\n")
    edit(town, "[layers]", '[layers]\ntransit = { file = "gtfs.zip" }')


def _latin_csv(town):
    path = town / "services.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))


def _csv_without_coordinates(town):
    path = town / "services.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",x,y", ",öst,norr"), encoding="utf-8")


def _csv_without_crs(town):
    edit(town, 'services = { file = "services.csv", crs = "EPSG:3006" }', 'services = { file = "services.csv" }')


def _odd_suffix(town):
    (town / "services.csv").rename(town / "services.kmz")
    edit(town, "services.csv", "services.kmz")


def _raster(town, **more):
    path = town / "elevation.tif"
    with rasterio.open(path) as source:
        profile, data = source.profile, source.read()
    profile.update(more)
    path.unlink()
    with rasterio.open(path, "w", **profile) as out:
        out.write(data)


def _no_nodata(town):
    _raster(town, nodata=None)


def _raster_no_crs(town):
    _raster(town, crs=None)


def _raster_elsewhere(town):
    _raster(town, transform=rasterio.transform.from_origin(300_000, 6_200_000, 25, 25))


def _raster_cut(town):
    truncated(town / "elevation.tif", 0.5)


def _raster_text(town):
    (town / "elevation.tif").write_text("<html>404</html>", encoding="utf-8")


LAYER_FAULTS = {
    "an empty layer": (_empty, ("industrial.gpkg", "the layer is empty", "named as not tested")),
    "degrees without CRS": (_no_crs_degrees, ("roads.gpkg", "the file has no CRS", "EPSG:4326", "in the plan: crs")),
    "a local zone without CRS": (_no_crs_zone, ("roads.gpkg", "the file has no CRS", "EPSG:3014", "in the plan: crs")),
    "a wrong zone": (_wrong_zone, ("water.gpkg", "is not in the plan's area", "SWEREF99 17 15", "set the right one without reprojecting")),
    "northing first": (_swapped, ("water.gpkg", "the axes look swapped", "write x (easting) before y")),
    "another place": (_elsewhere, ("water.gpkg", "is not in the plan's area")),
    "a GeoPackage cut short": (_cut, ("roads.gpkg", "whole", "export it again")),
    "a file that is no GeoPackage": (_rubbish, ("roads.gpkg", "cannot be opened as a GeoPackage", "export it again")),
    "a GeoPackage with lost pages": (_pages_gone, ("roads.gpkg",)),
    "a GeoPackage that names no table": (_no_table, ("roads.gpkg",)),
    "two tables in a file": (_two_tables, ("roads.gpkg", "holds 2 layers (norr, söder)", "table = ")),
    "a road that stands still": (_still, ("roads.gpkg", "speed_kmh is outside", "feature 5", "correct the value or its unit")),
    "no persons": (_no_persons, ("population.gpkg", "column 'population' is missing", "columns = { population =")),
    "persons in capitals": (_capital_column, ("population.gpkg", "rename 'POPULATION' to 'population'")),
    "half a person": (_half_persons, ("population.gpkg", "population is not whole", "feature 3")),
    "fewer than no persons": (_negative_persons, ("population.gpkg", "population is outside 0", "feature 3")),
    "one id for all": (_twice, ("population.gpkg", "square_id occurs more than once ('a')", "give every feature its own", "feature 2, 3")),
    "a broken encoding": (_mojibake, ("industrial.gpkg", "åäö is broken", "UTF-8", "feature 1")),
    "points for roads": (_points_for_roads, ("roads.gpkg", "the geometry is a Point, expected a line", "feature 1")),
    "a GTFS that is no zip": (_no_zip, ("gtfs.zip", "not a whole zip file", "fetch it again")),
    "a GTFS without stops": (_zip_without_stops, ("gtfs.zip", "stops.txt is missing", "calendar.txt")),
    "a CSV in Latin-1": (_latin_csv, ("services.csv", "not UTF-8", "save it as UTF-8")),
    "a CSV without coordinates": (_csv_without_coordinates, ("services.csv", "no coordinate columns", "xy = ")),
    "a CSV without CRS": (_csv_without_crs, ("services.csv", "the file has no CRS", "EPSG:3006")),
    "a suffix nobody reads": (_odd_suffix, ("services.kmz", ".kmz")),
    "a raster without nodata": (_no_nodata, ("elevation.tif", "neither the file nor the plan declares nodata", 'nodata = "none"')),
    "a raster without CRS": (_raster_no_crs, ("elevation.tif", "no CRS", "[layers.elevation] crs")),
    "a raster of another place": (_raster_elsewhere, ("elevation.tif", "is not in the plan's area")),
    "a raster cut short": (_raster_cut, ("elevation.tif", "cannot be read", "is the file whole?")),
    "a raster that is a web page": (_raster_text, ("elevation.tif", "cannot be read as a raster")),
}


@pytest.mark.parametrize("case", LAYER_FAULTS)
def test_a_wrong_layer_is_one_message(case, town, capsys):
    spoil, words = LAYER_FAULTS[case]
    spoil(town)
    fails(town, capsys, *words)


def test_all_faults_of_a_layer_are_said_at_once(town, capsys):
    change(town, "roads", lambda f: f.assign(speed_kmh=-1.0, road_class="stig", road_id="x"))
    fails(town, capsys, "3 kinds of fault", "speed_kmh is outside", "'stig'", "road_id occurs more than once")


@pytest.mark.parametrize("case", ["an empty layer", "degrees without CRS", "a GeoPackage cut short", "no persons", "a CSV in Latin-1", "a raster that is a web page"])
def test_layers_check_says_the_same_with_code_1(case, town, capsys):
    spoil, words = LAYER_FAULTS[case]
    spoil(town)
    name = words[0]
    layer = {"industrial.gpkg": "industrial_land", "population.gpkg": "population_grid", "services.csv": "services"}.get(name, Path(name).stem)
    capsys.readouterr()
    assert main(["layers", "check", str(town / name), "--as", layer]) == 1
    said = capsys.readouterr()
    text = said.out + said.err
    assert name in text
    assert "Traceback" not in text
    assert words[1].split(" in ")[0] in text


def test_names_that_the_catalogue_lacks(town, capsys):
    fails(town, capsys, "no layer 'raods'", "did you mean 'roads'?", argv=("layers", "check", str(town / "roads.gpkg"), "--as", "raods"))
    fails(town, capsys, "no layer 'raods'", argv=("layers", "show", "raods"))
    fails(town, capsys, "roads.gpkg exists", argv=("layers", "template", "roads", str(town / "roads.gpkg")))
    fails(town, capsys, "is not a run directory", argv=("compare", str(town), str(town / "out" / "toy")))
    fails(town, capsys, "vägar.gpkg does not exist", argv=("layers", "check", str(town / "vägar.gpkg"), "--as", "roads"))


# ---------------------------------------------------------------- the disc

FULL = OSError(errno.ENOSPC, "No space left on device")


class _Fuse:
    """Lets a function work `good` times and then raises."""

    def __init__(self, inner, good: int, what: OSError) -> None:
        self.inner, self.left, self.what = inner, good, what

    def __call__(self, *args, **more):
        if self.left <= 0:
            raise self.what
        self.left -= 1
        return self.inner(*args, **more)


# pages go through write_bytes, of which a run without maps and sheets has one; every file is put in its place
@pytest.mark.parametrize(("where", "after"), [("landplan.export.files.Path.write_bytes", 0), *(("landplan.export.files.os.replace", n) for n in (0, 1, 4, 8))])
def test_a_disc_that_fills_up_after_some_files(where, after, town, capsys, monkeypatch):
    name = where.rpartition(".")[2]
    inner = Path.write_bytes if name == "write_bytes" else os.replace
    fuse = _Fuse(inner, after, FULL)
    before = contents(town / "out")
    edit(town, "max_sites = 3", "max_sites = 2")
    with monkeypatch.context() as m:
        m.setattr(where, fuse if name == "replace" else lambda self, data: fuse(self, data))
        code = main(["run", str(town / "toy.toml"), "--out", str(town / "out")])
    said = capsys.readouterr().err
    assert code == 1, said
    assert "the disc is full" in said
    assert "ree some space" in said
    assert "Traceback" not in said
    assert contents(town / "out") == before
    assert {p.name for p in (town / "out").iterdir()} == {"toy"}


POINTS = [
    "landplan.export.geopackage.sqlite3.connect",
    "landplan.run.runner.list_files",
    "landplan.run.runner.place",
    "landplan.run.directory.shutil.copy2",
    "landplan.run.directory.Path.mkdir",
]


@pytest.mark.parametrize("where", POINTS)
def test_a_disc_that_fills_up_between_files(where, town, capsys, monkeypatch):
    if where.endswith("copy2"):
        (town / "out" / "toy" / "min anteckning.txt").write_text("kvar", encoding="utf-8")
    before = contents(town / "out")
    edit(town, "max_sites = 3", "max_sites = 2")
    with monkeypatch.context() as m:

        def full(*args, **more):
            raise OSError(errno.ENOSPC, "No space left on device")

        m.setattr(where, full)
        code = main(["run", str(town / "toy.toml"), "--out", str(town / "out")])
    said = capsys.readouterr().err
    assert code == 1, said
    assert "the disc is full" in said
    assert "Traceback" not in said
    assert contents(town / "out") == before
    assert {p.name for p in (town / "out").iterdir()} == {"toy"}


def test_a_driver_that_loses_features_without_a_word_is_caught(town, capsys, monkeypatch):
    import pyogrio

    inner = pyogrio.write_dataframe

    def short(frame, path, **more):
        return inner(frame.iloc[: len(frame) // 2] if more.get("layer") == "roads" else frame, path, **more)

    edit(town, "max_sites = 3", "max_sites = 2")
    monkeypatch.setattr("pyogrio.write_dataframe", short)
    fails(town, capsys, "toy.gpkg", "layer roads has 72 of 144 features", "free some space")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_place_that_cannot_be_written(code, town, capsys, monkeypatch):
    inner = Path.mkdir

    def closed(self, *args, **more):
        if "stängd" in str(self):
            raise OSError(code, os.strerror(code))
        return inner(self, *args, **more)

    monkeypatch.setattr("pathlib.Path.mkdir", closed)
    fails(town, capsys, "cannot be written", "stängd", "--out", out=town / "stängd")


def test_a_read_only_folder(town, root):
    """Really read-only, and said by the program itself: `main` run here would write as root, who may write anywhere."""
    place = town / "låst"
    shutil.copytree(town / "out", place)
    before = contents(place)
    with read_only(place):
        command = [*bound_by(place), sys.executable, "-m", "landplan", "run", str(town / "toy.toml"), "--out", str(place), "--force"]
        env = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(command, cwd=town, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("landplan: ") == 1, done.stderr
    for word in ("låst", "cannot be written", "Permission denied", "--out"):
        assert word in done.stderr
    assert contents(place) == before


def test_a_target_that_is_something_else(town, capsys):
    (town / "annat").mkdir()
    (town / "annat" / "toy").write_text("en fil", encoding="utf-8")
    fails(town, capsys, "is a file", "--out", out=town / "annat")
    (town / "annat" / "toy").unlink()
    (town / "annat" / "toy").mkdir()
    (town / "annat" / "toy" / "semester.jpg").write_bytes(b"bild")
    fails(town, capsys, "is not a run of landplan", "--out", out=town / "annat")


def test_an_out_folder_that_is_a_file(town, capsys):
    (town / "fil").write_text("x", encoding="utf-8")
    fails(town, capsys, "fil", "--out", argv=("run", str(town / "toy.toml"), "--out", str(town / "fil")))
    assert (town / "fil").read_text(encoding="utf-8") == "x"


def test_the_first_run_leaves_nothing_when_it_fails(town, capsys, monkeypatch):
    def full(*args, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("landplan.export.report.write", full)
    out = town / "ny"
    fails(town, capsys, "the disc is full", out=out)
    assert not out.exists() or not list(out.iterdir())


def test_after_a_failure_the_mended_plan_runs(town, capsys):
    edit(town, "weight = 0.6", "weight = 0.5")
    fails(town, capsys, "sum to 0.9")
    edit(town, "weight = 0.5", "weight = 0.6")
    assert main(["run", str(town / "toy.toml"), "--out", str(town / "out")]) == 0
    assert BLOCK == 500.0


# ---------------------------------------------------------------- files that say less than they are


def test_a_shapefiles_table_and_a_geopackages_journal_belong_to_the_layer(town):
    from landplan import plan as p
    from landplan.layers import Store

    roads = gpd.read_file(town / "roads.gpkg")
    roads.to_file(town / "roads.shp", engine="pyogrio")
    edit(town, '"roads.gpkg"', '"roads.shp"')
    plan = p.read(town / "toy.toml")
    before = Store(plan).hash("roads")
    shape = (town / "roads.shp").read_bytes()
    roads.assign(speed_kmh=5.0).to_file(town / "roads.shp", engine="pyogrio")
    assert (town / "roads.shp").read_bytes() == shape  # only the .dbf knows of the speed
    assert Store(plan).hash("roads") != before
    water = Store(plan).hash("water")
    (town / "water.gpkg-wal").write_bytes(b"edits that QGIS has not yet written back")
    assert Store(plan).hash("water") != water


def test_a_copy_of_a_demonstration_file_is_still_one(town, capsys):
    from landplan.content import sample_folder

    shutil.copy(sample_folder() / "services.parquet", town / "service.parquet")
    shutil.copy(sample_folder() / "odbl" / "elevation.tif", town / "elevation.tif")
    capsys.readouterr()
    edit(town, 'services = { file = "services.csv", crs = "EPSG:3006" }', 'services = { file = "service.parquet" }')
    assert main(["doctor", str(town / "toy.toml")]) == 0
    said = capsys.readouterr().out
    assert "2 demonstrationsdata" in said
    assert "beslutsunderlag" in said
