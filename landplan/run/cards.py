"""Score cards: why a site ranks where it does, each line marked real, demo or missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landplan.export.items import CriterionScore, SiteCard
from landplan.layers import Layer
from landplan.plan import Plan, Suitability
from landplan.run.land import BlockResult
from landplan.run.privacy import without_few
from landplan.run.reasons import HARDNESS_KEYS, land_figures, site_figures, site_words, whole_ha
from landplan.run.steps import HousingResult
from landplan.run.towns import main_towns
from landplan.run.wording import both, say
from landplan.run.wording import minutes as minute_words
from landplan.style import Text
from landplan.units import Language, format_int, format_unit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["both", "housing_cards", "industrial_cards"]


def known(value: Any) -> float | None:
    """Return a float, or None for nan and None."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def reality(needed: Iterable[str | None], layers: Mapping[str, Layer]) -> str:
    """Return missing when a criterion lacks a layer it needs, demo when any of them is made up, else real."""
    have = [None if name is None else layers.get(name) for name in needed]
    if not have or None in have:
        return "missing"
    return "demo" if any(layer is not None and layer.synthetic for layer in have) else "real"


def _lower(text: Text) -> Text:
    # a word of one capital, as in "I arbetsför ålder", is no abbreviation
    return Text(*(w if w[1:2].isupper() else w[:1].lower() + w[1:] for w in (text.sv, text.en)))


def _measure(value: float | None, unit: str) -> tuple[float | None, str, int]:
    """Kilometres read better than five-digit metres."""
    if value is not None and unit == "m" and value >= 1000:
        return value / 1000.0, "km", 1
    return value, unit, 0 if unit == "m" else 1


def _class_words(value: Any, block: Suitability, name: str, layers: Mapping[str, Layer]) -> Text:
    """Say a class in the catalogue's words; land that the layer says nothing of has the score of all others."""
    criterion = next(c for c in block.criteria if c.name == name)
    layer = layers.get(criterion.layer or "")
    if not isinstance(value, str):
        return Text("", "")
    if not value:
        if criterion.value.otherwise is None:
            return Text("", "")
        return say("otherwise") if layer is None else say("otherwise_layer", layer=layer.definition.title)
    for spec in () if layer is None else layer.definition.fields:
        if spec.name == criterion.column:
            return dict(spec.values).get(value, Text(value, value))
    return Text(value, value)


def _line(block: Suitability, row: Mapping[str, Any], counted: tuple[str, float, str], known_weight: float, layers: Mapping[str, Layer]) -> CriterionScore:
    """A criterion of a site's card; one whose score is not known is not counted, and the others count for more."""
    name, weight, unit = counted
    spec = next(c for c in block.criteria if c.name == name)
    score = known(row.get(f"score_{name}"))
    value, shown_unit, _ = _measure(known(row.get(f"value_{name}")), unit)
    shown = Text("", "")
    if score is not None:
        shown = _class_words(row.get(f"class_{name}"), block, name, layers)
    reason = ""
    if score is None:
        reason = "not_counted"
    elif value is None and not shown.sv:
        reason = "counted_worst" if spec.unknown == "worst" else ""
    share: float | None = None
    if known_weight < 1.0 - 1e-9:
        share = 0.0 if score is None or known_weight <= 0 else weight / known_weight
    return CriterionScore(
        id=name, title=spec.title.text(), value=value, unit=shown_unit, score=score, weight=weight,
        contribution=None if score is None else known(row.get(f"contribution_{name}")), reality=reality(spec.layers, layers),
        shown=shown, reason=reason, counted=share, mean=value is not None and spec.value.kind != "categories",
    )


def _lands(block: Suitability, row: Mapping[str, Any], *, weigh: bool) -> tuple[tuple[Text, float], ...]:
    """A site's hectares by constraint: what is left out, or what is only to be weighed."""
    found = []
    for k in block.constraints:
        ha = known(row.get(f"excluded_ha_{k.name}"))
        if ha and (k.hardness == "weigh") == weigh:
            found.append((k.title.text(), ha))
    return tuple(found)


def _legal(row: Mapping[str, Any]) -> tuple[tuple[Text, float], ...]:
    return tuple((say(f"{key}_figure"), ha) for key in HARDNESS_KEYS if (ha := known(row.get(f"{key}_ha"))) is not None)


def _small(block: Suitability, row: Mapping[str, Any]) -> Text:
    """Why a site cannot hold the least area: it is smaller itself, nothing is left, or too little."""
    area, allowed = whole_ha(row), float(row["allowed_ha"])
    words = {"min_ha": both(block.min_ha)}
    if allowed < 0.5:
        return say("reason_small_none", **words)
    if area is not None and area < block.min_ha:
        return say("reason_small_area", area=both(area), **words)
    return say("reason_small", ha=both(allowed), **words)


