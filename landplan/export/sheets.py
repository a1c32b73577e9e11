"""Printable map sheets: one vector PDF a team, lying A4 or A3, the same look as on screen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.export import legend, words
from landplan.export.files import write_bytes
from landplan.export.items import Atlas, RasterItem, SiteCard, TeamPage, VectorItem
from landplan.export.pages import MOST_PINS, shown_first, stack
from landplan.units import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SIZES_MM", "draw", "write"]

Paper = Literal["A4", "A3"]
_Box = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in metres; of the legend left, bottom, width, height of the sheet."""
SIZES_MM: Final[dict[str, tuple[float, float]]] = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
_MM_PER_INCH: Final = 25.4
_PT_PER_PX: Final = 0.75
_GROUND: Final = "#e9edef"
"""Beyond the layers: neither land nor sea, nothing is known there."""
_INK: Final = "#1c2733"
_MUTED: Final = "#4a5662"
_ACCENT: Final = "#0b5578"
_RC: Final[dict[Any, Any]] = {
    "pdf.fonttype": 42,  # TrueType inside: å, ä and ö stay text that can be searched and copied
    "font.family": "DejaVu Sans",
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
}
_MARKERS: Final = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "star": "*", "cross": "P"}
_MOST_LABELS: Final = 60
_RASTER_SIDE: Final = 2_000
"""Cells along a sheet's side: 200 dots an inch on A4; more only makes the file large."""


