"""The formats' own checks: OGC's for GeoPackage, GDAL's for cloud-optimised GeoTIFF."""

import subprocess
import sys

import pytest
from _need import clean_environment, need_gdal_utils, need_qgis

from landplan.export.names import raster_file


def test_geopackage_is_valid(run_folder):
    need_gdal_utils()
    path = run_folder / "DEMONSTRATIONSDATA_prov.gpkg"
    done = subprocess.run(
        [sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("id_", ["score", "why"])
def test_raster_is_cloud_optimised(run_folder, atlas, id_):
    """GDAL's check calls a file without overviews valid, so they are asked for as well."""
    python = need_qgis()  # QGIS brings GDAL's Python, which the check needs
    path = run_folder / "rasters" / raster_file(atlas.raster(id_))
    code = (
        "import sys; from osgeo import gdal; gdal.UseExceptions();"
        "from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate;"
        "warnings, errors, _ = validate(sys.argv[1], full_check=True); print(warnings, errors);"
        "raster = gdal.Open(sys.argv[1]); levels = raster.GetRasterBand(1).GetOverviewCount();"
        # left at once: GDAL's teardown beside QGIS' crashes now and then, long after the check is done
        "import os; sys.stdout.flush(); os._exit(1 if errors or warnings or levels != 1 else 0)"
    )
    done = subprocess.run(
        [python, "-c", code, str(path)], capture_output=True, text=True, env=clean_environment(), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
