"""Find the real programs; where CI=true a missing one fails the test, elsewhere it is skipped and named."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from typing import NoReturn

import pytest

_CLEAN = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONPATH")


def _missing(what: str, how: str) -> NoReturn:
    message = f"{what} is not installed; {how}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def need_chromium() -> tuple[str, str]:
    """Return the paths of Chromium and its driver."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        _missing("Chromium", "apt-get install --no-install-recommends chromium chromium-driver")
    if importlib.util.find_spec("selenium") is None:
        _missing("selenium", "pip install 'landplan[dev]'")
    return browser, driver


def clean_environment() -> dict[str, str]:
    """Return an environment for the system's Python: the virtual environment's PROJ must not reach it."""
    return {k: v for k, v in os.environ.items() if k not in _CLEAN} | {"QT_QPA_PLATFORM": "offscreen"}


@functools.cache
def _system_python_has(module: str) -> str | None:
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        return None
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, env=clean_environment(), check=False)
    return python if done.returncode == 0 else None


def need_qgis() -> str:
    """Return the Python that has QGIS."""
    python = _system_python_has("qgis.core")
    if python is None:
        _missing("QGIS", "apt-get install --no-install-recommends python3-qgis qgis-providers")
    return python


def need_gdal_utils() -> None:
    """Require GDAL's validators."""
    if importlib.util.find_spec("osgeo_utils") is None:
        _missing("gdal-utils", "pip install --no-deps gdal-utils")


def need_pdftoppm() -> str:
    """Return the program that draws a PDF as an image."""
    program = shutil.which("pdftoppm")
    if program is None:
        _missing("pdftoppm", "apt-get install --no-install-recommends poppler-utils")
    return program
