"""Laws of a site's jobs: people are counted once, zones send no more than they have, rivals never help."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.catchment.employer import Employer, employer
from landplan.catchment.impedance import Impedance
from landplan.catchment.modes import ModeChoice, calibrate
from landplan.od import ODMatrix

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def markets(draw, others=None):
    n, m = draw(st.integers(1, 12)), draw(st.integers(0, 4)) if others is None else others
    labour = draw(st.lists(st.sampled_from([0.0, 1.0, 7.5, 40.0, 300.0]), min_size=n, max_size=n))
    minutes = draw(st.lists(st.lists(st.sampled_from([1.0, 5.0, 20.0, 44.0, 45.0, 90.0, 200.0, np.inf]), min_size=m + 1, max_size=m + 1), min_size=n, max_size=n))
    jobs = draw(st.lists(st.sampled_from([0.0, 3.0, 50.0, 500.0]), min_size=m, max_size=m))
    wanted = draw(st.sampled_from([0.0, 5.0, 60.0, 4000.0]))
    kind = draw(st.sampled_from(["exponential", "power", "tanner", "logistic"]))
    value = {"exponential": 0.05, "power": 1.5, "tanner": 0.08, "logistic": 40.0}[kind]
    model = Impedance(kind, (0.8 * value, value, 1.3 * value), 8.0 if kind == "logistic" else 0.3)
    zones = [f"z{i}" for i in range(n)]
    ids = ["site", *(f"w{k}" for k in range(m))]
    frame = pd.DataFrame({"labour": labour, "external": [i % 3 == 0 for i in range(n)]}, index=zones)
    od = ODMatrix.from_dense(np.array(minutes), origin_ids=zones, destination_ids=ids)
    return frame, od, pd.Series(jobs, index=ids[1:], dtype=float), wanted, model


def site(wanted, **more):
    return Employer("site", (0.5 * wanted, wanted, 1.5 * wanted), in_migrants=(0.0, 0.1, 0.2), weekly=(0.0, 0.05, 0.1), match=(0.3, 0.5, 0.9), **more)


@SETTINGS
@given(markets())
def test_everyone_is_counted_once_in_every_draw(market):
    frame, od, others, wanted, model = market
    found = employer(site(wanted), frame, {"car": od}, model, others=others, draws=20, seed=3)
    d = found.draws
    parts = d[["residents", "external", "in_migrants", "weekly", "unfilled"]]
    assert parts.sum(axis=1).to_numpy() == pytest.approx(d["jobs"].to_numpy(), rel=1e-9, abs=1e-6)
    assert (parts >= -1e-9).all(axis=None)
    assert found.totals.loc[list(parts), "expected"].sum() == pytest.approx(found.totals.loc["jobs", "expected"], rel=1e-9, abs=1e-6)
    assert found.modes["expected"].sum() == pytest.approx(found.zones["expected"].sum(), rel=1e-5, abs=1e-5)


@SETTINGS
@given(markets())
def test_no_zone_sends_more_than_its_matched_labour(market):
    frame, od, others, wanted, model = market
    found = employer(site(wanted), frame, {"car": od}, model, others=others, draws=20, seed=3, interval=0.999)
    most = frame["labour"] * found.draws["match"].max()
    assert (found.zones["high"] <= most + 1e-4 + 1e-6 * most).all()
    # what nobody reaches sends nobody, and says why
    gone = found.zones["expected"] == 0
    assert (found.zones.loc[~gone, "reason"] == "").all()
    out = ~np.isfinite(found.zones["minutes"])
    assert (found.zones.loc[out, "expected"] == 0).all()
    assert (found.zones.loc[out, "reason"] != "").all()


@SETTINGS
@given(markets(), st.sampled_from([0.0, 10.0, 800.0]), st.lists(st.sampled_from([1.0, 10.0, 44.0, np.inf]), min_size=12, max_size=12))
def test_a_rival_never_raises_a_sites_filled_jobs(market, jobs, minutes):
    frame, od, others, wanted, model = market
    before = employer(site(wanted), frame, {"car": od}, model, others=others, draws=10, seed=3).draws
    wider = np.column_stack([od.to_dense(), np.array(minutes[: len(frame)])])
    more = ODMatrix.from_dense(wider, origin_ids=frame.index, destination_ids=[*od.destination_ids, "rival"])
    after = employer(site(wanted), frame, {"car": more}, model, others=pd.concat([others, pd.Series({"rival": jobs})]), draws=10, seed=3).draws
    filled = [d["residents"] + d["external"] for d in (before, after)]
    assert (filled[1] <= filled[0] + 1e-6 * (1 + filled[0])).all()


@SETTINGS
@given(markets(), st.randoms(use_true_random=False))
def test_renumbering_zones_changes_nothing(market, random):
    frame, od, others, wanted, model = market
    order = list(range(len(frame)))
    random.shuffle(order)
    mixed = frame.iloc[order]
    other = ODMatrix.from_dense(od.to_dense()[order], origin_ids=mixed.index, destination_ids=od.destination_ids)
    a = employer(site(wanted), frame, {"car": od}, model, others=others, draws=10, seed=3).zones
    b = employer(site(wanted), mixed, {"car": other}, model, others=others, draws=10, seed=3).zones.loc[frame.index]
    for column in ("expected", "low", "high", "ring", "radiation"):
        assert b[column].to_numpy() == pytest.approx(a[column].to_numpy(), rel=1e-4, abs=1e-4, nan_ok=True)


@SETTINGS
@given(markets(), st.sampled_from([0.1, 3.0]))
def test_scaling_all_labour_and_jobs_changes_no_share(market, factor):
    frame, od, others, wanted, model = market
    a = employer(site(wanted), frame, {"car": od}, model, others=others, draws=10, seed=3).zones["expected"]
    b = employer(site(wanted * factor), frame.assign(labour=frame["labour"] * factor), {"car": od}, model, others=others * factor, draws=10, seed=3).zones["expected"]
    assert b.to_numpy() == pytest.approx(factor * a.to_numpy(), rel=1e-4, abs=1e-4)


@SETTINGS
@given(st.lists(st.tuples(st.floats(1, 90), st.floats(1, 90), st.floats(1, 90), st.floats(0.1, 10)), min_size=1, max_size=20), st.tuples(*[st.floats(0.02, 1)] * 3))
def test_calibrated_shares_are_the_observed_ones(rows, observed):
    minutes = np.array([r[:3] for r in rows]).T
    weights = np.array([r[3] for r in rows])
    names = ("car", "bike", "walk")
    found = calibrate(ModeChoice(names, -0.05), minutes, weights, dict(zip(names, observed, strict=True)))
    got = found.shares(minutes) @ weights / weights.sum()
    assert got == pytest.approx(np.array(observed) / sum(observed), abs=1e-10)
    # one mode more never makes a way longer
    both = found.logsum_min(minutes)
    assert (both <= minutes[0] + 1e-9).all()
