"""Exact Euclidean distance on a raster, in time linear in the cells.

After Meijster, Roerdink and Hesselink (2000): the nearest target in each cell's own column, then along each row
the lower envelope of the columns' parabolas. Both parts go over a strip of rows at a time, so that what lies between them stays in
the cache: a first look at the mask notes, strip by strip, the first and last target of every column. Parabolas of
one curvature have as lower envelope the lower convex hull of the points (c, c^2 + offset^2), and most columns are
off that hull already among their neighbours. Squares are whole numbers, in 32 bits where the shape proves that
they fit and in 64 otherwise; a setback is a threshold on them, never a dilation (a diamond misses 7 % of the cells
within 500 m at 10 m).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landplan.kernels._team import team

__all__ = ["euclidean", "euclidean_strips", "metres", "nearest", "squared_cells", "within"]

_FAR = FAR = 1 << 30  # a row that is no row; offsets to it still fit 32 bits
_STRIP_CELLS = 1 << 18  # offsets of a strip take 1 MB: they stay in the second cache
_NARROW = 1 << 28  # squares of shapes below this fit 32 bits, with room for differences
_ENOUGH = 1 << 16  # cells from which a second thread pays
_MANY = 1 << 20  # cells of a part of a mask from which it does
_METRES, _SQUARES, _WITHIN, _LABEL = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def _edges_of_strip(mask, r0, r1, first, last):  # type: ignore[no-untyped-def]
    """Rows of each column's first and last target in a strip."""
    first[:] = _FAR
    last[:] = -_FAR
    for r in range(r0, r1):
        for c in range(mask.shape[1]):
            last[c] = r if mask[r, c] else last[c]
    for r in range(r1 - 1, r0 - 1, -1):
        for c in range(mask.shape[1]):
            first[c] = r if mask[r, c] else first[c]


@njit(cache=True, nogil=True, parallel=True)
def _edges(mask, height, first, last):  # type: ignore[no-untyped-def]
    for s in prange(first.shape[0]):
        _edges_of_strip(mask, s * height, min(mask.shape[0], (s + 1) * height), first[s], last[s])


@njit(cache=True, nogil=True)
def _carry(first, last, top, bottom):  # type: ignore[no-untyped-def]
    """Turn each strip's own first and last targets into the last above it and the first below it."""
    strips, cols = first.shape
    keep = np.empty(cols, np.int32)
    keep[:] = top
    for s in range(strips):
        for c in range(cols):
            own = last[s, c]
            last[s, c] = keep[c]
            keep[c] = max(own, keep[c])
    keep[:] = bottom
    for s in range(strips - 1, -1, -1):
        for c in range(cols):
            own = first[s, c]
            first[s, c] = keep[c]
            keep[c] = min(own, keep[c])


@njit(cache=True, nogil=True)
def _columns(mask, r0, r1, above, below, offset):  # type: ignore[no-untyped-def]
    """Rows from each cell's nearest target in its column down to the cell; a tie goes to the northern target."""
    cols = mask.shape[1]
    row = np.empty(cols, np.int32)
    row[:] = above
    for r in range(r0, r1):
        here = offset[r - r0]
        for c in range(cols):
            row[c] = r if mask[r, c] else row[c]
            here[c] = row[c]
    row[:] = below
    for r in range(r1 - 1, r0 - 1, -1):
        here = offset[r - r0]
        for c in range(cols):
            row[c] = r if mask[r, c] else row[c]
            up = r - here[c]
            down = row[c] - r
            here[c] = up if up <= down else -down


@njit(cache=True, nogil=True)
def _heights(offset, height):  # type: ignore[no-untyped-def]
    """Points (c, c^2 + offset^2) of a row's columns; the first and last height, of no column, are more than any."""
    none = height[0]
    limit = _FAR >> 1
    for c in range(offset.size):
        up = np.int64(offset[c])
        height[c + 1] = none if abs(up) > limit else up * up + c * c


