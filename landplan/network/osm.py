"""Networks from OpenStreetMap: .osm.pbf and .osm(.gz) through osmium, places and GraphML through osmnx.

Ways are split where they meet; the time of each piece is its own length at its own speed, before any
merging. What the tags mean stands in `tags`; here ways become pieces, barriers and roads without through
traffic are cut, waits and ferry times are laid on pieces and turn restrictions tied to them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import NetworkError
from landplan.network.build import from_frame
from landplan.network.graph import Network
from landplan.network.speeds import Mode, SpeedProfile
from landplan.network.tags import country_of, parse_duration_min, parse_maxspeed_kmh, read_way, wait_s
from landplan.network.turns import no_turns
from landplan.network.ways import (
    Pieces,
    Raw,
    Rows,
    Ways,
    barred,
    choose,
    cut,
    lines,
    metric_crs,
    node_ids,
    rows_of,
    scan,
    split,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["from_osm", "parse_duration_min", "parse_maxspeed_kmh", "read_roads"]

_FILES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml")


def from_osm(
    source: str | Path,
    *,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
    season: str | None = None,
    period: str | None = None,
    crs: str | None = None,
) -> Network:
    """Build a network from OpenStreetMap.

    Parameters
    ----------
    source : str or path
        An ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file (osmium), a ``.graphml`` file (osmnx), or a place name
        (osmnx, needs the internet).
    mode : {"car", "walk", "bike"}
    profile : SpeedProfile, optional
    season, period : str, optional
        What the times hold for; `Network.at` gives the others later.
    crs : str, optional
        Metric CRS to compute in; default the UTM zone of the data (EPSG:3006 in Sweden).

    Returns
    -------
    Network
        Of a file: nodes are numbered as in OpenStreetMap, the ends of roads that are cut there negatively; edges are
        named by way and part (``8013-2``), ``~r`` after it where the other direction has its own speed.

    Raises
    ------
    NetworkError
        If the file is missing, cut short, not OpenStreetMap data, holds XML entities, or has no road for the mode.
    CRSError
        If `crs` is not metric.

    Notes
    -----
    The report counts what was left out and assumed. Waits at signals, stop and give-way signs and crossings are added
    at the place (seconds in `landplan.network.tags`); turn restrictions with a point between two ways are kept by cars
    and bicycles, those over a third way, for some hours, or that cannot be placed are counted; within 300 m of one, cars
    do not turn around where another way leads on. Private roads and roads for errands
    only may be driven to, not through: where two ways lead in, the road is cut where they meet.
    """
    text = str(source)
    path = Path(text)
    if text.endswith(_FILES):
        frame, dropped, assumed = _read(path, mode, crs)
    elif not text.endswith(".graphml") and path.is_file():
        raise NetworkError(f"{path} is not an OpenStreetMap file; give an {', '.join(_FILES[:4])} or .graphml file")
    else:
        frame, dropped, assumed = _from_osmnx(text, mode, crs)
    return from_frame(
        frame, mode=mode, profile=profile, season=season, period=period, name=path.name, dropped=dropped, assumed=assumed
    )


def read_roads(path: Path, *, mode: Mode = "car", crs: Any = None) -> gpd.GeoDataFrame:
    """Read the ways of an OpenStreetMap file as a roads layer, split where they meet.

    Parameters
    ----------
    path : Path
    mode : {"car", "walk", "bike"}
    crs : str, optional
        Metric CRS of the result; default the UTM zone of the data (EPSG:3006 in Sweden).

    Returns
    -------
    geopandas.GeoDataFrame
        `road_id`, `road_class`, `speed_kmh` (nan where not stated), `oneway`, `ferry`, `ferry_minutes`,
        `headway_min`, `season`, `delay_forward_s`, `delay_backward_s`, `no_turn`, `node_from`, `node_to`, `name`,
        `road_number`, `bridge`, geometry. Its ``attrs`` hold `dropped` and `assumed`: what was left out or supposed, and how
        often.

    Raises
    ------
    NetworkError
        If the file is missing, cut short, not OpenStreetMap data, or holds no road for the mode.
    CRSError
        If `crs` is not metric.
    """
    frame, dropped, assumed = _read(path, mode, crs)
    frame.attrs = {"dropped": dropped, "assumed": assumed}
    return frame


def _read(path: Path, mode: Mode, crs: Any) -> tuple[gpd.GeoDataFrame, dict[str, int], dict[str, int]]:
    if not path.is_file():
        raise NetworkError(f"{path} does not exist; give the path of an .osm.pbf or .osm.gz file")
    from landplan.crs import require_metric

    if crs is not None:
        require_metric(crs, name="crs")
    raw = scan(path)
    dropped: Counter[str] = Counter()
    assumed: Counter[str] = Counter()
    dropped["missing nodes"] = raw.torn
    ways, crs = choose(raw, mode, crs, dropped, assumed)
    if ways is None:
        raise NetworkError(f"{path} holds no road that a {mode} may use; is it the right extract?")
    closed = barred(raw, ways, mode)
    pieces, along = split(ways, closed)
    cut(ways, pieces, closed, assumed)
    rows = rows_of(ways, pieces)
    frame = _frame(raw, ways, pieces, rows, along, mode, crs, assumed)
    if mode != "walk":
        frame["no_turn"] = no_turns(raw, ways, pieces, rows, frame["road_id"].to_numpy(object), mode, dropped)
    return frame, dict(dropped), dict(assumed)


def _frame(
    raw: Raw, ways: Ways, p: Pieces, rows: Rows, along: NDArray[np.float64], mode: Mode, crs: Any, assumed: Counter[str]
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    q = rows.piece
    way = p.way[q]
    rules = [r for r in ways.rules if r is not None]

    def text(key: str) -> NDArray[np.object_]:
        return np.array([t.get(key) for t in ways.tags], object)[way]

    ids = [f"{w}-{k}{'~r' if s else ''}" for w, k, s in zip(ways.id[way].tolist(), p.part[q].tolist(), rows.second.tolist(), strict=True)]
    minutes, headway = _ferry_times(raw, ways, p, assumed)
    wait = _waits(raw, ways, p, along, mode)
    from_node, to_node = node_ids(ways, p)
    season = np.array([r.season or None for r in rules], object)[way]
    frame = pd.DataFrame(
        {
            "road_id": ids,
            "road_class": np.array([r.road_class for r in rules], object)[way],
            "name": text("name"),
            "road_number": text("ref"),
            "speed_kmh": rows.kmh,
            "oneway": rows.oneway,
            "ferry": ways.ferry[way],
            "bridge": np.array([t.get("bridge", "no") != "no" for t in ways.tags])[way],
            "ferry_minutes": minutes[q],
            "headway_min": headway[q],
            "season": season,
            "delay_forward_s": wait[0][q],
            "delay_backward_s": wait[1][q],
            "node_from": from_node[q],
            "node_to": to_node[q],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=lines(ways, p)[q], crs=crs)


def _ferry_times(raw: Raw, ways: Ways, p: Pieces, assumed: Counter[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Minutes of crossing and between departures, by piece; nan where nothing says.

    A crossing time stands on a way or on the route's relation, and is shared out over the pieces by length.
    """
    minutes, headway = np.full(p.way.size, np.nan), np.full(p.way.size, np.nan)
    water = np.flatnonzero(ways.ferry[p.way])
    if not water.size:
        return minutes, headway
    own = ways.id[p.way[water]]
    metres = p.metres[water]
    time: dict[int, float] = {}
    wait: dict[int, float] = {}
    for w in np.unique(p.way[water]).tolist():
        way, tags = int(ways.id[w]), ways.tags[w]
        if (found := parse_duration_min(tags.get("duration"))) is not None:
            time[way] = found
        if (found := parse_duration_min(tags.get("interval"))) is not None:
            wait[way] = found
    for tags, members in raw.ferries:
        mine = [m for m in dict.fromkeys(raw.joined.get(m, m) for m in members) if (own == m).any()]
        length = {m: float(metres[own == m].sum()) for m in mine}
        whole = parse_duration_min(tags.get("duration"))
        if whole is not None and mine and not any(m in time for m in mine):
            time |= {m: whole * length[m] / max(sum(length.values()), 1e-9) for m in mine}
            assumed["crossing time from the ferry route's relation"] += len(mine)
        between = parse_duration_min(tags.get("interval"))
        if between is not None:
            wait |= {m: between for m in mine if m not in wait}
    for m in np.unique(own).tolist():
        on = own == m
        minutes[water[on]] = time.get(m, np.nan) * metres[on] / max(float(metres[on].sum()), 1e-9)
        headway[water[on]] = wait.get(m, np.nan)
    return minutes, headway


