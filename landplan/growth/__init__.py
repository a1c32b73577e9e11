"""Growth: what a population goal asks for, year by year, and where a few places should stand.

`population` projects cohorts and finds the migration that meets a goal, `schedules` holds the models used where nothing is
published, `movers` are those who come with jobs,
`need` turns people into dwellings, `housing` places them on sites, `services`
holds places against users, `location` chooses sites for a few, `roadmap` says who decides what when and who pays,
`bands` reads published age bands, `safety` is of dark ways, `attraction` is what villages offer in-movers, `villages` what is to be found from each, `goals` is the arithmetic of a goal.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from landplan.growth.goals import GoalGap, gap

_HOME = {
    "Indicator": "attraction", "attractiveness": "attraction",
    "Location": "location", "Projection": "population", "Rates": "population", "SolvedMigration": "population", "project": "population",
    "MovedIn": "movers", "moved_in": "movers", "household_sizes": "need",
    "migration_profile": "schedules", "pyramid": "schedules", "split_bands": "schedules",
    "scaled": "population", "solve_migration": "population", "HousingNeed": "need", "housing_need": "need", "plan_reserve": "need",
}  # fmt: skip
_ROOMS = ("attraction", "bands", "goals", "housing", "location", "movers", "need", "population", "roadmap", "safety", "schedules", "services", "villages")

__all__ = [
    "GoalGap", "HousingNeed", "Indicator", "Location", "MovedIn", "Projection", "Rates", "SolvedMigration", "attraction", "attractiveness", "gap", "goals", "household_sizes", "housing", "housing_need", "location", "migration_profile", "moved_in", "movers", "need", "plan_reserve", "population", "project", "pyramid", "roadmap", "safety", "scaled", "schedules", "services", "solve_migration", "split_bands",
]

if TYPE_CHECKING:
    from landplan.growth.attraction import Indicator, attractiveness
    from landplan.growth.location import Location
    from landplan.growth.movers import MovedIn, moved_in
    from landplan.growth.need import (
        HousingNeed,
        household_sizes,
        housing_need,
        plan_reserve,
    )
    from landplan.growth.population import (
        Projection,
        Rates,
        SolvedMigration,
        project,
        scaled,
        solve_migration,
    )
    from landplan.growth.schedules import migration_profile, pyramid, split_bands


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"landplan.growth.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'landplan.growth' has no attribute {name!r}")
    return getattr(importlib.import_module(f"landplan.growth.{home}"), name)
