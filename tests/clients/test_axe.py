"""The pages checked with axe-core in real Chromium: no serious finding, whatever is open."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = (
    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then("
    "r => done(r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html.slice(0, 200))])), e => done([['critical', String(e), []]]))"
)


@pytest.fixture(scope="module")
def axe():
    """axe-core's own script, as `.ci/run` installs it from npm."""
    if not SCRIPT.is_file():
        if os.environ.get("CI"):
            pytest.fail("axe-core is missing; .ci/run installs it with npm")
        pytest.skip("axe-core is not installed: npm install --prefix .axe axe-core@4")
    return SCRIPT.read_text(encoding="utf-8")


def serious(browser, axe):
    # the page's policy lets only its own scripts run; the driver stands outside it
    browser.execute_script(axe)
    return [found for found in browser.execute_async_script(RUN) if found[0] in ("serious", "critical")]


@pytest.mark.parametrize("state", ["first", "card", "compare", "telephone"])
def test_the_map_has_no_serious_finding(browser, run_folder, axe, state):
    from test_review_map import wait

    if state == "telephone":
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 380, "height": 780, "deviceScaleFactor": 2, "mobile": True})
    try:
        browser.get((run_folder / "maps" / "industry.html").as_uri())
        wait(browser, "document.documentElement.dataset.ready === 'yes'")
        browser.execute_script("document.querySelectorAll('.tools details').forEach(d => { d.open = true; })")
        browser.execute_script("landplan.find('ö')")
        if state == "card":
            browser.execute_script("landplan.openCard(Object.keys(landplan.config.sites)[0], false)")
        if state == "compare":
            browser.execute_script("landplan.compare(Object.keys(landplan.config.sites).slice(0, 4))")
        assert serious(browser, axe) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_report_has_no_serious_finding(browser, run_folder, axe):
    browser.get((run_folder / "report.html").as_uri())
    assert serious(browser, axe) == []


def test_a_page_with_a_fault_is_found(browser, tmp_path, axe):
    page = tmp_path / "fault.html"
    page.write_text('<!DOCTYPE html><html lang="sv"><title>x</title><main><p style="color:#ccc;background:#fff">ljust</p><img src="data:,"></main></html>', "utf-8")
    browser.get(page.as_uri())
    assert {found[1] for found in serious(browser, axe)} >= {"color-contrast", "image-alt"}
