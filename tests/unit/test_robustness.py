"""Rank acceptability: closed forms, laws of order and naming, errors of data carried to ranks."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.errors import PlanError
from landplan.suitability import value
from landplan.suitability.data_errors import confusion_draws, distance_draws
from landplan.suitability.robustness import robustness, sentence

# the room may offer the function under the module's name
module = importlib.import_module("landplan.suitability.robustness")
laws = settings(deadline=None, derandomize=True, max_examples=30)
TWO = pd.DataFrame({"road": [0.9, 0.4], "slope": [0.5, 0.8]}, index=["north", "south"])
EVEN = {"road": 0.5, "slope": 0.5}


@st.composite
def cases(draw):
    n, k = draw(st.integers(1, 5)), draw(st.integers(2, 4))
    table = np.array(draw(st.lists(st.integers(0, 8), min_size=n * k, max_size=n * k))).reshape(n, k) / 8
    parts = np.array(draw(st.lists(st.integers(1, 9), min_size=k, max_size=k)))
    frame = pd.DataFrame(table, index=[f"site_{i}" for i in range(n)], columns=list("dacb")[:k])
    return frame, dict(zip(frame.columns, parts / parts.sum(), strict=True))


def test_two_criteria_and_even_ignorance_have_a_known_share():
    # north leads while 0.5 w > 0.3 (1 - w): above 0.375 of all weights from 0 to 1
    found = robustness(TWO, EVEN, draws=20_000)
    assert found.first == "north"
    assert found.first_share["north"] == pytest.approx(0.625, abs=0.015)
    assert found.mean_rank.to_dict() == pytest.approx({"north": 2 - found.first_share["north"], "south": 1 + found.first_share["north"]})
    assert found.lost_at.loc["road"].to_dict() == {"weight": 0.5, "lost_at": pytest.approx(0.375), "change": pytest.approx(-0.125), "to": "south"}
    assert found.lost_at.loc["slope", "lost_at"] == pytest.approx(0.625)
    # beta(20 x 0.5, 20 x 0.5) above 0.375
    from scipy.stats import beta

    assert robustness(TWO, EVEN, concentration=20, draws=20_000).first_share["north"] == pytest.approx(beta.sf(0.375, 10, 10), abs=0.01)


@pytest.mark.parametrize("concentration", [0.05, 1.0, 4.0, 60.0, 1e6])
def test_drawn_weights_are_dirichlets(concentration):
    w = np.array([0.5, 0.3, 0.2])
    drawn = module._weights(["a", "b", "c"], w, concentration, None, 40_000, 7)
    assert np.allclose(drawn.sum(axis=1), 1)
    assert (drawn >= 0).all()
    assert np.allclose(drawn.mean(axis=0), w, atol=0.01)
    assert np.allclose(drawn.var(axis=0), w * (1 - w) / (concentration + 1), rtol=0.05)
    assert np.cov(drawn.T)[0, 1] == pytest.approx(-0.15 / (concentration + 1), rel=0.05)


def test_a_spread_is_what_the_weights_come_out_with():
    w = np.array([0.6, 0.3, 0.1])
    drawn = module._weights(["a", "b", "c"], w, None, 0.05, 40_000, 7)
    assert np.sqrt(drawn.var(axis=0).mean()) == pytest.approx(0.05, rel=0.02)
    uniform = module._weights(["a", "b", "c"], w, None, None, 40_000, 7)
    assert np.allclose(uniform.mean(axis=0), 1 / 3, atol=0.01)
    # a criterion without weight stays without
    assert (module._weights(["a", "b"], np.array([1.0, 0.0]), 5.0, None, 9, 7) == [1, 0]).all()


@laws
@given(cases(), st.sampled_from([None, 3.0, 50.0]), st.randoms(use_true_random=False))
def test_the_order_of_sites_and_criteria_changes_no_bit(case, concentration, random):
    scores, weights = case
    rows, cols = list(scores.index), list(scores.columns)
    random.shuffle(rows)
    random.shuffle(cols)
    a = robustness(scores, weights, concentration=concentration, draws=60)
    b = robustness(scores.loc[rows, cols], weights, concentration=concentration, draws=60)
    pd.testing.assert_frame_equal(a.rank_acceptability, b.rank_acceptability.loc[scores.index], rtol=0, atol=1e-15)
    assert a.first == b.first
    pd.testing.assert_frame_equal(a.lost_at, b.lost_at.loc[scores.columns])


@laws
@given(cases())
def test_acceptabilities_share_out_every_rank(case):
    scores, weights = case
    before = scores.copy()
    found = robustness(scores, weights, concentration=8, draws=50)
    assert np.allclose(found.rank_acceptability.sum(axis=0), 1)
    assert np.allclose(found.rank_acceptability.sum(axis=1), 1)
    assert (found.first_share == found.rank_acceptability[1]).all()
    assert np.isclose(found.mean_rank.sum(), sum(range(1, len(scores) + 1)))
    # who is better in everything is first
    for site in scores.index:
        others = scores.drop(site)
        if len(others) and (scores.loc[site] > others).all(axis=None):
            assert found.first_share[site] == 1.0
            assert found.lost_at["lost_at"].isna().all()
            assert (found.lost_at["to"] == "").all()
    assert scores.equals(before)


@laws
@given(cases())
def test_first_place_is_lost_where_it_is_said_and_not_before(case):
    scores, weights = case
    found = robustness(scores, weights, draws=1)

    def lead(name, t):
        """Of the first site over the best of the others, with one weight changed."""
        w = pd.Series(weights)
        rest = w.drop(name) / (1 - w[name]) * (1 - t)
        total = scores[name] * t + scores[rest.index] @ rest
        return total[found.first] - total.drop(found.first).max() if len(total) > 1 else np.inf

    for name, row in found.lost_at.iterrows():
        assert row["weight"] == pytest.approx(weights[name])
        if np.isnan(row["lost_at"]):
            assert all(lead(name, t) >= -1e-9 for t in np.linspace(0, 1, 41))
            continue
        assert row["change"] == pytest.approx(row["lost_at"] - row["weight"])
        assert lead(name, row["lost_at"]) == pytest.approx(0, abs=1e-9)
        within = np.linspace(row["weight"] - abs(row["change"]), row["weight"] + abs(row["change"]), 21)
        assert all(lead(name, t) >= -1e-9 for t in within if 0 <= t <= 1)


def test_ranks_are_those_of_each_draw():
    rng = np.random.default_rng(0)
    total = rng.integers(0, 4, (200, 5)).astype(float)
    want = np.zeros((5, 5))
    for row in total:
        for i, mine in enumerate(row):
            better, alike = int((row > mine).sum()), int((row == mine).sum())
            want[i, better : better + alike] += 1 / alike
    assert np.allclose(module._acceptability(total), want / 200)


def test_twins_share_first_place():
    twins = pd.DataFrame({"road": [0.9, 0.9, 0.1], "slope": [0.5, 0.5, 0.1]}, index=["b", "a", "c"])
    found = robustness(twins, EVEN, draws=40)
    assert found.first_share.to_dict() == {"b": 0.5, "a": 0.5, "c": 0.0}
    assert found.first == "a"
    assert found.lost_at["change"].tolist() == [0.0, 0.0]
    assert found.lost_at["to"].tolist() == ["b", "b"]


def test_one_site_and_one_criterion():
    found = robustness(TWO.iloc[:1], EVEN)
    assert found.first_share.tolist() == [1.0]
    assert found.lost_at["lost_at"].isna().all()
    alone = robustness(TWO[["road"]], {"road": 1.0}, weight_sd=0.1)
    assert alone.first_share.tolist() == [1.0, 0.0]
    assert alone.lost_at["lost_at"].isna().all()


# ---------------------------------------------------------------- errors of data


def test_drawn_scores_take_a_criterions_place():
    drawn = pd.DataFrame({"south": np.tile([0.0, 1.0], 50), "north": 0.5, "east": 9.0})
    sure = {"concentration": 1e9, "draws": 100}
    # south is first when its road scores 1: half of the draws
    assert robustness(TWO, EVEN, position={"road": drawn}, **sure).first_share["south"] == 0.5
    assert robustness(TWO, EVEN, confusion={"road": drawn[["north", "south"]].to_numpy()}, **sure).first_share["south"] == 0.5
    asked = []

    def source(draws, seed):
        asked.append((draws, seed))
        return drawn

    assert robustness(TWO, EVEN, position={"road": source}, seed=3, **sure).first_share["south"] == 0.5
    assert asked == [(100, 3)]


def test_a_points_error_is_carried_to_the_score():
    """Far from a single point the distance errs by the point's error along the line: N(0, sd)."""
    cells = {"a": np.array([[5_000.0, 0.0]]), "b": np.array([[0.0, 2_000.0], [0.0, 2_200.0]])}
    points = np.array([[0.0, 0.0]])
    drawn = distance_draws(cells, points, 30.0, value.linear(0, 10_000), draws=4_000)
    assert drawn.columns.tolist() == ["a", "b"]
    assert drawn["a"].mean() == pytest.approx(0.5, abs=3e-4)
    assert drawn["a"].std() == pytest.approx(0.003, rel=0.05)
    assert drawn["b"].mean() == pytest.approx(0.21, abs=3e-4)
    # the point moves once for both: to the east and to the north are independent
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.06
    assert (distance_draws(cells, points, 0.0, value.linear(0, 10_000), draws=3).nunique() == 1).all()