@njit(cache=True, nogil=True)
def _strictly_below(height, keep, site):  # type: ignore[no-untyped-def]
    """Columns whose points lie below the chord of their neighbours, and how many.

    Told for all columns side by side, and gathered without a branch: who is kept is a coin's throw.
    """
    none = height[0]
    for c in range(keep.size):
        keep[c] = np.uint8(height[c + 2] - height[c + 1] > height[c + 1] - height[c]) & np.uint8(height[c + 1] < none)
    m = np.int64(0)
    for c in range(keep.size):
        site[m] = c
        m += keep[c]
    return m


@njit(cache=True, nogil=True)
def _thin(height, site, m):  # type: ignore[no-untyped-def]
    """The same among those that are left: whoever is not below a chord of others is not on the hull."""
    p = np.int64(site[0])
    q = np.int64(site[1])
    at_p = np.int64(height[p + 1])
    at_q = np.int64(height[q + 1])
    n = np.int64(1)
    for i in range(2, m):
        c = np.int64(site[i])
        at_c = np.int64(height[c + 1])
        site[n] = q
        n += np.int64((at_q - at_p) * (c - q) < (at_c - at_q) * (q - p))
        p = q
        at_p = at_q
        q = c
        at_q = at_c
    site[n] = q
    return n + 1


@njit(cache=True, nogil=True)
def _scan(height, m, site):  # type: ignore[no-untyped-def]
    """Graham's scan of the columns that are left, in their own room."""
    n = 0
    for i in range(m):
        c = np.int64(site[i])
        high = np.int64(height[c + 1])
        while n > 1:
            q = np.int64(site[n - 1])
            p = np.int64(site[n - 2])
            at_q = np.int64(height[q + 1])
            if (at_q - np.int64(height[p + 1])) * (c - q) >= (high - at_q) * (q - p):
                n -= 1
            else:
                break
        site[n] = c
        n += 1
    return n


@njit(cache=True, nogil=True)
def _begins(height, n, site, begin):  # type: ignore[no-untyped-def]
    """First cell of each column's part of the row. A tie between columns goes to the western one."""
    begin[0] = 0
    for k in range(1, n):
        q = np.int64(site[k])
        p = np.int64(site[k - 1])
        rise = np.int64(height[q + 1]) - np.int64(height[p + 1])
        run = 2 * (q - p)
        # the first whole column where the new parabola is strictly lower; the quotient may be off by a rounding
        first = np.int64(np.floor(rise / run))
        first += int(run * (first + 1) <= rise) - int(run * first > rise)
        begin[k] = min(max(first + 1, 0), height.size - 2)
    begin[n] = height.size - 2


@njit(cache=True, nogil=True)
def _hull(offset, height, keep, site, begin):  # type: ignore[no-untyped-def]
    """Columns whose parabolas make a row's lower envelope, and the first cell of each one's part."""
    _heights(offset, height)
    m = _strictly_below(height, keep, site)
    for _ in range(2):
        if m > 2:
            m = _thin(height, site, m)
    n = _scan(height, m, site)
    _begins(height, n, site, begin)
    return n


@njit(cache=True, nogil=True)
def _squares(n, height, site, begin, square, column):  # type: ignore[no-untyped-def]
    """Squared distances along a row, and (where `column` has room) whose they are."""
    for k in range(n):
        c = site[k]
        base = height[c + 1] - c * c
        part = square[begin[k] : begin[k + 1]]  # from 0 on: an index that might be negative makes slow code
        first = begin[k] - c
        for i in range(part.size):
            part[i] = (first + i) * (first + i) + base
    if column.size:
        for k in range(n):
            column[begin[k] : begin[k + 1]] = site[k]


