"""The arcs of a customisable contraction hierarchy, found once for any weights.

`build` contracts the nodes of a graph in a given order without looking at weights and keeps what any weights
will need: the upward arcs, the elimination tree and where each triangle's third side lies.

Nodes are renumbered to *rows*: subtrees of the elimination tree each in one stretch, in depth-first order, and
the top of the tree last. Every arc leads from a row to a higher one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._delivery import Delivery, deliver
from landplan.kernels._simd import fetch_add
from landplan.kernels._team import team
from landplan.kernels.dissection import undirected

__all__ = ["UNREACHED", "Structure", "build"]

UNREACHED = 2_147_483_647
MIN_PIECE, MAX_PIECE = 64, 2_048  # rows of a piece: subtrees with more than a piece may have belong to the top


class Structure(NamedTuple):
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
    low_ptr, low_arc : ndarray of int32
        The same arcs by their heads.
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
    low_ptr: NDArray[np.int32]
    low_arc: NDArray[np.int32]
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
        """Memory held: per node 48 bytes, per upward arc 8, per triangle 2, per input arc 4."""
        return sum(a.nbytes for a in (*self, *self.delivery) if isinstance(a, np.ndarray))


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
def _lower(up_ptr, up_head):  # type: ignore[no-untyped-def]
    """Arcs into each row from below, in ascending order of the lower row."""
    n = up_ptr.size - 1
    ptr = np.zeros(n + 1, np.int32)
    for k in range(up_head.size):
        ptr[up_head[k] + 1] += 1
    for r in range(n):
        ptr[r + 1] += ptr[r]
    at = ptr[:-1].copy()
    arc = np.empty(up_head.size, np.int32)
    for k in range(up_head.size):
        arc[at[up_head[k]]] = k
        at[up_head[k]] += 1
    return ptr, arc


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
        If `rank` is no permutation of the nodes, or so bad an order that memory would not hold the result.

    Notes
    -----
    Contracting a node joins its higher neighbours to each other; which arcs that makes follows from the
    elimination tree (Liu, "A compact row storage scheme for Cholesky factors", ACM TOMS 12, 1986).

    Examples
    --------
    >>> import numpy as np
    >>> indptr, head = np.array([0, 1, 2, 2], np.int32), np.array([1, 2], np.int32)
    >>> structure = build(indptr, head, np.array([1, 0, 2], np.int32))
    >>> structure.nodes, structure.arcs
    (3, 3)
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
    if (degree * (degree - 1) // 2).sum() > UNREACHED:
        raise ValueError("this order adds too many triangles for the graph; it is no order for a road network")
    np.cumsum(degree * (degree - 1) // 2, out=triangle_ptr[1:])
    triangle = np.empty(triangle_ptr[-1], np.uint16)
    with team(None, work=triangle.size, enough=1_000_000) as threads:
        _triangles(up_ptr, up_head, triangle_ptr, triangle, threads, np.zeros(1, np.int64))
    slot = np.empty(head.size, np.int32)
    _slots(indptr, head, row, up_ptr, up_head, slot)
    width = int(np.diff(pieces).max(initial=0))
    low_ptr, low_arc = _lower(up_ptr, up_head)
    return Structure(
        row, node, above, up_ptr, up_head, low_ptr, low_arc, triangle_ptr, triangle, slot, pieces, width,
        _depths(above), np.arange(n, dtype=np.int32), deliver(row, pieces, width),
    )  # fmt: skip
