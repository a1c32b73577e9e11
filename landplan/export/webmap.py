"""One offline web map a team: a single HTML file that opens from an e-mail, with no network at all.

The text of the page (answer, score cards, tables, sources) is plain HTML and reads without JavaScript;
the map is Leaflet drawing packed vectors. Attribute values reach the page as text nodes only, and a
content security policy names the hashes of our own scripts, so that nothing in a layer can run.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.export import display, legend, map_words, packing, templates, webtools, words
from landplan.export.cards import card_view
from landplan.export.files import write_bytes, write_text
from landplan.export.items import Atlas, RasterItem, TeamPage, VectorItem
from landplan.export.pages import shown_first, stack
from landplan.export.picture import raster_png
from landplan.export.tableview import table_view
from landplan.units import Language, format_int

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["BUDGET_BYTES", "TOLERANCE_M", "page_html", "write"]

BUDGET_BYTES: Final = 8_000_000
_MARGIN: Final = 20_000
TOLERANCE_M: Final = 5.0
_COARSER_M: Final = 20.0
_OUTLINES_UP_TO: Final = 5_000
"""More polygons than this are drawn without outline, which at full extent would hide every fill."""
_TABLE_ROWS: Final = 60
_SCRIPTS: Final = (
    "webmap.js", "webmap_rank.js", "webmap_compare.js", "webmap_reach.js", "webmap_tools.js", "webmap_enquiry.js", "webmap_notes.js",
)  # fmt: skip
_GROUPS: Final = ("results", "teams", "base")


@dataclass(slots=True)
class _Layer:
    """One vector layer on its way to the page."""

    item: VectorItem
    settled: legend.Settled
    key: str
    visible: bool
    shown: int = 0
    data: str = ""
    columns: list[dict[str, Any]] = field(default_factory=list)
    kind: legend.GeometryKind = "polygon"


@dataclass(slots=True)
class _Notes:
    """What the page says about itself: what was left out, simplified, thinned."""

    language: Language
    lines: list[str] = field(default_factory=list)

    def add(self, key: str, **values: object) -> None:
        line = words.say(key, self.language, **values)
        if line not in self.lines:
            self.lines.append(line)


def _prepared(item: VectorItem, crs: str, tolerance_m: float, keep: int | None) -> gpd.GeoDataFrame:
    """Return a layer's geometry simplified in metres, then in degrees, with its row numbers."""
    import geopandas as gpd
    import shapely

    geometry = np.asarray(item.frame.geometry.values)
    rows = np.arange(len(geometry))
    good = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    good &= np.isfinite(shapely.bounds(geometry)).all(axis=1)
    geometry, rows = shapely.force_2d(geometry[good]), rows[good]
    if keep is not None and keep < len(geometry):
        size = np.where(shapely.area(geometry) > 0, shapely.area(geometry), shapely.length(geometry))
        largest = np.sort(np.argsort(-size, kind="stable")[:keep])
        geometry, rows = geometry[largest], rows[largest]
    if tolerance_m > 0:
        geometry = shapely.simplify(geometry, tolerance_m, preserve_topology=True)
    source = item.frame.crs or crs
    return gpd.GeoDataFrame({"_row": rows}, geometry=geometry, crs=source).to_crs(4326)


def _cells(column: display.Column, values: Any) -> list[Any]:
    """Return a column for the browser: rounded numbers, everything else as the words people read."""
    import pandas as pd

    found: list[Any] = []
    if column.type == "float" and not column.words and values.dtype == np.float64:
        rounded = np.round(values.to_numpy(), column.decimals)
        known = np.isfinite(rounded)
        whole = column.decimals == 0
        return [(int(v) if whole else float(v)) if k else None for v, k in zip(rounded, known, strict=True)]
    if isinstance(values.dtype, pd.StringDtype):
        # a road layer has ten classes and thirty thousand rows: write each word once
        codes, different = pd.factorize(values)
        written = [column.text(v) or None for v in different]
        return [None if code < 0 else written[code] for code in codes]
    for value in values:
        if column.numeric and not isinstance(value, str):
            cell = display.plain(value)
            if isinstance(cell, bool | str) or str(cell) in column.words:
                found.append(column.text(cell))
            elif cell is None:
                found.append(None)
            else:
                found.append(round(cell, column.decimals) if column.decimals else round(cell))
        else:
            found.append(column.text(value) or None)
    return found


