"""What is searched: anchors and chains in place of nodes and edges, with turn bans and centroids worked in.

Places where only two edges meet are inside a chain; the search never sees them, and their times are read off the
chain's ends afterwards. A ban on turning from one edge into another gives the node a copy that only that edge arrives at;
a centroid that may not be driven through is the same thing with every way out banned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.kernels import chains

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landplan.network.graph import Network

__all__ = ["Core", "Direction", "Places", "Reader", "Topology", "core_of"]

Direction = Literal["to", "from"]
UNREACHED = 2_147_483_647
_ON, _BACK = 0, 1
_LONGEST = 200
"""Edges in one chain."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places on edges: edge number (-1 nowhere) and share of it in the chain's direction, 0-1."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of places."""
        return int(self.edge.size)


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """What does not change with times: chains, core nodes and arcs.

    Attributes
    ----------
    chain, flip, order, start, first, last
        As `kernels.chains.find`; `place` is where each edge stands in `order`.
    core : ndarray of int32, shape (nodes,)
        Core node of an anchor; -1 inside a chain.
    node : ndarray of int32, shape (core nodes,)
        Node of each core node; copies come after all anchors.
    inner : Places
        Where the nodes inside chains lie; `inner_nodes` are their numbers.
    tail, head, lane : ndarray of int32, shape (arcs,)
        Arcs; `lane` is twice the chain, plus one against its direction.
    lane_head : ndarray of int32, shape (lanes,)
        Core node that a lane arrives at.
    lane_tail : ndarray of int32, shape (lanes,)
        Core node (no copy) that a lane leaves from; copies that may enter it stand in `late_lane`, `late_tail`.
    """

    chain: NDArray[np.int32]
    flip: NDArray[np.bool_]
    order: NDArray[np.int32]
    place: NDArray[np.int64]
    start: NDArray[np.int64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    core: NDArray[np.int32]
    node: NDArray[np.int32]
    inner: Places
    inner_nodes: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    lane: NDArray[np.int32]
    lane_head: NDArray[np.int32]
    lane_tail: NDArray[np.int32]
    late_lane: NDArray[np.int32]
    late_tail: NDArray[np.int32]
    copy_node: NDArray[np.int32]
    copy_core: NDArray[np.int32]
    out_ptr: NDArray[np.int32]
    out_arc: NDArray[np.int64]
    in_ptr: NDArray[np.int32]
    in_arc: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of core nodes."""
        return int(self.node.size)


def _leaving(net: Network, topology_edges: tuple[NDArray[Any], NDArray[Any]], edge: int, onward: bool) -> int:
    chain, flip = topology_edges
    return 2 * int(chain[edge]) + (_ON if onward != bool(flip[edge]) else _BACK)


