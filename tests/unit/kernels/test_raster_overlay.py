"""Overlay of criteria: tables, methods and masks against their twins, streamed or whole."""

from __future__ import annotations

import os

import numpy as np
import pytest

from landplan.kernels import _mean, overlay
from landplan.kernels._scores import prepare
from landplan.kernels.overlay import Table
from tests import reference

RNG = np.random.default_rng(21)
big = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="too large to run uncompiled")
MANY = np.cumsum(RNG.random(40))
TABLES = {
    "line": Table("piecewise", [2, 5], [1, 0]),
    "point": Table("piecewise", [2], [0.5]),
    "lines": Table("piecewise", [-1, 0, 3.5, 8], [0, 0.25, 1, 0.1]),
    "many lines": Table("piecewise", MANY, RNG.random(40)),
    "sigmoid": Table("sigmoid", [4], [-0.5]),
    "gaussian": Table("gaussian", [4], [1.5]),
    "classes": Table("categories", [1, 2, 7], [1.0, 0.5, 0.2]),
    "classes, other": Table("categories", [1, 2, 7], [1.0, 0.5, 0.2], 0.05),
    "many classes": Table("categories", np.arange(0, 40, 2), RNG.random(20), 0.0),
    "identity": Table("identity"),
}
SHAPE = (5, 8)


def _raw():
    raw = RNG.integers(-2, 11, SHAPE) / 2.0
    raw[0, :5] = [np.nan, np.inf, -np.inf, 1e30, 2.0]
    return raw


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_equal_the_twin(name, dtype):
    raw = _raw().astype(dtype)
    if name == "identity":
        raw[np.isinf(raw)] = 0
    got = overlay.values(raw, TABLES[name])
    want = np.array([reference.table_score(float(v), TABLES[name]) for v in raw.flat]).reshape(SHAPE)
    assert got.dtype == np.float32
    assert got == pytest.approx(want, rel=1e-6, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.bool_])
def test_whole_numbers_are_read_and_their_largest_is_unknown(dtype):
    raw = RNG.integers(0, 9, SHAPE).astype(dtype)
    if dtype != np.bool_:
        raw[2, 3] = np.iinfo(dtype).max
    got = overlay.values(raw, TABLES["lines"])
    want = overlay.values(raw.astype(np.float64), TABLES["lines"])
    if dtype != np.bool_:
        assert np.isnan(got[2, 3])
        want[2, 3] = np.nan
    assert np.array_equal(got, want, equal_nan=True)
    if np.dtype(dtype).kind == "i":
        assert overlay.values(np.array([-2], dtype), Table("identity"))[0] == -2


def test_a_table_hits_its_points_and_is_flat_beyond():
    xs, ys = np.array([0.1, 0.7, 2.3]), np.array([0.3, 0.9, 0.6])
    assert overlay.values(xs, Table("piecewise", xs, ys)).tolist() == ys.astype(np.float32).tolist()
    assert overlay.values(np.array([-9.0, np.inf]), Table("piecewise", xs, ys)).tolist() == ys[[0, 2]].astype(np.float32).tolist()


LAYERS = [
    RNG.random(SHAPE).astype(np.float32),
    RNG.integers(0, 9, SHAPE).astype(np.uint8),
    RNG.random(SHAPE) * 6,
    RNG.integers(0, 9, SHAPE).astype(np.int16),
]
FOUR = [TABLES["identity"], TABLES["classes, other"], TABLES["line"], TABLES["lines"]]
WEIGHTS = [2.0, 1.0, 0.0, 3.0]
LAYERS[0][1, 1] = np.nan
LAYERS[2][2, 2] = np.nan  # of weight 0: it may be unknown
LAYERS[3][3, 3] = 32_767
METHODS = [("wlc", None), ("product", None), ("minimum", None), ("topsis", None), ("owa", [0.1, 0.2, 0.3, 0.4]), ("owa", 0.5), ("owa", 3.0)]


def _scores():
    return np.stack([overlay.values(x, t) for x, t in zip(LAYERS, FOUR, strict=True)])


