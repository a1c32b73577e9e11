"""The front of a cost distance as it moves over a grid: what steps cost, and the queue of cells that wait.

A bucket queue (Dial 1969; Denardo & Fox 1979): a bucket is no wider than the cheapest step, so whatever lies in the
lowest one is final and needs no order. Or a heap of four. A cell has its accumulated cost and its own cost side by side.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from landplan.kernels._simd import fetch

__all__ = ["by_heap", "extremes", "run_buckets"]

_BLOCK = 64  # cells of a bucket that lie side by side
_AHEAD = 6  # cells after this one whose neighbours are asked for


@njit(cache=True, nogil=True)
def _factor(grade, curve):  # type: ignore[no-untyped-def]
    """How much dearer a step is for its grade, inf if too steep; without a table, Tobler's formula."""
    last = curve.shape[1] - 1
    if last < 0:
        return math.exp(3.5 * (abs(grade + 0.05) - 0.05))
    if not curve[0, 0] <= grade <= curve[0, last]:
        return np.inf
    low = 0
    high = last
    while high - low > 1:
        middle = (low + high) // 2
        if curve[0, middle] <= grade:
            low = middle
        else:
            high = middle
    if high == low:
        return curve[1, 0]
    share = (grade - curve[0, low]) / (curve[0, high] - curve[0, low])
    return curve[1, low] + share * (curve[1, high] - curve[1, low])


@njit(cache=True, nogil=True)
def _steps(u, cell, moves, size, height, curve, sign, out):  # type: ignore[no-untyped-def]
    """Costs of all steps from a cell: the mean of the cells they cross times their length; inf through an impassable one.

    A row of `moves` is the cell moved to, the two that a knight passes, and the code back; of `size` half or a quarter of the length, and the length.
    """
    mine = cell[u, 1]
    for k in range(moves.shape[0]):
        total = mine + cell[u + moves[k, 0], 1]
        if k >= 8:
            total += cell[u + moves[k, 1], 1] + cell[u + moves[k, 2], 1]
        out[k] = total * size[k, 0]
    if height.size:
        for k in range(moves.shape[0]):
            if out[k] < np.inf:
                out[k] *= _factor(sign * (height[u + moves[k, 0]] - height[u]) / size[k, 1], curve)


@njit(cache=True, nogil=True)
def extremes(cell, moves, size, height, curve, sign):  # type: ignore[no-untyped-def]
    """Cheapest and dearest step of all."""
    low = np.inf
    high = 0.0
    out = np.empty(moves.shape[0], np.float64)
    for u in range(cell.shape[0]):
        if cell[u, 1] < np.inf:
            _steps(u, cell, moves, size, height, curve, sign, out)
            for one in out:
                if one < np.inf:
                    low = min(low, one)
                    high = max(high, one)
    return low, high


@njit(cache=True, nogil=True)
def _by_buckets(cell, direction, label, moves, size, height, curve, sign, out, inverse, far, pool, before, top, fill, state):  # type: ignore[no-untyped-def]
    """Reach cells from bucket to bucket; a bucket is a chain of blocks of cell numbers, the last of them at `top`, with `fill` cells.

    A cell that is reached anew lies in its new bucket and in the old one too, where its cost no longer belongs: there it is passed
    over. A list from cell to cell would need no second place, but would not tell what comes next; here the cells around
    the next ones are asked for early. `state` is the bucket, the cells waiting, the first block given back and the blocks taken: when a
    block of cells might take more blocks than there are, all stands as if it had not begun, and False is returned.

    `label` is None where it is not asked for, and `out`, room for the costs of steps, where there are eight
    neighbours on level ground: compiled without them, the loop knows its length. Places are unsigned, or each would be asked whether
    it counts from the end. No helper is called for a step: what numba does around a call costs more than the step.
    """
    at, waiting, free, made = state
    wide = moves[4, 0]  # a step south
    count = 8 if out is None else moves.shape[0]
    step = moves[:, 0].copy()
    half = size[:, 0].copy()
    back = moves[:, 3].astype(np.uint8)
    flat = cell.reshape(2 * cell.shape[0])
    ring = np.int64(top.size - 1)
    most = before.size - _needed(top.size)
    while waiting > 0:
        slot = np.uint64(at & ring)
        block = top[slot]
        held = fill[slot]
        top[slot] = -1
        fill[slot] = _BLOCK
        while block >= 0:
            if made > most:
                top[slot] = block
                fill[slot] = held
                state[:] = at, waiting, free, made
                return False
            waiting -= held
            for i in range(block * _BLOCK, block * _BLOCK + held):
                ahead = np.int64(pool[np.uint64(i + _AHEAD)])
                for row in (ahead - wide, ahead, ahead + wide):
                    fetch(flat, 2 * (row - 1))
                    fetch(flat, 2 * (row + 1) + 1)
                u = np.uint64(pool[np.uint64(i)])
                here = cell[u, 0]
                if np.int64(here * inverse) != at:
                    continue
                mine = cell[u, 1]
                if out is not None:
                    _steps(np.int64(u), cell, moves, size, height, curve, sign, out)
                for k in range(count):
                    v = np.uint64(np.int64(u) + step[k])
                    there = here + (mine + cell[v, 1]) * half[k] if out is None else here + out[k]
                    old = cell[v, 0]
                    if there < old:
                        cell[v, 0] = there
                        direction[v] = back[k]
                        if label is not None:
                            label[v] = label[u]
                        number = np.int64(there * inverse)
                        if old < far and np.int64(old * inverse) == number:
                            continue
                        into = np.uint64(number & ring)
                        full = fill[into]
                        if full == _BLOCK:
                            fresh = free
                            if fresh < 0:
                                fresh = made
                                made += 1
                            else:
                                free = before[np.uint64(fresh)]
                            before[np.uint64(fresh)] = top[into]
                            top[into] = fresh
                            full = np.int64(0)
                        pool[np.uint64(top[into] * _BLOCK + full)] = v
                        fill[into] = full + 1
                        waiting += 1
            done = np.uint64(block)
            block = before[done]
            before[done] = free
            free = np.int64(done)
            held = np.int64(_BLOCK)
        at += 1
    return True


