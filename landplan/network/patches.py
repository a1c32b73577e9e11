"""Scenario edits as values: a patch list over an immutable base network.

A patch edits what the times are worked out from (a road's own speed, whether it is open, where it runs), never the times:
so the patched network is the network of the patched layer, in every season and period, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import NetworkError
from landplan.network.core import core_of
from landplan.network.graph import Network
from landplan.network.speeds import Attributes, SpeedProfile, named

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["AddRoad", "Close", "Patch", "Speed", "Widen", "patched_layer", "with_patches"]

_AT_END_M = 1.0


@dataclass(frozen=True, slots=True)
class Close:
    """Close edges to traffic."""

    edges: tuple[Any, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """Change the own speed of edges: multiply it by `factor`, or set it to `speed_kmh`.

    A profile's class factors, seasons and queues come on top. A ferry has minutes, no speed, and is refused.
    """

    edges: tuple[Any, ...]
    factor: float | None = None
    speed_kmh: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Widen:
    """Rebuild edges to a wider road that is signed `speed_kmh`; `lanes` is kept for what counts capacity."""

    edges: tuple[Any, ...]
    speed_kmh: float
    lanes: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class AddRoad:
    """Build a road whose two ends meet roads that exist; in between it crosses others without a junction.

    Attributes
    ----------
    line : shapely LineString
        In the network's CRS.
    speed_kmh : float
    road_class : str
    oneway : {"both", "forward", "backward"}
    connect_m : float
        How far an end may lie from the road it meets; the end is moved there, and that road is cut in two: the part from
        its first end keeps its id, the other is named ``id~1`` (the next free number).
    edge_id : str
    """

    line: Any
    speed_kmh: float
    road_class: str = "local"
    oneway: Literal["both", "forward", "backward"] = "both"
    connect_m: float = 25.0
    edge_id: Any = "new"
    name: str = ""


Patch = AddRoad | Close | Speed | Widen


def _label(patch: Patch) -> str:
    return repr(patch.name or type(patch).__name__)


def _positions(patch: Close | Speed | Widen, edge_ids: pd.Index) -> NDArray[np.int64]:
    """Where the patch's edges stand; an id that several edges carry names them all."""
    return np.flatnonzero(named(edge_ids, patch.edges, f"patch {_label(patch)}"))


def _new_speed(patch: Speed | Widen, now_kmh: NDArray[np.float64]) -> NDArray[np.float64]:
    value = patch.speed_kmh
    factor = patch.factor if isinstance(patch, Speed) else None
    if (value is None) == (factor is None):
        raise NetworkError(f"patch {_label(patch)} needs either factor or speed_kmh")
    for what, number in (("speed_kmh", value), ("factor", factor)):
        if number is not None and not (number > 0 and np.isfinite(number)):
            raise NetworkError(f"patch {_label(patch)}: {what} must be above 0, got {number}")
    return np.full(now_kmh.size, float(value)) if value is not None else now_kmh * float(factor or 1.0)


def _refuse_ferries(patch: Patch, ferry: NDArray[np.bool_], ids: pd.Index) -> None:
    if ferry.any():
        raise NetworkError(f"patch {_label(patch)}: edge {ids[int(np.argmax(ferry))]!r} is a ferry; it has a timetable, not a speed")


def _cut(line: Any, at_m: float) -> tuple[Any, Any]:
    """Cut a line at a distance from its start; both parts hold the very same point."""
    import shapely

    coords = shapely.get_coordinates(line)
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    k = int(np.searchsorted(steps, at_m, side="right")) - 1
    k = min(max(k, 0), len(coords) - 2)
    share = (at_m - steps[k]) / (steps[k + 1] - steps[k])
    point = np.round(coords[k] + share * (coords[k + 1] - coords[k]), 3)
    return shapely.LineString([*coords[: k + 1], point]), shapely.LineString([point, *coords[k + 1 :]])


@dataclass(frozen=True, slots=True)
class _Cut:
    """An edge cut in two: its position and both parts."""

    edge: int
    first: Any
    second: Any


