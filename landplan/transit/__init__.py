"""Public transport: what a timetable offers, stop by stop."""

from __future__ import annotations

from landplan.transit.timetable import Service, read_feed, service, together

__all__ = ["Service", "read_feed", "service", "together"]
