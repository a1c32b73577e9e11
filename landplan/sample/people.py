"""People and jobs on the ground: published totals, made-up places.

Rules:

* A municipality's total is its published 2025 figure, met exactly.
* A locality's figure is moved to 2025 in step with its municipality: locality x municipality 2025 / municipality c. 2019, the
  published municipal figure nearest to the locality's year (2010, 2015 or 2020). Squares of a locality sum to it exactly.
* The rest is rural and lives at nodes of local roads outside the localities.
* Working age (20-64 years) is the municipality's published share, or one that the area assumes. Where only wider bands are
  published, people are taken to be even over the years of a band.
* Where districts with published figures are drawn, squares sum to each district's share of the total as well: persons are
  split over districts and localities at once, so that both sums are exact.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landplan.errors import LandplanError
from landplan.sample.districts import by_district
from landplan.sample.geography import Geography
from landplan.sample.inputs import Inputs
from landplan.sample.roads import Network
from landplan.sample.sharing import Floats, share_out
from landplan.sample.towns import Town

__all__ = ["SQUARE_M", "bands", "locality_targets", "population_grid", "share_out", "working_share", "workplaces"]

SQUARE_M = 250.0
_EDGE_M = 400.0

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

def locality_targets(inputs: Inputs, towns: list[Town]) -> dict[str, int]:
    """Return each locality's persons moved to the area's year by the stated rule, by locality id; its parts are one."""
    persons: dict[str, int] = {}
    code = {}
    for town in towns:
        persons[town.locality_id] = persons.get(town.locality_id, 0) + town.population
        code[town.locality_id] = town.municipality_code
    facts = inputs.municipalities.set_index("code")
    out = {}
    for place, number in persons.items():
        of = inputs.area.municipality(code[place])
        row = facts.loc[of.code]
        factor = int(str(row[of.population])) / int(str(row[of.before]))
        out[place] = round(number * factor)
    return out


def working_share(inputs: Inputs, code: str) -> float:
    """Return the share of a municipality's people aged 20-64: published, or by bands that people are even over.

    Raises
    ------
    LandplanError
        If no ages of the municipality are known and none are assumed.
    """
    stated = inputs.area.municipality(code).working_age
    if stated is not None:
        return stated
    ages = bands(inputs, code)
    if not len(ages):
        raise LandplanError(f"age_structure.csv has no ages of {code}; give the municipality a working_age")
    years = ages["last"] - ages["first"] + 1.0
    inside = (ages["last"].clip(upper=64.0) - ages["first"].clip(lower=20.0) + 1.0).clip(lower=0.0)
    return float((ages["percent"] * inside / years).sum() / ages["percent"].sum())


def bands(inputs: Inputs, code: str) -> pd.DataFrame:
    """Return a municipality's published age bands: first and last year, per cent, persons where they are known.

    Bands put together from others are left out; the last one is open and taken to end at 100 years.
    """
    names = dict(zip(inputs.municipalities["code"], inputs.municipalities["name"], strict=True))
    ages = inputs.more.get("age_structure", pd.DataFrame(columns=["area", "source", "age_group", "percent", "persons", "date"]))
    ages = ages[(ages["area"] == names.get(code)) & ~ages["source"].str.startswith("derived")].copy()
    limits = ages["age_group"].str.extract(r"^(\d+)(?:-(\d+)|(\+))?$")
    ages["first"] = limits[0].astype(float)
    ages["last"] = limits[1].fillna(limits[0]).astype(float).where(limits[2].isna(), 100.0)
    ages["percent"] = ages["percent"].astype(float)
    return ages.reset_index(drop=True)


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
    # Rural squares differ more than those of a town, and four of ten that a road reaches have nobody.
    rural_weight = rng.gamma(0.7, 1.0, len(squares)) * (rng.uniform(size=len(squares)) > 0.4)
    weight = squares["weight"].to_numpy() * np.where(
        squares["town"] >= 0, rng.gamma(3.0, 1.0 / 3.0, len(squares)), rural_weight
    )
    people = np.zeros(len(squares), dtype=np.int64)
    working = np.zeros(len(squares), dtype=np.int64)
    code, town = squares["municipality_code"].to_numpy(), squares["town"].to_numpy()
    place_of = np.array([*(t.locality_id for t in towns), ""], dtype=object)[town]
    for of in inputs.area.municipalities:
        rest = round(inputs.total(of.code) * scale)
        total = rest
        shares: dict[str, int] = {}
        for place in towns:
            if place.municipality_code == of.code and place.locality_id not in shares:
                shares[place.locality_id] = round(targets[place.locality_id] * scale)
                rest -= shares[place.locality_id]
        every = code == of.code
        shares[""] = rest
        if inputs.area.districts:
            by_district(geo, inputs, _boxes(geo, squares)[1], every, place_of, shares, weight, people)
        else:
            for place_id, target in shares.items():
                mine = np.flatnonzero(place_of == place_id) if place_id else np.flatnonzero(every & (town < 0))
                people[mine] = share_out(target, weight[mine])
        mine = np.flatnonzero(every)
        working[mine] = share_out(round(working_share(inputs, of.code) * total), people[mine].astype(np.float64))
    squares["population"], squares["working_age"] = people, np.minimum(working, people)
    squares = squares[squares["population"] > 0].reset_index(drop=True)
    boxes, _ = _boxes(geo, squares)
    x, y, side = squares["x"].to_numpy(), squares["y"].to_numpy(), squares["side"].to_numpy()
    # As each country names its squares: SCB by the corner in metres, Statistics Finland by the number of the square.
    ids = [
        f"250mN{b}E{a}" if other else f"{b * SQUARE_M:.0f}_{a * SQUARE_M:.0f}" for a, b, other in zip(x, y, side, strict=True)
    ]
    locality = [towns[k].locality_id if k >= 0 else None for k in squares["town"]]
    return gpd.GeoDataFrame(
        {
            "square_id": ids,
            "municipality_code": squares["municipality_code"],
            "locality_id": pd.array(locality, dtype="str"),
            "population": squares["population"].astype(np.int32),
            "working_age": squares["working_age"].astype(np.int32),
            "year": _years(inputs, squares["municipality_code"]),
            "synthetic": True,
        },
        geometry=boxes,
        crs=3006,
    )


def _years(inputs: Inputs, codes: pd.Series) -> npt.NDArray[np.int16]:
    year = {m.code: np.int16(m.population_date[:4]) for m in inputs.area.municipalities}
    return np.array([year[c] for c in codes], dtype=np.int16)


def _boxes(geo: Geography, squares: pd.DataFrame) -> tuple[npt.NDArray[Any], Floats]:
    """Return the squares and their centres in EPSG:3006; another country's lie on the lattice of its own CRS."""
    left, low = squares["x"].to_numpy() * SQUARE_M, squares["y"].to_numpy() * SQUARE_M
    centre = np.stack([left + SQUARE_M / 2.0, low + SQUARE_M / 2.0], axis=1)
    boxes: npt.NDArray[Any] = shapely.box(left, low, left + SQUARE_M, low + SQUARE_M)
    other = np.flatnonzero(squares["side"].to_numpy() > 0)
    if len(other):
        boxes[other] = shapely.transform(boxes[other], lambda xy: geo.abroad(xy, back=True))
        centre[other] = geo.abroad(centre[other], back=True)
    return boxes, centre


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
    side = geo.is_foreign(xy)
    own = xy.copy()
    own[side] = geo.abroad(xy[side])
    table = pd.DataFrame(
        {
            "side": side.astype(np.int64),
            "x": np.floor(own[:, 0] / SQUARE_M).astype(np.int64),
            "y": np.floor(own[:, 1] / SQUARE_M).astype(np.int64),
            "town": town,
            "weight": weight,
        }
    )
    grouped: pd.DataFrame = table.groupby(["side", "y", "x", "town"], as_index=False).agg({"weight": "sum"})
    grouped = grouped.sort_values(["side", "y", "x", "weight", "town"], ascending=[True, True, True, False, True])
    squares = grouped.drop_duplicates(["side", "y", "x"]).reset_index(drop=True)
    boxes, centre = _boxes(geo, squares)
    pair = geo.water_tree.query(boxes, predicate="intersects")
    wet = shapely.area(shapely.intersection(boxes[pair[0]], geo.water_pieces[0][pair[1]]))
    share = np.bincount(pair[0], weights=wet, minlength=len(boxes)) / SQUARE_M**2
    code = _home_municipality(geo, centre, squares["side"].to_numpy() > 0)
    for k, place in enumerate(towns):
        code[squares["town"].to_numpy() == k] = place.municipality_code
    squares["municipality_code"] = code
    dry = (share < 0.5) & ~geo.in_water(centre)
    kept: pd.DataFrame = squares.loc[dry & (code != "")].reset_index(drop=True)
    return kept


