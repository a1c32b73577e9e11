"""Score cards in tables, GeoPackage and report; bands of reasons; what a card says of land, dates and property units."""

from __future__ import annotations

import datetime as dt
import html
import math
import re
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rasterio

from landplan import plan as p
from landplan.export.cards import card_view
from landplan.export.items import CriterionScore, SiteCard
from landplan.run import run_plan
from landplan.run.cache import StepCache
from landplan.run.card_tables import card_tables
from landplan.run.cards import _line, _lower, _small
from landplan.run.reasons import BAND, deducted_ha, land_figures, parcels_known, site_figures, whole_ha
from landplan.run.wording import both, minutes
from landplan.style import Text

DAY = dt.date(2026, 11, 26)


def plan_of(folder, *changes, add=""):
    text = (folder / "toy.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "toy.toml").write_text(text.replace("[suitability.housing]\n", add + "[suitability.housing]\n", 1), encoding="utf-8")
    return p.read(folder / "toy.toml")


@pytest.fixture
def town(toy, tmp_path):
    folder = tmp_path / "min plan å"
    shutil.copytree(toy, folder)
    return folder


def test_contributions_add_up_in_every_file(town, tmp_path):
    plan = plan_of(town, ("max_sites = 3", "max_sites = 3\nmax_slope = 12"))
    folder = run_plan(plan, town / "out", cache=StepCache(tmp_path / "steg"), today=DAY).folder
    for block in ("industrial", "housing"):
        ranked = pd.read_parquet(folder / "tables" / f"{block}_table.parquet").set_index("site_id")
        cards = pd.read_parquet(folder / "tables" / f"{block}_cards.parquet")
        assert set(cards["site_id"]) == set(ranked.index)
        total = cards.groupby("site_id")["contribution_100"].sum()
        assert total.to_numpy() == pytest.approx(ranked.loc[total.index, "score_100"].to_numpy(), abs=1e-3)
        assert cards["contribution_100"].to_numpy() == pytest.approx((cards["weight_percent"] * cards["score_100"] / 100).to_numpy())
        assert (cards.groupby("site_id")["weight_percent"].sum() - 100).abs().max() < 1e-9
        worst = cards.loc[cards.groupby("site_id")["loss_100"].idxmax()].set_index("site_id")
        assert worst["costs_most"].all()
        assert worst["title_sv"].to_dict() == ranked["limiting_title"].to_dict()
        machine = pd.read_csv(folder / "tables" / f"{block}_cards.csv")
        assert machine["contribution_100"].sum() == pytest.approx(cards["contribution_100"].sum())
        db = sqlite3.connect(folder / "toy.gpkg")
        rows = db.execute(f"SELECT site_id, sum(contribution_100) FROM {block}_cards GROUP BY site_id").fetchall()
        assert dict(rows) == pytest.approx(total.to_dict())
        said = dict(db.execute("SELECT column_name, title FROM gpkg_data_columns WHERE table_name = ?", (f"{block}_cards",)))
        db.close()
        assert said["contribution_100"] == "Bidrag till poängen"
    words = pd.read_csv(folder / "tables" / "data-dictionary.csv").astype(str)
    assert words.apply(lambda row: row.str.contains("industrial_cards").any() and row.str.contains("contribution_100").any(), axis=1).any()
    book = pd.read_excel(next((folder / "tables").glob("industry.xlsx")), sheet_name=None, header=None)
    assert any("Bidrag till poängen" in frame.to_csv() for frame in book.values())
    roads = pd.read_parquet(folder / "tables" / "industrial_cards.parquet").query("criterion_id == 'road'")
    assert set(roads["unit"]) == {"m"}  # cards say long ones in kilometres
    report = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    # the cards' table is not told twice, and what was not tested stands at the ranking
    assert "Kriteriets namn i planen" not in report
    after = report[report.index("<caption>Alla lägen i rangordning") :]
    assert after.index("Rangordningen är ej prövad mot: Strandskydd") < after.index("</caption>")
    first = report[report.index("<caption>Poängkort: 1.") :]
    cells = re.findall(r"<tr>(.*?)</tr>", first[: first.index("</tbody>")], re.S)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in cells]
    *parts, whole = [float(row[4].replace(",", ".")) for row in rows if row]
    assert sum(parts) == pytest.approx(whole, abs=0.1 * len(parts))
    assert "Mark efter tyngsta hindret: Inget hinder" in first
    method = report[report.index("Kandidater är sammanhängande") :]
    for part in ("5–10 ha", "minst 20 poäng", "högst 3 kandidater", "1\u00a0000 m från varandra", "mer än 12 %", "Aldrig kandidat: Vatten."):
        assert part in method[:1500], part
    ledger = pd.read_parquet(folder / "tables" / "industrial_ledger.parquet")
    assert ledger["data_date"].tolist() == ["datum okänt"]


