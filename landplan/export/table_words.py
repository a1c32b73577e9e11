"""The fixed words of table files: the columns explained, and what did not fit; in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export.wordlist import teller
from landplan.style import Text

__all__ = ["TABLE_WORDS", "say"]

TABLE_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "columns": Text("Kolumner", "Columns"),
        "columns_note": Text(
            "Vad varje kolumn heter i filerna, vad den betyder och i vilken enhet den står.",
            "What each column is called in the files, what it means and its unit.",
        ),
        "table": Text("Tabell", "Table"),
        "column": Text("Kolumn", "Column"),
        "title_sv": Text("Namn på svenska", "Name in Swedish"),
        "title_en": Text("Namn på engelska", "Name in English"),
        "unit": Text("Enhet", "Unit"),
        "type": Text("Slag", "Type"),
        "description": Text("Beskrivning", "Description"),
        "type_text": Text("text", "text"),
        "type_int": Text("heltal", "integer"),
        "type_float": Text("decimaltal", "decimal number"),
        "type_bool": Text("ja eller nej", "yes or no"),
        "type_date": Text("datum", "date"),
        "type_list": Text("lista", "list"),
        "codes": Text("Koder: {codes}.", "Codes: {codes}."),
        "bounds": Text("Mellan {low} och {high}.", "Between {low} and {high}."),
        "low": Text("Minst {low}.", "At least {low}."),
        "high": Text("Högst {high}.", "At most {high}."),
        "missing": Text("Tom cell: värdet saknas, skälet står i kolumnen reason.", "Empty cell: no value, the reason is in the column reason."),
        "cut": Text(
            "Tabellen har {total} rader, fler än Excel rymmer. Här står de {shown} första; alla finns i {file}.",
            "The table has {total} rows, more than Excel holds. The first {shown} stand here; all are in {file}.",
        ),
    }
)

say: Final = teller(TABLE_WORDS)
