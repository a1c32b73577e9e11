"""Weights on a contracted graph: shortest times over its arcs, and only the arcs that are needed.

`customise` turns new weights into a metric in a fraction of the time that `contraction.build` takes: first
over paths through lower rows, from the bottom up; then over all paths, from the top down, after which an arc
that is no shorter than a way round is dropped. What is left is about as little as a hierarchy made for these
weights alone would have.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._simd import ARCS, fetch_add
from landplan.kernels._team import team
from landplan.kernels.contraction import UNREACHED, Structure, build

__all__ = ["UNREACHED", "Metric", "Structure", "build", "customise"]

ENOUGH = 1_000_000  # triangles from which on all threads take part: some 20 ms of work for one


@njit(cache=True, nogil=True)
def _below(r, time, up_ptr, up_head, triangle_ptr, triangle, first_top, shift):  # type: ignore[no-untyped-def]
    """Lower the third side of every triangle below row `r`; sides among top rows lie `shift` further on."""
    a, b = up_ptr[r], up_ptr[r + 1]
    t = triangle_ptr[r]
    for j in range(a, b - 1):
        out_j, in_j = np.int64(time[j, 0]), np.int64(time[j, 1])
        if out_j == UNREACHED and in_j == UNREACHED:
            t += b - 1 - j
            continue
        high = up_head[j]
        base = up_ptr[high]
        if high >= first_top:
            base += shift
        for i in range(j + 1, b):
            e = base + triangle[t]
            t += 1
            time[e, 0] = min(np.int64(time[e, 0]), in_j + time[i, 0])
            time[e, 1] = min(np.int64(time[e, 1]), out_j + time[i, 1])


@njit(cache=True, nogil=True, parallel=True)
def _basic(slot, weight, time, up_ptr, up_head, triangle_ptr, triangle, pieces, threads, counter):  # type: ignore[no-untyped-def]
    """Times over paths through lower rows; `time` has room for one copy of the top's arcs a thread."""
    arcs = up_head.size
    first_top = pieces[-1]
    top_arc = up_ptr[first_top]
    tops = arcs - top_arc
    time[:] = UNREACHED
    flat = time.reshape(-1)
    for k in range(slot.size):
        s = slot[k]
        if s >= 0 and weight[k] < flat[s]:
            flat[s] = weight[k]
    for thread in prange(threads):
        shift = arcs - top_arc + thread * tops
        while True:
            p = fetch_add(counter, 0, 1)
            if p >= pieces.size - 1:
                break
            for r in range(pieces[p], pieces[p + 1]):
                _below(r, time, up_ptr, up_head, triangle_ptr, triangle, first_top, shift)
    for thread in range(threads):
        for k in range(tops):
            for side in range(2):
                seen = time[arcs + thread * tops + k, side]
                if seen < time[top_arc + k, side]:
                    time[top_arc + k, side] = seen
    for r in range(first_top, up_ptr.size - 1):
        _below(r, time, up_ptr, up_head, triangle_ptr, triangle, first_top, 0)


@njit(cache=True, nogil=True)
def _above(r, time, best, keep, kept, up_ptr, up_head, triangle_ptr, triangle):  # type: ignore[no-untyped-def]
    """Shortest times over row r's arcs from those above it; mark the arcs that some shortest path needs."""
    a, b = up_ptr[r], up_ptr[r + 1]
    for j in range(a, b):
        best[j, 0] = time[j, 0]
        best[j, 1] = time[j, 1]
        keep[j, 0] = time[j, 0] < UNREACHED
        keep[j, 1] = time[j, 1] < UNREACHED
    t = triangle_ptr[r]
    for j in range(a, b - 1):
        out_j, in_j = np.int64(time[j, 0]), np.int64(time[j, 1])
        base = up_ptr[up_head[j]]
        for i in range(j + 1, b):
            e = base + triangle[t]
            t += 1
            up, down = np.int64(best[e, 0]), np.int64(best[e, 1])  # from head j to head i, and back
            out_i, in_i = np.int64(time[i, 0]), np.int64(time[i, 1])
            # of two equally short ways the arc goes; where both lead through each other at no cost, only i's
            if out_j + up <= out_i:
                keep[i, 0] = False
                if out_j + up < best[i, 0]:
                    best[i, 0] = out_j + up
            if in_j + down <= in_i:
                keep[i, 1] = False
                if in_j + down < best[i, 1]:
                    best[i, 1] = in_j + down
            if out_i + down <= out_j and (down > 0 or out_i < out_j):
                keep[j, 0] = False
                if out_i + down < best[j, 0]:
                    best[j, 0] = out_i + down
            if in_i + up <= in_j and (up > 0 or in_i < in_j):
                keep[j, 1] = False
                if in_i + up < best[j, 1]:
                    best[j, 1] = in_i + up
    for side in range(2):
        count = 0
        for j in range(a, b):
            count += keep[j, side]
        kept[side, r + 1] = (count + ARCS - 1) // ARCS * ARCS


@njit(cache=True, nogil=True, parallel=True)
def _perfect(time, best, keep, kept, up_ptr, up_head, triangle_ptr, triangle, pieces, threads, counter):  # type: ignore[no-untyped-def]
    """Shortest times over all arcs from the top down, and which arcs are needed."""
    for r in range(up_ptr.size - 2, pieces[-1] - 1, -1):
        _above(r, time, best, keep, kept, up_ptr, up_head, triangle_ptr, triangle)
    for _ in prange(threads):
        while True:
            p = fetch_add(counter, 0, 1)
            if p >= pieces.size - 1:
                break
            for r in range(pieces[p + 1] - 1, pieces[p] - 1, -1):
                _above(r, time, best, keep, kept, up_ptr, up_head, triangle_ptr, triangle)
    for side in range(2):
        for r in range(up_ptr.size - 1):
            kept[side, r + 1] += kept[side, r]


