from dataclasses import replace

import numpy as np
import pytest
import rasterio
from small_atlas import GRID

from landplan.errors import ExportError
from landplan.export import raster
from landplan.export.items import DEMO_BANNER
from landplan.export.names import raster_file


@pytest.fixture(scope="module")
def folder(atlas, tmp_path_factory):
    target = tmp_path_factory.mktemp("rasters")
    for item in atlas.rasters:
        made = raster.write(item, target / raster_file(item), atlas)
        assert [p.suffix for p in made] == [".tif", ".qml"]
    return target


def test_values_place_and_nodata_survive(atlas, folder):
    item = atlas.raster("score")
    with rasterio.open(folder / "DEMONSTRATIONSDATA_score.tif") as source:
        back = source.read(1)
        assert np.isnan(source.nodata)
        assert source.crs.to_epsg() == 3006
        assert source.transform == GRID.transform
        assert source.bounds == GRID.bounds
    expected = np.where(np.isinf(item.values), np.nan, item.values)
    np.testing.assert_array_equal(back, expected)


def test_overviews_and_layout(folder):
    for name in ("DEMONSTRATIONSDATA_score.tif", "why.tif"):
        with rasterio.open(folder / name) as source:
            assert source.overviews(1) == [2]
            assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert source.block_shapes == [(256, 256)]


def test_classes_have_colours_and_are_never_averaged(folder):
    with rasterio.open(folder / "why.tif") as source:
        table = source.colormap(1)
        assert table[1] == (0xD5, 0x5E, 0x00, 255)
        assert source.nodata == 255
        small = source.read(1, out_shape=(250, 250))
    assert set(np.unique(small)) <= {0, 1, 2, 255}


def test_tags_and_statistics(folder):
    with rasterio.open(folder / "DEMONSTRATIONSDATA_score.tif") as source:
        tags, band = source.tags(), source.tags(1)
    assert tags["LANDPLAN_SYNTHETIC"] == "yes"
    assert tags["LANDPLAN_BANNER"] == DEMO_BANNER.sv
    assert tags["LANDPLAN_LICENCE"] == "CC0"
    assert float(band["STATISTICS_MAXIMUM"]) == 100
    with rasterio.open(folder / "why.tif") as source:
        assert source.tags()["LANDPLAN_SYNTHETIC"] == "no"
        assert "LANDPLAN_BANNER" not in source.tags()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int32", "int64", "float64"])
def test_every_kind_of_array(atlas, tmp_path, dtype):
    values = (np.arange(GRID.size).reshape(GRID.shape) % 2).astype(dtype)
    item = replace(atlas.raster("score"), id=dtype, values=values)
    raster.write(item, tmp_path / "x.tif", atlas)
    with rasterio.open(tmp_path / "x.tif") as source:
        np.testing.assert_array_equal(source.read(1), values.astype(source.dtypes[0]))


def test_all_empty_and_tiny(atlas, tmp_path):
    tiny = replace(GRID, shape=(1, 1))
    item = replace(atlas.raster("score"), values=np.full((1, 1), np.nan, np.float32), grid=tiny)
    raster.write(item, tmp_path / "tiny.tif", atlas)
    with rasterio.open(tmp_path / "tiny.tif") as source:
        assert np.isnan(source.read(1)).all()
        assert source.overviews(1) == []


def test_wrong_shape_and_type_are_named(atlas, tmp_path):
    with pytest.raises(ExportError, match="score: the array is"):
        raster.write(replace(atlas.raster("score"), values=np.zeros((3, 3))), tmp_path / "x.tif", atlas)
    words = np.full(GRID.shape, "a")
    with pytest.raises(ExportError, match="cannot be written"):
        raster.write(replace(atlas.raster("score"), values=words), tmp_path / "x.tif", atlas)
    assert list(tmp_path.iterdir()) == []
