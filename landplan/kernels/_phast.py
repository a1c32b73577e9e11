"""The passes of a batch of trees over a hierarchy: up from the seeds, down over the rows, out to the caller."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landplan.kernels._simd import fetch_add, lower_row, put_row, sweep_row
from landplan.kernels._team import order_of

__all__ = ["batches_of_trees", "part_above"]


@njit(cache=True, nogil=True)
def _climb(seeds, parent, first_top, where, flag):  # type: ignore[no-untyped-def]
    """List all rows above the seeds, ascending, at the end of `flag`; return where the list begins.

    Taken from the highest seed on, the rows that a seed adds lie below those before it, because a subtree is
    one stretch; this holds in the pieces and in the top, each by itself.
    """
    begin = flag.size
    start = seeds.copy()
    for top in (True, False):
        for i in range(start.size):
            r = seeds[i]
            while top and 0 <= r < first_top:
                r = parent[r]
            start[i] = r
        by = order_of(start)
        for i in range(by.size - 1, -1, -1):
            q = start[by[i]]
            while q >= 0 and where[q] < 0 and (top or q < first_top):
                begin -= 1
                q = parent[q]
            f = begin
            q = start[by[i]]
            while q >= 0 and where[q] < 0 and (top or q < first_top):
                where[q] = f
                flag[f] = q
                f += 1
                q = parent[q]
    return begin


@njit(cache=True, nogil=True)
def _rise(seeds, lane, cost, parent, pieces, width, arc_ptr, arc, where, flag, live, rows, limit):  # type: ignore[no-untyped-def]
    """Search upward from all seeds of a batch together; `rows` follow `flag`."""
    first_top = pieces[-1]
    begin = _climb(seeds, parent, first_top, where, flag)
    for f in range(begin, flag.size):
        live[f] = False
        for k in range(rows.shape[1]):
            rows[f, k] = limit
    for i in range(seeds.size):
        f = where[seeds[i]]
        live[f] = True
        if cost[i] < rows[f, lane[i]]:
            rows[f, lane[i]] = cost[i]
    p = 0
    for f in range(begin, flag.size):
        r = flag[f]
        while p < pieces.size - 1 and pieces[p + 1] <= r:
            p += 1
        if live[f]:
            for k in range(arc_ptr[r], arc_ptr[r + 1]):
                local = arc[k, 0]
                high = where[local - width + first_top if local >= width else local + pieces[p]]
                live[high] = True
                lower_row(rows, high, f, arc[k, 1])
    for f in range(begin, flag.size):
        where[flag[f]] = -1
        if not live[f]:
            flag[f] = -1
    return begin


@njit(cache=True, nogil=True)
def _fall(begin, end, base, arc_ptr, arc, flag, risen, f, buffer):  # type: ignore[no-untyped-def]
    """Sweep rows ``begin:end`` from the top down; `f` is the last risen row's place not above them."""
    for r in range(end - 1, begin - 1, -1):
        fresh = True
        while f >= 0 and flag[f] > r:
            f -= 1
        if f >= 0 and flag[f] == r:
            fresh = False
            for k in range(buffer.shape[1]):
                buffer[r - base, k] = risen[f, k]
        sweep_row(buffer, r - base, arc, arc_ptr[r], arc_ptr[r + 1], fresh)


@njit(cache=True, nogil=True)
def _give(p, ptr, local, place, buffer, out, stride, column):  # type: ignore[no-untyped-def]
    """Hand over the rows of a piece."""
    for i in range(ptr[p], ptr[p + 1]):
        put_row(buffer, local[i], out, place[i] * stride + column)


@njit(cache=True, nogil=True)
def _risers(  # type: ignore[no-untyped-def]
    batch_ptr, seeds, seed_lane, cost, parent, pieces, width, up_ptr, up_arc,
    number, part_pieces, part_width, arc_ptr, arc, where, flag, live, risen, found, tops, own, counter, limit,
):  # fmt: skip
    """Let batches rise and sweep the top, one after the other while there are any left."""
    first_top = part_pieces[-1]
    rows = arc_ptr.size - 1
    while True:
        b = fetch_add(counter, 0, 1)
        if b >= batch_ptr.size - 1:
            break
        s, e = batch_ptr[b], batch_ptr[b + 1]
        begin = _rise(
            seeds[s:e], seed_lane[s:e], cost[s:e], parent, pieces, width, up_ptr, up_arc,
            where, flag[b], live[b], risen[b], limit,
        )  # fmt: skip
        size = 0
        for f in range(begin, flag.shape[1]):  # those in the part, in its numbers, to the front
            if flag[b, f] >= 0 and number[flag[b, f]] >= 0:
                flag[b, size] = number[flag[b, f]]
                for k in range(own.shape[1]):
                    risen[b, size, k] = risen[b, f, k]
                size += 1
        found[b] = size
        _fall(first_top, rows, first_top - part_width, arc_ptr, arc, flag[b], risen[b], size - 1, own)
        for i in range(rows - first_top):
            for k in range(own.shape[1]):
                tops[b, i, k] = own[part_width + i, k]


