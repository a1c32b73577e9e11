"""Chapters of the report as its frame shows them: what changed, the formulas, where the answers' figures stand."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from landplan.export import display, words
from landplan.export.findings import Changes, Figure, Formula
from landplan.export.items import Atlas, TableItem
from landplan.export.report_words import say
from landplan.units import Language, format_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["changes_view", "figures_view", "formulas_view", "parameter"]

_MOST_PARAMETERS: Final = 40
_MOST_SITES: Final = 20


def parameter(value: Any, language: Language) -> str:
    """Write a plan's value for people.

    Examples
    --------
    >>> parameter(0.25, "sv"), parameter(True, "sv"), parameter(None, "sv")
    ('0,25', 'Ja', '')
    """
    if isinstance(value, bool):
        return words.say("yes" if value else "no", language)
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text.replace(".", ",") if language == "sv" else text
    cell = display.plain(value)
    return "" if cell is None else str(cell)


def _number(value: Any, decimals: int, language: Language) -> str:
    cell = display.plain(value)
    return format_number(float(cell), decimals, language=language) if cell is not None else ""


def _signed(value: Any, decimals: int, language: Language) -> str:
    text = _number(value, decimals, language)
    return f"+{text}" if text and float(value) > 0 else text


def _table(title: str, heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]], cut: str = "") -> dict[str, Any]:
    return {
        "title": title, "note": "", "synthetic": False, "columns": [{"heading": h, "numeric": n} for h, n in heads], "rows": rows, "cut": cut,
    }


def changes_view(changes: Changes | None, atlas: Atlas) -> dict[str, Any]:
    """Return what changed since the last run as a sentence, a line of layers and tables of text.

    Parameters
    ----------
    changes : Changes or None
        None where there was no run before.
    atlas : Atlas
        The new results; titles and language are taken from it.

    Returns
    -------
    dict
        ``sentence``, ``layers`` and ``tables`` for the report's table macro.
    """
    language = atlas.language
    if changes is None:
        return {"sentence": say("changes_none", language), "layers": "", "tables": []}
    if not changes.readable:
        return {"sentence": say("changes_unreadable", language), "layers": "", "tables": []}
    if changes.nothing:
        return {"sentence": say("changes_nothing", language, created=changes.created), "layers": "", "tables": []}
    titles = {v.id: v.title[language] for v in atlas.vectors}
    tables = []
    if changes.thresholds is not None:
        heads = [(say(k, language), True) for k in ("minutes", "persons_before", "persons_after", "persons_change")]
        rows = [
            (f"{row['minutes']:g}", *(_number(row[k], 0, language) for k in ("before", "after")), _signed(row["change"], 0, language))
            for row in changes.thresholds.to_dict("records")
        ]
        tables.append(_table(say("changed_reach", language), heads, rows))
    for name, moved in changes.rankings.items():
        title = next((t.title[language] for t in atlas.tables if t.id == name), name)
        heads = [(words.say("site", language), False)]
        heads += [(say(k, language), True) for k in ("rank_before", "rank_after", "score_before", "score_after")]
        rows = [_site(row, language) for row in moved.head(_MOST_SITES).to_dict("records")]
        tables.append(_table(say("changed_sites", language, title=title), heads, rows, _rest(len(moved) - _MOST_SITES, language)))
    if changes.results is not None:
        for table, figures in changes.results.groupby("table", sort=False):
            tables.append(_figures(str(table), figures, atlas))
    if changes.parameters:
        heads = [(words.say("parameter", language), False), (say("before", language), False), (say("after", language), False)]
        some = changes.parameters[:_MOST_PARAMETERS]
        rows = [(key, parameter(before, language), parameter(after, language)) for key, before, after in some]
        cut = _rest(len(changes.parameters) - _MOST_PARAMETERS, language)
        tables.append(_table(say("changed_parameters", language), heads, rows, cut))
    named = ", ".join(titles.get(layer, layer) for layer in changes.layers)
    return {
        "sentence": say("changes_since", language, created=changes.created, version=changes.version),
        "layers": say("changed_layers", language, layers=named) if named else "",
        "tables": tables,
    }


def _figures(name: str, rows: pd.DataFrame, atlas: Atlas) -> dict[str, Any]:
    """Figures of one table that differ, each with its row and its column's heading."""
    language = atlas.language
    item = next((t for t in atlas.tables if t.id == name), None)
    headings = {} if item is None else {c.name: c.heading for c in display.columns_of(item.frame, item.fields, language, every=True)}
    heads = [(say("row", language), False), (say("column", language), False), (say("before", language), True), (say("after", language), True)]
    some = rows.head(_MOST_SITES).to_dict("records")
    shown = [(str(r["row"]), headings.get(str(r["column"]), str(r["column"])), parameter(r["before"], language), parameter(r["after"], language)) for r in some]
    return _table(item.title[language] if item is not None else name, heads, shown, _rest(len(rows) - _MOST_SITES, language))


