"""Laws of equity: units, order and the cutting of places change nothing, equal is equal, closed forms are met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan import accessibility as a

laws = settings(deadline=None, derandomize=True, max_examples=60)

people = st.lists(st.tuples(st.floats(0.01, 1e4), st.integers(1, 500), st.integers(0, 5), st.floats(10, 1e4)), min_size=2, max_size=30)


def columns(table):
    values, persons, groups, income = (np.array(c) for c in zip(*table, strict=True))
    return values, persons, groups, income


def indices(values, persons, income):
    return [
        a.equity.gini(values, persons), a.equity.theil(values, persons), a.equity.palma(values, persons, income),
        *(a.equity.concentration_index(values, persons, income, kind=k, ties="mean") for k in ("standard", "corrected")),
    ]  # fmt: skip


@laws
@given(people, st.floats(0.01, 100))
def test_the_unit_of_access_and_of_persons_changes_nothing(table, factor):
    values, persons, _, income = columns(table)
    want = indices(values, persons, income)
    assert indices(values * factor, persons, income) == pytest.approx(want, rel=1e-6, abs=1e-9, nan_ok=True)
    assert indices(values, persons * factor, income) == pytest.approx(want, rel=1e-6, abs=1e-9, nan_ok=True)
    assert a.equity.fgt(values * factor, persons, line=50 * factor) == pytest.approx(a.equity.fgt(values, persons, line=50), rel=1e-6, abs=1e-9)


@laws
@given(people, st.randoms(use_true_random=False))
def test_the_order_of_places_and_splitting_them_changes_nothing(table, random):
    values, persons, _, income = columns(table)
    want = indices(values, persons, income)
    order = list(range(len(table)))
    random.shuffle(order)
    assert indices(values[order], persons[order], income[order]) == pytest.approx(want, rel=1e-9, abs=1e-12, nan_ok=True)
    # a place of two halves is that place
    twice = [np.concatenate([x, x]) for x in (values, persons / 2, income)]
    assert indices(*twice) == pytest.approx(want, rel=1e-9, abs=1e-12, nan_ok=True)


@laws
@given(people, st.floats(0.1, 1e4))
def test_equal_access_is_equal(table, value):
    _, persons, groups, income = columns(table)
    same = np.full(len(persons), value)
    assert a.equity.gini(same, persons) == pytest.approx(0, abs=1e-12)
    assert a.equity.theil(same, persons) == pytest.approx(0, abs=1e-12)
    assert a.equity.concentration_index(same, persons, income) == pytest.approx(0, abs=1e-12)
    assert a.equity.theil_by_group(same, persons, groups).between == pytest.approx(0, abs=1e-12)
    assert a.equity.fgt(same, persons, line=value, alpha=0) == 0
    assert np.isnan(palma := a.equity.palma(same, persons, income)) or palma == pytest.approx(1)


@laws
@given(people)
def test_theil_is_the_sum_of_its_parts_and_all_are_in_bounds(table):
    values, persons, groups, income = columns(table)
    parts = a.equity.theil_by_group(values, persons, groups)
    total = a.equity.theil(values, persons)
    assert parts.total == pytest.approx(total, rel=1e-9, abs=1e-12)
    assert parts.between + parts.within == pytest.approx(parts.total, rel=1e-12, abs=1e-15)
    assert parts.between >= -1e-12
    assert (parts.groups["within"] >= -1e-12).all()
    gini = a.equity.gini(values, persons)
    assert -1e-12 <= gini < 1
    assert abs(a.equity.concentration_index(values, persons, income)) <= gini + 1e-9
    # ranked by access itself, the concentration index is the Gini index
    assert a.equity.concentration_index(values, persons, values, ties="mean") == pytest.approx(gini, rel=1e-9, abs=1e-12)
    gaps = [a.equity.fgt(values, persons, line=100, alpha=k) for k in (0, 1, 2)]
    assert 1 >= gaps[0] >= gaps[1] >= gaps[2] >= 0


@pytest.mark.parametrize("shape", [1.5, 2.0, 3.0])
def test_paretos_closed_forms(shape):
    """A Pareto's Gini is 1 / (2a - 1), its Theil ln((a - 1) / a) + 1 / (a - 1), and half the mean's shortfall its gap."""
    n = 200_000
    # the mean of each of n equal parts of the persons, from the integral of the quantile function
    part = (1 - np.linspace(0, 1, n + 1)) ** (1 - 1 / shape)
    values = (part[:-1] - part[1:]) * n * shape / (shape - 1)
    ones = np.ones(n)
    assert a.equity.gini(values, ones) == pytest.approx(1 / (2 * shape - 1), rel=1e-3)
    assert a.equity.theil(values, ones) == pytest.approx(np.log((shape - 1) / shape) + 1 / (shape - 1), rel=0.05)
    line = 2.0
    assert a.equity.fgt(values, ones, line=line, alpha=0) == pytest.approx(1 - line**-shape, rel=1e-4)


def test_uniform_closed_forms():
    n = 10_000
    values = (np.arange(n) + 0.5) / n
    ones = np.ones(n)
    assert a.equity.gini(values, ones) == pytest.approx(1 / 3, rel=1e-6)
    assert a.equity.theil(values, ones) == pytest.approx(np.log(2) - 0.5, rel=1e-4)
    assert [a.equity.fgt(values, ones, line=1, alpha=k) for k in (0, 1, 2)] == pytest.approx([1, 1 / 2, 1 / 3], rel=1e-6)
    # the best tenth's mean over the worst forty per cent's
    assert a.equity.palma(values, ones, values) == pytest.approx(0.95 / 0.2, rel=1e-3)