def _connect(patch: AddRoad, geometry: NDArray[np.object_], usable: NDArray[np.bool_]) -> tuple[Any, list[_Cut]]:
    """Return the new road with its ends moved onto roads that exist, and the roads to cut there."""
    import shapely

    if getattr(patch.line, "geom_type", "") != "LineString" or patch.line.is_empty or not patch.line.length > 0:
        raise NetworkError(f"patch {_label(patch)}: a new road must be one line with a length")
    if not (patch.speed_kmh > 0 and np.isfinite(patch.speed_kmh)):
        raise NetworkError(f"patch {_label(patch)}: speed_kmh must be above 0, got {patch.speed_kmh}")
    if patch.oneway not in ("both", "forward", "backward"):
        raise NetworkError(f"patch {_label(patch)}: oneway must be both, forward or backward, got {patch.oneway!r}")
    coords = shapely.get_coordinates(patch.line).copy()
    cuts: list[_Cut] = []
    at = np.flatnonzero(usable)
    lines = geometry[at].copy()
    for end in (0, -1):
        point = shapely.Point(coords[end])
        near = np.flatnonzero(shapely.dwithin(lines, point, patch.connect_m))
        if near.size == 0:
            apart = float(shapely.distance(lines, point).min()) if lines.size else float("inf")
            raise NetworkError(
                f"patch {_label(patch)}: its end at {coords[end][0]:.0f}, {coords[end][1]:.0f} is {apart:.0f} m from the nearest "
                f"road; draw it to a road, or raise connect_m ({patch.connect_m:g} m)"
            )
        k = int(near[int(np.argmin(shapely.distance(lines[near], point)))])
        line = lines[k]
        along = float(shapely.line_locate_point(line, point))
        if along <= _AT_END_M or along >= line.length - _AT_END_M:
            coords[end] = shapely.get_coordinates(line)[0 if along <= _AT_END_M else -1]
            continue
        first, second = _cut(line, along)
        coords[end] = shapely.get_coordinates(second)[0]
        cuts.append(_Cut(int(at[k]), first, second))
        lines[k] = first
        # the other end may meet the part that was cut off
        lines, at = np.append(lines, [second]), np.append(at, geometry.size + len(cuts) - 1)
    return shapely.LineString(coords), cuts


def _free_id(base: Any, taken: Callable[[Any], bool]) -> str:
    k = 1
    while taken(f"{base}~{k}"):
        k += 1
    return f"{base}~{k}"


