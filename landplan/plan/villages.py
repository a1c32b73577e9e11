"""What a plan asks of its villages' profiles: which villages, how far around them, what in-movers ask for, in which languages."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from landplan.plan.base import Frozen, Identifier

__all__ = ["ServiceKind", "VillageIndicator", "Villages"]

ServiceKind = Literal["shop", "pharmacy", "preschool", "compulsory_school", "upper_secondary", "health_centre", "care_home"]
Language = Literal["sv", "en", "fi"]
_KINDS: Final = ("shop", "pharmacy", "preschool", "compulsory_school", "health_centre")
_FIXED: Final = ("population", "working_age", "jobs", "large_workplace_min", "school_m", "fibre_share", "holiday_houses")


class VillageIndicator(Frozen):
    """``[villages.indicators.<id>]``: a figure that counts in the score, from nothing at `worst` to all at `best`.

    `column` is ``<service>_min``, ``large_workplace_min``, ``jobs``, ``population``, ``working_age``, ``school_m``, ``fibre_share`` or ``holiday_houses``.
    """

    column: str
    worst: float
    best: float
    unit: str = ""
    source: str
    weight: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _apart(self) -> VillageIndicator:
        if self.worst == self.best:
            raise ValueError(f"worst and best must differ, both are {self.worst:g}")
        return self


class Villages(Frozen):
    """``[villages]``: one page about each village, for those who think of moving in.

    `kinds` are those of layer localities; `names` (or ids) choose among them. `radius_m` is what lies around a village, `safe_route_m` the way to the
    nearest compulsory school beyond which a pupil is driven.
    """

    kinds: tuple[Literal["tatort", "smaort", "former_tatort", "village", "district", "other"], ...] = ("village", "smaort", "former_tatort")
    names: tuple[str, ...] = ()
    municipalities: tuple[str, ...] = ()
    min_persons: Annotated[int, Field(ge=0)] = 0
    radius_m: Annotated[float, Field(ge=100, le=20_000)] = 2_000.0
    services: Annotated[tuple[ServiceKind, ...], Field(min_length=1)] = _KINDS
    jobs_min: Annotated[float, Field(gt=0, le=120)] = 30.0
    large_workplace_jobs: Annotated[int, Field(ge=1)] = 50
    safe_route_m: Annotated[float, Field(gt=0, le=20_000)]
    safe_route_source: str
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("sv", "en", "fi")
    indicators: dict[Identifier, VillageIndicator] = {}

    @field_validator("services", "languages", "kinds")
    @classmethod
    def _once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if twice := next((v for v in values if values.count(v) > 1), None):
            raise ValueError(f"names {twice!r} twice; once is enough")
        return values

    @model_validator(mode="after")
    def _columns(self) -> Villages:
        known = (*_FIXED, *(f"{s}_min" for s in self.services))
        for name, ask in self.indicators.items():
            if ask.column not in known:
                raise ValueError(f"indicator {name!r} reads column {ask.column!r}; a profile has {', '.join(known)}")
        return self
