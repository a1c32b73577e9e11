"""What stands around a map on paper: coordinate grid, scale bar, north arrow, overview, legend, the best sites, the banner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.export import legend, templates, words
from landplan.export.cards import card_view
from landplan.export.drawing import ACCENT, INK, MARKERS, PT_PER_PX, Box, Shapes, draw_items
from landplan.export.items import RasterItem, SiteCard, VectorItem
from landplan.export.pages import Item
from landplan.export.sheet_words import say
from landplan.style import Text
from landplan.units import Language, format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "MUTED", "RC", "UNTESTED_MM", "banner", "best_sites", "fitted", "grid_lines", "in_the_nordics", "inset", "legend_column", "north", "round_down",
    "scale_bar", "short", "site_card", "wrapped",
]

MUTED: Final = "#4a5662"
RC: Final[dict[Any, Any]] = {
    "pdf.fonttype": 42,  # TrueType inside: å, ä and ö stay text that can be searched and copied
    "font.family": "DejaVu Sans",
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
}
_MM_PER_INCH: Final = 25.4
_HERE: Final = "#c1121f"
"""The frame in the overview; red is no layer's colour."""


def short(text: str, most: int) -> str:
    """Return `text` on one line, cut to `most` characters.

    Examples
    --------
    >>> short("ett  två", 5)
    'ett …'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """Return `text` broken into at most `lines` lines of `width` characters.

    Examples
    --------
    >>> wrapped("ett två tre", 7, 1)
    'ett …'
    """
    import textwrap

    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def round_down(value: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above `value`, at least 1.

    Examples
    --------
    >>> round_down(4_300), round_down(0.2)
    (2000.0, 1.0)
    """
    power = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(power * next(n for n in (5, 2, 1) if power * n <= max(value, 1.0)))


def grid_lines(axes: Axes, box: Box, language: Language) -> float:
    """Mark the coordinate grid: ticks on all four sides, numbers below and to the left, a cross where lines meet.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The map's frame.
    box : tuple of float
        What it shows, in metres of the map's CRS.
    language : {"sv", "en"}
        Of the numbers.

    Returns
    -------
    float
        Metres between two lines.
    """
    step = round_down((box[2] - box[0]) / 4)
    xs, ys = (np.arange(np.ceil(low / step) * step, high, step) for low, high in ((box[0], box[2]), (box[1], box[3])))
    axes.set_xticks(xs, [format_number(x, 0, language=language) for x in xs])
    axes.set_yticks(ys, [format_number(y, 0, language=language) for y in ys])
    axes.tick_params(
        top=True, right=True, direction="in", length=4, width=0.6, color=INK, labelsize=5.6, labelcolor=MUTED, pad=2, zorder=95
    )
    for text in axes.get_yticklabels():
        text.set(rotation=90, va="center")
    x, y = (a.ravel() for a in np.meshgrid(xs, ys))
    axes.plot(x, y, linestyle="none", marker="+", markersize=4.5, markeredgewidth=0.45, color=INK, alpha=0.55, zorder=89)
    return step


def scale_bar(axes: Axes, box: Box, language: Language) -> None:
    """Draw a scale bar of a round length in the map's lower left corner."""
    from matplotlib.patches import Rectangle

    width, height = box[2] - box[0], box[3] - box[1]
    length = round_down(width * 0.18)
    x, y = box[0] + width * 0.025, box[1] + height * 0.03
    axes.add_patch(
        Rectangle((x - width * 0.01, y - height * 0.012), length + width * 0.06, height * 0.05,
                  facecolor="white", alpha=0.85, edgecolor="none", zorder=94)
    )  # fmt: skip
    for i, color in enumerate((INK, "white")):
        axes.add_patch(
            Rectangle((x + i * length / 2, y), length / 2, height * 0.007, facecolor=color, edgecolor=INK,
                      linewidth=0.5, zorder=95)
        )  # fmt: skip
    unit, divide = ("km", 1000.0) if length >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        value = length * share / divide
        text = format_number(value, 0 if value.is_integer() else 1, language=language)
        axes.text(x + length * share, y + height * 0.011, text + (f"\u00a0{unit}" if share == 1 else ""), fontsize=6,
                  ha="center", va="bottom", color=INK, zorder=96)  # fmt: skip


