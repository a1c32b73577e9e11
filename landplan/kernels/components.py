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

from landplan.kernels._simd import BLOCK, fetch_add, fill_block, lowest, ones, pack_word, rest
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
def _pack(mask, turns, runs):  # type: ignore[no-untyped-def]
    """Tell by bits where a row differs from the cell before, and count its runs; before and after a row is False."""
    for r in prange(mask.shape[0]):
        row = mask[r]
        words = turns[r]
        total = np.int64(0)
        before = np.int64(0)
        for w in range(words.size - 1):
            here = np.int64(pack_word(row, w << 6))
            words[w] = here ^ (here << 1 | before)
            total += ones(words[w] & here)
            before = here >> 63 & 1
        here = np.int64(0)
        for c in range((words.size - 1) << 6, row.size):
            here |= np.int64(row[c] != 0) << (c & 63)
        words[-1] = here ^ (here << 1 | before)
        runs[r + 1] = total + ones(words[-1] & here)


@njit(cache=True, nogil=True)
def _cut(words, ends):  # type: ignore[no-untyped-def]
    """Where a row's runs begin and end, in turn. `ends` has room for 8 more."""
    m = np.int64(0)
    for w in range(words.size):
        left = np.int64(words[w])
        to = m + ones(left)
        while m < to:
            # eight at once, some of them for nothing: how many a word has is not to be guessed
            for j in range(8):
                ends[m + j] = (w << 6) + lowest(left)
                left = np.int64(rest(left))
            m += 8
        m = to


@njit(cache=True, nogil=True)
def _touch(above, old, below, new, reach, root, table):  # type: ignore[no-untyped-def]
    """Let the runs of a row take the parts of those in the row above that they touch, and join these.

    `above` and `below` are where runs begin and end, `old` and `new` their parts. Sides between runs are no perimeter.
    """
    a = np.int64(0)
    b = np.int64(0)
    while a < old.size and b < new.size:
        low = max(above[2 * a], below[2 * b])
        high = min(above[2 * a + 1], below[2 * b + 1])
        if low < high + reach:
            part = old[a]
            if new[b] < 0:
                new[b] = part  # the first above it
            elif new[b] != part:
                _join(root, new[b], part)
            table[part, 1] -= 2 * max(0, high - low)
        onward = np.int64(above[2 * a + 1] < below[2 * b + 1])
        a += onward
        b += 1 - onward


@njit(cache=True, nogil=True)
def _strip(turns, r0, r1, at, reach, part, root, table, room):  # type: ignore[no-untyped-def]
    """Parts of a strip, numbered from 0 in reading order, measured and joined; return how many there are.

    A run that touches none above begins a part; the others belong to one already.
    """
    above = np.empty(room, np.int32)
    below = np.empty(room, np.int32)
    old = part[:0]
    parts = np.int64(0)
    for r in range(r0, r1):
        new = part[at[r] : at[r + 1]]
        new[:] = -1
        _cut(turns[r], below)
        _touch(above, old, below, new, reach, root, table)
        for i in range(new.size):
            left = np.int64(below[2 * i])
            right = np.int64(below[2 * i + 1])
            k = np.int64(new[i])
            if k < 0:
                k = parts
                parts += 1
                new[i] = k
                root[k] = k
                table[k, 0] = 0
                table[k, 1] = 0
                table[k, 2] = r
                table[k, 3] = left
                table[k, 5] = right
            table[k, 0] += right - left
            table[k, 1] += 2 * (right - left) + 2
            table[k, 3] = min(table[k, 3], left)
            table[k, 4] = r + 1
            table[k, 5] = max(table[k, 5], right)
        above, below = below, above
        old = new
    return parts


@njit(cache=True, nogil=True, parallel=True)
def _strips(turns, height, at, reach, room, part, root, table, parts, places, used):  # type: ignore[no-untyped-def]
    """Parts of all strips. Those of one lie together, strips as they come: what is not used is not touched."""
    for s in prange(parts.size):
        r0 = s * height
        r1 = min(turns.shape[0], r0 + height)
        # no more parts than runs; few of them are
        own_root = np.empty(at[r1] - at[r0], np.int32)
        own_table = np.empty((at[r1] - at[r0], 6), np.int64)
        n = _strip(turns, r0, r1, at, reach, part, own_root, own_table, room)
        place = fetch_add(used, 0, n)
        root[place : place + n] = own_root[:n]
        table[place : place + n] = own_table[:n]
        parts[s] = n
        places[s] = place


@njit(cache=True, nogil=True)
def _seams(turns, height, at, reach, room, part, found, firsts, places, root, table):  # type: ignore[no-untyped-def]
    """Join parts across the seams between strips; the sides there are inner ones.

    `root` is in reading order: the first of strip `s` is `firsts[s]` there and `places[s]` in `found` and the table.
    """
    for s in range(places.size):
        for i in range(firsts[s + 1] - firsts[s]):
            root[firsts[s] + i] = firsts[s] + found[places[s] + i]
    above = np.empty(room, np.int32)
    below = np.empty(room, np.int32)
    for s in range(1, places.size):
        r = s * height
        _cut(turns[r - 1], above)
        _cut(turns[r], below)
        old = part[at[r - 1] : at[r]]
        new = part[at[r] : at[r + 1]]
        a = np.int64(0)
        b = np.int64(0)
        while a < old.size and b < new.size:
            low = max(above[2 * a], below[2 * b])
            high = min(above[2 * a + 1], below[2 * b + 1])
            if low < high + reach:
                _join(root, firsts[s - 1] + old[a], firsts[s] + new[b])
                table[places[s] + new[b], 1] -= 2 * max(0, high - low)
            if above[2 * a + 1] < below[2 * b + 1]:
                a += 1
            else:
                b += 1


