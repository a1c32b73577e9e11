"""WFS 1.1.0 and 2.0.0: features of one type in a box, counted before and compared after.

The box goes out in the axis order of the CRS' own definition with its URN beside it (north first for
EPSG:3006), the CRS of the answer is always asked for, and where the features lie is checked on every page.
GML is taken apart here: attributes by the service's own schema, so that a code keeps its leading zero, and
geometries by GDAL from a file that holds nothing else, so that nothing in an answer can send it anywhere.
"""

from __future__ import annotations

import tempfile
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from xml.parsers import expat
from xml.sax.saxutils import escape

from landplan.crs import DEFAULT_CRS
from landplan.errors import SourceError
from landplan.layers.sources.asking import Answer, Ask, Box, Spool
from landplan.layers.sources.features import (
    Contradiction,
    Heap,
    Page,
    Talk,
    check_box,
    crs_of,
    gather,
    geojson_page,
    north_first,
    shown_login,
    whole,
)
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Address, Web

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["describe", "fetch", "safe_xml"]

_GML: Final = "http://www.opengis.net/gml"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_GEOMETRIES: Final = frozenset({
    "Point", "LineString", "LinearRing", "Polygon", "Curve", "CompositeCurve", "OrientableCurve", "Surface", "CompositeSurface",
    "PolyhedralSurface", "TriangulatedSurface", "Tin", "OrientableSurface", "MultiPoint", "MultiLineString", "MultiCurve",
    "MultiPolygon", "MultiSurface", "MultiGeometry", "Solid", "MultiSolid", "GeometricComplex", "CurvePolygon",
})  # fmt: skip
_WHOLE_NUMBERS: Final = frozenset({
    "int", "integer", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt", "unsignedLong", "unsignedShort",
})  # fmt: skip
_NUMBERS: Final = frozenset({"decimal", "double", "float"})


def fetch(ask: Ask, web: Web, spool: Spool, progress: Callable[[int, int | None], None] | None = None) -> Answer:
    """Fetch the features of one type that meet the area.

    Parameters
    ----------
    ask : Ask
        Options: ``url``, ``type_name``, ``version`` (``"2.0.0"``, or ``"1.1.0"``), ``crs`` (default EPSG:3006), ``format``
        (``"geojson"`` or ``"gml"``), ``output_format`` (the service's own name of it), ``page`` (features per request),
        ``filter`` (column to value or values), ``box`` (false: the filter alone decides), ``id_column``, ``geometry_column``,
        ``box_axes`` (``"crs"``; ``"xy"`` for a service that reads boxes east first), ``axes`` (``"xy"``; ``"crs"`` for one that
        writes coordinates north first without saying so), ``most``; ``key`` and ``auth``, see `landplan.layers.sources.login`.
    web : Web
    spool : Spool
    progress : callable, optional
        Called with features so far and in all.

    Returns
    -------
    Answer
        `frame` with the source's own columns, x east.

    Raises
    ------
    SourceError
        If the features that came are not those that the service counts in the area.
    """
    talk = Talk(ask, web, spool)
    service = _Service.of(ask, talk=talk)
    if service.gml or (service.filter and not service.geometry_column):
        service.learn()
    count = service.count(service.box)
    if count == 0:
        service.refuse_swapped_box()
    spool.start(talk.question(count))
    heap = Heap(id_column=str(ask.options.get("id_column", "")))
    if count != 0:
        try:
            gather(service, heap, count, ask=ask, tick=lambda done: progress(done, count) if progress else None)
            return whole(talk, heap, count, service.asked, again=lambda: service.count(service.box))
        except Contradiction:
            spool.clear()
            raise
    return whole(talk, heap, count, service.asked, again=lambda: count)


