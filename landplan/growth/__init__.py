"""Growth: what a population goal asks for."""

from __future__ import annotations

from landplan.growth.goals import GoalGap, gap

__all__ = ["GoalGap", "gap"]
