"""Networks from tables and from any line layer that meets the roads contract.

Time is worked out per edge from its own length and speed, summed unrounded and rounded once to
deciseconds. What is dropped, and every value that had to be assumed, is counted in the report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import require_columns
from landplan.crs import require_metric
from landplan.errors import NetworkError
from landplan.network.graph import UNREACHED, BuildReport, Network, morton_order
from landplan.network.speeds import Mode, SpeedProfile

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["assemble", "from_edges", "from_layer", "travel_ds"]

_NOT_FOR = {
    "walk": frozenset({"motorway"}),
    "bike": frozenset({"motorway"}),
    "car": frozenset({"footway", "cycleway", "path", "steps"}),
}
# Nobody drives out of a garden onto a motorway or a ferry.
_NO_SNAP = frozenset({"motorway", "ferry", "ramp"})


def travel_ds(
    length_m: NDArray[np.float64],
    speed_kmh: NDArray[np.float64],
    road_class: NDArray[np.object_],
    profile: SpeedProfile,
    *,
    ferry: NDArray[np.bool_] | None = None,
    ferry_min: NDArray[np.float64] | None = None,
    headway_min: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int32], dict[str, int]]:
    """Deciseconds to travel each edge, and how often something had to be assumed.

    Parameters
    ----------
    length_m, speed_kmh : ndarray of float64, shape (edges,)
        A missing (nan) speed takes the class's default.
    road_class : ndarray of str, shape (edges,)
    profile : SpeedProfile
    ferry, ferry_min, headway_min : ndarray, optional
        A ferry takes its crossing plus half its headway plus boarding; a ferry without a crossing time is
        closed and counted, never length x speed.

    Returns
    -------
    deciseconds : ndarray of int32, shape (edges,)
        The largest int32 where the edge is closed.
    assumed : dict of str to int

    Notes
    -----
    t = 3.6 length / (speed x factor) + junction, rounded half to even once, to 0.1 s.
    """
    classes, code = np.unique(road_class.astype(str), return_inverse=True)
    default = np.array([profile.default_kmh.get(c, profile.default_kmh.get("other", 40.0)) for c in classes])
    factor = np.array([profile.factor.get(c, 1.0) for c in classes])
    known = np.isfinite(speed_kmh)
    speed = np.where(known, speed_kmh, default[code]) * factor[code]
    if profile.cap_kmh is not None:
        speed = np.minimum(speed, profile.cap_kmh)
    seconds = length_m * 3.6 / speed + profile.junction_s
    assumed = {"no speed stated, the class's default is used": int((~known).sum())}
    if ferry is not None and ferry.any():
        crossing = np.full(length_m.size, np.nan) if ferry_min is None else ferry_min
        headway = np.zeros(length_m.size) if headway_min is None else np.nan_to_num(headway_min)
        seconds = np.where(ferry, 60.0 * (crossing + headway / 2 + profile.boarding_min), seconds)
        unknown = ferry & ~np.isfinite(crossing)
        assumed["ferry without a crossing time, closed"] = int(unknown.sum())
        assumed["no speed stated, the class's default is used"] = int((~known & ~ferry).sum())
    ds = np.rint(seconds * 10.0)
    return np.where(np.isfinite(ds), np.minimum(ds, UNREACHED - 1), UNREACHED).astype(np.int32), assumed


def assemble(
    *,
    mode: Mode,
    crs: str,
    node_ids: pd.Index,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    forward_ds: NDArray[np.int32],
    backward_ds: NDArray[np.int32],
    length_m: NDArray[np.float64],
    road_class: NDArray[np.object_],
    is_ferry: NDArray[np.bool_],
    geometry: NDArray[np.object_],
    edge_ids: pd.Index,
    source: str,
    edges_read: int,
    dropped: dict[str, int],
    assumed: dict[str, int],
    profile: str,
) -> Network:
    """Renumber the nodes, find the components and freeze the network; `u`, `v` are positions in `node_ids`."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    order = morton_order(x, y)
    internal = np.empty(x.size, np.int32)
    internal[order] = np.arange(x.size, dtype=np.int32)
    ui, vi = internal[u].astype(np.int32), internal[v].astype(np.int32)
    go, back = forward_ds != UNREACHED, backward_ds != UNREACHED
    tail, head = np.concatenate([ui[go], vi[back]]), np.concatenate([vi[go], ui[back]])
    graph = csr_array((np.ones(tail.size, np.int8), (tail, head)), shape=(x.size, x.size))
    count, raw = connected_components(graph, directed=True, connection="strong")
    # component 0 is the one that holds the most road; equal ones by their first node
    km = np.bincount(raw[ui], weights=np.where(raw[ui] == raw[vi], length_m, 0.0), minlength=count)
    first = np.full(count, x.size)
    np.minimum.at(first, raw, np.arange(x.size))
    rank = np.empty(count, np.int32)
    rank[np.lexsort((first, -km))] = np.arange(count, dtype=np.int32)
    component = rank[raw].astype(np.int32)
    total = float(length_m.sum())
    snappable = (component[ui] == 0) & (component[vi] == 0) & ~np.isin(road_class.astype(str), list(_NO_SNAP))
    snappable &= ~is_ferry & (go | back)
    report = BuildReport(
        source=source,
        edges_read=edges_read,
        edges_kept=int(ui.size),
        nodes=int(x.size),
        components=int(count),
        largest_share=float(km.max() / total) if total else 0.0,
        length_km=total / 1000.0,
        ferry_km=float(length_m[is_ferry].sum()) / 1000.0,
        dropped={k: n for k, n in dropped.items() if n},
        assumed={k: n for k, n in assumed.items() if n},
    )
    return Network(
        mode, crs, node_ids, x[order], y[order], internal, ui, vi, forward_ds, backward_ds, length_m,
        road_class, is_ferry, snappable, component, geometry, edge_ids, report, profile,
    )


