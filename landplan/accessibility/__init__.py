"""Accessibility over an OD matrix: what is within reach, who competes for it, and how evenly it falls."""

from __future__ import annotations

from landplan.accessibility import decay, equity
from landplan.accessibility.competition import balancing_cost, floating_catchment, spatial_availability
from landplan.accessibility.measures import cost_to_closest, cumulative, cumulative_interval, gravity
from landplan.od import ODMatrix

__all__ = [
    "ODMatrix",
    "balancing_cost",
    "cost_to_closest",
    "cumulative",
    "cumulative_interval",
    "decay",
    "equity",
    "floating_catchment",
    "gravity",
    "spatial_availability",
]