def _label_points(frame: gpd.GeoDataFrame) -> list[list[float]]:
    import shapely

    points = []
    for geometry in frame.geometry.values:
        if geometry.geom_type in ("LineString", "MultiLineString"):
            longest = max(shapely.get_parts(geometry), key=lambda g: g.length)
            at = longest.interpolate(0.5, normalized=True)
        else:
            at = shapely.centroid(geometry)
            if geometry.geom_type.endswith("Polygon") and not geometry.contains(at):
                at = shapely.point_on_surface(geometry)
        points.append([round(at.x, 5), round(at.y, 5)])
    return points


def _label_rank(item: VectorItem) -> list[float] | None:
    name = item.style.extra.get("label_rank", "population")
    if name not in item.frame.columns:
        return None
    import pandas as pd

    numbers = pd.to_numeric(item.frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return [float(v) if np.isfinite(v) else 0.0 for v in numbers]


Packed = dict[tuple[Any, ...], tuple[int, list[dict[str, Any]], str]]
"""Layers as they were packed for one page, for the next that shows them: the background is the same on every team's map."""


def _pack(
    layer: _Layer, crs: str, language: Language, *, tolerance_m: float, keep: int | None, sites: set[str], packed: Packed | None = None
) -> None:
    """Pack a layer, or take it as it was packed before."""
    own = frozenset(sites) if "site_id" in layer.item.frame.columns else None
    key = (layer.item.id, id(layer.item), tolerance_m, keep, own)
    if packed is None or key not in packed:
        _pack_new(layer, crs, language, tolerance_m=tolerance_m, keep=keep, sites=sites)
        if packed is not None:
            packed[key] = layer.shown, layer.columns, layer.data
    else:
        layer.shown, layer.columns, layer.data = packed[key]


def _pack_new(layer: _Layer, crs: str, language: Language, *, tolerance_m: float, keep: int | None, sites: set[str]) -> None:
    item = layer.item
    frame = _prepared(item, crs, tolerance_m, keep)
    layer.shown = len(frame)
    if frame.empty:
        layer.data = ""
        return
    columns = display.columns_of(item.frame, item.fields, language)
    picked = item.frame.iloc[frame["_row"].to_numpy()]
    frame = frame.assign(_row=np.arange(len(frame)))
    rows: dict[str, Sequence[Any]] = {f"c{i}": _cells(c, picked[c.name]) for i, c in enumerate(columns)}
    layer.columns = [
        {"name": c.name, "title": c.title, "unit": c.unit, "decimals": c.decimals, "grouped": c.grouped} for c in columns
    ]
    if layer.settled.classes and layer.settled.style.column is not None:
        index = legend.class_index(layer.settled, picked[layer.settled.style.column])
        rows["class"] = [int(v) for v in index]
    header: dict[str, Any] = {"rows_total": len(frame)}
    if item.style.label is not None and item.style.label in picked.columns:
        named = [column for column in columns if column.name == item.style.label]
        writer = named[0] if named else display.Column(item.style.label, "", language=language)
        rows["label"] = [writer.text(v) for v in picked[item.style.label]]
        header["label_at"] = _label_points(frame)
        if (rank := _label_rank(item)) is not None:
            header["label_rank"] = [rank[i] for i in picked_index(item, picked)]
    if sites and "site_id" in picked.columns:
        ids = [str(v) for v in picked["site_id"]]
        # a layer with several rows a site (rings, roads) is about the sites, not the sites themselves
        if sites & set(ids) and len(set(ids)) == len(ids):
            rows["site"] = [i if i in sites else None for i in ids]
    layer.data = packing.pack(frame, header, rows)


def picked_index(item: VectorItem, picked: Any) -> list[int]:
    """Return the positions of picked rows in the item's frame, whatever its index."""
    if item.frame.index.is_unique:
        return [int(i) for i in item.frame.index.get_indexer(picked.index)]
    return list(range(len(picked)))


def _fit(layers: list[_Layer], atlas: Atlas, notes: _Notes, sites: set[str], budget: int, packed: Packed | None = None) -> float:
    """Pack the layers within the budget: first coarser, then fewer; say what was done."""
    tolerance = TOLERANCE_M
    for layer in layers:
        _pack(layer, atlas.crs, atlas.language, tolerance_m=tolerance, keep=None, sites=sites, packed=packed)
    total = sum(len(layer.data) for layer in layers)
    if total > budget:
        tolerance = _COARSER_M
        for layer in layers:
            if len(layer.data) * len(layers) * 2 > budget:
                _pack(layer, atlas.crs, atlas.language, tolerance_m=tolerance, keep=None, sites=sites, packed=packed)
        total = sum(len(layer.data) for layer in layers)
    thinned: dict[str, int] = {}
    while total > budget:
        largest = max(layers, key=lambda one: len(one.data))
        before = thinned.setdefault(largest.key, largest.shown)
        spare = budget - (total - len(largest.data))
        # a margin, because the largest features also carry the most points
        share = min(max(spare, len(largest.data) * 0.1) / len(largest.data) * 0.8, 0.8)
        keep = int(largest.shown * share)
        if keep < 1:
            break
        _pack(largest, atlas.crs, atlas.language, tolerance_m=tolerance, keep=keep, sites=sites, packed=packed)
        total = sum(len(layer.data) for layer in layers)
        thinned[largest.key] = before
    for layer in layers:
        if layer.key in thinned:
            notes.add(
                "thinned",
                layer=layer.item.title[atlas.language],
                shown=format_int(layer.shown, language=atlas.language),
                total=format_int(thinned[layer.key], language=atlas.language),
            )
    return tolerance


def _swatch(item: VectorItem | RasterItem, kind: str, color: str, width_px: float | None) -> dict[str, Any]:
    style = item.style
    return {
        "kind": kind,
        "color": color,
        "stroke": style.stroke if style.width_px > 0 else "none",
        "opacity": style.opacity,
        "dash": style.dash,
        "width": min(style.width_px if width_px is None else width_px, 5.0),
        "marker": style.marker,
        "size": min(style.size_px if width_px is None else width_px, 13.0),
    }


def _legend_view(item: VectorItem | RasterItem, settled: legend.Settled, language: Language) -> list[dict[str, Any]]:
    kind = "raster" if isinstance(item, RasterItem) else legend.geometry_kind(item.frame)
    return [
        {"label": e.label, **_swatch(item, kind, e.color, e.width_px)}
        for e in legend.entries(item, settled, language)
    ]


def _group_of(item: VectorItem | RasterItem) -> str:
    return item.group if item.group in ("results", "base") else "teams"


def _source_line(item: VectorItem | RasterItem) -> str:
    return " · ".join(t for t in (item.attribution or item.source, item.licence, item.data_date) if t)


def _tables(atlas: Atlas, page: TeamPage, notes: _Notes) -> list[dict[str, Any]]:
    language = atlas.language
    found = []
    for item in (t for t in atlas.tables if t.id in page.tables and t.on_pages):
        if item.sharing == "restricted":
            notes.add("restricted_left_out", layers=item.title[language])
            continue
        found.append(table_view(item, language, most=_TABLE_ROWS))
    return found


def _map_script(bounds: tuple[float, float, float, float]) -> tuple[str, str]:
    """Return folium's element and script for the bare map; the links it would add are not asked for."""
    import folium
    from branca.element import Figure
    from folium.template import Template

    class OfflineMap(folium.Map):
        """A folium map that brings no scripts or styles of its own."""

        default_js: list[tuple[str, str]] = []  # noqa: RUF012 (folium's own declaration)
        default_css: list[tuple[str, str]] = []  # noqa: RUF012
        _template = Template(
            """
            {% macro header(this, kwargs) %}{% endmacro %}
            {% macro html(this, kwargs) %}<div id="{{ this.get_name() }}"></div>{% endmacro %}
            {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
                center: {{ this.location|tojson }},
                crs: L.CRS.{{ this.crs }},
                ...{{ this.options|tojavascript }}
            });
            {% endmacro %}
            """
        )

    west, south, east, north = bounds
    view = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=9,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        min_zoom=5,
        max_zoom=18,
    )
    view._id = "landplan"  # folium's is random; a fixed one gives the same page twice
    view._name = "map"
    figure = Figure()
    figure.add_child(view)
    view.render()  # type: ignore[no-untyped-call]
    return figure.html.render().strip(), figure.script.render().strip()