@njit(cache=True, nogil=True, parallel=True)
def _pack(time, keep, kept, up_ptr, up_head, pieces, width, out_arc, in_arc):  # type: ignore[no-untyped-def]
    """Gather the needed arcs as (head's place in the buffer, time), outward and inward."""
    first_top = pieces[-1]
    for p in prange(pieces.size):
        begin = pieces[p]
        end = pieces[p + 1] if p + 1 < pieces.size else up_ptr.size - 1
        for r in range(begin, end):
            o, i = kept[0, r], kept[1, r]
            for k in range(up_ptr[r], up_ptr[r + 1]):
                high = up_head[k]
                local = high - first_top + width if high >= first_top else high - begin
                if keep[k, 0]:
                    out_arc[o, 0] = local
                    out_arc[o, 1] = time[k, 0]
                    o += 1
                if keep[k, 1]:
                    in_arc[i, 0] = local
                    in_arc[i, 1] = time[k, 1]
                    i += 1
            while o < kept[0, r + 1]:
                out_arc[o, 0] = out_arc[o - 1, 0]
                out_arc[o, 1] = out_arc[o - 1, 1]
                o += 1
            while i < kept[1, r + 1]:
                in_arc[i, 0] = in_arc[i - 1, 0]
                in_arc[i, 1] = in_arc[i - 1, 1]
                i += 1


class Metric(NamedTuple):
    """A structure with weights on it.

    Attributes
    ----------
    structure : Structure
        What it was made on.
    time_ds : ndarray of int32, shape (upward arcs, 2)
        Shortest time over lower rows along each upward arc, and against it; `UNREACHED` where there is none.
    out_ptr, out_arc, in_ptr, in_arc : ndarray of int32
        The arcs that shortest paths need, (head, time) from each row up, and from above down to each row. A
        head is written as its place in a buffer that holds a piece, at most `structure.width` rows, and then
        the top. Arcs come in fours, a row's last one repeated.
    """

    structure: Structure
    time_ds: NDArray[np.int32]
    out_ptr: NDArray[np.int32]
    out_arc: NDArray[np.int32]
    in_ptr: NDArray[np.int32]
    in_arc: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """Memory held beside the structure: per upward arc 8 bytes, per needed arc 8, per node 8."""
        return sum(a.nbytes for a in self if isinstance(a, np.ndarray))


def customise(structure: Structure, weight_ds: NDArray[np.int32], *, threads: int | None = None) -> Metric:
    """Put weights on a structure.

    Parameters
    ----------
    structure : Structure
        From `build`.
    weight_ds : ndarray of int32, shape (input arcs,)
        Deciseconds of each arc that `build` was given, in its order, >= 0; `UNREACHED` closes an arc.
    threads : int, optional
        Threads to use; numba's own setting by default. The result does not depend on it.

    Returns
    -------
    Metric

    Raises
    ------
    ValueError
        If there is not one weight for each arc, or one is negative.

    Notes
    -----
    Basic customisation takes, from the lowest row up, ``t(a, b) = min(w(a, b), t(a, r) + t(r, b))`` over all
    triangles with r below a and b; perfect customisation takes the same minimum from the top down over the
    triangles with a higher third row, and an arc that is not shorter than the way round is dropped (Dibbelt,
    Strasser and Wagner, "Customizable contraction hierarchies", JEA 21, 2016). Where ways are equally short
    an arc yields to one whose own first arc is shorter or, at equal times, leads to a lower row; this never
    runs in a circle, so one of them stays.

    Examples
    --------
    >>> import numpy as np
    >>> indptr, head = np.array([0, 1, 2, 2], np.int32), np.array([1, 2], np.int32)
    >>> structure = build(indptr, head, np.array([1, 0, 2], np.int32))
    >>> customise(structure, np.array([5, 7], np.int32)).time_ds[1:].tolist()
    [[7, 2147483647], [12, 2147483647]]
    """
    weight = np.ascontiguousarray(weight_ds, np.int32)
    if weight.shape != structure.slot.shape:
        raise ValueError(f"expected one weight for each of {structure.slot.size} arcs, got shape {weight.shape}")
    if weight.size and weight.min() < 0:
        raise ValueError(f"arc weights must be at least 0 ds, got {weight.min()}")
    with team(threads, work=structure.triangle.size, enough=ENOUGH) as threads:
        return _customise(structure, weight, threads)


def _customise(s: Structure, weight: NDArray[np.int32], threads: int) -> Metric:
    """Allocate what the passes write, and run them."""
    shape = (s.up_ptr, s.up_head, s.triangle_ptr, s.triangle, s.pieces, threads)
    tops = s.arcs - int(s.up_ptr[s.pieces[-1]])
    time = np.empty((s.arcs + threads * tops, 2), np.int32)
    _basic(s.slot, weight, time, *shape, np.zeros(1, np.int64))
    best = np.empty((s.arcs, 2), np.int32)
    keep = np.empty((s.arcs, 2), np.bool_)
    kept = np.zeros((2, s.nodes + 1), np.int32)
    _perfect(time, best, keep, kept, *shape, np.zeros(1, np.int64))
    out_arc = np.empty((kept[0, -1], 2), np.int32)
    in_arc = np.empty((kept[1, -1], 2), np.int32)
    _pack(time, keep, kept, s.up_ptr, s.up_head, s.pieces, s.width, out_arc, in_arc)
    return Metric(s, time[: s.arcs], kept[0], out_arc, kept[1], in_arc)
