"""Places: laws, small questions by trying everything, capacities, and questions without an answer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.growth.location import LocationError, max_cover, p_center, p_median, set_cover
from landplan.kernels.median import best_exchange, closest_two, greedy_gains, lagrange


def question(seed, n=9, m=6, holes=0.0):
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 60, (n, m)).astype(float)
    cost[rng.random((n, m)) < holes] = np.inf
    return cost, rng.integers(0, 40, n).astype(float)


def every(m, p, fixed=()):
    return [c for c in itertools.combinations(range(m), p) if set(fixed) <= set(c)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 0.3]))
def test_the_answers_are_the_best_of_all(seed, p, holes):
    cost, demand = question(seed, holes=holes)
    reach = np.isfinite(cost).any(axis=1)
    far = np.where(np.isfinite(cost), cost, 1e7)[reach]
    best = min(float(demand[reach] @ far[:, c].min(axis=1)) for c in every(6, p))
    found = p_median(cost, demand, p=p)
    lost = demand[reach][far[:, found.chosen].min(axis=1) >= 1e7].sum()
    assert found.objective + 1e7 * lost == pytest.approx(best)
    assert found.unreached == pytest.approx(lost + demand[~reach].sum())
    quick = p_median(cost, demand, p=p, method="teitz_bart")
    assert quick.objective + 1e7 * (quick.unreached - demand[~reach].sum()) >= best - 1e-6
    if not holes:
        assert quick.bound <= best + 1e-6
        rows = demand > 0
        longest = min(cost[rows][:, c].min(axis=1).max() for c in every(6, p)) if rows.any() else 0.0
        if rows.any():
            assert p_center(cost, demand, p=p).objective == longest
            assert max_cover(cost, demand, p=p, within=20).objective == max(demand[(cost[:, c] <= 20).any(axis=1)].sum() for c in every(6, p))
            small = next(k for k in range(1, 7) for c in every(6, k) if (cost[rows][:, c] <= 40).any(axis=1).all()) if (cost[rows] <= 40).any(axis=1).all() else None
            if small is not None:
                assert set_cover(cost, demand, within=40).objective == small
    # everyone is counted once
    assert (found.assignment >= -1).all()
    assert set(found.assignment[found.assignment >= 0]) <= set(found.chosen)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_another_place_never_lengthens_travel(seed):
    cost, demand = question(seed, n=30, m=12)
    exact = [p_median(cost, demand, p=p).objective for p in range(1, 8)]
    assert exact == sorted(exact, reverse=True)
    quick = [p_median(cost, demand, p=p, method="teitz_bart").objective for p in range(1, 8)]
    assert all(q >= e - 1e-9 for q, e in zip(quick, exact, strict=True))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_capacities_hold_and_everyone_has_a_place(seed):
    cost, demand = question(seed, n=8, m=5)
    capacity = np.full(5, max(1.0, np.ceil(demand.sum() / 2.5)))
    found = p_median(cost, demand, p=3, capacity=capacity)
    assert found.flows.sum(axis=1) == pytest.approx(demand)
    assert (found.flows.sum(axis=0) <= capacity[found.chosen] + 1e-6).all()
    assert found.objective >= p_median(cost, demand, p=3).objective - 1e-6
    assert found.objective == pytest.approx((found.flows * cost[:, found.chosen]).sum())


def test_fixed_places_stay():
    cost, demand = question(4, n=20, m=10)
    for method in ("exact", "teitz_bart"):
        found = p_median(cost, demand, p=4, fixed=[7, 2], method=method)
        assert {2, 7} <= set(found.chosen)
    best = min(float(demand @ cost[:, c].min(axis=1)) for c in every(10, 4, (2, 7)))
    assert p_median(cost, demand, p=4, fixed=[2, 7]).objective == pytest.approx(best)


def test_the_kernels_are_their_plain_twins():
    cost, demand = question(1, n=25, m=9)
    chosen = np.array([1, 4, 7])
    first, d1, d2 = np.empty(25, np.int64), np.empty(25), np.empty(25)
    closest_two(cost, chosen, first, d1, d2)
    part = np.sort(cost[:, chosen], axis=1)
    assert (d1 == part[:, 0]).all()
    assert (d2 == part[:, 1]).all()
    assert (first == cost[:, chosen].argmin(axis=1)).all()
    gain = np.empty(9)
    greedy_gains(cost, demand, d1, gain)
    assert gain == pytest.approx([demand @ np.maximum(0, d1 - cost[:, j]) for j in range(9)])
    taken = np.isin(np.arange(9), chosen)
    leaver = np.empty(9, np.int64)
    best_exchange(cost, demand, chosen, np.array([True, False, True]), taken, first, d1, d2, gain, leaver)
    now = demand @ d1
    for j in range(9):
        if taken[j]:
            assert leaver[j] == -1
            continue
        falls = {r: now - demand @ cost[:, np.array([j if k == r else c for k, c in enumerate(chosen)])].min(axis=1) for r in (0, 2)}
        assert gain[j] == pytest.approx(max(falls.values()))
        assert falls[leaver[j]] == pytest.approx(gain[j])
    price = demand * 20.0
    lagrange(cost, demand, price, gain)
    assert gain == pytest.approx(np.minimum(0.0, demand[:, None] * cost - price[:, None]).sum(axis=0))


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: p_median([[1.0, np.nan]], p=1), "costs are 0 or more"),
        (lambda: p_median([1.0, 2.0], p=1), "a row a demand point"),
        (lambda: p_median([[1.0, 2.0]], p=3), "p is 3"),
        (lambda: p_median([[1.0, 2.0]], p=1, fixed=[5]), "fixed names candidate 5"),
        (lambda: p_median([[1.0, 2.0]], [-1], p=1), "0 or more, one a row"),
        (lambda: p_median([[1.0, 2.0]], [9], p=1, capacity=[4, 5]), "take 5 and the demand is 9: 4 have no place"),
        (lambda: p_median([[1.0, 2.0]], p=1, method="best"), "not exact or teitz_bart"),
        (lambda: set_cover([[1.0, 9.0], [9.0, 9.0]], [3, 7], within=5), r"1 demand points \(7 persons\)"),
        (lambda: p_center([[1.0, np.inf], [np.inf, 1.0]], p=1), "reach everyone"),
    ],
)
def test_questions_without_an_answer_say_so(ask, why):
    with pytest.raises(LocationError, match=why):
        ask()
