"""A made-up timetable: trains and buses between real places, on weekdays and at weekends, as a GTFS feed.

Bus minutes are road minutes times 1.25 and 0.6 a stop; train minutes come from the distance along the line at 105 km/h and
1.5 a stop. Neither follows a published timetable. The feed is written with fixed dates, so the same seed gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import Transformer
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from landplan.sample.area import Bus, SampleArea, Train
from landplan.sample.roads import Network, end_nodes

__all__ = ["write_gtfs"]

Floats = npt.NDArray[np.float64]

FIRST_DAY, LAST_DAY = "20260101", "20271231"
STOP_EVERY_M = 1_100.0
STOP_EVERY_RURAL_M = 3_800.0

@dataclass(frozen=True)
class _Pattern:
    """One direction of a route: stops and minutes from the first, and when it leaves."""

    route: str
    direction: int
    headsign: str
    stops: tuple[str, ...]
    minutes: tuple[float, ...]
    weekday: tuple[int, ...]
    weekend: tuple[int, ...]


def write_gtfs(
    path: Path, network: Network, localities: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, area: SampleArea, *, country: str = "SE"
) -> tuple[int, int]:
    """Write the feed of one country: every agency of a feed keeps one time zone.

    Parameters
    ----------
    path : pathlib.Path
        The zip file to write.
    network : Network
        Roads the buses run on.
    localities : geopandas.GeoDataFrame
        Named places.
    facilities : geopandas.GeoDataFrame
        Railway stations.
    area : SampleArea
        Its trains and buses.
    country : str, default "SE"
        Whose feed it is.

    Returns
    -------
    tuple of int
        Stops and trips.
    """
    stops: dict[str, tuple[str, float, float]] = {}
    trains = [t for t in area.trains if t.country == country]
    buses = [b for b in area.buses if b.country == country]
    zone = "Europe/Stockholm" if area.foreign is None or country != area.foreign.country else area.foreign.time_zone
    patterns = _train_patterns(trains, localities, facilities, stops) + _bus_patterns(buses, network, localities, stops)
    to_degrees = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)
    agencies: list[list[object]] = [
        [f"demo-{kind}", f"Demonstration{name} (syntetisk)", f"https://example.invalid/{kind}", zone, "sv"]
        for kind, name, runs in (("tag", "ståg", trains), ("buss", "sbuss", buses))
        if runs
    ]
    tables: dict[str, list[list[object]]] = {
        "agency.txt": [
            ["agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang"],
            *agencies,
        ],
        "feed_info.txt": [
            [
                "feed_publisher_name",
                "feed_publisher_url",
                "feed_lang",
                "feed_start_date",
                "feed_end_date",
                "feed_version",
            ],
            [
                "landplan.sample: DEMONSTRATIONSDATA, inte en verklig tidtabell; CC0-1.0",
                "https://example.invalid/landplan",
                "sv",
                FIRST_DAY,
                LAST_DAY,
                "1",
            ],
        ],
        "calendar.txt": [
            [
                "service_id",
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
                "start_date",
                "end_date",
            ],
            ["vardag", 1, 1, 1, 1, 1, 0, 0, FIRST_DAY, LAST_DAY],
            ["helg", 0, 0, 0, 0, 0, 1, 1, FIRST_DAY, LAST_DAY],
        ],
        "stops.txt": [["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type"]],
        "routes.txt": [["route_id", "agency_id", "route_short_name", "route_long_name", "route_type"]],
        "trips.txt": [["route_id", "service_id", "trip_id", "trip_headsign", "direction_id"]],
        "stop_times.txt": [["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"]],
    }
    for stop, (name, x, y) in sorted(stops.items()):
        lon, lat = to_degrees.transform(x, y)
        tables["stops.txt"].append([stop, name, f"{lat:.6f}", f"{lon:.6f}", 0])
    tables["routes.txt"] += [[t.route, "demo-tag", t.route, f"{t.title} (demo)", 2] for t in trains]
    tables["routes.txt"] += [
        [f"B{b.route}", "demo-buss", b.route, f"{b.places[0]}-{b.places[-1]} (demo)", 3] for b in buses
    ]
    trips = 0
    for pattern in patterns:
        for service, departures in (("vardag", pattern.weekday), ("helg", pattern.weekend)):
            for start in departures:
                trips += 1
                trip = f"t{trips}"
                tables["trips.txt"].append(
                    [pattern.route, service, trip, pattern.headsign, pattern.direction]
                )
                for number, (stop, minute) in enumerate(
                    zip(pattern.stops, pattern.minutes, strict=True), start=1
                ):
                    at = _clock(start + minute)
                    tables["stop_times.txt"].append([trip, at, at, stop, number])
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as feed:
        for name, rows in sorted(tables.items()):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            member = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            # The same on every system: without this the byte says which one wrote the file.
            member.create_system = 3
            feed.writestr(member, text.getvalue())
    return len(stops), trips


def _clock(minute: float) -> str:
    whole = int(minute)
    return f"{whole // 60:02d}:{whole % 60:02d}:00"


def _departures(first: int, last: int, every: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1, every))


def _train_patterns(
    trains: list[Train], localities: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, stops: dict[str, tuple[str, float, float]]
) -> list[_Pattern]:
    where = {n: (g.x, g.y) for n, g in zip(localities["name"], localities.geometry, strict=True)}
    where |= {n: (g.x, g.y) for n, g in zip(facilities["name"], facilities.geometry, strict=True)}
    out = []
    for number, train in enumerate(trains):
        places = train.places
        ids = []
        for place in places:
            stop = f"tag-{place.lower().replace(' ', '-').translate(str.maketrans('åäö', 'aao'))}"
            stops[stop] = (
                place if "tation" in place or place.endswith(" C") else f"{place} station",
                *where[place],
            )
            ids.append(stop)
        xy = np.array([where[p] for p in places])
        # Rails bend: the way along the line is taken as 1.25 times the straight one.
        length_m = np.asarray(np.linalg.norm(np.diff(xy, axis=0), axis=1), dtype=np.float64)
        leg = 1.25 * length_m / 1000.0 / 105.0 * 60.0 + 1.5
        minutes: Floats = np.array([0.0, *np.round(np.cumsum(leg)).tolist()], dtype=np.float64)
        for direction in (0, 1):
            order = slice(None) if direction == 0 else slice(None, None, -1)
            times = minutes if direction == 0 else float(minutes[-1]) - minutes[::-1]
            first = 5 * 60 + 35 + 12 * direction + 7 * number
            out.append(
                _Pattern(train.route, direction, places[order][-1], tuple(ids[order]), tuple(times.tolist()),
                         _departures(first, 22 * 60 + 30, train.weekday_min), _departures(first + 120, 22 * 60, train.weekend_min))
            )  # fmt: skip
    return out


def _bus_patterns(
    buses: list[Bus], network: Network, localities: gpd.GeoDataFrame, stops: dict[str, tuple[str, float, float]]
) -> list[_Pattern]:
    roads = network.roads
    xy, ends = end_nodes(roads)
    minutes = roads["length_m"].to_numpy() / 1000.0 / roads["speed_kmh"].to_numpy(dtype=np.float64) * 60.0
    minutes = np.where(roads["ferry"], roads["ferry_minutes"].fillna(0.0) + 3.0, minutes)
    slow = roads["road_class"].isin(["service"]).to_numpy() & ~roads["ferry"].to_numpy()
    # Buses take both directions here; a one-way street is a small error of a made-up timetable.
    cost = minutes + np.where(slow, 3.0, 0.0)
    graph = sparse.csr_matrix(
        (np.r_[cost, cost], (np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]])),
        shape=(len(xy),) * 2,
    )
    good = ~(slow | roads["ferry"].to_numpy() | (roads["road_class"] == "motorway").to_numpy())
    nodes = np.unique(ends[good])
    tree = cKDTree(xy[nodes])
    where = {n: (g.x, g.y) for n, g in zip(localities["name"], localities.geometry, strict=True)}
    wanted = sorted({p for b in buses for p in b.places})
    node = {p: int(nodes[tree.query(where[p])[1]]) for p in wanted}
    motorway = np.zeros(len(xy), dtype=bool)
    motorway[np.unique(ends[(roads["road_class"] == "motorway").to_numpy()])] = True
    urban = np.zeros(len(xy), dtype=bool)
    urban[np.unique(ends[roads["urban"].to_numpy()])] = True
    town_names = localities["name"].to_numpy()
    town_tree = cKDTree(np.stack([localities.geometry.x, localities.geometry.y], axis=1))
    fewest: dict[str, npt.NDArray[np.int32]] = {}

    def path(a: str, b: str) -> list[int]:
        if a not in fewest:
            fewest[a] = csgraph.dijkstra(graph, indices=node[a], return_predecessors=True)[1]
        out = [node[b]]
        while out[-1] != node[a]:
            out.append(int(fewest[a][out[-1]]))
        return out[::-1]

    step_cost = {(int(a), int(b)): float(c) for (a, b), c in zip(ends, minutes, strict=True)}
    result = []
    for number, bus in enumerate(buses):
        route, places, weekday = bus.route, bus.places, bus.weekday_min
        way = [node[places[0]]]
        named = {node[p]: p for p in places}
        for a, b in pairwise(places):
            way += path(a, b)[1:]
        clock, since = 0.0, 0.0
        ids: list[str] = []
        times: list[float] = []
        for k, at in enumerate(way):
            if k:
                before = way[k - 1]
                clock += 1.25 * step_cost.get((before, at), step_cost.get((at, before), 0.0))
                since += float(np.hypot(*(xy[at] - xy[before])))
            enough = since >= (STOP_EVERY_M if urban[at] else STOP_EVERY_RURAL_M)
            if at in named or (enough and not motorway[at]):
                stop = f"h{int(xy[at, 0])}-{int(xy[at, 1])}"
                if ids and ids[-1] == stop:
                    continue
                if stop not in stops:
                    near = str(town_names[town_tree.query(xy[at])[1]])
                    stops[stop] = (
                        named.get(at, f"{near} hpl {len(stops) + 1}"),
                        float(xy[at, 0]),
                        float(xy[at, 1]),
                    )
                if ids:
                    clock += 0.6
                ids.append(stop)
                times.append(clock)
                since = 0.0
        for direction in (0, 1):
            order = slice(None) if direction == 0 else slice(None, None, -1)
            forward = times if direction == 0 else [times[-1] - t for t in times[::-1]]
            first = 5 * 60 + 10 + (7 * number) % 30 + 15 * direction
            last = 23 * 60 if weekday <= 60 else 19 * 60
            result.append(
                _Pattern(f"B{route}", direction, places[order][-1], tuple(ids[order]), tuple(float(int(t)) for t in forward),
                         _departures(first, last, weekday), _departures(first + 150, last - 60, bus.weekend_min))
            )  # fmt: skip
    return result
