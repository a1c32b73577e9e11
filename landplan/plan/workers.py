"""What a plan assumes of those who will take a site's jobs: every figure with its range and whose it is."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from landplan.plan.base import Frozen

__all__ = ["Assumption", "ModeShares", "Range", "Willingness", "Workers"]

Range = tuple[float, float, float]


class Assumption(Frozen):
    """A figure that is known within a range, and whose it is."""

    low: Annotated[float, Field(ge=0)]
    central: Annotated[float, Field(ge=0)]
    high: Annotated[float, Field(ge=0)]
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> Assumption:
        if not self.low <= self.central <= self.high:
            raise ValueError(f"must be low <= central <= high, got {self.low:g}, {self.central:g}, {self.high:g}")
        return self

    @property
    def range(self) -> Range:
        """Low, central and high."""
        return self.low, self.central, self.high


class Willingness(Assumption):
    """``[catchment.workers.impedance]``: how the wish to take a job falls with minutes.

    ``logistic``: half give up by `central` minutes, within `spread_min` on either side. ``exponential`` and ``power``: the parameter.
    """

    kind: Literal["logistic", "exponential", "power"] = "logistic"
    spread_min: Annotated[float, Field(gt=0, le=60)] = 10.0
    within_min: Annotated[float, Field(gt=0, le=240)] = 120.0

    @model_validator(mode="after")
    def _some(self) -> Willingness:
        if not self.low > 0:
            raise ValueError(f"the impedance must be above 0, got {self.low:g}")
        return self


class ModeShares(Frozen):
    """``[catchment.workers.choice]``: the choice between modes; shares are matched exactly on the trips to the workplaces that there are.

    What a trip costs is `sek_per_trip` and `sek_per_km` of a way 1.3 times as long as the crow flies.
    """

    per_minute: Annotated[float, Field(lt=0, ge=-1)]
    per_minute_source: str
    per_sek: Annotated[float, Field(le=0, ge=-1)] = 0.0
    per_sek_source: str = ""
    sek_per_km: dict[Literal["car", "walk", "bike", "transit"], Annotated[float, Field(ge=0, le=50)]] = {}
    sek_per_trip: dict[Literal["car", "walk", "bike", "transit"], Annotated[float, Field(ge=0, le=1000)]] = {}
    percent: dict[Literal["car", "walk", "bike", "transit"], Annotated[float, Field(gt=0, le=100)]]
    percent_source: str
    transit_table: str | None = None
    transit_hours: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)] = ("05:30", "22:30")

    @model_validator(mode="after")
    def _reference(self) -> ModeShares:
        if "car" not in self.percent:
            raise ValueError("percent must have car: minutes are told in those by car")
        if (self.sek_per_km or self.sek_per_trip) and not (self.per_sek < 0 and self.per_sek_source):
            raise ValueError("sek_per_km and sek_per_trip need per_sek, below 0, and per_sek_source")
        for hour in self.transit_hours:
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", hour):
                raise ValueError(f"transit_hours must be of the form 05:30, got {hour!r}")
        return self


class Workers(Frozen):
    """``[catchment.workers]``: who will take a site's jobs. Shares are of the jobs, or of those of working age.

    `today` is how far people go to the jobs that there are: it stands for flows where the plan has none, and trips that mode shares were observed on.
    Default as `impedance`, which says how far they would be willing to go.
    """

    labour_share: Annotated[float, Field(gt=0, le=1)]
    labour_share_source: str
    match: Assumption
    in_migrants: Assumption
    weekly: Assumption
    impedance: Willingness
    today: Willingness | None = None
    choice: ModeShares | None = None
    kg_per_km: dict[Literal["car", "transit"], Annotated[float, Field(ge=0, le=5)]] = {}
    kg_source: str = ""
    draws: Annotated[int, Field(ge=10, le=100_000)] = 1000

    @model_validator(mode="after")
    def _shares(self) -> Workers:
        for name in ("match", "in_migrants", "weekly"):
            if getattr(self, name).high > 1:
                raise ValueError(f"{name} is a share, at most 1; got {getattr(self, name).high:g}")
        if self.in_migrants.high + self.weekly.high > 1:
            raise ValueError(f"in_migrants and weekly may together be {self.in_migrants.high + self.weekly.high:g} of the jobs; at most 1")
        if self.kg_per_km and not self.kg_source:
            raise ValueError("kg_per_km needs kg_source")
        return self