def test_sites_and_layers_err_as_they_are_named():
    rng = np.random.default_rng(1)
    cells = {name: rng.uniform(0, 1_000, (7, 2)) for name in "abc"}
    points = rng.uniform(0, 1_000, (5, 2))
    one = distance_draws(cells, points, 40.0, value.linear(0, 900), draws=20)
    two = distance_draws({name: cells[name] for name in "cb"}, points, 40.0, value.linear(0, 900), draws=20)
    assert (one[["c", "b"]] == two).all(axis=None)
    other = distance_draws(cells, points, 40.0, value.linear(0, 900), draws=20, name="wells")
    assert (other != one).any(axis=None)
    shares = pd.DataFrame({"x": [0.4, 1.0, 0.0], "y": [0.6, 0.0, 1.0]}, index=["a", "b", "c"])
    points = pd.DataFrame({"x": [8, 3], "y": [2, 7]}, index=["x", "y"])
    scores = {"x": 1.0, "y": 0.0}
    one = confusion_draws(shares, points, scores, draws=50)
    two = confusion_draws(shares.loc[["c", "a"], ["y", "x"]], points[["x", "y"]].loc[["y", "x"]], scores, draws=50)
    assert (one[["c", "a"]] == two).all(axis=None)
    assert not (one["a"] == one["b"]).all()


