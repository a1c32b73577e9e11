"""A plan's store: filled from servers that answer as the providers do, whole or not at all."""

import contextlib
import datetime as dt
import json
import os
import sys
import urllib.request
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from landplan.doctor import examine
from landplan.errors import LandplanError, LayerError, PlanError, RunLockedError
from landplan.layers import Store, load_catalog
from landplan.layers.change import Change, compare
from landplan.layers.fetching import Fetching, Lock, fetch
from landplan.layers.lock import LOCK
from landplan.layers.sources.web import Web
from landplan.plan import new_plan, parse, read
from landplan.run.fetched import fetched_layers
from tests.sources.country import KEY, LOGIN, TOKEN
from tests.sources.ogc_servers import running

HERE = Path(__file__).resolve().parent
NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
KEYS = {"LANDPLAN_TRAFIKLAB_KEY": KEY, "LANDPLAN_LANTMATERIET_USER_KEY": LOGIN[0], "LANDPLAN_LANTMATERIET_KEY": LOGIN[1]}
PLAN = """
[plan]
name = "prov"
title = {{ sv = "Prov", en = "Test" }}
crs = "EPSG:3006"
cell_m = 100
[area]
municipalities = {codes}
halo_m = 2000
[layers]
{layers}
{more}
"""


@contextlib.contextmanager
def country(code="2280", *more):
    with running([sys.executable, str(HERE / "country.py"), code, *more]) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def sweden():
    with country() as url:
        yield url


def client(mirror):
    return Web(mirror=mirror, sleep=lambda s: None, allowed=frozenset())


def seen(mirror):
    with urllib.request.urlopen(f"{mirror}/seen/x") as answer:
        return json.load(answer)


@pytest.fixture
def plan(tmp_path):
    def make(*layers, codes='["2280"]', more="", **refs):
        lines = [f'{name} = {{ source = "live" }}' for name in ("municipalities", *layers)]
        lines += [f"{name} = {ref}" for name, ref in refs.items()]
        path = tmp_path / "prov.toml"
        path.write_text(PLAN.format(codes=codes, layers="\n".join(lines), more=more), encoding="utf-8")
        return read(path)

    return make


def fetched(plan, mirror, **more):
    return {o.layer: o for o in fetch(plan, web=client(mirror), now=lambda: NOW, **more)}


def test_layers_come_whole_and_are_locked(plan, sweden):
    p = plan("population_grid", "roads", "protected_areas", "commuting", "soil", "households", "population_by_age")
    found = fetched(p, sweden)
    assert {o.status for o in found.values()} == {"fetched"}, {k: o.reason for k, o in found.items()}
    lock = json.loads((p.store_folder / LOCK).read_text(encoding="utf-8"))["layers"]
    grid = lock["population_grid"]
    assert grid["providers"] == "SCB"
    assert grid["licence"] == "CC0-1.0"
    assert grid["fetched"] == NOW.isoformat(timespec="seconds")
    assert len(grid["sha256"]) == 64
    assert grid["counted"] >= grid["features"]
    assert any("resultType=hits" in q for q in grid["asked"])
    assert not (p.store_folder / ".part").exists()
    store = Store(p)
    squares = store.read("population_grid").frame
    assert set(squares["municipality_code"].str[:2]) == {"22"}
    assert squares["working_age"].le(squares["population"]).all()
    own = store.read("municipalities").frame
    assert {"2280"} < set(own["municipality_code"])
    assert own["municipality_code"].is_unique
    kinds = store.read("protected_areas").frame["kind"]
    assert set(kinds) == {"naturreservat", "naturminne"}
    flows = store.read("commuting").frame
    assert set(flows["year"]) == {2024}
    assert flows["residence_code"].str.len().eq(4).all()
    ages = store.read("population_by_age").frame
    assert list(ages["age_group"]) == [*map(str, range(100)), "100+"]
    assert ages["percent"].sum() == pytest.approx(100)
    assert list(store.read("households").frame["household_size"]) == [1, 2, 3, 4, 5, 6, 7]
    source = store.describe("roads")
    assert (source.licence, source.attribution, source.synthetic) == ("ODbL-1.0", "© OpenStreetMap contributors", False)


