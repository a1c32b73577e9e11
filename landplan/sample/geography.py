"""The ground the sample stands on: area, water, municipalities, and a 100 m picture of all three.

Water is three kinds. Sea is the area minus the land polygons; rivers are the river areas outside the sea; lakes are the
remaining inland water. The outlines are simplified (vertices some hundred metres apart), so a few real place points fall
into a simplified lake or river: the points stay where their source has them, and what is built there moves to land.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from affine import Affine
from pyproj import Transformer
from rasterio.features import rasterize
from scipy import ndimage

from landplan.sample.area import Municipality, Outline, SampleArea
from landplan.sample.inputs import Inputs

__all__ = ["CELL_M", "Geography", "outlined", "read_geography", "surface"]

CELL_M = 100.0
"""Cell size of the working rasters."""

LAND, LAKE, RIVER, SEA = 0, 1, 2, 3

BIG_LAKE_M2 = 20e6
"""A lake this large stands in for the sea where there is none."""

_PIECE_M = 2_000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Geography:
    """Area, water and municipalities in EPSG:3006; rasters have row 0 in the north."""

    sample: SampleArea
    area: shapely.Polygon
    study: shapely.Polygon
    land: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    municipalities: gpd.GeoDataFrame
    transform: Affine
    shape: tuple[int, int]

    @cached_property
    def water_pieces(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.object_]]:
        """Water cut into squares of 2 km and their kinds: the sea is one polygon of thousands of corners."""
        pieces, kinds = [], []
        for shape, kind in zip(self.water.geometry, self.water["kind"], strict=True):
            x0, y0, x1, y1 = np.array(shape.bounds) // _PIECE_M
            tiles = (
                np.stack(np.meshgrid(np.arange(x0, x1 + 1), np.arange(y0, y1 + 1)), axis=-1).reshape(-1, 2)
                * _PIECE_M
            )
            boxes = shapely.box(tiles[:, 0], tiles[:, 1], tiles[:, 0] + _PIECE_M, tiles[:, 1] + _PIECE_M)
            for part in shapely.get_parts(
                shapely.intersection(boxes, shape) if len(boxes) > 1 else np.array([shape])
            ):
                if part.geom_type == "Polygon" and not part.is_empty:
                    pieces.append(part)
                    kinds.append(kind)
        return np.array(pieces, dtype=object), np.array(kinds, dtype=object)

    @cached_property
    def water_tree(self) -> shapely.STRtree:
        """Index over the water pieces."""
        return shapely.STRtree(self.water_pieces[0])

    def water_near(self, shape: Any) -> npt.NDArray[Any]:
        """Return the water pieces whose box meets that of `shape`."""
        found: npt.NDArray[Any] = self.water_pieces[0][np.sort(self.water_tree.query(shape))]
        return found

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """Land, lake, river or sea per 100 m cell."""
        return self.rasterise_water(self.transform, self.shape)

    @cached_property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Cells within the area plus halo."""
        return self.rasterise([(self.study, 1)], self.transform, self.shape).astype(bool)

    @cached_property
    def sea_distance_m(self) -> Floats:
        """Distance to the sea per 100 m cell; inland, to the largest lakes, which the land rises from instead."""
        low = self.kinds == SEA
        if not low.any():
            big = self.water[self.water.area > BIG_LAKE_M2]
            low = self.rasterise([(g, 1) for g in big.geometry], self.transform, self.shape).astype(bool)
        distance: Floats = ndimage.distance_transform_edt(~low, sampling=CELL_M)
        return distance

    def is_foreign(self, xy: Floats) -> npt.NDArray[np.bool_]:
        """Tell which points lie in the area's other country."""
        if self.sample.foreign is None:
            return np.zeros(len(xy), dtype=bool)
        found: npt.NDArray[np.bool_] = shapely.contains_xy(self.foreign_ground, xy[:, 0], xy[:, 1])
        return found

    @cached_property
    def foreign_ground(self) -> shapely.Polygon:
        """Everything on the other side of the border; empty where there is none."""
        ground = shapely.Polygon() if self.sample.foreign is None else shapely.Polygon(self.sample.foreign.ground)
        shapely.prepare(ground)
        return ground

    def crosses_border(self, lines: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which lines cross into the other country: roads and rails do so on declared bridges alone."""
        if self.sample.foreign is None:
            return np.zeros(len(lines), dtype=bool)
        hit: npt.NDArray[np.bool_] = shapely.intersects(self.foreign_ground.exterior, lines)
        return hit

    @cached_property
    def _to_abroad(self) -> tuple[Transformer, Transformer]:
        crs = 3006 if self.sample.foreign is None else self.sample.foreign.crs
        return Transformer.from_crs(3006, crs, always_xy=True), Transformer.from_crs(crs, 3006, always_xy=True)

    def abroad(self, xy: Floats, *, back: bool = False) -> Floats:
        """Return points of EPSG:3006 in the other country's CRS, or those of that CRS `back` in EPSG:3006."""
        if not len(xy):
            return xy
        x, y = self._to_abroad[int(back)].transform(xy[:, 0], xy[:, 1])
        return np.stack([x, y], axis=1)

    def rasterise(
        self, shapes: Any, transform: Affine, shape: tuple[int, int], fill: int = 0
    ) -> npt.NDArray[np.uint8]:
        """Burn (geometry, value) pairs into a grid by cell centre."""
        burnt: npt.NDArray[np.uint8] = rasterize(
            shapes, out_shape=shape, transform=transform, fill=fill, dtype="uint8"
        )
        return burnt

    def rasterise_water(self, transform: Affine, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """Burn the water layer into any grid: 0 land, 1 lake, 2 river, 3 sea."""
        code = {"lake": LAKE, "river": RIVER, "sea": SEA}
        pairs = [(g, code[k]) for g, k in zip(self.water.geometry, self.water["kind"], strict=True)]
        return self.rasterise(pairs, transform, shape)

    def cell(self, xy: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the (row, col) of the 100 m cell that holds each point, clamped to the grid."""
        col = np.floor((xy[:, 0] - self.transform.c) / CELL_M).astype(np.int64)
        row = np.floor((self.transform.f - xy[:, 1]) / CELL_M).astype(np.int64)
        return np.clip(row, 0, self.shape[0] - 1), np.clip(col, 0, self.shape[1] - 1)

    def in_water(self, xy: Floats, *, margin_m: float = 0.0) -> npt.NDArray[np.bool_]:
        """Tell which points stand in water or within `margin_m` of it."""
        points = shapely.points(xy)
        hit = np.zeros(len(xy), dtype=bool)
        if margin_m > 0:
            hit[self.water_tree.query(points, predicate="dwithin", distance=margin_m)[0]] = True
        else:
            hit[self.water_tree.query(points, predicate="intersects")[0]] = True
        return hit

    def crosses_water(self, lines: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which lines touch water."""
        hit = np.zeros(len(lines), dtype=bool)
        hit[self.water_tree.query(lines, predicate="intersects")[0]] = True
        return hit

    def water_length_m(self, lines: npt.NDArray[Any], kind: str | None = None) -> Floats:
        """Return how many metres of each line lie in water (of one kind)."""
        pair = self.water_tree.query(lines, predicate="intersects")
        if kind is not None:
            pair = pair[:, (self.water_pieces[1] == kind)[pair[1]]]
        wet = shapely.length(shapely.intersection(lines[pair[0]], self.water_pieces[0][pair[1]]))
        return np.bincount(pair[0], weights=wet, minlength=len(lines)).astype(np.float64)

    def municipality_of(self, xy: Floats) -> npt.NDArray[np.object_]:
        """Return the code of the municipality each point lies in, or the nearest one's where the coast is simplified."""
        mine = self.municipalities[self.municipalities["in_area"]]
        tree = shapely.STRtree(mine.geometry.to_numpy())
        index, nearest = tree.query_nearest(shapely.points(xy), all_matches=False)
        out = np.empty(len(xy), dtype=object)
        out[index] = mine["municipality_code"].to_numpy(dtype=object)[nearest]
        return out

    def to_land(self, xy: Floats, *, margin_m: float = 60.0) -> Floats:
        """Return the points with those in water moved to the nearest dry cell."""
        out = xy.copy()
        wet = self.in_water(xy, margin_m=margin_m)
        if wet.any():
            near_water = ndimage.binary_dilation(self.kinds != LAND) | ~self.inside
            index = ndimage.distance_transform_edt(near_water, return_distances=False, return_indices=True)
            row, col = self.cell(xy[wet])
            out[wet, 0] = self.transform.c + (index[1, row, col] + 0.5) * CELL_M
            out[wet, 1] = self.transform.f - (index[0, row, col] + 0.5) * CELL_M
        return out


def read_geography(inputs: Inputs) -> Geography:
    """Assemble area, water and municipalities from the inputs.

    Parameters
    ----------
    inputs : Inputs
        The clipped real data.

    Returns
    -------
    Geography
        Everything clipped to the area plus halo, on a grid of whole metres.
    """
    bounds = outlined(inputs)
    mine = bounds[bounds["kommun_kod"].isin(inputs.area.codes)]
    area = mine.union_all()
    study = shapely.set_precision(area.buffer(inputs.area.halo_m, quad_segs=4), 1.0)
    shapely.prepare(study)
    land = _common(inputs.land.union_all(), study)
    sea = _less(study, land)
    rivers = _less(_common(inputs.rivers.union_all(), study), sea)
    lakes = _less(_less(_common(inputs.lakes.union_all(), study), sea), rivers)
    parts = []
    # Slivers between the two outlines of the same shore are not lakes.
    for kind, shape, least_m2 in (("sea", sea, 400.0), ("lake", lakes, 4_000.0), ("river", rivers, 400.0)):
        polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area >= least_m2]
        parts.append(pd.DataFrame({"kind": kind, "geometry": sorted(polygons, key=lambda p: p.bounds)}))
    water = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=3006)
    ground = [p for p in shapely.get_parts(land) if p.geom_type == "Polygon" and p.area >= 400.0]
    x0, y0, x1, y1 = study.bounds
    left, bottom = np.floor(x0 / 1000.0) * 1000.0, np.floor(y0 / 1000.0) * 1000.0
    right, top = np.ceil(x1 / 1000.0) * 1000.0, np.ceil(y1 / 1000.0) * 1000.0
    return Geography(
        sample=inputs.area,
        area=area,
        study=study,
        land=gpd.GeoDataFrame(geometry=sorted(ground, key=lambda p: p.bounds), crs=3006),
        water=water,
        municipalities=_municipalities(inputs, bounds, study),
        transform=Affine(CELL_M, 0.0, left, 0.0, -CELL_M, top),
        shape=(round((top - bottom) / CELL_M), round((right - left) / CELL_M)),
    )


def surface(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons only: where outlines touch, an overlay also returns points and lines."""
    return shapely.MultiPolygon([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"])


def _common(a: shapely.Geometry, b: shapely.Geometry) -> shapely.Geometry:
    return surface(shapely.intersection(a, b, grid_size=1.0))


def _less(a: shapely.Geometry, b: shapely.Geometry) -> shapely.Geometry:
    return surface(shapely.difference(a, b, grid_size=1.0))


def outlined(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the boundaries with what the area adds: whole outlines drawn by us, and ground that a simplified one lacks."""
    area, bounds = inputs.area, inputs.boundaries[["kommun_kod", "kommun", "geometry"]].copy()
    bounds["ours"] = False
    if not (area.drawn or area.patches):
        return bounds
    names = dict(zip(inputs.municipalities["code"], inputs.municipalities["name"], strict=True))
    for one in area.drawn:
        shape = _drawn(one)
        bounds["geometry"] = [shapely.difference(g, shape, grid_size=1.0) for g in bounds.geometry]
        bounds.loc[len(bounds)] = [one.code, names[one.code], shape, True]
    for patch in area.patches:
        at = bounds.index[bounds["kommun_kod"] == patch.code][0]
        others = shapely.union_all(bounds.geometry.drop(at).to_numpy())
        free = shapely.difference(shapely.Polygon(patch.ring), others, grid_size=1.0)
        bounds.loc[at, "geometry"] = surface(shapely.union(bounds.geometry[at], free, grid_size=1.0))
        bounds.loc[at, "ours"] = True
    return bounds.set_crs(3006, allow_override=True)


def _drawn(one: Outline) -> shapely.Polygon:
    """Move the far side east until the outline has its published area."""
    border, far = np.array(one.border), np.array(one.far)

    def at(east_m: float) -> shapely.Polygon:
        return shapely.Polygon(np.round(np.concatenate([border, far + np.array([east_m, 0.0])])))

    low, high = 0.0, 40_000.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at(middle).area < one.area_km2 * 1e6 else (low, middle)
    return at(high)


def _municipalities(inputs: Inputs, bounds: gpd.GeoDataFrame, study: shapely.Polygon) -> gpd.GeoDataFrame:
    near = (
        bounds[bounds.intersects(study)]
        .sort_values("kommun_kod")
        .reset_index(drop=True)
    )
    facts = inputs.municipalities.set_index("code")
    goals = inputs.goals[inputs.goals["measure"] == "population"]
    rows = []
    ours = inputs.area.drawn or inputs.area.patches
    for code, name, geometry, drawn in zip(near["kommun_kod"], near["kommun"], near.geometry, near["ours"], strict=True):
        fact = facts.loc[code] if code in facts.index else None
        # Härnösand has two goals; the comprehensive plan's 2040 is the first row and the one in force.
        goal = goals[goals["area"] == name].head(1)
        said = inputs.area.municipality(code) if code in inputs.area.codes else Municipality(code, 0.0)
        population = "" if fact is None else fact[said.population]
        rows.append(
            {
                "municipality_code": code,
                "name": name,
                "county": "" if fact is None else fact["county"],
                "population": int(population) if population else None,
                "population_date": said.population_date if population else None,
                "population_note": said.population_note if population else None,
                "population_goal": int(goal["value"].iloc[0]) if len(goal) else None,
                "goal_year": int(goal["year"].iloc[0]) if len(goal) else None,
                "in_area": code in inputs.area.codes,
                # Only where some outline is ours: a column of nothing but False says nothing.
                **({"synthetic": bool(drawn)} if ours else {}),
                "geometry": shapely.MultiPolygon(
                    [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
                ),
            }
        )
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=3006)
    for column in ("population", "population_goal", "goal_year"):
        frame[column] = frame[column].astype("Int64")
    return frame
