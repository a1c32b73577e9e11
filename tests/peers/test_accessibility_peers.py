"""Every measure beside the R package accessibility and PySAL's access on Belo Horizonte, and beside published worked examples.

SOURCES.md, "accessibility_bho" and "worked_examples": 898 hexagons, 748 437 pairs of whole minutes (5.8 within a hexagon); the R
package's version 1.4.0.9000, access 1.1.10. Minutes are kept as float32, so that exp(-0.5 t) is within 1e-7 of the peers'.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from landplan import accessibility as a

REL = 1e-6


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "peers" / "accessibility_bho"


@pytest.fixture(scope="module")
def od(folder):
    return a.ODMatrix.from_long(pd.read_parquet(folder / "travel_matrix.parquet"), "from_id", "to_id", "travel_time")


@pytest.fixture(scope="module")
def land(folder):
    return pd.read_parquet(folder / "land_use_data.parquet").set_index("id")


@pytest.fixture(scope="module")
def reached(od, land):
    """Jobs within 30 minutes, by hexagon: what the inequality figures are of."""
    return a.cumulative(od, land["jobs"], 30).iloc[:, 0]


@pytest.fixture(scope="module")
def published(shared):
    return json.loads((shared / "peers" / "worked_examples" / "accessibility_gravity.json").read_text(encoding="utf-8"))


def same(got, folder, name, column=None):
    table = pd.read_csv(folder / "reference" / f"{name}.csv").set_index("id")
    want = table[column or table.columns[-1]]
    assert len(want) == len(got) == 898
    got = got[want.index]
    assert (got.isna() == want.isna()).all()
    assert np.allclose(got, want, rtol=REL, atol=0, equal_nan=True)


MEASURES = {
    "cumulative_cutoff_jobs_30": lambda od, x: a.cumulative(od, x.jobs, 30)["jobs_within_30_min"],
    "cumulative_cutoff_schools_60": lambda od, x: a.cumulative(od, x.schools, [30, 60])["schools_within_60_min"],
    "cumulative_cutoff_passive_population_from_jobs_30": lambda od, x: a.cumulative(od, x.population, 30, passive=True).iloc[:, 0],
    # made with interval_increment = 5 (its own default is 1): 20, 25, 30, 35 and 40 minutes; cut to whole jobs by the package
    "cumulative_interval_jobs_20_40_mean": lambda od, x: a.cumulative_interval(od, x.jobs, from_min=20, to_min=40, summary="mean", increment_min=5),
    "gravity_exp_0.2_jobs": lambda od, x: a.gravity(od, x.jobs, decay=a.decay.exponential(0.2)),
    "gravity_power_0.5_jobs": lambda od, x: a.gravity(od, x.jobs, decay=a.decay.power(0.5)),
    "gravity_linear_50_jobs": lambda od, x: a.gravity(od, x.jobs, decay=a.decay.linear(50)),
    "gravity_logistic_50_10_jobs": lambda od, x: a.gravity(od, x.jobs, decay=a.decay.logistic(50, 10)),
    # the package gives a step's own minute the weight after it, PySAL and landplan the one before it
    "gravity_stepped_10_20_30_jobs": lambda od, x: a.gravity(od, x.jobs, decay=a.decay.stepped([10, 20, 30], [0.67, 0.33, 0], inclusive=False)),
    "cost_to_closest_schools_n1": lambda od, x: a.cost_to_closest(od, x.schools),
    "cost_to_closest_schools_n3": lambda od, x: a.cost_to_closest(od, x.schools, n=3),
    "balancing_cost_jobs_population": lambda od, x: a.balancing_cost(od, x.jobs, x.population),
    "fca_2sfca_binary_50_jobs_population": lambda od, x: a.floating_catchment(od, x.jobs, x.population, decay=a.decay.step(50)),
    "fca_2sfca_binary_30_schools_population": lambda od, x: a.floating_catchment(od, x.schools, x.population, decay=a.decay.step(30)),
    "fca_2sfca_exp_0.2_jobs_population": lambda od, x: a.floating_catchment(od, x.jobs, x.population, decay=a.decay.exponential(0.2)),
    "fca_bfca_exp_0.5_jobs_population": lambda od, x: a.floating_catchment(od, x.jobs, x.population, decay=a.decay.exponential(0.5), method="bfca"),
    "spatial_availability_exp_0.1_jobs_population": lambda od, x: a.spatial_availability(od, x.jobs, x.population, decay=a.decay.exponential(0.1)),
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURES)
def test_the_r_packages_measures(od, land, folder, name):
    same(MEASURES[name](od, land), folder, name)


def test_there_is_a_test_for_each_file(folder):
    files = {p.stem for p in (folder / "reference").glob("*.csv")}
    inequality = {f for f in files if f.startswith("ineq_")}
    assert len(inequality) == 7
    assert files - inequality - {"_summary", "pysal_access_schools"} == set(MEASURES)


@pytest.mark.parametrize(
    ("column", "decay", "method"),
    [
        ("2sfca_30", a.decay.step(30), "2sfca"),
        ("e2sfca_10_20_30", a.decay.stepped([10, 20, 30], [0.68, 0.22, 0]), "e2sfca"),
        ("3sfca_30", a.decay.stepped([10, 20, 30], [0.68, 0.22, 0]), "3sfca"),
    ],
)
def test_pysals_floating_catchments(od, land, folder, column, decay, method):
    same(a.floating_catchment(od, land["schools"], land["population"], decay=decay, method=method), folder, "pysal_access_schools", column)


def test_rows_without_an_answer_say_why(od, land):
    shared_out = a.spatial_availability(od, land["jobs"], land["population"], decay=a.decay.exponential(0.1), with_reason=True)
    assert shared_out["reason"].value_counts().to_dict() == {"": 862, "no_demand": 36}
    assert (land["population"][shared_out.index[shared_out["reason"] == "no_demand"]] == 0).all()
    assert shared_out["jobs_available"].sum() == pytest.approx(land["jobs"].sum(), rel=1e-12)
    balanced = a.balancing_cost(od, land["jobs"], land["population"], with_reason=True)
    assert balanced["reason"].value_counts().to_dict() == {"": 896, "never_balanced": 2}
    assert (balanced["balancing_min"].isna() == (balanced["reason"] != "")).all()


def one(folder, name):
    return pd.read_csv(folder / "reference" / f"ineq_{name}.csv").iloc[0].tolist()


def test_the_r_packages_inequality(reached, land, folder):
    # incomes are missing for 78 hexagons, in all of which nobody lives
    persons, income = land["population"], land["income_per_capita"]
    assert a.equity.gini(reached, persons) == pytest.approx(one(folder, "gini_c30")[0], rel=REL)
    assert a.equity.palma(reached, persons, income) == pytest.approx(one(folder, "palma_c30")[0], rel=REL)
    assert a.equity.theil(reached, persons) == pytest.approx(one(folder, "theil_c30")[0], rel=REL)
    assert [a.equity.fgt(reached, persons, line=95368, alpha=k) for k in (0, 1, 2)] == pytest.approx(one(folder, "fgt_c30_line95368"), rel=REL)
    for kind in ("standard", "corrected"):
        want = one(folder, f"ci_{kind}_c30")[0]
        # the package ranks hexagons of one income by their rows
        by_row = land["population"].index
        assert a.equity.concentration_index(reached[by_row], persons, income, kind=kind) == pytest.approx(want, rel=REL)
        # 16 of 820 hexagons share an income with another: ranked alike, whatever the rows, the index moves by less than 1e-4
        assert a.equity.concentration_index(reached, persons, income, kind=kind, ties="mean") == pytest.approx(want, rel=1e-4)


def test_theil_within_and_between_deciles(reached, land, folder):
    table = pd.read_csv(folder / "reference" / "ineq_theil_c30_by_decile_summary.csv").set_index("component")["value"]
    parts = a.equity.theil_by_group(reached, land["population"], land["income_decile"])
    assert [parts.between, parts.within, parts.total] == pytest.approx(table[["between_group", "within_group", "total"]].tolist(), rel=REL)
    assert len(parts.groups) == 10
    assert parts.total == pytest.approx(a.equity.theil(reached, land["population"]), rel=1e-12)


# ---------------------------------------------------------------- published worked examples


def from_pairs(case):
    return a.ODMatrix.from_long(pd.DataFrame(case["od"]), "o", "d", "distance")


def test_luo_and_wangs_figure(published):
    case = published["luo_wang_2003_fig3_2sfca"]
    od = from_pairs(case)
    got = a.floating_catchment(
        od, pd.Series(float(case["supply"]), od.destination_ids), pd.Series(float(case["demand"]), od.origin_ids), decay=a.decay.step(case["threshold"])
    )
    assert got.rename(str).to_dict() == pytest.approx(case["expected"], rel=REL)


@pytest.mark.parametrize("exponent", [1, 2])
def test_gravity_with_competition(published, exponent):
    """All costs are one or two, so that the power's floor below one minute does not matter."""
    case = published["gravity_competition_3x2"]
    od = from_pairs(case)
    got = a.floating_catchment(od, pd.Series(1.0, od.destination_ids), pd.Series(1.0, od.origin_ids), decay=a.decay.power(exponent), method="e2sfca")
    assert got.tolist() == pytest.approx(case[f"expected_b{exponent}"], rel=REL)