def north(axes: Axes) -> None:
    """Draw a north arrow in the map's upper right corner: the grid's north, which is up."""
    axes.annotate(
        words.say("north", "sv"), xy=(0.965, 0.975), xytext=(0.965, 0.915), xycoords="axes fraction", textcoords="axes fraction",
        ha="center", va="center", fontsize=9, fontweight="bold", color=INK,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "mutation_scale": 11}, zorder=97,
    )


@cache
def _countries() -> dict[str, list[list[tuple[float, float]]]]:
    found: dict[str, list[list[tuple[float, float]]]] = json.loads(templates.asset("nordics.json"))
    return found


@cache
def _outlines(crs: str) -> tuple[tuple[str, np.ndarray], ...]:
    """Return the Nordic countries' outlines (Natural Earth, coarse) in the map's CRS."""
    from landplan.crs import transformer

    to = transformer("EPSG:4326", crs)
    out = []
    for name, rings in _countries().items():
        for ring in rings:
            x, y = to.transform(*np.asarray(ring, dtype=float).T)
            out.append((name, np.column_stack([x, y])))
    return tuple(out)


def in_the_nordics(crs: str, box: Box) -> bool:
    """Return whether the map lies within Sweden's extent, where the overview of countries says where it is."""
    sweden = np.vstack([ring for name, ring in _outlines(crs) if name == "Sweden"])
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    low, high = sweden.min(axis=0), sweden.max(axis=0)
    return bool(np.isfinite(sweden).all() and low[0] < x < high[0] and low[1] < y < high[1])


