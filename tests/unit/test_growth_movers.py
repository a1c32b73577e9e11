"""Those who come with jobs, households by size, and the roadmap's arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landplan.growth import household_sizes, moved_in
from landplan.growth.roadmap import FUNDERS, Line, RoadmapError, do_first, roadmap
from landplan.growth.schedules import PopulationError

YEARS = range(2026, 2041)
RAMP = {2030: 0.3, 2031: 0.6, 2032: 1.0}


def test_everyone_who_comes_is_counted_once():
    found = moved_in(1900, YEARS, ramp=RAMP, in_migrants=0.25, persons_per_worker=1.8, multiplier=1.7, share_here=0.4)
    whole = 1900 * 1.7 * 0.25
    assert found.workers.sum() == pytest.approx(whole)
    assert found.persons.sum() + found.elsewhere == pytest.approx(whole * 1.8)
    assert found.by_age.sum(axis=(1, 2)) == pytest.approx(found.persons)
    assert found.workers[found.years < 2030].sum() == 0
    assert found.workers[found.years == 2031] == pytest.approx(0.3 * whole)


def test_what_had_come_before_is_not_counted_again():
    late = moved_in(1000, range(2032, 2035), ramp=RAMP, in_migrants=0.5, persons_per_worker=1.0)
    assert late.workers.tolist() == pytest.approx([200, 0, 0])
    falling = moved_in(1000, YEARS, ramp={2030: 1.0, 2035: 0.5}, in_migrants=0.5, persons_per_worker=1.0)
    assert falling.workers.sum() == pytest.approx(500)
    assert (falling.workers >= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 5000), st.floats(0, 1), st.floats(0, 1))
def test_more_jobs_never_bring_fewer(jobs, share, here):
    ask = {"ramp": RAMP, "in_migrants": share, "persons_per_worker": 1.8, "share_here": here}
    assert moved_in(jobs + 100, YEARS, **ask).persons.sum() >= moved_in(jobs, YEARS, **ask).persons.sum()


@pytest.mark.parametrize("wrong", [{"in_migrants": 1.2}, {"persons_per_worker": 0.5}, {"share_here": -0.1}, {"ramp": {}}, {"ramp": {2030: 1.5}}])
def test_movers_refuse_what_is_no_share(wrong):
    with pytest.raises(PopulationError):
        moved_in(100, YEARS, **({"ramp": RAMP, "in_migrants": 0.2, "persons_per_worker": 1.8} | wrong))


@settings(max_examples=40, deadline=None)
@given(st.floats(1.6, 3.0), st.one_of(st.none(), st.floats(0.2, 0.5)))
def test_households_hold_everyone_and_the_mean(mean, alone):
    if alone is not None and (mean - alone) / (1 - alone) < 2.02:
        return
    found = household_sizes(24_354, mean, alone)
    assert sum(s * n for s, n in found.items()) == pytest.approx(24_354)
    assert sum(found.values()) == pytest.approx(24_354 / mean)
    if alone is not None:
        assert found[1] / sum(found.values()) == pytest.approx(alone)
    assert min(found.values()) > 0


def test_households_that_cannot_be_are_refused():
    with pytest.raises(PopulationError, match="mean"):
        household_sizes(1000, 1.2, 0.5)


def line(**more):
    years = range(2025, 2041)
    need = 100 + 5.0 * np.arange(16)
    return Line(**({"department": "skola", "what": "grundskola", "years": years, "need": need, "capacity": np.full(16, 120.0), "unit_places": 25, "unit_msek": 60.0, "build_years": 3, "funders": {"kommun": 0.7, "stat": 0.3}} | more))


def test_a_unit_opens_when_the_need_passes_and_is_paid_before():
    table = roadmap([line()])
    opened = table[table["opens"] > 0]
    # 120 places hold 20 more: the fifth year is the first with 125
    assert opened["year"].tolist() == [2030, 2035, 2040]
    assert opened["decide_by"].tolist() == [2027, 2032, 2037]
    assert table["msek"].sum() == pytest.approx(180)
    assert table.set_index("year")["msek"].loc[2028:2030].tolist() == pytest.approx([20, 20, 20])
    assert table[[f"msek_{f}" for f in FUNDERS]].sum(axis=1).tolist() == pytest.approx(table["msek"].tolist())
    assert (table["capacity"] >= table["need"] - 1e-9).all()


def test_a_decision_that_should_have_been_taken_is_late_and_opens_when_it_can():
    table = roadmap([line(capacity=np.full(16, 100.0), build_years=5)])
    first = table[table["wanted"] > 0].iloc[0]
    assert (first["year"], first["decide_by"], first["late"]) == (2026, 2021, True)
    assert table.loc[table["opens"] > 0, "year"].iloc[0] == 2030
    # what is needed is either open at the end or opens later; every krona of what is begun is counted once
    assert table["opens"].sum() == table["wanted"].sum()
    assert table["msek"].sum() == pytest.approx(60 * table["opens"].sum())
    assert table.loc[table["year"] == 2025, "msek"].sum() == 0
    assert (table["capacity"].diff().fillna(0) == 25 * table["opens"]).all()


def test_unknown_capacity_has_no_gap_and_no_unit():
    table = roadmap([line(capacity=np.full(16, np.nan))])
    assert table["gap"].isna().all()
    assert table["opens"].sum() == 0
    assert not len(do_first(table, start=2025, within=30))


def test_the_list_has_its_cut_off_and_its_order():
    table = roadmap([line(), line(department="omsorg", what="äldreboende", capacity=np.full(16, 101.0))])
    assert do_first(table, start=2025, within=1)["what"].tolist() == ["äldreboende"]
    both = do_first(table, start=2025, within=2)
    assert both["what"].tolist() == ["äldreboende", "grundskola"]
    assert both["decide_by"].is_monotonic_increasing


@pytest.mark.parametrize("wrong", [{"need": [1.0]}, {"years": [2025, 2027]}, {"funders": {"kommun": 0.5}}, {"funders": {"kungen": 1.0}}, {"spent_msek": [1.0]}])
def test_lines_that_contradict_themselves_are_refused(wrong):
    with pytest.raises(RoadmapError):
        roadmap([line(**wrong)])
