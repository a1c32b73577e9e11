"""The scripts that planners copy, and the notebook: short, public functions only, run top to bottom."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import nbformat
import pandas as pd
import pyogrio
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "analyses").glob("*.py"))


def test_there_are_three_scripts():
    assert [s.stem for s in SCRIPTS] == ["commute_catchment", "housing_sites", "industrial_land"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_a_script_is_short_and_calls_public_functions_only(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    tree = ast.parse(text)
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)], "no algorithms"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] in ("landplan", "pathlib", "geopandas", "pandas"), node.module
            assert not [a.name for a in node.names if a.name.startswith("_")]
            assert "._" not in (node.module or "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_a_script_runs_and_marks_what_is_made_up(script, tmp_path):
    out = tmp_path / "ut å"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(script), str(out)], cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "DEMONSTRATIONSDATA - får inte användas som beslutsunderlag" in done.stdout
    package = out / f"DEMONSTRATIONSDATA_{script.stem}.gpkg"
    for name, _ in pyogrio.list_layers(package):
        frame = gpd.read_file(package, layer=name)
        assert len(frame)
        assert frame["synthetic"].astype(bool).all()
    assert len(pd.read_csv(package.with_suffix(".csv")))


def test_the_notebook_and_its_pair_are_in_step_and_run(monkeypatch):
    import jupytext
    from nbclient import NotebookClient

    pair = jupytext.read(ROOT / "notebooks" / "torsboda.py")
    executed = nbformat.read(ROOT / "notebooks" / "torsboda.ipynb", as_version=4)
    assert [(c.cell_type, c.source) for c in pair.cells] == [(c.cell_type, c.source) for c in executed.cells]
    assert all(c.execution_count for c in executed.cells if c.cell_type == "code"), "committed as executed"
    text = (ROOT / "notebooks" / "torsboda.ipynb").read_text(encoding="utf-8")
    assert "DEMONSTRATIONSDATA" in text
    before = {i: _words(c) for i, c in enumerate(executed.cells)}
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the notebook draws inline
    NotebookClient(pair, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()
    assert {i: _words(c) for i, c in enumerate(pair.cells)} == before, "the numbers shown are the numbers it gives"


def _words(cell) -> list[str]:
    out = []
    for o in cell.get("outputs", []):
        if o.get("name") != "stderr":
            out.append(str(o.get("text") or o.get("data", {}).get("text/plain", "")).strip())
    return out
