"""Growth: what a population goal asks for, year by year, and where a few places should stand.

`population` projects cohorts and finds the migration that meets a goal, `schedules` holds the models used where nothing is
published, `need` turns people into dwellings, `housing` places them on sites, `services`
holds places against users, `location` chooses sites for a few,
`attraction` is what villages offer in-movers, `goals` is the arithmetic of a goal.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from landplan.growth.goals import GoalGap, gap

_HOME = {
    "Indicator": "attraction", "attractiveness": "attraction",
    "Location": "location", "Projection": "population", "Rates": "population", "SolvedMigration": "population", "project": "population",
    "scaled": "population", "solve_migration": "population", "HousingNeed": "need", "housing_need": "need", "plan_reserve": "need",
}  # fmt: skip
_ROOMS = ("attraction", "goals", "housing", "location", "need", "population", "schedules", "services")

__all__ = ["GoalGap", "HousingNeed", "Indicator", "Location", "Projection", "Rates", "SolvedMigration", "attractiveness", "gap", "housing_need", "plan_reserve", "project", "scaled", "solve_migration"]

if TYPE_CHECKING:
    from landplan.growth.attraction import Indicator, attractiveness
    from landplan.growth.location import Location
    from landplan.growth.need import HousingNeed, housing_need, plan_reserve
    from landplan.growth.population import (
        Projection,
        Rates,
        SolvedMigration,
        project,
        scaled,
        solve_migration,
    )


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"landplan.growth.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'landplan.growth' has no attribute {name!r}")
    return getattr(importlib.import_module(f"landplan.growth.{home}"), name)
