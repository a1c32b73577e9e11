import datetime as dt
import errno
import importlib
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from landplan.contracts import FieldSpec
from landplan.errors import DiskError, ExportError
from landplan.export import display, files, legend, names, packing, pages, templates
from landplan.export.items import VectorItem
from landplan.style import Style, StyleClass, Text


class TestDisplay:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (float("nan"), None), (np.inf, None), (pd.NA, None), (pd.NaT, None), (None, None), (np.int8(3), 3),
            (np.bool_(True), True), ("å", "å"), ({"a": np.nan}, '{"a": null}'), ((1, 2.5), "[1, 2.5]"),
            (np.array(["å"]), '["å"]'), (dt.date(2024, 1, 2), dt.date(2024, 1, 2)), ({"b", "a"}, '["a", "b"]'),
        ],
    )  # fmt: skip
    def test_plain(self, value, expected):
        assert display.plain(value) == expected
        assert type(display.plain(value)) is type(expected)

    def test_numbers_read_the_language_way(self):
        frame = pd.DataFrame({"m": [12.34, 5.0], "year": [2027, 2030], "persons": [24_515, 3]})
        specs = [FieldSpec(n, t, Text(n, n)) for n, t in (("m", "float"), ("year", "int"), ("persons", "int"))]
        swedish = display.columns_of(frame, specs, "sv")
        assert [c.text(frame[c.name][0]) for c in swedish] == ["12,3", "2027", "24\u00a0515"]
        english = display.columns_of(frame, specs, "en")
        assert [c.text(frame[c.name][0]) for c in english] == ["12.3", "2027", "24,515"]

    def test_a_contract_that_lies_keeps_the_words(self):
        frame = display.tidy(pd.DataFrame({"n": ["många", 3]}), [FieldSpec("n", "int", Text("n", "n"))])
        assert frame["n"].tolist() == ["många", "3"]

    def test_inputs_are_not_touched(self):
        frame = pd.DataFrame({"a": [np.inf, 1.0]})
        display.tidy(frame, [])
        assert frame["a"].tolist() == [np.inf, 1.0]


class TestLegend:
    def test_categories_match_across_types(self):
        classes = (StyleClass(True, Text("ja", "yes"), "#111111"), StyleClass(3, Text("3", "3"), "#222222"))
        settled = legend.Settled(Style(kind="classes", column="x", classes=classes), classes)
        values = pd.Series([True, "true", 3.0, "3", False, None], dtype=object)
        assert legend.class_index(settled, values).tolist() == [0, 0, 1, 1, -1, -1]

    def test_colours_agree_with_the_style(self):
        classes = tuple(StyleClass(b, Text("", ""), c) for b, c in ((10, "#111111"), (20, "#222222"), (None, "#333333")))
        style = Style(kind="graduated", column="x", classes=classes)
        values = pd.Series([-5.0, 10.0, 10.5, 20.0, 99.0])
        index = legend.class_index(legend.Settled(style, classes), values)
        assert [classes[i].color for i in index] == [style.color_of(float(v)) for v in values]

    def test_values_outside_every_class_get_a_line(self):
        frame = gpd.GeoDataFrame({"k": ["a", "z"]}, geometry=gpd.points_from_xy([0, 1], [0, 1]))
        style = Style(kind="classes", column="k", classes=(StyleClass("a", Text("A", "A"), "#111111"),))
        item = VectorItem(id="x", title=Text("x", "x"), frame=frame, style=style)
        assert [e.label for e in legend.entries(item, legend.settle_vector(item), "sv")] == ["A", "Övriga"]

    def test_constant_ramp(self):
        frame = gpd.GeoDataFrame({"k": [5.0, 5.0]}, geometry=gpd.points_from_xy([0, 1], [0, 1]))
        item = VectorItem(id="x", title=Text("x", "x"), frame=frame, style=Style(kind="ramp", column="k"))
        assert legend.settle_vector(item).low == 5.0


class TestPacking:
    def test_varints_of_every_size(self):
        values = np.array([0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2_000_000, -180 * packing.SCALE, 2**33])
        assert packing.unpack_varints(packing.varints(values)) == values.tolist()


class TestFiles:
    def test_whole_or_nothing(self, tmp_path):
        target = tmp_path / "a" / "b.txt"
        files.write_text(target, "å")

        def fail():
            with files.aside(target) as part:
                part.write_text("half")
                raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(DiskError, match=r"b\.txt: the disc is full"):
            fail()
        assert target.read_text("utf-8") == "å"
        assert list(target.parent.iterdir()) == [target]

    def test_a_bug_of_ours_stays_a_bug(self, tmp_path):
        def fail():
            with files.aside(tmp_path / "x") as part:
                part.write_text("half")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert list(tmp_path.iterdir()) == []

    def test_a_file_where_the_folder_should_be(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(ExportError, match="file"):
            files.write_text(tmp_path / "file" / "b.txt", "x")

    @pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
    def test_read_only(self, tmp_path, monkeypatch, code):
        def refuse(*_args):
            raise OSError(code, "Read-only file system")

        monkeypatch.setattr(files.os, "replace", refuse)
        with pytest.raises(DiskError, match="cannot be written"):
            files.write_text(tmp_path / "b.txt", "x")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
@pytest.mark.parametrize("what", ["geopackage", "raster", "sheets", "webmap", "tables"])
def test_a_disc_that_fills_up(tmp_path, what):
    """A process that may write 4 kB a file meets what a full disc gives: one clear error, nothing left."""
    code = f"""
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {str(importlib.import_module("small_atlas").__file__.rsplit("/", 1)[0])!r})
import small_atlas
from landplan.errors import DiskError
from landplan.export import geopackage, raster, sheets, tables, webmap
atlas = small_atlas.build()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
out = Path({str(tmp_path)!r})
try:
    if {what!r} == "geopackage": geopackage.write(atlas, out / "a.gpkg")
    if {what!r} == "raster": raster.write(atlas.raster("score"), out / "a.tif", atlas)
    if {what!r} == "sheets": sheets.write(atlas, atlas.pages[0], out / "a.pdf")
    if {what!r} == "webmap": webmap.write(atlas, atlas.pages[0], out / "a.html")
    if {what!r} == "tables": tables.write(atlas, out)
except DiskError as error:
    print("DiskError:", error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert "DiskError:" in done.stdout, done.stderr[-2000:]
    assert "\n" not in done.stdout.strip()
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


class TestNamesAndPages:
    @pytest.mark.parametrize("name", ["con", "Å/ä:ö?", "..", "a" * 300, "😀"])
    def test_stems_are_safe_everywhere(self, name):
        stem = names.safe_stem(name)
        assert stem.isascii()
        assert 0 < len(stem) <= 81
        assert not set(stem) & set('<>:"/\\|?* ')

    def test_stack_is_top_down_without_restricted(self, atlas):
        items, hidden = pages.stack(atlas, atlas.pages[0])
        assert hidden == ["Skyddsobjekt"]
        assert items[0].id == "stops"
        assert items[-1].id == "land"


def test_json_in_a_script_cannot_end_it():
    text = templates.data_script({"a": "</script><!--\u2028"})
    assert "<" not in text
    assert "\u2028" not in text


def test_the_room_is_light():
    code = "import sys, landplan.export as e; dir(e); print([m for m in ('geopandas','matplotlib','folium') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        importlib.import_module("landplan.export").nothing  # noqa: B018
