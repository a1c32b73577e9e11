"""Detailed plans, parcels and files ordered by hand: the catalogue's items, their files, and where a login may go."""

import http.server
import io
import json
import threading
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import pytest
import shapely

from landplan.errors import SourceError
from landplan.layers import load_catalog
from landplan.layers.contract import Checker
from landplan.layers.fetching import PROTOCOLS
from landplan.layers.shaping import shaped
from landplan.layers.sources import downloads, plans, rasters
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.web import Web

HAND = Path(__file__).resolve().parent / "handmade"
TOKEN = "token-för-plattformen"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    items: list = []  # noqa: RUF012
    files: dict = {}  # noqa: RUF012
    matched = None
    seen: list = []  # noqa: RUF012

    def log_message(self, *args):
        pass

    def send(self, body, status=200):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        self.send({"type": "FeatureCollection", "numberMatched": len(self.items) if self.matched is None else self.matched, "features": self.items, "links": []})

    def do_GET(self):
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        name = urlsplit(self.path).path.lstrip("/")
        self.send(self.files[name]) if name in self.files else self.send(b"no", 404)


@pytest.fixture
def server():
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    Handler.items, Handler.files, Handler.matched = [], {}, None
    Handler.seen.clear()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    found.server_close()


@pytest.fixture
def web(server):
    found = Web(allowed=frozenset({urlsplit(server).netloc}), mirror="", per_second=1e6, sleep=lambda s: None)
    yield found
    found.close()


def ask(layer, server, box=(600_000, 6_900_000, 700_000, 7_000_000), **options):
    return Ask(layer, "prov", {"url": server, "provider": "Prov", **options}, tuple(map(float, box)), "EPSG:3006", ("2262",))


def serve(server, **files):
    Handler.files = {name.replace("__", "."): body for name, body in files.items()}
    Handler.items = [{"id": name, "assets": {"data": {"href": f"{server}/{name}"}}, "properties": {}} for name in Handler.files if name.startswith("plan") or name.endswith((".zip", ".gpkg"))]


def test_plans_come_one_by_one_with_building_rights(server, web, tmp_path, monkeypatch):
    monkeypatch.setenv("LANDPLAN_PROV_KEY", TOKEN)
    serve(server, plan_1=(HAND / "detaljplan" / "good.json").read_bytes(), release__json=(HAND / "boverket" / "release.json").read_bytes())
    asked = ask("detailed_plan", server, collection="detaljplan", key="prov", auth="bearer", provisions_url=f"{server}/release.json")
    answer = plans.fetch(asked, web, Spool(tmp_path / "s"))
    assert answer.counted == 1
    assert {"JZ", "GATA", "NATUR"} <= set(answer.frame["use_codes"])
    assert answer.frame["max_height_m"].notna().any()
    assert any("ingen plan här betyder inte oplanerad mark" in n.sv for n in answer.notes)
    checker = Checker(load_catalog()["detailed_plan"], Path("plans"))
    checker.add(1, answer.frame)
    checker.report().raise_if_bad()
    assert all(login == f"Bearer {TOKEN}" for path, login in Handler.seen if "release" not in path)
    assert [login for path, login in Handler.seen if "release" in path] == [""]


def test_a_plan_with_faults_is_named_and_none_is_used(server, web, tmp_path):
    serve(server, plan_1=(HAND / "detaljplan" / "good.json").read_bytes(), plan_2=(HAND / "detaljplan" / "bad.json").read_bytes())
    with pytest.raises(SourceError, match=r"1 of 2 plans have faults; nothing is changed\. plan_2"):
        plans.fetch(ask("detailed_plan", server, collection="detaljplan"), web, Spool(tmp_path / "s"))


def test_fewer_items_than_the_catalogue_counts_are_refused(server, web, tmp_path):
    serve(server, plan_1=(HAND / "detaljplan" / "good.json").read_bytes())
    Handler.matched = 7
    with pytest.raises(SourceError, match="says 7 items and gave 1"):
        plans.fetch(ask("detailed_plan", server, collection="detaljplan"), web, Spool(tmp_path / "s"))


def test_a_catalogue_cannot_send_a_login_elsewhere(server, web, tmp_path, monkeypatch):
    monkeypatch.setenv("LANDPLAN_PROV_USER_KEY", "anna-användare")
    monkeypatch.setenv("LANDPLAN_PROV_KEY", "lösen-ordet")
    for href in ("https://exempel.se/x.tif", "http://10.0.0.1/x.tif", "file:///etc/passwd"):
        Handler.items = [{"id": "t", "assets": {"data": {"href": href}}, "properties": {}}]
        with pytest.raises(SourceError, match="lies on another host"):
            rasters.fetch_stac(ask("elevation", server, collection="dtm", key="prov", auth="basic"), web, Spool(tmp_path / "s"))
        with pytest.raises(SourceError, match="lies on another host"):
            rasters.fetch_stac_files(ask("parcels", server, collection="fastighet", key="prov", auth="basic"), web, Spool(tmp_path / "s"))
    assert all(path == "/search" for path, _ in Handler.seen)


