"""Equity by hand on four places, and one clear sentence for each bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landplan.accessibility import equity as E
from landplan.errors import LayerError

ACCESS = pd.Series([10.0, 20.0, 40.0, 5.0], index=list("abcd"))
PERSONS = pd.Series([40, 50, 10, 0], index=list("dcba")[::-1])
INCOME = pd.Series([100.0, 200.0, 300.0, np.nan], index=list("abcd"))


def test_series_are_matched_by_their_ids():
    order = list("cadb")
    assert E.palma(ACCESS, PERSONS[order], INCOME[order[::-1]]) == E.palma(ACCESS, PERSONS, INCOME) == 4.0
    assert E.gini(ACCESS, PERSONS[order]) == E.gini(ACCESS, PERSONS)
    with pytest.raises(LayerError, match=r"weights lacks 1 of 4 ids of values \(first: \['a'\]\)"):
        E.gini(ACCESS, PERSONS.drop("a"))
    with pytest.raises(LayerError, match="values names ids more than once"):
        E.gini(pd.concat([ACCESS, ACCESS[:1]]), PERSONS)
    with pytest.raises(LayerError, match=r"income must have one entry a value, got \(2,\) for \(4,\)"):
        E.palma(ACCESS, PERSONS, [1.0, 2.0])


MEASURES = [
    lambda v, w, i, **k: E.gini(v, w, **k), lambda v, w, i, **k: E.theil(v, w, **k), lambda v, w, i, **k: E.fgt(v, w, line=15, **k), E.palma, E.concentration_index, E.theil_by_group,
]  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
def test_bad_people(measure):
    measure(ACCESS, PERSONS, INCOME)  # an income missing where nobody lives is no fault
    with pytest.raises(LayerError, match="values are missing for 1 of 3 places with persons \\(50 of 100 persons\\); fill them, or pass missing='drop'"):
        measure(ACCESS.replace(20.0, np.nan), PERSONS, INCOME)
    with pytest.warns(UserWarning, match="values are missing for 1 of 3 places with persons .* left out"):
        measure(ACCESS.replace(20.0, np.nan), PERSONS, INCOME, missing="drop")
    for bad, words in (
        ((ACCESS, -PERSONS, INCOME), "weights must be finite and not negative, but 3 of 4 are not"),
        ((ACCESS, PERSONS * np.nan, INCOME), "but 4 of 4 are not"),
        ((ACCESS, PERSONS * 0, INCOME), "none of 4 places has persons"),
        ((ACCESS[:0], PERSONS[:0], INCOME[:0]), "none of 0 places has persons"),
        ((-ACCESS, PERSONS, INCOME), "needs values from 0 up, but 3 of 3 are negative"),
        ((ACCESS.replace(20.0, np.inf), PERSONS, INCOME), "1 places with 50 persons have infinite values"),
        ((ACCESS.astype(str) + "x", PERSONS, INCOME), "values must be numbers"),
    ):
        with pytest.raises(LayerError, match=words):
            measure(*bad)
    with pytest.raises(LayerError, match="missing must be 'raise' or 'drop'"):
        measure(ACCESS, PERSONS, INCOME, missing="ignore")


@pytest.mark.parametrize(("measure", "name"), [(E.palma, "income"), (E.concentration_index, "income"), (E.theil_by_group, "groups")])
def test_missing_incomes_are_told_or_left_out_with_a_count(measure, name):
    some = INCOME.replace(200.0, np.nan)
    with pytest.raises(LayerError, match=f"{name} are missing for 1 of 3 places with persons \\(50 of 100 persons\\)"):
        measure(ACCESS, PERSONS, some)
    with pytest.warns(UserWarning, match=f"{name} are missing for 1 of 3 places"):
        got = measure(ACCESS, PERSONS, some, missing="drop")
    want = measure(ACCESS.drop("b"), PERSONS.drop("b"), INCOME.drop("b"))
    one, other = (got.total, want.total) if name == "groups" else (got, want)
    assert one == pytest.approx(other, nan_ok=True)
    with pytest.warns(UserWarning, match=f"{name} are missing for 3"), pytest.raises(LayerError, match="nothing is left of 4 places"):
        measure(ACCESS, PERSONS, INCOME * np.nan, missing="drop")


def test_shares_of_nothing_are_not_known():
    nothing = ACCESS * 0
    assert np.isnan([E.gini(nothing, PERSONS), E.theil(nothing, PERSONS), E.palma(nothing, PERSONS, INCOME), E.concentration_index(nothing, PERSONS, INCOME)]).all()
    assert np.isnan(E.theil_by_group(nothing, PERSONS, INCOME).total)
    assert E.fgt(nothing, PERSONS, line=1) == 1.0
    # the poorest reach nothing; one income for all
    assert E.palma(ACCESS.replace(10.0, 0.0), PERSONS, INCOME) == np.inf
    assert np.isnan(E.palma(ACCESS, PERSONS, INCOME * 0 + 1))


def test_some_reach_nothing_and_count():
    assert E.theil([0.0, 1.0, 1.0, 2.0], [1, 1, 1, 1]) == pytest.approx(np.log(2) / 2)
    parts = E.theil_by_group([0.0, 0.0, 1.0, 3.0], [1, 1, 1, 1], ["poor", "poor", "rich", "rich"])
    assert parts.between == pytest.approx(np.log(2))
    assert parts.groups["within"].tolist() == pytest.approx([0.0, parts.within])


def test_bounds_and_ties_of_the_concentration_index():
    got = E.concentration_index([1.0, 3.0], [1, 1], [1, 2], kind="corrected", bounds=(0, 8))
    assert got == pytest.approx(4 * 2 * 0.25 / 8)
    assert E.concentration_index([1.0, 3.0], [1, 1], [1, 1]) == -E.concentration_index([3.0, 1.0], [1, 1], [1, 1]) == 0.25
    assert E.concentration_index([1.0, 3.0], [1, 1], [1, 1], ties="mean") == 0.0
    with pytest.raises(LayerError, match="bounds must hold all values"):
        E.concentration_index([1.0, 3.0], [1, 1], [1, 2], kind="corrected", bounds=(2, 8))
    with pytest.raises(LayerError, match="kind must be 'standard' or 'corrected'"):
        E.concentration_index([1.0, 3.0], [1, 1], [1, 2], kind="CI")
    for bad in ({"line": 0}, {"line": np.nan}, {"line": 1, "alpha": -1}):
        with pytest.raises(LayerError, match="must be a finite"):
            E.fgt([1.0], [1], **bad)
