"""Tables for people (.xlsx, and a CSV that Swedish Excel opens right) and for machines (.csv, .parquet)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from landplan.export import display, words
from landplan.export.dictionary import dictionary
from landplan.export.files import aside
from landplan.export.items import Atlas, TableItem
from landplan.export.names import demo_stem
from landplan.export.workbook import rows_of, safe_text, write_book
from landplan.units import Language

__all__ = ["RESTRICTED", "machine_csv", "swedish_csv", "write"]

RESTRICTED: Final = "restricted"
"""The folder of tables that must not leave the house: they are nowhere else."""
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d\s.,]*$)")


def _stream_machine(item: TableItem, lines: IO[str]) -> None:
    frame = display.tidy(item.frame, item.fields)
    if not len(frame.columns):
        return
    out = csv.writer(lines, lineterminator="\n")
    out.writerow(map(str, frame.columns))
    for row in zip(*(frame[c] for c in frame.columns), strict=True):
        cells = ["" if (c := display.plain(v)) is None else c for v in row]
        if len(cells) == 1 and cells[0] == "":
            lines.write("\n")
        else:
            out.writerow([str(c).lower() if isinstance(c, bool) else c for c in cells])


def machine_csv(item: TableItem) -> bytes:
    r"""Return a table as UTF-8 CSV with comma and point, columns by their code names.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.style import Text
    >>> machine_csv(TableItem(id="t", title=Text("t", "t"), frame=pd.DataFrame({"a": [1.5, float("inf")]})))
    b'a\n1.5\n\n'
    """
    lines = io.StringIO()
    _stream_machine(item, lines)
    return lines.getvalue().encode("utf-8")


def _stream_swedish(item: TableItem, language: Language, banner: bool, lines: IO[str]) -> None:
    columns = display.columns_of(item.frame, item.fields, language, every=True)
    out = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    mark = [words.banner(language)] if banner else []
    demo = [words.say("is_demo", language)] if banner else []
    out.writerow([c.heading for c in columns] + demo)
    for row in rows_of(item.frame, columns):
        out.writerow([_safe_number(c, v) for c, v in zip(columns, row, strict=True)] + mark)


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
    lines = io.StringIO()
    _stream_swedish(item, language, banner, lines)
    return lines.getvalue().encode("utf-8-sig")


def _safe_number(column: display.Column, value: Any) -> str:
    cell = display.plain(value)
    if column.numeric and isinstance(cell, int | float) and not isinstance(cell, bool):
        # unrounded and ungrouped: Excel reads no no-break space as part of a number
        return f"{cell:.10g}".replace(".", ",")
    text: str = safe_text(column.text(value))
    # a CSV has no types: what looks like a formula would be run when Excel opens it
    return f"'{text}" if _FORMULA.match(text) else text


def _write_lines(path: Path, fill: Callable[[IO[str]], None], *, encoding: str) -> Path:
    """Write a text file line by line, whole or not at all."""
    with aside(path) as part, part.open("w", encoding=encoding, newline="") as lines:
        fill(lines)
    return path


def _write_parquet(item: TableItem, path: Path, atlas: Atlas) -> Path:
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
    with aside(path) as part:
        pq.write_table(table, part, compression="zstd")
    return path


def write(atlas: Atlas, folder: Path) -> list[Path]:
    """Write the atlas' tables: a workbook a team, each table three ways, and what their columns mean.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    folder : Path
        Where the files go: ``<team>.xlsx`` for people, ``<id>.csv`` and ``<id>.parquet`` for machines,
        ``<id>_excel.csv`` for Swedish Excel, and ``data-dictionary.csv``. Names of what rests on demonstration data get
        the prefix of `landplan.export.names.demo_stem`. Restricted tables are left out of the workbooks, which say so,
        and lie with a dictionary of their own in ``restricted/``.

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
    written = [write_book(atlas, page, folder / f"{demo_stem(page.id, atlas.synthetic)}.xlsx") for page in atlas.pages]
    for place, closed in ((folder, False), (folder / RESTRICTED, True)):
        chosen = [t for t in atlas.tables if (t.sharing == "restricted") == closed]
        for item in chosen:
            stem = demo_stem(item.id, item.synthetic)
            written.append(_write_lines(place / f"{stem}.csv", lambda f, t=item: _stream_machine(t, f), encoding="utf-8"))  # type: ignore[misc]
            fill = lambda f, t=item: _stream_swedish(t, atlas.language, t.synthetic, f)  # noqa: E731
            written.append(_write_lines(place / f"{stem}_excel.csv", fill, encoding="utf-8-sig"))
            written.append(_write_parquet(item, place / f"{stem}.parquet", atlas))
        if chosen:
            what = dictionary(chosen, atlas.language)
            written.append(_write_lines(place / f"{what.id}.csv", lambda f, t=what: _stream_machine(t, f), encoding="utf-8"))  # type: ignore[misc]
    return written
