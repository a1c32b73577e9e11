"""Terrain: a made-up surface that agrees with the real coast, lakes and rivers.

Heights are RH 2000 in whole metres. The ground rises from the shore by a rule (distance to the sea, four octaves of
smooth noise, valleys along the rivers); a lake is level at the lowest ground round it; the sea is 0 and land is above it.
The shape of the hills is no picture of any real place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from scipy import ndimage

from landplan.sample.geography import CELL_M, LAKE, LAND, RIVER, SEA, Geography

__all__ = [
    "ELEVATION_NODATA",
    "LAND_COVER_NODATA",
    "Terrain",
    "elevation_raster",
    "land_cover_raster",
    "make_terrain",
    "soil_classes",
]

ELEVATION_NODATA = -32768
LAND_COVER_NODATA = 255

SOIL = ("berg", "morän", "lera", "torv", "sand")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Terrain:
    """The surface on the 100 m grid, with what later rules ask of it."""

    height_m: Floats
    slope_pct: Floats
    valley: Floats
    roughness: Floats


def make_terrain(geo: Geography, rng: np.random.Generator) -> Terrain:
    """Make the 100 m surface.

    Parameters
    ----------
    geo : Geography
        Area and water.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    Terrain
        Height (m), slope (per cent), valley (0 on the heights, 1 on the valley floor) and small-scale roughness.
    """
    kinds = geo.kinds
    broad = _noise(rng, geo.shape, 9_000.0)
    middle = _noise(rng, geo.shape, 2_600.0)
    small = _noise(rng, geo.shape, 900.0)
    fine = _noise(rng, geo.shape, 330.0)
    to_sea = geo.sea_distance_m
    to_river = ndimage.distance_transform_edt(kinds != RIVER, sampling=CELL_M)
    to_water = ndimage.distance_transform_edt(kinds == LAND, sampling=CELL_M)
    # The valley floor is flat for some hundred metres and then rises; rivers make long valleys, the sea short ones.
    valley = np.maximum(np.exp(-((to_river / 1_800.0) ** 2)), np.exp(-((to_sea / 900.0) ** 2)))
    floor = 0.0011 * to_sea
    hills = geo.sample.relief * (
        60.0
        + 55.0 * broad
        + 42.0 * middle
        + 14.0 * small
        + 4.5 * fine
        + 110.0 * (1.0 - np.exp(-to_sea / 25_000.0))
    )
    height = floor + np.clip(hills, 4.0, None) * (1.0 - 0.86 * valley) * (1.0 - np.exp(-to_sea / 700.0))
    height = np.clip(height, 1.5, None)
    lakes, count = ndimage.label(np.isin(kinds, (LAKE, RIVER)), structure=np.ones((3, 3), dtype=int))
    level = np.zeros(count + 1)
    if count:
        rim = ndimage.grey_dilation(lakes, size=(3, 3))
        rim[kinds != LAND] = 0
        # The rim holds the lake, so its lowest ground is the water's level; half the lowest tenth keeps shores gentle.
        level[1:] = ndimage.minimum(np.where(rim > 0, height, 1e6), rim, index=np.arange(1, count + 1))
        level[level > 1e5] = 1.0
        level = np.maximum(np.round(level * 0.9), 1.0)
        level[0] = 0.0
    surface = np.where(kinds == SEA, 0.0, level[lakes])
    nearest = ndimage.distance_transform_edt(kinds == LAND, return_distances=False, return_indices=True)
    shore = surface[nearest[0], nearest[1]]
    # Within 600 m of water the ground leans down to that water's level, and stays a metre above it.
    lean = np.clip(to_water / 600.0, 0.0, 1.0)
    lean = lean * lean * (3.0 - 2.0 * lean)
    ground = np.maximum(shore + (height - shore) * lean, shore + 1.0)
    ground = ndimage.gaussian_filter(ground, 0.7)
    # Millimetres: the last bits of exp and cos differ between processors, and must not turn into other metres.
    height = np.round(np.where(kinds == LAND, np.maximum(ground, shore + 1.0), surface), 3) + geo.sample.base_m
    gy, gx = np.gradient(height, CELL_M)
    slope = np.round(100.0 * np.hypot(gx, gy), 3)
    parts = (np.round(part, 6).astype(np.float64) for part in (height, slope, valley, small))
    return Terrain(*parts)


def elevation_raster(geo: Geography, terrain: Terrain) -> tuple[npt.NDArray[np.int16], Affine]:
    """Resample the surface to the area's cell and make it agree with the water outlines.

    Parameters
    ----------
    geo : Geography
        Area and water.
    terrain : Terrain
        The 100 m surface.

    Returns
    -------
    tuple
        int16 heights in metres (sea 0, land at least 1, lakes level, nodata outside the area and its halo), transform.
    """
    transform, shape = _fine(geo)
    kinds = geo.rasterise_water(transform, shape)
    fine = _enlarge(terrain.height_m, shape)
    # Levels come from the coarse water cell nearest to each fine one, so a lake is flat to its edge.
    index = ndimage.distance_transform_edt(geo.kinds == LAND, return_distances=False, return_indices=True)
    level = terrain.height_m[index[0], index[1]]
    times = shape[0] // geo.shape[0]
    level = np.repeat(np.repeat(level, times, axis=0), times, axis=1)
    out = np.clip(np.round(fine), 1, 2_000)
    bodies, count = ndimage.label(np.isin(kinds, (LAKE, RIVER)), structure=np.ones((3, 3), dtype=int))
    if count:
        flat = np.concatenate([[0.0], ndimage.median(level, bodies, index=np.arange(1, count + 1))])
        out = np.where(bodies > 0, np.maximum(np.round(flat), 1.0)[bodies], out)
    out[kinds == SEA] = 0
    inside = geo.rasterise([(geo.study, 1)], transform, shape).astype(bool)
    out[~inside] = ELEVATION_NODATA
    return out.astype(np.int16), transform


def land_cover_raster(
    geo: Geography, terrain: Terrain, built: Any, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], Affine]:
    """Make land cover classes on the area's cell.

    Parameters
    ----------
    geo : Geography
        Area and water.
    terrain : Terrain
        The 100 m surface.
    built : list of shapely.Geometry
        Built-up areas.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    tuple
        1 forest, 2 open, 3 farmland, 4 wetland, 5 built-up, 6 lake or river, 7 sea, 8 bare rock, 255 outside; transform.
    """
    transform, shape = _fine(geo)
    patch = _noise(rng, geo.shape, 1_500.0)
    wet = _noise(rng, geo.shape, 1_100.0)
    low = np.exp(-(terrain.height_m - geo.sample.base_m) / 70.0)
    farm = terrain.valley * 1.1 + 0.75 * low + 0.55 * patch - 0.05 * terrain.slope_pct
    bog = wet - 0.10 * terrain.slope_pct
    rock = terrain.roughness + 0.035 * terrain.slope_pct
    kinds = geo.rasterise_water(transform, shape)
    out = np.full(shape, 1, dtype=np.uint8)
    out[_enlarge(bog, shape) > 1.45] = 4
    out[_enlarge(rock, shape) > 2.35] = 8
    out[_enlarge(patch, shape) < -1.75] = 2
    out[_enlarge(farm, shape) > 1.75] = 3
    if len(built):
        out[geo.rasterise([(g, 1) for g in built], transform, shape) == 1] = 5
    out[np.isin(kinds, (LAKE, RIVER))] = 6
    out[kinds == SEA] = 7
    inside = geo.rasterise([(geo.study, 1)], transform, shape).astype(bool)
    out[~inside] = LAND_COVER_NODATA
    return out, transform


def soil_classes(geo: Geography, terrain: Terrain, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Make soil classes on the 100 m grid: index into ``SOIL`` plus one, 0 in water and outside."""
    patch = _noise(rng, geo.shape, 2_400.0)
    wet = _noise(rng, geo.shape, 1_700.0)
    out = np.full(geo.shape, 2, dtype=np.uint8)
    out[(terrain.slope_pct > 11.0) | (terrain.roughness + 0.05 * terrain.slope_pct > 2.2)] = 1
    out[wet - 0.1 * terrain.slope_pct > 1.35] = 4
    out[terrain.valley + 0.3 * patch > 0.85] = 3
    out[(terrain.valley > 0.35) & (patch > 1.1)] = 5
    out[(geo.kinds != LAND) | ~geo.inside] = 0
    return out


