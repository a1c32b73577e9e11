"""A customisable contraction hierarchy: its arcs, found once, and weights on them, found in a moment.

`build` contracts the nodes of a graph in a given order without looking at weights and keeps what any weights
will need: the upward arcs, the elimination tree and where each triangle's third side lies. `customise` then
turns weights into shortest times over these arcs and drops the arcs that no shortest path needs.

Nodes are renumbered to *rows*: subtrees of the elimination tree each in one stretch, in depth-first order, and
the top of the tree last. Every arc leads from a row to a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._delivery import Delivery, deliver
from landplan.kernels._simd import ARCS, fetch_add
from landplan.kernels.dissection import undirected

__all__ = ["UNREACHED", "Metric", "Structure", "build", "customise"]

UNREACHED = 2_147_483_647
MIN_PIECE, MAX_PIECE = 64, 2_048  # rows of a piece: subtrees with more than a piece may have belong to the top


@dataclass(frozen=True, slots=True)
class Structure:
    """What a graph's hierarchy is for any weights.

    Attributes
    ----------
    row : ndarray of int32, shape (nodes,)
        Row of each node.
    node : ndarray of int32, shape (nodes,)
        Node of each row.
    parent : ndarray of int32, shape (nodes,)
        Row of each row's lowest upward neighbour, -1 at a root.
    up_ptr, up_head : ndarray of int32
        Upward arcs of each row, heads ascending.
    triangle_ptr : ndarray of int64, shape (nodes + 1,)
        First triangle below each row.
    triangle : ndarray of uint16
        For upward arcs j < i of a row: the place of head i among the upward arcs of head j.
    slot : ndarray of int32, shape (input arcs,)
        Where an input arc's weight belongs: twice its upward arc, plus one if it leads down; -1 for loops.
    pieces : ndarray of int32
        Bounds of the subtrees that threads work on apart; rows from the last bound on are the top.
    width : int
        Rows of the largest piece.
    depth : ndarray of int32, shape (nodes,)
        Rows on the way from each row to its root, both counted.
    numbers : ndarray of int32, shape (nodes,)
        0, 1, 2 ... (a sweep over all rows numbers them so).
    delivery : Delivery
        How rows reach the caller's order of nodes.
    """

    row: NDArray[np.int32]
    node: NDArray[np.int32]
    parent: NDArray[np.int32]
    up_ptr: NDArray[np.int32]
    up_head: NDArray[np.int32]
    triangle_ptr: NDArray[np.int64]
    triangle: NDArray[np.uint16]
    slot: NDArray[np.int32]
    pieces: NDArray[np.int32]
    width: int
    depth: NDArray[np.int32]
    numbers: NDArray[np.int32]
    delivery: Delivery

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.row.size

    @property
    def arcs(self) -> int:
        """Number of upward arcs."""
        return self.up_head.size

    @property
    def nbytes(self) -> int:
        """Memory held: per node 36 bytes, per upward arc 4, per triangle 2, per input arc 4."""
        arrays = [getattr(self, name) for name in self.__slots__] + list(self.delivery)
        return sum(a.nbytes for a in arrays if isinstance(a, np.ndarray))


@njit(cache=True, nogil=True)
def _tree(ptr, adj, node, row):  # type: ignore[no-untyped-def]
    """Elimination tree by path compression (Liu 1986): parent of each row, -1 at a root."""
    n = node.size
    parent = np.full(n, -1, np.int32)
    top = np.full(n, -1, np.int32)
    for i in range(n):
        v = node[i]
        for k in range(ptr[v], ptr[v + 1]):
            r = row[adj[k]]
            while r < i:
                above = top[r]
                top[r] = i
                if above == i:
                    break
                if above < 0:
                    parent[r] = i
                    break
                r = above
    return parent


@njit(cache=True, nogil=True)
def _counts(ptr, adj, node, row, parent):  # type: ignore[no-untyped-def]
    """Upward arcs of each row after contraction, by walking each row's subtree of lower neighbours."""
    n = node.size
    count = np.zeros(n, np.int32)
    mark = np.full(n, -1, np.int32)
    for i in range(n):
        mark[i] = i
        v = node[i]
        for k in range(ptr[v], ptr[v + 1]):
            r = row[adj[k]]
            while r < i and mark[r] != i:
                mark[r] = i
                count[r] += 1
                r = parent[r]
    return count


