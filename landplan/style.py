"""One style, many clients: a layer's look is written once and compiled by each exporter.

A style is data: a renderer kind, colours, widths and labels in Swedish and English. It knows no
QGIS and no Leaflet; `landplan.export` turns it into QML, into the web map's options and into sheets.
The palettes are safe for colour-blind readers (Okabe & Ito 2008 for classes, cividis and viridis
stops for ramps).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from landplan.errors import LayerError

__all__ = ["OKABE_ITO", "RAMPS", "Style", "StyleClass", "Text", "parse_style"]

RendererKind = Literal["single", "classes", "graduated", "ramp"]
_HEX = re.compile(r"#[0-9a-fA-F]{6}$")

OKABE_ITO: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#555555")
RAMPS: Final[dict[str, tuple[str, ...]]] = {
    "cividis": ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"),
    "viridis": ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"),
    "blues": ("#eff3ff", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c"),
    "greys": ("#f7f7f7", "#d9d9d9", "#bdbdbd", "#969696", "#636363", "#252525"),
    "minutes": ("#08306b", "#2171b5", "#6baed6", "#c6dbef"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Swedish and English."""

    sv: str
    en: str

    def __getitem__(self, language: str) -> str:
        """Return the words in `language`; anything but ``"en"`` is Swedish."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class StyleClass:
    """One entry of a legend.

    `value` is the category, or the upper bound (inclusive) of a graduated class; None is "all other".
    """

    value: str | float | bool | None
    label: Text
    color: str
    width_px: float | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer looks, everywhere.

    Attributes
    ----------
    kind : {"single", "classes", "graduated", "ramp"}
        One symbol; a symbol a category of `column`; a symbol a range of `column`; a colour ramp
        over a raster's values (or over `column`).
    column : str or None
        The column that `classes` and `graduated` read; None for rasters.
    color, stroke : str
        Fill (or line, or point) and outline colour, ``#rrggbb``.
    width_px : float
        Line width, or outline width of polygons and points, in screen pixels.
    size_px : float
        Diameter of a point.
    opacity : float
        0-1, of the fill.
    dash : bool
        Dashed line or outline.
    marker : str
        circle, square, triangle, diamond, star or cross.
    classes : tuple of StyleClass
        The legend's entries in order.
    ramp : tuple of str
        Colours from `low` to `high`.
    label : str or None
        Column written beside the feature.
    """

    kind: RendererKind = "single"
    column: str | None = None
    color: str = "#8a8a8a"
    stroke: str = "#444444"
    width_px: float = 1.0
    size_px: float = 7.0
    opacity: float = 0.6
    dash: bool = False
    marker: str = "circle"
    classes: tuple[StyleClass, ...] = ()
    ramp: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    label: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def with_classes(self, classes: tuple[StyleClass, ...], *, column: str | None = None) -> Style:
        """Return a copy that draws these classes."""
        return replace(self, kind="classes", classes=classes, column=column or self.column)

    def color_of(self, value: Any) -> str:
        """Return the colour of one value: what every client must show for it.

        Examples
        --------
        >>> Style(color="#112233").color_of("anything")
        '#112233'
        """
        if self.kind == "classes":
            other = self.color
            for entry in self.classes:
                if entry.value is None:
                    other = entry.color
                elif entry.value == value or str(entry.value) == str(value):
                    return entry.color
            return other
        if self.kind == "graduated" and isinstance(value, int | float):
            for entry in self.classes:
                if entry.value is None or value <= float(entry.value):
                    return entry.color
        return self.color


def _color(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _HEX.match(value):
        raise LayerError(f"{where}: colour {value!r} is not of the form #rrggbb")
    return value.lower()


def parse_style(data: Mapping[str, Any], *, where: str) -> Style:
    """Read a style from its TOML table.

    Parameters
    ----------
    data : mapping
        The ``[style]`` table of a layer file.
    where : str
        File and table, for messages.

    Returns
    -------
    Style

    Raises
    ------
    LayerError
        If a key is unknown or a colour is malformed.

    Examples
    --------
    >>> parse_style({"color": "#0072b2"}, where="roads.toml").color
    '#0072b2'
    """
    known = {
        "kind", "column", "color", "stroke", "width_px", "size_px", "opacity", "dash", "marker",
        "classes", "ramp", "low", "high", "label",
    }
    if unknown := set(data) - known:
        raise LayerError(f"{where}: unknown style key {sorted(unknown)[0]!r}; known: {', '.join(sorted(known))}")
    kind = data.get("kind", "single")
    if kind not in ("single", "classes", "graduated", "ramp"):
        raise LayerError(f"{where}: style kind {kind!r} is not single, classes, graduated or ramp")
    classes = tuple(
        StyleClass(
            value=c.get("value"),
            label=Text(str(c.get("sv", c.get("value"))), str(c.get("en", c.get("value")))),
            color=_color(c.get("color"), f"{where} class {c.get('value')!r}"),
            width_px=c.get("width_px"),
        )
        for c in data.get("classes", ())
    )
    ramp = data.get("ramp", ())
    colours = RAMPS.get(ramp) if isinstance(ramp, str) else tuple(_color(c, where) for c in ramp)
    if colours is None:
        raise LayerError(f"{where}: ramp {ramp!r} is not one of {', '.join(RAMPS)}")
    base = Style()
    return Style(
        kind=kind,
        column=data.get("column"),
        color=_color(data.get("color", base.color), where),
        stroke=_color(data.get("stroke", base.stroke), where),
        width_px=float(data.get("width_px", base.width_px)),
        size_px=float(data.get("size_px", base.size_px)),
        opacity=float(data.get("opacity", base.opacity)),
        dash=bool(data.get("dash", False)),
        marker=str(data.get("marker", base.marker)),
        classes=classes,
        ramp=colours,
        low=data.get("low"),
        high=data.get("high"),
        label=data.get("label"),
    )
