"""Distances, setbacks and regions: against twins and scipy, where 32 bits end, and a strip of rows at a time."""

from __future__ import annotations

import os

import numba
import numpy as np
import pytest
from scipy import ndimage

from landplan.kernels import components, distance
from landplan.kernels.distance_rows import MetresByRows
from tests import reference

RNG = np.random.default_rng(11)
big = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="too large to run uncompiled")
MASKS = {
    "dots": RNG.random((13, 17)) < 0.05,
    "half": RNG.random((9, 11)) < 0.5,
    "row": RNG.random((1, 14)) < 0.3,
    "column": RNG.random((14, 1)) < 0.3,
    "one": np.eye(6, 7, dtype=bool) & (np.arange(7) == 2),
    "none": np.zeros((3, 5), bool),
    "all": np.ones((3, 5), bool),
    "no cells": np.zeros((0, 4), bool),
}


@pytest.mark.parametrize("name", MASKS)
def test_distance_equals_its_twin_in_every_form(name):
    mask = MASKS[name]
    before = mask.copy()
    squares = reference.squared_distance(mask)
    assert (distance.squared_cells(mask) == squares).all()
    want = np.where(squares < 0, np.inf, np.sqrt(np.maximum(squares, 0)) * 12.5)
    assert (distance.euclidean(mask, 12.5) == want).all()
    out = np.empty(mask.shape, np.float32)
    assert distance.metres(mask, 12.5, out) is out
    assert (out == want.astype(np.float32)).all()
    for far in (0.0, 12.5, 17.677, 30.0, 1e9):
        assert (distance.within(mask, 12.5, far) == (want <= far)).all()
    assert (mask == before).all()


@pytest.mark.parametrize("wide", [False, True])
def test_squares_in_64_bits_are_those_in_32(monkeypatch, wide):
    """Both types answer alike; a shape that does not prove 32 bits safe takes 64."""
    monkeypatch.setattr(distance, "_NARROW", 0 if wide else 1 << 28)
    monkeypatch.setattr(distance, "_STRIP_CELLS", 40)
    for mask in MASKS.values():
        assert (distance.squared_cells(mask) == reference.squared_distance(mask)).all()


@pytest.mark.parametrize("name", ["dots", "half", "row", "column", "one"])
def test_the_nearest_source_is_one_of_the_nearest(name):
    labels = np.where(MASKS[name], RNG.integers(5, 9, MASKS[name].shape), 0)
    metres, label = distance.nearest(labels, 1.0)
    assert (metres == distance.euclidean(labels != 0, 1.0)).all()
    assert all(int(label[p]) in want for p, want in reference.nearest_label(labels).items())


def test_a_tie_goes_north_in_a_column_and_west_in_a_row():
    assert distance.nearest(np.array([[1], [0], [2]]), 1.0)[1].ravel().tolist() == [1, 1, 2]
    assert distance.nearest(np.array([[1, 0, 2]]), 1.0)[1].ravel().tolist() == [1, 1, 2]
    assert distance.nearest(np.array([[0, 0, 0], [1, 0, 2], [0, 0, 0]]), 1.0)[1][:, 1].tolist() == [1, 1, 1]


@pytest.mark.parametrize("cell", [0.1, 1.0, 2.0 / 3.0, 10.0, 33.3])
def test_within_is_the_distance_compared_on_every_square(cell):
    """At each distance that occurs, and a rounding to either side of it."""
    mask = np.zeros((4, 9), bool)
    mask[0, 0] = True
    metres = distance.euclidean(mask, cell)
    for far in np.unique(metres):
        for limit in (np.nextafter(far, 0), far, np.nextafter(far, np.inf)):
            assert (distance.within(mask, cell, limit) == (metres <= limit)).all()


def test_within_anywhere_is_within_reach_of_some_target():
    assert distance.within(MASKS["dots"], 1.0, np.inf).all()
    assert not distance.within(MASKS["none"], 1.0, np.inf).any()