@njit(cache=True, nogil=True)
def _arrange(parent, most):  # type: ignore[no-untyped-def]
    """New place of each row, depth first: subtrees of at most `most` rows, then the top; bounds of the pieces."""
    n = parent.size
    size = np.ones(n, np.int32)
    tops = np.zeros(n, np.int32)  # rows of the top in a row's subtree
    for i in range(n):
        if size[i] > most:
            tops[i] += 1
        p = parent[i]
        if p >= 0:
            size[p] += size[i]
            tops[p] += tops[i]
    all_tops = 0
    for i in range(n):
        if size[i] > most:
            all_tops += 1
    # places are handed out from the root down: a row takes the last place of its subtree's free stretch
    place = np.empty(n, np.int32)
    free = np.empty(n, np.int32)
    free_top = np.empty(n, np.int32)
    end, end_top = n - all_tops, n
    bound = np.empty(n + 2, np.int32)
    bound[0] = end
    bounds = 1
    for i in range(n - 1, -1, -1):
        p = parent[i]
        top = size[i] > most
        if p < 0:
            stop, stop_top = end, end_top
            end -= size[i] - tops[i]
            end_top -= tops[i]
        else:
            stop, stop_top = free[p], free_top[p]
            free[p] -= size[i] - tops[i]
            free_top[p] -= tops[i]
        place[i] = stop_top - 1 if top else stop - 1
        free[i] = stop if top else stop - 1
        free_top[i] = stop_top - 1
    # neighbouring subtrees share a piece while there is room
    first = np.zeros(n - all_tops + 1, np.int32)
    for i in range(n):
        if size[i] <= most and (parent[i] < 0 or size[parent[i]] > most):
            first[place[i]] = size[i]
    at = n - all_tops
    while at > 0:
        start = at - first[at - 1]
        if bounds > 1 and bound[bounds - 2] - start <= most:
            bound[bounds - 1] = start
        else:
            bound[bounds] = start
            bounds += 1
        at = start
    return place, bound[:bounds][::-1].copy()


@njit(cache=True, nogil=True)
def _depths(parent):  # type: ignore[no-untyped-def]
    """Rows on the way from each row to its root, both counted."""
    depth = np.ones(parent.size, np.int32)
    for r in range(parent.size - 1, -1, -1):
        if parent[r] >= 0:
            depth[r] += depth[parent[r]]
    return depth


@njit(cache=True, nogil=True)
def _fill(ptr, adj, node, row, parent, up_ptr, up_head):  # type: ignore[no-untyped-def]
    """Upward arcs: in ascending i, every row below that reaches i appends it, so lists come out sorted."""
    n = node.size
    at = up_ptr[:-1].copy()
    mark = np.full(n, -1, np.int32)
    for i in range(n):
        mark[i] = i
        v = node[i]
        for k in range(ptr[v], ptr[v + 1]):
            r = row[adj[k]]
            while r < i and mark[r] != i:
                mark[r] = i
                up_head[at[r]] = i
                at[r] += 1
                r = parent[r]


@njit(cache=True, nogil=True, parallel=True)
def _triangles(up_ptr, up_head, triangle_ptr, triangle, threads, counter):  # type: ignore[no-untyped-def]
    """Place of head i among the upward arcs of head j, by walking both ascending lists together."""
    n = up_ptr.size - 1
    block = 1_024
    for _ in prange(threads):
        while True:
            begin = fetch_add(counter, 0, block)
            if begin >= n:
                break
            for r in range(begin, min(begin + block, n)):
                a, b = up_ptr[r], up_ptr[r + 1]
                t = triangle_ptr[r]
                for j in range(a, b - 1):
                    base = up_ptr[up_head[j]]
                    at = base
                    for i in range(j + 1, b):
                        wanted = up_head[i]
                        while up_head[at] != wanted:
                            at += 1
                        triangle[t] = at - base
                        t += 1