def test_soukhovs_three_places(published):
    case = published["soukhov_2023_spatial_availability"]
    od = a.ODMatrix.from_dense(np.array(case["travel_time"], float), origin_ids=case["origins"], destination_ids=case["destinations"])
    got = a.spatial_availability(
        od, pd.Series(case["jobs"], case["destinations"]), pd.Series(case["population"], case["origins"]), decay=a.decay.exponential(0.1)
    )
    assert got.round().tolist() == case["expected_rounded"]


def test_five_cells(published, od, land, reached):
    case = published["bho_subset_tests"]
    ids = case["ids"]
    table = od.to_frame()
    five = a.ODMatrix.from_long(table[table["origin"].isin(ids) & table["destination"].isin(ids)], "origin", "destination", "minutes")
    jobs, persons, income = (land[c] for c in ("jobs", "population", "income_per_capita"))
    for method, want in (("2sfca", case["two_sfca_jobs_per_population"]), ("bfca", case["bfca"])):
        got = a.floating_catchment(five, jobs, persons, decay=a.decay.step(45), method=method)
        assert got[ids].round(4).tolist() == want
    some = reached[ids]
    assert round(a.equity.gini(some, persons), 4) == case["gini"]
    # the package draws the Palma groups from all hexagons' incomes, also where access is given for five
    low, high = (a.equity._quantile(income.dropna().to_numpy(), persons[income.notna()].to_numpy(float), part) for part in (0.4, 0.9))
    poor, rich = (income[ids] <= low), (income[ids] > high)
    mean = [np.average(some[group], weights=persons[ids][group]) for group in (rich, poor)]
    assert round(mean[0] / mean[1], 4) == case["palma"]
    assert [round(a.equity.fgt(some, persons, line=100_000, alpha=k), 4) for k in (0, 1, 2)] == list(case["fgt_line_100000"].values())
    for kind in ("standard", "corrected"):
        assert round(a.equity.concentration_index(some, persons, income, kind=kind), 4) == case[f"concentration_{kind}"]
