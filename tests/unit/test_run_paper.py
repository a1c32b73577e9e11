"""What a run leaves on paper and in its report: sheets as the plan asks, every figure from the tables, what changed."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import shutil
from xml.etree import ElementTree

import pandas as pd
import pytest

from landplan import plan as p
from landplan.compare import compare_runs
from landplan.errors import PlanError
from landplan.run import formulas, run_plan
from landplan.run.cache import StepCache

DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return StepCache(tmp_path_factory.mktemp("steg"))


@pytest.fixture
def town(toy, tmp_path):
    shutil.copytree(toy, tmp_path / "stad å")
    return tmp_path / "stad å"


def go(town, cache, out, *change, day=DAY):
    return run_plan(p.read(town / "toy.toml", overrides=list(change)), out, cache=cache, today=day).folder


def test_sheets_are_written_on_the_papers_of_the_plan(town, cache, tmp_path):
    only = 'export.formats=["sheets"]'
    both = {f.name for f in (go(town, cache, tmp_path / "a", only) / "sheets").iterdir()}
    sites = {f for f in both if f not in ("industry.pdf", "industry-a3.pdf")}
    assert {"industry.pdf", "industry-a3.pdf"} < both
    assert "industry-north.pdf" in sites
    assert 1 <= len(sites) <= 3
    large = {f.name for f in (go(town, cache, tmp_path / "b", only, 'export.papers=["A3"]') / "sheets").iterdir()}
    assert large == sites | {"industry-a3.pdf"}
    with pytest.raises(PlanError, match="papers"):
        p.read(town / "toy.toml", overrides=['export.papers=["A5"]'])


NUMBER = re.compile(r"\d[\d\u00a0 ]*(?:,\d+)?")


def report_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def rows_of(report, chapter):
    """The rows of a chapter's first table: its attributes, and its cells as text."""
    part = report[report.index(f'<h2 id="{chapter}">') :]
    part = part[: part.index("</table>")]
    for row in re.findall(r"<tr([^>]*)>(.*?)</tr>", part.split("<tbody>")[1], re.S):
        facts = {k: html.unescape(v) for k, v in re.findall(r'data-(\w+)="([^"]*)"', row[0])}
        yield facts, [html.unescape(re.sub(r"<[^>]+>", "", c)) for c in re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.S)]


