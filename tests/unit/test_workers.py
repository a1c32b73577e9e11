"""Who will work at a plan's site: from layers to tables, sentences and maps on the toy town."""

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
WORKERS = """
[catchment.workers]
labour_share = 0.8
labour_share_source = "antagande A"
kg_per_km = { car = 0.13 }
kg_source = "antagande B"
draws = 200
match = { low = 0.2, central = 0.4, high = 0.6, source = "antagande C" }
in_migrants = { low = 0.1, central = 0.2, high = 0.3, source = "antagande D" }
weekly = { low = 0, central = 0.05, high = 0.1, source = "antagande E" }
impedance = { kind = "logistic", low = 3, central = 4, high = 5, spread_min = 1, within_min = 30, source = "antagande F" }
"""
CHOICE = '\n[catchment.workers.choice]\nper_minute = -0.05\nper_minute_source = "antagande G"\npercent = { car = 70, walk = 20, bike = 10 }\npercent_source = "enkät"\n'
PLACES = 'workplaces = { file = "workplaces.gpkg" }\nmunicipalities = { file = "municipalities.gpkg" }\n'


@pytest.fixture
def town(toy, tmp_path):
    folder = shutil.copytree(toy, tmp_path / "by")
    jobs = gpd.GeoDataFrame(
        {"workplace_id": ["a", "b"], "jobs": [300, 200], "municipality_code": ["2262", "2280"]}, geometry=[shapely.Point(X0 + 600, Y0 + 600), shapely.Point(X0 + 3400, Y0 + 3400)], crs=CRS
    )
    jobs.to_file(folder / "workplaces.gpkg", layer="workplaces", engine="pyogrio")
    towns = gpd.GeoDataFrame(
        {"municipality_code": ["2262", "2280"], "name": ["Söderby", "Norrby"]},
        geometry=[shapely.box(X0 - 50, Y0 - 50, X0 + 4050, Y0 + 1990), shapely.box(X0 - 50, Y0 + 1990, X0 + 4050, Y0 + 4050)], crs=CRS,
    )
    towns.to_file(folder / "municipalities.gpkg", layer="municipalities", engine="pyogrio")
    return folder


def plan_of(town, *, workers=WORKERS, layers=PLACES, more="", change=()):
    path = town / "toy.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("[layers]\n", f"[layers]\n{layers}").replace("[suitability.industrial]\n", f"{workers}\n[suitability.industrial]\n", 1)
    text = text.replace("[teams.industry]", '[teams.people]\ntitle = { sv = "Kompetens", en = "Skills" }\nresults = ["catchment"]\n\n[teams.industry]')
    (town / "med.toml").write_text(text + more, encoding="utf-8")
    return p.read(town / "med.toml", overrides=change)


def atlas(town, tmp_path, **more):
    return atlas_of(plan_of(town, **more), cache=StepCache(tmp_path / "c"), today=DAY)


def test_the_tables_tell_the_same_people_and_all_jobs_are_accounted_for(town, tmp_path):
    found = atlas(town, tmp_path)
    totals = found.table("workers_totals").frame.set_index("kind")
    parts = totals.loc[["residents", "external", "in_migrants", "weekly", "unfilled"], "expected"]
    assert parts.sum() == pytest.approx(totals.loc["jobs", "expected"], abs=0.3)
    living = totals.loc["residents", "expected"] + totals.loc["external", "expected"]
    for table in ("workers_municipality", "workers_locality", "workers_modes", "workers_curve"):
        frame = found.table(table).frame
        got = frame["expected"].iloc[-1] if table == "workers_curve" else frame["expected"].sum()
        assert got == pytest.approx(living, abs=0.3), table
    assert (totals["low"] <= totals["expected"]).all()
    assert (totals["expected"] <= totals["high"]).all()
    squares = found.vector("workers_squares").frame
    # squares are told to a tenth of a person
    assert squares["expected"].sum() == pytest.approx(living, abs=0.05 * len(squares))
    assert {"low", "high", "ring", "radiation"} <= set(squares)
    towns = found.vector("workers_municipalities").frame
    assert towns["share_percent"].sum() == pytest.approx(100)
    assert {"ring", "radiation"} <= set(towns)
    # the page that shows the catchment shows it, and its first words say it
    page = next(x for x in found.pages if x.id == "people")
    assert {"workers_squares", "workers_municipalities", "labour_regions"} <= set(page.layers)
    assert "workers_totals" in page.tables
    low, high = (found.table("workers_totals").frame.set_index("kind").loc["residents", c] for c in ("likely_low", "likely_high"))
    assert f"tas {low:.0f}–{high:.0f} av dem som redan bor i området" in page.answer.sv
    assert any(figure.table == "workers_totals" for figure in found.facts["figures"])


