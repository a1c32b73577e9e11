"""Kernels against their plain twins, also undecorated, also with NUMBA_DISABLE_JIT=1."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from landplan.kernels import components, distance, field, measures, overlay, regions, search, terrain
from tests import reference

RNG = np.random.default_rng(3)
big = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="too large to run uncompiled")
MASKS = {
    "sparse": RNG.random((13, 17)) < 0.08,
    "dense": RNG.random((9, 11)) < 0.6,
    "row": RNG.random((1, 14)) < 0.3,
    "column": RNG.random((14, 1)) < 0.3,
    "none": np.zeros((4, 5), bool),
    "all": np.ones((4, 5), bool),
    "corner": np.eye(1, 30, dtype=bool).reshape(5, 6),
}


@pytest.mark.parametrize("name", MASKS)
def test_distance_is_exact(name):
    mask = MASKS[name]
    before = mask.copy()
    assert (distance.squared_cells(mask) == reference.squared_distance(mask)).all()
    assert (mask == before).all()
    metres = distance.euclidean(mask, 25.0)
    if mask.any():
        assert (distance.euclidean(mask, 1.0) == ndimage.distance_transform_edt(~mask)).all()
    else:
        assert np.isinf(metres).all()


def test_distance_is_a_circle_and_not_a_diamond():
    mask = np.zeros((201, 201), bool)
    mask[100, 100] = True
    within = distance.euclidean(mask, 10.0) <= 500.0
    rows, cols = np.indices(mask.shape)
    assert (within == (np.hypot(rows - 100, cols - 100) * 10.0 <= 500.0)).all()
    assert within[100, 150]
    assert not within[100, 151]
    assert within[135, 135]  # a diamond of 50 steps would stop at 25


def test_distance_where_float32_squares_fail():
    mask = np.zeros((1, 9_000), bool)
    mask[0, 0] = True
    assert distance.euclidean(mask, 1.0)[0, -1] == 8_999.0


@pytest.mark.parametrize("name", MASKS)
def test_nearest_source_is_at_the_stated_distance(name):
    mask = MASKS[name]
    metres, label = distance.nearest(mask, 1.0)
    assert (metres == distance.euclidean(mask, 1.0)).all()
    if not mask.any():
        assert (label == 0).all()
        return
    row, col = np.divmod(label - 1, mask.shape[1])
    assert mask[row, col].all()
    rows, cols = np.indices(mask.shape)
    assert np.allclose(np.hypot(rows - row, cols - col), metres, rtol=1e-12)


def test_distance_refuses_a_cell_of_nothing():
    with pytest.raises(ValueError, match="cell above 0"):
        distance.euclidean(MASKS["all"], 0.0)


@pytest.mark.parametrize("neighbours", [4, 8])
@pytest.mark.parametrize("name", MASKS)
def test_components_equal_flood_fill(name, neighbours):
    mask = MASKS[name]
    labels, table = components.label(mask, neighbours)
    expected = reference.components(mask, neighbours)
    assert (labels == expected).all()
    for k in range(1, expected.max() + 1):
        cells = expected == k
        assert table.area_cells[k - 1] == cells.sum()
        padded = np.pad(cells, 1)
        edges = sum((padded & ~np.roll(padded, s, axis=a)).sum() for a in (0, 1) for s in (1, -1))
        assert table.perimeter_edges[k - 1] == edges
        r, c = np.nonzero(cells)
        assert table.bbox[k - 1].tolist() == [r.min(), c.min(), r.max() + 1, c.max() + 1]


def test_components_of_a_spiral_are_one():
    spiral = np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 1], [1, 1, 1, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]], bool)
    labels, table = components.label(spiral)
    assert labels.max() == 1
    assert table.area_cells.tolist() == [spiral.sum()]


def test_overlay_equals_its_twin():
    scores = RNG.random((3, 6, 7)).astype(np.float32)
    scores[1, 2, 3] = np.nan
    weights = np.array([0.5, 0.3, 0.2])
    score, _, limiting, _ = overlay.combine(list(scores), [overlay.Table("identity")] * len(scores), weights)
    want, want_limiting = reference.weighted_sum(scores, weights)
    assert np.allclose(score, want, rtol=1e-6, equal_nan=True)
    assert (limiting == want_limiting).all()
    assert np.isnan(score[2, 3])
    assert limiting[2, 3] == 255


def test_slope_of_a_tilted_plane_and_of_noise():
    rows, cols = np.indices((8, 9)).astype(np.float32)
    plane = 3.0 * cols + 4.0 * rows
    slope = terrain.slope_percent(plane, 10.0)
    assert np.allclose(slope[1:-1, 1:-1], 50.0)
    assert np.isnan(slope[0]).all()
    assert np.isnan(slope[:, -1]).all()
    noise = RNG.random((8, 9)).astype(np.float32)
    noise[4, 4] = np.nan
    got, want = terrain.slope_percent(noise, 10.0), reference.slope_percent(noise, 10.0)
    assert (np.isnan(got) == np.isnan(want)).all()
    assert np.allclose(got, want, rtol=1e-5, equal_nan=True)


def _graph(nodes, arcs, *, high=900):
    tail, head = RNG.integers(0, nodes, arcs), RNG.integers(0, nodes, arcs)
    order = np.argsort(tail, kind="stable")
    indptr = np.searchsorted(tail[order], np.arange(nodes + 1)).astype(np.int32)
    return indptr, head[order].astype(np.int32), RNG.integers(0, high, arcs).astype(np.int32)


@pytest.mark.parametrize("seeds", [[(3, 0)], [(3, 0), (7, 4_000)], [(1, 50), (1, 20), (2, 20)]])
@pytest.mark.parametrize("cutoff", [search.UNREACHED - 1, 700])
def test_search_equals_dijkstra(seeds, cutoff):
    indptr, head, weight = _graph(60, 170)
    nodes = np.array([n for n, _ in seeds], np.int32)
    costs = np.array([c for _, c in seeds], np.int64)
    got = search.trees(indptr, head, weight, np.array([0, len(seeds)]), nodes, costs, cutoff_ds=cutoff)[0]
    want = reference.shortest(indptr, head, weight, seeds, cutoff)
    assert [float("inf") if d == search.UNREACHED else d for d in got] == want


def test_search_on_a_lattice_reaches_the_diamond():
    """On a lattice of one-minute blocks, k minutes reach 2k^2 + 2k + 1 corners."""
    side, k = 21, 7
    ids = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.c_[ids[:, :-1].ravel(), ids[:, 1:].ravel()], np.c_[ids[:-1].ravel(), ids[1:].ravel()]])
    tail, head = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.lexsort((head, tail))
    indptr = np.searchsorted(tail[order], np.arange(side * side + 1))
    ds = search.trees(
        indptr, head[order], np.full(tail.size, 600), np.array([0, 1]), np.array([ids[10, 10]]), np.zeros(1, np.int64)
    )[0]
    assert (ds <= k * 600).sum() == 2 * k * k + 2 * k + 1


def _within(indptr, head, weight, values, cutoff):
    """Sums over trees, each added one by one in the order of the nodes' numbers."""
    nodes = np.arange(indptr.size - 1)
    ds = search.trees(indptr, head, weight, np.arange(nodes.size + 1), nodes, np.zeros(nodes.size, np.int64), cutoff_ds=cutoff)
    return np.cumsum(np.where(ds <= cutoff, values, 0.0), axis=1)[:, -1]


