"""Published and peers' interaction models, and the real commuting that the shipped prior was fitted to."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from landplan import catchment as c
from landplan.errors import LayerError


@pytest.fixture(scope="module")
def austria(shared):
    """Migration between nine regions (Dennett 2012), distances in km, masses of the file."""
    folder = shared / "peers" / "spint_austria"
    long = pd.read_csv(folder / "austria.csv", index_col=0)
    flows, cost = (long.pivot(index="Origin", columns="Destination", values=v).astype(float) for v in ("Data", "Dij"))
    masses = {"origin_mass": long.groupby("Origin")["Oi"].first(), "destination_mass": long.groupby("Destination")["Dj"].first()}
    summary = pd.read_csv(folder / "reference" / "spint_summary.csv").set_index(["model", "cost"])
    return flows, cost, masses, summary, pd.read_csv(folder / "reference" / "spint_fitted_flows.csv")


NEEDED = {"unconstrained": ("origin_mass", "destination_mass"), "origin": ("destination_mass",), "destination": ("origin_mass",), "doubly": ()}
SPINT = {"unconstrained": "gravity", "origin": "production", "destination": "attraction", "doubly": "doubly"}


@pytest.mark.parametrize("decay", ["exponential", "power"])
@pytest.mark.parametrize("model", list(NEEDED))
def test_austria(austria, model, decay):
    """SOURCES.md, "spint_austria": spint 1.0.6 on the 72 flows without the diagonal.

    Log-likelihoods agree to nine digits. Spint's deviances differ from each other's own log-likelihoods by up to 4e-4: it adds terms at
    means that stopped before they summed to the flows.
    """
    flows, cost, masses, summary, fitted = austria
    got = c.interaction.fit(flows, cost, model=model, decay=decay, diagonal=False, **{name: masses[name] for name in NEEDED[model]})
    short = {"exponential": "exp", "power": "pow"}[decay]
    want = summary.loc[(SPINT[model], short)]
    assert got.n_pairs == 72
    assert -got.parameters["beta"] == pytest.approx(want["cost_param"], rel=1e-7)
    assert got.loglik == pytest.approx(want["llf"], rel=1e-9)
    assert got.deviance == pytest.approx(want["deviance"], rel=5e-8)
    assert got.srmse == pytest.approx(want["SRMSE"], rel=1e-6)
    assert got.pseudo_r2 == pytest.approx(want["pseudoR2"], rel=1e-8)
    assert got.deviance_explained == pytest.approx(want["D2"], rel=1e-7)
    pairs = got.flows.set_index(["origin", "destination"])["fitted"]
    theirs = fitted.set_index(["Origin", "Destination"])[f"{SPINT[model]}_{short}"]
    assert np.allclose(pairs[theirs.index], theirs, rtol=1e-6, atol=1e-3)
    assert (got.intervals["low"] < got.intervals["value"]).all()
    assert (got.intervals["high"] > got.intervals["value"]).all()


def test_austrias_printed_coefficient(austria):
    """-0.00791533, printed in spint's own tests (doubly constrained, exponential)."""
    flows, cost, *_ = austria
    assert round(-c.interaction.fit(flows, cost, diagonal=False, intervals=None).parameters["beta"], 8) == -0.00791533


def test_tanners_form_holds_both_others(austria):
    flows, cost, *_ = austria
    each = {d: c.interaction.fit(flows, cost, decay=d, diagonal=False, intervals=None) for d in ("exponential", "power", "tanner")}
    assert each["tanner"].loglik >= max(each["exponential"].loglik, each["power"].loglik)


