"""Networks and travel times: build, snap, trees, matrices, isochrones.

The public names stand here; the modules behind them are one noun each: `graph` (the value), `build`
(tables and layers in), `osm` (OpenStreetMap in), `speeds` (profiles), `snapping`, `routing`,
`isochrone`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "BuildReport": "graph",
    "Close": "patches",
    "IsochroneResult": "isochrone",
    "Network": "graph",
    "Speed": "patches",
    "SpeedProfile": "speeds",
    "from_edges": "build",
    "from_layer": "build",
    "from_osm": "osm",
    "isochrones": "isochrone",
    "load": "graph",
    "matrix": "routing",
    "snap": "snapping",
    "tree": "routing",
}

__all__ = [
    "BuildReport",
    "Close",
    "IsochroneResult",
    "Network",
    "Speed",
    "SpeedProfile",
    "from_edges",
    "from_layer",
    "from_osm",
    "isochrones",
    "load",
    "matrix",
    "snap",
    "tree",
]

if TYPE_CHECKING:
    from landplan.network.build import from_edges, from_layer
    from landplan.network.graph import BuildReport, Network, load
    from landplan.network.isochrone import IsochroneResult, isochrones
    from landplan.network.osm import from_osm
    from landplan.network.patches import Close, Speed
    from landplan.network.routing import matrix, tree
    from landplan.network.snapping import snap
    from landplan.network.speeds import SpeedProfile


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"landplan.network.{_HOME[name]}"), name)
    raise AttributeError(f"module 'landplan.network' has no attribute {name!r}")