def test_confused_classes_have_the_mean_and_spread_of_their_row():
    shares = pd.DataFrame({"forest": [1.0, 0.5], "bog": [0.0, 0.5]}, index=["a", "b"])
    points = pd.DataFrame({"forest": [80, 30], "bog": [20, 70]}, index=["forest", "bog"])
    scores = {"forest": 1.0, "bog": 0.0}
    one = confusion_draws(shares, points, scores, draws=20_000)
    assert set(one["a"].unique()) == {0.0, 1.0}
    assert one["a"].mean() == pytest.approx(0.8, abs=0.01)
    assert one["b"].mean() == pytest.approx((0.8 + 0.3) / 2, abs=0.01)
    assert one["b"].var() == pytest.approx((0.16 + 0.21) / 4, rel=0.05)
    many = confusion_draws(shares, points, scores, draws=20_000, patches=10)
    assert many["a"].mean() == pytest.approx(0.8, abs=0.01)
    assert many["a"].var() == pytest.approx(0.016, rel=0.05)
    # a map that is never wrong changes nothing
    right = pd.DataFrame(np.eye(2), index=["forest", "bog"], columns=["forest", "bog"])
    assert (confusion_draws(shares, right, scores, draws=5) == [1.0, 0.5]).all(axis=None)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("share", "draws", "sv", "en"),
    [
        (0.83, 1_000, "etta i 83 av 100 prövningar", "first in 83 of 100 trials"),
        (1.0, 1_000, "etta i 100 av 100 prövningar", "first in 100 of 100 trials"),
        (0.999, 1_000, "etta i fler än 99 av 100 prövningar", "first in more than 99 of 100 trials"),
        (0.001, 1_000, "etta i färre än 1 av 100 prövningar", "first in fewer than 1 of 100 trials"),
        (0.0, 1_000, "etta i 0 av 100 prövningar", "first in 0 of 100 trials"),
        (0.5, 10, "etta i 5 av 10 prövningar", "first in 5 of 10 trials"),
    ],
)
def test_one_plain_sentence(share, draws, sv, en):
    table = pd.DataFrame([[share, 1 - share]], index=["a"], columns=[1, 2])
    found = module.Robustness(table, table[1], 2 - table[1], table, "a", draws)
    assert sentence(found, "a") == sv
    assert sentence(found, "a", "en") == en


