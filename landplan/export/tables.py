"""Tables for people (.xlsx, and a CSV that Swedish Excel opens right) and for machines (.csv, .parquet)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.contracts import FieldSpec
from landplan.export import display, words
from landplan.export.files import write_bytes
from landplan.export.items import Atlas, TableItem, TeamPage
from landplan.export.names import demo_stem
from landplan.units import Language

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["machine_csv", "swedish_csv", "write"]

_WIDEST: Final = 60
_INK: Final = "1F2A37"
_HEAD: Final = "E6EDF2"
_ALARM: Final = "FFE08A"
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d\s.,]*$)")


def _safe(cell: Any) -> Any:
    """Return a cell that a sheet can hold: no control characters, not longer than Excel's limit."""
    if isinstance(cell, str):
        return "".join(c for c in cell if c in "\t\n" or ord(c) >= 32)[:32_000]
    return cell


def machine_csv(item: TableItem) -> bytes:
    r"""Return a table as UTF-8 CSV with comma and point, columns by their code names.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.style import Text
    >>> machine_csv(TableItem(id="t", title=Text("t", "t"), frame=pd.DataFrame({"a": [1.5, float("inf")]})))
    b'a\n1.5\n\n'
    """
    frame = display.tidy(item.frame, item.fields)
    if not len(frame.columns):
        return b""
    lines = io.StringIO()
    out = csv.writer(lines, lineterminator="\n")
    out.writerow(map(str, frame.columns))
    for row in frame.itertuples(index=False, name=None):
        cells = ["" if (c := display.plain(v)) is None else c for v in row]
        if len(cells) == 1 and cells[0] == "":
            lines.write("\n")
        else:
            out.writerow([str(c).lower() if isinstance(c, bool) else c for c in cells])
    return lines.getvalue().encode("utf-8")


def swedish_csv(item: TableItem, language: Language, *, banner: bool) -> bytes:
    r"""Return a table as Swedish Excel expects it: semicolon, decimal comma, UTF-8 with byte order mark.

    Headings are the aliases with units, coded values their words. With `banner` the demonstration
    sentence is the last column of every row, so that it survives sorting and filtering.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.style import Text
    >>> frame = pd.DataFrame({"a": [1.5]})
    >>> swedish_csv(TableItem(id="t", title=Text("t", "t"), frame=frame), "sv", banner=False)
    b'\xef\xbb\xbfa\r\n1,5\r\n'
    """
    columns = display.columns_of(item.frame, item.fields, language, every=True)
    lines = io.StringIO()
    out = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    mark = [words.banner(language)] if banner else []
    demo = [words.say("is_demo", language)] if banner else []
    out.writerow([c.heading for c in columns] + demo)
    for row in _rows(item.frame, columns):
        out.writerow([_safe_number(c, v) for c, v in zip(columns, row, strict=True)] + mark)
    return lines.getvalue().encode("utf-8-sig")


def _safe_number(column: display.Column, value: Any) -> str:
    cell = display.plain(value)
    if column.numeric and isinstance(cell, int | float) and not isinstance(cell, bool):
        # unrounded and ungrouped: Excel reads no no-break space as part of a number
        return f"{cell:.10g}".replace(".", ",")
    text: str = _safe(column.text(value))
    # a CSV has no types: what looks like a formula would be run when Excel opens it
    return f"'{text}" if _FORMULA.match(text) else text


def _rows(frame: pd.DataFrame, columns: Sequence[display.Column]) -> Iterable[tuple[Any, ...]]:
    return zip(*(frame[c.name] for c in columns), strict=True) if columns else ()


def _cell(column: display.Column, value: Any) -> Any:
    cell = display.plain(value)
    if cell is None:
        return None
    if isinstance(cell, bool) or str(cell) in column.words or column.type in ("list", "text"):
        return _safe(column.text(value))
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)
    return _safe(cell)


def _format(column: display.Column) -> str:
    if column.type == "date":
        return "yyyy-mm-dd"
    if not column.numeric:
        return "General"
    whole = "#,##0" if column.grouped else "0"
    return whole + ("." + "0" * column.decimals if column.decimals else "")


def _sheet_name(title: str, taken: set[str]) -> str:
    base = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "Tabell"
    name, n = base, 1
    while name.lower() in taken:
        n += 1
        name = f"{base[: 31 - len(str(n)) - 1]} {n}"
    taken.add(name.lower())
    return name


