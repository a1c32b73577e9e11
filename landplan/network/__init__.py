"""Networks and travel times: build, snap, trees, matrices, routes, isochrones, scenarios.

The public names stand here; the modules behind them are one noun each. In: `build` (tables and layers), `osm`, `tags`, `ways`, `turns`
(OpenStreetMap), `assembly` (the table frozen). The value: `graph`, `saving`, `speeds` (profiles), `patches` (scenario edits), `elevation`,
`calibration`. Answers: `core` (what is searched), `engine` (which search), `snapping`, `routing`, `paths`, `lengths`, `isochrone`, `comparison`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "AddRoad": "patches",
    "BuildReport": "graph",
    "Calibration": "calibration",
    "Close": "patches",
    "Comparison": "comparison",
    "calibrate": "calibration",
    "fastest_km": "lengths",
    "changes": "comparison",
    "compare": "comparison",
    "IsochroneResult": "isochrone",
    "Network": "graph",
    "Speed": "patches",
    "Rule": "speeds",
    "SpeedProfile": "speeds",
    "from_edges": "build",
    "from_layer": "build",
    "from_osm": "osm",
    "isochrones": "isochrone",
    "load": "saving",
    "matrix": "routing",
    "opportunities": "routing",
    "snap": "snapping",
    "grid_heights": "elevation",
    "tree": "routing",
    "with_elevation": "elevation",
    "sums_within": "gathering",
    "Widen": "patches",
    "patched_layer": "patches",
    "Route": "paths",
    "route": "paths",
}

__all__ = [
    "AddRoad",
    "BuildReport",
    "Calibration",
    "Close",
    "Comparison",
    "IsochroneResult",
    "Network",
    "Route",
    "Rule",
    "Speed",
    "SpeedProfile",
    "Widen",
    "calibrate",
    "changes",
    "compare",
    "fastest_km",
    "from_edges",
    "from_layer",
    "from_osm",
    "grid_heights",
    "isochrones",
    "load",
    "matrix",
    "opportunities",
    "patched_layer",
    "route",
    "snap",
    "sums_within",
    "tree",
    "with_elevation",
]

if TYPE_CHECKING:
    from landplan.network.build import from_edges, from_layer
    from landplan.network.calibration import Calibration, calibrate
    from landplan.network.comparison import Comparison, changes, compare
    from landplan.network.elevation import grid_heights, with_elevation
    from landplan.network.gathering import sums_within
    from landplan.network.graph import BuildReport, Network
    from landplan.network.isochrone import IsochroneResult, isochrones
    from landplan.network.lengths import fastest_km
    from landplan.network.osm import from_osm
    from landplan.network.patches import AddRoad, Close, Speed, Widen, patched_layer
    from landplan.network.paths import Route, route
    from landplan.network.routing import matrix, opportunities, tree
    from landplan.network.saving import load
    from landplan.network.snapping import snap
    from landplan.network.speeds import Rule, SpeedProfile


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"landplan.network.{_HOME[name]}"), name)
    raise AttributeError(f"module 'landplan.network' has no attribute {name!r}")
