"""Interaction models and Furness on cases made by hand, and what they say to bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from landplan import catchment as c
from landplan.errors import LayerError
from landplan.od import ODMatrix


def square(values, names=None):
    names = names or list("abcdefghijkl")[: len(values)]
    return pd.DataFrame(np.array(values, float), names, names)


def town(n=8, seed=3, beta=0.05):
    """Zones in a plane with Poisson flows of a known decay."""
    rng = np.random.default_rng(seed)
    at = rng.random((n, 2)) * 60
    cost = np.hypot(*(at[:, None] - at).transpose(2, 0, 1)) + 3.0
    mean = np.outer(rng.lognormal(3, 0.5, n), rng.lognormal(3, 0.5, n)) * np.exp(-beta * cost)
    return square(rng.poisson(mean)), square(cost)


# ---------------------------------------------------------------- the fit


@pytest.mark.parametrize("model", ["doubly", "origin", "destination", "unconstrained"])
def test_a_made_decay_is_found_again(model):
    _, cost = town()
    send, draw = np.arange(1.0, 9.0), np.arange(9.0, 1.0, -1.0)
    for decay, given in (("exponential", {"beta": 0.07}), ("power", {"beta": 1.6}), ("tanner", {"alpha": 0.4, "beta": 0.06})):
        made = pd.DataFrame(np.outer(send, draw) * c.deterrence(cost.to_numpy(), decay, given) * 1e4, cost.index, cost.columns)
        more = {"origin_mass": send} if model in ("destination", "unconstrained") else {}
        more |= {"destination_mass": draw} if model in ("origin", "unconstrained") else {}
        got = c.interaction.fit(made, cost, model=model, decay=decay, **more)
        want = given | dict.fromkeys(more, 1.0)
        assert got.parameters == pytest.approx(want, abs=1e-6)
        assert got.cpc == pytest.approx(1.0)
        fixed = c.interaction.fit(made, cost, model=model, decay=decay, mass_exponents="one", intervals=None, **more)
        assert fixed.parameters == pytest.approx(given, abs=1e-6)
        parts = np.outer(got.origin_factors, got.destination_factors) * c.deterrence(cost.to_numpy(), decay, got.parameters)
        for name, mass in more.items():
            parts = parts * (mass[:, None] if name == "origin_mass" else mass) ** got.parameters[name]
        assert np.allclose(parts, got.matrix, rtol=1e-6)


def test_the_doubly_constrained_fit_is_the_regression_with_a_dummy_a_zone():
    """Against scipy's minimiser on all parameters at once."""
    flows, cost = town(5)
    y, t = flows.to_numpy(), cost.to_numpy()

    def short(p):
        eta = p[:5, None] + np.append(0.0, p[5:9]) - p[9] * t
        return (np.exp(eta) - y * eta).sum()

    want = optimize.minimize(short, np.append(np.zeros(9), 0.01), method="BFGS", options={"gtol": 1e-8}).x[9]
    got = c.interaction.fit(flows, cost, errors=1.0)
    assert got.parameters["beta"] == pytest.approx(want, rel=1e-5)

    def profile(beta):
        return optimize.minimize(lambda p: short(np.append(p, beta)), np.zeros(9), method="BFGS", options={"gtol": 1e-7}).fun

    drop = stats.chi2.ppf(0.95, 1) / 2
    for end in ("low", "high"):
        assert profile(got.intervals.loc["beta", end]) - profile(got.parameters["beta"]) == pytest.approx(drop, rel=1e-3)


def test_poisson_intervals_hold_the_truth_as_often_as_they_say():
    held = 0
    for seed in range(60):
        flows, cost = town(6, seed=seed)
        row = c.interaction.fit(flows, cost, level=0.9).intervals.loc["beta"]
        held += row["low"] <= 0.05 <= row["high"]
    assert 0.8 * 60 <= held <= 60


