"""Networks from tables and from any line layer that meets the roads contract.

Time is worked out per edge from its own length and speed and kept unrounded; a way between two junctions is rounded once.
What is dropped, and every value that had to be assumed, is counted in the report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import require_columns
from landplan.crs import require_metric
from landplan.errors import NetworkError
from landplan.network.assembly import assemble
from landplan.network.graph import Bans, Network
from landplan.network.speeds import Attributes, Mode, SpeedProfile

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["from_edges", "from_frame", "from_layer"]

_NOT_FOR = {
    "walk": frozenset({"motorway"}),
    "bike": frozenset({"motorway"}),
    "car": frozenset({"footway", "cycleway", "path", "steps"}),
}


def _halves(geometry: Any) -> tuple[Any, Any]:
    from shapely.ops import substring

    return substring(geometry, 0.0, 0.5, normalized=True), substring(geometry, 0.5, 1.0, normalized=True)


def _without_loops(frame: gpd.GeoDataFrame, ids: pd.Index) -> tuple[gpd.GeoDataFrame, pd.Index, int]:
    """Cut lines that end where they start in two, so that people can live on them; the second half is named ``id~1``."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    geometry = frame.geometry.to_numpy()
    ends = shapely.equals_exact(shapely.get_point(geometry, 0), shapely.get_point(geometry, -1), tolerance=5e-4)
    ring = ends & (shapely.length(geometry) > 0)
    if not ring.any():
        return frame, ids, 0
    halves = [_halves(g) for g in geometry[ring]]
    first = geometry.copy()
    first[ring] = [a for a, _ in halves]
    whole = frame.set_geometry(gpd.GeoSeries(first, index=frame.index, crs=frame.crs))
    second = frame[ring].set_geometry(gpd.GeoSeries([b for _, b in halves], index=frame.index[ring], crs=frame.crs))
    names = ids.astype(object).append(pd.Index([f"{i}~1" for i in ids[ring]], dtype=object))
    both = gpd.GeoDataFrame(pd.concat([whole, second], ignore_index=True), crs=frame.crs)
    return both, names, int(ring.sum())


