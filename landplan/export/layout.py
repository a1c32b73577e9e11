"""One QGIS print layout a team: title, map, legend, scale bar, sources, date, and the banner.

Millimetres on a lying A4. The element names and numbers are QGIS 3.22's own.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from landplan.export import qml, words
from landplan.export.items import DEMO_BANNER, Atlas, RasterItem, TeamPage, VectorItem
from landplan.export.legend import settle_raster
from landplan.export.pages import stack

__all__ = ["MAP_MM", "PAGE_MM", "element"]

PAGE_MM: Final = (297.0, 210.0)
MAP_MM: Final = (10.0, 26.0, 207.0, 162.0)
"""Left, top, width and height of the map."""
_INSET_MM: Final = (221.0, 136.0, 66.0, 52.0)
_PAGE, _MAP, _PICTURE, _LABEL, _LEGEND, _SCALE_BAR = "65638", "65639", "65640", "65641", "65642", "65646"
_NAMES: Final = uuid.UUID("6d1d0a1e-6f0e-5d5b-9d33-3f0c8f0b7a11")
_MM_PER_M: Final = 1000.0
_BEST: Final = 3
_MARGIN_M: Final = 5_000.0
"""At least this much country is seen around the outermost site."""


_ARROW: Final = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="40" viewBox="0 0 24 40">
<path d="M12 1 L21 28 L12 22 Z" fill="#1f2a37" stroke="#1f2a37" stroke-width="1" stroke-linejoin="round"/>
<path d="M12 1 L3 28 L12 22 Z" fill="#ffffff" stroke="#1f2a37" stroke-width="1" stroke-linejoin="round"/>
<path d="M8 39 L8 31 L16 39 L16 31" fill="none" stroke="#1f2a37" stroke-width="1.8"/>
</svg>"""
"""Carried in the project: QGIS' own pictures lie elsewhere on every machine. Its N is drawn, so no font is asked."""


def _uuid(*parts: str) -> str:
    # named, not random: the same atlas gives the same project
    return "{" + str(uuid.uuid5(_NAMES, "/".join(parts))) + "}"


def _item(type_: str, box: tuple[float, float, float, float], name: str, z: int, **attributes: str) -> ET.Element:
    x, y, width, height = box
    node = ET.Element(
        "LayoutItem",
        {
            "type": type_,
            "id": name,
            "uuid": _uuid(name),
            "templateUuid": _uuid(name),
            "position": f"{x:g},{y:g},mm",
            "positionOnPage": f"{x:g},{y:g},mm",
            "size": f"{width:g},{height:g},mm",
            "referencePoint": "0",
            "itemRotation": "0",
            "visibility": "1",
            "opacity": "1",
            "blendMode": "0",
            "positionLock": "false",
            "excludeFromExports": "0",
            "zValue": str(z),
            "frame": "false",
            "background": "false",
            "outlineWidthM": "0.2,mm",
            "frameJoinStyle": "miter",
            "groupUuid": "",
            **{k: qml.clean_xml(v) for k, v in attributes.items()},
        },
    )
    ET.SubElement(node, "FrameColor", {"red": "90", "green": "100", "blue": "110", "alpha": "255"})
    ET.SubElement(node, "BackgroundColor", {"red": "255", "green": "255", "blue": "255", "alpha": "255"})
    return node


def _font(size: float, *, bold: bool = False) -> dict[str, str]:
    weight = 75 if bold else 50
    return {"description": f"Open Sans,{size:g},-1,5,{weight},0,0,0,0,0", "style": ""}


def _label(
    text: str,
    box: tuple[float, float, float, float],
    name: str,
    z: int,
    *,
    size: float,
    bold: bool = False,
    color: tuple[int, int, int] = (31, 42, 55),
    alarm: bool = False,
) -> ET.Element:
    node = _item(
        _LABEL,
        box,
        name,
        z,
        labelText=text,
        htmlState="0",
        marginX="1",
        marginY="0",
        halign="4" if alarm else "1",
        valign="128",
        background=str(alarm).lower(),
    )
    if alarm and (ground := node.find("BackgroundColor")) is not None:
        ground.attrib.update({"red": "255", "green": "224", "blue": "138"})
    ET.SubElement(node, "LabelFont", _font(size, bold=bold))
    red, green, blue = (str(c) for c in color)
    ET.SubElement(node, "FontColor", {"red": red, "green": green, "blue": blue, "alpha": "255"})
    return node


