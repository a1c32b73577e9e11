"""Distance that is worked out where it is asked for: the mask is kept, the metres are not.

A study with many distances would hold four bytes a cell for each. Held as the mask and, for every so many rows, the
nearest target of each column above and below, a distance takes about one, and any rows of it cost no more than they
would have cost in the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landplan.kernels.distance import ends, fill_rows, surroundings

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

    Attributes
    ----------
    shape : tuple of int

    Raises
    ------
    ValueError
        If the mask is not 2-D or `cell_m` is not above 0.

    Notes
    -----
    Meijster, Roerdink & Hesselink (2000), see `landplan.kernels.distance`.

    Examples
    --------
    >>> import numpy as np
    >>> far = MetresByRows(np.array([[True, False], [False, False], [False, False]]), 10.0)
    >>> far(slice(1, 3)).round().tolist(), far.nbytes
    ([[10.0, 14.0], [20.0, 22.0]], 22)
    """

    def __init__(self, mask: NDArray[np.bool_], cell_m: float) -> None:
        if mask.ndim != 2 or not cell_m > 0:
            raise ValueError(f"expected a 2-D mask and a cell above 0 m, got {mask.ndim}-D and {cell_m}")
        self.shape: tuple[int, int] = mask.shape
        self._mask = np.ascontiguousarray(mask, dtype=np.bool_)
        self._cell_m = float(cell_m)
        self._below, self._above = surroundings(self._mask, _STEP) if mask.size else (np.empty((0, 0), np.int32),) * 2

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return int(self._mask.nbytes + self._below.nbytes + self._above.nbytes)

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
        if out.size:
            fill_rows(self._mask[r0:r1], r0, self._last_above(r0), self._first_below(r1), self.shape, self._cell_m, out)
        return out

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
