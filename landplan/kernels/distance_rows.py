"""Distance that is worked out where it is asked for: the mask is kept, the metres are not.

A study with many distances would hold four bytes a cell for each. Held as the mask and, for every so many rows, the
nearest target of each column above and below, a distance takes about one, and any rows of it cost no more than they
would have cost in the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landplan.kernels.distance import FAR, ends, fill_rows, surroundings

__all__ = ["MetresByRows"]

_STEP = 128  # rows between notes: they take 8 / 128 of a byte a cell, and at most so many rows are looked through again


class MetresByRows:
    """Metres to the nearest True, any rows of them at a time: `distance.metres`' bits.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        True is the target. It is kept, and must not be changed afterwards.
    cell_m : float
        Side of a square cell, metres.
    beyond : tuple of ndarray of int, optional
        Rows and columns of targets that lie outside the mask, counted on from it: -1 is the row above its first.

    Attributes
    ----------
    shape : tuple of int

    Raises
    ------
    ValueError
        If the mask is not 2-D, `cell_m` is not above 0, or a target that is said to lie outside lies within.

    Notes
    -----
    Targets outside take memory by the mask's sides and not by how far off they lie. Above and below the mask only the nearest of
    each column can be the nearest of any cell, and beside it only the nearest of each row; a strip of rows is widened to hold them
    while it is worked out. The metres are those of a mask large enough for all, to the last bit.

    Meijster, Roerdink & Hesselink (2000), see `landplan.kernels.distance`.

    Examples
    --------
    >>> import numpy as np
    >>> far = MetresByRows(np.array([[True, False], [False, False], [False, False]]), 10.0)
    >>> far(slice(1, 3)).round().tolist(), far.nbytes
    ([[10.0, 14.0], [20.0, 22.0]], 22)
    """

    def __init__(self, mask: NDArray[np.bool_], cell_m: float, beyond: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None) -> None:
        if mask.ndim != 2 or not cell_m > 0:
            raise ValueError(f"expected a 2-D mask and a cell above 0 m, got {mask.ndim}-D and {cell_m}")
        self.shape: tuple[int, int] = mask.shape
        self._mask = np.ascontiguousarray(mask, dtype=np.bool_)
        self._cell_m = float(cell_m)
        self._below, self._above = surroundings(self._mask, _STEP) if mask.size else (np.empty((0, 0), np.int32),) * 2
        none = np.empty(0, np.int32)
        self._far = _nearest_outside(*beyond, self.shape) if beyond is not None and mask.size else (none, none)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return int(self._mask.nbytes + self._below.nbytes + self._above.nbytes + sum(x.nbytes for x in self._far))

    def __call__(self, rows: slice) -> NDArray[np.float32]:
        """Return metres of some rows, float32 of shape (rows asked for, cols); ``inf`` without a target.

        Raises
        ------
        ValueError
            If the slice has a step.
        """
        r0, r1, step = rows.indices(self.shape[0])
        if step != 1:
            raise ValueError(f"rows are asked for without a step, got {step}")
        out = np.empty((max(0, r1 - r0), self.shape[1]), np.float32)
        if out.size and self._far[0].size:
            out[:] = self._widened(r0, r1)
        elif out.size:
            fill_rows(self._mask[r0:r1], r0, self._last_above(r0), self._first_below(r1), self.shape, self._cell_m, out)
        return out

    def _widened(self, r0: int, r1: int) -> NDArray[np.float32]:
        """Metres of some rows with the targets outside: the strip with columns enough for them, of which the mask's own are kept."""
        row, col = self._far
        height, width = self.shape
        west, east = max(0, -int(col.min())), max(0, int(col.max()) - width + 1)
        mask = np.zeros((r1 - r0, west + width + east), np.bool_)
        mask[:, west : west + width] = self._mask[r0:r1]
        above, below = np.full(mask.shape[1], -FAR, np.int32), np.full(mask.shape[1], FAR, np.int32)
        above[west : west + width], below[west : west + width] = self._last_above(r0), self._first_below(r1)
        up, down = row < r0, row >= r1
        np.maximum.at(above, col[up] + west, row[up])
        np.minimum.at(below, col[down] + west, row[down])
        here = ~(up | down)
        mask[row[here] - r0, col[here] + west] = True
        out = np.empty(mask.shape, np.float32)
        # the shape tells which whole numbers hold the squares
        tall = max(height, int(row.max()) + 1) - min(0, int(row.min()))
        fill_rows(mask, r0, above, below, (tall, mask.shape[1]), self._cell_m, out)
        return out[:, west : west + width]

    def _last_above(self, r0: int) -> NDArray[np.int32]:
        strip = r0 // _STEP
        known: NDArray[np.int32] = self._above[strip]
        if r0 == strip * _STEP:
            return known
        last = ends(self._mask[strip * _STEP : r0], strip * _STEP)[1]
        return np.where(last >= 0, last, known).astype(np.int32, copy=False)

    def _first_below(self, r1: int) -> NDArray[np.int32]:
        strip = (r1 - 1) // _STEP
        known: NDArray[np.int32] = self._below[strip]
        end = min(self.shape[0], (strip + 1) * _STEP)
        if r1 == end:
            return known
        first = ends(self._mask[r1:end], r1)[0]
        return np.where(first < self.shape[0], first, known).astype(np.int32, copy=False)


def _nearest_outside(row: NDArray[np.integer], col: NDArray[np.integer], shape: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Of targets outside a mask, those that may be the nearest of one of its cells."""
    row, col = np.asarray(row, np.int64), np.asarray(col, np.int64)
    above, below, beside = row < 0, row >= shape[0], (col < 0) | (col >= shape[1])
    if not (above | below | beside).all():
        raise ValueError("a target that is said to lie outside the mask lies within it")
    kept = []
    # the nearest row of each column above and below, the nearest column of each row beside
    for some, line, away in ((above, col, -row), (below, col, row), (beside & ~above & ~below & (col < 0), row, -col), (beside & ~above & ~below & (col >= 0), row, col)):
        at = np.flatnonzero(some)
        at = at[np.lexsort((away[at], line[at]))]
        kept.append(at[np.append(True, np.diff(line[at]) > 0)[: at.size]])
    at = np.concatenate(kept)
    return row[at].astype(np.int32), col[at].astype(np.int32)
