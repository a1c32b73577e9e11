"""Workbooks for people: a sheet a table with headings in words, units and number formats, written row by row.

A workbook never holds its rows in memory, and a table longer than Excel's sheet is cut with a message that says where the rest is.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.contracts import FieldSpec
from landplan.export import display, words
from landplan.export.dictionary import dictionary
from landplan.export.files import aside
from landplan.export.items import Atlas, TableItem, TeamPage
from landplan.export.names import demo_stem
from landplan.export.table_words import say
from landplan.style import Text
from landplan.units import Language, format_int

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

__all__ = ["MOST_ROWS", "rows_of", "safe_text", "write_book", "write_tables"]

log = logging.getLogger(__name__)

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet in Excel, headings among them."""
_WIDEST: Final = 60
_MEASURED_ROWS: Final = 1_000
"""Columns are made as wide as what stands first in them: all of a long table would be read twice."""
_INK: Final = "1F2A37"
_HEAD: Final = "E6EDF2"
_ALARM: Final = "FFE08A"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")


def safe_text(cell: Any) -> Any:
    r"""Return a cell that a sheet can hold: no control characters, not longer than Excel's limit.

    Examples
    --------
    >>> safe_text("a\x00b"), safe_text(3)
    ('ab', 3)
    """
    return _CONTROL.sub("", cell)[:32_000] if isinstance(cell, str) else cell


def rows_of(frame: pd.DataFrame, columns: Sequence[display.Column]) -> Iterable[tuple[Any, ...]]:
    """Return a frame's cells row by row, in the columns' order.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    >>> list(rows_of(frame, display.columns_of(frame, (), "sv", every=True)))
    [(1, 'x'), (2, 'y')]
    """
    return zip(*(frame[c.name] for c in columns), strict=True) if columns else ()


def _cell(column: display.Column, value: Any) -> Any:
    cell = display.plain(value)
    if cell is None:
        return None
    if isinstance(cell, bool) or str(cell) in column.words or column.type in ("list", "text"):
        return safe_text(column.text(value))
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)
    return safe_text(cell)


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


def _fill_sheet(sheet: WriteOnlyWorksheet, item: TableItem, language: Language, *, banner: bool, after: Sequence[str] = ()) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    columns = display.columns_of(item.frame, item.fields, language, every=True)

    def styled(value: Any, **style: Any) -> Any:
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        for name, look in style.items():
            setattr(cell, name, look)
        return cell

    top: list[list[Any]] = []
    if banner:
        top.append([styled(words.banner(language), font=Font(bold=True, color="7A1F00"), fill=PatternFill("solid", fgColor=_ALARM))])
        _mark_print(sheet, language)
    top.append([styled(safe_text(item.title[language]), font=Font(bold=True, size=13, color=_INK))])
    notes = [note] if (note := item.note[language]) else []
    room = MOST_ROWS - len(top) - len(notes) - 1 - (len(after) + 1 if after else 0)
    # what is cut has one row less: the message
    count = len(item.frame) if len(item.frame) <= room else room - 1
    if count < len(item.frame):
        numbers = {k: format_int(v, language=language) for k, v in (("total", len(item.frame)), ("shown", count))}
        notes.append(say("cut", language, **numbers, file=f"{demo_stem(item.id, item.synthetic)}.csv"))
        log.warning("table %s: %d of %d rows fit in the workbook; all are in its .csv and .parquet", item.id, count, len(item.frame))
    top += [[styled(safe_text(note), font=Font(italic=True, color="4B5563"))] for note in notes]
    head = len(top) + 1
    _set_up(sheet, item.frame, columns, head, count)
    for line in top:
        sheet.append(line)
    look = {"font": Font(bold=True, color=_INK), "fill": PatternFill("solid", fgColor=_HEAD)}
    sheet.append(
        [styled(c.heading, **look, alignment=Alignment(wrap_text=True, vertical="top", horizontal="right" if c.numeric else "left")) for c in columns]
        or [styled(words.say("no_rows", language), **look)]
    )
    # one cell a column, filled anew for each row: a sheet that is written through keeps none of them
    cells = []
    for column in columns:
        cell = WriteOnlyCell(sheet)
        cell.number_format = _format(column)
        cells.append(cell)
    for row in islice(rows_of(item.frame, columns), count):
        for cell, column, value in zip(cells, columns, row, strict=True):
            cell.value = _cell(column, value)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a text that begins with = is text
        sheet.append(cells)
    if after:
        sheet.append([])
        for said in after:
            sheet.append([styled(safe_text(said))])
    sheet.print_title_rows = f"{head}:{head}"
    if columns and count:
        sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{head + count}"


