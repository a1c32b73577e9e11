"""Suitability: constraints exclude, criteria grade, weights combine, and every hectare has a reason."""

from __future__ import annotations

from landplan.suitability import burning, coverage, methods, value
from landplan.suitability.ahp import AHPResult, ahp
from landplan.suitability.bridging import covered_ha, without
from landplan.suitability.data_errors import confusion_draws, distance_draws
from landplan.suitability.earthwork import Earthwork, pad
from landplan.suitability.evaluate import Constraint, Criterion, Finding, SuitabilityResult, evaluate, mask_of
from landplan.suitability.fit import Fit, fits, largest_rectangle
from landplan.suitability.ledger import ledger, legal_hectares
from landplan.suitability.reweighing import reweighed, score_parts
from landplan.suitability.robustness import Robustness, concentration, robustness, sentence
from landplan.suitability.sites import access_to, candidate_sites, score_sites, site_ledger
from landplan.suitability.terrain import slope

__all__ = [
    "AHPResult",
    "Constraint",
    "Criterion",
    "Earthwork",
    "Finding",
    "Fit",
    "Robustness",
    "SuitabilityResult",
    "access_to",
    "ahp",
    "burning",
    "candidate_sites",
    "concentration",
    "confusion_draws",
    "coverage",
    "covered_ha",
    "distance_draws",
    "evaluate",
    "fits",
    "largest_rectangle",
    "ledger",
    "legal_hectares",
    "mask_of",
    "methods",
    "pad",
    "reweighed",
    "robustness",
    "score_parts",
    "score_sites",
    "sentence",
    "site_ledger",
    "slope",
    "value",
    "without",
]