def test_a_printed_trip_table(shared):
    """tdmlabs' three zones at b = 1.3293: printed to four figures. Its b makes the sum of absolute errors least; ours is the likeliest."""
    case = json.loads((shared / "peers" / "worked_examples" / "accessibility_gravity.json").read_text(encoding="utf-8"))["doubly_constrained_gravity_3x3"]
    cost = pd.DataFrame(case["cost"], dtype=float)
    seed = pd.DataFrame(c.deterrence(cost.to_numpy(), "power", {"beta": case["b"]}))
    got = c.furness(seed, case["productions"], case["attractions"]).flows.to_numpy()
    assert np.allclose(got, case["expected_printed"], atol=0.006)
    observed = pd.DataFrame(case["observed"], dtype=float)
    assert np.abs(got - observed.to_numpy()).sum() == pytest.approx(case["sum_abs_error_at_best"], abs=0.01)
    fitted = c.interaction.fit(observed, cost, decay="power", intervals=None)
    assert fitted.parameters["beta"] == pytest.approx(1.3818, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "decay", "beta", "largest", "sales"),
    [("g1_l2_pow", "power", 2.0, 5.889473883886655, 22_209_552.317), ("g1_exp0.4", "exponential", 0.4, 11.019429839, None)],
)
def test_huffs_shares_of_freiburg(shared, name, decay, beta, largest, sales):
    """SOURCES.md, "huff_freiburg": R MCI 1.3.3, 42 districts and 63 stores."""
    folder = shared / "peers" / "huff_freiburg"
    pairs = pd.read_csv(folder / "Freiburg1.csv")
    cost = pairs.pivot(index="district", columns="store", values="distance")
    demand = pd.read_csv(folder / "Freiburg2.csv").set_index("district")["ppower"]
    got = c.huff(cost, pairs.groupby("store")["salesarea"].first(), decay=decay, parameters={"beta": beta}, demand=demand)
    shares = pd.read_csv(folder / "reference" / f"shares_{name}.csv").pivot(index="district", columns="store", values="p_ij")
    assert np.allclose(got.shares, shares.loc[cost.index, cost.columns], rtol=1e-12)
    totals = pd.read_csv(folder / "reference" / f"totals_{name}.csv").set_index("store")
    assert np.allclose(got.totals["amount"], totals["expected_sales"], rtol=1e-12)
    assert np.allclose(got.totals["share"], totals["market_share"], rtol=1e-12)
    assert got.totals["share"].idxmax() == 46
    assert 100 * got.totals["share"].max() == pytest.approx(largest, rel=1e-9)
    if sales:
        assert got.totals["amount"].max() == pytest.approx(sales, abs=0.001)
    assert got.totals["amount"].sum() == pytest.approx(377_105_880)


# ---------------------------------------------------------------- Norrbotten 2024


@pytest.fixture(scope="module")
def norrbotten(shared):
    table = pd.read_csv(shared / "facts" / "commuting.csv", dtype=str)
    return c.commuting_flows(table, years=2024)


def between_seats(seats):
    """Great-circle km on a sphere of 6371.0088 km."""
    lat, lon = np.radians(seats["lat"].to_numpy()), np.radians(seats["lon"].to_numpy())
    half = np.sin((lat[:, None] - lat) / 2) ** 2 + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return pd.DataFrame(2 * 6371.0088 * np.arcsin(np.sqrt(half)), seats.index, seats.index)


def test_the_matrix_is_whole_and_its_noise_is_known(norrbotten):
    assert norrbotten.matrix.shape == (14, 14)
    assert norrbotten.years == (2024,)
    assert norrbotten.noise_floor == c.prior().noise_floor["persons"] == 4
    assert norrbotten.counts == {"rows_of_other_years": 2, "pairs_not_in_the_table": 0, "external_zones": 0}
    cells = norrbotten.matrix.to_numpy()
    # what the floor rests on
    assert ((cells == 0).sum(), np.isin(cells, (1, 2)).sum(), (cells == 3).sum()) == (36, 0, 17)


