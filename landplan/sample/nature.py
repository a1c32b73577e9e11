"""Nature and ground conditions derived by rule: shore protection, flood zones, soil, protected areas."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from rasterio.features import shapes
from scipy import ndimage

from landplan.sample.geography import CELL_M, RIVER, SEA, Geography
from landplan.sample.terrain import SOIL, Terrain
from landplan.sample.towns import Town

__all__ = ["flood_zones", "protected_areas", "shore_protection", "soil"]

SHORE_M = 100.0
EXTENDED_M = 300.0
FLOOD_M = 2.0


def shore_protection(geo: Geography, towns: list[Town], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw 100 m on both sides of every shore, 300 m on some, and leave it revoked inside some localities.

    Parameters
    ----------
    geo : Geography
        Area and water.
    towns : list of Town
        Localities; in seven of ten the protection is revoked.
    rng : numpy.random.Generator
        Source of the choices.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons of kind base, extended or revoked.
    """
    rows: list[dict[str, Any]] = []
    lifted = shapely.union_all([t.outline for t in towns if rng.uniform() < 0.7])
    near = shapely.buffer(geo.water.geometry.to_numpy(), SHORE_M, quad_segs=2)
    far = shapely.buffer(geo.water.geometry.to_numpy(), -SHORE_M, quad_segs=2)
    zone = shapely.difference(shapely.union_all(near), shapely.union_all(far))
    zone = shapely.intersection(zone, geo.study)
    lakes = np.flatnonzero((geo.water["kind"] == "lake").to_numpy() & (geo.water.area.to_numpy() > 4e5))
    wide = shapely.buffer(
        geo.water.geometry.to_numpy()[rng.choice(lakes, size=min(24, len(lakes)), replace=False)],
        EXTENDED_M,
        quad_segs=2,
    )
    extended = shapely.intersection(
        shapely.difference(shapely.union_all(wide), shapely.union_all(geo.water.geometry.to_numpy())),
        geo.study,
    )
    revoked = shapely.intersection(zone, lifted)
    # The sea's strip is one ring a hundred kilometres long; squares of 10 km keep it readable.
    for kind, shape in (
        ("base", shapely.difference(shapely.difference(zone, lifted), extended)),
        ("extended", shapely.difference(extended, lifted)),
        ("revoked", revoked),
    ):
        decided = None if kind == "base" else dt.date(2014, 6, 30)
        rows += [
            {"kind": kind, "decision_date": decided, "geometry": part}
            for part in _tiled(shapely.simplify(shape, 4.0), 10_000.0)
        ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)
    frame.insert(0, "protection_id", [f"SS{n + 1:04d}" for n in range(len(frame))])
    frame.insert(3, "synthetic", True)
    return frame


def flood_zones(geo: Geography, terrain: Terrain) -> gpd.GeoDataFrame:
    """Draw land at most two metres above the sea or above the nearest river, within 800 m of it.

    Parameters
    ----------
    geo : Geography
        Area and water.
    terrain : Terrain
        The 100 m surface.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons of kind sea or river on dry ground.
    """
    rows: list[dict[str, Any]] = []
    land = geo.kinds == 0
    for kind, code, years in (("sea", SEA, None), ("river", RIVER, 100)):
        if not (geo.kinds == code).any():
            continue
        gap, index = ndimage.distance_transform_edt(geo.kinds != code, sampling=CELL_M, return_indices=True)
        level = terrain.height_m[index[0], index[1]] if code == RIVER else 0.0
        low = land & geo.inside & (gap <= 800.0) & (terrain.height_m <= level + FLOOD_M)
        for part in _polygons(low.astype(np.uint8), geo.transform, simplify_m=35.0):
            shape = shapely.difference(part[0], shapely.union_all(geo.water_near(part[0])))
            rows += [
                {
                    "kind": kind,
                    "return_period_years": years,
                    "sea_level_m": FLOOD_M if kind == "sea" else None,
                    "geometry": shapely.set_precision(piece, 1.0),
                }
                for piece in shapely.get_parts(shape)
                if piece.geom_type == "Polygon" and piece.area > 8_000.0
            ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)
    frame = frame[frame.geom_type == "Polygon"].reset_index(drop=True)
    frame["return_period_years"] = frame["return_period_years"].astype("Int32")
    frame["sea_level_m"] = frame["sea_level_m"].astype("float64")
    frame.insert(0, "zone_id", [f"O{n + 1:04d}" for n in range(len(frame))])
    frame.insert(4, "synthetic", True)
    return frame


