"""Norrbotten's fourteen municipalities: their layers and plans as committed, runs on statistics alone, and the table that holds them against each other."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from landplan.catchment import commuting_flows, commuting_summary, largest_flows
from landplan.cli import main
from landplan.compare import read_run
from landplan.content import shipped_plan, shipped_plans
from landplan.contracts import FieldSpec
from landplan.errors import LayerError
from landplan.export.names import safe_stem
from landplan.plan import read
from landplan.run import run_plan
from landplan.run.batch import FEEDS, Feed, compare_table, run_batch
from landplan.run.cache import StepCache
from landplan.run.portrait import left_out
from landplan.run.runner import Done
from landplan.run.steps import LayerSet
from landplan.sample.norrbotten import BORDER, build_county, plan_text
from landplan.style import Text

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "layers" / "sample" / "inputs" / "facts"
PLANS = sorted((ROOT / "analyses" / "norrbotten").glob("*.toml"))
DAY = dt.date(2026, 11, 26)


def flows():
    """Persons by residence and workplace, read with nothing but csv: what the runs are held against."""
    with (FACTS / "commuting.csv").open(encoding="utf-8", newline="") as file:
        return {(r["residence"], r["workplace"]): int(r["employed"]) for r in csv.DictReader(file) if r["residence_code"].startswith("25") and r["workplace_code"].startswith("25")}


# what is committed


def test_the_layers_are_what_the_inputs_give(tmp_path):
    for built in build_county(ROOT / "layers", tmp_path):
        committed = ROOT / "layers" / "norrbotten" / built.name
        one, two = gpd.read_parquet(built), gpd.read_parquet(committed)
        pd.testing.assert_frame_equal(pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(two.drop(columns="geometry")))
        assert one.geometry.geom_equals_exact(two.geometry, 1e-6).all()


def test_the_plans_are_fourteen_and_what_the_template_gives():
    towns = gpd.read_parquet(ROOT / "layers" / "norrbotten" / "municipalities.parquet")
    assert len(towns) == len(PLANS) == 14
    for code, name in zip(towns["municipality_code"], towns["name"], strict=True):
        stem = safe_stem(name).lower()
        path = ROOT / "analyses" / "norrbotten" / f"{stem}.toml"
        assert path.read_text(encoding="utf-8") == plan_text(code, name, stem)
        plan = read(path)
        assert plan.area.municipalities == (code,)
        assert (plan.plan.note is not None) == (code in BORDER)
    assert next(read(p).plan.note.sv for p in PLANS if p.stem == "haparanda").startswith("Pendling till och från Finland finns inte i statistiken")


def test_shipped_plans_know_the_folder():
    assert shipped_plan("norrbotten/boden") == ROOT / "analyses" / "norrbotten" / "boden.toml"
    names = list(shipped_plans())
    assert {"torsboda", "haparanda", "norrbotten/haparanda"} <= set(names)
    assert sum(n.startswith("norrbotten/") for n in names) == 14


def test_every_place_lies_in_the_municipality_it_names():
    towns = gpd.read_parquet(ROOT / "layers" / "norrbotten" / "municipalities.parquet")
    places = gpd.read_parquet(ROOT / "layers" / "norrbotten" / "localities.parquet")
    assert set(places["municipality_code"]) == set(towns["municipality_code"])
    geonames = places[places["source"] == "GeoNames"]
    joined = geonames.sjoin(towns[["municipality_code", "geometry"]], predicate="within")
    assert (joined["municipality_code_left"] == joined["municipality_code_right"]).all()
    assert geonames["population"].isna().all()
    assert places["locality_id"].is_unique


# the library


def table():
    rows = [(2024, "a", "a", 60), (2024, "a", "b", 30), (2024, "a", "c", 30), (2024, "b", "b", 90), (2024, "b", "a", 10), (2024, "c", "c", 5), (2024, "c", "a", 0), (2024, "b", "c", 0), (2024, "c", "b", 0)]
    return pd.DataFrame(rows, columns=["year", "residence_code", "workplace_code", "employed"])


def test_who_goes_and_who_comes_balance():
    found = commuting_summary(commuting_flows(table()))
    assert (found["employed_residents"] == found["staying"] + found["out_commuting"]).all()
    assert (found["jobs"] == found["staying"] + found["in_commuting"]).all()
    assert found["out_commuting"].sum() == found["in_commuting"].sum()
    # of two flows of thirty the first by name; nobody leaves c
    assert found["to"].tolist() == ["b", "a", None]


def test_largest_flows_leave_out_nobody_and_those_who_stay():
    assert largest_flows(commuting_flows(table()), "a", "out").to_dict() == {"b": 30, "c": 30}
    assert largest_flows(commuting_flows(table()), "a", "in", most=1).to_dict() == {"b": 10}
    assert largest_flows(commuting_flows(table()), "c", "out").empty
    with pytest.raises(LayerError, match="'x' is not in the commuting flows"):
        largest_flows(commuting_flows(table()), "x", "out")


# runs


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Three of the fourteen, and between them a plan that is none."""
    folder = tmp_path_factory.mktemp("länet") / "ut"
    wrong = folder.parent / "fel.toml"
    wrong.write_text("[plan]\nname = 'fel'\n", encoding="utf-8")
    names = [*(str(p) for p in PLANS if p.stem in ("boden", "haparanda")), str(wrong), *(str(p) for p in PLANS if p.stem == "jokkmokk")]
    code = main(["run", *names, "--out", str(folder)])
    return folder, code


