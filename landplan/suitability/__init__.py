"""Suitability: constraints exclude, criteria grade, weights combine, and every hectare has a reason."""

from __future__ import annotations

from landplan.suitability import burning, coverage, methods, value
from landplan.suitability.ahp import AHPResult, ahp
from landplan.suitability.evaluate import Constraint, Criterion, Finding, SuitabilityResult, evaluate, mask_of
from landplan.suitability.ledger import ledger, legal_hectares
from landplan.suitability.sites import access_to, candidate_sites, score_sites
from landplan.suitability.terrain import slope

__all__ = [
    "AHPResult",
    "Constraint",
    "Criterion",
    "Finding",
    "SuitabilityResult",
    "access_to",
    "ahp",
    "burning",
    "candidate_sites",
    "coverage",
    "evaluate",
    "ledger",
    "legal_hectares",
    "mask_of",
    "methods",
    "score_sites",
    "slope",
    "value",
]