@pytest.mark.parametrize(
    ("nodes", "arcs", "high", "cutoff"),
    [
        (1, 0, 9, 0),
        (64, 200, 900, 1_500),
        (65, 30, 900, 1_500),  # mostly disconnected
        (150, 330, 900, 700),
        (150, 330, 900, 36_000),
        (150, 330, 40_000, 36_000),
        (150, 330, 150_000, 36_000),  # arcs longer than 16 bits
        (130, 400, 2, 0),  # ties: many arcs take no time
        (130, 400, 3, 1),
        (20, 900, 60, 40),  # parallel arcs and loops
    ],
)
def test_sums_within_reach_are_sums_over_trees_to_the_bit(nodes, arcs, high, cutoff):
    indptr, head, weight = _graph(nodes, arcs, high=high)
    values = RNG.normal(0, 1e3, nodes)
    got = search.reachable_sum(indptr, head, weight, values, cutoff_ds=cutoff)
    assert got.tobytes() == _within(indptr, head, weight, values, cutoff).tobytes()


def test_sums_within_reach_do_not_pass_a_closed_arc():
    indptr, head, weight = _graph(90, 260)
    values = RNG.integers(0, 50, 90).astype(float)
    closed = RNG.random(260) < 0.3
    tail = np.repeat(np.arange(90), np.diff(indptr))[~closed]
    want = _within(np.searchsorted(tail, np.arange(91)), head[~closed], weight[~closed], values, 1_800)
    weight[closed] = search.UNREACHED
    assert search.reachable_sum(indptr, head, weight, values, cutoff_ds=1_800).tolist() == want.tolist()


