"""Multi-criteria methods on tables: closed forms, the laws that tie them together, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan.errors import PlanError
from landplan.suitability import methods as m

laws = settings(deadline=None, derandomize=True, max_examples=50)
TABLE = pd.DataFrame({"area_ha": [20.0, 40.0, 30.0], "road_m": [100.0, 500.0, 300.0]}, index=["a", "b", "c"])


@st.composite
def scored(draw):
    n, k = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    table = np.array(draw(st.lists(st.integers(0, 10), min_size=n * k, max_size=n * k))).reshape(n, k) / 10
    parts = np.array(draw(st.lists(st.integers(0, 9), min_size=k, max_size=k)))
    assume(parts.sum() > 0)
    return table, parts / parts.sum()


@laws
@given(scored(), st.floats(0.1, 8))
def test_ordered_averages_lie_between_the_worst_and_the_best_and_fall_with_caution(case, alpha):
    table, w = case
    n = w.size
    least, most = m.minimum(table, w, how=None).scores, table[:, w > 0].max(axis=1)
    middle = m.weighted_sum(table, w, how=None).scores
    got = m.owa(table, w, alpha=alpha, how=None).scores
    assert (got >= least - 1e-12).all()
    assert (got <= most + 1e-12).all()
    assert (got <= m.owa(table, w, alpha=0.7 * alpha, how=None).scores + 1e-12).all()
    # a straight quantifier is the weighted sum, however it is written
    assert np.allclose(m.owa(table, w, alpha=1, how=None).scores, middle)
    assert np.allclose(m.owa(table, w, [1 / n] * n, how=None).scores, middle)


@laws
@given(scored(), st.data())
def test_equal_weights_give_yagers_ordered_average(case, data):
    table, _ = case
    n = table.shape[1]
    parts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)))
    assume(parts.sum() > 0)
    o = parts / parts.sum()
    got = m.owa(table, [1 / n] * n, o, how=None).scores
    assert np.allclose(got, -np.sort(-table, axis=1) @ o)
    assert np.allclose(m.owa(table, [1 / n] * n, np.eye(n)[0], how=None).scores, table.max(axis=1))
    assert np.allclose(m.owa(table, [1 / n] * n, np.eye(n)[-1], how=None).scores, table.min(axis=1))


@laws
@given(scored(), st.randoms(use_true_random=False))
def test_the_order_of_criteria_and_alternatives_changes_nothing(case, random):
    table, w = case
    rows, cols = list(range(len(table))), list(range(w.size))
    random.shuffle(rows)
    random.shuffle(cols)
    turned = table[np.ix_(rows, cols)]
    o = np.arange(1, w.size + 1) / np.arange(1, w.size + 1).sum()
    for method in (
        lambda t, v: m.weighted_sum(t, v, how=None), lambda t, v: m.weighted_product(t, v, how=None), lambda t, v: m.minimum(t, v, how=None),
        lambda t, v: m.owa(t, v, o, how=None), lambda t, v: m.owa(t, v, alpha=2, how=None),
    ):  # fmt: skip
        assert np.allclose(method(turned, w[cols]).scores, method(table, w).scores.to_numpy()[rows])


@laws
@given(scored())
def test_topsis_is_0_to_1_and_better_everywhere_is_never_worse(case):
    table, w = case
    assume(len(table) > 1 and np.ptp(table[:, w > 0], axis=0).any())
    scores = m.topsis(table, w, how=None).scores.to_numpy()
    assert (scores >= 0).all()
    assert (scores <= 1).all()
    for i, one in enumerate(table):
        for j, other in enumerate(table):
            if (one >= other).all():
                assert scores[i] >= scores[j] - 1e-9
    # the mirror image: what was a benefit is a cost
    assert np.allclose(m.topsis(1 - table, w, how=None).scores, 1 - scores)


def test_topsis_by_hand():
    # v: (.5, 0), (0, .5), (.5, .25); best (.5, .5), worst (0, 0)
    got = m.topsis([[1, 0], [0, 1], [1, 0.5]], [0.5, 0.5], how=None).scores
    d = np.hypot(0.5, 0.25)
    assert got.tolist() == pytest.approx([0.5, 0.5, d / (d + 0.25)])


def test_a_weighted_average_of_ordered_scores_by_hand():
    # sorted .9 .6 .3 with weights .5 .2 .3: Q = u^2 at .5 .7 1 is .25 .49 1
    got = m.owa([[0.6, 0.3, 0.9]], [0.2, 0.3, 0.5], alpha=2, how=None).scores[0]
    assert got == pytest.approx(0.25 * 0.9 + 0.24 * 0.6 + 0.51 * 0.3)
    # order weights 0 .5 .5: Q(1/3) = 0, Q(2/3) = .5, Q(1) = 1; Q(.5) = .25, Q(.7) = .55
    got = m.owa([[0.6, 0.3, 0.9]], [0.2, 0.3, 0.5], [0, 0.5, 0.5], how=None).scores[0]
    assert got == pytest.approx(0.25 * 0.9 + 0.3 * 0.6 + 0.45 * 0.3)


def test_normalisations_by_hand():
    both = ["benefit", "cost"]
    assert m.normalise(TABLE, "minmax", directions=both).to_numpy().tolist() == [[0, 1], [1, 0], [0.5, 0.5]]
    assert m.normalise(TABLE, "max", directions=both)["road_m"].tolist() == pytest.approx([0.8, 0, 0.4])
    total = 1 / 100 + 1 / 500 + 1 / 300
    assert m.normalise(TABLE, "sum", directions=both)["road_m"].tolist() == pytest.approx([0.01 / total, 0.002 / total, 1 / 300 / total])
    assert m.normalise(TABLE, "vector")["area_ha"].tolist() == pytest.approx(np.array([20, 40, 30]) / np.sqrt(2_900))
    assert m.normalise(TABLE, None).equals(TABLE)


def test_ranks_and_names():
    before = TABLE.copy()
    got = m.weighted_sum(TABLE, {"road_m": 0.5, "area_ha": 0.5}, directions={"road_m": "cost", "area_ha": "benefit"})
    assert got.scores.to_dict() == {"a": 0.5, "b": 0.5, "c": 0.5}
    assert got.ranks.tolist() == [1, 1, 1]
    assert m.weighted_sum(TABLE, pd.Series({"road_m": 0.9, "area_ha": 0.1})).ranks.to_dict() == {"a": 3, "b": 1, "c": 2}
    assert TABLE.equals(before)
    with pytest.raises(AttributeError):
        got.scores = None


def test_a_criterion_of_no_weight_counts_nowhere():
    table = [[0.0, 0.5], [0.0, 0.7]]
    assert m.weighted_product(table, [0, 1], how=None).scores.tolist() == [0.5, 0.7]
    assert m.minimum(table, [0, 1], how=None).scores.tolist() == [0.5, 0.7]
    assert m.minimum(table, how=None).scores.tolist() == [0, 0]
    assert m.owa(table, [0, 1], alpha=5, how=None).scores.tolist() == [0.5, 0.7]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: m.weighted_sum(TABLE, [0.5, 0.4]), "sum to 1"),
        (lambda: m.weighted_sum(TABLE, [0, 0]), "sum to 1"),
        (lambda: m.weighted_sum(TABLE, [1.5, -0.5]), "0 or more"),
        (lambda: m.weighted_sum(TABLE, [1.0]), "1 weights for 2 criteria"),
        (lambda: m.weighted_sum(TABLE, {"area_ha": 1.0}), r"\['road_m'\] missing"),
        (lambda: m.weighted_sum(TABLE, [0.5, 0.5], directions=["benefit", "less"]), "direction of road_m is 'less'"),
        (lambda: m.weighted_sum(TABLE, [0.5, 0.5], directions=["benefit", "cost"], how=None), "has no costs"),
        (lambda: m.weighted_sum(TABLE, [0.5, 0.5], how="log"), "normalisation 'log' is not known"),
        (lambda: m.weighted_sum(TABLE.assign(road_m=7.0), [0.5, 0.5]), "road_m is 7 for every alternative"),
        (lambda: m.weighted_sum(TABLE.assign(road_m=-TABLE["road_m"]), [0.5, 0.5], how="max"), "road_m has values below 0"),
        (lambda: m.weighted_sum(TABLE.assign(road_m=[0, 1, 2]), [0.5, 0.5], how="sum", directions=["benefit", "cost"]), "1 / 0"),
        (lambda: m.weighted_sum(TABLE.assign(road_m=[1, np.nan, 2]), [0.5, 0.5]), "b: road_m is nan"),
        (lambda: m.weighted_sum(TABLE.iloc[:0], [0.5, 0.5]), "needs alternatives"),
        (lambda: m.topsis([[1, 2], [1, 2]], [0.5, 0.5], how=None), "nothing to rank"),
        (lambda: m.weighted_product([[-1.0]], [1.0], how=None), "0 or more"),
        (lambda: m.owa(TABLE, [0.5, 0.5]), "one of order_weights and alpha"),
        (lambda: m.owa(TABLE, [0.5, 0.5], [1, 0], alpha=1), "one of order_weights and alpha"),
        (lambda: m.owa(TABLE, [0.5, 0.5], [1.0]), "2 order weights"),
        (lambda: m.owa(TABLE, [0.5, 0.5], alpha=0), "alpha must be above 0"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(PlanError, match=message):
        call()
