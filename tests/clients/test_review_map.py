"""What a reviewer does with the map, in real Chromium: weights, comparing, minutes, search, measuring, notes, enquiries."""

import json
import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from selenium.webdriver.common.by import By
from small_atlas import PAYLOAD, X0, Y0

from landplan import suitability as s
from landplan.export import webmap
from landplan.export.items import CriterionScore, SiteCard, TeamPage, VectorItem
from landplan.grid import Grid
from landplan.layers.contract import FieldSpec
from landplan.style import Style, Text

GRID = Grid("EPSG:3006", 50.0, X0, Y0 + 3_000.0, (60, 60))
NAMES = {"a": "Öråker", "b": "Ängsö", "c": PAYLOAD, "d": "Åby", "e": "Liten"}
SITES = gpd.GeoDataFrame(
    {"site_id": list(NAMES)},
    geometry=[shapely.box(X0 + x, Y0 + y, X0 + x + w, Y0 + y + w) for x, y, w in ((110, 90, 900), (1_300, 200, 700), (200, 1_500, 800), (1_700, 1_800, 900), (2_700, 100, 110))],
    crs="EPSG:3006",
)


def criteria():
    rng = np.random.default_rng(11)
    few = np.where(rng.random(GRID.shape) < 0.5, np.nan, rng.random(GRID.shape)).astype(np.float32)
    tilt = np.linspace(0, 1, 60, dtype=np.float32)
    return [
        s.Criterion("east", np.tile(tilt, (60, 1)), s.value.linear(0, 1), 0.4),
        s.Criterion("north", np.tile(tilt[::-1, None], (1, 60)), s.value.linear(0, 1), 0.35),
        s.Criterion("few", few, s.value.linear(1, 0), 0.25, unknown="ignore"),
    ]


def ranked(weights):
    """The library's own ranking under these weights: evaluated anew, scored anew, sorted by the run's rule."""
    total = sum(weights)
    found = s.evaluate(GRID, [], [replace(c, weight=w / total) for c, w in zip(criteria(), weights, strict=True)])
    sites = SITES[["site_id"]].join(s.score_sites(found, SITES)[["score"]])
    sites["large"] = sites["site_id"] != "e"
    sites["key"] = sites["score"].round(6)
    return sites.sort_values(["large", "key", "site_id"], ascending=[False, False, True])


