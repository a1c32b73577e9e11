"""Results to an atlas: which layers, rasters, tables and pages a run shows, and the sentences it opens with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import landplan
from landplan.export.items import Atlas, SiteCard, TeamPage
from landplan.growth import gap
from landplan.layers import Store
from landplan.plan import Plan, Team
from landplan.provenance import Provenance
from landplan.review import as_features, notes_beside
from landplan.run import exhibits as ex
from landplan.run import reasons as rs
from landplan.run.card_tables import card_tables
from landplan.run.cards import housing_cards, industrial_cards
from landplan.run.checks import make_checks
from landplan.run.figures import Figures
from landplan.run.formulas import formulas
from landplan.run.growth_answers import (
    GROWTH_RESULTS,
    growth_answers,
    growth_in_short,
    growth_layers,
    growth_lead,
    growth_method,
    growth_sentences,
    not_answered,
)
from landplan.run.growth_exhibits import growth_charts, growth_table_ids
from landplan.run.growth_words import tell
from landplan.run.notes import note_items, places_of
from landplan.run.portrait import (
    PORTRAIT,
    Portrait,
    portrait,
    portrait_answer,
    portrait_method,
    portrait_sentences,
)
from landplan.run.sharing import RESTRICTED, Withheld
from landplan.run.variants import short_answer, variant_sentences
from landplan.run.village_exhibits import profiles, village_answer, village_method
from landplan.run.wording import both, minutes, say
from landplan.run.worker_exhibits import worker_answer, worker_curves, worker_method, worker_sentences
from landplan.style import Text
from landplan.units import format_number

if TYPE_CHECKING:
    from landplan.run.runner import Done

__all__ = ["build_atlas"]


def build_atlas(plan: Plan, store: Store, done: Done, *, created: str) -> Atlas:
    """Pack everything a run found.

    Parameters
    ----------
    plan : Plan
    store : Store
    done : Done
        The steps' values.
    created : str
        ISO date on pages.

    Returns
    -------
    Atlas
    """
    layers = done.layers.layers
    provenance = Provenance(
        f"run of plan {plan.plan.name}",
        tuple(layer.source for layer in layers.values()),
        plan.model_dump(mode="json", exclude={"path", "teams", "checks"}),
        plan.plan.crs,
        landplan.__version__,
    )
    held = Withheld(plan, done)
    every: dict[str, tuple[SiteCard, ...]] = {}
    for name, block in plan.suitability.items():
        if name in done.housing:
            every[name] = housing_cards(plan, block, done.housing[name], layers)
        elif name in done.blocks and not block.ranking:
            every[name] = industrial_cards(plan, block, done.blocks[name], done.labour.get(name), layers)
    cards = {name: held.cards(name, own) for name, own in every.items()}
    service = ex.transit_service(done.layers, plan.plan.crs)
    hidden = frozenset().union(*held.sites.values())
    notes = [note for note in notes_beside(plan) if note.site_id not in hidden]
    vectors = (*held.vectors(ex.vectors(plan, store, done, service)), *note_items(notes, places_of(cards), plan.plan.crs, plan.plan.language))
    rasters = held.rasters(rs.block_rasters(plan, done))
    tables = (*held.tables(ex.tables(plan, done, gap, service)), *card_tables(plan, every, cards))
    checks = make_checks(plan, done)
    figures = Figures(t for t in tables if t.sharing != RESTRICTED)
    about = portrait(plan, done)
    uncertain = (*held.sentence(), *_uncertain(plan, done, checks, service, figures, held), *portrait_sentences(about))
    answers = _answers(plan, done, cards, figures, held, about)
    untested = _untested(plan, store, done)
    main = next((n for n, b in plan.suitability.items() if not b.ranking and n in cards), next(iter(cards), ""))
    pages = _pages(plan, done, cards, answers, uncertain, untested, vectors, tables, store)
    whole = _in_one_sentence(plan, done, cards, figures) or answers.get("layers") or next(iter(answers.values()))
    return Atlas(
        name=plan.plan.name,
        title=plan.plan.title.text(),
        language=plan.plan.language,
        crs=plan.plan.crs,
        area_bounds=tuple(done.layers.area.bounds),
        pages=pages,
        vectors=vectors,
        rasters=rasters,
        tables=tables,
        checks=checks,
        provenance=provenance,
        answer=whole,
        top=cards.get(main, ())[:3],
        uncertain=uncertain,
        untested=tuple(dict.fromkeys(u for items in untested.values() for u in items)),
        method=(*_method(plan, done), *portrait_method(about)),
        warnings=done.warnings(plan.plan.language),
        created=created,
        curves=(*rs.block_curves(plan, done, layers), *worker_curves(plan, done)),
        charts=growth_charts(plan, done),
        lead=growth_lead(plan, done, figures),
        not_answered=not_answered(plan),
        notes=tuple(as_features(notes)),
        profiles=profiles(plan, done), profile_languages=plan.villages.languages if plan.villages is not None else (),
        facts={
            "figures": figures.taken,
            "formulas": formulas(plan, done),
            **({"tiles": {"url": plan.export.tiles, "attribution": plan.export.tiles_attribution}} if plan.export.tiles else {}),
        },
    )


def _by(plan: Plan) -> Text:
    return say(f"by_{plan.catchment.mode}")


def _answers(plan: Plan, done: Done, cards: dict[str, tuple[SiteCard, ...]], figures: Figures, held: Withheld, about: Portrait | None) -> dict[str, Text]:
    """Return each result's answer; every number in it is taken from the tables by name."""
    out: dict[str, Text] = {}
    if done.catchments is not None:
        site_id = next(iter(done.catchments.results))
        levels = plan.catchment.minutes
        near, far = (30.0, 45.0) if {30.0, 45.0} <= set(levels) else (levels[max(0, len(levels) - 2)], levels[-1])
        table = _thresholds(done, site_id)
        out["catchment"] = say(
            "answer_catchment", site=plan.sites[site_id].name, people_30=figures.take(table, "population", minutes=near), near=f"{near:g}",
            people_45=figures.take(table, "population", minutes=far), far=f"{far:g}", by_mode=_by(plan),
        )
        for variant in done.catchments.variants:
            later = short_answer(variant, plan, site_id, far, figures)
            out["catchment"] = Text(f"{out['catchment'].sv} {later.sv}", f"{out['catchment'].en} {later.en}")
        who = worker_answer(plan, done, figures)
        if who.sv:
            out["catchment"] = Text(f"{out['catchment'].sv} {who.sv}", f"{out['catchment'].en} {who.en}")
    for name, ranked in cards.items():
        block = plan.suitability[name]
        table = f"{name}_table"
        if not ranked:
            out[name] = say("answer_withheld" if held.sites[name] else "answer_none")
        elif block.ranking and name in done.housing:
            out[name] = say(
                "answer_housing", count=figures.count(table), name=ranked[0].name, site=plan.sites[block.ranking.site].name,
                minutes=minutes(figures.take(table, "commute_min", site_id=ranked[0].site_id)), by_mode=_by(plan),
            )
        else:
            score = figures.take(table, "score_100", site_id=ranked[0].site_id)
            out[name] = say("answer_industrial", name=ranked[0].name, score=score, count=figures.count(table))
    out |= growth_answers(plan, done, figures)
    if (villages := village_answer(done, figures)) is not None:
        out["villages"] = villages
    if (people := portrait_answer(about, figures)) is not None:
        out[PORTRAIT] = people
    if not out:
        out["layers"] = say("answer_layers", count=len(done.layers.layers))
    return out


