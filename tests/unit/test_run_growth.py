"""Growth in a run of the toy town: what the goal asks for, where it goes, what breaks, what the report says, what differs a year later."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landplan.compare import compare_runs
from landplan.errors import PlanError
from landplan.plan import parse
from landplan.run import runner
from tests import toy as town

GROWTH = """
[goals.toy]
municipality = "9999"
value = 3000
year = 2035
source = "fullmäktige"

[goals.toy_soon]
municipality = "9999"
value = 3000
year = 2030
variant = { sv = "Variant", en = "Variant" }
source = "en nyhet"

[growth]
start_year = 2025
end_year = 2035
urgent_years = 5

[growth.areas.toy]
municipality = "9999"
mean_age = 42.0
mean_age_source = "SCB"
forecast = { 2030 = 2700 }
forecast_source = "kommunens prognos"
kinds_source = "antagande"

[growth.areas.toy.kinds.1]
"flerbostadshus / hyresrätt" = 1.0

[growth.areas.toy.moves]
births = 18
deaths = 20
net = 5
year = 2024
source = "SCB"

[growth.areas.toy.households]
persons = 2.0
one_person = 0.45
source = "antagande"

[growth.areas.toy.stock]
vacancy = 0.02
losses = 1
source = "antagande"

[growth.movers.persons]
low = 1.5
central = 2.0
high = 2.5
source = "antagande"

[growth.movers.multiplier]
low = 1.0
central = 1.5
high = 2.0
source = "antagande"

[growth.placing]
lead_years = { "laga kraft" = 1, "samråd" = 3 }
lead_source = "antagande"
weights = { commute = 0.5, servicing = 0.3, suitability = 0.2 }
department = "bygg"
draws = 20

[growth.placing.servicing]
sek_per_dwelling = 100000
road_sek_per_m = 10000
pipe_sek_per_m = 5000
source = "platshållare"

[growth.services.preschool]
title = { sv = "Förskola", en = "Preschool" }
first_age = 1
last_age = 5
share = 0.9
source = "antagande"
mode = "walk"
limit_m = 1000
limit_source = "antagande"
department = "skola"
unit_places = 40
unit_msek = 30
unit_source = "antagande"
build_years = 2

[growth.services.compulsory_school]
title = { sv = "Grundskola", en = "Compulsory school" }
first_age = 6
last_age = 15
source = "skolplikt"

[growth.travel]
preschool = [5, 15]
pharmacy = [10]

[growth.response]
department = "skola"

[growth.departments.bygg]
title = { sv = "Samhällsbyggnad", en = "Planning" }
policy = ["översiktsplan"]

[growth.departments.skola]
title = { sv = "Skola", en = "Schools" }

[[growth.investments]]
title = { sv = "Ny bro", en = "New bridge" }
department = "bygg"
year = 2028
msek = 40
funders = { kommun = 0.5, stat = 0.5 }
source = "beslut"
lat = 62.58
lon = 17.38

[catchment.workers]
labour_share = 0.8
labour_share_source = "antagande"
[catchment.workers.match]
low = 1
central = 1
high = 1
source = "antagande"
[catchment.workers.in_migrants]
low = 0.5
central = 0.5
high = 0.5
source = "antagande"
[catchment.workers.weekly]
low = 0
central = 0
high = 0
source = "antagande"
[catchment.workers.impedance]
kind = "exponential"
low = 0.05
central = 0.05
high = 0.05
within_min = 60
source = "antagande"

[teams.money]
title = { sv = "Finansiering", en = "Financing" }
results = ["roadmap", "financing", "growth", "dwellings", "services"]