def test_a_municipality_is_as_large_as_its_border(plan, sweden):
    p = plan()
    assert fetched(p, sweden)["municipalities"].status == "fetched"
    ours = Store(p).read("municipalities").frame.set_index("municipality_code")
    from tests.sources.country import World

    theirs = World("2280").borders.set_index("kommunkod")
    for code in ours.index:
        assert ours.geometry[code].area == pytest.approx(theirs.geometry[code].area, rel=1e-6)


def test_what_is_young_is_not_asked_again_and_what_is_old_is(plan, sweden):
    p = plan("soil", "transit")
    os.environ.update(KEYS)
    try:
        fetched(p, sweden)
        before = len(seen(sweden))
        again = fetched(p, sweden)
        assert {o.status for o in again.values()} == {"fresh"}
        assert len(seen(sweden)) == before
        # a timetable changes weekly, soil yearly
        later = {o.layer: o.status for o in fetch(p, web=client(sweden), now=lambda: NOW + dt.timedelta(days=30))}
        assert later == {"municipalities": "fresh", "soil": "fresh", "transit": "same"}
        forced = fetched(p, sweden, force=True)
        assert {o.status for o in forced.values()} == {"same"}, [(o.layer, o.change) for o in forced.values()]
    finally:
        for name in KEYS:
            del os.environ[name]