def squares():
    cells = [shapely.box(X0 + 250 * i, Y0, X0 + 250 * (i + 1), Y0 + 250) for i in range(8)]
    frame = gpd.GeoDataFrame(
        {
            "square_id": [f"q{i}" for i in range(8)], "minutes": [4.0, 9.5, 12.0, 18.0, 22.0, 31.0, np.nan, 12.0],
            "population": [10, 20, 30, 40, 50, 60, 70, None], "working_age": [5, 10, None, 20, 25, 30, 35, None],
        },
        geometry=cells, crs="EPSG:3006",
    ).astype({"population": "Int64", "working_age": "Int64"})  # fmt: skip
    fields = (
        FieldSpec("minutes", "float", alias=Text("Restid", "Time"), unit="min"),
        FieldSpec("population", "int", alias=Text("Invånare", "Inhabitants")),
        FieldSpec("working_age", "int", alias=Text("Arbetsföra", "Working age")),
    )
    return VectorItem(
        id="catchment_squares", title=Text("Rutor", "Squares"), frame=frame, style=Style(color="#336699", opacity=0.7), fields=fields, visible=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def review(atlas, tmp_path_factory):
    base = criteria()
    result = s.evaluate(GRID, [], base)
    parts = dict(zip(SITES["site_id"], s.score_parts(result, SITES), strict=True))
    cards = []
    facts = {
        "a": {"allowed_ha": 81.0, "mw": 120.0, "rail_m": 400.0, "port_min": 25.0}, "b": {"allowed_ha": 49.0, "mw": None, "rail_m": 3_000.0, "port_min": 12.0},
        "c": {"allowed_ha": 64.0, "mw": 40.0, "rail_m": 999.0, "port_min": 29.9}, "d": {"allowed_ha": 81.0}, "e": {"allowed_ha": 1.2, "mw": 200.0},
    }  # fmt: skip
    for rank, row in enumerate(ranked([0.4, 0.35, 0.25]).to_dict("records"), start=1):
        at = SITES.geometry[SITES["site_id"] == row["site_id"]].iloc[0].centroid
        lines = tuple(
            CriterionScore(
                id=c.name, title=Text(c.name.title(), c.name), value=1.0, unit="m", score=0.5, weight=c.weight, contribution=c.weight / 2, reality="real",
            )
            for c in base
        )  # fmt: skip
        cards.append(
            SiteCard(
                site_id=row["site_id"], name=NAMES[row["site_id"]], rank=rank, score=row["score"], area_ha=10.0, reason=Text("Skäl.", "Why."),
                limiting=Text("", ""), criteria=lines, centroid=(at.x, at.y), large_enough=row["site_id"] != "e",
                excluded_ha=((Text("Strandskydd", "Shore"), 0.1), (Text("Vatten", "Water"), 2.5)),
                parts=tuple((a, tuple(None if np.isnan(m) else m for m in ms)) for a, ms in parts[row["site_id"]]), facts=facts[row["site_id"]],
            )
        )  # fmt: skip
    page = TeamPage(
        id="review", title=Text("Granska", "Review"), question=Text("Var?", "Where?"), answer=Text("Där.", "There."),
        layers=("sites", "catchment_squares", "outline", "land"), cards=tuple(cards),
    )  # fmt: skip
    note = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [17.4, 62.5]},
        "properties": {"id": "n1", "author": "ÅÖ", "time": "2026-11-20T10:00:00+01:00", "text": PAYLOAD, "site_id": "a", "verdict": "question", "team": "review"},
    }  # fmt: skip
    given = replace(atlas, pages=(page,), vectors=(*atlas.vectors, squares()), notes=(note,))
    path = tmp_path_factory.mktemp("review") / "granska å.html"
    webmap.write(given, page, path)
    return path