@njit(cache=True, nogil=True)
def _strip(mask, r0, r1, above, below, none, kind, cell_m, limit, labels, label, out):  # type: ignore[no-untyped-def]
    """Answer one strip of rows. `kind` says what goes out; `none` is the largest height in the type of squares."""
    cols = mask.shape[1]
    offset = np.empty((r1 - r0, cols), np.int32)
    _columns(mask, r0, r1, above, below, offset)
    height = np.empty(cols + 2, none.dtype)
    square = np.empty(cols, none.dtype)
    keep = np.empty(cols, np.uint8)
    site = np.empty(cols + 1, np.int32)
    begin = np.empty(cols + 2, np.int32)
    column = np.empty(cols if kind == _LABEL else 0, np.int32)
    height[0] = none[0]
    height[cols + 1] = none[0]
    for r in range(r0, r1):
        n = _hull(offset[r - r0], height, keep, site, begin)
        if n == 0:
            for c in range(cols):
                out[r, c] = -1 if kind == _SQUARES else (0 if kind == _WITHIN else np.inf)
                if kind == _LABEL:
                    label[r, c] = 0
            continue
        _squares(n, height, site, begin, square, column)
        if kind == _WITHIN:
            for c in range(cols):
                out[r, c] = square[c] <= limit
        elif kind == _SQUARES:
            for c in range(cols):
                out[r, c] = square[c]
        else:
            for c in range(cols):
                out[r, c] = np.sqrt(np.float64(square[c])) * cell_m
        if kind == _LABEL:
            for c in range(cols):
                row = r - offset[r - r0, column[c]]
                own = np.int64(row) * cols + column[c] + 1
                label[r, c] = labels[row, column[c]] if labels.size else own


@njit(cache=True, nogil=True, parallel=True)
def _strips(mask, height, last, first, none, kind, cell_m, limit, labels, label, out):  # type: ignore[no-untyped-def]
    for s in prange(first.shape[0]):
        r0 = s * height
        r1 = min(mask.shape[0], r0 + height)
        _strip(mask, r0, r1, last[s], first[s], none, kind, cell_m, limit, labels, label, out)


def _check(mask: NDArray[Any], cell_m: float) -> None:
    if mask.ndim != 2 or not cell_m > 0:
        raise ValueError(f"expected a 2-D mask and a cell above 0 m, got {mask.ndim}-D and {cell_m}")


