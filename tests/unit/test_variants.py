"""Cases beside the base: a measure on the roads is held against the network without it, in tables, layers and words."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landplan import plan as p
from landplan.errors import LandplanError, PlanError
from landplan.run import run_plan
from landplan.run.cache import StepCache
from landplan.run.runner import atlas_of
from tests.toy import CRS, X0, Y0

DAY = dt.date(2026, 11, 26)
HEAD = '\n[[scenarios]]\nname = "ny_led"\ntitle = { sv = "Ny led <b>", en = "New route" }\nsource = "antagande"\n'
NEW = HEAD + f'[[scenarios.changes]]\nkind = "new_road"\nline = [[{X0}, {Y0}], [{X0 + 2000}, {Y0 + 2000}]]\nspeed_kmh = 170\n'
FASTER = HEAD + '[[scenarios.changes]]\nkind = "speed"\nroad_class = ["street", "primary"]\nfactor = 2\n'


@pytest.fixture
def town(toy, tmp_path):
    return shutil.copytree(toy, tmp_path / "by")


def plan_with(town, text, change=()):
    path = town / "toy.toml"
    whole = path.read_text(encoding="utf-8")
    (town / "med.toml").write_text(whole.replace("[export]", f"{text}\n[export]"), encoding="utf-8")
    return p.read(town / "med.toml", overrides=change)


def test_twice_the_speed_is_the_plan_whose_roads_are_twice_as_fast(town, tmp_path):
    cache = StepCache(tmp_path / "c")
    faster = p.read(town / "toy.toml", overrides=["catchment.speed_factor={ street = 2.0, primary = 2.0 }"])
    want = run_plan(faster, tmp_path / "a", cache=cache, today=DAY).folder
    got = run_plan(plan_with(town, FASTER), tmp_path / "b", cache=cache, today=DAY).folder
    whole = pd.read_parquet(got / "tables" / "change_ny_led.parquet").query("name == 'Alla kommuner'").set_index("minutes")
    assert whole["other"].to_dict() == pd.read_parquet(want / "tables" / "thresholds.parquet").set_index("minutes")["population"].to_dict()
    assert (whole["base"] < whole["other"]).any()
    assert (whole["base"] + whole["gained"].fillna(0) - whole["lost"].fillna(0) == whole["other"]).all()
    # the base is that of a plan without it
    plain = run_plan(p.read(town / "toy.toml"), tmp_path / "c2", cache=cache, today=DAY).folder
    pd.testing.assert_frame_equal(pd.read_parquet(plain / "tables" / "thresholds.parquet"), pd.read_parquet(got / "tables" / "thresholds.parquet"))


def test_a_new_road_brings_the_corner_within_reach_and_is_drawn(town, tmp_path):
    folder = run_plan(plan_with(town, NEW, ['export.formats=["geopackage", "qgis", "tables", "maps", "report"]']), tmp_path / "o", cache=StepCache(tmp_path / "c"), today=DAY).folder
    squares = gpd.read_file(folder / "toy.gpkg", layer="squares_ny_led").set_index("square_id")
    corner = squares.loc[f"{int(Y0)}_{int(X0)}"]
    assert corner["status"] == "gained"
    # 3 875 m at a minute a block after 125 m off the road (1.3 times as far, at 15 km/h); or on the new road from where one lives
    assert corner["base_min"] == pytest.approx(3875 / 500 + 1.3 * 0.125 / 15 * 60, abs=0.01)
    assert corner["other_min"] == pytest.approx((2.0 - 0.125) * 2**0.5 / 170 * 60, abs=0.01)
    roads = gpd.read_file(folder / "toy.gpkg", layer="roads_ny_led")
    assert roads["what"].tolist() == ["new"]
    assert roads.length.iloc[0] == pytest.approx(2828.427, abs=0.01)
    assert len(gpd.read_file(folder / "toy.gpkg", layer="isochrones_ny_led"))
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "Åtgärden Ny led &lt;b&gt; vilar på: antagande." in report
    assert "med åtgärden Ny led &lt;b&gt;, utan åtgärden av" in report
    assert "<b>, utan" not in report


def test_the_maps_switch_shows_the_base_the_measure_and_the_difference(town, tmp_path):
    import re

    text = NEW.replace("[[scenarios]]", '[teams.traffic]\ntitle = { sv = "Trafik", en = "Traffic" }\nresults = ["catchment"]\n\n[[scenarios]]')
    plan = plan_with(town, text, ['export.formats=["maps"]', "catchment.seasons=['summer', 'winter']", "catchment.rules=[{ season = 'winter', factor = 0.5 }]"])
    folder = run_plan(plan, tmp_path / "o", cache=StepCache(tmp_path / "c"), today=DAY).folder
    page = (folder / "maps" / "traffic.html").read_text(encoding="utf-8")
    found = re.findall(r'name="variant" value="([^"]+)" data-layers="([^"]+)"', page)
    assert [v for v, _ in found] == ["isochrones", "isochrones_ny_led", "squares_ny_led", "isochrones_winter", "season_squares"]
    config = json.loads(re.search(r'<script type="application/json" id="config">(.*?)</script>', page, re.S)[1])
    ids = {layer["key"]: layer["id"] for layer in config["layers"]}
    assert [sorted(ids[k] for k in keys.split()) for _, keys in found][1:3] == [["isochrones_ny_led", "roads_ny_led"], ["roads_ny_led", "squares_ny_led"]]


def test_roads_by_id_may_be_closed_and_the_file_of_a_new_road_is_read_and_kept_track_of(town, tmp_path):
    from tests.toy import lattice

    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(X0, Y0), (X0 + 2000, Y0 + 2000)])], crs=CRS).to_crs(4326)
    lines.to_file(town / "led.geojson", engine="pyogrio")
    near = [r for r in lattice()["road_id"] if r.startswith("(0, 0)")]
    closed = json.dumps(near)
    text = HEAD + f'[[scenarios.changes]]\nkind = "new_road"\nfile = "led.geojson"\nspeed_kmh = 170\n[[scenarios.changes]]\nkind = "close"\nroads = {closed}\n'
    cache = StepCache(tmp_path / "c")
    atlas = atlas_of(plan_with(town, text), cache=cache, today=DAY)
    assert sorted(set(atlas.vector("roads_ny_led").frame["what"])) == ["closed", "new"]
    first = atlas.table("change_ny_led").frame
    # a road drawn anew is a new case
    lines.to_crs(CRS).translate(0, 2000).to_crs(4326).to_file(town / "led.geojson", engine="pyogrio")
    second = atlas_of(plan_with(town, text), cache=cache, today=DAY).table("change_ny_led").frame
    assert not first.equals(second)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('kind = "speed"\nroads = ["nowhere"]\nfactor = 2', "no road 'nowhere'"),
        ('kind = "speed"\nroad_class = ["ferry"]\nfactor = 2', "no road is of class ferry"),
        ('kind = "speed"\nroad_class = ["trnk"]\nfactor = 2', "road class 'trnk'"),
        ('kind = "speed"\nroad_class = ["street"]', "either speed_kmh or factor"),
        ('kind = "close"\nroad_class = ["street"]\nfactor = 2', "a closed road has no speed"),
        ('kind = "new_road"\nspeed_kmh = 50', "either line = "),
        ('kind = "new_road"\nline = [[0, 0], [1, 1]]\nspeed_kmh = 50', "from the nearest road"),
        ('kind = "new_road"\nfile = "no.geojson"\nspeed_kmh = 50', "no.geojson cannot be read"),
        ('kind = "new_road"\nfile = "industrial.gpkg"\nspeed_kmh = 50', "a new road is a line"),
        ('kind = "new_road"\nline = [[0, 0]]\nspeed_kmh = 50', "line"),
    ],
)
def test_a_measure_that_cannot_be_is_refused_by_name(town, tmp_path, change, words):
    with pytest.raises(LandplanError, match=words) as caught:
        atlas_of(plan_with(town, HEAD + f"[[scenarios.changes]]\n{change}\n"), cache=StepCache(tmp_path / "c"), today=DAY)
    assert "scenarios" in str(caught.value)


def test_two_measures_of_one_name_are_refused(town):
    with pytest.raises(PlanError, match="'ny_led' is taken"):
        plan_with(town, FASTER + FASTER)
