"""QGIS styles: a `Style` compiled to the smallest QML that QGIS 3.22 reads whole.

A QML document is ``<qgis>`` around the same elements that a project's ``<maplayer>`` holds, so a layer
is compiled once, as a list of elements, and used by the GeoPackage, the rasters' sidecars and the project.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from landplan.contracts import FieldSpec
from landplan.export.display import heading
from landplan.export.items import RasterItem, VectorItem
from landplan.export.legend import GeometryKind, Settled, entries, geometry_kind, settle_raster, settle_vector
from landplan.export.schema import bounds_text
from landplan.style import Style
from landplan.units import Language

__all__ = ["QGIS_VERSION", "clean_xml", "frame_symbol", "raster_elements", "raster_qml", "vector_elements", "vector_qml"]

QGIS_VERSION: Final = "3.22.0"
_MM_PER_PX: Final = 25.4 / 96
_GEOMETRY_TYPE: Final = {"point": "0", "line": "1", "polygon": "2"}
_MARKERS: Final = frozenset({"circle", "square", "triangle", "diamond", "star", "cross"})
_FAR: Final = 1e15
"""Stands for no lower or upper bound in a graduated class; QGIS has no word for it."""


def clean_xml(text: str) -> str:
    r"""Drop the control characters that XML cannot hold.

    Examples
    --------
    >>> clean_xml("a\x00b")
    'ab'
    """
    return "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000))


def _element(tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    node = ET.Element(tag, {k.rstrip("_"): clean_xml(v) for k, v in attributes.items()})
    if text is not None:
        node.text = clean_xml(text)
    return node


def _options(parent: ET.Element, values: dict[str, str]) -> None:
    box = ET.SubElement(parent, "Option", {"type": "Map"})
    for name, value in values.items():
        ET.SubElement(box, "Option", {"type": "QString", "name": name, "value": clean_xml(value)})
    for name, value in values.items():
        # versions before 3.18 read <prop>; harmless later, and it keeps the style portable
        ET.SubElement(parent, "prop", {"k": name, "v": clean_xml(value)})


def _rgba(color: str, opacity: float = 1.0) -> str:
    r, g, b = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"{r},{g},{b},{round(255 * opacity)}"


def _mm(pixels: float) -> str:
    return f"{pixels * _MM_PER_PX:.3f}"


def _symbol(style: Style, kind: GeometryKind, color: str, name: str, width_px: float | None = None) -> ET.Element:
    """Return one symbol; `width_px` is a class's own line width or point diameter."""
    type_ = {"polygon": "fill", "line": "line", "point": "marker"}[kind]
    symbol = _element("symbol", type=type_, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    if kind == "polygon":
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})
        pen = "no" if style.width_px <= 0 else "dash" if style.dash else "solid"
        _options(
            layer,
            {
                "color": _rgba(color, style.opacity),
                "style": "solid" if style.opacity > 0 else "no",
                "outline_color": _rgba(style.stroke),
                "outline_style": pen,
                "outline_width": _mm(style.width_px),
                "outline_width_unit": "MM",
                "joinstyle": "round",
            },
        )
    elif kind == "line":
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleLine", "enabled": "1", "locked": "0", "pass": "0"})
        _options(
            layer,
            {
                "line_color": _rgba(color, _line_opacity(style)),
                "line_style": "dash" if style.dash else "solid",
                "line_width": _mm(style.width_px if width_px is None else width_px),
                "line_width_unit": "MM",
                "capstyle": "flat" if style.dash else "round",
                "joinstyle": "round",
            },
        )
    else:
        layer = ET.SubElement(
            symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "locked": "0", "pass": "0"}
        )
        _options(
            layer,
            {
                "name": style.marker if style.marker in _MARKERS else "circle",
                "color": _rgba(color, style.opacity),
                "outline_color": _rgba(style.stroke),
                "outline_style": "solid" if style.width_px > 0 else "no",
                "outline_width": _mm(style.width_px),
                "outline_width_unit": "MM",
                "size": _mm(style.size_px if width_px is None else width_px),
                "size_unit": "MM",
            },
        )
    return symbol


def frame_symbol(color: str) -> ET.Element:
    """Return the symbol of a frame that shows where one map lies in another: an outline, nothing covered."""
    return _symbol(Style(stroke=color, width_px=1.5, opacity=0.0), "polygon", color, "")


