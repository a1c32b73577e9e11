"""The main job as people get it: `landplan run torsboda`, opened in real QGIS and real Chromium, banner read back."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio

from landplan.content import sample_folder, shipped_plan
from landplan.export.items import DEMO_BANNER
from tests.pages import all_of, cards_of, checks_of, config_of, plain

BANNER = DEMO_BANNER.sv
MARK = "DEMONSTRATIONSDATA"


@pytest.fixture(scope="session")
def manifest(torsboda):
    return json.loads((torsboda / "run.json").read_text(encoding="utf-8"))


def only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def test_the_run_directory_is_as_designed(torsboda):
    for pattern in ("*torsboda.qgz", "*torsboda.gpkg", "*report.html", "run.json"):
        only(torsboda, pattern)
    for team in ("industrial-land", "housing", "infrastructure"):
        only(torsboda, f"maps/*{team}.html")
        only(torsboda, f"sheets/*{team}.pdf")
    assert list((torsboda / "rasters").glob("*.tif"))
    assert list((torsboda / "tables").glob("*.xlsx"))


def test_every_file_that_rests_on_made_up_data_says_so_in_its_name(torsboda):
    # the dictionary says what the columns are called, and holds no data
    real = {"run.json", "data-dictionary.csv"} | {f.name for f in (torsboda / "tables").iterdir() if f.name.startswith("goals")}
    plain = [f.name for f in torsboda.rglob("*") if f.is_file() and not f.name.startswith(MARK) and f.name not in real]
    assert not plain


def test_every_page_carries_the_banner_and_prints_it(torsboda):
    pages = [*torsboda.glob("maps/*.html"), only(torsboda, "*report.html")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert BANNER in text, page.name
        assert "@media print" in text, page.name


def test_every_sheet_carries_the_banner(torsboda):
    for sheet in torsboda.glob("sheets/*.pdf"):
        raw = sheet.read_bytes()
        assert raw.startswith(b"%PDF")
        assert MARK.encode() in _pdf_words(raw), sheet.name


def _pdf_words(raw: bytes) -> bytes:
    """Words of a PDF's document information and drawing streams; fonts that code by glyph need the information."""
    out = [raw]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.S):
        try:
            out.append(zlib.decompress(stream.strip(b"\r\n")))
        except zlib.error:
            continue
    whole = b"\n".join(out)
    return whole + whole.replace(b"\x00", b"")


def test_every_workbook_carries_the_banner_first(torsboda):
    for path in torsboda.glob("tables/*.xlsx"):
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            top = " ".join(str(c.value) for r in sheet.iter_rows(min_row=1, max_row=3) for c in r if c.value)
            # the one table that rests on real figures alone is not marked
            assert MARK in top or sheet.title.startswith("Mål"), (path.name, sheet.title)


def test_the_projects_groups_and_layouts_carry_it(torsboda):
    with zipfile.ZipFile(only(torsboda, "*.qgz")) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    groups = re.findall(r'<layer-tree-group[^>]*name="([^"]+)"', text)
    assert any(MARK in g for g in groups)
    layouts = re.findall(r'<Layout [^>]*name="([^"]+)"', text)
    assert len(layouts) == 9
    assert all(MARK in name for name in layouts)


def test_rasters_carry_it_inside(torsboda):
    for path in torsboda.glob("rasters/*.tif"):
        with rasterio.open(path) as source:
            assert MARK in json.dumps(source.tags(), ensure_ascii=False), path.name
            assert source.overviews(1)
            assert source.nodata is not None
            assert source.crs.to_epsg() == 3006


@pytest.fixture(scope="session")
def made_up(torsboda):
    """Whether each layer of the sample is made up, from the sample's own list."""
    listed = json.loads((sample_folder() / "sample.json").read_text(encoding="utf-8"))["layers"]
    return {row["id"]: row["synthetic"] for row in listed}


def test_every_industrial_criterion_is_marked_as_its_layer_is(torsboda, made_up):
    plan = tomllib.loads(shipped_plan("torsboda").read_text(encoding="utf-8"))
    # what is worked out on the network rests on the roads too
    by_road = made_up["roads"]
    criteria = plan["suitability"]["industrial"]["criteria"]
    want = {c["title"]["sv"]: "demo" if made_up[c["layer"]] or (c["source"] == "labour" and by_road) else "real" for c in criteria}
    assert set(want.values()) == {"demo", "real"}
    cards = cards_of(only(torsboda, "maps/*industrial-land.html").read_text(encoding="utf-8"))
    assert len(cards) >= 8
    for card in cards:
        assert {line.title: line.mark for line in card.criteria} == want, card.name