@pytest.fixture
def page(browser, review):
    browser.get_log("browser")
    browser.get(review.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get(review.as_uri())
    wait(browser, "document.documentElement.dataset.ready === 'yes'")
    yield browser
    assert [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def wait(browser, script, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := browser.execute_script(f"return {script}"):
            return value
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


def listed(page):
    return page.execute_script("return [...document.querySelectorAll('ol.list > li')].map(li => li.dataset.of)")


def test_the_sliders_stand_at_the_plans_weights_and_give_its_ranking(page):
    assert page.execute_script("return [...document.querySelectorAll('#sliders input')].map(i => i.value)") == ["40", "35", "25"]
    want = list(ranked([0.4, 0.35, 0.25])["site_id"])
    assert page.execute_script("return landplan.rank().map(f => f.id)") == want == listed(page)


@pytest.mark.parametrize("weights", [[80, 10, 10], [5, 90, 5], [10, 10, 80], [33, 33, 34], [1, 50, 49]])
def test_other_weights_rank_as_the_library_does(page, weights):
    want = ranked(weights)
    page.execute_script("landplan.weigh(arguments[0])", [w / 100 for w in weights])
    assert listed(page) == list(want["site_id"])
    scores = page.execute_script("return landplan.rank(arguments[0]).map(f => f.score)", [w / 100 for w in weights])
    assert scores == pytest.approx(list(want["score"]), abs=3e-7)
    shown = page.execute_script("return [...document.querySelectorAll('ol.list .score')].map(n => n.textContent)")
    assert shown == [f"{100 * v:.0f}" for v in want["score"]]
    # the three best, the pins and the card follow
    assert page.execute_script("return [...document.querySelectorAll('ol.top .site')].map(n => n.dataset.site)") == list(want["site_id"])[:3]
    assert page.execute_script("return landplan.pins.all.map(p => p.site)") == list(want["site_id"])
    page.execute_script("document.getElementById('weights-reset').click()")
    assert listed(page) == list(ranked([0.4, 0.35, 0.25])["site_id"])


def test_a_slider_follows_the_keyboard(page):
    page.execute_script("document.querySelector('#weights').closest('details').open = true")
    slider = page.find_element(By.CSS_SELECTOR, "#sliders input")
    slider.send_keys("\ue014")  # arrow right
    assert slider.get_attribute("value") == "41"
    assert "41" in page.execute_script("return document.querySelector('#sliders output').textContent")
    assert page.find_element(By.ID, "weights-said").get_attribute("textContent")


def test_up_to_four_sites_stand_side_by_side(page):
    boxes = page.find_elements(By.CSS_SELECTOR, "input[data-compare]")
    for box in boxes[:4]:
        page.execute_script("arguments[0].click()", box)
    assert not boxes[4].is_enabled()
    page.execute_script("document.getElementById('compare-go').click()")
    heads = page.execute_script("return [...document.querySelectorAll('#compare-table thead th')].map(n => n.textContent)")
    assert heads == [f"{i}. {NAMES[k]}" for i, k in enumerate(listed(page)[:4], start=1)]
    rows = page.execute_script("return [...document.querySelectorAll('#compare-table tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    assert ["Strandskydd", *["0,1\u00a0ha"] * 4] in rows
    assert page.execute_script("return document.querySelectorAll('#compare-table img').length") == 0


def test_the_card_names_the_constraint_that_takes_most_land(page):
    page.execute_script("landplan.openCard('a', false)")
    assert "Vatten" in page.execute_script("return document.querySelector('.card:not([hidden])').textContent")


def test_minutes_sum_what_is_shown_and_tell_what_is_not(page):
    page.execute_script("landplan.minutes(15).then(f => { window.found = f; })")
    found = wait(page, "window.found")
    assert found == {"population": 60, "working": 15, "hidden": 1, "hidden_working": 2, "squares": 4, "has_working": True}
    said = page.find_element(By.ID, "minutes-said").get_attribute("textContent")
    assert "60 invånare" in said
    assert "1 i summan av invånare, 2 i summan av arbetsföra" in said
    drawn = page.execute_script("const l = landplan.layerOf('catchment_squares'); return l.features.filter(f => f.options.fill).map(f => f.row)")
    assert drawn == [0, 1, 2, 7]


def test_search_finds_sites_with_and_without_marks(page):
    for asked, want in (("öråk", "a"), ("orak", "a"), ("ANGS", "b"), ("åb", "d")):
        page.execute_script("landplan.find(arguments[0]).then(f => { window.hits = f; })", asked)
        time.sleep(0.2)
        assert wait(page, "window.hits")[0].get("site") == want, asked
    search = page.find_element(By.ID, "search")
    search.clear()
    search.send_keys("liten")
    wait(page, "document.querySelectorAll('#found li').length")
    search.send_keys("\ue007")  # enter
    assert page.execute_script("return document.querySelector('.card:not([hidden]) h2').textContent").endswith("Liten")
    search.send_keys("xyzzy")
    wait(page, "document.getElementById('search-said').textContent.includes('Inget')")


def test_lengths_and_areas_are_the_ellipsoids(page):
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    rng = np.random.default_rng(5)
    for size in (0.001, 0.05, 1.0):
        lon, lat = 17.0 + size * rng.random(6), 62.0 + size * rng.random(6)
        points = [{"lat": b, "lng": a} for a, b in zip(lon, lat, strict=True)]
        assert page.execute_script("return landplan.length(arguments[0])", points) == pytest.approx(geod.line_length(lon, lat), rel=1e-8)
        ring = shapely.MultiPoint(np.c_[lon, lat]).convex_hull.exterior
        x, y = (np.array(v)[:-1] for v in ring.coords.xy)
        want = abs(geod.polygon_area_perimeter(x, y)[0])
        got = page.execute_script("return landplan.area(arguments[0])", [{"lat": b, "lng": a} for a, b in zip(x, y, strict=True)])
        assert got == pytest.approx(want, rel=1e-5 if size < 1 else 1e-4)


def test_measuring_by_keyboard_alone(page):
    page.execute_script("landplan.map.setView([62.5, 17.4], 12, {animate: false}); document.getElementById('measure-line').click()")
    area = page.find_element(By.ID, "map_landplan")
    area.send_keys("\ue007")
    page.execute_script("landplan.map.panBy([200, 0], {animate: false})")
    area.send_keys("\ue007")
    assert "km" in page.find_element(By.ID, "draw-said").text
    page.find_element(By.ID, "draw-done").click()
    assert page.find_element(By.ID, "measured").text.startswith("Sträcka: ")
    assert page.execute_script("return landplan.tool") is None


def test_the_runs_notes_are_shown_as_text(page):
    assert [n[0]["properties"]["id"] for n in page.execute_script("return landplan.notes.all()")] == ["n1"]
    page.execute_script("landplan.openCard('a', false)")
    said = page.execute_script("return document.querySelector('.card:not([hidden]) .said-of .said').textContent")
    assert said == PAYLOAD
    assert page.execute_script("return document.querySelectorAll('#panel img').length") == 0


def verdict(page, site, value, text, author="EK"):
    page.execute_script("landplan.openCard(arguments[0], false)", site)
    page.execute_script("document.querySelector('#note-form input[value=' + arguments[0] + ']').click()", value)
    for name, words in (("text", text), ("author", author)):
        field = page.find_element(By.CSS_SELECTOR, f"#note-form [name={name}]")
        field.clear()
        field.send_keys(words)
    page.execute_script("document.querySelector('#note-form button[type=submit]').click()")


def test_a_verdict_and_a_point_are_saved_read_again_and_kept_as_a_draft(page, review, tmp_path):
    from landplan.review import read_notes

    verdict(page, "b", "reject", "Lägre än väntat; </script><b>ej</b>")
    page.execute_script("document.getElementById('note-point').click(); landplan.tool.add(L.latLng(62.51, 17.41))")
    page.find_element(By.CSS_SELECTOR, "#note-form [name=text]").send_keys("Bäck här")
    page.execute_script("document.querySelector('#note-form button[type=submit]').click()")
    saved = page.execute_script("return landplan.notes.file()")
    assert [f["properties"]["verdict"] for f in saved["features"]] == ["reject", ""]
    assert saved["features"][1]["geometry"] == {"type": "Point", "coordinates": [17.41, 62.51]}
    path = tmp_path / "notes.geojson"
    path.write_text(json.dumps(saved), encoding="utf-8")
    notes = read_notes([path])
    assert [(n.author, n.site_id, n.verdict) for n in notes] == [("EK", "b", "reject"), ("EK", "", "")]
    # the draft is there when the page is opened again
    page.get(review.as_uri())
    wait(page, "document.documentElement.dataset.ready === 'yes'")
    assert len(page.execute_script("return landplan.notes.all()")) == 3
    # and a file can be loaded where there is none
    page.execute_script("localStorage.clear()")
    page.get(review.as_uri())
    wait(page, "document.documentElement.dataset.ready === 'yes'")
    page.find_element(By.ID, "notes-load").send_keys(str(path))
    wait(page, "landplan.notes.all().length === 3")
    # twice is once
    page.find_element(By.ID, "notes-load").send_keys(str(path))
    time.sleep(0.3)
    assert len(page.execute_script("return landplan.notes.all()")) == 3


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"author": "x", "time": "igår", "text": "y"}}]}'],
)  # fmt: skip
def test_a_file_that_is_no_notes_file_changes_nothing(page, text):
    before = page.execute_script("return landplan.notes.all().length")
    assert page.execute_script("return landplan.notes.load(arguments[0])", text) == 0
    assert page.execute_script("return landplan.notes.all().length") == before
    assert "ingen anteckningsfil" in page.find_element(By.ID, "note-said").get_attribute("textContent")