def _with_road(net: Network, patch: AddRoad) -> Network:
    """Append the new road and the cut-off parts to the edge table and freeze it again."""
    import pandas as pd
    import shapely

    from landplan.network.assembly import assemble

    open_ = net.attributes.open_forward | net.attributes.open_backward
    line, cuts = _connect(patch, net.geometry, ~net.is_ferry & open_)
    if patch.edge_id in net.edge_ids:
        raise NetworkError(f"patch {_label(patch)}: an edge {patch.edge_id!r} is in the network already; give another edge_id")
    # rows: every edge, then each part cut off, then the new road
    source = np.concatenate([np.arange(net.n_edges), [0] * len(cuts), [0]]).astype(np.int64)
    geometry = np.concatenate([net.geometry, np.empty(len(cuts) + 1, dtype=object)])
    part = np.ones(source.size)
    names: list[Any] = []
    u = np.concatenate([net.u, np.zeros(len(cuts) + 1, np.int32)]).astype(np.int64)
    v = np.concatenate([net.v, np.zeros(len(cuts) + 1, np.int32)]).astype(np.int64)
    x, y = [net.x], [net.y]
    nodes = net.n_nodes
    for k, cut in enumerate(cuts):
        row = net.n_edges + k
        share = cut.first.length / (cut.first.length + cut.second.length)
        source[row] = source[cut.edge]
        part[row] = part[cut.edge] * (1 - share)
        part[cut.edge] *= share
        geometry[cut.edge], geometry[row] = cut.first, cut.second
        u[row], v[row], v[cut.edge] = nodes, v[cut.edge], nodes
        names.append(_free_id(net.edge_ids[source[row]], lambda name: name in net.edge_ids or name in names))
        point = shapely.get_coordinates(cut.second)[0]
        x.append(point[:1])
        y.append(point[1:])
        nodes += 1
    xs, ys = np.concatenate(x), np.concatenate(y)
    parts_of = {new: net.edge_ids[source[net.n_edges + k]] for k, new in enumerate(names)}
    names.append(patch.edge_id)
    geometry[-1] = line
    ends = shapely.get_coordinates(line)[[0, -1]]
    meet = []
    for end in ends:
        apart = np.hypot(xs - end[0], ys - end[1])
        meet.append(int(np.argmin(apart)))
    u[-1], v[-1] = meet
    if u[-1] == v[-1]:
        raise NetworkError(f"patch {_label(patch)}: both ends meet the same place; a new road must lead somewhere")
    a = net.attributes
    cells: dict[str, Any] = {}
    for f in fields(Attributes):
        old = getattr(a, f.name)
        if old is None:
            cells[f.name] = None
            continue
        new = old[source].copy()
        if f.name in ("length_m", "given_s"):
            new *= part
        cells[f.name] = new
    # what holds at an edge's ends stays with the part that has that end
    parts = np.flatnonzero(np.isin(source[:-1], source[[cut.edge for cut in cuts]])) if cuts else np.empty(0, np.int64)
    start, end = u[parts] == net.u[source[parts]], v[parts] == net.v[source[parts]]
    if cells["delay_forward_s"] is not None:
        cells["delay_forward_s"][parts[~end]] = 0.0
    if cells["delay_backward_s"] is not None:
        cells["delay_backward_s"][parts[~start]] = 0.0
    fresh = {
        "length_m": line.length, "speed_kmh": float(patch.speed_kmh), "road_class": patch.road_class, "is_ferry": False,
        "open_forward": not (patch.oneway == "backward" and net.mode != "walk"),
        "open_backward": not (patch.oneway == "forward" and net.mode != "walk"),
        "given_s": np.nan, "ferry_min": np.nan, "headway_min": np.nan, "season": "", "delay_forward_s": 0.0, "delay_backward_s": 0.0,
        "slope_forward": 1.0, "slope_backward": 1.0, "name": patch.name, "bridge": False,
    }  # fmt: skip
    for name, value in fresh.items():
        if cells[name] is not None:
            cells[name][-1] = value
    # the caller's nodes keep their ids and order; new ones come after them
    back = np.empty(net.n_nodes, np.int64)
    back[net.internal] = np.arange(net.n_nodes)
    position = np.concatenate([back, np.arange(net.n_nodes, nodes)])
    order = np.concatenate([net.internal, np.arange(net.n_nodes, nodes)])
    extra: list[Any] = []
    if isinstance(net.node_ids.dtype, np.dtype) and net.node_ids.dtype.kind in "iu":
        top = int(net.node_ids.max()) + 1
        extra = list(range(top, top + nodes - net.n_nodes))
    else:
        extra = [_free_id(f"{patch.edge_id}", net.node_ids.__contains__) + f".{k}" for k in range(nodes - net.n_nodes)]
    bans = net.bans
    if bans is not None:
        second = dict(zip(source[parts[end]].tolist(), parts[end].tolist(), strict=True))
        # a turn made where an edge ends is now made from the part that was cut off
        bans = replace(
            bans,
            via=position[bans.via],
            from_edge=np.array([second.get(int(e), int(e)) if on else int(e) for e, on in zip(bans.from_edge, bans.from_onward, strict=True)], np.int64),
            to_edge=np.array([int(e) if on else second.get(int(e), int(e)) for e, on in zip(bans.to_edge, bans.to_onward, strict=True)], np.int64),
        )
    shut = None
    if net.no_through is not None:
        shut = np.concatenate([net.no_through, np.zeros(nodes - net.n_nodes, np.bool_)])[order]
    made = assemble(
        mode=net.mode, crs=net.crs, node_ids=net.node_ids.append(pd.Index(extra)) if extra else net.node_ids, x=xs[order], y=ys[order],
        u=position[u], v=position[v], attributes=Attributes(**cells), geometry=geometry, edge_ids=net.edge_ids.append(pd.Index(names, dtype=object)),
        source=net.report.source, edges_read=net.report.edges_read, dropped=net.report.dropped, assumed=net.report.assumed,
        profile=_widened(net.profile, parts_of), season=net.season, period=net.period, bans=bans, no_through=shut,
        order=position,
    )  # fmt: skip
    if "rank" in net.shared:
        t = core_of(net).topology
        anchors = t.size - t.copy_core.size
        old = np.full(net.n_nodes, -1, np.int64)
        old[t.node[:anchors]] = net.shared["rank"][:anchors]
        made.shared["order"] = np.full(made.n_nodes, -1, np.int64)
        made.shared["order"][made.internal[: net.n_nodes]] = old[net.internal]
    return made


