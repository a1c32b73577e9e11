"""OpenStreetMap: what an Overpass server may answer, and what a regional extract is clipped to."""

import http.server
import json
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import osmium
import osmnx as ox
import pytest

from landplan.errors import SourceError
from landplan.layers.sources import osm
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.extract import clip
from landplan.layers.sources.web import Web
from landplan.network.osm import read_roads

BOX = (600_000.0, 6_900_000.0, 610_000.0, 6_910_000.0)
ANDORRA = Path(__file__).resolve().parents[3] / "shared" / "data" / "real" / "network" / "outside_sweden" / "andorra.osm.pbf"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">'
# a street with a bend, a ring of water with an island made of two ways, a shop as a point and one as a building
ELEMENTS = """
<node id="1" lat="62.22" lon="16.95"/><node id="2" lat="62.22" lon="16.96"/><node id="3" lat="62.23" lon="16.96"/><node id="4" lat="62.23" lon="16.95"/>
<node id="5" lat="62.223" lon="16.953"/><node id="6" lat="62.223" lon="16.957"/><node id="7" lat="62.227" lon="16.955"/>
<node id="8" lat="62.24" lon="16.97"><tag k="shop" v="supermarket"/><tag k="name" v="Affären på ön"/></node>
<way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/></way><way id="12"><nd ref="3"/><nd ref="4"/><nd ref="1"/></way>
<way id="13"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/></way>
<way id="14"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/><tag k="shop" v="supermarket"/><tag k="building" v="yes"/></way>
<way id="15"><nd ref="1"/><nd ref="3"/><nd ref="8"/><tag k="highway" v="primary"/><tag k="maxspeed" v="70"/></way>
<relation id="21"><member type="way" ref="11" role="outer"/><member type="way" ref="12" role="outer"/><member type="way" ref="13" role="inner"/>
<tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    count, body, asked = 1, b"", []

    def log_message(self, *args):
        pass

    def do_POST(self):
        text = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        self.asked.append(text)
        body = self.body
        if "out count" in text:
            body = json.dumps({"elements": [{"type": "count", "tags": {"total": str(self.count)}}]}).encode() if self.count is not None else b'{"elements": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def overpass(tmp_path):
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    Handler.asked.clear()
    url = f"http://127.0.0.1:{found.server_port}/api/interpreter"
    web = Web(allowed=frozenset({urlsplit(url).netloc}), mirror="", per_second=1e6, sleep=lambda s: None)

    def ask(count, body, layer="services", **options):
        Handler.count, Handler.body = count, body.encode()
        asked = Ask(layer, "osm_prov", {"url": url, "tags": "shop=supermarket", "geometry": "point", **options}, BOX, "EPSG:3006")
        return osm.fetch(asked, web, Spool(tmp_path / "del"))

    yield ask
    web.close()
    found.shutdown()
    found.server_close()


def test_counted_then_asked_for(overpass):
    answer = overpass(2, f"{HEAD}{ELEMENTS}</osm>")
    assert list(answer.frame["osm_id"]) == ["n8", "w14"]
    assert answer.frame["name"][0] == "Affären på ön"
    assert set(answer.frame.geom_type) == {"Point"}
    assert answer.counted == 2
    assert "out count" in Handler.asked[0]
    assert '(62.215641,16.923211,62.308151,17.121684)' in Handler.asked[1]


def test_areas_of_several_ways_have_their_islands(overpass):
    answer = overpass(1, f"{HEAD}{ELEMENTS}</osm>", layer="water", tags="natural=water", geometry="polygon")
    (water,) = answer.frame.geometry
    assert list(answer.frame["osm_id"]) == ["r21"]
    assert len(water.geoms[0].interiors) == 1


@pytest.mark.parametrize(
    ("count", "body", "why"),
    [
        (3, f"{HEAD}{ELEMENTS}</osm>", "says 3 elements and gave 2"),
        (2, f"{HEAD}{ELEMENTS}<remark>runtime error: Query timed out in \"query\" at line 1 after 181 seconds.</remark></osm>", "gave up: runtime error"),
        (2, f"{HEAD}{ELEMENTS}", "not a whole OpenStreetMap document"),
        (2, '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aa">]><osm>&a;</osm>', "not a whole OpenStreetMap document"),
        (2, f"{HEAD}<node id='x' lat='a'/></osm>", "could not be read"),
        (2, "<!DOCTYPE html><html>Underhåll</html>", "web page in place of data"),
        (None, "", "gave no count"),
    ],
)
def test_less_than_all_is_nothing(overpass, tmp_path, count, body, why):
    with pytest.raises(SourceError, match=why):
        overpass(count, body)
    assert not list((tmp_path / "del").glob("*.page"))


def test_roads_come_with_their_speed_and_what_forbids_turns(overpass):
    answer = overpass(1, f"{HEAD}{ELEMENTS}</osm>", layer="roads", tags="highway;route=ferry", geometry="line")
    assert set(answer.frame["speed_kmh"]) == {70.0}
    assert 'rel(bw.found)["type"="restriction"]' in Handler.asked[1]


def test_roads_are_those_of_the_asked_mode(overpass):
    paths = ELEMENTS.replace('<relation id="21">', '<way id="16"><nd ref="2"/><nd ref="4"/><tag k="highway" v="footway"/></way><relation id="21">')
    found = {}
    for mode in ("car", "walk"):
        answer = overpass(2, f"{HEAD}{paths}</osm>", layer="roads", tags="highway", geometry="line", mode=mode)
        found[mode] = set(answer.frame["road_class"])
    assert found == {"car": {"primary"}, "walk": {"primary", "path"}}


def test_tags_that_would_be_another_question_are_refused():
    for bad in ('shop"](1,2,3,4);out;//', "a=b=c];", "=x"):
        with pytest.raises(SourceError, match="is not key=value"):
            osm.tags_of(bad)


def test_features_are_those_that_osmnx_reads(tmp_path):
    path = tmp_path / "prov.osm"
    path.write_text(f"{HEAD}{ELEMENTS}</osm>", encoding="utf-8")
    for tags, geometry, kinds in (("shop=supermarket", "point", None), ("natural=water", "polygon", ("Polygon", "MultiPolygon")), ("highway", "line", ("LineString",))):
        key, _, value = tags.partition("=")
        theirs = ox.features_from_xml(path, tags={key: value or True})
        if kinds:
            theirs = theirs[theirs.geom_type.isin(kinds)]
        ours, found, broken = osm.features(path, osm.tags_of(tags), geometry)
        assert set(ours["osm_id"]) == {kind[0] + str(number) for kind, number in theirs.index}
        assert (found, broken) == (len(theirs), 0)
        if geometry != "point":
            assert ours.to_crs(3006).area.sum() == pytest.approx(theirs.to_crs(3006).area.sum(), abs=0.1)
            assert ours.to_crs(3006).length.sum() == pytest.approx(theirs.to_crs(3006).length.sum(), abs=0.1)


def _elements(path):
    return {
        kind: {o.id for o in osmium.FileProcessor(str(path), entity)}
        for kind, entity in (("n", osmium.osm.NODE), ("w", osmium.osm.WAY), ("r", osmium.osm.RELATION))
    }


def test_an_extract_is_clipped_to_whole_ways(tmp_path):
    if not ANDORRA.is_file():
        pytest.skip("../shared is not here; the extract of Andorra is not in the repository")
    box = (1.50, 42.49, 1.56, 42.53)
    target = tmp_path / "del.osm.pbf"
    assert clip(ANDORRA, box, target) > 100
    have, whole = _elements(target), _elements(ANDORRA)
    assert have["n"] < whole["n"]
    inside = {
        o.id for o in osmium.FileProcessor(str(ANDORRA), osmium.osm.NODE) if box[0] <= o.lon <= box[2] and box[1] <= o.lat <= box[3]
    }
    # exactly the tagged ways that have a point inside, and the members of areas that have one
    want = {o.id for o in osmium.FileProcessor(str(ANDORRA), osmium.osm.WAY) if len(o.tags) and inside & {n.ref for n in o.nodes}}
    assert want <= have["w"]
    for way in osmium.FileProcessor(str(target), osmium.osm.WAY):
        assert {n.ref for n in way.nodes} <= have["n"] | ({n.ref for n in way.nodes} - whole["n"])
    numbers = [o.id for o in osmium.FileProcessor(str(target), osmium.osm.WAY)]
    assert numbers == sorted(numbers)
    ours, theirs = read_roads(target, crs="EPSG:25831"), read_roads(ANDORRA, crs="EPSG:25831")
    # pieces are cut where ways meet, and beyond the box fewer meet: the roads inside are the same
    inside_m = [f.to_crs(4326).clip(box).to_crs(25831).length.sum() for f in (ours, theirs)]
    assert inside_m[0] == pytest.approx(inside_m[1], rel=1e-9)
    assert [p.name for p in tmp_path.iterdir()] == ["del.osm.pbf"]


def test_an_extract_that_is_torn_or_elsewhere_says_so(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        clip(tmp_path / "borta.osm.pbf", (1, 42, 2, 43), tmp_path / "ut.osm.pbf")
    path = tmp_path / "prov.osm"
    path.write_text(f"{HEAD}{ELEMENTS}</osm>", encoding="utf-8")
    with pytest.raises(SourceError, match="no way in the area"):
        clip(path, (1.0, 42.0, 2.0, 43.0), tmp_path / "ut.osm.pbf")
    path.write_text(f"{HEAD}{ELEMENTS}", encoding="utf-8")
    with pytest.raises(SourceError, match="cut short"):
        clip(path, (16.9, 62.0, 17.0, 63.0), tmp_path / "ut.osm.pbf")
    assert [p.name for p in tmp_path.iterdir()] == ["prov.osm"]
