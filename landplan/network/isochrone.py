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
    squares : geopandas.GeoDataFrame or None
        A row a site and square: the square's own columns, `site_id`, `minutes` and `level` (the least that holds it; nan with a `reason`).
    """

    areas: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    certificate: pd.DataFrame
    squares: gpd.GeoDataFrame | None = None


def _lines(net: Network) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Vertices of every edge and its drawn length, taken out of the geometry once for all networks over the same roads."""
    import shapely

    if "lines" not in net.shared:
        xy, owner = shapely.get_coordinates(net.geometry, return_index=True)
        ptr = np.searchsorted(owner, np.arange(net.n_edges + 1)).astype(np.int64)
        net.shared["lines"] = ptr, np.ascontiguousarray(xy), shapely.length(net.geometry)
    return net.shared["lines"]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Minutes at both ends of every edge and of the way along it from each, one site; ``inf`` where closed that way."""

    at_u: NDArray[np.float64]
    cost_u: NDArray[np.float64]
    at_v: NDArray[np.float64]
    cost_v: NDArray[np.float64]

    @classmethod
    def of(cls, trees: SiteTrees, i: int) -> _Ends:
        net = trees.net
        every = np.arange(net.n_edges)
        via_u, via_v = (net.backward_s, net.forward_s) if trees.direction == "to" else (net.forward_s, net.backward_s)
        at = [trees.minutes(i, every, np.full(net.n_edges, end)) for end in (0.0, 1.0)]
        return cls(at[0], via_u / 60.0, at[1], via_v / 60.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Places along the edges near what is reached: coordinates, minutes and the metres each stands for."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    minutes: NDArray[np.float64]
    stands_m: NDArray[np.float64]


def _places(trees: SiteTrees, i: int, ends: _Ends, latest: float, step_m: float, pad_m: float) -> _Places:
    """Put a place every `step_m` along the edges that lie in the box of what is reached, ferries apart."""
    net = trees.net
    ptr, xy, drawn_m = _lines(net)
    land = ~net.is_ferry
    reached = land & (np.minimum(ends.at_u, ends.at_v) <= latest)
    if trees.sites.edge[i] >= 0:
        reached[trees.sites.edge[i]] = True
    at = np.flatnonzero(reached)
    if at.size == 0:
        return _Places(*(np.empty(0) for _ in range(4)))
    first, last = xy[ptr[:-1]], xy[ptr[1:] - 1]
    box = np.concatenate([first[at], last[at]])
    # an edge may swing out of the box of its ends by its own length at most
    slack = pad_m + float(drawn_m[at].max())
    low, high = box.min(axis=0) - slack, box.max(axis=0) + slack
    near = land & ((first >= low) & (first <= high)).all(axis=1)
    keep = np.flatnonzero(near)
    counts = (ptr[1:] - ptr[:-1])[keep]
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    vertex = np.repeat(ptr[keep] - start[:-1], counts) + np.arange(start[-1])
    at_u, cost_u, at_v, cost_v = (np.ascontiguousarray(a[keep]) for a in (ends.at_u, ends.cost_u, ends.at_v, ends.cost_v))
    x, y, minutes, line, share, stands = field.samples(start, xy[vertex], drawn_m[keep], (at_u, cost_u, at_v, cost_v), step_m=step_m)
    own = np.flatnonzero(keep == trees.sites.edge[i])
    if own.size:
        # places on the site's own edge need not pass an end
        here = np.flatnonzero(line == own[0])
        minutes[here] = trees.minutes(i, np.full(here.size, trees.sites.edge[i]), share[here])
    return _Places(x, y, minutes, stands * (net.length_m[keep] / np.where(drawn_m[keep] > 0, drawn_m[keep], 1.0))[line])


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
    squares: gpd.GeoDataFrame | None = None,
    season: str | None = None,
    period: str | None = None,
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
    max_snap_m : float, default 2000
        Farthest from a road that a site or square may lie.
    squares : geopandas.GeoDataFrame, optional
        Places (points, or polygons by their centroid) to tabulate by their own minutes, never by which ring they lie in.
    season, period : str, optional
        Default: those of the network.

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

    net = net.at(season, period)
    levels = sorted({float(m) for m in minutes})
    if not levels or levels[0] <= 0:
        raise NetworkError(f"isochrones need levels above 0 minutes, got {list(minutes)}")
    snapped = snap_arrays(net, sites, max_m=max_snap_m, access_kmh=site_access_kmh or access_kmh)
    ids = list(sites["site_id"]) if "site_id" in sites.columns else list(sites.index)
    if (snapped.edge < 0).any():
        lost = ids[int(np.argmax(snapped.edge < 0))]
        raise NetworkError(f"site {lost!r} is more than {max_snap_m:g} m from any road of the network; move it")
    trees = site_trees(net, snapped, direction=direction, cutoff_min=levels[-1])
    area_rows: list[dict[str, Any]] = []
    cert_rows: list[dict[str, Any]] = []
    edge_parts: list[gpd.GeoDataFrame] = []
    for i, site_id in enumerate(ids):
        ends = _Ends.of(trees, i)
        p = _places(trees, i, ends, levels[-1], cell_m / 2, max_access_m)
        ring = _rings(
            p, levels, crs=net.crs, cell_m=cell_m, reach_m=max_access_m, speed_kmh=access_kmh, barriers=barriers, min_part_ha=min_part_ha
        )
        if ring is None:
            raise NetworkError(f"site {site_id!r}: no road is reached within {levels[-1]:g} minutes")
        for level, polygon, inside in zip(levels, ring.polygons, ring.inside, strict=True):
            hit = p.minutes <= level
            inside_km = float(p.stands_m[inside].sum()) / 1000.0
            hit_km = float(p.stands_m[hit].sum()) / 1000.0
            wrong_in = float(p.stands_m[inside & ~hit].sum()) / 1000.0
            wrong_out = float(p.stands_m[hit & ~inside].sum()) / 1000.0
            commission = wrong_in / inside_km if inside_km else 0.0
            omission = wrong_out / hit_km if hit_km else 0.0
            base = {"site_id": site_id, "minutes": level}
            quality = {"commission": commission, "omission": omission}
            area_rows.append({**base, "area_ha": ha(polygon.area), **quality, "geometry": polygon})
            cert_rows.append({**base, "road_inside_km": inside_km, "road_reached_km": hit_km, **quality})
        edge_parts.append(reached_edges(trees, i, ends, levels, site_id))
    areas = gpd.GeoDataFrame(area_rows, geometry="geometry", crs=net.crs)
    edges = gpd.GeoDataFrame(pd.concat(edge_parts, ignore_index=True), geometry="geometry", crs=net.crs)
    table = None if squares is None else _square_table(trees, ids, squares, levels, max_m=max_snap_m, access_kmh=site_access_kmh or access_kmh)
    return IsochroneResult(areas, edges, pd.DataFrame(cert_rows), table)


def _square_table(
    trees: SiteTrees, ids: Sequence[Any], squares: gpd.GeoDataFrame, levels: Sequence[float], *, max_m: float, access_kmh: float
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    at = snap_arrays(trees.net, squares.geometry.centroid, max_m=max_m, access_kmh=access_kmh)
    table = np.array([*levels, np.nan])
    parts = []
    for i, site_id in enumerate(ids):
        minutes = trees.minutes(i, at.edge, at.share) + at.access_min
        minutes[~(minutes <= levels[-1])] = np.nan
        # searchsorted puts nan last
        level = table[np.searchsorted(np.asarray(levels), minutes)]
        reason = np.where(np.isfinite(minutes), "", np.where(at.edge < 0, "off_network", "beyond_cutoff"))
        parts.append(squares.assign(site_id=site_id, minutes=minutes, level=level, reason=reason))
    return gpd.GeoDataFrame(pd.concat(parts), geometry=squares.geometry.name, crs=squares.crs)


def reached_edges(trees: SiteTrees, i: int, ends: _Ends, levels: Sequence[float], site_id: Any) -> gpd.GeoDataFrame:
    """Return the reached parts of edges, each with the level by which its latest place is reached.

    Along an edge entered from both ends time rises from each to the place where the two meet,
    (t_u c_v + t_v c_u + c_u c_v) / (c_u + c_v); an edge that is later than the last level there is cut. The site's own edge is
    two edges that end at the site.
    """
    import geopandas as gpd
    import shapely
    from shapely.ops import substring

    net, s = trees.net, trees.sites
    every = np.arange(net.n_edges)
    access = float(s.access_min[i])
    at_u, at_v, cost_u, cost_v = ends.at_u, ends.at_v, ends.cost_u, ends.cost_v
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


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """A site's polygons, level by level, and which places lie inside each."""

    polygons: list[Any]
    inside: list[NDArray[np.bool_]]


