"""What a run leaves on paper and in its report: sheets as the plan asks, every figure from the tables, what changed."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest

from landplan import plan as p
from landplan.errors import PlanError
from landplan.run import run_plan
from landplan.run.cache import StepCache

DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return StepCache(tmp_path_factory.mktemp("steg"))


@pytest.fixture
def town(toy, tmp_path):
    shutil.copytree(toy, tmp_path / "stad å")
    return tmp_path / "stad å"


def go(town, cache, out, *change, day=DAY):
    return run_plan(p.read(town / "toy.toml", overrides=list(change)), out, cache=cache, today=day).folder


def test_sheets_are_written_on_the_papers_of_the_plan(town, cache, tmp_path):
    only = 'export.formats=["sheets"]'
    both = {f.name for f in (go(town, cache, tmp_path / "a", only) / "sheets").iterdir()}
    sites = {f for f in both if f not in ("industry.pdf", "industry-a3.pdf")}
    assert {"industry.pdf", "industry-a3.pdf"} < both
    assert "industry-north.pdf" in sites
    assert 1 <= len(sites) <= 3
    large = {f.name for f in (go(town, cache, tmp_path / "b", only, 'export.papers=["A3"]') / "sheets").iterdir()}
    assert large == sites | {"industry-a3.pdf"}
    with pytest.raises(PlanError, match="papers"):
        p.read(town / "toy.toml", overrides=['export.papers=["A5"]'])
