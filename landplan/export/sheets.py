"""Printable map sheets: vector PDF, lying A4 or A3, one a team and paper and one a top site, the same look as on screen."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.export import furniture as fu
from landplan.export import words
from landplan.export.cards import card_view
from landplan.export.drawing import INK, Box, Shapes, draw_items, labels, outline, pins
from landplan.export.files import write_bytes
from landplan.export.items import Atlas, SiteCard, TeamPage, VectorItem
from landplan.export.legend import geometry_kind
from landplan.export.names import demo_stem
from landplan.export.pages import Item, shown_first, stack
from landplan.export.sheet_words import say
from landplan.units import format_number, format_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SITE_SHEETS", "SIZES_MM", "draw", "write", "write_team"]

log = logging.getLogger(__name__)

Paper = Literal["A4", "A3"]
SIZES_MM: Final[dict[str, tuple[float, float]]] = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
SITE_SHEETS: Final = 3
"""How many of a team's best sites get a sheet of their own."""
_MM_PER_INCH: Final = 25.4
_GROUND: Final = "#e9edef"
"""Beyond the layers: neither land nor sea, nothing is known there."""
_DPI: Final = 300
"""Of rasters, and of layers too heavy as vectors."""
_MARGIN_MM, _SIDE_MM, _FOOT_MM, _GAP_MM = 11.0, 64.0, 29.0, 5.0
_INSET_MM: Final = (24.0, 40.0)
_AREA_INSET_MM: Final = 36.0
_LEAST_GROUND_M: Final = 3_000.0
"""A site's map shows at least so much ground: without its surroundings a site is a shape in nothing."""

_MOST_COVERED: Final = 0.4
"""Share of a site's map that one of the team's layers may fill."""


def _round_scale(scale: float) -> float:
    """Return the next scale up that is easily said: two figures of which the last is 0 or 5."""
    step = 10.0 ** np.floor(np.log10(scale)) / 2
    return float(np.ceil(scale / step - 1e-9) * step)


def _at_scale(bounds: Box, map_mm: tuple[float, float]) -> tuple[Box, int]:
    """Return what a frame of `map_mm` shows of `bounds` at a round scale, and that scale's number."""
    need = max((bounds[2] - bounds[0]) / map_mm[0], (bounds[3] - bounds[1]) / map_mm[1]) * 1000 * 1.02
    scale = _round_scale(max(need, 1.0))
    width, height = (mm * scale / 1000 for mm in map_mm)
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2), int(scale)


def _site_shape(items: Sequence[Item], card: SiteCard) -> Any:
    """Return a site's outline from the first layer that knows it, None where it is only a point."""
    for item in items:
        if isinstance(item, VectorItem) and "site_id" in item.frame.columns:
            own = item.frame[item.frame["site_id"].astype(str) == card.site_id]
            own = own[~(own.geometry.isna() | own.geometry.is_empty)]
            if len(own):
                return own.geometry.union_all()
    return None


def _site_bounds(shape: Any, card: SiteCard) -> Box:
    x, y = card.centroid
    xmin, ymin, xmax, ymax = shape.bounds if shape is not None else (x, y, x, y)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    # as much ground around the site as it is wide itself
    half = max((xmax - xmin), (ymax - ymin), _LEAST_GROUND_M / 2)
    return x - half, y - half, x + half, y + half


def _of_the_team(page: TeamPage, item: Item) -> bool:
    """Return whether a layer is the team's own: what a close map shows besides what the page opens with."""
    return isinstance(item, VectorItem) and (item.group == page.id or page.id in item.teams) and not item.scenario.sv


def _is_ground(item: Item) -> bool:
    return isinstance(item, VectorItem) and item.group == "base" and geometry_kind(item.frame) == "polygon"


def _leaves_ground(item: Item, box: Box) -> bool:
    """Return whether a layer leaves most of the frame free: soil that covers it all would hide where land and sea are."""
    import shapely

    if not isinstance(item, VectorItem) or item.style.opacity == 0 or geometry_kind(item.frame) != "polygon":
        return True
    near = item.frame.geometry.values[item.frame.sindex.query(shapely.box(*box))]
    covered = float(shapely.area(shapely.clip_by_rect(shapely.make_valid(np.asarray(near)), *box)).sum())
    return covered <= _MOST_COVERED * (box[2] - box[0]) * (box[3] - box[1])