def _widened(profile: SpeedProfile, parts_of: dict[Any, Any]) -> SpeedProfile:
    """Let rules that name an edge hold for the parts that were cut off it."""
    if not any(r.edges for r in profile.rules):
        return profile
    rules = tuple(replace(r, edges=(*r.edges, *(new for new, old in parts_of.items() if old in r.edges))) if r.edges else r for r in profile.rules)
    return replace(profile, rules=rules)


def with_patches(net: Network, patches: Sequence[Patch]) -> Network:
    """Return a new network with the patches applied in order; the base is unchanged and shared where nothing differs.

    Parameters
    ----------
    net : Network
    patches : sequence of AddRoad, Close, Speed, Widen

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        If a patch names an edge that is not in the network, changes a ferry's speed, holds a value that is not above 0,
        or a new road's end meets no road.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from landplan.network import from_layer
    >>> roads = gpd.GeoDataFrame({"road_id": ["a"], "road_class": ["street"], "speed_kmh": [36.0]},
    ...                          geometry=[LineString([(0, 0), (600, 0)])], crs="EPSG:3006")
    >>> float(with_patches(from_layer(roads), [Speed(("a",), 0.5)]).edges["forward_min"].iloc[0])
    2.0
    """
    from landplan.network.assembly import retimed

    for patch in patches:
        if isinstance(patch, AddRoad):
            net = _with_road(net, patch)
            continue
        at = _positions(patch, net.edge_ids)
        a = net.attributes
        if isinstance(patch, Close):
            shut = [a.open_forward.copy(), a.open_backward.copy()]
            for open_ in shut:
                open_[at] = False
            a = replace(a, open_forward=shut[0], open_backward=shut[1])
        else:
            _refuse_ferries(patch, a.is_ferry[at], net.edge_ids[at])
            speed = a.speed_kmh.copy()
            before = _stated(speed[at], a.road_class[at], net.profile)
            speed[at] = _new_speed(patch, before)
            given = a.given_s
            if given is not None:
                given = given.copy()
                given[at] = given[at] * (before / speed[at]) if isinstance(patch, Speed) and patch.factor is not None else np.nan
            a = replace(a, speed_kmh=speed, given_s=given)
        net = retimed(replace(net, attributes=a), net.profile, net.season, net.period)
    return net


def _stated(speed_kmh: NDArray[np.float64], road_class: NDArray[np.object_], profile: SpeedProfile) -> NDArray[np.float64]:
    """Roads' own speed, the class's default where none is stated."""
    default = np.array([profile.default_kmh.get(str(c), profile.default_kmh.get("other", 40.0)) for c in road_class])
    return np.where(np.isfinite(speed_kmh), speed_kmh, default)