def _fine(geo: Geography) -> tuple[Affine, tuple[int, int]]:
    side = geo.sample.raster_m
    times = round(CELL_M / side)
    transform = Affine(side, 0.0, geo.transform.c, 0.0, -side, geo.transform.f)
    return transform, (geo.shape[0] * times, geo.shape[1] * times)


def _enlarge(coarse: Floats, shape: tuple[int, int]) -> Floats:
    """Resample bilinearly with cell centres aligned (the corners of both grids coincide)."""
    times = shape[0] // coarse.shape[0]
    out: Any = coarse.astype(np.float32)
    for axis in (0, 1):
        n = out.shape[axis]
        position = (np.arange(n * times) + 0.5) / times - 0.5
        first = np.clip(np.floor(position).astype(np.int64), 0, n - 2)
        weight = np.clip(position - first, 0.0, 1.0).astype(np.float32)
        weight = weight[:, None] if axis == 0 else weight[None, :]
        out = np.take(out, first, axis=axis) * (1 - weight) + np.take(out, first + 1, axis=axis) * weight
    enlarged: Floats = out
    return enlarged


def _noise(rng: np.random.Generator, shape: tuple[int, int], wavelength_m: float) -> Floats:
    """Smooth noise with mean 0 and standard deviation 1."""
    step = wavelength_m / CELL_M
    coarse = rng.standard_normal((int(shape[0] / step) + 4, int(shape[1] / step) + 4))
    rows = np.arange(shape[0]) / step + 1.0
    cols = np.arange(shape[1]) / step + 1.0
    grid = np.meshgrid(rows, cols, indexing="ij")
    out = ndimage.map_coordinates(coarse, grid, order=3, mode="reflect")
    scaled: Floats = np.asarray((out - out.mean()) / out.std(), dtype=np.float64)
    return scaled
