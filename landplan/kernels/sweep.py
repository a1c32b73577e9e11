"""Many shortest-path trees at once over a customised hierarchy.

A tree is two steps: up from the source to all rows it reaches upward, and one sweep down over all rows from
the top (PHAST). Sources are taken in batches whose times lie side by side, so that one machine instruction
serves 16 of them, or 32. A batch first rises and sweeps the top; after that every piece, a few subtrees that
lie together, is swept in a buffer that the processor's cache holds, and handed over from there.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from landplan.kernels._delivery import Delivery, deliver
from landplan.kernels._phast import batches_of_trees, part_above
from landplan.kernels._simd import LANES
from landplan.kernels._team import team
from landplan.kernels.hierarchy import UNREACHED, Metric

__all__ = ["BEYOND", "UNREACHED", "Restriction", "matrix", "neighbours_first", "restrict", "room", "trees"]

BEYOND = 65_535  # 16-bit times: 6 553.5 s or more, or not reached at all
TOGETHER = 16  # batches whose tops are held at a time
ENOUGH = 200_000  # rows from which on all threads take part: some 3 ms of work for one

Direction: TypeAlias = Literal["from", "to"]
Times: TypeAlias = NDArray[Any]  # int32 or uint16


class Restriction(NamedTuple):
    """The part of a hierarchy that a sweep to some targets needs.

    Attributes
    ----------
    metric : Metric
        What it is a part of.
    direction : {"from", "to"}
        Whether sweeps tell times from sources to the targets, or from the targets to sources.
    targets : int
        How many targets an answer has.
    number : ndarray of int32, shape (nodes,)
        The part's own number of each row, -1 outside it.
    pieces, arc_ptr, arc : ndarray of int32
        As `Structure.pieces` and `Metric.in_arc` (or `out_arc`), in the part's numbers.
    width : int
        Rows of the largest piece.
    delivery : Delivery
        How rows reach the order of the targets.
    """

    metric: Metric
    direction: Direction
    targets: int
    number: NDArray[np.int32]
    pieces: NDArray[np.int32]
    arc_ptr: NDArray[np.int32]
    arc: NDArray[np.int32]
    width: int
    delivery: Delivery


def _whole(metric: Metric, direction: Direction) -> Restriction:
    """Return the whole hierarchy as a part of itself."""
    s = metric.structure
    ptr, arc = (metric.in_ptr, metric.in_arc) if direction == "from" else (metric.out_ptr, metric.out_arc)
    return Restriction(metric, direction, s.nodes, s.numbers, s.pieces, ptr, arc, s.width, s.delivery)


def restrict(metric: Metric, targets: NDArray[np.int32], *, direction: Direction = "from") -> Restriction:
    """Prepare sweeps that only tell the times of some targets.

    Parameters
    ----------
    metric : Metric
        From `hierarchy.customise`.
    targets : ndarray of int32
        Nodes; the same may come twice.
    direction : {"from", "to"}
        Times from sources to the targets, or from the targets to sources.

    Returns
    -------
    Restriction
        For `matrix`.

    Notes
    -----
    RPHAST: Delling, Goldberg and Werneck, "Faster batched shortest paths in road networks", ATMOS 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.kernels import hierarchy
    >>> indptr, head = np.array([0, 1, 2, 2], np.int32), np.array([1, 2], np.int32)
    >>> structure = hierarchy.build(indptr, head, np.array([1, 0, 2], np.int32))
    >>> metric = hierarchy.customise(structure, np.array([5, 7], np.int32))
    >>> matrix(restrict(metric, np.array([2, 1])), np.array([0, 1]), np.array([0]), np.array([3]))
    array([[15,  8]], dtype=int32)
    """
    s = metric.structure
    ptr, arc = (metric.in_ptr, metric.in_arc) if direction == "from" else (metric.out_ptr, metric.out_arc)
    rows = s.row[np.asarray(targets)]
    number, pieces, part_ptr, part_arc, width = part_above(rows, s.pieces, s.width, ptr, arc)
    return Restriction(
        metric, direction, rows.size, number, pieces, part_ptr, part_arc, width, deliver(number[rows], pieces, width)
    )


def room(sources: int, places: int, dtype: type[np.int32] | type[np.uint16] = np.int32) -> Times:
    """Memory for an answer, to be used again and again.

    Parameters
    ----------
    sources, places : int
        Size of the answer.
    dtype : numpy.int32 or numpy.uint16
        Type of its times.

    Returns
    -------
    ndarray, shape (places, sources rounded up to whole batches)
        It begins at a cache line.

    Examples
    --------
    >>> room(20, 1_000).shape
    (1000, 32)
    """
    return _aligned((places, -(-sources // LANES[np.dtype(dtype)]) * LANES[np.dtype(dtype)]), dtype)


def neighbours_first(metric: Metric, seed_ptr: NDArray[np.int64], seeds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Order in which neighbouring sources follow each other.

    Parameters
    ----------
    metric : Metric
        From `hierarchy.customise`.
    seed_ptr, seeds : ndarray
        As in `trees`.

    Returns
    -------
    ndarray of int64, shape (sources,)
        Sources by the row of their first seed; rows of a subtree are neighbours.
    """
    some = np.diff(seed_ptr) > 0
    first = np.full(some.size, -1, np.int64)
    first[some] = metric.structure.row[seeds[seed_ptr[:-1][some]]]
    return np.argsort(first, kind="stable")


