"""The plugin's zip in real QGIS 3.22: its tools run through the Processing API against this Python, and stop when told."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from _need import clean_environment, need_qgis

from landplan.cli import main
from tests.toy import BLOCK, SIDE, X0, Y0, lattice, write_toy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = {"landplan:check", "landplan:run", "landplan:matrix", "landplan:isochrones", "landplan:sites"}
FAR = 100
"""Blocks of the town that takes long enough to be stopped in."""


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with å and a space: the toy town, a large one, the unzipped plugin, programs to call."""
    folder = tmp_path_factory.mktemp("tillägg") / "mapp med å"
    (folder / "ut").mkdir(parents=True)
    write_toy(folder)
    large = lattice(FAR)
    large.to_file(folder / "large.gpkg", layer="large", engine="pyogrio")
    ends = large.geometry.iloc[:: len(large) // 60]
    ends.interpolate(1.0).to_frame("geometry").to_file(folder / "many.gpkg", layer="many", engine="pyogrio")
    # this checkout's landplan, whichever the environment has installed
    _script(folder / "python", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"')
    _script(folder / "landplan", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m landplan "$@"')
    _script(folder / "wordless", "exit 0")
    _script(folder / "tells", f'env > "{folder / "environment.txt"}"; echo "landplan: just looking" >&2; exit 1')
    # one that hears neither its input's end nor a request to end, and leaves half a file
    deaf = 'trap "" TERM INT; touch "$(dirname "$0")/ut/.lager.$$.part.gpkg"; echo "{\\"protocol\\": 1, \\"pid\\": $$, \\"landplan\\": \\"0\\"}"'
    _script(folder / "deaf", deaf + '; echo "{\\"message\\": \\"deaf\\"}"; while :; do sleep 0.2; done')
    _script(folder / "broken", 'echo "Traceback (most recent call last):" >&2; echo "  File x, line 1" >&2; echo "ImportError: no landplan" >&2; exit 1')
    assert main(["qgis-plugin", "build", "--out", str(folder / "landplan_tools.zip")]) == 0
    with zipfile.ZipFile(folder / "landplan_tools.zip") as archive:
        archive.extractall(folder / "plugins")
    return folder


def _ask(place: Path, jobs: list[dict], language: str = "sv_SE.UTF-8", **environment: str) -> dict:
    python = need_qgis()
    file = place / "jobs.json"
    file.write_text(json.dumps({"jobs": jobs}), encoding="utf-8")
    clean = {k: v for k, v in clean_environment().items() if not k.startswith(("LC_", "LANG")) and k != "LANDPLAN_PYTHON"}
    done = subprocess.run(
        [python, str(HERE / "qgis_plugin_check.py"), str(place / "plugins"), str(file)], capture_output=True, text=True, timeout=400, check=False,
        env={**clean, "LC_ALL": language, "XDG_DATA_HOME": str(place / "profil"), "XDG_CONFIG_HOME": str(place / "profil"), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def _job(place: Path, tool: str, *, out: str | None = None, **parameters: object) -> dict:
    job = {"id": f"landplan:{tool}", "setting": str(place / "python"), "parameters": dict(parameters)}
    if out:
        job["parameters"]["OUTPUT"] = str(place / "ut" / out)
    return job


@pytest.fixture(scope="module")
def swedish(place):
    """Every tool once, in Swedish, in one QGIS; then what goes wrong."""
    roads, towns, homes = (["layer", str(place / f), ""] for f in ("roads.gpkg", "localities.geojson", "housing.gpkg"))
    rings = {"ROADS": roads, "SITES": towns, "SITES_ID": "name", "MINUTES": "1, 2; 5", "BARRIERS": ["layer", str(place / "water.gpkg"), ""]}
    jobs = {
        "rings": {**_job(place, "isochrones", out="ringar å.gpkg", **rings), "look": [str(place / "ut" / "ringar å.gpkg"), ["isochrones"]]},
        "good": _job(place, "check", LAYER=roads, AS=0, OUTPUT=None),
        "bad": {**_job(place, "check", LAYER=homes, AS=0, out="fel.gpkg"), "look": [str(place / "ut" / "fel.gpkg"), ["faults"]]},
        "matrix": _job(place, "matrix", ROADS=roads, ORIGINS=["layer", str(place / "population.gpkg"), ""], ORIGINS_ID="square_id",
                       DESTINATIONS=["selected", str(place / "localities.geojson"), "", [0]], DESTINATIONS_ID="name", CUTOFF=5, out="tider.csv"),
        "memory": {**_job(place, "isochrones", out="minne.gpkg", ROADS=["memory", str(place / "roads.gpkg"), ""], SITES=["memory", str(place / "localities.geojson"), ""],
                          MINUTES="2"), "look": [str(place / "ut" / "minne.gpkg"), ["isochrones"]]},
        "sites": {**_job(place, "sites", AREA=["layer", str(place / "water.gpkg"), ""], MIN_HA=1, MAX_HA=2, COUNT=2, APART_M=100, CELL_M=20, NEAR=roads, NEAR_WORST_M=1000,
                         NEAR_BEST_M=0, out="lagen.gpkg"), "look": [str(place / "ut" / "lagen.gpkg"), ["candidate_sites"]]},
        "temporary": _job(place, "isochrones", ROADS=roads, SITES=towns, MINUTES="2", OUTPUT="TEMPORARY_OUTPUT"),
        "not_roads": _job(place, "isochrones", ROADS=["layer", str(place / "water.gpkg"), ""], SITES=towns, MINUTES="5", out="aldrig.gpkg"),
        "no_minutes": _job(place, "isochrones", ROADS=roads, SITES=towns, MINUTES="fem", out="aldrig.gpkg"),
        "nowhere": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": str(place / "finns inte")},
        "wordless": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": str(place / "wordless")},
        "broken": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": str(place / "broken")},
        "tells": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": str(place / "tells"),
                  "environment": {"PROJ_LIB": "/qgis/proj", "PROJ_DATA": "/qgis/proj", "GDAL_DATA": "/qgis/gdal", "PYTHONHOME": "/qgis", "PYTHONPATH": "/qgis/python"}},
        "by_variable": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": "", "environment": {"LANDPLAN_PYTHON": str(place / "python")}},
        "by_path": {**_job(place, "check", LAYER=roads, AS=0, OUTPUT=None), "setting": "", "environment": {"PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}},
    }  # fmt: skip
    # which of the sorted Swedish titles "Vägar" is
    with open(place / "plugins" / "landplan_tools" / "layers.json", encoding="utf-8") as file:
        listed = sorted(json.load(file), key=lambda d: d["title"]["sv"].lower())
    for job in jobs.values():
        if "AS" in job["parameters"]:
            job["parameters"]["AS"] = [d["id"] for d in listed].index("roads")
    report = _ask(place, list(jobs.values()))
    return {**report, "jobs": dict(zip(jobs, report["jobs"], strict=True))}


def test_the_provider_lists_its_tools_in_swedish(swedish):
    assert swedish["version"].startswith("3.")
    assert set(swedish["algorithms"]) == TOOLS
    assert swedish["algorithms"]["landplan:isochrones"]["title"] == "Nåbarhetsområden"
    for tool in swedish["algorithms"].values():
        assert tool["can"]
        assert tool["help"]
        assert all(tool["words"])
    assert swedish["unloaded"]


def test_and_in_english(place):
    report = _ask(place, [_job(place, "check", LAYER=["layer", str(place / "roads.gpkg"), ""], AS=0, OUTPUT=None)], "en_GB.UTF-8")
    assert report["algorithms"]["landplan:isochrones"]["title"] == "Isochrones"
    assert report["algorithms"]["landplan:run"]["words"][0] == "Plan file"
    assert any(said.startswith("Calling ") for said in report["jobs"][0]["said"])


def test_isochrones_come_back_as_a_styled_layer(swedish, place):
    job = swedish["jobs"]["rings"]
    assert job["result"]["OUTPUT"] == str(place / "ut" / "ringar å.gpkg")
    seen = job["seen"]["isochrones"]
    assert (seen["valid"], seen["count"], seen["crs"], seen["renderer"]) == (True, 6, "EPSG:3006", "graduatedSymbol")
    assert seen["aliases"]["minutes"] == "Restid högst (min)"
    assert job["progress"] == sorted(job["progress"])
    assert job["progress"][-1] == 100
    assert len(job["progress"]) > 3
    assert any(said.startswith("Ö by: ") and said.endswith(" ha inom 5 min") for said in job["said"])


def test_a_layer_in_memory_and_a_temporary_output(swedish):
    assert swedish["jobs"]["memory"]["seen"]["isochrones"]["count"] == 2
    path = Path(swedish["jobs"]["temporary"]["result"]["OUTPUT"].split("|")[0])
    assert path.suffix == ".gpkg"


def test_check_says_what_is_wrong_and_where(swedish):
    good, bad = swedish["jobs"]["good"], swedish["jobs"]["bad"]
    assert good["result"]["OK"] is True
    assert good["result"]["FAULTS"] == 0
    assert any("uppfyller vad Vägar kräver" in said for said in good["said"])
    assert bad["result"]["OK"] is False
    assert bad["result"]["FAULTS"] == 4
    assert any("'road_class' is missing" in said for said in bad["said"])
    assert bad["seen"]["faults"]["count"] == 2
    assert bad["seen"]["faults"]["aliases"]["what"] == "Vad som är fel"


def test_a_matrix_of_a_selection(swedish, place):
    result = swedish["jobs"]["matrix"]["result"]
    with open(place / "ut" / "tider.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result["PAIRS"] == 256
    assert {r["destination"] for r in rows} == {"Ö by"}, "only what was selected"
    reached = [r for r in rows if r["minutes"]]
    assert len(reached) == result["REACHED"]
    assert all(float(r["minutes"]) <= 5 and not r["reason"] for r in reached)
    assert {r["reason"] for r in rows if not r["minutes"]} == {"beyond_cutoff"}


def test_candidate_sites(swedish):
    job = swedish["jobs"]["sites"]
    assert job["result"]["FOUND"] == job["seen"]["candidate_sites"]["count"] > 0
    assert job["seen"]["candidate_sites"]["renderer"] == "graduatedSymbol"


def test_errors_are_words(swedish, place):
    jobs = swedish["jobs"]
    for name in ("not_roads", "no_minutes", "nowhere", "wordless", "broken", "tells"):
        assert "result" not in jobs[name], name
        assert "Traceback" not in jobs[name]["error"]
        assert not any("Traceback" in said or 'File "' in said for said in jobs[name]["said"]), name
    assert "road_class" in jobs["not_roads"]["error"]
    assert "fem är inte ett antal minuter" in jobs["no_minutes"]["error"]
    assert "finns inte eller kan inte köras" in jobs["nowhere"]["error"]
    for name in ("wordless", "broken"):
        assert "svarade inte som landplan gör" in jobs[name]["error"]
    assert "just looking" in jobs["tells"]["error"]
    assert not (place / "ut" / "aldrig.gpkg").exists()


def test_the_child_gets_nothing_of_qgis_own(swedish, place):
    told = (place / "environment.txt").read_text(encoding="utf-8").splitlines()
    names = {line.split("=")[0] for line in told}
    assert not names & {"PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONHOME", "PYTHONPATH"}
    assert "PATH" in names


def test_landplan_is_found_by_variable_and_on_path(swedish):
    for name in ("by_variable", "by_path"):
        assert swedish["jobs"][name]["result"]["OK"] is True, name


@pytest.fixture(scope="module")
def stopped(place):
    """Rings that would take long, and a plan, both cancelled while landplan works."""
    rings = _job(place, "isochrones", ROADS=["layer", str(place / "large.gpkg"), ""], SITES=["layer", str(place / "many.gpkg"), ""], MINUTES="30, 60", out="halv.gpkg")
    plan = _job(place, "run", PLAN=str(place / "toy.toml"), OUTPUT=str(place / "körningar"), OPEN=False)
    jobs = [
        {**rings, "cancel_when": " ha inom ", "cancel_after_s": 0.3},
        {**plan, "cancel_when": "export …", "cancel_after_s": 0.0},
        {**rings, "setting": str(place / "deaf"), "cancel_when": "deaf", "cancel_after_s": 0.0},
    ]
    report = _ask(place, jobs)
    return report["jobs"]


@pytest.mark.parametrize("n", [0, 1, 2], ids=["rings", "plan", "deaf"])
def test_cancel_stops_the_child(stopped, n):
    job = stopped[n]
    assert len(job["started"]) >= 1, "landplan had started"
    assert job["left"] == [], "and is gone"
    # one that does not listen is given time to tidy up before it is killed
    assert job["seconds_to_stop"] < (5 if n < 2 else 20)
    assert any("inget halvskrivet" in said for said in job["said"])
    assert "error" not in job


def test_and_nothing_half_written_is_left(stopped, place):
    assert not list((place / "ut").glob("*halv*"))
    assert not list((place / "ut").glob(".*"))
    assert [p.name for p in (place / "körningar").iterdir()] == [] if (place / "körningar").exists() else True


def test_a_plan_runs_and_hands_back_its_project(place):
    job = _job(place, "run", PLAN=str(place / "toy.toml"), OUTPUT=str(place / "hela"), OPEN=True)
    (done,) = _ask(place, [{**job, "look": [str(place / "hela" / "toy" / "toy.gpkg"), ["industrial_ranking", "isochrones"]]}])["jobs"]
    assert done["result"]["FOLDER"] == str(place / "hela" / "toy")
    assert (place / "hela" / "toy" / "run.json").exists()
    assert done["seen"]["isochrones"]["renderer"] == "graduatedSymbol"
    assert done["progress"][-1] == 100
    assert any("Verket" in said for said in done["said"]), "the answer is told"


def test_the_toy_town_is_as_the_jobs_take_it():
    assert BLOCK * 8 == SIDE
    assert (X0, Y0) == (620_000, 6_940_000)
