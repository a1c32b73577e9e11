"""Chains: runs of edges through places where only two edges meet, found once and summed for every profile.

A chain starts and ends at anchors. Its times are summed unrounded; only the whole is rounded, by the caller.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["along", "combine", "deliver", "find", "grouped", "sums"]

_UNREACHED = 2_147_483_647


@njit(cache=True, nogil=True)
def _grouped(keys, ptr, order):  # type: ignore[no-untyped-def]
    for k in range(keys.size):
        ptr[keys[k] + 1] += 1
    for g in range(ptr.size - 1):
        ptr[g + 1] += ptr[g]
    fill = ptr[:-1].copy()
    for k in range(keys.size):
        order[fill[keys[k]]] = k
        fill[keys[k]] += 1


def grouped(keys: NDArray[np.int32], groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bring items of one group together, in the order given, by counting.

    Parameters
    ----------
    keys : ndarray of int32
        Group of each item, 0 to groups - 1.
    groups : int

    Returns
    -------
    ptr : ndarray of int64, shape (groups + 1,)
        Items of group g are ``order[ptr[g]:ptr[g + 1]]``.
    order : ndarray of int64

    Examples
    --------
    >>> [a.tolist() for a in grouped(np.array([1, 0, 1], np.int32), 3)]
    [[0, 1, 3, 3], [1, 0, 2]]
    """
    ptr, order = np.zeros(groups + 1, np.int64), np.empty(keys.size, np.int64)
    _grouped(np.ascontiguousarray(keys, dtype=np.int32), ptr, order)
    return ptr, order


@njit(cache=True, nogil=True)
def _find(u, v, ptr, incident, anchor, chain, flip, order, start, end_a, end_b):  # type: ignore[no-untyped-def]
    """Walk from every anchor, then from the first node of every ring that has none; return chains found."""
    edges = u.size
    nodes = anchor.size
    for e in range(edges):
        chain[e] = -1
    found = 0
    placed = 0
    for ring in range(2):
        for node in range(nodes):
            if ring == 0 and not anchor[node]:
                continue
            for k in range(ptr[node], ptr[node + 1]):
                e = incident[k]
                if chain[e] >= 0:
                    continue
                if ring == 1:
                    anchor[node] = True
                here = node
                start[found] = placed
                while True:
                    chain[e] = found
                    flip[e] = u[e] != here
                    order[placed] = e
                    placed += 1
                    here = u[e] if flip[e] else v[e]
                    if anchor[here]:
                        break
                    a, b = incident[ptr[here]], incident[ptr[here] + 1]
                    e = b if a == e else a
                end_a[found] = node
                end_b[found] = here
                found += 1
    start[found] = placed
    return found