def from_layer(
    roads: gpd.GeoDataFrame,
    *,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
    season: str | None = None,
    period: str | None = None,
    name: str = "roads",
    progress: Callable[[float], None] | None = None,
) -> Network:
    """Build a network from a line layer whose edges meet end to end.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        LineStrings in a metric CRS with `road_class` and `speed_kmh`; optional `road_id`, `oneway`
        (both, forward, backward), `ferry`, `ferry_minutes`, `headway_min`, `closed`, `season` (the one it is open in),
        `delay_forward_s`, `delay_backward_s` (at the junction where that direction ends), `no_turn` (roads that may not be
        entered from this one: ``>`` and a `road_id` at its last vertex, ``<`` at its first, separated by ``;``), `node_from`,
        `node_to` (what nodes are called). Multipart lines are split.
        Two lines are joined where an end vertex of both has the same coordinates (to 1 mm).
    mode : {"car", "walk", "bike"}
    profile : SpeedProfile, optional
        Default `SpeedProfile.for_mode`.
    season, period : str, optional
        What the times hold for; `Network.at` gives the others later.
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
    return from_frame(roads, mode=mode, profile=profile, season=season, period=period, name=name, progress=progress)


def from_frame(
    roads: gpd.GeoDataFrame,
    *,
    mode: Mode,
    profile: SpeedProfile | None,
    season: str | None,
    period: str | None,
    name: str,
    progress: Callable[[float], None] | None = None,
    dropped: dict[str, int] | None = None,
    assumed: dict[str, int] | None = None,
) -> Network:
    """Build a network as `from_layer` does; `dropped` and `assumed` is what a reader has already counted.

    Raises
    ------
    NetworkError, LayerError, CRSError
        As `from_layer`.
    """
    import pandas as pd
    import shapely

    require_columns(roads, {"road_class": "class of road, text", "speed_kmh": "speed, km/h"}, name=name)
    crs = require_metric(roads.crs, name=name)
    profile = profile or SpeedProfile.for_mode(mode)
    read = len(roads)
    dropped = dict(dropped or {})
    assumed = dict(assumed or {})
    usable = roads.geometry.notna() & ~roads.geometry.is_empty
    dropped["empty geometry"] = int((~usable).sum())
    closed_to = roads["road_class"].astype(str).isin(_NOT_FOR[mode])
    dropped[f"not for {mode}"] = dropped.get(f"not for {mode}", 0) + int((usable & closed_to).sum())
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
    frame, ids, rings = _without_loops(frame, pd.Index(frame["road_id"]) if "road_id" in frame else frame.index)
    assumed["loop, cut in its middle"] = rings
    speed = pd.to_numeric(frame["speed_kmh"], errors="coerce").to_numpy(np.float64)
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
    dropped["no length"] = int(degenerate.sum())
    keep = ~degenerate
    frame, ids, geometry, length, speed = frame[keep], ids[keep], geometry[keep], length[keep], speed[keep]
    u, v = u[keep], v[keep]
    if frame.empty:
        raise NetworkError(f"{name}: every line has no length; check the layer's geometry")
    road_class = frame["road_class"].astype(str).to_numpy(object)
    ferry = _flag(frame, "ferry") | (road_class == "ferry")
    oneway = frame["oneway"].astype(str).to_numpy() if "oneway" in frame else np.full(len(frame), "both")
    one_sided = mode != "walk"
    closed = _flag(frame, "closed")
    bans = _bans(frame, ids, u, v, dropped, name) if "no_turn" in frame else None
    if progress:
        progress(0.6)
    return assemble(
        mode=mode,
        crs=_crs_text(crs),
        node_ids=_node_names(frame, u, v, len(unique)),
        x=unique[:, 0].astype(np.float64),
        y=unique[:, 1].astype(np.float64),
        u=u,
        v=v,
        attributes=Attributes(
            length_m=length,
            speed_kmh=speed,
            road_class=road_class,
            open_forward=~closed & ~((oneway == "backward") & one_sided),
            open_backward=~closed & ~((oneway == "forward") & one_sided),
            is_ferry=ferry,
            ferry_min=_number(frame, "ferry_minutes") if "ferry_minutes" in frame else None,
            headway_min=_number(frame, "headway_min") if "headway_min" in frame else None,
            season=_season(frame, name),
            delay_forward_s=_number(frame, "delay_forward_s", 0.0) if "delay_forward_s" in frame else None,
            delay_backward_s=_number(frame, "delay_backward_s", 0.0) if "delay_backward_s" in frame else None,
            name=_names(frame),
            bridge=_flag(frame, "bridge") if "bridge" in frame else None,
        ),
        geometry=geometry,
        edge_ids=ids,
        source=name,
        edges_read=read,
        dropped=dropped,
        assumed=assumed,
        profile=profile,
        season=season,
        period=period,
        bans=bans,
    )


def from_edges(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    crs: str,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
    season: str | None = None,
    period: str | None = None,
    no_through: Any = None,
    name: str = "edges",
) -> Network:
    """Build a network from a node table and an edge table.

    Parameters
    ----------
    nodes : pandas.DataFrame
        Index: node id; columns `x`, `y` in metres.
    edges : pandas.DataFrame
        `source`, `target` (node ids) and either `time_s` or `length_m` with `speed_kmh`; optional
        `oneway` (bool, True = source to target only; default False), `road_class`, `edge_id`.
    crs : str
        Metric CRS of the coordinates.
    mode, profile, season, period, name
        As for `from_layer`.
    no_through : sequence of node ids, optional
        Nodes (zone centroids) where a way may start or end, but which it may not pass.

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
    if len(nodes) == 0:
        raise NetworkError(f"{name}: the node table is empty")
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
    shut = None
    if no_through is not None:
        at = nodes.index.get_indexer(pd.Index(list(no_through)))
        if (at < 0).any():
            raise NetworkError(f"{name}: no_through names {list(no_through)[int(np.argmax(at < 0))]!r}, which is not in the node table")
        shut = np.zeros(len(nodes), np.bool_)
        shut[at] = True
    loop = u == v
    dropped = {"loop": int(loop.sum())}
    kept = edges[~loop]
    u, v = u[~loop], v[~loop]
    length = kept["length_m"].to_numpy(np.float64) if "length_m" in kept else np.hypot(x[u] - x[v], y[u] - y[v])
    _require_times(length, kept.index, name, "length_m")
    road_class = (
        kept["road_class"].astype(str).to_numpy(object)
        if "road_class" in kept
        else np.full(len(kept), "other", dtype=object)
    )
    seconds = None
    if timed:
        seconds = kept["time_s"].to_numpy(np.float64)
        _require_times(seconds, kept.index, name, "time_s")
    speed = kept["speed_kmh"].to_numpy(np.float64) if "speed_kmh" in kept else np.full(len(kept), np.nan)
    if (speed <= 0).any():
        raise NetworkError(f"{name}: row {kept.index[int(np.argmax(speed <= 0))]} has a speed of 0 or below")
    oneway = kept["oneway"].to_numpy(bool) if "oneway" in kept else np.zeros(len(kept), bool)
    ends = np.stack([np.column_stack([x[u], y[u]]), np.column_stack([x[v], y[v]])], axis=1)
    geometry = np.asarray(shapely.linestrings(ends), dtype=object).reshape(-1)
    ids = pd.Index(kept["edge_id"]) if "edge_id" in kept else pd.RangeIndex(len(kept))
    return assemble(
        mode=mode,
        crs=_crs_text(crs_),
        node_ids=nodes.index,
        x=x,
        y=y,
        u=u,
        v=v,
        attributes=Attributes(
            length_m=length,
            speed_kmh=speed,
            road_class=road_class,
            open_forward=np.ones(len(kept), np.bool_),
            open_backward=~oneway,
            is_ferry=(road_class == "ferry").astype(np.bool_),
            given_s=seconds,
        ),
        geometry=geometry,
        edge_ids=ids,
        source=name,
        edges_read=len(edges),
        dropped=dropped,
        profile=profile,
        season=season,
        period=period,
        no_through=shut,
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


def _number(frame: gpd.GeoDataFrame, column: str, missing: float = np.nan) -> NDArray[np.float64]:
    import pandas as pd

    found = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isnan(found), missing, found)


