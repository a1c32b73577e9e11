"""Catchment: who lives within reach of a site, and who would work there.

`reach` counts from the matrix; `employer` fills a site's jobs zone by zone (`impedance`, `modes`, `market`, `comparison`); `interaction`, `huff` and
`radiation` say how flows follow cost, `prior` what is known of them in the north; `regions` groups municipalities by where people work.
"""

from __future__ import annotations

from landplan.catchment import interaction
from landplan.catchment.commuting import commuting_summary, largest_flows
from landplan.catchment.comparison import compare_sites
from landplan.catchment.decays import deterrence, logsum_cost
from landplan.catchment.employer import Employer, EmployerCatchment, employer
from landplan.catchment.flows import Flows, commuting_flows
from landplan.catchment.furness import Balanced, furness
from landplan.catchment.huff import HuffShares, huff
from landplan.catchment.impedance import Impedance
from landplan.catchment.interaction import FittedInteraction
from landplan.catchment.market import job_market
from landplan.catchment.modes import ModeChoice, calibrate
from landplan.catchment.prior import Prior, prior
from landplan.catchment.radiation import RadiationFlows, radiation
from landplan.catchment.reach import CatchmentResult, labour_within, reach
from landplan.catchment.regions import compare_regions, labour_market_regions

__all__ = [
    "Balanced",
    "CatchmentResult",
    "Employer",
    "EmployerCatchment",
    "FittedInteraction",
    "Flows",
    "HuffShares",
    "Impedance",
    "ModeChoice",
    "Prior",
    "RadiationFlows",
    "calibrate",
    "commuting_flows",
    "commuting_summary",
    "compare_regions",
    "compare_sites",
    "deterrence",
    "employer",
    "furness",
    "huff",
    "interaction",
    "job_market",
    "labour_market_regions",
    "labour_within",
    "largest_flows",
    "logsum_cost",
    "prior",
    "radiation",
    "reach",
]
