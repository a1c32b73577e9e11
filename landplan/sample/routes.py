"""What a main road, a bridge and a ferry are to the generator; each area lists its own.

Every road, bridge and ferry of an area is an assumption written down, not a survey. Waypoints are places by name
(``localities.csv``) or points in EPSG:3006; what lies between them is found by least cost over made-up terrain, so the
drawn line is demonstration data.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Crossing", "Ferry", "Place", "Route"]

Place = str | tuple[float, float]
"""A locality's name, or a point in EPSG:3006 (easting, northing)."""


@dataclass(frozen=True, slots=True)
class Route:
    """A road by the places it passes."""

    road_class: str
    number: str | None
    name: str
    stops: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A declared bridge between two abutments on land, EPSG:3006."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ferry:
    """A declared car ferry between two berths on land; minutes are assumptions."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    crossing_min: float
    headway_min: float
    boarding_min: float
