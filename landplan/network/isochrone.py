"""Isochrones with a certificate.

The reachable parts of edges come first; one access field is spread from them, and every level is a
contour of that one field, so rings nest by construction. Each ring carries its commission (road inside
that is not reached in time) and omission (reached road outside). People are counted from the matrix,
never from the polygon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.grid import Grid
from landplan.kernels import distance, field
from landplan.network.graph import Network
from landplan.network.routing import Direction, SiteTrees, site_trees
from landplan.network.snapping import snap_arrays
from landplan.units import ha

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["IsochroneResult", "isochrones", "reached_edges"]


@dataclass(frozen=True, slots=True)
class IsochroneResult:
    """Rings, reached roads and how well they agree.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        One row a site and level: `site_id`, `minutes`, `area_ha`, `commission`, `omission`.
    edges : geopandas.GeoDataFrame
        Reached parts of edges: `site_id`, `edge`, `road_class`, `minutes` (the level), `length_m`.
    certificate : pandas.DataFrame
        `site_id`, `minutes`, `road_inside_km`, `road_reached_km`, `commission`, `omission`.
    """

    areas: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    certificate: pd.DataFrame


def _samples(net: Network, step_m: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Points every `step_m` along all edges but ferries: x, y, edge, share, length each stands for."""
    import shapely

    use = np.flatnonzero(~net.is_ferry)
    pieces = np.maximum(1, np.ceil(net.length_m[use] / step_m)).astype(np.int64)
    edge = np.repeat(use, pieces)
    start = np.cumsum(pieces) - pieces
    k = np.arange(edge.size) - np.repeat(start, pieces)
    share = (k + 0.5) / np.repeat(pieces, pieces)
    points = shapely.line_interpolate_point(net.geometry[edge], share, normalized=True)
    return shapely.get_x(points), shapely.get_y(points), edge, share, (net.length_m[use] / pieces).repeat(pieces)


def isochrones(
    net: Network,
    sites: gpd.GeoDataFrame,
    minutes: Sequence[float] = (15, 30, 45, 60),
    *,
    direction: Direction = "to",
    access_kmh: float = 5.0,
    site_access_kmh: float | None = None,
    max_access_m: float = 500.0,
    barriers: gpd.GeoDataFrame | None = None,
    cell_m: float = 50.0,
    min_part_ha: float = 2.0,
    max_snap_m: float = 2_000.0,
) -> IsochroneResult:
    """Areas from which each site is reached within each number of minutes.

    Parameters
    ----------
    net : Network
    sites : geopandas.GeoDataFrame
        Points in the network's CRS; the index (or column `site_id`) names them.
    minutes : sequence of float
        Levels, inclusive; any order.
    direction : {"to", "from"}, default "to"
    access_kmh, max_access_m : float
        Speed and longest straight walk between a road and a place beside it.
    site_access_kmh : float, optional
        Speed of the site's own leg to its road, as the matrix counts it; default `access_kmh`.
    barriers : geopandas.GeoDataFrame, optional
        Polygons (water) that a ring neither covers nor jumps.
    cell_m : float, default 50
        Side of the access field's cells.
    min_part_ha : float, default 2
        Holes and parts below it are left out of the drawing.

    Returns
    -------
    IsochroneResult

    Raises
    ------
    NetworkError
        If a site is off the network, or no level is given.

    Notes
    -----
    Reachable edges as in Baum, Buchhold, Dibbelt & Wagner (2016); the field is
    t(c) = min over road samples s of t(s) + |c - s| / access speed with a line of sight over land.
    """
    import geopandas as gpd
    import pandas as pd

    levels = sorted({float(m) for m in minutes})
    if not levels or levels[0] <= 0:
        raise NetworkError(f"isochrones need levels above 0 minutes, got {list(minutes)}")
    snapped = snap_arrays(net, sites, max_m=max_snap_m, access_kmh=site_access_kmh or access_kmh)
    ids = list(sites["site_id"]) if "site_id" in sites.columns else list(sites.index)
    if (snapped.edge < 0).any():
        lost = ids[int(np.argmax(snapped.edge < 0))]
        raise NetworkError(f"site {lost!r} is more than {max_snap_m:g} m from any road of the network; move it")
    trees = site_trees(net, snapped, direction=direction, cutoff_min=levels[-1])
    sx, sy, edge, share, stands_m = _samples(net, cell_m / 2)
    pad = max_access_m + 2 * cell_m
    area_rows: list[dict[str, Any]] = []
    cert_rows: list[dict[str, Any]] = []
    edge_parts: list[gpd.GeoDataFrame] = []
    for i, site_id in enumerate(ids):
        t = trees.minutes(i, edge, share)
        reached = t <= levels[-1]
        if not reached.any():
            raise NetworkError(f"site {site_id!r}: no road is reached within {levels[-1]:g} minutes")
        x, y = sx[reached], sy[reached]
        grid = Grid.cover(
            (x.min() - pad, y.min() - pad, x.max() + pad, y.max() + pad), cell_m=cell_m, crs=net.crs
        )
        barrier = _barrier_mask(barriers, grid)
        near = None if barrier is None else distance.euclidean(barrier, cell_m) <= max_access_m + cell_m
        values = field.access_field(
            x - grid.x_min, grid.y_max - y, t[reached], shape=grid.shape, cell_m=cell_m, reach_m=max_access_m,
            speed_kmh=access_kmh, latest_min=levels[-1], barrier=barrier, near_barrier=near,
        )
        if barrier is not None:
            values[barrier] = np.inf
        polygons = _contours(values, grid, levels, min_part_ha)
        for level, polygon in zip(levels, polygons, strict=True):
            inside = _inside(polygon, sx, sy)
            hit = t <= level
            inside_km = float(stands_m[inside].sum()) / 1000.0
            hit_km = float(stands_m[hit].sum()) / 1000.0
            wrong_in = float(stands_m[inside & ~hit].sum()) / 1000.0
            wrong_out = float(stands_m[hit & ~inside].sum()) / 1000.0
            commission = wrong_in / inside_km if inside_km else 0.0
            omission = wrong_out / hit_km if hit_km else 0.0
            base = {"site_id": site_id, "minutes": level}
            quality = {"commission": commission, "omission": omission}
            area_rows.append({**base, "area_ha": ha(polygon.area), **quality, "geometry": polygon})
            cert_rows.append({**base, "road_inside_km": inside_km, "road_reached_km": hit_km, **quality})
        edge_parts.append(reached_edges(trees, i, levels, site_id))
    areas = gpd.GeoDataFrame(area_rows, geometry="geometry", crs=net.crs)
    edges = gpd.GeoDataFrame(pd.concat(edge_parts, ignore_index=True), geometry="geometry", crs=net.crs)
    return IsochroneResult(areas, edges, pd.DataFrame(cert_rows))