[teams.dark]
title = { sv = "Trygghet", en = "Safety" }
layers = ["rescue_stations"]
results = ["safety"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The toy town with two outlines, jobs of its own, and places in its preschool."""
    path = tmp_path_factory.mktemp("växande å")
    town.write_toy(path)
    x, y, side = town.X0, town.Y0, town.SIDE
    squares = gpd.read_file(path / "population.gpkg")
    people = int(squares["population"].sum())
    gpd.GeoDataFrame(
        {"municipality_code": ["9999"], "name": ["Å kommun"], "population": [people]}, geometry=[shapely.box(x - 1000, y - 1000, x + side + 1000, y + side + 1000)], crs=town.CRS
    ).to_file(path / "municipalities.gpkg", layer="municipalities", engine="pyogrio")
    squares.assign(municipality_code="9999").to_file(path / "population.gpkg", layer="population", engine="pyogrio")
    (path / "services.csv").write_text(
        f"service_id,service_kind,name,places,municipality_code,x,y\np1,preschool,Förskolan,{int(0.05 * people)},9999,{x + 1500},{y + 1500}\n", encoding="utf-8"
    )
    gpd.GeoDataFrame(
        {"workplace_id": ["a", "b"], "jobs": [100, 50], "municipality_code": ["9999", "9999"]}, geometry=gpd.points_from_xy([x + 500, x + 3500], [y + 500, y + 2500]), crs=town.CRS
    ).to_file(path / "workplaces.gpkg", layer="workplaces", engine="pyogrio")
    return path


def plan_of(folder, more="", growth=GROWTH, **change):
    text = town.PLAN.replace('services = {', 'municipalities = { file = "municipalities.gpkg" }\nworkplaces = { file = "workplaces.gpkg" }\nservices = {')
    text += growth + more
    for old, new in change.items():
        text = text.replace(old, new)
    return parse(text, path=folder / "toy.toml")


@pytest.fixture(scope="module")
def done(folder):
    from landplan.layers import Store
    from landplan.run.cache import StepCache

    plan = plan_of(folder)
    store = Store(plan)
    keys = runner._layer_keys(plan, store)
    work = runner._Work(plan, store, StepCache(folder / "cache"), runner._Silent(), False, runner._keys(plan, keys), keys)
    return plan, runner._work_out(work, runner._wanted(plan, None))


@pytest.fixture(scope="module")
def ran(folder):
    return runner.run_plan(plan_of(folder), folder / "ut").folder


def test_the_goal_is_met_and_the_variant_stands_apart(done):
    area = done[1].growth.areas["toy"]
    assert area.main == "goal_toy"
    assert area.asked.projection.total[-1] == pytest.approx(3000)
    assert area.scenarios["goal_toy_soon"].kind == "variant"
    assert area.scenarios["goal_toy_soon"].projection.years[-1] == 2030
    first = area.scenarios["baseline"].projection
    assert first.births[0].sum() == pytest.approx(18)
    assert first.deaths[0].sum() == pytest.approx(20)
    assert first.migration[0].sum() == pytest.approx(5)


def test_jobs_bring_their_people_and_everyone_is_counted_once(done):
    area = done[1].growth.areas["toy"]
    base = area.scenarios["baseline"]
    before = base.projection.total[-1]
    for level, jobs in (("low", 10), ("central", 20), ("high", 30)):
        found = area.scenarios[f"jobs_{level}"]
        assert found.moved_in + found.elsewhere == pytest.approx(jobs * 1.5 * 0.5 * 2.0)
        assert found.projection.total[-1] > before
        before = found.projection.total[-1]
        assert found.need.dwellings.sum() >= base.need.dwellings.sum() - 1e-6


def test_dwellings_are_placed_within_what_sites_hold_and_the_rest_wait(done):
    placed, area = done[1].growth.placed["toy"], done[1].growth.areas["toy"]
    wanted = area.asked.need.dwellings
    assert placed.allocation.dwellings.sum() + placed.allocation.waiting[-1] == pytest.approx(wanted.sum())
    assert (placed.allocation.dwellings.sum(axis=1) <= placed.sites["capacity"] + 1e-6).all()
    assert placed.sites.set_index("site_id").loc["near", "first_year"] == 2026
    assert placed.sites.set_index("site_id").loc["far", "commute_min"] > 0
    assert (placed.sites["relief"] > 0).all()
    assert placed.still


def test_new_homes_thin_out_the_old_so_that_everybody_lives_once(done):
    from landplan.run.serving import _homes

    _plan, found = done
    points, people = _homes(found.layers, found.growth.areas["toy"], found.growth.placed["toy"])
    assert people.sum(axis=0) == pytest.approx(found.growth.areas["toy"].asked.projection.total)
    assert len(points) == people.shape[0]
    assert (people >= 0).all()


def test_users_and_places_by_hand(done):
    _plan, found = done
    area, served = found.growth.areas["toy"], found.growth.served["toy"]
    school = served.services["preschool"]
    users = 0.9 * area.asked.projection.between(1, 5)
    assert school.users["goal_toy"] == pytest.approx(users)
    over = np.flatnonzero(users > school.places)
    assert school.first_short["goal_toy"] == (int(area.asked.projection.years[over[0]]) if over.size else None)
    assert school.load.load.sum(axis=0) + school.load.unreached == pytest.approx(users)
    assert served.services["compulsory_school"].lacking == "facilities"
    assert set(served.lacking) == {"compulsory_school", "pharmacy", "rescue_stations"}


def test_help_and_light_where_there_are_stations_and_lamps(folder):
    """A fire station in the middle, an ambulance in a corner; lamps along the toy town's southern half."""
    x, y = town.X0, town.Y0
    gpd.GeoDataFrame(
        {"station_id": ["b", "a"], "service": ["räddningstjänst", "ambulans"], "turnout_min": [1.0, np.nan]}, geometry=gpd.points_from_xy([x + 2000, x], [y + 2000, y]), crs=town.CRS
    ).to_file(folder / "rescue.gpkg", layer="rescue_stations", engine="pyogrio")
    spots = [(x + i, y + j) for i in range(0, 4001, 25) for j in range(0, 2001, 500)] + [(x + i, y + j) for i in range(0, 4001, 500) for j in range(0, 2001, 25)]
    gpd.GeoDataFrame({"lamp_id": [str(i) for i in range(len(spots))]}, geometry=gpd.points_from_xy(*zip(*spots, strict=True)), crs=town.CRS).to_file(
        folder / "lamps.gpkg", layer="lighting", engine="pyogrio"
    )
    (folder / "school.csv").write_text(f"service_id,service_kind,name,places,municipality_code,x,y\ns1,compulsory_school,Skolan,400,9999,{x + 2000},{y + 1000}\n", encoding="utf-8")
    text = {
        'services = { file = "services.csv"': 'rescue_stations = { file = "rescue.gpkg" }\nlighting = { file = "lamps.gpkg" }\nservices = { file = "school.csv"',
        "[growth.response]": '[growth.dark]\nlamp_m = 20\nwithin_min = 30\nsource = "antagande"\n\n[growth.response]\nminutes = [5, 20]\nturnout_min = 3',
    }
    from landplan.layers import Store
    from landplan.run.growth import grow
    from landplan.run.steps import build_network, read_layers

    plan = plan_of(folder, **text)
    data = read_layers(plan, Store(plan), lambda _: None)
    served = grow(plan, data, build_network(plan, Store(plan), data, lambda _: None), None, {}, {}, lambda _: None).served["toy"]
    table = served.response.set_index(["kind", "who"])
    fire, ambulance = (table.loc[(k, "people_start")] for k in ("räddningstjänst", "ambulans"))
    assert fire["within_5"] > ambulance["within_5"]
    assert fire["within_20"] >= fire["within_5"]
    assert "ambulance" not in served.lacking
    # one station more reaches more people within five minutes, and never fewer than today's
    assert served.station["before"] == pytest.approx(table.loc[("räddningstjänst", "people_end"), "within_5"])
    assert served.station["before"] < served.station["after"] <= 100
    dark = served.dark.set_index("kind").loc["compulsory_school"]
    # those north of the lamps can walk there, and not by lit ways
    assert 0 < dark["lit_percent"] < dark["near_percent"] <= 100


def test_one_more_place_shortens_all_travel(done):
    site = done[1].growth.served["toy"].services["preschool"].site
    if site is None:
        pytest.fail("the preschool is short in the toy town, so one more must be tried")
    assert site["after"] < site["before"]
    assert site["bound"] <= site["after"] + 1e-6


def test_the_roadmap_says_who_pays(done):
    table = done[1].growth.roadmap["toy"]
    bridge = table[table["what"] == "investment_1"]
    assert bridge["msek"].sum() == pytest.approx(40)
    assert bridge["msek_stat"].sum() == pytest.approx(20)
    assert bridge.loc[bridge["msek"] > 0, "year"].tolist() == [2028]
    first = done[1].growth.first["toy"]
    assert (first["decide_by"] <= 2030).all()


def test_a_named_measure_with_its_building_time_stands_among_what_comes_first(folder):
    from landplan.layers import Store
    from landplan.run.growth import grow
    from landplan.run.steps import read_layers

    firsts = {}
    for more in ("", "build_years = 3\n"):
        plan = plan_of(folder, **{"year = 2028\nmsek": f"year = 2028\n{more}msek"})
        data = read_layers(plan, Store(plan), lambda _: None)
        firsts[more] = grow(plan, data, None, None, {}, {}, lambda _: None).first["toy"].set_index("what")
    assert "investment_1" not in firsts[""].index
    row = firsts["build_years = 3\n"].loc["investment_1"]
    assert (row["decide_by"], row["needed_year"], bool(row["late"])) == (2025, 2028, False)
    assert row["msek"] == pytest.approx(40)


def test_the_report_answers_and_names_what_it_lacks(ran):
    text = next(ran.glob("*report.html")).read_text(encoding="utf-8")
    plain = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", text))
    assert "Å kommun behöver" in plain
    assert "Det här svarar verktyget inte på" in plain
    assert "framskrivning" in plain.lower()
    # the word prognos is the municipality's own, never ours
    for found in re.finditer("prognos", plain.lower()):
        around = plain.lower()[max(0, found.start() - 30) : found.end() + 12]
        assert "officiell prognos" in around or "inte prognos" in around or "ingen prognos" in around or "kommunens prognos" in around, around
    assert "räddningsstationer" in plain
    assert "[0]" in plain
    assert "Ny bro" in plain


def test_every_table_is_written_and_flagged(ran):
    names = {p.stem.removeprefix("DEMONSTRATIONSDATA_") for p in (ran / "tables").glob("growth_*.parquet")}
    for kind in ("scenarios", "people", "ages", "basis", "need", "need_years", "reserve", "sites", "placing", "ways", "services", "facilities", "travel", "roadmap", "money"):
        assert f"growth_{kind}_toy" in names, kind
    people = pd.read_parquet(ran / "tables" / "growth_people_toy.parquet")
    assert people["forecast"].dropna().tolist() == [2700]
    basis = pd.read_parquet(ran / "tables" / "growth_basis_toy.parquet")
    assert set(basis["flag"]) <= {"[0]", "[1]", "[2]", "[D]"}
    assert (basis["source"].str.len() > 0).all()


def test_a_year_later_the_runs_are_held_against_each_other(folder, ran):
    later = runner.run_plan(plan_of(folder, **{"value = 3000\nyear = 2035": "value = 3300\nyear = 2035", 'name = "toy"': 'name = "toy2"'}), folder / "ut").folder
    found = compare_runs(ran, later)
    rows = found.results[found.results["table"] == "growth_scenarios_toy"]
    assert len(rows)
    text = "\n".join(found.lines())
    assert "goals.toy.value: 3000 -> 3300" in text
    assert "growth_scenarios_toy" in text
    assert not len(compare_runs(ran, ran).results)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"year = 2035\nsource": "year = 2020\nsource"}, "a goal lies in the future"),
        ({'[growth.areas.toy]\nmunicipality = "9999"': '[growth.areas.toy]\nmunicipality = "1234"'}, "1234"),
        ({"persons = 2.0": "persons = 1.2"}, "households"),
        ({"mean_age_source": "mean_age_scource"}, "mean_age_source"),
        ({'department = "skola"\nunit': 'department = "skolan"\nunit'}, "skolan"),
        ({"funders = { kommun = 0.5, stat = 0.5 }": "funders = { kommun = 0.5 }"}, "sum to 1"),
        ({"funders = { kommun = 0.5, stat = 0.5 }": "funders = { kungen = 1.0 }"}, "kungen"),
        ({"weights = { commute = 0.5, servicing = 0.3, suitability = 0.2 }": "weights = { commute = 0.0 }"}, "all 0"),
        ({"deaths = 20": "deaths = 2000000"}, "deaths"),
        ({'"flerbostadshus / hyresrätt" = 1.0': '"flerbostadshus / hyresrätt" = 0.7'}, "sum to"),
        ({"mean_age = 42.0": 'mean_age = 42.0\nages = { bands = { "0-19" = 100, "21-" = 300 }, year = 2024, source = "SCB" }'}, "age 20"),
        ({"mean_age = 42.0": 'mean_age = 42.0\nages = { bands = { "0-19" = 100, "20-" = 300 }, year = 2024, source = "SCB" }'}, "the age bands sum to 400"),
        ({"one_person = 0.45": "sizes = { 1 = 10, 2 = 5 }"}, "15 households for"),
    ],
)
def test_bad_input_is_told(folder, change, words):
    from landplan.layers import Store
    from landplan.run.growing import follow
    from landplan.run.steps import read_layers

    def asked():
        plan = plan_of(folder, **change)
        follow(plan, read_layers(plan, Store(plan), lambda _: None), None)

    with pytest.raises(PlanError, match=re.escape(words)):
        asked()


