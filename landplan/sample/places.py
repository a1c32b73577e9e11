"""Facilities with a known point, and made-up services in the localities."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landplan.sample.geography import Geography
from landplan.sample.inputs import Inputs
from landplan.sample.roads import Network
from landplan.sample.towns import Town

__all__ = ["facilities", "holiday_homes", "services"]

PERSONS_PER = {
    "preschool": 1_100,
    "compulsory_school": 1_900,
    "health_centre": 7_500,
    "care_home": 4_200,
    "shop": 1_300,
}
LEAST_PERSONS = {
    "preschool": 250,
    "compulsory_school": 400,
    "health_centre": 1_500,
    "care_home": 600,
    "shop": 300,
}
PLACES = {
    "preschool": 72,
    "compulsory_school": 260,
    "upper_secondary": 700,
    "health_centre": None,
    "care_home": 48,
    "shop": None,
}
SERVICE_SV = {
    "preschool": "förskola", "compulsory_school": "grundskola", "upper_secondary": "gymnasieskola", "health_centre": "vårdcentral",
    "care_home": "särskilt boende", "shop": "livsmedelsbutik",
}  # fmt: skip


def facilities(inputs: Inputs) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the facilities of the area, and the names left out because no point was found.

    Parameters
    ----------
    inputs : Inputs
        The real data.

    Returns
    -------
    tuple
        Points, `proxy` where the point is that of a nearby place; names without coordinates.
    """
    # The facts write another country's municipalities as "Tornio (FI)".
    codes = dict(zip(inputs.municipalities["name"], inputs.municipalities["code"], strict=True))
    codes |= {f"{name} ({code[:2]})": code for name, code in codes.items() if code[:2].isalpha()}
    rows, left_out = [], []
    for row in inputs.facilities.to_dict("records"):
        names = [n.strip() for n in str(row["municipality"]).split("/")]
        inside = [codes[n] for n in names if codes.get(n) in inputs.area.codes]
        if not inside:
            named = inputs.area.named_in_facilities
            if not row["lat"] and named and named in str(row["name"]):
                left_out.append(str(row["name"]))
            continue
        if not row["lat"] or not row["lon"]:
            left_out.append(str(row["name"]))
            continue
        rows.append({**row, "municipality_code": inside[0] if len(names) == 1 else None})
    table = pd.DataFrame(rows)
    points = gpd.GeoSeries.from_xy(
        table["lon"].astype(float), table["lat"].astype(float), crs="EPSG:4326"
    ).to_crs(3006)
    points = shapely.set_precision(points.to_numpy(), 1.0)
    frame = gpd.GeoDataFrame(
        {
            "facility_id": [f"F{k:03d}" for k in range(len(table))],
            "name": table["name"],
            "kind": table["kind"],
            "municipality_code": table["municipality_code"],
            "source": table["source"],
            "proxy": table["source"].str.startswith("PROXY"),
            "note": table["note"],
            "synthetic": False,
        },
        geometry=points,
        crs=3006,
    )
    return frame, left_out