def test_one_plan_that_fails_stops_none_and_the_exit_code_says_so(out):
    folder, code = out
    assert code == 1
    assert {f.name for f in folder.iterdir()} == {
        "norrbotten_boden", "norrbotten_haparanda", "norrbotten_jokkmokk", "jamforelse.csv", "jamforelse_excel.csv", "jamforelse.html", "jamforelse.xlsx",
    }  # fmt: skip
    page = (folder / "jamforelse.html").read_text(encoding="utf-8")
    assert "Gick inte att köra" in page
    assert "fel.toml" in page


def test_the_table_holds_the_facts(out):
    found = pd.read_csv(out[0] / "jamforelse.csv", dtype={"municipality_code": str, "population_date": str}).set_index("name")
    known = flows()
    names = sorted({a for a, _ in known})
    assert found.index.tolist() == ["Jokkmokk", "Boden", "Haparanda"]
    for name in found.index:
        employed = sum(known[name, b] for b in names)
        away = {b: known[name, b] for b in names if b != name}
        jobs = sum(known[a, name] for a in names)
        row = found.loc[name]
        assert row["employed_residents"] == employed
        assert row["jobs"] == jobs
        assert row["out_percent"] == pytest.approx(100 * sum(away.values()) / employed, abs=0.05)
        assert row["in_percent"] == pytest.approx(100 * (jobs - known[name, name]) / jobs, abs=0.05)
        assert (row["to"], row["to_persons"]) == max(away.items(), key=lambda pair: pair[1])
    assert (found.loc["Boden", "to"], found.loc["Boden", "to_persons"]) == ("Luleå", 3456)
    assert found["population"].to_dict() == {"Jokkmokk": 4695, "Boden": 28473, "Haparanda": 9087}
    assert found.loc["Haparanda", ["band_0_15", "band_16_24", "band_25_44", "band_45_64", "band_65_"]].tolist() == [1619, 797, 1837, 2455, 2893]
    assert found.loc["Haparanda", "dependency_ratio"] == pytest.approx(100 * (1619 + 2893) / (797 + 1837 + 2455), abs=0.05)
    assert (found["working_from"] == 16).all()
    assert (found["working_to"] == 64).all()
    assert found["la_region"].to_dict() == {"Jokkmokk": "Gällivare", "Boden": "Luleå", "Haparanda": "Haparanda"}
    assert found["la_region_after"].isna().all()
    assert found["left_out"].str.startswith("Vägnät").all()