def _waits(
    raw: Raw, ways: Ways, p: Pieces, along: NDArray[np.float64], mode: Mode
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds of waiting by piece and direction, at every point it passes and where it ends, not where it starts."""
    count = ways.ref.size
    waits = np.zeros((2, count + 1))
    special = {ref: (*found, tags) for ref, tags in raw.points.items() if (found := wait_s(tags, mode))[0]}
    refs = np.array(sorted(special), np.int64)
    at = np.flatnonzero(np.isin(ways.ref, refs)) if refs.size else np.empty(0, np.int64)
    # the piece a point lies in; where it ends pieces it is a junction
    inside = np.searchsorted(p.first, at, side="right") - 1
    for i, k in zip(at.tolist(), inside.tolist(), strict=True):
        kind, seconds, tags = special[int(ways.ref[i])]
        way = tags.get("traffic_signals:direction") or tags.get("direction") or tags.get("traffic_sign:direction") or ""
        sign = kind in ("stop", "give_way")
        if way in ("forward", "backward"):
            ways_of = [0] if way == "forward" else [1]
        elif not sign or tags.get("stop") == "all":
            ways_of = [0, 1]
        elif k >= 0 and p.first[k] < i < p.last[k]:
            # a sign stands before the junction that it is for
            ways_of = [0] if along[p.last[k]] - along[i] <= along[i] - along[p.first[k]] else [1]
        else:
            continue
        for d in ways_of:
            waits[d, i + 1] = seconds
    forward, backward = np.cumsum(waits, axis=1)
    return forward[p.last + 1] - forward[p.first + 1], backward[p.last] - backward[p.first]


def _from_osmnx(text: str, mode: Mode, crs: Any) -> tuple[gpd.GeoDataFrame, dict[str, int], dict[str, int]]:
    import geopandas as gpd
    import osmnx as ox

    if text.endswith(".graphml"):
        _require_plain_xml(Path(text))
        try:
            graph = ox.io.load_graphml(text)
        except Exception as exc:
            raise NetworkError(f"{text} could not be read as osmnx's GraphML ({exc}); save it again with osmnx.io.save_graphml") from exc
    else:
        kind = {"car": "drive", "walk": "walk", "bike": "bike"}[mode]
        try:
            graph = ox.graph.graph_from_place(text, network_type=kind)
        except Exception as exc:
            raise NetworkError(f"the place {text!r} could not be fetched ({exc}); use an .osm.pbf file instead") from exc
    if not graph.number_of_edges():
        raise NetworkError(f"{text} holds no road that a {mode} may use; is it the right place?")
    edges = ox.convert.graph_to_gdfs(graph, nodes=False)
    if edges.crs is None:
        edges = edges.set_crs("EPSG:4326")
    dropped: Counter[str] = Counter()
    assumed: Counter[str] = Counter()
    known = [c for c in edges.columns if c not in ("geometry", "length", "osmid", "oneway", "junction", "reversed")]
    ways = [{k: str(_first(v)) for k, v in zip(known, row, strict=True) if _said(v)} for row in zip(*(edges[c] for c in known), strict=True)]
    country = country_of(ways)
    back = [_first(v) in (True, "True") for v in edges["reversed"]] if "reversed" in edges else [False] * len(edges)
    # osmnx keeps one edge a direction: what is one-way is settled
    found = [read_way({"highway": "road", **tags, "oneway": "no"}, mode, country, dropped, assumed) for tags in ways]
    # and it has no place where a road may be cut
    del assumed["private or for errands only, no through traffic"]
    keep = np.array([r is not None for r in found])
    if not keep.any():
        raise NetworkError(f"{text} holds no road that a {mode} may use; is it the right place?")
    rules = [r for r in found if r is not None]
    reverse = [b for b, k in zip(back, keep, strict=True) if k]
    kept = edges[keep]
    frame = gpd.GeoDataFrame(
        {
            "road_id": [f"{u}-{v}-{k}" for u, v, k in kept.index],
            "road_class": np.array([r.road_class for r in rules], object),
            "speed_kmh": np.array([r.backward_kmh if b else r.forward_kmh for r, b in zip(rules, reverse, strict=True)]),
            "oneway": "forward",
            "season": np.array([r.season or None for r in rules], object),
            "name": np.array([t.get("name") for t, k in zip(ways, keep, strict=True) if k], object),
            "road_number": np.array([t.get("ref") for t, k in zip(ways, keep, strict=True) if k], object),
            "node_from": kept.index.get_level_values(0),
            "node_to": kept.index.get_level_values(1),
        },
        geometry=kept.geometry.to_numpy(),
        crs=edges.crs,
    )
    if crs is None and frame.crs.is_geographic:
        west, south, east, north = frame.to_crs(4326).total_bounds
        crs = metric_crs(np.array([west, east]), np.array([south, north]))
    return frame.to_crs(crs or frame.crs), dict(dropped), dict(assumed)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _said(value: Any) -> bool:
    first = _first(value)
    return first is not None and first == first


def _require_plain_xml(path: Path) -> None:
    """Refuse a document that declares entities: they could grow without end when the file is read."""
    if not path.is_file():
        raise NetworkError(f"{path} does not exist; save it with osmnx.io.save_graphml")
    with path.open("rb") as file:
        tail = b""
        while block := file.read(1 << 20):
            if b"<!DOCTYPE" in tail + block or b"<!ENTITY" in tail + block:
                raise NetworkError(f"{path} declares XML entities, which osmnx's own files never do; save it again with osmnx.io.save_graphml")
            tail = block[-16:]