def services(towns: list[Town], network: Network, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Place schools, health centres, care homes and shops by the size of the locality.

    Parameters
    ----------
    towns : list of Town
        Localities with an outline.
    network : Network
        Street nodes to stand at.
    rng : numpy.random.Generator
        Source of the places.

    Returns
    -------
    geopandas.GeoDataFrame
        Points; `places` is empty where the kind has none.
    """
    rows = []
    for k, town in enumerate(towns):
        nodes = network.home_xy[network.home_town == k]
        if not len(nodes):
            continue
        gap = np.hypot(*(nodes - np.array(town.centre)).T)
        near = np.exp(-gap / max(0.7 * float(np.sqrt(town.outline.area / np.pi)), 150.0))
        wanted = {
            kind: max(round(town.population / per), 1)
            for kind, per in PERSONS_PER.items()
            if town.population >= LEAST_PERSONS[kind]
        }
        if town.population >= 5_000:
            wanted["upper_secondary"] = max(round(town.population / 20_000), 1)
        for kind, count in wanted.items():
            at = rng.choice(len(nodes), size=min(count, len(nodes)), replace=False, p=near / near.sum())
            rows += [
                (
                    kind,
                    f"{town.name}, {SERVICE_SV[kind]} {n + 1} (demo)",
                    PLACES[kind],
                    town.municipality_code,
                    *nodes[a],
                )
                for n, a in enumerate(at)
            ]
    table = pd.DataFrame(rows, columns=["service_kind", "name", "places", "municipality_code", "x", "y"])
    return gpd.GeoDataFrame(
        {
            "service_id": [f"S{n:04d}" for n in range(len(table))],
            "service_kind": table["service_kind"],
            "name": table["name"],
            "places": table["places"].astype("Int32"),
            "municipality_code": table["municipality_code"],
            "synthetic": True,
        },
        geometry=shapely.points(table[["x", "y"]].to_numpy(dtype=np.float64)),
        crs=3006,
    )


def holiday_homes(geo: Geography, network: Network, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Place groups of holiday homes at rural road nodes near the shore.

    Parameters
    ----------
    geo : Geography
        Area and water.
    network : Network
        Rural nodes to stand at.
    rng : numpy.random.Generator
        Source of the choice.

    Returns
    -------
    geopandas.GeoDataFrame
        At most 80 points with a number of houses.
    """
    nodes = network.home_xy[network.home_town < 0]
    tree = shapely.STRtree([shapely.Point(p) for p in nodes])
    near = np.unique(tree.query(geo.water.geometry.to_numpy(), predicate="dwithin", distance=350.0)[1])
    near = near[shapely.contains_xy(geo.area.buffer(1_500.0), nodes[near])]
    at = np.sort(rng.choice(near, size=min(80, len(near)), replace=False))
    return gpd.GeoDataFrame(
        {
            "area_id": [f"FH{n:03d}" for n in range(len(at))],
            "name": [f"Demonstrationsområde fritidshus {n + 1}" for n in range(len(at))],
            "houses": rng.integers(4, 60, len(at)).astype(np.int32),
            "synthetic": True,
        },
        geometry=shapely.points(nodes[at]),
        crs=3006,
    )


def rescue_stations(towns: list[Town], network: Network, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Place made-up rescue stations by a rule: full-time in a large town, part-time in others, volunteers in small ones.

    Parameters
    ----------
    towns : list of Town
        Localities with an outline.
    network : Network
        Street nodes to stand at.
    rng : numpy.random.Generator
        Source of the places.

    Returns
    -------
    geopandas.GeoDataFrame
        Points with staffing and turnout time: 1.5 minutes full-time, 5-8 part-time, 10-15 volunteers.
    """
    rows: list[tuple[str, str, float, str, float, float]] = []
    for k, town in enumerate(towns):
        nodes = network.home_xy[network.home_town == k]
        kind = "heltid" if town.population >= 12_000 else "deltid" if town.population >= 1_000 else "värn"
        # Four of ten small localities have volunteers of their own; the others rely on a neighbour.
        if not len(nodes) or (kind == "värn" and rng.uniform() > 0.4):
            continue
        turnout = {"heltid": 1.5, "deltid": rng.integers(10, 17) / 2.0, "värn": float(rng.integers(10, 16))}[kind]
        # By the edge of the centre, where the through road is.
        gap = np.hypot(*(nodes - np.array(town.centre)).T)
        at = int(np.argsort(np.abs(gap - 0.4 * gap.max()), kind="stable")[0])
        rows.append((f"Demonstrationsstation {town.name}", kind, turnout, town.municipality_code, *nodes[at]))
    table = pd.DataFrame(rows, columns=["name", "kind", "turnout_min", "municipality_code", "x", "y"])
    return gpd.GeoDataFrame(
        {
            "station_id": [f"RS{n + 1:02d}" for n in range(len(table))],
            "name": table["name"],
            "kind": table["kind"],
            "turnout_min": table["turnout_min"].astype(np.float64),
            "municipality_code": table["municipality_code"],
            "synthetic": True,
        },
        geometry=shapely.points(table[["x", "y"]].to_numpy(dtype=np.float64)),
        crs=3006,
    )


def broadband(grid: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Make up the share of homes with fibre on each square: nearly all in localities, from none to all outside them.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        Population squares.
    rng : numpy.random.Generator
        Source of the shares.

    Returns
    -------
    geopandas.GeoDataFrame
        The squares with `fibre_share`.
    """
    town = grid["locality_id"].notna().to_numpy()
    rural = np.where(rng.uniform(size=len(grid)) < 0.3, 0.0, rng.beta(4.0, 1.6, len(grid)))
    share = np.where(town, rng.beta(30.0, 1.5, len(grid)), rural)
    return gpd.GeoDataFrame(
        {
            "square_id": grid["square_id"],
            "municipality_code": grid["municipality_code"],
            "fibre_share": np.round(share, 2),
            "year": grid["year"],
            "synthetic": True,
        },
        geometry=grid.geometry.to_numpy(),
        crs=grid.crs,
    )