def soil(geo: Geography, classes: npt.NDArray[np.uint8]) -> gpd.GeoDataFrame:
    """Outline the soil classes of the 100 m grid, smoothed to patches of some hectares.

    Parameters
    ----------
    geo : Geography
        Area and water.
    classes : numpy.ndarray
        Classes by `landplan.sample.terrain.soil_classes`.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons of at least 9 ha; smaller patches are left unmapped.
    """
    smooth = classes.copy()
    for value in range(1, len(SOIL) + 1):
        share = ndimage.uniform_filter((classes == value).astype(np.float32), 5)
        smooth[(share > 0.55) & (classes > 0)] = value
    rows = [
        {"soil_class": SOIL[int(value) - 1], "synthetic": True, "geometry": shape}
        for shape, value in _polygons(smooth, geo.transform, simplify_m=0.0)
        if shape.area >= 90_000.0
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)


def protected_areas(
    geo: Geography, terrain: Terrain, avoid: list[Any], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw made-up reserves on high and steep ground away from localities and sites.

    Parameters
    ----------
    geo : Geography
        Area and water.
    terrain : Terrain
        The 100 m surface.
    avoid : list of shapely geometries
        Outlines to keep 1 200 m away from.
    rng : numpy.random.Generator
        Source of the places.

    Returns
    -------
    geopandas.GeoDataFrame
        At most as many polygons as the area has reserves, that do not touch.
    """
    bars = shapely.STRtree([g.buffer(1_200.0) for g in avoid])
    score = terrain.height_m * (geo.kinds == 0) * geo.inside
    cells = np.argwhere(score > np.percentile(score[geo.kinds == 0], 45))
    rows: list[dict[str, Any]] = []
    placed: list[Any] = []
    for row, col in cells[rng.permutation(len(cells))].tolist():
        if len(rows) >= geo.sample.reserves:
            break
        centre = np.array([geo.transform.c + (col + 0.5) * CELL_M, geo.transform.f - (row + 0.5) * CELL_M])
        if not shapely.contains_xy(geo.area, *centre):
            continue
        angle = np.linspace(0.0, 2.0 * np.pi, 18, endpoint=False)
        radius = rng.lognormal(np.log(420.0), 0.55) * rng.uniform(0.75, 1.25, 18)
        shape = shapely.Polygon(
            np.round(centre + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        )
        if (
            not shape.is_valid
            or len(bars.query(shape, predicate="intersects"))
            or any(shape.distance(p) < 500.0 for p in placed)
        ):
            continue
        placed.append(shape)
        kind = str(rng.choice(["naturreservat", "naturreservat", "naturreservat", "biotopskydd"]))
        rows.append(
            {
                "area_id": f"N{len(rows) + 1:03d}",
                "name": f"Demonstrationsområde naturskydd {len(rows) + 1}",
                "kind": kind,
                "decision_date": dt.date(
                    int(rng.integers(1975, 2024)), int(rng.integers(1, 13)), int(rng.integers(1, 28))
                ),
                "synthetic": True,
                "geometry": shape,
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)


def _polygons(
    mask: npt.NDArray[np.uint8], transform: Affine, *, simplify_m: float
) -> list[tuple[Any, float]]:
    out = []
    for shape, value in shapes(mask, mask=mask > 0, transform=transform, connectivity=4):
        polygon = shapely.geometry.shape(shape)
        if simplify_m:
            polygon = polygon.simplify(simplify_m)
        if not polygon.is_valid:
            polygon = polygon.buffer(0)
        if polygon.geom_type == "Polygon" and not polygon.is_empty:
            out.append((polygon, value))
    return out


def _tiled(shape: Any, step: float) -> list[Any]:
    """Cut a large surface into squares; returns polygons on whole metres in a fixed order."""
    x0, y0, x1, y1 = shape.bounds
    pieces = shapely.STRtree(shapely.get_parts(shape))
    out = []
    for left in np.arange(np.floor(x0 / step) * step, x1, step):
        for low in np.arange(np.floor(y0 / step) * step, y1, step):
            tile = shapely.box(left, low, left + step, low + step)
            for number in np.sort(pieces.query(tile, predicate="intersects")):
                cut = shapely.set_precision(shapely.intersection(pieces.geometries[number], tile), 1.0)
                out += [p for p in shapely.get_parts(cut) if p.geom_type == "Polygon" and p.area > 500.0]
    return out
