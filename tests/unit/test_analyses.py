"""The scripts that planners copy, and the notebook: short, public functions only, run top to bottom."""

from __future__ import annotations

import ast
import importlib
import inspect
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


def test_there_are_four_scripts():
    assert [s.stem for s in SCRIPTS] == ["commute_catchment", "housing_sites", "industrial_land", "population_goal"]


OTHERS = {"functools", "geopandas", "numpy", "pandas", "pathlib", "sys"}


def faults_of(text: str) -> list[str]:
    """Names a script takes from landplan that no room lists in its `__all__`, and modules it should not need.

    A module is public when the room it is in lists it; a name, when the room or public module it comes from does.
    """

    def hidden(path: str) -> bool:
        parts = path.split(".")
        return any(part not in importlib.import_module(".".join(parts[:n])).__all__ for n, part in enumerate(parts) if n)

    faults, bound = [], {}
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken = [(alias.name, alias.asname or alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            taken = [(f"{'.' * node.level}{node.module or ''}.{alias.name}", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        for path, name in taken:
            if path.split(".")[0] != "landplan":
                faults += [path] if path.split(".")[0] not in OTHERS or "._" in path else []
            elif hidden(path):
                faults.append(path)
            else:
                bound[name] = path
    for node in ast.walk(tree):
        # burning.burn(…) and landplan.grid.Grid(…) take a name from a module just as an import does
        if isinstance(node, ast.Attribute):
            head, _, rest = ast.unparse(node).rpartition(".")
            path = bound.get(head) or (head if head.split(".")[0] == "landplan" and "landplan" in {b.split(".")[0] for b in bound} else "")
            if path and not hidden(path) and inspect.ismodule(found := _found(path)) and rest not in found.__all__:
                faults.append(f"{path}.{rest}")
    return faults


def _found(path: str):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name) if module else importlib.import_module(path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_a_script_is_short_and_calls_public_functions_only(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)], "no algorithms"
    assert faults_of(text) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("from landplan.plan import read", None),
        ("import landplan.network", None),
        ("from landplan import network as n\nn.matrix()", None),
        ("from landplan.suitability import value\nvalue.linear(1, 2)", None),
        ("from landplan.run.steps import read_layers", "landplan.run.steps.read_layers"),
        ("from landplan.layers.store import Store", "landplan.layers.store.Store"),
        ("import landplan.run.cache", "landplan.run.cache"),
        ("from landplan.network import build", "landplan.network.build"),
        ("from landplan.kernels.terrain import _slope", "landplan.kernels.terrain._slope"),
        ("from landplan import network as n\nn.build()", "landplan.network.build"),
        ("import landplan\nlandplan.network.build()", "landplan.network.build"),
        ("from landplan.suitability import value\nvalue._clip(1)", "landplan.suitability.value._clip"),
        ("import numba", "numba"),
        ("import rasterio.features", "rasterio.features"),
        ("from scipy import ndimage", "scipy.ndimage"),
        ("from . import helper", "..helper"),
    ],
)
def test_the_rule_itself_sees_what_is_not_public(line, fault):
    assert faults_of(line) == ([fault] if fault else [])


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.stem != "population_goal"], ids=lambda s: s.stem)
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


def test_the_goals_script_runs_on_published_figures_and_flags_the_assumed(tmp_path):
    script = ROOT / "analyses" / "population_goal.py"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "ingen prognos" in done.stdout
    table = pd.read_csv(tmp_path / "population_goal.csv")
    assert (table["säkerhet"] == "[0]").all()
    people = table.set_index("scenario")["folkmängd 2040"]
    assert people.filter(like="mål 30").iloc[0] == pytest.approx(30_000)
    # more jobs, more people
    assert people["utan mål"] < people.filter(like="1 900".replace(" ", "\u00a0")).iloc[0] < people.filter(like="4 000".replace(" ", "\u00a0")).iloc[0]


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
