"""Running a plan: its steps in order, cached by content, exported whole."""

from __future__ import annotations

from landplan.run.batch import run_batch
from landplan.run.runner import RunResult, run_plan
from landplan.run.steps import STEP_NAMES, read_layers

__all__ = ["STEP_NAMES", "RunResult", "read_layers", "run_batch", "run_plan"]
