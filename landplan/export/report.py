"""The report: one HTML file that opens with the answer and ends with every number's origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from landplan.export import templates, words
from landplan.export.cards import card_view, check_view
from landplan.export.chapters import changes_view, figures_view, formulas_view, parameter
from landplan.export.chart import chart_view
from landplan.export.files import write_text
from landplan.export.findings import Changes
from landplan.export.items import Atlas, Curve, TeamPage
from landplan.export.pages import all_items
from landplan.export.report_words import say
from landplan.export.tableview import table_view
from landplan.provenance import LayerSource, package_versions
from landplan.units import Language, format_int, format_number, format_unit

__all__ = ["report_html", "write"]

_TABLE_ROWS: Final = 200


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _layer(source: LayerSource, language: Language) -> dict[str, str]:
    return {
        "layer": source.layer,
        "source": " · ".join(dict.fromkeys(t for t in (source.source, source.attribution) if t)),
        "licence": source.licence,
        "date": source.data_date,
        "features": format_int(source.features, language=language) if source.features else "",
        "reality": "demo" if source.synthetic else "real",
        "basis": words.say("demo" if source.synthetic else "real", language),
        "sharing": words.say(source.sharing, language) if source.sharing in ("internal", "restricted") else "",
        "file": source.file,
        "sha256": source.sha256,
    }


def _not_tested(page: TeamPage, language: Language) -> str:
    """Say what the page's ranking was not tested against, empty where all was there."""
    if not page.untested:
        return ""
    return words.say("ranking_untested", language, names=", ".join(t[language] for t in page.untested))


_CARDS: Final = 3
"""How many of a page's best sites the report holds score cards of; the others' are in the tables."""


def _score_cards(page: TeamPage, language: Language) -> list[dict[str, Any]]:
    """Return the best sites' cards as tables: criteria with their parts of the score, and hectares by what stands against them."""
    found = []
    for card in sorted(page.cards, key=lambda c: c.rank)[:_CARDS]:
        view = card_view(card, language)
        heads = (("criterion", False), ("value", False), ("score", True), ("weight", True), ("contribution", True), ("basis", False))
        rows = [(c["title"], c["value"], c["score"] or "–", c["weight"], c["contribution"] or "–", c["reality_word"]) for c in view["criteria"]]
        if view["sum"]:
            rows.append((words.say("sum", language), "", "", "", view["sum"], ""))
        limit = view["limiting_constraint"]
        parts = [f"{words.say('limiting', language)}: {view['limiting']}"] if view["limiting"] else []
        parts += [f"{words.say('limiting_constraint', language)}: {limit}"] if limit else []
        for key in ("legal", "excluded", "weighed"):
            if view[key]:
                parts.append(f"{words.say(key, language)}: " + "; ".join(f"{e['what']} {e['value']}" for e in view[key]))
        found.append(
            {
                "title": f"{words.say('score_card', language)}: {view['rank']}. {view['name']}", "note": "", "synthetic": view["synthetic"],
                "columns": [{"heading": words.say(k, language), "numeric": n} for k, n in heads], "rows": rows, "cut": ". ".join(parts),
            }
        )
    return found


def _ranking(page: TeamPage, language: Language) -> dict[str, Any] | None:
    """Return the page's sites as a table, in order."""
    if not page.cards:
        return None
    heads = (("rank", True), ("site", False), ("score_range", True), ("area", True), ("reason", False))
    cards = [card_view(c, language) for c in sorted(page.cards, key=lambda c: c.rank)]
    return {
        "title": words.say("all_sites", language),
        "note": _not_tested(page, language),
        "synthetic": any(c["synthetic"] for c in cards),
        "columns": [{"heading": words.say(k, language).capitalize(), "numeric": n} for k, n in heads],
        "rows": [(c["rank"], c["name"], c["score"], c["area"], c["reason"]) for c in cards],
        "cut": "",
    }


_WIDE: Final = 220.0
_HIGH: Final = 84.0


def _curve(curve: Curve, language: Language) -> dict[str, Any]:
    """Return a value function as the points of a small drawing, or as bars of classes; every text already written."""
    weight = "" if curve.weight is None else format_unit(100 * curve.weight, "%", 0, language=language)
    view: dict[str, Any] = {"title": curve.title[language], "weight": weight, "line": "", "ticks": [], "bars": []}
    if curve.points:
        low, high = curve.points[0][0], curve.points[-1][0]
        span = (high - low) or 1.0
        view["line"] = " ".join(f"{_WIDE * (x - low) / span:.1f},{_HIGH * (1 - y):.1f}" for x, y in curve.points)
        decimals = 0 if span >= 20 else 1
        view["ticks"] = [
            format_unit(low, curve.unit, decimals, language=language) if curve.unit else format_number(low, decimals, language=language),
            format_unit(high, curve.unit, decimals, language=language) if curve.unit else format_number(high, decimals, language=language),
        ]
    best = curve.classes
    view["bars"] = [{"what": t[language], "share": f"{100 * v:.0f}", "value": format_number(100 * v, 0, language=language)} for t, v in best]
    view["words"] = words.say("curve_words", language, title=curve.title[language])
    return view


