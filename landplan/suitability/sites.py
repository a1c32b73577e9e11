"""Candidate sites: contiguous, compact, large enough, and scored like any named site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import PlanError
from landplan.kernels import components, distance, regions
from landplan.suitability.evaluate import SuitabilityResult

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["candidate_sites", "score_sites"]


def candidate_sites(
    result: SuitabilityResult,
    min_ha: float,
    max_ha: float | None = None,
    *,
    compactness: float = 0.5,
    count: int = 10,
    threshold: float = 0.0,
    apart_m: float = 1_000.0,
    avoid: NDArray[np.bool_] | None = None,
) -> gpd.GeoDataFrame:
    """Find contiguous areas that score best.

    Parameters
    ----------
    result : SuitabilityResult
    min_ha, max_ha : float
        Area bounds, hectares; `max_ha` defaults to twice `min_ha`.
    compactness : float, default 0.5
        0 follows the score alone; larger is rounder.
    count : int, default 10
        At most so many, best first.
    threshold : float
        Cells below this score are not used.
    apart_m : float
        Least distance between two sites.
    avoid : ndarray of bool, optional
        Cells that are taken already (named sites).

    Returns
    -------
    geopandas.GeoDataFrame
        `site_id`, `area_ha`, `score` (mean), `compactness` (Polsby-Popper 4 pi A / P^2), geometry; verified to
        be contiguous and within the bounds.

    Raises
    ------
    PlanError
        If the bounds are not 0 < min_ha <= max_ha.

    Notes
    -----
    Seeds are the cells whose surroundings (a square of `min_ha`) score best on average; each grows best-first
    (Brookes 1997's region growing, deterministic) until `max_ha` or the land runs out.
    """
    import geopandas as gpd
    import shapely
    from scipy.ndimage import uniform_filter

    grid = result.grid
    largest = max_ha if max_ha is not None else 2 * min_ha
    if not 0 < min_ha <= largest:
        raise PlanError(f"expected 0 < min_ha <= max_ha, got {min_ha} and {largest}")
    least, most = int(np.ceil(min_ha / grid.cell_ha - 1e-9)), max(1, int(largest / grid.cell_ha + 1e-9))
    free = result.allowed & (np.nan_to_num(result.score) >= threshold)
    if avoid is not None:
        free &= ~avoid
    labels, table = components.label(free)
    large = np.concatenate([[False], table.area_cells >= least])
    free = large[labels]
    worth = np.where(free, np.nan_to_num(result.score), 0.0).astype(np.float32)
    side = max(1, round(np.sqrt(least)))
    around = uniform_filter(worth, size=side, mode="constant")
    around[~free] = -1.0
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        best = int(np.argmax(around))
        if around.flat[best] <= 0:
            break
        seed = (best // grid.shape[1], best % grid.shape[1])
        r, c = regions.grow(worth, free, seed, cells=most, compactness=compactness)
        window = np.zeros(grid.shape, bool)
        window[r, c] = True
        if r.size >= least:
            polygon = _outline(r, c, result)
            rows.append(
                {
                    "area_ha": r.size * grid.cell_ha,
                    "score": float(worth[r, c].mean(dtype=np.float64)),
                    "compactness": float(4 * np.pi * polygon.area / polygon.length**2),
                    "geometry": polygon,
                }
            )
            r0, r1, c0, c1 = _around(r, c, int(apart_m / grid.cell_m) + 1, grid.shape)
            near = distance.euclidean(window[r0:r1, c0:c1], grid.cell_m) <= apart_m + 1.5 * grid.cell_m
            free[r0:r1, c0:c1] &= ~near
            around[r0:r1, c0:c1][near] = -1.0
        else:
            around[r, c] = -1.0
    rows.sort(key=lambda row: -row["score"])
    frame = gpd.GeoDataFrame(
        rows or None, columns=["area_ha", "score", "compactness", "geometry"], geometry="geometry", crs=grid.crs
    )
    frame.insert(0, "site_id", [f"candidate_{i + 1}" for i in range(len(frame))])
    single = shapely.get_type_id(frame.geometry.to_numpy()) == 3 if len(frame) else np.ones(0, bool)
    if not single.all() or (len(frame) and frame["area_ha"].min() < min_ha - 1e-6):
        raise PlanError("a candidate site came out in parts or below its least area; please report this")
    return frame


def _around(r: Any, c: Any, pad: int, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    return max(0, int(r.min()) - pad), min(shape[0], int(r.max()) + pad + 1), max(0, int(c.min()) - pad), min(shape[1], int(c.max()) + pad + 1)


def _outline(r: Any, c: Any, result: SuitabilityResult) -> Any:
    """The cells' outline as one polygon."""
    import shapely
    from affine import Affine
    from rasterio.features import shapes

    r0, r1, c0, c1 = _around(r, c, 0, result.grid.shape)
    window = np.zeros((r1 - r0, c1 - c0), np.uint8)
    window[r - r0, c - c0] = 1
    at = result.grid.transform * Affine.translation(c0, r0)
    parts = [shapely.geometry.shape(g) for g, v in shapes(window, mask=window == 1, transform=at) if v == 1]
    return shapely.union_all(parts) if len(parts) > 1 else parts[0]


def score_sites(result: SuitabilityResult, sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Score named polygons by the cells whose centre lies in them.

    Parameters
    ----------
    result : SuitabilityResult
    sites : geopandas.GeoDataFrame
        Polygons in the grid's CRS.

    Returns
    -------
    pandas.DataFrame
        Indexed as `sites`: `score` (mean of known cells), `cells`, `known_share`, `allowed_ha`, `limiting` (name
        of the criterion with the largest mean weighted loss), and per criterion `value_<name>` (or, for classes,
        `class_<name>`), `score_<name>`, `contribution_<name>`; per constraint `excluded_ha_<name>`. Empty where the polygon
        holds no cell centre in the area.
    """
    import pandas as pd
    from affine import Affine
    from rasterio.features import rasterize

    grid = result.grid
    grid.require_same_crs(sites.crs, name="sites")
    weights = np.array([c.weight for c in result.criteria])
    allowed = result.allowed
    rows: list[dict[str, Any]] = []
    for polygon in sites.geometry.to_numpy():
        row_slice, col_slice = grid.window(polygon.bounds)
        shape = (row_slice.stop - row_slice.start, col_slice.stop - col_slice.start)
        row: dict[str, Any] = {"score": np.nan, "cells": 0, "known_share": 0.0, "allowed_ha": 0.0, "limiting": ""}
        if min(shape) > 0:
            at = grid.transform * Affine.translation(col_slice.start, row_slice.start)
            inside = rasterize([polygon], out_shape=shape, transform=at, dtype="uint8") == 1
            if not inside.any():
                # smaller than a cell: the cell it stands in speaks for it
                inside = rasterize([polygon], out_shape=shape, transform=at, dtype="uint8", all_touched=True) == 1
            score = result.score[row_slice, col_slice][inside]
            known = ~np.isnan(score)
            row["cells"] = int(inside.sum())
            row["known_share"] = float(known.mean()) if known.size else 0.0
            # shares are counted in cells, hectares are the polygon's own: never more free land than there is land
            each_ha = polygon.area / 10_000.0 / max(1, row["cells"]) if polygon.area else grid.cell_ha
            row["allowed_ha"] = float(allowed[row_slice, col_slice][inside].sum()) * each_ha
            if known.any():
                values = result.values[:, row_slice, col_slice][:, inside][:, known]
                scores = result.scores[:, row_slice, col_slice][:, inside][:, known]
                mean = scores.mean(axis=1, dtype=np.float64)
                row["score"] = float((weights * mean).sum())
                row["limiting"] = result.criteria[int(np.argmax(weights * (1.0 - mean)))].name
                for k, criterion in enumerate(result.criteria):
                    finite = values[k][np.isfinite(values[k])]
                    if criterion.words:
                        classes, counts = np.unique(finite, return_counts=True)
                        common = classes[np.argmax(counts)] if finite.size else np.nan
                        row[f"value_{criterion.name}"] = np.nan
                        row[f"class_{criterion.name}"] = criterion.words.get(float(common), "")
                    else:
                        row[f"value_{criterion.name}"] = float(finite.mean(dtype=np.float64)) if finite.size else np.nan
                    row[f"score_{criterion.name}"] = float(mean[k])
                    row[f"contribution_{criterion.name}"] = float(weights[k] * mean[k])
            bits = result.excluded_by[row_slice, col_slice][inside]
            for i, constraint in enumerate(result.constraints):
                hit = int(((bits >> np.uint64(i)) & np.uint64(1)).sum())
                row[f"excluded_ha_{constraint.name}"] = hit * each_ha
        rows.append(row)
    return pd.DataFrame(rows, index=sites.index)
