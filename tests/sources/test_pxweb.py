"""PxWeb: whole answers or none, against a server of its own process that keeps the cap, hurries nobody and plays tricks."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landplan.errors import SourceError
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.jsonstat import cube_frame, read_cube
from landplan.layers.sources.pxweb import _pieces, describe, fetch
from landplan.layers.sources.web import Limits, Web

HERE = Path(__file__).parent
HANDMADE = HERE / "handmade"


@contextmanager
def serving(folder, *more):
    process = subprocess.Popen(
        [sys.executable, str(HERE / "pxweb_server.py"), str(folder), *map(str, more)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def client(base, **more):
    # retries are real, waiting is not
    return Web(allowed=frozenset({base.removeprefix("http://")}), sleep=more.pop("sleep", lambda s: None), **more)


def question(base, table="TAB1830", municipalities=("2262", "2280"), **options):
    old = options.get("api") == "1"
    url = f"{base}/PxWeb/api/v1/en/StatFin/" if old else f"{base}/api/v2/"
    return Ask("commuting", "scb", {"url": url, "table": table, "provider": "SCB", **options}, (0, 0, 1, 1), "EPSG:3006", municipalities)


def seen(base):
    with urlopen(f"{base}/seen") as reply:
        return [s for s in json.load(reply)["seen"] if s[0] == "POST"]


@pytest.fixture(scope="module")
def scb():
    with serving(HANDMADE / "scb") as base:
        yield base


def ask_of(base, **select):
    return question(base, select={"Bostadskommun": "{municipalities}", "Kon": "1+2", "Tid": "latest", **select})


def test_a_selection_comes_whole_and_in_long_form(scb, tmp_path):
    told = []
    web = client(scb)
    answer = fetch(ask_of(scb), web, Spool(tmp_path / "s"), lambda done, total: told.append((done, total)))
    assert answer.counted == len(answer.frame) == 2 * 5
    assert list(answer.frame.columns) == [
        "Bostadskommun", "Bostadskommun_label", "Arbetsstallekommun", "Arbetsstallekommun_label", "Kon", "Kon_label",
        "ContentsCode", "ContentsCode_label", "Tid", "Tid_label", "value",
    ]
    row = answer.frame.query("Bostadskommun == '2280' and Arbetsstallekommun == '2280'").iloc[0]
    assert (row["value"], row["Bostadskommun_label"], row["Tid"]) == (2 * 501 + 10, "2280 Härnösand (bostad)", "2024")
    assert told == [(10, 10)]
    assert answer.date == "2025-12-04"
    assert answer.queries[0].endswith("/api/v2/tables/TAB1830/metadata?lang=sv&outputFormat=json-stat2")
    assert "Bostadskommun=2262,2280" in answer.queries[1]
    assert web.rates[scb.removeprefix("http://")] == 3.0


def test_addresses_are_told_without_asking():
    ask = question("https://statistikdatabasen.scb.se")
    assert describe(ask) == (
        "https://statistikdatabasen.scb.se/api/v2/tables/TAB1830/metadata?lang=sv&outputFormat=json-stat2",
        "https://statistikdatabasen.scb.se/api/v2/tables/TAB1830/data?lang=sv&outputFormat=json-stat2",
    )


@pytest.mark.parametrize("most", [1, 3, 7, 10, 90])
def test_pieces_stay_below_the_cap_and_make_the_same_table(tmp_path, most):
    with serving(HANDMADE / "scb", "--cap", most) as base:
        whole = fetch(question(base, most_cells=most), client(base, per_second=1e6), Spool(tmp_path / "s"))
        sizes = [s[2] for s in seen(base)]
    assert max(sizes) <= most
    assert sum(sizes) == whole.counted == 90 == len(whole.frame)
    table = read_cube(json.loads((HANDMADE / "scb" / "TAB1830.json").read_text(encoding="utf-8")), where="file")
    keys = ["Bostadskommun", "Arbetsstallekommun", "Kon", "ContentsCode", "Tid"]
    got = whole.frame.set_index(keys)["value"].sort_index()
    expected = cube_frame(table).set_index(keys)["value"].sort_index()
    assert got.equals(expected)
    assert ("pieces" in "".join(n.en for n in whole.notes)) == (most < 90)


def test_missing_cells_are_empty_counted_and_said(scb, tmp_path):
    answer = fetch(question(scb), client(scb), Spool(tmp_path / "s"))
    assert answer.frame["value"].isna().sum() == 1
    assert 'marked ".."' in answer.notes[-1].en
    assert answer.notes[-1].en.startswith("1 of 90 cells")
    assert "1 av 90" in answer.notes[-1].sv


def test_a_code_that_is_not_there_is_named_with_the_nearest(scb, tmp_path):
    ask = question(scb, municipalities=("2262", "9999"), select={"Bostadskommun": "{municipalities}"})
    with pytest.raises(SourceError, match="municipality code 9999 is not in the table's Bostadskommun; the nearest is"):
        fetch(ask, client(scb), Spool(tmp_path / "s"))
    with pytest.raises(SourceError, match=r"code 2025 is not in the table's Tid; the nearest is 202[34]"):
        fetch(ask_of(scb, Tid="2025"), client(scb), Spool(tmp_path / "s"))
    with pytest.raises(SourceError, match="no variable 'Bostadskomun'; did you mean 'Bostadskommun'"):
        fetch(ask_of(scb, Bostadskomun="2262"), client(scb), Spool(tmp_path / "s"))


def test_templates_need_municipalities(scb, tmp_path):
    ask = question(scb, municipalities=(), select={"Bostadskommun": "{municipalities}"})
    with pytest.raises(SourceError, match=r"the plan names none; write \[area\] municipalities"):
        fetch(ask, client(scb), Spool(tmp_path / "s"))


@pytest.mark.parametrize(
    ("select", "cells"),
    [
        ({"Bostadskommun": "228*", "Arbetsstallekommun": ["22", "OK"], "Kon": "1", "Tid": "top:2"}, 2 * 2 * 2),
        ("Bostadskommun={municipalities}; Arbetsstallekommun=2262,2280; Kon=1+2; Tid=latest", 4),
        ("{'Bostadskommun': ['2262'], 'Kon': '1', 'Tid': 'latest'}", 5),
    ],
)
def test_ways_to_select(scb, tmp_path, select, cells):
    assert fetch(question(scb, select=select), client(scb), Spool(tmp_path / "s")).counted == cells


@pytest.mark.parametrize("select", ["latest", {"Tid": "top:x"}, {"Tid": []}])
def test_selections_that_mean_nothing_are_refused(scb, tmp_path, select):
    with pytest.raises(SourceError, match=r"not understood|nothing is selected"):
        fetch(question(scb, select=select), client(scb), Spool(tmp_path / "s"))


@pytest.mark.parametrize(
    ("trick", "said"),
    [
        ("short", "holds 9 values where its dimensions make 10 cells"),
        ("codes", "lacks Bostadskommun 2280"),
        ("extra", "has Bostadskommun 2281, which was not asked for"),
        ("html", "web page in place of data"),
        ("cut", "not whole JSON"),
    ],
)
def test_a_table_that_is_nearly_whole_is_refused_and_not_kept(tmp_path, trick, said):
    spool = Spool(tmp_path / "s")
    with serving(HANDMADE / "scb", "--trick", trick) as base, pytest.raises(SourceError, match=said):
        fetch(ask_of(base), client(base), spool)
    assert not list((tmp_path / "s").glob("*.page"))


def test_codes_in_another_order_are_the_same_table(tmp_path, scb):
    with serving(HANDMADE / "scb", "--trick", "order") as base:
        backward = fetch(ask_of(base), client(base), Spool(tmp_path / "a")).frame
    forward = fetch(ask_of(scb), client(scb), Spool(tmp_path / "b")).frame
    keys = ["Bostadskommun", "Arbetsstallekommun"]
    assert backward.set_index(keys)["value"].sort_index().equals(forward.set_index(keys)["value"].sort_index())


def test_a_cap_below_ours_is_said_in_its_own_words(tmp_path):
    with serving(HANDMADE / "scb", "--cap", 20) as base, pytest.raises(SourceError, match=r"question of 90 cells: its cap is lower; set \[sources.scb\] most_cells"):
        fetch(question(base), client(base), Spool(tmp_path / "s"))


def test_a_hurried_server_is_waited_for(tmp_path):
    waits = []

    def sleep(seconds):
        import time

        waits.append(seconds)
        time.sleep(seconds)

    with serving(HANDMADE / "scb", "--limit", 2) as base:
        # the stated rate is too high for this server: 429 comes, and its Retry-After is kept
        answer = fetch(question(base, most_cells=30, calls="100 per s"), client(base, sleep=sleep), Spool(tmp_path / "s"))
    assert answer.counted == 90
    assert 1.0 in waits


def test_a_break_costs_only_what_had_not_come(tmp_path):
    spool = Spool(tmp_path / "s")
    with serving(HANDMADE / "scb") as base:
        ask = question(base, most_cells=30)
        count = 0
        web = client(base)
        post = web.post

        def breaking(*args, **more):
            nonlocal count
            count += 1
            if count == 3:
                raise SourceError("the line is gone")
            return post(*args, **more)

        web.post = breaking
        with pytest.raises(SourceError, match="line is gone"):
            fetch(ask, web, spool)
        again = Spool(tmp_path / "s")
        answer = fetch(ask, client(base), again)
        assert again.kept == 2
        assert len(seen(base)) == 5  # two before the break, three after it
    assert answer.counted == len(answer.frame) == 90


def test_version_1_is_asked_in_its_own_words(tmp_path):
    with serving(HANDMADE / "statfin") as base:
        ask = question(
            base, "vaerak/statfin_vaerak_pxt_11re.px", ("851",), api="1",
            select={"Alue": "KU{municipality}", "Sukupuoli": ["1", "2"], "Vuosi": "latest"},
        )
        answer = fetch(ask, client(base), Spool(tmp_path / "s"))
        assert describe(ask) == (f"{base}/PxWeb/api/v1/en/StatFin/vaerak/statfin_vaerak_pxt_11re.px",)
    assert answer.counted == 2 * 5
    assert set(answer.frame["Alue_label"]) == {"Tornio"}
    assert answer.date == "2025-04-04"


def test_a_path_is_no_id_of_version_2():
    with pytest.raises(SourceError, match="PxWebApi 2 names tables as TAB1830, not by the path"):
        describe(question("https://statistikdatabasen.scb.se", "BE0101S/HushallT09"))
    with pytest.raises(SourceError, match='api is "2" or "1"'):
        describe(question("https://statistikdatabasen.scb.se", api="3"))


def test_a_table_that_is_not_there_is_named(scb, tmp_path):
    with pytest.raises(SourceError, match=r"answered 404.*table 'TAB9'"):
        fetch(question(scb, "TAB9"), client(scb, limits=Limits(tries=1)), Spool(tmp_path / "s"))


def test_a_stated_rate_must_be_readable(scb, tmp_path):
    with pytest.raises(SourceError, match="30 per 10 s"):
        fetch(question(scb, calls="often"), client(scb), Spool(tmp_path / "s"))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 60))
def test_pieces_are_the_selection_each_cell_once(sizes, most):
    selection = {f"v{i}": tuple(map(str, range(n))) for i, n in enumerate(sizes)}
    cells = []
    for piece in _pieces(selection, most):
        assert math.prod(map(len, piece.values())) <= most
        cells += itertools.product(*piece.values())
    assert len(cells) == len(set(cells))
    assert set(cells) == set(itertools.product(*selection.values()))


def dataset(**changes):
    return {
        "class": "dataset", "id": ["A", "Tid"], "size": [2, 2], "value": [1, 2, 3, 4], "role": {"time": ["Tid"]},
        "dimension": {
            "A": {"label": "a", "category": {"index": {"y": 1, "x": 0}, "label": {"x": "X", "y": "Y"}}},
            "Tid": {"label": "år", "category": {"index": ["2023", "2024"]}},
        },
        **changes,
    }


def test_a_cube_runs_with_the_last_dimension_fastest():
    frame = cube_frame(read_cube(dataset(), where="x"))
    assert frame.to_dict("list") == {
        "A": ["x", "x", "y", "y"], "A_label": ["X", "X", "Y", "Y"], "Tid": ["2023", "2024"] * 2, "Tid_label": ["2023", "2024"] * 2,
        "value": [1.0, 2.0, 3.0, 4.0],
    }


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({"value": {"0": 1, "3": 4}}, {"": 2}),
        ({"value": [1, None, None, 4], "status": {"1": "..", "2": "."}}, {"..": 1, ".": 1}),
        ({"value": [1, None, 3, 4], "status": ["p", "..", None, None]}, {"..": 1}),
        ({"value": [None] * 4, "status": ".."}, {"..": 4}),
        ({"status": {"0": "p"}}, {}),
    ],
)
def test_values_and_marks_in_every_form(changes, marks):
    cube = read_cube(dataset(**changes), where="x")
    assert dict(cube.marks) == marks
    assert cube.missing == np.isnan(cube.values).sum()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": [1, 2, 3]}, "holds 3 values where its dimensions make 4 cells"),
        ({"value": [1, 2, 3, "4"]}, "has '4' in cell 3"),
        ({"value": [1, 2, 3, True]}, "expected a number or null"),
        ({"value": [1, 2, 3, math.inf]}, "expected a number or null"),
        ({"value": {"4": 1}}, "names cell '4' of 4"),
        ({"value": None}, "has no values"),
        ({"size": [2, 3]}, "says dimension 'Tid' has 3 categories and lists 2"),
        ({"size": [4]}, "has 2 ids and 1 sizes"),
        ({"id": ["A", "B"]}, "no categories for dimension 'B'"),
        ({"class": "collection"}, "of class 'collection'"),
        ({"status": ["..", ".."]}, "holds 2 marks for 4 cells"),
        ({"id": None}, "lacks id, size or dimension"),
        ({"dimension": {"A": {"category": {"index": {"x": 0, "y": 2}}}, "Tid": {"category": {"index": ["2023", "2024"]}}}}, "does not run from 0 to 1"),
        ({"dimension": {"A": {"category": {"index": ["x", "x"]}}, "Tid": {"category": {"index": ["2023", "2024"]}}}}, "a code of dimension 'A' twice"),
    ],
)
def test_a_cube_that_does_not_fit_together_is_refused(changes, said):
    with pytest.raises(SourceError, match=said):
        read_cube(dataset(**changes), where="x")
