"""Exact shares of cells against cutting the polygon with every cell, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from landplan.kernels import coverage
from tests import reference_sites

RING = shapely.Polygon([(3, 2), (57, 11), (44, 58), (9, 49)], [[(20, 20), (20, 40), (40, 35), (31, 18)]])
SHAPES = {
    "square on cells": shapely.box(10, 10, 30, 40),
    "square off cells": shapely.box(12.5, 7.25, 33, 38.5),
    "inside one cell": shapely.box(12, 13, 15, 17),
    "hole": RING,
    "hole, other way round": shapely.Polygon(RING.exterior.coords[::-1], [RING.interiors[0].coords[::-1]]),
    "hole, both one way": shapely.Polygon(RING.exterior.coords, [RING.interiors[0].coords]),
    "parts": shapely.MultiPolygon([shapely.box(1, 1, 14, 9), shapely.Polygon([(30, 5), (55, 30), (25, 44)])]),
    "sliver": shapely.Polygon([(0, 0), (60, 60), (60, 60.001)]),
    "off the north and west": shapely.box(-25, 33, 17, 80),
    "off the south and east": shapely.Polygon([(35, 20), (90, -30), (40, -44)]),
    "all around": shapely.box(-100, -100, 160, 160),
    "around with a hole": shapely.Polygon([(-99, -90), (160, -80), (99, 170)], [[(20, 20), (25, 33), (41, 22)]]),
    "elsewhere": shapely.box(200, 0, 220, 20),
    "a corner across": shapely.Polygon([(-20, 40), (40, 100), (-20, 100)]),
}


def arrays(*shapes):
    kind, xy, offsets = shapely.to_ragged_array([shapely.multipolygons(shapely.get_parts(s)) for s in shapes])
    assert kind == shapely.GeometryType.MULTIPOLYGON
    return xy, *offsets


@pytest.mark.parametrize("name", SHAPES)
def test_shares_equal_cut_cells(name):
    xy, rings, polygons, features = arrays(SHAPES[name])
    grid = {"x_min": 0.0, "y_max": 60.0, "cell_m": 10.0, "shape": (6, 6)}
    before = xy.copy()
    want = reference_sites.coverage(SHAPES[name], 0.0, 60.0, 10.0, (6, 6))
    got = coverage.fractions(xy, rings, polygons, features, **grid, dtype=np.float64)
    assert np.abs(got - want).max() < 1e-12
    assert (got[want == 0] == 0).all()
    assert (got[want == 1] == 1).all()
    row0, col0, share = coverage.window_fractions(xy, rings, polygons, **grid)
    assert np.abs(share - got[row0 : row0 + share.shape[0], col0 : col0 + share.shape[1]]).max(initial=0) < 1e-12
    assert share.sum() == pytest.approx(got.sum(), rel=1e-12)
    assert (xy == before).all()


def test_a_triangle_by_hand():
    """x + y < 20 on cells of 10: half a cell, a whole one, half a cell."""
    xy, rings, polygons, features = arrays(shapely.Polygon([(0, 0), (20, 0), (0, 20)]))
    got = coverage.fractions(xy, rings, polygons, features, x_min=0, y_max=20, cell_m=10, shape=(2, 2))
    assert got.tolist() == [[0.5, 0.0], [1.0, 0.5]]
    assert got.dtype == np.float32


def test_features_are_merged_by_the_largest_or_the_sum():
    xy, rings, polygons, features = arrays(shapely.box(0, 0, 10, 4), shapely.box(0, 0, 7, 10), shapely.box(0, 2, 10, 8))
    grid = {"x_min": 0.0, "y_max": 10.0, "cell_m": 10.0, "shape": (1, 1), "dtype": np.float64}
    assert coverage.fractions(xy, rings, polygons, features, **grid)[0, 0] == pytest.approx(0.7)
    assert coverage.fractions(xy, rings, polygons, features, merge="sum", **grid)[0, 0] == 1.0
    xy, rings, polygons, features = arrays(shapely.box(0, 0, 10, 4), shapely.box(0, 4, 7, 10))
    assert coverage.fractions(xy, rings, polygons, features, merge="sum", **grid)[0, 0] == pytest.approx(0.82)


def test_strips_do_not_change_the_bits(monkeypatch):
    """A wide window is taken a few rows at a time; the answer does not know."""
    shape = shapely.Polygon([(1.3, 0.7), (58.1, 22.9), (33.3, 59.9), (11.1, 41.7)], [[(21, 22), (23, 37), (37, 33)]])
    xy, rings, polygons, features = arrays(shape)
    whole = coverage.fractions(xy, rings, polygons, features, x_min=0, y_max=60, cell_m=5, shape=(12, 12), dtype=np.float64)
    buffer = np.empty(13 * 12)
    for step in (1, 5):
        for top in range(0, 12, step):
            bottom = min(12, top + step)
            coverage._strip(buffer, xy, rings, polygons, 0, 1, 0.0, 60.0, 5.0, top, bottom, 12)
            rows = buffer[: (bottom - top) * 13].reshape(-1, 13)[:, :12]
            assert (rows == whole[top:bottom]).all()


def test_nothing_covers_nothing():
    none = np.zeros(1, np.int64)
    got = coverage.fractions(np.zeros((0, 2)), none, none, none, x_min=0, y_max=60, cell_m=10, shape=(6, 6))
    assert not got.any()
    row0, col0, share = coverage.window_fractions(np.zeros((0, 2)), none, none, x_min=0, y_max=60, cell_m=10, shape=(6, 6))
    assert (row0, col0, share.size) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"xy": np.zeros((5, 3))}, r"shape \(n, 2\)"),
        ({"xy": np.full((5, 2), np.nan)}, "finite"),
        ({"ring_offsets": np.array([0, 4])}, "ring_offsets to rise from 0 to 5"),
        ({"polygon_offsets": np.array([0, 2])}, "polygon_offsets to rise from 0 to 1"),
        ({"feature_offsets": np.array([1])}, "feature_offsets"),
        ({"cell_m": 0.0}, "cell above 0"),
        ({"merge": "union"}, "'max' or 'sum'"),
    ],
)
def test_refusals(change, message):
    xy, rings, polygons, features = arrays(shapely.box(0, 0, 10, 10))
    given = {"xy": xy, "ring_offsets": rings, "polygon_offsets": polygons, "feature_offsets": features} | change
    with pytest.raises(ValueError, match=message):
        coverage.fractions(**({"x_min": 0.0, "y_max": 10.0, "cell_m": 10.0, "shape": (1, 1)} | given))