def test_refusals():
    table = TWO.assign(slope=[np.nan, 1.0])
    for call, message in (
        (lambda: robustness(TWO, {"road": 1.0}), r"\['slope'\] missing"),
        (lambda: robustness(TWO, {**EVEN, "soil": 0.0}), r"\['soil'\] unknown"),
        (lambda: robustness(TWO, {"road": 0.5, "slope": 0.4}), "sum to 1"),
        (lambda: robustness(table, EVEN), "north has no score for slope"),
        (lambda: robustness(TWO.iloc[:0], EVEN), "needs sites"),
        (lambda: robustness(TWO.iloc[[0, 0]], EVEN), "twice"),
        (lambda: robustness(TWO, EVEN, draws=0), "draws must be 1"),
        (lambda: robustness(TWO, EVEN, concentration=1, weight_sd=0.1), "not both"),
        (lambda: robustness(TWO, EVEN, concentration=0), "concentration must be above 0"),
        (lambda: robustness(TWO, EVEN, weight_sd=0.6), r"below 0\.5"),
        (lambda: robustness(TWO, EVEN, position={"soil": np.zeros((1_000, 2))}), "no criterion"),
        (lambda: robustness(TWO, EVEN, position={"road": np.zeros((9, 2))}), r"shape \(1000, 2\), got \(9, 2\)"),
        (lambda: robustness(TWO, EVEN, position={"road": pd.DataFrame({"north": np.zeros(1_000)})}), r"lack 1 of 2 sites \(first: \['south'\]"),
        (lambda: robustness(TWO, EVEN, position={"road": 1}, confusion={"road": 1}), "come in position and in confusion"),
        (lambda: sentence(robustness(TWO, EVEN), "west"), "'west' is not among"),
        (lambda: sentence(robustness(TWO, EVEN), "north", "no"), "language must be"),
        (lambda: distance_draws({"a": np.zeros((1, 2))}, np.zeros((0, 2)), 1.0, value.linear(0, 1)), "positions of features"),
        (lambda: distance_draws({"a": np.zeros((0, 2))}, np.zeros((1, 2)), 1.0, value.linear(0, 1)), r"lacking: \['a'\]"),
        (lambda: distance_draws({"a": np.zeros((1, 2))}, np.zeros((1, 2)), -1.0, value.linear(0, 1)), "sd_m must be 0 or more"),
    ):
        with pytest.raises(PlanError, match=message):
            call()