def find(
    u: NDArray[np.int32], v: NDArray[np.int32], anchor: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """Group edges into chains between anchors.

    Parameters
    ----------
    u, v : ndarray of int32, shape (edges,)
        End nodes; no edge is a loop.
    anchor : ndarray of bool, shape (nodes,)
        Nodes that end chains. Every other node must have exactly two edge ends (or none).

    Returns
    -------
    chain : ndarray of int32, shape (edges,)
        Chain of each edge, numbered by their first anchor.
    flip : ndarray of bool, shape (edges,)
        True where the edge runs from v to u along its chain.
    order : ndarray of int32, shape (edges,)
        Edges chain by chain, in order along it.
    start : ndarray of int64, shape (chains + 1,)
        Where each chain's edges stand in `order`.
    first, last : ndarray of int32, shape (chains,)
        The anchors at both ends (the same for a ring).
    anchor : ndarray of bool, shape (nodes,)
        With one node of every ring that had none.

    Examples
    --------
    Nodes 0-1-2-3 in a row; 0 and 3 are anchors, the middle edge is drawn backwards:

    >>> import numpy as np
    >>> i32 = lambda *a: np.array(a, np.int32)
    >>> chain, flip, order, start, first, last, _ = find(i32(0, 2, 2), i32(1, 1, 3), np.array([True, False, False, True]))
    >>> chain.tolist(), flip.tolist(), order.tolist(), first.tolist(), last.tolist()
    ([0, 0, 0], [False, True, False], [0, 1, 2], [0], [3])
    """
    edges, nodes = u.size, anchor.size
    ends = np.concatenate([u, v])
    which = np.concatenate([np.arange(edges, dtype=np.int32)] * 2) if edges else np.empty(0, np.int32)
    ptr, by_node = grouped(ends, nodes)
    chain, order = np.empty(edges, np.int32), np.empty(edges, np.int32)
    flip = np.zeros(edges, np.bool_)
    start = np.zeros(edges + 1, np.int64)
    first, last = np.empty(edges, np.int32), np.empty(edges, np.int32)
    marked = np.array(anchor, np.bool_)
    n = _find(
        np.ascontiguousarray(u, dtype=np.int32), np.ascontiguousarray(v, dtype=np.int32), ptr,
        np.ascontiguousarray(which[by_node], dtype=np.int32), marked, chain, flip, order, start, first, last,
    )
    return chain, flip, order, start[: n + 1].copy(), first[:n].copy(), last[:n].copy(), marked


@njit(cache=True, nogil=True)
def _sums(order, start, onward, back, before_on, before_back, after_on, after_back, total_on, total_back):  # type: ignore[no-untyped-def]
    for c in range(start.size - 1):
        on = 0.0
        bk = 0.0
        for k in range(start[c], start[c + 1]):
            e = order[k]
            before_on[e] = on
            before_back[e] = bk
            on += onward[e]
            bk += back[e]
        total_on[c] = on
        total_back[c] = bk
        on = 0.0
        bk = 0.0
        for k in range(start[c + 1] - 1, start[c] - 1, -1):
            e = order[k]
            after_on[e] = on
            after_back[e] = bk
            on += onward[e]
            bk += back[e]


def sums(
    order: NDArray[np.int32], start: NDArray[np.int64], onward_s: NDArray[np.float64], back_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Sum seconds along chains, before and after each edge, both ways.

    Parameters
    ----------
    order, start
        From `find`.
    onward_s, back_s : ndarray of float64, shape (edges,)
        Seconds of each edge along its chain and against it; ``inf`` where closed.

    Returns
    -------
    before_on, before_back, after_on, after_back : ndarray of float64, shape (edges,)
        Seconds between the chain's first anchor and the edge's near end, onward and back; and between the edge's
        far end and the chain's last anchor.
    total_on, total_back : ndarray of float64, shape (chains,)

    Examples
    --------
    >>> import numpy as np
    >>> order, start = np.array([0, 1], np.int32), np.array([0, 2])
    >>> [a.tolist() for a in sums(order, start, np.array([1.0, 2.0]), np.array([1.0, np.inf]))]
    [[0.0, 1.0], [0.0, 1.0], [2.0, 0.0], [inf, 0.0], [3.0], [inf]]
    """
    out = tuple(np.empty(order.size, np.float64) for _ in range(4))
    totals = tuple(np.empty(start.size - 1, np.float64) for _ in range(2))
    _sums(order, start, np.ascontiguousarray(onward_s, dtype=np.float64), np.ascontiguousarray(back_s, dtype=np.float64), *out, *totals)
    return (*out, *totals)


@njit(cache=True, nogil=True)
def _along(order, start, place, chain, onward, back, edge0, share0, edges, shares, near, out):  # type: ignore[no-untyped-def]
    """Walk outwards once, noting the seconds to each edge's near end, then read every place off its edge."""
    first, last = start[chain], start[chain + 1]
    at = place[edge0]
    t = (1.0 - share0) * onward[edge0] if share0 < 1.0 else 0.0
    for k in range(at + 1, last):
        near[k - first] = t
        t += onward[order[k]]
    t = share0 * back[edge0] if share0 > 0.0 else 0.0
    for k in range(at - 1, first - 1, -1):
        near[k - first] = t
        t += back[order[k]]
    for i in range(edges.size):
        e = edges[i]
        if e == edge0:
            gap = shares[i] - share0
            out[i] = 0.0 if gap == 0.0 else (gap * onward[e] if gap > 0.0 else -gap * back[e])
        elif place[e] > at:
            out[i] = near[place[e] - first] + (shares[i] * onward[e] if shares[i] > 0.0 else 0.0)
        else:
            out[i] = near[place[e] - first] + ((1.0 - shares[i]) * back[e] if shares[i] < 1.0 else 0.0)


def along(
    order: NDArray[np.int32],
    start: NDArray[np.int64],
    place: NDArray[np.int64],
    chain: int,
    onward_s: NDArray[np.float64],
    back_s: NDArray[np.float64],
    edge: int,
    share: float,
    edges: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Seconds from one place on a chain to others on the same chain, along it.

    Parameters
    ----------
    order, start
        From `find`; `place` is where each edge stands in `order`.
    chain : int
        The chain of all places.
    onward_s, back_s : ndarray of float64, shape (edges,)
        Seconds along and against the chain. Give them swapped for the time *to* the place.
    edge, share : int, float
        The place: its edge and how far along it in the chain's direction, 0-1.
    edges, shares : ndarray
        The other places, likewise.

    Returns
    -------
    ndarray of float64
        ``inf`` where a closed edge lies between.

    Examples
    --------
    >>> import numpy as np
    >>> order, start, place = np.array([0, 1], np.int32), np.array([0, 2]), np.array([0, 1])
    >>> s = np.array([10.0, 20.0])
    >>> along(order, start, place, 0, s, s, 0, 0.5, np.array([0, 1]), np.array([0.75, 0.5])).tolist()
    [2.5, 15.0]
    """
    out = np.empty(edges.size, np.float64)
    near = np.empty(int(start[chain + 1] - start[chain]), np.float64)
    _along(order, start, place, chain, onward_s, back_s, edge, share, edges, shares, near, out)
    return out


@njit(cache=True, nogil=True, parallel=True)
def _combine(times, on, add_on, back, add_back, out):  # type: ignore[no-untyped-def]
    for s in prange(out.shape[1]):
        a, b = on[s], back[s]
        for h in range(out.shape[0]):
            best = np.inf
            if times[h, a] != _UNREACHED:
                best = times[h, a] + add_on[s]
            if times[h, b] != _UNREACHED:
                best = min(best, times[h, b] + add_back[s])
            out[h, s] = best


def combine(
    times: NDArray[np.int32],
    on: NDArray[np.int64],
    add_on: NDArray[np.float64],
    back: NDArray[np.int64],
    add_back: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Deciseconds at places from those at both ends of their chains.

    Parameters
    ----------
    times : ndarray of int32, shape (sources, columns)
        The largest int32 where unreached; any memory order.
    on, back : ndarray of int64, shape (places,)
        Columns of the ends that the place is reached by along its chain and against it.
    add_on, add_back : ndarray of float64, shape (places,)
        Deciseconds from there; ``inf`` where that way is closed.

    Returns
    -------
    ndarray of float64, shape (sources, places)
        ``inf`` where unreached.

    Examples
    --------
    >>> import numpy as np
    >>> zero = np.array([0])
    >>> combine(np.array([[10, 20]], np.int32), zero, np.array([5.0]), zero + 1, np.array([np.inf])).tolist()
    [[15.0]]
    """
    out = np.empty((times.shape[0], on.size), np.float64)
    _combine(times, on, add_on, back, add_back, out)
    return out


@njit(cache=True, nogil=True, parallel=True)
def _deliver(times, on, add_on, back, add_back, cutoff, block, out):  # type: ignore[no-untyped-def]
    """Times lie source by source: each source reads its own row."""
    places = out.shape[1]
    for b in prange((places + block - 1) // block):
        for h in range(out.shape[0]):
            for s in range(b * block, min(places, (b + 1) * block)):
                best = np.inf
                one = times[h, on[s]]
                if one != _UNREACHED:
                    best = one + add_on[s]
                two = times[h, back[s]]
                if two != _UNREACHED:
                    best = min(best, two + add_back[s])
                out[h, s] = best / 600.0 if best <= cutoff else np.inf


@njit(cache=True, nogil=True, parallel=True)
def _deliver_together(times, on, add_on, back, add_back, cutoff, block, out):  # type: ignore[no-untyped-def]
    """Times lie node by node, all sources side by side: a tile is filled place by place and written source by source."""
    sources, places = out.shape
    for b in prange((places + block - 1) // block):
        tile = np.empty((sources, block), np.float32)
        first = b * block
        count = min(block, places - first)
        for k in range(count):
            s = first + k
            one, two = times[on[s]], times[back[s]]
            plus, more = add_on[s], add_back[s]
            if on[s] == back[s] and plus == 0.0:
                for h in range(sources):
                    # the place is the node itself
                    tile[h, k] = one[h] / 600.0 if one[h] <= cutoff else np.inf
            else:
                for h in range(sources):
                    best = np.inf
                    if one[h] != _UNREACHED:
                        best = one[h] + plus
                    if two[h] != _UNREACHED:
                        best = min(best, two[h] + more)
                    tile[h, k] = best / 600.0 if best <= cutoff else np.inf
        for h in range(sources):
            for k in range(count):
                out[h, first + k] = tile[h, k]


def deliver(
    times: NDArray[np.int32],
    on: NDArray[np.int64],
    add_on: NDArray[np.float64],
    back: NDArray[np.int64],
    add_back: NDArray[np.float64],
    cutoff_ds: int,
    out: NDArray[np.float32],
) -> None:
    """Write the minutes at places, as `combine`, into `out`; ``inf`` beyond the cutoff.

    Parameters
    ----------
    times, on, add_on, back, add_back
        As `combine`.
    cutoff_ds : int
        Inclusive.
    out : ndarray of float32, shape (sources, places)
        Minutes; overwritten.

    Examples
    --------
    >>> import numpy as np
    >>> out = np.empty((1, 1), np.float32)
    >>> zero = np.array([0])
    >>> deliver(np.array([[600]], np.int32), zero, np.array([300.0]), zero, np.array([np.inf]), 1_000, out)
    >>> out.tolist()
    [[1.5]]
    """
    if times.shape[0] > 1 and times.strides[0] == times.itemsize:
        _deliver_together(times.T, on, add_on, back, add_back, float(cutoff_ds), 128, out)
    else:
        _deliver(np.ascontiguousarray(times), on, add_on, back, add_back, float(cutoff_ds), 256, out)
