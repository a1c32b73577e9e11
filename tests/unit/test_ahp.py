"""Pairwise judgements: consistent matrices, one wrong judgement, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.errors import PlanError
from landplan.suitability.ahp import RANDOM_INDEX, ahp

laws = settings(deadline=None, derandomize=True, max_examples=40)
strengths = st.lists(st.floats(0.2, 5.0), min_size=2, max_size=9).map(np.array)


@laws
@given(strengths)
def test_judgements_that_agree_give_their_weights_back(w):
    result = ahp(w[:, None] / w)
    assert np.allclose(result.weights, w / w.sum())
    assert result.consistency_ratio == pytest.approx(0.0, abs=1e-9)
    assert result.lambda_max == pytest.approx(len(w))
    assert np.allclose(result.worst_judgements["off_by"], 1.0)


@laws
@given(st.lists(st.floats(0.5, 2.0), min_size=4, max_size=8).map(np.array), st.data())
def test_one_wrong_judgement_is_found_and_mended(w, data):
    n = len(w)
    i, j = data.draw(st.permutations(range(n)))[:2]
    i, j = min(i, j), max(i, j)
    a = w[:, None] / w
    right = a[i, j]
    a[i, j] *= data.draw(st.sampled_from([1 / 9, 1 / 4, 4, 9]))
    a[j, i] = 1 / a[i, j]
    result = ahp(a)
    worst = result.worst_judgements.iloc[0]
    assert (worst["row"], worst["column"]) == (str(i + 1), str(j + 1))
    assert worst["mended"] == pytest.approx(right)
    assert worst["consistency_ratio_after"] == pytest.approx(0.0, abs=1e-9)
    assert result.consistency_ratio > 0.01
    assert (result.worst_judgements["off_by"].diff().dropna() < 1e-8).all()


@laws
@given(st.lists(st.integers(-8, 8), min_size=10, max_size=10), st.permutations(range(5)))
def test_the_order_of_criteria_changes_nothing(raw, order):
    a = np.ones((5, 5))
    for i, j, v in zip(*np.triu_indices(5, 1), raw, strict=True):
        a[i, j] = v + 1 if v >= 0 else 1 / (1 - v)
        a[j, i] = 1 / a[i, j]
    names = np.array(list("abcde"))
    one, two = ahp(a, names), ahp(a[np.ix_(order, order)], names[order])
    assert np.allclose(one.weights, two.weights[one.weights.index])
    assert one.consistency_ratio == pytest.approx(two.consistency_ratio, abs=1e-9)
    assert (one.weights > 0).all()
    assert one.weights.sum() == pytest.approx(1)
    # A w = lambda w
    assert np.allclose(a @ one.weights, one.lambda_max * one.weights)
    assert one.lambda_max >= 5 - 1e-9


def test_a_mended_judgement_is_what_the_weights_then_say():
    """Harker's value leaves the judgement out altogether: put in, it moves no weight."""
    a = np.array([[1, 2, 7, 4], [1 / 2, 1, 2, 5], [1 / 7, 1 / 2, 1, 3], [1 / 4, 1 / 5, 1 / 3, 1]])
    for row in ahp(a).worst_judgements.itertuples():
        i, j = int(row.row) - 1, int(row.column) - 1
        mended = a.copy()
        mended[i, j], mended[j, i] = row.mended, 1 / row.mended
        again = ahp(mended)
        assert again.weights.iloc[i] / again.weights.iloc[j] == pytest.approx(row.mended)
        assert again.consistency_ratio == pytest.approx(row.consistency_ratio_after)


def test_two_criteria_always_agree():
    result = ahp([[1, 4], [0.25, 1]])
    assert result.weights.tolist() == pytest.approx([0.8, 0.2])
    assert result.consistency_ratio == 0.0
    assert result.worst_judgements["mended"].tolist() == [4.0]


def test_of_three_criteria_all_are_as_far_off():
    result = ahp([[1, 2, 8], [1 / 2, 1, 2], [1 / 8, 1 / 2, 1]])
    # 2 x 2 against 8: each is the cube root of 2 from agreement
    assert np.allclose(result.worst_judgements["off_by"], 2 ** (1 / 3))
    assert result.worst_judgements["given"].tolist() == [2, 8, 2]
    assert np.allclose(result.worst_judgements["mended"], [4, 4, 4])


def test_half_of_a_matrix_is_enough():
    full = pd.DataFrame([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], columns=["a", "b", "c"])
    half = full.where(np.triu(np.ones((3, 3), bool)))
    mixed = pd.DataFrame([[np.nan, np.nan, 5], [1 / 3, np.nan, 3], [np.nan, np.nan, 1]], columns=["a", "b", "c"])
    before = half.copy()
    for other in (half, mixed):
        assert np.allclose(ahp(other).weights, ahp(full).weights)
    assert half.equals(before)
    assert ahp(half).weights.index.tolist() == ["a", "b", "c"]


def test_the_random_indices_are_saatys():
    assert RANDOM_INDEX[6] == 1.32
    assert len(RANDOM_INDEX) == 15


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2, 3], [1, 1, 1]], "must be square"),
        ([[1]], "2 to 15 criteria, got 1"),
        (np.ones((16, 16)), "2 to 15 criteria, got 16"),
        ([[1, 3], [0.3, 1]], r"x against y is 3 but y against x is 0\.3, not 0\.3333 \(row 1, column 2\)"),
        ([[1, 0], [2, 1]], "x against y is 0 and its opposite 2; both must be above 0"),
        ([[1, -2], [-0.5, 1]], "above 0"),
        ([[1, np.nan], [np.nan, 1]], "x against y is not judged"),
        ([[2, 1], [1, 1]], "x against itself is 2, it must be 1"),
        ([[1, np.inf], [0.1, 1]], "finite"),
    ],
)
def test_refusals_name_the_cell(matrix, message):
    with pytest.raises(PlanError, match=message):
        ahp(matrix, ["x", "y"])


def test_all_faults_are_told_at_once_and_names_must_fit():
    with pytest.raises(PlanError, match="2 faults"):
        ahp([[1, 2, 3], [2, 1, 4], [3, 1 / 4, 1]])
    with pytest.raises(PlanError, match="3 different names"):
        ahp(np.ones((3, 3)), ["a", "a", "b"])