def test_distance_refuses():
    with pytest.raises(ValueError, match="within_m"):
        distance.within(MASKS["dots"], 1.0, -1.0)
    with pytest.raises(ValueError, match="within_m"):
        distance.within(MASKS["dots"], 1.0, np.nan)
    with pytest.raises(ValueError, match="out must be"):
        distance.metres(MASKS["dots"], 1.0, np.empty((13, 17)))
    with pytest.raises(ValueError, match="one 2-D shape"):
        distance.euclidean_strips(MASKS["dots"], np.empty((3, 3)), 1.0)
    with pytest.raises(ValueError, match="rows_at_once"):
        distance.euclidean_strips(MASKS["dots"], np.empty((13, 17)), 1.0, rows_at_once=0)


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("rows", [1, 3, None])
def test_distance_by_strips_has_the_same_bits(name, rows):
    mask = MASKS[name]
    for dtype in (np.float64, np.float32):
        out = np.full(mask.shape, -5, dtype)
        distance.euclidean_strips(mask, out, 7.0, rows_at_once=rows)
        assert (out == distance.euclidean(mask, 7.0).astype(dtype)).all()


@big
def test_distance_where_float32_squares_and_then_31_bits_end():
    """Squares above 2^24 on a wide grid, above 2^31 on a long one; scipy and whole-number arithmetic agree."""
    mask = np.zeros((40, 60_000), bool)
    mask[3, 7] = mask[30, 59_000] = True
    want = ndimage.distance_transform_edt(~mask)
    assert want.max() ** 2 > 2**24
    assert (distance.euclidean(mask, 1.0) == want).all()
    assert (distance.euclidean(mask.T.copy(), 1.0) == want.T).all()
    long = np.zeros((2, 70_000), bool)
    long[0, 0] = True
    squares = distance.squared_cells(long)
    assert squares[1, -1] == 69_999**2 + 1 > 2**31
    assert (squares == np.arange(70_000) ** 2 + np.array([[0], [1]])).all()


@big
@pytest.mark.parametrize("share", [0.0005, 0.3, 0.9995])
def test_distance_equals_scipys_to_the_last_bit_on_any_number_of_threads(share):
    mask = RNG.random((700, 900)) < share
    want = ndimage.distance_transform_edt(~mask)
    before = numba.get_num_threads()
    for threads in {1, before}:
        numba.set_num_threads(threads)
        assert (distance.euclidean(mask, 1.0) == want).all()
    numba.set_num_threads(before)


@big
@pytest.mark.slow
def test_ten_thousand_by_ten_thousand_is_exact_in_every_cell():
    mask = np.zeros((10_000, 10_000), bool)
    mask[RNG.integers(0, 10_000, 50), RNG.integers(0, 10_000, 50)] = True
    got = distance.euclidean(mask, 1.0)
    assert got.max() ** 2 > 2**20
    # scipy on the whole takes 7 GB and half a minute; every cell's own arithmetic over all targets is as exact
    at = np.argwhere(mask).astype(np.int32)
    along = (at[:, 1:] - np.arange(10_000, dtype=np.int32)) ** 2
    for row in range(10_000):
        squares = ((at[:, :1] - np.int32(row)) ** 2 + along).min(axis=0)
        assert (got[row] == np.sqrt(squares.astype(np.float64))).all(), row


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2])
def test_metres_by_rows_are_metres(share):
    mask = RNG.random((400, 70)) < share
    whole = distance.metres(mask, 10.0)
    far = MetresByRows(mask, 10.0)
    assert far.nbytes < 1.2 * mask.size
    for rows in (slice(None), slice(0, 1), slice(127, 129), slice(128, 256), slice(300, 400), slice(399, 400), slice(5, 5), slice(-3, None)):
        assert far(rows).dtype == np.float32
        assert np.array_equal(far(rows), whole[rows])


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.05])
def test_targets_outside_the_mask_are_those_of_a_larger_one(share):
    mask = RNG.random((460, 210)) < 0.01
    inner = slice(70, 340), slice(30, 150)
    mask[inner] = RNG.random(mask[inner].shape) < share
    row, col = np.nonzero(mask)
    row, col = row - 70, col - 30
    out = (row < 0) | (row >= 270) | (col < 0) | (col >= 120)
    far = MetresByRows(mask[inner], 10.0, (row[out], col[out]))
    want = distance.metres(mask, 10.0)[inner]
    for rows in (slice(None), slice(0, 1), slice(127, 129), slice(128, 256), slice(269, 270), slice(5, 5)):
        assert np.array_equal(far(rows), want[rows])
    # the sides of a mask and not the land around it
    assert far.nbytes < 1.5 * mask[inner].size
    with pytest.raises(ValueError, match="lies within"):
        MetresByRows(mask[inner], 10.0, (np.array([3]), np.array([4])))


