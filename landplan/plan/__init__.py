"""The plan file: what a municipality wants worked out, as frozen values.

`read` turns TOML into a `Plan`; unknown keys are errors with the nearest known key named, every number has
its unit in its key and a range. `set_values` applies ``--set key=value``; `explain` says a plan in words;
`template` writes a commented new one.
"""

from __future__ import annotations

from landplan.plan.model import (
    Area,
    Catchment,
    Constraint,
    Criterion,
    Export,
    Goal,
    Jobs,
    LayerRef,
    Plan,
    PlanText,
    Ranking,
    Site,
    Suitability,
    Team,
)
from landplan.plan.reading import explain, parse, read
from landplan.plan.scenarios import Change, Scenario
from landplan.plan.template import new_plan
from landplan.plan.villages import VillageIndicator, Villages
from landplan.plan.workers import Workers

__all__ = [
    "Area",
    "Catchment",
    "Change",
    "Constraint",
    "Criterion",
    "Export",
    "Goal",
    "Jobs",
    "LayerRef",
    "Plan",
    "PlanText",
    "Ranking",
    "Scenario",
    "Site",
    "Suitability",
    "Team",
    "VillageIndicator",
    "Villages",
    "Workers",
    "explain",
    "new_plan",
    "parse",
    "read",
]