@njit(cache=True, nogil=True)
def _fallers(  # type: ignore[no-untyped-def]
    part_pieces, part_width, arc_ptr, arc, give_ptr, local, place,
    flag, risen, found, tops, own, groups, counter, out, stride, column,
):  # fmt: skip
    """Sweep and hand over groups of pieces, one after the other while there are any left."""
    count = part_pieces.size - 1
    held = -1
    while True:
        task = fetch_add(counter, 1, 1)
        b, g = task // groups, task % groups
        if b >= found.size:
            break
        if held != b:
            held = b
            for i in range(tops.shape[1]):
                for k in range(own.shape[1]):
                    own[part_width + i, k] = tops[b, i, k]
        at = column + b * own.shape[1]
        if g == 0:
            _give(count, give_ptr, local, place, own, out, stride, at)
        f = found[b] - 1
        for p in range((g + 1) * count // groups - 1, g * count // groups - 1, -1):
            begin, end = part_pieces[p], part_pieces[p + 1]
            while f >= 0 and flag[b, f] >= end:
                f -= 1
            _fall(begin, end, begin, arc_ptr, arc, flag[b], risen[b], f, own)
            _give(p, give_ptr, local, place, own, out, stride, at)


@njit(cache=True, nogil=True, parallel=True)
def batches_of_trees(  # type: ignore[no-untyped-def]
    batch_ptr, seeds, seed_lane, cost, parent, pieces, width, up_ptr, up_arc,
    number, part_pieces, part_width, arc_ptr, arc, give_ptr, local, place,
    where, flag, live, risen, found, tops, buffer, groups, threads, counter, limit, out, stride, column,
):  # fmt: skip
    """Trees of some batches: every batch rises and sweeps the top, then every piece is swept and given."""
    for thread in prange(threads):
        _risers(
            batch_ptr, seeds, seed_lane, cost, parent, pieces, width, up_ptr, up_arc,
            number, part_pieces, part_width, arc_ptr, arc,
            where[thread], flag, live, risen, found, tops, buffer[thread], counter, limit,
        )  # fmt: skip
    for thread in prange(threads):
        _fallers(
            part_pieces, part_width, arc_ptr, arc, give_ptr, local, place,
            flag, risen, found, tops, buffer[thread], groups, counter, out, stride, column,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def part_above(targets, pieces, width, arc_ptr, arc):  # type: ignore[no-untyped-def]
    """Rows that lead down to a target: their numbers, pieces and arcs in these numbers."""
    n = arc_ptr.size - 1
    count = pieces.size - 1
    first_top = pieces[count]
    number = np.full(n, -1, np.int32)
    for t in range(targets.size):
        number[targets[t]] = 0
    part_pieces = np.zeros(count + 1, np.int32)
    size = 0
    arcs = 0
    widest = 0
    for p in range(count + 1):
        begin, end = pieces[p], pieces[p + 1] if p < count else n
        part_pieces[p] = size
        for r in range(begin, end):
            if number[r] == 0:
                number[r] = size
                size += 1
                arcs += arc_ptr[r + 1] - arc_ptr[r]
                for k in range(arc_ptr[r], arc_ptr[r + 1]):
                    high = arc[k, 0] - width + first_top if arc[k, 0] >= width else arc[k, 0] + begin
                    number[high] = 0
        if p < count:
            widest = max(widest, size - part_pieces[p])
    part_ptr = np.zeros(size + 1, np.int32)
    part_arc = np.empty((arcs, 2), np.int32)
    at = 0
    row = 0
    for p in range(count + 1):
        begin, end = pieces[p], pieces[p + 1] if p < count else n
        for r in range(begin, end):
            if number[r] >= 0:
                for k in range(arc_ptr[r], arc_ptr[r + 1]):
                    if arc[k, 0] >= width:
                        local = number[arc[k, 0] - width + first_top] - part_pieces[count] + widest
                    else:
                        local = number[arc[k, 0] + begin] - part_pieces[p]
                    part_arc[at, 0] = local
                    part_arc[at, 1] = arc[k, 1]
                    at += 1
                row += 1
                part_ptr[row] = at
    return number, part_pieces, part_ptr, part_arc, widest
