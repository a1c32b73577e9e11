"""What servers, plans and machines can do to a fetch that they should not: each was once a way through."""

import datetime as dt
import errno
import html
import json
import os
import re
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import unquote_plus, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.io
import shapely

from landplan.doctor import examine
from landplan.errors import ExportError, LayerError, RunLockedError, SourceError
from landplan.layers import Store, load_catalog
from landplan.layers.change import compare
from landplan.layers.fetching import fetch
from landplan.layers.lock import LOCK, Lock
from landplan.layers.sources import archives, osm, rasters
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.downloads import read_part
from landplan.layers.sources.files import read_vector
from landplan.layers.sources.login import key_stays
from landplan.layers.sources.secrets import Secret, redact
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


# --- the lock and the files -------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    """A server of OGC API Features whose answers can be changed."""
    answers = {"/collections/c": {"id": "c", "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]}}
    with serving(answers) as base:
        yield base, answers


def soil_of(folder, base, more="", area="", layers=()):
    lines = f'[sources.sgu_soil]\nurl = "{base}"\ncollection = "c"\nshape = ""\ncolumns = {{ soil_class = "kind" }}\n{more}'
    return plan_of(folder, ['soil = { source = "live" }', *layers], lines, area)


def soils(answers, kinds=("berg", "lera"), x=601_000.0, **more):
    rows = gpd.GeoDataFrame({"kind": kinds}, geometry=[shapely.box(x + 200 * i, 6_901_000, x + 200 * i + 90, 6_901_100) for i in range(len(kinds))], crs=3006).to_crs(4326)
    items = [{"type": "Feature", "id": f"s{i}", "properties": {"kind": k}, "geometry": shapely.geometry.mapping(g)} for i, (k, g) in enumerate(zip(rows["kind"], rows.geometry, strict=True))]
    answers["/collections/c/items"] = {"type": "FeatureCollection", "numberMatched": len(items), "features": items, "links": [], **more}


def fetched(plan, base, **more):
    return {o.layer: o for o in fetch(plan, web=client(base), **{"now": lambda: NOW, **more})}


def test_new_values_are_written(tmp_path, server):
    base, answers = server
    p = soil_of(tmp_path, base)
    soils(answers)
    assert fetched(p, base)["soil"].status == "fetched"
    assert fetched(p, base, force=True)["soil"].status == "same"
    soils(answers, ("berg", "torv"))
    said = fetched(p, base, force=True)["soil"]
    assert said.status == "fetched"
    assert said.change.reworded == 1
    assert list(gpd.read_file(p.store_folder / "soil.gpkg")["soil_class"]) == ["berg", "torv"]


def test_a_break_at_any_moment_leaves_a_layer_that_can_be_used(tmp_path, server, monkeypatch):
    base, answers = server
    p = soil_of(tmp_path, base)
    soils(answers)
    fetched(p, base)
    soils(answers, ("torv",))
    for moment in range(3):
        real, done = os.replace, []

        def stops(a, b, real=real, done=done, moment=moment):
            if str(b).endswith(("layers.lock.json", "soil.gpkg")):
                done.append(b)
                if len(done) > moment:
                    raise KeyboardInterrupt
            real(a, b)

        monkeypatch.setattr("landplan.layers.lock.os.replace", stops)
        with suppress(KeyboardInterrupt):
            fetched(p, base, force=True)
        monkeypatch.setattr("landplan.layers.lock.os.replace", real)
        classes = list(Store(p).read("soil").frame["soil_class"])
        assert classes == (["berg", "lera"] if moment == 0 else ["torv"])
    assert not list(p.store_folder.glob("*edited*"))
    assert fetched(p, base)["soil"].status == "fresh"


def test_a_full_disc_leaves_the_version_before(tmp_path, server, monkeypatch):
    base, answers = server
    p = soil_of(tmp_path, base)
    soils(answers)
    fetched(p, base)
    soils(answers, ("torv",))

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("landplan.layers.lock.os.fsync", full)
    said = fetched(p, base, force=True)["soil"]
    assert said.status == "kept"
    assert "No space left" in said.reason
    assert said.entry.features == 2
    assert list(Store(p).read("soil").frame["soil_class"]) == ["berg", "lera"]


def test_a_file_that_is_somebodys_own_is_kept(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    p.store_folder.mkdir()
    (p.store_folder / "soil.gpkg").write_text("mitt eget")
    (p.store_folder / "soil.csv").write_text("mitt också")
    said = fetched(p, base)["soil"]
    assert "is kept as soil.edited-2026-11-26.gpkg" in said.reason
    assert (p.store_folder / "soil.edited-2026-11-26.gpkg").read_text() == "mitt eget"
    assert (p.store_folder / "soil.csv").exists()
    assert fetched(p, base)["soil"].status == "fresh"
    (p.store_folder / "soil.gpkg").write_text("ändrat i QGIS")
    assert fetched(p, base)["soil"].status == "fetched"
    assert (p.store_folder / "soil.edited-2026-11-26-1.gpkg").read_text() == "ändrat i QGIS"


@pytest.mark.parametrize("change", [
    {"fetched": "i går"}, {"fetched": "2026-01-01T00:00:00"}, {"features": "många"}, {"features": -1}, {"changes": [1]}, {"changes": {"a": 1}}, {"file": 5}, {"rhythm": None},
    {"providers": None}, {"counted": "x"}, {"changes": {"before": "x", "after": 1, "added": 1, "removed": 0, "moved": 0, "reworded": 0}},
])  # fmt: skip
def test_a_lock_of_odd_values_says_so(tmp_path, server, change):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    fetched(p, base)
    path = p.store_folder / LOCK
    said = json.loads(path.read_text(encoding="utf-8"))
    said["layers"]["soil"].update(change)
    path.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(LayerError, match="is not a whole lock file"):
        Lock.read(p.store_folder)
    path.write_text('{"version": 1, "layers": []}')
    with pytest.raises(LayerError, match="is not a whole lock file"):
        examine(p)


def test_none_can_be_forced(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    fetched(p, base)
    answers["/collections/c/items"] = {"type": "FeatureCollection", "numberMatched": 0, "features": [], "links": []}
    assert fetched(p, base, now=lambda: NOW + dt.timedelta(days=900))["soil"].status == "kept"
    assert (p.store_folder / "soil.gpkg").exists()
    assert fetched(p, base, force=True)["soil"].status == "empty"
    assert not (p.store_folder / "soil.gpkg").exists()


# --- another area, another time ---------------------------------------------------------------------------------------


def test_layers_of_another_area_are_not_used(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    fetched(p, base)
    wider = soil_of(tmp_path, base, area="bbox = [600000, 6900000, 640000, 6910000]")
    with pytest.raises(LayerError, match="for another area"):
        Store(wider).read("soil")
    (row,) = (r for r in examine(wider, now=NOW).layers if r.layer == "soil")
    assert (row.basis, row.state) == ("unfetched", "hämtat för ett annat område: hämta om")
    answers["/collections/c/items"] = None
    assert fetched(wider, base)["soil"].status == "kept"
    with pytest.raises(LayerError, match="for another area"):
        Store(wider).read("soil")
    # there may be none in the other area
    answers["/collections/c/items"] = {"type": "FeatureCollection", "numberMatched": 0, "features": [], "links": []}
    assert fetched(wider, base)["soil"].status == "empty"


def test_another_outline_in_the_same_file_is_another_area(tmp_path, server):
    base, answers = server
    soils(answers)
    outline = gpd.GeoDataFrame(geometry=[shapely.box(*BOX)], crs=3006)
    outline.to_file(tmp_path / "area.gpkg")
    p = soil_of(tmp_path, base, area='polygon = "area.gpkg"')
    assert fetched(p, base)["soil"].status == "fetched"
    assert fetched(p, base)["soil"].status == "fresh"
    outline.buffer(5_000).to_frame("geometry").to_file(tmp_path / "area.gpkg")
    with pytest.raises(LayerError, match="for another area"):
        Store(p).read("soil")
    assert fetched(p, base)["soil"].status in ("fetched", "same")
    assert len(Store(p).read("soil").frame) == 2


def test_a_municipality_that_is_not_there_makes_no_smaller_area(tmp_path, server):
    base, answers = server
    soils(answers)
    towns = gpd.GeoDataFrame({"municipality_code": ["2280"], "name": ["Härnösand"]}, geometry=[shapely.box(*BOX)], crs=3006)
    towns.to_file(tmp_path / "towns.gpkg")
    p = soil_of(tmp_path, base, area='municipalities = ["2280", "9999"]', layers=['municipalities = { source = "file", file = "towns.gpkg" }'])
    said = fetched(p, base)["soil"]
    assert said.status == "failed"
    assert "9999" in said.reason


def test_a_layer_from_the_future_is_asked_for(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    fetched(p, base)
    assert fetched(p, base, now=lambda: NOW - dt.timedelta(hours=3))["soil"].status == "fresh"
    assert fetched(p, base, now=lambda: NOW - dt.timedelta(days=9000))["soil"].status == "same"
    spool = Spool(tmp_path / "s")
    spool.start("fråga")
    spool.page("ett", lambda: b"gammalt")
    state = json.loads((spool.folder / "spool.json").read_text())
    (spool.folder / "spool.json").write_text(json.dumps({**state, "time": state["time"] + 9e8}))
    again = Spool(spool.folder)
    again.start("fråga")
    assert again.page("ett", lambda: b"nytt") == b"nytt"


# --- bad words and bad answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [
    'columns = "x"', 'columns = ["x"]', "columns = { soil_class = 5 }", "recode = { soil_class = 5 }", 'recode = "x"', 'keep = "x"', "keep = { kind = 5 }", 'page = "abc"', "page = 0",
    'most = "x"', 'expect = "xy"', "expect = [1]", "filter = 3", "per_second = -1", 'per_second = "x"', "per_second = nan", 'constants = { geometry = "x" }', "constants = { soil_class = [1, 2] }",
    "rhythm = 5", 'rhythm = "sometimes"', 'country = "XX"', "hosts = 5", 'hosts = "a.se"', "max_mb = true", "licence = ['x']",
])  # fmt: skip
def test_a_plan_of_odd_values_says_which(tmp_path, server, line):
    base, answers = server
    soils(answers)
    text = soil_of(tmp_path, base).path.read_text(encoding="utf-8")
    if line.startswith("columns"):
        text = text.replace('columns = { soil_class = "kind" }\n', "")
    (tmp_path / "prov.toml").write_text(f"{text}\n{line}\n", encoding="utf-8")
    said = fetched(read(tmp_path / "prov.toml"), base)["soil"]
    assert said.status == "failed"
    assert "[sources.sgu_soil]" in said.reason
    assert line.split(" ")[0] in said.reason


@pytest.mark.parametrize("odd", [
    b'{"type": "FeatureCollection", "features": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    b'{"type": "FeatureCollection", "numberMatched": 1, "features": [{"id": "a", "properties": {"kind": "\\ud800"}, "geometry": {"type": "Point", "coordinates": [17.0, 62.3]}}]}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "features": [{"id": "a", "properties": ["kind"], "geometry": null}]}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "features": [{"id": "a", "properties": {"kind": "berg"}, "geometry": {"type": "Polygon", "coordinates": [[[NaN, NaN], [17, 62.3], [17.1, 62.3], [NaN, NaN]]]}}]}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "features": [{"id": "a", "properties": {"kind": "berg"}, "geometry": {"type": "Polygon", "coordinates": [[[1e999, 62], [17, 62.3], [17.1, 62.3], [1e999, 62]]]}}]}',
    b'{"type": "FeatureCollection", "numberMatched": -1, "features": []}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "features": [{"id": "a", "properties": {"kind": "berg"}, "geometry": {"type": "Polygon", "coordinates": [[[17, 62.3]]]}}]}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "links": 5, "features": [{"id": "a", "properties": {"kind": "berg"}, "geometry": null}]}',
    b'{"type": "FeatureCollection", "numberMatched": 1, "crs": {"type": "name", "properties": {"name": "\\u001b]0;x"}}, "features": []}',
])  # fmt: skip
def test_an_odd_answer_is_one_layer_that_fails(tmp_path, server, odd):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    fetched(p, base)
    answers["/collections/c/items"] = odd
    said = fetched(p, base, force=True)["soil"]
    assert said.status == "kept"
    assert said.reason
    assert len(Store(p).read("soil").frame) == 2
    soils(answers, ("torv",))
    assert fetched(p, base, force=True)["soil"].status == "fetched"


def test_a_store_that_cannot_be_made_says_so(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    for store in ("/proc/finns/inte", str(tmp_path / "prov.toml")):
        text = p.path.read_text(encoding="utf-8").replace('name = "prov"', f'name = "prov"\nstore = "{store}"')
        (tmp_path / "annan.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ExportError, match="cannot be made"):
            fetched(read(tmp_path / "annan.toml"), base)


def test_a_fetch_that_has_only_just_begun_is_not_pushed_aside(tmp_path, server):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)
    p.store_folder.mkdir()
    mark = p.store_folder / ".fetching"
    mark.touch()
    with pytest.raises(RunLockedError):
        fetched(p, base)
    os.utime(mark, (1e9, 1e9))
    assert fetched(p, base)["soil"].status == "fetched"


@pytest.mark.parametrize("word", ["nyckel/för+prov=1 2&3", "a'b\"c<d>é", "Zm9v/YmFy+=="])
@pytest.mark.parametrize("how", ["path", "json", "latin", "html", "lower"])
def test_a_server_that_repeats_the_key_does_not_spread_it(tmp_path, word, how):
    secret = Secret("prov", word)

    def echo(handler):
        asked = handler.path.split("q=")[1]
        plain = unquote_plus(asked)
        handler.path = "/"
        return {
            "path": asked.encode(), "json": json.dumps({"error": plain}).encode(), "latin": plain.encode().decode("latin-1").encode(), "html": html.escape(plain).encode(),
            "lower": re.sub("%..", lambda m: m[0].lower(), asked).encode(),
        }[how]  # fmt: skip

    with serving({"/x": echo}) as base, pytest.raises(SourceError) as found:
        client(base).get(f"{base}/x", params={"q": secret}, expect="zip")
    assert "***" in str(found.value)
    # nothing but the stars is left of it
    assert not [piece for piece in re.split(r"[^A-Za-z0-9]+", word) if len(piece) > 3 and piece in str(found.value)]


def test_a_servers_words_do_not_move_the_terminal():
    assert redact("a\x1b]0;title\x07\x1b[2Jb\r\n\tc\u202ed\x9b") == "a\ufffd]0;title\ufffd\ufffd[2Jb\ufffd\n\tc\ufffdd\ufffd"


# --- heights ------------------------------------------------------------------------------------------------------------


def heights(base, folder, **more):
    answer = rasters.fetch_stac(ask_of(base, **more), client(base), Spool(folder))
    with rasterio.open(answer.path) as source:
        return source.read(1, masked=True)


def test_a_tile_that_does_not_say_what_is_unknown_makes_no_depths(tmp_path):
    answers = {"/t.tif": tile(nodata=None, hole=True)}
    with serving(answers) as base:
        answers["/search"] = found(item("t", f"{base}/t.tif"))
        for cell in (10, 40, 80):
            data = heights(base, tmp_path / str(cell), resolution_m=cell)
            assert data.min() == data.max() == 50
            assert data.mask[0, 0]
            assert not data.mask[-1, -1]


@pytest.mark.parametrize(("left", "bbox"), [(700_000.0, None), (610_000.0, [16.9, 62.19, 17.12, 62.29]), (500_000.0, [16.9, 62.19, 0, 17.12, 62.29, 100])])
def test_a_tile_that_lies_elsewhere_is_refused(tmp_path, left, bbox):
    answers = {"/t.tif": tile(), "/u.tif": tile(left=left)}
    with serving(answers) as base:
        answers["/search"] = found(item("t", f"{base}/t.tif"), item("u", f"{base}/u.tif", **({"bbox": bbox} if bbox else {})))
        with pytest.raises(SourceError, match=r"tile u lies at .* elsewhere than"):
            heights(base, tmp_path / "s")
        answers["/search"] = found(item("t", f"{base}/t.tif", bbox=[16.9, 62.19, 17.12, 62.29]))
        assert heights(base, tmp_path / "u").count() == 1000 * 1000


def test_an_extract_is_clipped_once_for_all_layers(tmp_path, monkeypatch):
    (tmp_path / "extract.osm.pbf").write_bytes(b"x")
    times = []

    def clip(source, box, target, progress=None):
        times.append(target)
        target.write_bytes(b"clipped")

    monkeypatch.setattr("landplan.layers.sources.osm.clip", clip)
    for layer in ("water", "services"):
        with pytest.raises(SourceError):
            osm.fetch(ask_of("https://a.se", layer, "osm_x", file=str(tmp_path / "extract.osm.pbf"), tags="a=b"), client("https://a.se"), Spool(tmp_path / ".part" / layer / "osm_x"))
    assert times == [tmp_path / ".part" / "osm_extract" / "area.osm.pbf"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SourceError("nyckeln har gått ut")])
def test_what_stops_a_tile_is_what_is_said(tmp_path, monkeypatch, stop):
    # noise does not pack: the tile is several blocks of a megabyte
    answers = {"/t.tif": tile(value=np.random.default_rng(1).random((1000, 1000), np.float32))}
    with serving(answers) as base:
        answers["/search"] = found(item("t", f"{base}/t.tif"))
        real = archives.Ranges._ask

        def ask(self, start, length):
            if start:
                raise stop
            return real(self, start, length)

        monkeypatch.setattr(archives.Ranges, "_ask", ask)
        with pytest.raises(type(stop)) as said:
            heights(base, tmp_path / "s")
        assert said.value is stop


def test_a_full_disc_is_called_full_and_not_an_odd_answer(tmp_path, server, monkeypatch):
    base, answers = server
    soils(answers)
    p = soil_of(tmp_path, base)

    def torn(*args, **more):
        raise RuntimeError("database or disk is full")

    monkeypatch.setattr("landplan.layers.fetching._write", torn)
    assert "could not be handled (RuntimeError: database" in fetched(p, base)["soil"].reason
    monkeypatch.setattr("landplan.layers.fetching.shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    assert "is full; nothing of the layer is used" in fetched(p, base)["soil"].reason