def test_every_part_of_a_housing_card_is_marked(torsboda, made_up):
    assert made_up["roads"]
    cards = cards_of(only(torsboda, "maps/*housing.html").read_text(encoding="utf-8"))
    assert len(cards) == len(gpd.read_parquet(sample_folder() / "housing_sites.parquet"))
    for card in cards:
        assert [line.mark for line in card.criteria] == ["demo"] * 3, card.name


def test_what_the_ranking_was_not_tested_against_is_named(torsboda):
    report = only(torsboda, "*report.html").read_text(encoding="utf-8")
    (untested,) = re.findall(r'<h2 id="untested">Ej prövat mot</h2>\s*<ul>(.*?)</ul>', report, re.S)
    for missing in ("Riksintressen", "Natura 2000", "Kulturhistoriska lämningar"):
        assert f"<li>{missing}</li>" in untested


def test_land_has_a_reason_for_every_hectare(torsboda):
    """Ledger, shares of legal weight and score cards say the same land, in table, GeoPackage, map and report."""
    report = only(torsboda, "*report.html").read_text(encoding="utf-8")
    legal = pd.read_parquet(only(torsboda, "tables/*industrial_legal.parquet"))
    zones = gpd.read_parquet(sample_folder() / "municipalities.parquet").set_index("name").area / 10_000
    whole = legal.set_index("zone")[["absolute_ha", "dispensation_ha", "weigh_ha", "free_ha"]].sum(axis=1)
    assert set(whole.index) == {"Härnösand", "Timrå", "Sundsvall", "Kramfors"}
    # cells of 50 m by their middle, and a municipality's own outline
    assert (whole / zones.loc[whole.index] - 1).abs().max() < 0.01
    ledger = pd.read_parquet(only(torsboda, "tables/*industrial_ledger.parquet"))
    parts = pd.read_parquet(only(torsboda, "tables/*industrial_ledger_by_municipality.parquet"))
    summed = parts.groupby("title")["excluded_ha"].sum()
    assert summed.to_numpy() == pytest.approx(ledger.set_index("title").loc[summed.index, "excluded_ha"].to_numpy(), rel=1e-3)
    sites = gpd.read_file(only(torsboda, "*.gpkg"), layer="industrial_ranking")
    shared = sites[["absolute_ha", "dispensation_ha", "weigh_ha", "free_ha"]].sum(axis=1)
    assert (shared / (sites.geometry.area / 10_000) - 1).abs().max() < 1e-3
    candidates = sites[sites["kind"] == "candidate"]
    assert candidates["verified"].astype(bool).all()
    assert candidates["free_ha"].min() > 0
    for words in ("Blir fritt om skälet släpps", "Mark efter tyngsta hindret", "MB 7:13-18", "av 100 prövningar", 'id="curves"'):
        assert words in report, words
    cards = cards_of(only(torsboda, "maps/*industrial-land.html").read_text(encoding="utf-8"))
    best = sites.sort_values("rank").iloc[0]
    (first,) = (c for c in cards if c.name.endswith(best["name"]))
    parts = [float(line.contribution.replace(",", ".")) for line in first.criteria]
    # each is rounded to a tenth
    assert sum(parts) == pytest.approx(best["score_100"], abs=0.05 * len(parts) + 0.05)


def test_reasons_are_bits_that_a_table_explains(torsboda):
    bits = pd.read_parquet(only(torsboda, "tables/*industrial_bits.parquet"))
    with rasterio.open(only(torsboda, "rasters/*reasons_industrial.tif")) as source:
        assert source.dtypes == ("uint32",) * source.count
        mask = source.read(1)
        side = source.res[0] ** 2 / 10_000
    ledger = pd.read_parquet(only(torsboda, "tables/*industrial_ledger.parquet")).set_index("title")
    known = mask != 2**32 - 1
    for row in bits.itertuples():
        counted = (mask[known] & np.uint32(row.value) != 0).sum() * side
        # cells without a score have no bits in the raster
        assert counted <= ledger.loc[row.title, "excluded_ha"] + 1e-6
        assert counted > 0.9 * ledger.loc[row.title, "excluded_ha"]


