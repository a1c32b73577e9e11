"""Laws of interaction models: persons are conserved, names, order and scale change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan import catchment as c

laws = settings(deadline=None, derandomize=True, max_examples=40)
few = settings(deadline=None, derandomize=True, max_examples=15)


@st.composite
def tables(draw, least=2, most=7):
    """Weights, some of them 0, and totals that some flows on the same pairs have."""
    n, m = draw(st.integers(least, most)), draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = rng.random((n, m)) < draw(st.floats(0.6, 1.0))
    seed = np.where(there, rng.lognormal(0.0, draw(st.floats(0.0, 1.5)), (n, m)), 0.0)
    truth = np.where(there, rng.random((n, m)) + 0.1, 0.0) * draw(st.floats(0.1, 1e5))
    index, columns = [f"r{i}" for i in range(n)], [f"k{j}" for j in range(m)]
    return pd.DataFrame(seed, index, columns), pd.Series(truth.sum(axis=1), index), pd.Series(truth.sum(axis=0), columns)


@st.composite
def areas(draw, least=5, most=9):
    """Zones in a plane and commuters between them."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    at = rng.random((n, 2)) * 100.0
    names = [f"z{i}" for i in range(n)]
    cost = pd.DataFrame(np.hypot(*(at[:, None] - at).transpose(2, 0, 1)) + 5.0, names, names)
    mean = np.outer(rng.lognormal(3, 0.7, n), rng.lognormal(3, 0.7, n)) * np.exp(-0.03 * cost.to_numpy())
    return pd.DataFrame(rng.poisson(mean).astype(float) + np.eye(n) * 50, names, names), cost


@laws
@given(tables())
def test_furness_conserves_both_margins(given_table):
    seed, rows, columns = given_table
    got = c.furness(seed, rows, columns)
    assert np.allclose(got.flows.sum(axis=1), rows, rtol=1e-9)
    assert np.allclose(got.flows.sum(), columns, rtol=1e-9)
    assert (got.flows.to_numpy()[seed.to_numpy() == 0] == 0).all()


@laws
@given(tables(), st.floats(1e-6, 1e6))
def test_scaling_the_seed_changes_nothing(given_table, by):
    seed, rows, columns = given_table
    a, b = c.furness(seed, rows, columns).flows, c.furness(seed * by, rows, columns).flows
    assert np.allclose(a, b, rtol=1e-7, atol=1e-9 * rows.max())


@laws
@given(tables(), st.randoms(use_true_random=False))
def test_renumbering_zones_changes_no_balanced_flow(given_table, random):
    seed, rows, columns = given_table
    i, j = list(seed.index), list(seed.columns)
    random.shuffle(i)
    random.shuffle(j)
    a, b = c.furness(seed, rows, columns).flows, c.furness(seed.loc[i, j], rows, columns).flows
    assert np.allclose(a, b.loc[seed.index, seed.columns], rtol=1e-7, atol=1e-9 * rows.max())


@few
@given(areas(), st.sampled_from(["doubly", "origin", "destination", "unconstrained"]), st.randoms(use_true_random=False))
def test_renumbering_zones_and_scaling_weights_change_no_fit(area, model, random):
    flows, cost = area
    order = list(flows.index)
    random.shuffle(order)
    weights = pd.DataFrame(np.random.default_rng(1).random(flows.shape) + 0.5, flows.index, flows.columns)
    a = c.interaction.fit(flows, cost, model=model, weights=weights)
    b = c.interaction.fit(flows.loc[order, order[::-1]], cost, model=model, weights=7.0 * weights)
    assert np.allclose(a.intervals[["value", "low", "high"]], b.intervals[["value", "low", "high"]], rtol=1e-5, atol=1e-7)
    assert np.allclose(a.matrix, b.matrix.loc[flows.index, flows.columns], rtol=1e-5, atol=1e-7)
    shares = a.matrix.div(a.matrix.sum(axis=1), axis=0)
    assert np.allclose(shares, b.matrix.loc[flows.index, flows.columns].div(b.matrix.sum(axis=1)[flows.index], axis=0), rtol=1e-5, atol=1e-9)


