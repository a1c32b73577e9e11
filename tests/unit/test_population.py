"""Populations: identities by age and sex, schedules by their own definitions, goals met exactly, contradictions named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan import growth as g
from landplan.growth.population import PopulationError, project, scaled, solve_migration
from landplan.growth.schedules import AGES, fertility, migration_profile, mortality, pyramid, split_bands

AGE = np.arange(AGES) + 0.5


def twin(people, rates, net):
    """One year, person by person of each age, as the definition says it."""
    after, deaths = np.zeros((2, AGES)), np.zeros((2, AGES))
    for sex in range(2):
        for age in range(AGES):
            gone = people[sex, age] * rates.deaths[sex, age]
            to = min(age + 1, AGES - 1)
            after[sex, to] += people[sex, age] - gone
            deaths[sex, to] += gone
    born = sum(0.5 * (people[0, a] + after[0, a] + net[0, a]) * rates.births[a] for a in range(15, 50))
    births = born * np.array([1 - rates.boys, rates.boys])
    deaths[:, 0] = births * rates.deaths[:, 0] / 2
    after[:, 0] = births - deaths[:, 0]
    return after + net, births, deaths


@pytest.fixture
def people():
    return pyramid(24_515, mean_age=45.9)


def test_a_year_is_what_its_definition_says(people):
    net = 300 * migration_profile()
    found = project(people, g.Rates(), net, range(2024, 2027))
    before = people
    for t in range(2):
        after, births, deaths = twin(before, g.Rates(), net)
        assert found.people[t + 1] == pytest.approx(after, rel=1e-12)
        assert found.births[t] == pytest.approx(births, rel=1e-12)
        assert found.deaths[t] == pytest.approx(deaths, rel=1e-12)
        before = after


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 30), st.floats(-0.5, 0.02))
def test_nobody_appears_or_is_lost(seed, years, move):
    rng = np.random.default_rng(seed)
    start = rng.gamma(2.0, 60.0, (2, AGES))
    net = move * start.sum() * migration_profile()
    if move < 0:
        # a few of those who are young all through leave each year
        net = np.zeros((2, AGES))
        net[:, 0] = move
    found = project(start, g.Rates(), net, range(2025, 2026 + years))
    aged = np.zeros((years, 2, AGES))
    aged[:, :, 1:] = found.people[:-1, :, :-1]
    aged[:, :, -1] += found.people[:-1, :, -1]
    aged[:, :, 0] = found.births
    assert found.people[1:] == pytest.approx(aged - found.deaths + found.migration, rel=1e-9, abs=1e-9)
    assert found.total[1:] == pytest.approx(found.total[:-1] + found.births.sum(axis=1) - found.deaths.sum(axis=(1, 2)) + found.migration.sum(axis=(1, 2)))
    assert found.people.min() >= 0


def test_schedules_are_what_they_say():
    q = mortality()
    alive = np.cumprod(np.concatenate([np.ones((2, 1)), 1 - q[:, :-1]], axis=1), axis=1)
    women, men = alive.sum(axis=1) - 0.5
    assert 83 < women < 86
    assert 80 < men < women
    births = fertility(total=1.43, mean_age=30.9)
    assert births.sum() == pytest.approx(1.43)
    assert births @ AGE / births.sum() == pytest.approx(30.9, abs=0.15)
    assert births[:15].sum() == births[50:].sum() == 0
    moves = migration_profile()
    assert moves.sum() == pytest.approx(1)
    assert 20 <= moves[0].argmax() <= 25


@pytest.mark.parametrize("mean_age", [38.0, 42.0, 45.9, 50.0])
def test_a_pyramid_has_the_published_mean_age(mean_age):
    found = pyramid(1000, mean_age=mean_age)
    assert found.sum() == pytest.approx(1000)
    assert found.sum(axis=0) @ AGE / 1000 == pytest.approx(mean_age, abs=1e-6)
    assert (found >= 0).all()


def test_rates_give_the_published_year(people):
    rates = scaled(people, g.Rates(), births=199, deaths=302)
    year = project(people, rates, years=(2023, 2024))
    assert year.births.sum() == pytest.approx(199)
    assert year.deaths.sum() == pytest.approx(302)
    assert rates.flag == "[0]"


@settings(max_examples=25, deadline=None)
@given(st.integers(22_500, 60_000), st.integers(2030, 2060))
def test_a_goal_is_met_to_the_person(goal, year):
    found = solve_migration(pyramid(24_354, mean_age=45.9), g.Rates(), goal=goal, year=year, start=2025)
    assert found.projection.total[-1] == pytest.approx(goal, abs=1e-4)
    assert found.distance == pytest.approx(goal - found.baseline.total[-1], abs=1e-4)


def test_a_higher_goal_needs_more_movers(people):
    levels = [solve_migration(people, g.Rates(), goal=goal, year=2040, start=2024).net_per_year for goal in (24_000, 27_000, 30_000, 33_000)]
    assert levels == sorted(levels)


def test_a_table_says_what_a_municipality_asks(people):
    table = project(people, g.Rates(), years=range(2024, 2030)).table()
    assert list(table.columns) == [
        "year", "population", "births", "deaths", "net_migration", "aged_0_19", "aged_20_64", "aged_65_up", "aged_80_up", "dependency", "flag",
    ]
    assert table["population"].iloc[0] == pytest.approx(24_515)
    assert (table["aged_0_19"] + table["aged_20_64"] + table["aged_65_up"]).to_numpy() == pytest.approx(table["population"].to_numpy())
    assert table["dependency"].iloc[0] == pytest.approx(24_515 / table["aged_20_64"].iloc[0])


def test_bands_keep_their_sums():
    bands = {(0, 15): 1619, (16, 24): 797, (25, 44): 1837, (45, 64): 2455, (65, 100): 2893}
    found = split_bands(bands, pyramid(9601), total=9601)
    for (first, last), persons in bands.items():
        assert found[:, first : last + 1].sum() == pytest.approx(persons)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: split_bands({(0, 19): 1, (21, 100): 1}, pyramid(2)), "age 20 is in 0 bands"),
        (lambda: split_bands({(0, 20): 1, (20, 100): 1}, pyramid(2)), "age 20 is in 2 bands"),
        (lambda: split_bands({(0, 100): 10}, pyramid(2), total=12), "sum to 10 and the population is 12"),
        (lambda: split_bands({(0, 100): -1}, pyramid(2)), "0 persons or more"),
        (lambda: pyramid(10, mean_age=120), "no pyramid has the mean age"),
        (lambda: project(np.ones((2, 90)), g.Rates(), years=(1, 2)), "2 sexes"),
        (lambda: project(np.ones((2, AGES)), g.Rates(), years=(2025, 2027)), "follow each other"),
        (lambda: project(np.ones((2, AGES)), g.Rates(), -50 * np.ones((2, AGES)), (2025, 2026)), "move out and there are"),
        (lambda: solve_migration(np.ones((2, AGES)), g.Rates(), goal=1, year=2020, start=2025), "a goal lies in the future"),
        (lambda: scaled(np.ones((2, AGES)), g.Rates(), deaths=5000), "cannot come of 202 persons"),
        (lambda: g.Rates(deaths=2 * np.ones((2, AGES))), r"shares \(0-1\)"),
    ],
)
def test_contradictions_are_named(ask, why):
    with pytest.raises(PopulationError, match=why):
        ask()


@settings(max_examples=25, deadline=None)
@given(st.integers(-120, 60), st.integers(200, 2000))
def test_nobody_leaves_who_is_not_there_and_the_goal_is_met(net, goal):
    people = pyramid(1000, mean_age=45.0)
    base = net * g.schedules.migration_profile()
    held = project(people, g.Rates(), base, range(2025, 2046), held=True)
    assert (held.people >= 0).all()
    whole = held.total[:-1] + held.births.sum(axis=1) - held.deaths.sum(axis=(1, 2)) + held.migration.sum(axis=(1, 2))
    assert held.total[1:] == pytest.approx(whole)
    found = g.solve_migration(people, g.Rates(), goal=goal, year=2045, start=2025, base=base, held=True)
    assert found.projection.total[-1] == pytest.approx(goal, rel=1e-5)


def test_held_changes_nothing_where_everybody_is_there():
    people = pyramid(1000)
    base = 5 * g.schedules.migration_profile()
    one, two = (project(people, g.Rates(), base, range(2025, 2046), held=h) for h in (False, True))
    assert (one.people == two.people).all()
