import csv
import datetime as dt
import io
import json
import zipfile

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
    assert sorted(made) == sorted(f for f in target.rglob("*") if f.is_file())
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


def dictionary_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_the_dictionary_tells_every_column_of_every_open_table(atlas, folder):
    rows = dictionary_of(folder / "data-dictionary.csv")
    assert list(rows[0]) == ["table", "column", "title_sv", "title_en", "unit", "type", "description"]
    told = {(r["table"], r["column"]) for r in rows}
    for item in atlas.tables:
        written = set(pd.read_parquet(next(folder.rglob(f"*{item.id}.parquet"))).columns)
        assert {c for t, c in told if t == item.id} == (set() if item.sharing == "restricted" else written)
    by_name = {r["column"]: r for r in rows}
    assert by_name["minutes"] == {
        "table": "catchment", "column": "minutes", "title_sv": "Restid", "title_en": "Travel time", "unit": "min", "type": "float",
        "description": "Tom cell: värdet saknas, skälet står i kolumnen reason.",
    }  # fmt: skip
    assert by_name["stage"]["description"] == "Koder: adopted = antagen; in_force = laga kraft; unknown = uppgift saknas."
    assert "beyond_cutoff = bortom tidsgränsen" in by_name["reason"]["description"]
    assert not any("\ufeff" in k for k in rows[0])


