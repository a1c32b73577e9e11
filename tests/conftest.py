"""Shared fixtures: where reference data lies, a toy town, and a plan over it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Warm kernels are shared between test runs of one machine, but never with the user's own folder.
os.environ.setdefault("LANDPLAN_CACHE_DIR", str(Path(tempfile.gettempdir()) / "landplan-tests-cache"))
os.environ.setdefault("MPLBACKEND", "Agg")


# Files that take minutes begin first, so that two workers end together.
LONG = ("test_wheel.py", "test_torsboda.py", "test_swedish_pages.py", "test_sample.py", "test_whole_way.py", "test_run.py", "test_warming.py", "test_compiled.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the long files to the front and leave the rest in its order."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def shared_data() -> Path | None:
    """Return the folder of peer data beside the checkout, None away from it."""
    for base in (ROOT, *ROOT.parents[:2]):
        folder = base.parent / "shared" / "data"
        if folder.is_dir():
            return folder
    return None


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_data()
    if folder is None:
        pytest.skip("the folder of reference data (../shared/data) is not here; the other tests do not need it")
    return folder


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy town of 4 x 4 km in EPSG:3006 with every layer a run needs, as files a planner would have."""
    from tests.toy import write_toy

    folder = tmp_path_factory.mktemp("toy å town")
    write_toy(folder)
    return folder