@few
@given(areas())
def test_constrained_models_meet_their_totals(area):
    flows, cost = area
    rows, columns = flows.sum(axis=1), flows.sum()
    for model in ("doubly", "origin", "destination", "unconstrained"):
        fitted = c.interaction.fit(flows, cost, model=model, intervals=None).matrix
        assert np.isclose(fitted.to_numpy().sum(), rows.sum())
        if model in ("doubly", "origin"):
            assert np.allclose(fitted.sum(axis=1), rows, rtol=1e-8)
        if model in ("doubly", "destination"):
            assert np.allclose(fitted.sum(), columns, rtol=1e-8)


@few
@given(areas())
def test_the_likeliest_parameter_meets_the_mean_cost(area):
    """The score equation of an exponential decay: persons' mean cost is the observed one (Hyman 1969)."""
    flows, cost = area
    got = c.interaction.fit(flows, cost, intervals=None)
    assert np.isclose(got.mean_cost_fitted, got.mean_cost_observed, rtol=1e-7)


@laws
@given(areas(), st.booleans(), st.integers(0, 3))
def test_radiation_sends_at_most_the_leavers(area, finite, ties):
    flows, cost = area
    if ties:
        # whole tens: many zones equally far
        cost = (cost / (10 * ties)).round() * (10 * ties)
    cost = cost.mask(cost > 90, np.inf)
    mass = flows.sum(axis=1)
    leavers = mass / 3
    got = c.radiation(cost, mass, leavers, finite_size=finite)
    sent = got.flows.sum(axis=1)
    assert (sent <= leavers * (1 + 1e-12)).all()
    assert np.allclose(sent + got.staying, leavers)
    assert (sent[got.reasons != ""] == 0).all()
    if finite and not ties:
        assert np.allclose(sent[got.reasons == ""], leavers[got.reasons == ""], rtol=1e-9)


@laws
@given(areas(), st.floats(1e-3, 5.0), st.sampled_from(["power", "exponential"]), st.floats(1e-3, 1e3))
def test_huff_shares_sum_to_one_where_anything_is_reached(area, beta, decay, by):
    flows, cost = area
    cost = cost.copy()
    cost.iloc[0] = np.inf
    draw = flows.sum()
    got = c.huff(cost, draw, decay=decay, parameters={"beta": beta}, demand=flows.sum(axis=1))
    sums = got.shares.sum(axis=1)
    assert np.allclose(sums.iloc[1:], 1.0)
    assert sums.iloc[0] == 0.0
    assert got.reasons.iloc[0] == "disconnected"
    assert np.isclose(got.totals["amount"].sum() + got.unserved, flows.to_numpy().sum())
    # scaling all attractions changes no share
    assert np.allclose(got.shares, c.huff(cost, draw * by, decay=decay, parameters={"beta": beta}).shares, rtol=1e-9, atol=1e-12)


@laws
@given(areas(), st.randoms(use_true_random=False), st.floats(0.05, 0.6), st.floats(0.02, 0.3), st.integers(1, 3))
def test_every_municipality_is_in_one_region_of_at_most_so_many_links(area, random, total, single, most):
    flows, _ = area
    got = c.labour_market_regions(flows, total_out=total, single_out=single, max_links=most)
    assert (got["links"] <= most).all()
    assert (got.loc[got["region"], "centre"]).all()
    assert (got["region"][got["centre"]] == got.index[got["centre"]]).all()
    good = (got["total_out_share"] <= total) & (got["single_out_share"] <= single)
    assert (got["centre"] | ~good).all()
    assert ((got["margin_points"] >= -1e-9) == good).all()
    order = list(flows.index)
    random.shuffle(order)
    again = c.labour_market_regions(flows.loc[order, order], total_out=total, single_out=single, max_links=most)
    assert again.loc[flows.index, "region"].tolist() == got["region"].tolist()
    assert c.compare_regions(got, again).empty


@few
@given(areas(), st.integers(0, 1000))
def test_a_bootstrap_repeats_itself(area, seed):
    flows, cost = area
    assume((flows.to_numpy() > 0).mean() > 0.5)
    a, b = (c.interaction.fit(flows, cost, intervals="bootstrap", replicates=20, seed=seed).intervals for _ in range(2))
    assert a.equals(b)