def build_topology(net: Network) -> Topology:
    """Find chains, give banned turns and centroids their copies, and lay the arcs out."""
    nodes, edges = net.n_nodes, net.n_edges
    degree = np.bincount(net.u, minlength=nodes) + np.bincount(net.v, minlength=nodes)
    anchor = degree != 2
    if net.no_through is not None:
        anchor |= net.no_through
    if net.bans is not None:
        anchor[net.bans.via] = True
    chain, flip, order, start, first, last, anchor = chains.find(net.u, net.v, anchor)
    if (np.diff(start) > _LONGEST).any():
        # a very long chain is cut, so that its time stays within what one arc may take
        within = np.empty(edges, np.int64)
        within[order] = np.arange(edges) - np.repeat(start[:-1], np.diff(start))
        cut = within % _LONGEST == _LONGEST - 1
        anchor[np.where(flip, net.u, net.v)[cut]] = True
        chain, flip, order, start, first, last, anchor = chains.find(net.u, net.v, anchor)
    place = np.empty(edges, np.int64)
    place[order] = np.arange(edges)
    core = np.full(nodes, -1, np.int32)
    at = np.flatnonzero(anchor).astype(np.int32)
    core[at] = np.arange(at.size, dtype=np.int32)
    count = first.size
    lane_tail = np.empty(2 * count, np.int32)
    lane_head = np.empty(2 * count, np.int32)
    lane_tail[0::2] = lane_head[1::2] = core[first]
    lane_tail[1::2] = lane_head[0::2] = core[last]

    # a copy for each (lane that arrives, set of lanes it may not enter); equal sets at a node share one
    banned: dict[int, set[int]] = {}
    if net.bans is not None:
        b = net.bans
        for e, e_on, f, f_on in zip(b.from_edge.tolist(), b.from_onward.tolist(), b.to_edge.tolist(), b.to_onward.tolist(), strict=True):
            arrives = _leaving(net, (chain, flip), e, e_on)
            banned.setdefault(arrives, set()).add(_leaving(net, (chain, flip), f, f_on))
    if net.no_through is not None:
        closed = np.flatnonzero(net.no_through[np.concatenate([last, first])])
        for k in closed.tolist():
            lane = 2 * k if k < count else 2 * (k - count) + 1
            banned[lane] = {-1}
    by_node: dict[int, list[int]] = {}
    if banned:
        leaving = np.argsort(lane_tail, kind="stable")
        ptr = np.searchsorted(lane_tail[leaving], np.arange(at.size + 1))
        for i in {int(lane_head[k]) for k in banned}:
            by_node[i] = leaving[ptr[i] : ptr[i + 1]].tolist()
    copies: dict[tuple[int, frozenset[int]], int] = {}
    copy_node: list[int] = []
    late_lane: list[int] = []
    late_tail: list[int] = []
    for arrives in sorted(banned):
        home = int(lane_head[arrives])
        no = frozenset(by_node[home] if -1 in banned[arrives] else banned[arrives])
        key = (home, no)
        if key not in copies:
            copies[key] = at.size + len(copy_node)
            copy_node.append(int(at[home]))
            for lane in by_node[home]:
                if lane not in no:
                    late_lane.append(lane)
                    late_tail.append(copies[key])
        lane_head[arrives] = copies[key]
    copied = np.array(copy_node, np.int32)
    late = np.array(late_lane, np.int32), np.array(late_tail, np.int32)
    arc_lane = np.concatenate([np.arange(2 * count, dtype=np.int32), late[0]])
    tail = np.concatenate([lane_tail, late[1]])
    head = lane_head[arc_lane]
    # a lane back to where it started shortens nothing
    useful = tail != head
    arc_lane, tail, head = arc_lane[useful], tail[useful], head[useful]
    size = at.size + copied.size
    pointers = []
    for ends in (tail, head):
        ptr, by_end = chains.grouped(ends, size)
        pointers.append((ptr.astype(np.int32), by_end))

    inner = np.flatnonzero(~anchor & (degree > 0))
    inner_edge = np.full(nodes, -1, np.int64)
    inner_share = np.zeros(nodes)
    # an inner node is the far end, along the chain, of one of its two edges
    far = np.where(flip, net.u, net.v)
    inner_edge[far] = np.arange(edges)
    inner_share[far] = 1.0
    return Topology(
        chain, flip, order, place, start, first, last, core, np.concatenate([at, copied]).astype(np.int32),
        Places(inner_edge[inner], inner_share[inner]), inner, tail, head, arc_lane, lane_head, lane_tail, *late,
        copied, np.arange(at.size, size, dtype=np.int32), pointers[0][0], pointers[0][1], pointers[1][0], pointers[1][1],
    )  # fmt: skip


