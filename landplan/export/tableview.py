"""A table as the pages show it: headings, rows of text, and what was cut."""

from __future__ import annotations

from typing import Any

from landplan.export import display, words
from landplan.export.items import TableItem
from landplan.units import Language, format_int

__all__ = ["table_view"]


def table_view(item: TableItem, language: Language, *, most: int) -> dict[str, Any]:
    """Return a table for the pages' frames.

    Parameters
    ----------
    item : TableItem
        The table.
    language : {"sv", "en"}
        Of headings, words and numbers.
    most : int
        How many rows are shown; the view says when there are more.

    Returns
    -------
    dict
        ``title``, ``note``, ``synthetic``, ``columns`` (heading, numeric), ``rows`` of text, ``cut``.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.style import Text
    >>> item = TableItem(id="t", title=Text("t", "t"), frame=pd.DataFrame({"a": [1, 2]}))
    >>> table_view(item, "sv", most=1)["rows"]
    [('1',)]
    """
    columns = display.columns_of(item.frame, item.fields, language, every=True)
    shown = item.frame.head(most)
    rows = list(zip(*([c.text(v) for v in shown[c.name]] for c in columns), strict=True)) if columns else []
    cut = ""
    if len(item.frame) > most:
        cut = words.say(
            "rows_shown",
            language,
            shown=format_int(most, language=language),
            total=format_int(len(item.frame), language=language),
        )
    return {
        "id": item.id,
        "title": item.title[language],
        "note": item.note[language],
        "synthetic": item.synthetic,
        "columns": [{"heading": c.heading, "numeric": c.numeric} for c in columns],
        "rows": rows,
        "cut": cut,
    }