def test_confusion_refusals_are_told_together():
    shares = pd.DataFrame({"forest": [0.5], "bog": [0.4]}, index=["a"])
    points = pd.DataFrame({"forest": [0.0]}, index=["forest"])
    with pytest.raises(PlanError, match=r"shares sum to 0\.9") as refusal:
        confusion_draws(shares, points, {})
    for said in ("bog has no row", "forest has no control points", "class forest has no score"):
        assert said in str(refusal.value)
    with pytest.raises(PlanError, match="patches must be 1"):
        confusion_draws(shares, points, {}, patches=0)


def test_concentration_gives_the_spread_that_was_asked_for():
    from landplan import suitability as s

    weights = {"a": 0.5, "b": 0.3, "c": 0.2}
    w = np.array(list(weights.values()))
    c = s.concentration(list(w), 0.2)
    # the variance of a Dirichlet weight is w (1 - w) / (c + 1)
    assert np.sqrt((w * (1 - w) / (c + 1)).sum() / (w * w).sum()) == pytest.approx(0.2)
    assert s.concentration([1.0], 0.2) == s.concentration(list(w), 0.0) == 1e9


UNKNOWN = {"A": ((1.0, (0.9, 0.2, float("nan"))),), "B": ((1.0, (0.5, 0.6, 0.6)),)}


def _with_unknown(weights, parts, **options):
    table = pd.DataFrame({"a": [0.9, 0.5], "b": [0.2, 0.6], "c": [np.nan, 0.6]}, index=["A", "B"])
    return robustness(table, weights, parts=parts, **options)


def test_a_criterion_that_a_site_lacks_is_left_out_of_every_draw():
    weights = {"a": 0.4, "b": 0.1, "c": 0.5}
    found = _with_unknown(weights, UNKNOWN, concentration=2.0, draws=4_000)
    drawn = module._weights(list(weights), np.array(list(weights.values())), 2.0, None, 4_000, 7)
    one = (0.9 * drawn[:, 0] + 0.2 * drawn[:, 1]) / (drawn[:, 0] + drawn[:, 1])
    other = drawn @ [0.5, 0.6, 0.6]
    assert found.first == "A"
    assert found.first_share["A"] == pytest.approx((one > other).mean(), abs=1e-3)
    # the least weight of a, the others in proportion, at which B passes: (0.9 t + 0.2 (1-t)/6) / (t + (1-t)/6) = 0.5 t + 0.6 (1-t)
    t = np.linspace(0, 1, 2_000_001)[1:]
    lead = (0.9 * t + 0.2 * (1 - t) / 6) / (t + (1 - t) / 6) - (0.5 * t + 0.6 * (1 - t))
    assert found.lost_at.loc["a", "lost_at"] == pytest.approx(t[np.flatnonzero(lead < 0)[-1]], abs=1e-5)
    assert found.lost_at.loc["a", "to"] == "B"


def test_parts_that_know_everything_change_nothing():
    rng = np.random.default_rng(12)
    table = pd.DataFrame(rng.random((5, 4)), index=list("vwxyz"), columns=list("abcd"))
    weights = dict(zip(table.columns, [0.4, 0.3, 0.2, 0.1], strict=True))
    plain = robustness(table, weights, concentration=20)
    by_parts = robustness(table, weights, concentration=20, parts={i: ((1.0, tuple(r)),) for i, r in zip(table.index, table.to_numpy(), strict=True)})
    assert by_parts.first == plain.first
    assert np.allclose(by_parts.rank_acceptability, plain.rank_acceptability)
    assert by_parts.lost_at["lost_at"].tolist() == pytest.approx(plain.lost_at["lost_at"].tolist(), abs=1e-9, nan_ok=True)
    assert by_parts.lost_at["to"].tolist() == plain.lost_at["to"].tolist()


def test_a_site_without_parts_is_named():
    with pytest.raises(PlanError, match="lacking: B"):
        _with_unknown({"a": 0.4, "b": 0.1, "c": 0.5}, {"A": UNKNOWN["A"], "B": ()})
