"""What a style means for one layer's values: the classes, their order, which value falls in which.

QML, web map, sheet and report all draw from here, so that a colour means the same in every client.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.export import words
from landplan.export.items import RasterItem, VectorItem
from landplan.style import RAMPS, Style, StyleClass, Text
from landplan.units import Language, format_number, format_range

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "Entry",
    "GeometryKind",
    "Settled",
    "class_index",
    "draw_order",
    "entries",
    "geometry_kind",
    "ramp_colors",
    "settle_raster",
    "settle_vector",
    "split_kinds",
]

GeometryKind = Literal["polygon", "line", "point"]
_KINDS: Final[dict[str, GeometryKind]] = {
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
    "LineString": "line",
    "MultiLineString": "line",
    "LinearRing": "line",
    "Point": "point",
    "MultiPoint": "point",
}
_RANK: Final = {"point": 3, "line": 2, "polygon": 1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend: the words, the colour, the class it stands for (-1: any other value)."""

    label: str
    color: str
    index: int = -1
    width_px: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A style with everything decided that depends on the data: classes, low and high."""

    style: Style
    classes: tuple[StyleClass, ...]
    low: float = 0.0
    high: float = 1.0


def geometry_kind(frame: gpd.GeoDataFrame) -> GeometryKind:
    """Return what most of a layer's geometry is; an empty layer counts as polygons."""
    import shapely

    # counted by type number: a layer of half a million edges is asked for its kind several times
    numbers = shapely.get_type_id(np.asarray(frame.geometry.values))
    counts = np.bincount(numbers[numbers >= 0], minlength=8)
    found: dict[GeometryKind, int] = {
        "polygon": int(counts[3] + counts[6]),
        "line": int(counts[1] + counts[2] + counts[5]),
        "point": int(counts[0] + counts[4]),
    }
    return max(found, key=lambda kind: found[kind])


def split_kinds(item: VectorItem) -> tuple[VectorItem, ...]:
    """Return a layer as layers of one kind of geometry each; almost always the layer itself.

    QGIS opens a layer that mixes polygons, lines and points without a kind, a renderer or a CRS. What most
    of it is keeps the id; the rest gets ``_polygon``, ``_line`` or ``_point`` after it. Collections are
    taken apart, and a feature without geometry stays with the first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import LineString, Point
    >>> frame = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(1, 1), LineString([(0, 0), (1, 1)])])
    >>> item = VectorItem(id="x", title=Text("x", "x"), frame=frame, style=Style())
    >>> [(part.id, len(part.frame)) for part in split_kinds(item)]
    [('x', 2), ('x_line', 1)]
    """
    types = set(item.frame.geom_type.unique())
    if len({_KINDS[t] for t in types if t in _KINDS}) <= 1 and "GeometryCollection" not in types:
        return (item,)
    flat = item.frame.explode(index_parts=False, ignore_index=True)
    kinds = [_KINDS.get(t) for t in flat.geom_type]
    first = geometry_kind(flat)
    parts = []
    for kind in (first, *(k for k in ("polygon", "line", "point") if k != first)):
        frame = flat[[k == kind or (k is None and kind == first) for k in kinds]]
        if kind == first:
            parts.append(replace(item, frame=frame))
        elif len(frame):
            word = words.WORDS[f"kind_{kind}"]
            title = Text(f"{item.title.sv} ({word.sv})", f"{item.title.en} ({word.en})")
            parts.append(replace(item, id=f"{item.id}_{kind}", title=title, frame=frame))
    return tuple(parts)


def draw_order(item: VectorItem | RasterItem, position: int) -> tuple[float, ...]:
    """Return a key that sorts from the bottom of the map to its top.

    Points lie over lines over polygons over rasters, results over the base map; `order` then decides,
    and among equals what the page names first lies on top.
    """
    if isinstance(item, RasterItem):
        return (0, item.order, -position)
    rank = _RANK[geometry_kind(item.frame)]
    if rank == 1 and item.style.opacity == 0:
        rank = 2  # an outline covers nothing: draw it with the lines
    base = item.group == "base"
    # the ground (sea, land, lakes) lies under rasters; what is seen through (shore protection, floods) lies on the ground, under the results
    ground = base and rank == 1 and item.style.opacity >= 1
    return (-1 if ground else rank, 0 if base else 1, item.order, -position)


def _steps(low: float, high: float, colors: tuple[str, ...], decimals: int | None = None) -> tuple[StyleClass, ...]:
    """Cut a ramp into one class a colour, of equal width."""
    edges = np.linspace(low, high, len(colors) + 1)
    places = _places(low, high) if decimals is None else decimals
    found = []
    for i, color in enumerate(colors):
        a, b = float(edges[i]), float(edges[i + 1])
        label = Text(format_range(a, b, places), format_range(a, b, places, language="en"))
        found.append(StyleClass(b, label, color))
    return tuple(found)


def _places(low: float, high: float) -> int:
    span = abs(high - low)
    return 0 if span >= 20 else 1 if span >= 2 else 2


