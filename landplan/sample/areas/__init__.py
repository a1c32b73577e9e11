"""The sample areas by name; a fourth is a module here and its inputs in ``layers/sample``."""

from __future__ import annotations

from landplan.errors import LandplanError
from landplan.sample.area import SampleArea
from landplan.sample.areas.haparanda import HAPARANDA
from landplan.sample.areas.ostersund import OSTERSUND
from landplan.sample.areas.torsboda import TORSBODA

__all__ = ["AREAS", "area_named"]

AREAS: dict[str, SampleArea] = {area.name: area for area in (TORSBODA, OSTERSUND, HAPARANDA)}


def area_named(name: str) -> SampleArea:
    """Return the sample area of that name.

    Raises
    ------
    LandplanError
        If there is none.
    """
    if name not in AREAS:
        raise LandplanError(f"there is no sample area {name!r}; there are {', '.join(AREAS)}")
    return AREAS[name]
