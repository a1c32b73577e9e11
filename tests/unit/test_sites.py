"""Coverage, candidate sites, score cards, access: closed forms and odd inputs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landplan.errors import CRSError, LayerError
from landplan.grid import Grid
from landplan.suitability.coverage import cells_of, coverage_of

GRID = Grid.cover((0, 0, 2_000, 1_000), cell_m=10, crs="EPSG:3006")


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:3006")


# ---------------------------------------------------------------- coverage


def parcels(side=25.0, turn=17.0):
    """Sixteen by sixteen square parcels beside each other, turned so that none lies along the grid."""
    ticks = 600.0 + side * np.arange(16)
    boxes = [shapely.box(x, y - 300, x + side, y - 300 + side) for y in ticks for x in ticks]
    return frame(*(shapely.affinity.rotate(b, turn, origin=(800, 500)) for b in boxes))


def test_parcels_of_25_m_keep_their_area_on_cells_of_10_m():
    layer = parcels()
    assert coverage_of(layer, GRID, merge="sum").sum(dtype=np.float64) * 100 == pytest.approx(layer.area.sum(), rel=1e-6)
    for parcel in layer.geometry:
        share = cells_of(parcel, GRID)[2]
        assert share.sum() * 100 == pytest.approx(parcel.area, rel=1e-9)
        assert share.size < 30
    # a parcel that its centre rule would have counted as 4 to 9 cells of 100 m2
    assert (coverage_of(layer, GRID) > 0.5).sum() * 100 != pytest.approx(layer.area.sum(), rel=1e-3)


def test_shares_equal_exactextracts():
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    rng = np.random.default_rng(5)
    shapes = []
    for _ in range(60):
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 30)))
        reach = rng.uniform(5, 300, turns.size)
        centre = rng.uniform((0, 0), (2_000, 1_000))
        shapes.append(shapely.make_valid(shapely.Polygon(np.c_[centre[0] + reach * np.cos(turns), centre[1] + reach * np.sin(turns)])))
    layer = frame(*shapes)
    raster = NumPyRasterSource(np.arange(GRID.size, dtype=np.int32).reshape(GRID.shape), *GRID.bounds)
    found = exact_extract(raster, layer, ["values", "coverage"], output="pandas", strategy="feature-sequential")
    for shape, values, share in zip(layer.geometry, found["values"], found["coverage"], strict=True):
        want = np.zeros(GRID.size)
        want[values.astype(np.int64)] = share
        rows, cols, got = cells_of(shape, GRID)
        assert np.abs(want.reshape(GRID.shape)[rows, cols] - got).max(initial=0) < 1e-6
        assert want.sum() == pytest.approx(got.sum(), rel=1e-6, abs=1e-9)


def test_odd_shapes_of_a_layer():
    bow = shapely.Polygon([(100, 100), (200, 200), (200, 100), (100, 200)])
    flat = shapely.Polygon([(0, 0), (50, 0), (20, 0)])
    mixed = shapely.GeometryCollection([shapely.box(300, 300, 325, 325), shapely.Point(1, 1)])
    z = shapely.Polygon([(400, 400, 5), (430, 400, 6), (430, 430, 7)])
    share = coverage_of(frame(bow, None, shapely.Polygon(), flat, mixed, z), GRID)
    # two triangles of 100 x 50 / 2 from the bow, the square of the collection, half a square
    assert share.sum(dtype=np.float64) * 100 == pytest.approx(2 * 2_500 + 625 + 450, rel=1e-6)
    assert not coverage_of(frame(None), GRID).any()
    assert coverage_of(frame(bow), GRID).dtype == np.float32
    assert cells_of(shapely.box(5_000, 0, 5_010, 10), GRID)[2].size == 0


def test_lines_and_foreign_layers_are_refused():
    with pytest.raises(LayerError, match=r"1 of 2 features have no area \(first: row 1, LineString"):
        coverage_of(frame(shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])), GRID)
    with pytest.raises(CRSError, match="the grid is in EPSG:3006"):
        coverage_of(frame(shapely.box(0, 0, 1, 1)).to_crs(3014), GRID)
