"""Slope and aspect: planes whose answers are known, the twin, and what is known of the rim."""

from __future__ import annotations

import numpy as np
import pytest

from landplan.kernels import terrain
from tests import reference

RNG = np.random.default_rng(5)


def test_planes_of_known_slope_and_aspect():
    rows, cols = np.indices((5, 6)).astype(np.float32)
    inner = (slice(1, -1), slice(1, -1))
    for east, south, aspect in ((0, 1, 0), (-1, 0, 90), (0, -1, 180), (1, 0, 270), (1, 1, 315), (-1, 1, 45)):
        plane = 10.0 * (east * cols + south * rows)
        rise = np.hypot(east, south)
        assert terrain.slope_percent(plane, 10.0)[inner] == pytest.approx(100 * rise)
        assert terrain.slope_degrees(plane, 10.0)[inner] == pytest.approx(np.degrees(np.arctan(rise)))
        assert terrain.aspect_degrees(plane, 10.0)[inner] == pytest.approx(aspect)
        # a plane goes on straight beyond its rim, except that a corner repeats a column
        whole = terrain.slope_percent(plane, 10.0, compute_edges=True)
        assert whole[0, 1:-1] == pytest.approx(100 * rise)
        assert whole[1:-1, -1] == pytest.approx(100 * rise)
        assert np.isfinite(whole).all()


def test_degrees_are_the_arctangent_to_two_units_of_the_last_place():
    rise = np.concatenate([np.geomspace(1e-6, 1e4, 2_000), np.linspace(0.5, 2, 1_000)]).astype(np.float32)
    # a row of its own plane for each rise
    planes = np.zeros((3, 3 * rise.size), np.float32)
    planes[:, 1::3], planes[:, 2::3] = rise, 2 * rise
    percent = terrain.slope_percent(planes, 1.0)[1, 1::3]
    got = terrain.slope_degrees(planes, 1.0)[1, 1::3]
    want = np.degrees(np.arctan(percent.astype(np.float64) / 100))
    # the percentage is itself rounded once more than the rise
    assert (np.abs(got - want) <= 3 * np.spacing(want.astype(np.float32))).all()
    assert (percent > 100).any()
    assert (percent < 1).any()


def test_level_ground_faces_nowhere():
    level = np.full((3, 4), 7.0, np.float32)
    assert (terrain.slope_percent(level, 5.0, compute_edges=True) == 0).all()
    assert np.isnan(terrain.aspect_degrees(level, 5.0, compute_edges=True)).all()


@pytest.mark.parametrize("edges", [False, True])
def test_noise_equals_the_twin(edges):
    z = RNG.normal(400, 30, (7, 9)).astype(np.float32)
    z[3, 4] = np.nan
    got = [f(z, 12.5, compute_edges=edges) for f in (terrain.slope_percent, terrain.slope_degrees, terrain.aspect_degrees)]
    for r in range(1, 6):
        for c in range(1, 8):
            window = z[r - 1 : r + 2, c - 1 : c + 2]
            if edges and not np.isnan(z[r, c]):
                window = np.where(np.isnan(window), z[r, c], window)
            want = reference.horn(window, 12.5)
            assert [g[r, c] for g in got] == pytest.approx(want, rel=1e-5, nan_ok=True)
    for g in got:
        assert np.isnan(g[[0, -1]]).all() != edges
        assert np.isnan(g[3, 4])


def test_a_height_above_the_sea_costs_no_digits():
    """Differences come first: a gentle slope on a mountain is as exact as on the shore."""
    rows, cols = np.indices((6, 6))
    low = ((cols % 3) * 0.25 + rows * 0.125).astype(np.float32)
    assert (terrain.slope_percent(low + np.float32(8_000), 10.0)[1:-1, 1:-1] == terrain.slope_percent(low, 10.0)[1:-1, 1:-1]).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (1, 5), (2, 2), (5, 1), (2, 7)])
def test_small_rasters(shape):
    z = RNG.random(shape).astype(np.float32)
    assert np.isnan(terrain.slope_percent(z, 1.0)).all()
    edges = terrain.slope_percent(z, 1.0, compute_edges=True)
    assert np.isfinite(edges).all() == (min(shape) > 1 or not z.size)


def test_slope_refuses():
    with pytest.raises(ValueError, match="cell above 0"):
        terrain.slope_degrees(np.zeros((3, 3), np.float32), 0.0)
    with pytest.raises(ValueError, match="2-D"):
        terrain.aspect_degrees(np.zeros(3, np.float32), 1.0)
