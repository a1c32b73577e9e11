"""What servers, plans and machines can do to a fetch that they should not: each was once a way through."""

import datetime as dt
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.io
import shapely

from landplan.errors import LayerError, SourceError
from landplan.layers import load_catalog
from landplan.layers.change import compare
from landplan.layers.fetching import fetch
from landplan.layers.sources import rasters
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.downloads import read_part
from landplan.layers.sources.files import read_vector
from landplan.layers.sources.login import key_stays
from landplan.layers.sources.web import Web
from landplan.plan import read

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
BOX = (600_000.0, 6_900_000.0, 610_000.0, 6_910_000.0)


@contextmanager
def serving(answers):
    """Serve bodies by path; a callable gets the handler. Files are given by ranges too."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_GET(self):
            got = answers.get(urlsplit(self.path).path)
            body = got(self) if callable(got) else got
            body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            status, more = (404, {}) if body is None else (200, {})
            body = body or b"nothing"
            if "Range" in self.headers and status == 200:
                start, _, end = self.headers["Range"].removeprefix("bytes=").partition("-")
                total, part = len(body), body[int(start) : int(end or len(body)) + 1]
                status, more, body = 206, {"Content-Range": f"bytes {start}-{int(start) + len(part) - 1}/{total}"}, part
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), "ETag": '"1"', **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def client(base):
    return Web(allowed=frozenset({urlsplit(base).netloc}), mirror="", per_second=1e6, sleep=lambda s: None)


def ask_of(base, layer="elevation", source="lm_elevation", **options):
    return Ask(layer, source, {"url": base, "collection": "c", **options}, BOX, "EPSG:3006")


def tile(left=600_000.0, top=6_910_000.0, crs="EPSG:3006", cells=1000, nodata=-9999.0, value=50.0, hole=False):
    data = np.full((cells, cells), value, np.float32)
    if hole:
        data[:100, :100] = -9999
    with rasterio.io.MemoryFile() as memory:
        with memory.open(driver="GTiff", height=cells, width=cells, count=1, dtype="float32", crs=crs, transform=rasterio.transform.from_origin(left, top, 10, 10), nodata=nodata) as out:
            out.write(data, 1)
        return memory.read()


def item(name, href, **more):
    return {"id": name, "properties": {"datetime": "2024-01-01"}, "assets": {"data": {"href": href}}, **more}


def found(*items, **more):
    return {"type": "FeatureCollection", "numberMatched": len(items), "features": list(items), "links": [], **more}


# --- files that are lists of other files -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb"])
def test_a_file_that_lists_other_files_is_not_opened(tmp_path, name):
    gpd.GeoDataFrame({"hemligt": ["ja"]}, geometry=[shapely.Point(15, 60)], crs=4326).to_file(tmp_path / "private.gpkg")
    evil = tmp_path / name
    evil.write_text(f'<OGRVRTDataSource><OGRVRTLayer name="private"><SrcDataSource>{tmp_path}/private.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')
    with pytest.raises(LayerError, match="does not begin as a"):
        read_vector(evil)
    (tmp_path / "a.vrt").write_text(evil.read_text())
    with pytest.raises(SourceError, match="is not a kind that is read"):
        read_part(ask_of("https://a.se"), tmp_path / "a.vrt")


def test_a_tile_that_lists_other_files_is_not_opened(tmp_path):
    (tmp_path / "private.tif").write_bytes(tile())
    evil = (
        '<VRTDataset rasterXSize="1000" rasterYSize="1000"><SRS>EPSG:3006</SRS><GeoTransform>600000,10,0,6910000,0,-10</GeoTransform><VRTRasterBand dataType="Float32" '
        f'band="1"><SimpleSource><SourceFilename>{tmp_path}/private.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>'
    )
    answers = {"/t.tif": evil.encode()}
    with serving(answers) as base:
        answers["/search"] = found(item("t", f"{base}/t.tif"))
        with pytest.raises(SourceError, match="cannot be read as a raster"):
            rasters.fetch_stac(ask_of(base), client(base), Spool(tmp_path / "s"))


# --- STAC ---------------------------------------------------------------------------------------------------------


def geojson(code="A 1:1", x=601_000.0):
    frame = gpd.GeoDataFrame({"fastighetsbeteckning": [code]}, geometry=[shapely.box(x, 6_901_000, x + 100, 6_901_100)], crs=3006)
    return frame.to_crs(4326).to_json().encode()


def parcels(base, **more):
    return ask_of(base, "parcels", "lm_parcels", **more)


@pytest.mark.parametrize("name", ["../../../evil", "/tmp/landplan-evil", "..", "a/b", "c:\\x", "n\x00l"])
def test_an_items_name_leads_nowhere(tmp_path, name):
    folder = tmp_path / "a" / "b" / "s"
    answers = {"/f.py": geojson(), "/f.geojson": geojson()}
    with serving(answers) as base:
        for file in ("f.py", "f.geojson"):
            answers["/search"] = found(item(name, f"{base}/{file}"))
            try:
                rasters.fetch_stac_files(parcels(base), client(base), Spool(folder))
            except SourceError:
                assert file == "f.py"
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and folder not in p.parents]
    assert not outside
    assert not list(folder.rglob("*.py"))


def test_what_was_wrong_yesterday_is_asked_anew(tmp_path):
    answers = {"/f.geojson": b"{}", "/g.geojson": geojson()}
    with serving(answers) as base:
        web, spool = client(base), Spool(tmp_path / "s")
        wrong = (
            [1], {"features": 3}, found({"id": "a"}), found({"assets": {}}), found(item("a", "")), found(item("a", "https://other.example/f.tif")),
            {**found(item("a", f"{base}/f.geojson")), "numberMatched": "many"}, found(item("a", f"{base}/f.geojson"), links=[{"rel": "next"}]),
            found(item("a", f"{base}/f.geojson"), links=[{"rel": "next", "href": "https://other.example/x"}]), found(item("a", f"{base}/f.geojson")),
        )
        for said in wrong:
            answers["/search"] = said
            with pytest.raises(SourceError):
                rasters.fetch_stac_files(parcels(base), web, spool)
        answers["/search"] = found(item("a", f"{base}/g.geojson"))
        assert len(rasters.fetch_stac_files(parcels(base), web, spool).frame) == 1


# --- keys ---------------------------------------------------------------------------------------------------------

PLAN = """
[plan]
name = "prov"
title = {{ sv = "Prov", en = "Test" }}
crs = "EPSG:3006"
[area]
bbox = [600000, 6900000, 610000, 6910000]
halo_m = 0
[layers]
{layers}
{more}
"""


def plan_of(folder, layers, more="", area=""):
    text = PLAN.format(layers="\n".join(layers), more=more)
    if area:
        text = text.replace("bbox = [600000, 6900000, 610000, 6910000]", area)
    (folder / "prov.toml").write_text(text, encoding="utf-8")
    return read(folder / "prov.toml")


@pytest.mark.parametrize(("layer", "more"), [
    ("elevation", '[sources.lm_elevation]\nurl = "https://evil.example/stac"'),
    ("elevation", '[sources.lm_elevation]\nhosts = ["evil.example"]'),
    ("transit", '[sources.trafiklab_gtfs]\nurl = "https://evil.example/x.zip"'),
    ("soil", '[sources.sgu_soil]\nkey = "trafiklab"\nauth = "param:q"'),
    ("soil", '[sources.sgu_soil]\nkey = "trafiklab"\nurl = "https://evil.example"'),
])  # fmt: skip
def test_a_plan_cannot_send_a_key_elsewhere(tmp_path, monkeypatch, layer, more):
    monkeypatch.setenv("LANDPLAN_TRAFIKLAB_KEY", "hemligt-ord")
    monkeypatch.setenv("LANDPLAN_LANTMATERIET_KEY", "hemligt-ord")
    monkeypatch.setenv("LANDPLAN_LANTMATERIET_USER_KEY", "anna")
    p = plan_of(tmp_path, [f'{layer} = {{ source = "live" }}'], more)
    web = Web(mirror="", allowed=frozenset(), sleep=lambda s: None)
    (said,) = fetch(p, web=web)
    assert said.status == "failed"
    assert "a plan cannot send keys elsewhere" in said.reason
    assert "hemligt" not in said.reason
    assert web.requests == 0
    for host in ("evil.example", "api.sgu.se", "resource.sgu.se"):
        monkeypatch.setenv("LANDPLAN_KEY_HOSTS", f"x.se, {host}")
        key_stays({"url": "https://a.se"}, {"key": "trafiklab", "url": f"https://{host}/x"}, where="x")


# --- old against new ------------------------------------------------------------------------------------------------


def test_other_values_on_the_same_ground_are_a_change():
    soil, table = load_catalog()["soil"], load_catalog()["population_by_age"]
    boxes = [shapely.box(i, 0, i + 0.9, 1) for i in range(4)]
    old = gpd.GeoDataFrame({"soil_class": ["berg", "lera", "lera", None]}, geometry=boxes, crs=3006)
    said = compare(old, old.assign(soil_class=["berg", "torv", "lera", "sand"]), soil)
    assert (said.added, said.removed, said.reworded) == (0, 0, 2)
    new = gpd.GeoDataFrame({"soil_class": ["torv", "lera", "lera"]}, geometry=[boxes[0], shapely.box(9, 0, 10, 1), boxes[2]], crs=3006)
    said = compare(old, new, soil)
    assert (said.added, said.removed, said.reworded) == (1, 2, 1)
    # what a file gives back is what was put into it
    one = pd.DataFrame({"municipality_code": ["2280", None], "count": pd.array([1, None], "Int64"), "share": [0.1 + 0.2, 5.0], "yes": pd.array([True, None], "boolean")})
    two = pd.DataFrame({"municipality_code": ["2280", np.nan], "count": [1.0, np.nan], "share": [0.3, 5], "yes": pd.Series([True, None], dtype=object)})
    assert not compare(one, two, table).any
    assert compare(one, two.assign(share=[0.3, 6]), table).any