def test_a_local_can_check_ten_figures(torsboda):
    """Ten, each modelled beside the published: the plan publishes one for every figure."""
    rows = checks_of(only(torsboda, "*report.html").read_text(encoding="utf-8"))
    wanted = tomllib.loads(shipped_plan("torsboda").read_text(encoding="utf-8"))["checks"]
    assert len(rows) == len(wanted) == 10
    for row, check in zip(rows, wanted, strict=True):
        assert row["Uppgift"] == check["title"]["sv"]
        ends = [f"{v:,}".replace(",", " ") for v in (check["published_low"], check["published_high"])]
        assert row["Publicerat"] == "–".join(dict.fromkeys(ends))
        assert row["Källa"] == check["source"]
        assert row["Enhet"] == {"minutes": "min", "population": "invånare", "area": "ha"}[check["kind"]]
        assert row["Stämmer"] == "inom gränsen"
    minutes = pd.read_parquet(only(torsboda, "tables/*minutes_to.parquet")).set_index("place")["minutes"]
    people = gpd.read_parquet(sample_folder() / "population_grid.parquet").groupby("municipality_code")["population"].sum()
    land = gpd.read_parquet(sample_folder() / "industrial_land.parquet").set_index("name").area / 10_000
    for row, check in zip(rows, wanted, strict=True):
        modelled = float(row["Beräknat"].replace(" ", "").replace(",", "."))
        if check["kind"] == "minutes":
            assert modelled == pytest.approx(minutes[check["to"]], abs=0.05 + 1e-6)
        elif check["kind"] == "population":
            assert modelled == people[check["feature"]]
        else:
            assert modelled == pytest.approx(land[check["feature"]], abs=0.05 + 1e-6)


TEAMS = ("industrial-land", "housing", "infrastructure")


def test_each_team_has_its_own_question_layers_and_tables(torsboda):
    plan = tomllib.loads(shipped_plan("torsboda").read_text(encoding="utf-8"))["teams"]
    pages = {team: only(torsboda, f"maps/*{team}.html").read_text(encoding="utf-8") for team in TEAMS}
    asked = {team: all_of(r'<h1 class="question">(.*?)</h1>', page) for team, page in pages.items()}
    layers = {team: {row["id"] for row in config_of(page)["layers"]} for team, page in pages.items()}
    tables = {team: {plain(t) for t in re.findall(r"<caption>(.*?)(?:<span|<small|</caption>)", page, re.S)} for team, page in pages.items()}
    for team in TEAMS:
        assert asked[team] == [plan[team.replace("-", "_")]["question"]["sv"]]
        others = [other for other in TEAMS if other != team]
        own = layers[team] - set().union(*(layers[other] for other in others))
        assert own & set(plan[team.replace("-", "_")]["layers"]), f"{team} shows no layer of its own"
        assert tables[team] - set().union(*(tables[other] for other in others)), f"{team} has no table of its own"
        assert set(plan[team.replace("-", "_")]["layers"]) <= layers[team]
        body = pages[team].split("<h2>Tabeller</h2>")[1]
        for table in re.findall(r"<table>.*?</table>", body.split("<article")[0], re.S):
            assert len(re.findall(r"<tr>", table.split("<tbody>")[1])) > 0
            assert "colspan" not in table, "an empty table says so over all columns"
    assert len({question for (question,) in asked.values()}) == 3
    assert {"industrial_ranking"} == {i for i in layers["industrial-land"] if i.endswith("_ranking")}
    assert {"housing_ranking"} == {i for i in layers["housing"] if i.endswith("_ranking")}
    assert {"isochrones", "reached_roads", "catchment_squares"} <= layers["infrastructure"]


def test_the_report_opens_with_the_answer_then_what_a_local_can_check(torsboda, manifest):
    report = only(torsboda, "*report.html").read_text(encoding="utf-8")
    body = report[report.index("<body") :]
    answer, check = body.index(manifest["answer"].split(";")[0]), body.index("Kontrollera själv")
    assert answer < check
    assert manifest["answer"].count(".") == 1
    assert manifest["answer"].endswith(".")
    for town in ("Sundsvalls centrum", "Härnösands centrum", "Timrå centrum", "flygplatsen"):
        assert town in body[check:]