def _site(row: Mapping[Any, Any], language: Language) -> tuple[str, ...]:
    ranks = [_number(row[k], 0, language) for k in ("rank_before", "rank_after")]
    ranks = [r or say("not_there", language) for r in ranks[:1]] + [r or "–" for r in ranks[1:]]
    scores = [_number(row[k], 1, language) for k in ("score_before", "score_after")]
    return (str(row["name"]), *ranks, *scores)


def _rest(count: int, language: Language) -> str:
    return say("rest", language, count=count) if count > 0 else ""


def formulas_view(formulas: Sequence[Formula], language: Language) -> list[dict[str, Any]]:
    """Return the method's formulas as MathML with their plain form and what the signs mean.

    Examples
    --------
    >>> from landplan.style import Text
    >>> formulas_view([Formula(title=Text("a", "a"), math="<mi>x</mi>", plain="x")], "sv")[0]["plain"]
    'x'
    """
    return [{"title": f.title[language], "math": f.math, "plain": f.plain, "where": [w[language] for w in f.where]} for f in formulas]


def figures_view(figures: Sequence[Figure], atlas: Atlas) -> list[dict[str, str]]:
    """Return where each of the answers' figures stands: how it is said, its table, row and column.

    Parameters
    ----------
    figures : sequence of Figure
        As they were taken.
    atlas : Atlas
        With their tables.

    Returns
    -------
    list of dict
        Words for people, and by the same names as in the table files what a program looks the figure up by
        (``table``, ``column``, ``where`` as JSON, ``decimals``).
    """
    language = atlas.language
    out = []
    for figure in figures:
        item = atlas.table(figure.table)
        out.append(
            {
                "shown": figure.shown[language], "title": item.title[language],
                "row": _row(item, figure, language), "heading": _heading(item, figure, language),
                "table": figure.table, "column": figure.column,
                "where": json.dumps(dict(figure.where), ensure_ascii=False), "decimals": str(figure.decimals),
            }
        )
    return out


def _row(item: TableItem, figure: Figure, language: Language) -> str:
    if not figure.where:
        return say("every_row", language)
    columns = {c.name: c for c in display.columns_of(item.frame, item.fields, language, every=True)}
    said = []
    for name, value in figure.where.items():
        if name == "site_id" and "name" in item.frame:
            own = item.frame.loc[item.frame["site_id"] == value, "name"]
            said.append(str(own.iloc[0]) if len(own) else str(value))
            continue
        column = columns[name]
        shown = f"{value:g}" if isinstance(value, float) and math.isfinite(value) else column.text(value)
        said.append(f"{column.title.lower()} {shown}\u00a0{column.unit}".strip() if column.unit else shown)
    return ", ".join(said)


def _heading(item: TableItem, figure: Figure, language: Language) -> str:
    if not figure.column:
        return say("row_count", language)
    columns = display.columns_of(item.frame, item.fields, language, every=True)
    return next((c.heading for c in columns if c.name == figure.column), figure.column)
