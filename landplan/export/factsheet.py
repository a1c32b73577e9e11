"""A fact sheet about one ranked site: two standing A4 pages of vector PDF to answer an enquiry with.

Page one says where the site is, what is known about it and how it meets what was asked; page two shows the
score card, what is left out, what limits, what is uncertain and where it all comes from. Every text is
measured before it is written, so that no name, however long, runs over another.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from landplan.export import drawing, factsheet_words, furniture, words
from landplan.export.cards import amount, card_view
from landplan.export.files import write_bytes
from landplan.export.items import Atlas, RasterItem, SiteCard, TeamPage, VectorItem
from landplan.export.legend import geometry_kind
from landplan.export.pages import Item, shown_first, stack
from landplan.export.typeset import (
    A4_MM,
    INK,
    MUTED,
    Column,
    Line,
    cut,
    flat,
    in_columns,
    line_height,
    put,
    table,
    text_width,
    wrapped,
)
from landplan.units import Language, format_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SIZE_MM", "Asked", "draw", "write"]

Asked = tuple[str, str, str | None, bool]
"""What is required, what was wanted, what the site has (None: not known), whether that is enough."""
SIZE_MM: Final = A4_MM
_EDGE: Final = 12.0
_INNER: Final = SIZE_MM[0] - 2 * _EDGE
_FOOT: Final = SIZE_MM[1] - 17.0
"""Where the last line of text may end, from the top: below it stand the page's number and the banner."""
_ACCENT: Final = "#0b5578"
_LEAST_GROUND_M: Final = 6_000.0
"""The map is at least so wide: a site of five hectares without its surroundings says nothing."""
_SURROUNDINGS: Final = 4.0
"""The map is at least so many times as wide as the site."""
_SCALES: Final = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_TYPE: Final = (7.4, 6.9, 6.4, 5.9)
"""Sizes of page two's text in points, the largest that fits is used."""
_LOCATOR_MM: Final = 42.0


def _fact(name: str, value: object, unit: str, page_items: Sequence[Item], language: Language) -> str:
    """Write one fact for people: an unknown one says so, a code becomes its words."""
    unknown = factsheet_words.say("not_known", language)
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return unknown
    if isinstance(value, str):
        return unknown if value in (factsheet_words.WORDS["not_known"].sv, factsheet_words.WORDS["not_known"].en) else _coded(
            name, value, page_items, language
        )  # fmt: skip
    if isinstance(value, bool):
        return words.say("yes" if value else "no", language)
    number = float(value)  # type: ignore[arg-type]
    if math.isinf(number):
        return factsheet_words.say("not_reached", language) if unit == "min" else unknown
    return f"{number:.0f}" if name.endswith("_year") else amount(number, unit, language)


def _coded(name: str, value: str, page_items: Sequence[Item], language: Language) -> str:
    for item in page_items:
        for spec in item.fields if isinstance(item, VectorItem) else ():
            if spec.name in (name, f"{name}_kind"):
                for code, text in spec.values:
                    if value in (code, text.sv, text.en):
                        return text[language]
    for code, text in factsheet_words.VALUES.items():
        if value in (code, text.sv, text.en):
            return text[language]
    return value


def _facts(card: SiteCard, items: Sequence[Item], language: Language) -> list[tuple[str, str]]:
    return [
        (title[language], _fact(name, card.facts.get(name), unit, items, language))
        for name, (title, unit) in factsheet_words.FACTS.items()
    ]


def _answers(asked: Sequence[Asked], language: Language) -> tuple[str, list[list[str]]]:
    """Return the sentence that sums the answers up, and a row a requirement; what is not known is never met."""
    rows, met_count, unknown_count = [], 0, 0
    for requirement, wanted, has, met in asked:
        if has is None:
            unknown_count += 1
            verdict = f"? {factsheet_words.say('unknown', language)}"
        else:
            met_count += bool(met)
            verdict = f"✓ {words.say('yes', language)}" if met else f"✗ {words.say('no', language)}"
        rows.append([requirement, wanted, factsheet_words.say("not_known", language) if has is None else has, verdict])
    key = "met_unknown" if unknown_count else "met_count"
    values = {"met": met_count, "total": len(rows), **({"unknown": unknown_count} if unknown_count else {})}
    return factsheet_words.say(key, language, **values), rows