def describe(ask: Ask) -> tuple[str, ...]:
    """Return the addresses that would be asked first, without asking anything and without secrets.

    Parameters
    ----------
    ask : Ask

    Returns
    -------
    tuple of str
        The type's description where it is needed, the count, the first page.
    """
    service = _Question.of(ask)
    asked = [service.where(service.box) | {"resultType": "hits"}, service.where(service.box) | service.page_of(0)]
    if service.gml or (service.filter and not service.geometry_column):
        asked.insert(0, {"request": "DescribeFeatureType"})
    return tuple(Address.of(service.url, service.common | a | shown_login(ask)).shown for a in asked)


def safe_xml(body: bytes, url: str) -> ET.Element:
    """Parse XML that declares no document type; raise what a service reports as its exception.

    Parameters
    ----------
    body : bytes
    url : str
        Shown address, for messages.

    Returns
    -------
    Element

    Raises
    ------
    SourceError
        If it has a document type (the door to entities that expand without end or read files), is cut short, or is an
        exception report.
    """
    guard = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise SourceError(f"{url} answered XML with a document type (DOCTYPE), which can hide entities; refused, nothing of it is used")

    guard.StartDoctypeDeclHandler = refuse
    guard.EntityDeclHandler = refuse
    try:
        guard.Parse(body, True)
        root = ET.fromstring(body)
    except (expat.ExpatError, ET.ParseError, LookupError, ValueError) as exc:
        raise SourceError(f"{url} answered {len(body)} bytes that are not whole XML ({exc}); the answer was cut short; nothing of it is used") from None
    if _local(root) in ("ExceptionReport", "ServiceExceptionReport"):
        words = " ".join(" ".join(e.itertext()) for e in root if _local(e) in ("Exception", "ServiceException"))
        codes = [e.get("exceptionCode") or e.get("code") or "" for e in root]
        raise SourceError(
            f"{url}: the service answered with an exception{' ' + codes[0] if codes and codes[0] else ''}: {redact(' '.join(words.split()))[:400]!r}; "
            "check type_name, filter, id_column and version in the plan"
        )
    return root