@pytest.mark.parametrize(("method", "order"), METHODS)
def test_combine_equals_its_twin(method, order):
    found = overlay.combine(LAYERS, FOUR, WEIGHTS, method=method, order_weights=order)
    score, limiting, _ = reference.combine(_scores(), WEIGHTS, method, order)
    assert found.score == pytest.approx(score, rel=1e-6, nan_ok=True)
    assert (found.limiting == limiting).all()
    assert found.excluded_by is None
    assert found.sd is None
    assert np.isnan(found.score[[1, 3], [1, 3]]).all()
    assert np.isfinite(found.score[2, 2])


def test_the_standard_deviation_of_the_score():
    weight_sd = [0.3, 0.1, 0.2, 0.6]
    found = overlay.combine(LAYERS, FOUR, WEIGHTS, weight_sd=weight_sd)
    want = reference.combine(_scores(), WEIGHTS, "wlc", None, weight_sd)[2]
    assert found.sd == pytest.approx(want, rel=1e-6, nan_ok=True)
    # the delta method against draws of independent weights
    rng = np.random.default_rng(1)
    w, sd = np.array([0.5, 0.3, 0.2]), np.array([0.01, 0.02, 0.005])
    scores = np.array([0.9, 0.2, 0.6], np.float32)
    drawn = rng.normal(w, sd, (20_000, 3))
    drawn = (drawn @ scores) / drawn.sum(axis=1)
    one = overlay.combine([s.reshape(1, 1) for s in scores], [Table("identity")] * 3, w, weight_sd=sd)
    assert float(one.sd[0, 0]) == pytest.approx(drawn.std(), rel=0.02)


def test_masks_set_their_bits_and_keep_what_was_found_before():
    masks = [RNG.random(SHAPE) < 0.4 for _ in range(3)]
    found = overlay.combine(LAYERS, FOUR, WEIGHTS, masks=masks, bits=[0, 5, 63])
    want = sum(m.astype(np.uint64) << np.uint64(b) for m, b in zip(masks, (0, 5, 63), strict=True))
    assert found.excluded_by.dtype == np.uint64
    assert (found.excluded_by == want).all()
    plain = overlay.combine(LAYERS, FOUR, WEIGHTS)
    assert np.array_equal(found.score, plain.score, equal_nan=True), "excluded cells keep their score"
    earlier = np.full(SHAPE, 1 << 9, np.uint64)
    more = overlay.combine(LAYERS, FOUR, WEIGHTS, masks=masks[:1], excluded_by=earlier)
    assert (more.excluded_by == (earlier | masks[0].astype(np.uint64))).all()
    assert (earlier == 1 << 9).all(), "inputs do not change"
    assert overlay.combine(LAYERS, FOUR, WEIGHTS, excluded_by=earlier).excluded_by is earlier


def test_topsis_looks_for_its_ideal_among_allowed_cells():
    mask, inside = RNG.random(SHAPE) < 0.3, RNG.random(SHAPE) < 0.8
    found = overlay.combine(LAYERS, FOUR, WEIGHTS, method="topsis", masks=[mask], inside=inside)
    score = reference.combine(_scores(), WEIGHTS, "topsis", free=inside & ~mask)[0]
    assert found.score == pytest.approx(np.where(inside, score, np.nan), rel=1e-6, nan_ok=True)
    assert (found.limiting[~inside] == 255).all()
    only = np.zeros(SHAPE, bool)
    only[0, 0] = True
    assert overlay.combine(LAYERS, FOUR, WEIGHTS, method="topsis", inside=only).score[0, 0] == 1.0