def _line_opacity(style: Style) -> float:
    # the style's opacity is "of the fill"; a line has none, so its default must not make it pale
    return 1.0 if style.opacity == Style().opacity else style.opacity


def _category_value(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return ("true" if value else "false"), "bool"
    if isinstance(value, int):
        return str(value), "integer"
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else repr(value)), "double"
    return ("" if value is None else str(value)), "string"


def _renderer(item: VectorItem, settled: Settled, kind: GeometryKind, language: Language) -> ET.Element:
    style = settled.style
    common = {"forceraster": "0", "enableorderby": "0", "symbollevels": "0"}
    symbols = ET.Element("symbols")
    if not settled.classes or style.column is None:
        root = ET.Element("renderer-v2", {"type": "singleSymbol", **common})
        symbols.append(_symbol(style, kind, style.color, "0"))
        root.append(symbols)
        return root
    lines = entries(item, settled, language)
    if style.kind == "graduated":
        root = ET.Element(
            "renderer-v2",
            {"type": "graduatedSymbol", "attr": style.column, "graduatedMethod": "GraduatedColor", **common},
        )
        box = ET.SubElement(root, "ranges")
        lower = -_FAR
        for i, entry in enumerate(e for e in lines if e.index >= 0):
            bound = settled.classes[i].value
            upper = _FAR if bound is None else float(bound)
            box.append(
                _element(
                    "range",
                    lower=f"{lower:.15g}",
                    upper=f"{upper:.15g}",
                    symbol=str(i),
                    label=entry.label,
                    render="true",
                )
            )
            symbols.append(_symbol(style, kind, entry.color, str(i), entry.width_px))
            lower = upper
        root.append(symbols)
        return root
    root = ET.Element("renderer-v2", {"type": "categorizedSymbol", "attr": style.column, **common})
    box = ET.SubElement(root, "categories")
    for i, entry in enumerate(lines):
        class_value = settled.classes[entry.index].value if entry.index >= 0 else None
        value, type_ = _category_value(class_value)
        box.append(
            _element("category", value=value, type=type_, symbol=str(i), label=entry.label, render="true")
        )
        symbols.append(_symbol(style, kind, entry.color, str(i), entry.width_px))
    root.append(symbols)
    return root


def _labeling(style: Style, kind: GeometryKind) -> ET.Element:
    root = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(root, "settings", {"calloutType": "simple"})
    text = _element(
        "text-style",
        fieldName=style.label or "",
        isExpression="0",
        fontFamily="Open Sans",
        fontSize=str(style.extra.get("label_size", 8.5)),
        fontSizeUnit="Point",
        fontWeight="50",
        namedStyle="Regular",
        textColor="40,40,40,255",
        textOpacity="1",
    )
    ET.SubElement(
        text,
        "text-buffer",
        {
            "bufferDraw": "1",
            "bufferSize": "0.8",
            "bufferSizeUnits": "MM",
            "bufferColor": "255,255,255,255",
            "bufferOpacity": "0.85",
            "bufferJoinStyle": "128",
            "bufferNoFill": "1",
        },
    )
    settings.append(text)
    # 0 around a point, 2 along a line, 1 over a polygon's middle
    placement = {"point": "6", "line": "2", "polygon": "1"}[kind]
    ET.SubElement(settings, "placement", {"placement": placement, "dist": "1", "distUnits": "MM", "priority": "5"})
    ET.SubElement(settings, "rendering", {"drawLabels": "1", "displayAll": "0", "obstacle": "1", "scaleVisibility": "0"})
    return root


def _range_config(spec: FieldSpec, config: ET.Element) -> None:
    """Write a spin box that goes no further than the contract; it may be left empty."""
    outer = ET.SubElement(config, "Option", {"type": "Map"})
    places = 0 if spec.type == "int" else 6
    for name, type_, value in (
        ("AllowNull", "bool", "true"),
        ("Max", "double", f"{spec.high:.15g}"),
        ("Min", "double", f"{spec.low:.15g}"),
        ("Precision", "int", str(places)),
        ("Step", "double", "1"),
        ("Style", "QString", "SpinBox"),
    ):
        outer.append(_element("Option", type=type_, name=name, value=value))