def _view_of(card: SiteCard, language: Language) -> dict[str, Any]:
    """Return the card as text, with units that are words in the sheet's language."""
    lines = tuple(
        replace(line, unit=factsheet_words.UNITS[line.unit][language]) if line.unit in factsheet_words.UNITS else line
        for line in card.criteria
    )
    return card_view(replace(card, criteria=lines), language)


def _site_shape(items: Sequence[Item], card: SiteCard) -> Any:
    """Return the site's own polygon from the page's layers, None when none has it.

    Several layers may know the id (a ring of minutes around the site too); the site is what has its area.
    """
    import shapely

    found = []
    for item in items:
        if isinstance(item, VectorItem) and "site_id" in item.frame.columns and geometry_kind(item.frame) == "polygon":
            rows = item.frame[item.frame["site_id"].astype(str) == card.site_id]
            shape = shapely.union_all(rows.geometry.to_numpy()) if len(rows) else None
            if shape is not None and shape.area > 0:
                found.append(shape)
    wanted = card.area_ha if card.area_ha is not None and math.isfinite(card.area_ha) else 0.0
    return min(found, key=lambda s: abs(s.area / 1e4 - wanted), default=None)


def _round_scale(least: float) -> int:
    power = 10.0 ** math.floor(math.log10(least))
    return round(next(power * n for n in _SCALES if power * n >= least * (1 - 1e-9)))


def _view(shape: Any, card: SiteCard, map_mm: tuple[float, float]) -> tuple[tuple[float, float, float, float], int]:
    """Return the ground the map shows, at a round scale, and that scale's number."""
    xmin, ymin, xmax, ymax = shape.bounds if shape is not None else (*card.centroid, *card.centroid)
    need = [max(_SURROUNDINGS * side, _LEAST_GROUND_M) for side in (xmax - xmin, ymax - ymin)]
    scale = _round_scale(max(1000 * n / mm for n, mm in zip(need, map_mm, strict=True)))
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    half = [scale * mm / 2000 for mm in map_mm]
    return (x - half[0], y - half[1], x + half[0], y + half[1]), scale


def _windowed(item: RasterItem, box: tuple[float, float, float, float]) -> RasterItem | None:
    """Return the part of a raster that the map shows, in the colours the whole has."""
    from landplan.export.legend import settle_raster

    rows, cols = item.grid.window(box)
    values = item.values[rows, cols]
    if not values.size:
        return None
    grid = replace(
        item.grid, shape=values.shape, x_min=item.grid.x_min + cols.start * item.grid.cell_m,
        y_max=item.grid.y_max - rows.start * item.grid.cell_m,
    )  # fmt: skip
    return replace(item, values=values, grid=grid, style=settle_raster(item).style)


def _within(items: Sequence[Item], box: tuple[float, float, float, float]) -> list[Item]:
    """Return what has something to show in the box, rasters cut to it."""
    import shapely

    found: list[Item] = []
    for item in items:
        if isinstance(item, RasterItem):
            part = _windowed(item, box)
            if part is not None:
                found.append(part)
        elif len(item.frame.sindex.query(shapely.box(*box), predicate="intersects")):
            found.append(item)
    return found


def _map(figure: Figure, atlas: Atlas, page: TeamPage, card: SiteCard, y: float, high: float) -> float:
    """Draw the site with its surroundings, its legend and the map's small print; return where they end."""
    stacked, hidden = stack(atlas, page)
    shown = [item for item in reversed(stacked) if shown_first(page, item)]
    wide, side = 120.0, 62.0
    axes = figure.add_axes((_EDGE / SIZE_MM[0], 1 - (y + high) / SIZE_MM[1], wide / SIZE_MM[0], high / SIZE_MM[1]))
    shape = _site_shape(stacked, card)
    box, scale = _view(shape, card, (wide, high))
    items = _within(shown, box)
    axes.set_facecolor("#e9edef")
    seen = drawing.draw_items(axes, items, box, drawing.Shapes())
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7b8791")
        spine.set_linewidth(0.6)
    if shape is not None:
        drawing.outline(axes, shape)
    pins = drawing.pins(axes, (card,), box)
    drawing.labels(axes, items, box, pins)
    furniture.scale_bar(axes, box, atlas.language)
    for text in axes.texts:
        text.set_clip_on(True)  # a long name ends at the map's edge
    _north(axes)
    left = SIZE_MM[0] - _EDGE - side
    held = _locator(figure, atlas, shown, box, (left, y + high)) if high >= 2.5 * _LOCATOR_MM else 0.0
    area = (left / SIZE_MM[0], 1 - (y + high - held) / SIZE_MM[1], side / SIZE_MM[0], (high - held) / SIZE_MM[1])
    furniture.legend_column(figure, seen, area, atlas.language, only_seen=True)
    for line in _small_print(atlas, items, hidden, scale):
        put(figure, _EDGE, y + high + 1.2, line, 6.0, color=MUTED)
        y += line_height(6.0)
    return y + high + 1.2


