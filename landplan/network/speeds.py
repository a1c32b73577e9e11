"""Speed profiles: what speed a road is driven at, by class, and what a crossing costs.

A profile is data. It never names a single road: calibration moves classes, so that a published minute is
met by a rule and not by a trick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from landplan.errors import NetworkError

__all__ = ["DEFAULT_SPEEDS_KMH", "Mode", "SpeedProfile"]

Mode = Literal["car", "walk", "bike"]

# Sweden's defaults (50 built-up, 70 outside, 110 motorway: FACTS D2) and plain assumptions below them.
DEFAULT_SPEEDS_KMH: Final[dict[str, float]] = {
    "motorway": 110.0,
    "trunk": 90.0,
    "primary": 80.0,
    "secondary": 70.0,
    "tertiary": 70.0,
    "local": 50.0,
    "street": 40.0,
    "service": 20.0,
    "ferry": 10.0,
    "other": 40.0,
}


@dataclass(frozen=True, slots=True)
class SpeedProfile:
    """How fast each class is travelled.

    Attributes
    ----------
    name : str
        Shown in reports.
    factor : mapping of str to float
        Multiplies a road's own speed, by road class (1.0 where absent): 0.9 is ten per cent slower.
    default_kmh : mapping of str to float
        Speed of a road that states none, by class.
    cap_kmh : float or None
        No road is faster (vehicle or mode limit).
    junction_s : float
        Seconds added to every edge for its junction.
    boarding_min : float
        Minutes to board a ferry; half the headway is added too.
    """

    name: str = "default"
    factor: Mapping[str, float] = field(default_factory=dict)
    default_kmh: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SPEEDS_KMH))
    cap_kmh: float | None = None
    junction_s: float = 0.0
    boarding_min: float = 3.0

    def __post_init__(self) -> None:
        for label, table in (("factor", self.factor), ("default_kmh", self.default_kmh)):
            for road_class, value in table.items():
                if not value > 0:
                    raise NetworkError(f"speed profile {self.name!r}: {label} of {road_class} must be above 0, got {value}")
        if self.junction_s < 0 or self.boarding_min < 0:
            raise NetworkError(f"speed profile {self.name!r}: junction_s and boarding_min must not be negative")

    @classmethod
    def for_mode(cls, mode: Mode) -> SpeedProfile:
        """Return the plain profile of a mode: roads' own speeds for car, 5 km/h walking, 15 km/h cycling."""
        if mode == "walk":
            return cls("walk", default_kmh=dict.fromkeys(DEFAULT_SPEEDS_KMH, 5.0), cap_kmh=5.0)
        if mode == "bike":
            return cls("bike", default_kmh=dict.fromkeys(DEFAULT_SPEEDS_KMH, 15.0), cap_kmh=15.0)
        return cls("car")