def _limit(spec: FieldSpec) -> str:
    """Return a field's range as a QGIS expression, empty when it has none."""
    if spec.type not in ("int", "float"):
        return ""
    column = '"' + spec.name.replace('"', '""') + '"'
    parts = [f"{column} {sign} {bound:.15g}" for sign, bound in ((">=", spec.low), ("<=", spec.high)) if bound is not None]
    return f"{column} IS NULL OR ({' AND '.join(parts)})" if parts else ""


def _constraint_elements(fields: Iterable[FieldSpec], language: Language) -> list[ET.Element]:
    """Return what QGIS warns of while a feature is edited: outside its range, missing, not unique.

    The warnings are soft: what a layer must have is decided by ``landplan layers check``, not by a form.
    """
    rules = ET.Element("constraints")
    expressions = ET.Element("constraintExpressions")
    for spec in fields:
        limit = _limit(spec)
        bits = (1 if spec.required else 0) | (2 if spec.unique else 0) | (4 if limit else 0)
        if not bits:
            continue
        soft = {True: "2", False: "0"}
        rules.append(
            _element(
                "constraint",
                field=spec.name,
                constraints=str(bits),
                notnull_strength=soft[spec.required],
                unique_strength=soft[spec.unique],
                exp_strength=soft[bool(limit)],
            )
        )
        if limit:
            expressions.append(_element("constraint", field=spec.name, exp=limit, desc=bounds_text(spec, language)))
    return [rules, expressions]


def _field_elements(fields: Iterable[FieldSpec], language: Language) -> list[ET.Element]:
    """Return aliases and value maps: coded values read as words in QGIS's own tables and forms."""
    fields = tuple(fields)
    aliases = ET.Element("aliases")
    configuration = ET.Element("fieldConfiguration")
    for i, spec in enumerate(fields):
        alias = heading(spec.alias[language], spec.unit)
        aliases.append(_element("alias", field=spec.name, name=alias, index=str(i)))
        field = ET.SubElement(configuration, "field", {"name": spec.name, "configurationFlags": "None"})
        widget = ET.SubElement(field, "editWidget", {"type": _widget(spec)})
        config = ET.SubElement(widget, "config")
        if spec.values:
            outer = ET.SubElement(config, "Option", {"type": "Map"})
            listing = ET.SubElement(outer, "Option", {"type": "List", "name": "map"})
            for code, text in spec.values:
                pair = ET.SubElement(listing, "Option", {"type": "Map"})
                pair.append(_element("Option", type="QString", name=text[language], value=code))
        elif _widget(spec) == "Range":
            _range_config(spec, config)
        else:
            ET.SubElement(config, "Option")
    return [configuration, aliases, *_constraint_elements(fields, language)]


def _widget(spec: FieldSpec) -> str:
    if spec.values and spec.type != "list":
        return "ValueMap"
    if spec.type in ("int", "float") and spec.low is not None and spec.high is not None:
        return "Range"
    return {"bool": "CheckBox", "date": "DateTime"}.get(spec.type, "TextEdit")


def vector_elements(item: VectorItem, language: Language) -> list[ET.Element]:
    """Return the elements that style a vector layer, as a project's ``<maplayer>`` holds them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from landplan.style import Text
    >>> item = VectorItem(id="x", title=Text("x", "x"), frame=gpd.GeoDataFrame(geometry=[]), style=Style())
    >>> [e.tag for e in vector_elements(item, "sv")][:5]
    ['renderer-v2', 'fieldConfiguration', 'aliases', 'constraints', 'constraintExpressions']
    """
    settled = settle_vector(item)
    kind = geometry_kind(item.frame)
    found = [_renderer(item, settled, kind, language)]
    if _label_column(item):
        found.append(_labeling(item.style, kind))
    specs = [f for f in item.fields if f.name in item.frame.columns]
    found += _field_elements(specs, language)
    found += [_element("blendMode", "0"), _element("featureBlendMode", "0"), _element("layerOpacity", "1")]
    if _label_column(item):
        found.append(_element("previewExpression", f'"{item.style.label}"'))
    return found


def _label_column(item: VectorItem) -> bool:
    return item.style.label is not None and item.style.label in item.frame.columns


