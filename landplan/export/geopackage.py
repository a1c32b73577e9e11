"""One GeoPackage with every vector layer, its look, its words and where it came from.

Written as version 1.2, which QGIS 3.22 and later read without a complaint. The default styles stand in
`layer_styles` exactly as QGIS expects: empty text and not NULL in catalog and schema, the geometry
column's real name, and the table registered; anything else is ignored without a word.
"""

from __future__ import annotations

import json
import sqlite3
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import DiskError
from landplan.export import display, qml, schema, words
from landplan.export.files import aside
from landplan.export.items import Atlas, TableItem, VectorItem
from landplan.export.legend import split_kinds

if TYPE_CHECKING:
    import pandas as pd

    from landplan.units import Language

__all__ = ["PROVENANCE_TABLE", "put", "write"]

PROVENANCE_TABLE: Final = "landplan_provenance"
_VERSION: Final = "1.2"
_STYLES: Final = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30),
  styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_PROVENANCE: Final = f"""
CREATE TABLE {PROVENANCE_TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT, file TEXT,
  sha256 TEXT, source TEXT, licence TEXT, attribution TEXT, data_date TEXT, synthetic BOOLEAN,
  sharing TEXT, features INTEGER, parameters TEXT)
"""
_STANDARD: Final = "https://landplan.invalid/provenance"
"""Names our metadata in the file; an address that by its top level never leads anywhere."""


def _safe_columns(frame: pd.DataFrame, geometry: str | None) -> dict[str, str]:
    """Return renames that a GeoPackage needs: its own `fid` and `geom`, and names that differ only in case."""
    taken = {"fid", "geom"}
    renames = {}
    for name in frame.columns:
        if name == geometry:
            continue
        new = str(name)
        while new.lower() in taken:
            new += "_"
        taken.add(new.lower())
        if new != name:
            renames[name] = new
    return renames


def _renamed(item: VectorItem | TableItem) -> dict[str, str]:
    return _safe_columns(item.frame, getattr(item.frame, "_geometry_column_name", None))


def _ready(item: VectorItem | TableItem) -> pd.DataFrame:
    return display.tidy(item.frame, item.fields).rename(columns=_renamed(item)).reset_index(drop=True)


def _identifier(item: VectorItem | TableItem, language: Any) -> str:
    title = item.title[language] or item.id
    return f"{title} | {words.banner(language)}" if item.synthetic else title


def _write_vector(item: VectorItem, path: Path, language: Language) -> None:
    import pyogrio

    frame = _ready(item)
    metadata = {
        "title": _identifier(item, language),
        "description": item.description[language],
        "source": item.source,
        "licence": item.licence,
        "attribution": item.attribution,
        "data_date": item.data_date,
        "synthetic": str(item.synthetic).lower(),
        "sharing": item.sharing,
    }
    pyogrio.write_dataframe(
        frame,
        path,
        layer=item.id,
        driver="GPKG",
        append=path.exists(),
        use_arrow=True,
        geometry_type="Polygon" if frame.geometry.isna().all() else None,
        layer_metadata={k: v for k, v in metadata.items() if v},
        dataset_options={"VERSION": _VERSION} if not path.exists() else None,
        layer_options={"SPATIAL_INDEX": "YES", "GEOMETRY_NAME": "geom"},
    )


def _write_table(item: TableItem, path: Path, name: str) -> None:
    import pyogrio

    frame = _ready(item)
    if not len(frame.columns):
        return
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        use_arrow=True,
        dataset_options={"VERSION": _VERSION} if not path.exists() else None,
    )


def _register(db: sqlite3.Connection, table: str, identifier: str, description: str) -> None:
    db.execute(
        "INSERT INTO gpkg_contents(table_name, data_type, identifier, description, srs_id)"
        " VALUES (?, 'attributes', ?, ?, 0)",
        (table, identifier, description),
    )


def _describe(db: sqlite3.Connection, table: str, item: VectorItem | TableItem, language: Any) -> None:
    note = item.description[language] if isinstance(item, VectorItem) else item.note[language]
    parts = [words.banner(language)] if item.synthetic else []
    parts.append(note)
    if isinstance(item, VectorItem):
        parts += [item.attribution or item.source, item.licence, item.data_date]
    identifier = _identifier(item, language)
    taken = db.execute(
        "SELECT count(*) FROM gpkg_contents WHERE identifier = ? AND table_name <> ?", (identifier, table)
    ).fetchone()[0]
    db.execute(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        (f"{identifier} ({table})" if taken else identifier, ". ".join(p for p in parts if p), table),
    )
    schema.describe(db, table, item.fields, _renamed(item), language)


