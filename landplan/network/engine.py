"""Which search answers: a bucket queue for few or near, a customised hierarchy for many.

Both give the same deciseconds to the last one; only the waiting differs. The hierarchy's order and structure belong to the roads and are
shared by every season and scenario over them; new times need a customisation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.kernels import search
from landplan.network.core import UNREACHED, Core, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from landplan.network.graph import Network

__all__ = ["Method", "batches", "metric_of", "times"]

Method = Literal["auto", "search", "hierarchy"]

# In whole-network searches: what the parts of the hierarchy cost, and what a tree costs with it (tests/bench/RESULTS.md).
_PREPARE: Final = 120.0
_CUSTOMISE: Final = 8.0
_SWEPT: Final = 1 / 60
_FIRST: Final = 16
_CHUNK: Final = 32


def metric_of(net: Network, core: Core) -> Any:
    """Return the network's customised hierarchy, made at the first call; its structure is shared by networks over the same roads."""
    from landplan.kernels import contraction, dissection, hierarchy

    if "metric" not in core.memo:
        t = core.topology
        if "structure" not in net.shared:
            head = np.ascontiguousarray(t.head[t.out_arc])
            if "order" in net.shared:
                # the order of the network this one was made from; what is new goes on top
                old = net.shared["order"][t.node]
                rank = np.empty(t.size, np.int32)
                rank[np.lexsort((np.arange(t.size), np.where(old < 0, t.core.size + t.size, old)))] = np.arange(t.size, dtype=np.int32)
            else:
                rank = dissection.order(t.out_ptr, head, net.x[t.node], net.y[t.node])
            net.shared["structure"], net.shared["rank"] = contraction.build(t.out_ptr, head, rank), rank
        core.memo["metric"] = hierarchy.customise(net.shared["structure"], core.lane_ds[t.lane[t.out_arc]])
    return core.memo["metric"]


def _worth(net: Network, core: Core, searches: float, trees: int) -> bool:
    """Whether the hierarchy is sooner done than `searches` whole searches for as many `trees`."""
    if "metric" in core.memo:
        return searches > trees * _SWEPT
    prepare = _CUSTOMISE if "structure" in net.shared else _PREPARE + _CUSTOMISE
    return searches > prepare + trees * _SWEPT


def times(
    net: Network, core: Core, pointers: NDArray[np.int64], seeds: NDArray[np.int32], cost_ds: NDArray[np.int64], *,
    direction: Direction, cutoff_ds: int, targets: NDArray[np.int32] | None, method: Literal["search", "hierarchy"],
    room: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Return deciseconds between groups of seeds and core nodes (all, or `targets`), shape (groups, nodes); beyond the cutoff unreached.

    `room` is memory from `kernels.sweep.room` that whole swept trees are written into.
    """
    if method == "search":
        found = search.trees(*core.csr(direction), pointers, seeds, cost_ds, cutoff_ds=cutoff_ds)
        return found if targets is None else found[:, targets]
    from landplan.kernels import sweep

    metric = metric_of(net, core)
    if targets is None or targets.size > core.topology.size // 4:
        swept = sweep.trees(metric, pointers, seeds, cost_ds, direction=direction, out=room)
        swept = swept if targets is None else swept[:, targets]
    else:
        key = f"part {direction}"
        if key not in core.memo or not np.array_equal(core.memo[key][0], targets):
            core.memo[key] = targets, sweep.restrict(metric, targets, direction=direction)
        swept = sweep.matrix(core.memo[key][1], pointers, seeds, cost_ds)
    if cutoff_ds < UNREACHED - 1:
        swept[swept > cutoff_ds] = UNREACHED
    return swept


def batches(
    net: Network, core: Core, groups: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]], *, direction: Direction,
    cutoff_ds: int = UNREACHED - 1, targets: NDArray[np.int32] | None = None, method: Method = "auto",
) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """Yield the times of groups of seeds, batch by batch: which groups, and their deciseconds as `times` gives them.

    A batch's times are overwritten by the next. With ``"auto"`` the first batch is searched; how much of the network it reached tells what the rest would cost.
    """
    pointers, seeds, cost = groups
    count = pointers.size - 1
    chosen: Literal["search", "hierarchy"] = "hierarchy" if method == "hierarchy" else "search"
    if method == "auto" and _worth(net, core, float(count) if cutoff_ds >= UNREACHED - 1 else 0.0, count):
        chosen = "hierarchy"
    start, room = 0, None
    while start < count:
        size = _CHUNK if chosen == "hierarchy" else _FIRST
        stop = min(count, start + size)
        part = slice(int(pointers[start]), int(pointers[stop]))
        if chosen == "hierarchy" and targets is None and (room is None or stop - start < size):
            from landplan.kernels import sweep

            # fresh memory costs as much as the sweep: batches write into the same
            room = sweep.room(stop - start, core.topology.size)
        found = times(
            net, core, pointers[start : stop + 1] - pointers[start], seeds[part], cost[part], direction=direction, cutoff_ds=cutoff_ds,
            targets=None if method == "auto" and start == 0 and chosen == "search" else targets, method=chosen,
            room=room,
        )  # fmt: skip
        if method == "auto" and start == 0 and chosen == "search":
            share = float((found != UNREACHED).mean()) if found.size else 0.0
            if _worth(net, core, share * (count - stop), count - stop):
                chosen = "hierarchy"
            if targets is not None:
                found = found[:, targets]
        yield slice(start, stop), found
        start = stop
