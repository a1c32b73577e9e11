"""OpenStreetMap as layers: asked of an Overpass server, or clipped from a regional extract.

Both ways end in a file of OpenStreetMap elements on disc, read by osmium, so that turn restrictions, signals and
areas made of several ways mean the same however they came. An Overpass server says in a remark, with
status 200, that it gave up halfway: elements are counted before they are asked for, and a short answer is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.crs import transform_box
from landplan.errors import NetworkError, SourceError
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.extract import clip
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Limits, Web
from landplan.style import Text
from landplan.units import format_int

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["describe", "features", "fetch", "query", "tags_of"]

_SERVER_S: Final = 600
_SERVER_BYTES: Final = 1024**3
# what a reader of roads also needs: points on them, and the relations that forbid turns
_WITH_ROADS: Final = 'rel(bw.found)["type"="restriction"];'
Progress = Callable[[int, int | None], None]


def tags_of(text: str) -> tuple[tuple[str, str], ...]:
    """Read a source's tags: ``"power=line;power=minor_line;highway"``; a key alone means any value.

    Examples
    --------
    >>> tags_of("amenity=school; shop")
    (('amenity', 'school'), ('shop', ''))

    Raises
    ------
    SourceError
        If a part is no tag.
    """
    pairs = []
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        if not key or any(c in f"{key}{value}" for c in "\"'[]()\\"):
            raise SourceError(f"tags {text!r}: {part!r} is not key=value or key")
        pairs.append((key, value))
    return tuple(pairs)


def query(ask: Ask, *, count: bool) -> str:
    """Return the Overpass question: the elements with the source's tags in the area, or how many there are.

    Parameters
    ----------
    ask : Ask
    count : bool

    Returns
    -------
    str
        Overpass QL; answers JSON for a count, XML otherwise.
    """
    west, south, east, north = ask.box_in("EPSG:4326")
    box = f"{south:.6f},{west:.6f},{north:.6f},{east:.6f}"
    kind = {"line": "way", "point": "nwr", "polygon": "wr"}[ask.text("geometry", "line")]
    roads = ask.layer == "roads"
    wanted = [f'{"way" if roads else kind}["{k}"' + (f'="{v}"' if v else "") + f"]({box});" for k, v in tags_of(ask.text("tags"))]
    head = f"[out:{'json' if count else 'xml'}][timeout:{_SERVER_S}][maxsize:{_SERVER_BYTES}];({''.join(wanted)})->.found;"
    if count:
        return f"{head}.found out count;"
    more = f"{_WITH_ROADS}out body qt;" if roads else ""
    return f"{head}.found out body qt;.found >;out body qt;{more}"


def describe(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    if ask.options.get("file"):
        return (f"read {ask.options['file']}, clipped to the area",)
    return (f"POST {redact(ask.text('url'))} data={query(ask, count=False)}",)


def fetch(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Fetch a layer of OpenStreetMap.

    Parameters
    ----------
    ask : Ask
        Options `tags`, `geometry` (``line``, ``point`` or ``polygon``), `url` of an Overpass interpreter, or
        `file`, a regional extract; for roads `mode`.
    web : Web
    spool : Spool
    progress : callable, optional

    Returns
    -------
    Answer
        Roads as `landplan.network.osm.read_roads` gives them; other layers with `osm_id`, one column a tag key
        and `geometry` in EPSG:4326.

    Raises
    ------
    SourceError
        If the server or the file gives less than all.
    """
    counted: int | None = None
    if ask.options.get("file"):
        path = _clipped(ask, spool, progress)
    else:
        path, counted = _asked(ask, web, spool)
    try:
        frame, found, notes = _roads(ask, path) if ask.layer == "roads" else _others(ask, path)
    except (NetworkError, SourceError) as exc:
        # what cannot be read must not be taken again from the spool
        spool.clear()
        raise exc if isinstance(exc, SourceError) else SourceError(f"{ask.what}: {exc}") from None
    if counted is not None and found < counted:
        spool.clear()
        raise SourceError(f"{ask.what} says {counted} elements and gave {found}; nothing of it is used, run landplan fetch again")
    return Answer(frame=frame, counted=counted, queries=describe(ask), notes=notes)


