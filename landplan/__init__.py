"""landplan: geospatial land and infrastructure planning.

Layers go in, analyses made of fast kernels run over them, and maps, QGIS projects and tables come
out, each carrying where its numbers came from. Rooms are loaded when first named, so that
``import landplan`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ROOMS = (
    "accessibility",
    "catchment",
    "compare",
    "content",
    "contracts",
    "crs",
    "doctor",
    "errors",
    "export",
    "grid",
    "growth",
    "infrastructure",
    "kernels",
    "layers",
    "network",
    "od",
    "plan",
    "provenance",
    "review",
    "run",
    "sample",
    "style",
    "suitability",
    "toolbox",
    "transit",
    "units",
)

__all__ = ["__version__", *_ROOMS]

if TYPE_CHECKING:
    from landplan import (
        accessibility,
        catchment,
        compare,
        content,
        contracts,
        crs,
        doctor,
        errors,
        export,
        grid,
        growth,
        infrastructure,
        kernels,
        layers,
        network,
        od,
        plan,
        provenance,
        review,
        run,
        sample,
        style,
        suitability,
        toolbox,
        transit,
        units,
    )


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"landplan.{name}")
    raise AttributeError(f"module 'landplan' has no attribute {name!r}; rooms: {', '.join(_ROOMS)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
