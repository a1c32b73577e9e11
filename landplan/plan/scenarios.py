"""Measures on the roads (åtgärder) that a plan holds against the network without them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from landplan.plan.base import ROAD_CLASSES, Frozen, Identifier, PlanText

__all__ = ["Change", "Scenario"]


class Change(Frozen):
    """``[[scenarios.changes]]``: one change to the roads.

    A ``new_road`` has a `line` (points in the plan's CRS) or a `file` of lines, and `speed_kmh`. ``speed`` and ``close`` name `roads` by id, or every
    road of a `road_class`.
    """

    kind: Literal["new_road", "speed", "close"]
    line: Annotated[tuple[tuple[float, float], ...], Field(min_length=2)] | None = None
    file: str | None = None
    roads: tuple[str, ...] = ()
    road_class: tuple[str, ...] = ()
    new_class: str = "local"
    oneway: Literal["both", "forward", "backward"] = "both"
    connect_m: Annotated[float, Field(gt=0, le=500)] = 25.0
    speed_kmh: Annotated[float, Field(gt=0, le=200)] | None = None
    factor: Annotated[float, Field(gt=0, le=3)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Change:
        if unknown := sorted({*self.road_class, self.new_class} - set(ROAD_CLASSES)):
            raise ValueError(f"names road class {unknown[0]!r}; classes: {', '.join(ROAD_CLASSES)}")
        if self.kind == "new_road":
            if (self.line is None) == (self.file is None):
                raise ValueError("a new_road needs either line = [[x, y], …] or file = \"…\"")
            if self.speed_kmh is None:
                raise ValueError("a new_road needs speed_kmh")
            if self.roads or self.road_class or self.factor is not None:
                raise ValueError("a new_road changes no other road; give roads, road_class and factor in a change of kind speed")
            return self
        if bool(self.roads) == bool(self.road_class):
            raise ValueError(f"a change of kind {self.kind} needs either roads = [ids] or road_class = [classes]")
        if self.line is not None or self.file is not None:
            raise ValueError(f"a change of kind {self.kind} has no line of its own; use kind = \"new_road\"")
        given = (self.speed_kmh is not None) + (self.factor is not None)
        if self.kind == "speed" and given != 1:
            raise ValueError("a change of kind speed needs either speed_kmh or factor")
        if self.kind == "close" and given:
            raise ValueError("a closed road has no speed; remove speed_kmh and factor")
        return self


class Scenario(Frozen):
    """``[[scenarios]]``: a measure (åtgärd) on the roads, held against the network without it."""

    name: Identifier
    title: PlanText
    source: str = ""
    changes: Annotated[tuple[Change, ...], Field(min_length=1)]
