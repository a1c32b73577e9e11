"""Connected regions of a mask with their area, perimeter and bounding box.

Rows are cut into runs of True; runs that touch are joined by union-find (Wu, Otoo & Suzuki 2009), strip by strip of
rows, and then across the seams. The least run of a region, in reading order, stands for it: labels are numbered in
the order in which a region's first cell is met, row by row, whatever the strips and threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._team import team

__all__ = ["Regions", "label", "label_strips"]

_STRIP_CELLS = 1 << 20
_ENOUGH = 1 << 16


class Regions(NamedTuple):
    """One row a region, in label order (label 1 first).

    `area_cells` counts cells, `perimeter_edges` counts cell sides to another region or outside, `bbox`
    is row0, col0, row1, col1 (half open).
    """

    area_cells: NDArray[np.int64]
    perimeter_edges: NDArray[np.int64]
    bbox: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _find(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def _join(parent, a, b):  # type: ignore[no-untyped-def]
    """Let the lesser of two roots stand for both."""
    a = _find(parent, a)
    b = _find(parent, b)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@njit(cache=True, nogil=True, parallel=True)
def _count(mask, runs):  # type: ignore[no-untyped-def]
    """Runs in each row."""
    for r in prange(mask.shape[0]):
        row = mask[r]
        total = np.int64(row[0])
        for c in range(1, row.size):
            total += row[c] & (row[c - 1] ^ 1)
        runs[r + 1] = total


@njit(cache=True, nogil=True)
def _turn(row, turns):  # type: ignore[no-untyped-def]
    """Tell where a row differs from the cell before; before the first is False."""
    turns[0] = row[0]
    for c in range(1, row.size):
        turns[c] = row[c] ^ row[c - 1]


@njit(cache=True, nogil=True)
def _cut(turns, ends):  # type: ignore[no-untyped-def]
    """Where a row's runs begin and end, in turn. `ends` has an entry more than there are."""
    m = np.int64(0)
    for c in range(turns.size):
        ends[m] = c
        # without a branch: where a mask turns is not to be guessed
        m += turns[c]
    ends[m] = turns.size


@njit(cache=True, nogil=True)
def _touch(ends, a, a_end, b, b_end, reach, parent, shared):  # type: ignore[no-untyped-def]
    """Join the runs of a row (from `b` on) with those of the row above (from `a` on), and count sides between them."""
    while a < a_end and b < b_end:
        low = max(ends[2 * a], ends[2 * b])
        high = min(ends[2 * a + 1], ends[2 * b + 1])
        if low < high + reach:
            if parent[b] == b:
                parent[b] = _find(parent, a)  # the first above it
            else:
                _join(parent, a, b)
            shared[b] += max(0, high - low)
        onward = np.int64(ends[2 * a + 1] < ends[2 * b + 1])
        a += onward
        b += 1 - onward


@njit(cache=True, nogil=True)
def _strip(mask, r0, r1, at, reach, ends, parent, shared, area, perimeter, box):  # type: ignore[no-untyped-def]
    """Runs of a strip, joined; `parent` then holds each run's part of a region, and there are so many parts.

    Parts are numbered from the strip's first run on, in reading order, and measured in the first entries.
    """
    cols = mask.shape[1]
    row_ends = np.empty(cols + 2, np.int32)
    turns = np.empty(cols, np.uint8)
    first = at[r0]
    for r in range(r0, r1):
        _turn(mask[r], turns)
        _cut(turns, row_ends)
        for i in range(2 * (at[r + 1] - at[r])):
            ends[2 * at[r] + i] = row_ends[i]
        for i in range(at[r], at[r + 1]):
            parent[i] = i
            shared[i] = 0
        if r > r0:
            _touch(ends, at[r - 1], at[r], at[r], at[r + 1], reach, parent, shared)
    parts = first
    for r in range(r0, r1):
        for i in range(at[r], at[r + 1]):
            up = parent[i]
            left = ends[2 * i]
            right = ends[2 * i + 1]
            if up == i:
                k = parts
                parts += 1
                area[k] = 0
                perimeter[k] = 0
                box[k, 0] = r
                box[k, 1] = left
                box[k, 2] = r + 1
                box[k, 3] = right
            else:
                k = parent[up]  # a lesser run: it has its part already
            area[k] += right - left
            perimeter[k] += 2 * (right - left) + 2 - 2 * shared[i]
            box[k, 1] = min(box[k, 1], left)
            box[k, 2] = r + 1
            box[k, 3] = max(box[k, 3], right)
            parent[i] = k
    return parts - first


@njit(cache=True, nogil=True, parallel=True)
def _strips(mask, height, at, reach, ends, parent, shared, area, perimeter, box, parts):  # type: ignore[no-untyped-def]
    for s in prange(parts.size):
        r0 = s * height
        r1 = min(mask.shape[0], r0 + height)
        parts[s] = _strip(mask, r0, r1, at, reach, ends, parent, shared, area, perimeter, box)