def test_a_published_change_is_met_by_what_births_and_deaths_leave(folder):
    from landplan.layers import Store
    from landplan.run.growing import follow
    from landplan.run.steps import read_layers

    plan = plan_of(folder, **{"births = 18\ndeaths = 20\nnet = 5": "deaths = 20\nchange = -40"})
    first = follow(plan, read_layers(plan, Store(plan), lambda _: None), None)["toy"].scenarios["baseline"].projection
    assert first.total[1] - first.total[0] == pytest.approx(-40)
    assert first.deaths[0].sum() == pytest.approx(20)


def test_the_doctor_and_the_plan_in_words_know_growth(folder):
    from landplan.doctor import examine
    from landplan.plan import explain

    plan = plan_of(folder)
    rows = {r.layer: r for r in examine(plan).layers}
    assert rows["rescue_stations"].basis == "missing"
    assert "growth.response" in rows["rescue_stations"].used_by
    assert "growth.placing" in rows["housing_sites"].used_by
    assert "growth.ages" in rows["population_by_age"].used_by
    assert any("Tillväxt: 9999 följs från 2025 till 2035; mål: 3 000 år 2035, 3 000 år 2030 (variant)" in line for line in (x.replace("\u00a0", " ") for x in explain(plan)))


def test_a_municipality_that_empties_is_followed_to_the_end(folder):
    from landplan.layers import Store
    from landplan.run.growing import follow
    from landplan.run.steps import read_layers

    plan = plan_of(folder, **{"net = 5\n": "net = -90\n", "end_year = 2035": "end_year = 2060", "value = 3000\nyear = 2035": "value = 500\nyear = 2045"})
    area = follow(plan, read_layers(plan, Store(plan), lambda _: None), None)["toy"]
    for scenario in area.scenarios.values():
        p = scenario.projection
        assert (p.people >= 0).all()
        assert np.diff(p.total) == pytest.approx(p.births.sum(axis=1) - p.deaths.sum(axis=(1, 2)) + p.migration.sum(axis=(1, 2)), abs=1e-6)
    assert area.asked.projection.total[-1] == pytest.approx(500, abs=0.01)


