"""Cost distance: closed forms, the twin, the way back, barriers, slopes, and both queues."""

from __future__ import annotations

import math
import os
from itertools import pairwise

import numpy as np
import pytest

from landplan.kernels import _front, cost
from landplan.kernels.cost import STEPS, Slope
from tests import reference

RNG = np.random.default_rng(17)
big = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="too large to run uncompiled")


@pytest.fixture(params=["buckets", "heap"])
def queue(request, monkeypatch):
    """Both queues: a ring of hardly any buckets is never enough."""
    if request.param == "heap":
        monkeypatch.setattr(cost, "_MOST_BUCKETS", 1)


def _land(shape=(9, 11)):
    """Uneven ground with a wall, some unknown cells and three sources."""
    ground = np.exp(RNG.normal(0, 1, shape))
    ground[2:7, 5] = np.inf
    ground[RNG.random(shape) < 0.08] = np.nan
    labels = np.zeros(shape, np.int32)
    labels[0, 0], labels[8, 3], labels[4, 9] = 4, 9, 2
    ground[labels > 0] = 1.0
    return ground, labels


def _walk_back(direction, r, c):
    """Cells of the way back from a cell to its source."""
    way = [(r, c)]
    while direction[r, c]:
        step = STEPS[direction[r, c]]
        r, c = r + int(step[0]), c + int(step[1])
        way.append((r, c))
        assert len(way) < direction.size
    return way


def _steps_cost(way, ground, cell):
    total = 0.0
    for (r, c), (y, x) in pairwise(way):
        crossed = [ground[r, c], ground[y, x]]
        if abs(y - r) + abs(x - c) == 3:
            a, b = (y - r) / 2, (x - c) / 2
            crossed += [ground[r + int(a), c + int(b)], ground[y - int(a), x - int(b)]]
        total += math.hypot(y - r, x - c) * cell * np.mean(crossed)
    return total


@pytest.mark.parametrize("neighbours", [8, 16])
@pytest.mark.usefixtures("queue")
def test_even_ground_is_the_octile_distance(neighbours):
    ground, start = np.full((9, 12), 2.0), np.zeros((9, 12), bool)
    start[3, 4] = True
    there, _ = cost.accumulate(ground, start, 10.0, neighbours)
    rows, cols = np.abs(np.indices(ground.shape) - np.array([3, 4]).reshape(2, 1, 1))
    long, short = np.maximum(rows, cols), np.minimum(rows, cols)
    if neighbours == 8:
        want = (long - short) + math.sqrt(2) * short
    else:
        knight = np.minimum(long - short, short)
        want = math.sqrt(5) * knight + np.where(long > 2 * short, long - 2 * short, math.sqrt(2) * (short - knight))
    assert there == pytest.approx(20.0 * want, rel=1e-12)


