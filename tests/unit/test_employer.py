"""Who takes a site's jobs: closed forms, a plain twin of the kernel, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landplan.catchment.employer import Employer, employer
from landplan.catchment.impedance import Impedance
from landplan.catchment.modes import ModeChoice, calibrate
from landplan.errors import LayerError
from landplan.kernels import recruit as kernel
from landplan.kernels._team import team
from landplan.od import ODMatrix

FLAT = Impedance("exponential", (0.05, 0.05, 0.05))


def od(minutes, ids=("site",)):
    minutes = np.array(minutes, dtype=float)
    return ODMatrix.from_dense(minutes, origin_ids=[f"z{i}" for i in range(len(minutes))], destination_ids=list(ids))


def labour(*persons, **more):
    return pd.DataFrame({"labour": persons, **more}, index=[f"z{i}" for i in range(len(persons))])


def plain(persons, cost, jobs, own, match, pull):
    """The rounds of offers as one would write them on a board."""
    left = persons * match
    rest = jobs.astype(float).copy()
    taken = np.zeros((len(persons), own))
    for _ in range(200):
        base = left[:, None] * pull
        asked = base.sum(axis=0)
        ask = np.divide(rest, asked, out=np.zeros_like(rest), where=(asked > 1e-300) & (rest > 1e-9 * (1 + jobs)))
        if not ask.any():
            break
        offers = (ask * pull).sum(axis=1)
        accept = np.where(offers > 1, left / np.maximum(offers, 1e-300), left)
        hired = accept[:, None] * ask * pull
        taken += hired[:, :own]
        rest -= hired.sum(axis=0)
        left = np.where(offers < 1, left * (1 - offers), 0.0)
        if hired.sum() <= 1e-9 * jobs.sum():
            break
    return taken


def test_with_labour_enough_it_is_the_attraction_constrained_model():
    found = employer(Employer("site", (60, 60, 60)), labour(100, 300), {"car": od([[10], [30]])}, FLAT, draws=1)
    pull = np.array([100, 300]) * np.exp(-0.05 * np.array([10, 30]))
    assert found.zones["expected"].to_numpy() == pytest.approx(60 * pull / pull.sum(), rel=1e-6)
    assert found.totals.loc["unfilled", "expected"] == pytest.approx(0, abs=1e-6)
    want = (found.zones["expected"] * [10, 30]).sum() / 60
    assert found.measures.loc["mean_minutes", "expected"] == pytest.approx(want, rel=1e-6)


def test_four_thousand_jobs_do_not_fill_in_an_empty_region():
    found = employer(Employer("site", (4000, 4000, 4000)), labour(100, 300), {"car": od([[10], [30]])}, FLAT, draws=1)
    assert found.zones["expected"].tolist() == [100, 300]
    assert found.totals["expected"].to_dict() == pytest.approx({"jobs": 4000, "residents": 400, "external": 0, "in_migrants": 0, "weekly": 0, "unfilled": 3600})


def test_the_kernel_is_its_plain_twin_and_no_other_for_more_threads():
    rng = np.random.default_rng(5)
    n, m, own = 200, 6, 2
    persons, cost = rng.gamma(0.5, 30, n), rng.uniform(1, 130, (n, m))
    cost[cost > 120] = np.inf
    jobs = np.r_[0.7, 0.3, 900.0, 400.0, 0.0, 3000.0]
    draws = np.column_stack([rng.uniform(0.2, 1, 40), rng.uniform(30, 50, 40), rng.uniform(0.2, 1, 40), rng.uniform(100, 3000, 40)])
    shares, measures = np.ones((own, 1, n)), np.ones((own, 1, n))
    args = (persons, cost, jobs, own, kernel.DECAYS["logistic"], 9.0, draws, shares, measures)
    with team(1):
        one, *rest_1 = kernel.recruit(*args)
    with team(2):
        two, *rest_2 = kernel.recruit(*args)
    assert np.array_equal(one, two)
    for k in (1, 2, 3):
        assert np.array_equal(rest_1[k], rest_2[k])
    for d in range(40):
        match, a, scale, local = draws[d]
        b = 9.0
        pull = np.where(np.isfinite(cost), 1 / (1 + np.exp((np.where(np.isfinite(cost), cost, 0) - a) / b)), 0.0)
        want = plain(persons, cost, np.r_[jobs[:own] * local, jobs[own:] * scale], own, match, pull).sum(axis=1)
        assert one[:, d] == pytest.approx(want, rel=1e-5, abs=1e-5)


def test_quantiles_and_group_sums_are_numpys():
    values = np.random.default_rng(1).gamma(1.0, 2.0, (30, 41)).astype(np.float32)
    found = kernel.quantiles(values, np.array([0.1, 0.5, 0.9]))
    assert found[:, 1:] == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9], axis=1).T, rel=1e-6)
    assert found[:, 0] == pytest.approx(values.mean(axis=1), rel=1e-6)
    code = np.arange(30) % 4 - 1
    want = np.array([values[code == g].sum(axis=0) for g in range(3)])
    assert kernel.group_sums(values, code, 3) == pytest.approx(want, rel=1e-6)


def test_the_seed_gives_the_same_interval_and_it_holds_the_share_it_says():
    args = (Employer("site", (900, 1900, 4000), match=(0.1, 0.2, 0.4)), labour(3000, 9000, 20000), {"car": od([[10], [30], [44]])}, Impedance("exponential", (0.02, 0.05, 0.08)))
    a, b = (employer(*args, draws=400, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(a.zones, b.zones)
    assert not a.zones["expected"].equals(employer(*args, draws=400, seed=10).zones["expected"])
    total = a.draws["residents"]
    assert ((total >= a.totals.loc["residents", "low"]) & (total <= a.totals.loc["residents", "high"])).mean() == pytest.approx(0.8, abs=0.01)


def test_shifts_share_the_labour_and_a_mode_that_does_not_run_is_not_used():
    choice = ModeChoice(("car", "bus"), -0.05)
    matrices = {"car": od([[20], [20]]), "bus": od([[20], [np.inf]])}
    found = employer(
        Employer("site", (100, 100, 100), shifts={"day": 0.5, "night": 0.5}), labour(500, 500), matrices, FLAT, choice=choice, shift_modes={"night": ["car"]}, draws=1
    )
    rows = found.shifts.set_index(["shift", "mode"])["expected"]
    assert rows["night", "bus"] == 0
    assert rows["night"].sum() == pytest.approx(50)
    assert rows["day"].sum() == pytest.approx(50)
    assert 0 < rows["day", "bus"] < 25
    # by day the bus makes the first zone nearer, by night they are alike
    assert found.zones["expected"].iloc[0] > found.zones["expected"].iloc[1]
    assert found.modes.loc["bus", "expected"] == pytest.approx(rows["day", "bus"], rel=1e-6)


def test_way_and_carbon_are_there_and_back_by_the_modes_shares():
    km = {"car": pd.Series([10.0, 30.0], ["z0", "z1"])}
    found = employer(Employer("site", (40, 40, 40)), labour(100, 100), {"car": od([[10], [30]])}, FLAT, km=km, kg_per_km={"car": 0.13}, draws=1)
    way = float((found.zones["expected"] * [10, 30]).sum())
    assert found.measures.loc["mean_km", "expected"] == pytest.approx(way / 40, rel=1e-6)
    assert found.measures.loc["kg_co2_day", "expected"] == pytest.approx(2 * 0.13 * way, rel=1e-6)


def test_the_ring_and_the_radiation_model_stand_beside():
    frame = labour(10_000, 30_000, 60_000)
    others = pd.Series({"town": 1000.0, "city": 5000.0})
    minutes = od([[10, 5, 60], [44, 20, 30], [50, 70, 4]], ("site", "town", "city"))
    found = employer(Employer("site", (90, 90, 90)), frame, {"car": minutes}, FLAT, others=others, draws=1).zones
    assert found["ring"].to_numpy() == pytest.approx(90 * np.array([100, 300, 0]) / 400)
    # nearest jobs a, those between s: z0 has the town and nothing between; z1 the town, and the city between; z2 the city and nothing between
    p = np.array([1000 * 90 / (1000 * 1090), 1000 * 90 / (6000 * 6090), 5000 * 90 / (5000 * 5090)])
    wish = np.array([10_000, 30_000, 60_000]) * p
    assert found["radiation"].to_numpy() == pytest.approx(90 * wish / wish.sum())


def test_the_years_grow_with_the_ramp_and_in_migrants_settle_where_homes_are():
    frame = labour(100, 100)
    place = Employer("site", (80, 100, 120), in_migrants=(0.2, 0.2, 0.2), ramp={2030: 0.5, 2032: 1.0})
    found = employer(place, frame, {"car": od([[10], [10]])}, FLAT, homes=pd.Series({"z1": 4.0}), draws=50)
    assert found.ramp["jobs"].tolist() == [50, 100]
    assert found.ramp.drop(columns="jobs").sum(axis=1).tolist() == pytest.approx([50, 100])
    assert found.zones["in_migrants"].iloc[0] == 0
    assert found.zones["in_migrants"].sum() == pytest.approx(found.totals.loc["in_migrants", "expected"])


def test_groups_sum_their_zones_and_the_curve_ends_at_all():
    frame = labour(100, 300, 50)
    found = employer(
        Employer("site", (60, 90, 120)), frame, {"car": od([[10], [30], [61]])}, FLAT, by={"kommun": pd.Series({"z0": "A", "z1": "B", "z2": "A"}, name="code")}, draws=100
    )
    group = found.groups["kommun"]
    assert group.index.tolist() == ["A", "B"]
    assert group["expected"].to_numpy() == pytest.approx([found.zones["expected"][["z0", "z2"]].sum(), found.zones["expected"]["z1"]], rel=1e-5)
    curve = found.curve.set_index("minutes")["share"]
    assert curve.is_monotonic_increasing
    assert curve.iloc[-1] == pytest.approx(1)
    assert curve[60] < 1


@pytest.mark.parametrize("kind", ["power", "tanner"])
def test_no_way_is_shorter_than_a_minute_for_a_power(kind):
    found = employer(Employer("site", (10, 10, 10)), labour(100, 100), {"car": od([[0], [1]])}, Impedance(kind, (1.2, 1.2, 1.2), 0.5), draws=1)
    assert found.zones["expected"].tolist() == pytest.approx([5, 5])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Employer("s", (5, 4, 6)), "low <= central <= high"),
        (lambda: Employer("s", (1, 2, 3), shifts={"day": 0.5}), "sum to 1"),
        (lambda: Employer("s", (1, 2, 3), in_migrants=(0, 0.5, 0.7), weekly=(0, 0.2, 0.5)), "at most all"),
        (lambda: Employer("s", (1, 2, 3), match=(0, 1, 1.5)), "at most 1"),
        (lambda: Impedance("linear", (1, 1, 1)), "no impedance"),
        (lambda: Impedance("logistic", (40, 45, 50)), "spread"),
        (lambda: Impedance("power", (0, 1, 2)), "above 0"),
        (lambda: employer(Employer("gone", (1, 1, 1)), labour(1), {"car": od([[1]])}, FLAT), "not a destination"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(1, 2), {"car": od([[1]])}, FLAT), "not an origin"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(-1), {"car": od([[1]])}, FLAT), "must be 0 or more"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(np.nan), {"car": od([[1]])}, FLAT), "must be 0 or more"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(), {"car": od([[1]])}, FLAT), "no zone"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(1), {"car": od([[1]]), "bus": od([[1]])}, FLAT), "ModeChoice"),
        (lambda: employer(Employer("site", (1, 1, 1)), labour(1), {}, FLAT), "no mode"),
        (lambda: ModeChoice(("car",), 0.1), "below 0"),
        (lambda: ModeChoice(("car", "car"), -0.1), "named once"),
        (lambda: calibrate(ModeChoice(("car", "bus"), -0.1), np.ones((2, 1)), np.ones(1), {"car": 1.0}), "observed share"),
        (lambda: calibrate(ModeChoice(("car", "bus"), -0.1), np.array([[1.0], [np.inf]]), np.ones(1), {"car": 0.5, "bus": 0.5}), "leads nowhere"),
        (lambda: calibrate(ModeChoice(("car", "bus"), -0.1), np.array([[1.0, 1.0], [1.0, np.inf]]), np.ones(2), {"car": 0.2, "bus": 0.8}), "cannot be met"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(make, words):
    with pytest.raises(LayerError, match=words):
        make()


def test_a_zone_says_why_nobody_comes():
    frame = labour(10, 10, 10, 0, reason=["", "", "off_network", ""])
    found = employer(Employer("site", (1, 1, 1)), frame, {"car": od([[10], [130], [np.inf], [10]])}, FLAT, draws=1).zones
    assert found["reason"].tolist() == ["", "beyond_cutoff", "off_network", "no_labour"]


def test_every_workplace_is_filled_at_once_from_what_there_is():
    from landplan.catchment import job_market

    frame = labour(100, 50)
    flows = job_market(frame, od([[10, 30], [30, 10]], ("a", "b")), pd.Series({"a": 60.0, "b": 500.0}), FLAT)
    assert (flows.sum(axis=1) <= frame["labour"] + 1e-9).all()
    # labour is short: the larger workplace is asked of most
    assert 0 < flows["a"].sum() < 60
    assert flows.to_numpy().sum() == pytest.approx(150)
    # who has enough to choose from: the model itself
    few = job_market(frame, od([[10, 30], [30, 10]], ("a", "b")), pd.Series({"a": 6.0, "b": 5.0}), FLAT)
    pull = frame["labour"].to_numpy()[:, None] * np.exp(-0.05 * np.array([[10, 30], [30, 10]]))
    assert few.to_numpy() == pytest.approx(pull / pull.sum(axis=0) * [6, 5], rel=1e-6)


def test_a_fitted_interaction_is_an_impedance_with_its_interval():
    from landplan.catchment import interaction

    rng = np.random.default_rng(2)
    zones = [f"z{i}" for i in range(8)]
    cost = pd.DataFrame(rng.uniform(5, 60, (8, 8)), zones, zones)
    flows = pd.DataFrame(rng.poisson(4000 * np.exp(-0.07 * cost)), zones, zones).astype(float)
    fit = interaction.fit(flows, cost, model="doubly", decay="exponential")
    model = Impedance.from_fit(fit)
    assert model.kind == "exponential"
    assert model.value[0] < model.value[1] < model.value[2]
    assert model.value[1] == pytest.approx(0.07, abs=0.005)
    found = employer(Employer("site", (10, 10, 10)), labour(100, 100), {"car": od([[10], [30]])}, fit, draws=5)
    assert found.draws["impedance"].std() > 0