def test_every_assumption_is_told_with_its_source(town, tmp_path):
    found = atlas(town, tmp_path, workers=WORKERS + CHOICE)
    words = " ".join(t.sv for t in found.uncertain) + " ".join(text.sv for _, text in found.method)
    for source in ("antagande A", "antagande C", "antagande D", "antagande E", "antagande F", "antagande G", "enkät"):
        assert source in words, source
    assert any("km^-" in text.sv for _, text in found.method)


def test_the_report_draws_the_wish_apart_from_the_criteria_and_no_heading_twice(town, tmp_path):
    import re

    folder = run_plan(plan_of(town, change=['export.formats=["report"]']), tmp_path / "o", cache=StepCache(tmp_path / "c"), today=DAY).folder
    report = (folder / "report.html").read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', report)
    assert len(ids) == len(set(ids))
    chapter = {k: report.split(f'<h2 id="{k}">')[1].split("<h2 ")[0] for k in ("curves", "decays")}
    assert chapter["decays"].count("<polyline") == 2
    assert "Viljan att pendla" in chapter["decays"]
    assert "100 %" not in chapter["decays"]
    assert chapter["curves"].count("<polyline") >= 2
    assert "Viljan att pendla" not in chapter["curves"]


def test_a_made_up_layer_among_real_ones_is_named_and_takes_the_range_away(town, tmp_path):
    layers = PLACES.replace('"workplaces.gpkg"', '"workplaces.gpkg", synthetic = true')
    found = atlas(town, tmp_path, layers=layers)
    assert found.table("workers_totals").frame["low"].isna().all()
    assert found.table("workers_municipality").frame["high"].isna().all()
    assert any("vilar på demonstrationsdata i lagret Arbetsställen" in t.sv for t in found.uncertain)
    page = next(x for x in found.pages if x.id == "people")
    assert "–" not in page.answer.sv.split("arbetstillfällen")[0]
    assert "väntas" in page.answer.sv


def test_without_workplaces_it_says_that_no_rival_is_counted(town, tmp_path):
    found = atlas(town, tmp_path, layers='municipalities = { file = "municipalities.gpkg" }\n')
    assert any("ingen konkurrens om arbetskraften" in t.sv for t in found.uncertain)
    assert not [t for t in found.tables if t.id == "labour_regions"]


def test_a_site_in_no_municipality_of_the_flows_is_said_not_to_be_worked_out(town, tmp_path):
    found = atlas(town, tmp_path, layers=PLACES.replace('municipalities = { file = "municipalities.gpkg" }\n', ""))
    said = next(t.sv for t in found.uncertain if t.sv.startswith("Arbetsmarknadsregioner"))
    assert "det kunde inte räknas" in said
    assert "ingen byter region" not in said
    assert (found.table("labour_regions").frame["after"] == "").all()


def test_a_workplace_without_a_municipality_stands_in_one(town, tmp_path):
    jobs = gpd.read_file(town / "workplaces.gpkg").drop(columns="municipality_code")
    (town / "workplaces.gpkg").unlink()
    jobs.to_file(town / "workplaces.gpkg", layer="workplaces", engine="pyogrio")
    found = atlas(town, tmp_path).table("labour_regions").frame
    assert found["total_out_percent"].notna().all()
    assert found["single_out_to"].isin(["Söderby", "Norrby"]).all()


def test_a_centre_that_no_longer_meets_the_limit_is_told(town, tmp_path):
    rows = [("2262", "2262", 300), ("2262", "2280", 20), ("2280", "2280", 900), ("2280", "2262", 66)]
    pd.DataFrame(rows, columns=["residence_code", "workplace_code", "employed"]).assign(year=2024).to_csv(town / "commuting.csv", index=False)
    layers = PLACES + 'commuting = { file = "commuting.csv" }\n'
    found = atlas(town, tmp_path, layers=layers, change=["sites.works.jobs={ low = 150, central = 200, high = 250, source = 'x' }"])
    table = found.table("labour_regions").frame.set_index("name")
    said = next(t.sv for t in found.uncertain if t.sv.startswith("Arbetsmarknadsregioner"))
    assert (table["margin_points"] >= 0).all()
    fallen = table[table["margin_after"] < 0]
    assert len(fallen)
    for name, row in fallen.iterrows():
        assert (f"{name} klarar inte längre gränsen" if row["after"] == row["before"] else f"{name} går från {row['before']} till {row['after']}") in said
    assert set(table["why"]) == {"self-sufficient"}


