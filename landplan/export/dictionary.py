"""The data dictionary: every column of every table, with its words, unit and type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from landplan.contracts import FieldSpec, FieldType
from landplan.export import display, words
from landplan.export.items import TableItem
from landplan.export.table_words import TABLE_WORDS, say
from landplan.style import Text
from landplan.units import Language, format_number

__all__ = ["DICTIONARY_COLUMNS", "dictionary"]

DICTIONARY_COLUMNS: Final = ("table", "column", "title_sv", "title_en", "unit", "type", "description")


def _described(spec: FieldSpec, has_reason: bool, language: Language) -> str:
    parts = [spec.description] if spec.description else []
    codes = dict(spec.values) or (words.REASONS if spec.name == "reason" else {})
    if codes:
        parts.append(say("codes", language, codes="; ".join(f"{code} = {text[language]}" for code, text in codes.items())))
    low, high = (None if v is None else format_number(v, 0 if float(v).is_integer() else 2, language=language) for v in (spec.low, spec.high))
    if low is not None and high is not None:
        parts.append(say("bounds", language, low=low, high=high))
    elif low is not None:
        parts.append(say("low", language, low=low))
    elif high is not None:
        parts.append(say("high", language, high=high))
    if has_reason and spec.name != "reason" and spec.type in ("int", "float"):
        parts.append(say("missing", language))
    return " ".join(parts)


def dictionary(tables: Iterable[TableItem], language: Language) -> TableItem:
    """Return a table of the tables' columns.

    Parameters
    ----------
    tables : iterable of TableItem
        The tables, in order.
    language : {"sv", "en"}
        Of the descriptions; titles stand in both.

    Returns
    -------
    TableItem
        A row a column: ``table``, ``column`` (its name in the files), ``title_sv``, ``title_en``, ``unit``, ``type`` (text, int,
        float, bool, date or list) and ``description`` (codes and bounds).

    Examples
    --------
    >>> import pandas as pd
    >>> item = TableItem(id="t", title=Text("t", "t"), frame=pd.DataFrame({"a": [1.5]}),
    ...     fields=(FieldSpec("a", "float", Text("Areal", "Area"), unit="ha", low=0),))
    >>> dictionary([item], "sv").frame.iloc[0].to_list()
    ['t', 'a', 'Areal', 'Area', 'ha', 'float', 'Minst 0.']
    """
    import pandas as pd

    rows = [row for item in tables for row in _rows(item, language)]
    kinds = tuple((kind, TABLE_WORDS[f"type_{kind}"]) for kind in get_args(FieldType))
    fields = tuple(FieldSpec(name, "text", TABLE_WORDS[name], values=kinds if name == "type" else ()) for name in DICTIONARY_COLUMNS)
    return TableItem(
        id="data-dictionary", title=TABLE_WORDS["columns"], note=TABLE_WORDS["columns_note"],
        frame=pd.DataFrame(rows, columns=list(DICTIONARY_COLUMNS)), fields=fields,
    )


def _rows(item: TableItem, language: Language) -> Sequence[tuple[str, ...]]:
    known = {f.name: f for f in item.fields}
    # columns without words of their own are typed by what they hold, as in every table
    shown = display.columns_of(item.frame, item.fields, language, every=True)
    has_reason = "reason" in item.frame.columns
    out = []
    for column in shown:
        alias = words.WORDS["why_missing"] if column.name == "reason" else Text(column.name, column.name)
        spec = known.get(column.name) or FieldSpec(column.name, column.type, alias)
        out.append((item.id, spec.name, spec.alias.sv, spec.alias.en, spec.unit, spec.type, _described(spec, has_reason, language)))
    return out
