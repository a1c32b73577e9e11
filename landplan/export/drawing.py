"""A map drawn on paper: layers, rasters, ranked numbers and names in one frame, in the colours of the screen.

What a layer becomes (clipped, thinned to what a printer shows, sorted into classes) is worked out once and kept in `Shapes`: the
sheets of an atlas share their base map and its two papers share everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.export import legend
from landplan.export.items import RasterItem, SiteCard, VectorItem
from landplan.export.pages import MOST_PINS, Item

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["ACCENT", "INK", "MARKERS", "PT_PER_PX", "Box", "Shapes", "draw_items", "labels", "outline", "pins"]

Box = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in metres; of a part of the sheet left, bottom, width, height in shares of it."""
PT_PER_PX: Final = 0.75
INK: Final = "#1c2733"
ACCENT: Final = "#0b5578"
MARKERS: Final = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "star": "*", "cross": "P"}
_MOST_LABELS: Final = 60
_RASTER_SIDE: Final = 2_000
"""Cells along a sheet's side: 200 dots an inch on A4; more only makes the file large."""
_FINE: Final = 1 / 6_500
"""Detail that is left out, as a share of the map's width: 0.05 mm on A3, 0.03 on A4, which no printer shows."""
_VECTOR_BYTES: Final = 1_000_000
_BYTES_PER_VERTEX: Final = 7.0
"""Measured on the demonstration area's sheets: a vertex of a filled path after compression."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One class of a layer: its look and its shapes, ready to draw."""

    color: str
    width_px: float
    size_px: float
    polygons: list[Any]
    lines: list[NDArray[np.float64]]
    points: NDArray[np.float64]

    @property
    def vertices(self) -> int:
        """How many corners its paths have."""
        return sum(len(p.vertices) for p in self.polygons) + sum(len(line) for line in self.lines)


@dataclass(slots=True)
class Shapes:
    """Layers as shapes to draw, kept for the next sheet that shows the same ground.

    Examples
    --------
    >>> from landplan.export.drawing import Shapes
    >>> Shapes().rastered
    []
    """

    kept: dict[tuple[Any, ...], list[tuple[int, _Part]]] = field(default_factory=dict)
    pictures: dict[str, Any] = field(default_factory=dict)
    rastered: list[str] = field(default_factory=list)
    """Ids of layers that were too heavy as vectors and are dots of 300 an inch instead."""

    def parts(self, item: VectorItem, box: Box) -> list[tuple[int, _Part]]:
        """Return a layer's classes with something inside `box`, each with its number (-1: no class)."""
        key = (item.id, id(item.frame), *(round(v) for v in box))
        if key not in self.kept:
            self.kept[key] = _parts(item, box)
        return self.kept[key]