def _limits(values: Any, low: float | None, high: float | None) -> tuple[float, float]:
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    least = float(numbers.min()) if numbers.size else 0.0
    most = float(numbers.max()) if numbers.size else 1.0
    a = least if low is None else float(low)
    b = most if high is None else float(high)
    return (a, b) if b > a else (a, a + 1.0)


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    import pandas as pd

    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def settle_vector(item: VectorItem) -> Settled:
    """Decide a vector layer's classes: a ramp over a column becomes graduated, a missing column single.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame({"a": [0.0, 6.0]}, geometry=gpd.points_from_xy([0, 1], [0, 1]))
    >>> style = Style(kind="ramp", column="a", ramp=("#000000", "#ffffff"))
    >>> found = settle_vector(VectorItem(id="x", title=Text("x", "x"), frame=frame, style=style))
    >>> found.style.kind, [c.value for c in found.classes]
    ('graduated', [3.0, 6.0])
    """
    style = item.style
    if style.kind == "single" or style.column is None or style.column not in item.frame.columns:
        return Settled(replace(style, kind="single"), ())
    if style.kind in ("classes", "graduated") and style.classes:
        return Settled(style, style.classes)
    if style.kind == "classes":
        return Settled(replace(style, kind="single"), ())
    numbers = _numbers(item.frame[style.column])
    low, high = _limits(numbers, style.low, style.high)
    classes = _steps(low, high, style.ramp or RAMPS["viridis"])
    return Settled(replace(style, kind="graduated", classes=classes), classes, low, high)


def settle_raster(item: RasterItem) -> Settled:
    """Decide a raster's classes, or its ramp's ends."""
    style = item.style
    if style.classes and (item.categorical or style.kind == "classes"):
        return Settled(replace(style, kind="classes"), style.classes)
    if style.kind == "graduated" and style.classes:
        return Settled(style, style.classes)
    values = item.values
    if np.issubdtype(values.dtype, np.integer):
        values = values[values != np.iinfo(values.dtype).max]
    if item.categorical:
        codes = [int(v) for v in np.unique(values)][:255]
        colors = ramp_colors(style.ramp or RAMPS["viridis"], max(len(codes), 1))
        classes = tuple(
            StyleClass(code, Text(str(code), str(code)), color)
            for code, color in zip(codes, colors, strict=False)
        )
        return Settled(replace(style, kind="classes", classes=classes), classes)
    low, high = _limits(values, style.low, style.high)
    ramp = style.ramp or RAMPS["viridis"]
    return Settled(replace(style, kind="ramp", ramp=ramp, low=low, high=high), (), low, high)


def ramp_colors(ramp: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return `count` colours spread evenly over a ramp, linear in sRGB between its stops.

    Examples
    --------
    >>> ramp_colors(("#000000", "#ffffff"), 3)
    ('#000000', '#808080', '#ffffff')
    """
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp], dtype=float)
    at = np.linspace(0, len(ramp) - 1, count) if count > 1 else np.array([0.0])
    mixed = np.stack([np.interp(at, np.arange(len(ramp)), stops[:, k]) for k in range(3)], axis=1)
    return tuple("#{:02x}{:02x}{:02x}".format(*(int(v + 0.5) for v in row)) for row in mixed)


def class_index(settled: Settled, values: pd.Series) -> NDArray[np.int16]:
    """Return which class each value falls in, -1 for none (drawn in the style's own colour).

    A category is compared as it is and as text; a graduated class holds values up to and including its
    bound, and a class without a value takes the rest. Unknown values fall in no graduated class.

    Examples
    --------
    >>> import pandas as pd
    >>> classes = (StyleClass(15, Text("a", "a"), "#000000"), StyleClass(30, Text("b", "b"), "#111111"))
    >>> style = Style(kind="graduated", column="m", classes=classes)
    >>> class_index(Settled(style, classes), pd.Series([15.0, 15.1, 31.0, float("nan")])).tolist()
    [0, 1, -1, -1]
    """
    found = np.full(len(values), -1, dtype=np.int16)
    if settled.style.kind == "graduated":
        numbers = _numbers(values)
        for i in range(len(settled.classes) - 1, -1, -1):
            bound = settled.classes[i].value
            found[np.isfinite(numbers) & (True if bound is None else numbers <= float(bound))] = i
    elif settled.style.kind == "classes":
        other = next((i for i, c in enumerate(settled.classes) if c.value is None), -1)
        by_text = {_key(c.value): i for i, c in enumerate(settled.classes) if c.value is not None}
        found[:] = [by_text.get(_key(v), other) for v in values]
    return found


def _key(value: Any) -> str:
    """Return one text for values that are the same category: True and "True", 3, 3.0 and "3"."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) or str(value) in ("True", "False") else str(value)


def entries(item: VectorItem | RasterItem, settled: Settled, language: Language) -> tuple[Entry, ...]:
    """Return the lines of a layer's legend.

    A single symbol has one line without words of its own (the layer's title stands for it). A raster's
    ramp has one line a stop, from low to high.

    Examples
    --------
    >>> import geopandas as gpd
    >>> item = VectorItem(id="x", title=Text("Väg", "Road"), frame=gpd.GeoDataFrame(geometry=[]), style=Style())
    >>> [e.label for e in entries(item, settle_vector(item), "sv")]
    ['Väg']
    """
    style = settled.style
    if settled.classes:
        lines = [
            Entry(c.label[language], c.color, i, c.width_px) for i, c in enumerate(settled.classes)
        ]  # fmt: skip
        if isinstance(item, VectorItem) and style.column is not None:
            outside = class_index(settled, item.frame[style.column]) == -1
            if bool(outside.any()):
                known = item.frame.loc[outside, style.column].notna().any()
                lines.append(Entry(words.say("other" if known else "no_value", language), style.color))
        return tuple(lines)
    if isinstance(item, RasterItem):
        unit = f"\u00a0{item.unit}" if item.unit else ""
        count = len(style.ramp)
        at = np.linspace(settled.low, settled.high, count)
        places = _places(settled.low, settled.high)
        return tuple(
            Entry(format_number(float(v), places, language=language) + unit, color, i)
            for i, (v, color) in enumerate(zip(at, style.ramp, strict=True))
        )
    return (Entry(item.title[language], style.color),)
