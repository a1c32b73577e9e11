"""A small server of our own that serves one known layer over WFS and OGC API Features, and misbehaves on request.

The first part of the path is the trick, the second the protocol: ``/caps500/wfs``, ``/foreign_next/ogc``. Run as a
script it takes a free port of this machine, prints it, and serves until its input closes.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
import xml.etree.ElementTree as ET
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

URN = "urn:ogc:def:crs:EPSG::3006"
URI = "http://www.opengis.net/def/crs/EPSG/0/3006"
BOX = (600_000.0, 6_900_000.0, 640_000.0, 6_940_000.0)
COUNT = 1200
COLUMNS = ("lopnr", "kod", "namn", "antal", "andel")


def known_features():
    """Return the layer: points and small polygons, with codes that begin with 0 and names in Swedish."""
    rng = random.Random(20260)
    found = []
    for number in range(COUNT):
        x, y = round(rng.uniform(BOX[0] + 500, BOX[2] - 500), 2), round(rng.uniform(BOX[1] + 500, BOX[3] - 500), 2)
        side = round(rng.uniform(20, 400), 2)
        ring = [(x, y), (round(x + side, 2), round(y + 7, 2)), (round(x + side, 2), round(y + side, 2)), (x, round(y + side, 2)), (x, y)]
        geometry = {"type": "Point", "coordinates": (x, y)} if number % 3 else {"type": "Polygon", "coordinates": [ring]}
        row = {
            "lopnr": number, "kod": f"{rng.randrange(4000):04d}", "namn": rng.choice(["Åsen", "Ängen & Ön", "Östra <byn>", "Näset"]) + f" {number}",
            "antal": rng.randrange(1000), "andel": round(rng.random(), 4),
        }  # fmt: skip
        found.append({"type": "Feature", "id": f"kand.{number}", "geometry": geometry, "properties": row})
    return found


def mixed_features():
    """Return features of every kind, one of them without a place."""
    x, y = 610_000.0, 6_910_000.0
    kinds = [
        {"type": "Point", "coordinates": (x, y)},
        {"type": "LineString", "coordinates": [(x, y), (x + 100, y + 50)]},
        {"type": "MultiPolygon", "coordinates": [[[(x, y), (x + 10, y), (x + 10, y + 10), (x, y)]], [[(x + 50, y), (x + 60, y), (x + 60, y + 10), (x + 50, y)]]]},
        None,
        {"type": "MultiPoint", "coordinates": [(x, y), (x + 5, y + 5)]},
    ]
    row = {"kod": "0001", "namn": "Blandat", "antal": None, "andel": 0.5}
    return [{"type": "Feature", "id": f"kand.{i}", "geometry": g, "properties": {"lopnr": i, **row}} for i, g in enumerate(kinds)]


def points_of(geometry):
    """Return every vertex."""
    if geometry is None:
        return []
    found, waiting = [], [geometry["coordinates"]]
    while waiting:
        one = waiting.pop()
        if isinstance(one[0], (int, float)):
            found.append(tuple(one[:2]))
        else:
            waiting += list(one)
    return found


def moved(geometry, how):
    """Return a geometry with each vertex moved."""
    if geometry is None:
        return None

    def walk(one):
        return list(how(*one)) if isinstance(one[0], (int, float)) else [walk(o) for o in one]

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


@lru_cache(maxsize=1)
def to_degrees():
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:3006", "OGC:CRS84", always_xy=True).transform


@lru_cache(maxsize=4)
def layer(trick, degrees=False):
    """Return (bounds, feature) of the layer of a trick."""
    features = {"mixed": mixed_features, "empty": list}.get(trick, known_features)()
    if degrees:
        features = [{**f, "geometry": moved(f["geometry"], to_degrees())} for f in features]
    found = []
    for f in features:
        at = points_of(f["geometry"])
        found.append(((min(p[0] for p in at), min(p[1] for p in at), max(p[0] for p in at), max(p[1] for p in at)) if at else None, f))
    return found


def meeting(trick, box, degrees=False):
    """Return the features that meet a box; those without a place always come."""
    return [
        f for b, f in layer(trick, degrees)
        if box is None or b is None or (b[0] <= box[2] and b[2] >= box[0] and b[1] <= box[3] and b[3] >= box[1])
    ]  # fmt: skip


def local(element):
    return element.tag.rpartition("}")[2]


def gml_of(geometry):
    """Return GML 3.2 in the axis order of the URN, north first."""
    def pos(points):
        return " ".join(f"{y:.2f} {x:.2f}" for x, y in points)

    def ring(points):
        return f"<gml:LinearRing><gml:posList>{pos(points)}</gml:posList></gml:LinearRing>"

    def polygon(rings, srs=""):
        inner = "".join(f"<gml:interior>{ring(r)}</gml:interior>" for r in rings[1:])
        return f"<gml:Polygon{srs}><gml:exterior>{ring(rings[0])}</gml:exterior>{inner}</gml:Polygon>"

    srs, kind, at = f' srsName="{URN}"', geometry["type"], geometry["coordinates"]
    if kind == "Point":
        return f"<gml:Point{srs}><gml:pos>{pos([at])}</gml:pos></gml:Point>"
    if kind == "LineString":
        return f"<gml:LineString{srs}><gml:posList>{pos(at)}</gml:posList></gml:LineString>"
    if kind == "Polygon":
        return polygon(at, srs)
    if kind == "MultiPoint":
        return f"<gml:MultiPoint{srs}>" + "".join(f"<gml:pointMember><gml:Point><gml:pos>{pos([p])}</gml:pos></gml:Point></gml:pointMember>" for p in at) + "</gml:MultiPoint>"
    return f"<gml:MultiSurface{srs}>" + "".join(f"<gml:surfaceMember>{polygon(p)}</gml:surfaceMember>" for p in at) + "</gml:MultiSurface>"


CURVES = [
    # a full circle of radius 100 around (610 000, 6 910 000)
    f'<gml:Surface srsName="{URN}"><gml:patches><gml:PolygonPatch><gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments><gml:Circle><gml:posList>'
    "6910000 609900 6910100 610000 6910000 610100</gml:posList></gml:Circle></gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior>"
    "</gml:PolygonPatch></gml:patches></gml:Surface>",
    # half a circle
    f'<gml:Curve srsName="{URN}"><gml:segments><gml:Arc><gml:posList>6910000 609900 6910100 610000 6910000 610100</gml:posList></gml:Arc></gml:segments></gml:Curve>',
    # a half circle closed by a straight line
    f'<gml:Polygon srsName="{URN}"><gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments><gml:ArcString><gml:posList>6910000 609900 6910100 610000 6910000 610100'
    "</gml:posList></gml:ArcString><gml:LineStringSegment><gml:posList>6910000 610100 6910000 609900</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>"
    "</gml:curveMember></gml:Ring></gml:exterior></gml:Polygon>",
]  # fmt: skip

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACES = 'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:k="urn:kand" xmlns:xlink="http://www.w3.org/1999/xlink"'
SCHEMA = (
    HEAD + '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:k="urn:kand">'
    '<xsd:complexType name="kandType"><xsd:complexContent><xsd:extension base="gml:AbstractFeatureType"><xsd:sequence>'
    '<xsd:element name="geom" type="gml:GeometryPropertyType"/><xsd:element name="lopnr" type="xsd:int"/><xsd:element name="kod" type="xsd:string"/>'
    '<xsd:element name="namn" type="xsd:string"/><xsd:element name="antal" type="xsd:int"/><xsd:element name="andel" type="xsd:double"/>'
    '</xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType><xsd:element name="kand" type="k:kandType"/></xsd:schema>'
)


class Handler(BaseHTTPRequestHandler):
    """Answers, as the trick in the path wants it."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[dict[str, int]] = {}
    log: ClassVar[list[str]] = []
    lock = threading.Lock()

    def log_message(self, *args):
        pass

    def send(self, body, kind="application/json", status=200, **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        parts = urlsplit(self.path)
        trick, _, rest = parts.path.strip("/").partition("/")
        said = dict(parse_qsl(parts.query, keep_blank_values=True))
        if trick == "log":
            return self.send(json.dumps(self.log))
        with self.lock:
            self.log.append(self.path)
            seen = self.asked[parts.path] = self.asked.get(parts.path, 0) + 1
        if trick == "twice429" and seen <= 2:
            return self.send("slower", "text/plain", 429, Retry_After="0")
        if trick == "always429":
            return self.send("slower", "text/plain", 429, Retry_After="0")
        if trick == "waits429":
            return self.send("slower", "text/plain", 429, Retry_After="86400")
        if trick == "500":
            return self.send("out of memory", "text/plain", 500)
        if trick == "expired":
            return self.send("who are you", "text/plain", 401)
        if trick == "bearer" and self.headers.get("Authorization") != "Bearer hemlig-nyckel-1":
            return self.send("who are you", "text/plain", 401)
        if trick == "basic" and self.headers.get("Authorization") != "Basic YW5uYTpsw7ZzZW5vcmQtMg==":
            return self.send("who are you", "text/plain", 401)
        if trick == "param" and said.get("nyckel") != "hemlig-nyckel-3":
            return self.send("who are you", "text/plain", 401)
        if trick == "html200":
            return self.send("<!DOCTYPE html><html><body>Underhåll pågår</body></html>", "text/html")
        return self.wfs(trick, {k.lower(): v for k, v in said.items()}) if rest == "wfs" else self.ogc(trick, rest, said)

    # WFS

    def wfs(self, trick, said):
        two = said.get("version") == "2.0.0"
        if said.get("request") == "DescribeFeatureType":
            return self.send(SCHEMA, "text/xml")
        if said.get("srsname") != URN or said.get("typenames" if two else "typename") != "k:kand":
            return self.exception("InvalidParameterValue", f"srsName or typeNames: {said}")
        if trick == "exception200":
            return self.exception("OperationProcessingFailed", "Java heap space & more")
        if "bbox" in said and "filter" in said:
            return self.exception("InvalidParameterValue", "bbox and filter are mutually exclusive")
        found = meeting(trick, wfs_box(said, trick))
        wanted = equal_to(said.get("filter"), two)
        found = [f for f in found if all(str(f["properties"].get(k)) in v for k, v in wanted.items())]
        if trick == "curves":
            found = known_features()[: len(CURVES)]
        total = len(found)
        if trick == "short":
            found, total = found[: len(found) * 3 // 4], total
        if said.get("resulttype") == "hits":
            return self.hits(trick, total, two, said)
        if trick == "entities":
            return self.send(HEAD + '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>', "text/xml")
        limit = int(said.get("count" if two else "maxfeatures", 10**9))
        start = int(said.get("startindex", 0))
        page = paged(found, trick, limit, start, said.get("sortby", ""))
        if "outputformat" in said and said["outputformat"] == "application/json":
            return self.collection(trick, page, {"crs": {"type": "name", "properties": {"name": URN}}, "numberMatched": total})
        return self.gml(trick, page, total, two)

    def hits(self, trick, total, two, said):
        with self.lock:
            seen = self.asked[f"hits {trick}"] = self.asked.get(f"hits {trick}", 0) + 1
        if trick == "entities" and "bbox" not in said:
            total = 0
        total += {"lies_about_count": 100, "lies_low": -100, "changes": seen - 1}.get(trick, 0)
        number = "unknown" if trick in ("unknown_count", "unknown_and_ignores") else str(total)
        name = "numberMatched" if two else "numberOfFeatures"
        if number == "unknown" and not two:
            return self.send(HEAD + f"<wfs:FeatureCollection {SPACES}/>", "text/xml")
        return self.send(HEAD + f'<wfs:FeatureCollection {SPACES} {name}="{number}" numberReturned="0"/>', "text/xml")

    def exception(self, code, words):
        self.send(
            HEAD + f'<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception exceptionCode="{code}"><ows:ExceptionText>{escape(words)}'
            "</ows:ExceptionText></ows:Exception></ows:ExceptionReport>", "text/xml",
        )  # fmt: skip

    def gml(self, trick, page, total, two):
        member = "wfs:member" if two else "gml:featureMember"
        inner = []
        for number, f in enumerate(page):
            place = CURVES[number] if trick == "curves" else f["geometry"] and gml_of(f["geometry"])
            if trick == "xlinks":
                place = f'<gml:MultiSurface srsName="{URN}"><gml:surfaceMember xlink:href="http://127.0.0.1:9/secret"/></gml:MultiSurface>'
            row = "".join(f"<k:{k}>{escape(str(v))}</k:{k}>" for k, v in f["properties"].items() if v is not None)
            inner.append(f'<{member}><k:kand gml:id="{f["id"]}">{f"<k:geom>{place}</k:geom>" if place else ""}{row}</k:kand></{member}>')
        tail = "<wfs:truncatedResponse/>" if trick == "truncated" else ""
        location = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:kand http://127.0.0.1:9/schema.xsd"'
        body = HEAD + f'<wfs:FeatureCollection {SPACES} {location} numberMatched="{total}" numberReturned="{len(page)}">{"".join(inner)}{tail}</wfs:FeatureCollection>'
        self.send(body[: len(body) * 2 // 3] if trick == "cut_gml" else body, "application/gml+xml")

    # OGC API Features

    def ogc(self, trick, rest, said):
        base = f"http://{self.headers['Host']}/{trick}/ogc"
        if rest == "ogc/collections":
            return self.send(json.dumps({"collections": [], "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", URI]}))
        if rest == "ogc/collections/kand":
            crs = {"degrees": [], "shared_crs": ["#/crs"]}.get(trick, ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", URI])
            return self.send(json.dumps({"id": "kand", "crs": crs}))
        if rest != "ogc/collections/kand/items":
            return self.send("no such thing", "text/plain", 404)
        projected = said.get("crs") == URI
        box = tuple(map(float, said["bbox"].split(","))) if "bbox" in said else None
        ids = {f["id"] for f in meeting(trick, box, degrees=True)}
        found = [f for f in meeting(trick, None, degrees=not projected) if f["id"] in ids]
        found = [f for f in found if all(str(f["properties"].get(k)) == v for k, v in said.items() if k in COLUMNS)]
        total = len(found)
        if trick == "short":
            found = found[: len(found) * 3 // 4]
        limit, start = int(said.get("limit", 10)), int(said.get("offset", 0))
        page = paged(found, trick, limit, start, "")
        more = {"numberMatched": total + (100 if trick == "lies_about_count" else 0), "numberReturned": len(page), "links": []}
        if trick in ("unknown_count", "circle_uncounted"):
            del more["numberMatched"]
        if start + len(page) < len(found) and trick != "no_next":
            query = urlencode({**said, "offset": start + len(page)})
            there = {"foreign_next": "http://127.0.0.2:9", "foreign_port": "http://127.0.0.1:9", "http_next": "https://" + self.headers["Host"]}.get(trick)
            where = f"{there}/{trick}/ogc" if there else base
            if trick in ("circle", "circle_uncounted"):
                query = urlencode(said)
            more["links"] = [{"rel": "next", "type": "application/geo+json", "href": f"{where}/collections/kand/items?{query}"}]
        if trick == "no_content_crs":
            return self.collection(trick, page, more)
        return self.collection(trick, page, more, Content_Crs=f"<{URI if projected else 'http://www.opengis.net/def/crs/OGC/1.3/CRS84'}>")

    def collection(self, trick, page, more, **headers):
        if trick == "swapped_axes":
            page = [{**f, "geometry": moved(f["geometry"], lambda x, y: (y, x))} for f in page]
        if trick == "elsewhere":
            page = [{**f, "geometry": moved(f["geometry"], lambda x, y: (x + 5e5, y))} for f in page]
        if trick == "no_crs_member":
            more = {k: v for k, v in more.items() if k != "crs"}
        if trick == "degrees" and "crs" in more:
            more = {k: v for k, v in more.items() if k != "crs"}
            page = [{**f, "geometry": moved(f["geometry"], to_degrees())} for f in page]
        if trick == "no_ids" or trick == "no_ids_paged":
            page = [{k: v for k, v in f.items() if k != "id"} for f in page]
        if trick == "made_up_ids":
            stamp = f"{random.getrandbits(44):x}"
            page = [{**f, "id": f"kand.fid--{stamp}_18f_-{i:x}"} for i, f in enumerate(page)]
        body = json.dumps({"type": "FeatureCollection", "features": page, **more}, ensure_ascii=False).encode()
        if trick == "cut_json":
            body = body[: len(body) // 2]
        if trick == "broken_line":
            with self.lock:
                seen = self.asked["line"] = self.asked.get("line", 0) + 1
            if seen == 3:
                return self.send("gone", "text/plain", 404)
        if trick == "stall":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(3)
            self.close_connection = True
            return None
        return self.send(body, "application/geo+json", **headers)


def wfs_box(said, trick):
    """Return the asked box, x first, as a server reads it: by the URN's axis order."""
    numbers, srs = [], ""
    if "bbox" in said:
        parts = said["bbox"].split(",")
        numbers, srs = [float(p) for p in parts[:4]], parts[4]
    elif "filter" in said:
        for e in ET.fromstring(said["filter"]).iter():
            if local(e) == "Envelope":
                srs = e.get("srsName")
            if local(e) in ("lowerCorner", "upperCorner"):
                numbers += [float(v) for v in e.text.split()]
    if not numbers or trick == "ignores_box":
        return None
    a, b, c, d = numbers
    return (b, a, d, c) if srs.startswith("urn:") and trick != "swapped_box" else (a, b, c, d)


def equal_to(text, two):
    """Return the values that a filter allows in each column."""
    wanted: dict[str, set[str]] = {}
    for e in ET.fromstring(text).iter() if text else []:
        if local(e) == "PropertyIsEqualTo":
            name, value = (c.text or "" for c in e)
            assert local(e[0]) == ("ValueReference" if two else "PropertyName")
            wanted.setdefault(name, set()).add(value)
        if local(e) == "BBOX":
            assert e[0].text == "geom"
    return wanted


def paged(found, trick, limit, start, order):
    """Return one page, as the trick cuts it."""
    if trick in ("caps500", "ignores_paging", "no_ids", "no_next", "unknown_and_ignores"):
        limit = min(limit, 500)
    if trick in ("ignores_paging", "no_ids", "unknown_and_ignores"):
        start = 0
    if trick == "empty_second" and start:
        return []
    if trick == "doubles":
        start = max(0, start - 10)
    if trick == "shuffled" and not order:
        found = random.sample(found, len(found))
    if trick == "stuck_at_one":
        limit, start = min(limit, 1), 0
    return found[start : start + limit]


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
