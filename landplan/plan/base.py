"""What the plan's models share: frozen tables, words in two languages, identifiers, filters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from landplan.style import Text

__all__ = ["ROAD_CLASSES", "Frozen", "Identifier", "PlanText", "Share", "Where"]

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Share = Annotated[float, Field(ge=0, le=1)]
ROAD_CLASSES = (
    "motorway", "trunk", "ramp", "primary", "secondary", "tertiary", "local", "street", "service", "path", "steps", "ferry", "other",
)
"""The closed list of the roads layer."""
Where = dict[str, Any]
"""A filter on columns: ``{ road_class = ["trunk"], speed_kmh = { min = 70 } }``; all must hold."""


class Frozen(BaseModel):
    """A table of the plan: frozen, and a key that nobody knows is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanText(Frozen):
    """Words in Swedish and English."""

    sv: str
    en: str

    def text(self) -> Text:
        """Return the words as the value the exporters share."""
        return Text(self.sv, self.en)