def test_each_workbook_explains_its_own_columns(folder, english, tmp_path):
    book = openpyxl.load_workbook(folder / "DEMONSTRATIONSDATA_industry.xlsx")
    assert book.sheetnames == ["Pendlingsomland per kommun", "Ingenting", "Kolumner", "Källor"]
    sheet = book["Kolumner"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == ["Tabell", "Kolumn", "Namn på svenska", "Namn på engelska", "Enhet", "Slag", "Beskrivning"]
    assert ["catchment", "minutes", "Restid", "Travel time", "min", "decimaltal"] in [r[:6] for r in rows]
    assert {r[0] for r in rows[1:]} == {"catchment", "none"}
    assert openpyxl.load_workbook(folder / "DEMONSTRATIONSDATA_bare.xlsx").sheetnames == ["Källor"]
    tables.write(english, tmp_path)
    assert "Columns" in openpyxl.load_workbook(tmp_path / "DEMONSTRATIONSDATA_industry.xlsx").sheetnames


def test_restricted_tables_lie_in_their_own_folder_alone(folder):
    secret = {f for f in folder.rglob("*") if f.is_file() and b"HEMLIGT-OBJEKT" in f.read_bytes()}
    assert secret >= {folder / "restricted" / "hidden.csv", folder / "restricted" / "hidden_excel.csv"}
    assert {f.name for f in (folder / "restricted").iterdir()} == {"hidden.csv", "hidden_excel.csv", "hidden.parquet", "data-dictionary.csv"}
    assert all("restricted" in f.parts for f in secret)
    assert not [f for f in folder.iterdir() if "hidden" in f.name]
    assert {r["table"] for r in dictionary_of(folder / "restricted" / "data-dictionary.csv")} == {"hidden"}


def test_a_restricted_table_is_in_no_sheet_or_report(atlas):
    import matplotlib as mpl

    from landplan.export import report, sheets

    for page in atlas.pages:
        said = [t.get_text() for t in sheets.draw(atlas, page).findobj(mpl.text.Text)]
        assert "HEMLIGT-OBJEKT" not in " ".join(said)
    assert "HEMLIGT-OBJEKT" not in report.report_html(atlas)


def one_table(atlas, frame, fields=(), **more):
    from dataclasses import replace

    from landplan.export.items import TableItem
    from landplan.style import Text

    item = TableItem(id="t", title=Text("Tabell", "Table"), frame=frame, fields=fields, **more)
    return replace(atlas, tables=(item,), pages=(replace(atlas.pages[0], tables=("t",)),))


def test_a_table_longer_than_a_sheet_is_cut_with_a_message(real_atlas, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("landplan.export.workbook.MOST_ROWS", 20)
    frame = pd.DataFrame({"n": range(1000)})
    tables.write(one_table(real_atlas, frame), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "industry.xlsx")["Tabell"]
    assert sheet.max_row == 20
    assert sheet["A2"].value == (
        "Tabellen har 1\u00a0000 rader, fler än Excel rymmer. Här står de 17 första; alla finns i t.csv."
    )
    assert [c.value for c in sheet["A"]][2:5] == ["n", 0, 1]
    assert sheet["A20"].value == 16
    assert sheet.auto_filter.ref == "A3:A20"
    assert "table t: 17 of 1000 rows fit in the workbook" in caplog.text
    assert len(pd.read_csv(tmp_path / "t.csv")) == len(pd.read_parquet(tmp_path / "t.parquet")) == 1000


def test_a_table_that_just_fits_is_whole(real_atlas, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("landplan.export.workbook.MOST_ROWS", 20)
    tables.write(one_table(real_atlas, pd.DataFrame({"n": range(18)})), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "industry.xlsx")["Tabell"]
    assert sheet["A20"].value == 17
    assert "fit in the workbook" not in caplog.text


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one_row(real_atlas, tmp_path, rows):
    frame = pd.DataFrame({"name": ["Öbo"] * rows, "minutes": [1.5] * rows})
    tables.write(one_table(real_atlas, frame), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "industry.xlsx")["Tabell"]
    assert [[c.value for c in r] for r in sheet.iter_rows(min_row=2)] == [["name", "minutes"], *[["Öbo", 1.5]] * rows]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "name,minutes\n" + "Öbo,1.5\n" * rows
    assert len(pd.read_parquet(tmp_path / "t.parquet")) == rows
    assert (sheet.auto_filter.ref is None) == (rows == 0)


NASTY = ("\"'</script><img src=x onerror=alert(1)>;,\n" * 8)[:300]


def test_names_of_300_characters_come_back_whole_and_harmless(real_atlas, tmp_path):
    from landplan.export import report

    assert len(NASTY) == 300
    atlas = one_table(real_atlas, pd.DataFrame({"name": [NASTY, "=cmd()"]}))
    tables.write(atlas, tmp_path)
    assert pd.read_parquet(tmp_path / "t.parquet")["name"][0] == NASTY
    assert next(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"), newline="")))["name"] == NASTY
    rows = list(csv.reader(io.StringIO((tmp_path / "t_excel.csv").read_bytes().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[1:] == [[NASTY], ["'=cmd()"]]
    sheet = openpyxl.load_workbook(tmp_path / "industry.xlsx")["Tabell"]
    assert sheet["A3"].value == NASTY
    assert sheet["A4"].data_type == "s"
    page = report.report_html(atlas)
    assert "<img" not in page
    assert "<script" not in page


@pytest.mark.parametrize("where", ["landplan.export.display.plain", "openpyxl.writer.excel.ExcelWriter.save", "pyarrow.parquet.write_table"])
def test_a_full_disc_half_way_leaves_no_half_file(real_atlas, tmp_path, monkeypatch, where):
    from landplan.errors import DiskError

    calls = []

    def full(*args, **_):
        calls.append(args)
        if where.endswith("plain") and len(calls) < 3_000:
            return args[0]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(where, full)
    frame = pd.DataFrame({"n": [float(v) for v in range(1000)]})
    with pytest.raises(DiskError, match="the disc is full"):
        tables.write(one_table(real_atlas, frame), tmp_path)
    for file in tmp_path.rglob("*"):
        assert not file.name.startswith(".")
        if file.suffix == ".xlsx":
            openpyxl.load_workbook(file)
        elif file.suffix == ".csv" and file.stem != "data-dictionary":
            assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 1001


@pytest.mark.slow
def test_half_a_million_rows_in_constant_memory(real_atlas, tmp_path):
    """Measured: 35 s for the workbook and the three files on two shared cores, 27 MB more memory; the memory's limit leaves room."""
    import tracemalloc

    import numpy as np

    from landplan.export import workbook

    n = 500_000
    frame = pd.DataFrame({"square": [f"{i:09d}" for i in range(n)], "minutes": np.arange(n) / 7, "persons": np.arange(n) % 50})
    atlas = one_table(real_atlas, frame)
    made = tables.write(atlas, tmp_path)
    assert (tmp_path / "industry.xlsx") in made
    with zipfile.ZipFile(tmp_path / "industry.xlsx") as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        assert sum(piece.count(b"<row ") for piece in sheet) == n + 2
    assert len(pd.read_csv(tmp_path / "t.csv")) == n
    few = one_table(real_atlas, frame.head(20_000))
    tracemalloc.start()
    workbook.write_book(few, few.pages[0], tmp_path / "mindre.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 60 000 cells held as objects would take tens of megabytes
    assert peak < 8e6