def test_more_constraints_than_a_band_holds(town, tmp_path):
    more = "".join(
        f'[[suitability.industrial.constraints]]\nname = "k{i}"\ntitle = {{ sv = "Vatten {i}", en = "Water {i}" }}\nlayer = "water"\nwithin_m = {110 + 10 * i}\n\n'
        for i in range(BAND + 6)
    )
    change = ('formats = ["geopackage", "tables", "report"]', 'formats = ["tables", "rasters"]')
    folder = run_plan(plan_of(town, change, add=more), town / "out", cache=StepCache(tmp_path / "steg"), today=DAY).folder
    bits = pd.read_parquet(folder / "tables" / "industrial_bits.parquet")
    ledger = pd.read_parquet(folder / "tables" / "industrial_ledger.parquet").set_index("title")
    assert bits["band"].tolist() == [1] * BAND + [2] * (len(bits) - BAND)
    assert bits["bit"].max() == BAND - 1 == 30
    with rasterio.open(folder / "rasters" / "reasons_industrial.tif") as source:
        assert source.dtypes == ("uint32",) * 2
        bands = source.read()
    known = bands != 2**32 - 1
    assert (known[0] == known[1]).all()
    # a cell that every constraint excludes is still told from one that nothing is known of
    assert (bands[0][known[0]] == 2**BAND - 1).any()
    for row in bits.itertuples():
        band = bands[row.band - 1]
        counted = ((band & np.uint32(row.value)) != 0)[known[0]].sum() * 0.25
        assert counted == pytest.approx(ledger.loc[row.title, "excluded_ha"]), row.title


ROW = {"area_ha": 72.0, "free_ha": 70.0, "weigh_ha": 2.0, "dispensation_ha": 0.0, "absolute_ha": 0.0, "allowed_ha": 64.0, "known_share": 1.0}


@pytest.fixture
def block(toy):
    return p.read(toy / "toy.toml").suitability["industrial"]


def hectares(figures):
    return [float(v.replace("\u00a0", " ").replace("−", "-").replace(",", ".").split(" ")[0]) for _, v in figures]


def test_a_cards_hectares_add_up(block):
    bridged = block.model_copy(update={"bridgeable": ({"layer": "roads"},)})
    figures = land_figures(bridged, ROW, "sv")
    assert [t.sv for t, _ in figures][-2:] == ["Avgår för småvägar och diken", "Mark som får användas"]
    *parts, usable = hectares(figures)
    assert sum(parts) == pytest.approx(usable)
    # a found site's own area leaves its small roads out, its outline does not
    assert whole_ha({"area_ha": 80.0, "bridged_ha": 4.5}) == 84.5
    assert whole_ha({"area_ha": 72.0, "bridged_ha": math.nan}) == 72.0
    assert deducted_ha({"free_ha": 80.0, "allowed_ha": 80.0 + 1e-12}) == 0