def _fitted(
    bounds: tuple[float, float, float, float], frame_mm: tuple[float, float, float, float] = MAP_MM
) -> tuple[float, float, float, float]:
    """Widen bounds to a map frame's shape, so that QGIS does not have to."""
    xmin, ymin, xmax, ymax = bounds
    width, height = max(xmax - xmin, 1.0), max(ymax - ymin, 1.0)
    shape = frame_mm[2] / frame_mm[3]
    if width / height < shape:
        width = height * shape
    else:
        height = width / shape
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _view(atlas: Atlas, page: TeamPage) -> tuple[float, float, float, float]:
    """Return what a team's map shows: where its best sites lie, the whole area when it ranks none.

    A site of 80 ha is a dot on a map of four municipalities; the inset shows where in the area the map lies.
    """
    west, south, east, north = atlas.area_bounds
    best = sorted(page.cards, key=lambda c: c.rank)[:_BEST]
    if not best:
        return atlas.area_bounds
    xs, ys = zip(*(c.centroid for c in best), strict=True)
    margin = max(_MARGIN_M, 0.15 * max(max(xs) - min(xs), max(ys) - min(ys)))
    view = max(west, min(xs) - margin), max(south, min(ys) - margin), min(east, max(xs) + margin), min(north, max(ys) + margin)
    # sites outside the area would turn the view inside out
    return view if view[0] < view[2] and view[1] < view[3] else atlas.area_bounds


def _map(key: str, bounds: tuple[float, float, float, float], layers: Sequence[tuple[str, VectorItem | RasterItem]],
         atlas: Atlas, frame_mm: tuple[float, float, float, float] = MAP_MM, name: str = "map") -> ET.Element:  # fmt: skip
    node = _item(
        _MAP,
        frame_mm,
        f"{key}/{name}",
        1,
        frame="true",
        background="true",
        mapRotation="0",
        mapFlags="0",
        keepLayerSet="true",
        followPreset="false",
        followPresetName="",
        drawCanvasItems="false",
        isTemporal="0",
        labelMargin="0,mm",
    )
    if (ground := node.find("BackgroundColor")) is not None:
        ground.attrib.update({"red": "233", "green": "237", "blue": "239"})
    names = ("xmin", "ymin", "xmax", "ymax")
    ET.SubElement(node, "Extent", {n: f"{v:.3f}" for n, v in zip(names, bounds, strict=True)})
    box = ET.SubElement(node, "LayerSet")
    for id_, item in layers:
        layer = ET.SubElement(box, "Layer", {"name": qml.clean_xml(item.title[atlas.language])})
        layer.text = id_
    return node


def _inset(key: str, layers: Sequence[tuple[str, VectorItem | RasterItem]], atlas: Atlas) -> ET.Element:
    """Return the small map of the whole area, with a frame where the large one lies."""
    ground = [s for s in layers if s[1].group == "base" and not (isinstance(s[1], VectorItem) and s[1].style.label)]
    node = _map(key, _fitted(atlas.area_bounds, _INSET_MM), ground, atlas, _INSET_MM, "inset")
    overview = ET.SubElement(
        node,
        "ComposerMapOverview",
        {
            "frameMap": _uuid(f"{key}/map"),
            "name": "inset",
            "uuid": _uuid(f"{key}/overview"),
            "show": "1",
            "blendMode": "0",
            "inverted": "0",
            "centered": "0",
            "position": "3",
        },
    )
    overview.append(qml.frame_symbol("#d55e00"))
    return node