def test_a_timetable_of_another_region_is_refused(plan, sweden, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    if not _all_sweden():
        pytest.skip("../shared is not here; the sample's municipalities are neighbours")
    with country("0665") as far:
        p = plan("transit")
        fetched(p, sweden)
        found = fetched(p, far, only=["transit"], force=True)["transit"]
    assert found.status == "kept"
    assert "no stop in the area" in found.reason


def test_features_moved_far_away_are_refused(plan, sweden, monkeypatch):
    p = plan("soil")
    fetched(p, sweden)
    work = Fetching(p, web=client(sweden))
    frame = Store(p).read("soil").frame
    assert work._near(frame, load_catalog()["soil"], []) is None
    frame.loc[frame.index[:3], "geometry"] = frame.geometry.iloc[:3].translate(100_000, 0)
    with pytest.raises(LandplanError, match=r"3 of .* features of 'soil' lie more than 10 km outside"):
        work._near(frame, load_catalog()["soil"], [])


def test_another_area_is_another_question(plan, sweden):
    fetched(plan("soil"), sweden)
    before, entry = len(seen(sweden)), Lock.read(plan("soil").store_folder).entries["soil"]
    wider = plan("soil", codes='["2280", "2262"]')
    with pytest.raises(LayerError, match="for another area"):
        Store(wider).read("soil")
    # the made-up soil lies around the first municipality alone: asked for anew, and the same
    assert fetched(wider, sweden)["soil"].status == "same"
    assert len(seen(sweden)) > before
    again = Lock.read(wider.store_folder).entries["soil"]
    assert (again.sha256, again.query != entry.query, again.area != entry.area) == (entry.sha256, True, True)
    assert len(Store(wider).read("soil").frame) > 10


def test_a_dry_run_asks_nothing_and_writes_nothing(plan, sweden):
    p = plan("soil", "roads", "elevation", "transit")
    before = len(seen(sweden))
    first = fetched(p, sweden, dry_run=True)
    assert {o.status for o in first.values()} == {"asked"}
    assert any("kommunkod" in line for line in first["municipalities"].asked)
    assert len(seen(sweden)) == before
    assert not p.store_folder.exists()


def test_the_store_works_without_a_network(plan, sweden):
    p = plan("soil")
    fetched(p, sweden)
    nowhere = "http://127.0.0.1:9"
    assert {o.status for o in fetched(p, nowhere).values()} == {"fresh"}
    late = fetched(p, nowhere, force=True)
    assert {o.status for o in late.values()} == {"kept"}
    assert len(Store(p).read("soil").frame) > 10


def test_a_server_that_breaks_leaves_the_version_before(plan, sweden, tmp_path):
    p = plan("protected_areas", "soil")
    fetched(p, sweden)
    file = p.store_folder / "protected_areas.gpkg"
    before = (file.read_bytes(), (p.store_folder / LOCK).read_bytes())
    with country("2280", "--broken", "geodata.naturvardsverket.se") as broken:
        found = fetched(p, broken, force=True)
    assert found["protected_areas"].status == "kept"
    assert "web page in place of data" in found["protected_areas"].reason
    assert found["soil"].status == "same"
    assert file.read_bytes() == before[0]
    assert json.loads(before[1])["layers"]["protected_areas"] == json.loads((p.store_folder / LOCK).read_text())["layers"]["protected_areas"]


def test_old_against_new_is_counted_kept_and_said(plan, sweden):
    p = plan("protected_areas")
    fetched(p, sweden)
    with country("2280", "--version", "2") as newer:
        found = fetched(p, newer, force=True)["protected_areas"]
    assert found.status == "fetched"
    assert (found.change.added, found.change.removed, found.change.moved) == (0, 1, 1)
    assert found.change.key == "area_id"
    table = fetched_layers(Store(p)).set_index("layer")
    assert table.loc["Skyddad natur", ["provider", "fetched", "features", "difference"]].tolist() == [
        "Naturvårdsverket", "2026-11-26", 849, "850 → 849 objekt, 1 borttaget, 1 flyttat",
    ]  # fmt: skip
    assert table["difference"].notna().sum() == 1
    notes = [n.sv for n in Store(p).read("protected_areas").notes]
    assert any("mot hämtningen 2026-11-26: 850 → 849 objekt, 1 borttaget, 1 flyttat" in n for n in notes), notes


def test_a_break_goes_on_where_it_stopped(plan, sweden, monkeypatch):
    p = plan("population_grid", more="[sources.scb_1km]\npage = 200\n")
    fetched(p, sweden)
    # the area a little larger is another question; its third page breaks
    p = plan("population_grid", more="[sources.scb_1km]\npage = 210\n")
    web = client(sweden)
    real, count = Web.get, 0

    def breaks(self, url, **more):
        nonlocal count
        if "startIndex" in (more.get("params") or {}):
            count += 1
            if count == 3:
                raise KeyboardInterrupt
        return real(self, url, **more)

    monkeypatch.setattr(Web, "get", breaks)
    with pytest.raises(KeyboardInterrupt):
        fetch(p, web=web, now=lambda: NOW)
    monkeypatch.setattr(Web, "get", real)
    assert not (p.store_folder / ".fetching").exists()
    again = fetched(p, sweden)["population_grid"]
    assert again.status == "same"
    assert again.resumed >= 3


def test_a_municipality_that_does_not_exist_is_named(plan, sweden):
    found = fetched(plan("soil", codes='["2280", "2299"]'), sweden)
    assert "no municipality 2299" in found["municipalities"].reason
    assert found["soil"].status == "failed"


def test_an_expired_key_and_a_missing_one_say_so(plan, sweden, monkeypatch):
    p = plan("transit")
    monkeypatch.delenv("LANDPLAN_TRAFIKLAB_KEY", raising=False)
    monkeypatch.setattr("landplan.layers.sources.secrets._from_keyring", lambda name: "")
    assert "LANDPLAN_TRAFIKLAB_KEY" in fetched(p, sweden)["transit"].reason
    monkeypatch.setenv("LANDPLAN_TRAFIKLAB_KEY", "gammal-nyckel")
    reason = fetched(p, sweden)["transit"].reason
    assert "expired" in reason
    assert "gammal-nyckel" not in reason


def test_heights_come_by_ranges_on_the_plans_side_of_a_compound_crs(plan, sweden, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    p = plan("elevation", more="[sources.lm_elevation]\nresolution_m = 50\n")
    found = fetched(p, sweden)["elevation"]
    assert found.status == "fetched", found.reason
    with rasterio.open(p.store_folder / "elevation.tif") as source:
        assert source.crs.to_epsg() == 3006
        assert source.nodata == -9999
        data = source.read(1, masked=True)
        rows, cols = np.mgrid[0 : source.height : 37, 0 : source.width : 41]
        x, y = source.transform.c + 50 * cols + 25, source.transform.f - 50 * rows - 25
    expected = 80 + 60 * np.sin(x / 3000) * np.cos(y / 4100) + 5 * np.sin(x / 300)
    assert np.abs(data[rows, cols] - expected).max() < 0.2
    assert Store(p).read("elevation").source.data_date == "2024-06-01"


def test_land_cover_is_one_member_of_a_zip_in_our_classes(plan, sweden):
    p = plan("land_cover")
    found = fetched(p, sweden)["land_cover"]
    assert found.status == "fetched", found.reason
    with rasterio.open(p.store_folder / "land_cover.tif") as source:
        assert set(np.unique(source.read(1))) <= {1, 2, 3, 4, 5, 6, 8, 255}
        assert source.nodata == 255


def test_none_in_the_area_is_said_and_not_confused_with_not_fetched(plan, sweden, tmp_path):
    p = plan("railways", "soil", more='[sources.osm_railways]\ntags = "railway=monorail"\n')
    found = fetched(p, sweden)["railways"]
    assert found.status == "empty"
    store = Store(p)
    assert store.names() == ["municipalities", "soil"]
    assert [t.sv for t in store.absences()] == ["Järnvägar: källan sa 2026-11-26 att området inte har något"]
    said = examine(p, now=NOW)
    assert {r.layer: r.basis for r in said.layers} == {"municipalities": "live", "railways": "none", "soil": "live"}
    # a layer that was there does not become none by itself
    full = plan("railways")
    fetched(full, sweden, force=True)
    gone = fetched(plan("railways", more='[sources.osm_railways]\ntags = "railway=monorail"\n'), sweden)["railways"]
    assert gone.status == "kept"
    assert "now gives nothing where 1 features were" in gone.reason


def test_a_file_that_somebody_changed_is_not_used(plan, sweden):
    p = plan("soil")
    fetched(p, sweden)
    path = p.store_folder / "soil.gpkg"
    frame = gpd.read_file(path)
    frame.iloc[:3].to_file(path, layer="soil", driver="GPKG")
    with pytest.raises(LayerError, match="is not the file that was fetched 2026-11-26"):
        Store(p).read("soil")
    assert {r.layer: r.basis for r in examine(p, now=NOW).layers}["soil"] == "unfetched"
    assert fetched(p, sweden)["soil"].status == "fetched"


def test_a_layer_that_was_never_fetched_says_what_to_do(plan):
    p = plan("roads")
    with pytest.raises(LayerError, match="landplan fetch"):
        Store(p).read("municipalities")


def test_two_fetches_do_not_meet(plan, sweden):
    p = plan("soil")
    p.store_folder.mkdir()
    (p.store_folder / ".fetching").write_text(str(os.getpid()))
    with pytest.raises(RunLockedError, match="is being filled by another fetch"):
        fetched(p, sweden)
    (p.store_folder / ".fetching").write_text("999999999")
    assert fetched(p, sweden)["soil"].status == "fetched"


def test_a_lock_that_is_no_lock_says_so(plan):
    p = plan("soil")
    p.store_folder.mkdir()
    (p.store_folder / LOCK).write_text('{"version": 1, "layers": {"soil": {}}}')
    with pytest.raises(LayerError, match="not a whole lock file"):
        Lock.read(p.store_folder)
    (p.store_folder / LOCK).write_text('{"version": 99, "layers": {}}')
    with pytest.raises(LayerError, match="is of version 99"):
        Lock.read(p.store_folder)


def test_nothing_that_opens_a_door_stands_in_a_plan():
    for line in ('filter = { a = ["https://u:p@a.se/x"] }', 'url = "https://a.se/x?key=hemligt"', 'url = "https://anna:ord@a.se/x"', 'url = "https://a.se/x?API-KEY=h"'):
        with pytest.raises(PlanError, match="carries a key or a login"):
            parse(PLAN.format(codes='["2280"]', layers='roads = { source = "live" }', more=f"[sources.osm]\n{line}\n"))


def test_a_plan_can_name_only_sources_and_keys_that_are_there(plan, sweden):
    with pytest.raises(LayerError, match="did you mean 'osm_roads'"):
        fetched(plan("roads", more="[sources.osm_rods]\nurl = 'https://a.se'\n"), sweden)
    found = fetched(plan("soil", more="[sources.sgu_soil]\nrun = 'rm'\n"), sweden)
    assert "unknown key 'run'" in found["soil"].reason
    found = fetched(plan("soil", more="[sources.sgu_soil]\nshape = 'os.system'\n"), sweden)
    assert "shape 'os.system' is not one of" in found["soil"].reason
    with pytest.raises(PlanError, match="use = "):
        plan(roads='{ source = "file", file = "x.gpkg", use = ["osm_roads"] }')
    found = fetched(plan(roads='{ source = "live", use = ["nvbd"] }'), sweden)
    assert "has no source 'nvbd'" in found["roads"].reason
    with pytest.raises(LayerError, match="no live layer"):
        fetched(plan("soil"), sweden, only=["roads"])


def test_a_plan_cannot_send_us_inside(plan):
    p = plan(more='[sources.scb_municipalities]\nurl = "https://169.254.169.254/latest/meta-data"\n')
    web = Web(mirror="", allowed=frozenset(), sleep=lambda s: None)
    (found,) = fetch(p, web=web)
    assert "inside the local network" in found.reason
    for url, why in (("http://geodata.scb.se/x", "without TLS"), ("file:///etc/passwd", "no web address")):
        (found,) = fetch(plan(more=f'[sources.scb_municipalities]\nurl = "{url}"\n'), web=web)
        assert why in found.reason


def test_a_layer_that_breaks_its_contract_is_not_used(plan, sweden):
    p = plan("localities")
    assert fetched(p, sweden)["localities"].status == "fetched"
    bad = plan("localities", more='[sources.scb_tatorter]\nconstants = { kind = "storstad" }\n')
    found = fetched(bad, sweden)["localities"]
    assert found.status == "kept"
    assert "value outside its list" in found.reason
    few = plan("localities", more="[sources.scb_tatorter]\nexpect = [1000, 3000]\n")
    assert "expected 1000 to 3000" in fetched(few, sweden)["localities"].reason


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:3067"])
def test_plans_and_what_their_letters_mean_come_in_the_plans_crs(plan, sweden, monkeypatch, crs):
    monkeypatch.setenv("LANDPLAN_LANTMATERIET_TOKEN_KEY", TOKEN)
    p = plan("detailed_plan", "zoning_codes", codes='["2262"]')
    p = p.model_copy(update={"plan": p.plan.model_copy(update={"crs": crs})})
    found = fetched(p, sweden)
    assert {o.status for o in found.values()} == {"fetched"}, {k: o.reason for k, o in found.items()}
    store = Store(p)
    plans = store.read("detailed_plan").frame
    assert str(plans.crs) == crs
    assert set(plans["use_codes"]) == {"JZ", "GATA", "NATUR"}
    # the handmade plan lies in EPSG:3014
    assert plans.to_crs(3006).total_bounds == pytest.approx([619911.97, 6931385.63, 620115.29, 6931492.51], abs=0.01)
    # building rights come through the file
    assert plans.set_index("use_codes").loc["JZ", ["max_height_m", "height_reference", "min_plot_m2"]].tolist() == [112.5, "above_datum", 2000.0]
    letters = store.read("zoning_codes").frame.set_index("letter")
    assert letters.loc["J", ["plan_form", "name_sv", "colour_source"]].tolist() == ["kvartersmark", "Industri", "Boverket"]
    assert letters["valid_to"].isna().sum() > 20
    assert store.lock.entries["zoning_codes"].data_date == "2025-12-01"


def test_two_countries_are_one_layer(tmp_path):
    with country("2583") as border:
        path = tmp_path / "prov.toml"
        layers = ['municipalities = { source = "live" }', 'population_grid = { source = "live" }', 'roads = { source = "live", use = ["osm_roads", "digiroad"] }']
        path.write_text(PLAN.format(codes='["2280", "FI-851"]' if not _all_sweden() else '["2583", "FI-851"]', layers="\n".join(layers), more=""), encoding="utf-8")
        if not _all_sweden():
            pytest.skip("../shared is not here; Haparanda's border is not in the repository")
        p = read(path)
        found = fetched(p, border)
    assert {o.status for o in found.values()} == {"fetched"}, {k: o.reason for k, o in found.items()}
    store = Store(p)
    codes = set(store.read("municipalities").frame["municipality_code"])
    assert {"2583", "FI-851"} <= codes
    squares = store.read("population_grid").frame
    assert squares["square_id"].is_unique
    finnish = squares[squares["square_id"].str.startswith("1km")]
    assert set(finnish["municipality_code"]) == {"FI-851"}
    assert len(finnish) > 20
    assert finnish["working_age"].isna().all()
    roads = store.read("roads").frame
    assert roads["road_id"].str.startswith("fi-").sum() > 10
    assert set(roads.loc[roads["road_id"].str.startswith("fi-"), "oneway"]) == {"both", "forward", "backward"}
    assert str(roads.crs) == "EPSG:3006"
    entry = store.lock.entries["roads"]
    assert entry.licence == "ODbL-1.0; CC-BY-4.0"
    assert entry.sources == ("osm_roads", "digiroad")


def _all_sweden():
    from tests.sources.country import BORDERS

    return BORDERS.is_file()


def test_changes_are_counted_by_id_or_by_shape():
    soil, nature = load_catalog()["soil"], load_catalog()["protected_areas"]
    boxes = [shapely.box(i, 0, i + 0.9, 1) for i in range(5)]
    old = gpd.GeoDataFrame({"area_id": list("abcde"), "name": list("vwxyz"), "kind": "naturreservat"}, geometry=boxes, crs=3006)
    new = old.copy()
    new.loc[0, "geometry"] = shapely.box(0, 0, 0.9, 1.5)
    new.loc[1, "geometry"] = shapely.box(1, 0, 1.9, 1.05)  # within the tolerance
    new.loc[2, "geometry"] = shapely.Polygon([(2, 0), (2.45, 0), (2.9, 0), (2.9, 1), (2, 1)])  # the same outline
    new.loc[3, "name"] = "ny"
    new = new.drop(index=4).assign(decision_date="2026-01-01")
    found = compare(old, new, nature)
    assert (found.added, found.removed, found.moved, found.reworded, found.new) == (0, 1, 1, 1, ("decision_date",))
    assert "4 features" in found.text().en
    assert Change.of(json.loads(json.dumps(found.as_dict()))) == found
    ground = old.assign(soil_class="berg")[["soil_class", "geometry"]]
    found = compare(ground, ground.iloc[1:].reset_index(drop=True), soil)
    assert (found.added, found.removed, found.moved) == (0, 1, None)
    assert not compare(ground, ground.iloc[::-1].reset_index(drop=True), soil).any
    assert compare(old, new.assign(name=1.0), nature).retyped == ("name",)
    assert compare(old, old, nature).text().sv == "5 → 5 objekt, ingen skillnad"


def test_an_old_layer_is_called_old(plan, sweden):
    p = plan("soil", "roads")
    fetched(p, sweden)
    late = NOW + dt.timedelta(days=40)
    said = examine(p, now=late)
    rows = {r.layer: r for r in said.layers}
    assert rows["roads"].stale
    assert not rows["soil"].stale
    assert rows["soil"].age_days == 40
    assert any(s.startswith("För gamla: roads") for s in said.sentences)


def test_doctor_says_which_analyses_a_layer_limits(plan, sweden):
    more = """
[sites.park]
name = "Park"
lat = 62.63
lon = 17.94
[suitability.industrial]
title = { sv = "Industri", en = "Industry" }
[[suitability.industrial.criteria]]
name = "slope"
title = { sv = "Lutning", en = "Slope" }
source = "slope"
layer = "elevation"
unit = "%"
value = { kind = "linear", best = 0, worst = 15 }
weight = 1.0
"""
    p = plan("roads", "elevation", more=more, services='{ source = "sample" }')
    fetched(p, sweden, only=["municipalities", "roads"])
    said = examine(p, now=NOW)
    assert {r.layer: r.basis for r in said.layers} == {"municipalities": "live", "roads": "live", "elevation": "unfetched", "services": "demo", "population_grid": "missing"}
    assert "elevation är inte hämtat och begränsar industrial.slope." in said.sentences
    assert "population_grid saknas och begränsar catchment." in said.sentences
    assert not any(s.startswith("services") for s in said.sentences)  # nothing rests on it


def test_a_new_plan_is_of_layers_that_can_be_fetched(tmp_path):
    p = parse(new_plan(name="ort", title="Ort", code="2280", file="ort.toml"))
    catalog = load_catalog()
    work = Fetching(p.model_copy(update={"path": tmp_path / "ort.toml"}))
    for name in work.live:
        assert any(s.live for s in catalog[name].sources), name
    assert len(work.live) > 20


def test_the_clock_may_go_backwards(plan, sweden):
    p = plan("soil")
    fetched(p, sweden)
    past = {o.layer: o.status for o in fetch(p, web=client(sweden), now=lambda: NOW - dt.timedelta(days=900))}
    # fetched in what is now the future: its age is not known, so it is asked for
    assert past == {"municipalities": "same", "soil": "same"}
    assert Lock.read(p.store_folder).entries["soil"].fetched.startswith("2024-06-09")
