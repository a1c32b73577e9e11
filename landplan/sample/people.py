"""People and jobs on the ground: published totals, made-up places.

Rules:

* A municipality's total is its published 2025 figure, met exactly.
* A locality's figure is moved to 2025 in step with its municipality: locality x municipality 2025 / municipality c. 2019, the
  published municipal figure nearest to the locality's year (2010, 2015 or 2020). Squares of a locality sum to it exactly.
* The rest is rural and lives at nodes of local roads outside the localities.
* Working age (20-64 years) is 55.8 per cent everywhere: the share of Östersund on 2020-12-31, the nearest municipality
  whose ages are known. It is an assumption for these four.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landplan.sample.geography import Geography
from landplan.sample.inputs import AREA_CODES, Inputs
from landplan.sample.roads import Network
from landplan.sample.towns import Town

__all__ = ["SQUARE_M", "WORKING_AGE_SHARE", "locality_targets", "population_grid", "share_out", "workplaces"]

SQUARE_M = 250.0
WORKING_AGE_SHARE = 0.558
YEAR = 2025

JOBS_PER_PERSON = {"2280": 0.43, "2262": 0.34, "2281": 0.51, "2282": 0.41}
"""Jobs per inhabitant, an assumption of the demonstration."""

SECTORS = (
    ("tillverkning", 0.14),
    ("handel", 0.13),
    ("vård och omsorg", 0.21),
    ("utbildning", 0.12),
    ("offentlig förvaltning", 0.08),
    ("företagstjänster", 0.12),
    ("bygg", 0.08),
    ("transport", 0.06),
    ("övrigt", 0.06),
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def share_out(total: int, weight: Floats) -> Ints:
    """Split a whole number by weights with the largest remainders, so that the parts sum to it exactly.

    Parameters
    ----------
    total : int
        What is split.
    weight : numpy.ndarray
        Positive weights.

    Returns
    -------
    numpy.ndarray
        Whole numbers, `sum == total`.

    Examples
    --------
    >>> share_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    if not len(weight):
        return np.zeros(0, dtype=np.int64)
    exact = total * weight / weight.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = int(total - whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:rest]] += 1
    return whole


def locality_targets(inputs: Inputs, towns: list[Town]) -> dict[str, int]:
    """Return each locality's persons moved to 2025 by the stated rule, by locality id."""
    facts = inputs.municipalities.set_index("code")
    out = {}
    for town in towns:
        row = facts.loc[town.municipality_code]
        factor = int(str(row["pop_2025_latest_quarter_listed_2025_12"])) / int(str(row["pop_wof_c2019"]))
        out[town.locality_id] = round(town.population * factor)
    return out


def population_grid(
    geo: Geography,
    inputs: Inputs,
    towns: list[Town],
    network: Network,
    rng: np.random.Generator,
    *,
    scale: float = 1.0,
) -> gpd.GeoDataFrame:
    """Spread people over 250 m squares.

    Parameters
    ----------
    geo : Geography
        Area and water.
    inputs : Inputs
        Published figures.
    towns : list of Town
        Localities with an outline.
    network : Network
        Nodes that people live at.
    rng : numpy.random.Generator
        Source of the spread.
    scale : float, default 1
        All figures times this, for bigger regions.

    Returns
    -------
    geopandas.GeoDataFrame
        Squares with at least one person; none has its centre in water or half its area in water.
    """
    squares = _squares(geo, towns, network)
    targets = locality_targets(inputs, towns)
    totals = inputs.municipalities.set_index("code")["pop_2025_latest_quarter_listed_2025_12"]
    # Rural squares differ more than those of a town, and four of ten that a road reaches have nobody.
    rural_weight = rng.gamma(0.7, 1.0, len(squares)) * (rng.uniform(size=len(squares)) > 0.4)
    weight = squares["weight"].to_numpy() * np.where(
        squares["town"] >= 0, rng.gamma(3.0, 1.0 / 3.0, len(squares)), rural_weight
    )
    people = np.zeros(len(squares), dtype=np.int64)
    working = np.zeros(len(squares), dtype=np.int64)
    code, town = squares["municipality_code"].to_numpy(), squares["town"].to_numpy()
    for municipality in AREA_CODES:
        rest = round(int(totals[municipality]) * scale)
        total = rest
        for k, place in enumerate(towns):
            if place.municipality_code != municipality:
                continue
            mine = np.flatnonzero(town == k)
            target = round(targets[place.locality_id] * scale)
            people[mine] = share_out(target, weight[mine])
            rest -= target
        rural = np.flatnonzero((code == municipality) & (town < 0))
        people[rural] = share_out(rest, weight[rural])
        mine = np.flatnonzero(code == municipality)
        working[mine] = share_out(round(WORKING_AGE_SHARE * total), people[mine].astype(np.float64))
    squares["population"], squares["working_age"] = people, np.minimum(working, people)
    squares = squares[squares["population"] > 0].reset_index(drop=True)
    x, y = squares["x"].to_numpy() * SQUARE_M, squares["y"].to_numpy() * SQUARE_M
    ids = [f"{int(b)}_{int(a)}" for a, b in zip(x, y, strict=True)]
    locality = [towns[k].locality_id if k >= 0 else None for k in squares["town"]]
    return gpd.GeoDataFrame(
        {
            "square_id": ids,
            "municipality_code": squares["municipality_code"],
            "locality_id": pd.array(locality, dtype="str"),
            "population": squares["population"].astype(np.int32),
            "working_age": squares["working_age"].astype(np.int32),
            "year": np.int16(YEAR),
            "synthetic": True,
        },
        geometry=shapely.box(x, y, x + SQUARE_M, y + SQUARE_M),
        crs=3006,
    )


