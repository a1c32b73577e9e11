import csv
import datetime as dt
import io
import json

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from small_atlas import PAYLOAD

from landplan.export import tables
from landplan.export.items import DEMO_BANNER


@pytest.fixture(scope="module")
def folder(atlas, tmp_path_factory):
    target = tmp_path_factory.mktemp("tables")
    made = tables.write(atlas, target)
    assert sorted(made) == sorted(target.iterdir())
    return target


def test_names_are_marked(folder):
    names = {p.name for p in folder.iterdir()}
    assert {"DEMONSTRATIONSDATA_industry.xlsx", "DEMONSTRATIONSDATA_catchment.csv", "none.csv"} <= names


def test_workbook_for_people(folder):
    book = openpyxl.load_workbook(folder / "DEMONSTRATIONSDATA_industry.xlsx")
    assert book.sheetnames[-1] == "Källor"
    sheet = book[book.sheetnames[0]]
    assert sheet["A1"].value == DEMO_BANNER.sv
    assert sheet["A2"].value == "Pendlingsomland per kommun"
    heads = [c.value for c in sheet[4]]
    assert heads == ["Kommun", "Folkmängd (personer)", "Restid (min)", "Planskede", "Räknat", "uses", "Varför värde saknas"]
    assert sheet["B5"].value == 24_515
    assert sheet["B5"].number_format == "#,##0"
    assert sheet["C5"].value == pytest.approx(21.65)
    assert sheet["C6"].value is None
    assert sheet["G6"].value == "bortom tidsgränsen"
    assert sheet["D5"].value == "antagen"
    assert sheet["E5"].value == dt.datetime(2025, 12, 31)
    assert sheet.freeze_panes == "B5"
    assert sheet.oddHeader.center.text == DEMO_BANNER.sv


def test_text_that_looks_like_a_formula_stays_text(folder):
    book = openpyxl.load_workbook(folder / "DEMONSTRATIONSDATA_industry.xlsx")
    cell = book[book.sheetnames[0]]["A6"]
    assert cell.data_type == "s"
    assert cell.value == "=1+1"
    csv_text = (folder / "DEMONSTRATIONSDATA_catchment_excel.csv").read_text("utf-8-sig")
    assert "\n'=1+1;" in csv_text


def test_restricted_tables_are_left_out_and_named(folder):
    book = openpyxl.load_workbook(folder / "DEMONSTRATIONSDATA_industry.xlsx")
    cells = [str(c.value) for sheet in book for row in sheet for c in row]
    assert not any("HEMLIGT" in c for c in cells)
    assert any("Hemlig tabell" in c for c in cells)


def test_machine_csv(folder):
    raw = (folder / "DEMONSTRATIONSDATA_catchment.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode())))
    assert rows[0]["minutes"] == "21.65"
    assert rows[1] == {
        "municipality": "=1+1", "population": "99439", "minutes": "", "stage": "unknown", "counted": "",
        "uses": "[]", "reason": "beyond_cutoff",
    }  # fmt: skip
    assert rows[2]["municipality"] == PAYLOAD


def test_swedish_csv(folder):
    raw = (folder / "DEMONSTRATIONSDATA_catchment_excel.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][1] == "Folkmängd (personer)"
    assert rows[1][:4] == ["Härnösand", "24515", "21,65", "antagen"]
    assert all(row[-1] == DEMO_BANNER.sv for row in rows[1:])


def test_parquet(folder):
    back = pd.read_parquet(folder / "DEMONSTRATIONSDATA_catchment.parquet")
    assert back["minutes"].isna().tolist() == [False, True, True]
    assert back["counted"][0] == dt.date(2025, 12, 31)
    note = json.loads(pq.read_schema(folder / "DEMONSTRATIONSDATA_catchment.parquet").metadata[b"landplan"])
    assert note["banner"] == DEMO_BANNER.sv
    assert note["columns"]["minutes"]["unit"] == "min"


def test_empty_table(folder):
    assert (folder / "none.csv").read_text() == "a\n"
    assert pd.read_parquet(folder / "none.parquet").empty


def test_english_headings(english, tmp_path):
    tables.write(english, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "DEMONSTRATIONSDATA_industry.xlsx")
    assert book.sheetnames[-1] == "Sources"
    assert book[book.sheetnames[0]]["B4"].value == "Population (personer)"
    # the file for Swedish Excel keeps the decimal comma whatever the language
    assert "21,65" in (tmp_path / "DEMONSTRATIONSDATA_catchment_excel.csv").read_text("utf-8-sig")


def test_without_demonstration_data_there_is_no_banner(real_atlas, tmp_path):
    tables.write(real_atlas, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "industry.xlsx")
    assert all(DEMO_BANNER.sv not in str(c.value) for sheet in book for row in sheet for c in row)
