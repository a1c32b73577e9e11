"""One shortest path out of a customised hierarchy, unpacked to the nodes of the graph."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landplan.kernels.hierarchy import UNREACHED, Metric

__all__ = ["path"]


@njit(cache=True, nogil=True)
def _climb(start, side, parent, depth, up_ptr, up_head, time):  # type: ignore[no-untyped-def]
    """Times between a row and all rows above it, by depth, and the last arc on the way to each."""
    best = np.full(depth[start] + 1, UNREACHED, np.int64)
    last = np.full(depth[start] + 1, -1, np.int64)
    best[depth[start]] = 0
    r = start
    while r >= 0:
        own = best[depth[r]]
        if own < UNREACHED:
            for k in range(up_ptr[r], up_ptr[r + 1]):
                through = own + time[k, side]
                if through < best[depth[up_head[k]]]:
                    best[depth[up_head[k]]] = through
                    last[depth[up_head[k]]] = k
        r = parent[r]
    return best, last


@njit(cache=True, nogil=True)
def _tail(k, up_ptr):  # type: ignore[no-untyped-def]
    """Row that an upward arc starts from."""
    low, high = 0, up_ptr.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if up_ptr[middle] <= k:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _grown(entries, size):  # type: ignore[no-untyped-def]
    """Room for a few more entries."""
    if size + 4 <= entries.size:
        return entries
    wider = np.empty(2 * entries.size + 4, np.int64)
    for i in range(size):
        wider[i] = entries[i]
    return wider


@njit(cache=True, nogil=True)
def _path(source, target, parent, depth, up_ptr, up_head, low_ptr, low_arc, time):  # type: ignore[no-untyped-def]
    """Time and rows of a shortest path; no rows where there is none."""
    out, out_arc = _climb(source, 0, parent, depth, up_ptr, up_head, time)
    back, back_arc = _climb(target, 1, parent, depth, up_ptr, up_head, time)
    # the rows above both are those above the lowest common one: same depth, same row
    a, b = source, target
    while a != b and a >= 0 and b >= 0:
        if depth[a] >= depth[b]:
            a = parent[a]
        else:
            b = parent[b]
    best = np.int64(UNREACHED)
    meet = -1
    r = a if a == b else -1
    while r >= 0:
        through = out[depth[r]] + back[depth[r]]
        if through < best:
            best = through
            meet = r
        r = parent[r]
    if meet < 0:
        return best, np.empty(0, np.int64)
    # a stack of arcs (twice their number, plus one for downward), the path's first on top, where an arc is
    # replaced by the two below it
    stack = np.empty(2 * (depth[source] + depth[target]) + 4, np.int64)
    size = 0
    r = meet
    while r != target:
        size += 1
        r = _tail(back_arc[depth[r]], up_ptr)
    i = size
    r = meet
    while r != target:
        i -= 1
        stack[i] = 2 * back_arc[depth[r]] + 1
        r = _tail(back_arc[depth[r]], up_ptr)
    r = meet
    while r != source:
        stack[size] = 2 * out_arc[depth[r]]
        size += 1
        r = _tail(out_arc[depth[r]], up_ptr)
    rows = np.empty(64, np.int64)
    rows[0] = source
    count = 1
    while size:
        size -= 1
        k, side = stack[size] // 2, stack[size] % 2
        low, high = _tail(k, up_ptr), np.int64(up_head[k])
        split = False
        for j in range(low_ptr[low], low_ptr[low + 1]):
            first = np.int64(low_arc[j])
            stop = up_ptr[_tail(first, up_ptr) + 1]
            second = first + 1
            while second < stop and up_head[second] < high:
                second += 1
            if second == stop or up_head[second] != high:
                continue
            # low to the third row against the first arc and on along the second, or the other way
            if np.int64(time[first, 1 - side]) + np.int64(time[second, side]) == time[k, side]:
                stack = _grown(stack, size)
                stack[size] = 2 * second if side == 0 else 2 * first
                stack[size + 1] = 2 * first + 1 if side == 0 else 2 * second + 1
                size += 2
                split = True
                break
        if not split:
            rows = _grown(rows, count)
            rows[count] = high if side == 0 else low
            count += 1
    return best, rows[:count].copy()


def path(metric: Metric, source: int, target: int) -> tuple[int, NDArray[np.int32]]:
    """Shortest path between two nodes.

    Parameters
    ----------
    metric : Metric
        From `hierarchy.customise`.
    source, target : int
        Nodes.

    Returns
    -------
    tuple of int and ndarray of int32
        Deciseconds, and the nodes on the way, both ends included; `UNREACHED` and no nodes where there is
        no way. Each step is along an arc of the graph, and the steps' least weights sum to the time.

    Notes
    -----
    Search along the elimination tree: Dibbelt, Strasser and Wagner (2016). An arc whose time a triangle below
    it gives is replaced by the triangle's other two sides; none is left when an arc of the graph remains.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.kernels import hierarchy
    >>> indptr, head = np.array([0, 1, 2, 2], np.int32), np.array([1, 2], np.int32)
    >>> structure = hierarchy.build(indptr, head, np.array([1, 0, 2], np.int32))
    >>> path(hierarchy.customise(structure, np.array([5, 7], np.int32)), 0, 2)
    (12, array([0, 1, 2], dtype=int32))
    """
    s = metric.structure
    best, rows = _path(
        int(s.row[source]), int(s.row[target]), s.parent, s.depth, s.up_ptr, s.up_head, s.low_ptr, s.low_arc, metric.time_ds
    )  # fmt: skip
    nodes = s.node[rows].tolist()
    if len(set(nodes)) < len(nodes):  # a way round that costs nothing is left out
        last = {node: i for i, node in enumerate(nodes)}
        kept, i = [], 0
        while i < len(nodes):
            i = last[nodes[i]]
            kept.append(nodes[i])
            i += 1
        nodes = kept
    return int(best), np.array(nodes, np.int32)
