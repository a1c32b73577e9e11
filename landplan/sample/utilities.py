"""Rails, power lines, substations, ferries and traffic counts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landplan.errors import LandplanError
from landplan.sample.area import SampleArea
from landplan.sample.geography import Geography
from landplan.sample.lattice import path_edges, shortest
from landplan.sample.mainroads import MainRoads, rounded_curve
from landplan.sample.roads import Network, end_nodes, strongly_connected
from landplan.sample.towns import Town

__all__ = ["ferries", "power", "railways", "traffic", "traffic_counts"]

Floats = npt.NDArray[np.float64]

AADT = {"motorway": 17_000, "trunk": 6_500, "primary": 2_600, "secondary": 2_300, "tertiary": 450}
HEAVY = {"motorway": 0.11, "trunk": 0.14, "primary": 0.12, "secondary": 0.08, "tertiary": 0.07}


def railways(geo: Geography, main: MainRoads) -> gpd.GeoDataFrame:
    """Lay the railways by least cost between their stations; the line is made up, the order of places is real.

    Parameters
    ----------
    geo : Geography
        Area and water.
    main : MainRoads
        Holds the lattice that the lines follow.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a section between two stops.

    Raises
    ------
    LandplanError
        If a line finds no dry way between two stops.
    """
    net = main.lattice
    index = net.index()
    cost = net.cost
    if geo.sample.foreign is not None and len(geo.sample.bridges):
        # The border is crossed on a bridge of the railway's own, drawn where the roads' are.
        cost = cost.copy()
        decks = np.arange(len(cost) - len(geo.sample.ferries) - len(geo.sample.bridges), len(cost) - len(geo.sample.ferries))
        cost[decks] = 1.5 * np.hypot(*(net.xy[net.edges[decks, 0]] - net.xy[net.edges[decks, 1]]).T)
    rows = []
    for rail in geo.sample.railways:
        name, stops = rail.name, rail.stops
        nodes = net.nearest(np.array(stops))
        for k in range(len(nodes) - 1):
            before = shortest(net, cost, int(nodes[k]), int(nodes[k + 1]), margin_m=12_000.0)
            path = path_edges(net, index, before, int(nodes[k]), int(nodes[k + 1]))
            if not path:
                raise LandplanError(f"{name} finds no dry way between {stops[k]} and {stops[k + 1]}")
            line = [net.xy[nodes[k]]]
            at = int(nodes[k])
            for edge in path:
                a, b = net.edges[edge]
                at = int(b if int(a) == at else a)
                line.append(net.xy[at])
            raw = np.array(line)
            curve = rounded_curve(raw, 190.0)
            if geo.crosses_water(np.array([shapely.LineString(curve)]))[0]:
                curve = raw
            rows.append((name, rail.electrified, rail.tracks, float(rail.speed_kmh), True, shapely.LineString(curve)))
    return gpd.GeoDataFrame(
        rows,
        columns=["line", "electrified", "tracks", "speed_kmh", "synthetic", "geometry"],
        geometry="geometry",
        crs=3006,
    )


def ferries(area: SampleArea) -> gpd.GeoDataFrame:
    """Return the declared car ferries.

    Parameters
    ----------
    area : SampleArea
        Its ferries.

    Returns
    -------
    geopandas.GeoDataFrame
        One line a ferry.
    """
    rows = [
        (
            f"L{n + 1}",
            f.name,
            f.crossing_min,
            f.headway_min,
            f.boarding_min,
            True,
            shapely.LineString([f.start, f.end]),
        )
        for n, f in enumerate(area.ferries)
    ]
    columns = ["ferry_id", "name", "crossing_min", "headway_min", "boarding_min", "synthetic", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=3006)


def power(
    geo: Geography, towns: list[Town], industry: gpd.GeoDataFrame, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Draw a made-up grid: national lines, a regional line between towns, local lines to localities and sites.

    Parameters
    ----------
    geo : Geography
        Area and water.
    towns : list of Town
        Localities that are supplied.
    industry : geopandas.GeoDataFrame
        Sites that are supplied.
    rng : numpy.random.Generator
        Source of the bends.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        Lines, and substations as points.
    """
    stations: list[tuple[str, str, float, Any]] = []
    lines: list[tuple[float, str, Any]] = []
    for volt, way in geo.sample.power_lines:
        lines.append((volt, "stamnät", _bent(np.array(way), rng)))
    for n, (volt, point) in enumerate(geo.sample.power_stations):
        stations.append((f"Demonstrationsstation stam {n + 1}", "stam", volt, np.round(np.array(point))))
    big = [t for t in towns if t.population >= 1_500]
    big.sort(key=lambda t: t.centre[1])
    for n, town in enumerate(big):
        spot = geo.to_land(np.array(town.centre)[None, :] + rng.uniform(-700.0, 700.0, (1, 2)))[0]
        stations.append((f"Demonstrationsstation region {n + 1}", "region", 130.0, np.round(spot)))
    regional = [s for s in stations if s[1] == "region"]
    trunk = [s for s in stations if s[1] == "stam"]
    for a, b in pairwise(regional):
        lines.append((130.0, "regionnät", _bent(np.array([a[3], b[3]]), rng)))
    for k in range(0, len(regional), 3):
        near = min(trunk, key=lambda s: float(np.hypot(*(s[3] - regional[k][3]))))
        lines.append((130.0, "regionnät", _bent(np.array([near[3], regional[k][3]]), rng)))
    ends = [np.array(t.centre) for t in towns if t.population < 1_500] + [
        np.array(g.representative_point().coords[0]) for g in industry.geometry
    ]
    for end in ends:
        near = min(regional, key=lambda s: float(np.hypot(*(s[3] - end))))
        lines.append((40.0, "lokalnät", _bent(np.array([near[3], end]), rng)))
    grid = gpd.GeoDataFrame(
        {
            "line_id": [f"K{n + 1:03d}" for n in range(len(lines))],
            "kind": "line",
            "voltage_kv": [x[0] for x in lines],
            "grid_level": [x[1] for x in lines],
            "synthetic": True,
        },
        geometry=[x[2] for x in lines],
        crs=3006,
    )
    points = gpd.GeoDataFrame(
        {
            "station_id": [f"ST{n + 1:03d}" for n in range(len(stations))],
            "name": [s[0] for s in stations],
            "kind": "substation",
            "voltage_kv": [s[2] for s in stations],
            "declared_mw": np.full(len(stations), np.nan),
            "declared_source": pd.array([None] * len(stations), dtype="str"),
            "declared_date": pd.array([None] * len(stations), dtype="date32[pyarrow]"),
            "synthetic": True,
        },
        geometry=[shapely.Point(s[3]) for s in stations],
        crs=3006,
    )
    return grid, points