def vector_qml(item: VectorItem, language: Language) -> str:
    """Return a vector layer's style as a QML document.

    Parameters
    ----------
    item : VectorItem
        The layer; its values decide classes that the style leaves open.
    language : {"sv", "en"}
        Of legend, aliases and coded values.

    Returns
    -------
    str
        The document, without an XML declaration.
    """
    root = ET.Element(
        "qgis",
        {
            "version": QGIS_VERSION,
            "styleCategories": "Symbology|Labeling|Fields|Forms",
            "labelsEnabled": "1" if _label_column(item) else "0",
        },
    )
    root.extend(vector_elements(item, language))
    root.append(_element("layerGeometryType", _GEOMETRY_TYPE[geometry_kind(item.frame)]))
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _raster_renderer(item: RasterItem, settled: Settled, language: Language) -> ET.Element:
    style = settled.style
    lines = entries(item, settled, language)
    opacity = f"{style.opacity:g}"
    if style.kind == "classes":
        root = ET.Element(
            "rasterrenderer",
            {"type": "paletted", "band": "1", "opacity": opacity, "alphaBand": "-1", "nodataColor": ""},
        )
        ET.SubElement(root, "rasterTransparency")
        palette = ET.SubElement(root, "colorPalette")
        for entry in lines:
            value = settled.classes[entry.index].value
            if value is not None:
                palette.append(
                    _element("paletteEntry", value=f"{float(value):g}", color=entry.color, label=entry.label, alpha="255")
                )
        return root
    low, high = settled.low, settled.high
    discrete = bool(settled.classes)
    bounds = [math.inf if c.value is None else float(c.value) for c in settled.classes]
    if discrete:
        finite = [b for b in bounds if math.isfinite(b)] or [1.0]
        low, high = min(0.0, finite[0]), finite[-1]
    root = ET.Element(
        "rasterrenderer",
        {
            "type": "singlebandpseudocolor",
            "band": "1",
            "opacity": opacity,
            "alphaBand": "-1",
            "nodataColor": "",
            "classificationMin": f"{low:.9g}",
            "classificationMax": f"{high:.9g}",
        },
    )
    ET.SubElement(root, "rasterTransparency")
    shader = ET.SubElement(
        ET.SubElement(root, "rastershader"),
        "colorrampshader",
        {
            "colorRampType": "DISCRETE" if discrete else "INTERPOLATED",
            "classificationMode": "1",
            "minimumValue": f"{low:.9g}",
            "maximumValue": f"{high:.9g}",
            "clip": "0",
            "labelPrecision": "2",
        },
    )
    count = max(len(lines) - 1, 1)
    for i, entry in enumerate(lines):
        value = bounds[i] if discrete else low + (high - low) * i / count
        text = "inf" if math.isinf(value) else f"{value:.9g}"
        shader.append(_element("item", value=text, color=entry.color, label=entry.label, alpha="255"))
    return root


def raster_elements(item: RasterItem, language: Language) -> list[ET.Element]:
    """Return the elements that style a raster, as a project's ``<maplayer>`` holds them."""
    pipe = ET.Element("pipe")
    provider = ET.SubElement(pipe, "provider")
    method = "nearestNeighbour"
    ET.SubElement(
        provider,
        "resampling",
        {
            "enabled": "false",
            "maxOversampling": "2",
            "zoomedInResamplingMethod": method,
            "zoomedOutResamplingMethod": method,
        },
    )
    pipe.append(_raster_renderer(item, settle_raster(item), language))
    ET.SubElement(pipe, "brightnesscontrast", {"brightness": "0", "contrast": "0", "gamma": "1"})
    ET.SubElement(pipe, "huesaturation", {"saturation": "0", "grayscaleMode": "0", "colorizeOn": "0"})
    ET.SubElement(pipe, "rasterresampler", {"maxOversampling": "2"})
    return [pipe, _element("blendMode", "0")]


def raster_qml(item: RasterItem, language: Language) -> str:
    """Return a raster's style as a QML document, to lie beside the file.

    Parameters
    ----------
    item : RasterItem
        The raster; its values decide ends and classes that the style leaves open.
    language : {"sv", "en"}
        Of the legend.

    Returns
    -------
    str
        The document.
    """
    root = ET.Element("qgis", {"version": QGIS_VERSION, "styleCategories": "Symbology"})
    root.extend(raster_elements(item, language))
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")
