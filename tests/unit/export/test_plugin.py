"""The plugin's zip: what is in it, that QGIS 3.22's Python can read it, that it speaks both languages."""

import ast
import configparser
import json
import re
import sys
import zipfile
from string import Formatter

import pytest

import landplan
from landplan.export import plugin
from landplan.layers import load_catalog
from landplan.style import Text

CATALOG = [("roads", "line", Text("Vägar", "Roads")), ("elevation", "raster", Text("Höjd", "Height")), ("jobs", "table", Text("Jobb", "Jobs"))]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = plugin.build(tmp_path_factory.mktemp("zip") / "å" / "p.zip", CATALOG)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_stands_in_one_folder(parts):
    assert {name.split("/")[0] for name in parts} == {"landplan_tools"}
    assert {name.split("/")[1] for name in parts} == {
        "__init__.py", "algorithms.py", "base.py", "child.py", "icon.svg", "layers.json", "metadata.txt", "plugin.py", "provider.py", "words.py",
    }  # fmt: skip


def test_metadata_is_what_qgis_asks_for(parts):
    found = configparser.ConfigParser()
    found.read_string(parts["landplan_tools/metadata.txt"].decode())
    general = found["general"]
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["version"] == landplan.__version__
    assert general["hasProcessingProvider"] == "yes"
    for key in ("name", "description", "about", "author", "email", "description[sv]", "about[sv]"):
        assert general[key]
    assert f"landplan_tools/{general['icon']}" in parts


def test_it_runs_in_an_older_python_without_landplan(parts):
    for name, data in parts.items():
        if not name.endswith(".py"):
            continue
        tree = ast.parse(data.decode(), feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                heads = {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                heads = {node.module.split(".")[0]}
            else:
                continue
            assert heads <= {"qgis", "processing", "__future__", *sys.stdlib_module_names}, name
        if name != "landplan_tools/__init__.py":
            assert "from __future__ import annotations" in data.decode()


def test_it_offers_the_catalogues_vector_layers(parts):
    assert [d["id"] for d in json.loads(parts["landplan_tools/layers.json"])] == ["roads", "jobs"]


def _words(parts):
    tree = ast.parse(parts["landplan_tools/words.py"].decode())
    (table,) = (n.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "WORDS")
    return ast.literal_eval(table)


def test_every_word_is_said_in_both_languages_and_used(parts):
    words = _words(parts)
    for key, (swedish, english) in words.items():
        assert swedish.strip(), key
        assert english.strip(), key
        places = [sorted(n for _, n, _, _ in Formatter().parse(t) if n) for t in (swedish, english)]
        assert places[0] == places[1], key
        assert not re.search(r"\b(the|layer|site|score|isochrones?)\b", re.sub(r"\{\w+\}", "", swedish.lower())), key
    code = "\n".join(d.decode() for n, d in parts.items() if n.endswith(".py") and "words" not in n)
    asked = set(re.findall(r'(?:say|number)\((?:"\w+", )?"(\w+)"', code))
    assert asked <= set(words)


def test_the_same_version_gives_the_same_bytes(tmp_path):
    catalog = [(d.id, d.kind, d.title) for d in load_catalog().values()]
    one, two = (plugin.build(tmp_path / name, catalog).read_bytes() for name in ("a.zip", "b.zip"))
    assert one == two
