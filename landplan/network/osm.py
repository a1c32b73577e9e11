"""Networks from OpenStreetMap: .osm.pbf and .osm(.gz) through osmium, places and GraphML through osmnx.

Ways are split where they meet; the time of each piece is its own length at its own speed, before any
merging. Rules for access, one-way, implicit speeds and ferries follow the OSM wiki; what is dropped or
assumed is counted.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import NetworkError
from landplan.network.build import from_layer
from landplan.network.graph import Network
from landplan.network.speeds import Mode, SpeedProfile

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["from_osm", "parse_duration_min", "parse_maxspeed_kmh", "read_roads"]

_CAR: Final = {
    "motorway": "motorway", "trunk": "trunk", "primary": "primary", "secondary": "secondary",
    "tertiary": "tertiary", "unclassified": "tertiary", "residential": "street", "living_street": "street",
    "service": "service", "road": "other", "track": "local",
    "motorway_link": "primary", "trunk_link": "primary", "primary_link": "primary",
    "secondary_link": "secondary", "tertiary_link": "tertiary",
}
_FOOT: Final = {"footway": "path", "path": "path", "pedestrian": "street", "steps": "path", "cycleway": "path"}
_NO: Final = frozenset({"no", "private", "agricultural", "forestry", "delivery", "emergency", "customers"})
_IMPLICIT_KMH: Final = {"walk": 6.0, "urban": 50.0, "rural": 70.0, "motorway": 110.0, "living_street": 10.0}
_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*$")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)$")
_ISO = re.compile(r"PT?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")


def parse_maxspeed_kmh(value: str | None) -> float | None:
    """Read an OSM maxspeed; None when it states no number.

    Examples
    --------
    >>> parse_maxspeed_kmh("50"), parse_maxspeed_kmh("30 mph"), parse_maxspeed_kmh("SE:rural")
    (50.0, 48.28032, 70.0)
    """
    if not value:
        return None
    first = value.split(";")[0].strip()
    if match := _SPEED.match(first):
        number = float(match.group(1))
        number = number * 1.609344 if match.group(2) == "mph" else number
        return number if number > 0 else None
    return _IMPLICIT_KMH.get(first.rsplit(":", 1)[-1])


def parse_duration_min(value: str | None) -> float | None:
    """Read an OSM duration (``HH:MM``, ``MM``, ISO 8601) as minutes.

    Examples
    --------
    >>> parse_duration_min("00:12"), parse_duration_min("PT1H5M"), parse_duration_min("20")
    (12.0, 65.0, 20.0)
    """
    if not value:
        return None
    text = value.strip()
    if text.isdigit():
        return float(text)
    parts = text.split(":")
    if len(parts) == 2 and all(p.isdigit() for p in parts):
        return float(parts[0]) * 60 + float(parts[1])
    if len(parts) == 3 and all(p.isdigit() for p in parts):
        return float(parts[0]) * 60 + float(parts[1]) + float(parts[2]) / 60
    if (match := _ISO.match(text)) and any(match.groups()):
        h, m, s = (float(g or 0) for g in match.groups())
        return h * 60 + m + s / 60
    return None


def _allowed(tags: dict[str, str], mode: Mode) -> bool:
    keys = {"car": ("motorcar", "motor_vehicle", "vehicle", "access"), "walk": ("foot", "access"), "bike": ("bicycle", "vehicle", "access")}
    for key in keys[mode]:
        if value := tags.get(key):
            return value not in _NO
    return True


def _direction(tags: dict[str, str], mode: Mode) -> str:
    if mode == "walk":
        return "both"
    value = tags.get("oneway:bicycle") if mode == "bike" and "oneway:bicycle" in tags else tags.get("oneway")
    if value in ("yes", "true", "1"):
        return "forward"
    if value in ("-1", "reverse"):
        return "backward"
    if value in ("no", "false", "0"):
        return "both"
    if tags.get("junction") in ("roundabout", "circular") or tags.get("highway") in ("motorway",):
        return "forward"
    return "both"


def from_osm(
    source: str | Path,
    *,
    mode: Mode = "car",
    profile: SpeedProfile | None = None,
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
    crs : str, optional
        Metric CRS to compute in; default the UTM zone of the data (EPSG:3006 in Sweden).

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        If the file is missing, cut short, or holds no road for the mode.
    """
    text = str(source)
    if text.endswith((".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")):
        return _from_file(Path(source), mode, profile, crs)
    return _from_osmnx(text, mode, profile, crs)