def reached_edges(trees: SiteTrees, i: int, levels: Sequence[float], site_id: Any) -> gpd.GeoDataFrame:
    """Return the reached parts of edges, each with the level by which its latest place is reached.

    Along an edge entered from both ends time rises from each to the place where the two meet,
    (t_u c_v + t_v c_u + c_u c_v) / (c_u + c_v); an edge that is later than the last level there is cut. The site's own edge is
    two edges that end at the site.
    """
    import geopandas as gpd
    import shapely
    from shapely.ops import substring

    net, s, direction = trees.net, trees.sites, trees.direction
    every = np.arange(net.n_edges)
    access = float(s.access_min[i])
    at_u = trees.minutes(i, every, np.zeros(net.n_edges))
    at_v = trees.minutes(i, every, np.ones(net.n_edges))
    via_u, via_v = (net.backward_s, net.forward_s) if direction == "to" else (net.forward_s, net.backward_s)
    cost_u, cost_v = via_u / 60.0, via_v / 60.0
    own, share = int(s.edge[i]), float(s.share[i])
    # rows: edge, from and to as shares of it, minutes at both ends, minutes of travel from each
    first, last = np.zeros(net.n_edges), np.ones(net.n_edges)
    last[own] = share
    rows = [
        np.append(every, own), np.append(first, share), np.append(last, 1.0), np.append(at_u, access),
        np.append(at_v, at_v[own]), np.append(cost_u, cost_u[own] * (1 - share)), np.append(cost_v, cost_v[own] * (1 - share)),
    ]
    edge, start, stop, t_u, t_v, c_u, c_v = rows
    t_v[own], c_u[own], c_v[own] = access, cost_u[own] * share, cost_v[own] * share
    with np.errstate(invalid="ignore", divide="ignore"):
        meet = (t_u * c_v + t_v * c_u + c_u * c_v) / (c_u + c_v)
        one_way = np.where(np.isfinite(c_u) & np.isfinite(t_u), t_u + c_u, np.where(np.isfinite(c_v), t_v + c_v, np.inf))
        both_ways = np.isfinite(c_u) & np.isfinite(c_v) & np.isfinite(t_u) & np.isfinite(t_v) & (c_u + c_v > 0)
    # neither end lies later than the other plus the way between, so the meeting place lies on the edge
    latest = np.where(both_ways, np.maximum(np.maximum(t_u, t_v), meet), one_way)
    table = np.asarray(levels, np.float64)
    level_of = np.searchsorted(table, latest)
    full = (level_of < table.size) & (stop > start)
    pieces = [(k, start[k], stop[k], table[level_of[k]]) for k in np.flatnonzero(full & (edge == own))]
    plain = np.flatnonzero(full & (edge != own))
    end = float(table[-1])
    for k in np.flatnonzero(~full & (np.minimum(t_u, t_v) < end) & ~net.is_ferry[edge] & (stop > start)):
        width = stop[k] - start[k]
        if np.isfinite(c_u[k]) and c_u[k] > 0 and t_u[k] < end:
            pieces.append((k, start[k], start[k] + width * min(1.0, (end - t_u[k]) / c_u[k]), end))
        if np.isfinite(c_v[k]) and c_v[k] > 0 and t_v[k] < end:
            pieces.append((k, stop[k] - width * min(1.0, (end - t_v[k]) / c_v[k]), stop[k], end))
    cut = [substring(net.geometry[edge[k]], a, b, normalized=True) for k, a, b, _ in pieces]
    keep = [m for m, g in enumerate(cut) if g.geom_type == "LineString" and g.length > 0]
    which = np.concatenate([edge[plain], np.array([edge[pieces[m][0]] for m in keep], np.int64)])
    geometry = np.concatenate([net.geometry[edge[plain]], np.array([cut[m] for m in keep] + [None], dtype=object)[:-1]])
    level = np.concatenate([table[level_of[plain]], np.array([pieces[m][3] for m in keep], np.float64)])
    return gpd.GeoDataFrame(
        {
            "site_id": site_id,
            "edge": net.edge_ids.to_numpy()[which],
            "road_class": net.road_class[which],
            "minutes": level,
            "length_m": shapely.length(geometry),
        },
        geometry=geometry,
        crs=net.crs,
    )