@dataclass
class _Question:
    """What is asked of one feature type of one WFS."""

    ask: Ask
    url: str
    asked: CRS
    box: Box | None
    version: str
    gml: bool
    size: int
    filter: Mapping[str, Any]
    geometry_column: str

    @classmethod
    def of(cls, ask: Ask, **more: Any) -> Self:
        asked = crs_of(ask.text("crs", DEFAULT_CRS), where=f"source {ask.source!r}")
        version, kind = ask.text("version", "2.0.0"), ask.text("format", "geojson")
        if version not in ("2.0.0", "1.1.0"):
            raise SourceError(f'source {ask.source!r}: version = {version!r}; WFS is asked as "2.0.0" or "1.1.0"')
        if kind not in ("geojson", "gml"):
            raise SourceError(f'source {ask.source!r}: format = {kind!r}; use "geojson" or "gml"')
        if asked.to_authority() is None:
            raise SourceError(f"source {ask.source!r}: crs must have a code, such as EPSG:3006")
        box = ask.box_in(asked.to_string()) if ask.options.get("box", True) else None
        return cls(
            ask, ask.text("url"), asked, box, version, kind == "gml", max(1, int(ask.number("page", 1000))),
            dict(ask.options.get("filter") or {}), str(ask.options.get("geometry_column", "")), **more,
        )

    @property
    def least(self) -> float:
        """Side of the smallest box."""
        return 0.1 if self.asked.is_projected else 1e-6

    @property
    def urn(self) -> str:
        """The CRS with its version-less URN, whose axis order is the definition's."""
        authority, code = self.asked.to_authority()
        return f"urn:ogc:def:crs:{authority}:{'1.3' if authority == 'OGC' else ''}:{code}"

    @property
    def common(self) -> dict[str, str]:
        """What every request says."""
        names = "typeNames" if self.version == "2.0.0" else "typeName"
        return {"service": "WFS", "version": self.version, "request": "GetFeature", names: self.ask.text("type_name")}

    def where(self, box: Box | None, *, other_way: bool = False) -> dict[str, str]:
        """Return the part of a request that says which features: a box, or a filter that holds the box."""
        by_crs = (self.ask.text("box_axes", "crs") == "crs") != other_way
        srs = self.urn if by_crs else self.asked.to_string()
        said: dict[str, str] = {"srsName": self.urn}
        corners: list[str] = []
        if box is not None:
            xy = [f"{v:.3f}" if self.asked.is_projected else f"{v:.9f}" for v in box]
            corners = [xy[1], xy[0], xy[3], xy[2]] if by_crs and north_first(self.asked) else xy
        if self.filter:
            said["filter"] = self._filter_xml(corners, srs)
        elif corners:
            said["bbox"] = ",".join([*corners, srs])
        return said

    def _filter_xml(self, corners: list[str], srs: str) -> str:
        two = self.version == "2.0.0"
        p, name = ("fes", "ValueReference") if two else ("ogc", "PropertyName")
        parts = []
        for column, value in self.filter.items():
            several = [
                f"<{p}:PropertyIsEqualTo><{p}:{name}>{escape(str(column))}</{p}:{name}><{p}:Literal>{escape(_literal(v))}</{p}:Literal></{p}:PropertyIsEqualTo>"
                for v in (value if isinstance(value, (list, tuple)) else [value])
            ]
            parts.append(several[0] if len(several) == 1 else f"<{p}:Or>{''.join(several)}</{p}:Or>")
        if corners:
            parts.append(
                f'<{p}:BBOX><{p}:{name}>{escape(self.geometry_column or "?")}</{p}:{name}><gml:Envelope srsName="{srs}"><gml:lowerCorner>{corners[0]} {corners[1]}'
                f"</gml:lowerCorner><gml:upperCorner>{corners[2]} {corners[3]}</gml:upperCorner></gml:Envelope></{p}:BBOX>"
            )
        inner = parts[0] if len(parts) == 1 else f"<{p}:And>{''.join(parts)}</{p}:And>"
        spaces = f'xmlns:{p}="http://www.opengis.net/{"fes/2.0" if two else "ogc"}" xmlns:gml="{_GML}{"/3.2" if two else ""}"'
        return f"<{p}:Filter {spaces}>{inner}</{p}:Filter>"

    def page_of(self, start: int) -> dict[str, Any]:
        """Return the part of a request that says which page, in which form and order."""
        said: dict[str, Any] = {"count" if self.version == "2.0.0" else "maxFeatures": self.size}
        if start:
            said["startIndex"] = start
        kind = self.ask.text("output_format", "" if self.gml else "application/json")
        if kind:
            said["outputFormat"] = kind
        if self.ask.options.get("id_column"):
            # without an order, pages repeat some features and leave others out
            said["sortBy"] = self.ask.text("id_column")
        return said


