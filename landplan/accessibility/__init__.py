"""Accessibility: decay functions and measures over an OD matrix."""

from __future__ import annotations

from landplan.accessibility import decay
from landplan.accessibility.measures import cost_to_closest, cumulative, gravity
from landplan.od import ODMatrix

__all__ = ["ODMatrix", "cost_to_closest", "cumulative", "decay", "gravity"]
