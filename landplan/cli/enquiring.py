"""``landplan enquiry``: which sites answer an investor's enquiry, and a fact sheet for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from landplan.enquiry import Enquiry, Match, answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from landplan.export.items import Atlas, SiteCard, TeamPage
    from landplan.units import Language

__all__ = ["enquire"]


def enquire(name: str, out: Path, enquiry: Enquiry, *, near: bool, overrides: list[str], sheets: bool) -> None:
    """Run what the enquiry needs of a plan, list the sites that match and nearly match, and write their fact sheets.

    Raises
    ------
    PlanError
        If the plan ranks no industrial land.
    DiskError
        If the sheets cannot be written; none is then.
    """
    from landplan.cli.running import Bars, load_plan
    from landplan.errors import PlanError
    from landplan.export import words
    from landplan.export.names import safe_stem, unique_stems
    from landplan.run.directory import ENQUIRY, aside, disk_errors
    from landplan.run.runner import atlas_of

    plan = load_plan(name, overrides)
    with Bars(12.0 + 3.0 * len(plan.suitability), verbose=False) as bars:
        atlas = atlas_of(plan, progress=bars)
    # every page is asked; a site that several show is answered once, with the first one's map
    page_of: dict[str, TeamPage] = {}
    cards: list[SiteCard] = []
    for page in atlas.pages:
        for card in page.cards:
            if card.facts and card.site_id not in page_of:
                page_of[card.site_id] = page
                cards.append(card)
    if not cards:
        raise PlanError(f"plan {name!r} ranks no industrial land; an enquiry needs a block of suitability without a ranking of its own")
    matches, close = answer(cards, enquiry)
    language = plan.plan.language
    if atlas.synthetic:
        typer.echo(words.banner(language))
    _print(matches, close, enquiry, language)
    wanted = [*matches, *(close if near else [])]
    if not sheets or not wanted:
        return
    run = out / safe_stem(plan.plan.name)
    # a folder an enquiry: the sheets of another would be taken for an answer to this one
    folder = run / ENQUIRY / safe_stem("_".join(f"{name}-{value:g}" for name, value in enquiry.wanted.items()))
    stems = unique_stems([match.site.site_id for match in wanted])
    # all of them or none: half the sites of an answer would look like the whole of it
    with disk_errors(folder), aside(run) as part:
        written = [path for match in wanted for path in _sheets(atlas, page_of[match.site.site_id], match, enquiry, part, stems[match.site.site_id])]
        folder.mkdir(parents=True, exist_ok=True)
        for path in written:
            typer.echo(str(path.replace(folder / path.name)))
        for old in set(folder.glob("*.pdf")) - {folder / path.name for path in written}:
            old.unlink()


def _sheets(atlas: Atlas, page: TeamPage, match: Match, enquiry: Enquiry, folder: Path, stem: str) -> list[Path]:
    from landplan.export import factsheet
    from landplan.export.names import demo_stem

    written: list[Path] = []
    languages: tuple[Language, ...] = ("sv", "en")
    for language in languages:
        path = folder / f"{demo_stem(stem, atlas.synthetic)}-{language}.pdf"
        written += factsheet.write(atlas, page, match.site, _lines(match, enquiry, language), path, language)
    return written


def _lines(match: Match, enquiry: Enquiry, language: Language) -> list[tuple[str, str, str | None, bool]]:
    """Each requirement as words: what, what is wanted, what there is, whether it is met."""
    from landplan.enquiry import RULES
    from landplan.export import words

    missing = {m.rule.asked: m for m in match.missing}
    found = []
    for rule in RULES:
        if rule.asked not in enquiry.wanted:
            continue
        lost = missing.get(rule.asked)
        has = lost.has if lost else match.site.facts.get(rule.fact)
        want = enquiry.wanted[rule.asked]
        asked = _amount(want, rule.unit, language)
        shown = None if has is None else _amount(float(has), rule.unit, language)
        more = 0
        while lost and has is not None and more < _MOST_DECIMALS and round(float(has), more) == round(want, more):
            # "has 40 ha, wanted 40 ha" would be a riddle
            more += 1
            asked, shown = (_amount(v, rule.unit, language, least=more) for v in (want, float(has)))
        found.append((words.say(f"fact_{rule.fact}", language), asked, shown, lost is None))
    return found


_MOST_DECIMALS = 4


def _amount(value: float, unit: str, language: Language, *, least: int = 0) -> str:
    from landplan.units import format_unit

    decimals = 0 if unit == "m" or value >= 100 or value == round(value) else 1
    return format_unit(value, unit, max(decimals, least), language=language)


def _print(matches: Sequence[Match], close: Sequence[Match], enquiry: Enquiry, language: Language) -> None:
    from landplan.export import words

    def line(match: Match) -> str:
        site: SiteCard = match.site
        lacks = [
            words.say("has_wanted", language, what=what, has=has, wanted=want) if has is not None
            else words.say("unknown_wanted", language, what=what, wanted=want)
            for what, want, has, met in _lines(match, enquiry, language) if not met
        ]  # fmt: skip
        return f"  {site.rank}. {site.name}" + (f": {'; '.join(lacks)}" if lacks else "")

    typer.echo(f"{words.say('match', language)}:" if matches else words.say("no_match", language))
    for match in matches:
        typer.echo(line(match))
    if close:
        typer.echo(f"{words.say('near_match', language)}:")
        for match in close:
            typer.echo(line(match))