def test_everybody_lives_in_one_district(done):
    from types import SimpleNamespace

    from landplan.run.serving import _districts, _homes

    _plan, found = done
    x, y = town.X0, town.Y0
    # they meet in the middle of a row of squares' centres, and leave a strip in the north
    halves = gpd.GeoDataFrame({"name": ["Väst", "Öst"]}, geometry=[shapely.box(x, y, x + 2125, y + 3500), shapely.box(x + 2125, y, x + 4000, y + 3500)], crs=town.CRS)
    placed, area = found.growth.placed["toy"], found.growth.areas["toy"]
    points, people = _homes(found.layers, area, placed)
    table = _districts(SimpleNamespace(layers={"districts": SimpleNamespace(frame=halves)}), points, people, placed).set_index("name")
    assert table["start"].sum() == pytest.approx(area.asked.projection.total[0])
    assert table["end"].sum() == pytest.approx(area.asked.projection.total[-1])
    assert table["dwellings"].sum() == pytest.approx(placed.sites["dwellings"].sum())
    # nine of sixteen columns of squares, the shared one among them, in fourteen of sixteen rows
    assert table.loc["Väst", "start"] == pytest.approx(area.asked.projection.total[0] * 9 / 16 * 14 / 16)
    assert table.loc["", "start"] > 0


