"""Connected regions of a mask with their area, perimeter and bounding box.

Two scans with union-find (Wu, Otoo & Suzuki 2009). Labels are numbered in the order in which a
region's first cell is met, row by row, so the answer does not depend on anything but the mask.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Regions", "label"]


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
    ra = _find(parent, a)
    rb = _find(parent, b)
    if ra < rb:
        parent[rb] = ra
        return ra
    parent[ra] = rb
    return rb


@njit(cache=True, nogil=True)
def _scan(mask, diagonal, labels, parent):  # type: ignore[no-untyped-def]
    """First scan: provisional labels and their equivalences; then the final numbering."""
    rows, cols = mask.shape
    n = 0
    for r in range(rows):
        for c in range(cols):
            if not mask[r, c]:
                labels[r, c] = 0
                continue
            here = 0
            if c > 0 and labels[r, c - 1] > 0:
                here = labels[r, c - 1]
            if r > 0:
                c0 = max(0, c - 1) if diagonal else c
                c1 = min(cols - 1, c + 1) if diagonal else c
                for cc in range(c0, c1 + 1):
                    up = labels[r - 1, cc]
                    if up > 0:
                        here = up if here == 0 else _join(parent, here, up)
            if here == 0:
                n += 1
                parent[n] = n
                here = n
            labels[r, c] = here
    final = np.zeros(n + 1, np.int32)
    count = 0
    for i in range(1, n + 1):
        root = _find(parent, i)
        if root == i:
            count += 1
            final[i] = count
    for i in range(1, n + 1):
        final[i] = final[_find(parent, i)]
    for r in range(rows):
        for c in range(cols):
            if labels[r, c] > 0:
                labels[r, c] = final[labels[r, c]]
    return count


@njit(cache=True, nogil=True)
def _measure(labels, area, perimeter, bbox):  # type: ignore[no-untyped-def]
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k == 0:
                continue
            i = k - 1
            area[i] += 1
            if r == 0 or labels[r - 1, c] != k:
                perimeter[i] += 1
            if r == rows - 1 or labels[r + 1, c] != k:
                perimeter[i] += 1
            if c == 0 or labels[r, c - 1] != k:
                perimeter[i] += 1
            if c == cols - 1 or labels[r, c + 1] != k:
                perimeter[i] += 1
            bbox[i, 0] = min(bbox[i, 0], r)
            bbox[i, 1] = min(bbox[i, 1], c)
            bbox[i, 2] = max(bbox[i, 2], r + 1)
            bbox[i, 3] = max(bbox[i, 3], c + 1)


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

    Examples
    --------
    >>> import numpy as np
    >>> labels, table = label(np.array([[True, False], [False, True]]))
    >>> labels.tolist(), table.area_cells.tolist()
    ([[1, 0], [0, 2]], [1, 1])
    """
    if mask.ndim != 2 or neighbours not in (4, 8):
        raise ValueError(f"expected a 2-D mask and 4 or 8 neighbours, got {mask.ndim}-D and {neighbours}")
    labels = np.empty(mask.shape, np.int32)
    # a new provisional label needs a False to its left: at most every other cell, plus a column
    parent = np.empty(mask.size // 2 + mask.shape[0] + 2, np.int32)
    count = int(_scan(np.ascontiguousarray(mask, dtype=np.bool_), neighbours == 8, labels, parent))
    area = np.zeros(count, np.int64)
    perimeter = np.zeros(count, np.int64)
    bbox = np.empty((count, 4), np.int64)
    bbox[:, :2] = np.iinfo(np.int64).max
    bbox[:, 2:] = 0
    _measure(labels, area, perimeter, bbox)
    return labels, Regions(area, perimeter, bbox)
