"""The shipped plan's own GeoPackage, project and rasters: valid, styled as declared, drawn in the legend's colours."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest
import rasterio
from _need import clean_environment, need_gdal_utils, need_qgis
from _pdf import letters_of
from _probe import blended, close

from landplan.export.items import DEMO_BANNER
from landplan.layers import load_catalog

RENDERER = {"single": "singleSymbol", "classes": "categorizedSymbol", "graduated": "graduatedSymbol", "ramp": "graduatedSymbol"}
VECTOR, RASTER = "landplan_vector_", "landplan_raster_"


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="module")
def package(torsboda):
    return only(torsboda, "*.gpkg")


@pytest.fixture(scope="module")
def rows(package):
    """How many rows each layer of the GeoPackage has."""
    with sqlite3.connect(package) as db:
        names = [r[0] for r in db.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]
        counted = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    db.close()
    return counted


@pytest.fixture(scope="module")
def places(package, rows):
    """Points where a class of a declared style is drawn: layer, x, y, the class's value, its colour, its opacity."""
    found = []
    for name, definition in load_catalog().items():
        style = definition.style
        if name not in rows or style.kind != "classes":
            continue
        frame = gpd.read_file(package, layer=name)
        for declared in style.classes:
            here = frame[frame[style.column].astype(str) == str(declared.value)].head(7)
            for shape in here.geometry:
                line = shape.geom_type.endswith("LineString")
                at = shape.interpolate(0.37, normalized=True) if line else shape.representative_point()
                found.append((f"{VECTOR}{name}", at.x, at.y, str(declared.value), declared.color, 1.0 if line else style.opacity))
    return found


@pytest.fixture(scope="module")
def project(in_qgis, torsboda, places, tmp_path_factory):
    """The project after its folder was moved, its layouts printed, each class of each layer looked at."""
    moved = tmp_path_factory.mktemp("flyttad") / "en annan plats å"
    shutil.copytree(torsboda, moved)
    out = tmp_path_factory.mktemp("ritat")
    points = out / "points.json"
    points.write_text(json.dumps([p[:3] for p in places]), encoding="utf-8")
    report = in_qgis(only(moved, "*.qgz"), "--png", out / "p.png", "--pdf", out, "--probe", points)
    assert all(str(moved) in facts["source"] for facts in report["layers"].values())
    return report


def test_the_geopackage_is_valid(package):
    need_gdal_utils()
    done = subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", str(package)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_geopackage_says_what_its_columns_are(package, rows):
    with sqlite3.connect(package) as db:
        said = {r[:2]: r[2:] for r in db.execute("SELECT table_name, column_name, title, description FROM gpkg_data_columns")}
        bounds = dict(db.execute("SELECT constraint_name, max FROM gpkg_data_column_constraints WHERE constraint_type = 'range'"))
        columns = {name: {r[1] for r in db.execute(f'PRAGMA table_info("{name}")')} for name in rows}
    db.close()
    for name, definition in load_catalog().items():
        for spec in definition.fields if name in rows else ():
            if spec.name in columns[name]:
                title, text = said[name, spec.name]
                assert title.startswith(spec.alias.sv), (name, spec.name)
                assert spec.unit in text
    assert bounds["roads_speed_kmh"] == 130
    # the results are described as the sources are
    assert {"rank", "score_100", "area_ha"} <= {column for table, column in said if table == "industrial_ranking"}


