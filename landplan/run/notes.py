"""Reviewers' notes in a run: layers of the GeoPackage, and the features that every map shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landplan.contracts import FieldSpec
from landplan.errors import ExportError
from landplan.export import geopackage
from landplan.export.items import SiteCard, VectorItem
from landplan.review import Note
from landplan.run.wording import say
from landplan.style import Style, StyleClass

if TYPE_CHECKING:
    import geopandas as gpd

    from landplan.units import Language

__all__ = ["into_geopackage", "note_items", "places_of"]

_KINDS = (("review_notes", ("Point", "MultiPoint"), "notes_points"), ("review_areas", ("Polygon", "MultiPolygon"), "notes_areas"),
          ("review_lines", ("LineString", "MultiLineString"), "notes_lines"))  # fmt: skip
_COLORS = {"accept": "#009e73", "question": "#e69f00", "reject": "#d55e00"}


def frames(notes: Sequence[Note], places: Mapping[str, tuple[str, Any]], crs: str, language: Language) -> dict[str, gpd.GeoDataFrame]:
    """Return notes as layers, by id of the layer: one for each kind of geometry that there is.

    Parameters
    ----------
    notes : sequence of Note
    places : mapping of str to (str, shapely geometry)
        Name and point of each ranked site, in `crs`: where a verdict on it stands. A note on a site that is gone, or on nothing,
        has no place on a map and is in no layer; the maps list it all the same.
    crs : str
    language : {"sv", "en"}
    """
    import geopandas as gpd

    found: dict[str, gpd.GeoDataFrame] = {}
    rows = []
    for note in notes:
        name, at = places.get(note.site_id, (note.site_id, None))
        if note.geometry is not None:
            at = gpd.GeoSeries([note.geometry], crs="EPSG:4326").to_crs(crs).iloc[0]
        if at is not None:
            rows.append({
                "note_id": note.id, "author": note.author, "time": note.time, "verdict": note.verdict, "text": note.text, "site_id": note.site_id,
                "site": name, "team": note.team, "geometry": at,
            })  # fmt: skip
    for id_, kinds, _ in _KINDS:
        some = [r for r in rows if r["geometry"].geom_type in kinds]
        if some:
            frame = gpd.GeoDataFrame(some, geometry="geometry", crs=crs)
            frame["verdict"] = [say(f"verdict_{v}")[language] if v else "" for v in frame["verdict"]]
            found[id_] = frame
    return found


def note_items(notes: Sequence[Note], places: Mapping[str, tuple[str, Any]], crs: str, language: Language) -> tuple[VectorItem, ...]:
    """Return a run's notes as layers to export; `places` as for `frames`."""
    names = ("note_id", "author", "time", "verdict", "text", "site_id", "site", "team")
    fields = tuple(FieldSpec(name, "text", alias=say(f"note_{name}")) for name in names)
    classes = (
        *(StyleClass(say(f"verdict_{v}")[language], say(f"verdict_{v}"), color) for v, color in _COLORS.items()),
        StyleClass(None, say("verdict_none"), "#56636f"),
    )
    words = {id_: key for id_, _, key in _KINDS}
    return tuple(
        VectorItem(
            id=id_, title=say(words[id_]), frame=frame, fields=fields, group="results", sharing="internal", order=9.0,
            style=Style(kind="classes", column="verdict", classes=classes, size_px=11, opacity=0.9 if id_ == "review_notes" else 0.35, label="author"),
            source=say("notes_source")[language],
        )
        for id_, frame in frames(notes, places, crs, language).items()
    )  # fmt: skip


def places_of(cards: Mapping[str, Sequence[SiteCard]]) -> dict[str, tuple[str, Any]]:
    """Return the name and the point of each ranked site."""
    from shapely import Point

    return {c.site_id: (c.name, Point(c.centroid)) for some in cards.values() for c in some}


def into_geopackage(path: Path, notes: Sequence[Note], language: Language) -> dict[str, int]:
    """Bring notes into a finished run's GeoPackage: all of it or nothing; return the features of each layer.

    Parameters
    ----------
    path : Path
        Of a run; sites are found in its ``*_ranking`` layers.
    notes : sequence of Note
    language : {"sv", "en"}

    Raises
    ------
    ExportError
        If it cannot be read or written, as when QGIS has it open on Windows.
    """
    import pyogrio

    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        ranked = [pyogrio.read_dataframe(path, layer=name) for name in layers if name.endswith("_ranking")]
        ranked = [r for r in ranked if "site_id" in r and getattr(r, "geometry", None) is not None]
        places = {row.site_id: (getattr(row, "name", row.site_id), row.geometry.representative_point()) for r in ranked for row in r.itertuples(index=False)}
        crs = str(ranked[0].crs) if ranked else "EPSG:3006"
        items = note_items(notes, places, crs, language)
        shutil.copy2(path, part)
        geopackage.put(items, part, language, instead_of=[id_ for id_, _, _ in _KINDS])
        os.replace(part, path)
    except OSError as exc:
        raise ExportError(f"{path}: the notes could not be brought in ({exc.strerror or exc}); close it in other programs and try again") from exc
    except pyogrio.errors.DataSourceError as exc:
        raise ExportError(f"{path}: the notes could not be brought in ({exc}); run the plan again") from exc
    finally:
        part.unlink(missing_ok=True)
    return {item.id: len(item.frame) for item in items}
