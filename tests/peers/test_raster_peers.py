"""Real ground: slope, aspect, distance and cost distance against GDAL's and GRASS's rasters of the country around Aachen."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landplan.kernels import cost, distance, terrain


def read(path):
    with rasterio.open(path) as source:
        values = source.read(1).astype(np.float64)
        return values if source.nodata is None else np.where(values == source.nodata, np.nan, values)


@pytest.fixture(scope="module")
def gdal(shared):
    folder = shared / "peers" / "gdal_raster"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder


@pytest.fixture(scope="module")
def grass(shared):
    folder = shared / "peers" / "grass_cost"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder


@pytest.fixture(scope="module")
def height(gdal):
    return read(gdal / "aachen_dem_50m.tif").astype(np.float32)


def horn(z, cell_m):
    """East and south differences of inner cells in float64."""
    z = z.astype(np.float64)
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    return ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * cell_m), ((g + 2 * h + i) - (a + 2 * b + c)) / (8 * cell_m)


def test_slope_in_degrees_is_gdaldems_with_its_rim_unknown(gdal, height):
    theirs = read(gdal / "slope_horn_deg.tif")
    ours = terrain.slope_degrees(height, 50.0)
    assert np.nanmean(theirs) == pytest.approx(3.435608748618, rel=1e-9)  # SOURCES.md's figure: it is the file meant
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    # gdaldem adds before it subtracts, in 32 bits: up to 1e-4 degrees
    assert np.nanmax(np.abs(ours - theirs)) < 1e-4


def test_slope_in_per_cent_is_gdaldems_to_the_corners(gdal, height):
    """With -compute_edges gdaldem puts a cell beyond the rim on the line through the two within, and fills unknown neighbours by the cell itself."""
    theirs = read(gdal / "slope_horn_pct_edges.tif")
    ours = terrain.slope_percent(height, 50.0, compute_edges=True)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    assert np.nanmax(np.abs(ours - theirs)) < 2e-4
    assert np.nanmean(ours, dtype=np.float64) == pytest.approx(6.053386696721, rel=1e-6)


def test_aspect_is_gdaldems_but_where_the_ground_is_all_but_level(gdal, height):
    theirs = read(gdal / "aspect_horn.tif")
    ours = terrain.aspect_degrees(height, 50.0)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    off = np.abs(ours - theirs)
    off = np.minimum(off, 360 - off)
    slope = terrain.slope_percent(height, 50.0)
    assert np.nanmax(off[slope > 1.0]) < 0.01
    # on flatter ground gdaldem's sums in 32 bits turn the compass by up to half a degree; float64 sides with us
    dx, dy = horn(height, 50.0)
    truth = np.degrees(np.arctan2(-dx, dy)) % 360
    err = [np.abs(a[1:-1, 1:-1] - truth) for a in (ours, theirs)]
    err = [np.nanmax(np.minimum(e, 360 - e)) for e in err]
    assert err[0] < 0.01 < err[1]
    assert np.nanmax(off) < 0.6


def test_distance_is_exact_where_gdal_proximity_is_near(gdal):
    roads = read(gdal / "aachen_mainroads_100m.tif")
    theirs = read(gdal / "aachen_mainroads_prox_geo.tif")
    target = np.nan_to_num(roads) > 0
    ours = distance.euclidean(target, 100.0)
    assert (ours == ndimage.distance_transform_edt(~target) * 100.0).all()
    assert np.nanmean(theirs) == pytest.approx(4_155.134123, rel=1e-8)
    # SOURCES.md: GDAL's own algorithm is beside the truth in 341 of 154 736 cells, by up to 20.9 m, never below
    off = theirs - ours
    assert (np.abs(off) > 0.01).sum() == 341
    assert off.min() > -0.01
    assert off.max() < 21.0
    assert (distance.within(target, 100.0, 1_000.0) == (ours <= 1_000.0)).all()


@pytest.mark.parametrize(("name", "neighbours", "mean", "most"), [
    ("rcost_8dir", 8, 142.901821629157, 443.1722097199), ("rcost_knight16", 16, 139.358732984833, 433.19433735768),
])  # fmt: skip
def test_cost_distance_is_grass_r_cost(grass, name, neighbours, mean, most):
    """GRASS counts in cells: a cell of 1 m here."""
    friction, sources = read(grass / "friction.tif"), np.nan_to_num(read(grass / "sources.tif")).astype(np.int32)
    theirs = read(grass / f"{name}.tif")
    ours, _ = cost.accumulate(friction, sources, 1.0, neighbours)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    assert np.nanmax(np.abs(ours - theirs)) <= 1e-9
    assert np.nanmean(ours) == pytest.approx(mean, rel=1e-12)
    assert np.nanmax(ours) == pytest.approx(most, rel=1e-12)
    # metres are only a factor
    metres, _ = cost.accumulate(friction, sources, 50.0, neighbours)
    assert metres == pytest.approx(50.0 * ours, rel=1e-12, nan_ok=True)


def test_the_nearest_source_is_grasss(grass):
    friction, sources = read(grass / "friction.tif"), np.nan_to_num(read(grass / "sources.tif")).astype(np.int32)
    label = cost.allocate(friction, sources, 50.0)[2]
    assert (label == np.nan_to_num(read(grass / "rcost_8dir_nearest.tif"))).all()


def test_walking_with_a_table_of_grades_is_grass_r_walk(grass, height):
    """r.walk's rule (Langmuir): 0.72 s a metre, 6 s more a metre climbed, 1.9998 s less a metre down, and as much more where steeper than 0.2125."""
    a, up, down, steep = 0.72, 6.0, 1.9998, 0.2125
    edge = np.nextafter(-steep, -1)
    table = cost.Slope([-10, edge, -steep, 0, 10], [a + 10 * down, a + steep * down, a - steep * down, a, a + 10 * up])
    sources = np.nan_to_num(read(grass / "sources.tif")).astype(np.int32)
    theirs = read(grass / "rwalk_seconds.tif")
    z = height.astype(np.float64)
    ours, _ = cost.accumulate(np.where(np.isnan(z), np.nan, 1.0), sources, 50.0, elevation_m=z, slope_cost=table)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    assert ours == pytest.approx(theirs, rel=1e-9, nan_ok=True)
