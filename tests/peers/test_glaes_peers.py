"""Land eligibility around Aachen against the figures that GLAES's own tests publish: the same rules, the same share of land."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.features import shapes

from landplan import suitability as s
from landplan.grid import Grid

HALO = 15  # cells: more than the widest setback


@pytest.fixture(scope="module")
def folder(shared):
    found = shared / "peers" / "glaes_aachen"
    if not found.is_dir():
        pytest.skip(f"{found} is not here")
    return found


@pytest.fixture(scope="module")
def published(folder):
    return pd.read_csv(folder / "reference" / "glaes_published.csv").drop_duplicates("case").set_index("case")["published"]


@pytest.fixture(scope="module")
def region(folder):
    return gpd.read_file(folder / "aachenShapefile.shp").to_crs(3035)


@pytest.fixture(scope="module")
def grid(region):
    """The region's bounds snapped outwards to 100 m, and a halo around them, so that setbacks are right at the edge."""
    inner = Grid.cover(tuple(region.total_bounds), cell_m=100, crs="EPSG:3035")
    assert inner.shape == (509, 304)
    x0, y0, x1, y1 = inner.bounds
    pad = 100 * HALO
    return Grid.cover((x0 - pad, y0 - pad, x1 + pad, y1 + pad), cell_m=100, crs="EPSG:3035")


@pytest.fixture(scope="module")
def inside(region, grid):
    return s.burning.burn(region, grid, rule="centre")


@pytest.fixture(scope="module")
def cover(folder, grid):
    with rasterio.open(folder / "clc-aachen_clipped.tif") as source:
        window = source.window(*grid.bounds).round_offsets().round_lengths()
        return source.read(1, window=window, boundless=True, fill_value=255)


def eligible(grid, inside, *constraints):
    flat = np.ones(grid.shape, np.float32)
    r = s.evaluate(grid, constraints, [s.Criterion("any", flat, s.value.linear(0, 1), 1.0)], inside=inside)
    # the ledger and the cells say the same
    hard = 1.0 - r.ledger["alone_ha"].sum() / inside.sum()
    assert 100 * r.allowed.sum() / inside.sum() <= 100 * hard + 1e-9
    return 100 * r.allowed.sum() / inside.sum()


def test_the_region_has_its_cells(inside, published):
    assert inside.sum() == int(float(published["region_mask_cells"]))


@pytest.mark.parametrize(("case", "low", "high"), [("clc==12", 12, 12), ("clc 5..12", 5, 12)])
def test_land_cover_classes_exclude_what_they_do_there(case, low, high, grid, inside, cover, published):
    found = eligible(grid, inside, s.Constraint("clc", (cover >= low) & (cover <= high)))
    assert found == pytest.approx(float(published[case]), abs=4e-5)


@pytest.mark.parametrize(("case", "where"), [("CDDA all", {}), ("CDDA YEAR>2000", {"YEAR": {"min": 2001}})])
def test_protected_areas_by_the_middle_of_cells(case, where, folder, grid, inside, published):
    areas = gpd.read_file(folder / "CDDA_aachenClipped.shp")
    found = eligible(grid, inside, s.Constraint("cdda", areas, where=where, rule="centre"))
    # one cell is 0.0014 %: the published means are of single precision
    assert found == pytest.approx(float(published[case]), abs=5e-6)


@pytest.fixture(scope="module")
def exclusion_set(folder, grid, cover):
    """The set GLAES reads from its csv: settlements with 1 000 m, main roads with 200 m, classes 12 to 22."""
    town = (cover == 1) | (cover == 2)
    outlines = [shapely.geometry.shape(g) for g, _ in shapes(town.astype("uint8"), mask=town, transform=grid.transform)]
    roads = gpd.read_file(folder / "aachenRoads.shp").to_crs(3035)
    return (
        s.Constraint("classes", (cover >= 12) & (cover <= 22)),
        s.Constraint("settlements", gpd.GeoDataFrame(geometry=outlines, crs="EPSG:3035"), within_m=1_000, rule="centre"),
        s.Constraint("roads", roads, within_m=200, where={"type": ["motorway", "primary", "trunk"]}, rule="centre"),
    )


def test_the_whole_set_leaves_the_published_share(grid, inside, exclusion_set, published):
    assert eligible(grid, inside, *exclusion_set) == pytest.approx(float(published["exclude set"]), abs=5e-6)


def test_what_our_own_rules_change_is_known(grid, inside, cover, exclusion_set):
    """GLAES counts a cell by its middle and buffers a raster by its outline; ours are cautious with features and exact with cells."""
    classes, settlements, roads = exclusion_set
    theirs = eligible(grid, inside, *exclusion_set)
    # any part of a cell within the distance: less land is left
    touched = eligible(grid, inside, classes, settlements, s.Constraint("roads", roads.layer, within_m=200, where=roads.where))
    assert theirs - 3.0 < touched < theirs
    # between middles of cells an outline is half a cell further away: more land is left
    town = (cover == 1) | (cover == 2)
    middles = eligible(grid, inside, classes, s.Constraint("settlements", town, within_m=1_000), roads)
    assert theirs < middles < theirs + 1.5