def _clipped(ask: Ask, spool: Spool, progress: Progress | None) -> Path:
    """Clip the extract once for all layers of a fetch: it lies beside the layers' own folders of spools."""
    source = Path(str(ask.options["file"])).expanduser()
    box = ask.box_in("EPSG:4326")
    shared = Spool(spool.folder.parent.parent / "osm_extract")
    known = source.stat() if source.is_file() else None
    shared.start(json.dumps([str(source), known and [known.st_size, known.st_mtime_ns], [round(v, 6) for v in box]]))
    target = shared.folder / "area.osm.pbf"
    if not target.is_file():
        clip(source, box, target, progress=progress)
    return target


def _asked(ask: Ask, web: Web, spool: Spool) -> tuple[Path, int]:
    """Ask an Overpass server: how many first, then the elements."""
    url = ask.text("url")
    limits = Limits(most_bytes=int(ask.number("max_mb", 1000) * 1e6), most_s=_SERVER_S + 60.0, stall_s=_SERVER_S + 30.0)

    def asked(text: str, expect: str) -> bytes:
        from urllib.parse import urlencode

        return web.post(url, body=urlencode({"data": text}).encode(), kind="application/x-www-form-urlencoded", limits=limits, expect=expect).body

    said = asked(query(ask, count=True), "json")
    try:
        answer = json.loads(said)
        counted = int(next(e for e in answer["elements"] if e["type"] == "count")["tags"]["total"])
    except (ValueError, KeyError, StopIteration, TypeError):
        raise SourceError(f"{redact(url)} gave no count of elements; is it an Overpass interpreter? Its address ends with /api/interpreter") from None
    if answer.get("remark"):
        raise SourceError(f"{redact(url)} could not count: {redact(answer['remark'])}; ask for a smaller area, or name a regional extract: [sources.osm] file")
    question = query(ask, count=False)
    spool.start(json.dumps([url, question, counted]))
    body = spool.page("elements", lambda: asked(question, "xml"))
    _whole(body, url, spool)
    path = spool.folder / "elements.osm"
    path.write_bytes(body)
    return path, counted


def _whole(body: bytes, url: str, spool: Spool) -> None:
    """Refuse an answer that says itself that it is not whole, or that ends in the middle."""
    import re

    remark = re.search(rb"<remark>(.*?)</remark>", body, re.DOTALL)
    if remark:
        spool.clear()
        said = redact(remark.group(1).decode("utf-8", errors="replace").strip())
        raise SourceError(f"{redact(url)} gave up: {said}; nothing of it is used. Try again later, ask for less, or name a regional extract: [sources.osm] file")
    if not body.rstrip().endswith(b"</osm>") or b"<!DOCTYPE" in body[:2000] or b"<!ENTITY" in body:
        spool.clear()
        raise SourceError(f"{redact(url)} answered {len(body)} bytes that are not a whole OpenStreetMap document; nothing of it is used, run landplan fetch again")


def _roads(ask: Ask, path: Path) -> tuple[gpd.GeoDataFrame, int, tuple[Text, ...]]:
    import osmium

    from landplan.network.graph import remarks
    from landplan.network.osm import read_roads
    from landplan.network.speeds import SpeedProfile

    mode: Any = ask.text("mode", "car")
    frame = read_roads(path, mode=mode, crs=ask.crs)
    notes = list(remarks(frame.attrs["dropped"], frame.attrs["assumed"]))
    frame.attrs = {}
    empty = frame["speed_kmh"].isna()
    frame["speed_assumed"] = empty
    known = dict(SpeedProfile.for_mode(mode).default_kmh)
    frame["speed_kmh"] = frame["speed_kmh"].fillna(frame["road_class"].map(known).fillna(known["other"])).astype(float).clip(1.0, 130.0)
    count = int(empty.sum())
    if count:
        notes.append(
            Text(
                f"{format_int(count, language='sv')} av {format_int(len(frame), language='sv')} vägar saknar hastighet, vägklassens används",
                f"{format_int(count, language='en')} of {format_int(len(frame), language='en')} roads state no speed, their class's default is used",
            )
        )
    keys = [k for k, _ in tags_of(ask.text("tags"))]
    found = sum(1 for _ in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter(*keys)))
    return frame, found, tuple(notes)