def _closed(roads: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    if "closed" not in roads:
        return np.zeros(len(roads), np.bool_)
    return np.array(roads["closed"].fillna(False).astype(bool), dtype=bool)


def _share_ends(
    rows: list[Any], first: tuple[Any, int], second: Any, old: str, geometry: list[Any], rest: Any
) -> None:
    """Leave what holds at a road's ends with the part that has that end: a junction's delay, turns that may not be made.

    `rows` are the layer and the parts cut off so far, in the order of `geometry`.
    """
    frame, at = first

    def put(column: str, value: Any) -> None:
        frame.iloc[at, frame.columns.get_loc(column)] = value

    if "delay_forward_s" in frame:
        put("delay_forward_s", 0.0)
    if "delay_backward_s" in second:
        second["delay_backward_s"] = 0.0
    if "no_turn" not in frame:
        return
    new, end = str(second["road_id"].iloc[0]), rest.coords[-1]
    position = 0
    for part in rows:
        texts = part["no_turn"].fillna("").astype(str).to_numpy(object).copy()
        for i in np.flatnonzero(texts != ""):
            line = geometry[position + i]
            words = str(texts[i]).split(";")
            tips = [line.coords[-1 if w[0] == ">" else 0] for w in words]
            texts[i] = ";".join(w[0] + new if w[1:] == old and tip[:2] == end[:2] else w for w, tip in zip(words, tips, strict=True))
        part["no_turn"] = texts
        position += len(part)
    words = [w for w in str(frame["no_turn"].iloc[at]).split(";") if w]
    second["no_turn"] = ";".join(w for w in words if w[0] == ">")
    put("no_turn", ";".join(w for w in words if w[0] == "<"))


def patched_layer(roads: gpd.GeoDataFrame, patches: Sequence[Patch], *, profile: SpeedProfile | None = None) -> gpd.GeoDataFrame:
    """Return the roads layer as it would be drawn after the patches, for saving or for a build from scratch.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        LineStrings with `road_id`, `road_class`, `speed_kmh`.
    patches : sequence of patches
    profile : SpeedProfile, optional
        Gives the default speed of roads that state none; default the car's.

    Returns
    -------
    geopandas.GeoDataFrame

    Raises
    ------
    NetworkError
        As `with_patches`.
    """
    import geopandas as gpd
    import pandas as pd

    profile = profile or SpeedProfile.for_mode("car")
    out = roads.reset_index(drop=True)
    for patch in patches:
        ids = pd.Index(out["road_id"])
        ferry = (out["road_class"].astype(str) == "ferry").to_numpy()
        if "ferry" in out:
            ferry = ferry | out["ferry"].fillna(False).astype(bool).to_numpy()
        if isinstance(patch, AddRoad):
            line, cuts = _connect(patch, out.geometry.to_numpy(), ~ferry & ~_closed(out))
            geometry = list(out.geometry)
            rows = [out]
            taken = set(ids)
            first_of = list(range(len(out)))
            for cut in cuts:
                # the part that is cut again may be one that was cut off before
                part, at = (out, cut.edge) if cut.edge < len(out) else (rows[cut.edge - len(out) + 1], 0)
                row = part.iloc[[at]].copy()
                old = row["road_id"].iloc[0]
                row["road_id"] = _free_id(ids[first_of[cut.edge]], taken.__contains__)
                taken.add(row["road_id"].iloc[0])
                _share_ends(rows, (part, at), row, str(old), geometry, cut.second)
                geometry[cut.edge] = cut.first
                geometry.append(cut.second)
                first_of.append(first_of[cut.edge])
                rows.append(row)
            new = pd.DataFrame(
                {"road_id": [patch.edge_id], "road_class": [patch.road_class], "speed_kmh": [float(patch.speed_kmh)], "oneway": [patch.oneway]}
            )
            geometry.append(line)
            plain = [pd.DataFrame(r.drop(columns=r.geometry.name)) for r in rows]
            out = gpd.GeoDataFrame(pd.concat([*plain, new], ignore_index=True), geometry=geometry, crs=roads.crs)
            continue
        hit = _positions(patch, ids)
        if isinstance(patch, Close):
            shut = _closed(out)
            shut[hit] = True
            out["closed"] = shut
            continue
        _refuse_ferries(patch, ferry[hit], ids[hit])
        speed = pd.to_numeric(out["speed_kmh"], errors="coerce").to_numpy(np.float64).copy()
        speed[hit] = _new_speed(patch, _stated(speed[hit], out["road_class"].to_numpy(object)[hit], profile))
        out["speed_kmh"] = speed
    return out