@pytest.mark.parametrize(("method", "order"), METHODS)
def test_streamed_layers_give_the_same_bits(monkeypatch, method, order):
    masks = [RNG.random(SHAPE) < 0.3]
    asked = []

    def stream(layer):
        def rows(cut):
            asked.append((cut.start, cut.stop))
            return layer[cut]

        return rows

    inside = RNG.random(SHAPE) < 0.9
    whole = overlay.combine(LAYERS, FOUR, WEIGHTS, method=method, order_weights=order, masks=masks, inside=inside)
    monkeypatch.setattr(overlay, "_STREAM_CELLS", 16)
    part = overlay.combine(
        [stream(x) for x in LAYERS], FOUR, WEIGHTS, method=method, order_weights=order, masks=[stream(masks[0])], inside=inside, shape=SHAPE
    )
    for a, b in zip(whole[:3], part[:3], strict=True):
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    assert set(asked) == {(0, 2), (2, 4), (4, 5)}


def test_full_scores_are_limited_by_the_first_criterion_of_some_weight():
    ones = np.ones((1, 2), np.float32)
    assert overlay.combine([ones] * 3, [Table("identity")] * 3, [0, 1, 1]).limiting.tolist() == [[1, 1]]


@pytest.mark.parametrize("criteria", [1, 16, 17, 32])
def test_any_number_of_criteria_up_to_32(criteria):
    layers = [RNG.random((2, 3)).astype(np.float32) for _ in range(criteria)]
    weights = RNG.random(criteria)
    for method, order in (("wlc", None), ("owa", RNG.random(criteria).tolist())):
        got = overlay.combine(layers, [Table("identity")] * criteria, weights, method=method, order_weights=order)
        want = reference.combine(np.stack(layers), weights, method, order)
        assert got.score == pytest.approx(want[0], rel=1e-6)
        assert (got.limiting == want[1]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [1, 1, 1]}, "one of each"),
        ({"weights": [0, 0, 0, 0]}, "sum above 0"),
        ({"weights": [1, 1, -1, 1]}, "0 or more"),
        ({"method": "vikor"}, "none of"),
        ({"method": "owa"}, "needs order_weights"),
        ({"method": "owa", "order_weights": [1, 2]}, "need 4"),
        ({"method": "owa", "order_weights": -1.0}, "above 0"),
        ({"order_weights": [1, 1, 1, 1]}, "belong to"),
        ({"method": "product", "weight_sd": [0, 0, 0, 0]}, "method 'wlc'"),
        ({"masks": [np.zeros((2, 2), bool)]}, "one 2-D shape"),
        ({"masks": [np.zeros(SHAPE, bool)] * 2, "bits": [3, 3]}, "different"),
        ({"masks": [np.zeros(SHAPE, bool)], "bits": [64]}, "0-63"),
        ({"layers": [lambda cut: np.zeros((1, 1))] * 4, "shape": SHAPE}, "a layer gave"),
        ({"tables": [Table("cubic")] * 4}, "none of"),
        ({"tables": [Table("piecewise", [2, 1], [0, 1])] * 4}, "rise"),
        ({"tables": [Table("piecewise", [1, 2], [0])] * 4}, "1 of each|at least 1"),
        ({"tables": [Table("sigmoid", [1], [0])] * 4}, "spread"),
    ],
)
def test_combine_refuses(change, message):
    given = {"layers": LAYERS, "tables": FOUR, "weights": WEIGHTS} | change
    with pytest.raises(ValueError, match=message):
        overlay.combine(given.pop("layers"), given.pop("tables"), given.pop("weights"), **given)


def test_layers_of_other_types_are_refused():
    with pytest.raises(TypeError, match="int64"):
        overlay.values(np.zeros((2, 2), np.int64), Table("identity"))
    with pytest.raises(TypeError, match="complex"):
        overlay.combine([np.zeros((2, 2), complex)], [Table("identity")], [1])


@big
def test_threads_and_tasks_change_no_bit():
    layers = [RNG.random((300, 700)).astype(np.float32) for _ in range(5)]
    layers[2][RNG.random((300, 700)) < 0.1] = np.nan
    tables = [TABLES["line"], TABLES["identity"], TABLES["sigmoid"], TABLES["gaussian"], TABLES["identity"]]
    for method, order in [*METHODS[:4], ("owa", [5, 4, 3, 2, 1])]:
        found = {
            overlay.combine(layers, tables, [1, 2, 3, 4, 5], method=method, order_weights=order, threads=k).score.tobytes() for k in (1, 2)
        }
        assert len(found) == 1