def test_cells_below_the_floor_are_as_likely_as_being_below():
    """The fit with intervals against a direct maximum of its likelihood."""
    flows, cost = town(5, beta=0.08)
    y, t, floor = flows.to_numpy(), cost.to_numpy(), 20.0
    low = y < floor
    assert low.sum() == 8

    def short(p):
        eta = p[:5, None] + np.append(0.0, p[5:9]) - p[9] * t
        eta = np.clip(eta, -30, 6.4)  # scipy has no chance left above
        mu = np.exp(eta)
        return -np.where(low, stats.poisson.logcdf(floor - 1, mu), y * eta - mu).sum()

    start = np.append(np.full(5, 3.0), np.append(np.zeros(4), 0.05))
    want = optimize.minimize(short, start, method="BFGS", options={"gtol": 1e-6})
    got = c.interaction.fit(flows, cost, noise_floor=floor, errors=1.0)
    assert got.parameters["beta"] == pytest.approx(want.x[9], rel=1e-4)
    assert got.counts["pairs_below_floor"] == low.sum()
    assert got.counts["persons_below_floor"] == y[low].sum()
    # what the cells were published as is no matter
    moved = flows.mask(low, 0.0)
    assert c.interaction.fit(moved, cost, noise_floor=floor, intervals=None).parameters == pytest.approx(got.parameters, rel=1e-6)
    by_weight = c.interaction.fit(flows, cost, noise_floor=floor, below_floor="weight", intervals=None)
    assert set(by_weight.flows.loc[by_weight.flows["treatment"] == "below_floor", "weight"]) == {0.4}


def test_flows_with_nothing_left_to_learn_from_are_refused():
    flows, cost = town(5, beta=0.12)
    with pytest.raises(LayerError, match=r"10 exact pairs of 5 origins leave no degrees of freedom"):
        c.interaction.fit(flows, cost, noise_floor=20)


def test_a_row_below_the_floor_is_fitted_as_nobody_and_counted():
    flows, cost = town(6)
    flows.iloc[2] = 1.0
    got = c.interaction.fit(flows, cost, noise_floor=4)
    assert got.counts["origins_without_flow"] == 1
    assert (got.matrix.iloc[2] == 0).all()


def test_a_row_of_zeros_is_counted():
    flows, cost = town(6)
    flows.iloc[1] = 0.0
    got = c.interaction.fit(flows, cost)
    assert got.counts["origins_without_flow"] == 1
    assert (got.matrix.iloc[1] == 0).all()


def test_left_out_pairs_are_not_fitted_and_change_nothing():
    flows, cost = town(6)
    big = pd.DataFrame(np.where(np.eye(6, dtype=bool), 1e6, flows.to_numpy()), flows.index, flows.columns)
    a, b = (c.interaction.fit(f, cost, diagonal=False) for f in (flows, big))
    assert a.parameters == b.parameters
    assert np.isnan(np.diag(a.matrix)).all()
    assert b.counts["persons_left_out"] == 6e6
    mask = pd.DataFrame(np.eye(6, dtype=bool), flows.index, flows.columns)
    assert c.interaction.fit(big, cost, leave_out=mask, intervals=None).parameters == pytest.approx(a.parameters)
    weights = np.ones((6, 6)) - np.eye(6)
    assert c.interaction.fit(big, cost, weights=weights, intervals=None).parameters == pytest.approx(a.parameters)
    assert weights.trace() == 0
    assert weights.sum() == 30


def test_those_who_work_outside_are_not_forced_inside():
    flows, cost = town(6)
    wide = flows.copy()
    wide["abroad"] = 500.0
    wide.loc["abroad"] = 300.0
    inside = c.interaction.fit(flows, cost)
    got = c.interaction.fit(wide, cost, external=["abroad"])
    assert got.parameters == pytest.approx(inside.parameters)
    assert got.counts["pairs_external"] == 13
    assert np.allclose(got.matrix.loc[flows.index, flows.columns].sum(axis=1), flows.sum(axis=1))
    assert got.matrix["abroad"].isna().all()