@pytest.mark.parametrize(("model", "decay"), [("doubly", "power"), ("doubly", "exponential"), ("destination", "power"), ("destination", "exponential")])
def test_the_shipped_prior_is_what_a_refit_gives(norrbotten, model, decay):
    prior = c.prior()
    cost = between_seats(prior.seats.loc[norrbotten.matrix.index])
    employed = norrbotten.matrix.sum(axis=1)

    def refit(zones, **more):
        part = c.Flows(norrbotten.matrix.loc[zones, zones], (), norrbotten.years, norrbotten.regime, norrbotten.noise_floor)
        mass = employed.loc[zones] if model == "destination" else None
        return c.interaction.fit(part, cost, model=model, decay=decay, diagonal=False, origin_mass=mass, **more)

    zones = list(norrbotten.matrix.index)
    got, kept = refit(zones), prior.fits.loc[(model, decay)]
    assert list(got.intervals.index) == list(kept.index)
    for name in ("value", "low", "high"):
        assert np.allclose(got.intervals[name], kept[name], rtol=1e-5), name
    without = pd.DataFrame([refit([z for z in zones if z != out], intervals=None).parameters for out in zones])
    assert np.allclose(without.min(), kept["low_without_one"], rtol=1e-5)
    assert np.allclose(without.max(), kept["high_without_one"], rtol=1e-5)
    assert np.allclose([got.pseudo_r2, got.cpc, got.dispersion], kept.iloc[0][["pseudo_r2", "cpc", "dispersion"]].astype(float), atol=0.006)
    assert np.allclose(got.intervals["inflation"], kept["inflation"], atol=0.006)
    made = prior.made
    assert (got.n_pairs, got.counts["pairs_below_floor"], got.counts["pairs_left_out"]) == (made["pairs"], made["pairs_below_floor"], made["zones"])
    assert got.counts["persons_fitted"] + got.counts["persons_below_floor"] == made["persons"]
    off = cost.to_numpy()[~np.eye(14, dtype=bool)]
    assert [round(off.min()), round(off.max())] == made["range_km"]


def test_without_the_floor_it_is_the_figure_of_a_plain_fit(norrbotten):
    """2.09 and 0.018 per km, from origin and destination effects on the cells as published."""
    cost = between_seats(c.prior().seats)
    plain = {d: c.interaction.fit(norrbotten, cost, decay=d, diagonal=False, noise_floor=0, intervals=None).parameters["beta"] for d in ("power", "exponential")}
    assert round(plain["power"], 2) == 2.09
    assert round(plain["exponential"], 3) == 0.018


def test_intervals_of_real_commuting_hold_what_leaving_out_a_municipality_does(norrbotten):
    """Pairs taken to err for themselves would not; the shipped interval does."""
    kept = c.prior().fits
    doubly = kept.loc["doubly"]
    assert (doubly["low"] < doubly["low_without_one"]).all()
    assert (doubly["high"] > doubly["high_without_one"]).all()
    fits = [c.interaction.fit(norrbotten, between_seats(c.prior().seats), decay="power", diagonal=False, **more) for more in ({"errors": "pair"}, {"intervals": "bootstrap"})]
    for narrow in fits:
        row = narrow.intervals.loc["beta"]
        assert kept.loc[("doubly", "power", "beta"), "low"] < row["low"] < row["high"] < kept.loc[("doubly", "power", "beta"), "high"]


def test_labour_market_regions_of_norrbotten(norrbotten):
    """FACTS C4: Boden, Piteå, Kalix and Älvsbyn join Luleå, Jokkmokk joins Gällivare, the other nine stay centres."""
    got = c.labour_market_regions(norrbotten)
    names = norrbotten.names
    joined = {names[z]: names[r] for z, r in got["region"].items() if z != r}
    assert joined == {"Boden": "Luleå", "Piteå": "Luleå", "Kalix": "Luleå", "Älvsbyn": "Luleå", "Jokkmokk": "Gällivare"}
    assert got["centre"].sum() == 9
    haparanda = got.loc["2583"]
    assert (round(100 * haparanda["total_out_share"], 1), round(100 * haparanda["single_out_share"], 1)) == (13.3, 4.9)
    assert not got["within_noise"].any()
    # 38.5 persons are all that Överkalix has: 39 who leave a job at home for one in Luleå, and it is no centre
    site = pd.DataFrame([[-39.0, 39.0]], ["2513"], ["2513", "2580"])
    moved = c.compare_regions(got, c.labour_market_regions(norrbotten, plus=site))
    assert moved["region_after"].to_dict() == {"2513": "2580"}


def test_years_on_either_side_of_the_break_are_not_mixed(shared):
    table = pd.read_csv(shared / "facts" / "commuting.csv", dtype=str)
    old = table[table["year"] == "2024"].assign(year="2018")
    both = pd.concat([table, old])
    with pytest.raises(LayerError, match=r"2018 and 2024 lie on either side of 2019, .*; fit one regime at a time, years=\[2024\]"):
        c.commuting_flows(both, years=[2018, 2024])
    assert c.commuting_flows(both, years=2018).noise_floor == 0.0