def chapter_of(report, chapter):
    part = report[report.index(f'<h2 id="{chapter}">') :]
    part = part[4 : part.index("<h2", 4)]
    return html.unescape(re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", part)))


def swedish(value, decimals=0):
    return f"{value:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",")


def answers_of(report):
    whole = re.search(r'id="answer">(.*?)</p>', report, re.S).group(1)
    teams = re.findall(r'<p class="fine">[^<]*</p>\s*<p>(.*?)</p>', report[report.index('<h2 id="teams">') :], re.S)
    return [html.unescape(t) for t in (whole, *teams)]


WINTER = ["catchment.seasons=['summer', 'winter']", "catchment.rules=[{ season = 'winter', factor = 0.5, source = 'antagande' }]"]
TEAMS = ['teams.people={ title = { sv = "Folk", en = "People" }, results = ["catchment", "housing"] }']


def test_every_number_in_the_answers_is_in_the_tables(town, cache, tmp_path):
    folder = go(town, cache, tmp_path, *WINTER, *TEAMS)
    report = report_of(folder)
    rows = list(rows_of(report, "figures"))
    assert {facts["table"] for facts, _ in rows} == {"thresholds", "season_change", "industrial_table", "housing_table"}
    shown = set()
    for facts, cells in rows:
        for table in (pd.read_parquet(folder / "tables" / f"{facts['table']}.parquet"), pd.read_csv(folder / "tables" / f"{facts['table']}.csv")):
            for name, value in json.loads(facts["where"]).items():
                table = table[table[name] == value]
            if facts["column"]:
                (value,) = table[facts["column"]]
                said = swedish(float(value), int(facts["decimals"]))
            else:
                said = swedish(len(table))
            assert said == cells[0], facts
        shown.add(cells[0])
    answers = answers_of(report)
    assert len(answers) == 3
    for answer in answers:
        left = answer
        # the minutes of the question, and "of 100"
        for given in re.findall(r"inom (\d+) minuter|(av 100)\b", left):
            left = left.replace(f"inom {given[0]} minuter" if given[0] else given[1], "", 1)
        found = {n.strip() for n in NUMBER.findall(left)}
        assert found, answer
        assert found <= shown, (answer, shown)


def test_every_number_in_the_best_sites_reasons_is_in_their_table(town, cache, tmp_path):
    folder = go(town, cache, tmp_path)
    report = report_of(folder)
    table = pd.read_parquet(folder / "tables" / "industrial_table.parquet").set_index("rank")
    best = re.findall(r"<li><b>(\d+)\. ([^<]*)</b><span class=\"points\">(.*?)</span>\s*<p>(.*?)</p>", report, re.S)
    assert len(best) == 3
    for rank, name, points, reason in best:
        row = table.loc[int(rank)]
        assert name == row["name"]
        points = html.unescape(points)
        assert points.startswith(f"{swedish(row['score_100'])} av 100 poäng")
        area = swedish(row["area_ha"], 0 if row["area_ha"] >= 100 or float(row["area_ha"]).is_integer() else 1)
        assert points.endswith(f"{area}\u00a0ha")
        said = html.unescape(reason)
        people = re.search(r"([\d\u00a0]+) i arbetsför ålder \(20–64 år\) når det inom 5 minuter", said)
        assert people.group(1) == swedish(row["working_age_within_5_min"])
        left = said.replace(people.group(0), "")
        for pattern, column in ((r"([\d\u00a0]+)\u00a0m till större väg", "main_road_m"), (r"Bara ([\d\u00a0]+) ha är fria", "allowed_ha"), (r"Området är ([\d\u00a0]+) ha", "area_ha")):
            if found := re.search(pattern, left):
                assert found.group(1) == swedish(row[column])
                left = left.replace(found.group(0), "")
        left = left.replace("planen kräver 5 ha", "")
        if found := re.search(r"Etta i (\d+) av 100 prövningar", left):
            assert found.group(1) == swedish(row["first_percent"])
            left = left.replace(found.group(0), "")
        assert not NUMBER.findall(left), left


def test_a_figure_that_its_table_hides_is_not_said(town, cache, tmp_path):
    folder = go(town, cache, tmp_path, "export.min_persons=100000")
    report = report_of(folder)
    assert pd.read_parquet(folder / "tables" / "thresholds.parquet")["population"].isna().all()
    assert "nås av ett ej redovisat antal invånare" in answers_of(report)[0]


def test_the_first_run_says_that_there_was_none_before(town, cache, tmp_path):
    assert "Det fanns ingen tidigare körning" in chapter_of(report_of(go(town, cache, tmp_path)), "changes")


def test_the_next_run_says_what_changed_and_only_that(town, cache, tmp_path):
    first = go(town, cache, tmp_path / "ut")
    shutil.copytree(first, tmp_path / "förra")
    second = go(town, cache, tmp_path / "ut", "catchment.junction_s=30", day=DAY + dt.timedelta(days=2))
    found = compare_runs(tmp_path / "förra", second)
    said = chapter_of(report_of(second), "changes")
    assert "Jämfört med körningen 2026-11-23" in said
    moved = found.thresholds[found.thresholds["change"] != 0]
    assert len(moved) > 0
    for row in moved.itertuples():
        change = swedish(row.change).replace("-", "\u2212")
        assert f" {row.minutes:g} {swedish(row.before)} {swedish(row.after)} {change} " in said
    assert "catchment.junction_s 0 30" in said
    assert "Ändrade lager" not in said
    # no road of the industrial criterion is measured in minutes: its ranking stays, and is not shown
    assert "Områden för industri" not in said
    changed = found.rankings["housing_table"]
    changed = changed[changed["score_before"].round(1) != changed["score_after"].round(1)]
    assert ("Bostadsområden i rangordning: ändrad plats eller poäng" in said) == bool(len(changed))
    for row in changed.itertuples():
        assert f" {row.name} {row.rank_before:.0f} {row.rank_after:.0f} {swedish(row.score_before, 1)} {swedish(row.score_after, 1)} " in said


def test_a_changed_layer_and_a_run_that_found_the_same(town, cache, tmp_path):
    go(town, cache, tmp_path)
    services = town / "services.csv"
    services.write_text(services.read_text(encoding="utf-8").replace("Förskolan", "Skolan"), encoding="utf-8")
    said = chapter_of(report_of(go(town, cache, tmp_path)), "changes")
    assert re.search(r"Ändrade lager: [^.]*[Ss]ervice", said)
    assert "Ändrade parametrar" not in said
    again = run_plan(p.read(town / "toy.toml"), tmp_path, cache=cache, today=DAY, force=True).folder
    assert "är desamma" in chapter_of(report_of(again), "changes")
    table = next(again.glob("tables/thresholds.parquet"))
    table.write_bytes(b"broken")
    broken = run_plan(p.read(town / "toy.toml"), tmp_path, cache=cache, today=DAY, force=True).folder
    assert "gick inte att läsa" in chapter_of(report_of(broken), "changes")


def test_the_formulas_of_the_plan_are_printed(town, cache, tmp_path):
    report = report_of(go(town, cache, tmp_path, *WINTER))
    plain = re.findall(r'alttext="([^"]*)"', report)
    assert "S_i = 100 · Σ_k w_k · v_k(x_ik)" in plain
    assert "N(T) = Σ{i: t_i ≤ T} p_i" in plain
    assert any(t.startswith("t_i = 60 · 1,3 · d_i / (1000 · a)") for t in plain)
    said = chapter_of(report, "method")
    assert "a = 15 km/h" in said
    assert "vinter: hastigheten gånger 0,50 (antagande)" in said
    assert "vikterna är 0,50; 0,30; 0,20" in said
    for math in re.findall(r"<math[^>]*>.*?</math>", report, re.S):
        ElementTree.fromstring(math)


@pytest.mark.parametrize("method", ["wlc", "owa", "topsis", "product", "minimum"])
def test_every_method_has_a_formula(method):
    math, plain = formulas.MATH[method]
    ElementTree.fromstring(f"<math>{math}</math>")
    assert plain.startswith("S_i = 100 · ")


def test_the_printed_formula_is_what_the_score_is(town, cache, tmp_path):
    """A site's points are the sum of its criteria's points times their weights: the contributions on its card."""
    report = report_of(go(town, cache, tmp_path))
    assert "S_i = 100 · Σ_k w_k · v_k(x_ik)" in report
    table = pd.read_parquet(tmp_path / "toy" / "tables" / "housing_table.parquet")
    plan = p.read(town / "toy.toml")
    rank = plan.suitability["housing"].ranking

    def value(t, best, worst):
        return min(max((worst - t) / (worst - best), 0.0), 1.0)

    for row in table.itertuples():
        parts = (
            rank.commute_weight * value(row.commute_min, rank.commute_best_min, rank.commute_worst_min),
            rank.services_weight * value(row.services_min, rank.services_best_min, rank.services_worst_min),
            rank.suitability_weight * row.suitability_100 / 100,
        )
        assert row.score_100 == pytest.approx(100 * sum(parts), abs=0.06)