def _read_ways(path: Path, mode: Mode) -> tuple[list[dict[str, Any]], dict[str, int]]:
    import osmium

    classes = _CAR | _FOOT if mode != "car" else _CAR
    rows: list[dict[str, Any]] = []
    dropped = {"no access": 0, "missing nodes": 0}
    try:
        for way in osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway", "route")):
            if not isinstance(way, osmium.osm.Way):
                continue
            tags = dict(way.tags)
            is_ferry = tags.get("route") == "ferry"
            road_class = "ferry" if is_ferry else classes.get(tags.get("highway", ""))
            if road_class is None or tags.get("area") == "yes":
                continue
            if not _allowed(tags, mode):
                dropped["no access"] += 1
                continue
            nodes = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
            if len(nodes) < len(way.nodes):
                dropped["missing nodes"] += 1
            if len(nodes) < 2:
                continue
            rows.append(
                {
                    "id": way.id,
                    "road_class": road_class,
                    "name": tags.get("name"),
                    "road_number": tags.get("ref"),
                    "speed_kmh": None if is_ferry else parse_maxspeed_kmh(tags.get("maxspeed")),
                    "oneway": _direction(tags, mode),
                    "ferry": is_ferry,
                    "bridge": tags.get("bridge", "no") != "no",
                    "ferry_minutes": parse_duration_min(tags.get("duration")) if is_ferry else None,
                    "headway_min": parse_duration_min(tags.get("interval")) if is_ferry else None,
                    "nodes": nodes,
                }
            )
    except (RuntimeError, OSError) as exc:
        raise NetworkError(
            f"{path} could not be read as OpenStreetMap data ({exc}); is the file cut short? fetch it again"
        ) from exc
    return rows, dropped


def _from_file(path: Path, mode: Mode, profile: SpeedProfile | None, crs: str | None) -> Network:
    return from_layer(read_roads(path, mode=mode, crs=crs), mode=mode, profile=profile, name=path.name)


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
        `headway_min`, `name`, `road_number`, `bridge`, geometry.

    Raises
    ------
    NetworkError
        If the file is missing, cut short, or holds no road for the mode.
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    if not path.is_file():
        raise NetworkError(f"{path} does not exist; give the path of an .osm.pbf or .osm.gz file")
    rows, _ = _read_ways(path, mode)
    if not rows:
        raise NetworkError(f"{path} holds no road that a {mode} may use; is it the right extract?")
    uses: dict[int, int] = {}
    for row in rows:
        refs = [n[0] for n in row["nodes"]]
        for ref in refs:
            uses[ref] = uses.get(ref, 0) + 1
        for ref in (refs[0], refs[-1]):
            uses[ref] += 1
    pieces: list[dict[str, Any]] = []
    lines: list[Any] = []
    for row in rows:
        nodes = row.pop("nodes")
        start = 0
        part = 0
        for i in range(1, len(nodes)):
            # a way that passes its own node again is split there too: uses counts every pass
            if uses[nodes[i][0]] > 1 or i == len(nodes) - 1:
                pieces.append({**row, "road_id": f"{row['id']}-{part}"})
                lines.append(np.array([(x, y) for _, x, y in nodes[start : i + 1]]))
                start, part = i, part + 1
    geometry = [shapely.LineString(c) for c in lines]
    frame = gpd.GeoDataFrame(pd.DataFrame(pieces), geometry=geometry, crs="EPSG:4326")
    return frame.drop(columns="id").to_crs(crs or _metric_crs(frame))


def _metric_crs(frame: gpd.GeoDataFrame) -> Any:
    west, south, east, north = frame.total_bounds
    if west >= 10.5 and east <= 24.3 and south >= 55.0 and north <= 69.2:
        return "EPSG:3006"
    return frame.estimate_utm_crs()


def _from_osmnx(text: str, mode: Mode, profile: SpeedProfile | None, crs: str | None) -> Network:
    import geopandas as gpd
    import osmnx as ox

    if text.endswith(".graphml"):
        if not Path(text).is_file():
            raise NetworkError(f"{text} does not exist; save it with osmnx.io.save_graphml")
        graph = ox.io.load_graphml(text)
    else:
        kind = {"car": "drive", "walk": "walk", "bike": "bike"}[mode]
        try:
            graph = ox.graph.graph_from_place(text, network_type=kind)
        except Exception as exc:
            raise NetworkError(f"the place {text!r} could not be fetched ({exc}); use an .osm.pbf file instead") from exc
    edges = ox.convert.graph_to_gdfs(graph, nodes=False)
    if edges.crs is None:
        edges = edges.set_crs("EPSG:4326")

    def first(value: Any) -> Any:
        return value[0] if isinstance(value, list) else value

    highway = edges.get("highway")
    classes = _CAR | _FOOT
    speed = edges["maxspeed"].map(lambda v: parse_maxspeed_kmh(first(v) if v == v else None)) if "maxspeed" in edges else np.nan
    frame = gpd.GeoDataFrame(
        {
            "road_id": [f"{u}-{v}-{k}" for u, v, k in edges.index],
            "road_class": "other" if highway is None else highway.map(lambda v: classes.get(first(v), "other")).to_numpy(),
            "speed_kmh": np.asarray(speed, dtype=float) if not np.isscalar(speed) else np.full(len(edges), np.nan),
            # osmnx keeps one directed edge a direction
            "oneway": "forward",
        },
        geometry=edges.geometry.to_numpy(),
        crs=edges.crs,
    )
    frame = frame.to_crs(crs or _metric_crs(frame) if frame.crs.is_geographic else crs or frame.crs)
    return from_layer(frame, mode=mode, profile=profile, name=Path(text).name)