def _corner(axes: Axes, box: Box, size: tuple[float, float], page: TeamPage, items: Sequence[Item]) -> tuple[float, float]:
    """Return the lower left corner, in shares of the map, where the overview hides least of what was found."""
    import shapely

    points = [c.centroid for c in page.cards]
    for item in items:
        if isinstance(item, VectorItem) and item.group != "base":
            points += [tuple(p) for p in shapely.get_coordinates(shapely.centroid(np.asarray(item.frame.geometry.values)))]
    at = np.array(points).reshape(-1, 2)
    share = (at - np.array(box[:2])) / (np.array(box[2:]) - np.array(box[:2]))
    places = {(1 - size[0] - 0.008, 0.012): 0, (0.008, 1 - size[1] - 0.012): 0}
    for corner in places:
        low, high = np.array(corner) - 0.02, np.array(corner) + np.array(size) + 0.02
        places[corner] = int(((share > low) & (share < high)).all(axis=1).sum())
    return min(places, key=lambda c: places[c])


def draw(atlas: Atlas, page: TeamPage, *, paper: Paper = "A4", card: SiteCard | None = None, shapes: Shapes | None = None) -> Figure:
    """Return one team's sheet, or one site's, as a figure.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        The team; its visible layers are drawn in the same order and colours as on the web map.
    paper : {"A4", "A3"}, default "A4"
        Lying.
    card : SiteCard, optional
        A site of the page: the map shows its ground, with the team's own layers, and the column its criteria.
    shapes : Shapes, optional
        Kept between sheets of one atlas, so that a layer is prepared once.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from landplan.export import sheets
    >>> sheets.draw(atlas, atlas.pages[0], paper="A3")  # doctest: +SKIP
    """
    from matplotlib.figure import Figure as Sheet

    language = atlas.language
    shapes = Shapes() if shapes is None else shapes
    width_mm, height_mm = SIZES_MM[paper]
    figure = Sheet(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), facecolor="white")
    stacked, hidden = stack(atlas, page)
    upwards = stacked[::-1]
    if card is None:
        items: list[Item] = [item for item in upwards if shown_first(page, item)]
        title, said = page.title[language], page.answer[language]
    else:
        items = [item for item in upwards if isinstance(item, VectorItem) and (shown_first(page, item) or _of_the_team(page, item))]
        title = say("site_title", language, team=page.title[language], site=card.name)
        place = say("site_answer", language, rank=card.rank, count=len(page.cards), score=card_view(card, language)["score"])
        said = f"{place} {card.reason[language]}"
    answer = fu.wrapped(said, 150 if paper == "A4" else 210)
    head = 25.0 + 4.5 * (answer.count("\n") + 1)
    map_w, map_h = width_mm - 2 * _MARGIN_MM - _SIDE_MM - _GAP_MM, height_mm - head - _FOOT_MM
    axes = figure.add_axes((_MARGIN_MM / width_mm, _FOOT_MM / height_mm, map_w / width_mm, map_h / height_mm))
    shape = None if card is None else _site_shape(stacked, card)
    box, scale = _at_scale(atlas.area_bounds if card is None else _site_bounds(shape, card), (map_w, map_h))
    axes.set_facecolor(_GROUND)
    if card is not None:
        items = [item for item in items if shown_first(page, item) or _leaves_ground(item, box)]
        # land and sea lowest: what the page opens without may be sorted with the base map, and would lie under the land
        items.sort(key=lambda item: not (shown_first(page, item) and _is_ground(item) and item.style.opacity > 0))
    # one cover for all papers and heads, so that A3 draws the shapes that A4 made
    seen = draw_items(axes, items, box, shapes, cover=_cover(atlas.area_bounds) if card is None else None)
    for spine in axes.spines.values():
        spine.set_edgecolor(INK)
        spine.set_linewidth(0.7)
        spine.set_zorder(96)
    if shape is not None:
        outline(axes, shape)
    shown_cards = page.cards if card is None else [c for c in page.cards if c.site_id != card.site_id]
    covered = pins(axes, shown_cards, box)
    per_mm = (box[2] - box[0]) / map_w
    has_overview = card is not None or fu.in_the_nordics(atlas.crs, box)
    size_mm = (_AREA_INSET_MM, _AREA_INSET_MM) if card is not None or not has_overview else _INSET_MM
    size = (size_mm[0] / map_w, size_mm[1] / map_h)
    corner = _corner(axes, box, size, page, [i for i, _ in seen])
    covered.append((
        box[0] + corner[0] * map_w * per_mm, box[1] + corner[1] * map_h * per_mm,
        box[0] + (corner[0] + size[0]) * map_w * per_mm, box[1] + (corner[1] + size[1]) * map_h * per_mm,
    ))  # fmt: skip
    labels(axes, [i for i, _ in seen], box, covered)
    step = fu.grid_lines(axes, box, language)
    fu.scale_bar(axes, box, language)
    fu.north(axes)
    frame = (
        (_MARGIN_MM + corner[0] * map_w) / width_mm, (_FOOT_MM + corner[1] * map_h) / height_mm,
        size_mm[0] / width_mm, size_mm[1] / height_mm,
    )  # fmt: skip
    ground = [i for i in upwards if _is_ground(i)]
    countries = card is None and has_overview
    fu.inset(figure, frame, box, atlas.area_bounds, ground, shapes, crs=atlas.crs, countries=countries)
    _column(figure, seen, page, card, (width_mm, height_mm, map_h), language)
    top = height_mm - 14.0
    figure.text(_MARGIN_MM / width_mm, top / height_mm, fu.short(title, 90), fontsize=15, fontweight="bold", color=INK,
                va="center", parse_math=False)  # fmt: skip
    figure.text(_MARGIN_MM / width_mm, (top - 6.0) / height_mm, answer, fontsize=8.5, color=INK, va="top",
                parse_math=False, linespacing=1.35)  # fmt: skip
    heavy = [i.title[language] for i, _ in seen if i.id in shapes.rastered]
    foot = _foot(atlas, [i for i, _ in seen], hidden, heavy, scale=scale, step_m=step, countries=countries)
    figure.text(_MARGIN_MM / width_mm, (_FOOT_MM - 6.0) / height_mm, foot, fontsize=6.2, color=fu.MUTED, va="top",
                parse_math=False, linespacing=1.35)  # fmt: skip
    if atlas.synthetic:
        fu.banner(figure, (width_mm, height_mm), language)
    return figure