def test_every_raster_is_cloud_optimised(torsboda):
    python = need_qgis()
    files = sorted(torsboda.glob("rasters/*.tif"))
    assert len(files) >= 6
    code = (
        "import os, sys\n"
        "from osgeo import gdal\n"
        "from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate\n"
        "gdal.UseExceptions()\n"
        "bad = []\n"
        "for name in sys.argv[1:]:\n"
        "    warnings, errors, _ = validate(name, full_check=True)\n"
        "    raster = gdal.Open(name)\n"
        "    band = raster.GetRasterBand(1)\n"
        "    if warnings or errors or not band.GetOverviewCount() or band.GetNoDataValue() is None or band.GetMetadataItem('STATISTICS_MEAN') is None:\n"
        "        bad.append((name, warnings, errors, band.GetOverviewCount()))\n"
        "print(bad)\n"
        "sys.stdout.flush()\n"
        "os._exit(1 if bad else 0)\n"
    )
    done = subprocess.run([python, "-c", code, *map(str, files)], capture_output=True, text=True, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _sidecar(path: Path) -> list[tuple[str, str]]:
    root = ET.fromstring(path.read_text(encoding="utf-8").split("\n", 1)[1])
    return [(e.get("label"), e.get("color")) for e in (*root.iter("paletteEntry"), *root.iter("item"))]


def test_a_rasters_sidecar_has_the_legends_colours(torsboda, project, in_qgis):
    rasters = {k: v for k, v in project["layers"].items() if k.startswith(RASTER)}
    assert len(rasters) == len(list(torsboda.glob("rasters/*.tif")))
    for id_, facts in rasters.items():
        tif = only(torsboda / "rasters", f"*_{id_.removeprefix(RASTER)}.tif")
        key = [(label, colour) for label, colour, _ in facts["key"]]
        assert key, id_
        assert _sidecar(tif.with_suffix(".qml")) == key, id_
        with rasterio.open(tif) as source:
            if facts["renderer"] == "paletted" and source.dtypes[0] == "uint8":
                table = source.colormap(1)
                for _, colour, value in facts["key"]:
                    assert "#{:02x}{:02x}{:02x}".format(*table[int(value)][:3]) == colour, id_
    alone = in_qgis(only(torsboda / "rasters", "*_obstacle_industrial.tif"))
    (facts,) = alone["layers"].values()
    assert facts["key"] == rasters[f"{RASTER}obstacle_industrial"]["key"], "opened alone it looks as in the project"


def test_every_layer_is_valid_and_whole(project, rows):
    vectors = {k.removeprefix(VECTOR): v for k, v in project["layers"].items() if k.startswith(VECTOR)}
    assert set(vectors) == set(rows)
    for name, facts in vectors.items():
        assert facts["valid"], name
        assert facts["crs"] == "EPSG:3006", name
        assert facts["count"] == rows[name] > 0, name
    assert project["title"].endswith(DEMO_BANNER.sv)
    assert project["colours_seen"] > 50


def test_layers_are_styled_as_declared(project):
    checked = 0
    for name, definition in load_catalog().items():
        facts = project["layers"].get(f"{VECTOR}{name}")
        if facts is None:
            continue
        style = definition.style
        assert facts["renderer"] == RENDERER[style.kind], name
        declared = [[c.label.sv, c.color] for c in style.classes]
        assert facts["key"][: len(declared)] == declared, name
        checked += 1
    assert checked >= 20


def test_what_is_drawn_has_the_declared_colour(project, places):
    """Some features lie under others of their layer; no fewer of a class must show its colour than not."""
    seen: dict[tuple[str, str], Counter[bool]] = {}
    for (id_, _, _, value, colour, opacity), drawn in zip(places, project["probes"], strict=True):
        seen.setdefault((id_, value), Counter())[close(drawn, blended(colour, opacity))] += 1
    assert len(seen) >= 25
    assert len({id_ for id_, _ in seen}) >= 6
    wrong = {key: dict(count) for key, count in seen.items() if count[True] < count[False]}
    assert not wrong


def test_results_stand_by_team_season_and_measure(project):
    (top,) = project["tree"]
    groups = {next(iter(g)): next(iter(g.values())) for g in top[DEMO_BANNER.sv]}
    inside = {next(iter(g)): next(iter(g.values())) for g in groups["Resultat"] if isinstance(g, dict)}
    assert list(inside) == ["Industrimark", "Bostäder och samhälle", "Infrastruktur och kommunikationer", "Projektfinansiering"]
    assert "Områden för industri i rangordning" in inside["Industrimark"]
    cases = {k: v for g in inside["Infrastruktur och kommunikationer"] if isinstance(g, dict) for k, v in g.items()}
    # rings and what changes; of a measure its roads too
    assert {k: len(v) for k, v in cases.items()} == {"Årstid: vinter": 2, "Åtgärd: Trafikplats Torsboda": 3}


def test_bookmarks(project):
    marks = {(b["group"], b["name"]) for b in project["bookmarks"]}
    assert {("Området", "Hela området"), *(("Huvudorter", t) for t in ("Härnösand", "Kramfors", "Sundsvall", "Timrå"))} <= marks
    for team in ("Industrimark", "Bostäder och samhälle"):
        assert len([m for m in marks if m[0] == team]) == 10


def test_layouts_print_with_their_words(project, torsboda):
    with zipfile.ZipFile(only(torsboda, "*.qgz")) as archive:
        assert b"/svg/" not in archive.read(archive.namelist()[0]), "no picture of QGIS' own is asked for"
    created = json.loads((torsboda / "run.json").read_text(encoding="utf-8"))["created"][:10]
    assert len(project["layouts"]) == 9
    for name, facts in project["layouts"].items():
        said = letters_of(Path(facts["pdf"]))
        title = name.split(" - ")[1]
        for text in (title, "Teckenförklaring", "Större vägar", f"Framställd {created}", "OpenStreetMap", "Skala 1:", DEMO_BANNER.sv):
            assert "".join(text.split()) in said, (name, text)
        assert facts["pictures"] == [True]
        assert {"QgsLayoutItemLegend", "QgsLayoutItemScaleBar"} <= set(facts["kinds"])