def test_an_od_matrix_is_a_cost_and_absent_pairs_are_unreached():
    flows, cost = town(6)
    far = cost > cost.to_numpy().max() * 0.9
    od = ODMatrix.from_dense(cost.mask(far, np.inf).to_numpy(), origin_ids=cost.index, destination_ids=cost.columns)
    with pytest.raises(LayerError, match=r"pairs are unreached, yet .* persons travel there .*unreached='leave_out'"):
        c.interaction.fit(flows.clip(lower=1), od)
    got = c.interaction.fit(flows.clip(lower=1), od, unreached="leave_out", intervals=None)
    assert got.counts["pairs_unreached"] == far.to_numpy().sum()
    empty = flows.mask(far, 0.0)
    got = c.interaction.fit(empty, od, intervals=None)
    assert (got.flows.loc[got.flows["treatment"] == "unreached", "fitted"] == 0).all()
    assert np.allclose(got.matrix.sum(), empty.sum())


def test_a_logsum_of_one_mode_is_that_mode_and_another_mode_makes_it_cheaper():
    flows, cost = town(6)
    alone = c.interaction.fit(flows, {"car": cost}, decay="logsum", logsum_scale=0.2, intervals=None)
    assert alone.parameters["beta"] == pytest.approx(c.interaction.fit(flows, cost, intervals=None).parameters["beta"])
    both = c.logsum_cost({"car": cost, "bus": cost.mask(cost > 30, np.inf) + 10}, scale=0.2)
    assert (both.to_numpy() <= cost.to_numpy() + 1e-12).all()
    far = cost.to_numpy() > 30
    assert np.allclose(both.to_numpy()[far], cost.to_numpy()[far])
    closed = c.logsum_cost({"car": cost, "bus": cost}, scale=0.2, constants={"bus": 1e6})
    assert np.allclose(closed, cost)


def test_a_bootstrap_is_as_wide_as_the_profile_of_pairs():
    flows, cost = town(9)
    a = c.interaction.fit(flows, cost, errors="pair").intervals.loc["beta"]
    b = c.interaction.fit(flows, cost, intervals="bootstrap", replicates=300).intervals.loc["beta"]
    assert (b["high"] - b["low"]) == pytest.approx(a["high"] - a["low"], rel=0.25)
    other = c.interaction.fit(flows, cost, intervals="bootstrap", replicates=300, seed=1).intervals.loc["beta"]
    assert other["low"] != b["low"]


def test_origins_that_err_together_widen_the_interval():
    """Each origin with a decay of its own: pairs that err for themselves would say far too little."""
    rng = np.random.default_rng(1)
    _, cost = town(12)
    own = 0.05 * rng.lognormal(0, 0.4, 12)
    flows = square(rng.poisson(2e4 * np.exp(-own[:, None] * cost.to_numpy())))
    a, b, p = (c.interaction.fit(flows, cost, errors=e).intervals.loc["beta"] for e in ("origin", "pair", 1.0))
    assert a["high"] - a["low"] > 1.2 * (b["high"] - b["low"]) > 5 * (p["high"] - p["low"])
    assert a["low"] < own.mean() < a["high"]
    assert p["inflation"] == 1.0


def test_statistics_by_hand():
    flows, cost = town(6)
    got = c.interaction.fit(flows, cost)
    y, m = flows.to_numpy(), got.matrix.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = 2 * (np.where(y > 0, y * np.log(y / m), 0.0) - (y - m)).sum()
    assert got.deviance == pytest.approx(deviance)
    assert got.loglik == pytest.approx(stats.poisson.logpmf(y, m).sum())
    assert got.pseudo_r2 == pytest.approx(1 - stats.poisson.logpmf(y, m).sum() / stats.poisson.logpmf(y, y.mean()).sum())
    assert got.srmse == pytest.approx(np.sqrt(((y - m) ** 2).mean()) / y.mean())
    assert got.cpc == pytest.approx(2 * np.minimum(y, m).sum() / (y.sum() + m.sum()))
    assert got.dispersion == pytest.approx(((y - m) ** 2 / m).sum() / (36 - 12) / (y / m).mean())


def test_costs_of_thousands_do_not_underflow():
    _, cost = town(6)
    made = pd.DataFrame(np.exp(-0.05 * cost.to_numpy()) * 1e5, cost.index, cost.columns)
    got = c.interaction.fit(made, cost * 60 + 20_000, intervals=None)
    assert got.parameters["beta"] == pytest.approx(0.05 / 60)