def inset(figure: Figure, frame: Box, box: Box, whole: Box, base: Sequence[Item], shapes: Shapes, *, crs: str, countries: bool) -> Axes:
    """Draw the overview: where the map lies in the country, or a site's map in the whole area.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The sheet.
    frame : tuple of float
        Left, bottom, width and height in shares of the sheet.
    box : tuple of float
        What the map shows, in metres.
    whole : tuple of float
        What the overview shows at least; with `countries` Sweden is shown.
    base : sequence of VectorItem or RasterItem
        What is drawn in the overview of an area, the lowest first.
    shapes : Shapes
        Where shapes are kept between sheets.
    crs : str
        Of the coordinates.
    countries : bool
        Draw the country instead of the area.

    Returns
    -------
    matplotlib.axes.Axes
        The overview's frame.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Rectangle
    from matplotlib.path import Path as Outline

    axes = figure.add_axes(frame, zorder=10)
    shape = frame[2] * figure.get_figwidth() / (frame[3] * figure.get_figheight())
    if countries:
        rings = _outlines(crs)
        home = np.vstack([ring for name, ring in rings if name == "Sweden"])
        extent = fitted((*home.min(axis=0), *home.max(axis=0)), shape)
        for name, ring in rings:
            color = "#f6f4ef" if name == "Sweden" else "#dfe4e7"
            axes.add_collection(
                PathCollection([Outline(ring, closed=True)], facecolors=[color], edgecolors=["#8994a0"], linewidths=0.4), autolim=False
            )
        axes.set_facecolor("#c9dfec")
        axes.set_xlim(extent[0], extent[2])
        axes.set_ylim(extent[1], extent[3])
    else:
        extent = fitted(whole, shape)
        axes.set_facecolor("#e9edef")
        draw_items(axes, base, extent, shapes)
    # a frame of two millimetres at least: a smaller one is not found
    least = 2.0 * (extent[2] - extent[0]) / (frame[2] * figure.get_figwidth() * _MM_PER_INCH)
    width, height = max(box[2] - box[0], least), max(box[3] - box[1], least)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    axes.add_patch(
        Rectangle((x - width / 2, y - height / 2), width, height, facecolor="none", edgecolor=_HERE, linewidth=1.3, zorder=99)
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(edgecolor=INK, linewidth=0.8, zorder=100)
    return axes


def fitted(bounds: Box, shape: float) -> Box:
    """Return `bounds` with a little room, widened to a frame that is `shape` times as wide as it is high.

    Examples
    --------
    >>> fitted((0.0, 0.0, 100.0, 100.0), 2.0)
    (-54.0, -2.0, 154.0, 102.0)
    """
    xmin, ymin, xmax, ymax = (float(v) for v in bounds)
    width, height = max(xmax - xmin, 1.0) * 1.04, max(ymax - ymin, 1.0) * 1.04
    if width / height < shape:
        width = height * shape
    else:
        height = width / shape
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _column(figure: Figure, area: Box) -> tuple[Axes, float, float]:
    """Return an empty part of the sheet, measured in millimetres from its upper left corner down."""
    axes = figure.add_axes(area)
    axes.set_axis_off()
    wide_mm = area[2] * figure.get_figwidth() * _MM_PER_INCH
    full_mm = area[3] * figure.get_figheight() * _MM_PER_INCH
    axes.set_xlim(0, wide_mm)
    axes.set_ylim(-full_mm, 0)
    return axes, wide_mm, full_mm


def legend_column(figure: Figure, seen: Sequence[tuple[Item, Sequence[int]]], area: Box, language: Language, *, only_seen: bool = False) -> None:
    """Draw the legend from the top of its column down; what finds no room is counted.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The sheet.
    seen : sequence of (item, sequence of int)
        What `drawing.draw_items` drew, the lowest first.
    area : tuple of float
        The column, in shares of the sheet.
    language : {"sv", "en"}
        Of the words.
    only_seen : bool, default False
        Leave out classes that nothing in the frame belongs to.
    """
    axes, wide_mm, full_mm = _column(figure, area)
    axes.text(0, -3.0, words.say("legend", language), fontsize=9, fontweight="bold", color=INK, va="center")
    # what was found first, then what it rests on, the base map last
    downwards = list(seen)[::-1]
    rows = [_legend_rows(item, classes, language, only_seen) for k in range(3) for item, classes in downwards if _legend_place(item) == k]
    room = full_mm - 9.0
    # a long legend is set closer before anything is left out of it
    close = min(1.0, max(0.62, (room - 2.0) / max(sum(r.height for r in rows), 1.0)))
    y = -9.0
    for n, row in enumerate(rows):
        if y - row.height * close < -full_mm + (4 if n < len(rows) - 1 else 0):
            rest = words.say("continued", language, count=len(rows) - n)
            axes.text(0, y, rest, fontsize=7, color=MUTED, va="center")
            return
        _draw_legend_row(axes, row, y, close, language)
        axes.set_xlim(0, wide_mm)
        axes.set_ylim(-full_mm, 0)
        y -= row.height * close


@dataclass(frozen=True, slots=True)
class _LegendRow:
    """One layer in the legend, and how many millimetres it takes."""

    item: Item
    settled: legend.Settled
    entries: tuple[legend.Entry, ...]
    single: bool
    ramp: bool

    @property
    def height(self) -> float:
        """Millimetres."""
        return 5.2 if self.single else 15.0 if self.ramp else 6.2 + 4.4 * len(self.entries)


def _legend_place(item: Item) -> int:
    return {"results": 0, "base": 2}.get(item.group, 1)


def _legend_rows(item: Item, classes: Sequence[int], language: Language, only_seen: bool) -> _LegendRow:
    settled = legend.settle_vector(item) if isinstance(item, VectorItem) else legend.settle_raster(item)
    entries = legend.entries(item, settled, language)
    if only_seen and isinstance(item, VectorItem) and settled.classes:
        entries = tuple(e for e in entries if e.index in classes)
    single = isinstance(item, VectorItem) and not settled.classes
    return _LegendRow(item, settled, entries, single, isinstance(item, RasterItem) and not settled.classes)


def _draw_legend_row(axes: Axes, row: _LegendRow, y: float, close: float, language: Language) -> None:
    item, size = row.item, 7.0 * max(close, 0.85)
    if not row.single:
        title = short(item.title[language], 38)
        axes.text(0, y, title, fontsize=size + 0.2, fontweight="bold", color=INK, va="center", parse_math=False)
        y -= 4.6 * close
    if row.ramp:
        _ramp(axes, item, row.settled, row.entries, y)
        return
    for entry in row.entries:
        _symbol(axes, item, entry, y, close)
        axes.text(9, y, short(entry.label, 36), fontsize=size, color=INK, va="center", parse_math=False)
        y -= 4.4 * close


def _ramp(axes: Axes, item: Item, settled: legend.Settled, entries: Sequence[legend.Entry], y: float) -> None:
    from matplotlib.colors import to_rgb

    colors = [[to_rgb(c) for c in legend.ramp_colors(settled.style.ramp, 128)]]
    axes.imshow(colors, extent=(0, 44, y - 1.6, y + 1.6), aspect="auto", alpha=item.style.opacity)
    axes.text(0, y - 4, entries[0].label, fontsize=6.6, color=INK, va="center", parse_math=False)
    axes.text(44, y - 4, entries[-1].label, fontsize=6.6, color=INK, va="center", ha="right", parse_math=False)


def _symbol(axes: Axes, item: Item, entry: legend.Entry, y: float, close: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    style = item.style
    kind = legend.geometry_kind(item.frame) if isinstance(item, VectorItem) else "polygon"
    if kind == "line":
        axes.add_line(
            Line2D([0, 7], [y, y], color=entry.color, linestyle="--" if style.dash else "-",
                   linewidth=(entry.width_px or style.width_px) * PT_PER_PX)
        )  # fmt: skip
    elif kind == "point":
        axes.plot([3.5], [y], marker=MARKERS.get(style.marker, "o"), color=entry.color,
                  markeredgecolor=style.stroke, markersize=min(style.size_px * PT_PER_PX, 8))  # fmt: skip
    else:
        stroke = style.stroke if style.width_px > 0 and isinstance(item, VectorItem) else "none"
        low, high = y - 1.6 * close, 3.2 * close
        if style.opacity > 0:
            axes.add_patch(Rectangle((0, low), 7, high, facecolor=entry.color, alpha=style.opacity, edgecolor="none"))
        axes.add_patch(Rectangle((0, low), 7, high, facecolor="none", edgecolor=stroke, linewidth=0.6,
                                 linestyle="--" if style.dash else "-"))  # fmt: skip


def _rank(axes: Axes, x: float, y: float, rank: int) -> None:
    axes.text(x, y, str(rank), fontsize=6.8, fontweight="bold", color="white", ha="center", va="center",
              parse_math=False, bbox={"boxstyle": "circle,pad=0.28", "facecolor": ACCENT, "edgecolor": "none"})  # fmt: skip


UNTESTED_MM: Final = 16.0
"""Room for what a ranking was not tested against, under it."""


def _under(axes: Any, y: float, untested: Sequence[Text], language: Language, *, lines: int = 5) -> None:
    """Write what the ranking was not tested against; a list too long for the room ends with how many more there are."""
    names = [t[language] for t in untested]
    for count in range(len(names), 0, -1):
        more = len(names) - count
        rest = f", {words.say('continued', language, count=more)}" if more else ""
        said = words.say("ranking_untested", language, names=", ".join(names[:count]) + rest)
        if wrapped(said, 54, lines) == wrapped(said, 54, 99):
            break
    axes.text(0, y, wrapped(said, 54, lines), fontsize=6.0, color=INK, va="top", linespacing=1.25, parse_math=False)


def best_sites(figure: Figure, cards: Sequence[SiteCard], area: Box, language: Language, untested: Sequence[Text] = ()) -> None:
    """Write the best sites below the legend: number, name, points of 100, and the reason; under them what they were not tested against."""
    axes, wide_mm, _ = _column(figure, area)
    axes.plot([0, wide_mm], [-0.5, -0.5], color="#c6ced6", linewidth=0.6)
    axes.text(0, -5, words.say("top_sites", language), fontsize=8, fontweight="bold", color=INK, va="center")
    axes.text(wide_mm, -5, words.say("score_range", language), fontsize=6.2, color=MUTED, va="center", ha="right")
    for n, card in enumerate(cards):
        y = -11.0 - 15.0 * n
        _rank(axes, 2.4, y, card.rank)
        axes.text(7, y, short(card.name, 32), fontsize=7.6, fontweight="bold", color=INK, va="center", parse_math=False)
        points = format_number(100 * card.score, 0, language=language)
        axes.text(wide_mm, y, points, fontsize=8.5, fontweight="bold", color=INK, va="center", ha="right")
        axes.text(7, y - 2.6, wrapped(card.reason[language], 46, 2), fontsize=6.4, color=MUTED, va="top",
                  linespacing=1.3, parse_math=False)  # fmt: skip
    if untested:
        _under(axes, -7.5 - 15.0 * len(cards), untested, language)


def site_card(figure: Figure, card: SiteCard, area: Box, language: Language, untested: Sequence[Text] = ()) -> None:
    """Write one site's criteria below the legend: each with its value, its weight and its points; under them what it was not tested against."""
    axes, wide_mm, full_mm = _column(figure, area)
    view = card_view(card, language)
    axes.plot([0, wide_mm], [-0.5, -0.5], color="#c6ced6", linewidth=0.6)
    _rank(axes, 2.4, -5, card.rank)
    axes.text(7, -5, short(card.name, 30), fontsize=8, fontweight="bold", color=INK, va="center", parse_math=False)
    axes.text(wide_mm, -5, view["score"], fontsize=9, fontweight="bold", color=INK, va="center", ha="right")
    columns = (wide_mm - 11.0, wide_mm)
    for x, key in zip(columns, ("weights", "points"), strict=True):
        axes.text(x, -9.6, say(key, language), fontsize=5.8, color=MUTED, va="center", ha="right")
    y = -13.4
    for line in view["criteria"]:
        if y < -full_mm + 1 + (UNTESTED_MM if untested else 0.0):
            break
        axes.text(0, y, short(line["title"], 30), fontsize=6.4, color=INK, va="center", parse_math=False)
        axes.text(0, y - 2.5, short(line["value"], 40), fontsize=5.8, color=MUTED, va="center", parse_math=False)
        for x, cell in zip(columns, (line["weight"], line["score"]), strict=True):
            axes.text(x, y, cell, fontsize=6.4, color=INK, va="center", ha="right", parse_math=False)
        y -= 5.8
    if untested:
        _under(axes, y + 1.4, untested, language)


def banner(figure: Figure, page_mm: tuple[float, float], language: Any) -> None:
    """Write the demonstration banner over the sheet's top and foot; `language` may be the banner's own words in a third language."""
    from matplotlib.patches import Rectangle

    said = words.banner(language) if language in ("sv", "en") else str(language)

    height = 7.0 / page_mm[1]
    for bottom in (1 - height, 0.0):
        figure.add_artist(
            Rectangle((0, bottom), 1, height, transform=figure.transFigure, facecolor="#ffe08a", edgecolor="none", zorder=98)
        )
        figure.text(0.5, bottom + height / 2, said, ha="center", va="center", fontsize=9,
                    fontweight="bold", color="#5a1a00", zorder=99)  # fmt: skip
