"""Candidate sites: contiguous, compact, large enough, and scored like any named site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.kernels import components, distance, regions
from landplan.suitability.bridging import Ground, covered_ha
from landplan.suitability.coverage import cells_of, polygons_of
from landplan.suitability.evaluate import SuitabilityResult

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["access_to", "candidate_sites", "score_sites", "site_ledger"]

_COLUMNS = ["area_ha", "bridged_ha", "score", "compactness", "inscribed_radius_m"]


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
    bridgeable: NDArray[np.bool_] | None = None,
    bridge_m: float | None = None,
    bridge_shapes: gpd.GeoDataFrame | None = None,
    slope: NDArray[np.floating] | None = None,
    max_slope: float | None = None,
    tries: int = 4,
) -> gpd.GeoDataFrame:
    """Find contiguous areas that score best.

    Parameters
    ----------
    result : SuitabilityResult
    min_ha, max_ha : float
        Area bounds, hectares of usable land; `max_ha` defaults to twice `min_ha`.
    compactness : float, default 0.5
        0 follows the score alone; larger is rounder.
    count : int, default 10
        At most so many, best first.
    threshold : float
        Cells below this score are not used.
    apart_m : float
        Least distance between two sites.
    avoid : ndarray of bool, optional
        Cells that are taken already (named sites); not bridged either.
    bridgeable : ndarray of bool, optional
        Cells that a site may lie on both sides of, as small roads and ditches, allowed or not. They hold a site
        together, are part of its outline, and are never counted as its land.
    bridge_m : float, optional
        A site reaches at most so far over bridgeable cells from its own land; any distance when left out.
    bridge_shapes : geopandas.GeoDataFrame, optional
        The ground that the small roads and ditches take, as polygons. What `bridgeable` crosses is then land but for that ground:
        `area_ha`, its bounds and `bridged_ha` are exact. What holds together is still told by cells.
    slope : ndarray of float, optional
        Per cent, on the grid; adds the sites' mean slope.
    max_slope : float, optional
        Cells steeper than this, or of unknown slope, are not used; needs `slope`.
    tries : int, default 4
        Seeds that are grown for each site, of which the best is kept.

    Returns
    -------
    geopandas.GeoDataFrame
        `site_id`, `area_ha` (usable land), `bridged_ha` (roads and ditches inside the outline), `score` (mean of
        the usable land), `compactness` (Polsby-Popper 4 pi A / P^2 of the outline), `inscribed_radius_m` (of a
        circle that holds usable land only, about a cell's centre), `slope_percent` when slope is given,
        `nearest_site_m` (nan when alone), `verified`, geometry. `verified` is measured afterwards on the outline itself: it is one piece on the
        grid, its usable land is within the bounds and all of it allowed, and no other site is nearer than `apart_m`.

    Raises
    ------
    PlanError
        If the bounds are not 0 < min_ha <= max_ha, a number is negative or not finite, no whole number of cells lies between them, `tries` is below 1, or `max_slope`
        comes without `slope`.
    LayerError
        If a mask does not fit the grid or is none of True and False.

    Notes
    -----
    Seeds are the cells whose surroundings (a square of `min_ha`) score best on average, half a square apart; each
    grows best-first (Brookes 1997's region growing). Of the grown ones the largest
    (mean score + k Polsby-Popper) / (1 + k) is kept, k being `compactness`; equals go to the first. No step draws at
    random.
    """
    import geopandas as gpd

    grid = result.grid
    largest = max_ha if max_ha is not None else 2 * min_ha
    if not 0 < min_ha <= largest < np.inf:
        raise PlanError(f"expected 0 < min_ha <= max_ha, both finite, got {min_ha} and {largest}")
    for name, value in (("apart_m", apart_m), ("compactness", compactness), ("bridge_m", bridge_m or 0.0), ("count", count)):
        if not 0 <= value < np.inf:
            raise PlanError(f"{name} must be 0 or more and finite, got {value}")
    if np.isnan(threshold):
        raise PlanError("threshold must be a score 0-1, got nan")
    least, most = max(1, int(np.ceil(min_ha / grid.cell_ha - 1e-9))), int(largest / grid.cell_ha + 1e-9)
    if most < least:
        raise PlanError(f"no whole number of cells of {grid.cell_ha:g} ha lies between min_ha {min_ha:g} and max_ha {largest:g}; use smaller cells")
    if tries < 1:
        raise PlanError(f"tries must be 1 or more, got {tries}")
    usable, bridge = _land(result, threshold, avoid, bridgeable, slope, max_slope)
    crossed = usable
    if bridge is not None:
        usable = usable & ~np.asarray(bridgeable)
    taken_by = None if bridge_shapes is None else Ground.of(bridge_shapes, grid)
    free = _roomy(usable, bridge, least)
    worth = result.score
    side = max(1, round(np.sqrt(least)))
    around = _surroundings(worth, free, side)
    reach = None if bridge_m is None else int(bridge_m / grid.cell_m + 1e-9)
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        best: tuple[float, int, int, NDArray[np.bool_]] | None = None
        seeds = _seeds(around, side, tries)
        if not seeds:
            break
        for seed in seeds:
            if around[seed] < 0:
                continue  # shown a moment ago to lie on land that is too small
            cells = most
            while True:
                r, c = regions.grow(worth, free, seed, cells=cells, compactness=compactness, bridge=bridge, bridge_cells=reach)
                r0, r1, c0, c1 = _around(r, c, 0, grid.shape)
                region = np.zeros((r1 - r0, c1 - c0), bool)
                region[r - r0, c - c0] = True
                land = region if bridge is None else region & ~bridge[r0:r1, c0:c1]
                small = land.sum() < min(least, cells)
                if bridge is not None and not small:
                    region = regions.prune(region, bridge[r0:r1, c0:c1])
                size = largest if small or taken_by is None else taken_by.land_ha(region, (slice(r0, r1), slice(c0, c1)), crossed)[0]
                if size <= largest + 1e-9 or cells == 1:
                    break
                # the land beside the roads in the cells they cross is more than was counted: so much less is grown
                cells = max(1, cells - int(np.ceil((size - largest) / grid.cell_ha)))
            if small:
                around[r0:r1, c0:c1][land] = -1.0
                continue
            if taken_by is not None and not min_ha - 1e-9 <= size <= largest + 1e-9:
                around[seed] = -1.0
                continue
            roundness = 4 * np.pi * region.sum() / regions.perimeter(region) ** 2
            mean = float(worth[r0:r1, c0:c1][land].mean(dtype=np.float64))
            quality = (mean + compactness * roundness) / (1 + compactness)
            if best is None or quality > best[0] + 1e-12:
                best = (quality, r0, c0, region)
        if best is None:
            continue
        _, r0, c0, region = best
        window = slice(r0, r0 + region.shape[0]), slice(c0, c0 + region.shape[1])
        rows.append(_row(region, window, worth, bridge, slope, grid))
        if taken_by is not None:
            rows[-1]["area_ha"], rows[-1]["bridged_ha"] = taken_by.land_ha(region, window, crossed)
        pad = int(apart_m / grid.cell_m) + 2
        r, c = np.nonzero(region)
        a0, a1, b0, b1 = _around(r + r0, c + c0, pad, grid.shape)
        taken = np.zeros((a1 - a0, b1 - b0), bool)
        taken[r + r0 - a0, c + c0 - b0] = True
        near = distance.metres(taken, grid.cell_m) <= apart_m + 1.5 * grid.cell_m
        free[a0:a1, b0:b1] &= ~near
        around[a0:a1, b0:b1][near] = -1.0
        if bridge is not None:
            bridge[a0:a1, b0:b1] &= ~near
    rows.sort(key=lambda row: -row["score"])
    columns = [*_COLUMNS, *(["slope_percent"] if slope is not None else []), "geometry"]
    frame = gpd.GeoDataFrame(rows or None, columns=columns, geometry="geometry", crs=grid.crs)
    frame.insert(0, "site_id", [f"candidate_{i + 1}" for i in range(len(frame))])
    _verify(frame, usable, bridgeable, grid, (least, most) if bridge_shapes is None else None, apart_m)
    if bridge_shapes is not None:
        frame["verified"] &= _is_so_large(frame, bridge_shapes, crossed, grid, (min_ha, largest))
    return frame


def _is_so_large(
    frame: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, usable: NDArray[np.bool_], grid: Grid, bounds: tuple[float, float]
) -> NDArray[np.bool_]:
    """Measure the land of each outline anew, from the outline less what crosses it, against its bounds and what is said of it."""
    bare = []
    for site in frame.geometry:
        rows, cols, share = cells_of(site, grid)
        bare.append(float(share[usable[rows, cols]].sum()) * grid.cell_ha)
    found = np.array(bare) - covered_ha(frame, shapes, grid, of=usable)
    said = frame["area_ha"].to_numpy(np.float64)
    so: NDArray[np.bool_] = (np.abs(found - said) < 1e-6 * np.maximum(1.0, said)) & (found >= bounds[0] - 1e-6) & (found <= bounds[1] + 1e-6)
    return so


def _land(
    result: SuitabilityResult, threshold: float, avoid: Any, bridgeable: Any, slope: Any, max_slope: float | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Cells a site may count as its land, and cells it may cross."""
    for name, mask in (("avoid", avoid), ("bridgeable", bridgeable), ("slope", slope)):
        if mask is not None and mask.shape != result.grid.shape:
            raise LayerError(f"{name}: {mask.shape} does not fit the grid {result.grid.shape}")
        if mask is not None and name != "slope" and mask.dtype != np.bool_:
            raise LayerError(f"{name}: a mask is True and False, got {mask.dtype}; give mask.astype(bool), or mask > 0")
    if max_slope is not None and slope is None:
        raise PlanError("max_slope needs slope, in per cent on the grid; see landplan.suitability.slope")
    usable: NDArray[np.bool_] = result.allowed & (result.score >= threshold)
    if max_slope is not None:
        usable &= slope <= max_slope
    if avoid is not None:
        usable &= ~avoid
    if bridgeable is None:
        return usable, None
    bridge: NDArray[np.bool_] = bridgeable & result.inside
    if avoid is not None:
        bridge &= ~avoid
    return usable, bridge


def _roomy(usable: NDArray[np.bool_], bridge: NDArray[np.bool_] | None, least: int) -> NDArray[np.bool_]:
    """Usable cells of regions that hold enough of them."""
    labels, table = components.label(usable if bridge is None else usable | bridge)
    land = table.area_cells if bridge is None else np.bincount(labels[usable], minlength=len(table.area_cells) + 1)[1:]
    large = np.concatenate([[False], land >= least])
    roomy = np.empty(usable.shape, np.bool_)
    for r in range(0, len(labels), 512):
        # numpy makes 64-bit numbers of those that look up
        roomy[r : r + 512] = large[labels[r : r + 512]]
    return roomy if bridge is None else roomy & usable


def _surroundings(worth: NDArray[np.float32], free: NDArray[np.bool_], side: int) -> NDArray[np.float32]:
    """Mean worth of the square around each free cell, -1 elsewhere."""
    from scipy.ndimage import uniform_filter

    around = np.where(free, worth, np.float32(0.0))
    # line by line, so that it may write where it reads
    uniform_filter(around, size=side, mode="constant", output=around)
    # its running sums may end a rounding below 0, which is taken land
    np.maximum(around, np.float32(0.0), out=around)
    np.copyto(around, np.float32(-1.0), where=~free)
    return around


def _seeds(around: NDArray[np.float32], side: int, tries: int) -> list[tuple[int, int]]:
    """The best cells, none within half a square of a better one."""
    found: list[tuple[int, int]] = []
    covered = []
    for _ in range(tries):
        at = np.unravel_index(int(np.argmax(around)), around.shape)
        if around[at] < 0:
            break
        r, c = int(at[0]), int(at[1])
        found.append((r, c))
        half = side // 2
        window = slice(max(0, r - half), r + half + 1), slice(max(0, c - half), c + half + 1)
        covered.append((window, around[window].copy()))
        around[window] = -1.0
    for window, values in reversed(covered):
        around[window] = values
    return found


def _row(region: NDArray[np.bool_], window: tuple[slice, slice], worth: Any, bridge: Any, slope: Any, grid: Grid) -> dict[str, Any]:
    land = region if bridge is None else region & ~bridge[window]
    polygon = _outline(region, window, grid)
    row = {
        "area_ha": int(land.sum()) * grid.cell_ha,
        "bridged_ha": int((region & ~land).sum()) * grid.cell_ha,
        "score": float(worth[window][land].mean(dtype=np.float64)),
        "compactness": float(4 * np.pi * polygon.area / polygon.length**2),
        "inscribed_radius_m": _inscribed(land, grid.cell_m),
        "geometry": polygon,
    }
    if slope is not None:
        steep = slope[window][land]
        row["slope_percent"] = float(np.nanmean(steep)) if np.isfinite(steep).any() else np.nan
    return row


def _inscribed(land: NDArray[np.bool_], cell_m: float) -> float:
    """Radius of the largest circle about a cell's centre that touches no cell outside the land."""
    outside = ~np.pad(land, 1)
    rows, cols = outside.shape
    # on a lattice of half cells a cell is nine points, of which one is its nearest to any cell's centre
    lattice = np.zeros((2 * rows + 1, 2 * cols + 1), np.bool_)
    for r in range(3):
        for c in range(3):
            lattice[r : r + 2 * rows : 2, c : c + 2 * cols : 2] |= outside
    return float(distance.euclidean(lattice, 0.5)[1::2, 1::2].max()) * cell_m


def _verify(
    frame: gpd.GeoDataFrame, usable: NDArray[np.bool_], bridgeable: Any, grid: Grid, bounds: tuple[int, int] | None, apart_m: float
) -> None:
    """Measure on the outlines what the search was asked for."""
    import shapely

    shapes = frame.geometry.to_numpy()
    nearest = np.full(len(frame), np.nan)
    for i, shape in enumerate(shapes):
        if len(frame) > 1:
            nearest[i] = shapely.distance(shape, np.delete(shapes, i)).min()
    kept = []
    for i, (shape, area_ha) in enumerate(zip(shapes, frame["area_ha"], strict=True)):
        rows, cols, share = cells_of(shape, grid)
        inside = share > 0.5
        land = inside if bridgeable is None else inside & ~bridgeable[rows, cols]
        whole = float(np.minimum(share, 1.0 - share).max()) < 1e-6 and len(components.label(inside)[1].area_cells) == 1
        size = int(land.sum())
        # land that is told more closely than by cells is measured apart
        sized = bounds is None or (bounds[0] <= size <= bounds[1] and abs(size * grid.cell_ha - area_ha) < 1e-9 * max(1.0, area_ha))
        clear = not (land & ~usable[rows, cols]).any() and not (nearest[i] < apart_m)
        kept.append(shape.geom_type == "Polygon" and whole and sized and clear)
    at = len(frame.columns) - 1
    frame.insert(at, "nearest_site_m", nearest)
    frame.insert(at + 1, "verified", np.array(kept, bool))


def _around(r: Any, c: Any, pad: int, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    return max(0, int(r.min()) - pad), min(shape[0], int(r.max()) + pad + 1), max(0, int(c.min()) - pad), min(shape[1], int(c.max()) + pad + 1)


def _outline(region: NDArray[np.bool_], window: tuple[slice, slice], grid: Grid) -> Any:
    """The cells' outline as one polygon."""
    import shapely
    from affine import Affine
    from rasterio.features import shapes

    at = grid.transform * Affine.translation(window[1].start, window[0].start)
    mask = region.astype(np.uint8)
    parts = [shapely.geometry.shape(g) for g, v in shapes(mask, mask=region, transform=at) if v == 1]
    return shapely.union_all(parts) if len(parts) > 1 else parts[0]


def score_sites(result: SuitabilityResult, sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Score named polygons by the cells they cover, each by the share that is covered.

    Parameters
    ----------
    result : SuitabilityResult
    sites : geopandas.GeoDataFrame
        Polygons in the grid's CRS.

    Returns
    -------
    pandas.DataFrame
        Indexed as `sites`; empty where a polygon covers no land of the grid.

        `score` is the mean over the known land, `known_share` how much of it is known, `cells` how many cells the
        polygon meets. The polygon's hectares by their hardest constraint are `absolute_ha`, `dispensation_ha`,
        `weigh_ha` and `free_ha`; with `off_grid_ha` they add up to its area. `allowed_ha` is what of the weighed and the
        free lies inside the study area with a score. `limiting` names the criterion with the largest mean weighted
        loss and `limiting_constraint` the excluding one with most hectares, "" when nothing is excluded.

        Per criterion `value_<name>` (or, for classes, `class_<name>`) and `score_<name>`, both over the land where it is
        known, nan where it is so nowhere; and `contribution_<name>`, its weight times its score, where a criterion is ignored the
        weights of the others rescaled: contributions add up to the score. Per constraint `excluded_ha_<name>`, on the whole grid.

    Raises
    ------
    LayerError
        If a site is a line.
    CRSError
        If the sites are not in the grid's CRS.

    Notes
    -----
    Shares are exact (`landplan.suitability.coverage`), so a site keeps its own area on any grid. A site without an
    area, a point, is scored by the cell it stands in and has no hectares.
    """
    import pandas as pd

    grid = result.grid
    grid.require_same_crs(sites.crs, name="sites")
    weights = np.array([c.weight for c in result.criteria])
    allowed = result.allowed
    rows = []
    for polygon in sites.geometry.to_numpy():
        row: dict[str, Any] = {"score": np.nan, "cells": 0, "known_share": 0.0, "allowed_ha": 0.0, "limiting": "", "limiting_constraint": ""}
        row_slice, col_slice, share, area_ha = site_cells(polygon, grid)
        met = share > 0
        row["cells"] = int(met.sum())
        weight = share[met]
        ha = weight * grid.cell_ha if area_ha else np.zeros(weight.size)
        row["off_grid_ha"] = max(0.0, area_ha - float(ha.sum()))
        row["allowed_ha"] = float(ha[allowed[row_slice, col_slice][met]].sum())
        row |= _hectares(result, result.excluded_by[row_slice, col_slice][met], ha)
        score = result.score[row_slice, col_slice][met]
        known = ~np.isnan(score)
        if known.any():
            total = weight[known].sum()
            row["known_share"] = float(total / weight.sum())
            row["score"] = float((weight[known] * score[known]).sum() / total)
            values, scores = (a[:, met][:, known] for a in _window(result, row_slice, col_slice))
            counts = ~np.isnan(scores)
            held = np.where(counts, weight[known], 0.0)
            with np.errstate(invalid="ignore"):
                mean = np.where(counts, scores * held, 0.0).sum(axis=1, dtype=np.float64) / held.sum(axis=1)
            # where a criterion is left out, the others carry its weight: part by part, as the score is made
            share_of = _shares_of_weight(weights, counts)
            part = (np.where(counts, scores, 0.0) * share_of * weight[known]).sum(axis=1, dtype=np.float64) / total
            loss = (np.where(counts, 1.0 - scores, 0.0) * share_of * weight[known]).sum(axis=1, dtype=np.float64) / total
            limits = result.limiting[row_slice, col_slice][met][known]
            row["limiting"] = result.criteria[_limiting(result, weights, loss, limits, weight[known])].name
            for k, criterion in enumerate(result.criteria):
                row |= _value(criterion, values[k], weight[known])
                row[f"score_{criterion.name}"] = float(mean[k])
                # parts of a sum; other methods have none
                row[f"contribution_{criterion.name}"] = float(part[k]) if result.method == "wlc" else np.nan
        rows.append(row)
    return pd.DataFrame(rows, index=sites.index)


def _shares_of_weight(weights: NDArray[np.float64], counts: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each criterion's share of the weight in each cell, (criteria, cells): 0 where it is left out."""
    held = np.where(counts, weights[:, None], 0.0)
    total = held.sum(axis=0)
    shares: NDArray[np.float64] = np.divide(held, total, out=np.zeros_like(held), where=total > 0)
    return shares


def _limiting(
    result: SuitabilityResult, weights: NDArray[np.float64], loss: NDArray[np.float64], limiting: NDArray[np.uint8], share: NDArray[np.float64]
) -> int:
    """The criterion with the largest mean weighted loss; for methods that are no sum, the one that limits most of the site."""
    if result.method == "wlc":
        return int(np.argmax(np.where(weights > 0, loss, -np.inf)))
    some = limiting < weights.size
    return int(np.argmax(np.bincount(limiting[some], weights=share[some], minlength=weights.size)))


def site_cells(shape: Any, grid: Grid) -> tuple[slice, slice, NDArray[np.float64], float]:
    """Window, shares and hectares of a site; a point has the cell it stands in and no hectares.

    Raises
    ------
    LayerError
        If the site is a line.
    """
    if shape is None or shape.is_empty:
        return slice(0, 0), slice(0, 0), np.zeros((0, 0)), 0.0
    if shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_valid:
        # the halves of a bow tie would take each other out
        import shapely

        mended = polygons_of(shapely.make_valid(shape))
        shape = shape if mended.is_empty else mended
    if shape.geom_type != "Point" and shape.area > 0:
        return *cells_of(shape, grid), shape.area / 10_000.0
    if shape.geom_type not in ("Point", "MultiPoint", "Polygon", "MultiPolygon"):
        raise LayerError(f"a site must be a polygon or a point, got a {shape.geom_type}")
    at = shape.representative_point()
    row, col = (int(v) for v in grid.rowcol(at.x, at.y))
    if row < 0:
        return slice(0, 0), slice(0, 0), np.zeros((0, 0)), 0.0
    return slice(row, row + 1), slice(col, col + 1), np.ones((1, 1)), 0.0


def _window(result: SuitabilityResult, rows: slice, cols: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Raw values and scores of a window, (criteria, h, w) each."""
    read = getattr(result, "window", None)
    if read is not None:
        values, scores = read(rows, cols)
        return values, scores
    return result.values[:, rows, cols], result.scores[:, rows, cols]


def _hectares(result: SuitabilityResult, bits: NDArray[np.uint64], ha: NDArray[np.float64]) -> dict[str, Any]:
    """Hectares by constraint and by the hardest one over each cell."""
    found: dict[str, Any] = {}
    most = 0.0
    hardest = np.zeros(bits.size, np.int64)
    order = {"weigh": 1, "dispensation": 2, "absolute": 3}
    for i, constraint in enumerate(result.constraints):
        has = ((bits >> np.uint64(i)) & np.uint64(1)) == 1
        lost = float(ha[has].sum())
        found[f"excluded_ha_{constraint.name}"] = lost
        hardest[has] = np.maximum(hardest[has], order[constraint.hardness])
        if constraint.hardness != "weigh" and lost > most:
            most = lost
            found["limiting_constraint"] = constraint.name
    for name, rank in (("absolute", 3), ("dispensation", 2), ("weigh", 1), ("free", 0)):
        found[f"{name}_ha"] = float(ha[hardest == rank].sum())
    return found


def _value(criterion: Any, values: NDArray[np.float32], weight: NDArray[np.float64]) -> dict[str, Any]:
    """A criterion's raw value on a site: the mean, or the class on most of it."""
    finite = np.isfinite(values)
    values, weight = values[finite], weight[finite]
    if criterion.words:
        classes, at = np.unique(values, return_inverse=True)
        common = classes[np.argmax(np.bincount(at, weights=weight))] if values.size else np.nan
        return {f"value_{criterion.name}": np.nan, f"class_{criterion.name}": criterion.words.get(float(common), "")}
    mean = float((values * weight).sum() / weight.sum()) if values.size else np.nan
    return {f"value_{criterion.name}": mean}


def site_ledger(result: SuitabilityResult, sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count, for every site, the hectares of each constraint: in all, alone, shared, and what relaxing it would free.

    Parameters
    ----------
    result : SuitabilityResult
    sites : geopandas.GeoDataFrame
        Polygons in the grid's CRS.

    Returns
    -------
    pandas.DataFrame
        One row a site (`site`, its index) and constraint that it meets: `name`, `hardness`, `legal`, `excluded_ha`, `alone_ha`,
        `shared_ha`, `freed_ha`, as `landplan.suitability.ledger` defines them, cells counted by the share that is covered.

    Raises
    ------
    LayerError
        If a site is a line.
    CRSError
        If the sites are not in the grid's CRS.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from landplan import suitability as s
    >>> grid = Grid("EPSG:3006", 100.0, 0.0, 100.0, (1, 2))
    >>> lake = s.Constraint("lake", np.array([[True, False]]))
    >>> r = s.evaluate(grid, [lake], [s.Criterion("x", np.ones((1, 2)), s.value.linear(0, 1), 1.0)])
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(50, 0, 150, 100)], crs="EPSG:3006")
    >>> site_ledger(r, site)[["name", "excluded_ha", "freed_ha"]].values.tolist()
    [['lake', 0.5, 0.5]]
    """
    import pandas as pd

    result.grid.require_same_crs(sites.crs, name="sites")
    hard = result.hard_bits
    rows = []
    for site, polygon in sites.geometry.items():
        row_slice, col_slice, share, area_ha = site_cells(polygon, result.grid)
        met = share > 0
        bits = result.excluded_by[row_slice, col_slice][met]
        ha = share[met] * (result.grid.cell_ha if area_ha else 0.0)
        # land outside the area or without a score is not free, whatever is relaxed
        scored = (result.inside[row_slice, col_slice] & ~np.isnan(result.score[row_slice, col_slice]))[met]
        for i, c in enumerate(result.constraints):
            bit = np.uint64(1 << i)
            has = (bits & bit) != 0
            if not has.any():
                continue
            alone = has & ((bits & hard & ~bit) == 0)
            total, only = float(ha[has].sum()), float(ha[alone].sum())
            freed = 0.0 if c.hardness == "weigh" else float(ha[alone & scored].sum())
            rows.append((site, c.name, c.hardness, c.legal, total, only, total - only, freed))
    columns = ["site", "name", "hardness", "legal", "excluded_ha", "alone_ha", "shared_ha", "freed_ha"]
    return pd.DataFrame(rows, columns=columns)


def access_to(
    sites: gpd.GeoDataFrame,
    features: Mapping[str, gpd.GeoDataFrame],
    max_m: float | Mapping[str, float],
    *,
    touch_m: float = 0.0,
) -> pd.DataFrame:
    """Measure how far sites are from roads of a class, rail, ports: straight, from the site's outline.

    Parameters
    ----------
    sites : geopandas.GeoDataFrame
        Points or polygons in a metric CRS.
    features : mapping of str to geopandas.GeoDataFrame
        What to reach, by a name for the columns; each in the sites' CRS.
    max_m : float or mapping of str to float
        Metres within which a site reaches it, inclusive; one figure, or one a name.
    touch_m : float, default 0
        Metres within which a site touches it; 0 is meeting it. A road's centre line lies half a road from the land
        beside it.

    Returns
    -------
    pandas.DataFrame
        Indexed as `sites`; per name `<name>_m` (``inf`` when the layer is empty, nan for a site without a shape),
        `<name>_touches` and `<name>_reaches`.

    Raises
    ------
    CRSError
        If a layer is not in the sites' CRS, or the CRS is not metric.
    PlanError
        If `max_m` lacks a name.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs="EPSG:3006")
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 130), (500, 130)])], crs="EPSG:3006")
    >>> access_to(site, {"trunk": road}, 50).iloc[0].to_dict()
    {'trunk_m': 30.0, 'trunk_touches': False, 'trunk_reaches': True}
    """
    import pandas as pd
    import shapely

    from landplan.crs import require_metric

    require_metric(sites.crs, name="sites")
    shapes = sites.geometry.to_numpy()
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    columns: dict[str, Any] = {}
    for name, layer in features.items():
        _same_crs(layer, sites, name)
        if isinstance(max_m, Mapping) and name not in max_m:
            raise PlanError(f"max_m has no figure for {name!r}; it has {', '.join(max_m) or 'none'}")
        limit = max_m[name] if isinstance(max_m, Mapping) else max_m
        things = layer.geometry.to_numpy()
        things = things[~(shapely.is_missing(things) | shapely.is_empty(things))]
        metres = np.full(len(sites), np.nan)
        metres[present] = np.inf
        if len(things) and len(present):
            at, far = shapely.STRtree(things).query_nearest(shapes[present], all_matches=False, return_distance=True)
            metres[present[at[0]]] = far
        columns[f"{name}_m"] = metres
        columns[f"{name}_touches"] = metres <= touch_m
        columns[f"{name}_reaches"] = metres <= limit
    return pd.DataFrame(columns, index=sites.index)


def _same_crs(layer: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, name: str) -> None:
    from landplan.crs import describe, horizontal
    from landplan.errors import CRSError

    if layer.crs is None or horizontal(layer.crs) != horizontal(sites.crs):
        got = "no CRS" if layer.crs is None else describe(layer.crs)
        raise CRSError(f"{name} is in {got} but the sites are in {describe(sites.crs)}; reproject it first")
