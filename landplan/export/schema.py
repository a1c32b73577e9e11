"""The GeoPackage's own words about its columns: title, description, closed list and range.

The OGC's schema extension (`gpkg_schema`) holds for every reader what QGIS also gets as aliases and forms
in `qml`: what a column is called, what it says, which values it may have.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from landplan.contracts import FieldSpec
from landplan.export.display import heading
from landplan.style import Text
from landplan.units import Language, format_number

__all__ = ["SCHEMA_WORDS", "bounds_text", "create", "describe", "note"]

_DEFINITION: Final = "http://www.geopackage.org/spec120/#extension_schema"
_COLUMNS: Final = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
  description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))
"""
_CONSTRAINTS: Final = """
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL,
  value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))
"""

SCHEMA_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "unit": Text("Enhet: {unit}", "Unit: {unit}"),
        "between": Text("Från {low} till {high}", "From {low} to {high}"),
        "at_least": Text("Minst {low}", "At least {low}"),
        "at_most": Text("Högst {high}", "At most {high}"),
        "one_of": Text("Något av: {values}", "One of: {values}"),
        "required": Text("Får inte saknas", "Must not be missing"),
        "unique": Text("Olika för varje objekt", "Different for each feature"),
        "list": Text("Lista i JSON", "List in JSON"),
    }
)
_MOST_VALUES: Final = 12


def _number(value: float, language: Language) -> str:
    # as many decimals as the bound itself has: 0.05 must not read as 0
    places = next((d for d in range(7) if round(value, d) == value), 6)
    return format_number(value, places, language=language)


def bounds_text(spec: FieldSpec, language: Language) -> str:
    """Return a field's range in words, empty when it has none.

    Examples
    --------
    >>> bounds_text(FieldSpec("speed_kmh", "float", Text("Hastighet", "Speed"), low=1, high=130), "sv")
    'Från 1 till 130'
    """
    low = "" if spec.low is None else _number(spec.low, language)
    high = "" if spec.high is None else _number(spec.high, language)
    key = {(True, True): "between", (True, False): "at_least", (False, True): "at_most"}.get((bool(low), bool(high)))
    return SCHEMA_WORDS[key][language].format(low=low, high=high) if key else ""


def note(spec: FieldSpec, language: Language) -> str:
    """Return what a column says, in a language: unit, range or closed list, whether it may be missing.

    Examples
    --------
    >>> note(FieldSpec("area_ha", "float", Text("Areal", "Area"), unit="ha", low=0, required=True), "sv")
    'Areal. Enhet: ha. Minst 0. Får inte saknas.'
    """
    parts = [spec.alias[language] or spec.name]
    if spec.unit:
        parts.append(SCHEMA_WORDS["unit"][language].format(unit=spec.unit))
    if spec.values:
        said = [text[language] for _, text in spec.values]
        more = ", …" if len(said) > _MOST_VALUES else ""
        parts.append(SCHEMA_WORDS["one_of"][language].format(values=", ".join(said[:_MOST_VALUES]) + more))
    parts += [bounds_text(spec, language), spec.description.rstrip(".")]
    parts += [SCHEMA_WORDS[k][language] for k, on in (("list", spec.type == "list"), ("required", spec.required), ("unique", spec.unique)) if on]
    return ". ".join(p for p in parts if p) + "."


def create(db: sqlite3.Connection) -> None:
    """Make the extension's two tables and register them; a file that has them is left as it is."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_data_columns'").fetchone():
        return
    db.execute(_COLUMNS)
    db.execute(_CONSTRAINTS)
    db.executemany(
        "INSERT INTO gpkg_extensions(table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [("gpkg_data_columns", _DEFINITION), ("gpkg_data_column_constraints", _DEFINITION)],
    )


def _constrain(db: sqlite3.Connection, name: str, spec: FieldSpec, language: Language) -> str | None:
    """Write a field's closed list or range under `name` and return it, None when it has neither."""
    if spec.values and spec.type != "list":
        db.executemany(
            "INSERT INTO gpkg_data_column_constraints(constraint_name, constraint_type, value, description)"
            " VALUES (?, 'enum', ?, ?)",
            [(name, code, text[language]) for code, text in spec.values],
        )
        return name
    low = -math.inf if spec.low is None else float(spec.low)
    high = math.inf if spec.high is None else float(spec.high)
    # the format wants both ends, in order; infinity stands for the one that is open
    if spec.type not in ("int", "float") or not low < high or (math.isinf(low) and math.isinf(high)):
        return None
    db.execute(
        "INSERT INTO gpkg_data_column_constraints(constraint_name, constraint_type, min, min_is_inclusive,"
        " max, max_is_inclusive, description) VALUES (?, 'range', ?, 1, ?, 1, ?)",
        (name, low, high, bounds_text(spec, language)),
    )
    return name


def describe(
    db: sqlite3.Connection, table: str, fields: Iterable[FieldSpec], renamed: Mapping[str, str], language: Language
) -> None:
    """Write what a table's contract says of each of its columns.

    Parameters
    ----------
    db : sqlite3.Connection
        An open GeoPackage in which `create` has been called.
    table : str
        The layer or table; fields it lacks are passed over.
    fields : iterable of FieldSpec
        Its contract.
    renamed : mapping of str to str
        A field's name to its column's, where the file calls it something else.
    language : {"sv", "en"}
        Of titles and descriptions.
    """
    quoted = table.replace('"', '""')
    have = {row[1] for row in db.execute(f'PRAGMA table_info("{quoted}")')}
    for spec in fields:
        column = renamed.get(spec.name, spec.name)
        if column not in have:
            continue
        db.execute(
            "INSERT INTO gpkg_data_columns(table_name, column_name, name, title, description, mime_type, constraint_name)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                table,
                column,
                spec.name,
                heading(spec.alias[language] or spec.name, spec.unit),
                note(spec, language),
                "application/json" if spec.type == "list" else None,
                _constrain(db, f"{table}_{column}", spec, language),
            ),
        )
