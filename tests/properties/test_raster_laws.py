"""Laws of the raster kernels, whatever the input: turning the map, renaming, scaling and cutting change nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from landplan.kernels import components, cost, distance, overlay, terrain
from landplan.kernels.overlay import Table

laws = settings(deadline=None, derandomize=True, max_examples=40)
shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
masks = hnp.arrays(np.bool_, shapes)
# whole steps of 1/64: sums and differences of few of them are exact
scores = st.integers(0, 64).map(lambda n: n / 64)


def turned():
    """The eight ways to lay a map."""
    for k in range(4):
        yield lambda a, k=k: np.ascontiguousarray(np.rot90(a, k))
        yield lambda a, k=k: np.ascontiguousarray(np.rot90(a, k)[:, ::-1])


# ---------------------------------------------------------------- distance and regions


@laws
@given(masks, st.floats(0, 12))
def test_distance_turns_with_the_map_and_setbacks_are_thresholds(mask, far):
    metres = distance.euclidean(mask, 1.0)
    for turn in turned():
        assert (distance.euclidean(turn(mask), 1.0) == turn(metres)).all()
    assert (distance.within(mask, 1.0, far) == (metres <= far)).all()
    assert (distance.metres(mask, 3.0) == distance.euclidean(mask, 3.0).astype(np.float32)).all()


@laws
@given(masks, masks, st.floats(0, 9), st.floats(0, 9))
def test_wider_setbacks_and_more_targets_never_cover_less(mask, more, a, b):
    near, wide = (distance.within(mask, 1.0, f) for f in sorted((a, b)))
    assert (wide | ~near).all()
    assert (near | ~mask).all()
    if more.shape == mask.shape:
        both = distance.euclidean(mask | more, 1.0)
        assert (both == np.minimum(distance.euclidean(mask, 1.0), distance.euclidean(more, 1.0))).all()


@laws
@given(masks, st.sampled_from([4, 8]), st.integers(1, 5))
def test_regions_share_out_the_mask_and_strips_change_nothing(mask, neighbours, rows):
    labels, table = components.label(mask, neighbours)
    assert ((labels > 0) == mask).all()
    assert table.area_cells.sum() == mask.sum()
    assert labels.max(initial=0) == table.area_cells.size
    # numbered in reading order
    first = [np.flatnonzero(labels == k)[0] for k in range(1, table.area_cells.size + 1)]
    assert first == sorted(first)
    out = np.empty(mask.shape, np.int32)
    again = components.label_strips(mask, out, neighbours, rows_at_once=rows)
    assert (out == labels).all()
    assert all((a == b).all() for a, b in zip(table, again, strict=True))
    # however the map lies, as many regions of the same sizes and outlines
    for turn in turned():
        other = components.label(turn(mask), neighbours)[1]
        assert sorted(other.area_cells) == sorted(table.area_cells)
        assert sorted(other.perimeter_edges) == sorted(table.perimeter_edges)


@laws
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=6), elements=st.integers(0, 60).map(float)))
def test_slope_does_not_know_where_north_is_nor_how_high_the_sea_is(height):
    slope = terrain.slope_percent(height, 10.0)
    assert np.array_equal(terrain.slope_percent(height + np.float32(1_000), 10.0), slope, equal_nan=True)
    assert np.array_equal(terrain.slope_percent(height, 20.0) * 2, slope, equal_nan=True)
    for turn in turned():
        assert np.allclose(terrain.slope_percent(turn(height), 10.0), turn(slope), rtol=1e-6, equal_nan=True)
    aspect = terrain.aspect_degrees(height, 10.0)
    known = aspect[np.isfinite(aspect)]
    assert ((known >= 0) & (known < 360)).all()
    assert (np.isnan(aspect[1:-1, 1:-1]) == (slope[1:-1, 1:-1] == 0)).all()


# ---------------------------------------------------------------- cost distance

ground = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7),
    elements=st.sampled_from([0.25, 1.0, 1.0, 2.0, 16.0, 300.0, np.inf, np.nan]),
)  # fmt: skip


@laws
@given(ground, st.data(), st.sampled_from([8, 16]))
def test_cost_distance_turns_scales_and_takes_the_nearer_source(land, data, neighbours):
    a, b = (data.draw(hnp.arrays(np.bool_, land.shape)) for _ in range(2))
    there, _ = cost.accumulate(land, a, 10.0, neighbours)
    for turn in turned():
        assert np.allclose(cost.accumulate(turn(land), turn(a), 10.0, neighbours)[0], turn(there), rtol=1e-12, equal_nan=True)
    # four times the cost, or the cell: powers of two are exact
    assert np.array_equal(cost.accumulate(4 * land, a, 10.0, neighbours)[0], 4 * there, equal_nan=True)
    assert np.array_equal(cost.accumulate(land, a, 40.0, neighbours)[0], 4 * there, equal_nan=True)
    other, _ = cost.accumulate(land, b, 10.0, neighbours)
    assert np.allclose(cost.accumulate(land, a | b, 10.0, neighbours)[0], np.minimum(there, other), rtol=1e-12, equal_nan=True)
    dearer = np.where(np.isfinite(land), land + 1, land)
    assert (np.isnan(there) | (cost.accumulate(dearer, a, 10.0, neighbours)[0] >= there)).all()
    if neighbours == 16:
        king, _ = cost.accumulate(land, a, 10.0, 8)
        assert (np.isnan(there) | (there <= king * (1 + 1e-12))).all()


@laws
@given(ground, st.data())
def test_there_and_back_costs_the_same_without_slopes_and_swaps_with_them(land, data):
    cells = [data.draw(st.tuples(st.integers(0, land.shape[0] - 1), st.integers(0, land.shape[1] - 1))) for _ in range(2)]
    height = data.draw(hnp.arrays(np.float64, land.shape, elements=st.integers(0, 40).map(float)))
    for more in ({}, {"elevation_m": height, "slope_cost": "tobler"}):
        found = []
        for here, there, towards in ((*cells, False), (*cells[::-1], True)):
            start = np.zeros(land.shape, bool)
            start[here] = True
            found.append(cost.accumulate(land, start, 10.0, towards_sources=towards, **more)[0][there])
        # nobody comes from an unknown cell, and there it stays unknown
        assert np.allclose(*(np.inf if np.isnan(f) else f for f in found), rtol=1e-12)


# ---------------------------------------------------------------- overlay


@st.composite
def cases(draw, most=5):
    """Scores of some criteria with unknown cells, and their weights."""
    criteria = draw(st.integers(1, most))
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4))
    layers = [draw(hnp.arrays(np.float32, shape, elements=st.one_of(scores, st.just(float("nan"))))) for _ in range(criteria)]
    weights = draw(st.lists(st.integers(0, 8), min_size=criteria, max_size=criteria).filter(any))
    return layers, [float(w) for w in weights]


def made(layers, weights, **more):
    return overlay.combine(layers, [Table("identity")] * len(layers), weights, **more)


@laws
@given(cases(), st.data())
def test_ordered_averages_lie_between_the_least_and_the_best(case, data):
    layers, weights = case
    used = np.stack([x for x, w in zip(layers, weights, strict=True) if w])
    plain, least = made(layers, weights), made(layers, weights, method="minimum")
    for flat in (1.0, [1.0] * len(layers)):
        same = made(layers, weights, method="owa", order_weights=flat)
        assert np.allclose(same.score, plain.score, rtol=1e-6, atol=1e-7, equal_nan=True)
        assert (same.limiting == plain.limiting).all()
    order = data.draw(st.lists(st.integers(0, 5), min_size=len(layers), max_size=len(layers)).filter(any))
    alpha = data.draw(st.floats(0.05, 20))
    for o in (order, alpha):
        score = made(layers, weights, method="owa", order_weights=o).score
        known = np.isfinite(score)
        assert (known == np.isfinite(used).all(axis=0)).all()
        assert (score[known] >= least.score[known] - 1e-6).all()
        assert (score[known] <= used.max(axis=0)[known] + 1e-6).all()
    bold = made(layers, weights, method="owa", order_weights=alpha / 2).score
    assert (np.nan_to_num(bold) >= np.nan_to_num(made(layers, weights, method="owa", order_weights=alpha).score) - 1e-6).all()
    product = made(layers, weights, method="product").score
    assert (np.nan_to_num(product) <= np.nan_to_num(plain.score) + 1e-6).all(), "a geometric mean is never above the arithmetic"


@laws
@given(cases(), st.sampled_from(["wlc", "product", "minimum", "owa"]), st.data())
def test_a_better_value_never_lowers_the_score_and_only_proportions_of_weights_count(case, method, data):
    layers, weights = case
    more = {"method": method} | ({"order_weights": 2.0} if method == "owa" else {})
    before = made(layers, weights, **more)
    k = data.draw(st.integers(0, len(layers) - 1))
    better = [np.minimum(x + np.float32(0.125), 1).astype(np.float32) if i == k else x for i, x in enumerate(layers)]
    assert (np.nan_to_num(made(better, weights, **more).score) >= np.nan_to_num(before.score) - 1e-6).all()
    scaled = made(layers, [4 * w for w in weights], **more)
    assert np.array_equal(scaled.score, before.score, equal_nan=True)
    assert (scaled.limiting == before.limiting).all()
    # a criterion's place in the list is a name
    order = data.draw(st.permutations(range(len(layers))))
    moved = made([layers[i] for i in order], [weights[i] for i in order], **more)
    assert np.allclose(moved.score, before.score, rtol=1e-6, atol=1e-7, equal_nan=True)


@laws
@given(cases(), st.data())
def test_closeness_is_a_share_and_the_dominating_cell_has_all_of_it(case, data):
    layers, weights = case
    score = made(layers, weights, method="topsis").score
    known = score[np.isfinite(score)]
    assert ((known >= 0) & (known <= 1)).all()
    used = np.stack([x for x, w in zip(layers, weights, strict=True) if w])
    if known.size:
        best = np.where(np.isfinite(score), 1.0, -1.0) * (used == np.nanmax(np.where(np.isfinite(score), used, np.nan), axis=(1, 2), keepdims=True)).all(axis=0)
        assert np.allclose(score[best > 0], 1.0)
    blocked = data.draw(hnp.arrays(np.bool_, score.shape))
    with_mask = made(layers, weights, method="topsis", masks=[blocked])
    assert (with_mask.excluded_by == blocked).all()
    assert (np.isfinite(with_mask.score) == np.isfinite(score)).all()


@laws
@given(cases(), st.data())
def test_values_alone_and_in_the_overlay_are_the_same_bits(case, data):
    layers, weights = case
    xs = sorted(data.draw(st.sets(st.integers(-8, 72), min_size=1, max_size=20)))
    ys = data.draw(st.lists(scores, min_size=len(xs), max_size=len(xs)))
    tables = [Table(data.draw(st.sampled_from(["piecewise", "categories"])), [x / 64 for x in xs], ys) for _ in layers]
    done = [overlay.values(x, t) for x, t in zip(layers, tables, strict=True)]
    for method in ("wlc", "minimum"):
        a, b = overlay.combine(layers, tables, weights, method=method), made(done, weights, method=method)
        assert np.array_equal(a.score, b.score, equal_nan=True)
        assert (a.limiting == b.limiting).all()
