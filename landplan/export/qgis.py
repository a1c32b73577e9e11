"""A QGIS project written without QGIS: groups, styles, themes and layouts over the run's own files.

What QGIS needs and does not say: the project's CRS is read only where projections are enabled, each
layer needs its own ``<srs>`` in full, a layer outside the tree is not seen, and neither the GeoPackage's
styles nor a raster's sidecar is asked for a project's layers, so the styles stand in the project.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from landplan.export import layout, qml, words
from landplan.export.bookmarks import bookmarks
from landplan.export.files import write_bytes
from landplan.export.items import Atlas, RasterItem, TeamPage, VectorItem
from landplan.export.legend import draw_order, geometry_kind, split_kinds
from landplan.export.names import demo_stem, raster_file
from landplan.export.pages import Item, all_items, find, shown_first

__all__ = ["group_titles", "page_items", "project_xml", "write"]

_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


def _sub(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    node = ET.SubElement(parent, tag, {k: qml.clean_xml(v) for k, v in attributes.items()})
    if text:
        node.text = qml.clean_xml(text)
    return node


def _spatialrefsys(parent: ET.Element, crs: str) -> None:
    """Write a CRS in full: WKT, authority and numbers; with only the code QGIS finds no CRS at all."""
    from pyproj import CRS

    full = CRS.from_user_input(crs)
    code = full.to_epsg()
    box = _sub(parent, "spatialrefsys", nativeFormat="Wkt")
    _sub(box, "wkt", full.to_wkt("WKT2_2019"))
    _sub(box, "srsid", str(code or 0))
    _sub(box, "srid", str(code or 0))
    _sub(box, "authid", f"EPSG:{code}" if code else "")
    _sub(box, "description", full.name)
    _sub(box, "geographicflag", str(full.is_geographic).lower())


def _extent(parent: ET.Element, tag: str, bounds: tuple[float, float, float, float]) -> None:
    box = _sub(parent, tag)
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        _sub(box, name, f"{value:.3f}")


def _key(item: Item) -> str:
    # QGIS throws away ids of ten characters or fewer and makes up its own
    return f"landplan_{'raster' if isinstance(item, RasterItem) else 'vector'}_{item.id}"


def _maplayer(parent: ET.Element, item: Item, atlas: Atlas, source: str) -> None:
    language = atlas.language
    raster = isinstance(item, RasterItem)
    attributes = {"type": "raster" if raster else "vector", "hasScaleBasedVisibilityFlag": "0", "autoRefreshEnabled": "0"}
    if isinstance(item, VectorItem):
        labelled = item.style.label is not None and item.style.label in item.frame.columns
        kind = geometry_kind(item.frame)
        attributes |= {
            "geometry": {"point": "Point", "line": "Line", "polygon": "Polygon"}[kind],
            "labelsEnabled": "1" if labelled else "0",
            "simplifyDrawingHints": "1",
        }
    node = _sub(parent, "maplayer", **attributes)
    bounds = item.grid.bounds if isinstance(item, RasterItem) else _bounds(item, atlas)
    _extent(node, "extent", bounds)
    _sub(node, "id", _key(item))
    _sub(node, "datasource", source)
    _sub(node, "layername", item.title[language])
    _spatialrefsys(_sub(node, "srs"), item.grid.crs if isinstance(item, RasterItem) else atlas.crs)
    _resource(node, item, atlas)
    if raster:
        _sub(node, "provider", "gdal")
    else:
        _sub(node, "provider", "ogr", encoding="UTF-8")
    elements = qml.raster_elements(item, language) if isinstance(item, RasterItem) else qml.vector_elements(item, language)
    node.extend(elements)


def _bounds(item: VectorItem, atlas: Atlas) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = (float(v) for v in item.frame.total_bounds)
    return (xmin, ymin, xmax, ymax) if xmin <= xmax else atlas.area_bounds


def _resource(node: ET.Element, item: Item, atlas: Atlas) -> None:
    """Write what the layer's properties show under Information: words, licence, rights."""
    box = _sub(node, "resourceMetadata")
    _sub(box, "identifier", item.id)
    _sub(box, "language", "SWE" if atlas.language == "sv" else "ENG")
    _sub(box, "type", "dataset")
    _sub(box, "title", item.title[atlas.language])
    notes = [words.banner(atlas.language)] if item.synthetic else []
    notes += [item.description[atlas.language], item.source, item.data_date]
    _sub(box, "abstract", ". ".join(n for n in notes if n))
    if item.licence:
        _sub(box, "license", item.licence)
    if item.attribution:
        _sub(box, "rights", item.attribution)