def test_nothing_is_within_reach_of_no_nodes():
    none = np.zeros(0, np.int32)
    assert search.reachable_sum(np.zeros(1, np.int32), none, none, np.zeros(0), cutoff_ds=5).size == 0


@big
def test_sums_within_reach_of_many_nodes_on_any_number_of_threads():
    """More nodes than a thread makes room for at first, along a line and in any order."""
    nodes, cutoff = 9_000, 5_000
    here, there = np.arange(nodes - 1), np.arange(1, nodes)
    for name in (np.arange(nodes), RNG.permutation(nodes)):
        tail, head = name[np.r_[here, there]], name[np.r_[there, here]]
        by = np.argsort(tail, kind="stable")
        indptr = np.searchsorted(tail[by], np.arange(nodes + 1))
        found = {
            search.reachable_sum(indptr, head[by], np.ones(by.size), np.ones(nodes), cutoff_ds=cutoff, threads=threads).tobytes()
            for threads in (None, 1, 2, 3)
        }
        assert len(found) == 1
        at = np.arange(nodes)
        want = np.minimum(at + cutoff, nodes - 1) - np.maximum(at - cutoff, 0) + 1
        assert (np.frombuffer(found.pop())[name] == want).all()


@pytest.mark.parametrize(("cutoff", "weight", "message"), [(36_001, 5, "cutoff_ds"), (-1, 5, "cutoff_ds"), (10, -5, "arc weights")])
def test_sums_within_reach_refuse(cutoff, weight, message):
    with pytest.raises(ValueError, match=message):
        search.reachable_sum(np.array([0, 1, 1]), np.array([1]), np.array([weight]), np.ones(2), cutoff_ds=cutoff)


def test_search_refuses_negative_times():
    with pytest.raises(ValueError, match="arc weights"):
        search.trees(np.array([0, 1, 1]), np.array([1]), np.array([-5]), np.array([0, 1]), np.array([0]), np.array([0]))


@pytest.mark.parametrize("walled", [False, True])
def test_access_field_equals_its_twin(walled):
    x, y = RNG.uniform(0, 200, 12), RNG.uniform(0, 160, 12)
    minutes = RNG.uniform(0, 3, 12)
    barrier = None
    if walled:
        barrier = np.zeros((8, 10), bool)
        barrier[:, 5] = True
    got = field.access_field(
        x, y, minutes, shape=(8, 10), cell_m=20.0, reach_m=90.0, speed_kmh=5.0, latest_min=4.0, barrier=barrier
    )
    want = reference.access_field(x, y, minutes, (8, 10), 20.0, 90.0, 5.0, 4.0, barrier)
    assert (np.isfinite(got) == np.isfinite(want)).all()
    assert np.allclose(got[np.isfinite(got)], want[np.isfinite(want)], rtol=1e-5)


def test_a_crowded_access_field_equals_its_twin():
    """Many roads of very different times, so that rings are cut short early and late."""
    x, y = RNG.uniform(0, 340, 300), RNG.uniform(0, 500, 300)
    minutes = np.where(RNG.random(300) < 0.5, RNG.uniform(0, 2, 300), RNG.uniform(8, 30, 300))
    got = field.access_field(x, y, minutes, shape=(25, 30), cell_m=20.0, reach_m=210.0, speed_kmh=5.0, latest_min=20.0)
    want = reference.access_field(x, y, minutes, (25, 30), 20.0, 210.0, 5.0, 20.0)
    assert (np.isfinite(got) == np.isfinite(want)).all()
    assert np.allclose(got[np.isfinite(got)], want[np.isfinite(want)], rtol=1e-6)
    assert np.isinf(got).any()


