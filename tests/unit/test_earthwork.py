"""Pads: planes, steps and pyramids have known levels and volumes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linear_sum_assignment

from landplan.errors import LayerError, PlanError
from landplan.suitability.earthwork import pad

laws = settings(deadline=None, derandomize=True, max_examples=40)
PLAIN = {"swell": 1.0, "compaction": 1.0}


def centres(n, cell):
    return (np.arange(n) + 0.5) * cell


def test_a_plane_is_levelled_at_its_middle():
    """Over a length L at slope g: level g L / 2, cut and fill g L / 8 a square metre, haul 2 L / 3."""
    x = np.tile(0.05 * centres(40, 5.0), (20, 1))
    work = pad(x, np.ones(x.shape), 5.0, **PLAIN, blocks=40)
    length, area = 200.0, 200.0 * 100.0
    assert work.level_m == pytest.approx(0.05 * length / 2)
    assert work.cut_m3 == pytest.approx(area * 0.05 * length / 8)
    assert work.fill_m3 == pytest.approx(work.cut_m3)
    assert work.surplus_m3 == 0.0
    # cells' centroids are drawn a little together: (2 L / 3) (1 - 1 / n^2)
    assert work.mean_haul_m == pytest.approx(2 * length / 3 * (1 - 1 / 40**2))
    assert work.haul_m3m == pytest.approx(work.mean_haul_m * work.cut_m3)
    assert work.depth_max_m == pytest.approx(0.05 * (length / 2 - 2.5))
    assert work.area_m2 == pytest.approx(area)


@pytest.mark.parametrize("factor", [1.0, 1.3, 0.8])
def test_a_step_with_swell(factor):
    """Half at 0 and half at 10: a (10 - z) = z."""
    step = np.zeros((10, 20))
    step[:, 10:] = 10.0
    work = pad(step, np.ones(step.shape), 4.0, swell=1.2 * factor, compaction=1.2)
    assert work.level_m == pytest.approx(10 * factor / (1 + factor))
    assert work.fill_m3 == pytest.approx(factor * work.cut_m3)
    assert work.moved_m3 == pytest.approx(work.fill_m3)
    # the fill is half of the site away from the cut
    assert work.mean_haul_m == pytest.approx(40.0)
    assert pad(step, np.ones(step.shape), 4.0, swell=1.2 * factor, compaction=1.2, haul="centroid").mean_haul_m == pytest.approx(40.0)


def test_a_pyramid_is_cut_where_what_is_above_fills_what_is_below():
    """Of a square pyramid of height H on a base B the part above z is B H / 3 (1 - z / H)^3."""
    n, cell, top = 400, 1.0, 60.0
    x = np.abs(centres(n, cell) - n * cell / 2)
    height = top * (1 - np.maximum(x[:, None], x) / (n * cell / 2))
    base = (n * cell) ** 2

    def excess(z, factor):
        above = base * top / 3 * (1 - z / top) ** 3
        return factor * above - (above + base * (z - top / 3))

    for factor in (1.0, 1.25):
        work = pad(height, np.ones(height.shape), cell, swell=factor, compaction=1.0)
        want = brentq(excess, 0, top, args=(factor,))
        assert work.level_m == pytest.approx(want, rel=1e-4)
        assert work.cut_m3 == pytest.approx(base * top / 3 * (1 - want / top) ** 3, rel=1e-3)
    assert brentq(excess, 0, top, args=(1.0,)) == pytest.approx(top / 3)


def test_a_given_level_leaves_a_surplus_or_a_lack():
    step = np.zeros((4, 8))
    step[:, 4:] = 10.0
    low = pad(step, np.ones(step.shape), 10.0, swell=1.3, compaction=1.0, level=2.0)
    assert (low.cut_m3, low.fill_m3) == pytest.approx((1_600 * 8, 1_600 * 2))
    assert low.surplus_m3 == pytest.approx(1.3 * 12_800 - 3_200)
    assert low.moved_m3 == pytest.approx(3_200)
    high = pad(step, np.ones(step.shape), 10.0, **PLAIN, level=9.0)
    assert high.surplus_m3 == pytest.approx(1_600 * 1 - 1_600 * 9)
    assert high.moved_m3 == pytest.approx(1_600)
    # what is moved goes to the nearest of the fill, and comes from the nearest of the cut
    assert high.mean_haul_m < 40.0
    assert low.mean_haul_m < 40.0
    # nothing to fill: nothing is moved within the site
    deep = pad(step, np.ones(step.shape), 10.0, **PLAIN, level=-1.0)
    assert (deep.fill_m3, deep.moved_m3, deep.mean_haul_m, deep.haul_m3m) == (0, 0, 0, 0)
    assert deep.depth_max_m == pytest.approx(11.0)


def test_shares_of_cells_count_as_land():
    height = np.array([[0.0, 8.0, 100.0, np.nan]])
    # a quarter of a cell at 0 and three at 8: the level is 6
    work = pad(height, np.array([[0.25, 0.75, 0.0, 0.0]]), 10.0, **PLAIN)
    assert work.level_m == pytest.approx(6.0)
    assert work.area_m2 == pytest.approx(100.0)
    assert work.cut_m3 == pytest.approx(75 * 2)
    assert work.depth_max_m == pytest.approx(6.0)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5)])
def test_flat_ground_is_left_alone(shape):
    work = pad(np.full(shape, 7.5), np.ones(shape), 10.0, swell=1.3, compaction=1.1)
    assert (work.level_m, work.cut_m3, work.fill_m3, work.mean_haul_m, work.depth_max_m) == (7.5, 0, 0, 0, 0)


grounds = st.lists(st.integers(0, 60), min_size=12, max_size=12).map(lambda v: np.array(v, float).reshape(3, 4) / 2)
shares = st.lists(st.sampled_from([0.0, 0.2, 0.7, 1.0]), min_size=12, max_size=12).map(lambda v: np.array(v).reshape(3, 4))


@laws
@given(grounds, shares, st.floats(0.7, 1.6), st.floats(-100, 900))
def test_the_level_balances_and_rises_with_the_ground(ground, inside, factor, lift):
    if not inside.any():
        inside = inside + 1.0
    work = pad(ground, inside, 10.0, swell=factor, compaction=1.0)
    area = inside * 100

    def excess(z):
        return factor * (area * np.maximum(ground - z, 0)).sum() - (area * np.maximum(z - ground, 0)).sum()

    assert excess(work.level_m) == pytest.approx(0.0, abs=1e-8 * area.sum())
    low, high = ground[inside > 0].min(), ground[inside > 0].max()
    assert low - 1e-9 <= work.level_m <= high + 1e-9
    if high > low:
        assert work.level_m == pytest.approx(brentq(excess, low, high, xtol=1e-12), abs=1e-8)
    raised = pad(ground + lift, inside, 10.0, swell=factor, compaction=1.0)
    assert raised.level_m == pytest.approx(work.level_m + lift, abs=1e-8)
    assert raised.cut_m3 == pytest.approx(work.cut_m3, abs=1e-5)
    # turned about, the same; more swell, a higher level
    assert pad(ground[::-1, ::-1], inside[::-1, ::-1], 10.0, swell=factor, compaction=1.0).level_m == pytest.approx(work.level_m)
    assert pad(ground, inside, 10.0, swell=1.1 * factor, compaction=1.0).level_m >= work.level_m - 1e-9
    if factor == 1.0:
        assert work.level_m == pytest.approx((area * ground).sum() / area.sum())


def hauled(ground):
    """Cheapest way cell by cell, both sides in equal lots matched one to one (heights are whole, twelve cells)."""
    rows, cols = np.indices(ground.shape).reshape(2, -1) * 10.0
    depth = 12 * ground.ravel() - ground.sum()
    lots = np.rint(depth).astype(int)
    cut, fill = np.repeat(np.arange(12), np.maximum(lots, 0)), np.repeat(np.arange(12), np.maximum(-lots, 0))
    far = np.hypot(rows[cut][:, None] - rows[fill], cols[cut][:, None] - cols[fill])
    return far[linear_sum_assignment(far)].mean() if cut.size else 0.0


@laws
@given(st.lists(st.integers(0, 3), min_size=12, max_size=12).map(lambda v: np.array(v, float).reshape(3, 4)))
def test_the_haul_is_the_cheapest_there_is(ground):
    everywhere = np.ones(ground.shape)
    want = hauled(ground)
    assert pad(ground, everywhere, 10.0, **PLAIN, blocks=4).mean_haul_m == pytest.approx(want, abs=1e-6)
    assert pad(ground, everywhere, 10.0, **PLAIN, haul="centroid").mean_haul_m <= want + 1e-6
    for blocks, side in ((2, 20), (1, 40)):
        coarse = pad(ground, everywhere, 10.0, **PLAIN, blocks=blocks).mean_haul_m
        assert abs(coarse - want) <= 2 * side * np.sqrt(2)


def test_refusals():
    flat, all_of_it = np.zeros((2, 2)), np.ones((2, 2))
    for change, message in (
        ({"swell": 0.0}, "swell must be above 0"),
        ({"compaction": np.nan}, "compaction must be above 0"),
        ({"haul": "fast"}, "haul must be"),
        ({"blocks": 0}, "blocks 1 or more"),
    ):
        with pytest.raises(PlanError, match=message):
            pad(flat, all_of_it, 10.0, **(PLAIN | change))
    with pytest.raises(LayerError, match="1 of 4 cells of the pad have no height"):
        pad(np.array([[0, np.nan], [1, 1]]), all_of_it, 10.0, **PLAIN)
    with pytest.raises(LayerError, match="no area"):
        pad(flat, 0 * all_of_it, 10.0, **PLAIN)
    with pytest.raises(LayerError, match="one shape"):
        pad(flat, np.ones((3, 2)), 10.0, **PLAIN)
    with pytest.raises(LayerError, match="0-1"):
        pad(flat, 2 * all_of_it, 10.0, **PLAIN)
    with pytest.raises(TypeError, match="swell"):
        pad(flat, all_of_it, 10.0)  # the factors depend on the soil: there is no default