def gpkg(frame, layer):
    target = io.BytesIO()
    frame.to_file(target, layer=layer, driver="GPKG", engine="pyogrio")
    return target.getvalue()


def packed(**members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "."), body)
    return target.getvalue()


PARCELS = gpd.GeoDataFrame(
    {"fastighetsbeteckning": ["TIMRÅ VIVSTA 1:1", "TIMRÅ VIVSTA 1:2", "LÅNGT BORT 1:1"], "kommunkod": ["2262", "2262", "0114"]},
    geometry=[shapely.box(620_000, 6_940_000, 620_100, 6_940_200), shapely.box(620_100, 6_940_000, 620_200, 6_940_100), shapely.box(0, 0, 1, 1)], crs=3006,
)  # fmt: skip


def test_parcels_come_from_a_zip_a_municipality(server, web, tmp_path):
    serve(server, fastighet_2262__zip=packed(fastighet__gpkg=gpkg(PARCELS, "registerenhetsomradesyta"), lasmig__txt=b""))
    definition = load_catalog()["parcels"]
    source = definition.source("lm_parcels").changed({"url": server, "key": "", "hosts": []})
    asked = Ask("parcels", "lm_parcels", source.options, (600_000.0, 6_900_000.0, 700_000.0, 7_000_000.0), "EPSG:3006", ("2262",))
    answer = rasters.fetch_stac_files(asked, web, Spool(tmp_path / "s"))
    frame, _ = shaped(answer.frame, definition, source, asked)
    assert list(frame["parcel_id"]) == ["TIMRÅ VIVSTA 1:1", "TIMRÅ VIVSTA 1:2"]
    assert list(frame["area_ha"]) == [2.0, 1.0]
    assert set(frame["owner_kind"]) == {"uppgift saknas"}


def test_a_file_ordered_by_hand_is_read_and_a_missing_one_says_where(tmp_path, web, server):
    (tmp_path / "nvdb.gpkg").write_bytes(gpkg(PARCELS, "x"))
    answer = downloads.fetch_download(ask("roads", server, file=str(tmp_path / "nvdb.gpkg")), web, Spool(tmp_path / "s"))
    assert len(answer.frame) == 2
    assert "2 av filens 3 objekt" in answer.notes[0].sv
    with pytest.raises(SourceError, match=r"does not exist; order it at the provider \(https://lastkajen"):
        downloads.fetch_download(ask("roads", server, file=str(tmp_path / "borta.gpkg"), key_at="https://lastkajen.exempel.se"), web, Spool(tmp_path / "s"))
    assert not Handler.seen


def test_a_published_file_is_downloaded_unpacked_and_looked_through(server, web, tmp_path):
    serve(server, fil__zip=packed(a__gpkg=gpkg(PARCELS, "a")), tva__zip=packed(a__gpkg=b"", b__gpkg=b""), trasig__gpkg=b"inget")
    answer = downloads.fetch_download(ask("roads", f"{server}/fil.zip"), web, Spool(tmp_path / "s"))
    assert len(answer.frame) == 2
    with pytest.raises(SourceError, match="holds 2 files of a kind that is read"):
        downloads.fetch_download(ask("roads", f"{server}/tva.zip"), web, Spool(tmp_path / "s"))
    with pytest.raises(SourceError, match="cannot be"):
        downloads.fetch_download(ask("roads", f"{server}/trasig.gpkg"), web, Spool(tmp_path / "s"))


def test_every_kind_of_source_has_a_protocol():
    kinds = {s.kind for d in load_catalog().values() for s in d.sources if s.live}
    assert kinds <= set(PROTOCOLS)
    assert kinds == {"wfs", "ogcapi", "osm", "stac", "stacfiles", "archive", "download", "gtfs", "pxweb", "plans", "provisions"}


def test_every_live_source_says_whose_it_is_and_under_what_licence():
    for definition in load_catalog().values():
        for source in definition.sources:
            if source.live:
                for key in ("provider", "licence", "attribution"):
                    assert source.options.get(key), f"{source.id} lacks {key}"
                assert source.options.get("url", "https://").startswith("https://")
                assert "=" not in str(source.options.get("url", "")).partition("?")[2]
