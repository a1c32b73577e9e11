"""Suitability: masks, scores, reasons, ledger, candidate sites, score cards' arithmetic."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity

from landplan import suitability as s
from landplan.errors import CRSError, LayerError, MemoryLimitError, PlanError
from landplan.grid import Grid
from landplan.suitability.burning import matches

GRID = Grid.cover((0, 0, 2_000, 1_000), cell_m=50, crs="EPSG:3006")


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:3006")


ROAD = frame(shapely.LineString([(0, 525), (2_000, 525)]), road_class=["trunk"])
LAKE = frame(shapely.box(1_500, 0, 2_000, 1_000))
PARK = frame(shapely.box(1_000, 0, 2_000, 200))


def evaluate(**more):
    rows = np.indices(GRID.shape)[0].astype(np.float32)
    return s.evaluate(
        GRID,
        [s.Constraint("lake", LAKE, within_m=100), s.Constraint("park", PARK, hardness="dispensation", legal="MB 7:4"), s.Constraint("farm", PARK, hardness="weigh")],
        [s.Criterion("road", ROAD, s.value.linear(500, 0), 0.75, "m"), s.Criterion("north", rows, s.value.linear(19, 0), 0.25)],
        **more,
    )


def test_score_is_the_weighted_sum_and_excluded_cells_say_why():
    r = evaluate()
    col = 5
    distance = np.abs(np.arange(20) - 9) * 50.0
    want = 0.75 * np.clip(1 - distance / 500, 0, 1) + 0.25 * (1 - np.arange(20) / 19)
    assert np.allclose(r.score[:, col], want, atol=1e-6)
    assert not r.allowed[:, 28:].any()  # the lake begins at column 30 and its setback at 28
    assert r.allowed[0, 27]
    assert r.excluded_by[19, 35] == 0b111
    assert r.excluded_by[19, 22] == 0b110
    assert not r.allowed[19, 22]
    assert r.limiting[10, col] == 1
    assert r.limiting[19, col] == 0


def test_weigh_never_excludes():
    r = s.evaluate(GRID, [s.Constraint("farm", PARK, hardness="weigh")], [s.Criterion("road", ROAD, s.value.linear(500, 0), 1.0)])
    assert r.allowed.all()
    assert r.ledger.set_index("name").loc["farm", "excluded_ha"] == pytest.approx(20.0)


def test_ledger_counts_alone_and_shared_hectares():
    table = evaluate().ledger.set_index("name")
    lake, park = (12 * 20) * 0.25, (20 * 4) * 0.25
    both = (12 * 4) * 0.25
    assert table.loc["lake", "excluded_ha"] == pytest.approx(lake)
    assert table.loc["lake", "alone_ha"] == pytest.approx(lake - both)
    assert table.loc["park", "excluded_ha"] == pytest.approx(park)
    assert table.loc["park", "shared_ha"] == pytest.approx(both)
    assert table.loc["park", "legal"] == "MB 7:4"


def test_outside_turns_a_constraint_around():
    r = s.evaluate(GRID, [s.Constraint("only", PARK, outside=True)], [s.Criterion("road", ROAD, s.value.linear(500, 0), 1.0)])
    assert r.allowed.sum() == 20 * 4


def test_the_edge_is_right_because_of_the_halo():
    """A lake outside the study area still sets back land inside it."""
    inside = np.zeros(GRID.shape, bool)
    inside[:, :29] = True
    r = evaluate(inside=inside)
    assert not r.allowed[:, 28].any()
    assert np.isnan(r.score[:, 29:]).all()


def test_unknown_stays_unknown():
    raw = np.ones(GRID.shape, np.float32)
    raw[3, 3] = np.nan
    r = s.evaluate(GRID, [], [s.Criterion("x", raw, s.value.linear(0, 1), 1.0)])
    assert np.isnan(r.score[3, 3])
    assert not r.allowed[3, 3]
    assert r.limiting[3, 3] == 255


def test_inputs_are_not_changed():
    raw = np.ones(GRID.shape, np.float32)
    before, lake = raw.copy(), LAKE.copy()
    s.evaluate(GRID, [s.Constraint("lake", LAKE, within_m=50)], [s.Criterion("x", raw, s.value.linear(0, 1), 1.0)])
    assert (raw == before).all()
    assert lake.equals(LAKE)


def test_candidate_sites_keep_their_promises():
    r = evaluate()
    sites = s.candidate_sites(r, min_ha=5, max_ha=8, count=4, apart_m=200)
    assert 1 <= len(sites) <= 4
    assert sites["score"].is_monotonic_decreasing
    for row in sites.itertuples():
        assert 5 <= row.area_ha <= 8
        assert row.geometry.area / 1e4 == pytest.approx(row.area_ha)
        assert row.geometry.geom_type == "Polygon"
        assert not row.geometry.intersects(LAKE.geometry.iloc[0].buffer(90))
    for i, a in enumerate(sites.geometry):
        for b in sites.geometry[i + 1 :]:
            assert a.distance(b) >= 200


def test_no_land_means_no_candidate():
    r = evaluate()
    assert s.candidate_sites(r, min_ha=5_000).empty
    assert s.candidate_sites(r, min_ha=5, threshold=1.0).empty
    with pytest.raises(PlanError, match="min_ha"):
        s.candidate_sites(r, min_ha=9, max_ha=3)


def test_score_cards_add_up():
    r = evaluate()
    sites = frame(shapely.box(100, 400, 400, 700), shapely.box(1_300, 300, 1_700, 600), shapely.box(5_000, 0, 5_100, 100), site_id=["a", "b", "away"])
    cards = s.score_sites(r, sites)
    a = cards.iloc[0]
    assert a["contribution_road"] + a["contribution_north"] == pytest.approx(a["score"])
    assert a["allowed_ha"] == pytest.approx(9.0)
    assert a["limiting"] == "road"  # 0.75 x 0.15 against 0.25 x 0.447
    b = cards.iloc[1]
    # eight columns of six cells of a quarter hectare; the lake's setback begins at the third
    assert b["excluded_ha_lake"] == pytest.approx(6 * 6 * 0.25)
    assert b["allowed_ha"] == pytest.approx(2 * 6 * 0.25)
    assert np.isnan(cards.iloc[2]["score"])


def test_value_functions_at_their_ends():
    v = np.array([-1.0, 0.0, 5.0, 10.0, 11.0, np.nan])
    assert np.allclose(s.value.linear(0, 10)(v), [0, 0, 0.5, 1, 1, np.nan], equal_nan=True)
    assert np.allclose(s.value.piecewise([(0, 1), (10, 0)])(v), [1, 1, 0.5, 0, 0, np.nan], equal_nan=True)
    assert np.allclose(s.value.gaussian(5, 1)(v)[2], 1.0)
    assert np.isnan(s.value.categories({1: 1.0})(v)).all()
    assert np.allclose(s.value.categories({0: 0.2}, otherwise=0.5)(v), [0.5, 0.2, 0.5, 0.5, 0.5, np.nan], equal_nan=True)
    for bad in (lambda: s.value.linear(1, 1), lambda: s.value.piecewise([(1, 0), (1, 1)]), lambda: s.value.sigmoid(0, 0), lambda: s.value.gaussian(0, 0)):
        with pytest.raises(PlanError):
            bad()


def test_filters():
    table = pd.DataFrame({"a": [1, 2, None], "b": ["x", "yz", None]})
    assert matches(table, {"a": {"min": 2}}).tolist() == [False, True, False]
    assert matches(table, {"b": ["x", "q"], "a": 1}).tolist() == [True, False, False]
    assert matches(table, {"b": {"contains": "z"}}).tolist() == [False, True, False]
    assert matches(table, {"b": {"known": True}}).tolist() == [True, True, False]
    with pytest.raises(LayerError, match="no column 'c'"):
        matches(table, {"c": 1})


def test_refusals():
    one = s.Criterion("road", ROAD, s.value.linear(500, 0), 1.0)
    with pytest.raises(PlanError, match="sum to 1"):
        s.evaluate(GRID, [], [s.Criterion("road", ROAD, s.value.linear(500, 0), 0.4)])
    with pytest.raises(PlanError, match="at most 64"):
        s.evaluate(GRID, [s.Constraint(str(i), LAKE) for i in range(65)], [one])
    with pytest.raises(PlanError, match="not known"):
        s.evaluate(GRID, [], [one], method="magic")
    with pytest.raises(PlanError, match="constraint names repeat: 'lake'"):
        s.evaluate(GRID, [s.Constraint("lake", LAKE), s.Constraint("lake", PARK)], [one])
    with pytest.raises(PlanError, match="criterion names repeat: 'road'"):
        s.evaluate(GRID, [], [replace(one, weight=0.5), replace(one, weight=0.5)])
    with pytest.raises(LayerError, match="does not fit the grid"):
        s.evaluate(GRID, [s.Constraint("m", np.zeros((2, 2), bool))], [one])
    with pytest.raises(CRSError, match="the grid is in EPSG:3006"):
        s.evaluate(GRID, [s.Constraint("m", LAKE.to_crs(3014))], [one])
    with pytest.raises(MemoryLimitError, match=r"need about .* GB, the limit is 0\.0 GB"):
        s.evaluate(GRID, [], [one], memory_limit_gb=1e-9)


def test_slope_is_measured_before_a_coarse_cell_smooths_it():
    from landplan import suitability as s
    from landplan.grid import Grid

    grid = Grid("EPSG:3006", 50.0, 0.0, 0.0, (6, 6))

    def steps(g):
        # a 10 m bank every 100 m, flat between: seen at 25 m cells, half lost at 50 m
        x = (np.arange(g.shape[1]) + 0.5) * g.cell_m
        return np.tile((10.0 * np.floor(x / 100)).astype(np.float32), (g.shape[0], 1))

    fine = s.slope(steps, grid)
    asked = []
    s.slope(lambda g: (asked.append(g.cell_m), steps(g))[1], grid)
    assert asked == [25.0]
    # Horn over three 25 m cells: the two cells at a bank rise 10 m in 50 m, 20 %, and each is half of its 50 m cell
    assert fine[2:4, 2:4] == pytest.approx(10.0)
    asked.clear()
    s.slope(lambda g: (asked.append(g.cell_m), steps(g))[1], Grid("EPSG:3006", 10.0, 0.0, 0.0, (6, 60)))
    assert asked == [10.0]


def test_a_quarter_without_height_is_left_out_of_the_mean():
    from landplan import suitability as s
    from landplan.grid import Grid

    def hole(g):
        height = np.tile(0.1 * g.cell_m * np.arange(g.shape[1], dtype=np.float32), (g.shape[0], 1))
        height[:3, :3] = np.nan
        return height

    got = s.slope(hole, Grid("EPSG:3006", 50.0, 0.0, 0.0, (5, 5)))
    assert np.isnan(got[0, 0])
    assert got[3, 3] == pytest.approx(10.0, rel=1e-5)


def one(values, **more):
    """A grid of one row with one criterion that is its own score."""
    raw = np.array([values], np.float32)
    grid = Grid("EPSG:3006", 100.0, 0.0, 100.0, raw.shape)
    constraints = more.pop("constraints", [])
    criteria = more.pop("criteria", [s.Criterion("x", raw, s.value.linear(0, 1), 1.0)])
    return s.evaluate(grid, constraints, criteria, **more)


def test_a_conditional_constraint_holds_only_inside_its_layer():
    mask, near = np.array([[True, True, False]]), np.array([[False, True, True]])
    r = one([1, 1, 1], constraints=[s.Constraint("noise", mask, only_inside=near)])
    assert r.allowed.tolist() == [[True, False, True]]
    grid = Grid.cover((0, 0, 300, 100), cell_m=100, crs="EPSG:3006")
    layers = frame(shapely.box(0, 0, 200, 100)), frame(shapely.box(100, 0, 300, 100))
    assert s.mask_of(s.Constraint("noise", layers[0], only_inside=layers[1]), grid).tolist() == [[False, True, False]]


def test_forced_inclusion_lifts_what_it_names_and_counts_the_hectares():
    lake, shore = np.array([[True, False, False]]), np.array([[True, True, True]])
    plan_area = np.array([[True, True, False]])
    constraints = [s.Constraint("lake", lake), s.Constraint("shore", shore, hardness="dispensation"), s.Constraint("plan", plan_area, lifts=("shore",))]
    r = one([1, 1, 1], constraints=constraints)
    assert r.allowed.tolist() == [[False, True, False]]
    assert r.excluded_by.tolist() == [[1, 0, 2]]
    # what is freed: under the lake nothing is
    assert r.lifted_ha == {"plan": 1.0}
    assert [c.name for c in r.constraints] == ["lake", "shore"]
    everything = one([1, 1, 1], constraints=[*constraints[:2], s.Constraint("plan", plan_area, lifts=())])
    assert everything.allowed.tolist() == [[True, True, False]]
    with pytest.raises(PlanError, match="lifts 'shor', which is no constraint; constraints: lake"):
        one([1], constraints=[s.Constraint("lake", lake[:, :1]), s.Constraint("plan", plan_area[:, :1], lifts=("shor",))])


def test_land_without_a_score_is_not_freed():
    gap = np.array([[0.5, np.nan, 0.5]], np.float32)
    lake = s.Constraint("lake", np.array([[True, True, False]]))
    r = one([0, 0, 0], constraints=[lake], criteria=[s.Criterion("a", gap, s.value.linear(0, 1), 1.0)])
    row = r.ledger.iloc[0]
    assert row[["excluded_ha", "alone_ha", "freed_ha"]].tolist() == [2.0, 2.0, 1.0]
    site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 300, 100)], crs=r.grid.crs)
    assert s.site_ledger(r, site).iloc[0][["excluded_ha", "alone_ha", "freed_ha"]].tolist() == [2.0, 2.0, 1.0]


IGNORED = {
    # a is unknown in the second cell: there the others stand alone, with their weights rescaled
    "wlc": (None, lambda b, c, v, w: v * b + w * c), "product": (None, lambda b, c, v, w: b**v * c**w), "minimum": (None, lambda b, c, v, w: min(b, c)),
    "owa": (2.0, lambda b, c, v, w: (w**2 * c + (1 - w**2) * b) if c > b else (v**2 * b + (1 - v**2) * c)),
}  # fmt: skip


@pytest.mark.parametrize("method", IGNORED)
@pytest.mark.parametrize("firm", [True, False])
def test_an_ignored_criterion_leaves_the_others_as_if_it_were_not_there(method, firm):
    alpha, formula = IGNORED[method]
    value = s.value.linear(0, 1)
    a, b, c = (np.array([v], np.float32) for v in ([0.9, np.nan], [0.2, 0.2], [0.8, 0.8]))
    criteria = [
        s.Criterion("a", a, value, 0.6, unknown="ignore"), s.Criterion("b", b, value, 0.3, unknown="exclude" if firm else "ignore"),
        s.Criterion("c", c, value, 0.1, unknown="exclude" if firm else "ignore"),
    ]  # fmt: skip
    r = one([0, 0], criteria=criteria, method=method, order_weights=alpha)
    assert float(r.score[0, 1]) == pytest.approx(formula(0.2, 0.8, 0.75, 0.25), rel=1e-6)
    # what is unknown cannot be what costs most
    assert r.criteria[r.limiting[0, 1]].name == "b"
    whole = one([0, 0], criteria=[s.Criterion("b", b, value, 0.75), s.Criterion("c", c, value, 0.25)], method=method, order_weights=alpha)
    assert float(whole.score[0, 1]) == pytest.approx(float(r.score[0, 1]), rel=1e-6)


def test_topsis_without_an_unknown_criterion_is_that_of_the_others():
    rng = np.random.default_rng(4)
    value = s.value.linear(0, 1)
    b, c = rng.random((2, 1, 6)).astype(np.float32)
    two = one([0] * 6, criteria=[s.Criterion("b", b, value, 0.75), s.Criterion("c", c, value, 0.25)], method="topsis")
    nowhere = np.full((1, 6), np.nan, np.float32)
    three = one(
        [0] * 6, method="topsis",
        criteria=[s.Criterion("a", nowhere, value, 0.6, unknown="ignore"), s.Criterion("b", b, value, 0.3), s.Criterion("c", c, value, 0.1)],
    )  # fmt: skip
    assert three.score.tolist() == [pytest.approx(two.score[0].tolist(), rel=1e-6)]


def test_the_spread_of_a_score_is_carried_by_the_weights_that_are_left():
    value = s.value.linear(0, 1)
    a, b, c = (np.array([[v]], np.float32) for v in (np.nan, 0.2, 0.8))
    names = [s.Criterion(k, v, value, w, unknown="ignore") for k, v, w in (("a", a, 0.6), ("b", b, 0.2), ("c", c, 0.2))]
    r = one([0], criteria=names, weight_sd=[0.02, 0.02, 0.02])
    drawn = np.random.default_rng(3).normal([0.2, 0.2], 0.02, (40_000, 2))
    assert float(r.score_sd[0, 0]) == pytest.approx(((drawn @ [0.2, 0.8]) / drawn.sum(axis=1)).std(), rel=0.02)
    assert float(r.score_sd[0, 0]) == pytest.approx(0.02 * 0.3 * 2**0.5 / 0.4, rel=1e-6)


def test_unknown_land_is_excluded_ignored_or_the_worst_as_the_layer_says():
    known, gap = np.array([[0.8, 0.8]], np.float32), np.array([[0.5, np.nan]], np.float32)
    value = s.value.linear(0, 1)
    for unknown, want in (("exclude", np.nan), ("ignore", 0.8), ("worst", 0.6)):
        r = one([0, 0], criteria=[s.Criterion("a", known, value, 0.75), s.Criterion("b", gap, value, 0.25, unknown=unknown)])
        assert r.score[0, 0] == pytest.approx(0.725)
        assert r.score[0, 1] == pytest.approx(want, nan_ok=True)
        assert r.allowed[0, 1] == (unknown != "exclude")
        # a score card's parts add up to the score
        cells = gpd.GeoDataFrame(geometry=[shapely.box(*at) for at in ((0, 0, 100, 100), (100, 0, 200, 100), (50, 0, 150, 100))], crs=r.grid.crs)
        cards = s.score_sites(r, cells)
        assert cards[["contribution_a", "contribution_b"]].sum(axis=1, min_count=2).tolist() == pytest.approx(cards["score"].tolist(), nan_ok=True)
    both = [s.Criterion("a", gap, value, 0.75, unknown="ignore"), s.Criterion("b", gap, value, 0.25, unknown="ignore")]
    assert np.isnan(one([0, 0], criteria=both).score[0, 1])
    product = one([0, 0], criteria=[s.Criterion("a", known, value, 0.75), s.Criterion("b", gap, value, 0.25, unknown="ignore")], method="product")
    assert product.score[0].tolist() == pytest.approx([0.8**0.75 * 0.5**0.25, 0.8], rel=1e-6)
    mask = np.array([[np.nan, 1.0]])
    assert one([1, 1], constraints=[s.Constraint("m", mask)]).allowed.tolist() == [[True, False]]
    assert one([1, 1], constraints=[s.Constraint("m", mask, unknown="exclude")]).allowed.tolist() == [[False, False]]


def test_methods_agree_with_their_tables_cell_by_cell():
    rng = np.random.default_rng(4)
    raw = rng.random((4, 6, 7)).astype(np.float32)
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    grid = Grid("EPSG:3006", 10.0, 0.0, 60.0, (6, 7))
    criteria = [s.Criterion(f"c{k}", raw[k], s.value.linear(0, 1), w) for k, w in enumerate(weights)]
    table = raw.reshape(4, -1).T.astype(np.float64)
    wanted = {
        "wlc": (table @ weights, {}),
        "product": (np.prod(table**weights, axis=1), {}),
        "minimum": (table.min(axis=1), {}),
        "owa": (s.methods.owa(table, weights, order_weights=[0.1, 0.2, 0.3, 0.4], how=None).scores, {"order_weights": [0.1, 0.2, 0.3, 0.4]}),
        "topsis": (s.methods.topsis(table, weights).scores, {}),
    }
    for method, (want, options) in wanted.items():
        found = s.evaluate(grid, [], criteria, method, **options).score.ravel()
        assert found == pytest.approx(want, abs=2e-6), method
    assert (s.evaluate(grid, [], criteria, "minimum").limiting == raw.argmin(axis=0)).all()


def test_the_spread_of_the_score_is_what_uncertain_weights_give():
    rng = np.random.default_rng(8)
    raw = rng.random((3, 1, 5)).astype(np.float32)
    weights, grid = np.array([0.5, 0.3, 0.2]), Grid("EPSG:3006", 10.0, 0.0, 10.0, (1, 5))
    criteria = [s.Criterion(f"c{k}", raw[k], s.value.linear(0, 1), w) for k, w in enumerate(weights)]
    r = s.evaluate(grid, [], criteria, weight_sd=0.1)
    drawn = weights * (1 + 0.1 * rng.standard_normal((40_000, 3)))
    drawn /= drawn.sum(axis=1, keepdims=True)
    assert r.score_sd[0] == pytest.approx((drawn @ raw[:, 0]).std(axis=0), rel=0.03)
    with pytest.raises(PlanError, match="weight_sd"):
        s.evaluate(grid, [], criteria, "owa", order_weights=2.0, weight_sd=0.1)


def test_what_a_reader_must_know_is_found():
    r = one([0.5, 0.5], constraints=[s.Constraint("a", np.array([[True, True]])), s.Constraint("b", np.array([[True, False]])), s.Constraint("w", np.array([[True, True]]), hardness="weigh")])
    assert [(f.kind, f.name, f.ha) for f in r.findings] == [("nothing_left", "a", 2.0), ("nothing_left", "b", 1.0), ("no_variation", "x", 2.0)]
    assert r.findings[-1].value == 0.5
    assert [f.kind for f in one([np.nan, np.nan]).findings] == ["all_unknown"]
    assert one([0.1, 0.2]).findings == ()
    # values that differ and all score 1
    assert [(f.kind, f.name, f.value) for f in one([5.0, 8.0]).findings] == [("one_score", "x", 1.0)]


def test_a_class_without_a_score_is_refused_with_its_hectares():
    raw = np.array([[1, 2, 2, 255]], np.uint8)
    grid = Grid("EPSG:3006", 100.0, 0.0, 100.0, (1, 4))
    soil = s.Criterion("soil", raw, s.value.categories({1: 1.0}), 1.0, words={1.0: "berg", 2.0: "grus"})
    with pytest.raises(LayerError, match=r"criterion 'soil': no score for class grus \(2 ha\); give it one"):
        s.evaluate(grid, [], [soil])
    r = s.evaluate(grid, [], [s.Criterion("soil", raw, s.value.categories({1: 1.0}, otherwise=0.2), 1.0)])
    assert r.score[0].tolist() == pytest.approx([1.0, 0.2, 0.2, np.nan], nan_ok=True)


def test_a_criterion_that_goes_against_its_own_words_is_refused():
    raw = np.zeros((1, 1), np.float32)
    with pytest.raises(PlanError, match="'x' says that more is better but its value function says less"):
        one([0], criteria=[s.Criterion("x", raw, s.value.linear(1, 0), 1.0, direction="more")])
    assert s.value.sigmoid(1, -2).way == "less"
    assert s.value.gaussian(1, 2).way is None
    assert s.value.piecewise([(0, 0), (1, 1), (2, 0)]).way is None


def test_setbacks_are_measured_from_the_features_and_not_from_cells():
    """A cell 26 m from a road that crosses the cell beside it is within 30 m, and one 31 m away is not."""
    grid = Grid.cover((0, 0, 100, 20), cell_m=10, crs="EPSG:3006")
    road = frame(shapely.LineString([(4, -50), (4, 80)]))
    assert s.burning.setback(road, grid, 26.5)[0].tolist() == [True] * 4 + [False] * 6
    assert s.burning.setback(road, grid, 25.5)[0].tolist() == [True] * 3 + [False] * 7
    assert s.burning.setback(road, grid, 26.5, rule="centre")[0].tolist() == [True] * 3 + [False] * 7
    assert s.burning.setback(road, grid, 26.5, rule=0.6)[0].tolist() == [True] * 3 + [False] * 7
    circle = s.burning.setback(frame(shapely.Point(50, 10)), Grid.cover((-300, -300, 400, 400), cell_m=5, crs="EPSG:3006"), 250, rule="centre")
    assert circle.sum() * 25 == pytest.approx(np.pi * 250**2, rel=2e-3)
    parcels = frame(*[shapely.box(37 * i, 3, 37 * i + 25, 28) for i in range(5)])
    share = s.coverage.coverage_of(parcels, Grid.cover((0, 0, 200, 40), cell_m=10, crs="EPSG:3006"), merge="sum")
    assert share.sum() * 100 == pytest.approx(5 * 625, rel=1e-3)
    assert s.burning.burn(parcels, grid, rule=0.5).sum() < s.burning.burn(parcels, grid).sum()
    for rule, what in ((0.5, "cover no share"), (1.5, "at most at 1")):
        with pytest.raises(LayerError, match=what):
            s.burning.burn(road, grid, rule=rule)


def test_the_ledger_by_zone_adds_up_to_the_whole():
    rng = np.random.default_rng(9)
    bits = rng.integers(0, 8, (30, 40)).astype(np.uint64)
    zones = rng.integers(-1, 3, bits.shape).astype(np.int32)
    grid = Grid("EPSG:3006", 100.0, 0.0, 3_000.0, bits.shape)
    constraints = [s.Constraint("a", None), s.Constraint("b", None, hardness="dispensation"), s.Constraint("c", None, hardness="weigh")]
    whole = s.ledger(bits, constraints, grid, inside=zones >= 0).set_index("name")
    parts = s.ledger(bits, constraints, grid, zones=zones, names=["A", "B", "C"])
    summed = parts.groupby("name")[["excluded_ha", "alone_ha", "shared_ha", "freed_ha"]].sum()
    assert np.allclose(summed, whole[summed.columns].loc[summed.index])
    shared_out = s.legal_hectares(bits, constraints, grid, zones=zones, names=["A", "B", "C"])
    assert shared_out.drop(columns="zone").sum().sum() == (zones >= 0).sum()
    assert shared_out["free_ha"].sum() == ((bits == 0) & (zones >= 0)).sum()
    # relaxing b alone frees just that: the cells it holds and a does not
    assert whole.loc["b", "freed_ha"] == (((bits & np.uint64(2)) > 0) & ((bits & np.uint64(1)) == 0) & (zones >= 0)).sum()
    assert whole.loc["c", "freed_ha"] == 0


def test_criteria_may_be_streamed_by_rows():
    raw = np.arange(12, dtype=np.float32).reshape(3, 4)
    grid = Grid("EPSG:3006", 100.0, 0.0, 300.0, (3, 4))
    value = s.value.linear(0, 11)
    a = s.evaluate(grid, [], [s.Criterion("x", raw, value, 1.0)])
    b = s.evaluate(grid, [], [s.Criterion("x", lambda rows: raw[rows], value, 1.0)])
    assert (a.score == b.score).all()
    assert (b.window(slice(1, 3), slice(2, 4))[0][0] == raw[1:3, 2:4]).all()


def test_a_grid_over_a_million_square_kilometres_is_refused_with_numbers():
    grid = Grid("EPSG:3006", 10.0, 0.0, 1_000_000.0, (100_000, 100_000))
    with pytest.raises(MemoryLimitError, match=r"100000 x 100000 cells of 10 m need about 191\.0 GB, the limit is 8\.0 GB"):
        s.evaluate(grid, [], [s.Criterion("x", LAKE, s.value.linear(1, 0), 1.0)])


def test_a_slope_on_degrees_is_refused():
    with pytest.raises(CRSError, match="the grid of a slope is in EPSG:4326"):
        s.slope(lambda g: np.zeros(g.shape, np.float32), Grid("EPSG:4326", 0.01, 17.0, 62.0, (3, 3)))


def test_the_ledger_of_a_site_adds_up_to_its_hectares():
    r = evaluate()
    sites = frame(shapely.box(1_310, 100, 1_590, 420), shapely.box(0, 0, 90, 90)).set_axis(["wet", "dry"])
    table = s.site_ledger(r, sites).set_index(["site", "name"])
    cards = s.score_sites(r, sites)
    assert set(table.index) == {("wet", "lake"), ("wet", "park"), ("wet", "farm")}
    for name in ("lake", "park", "farm"):
        assert table.loc[("wet", name), "excluded_ha"] == pytest.approx(cards.loc["wet", f"excluded_ha_{name}"])
    hard = table.loc["wet"].query("hardness != 'weigh'")
    # what is excluded once or shared, told apart
    assert hard["alone_ha"].sum() + hard["shared_ha"].max() == pytest.approx(cards.loc["wet", ["absolute_ha", "dispensation_ha"]].sum())
    assert table.loc[("wet", "farm"), "freed_ha"] == 0


def test_unknown_land_is_neither_turned_around_nor_given_a_setback():
    mask = np.array([[1.0, 0.0, 0.0, np.nan, 0.0]])
    for unknown, outside, want in (
        ("exclude", False, [1, 0, 0, 1, 0]), ("ignore", False, [1, 0, 0, 0, 0]), ("exclude", True, [0, 1, 1, 1, 1]), ("ignore", True, [0, 1, 1, 0, 1]),
    ):
        r = one([1] * 5, constraints=[s.Constraint("m", mask, outside=outside, unknown=unknown)])
        assert r.excluded_by.tolist() == [want], (unknown, outside)
    near = one([1] * 5, constraints=[s.Constraint("m", mask, within_m=100, unknown="exclude")])
    assert near.excluded_by.tolist() == [[1, 1, 0, 1, 0]]


def test_what_lifts_does_so_where_it_covers_the_whole_cell():
    grid = Grid.cover((0, 0, 300, 100), cell_m=100, crs="EPSG:3006")
    shore, weigh = np.ones((1, 3), bool), np.array([[True, True, False]])
    given = frame(shapely.box(0, 0, 160, 100))
    flat = s.Criterion("x", np.ones((1, 3)), s.value.linear(0, 1), 1.0)
    constraints = [s.Constraint("shore", shore), s.Constraint("farm", weigh, hardness="weigh"), s.Constraint("plan", given, lifts=())]
    r = s.evaluate(grid, constraints, [flat])
    assert r.allowed.tolist() == [[True, False, False]]
    assert r.lifted_ha == {"plan": 1.0}
    # what is only weighed stays so
    assert r.excluded_by.tolist() == [[2, 3, 1]]


def test_a_criterion_without_weight_limits_nothing():
    raw = np.array([[np.nan, np.nan]], np.float32)
    r = one([0.5, 0.2], criteria=[s.Criterion("x", np.array([[0.5, 0.2]]), s.value.linear(0, 1), 1.0), s.Criterion("z", raw, s.value.linear(0, 1), 0.0)])
    card = s.score_sites(r, frame(shapely.box(0, 0, 200, 100))).iloc[0]
    assert card["limiting"] == "x"
    assert card["score"] == pytest.approx(0.35)
    assert card["contribution_z"] == 0.0


def test_methods_that_are_no_sum_have_no_parts_and_their_own_limit():
    a, b = np.array([[0.9, 0.9]]), np.array([[0.0, 0.4]])
    value = s.value.linear(0, 1)
    criteria = [s.Criterion("a", a, value, 0.9), s.Criterion("b", b, value, 0.1)]
    site = frame(shapely.box(0, 0, 200, 100))
    least = s.score_sites(one([0, 0], criteria=criteria, method="minimum"), site).iloc[0]
    assert least["score"] == pytest.approx(0.2)
    assert least["limiting"] == "b"
    assert np.isnan(least["contribution_a"])
    # by a sum the heavier criterion costs more: 0.9 x 0.1 against 0.1 x 0.8
    assert s.score_sites(one([0, 0], criteria=criteria), site).iloc[0]["limiting"] == "a"


def test_land_without_a_score_is_not_free():
    bits = np.array([[0, 0, 1, 1]], np.uint64)
    grid = Grid("EPSG:3006", 100.0, 0.0, 100.0, (1, 4))
    known = np.array([[True, False, True, False]])
    row = s.legal_hectares(bits, [s.Constraint("a", None)], grid, known=known).iloc[0]
    assert row.tolist() == [2.0, 0.0, 0.0, 1.0, 1.0]


def test_no_feature_within_the_grid_is_found():
    r = one([0, 0], criteria=[s.Criterion("port", frame(shapely.Point(9_999, 9_999)), s.value.linear(5_000, 0), 1.0)])
    assert [(f.kind, f.name) for f in r.findings] == [("none_near", "port")]


def test_a_distance_sees_what_lies_outside_the_grid_as_far_as_its_score_changes():
    # turned, so that no row or column is whole; a lake with a hole, lines that enter and pass by, points all around
    lines = [shapely.LineString([(-3_000, -900), (300, 200), (2_600, 4_000)]), shapely.LineString([(-900, 1_300), (5_000, 1_313)])]
    lake = shapely.affinity.rotate(shapely.Polygon(shapely.box(2_900, -1_400, 3_700, -200).exterior, [shapely.box(3_000, -1_000, 3_500, -700).exterior]), 33)
    points = [shapely.Point(-2_003, 517), shapely.Point(900, -2_501), shapely.Point(3_333, 2_222), shapely.Point(900, 30_000)]
    small = Grid.cover((0, 0, 2_000, 1_000), cell_m=50, crs="EPSG:3006")
    big = Grid.cover((-6_000, -6_000, 8_000, 7_000), cell_m=50, crs="EPSG:3006")
    rows, cols = slice(120, 140), slice(120, 160)
    for layer in (frame(*points), frame(lake), frame(*lines), frame(lake, *lines, *points)):
        for reach in (700, 2_500, 5_000):
            value = s.value.piecewise([(0, 1), (reach / 3, 0.4), (reach, 0)])
            criteria = [s.Criterion("far", layer, value, 1.0)]
            got, want = s.evaluate(small, [], criteria), s.evaluate(big, [], criteria)
            assert np.array_equal(got.score, want.score[rows, cols])
            seen = want.values[0, rows, cols] <= reach
            assert np.array_equal(got.values[0][seen], want.values[0, rows, cols][seen])
    # a function of one's own may change anywhere
    own = s.evaluate(small, [], [s.Criterion("far", frame(shapely.Point(903, 30_010)), lambda v: np.clip(v / 40_000, 0, 1).astype(np.float32), 1.0)])
    assert own.values[0, 0, 18] == pytest.approx(29_050)


def test_a_bow_tie_is_mended_before_its_setback():
    bow = frame(shapely.Polygon([(500, 200), (700, 400), (700, 200), (500, 400)]))
    grid = Grid.cover((0, 0, 2_000, 1_000), cell_m=10, crs="EPSG:3006")
    bare, near = s.burning.burn(bow, grid), s.burning.setback(bow, grid, 0.01)
    assert near.sum() >= bare.sum() > 200
    assert not (bare & ~near).any()
    card = s.score_sites(evaluate(), bow).iloc[0]
    assert card["absolute_ha"] + card["dispensation_ha"] + card["weigh_ha"] + card["free_ha"] + card["off_grid_ha"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"kind": {"min": 3}}, "test: column 'kind' holds .* cannot be held against {'min': 3}"),
        ({"area_ha": {"min": "x"}}, "cannot be held against {'min': 'x'}"),
        ({"area_ha": {"mx": 3}}, "the filter on 'area_ha' has 'mx', which says nothing; use min, max"),
    ],
)
def test_a_filter_that_cannot_be_asked_is_refused(where, words):
    with pytest.raises(LayerError, match=words):
        matches(pd.DataFrame({"kind": ["a", "b"], "area_ha": [1.0, 4.0]}), where, name="test")


def test_words_and_numbers_that_mean_nothing_are_refused():
    value, one = s.value.linear(0, 1), np.zeros(GRID.shape, np.float32)
    good = s.Criterion("x", one, value, 1.0)
    for wrong, words in (
        (s.Constraint("a", LAKE, hardness="hard"), "constraint 'a': hardness 'hard' is not known; use 'absolute'"),
        (s.Constraint("a", LAKE, unknown="worst"), "constraint 'a': unknown 'worst'"),
        (s.Constraint("a", None), "constraint 'a' has no layer"),
        (s.Constraint("a", one > 0, within_m=-5), "within_m must be 0 m or more and finite, got -5"),
        (s.Constraint("a", one > 0, within_m=float("nan")), "within_m must be 0 m or more and finite, got nan"),
    ):
        with pytest.raises(PlanError, match=words):
            s.evaluate(GRID, [wrong], [good])
    with pytest.raises(PlanError, match="criterion 'x': unknown 'foo' is not known; use 'exclude'"):
        s.evaluate(GRID, [], [replace(good, unknown="foo")])
    with pytest.raises(PlanError, match="weights must be 0 or more"):
        s.evaluate(GRID, [], [replace(good, weight=float("nan"))])
    with pytest.raises(LayerError, match="criterion 'x': values are int64; give them as one of float32"):
        s.evaluate(GRID, [], [replace(good, source=np.zeros(GRID.shape, np.int64))])
    with pytest.raises(CRSError, match="the grid of suitability is in EPSG:4326"):
        s.evaluate(Grid("EPSG:4326", 0.01, 17.0, 62.0, (3, 3)), [], [good])
    with pytest.raises(PlanError, match="level must be a height in metres, got nan"):
        s.pad(np.ones((2, 2)), np.ones((2, 2)), 10.0, swell=1.2, compaction=1.2, level=float("nan"))
    for rows in ([[1, "many"], [1, 1]], [[1, 2], [0.5]]):
        with pytest.raises(PlanError, match="must be numbers"):
            s.ahp(rows)
