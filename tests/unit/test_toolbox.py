"""The tools a desktop program calls: files in, one file out, told in words; the worker's lines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from string import Formatter

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landplan import toolbox
from landplan.cli.worker import PROTOCOL
from landplan.errors import CRSError, LayerError, PlanError
from landplan.toolbox import LayerFile
from landplan.toolbox.frames import Watch
from landplan.toolbox.words import TOOL_WORDS
from tests.toy import CRS, SIDE, X0, Y0, lattice, write_toy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stad å")
    write_toy(folder)
    return folder


@pytest.fixture
def heard():
    said, shares = [], []
    return Watch("sv", said.append, shares.append), said, shares


def test_rings_grow_and_do_not_overlap(town, tmp_path, heard):
    watch, said, shares = heard
    places = LayerFile(town / "localities.geojson", title="Orter")
    answer = toolbox.rings(LayerFile(town / "roads.gpkg"), places, [5, 1, 2], tmp_path / "r.gpkg", watch, site_id="name")
    assert answer.layers == (("isochrones", "Nås inom 1, 2, 5 minuter"),)
    frame = gpd.read_file(tmp_path / "r.gpkg", layer="isochrones")
    assert frame["site_id"].unique().tolist() == ["Ö by", "Å stad"]
    for _, own in frame.groupby("site_id"):
        assert own["minutes"].tolist() == [1, 2, 5]
        assert own["from_minutes"].tolist() == [0, 1, 2]
        assert own["area_ha"].is_monotonic_increasing
        assert (own.geometry.area.cumsum() / 1e4).tolist() == pytest.approx(own["area_ha"].tolist(), rel=1e-6)
    assert shares == sorted(shares)
    assert any("räknades om" in s for s in said) == (gpd.read_file(town / "localities.geojson").crs != CRS)


@pytest.mark.parametrize(("east", "north", "crs"), [(17.4, 62.5, "EPSG:3006"), (-3.7, 40.4, "EPSG:32630")])
def test_roads_in_degrees_are_measured_in_metres(tmp_path, heard, east, north, crs):
    road = gpd.GeoDataFrame({"road_class": ["street"], "speed_kmh": [50.0]}, geometry=[shapely.LineString([(east, north), (east + 0.1, north)])], crs=4326)
    road.to_file(tmp_path / "r.gpkg", engine="pyogrio")
    road.set_geometry(shapely.points([(east, north)]), crs=4326)[["geometry"]].to_file(tmp_path / "p.gpkg", engine="pyogrio")
    toolbox.rings(LayerFile(tmp_path / "r.gpkg"), LayerFile(tmp_path / "p.gpkg"), [3], tmp_path / "o.gpkg", heard[0])
    assert gpd.read_file(tmp_path / "o.gpkg", layer="isochrones").crs == crs


def test_every_pair_has_minutes_or_a_reason(town, tmp_path, heard):
    watch, said, _ = heard
    far = gpd.GeoDataFrame({"n": ["nära", "fjärran"]}, geometry=gpd.points_from_xy([X0 + 10, X0 + 90_000], [Y0, Y0]), crs=CRS)
    far.to_file(tmp_path / "far.gpkg", engine="pyogrio")
    answer = toolbox.travel_times(
        LayerFile(town / "roads.gpkg"), LayerFile(tmp_path / "far.gpkg"), LayerFile(town / "localities.geojson"), tmp_path / "m.csv", watch,
        origin_id="n", destination_id="name", cutoff_min=3,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "m.csv", keep_default_na=False).set_index(["origin", "destination"])
    assert len(table) == answer.values["pairs"] == 4
    assert table.loc[("fjärran", "Ö by"), "reason"] == "off_network"
    assert table.loc[("nära", "Å stad"), "reason"] == "beyond_cutoff"
    # from the corner to half a block from it and back along the lattice: 1 minute a block
    assert 1.5 < float(table.loc[("nära", "Ö by"), "minutes"]) <= 3
    assert any("1 av 2 i far" in s for s in said)
    assert "synthetic" not in table


def test_times_from_demonstration_roads_say_so_in_every_row(town, tmp_path, heard):
    watch, said, _ = heard
    lattice().assign(synthetic=True).to_file(tmp_path / "roads.gpkg", engine="pyogrio")
    places = LayerFile(town / "localities.geojson")
    toolbox.travel_times(LayerFile(tmp_path / "roads.gpkg"), places, places, tmp_path / "m.csv", watch, max_m=1000)
    assert pd.read_csv(tmp_path / "m.csv")["synthetic"].all()
    assert any("DEMONSTRATIONSDATA" in s for s in said)


def test_sites_are_free_land_of_the_size(town, tmp_path, heard):
    watch, said, _ = heard
    area = gpd.GeoDataFrame(geometry=[shapely.box(X0, Y0, X0 + SIDE, Y0 + SIDE)], crs=CRS)
    area.to_file(tmp_path / "area.gpkg", engine="pyogrio")
    water, main = town / "water.gpkg", lattice()
    main[main["road_class"] == "primary"].to_file(tmp_path / "main.gpkg", engine="pyogrio")
    answer = toolbox.candidate_sites(
        LayerFile(tmp_path / "area.gpkg"), [LayerFile(water)], tmp_path / "s.gpkg", watch, setback_m=300, near=LayerFile(tmp_path / "main.gpkg"),
        near_best_m=0, near_worst_m=2000, min_ha=10, max_ha=20, count=3, apart_m=200, cell_m=50,
    )  # fmt: skip
    sites = gpd.read_file(tmp_path / "s.gpkg", layer="candidate_sites")
    assert answer.values == {"sites": 3}
    assert sites["rank"].tolist() == [1, 2, 3]
    assert sites["score_100"].is_monotonic_decreasing
    assert sites["area_ha"].between(10, 20).all()
    lake = gpd.read_file(water).geometry.iloc[0]
    assert (sites.distance(lake) >= 300 - 50).all()
    assert sites.within(area.geometry.iloc[0].buffer(1)).all()
    assert sites["near_m"].iloc[0] < 500
    assert said[-1] == "3 lägen hittade"


def test_no_site_is_said_and_written_empty(town, tmp_path, heard):
    watch, said, _ = heard
    toolbox.candidate_sites(LayerFile(town / "water.gpkg"), [LayerFile(town / "water.gpkg")], tmp_path / "s.gpkg", watch, min_ha=1, cell_m=20)
    assert "Inget läge" in said[-1]
    assert len(gpd.read_file(tmp_path / "s.gpkg", layer="candidate_sites")) == 0


def test_demonstration_data_stays_marked(town, tmp_path, heard):
    roads = lattice().assign(synthetic=True)
    roads.to_file(tmp_path / "roads.gpkg", engine="pyogrio")
    toolbox.rings(LayerFile(tmp_path / "roads.gpkg"), LayerFile(town / "localities.geojson"), [2], tmp_path / "r.gpkg", heard[0])
    assert b"DEMONSTRATIONSDATA" in (tmp_path / "r.gpkg").read_bytes()
    toolbox.rings(LayerFile(town / "roads.gpkg"), LayerFile(town / "localities.geojson"), [2], tmp_path / "q.gpkg", heard[0])
    assert b"DEMONSTRATIONSDATA" not in (tmp_path / "q.gpkg").read_bytes()


def test_faults_are_told_and_drawn(town, tmp_path, heard):
    watch, said, _ = heard
    bad = lattice().assign(speed_kmh=lambda f: f["speed_kmh"].where(f.index != 7, 500.0))
    bad.to_file(tmp_path / "bad.gpkg", engine="pyogrio")
    answer = toolbox.check_layer(LayerFile(tmp_path / "bad.gpkg", title="Mina vägar"), "roads", tmp_path / "f.gpkg", watch)
    assert answer.values["ok"] is False
    faults = gpd.read_file(tmp_path / "f.gpkg", layer="faults")
    assert faults["feature"].tolist() == [8]
    assert faults.geometry.iloc[0].equals(bad.geometry.iloc[7])
    assert said[-1].startswith("Lagret uppfyller inte vad Vägar kräver")
    assert toolbox.check_layer(LayerFile(town / "roads.gpkg"), "roads", None, watch).values["ok"] is True


def test_what_goes_wrong_is_one_clear_error(town, tmp_path, heard):
    watch = heard[0]
    roads, places, out = LayerFile(town / "roads.gpkg"), LayerFile(town / "localities.geojson"), tmp_path / "x.gpkg"
    with pytest.raises(LayerError, match="does not exist"):
        toolbox.rings(LayerFile(tmp_path / "no.gpkg"), places, [5], out, watch)
    with pytest.raises(LayerError, match="road_class"):
        toolbox.rings(LayerFile(town / "water.gpkg"), places, [5], out, watch)
    with pytest.raises(LayerError, match="has no column 'namn'"):
        toolbox.rings(roads, places, [5], out, watch, site_id="namn")
    with pytest.raises(PlanError, match="numbers of minutes above 0"):
        toolbox.rings(roads, places, [0], out, watch)
    with pytest.raises(PlanError, match="best distance"):
        toolbox.candidate_sites(LayerFile(town / "water.gpkg"), [], out, watch, near=roads, near_best_m=5, near_worst_m=1)
    with pytest.raises(LayerError, match="no layer 'vägar'"):
        toolbox.check_layer(roads, "vägar", None, watch)
    (tmp_path / "nowhere.csv").write_text("a,WKT\n1,POINT (1 1)\n", encoding="utf-8")
    with pytest.raises(CRSError, match="has no CRS"):
        toolbox.rings(roads, LayerFile(tmp_path / "nowhere.csv"), [5], out, watch)
    assert not out.exists()


def test_words_have_the_same_places():
    for key, text in TOOL_WORDS.items():
        places = [sorted(n for _, n, _, _ in Formatter().parse(t) if n) for t in (text.sv, text.en)]
        assert places[0] == places[1], key
        assert not re.search(r"\b(the|layer|score)\b", re.sub(r"\{\w+\}", "", text.sv.lower())), key


def _start() -> subprocess.Popen:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "landplan", "qgis-worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )


def _answer(request: str) -> tuple[int, list[dict], str]:
    child = _start()
    child.stdin.write(request + "\n")
    child.stdin.flush()
    lines = [json.loads(line) for line in child.stdout]
    code, said = child.wait(60), child.stderr.read()
    for stream in (child.stdin, child.stdout, child.stderr):
        stream.close()
    return code, lines, said


def test_the_worker_answers_in_lines(town):
    request = {"tool": "check", "language": "en", "layer": {"path": str(town / "roads.gpkg")}, "as": "roads"}
    code, lines, _ = _answer(json.dumps(request))
    assert code == 0
    assert lines[0]["protocol"] == PROTOCOL
    assert lines[-1]["result"]["values"]["ok"] is True
    assert {"message": "The layer meets what Roads requires"} in lines


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("not json", "is not JSON"),
        ("[]", 'not an object with a "tool"'),
        ('{"tool": "dance"}', "there is no tool 'dance'"),
        ('{"tool": "matrix"}', "does not fit this version"),
        ('{"tool": "sites", "area": {"path": "a"}, "out": "b", "options": {"new": 1}}', "does not fit this version"),
    ],
)
def test_a_bad_request_is_one_line(request_, words):
    code, lines, said = _answer(request_)
    assert code == 1
    assert len(lines) == 1
    assert words in said
    assert "Traceback" not in said


@pytest.mark.skipif(os.name == "nt", reason="asks by signal")
def test_the_worker_stops_when_the_other_end_leaves(town, tmp_path):
    lattice(60).to_file(tmp_path / "large.gpkg", engine="pyogrio")
    child = _start()
    many = {"tool": "isochrones", "roads": {"path": str(tmp_path / "large.gpkg")}, "sites": {"path": str(town / "population.gpkg")}, "minutes": [60],
            "out": str(tmp_path / "ut" / "r.gpkg")}  # fmt: skip
    child.stdin.write(json.dumps(many) + "\n")
    child.stdin.flush()
    while "ha inom" not in child.stdout.readline():
        assert child.poll() is None
    begun = time.monotonic()
    child.stdin.close()
    assert child.wait(30) in (130, -signal.SIGINT)
    assert time.monotonic() - begun < 10
    assert "the last good run is untouched" in child.stderr.read()
    child.stdout.close()
    child.stderr.close()
    assert not (tmp_path / "ut").exists() or list((tmp_path / "ut").iterdir()) == []