def _layer_config(layer: _Layer, language: Language) -> dict[str, Any]:
    item, style = layer.item, layer.settled.style
    opacity = 1.0 if layer.kind == "line" and style.opacity == 0.6 else style.opacity
    return {
        "key": layer.key,
        "id": item.id,
        "title": item.title[language],
        "kind": layer.kind,
        "visible": layer.visible,
        "base": item.group == "base",
        "whole": layer.shown == len(item.frame),
        "labelled": item.group == "base" and item.style.label is not None,
        "columns": layer.columns,
        "classes": [{"color": c.color, "width": c.width_px} for c in layer.settled.classes],
        "style": {
            "color": style.color,
            "stroke": style.stroke,
            "width": 0 if layer.kind == "polygon" and layer.shown > _OUTLINES_UP_TO else style.width_px,
            "size": style.size_px,
            "opacity": opacity,
            "dash": style.dash,
            "marker": style.marker,
        },
    }


def _script_words(language: Language) -> dict[str, str]:
    keys = (
        "close", "feature_of", "next_feature", "load_failed", "old_browser", "zoom_in", "zoom_out",
        "whole_area", "score_card", "map", "map_help", *map_words.SCRIPT,
    )  # fmt: skip
    return {k: words.say(k, language) for k in keys}


def page_html(atlas: Atlas, page: TeamPage, *, budget_bytes: int = BUDGET_BYTES, packed: Packed | None = None) -> str:
    """Return one team's page.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        The team; its layers are drawn points over lines over polygons over rasters, the base map lowest,
        and among equals the one named first lies on top. A layer with a ``site_id`` column opens the
        score cards of those sites. Labels are placed by the column that ``style.extra["label_rank"]``
        names, or ``population``, larger first.
    budget_bytes : int, default 8 000 000
        How large the page's data may be before layers are simplified further, then thinned.
    packed : dict, optional
        Kept over the pages of one atlas: a layer that several show is packed once.

    Returns
    -------
    str
        HTML without a single address to fetch.

    Raises
    ------
    ExportError
        If the installed Leaflet package is missing.
    """
    from landplan.crs import transform_box

    language = atlas.language
    notes = _Notes(language)
    chosen, hidden = stack(atlas, page)
    if hidden:
        notes.add("restricted_left_out", layers=", ".join(hidden))
    rasters = [i for i in chosen if isinstance(i, RasterItem)]
    vectors = [i for i in chosen if isinstance(i, VectorItem)]

    layers = [
        _Layer(v, legend.settle_vector(v), f"v{n}", shown_first(page, v), kind=legend.geometry_kind(v.frame))
        for n, v in enumerate(vectors)
    ]
    pictures = {}
    spent = 0
    for n, raster in enumerate(rasters):
        picture, box = raster_png(raster)
        encoded = base64.b64encode(picture).decode()
        spent += len(encoded)
        pictures[raster.id] = {"key": f"r{n}", "data": encoded, "bounds": [[box[1], box[0]], [box[3], box[2]]]}
    sites = {c.site_id for c in page.cards}
    tolerance = _fit(layers, atlas, notes, sites, max(budget_bytes - spent, budget_bytes // 4), packed)
    for layer in layers:
        missing = len(layer.item.frame) - layer.shown
        if layer.item.frame.empty:
            notes.add("empty_layer", layer=layer.item.title[language])
        elif missing and not any(layer.item.title[language] in line for line in notes.lines):
            notes.add("without_geometry", layer=layer.item.title[language], count=missing)
    if layers:
        notes.add("simplified", metres=f"{tolerance:g}")

    order = {item.id: n for n, item in enumerate(reversed(chosen))}
    by_id = {layer.item.id: layer for layer in layers}
    groups = {g: [_panel_view(i, by_id, pictures, shown_first(page, i), language) for i in chosen if _group_of(i) == g]
              for g in _GROUPS}  # fmt: skip
    bounds = transform_box(atlas.area_bounds, atlas.crs, "EPSG:4326")
    west, south, east, north = bounds
    cards = [card_view(c, language) for c in sorted(page.cards, key=lambda c: c.rank)]
    places = webtools.site_places(page, atlas)
    ranking = webtools.ranking(page, language)
    tiles = webtools.tiles(atlas)
    config = {
        "language": language,
        "words": _script_words(language),
        "bounds": [[south, west], [north, east]],
        "scale": packing.SCALE,
        "layers": [{**_layer_config(x, language), "z": order[x.item.id]} for x in layers],
        "rasters": [
            {
                "key": pictures[r.id]["key"],
                "title": r.title[language],
                "visible": shown_first(page, r),
                "opacity": r.style.opacity,
                "crisp": bool(legend.settle_raster(r).classes),
                "bounds": pictures[r.id]["bounds"],
                "z": order[r.id],
            }
            for r in rasters
        ],
        "name": atlas.name,
        "page": page.id,
        "tiles": {"url": tiles["url"]} if tiles else None,
        "ranking": ranking,
        "notes": [dict(note) for note in atlas.notes],
        "sites": webtools.site_config(page, cards, places, ranking),
    }
    map_html, map_script = _map_script(bounds)
    scripts = [templates.leaflet_js(), "\n".join([map_script, *(templates.asset(name) for name in _SCRIPTS)])]
    return templates.render(
        "webmap.html",
        atlas=atlas,
        page=page,
        language=language,
        say=lambda key, **values: words.say(key, language, **values),
        banner=words.banner(language) if atlas.synthetic else "",
        css=templates.asset("webmap.css"),
        leaflet_css=templates.leaflet_css(),
        scripts=scripts,
        policy=" ".join(templates.script_hash(s) for s in scripts),
        map_html=map_html,
        config=templates.data_script(config),
        data=[(x.key, x.data) for x in layers] + [(p["key"], p["data"]) for p in pictures.values()],
        cards=cards,
        groups=[(g, groups[g]) for g in _GROUPS if groups[g]],
        tables=_tables(atlas, page, notes),
        notes=notes.lines,
        sources=_sources(chosen, language),
        ranked=ranking is not None,
        asked=any(card.facts for card in page.cards),
        variants=webtools.variants([(x.item, x.key) for x in layers], language),
        longest=webtools.longest_minutes([x.item for x in layers]), modes=webtools.modes([x.item for x in layers], language),
        tiles=tiles,
        tile_source=f" https://{tiles['host']}" if tiles else "",
    )


def _panel_view(
    item: VectorItem | RasterItem,
    layers: dict[str, _Layer],
    pictures: dict[str, dict[str, Any]],
    visible: bool,
    language: Language,
) -> dict[str, Any]:
    if isinstance(item, VectorItem):
        layer = layers[item.id]
        key, settled = layer.key, layer.settled
    else:
        key, settled = pictures[item.id]["key"], legend.settle_raster(item)
    entries = _legend_view(item, settled, language)
    ramp = isinstance(item, RasterItem) and not settled.classes
    return {
        "key": key,
        "title": item.title[language],
        "description": item.description[language],
        "visible": visible,
        "synthetic": item.synthetic,
        "single": len(entries) == 1 and not settled.classes,
        "entries": entries,
        "ramp": ", ".join(e["color"] for e in entries) if ramp else "",
        "opacity": item.style.opacity,
    }


def _sources(chosen: Sequence[VectorItem | RasterItem], language: Language) -> list[dict[str, str]]:
    return [
        {
            "title": item.title[language],
            "line": _source_line(item),
            "basis": words.say("is_demo", language) if item.synthetic else "",
        }
        for item in chosen
    ]



def write(atlas: Atlas, page: TeamPage, path: Path, *, packed: Packed | None = None) -> list[Path]:
    """Write one team's offline web map.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        One of the atlas' pages.
    path : Path
        The ``.html``; it appears when it is whole.
    packed : dict, optional
        See `page_html`.

    Returns
    -------
    list of Path
        The page, and a ``.zip`` of the same name that holds it and nothing else.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    ExportError
        If the installed Leaflet package is missing.

    Examples
    --------
    >>> from landplan.export import webmap
    >>> webmap.write(atlas, atlas.pages[0], Path("out/maps/industrial-land.html"))  # doctest: +SKIP
    """
    budget = BUDGET_BYTES
    html = page_html(atlas, page, packed=packed)
    # the text, the tables and the scripts take their part of the file too: so much less is left for the layers
    while (over := len(html.encode()) - BUDGET_BYTES) > 0 and budget > over + _MARGIN:
        budget -= over + _MARGIN
        html = page_html(atlas, page, budget_bytes=budget, packed=packed)
    # mail filters stop .html; the time is none, so that the same map is the same file
    packed_file = io.BytesIO()
    with zipfile.ZipFile(packed_file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(path.name), html.encode(), zipfile.ZIP_DEFLATED)
    return [write_text(path, html), write_bytes(path.with_suffix(".zip"), packed_file.getvalue())]
