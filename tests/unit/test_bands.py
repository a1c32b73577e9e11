"""Published age bands: their limits, and the dependency ratio that they allow."""

from __future__ import annotations

import pytest

from landplan.growth.bands import BandError, dependency, parse_band


@pytest.mark.parametrize(("text", "span"), [("0-15", (0, 15)), (" 16 – 24 år", (16, 24)), ("65+", (65, None)), ("85-w", (85, None)), ("100+ år", (100, None))])
def test_spans(text, span):
    assert parse_band(text) == span


@pytest.mark.parametrize("text", ["", "barn", "24-16", "-15", "16,24"])
def test_what_is_no_span(text):
    with pytest.raises(BandError, match="16-24, or 65"):
        parse_band(text)


def test_the_glossarys_ratio_where_bands_allow_it():
    found = dependency({"0-19": 200, "20-64": 500, "65-79": 150, "80+": 150})
    assert (found.ratio, found.from_age, found.to_age) == (100.0, 20, 64)


def test_norrbottens_bands_give_another_span_that_is_said():
    # Boden 2020 in age_structure.csv: (4 543 + 7 047) / (2 782 + 6 513 + 7 175)
    found = dependency({"0-15": 4543, "16-24": 2782, "25-44": 6513, "45-64": 7175, "65+": 7047})
    assert (round(found.ratio, 2), found.from_age, found.to_age) == (70.37, 16, 64)
    assert found.young + found.working + found.old == 4543 + 2782 + 6513 + 7175 + 7047


def test_bands_that_allow_none():
    assert dependency({"0-39": 10, "40+": 10}) is None
    assert dependency({"0-19": 10, "20-64": 0, "65+": 10}) is None


@pytest.mark.parametrize("bands", [{"0-15": 1, "17-64": 1, "65+": 1}, {"0-15": 1, "15-64": 1, "65+": 1}, {"16-64": 1, "65+": 1}, {"0-15": 1, "16-64": 1}])
def test_bands_that_leave_ages_out_or_count_them_twice(bands):
    with pytest.raises(BandError, match="overlap, or leave out"):
        dependency(bands)