def _cover(bounds: Box) -> Box:
    """Return ground that every paper's frame of `bounds` lies within."""
    side = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * 1.9
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def _column(
    figure: Figure, seen: Sequence[tuple[Item, Sequence[int]]], page: TeamPage, card: SiteCard | None,
    size_mm: tuple[float, float, float], language: Any,
) -> None:  # fmt: skip
    """Fill the column beside the map: the legend, and under it the best sites or the sheet's own."""
    width_mm, height_mm, map_h = size_mm
    left = (width_mm - _MARGIN_MM - _SIDE_MM) / width_mm
    best = sorted(page.cards, key=lambda c: c.rank)[:3]
    below_mm = fu.UNTESTED_MM if page.untested else 0.0
    if card is not None:
        list_mm = min(13.0 + 5.8 * len(card.criteria) + below_mm, map_h * 0.6)
    else:
        list_mm = 8.0 + 15.0 * len(best) + below_mm if best else 0.0
    area = (left, (_FOOT_MM + list_mm) / height_mm, _SIDE_MM / width_mm, (map_h - list_mm) / height_mm)
    fu.legend_column(figure, seen, area, language, only_seen=card is not None)
    below = (left, _FOOT_MM / height_mm, _SIDE_MM / width_mm, list_mm / height_mm)
    if card is not None:
        fu.site_card(figure, card, below, language, page.untested)
    elif best:
        fu.best_sites(figure, best, below, language, page.untested)


def _crs_words(crs: str) -> str:
    from pyproj import CRS

    name = CRS.from_user_input(crs).name.replace("SWEREF99", "SWEREF 99")
    return f"{name} ({crs})"