@pytest.mark.parametrize(
    ("area", "allowed", "want"),
    [(4.0, 4.0, " Området är 4 ha, planen kräver 5 ha."), (40.0, 4.0, " Bara 4 ha är fria från hinder, planen kräver 5 ha."),
     (40.0, 0.0, " Ingen mark är fri från hinder, planen kräver 5 ha.")],
)  # fmt: skip
def test_a_site_that_is_too_small_is_told_from_one_that_is_hindered(block, area, allowed, want):
    assert _small(block, {"area_ha": area, "allowed_ha": allowed}).sv == want


def test_words_of_a_card():
    assert _lower(Text("I arbetsför ålder", "Of working age")).sv == "i arbetsför ålder"
    assert _lower(Text("GIS-lager", "GIS layer")).sv == "GIS-lager"
    assert (minutes(both(1.2)).sv, minutes(both(1.8)).sv) == ("1 minut", "2 minuter")


@pytest.mark.parametrize(
    ("row", "want"),
    [({"parcels": 6, "parcels_known_share": 0.4}, "minst 6"), ({"parcels": 6, "parcels_known_share": 1.0}, "6"), ({"parcels": 0, "parcels_known_share": 0.0}, "okänt"),
     ({"parcels": 6}, "6"), ({"parcels": 0}, None)],
)  # fmt: skip
def test_property_units_that_no_layer_reaches_are_unknown(block, row, want):
    class Result:
        robust = None

    said = {t.sv: v for t, v in site_figures(block, Result(), {"site_id": "a", **row}, "sv")}
    assert said.get("Fastigheter som berörs") == want
    assert parcels_known(row)[0] == (None if want == "okänt" else row["parcels"])


def test_a_criterion_that_is_not_known_has_no_points_and_the_others_count_for_more(block):
    row = {"score_slope": math.nan, "value_slope": math.nan, "score_road": 0.5, "value_road": 40.0, "contribution_road": 0.5, "contribution_slope": math.nan}
    lines = [_line(block, row, counted, 0.4, {}) for counted in (("slope", 0.6, "%"), ("road", 0.4, "m"))]
    card = SiteCard(site_id="a", name="A", rank=1, score=0.5, area_ha=1.0, reason=Text("", ""), limiting=lines[1].title, criteria=tuple(lines))
    shore = (Text("Strandskydd", "Shore protection"), 4.2)
    assert card_view(replace(card, excluded_ha=(shore, (Text("Vatten", "Water"), 1.0))), "en")["limiting_constraint"] == "Shore protection"
    assert card_view(card, "sv")["limiting_constraint"] == ""
    slope, road = card_view(card, "sv")["criteria"]
    assert (slope["value"], slope["score"], slope["contribution"]) == ("okänt, räknas inte", "", "")
    assert (slope["weight"], road["weight"]) == ("0\u00a0%", "100\u00a0%")
    assert road["value"] == "40\u00a0m i medeltal"
    assert card_view(card, "sv")["sum"] == "50,0"
    # weights are tried from the plan's own
    assert [line.weight for line in lines] == [0.6, 0.4]


def test_a_withheld_criterion_is_not_worked_back_from_the_table(toy):
    plan = p.read(toy / "toy.toml")
    line = CriterionScore(id="road", title=Text("Väg", "Road"), value=812.5, unit="m", score=0.72917, weight=1.0, contribution=0.72917, reality="real")
    card = SiteCard(site_id="a", name="A", rank=1, score=0.72917, area_ha=1.0, reason=Text("", ""), limiting=Text("Väg", "Road"), criteria=(line,))
    shown = replace(card, criteria=(replace(line, value=None, reason="restricted"),))
    whole, open_ = card_tables(plan, {"industrial": (card,)}, {"industrial": (shown,)})
    assert (whole.sharing, open_.sharing) == ("restricted", "open")
    assert whole.frame["value"].tolist() == [812.5]
    assert open_.frame["value"].isna().all()
    assert open_.frame["score_100"].tolist() == [73.0]
    assert open_.frame["loss_100"].isna().all()
