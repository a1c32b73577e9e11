"""Services: everyone counted once, capacity never exceeded, shortage in the right year, help within minutes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan import growth as g
from landplan.growth.schedules import pyramid
from landplan.growth.services import Norm, ServiceError, assign, demand, response_shares

YEARS = (2026, 2027, 2028)


def question(seed, n=12, f=4):
    rng = np.random.default_rng(seed)
    users = rng.integers(0, 40, (n, len(YEARS))).astype(float)
    ways = rng.uniform(100, 5000, (n, f))
    ways[rng.random((n, f)) < 0.2] = np.inf
    return users, [f"skola {i}" for i in range(f)], ways, rng.integers(0, 120, f).astype(float)


def test_users_follow_ages_and_the_weaker_flag():
    people = g.project(pyramid(24_515, mean_age=45.9), g.Rates(), years=range(2024, 2027))
    found = demand(people, {"preschool": Norm(1, 5, 0.86, "Skolverket", "[1]"), "compulsory_school": Norm(6, 15)})
    assert len(found) == 6
    small = found[found["service"] == "preschool"]
    assert small["users"].to_numpy() == pytest.approx(0.86 * people.between(1, 5))
    assert set(found["flag"]) == {"[0]"}
    with pytest.raises(ServiceError, match="ages 9-5"):
        demand(people, {"x": Norm(9, 5)})


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_everyone_is_counted_once(seed):
    users, names, ways, room = question(seed)
    near = assign(users, names, ways, room, years=YEARS, limit=2000)
    fit = assign(users, names, ways, room, years=YEARS, limit=2000, method="least_travel")
    for found in (near, fit):
        placed = np.minimum(found.load, found.capacity).sum(axis=0)
        assert placed + found.unserved == pytest.approx(users.sum(axis=0))
        assert (found.unserved >= found.unreached - 1e-6).all()
    assert (fit.load <= fit.capacity + 1e-6).all()
    assert fit.shortage.max() < 1e-6
    # as everybody fits, no more go without a place than at the nearest
    assert (fit.unserved <= near.unserved + 1e-6).all()
    roomy = assign(users, names, ways, np.full(4, 1e6), years=YEARS, method="least_travel")
    assert roomy.travel == pytest.approx(near.travel)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_another_facility_never_lengthens_travel(seed):
    users, names, ways, _ = question(seed)
    big = np.full(4, 1e6)
    fewer = assign(users, names[:3], ways[:, :3], big[:3], years=YEARS, method="least_travel")
    more = assign(users, names, ways, big, years=YEARS, method="least_travel")
    same = fewer.unserved == more.unserved
    assert (more.travel[same] <= fewer.travel[same] + 1e-6).all()
    assert (more.unserved <= fewer.unserved + 1e-6).all()


def test_shortage_has_its_first_year_and_far_its_people():
    found = assign([[10, 12, 14], [5, 5, 5], [3, 3, 3]], ["byn", "staden"], [[500, 9000], [3000, 2500], [np.inf, np.inf]], [13, 100], years=YEARS, limit=2000)
    assert found.first_short == {"byn": 2028, "staden": None}
    assert found.shortage[0].tolist() == [0, 0, 1]
    assert found.unreached.tolist() == [3, 3, 3]
    assert found.unserved.tolist() == [3, 3, 4]
    assert found.far.tolist() == [[0, 0, 0], [5, 5, 5], [3, 3, 3]]
    table = found.table()
    assert table.query("facility == 'byn' and year == 2028")["used_share"].item() == pytest.approx(14 / 13)


def test_help_within_minutes():
    assert response_shares([[4, 9], [30, 12]], [1, 3], limits=(5, 12, 15), turnout_min=1) == {5.0: 0.25, 12.0: 0.25, 15.0: 1.0}
    with pytest.raises(ServiceError, match="of the same 2 places"):
        response_shares([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"demand_by_point": [[1.0]]}, r"a column a year \(3\)"),
        ({"od": [[-1.0, 2.0]]}, "a way of 0 or more"),
        ({"capacity": [1.0]}, "places of 0 or more for each of 2"),
        ({"method": "best"}, "not nearest or least_travel"),
    ],
)
def test_what_does_not_fit_is_named(more, why):
    ask = {"demand_by_point": [[1.0, 1, 1]], "facilities": ["a", "b"], "od": [[1.0, 2.0]], "capacity": [1.0, 1.0], "years": YEARS, **more}
    with pytest.raises(ServiceError, match=why):
        assign(**ask)
