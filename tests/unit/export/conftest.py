import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import small_atlas


@pytest.fixture(scope="session")
def atlas():
    return small_atlas.build()


@pytest.fixture(scope="session")
def english():
    return small_atlas.build("en")


@pytest.fixture(scope="session")
def real_atlas():
    return small_atlas.build(synthetic=False)