def test_what_the_step_reads_of_the_plan_is_in_its_key(folder):
    """Among it the least number of persons that may be told of: it decides whether one more place is sought."""
    from landplan.layers import Store

    def key(more="", **change):
        plan = plan_of(folder, more, **change)
        return runner._keys(plan, runner._layer_keys(plan, Store(plan)))["growth"]

    assert key() == key()
    for change in ({"[export]": "[export]\nmin_persons = 20"}, {"value = 3000\nyear = 2035": "value = 3100\nyear = 2035"}, {"central = 20": "central = 21"}, {"vacancy = 0.02": "vacancy = 0.03"}):
        assert key(**change) != key(), change


def test_without_roads_people_and_dwellings_are_still_followed(folder):
    from landplan.layers import Store
    from landplan.run.growth import grow
    from landplan.run.steps import read_layers

    plan = plan_of(folder)
    data = read_layers(plan, Store(plan), lambda _: None)
    found = grow(plan, data, None, None, {}, {}, lambda _: None)
    assert found.areas["toy"].asked.projection.total[-1] == pytest.approx(3000)
    assert found.placed["toy"] is None
    assert found.served["toy"].services["preschool"].lacking == "network"
    assert [b.what for b in found.areas["toy"].basis].count("movers_unknown") == 1