@dataclass
class _Service(_Question):
    """A feature type that is asked; a `Reader`."""

    talk: Talk
    types: dict[str, str] = field(default_factory=dict)

    def learn(self) -> None:
        """Ask the service for the type's schema: the geometry's name, and which attributes are numbers."""
        _, body = self.talk.get(self.url, self.common | {"request": "DescribeFeatureType"})
        root = safe_xml(body, self.talk.queries[-1])
        self.types, geometry = _schema(root, self.ask.text("type_name").rpartition(":")[2])
        self.geometry_column = self.geometry_column or geometry
        if self.filter and self.box is not None and not self.geometry_column:
            raise SourceError(f"{self.talk.queries[-1]} names no geometry column, which a filter with a box needs; set geometry_column in the plan")

    def count(self, box: Box | None, *, other_way: bool = False) -> int | None:
        """Ask how many features there are, anew."""
        _, body = self.talk.get(self.url, self.common | self.where(box, other_way=other_way) | {"resultType": "hits"})
        return _matched(body, self.talk.queries[-1])

    def hits(self, box: Box) -> int | None:
        """Ask how many features there are in a part of the box."""
        found: int | None = self.talk.page(
            f"hits {box}", self.url, self.common | self.where(box) | {"resultType": "hits"}, lambda body, url, _: _matched(body, url)
        )
        return found

    def pages(self, box: Box | None) -> Iterator[Page]:
        """Yield pages until one is empty; a server that gives less than asked is asked on from there."""
        start = 0
        while True:
            page: Page = self.talk.page(f"{box} from {start}", self.url, self.common | self.where(box) | self.page_of(start), self._read)
            yield page
            if not len(page):
                return
            start += len(page)

    def _read(self, body: bytes, url: str, said_crs: str) -> Page:
        if self.gml:
            return self._read_gml(body, url)
        if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            root = safe_xml(body, url)
            raise SourceError(f'{url} answered XML ({_local(root)}) where GeoJSON was asked for; set format = "gml", or output_format to the service\'s name of GeoJSON')
        return geojson_page(body, url, said_crs, self.ask, self.asked)

    def _read_gml(self, body: bytes, url: str) -> Page:
        root = safe_xml(body, url)
        if _local(root) != "FeatureCollection":
            raise SourceError(f"{url} answered {_local(root)} in place of a FeatureCollection; nothing of it is used")
        if any(_local(e) == "truncatedResponse" for e in root):
            raise SourceError(f"{url}: the service says itself that its answer is cut short (truncatedResponse); ask again later, nothing of it is used")
        envelope = next((e.get("srsName", "") for top in root if _local(top) == "boundedBy" for e in top), "")
        rows, shapes, ids = [], [], []
        for feature in _members(root):
            row, geometry = _taken_apart(feature, self.types, self.geometry_column, url)
            rows.append(row)
            shapes.append(geometry)
            ids.append(next((v for k, v in feature.attrib.items() if k.rpartition("}")[2] in ("id", "fid")), ""))
        north = self.ask.text("axes", "xy") == "crs"
        made, crs = _geometries(shapes, envelope or self.asked.to_string(), url, north=north)
        page = Page(url, rows, made, ids, crs or self.asked)
        check_box(page, self.ask, self.asked)
        return page

    def refuse_swapped_box(self) -> None:
        """Make sure that nothing was found because there is nothing, not because the box was read the other way round."""
        if self.box is None or not north_first(self.asked):
            return
        there = self.count(self.box, other_way=True)
        if there:
            raise SourceError(
                f"{self.ask.what}: the service counts no feature in the area, but {there} when the box is written with its axes the other way round: it reads "
                f'boxes in another order than the CRS\' definition has. Say so in the plan: [sources.{self.ask.source}] box_axes = "xy"'
            )


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matched(body: bytes, url: str) -> int | None:
    root = safe_xml(body, url)
    if _local(root) != "FeatureCollection":
        raise SourceError(f"{url} was asked for a count and answered {_local(root)}; is it a WFS of this version?")
    said = root.get("numberMatched") or root.get("numberOfFeatures") or ""
    return int(said) if said.isdigit() else None


def _schema(root: ET.Element, name: str) -> tuple[dict[str, str], str]:
    """Return the simple type of each attribute and the name of the geometry."""
    kinds = {e.get("name", ""): e for e in root if _local(e) == "complexType"}
    element = next((e for e in root if _local(e) == "element" and e.get("name") == name), None)
    mine = kinds.get((element.get("type") or "").rpartition(":")[2]) if element is not None else None
    types: dict[str, str] = {}
    geometry = ""
    within = mine if mine is not None else element if element is not None and len(element) else root
    for one in within.iter():
        if _local(one) != "element" or not one.get("name"):
            continue
        base = next((e.get("base", "") for e in one.iter() if _local(e) == "restriction"), "")
        kind = (one.get("type") or base).rpartition(":")[2]
        if kind.endswith("PropertyType") and kind != "FeaturePropertyType":
            geometry = geometry or str(one.get("name"))
        elif kind:
            types[str(one.get("name"))] = kind
    return types, geometry


