"""Score cards as tables: a row for each criterion of each site, that spreadsheets, programs and QGIS read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec
from landplan.export.items import CriterionScore, SiteCard, TableItem
from landplan.export.words import REASONS, WORDS
from landplan.plan import Plan
from landplan.run.wording import say
from landplan.style import Text
from landplan.units import Language

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["card_tables"]


def _f(name: str, type_: Any, sv: str, en: str, unit: str = "", values: tuple[tuple[Any, Text], ...] = ()) -> FieldSpec:
    return FieldSpec(name, type_, Text(sv, en), unit=unit, values=values)


_WHY: Final = (*((k, REASONS[k]) for k in ("no_data", "not_counted", "counted_worst", "disconnected")), ("restricted", WORDS["restricted"]))
_FIELDS: Final = (
    _f("site_id", "text", "Områdets id", "Area id"), _f("name", "text", "Område", "Area"), _f("rank", "int", "Plats", "Rank"),
    _f("criterion_id", "text", "Kriteriets namn i planen", "Criterion's name in the plan"),
    _f("title_sv", "text", "Kriterium", "Criterion, in Swedish"), _f("title_en", "text", "Kriterium, på engelska", "Criterion"),
    _f("value", "float", "Värde i medeltal", "Value on average"), _f("unit", "text", "Värdets enhet", "Unit of the value"),
    _f("class_name", "text", "Vanligaste klass", "Commonest class"),
    _f("score_100", "float", "Poäng (0–100)", "Score (0–100)"), _f("weight_percent", "float", "Vikt", "Weight", "%"),
    _f("contribution_100", "float", "Bidrag till poängen", "Contribution to the score"),
    _f("loss_100", "float", "Poäng som går förlorade", "Points lost"), _f("costs_most", "bool", "Tappar mest här", "Loses most here"),
    _f("reality", "text", "Underlag", "Basis", values=tuple((k, WORDS[k]) for k in ("real", "demo", "missing"))),
    _f("reason", "text", "Varför värde saknas", "Why a value is missing", values=_WHY),
)  # fmt: skip


def _row(card: SiteCard, line: CriterionScore, language: Language) -> dict[str, Any]:
    weight = line.weight if line.counted is None else line.counted
    # a card says long distances in kilometres
    value, unit = (line.value * 1000.0, "m") if line.value is not None and line.unit == "km" else (line.value, line.unit)
    return {
        "site_id": card.site_id, "name": card.name, "rank": card.rank, "criterion_id": line.id, "title_sv": line.title.sv, "title_en": line.title.en,
        "value": value, "unit": unit, "class_name": line.shown[language], "score_100": _points(line.score), "weight_percent": 100 * weight,
        "contribution_100": _points(line.contribution),
        "loss_100": None if line.score is None or line.contribution is None else max(0.0, 100 * weight * (1 - line.score)),
        "costs_most": bool(card.limiting.sv) and line.title == card.limiting, "reality": line.reality, "reason": line.reason,
    }  # fmt: skip


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _frame(cards: Sequence[SiteCard], language: Language) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame([_row(card, line, language) for card in cards for line in card.criteria], columns=[f.name for f in _FIELDS])
    numbers = [f.name for f in _FIELDS if f.type == "float"]
    frame[numbers] = frame[numbers].astype(float)
    if (frame["reason"] == "restricted").any():
        # no finer than the cards: from exact parts the one that is withheld could be worked back
        frame = frame.assign(score_100=frame["score_100"].round(0), contribution_100=frame["contribution_100"].round(1), loss_100=np.nan)
    return frame


def card_tables(plan: Plan, whole: Mapping[str, Sequence[SiteCard]], shown: Mapping[str, Sequence[SiteCard]]) -> tuple[TableItem, ...]:
    """Return every block's score cards as one long table.

    Parameters
    ----------
    plan : Plan
    whole, shown : mapping of str to sequence of SiteCard
        By block: all cards, and what of them may leave the house. Where they differ there are two tables, the whole one restricted.

    Returns
    -------
    tuple of TableItem
        ``<block>_cards``: a row a site and criterion with its mean value or commonest class, score, weight, contribution, and whether
        it is the one that costs most. The contributions of a site add up to its score where the method is a sum.
    """
    out = []
    language = plan.plan.language
    for name, cards in shown.items():
        title = say("t_cards", title=plan.suitability[name].title.text())
        sums = plan.suitability[name].ranking is not None or plan.suitability[name].method == "wlc"
        note = say("cards_note" if sums else "cards_note_parts")
        common: dict[str, Any] = {"fields": _FIELDS, "note": note, "synthetic": any(c.synthetic for c in whole[name]), "on_pages": False}
        if tuple(cards) != tuple(whole[name]):
            all_of = say("whole_restricted", title=title)
            out.append(TableItem(id=f"{name}_cards_restricted", title=all_of, frame=_frame(whole[name], language), sharing="restricted", **common))
        if cards:
            out.append(TableItem(id=f"{name}_cards", title=title, frame=_frame(cards, language), **common))
    return tuple(out)