def test_an_answer_written_over_an_earlier_one_is_the_same_and_takes_no_new_memory():
    rng = np.random.default_rng(8)
    layers = [rng.random((40, 50), dtype=np.float32) for _ in range(3)]
    masks = [rng.random((40, 50)) < 0.2, rng.random((40, 50)) < 0.1]
    tables = [overlay.Table("piecewise", [0, 1], [0, 1])] * 3
    before = np.full((40, 50), 8, np.uint64)
    earlier = overlay.combine(layers, tables, [1, 1, 1], masks=masks, weight_sd=[0.1] * 3)
    for weights, old in (([3, 1, 2], None), ([1, 5, 2], before)):
        want = overlay.combine(layers, tables, weights, masks=masks, weight_sd=[0.2] * 3, excluded_by=old)
        got = overlay.combine(layers, tables, weights, masks=masks, weight_sd=[0.2] * 3, excluded_by=old, out=earlier)
        assert got.score is earlier.score
        assert got.excluded_by is earlier.excluded_by
        for a, b in zip(got, want, strict=True):
            assert np.array_equal(a, b)
    assert (before == 8).all()
    with pytest.raises(ValueError, match="has a sd"):
        overlay.combine(layers, tables, [1, 1, 1], masks=masks, out=earlier)
    with pytest.raises(ValueError, match=r"out\.score"):
        overlay.combine([x[:20] for x in layers], tables, [1, 1, 1], masks=[m[:20] for m in masks], weight_sd=[0.1] * 3, out=earlier)


@pytest.mark.parametrize("criteria", [4, 5, 8, 11])
@pytest.mark.parametrize("shape", [(3, 1_024), (5, 1_337)])
def test_lines_weighed_by_fours_have_the_bits_of_lines_scored_first(criteria, shape):
    rng = np.random.default_rng(criteria)
    layers = [(rng.random(shape) * 20 - 5).astype(np.float32) for _ in range(criteria)]
    for x, odd in zip(layers, [np.nan, np.inf, -np.inf, 1e30], strict=False):
        x[rng.random(shape) < 0.02] = odd
    tables = [Table("piecewise", np.sort(rng.random(2) * 10), rng.random(2)) for _ in range(criteria)]
    weights = rng.random(criteria)
    masks = [rng.random(shape) < 0.2, rng.random(shape) < 0.2]
    at_once = overlay.combine(layers, tables, weights, masks=masks)
    scored = [overlay.values(x, t) for x, t in zip(layers, tables, strict=True)]
    apart = overlay.combine(scored, [Table("identity")] * criteria, weights, masks=masks)
    spread = overlay.combine(layers, tables, weights, masks=masks, weight_sd=weights / 10)
    for other in (apart, spread):
        assert np.array_equal(at_once.score, other.score, equal_nan=True)
        assert (at_once.limiting == other.limiting).all()
        assert (at_once.excluded_by == other.excluded_by).all()
    assert np.isnan(at_once.score).any()
    assert np.isfinite(at_once.score).any()


def test_a_line_that_its_slope_does_not_end_is_scored_the_long_way():
    rng = np.random.default_rng(8)
    tables = [Table("piecewise", np.sort(rng.random(2)), [1e9, rng.random()]) for _ in range(40)]
    lines = _mean.straight_lines(prepare(tables))
    missed = [k for k in range(len(tables)) if np.isnan(lines[k, 0])]
    assert missed, "of such steep lines some end a bit beside their point"
    for k in missed[:4]:
        found = overlay.combine([np.full((1, 64), 2.0, np.float32)] * 4, [tables[k]] * 4, [1, 1, 1, 1])
        assert (found.score == np.float32(np.asarray(tables[k].ys)[1])).all()
    assert np.isnan(_mean.straight_lines(prepare([TABLES["lines"], TABLES["identity"], TABLES["sigmoid"]]))).all()
