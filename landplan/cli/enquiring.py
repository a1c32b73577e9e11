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
    from landplan.export.names import safe_stem
    from landplan.run.directory import ENQUIRY, aside, disk_errors
    from landplan.run.runner import atlas_of

    plan = load_plan(name, overrides)
    with Bars(12.0 + 3.0 * len(plan.suitability), verbose=False) as bars:
        atlas = atlas_of(plan, progress=bars)
    pages = [(page, [card for card in page.cards if card.facts]) for page in atlas.pages]
    page, cards = next(((p, c) for p, c in pages if c), (None, []))
    if page is None:
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
    folder = run / ENQUIRY
    # all of them or none: half the sites of an answer would look like the whole of it
    with disk_errors(folder), aside(run) as part:
        written = [path for match in wanted for path in _sheets(atlas, page, match, enquiry, part)]
        folder.mkdir(parents=True, exist_ok=True)
        for path in written:
            typer.echo(str(path.replace(folder / path.name)))


def _sheets(atlas: Atlas, page: TeamPage, match: Match, enquiry: Enquiry, folder: Path) -> list[Path]:
    from landplan.export import factsheet
    from landplan.export.names import demo_stem, safe_stem

    written: list[Path] = []
    languages: tuple[Language, ...] = ("sv", "en")
    for language in languages:
        path = folder / f"{demo_stem(safe_stem(match.site.site_id), atlas.synthetic)}-{language}.pdf"
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
        found.append(
            (words.say(f"fact_{rule.fact}", language), _amount(enquiry.wanted[rule.asked], rule.unit, language),
             None if has is None else _amount(float(has), rule.unit, language), lost is None)
        )  # fmt: skip
    return found


def _amount(value: float, unit: str, language: Language) -> str:
    from landplan.units import format_unit

    decimals = 0 if unit == "m" or value >= 100 or value == round(value) else 1
    return format_unit(value, unit, decimals, language=language)


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
