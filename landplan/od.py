"""The OD matrix: minutes between origins and destinations, kept as rows of reachable pairs.

CSR by origin; an absent pair is unreachable (beyond the cutoff, disconnected or off the network). Ids are
the caller's, in the caller's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ODMatrix"]


@dataclass(frozen=True, slots=True)
class ODMatrix:
    """Travel times in minutes, `n_origins` x `n_destinations`.

    Attributes
    ----------
    origin_ids, destination_ids : pandas.Index
        The caller's ids in the caller's order.
    indptr : ndarray of int64, shape (n_origins + 1,)
    dest : ndarray of int32, shape (pairs,)
        Destination positions, ascending within a row.
    minutes : ndarray of float32, shape (pairs,)
    """

    origin_ids: pd.Index
    destination_ids: pd.Index
    indptr: NDArray[np.int64]
    dest: NDArray[np.int32]
    minutes: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        """Origins and destinations."""
        return len(self.origin_ids), len(self.destination_ids)

    @property
    def pairs(self) -> int:
        """Reachable pairs."""
        return int(self.dest.size)

    @classmethod
    def from_dense(
        cls,
        minutes: NDArray[np.floating],
        *,
        origin_ids: Sequence[Any] | None = None,
        destination_ids: Sequence[Any] | None = None,
        cutoff_min: float | None = None,
    ) -> ODMatrix:
        """Build from a dense array in which unreachable is ``inf`` (or nan).

        Parameters
        ----------
        minutes : ndarray of float, shape (n_origins, n_destinations)
        origin_ids, destination_ids : sequence, optional
            Default 0 … n-1.
        cutoff_min : float, optional
            Pairs above it are dropped.

        Returns
        -------
        ODMatrix

        Raises
        ------
        LayerError
            If a time is negative or the ids do not fit the shape.

        Examples
        --------
        >>> import numpy as np
        >>> ODMatrix.from_dense(np.array([[0.0, np.inf]])).pairs
        1
        """
        import pandas as pd

        dense = np.asarray(minutes, np.float32)
        if dense.ndim != 2:
            raise LayerError(f"an OD matrix is 2-D, got shape {dense.shape}")
        if (dense < 0).any():
            bad = np.argwhere(dense < 0)[0]
            raise LayerError(f"minutes must not be negative; first at row {bad[0]}, column {bad[1]}")
        origins = pd.Index(origin_ids if origin_ids is not None else range(dense.shape[0]))
        destinations = pd.Index(destination_ids if destination_ids is not None else range(dense.shape[1]))
        if (len(origins), len(destinations)) != dense.shape:
            raise LayerError(f"{len(origins)} and {len(destinations)} ids for a matrix of {dense.shape}")
        keep = np.isfinite(dense)
        if cutoff_min is not None:
            keep &= dense <= cutoff_min
        indptr = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int64)
        return cls(origins, destinations, indptr, np.nonzero(keep)[1].astype(np.int32), dense[keep])

    @classmethod
    def from_long(cls, frame: pd.DataFrame, origin: str, destination: str, minutes: str) -> ODMatrix:
        """Build from a table with one row a pair.

        Parameters
        ----------
        frame : pandas.DataFrame
        origin, destination, minutes : str
            Column names. Ids are kept in order of first appearance.

        Returns
        -------
        ODMatrix

        Raises
        ------
        LayerError
            If a pair occurs twice, an id is missing, or a time is negative or no number. Empty and infinite times are dropped.

        Examples
        --------
        >>> import pandas as pd
        >>> ODMatrix.from_long(pd.DataFrame({"a": [1], "b": [2], "m": [3.0]}), "a", "b", "m").shape
        (1, 1)
        """
        import pandas as pd

        missing = [c for c in (origin, destination, minutes) if c not in frame.columns]
        if missing:
            raise LayerError(f"the OD table lacks {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
        o_code, o_ids = pd.factorize(frame[origin])
        d_code, d_ids = pd.factorize(frame[destination])
        for column, code in ((origin, o_code), (destination, d_code)):
            if (code < 0).any():
                raise LayerError(
                    f"{column} is empty in {int((code < 0).sum())} of {len(frame)} rows of the OD table "
                    f"(first in row {frame.index[int(np.argmin(code))]}); leave these rows out or fill in the ids"
                )
        try:
            value = pd.to_numeric(frame[minutes]).to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise LayerError(f"{minutes} must be numbers, got the type {frame[minutes].dtype}; convert it with pandas.to_numeric") from None
        if (value < 0).any():
            raise LayerError(f"minutes must not be negative; first in row {frame.index[int(np.argmax(value < 0))]}")
        keep = np.isfinite(value)
        o, d, t = o_code[keep], d_code[keep], value[keep].astype(np.float32)
        order = np.lexsort((d, o))
        o, d, t = o[order], d[order], t[order]
        twice = (np.diff(o) == 0) & (np.diff(d) == 0)
        if twice.any():
            i = int(np.argmax(twice))
            raise LayerError(f"the pair {o_ids[o[i]]!r} -> {d_ids[d[i]]!r} occurs more than once; keep one row a pair")
        indptr = np.searchsorted(o, np.arange(len(o_ids) + 1)).astype(np.int64)
        return cls(pd.Index(o_ids), pd.Index(d_ids), indptr, d.astype(np.int32), t)

    def to_dense(self) -> NDArray[np.float32]:
        """Return minutes as an array, ``inf`` where unreachable."""
        out = np.full(self.shape, np.inf, np.float32)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        out[rows, self.dest] = self.minutes
        return out

    def to_frame(self) -> pd.DataFrame:
        """Return one row a reachable pair: origin, destination, minutes."""
        import pandas as pd

        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        return pd.DataFrame(
            {
                "origin": self.origin_ids.to_numpy()[rows],
                "destination": self.destination_ids.to_numpy()[self.dest],
                "minutes": self.minutes,
            }
        )

    def transposed(self) -> ODMatrix:
        """Return the matrix with origins and destinations exchanged."""
        rows = np.repeat(np.arange(self.shape[0], dtype=np.int32), np.diff(self.indptr))
        order = np.lexsort((rows, self.dest))
        indptr = np.searchsorted(self.dest[order], np.arange(self.shape[1] + 1)).astype(np.int64)
        return ODMatrix(self.destination_ids, self.origin_ids, indptr, rows[order], self.minutes[order])
