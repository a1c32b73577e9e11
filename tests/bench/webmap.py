"""The web map at its limit: 100 000 polygons of 24 vertices in one file, opened and moved in Chromium."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNT = 100_000
REPEATS = 3
AIM_S = 10.0


def opened(path: Path) -> dict[str, float]:
    """Seconds until all is drawn, and for a zoom to the whole and a pan after it; megabytes of script memory."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        raise SystemExit("Chromium and its driver are needed: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--window-size=1400,900", f"--user-data-dir={profile}"):  # fmt: skip
            options.add_argument(flag)
        browser = webdriver.Chrome(service=Service(driver), options=options)
        try:
            browser.set_script_timeout(120)
            start = time.perf_counter()
            browser.get(path.as_uri())
            browser.execute_async_script("const done = arguments[0]; landplan.ready.then(() => requestAnimationFrame(() => done(1)))")
            ready = time.perf_counter() - start
            moved = {}
            for name, move in (("whole", "landplan.home(false)"), ("pan", "landplan.map.panBy([300, 200], {animate: false})")):
                start = time.perf_counter()
                browser.execute_async_script(f"const done = arguments[0]; {move}; requestAnimationFrame(() => requestAnimationFrame(() => done(1)))")
                moved[name] = time.perf_counter() - start
            shown = browser.execute_script("return landplan.layers.v0.features.length")
            if shown != COUNT:
                raise SystemExit(f"{shown} of {COUNT} polygons are drawn; nothing is timed")
            heap = browser.execute_script("return performance.memory.usedJSHeapSize") / 1e6
            return {"ready": ready, **moved, "heap": heap}
        finally:
            browser.quit()


def main() -> list[str]:
    """The table."""
    sys.path.insert(0, str(ROOT / "tests" / "unit" / "export"))
    import many_polygons

    from landplan.export import webmap

    atlas = many_polygons.build(COUNT)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path, _ = webmap.write(atlas, atlas.pages[0], Path(folder) / "many.html")
        written, size = time.perf_counter() - start, path.stat().st_size / 1e6
        found = [opened(path) for _ in range(REPEATS)]

    def middle(key: str) -> float:
        return statistics.median(f[key] for f in found)

    return [
        "| what | measured | aim |",
        "|---|---|---|",
        f"| the file, MB | {size:.1f} | 8 |",
        f"| writing it, s | {written:.1f} | |",
        f"| opened and drawn, s | {middle('ready'):.1f} | {AIM_S:g} |",
        f"| the whole area drawn anew, s | {middle('whole'):.1f} | |",
        f"| a pan, s | {middle('pan'):.1f} | |",
        f"| the script's memory, MB | {middle('heap'):.0f} | |",
    ]


if __name__ == "__main__":
    print("\n".join(main()))
