"""Why land is chosen or left out, and how sure that is: a block's rasters, tables, figures on cards, sentences and curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import suitability as s
from landplan.contracts import FieldSpec
from landplan.export.items import Curve, RasterItem
from landplan.grid import Grid
from landplan.plan import Plan, Suitability
from landplan.run.land import BlockResult
from landplan.run.wording import both, say
from landplan.style import OKABE_ITO, RAMPS, Style, StyleClass, Text
from landplan.units import Language, format_number, format_unit

if TYPE_CHECKING:

    from landplan.layers import Layer
    from landplan.run.runner import Done

__all__ = [
    "BAND", "HARDNESS_KEYS", "block_curves", "block_method", "block_rasters", "block_sentences", "block_tables", "candidates_text", "deducted_ha",
    "land_figures", "parcels_known", "site_fields", "site_figures", "site_words", "whole_ha",
]  # fmt: skip

HARDNESS: Final = (
    ("absolute", Text("hinder", "obstacle")), ("dispensation", Text("kräver dispens", "needs exemption")), ("weigh", Text("ska vägas", "to be weighed")),
)  # fmt: skip
HARDNESS_KEYS: Final = ("free", "weigh", "dispensation", "absolute")
BAND: Final = 31
"""Constraints a band of 32 bits.