def _curves(atlas: Atlas, language: Language, *, weighed: bool) -> list[dict[str, Any]]:
    """Group the functions by the block that they belong to: those of criteria, or the others."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for curve in (c for c in atlas.curves if (c.weight is not None) == weighed):
        groups.setdefault(curve.block[language], []).append(_curve(curve, language))
    return [{"title": title, "curves": curves} for title, curves in groups.items()]


def report_html(atlas: Atlas, changes: Changes | None = None) -> str:
    """Return the report's text.

    Parameters
    ----------
    atlas : Atlas
        What the run found. `facts` may hold ``figures`` (where the answers' numbers stand) and ``formulas``.
    changes : Changes, optional
        What differs from the run before; None where there was none.

    Returns
    -------
    str
        HTML with no script and no address to fetch; every value escaped.

    Examples
    --------
    >>> report_html(atlas).startswith("<!DOCTYPE html>")  # doctest: +SKIP
    True
    """
    language = atlas.language
    placed: set[str] = set()
    teams = []
    for page in atlas.pages:
        chosen = [t for t in atlas.tables if t.id in page.tables and t.on_pages and t.sharing != "restricted"]
        placed |= {t.id for t in chosen}
        teams.append(
            {
                "title": page.title[language],
                "question": page.question[language],
                "answer": page.answer[language],
                "more": [t[language] for t in page.more],
                "ranking": _ranking(page, language),
                "cards": _score_cards(page, language),
                "tables": [table_view(t, language, most=_TABLE_ROWS) for t in chosen],
            }
        )
    rest = [t for t in atlas.tables if t.id not in placed and t.on_pages and t.sharing != "restricted"]
    hidden = [i.title[language] for i in all_items(atlas) if i.sharing == "restricted"]
    hidden += [t.title[language] for t in atlas.tables if t.sharing == "restricted"]
    warnings = list(atlas.warnings)
    if hidden:
        warnings.append(words.say("restricted_left_out", language, layers=", ".join(hidden)))
    top = atlas.top or (atlas.pages[0].cards[:3] if atlas.pages else ())
    return templates.render(
        "report.html",
        atlas=atlas,
        language=language,
        say=lambda key, **values: words.say(key, language, **values),
        banner=words.banner(language) if atlas.synthetic else "",
        css=templates.asset("report.css"),
        top=[card_view(c, language) for c in top[:3]],
        top_untested=next((_not_tested(p, language) for p in atlas.pages if top and top[0] in p.cards), ""),
        checks=[check_view(c, language) for c in atlas.checks],
        teams=teams,
        curves=_curves(atlas, language, weighed=True), decays=_curves(atlas, language, weighed=False),
        charts=[chart_view(c, language) for c in atlas.charts],
        not_answered=[(q[language], a[language]) for q, a in atlas.not_answered],
        loose=[table_view(t, language, most=_TABLE_ROWS) for t in rest],
        layers=[_layer(s, language) for s in atlas.provenance.layers],
        tell=lambda key, **values: say(key, language, **values),
        changes=changes_view(changes, atlas),
        formulas=formulas_view(atlas.facts.get("formulas", ()), language),
        figures=figures_view(atlas.facts.get("figures", ()), atlas),
        parameters=[(k, parameter(v, language)) for k, v in _flat(atlas.provenance.parameters)]
        + [(k, _fact(v, language)) for k, v in _flat(atlas.facts) if k not in ("figures", "formulas")],
        warnings=warnings,
        versions=sorted(package_versions().items()),
    )


def _fact(value: Any, language: Language) -> str:
    if isinstance(value, float):
        return format_number(value, 1, language=language)
    return parameter(value, language)


def write(atlas: Atlas, path: Path, *, changes: Changes | None = None) -> list[Path]:
    """Write the report.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    path : Path
        The ``.html``; it appears when it is whole.
    changes : Changes, optional
        What differs from the run before; None where there was none.

    Returns
    -------
    list of Path
        The one file.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import report
    >>> report.write(atlas, Path("out/report.html"))  # doctest: +SKIP
    """
    return [write_text(path, report_html(atlas, changes))]