def _squares(geo: Geography, towns: list[Town], network: Network) -> pd.DataFrame:
    """Return the squares that hold a road node of their own kind, with a weight before any figure."""
    xy, town = network.home_xy, network.home_town
    weight = np.ones(len(xy))
    for k, place in enumerate(towns):
        mine = town == k
        gap = np.hypot(*(xy[mine] - np.array(place.centre)).T)
        reach = np.sqrt(place.outline.area / np.pi)
        # Denser in the middle: flats in the centre, houses at the edge.
        weight[mine] = 0.45 + 2.2 * np.exp(-((gap / (0.55 * reach)) ** 2))
    table = pd.DataFrame(
        {
            "x": np.floor(xy[:, 0] / SQUARE_M).astype(np.int64),
            "y": np.floor(xy[:, 1] / SQUARE_M).astype(np.int64),
            "town": town,
            "weight": weight,
        }
    )
    grouped: pd.DataFrame = table.groupby(["y", "x", "town"], as_index=False).agg({"weight": "sum"})
    grouped = grouped.sort_values(["y", "x", "weight", "town"], ascending=[True, True, False, True])
    squares = grouped.drop_duplicates(["y", "x"]).reset_index(drop=True)
    left, low = squares["x"].to_numpy() * SQUARE_M, squares["y"].to_numpy() * SQUARE_M
    centre = np.stack([left + SQUARE_M / 2.0, low + SQUARE_M / 2.0], axis=1)
    boxes = shapely.box(left, low, left + SQUARE_M, low + SQUARE_M)
    pair = geo.water_tree.query(boxes, predicate="intersects")
    wet = shapely.area(shapely.intersection(boxes[pair[0]], geo.water_pieces[0][pair[1]]))
    share = np.bincount(pair[0], weights=wet, minlength=len(boxes)) / SQUARE_M**2
    code = _home_municipality(geo, centre)
    for k, place in enumerate(towns):
        code[squares["town"].to_numpy() == k] = place.municipality_code
    squares["municipality_code"] = code
    dry = (share < 0.5) & ~geo.in_water(centre)
    kept: pd.DataFrame = squares.loc[dry & (code != "")].reset_index(drop=True)
    return kept


def _home_municipality(geo: Geography, xy: Floats) -> npt.NDArray[np.object_]:
    """Return the code per point, empty where a neighbour outside the area is nearest."""
    every = geo.municipalities
    tree = shapely.STRtree(every.geometry.to_numpy())
    index, nearest = tree.query_nearest(shapely.points(xy), all_matches=False)
    code = np.where(every["in_area"], every["municipality_code"], "").astype(object)
    out: npt.NDArray[Any] = np.empty(len(xy), dtype=object)
    out[index] = code[nearest]
    return out


def workplaces(
    geo: Geography,
    inputs: Inputs,
    network: Network,
    towns: list[Town],
    sites: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Place workplaces in the localities and on sold industrial land.

    Parameters
    ----------
    geo : Geography
        Area and water.
    inputs : Inputs
        Municipal totals.
    network : Network
        Street nodes.
    towns : list of Town
        Localities.
    sites : geopandas.GeoDataFrame
        Industrial land; sold areas hold factories.
    rng : numpy.random.Generator
        Source of every choice.

    Returns
    -------
    geopandas.GeoDataFrame
        Points with jobs; the jobs of a municipality are its population times an assumed ratio.
    """
    totals = inputs.municipalities.set_index("code")["pop_2025_latest_quarter_listed_2025_12"]
    names = [s for s, _ in SECTORS]
    odds = np.array([p for _, p in SECTORS])
    rows = []
    sold = sites[sites["availability"] == "såld"]
    for code in AREA_CODES:
        jobs = round(int(totals[code]) * JOBS_PER_PERSON[code])
        count = max(jobs // 45, 10)
        points, weights = [], []
        for k, town in enumerate(towns):
            if town.municipality_code != code:
                continue
            mine = network.home_xy[network.home_town == k]
            if not len(mine):
                mine = np.array([town.centre])
            gap = np.hypot(*(mine - np.array(town.centre)).T)
            reach = max(float(np.sqrt(town.outline.area / np.pi)), 200.0)
            points.append(mine)
            weights.append(
                np.exp(-gap / (0.45 * reach)) / np.exp(-gap / (0.45 * reach)).sum() * town.population
            )
        every, weight = np.concatenate(points), np.concatenate(weights)
        at = rng.choice(len(every), size=min(count, len(every)), replace=False, p=weight / weight.sum())
        places = every[at]
        sector = rng.choice(names, size=len(places), p=odds)
        factories = [
            g.representative_point().coords[0]
            for g, c in zip(sold.geometry, sold["municipality_code"], strict=True)
            if c == code
        ]
        size = rng.lognormal(0.0, 1.0, len(places))
        if factories:
            places = np.concatenate([places, np.round(np.array(factories))])
            sector = np.concatenate([sector, np.repeat("tillverkning", len(factories))])
            size = np.concatenate([size, np.full(len(factories), 9.0)])
        each = share_out(jobs, size)
        rows += [
            (s, int(j), code, *xy) for s, j, xy in zip(sector, each, places.tolist(), strict=True) if j > 0
        ]
    table = pd.DataFrame(rows, columns=["sector", "jobs", "municipality_code", "x", "y"])
    return gpd.GeoDataFrame(
        {
            "workplace_id": [f"A{k:05d}" for k in range(len(table))],
            "sector": table["sector"],
            "jobs": table["jobs"].astype(np.int32),
            "municipality_code": table["municipality_code"],
            "synthetic": True,
        },
        geometry=shapely.points(table[["x", "y"]].to_numpy()),
        crs=3006,
    )
