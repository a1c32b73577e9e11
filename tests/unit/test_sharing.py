"""Restricted layers: neither they nor what repeats them reaches a page, a sheet or a table that is shared."""

from __future__ import annotations

import datetime as dt
import re
import shutil

import pandas as pd
import pyogrio
import pytest

from landplan import plan as p
from landplan.run import run_plan
from landplan.run.cache import StepCache
from landplan.run.runner import atlas_of

DAY = dt.date(2026, 11, 26)
FORMATS = 'formats = ["geopackage", "tables", "report", "maps", "qgis", "rasters"]'


def plan_of(folder, *restricted):
    path = folder / "toy.toml"
    text = path.read_text(encoding="utf-8").replace('formats = ["geopackage", "tables", "report"]', FORMATS)
    for layer in restricted:
        text = re.sub(rf"^{layer} = {{ file", f'{layer} = {{ sharing = "restricted", file', text, flags=re.M)
    path.write_text(text, encoding="utf-8")
    return p.read(path)


@pytest.fixture
def town(toy, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(toy, folder)
    return folder


def everything_shared(folder):
    """The words of all that may be sent on: pages, tables and books, but not restricted/ nor the GeoPackage and its project."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if "restricted" in path.parts or path.suffix not in (".html", ".csv", ".parquet", ".xlsx"):
            continue
        if path.suffix == ".parquet":
            found[path.name] = pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            found[path.name] = "".join(frame.to_csv() for frame in pd.read_excel(path, sheet_name=None, header=None).values())
        else:
            found[path.name] = path.read_text(encoding="utf-8-sig")
    return found


def test_a_named_area_of_a_restricted_layer_is_in_nothing_that_is_shared(town, tmp_path):
    plan = plan_of(town, "industrial_land")
    result = run_plan(plan, town / "out", cache=StepCache(tmp_path / "c"), today=DAY)
    shared = everything_shared(result.folder)
    assert len(shared) > 8
    assert not [name for name, text in shared.items() if "Norra fältet" in text or '"north"' in text]
    atlas = atlas_of(plan, cache=StepCache(tmp_path / "c"), today=DAY)
    assert not [card for page in atlas.pages for card in page.cards if card.site_id == "north"]
    whole, shown = atlas.vector("industrial_ranking_restricted").frame, atlas.vector("industrial_ranking").frame
    assert "north" in set(whole["site_id"])
    assert set(whole["site_id"]) - set(shown["site_id"]) == {"north"}
    # ranks are those of the whole: nobody is told that the second best is best
    assert dict(zip(shown["site_id"], shown["rank"], strict=True)).items() <= dict(zip(whole["site_id"], whole["rank"], strict=True)).items()
    report = next(text for name, text in shared.items() if name.startswith("report"))
    assert "1 av de rangordnade områdena visas inte här" in report
    # the owner's own files have it
    assert "industrial_ranking_restricted" in pyogrio.list_layers(result.folder / "toy.gpkg")[:, 0]
    assert any("Norra fältet" in path.read_text(encoding="utf-8-sig") for path in (result.folder / "tables" / "restricted").glob("*.csv"))


def test_a_ranking_of_a_restricted_layer_is_not_answered_in_public(town, tmp_path):
    plan = plan_of(town, "housing_sites")
    atlas = atlas_of(plan, cache=StepCache(tmp_path / "c"), today=DAY)
    assert {t.sharing for t in atlas.tables if t.id.startswith("housing_table")} == {"restricted"}
    assert {v.sharing for v in atlas.vectors if v.id.startswith("housing_")} == {"restricted"}
    said = " ".join(str(t.sv) for t in (atlas.answer, *atlas.uncertain, *(t for page in atlas.pages for t in (page.answer, *page.more))))
    assert not re.search("Nära(?! Ö by)", said)
    assert "Långt bort" not in said


def test_squares_are_as_restricted_as_the_population_they_repeat(town, tmp_path):
    atlas = atlas_of(plan_of(town, "population_grid", "elevation"), cache=StepCache(tmp_path / "c"), today=DAY)
    assert atlas.vector("catchment_squares").sharing == "restricted"
    # how many reach the site in all is a sum
    assert atlas.table("thresholds").sharing == "open"
    # an outline can be seen in what is coloured by it
    assert {r.sharing for r in atlas.rasters} == {"restricted"}
    slope = [line for page in atlas.pages for card in page.cards for line in card.criteria if line.id == "slope"]
    assert slope
    assert all(line.value is None and line.reason == "restricted" for line in slope)


def test_nothing_is_withheld_where_nothing_is_restricted(town, tmp_path):
    atlas = atlas_of(plan_of(town), cache=StepCache(tmp_path / "c"), today=DAY)
    assert {x.sharing for x in (*atlas.vectors, *atlas.rasters, *atlas.tables)} == {"open"}
    assert not [v.id for v in atlas.vectors if v.id.endswith("_restricted")]


def test_nothing_restricted_stands_among_the_workers_or_in_a_measure(town, tmp_path):
    from tests.unit.test_workers import WORKERS

    path = town / "toy.toml"
    measure = '\n[[scenarios]]\nname = "led"\ntitle = { sv = "Led", en = "Route" }\n[[scenarios.changes]]\nkind = "speed"\nroad_class = ["street"]\nfactor = 2\n'
    people = '[teams.people]\ntitle = { sv = "Kompetens", en = "Skills" }\nresults = ["catchment"]\n\n'
    text = path.read_text(encoding="utf-8").replace("[suitability.industrial]\n", f"{WORKERS}\n[suitability.industrial]\n", 1).replace("[teams.industry]", f"{people}[teams.industry]")
    path.write_text(text + measure, encoding="utf-8")
    plan = plan_of(town, "industrial_land", "roads", "localities")
    atlas = atlas_of(plan, cache=StepCache(tmp_path / "c"), today=DAY)
    assert "Verket" in set(atlas.table("site_comparison").frame["name"])
    for table in ("site_comparison", "site_overlap"):
        item = atlas.table(table)
        assert "Norra fältet" not in item.frame.to_csv()
        assert not any("Norra fältet" in f.alias.sv for f in item.fields)
    assert atlas.vector("roads_led").sharing == "restricted"
    assert atlas.table("workers_locality").sharing == "restricted"
    folder = run_plan(plan, town / "out", cache=StepCache(tmp_path / "c"), today=DAY).folder
    assert not [name for name, words in everything_shared(folder).items() if "Norra fältet" in words]