def test_working_age_that_is_not_known_is_told(town, tmp_path):
    people = gpd.read_file(town / "population.gpkg")
    (town / "population.gpkg").unlink()
    people["working_age"] = people["working_age"].astype(float)
    people.loc[:99, "working_age"] = float("nan")
    people.to_file(town / "population.gpkg", layer="population", engine="pyogrio")
    found = atlas(town, tmp_path)
    assert any("100 rutor vet inte" in t.sv for t in found.uncertain)
    # each square has six of ten: the others' share is the truth here
    assert found.table("workers_municipality").frame["expected"].min() > 0
    (town / "population.gpkg").unlink()
    people.drop(columns="working_age").to_file(town / "population.gpkg", layer="population", engine="pyogrio")
    assert any("hela befolkningen är räknad" in t.sv for t in atlas(town, tmp_path).uncertain)


def test_two_sites_look_for_the_same_people(town, tmp_path):
    alone = atlas(town, tmp_path, change=["sites.works.jobs={ low = 900, central = 1000, high = 1100, source = 'x' }"])
    more = '\n[sites.other]\nname = "Andra"\nx = 622500\ny = 6942300\njobs = { low = 900, central = 1000, high = 1100, source = "x" }\n'
    both = atlas(town, tmp_path, more=more, change=["sites.works.jobs={ low = 900, central = 1000, high = 1100, source = 'x' }"])
    one = alone.table("workers_totals").frame.set_index("kind").loc["residents", "expected"]
    two = both.table("workers_totals_works").frame.set_index("kind").loc["residents", "expected"]
    assert two < 0.9 * one


def test_candidates_and_sites_are_held_beside_each_other_by_one_rule(town, tmp_path):
    found = atlas(town, tmp_path, workers=WORKERS + CHOICE)
    table = found.table("site_comparison").frame.set_index("name")
    ramp = atlas(town, tmp_path, workers=WORKERS + CHOICE, change=["sites.works.ramp={ 2030 = 1.0 }"]).table("workers_ramp").frame.iloc[0]
    # central values: what the ramp says when all jobs are there
    assert table.loc["Verket", "filled"] == pytest.approx(ramp["residents"] + ramp["external"], abs=0.11)


def test_regions_are_said_to_be_modelled_until_flows_are_given(town, tmp_path):
    found = atlas(town, tmp_path)
    assert any("Arbetsmarknadsregioner (modellerade flöden)" in t.sv for t in found.uncertain)
    assert found.table("labour_regions").frame["modelled"].all()
    assert "modellerade" in found.vector("labour_regions").title.sv
    rows = [("2262", "2262", 900), ("2262", "2280", 100), ("2280", "2280", 200), ("2280", "2262", 300)]
    table = pd.DataFrame(rows, columns=["residence_code", "workplace_code", "employed"]).assign(year=2024)
    table.to_csv(town / "commuting.csv", index=False)
    given = atlas(town, tmp_path, layers=PLACES + 'commuting = { file = "commuting.csv" }\n')
    said = next(t.sv for t in given.uncertain if t.sv.startswith("Arbetsmarknadsregioner"))
    assert "(flöden 2024): Norrby hör till Söderby" in said
    assert not given.table("labour_regions").frame["modelled"].any()
    assert given.table("labour_regions").frame.set_index("name").loc["Norrby", "total_out_percent"] == 60


