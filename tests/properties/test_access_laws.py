"""Laws of access: more time never reaches less, supply is neither made nor lost, names and order of zones change nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan import accessibility as a
from tests import reference_access as twin

laws = settings(deadline=None, derandomize=True, max_examples=60)
METHODS = ("2sfca", "e2sfca", "bfca", "3sfca")

decays = st.one_of(
    st.floats(1, 60).map(a.decay.step), st.floats(1, 60).map(a.decay.linear), st.floats(0.01, 0.5).map(a.decay.exponential),
    st.floats(0.1, 3).map(a.decay.power), st.tuples(st.floats(5, 50), st.floats(2, 20)).map(lambda p: a.decay.logistic(*p)),
    st.floats(3, 30).map(a.decay.gaussian), st.booleans().map(lambda b: a.decay.stepped([10, 20, 30], [0.68, 0.22, 0], inclusive=b)),
)  # fmt: skip


@st.composite
def towns(draw):
    """A matrix of whole minutes with gaps and empty rows, supply and demand with zeros; ids that are not positions."""
    rows, places = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    t = np.array(draw(st.lists(st.one_of(st.integers(0, 60), st.just(np.inf)), min_size=rows * places, max_size=rows * places)), float).reshape(rows, places)
    supply = draw(st.lists(st.one_of(st.just(0), st.integers(1, 1_000)), min_size=places, max_size=places))
    demand = draw(st.lists(st.one_of(st.just(0), st.integers(1, 1_000)), min_size=rows, max_size=rows))
    od = a.ODMatrix.from_dense(t, origin_ids=[f"o{i}" for i in range(rows)], destination_ids=[f"d{j}" for j in range(places)])
    return od, pd.Series(np.array(supply, float), od.destination_ids, name="beds"), pd.Series(np.array(demand, float), od.origin_ids, name="people")


def weights_of(od, decay):
    dense = od.to_dense()
    return np.where(np.isfinite(dense), decay(np.where(np.isfinite(dense), dense, 0)), 0.0)


@laws
@given(towns(), st.lists(st.floats(0, 70), min_size=2, max_size=9, unique=True), st.booleans())
def test_more_minutes_never_reach_fewer(town, cutoffs, passive):
    od, supply, demand = town
    what = demand * 0.1 if passive else supply * 0.1
    names = [f"{what.name}_within_{c:g}_min" for c in cutoffs]
    assume(len(set(names)) == len(names))
    table = a.cumulative(od, what, cutoffs, passive=passive).to_numpy()
    for i, j in pairwise(np.argsort(cutoffs)):
        assert (table[:, i] <= table[:, j]).all()
    low, high = min(cutoffs), max(cutoffs)
    some = a.cumulative_interval(od, what, from_min=low, to_min=high, summary="mean", passive=passive)
    assert (some >= table.min(axis=1) - 1e-9 * table.max()).all()
    assert (some <= table.max(axis=1) + 1e-9 * table.max()).all()


@laws
@given(towns(), st.floats(0, 70))
def test_what_reaches_and_what_is_reached_are_one(town, cutoff):
    od, supply, demand = town
    there = (a.cumulative(od, supply, cutoff).iloc[:, 0] * demand).sum()
    back = (a.cumulative(od, demand, cutoff, passive=True).iloc[:, 0] * supply).sum()
    assert there == pytest.approx(back)
    turned = a.cumulative(od.transposed(), demand, cutoff).iloc[:, 0]
    assert (turned == a.cumulative(od, demand, cutoff, passive=True).iloc[:, 0]).all()


@laws
@given(towns(), st.integers(1, 500))
def test_the_closest_are_where_counting_says(town, n):
    od, supply, _ = town
    minutes = a.cost_to_closest(od, supply, n)
    for origin, t in minutes.items():
        if np.isinf(t):
            assert a.cumulative(od, supply, 1_000).loc[origin].iloc[0] < n
            continue
        assert a.cumulative(od, supply, t).loc[origin].iloc[0] >= n
        if t > 0:
            assert a.cumulative(od, supply, np.nextafter(np.float32(t), np.float32(0))).loc[origin].iloc[0] < n


@laws
@given(towns())
def test_balancing_minutes_are_the_first_that_do(town):
    od, supply, demand = town
    table = a.balancing_cost(od, supply, demand, with_reason=True)
    for origin, (t, reason) in table.iterrows():
        wanted = demand[origin]
        if np.isnan(t):
            assert reason in ("nothing_reached", "never_balanced")
            assert a.cumulative(od, supply, 1_000).loc[origin].iloc[0] <= wanted
        elif wanted == 0:
            assert t == 0
        else:
            assert a.cumulative(od, supply, t).loc[origin].iloc[0] > wanted
            assert t == 0 or a.cumulative(od, supply, t - 1).loc[origin].iloc[0] <= wanted


@laws
@given(towns(), decays, st.sampled_from(METHODS))
def test_floating_catchments_hand_out_what_demand_reaches(town, decay, method):
    od, supply, demand = town
    got = a.floating_catchment(od, supply, demand, decay=decay, method=method)
    w = weights_of(od, decay)
    assert np.allclose(got, twin.floating_catchment(od.to_dense(), supply.to_numpy(), demand.to_numpy(), lambda t: float(decay(np.float32(t))), method), rtol=1e-9, atol=0)
    if method == "bfca":
        return  # demand is handed out by origin and supply by destination, so that their product has no such sum
    reached = supply.to_numpy()[(w * demand.to_numpy()[:, None]).sum(axis=0) > 0].sum()
    assert (got * demand).sum() == pytest.approx(reached, rel=1e-9)


@laws
@given(towns(), decays, st.sampled_from([0.5, 1.0, 2.0]))
def test_spatial_availability_keeps_the_supply_reached(town, decay, alpha):
    od, supply, demand = town
    table = a.spatial_availability(od, supply, demand, decay=decay, alpha=alpha, with_reason=True)
    w = weights_of(od, decay)
    reached = supply.to_numpy()[(w * demand.to_numpy()[:, None]).sum(axis=0) > 0].sum()
    assert table["beds_available"].sum() == pytest.approx(reached, rel=1e-9)
    assert (table["beds_available"].isna() == (table["reason"] != "")).all()
    assert ((table["reason"] == "nothing_reached") == (w.sum(axis=1) == 0)).all()
    assert (demand[table["reason"] == "no_demand"] == 0).all()


@laws
@given(towns(), decays, st.floats(0.001, 1_000))
def test_scaling_all_weights_changes_no_share(town, decay, factor):
    od, supply, demand = town
    for method in METHODS:
        got = a.floating_catchment(od, supply, demand, decay=decay, method=method)
        more = a.floating_catchment(od, supply, demand, decay=lambda t: factor * decay(t), method=method)
        assert np.allclose(got, more, rtol=1e-9, atol=0)
        # the unit of demand is that of the answer
        assert np.allclose(got, factor * a.floating_catchment(od, supply, factor * demand, decay=decay, method=method), rtol=1e-9, atol=0)
    got = a.spatial_availability(od, supply, demand, decay=decay)
    assert np.allclose(got, a.spatial_availability(od, supply, factor * demand, decay=lambda t: factor * decay(t)), rtol=1e-9, atol=0, equal_nan=True)


def every(od, supply, demand, decay):
    cutoffs = [5, 20, 45]
    return [
        a.cumulative(od, supply, cutoffs), a.cumulative(od, demand, cutoffs, passive=True), a.gravity(od, supply, decay=decay).to_frame(),
        a.cumulative_interval(od, supply, from_min=5, to_min=15).to_frame(), a.cost_to_closest(od, supply, 2).to_frame(),
        a.balancing_cost(od, supply, demand).to_frame(), a.spatial_availability(od, supply, demand, decay=decay).to_frame(),
        *(a.floating_catchment(od, supply, demand, decay=decay, method=m).to_frame() for m in METHODS),
    ]  # fmt: skip


@laws
@given(towns(), decays, st.randoms(use_true_random=False))
def test_names_and_order_of_zones_change_nothing(town, decay, random):
    od, supply, demand = town
    rows, columns = list(range(od.shape[0])), list(range(od.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    new = a.ODMatrix.from_dense(
        od.to_dense()[np.ix_(rows, columns)], origin_ids=[100 + i for i in rows], destination_ids=[200 + j for j in columns]
    )
    back_o, back_d = {100 + i: f"o{i}" for i in rows}, {200 + j: f"d{j}" for j in columns}
    supply2 = pd.Series({200 + j: supply[f"d{j}"] for j in range(len(columns))}, name="beds")
    demand2 = pd.Series({100 + i: demand[f"o{i}"] for i in range(len(rows))}, name="people")
    for one, other in zip(every(od, supply, demand, decay), every(new, supply2, demand2, decay), strict=True):
        again = other.rename(index=back_o | back_d).loc[one.index]
        assert list(again.columns) == list(one.columns)
        assert np.allclose(one, again, rtol=1e-9, atol=0, equal_nan=True)


@laws
@given(towns(), decays)
def test_inputs_are_left_as_they_are(town, decay):
    od, supply, demand = town
    before = [x.copy() for x in (od.indptr, od.dest, od.minutes)], supply.copy(), demand.copy()
    every(od, supply, demand, decay)
    assert all((x == y).all() for x, y in zip(before[0], (od.indptr, od.dest, od.minutes), strict=True))
    assert supply.equals(before[1])
    assert demand.equals(before[2])