def test_places_along_lines_equal_shapelys():
    import shapely

    lines = [shapely.LineString(RNG.uniform(0, 300, (k, 2))) for k in (2, 3, 7)]
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    length = shapely.length(np.array(lines))
    ends = tuple(RNG.uniform(1, 5, 3) for _ in range(4))
    x, y, minutes, line, share, stands = field.samples(np.searchsorted(owner, np.arange(4)), xy, length, ends, step_m=25.0)
    assert np.bincount(line).tolist() == np.ceil(length / 25).tolist()
    assert np.bincount(line, weights=stands) == pytest.approx(length)
    want = shapely.line_interpolate_point(np.array(lines)[line], share, normalized=True)
    assert np.hypot(x - shapely.get_x(want), y - shapely.get_y(want)).max() < 1e-9
    at_u, cost_u, at_v, cost_v = (e[line] for e in ends)
    assert minutes == pytest.approx(np.minimum(at_u + share * cost_u, at_v + (1 - share) * cost_v))


def test_inside_a_level_is_inside_the_polygon_that_contourpy_draws():
    import contourpy
    import shapely

    values = RNG.uniform(0, 10, (30, 40))
    values[5:20, 10:30] = RNG.uniform(0, 3, (15, 20))
    x, y = RNG.uniform(0, 400, 4_000), RNG.uniform(0, 300, 4_000)
    made = contourpy.contour_generator(10 * (np.arange(40) + 0.5), 10 * (np.arange(30) + 0.5), values, name="serial", fill_type="OuterOffset")
    for level in (2.0, 5.0, 8.0):
        points, offsets = made.filled(-1.0, level)
        parts = [shapely.Polygon(p[o[0] : o[1]], [p[a:b] for a, b in pairwise(o[1:])]) for p, o in zip(points, offsets, strict=True)]
        want = shapely.contains_xy(shapely.union_all(shapely.make_valid(parts)), x, y)
        assert (field.within(values, level, x, y, cell_m=10.0) == want).all()


def test_a_walk_does_not_jump_a_strait():
    barrier = np.zeros((3, 9), bool)
    barrier[:, 4] = True
    one = np.array([5.0])
    got = field.access_field(
        one, np.array([15.0]), np.zeros(1), shape=(3, 9), cell_m=10.0, reach_m=500.0, speed_kmh=5.0, latest_min=60.0, barrier=barrier
    )
    assert np.isfinite(got[:, :4]).all()
    assert np.isinf(got[:, 4:]).all()


def test_measures_count_inclusively_and_find_the_nth():
    indptr, dest = np.array([0, 3, 3]), np.array([0, 1, 2], np.int32)
    cost = np.array([5.0, 10.0, 15.0], np.float32)
    amounts = np.array([1.0, 20.0, 300.0])
    reached = measures.reached_within(indptr, dest, cost, amounts, np.array([4.0, 10.0, 15.0]))
    assert reached.tolist() == [[0.0, 21.0, 321.0], [0.0, 0.0, 0.0]]
    assert measures.closest(indptr, dest, cost, np.array([0.0, 1.0, 1.0]), 2).tolist() == [15.0, np.inf]


def test_growth_is_contiguous_and_stays_on_allowed_land():
    score = RNG.random((20, 20)).astype(np.float32)
    allowed = RNG.random((20, 20)) < 0.8
    allowed[10, 10] = True
    rows, cols = regions.grow(score, allowed, (10, 10), cells=60)
    grown = np.zeros_like(allowed)
    grown[rows, cols] = True
    assert rows.size == grown.sum() <= 60
    assert (grown & ~allowed).sum() == 0
    assert reference.components(grown, 4).max() == 1


def test_growth_stops_when_the_land_runs_out():
    allowed = np.zeros((5, 5), bool)
    allowed[2, 1:4] = True
    rows, _ = regions.grow(np.ones((5, 5), np.float32), allowed, (2, 2), cells=25)
    assert rows.size == 3


def test_threads_do_not_change_the_bits():
    import numba

    mask = RNG.random((80, 90)) < 0.01
    indptr, head, weight = _graph(200, 600)
    before = numba.get_num_threads()
    results = []
    for threads in {1, before}:
        numba.set_num_threads(threads)
        results.append(
            (
                distance.euclidean(mask, 10.0).tobytes(),
                search.trees(indptr, head, weight, np.arange(9), np.arange(8, dtype=np.int32), np.zeros(8, np.int64)).tobytes(),
            )
        )
    numba.set_num_threads(before)
    assert len(set(results)) == 1