def test_counted_flows_take_the_place_of_the_assumed_wish(town, tmp_path):
    import numpy as np

    from landplan.layers import Store
    from landplan.run import steps, workers

    people = gpd.read_file(town / "population.gpkg")
    east, north = people.geometry.centroid.x > X0 + 1990, people.geometry.centroid.y > Y0 + 1990
    people["municipality_code"] = np.select([east & north, east, north], ["0004", "0003", "0002"], "0001")
    (town / "population.gpkg").unlink()
    people.to_file(town / "population.gpkg", layer="population", engine="pyogrio")
    at = [(600, 600, "0001"), (600, 3400, "0002"), (3400, 600, "0003"), (3400, 3400, "0004")]
    jobs = gpd.GeoDataFrame(
        {"workplace_id": [c for _, _, c in at], "jobs": [300, 150, 200, 100], "municipality_code": [c for _, _, c in at]}, geometry=[shapely.Point(X0 + x, Y0 + y) for x, y, _ in at], crs=CRS
    )
    (town / "workplaces.gpkg").unlink()
    jobs.to_file(town / "workplaces.gpkg", layer="workplaces", engine="pyogrio")
    plan = plan_of(town)
    data = steps.read_layers(plan, Store(plan), lambda _: None)
    net = steps.build_network(plan, Store(plan), data, lambda _: None)
    minutes = workers.between(workers.work_out(plan, data, net, lambda _: None).market, "car")
    pull = np.outer([900, 500, 700, 400], [300, 150, 200, 100]) * np.exp(-0.25 * minutes.to_numpy())
    rows = [(a, b, round(20 * pull[i, j] / 1000)) for i, a in enumerate(minutes.index) for j, b in enumerate(minutes.columns)]
    pd.DataFrame(rows, columns=["residence_code", "workplace_code", "employed"]).assign(year=2024).to_csv(town / "commuting.csv", index=False)
    given = atlas(town, tmp_path, layers=PLACES + 'commuting = { file = "commuting.csv" }\n')
    said = next(t.sv for t in given.uncertain if t.sv.startswith("Vilka som tar jobben"))
    assert "Arbetspendling mellan kommuner 2024" in said
    method = next(text.sv for title, text in given.method if title.sv == "Viljan att pendla")
    value = float(method.split("exp(-")[1].split(" ")[0].replace(",", "."))
    assert value == pytest.approx(0.25, abs=0.02)
    # two municipalities are too few to tell
    few = pd.DataFrame(rows[:2] + rows[4:6], columns=["residence_code", "workplace_code", "employed"]).assign(year=2024)
    few.to_csv(town / "commuting.csv", index=False)
    assert any("mellan för få kommuner" in t.sv for t in atlas(town, tmp_path, layers=PLACES + 'commuting = { file = "commuting.csv" }\n').uncertain)


def test_statistical_areas_and_a_modelled_grid_are_told(town, tmp_path):
    halves = [shapely.box(X0 - 100, Y0 - 100, X0 + 2000, Y0 + 4100), shapely.box(X0 + 2000, Y0 - 100, X0 + 4100, Y0 + 4100)]
    areas = gpd.GeoDataFrame(
        {"area_code": ["A1", "A2", "R1"], "kind": ["DeSO", "DeSO", "RegSO"], "municipality_code": "2262", "version": 2025, "name": ["Väst", "Öst", "Allt"]},
        geometry=[*halves, shapely.union_all(halves)], crs=CRS,
    )
    areas.to_file(town / "deso.gpkg", layer="deso", engine="pyogrio")
    people = gpd.read_file(town / "population.gpkg").assign(modelled=True)
    (town / "population.gpkg").unlink()
    people.to_file(town / "population.gpkg", layer="population", engine="pyogrio")
    found = atlas(town, tmp_path, layers=PLACES + 'statistical_areas = { file = "deso.gpkg" }\n')
    whole = found.table("workers_municipality").frame["expected"].sum()
    assert found.table("workers_deso").frame["expected"].sum() == pytest.approx(whole, abs=0.3)
    assert found.table("workers_regso").frame["name"].tolist() == ["Allt"]
    assert "modellerad fördelning" in found.vector("workers_squares").title.sv


def test_a_timetable_gives_buses_their_hours(town, tmp_path):
    rows = [("1", "works", 6), ("1", "1", 4), ("1", "2", 8)]
    pd.DataFrame(rows, columns=["from_locality", "to", "minutes"]).to_csv(town / "bus.csv", index=False)
    choice = CHOICE.replace("bike = 10", "transit = 10") + 'transit_table = "bus.csv"\ntransit_hours = ["06:00", "20:00"]\n'
    found = atlas(town, tmp_path, workers=WORKERS + choice, change=['sites.works.shifts=["05:30", "13:30"]'])
    rows = found.table("workers_shifts").frame.set_index(["shift", "mode"])["expected"]
    assert rows["05:30", "transit"] == 0
    assert rows["13:30", "transit"] > 0
    assert any(f.name == "minutes_transit" for f in found.vector("catchment_squares").fields)
    without = atlas(town, tmp_path, workers=WORKERS + CHOICE.replace("bike = 10", "transit = 10"))
    assert any("Buss och tåg är inte med" in t.sv for t in without.uncertain)
    assert set(without.table("workers_modes").frame["mode"]) == {"car", "walk"}


def test_a_dearer_car_is_used_less_and_the_shares_of_today_still_hold(town, tmp_path):
    dear = CHOICE + 'per_sek = -0.02\nper_sek_source = "antagande H"\nsek_per_km = { car = 25 }\nsek_per_trip = { bike = 1 }\n'
    free, paid = (atlas(town, tmp_path, workers=WORKERS + x) for x in (CHOICE, dear))
    # matched to the same shares of today's trips, the far ones change: who lives far from the site pays most
    shares = [f.table("workers_modes").frame.set_index("mode")["share_percent"] for f in (free, paid)]
    assert shares[0]["car"] != shares[1]["car"]
    assert any("antagande H" in text.sv and "25,00 kr/km" in text.sv for _, text in paid.method)
    with pytest.raises(PlanError, match="per_sek_source"):
        plan_of(town, workers=WORKERS + CHOICE + "sek_per_km = { car = 2 }\n")


