"""Lines over years: every text inside the drawing, names apart, the last year named."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landplan.export.chart import chart_view, ticks
from landplan.export.items import Chart, Series
from landplan.style import Text


def chart(*ends):
    series = tuple(Series(title=Text(f"väg {k}", f"way {k}"), points=((2025.0, 100.0), (2040.0, end))) for k, end in enumerate(ends))
    return Chart(id="c", title=Text("Å: folkmängd", "Å: people"), unit="personer", series=series)


@given(st.floats(0, 1e6), st.floats(1, 1e6))
def test_ticks_are_round_and_hold_the_range(low, span):
    marks = ticks(low, low + span)
    assert marks[0] <= low + 1e-6
    assert marks[-1] >= low + span - 1e-6 * span
    assert 2 <= len(marks) <= 8


def test_names_never_stand_on_each_other():
    view = chart_view(chart(100, 101, 102, 103, 200, 201), "sv")
    places = sorted(float(line["label"]) for line in view["lines"])
    assert all(b - a >= 14.9 for a, b in itertools.pairwise(places))
    order = sorted(view["lines"], key=lambda line: float(line["label"]))
    assert [line["value"] for line in order] == ["201", "200", "103", "102", "101", "100"]


def test_years_and_words():
    view = chart_view(chart(150), "en")
    assert [y for _, y in view["years"]][-1] == "2040"
    assert "way 0: 150" in view["words"]
    assert chart_view(Chart(id="x", title=Text("t", "t"), unit="", series=()), "sv")["lines"] == []


@pytest.mark.parametrize("ends", [(100.0,), (100.0, 100.0)])
def test_a_level_line_is_drawn(ends):
    assert all("nan" not in line["points"] for line in chart_view(chart(*ends), "sv")["lines"])