def _group(parent: ET.Element, title: str, *, expanded: bool = True) -> ET.Element:
    group = _sub(parent, "layer-tree-group", name=title, checked="Qt::Checked", expanded="1" if expanded else "0")
    _sub(group, "customproperties")
    return group


def _tree_layer(parent: ET.Element, item: Item, atlas: Atlas, source: str) -> None:
    _sub(
        parent,
        "layer-tree-layer",
        id=_key(item),
        name=item.title[atlas.language],
        source=source,
        providerKey="gdal" if isinstance(item, RasterItem) else "ogr",
        checked="Qt::Checked" if item.visible else "Qt::Unchecked",
        expanded="1" if item.visible and item.group != "base" else "0",
    )


def group_titles(atlas: Atlas) -> dict[str, str]:
    """Return the title of each group of layers, in the order they stand: results, teams, the base map."""
    titles = {"results": words.say("results", atlas.language)}
    titles |= {page.id: page.title[atlas.language] for page in atlas.pages}
    others = {i.group: i.group for i in all_items(atlas)}
    base = words.say("base", atlas.language)
    return {**titles, **{g: t for g, t in others.items() if g not in titles and g != "base"}, "base": base}


def _scenario(item: Item, atlas: Atlas) -> str:
    return item.scenario[atlas.language] if isinstance(item, VectorItem) else ""


def _place(item: Item, atlas: Atlas) -> tuple[str, ...]:
    """Return the groups within its group that an item stands in: the team a result is for alone, the scenario."""
    asking = [page for page in atlas.pages if item.id in (*page.layers, *page.rasters)] if item.group == "results" else []
    team = (asking[0].title[atlas.language],) if len(asking) == 1 else ()
    scenario = _scenario(item, atlas)
    return (*team, scenario) if scenario else team


def _by_place(members: list[Item], atlas: Atlas) -> list[Item]:
    """Return items with those that stand nowhere deeper first, then team by team, each scenario last."""
    teams = {page.title[atlas.language]: n for n, page in enumerate(atlas.pages, start=1)}

    def rank(item: Item) -> tuple[int, bool]:
        place = _place(item, atlas)
        return (teams.get(place[0], len(teams) + 1) if place else 0, bool(_scenario(item, atlas)))

    return sorted(members, key=rank)


def _tree(root: ET.Element, atlas: Atlas, sources: dict[str, str], ordered: list[Item]) -> None:
    top = _sub(root, "layer-tree-group")
    _sub(top, "customproperties")
    # everything stands inside the banner's group: no layer of a demonstration can be seen without it
    inside = _group(top, words.banner(atlas.language)) if atlas.synthetic else top
    for group, title in group_titles(atlas).items():
        members = [i for i in ordered if i.group == group]
        if not members:
            continue
        node = _group(inside, title, expanded=group != "base")
        made: dict[tuple[str, ...], ET.Element] = {(): node}
        for item in _by_place(members, atlas):
            place = _place(item, atlas)
            for depth in range(1, len(place) + 1):
                if place[:depth] not in made:
                    # what is asked in passing stays folded, what a team asked for is open
                    made[place[:depth]] = _group(made[place[: depth - 1]], place[depth - 1], expanded=not _scenario(item, atlas))
            _tree_layer(made[place], item, atlas, sources[_key(item)])
    order = _sub(top, "custom-order", enabled="1")
    for item in ordered:
        _sub(order, "item", text=_key(item))


def page_items(atlas: Atlas, page: TeamPage) -> list[Item]:
    """Return the layers and rasters a page shows at first, from the top of the map down.

    Unlike on the web, restricted layers take part, and base layers that the page forgot.
    """
    named = dict.fromkeys((*page.layers, *page.rasters))
    items = [item for id_ in named if (item := find(atlas, id_)) is not None and shown_first(page, item)]
    items += [v for v in atlas.vectors if v.group == "base" and v.visible and v.id not in named]
    keyed = [(draw_order(item, position), item) for position, item in enumerate(items)]
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0], reverse=True)]


def _themes(root: ET.Element, atlas: Atlas) -> None:
    box = _sub(root, "visibility-presets")
    for page in atlas.pages:
        node = _sub(box, "visibility-preset", name=page.title[atlas.language])
        for item in page_items(atlas, page):
            _sub(node, "layer", id=_key(item), visible="1", style="default", expanded="1")
        _sub(node, "checked-group-nodes")
        _sub(node, "expanded-group-nodes")


def _bookmarks(root: ET.Element, atlas: Atlas) -> None:
    box = _sub(root, "Bookmarks")
    for n, mark in enumerate(bookmarks(atlas)):
        west, south, east, north = mark.bounds
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = ", ".join(f"{x:.3f} {y:.3f}" for x, y in corners)
        node = _sub(box, "Bookmark", id=f"landplan_{n}", name=mark.name, group=mark.group, extent=f"Polygon (({ring}))")
        _spatialrefsys(node, atlas.crs)