def _as_bytes(mask: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(mask, dtype=np.bool_).view(np.uint8)


def _seams(data: NDArray[np.uint8], height: int, enough: int = _ENOUGH) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First and last target row of every column in strips of so many rows."""
    first = np.empty((-(-data.shape[0] // height), data.shape[1]), np.int32)
    last = np.empty_like(first)
    with team(None, work=data.size, enough=enough):
        _edges(data, height, first, last)
    return first, last


def _strip_rows(cols: int) -> int:
    return max(8, min(4_096, _STRIP_CELLS // max(1, cols)))


def _run(
    mask: NDArray[Any],
    out: NDArray[Any],
    kind: int,
    cell_m: float = 1.0,
    limit: int = 0,
    labels: NDArray[np.int64] | None = None,
    label: NDArray[np.int64] | None = None,
    *,
    above: NDArray[np.int32] | None = None,
    below: NDArray[np.int32] | None = None,
    shape: tuple[int, int] | None = None,
    enough: int = _ENOUGH,
) -> None:
    """Fill `out`; `above` and `below` are the nearest targets' rows outside the mask, when it is a part of `shape`."""
    rows, cols = shape or mask.shape
    if not mask.size:
        return
    wide = rows * rows + cols * cols >= _NARROW
    none = np.full(1, 1 << 60, np.int64) if wide else np.full(1, _FAR - 1, np.int32)
    data = _as_bytes(mask)
    height = _strip_rows(data.shape[1])
    first, last = _seams(data, height, enough)
    _carry(
        first, last,
        np.full(cols, -_FAR, np.int32) if above is None else above,
        np.full(cols, _FAR, np.int32) if below is None else below,
    )  # fmt: skip
    nothing = np.empty((0, 0), np.int64)
    with team(None, work=data.size, enough=enough):
        _strips(
            data, height, last, first, none, kind, float(cell_m), limit,
            nothing if labels is None else labels, nothing if label is None else label, out,
        )  # fmt: skip


def squared_cells(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the squared distance in cells to the nearest True, -1 where there is none.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target.

    Returns
    -------
    ndarray of int64, shape (rows, cols)

    Raises
    ------
    ValueError
        If the mask is not 2-D.

    Examples
    --------
    >>> import numpy as np
    >>> squared_cells(np.array([[True, False], [False, False]])).tolist()
    [[0, 1], [1, 2]]
    """
    _check(mask, 1.0)
    out = np.empty(mask.shape, np.int64)
    _run(mask, out, _SQUARES)
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
    d(p) = min over targets q of ||p - q||, by Meijster, Roerdink & Hesselink (2000), exact in whole squares.

    Examples
    --------
    >>> import numpy as np
    >>> euclidean(np.array([[True, False, False]]), 10.0)
    array([[ 0., 10., 20.]])
    """
    _check(mask, cell_m)
    out = np.empty(mask.shape, np.float64)
    _run(mask, out, _METRES, cell_m)
    return out


def metres(
    mask: NDArray[np.bool_], cell_m: float, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Distance in half the memory of `euclidean`: its float64 answer rounded to float32, no float64 array made.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target.
    cell_m : float
        Side of a square cell, metres.
    out : ndarray of float32, shape (rows, cols), optional
        Where to write; fresh memory costs more time than the distances do.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Metres; ``inf`` everywhere when the mask has no True.

    Raises
    ------
    ValueError
        If the mask is not 2-D, `cell_m` is not above 0 or `out` does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> metres(np.array([[True, False], [False, False]]), 10.0).tolist()
    [[0.0, 10.0], [10.0, 14.142135620117188]]
    """
    _check(mask, cell_m)
    if out is None:
        out = np.empty(mask.shape, np.float32)
    elif out.shape != mask.shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise ValueError(f"out must be contiguous float32 of shape {mask.shape}, got {out.dtype} {out.shape}")
    _run(mask, out, _METRES, cell_m)
    return out


def _largest_square(within_m: float, cell_m: float, most: int) -> int:
    """The largest whole square whose distance in metres is at most `within_m`, in the arithmetic of `euclidean`."""
    if not within_m >= 0:
        return -1
    if within_m >= cell_m * math.sqrt(most):
        return most
    k = int((within_m / cell_m) ** 2)
    while math.sqrt(k) * cell_m > within_m:
        k -= 1
    while math.sqrt(k + 1) * cell_m <= within_m:
        k += 1
    return k


def within(mask: NDArray[np.bool_], cell_m: float, within_m: float) -> NDArray[np.bool_]:
    """Tell which cells lie within a distance of a True cell, centre to centre, inclusively.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target.
    cell_m : float
        Side of a square cell, metres.
    within_m : float
        Metres; ``inf`` is anywhere on a grid that has a target.

    Returns
    -------
    ndarray of bool, shape (rows, cols)
        The same as ``euclidean(mask, cell_m) <= within_m`` (where there is a target), by whole squares alone.

    Raises
    ------
    ValueError
        If the mask is not 2-D, `cell_m` is not above 0 or `within_m` is nan or below 0.

    Examples
    --------
    >>> import numpy as np
    >>> within(np.array([[True, False, False, False]]), 10.0, 20.0).tolist()
    [[True, True, True, False]]
    """
    _check(mask, cell_m)
    if not within_m >= 0:
        raise ValueError(f"within_m must be 0 or more, got {within_m}")
    out = np.empty(mask.shape, np.bool_)
    most = mask.shape[0] ** 2 + mask.shape[1] ** 2
    _run(mask, out, _WITHIN, cell_m, _largest_square(float(within_m), float(cell_m), most))
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
    given = np.asarray(sources)
    _check(given, cell_m)
    if given.dtype.kind not in "bui" and not (given.dtype.kind == "f" and (np.isfinite(given) & (given == np.trunc(given))).all()):
        raise ValueError(f"labels must be whole numbers, 0 for no source; got {given.dtype} with others, nan among them perhaps")
    labels = None if given.dtype == np.bool_ else np.ascontiguousarray(given, dtype=np.int64)
    distance = np.empty(given.shape, np.float64)
    label = np.empty(given.shape, np.int64)
    _run(given != 0, distance, _LABEL, cell_m, 0, labels, label)
    return distance, label


def surroundings(mask: Any, step: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows of each column's first target below, and last target above, every strip of `step` rows of a mask."""
    rows, cols = (int(n) for n in mask.shape)
    begins = range(0, rows, step)
    first = np.empty((len(begins), cols), np.int32)
    last = np.empty_like(first)
    for s, r0 in enumerate(begins):
        first[s], last[s] = ends(mask[r0 : r0 + step], r0)
    _carry(first, last, np.full(cols, -_FAR, np.int32), np.full(cols, _FAR, np.int32))
    return first, last


def ends(part: NDArray[Any], r0: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows of each column's first and last target in a part of a mask that begins at row `r0`."""
    first, last = np.empty(part.shape[1], np.int32), np.empty(part.shape[1], np.int32)
    if part.size < _MANY:
        # on one thread: waking a second for so little costs more, and on a busy machine very much more
        _edges_of_strip(_as_bytes(part), 0, part.shape[0], first, last)
    else:
        own_first, own_last = _seams(_as_bytes(part), _strip_rows(part.shape[1]))
        own_first.min(axis=0, out=first)
        own_last.max(axis=0, out=last)
    first += np.where(first < _FAR, r0, 0).astype(np.int32)
    last += np.where(last > -_FAR, r0, 0).astype(np.int32)
    return first, last


def fill_rows(
    part: NDArray[Any], r0: int, above: NDArray[np.int32], below: NDArray[np.int32], shape: tuple[int, int], cell_m: float,
    out: NDArray[Any],
) -> None:  # fmt: skip
    """Metres of some rows of a mask, from row `r0` on, of which no more is known than the nearest targets outside."""
    near = np.where(above > -_FAR, above - r0, -_FAR).astype(np.int32), np.where(below < _FAR, below - r0, _FAR).astype(np.int32)
    _run(part, out, _METRES, cell_m, above=near[0], below=near[1], shape=shape, enough=_MANY)


def euclidean_strips(
    mask: Any, out: Any, cell_m: float, *, rows_at_once: int | None = None, memory_mb: float = 256.0
) -> None:
    """Distance on rasters larger than memory: `euclidean`'s bits, a strip of rows at a time.

    Parameters
    ----------
    mask : array-like of bool, shape (rows, cols)
        True is the target. Read twice, by slices of whole rows (``mask[r0:r1]``): a `numpy.memmap` for instance.
    out : array-like of float64 or float32, shape (rows, cols)
        Written once, by slices of whole rows.
    cell_m : float
        Side of a square cell, metres.
    rows_at_once : int, optional
        Rows in a strip; by default as many as `memory_mb` allows.
    memory_mb : float, default 256
        About how much to hold at once, beside two whole numbers a column and strip.

    Raises
    ------
    ValueError
        If the shapes disagree, the mask is not 2-D, or `cell_m` or `rows_at_once` is not above 0.

    Notes
    -----
    No strip needs its neighbours' cells, and no pass goes by columns: the nearest target above and below a strip is
    all that it must know of the rest, column by column.

    Examples
    --------
    >>> import numpy as np
    >>> out = np.empty((3, 2))
    >>> euclidean_strips(np.array([[True, False], [False, False], [False, False]]), out, 10.0, rows_at_once=1)
    >>> (out == euclidean(np.array([[True, False], [False, False], [False, False]]), 10.0)).all()
    np.True_
    """
    if len(mask.shape) != 2 or tuple(out.shape) != tuple(mask.shape) or not cell_m > 0:
        raise ValueError(f"mask {mask.shape} and out {out.shape} must be one 2-D shape, and cell_m {cell_m} above 0")
    rows, cols = (int(n) for n in mask.shape)
    if rows_at_once is None:
        rows_at_once = max(1, int(memory_mb * 1e6 / (12.0 * max(1, cols))))
    if rows_at_once < 1:
        raise ValueError(f"rows_at_once must be 1 or more, got {rows_at_once}")
    first, last = surroundings(mask, rows_at_once)
    for s, r0 in enumerate(range(0, rows, rows_at_once)):
        part = np.empty((min(rows, r0 + rows_at_once) - r0, cols), out.dtype)
        fill_rows(mask[r0 : r0 + rows_at_once], r0, last[s], first[s], (rows, cols), cell_m, part)
        out[r0 : r0 + rows_at_once] = part
