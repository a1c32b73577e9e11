"""WFS against a server that misbehaves in every known way: the known layer comes whole, or an error comes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from landplan.errors import SourceError
from landplan.layers.sources import wfs
from landplan.layers.sources.features import Heap, Page
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
        ask = question(f"http://{host}/{trick}/wfs", box=box, type_name="k:kand", **options)
        return wfs.fetch(ask, web or client(host, tries=3), spool(tmp_path), progress)

    return fetch


EVERY_WAY = [
    {"version": v, "format": f} for v in ("2.0.0", "1.1.0") for f in ("geojson", "gml")
]  # fmt: skip


@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda w: f"{w['version']} {w['format']}")
@pytest.mark.parametrize("page", [5000, 1000, 7 * 40])
def test_the_known_layer_comes_whole(take, way, page):
    told = []
    answer = take("good", page=page, progress=lambda done, total: told.append((done, total)), **way)
    assert_known(answer.frame)
    assert answer.counted == COUNT
    assert told[-1] == (COUNT, COUNT)
    assert not answer.notes


@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda w: f"{w['version']} {w['format']}")
@pytest.mark.parametrize("trick", ["caps500", "ignores_paging", "empty_second", "doubles", "twice429"])
def test_servers_with_habits_still_give_the_whole_layer(take, trick, way):
    answer = take(trick, page=500, **way)
    assert_known(answer.frame)
    assert answer.counted == COUNT


def test_a_server_that_ignores_paging_is_asked_in_parts_and_the_reader_is_told(take):
    answer = take("ignores_paging")
    assert_known(answer.frame)
    words = " ".join(n.en for n in answer.notes)
    assert "at most 500 features at once" in words
    assert re.search(r"fetched in \d+ parts", words)
    assert "came more than once" in words  # polygons on the cuts and the first page


def test_a_server_that_gives_next_to_nothing_is_not_asked_for_ever(take, monkeypatch):
    monkeypatch.setattr("landplan.layers.sources.features._MOST_PIECES", 20)
    with pytest.raises(SourceError, match="gives at most 1 at once and ignores which page is asked for"):
        take("stuck_at_one")


def test_doubles_across_pages_are_counted(take):
    answer = take("doubles", page=400)
    assert_known(answer.frame)
    assert any("came more than once" in n.en for n in answer.notes)
    assert any("mer än en gång" in n.sv for n in answer.notes)


def test_parts_without_ids_are_told_apart_by_all_they_have(take):
    assert_known(take("no_ids").frame)


def test_pages_without_ids_come_whole(take):
    assert_known(take("no_ids_paged", page=250).frame)


def test_ids_made_up_anew_for_each_answer_are_not_believed(take):
    assert_known(take("made_up_ids", page=250).frame)


def test_pages_without_order_are_not_taken_for_the_layer(take):
    assert_known(take("shuffled", page=300, id_column="lopnr").frame)
    with pytest.raises(SourceError, match=r"came more than once.*not whole"):
        take("shuffled", page=300)


@pytest.mark.parametrize(
    ("trick", "options", "words"),
    [
        ("cut_json", {}, "not whole JSON"),
        ("cut_gml", {"format": "gml"}, "not whole XML"),
        ("truncated", {"format": "gml"}, "truncatedResponse"),
        ("xlinks", {"format": "gml"}, "xlink"),
        ("swapped_axes", {}, "axes are swapped"),
        ("swapped_box", {}, r'box_axes = "xy"'),
        ("elsewhere", {}, "none of 1000 features lies in the asked box"),
        ("always429", {}, "answered 429"),
        ("waits429", {}, "asks us to wait 86400 s"),
        ("500", {}, "answered 500"),
        ("html200", {}, "web page in place of data"),
        ("short", {"page": 200}, "counts 1200 features in the area but gave 900"),
        ("short", {}, "counts 1200 features"),
        ("lies_about_count", {"page": 300}, "counts 1300 features in the area but gave 1200"),
        ("lies_low", {"page": 300}, r"counts 1100 features in the area but gave 1200"),
        ("changes", {"page": 300}, "changed while it was fetched"),
        ("entities", {}, "DOCTYPE"),
        ("entities", {"format": "gml"}, "DOCTYPE"),
        ("expired", {}, "answered 401"),
        ("exception200", {}, "OperationProcessingFailed: 'Java heap space & more'"),
        ("unknown_and_ignores", {}, "neither counts its features nor pages"),
        ("good", {"most": 1000}, "1200 features in the area, more than the 1000"),
        ("good", {"id_column": "kod", "page": 400}, "does not tell features apart|twice with different content"),
        ("good", {"id_column": "saknas"}, "has no 'saknas'"),
        ("good", {"version": "1.0.0"}, "WFS is asked as"),
        ("good", {"format": "shape"}, "geojson"),
        ("good", {"crs": "EPSG:999999"}, "not known"),
        ("good", {"output_format": "text/xml; subtype=gml/3.2"}, "answered XML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_an_error_that_names_the_service(take, trick, options, words):
    with pytest.raises(SourceError, match=words) as caught:
        take(trick, **options)
    assert re.search(r"127\.0\.0\.1|Provmyndigheten|kand_source", str(caught.value))


def test_silence_in_the_middle_is_an_error(take, host):
    with pytest.raises(SourceError, match=r"gave no whole answer in 2 tries .*silent"):
        take("stall", web=client(host, stall_s=0.5, tries=2))


def test_a_service_that_reads_boxes_east_first_is_asked_so_when_the_plan_says_it(take):
    assert_known(take("swapped_box", box_axes="xy").frame)


def test_axes_that_the_plan_says_are_turned(take):
    assert_known(take("swapped_axes", axes="crs").frame)


def test_nothing_in_the_area_is_an_empty_frame(take):
    for trick, box in (("empty", BOX), ("good", (500_000.0, 6_500_000.0, 500_100.0, 6_500_100.0))):
        answer = take(trick, box=box)
        assert answer.counted == 0
        assert len(answer.frame) == 0
        assert answer.frame.crs == "EPSG:3006"


def test_only_the_box_is_fetched(take):
    box = (610_000.0, 6_910_000.0, 620_000.0, 6_920_000.0)
    from shapely.geometry import box as rectangle
    from shapely.geometry import shape

    want = {f["properties"]["lopnr"] for f in known_features() if shape(f["geometry"]).envelope.intersects(rectangle(*box))}
    assert 0 < len(want) < 200
    for way in EVERY_WAY:
        assert set(take("good", box=box, **way).frame["lopnr"]) == want


def test_a_service_that_ignores_the_box_is_noted(take):
    answer = take("ignores_box", box=(610_000.0, 6_910_000.0, 620_000.0, 6_920_000.0))
    assert answer.counted == COUNT
    assert any("outside the box" in n.en for n in answer.notes)


def test_a_service_that_cannot_count_is_read_to_the_end_and_the_reader_is_told(take):
    for version in ("2.0.0", "1.1.0"):
        answer = take("unknown_count", page=500, version=version)
        assert_known(answer.frame)
        assert answer.counted is None
        assert any("cannot say how many" in n.en for n in answer.notes)


@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda w: f"{w['version']} {w['format']}")
def test_a_filter_is_combined_with_the_box(take, way):
    features = known_features()
    codes = [features[3]["properties"]["kod"], features[7]["properties"]["kod"]]
    want = {f["properties"]["lopnr"] for f in features if f["properties"]["kod"] in codes}
    assert set(take("good", filter={"kod": codes}, **way).frame["lopnr"]) == want
    name = features[2]["properties"]["namn"]  # with an & in it, or <
    assert set(take("good", filter={"namn": name, "lopnr": 2}, **way).frame["lopnr"]) == {2}
    south = (BOX[0], BOX[1], BOX[2], features[3]["geometry"]["coordinates"][0][0][1] - 1000)
    assert 3 not in set(take("good", filter={"kod": codes}, box=south, **way).frame.get("lopnr", []))


def test_degrees_in_spite_of_what_was_asked_are_seen_and_said(take):
    assert_known(take("degrees").frame, crs="OGC:CRS84")


def test_no_crs_member_is_the_asked_crs_and_the_box_proves_it(take):
    assert_known(take("no_crs_member").frame)


@pytest.mark.parametrize("kind", ["geojson", "gml"])
def test_mixed_kinds_and_no_place_are_kept(take, kind):
    frame = take("mixed", format=kind).frame
    kinds = [None if g is None else g.geom_type for g in frame.geometry]
    assert kinds == ["Point", "LineString", "MultiPolygon", None, "MultiPoint"]
    assert list(frame["kod"]) == ["0001"] * 5


def test_curves_become_lines_that_keep_to_the_arc(take):
    import math

    circle, arc, half = take("curves", format="gml").frame.geometry
    assert circle.area == pytest.approx(math.pi * 100**2, rel=2e-3)
    assert circle.bounds == pytest.approx((609_900, 6_909_900, 610_100, 6_910_100), abs=0.2)
    assert arc.length == pytest.approx(math.pi * 100, rel=2e-3)
    assert half.area == pytest.approx(math.pi * 100**2 / 2, rel=2e-3)


def test_a_broken_fetch_goes_on_where_it_broke(host, tmp_path):
    ask = question(f"http://{host}/broken_line/wfs", type_name="k:kand", page=300)
    kept = spool(tmp_path)
    with pytest.raises(SourceError, match="answered 404"):
        wfs.fetch(ask, client(host), kept)
    second = spool(tmp_path)
    answer = wfs.fetch(ask, client(host), second)
    assert second.kept == 2
    assert_known(answer.frame)


def test_a_contradiction_forgets_its_pages(take, tmp_path):
    with pytest.raises(SourceError):
        take("lies_about_count", page=300)
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize(
    ("trick", "word", "options"),
    [
        ("bearer", "hemlig-nyckel-1", {"auth": "bearer"}),
        ("basic", "anna:lösenord-2", {"auth": "basic"}),
        ("param", "hemlig-nyckel-3", {"auth": "param:nyckel"}),
    ],
)
def test_a_key_is_sent_and_never_shown(take, host, monkeypatch, trick, word, options):
    monkeypatch.setenv("LANDPLAN_PROV_USER_KEY", word.partition(":")[0])
    monkeypatch.setenv("LANDPLAN_PROV_KEY", word.rpartition(":")[2])
    word = word.rpartition(":")[2]
    answer = take(trick, key="prov", page=500, **options)
    assert_known(answer.frame)
    ask = question(f"http://{host}/{trick}/wfs", type_name="k:kand", key="prov", **options)
    monkeypatch.delenv("LANDPLAN_PROV_KEY")
    for shown in (*answer.queries, *wfs.describe(ask)):
        assert word not in shown
        assert ("nyckel=***" in shown) == (trick == "param")


def test_a_missing_key_says_where_to_put_it(take, monkeypatch):
    monkeypatch.delenv("LANDPLAN_PROV_KEY", raising=False)
    with pytest.raises(SourceError, match="LANDPLAN_PROV_KEY"):
        take("bearer", key="prov")
    monkeypatch.setenv("LANDPLAN_PROV_KEY", "nyckeln")
    with pytest.raises(SourceError, match="auth 'digest' is not param:<name>, bearer or basic"):
        take("bearer", key="prov", auth="digest")


def test_a_dry_run_names_the_addresses_that_are_then_asked(take, host):
    answer = take("good", format="gml", page=5000)
    shown = wfs.describe(question(f"http://{host}/good/wfs", type_name="k:kand", format="gml", page=5000))
    assert list(answer.queries) == list(shown)
    assert "DescribeFeatureType" in shown[0]
    assert "bbox=6900000.000,600000.000,6940000.000,640000.000,urn:ogc:def:crs:EPSG::3006" in shown[1]
    assert "srsName=urn:ogc:def:crs:EPSG::3006" in shown[2]


def test_xml_with_a_document_type_is_refused_in_any_encoding():
    bomb = '<?xml version="1.0" encoding="{}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for name in ("utf-8", "utf-16", "iso-8859-1"):
        with pytest.raises(SourceError, match="DOCTYPE"):
            wfs.safe_xml(bomb.format(name).encode(name), "https://a.se/wfs")
    assert wfs.safe_xml("<a>å</a>".encode(), "https://a.se/wfs").text == "å"


def test_a_filter_alone_decides_when_the_plan_says_so(host, tmp_path):
    codes = [known_features()[i]["properties"]["kod"] for i in (3, 7)]
    want = {f["properties"]["lopnr"] for f in known_features() if f["properties"]["kod"] in codes}
    ask = question(f"http://{host}/good/wfs", type_name="k:kand", filter={"kod": codes}, box=BOX)
    free = {**ask.options, "box": False}
    answer = wfs.fetch(replace(ask, options=free), client(host), spool(tmp_path))
    assert set(answer.frame["lopnr"]) == want
    assert "Envelope" not in " ".join(answer.queries)


def test_twins_on_one_page_are_features_of_their_own_and_on_two_pages_a_double():
    from shapely import Point

    def page(*names, ids=False):
        rows = [{"namn": n} for n in names]
        return Page("https://a.se/wfs", rows, [Point(1, 2)] * len(rows), [f"x.{n}" for n in names] if ids else [""] * len(rows))

    heap = Heap()
    assert heap.add(page("a", "a", "b")) == 3
    assert heap.add(page("a", "b", "c")) == 1
    assert (len(heap), heap.doubles) == (4, 2)
    with pytest.raises(SourceError, match="does not tell features apart"):
        Heap().add(page("a", "a", ids=True))
    heap = Heap(id_column="namn")
    heap.add(page("a", "b"))
    changed = page("a")
    changed.shapes[0] = Point(1, 3)
    with pytest.raises(SourceError, match="'a' came twice with different content"):
        heap.add(changed)


@pytest.mark.parametrize("name", ["kand.fid--5b6e0c1f_18f2a_-7ffe", "fid-5b6e0c1f_18f2a_7ffe"])
def test_ids_that_are_made_up_are_known_by_their_form(name):
    heap = Heap()
    heap.add(Page("https://a.se/wfs", [{"a": 1}], [None], [name]))
    assert heap.by == "content"
    for good in ("kand.1", "Tatorter_2023.12", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "fid-12"):
        heap = Heap()
        heap.add(Page("https://a.se/wfs", [{"a": 1}], [None], [good]))
        assert heap.by == "the id"