def _nearby(have: pd.Series | None) -> Text:
    """Say the two connections that tell sites apart, in a few words."""
    if have is None:
        return Text("", "")
    said = []
    for column, key in (("main_road_m", "near_road"), ("railway_m", "near_rail"), ("port_min", "near_port")):
        value = known(have.get(column))
        if value is None:
            continue
        shown = both(value, "min") if column.endswith("_min") else both(*_measure(value, "m"))
        said.append(say(key, value=shown))
    if not said:
        return Text("", "")
    parts = Text(", ".join(t.sv for t in said), ", ".join(t.en for t in said))
    return Text(parts.sv[:1].upper() + parts.sv[1:] + "; ", parts.en[:1].upper() + parts.en[1:] + "; ")


def industrial_cards(
    plan: Plan, block: Suitability, result: BlockResult, labour: pd.DataFrame | None, layers: Mapping[str, Layer]
) -> tuple[SiteCard, ...]:
    """Return a card a ranked site of a block without a ranking of its own.

    The limiting text names the criterion with the largest weighted loss.
    """
    titles = {c.name: c.title.text() for c in block.criteria}
    minutes = plan.catchment.minutes
    middle = 45.0 if 45.0 in minutes else minutes[-1]
    synthetic = any(layer.synthetic for layer in layers.values())
    lang = plan.plan.language
    cards = []
    few = plan.export.min_persons
    if labour is not None:
        labour = without_few(labour, few)
    towns = main_towns(layers)
    named = _named(layers, lang)
    for row in result.sites.to_dict("records"):
        some = sum(w for k, w, _ in result.criteria if known(row.get(f"score_{k}")) is not None)
        lines = [_line(block, row, counted, some, layers) for counted in result.criteria]
        for c in block.criteria:
            if c.name in result.missing_criteria:
                lines.append(
                    CriterionScore(
                        id=c.name, title=titles[c.name], value=None, unit=c.unit, score=None, weight=0.0, contribution=None,
                        reality="missing", reason="no_data",
                    )
                )
        # what the score's own method says
        weak = next((line for line in lines if line.id == row.get("limiting")), None)
        figures: list[tuple[Text, str]] = []
        said = Text("", "")
        have_labour = None
        if labour is not None and row["site_id"] in labour.index:
            have = have_labour = labour.loc[row["site_id"]]
            who = "working_age" if f"working_age_within_{middle:g}_min" in have else "population"
            for m in minutes:
                persons = known(have[f"{who}_within_{m:g}_min"])
                shown = say("fewer_figure", limit=few)[lang] if persons is None else format_int(persons, language=lang)
                figures.append((say(f"{who}_figure", m=f"{m:g}"), shown))
            within = known(have[f"{who}_within_{middle:g}_min"])
            count = say("fewer_figure", limit=few) if within is None else both(within)
            said = say(f"reason_{who}", count=count, minutes=f"{middle:g}")
            for column, key, unit in (
                ("main_road_m", "main_road_figure", "m"), ("railway_m", "railway_figure", "m"),
                ("port_min", "port_figure", "min"), ("airport_min", "airport_figure", "min"),
            ):
                if column in have:
                    value, shown_unit, decimals = _measure(known(have[column]), unit)
                    title = say(key, by_mode=say(f"by_{plan.catchment.mode}")) if unit == "min" else say(key)
                    figures.append((title, format_unit(value, shown_unit, 0 if unit == "min" else decimals, language=lang)))
            for town in () if towns is None else towns.itertuples():
                if (minutes_there := known(have.get(town.column))) is not None:
                    title = say("town_figure", name=town.name, by_mode=say(f"by_{plan.catchment.mode}"))
                    figures.append((title, format_unit(minutes_there, "min", 0, language=lang)))
        figures = [*land_figures(block, row, lang), *figures, *site_figures(block, result, row, lang)]
        sure = site_words(result, str(row["site_id"]))
        reason = say(
            "reason_industrial",
            near=_nearby(have_labour),
            weak=_lower(weak.title) if weak else Text("", ""),
            labour=said,
        )
        reason = Text(reason.sv + sure.sv, reason.en + sure.en)
        if not row["large_enough"]:
            small = _small(block, row)
            reason = Text(reason.sv + small.sv, reason.en + small.en)
        centre = row["geometry"].representative_point()
        cards.append(
            SiteCard(
                site_id=str(row["site_id"]), name=str(row["name"]), rank=int(row["rank"]), score=known(row["score"]) or 0.0,
                area_ha=whole_ha(row), reason=reason, limiting=weak.title if weak else Text("", ""),
                criteria=tuple(lines), figures=tuple(figures), centroid=(centre.x, centre.y),
                excluded_ha=_lands(block, row, weigh=False), weighed_ha=_lands(block, row, weigh=True), legal_ha=_legal(row),
                synthetic=synthetic, large_enough=bool(row["large_enough"]),
                parts=_parts((result.parts or {}).get(str(row["site_id"]), ()), len(lines)),
                facts=_facts(row, have_labour, named.get(str(row["site_id"]), {})),
            )
        )
    return tuple(cards)