def _home_municipality(geo: Geography, xy: Floats, foreign: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Return the code per point, empty where a neighbour outside the area is nearest.

    A country without neighbours in the data ends `_EDGE_M` from its municipalities: beyond, nobody of ours lives.
    """
    out: npt.NDArray[Any] = np.full(len(xy), "", dtype=object)
    abroad = np.array([geo.sample.is_foreign(c) for c in geo.municipalities["municipality_code"]], dtype=bool)
    for there, points in ((False, np.flatnonzero(~foreign)), (True, np.flatnonzero(foreign))):
        every = geo.municipalities[abroad == there]
        if not len(points) or not len(every):
            continue
        tree = shapely.STRtree(every.geometry.to_numpy())
        limit = _EDGE_M if there else None
        index, nearest = tree.query_nearest(shapely.points(xy[points]), all_matches=False, max_distance=limit)
        code = np.where(every["in_area"], every["municipality_code"], "").astype(object)
        out[points[index]] = code[nearest]
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
    names = [s for s, _ in SECTORS]
    odds = np.array([p for _, p in SECTORS])
    rows = []
    sold = sites[sites["availability"] == "såld"]
    for of in inputs.area.municipalities:
        code = of.code
        jobs = round(inputs.total(code) * of.jobs_per_person)
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
