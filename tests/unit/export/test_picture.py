import zlib
from dataclasses import replace

import numpy as np
from small_atlas import GRID

from landplan.export import picture
from landplan.style import Style, StyleClass, Text


def _decoded(png):
    """Return the palette indices and palette of our own kind of PNG."""
    at, found = 8, {}
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + size]
        at += 12 + size
    width, height = (int.from_bytes(found[b"IHDR"][i : i + 4], "big") for i in (0, 4))
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, width + 1)
    return lines[:, 1:], np.frombuffer(found[b"PLTE"], np.uint8).reshape(-1, 3), list(found[b"tRNS"])


def test_a_checkerboard_lies_right_to_the_pixel(atlas):
    rows, cols = GRID.shape
    board = ((np.add.outer(np.arange(rows) // 50, np.arange(cols) // 50)) % 2).astype(np.uint8)
    classes = (StyleClass(0, Text("a", "a"), "#000000"), StyleClass(1, Text("b", "b"), "#ffffff"))
    item = replace(atlas.raster("why"), values=board, style=Style(kind="classes", classes=classes))
    png, (west, south, east, north) = picture.raster_png(item)
    index, _, _ = _decoded(png)
    from pyproj import Transformer

    mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    left, bottom = mercator.transform(west, south)
    right, top = mercator.transform(east, north)
    height, width = index.shape
    to_mercator = Transformer.from_crs(3006, 3857, always_xy=True)
    # the middle of every square, and points a twentieth of a cell group inside its corners
    at = np.concatenate([np.arange(25, 500, 50), np.arange(3, 500, 50), np.arange(47, 500, 50)]) + 0.5
    xs, ys = np.meshgrid(GRID.x_min + at * 20, GRID.y_max - at * 20)
    mx, my = to_mercator.transform(xs.ravel(), ys.ravel())
    col = ((mx - left) / (right - left) * width).astype(int)
    row = ((top - my) / (top - bottom) * height).astype(int)
    expected = board[((GRID.y_max - ys.ravel()) / 20).astype(int), ((xs.ravel() - GRID.x_min) / 20).astype(int)]
    np.testing.assert_array_equal(index[row, col] - 1, expected)


def test_raster_colours_and_clear_nodata(atlas):
    index, palette, alpha = _decoded(picture.raster_png(atlas.raster("why"))[0])
    assert alpha == [0, 255, 255, 255]
    assert tuple(palette[2]) == (0xD5, 0x5E, 0x00)
    assert set(np.unique(index)) == {0, 1, 2, 3}