def _path(geometry: Any) -> Any:
    """Return one compound path for a polygon with its holes."""
    import shapely
    from matplotlib.path import Path as Outline

    parts = []
    for polygon in shapely.get_parts(geometry):
        rings = (polygon.exterior, *polygon.interiors)
        parts += [Outline(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings]
    return Outline.make_compound_path(*parts) if parts else None


def _parts(item: VectorItem, box: Box) -> list[tuple[int, _Part]]:
    import shapely

    settled = legend.settle_vector(item)
    style = settled.style
    geometry = np.asarray(item.frame.geometry.values)
    keep = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    # a geometry that a reprojection tore apart has no place on a map
    keep &= np.isfinite(shapely.bounds(geometry)).all(axis=1)
    keep[keep] = shapely.intersects(geometry[keep], shapely.box(*box))
    if not keep.any():
        return []
    picked = item.frame[keep]
    index = (
        legend.class_index(settled, picked[style.column])
        if settled.classes and style.column is not None
        else np.full(len(picked), -1)
    )
    fine = (box[2] - box[0]) * _FINE
    geometry = shapely.simplify(shapely.clip_by_rect(shapely.force_2d(geometry[keep]), *_grown(box)), fine)
    found = []
    for cls in np.unique(index):
        entry = settled.classes[cls] if cls >= 0 else None
        some = geometry[index == cls]
        some = shapely.get_parts(some[~shapely.is_empty(some)])
        kinds = shapely.get_type_id(some)
        polygons = [p for g in some[np.isin(kinds, (3, 6))] if (p := _path(g)) is not None]
        lines = [np.asarray(g.coords)[:, :2] for g in shapely.get_parts(some[np.isin(kinds, (1, 2, 5))])]
        points = shapely.get_coordinates(some[np.isin(kinds, (0, 4))])
        if polygons or lines or len(points):
            own = entry.width_px if entry and entry.width_px else None
            part = _Part(
                entry.color if entry else style.color, own or style.width_px, own or style.size_px, polygons, lines, points
            )
            found.append((int(cls), part))
    return found


def draw_items(axes: Axes, items: Sequence[Item], box: Box, shapes: Shapes, *, cover: Box | None = None) -> list[tuple[Item, list[int]]]:
    """Draw layers from the bottom up.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The map's frame.
    items : sequence of VectorItem or RasterItem
        The lowest first.
    box : tuple of float
        What the frame shows, in metres.
    shapes : Shapes
        Where shapes are kept between sheets.
    cover : tuple of float, optional
        A larger box that other sheets share; shapes are made for it and cut off by the frame.

    Returns
    -------
    list of (item, list of int)
        What is to be seen in the frame, and the numbers of its classes; a raster's list is empty.
    """
    seen: list[tuple[Item, list[int]]] = []
    for z, item in enumerate(items):
        if isinstance(item, RasterItem):
            _draw_raster(axes, item, z, shapes)
            seen.append((item, []))
            continue
        parts = shapes.parts(item, cover or box)
        if not parts:
            continue
        heavy = sum(p.vertices for _, p in parts) * _BYTES_PER_VERTEX > _VECTOR_BYTES
        if heavy and item.id not in shapes.rastered:
            shapes.rastered.append(item.id)
        for _, part in parts:
            _draw_part(axes, item, part, z, heavy)
        seen.append((item, [cls for cls, _ in parts]))
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    return seen


def _draw_part(axes: Axes, item: VectorItem, part: _Part, z: float, heavy: bool) -> None:
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.colors import to_rgba

    style = item.style
    dash: Any = (0, (4, 3)) if style.dash else "solid"
    if part.polygons:
        # a colour each with its own opacity: a fill's must not thin its outline
        fill = to_rgba(part.color, style.opacity) if style.opacity > 0 else "none"
        edge = style.stroke if style.width_px > 0 else "none"
        axes.add_collection(
            PathCollection(
                part.polygons, facecolors=[fill], edgecolors=[edge], linewidths=style.width_px * PT_PER_PX * 0.8,
                linestyles=[dash], zorder=z, rasterized=heavy,
            ),
            autolim=False,
        )
    if part.lines:
        axes.add_collection(
            LineCollection(
                part.lines, colors=[part.color], linewidths=part.width_px * PT_PER_PX, linestyles=[dash], capstyle="round",
                zorder=z, rasterized=heavy,
            ),
            autolim=False,
        )
    if len(part.points):
        axes.scatter(
            part.points[:, 0], part.points[:, 1], s=(part.size_px * PT_PER_PX) ** 2, c=[part.color],
            marker=MARKERS.get(style.marker, "o"), edgecolors=style.stroke if style.width_px > 0 else "none",
            linewidths=style.width_px * PT_PER_PX, alpha=style.opacity, zorder=z,
        )


def _grown(box: Box) -> Box:
    margin = (box[2] - box[0]) * 0.02
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _draw_raster(axes: Axes, item: RasterItem, z: float, shapes: Shapes) -> None:
    if item.id not in shapes.pictures:
        shapes.pictures[item.id] = _picture(item)
    picture, step, opacity = shapes.pictures[item.id]
    x, y, side = item.grid.x_min, item.grid.y_max, item.grid.cell_m * step
    axes.imshow(
        picture, extent=(x, x + picture.shape[1] * side, y - picture.shape[0] * side, y), origin="upper",
        interpolation="nearest", alpha=opacity, zorder=z, aspect="auto",
    )


def _picture(item: RasterItem) -> tuple[NDArray[np.float32], int, float]:
    """Colour a raster's cells; return the picture, how many cells a side it is thinned by, and its opacity."""
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
    return picture, step, settled.style.opacity


def pins(axes: Axes, cards: Sequence[SiteCard], box: Box) -> list[Box]:
    """Write each ranked site's number where it lies: a site of 80 ha is a dot on a sheet of four municipalities.

    Neighbours step aside for the better ranked until none covers another, with a line to where they belong.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The map's frame.
    cards : sequence of SiteCard
        The ranked sites; those outside `box` are passed over.
    box : tuple of float
        What the frame shows, in metres.

    Returns
    -------
    list of tuple of float
        The ground that the numbers cover, for names to keep off.
    """
    per_pt = (box[2] - box[0]) / (axes.bbox.width / axes.figure.dpi * 72)
    placed: list[tuple[float, float, float]] = []
    for n, card in enumerate(sorted(cards, key=lambda c: c.rank)[:MOST_PINS]):
        x0, y0 = card.centroid
        if not (box[0] < x0 < box[2] and box[1] < y0 < box[3]):
            continue
        size = 6.5 if n < 3 else 5.2
        reach = size * 0.95 * per_pt
        x, y = _aside(x0, y0, reach, placed, n)
        placed.append((x, y, reach))
        if (x, y) != (x0, y0):
            axes.plot([x0, x], [y0, y], color=INK, linewidth=0.8, zorder=91)
        axes.text(x, y, str(card.rank), fontsize=size, fontweight="bold", color="white", ha="center", va="center",
                  zorder=93 - n / 100, parse_math=False,
                  bbox={"boxstyle": "circle,pad=0.28", "facecolor": ACCENT if n < 3 else "#5b6b78",
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


def labels(axes: Axes, items: Sequence[Item], box: Box, keep_off: Sequence[Box]) -> None:
    """Write names beside features, results first, larger places first, none over another.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The map's frame.
    items : sequence of VectorItem or RasterItem
        As drawn, the lowest first; a layer without a label column has no names.
    box : tuple of float
        What the frame shows, in metres.
    keep_off : sequence of tuple of float
        Ground that is already written on.
    """
    import shapely
    from matplotlib import patheffects

    taken = list(keep_off)
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
            x = at.x + (item.style.size_px * PT_PER_PX / 2 + (1.5 if base else 6)) * per_pt
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


def outline(axes: Axes, shape: Any) -> None:
    """Mark the sheet's own site: a dark line with a light one under it, which shows on any ground."""
    import shapely

    for polygon in shapely.get_parts(shape):
        if polygon.geom_type == "Polygon":
            for ring in (polygon.exterior, *polygon.interiors):
                at = shapely.get_coordinates(ring)
                axes.plot(at[:, 0], at[:, 1], color="white", linewidth=3.4, zorder=87, solid_joinstyle="round")
                axes.plot(at[:, 0], at[:, 1], color=ACCENT, linewidth=1.8, zorder=88, solid_joinstyle="round")