@njit(cache=True, nogil=True)
def _number(parts, firsts, root, area, perimeter, box, final):  # type: ignore[no-untyped-def]
    """Number regions by their first part and gather their measures at the front; return how many there are."""
    count = 0
    for s in range(parts.size):
        for i in range(firsts[s], firsts[s] + parts[s]):
            up = root[i]
            if up == i:
                k = count
                count += 1
                # an entry at or before its own: nothing unread is overwritten
                area[k] = area[i]
                perimeter[k] = perimeter[i]
                box[k] = box[i]
            else:
                k = final[up] - 1
                area[k] += area[i]
                perimeter[k] += perimeter[i]
                box[k, 1] = min(box[k, 1], box[i, 1])
                box[k, 2] = max(box[k, 2], box[i, 2])
                box[k, 3] = max(box[k, 3], box[i, 3])
            final[i] = k + 1
    return count


@njit(cache=True, nogil=True)
def _seams(height, at, reach, ends, part, root, perimeter, parts):  # type: ignore[no-untyped-def]
    """Join parts across the seams between strips; the sides there are inner ones."""
    rows = at.size - 1
    for s in range(parts.size):
        for i in range(at[s * height], at[s * height] + parts[s]):
            root[i] = i
    for s in range(1, parts.size):
        r = s * height
        a = at[r - 1]
        b = at[r]
        while a < at[r] and b < at[min(rows, r + 1)]:
            low = max(ends[2 * a], ends[2 * b])
            high = min(ends[2 * a + 1], ends[2 * b + 1])
            if low < high + reach:
                _join(root, part[a], part[b])
                perimeter[part[b]] -= 2 * max(0, high - low)
            if ends[2 * a + 1] < ends[2 * b + 1]:
                a += 1
            else:
                b += 1
    # a root is less than what it stands for, so one walk upwards finds them all
    for s in range(parts.size):
        for i in range(at[s * height], at[s * height] + parts[s]):
            root[i] = root[root[i]]


@njit(cache=True, nogil=True, parallel=True)
def _paint(mask, at, part, final, labels):  # type: ignore[no-untyped-def]
    """Write labels: every cell takes what the turns so far say, which no run's length has to be guessed for."""
    for r in prange(labels.shape[0]):
        first = at[r]
        count = at[r + 1] - first
        turns = np.empty(labels.shape[1], np.uint8)
        told = np.zeros(2 * count + 1, np.int32)
        for i in range(count):
            told[2 * i + 1] = final[part[first + i]]
        _turn(mask[r], turns)
        row = labels[r]
        m = np.int64(0)
        for c in range(row.size):
            m += turns[c]
            row[c] = told[m]


def _check(mask: Any, neighbours: int) -> None:
    if len(mask.shape) != 2 or neighbours not in (4, 8):
        raise ValueError(f"expected a 2-D mask and 4 or 8 neighbours, got {len(mask.shape)}-D and {neighbours}")


def label(mask: NDArray[np.bool_], neighbours: int = 4) -> tuple[NDArray[np.int32], Regions]:
    """Label the connected regions of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True belongs to a region.
    neighbours : {4, 8}, default 4
        Whether cells that only share a corner touch.

    Returns
    -------
    labels : ndarray of int32, shape (rows, cols)
        0 outside, 1 … n inside.
    table : Regions
        Area in cells, perimeter in cell sides, bounding box; one row a region.

    Raises
    ------
    ValueError
        If the mask is not 2-D or `neighbours` is not 4 or 8.

    Notes
    -----
    Wu, Otoo & Suzuki, "Optimizing two-pass connected-component labeling algorithms", 2009, on runs instead of cells. A region's
    perimeter is the sum over its runs of twice their length plus two, less twice what they share with runs above.

    Examples
    --------
    >>> import numpy as np
    >>> labels, table = label(np.array([[True, False], [False, True]]))
    >>> labels.tolist(), table.area_cells.tolist()
    ([[1, 0], [0, 2]], [1, 1])
    """
    _check(mask, neighbours)
    labels = np.empty(mask.shape, np.int32)
    return labels, _label(mask, neighbours, labels)


