"""Reviewers' notes from file to run: merged once, kept beside the plan, shown by every later run, never lost."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from landplan import plan as p
from landplan.cli import main
from landplan.errors import LayerError
from landplan.review import Note, as_features, conflicts, merged, notes_beside, notes_file, read_notes

MAPS = ("--set", 'export.formats=["geopackage", "maps"]')
CASES = json.loads((Path(__file__).parents[1] / "notes_cases.json").read_text(encoding="utf-8"))
PAYLOAD = "<img src=x onerror=alert(1)></script>å"


def note(id_="1", *, time="2026-11-20T10:00:00+01:00", site="candidate_1", verdict="accept", text="", at=None, author="EK"):
    return {
        "type": "Feature", "geometry": at,
        "properties": {"id": id_, "author": author, "time": time, "text": text, "site_id": site, "verdict": verdict, "team": "industrial_land"},
    }  # fmt: skip


def file(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


@pytest.fixture
def town(toy, tmp_path):
    return shutil.copytree(toy, tmp_path / "by å")


def test_the_same_note_twice_is_one_and_the_later_of_two_stands(tmp_path):
    a = file(tmp_path / "a.geojson", note(), note("2", text="först"))
    b = file(tmp_path / "b.geojson", note("2", text="sedan", time="2026-11-20T09:30:00+00:00"), note())
    found = merged(read_notes([a, b, a]))
    # 09:30 in Greenwich is after 10:00 in Sweden
    assert [(n.id, n.text) for n in found] == [("1", ""), ("2", "sedan")]


def test_faults_name_the_file_and_the_feature(tmp_path):
    far = {"type": "Point", "coordinates": [620_000.0, 6_930_000.0]}
    bad = file(tmp_path / "n.geojson", note(), note("2", at=far), note("3", verdict="", text=" "), note("4", time="x"))
    with pytest.raises(LayerError) as caught:
        read_notes([bad])
    said = str(caught.value)
    for number, words in ((2, "no degrees of longitude and latitude"), (3, "lacks text"), (4, "time 'x' is not of the form")):
        assert re.search(rf"n\.geojson, feature {number}: .*{re.escape(words)}", said), said


def test_the_latest_verdict_counts_in_whatever_order_the_notes_come():
    early = Note("A", "2026-11-20T10:00:00+01:00", "", "s1", "reject")
    late = Note("A", "2026-11-20T09:30:00+00:00", "", "s1", "accept")  # half an hour later, by a clock that shows less
    other = Note("B", "2026-11-19T10:00:00+01:00", "", "s1", "accept")
    assert conflicts([early, late, other]) == conflicts([late, early, other]) == {}
    assert set(conflicts([early, other])) == {"s1"}


def test_a_shipped_plans_notes_live_where_one_works(tmp_path, monkeypatch):
    from landplan.content import shipped_plan

    monkeypatch.chdir(tmp_path)
    plan = p.read(shipped_plan("torsboda"))
    assert notes_file(plan) == tmp_path / "notes" / "torsboda.geojson"
    assert notes_beside(plan) == []


def test_notes_are_merged_shown_by_every_run_and_survive_it(town, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = str(town / "toy.toml")
    assert main(["run", plan, "--out", "out", *MAPS]) == 0
    folder = next((tmp_path / "out").iterdir())
    ranked = gpd.read_file(next(folder.glob("*.gpkg")), layer="industrial_ranking")
    site = str(ranked["site_id"].iloc[0])
    point = {"type": "Point", "coordinates": list(ranked.to_crs(4326).geometry.iloc[0].centroid.coords[0])}
    a = file(tmp_path / "a.geojson", note(site=site, text=PAYLOAD), note("2", site="", verdict="", text="bäck", at=point))
    b = file(tmp_path / "b.geojson", note("3", site=site, verdict="reject", author="ÅÖ", text="nej"))
    capsys.readouterr()
    assert main(["review", "merge", str(a), str(b), "--plan", plan, "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert "3 notes" in said
    assert f"conflict on {site}: EK, industrial_land accept" in said
    assert (town / "notes" / "toy.geojson").is_file()
    package = next(folder.glob("*.gpkg"))
    rows = gpd.read_file(package, layer="review_notes")
    assert set(rows["author"]) == {"EK", "ÅÖ"}
    assert set(rows["time"]) == {"2026-11-20T10:00:00+01:00"}
    assert PAYLOAD in set(rows["text"])
    assert rows.geometry.iloc[0].distance(ranked.geometry.iloc[0]) < 1
    # the next run makes its maps anew with them, and takes nothing of it for a person's edit
    assert main(["run", plan, "--out", "out", *MAPS]) == 0
    assert "Kept what you changed" not in capsys.readouterr().out
    assert len(gpd.read_file(next(folder.glob("*.gpkg")), layer="review_notes")) == 3
    page = min((folder / "maps").glob("*.html")).read_text(encoding="utf-8")
    config = json.loads(re.search(r'id="config">(.*?)</script>', page, re.S).group(1))
    assert [f["properties"]["id"] for f in config["notes"]] == ["1", "2", "3"]
    assert "<img src=x" not in page
    # merged again nothing changes; without the file they are gone
    before = (town / "notes" / "toy.geojson").read_bytes()
    assert main(["review", "merge", str(a), "--plan", plan, "--out", "out"]) == 0
    assert (town / "notes" / "toy.geojson").read_bytes() == before
    (town / "notes" / "toy.geojson").unlink()
    assert main(["run", plan, "--out", "out", *MAPS]) == 0
    assert "review_notes" not in list(gpd.list_layers(next(folder.glob("*.gpkg")))["name"])


def test_a_bad_file_merges_nothing(town, tmp_path, capsys):
    good = file(tmp_path / "a.geojson", note())
    (tmp_path / "b.geojson").write_text("{", encoding="utf-8")
    assert main(["review", "merge", str(good), str(tmp_path / "b.geojson"), "--plan", str(town / "toy.toml")]) == 1
    assert "not a readable GeoJSON" in capsys.readouterr().err
    assert not (town / "notes").exists()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["why"])
def test_what_is_a_note(case, tmp_path):
    path = file(tmp_path / "n.geojson", case["feature"])
    if case["taken"]:
        (found,) = as_features(read_notes([path]))
        assert found["properties"] == case["feature"]["properties"]
    else:
        with pytest.raises(LayerError, match=r"n\.geojson, feature 1: "):
            read_notes([path])


@pytest.mark.parametrize(("key", "most"), [("id", 80), ("author", 80), ("site_id", 200), ("team", 80)])
def test_what_the_map_would_cut_short_is_refused(key, most, tmp_path):
    """Two ids that differ in their 81st letter would be one note on the map."""
    long, longer = note(), note()
    long["properties"][key], longer["properties"][key] = "x" * most, "x" * (most + 1)
    assert len(read_notes([file(tmp_path / "a.geojson", long)])) == 1
    with pytest.raises(LayerError, match=f"feature 1: {key} has more than {most} characters"):
        read_notes([file(tmp_path / "b.geojson", longer)])


def test_notes_of_another_plans_map_are_not_merged(town, tmp_path, capsys):
    path = file(tmp_path / "a.geojson", note())
    said = json.loads(path.read_text(encoding="utf-8")) | {"landplan": {"plan": "ostersund", "version": 1}}
    path.write_text(json.dumps(said), encoding="utf-8")
    assert main(["review", "merge", str(path), "--plan", str(town / "toy.toml")]) == 1
    assert "these notes are of plan 'ostersund', not of 'toy'" in capsys.readouterr().err
    assert not (town / "notes").exists()
    assert len(read_notes([path])) == 1


def test_two_persons_notes_of_one_number_are_two_and_places_tell_notes_apart(tmp_path):
    one = note("1", text="a", author="A")
    two = note("1", text="b", author="B", time="2026-11-21T10:00:00+01:00")
    bare = [note("", text="x", at={"type": "Point", "coordinates": [17 + n, 62]}) for n in range(2)]
    for feature in bare:
        del feature["properties"]["id"]
    assert len(merged(read_notes([file(tmp_path / "n.geojson", one, two, *bare)]))) == 4


@pytest.mark.parametrize("at", ["[17, NaN]", "[17, 62, NaN]", "[17, Infinity]"])
def test_a_coordinate_that_is_no_number_is_refused_or_left_out(tmp_path, at):
    text = json.dumps({"type": "FeatureCollection", "features": [note(at={"type": "Point", "coordinates": "AT"})]}).replace('"AT"', at)
    (tmp_path / "n.geojson").write_text(text, encoding="utf-8")
    try:
        found = read_notes([tmp_path / "n.geojson"])
    except LayerError:
        return
    assert json.dumps(as_features(found), allow_nan=False)


def test_a_persons_own_edit_stays_theirs_over_a_merge(town, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = str(town / "toy.toml")
    assert main(["run", plan, "--out", "out", *MAPS]) == 0
    folder = next((tmp_path / "out").iterdir())
    package = next(folder.glob("*.gpkg"))
    ranked = gpd.read_file(package, layer="industrial_ranking")
    ranked.to_file(package, layer="mitt_eget", driver="GPKG")
    mine = file(tmp_path / "a.geojson", note(site=str(ranked["site_id"].iloc[0])))
    assert main(["review", "merge", str(mine), "--plan", plan, "--out", "out"]) == 0
    assert main(["run", plan, "--out", "out", *MAPS]) == 0
    kept = [p for p in folder.glob("*.gpkg") if "edited" in p.name]
    assert len(kept) == 1
    assert "mitt_eget" in list(gpd.list_layers(kept[0])["name"])
    # and the next merge leaves the kept one alone
    before = kept[0].read_bytes()
    assert main(["review", "merge", str(mine), "--plan", plan, "--out", "out"]) == 0
    assert kept[0].read_bytes() == before


def test_initials_of_two_teams_are_two_persons():
    a = Note("AB", "2026-11-01", "x", "s1", "accept", team="housing")
    b = Note("AB", "2026-11-02", "y", "s1", "reject", team="industry")
    assert list(conflicts([a, b])) == ["s1"]
    assert not conflicts([a, Note("AB", "2026-11-02", "y", "s1", "reject", team="housing")])


def test_letters_that_a_terminal_would_obey_are_refused(tmp_path):
    path = tmp_path / "n.geojson"
    feature = {"type": "Feature", "geometry": None, "properties": {"author": "A\u001b[2J", "time": "2026-11-01", "text": "x"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    with pytest.raises(LayerError, match="control character"):
        read_notes([path])
    feature["properties"].update(author="A", text="en rad\noch en till")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert len(read_notes([path])) == 1


def test_merged_layers_keep_their_look_and_words_and_none_is_left_empty(tmp_path):
    import sqlite3

    from landplan.export import geopackage
    from landplan.run.notes import into_geopackage
    from tests.unit.export.small_atlas import build

    path = geopackage.write(build(), tmp_path / "a.gpkg")[0]
    point = shapely.Point(17.4, 62.5)
    notes = [Note("A", "2026-11-01", "här", geometry=point, id="1"), Note("B", "2026-11-01", "yta", geometry=point.buffer(0.01), id="2")]
    assert into_geopackage(path, notes, "sv") == {"review_notes": 1, "review_areas": 1}
    for kept in (notes[:1], notes[:1]):
        assert into_geopackage(path, kept, "sv") == {"review_notes": 1}
        assert "review_areas" not in set(gpd.list_layers(path)["name"])
        db = sqlite3.connect(path)
        styles = [name for name, in db.execute("SELECT f_table_name FROM layer_styles WHERE f_table_name LIKE 'review%'")]
        titles = dict(db.execute("SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'review_notes'"))
        others = db.execute("SELECT count(*) FROM layer_styles").fetchone()[0]
        db.close()
        assert styles == ["review_notes"]
        assert titles["author"]
        assert others > 1
