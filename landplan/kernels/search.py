"""Shortest travel times over a CSR graph by a bucket queue, in integer deciseconds.

Dial (1969): a circular array of buckets as wide as the largest edge. No heap, no scanning for a minimum, and
ties cannot change the answer because the answer is the times alone.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._reach import sums_within
from landplan.kernels._team import team

__all__ = ["MAX_EDGE_DS", "UNREACHED", "reachable_sum", "trees"]

UNREACHED = 2_147_483_647
ENOUGH = 2_000  # nodes from which on all threads look for what is within reach: some 10 ms of work for one
MAX_EDGE_DS = 4_000_000  # 111 hours on one edge: beyond it the input is wrong, not the road long


@njit(cache=True, nogil=True)
def _tree(indptr, head, weight, seeds, seed_ds, cutoff, dist, entry, follow, bucket):  # type: ignore[no-untyped-def]
    """Fill `dist` from the seeds; nodes beyond the cutoff stay UNREACHED.

    A bucket is a chain of entries written one after the other; an entry whose node has since got a lower time is passed over. A node
    enters a bucket only with a lower time than before, so no (node, time) is entered twice.
    """
    nb = bucket.size
    mask = nb - 1
    for i in range(nb):
        bucket[i] = -1
    order = np.argsort(seed_ds)
    # seeds may lie further apart than the buckets are wide: feed them in as the sweep reaches them
    fed = 0
    used = 0
    waiting = 0
    now = seed_ds[order[0]]
    while True:
        while fed < order.size and seed_ds[order[fed]] - now < nb:
            node = seeds[order[fed]]
            d = seed_ds[order[fed]]
            fed += 1
            if d <= cutoff and d < dist[node]:
                dist[node] = d
                entry[used] = node
                follow[used] = bucket[d & mask]
                bucket[d & mask] = used
                used += 1
                waiting += 1
        if waiting == 0:
            if fed >= order.size:
                break
            now = seed_ds[order[fed]]
            if now > cutoff:
                break
            continue
        slot = now & mask
        at = bucket[slot]
        while at >= 0:
            bucket[slot] = follow[at]
            u = entry[at]
            waiting -= 1
            if dist[u] == now:
                for k in range(indptr[u], indptr[u + 1]):
                    v = head[k]
                    d = now + weight[k]
                    if d < dist[v] and d <= cutoff:
                        dist[v] = d
                        entry[used] = v
                        follow[used] = bucket[d & mask]
                        bucket[d & mask] = used
                        used += 1
                        waiting += 1
            at = bucket[slot]
        now += 1


@njit(cache=True, nogil=True, inline="always")
def _link(node, slot, nxt, prv, bucket):  # type: ignore[no-untyped-def]
    first = bucket[slot]
    nxt[node] = first
    prv[node] = -1
    if first >= 0:
        prv[first] = node
    bucket[slot] = node


@njit(cache=True, nogil=True, inline="always")
def _unlink(node, slot, nxt, prv, bucket):  # type: ignore[no-untyped-def]
    before, after = prv[node], nxt[node]
    if before >= 0:
        nxt[before] = after
    else:
        bucket[slot] = after
    if after >= 0:
        prv[after] = before


@njit(cache=True, nogil=True, parallel=True)
def _trees(indptr, head, weight, seed_ptr, seeds, seed_ds, cutoff, buckets, out):  # type: ignore[no-untyped-def]
    sources, nodes = out.shape
    for s in prange(sources):
        dist = out[s]
        for i in range(nodes):
            dist[i] = UNREACHED
        a, b = seed_ptr[s], seed_ptr[s + 1]
        if b > a:
            # every arc lowers its head at most once, every seed its node
            entry = np.empty(head.size + b - a, np.int32)
            follow = np.empty(head.size + b - a, np.int32)
            bucket = np.empty(buckets, np.int32)
            _tree(indptr, head, weight, seeds[a:b], seed_ds[a:b], cutoff, dist, entry, follow, bucket)


def trees(
    indptr: NDArray[np.int32],
    head: NDArray[np.int32],
    weight_ds: NDArray[np.int32],
    seed_ptr: NDArray[np.int64],
    seeds: NDArray[np.int32],
    seed_ds: NDArray[np.int64],
    *,
    cutoff_ds: int = UNREACHED - 1,
) -> NDArray[np.int32]:
    """Travel times from each group of seeds to every node.

    Parameters
    ----------
    indptr, head, weight_ds : ndarray of int32
        CSR graph: node u's arcs are ``head[indptr[u]:indptr[u + 1]]``, weights in deciseconds, >= 0.
    seed_ptr : ndarray of int64, shape (sources + 1,)
        Seeds of source s are ``seeds[seed_ptr[s]:seed_ptr[s + 1]]``.
    seeds : ndarray of int32
        Nodes that a source starts from (both ends of the edge it was snapped to).
    seed_ds : ndarray of int64
        Deciseconds already spent at each seed.
    cutoff_ds : int
        Times above it stay unreached (inclusive).

    Returns
    -------
    ndarray of int32, shape (sources, nodes)
        Deciseconds; `UNREACHED` where the node cannot be reached within the cutoff.

    Raises
    ------
    ValueError
        If a weight is negative or above `MAX_EDGE_DS`.

    Notes
    -----
    Dial, "Algorithm 360: shortest-path forest with topological ordering", CACM 12 (1969). One iteration
    owns one source's row, so the bits are the same on any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> i32 = lambda *v: np.array(v, np.int32)
    >>> trees(i32(0, 1, 2, 2), i32(1, 2), i32(5, 7), np.array([0, 1]), i32(0), np.array([0]))
    array([[ 0,  5, 12]], dtype=int32)
    """
    if weight_ds.size and (weight_ds.min() < 0 or weight_ds.max() > MAX_EDGE_DS):
        raise ValueError(f"arc weights must lie in 0-{MAX_EDGE_DS} ds, got {weight_ds.min()}-{weight_ds.max()}")
    widest = int(weight_ds.max()) if weight_ds.size else 1
    buckets = 1 << max(4, int(widest + 1).bit_length())
    out = np.empty((seed_ptr.size - 1, indptr.size - 1), np.int32)
    _trees(
        np.ascontiguousarray(indptr, dtype=np.int32),
        np.ascontiguousarray(head, dtype=np.int32),
        np.ascontiguousarray(weight_ds, dtype=np.int32),
        np.ascontiguousarray(seed_ptr, dtype=np.int64),
        np.ascontiguousarray(seeds, dtype=np.int32),
        np.ascontiguousarray(seed_ds, dtype=np.int64),
        min(int(cutoff_ds), UNREACHED - 1),
        buckets,
        out,
    )
    return out


def reachable_sum(
    indptr: NDArray[np.int32],
    head: NDArray[np.int32],
    weight_ds: NDArray[np.int32],
    values: NDArray[np.float64],
    *,
    cutoff_ds: int,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Sum of values at the nodes within a time of every node, that node itself included.

    Parameters
    ----------
    indptr, head, weight_ds : ndarray of int32
        CSR graph, as `trees`.
    values : ndarray of float64, shape (nodes,)
        What is counted: jobs, persons.
    cutoff_ds : int
        Largest deciseconds, inclusive; at most 36 000 (an hour): beyond it ask for trees.
    threads : int, optional
        Threads to use; numba's own setting by default. The answer does not depend on it.

    Returns
    -------
    ndarray of float64, shape (nodes,)
        Each sum is added one by one from 0.0 in the order of the nodes' numbers.

    Raises
    ------
    ValueError
        If the cutoff is not in 0-36 000, or a weight is negative.

    Notes
    -----
    Label-correcting, 64 nodes with consecutive numbers at a time (`_reach`): number the nodes so that neighbours
    follow each other, as along a Hilbert curve. In another order the answer is the same and takes many times as
    long. Memory is 4 bytes a node and a thread, and 137 to 274 for each node that one batch of 64 reaches.

    Examples
    --------
    >>> import numpy as np
    >>> i32 = lambda *v: np.array(v, np.int32)
    >>> reachable_sum(i32(0, 1, 3, 4), i32(1, 0, 2, 1), i32(5, 5, 7, 7), np.array([1.0, 10.0, 100.0]), cutoff_ds=6).tolist()
    [11.0, 11.0, 100.0]
    """
    if not 0 <= cutoff_ds <= 36_000:
        raise ValueError(f"cutoff_ds must lie in 0-36000, got {cutoff_ds}")
    if weight_ds.size and weight_ds.min() < 0:
        raise ValueError(f"arc weights must not be negative, got {weight_ds.min()}")
    nodes = indptr.size - 1
    out = np.zeros(nodes, np.float64)
    with team(threads, work=nodes, enough=ENOUGH) as threads:
        sums_within(
            np.ascontiguousarray(indptr, dtype=np.int32), np.ascontiguousarray(head, dtype=np.int32),
            np.ascontiguousarray(weight_ds, dtype=np.int32), np.ascontiguousarray(values, dtype=np.float64),
            int(cutoff_ds), threads, np.zeros(1, np.int64), out,
        )  # fmt: skip
    return out