def _foot(
    atlas: Atlas, items: Sequence[Item], hidden: list[str], heavy: list[str], *, scale: int, step_m: float, countries: bool
) -> str:  # fmt: skip
    language = atlas.language
    credits = list(dict.fromkeys(" ".join(t for t in (i.attribution or i.source, i.data_date) if t) for i in items))
    credits = [c for c in credits if c] or [atlas.provenance.what]
    if countries:
        credits.append(say("inset_source", language))
    lines = [f"{words.say('source', language)}: {'; '.join(credits)}"]
    if hidden:
        lines.append(words.say("restricted_left_out", language, layers=", ".join(hidden)))
    if heavy:
        lines.append(say("heavy", language, layers=", ".join(heavy)))
    side = format_unit(step_m / 1000, "km", language=language) if step_m >= 1000 else format_unit(step_m, "m", language=language)
    facts = [words.say("scale", language, scale=format_number(scale, 0, language=language)), say("grid", language, crs=_crs_words(atlas.crs), step=side)]
    if atlas.created:
        facts.append(words.say("created", language, date=atlas.created))
    lines.append(". ".join(facts) + ".")
    return "\n".join(fu.wrapped(line, 210, 2) for line in lines)


def write(
    atlas: Atlas, page: TeamPage, path: Path, *, paper: Paper = "A4", card: SiteCard | None = None, shapes: Shapes | None = None
) -> list[Path]:  # fmt: skip
    """Write one map sheet as vector PDF.

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
    card : SiteCard, optional
        A site of the page, for a sheet of its own.
    shapes : Shapes, optional
        Kept between sheets of one atlas.

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

    names = [page.title[atlas.language], *([card.name] if card else []), atlas.title[atlas.language]]
    subject = words.banner(atlas.language) if atlas.synthetic else ""
    # the date is the atlas', not the clock's: the same atlas gives the same bytes
    facts = {"Title": " | ".join(names), "Subject": subject, "Creator": words.CREDIT, "CreationDate": None}
    with mpl.rc_context(fu.RC):
        figure = draw(atlas, page, paper=paper, card=card, shapes=shapes)
        packed = io.BytesIO()
        figure.savefig(packed, format="pdf", dpi=_DPI, metadata=facts)
    return [write_bytes(path, packed.getvalue())]


def write_team(atlas: Atlas, page: TeamPage, folder: Path, *, papers: Sequence[Paper] = ("A4", "A3"), shapes: Shapes | None = None) -> list[Path]:
    """Write a team's sheets: its map on each paper, and its best sites on A4.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        One of the atlas' pages.
    folder : Path
        Where ``<team>.pdf`` (A4), ``<team>-a3.pdf`` and ``<team>-<site_id>.pdf`` go; names of what rests on
        demonstration data get the prefix of `landplan.export.names.demo_stem`.
    papers : sequence of {"A4", "A3"}, default ("A4", "A3")
        Which papers the team's own map is drawn for.
    shapes : Shapes, optional
        Kept between the teams' sheets.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import sheets
    >>> sheets.write_team(atlas, atlas.pages[0], Path("out/sheets"), papers=["A4"])  # doctest: +SKIP
    """
    shapes = Shapes() if shapes is None else shapes
    team = page.id.replace("_", "-")
    jobs: list[tuple[str, Paper, SiteCard | None]] = [(team if paper == "A4" else f"{team}-{paper.lower()}", paper, None) for paper in papers]
    best = sorted(page.cards, key=lambda c: c.rank)[:SITE_SHEETS]
    jobs += [(f"{team}-{card.site_id}", "A4", card) for card in best]
    written: list[Path] = []
    for name, paper, card in jobs:
        stem = demo_stem(name, atlas.synthetic)
        path = folder / f"{stem}.pdf"
        for n in range(2, len(jobs) + 2):  # ids that differ only in what a file name cannot hold
            if path not in written:
                break
            path = folder / f"{stem}-{n}.pdf"
        before = len(shapes.rastered)
        written += write(atlas, page, path, paper=paper, card=card, shapes=shapes)
        for heavy in shapes.rastered[before:]:
            log.info("sheet %s: layer %s is drawn as an image of %d dots an inch; as lines it would be too heavy", path.name, heavy, _DPI)
    return written
