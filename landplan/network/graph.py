"""The network as a value: nodes, edges and their times, immutable.

Nodes are renumbered inside along a Morton curve so that neighbours on the map are neighbours in memory;
ids and order outside are the caller's. Every edge keeps its geometry, for snapping and isochrones.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import NetworkError
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["BuildReport", "Network", "load", "morton_order"]

UNREACHED = 2_147_483_647
_FORMAT = 1

# What a build can drop or assume, in the words of Swedish pages; the English words are the keys.
SWEDISH = {
    "empty geometry": "tom geometri",
    "not a line": "inte en linje",
    "loop or zero length": "slinga eller ingen längd",
    "loop": "slinga",
    "not for car": "inte för bil",
    "not for walk": "inte till fots",
    "not for bike": "inte för cykel",
    "no speed stated, the class's default is used": "hastighet saknas, vägklassens används",
    "ferry without a crossing time, closed": "färja utan överfartstid, stängd",
    "no access": "inte öppen för trafik",
    "missing nodes": "punkter saknas i filen",
}


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
    rounding_max_s: float = 0.05

    def lines(self) -> list[str]:
        """Return the report as plain sentences."""
        out = [
            f"{self.source}: {self.edges_kept} of {self.edges_read} edges kept, {self.nodes} nodes, "
            f"{self.length_km:.0f} km ({self.ferry_km:.1f} km ferry)",
            f"{self.components} strongly connected components; the largest holds "
            f"{100 * self.largest_share:.1f} % of the length",
        ]
        out += [f"dropped {n}: {why}" for why, n in self.dropped.items() if n]
        out += [f"assumed for {n} edges: {why}" for why, n in self.assumed.items() if n]
        return out

    def remarks(self) -> list[Text]:
        """Return what was dropped, assumed or left apart as sentences for pages, in Swedish and English."""
        out = [Text(f"{n} utelämnade: {SWEDISH[why]}", f"dropped {n}: {why}") for why, n in self.dropped.items() if n]
        out += [Text(f"antaget för {n} vägar: {SWEDISH[why]}", f"assumed for {n} roads: {why}") for why, n in self.assumed.items() if n]
        if self.largest_share < 0.95:
            share = 100 * self.largest_share
            out.append(
                Text(
                    f"bara {share:.0f} % av väglängden hänger ihop, resten används inte (möts linjerna i korsningarna?)",
                    f"only {share:.0f} % of the road length hangs together; the rest is not used (do the lines meet end to end at crossings?)",
                )
            )
        return out


@dataclass(frozen=True, slots=True)
class Network:
    """One mode's network: CSR arrays, node coordinates, edge geometry.

    Attributes
    ----------
    mode, crs : str
    node_ids : pandas.Index
        The caller's ids in the caller's order.
    x, y : ndarray of float64, shape (nodes,)
        In internal (Morton) order.
    internal : ndarray of int32, shape (nodes,)
        Internal number of the caller's i-th node.
    u, v : ndarray of int32, shape (edges,)
        Internal end nodes of each edge, in the edge's digitised direction.
    forward_ds, backward_ds : ndarray of int32, shape (edges,)
        Deciseconds u -> v and v -> u; the largest int32 where driving that way is not allowed.
    length_m : ndarray of float64, shape (edges,)
    road_class : ndarray of str objects, shape (edges,)
    is_ferry, snappable : ndarray of bool, shape (edges,)
    component : ndarray of int32, shape (nodes,)
        Strongly connected component, 0 is the largest.
    geometry : ndarray of shapely LineString, shape (edges,)
    edge_ids : pandas.Index
    """

    mode: str
    crs: str
    node_ids: pd.Index
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    internal: NDArray[np.int32]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    forward_ds: NDArray[np.int32]
    backward_ds: NDArray[np.int32]
    length_m: NDArray[np.float64]
    road_class: NDArray[np.object_]
    is_ferry: NDArray[np.bool_]
    snappable: NDArray[np.bool_]
    component: NDArray[np.int32]
    geometry: NDArray[np.object_]
    edge_ids: pd.Index
    report: BuildReport
    profile: str = "default"

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
        minutes = [
            np.where(ds == UNREACHED, np.nan, ds / 600.0) for ds in (self.forward_ds, self.backward_ds)
        ]
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

    def save(self, path: Path) -> None:
        """Write the network to one .npz file (geometry as WKB); `load` gives it back."""
        import shapely

        wkb = shapely.to_wkb(self.geometry)
        lengths = np.array([len(w) for w in wkb], np.int64)
        tmp = path.with_name(path.name + ".part")
        meta = {
            "format": _FORMAT, "mode": self.mode, "crs": self.crs, "profile": self.profile,
            "report": asdict(self.report), "node_ids": [str(i) for i in self.node_ids],
            "edge_ids": [str(i) for i in self.edge_ids],
            "int_nodes": _is_int(self.node_ids),
            "int_edges": _is_int(self.edge_ids),
        }
        with tmp.open("wb") as handle:
            np.savez_compressed(
                handle,
                meta=np.frombuffer(json.dumps(meta).encode(), np.uint8),
                x=self.x, y=self.y, internal=self.internal, u=self.u, v=self.v,
                forward_ds=self.forward_ds, backward_ds=self.backward_ds, length_m=self.length_m,
                road_class=self.road_class.astype("U24"), is_ferry=self.is_ferry, snappable=self.snappable,
                component=self.component, wkb=np.frombuffer(b"".join(wkb), np.uint8), wkb_len=lengths,
            )
        os.replace(tmp, path)


def _is_int(index: pd.Index) -> bool:
    return isinstance(index.dtype, np.dtype) and index.dtype.kind in "iu"


def load(path: Path) -> Network:
    """Read a network written by `Network.save`.

    Raises
    ------
    NetworkError
        If the file is not a network or of another format version.
    """
    import pandas as pd
    import shapely

    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {k: data[k] for k in data.files}
        meta = json.loads(arrays.pop("meta").tobytes())
    except (OSError, ValueError, KeyError) as exc:
        raise NetworkError(f"{path} is not a saved network ({exc}); build it again with from_layer or from_osm") from exc
    if meta["format"] != _FORMAT:
        raise NetworkError(f"{path} has network format {meta['format']}, this landplan reads {_FORMAT}; build it again")
    ends = np.cumsum(arrays["wkb_len"])
    blob = arrays["wkb"].tobytes()
    geometry = shapely.from_wkb([blob[e - n : e] for e, n in zip(ends, arrays["wkb_len"], strict=True)])
    nodes = pd.Index([int(i) for i in meta["node_ids"]] if meta["int_nodes"] else meta["node_ids"])
    edges = pd.Index([int(i) for i in meta["edge_ids"]] if meta["int_edges"] else meta["edge_ids"])
    return Network(
        meta["mode"], meta["crs"], nodes, arrays["x"], arrays["y"], arrays["internal"], arrays["u"], arrays["v"],
        arrays["forward_ds"], arrays["backward_ds"], arrays["length_m"], arrays["road_class"].astype(object),
        arrays["is_ferry"], arrays["snappable"], arrays["component"], geometry, edges,
        BuildReport(**meta["report"]), meta["profile"],
    )


def morton_order(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of points along a Morton (Z) curve; equal keys keep their order.

    Examples
    --------
    >>> import numpy as np
    >>> morton_order(np.array([0.0, 9.0, 0.1]), np.array([0.0, 9.0, 0.1])).tolist()
    [0, 2, 1]
    """
    if x.size == 0:
        return np.empty(0, np.int64)

    def spread(a: NDArray[np.uint64]) -> NDArray[np.uint64]:
        for shift, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            a = (a | (a << np.uint64(shift))) & np.uint64(mask)
        return a

    side = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    key = np.zeros(x.size, np.uint64)
    for axis, values in enumerate((x, y)):
        cell = ((values - values.min()) / side * 65535.0).astype(np.uint64)
        key |= spread(cell) << np.uint64(axis)
    return np.argsort(key, kind="stable")
