"""Suitability: constraints exclude, criteria grade, weights combine, and every hectare has a reason."""

from __future__ import annotations

from landplan.suitability import value
from landplan.suitability.evaluate import Constraint, Criterion, SuitabilityResult, evaluate
from landplan.suitability.ledger import ledger
from landplan.suitability.sites import candidate_sites, score_sites

__all__ = [
    "Constraint",
    "Criterion",
    "SuitabilityResult",
    "candidate_sites",
    "evaluate",
    "ledger",
    "score_sites",
    "value",
]
