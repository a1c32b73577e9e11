"""Rasters as cloud-optimised GeoTIFF: overviews, nodata, colours, statistics, and a QGIS style beside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import ExportError
from landplan.export import qml, words
from landplan.export.files import write_bytes, write_text
from landplan.export.items import Atlas, RasterItem
from landplan.export.legend import settle_raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["nodata_of", "overview_factors", "write"]

_BLOCK: Final = 256
_KINDS: Final = frozenset({"uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"})


def nodata_of(values: NDArray[Any]) -> float:
    """Return the house's nodata for an array: nan in floats, the type's maximum in integers.

    Examples
    --------
    >>> nodata_of(np.zeros(1, np.uint8)), nodata_of(np.zeros(1, np.float32))
    (255, nan)
    """
    if np.issubdtype(values.dtype, np.floating):
        return float("nan")
    return int(np.iinfo(values.dtype).max)


def overview_factors(shape: tuple[int, int]) -> list[int]:
    """Return the powers of two that bring a raster down to one block.

    Examples
    --------
    >>> overview_factors((1000, 300))
    [2, 4]
    """
    factors: list[int] = []
    size = max(shape)
    while size > _BLOCK:
        factors.append(2 ** (len(factors) + 1))
        size = (size + 1) // 2
    return factors


def _prepared(item: RasterItem) -> NDArray[Any]:
    values = item.values
    if values.ndim not in (2, 3) or values.shape[-2:] != item.grid.shape:
        raise ExportError(
            f"raster {item.id}: the array is {values.shape} but its grid is {item.grid.shape}; "
            f"an exported raster has its bands on its own grid"
        )
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if values.dtype == np.int64:
        # GDAL's 64-bit integers are read by few programs; our own counts fit in 32
        largest = int(np.iinfo(np.int64).max)
        narrow = np.where(values == largest, np.iinfo(np.int32).max, values)
        if narrow.size and (narrow.max() > np.iinfo(np.int32).max or narrow.min() < np.iinfo(np.int32).min):
            return values.astype(np.float64)
        return narrow.astype(np.int32)
    if str(values.dtype) not in _KINDS:
        raise ExportError(f"raster {item.id}: {values.dtype} cannot be written; use one of {sorted(_KINDS)}")
    if np.issubdtype(values.dtype, np.floating) and np.isinf(values).any():
        # unreachable and unknown are both empty in a file
        return np.where(np.isfinite(values), values, np.nan).astype(values.dtype)
    return values


def _tags(item: RasterItem, atlas: Atlas) -> dict[str, str]:
    tags = {
        "TITLE": item.title[atlas.language],
        "DESCRIPTION": item.description[atlas.language],
        "UNIT": item.unit,
        "SOURCE": item.source,
        "LICENCE": item.licence,
        "ATTRIBUTION": item.attribution,
        "DATA_DATE": item.data_date,
        "SYNTHETIC": "yes" if item.synthetic else "no",
        "SHARING": item.sharing,
        "BANNER": words.banner(atlas.language) if item.synthetic else "",
        "VERSION": atlas.provenance.landplan_version,
    }
    return {f"LANDPLAN_{k}": v for k, v in tags.items() if v}


def _statistics(values: NDArray[Any], nodata: float) -> dict[str, str]:
    keep = values[np.isfinite(values)] if np.isnan(nodata) else values[values != nodata]
    if not keep.size:
        return {}
    numbers = keep.astype(np.float64)
    return {
        "STATISTICS_MINIMUM": f"{numbers.min():.10g}",
        "STATISTICS_MAXIMUM": f"{numbers.max():.10g}",
        "STATISTICS_MEAN": f"{numbers.mean():.10g}",
        "STATISTICS_STDDEV": f"{numbers.std():.10g}",
        "STATISTICS_VALID_PERCENT": f"{100 * keep.size / values.size:.4g}",
    }


def _colours(item: RasterItem) -> dict[int, tuple[int, int, int, int]]:
    """Return the colour table: the named classes, everything else clear."""
    settled = settle_raster(item)
    named = {
        int(float(c.value)): c.color for c in settled.classes if c.value is not None and 0 <= float(c.value) < 255
    }
    clear = (0, 0, 0, 0)
    table = dict.fromkeys(range(256), clear)
    for code, color in named.items():
        r, g, b = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        table[code] = (r, g, b, 255)
    return table


def write(item: RasterItem, path: Path, atlas: Atlas) -> list[Path]:
    """Write one raster as a cloud-optimised GeoTIFF with a QGIS style beside it.

    Parameters
    ----------
    item : RasterItem
        Floats have nan as nodata (`inf` becomes nan); integers their type's maximum. An array of three
        dimensions has its bands first. A boolean array becomes 0 and 1. A categorical uint8 raster gets a colour table of its named classes.
    path : Path
        The ``.tif``; the style gets the same name and ``.qml``.
    atlas : Atlas
        For the language, the banner and the version in the file's tags.

    Returns
    -------
    list of Path
        The raster and its style.

    Raises
    ------
    ExportError
        If the array does not fit its grid, or GDAL cannot write the file.
    DiskError
        If the disc is full or the place read-only.

    Examples
    --------
    >>> from landplan.export import raster
    >>> raster.write(item, Path("out/rasters/suitability.tif"), atlas)  # doctest: +SKIP
    [PosixPath('out/rasters/suitability.tif'), PosixPath('out/rasters/suitability.qml')]
    """
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    values = _prepared(item)
    bands = values if values.ndim == 3 else values[None]
    nodata = nodata_of(values)
    floating = np.issubdtype(values.dtype, np.floating)
    categorical = item.categorical or not floating
    profile = {
        "driver": "GTiff",
        "width": values.shape[-1],
        "height": values.shape[-2],
        "count": bands.shape[0],
        "dtype": str(values.dtype),
        "crs": item.grid.crs,
        "transform": item.grid.transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
    }
    # GDAL writes in memory and we to the disc: on a full disc its driver ends without an error
    with MemoryFile() as plain, MemoryFile(ext=".tif") as cog:
        with plain.open(**profile) as target:
            target.write(bands)
            target.update_tags(**_tags(item, atlas))
            for i, band in enumerate(bands, start=1):
                target.update_tags(i, **_statistics(band, nodata))
                target.set_band_description(i, item.title[atlas.language] + (f" {i}" if len(bands) > 1 else ""))
                if item.unit:
                    target.set_band_unit(i, item.unit)
            if item.categorical and values.dtype == np.uint8:
                target.write_colormap(1, _colours(item))
            # a mean of class codes is no class: codes are thinned, amounts averaged
            how = Resampling.nearest if categorical else Resampling.average
            target.build_overviews(overview_factors(item.grid.shape), how)
        try:
            with plain.open() as source:
                copy(
                    source,
                    cog.name,
                    driver="COG",
                    COMPRESS="DEFLATE",
                    PREDICTOR="YES",
                    BLOCKSIZE=str(_BLOCK),
                    OVERVIEWS="AUTO",
                    RESAMPLING="NEAREST" if categorical else "AVERAGE",
                )
        except RasterioError as error:
            raise ExportError(f"{path}: could not be written: {error}") from error
        with rasterio.open(cog.name) as written:
            expected = overview_factors(item.grid.shape)
            if written.overviews(1) != expected:
                raise ExportError(f"{path}: overviews {written.overviews(1)} were written, {expected} expected")
        write_bytes(path, cog.read())
    style = write_text(path.with_suffix(".qml"), qml.raster_qml(item, atlas.language))
    return [path, style]
