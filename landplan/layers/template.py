"""An empty file that meets a layer's contract, ready to fill in QGIS or a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path

from landplan.errors import ExportError, LayerError
from landplan.layers.catalog import LayerDefinition

__all__ = ["write_template"]


def write_template(definition: LayerDefinition, path: Path, *, crs: str | None = None) -> Path:
    """Write an empty GeoPackage (or .csv for a table) with the layer's columns and types.

    Parameters
    ----------
    definition : LayerDefinition
    path : Path
        The new file; refused when it exists.
    crs : str, optional
        Default the layer's native CRS.

    Returns
    -------
    Path

    Raises
    ------
    LayerError
        If the layer is a raster or a timetable.
    ExportError
        If the file exists or cannot be written.
    """
    if path.exists():
        raise ExportError(f"{path} exists; give another name so that nothing is overwritten")
    if definition.kind in ("raster", "gtfs"):
        raise LayerError(f"layer {definition.id!r} is a {definition.kind}: there is no empty file to fill")
    tmp = path.with_name(path.stem + ".part" + path.suffix)
    try:
        if definition.kind == "table":
            tmp.write_text(",".join(f.name for f in definition.fields) + "\n", encoding="utf-8-sig")
        else:
            import fiona
            from fiona.crs import CRS

            kinds = {"text": "str", "int": "int", "float": "float", "bool": "bool", "date": "date", "list": "str"}
            geometry = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}[definition.kind]
            schema = {"geometry": geometry, "properties": {f.name: kinds[f.type] for f in definition.fields}}
            with fiona.open(tmp, "w", driver="GPKG", layer=definition.id, schema=schema, crs=CRS.from_user_input(crs or definition.native_crs), VERSION="1.2"):
                pass
        os.replace(tmp, path)
    except OSError as exc:
        raise ExportError(f"{path} cannot be written ({exc.strerror or exc})") from exc
    finally:
        tmp.unlink(missing_ok=True)
    return path