def _north(axes: Any) -> None:
    """Draw the arrow in points: the sheet's own is a share of the map's height, which varies here."""
    from matplotlib.text import OffsetFrom

    letter = axes.annotate(words.say("north", "sv"), xy=(1.0, 1.0), xytext=(-12, -26), xycoords="axes fraction",
                           textcoords="offset points", ha="center", va="center", fontsize=9, fontweight="bold", color=INK, zorder=97)  # fmt: skip
    above = OffsetFrom(letter, (0.5, 1.0), "points")
    axes.annotate("", xy=(0, 16), xytext=(0, 3), xycoords=above, textcoords=above, zorder=97,
                  arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "mutation_scale": 11, "shrinkA": 0, "shrinkB": 0})  # fmt: skip


def _locator(
    figure: Figure, atlas: Atlas, items: Sequence[Item], box: tuple[float, float, float, float], corner: tuple[float, float]
) -> float:
    """Show where in the area the map lies, its lower left corner at `corner`; return the height it takes.

    Nothing is drawn when the map shows most of the area.
    """
    from matplotlib.patches import Rectangle

    area = atlas.area_bounds
    if box[2] - box[0] > 0.6 * (area[2] - area[0]):
        return 0.0
    around = furniture.fitted(area, 1.0)
    x, y = corner
    axes = figure.add_axes((x / SIZE_MM[0], 1 - y / SIZE_MM[1], _LOCATOR_MM / SIZE_MM[0], _LOCATOR_MM / SIZE_MM[1]))
    axes.set_facecolor("#e9edef")
    coarse = [
        # a third of the map's width shows a third of its detail
        replace(
            item, frame=item.frame.set_geometry(item.frame.geometry.simplify((around[2] - around[0]) / 600)), style=replace(item.style, width_px=0.5)
        )
        for item in items
        if isinstance(item, VectorItem) and item.group == "base" and geometry_kind(item.frame) == "polygon"
    ]  # fmt: skip
    drawing.draw_items(axes, coarse, around, drawing.Shapes())
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7b8791")
        spine.set_linewidth(0.6)
    axes.add_patch(
        Rectangle((box[0], box[1]), box[2] - box[0], box[3] - box[1], facecolor="none", edgecolor=_ACCENT, linewidth=1.2, zorder=90)
    )
    axes.plot([(box[0] + box[2]) / 2], [(box[1] + box[3]) / 2], marker="o", markersize=2.5, color=_ACCENT, zorder=91)
    return _LOCATOR_MM + 3.0


def _credit(item: Item, language: Language) -> str:
    source = item.attribution or item.source
    if not source and item.group == "results":
        facts = [factsheet_words.say("worked_out", language)]
    else:
        facts = [
            source or factsheet_words.say("source_missing", language),
            item.data_date or factsheet_words.say("date_missing", language),
            item.licence,
        ]
    if item.synthetic:
        facts.append(factsheet_words.say("demo_part", language))
    return ", ".join(flat(f) for f in dict.fromkeys(facts) if f)


def _small_print(atlas: Atlas, items: Sequence[Item], hidden: Sequence[str], scale: int) -> list[str]:
    language = atlas.language
    known = dict.fromkeys(flat(" ".join(t for t in (i.attribution or i.source, i.data_date) if t)) for i in items)
    said = "; ".join(c for c in known if c) or atlas.provenance.what
    lines = wrapped(f"{words.say('source', language)}: {said}", _INNER, 6.0, most=2)
    if hidden:
        lines += wrapped(words.say("restricted_left_out", language, layers=", ".join(hidden)), _INNER, 6.0, most=2)
    number = format_number(scale, 0, language=language)
    facts = (words.say("scale", language, scale=number), words.say("crs", language, crs=atlas.crs))
    return [*lines, *wrapped(". ".join(facts) + ".", _INNER, 6.0, most=1)]


