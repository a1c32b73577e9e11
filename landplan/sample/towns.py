"""Localities: real points and populations, made-up outlines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landplan.errors import LandplanError
from landplan.sample.geography import Geography
from landplan.sample.inputs import Inputs

__all__ = ["Town", "localities", "make_towns"]

KINDS = {
    "tatort": "tatort",
    "smaort": "smaort",
    "2 smaorter": "smaort",
    "former_tatort": "former_tatort",
    "village": "village",
    # Finland's localities (taajama) are delimited by the same rule as Sweden's: 200 persons, 200 m between houses.
    "city": "tatort",
    "settlement": "tatort",
}


@dataclass(frozen=True)
class Town:
    """A locality with a figure: real name, place and population; the outline and streets are made up."""

    locality_id: str
    name: str
    municipality_code: str
    population: int
    population_year: int
    centre: tuple[float, float]
    outline: Any
    street_m: float


def localities(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the locality layer: points of the four municipalities, population only where the kind counts as one.

    Parameters
    ----------
    inputs : Inputs
        The real data.

    Returns
    -------
    geopandas.GeoDataFrame
        `kind` is tatort, smaort, former_tatort, village, district or other; only tatort and smaort carry a population.
    """
    table = inputs.localities[inputs.localities["municipality_code"].isin(inputs.area.codes)].reset_index(drop=True)
    kind = [KINDS.get(k, "district" if "district" in k else "other") for k in table["kind"]]
    counts = np.isin(kind, ("tatort", "smaort"))
    population = pd.array(
        [int(p) if c and p else None for p, c in zip(table["population"], counts, strict=True)], dtype="Int32"
    )
    year = pd.array(
        [int(y) if c and y else None for y, c in zip(table["population_year"], counts, strict=True)],
        dtype="Int16",
    )
    return gpd.GeoDataFrame(
        {
            # A place that GeoNames lacks is known by its municipality and name.
            "locality_id": table["geonames_id"].where(table["geonames_id"] != "", table["municipality_code"] + "-" + table["name"]),
            "name": table["name"],
            "kind": kind,
            "municipality_code": table["municipality_code"],
            "population": population,
            "population_year": year,
            "source": table["coord_sources"]
            + np.where(table["population_source"] != "", "; " + table["population_source"], ""),
            "lat": table["lat"].astype(float),
            "lon": table["lon"].astype(float),
            "synthetic": False,
        },
        geometry=table.geometry.to_numpy(),
        crs=3006,
    )


def make_towns(geo: Geography, layer: gpd.GeoDataFrame, rng: np.random.Generator) -> list[Town]:
    """Draw an outline for each locality with a figure, largest first and never overlapping.

    The area follows from the population at 1 500 persons per square kilometre (2 000 above 10 000 persons): a rule.

    Parameters
    ----------
    geo : Geography
        Area and water.
    layer : geopandas.GeoDataFrame
        The locality layer.
    rng : numpy.random.Generator
        Source of the outlines.

    Returns
    -------
    list of Town
        One for each locality with a population, or for each of its parts, on dry ground.

    Raises
    ------
    LandplanError
        If the parts of a locality do not sum to its persons in the area.
    """
    towns: list[Town] = []
    taken: Any = shapely.Polygon()
    counted = layer[layer["population"].notna()].sort_values(
        ["population", "locality_id"], ascending=[False, True]
    )
    for row, name, population, place in _parts(geo, counted, layer):
        centre = geo.to_land(np.array([[place.x, place.y]]))[0]
        area_m2 = 1e6 * population / (2_000.0 if population > 10_000 else 1_500.0)
        angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
        wobble = sum(
            rng.uniform(0.03, 0.13) * np.cos(k * angle + rng.uniform(0.0, 6.28)) for k in (1, 2, 3, 5)
        )
        radius = max(np.sqrt(area_m2 / np.pi), 160.0)
        outline: Any = shapely.Polygon()
        for _ in range(7):
            ring = centre + (radius * (1.0 + wobble))[:, None] * np.stack(
                [np.cos(angle), np.sin(angle)], axis=1
            )
            outline = shapely.difference(shapely.Polygon(ring).buffer(0), taken)
            if geo.sample.foreign is not None:
                # A town stops at the border, however near to it it stands.
                here = shapely.intersection if geo.sample.is_foreign(row.municipality_code) else shapely.difference
                outline = here(outline, geo.foreign_ground)
            wet = geo.water_near(outline.buffer(60.0))
            if len(wet):
                # Forty metres off the water, so that a corner house stands on dry ground.
                outline = shapely.difference(
                    outline, shapely.buffer(shapely.union_all(wet), 40.0, quad_segs=2)
                )
            if outline.area >= 0.93 * area_m2:
                break
            radius *= 1.12
        parts = [p for p in shapely.get_parts(outline) if p.geom_type == "Polygon" and p.area > 15_000.0]
        outline = shapely.set_precision(shapely.union_all(parts), 1.0)
        taken = shapely.union(taken, outline.buffer(150.0, quad_segs=2))
        towns.append(
            Town(
                locality_id=row.locality_id,
                name=name,
                municipality_code=row.municipality_code,
                population=population,
                population_year=int(row.population_year),
                centre=(float(centre[0]), float(centre[1])),
                outline=outline,
                street_m=118.0 if population > 10_000 else 125.0 if population > 1_500 else 105.0,
            )
        )
    return towns


def _parts(geo: Geography, counted: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> Iterator[tuple[Any, str, int, Any]]:
    """Yield each locality, or each of the parts that it is drawn as: row, name, persons in the area, point."""
    where = dict(zip(layer["name"], layer.geometry, strict=True))
    for row in counted.itertuples():
        inside = int(row.population) - geo.sample.elsewhere.get(row.locality_id, 0)
        parts = geo.sample.parts.get(row.locality_id, ())
        if not parts:
            yield row, row.name, inside, row.geometry
        elif sum(part.persons for part in parts) != inside:
            raise LandplanError(f"the parts of {row.name} have {sum(p.persons for p in parts)} persons, the locality {inside}")
        for part in parts:
            yield row, part.name, part.persons, where[part.place]