def _legend(key: str, layers: Sequence[tuple[str, VectorItem | RasterItem]], atlas: Atlas) -> ET.Element:
    node = _item(
        _LEGEND,
        (221.0, 26.0, 66.0, 106.0),
        f"{key}/legend",
        2,
        title=words.say("legend", atlas.language),
        map_uuid=_uuid(f"{key}/map"),
        resizeToContents="1",
        columnCount="1",
        symbolWidth="6",
        symbolHeight="3.5",
        boxSpace="1",
        columnSpace="2",
        lineSpacing="1",
        splitLayer="0",
        fontColor="#1f2a37",
        legendFilterByAtlas="0",
        symbolAlignment="1",
        titleAlignment="1",
        wrapChar="",
    )
    styles = ET.SubElement(node, "styles")
    for name, size, margins in (
        ("title", 10.0, {"marginBottom": "2"}),
        ("group", 9.0, {"marginTop": "2"}),
        ("subgroup", 8.0, {"marginTop": "2"}),
        ("symbol", 7.5, {"marginTop": "1.2"}),
        ("symbolLabel", 7.5, {"marginTop": "1", "marginLeft": "2"}),
    ):
        style = ET.SubElement(styles, "style", {"name": name, "indent": "0", "alignment": "1", **margins})
        ET.SubElement(style, "styleFont", _font(size, bold=name in ("title", "subgroup")))
    tree = ET.SubElement(node, "layer-tree-group")
    for id_, item in layers:
        node_of_layer = ET.SubElement(
            tree,
            "layer-tree-layer",
            {
                "id": id_,
                "name": qml.clean_xml(item.title[atlas.language]),
                "checked": "Qt::Checked",
                "expanded": "1",
                "legend_exp": "",
            },
        )
        if isinstance(item, RasterItem):
            # a raster's first line is "Band 1 (Gray)", which says nothing on paper: keep the others
            classes = settle_raster(item).classes
            kept = ",".join(str(n + 1) for n in range(max(len(classes), 1)))
            extra = ET.SubElement(ET.SubElement(node_of_layer, "customproperties"), "Option", {"type": "Map"})
            ET.SubElement(extra, "Option", {"type": "QString", "name": "legend/node-order", "value": kept})
    return node


def _scale_bar(key: str, bounds: tuple[float, float, float, float]) -> ET.Element:
    metres_per_mm = (bounds[2] - bounds[0]) / MAP_MM[2]
    segment = _round_down(metres_per_mm * 22.0)
    kilometres = segment >= 1000
    node = _item(
        _SCALE_BAR,
        (10.0, 190.0, 80.0, 11.0),
        f"{key}/scale",
        3,
        style="Single Box",
        mapUuid=_uuid(f"{key}/map"),
        unitType="km" if kilometres else "meters",
        unitLabel="km" if kilometres else "m",
        numMapUnitsPerScaleBarUnit="1",
        numUnitsPerSegment=f"{segment / 1000 if kilometres else segment:g}",
        numSegments="2",
        numSegmentsLeft="0",
        segmentSizeMode="0",
        segmentMillimeters="22",
        minBarWidth="30",
        maxBarWidth="70",
        height="2",
        labelBarSpace="1.5",
        boxContentSpace="1",
        outlineWidth="0.2",
        alignment="0",
        numSubdivisions="1",
        subdivisionsHeight="1.5",
        labelVerticalPlacement="0",
        labelHorizontalPlacement="0",
        lineJoinStyle="miter",
        lineCapStyle="square",
    )
    text = {"fontFamily": "Open Sans", "fontSize": "7", "fontSizeUnit": "Point", "textColor": "31,42,55,255"}
    ET.SubElement(node, "text-style", {**text, "textOpacity": "1", "fontWeight": "50", "namedStyle": "Regular"})
    return node


def _north_arrow(key: str) -> ET.Element:
    """Return an arrow that follows the map's rotation."""
    packed = base64.b64encode(_ARROW.encode()).decode()
    return _item(
        _PICTURE,
        (207.0, 8.0, 10.0, 16.0),
        f"{key}/north",
        7,
        file=f"base64:{packed}",
        mode="0",
        resizeMode="0",
        anchorPoint="4",
        pictureWidth="10",
        pictureHeight="16",
        pictureRotation="0",
        northMode="0",
        northOffset="0",
        mapUuid=_uuid(f"{key}/map"),
        svgFillColor="31,42,55,255",
        svgBorderColor="31,42,55,255",
        svgBorderWidth="0.2",
    )