def _set_up(sheet: WriteOnlyWorksheet, frame: pd.DataFrame, columns: Sequence[display.Column], head: int, count: int) -> None:
    """Say what must stand before a sheet's rows: widths, what stays in place, how it prints."""
    from openpyxl.utils import get_column_letter

    some = frame.head(min(count, _MEASURED_ROWS))
    for i, column in enumerate(columns, 1):
        width = max([min(len(column.heading), 22), *(len(column.text(v)) for v in some[column.name])])
        sheet.column_dimensions[get_column_letter(i)].width = min(width, _WIDEST) + 2
    sheet.freeze_panes = f"{'B' if len(columns) > 1 else 'A'}{head + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _mark_print(sheet: WriteOnlyWorksheet, language: Language) -> None:
    sheet.HeaderFooter.oddHeader.center.text = words.banner(language).replace("&", "&&")
    sheet.HeaderFooter.oddHeader.center.font = "Arial,Bold"
    sheet.HeaderFooter.oddHeader.center.color = "7A1F00"


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
    frame = pd.DataFrame(rows, columns=list(names))
    return TableItem(id="sources", title=words.WORDS["sources"], frame=frame, fields=fields, note=Text(note, note))


@contextmanager
def _let_go(book: Workbook) -> Iterator[None]:
    """Close the sheets' temporary files when writing stops half-way: nobody else would before the program ends."""
    try:
        yield
    except BaseException:
        for sheet in book.worksheets:
            with suppress(Exception):
                sheet.close()
            with suppress(Exception):
                sheet._writer.cleanup()
        raise


def _save(book: Workbook, path: Path) -> None:
    """Save, and close the archive when the disc fills up: the library leaves it to the end of the program, which then complains aloud."""
    import datetime as dt
    from zipfile import ZIP_DEFLATED, ZipFile

    from openpyxl.writer.excel import ExcelWriter

    book.properties.modified = dt.datetime.now(tz=dt.UTC).replace(tzinfo=None)
    archive = ZipFile(path, "w", ZIP_DEFLATED, allowZip64=True)
    try:
        ExcelWriter(book, archive).save()
    except BaseException:
        with suppress(Exception):
            archive.close()
        raise


def write_book(atlas: Atlas, page: TeamPage, path: Path) -> Path:
    """Write a team's workbook: its tables, what their columns mean, and the sources last.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        Names the tables by id; restricted ones are left out and named on the sheet of sources.
    path : Path
        The ``.xlsx``; it appears when it is whole.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import workbook
    >>> workbook.write_book(atlas, atlas.pages[0], Path("out/tables/industry.xlsx"))  # doctest: +SKIP
    """
    from openpyxl import Workbook

    language = atlas.language
    chosen = [t for t in atlas.tables if t.id in page.tables or page.id in t.teams]
    shown = [t for t in chosen if t.sharing != "restricted"]
    left_out = ", ".join(t.title[language] for t in chosen if t.sharing == "restricted")
    after = [words.say("restricted_left_out", language, layers=left_out)] if left_out else []
    book: Workbook = Workbook(write_only=True)
    taken: set[str] = set()
    items = [(t, ()) for t in (*shown, *([dictionary(shown, language)] if shown else []))]
    with aside(path) as part, _let_go(book):
        for item, last in (*items, (_sources(atlas), after)):
            sheet = book.create_sheet(_sheet_name(item.title[language], taken))
            _fill_sheet(sheet, item, language, banner=atlas.synthetic, after=last)
        book.properties.title = page.title[language]
        book.properties.creator = words.CREDIT
        if atlas.synthetic:
            book.properties.description = words.banner(language)
        _save(book, part)
    return path


def write_tables(tables: Sequence[TableItem], path: Path, language: Language, *, title: str, after: Sequence[str] = ()) -> Path:
    """Write a workbook of tables that belong to no team's page, and what their columns mean.

    Parameters
    ----------
    tables : sequence of TableItem
        A sheet each, in order.
    path : Path
        The ``.xlsx``; it appears when it is whole.
    language : {"sv", "en"}
    title : str
        Of the workbook.
    after : sequence of str
        Lines below the first table.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import workbook
    >>> workbook.write_tables(tables, Path("out/jamforelse.xlsx"), "sv", title="Norrbotten")  # doctest: +SKIP
    """
    from openpyxl import Workbook

    book: Workbook = Workbook(write_only=True)
    taken: set[str] = set()
    synthetic = any(t.synthetic for t in tables)
    with aside(path) as part, _let_go(book):
        for n, item in enumerate((*tables, dictionary(tables, language))):
            sheet = book.create_sheet(_sheet_name(item.title[language], taken))
            _fill_sheet(sheet, item, language, banner=synthetic, after=after if n == 0 else ())
        book.properties.title = title
        book.properties.creator = words.CREDIT
        if synthetic:
            book.properties.description = words.banner(language)
        _save(book, part)
    return path