def test_the_notes_file_is_offered_as_a_download(page):
    verdict(page, "a", "accept", "")
    page.execute_script(
        "HTMLAnchorElement.prototype.click = function () { window.offered = this.download; window.href = this.href; };"
        "document.getElementById('notes-save').click()"
    )
    assert page.execute_script("return window.offered") == "landplan-notes-prov-EK.geojson"
    assert page.execute_script("return window.href").startswith("blob:")


def test_an_enquiry_lists_matches_and_what_is_missing(page):
    asked = {"min_ha": 40, "min_mw": 100, "rail_m": 1000, "port_min": 30}
    found = page.execute_script("return landplan.enquire(arguments[0])", asked)
    assert found["matches"] == ["a"]
    assert set(found["near"]) == {"b", "c", "d", "e"}
    assert found["near"][0] == "c"  # lacks megawatts only
    text = page.find_element(By.ID, "enquiry-found").get_attribute("textContent")
    assert "eleffekt: har 40\u00a0MW, krav 100\u00a0MW" in text
    assert "eleffekt: uppgift saknas, krav 100\u00a0MW" in text
    assert page.execute_script("return landplan.enquire({})") is None
    # the form asks the same
    page.execute_script("document.getElementById('enquiry-form').closest('details').open = true")
    page.find_element(By.CSS_SELECTOR, "#enquiry-form [name=min_mw]").send_keys("100")
    page.execute_script("document.querySelector('#enquiry-form button').click()")
    assert "Öråker" in page.find_element(By.ID, "enquiry-found").text


