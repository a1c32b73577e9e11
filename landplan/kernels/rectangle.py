"""Rectangles of True cells in a mask: the largest one, and whether one of a given size is there."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["first_fit", "largest"]


@njit(cache=True, nogil=True)
def _largest(mask, least):  # type: ignore[no-untyped-def]
    """Columns of True above each row are a histogram; a stack of rising bars meets every rectangle that cannot grow."""
    rows, cols = mask.shape
    height = np.zeros(cols, np.int64)
    start = np.empty(cols + 1, np.int64)
    bar = np.empty(cols + 1, np.int64)
    best, row0, col0, high, wide = 0, 0, 0, 0, 0
    for r in range(rows):
        size = 0
        for c in range(cols + 1):
            here = 0
            if c < cols:
                height[c] = height[c] + 1 if mask[r, c] else 0
                here = height[c]
            left = c
            while size > 0 and bar[size - 1] >= here:
                size -= 1
                left = start[size]
                h, w = bar[size], c - left
                if h >= least and w >= least and h * w > best:
                    best, row0, col0, high, wide = h * w, r - h + 1, left, h, w
            if here > 0:
                start[size] = left
                bar[size] = here
                size += 1
    return row0, col0, high, wide


@njit(cache=True, nogil=True)
def _first_fit(mask, high, wide):  # type: ignore[no-untyped-def]
    rows, cols = mask.shape
    height = np.zeros(cols, np.int64)
    for r in range(rows):
        run = 0
        for c in range(cols):
            height[c] = height[c] + 1 if mask[r, c] else 0
            run = run + 1 if height[c] >= high else 0
            if run == wide:
                return r - high + 1, c - wide + 1
    return -1, -1


def largest(mask: NDArray[np.bool_], *, least: int = 1) -> tuple[int, int, int, int]:
    """Find the rectangle of True cells with most cells.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
    least : int, default 1
        Neither side is shorter than so many cells.

    Returns
    -------
    row0, col0, high, wide : int
        North-west cell and size in cells, all 0 when there is none; of equals the one that ends first row by row.

    Raises
    ------
    ValueError
        If the mask is not 2-D or `least` is below 1.

    Notes
    -----
    The largest rectangle under a histogram, a row at a time, with a stack: linear in the cells.

    Examples
    --------
    >>> import numpy as np
    >>> largest(np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool))
    (0, 0, 2, 2)
    """
    if mask.ndim != 2 or least < 1:
        raise ValueError(f"expected a 2-D mask and sides of 1 cell or more, got {mask.ndim}-D and {least}")
    row0, col0, high, wide = _largest(np.ascontiguousarray(mask, dtype=np.bool_), least)
    return int(row0), int(col0), int(high), int(wide)


def first_fit(mask: NDArray[np.bool_], high: int, wide: int) -> tuple[int, int]:
    """Find a rectangle of True cells of a given size.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
    high, wide : int
        Its rows and columns.

    Returns
    -------
    row0, col0 : int
        North-west cell of the one that ends first row by row, -1 and -1 when there is none.

    Raises
    ------
    ValueError
        If the mask is not 2-D or the size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    >>> first_fit(mask, 1, 3), first_fit(mask, 3, 2)
    ((1, 0), (-1, -1))
    """
    if mask.ndim != 2 or high < 1 or wide < 1:
        raise ValueError(f"expected a 2-D mask and a size of 1 cell or more, got {mask.ndim}-D and {high} x {wide}")
    row0, col0 = _first_fit(np.ascontiguousarray(mask, dtype=np.bool_), high, wide)
    return int(row0), int(col0)