def _others(ask: Ask, path: Path) -> tuple[gpd.GeoDataFrame, int, tuple[Text, ...]]:
    frame, found, broken = features(path, tags_of(ask.text("tags")), ask.text("geometry", "line"))
    notes = []
    if broken:
        notes.append(
            Text(
                f"{format_int(broken, language='sv')} ytor i OpenStreetMap går inte ihop och är utelämnade",
                f"{format_int(broken, language='en')} areas of OpenStreetMap do not close and are left out",
            )
        )
    if len(frame):
        import shapely

        west, south, east, north = transform_box(ask.box, ask.crs, "EPSG:4326")
        frame = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(west, south, east, north))].reset_index(drop=True)
    return frame, found, tuple(notes)


def features(path: Path, tags: tuple[tuple[str, str], ...], geometry: str) -> tuple[gpd.GeoDataFrame, int, int]:
    """Read the elements with some tags from a file of OpenStreetMap.

    Parameters
    ----------
    path : Path
    tags : tuple of (key, value)
        An empty value means any.
    geometry : {"line", "point", "polygon"}
        Lines are ways; polygons are closed ways and multipolygons; points are points, and a point inside each
        area that carries the tags.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        `osm_id` (``n1``, ``w2``, ``r3``), a column a tag key that occurs, geometry in EPSG:4326.
    found : int
        Elements of the file with the tags.
    broken : int
        Areas among them that could not be closed.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    import geopandas as gpd
    import osmium
    import shapely
    from shapely import wkb

    keys = osmium.filter.KeyFilter(*dict.fromkeys(k for k, _ in tags))
    wanted = {k: {v for kk, v in tags if kk == k} for k, _ in tags}

    def has(own: Mapping[str, str]) -> bool:
        return any(k in own and ("" in values or own[k] in values) for k, values in wanted.items())

    make = osmium.geom.WKBFactory()
    rows: dict[str, tuple[dict[str, str], Any]] = {}
    matched: dict[str, bool] = {}
    try:
        source = osmium.FileProcessor(str(path)).with_locations()
        if geometry != "line":
            source = source.with_areas(keys)
        thing: Any
        for thing in source.with_filter(keys):
            own = dict(thing.tags)
            if not has(own):
                continue
            if thing.is_area():
                name = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
                rows[name] = (own, wkb.loads(make.create_multipolygon(thing), hex=True))
                continue
            name = f"{thing.type_str()}{thing.id}"
            matched[name] = thing.is_way() and not thing.is_closed()
            if thing.is_node() and geometry == "point":
                rows[name] = (own, shapely.Point(thing.location.lon, thing.location.lat))
            elif thing.is_way() and geometry == "line":
                places = [(n.lon, n.lat) for n in thing.nodes if n.location.valid()]
                if len(places) > 1:
                    rows[name] = (own, shapely.LineString(places))
    except (RuntimeError, OSError, ValueError) as exc:
        raise SourceError(f"{path} could not be read as OpenStreetMap data ({exc}); fetch it again") from None
    shapes = [shape for _, shape in rows.values()]
    if geometry == "point":
        shapes = [s if s.geom_type == "Point" else s.representative_point() for s in shapes]
    columns = sorted({k for own, _ in rows.values() for k in own})
    data: dict[str, list[Any]] = {"osm_id": list(rows)}
    data |= {c: [own.get(c) for own, _ in rows.values()] for c in columns if c != "osm_id"}
    frame = gpd.GeoDataFrame(data, geometry=gpd.array.from_shapely(shapes), crs="EPSG:4326")
    # an open way with an area's tag is a line of another layer, not a broken area
    broken = sum(name not in rows and not open_way for name, open_way in matched.items()) if geometry != "line" else 0
    return frame, len(matched), broken