def test_inputs_are_left_as_they_were():
    flows, cost = town(6)
    weights = np.ones((6, 6))
    before = flows.copy(), cost.copy()
    c.interaction.fit(flows, cost, weights=weights, diagonal=False, noise_floor=4, below_floor="weight")
    assert flows.equals(before[0])
    assert cost.equals(before[1])
    assert (weights == 1).all()


BAD = {
    "a zone without cost": (lambda f, t: (f, t.iloc[:5, :5]), {}, "cost lacks 1 of 6 zones among its rows .*'f'"),
    "a negative flow": (lambda f, t: (f.replace(f.iloc[0, 1], -2.0), t), {}, "flows a -> b is negative"),
    "a missing flow": (lambda f, t: (f.mask(f == f.iloc[0, 1]), t), {}, "flows a -> b is empty; give 0"),
    "words for flows": (lambda f, t: (f.astype(object).replace(f.iloc[0, 1], "many"), t), {}, "no number"),
    "a missing cost": (lambda f, t: (f, t.mask(t == t.iloc[0, 1])), {}, "cost a -> b is empty; give the cost, or inf"),
    "a zone twice": (lambda f, t: (f.set_axis([*"abcdd", "f"]), t), {}, "names zone 'd' more than once"),
    "minutes of zero with a power decay": (lambda f, t: (f, t - np.diag(np.diag(t))), {"decay": "power"}, r"a -> a costs 0 and a power decay needs costs above 0 \(6 pairs\)"),
    "a row that reaches nothing": (lambda f, t: (f, t.mask(pd.Series([False] * 5 + [True], t.index), np.inf)), {}, "zone 'f' reaches nothing, yet"),
    "nobody at all": (lambda f, t: (f * 0, t), {}, "no flow is left to fit"),
    "all below the floor": (lambda f, t: (f, t), {"noise_floor": 1e9}, "no flow is left to fit .* below the floor"),
    "no such model": (lambda f, t: (f, t), {"model": "both"}, "no model 'both'; choose doubly"),
    "no such decay": (lambda f, t: (f, t), {"decay": "linear"}, "no decay 'linear'"),
    "one cost for all": (lambda f, t: (f, t * 0 + 7), {}, "do not determine beta: .* vary too little"),
    "a factor and a mass": (lambda f, t: (f, t), {"origin_mass": np.ones(6)}, "has a factor for every zone and no origin_mass"),
    "a mass of zero that sends": (lambda f, t: (f, t), {"model": "destination", "origin_mass": np.arange(6.0)}, "but its origin_mass is 0"),
    "a mass too few": (lambda f, t: (f, t), {"model": "origin", "destination_mass": np.ones(5)}, "5 values for 6 zones"),
    "weights below zero": (lambda f, t: (f, t), {"weights": -np.ones((6, 6))}, "weights a -> a is negative"),
    "an unknown zone outside": (lambda f, t: (f, t), {"external": ["x"]}, "external zone 'x' is not among"),
    "modes without a log-sum": (lambda f, t: (f, {"car": t}), {}, "give cost={'car': ...} and|together"),
    "a log-sum without a scale": (lambda f, t: (f, {"car": t}), {"decay": "logsum"}, "needs logsum_scale"),
    "a scale without a log-sum": (lambda f, t: (f, t), {"logsum_scale": 0.1}, "say nothing to a decay exponential"),
    "a level of 95": (lambda f, t: (f, t), {"level": 95}, "level must lie between 0 and 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_told_in_one_sentence(case):
    change, more, message = BAD[case]
    flows, cost = town(6)
    with pytest.raises(LayerError, match=message) as caught:
        c.interaction.fit(*change(flows, cost), **more)
    assert "\n" not in str(caught.value)


def test_too_few_pairs_for_an_interval_is_said():
    flows, cost = square([[5, 9], [7, 3]], ["a", "b"]), square([[1, 5], [4, 2]], ["a", "b"])
    with pytest.raises(LayerError, match="no degrees of freedom"):
        c.interaction.fit(flows, cost)
    assert c.interaction.fit(flows, cost, intervals=None).cpc == pytest.approx(1.0)


def test_all_persons_at_the_least_cost_determine_no_decay():
    cost = square([[1, 2, 3], [2, 1, 3], [3, 3, 1]])
    with pytest.raises(LayerError, match=r"do not determine beta|do not settle|goes on without an end"):
        c.interaction.fit(square(np.eye(3) * 10), cost)


# ---------------------------------------------------------------- Furness


def test_totals_that_cannot_be_met_name_the_zone():
    seed = square([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    with pytest.raises(LayerError, match="row totals sum to 60 and column totals to 50; take out those"):
        c.furness(seed, [10, 20, 30], [10, 20, 20])
    with pytest.raises(LayerError, match="row 'c' has a total of 30, the columns it has a seed for hold only 20"):
        c.furness(seed, [10, 20, 30], [20, 20, 20])
    with pytest.raises(LayerError, match="row 'b' has a total of 20 and a seed of only zeros"):
        c.furness(square([[1, 1, 0], [0, 0, 0], [0, 0, 1]]), [10, 20, 30], [20, 10, 30])
    with pytest.raises(LayerError, match="column 'a' has a total of 5 and a seed of only zeros"):
        c.furness(square([[0, 1], [0, 1]], ["a", "b"]), [5, 5], [5, 5])
    # no zone alone is short, two of them together are
    pair = square([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]])
    with pytest.raises(LayerError, match=r"cannot be met .* '[a-d]' is still .* % off"):
        c.furness(pair, [30, 30, 10, 10], [20, 20, 20, 20])
    with pytest.raises(LayerError, match="row_totals of zone 'b' is -1"):
        c.furness(seed, [10, -1, 30], [10, 20, 20])


def test_zones_of_total_zero_take_no_part():
    got = c.furness(square([[1, 1, 1], [1, 1, 1], [0, 0, 0]]), [10, 0, 0], [4, 6, 0])
    assert got.flows.to_numpy().tolist() == [[4, 6, 0], [0, 0, 0], [0, 0, 0]]
    assert got.zones_of_zero == 3
    assert got.worst_error < 1e-12


def test_towns_that_nearly_stand_apart_are_balanced_all_the_same():
    seed = np.kron(np.eye(3), np.ones((4, 4))) + 1e-7
    rng = np.random.default_rng(5)
    truth = seed * np.outer(rng.random(12) + 0.5, rng.random(12) + 0.5)
    got = c.furness(square(seed), truth.sum(axis=1), truth.sum(axis=0))
    assert np.allclose(got.flows, truth, rtol=1e-6)
    assert got.worst_error <= 1e-10


# ---------------------------------------------------------------- commuting and the prior


def test_flows_bring_their_floor_and_their_outside_to_the_fit():
    flows, cost = town(6)
    wide = flows.copy()
    wide["x"] = 50.0
    wide.loc["x"] = 0.0
    known = c.Flows(wide, ("x",), (2024,), "from 2019", 4.0)
    got = c.interaction.fit(known, cost, intervals=None)
    assert got.counts["pairs_external"] == 13
    assert got.provenance.parameters["noise_floor"] == 4.0
    assert got.provenance.parameters["years"] == (2024,)
    # going outside is going out
    assert (c.labour_market_regions(known)["total_out_share"] > c.labour_market_regions(flows)["total_out_share"]).all()


def test_the_prior_says_how_it_was_made():
    prior = c.prior()
    assert (prior.fits["low"] < prior.fits["value"]).all()
    assert (prior.fits["high"] > prior.fits["value"]).all()
    assert {"source", "year", "method", "range_km", "pairs_below_floor"} <= set(prior.made)
    assert set(prior.caveat) == {"sv", "en"}
    assert prior.inside["minutes"] == 45
    assert "Sandow" in prior.inside["source"]
    assert len(prior.seats) == prior.made["zones"] == 14
    assert [b["first_year"] for b in prior.breaks] == [2019]