def _rings(
    p: _Places, levels: Sequence[float], *, crs: str, cell_m: float, reach_m: float, speed_kmh: float,
    barriers: gpd.GeoDataFrame | None, min_part_ha: float, certify: bool = True,
) -> _Rings | None:
    """Draw every level from one access field; None where nothing is reached."""
    latest = float(levels[-1])
    reached = p.minutes <= latest
    if not reached.any():
        return None
    pad = reach_m + 2 * cell_m
    x, y = p.x[reached], p.y[reached]
    grid = Grid.cover((x.min() - pad, y.min() - pad, x.max() + pad, y.max() + pad), cell_m=cell_m, crs=crs)
    barrier = _barrier_mask(barriers, grid)
    near = None if barrier is None else distance.metres(barrier, cell_m) <= reach_m + cell_m
    values = field.access_field(
        x - grid.x_min, grid.y_max - y, p.minutes[reached], shape=grid.shape, cell_m=cell_m, reach_m=reach_m, speed_kmh=speed_kmh,
        latest_min=latest, barrier=barrier, near_barrier=near,
    )  # fmt: skip
    if barrier is not None:
        values[barrier] = np.inf
    # beyond reach is "later than any level"; a finite ceiling keeps the contour half a cell off the edge
    ceiling = latest + max(1.0, 0.1 * latest)
    z = np.full((grid.shape[0] + 2, grid.shape[1] + 2), ceiling)
    z[1:-1, 1:-1] = np.minimum(values, ceiling)
    gx, gy = grid.x_min - cell_m, grid.y_max + cell_m
    drawn = _contours(z, gx, gy, cell_m, levels, min_part_ha)
    if not certify:
        return _Rings([found.polygon for found in drawn], [])
    inside = []
    col, row = ((p.x - grid.x_min) // cell_m).astype(np.int64), ((grid.y_max - p.y) // cell_m).astype(np.int64)
    on = (col >= 0) & (col < grid.shape[1]) & (row >= 0) & (row < grid.shape[0])
    cell, marks = np.where(on, row * grid.shape[1] + col, -1), np.zeros(grid.shape, np.bool_)
    for level, found in zip(levels, drawn, strict=True):
        # as marching squares draws it, then without the parts and with the holes that are too small to draw
        hit = field.within(z, level, p.x - gx, gy - p.y, cell_m=cell_m)
        for small, now in ((found.dropped, False), (found.filled, True)):
            hit[_in_any(small, p, cell, marks, grid)] = now
        inside.append(hit)
    return _Rings([found.polygon for found in drawn], inside)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """One level: its polygon, and the parts and holes that are too small to draw."""

    polygon: Any
    dropped: NDArray[np.object_]
    filled: NDArray[np.object_]


def _contours(
    z: NDArray[np.float64], x_min: float, y_max: float, cell_m: float, levels: Sequence[float], min_part_ha: float
) -> list[_Drawn]:
    """Return one drawing a level from one field; a later level holds an earlier one.

    Leaving small ones out keeps it so: a part that is too small at a level holds only smaller ones of earlier levels, and a hole only
    smaller ones of later levels.
    """
    import contourpy
    import shapely

    rows, cols = z.shape
    x = x_min + cell_m * (np.arange(cols) + 0.5)
    y = y_max - cell_m * (np.arange(rows) + 0.5)
    made = contourpy.contour_generator(x, y, z, name="serial", fill_type=contourpy.FillType.OuterOffset)
    out: list[_Drawn] = []
    for level in levels:
        filled: Any = made.filled(-1.0, level)
        points, offsets = filled
        rings = [r[a:b] for r, o in zip(points, offsets, strict=True) for a, b in pairwise(o)]
        if not rings:
            nothing = np.empty(0, dtype=object)
            out.append(_Drawn(shapely.MultiPolygon(), nothing, nothing))
            continue
        owner = np.repeat(np.arange(len(points)), [len(o) - 1 for o in offsets])
        size = np.array([len(r) for r in rings])
        lines: Any = shapely.linearrings(np.concatenate(rings), indices=np.repeat(np.arange(size.size), size))
        outer = np.concatenate([[True], np.diff(owner) > 0])
        solid: Any = shapely.polygons(lines)
        area_ha = shapely.area(solid) / 10_000.0
        net_ha = np.bincount(owner, weights=np.where(outer, area_ha, -area_ha))
        keep = net_ha >= min_part_ha
        hole_small = ~outer & (area_ha < min_part_ha)
        used = keep[owner] & ~hole_small
        number = np.cumsum(keep) - 1
        polygons: Any = solid[used & outer]
        if (used & ~outer).any():
            polygons = np.array(
                shapely.from_ragged_array(
                    shapely.GeometryType.POLYGON,
                    shapely.get_coordinates(lines[used]),
                    (
                        np.concatenate([[0], np.cumsum(size[used])]),
                        np.concatenate([[0], np.cumsum(np.bincount(number[owner[used]], minlength=int(keep.sum())))]),
                    ),
                )
            )
        merged: Any = shapely.MultiPolygon(list(polygons))
        if not merged.is_valid:
            merged = shapely.make_valid(merged)
            parts = [g for g in shapely.get_parts(merged) if g.geom_type in ("Polygon", "MultiPolygon")]
            merged = shapely.MultiPolygon([q for g in parts for q in shapely.get_parts(g)])
        out.append(_Drawn(merged, solid[~keep[owner] & outer], solid[keep[owner] & hole_small]))
    return out


def _in_any(polygons: NDArray[np.object_], p: _Places, cell: NDArray[np.int64], marks: NDArray[np.bool_], grid: Grid) -> NDArray[np.int64]:
    """Positions of the places inside any of some small polygons; `cell` is each place's cell, -1 outside the grid."""
    import shapely

    if polygons.size == 0:
        return np.empty(0, np.int64)
    box = shapely.bounds(polygons)
    c0, c1 = (np.clip((box[:, k] - grid.x_min) // grid.cell_m, 0, grid.shape[1] - 1).astype(np.int64) for k in (0, 2))
    r0, r1 = (np.clip((grid.y_max - box[:, k]) // grid.cell_m, 0, grid.shape[0] - 1).astype(np.int64) for k in (3, 1))
    # few places lie in a cell that a small part touches
    marks[:] = False
    for a, b, c, d in zip(r0, r1, c0, c1, strict=True):
        marks[a : b + 1, c : d + 1] = True
    at = np.flatnonzero(marks.ravel()[np.maximum(cell, 0)] & (cell >= 0))
    hit = shapely.STRtree(polygons).query(shapely.points(p.x[at], p.y[at]), predicate="within")[0]
    found: NDArray[np.int64] = at[np.unique(hit)]
    return found
