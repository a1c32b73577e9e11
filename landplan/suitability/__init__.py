"""Suitability: constraints exclude, criteria grade, weights combine, and every hectare has a reason."""

from __future__ import annotations

from landplan.suitability import burning, value
from landplan.suitability.evaluate import Constraint, Criterion, SuitabilityResult, evaluate
from landplan.suitability.ledger import ledger
from landplan.suitability.sites import candidate_sites, score_sites
from landplan.suitability.terrain import slope

__all__ = [
    "Constraint",
    "Criterion",
    "SuitabilityResult",
    "burning",
    "candidate_sites",
    "evaluate",
    "ledger",
    "score_sites",
    "slope",
    "value",
]