def test_modelled_minutes_lie_within_a_quarter_of_the_published(torsboda):
    table = pd.read_parquet(only(torsboda, "tables/*minutes_to.parquet")).set_index("place")["minutes"]
    for place, low, high in (("Sundsvall", 15, 18.75), ("Härnösand", 20, 25), ("Timrå", 10, 12.5), ("Sundsvall Timrå Airport (SDL/ESNN)", 5, 8.75)):
        assert low <= table[place] <= high, (place, table[place])


def test_population_is_the_published_figure_exactly(torsboda):
    squares = gpd.read_file(only(torsboda, "*.gpkg"), layer="population_grid")
    # squares with few persons are grouped: nobody is shown alone and nobody is lost
    assert (squares["squares"] > 1).any()
    assert squares["population"].min() >= 3
    lived = gpd.read_parquet(sample_folder() / "population_grid.parquet")
    lived["geometry"] = lived.geometry.representative_point()
    within = lived[lived["population"] > 0].sjoin(squares[["geometry"]], predicate="within")
    assert squares["population"].sum() == within["population"].sum()
    assert squares["squares"].sum() == len(within)
    people = gpd.read_parquet(sample_folder() / "population_grid.parquet").groupby("municipality_code")["population"].sum()
    assert people.to_dict() == {"2280": 24_354, "2262": 17_496, "2281": 99_127, "2282": 17_446}


def test_no_inf_and_no_sentinel_reaches_a_file(torsboda):
    for path in torsboda.glob("tables/*.parquet"):
        frame = pd.read_parquet(path)
        numbers = frame.select_dtypes("number").to_numpy(dtype=float, na_value=float("nan"))
        assert not (abs(numbers) > 2e9).any(), path.name
    package = only(torsboda, "*.gpkg")
    for name, kind in pyogrio.list_layers(package):
        if kind is None:
            continue
        frame = pyogrio.read_dataframe(package, layer=name, read_geometry=False)
        numbers = frame.select_dtypes("number").to_numpy(dtype=float, na_value=float("nan"))
        assert not (abs(numbers) > 2e9).any(), name


def test_rings_do_not_overlap_and_areas_add_up(torsboda):
    rings = gpd.read_file(only(torsboda, "*.gpkg"), layer="isochrones").sort_values("minutes")
    assert rings["minutes"].tolist() == [15, 30, 45, 60]
    assert rings["band_ha"].cumsum().round(1).tolist() == rings["area_ha"].round(1).tolist()
    assert (rings["commission"] < 0.05).all()
    assert (rings["omission"] < 0.05).all()


def test_qgis_opens_project_and_package_with_styles(torsboda, in_qgis, tmp_path):
    project = in_qgis(only(torsboda, "*.qgz"), "--png", tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 20_000
    vectors = {k: v for k, v in project["layers"].items() if v.get("kind") == "vector"}
    assert len(vectors) >= 20
    for name, facts in project["layers"].items():
        assert facts["valid"], name
        assert facts["crs"] == "EPSG:3006", name
    by_end = {name.removeprefix("landplan_vector_"): facts for name, facts in vectors.items()}
    assert by_end["industrial_ranking"]["renderer"] == "graduatedSymbol"
    assert by_end["main_roads"]["renderer"] == "categorizedSymbol"
    assert by_end["isochrones"]["aliases"]["minutes"].startswith("Restid högst")
    package = in_qgis(only(torsboda, "*.gpkg"), "--png", tmp_path / "g.png")
    assert package["layers"]["roads"]["renderer"] == "categorizedSymbol"
    assert package["layers"]["roads"]["count"] > 20_000


@pytest.mark.parametrize("team", ["industrial-land", "housing", "education", "skills", "infrastructure", "financing", "safety"])
def test_chromium_opens_every_map_with_the_network_blocked(torsboda, browser, team):
    page = only(torsboda, f"maps/*{team}.html")
    browser.get("about:blank")  # the browser's own start page is not ours
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page.as_uri())
    browser.implicitly_wait(10)
    body = browser.find_element("tag name", "body")
    assert BANNER in body.text
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert urls
    assert all(u.startswith(("file:", "data:", "blob:")) for u in urls)
    assert not [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    assert page.stat().st_size < 8_000_000