def _members(root: ET.Element) -> Iterator[ET.Element]:
    for top in root:
        if _local(top) in ("member", "featureMember", "featureMembers"):
            for feature in top:
                if _local(feature) == "FeatureCollection":
                    yield from _members(feature)
                else:
                    yield feature


def _taken_apart(feature: ET.Element, types: Mapping[str, str], wanted: str, url: str) -> tuple[dict[str, Any], ET.Element | None]:
    """Return a feature's attributes and its geometry's element."""
    row: dict[str, Any] = {}
    geometry: ET.Element | None = None
    for part in feature:
        name = _local(part)
        if name == "boundedBy" and str(part.tag).startswith("{" + _GML):
            continue
        shape = next((e for e in part if str(e.tag).startswith("{" + _GML) and _local(e) in _GEOMETRIES), None)
        if shape is not None:
            if name == wanted or (geometry is None and not wanted):
                geometry = shape
        elif len(part):
            row[name] = " ".join(" ".join(part.itertext()).split())
        elif name != wanted:
            row[name] = _value(part, types.get(name, ""), url)
    return row, geometry


def _value(part: ET.Element, kind: str, url: str) -> Any:
    if part.get(_NIL) in ("true", "1"):
        return None
    text = part.text if part.text is not None else part.get(_HREF)
    if text is None:
        return None
    try:
        if kind in _WHOLE_NUMBERS:
            return int(text) if text.strip() else None
        if kind in _NUMBERS:
            return float(text) if text.strip() else None
    except ValueError:
        raise SourceError(f"{url}: {_local(part)} should be a number ({kind}) by the service's own schema and is {text[:40]!r}; nothing of the answer is used") from None
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
    return text


def _geometries(elements: list[ET.Element | None], srs: str, url: str, *, north: bool) -> tuple[list[Any], CRS | None]:
    """Return the shapes of GML geometries, x east, curves as lines; through a file that holds the geometries alone."""
    import shapely
    from pyogrio.raw import read

    there = [(i, e) for i, e in enumerate(elements) if e is not None]
    shapes: list[Any] = [None] * len(elements)
    if not there:
        return shapes, None
    names = set()
    lines = ['<c:FeatureCollection xmlns:c="urn:landplan" xmlns:gml="http://www.opengis.net/gml/3.2">']
    for number, element in there:
        if any(_HREF in e.attrib for e in element.iter()):
            raise SourceError(f"{url}: the geometry of feature {number + 1} points elsewhere (xlink), which is not followed; nothing of the answer is used")
        if not element.get("srsName"):
            element.set("srsName", srs)
        names.add(element.get("srsName", srs))
        element.tail = None
        lines.append(f'<gml:featureMember><c:f gml:id="f{number}"><c:g>{ET.tostring(element, encoding="unicode")}</c:g></c:f></gml:featureMember>')
    found = {crs_of(name, where=url) for name in names}
    if len(found) > 1:
        raise SourceError(f"{url} answered in several CRSs ({', '.join(sorted(names))}); nothing of it is used")
    with tempfile.TemporaryDirectory(prefix="landplan-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "page.gml"
        path.write_text("\n".join([*lines, "</c:FeatureCollection>"]), encoding="utf-8")
        try:
            # a schema or a link named in the file would be fetched by GDAL on its own, past every check of ours
            made = read(path, columns=[], DOWNLOAD_SCHEMA="NO", WRITE_GFS="NO", CONSIDER_EPSG_AS_URN="YES" if north else "NO")[2]
        except (RuntimeError, ValueError, OSError) as exc:
            raise SourceError(f"{url}: a geometry cannot be read ({str(exc)[:200]}); nothing of the answer is used") from None
    if made is None or len(made) != len(there) or any(g is None for g in made):
        raise SourceError(f"{url}: {len(there)} geometries came and {0 if made is None else sum(g is not None for g in made)} can be read; nothing of the answer is used")
    for (number, _), shape in zip(there, shapely.from_wkb(made), strict=True):
        shapes[number] = shape
    return shapes, found.pop()
