"""A raster as a picture for the web: warped to Web Mercator first, then coloured, so that it lies right."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from landplan.export import legend
from landplan.export.items import RasterItem

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["raster_png"]

_SIDE: Final = 1_600
"""Most pixels along a side; a finer raster is thinned to it."""


def _png(index: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Return a palette PNG with transparency: `palette` is (n, 4), red, green, blue, alpha."""

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    height, width = index.shape
    # each line of a PNG begins with the number of its filter; 0 is none, best for palettes
    lines = np.zeros((height, width + 1), dtype=np.uint8)
    lines[:, 1:] = index
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", palette[:, :3].tobytes()),
            chunk(b"tRNS", palette[:, 3].tobytes()),
            chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)),
            chunk(b"IEND", b""),
        )
    )


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def raster_png(item: RasterItem) -> tuple[bytes, tuple[float, float, float, float]]:
    """Warp a raster to Web Mercator and colour it.

    Parameters
    ----------
    item : RasterItem
        The raster on its own grid.

    Returns
    -------
    bytes
        A palette PNG, clear where there is no value.
    tuple of float
        West, south, east, north in degrees: the corners of that very Mercator grid, so that an image
        stretched between them lies right to the pixel.
    """
    import rasterio.warp
    from affine import Affine
    from rasterio.enums import Resampling

    from landplan.crs import transform_box

    values = item.values
    floating = np.issubdtype(values.dtype, np.floating)
    numbers = values.astype(np.float32)
    if values.dtype != np.bool_ and not floating:
        numbers[values == np.iinfo(values.dtype).max] = np.nan
    numbers[~np.isfinite(numbers)] = np.nan
    left, bottom, right, top = transform_box(item.grid.bounds, item.grid.crs, "EPSG:3857")
    side = max(1, min(_SIDE, round(max(item.grid.shape) * 1.5)))
    cell = max(right - left, top - bottom) / side
    width, height = max(1, int(np.ceil((right - left) / cell))), max(1, int(np.ceil((top - bottom) / cell)))
    transform = Affine(cell, 0, left, 0, -cell, top)
    warped = np.full((height, width), np.nan, dtype=np.float32)
    settled = legend.settle_raster(item)
    rasterio.warp.reproject(
        numbers,
        warped,
        src_transform=item.grid.transform,
        src_crs=item.grid.crs,
        dst_transform=transform,
        dst_crs="EPSG:3857",
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling.nearest if settled.classes else Resampling.bilinear,
    )
    index, palette = _coloured(warped, settled)
    west, south, east, north = transform_box(
        (left, top - height * cell, left + width * cell, top), "EPSG:3857", "EPSG:4326"
    )
    return _png(index, palette), (west, south, east, north)


def _coloured(values: NDArray[np.float32], settled: legend.Settled) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    clear = (255, 255, 255, 0)
    index = np.zeros(values.shape, dtype=np.uint8)
    known = np.isfinite(values)
    if settled.classes:
        colors = [c.color for c in settled.classes]
        if settled.style.kind == "graduated":
            index[known] = 0
            for i in range(len(colors) - 1, -1, -1):
                bound = settled.classes[i].value
                index[known & (True if bound is None else values <= float(bound))] = i + 1
        else:
            for i, entry in enumerate(settled.classes):
                if entry.value is not None:
                    index[known & (values == float(entry.value))] = i + 1
    else:
        steps = 254
        colors = list(legend.ramp_colors(settled.style.ramp, steps + 1))
        share = (values[known] - settled.low) / (settled.high - settled.low)
        index[known] = 1 + np.round(np.clip(share, 0, 1) * steps).astype(np.uint8)
    palette = np.array([clear, *((*_rgb(c), 255) for c in colors)], dtype=np.uint8)
    return index, palette
