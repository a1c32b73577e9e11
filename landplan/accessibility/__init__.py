"""Accessibility: decay functions, measures over an OD matrix, and how evenly they fall."""

from __future__ import annotations

from landplan.accessibility import decay, equity
from landplan.accessibility.measures import cost_to_closest, cumulative, cumulative_interval, gravity
from landplan.od import ODMatrix

__all__ = ["ODMatrix", "cost_to_closest", "cumulative", "cumulative_interval", "decay", "equity", "gravity"]