def _styles(db: sqlite3.Connection, layers: Sequence[VectorItem], language: Language) -> None:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone():
        db.execute(_STYLES)
        _register(db, "layer_styles", "layer_styles", "")
    geometry = dict(db.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    for item in layers:
        column = geometry.get(item.id)
        if column is None:
            continue
        db.execute(
            "INSERT INTO layer_styles(f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
            " styleName, styleQML, styleSLD, useAsDefault, description, owner, ui)"
            " VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL)",
            (item.id, column, item.id[:30], qml.vector_qml(item, language), item.title[language]),
        )


def _provenance(db: sqlite3.Connection, atlas: Atlas) -> None:
    db.execute(_PROVENANCE)
    language = atlas.language
    note = f"{words.banner(language)}. {atlas.provenance.what}" if atlas.synthetic else atlas.provenance.what
    _register(db, PROVENANCE_TABLE, words.say("sources", language), note)
    parameters = json.dumps(_parameters(atlas), ensure_ascii=False)
    rows = [
        (s.layer, s.file, s.sha256, s.source, s.licence, s.attribution, s.data_date, s.synthetic, s.sharing,
         s.features, parameters)
        for s in atlas.provenance.layers
    ]  # fmt: skip
    # a result is no layer that was read: it stands for itself, without a file
    read = {s.layer for s in atlas.provenance.layers}
    rows += [
        (v.id, "", "", v.source, v.licence, v.attribution, v.data_date, v.synthetic, v.sharing, len(v.frame),
         parameters)
        for v in atlas.vectors if v.id not in read
    ]  # fmt: skip
    db.executemany(
        f"INSERT INTO {PROVENANCE_TABLE}(layer, file, sha256, source, licence, attribution, data_date,"
        " synthetic, sharing, features, parameters) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _parameters(atlas: Atlas) -> Any:
    return json.loads(display.plain(dict(atlas.provenance.parameters)) or "{}")


def _verify(db: sqlite3.Connection, layers: Sequence[VectorItem], path: Path) -> None:
    """Count what was written: a driver that runs out of disc while closing a file may end without a word."""
    for item in layers:
        found = db.execute(f'SELECT count(*) FROM "{item.id}"').fetchone()[0]
        if found != len(item.frame):
            raise DiskError(
                f"{path}: layer {item.id} has {found} of {len(item.frame)} features after writing; "
                f"free some space on the disc and run again"
            )


def _metadata(db: sqlite3.Connection, atlas: Atlas) -> None:
    """Add the provenance as one JSON document about the whole file, by the metadata extension."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_metadata'").fetchone():
        return
    document = {
        "title": atlas.title[atlas.language],
        "created": atlas.created,
        "banner": words.banner(atlas.language) if atlas.synthetic else "",
        "crs": atlas.crs,
        "provenance": json.loads(display.plain(atlas.provenance.as_dict())),
    }
    cursor = db.execute(
        "INSERT INTO gpkg_metadata(md_scope, md_standard_uri, mime_type, metadata)"
        " VALUES ('dataset', ?, 'application/json', ?)",
        (_STANDARD, json.dumps(document, ensure_ascii=False)),
    )
    db.execute(
        "INSERT INTO gpkg_metadata_reference(reference_scope, md_file_id) VALUES ('geopackage', ?)",
        (cursor.lastrowid,),
    )


def write(atlas: Atlas, path: Path) -> list[Path]:
    """Write every vector layer and table of an atlas to one GeoPackage.

    Layers that may not be shared are kept: this file is for the desk, not for the web.

    Parameters
    ----------
    atlas : Atlas
        What the run found. Lists become JSON text, dates and booleans keep their type, `inf` and nan
        become NULL. A layer of mixed geometry becomes one layer a kind (`legend.split_kinds`). A column named `fid` or `geom`, which the format keeps for itself, gets a trailing
        underscore.
    path : Path
        The file; it appears when it is whole and replaces an older one.

    Returns
    -------
    list of Path
        The one file.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    ExportError
        If a layer cannot be written.

    Examples
    --------
    >>> from landplan.export import geopackage
    >>> geopackage.write(atlas, Path("out/torsboda.gpkg"))  # doctest: +SKIP
    [PosixPath('out/torsboda.gpkg')]
    """
    layers = [part for item in atlas.vectors for part in split_kinds(item)]
    with aside(path) as part, warnings.catch_warnings():
        # an empty layer has no geometry type to promise; that is not a fault of the user's
        warnings.filterwarnings("ignore", message=".*geometry type.*")
        for item in layers:
            _write_vector(item, part, atlas.language)
        used = {v.id for v in layers}
        tables = {(f"{t.id}_table" if t.id in used else t.id): t for t in atlas.tables}
        for name, table in tables.items():
            _write_table(table, part, name)
        db = sqlite3.connect(part)
        try:
            with db:
                schema.create(db)
                for item in layers:
                    _describe(db, item.id, item, atlas.language)
                for name, table in tables.items():
                    _describe(db, name, table, atlas.language)
                _styles(db, layers, atlas.language)
                _provenance(db, atlas)
                _metadata(db, atlas)
            _verify(db, layers, path)
        finally:
            db.close()
    return [path]


def put(items: Sequence[VectorItem], path: Path, language: Language, *, instead_of: Sequence[str] = ()) -> None:
    """Put layers into a GeoPackage that is there, with their look and words, in place of older ones.

    Parameters
    ----------
    items : sequence of VectorItem
        One kind of geometry each.
    path : Path
        Changed in place: give a copy, and move it where it belongs when this is done.
    language : {"sv", "en"}
    instead_of : sequence of str
        Layers that are taken away, besides those of the same names.

    Raises
    ------
    DiskError
        If fewer features are in the file than were given.
    """
    import fiona

    gone = {*instead_of, *(item.id for item in items)}
    db = sqlite3.connect(path)
    try:
        with db:
            # what describes a layer in the file's own tables does not go with it
            for table, column in (("layer_styles", "f_table_name"), ("gpkg_data_columns", "table_name")):
                if db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    db.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(name,) for name in gone])
    finally:
        db.close()
    for name in sorted(gone.intersection(fiona.listlayers(path))):
        fiona.remove(path, driver="GPKG", layer=name)
    for item in items:
        _write_vector(item, path, language)
    db = sqlite3.connect(path)
    try:
        with db:
            schema.create(db)
            for item in items:
                _describe(db, item.id, item, language)
            _styles(db, items, language)
        _verify(db, items, path)
    finally:
        db.close()
