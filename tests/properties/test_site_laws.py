"""Laws of sites: area is kept, order changes nothing, what is promised holds."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landplan.grid import Grid
from landplan.suitability.coverage import cells_of, coverage_of

CRS = "EPSG:3006"
laws = settings(deadline=None, derandomize=True, max_examples=40)
GRID = Grid.cover((620_000, 6_940_000, 620_300, 6_940_200), cell_m=10, crs=CRS)

offset = st.floats(-40, 340, allow_nan=False)
spots = st.lists(st.tuples(offset, offset), min_size=3, max_size=12)


def polygon(points):
    shape = shapely.make_valid(shapely.Polygon([(620_000 + x, 6_940_000 + y) for x, y in points]))
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    assume(len(parts))
    shape = shapely.MultiPolygon(list(parts))
    assume(shape.is_valid and shape.area > 1)
    return shape


@laws
@given(spots, st.sampled_from([2.5, 10.0, 37.0]))
def test_a_polygon_keeps_its_area_on_any_grid(points, cell_m):
    shape = polygon(points)
    grid = Grid.cover(shape.bounds, cell_m=cell_m, crs=CRS)
    share = cells_of(shape, grid)[2]
    assert np.isclose(share.sum() * cell_m**2, shape.area, rtol=1e-9)
    assert (share >= 0).all()
    assert (share <= 1).all()


@laws
@given(spots)
def test_land_off_the_grid_is_cut_off_as_shapely_cuts(points):
    shape = polygon(points)
    rows, cols, share = cells_of(shape, GRID)
    inside = shape.intersection(shapely.box(*GRID.bounds)).area
    assert np.isclose(share.sum() * 100, inside, rtol=1e-9, atol=1e-6)
    assert 0 <= rows.start <= rows.stop <= GRID.shape[0]
    assert 0 <= cols.start <= cols.stop <= GRID.shape[1]


@laws
@given(spots, st.integers(0, 11), st.booleans())
def test_where_a_ring_starts_and_which_way_it_runs_change_nothing(points, start, turned):
    shape = polygon(points)
    parts = []
    for part in shape.geoms:
        ring = list(part.exterior.coords)[:-1]
        k = start % len(ring)
        ring = ring[k:] + ring[:k]
        parts.append(shapely.Polygon(ring[::-1] if turned else ring, [h.coords for h in part.interiors]))
    a, b = cells_of(shape, GRID), cells_of(shapely.MultiPolygon(parts[::-1]), GRID)
    assert a[:2] == b[:2]
    assert np.allclose(a[2], b[2], atol=1e-12)


@laws
@given(st.lists(spots, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_features_changes_nothing_and_sums_cover_the_largest(layers, random):
    import geopandas as gpd

    shapes = [polygon(p) for p in layers]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=CRS)
    order = list(range(len(shapes)))
    random.shuffle(order)
    most = coverage_of(frame, GRID)
    assert (most == coverage_of(frame.iloc[order], GRID)).all()
    both = coverage_of(frame, GRID, merge="sum")
    assert np.allclose(both, coverage_of(frame.iloc[order], GRID, merge="sum"), atol=1e-6)
    union = shapely.union_all(shapes).intersection(shapely.box(*GRID.bounds)).area / 100
    assert most.sum(dtype=np.float64) <= union + 1e-3
    assert both.sum(dtype=np.float64) >= union - 1e-3
