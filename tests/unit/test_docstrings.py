"""Every example in a docstring runs, and every public function says what it returns and raises."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    p.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for p in (ROOT / "landplan").rglob("*.py")
    # the plugin runs in QGIS' Python: its own tests import it there
    if not {"_content", "qgis_plugin"} & set(p.parts) and p.stem != "__main__"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    count = sum(len(t.examples) for m in MODULES for t in finder.find(importlib.import_module(m)) if t.examples)
    assert count > 60


def test_public_functions_that_raise_say_so():
    silent = []
    for path in sorted((ROOT / "landplan").rglob("*.py")):
        if "_content" in path.parts or path.parent.name in ("cli",):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            raises = [n for n in ast.walk(node) if isinstance(n, ast.Raise) and n.exc is not None]
            if raises and "Raises" not in (ast.get_docstring(node) or ""):
                silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert not silent
