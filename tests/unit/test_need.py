"""Dwellings: need follows people, never falls with a higher goal, and is split without loss."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan import growth as g
from landplan.growth.need import STAGES, housing_need, plan_reserve
from landplan.growth.population import Projection
from landplan.growth.schedules import AGES, PopulationError, pyramid

# Östersund 2020: households by size, of 63 985 inhabitants
HOUSEHOLDS = {1: 14_682, 2: 9_220, 3: 3_214, 4: 3_292, 5: 1_052, 6: 277, 7: 137}
KINDS = {s: {("småhus", "äganderätt"): 0.4, ("flerbostadshus", "hyresrätt"): 0.6} for s in HOUSEHOLDS}


def path(*totals):
    people = np.stack([pyramid(t) for t in totals])
    steps = len(totals) - 1
    return Projection(np.arange(2020, 2020 + len(totals)), people, np.zeros((steps, 2)), np.zeros((steps, 2, AGES)), np.zeros((steps, 2, AGES)))


def test_the_published_rule_of_thumb():
    # FACTS: 75 000 by 2040 from 64 965 in 2025 is about 334 dwellings a year at 2.0 persons
    found = g.solve_migration(pyramid(64_965, mean_age=42.0), g.Rates(), goal=75_000, year=2040, start=2025)
    need = housing_need(found.projection, {1: 32_482.5 * 0.4, 2: 32_482.5 * 0.4, 4: 32_482.5 * 0.2}, 0.0, 0)
    assert need.per_year == pytest.approx((75_000 - 64_965) / 15 / 2.0, rel=1e-6)


def test_need_is_split_without_loss():
    need = housing_need(path(63_985, 64_500, 65_100), HOUSEHOLDS, 0.02, 40, kinds=KINDS)
    by_year = need.table.groupby("year")["dwellings"].sum()
    assert by_year.to_numpy() == pytest.approx(need.dwellings)
    assert list(by_year.index) == [2021, 2022]
    assert need.households[0] == pytest.approx(list(HOUSEHOLDS.values()))
    growth = (64_500 - 63_985) / (63_985 / sum(HOUSEHOLDS.values())) / 0.98
    assert need.dwellings[0] == pytest.approx(growth + 40)
    owned = need.table[need.table["tenure"] == "äganderätt"]["dwellings"].sum()
    assert owned == pytest.approx(0.4 * need.dwellings.sum())
    assert set(need.table["flag"]) == {"[0]"}


def test_what_stands_empty_is_used_first():
    need = housing_need(path(63_985, 63_000, 63_985, 64_500), HOUSEHOLDS, 0.02, 0)
    assert need.dwellings[:2] == pytest.approx([0, 0])
    assert need.surplus[0] == pytest.approx(985 / (63_985 / sum(HOUSEHOLDS.values())) / 0.98)
    assert need.surplus[1] == pytest.approx(0, abs=1e-9)
    assert need.dwellings[2] > 0


def test_holiday_homes_students_and_smaller_households():
    base = housing_need(path(63_985, 64_500), HOUSEHOLDS, 0.02, 0).dwellings[0]
    assert housing_need(path(63_985, 64_500), HOUSEHOLDS, 0.02, 0, converted=30).dwellings[0] == pytest.approx(base - 30)
    assert housing_need(path(63_985, 64_500), HOUSEHOLDS, 0.02, 0, size_change=-0.01).dwellings[0] > base + 250
    apart = housing_need(path(63_985, 64_500), {s: 0.95 * n for s, n in HOUSEHOLDS.items()}, 0.02, 0, students=[1000, 1200])
    assert apart.students[0] == 200
    assert apart.dwellings[0] < base


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(55_000, 75_000), min_size=2, max_size=8), st.integers(0, 4000), st.floats(0, 0.05), st.floats(0, 60))
def test_a_higher_path_never_needs_fewer(totals, more, vacancy, lost):
    start = 63_985
    low = housing_need(path(start, *totals), HOUSEHOLDS, vacancy, lost)
    high = housing_need(path(start, *(t + more for t in totals)), HOUSEHOLDS, vacancy, lost)
    assert (np.cumsum(high.dwellings) >= np.cumsum(low.dwellings) - 1e-6).all()
    assert (low.dwellings >= -1e-9).all()
    # stock = what there was + built - lost, and it holds everybody with the vacancy
    stock = low.households[0].sum() / (1 - vacancy) + np.cumsum(low.dwellings) - lost * np.arange(1, len(totals) + 1)
    assert stock - low.surplus == pytest.approx(low.households[1:].sum(axis=1) / (1 - vacancy))


def test_the_reserve_counts_what_is_in_force_first():
    need = housing_need(path(63_985, 64_185, 64_385, 64_585), {1: 63_985}, 0.0, 0)
    sites = pd.DataFrame({
        "plan_stage": ["samråd", "laga kraft", "laga kraft", None, "upphävd"], "dwellings_min": [100, 150, 100, 50, 900], "dwellings_max": [200, 150, None, 80, 900],
    })  # fmt: skip
    found = plan_reserve(sites, need)
    assert list(found["plan_stage"]) == list(STAGES)
    first = found.iloc[0]
    assert (first["sum_min"], first["sum_max"], first["sites"]) == (250, 250, 2)
    assert first["years_min"] == pytest.approx(1.25)
    assert first["short_from"] == 2022
    assert found.iloc[3]["sum_min"] == 350
    assert found.iloc[5]["sum_max"] == 530
    many = plan_reserve(sites.assign(dwellings_min=1000, dwellings_max=1000), need)
    assert many.iloc[0]["years_min"] == 3
    assert pd.isna(many.iloc[0]["short_from"])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"households": {1: 70_000}}, "hold at least 70000 persons and there are 63985"),
        ({"vacancy": 0.9}, "vacancy is 0.9"),
        ({"losses": [1]}, "or 2 of them"),
        ({"kinds": {1: {("a", "b"): 1.0}}}, "say nothing of households of 2"),
        ({"kinds": {s: {("a", "b"): 0.5} for s in HOUSEHOLDS}}, "sum to 0.5"),
        ({"students": [70_000, 1, 1]}, "more students"),
        ({"households": {}}, "by size"),
    ],
)
def test_numbers_that_contradict_are_named(more, why):
    ask = {"households": HOUSEHOLDS, "vacancy": 0.02, "losses": 0.0, **more}
    with pytest.raises(PopulationError, match=why):
        housing_need(path(63_985, 64_500, 65_000), **ask)


def test_a_stage_that_is_none_is_named():
    with pytest.raises(PopulationError, match="plan_stage has 'klar'"):
        plan_reserve(pd.DataFrame({"plan_stage": ["klar"], "dwellings_min": [1], "dwellings_max": [1]}), housing_need(path(63_985, 64_000), HOUSEHOLDS, 0, 0))