def test_a_measure_is_paid_where_it_lies(folder):
    from types import SimpleNamespace

    from landplan.run.growth import _measures

    x, y = town.X0, town.Y0
    at = gpd.GeoSeries(gpd.points_from_xy([17.38], [62.58]), crs="EPSG:4326").to_crs(town.CRS).iloc[0]
    halves = [shapely.box(x - 5000, y - 5000, at.x - 100, y + 9000), shapely.box(at.x - 100, y - 5000, x + 9000, y + 9000)]
    outlines = gpd.GeoDataFrame({"municipality_code": ["9999", "9998"]}, geometry=halves, crs=town.CRS)
    data = SimpleNamespace(layers={"municipalities": SimpleNamespace(frame=outlines)})
    other = '\n[growth.areas.other]\nmunicipality = "9998"\nhouseholds = { source = "antagande" }\nstock = { source = "antagande" }\n'
    areas = {"toy": SimpleNamespace(municipality="9999"), "other": SimpleNamespace(municipality="9998")}
    assert _measures(plan_of(folder, more=other), data, areas) == {"toy": [], "other": [0]}
    said = plan_of(folder, more=other, **{"lat = 62.58": 'municipality = "9999"\nlat = 62.58'})
    assert _measures(said, data, areas) == {"toy": [0], "other": []}
    with pytest.raises(PlanError, match="1234"):
        plan_of(folder, **{"lat = 62.58": 'municipality = "1234"\nlat = 62.58'})


def _served(folder, table, **change):
    """The toy town's services, the file of services as given."""
    from landplan.layers import Store
    from landplan.run.growing import follow
    from landplan.run.serving import Ways, serve
    from landplan.run.steps import build_network, read_layers

    before = (folder / "services.csv").read_text(encoding="utf-8")
    try:
        (folder / "services.csv").write_text(table, encoding="utf-8")
        plan = plan_of(folder, **change)
        store = Store(plan)
        data = read_layers(plan, store, lambda _: None)
    finally:
        (folder / "services.csv").write_text(before, encoding="utf-8")
    net = build_network(plan, store, data, lambda _: None)
    area = follow(plan, data, None)["toy"]
    return area, serve(plan, data, Ways(plan, data, net), area, None, lambda _: None)


def test_a_facility_whose_places_nobody_told_is_not_short(folder):
    x, y = town.X0, town.Y0
    head = "service_id,service_kind,name,places,municipality_code,x,y\n"
    table = f"{head}p1,preschool,Västra,40,9999,{x + 500},{y + 1500}\np2,preschool,Östra,,9999,{x + 3500},{y + 1500}\n"
    area, served = _served(folder, table)
    school = served.services["preschool"]
    assert np.isnan(school.places)
    assert school.lacking == "places"
    assert set(school.first_short.values()) == {None}
    assert school.load.first_short["p2"] is None
    assert school.load.capacity[:, 0].tolist() == [40.0, np.inf]
    assert school.load.load.sum(axis=0) + school.load.unreached == pytest.approx(school.users[area.main])


