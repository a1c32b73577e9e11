"""OGC API Features against a server that misbehaves: the known layer comes whole, or an error comes."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import replace

import pytest

from landplan.errors import SourceError
from landplan.layers.sources import ogcapi
from tests.sources.misbehaving import BOX, COUNT, known_features
from tests.sources.ogc_servers import assert_known, client, misbehaving, question, spool


@pytest.fixture(scope="module")
def host():
    with misbehaving() as found:
        yield found


@pytest.fixture
def take(host, tmp_path):
    """Fetch by a trick."""

    def fetch(trick, *, web=None, box=BOX, progress=None, **options):
        ask = question(f"http://{host}/{trick}/ogc", box=box, collection="kand", **options)
        return ogcapi.fetch(ask, web or client(host, tries=3), spool(tmp_path), progress)

    return fetch


@pytest.mark.parametrize("page", [5000, 1000, 280])
@pytest.mark.parametrize(("asked", "came"), [("EPSG:3006", "EPSG:3006"), ("OGC:CRS84", "OGC:CRS84"), ("EPSG:3014", "OGC:CRS84")])
def test_the_known_layer_comes_whole(take, page, asked, came):
    told = []
    answer = take("good", page=page, crs=asked, progress=lambda done, total: told.append((done, total)))
    assert_known(answer.frame, crs=came)
    assert list(answer.frame["id"]) == [f"kand.{n}" for n in answer.frame["lopnr"]]
    assert answer.counted == COUNT
    assert told[-1] == (COUNT, COUNT)
    assert not answer.notes


@pytest.mark.parametrize("trick", ["caps500", "ignores_paging", "no_next", "doubles", "twice429", "no_content_crs", "shared_crs", "http_next", "circle"])
def test_servers_with_habits_still_give_the_whole_layer(take, trick):
    answer = take(trick, page=500 if trick != "no_next" else 1000)
    assert_known(answer.frame)
    assert answer.counted == COUNT


def test_a_collection_without_our_crs_comes_in_degrees(take):
    assert_known(take("degrees").frame, crs="OGC:CRS84")


@pytest.mark.parametrize(
    ("trick", "options", "words"),
    [
        ("cut_json", {}, "not whole JSON"),
        ("swapped_axes", {}, "axes are swapped"),
        ("swapped_axes", {"crs": "OGC:CRS84"}, "axes are swapped"),
        ("elsewhere", {}, "lies in the asked box"),
        ("always429", {}, "answered 429"),
        ("500", {}, "answered 500"),
        ("html200", {}, "web page in place of data"),
        ("short", {"page": 200}, "counts 1200 features in the area but gave 900"),
        ("short", {}, "counts 1200 features"),
        ("lies_about_count", {"page": 300}, "counts 1300 features in the area but gave 1200"),
        ("foreign_next", {"page": 300}, "another host, 127.0.0.2:9"),
        ("foreign_port", {"page": 300}, "another host, 127.0.0.1:9"),
        ("circle_uncounted", {"page": 300}, "neither counts its features nor pages"),
        ("expired", {}, "answered 401"),
        ("good", {"collection": "saknas"}, "answered 404"),
        ("good", {"most": 1000}, "more than the 1000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_error_that_names_the_service(take, host, tmp_path, trick, options, words):
    ask = question(f"http://{host}/{trick}/ogc", **{"collection": "kand", **options})
    with pytest.raises(SourceError, match=words) as caught:
        ogcapi.fetch(ask, client(host, tries=2), spool(tmp_path))
    assert re.search(r"127\.0\.0\.1|Provmyndigheten|kand_source", str(caught.value))


def test_silence_in_the_middle_is_an_error(take, host):
    with pytest.raises(SourceError, match=r"gave no whole answer in 2 tries .*silent"):
        take("stall", web=client(host, stall_s=0.5, tries=2))


def test_axes_that_the_plan_says_are_turned(take):
    assert_known(take("swapped_axes", axes="crs").frame)


def test_nothing_in_the_area_is_an_empty_frame(take):
    answer = take("empty")
    assert answer.counted == 0
    assert len(answer.frame) == 0
    assert answer.frame.crs == "EPSG:3006"


def test_a_service_that_cannot_count_is_read_to_the_end_and_the_reader_is_told(take):
    answer = take("unknown_count", page=500)
    assert_known(answer.frame)
    assert answer.counted is None
    assert any("cannot say how many" in n.en for n in answer.notes)


def test_a_list_of_values_is_a_series_of_requests(take, host, tmp_path):
    features = known_features()
    codes = [features[3]["properties"]["kod"], features[7]["properties"]["kod"], "finns inte"]
    want = {f["properties"]["lopnr"] for f in features if f["properties"]["kod"] in codes}
    answer = take("good", filter={"kod": codes})
    assert set(answer.frame["lopnr"]) == want
    assert answer.counted == len(want)
    assert sum("limit=1&" in f"{q}&" for q in answer.queries) == 3
    ask = question(f"http://{host}/good/ogc", collection="kand", filter={"lopnr": [1, 2], "kod": features[1]["properties"]["kod"]})
    free = replace(ask, options={**ask.options, "box": False})
    answer = ogcapi.fetch(free, client(host), spool(tmp_path))
    assert set(answer.frame["lopnr"]) == {1}
    assert "bbox" not in " ".join(answer.queries)


def test_mixed_kinds_and_no_place_are_kept(take):
    frame = take("mixed").frame
    assert [None if g is None else g.geom_type for g in frame.geometry] == ["Point", "LineString", "MultiPolygon", None, "MultiPoint"]


def test_a_broken_fetch_goes_on_where_it_broke(host, tmp_path):
    ask = question(f"http://{host}/broken_line/ogc", collection="kand", page=300)
    with pytest.raises(SourceError, match="answered 404"):
        ogcapi.fetch(ask, client(host), spool(tmp_path))
    second = spool(tmp_path)
    assert_known(ogcapi.fetch(ask, client(host), second).frame)
    assert second.kept == 1  # the third answer broke: the count, a page, a page


@pytest.mark.parametrize(
    ("trick", "word", "options"),
    [
        ("bearer", "hemlig-nyckel-1", {"auth": "bearer"}),
        ("basic", "anna:lösenord-2", {"auth": "basic"}),
        ("param", "hemlig-nyckel-3", {"auth": "param:nyckel"}),
    ],
)
def test_a_key_is_sent_with_every_page_and_never_shown(take, host, monkeypatch, tmp_path, trick, word, options):
    monkeypatch.setenv("LANDPLAN_PROV_USER_KEY", word.partition(":")[0])
    monkeypatch.setenv("LANDPLAN_PROV_KEY", word.rpartition(":")[2])
    word = word.rpartition(":")[2]
    answer = take(trick, key="prov", page=500, **options)
    assert_known(answer.frame)
    ask = question(f"http://{host}/{trick}/ogc", collection="kand", key="prov", **options)
    monkeypatch.delenv("LANDPLAN_PROV_KEY")
    for shown in (*answer.queries, *ogcapi.describe(ask)):
        assert word not in shown
        assert ("nyckel=***" in shown) == (trick == "param")
    if trick == "param":
        # the service wrote the key into its links to the next page
        for page in tmp_path.rglob("*.page"):
            head = page.read_bytes().partition(b"\n")[0]
            assert word.encode() not in head


def test_a_dry_run_names_addresses_and_asks_nothing(host):
    with urllib.request.urlopen(f"http://{host}/log/x") as answer:
        before = len(json.load(answer))
    shown = ogcapi.describe(question(f"http://{host}/good/ogc/", collection="kand", filter={"kod": ["0001", "0002"]}))
    assert len(shown) == 5
    assert shown[0] == f"http://{host}/good/ogc/collections/kand"
    assert "kod=0001" in shown[1]
    assert re.search(r"bbox=1\d\.\d+,62\.\d+,1\d\.\d+,62\.\d+&limit=1$", shown[1])
    with urllib.request.urlopen(f"http://{host}/log/x") as answer:
        assert len(json.load(answer)) == before