@njit(cache=True, nogil=True)
def _slots(indptr, head, row, up_ptr, up_head, slot):  # type: ignore[no-untyped-def]
    """Upward arc and direction of each input arc."""
    for u in range(indptr.size - 1):
        for k in range(indptr[u], indptr[u + 1]):
            r, s = row[u], row[head[k]]
            if r == s:
                slot[k] = -1
                continue
            low, high = min(r, s), max(r, s)
            a, b = up_ptr[low], up_ptr[low + 1] - 1
            while a < b:
                middle = (a + b) // 2
                if up_head[middle] < high:
                    a = middle + 1
                else:
                    b = middle
            slot[k] = 2 * a + (1 if r > s else 0)


def build(indptr: NDArray[np.int32], head: NDArray[np.int32], rank: NDArray[np.int32]) -> Structure:
    """Contract a graph in the order of `rank`, whatever its weights.

    Parameters
    ----------
    indptr, head : ndarray of int32
        CSR graph: node u's arcs lead to ``head[indptr[u]:indptr[u + 1]]``.
    rank : ndarray of int32, shape (nodes,)
        A permutation; 0 is contracted first.

    Returns
    -------
    Structure

    Raises
    ------
    ValueError
        If `rank` is no permutation of the nodes.
    """
    n = indptr.size - 1
    indptr = np.ascontiguousarray(indptr, np.int32)
    head = np.ascontiguousarray(head, np.int32)
    rank = np.ascontiguousarray(rank, np.int32)
    if rank.shape != (n,) or not np.array_equal(np.sort(rank), np.arange(n)):
        raise ValueError(f"rank must be a permutation of the {n} nodes")
    ptr, adj = undirected(indptr, head)
    node = np.empty(n, np.int32)
    node[rank] = np.arange(n, dtype=np.int32)
    parent = _tree(ptr, adj, node, rank)
    count = _counts(ptr, adj, node, rank, parent).astype(np.int64)
    place, pieces = _arrange(parent, max(MIN_PIECE, min(MAX_PIECE, n // 32)))
    row = place[rank]
    node[row] = np.arange(n, dtype=np.int32)
    above = np.empty(n, np.int32)
    above[place] = np.where(parent < 0, -1, place[parent])
    degree = np.empty(n, np.int64)
    degree[place] = count
    if degree.sum() > UNREACHED or (n and degree.max() >= 1 << 16):
        raise ValueError("this order adds too many arcs for the graph; it is no order for a road network")
    up_ptr = np.zeros(n + 1, np.int32)
    np.cumsum(degree, out=up_ptr[1:])
    up_head = np.empty(up_ptr[-1], np.int32)
    _fill(ptr, adj, node, row, above, up_ptr, up_head)
    triangle_ptr = np.zeros(n + 1, np.int64)
    np.cumsum(degree * (degree - 1) // 2, out=triangle_ptr[1:])
    triangle = np.empty(triangle_ptr[-1], np.uint16)
    _triangles(up_ptr, up_head, triangle_ptr, triangle, numba.get_num_threads(), np.zeros(1, np.int64))
    slot = np.empty(head.size, np.int32)
    _slots(indptr, head, row, up_ptr, up_head, slot)
    width = int(np.diff(pieces).max(initial=0))
    return Structure(
        row, node, above, up_ptr, up_head, triangle_ptr, triangle, slot, pieces, width, _depths(above),
        np.arange(n, dtype=np.int32), deliver(row, pieces, width),
    )  # fmt: skip


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
            through = in_j + time[i, 0]
            if through < time[e, 0]:
                time[e, 0] = through
            through = time[i, 1] + out_j
            if through < time[e, 1]:
                time[e, 1] = through


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


@dataclass(frozen=True, slots=True)
class Metric:
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
        return sum(getattr(self, name).nbytes for name in self.__slots__ if name != "structure")


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
    """
    weight = np.ascontiguousarray(weight_ds, np.int32)
    if weight.shape != structure.slot.shape:
        raise ValueError(f"expected one weight for each of {structure.slot.size} arcs, got shape {weight.shape}")
    if weight.size and weight.min() < 0:
        raise ValueError(f"arc weights must be at least 0 ds, got {weight.min()}")
    threads = threads or numba.get_num_threads()
    s = structure
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