def test_one_more_is_held_against_those_who_are_reached_today():
    from types import SimpleNamespace

    from landplan.run.serving import _one_more

    class Island:
        """Two homes by the school and one that no facility reaches; a new one may stand at any home."""

        def minutes(self, _mode, origins, places):
            away = np.array([[0.0, 4.0, np.inf], [4.0, 0.0, np.inf], [np.inf, np.inf, 1.0]])
            return away[: len(origins)][:, [int(i) for i in places.index]]

    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), crs=town.CRS).set_axis(["0", "1", "2"])
    norm = SimpleNamespace(mode="walk", limit_m=None)
    cost = np.array([[2.0], [3.0], [np.inf]])
    found = _one_more(None, Island(), norm, None, points, np.array([10.0, 10.0, 40.0]), None, cost)
    assert found["before"] == pytest.approx(50.0)
    assert found["after"] <= found["before"]
    assert found["users"] == 20.0
    assert found["bound"] <= found["after"] + 1e-6


def _worked(folder, **change):
    from landplan.layers import Store
    from landplan.run.cache import StepCache

    plan = plan_of(folder, **change)
    store = Store(plan)
    keys = runner._layer_keys(plan, store)
    work = runner._Work(plan, store, StepCache(folder / "cache"), runner._Silent(), False, runner._keys(plan, keys), keys)
    return plan, runner._work_out(work, runner._wanted(plan, None))


@pytest.mark.parametrize(
    ("jobs", "left"), [("low = 20, central = 20, high = 30", ["jobs_central", "jobs_high"]), ("low = 0, central = 0, high = 0", [])]
)
def test_levels_of_the_same_jobs_are_told_of_once(folder, jobs, left):
    from landplan.run.figures import Figures
    from landplan.run.growth_answers import growth_answers
    from landplan.run.growth_exhibits import growth_tables

    plan, found = _worked(folder, **{"low = 10, central = 20, high = 30": jobs})
    assert [k for k in found.growth.areas["toy"].scenarios if k.startswith("jobs")] == left
    said = growth_answers(plan, found, Figures(growth_tables(plan, found)))["growth"].sv
    assert ("med 20 jobb" in said) == bool(left)


def _said(plan, found):
    from landplan.run.growth_answers import growth_sentences

    return " ".join(t.sv for t in growth_sentences(plan, found))


def test_a_balance_that_cannot_be_kept_is_told(folder):
    plan, found = _worked(folder, **{"draws = 20": "draws = 20\nbalance = { village = [0.5, 1.0] }"})
    assert found.growth.placed["toy"].no_sites == ("village",)
    assert "inget område ligger i by" in _said(plan, found)
    plan, found = _worked(folder, **{"draws = 20": "draws = 20\nbalance = { town = [0.0, 0.0] }"})
    placed = found.growth.placed["toy"]
    assert placed.kept_waiting == pytest.approx(placed.sites["capacity"].sum())
    assert "väntar bara för planens fördelning" in _said(plan, found)


def test_dwellings_that_no_site_could_be_asked_for_are_told(folder):
    plan, found = _worked(folder, **{'lead_years = { "laga kraft" = 1, "samråd" = 3 }': 'lead_years = { "planbesked" = 3 }'})
    assert found.growth.placed["toy"] is None
    assert "fördelades inte på områden" in _said(plan, found)


def test_a_site_is_ready_as_many_years_from_today_as_its_stage_takes(done):
    plan, found = done
    sites = found.growth.placed["toy"].sites
    start, lead = plan.growth.start_year, plan.growth.placing.lead_years
    # dwellings of a year are there at its end, as its people are, so one year from the start's end is the year after it
    assert sites["earliest_year"].tolist() == [start + lead[s] for s in sites["plan_stage"]]


def test_shares_of_modes_that_leave_some_out_are_of_all_trips():
    from types import SimpleNamespace

    from landplan.run.placing import car_share

    assert car_share(SimpleNamespace(choice=SimpleNamespace(percent={"car": 71, "walk": 11, "bike": 7}))) == pytest.approx(0.71)
    assert car_share(SimpleNamespace(choice=None)) == 1.0


