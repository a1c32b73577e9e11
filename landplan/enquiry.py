"""An enquiry from an investor (etableringsförfrågan): which sites meet every requirement, which nearly do, what they lack.

What is not known is never met: a site without a figure is a near miss whose figure is missing, not a match. The map asks the
same in the browser by the same rule, and one table of cases holds both to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from landplan.errors import PlanError

__all__ = ["RULES", "Enquiry", "Match", "Missing", "answer", "met_and_missing"]


class Rule(NamedTuple):
    """A requirement: its name in an enquiry, the fact it is held against, whether it is a least or a most, its unit."""

    asked: str
    fact: str
    least: bool
    unit: str


RULES: Final = (
    Rule("min_ha", "allowed_ha", True, "ha"),
    Rule("min_mw", "mw", True, "MW"),
    Rule("rail_m", "rail_m", False, "m"),
    Rule("port_min", "port_min", False, "min"),
    Rule("airport_min", "airport_min", False, "min"),
)


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What is required; None requires nothing.

    Attributes
    ----------
    min_ha : float or None
        Hectares that may be used.
    min_mw : float or None
        Electric power, as the land's owner has declared it.
    rail_m : float or None
        Metres to a railway, at most.
    port_min, airport_min : float or None
        Minutes to a port and an airport, at most.

    Raises
    ------
    PlanError
        If a figure is negative, or nothing is required.
    """

    min_ha: float | None = None
    min_mw: float | None = None
    rail_m: float | None = None
    port_min: float | None = None
    airport_min: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no site could be held against."""
        if not self.wanted:
            raise PlanError("an enquiry needs a requirement: --min-ha, --min-mw, --rail, --port-min or --airport-min")
        for name, value in self.wanted.items():
            if not 0 <= value < math.inf:
                raise PlanError(f"{name} must be 0 or more, got {value:g}")

    @property
    def wanted(self) -> dict[str, float]:
        """The requirements that there are, by name."""
        found = {rule.asked: getattr(self, rule.asked) for rule in RULES}
        return {name: float(value) for name, value in found.items() if value is not None}


class Missing(NamedTuple):
    """A requirement that a site does not meet; `has` is None where nobody knows."""

    rule: Rule
    wanted: float
    has: float | None


class _Site(Protocol):
    @property
    def site_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Match:
    """How a site answers an enquiry; it matches when nothing is missing."""

    site: Any
    met: tuple[Rule, ...]
    missing: tuple[Missing, ...]


def met_and_missing(facts: Mapping[str, Any], wanted: Mapping[str, float]) -> tuple[list[Rule], list[Missing]]:
    """Hold facts against requirements.

    Examples
    --------
    >>> met, missing = met_and_missing({"allowed_ha": 50.0, "mw": None}, {"min_ha": 40, "min_mw": 100})
    >>> [r.asked for r in met], [(m.rule.asked, m.has) for m in missing]
    (['min_ha'], [('min_mw', None)])
    """
    met: list[Rule] = []
    missing: list[Missing] = []
    for rule in RULES:
        if rule.asked not in wanted:
            continue
        has = facts.get(rule.fact)
        known = None if has is None or (isinstance(has, float) and math.isnan(has)) else float(has)
        if known is not None and (known >= wanted[rule.asked] if rule.least else known <= wanted[rule.asked]):
            met.append(rule)
        else:
            missing.append(Missing(rule, float(wanted[rule.asked]), known))
    return met, missing


def answer(sites: Iterable[_Site], enquiry: Enquiry) -> tuple[Sequence[Match], Sequence[Match]]:
    """Answer an enquiry.

    Parameters
    ----------
    sites : iterable of SiteCard
        Ranked sites with `facts`.
    enquiry : Enquiry

    Returns
    -------
    matches, near : sequence of Match
        Sites that meet everything, by rank; and those that meet something but not all, by how much they lack, then by rank.
    """
    found = [Match(site, *(tuple(x) for x in met_and_missing(site.facts, enquiry.wanted))) for site in sites]  # type: ignore[arg-type]
    found.sort(key=lambda m: (len(m.missing), m.site.rank))
    return [m for m in found if not m.missing], [m for m in found if m.missing and m.met]