def _node_names(frame: gpd.GeoDataFrame, u: NDArray[np.int64], v: NDArray[np.int64], nodes: int) -> pd.Index:
    """What the layer calls its nodes, the lowest where it has several for one; numbers where it has none."""
    import pandas as pd

    if "node_from" in frame and "node_to" in frame and not frame[["node_from", "node_to"]].isna().any(axis=None):
        called = pd.Series(np.concatenate([frame["node_from"].to_numpy(), frame["node_to"].to_numpy()]))
        found: pd.Index = pd.Index(called.groupby(np.concatenate([u, v])).min().reindex(range(nodes)).to_numpy())
        if found.is_unique and not found.hasnans:
            return found
    return pd.RangeIndex(nodes)


def _bans(
    frame: gpd.GeoDataFrame, ids: pd.Index, u: NDArray[np.int64], v: NDArray[np.int64], dropped: dict[str, int], name: str
) -> Bans | None:
    """Read the column `no_turn`; what names a road that is not there, or does not meet it, is counted."""
    said = frame["no_turn"].fillna("").astype(str).to_numpy(object)
    if not (said != "").any():
        return None
    if not ids.is_unique:
        raise NetworkError(f"{name}: no_turn names roads by road_id, which must be unique; {ids[ids.duplicated()][0]!r} occurs more than once")
    found: list[tuple[int, bool, int, int, bool]] = []
    lost = 0
    at = {str(k): i for i, k in enumerate(ids)}
    for e in np.flatnonzero(said != "").tolist():
        for word in str(said[e]).split(";"):
            f = at.get(word[1:].strip(), -1)
            if word[:1] not in "<>" or f < 0:
                lost += 1
                continue
            onward = word[0] == ">"
            via = int(v[e] if onward else u[e])
            leaves = [way for way, node in ((True, u[f]), (False, v[f])) if node == via]
            lost += not leaves
            found += [(e, onward, via, f, way) for way in leaves]
    dropped["turn restriction to a road that is not there"] = lost
    if not found:
        return None
    table = np.array(found, np.int64)
    return Bans(table[:, 0], table[:, 1] == 1, table[:, 2].astype(np.int32), table[:, 3], table[:, 4] == 1)


def _season(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.object_] | None:
    """The season each road is open in, "" all year; None when no road says."""
    if "season" not in frame:
        return None
    found = frame["season"].fillna("").astype(str).to_numpy(object)
    return found if (found != "").any() else None


def _names(frame: gpd.GeoDataFrame) -> NDArray[np.object_] | None:
    """Road numbers and names, "" where a road has neither; None when none has."""
    found = np.full(len(frame), "", dtype=object)
    for column in ("name", "road_number"):
        if column in frame:
            text = frame[column].fillna("").astype(str).to_numpy(object)
            found = np.where(text != "", text, found)
    return found if (found != "").any() else None


def _crs_text(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