def _round_down(value: float) -> float:
    power = 1.0
    while power * 10 <= value:
        power *= 10
    return power * next(n for n in (5, 2, 1) if power * n <= max(value, 1.0))


def _credits(layers: Sequence[tuple[str, VectorItem | RasterItem]]) -> str:
    seen: dict[str, None] = {}
    for _, item in layers:
        if text := (item.attribution or item.source):
            seen[text] = None
    return ". ".join(seen)


def element(atlas: Atlas, page: TeamPage, layers: Sequence[tuple[str, VectorItem | RasterItem]]) -> ET.Element:
    """Return one team's ``<Layout>``.

    Parameters
    ----------
    atlas : Atlas
        For the area, the language, the date and the banner.
    page : TeamPage
        Whose sheet it is.
    layers : sequence of (str, item)
        Project layer ids and what they show, from the top of the map down. Restricted layers do not
        print.

    Returns
    -------
    xml.etree.ElementTree.Element
    """
    language = atlas.language
    key = f"{atlas.name}/{page.id}"
    shown = [(i, item) for i, item in layers if item.sharing != "restricted"]
    _, hidden = stack(atlas, page)
    bounds = _fitted(_view(atlas, page))
    # the list of layouts is read before a layout is opened: its name is marked too
    name = f"{DEMO_BANNER[language].split(' - ')[0]} - {page.title[language]}" if atlas.synthetic else page.title[language]
    root = ET.Element("Layout", {"name": name, "units": "mm", "printResolution": "300", "worldFileMap": ""})
    ET.SubElement(root, "Snapper", {"snapToGrid": "0", "snapToItems": "1", "snapToGuides": "1", "tolerance": "5"})
    ET.SubElement(root, "Grid", {"resolution": "10", "resUnits": "mm", "offsetX": "0", "offsetY": "0", "offsetUnits": "mm"})
    pages = ET.SubElement(root, "PageCollection")
    pages.append(_item(_PAGE, (0.0, 0.0, *PAGE_MM), f"{key}/page", 0, background="true"))
    ET.SubElement(pages, "GuideCollection", {"visible": "1"})
    root.append(_label(page.title[language], (10, 8, 195, 9), f"{key}/title", 4, size=16, bold=True))
    root.append(_label(page.question[language], (10, 17, 195, 7), f"{key}/question", 5, size=9.5))
    root.append(_map(key, bounds, shown, atlas))
    # the base map's signs are explained too, after what the map is about
    root.append(_legend(key, sorted(shown, key=lambda s: s[1].group == "base"), atlas))
    root.append(_scale_bar(key, bounds))
    root.append(_north_arrow(key))
    if bounds != _fitted(atlas.area_bounds):
        root.append(_inset(key, shown, atlas))
    scale = round((bounds[2] - bounds[0]) * _MM_PER_M / MAP_MM[2] / 1000) * 1000
    note = [words.say("source", language) + ": " + _credits(shown)]
    if hidden:
        note.append(words.say("restricted_left_out", language, layers=", ".join(hidden)))
    facts = [words.say("crs", language, crs=atlas.crs)]
    if atlas.created:
        facts.append(words.say("created", language, date=atlas.created))
    note.append(". ".join([words.say("scale", language, scale=f"{scale:,}".replace(",", "\u00a0")), *facts]))
    root.append(_label("\n".join(note), (92, 189, 195, 13), f"{key}/note", 6, size=7, color=(75, 85, 99)))
    if atlas.synthetic:
        banner = _label(words.banner(language), (221, 8, 66, 9), f"{key}/banner", 9, size=7.5, bold=True,
                        color=(122, 31, 0), alarm=True)  # fmt: skip
        root.append(banner)
        root.append(
            _label(words.banner(language), (10, 203, 277, 5), f"{key}/banner2", 9, size=8, bold=True,
                   color=(122, 31, 0), alarm=True)
        )  # fmt: skip
    return root