def _heading(figure: Figure, x: float, y: float, text: str) -> float:
    put(figure, x, y, text, 9.0, bold=True, color=_ACCENT)
    return y + line_height(9.0) + 1.0


def _sheet(atlas: Atlas, number: Literal[1, 2]) -> Figure:
    from matplotlib.figure import Figure as Sheet

    figure = Sheet(figsize=(SIZE_MM[0] / 25.4, SIZE_MM[1] / 25.4), facecolor="white")
    language = atlas.language
    if atlas.synthetic:
        furniture.banner(figure, SIZE_MM, language)
    made = [words.say("made_with", language, credit=words.CREDIT, version=atlas.provenance.landplan_version)]
    if atlas.created:
        made.append(words.say("created", language, date=atlas.created))
    put(figure, _EDGE, SIZE_MM[1] - 12.5, cut(flat(". ".join(made)) + ".", 120.0, 6.2), 6.2, color=MUTED)
    put(figure, SIZE_MM[0] - _EDGE, SIZE_MM[1] - 12.5, words.say("page_of", language, n=number, total=2), 6.2, color=MUTED, right=True)
    return figure


def _first(atlas: Atlas, page: TeamPage, card: SiteCard, asked: Sequence[Asked]) -> Figure:
    language = atlas.language
    figure = _sheet(atlas, 1)
    y = 10.5
    over = f"{factsheet_words.say('fact_sheet', language)} | {page.title[language]} | {atlas.title[language]}"
    put(figure, _EDGE, y, cut(flat(over), _INNER, 7.5), 7.5, color=MUTED)
    y += 5.0
    for line in wrapped(card.name or card.site_id, _INNER, 16, bold=True, most=2):
        put(figure, _EDGE, y, line, 16, bold=True)
        y += line_height(16)
    points = format_number(100 * card.score, 0, language=language)
    put(figure, _EDGE, y, factsheet_words.say("place_and_score", language, rank=card.rank, score=points), 9.5, bold=True, color=_ACCENT)
    y += line_height(9.5) + 0.4
    for line in wrapped(card.reason[language], _INNER, 8.0, most=3) if card.reason[language] else ():
        put(figure, _EDGE, y, line, 8.0)
        y += line_height(8.0)
    y += 2.0
    facts = _facts(card, stack(atlas, page)[0], language)
    said, rows = _answers(asked, language)
    half = (_INNER - 6.0) / 2
    pair, asks = _fact_columns(70.0 if asked else half), _ask_columns(language)
    blocks = [facts] if asked else [facts[: -(-len(facts) // 2)], facts[-(-len(facts) // 2) :]]
    right = _EDGE + 76.0
    small = 6 * line_height(6.0) + 1.2
    room, rest, size = _FOOT - y - small - 14.0 - 90.0, 0, 7.6
    for size in (7.6, 7.0, 6.4):
        need = max(table(None, 0, 0, pair, b, size, headed=False) for b in blocks)
        if asked:
            need = max(need, table(None, 0, 0, asks, rows, size) + len(wrapped(said, 110.0, size, most=2)) * line_height(size) + 1.0)
        if need <= room:
            break
    while asked and len(rows) > 1 and table(None, 0, 0, asks, rows, size) > room - 12.0:
        rows, rest = rows[:-1], rest + 1
    need = min(need, room)
    y = _map(figure, atlas, page, card, y, min(max(_FOOT - y - need - small - 14.0, 90.0), 170.0)) + 3.5
    top = _heading(figure, _EDGE, y, factsheet_words.say("key_facts", language))
    for n, block in enumerate(blocks):
        table(figure, _EDGE + n * (half + 6.0), top, pair, block, size, headed=False)
    if asked:
        top = _heading(figure, right, y, factsheet_words.say("asked", language))
        for line in wrapped(said, 110.0, size, most=2):
            put(figure, right, top, line, size)
            top += line_height(size)
        end = table(figure, right, top + 1.0, asks, rows, size)
        if rest:
            put(figure, right, end + 1.0, words.say("continued", language, count=rest), size, color=MUTED)
    return figure


def _fact_columns(width: float) -> tuple[Column, ...]:
    return Column("", width * 0.56), Column("", width * 0.44)


def _ask_columns(language: Language) -> tuple[Column, ...]:
    keys = (("requirement", 40.0), ("wanted", 25.0), ("has", 26.0), ("met", 19.0))
    return tuple(Column(factsheet_words.say(key, language), width) for key, width in keys)


def _section(
    title: str, entries: Sequence[tuple[str, str]], size: float, width: float, most: int, language: Language
) -> list[Line]:
    """Measure one section of page two: a heading and its first entries, each with what stands at its right edge."""
    lines = [Line(title, size + 1.4, before=3.0, bold=True, held=True)]
    shown = entries if len(entries) <= most else entries[: most - 1]
    for text, end in shown:
        room = width - 3.0 - (text_width(end, size) + 2.0 if end else 0.0)
        for n, piece in enumerate(wrapped(text, room, size, most=8)):
            lines.append(
                Line(piece, size, before=0.7 if n == 0 else 0.0, indent=2.4, end=end if n == 0 else "", first=n == 0)
            )
    if not entries:
        lines.append(Line(words.say("none_uncertain", language), size, before=0.7, indent=2.4, muted=True))
    if rest := len(entries) - len(shown):
        said = factsheet_words.say("more", language, count=rest)
        lines.append(Line(said, size, before=0.7, indent=2.4, bold=True, muted=True))
    return lines


def _running(atlas: Atlas, page: TeamPage, card: SiteCard, size: float, width: float, most: int) -> list[Line]:
    language = atlas.language
    view = _view_of(card, language)
    limits = [(t, "") for t in (view["limiting"],) if t]
    if view["limiting_constraint"]:
        limits.append((f"{words.say('limiting_constraint', language)}: {view['limiting_constraint']}", ""))
    stacked, hidden = stack(atlas, page)
    sources: dict[str, list[str]] = {}
    for item in stacked:
        sources.setdefault(_credit(item, language), []).append(item.title[language])
    named = [(f"{credit}: {', '.join(titles)}", "") for credit, titles in sources.items()]
    if hidden:
        named.append((words.say("restricted_left_out", language, layers=", ".join(hidden)), ""))
    sections: tuple[tuple[str, list[tuple[str, str]]], ...] = (
        ("excluded", [(e["what"], e["value"]) for e in view["excluded"]]),
        ("weighed", [(e["what"], e["value"]) for e in view["weighed"]]),
        ("legal", [(e["what"], e["value"]) for e in view["legal"]]),
        ("limiting", limits),
        ("uncertain", [(t[language], "") for t in page.uncertain]),
        ("untested", [(t[language], "") for t in page.untested]),
        ("sources", named),
    )
    return [
        line for key, entries in sections for line in _section(words.say(key, language), entries, size, width, most, language)
    ]


def _second(atlas: Atlas, page: TeamPage, card: SiteCard) -> Figure:
    language = atlas.language
    figure = _sheet(atlas, 2)
    view = _view_of(card, language)
    y = 10.5
    put(figure, _EDGE, y, words.say("score_card", language), 7.5, color=MUTED)
    y += 4.6
    put(figure, _EDGE, y, cut(flat(card.name or card.site_id), _INNER, 13, True), 13, bold=True)
    y += line_height(13) + 1.0
    heads = (("criterion", 62.0), ("value", 41.0), ("score", 17.0), ("weight", 17.0), ("contribution", 28.0), ("basis", 21.0))
    columns = [
        Column(words.say(key, language), width, key in ("score", "weight", "contribution"), 5.0 if key == "contribution" else 1.0)
        for key, width in heads
    ]
    rows = [
        [c["title"], f"{c['value']} ({c['reason']})" if c["reason"] else c["value"], c["score"] or "–", c["weight"],
         c["contribution"] or "–", c["reality_word"]]
        for c in view["criteria"]
    ]  # fmt: skip
    size = next((s for s in (7.6, 7.0, 6.4) if table(None, 0, 0, columns, rows, s) < 130.0), 6.0)
    rest = 0
    while len(rows) > 1 and table(None, 0, 0, columns, rows, size) > 170.0:
        rows, rest = rows[:-1], rest + 1
    y = table(figure, _EDGE, y, columns, rows, size) + 1.4
    if rest:
        put(figure, _EDGE, y, factsheet_words.say("more", language, count=rest), size, color=MUTED)
        y += line_height(size) + 1.0
    put(figure, _EDGE, y, words.say("score_of", language, score=view["score"]), 8.6, bold=True, color=_ACCENT)
    y += line_height(8.6)
    for line in wrapped(words.say("card_help", language), _INNER, 6.8):
        put(figure, _EDGE, y, line, 6.8, color=MUTED)
        y += line_height(6.8)
    y += 3.0
    half = (_INNER - 8.0) / 2
    _flow(figure, atlas, page, card, y, half)
    return figure


def _flow(figure: Figure, atlas: Atlas, page: TeamPage, card: SiteCard, y: float, width: float) -> None:
    """Set the running text in two columns of the same height, as large as there is room for.

    Where even the smallest type is too large, every section gives up its last entries and says how many.
    """
    high = _FOOT - y
    lines: list[Line] = []
    for size, most in (*((size, 10**6) for size in _TYPE), *((_TYPE[-1], most) for most in (24, 16, 12, 9, 7, 5, 4, 3, 2, 1))):
        lines = _running(atlas, page, card, size, width, most)
        if in_columns(lines, high)[2]:
            break
    low = sum(line.before + line_height(line.size) for line in lines) / 2
    while low < high and not in_columns(lines, low)[2]:
        low += 1.5
    left, right, _ = in_columns(lines, min(low, high))
    for n, column in enumerate((left, right)):
        x, at = _EDGE + n * (width + 8.0), y
        for i, line in enumerate(column):
            at += line.before if i else 0.0
            color = MUTED if line.muted else _ACCENT if line.bold else INK
            put(figure, x + line.indent, at, line.text, line.size, bold=line.bold, color=color)
            if line.first:
                put(figure, x + line.indent - 2.2, at, "•", line.size, color=MUTED)
            if line.end:
                put(figure, x + width, at, line.end, line.size, right=True)
            at += line_height(line.size)


def draw(atlas: Atlas, page: TeamPage, card: SiteCard, asked: Sequence[Asked] | None, language: Language) -> tuple[Figure, Figure]:
    """Return the fact sheet's two pages as figures.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        The team whose ranking the site stands in; its visible layers are drawn.
    card : SiteCard
        The site.
    asked : sequence of (str, str, str or None, bool), or None
        What is required, what was wanted, what the site has (None: not known), whether that is enough. A
        requirement whose figure is not known is never met. None or empty leaves the part out.
    language : {"sv", "en"}
        Of the words and numbers, whatever the atlas' own is.

    Returns
    -------
    tuple of matplotlib.figure.Figure
        Page one and page two, standing A4.
    """
    import matplotlib as mpl

    spoken = replace(atlas, language=language)
    with mpl.rc_context(furniture.RC):
        return _first(spoken, page, card, tuple(asked or ())), _second(spoken, page, card)


def write(
    atlas: Atlas, page: TeamPage, card: SiteCard, asked: Sequence[Asked] | None, path: Path, language: Language
) -> list[Path]:
    """Write a fact sheet about one ranked site as vector PDF of two pages.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        The team whose ranking the site stands in. Restricted layers are left out and the sheet says so.
    card : SiteCard
        One of the page's sites; of its `facts` those in `factsheet_words.FACTS` are shown, the others not.
    asked : sequence of (str, str, str or None, bool), or None
        What is required, what was wanted, what the site has (None: not known), whether that is enough. A
        requirement whose figure is not known is never met. None or empty leaves the part out.
    path : Path
        The ``.pdf``; it appears when it is whole.
    language : {"sv", "en"}
        Of the words and numbers, whatever the atlas' own is.

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
    >>> from landplan.export import factsheet
    >>> page = atlas.pages[0]  # doctest: +SKIP
    >>> asked = [("Användbar areal", "minst 50 ha", "64 ha", True), ("Eleffekt", "minst 100 MW", None, False)]
    >>> factsheet.write(atlas, page, page.cards[0], asked, Path("out/faktablad.pdf"), "sv")  # doctest: +SKIP
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    title = f"{flat(card.name or card.site_id)[:200]} | {atlas.title[language]}"
    subject = words.banner(language) if atlas.synthetic else ""
    # no date of the clock's: the same atlas gives the same bytes
    facts = {"Title": title, "Subject": subject, "Creator": words.CREDIT, "CreationDate": None}
    packed = io.BytesIO()
    with mpl.rc_context(furniture.RC), PdfPages(packed, metadata=facts) as pdf:
        for figure in draw(atlas, page, card, asked, language):
            pdf.savefig(figure, dpi=200)
    return [write_bytes(path, packed.getvalue())]