@njit(cache=True, nogil=True)
def _number(firsts, places, root, table, final):  # type: ignore[no-untyped-def]
    """Number regions by their first part and gather their measures; `final` is then each part's label."""
    count = 0
    for i in range(root.size):
        # a root is less than what it stands for, so one walk upwards finds them all
        root[i] = root[root[i]]
        count += root[i] == i
    area = np.zeros(count, np.int64)
    perimeter = np.zeros(count, np.int64)
    box = np.empty((count, 4), np.int64)
    count = 0
    for s in range(places.size):
        for i in range(firsts[s], firsts[s + 1]):
            one = table[places[s] + i - firsts[s]]
            up = root[i]
            if up == i:
                k = count
                count += 1
                box[k] = one[2:]
            else:
                k = final[up] - 1
                box[k, 1] = min(box[k, 1], one[3])
                box[k, 2] = max(box[k, 2], one[4])
                box[k, 3] = max(box[k, 3], one[5])
            area[k] += one[0]
            perimeter[k] += one[1]
            final[i] = k + 1
    return area, perimeter, box


@njit(cache=True, nogil=True, parallel=True)
def _paint(turns, cols, height, at, room, part, final, firsts, labels):  # type: ignore[no-untyped-def]
    """Write labels, a stretch of equal ones after the other.

    A stretch is written in blocks; what the last one is too long is written again by the stretches that follow.
    """
    for s in prange(firsts.size - 1):
        r0 = s * height
        r1 = min(turns.shape[0], r0 + height)
        ends = np.empty(room, np.int32)
        last = r1 * cols - BLOCK
        for r in range(r0, r1):
            _cut(turns[r], ends)
            start = r * cols
            first = at[r]
            count = at[r + 1] - first
            ends[2 * count] = cols
            for i in range(2 * count + 1):
                told = final[firsts[s] + part[first + (i >> 1)]] if i & 1 else np.int32(0)
                to = start + ends[i]
                c = start + (ends[i - 1] if i > 0 else 0)
                while c < to:
                    if c <= last:
                        fill_block(labels, c, told)
                    else:
                        for x in range(c, to):
                            labels[x] = told
                    c += BLOCK


def _check(mask: Any, neighbours: int) -> None:
    if len(mask.shape) != 2 or neighbours not in (4, 8):
        raise ValueError(
            f"expected a 2-D mask and 4 or 8 neighbours, got {len(mask.shape)}-D and {neighbours}"
        )


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
    # a bit more than a row has cells: where its last run ends is told too
    turns, at = np.empty((rows, cols // 64 + 1), np.int64), np.zeros(rows + 1, np.int64)
    with team(None, work=data.size, enough=_ENOUGH):
        _pack(data, turns, at)
        room = 2 * int(at.max()) + 8
        np.cumsum(at, out=at)
        runs = int(at[-1])
        part = np.empty(runs, np.int32)
        # as much room as runs is asked for and not touched: only parts are written
        found, table = np.empty(runs, np.int32), np.empty((runs, 6), np.int64)
        parts, places = np.empty(strips, np.int64), np.empty(strips, np.int64)
        _strips(turns, height, at, reach, room, part, found, table, parts, places, np.zeros(1, np.int64))
        firsts = np.append(0, np.cumsum(parts))
        root, final = np.empty(firsts[-1], np.int32), np.empty(firsts[-1], np.int32)
        _seams(turns, height, at, reach, room, part, found, firsts, places, root, table)
        regions = Regions(*_number(firsts, places, root, table, final))
        _paint(turns, cols, height, at, room, part, final, firsts, labels.ravel())
    return regions


@njit(cache=True, nogil=True)
def _meet(above, below, reach, root, table):  # type: ignore[no-untyped-def]
    """Join the parts that meet at a seam between two rows of labels."""
    cols = below.size
    for c in range(cols):
        k = below[c]
        if k == 0:
            continue
        if above[c] > 0:
            table[k - 1, 1] -= 2
        for x in range(max(0, c - reach), min(cols, c + reach + 1)):
            if above[x] > 0:
                _join(root, above[x] - 1, k - 1)


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
        regions = _label(piece, neighbours, labels)
        regions.bbox[:, ::2] += r0
        labels[labels > 0] += parts
        out[r0 : r0 + rows_at_once] = labels
        if r0:
            seams.append((bottom, labels[0].copy()))
        bottom = labels[-1].copy()
        tables.append(regions)
        parts += regions.area_cells.size
    table = np.concatenate([np.zeros((0, 6), np.int64), *(np.column_stack(t) for t in tables)])
    root, final = np.arange(parts, dtype=np.int32), np.zeros(parts + 1, np.int32)
    for above, below in seams:
        _meet(above, below, int(neighbours == 8), root, table)
    regions = Regions(*_number(np.array([0, parts]), np.zeros(1, np.int64), root, table, final[1:]))
    for r0 in range(0, rows, rows_at_once):
        out[r0 : r0 + rows_at_once] = final[out[r0 : r0 + rows_at_once]]
    return regions
