"""Infrastructure: how sites connect to roads, rail and ports."""

from __future__ import annotations

from landplan.infrastructure.access import nearest_m, road_length

__all__ = ["nearest_m", "road_length"]