def _barrier_mask(barriers: gpd.GeoDataFrame | None, grid: Grid) -> NDArray[np.bool_] | None:
    if barriers is None or len(barriers) == 0:
        return None
    from rasterio.features import rasterize

    grid.require_same_crs(barriers.crs, name="barriers")
    x0, y0, x1, y1 = grid.bounds
    near = barriers.cx[x0:x1, y0:y1]
    if near.empty:
        return None
    burnt = rasterize(((g, 1) for g in near.geometry), out_shape=grid.shape, transform=grid.transform, dtype="uint8")
    return np.asarray(burnt == 1)


def _contours(
    values: NDArray[np.float32], grid: Grid, levels: Sequence[float], min_part_ha: float
) -> list[Any]:
    """One polygon a level from one field; a later level holds an earlier one."""
    import contourpy
    import shapely

    x: Any
    y: Any
    x, y = grid.centres()
    # beyond reach is "later than any level"; a finite ceiling keeps the contour half a cell off the edge
    ceiling = float(levels[-1]) * 1.0 + max(1.0, float(levels[-1]) * 0.1)
    z = np.where(np.isfinite(values), np.minimum(values, ceiling), ceiling).astype(np.float64)
    z = np.pad(z, 1, constant_values=ceiling)
    x = np.concatenate([[x[0] - grid.cell_m], x, [x[-1] + grid.cell_m]])
    y = np.concatenate([[y[0] + grid.cell_m], y, [y[-1] - grid.cell_m]])
    made = contourpy.contour_generator(x, y, z, name="serial", fill_type=contourpy.FillType.OuterOffset)
    out: list[Any] = []
    floor = -1.0
    for level in levels:
        filled: Any = made.filled(floor, level)
        points, offsets = filled
        polygons = []
        for ring_points, ring_offsets in zip(points, offsets, strict=True):
            rings = [ring_points[a:b] for a, b in pairwise(ring_offsets)]
            polygon: Any = shapely.Polygon(rings[0], rings[1:])
            if ha(polygon.area) < min_part_ha:
                continue
            holes = [r for r in polygon.interiors if ha(shapely.Polygon(r).area) >= min_part_ha]
            polygons.append(shapely.Polygon(polygon.exterior, holes))
        merged: Any = shapely.make_valid(shapely.MultiPolygon(polygons)) if polygons else shapely.MultiPolygon()
        if merged.geom_type == "GeometryCollection":
            merged = shapely.MultiPolygon([g for g in merged.geoms if g.geom_type == "Polygon"])
        if out:
            # a part or hole dropped at one level must not break the nesting
            merged = merged.union(out[-1])
        out.append(merged if merged.geom_type == "MultiPolygon" else shapely.MultiPolygon([merged]))
    return out


def _inside(polygon: Any, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    import shapely

    inside = np.zeros(x.size, bool)
    if polygon.is_empty:
        return inside
    x0, y0, x1, y1 = polygon.bounds
    near = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
    shapely.prepare(polygon)
    inside[near] = shapely.contains_xy(polygon, x[near], y[near])
    return inside
