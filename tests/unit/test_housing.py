"""Dwellings on sites: everyone placed once, nothing overfull, prices that are what a dwelling more spares."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.growth.housing import AllocationError, allocate, pareto, rank_stability, until_still

NEED = {2026: 80.0, 2027: 120.0, 2028: 100.0}


def sites(**more):
    frame = pd.DataFrame({
        "site_id": ["åsen", "ängen", "byn", "kajen"], "capacity": [100, 150, 60, 400], "earliest_year": [2026, 2027, 2026, 2026],
        "commute_min": [8.0, 12.0, 25.0, 20.0], "servicing_cost": [300.0, 150.0, 90.0, 500.0], "group": ["stad", "stad", "by", "stad"],
    })  # fmt: skip
    return frame.assign(**more)


def check(found, frame, need):
    wanted = np.array(list(need.values()))
    assert found.dwellings.sum(axis=0) + found.unmet == pytest.approx(wanted, abs=1e-6)
    assert (np.cumsum(found.unmet) >= -1e-6).all()
    assert (found.dwellings.sum(axis=1) <= frame["capacity"].to_numpy() + 1e-6).all()
    early = found.years[None, :] < frame.get("earliest_year", pd.Series(0, index=frame.index)).to_numpy()[:, None]
    assert found.dwellings[early].sum() == 0
    assert (found.dwellings >= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["milp", "logit"]))
def test_need_is_placed_or_said_unmet(seed, method):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "site_id": [f"s{i}" for i in range(6)], "capacity": rng.integers(0, 120, 6), "earliest_year": rng.integers(2025, 2030, 6), "commute_min": rng.uniform(5, 60, 6),
        "per_year_max": rng.choice([20.0, 1000.0], 6), "stage_min": rng.choice([0.0, 15.0], 6) if method == "milp" else 0.0,
    })  # fmt: skip
    need = {y: float(rng.integers(0, 150)) for y in range(2026, 2031)}
    found = allocate(frame, need, "commute_min", method=method, theta=0.1)
    check(found, frame, need)
    assert (found.dwellings <= frame["per_year_max"].to_numpy()[:, None] + 1e-6).all()
    built = found.dwellings[found.dwellings > 1e-6]
    if method == "milp":
        stage = np.minimum(frame["stage_min"], frame["capacity"]).to_numpy()
        assert (built >= np.broadcast_to(stage[:, None], found.dwellings.shape)[found.dwellings > 1e-6] - 1e-6).all()


def test_a_small_question_by_trying_everything():
    frame = sites(capacity=[3, 2, 2, 4], stage_min=[2, 0, 2, 3])
    need = {2026: 3.0, 2027: 3.0}
    found = allocate(frame, need, "commute_min")
    best = (np.inf, np.inf)
    options = [[(a, b) for a in range(cap + 1) for b in range(cap + 1 - a) if all(v == 0 or v >= low for v in (a, b)) and not (year > 2026 and a)] for cap, low, year in zip(frame["capacity"], frame["stage_min"], frame["earliest_year"], strict=True)]
    for choice in itertools.product(*options):
        grid = np.array(choice, float)
        if (grid.sum(axis=0) > 3).any():
            continue
        best = min(best, (6 - grid.sum(), float(grid.sum(axis=1) @ frame["commute_min"])))
    assert (found.unmet.sum(), found.objective) == pytest.approx(best)
    assert found.gap <= 1e-6


def test_a_price_is_what_one_more_dwelling_spares():
    frame = sites()
    found = allocate(frame, NEED, "commute_min")
    check(found, frame, NEED)
    for i in range(4):
        more = frame.copy()
        more.loc[i, "capacity"] += 1
        spared = found.objective - allocate(more, NEED, "commute_min").objective
        assert found.marginal[i] == pytest.approx(spared, abs=1e-6)
    assert found.marginal[0] > found.marginal[1] > 0


def test_capacities_below_the_need_say_what_is_unmet_and_where_relief_is():
    frame = sites(capacity=[20, 30, 10, 40])
    found = allocate(frame, NEED, "commute_min")
    assert found.unmet.sum() == pytest.approx(200)
    assert found.dwellings.sum(axis=1) == pytest.approx([20, 30, 10, 40])
    # each dwelling more takes one who waits from the first year's end to the last's
    assert found.relief.tolist() == [3, 2, 3, 3]
    assert (found.marginal == 0).all()
    some = allocate(sites(capacity=[20, 30, 1000, 40], earliest_year=[2026, 2026, 2028, 2026]), NEED, "commute_min")
    # the first year is met; byn opens in the third and takes all who have waited, so a dwelling more elsewhere spares one year
    assert some.unmet.sum() == pytest.approx(0)
    assert some.relief.tolist() == [1, 1, 0, 1]


def test_those_who_waited_are_placed_when_a_site_opens():
    late = sites(capacity=[0, 500, 0, 0], earliest_year=[2026, 2028, 2026, 2026])
    for method in ("milp", "logit"):
        found = allocate(late, NEED, "commute_min", method=method)
        assert found.waiting.tolist() == pytest.approx([80, 200, 0])
        assert found.dwellings[1].tolist() == pytest.approx([0, 0, 300])


def test_nothing_is_built_before_it_is_needed():
    found = allocate(sites(), NEED, "commute_min")
    assert (np.cumsum(found.dwellings.sum(axis=0)) <= np.cumsum(list(NEED.values())) + 1e-6).all()


def test_with_stages_relief_is_what_a_stage_more_spares():
    frame = sites(capacity=[20, 30, 10, 40], stage_min=[5, 5, 5, 5], earliest_year=2026)
    found = allocate(frame, NEED, "commute_min")
    for i in range(4):
        more = frame.copy()
        more.loc[i, "capacity"] += 5
        again = allocate(more, NEED, "commute_min", prices=False)
        assert found.relief[i] == pytest.approx((found.waiting.sum() - again.waiting.sum()) / 5)


def test_groups_keep_their_shares():
    free = allocate(sites(), NEED, "commute_min")
    held = allocate(sites(), NEED, "commute_min", {"by": (0.15, 1.0)})
    share = held.dwellings[2].sum() / held.dwellings.sum()
    assert share == pytest.approx(0.15)
    assert held.objective > free.objective
    check(held, sites(), NEED)


def test_a_share_that_villages_cannot_hold_leaves_need_unmet():
    found = allocate(sites(), NEED, "commute_min", {"by": (0.9, 1.0)})
    assert found.dwellings[2].sum() == pytest.approx(60)
    assert found.dwellings.sum() == pytest.approx(60 / 0.9)
    check(found, sites(), NEED)


def test_a_logit_is_proportional_until_a_site_is_full():
    frame = sites(capacity=1e6, earliest_year=2026)
    found = allocate(frame, {2026: 100.0}, "commute_min", method="logit", theta=0.1)
    weight = np.exp(-0.1 * frame["commute_min"])
    assert found.dwellings[:, 0] == pytest.approx(100 * weight / weight.sum())
    assert (found.marginal == 0).all()
    tight = allocate(frame.assign(capacity=[10, 1e6, 1e6, 1e6]), {2026: 100.0}, "commute_min", method="logit", theta=0.1)
    assert tight.dwellings[0, 0] == 10
    # with its shadow price as a cost, nobody more would choose the full site
    priced = frame.assign(commute_min=frame["commute_min"] + tight.marginal)
    again = allocate(priced, {2026: 100.0}, "commute_min", method="logit", theta=0.1)
    assert again.dwellings[:, 0] == pytest.approx(tight.dwellings[:, 0])


def test_a_very_dear_site_takes_what_the_others_cannot():
    found = allocate(sites(earliest_year=2026), {2026: 305.0}, "servicing_cost", method="logit", theta=10.0)
    assert found.dwellings[:, 0] == pytest.approx([95.0, 150.0, 60.0, 0.0], abs=1e-6)
    full = allocate(sites(earliest_year=2026), {2026: 320.0}, "servicing_cost", method="logit", theta=10.0)
    assert full.dwellings[:, 0] == pytest.approx([100.0, 150.0, 60.0, 10.0], abs=1e-6)
    assert full.unmet[0] == 0


def test_rounds_until_dwellings_stand_still():
    def crowded(found):
        # the more who move there, the longer the way
        return {"commute_min": np.array([8.0, 12.0, 25.0, 20.0]) + 0.1 * found.dwellings.sum(axis=1)}

    found, rounds, still = until_still(sites(capacity=300, earliest_year=2026), NEED, "commute_min", crowded, method="logit", theta=0.2, most_rounds=200)
    assert still
    assert 2 < rounds <= 200
    final = crowded(found)["commute_min"]
    again = allocate(sites(capacity=300, earliest_year=2026, commute_min=final), NEED, "commute_min", method="logit", theta=0.2)
    assert again.dwellings.sum(axis=1) == pytest.approx(found.dwellings.sum(axis=1), abs=6.0)
    steady, rounds, still = until_still(sites(), NEED, "commute_min", lambda f: {"commute_min": [8.0, 12.0, 25.0, 20.0]})
    assert (rounds, still) == (2, True)
    assert steady.objective == allocate(sites(), NEED, "commute_min").objective


def test_a_front_has_no_beaten_answer():
    front = pareto(sites(), NEED, "commute_min", "servicing_cost")
    assert len(front) >= 3
    ordered = front.sort_values("commute_min")
    assert ordered["servicing_cost"].is_monotonic_decreasing
    assert ordered["commute_min"].iloc[0] == pytest.approx(allocate(sites(), NEED, "commute_min").objective)
    assert ordered["servicing_cost"].iloc[-1] == pytest.approx(allocate(sites(), NEED, "servicing_cost").objective)


def test_sure_costs_rank_surely_and_unsure_ones_do_not():
    sure = rank_stability(sites(), NEED, "commute_min", spread=0.0, draws=10)
    assert set(sure["top_share"]) <= {0.0, 1.0}
    unsure = rank_stability(sites(), NEED, "commute_min", spread=0.6, draws=100)
    assert ((unsure["top_share"] > 0.02) & (unsure["top_share"] < 0.98)).any()
    assert unsure["mean_dwellings"].sum() == pytest.approx(300)
    again = rank_stability(sites(), NEED, "commute_min", spread=0.6, draws=100)
    assert unsure.equals(again)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: allocate(sites().drop(columns="capacity"), NEED, "commute_min"), "lack the column 'capacity'"),
        (lambda: allocate(sites(site_id=["a", "a", "b", "c"]), NEED, "commute_min"), "is there twice"),
        (lambda: allocate(sites(), NEED, "co2"), "'co2', which is no column"),
        (lambda: allocate(sites(commute_min=[1, None, 2, 3]), NEED, "commute_min"), "site 'ängen' has no commute_min"),
        (lambda: allocate(sites(capacity=[1, -1, 2, 3]), NEED, "commute_min"), "site 'ängen': capacity"),
        (lambda: allocate(sites(), {}, "commute_min"), "dwellings of 0 or more for each year"),
        (lambda: allocate(sites(), NEED, "commute_min", {"skog": (0, 1)}), "name group 'skog'"),
        (lambda: allocate(sites(), NEED, "commute_min", method="best"), "not milp or logit"),
        (lambda: allocate(sites(), NEED, "commute_min", method="logit", theta=0), "theta is 0"),
    ],
)
def test_what_contradicts_itself_is_named(ask, why):
    with pytest.raises(AllocationError, match=why):
        ask()
