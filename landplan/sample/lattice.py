"""An irregular lattice of possible road pieces over the dry ground, and least-cost paths on it.

The lattice is the Delaunay triangulation of jittered points, less every edge that would enter water. Its edges never cross
each other, so any set of them is a network that meets only at nodes; declared bridges and ferries are added as edges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Delaunay, cKDTree

from landplan.sample.geography import Geography
from landplan.sample.terrain import Terrain

__all__ = ["Lattice", "jittered", "path_edges", "segments", "triangulate"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NARROW_RIVER_M = 220.0
"""A road may bridge a river polygon this wide without the bridge being declared by name."""


@dataclass
class Lattice:
    """Points, edges (from < to) and the cost in metres of building or driving along each edge."""

    xy: Floats
    edges: Ints
    cost: Floats
    bridge: npt.NDArray[np.bool_]
    _tree: cKDTree | None = field(default=None, repr=False)

    def matrix(self, cost: Floats) -> sparse.csr_matrix:
        """Return the symmetric cost matrix; infinite costs are no edges."""
        fine = np.isfinite(cost)
        a, b, c = self.edges[fine, 0], self.edges[fine, 1], cost[fine]
        n = len(self.xy)
        return sparse.csr_matrix((np.r_[c, c], (np.r_[a, b], np.r_[b, a])), shape=(n, n))

    def index(self) -> dict[tuple[int, int], int]:
        """Return edge number by its two nodes in both directions."""
        out: dict[tuple[int, int], int] = {}
        for number, (a, b) in enumerate(self.edges.tolist()):
            out[a, b] = out[b, a] = number
        return out

    def nearest(self, xy: Floats, usable: npt.NDArray[np.bool_] | None = None) -> Ints:
        """Return the lattice node nearest to each point, among the usable ones."""
        if self._tree is None:
            self._tree = cKDTree(self.xy)
        if usable is None:
            return np.asarray(self._tree.query(xy)[1], dtype=np.int64)
        near = self._tree.query(xy, k=min(200, len(self.xy)))[1]
        fine = usable[near]
        if not fine.any(axis=1).all():
            nodes = np.flatnonzero(usable)
            return np.asarray(nodes[cKDTree(self.xy[nodes]).query(xy)[1]], dtype=np.int64)
        return np.asarray(near[np.arange(len(near)), fine.argmax(axis=1)], dtype=np.int64)


def jittered(geo: Geography, spacing_m: float, rng: np.random.Generator, *, margin_m: float = 30.0) -> Floats:
    """Return jittered grid points on dry ground within the area and halo, on whole metres.

    Parameters
    ----------
    geo : Geography
        Area and water.
    spacing_m : float
        Distance between grid lines.
    rng : numpy.random.Generator
        Source of the jitter.
    margin_m : float, default 30
        Least distance to water.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Easting and northing.
    """
    x0, y0, x1, y1 = geo.study.bounds
    x, y = np.arange(x0, x1, spacing_m), np.arange(y0, y1, spacing_m)
    xy = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    # Every second row is shifted, so that the triangles are near to even.
    xy[:, 0] += 0.5 * spacing_m * (np.round((xy[:, 1] - y0) / spacing_m) % 2)
    xy += rng.uniform(-0.33, 0.33, xy.shape) * spacing_m
    xy = np.round(xy)
    xy = xy[shapely.contains_xy(geo.study, xy)]
    keep = np.ones(len(xy), dtype=bool)
    for part in range(0, len(xy), 500_000):
        keep[part : part + 500_000] = ~geo.in_water(xy[part : part + 500_000], margin_m=margin_m)
    return xy[keep]


def triangulate(xy: Floats, *, longest_m: float) -> Ints:
    """Return the edges (from < to, sorted) of the Delaunay triangulation no longer than `longest_m`."""
    corners = Delaunay(xy).simplices.astype(np.int64)
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs.sort(axis=1)
    key = np.unique(pairs[:, 0] * len(xy) + pairs[:, 1])
    edges = np.stack([key // len(xy), key % len(xy)], axis=1)
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    kept: Ints = edges[length <= longest_m]
    return kept


def segments(xy: Floats, edges: Ints) -> npt.NDArray[Any]:
    """Return the edges as straight lines."""
    return np.asarray(shapely.linestrings(xy[edges]), dtype=object)


def build_lattice(
    geo: Geography,
    terrain: Terrain,
    xy: Floats,
    links: list[tuple[tuple[float, float], tuple[float, float]]],
    *,
    longest_m: float,
) -> Lattice:
    """Triangulate points and link ends, drop wet edges, add the links (bridges, ferries) as the last edges.

    Parameters
    ----------
    geo, terrain : Geography, Terrain
        The ground.
    xy : numpy.ndarray
        Lattice points.
    links : list
        Two ends of each declared crossing.
    longest_m : float
        Longest allowed edge on land.

    Returns
    -------
    Lattice
        The last ``len(links)`` edges are the links, in order.
    """
    ends = np.array(links, dtype=np.float64).reshape(-1, 2)
    if len(ends):
        near, _ = cKDTree(ends).query(xy)
        xy = np.concatenate([xy[near > 90.0], ends])
    edges = triangulate(xy, longest_m=longest_m)
    lines = segments(xy, edges)
    wet = geo.water_length_m(lines)
    narrow = (wet > 0) & (wet <= NARROW_RIVER_M) & (geo.water_length_m(lines, "river") >= wet - 0.5)
    keep = (wet == 0) | narrow
    decks: npt.NDArray[Any] = np.array(
        [shapely.LineString(pair) for pair in ends.reshape(-1, 2, 2)], dtype=object
    )
    if len(ends):
        under = shapely.STRtree(decks).query(lines, predicate="crosses")[0]
        keep[under] = False
    keep[geo.crosses_border(lines)] = False
    touched = geo.crosses_water(lines)
    bridge = (narrow | touched)[keep]
    edges = edges[keep]
    first = len(xy) - len(ends)
    edges = np.concatenate([edges, first + np.arange(len(ends)).reshape(-1, 2)])
    bridge = np.r_[bridge, np.ones(len(links), dtype=bool)]
    span = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    row, col = geo.cell(xy)
    height, slope = terrain.height_m[row, col], terrain.slope_pct[row, col]
    grade = 100.0 * np.abs(height[edges[:, 0]] - height[edges[:, 1]]) / np.maximum(span, 1.0)
    cost = span * (1.0 + 0.06 * grade + 0.02 * (slope[edges[:, 0]] + slope[edges[:, 1]]))
    cost[bridge] += 2_500.0
    cost[len(cost) - len(links) :] = np.inf
    return Lattice(xy, edges, cost, bridge)


def path_edges(
    lattice: Lattice, index: dict[tuple[int, int], int], before: Ints, start: int, end: int
) -> list[int]:
    """Walk a row of predecessors back from `end` to `start` and return the edge numbers in driving order."""
    out: list[int] = []
    node = end
    while node != start:
        previous = int(before[node])
        if previous < 0:
            return []
        out.append(index[previous, node])
        node = previous
    return out[::-1]


def shortest(lattice: Lattice, cost: Floats, start: int, end: int, *, margin_m: float = 9_000.0) -> Ints:
    """Return predecessors from `start` over the part of the lattice around both ends."""
    a, b = lattice.xy[start], lattice.xy[end]
    low, high = np.minimum(a, b) - margin_m, np.maximum(a, b) + margin_m
    x, y = lattice.xy[:, 0], lattice.xy[:, 1]
    near = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    numbers = np.flatnonzero(near)
    local = np.full(len(lattice.xy), -1, dtype=np.int64)
    local[numbers] = np.arange(len(numbers))
    edges = local[lattice.edges]
    fine = (edges[:, 0] >= 0) & (edges[:, 1] >= 0) & np.isfinite(cost)
    e, c = edges[fine], cost[fine]
    graph = sparse.csr_matrix(
        (np.r_[c, c], (np.r_[e[:, 0], e[:, 1]], np.r_[e[:, 1], e[:, 0]])), shape=(len(numbers),) * 2
    )
    _, before = csgraph.dijkstra(graph, indices=local[start], return_predecessors=True)
    out = np.full(len(lattice.xy), -9999, dtype=np.int64)
    reached = before >= 0
    out[numbers[reached]] = numbers[before[reached]]
    return out
