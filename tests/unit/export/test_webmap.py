import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_atlas import LONG, PAYLOAD, X0, Y0

from landplan.export import packing, webmap, words
from landplan.export.items import DEMO_BANNER, VectorItem
from landplan.style import Style, Text


class Page(HTMLParser):
    """Collects tags, texts and scripts of a page."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.texts, self._script = [], {}, [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._script = dict(attrs).get("id", f"js{len(self.scripts)}")
            self.scripts[self._script] = ""

    def handle_endtag(self, tag):
        if tag == "script":
            self._script = None

    def handle_data(self, data):
        if self._script is None:
            self.texts.append(data)
        else:
            self.scripts[self._script] += data


def unpacked(text):
    raw = gzip.decompress(base64.b64decode(text))
    size = int.from_bytes(raw[:4], "little")
    return json.loads(raw[4 : 4 + size]), raw[4 + size :]


@pytest.fixture(scope="module")
def html(atlas):
    return webmap.page_html(atlas, atlas.pages[0])


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def config(page):
    return json.loads(page.scripts["config"])


def test_nothing_is_fetched(html, page):
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "data", "poster"):
            value = attrs.get(name, "")
            assert not value or value.startswith(("data:", "#")), (tag, value)
    styles = "".join(re.findall(r"<style>.*?</style>", html, flags=re.S))
    assert not re.search(r"url\((?!['\"]?(data:|#default))", styles)
    assert "@import" not in html
    assert "sourceMappingURL" not in html


def test_only_our_own_scripts_may_run(page, html):
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    running = [s for name, s in page.scripts.items() if name.startswith("js")]
    assert len(running) == 2
    from landplan.export.templates import script_hash

    for script in running:
        assert script_hash(script) in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in re.search(r"script-src[^;]*", policy).group()


def test_no_attribute_value_becomes_markup(page, html):
    assert ("b", {}) not in [(t, a) for t, a in page.tags if not a and t == "img"]
    assert not any(t == "img" for t, _ in page.tags)
    assert not any(k.startswith("on") for _, a in page.tags for k in a)
    assert PAYLOAD not in html
    assert any(PAYLOAD in t for t in page.texts)


def test_the_first_screen_is_the_answer(page, atlas):
    text = " ".join(" ".join(page.texts).split())
    order = [text.index(t) for t in (
        atlas.pages[0].question.sv, atlas.pages[0].answer.sv, "Tre bästa lägena", "Plan mark nära väg 331.", "Osäkert",
        "Vägnätet är påhittat.", "Ej prövat mot", "Alla lägen i rangordning",
    )]  # fmt: skip
    assert order == sorted(order)


def test_the_banner_cannot_be_missed(page, html):
    assert [a.get("id") for t, a in page.tags if a.get("class") == "banner"] == ["banner"]
    assert DEMO_BANNER.sv in page.texts
    assert "data-layer" in html
    assert not any(a.get("data-layer") == "banner" for _, a in page.tags)


def test_score_card_marks_each_criterion(page):
    marks = [a["class"] for t, a in page.tags if t == "span" and a.get("class", "").startswith("pill ")]
    assert {"pill real", "pill demo", "pill missing"} <= set(marks)
    text = " ".join(page.texts)
    for word in ("verklig", "demo", "saknas", "uppgift saknas", "61 240 personer".replace(" ", "\u00a0"), "Strandskydd"):
        assert word in text or word.replace("\u00a0personer", " personer") in text


def test_restricted_is_left_out_and_said(html, config):
    assert "HEMLIGT" not in html
    assert "secret" not in [layer["id"] for layer in config["layers"]]
    assert words.say("restricted_left_out", "sv", layers="Skyddsobjekt") in html


def test_layers_carry_only_declared_columns(config, page):
    sites = next(x for x in config["layers"] if x["id"] == "sites")
    assert [c["title"] for c in sites["columns"]][:3] == ["Namn", "Areal", "Planskede"]
    header, _ = unpacked(page.scripts["data-" + sites["key"]])
    rows = header["rows"]
    assert rows["c0"][1] == PAYLOAD
    assert rows["c0"][2] == LONG
    assert rows["c2"] == ["antagen", "laga kraft", "uppgift saknas", "antagen"]
    assert rows["c7"] == [12.5, None, 30.0, 45.2]
    assert rows["class"] == [0, 1, 2, 0]


def test_order_of_panes(config):
    z = {x["id"]: x["z"] for x in config["layers"]}
    z["score"] = next(r["z"] for r in config["rasters"] if r["title"] == "Lämplighet")
    assert z["stops"] > z["road"] > z["outline"] > z["sites"] > z["score"] > z["land"]
    assert len(set(z.values())) == len(z)


def test_geometry_survives_the_packing(config, page, atlas):
    sites = next(x for x in config["layers"] if x["id"] == "sites")
    header, stream = unpacked(page.scripts["data-" + sites["key"]])
    (block,) = header["blocks"]
    numbers = packing.unpack_varints(stream)
    assert len(numbers) == sum(block["runs"])
    features, parts, rings = block["runs"][:3]
    assert (features, parts, rings) == (4, 5, 6)
    steps = np.array(numbers[-block["runs"][3] :]).reshape(-1, 2).cumsum(axis=0) / packing.SCALE
    expected = atlas.vector("sites").frame.to_crs(4326).total_bounds
    np.testing.assert_allclose([*steps.min(axis=0), *steps.max(axis=0)], expected, atol=1.1e-5)


def test_mixed_and_missing_geometry(config, page):
    mixed = next(x for x in config["layers"] if x["id"] == "mixed")
    header, _ = unpacked(page.scripts["data-" + mixed["key"]])
    assert {b["kind"] for b in header["blocks"]} == {"polygon", "line", "point"}
    assert header["rows_total"] == 2
    text = " ".join(page.texts)
    assert words.say("without_geometry", "sv", layer="Blandat", count=2) in text
    assert words.say("empty_layer", "sv", layer="Tomt") in text


def test_english_page(english):
    html = webmap.page_html(english, english.pages[0])
    assert '<html lang="en">' in html
    assert DEMO_BANNER.en in html
    assert "The three best sites" in html
    assert "Kandidatområden" not in html


def test_plain_page_has_no_banner(real_atlas):
    html = webmap.page_html(real_atlas, real_atlas.pages[0])
    assert DEMO_BANNER.sv not in html
    assert 'class="banner"' not in html


def test_the_same_atlas_gives_the_same_page(atlas, html):
    assert webmap.page_html(atlas, atlas.pages[0]) == html


def test_write(atlas, tmp_path):
    path, _ = webmap.write(atlas, atlas.pages[1], tmp_path / "a" / "tom.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(p.name for p in path.parent.iterdir()) == ["tom.html", "tom.zip"]


def test_above_the_budget_the_largest_stay_and_the_page_says_so(atlas):
    rng = np.random.default_rng(5)
    corners = rng.uniform(0, 9000, (3000, 2))
    size = np.linspace(20, 400, 3000)
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    frame = gpd.GeoDataFrame(
        {"n": np.arange(3000)},
        geometry=[
            shapely.Polygon(np.c_[X0 + x + s * np.cos(turn), Y0 + y + s * np.sin(turn)])
            for (x, y), s in zip(corners, size, strict=True)
        ],
        crs="EPSG:3006",
    )
    item = VectorItem(id="many", title=Text("Många", "Many"), frame=frame, style=Style())
    page = replace(atlas.pages[0], layers=("many",), rasters=(), tables=(), cards=(), visible=())
    html = webmap.page_html(replace(atlas, vectors=(item,)), page, budget_bytes=40_000)
    parsed = Page(html)
    assert len(parsed.scripts["data-v0"]) <= 40_000
    header, _ = unpacked(parsed.scripts["data-v0"])
    assert 100 < header["rows_total"] < 3000
    text = " ".join(parsed.texts).replace("\u00a0", " ")
    assert "av 3 000 objekt visas" in text
    assert "högst 20 m" in text


def test_a_layer_on_several_pages_is_packed_once_and_reads_the_same(atlas):
    packed = {}
    for page in atlas.pages:
        assert webmap.page_html(atlas, page, packed=packed) == webmap.page_html(atlas, page)
    shown = sum(len([v for v in atlas.vectors if v.id in page.layers and v.sharing != "restricted"]) for page in atlas.pages)
    assert 0 < len(packed) <= shown
    before = dict(packed)
    webmap.page_html(atlas, atlas.pages[0], packed=packed)
    assert packed == before


@pytest.mark.slow
def test_a_hundred_thousand_polygons_of_24_vertices_fit_in_eight_megabytes(tmp_path):
    import many_polygons

    atlas = many_polygons.build(100_000)
    path, _ = webmap.write(atlas, atlas.pages[0], tmp_path / "many.html")
    assert path.stat().st_size <= 8_000_000
    text = path.read_text("utf-8")
    assert "100\u00a0000 objekt visas" not in text  # none left out
    header = unpacked(re.search(r'id="data-v0">([^<]*)<', text).group(1))[0]
    assert header["rows_total"] == 100_000


def test_the_budget_is_the_whole_files(tmp_path, monkeypatch):
    import many_polygons

    atlas = many_polygons.build(8_000, radius_m=(400.0, 900.0))
    limit = 700_000
    monkeypatch.setattr(webmap, "BUDGET_BYTES", limit)
    monkeypatch.setattr(webmap.page_html, "__kwdefaults__", {**webmap.page_html.__kwdefaults__, "budget_bytes": limit})
    path, _ = webmap.write(atlas, atlas.pages[0], tmp_path / "many.html")
    text = path.read_text("utf-8")
    assert limit * 0.6 < path.stat().st_size <= limit
    assert re.search(r"Många ytor: [\d\u00a0]+ av 8\u00a0000 objekt visas", text)


def test_a_zip_beside_the_page_holds_it_and_nothing_else(atlas, tmp_path):
    import zipfile

    page, archive = webmap.write(atlas, atlas.pages[1], tmp_path / "karta å.html")
    assert archive.name == "karta å.zip"
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["karta å.html"]
        assert opened.read("karta å.html") == page.read_bytes()
    first = archive.read_bytes()
    assert webmap.write(atlas, atlas.pages[1], tmp_path / "karta å.html")[1].read_bytes() == first


def test_what_is_seen_through_lies_on_the_ground_not_under_it(atlas):
    from landplan.export.legend import draw_order

    def item(id_, opacity, group="base"):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:3006")
        return VectorItem(id=id_, title=Text(id_, id_), frame=frame, style=Style(color="#336699", opacity=opacity), group=group)

    layers = [item("shore", 0.3), item("ranking", 0.7, "results"), item("land", 1.0), item("area", 0.0)]
    order = [layers[n].id for n in sorted(range(4), key=lambda n: draw_order(layers[n], n))]
    assert order == ["land", "shore", "ranking", "area"]
