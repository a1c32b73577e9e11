"""Who reaches each of very many points: persons or jobs within a time, for every cell of a grid, without an OD matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.kernels import gather
from landplan.network.core import UNREACHED, core_of
from landplan.network.engine import Method, batches
from landplan.network.graph import Network
from landplan.network.snapping import DETOUR, snap_arrays

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["sums_within"]

DS_PER_MIN = 600.0
_TOGETHER = 128
"""Places counted in one turn."""


def sums_within(
    net: Network,
    places: gpd.GeoDataFrame,
    amounts: Any,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    cutoffs_min: Sequence[float],
    *,
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
    detour: float = DETOUR,
    season: str | None = None,
    period: str | None = None,
    method: Method = "auto",
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.float64]:
    """Sum what reaches each point in time: the sums of a matrix that is never made.

    Parameters
    ----------
    net : Network
    places : geopandas.GeoDataFrame
        Points that people come from, in the network's CRS.
    amounts : array-like, shape (places,)
        Persons at each place.
    points : geopandas.GeoDataFrame or GeoSeries
        Points that are reached: cell centres.
    cutoffs_min : sequence of float
        Minutes, rising, inclusive; access legs at both ends counted.
    max_m, access_kmh, detour : float
        See `snap`; they hold for places and points.
    season, period : str, optional
        Default: those of the network.
    method : {"auto", "search", "hierarchy"}
        See `tree`.
    progress : callable, optional
        Called with a share 0-1.

    Returns
    -------
    ndarray of float64, shape (points, cutoffs)
        Points off the network are reached by no one: 0.

    Raises
    ------
    NetworkError
        If amounts are not one number a place, or cutoffs do not rise from 0.
    CRSError
        As `snap`.

    Notes
    -----
    Equal to ``cumulative(matrix(net, places, points), amounts)``: a tree from each place, read off at the two ends of the way that a
    point snaps to. Memory grows with points and nodes, not with their product by places.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from landplan import network as n
    >>> roads = gpd.GeoDataFrame({"road_class": ["street"], "speed_kmh": [36.0]}, geometry=[LineString([(0, 0), (6000, 0)])], crs="EPSG:3006")
    >>> homes = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(6000, 0)], crs="EPSG:3006")
    >>> n.sums_within(n.from_layer(roads), homes, [10, 5], gpd.GeoSeries([Point(600, 0)], crs="EPSG:3006"), [2, 20]).tolist()
    [[10.0, 15.0]]
    """
    net = net.at(season, period)
    values = np.asarray(amounts, np.float64)
    limits = np.asarray(list(cutoffs_min), np.float64)
    if values.shape != (len(places),) or not np.isfinite(values).all():
        raise NetworkError(f"amounts must be one number a place ({len(places)}); give 0 where nobody is")
    if limits.size == 0 or not (limits > 0).all() or (np.diff(limits) <= 0).any():
        raise NetworkError(f"cutoffs_min must be above 0 and rise, got {list(cutoffs_min)}")
    legs: dict[str, Any] = {"max_m": max_m, "access_kmh": access_kmh, "detour": detour}
    a, b = snap_arrays(net, places, **legs), snap_arrays(net, points, **legs)
    out = np.zeros((len(b), limits.size))
    core = core_of(net)
    sites, ends = core.places(a.edge, a.share), core.places(b.edge, b.share)
    reader = core.reader(ends, "from")
    ptr, column, add = _options(reader, len(b), b.edge >= 0)
    cutoffs = limits * DS_PER_MIN
    spent = b.access_min * DS_PER_MIN
    # points by the chain they lie on: the way along a shared chain passes no end
    chain = np.where(ends.edge >= 0, core.topology.chain[np.maximum(ends.edge, 0)], -1) if core.topology.chain.size else np.full(len(b), -1)
    by_chain = np.argsort(chain, kind="stable")
    first = np.searchsorted(chain[by_chain], np.arange(core.topology.first.size + 1))
    # who lives nowhere near a road, or nobody at all, is not searched from
    counted = np.flatnonzero((a.edge >= 0) & (values != 0))
    groups = core.seeds(core.places(a.edge[counted], a.share[counted]), "from")
    start = a.access_min[counted] * DS_PER_MIN
    most = int(min(np.floor(cutoffs[-1]), UNREACHED - 2))
    waiting = np.full((reader.targets.size, _TOGETHER), np.inf)
    held: list[int] = []

    def count() -> None:
        """Add what has been held: few long turns, because each short one waits for all threads."""
        i = counted[held]
        persons = np.zeros(_TOGETHER)
        persons[: len(held)] = values[i]
        gather.add_within(waiting, ptr, column, add, spent, persons, cutoffs, out)
        for k, place in enumerate(i.tolist()):
            own = int(core.topology.chain[sites.edge[place]])
            which = by_chain[first[own] : first[own + 1]]
            if which.size:
                seconds = core.along(int(sites.edge[place]), float(sites.share[place]), ends.edge[which], ends.share[which], "from")
                _along_own_chain(which, 10.0 * seconds + start[held[k]], waiting[:, k], (ptr, column, add), spent, float(values[place]), cutoffs, out)
        held.clear()

    for part, found in batches(net, core, groups, direction="from", cutoff_ds=most, targets=reader.targets, method=method):
        if len(held) + part.stop - part.start > _TOGETHER:
            count()
        gather.by_node(found, start[part], waiting, len(held))
        held += range(part.start, part.stop)
        if progress:
            progress(part.stop / max(1, counted.size))
    if held:
        count()
    return out


def _options(reader: Any, count: int, on: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Every way into a point as rows of a table: along its chain, against it, and from copies of nodes with banned turns."""
    at = np.arange(count)
    who = np.concatenate([at, at, reader.late])
    column = np.concatenate([reader.on, reader.back, reader.late_column])
    add = np.concatenate([reader.add_on, reader.add_back, reader.late_add])
    keep = np.isfinite(add) & on[who]
    who, column, add = who[keep], column[keep], add[keep]
    order = np.argsort(who, kind="stable")
    ptr = np.searchsorted(who[order], np.arange(count + 1)).astype(np.int64)
    return ptr, column[order].astype(np.int64), add[order]


def _along_own_chain(
    which: NDArray[np.int64], direct: NDArray[np.float64], times: NDArray[np.float64], options: tuple[Any, Any, Any],
    spent: NDArray[np.float64], amount: float, cutoffs: NDArray[np.float64], out: NDArray[np.float64],
) -> None:
    """Count a place at points on its own chain that only the way along the chain reaches in time."""
    ptr, column, add = options
    sooner = np.flatnonzero(direct + spent[which] <= cutoffs[-1])
    if sooner.size == 0:
        return
    here = which[sooner]
    many = ptr[here + 1] - ptr[here]
    ways = np.repeat(ptr[here], many) + np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    around = np.full(here.size, np.inf)
    np.minimum.at(around, np.repeat(np.arange(here.size), many), times[column[ways]] + add[ways])
    late = around + spent[here] > cutoffs[:, None]
    soon = direct[sooner] + spent[here] <= cutoffs[:, None]
    out[here] += amount * (late & soon).T
