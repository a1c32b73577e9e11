"""Suitability: masks, scores, reasons, ledger, candidate sites, score cards' arithmetic."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

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


def test_only_inside_turns_a_constraint_around():
    r = s.evaluate(GRID, [s.Constraint("only", PARK, only_inside=True)], [s.Criterion("road", ROAD, s.value.linear(500, 0), 1.0)])
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
