"""Catchment: who lives within reach of a site, and who would work there."""

from __future__ import annotations

from landplan.catchment.comparison import compare_sites
from landplan.catchment.employer import Employer, EmployerCatchment, employer
from landplan.catchment.impedance import Impedance
from landplan.catchment.market import job_market
from landplan.catchment.modes import ModeChoice, calibrate
from landplan.catchment.reach import CatchmentResult, labour_within, reach

__all__ = [
    "CatchmentResult", "Employer", "EmployerCatchment", "Impedance", "ModeChoice", "calibrate", "compare_sites", "employer", "job_market", "labour_within",
    "reach",
]
