"""The network as a value: nodes, edges and their times, immutable.

Nodes are renumbered inside along a Hilbert curve so that neighbours on the map are neighbours in memory;
ids and order outside are the caller's. Every edge keeps its geometry, for snapping and isochrones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.network.patches import Patch
    from landplan.network.speeds import Attributes, Mode, SpeedProfile

__all__ = ["Bans", "BuildReport", "Network", "deciseconds", "hilbert_order", "remarks"]

UNREACHED = 2_147_483_647

# What a build can drop or assume, in the words of Swedish pages; the English words are the keys.
SWEDISH = {
    "empty geometry": "tom geometri",
    "not a line": "inte en linje",
    "no length": "ingen längd",
    "loop, cut in its middle": "slinga, delad på mitten",
    "loop": "slinga",
    "not for car": "inte för bil",
    "not for walk": "inte till fots",
    "not for bike": "inte för cykel",
    "no speed stated, the class's default is used": "hastighet saknas, vägklassens används",
    "ferry without a crossing time, closed": "färja utan överfartstid, stängd",
    "no height known, counted as flat": "höjd saknas, räknas som plan",
    "open in one season only, closed because no season is asked for": "öppen bara en årstid, stängd eftersom ingen årstid är vald",
    "no access": "inte öppen för trafik",
    "missing nodes": "punkter saknas i filen",
    "area": "yta, inte en väg",
    "planned or being built": "planerad eller under byggnad",
    "direction changes over the day": "körriktningen växlar över dygnet",
    "turn restriction over a way between": "svängförbud över en mellanliggande väg",
    "turn restriction for some hours": "svängförbud som bara gäller vissa tider",
    "turn restriction that cannot be placed": "svängförbud som inte går att placera",
    "turn restriction to a road that is not there": "svängförbud mot en väg som inte finns med",
    "seasonal, taken as open in summer": "öppen en del av året, räknas som sommarväg",
    "speed implied by the kind of place, the country's rule is used": "hastigheten följer av platsens slag, landets regel används",
    "no speed stated, lit or with a pavement: the built-up limit is used": (
        "hastighet saknas, belyst eller med trottoar: tätortens gräns används"
    ),
    "speed limited by the surface": "hastigheten begränsas av underlaget",
    "bicycle pushed at 5 km/h": "cykeln leds i 5 km/h",
    "square or other area, walked around its edge": "torg eller annan yta, går man runt längs kanten",
    "rule for some hours or vehicles, not applied": "regel för vissa tider eller fordon, tillämpas inte",
    "private or for errands only, no through traffic": "enskild eller bara för ärenden, ingen genomfart",
    "private or for errands only, cut where two ways in meet": "enskild eller bara för ärenden, avskuren där två infarter möts",
    "barrier, the road is cut there": "hinder, vägen är avskuren där",
    "crossing time from the ferry route's relation": "överfartstiden är hela färjeledens",
}


def remarks(dropped: Mapping[str, int], assumed: Mapping[str, int]) -> list[Text]:
    """Return what was left out and what was supposed as sentences for pages, in Swedish and English."""
    out = [Text(f"{n} utelämnade: {SWEDISH[why]}", f"dropped {n}: {why}") for why, n in dropped.items() if n]
    return out + [Text(f"antaget för {n} vägar: {SWEDISH[why]}", f"assumed for {n} roads: {why}") for why, n in assumed.items() if n]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was read, dropped and why."""

    source: str
    edges_read: int
    edges_kept: int
    nodes: int
    components: int
    largest_share: float
    length_km: float
    ferry_km: float
    dropped: dict[str, int] = field(default_factory=dict)
    assumed: dict[str, int] = field(default_factory=dict)
    rounding_max_s: float = 0.0

    def lines(self) -> list[str]:
        """Return the report as plain sentences."""
        out = [
            f"{self.source}: {self.edges_kept} of {self.edges_read} edges kept, {self.nodes} nodes, "
            f"{self.length_km:.0f} km ({self.ferry_km:.1f} km ferry)",
            f"{self.components} strongly connected components; the largest holds "
            f"{100 * self.largest_share:.1f} % of the length",
        ]
        out.append(f"a way between two junctions is rounded once to 0.1 s, at most {self.rounding_max_s:.3f} s off")
        out += [f"dropped {n}: {why}" for why, n in self.dropped.items() if n]
        out += [f"assumed for {n} edges: {why}" for why, n in self.assumed.items() if n]
        return out

    def remarks(self) -> list[Text]:
        """Return what was dropped, assumed or left apart as sentences for pages, in Swedish and English."""
        out = remarks(self.dropped, self.assumed)
        if self.largest_share < 0.95:
            share = 100 * self.largest_share
            out.append(
                Text(
                    f"bara {share:.0f} % av väglängden hänger ihop, resten används inte (möts linjerna i korsningarna?)",
                    f"only {share:.0f} % of the road length hangs together; the rest is not used (do the lines meet end to end at crossings?)",
                )
            )
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Bans:
    """Turns that may not be made: from an edge, at a node, into an edge.

    Attributes
    ----------
    from_edge, to_edge : ndarray of int64, shape (bans,)
        Positions of edges.
    from_onward, to_onward : ndarray of bool
        True where the edge is driven from u to v.
    via : ndarray of int32
        Internal node between the two.
    """

    from_edge: NDArray[np.int64]
    from_onward: NDArray[np.bool_]
    via: NDArray[np.int32]
    to_edge: NDArray[np.int64]
    to_onward: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One mode's network: nodes, edges with their attributes and times, immutable.

    Attributes
    ----------
    mode, crs : str
    node_ids : pandas.Index
        The caller's ids in the caller's order.
    x, y : ndarray of float64, shape (nodes,)
        In internal order, along a Hilbert curve.
    internal : ndarray of int32, shape (nodes,)
        Internal number of the caller's i-th node.
    u, v : ndarray of int32, shape (edges,)
        Internal end nodes of each edge, in the edge's digitised direction.
    forward_s, backward_s : ndarray of float64, shape (edges,)
        Seconds u -> v and v -> u, unrounded; ``inf`` where driving that way is not allowed.
    attributes : Attributes
        What the seconds were worked out from: length, speed, class, ferry, season.
    snappable : ndarray of bool, shape (edges,)
    component : ndarray of int32, shape (nodes,)
        Strongly connected component, 0 is the largest.
    geometry : ndarray of shapely LineString, shape (edges,)
    edge_ids : pandas.Index
    profile : SpeedProfile
    season, period : str or None
        What the seconds hold for.
    bans : Bans or None
        Turns that may not be made.
    no_through : ndarray of bool or None
        Internal nodes where a way may start or end but not pass.
    shared, own : dict
        What is worked out once: for all networks over the same roads, and for this one.
    """

    mode: Mode
    crs: str
    node_ids: pd.Index
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    internal: NDArray[np.int32]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]
    attributes: Attributes
    snappable: NDArray[np.bool_]
    component: NDArray[np.int32]
    geometry: NDArray[np.object_]
    edge_ids: pd.Index
    report: BuildReport
    profile: SpeedProfile
    season: str | None = None
    period: str | None = None
    bans: Bans | None = None
    no_through: NDArray[np.bool_] | None = None
    shared: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each edge, metres."""
        return self.attributes.length_m

    @property
    def road_class(self) -> NDArray[np.object_]:
        """Class of each edge."""
        return self.attributes.road_class

    @property
    def is_ferry(self) -> NDArray[np.bool_]:
        """Which edges are ferries."""
        return self.attributes.is_ferry

    @property
    def forward_ds(self) -> NDArray[np.int32]:
        """Deciseconds u -> v, each edge rounded for itself; the largest int32 where closed."""
        return self._rounded("forward_ds", self.forward_s)

    @property
    def backward_ds(self) -> NDArray[np.int32]:
        """Deciseconds v -> u, each edge rounded for itself; the largest int32 where closed."""
        return self._rounded("backward_ds", self.backward_s)

    def _rounded(self, name: str, seconds: NDArray[np.float64]) -> NDArray[np.int32]:
        if name not in self.own:
            self.own[name] = deciseconds(seconds)
        found: NDArray[np.int32] = self.own[name]
        return found

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return int(self.x.size)

    @property
    def n_edges(self) -> int:
        """Number of edges, each counted once whatever its directions."""
        return int(self.u.size)

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Nodes in the caller's order: component, geometry."""
        import geopandas as gpd

        order = self.internal
        return gpd.GeoDataFrame(
            {"component": self.component[order]},
            geometry=gpd.points_from_xy(self.x[order], self.y[order]),
            crs=self.crs,
            index=self.node_ids,
        )

    @property
    def edges(self) -> gpd.GeoDataFrame:
        """Edges with their ends, minutes each way (nan where not allowed) and geometry."""
        import geopandas as gpd

        ids = np.empty(self.n_nodes, dtype=object)
        ids[self.internal] = self.node_ids.to_numpy()
        minutes = [np.where(np.isfinite(s), s / 60.0, np.nan) for s in (self.forward_s, self.backward_s)]
        return gpd.GeoDataFrame(
            {
                "source": ids[self.u],
                "target": ids[self.v],
                "length_m": self.length_m,
                "road_class": self.road_class,
                "forward_min": minutes[0],
                "backward_min": minutes[1],
                "ferry": self.is_ferry,
            },
            geometry=self.geometry,
            crs=self.crs,
            index=self.edge_ids,
        )

    def csr(self, *, reverse: bool = False) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return (indptr, head, weight_ds); `reverse` turns every arc around."""
        tail, head, weight = self._arcs()
        if reverse:
            tail, head = head, tail
        order = np.lexsort((head, tail))
        indptr = np.searchsorted(tail[order], np.arange(self.n_nodes + 1)).astype(np.int32)
        return indptr, head[order], weight[order]

    def _arcs(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        go, back = self.forward_ds != UNREACHED, self.backward_ds != UNREACHED
        return (
            np.concatenate([self.u[go], self.v[back]]),
            np.concatenate([self.v[go], self.u[back]]),
            np.concatenate([self.forward_ds[go], self.backward_ds[back]]),
        )

    def node_positions(self, ids: Any) -> NDArray[np.int32]:
        """Return internal numbers of the caller's ids.

        Raises
        ------
        NetworkError
            If an id is not a node of this network.
        """
        where = self.node_ids.get_indexer(ids)
        if (where < 0).any():
            raise NetworkError(f"{ids[int(np.argmax(where < 0))]!r} is not a node of this network")
        return self.internal[where]

    def with_profile(self, profile: SpeedProfile, *, season: str | None = None, period: str | None = None) -> Network:
        """Return the same roads at another profile's times; nothing but the times is worked out again.

        Raises
        ------
        NetworkError
            If the season or period is unknown to the profile, or a rule names an unknown edge.
        """
        from landplan.network.assembly import retimed

        return retimed(self, profile, season, period)

    def classes(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the road classes there are and which each edge has, found at the first call."""
        if "classes" not in self.shared:
            self.shared["classes"] = np.unique(self.road_class.astype(str), return_inverse=True)
        return self.shared["classes"]  # type: ignore[no-any-return]

    def middle(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of every edge's middle, worked out at the first call."""
        import shapely

        if "middle" not in self.shared:
            points = shapely.line_interpolate_point(self.geometry, 0.5, normalized=True)
            self.shared["middle"] = shapely.get_x(points), shapely.get_y(points)
        return self.shared["middle"]  # type: ignore[no-any-return]

    def at(self, season: str | None = None, period: str | None = None) -> Network:
        """Return this network in a season and period, kept for the next question; itself when neither is named.

        Raises
        ------
        NetworkError
            If the profile does not know them.
        """
        season, period = season if season is not None else self.season, period if period is not None else self.period
        if (season, period) == (self.season, self.period):
            return self
        key = f"at {season} {period}"
        if key not in self.own:
            self.own[key] = self.with_profile(self.profile, season=season, period=period)
        found: Network = self.own[key]
        return found

    def with_patches(self, patches: Sequence[Patch]) -> Network:
        """Return a new network with scenario edits applied in order; see `landplan.network.patches`.

        Raises
        ------
        NetworkError
            If a patch names an unknown edge or holds a value out of range.
        """
        from landplan.network.patches import with_patches

        return with_patches(self, patches)

    def save(self, path: Path) -> None:
        """Write the network to one .npz file (geometry as WKB); `landplan.network.load` gives it back."""
        from landplan.network.saving import save

        save(self, path)


def deciseconds(seconds: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round seconds to whole deciseconds, half to even; closed (``inf``) is the largest int32."""
    ds = np.rint(seconds * 10.0)
    return np.where(np.isfinite(ds), np.minimum(ds, UNREACHED - 1), UNREACHED).astype(np.int32)


def hilbert_order(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of points along a Hilbert curve; equal keys keep their order.

    Examples
    --------
    >>> import numpy as np
    >>> hilbert_order(np.array([0.0, 9.0, 0.1]), np.array([0.0, 9.0, 0.1])).tolist()
    [0, 2, 1]
    """
    if x.size == 0:
        return np.empty(0, np.int64)
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    cells = [np.minimum((a - a.min()) / side * 65536.0, 65535.0).astype(np.int64) for a in (x, y)]
    i, j = cells
    key = np.zeros(x.size, np.int64)
    step = 1 << 15
    while step:
        right, up = (i & step) > 0, (j & step) > 0
        key += step * step * ((3 * right) ^ up)
        # turn the quarter so that the curve runs on: mirrored in one, transposed in two
        mirror = ~up & right
        i = np.where(mirror, (step - 1) - (i & (step - 1)), i & (step - 1))
        j = np.where(mirror, (step - 1) - (j & (step - 1)), j & (step - 1))
        i, j = np.where(~up, j, i), np.where(~up, i, j)
        step >>= 1
    return np.argsort(key, kind="stable")
