"""Searches from 64 nodes at a time that stop at a cutoff, and the sums over what they reach.

Nodes whose numbers follow each other lie near each other, so that 64 of them reach much the same nodes: a
row of 16-bit times, one for each source, is lowered by one machine instruction or two. A row waits in the
bucket of its least time and is taken again when any of its times was lowered: on roads about twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landplan.kernels._simd import fetch_add, lower_row
from landplan.kernels._team import order_of

__all__ = ["SOURCES", "sums_within"]

SOURCES = 64  # as many as a row of 16-bit times has lanes
WIDTH = 32  # deciseconds of a bucket; 8 to 128 cost the same
ROWS = 4_096  # room at the start, doubled when a batch reaches more


@njit(cache=True, nogil=True, inline="always")
def _join(row, bucket, after, first, last):  # type: ignore[no-untyped-def]
    """Put a row at the end of a bucket: the last come, first served would take rows hundreds of times."""
    after[row] = -1
    if first[bucket] < 0:
        first[bucket] = row
    else:
        after[last[bucket]] = row
    last[bucket] = row


@njit(cache=True, nogil=True)
def _spread(indptr, head, weight, begin, end, limit, where, node, rows, waits, after, first, last):  # type: ignore[no-untyped-def]
    """Search from nodes ``begin:end`` together; return how many rows there are, -1 if there is no room for them.

    Times from `limit` on are not kept apart. The row after the last is empty and tries arcs to new nodes.
    """
    count = end - begin
    for f in range(count + 1):
        for lane in range(SOURCES):
            rows[f, lane] = limit
        waits[f] = f < count
    for f in range(count):
        where[begin + f] = f
        node[f] = begin + f
        rows[f, f] = 0
        _join(f, 0, after, first, last)
    now = 0
    while now < first.size:
        f = first[now]
        if f < 0:
            now += 1
            continue
        first[now] = after[f]
        waits[f] = False
        u = node[f]
        for k in range(indptr[u], indptr[u + 1]):
            v = head[k]
            g = where[v] if where[v] >= 0 else count
            if not lower_row(rows, g, f, weight[k]):
                continue
            if g == count:
                where[v] = g
                node[g] = v
                count += 1
                if count == node.size:
                    for b in range(now, first.size):
                        first[b] = -1
                    for g in range(count):
                        where[node[g]] = -1
                    return -1
                waits[count] = False
                for lane in range(SOURCES):
                    rows[count, lane] = limit
            if not waits[g]:
                waits[g] = True
                least = limit
                for lane in range(SOURCES):
                    least = min(least, rows[g, lane])
                _join(g, max(now, np.int64(least) // WIDTH), after, first, last)
    return count


@njit(cache=True, nogil=True)
def _add_up(values, limit, count, where, node, rows, seen, blocks, total):  # type: ignore[no-untyped-def]
    """Add the values of reached nodes in the order of their numbers, 64 numbers at a time, and forget the nodes."""
    size = 0
    for f in range(count):
        b = node[f] // SOURCES
        if not seen[b]:
            seen[b] = True
            blocks[size] = b
            size += 1
    for lane in range(SOURCES):
        total[lane] = 0.0
    by = order_of(blocks[:size])
    for i in range(size):
        b = blocks[by[i]]
        seen[b] = False
        for v in range(b * SOURCES, min(where.size, (b + 1) * SOURCES)):
            f = where[v]
            if f >= 0:
                where[v] = -1
                value = values[v]
                for lane in range(SOURCES):
                    total[lane] += value if rows[f, lane] < limit else 0.0


@njit(cache=True, nogil=True)
def _work(indptr, head, weight, values, cutoff, counter, out):  # type: ignore[no-untyped-def]
    """Search and add up batches, one after the other while there are any left."""
    nodes = indptr.size - 1
    limit = np.uint16(cutoff + 1)
    where = np.full(nodes, np.int32(-1))
    first = np.full(cutoff // WIDTH + 1, np.int32(-1))
    last = np.empty_like(first)
    seen = np.zeros(nodes // SOURCES + 1, np.bool_)
    blocks = np.empty(seen.size, np.int32)
    total = np.empty(SOURCES, np.float64)
    room = 0
    count = -1
    begin = fetch_add(counter, 0, 1) * SOURCES
    while begin < nodes:
        end = min(nodes, begin + SOURCES)
        if count < 0:
            room = min(nodes + 1, max(ROWS, 2 * room))
            node, after, waits = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.bool_)
            rows = np.empty((room, SOURCES), np.uint16)
        count = _spread(indptr, head, weight, begin, end, limit, where, node, rows, waits, after, first, last)
        if count >= 0:
            _add_up(values, limit, count, where, node, rows, seen, blocks, total)
            for lane in range(end - begin):
                out[begin + lane] = total[lane]
            begin = fetch_add(counter, 0, 1) * SOURCES


@njit(cache=True, nogil=True, parallel=True)
def sums_within(indptr, head, weight, values, cutoff, threads, counter, out):  # type: ignore[no-untyped-def]
    """Sum the values within the cutoff of every node; each thread has its own memory."""
    for _ in prange(threads):
        _work(indptr, head, weight, values, cutoff, counter, out)
