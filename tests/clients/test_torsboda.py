"""The main job as people get it: `landplan run torsboda`, opened in real QGIS and real Chromium, banner read back."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio

from landplan.export.items import DEMO_BANNER

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
    real = {"run.json"} | {f.name for f in (torsboda / "tables").iterdir() if f.name.startswith("goals")}
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
    assert len(layouts) == 3
    assert all(MARK in name for name in layouts)


def test_rasters_carry_it_inside(torsboda):
    for path in torsboda.glob("rasters/*.tif"):
        with rasterio.open(path) as source:
            assert MARK in json.dumps(source.tags(), ensure_ascii=False), path.name
            assert source.overviews(1)
            assert source.nodata is not None
            assert source.crs.to_epsg() == 3006


def test_score_cards_mark_each_criterion(torsboda):
    text = only(torsboda, "maps/*industrial-land.html").read_text(encoding="utf-8")
    assert "demo" in text
    report = only(torsboda, "*report.html").read_text(encoding="utf-8")
    assert "Ej prövat mot" in report
    for missing in ("Riksintressen", "Natura 2000", "Kulturhistoriska lämningar"):
        assert missing in report


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
    few = squares["population"].isna()
    assert few.any()
    assert squares.loc[~few, "population"].min() >= 3
    from landplan.content import sample_folder

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


@pytest.mark.parametrize("team", ["industrial-land", "housing", "infrastructure"])
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
