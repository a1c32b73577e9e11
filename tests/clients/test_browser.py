"""The web maps and the report in real Chromium with every host blocked."""

import json
import time
from urllib.parse import urlsplit

import pytest
from small_atlas import PAYLOAD

from landplan.export.items import DEMO_BANNER


def _wait(browser, script, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := browser.execute_script(f"return {script}"):
            return value
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


def _open(browser, path):
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(path.as_uri())


def _requests(browser):
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return found


@pytest.fixture
def page(browser, run_folder):
    """The team's page, drawn to the end."""
    _open(browser, run_folder / "maps" / "industry.html")
    _wait(browser, "document.documentElement.dataset.ready === 'yes'")
    return browser


def _layer(page, id_):
    return page.execute_script("return window.landplan.config.layers.find(l => l.id === arguments[0]).key", id_)


def test_no_request_and_no_error(page):
    schemes = {urlsplit(url).scheme for url in _requests(page)}
    assert schemes <= {"file", "data", "blob"}, schemes
    assert [e for e in page.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []
    assert page.execute_script("return performance.getEntriesByType('resource').filter(e => e.name.startsWith('http')).length") == 0


def test_payloads_are_text(page):
    assert page.title != "run"
    assert page.execute_script("return document.querySelectorAll('img[src=x]').length") == 0
    names = page.execute_script("return [...document.querySelectorAll('.row .name')].map(n => n.textContent)")
    assert PAYLOAD in names


def test_every_layer_is_unpacked(page, atlas):
    counts = page.execute_script(
        "return Object.fromEntries(window.landplan.config.layers.map(l => [l.id, l.features ? l.features.length : null]))"
    )
    assert counts["sites"] == 4
    assert counts["stops"] == 5
    assert counts["mixed"] == 3  # a point and a polygon from the collection, and a line
    assert counts["density"] is None  # not switched on, not unpacked
    colors = page.execute_script(
        "return window.landplan.config.layers.find(l => l.id === 'sites').features.map(f => f.options.fillColor)"
    )
    style = atlas.vector("sites").style
    assert colors == [style.color_of(v) for v in atlas.vector("sites").frame["stage"]]


def test_coordinates_are_right(page, atlas):
    box = page.execute_script(
        "const l = window.landplan.config.layers.find(l => l.id === 'sites');"
        "const b = L.featureGroup(l.features).getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]"
    )
    assert box == pytest.approx(list(atlas.vector("sites").frame.to_crs(4326).total_bounds), abs=2e-5)


def test_the_picture_has_the_styles_colours(page, tmp_path):
    """Zoom to a site and look at the canvas: the fill is the class's colour at the class's opacity."""
    key = _layer(page, "sites")
    page.execute_script("window.landplan.map.setView(window.landplan.layers[arguments[0]].features[0].getCenter(), 14, {animate: false})", key)
    time.sleep(0.5)
    pixel = page.execute_script(
        "const l = window.landplan.layers[arguments[0]], c = l.renderer._container, x = c.getContext('2d');"
        "const p = window.landplan.map.latLngToLayerPoint(l.features[0].getCenter()).subtract(L.DomUtil.getPosition(c));"
        "const r = l.renderer._ctx.getTransform().a || 1; return [...x.getImageData(p.x * r, p.y * r, 1, 1).data]",
        key,
    )
    assert pixel[:3] == pytest.approx([0x00, 0x72, 0xB2], abs=2)
    assert pixel[3] == pytest.approx(0.8 * 255, abs=2)


def test_legend_follows_the_checkbox(page):
    key = _layer(page, "stops")
    state = (
        f"const b = document.querySelector('input[data-layer={key}]'); const l = window.landplan.layers['{key}'];"
        "return [b.checked, b.closest('.layer').querySelector('.entries').offsetHeight > 0, window.landplan.map.hasLayer(l.group)]"
    )
    assert page.execute_script(state) == [True, True, True]
    page.execute_script(f"document.querySelector('input[data-layer={key}]').click()")
    assert page.execute_script(state) == [False, False, False]
    page.execute_script(f"document.querySelector('input[data-layer={key}]').click()")
    _wait(page, f"window.landplan.map.hasLayer(window.landplan.layers['{key}'].group)")
    assert page.execute_script(state) == [True, True, True]


def test_a_layer_switched_on_later_is_drawn(page):
    key = _layer(page, "density")
    page.execute_script(f"document.querySelector('input[data-layer={key}]').click()")
    assert _wait(page, f"(window.landplan.layers['{key}'].features || []).length") == 3


def test_rasters_are_pictures_inside_the_file(page):
    source = page.execute_script("return document.querySelector('.leaflet-image-layer').src.slice(0, 22)")
    assert source == "data:image/png;base64,"
    assert page.execute_script("const i = document.querySelector('.leaflet-image-layer'); return i.naturalWidth") > 100


def test_clicking_a_site_opens_its_card(page):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    buttons = page.find_elements(By.CSS_SELECTOR, ".list button")
    assert len(buttons) == 4
    before = page.execute_script("return window.landplan.map.getZoom()")
    buttons[1].send_keys(Keys.ENTER)  # by keyboard, as without a mouse
    card = page.find_element(By.ID, "card-1")
    assert card.is_displayed()
    assert PAYLOAD in card.text
    for word in ("verklig", "demo", "saknas", "Begränsande", "Strandskydd", "4,2 ha".replace(" ", "\u00a0")):
        assert word in card.text or word.replace("\u00a0", " ") in card.text
    _wait(page, f"window.landplan.map.getZoom() > {before}")
    assert not page.find_element(By.ID, "card-0").is_displayed()
    card.find_element(By.CSS_SELECTOR, ".back").send_keys(Keys.ENTER)
    assert not card.is_displayed()
    assert page.execute_script("return document.activeElement === document.querySelectorAll('.list button')[1]")


def test_clicking_the_map_shows_what_is_there(page):
    """Overlapping canvases do not hide each other's features; attributes are text, in words and units."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    key = _layer(page, "sites")
    page.execute_script(
        "const l = window.landplan.layers[arguments[0]];"
        "window.landplan.map.setView(l.features[1].getBounds().getSouthWest(), 14, {animate: false})", key)  # fmt: skip
    frame = page.find_element(By.ID, "map_landplan")
    # a little inside the corner, away from the pin in the middle
    ActionChains(page).move_to_element(frame).move_by_offset(14, -14).click().perform()
    # the municipal outline holds the whole area, and still the site comes first
    popup = _wait(page, "document.querySelector('.leaflet-popup .popup') && document.querySelector('.popup').innerText")
    assert "laga kraft" in popup
    assert "1\u00a0234" in popup or "1 234" in popup
    assert "ha" in popup
    assert page.execute_script("return document.querySelector('.popup h3').textContent") == PAYLOAD
    assert page.execute_script("return document.querySelectorAll('.popup img').length") == 0


@pytest.mark.parametrize("language", ["sv", "en"])
def test_numbers_are_written_as_the_library_writes_them(page, language):
    from landplan.units import format_number

    values = [0, 1234.5, -1234.56, 24_515, 0.05, -0.001, 999_999.4, 12]
    page.execute_script("window.landplan.config.language = arguments[0]", language)
    for decimals in (0, 1, 2):
        column = {"decimals": decimals, "grouped": True}
        written = page.execute_script(
            "return arguments[0].map(v => window.landplan.number(v, arguments[1]))", [round(v, decimals) for v in values], column
        )
        assert written == [format_number(round(v, decimals), decimals, language=language) for v in values]


def test_banner_is_always_in_sight_and_prints(page):
    for script in ("window.scrollTo(0, 5000)", "window.landplan.openCard('s1', true)"):
        page.execute_script(script)
        box = page.execute_script(
            "const r = document.getElementById('banner').getBoundingClientRect();"
            "const e = document.elementFromPoint(innerWidth / 2, r.top + r.height / 2); return [r.top, r.width, e.id, e.textContent]"
        )
        assert box[0] == 0
        assert box[1] == page.execute_script("return document.documentElement.clientWidth")
        assert box[2:] == ["banner", DEMO_BANNER.sv]


@pytest.mark.parametrize("name", ["maps/industry.html", "report.html"])
def test_every_printed_page_carries_the_banner(browser, run_folder, name):
    """The banner's ground colour is painted once on each page of the print."""
    import base64
    import re
    import zlib

    _open(browser, run_folder / name)
    if "maps" in name:
        _wait(browser, "document.documentElement.dataset.ready === 'yes'")
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    streams = [zlib.decompress(s) for s in re.findall(rb"stream\r?\n(.*?)endstream", pdf, flags=re.S) if s[:1] == b"x"]
    marked = [s for s in streams if re.search(rb"\b1 0?\.878\d* 0?\.541\d* rg", s)]
    assert pages >= 2
    assert len(marked) == pages
    if "maps" in name:
        assert any(b"/Width" in part for part in pdf.split(b"endobj") if b"/Subtype /Image" in part)


def test_keyboard_names_and_contrast(page):
    unnamed = page.execute_script(
        "return [...document.querySelectorAll('button, input, a[href], [role=button]')].filter(e => e.offsetParent !== null"
        " && !(e.getAttribute('aria-label') || e.textContent.trim() || e.title || (e.labels && e.labels.length))).map(e => e.outerHTML)"
    )
    assert unnamed == []
    assert page.execute_script("return document.documentElement.lang") == "sv"
    ratios = page.execute_script(
        """
        const lum = c => { const v = c.map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
          return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
        const rgb = s => s.match(/[\\d.]+/g).map(Number);
        const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
          if (c.length < 4 || c[3] > 0.5) return c.slice(0, 3); } return [255, 255, 255]; };
        return [...document.querySelectorAll('main *, .legend *, .banner')].filter(e => e.offsetParent !== null
          && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => {
            const a = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(ground(e));
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)]; });
        """
    )
    assert len(ratios) > 30
    assert [r for r in ratios if r[0] < 4.5] == []


def test_usable_on_a_telephone(browser, run_folder):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 380, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        _open(browser, run_folder / "maps" / "industry.html")
        _wait(browser, "document.documentElement.dataset.ready === 'yes'")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 380
        answer, chart = browser.execute_script(
            "return ['answer', 'map'].map(i => document.getElementById(i).getBoundingClientRect().top)"
        )
        assert answer < 60 < chart
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_page_with_nothing_opens(browser, run_folder):
    _open(browser, run_folder / "maps" / "bare.html")
    _wait(browser, "document.documentElement.dataset.ready === 'yes'")
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_report(browser, run_folder, atlas):
    _open(browser, run_folder / "report.html")
    assert {urlsplit(url).scheme for url in _requests(browser)} <= {"file", "data"}
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.getElementById('answer').textContent") == atlas.answer.sv
    top = browser.execute_script("const r = document.getElementById('banner').getBoundingClientRect(); return [r.top, r.width]")
    assert top == [0, browser.execute_script("return document.documentElement.clientWidth")]