def _thresholds(done: Done, site_id: str) -> str:
    """Return the id of the table of how many reach a site: its name is in it where there are several."""
    several = done.catchments is not None and len(done.catchments.results) > 1
    return f"thresholds_{site_id}" if several else "thresholds"


def _in_one_sentence(plan: Plan, done: Done, cards: dict[str, tuple[SiteCard, ...]], figures: Figures) -> Text | None:
    """Return the run's answer as one sentence, None when nothing was worked out."""
    parts: list[Text] = []
    if done.catchments is not None:
        site_id = next(iter(done.catchments.results))
        levels = plan.catchment.minutes
        level = 45.0 if 45.0 in levels else levels[-1]
        people = figures.take(_thresholds(done, site_id), "population", minutes=level)
        parts.append(say("whole_catchment", site=plan.sites[site_id].name, people=people, minutes=f"{level:g}", by_mode=_by(plan)))
    for name, ranked in cards.items():
        if not ranked:
            continue
        table, best = f"{name}_table", ranked[0].site_id
        if name in done.housing:
            parts.append(say("whole_housing", name=ranked[0].name, minutes=minutes(figures.take(table, "commute_min", site_id=best))))
        else:
            parts.append(say("whole_industrial", name=ranked[0].name, score=figures.take(table, "score_100", site_id=best)))
    growing = growth_in_short(plan, done, figures)
    if growing is not None:
        parts.append(growing)
    if not parts:
        return None
    joined = ["; ".join(p[lang] for p in parts) for lang in ("sv", "en")]
    return Text(*(f"{text[:1].upper()}{text[1:]}." for text in joined))


