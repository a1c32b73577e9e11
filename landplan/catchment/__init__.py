"""Catchment: who lives within reach of a site, counted from the matrix; how flows follow cost; labour-market regions."""

from __future__ import annotations

from landplan.catchment import interaction
from landplan.catchment.decays import deterrence, logsum_cost
from landplan.catchment.flows import Flows, commuting_flows
from landplan.catchment.furness import Balanced, furness
from landplan.catchment.huff import HuffShares, huff
from landplan.catchment.interaction import FittedInteraction
from landplan.catchment.prior import Prior, prior
from landplan.catchment.radiation import RadiationFlows, radiation
from landplan.catchment.reach import CatchmentResult, labour_within, reach
from landplan.catchment.regions import compare_regions, labour_market_regions

__all__ = [
    "Balanced",
    "CatchmentResult",
    "FittedInteraction",
    "Flows",
    "HuffShares",
    "Prior",
    "RadiationFlows",
    "commuting_flows",
    "compare_regions",
    "deterrence",
    "furness",
    "huff",
    "interaction",
    "labour_market_regions",
    "labour_within",
    "logsum_cost",
    "prior",
    "radiation",
    "reach",
]
