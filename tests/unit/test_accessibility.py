"""Accessibility by hand on small matrices, and one clear sentence for each bad input."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from landplan import accessibility as a
from landplan.errors import LayerError

INF = np.inf


@pytest.fixture
def od():
    return a.ODMatrix.from_dense(np.array([[0.0, 5.8, 30.0], [12.0, INF, 20.0], [INF, INF, INF]]), origin_ids=list("opq"), destination_ids=list("xyz"))


JOBS = pd.Series({"x": 1.0, "y": 10.0, "z": 100.0}, name="jobs")
PEOPLE = pd.Series({"o": 5.0, "p": 20.0, "q": 7.0}, name="people")
EXPONENTIAL = a.decay.exponential(0.1)


def test_a_cutoff_is_inclusive_at_the_minutes_own_precision(od):
    """5.8 kept as float32 is a little more than 5.8: jobs at the cutoff itself were not counted."""
    assert a.cumulative(od, JOBS, [5.8, 30]).loc["o"].tolist() == [11.0, 111.0]
    assert a.gravity(od, JOBS, decay=a.decay.step(5.8))["o"] == 11.0
    assert a.gravity(od, JOBS, decay=a.decay.stepped([5.8], [0.0]))["o"] == 11.0
    assert a.gravity(od, JOBS, decay=a.decay.stepped([5.8], [0.0], inclusive=False))["o"] == 1.0
    for decay in (a.decay.step(5.8), a.decay.stepped([5.8], [0.0])):
        assert decay(od.minutes).tolist() == [1, 1, 0, 0, 0]
        assert decay(np.array([5, 6])).tolist() == [1, 0]


def test_interval_means_and_medians(od):
    assert a.cumulative_interval(od, JOBS, from_min=4, to_min=7, summary="mean").tolist() == [6.0, 0.0, 0.0]
    fractions = JOBS / 8
    assert a.cumulative_interval(od, fractions, from_min=4, to_min=7, summary="mean")["o"] == 6.0 / 8
    assert a.cumulative_interval(od, JOBS, from_min=4, to_min=7)["o"] == 6.0
    assert a.cumulative_interval(od, JOBS, from_min=5, to_min=6, increment_min=0.8, summary="mean", whole=False)["o"] == 6.0
    got = a.cumulative_interval(od, JOBS, from_min=5, to_min=6)
    assert got["o"] == 6.0
    assert got.name == "jobs_within_5_6_min"
    assert a.cumulative_interval(od, JOBS, from_min=5, to_min=6, whole=False)["o"] == 6.0
    assert a.cumulative_interval(od, PEOPLE, from_min=0, to_min=12, increment_min=12, passive=True).tolist() == [15.0, 2.0, 0.0]


def test_a_function_of_ones_own_is_a_decay(od):
    def same(t):
        return np.exp(-0.1 * t.astype(np.float64))

    assert np.allclose(a.gravity(od, JOBS, decay=same), a.gravity(od, JOBS, decay=EXPONENTIAL), rtol=1e-14)
    for method in ("2sfca", "bfca", "3sfca"):
        one = a.floating_catchment(od, JOBS, PEOPLE, decay=same, method=method)
        assert np.allclose(one, a.floating_catchment(od, JOBS, PEOPLE, decay=EXPONENTIAL, method=method), rtol=1e-13)


def test_decays_are_values():
    assert a.decay.step(30) == a.decay.step(30.0)
    assert len({a.decay.linear(40), a.decay.linear(40), a.decay.power(1.2)}) == 2
    assert "stepped" in repr(a.decay.stepped([10], [0.5]))
    with pytest.raises(AttributeError):
        a.decay.step(30).kind = "linear"
    # far beyond any weight there is no warning, and infinity weighs nothing
    for decay in (a.decay.logistic(40, 0.1), EXPONENTIAL, a.decay.gaussian(3), a.decay.linear(9), a.decay.power(2), a.decay.stepped([9], [0])):
        assert decay(np.array([1e6, INF]))[1] == 0.0


def test_minutes_of_zero_have_a_powers_full_weight(od):
    """0^-b has no value: below one minute the weight stays at 1, as in the R package."""
    assert a.gravity(od, JOBS, decay=a.decay.power(1.2))["o"] == pytest.approx(1 + 10 * 5.8**-1.2 + 100 * 30**-1.2)
    with pytest.raises(LayerError, match=r"negative or not finite for 1 of 5 pairs \(first at 0 minutes\); give the nearest pairs a floor"), np.errstate(divide="ignore"):
        a.gravity(od, JOBS, decay=lambda t: t.astype(float) ** -1.2)


def test_an_origin_that_reaches_nothing(od):
    assert a.cumulative(od, JOBS, 60).loc["q"].tolist() == [0.0]
    assert a.gravity(od, JOBS, decay=EXPONENTIAL)["q"] == 0.0
    assert a.cost_to_closest(od, JOBS)["q"] == INF
    for method in ("2sfca", "e2sfca", "bfca", "3sfca"):
        assert a.floating_catchment(od, JOBS, PEOPLE, decay=EXPONENTIAL, method=method)["q"] == 0.0
    table = a.spatial_availability(od, JOBS, PEOPLE, decay=EXPONENTIAL, with_reason=True)
    assert table["reason"].tolist() == ["", "", "nothing_reached"]
    assert np.isnan(table["jobs_available"]["q"])
    balanced = a.balancing_cost(od, JOBS, PEOPLE, with_reason=True)
    assert balanced["reason"].tolist() == ["", "", "nothing_reached"]
    assert balanced["balancing_min"].tolist()[:2] == [6.0, 20.0]
    assert a.balancing_cost(od, JOBS, PEOPLE * 0).tolist() == [0.0, 0.0, 0.0]
    assert a.balancing_cost(od, JOBS, PEOPLE * 50, with_reason=True)["reason"].tolist() == ["never_balanced", "never_balanced", "nothing_reached"]


def test_supply_that_nobody_demands_is_handed_out_to_nobody(od):
    none = pd.Series({"o": 0.0, "p": 3.0, "q": 0.0})
    # only o reaches y; the R package gives o Inf here
    got = a.floating_catchment(od, JOBS, none, decay=a.decay.step(30))
    assert got.tolist() == pytest.approx([101 / 3, 101 / 3, 0])
    table = a.spatial_availability(od, JOBS, none, decay=a.decay.step(30), with_reason=True)
    assert table["reason"].tolist() == ["no_demand", "", "nothing_reached"]
    assert table["jobs_available"]["p"] == pytest.approx(101)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_matrices_without_rows_or_columns_have_empty_answers(shape):
    od = a.ODMatrix.from_dense(np.empty(shape))
    supply, demand = pd.Series(1.0, od.destination_ids), pd.Series(2.0, od.origin_ids)
    assert a.cumulative(od, supply, [10, 20]).shape == (shape[0], 2)
    assert a.cumulative(od, demand, 10, passive=True).shape == (shape[1], 1)
    assert a.cumulative_interval(od, supply, from_min=1, to_min=2).size == shape[0]
    assert a.balancing_cost(od, supply, demand).isna().all()
    assert a.spatial_availability(od, supply, demand, decay=EXPONENTIAL).isna().all()
    for got in (a.gravity(od, supply, decay=EXPONENTIAL), *(a.floating_catchment(od, supply, demand, decay=EXPONENTIAL, method=m) for m in ("2sfca", "bfca", "3sfca"))):
        assert got.tolist() == [0.0] * shape[0]
    assert (a.cost_to_closest(od, supply, 2) == INF).all()


BAD_AMOUNTS = [
    (JOBS.drop("y"), r"lacks 1 of 3 destinations \(first: \['y'\]\); give 0"),
    (JOBS.where(JOBS != 10), r"lacks 1 of 3 destinations"),
    (JOBS.set_axis([1, 2, 3]), r"lacks 3 of 3 .* make the ids of one type: they are int64 here"),
    (-JOBS, r"finite and not negative, but 3 of 3 destinations are not"),
    (JOBS.replace(10.0, INF), r"finite and not negative, but 1 of 3 destinations are not \(first: \['y'\]\)"),
    (pd.concat([JOBS, JOBS[:1]]), r"names 1 ids more than once \(first: \['x'\]\); add their rows together"),
    (JOBS.to_numpy(), r"must be a pandas Series indexed by the ids of the destinations, got ndarray"),
    (JOBS.astype(str) + "?", r"must be numbers"),
]


@pytest.mark.parametrize(("given", "words"), BAD_AMOUNTS)
def test_bad_amounts_are_told_with_their_number_and_the_next_step(od, given, words):
    for call in (
        lambda: a.cumulative(od, given, 10),
        lambda: a.cumulative_interval(od, given, from_min=1, to_min=2),
        lambda: a.gravity(od, given, decay=EXPONENTIAL),
        lambda: a.cost_to_closest(od, given),
        lambda: a.floating_catchment(od, given, PEOPLE, decay=EXPONENTIAL),
        lambda: a.spatial_availability(od, given, PEOPLE, decay=EXPONENTIAL),
        lambda: a.balancing_cost(od, given, PEOPLE),
    ):
        with pytest.raises(LayerError, match=words):
            call()


def test_bad_demand_is_told_by_origin(od):
    for call in (
        lambda d: a.floating_catchment(od, JOBS, d, decay=EXPONENTIAL),
        lambda d: a.spatial_availability(od, JOBS, d, decay=EXPONENTIAL),
        lambda d: a.balancing_cost(od, JOBS, d),
    ):
        with pytest.raises(LayerError, match=r"demand lacks 1 of 3 origins \(first: \['q'\]\)"):
            call(PEOPLE.drop("q"))
        with pytest.raises(LayerError, match=r"demand must be finite and not negative, but 1 of 3 origins are not \(first: \['o'\]\)"):
            call(PEOPLE.replace(5.0, -1.0))
    with pytest.raises(LayerError, match="opportunities lacks 1 of 3 origins"):
        a.cumulative(od, PEOPLE.drop("q"), 10, passive=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda od: a.cumulative(od, JOBS, []), "one or several numbers of minutes"),
        (lambda od: a.cumulative(od, JOBS, [10, 10]), "the same minutes twice"),
        (lambda od: a.cumulative(od, JOBS, [10, np.nan]), "cutoff_min must be finite minutes from 0 up, got nan"),
        (lambda od: a.cumulative(od, JOBS, -1), "cutoff_min must be finite minutes from 0 up, got -1"),
        (lambda od: a.cumulative(od, JOBS, "ten"), "got 'ten'; give for instance 30"),
        (lambda od: a.cumulative_interval(od, JOBS, from_min=30, to_min=20), "from_min <= to_min"),
        (lambda od: a.cumulative_interval(od, JOBS, from_min=1, to_min=2, increment_min=0), "increment_min above 0"),
        (lambda od: a.cumulative_interval(od, JOBS, from_min=1, to_min=2, summary="mode"), "'mean' or 'median', got 'mode'"),
        (lambda od: a.cost_to_closest(od, JOBS, 0), "n must be at least 1"),
        (lambda od: a.gravity(od, JOBS, decay=0.1), r"decay must be a function of minutes, got 0\.1; give for instance decay\.exponential"),
        (lambda od: a.gravity(od, JOBS, decay=lambda t: 1.0), r"one weight a pair, but gave \(\) for \(5,\)"),
        (lambda od: a.gravity(od, JOBS, decay=lambda t: -t), "negative or not finite for 4 of 5 pairs"),
        (lambda od: a.floating_catchment(od, JOBS, PEOPLE, decay=EXPONENTIAL, method="4sfca"), "one of 2sfca, e2sfca, bfca, 3sfca, got '4sfca'"),
        (lambda od: a.spatial_availability(od, JOBS, PEOPLE, decay=EXPONENTIAL, alpha=-1), "alpha must be a finite number from 0 up"),
        (lambda od: a.balancing_cost(od, JOBS, PEOPLE, increment_min=0), "increment_min must be above 0"),
        (lambda od: a.balancing_cost(od, JOBS, PEOPLE, increment_min=1e-9), "at most 1000000 steps to the longest 30 minutes"),
    ],
)
def test_bad_questions(od, call, words):
    with pytest.raises(LayerError, match=words):
        call(od)


@pytest.mark.parametrize("value", [0, -1, np.nan, INF, "x", None])
def test_decays_of_invalid_parameters(value):
    for make in (a.decay.step, a.decay.linear, a.decay.exponential, a.decay.power, a.decay.gaussian, lambda v: a.decay.logistic(v, 10), lambda v: a.decay.logistic(40, v)):
        with pytest.raises(LayerError, match=r"must be a finite number above 0, got .*; give for instance"):
            make(value)


@pytest.mark.parametrize(
    ("steps", "weights"),
    [([], []), ([10], []), ([10, 10], [0.5, 0.2]), ([20, 10], [0.5, 0.2]), ([0], [0.5]), ([10], [1.1]), ([10], [-0.1]), ([np.nan], [0.5]), (["x"], [0.5]), ([10, INF], [0.5, 0])],
)
def test_steps_that_do_not_rise_or_weigh(steps, weights):
    with pytest.raises(LayerError, match=r"steps must rise from above 0 .* got " + re.escape(repr(steps))):
        a.decay.stepped(steps, weights)


def test_a_matrix_made_by_hand_is_looked_at(od):
    def with_arrays(indptr, dest, minutes):
        return a.ODMatrix(od.origin_ids, od.destination_ids, np.array(indptr), np.array(dest, np.int32), np.array(minutes, np.float32))

    for arrays, words in (
        (([0, 1, 2, 2], [0, 1], [1, INF]), r"1 of 3 origins of the OD matrix have minutes that are negative, infinite or empty \(first: \['p'\]\)"),
        (([0, 1, 2, 2], [0, 1], [np.nan, -1]), "2 of 3 origins"),
        (([0, 2, 2, 2], [1, 0], [1, 1]), "destinations that do not rise or do not exist"),
        (([0, 1, 1, 1], [3], [1]), "destinations that do not rise or do not exist"),
        (([0, 1, 1], [0], [1]), "arrays do not fit together"),
        (([0, 1, 1, 2], [0], [1]), "arrays do not fit together"),
    ):
        with pytest.raises(LayerError, match=words):
            a.cumulative(with_arrays(*arrays), JOBS, 10)