def _untested(plan: Plan, store: Store, done: Done) -> dict[str, tuple[Text, ...]]:
    """Titles of what each block's ranking was not tested against, because the layer is missing."""
    out: dict[str, tuple[Text, ...]] = {}
    for name, result in done.blocks.items():
        names = [u for u in result.untested if u in store.catalog]
        # what the plan calls it: land cover's farmland may be tested where the farm blocks are not
        blocked = plan.suitability[name].constraints
        own = {u: [k.title.text() for k in blocked if u in k.layers] or [store.catalog[u].title] for u in names}
        out[name] = tuple(dict.fromkeys(t for titles in own.values() for t in titles))
    return out


def _uncertain(plan: Plan, done: Done, checks: tuple[Any, ...], service: Any, figures: Figures, held: Withheld) -> tuple[Text, ...]:
    out: list[Text] = [plan.plan.note.text()] if plan.plan.note is not None else []
    if any(layer.synthetic for layer in done.layers.layers.values()):
        out.append(say("u_synthetic"))
        roads = done.layers.layers.get("roads")
        if roads is not None and roads.synthetic and any(c.kind == "minutes" for c in plan.checks):
            out.append(say("u_tuned"))
    for site in plan.sites.values():
        if site.jobs:
            out.append(say("u_jobs", low=both(site.jobs.low), high=both(site.jobs.high), source=site.jobs.source))
    if done.catchments is not None:
        season = next((v for v in done.catchments.variants if v.kind == "season"), None)
        out.append(say("u_free_flow", by_mode=_by(plan)) if season is None else say("u_season", by_mode=_by(plan), season=season.in_base))
        out += variant_sentences(done.catchments.variants, plan, figures)
        out.append(say("u_edge"))
        ring = done.catchments.certificate
        level = 45.0 if (ring["minutes"] == 45.0).any() else float(ring["minutes"].max())
        row = ring[ring["minutes"] == level].iloc[0]
        out.append(
            say("u_ring", share=both(100 * row["commission"], decimals=1), minutes=f"{level:g}", omitted=both(100 * row["omission"], decimals=1))
        )
        if done.catchments.persons_off_network:
            out.append(
                say("u_off_network", count=both(done.catchments.persons_off_network), metres=both(plan.catchment.max_snap_m))
            )
    out += worker_sentences(plan, done, figures)
    out += growth_sentences(plan, done)
    if done.villages is not None and not done.villages.winter and len(done.villages.ways):
        out.append(say("u_village_winter"))
    for check in checks:
        if check.passed is False:
            out.append(
                say("u_check", what=check.what, modelled=both(check.modelled, decimals=check.decimals), published=check.published, unit=check.unit)
            )
    for name, result in done.blocks.items():
        if result.missing_criteria:
            titles = {c.name: c.title.text() for c in plan.suitability[name].criteria}
            names = Text(*(", ".join(titles[m][lang] for m in result.missing_criteria) for lang in ("sv", "en")))
            out.append(say("u_missing_criteria", names=names))
    out += rs.block_sentences(plan, done, hidden=held.first_hidden)
    if service is not None and service.is_thin:
        out.append(say("u_thin_service"))
    return tuple(out)


