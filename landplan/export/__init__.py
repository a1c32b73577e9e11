"""The door out: results become GeoPackage, QGIS project, rasters, web maps, tables, report and sheets.

Every exporter takes an `items.Atlas` and a place to write, and returns the files it wrote. Modules are
loaded when first named, so that ``import landplan.export`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = (
    "cards",
    "display",
    "files",
    "geopackage",
    "items",
    "layout",
    "legend",
    "names",
    "packing",
    "pages",
    "picture",
    "qgis",
    "qml",
    "raster",
    "report",
    "sheets",
    "tables",
    "tableview",
    "templates",
    "webmap",
    "words",
)

__all__ = [*_MODULES]

def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"landplan.export.{name}")
    raise AttributeError(f"module 'landplan.export' has no attribute {name!r}; modules: {', '.join(_MODULES)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