The last bit is left empty: an integer raster's no data is its type's largest number, 2**32 - 1, which is also every bit set. With 32 constraints a
band, a cell that all of them exclude would be read as one that nothing is known of.
"""
_UNKNOWN: Final = 254


def _f(name: str, type_: Any, sv: str, en: str, unit: str = "", values: tuple[tuple[Any, Text], ...] = ()) -> FieldSpec:
    return FieldSpec(name, type_, Text(sv, en), unit=unit, values=values)


def _obstacle_style(block: Suitability, result: BlockResult) -> Style:
    titles = {k.name: k.title.text() for k in block.constraints}
    classes = [StyleClass(0, say("free_land"), "#e8f3ea")]
    classes += [
        StyleClass(i + 1, titles[name], _colour(i)) for i, (name, hard, _) in enumerate(result.constraints) if hard != "weigh"
    ]
    classes.append(StyleClass(_UNKNOWN, say("unknown_land"), "#d9d9d9"))
    return Style(kind="classes", classes=tuple(classes), opacity=0.7)


def _colour(i: int) -> str:
    """A colour for the i-th obstacle: the palette, then darker once more, so that no two are alike."""
    base = OKABE_ITO[i % len(OKABE_ITO)]
    share = 0.62 ** (i // len(OKABE_ITO))
    return "#" + "".join(f"{round(int(base[k : k + 2], 16) * share):02x}" for k in (1, 3, 5))


def block_rasters(plan: Plan, done: Done) -> tuple[RasterItem, ...]:
    """Return every block's score, spread of the score, first obstacle and reasons as bits."""
    out: list[RasterItem] = []
    grid: Grid = done.layers.grid
    synthetic = any(layer.synthetic for layer in done.layers.layers.values())
    common: dict[str, Any] = {"grid": grid, "synthetic": synthetic}
    for name, result in done.blocks.items():
        block = plan.suitability[name]
        title = block.title.text()
        score = np.where(result.allowed, np.round(100 * result.score, 0), np.nan).astype(np.float32)
        ramp = Style(kind="ramp", ramp=RAMPS["viridis"], low=0.0, high=100.0, opacity=0.7)
        out.append(RasterItem(id=f"score_{name}", title=say("l_score", title=title), values=score, style=ramp, **common))
        if result.score_sd is not None:
            spread = np.where(result.allowed, 100 * result.score_sd, np.nan).astype(np.float32)
            most = float(np.nanmax(spread)) if np.isfinite(spread).any() else 1.0
            style = Style(kind="ramp", ramp=RAMPS["viridis"], low=0.0, high=max(1.0, float(np.ceil(most))), opacity=0.7)
            out.append(RasterItem(id=f"spread_{name}", title=say("l_spread", title=title), values=spread, style=style, description=say("d_spread"), **common))
        first = np.zeros(grid.shape, np.uint8)
        for i in range(len(result.constraints) - 1, -1, -1):
            if result.constraints[i][1] != "weigh":
                first[(result.excluded_by >> np.uint64(i)) & np.uint64(1) == 1] = i + 1
        inside = np.ones(grid.shape, np.bool_) if result.inside is None else result.inside
        # an obstacle is one whether the score is known or not
        first[(first == 0) & np.isnan(result.score)] = _UNKNOWN
        first[~inside] = 255
        style = _obstacle_style(block, result)
        out.append(RasterItem(id=f"obstacle_{name}", title=say("l_excluder", title=title), values=first, categorical=True, style=style, **common))
        bands = max(1, -(-len(result.constraints) // BAND))
        bits = np.stack([((result.excluded_by >> np.uint64(BAND * b)) & np.uint64(2**BAND - 1)).astype(np.uint32) for b in range(bands)])
        bits[:, ~inside] = np.iinfo(np.uint32).max
        style = Style(kind="ramp", ramp=RAMPS["viridis"], low=0.0, high=float(2 ** min(BAND, max(1, len(result.constraints)))), opacity=0.7)
        out.append(RasterItem(id=f"reasons_{name}", title=say("l_reasons", title=title), values=bits, style=style, description=say("d_reasons"), **common))
    return tuple(out)


def _date(layer: str, date: str, layers: Mapping[str, Layer]) -> Text:
    """The date of a constraint's data; that nobody has said it, where nobody has."""
    if date:
        return Text(date, date)
    return say("date_made_up" if layer in layers and layers[layer].synthetic else "date_unknown")


def block_tables(plan: Plan, done: Done, add: Callable[..., None]) -> None:
    """Add every block's ledger, by municipality too, the shares of legal weight, the bits, and how sure the ranking is."""
    import pandas as pd

    lang: Language = plan.plan.language

    def put(id_: str, title: Text, frame: pd.DataFrame, fields: tuple[FieldSpec, ...], **more: Any) -> None:
        # what has no words of its own is not shown
        if len(frame):
            add(id_, title, frame[[f.name for f in fields]], fields, **more)

    for name, result in done.blocks.items():
        block = plan.suitability[name]
        titles = {k.name: k.title.text()[lang] for k in block.constraints}
        title = block.title.text()
        head = (_f("title", "text", "Därför bort", "Reason"), _f("hardness", "text", "Tyngd", "Weight in law", values=HARDNESS), _f("legal", "text", "Lagrum", "Paragraph"))
        amounts = (
            _f("excluded_ha", "float", "Faller bort", "Left out", "ha"), _f("alone_ha", "float", "Bara av detta skäl", "For this reason alone", "ha"),
            _f("shared_ha", "float", "Delat med andra skäl", "Shared with other reasons", "ha"),
            _f("freed_ha", "float", "Blir fritt om skälet släpps", "Free if it were relaxed", "ha"),
        )  # fmt: skip
        dates = {k.name: _date(k.layer, (result.dates or {}).get(k.name, ""), done.layers.layers)[lang] for k in block.constraints}
        sources = {k.name: k.source for k in block.constraints}
        ledger = result.ledger.assign(
            title=result.ledger["name"].map(titles), data_date=[dates[k] for k in result.ledger["name"]],
            source=[sources.get(k, "") for k in result.ledger["name"]],
        )  # fmt: skip
        more = (_f("data_date", "text", "Uppgifter från", "Data of"), _f("source", "text", "På vems ord", "On whose word"))
        put(f"{name}_ledger", say("t_ledger"), ledger, (*head, *amounts, *more))
        if result.by_zone is not None and len(result.by_zone):
            zones = result.by_zone[result.by_zone["excluded_ha"] > 0]
            zones = zones.assign(title=zones["name"].map(titles))
            put(f"{name}_ledger_by_municipality", say("t_ledger_zones", title=title), zones, (_f("zone", "text", "Kommun", "Municipality"), *head, *amounts))
        if result.by_site is not None and len(result.by_site):
            names = result.sites.set_index("site_id")["name"]
            own = result.by_site.assign(title=result.by_site["name"].map(titles), site_name=result.by_site["site"].map(names))
            put(f"{name}_ledger_by_site", say("t_ledger_sites", title=title), own, (_f("site_name", "text", "Område", "Area"), *head, *amounts))
        if result.legal is not None:
            where = (_f("zone", "text", "Kommun", "Municipality"),) if "zone" in result.legal else ()
            put(f"{name}_legal", say("t_legal", title=title), result.legal, (*where, *_LEGAL))
        rows = [
            {"band": i // BAND + 1, "bit": i % BAND, "value": 2 ** (i % BAND), "title": titles.get(k, k), "hardness": hard}
            for i, (k, hard, _) in enumerate(result.constraints)
        ]
        put(
            f"{name}_bits", say("t_bits", title=title), pd.DataFrame(rows),
            (
                _f("band", "int", "Band", "Band"), _f("bit", "int", "Bit", "Bit"), _f("value", "int", "Värde", "Value"),
                _f("title", "text", "Hinder", "Constraint"), _f("hardness", "text", "Tyngd", "Weight in law", values=HARDNESS),
            ),
        )  # fmt: skip
        if result.robust is not None:
            _robust_tables(block, result, lang, put)
        if result.judged is not None:
            names = {c.name: c.title.text()[lang] for c in block.criteria}
            worst = result.judged.worst_judgements
            worst = worst.assign(row=worst["row"].map(names), column=worst["column"].map(names))
            put(
                f"{name}_judgements", say("t_judgements", title=title), worst,
                (
                    _f("row", "text", "Kriterium", "Criterion"), _f("column", "text", "Mot", "Against"), _f("given", "float", "Angivet", "Given"),
                    _f("implied", "float", "Vikterna säger", "The weights say"), _f("mended", "float", "De andra omdömena säger", "The other judgements say"),
                    _f("consistency_ratio_after", "float", "Konsistenskvot efter ändring", "Consistency ratio after mending"),
                ),
            )  # fmt: skip


_LEGAL: Final = (
    _f("absolute_ha", "float", "Hinder", "Obstacle", "ha"), _f("dispensation_ha", "float", "Kräver dispens", "Needs exemption", "ha"),
    _f("weigh_ha", "float", "Ska vägas", "To be weighed", "ha"), _f("free_ha", "float", "Fritt", "Free", "ha"),
    _f("unknown_ha", "float", "Okänt", "Unknown", "ha"),
)  # fmt: skip


def _robust_tables(block: Suitability, result: BlockResult, lang: Language, put: Callable[..., None]) -> None:
    robust = result.robust
    assert robust is not None
    names = dict(zip(result.sites["site_id"].astype(str), result.sites["name"].astype(str), strict=True))
    shown = list(robust.rank_acceptability.columns[:5])
    frame = (100 * robust.rank_acceptability[shown]).add_prefix("rank_")
    frame.insert(0, "name", [names[str(i)] for i in frame.index])
    frame["mean_rank"] = robust.mean_rank
    frame = frame.sort_values("mean_rank", kind="stable")
    ranks = tuple(_f(f"rank_{r}", "float", f"Plats {r}", f"Rank {r}", "%") for r in shown)
    put(
        f"{result.name}_robustness", say("t_robust", title=block.title.text(), trials=both(robust.draws)), frame,
        (_f("name", "text", "Område", "Area"), *ranks, _f("mean_rank", "float", "Plats i medeltal", "Mean rank")), note=say("m_robust_note"),
    )
    titles = {c.name: c.title.text()[lang] for c in block.criteria}
    lost = robust.lost_at.reset_index()
    lost = lost.assign(
        title=lost["criterion"].map(titles), weight=100 * lost["weight"], lost_at=100 * lost["lost_at"], change=100 * lost["change"],
        to=[names.get(str(v), "") for v in lost["to"]], never=[("" if v else say("never")[lang]) for v in lost["to"].astype(str)],
    )  # fmt: skip
    put(
        f"{result.name}_lost_at", say("t_lost", name=names.get(str(robust.first), "")), lost,
        (
            _f("title", "text", "Kriterium", "Criterion"), _f("weight", "float", "Vikt", "Weight", "%"),
            _f("lost_at", "float", "Första platsen går förlorad vid", "First place is lost at", "%"), _f("change", "float", "Ändring", "Change", "procentenheter"),
            _f("to", "text", "Till", "To"), _f("never", "text", "Annars", "Otherwise"),
        ),
    )  # fmt: skip


def site_fields(block: Suitability) -> tuple[FieldSpec, ...]:
    """Return the fields that a ranked site carries besides its score."""
    fields = [
        *_LEGAL[:4], _f("limiting_constraint_title", "text", "Största hindret", "Largest obstacle"), _f("first_percent", "float", "Etta i prövningar", "First in trials", "%"),
        _f("deducted_ha", "float", "Avgår för småvägar, diken och mark utan poäng", "Less small roads, ditches and land without a score", "ha"),
        _f("compactness", "float", "Rundhet (0–1)", "Roundness (0–1)"), _f("verified", "bool", "Kontrollmätt", "Verified"),
        _f("parcels", "int", "Fastigheter", "Property units"), _f("parcels_at_least", "bool", "Fastigheter: det kan vara fler", "Property units: there may be more"),
        _f("parcels_known_percent", "float", "Andel av området med kända fastigheter", "Share of the area with known property units", "%"), _f("owner_kinds", "text", "Slag av ägare", "Kinds of owner"),
    ]  # fmt: skip
    if block.hall is not None:
        size = f"{block.hall.length_m:g} × {block.hall.width_m:g} m"
        fields += [_f("hall_fits", "bool", f"Hall {size} får plats", f"Hall of {size} fits"), _f("hall_angle_deg", "float", "Hallens riktning", "The hall's direction", "grader")]
    if block.pad is not None:
        fields += [
            _f("pad_level_m", "float", "Plan nivå", "Level of the pad", "m"), _f("pad_cut_m3", "float", "Schakt", "Cut", "m³"),
            _f("pad_fill_m3", "float", "Fyllning", "Fill", "m³"), _f("pad_haul_m", "float", "Flytt i medeltal", "Mean haul", "m"),
            _f("pad_depth_m", "float", "Största djup eller höjd", "Deepest cut or highest fill", "m"),
        ]  # fmt: skip
    for a in block.access:
        words = a.title.text()
        fields += [
            _f(f"access_{a.name}_m", "float", f"Till {_small(words.sv)}, prövat mot {a.max_m:g} m", f"To {_small(words.en)}, held against {a.max_m:g} m", "m"),
            _f(f"access_{a.name}_reaches", "bool", f"{words.sv} inom {a.max_m:g} m", f"{words.en} within {a.max_m:g} m"),
            _f(f"access_{a.name}_touches", "bool", f"Gränsar till {_small(words.sv)}", f"Touches {_small(words.en)}"),
        ]
    return tuple(fields)


def _small(words: str) -> str:
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _yes(value: Any) -> Text:
    return say("yes") if bool(value) else say("no")


def _known(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None or isinstance(value, str) or not np.isfinite(float(value)):
        return None
    return float(value)


def whole_ha(row: Mapping[str, Any]) -> float | None:
    """Return a site's hectares within its outline: a found site's own area leaves its small roads out, and they lie in it."""
    area, bridged = _known(row, "area_ha"), _known(row, "bridged_ha")
    return area if area is None or bridged is None else area + bridged


def deducted_ha(row: Mapping[str, Any]) -> float | None:
    """Return what of a site's land without an obstacle may still not be used: its small roads, and land that has no score."""
    free, allowed = _known(row, "free_ha"), _known(row, "allowed_ha")
    return None if free is None or allowed is None else max(0.0, round(free + (_known(row, "weigh_ha") or 0.0) - allowed, 6))


def land_figures(block: Suitability, row: Mapping[str, Any], lang: Language) -> list[tuple[Text, str]]:
    """Return a card's hectares: by legal weight, which add up to the site; what is taken off the first two, and what is left to use."""
    out: list[tuple[Text, str]] = []
    for key in HARDNESS_KEYS:
        ha = _known(row, f"{key}_ha")
        if ha is not None and ha >= 0.05:
            out.append((say(f"{key}_figure"), format_unit(ha, "ha", 1, language=lang)))
    less = deducted_ha(row)
    if less is not None and less >= 0.05:
        share = _known(row, "known_share")
        scored = share is None or share > 1 - 1e-6
        key = "unscored_figure" if not block.bridgeable else "deducted_figure" if scored else "deducted_more_figure"
        out.append((say(key), f"−{format_unit(less, 'ha', 1, language=lang)}"))
    out.append((say("allowed_figure"), format_unit(_known(row, "allowed_ha"), "ha", 1, language=lang)))
    return out


_COVERED_SOME, _COVERED_ALL = 0.01, 0.99


def parcels_known(row: Mapping[str, Any]) -> tuple[float | None, bool]:
    """Return how many property units a site lies on, None where their layer does not reach it, and whether there may be more."""
    count, share = _known(row, "parcels"), _known(row, "parcels_known_share")
    if count is None or (share is not None and share < _COVERED_SOME):
        return None, False
    return count, share is not None and share < _COVERED_ALL


def _parcels_figure(row: Mapping[str, Any], lang: Language) -> str:
    count, more = parcels_known(row)
    if count is None:
        return say("unknown_figure")[lang]
    return say("at_least", count=both(count))[lang] if more else format_number(count, 0, language=lang)


def site_figures(block: Suitability, result: BlockResult, row: Mapping[str, Any], lang: Language) -> list[tuple[Text, str]]:
    """Return what a score card says of a site besides its score and its land: the hall, the ground, roads and rail, how sure."""
    out: list[tuple[Text, str]] = []
    if block.hall is not None and "hall_fits" in row:
        size = f"{block.hall.length_m:g} × {block.hall.width_m:g} m"
        out.append((say("hall_figure", size=size), _yes(row["hall_fits"])[lang]))
    cut, fill = _known(row, "pad_cut_m3"), _known(row, "pad_fill_m3")
    if cut is not None and fill is not None:
        # three figures: the ground is not known better
        shown = [format_number(float(f"{v:.3g}"), 0, language=lang) for v in (cut, fill)]
        out.append((say("pad_figure"), f"{shown[0]} / {shown[1]} m³"))
    for a in block.access:
        away = _known(row, f"access_{a.name}_m")
        if away is not None:
            near = say("touches")[lang] if row.get(f"access_{a.name}_touches") else format_unit(away, "m", 0, language=lang)
            out.append((say("access_figure", what=a.title.text(), metres=both(a.max_m)), f"{near} ({_yes(row.get(f'access_{a.name}_reaches'))[lang].lower()})"))
    if "parcels" in row and (_known(row, "parcels") or "parcels_known_share" in row):
        out.append((say("parcels_figure"), _parcels_figure(row, lang)))
    robust = result.robust
    if robust is not None and str(row["site_id"]) in robust.first_share.index:
        out.append((say("first_figure"), s.sentence(robust, str(row["site_id"]), lang)))
    return out


def site_words(result: BlockResult, site_id: str) -> Text:
    """Say how often a site is first, as the end of a sentence; nothing when it never is or was not tried."""
    robust = result.robust
    if robust is None or site_id not in robust.first_share.index or robust.first_share[site_id] < 0.005:
        return Text("", "")
    return Text(*(f" {w[:1].upper()}{w[1:]}." for w in (s.sentence(robust, site_id, "sv"), s.sentence(robust, site_id, "en"))))


def block_sentences(plan: Plan, done: Done, *, hidden: Callable[[str], bool]) -> list[Text]:
    """Return what a reader must know of each block: how sure the first place is, nothing left, a criterion that says nothing.

    `hidden` tells of a block whether its first site may not be named.
    """
    out: list[Text] = []
    for name, result in done.blocks.items():
        block = plan.suitability[name]
        titles = {c.name: c.title.text() for c in block.criteria} | {k.name: k.title.text() for k in block.constraints}
        robust = done.housing[name].robust if name in done.housing else result.robust
        if robust is not None and not hidden(name):
            names = dict(zip(result.sites["site_id"].astype(str), result.sites["name"].astype(str), strict=True))
            first = str(robust.first)
            said = Text(s.sentence(robust, first, "sv"), s.sentence(robust, first, "en"))
            source = block.robustness.source or say("assumption")
            out.append(say("u_robust", name=names[first], said=said, share=format_number(100 * block.robustness.weight_sd, 0), source=source))
        gone = [f for f in result.findings if f.kind == "nothing_left"]
        if gone:
            parts = [f"{titles[f.name][lang]} ({format_unit(f.ha, 'ha', 0, language=lang)})" for lang in ("sv", "en") for f in gone]
            half = len(parts) // 2
            out.append(say("u_nothing_left", title=block.title.text(), names=Text("; ".join(parts[:half]), "; ".join(parts[half:]))))
        for f in result.findings:
            if f.kind == "no_variation":
                out.append(say("u_no_variation", name=titles[f.name], value=both(f.value, decimals=1)))
            elif f.kind == "none_near":
                out.append(say("u_none_near", name=titles[f.name]))
            elif f.kind == "all_unknown":
                out.append(say("u_all_unknown", name=titles[f.name]))
        out += result.notes
        if "max_slope" in result.lacking:
            out.append(say("u_max_slope", percent=format_number(block.max_slope or 0.0, 0)))
        for lifted, ha in (result.lifted_ha or {}).items():
            out.append(say("u_lifted", name=titles[lifted], ha=both(ha)))
        if result.judged is not None and result.judged.consistency_ratio > 0.1:
            worst = result.judged.worst_judgements.iloc[0]
            one, other, mended = worst["row"], worst["column"], float(worst["mended"])
            if mended < 1:
                one, other, mended = other, one, 1.0 / mended
            out.append(
                say(
                    "u_judgements", ratio=both(result.judged.consistency_ratio, decimals=2), one=titles[one], other=titles[other],
                    mended=both(min(9.0, mended), decimals=1),
                )
            )  # fmt: skip
    return out


def block_method(plan: Plan, done: Done) -> list[tuple[Text, Text]]:
    """Return the method chapter's parts on scores: the formula of each block's method, setbacks, halls, earth, robustness."""
    out: list[tuple[Text, Text]] = []
    used = {plan.suitability[name].method for name in done.blocks}
    for method in ("wlc", "owa", "topsis", "product", "minimum"):
        if method in used:
            out.append((say("m_score"), say(f"m_{method}_text")))
    out.append((say("m_setback"), say("m_setback_text")))
    blocks = [plan.suitability[name] for name in done.blocks]
    labour = next((c for b in blocks for c in b.criteria if c.source == "labour"), None)
    if labour is not None:
        out.append((say("m_labour"), say("m_labour_text", minutes=f"{labour.cutoff_min:g}", metres=f"{labour.sample_m:g}")))
    if any(b.hall for b in blocks):
        out.append((say("m_hall"), say("m_hall_text")))
    pad = next((b.pad for b in blocks if b.pad), None)
    if pad is not None:
        out.append((say("m_pad"), say("m_pad_text", swell=format_number(pad.swell, 2), compaction=format_number(pad.compaction, 2), source=pad.source)))
    for name, result in done.blocks.items():
        if result.robust is not None:
            cfg = plan.suitability[name].robustness
            out.append((say("m_robust"), say("m_robust_text", trials=both(cfg.trials), share=format_number(100 * cfg.weight_sd, 0))))
        if result.judged is not None:
            out.append((say("m_ahp"), say("m_ahp_text", ratio=both(result.judged.consistency_ratio, decimals=3))))
    return out


def candidates_text(block: Suitability, result: BlockResult, layers: Mapping[str, Layer]) -> Text:
    """Say how a block's candidate sites are found, by the plan's own numbers and the obstacles that could be tested.

    Parameters
    ----------
    block : Suitability
    result : BlockResult
    layers : mapping of str to Layer

    Returns
    -------
    Text
    """
    titles = {k.name: k.title.text() for k in block.constraints}
    most = block.max_ha if block.max_ha is not None else 2 * block.min_ha
    said = [say(
        "sites_grown", min_ha=both(block.min_ha), max_ha=both(most), threshold=both(100 * block.threshold), count=block.max_sites,
    )]  # fmt: skip
    if block.apart_m > 0:
        said.append(say("sites_apart", metres=both(block.apart_m)))
    if block.max_slope is not None and "max_slope" not in result.lacking:
        said.append(say("sites_slope", percent=both(block.max_slope)))
    bridged = [_bridge_words(b.layer, b.where, layers) for b in block.bridgeable if b.layer in layers]
    if bridged:
        names = Text(*(", ".join(t[x] for t in bridged) for x in ("sv", "en")))
        said.append(say("sites_bridged", names=names))
    hard = [titles[name] for name, hardness, _ in result.constraints if hardness != "weigh"]
    if hard:
        said.append(say("sites_obstacles", names=Text(*("; ".join(t[x] for t in hard) for x in ("sv", "en")))))
    else:
        said.append(say("sites_no_obstacles"))
    said += [say("sites_other"), say("sites_named")]
    return Text(*(" ".join(t[x] for t in said) for x in ("sv", "en")))


def _bridge_words(name: str, where: Mapping[str, Any], layers: Mapping[str, Layer]) -> Text:
    """A layer and the classes of it that are meant, as people call them."""
    definition = layers[name].definition
    asked = [v for want in where.values() if not isinstance(want, Mapping) for v in (want if isinstance(want, list | tuple) else [want])]
    words = {value: text for spec in definition.fields if spec.name in where for value, text in spec.values}
    kinds = [words.get(v, Text(str(v), str(v))) for v in asked]
    return Text(*(f"{definition.title[x]} ({', '.join(k[x] for k in kinds)})" if kinds else definition.title[x] for x in ("sv", "en")))


def block_curves(plan: Plan, done: Done, layers: Mapping[str, Layer]) -> tuple[Curve, ...]:
    """Return every criterion's value function as points to draw, or its classes with their scores."""
    out: list[Curve] = []
    for name, result in done.blocks.items():
        block = plan.suitability[name]
        weights = {k: w for k, w, _ in result.criteria}
        for key, function, low, high in result.tables:
            spec = next(c for c in block.criteria if c.name == key)
            title = spec.title.text()
            common: dict[str, Any] = {"block": block.title.text(), "title": title, "unit": spec.unit, "weight": weights[key]}
            if not isinstance(function, s.value.ValueFunction):
                continue
            if function.kind == "categories":
                words = _class_words(spec, layers)
                rows = sorted(spec.value.scores.items(), key=lambda kv: -kv[1])
                classes = tuple((words.get(k, Text(k, k)), float(v)) for k, v in rows)
                if spec.value.otherwise is not None:
                    classes = (*classes, (say("otherwise"), float(spec.value.otherwise)))
                out.append(Curve(**common, classes=classes))
                continue
            xs = np.unique(np.concatenate([np.linspace(low, high, 81), [x for x, _ in function.points if low <= x <= high] if function.kind in ("linear", "piecewise") else []]))
            ys = function(xs.astype(np.float64))
            out.append(Curve(**common, points=tuple((float(x), float(y)) for x, y in zip(xs, ys, strict=True))))
    return tuple(out)


def _class_words(spec: Any, layers: Mapping[str, Layer]) -> dict[str, Text]:
    layer = layers.get(spec.layer or "")
    if layer is None:
        return {}
    found = {str(v): w for f in layer.definition.fields if f.name == spec.column for v, w in f.values}
    return found or {str(c.value): c.label for c in layer.definition.style.classes}