def _label(mask: NDArray[np.bool_], neighbours: int, labels: NDArray[np.int32]) -> Regions:
    rows, cols = mask.shape
    if not mask.size:
        none = np.zeros(0, np.int64)
        return Regions(none, none.copy(), np.zeros((0, 4), np.int64))
    data = np.ascontiguousarray(mask, dtype=np.bool_).view(np.uint8)
    reach = int(neighbours == 8)
    height = max(2, min(rows, _STRIP_CELLS // cols))
    strips = -(-rows // height)
    at = np.zeros(rows + 1, np.int64)
    with team(None, work=data.size, enough=_ENOUGH):
        _count(data, at)
        np.cumsum(at, out=at)
        runs = int(at[-1])
        ends, part, shared = np.empty(2 * runs, np.int32), np.empty(runs, np.int32), np.empty(runs, np.int32)
        # as much room as runs is asked for and not touched: only parts are written
        area, perimeter, box = np.empty(runs, np.int64), np.empty(runs, np.int64), np.empty((runs, 4), np.int64)
        parts = np.empty(strips, np.int64)
        _strips(data, height, at, reach, ends, part, shared, area, perimeter, box, parts)
        root, final = shared, np.empty(runs, np.int32)
        _seams(height, at, reach, ends, part, root, perimeter, parts)
        count = _number(parts, at[np.arange(strips) * height], root, area, perimeter, box, final)
        _paint(data, at, part, final, labels)
    return Regions(area[:count].copy(), perimeter[:count].copy(), box[:count].copy())


@njit(cache=True, nogil=True)
def _meet(above, below, reach, root, perimeter):  # type: ignore[no-untyped-def]
    """Join the parts that meet at a seam between two rows of labels."""
    cols = below.size
    for c in range(cols):
        k = below[c]
        if k == 0:
            continue
        if above[c] > 0:
            perimeter[k - 1] -= 2
        for x in range(max(0, c - reach), min(cols, c + reach + 1)):
            if above[x] > 0:
                _join(root, above[x] - 1, k - 1)


@njit(cache=True, nogil=True)
def _flatten(root):  # type: ignore[no-untyped-def]
    """Let every part know its root: that is less than what it stands for, so one walk upwards is enough."""
    for i in range(root.size):
        root[i] = root[root[i]]


def label_strips(
    mask: Any, out: Any, neighbours: int = 4, *, rows_at_once: int | None = None, memory_mb: float = 256.0
) -> Regions:
    """Label regions on rasters larger than memory: the answer of `label`, a strip of rows at a time.

    Parameters
    ----------
    mask : array-like of bool, shape (rows, cols)
        Read once, by slices of whole rows (``mask[r0:r1]``): a `numpy.memmap` for instance.
    out : array-like of int32, shape (rows, cols)
        Labels. Written, read and written again by slices of whole rows.
    neighbours : {4, 8}, default 4
        Whether cells that only share a corner touch.
    rows_at_once : int, optional
        Rows in a strip; by default as many as `memory_mb` allows.
    memory_mb : float, default 256
        About how much to hold at once, beside the table of parts.

    Returns
    -------
    Regions
        One row a region, in label order.

    Raises
    ------
    ValueError
        If the shapes disagree, the mask is not 2-D, `neighbours` is not 4 or 8, or `rows_at_once` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> mask, out = np.array([[True, False], [True, True]]), np.empty((2, 2), np.int32)
    >>> label_strips(mask, out, rows_at_once=1).area_cells.tolist(), out.tolist()
    ([3], [[1, 0], [1, 1]])
    """
    _check(mask, neighbours)
    rows, cols = (int(n) for n in mask.shape)
    if tuple(out.shape) != (rows, cols):
        raise ValueError(f"out {out.shape} must have the mask's shape {mask.shape}")
    if rows_at_once is None:
        rows_at_once = max(1, int(memory_mb * 1e6 / (40.0 * max(1, cols))))
    if rows_at_once < 1:
        raise ValueError(f"rows_at_once must be 1 or more, got {rows_at_once}")
    tables: list[Regions] = []
    seams: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
    parts = 0
    bottom = np.zeros(cols, np.int32)
    for r0 in range(0, rows, rows_at_once):
        piece = np.ascontiguousarray(mask[r0 : r0 + rows_at_once])
        labels = np.empty(piece.shape, np.int32)
        table = _label(piece, neighbours, labels)
        table.bbox[:, ::2] += r0
        labels[labels > 0] += parts
        out[r0 : r0 + rows_at_once] = labels
        if r0:
            seams.append((bottom, labels[0].copy()))
        bottom = labels[-1].copy()
        tables.append(table)
        parts += table.area_cells.size
    area, perimeter = (np.concatenate([np.zeros(0, np.int64), *(t[i] for t in tables)]) for i in (0, 1))
    box = np.concatenate([np.zeros((0, 4), np.int64), *(t.bbox for t in tables)])
    root, final = np.arange(parts, dtype=np.int32), np.zeros(parts + 1, np.int32)
    for above, below in seams:
        _meet(above, below, int(neighbours == 8), root, perimeter)
    _flatten(root)
    count = _number(np.array([parts]), np.zeros(1, np.int64), root, area, perimeter, box, final[1:])
    for r0 in range(0, rows, rows_at_once):
        out[r0 : r0 + rows_at_once] = final[out[r0 : r0 + rows_at_once]]
    return Regions(area[:count].copy(), perimeter[:count].copy(), box[:count].copy())