def test_labels_that_are_no_whole_numbers_are_refused():
    with pytest.raises(ValueError, match="whole numbers"):
        distance.nearest(np.array([[1.0, np.nan]]), 10.0)
    assert distance.nearest(np.array([[7.0, 0.0]]), 10.0)[1].tolist() == [[7, 7]]


def test_metres_by_rows_refuse_what_they_cannot_give():
    with pytest.raises(ValueError, match="without a step"):
        MetresByRows(np.eye(3, dtype=bool), 10.0)(slice(0, 3, 2))
    with pytest.raises(ValueError, match="2-D mask"):
        MetresByRows(np.zeros(3, bool), 10.0)
    assert MetresByRows(np.zeros((0, 4), bool), 1.0)(slice(None)).shape == (0, 4)


def _measures(labels):
    """Area, perimeter and box of each region, cell by cell."""
    out = []
    for k in range(1, labels.max(initial=0) + 1):
        cells = np.pad(labels == k, 1)
        sides = sum((cells & ~np.roll(cells, s, axis=a)).sum() for a in (0, 1) for s in (1, -1))
        r, c = np.nonzero(labels == k)
        out.append((r.size, int(sides), [r.min(), c.min(), r.max() + 1, c.max() + 1]))
    return out


@pytest.mark.parametrize("neighbours", [4, 8])
@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("cells", [1, 20, 1 << 20])
def test_components_equal_flood_fill_whatever_the_strips(monkeypatch, name, neighbours, cells):
    monkeypatch.setattr(components, "_STRIP_CELLS", cells)
    mask = MASKS[name]
    labels, table = components.label(mask, neighbours)
    want = reference.components(mask, neighbours)
    assert (labels == want).all()
    assert labels.dtype == np.int32
    assert list(zip(table.area_cells, table.perimeter_edges, table.bbox.tolist(), strict=True)) == _measures(want)
    for rows in (1, 2, 5, None):
        out = np.full(mask.shape, -1, np.int32)
        again = components.label_strips(mask, out, neighbours, rows_at_once=rows)
        assert (out == want).all()
        assert all((a == b).all() for a, b in zip(again, table, strict=True))


def test_components_refuse():
    with pytest.raises(ValueError, match="4 or 8"):
        components.label(MASKS["half"], 6)
    with pytest.raises(ValueError, match="the mask's shape"):
        components.label_strips(MASKS["half"], np.empty((2, 2), np.int32))
    with pytest.raises(ValueError, match="rows_at_once"):
        components.label_strips(MASKS["half"], np.empty(MASKS["half"].shape, np.int32), rows_at_once=0)


@big
def test_components_equal_scipys_on_any_number_of_threads():
    before = numba.get_num_threads()
    for share in (0.4, 0.59, 0.62):  # about where one region takes all
        mask = RNG.random((1_500, 1_700)) < share
        for neighbours, structure in ((4, None), (8, np.ones((3, 3)))):
            want, count = ndimage.label(mask, structure)
            for threads in {1, before}:
                numba.set_num_threads(threads)
                labels, table = components.label(mask, neighbours)
                assert (labels == want).all()
                assert (table.area_cells == np.bincount(want.ravel(), minlength=count + 1)[1:]).all()
    numba.set_num_threads(before)


@big
def test_rasters_on_disk_are_answered_a_strip_at_a_time(tmp_path):
    mask = np.memmap(tmp_path / "mask", np.bool_, "w+", shape=(900, 700))
    mask[:] = RNG.random((900, 700)) < 0.55
    metres = np.memmap(tmp_path / "metres", np.float32, "w+", shape=mask.shape)
    labels = np.memmap(tmp_path / "labels", np.int32, "w+", shape=mask.shape)
    distance.euclidean_strips(mask, metres, 10.0, rows_at_once=128)
    table = components.label_strips(mask, labels, 8, memory_mb=2.0)
    assert (metres == distance.metres(np.asarray(mask), 10.0)).all()
    want, measured = components.label(np.asarray(mask), 8)
    assert (labels == want).all()
    assert all((a == b).all() for a, b in zip(table, measured, strict=True))