@njit(cache=True, nogil=True)
def _needed(ring):  # type: ignore[no-untyped-def]
    """Blocks that a block of cells may take: its steps fill some, and begin one in every bucket."""
    return ring + 16


def run_buckets(cell: Any, direction: Any, label: Any, seeds: Any, rules: tuple[Any, ...], out: Any, inverse: float, ring: int, far: float) -> None:
    """Run `_by_buckets`, with more blocks each time it has too few."""
    begun = -(-seeds.size // _BLOCK)
    blocks = begun + _needed(ring) + cell.shape[0] // (16 * _BLOCK)
    pool, before = np.zeros((blocks + 1) * _BLOCK, np.int32), np.full(blocks, -1, np.int64)
    top, fill = np.full(ring, -1, np.int64), np.full(ring, _BLOCK, np.int64)
    pool[: seeds.size] = seeds
    before[1:begun] = np.arange(begun - 1)
    top[0], fill[0] = begun - 1, seeds.size - (begun - 1) * _BLOCK
    state = np.array([0, seeds.size, -1, begun])
    moves, size, height, curve, sign = rules
    while not _by_buckets(cell, direction, label, moves, size, height, curve, sign, out, inverse, far, pool, before, top, fill, state):
        pool, before = np.concatenate([pool, np.zeros_like(pool)]), np.concatenate([before, np.full_like(before, -1)])


@njit(cache=True, nogil=True)
def _rise(heap, cell, i):  # type: ignore[no-untyped-def]
    """Let a cell rise to where none above it costs more. Column 0 is the heap, column 1 each cell's place in it."""
    u = heap[i, 0]
    while i > 0:
        up = (i - 1) >> 2
        if cell[heap[up, 0], 0] <= cell[u, 0]:
            break
        heap[i, 0] = heap[up, 0]
        heap[heap[i, 0], 1] = i
        i = up
    heap[i, 0] = u
    heap[u, 1] = i


@njit(cache=True, nogil=True)
def _sink(heap, cell, size):  # type: ignore[no-untyped-def]
    """Let the last cell take the place of the first, which is gone."""
    u = heap[size, 0]
    i = 0
    while 4 * i + 1 < size:
        least = 4 * i + 1
        for j in range(4 * i + 2, min(4 * i + 5, size)):
            if cell[heap[j, 0], 0] < cell[heap[least, 0], 0]:
                least = j
        if cell[u, 0] <= cell[heap[least, 0], 0]:
            break
        heap[i, 0] = heap[least, 0]
        heap[heap[i, 0], 1] = i
        i = least
    heap[i, 0] = u
    heap[u, 1] = i


@njit(cache=True, nogil=True)
def by_heap(cell, direction, label, seeds, moves, size, height, curve, sign, heap, far):  # type: ignore[no-untyped-def]
    """Reach cells in the order of a heap of four."""
    count = moves.shape[0]
    out = np.empty(count, np.float64)
    waiting = 0
    for u in seeds:
        heap[waiting, 0] = u
        heap[u, 1] = waiting
        waiting += 1
    while waiting > 0:
        u = np.int64(heap[0, 0])
        waiting -= 1
        if waiting > 0:
            _sink(heap, cell, waiting)
        here = cell[u, 0]
        _steps(u, cell, moves, size, height, curve, sign, out)
        for k in range(count):
            v = u + moves[k, 0]
            there = here + out[k]
            if there < cell[v, 0]:
                if cell[v, 0] == far:
                    heap[v, 1] = waiting
                    heap[waiting, 0] = v
                    waiting += 1
                cell[v, 0] = there
                direction[v] = moves[k, 3]
                if label.size:
                    label[v] = label[u]
                _rise(heap, cell, heap[v, 1])