def _sweep(
    part: Restriction,
    seed_ptr: NDArray[np.int64],
    seeds: NDArray[np.int32],
    seed_ds: NDArray[np.int64],
    dtype: type[np.int32] | type[np.uint16],
    out: Times | None,
    threads: int | None,
) -> Times:
    """Fill the columns of `out`, source by source."""
    lanes = LANES[np.dtype(dtype)]
    sources = seed_ptr.size - 1
    shape = (part.targets, -(-sources // lanes) * lanes)
    if out is None:
        out = _aligned(shape, dtype)
    elif out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or out.ctypes.data % 64:
        raise ValueError(f"out must come from room({sources}, {part.targets}, {np.dtype(dtype)})")
    if seed_ds.size and seed_ds.min() < 0:
        raise ValueError(f"seeds must start at 0 ds or later, got {seed_ds.min()}")
    if out.size == 0:
        return out
    batches = shape[1] // lanes
    with team(threads, work=batches * part.number.size, enough=ENOUGH) as threads:
        _go(part, seed_ptr, seeds, seed_ds, out, batches, threads)
    return out


def _go(
    part: Restriction,
    seed_ptr: NDArray[np.int64],
    seeds: NDArray[np.int32],
    seed_ds: NDArray[np.int64],
    out: Times,
    batches: int,
    threads: int,
) -> None:
    """Lay out the batches and the memory they work in, and sweep them."""
    s = part.metric.structure
    dtype, lanes, sources = out.dtype, LANES[out.dtype], seed_ptr.size - 1
    batch_ptr = seed_ptr[np.minimum(np.arange(batches + 1) * lanes, sources)]
    seed_lane = (np.repeat(np.arange(sources), np.diff(seed_ptr)) % lanes).astype(np.int32)
    seed_row = s.row[seeds]
    limit = dtype.type(UNREACHED if dtype.itemsize == 4 else BEYOND)
    cost = np.minimum(seed_ds, limit).astype(dtype)
    above = np.concatenate([[0], np.cumsum(s.depth[seed_row], dtype=np.int64)])[batch_ptr]
    space = int(min(np.diff(above).max(), s.nodes))
    together = min(batches, TOGETHER)
    tops = part.arc_ptr.size - 1 - int(part.pieces[-1])
    flag = np.empty((together, space), np.int32)
    live = np.empty((together, space), np.bool_)
    risen = _aligned((together, space, lanes), dtype)
    held = _aligned((together, tops, lanes), dtype)
    buffer = _aligned((threads, part.width + tops, lanes), dtype)
    where = np.full((threads, s.nodes), -1, np.int32)
    found = np.empty(together, np.int64)
    metric = part.metric
    up = (metric.out_ptr, metric.out_arc) if part.direction == "from" else (metric.in_ptr, metric.in_arc)
    for a in range(0, batches, together):
        b = min(a + together, batches)
        groups = min(max(1, part.pieces.size - 1), -(-8 * threads // (b - a)))
        batches_of_trees(
            batch_ptr[a : b + 1], seed_row, seed_lane, cost,
            s.parent, s.pieces, s.width, *up,
            part.number, part.pieces, part.width, part.arc_ptr, part.arc, *part.delivery,
            where, flag, live, risen, found[: b - a], held, buffer, groups, threads, np.zeros(2, np.int64),
            limit, out.reshape(-1), out.shape[1], a * lanes,
        )  # fmt: skip


def matrix(
    part: Restriction,
    seed_ptr: NDArray[np.int64],
    seeds: NDArray[np.int32],
    seed_ds: NDArray[np.int64],
    *,
    dtype: type[np.int32] | type[np.uint16] = np.int32,
    threads: int | None = None,
) -> Times:
    """Times between groups of seeds and the targets of a restriction.

    Parameters
    ----------
    part : Restriction
        From `restrict`.
    seed_ptr, seeds, seed_ds, dtype, threads
        As in `trees`, sources in any order.

    Returns
    -------
    ndarray, shape (sources, targets)
        Deciseconds, as in `trees`.

    Raises
    ------
    ValueError
        If a seed starts before 0.
    """
    by = neighbours_first(part.metric, seed_ptr, seeds)
    length = np.diff(seed_ptr)[by]
    ptr = np.concatenate([[0], np.cumsum(length)])
    pick = np.repeat(seed_ptr[:-1][by] - ptr[:-1], length) + np.arange(ptr[-1])
    found = _sweep(part, ptr, seeds[pick], seed_ds[pick], dtype, None, threads)
    out = np.empty((by.size, part.targets), dtype)
    out[by] = found[:, : by.size].T
    return out


def trees(
    metric: Metric,
    seed_ptr: NDArray[np.int64],
    seeds: NDArray[np.int32],
    seed_ds: NDArray[np.int64],
    *,
    direction: Direction = "from",
    dtype: type[np.int32] | type[np.uint16] = np.int32,
    out: Times | None = None,
    threads: int | None = None,
) -> Times:
    """Times between groups of seeds and every node.

    Parameters
    ----------
    metric : Metric
        From `hierarchy.customise`.
    seed_ptr : ndarray of int64, shape (sources + 1,)
        Seeds of source s are ``seeds[seed_ptr[s]:seed_ptr[s + 1]]``. Sources that are neighbours on the
        ground share more work if they follow each other (`neighbours_first`).
    seeds : ndarray of int32
        Nodes that a source starts from (both ends of the edge it was snapped to).
    seed_ds : ndarray of int64
        Deciseconds already spent at each seed, >= 0.
    direction : {"from", "to"}
        Times from the source to every node, or from every node to the source.
    dtype : numpy.int32 or numpy.uint16
        16 bits tell times up to 6 553.4 s, at half the memory; what lies beyond is `BEYOND`, never a time.
    out : ndarray, optional
        Memory from `room`, to be overwritten; fresh otherwise, which costs about as much as the work.
    threads : int, optional
        Threads to use; numba's own setting by default. The answer does not depend on it.

    Returns
    -------
    ndarray, shape (sources, nodes)
        Deciseconds in the order of the nodes that the hierarchy was built on; `UNREACHED` (32 bits) where
        the node cannot be reached, `BEYOND` (16 bits) where it cannot within the type. A node's times lie
        side by side in memory: it is the transpose of an array with one line a node.

    Raises
    ------
    ValueError
        If a seed starts before 0, or `out` is not from `room` for this size and type.

    Notes
    -----
    PHAST: Delling, Goldberg, Nowatzyk and Werneck, "PHAST: hardware-accelerated shortest path trees", JPDC
    73 (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.kernels import hierarchy
    >>> indptr, head = np.array([0, 1, 2, 2], np.int32), np.array([1, 2], np.int32)
    >>> structure = hierarchy.build(indptr, head, np.array([1, 0, 2], np.int32))
    >>> metric = hierarchy.customise(structure, np.array([5, 7], np.int32))
    >>> trees(metric, np.array([0, 1]), np.array([0]), np.array([0]))
    array([[ 0,  5, 12]], dtype=int32)
    >>> trees(metric, np.array([0, 1]), np.array([2]), np.array([0]), direction="to")
    array([[12,  7,  0]], dtype=int32)
    """
    found = _sweep(_whole(metric, direction), seed_ptr, seeds, seed_ds, dtype, out, threads)
    return found[:, : seed_ptr.size - 1].T


def _aligned(shape: tuple[int, ...], dtype: Any) -> Times:
    """Return fresh memory that begins at a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    rows: Times = raw[start : start + size].view(dtype).reshape(shape)
    return rows