def _properties(root: ET.Element, atlas: Atlas) -> None:
    box = _sub(root, "properties")
    enabled = _sub(box, "SpatialRefSys")
    _sub(enabled, "ProjectionsEnabled", "1", type="int")
    paths = _sub(box, "Paths")
    _sub(paths, "Absolute", "false", type="bool")
    units = _sub(box, "Measurement")
    _sub(units, "DistanceUnits", "meters", type="QString")
    _sub(units, "AreaUnits", "ha", type="QString")
    if atlas.synthetic:
        # the copyright decoration prints the banner on the map canvas itself
        mark = _sub(box, "CopyrightLabel")
        _sub(mark, "Enabled", "true", type="bool")
        _sub(mark, "Label", words.banner(atlas.language), type="QString")
        _sub(mark, "Placement", "1", type="int")
        _sub(mark, "Color", "#7a1f00", type="QString")


def project_xml(atlas: Atlas, sources: dict[str, str]) -> str:
    """Return the project's ``.qgs`` text.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    sources : dict of str to str
        ``landplan_vector_<id>`` and ``landplan_raster_<id>`` to the data source as QGIS writes it,
        relative to the project.

    Returns
    -------
    str
        XML with its document type.
    """
    language = atlas.language
    title = atlas.title[language]
    full = f"{title} | {words.banner(language)}" if atlas.synthetic else title
    root = ET.Element("qgis", {"version": qml.QGIS_VERSION, "projectname": qml.clean_xml(full)})
    _sub(root, "title", full)
    ordered = _ordered(atlas)
    _spatialrefsys(_sub(root, "projectCrs"), atlas.crs)
    _tree(root, atlas, sources, ordered)
    canvas = _sub(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _sub(canvas, "units", "meters")
    _extent(canvas, "extent", atlas.area_bounds)
    _sub(canvas, "rotation", "0")
    _spatialrefsys(_sub(canvas, "destinationsrs"), atlas.crs)
    layers = _sub(root, "projectlayers")
    for item in ordered:
        _maplayer(layers, item, atlas, sources[_key(item)])
    order = _sub(root, "layerorder")
    for item in ordered:
        _sub(order, "layer", id=_key(item))
    _properties(root, atlas)
    _themes(root, atlas)
    _bookmarks(root, atlas)
    box = _sub(root, "Layouts")
    for page in atlas.pages:
        box.append(layout.element(atlas, page, [(_key(i), i) for i in page_items(atlas, page)]))
    view = _sub(root, "ProjectViewSettings", UseProjectScales="0")
    extent = dict(zip(("xmin", "ymin", "xmax", "ymax"), (f"{v:.3f}" for v in atlas.area_bounds), strict=True))
    default = _sub(view, "DefaultViewExtent", **extent)
    _spatialrefsys(default, atlas.crs)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _ordered(atlas: Atlas) -> list[Item]:
    keyed = [(draw_order(item, position), item) for position, item in enumerate(all_items(atlas))]
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0], reverse=True)]


def write(atlas: Atlas, folder: Path, gpkg_name: str, raster_dir: str | Path) -> list[Path]:
    """Write the project that opens a run's GeoPackage and rasters, styled, grouped and ready to print.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    folder : Path
        Where the project goes; it is named after the atlas, with the prefix of `names.demo_stem` when
        anything is made up.
    gpkg_name : str
        The GeoPackage's file name, in the same folder.
    raster_dir : str or Path
        The rasters' folder, in or beside `folder`; each file is named by `names.raster_file`.

    Returns
    -------
    list of Path
        The ``.qgz``. Its bytes depend on the atlas alone.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    ExportError
        If the project cannot be written.

    Examples
    --------
    >>> from landplan.export import qgis
    >>> qgis.write(atlas, Path("out/torsboda"), "torsboda.gpkg", "rasters")  # doctest: +SKIP
    [PosixPath('out/torsboda/torsboda.qgz')]
    """
    atlas = replace(atlas, vectors=tuple(part for item in atlas.vectors for part in split_kinds(item)))
    place = Path(raster_dir)
    relative = Path(os.path.relpath(place, folder)) if place.is_absolute() else place
    sources = {_key(v): f"./{gpkg_name}|layername={v.id}" for v in atlas.vectors}
    sources |= {_key(r): f"./{(relative / raster_file(r)).as_posix()}" for r in atlas.rasters}
    stem = demo_stem(atlas.name, atlas.synthetic)
    text = project_xml(atlas, sources)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{stem}.qgs", date_time=_ZIP_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text.encode("utf-8"))
    return [write_bytes(folder / f"{stem}.qgz", packed.getvalue())]