def test_the_page_stands_alone_and_leads_to_the_runs(out):
    page = (out[0] / "jamforelse.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="https?:', page)
    links = re.findall(r'<a href="([^"]+)"', page)
    assert len(links) == 3
    assert all((out[0] / link).is_file() for link in links)
    assert "en nolla kan vara ett litet antal som statistiken döljer" in page
    assert "Haparanda ligger vid gränsen" in page
    assert "GeoNames (CC BY 4.0)" in page
    book = openpyxl.load_workbook(out[0] / "jamforelse.xlsx", read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    head = next(r for r in rows if r[0] == "Kommun")
    assert "Försörjningskvot per 100" in head
    assert any(r[0] == "Boden" and 3456 in r for r in rows)
    book.close()


def test_a_run_without_roads_says_what_it_left_out_and_why(out):
    folder = out[0] / "norrbotten_haparanda"
    steps = pd.read_parquet(folder / "tables" / "steps_left_out.parquet").set_index("step")
    assert steps.loc["network", ["missing", "reason"]].tolist() == ["roads", "lagret Vägar finns inte i planen"]
    assert "planen har inget avsnitt [sites.<id>]" in steps.loc["catchment", "reason"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "Steg som utelämnats och varför" in report
    assert "Pendling till och från Finland finns inte i statistiken" in report
    moves = pd.read_parquet(folder / "tables" / "commuting_flows.parquet")
    assert moves[moves["direction"] == "out"].iloc[0][["other", "persons"]].tolist() == ["Kalix", 179]
    assert moves[moves["direction"] == "in"].iloc[0][["other", "persons"]].tolist() == ["Kalix", 132]
    assert read_run(folder).synthetic is False


def test_labour_market_regions_of_all_fourteen(tmp_path):
    plans = [read(p) for p in PLANS]
    cache = StepCache(tmp_path / "steg")
    runs = [(p, read_run(run_plan(p, tmp_path, cache=cache, today=DAY).folder)) for p in (plan.model_copy(update={"export": plan.export.model_copy(update={"formats": ("tables",)})}) for plan in plans)]
    found = compare_table(runs, "sv").frame.set_index("name")
    joins = {"Boden": "Luleå", "Piteå": "Luleå", "Kalix": "Luleå", "Älvsbyn": "Luleå", "Jokkmokk": "Gällivare"}
    assert {n: r for n, r in found["la_region"].items() if n != r} == joins
    assert len(found) == 14
    assert found.loc["Luleå", "out_percent"] < 20


# several plans


def test_two_plans_of_one_name_do_not_take_each_others_place(tmp_path):
    copy = tmp_path / "boden2.toml"
    boden = next(p for p in PLANS if p.stem == "boden")
    copy.write_text(boden.read_text(encoding="utf-8").replace('"../../layers"', f'"{(ROOT / "layers").as_posix()}"'), encoding="utf-8")
    done = run_batch([str(boden), str(copy)], tmp_path / "ut", load=lambda n: read(Path(n), overrides=['export.formats=["tables"]']), run=lambda p: run_plan(p, tmp_path / "ut"), today=DAY)
    assert [bool(o.error) for o in done.outcomes] == [False, True]
    assert "'norrbotten_boden' is that of" in done.outcomes[1].error
    assert done.exit_code == 1


def test_a_fault_of_ours_costs_the_others_nothing(tmp_path):
    boden = next(p for p in PLANS if p.stem == "boden")

    def load(name):
        if name == "trasig":
            raise RuntimeError("oväntat")
        return read(Path(name), overrides=['export.formats=["tables"]'])

    told = []
    done = run_batch(["trasig", str(boden)], tmp_path, load=load, run=lambda p: run_plan(p, tmp_path), said=lambda o, n: told.append((n, o.error)), today=DAY)
    assert done.exit_code == 3
    assert told == [(1, "internal error: RuntimeError: oväntat"), (2, "")]
    assert (tmp_path / "jamforelse.html").is_file()


def test_nothing_that_ran_leaves_no_comparison(tmp_path):
    done = run_batch([str(tmp_path / "a.toml"), str(tmp_path / "b.toml")], tmp_path, load=lambda n: read(Path(n)), run=lambda p: run_plan(p, tmp_path), today=DAY)
    assert done.files == ()
    assert done.exit_code == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_stands_for_its_plans(tmp_path, capsys):
    (tmp_path / "tom").mkdir()
    assert main(["run", str(tmp_path / "tom")]) == 1
    assert "is a folder without plans" in capsys.readouterr().err


def test_a_later_analysis_is_a_line_in_the_list(out):
    plans = [(read(p), read_run(out[0] / f"norrbotten_{p.stem}")) for p in PLANS if p.stem in ("boden", "jokkmokk")]
    more = Feed(FieldSpec("from_lulea", "int", Text("Från Luleå", "From Luleå")), "commuting_flows", "persons", where={"direction": "in", "other": "Luleå"})
    none = Feed(FieldSpec("projection", "int", Text("Framskrivning", "Projection")), "projection", "population", where={"year": 2040})
    found = compare_table(plans, "sv", (*FEEDS, more, none)).frame.set_index("name")
    assert found["from_lulea"].to_dict() == {"Jokkmokk": flows()["Luleå", "Jokkmokk"], "Boden": 1286}
    # a table that no run has leaves no empty column
    assert "projection" not in found


def test_steps_that_a_plan_stops_before_are_not_left_out():
    plan = read(PLANS[0], overrides=['plan.steps=["layers"]'])
    done = Done(LayerSet({}, None, None, None), {}, None, None, {}, {})
    assert left_out(plan, done).empty
