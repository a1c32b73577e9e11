"""Catchment: who lives within reach of a site, counted from the matrix."""

from __future__ import annotations

from landplan.catchment.reach import CatchmentResult, labour_within, reach

__all__ = ["CatchmentResult", "labour_within", "reach"]