def from_layer(
    roads: gpd.GeoDataFrame,
    *,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
    name: str = "roads",
    progress: Callable[[float], None] | None = None,
) -> Network:
    """Build a network from a line layer whose edges meet end to end.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        LineStrings in a metric CRS with `road_class` and `speed_kmh`; optional `road_id`, `oneway`
        (both, forward, backward), `ferry`, `ferry_minutes`, `headway_min`. Multipart lines are split.
        Two lines are joined where an end vertex of both has the same coordinates (to 1 mm).
    mode : {"car", "walk", "bike"}
    profile : SpeedProfile, optional
        Default `SpeedProfile.for_mode`.
    name : str
        What the layer is called, for messages.
    progress : callable, optional
        Called with a share 0-1.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        If no usable road remains, or a speed is not above 0.
    LayerError
        If a column is missing.
    CRSError
        If distances would not be metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame({"road_class": ["street"], "speed_kmh": [36.0]},
    ...                          geometry=[LineString([(0, 0), (600, 0)])], crs="EPSG:3006")
    >>> float(from_layer(roads).edges["forward_min"].iloc[0])
    1.0
    """
    import pandas as pd
    import shapely

    require_columns(
        roads, {"road_class": "class of road, text", "speed_kmh": "speed, km/h"}, name=name
    )
    crs = require_metric(roads.crs, name=name)
    profile = profile or SpeedProfile.for_mode(mode)
    read = len(roads)
    dropped: dict[str, int] = {}
    usable = roads.geometry.notna() & ~roads.geometry.is_empty
    dropped["empty geometry"] = int((~usable).sum())
    closed_to = roads["road_class"].astype(str).isin(_NOT_FOR[mode])
    dropped[f"not for {mode}"] = int((usable & closed_to).sum())
    frame = roads[usable & ~closed_to]
    if len(frame) and (frame.geom_type == "MultiLineString").any():
        frame = frame.explode(index_parts=False)
    line = frame.geom_type == "LineString"
    dropped["not a line"] = int((~line).sum())
    frame = frame[line]
    if frame.empty:
        raise NetworkError(f"{name}: no road is left of {read} (dropped: {dropped}); a network needs lines with a class")
    speed = pd.to_numeric(frame["speed_kmh"], errors="coerce").to_numpy(np.float64)
    bad = np.flatnonzero(speed <= 0)
    if bad.size:
        raise NetworkError(
            f"{name}: {bad.size} roads have a speed of 0 or below, first at feature "
            f"{frame.index[bad[0]]}; give km/h above 0, or leave it empty for the class's default"
        )
    geometry = frame.geometry.to_numpy()
    if progress:
        progress(0.3)
    length = shapely.length(geometry)
    ends = np.concatenate([shapely.get_point(geometry, 0), shapely.get_point(geometry, -1)])
    xy = np.round(np.column_stack([shapely.get_x(ends), shapely.get_y(ends)]), 3)
    unique, inverse = np.unique(xy, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    u, v = inverse[: len(frame)], inverse[len(frame) :]
    degenerate = (u == v) | ~(length > 0)
    dropped["loop or zero length"] = int(degenerate.sum())
    keep = ~degenerate
    frame, geometry, length, speed = frame[keep], geometry[keep], length[keep], speed[keep]
    u, v = u[keep], v[keep]
    if frame.empty:
        raise NetworkError(f"{name}: every line is a loop or has no length; check the layer's geometry")
    road_class = frame["road_class"].astype(str).to_numpy(object)
    ferry = _flag(frame, "ferry") | (road_class == "ferry")
    ds, assumed = travel_ds(
        length, speed, road_class, profile,
        ferry=ferry, ferry_min=_number(frame, "ferry_minutes"), headway_min=_number(frame, "headway_min"),
    )
    oneway = frame["oneway"].astype(str).to_numpy() if "oneway" in frame else np.full(len(frame), "both")
    forward = np.where((oneway == "backward") & (mode == "car"), UNREACHED, ds).astype(np.int32)
    backward = np.where((oneway == "forward") & (mode == "car"), UNREACHED, ds).astype(np.int32)
    closed = ds == UNREACHED
    forward[closed] = backward[closed] = UNREACHED
    if progress:
        progress(0.6)
    ids = pd.Index(frame["road_id"]) if "road_id" in frame else frame.index
    return assemble(
        mode=mode,
        crs=_crs_text(crs),
        node_ids=pd.RangeIndex(len(unique)),
        x=unique[:, 0].astype(np.float64),
        y=unique[:, 1].astype(np.float64),
        u=u,
        v=v,
        forward_ds=forward,
        backward_ds=backward,
        length_m=length,
        road_class=road_class,
        is_ferry=ferry,
        geometry=geometry,
        edge_ids=ids,
        source=name,
        edges_read=read,
        dropped=dropped,
        assumed=assumed,
        profile=profile.name,
    )


def from_edges(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    crs: str,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
    name: str = "edges",
) -> Network:
    """Build a network from a node table and an edge table.

    Parameters
    ----------
    nodes : pandas.DataFrame
        Index: node id; columns `x`, `y` in metres.
    edges : pandas.DataFrame
        `source`, `target` (node ids) and either `time_s` or `length_m` with `speed_kmh`; optional
        `oneway` (bool, True = source to target only; default False), `road_class`.
    crs : str
        Metric CRS of the coordinates.
    mode, profile, name
        As for `from_layer`.

    Returns
    -------
    Network
        With every given node, its id and its order.

    Raises
    ------
    NetworkError
        If ids repeat, an edge names an unknown node, or a time is negative or not a number.
    LayerError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = pd.DataFrame({"x": [0.0, 100.0], "y": [0.0, 0.0]}, index=["a", "b"])
    >>> edges = pd.DataFrame({"source": ["a"], "target": ["b"], "time_s": [30.0]})
    >>> from_edges(nodes, edges, crs="EPSG:3006").n_edges
    1
    """
    import pandas as pd
    import shapely

    crs_ = require_metric(crs, name=name)
    profile = profile or SpeedProfile.for_mode(mode)
    require_columns(nodes, {"x": "easting, m", "y": "northing, m"}, name=f"{name}: nodes")
    require_columns(edges, {"source": "node id", "target": "node id"}, name=f"{name}: edges")
    if nodes.index.has_duplicates:
        raise NetworkError(f"{name}: node id {nodes.index[nodes.index.duplicated()][0]!r} occurs more than once")
    timed = "time_s" in edges.columns
    if not timed:
        require_columns(edges, {"length_m": "length, m", "speed_kmh": "speed, km/h"}, name=f"{name}: edges")
    u, v = (nodes.index.get_indexer(pd.Index(edges[c])) for c in ("source", "target"))
    unknown = (u < 0) | (v < 0)
    if unknown.any():
        i = int(np.argmax(unknown))
        raise NetworkError(
            f"{name}: {int(unknown.sum())} edges name a node that is not in the node table, first "
            f"{edges['source'].iloc[i]!r} -> {edges['target'].iloc[i]!r} (row {edges.index[i]})"
        )
    x, y = nodes["x"].to_numpy(np.float64), nodes["y"].to_numpy(np.float64)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise NetworkError(f"{name}: a node has no coordinate; fill x and y of every node")
    loop = u == v
    dropped = {"loop": int(loop.sum())}
    kept = edges[~loop]
    u, v = u[~loop], v[~loop]
    straight = np.hypot(x[u] - x[v], y[u] - y[v])
    length = kept["length_m"].to_numpy(np.float64) if "length_m" in kept else straight
    road_class = (
        kept["road_class"].astype(str).to_numpy(object)
        if "road_class" in kept
        else np.full(len(kept), "other", dtype=object)
    )
    if timed:
        seconds = kept["time_s"].to_numpy(np.float64)
        _require_times(seconds, kept.index, name, "time_s")
        ds = np.rint(seconds * 10).astype(np.int32)
        assumed: dict[str, int] = {}
    else:
        _require_times(length, kept.index, name, "length_m")
        speed = kept["speed_kmh"].to_numpy(np.float64)
        if (speed <= 0).any():
            raise NetworkError(f"{name}: row {kept.index[int(np.argmax(speed <= 0))]} has a speed of 0 or below")
        ds, assumed = travel_ds(length, speed, road_class, profile)
    oneway = kept["oneway"].to_numpy(bool) if "oneway" in kept else np.zeros(len(kept), bool)
    ends = np.stack([np.column_stack([x[u], y[u]]), np.column_stack([x[v], y[v]])], axis=1)
    geometry = np.asarray(shapely.linestrings(ends), dtype=object).reshape(-1)
    return assemble(
        mode=mode,
        crs=_crs_text(crs_),
        node_ids=nodes.index,
        x=x,
        y=y,
        u=u,
        v=v,
        forward_ds=ds,
        backward_ds=np.where(oneway, UNREACHED, ds).astype(np.int32),
        length_m=length,
        road_class=road_class,
        is_ferry=road_class == "ferry",
        geometry=geometry,
        edge_ids=pd.RangeIndex(len(kept)),
        source=name,
        edges_read=len(edges),
        dropped=dropped,
        assumed=assumed,
        profile=profile.name,
    )


def _require_times(values: NDArray[np.float64], index: pd.Index, name: str, column: str) -> None:
    bad = ~(values >= 0) | ~np.isfinite(values)
    if bad.any():
        i = int(np.argmax(bad))
        raise NetworkError(
            f"{name}: {int(bad.sum())} edges have a {column} that is negative or not a number, first in row "
            f"{index[i]} ({values[i]}); give a number of 0 or more"
        )


def _flag(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    if column not in frame:
        return np.zeros(len(frame), bool)
    return np.asarray(frame[column].fillna(False).astype(bool), dtype=bool)


def _number(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    import pandas as pd

    if column not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan))


def _crs_text(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