@pytest.mark.parametrize("neighbours", [8, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.usefixtures("queue")
def test_uneven_ground_equals_the_twin_and_the_way_back_costs_what_is_said(neighbours, dtype):
    ground, labels = _land()
    ground = ground.astype(dtype)
    before = ground.copy()
    there, direction, label = cost.allocate(ground, labels, 25.0, neighbours)
    want = reference.cost_distance(ground.astype(float), labels > 0, 25.0, neighbours)
    assert there == pytest.approx(want, rel=1e-12, nan_ok=True)
    assert np.array_equal(ground, before, equal_nan=True)
    again = cost.accumulate(ground, labels > 0, 25.0, neighbours)
    assert np.array_equal(again[0], there, equal_nan=True)
    assert (again[1] == direction).all()
    for r, c in np.ndindex(there.shape):
        if np.isfinite(there[r, c]):
            way = _walk_back(direction, r, c)
            assert labels[way[-1]] == label[r, c]
            assert _steps_cost(way, ground.astype(float), 25.0) == pytest.approx(there[r, c], rel=1e-12)
        else:
            assert direction[r, c] == 255
            assert label[r, c] == 0


def test_a_boolean_source_is_labelled_by_its_cell():
    start = np.zeros((3, 4), bool)
    start[0, 1] = start[2, 3] = True
    label = cost.allocate(np.ones((3, 4)), start, 1.0)[2]
    assert label[0, 0] == 2
    assert label[2, 2] == 12


def test_a_knight_does_not_jump_a_wall_nor_cut_a_corner():
    ground = np.ones((3, 5))
    ground[:, 2] = np.inf
    start = np.zeros(ground.shape, bool)
    start[1, 0] = True
    there, direction = cost.accumulate(ground, start, 1.0, 16)
    assert np.isinf(there[:, 2:]).all()
    assert (direction[:, 2:] == 255).all()
    corner = np.ones((2, 3))
    corner[0, 1] = np.nan
    begin = np.eye(2, 3, dtype=bool) & (np.arange(3) == 0)
    there, _ = cost.accumulate(corner, begin, 1.0, 16)
    assert there[1, 2] == pytest.approx(1 + math.sqrt(2))  # not sqrt 5: one of the four cells is unknown
    assert np.isnan(there[0, 1])


def test_sources_in_barriers_and_without_data_begin_nothing():
    ground = np.array([[np.inf, 1.0, np.nan, 1.0]])
    there, direction = cost.accumulate(ground, np.array([[1, 0, 1, 0]]), 1.0)
    assert np.isinf(there[0, [0, 1, 3]]).all()
    assert np.isnan(there[0, 2])
    assert (direction == 255).all()
    nothing = cost.allocate(np.ones((2, 2)), np.zeros((2, 2), bool), 1.0)
    assert np.isinf(nothing[0]).all()
    assert not nothing[2].any()


@pytest.mark.usefixtures("queue")
def test_cells_that_cost_more_than_the_most_are_not_reached():
    ground, labels = _land()
    there, _ = cost.accumulate(ground, labels, 10.0)
    limit = float(np.median(there[np.isfinite(there)]))
    cut, direction = cost.accumulate(ground, labels, 10.0, max_cost=limit)
    assert np.array_equal(cut, np.where(there > limit, np.inf, there), equal_nan=True)
    assert ((direction == 255) == ~np.isfinite(cut)).all()


def _tobler(grade):
    return math.exp(3.5 * (abs(grade + 0.05) - 0.05))


VEHICLE = Slope([-0.3, -0.1, 0.0, 0.12], [2.0, 0.8, 1.0, 4.0])


def _vehicle(grade):
    return float(np.interp(grade, VEHICLE.grades, VEHICLE.factors)) if -0.3 <= grade <= 0.12 else math.inf


@pytest.mark.parametrize("neighbours", [8, 16])
@pytest.mark.parametrize("towards", [False, True])
@pytest.mark.usefixtures("queue")
def test_slopes_equal_the_twin_whichever_way_one_goes(neighbours, towards):
    ground, labels = _land()
    height = RNG.normal(0, 6, ground.shape)
    height[5, 2] = np.nan
    for given, factor in (("tobler", _tobler), (VEHICLE, _vehicle)):
        there, _ = cost.accumulate(
            ground, labels, 25.0, neighbours, elevation_m=height, slope_cost=given, towards_sources=towards
        )
        passable = np.where(np.isnan(height), np.nan, ground)
        want = reference.cost_distance(passable, labels > 0, 25.0, neighbours, height, factor, towards)
        assert there[~np.isnan(height)] == pytest.approx(want[~np.isnan(height)], rel=1e-12, nan_ok=True)
        assert not np.isfinite(there[5, 2])


def test_downhill_is_quicker_than_uphill_and_level_ground_is_as_before():
    ground, start = np.ones((1, 6)), np.array([[1, 0, 0, 0, 0, 0]])
    level, _ = cost.accumulate(ground, start, 10.0, elevation_m=np.zeros((1, 6)), slope_cost="tobler")
    assert level == pytest.approx(cost.accumulate(ground, start, 10.0)[0], rel=1e-15)
    down = -0.5 * np.arange(6.0).reshape(1, 6)
    away, _ = cost.accumulate(ground, start, 10.0, elevation_m=down, slope_cost="tobler")
    home, _ = cost.accumulate(ground, start, 10.0, elevation_m=down, slope_cost="tobler", towards_sources=True)
    assert away[0, -1] == pytest.approx(50 * math.exp(-3.5 * 0.05))
    assert home[0, -1] == pytest.approx(50 * math.exp(3.5 * 0.05))
    # the table is the formula at its points
    table, _ = cost.accumulate(ground, start, 10.0, elevation_m=down, slope_cost=cost.walking())
    assert table == pytest.approx(away, rel=1e-12)


def test_a_grade_beyond_the_table_cannot_be_taken():
    height = np.array([[0.0, 0.9, 3.0]])
    there, _ = cost.accumulate(np.ones((1, 3)), np.array([[1, 0, 0]]), 10.0, elevation_m=height, slope_cost=Slope([-0.1, 0.1], [1, 1]))
    assert there.tolist() == [[0.0, 10.0, math.inf]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost_per_m": np.array([[1.0, 0.0]])}, r"1 cells are not, the first at row 0, column 1 with 0\.0"),
        ({"cost_per_m": np.array([[-np.inf, 1.0]])}, "above 0"),
        ({"cell_m": 0.0}, "cell above 0"),
        ({"neighbours": 4}, "8 or 16"),
        ({"sources": np.ones((2, 2), bool)}, "one 2-D shape"),
        ({"sources": np.array([[0.5, 0.0]])}, "boolean or whole"),
        ({"max_cost": -1.0}, "max_cost"),
        ({"slope_cost": "tobler"}, "go together"),
        ({"elevation_m": np.zeros((1, 2)), "slope_cost": "naismith"}, "tobler"),
        ({"elevation_m": np.zeros((2, 2)), "slope_cost": "tobler"}, "elevation_m"),
        ({"elevation_m": np.zeros((1, 2)), "slope_cost": Slope([0.1, 0.0], [1, 1])}, "rising"),
        ({"elevation_m": np.zeros((1, 2)), "slope_cost": Slope([0.0, 0.1], [1, 0])}, "above 0"),
    ],
)
def test_cost_refuses(change, message):
    given = {"cost_per_m": np.ones((1, 2)), "sources": np.array([[True, False]]), "cell_m": 10.0} | change
    with pytest.raises(ValueError, match=message):
        cost.accumulate(given.pop("cost_per_m"), given.pop("sources"), given.pop("cell_m"), **given)


def test_walking_refuses():
    with pytest.raises(ValueError, match="steepest"):
        cost.walking(0.01)


@big
@pytest.mark.parametrize("ratio", [1.0, 30.0, 1e4, 1e8])
@pytest.mark.parametrize("neighbours", [8, 16])
def test_any_ratio_of_costs_equals_scipys_dijkstra(ratio, neighbours):
    """The last ratio is beyond the buckets and goes by the heap."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    rows, cols = 130, 170
    ground = np.exp(RNG.random((rows, cols)) * math.log(ratio))
    ground[40:90, 60] = np.inf
    start = np.zeros(ground.shape, bool)
    start[[5, 100], [9, 150]] = True
    at = np.arange(rows * cols).reshape(rows, cols)
    tails, heads, costs = [], [], []
    for dr, dc in STEPS[1 : neighbours // 2 + 1] if neighbours == 8 else STEPS[1:]:
        r, c = np.mgrid[max(0, -dr) : rows - max(0, dr), max(0, -dc) : cols - max(0, dc)]
        crossed = [ground[r, c], ground[r + dr, c + dc]]
        if abs(dr) + abs(dc) == 3:
            a, b = int(dr / 2), int(dc / 2)
            crossed += [ground[r + a, c + b], ground[r + dr - a, c + dc - b]]
        step = np.mean(crossed, axis=0) * math.hypot(dr, dc)
        ok = np.isfinite(step)
        tails.append(at[r, c][ok])
        heads.append(at[r + dr, c + dc][ok])
        costs.append(step[ok])
    if neighbours == 8:  # the other half of the steps are the same ones backwards
        tails, heads, costs = tails + heads, heads + tails, costs + costs
    graph = coo_array((np.concatenate(costs), (np.concatenate(tails), np.concatenate(heads))), shape=(at.size, at.size)).tocsr()
    want = dijkstra(graph, indices=at[start], min_only=True).reshape(rows, cols)
    there, _ = cost.accumulate(ground, start, 1.0, neighbours)
    assert there == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("owned", [False, True])
def test_more_blocks_are_taken_when_the_front_is_long_and_nothing_is_lost(owned, monkeypatch):
    """Sources everywhere: the first buckets hold more cells than blocks were made for."""
    shape = (40, 50) if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0") else (300, 400)
    ground = np.exp(RNG.random(shape) * 3)
    start = RNG.random(shape) < 0.3
    calls = []

    def counted(*args):
        calls.append(args[-1].copy())
        return by_buckets(*args)

    by_buckets = _front._by_buckets
    monkeypatch.setattr(_front, "_by_buckets", counted)
    reach = cost.allocate if owned else cost.accumulate
    found = reach(ground, start, 10.0)
    monkeypatch.setattr(cost, "_MOST_BUCKETS", 1)
    by_heap = reach(ground, start, 10.0)
    assert (found[0] == by_heap[0]).all()
    if owned:
        assert ((found[2] != by_heap[2]).mean()) < 1e-3, "only where two sources are equally near"
    if shape == (300, 400):
        assert len(calls) > 1
        assert [int(s[0]) for s in calls] == sorted(int(s[0]) for s in calls), "it goes on where it stopped"


@big
@pytest.mark.parametrize("ratio", [10.0, 1e4])
def test_any_ratio_of_costs_equals_scikit_images(ratio):
    from skimage.graph import MCP_Geometric

    ground = np.exp(RNG.random((160, 140)) * math.log(ratio))
    start = np.zeros(ground.shape, bool)
    start[80, 70] = True
    want, _ = MCP_Geometric(ground).find_costs(np.argwhere(start))
    assert cost.accumulate(ground, start, 1.0)[0] == pytest.approx(want, rel=1e-9)
