"""Runs beside one another: one table written three ways, with what each run left out, what failed, and where it all comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landplan.export import tables, templates, words
from landplan.export.comparison_words import say
from landplan.export.files import write_bytes, write_text
from landplan.export.items import TableItem
from landplan.export.names import demo_stem
from landplan.export.tableview import table_view
from landplan.export.workbook import write_tables
from landplan.style import Text
from landplan.units import Language

__all__ = ["Beside", "write"]

_MOST_ROWS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is written of several runs.

    `tables` has the comparison first. `links` are (name, address of its report, relative) of the runs that are there, `failed` (name, why) of the others.
    """

    title: Text
    language: Language
    tables: tuple[TableItem, ...]
    links: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    created: str = ""

    @property
    def synthetic(self) -> bool:
        """True when any table rests on made-up data."""
        return any(t.synthetic for t in self.tables)


def write(beside: Beside, folder: Path) -> list[Path]:
    """Write a comparison of runs.

    Parameters
    ----------
    beside : Beside
    folder : Path
        Folder of the runs: gets ``jamforelse.xlsx``, ``.csv`` (for machines), ``_excel.csv`` (for Swedish Excel) and ``.html``; ``comparison`` in English.
        Names of what rests on made-up data begin as `demo_stem` says.

    Returns
    -------
    list of Path
        The page first.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import comparison
    >>> comparison.write(beside, Path("out"))  # doctest: +SKIP
    """
    language = beside.language
    stem = demo_stem(say("stem", language), beside.synthetic)
    first = beside.tables[0]
    written = [
        write_text(folder / f"{stem}.html", _page(beside)),
        write_tables(beside.tables, folder / f"{stem}.xlsx", language, title=beside.title[language], after=[*(n[language] for n in beside.notes), *beside.sources]),
        write_bytes(folder / f"{stem}.csv", tables.machine_csv(first)),
        write_bytes(folder / f"{stem}_excel.csv", tables.swedish_csv(first, language, banner=first.synthetic)),
    ]
    return written


def _page(beside: Beside) -> str:
    language = beside.language
    return templates.render(
        "comparison.html", language=language, css=templates.asset("report.css"), title=beside.title[language],
        say=lambda key, **values: words.say(key, language, **values), tell=lambda key, **values: say(key, language, **values),
        banner=words.banner(language) if beside.synthetic else "", tables=[table_view(t, language, most=_MOST_ROWS) for t in beside.tables],
        links=beside.links, failed=beside.failed, sources=beside.sources, notes=[n[language] for n in beside.notes], created=beside.created,
    )  # fmt: skip