def _fitted(bounds: _Box, shape: float) -> _Box:
    xmin, ymin, xmax, ymax = bounds
    width, height = max(xmax - xmin, 1.0) * 1.04, max(ymax - ymin, 1.0) * 1.04
    if width / height < shape:
        width = height * shape
    else:
        height = width / shape
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _path(geometry: Any) -> Any:
    """Return one compound path for a polygon with its holes."""
    import shapely
    from matplotlib.path import Path as Outline

    parts = []
    for polygon in shapely.get_parts(geometry):
        rings = (polygon.exterior, *polygon.interiors)
        parts += [Outline(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings]
    return Outline.make_compound_path(*parts) if parts else None


def _draw_vector(axes: Axes, item: VectorItem, box: _Box, z: float) -> None:
    import shapely
    from matplotlib.collections import LineCollection, PathCollection

    settled = legend.settle_vector(item)
    style = settled.style
    geometry = np.asarray(item.frame.geometry.values)
    keep = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    keep &= shapely.intersects(geometry, shapely.box(*box))
    if not keep.any():
        return
    picked = item.frame[keep]
    index = (
        legend.class_index(settled, picked[style.column])
        if settled.classes and style.column is not None
        else np.full(len(picked), -1)
    )
    # a third of a tenth of a millimetre on paper: detail no printer shows only makes the file large
    fine = (box[2] - box[0]) / 8000
    geometry = shapely.simplify(shapely.clip_by_rect(shapely.force_2d(geometry[keep]), *_grown(box)), fine)
    dash = (0, (4, 3)) if style.dash else "solid"
    for cls in np.unique(index):
        entry = settled.classes[cls] if cls >= 0 else None
        color = entry.color if entry else style.color
        width = (entry.width_px if entry and entry.width_px else style.width_px) * _PT_PER_PX
        some = geometry[index == cls]
        some = shapely.get_parts(some[~shapely.is_empty(some)])
        kinds = shapely.get_type_id(some)
        polygons = [p for g in some[np.isin(kinds, (3, 6))] if (p := _path(g)) is not None]
        if polygons:
            # outline and fill apart: a fill's opacity must not thin its outline
            ground = [color] if style.opacity > 0 else ["none"]
            axes.add_collection(PathCollection(polygons, facecolors=ground, edgecolors="none", alpha=style.opacity, zorder=z))
            if style.width_px > 0:
                axes.add_collection(
                    PathCollection(
                        polygons,
                        facecolors="none",
                        edgecolors=style.stroke,
                        linewidths=style.width_px * _PT_PER_PX * 0.8,
                        linestyles=[dash],
                        zorder=z + 0.3,
                    )
                )
        lines = [np.asarray(g.coords)[:, :2] for g in shapely.get_parts(some[np.isin(kinds, (1, 2, 5))])]
        if lines:
            axes.add_collection(
                LineCollection(lines, colors=[color], linewidths=width, linestyles=[dash], capstyle="round", zorder=z)
            )
        points = shapely.get_coordinates(some[np.isin(kinds, (0, 4))])
        if len(points):
            size = (entry.width_px if entry and entry.width_px else style.size_px) * _PT_PER_PX
            axes.scatter(
                points[:, 0],
                points[:, 1],
                s=size**2,
                c=[color],
                marker=_MARKERS.get(style.marker, "o"),
                edgecolors=style.stroke if style.width_px > 0 else "none",
                linewidths=style.width_px * _PT_PER_PX,
                alpha=style.opacity,
                zorder=z,
            )


def _rgba(color: str) -> tuple[float, float, float]:
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def _grown(box: _Box) -> _Box:
    margin = (box[2] - box[0]) * 0.02
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _draw_raster(axes: Axes, item: RasterItem, z: float) -> None:
    from matplotlib.colors import to_rgba

    settled = legend.settle_raster(item)
    step = -(-max(item.values.shape) // _RASTER_SIDE)
    cells = item.values[::step, ::step]
    values = cells.astype(np.float32)
    if np.issubdtype(cells.dtype, np.integer):
        values[cells == np.iinfo(cells.dtype).max] = np.nan
    picture = np.zeros((*values.shape, 4), dtype=np.float32)
    known = np.isfinite(values)
    if settled.classes and settled.style.kind == "graduated":
        for entry in reversed(settled.classes):
            bound = np.inf if entry.value is None else float(entry.value)
            picture[known & (values <= bound)] = to_rgba(entry.color)
    elif settled.classes:
        for entry in settled.classes:
            if entry.value is not None:
                picture[known & (values == float(entry.value))] = to_rgba(entry.color)
    else:
        colors = np.array([to_rgba(c) for c in legend.ramp_colors(settled.style.ramp, 256)])
        share = np.clip((values[known] - settled.low) / (settled.high - settled.low), 0, 1)
        picture[known] = colors[np.round(share * 255).astype(int)]
    x, y, side = item.grid.x_min, item.grid.y_max, item.grid.cell_m * step
    axes.imshow(
        picture,
        extent=(x, x + values.shape[1] * side, y - values.shape[0] * side, y),
        origin="upper",
        interpolation="nearest",
        alpha=settled.style.opacity,
        zorder=z,
        aspect="auto",
    )


def _pins(axes: Axes, page: TeamPage, box: _Box) -> list[_Box]:
    """Write each ranked site's number where it lies: a site of 80 ha is a dot on a sheet of four municipalities.

    Neighbours step aside for the better ranked until none covers another, with a line to where they belong.
    """
    per_pt = (box[2] - box[0]) / (axes.bbox.width / axes.figure.dpi * 72)
    placed: list[tuple[float, float, float]] = []
    for n, card in enumerate(sorted(page.cards, key=lambda c: c.rank)[:MOST_PINS]):
        x0, y0 = card.centroid
        if not (box[0] < x0 < box[2] and box[1] < y0 < box[3]):
            continue
        size = 6.5 if n < 3 else 5.2
        reach = size * 0.95 * per_pt
        x, y = _aside(x0, y0, reach, placed, n)
        placed.append((x, y, reach))
        if (x, y) != (x0, y0):
            axes.plot([x0, x], [y0, y], color=_INK, linewidth=0.8, zorder=91)
        axes.text(x, y, str(card.rank), fontsize=size, fontweight="bold", color="white", ha="center", va="center",
                  zorder=93 - n / 100, parse_math=False,
                  bbox={"boxstyle": "circle,pad=0.28", "facecolor": _ACCENT if n < 3 else "#5b6b78",
                        "edgecolor": "white", "linewidth": 0.8})  # fmt: skip
    return [(x - r, y - r, x + r, y + r) for x, y, r in placed]


def _aside(x: float, y: float, reach: float, placed: Sequence[tuple[float, float, float]], n: int) -> tuple[float, float]:
    for _ in range(12):
        near = next((p for p in placed if np.hypot(x - p[0], y - p[1]) < reach + p[2]), None)
        if near is None:
            break
        dx, dy = x - near[0], y - near[1]
        distance = float(np.hypot(dx, dy))
        if distance == 0:
            dx, dy, distance = float(np.cos(2.4 * n)), float(np.sin(2.4 * n)), 1.0
        away = (reach + near[2]) * 1.02 / distance
        x, y = near[0] + dx * away, near[1] + dy * away
    return x, y


def _labels(axes: Axes, items: Sequence[VectorItem | RasterItem], box: _Box, language: Any,
            pins: Sequence[_Box]) -> None:  # fmt: skip
    """Write names beside features, results first, larger places first, none over another."""
    import shapely
    from matplotlib import patheffects

    taken = list(pins)
    per_pt = (box[2] - box[0]) / (axes.bbox.width / axes.figure.dpi * 72)
    halo = [patheffects.withStroke(linewidth=1.8, foreground="white", alpha=0.9)]
    for item in reversed(items):
        if not isinstance(item, VectorItem) or item.style.label not in item.frame.columns:
            continue
        frame = item.frame[~(item.frame.geometry.isna() | item.frame.geometry.is_empty)]
        rank = item.style.extra.get("label_rank", "population")
        if rank in frame.columns:
            frame = frame.sort_values(rank, ascending=False, kind="stable")
        base = item.group == "base"
        quiet = base and legend.geometry_kind(item.frame) == "polygon"
        size = 6.0 if base else 6.6
        for geometry, name in zip(frame.geometry.values, frame[item.style.label], strict=True):
            at = shapely.centroid(geometry)
            text = str(name)[:40] if name is not None and name == name else ""
            if not text or not (box[0] < at.x < box[2] and box[1] < at.y < box[3]):
                continue
            width, height = len(text) * size * 0.6 * per_pt, size * 1.35 * per_pt
            x = at.x + (item.style.size_px * _PT_PER_PX / 2 + (1.5 if base else 6)) * per_pt
            if x + width > box[2]:
                x = at.x - width - 4 * per_pt
            spot = (x, at.y - height / 2, x + width, at.y + height / 2)
            if any(spot[0] < t[2] and spot[2] > t[0] and spot[1] < t[3] and spot[3] > t[1] for t in taken):
                continue
            taken.append(spot)
            if len(taken) > _MOST_LABELS:
                return
            axes.text(
                x,
                at.y,
                text,
                fontsize=size,
                va="center",
                color="#6a7681" if quiet else "#39444f" if base else "#14202b",
                fontstyle="italic" if quiet else "normal",
                fontweight="normal" if base else "bold",
                path_effects=halo,
                zorder=90,
                parse_math=False,
            )


def _round_down(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(power * next(n for n in (5, 2, 1) if power * n <= max(value, 1.0)))


def _scale_bar(axes: Axes, box: _Box, language: Any) -> None:
    from matplotlib.patches import Rectangle

    width, height = box[2] - box[0], box[3] - box[1]
    length = _round_down(width * 0.18)
    x, y = box[0] + width * 0.02, box[1] + height * 0.025
    axes.add_patch(
        Rectangle((x - width * 0.008, y - height * 0.012), length + width * 0.07, height * 0.05,
                  facecolor="white", alpha=0.8, edgecolor="none", zorder=94)
    )  # fmt: skip
    for i, color in enumerate((_INK, "white")):
        axes.add_patch(
            Rectangle((x + i * length / 2, y), length / 2, height * 0.007, facecolor=color, edgecolor=_INK,
                      linewidth=0.5, zorder=95)
        )  # fmt: skip
    unit, divide = ("km", 1000.0) if length >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        value = length * share / divide
        text = format_number(value, 0 if value.is_integer() else 1, language=language)
        axes.text(x + length * share, y + height * 0.011, text + (f"\u00a0{unit}" if share == 1 else ""), fontsize=6,
                  ha="center", va="bottom", color=_INK, zorder=96)  # fmt: skip


def _north(axes: Axes) -> None:
    axes.annotate(
        words.say("north", "sv"),
        xy=(0.965, 0.975),
        xytext=(0.965, 0.915),
        xycoords="axes fraction",
        textcoords="axes fraction",
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        color=_INK,
        arrowprops={"arrowstyle": "-|>", "color": _INK, "linewidth": 1.2, "mutation_scale": 11},
        zorder=97,
    )


def _legend(figure: Figure, items: Sequence[VectorItem | RasterItem], area: _Box,
            language: Any) -> None:  # fmt: skip
    """Draw the legend in millimetres from the top of its column down."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    left, bottom, width, height = area
    axes = figure.add_axes((left, bottom, width, height))
    axes.set_axis_off()
    full_mm = height * figure.get_figheight() * _MM_PER_INCH
    wide_mm = width * figure.get_figwidth() * _MM_PER_INCH
    axes.set_xlim(0, wide_mm)
    axes.set_ylim(-full_mm, 0)
    y = -3.0
    axes.text(0, y, words.say("legend", language), fontsize=9, fontweight="bold", color=_INK, va="center")
    y -= 6
    downwards = items[::-1]
    listed = [i for i in downwards if i.group != "base"] + [i for i in downwards if i.group == "base"]
    for n, item in enumerate(listed):
        settled = legend.settle_vector(item) if isinstance(item, VectorItem) else legend.settle_raster(item)
        entries = legend.entries(item, settled, language)
        ramp = isinstance(item, RasterItem) and not settled.classes
        need = 5.0 if not settled.classes and isinstance(item, VectorItem) else 4.6 * (3 if ramp else len(entries) + 1)
        if y - need < -full_mm + 4:
            rest = words.say("continued", language, count=len(listed) - n)
            axes.text(0, y, rest, fontsize=7, color=_MUTED, va="center")
            return
        kind = legend.geometry_kind(item.frame) if isinstance(item, VectorItem) else "polygon"
        single = isinstance(item, VectorItem) and not settled.classes
        if not single:
            axes.text(0, y, _short(item.title[language], 38), fontsize=7.2, fontweight="bold", color=_INK, va="center", parse_math=False)
            y -= 4.6
        if ramp:
            colors = [[_rgba(c) for c in legend.ramp_colors(settled.style.ramp, 128)]]
            axes.imshow(colors, extent=(0, 44, y - 1.6, y + 1.6), aspect="auto", alpha=item.style.opacity)
            axes.text(0, y - 4, entries[0].label, fontsize=6.6, color=_INK, va="center", parse_math=False)
            axes.text(44, y - 4, entries[-1].label, fontsize=6.6, color=_INK, va="center", ha="right", parse_math=False)
            axes.set_xlim(0, wide_mm)
            axes.set_ylim(-full_mm, 0)
            y -= 9.4
            continue
        for entry in entries:
            style = item.style
            if kind == "line":
                axes.add_line(
                    Line2D([0, 7], [y, y], color=entry.color, linestyle="--" if style.dash else "-",
                           linewidth=(entry.width_px or style.width_px) * _PT_PER_PX)
                )  # fmt: skip
            elif kind == "point":
                axes.plot([3.5], [y], marker=_MARKERS.get(style.marker, "o"), color=entry.color,
                          markeredgecolor=style.stroke, markersize=min(style.size_px * _PT_PER_PX, 8))  # fmt: skip
            else:
                stroke = style.stroke if style.width_px > 0 and isinstance(item, VectorItem) else "none"
                if style.opacity > 0:
                    axes.add_patch(Rectangle((0, y - 1.6), 7, 3.2, facecolor=entry.color, alpha=style.opacity, edgecolor="none"))
                axes.add_patch(Rectangle((0, y - 1.6), 7, 3.2, facecolor="none", edgecolor=stroke, linewidth=0.6,
                                         linestyle="--" if style.dash else "-"))  # fmt: skip
            axes.text(9, y, _short(entry.label, 36), fontsize=7, color=_INK, va="center", parse_math=False)
            y -= 4.4
        y -= 1.0


def _best(figure: Figure, cards: Sequence[SiteCard], area: _Box, language: Any) -> None:
    """Write the best sites below the legend: number, name, points of 100, and the reason."""
    axes = figure.add_axes(area)
    axes.set_axis_off()
    wide_mm = area[2] * figure.get_figwidth() * _MM_PER_INCH
    full_mm = area[3] * figure.get_figheight() * _MM_PER_INCH
    axes.set_xlim(0, wide_mm)
    axes.set_ylim(-full_mm, 0)
    axes.plot([0, wide_mm], [-0.5, -0.5], color="#c6ced6", linewidth=0.6)
    axes.text(0, -5, words.say("top_sites", language), fontsize=8, fontweight="bold", color=_INK, va="center")
    axes.text(wide_mm, -5, words.say("score_range", language), fontsize=6.2, color=_MUTED, va="center", ha="right")
    for n, card in enumerate(cards):
        y = -11.0 - 15.0 * n
        axes.text(2.4, y, str(card.rank), fontsize=6.8, fontweight="bold", color="white", ha="center", va="center",
                  parse_math=False, bbox={"boxstyle": "circle,pad=0.28", "facecolor": _ACCENT, "edgecolor": "none"})  # fmt: skip
        axes.text(7, y, _short(card.name, 32), fontsize=7.6, fontweight="bold", color=_INK, va="center", parse_math=False)
        points = format_number(100 * card.score, 0, language=language)
        axes.text(wide_mm, y, points, fontsize=8.5, fontweight="bold", color=_INK, va="center", ha="right")
        axes.text(7, y - 2.6, _wrapped(card.reason[language], 46, 2), fontsize=6.4, color=_MUTED, va="top",
                  linespacing=1.3, parse_math=False)  # fmt: skip


def _short(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _banner(figure: Figure, page_mm: tuple[float, float], language: Any) -> None:
    """Write the banner over the sheet's top and foot, and pale across the map."""
    from matplotlib.patches import Rectangle

    height = 7.0 / page_mm[1]
    for bottom in (1 - height, 0.0):
        figure.add_artist(
            Rectangle((0, bottom), 1, height, transform=figure.transFigure, facecolor="#ffe08a", edgecolor="none", zorder=98)
        )
        figure.text(0.5, bottom + height / 2, words.banner(language), ha="center", va="center", fontsize=9,
                    fontweight="bold", color="#5a1a00", zorder=99)  # fmt: skip


def draw(atlas: Atlas, page: TeamPage, *, paper: Paper = "A4") -> Figure:
    """Return one team's sheet as a figure.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        The team; its visible layers are drawn in the same order and colours as on the web map.
    paper : {"A4", "A3"}, default "A4"
        Lying.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure as Sheet

    language = atlas.language
    width_mm, height_mm = SIZES_MM[paper]
    figure = Sheet(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), facecolor="white")
    stacked, hidden = stack(atlas, page)
    items = [item for item in reversed(stacked) if shown_first(page, item)]
    answer = _wrapped(page.answer[language], 150 if paper == "A4" else 210)
    side, foot, head, margin = 64.0, 24.0, 25.0 + 4.5 * (answer.count("\n") + 1), 11.0
    map_w, map_h = width_mm - 2 * margin - side - 5, height_mm - head - foot
    axes = figure.add_axes((margin / width_mm, foot / height_mm, map_w / width_mm, map_h / height_mm))
    box = _fitted(atlas.area_bounds, map_w / map_h)
    axes.set_facecolor(_GROUND)
    for z, item in enumerate(items):
        if isinstance(item, RasterItem):
            _draw_raster(axes, item, z)
        else:
            _draw_vector(axes, item, box, z)
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7b8791")
        spine.set_linewidth(0.6)
    pins = _pins(axes, page, box)
    _labels(axes, items, box, language, pins)
    _scale_bar(axes, box, language)
    _north(axes)
    left = (width_mm - margin - side) / width_mm
    best = sorted(page.cards, key=lambda c: c.rank)[:3]
    list_mm = 8.0 + 15.0 * len(best) if best else 0.0
    _legend(
        figure,
        items,
        (left, (foot + list_mm) / height_mm, side / width_mm, (map_h - list_mm) / height_mm),
        language,
    )
    if best:
        _best(figure, best, (left, foot / height_mm, side / width_mm, list_mm / height_mm), language)
    top = height_mm - 14.0
    figure.text(margin / width_mm, top / height_mm, _short(page.title[language], 90), fontsize=15, fontweight="bold",
                color=_INK, va="center", parse_math=False)  # fmt: skip
    figure.text(margin / width_mm, (top - 6.0) / height_mm, answer, fontsize=8.5, color=_INK, va="top", parse_math=False,
                linespacing=1.35)  # fmt: skip
    scale = round((box[2] - box[0]) * 1000 / map_w / 1000) * 1000
    figure.text(margin / width_mm, (foot - 3.0) / height_mm, _foot(atlas, items, hidden, scale), fontsize=6.2,
                color=_MUTED, va="top", parse_math=False, linespacing=1.4)  # fmt: skip
    if atlas.synthetic:
        _banner(figure, (width_mm, height_mm), language)
    return figure


def _wrapped(text: str, width: int, lines: int = 2) -> str:
    import textwrap

    found = textwrap.wrap(text, width, max_lines=lines, placeholder=" …")
    return "\n".join(found)


def _foot(atlas: Atlas, items: Sequence[VectorItem | RasterItem], hidden: list[str], scale: int) -> str:
    language = atlas.language
    credits = dict.fromkeys(" ".join(t for t in (i.attribution or i.source, i.data_date) if t) for i in items)
    lines = [f"{words.say('source', language)}: {'; '.join(c for c in credits if c) or atlas.provenance.what}"]
    if hidden:
        lines.append(words.say("restricted_left_out", language, layers=", ".join(hidden)))
    facts = [words.say("scale", language, scale=format_number(scale, 0, language=language)), words.say("crs", language, crs=atlas.crs)]
    if atlas.created:
        facts.append(words.say("created", language, date=atlas.created))
    lines.append(". ".join(facts) + ".")
    return "\n".join(_wrapped(line, 210, 2) for line in lines)


def write(atlas: Atlas, page: TeamPage, path: Path, *, paper: Paper = "A4") -> list[Path]:
    """Write one team's map sheet as vector PDF.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        One of the atlas' pages. Restricted layers are left out and the sheet says so.
    path : Path
        The ``.pdf``; it appears when it is whole.
    paper : {"A4", "A3"}, default "A4"
        Lying.

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
    >>> from landplan.export import sheets
    >>> sheets.write(atlas, atlas.pages[0], Path("out/sheets/industrial-land.pdf"))  # doctest: +SKIP
    """
    import matplotlib as mpl

    title = f"{page.title[atlas.language]} | {atlas.title[atlas.language]}"
    subject = words.banner(atlas.language) if atlas.synthetic else ""
    # the date is the atlas', not the clock's: the same atlas gives the same bytes
    facts = {"Title": title, "Subject": subject, "Creator": words.CREDIT, "CreationDate": None}
    with mpl.rc_context(_RC):
        figure = draw(atlas, page, paper=paper)
        packed = io.BytesIO()
        figure.savefig(packed, format="pdf", dpi=200, metadata=facts)
    return [write_bytes(path, packed.getvalue())]