def test_mode_shares_of_todays_trips_are_the_observed_ones(town, tmp_path):
    import numpy as np

    from landplan.layers import Store
    from landplan.run import steps, workers

    plan = plan_of(town, workers=WORKERS + CHOICE)
    data = steps.read_layers(plan, Store(plan), lambda _: None)
    net = steps.build_network(plan, Store(plan), data, lambda _: None)
    found = workers.work_out(plan, data, net, lambda _: None)
    dense = np.stack([m.to_dense()[:, [m.destination_ids.get_loc(k) for k in found.market.others.index]] for m in found.market.od.values()]).astype(float)
    pull = found.market.labour["labour"].to_numpy()[:, None] * found.model.at(dense[0])
    trips = pull * found.market.others.to_numpy() / pull.sum(axis=0)
    shares = (found.choice.shares(dense) * trips).sum(axis=(1, 2)) / trips.sum()
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=1e-6)


def test_a_changed_weight_does_not_fill_the_jobs_again(town, tmp_path):
    cache = StepCache(tmp_path / "c")
    run_plan(plan_of(town), tmp_path / "o", cache=cache, today=DAY)
    change = ["suitability.industrial.criteria.slope.weight=0.5", "suitability.industrial.criteria.road.weight=0.5"]
    ran = {r.name for r in run_plan(plan_of(town, change=change), tmp_path / "o", cache=cache, today=DAY).records if r.status == "run"}
    assert "workers" not in ran
    assert "comparison" in ran
    jobs = {r.name for r in run_plan(plan_of(town, change=["sites.works.jobs.high=50"]), tmp_path / "o", cache=cache, today=DAY).records if r.status == "run"}
    assert "workers" in jobs
    assert not {"catchment", "network", "suitability.industrial"} & jobs


def test_sites_stand_side_by_side_and_the_map_has_a_switch_of_mode(town, tmp_path):
    plan = plan_of(town, workers=WORKERS + CHOICE, change=['export.formats=["maps", "tables"]'])
    folder = run_plan(plan, tmp_path / "o", cache=StepCache(tmp_path / "c"), today=DAY).folder
    table = pd.read_parquet(folder / "tables" / "site_comparison.parquet")
    assert table["name"].iloc[0] == "Verket"
    assert len(table) >= 2
    shares = table[[c for c in table if c.startswith("share_")]].sum(axis=1)
    assert shares.tolist() == pytest.approx([100] * len(table), abs=0.2)
    overlap = pd.read_parquet(folder / "tables" / "site_overlap.parquet")
    assert overlap.iloc[0]["to_works"] == 100
    page = (folder / "maps" / "people.html").read_text(encoding="utf-8")
    assert '<option value="minutes_bike">' in page
    config = json.loads(page.split('id="config">')[1].split("</script>")[0])
    assert {"workers_squares", "workers_municipalities"} <= {layer["id"] for layer in config["layers"]}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("low = 0.2, central = 0.4, high = 0.6", "low = 0.5, central = 0.4, high = 0.6", "low <= central <= high"),
        ("high = 0.6", "high = 1.6", "at most 1"),
        ('kg_source = "antagande B"\n', "", "kg_source"),
        ("labour_share = 0.8", "labour_share = 80", "labour_share"),
        ("low = 3, central", "low = 0, central", "above 0"),
        ("draws = 200", "draws = 2", "draws"),
        ("high = 0.3, source", "high = 0.95, source", "at most 1"),
    ],
)
def test_a_wrong_assumption_is_refused(town, old, new, words):
    assert old in WORKERS
    with pytest.raises(PlanError, match=words):
        plan_of(town, workers=WORKERS.replace(old, new))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (CHOICE.replace("car = 70, ", ""), "must have car"),
        (CHOICE.replace("-0.05", "0.05"), "per_minute"),
        (CHOICE.replace("bike = 10", "transit = 10") + 'transit_table = "none.csv"\n', "none.csv cannot be read"),
        (CHOICE.replace("bike = 10", "transit = 10") + 'transit_table = "workplaces.gpkg"\n', "workplaces.gpkg"),
    ],
)
def test_a_wrong_choice_of_modes_is_refused(town, tmp_path, choice, words):
    with pytest.raises(LandplanError, match=words):
        atlas(town, tmp_path, workers=WORKERS + choice)