def _bent(way: Floats, rng: np.random.Generator) -> Any:
    """Give each leg a bend or two, as lines that keep away from houses have."""
    out = [way[0]]
    for a, b in pairwise(way):
        span = float(np.hypot(*(b - a)))
        side = np.array([-(b - a)[1], (b - a)[0]]) / max(span, 1.0)
        bends = (0.33, 0.68) if span > 6_000.0 else (0.5,)
        out += [*(a + share * (b - a) + side * rng.normal(0.0, 0.04) * span for share in bends), b]
    return shapely.LineString(np.round(np.array(out)))


def traffic(network: Network, towns: list[Town], rng: np.random.Generator) -> Network:
    """Give main roads vehicles a day by class and nearness to large localities, and make some streets one-way.

    One-way streets are chosen inside the largest locality and undone where the network would no longer reach itself.
    """
    roads = network.roads.copy()
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
    )
    pull = np.zeros(len(roads))
    for town in towns:
        gap = np.hypot(*(middle - np.array(town.centre)).T)
        pull += np.sqrt(town.population / 57_606.0) * np.exp(-gap / 11_000.0)
    base = roads["road_class"].map(AADT)
    flow = base.to_numpy(dtype=np.float64) * (0.45 + 1.05 * pull)
    roads["aadt"] = pd.array([None if np.isnan(v) else int(round(v, -1)) for v in flow], dtype="Int32")
    centre = shapely.Point(towns[0].centre).buffer(1_600.0)
    streets = np.flatnonzero(
        (roads["road_class"] == "street").to_numpy() & shapely.contains_xy(centre, middle)
    )
    chosen = (
        np.sort(rng.choice(streets, size=len(streets) // 9, replace=False))
        if len(streets) >= 9
        else np.zeros(0, dtype=np.int64)
    )
    _, ends = end_nodes(roads)
    oneway = np.full(len(roads), "both", dtype=object)
    oneway[chosen] = rng.choice(["forward", "backward"], size=len(chosen))
    for _ in range(50):
        broken = strongly_connected(ends, oneway)
        if broken is None:
            break
        undo = chosen[broken[chosen]]
        oneway[undo if len(undo) else chosen] = "both"
    roads["oneway"] = oneway
    return Network(roads, network.home_xy, network.home_town)


def traffic_counts(network: Network, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Place counting points on main roads; the counts follow the roads' vehicles a day with some noise.

    Parameters
    ----------
    network : Network
        Roads with vehicles a day.
    rng : numpy.random.Generator
        Source of the places and the noise.

    Returns
    -------
    geopandas.GeoDataFrame
        At most 160 points.
    """
    roads = network.roads
    able = np.flatnonzero(
        roads["aadt"].notna().to_numpy() & (roads["length_m"].to_numpy() > 300.0) & ~roads["ferry"].to_numpy()
    )
    klass = roads["road_class"].to_numpy()
    weight = np.where(klass[able] == "tertiary", 0.25, 1.0)
    at = np.sort(rng.choice(able, size=min(160, len(able)), replace=False, p=weight / weight.sum()))
    points = shapely.set_precision(
        shapely.line_interpolate_point(roads.geometry.to_numpy()[at], 0.5, normalized=True), 1.0
    )
    counted = roads["aadt"].to_numpy(dtype=np.float64)[at] * rng.normal(1.0, 0.06, len(at))
    return gpd.GeoDataFrame(
        {
            "count_id": [f"T{n + 1:03d}" for n in range(len(at))],
            "aadt": np.maximum(np.round(counted, -1), 20).astype(np.int32),
            "year": rng.integers(2018, 2026, len(at)).astype(np.int16),
            "heavy_share": np.round(
                [HEAVY[k] * f for k, f in zip(klass[at], rng.uniform(0.7, 1.3, len(at)), strict=True)], 3
            ),
            "synthetic": True,
        },
        geometry=points,
        crs=3006,
    )