def _method(plan: Plan, done: Done) -> tuple[tuple[Text, Text], ...]:
    out: list[tuple[Text, Text]] = []
    if done.blocks:
        out += rs.block_method(plan, done)
        out.append((say("m_distance"), say("m_distance_text", cell=f"{plan.plan.cell_m:g}", halo=both(plan.area.halo_m))))
        for name, block in plan.suitability.items():
            if name in done.blocks and not block.ranking:
                out.append((say("m_sites"), rs.candidates_text(block, done.blocks[name], done.layers.layers)))
    if done.catchments is not None:
        out.append((say("m_minutes"), say("m_minutes_text", access=f"{plan.catchment.access_kmh:g}")))
        out.append((say("m_ring"), say("m_ring_text", metres=f"{plan.catchment.ring_access_m:g}")))
    out += worker_method(plan, done)
    out += growth_method(plan, done)
    out += village_method(plan, done)
    for name, housing in done.housing.items():
        ranking = plan.suitability[name].ranking
        if ranking:
            share = {k: format_number(100 * w, 0) for k, w, _ in housing.parts}
            out.append(
                (
                    say("m_housing"),
                    say(
                        "m_housing_text", site=plan.sites[ranking.site].name, commute=share.get("commute", "0"),
                        services=share.get("services", "0"), suitability=share.get("suitability", "0"),
                    ),
                )
            )
    return tuple(out)


def _shown_alone(team: Team, have: set[str], store: Store, answers: dict[str, Text]) -> list[Text]:
    """What a team without a result of its own is told: which of its layers there are."""
    if "layers" in answers:
        return [answers["layers"]]
    names = [i for i in team.layers if i in have and i in store.catalog]
    if not names:
        return [tell("team_nothing")]
    return [tell("team_shows", layers=Text(*(", ".join(store.catalog[i].title[x].lower() for i in names) for x in ("sv", "en"))))]


def _lacking(team: Team, results: list[str], have: set[str], store: Store) -> list[Text]:
    """Say which layers a team asks for and the plan does not have."""
    names = [i for i in team.layers if i not in have and i in store.catalog and i not in store.names()]
    if not names:
        return []
    return [tell("team_lacks", layers=Text(*(", ".join(store.catalog[i].title[x].lower() for i in names) for x in ("sv", "en"))))]


def _pages(
    plan: Plan, done: Done, cards: dict[str, tuple[SiteCard, ...]], answers: dict[str, Text], uncertain: tuple[Text, ...],
    untested: dict[str, tuple[Text, ...]], vectors: tuple[Any, ...], tables: tuple[Any, ...], store: Store,
) -> tuple[TeamPage, ...]:
    pages = []
    have = {v.id for v in vectors}
    on = {v.id for v in vectors if v.visible}
    have_tables = {t.id for t in tables}
    first = ex.first_seen(plan, done)
    for team_id, team in plan.teams.items():
        results = [r for r in team.results if r in answers]
        shown = [x for r in results for x in (growth_layers(r, plan, done) if r in GROWTH_RESULTS else ex.layers_of(r, plan, done))]
        ids = [*ex.BACKGROUND, *team.layers, *shown]
        said = [answers[r] for r in results] or _shown_alone(team, have, store, answers)
        page_cards = next((cards[r] for r in results if r in cards), ())
        page_tables = [x for r in results for x in (growth_table_ids(r, done) if r in GROWTH_RESULTS else ex.tables_of(r, plan, done))] + list(team.tables)
        said += _lacking(team, results, have, store)
        pages.append(
            TeamPage(
                id=team_id,
                title=team.title.text(),
                question=(team.question or team.title).text(),
                answer=said[0],
                more=tuple(said[1:]),
                layers=tuple(i for i in dict.fromkeys(ids) if i in have),
                rasters=tuple(r for name in results for r in ex.rasters_of(name, done)),
                tables=tuple(t for t in dict.fromkeys(page_tables) if t in have_tables),
                cards=page_cards,
                uncertain=uncertain,
                untested=tuple(u for r in results for u in untested.get(r, ())),
                visible=tuple(i for i in dict.fromkeys([*ex.BACKGROUND, *shown, *first]) if i in on),
            )
        )
    return tuple(pages)