def _named(layers: Mapping[str, Layer], language: Language) -> dict[str, dict[str, Any]]:
    """What the owner has said of each named piece of industrial land, classes in words, what nobody has said as None."""
    layer = layers.get("industrial_land")
    if layer is None or layer.source.sharing == "restricted":
        return {}
    words = {f.name: {v: t[language] for v, t in f.values if v != "uppgift saknas"} for f in layer.definition.fields}
    found: dict[str, dict[str, Any]] = {}
    for row in layer.frame.drop(columns="geometry").to_dict("records"):
        own: dict[str, Any] = {fact: known(row.get(column)) for fact, column in (("mw", "declared_mw"), ("build_ready_year", "build_ready_year"))}
        own |= {
            fact: words.get(column, {}).get(row.get(column))
            for fact, column in (("land_control", "land_control"), ("owner", "owner_kind"), ("availability", "availability"))
        }
        found[str(row["site_id"])] = own
    return found


def _facts(row: Mapping[str, Any], have: pd.Series | None, named: Mapping[str, Any]) -> dict[str, float | str | bool | None]:
    """What an enquiry may ask of a site, by the names of `landplan.enquiry`; None is "uppgift saknas"."""
    facts: dict[str, float | str | bool | None] = {"allowed_ha": known(row.get("allowed_ha"))}
    for fact, column in (("rail_m", "railway_m"), ("road_m", "main_road_m"), ("port_min", "port_min"), ("airport_min", "airport_min")):
        facts[fact] = None if have is None else known(have.get(column))
    for fact in ("mw", "build_ready_year", "land_control", "owner", "availability"):
        facts[fact] = named.get(fact)
    return facts


def _parts(parts: Sequence[Any], lines: int) -> tuple[tuple[float, tuple[float | None, ...]], ...]:
    """A site's parts as a card has them: a place for every line, also those that nothing is known for."""
    return tuple((share, tuple(known(m) for m in means) + (None,) * (lines - len(means))) for share, means in parts)


def housing_cards(
    plan: Plan, block: Suitability, result: HousingResult, layers: Mapping[str, Layer]
) -> tuple[SiteCard, ...]:
    """Return a card a ranked housing site."""
    ranking = block.ranking
    if ranking is None:
        return ()
    site = plan.sites[ranking.site].name
    titles = {k: say(f"part_{k}", site=site) for k in ("commute", "services", "suitability")}
    used = [c.source_layer for c in block.criteria if c.source_layer in layers]
    basis: dict[str, list[str | None]] = {"commute": ["roads"], "services": ["roads", ranking.services_layer], "suitability": used}
    parts = {k: (weight, unit) for k, weight, unit in result.parts}
    stages: dict[str, Text] = {}
    definition = layers[ranking.layer].definition
    for spec in definition.fields:
        if spec.name == "plan_stage":
            stages = dict(spec.values)
    synthetic = any(layer.synthetic for layer in layers.values())
    lang = plan.plan.language
    cards = []
    for row in result.sites.to_dict("records"):
        values = {"commute": row.get("commute_min"), "services": row.get("services_min"), "suitability": None}
        # no minutes to a service of any kind: no way to one, unless the layer has none of the kinds asked for
        searched = any(str(column).startswith("minutes_") for column in row)
        unknown = {"commute": "disconnected", "services": "disconnected" if searched else "no_data", "suitability": ""}
        lines = tuple(
            CriterionScore(
                id=k, title=titles[k], value=known(values[k]), unit=parts[k][1], score=known(row[f"score_{k}"]), weight=parts[k][0],
                contribution=known(row[f"contribution_{k}"]), reality=reality(basis[k], layers),
                shown=say("points", score=both(100 * float(row["score_suitability"]))) if k == "suitability" else Text("", ""),
                reason=unknown[k] if known(values[k]) is None else "",
            )
            if k in parts
            else CriterionScore(
                id=k, title=titles[k], value=None, unit="min", score=None, weight=0.0, contribution=None, reality="missing", reason="no_data"
            )
            for k in titles
        )
        figures: list[tuple[Text, str]] = []
        low, high = known(row.get("dwellings_min")), known(row.get("dwellings_max"))
        if low is not None or high is not None:
            ends = [format_int(v, language=lang) for v in (low, high) if v is not None]
            figures.append((say("dwellings_figure"), "–".join(dict.fromkeys(ends))))
        if row.get("plan_stage") in stages:
            figures.append((say("stage_figure"), stages[row["plan_stage"]][lang]))
        commute, services = known(values["commute"]), known(values["services"])
        first = say("reason_no_way", site=site) if commute is None else say("reason_commute", minutes=minute_words(both(commute)), site=site)
        then = Text("", "") if services is None else say("reason_services", services=minute_words(both(services)))
        reason = Text(f"{first.sv}{then.sv}.", f"{first.en}{then.en}.")
        centre = row["geometry"].representative_point()
        cards.append(
            SiteCard(
                site_id=str(row["site_id"]), name=str(row["name"]), rank=int(row["rank"]), score=float(row["score"]),
                area_ha=known(row["area_ha"]), reason=reason, limiting=titles[str(row["limiting_part"])], criteria=lines,
                figures=tuple(figures), centroid=(centre.x, centre.y), synthetic=synthetic,
                excluded_ha=_lands(block, row, weigh=False), weighed_ha=_lands(block, row, weigh=True), legal_ha=_legal(row),
                parts=((1.0, tuple(line.score for line in lines)),),
            )
        )
    return tuple(cards)