_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Which core nodes the times at some places are read off, and what is added on the way along the chain.

    Attributes
    ----------
    targets : ndarray of int32
        Core nodes that are needed, each once; columns below count in it.
    on, back : ndarray of int64, shape (places,)
        Columns for the lane along the chain and the lane against it.
    add_on, add_back : ndarray of float64, shape (places,)
        Deciseconds; ``inf`` where closed.
    late, late_column, late_add : ndarray
        Further ways: place, column, deciseconds.
    """

    targets: NDArray[np.int32]
    on: NDArray[np.int64]
    add_on: NDArray[np.float64]
    back: NDArray[np.int64]
    add_back: NDArray[np.float64]
    late: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    late_column: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    late_add: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def read(self, times_ds: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return deciseconds, shape (sources, places), from times at the targets; ``inf`` where unreached.

        The way along one chain between two places on it is not in it; see `Core.direct`.
        """
        out = chains.combine(times_ds, self.on, self.add_on, self.back, self.add_back)
        if self.late.size:
            more = times_ds[:, self.late_column].astype(np.float64)
            more[more == UNREACHED] = np.inf
            every: Any = (slice(None), self.late)
            np.minimum.at(out, every, more + self.late_add)
        return out


    def ordered(self, order: NDArray[Any]) -> Reader:
        """Return the reader of the same places in another order."""
        rank = np.empty(order.size, np.int64)
        rank[order] = np.arange(order.size)
        cells = (self.on[order], self.add_on[order], self.back[order], self.add_back[order])
        return Reader(self.targets, *cells, rank[self.late], self.late_column, self.late_add)


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """A topology with times.

    Attributes
    ----------
    onward, back : ndarray of float64, shape (edges,)
        Seconds along and against the chain.
    before_on, before_back, after_on, after_back : ndarray of float64, shape (edges,)
        As `kernels.chains.sums`.
    lane_ds : ndarray of int32, shape (lanes,)
        Deciseconds of whole chains, rounded once.
    rounding_max_s : float
        Largest difference between a lane's rounded and unrounded time.
    """

    topology: Topology
    onward: NDArray[np.float64]
    back: NDArray[np.float64]
    before_on: NDArray[np.float64]
    before_back: NDArray[np.float64]
    after_on: NDArray[np.float64]
    after_back: NDArray[np.float64]
    lane_ds: NDArray[np.int32]
    rounding_max_s: float
    memo: dict[str, Any] = field(default_factory=dict)

    def csr(self, direction: Direction) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return (indptr, head, weight_ds) to search away from sources, or towards them; closed arcs left out."""
        if direction in self.memo:
            return self.memo[direction]  # type: ignore[no-any-return]
        t = self.topology
        ptr, arc, end = (t.out_ptr, t.out_arc, t.head) if direction == "from" else (t.in_ptr, t.in_arc, t.tail)
        weight = self.lane_ds[t.lane[arc]]
        open_ = weight != UNREACHED
        kept = np.concatenate([[0], np.cumsum(open_)]).astype(np.int32)
        self.memo[direction] = kept[ptr], end[arc[open_]], weight[open_]
        return self.memo[direction]  # type: ignore[no-any-return]

    def seeds_of_nodes(self, nodes: NDArray[Any], direction: Direction) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return where trees from nodes start: a group a node, with its core nodes and their cost."""
        t = self.topology
        place = self.places_of_nodes(nodes)
        groups: list[list[tuple[int, int]]] = []
        inside = self.seeds(place, direction)
        for i, node in enumerate(np.asarray(nodes).tolist()):
            if t.core[node] >= 0:
                own = [(int(t.core[node]), 0)]
                if direction == "to":
                    own += [(int(c), 0) for c in t.copy_core[t.copy_node == node]]
                groups.append(own)
            else:
                part = slice(int(inside[0][i]), int(inside[0][i + 1]))
                groups.append(list(zip(inside[1][part].tolist(), inside[2][part].tolist(), strict=True)))
        flat = [pair for group in groups for pair in group]
        pointers = np.concatenate([[0], np.cumsum([len(g) for g in groups])]).astype(np.int64)
        return pointers, np.array([p[0] for p in flat], np.int32), np.array([p[1] for p in flat], np.int64)

    def places_of_nodes(self, nodes: NDArray[Any]) -> Places:
        """Return where nodes inside chains lie; anchors lie nowhere."""
        t = self.topology
        edge = np.full(t.core.size, -1, np.int64)
        share = np.zeros(t.core.size)
        edge[t.inner_nodes], share[t.inner_nodes] = t.inner.edge, t.inner.share
        return Places(edge[nodes], share[nodes])

    def places(self, edge: NDArray[np.int64], share: NDArray[np.float64]) -> Places:
        """Turn shares of edges as drawn into shares along their chains."""
        on = edge >= 0
        flip = np.zeros(edge.size, np.bool_)
        flip[on] = self.topology.flip[edge[on]]
        return Places(edge, np.where(flip, 1.0 - share, share))

    def anchors(self, p: Places) -> NDArray[np.int64]:
        """Return the node that each place stands at where that is the end of its chain; -1 elsewhere."""
        t = self.topology
        if t.chain.size == 0:
            return np.full(len(p), -1, np.int64)
        e = np.where(p.edge >= 0, p.edge, 0)
        c, i = t.chain[e], t.place[e]
        node = np.where((p.share >= 1.0) & (i == t.start[c + 1] - 1), t.last[c], -1)
        node = np.where((p.share <= 0.0) & (i == t.start[c]), t.first[c], node)
        return np.where(p.edge >= 0, node, -1).astype(np.int64)

    def _at_nodes(self, p: Places, *, arrive: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places that stand at a node, each with that node's core nodes: a ban holds for who drives there, not for who stands there."""
        t = self.topology
        if t.copy_core.size == 0:
            return _NONE, _NONE
        node = self.anchors(p)
        who = np.flatnonzero(node >= 0)
        core = t.core[node[who]].astype(np.int64)
        if arrive:
            for node_of, copy in zip(t.copy_node.tolist(), t.copy_core.tolist(), strict=True):
                here = np.flatnonzero(node == node_of)
                who, core = np.concatenate([who, here]), np.concatenate([core, np.full(here.size, copy, np.int64)])
        return who, core

    def _ways(self, p: Places, direction: Direction, *, leave: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Chain and seconds between places and their chain's ends, on the lane onward and on the lane back.

        `leave` tells whether the way leads from the place to the ends or from the ends to it; a search towards a site
        leaves the places that are read and arrives at the one that is searched from.
        """
        nowhere = p.edge < 0
        if nowhere.all():
            nothing = np.full(len(p), np.inf)
            return np.zeros(len(p), np.int64), nothing, nothing.copy()
        e = np.where(nowhere, 0, p.edge)
        s, r = p.share, 1.0 - p.share
        with np.errstate(invalid="ignore"):
            if leave:
                on = self.after_on[e] + np.where(r > 0, r * self.onward[e], 0.0)
                back = self.before_back[e] + np.where(s > 0, s * self.back[e], 0.0)
            else:
                on = self.before_on[e] + np.where(s > 0, s * self.onward[e], 0.0)
                back = self.after_back[e] + np.where(r > 0, r * self.back[e], 0.0)
        on[nowhere] = back[nowhere] = np.inf
        return self.topology.chain[e].astype(np.int64), on, back

    def seeds(self, p: Places, direction: Direction) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return where trees from places start: a group a place, with core nodes and deciseconds already spent."""
        t = self.topology
        chain, on, back = self._ways(p, direction, leave=direction == "from")
        count = len(p)
        group = np.concatenate([np.arange(count), np.arange(count)])
        lane = np.concatenate([2 * chain + _ON, 2 * chain + _BACK])
        cost = np.concatenate([on, back])
        if t.lane_head.size == 0:
            return np.zeros(count + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int64)
        if direction == "from":
            node = t.lane_head[lane]
        else:
            node = t.lane_tail[lane]
            if t.late_lane.size:
                by_lane = np.argsort(t.late_lane, kind="stable")
                low = np.searchsorted(t.late_lane[by_lane], lane, side="left")
                high = np.searchsorted(t.late_lane[by_lane], lane, side="right")
                extra = np.repeat(np.arange(lane.size), high - low)
                offset = np.arange(extra.size) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
                which = by_lane[low[extra] + offset]
                group, cost = np.concatenate([group, group[extra]]), np.concatenate([cost, cost[extra]])
                node = np.concatenate([node, t.late_tail[which]])
        keep = np.isfinite(cost)
        group, node, cost = group[keep], node[keep], cost[keep]
        who, core = self._at_nodes(p, arrive=direction == "to")
        group, node, cost = np.concatenate([group, who]), np.concatenate([node, core]), np.concatenate([cost, np.zeros(who.size)])
        order = np.lexsort((node, group))
        pointers = np.searchsorted(group[order], np.arange(count + 1)).astype(np.int64)
        return pointers, node[order].astype(np.int32), np.rint(cost[order] * 10.0).astype(np.int64)

    def reader(self, p: Places, direction: Direction, *, whole: bool = False) -> Reader:
        """Return what reads the times at places off a tree; `whole` rounds the part along the chain to deciseconds."""
        t = self.topology
        chain, on, back = self._ways(p, direction, leave=direction == "to")
        if t.lane_head.size == 0:
            nothing = np.zeros(len(p), np.int64)
            return Reader(np.zeros(1, np.int32), nothing, on, nothing, back)
        lanes = 2 * chain + _ON, 2 * chain + _BACK
        add = [np.rint(a * 10.0) if whole else a * 10.0 for a in (on, back)]
        table = t.lane_head if direction == "to" else t.lane_tail
        nodes = [table[lane] for lane in lanes]
        late: tuple[NDArray[Any], ...] = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))
        if direction == "from" and t.late_lane.size:
            # a lane may also be entered from copies of its first node
            by_lane = np.argsort(t.late_lane, kind="stable")
            lane = np.concatenate(lanes)
            low = np.searchsorted(t.late_lane[by_lane], lane, side="left")
            many = np.searchsorted(t.late_lane[by_lane], lane, side="right") - low
            which = np.repeat(np.arange(lane.size), many)
            offset = np.arange(which.size) - np.repeat(np.cumsum(many) - many, many)
            late = which % len(p), t.late_tail[by_lane[low[which] + offset]], np.concatenate(add)[which]
        who, core = self._at_nodes(p, arrive=direction == "from")
        late = np.concatenate([late[0], who]), np.concatenate([late[1], core]), np.concatenate([late[2], np.zeros(who.size)])
        targets, place = np.unique(np.concatenate([*nodes, late[1]]), return_inverse=True)
        place = place.reshape(-1).astype(np.int64)
        count = len(p)
        return Reader(targets.astype(np.int32), place[:count], add[0], place[count : 2 * count], add[1], late[0], place[2 * count :], late[2])

    def node_reader(self, direction: Direction) -> Reader:
        """Return what reads every node's times off a tree, in internal order; columns are core nodes."""
        key = f"nodes {direction}"
        if key not in self.memo:
            t = self.topology
            inner = self.reader(t.inner, direction, whole=True)
            on = np.where(t.core >= 0, t.core, 0).astype(np.int64)
            back, add_on, add_back = on.copy(), np.zeros(t.core.size), np.zeros(t.core.size)
            at = t.inner_nodes
            on[at], back[at] = inner.targets[inner.on], inner.targets[inner.back]
            add_on[at], add_back[at] = inner.add_on, inner.add_back
            late = at[inner.late], inner.targets[inner.late_column].astype(np.int64), inner.late_add
            if direction == "from" and t.copy_core.size:
                late = (
                    np.concatenate([late[0], t.copy_node]), np.concatenate([late[1], t.copy_core]).astype(np.int64),
                    np.concatenate([late[2], np.zeros(t.copy_core.size)]),
                )  # fmt: skip
            self.memo[key] = Reader(np.arange(t.size, dtype=np.int32), on, add_on, back, add_back, *late)
        found: Reader = self.memo[key]
        return found

    def direct(self, site_edge: int, site_share: float, p: Places, direction: Direction) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return which places lie on the site's own chain, and the seconds along it."""
        t = self.topology
        if site_edge < 0 or t.chain.size == 0:
            return np.empty(0, np.int64), np.empty(0)
        same = np.flatnonzero((p.edge >= 0) & (t.chain[np.where(p.edge >= 0, p.edge, 0)] == t.chain[site_edge]))
        return same, self.along(site_edge, site_share, p.edge[same], p.share[same], direction)

    def along(self, site_edge: int, site_share: float, edge: NDArray[np.int64], share: NDArray[np.float64], direction: Direction) -> NDArray[Any]:
        """Return the seconds along a site's chain to places that lie on it too."""
        t = self.topology
        one, two = (self.onward, self.back) if direction == "from" else (self.back, self.onward)
        found: NDArray[Any] = chains.along(t.order, t.start, t.place, int(t.chain[site_edge]), one, two, site_edge, site_share, edge, share)
        return found


def core_of(net: Network) -> Core:
    """Return a network's core, made at the first call; networks that differ only in times share the topology."""
    if "core" in net.own:
        found: Core = net.own["core"]
        return found
    if "topology" not in net.shared:
        net.shared["topology"] = build_topology(net)
    t: Topology = net.shared["topology"]
    onward = np.where(t.flip, net.backward_s, net.forward_s)
    back = np.where(t.flip, net.forward_s, net.backward_s)
    before_on, before_back, after_on, after_back, total_on, total_back = chains.sums(t.order, t.start, onward, back)
    seconds = np.empty(2 * total_on.size)
    seconds[0::2], seconds[1::2] = total_on, total_back
    ds = np.rint(seconds * 10.0)
    open_ = np.isfinite(ds)
    lane_ds = np.where(open_, np.minimum(ds, UNREACHED - 1), UNREACHED).astype(np.int32)
    error = float(np.abs(seconds[open_] - ds[open_] / 10.0).max()) if open_.any() else 0.0
    net.own["core"] = Core(t, onward, back, before_on, before_back, after_on, after_back, lane_ds, error)
    return net.own["core"]  # type: ignore[no-any-return]
