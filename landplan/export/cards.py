"""Score cards and checks as the pages' frames show them: every number already written for people."""

from __future__ import annotations

import math
from typing import Any

from landplan.export import words
from landplan.export.items import Check, CriterionScore, SiteCard
from landplan.style import Text
from landplan.units import Language, format_number, format_unit

__all__ = ["amount", "card_view", "check_view"]


def amount(value: float | None, unit: str, language: Language) -> str:
    """Write a figure with as many decimals as its size deserves.

    Examples
    --------
    >>> amount(3.25, "%", "sv").replace(chr(160), " "), amount(1850.4, "m", "sv").replace(chr(160), " ")
    ('3,2 %', '1 850 m')
    """
    if value is None:
        return ""
    decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 1
    return format_unit(value, unit, decimals, language=language) if unit else format_number(
        value, decimals, language=language
    )  # fmt: skip


def _points(value: float | None, language: Language, decimals: int = 0) -> str:
    return "" if value is None else format_number(100 * value, decimals, language=language)


def _criterion(line: CriterionScore, language: Language) -> dict[str, Any]:
    reality = line.reality if line.reality in ("real", "demo", "missing") else "missing"
    value = line.shown[language] or amount(line.value, line.unit, language)
    if value and line.mean:
        value = words.say("on_average", language, value=value)
    if not value:
        value = words.reason_text(line.reason, language) if line.reason else words.say("no_value", language)
    share = 0.0 if line.score is None else min(max(line.score, 0.0), 1.0)
    return {
        "id": line.id,
        "title": line.title[language],
        "value": value,
        "score": _points(line.score, language),
        "share": f"{100 * share:.0f}",
        "weight": format_unit(100 * (line.weight if line.counted is None else line.counted), "%", 0, language=language),
        "contribution": _points(line.contribution, language, 1),
        "reality": reality,
        "reality_word": words.say(reality, language),
        "reality_help": words.say(f"{reality}_help", language),
        "reason": words.reason_text(line.reason, language) if line.reason and line.value is not None else "",
    }


def card_view(card: SiteCard, language: Language) -> dict[str, Any]:
    """Return one site's card as text.

    Parameters
    ----------
    card : SiteCard
        The site; scores and contributions are 0-1 and are shown as points of 100.
    language : {"sv", "en"}
        Of words and numbers.

    Returns
    -------
    dict
        Strings only, lists of strings, and lists of dicts of strings.
    """
    return {
        "site_id": card.site_id,
        "name": card.name,
        "rank": str(card.rank),
        "score": _points(card.score, language),
        "share": f"{100 * min(max(card.score, 0.0), 1.0):.0f}",
        "area": amount(card.area_ha, "ha", language),
        "reason": card.reason[language],
        "limiting": card.limiting[language],
        # the one that takes most of the site's land; the list below it is in the order of the plan
        "limiting_constraint": max(card.excluded_ha, key=lambda pair: pair[1], default=(Text("", ""), 0.0))[0][language],
        "criteria": [_criterion(c, language) for c in card.criteria],
        "figures": [{"what": t[language], "value": v} for t, v in card.figures],
        "excluded": [{"what": t[language], "value": format_unit(v, "ha", 1, language=language)}
                     for t, v in card.excluded_ha],
        "weighed": [{"what": t[language], "value": format_unit(v, "ha", 1, language=language)} for t, v in card.weighed_ha],
        "legal": [{"what": t[language], "value": format_unit(v, "ha", 1, language=language)} for t, v in card.legal_ha],
        # parts of a sum; scores by another method have none
        "sum": _points(math.fsum(parts), language, 1) if (parts := [c.contribution for c in card.criteria if c.contribution is not None]) else "",
        "synthetic": card.synthetic,
    }  # fmt: skip


def check_view(check: Check, language: Language) -> dict[str, Any]:
    """Return one figure of "Kontrollera själv" as text.

    Examples
    --------
    >>> from landplan.style import Text
    >>> check_view(Check(what=Text("Folkmängd", "Population"), modelled=10.0, published="11", unit="",
    ...     source="SCB", passed=True), "sv")["verdict"]
    'inom gränsen'
    """
    verdict = {True: "within", False: "outside", None: "not_compared"}[check.passed]
    return {
        "what": check.what[language],
        "modelled": format_number(check.modelled, check.decimals, language=language) or words.say("no_value", language),
        "published": check.published,
        "unit": check.unit,
        "date": check.date,
        "source": check.source,
        "verdict": words.say(verdict, language),
        "passed": check.passed,
    }
