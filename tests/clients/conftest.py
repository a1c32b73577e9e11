import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit" / "export")]

import small_atlas  # noqa: E402
from _need import clean_environment, need_chromium, need_qgis  # noqa: E402


@pytest.fixture(scope="session")
def atlas():
    return small_atlas.build()


@pytest.fixture(scope="session")
def run_folder(atlas, tmp_path_factory):
    """Everything a run leaves for the clients, in a folder with a space and an å."""
    from landplan.export import geopackage, qgis, raster, report, webmap
    from landplan.export.names import demo_stem, raster_file

    folder = tmp_path_factory.mktemp("run") / "körning ett"
    stem = demo_stem(atlas.name, atlas.synthetic)
    geopackage.write(atlas, folder / f"{stem}.gpkg")
    for item in atlas.rasters:
        raster.write(item, folder / "rasters" / raster_file(item), atlas)
    qgis.write(atlas, folder, f"{stem}.gpkg", "rasters")
    for page in atlas.pages:
        webmap.write(atlas, page, folder / "maps" / f"{page.id}.html")
    report.write(atlas, folder / "report.html")
    return folder


@pytest.fixture(scope="session")
def in_qgis():
    """Return a function that opens a file in QGIS and gives back what QGIS saw."""
    python = need_qgis()

    def look(path, *options):
        done = subprocess.run(
            [python, str(HERE / "qgis_check.py"), str(path), *map(str, options)],
            capture_output=True,
            text=True,
            env=clean_environment(),
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return look


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Headless Chromium with every host blocked."""
    program, driver = need_chromium()
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = program
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,900", f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = webdriver.Chrome(service=Service(driver), options=options)
    window.set_script_timeout(30)
    yield window
    window.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="session")
def torsboda(tmp_path_factory):
    """One run of the shipped plan, in a folder with å and a space."""
    out = tmp_path_factory.mktemp("kö rning å")
    from landplan.cli import main

    assert main(["run", "torsboda", "--out", str(out)]) == 0
    return out / "torsboda"