def test_a_picture_from_the_network_is_asked_for_only_when_it_is_wanted(browser, atlas, tmp_path):
    given = replace(atlas, facts={**atlas.facts, "tiles": {"url": "https://tiles.example.se/{z}/{x}/{y}.png", "attribution": "© Kartverket"}})
    webmap.write(given, given.pages[0], tmp_path / "map.html")
    browser.get_log("performance")
    browser.get((tmp_path / "map.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready === 'yes'")

    def asked():
        sent = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
        return [m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent" and "example.se" in m["params"]["request"]["url"]]

    assert asked() == []
    assert not browser.find_element(By.ID, "tiles").is_selected()
    browser.execute_script("document.getElementById('tiles').click()")
    time.sleep(0.5)
    assert all(url.startswith("https://tiles.example.se/") for url in asked() or pytest.fail("no tile was asked for"))
    assert browser.find_element(By.ID, "tiles-by").get_attribute("textContent") == "© Kartverket"
    browser.get_log("browser")  # the host does not exist, and says so


@pytest.mark.parametrize("url", ["http://tiles.example.se/{z}/{x}/{y}.png", "https://x'; script-src *;/{z}", "javascript:alert(1)"])
def test_an_address_that_is_none_of_tiles_is_refused(atlas, url):
    from landplan.errors import PlanError

    with pytest.raises(PlanError, match="is no https address of tiles"):
        webmap.page_html(replace(atlas, facts={"tiles": {"url": url}}), atlas.pages[0])


def test_a_checkerboard_lies_right_to_the_pixel_in_the_browser(browser, atlas, tmp_path):
    """Squares of 500 m, black and white: each one's middle has its own colour at its own place on the screen."""
    from landplan.crs import transformer
    from landplan.export.items import RasterItem
    from landplan.style import StyleClass

    side, cell = 20, 100.0
    board = ((np.arange(side * 5)[:, None] // 5 + np.arange(side * 5)[None, :] // 5) % 2).astype(np.uint8)
    grid = Grid("EPSG:3006", cell, X0, Y0 + side * 500.0, board.shape)
    item = RasterItem(
        id="board", title=Text("Rutor", "Squares"), values=board, grid=grid, categorical=True, visible=True,
        style=Style(kind="classes", column="value", opacity=1.0, classes=(StyleClass(0, Text("vit", "white"), "#ffffff"), StyleClass(1, Text("svart", "black"), "#000000"))),
    )  # fmt: skip
    team = TeamPage(
        id="board", title=Text("T", "T"), question=Text("?", "?"), answer=Text("!", "!"), layers=(), rasters=("board",), visible=("board",),
    )  # fmt: skip
    webmap.write(replace(atlas, vectors=(), rasters=(item,), tables=(), pages=(team,)), team, tmp_path / "board.html")
    browser.get((tmp_path / "board.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready === 'yes'")
    to_degrees = transformer("EPSG:3006", "EPSG:4326")
    x, y = np.meshgrid(X0 + 250 + 500 * np.arange(side), Y0 + side * 500 - 250 - 500 * np.arange(side))
    # 80 m off the middle each way is still 170 m from the next square: one picture cell of slack, no more
    places = [to_degrees.transform(x + dx, y + dy) for dx, dy in ((0, 0), (170, 170), (-170, 170), (170, -170), (-170, -170))]
    seen = browser.execute_script(
        "const map = landplan.map, img = document.querySelector('img.leaflet-image-layer'), c = document.createElement('canvas');"
        "map.fitBounds(landplan.config.rasters[0].bounds, {animate: false});"
        "const x = c.getContext('2d'); c.width = img.naturalWidth; c.height = img.naturalHeight; x.drawImage(img, 0, 0);"
        "const box = img.getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();"
        "return arguments[0].map(([lat, lng]) => { const p = map.latLngToContainerPoint([lat, lng]);"
        "  const u = (p.x + frame.left - box.left) / box.width * c.width, v = (p.y + frame.top - box.top) / box.height * c.height;"
        "  return x.getImageData(Math.floor(u), Math.floor(v), 1, 1).data[0]; })",
        [[float(b), float(a)] for lon, lat in places for a, b in zip(lon.ravel(), lat.ravel(), strict=True)],
    )
    want = np.where((np.arange(side)[:, None] + np.arange(side)[None, :]) % 2 == 0, 255, 0).ravel()
    assert (np.array(seen).reshape(5, -1) == want).all()


def test_the_tools_can_be_used_on_a_telephone(page):
    page.set_window_size(400, 800)
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 380, "height": 780, "deviceScaleFactor": 2, "mobile": True})
    try:
        page.refresh()
        wait(page, "document.documentElement.dataset.ready === 'yes'")
        page.execute_script("document.querySelectorAll('.tools details').forEach(d => { d.open = true; }); landplan.compare(['a', 'b'])")
        time.sleep(0.4)
        assert page.execute_script("return document.documentElement.scrollWidth") <= 380
        assert page.execute_script("return document.querySelector('#compare h2').getBoundingClientRect().width") > 0
        page.execute_script("document.querySelector('#compare .back').click()")
        small = page.execute_script(
            "return [...document.querySelectorAll('#rest button, #rest summary, .kit button')].filter(b => b.offsetParent && b.offsetHeight < 28).map(b => b.textContent)"
        )
        assert small == []
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.set_window_size(1400, 900)


def test_the_browser_answers_an_enquiry_by_the_librarys_rule(page):
    from pathlib import Path

    for case in json.loads((Path(__file__).parents[1] / "enquiry_cases.json").read_text(encoding="utf-8")):
        found = page.execute_script("return landplan.answer(arguments[0], arguments[1])", case["facts"], case["asked"])
        assert found["met"] == case["met"], case
        assert [[m["rule"]["ask"], m["has"]] for m in found["missing"]] == case["missing"], case


def test_the_browser_takes_for_a_note_what_the_library_takes(page):
    """A note that review merge lets in and the map drops would be lost to everyone but its author."""
    from pathlib import Path

    load = "return landplan.notes.load(JSON.stringify({type: 'FeatureCollection', features: [arguments[0]]}))"
    cases = json.loads((Path(__file__).parents[1] / "notes_cases.json").read_text(encoding="utf-8"))
    assert {case["why"]: page.execute_script(load, case["feature"]) for case in cases if case["taken"]} == {c["why"]: 1 for c in cases if c["taken"]}
    # what an author's own browser would let in besides, as a time in words, the merge refuses with the feature's number
    refused = {case["why"] for case in cases if not case["taken"] and page.execute_script(load, case["feature"]) == 0}
    assert refused == {case["why"] for case in cases if not case["taken"]}
