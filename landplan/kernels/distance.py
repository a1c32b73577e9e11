"""Exact Euclidean distance on a raster, in time linear in the cells.

Meijster, Roerdink and Hesselink (2000): a pass down and up each column finds the nearest target in the
column, then a lower envelope along each row combines columns. All arithmetic is on integer squares in
int64, so the answer is exact; a setback is a threshold on it, never a dilation (a diamond misses 7 % of
the cells within 500 m at 10 m).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["euclidean", "nearest"]

_BLOCK = 256  # columns a thread sweeps together: a row of them fits the cache
_NONE = -1


@njit(cache=True, nogil=True, parallel=True)
def _nearest_row(target, out):  # type: ignore[no-untyped-def]
    """For each cell the row of the nearest target in its own column, -1 when the column has none."""
    rows, cols = target.shape
    blocks = (cols + _BLOCK - 1) // _BLOCK
    for b in prange(blocks):
        c0 = b * _BLOCK
        c1 = min(cols, c0 + _BLOCK)
        for c in range(c0, c1):
            out[0, c] = 0 if target[0, c] else _NONE
        for r in range(1, rows):
            for c in range(c0, c1):
                out[r, c] = r if target[r, c] else out[r - 1, c]
        for r in range(rows - 2, -1, -1):
            for c in range(c0, c1):
                below = out[r + 1, c]
                here = out[r, c]
                # a tie goes to the northern target, whatever the thread count
                if below != _NONE and (here == _NONE or below - r < r - here):
                    out[r, c] = below


@njit(cache=True, nogil=True, parallel=True)
def _row_envelope(near, squared, source_col):  # type: ignore[no-untyped-def]
    """Lower envelope of the columns' parabolas along each row; squared is -1 where no target exists."""
    rows, cols = near.shape
    want_source = source_col.size > 0
    for r in prange(rows):
        site = np.empty(cols, np.int64)
        start = np.empty(cols, np.int64)
        g2 = np.empty(cols, np.int64)
        n = 0
        for c in range(cols):
            row = near[r, c]
            if row == _NONE:
                continue
            d = np.int64(r - row)
            h = d * d
            first = np.int64(0)
            while n > 0:
                p = site[n - 1]
                # first integer column at which parabola c is strictly lower than parabola p
                num = c * c - p * p + h - g2[n - 1]
                first = num // (2 * (c - p)) + 1
                if first <= start[n - 1]:
                    n -= 1
                else:
                    break
            if n == 0:
                first = np.int64(0)
            if first < cols:
                site[n] = c
                start[n] = first
                g2[n] = h
                n += 1
        if n == 0:
            for c in range(cols):
                squared[r, c] = -1
                if want_source:
                    source_col[r, c] = _NONE
            continue
        k = 0
        for c in range(cols):
            while k + 1 < n and start[k + 1] <= c:
                k += 1
            dx = c - site[k]
            squared[r, c] = dx * dx + g2[k]
            if want_source:
                source_col[r, c] = site[k]


def _check(mask: NDArray[np.bool_], cell_m: float) -> None:
    if mask.ndim != 2 or not cell_m > 0:
        raise ValueError(f"expected a 2-D mask and a cell above 0 m, got {mask.ndim}-D and {cell_m}")


def squared_cells(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the squared distance in cells to the nearest True, -1 where there is none.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target.

    Returns
    -------
    ndarray of int64, shape (rows, cols)
    """
    _check(mask, 1.0)
    near = np.empty(mask.shape, np.int32)
    _nearest_row(np.ascontiguousarray(mask, dtype=np.bool_), near)
    out = np.empty(mask.shape, np.int64)
    _row_envelope(near, out, np.empty((0, 0), np.int32))
    return out


def euclidean(mask: NDArray[np.bool_], cell_m: float) -> NDArray[np.float64]:
    """Distance from each cell's centre to the nearest True cell's centre.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target.
    cell_m : float
        Side of a square cell, metres.

    Returns
    -------
    ndarray of float64, shape (rows, cols)
        Metres; ``inf`` everywhere when the mask has no True.

    Raises
    ------
    ValueError
        If the mask is not 2-D or `cell_m` is not above 0.

    Notes
    -----
    d(p) = min over targets q of ||p - q||, by Meijster, Roerdink & Hesselink (2000), exact in int64.

    Examples
    --------
    >>> import numpy as np
    >>> euclidean(np.array([[True, False, False]]), 10.0)
    array([[ 0., 10., 20.]])
    """
    _check(mask, cell_m)
    squared = squared_cells(mask)
    out = np.sqrt(squared.astype(np.float64), where=squared >= 0, out=np.full(mask.shape, np.inf))
    out *= cell_m
    return out


def nearest(sources: NDArray[np.integer | np.bool_], cell_m: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance to the nearest source and which source it is.

    Parameters
    ----------
    sources : ndarray of bool or int, shape (rows, cols)
        Labels; 0 (or False) is no source. A boolean mask is labelled by flat cell index + 1.
    cell_m : float
        Side of a cell, metres.

    Returns
    -------
    distance : ndarray of float64, shape (rows, cols)
        Metres, ``inf`` when there is no source.
    label : ndarray of int64, shape (rows, cols)
        Label of the nearest source, 0 when there is none. In one column a tie goes north, then west.

    Raises
    ------
    ValueError
        If `sources` is not 2-D or `cell_m` is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> nearest(np.array([[7, 0, 0, 9]]), 10.0)[1]
    array([[7, 7, 9, 9]])
    """
    _check(np.asarray(sources) != 0, cell_m)
    labels = np.asarray(sources)
    if labels.dtype == np.bool_:
        labels = np.where(labels, np.arange(1, labels.size + 1).reshape(labels.shape), 0)
    near = np.empty(labels.shape, np.int32)
    _nearest_row(labels != 0, near)
    squared = np.empty(labels.shape, np.int64)
    col = np.empty(labels.shape, np.int32)
    _row_envelope(near, squared, col)
    none = squared < 0
    safe_col = np.where(none, 0, col)
    row = np.take_along_axis(near, safe_col.astype(np.int64), axis=1)
    label = np.where(none, 0, labels[np.where(none, 0, row), safe_col]).astype(np.int64)
    distance = np.where(none, np.inf, np.sqrt(np.where(none, 0, squared).astype(np.float64)) * cell_m)
    return distance, label