def _fill_sheet(sheet: Worksheet, item: TableItem, language: Language, *, banner: bool) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    columns = display.columns_of(item.frame, item.fields, language, every=True)
    if banner:
        sheet.append([words.banner(language)])
        sheet.cell(1, 1).font = Font(bold=True, color="7A1F00")
        sheet.cell(1, 1).fill = PatternFill("solid", fgColor=_ALARM)
        _mark_print(sheet, language)
    sheet.append([_safe(item.title[language])])
    sheet.cell(sheet.max_row, 1).font = Font(bold=True, size=13, color=_INK)
    if note := item.note[language]:
        sheet.append([_safe(note)])
        sheet.cell(sheet.max_row, 1).font = Font(italic=True, color="4B5563")
    sheet.append([c.heading for c in columns] or [words.say("no_rows", language)])
    head = sheet.max_row
    for i, column in enumerate(columns, 1):
        cell = sheet.cell(head, i)
        cell.font = Font(bold=True, color=_INK)
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="right" if column.numeric else "left")
    widths = [min(len(c.heading), 22) for c in columns]
    for row in _rows(item.frame, columns):
        cells = [_cell(c, v) for c, v in zip(columns, row, strict=True)]
        sheet.append(cells)
        at = sheet.max_row
        for i, column in enumerate(columns):
            target = sheet.cell(at, i + 1)
            target.number_format = _format(column)
            if isinstance(cells[i], str):
                target.data_type = "s"  # a text that begins with = is text
            widths[i] = max(widths[i], len(column.text(row[i])))
    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = min(width, _WIDEST) + 2
    sheet.freeze_panes = sheet.cell(head + 1, 2 if len(columns) > 1 else 1)
    if columns and len(item.frame):
        sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{sheet.max_row}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _mark_print(sheet: Worksheet, language: Language) -> None:
    sheet.oddHeader.center.text = words.banner(language).replace("&", "&&")
    sheet.oddHeader.center.font = "Arial,Bold"
    sheet.oddHeader.center.color = "7A1F00"


def _sources(atlas: Atlas) -> TableItem:
    import pandas as pd

    rows = [
        {
            "layer": s.layer,
            "source": s.source,
            "attribution": s.attribution,
            "licence": s.licence,
            "data_date": s.data_date,
            "is_demo": s.synthetic,
            "features": s.features,
            "sharing": s.sharing,
            "file": s.file,
            "sha256": s.sha256,
        }
        for s in atlas.provenance.layers
    ]
    names = ("layer", "source", "attribution", "licence", "data_date", "is_demo", "features", "sharing", "file",
             "sha256")  # fmt: skip
    sharing = tuple((w, words.WORDS[w]) for w in ("open", "internal", "restricted"))
    fields = tuple(
        FieldSpec(
            n,
            "bool" if n == "is_demo" else "int" if n == "features" else "text",
            words.WORDS[n],
            values=sharing if n == "sharing" else (),
        )
        for n in names
    )
    note = atlas.provenance.what + (f" {atlas.created}" if atlas.created else "")
    from landplan.style import Text

    return TableItem(
        id="sources",
        title=words.WORDS["sources"],
        frame=pd.DataFrame(rows, columns=list(names)),
        fields=fields,
        note=Text(note, note),
    )


def _write_book(atlas: Atlas, page: TeamPage, path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    taken: set[str] = set()
    language = atlas.language
    chosen = [t for t in atlas.tables if t.id in page.tables or page.id in t.teams]
    left_out = [t for t in chosen if t.sharing == "restricted"]
    for item in (t for t in chosen if t.sharing != "restricted"):
        sheet = book.create_sheet(_sheet_name(item.title[language], taken))
        _fill_sheet(sheet, item, language, banner=atlas.synthetic)
    sheet = book.create_sheet(_sheet_name(words.say("sources", language), taken))
    _fill_sheet(sheet, _sources(atlas), language, banner=atlas.synthetic)
    if left_out:
        names = ", ".join(t.title[language] for t in left_out)
        sheet.append([])
        sheet.append([words.say("restricted_left_out", language, layers=names)])
    book.properties.title = page.title[language]
    book.properties.creator = words.CREDIT
    if atlas.synthetic:
        book.properties.description = words.banner(language)
    packed = io.BytesIO()
    book.save(packed)
    return write_bytes(path, packed.getvalue())


def _write_parquet(item: TableItem, path: Path, atlas: Atlas) -> Path:
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(display.tidy(item.frame, item.fields), preserve_index=False)
    note = {
        "title": {"sv": item.title.sv, "en": item.title.en},
        "banner": words.banner(atlas.language) if item.synthetic else "",
        "columns": {f.name: {"sv": f.alias.sv, "en": f.alias.en, "unit": f.unit} for f in item.fields},
    }
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), b"landplan": json.dumps(note, ensure_ascii=False).encode()}
    )
    packed = io.BytesIO()
    pq.write_table(table, packed, compression="zstd")
    return write_bytes(path, packed.getvalue())


def write(atlas: Atlas, folder: Path) -> list[Path]:
    """Write the atlas' tables: a workbook a team, and each table three ways.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    folder : Path
        Where the files go: ``<team>.xlsx`` for people, ``<id>.csv`` and ``<id>.parquet`` for machines,
        ``<id>_excel.csv`` for Swedish Excel. Names of what rests on demonstration data get the prefix of
        `landplan.export.names.demo_stem`. Restricted tables are left out of the workbooks, which say so.

    Returns
    -------
    list of Path
        The files, workbooks first.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    ExportError
        If a file cannot be written.

    Examples
    --------
    >>> from landplan.export import tables
    >>> tables.write(atlas, Path("out/tables"))  # doctest: +SKIP
    """
    written = [
        _write_book(atlas, page, folder / f"{demo_stem(page.id, atlas.synthetic)}.xlsx") for page in atlas.pages
    ]
    for item in atlas.tables:
        stem = demo_stem(item.id, item.synthetic)
        written.append(write_bytes(folder / f"{stem}.csv", machine_csv(item)))
        text = swedish_csv(item, atlas.language, banner=item.synthetic)
        written.append(write_bytes(folder / f"{stem}_excel.csv", text))
        written.append(_write_parquet(item, folder / f"{stem}.parquet", atlas))
    return written