def test_plans_that_reach_the_last_year_last_at_least_so_long():
    from landplan.run.growth_answers import _lasts

    assert _lasts(10.0, 10.0).sv == "minst 10,0"
    assert _lasts(9.5, 10.0).en == "9.5"


def test_what_is_assumed_is_flagged_so(done, folder):
    basis = {b.what: b.flag for b in done[1].growth.areas["toy"].basis}
    assert basis["multiplier"] == basis["persons_per_mover"] == "[0]"
    assert basis["population"] == "[1]"
    said = 'low = 1.0\ncentral = 1.5\nhigh = 2.0\nsource = "antagande"'
    assert plan_of(folder, **{said: said + '\nflag = "[1]"'}).growth.movers.multiplier.flag == "[1]"


def test_few_persons_are_not_shown_of_services(done, folder):
    from landplan.run.figures import Figures
    from landplan.run.growth_answers import growth_answers
    from landplan.run.growth_exhibits import growth_tables

    plan, found = done
    service = found.growth.served["toy"].services["preschool"]
    many = plan_of(folder, **{"[export]": f"[export]\nmin_persons = {int(service.far_start) + 20}"})
    for asked, shown in ((plan, True), (many, False)):
        tables = {t.id: t for t in growth_tables(asked, found)}
        row = tables["growth_services_toy"].frame.set_index("service").loc["Förskola"]
        assert np.isfinite(row["far_start"]) == shown
        assert np.isfinite(tables["growth_facilities_toy"].frame["load_start"]).all() == shown
        said = growth_answers(asked, found, Figures(tables.values()))["services"].sv
        assert ("har längre väg än" in said) == shown


def test_a_weight_that_no_layer_can_tell_is_said(folder):
    plan, found = _worked(folder, **{'workplaces = { file = "workplaces.gpkg" }\n': "", 'jobs = { low = 10, central = 20, high = 30, source = "antagande" }\n': ""})
    assert "pendling vägdes inte" in _said(plan, found)


def test_every_table_of_modelled_figures_has_its_flag(done):
    from landplan.run.growth_exhibits import growth_tables

    plan, found = done
    for table in growth_tables(plan, found):
        kind = table.id.removeprefix("growth_").removesuffix("_toy")
        if kind not in ("travel", "left_out", "dark", "statistics"):
            assert "flag" in table.frame or "[0]" in table.note.sv, table.id


def test_a_measure_outside_the_years_is_said_to_be_left_out_of_the_sum(folder):
    plan, found = _worked(folder, **{"year = 2028\nmsek": "year = 2045\nmsek"})
    assert "utan kostnad i färdplanen står Ny bro" in _said(plan, found)


def test_a_few_who_wait_for_a_stage_lack_no_decision(folder):
    from landplan.growth.roadmap import Line, do_first, roadmap

    waits = Line("bygg", "dwellings", range(2025, 2028), [0, 3, 3], [0, 0, 6], build_years=5, yearly=True, short=[False, False, False])
    assert not len(do_first(roadmap([waits]), start=2025, within=5))
    _plan, found = _worked(folder, **{"value = 3000\nyear = 2035": "value = 2570\nyear = 2035", "draws = 20": "draws = 20\nstage_min = 5"})
    placed, first = found.growth.placed["toy"], found.growth.first["toy"]
    rows = found.growth.roadmap["toy"].query("what == 'dwellings'")
    due = rows.loc[rows["decide_by"].notna(), "year"].tolist()
    waiting = dict(zip(placed.allocation.years.tolist(), placed.allocation.waiting.tolist(), strict=True))
    assert due == [min(y for y, n in waiting.items() if n >= 5)]
    assert "dwellings" in first["what"].tolist() or due[0] > 2033


def test_without_people_by_square_what_is_not_worked_out_is_said(folder):
    said = _said(*_worked(folder, **{'population_grid = { file = "population.gpkg" }\n': ""}))
    assert "vad jobben på platsen betyder för folkmängden är inte räknat" in said
    assert "långt till förskola är inte räknat" in said
