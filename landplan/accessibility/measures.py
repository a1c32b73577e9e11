"""Measures: opportunities within a cutoff, gravity, minutes to the closest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landplan.accessibility.decay import Decay
from landplan.errors import LayerError
from landplan.kernels import measures
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["cost_to_closest", "cumulative", "gravity"]


def _amounts(od: ODMatrix, opportunities: pd.Series) -> NDArray[np.float64]:
    amounts = opportunities.reindex(od.destination_ids)
    missing = amounts.index[amounts.isna()]
    if len(missing):
        raise LayerError(
            f"opportunities lacks {len(missing)} of {len(amounts)} destinations (first: {missing[:3].tolist()}); "
            "give 0 where there are none"
        )
    return amounts.to_numpy(np.float64)


def cumulative(
    od: ODMatrix, opportunities: pd.Series, cutoff_min: float | Sequence[float], *, passive: bool = False
) -> pd.DataFrame:
    """Opportunities reached within each cutoff.

    Parameters
    ----------
    od : ODMatrix
    opportunities : pandas.Series
        Amount at each destination, indexed by destination id; its name names the columns.
    cutoff_min : float or sequence of float
        Inclusive.
    passive : bool, default False
        Count from the destinations: how many of the origins' `opportunities` reach each destination.

    Returns
    -------
    pandas.DataFrame
        One row an origin (destination when passive), one column ``<name>_within_<cutoff>_min`` a cutoff.

    Raises
    ------
    LayerError
        If a destination has no entry.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[5.0, 20.0]]))
    >>> cumulative(od, pd.Series([1.0, 2.0], name="jobs"), 10).iloc[0, 0]
    np.float64(1.0)
    """
    import pandas as pd

    if passive:
        od = od.transposed()
    cutoffs = np.atleast_1d(np.asarray(cutoff_min, np.float64))
    out = measures.reached_within(od.indptr, od.dest, od.minutes, _amounts(od, opportunities), cutoffs)
    name = opportunities.name or "opportunities"
    return pd.DataFrame(out, index=od.origin_ids, columns=[f"{name}_within_{c:g}_min" for c in cutoffs])


def gravity(od: ODMatrix, opportunities: pd.Series, *, decay: Decay) -> pd.Series:
    """Opportunities weighted by decay: A_i = sum_j O_j f(c_ij) (Hansen 1959).

    Raises
    ------
    LayerError
        If a destination has no entry.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.accessibility.decay import step
    >>> float(gravity(ODMatrix.from_dense(np.array([[5.0]])), pd.Series([7.0]), decay=step(10)).iloc[0])
    7.0
    """
    import pandas as pd

    weighted = _amounts(od, opportunities)[od.dest] * decay(od.minutes)
    total = np.zeros(od.shape[0])
    np.add.at(total, np.repeat(np.arange(od.shape[0]), np.diff(od.indptr)), weighted)
    return pd.Series(total, index=od.origin_ids, name=f"{opportunities.name or 'opportunities'}_gravity")


def cost_to_closest(od: ODMatrix, opportunities: pd.Series, n: int = 1) -> pd.Series:
    """Minutes to the n-th closest destination that offers anything; ``inf`` when there are fewer.

    Raises
    ------
    LayerError
        If a destination has no entry, or n is below 1.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[5.0, 9.0]]))
    >>> float(cost_to_closest(od, pd.Series([0.0, 1.0])).iloc[0])
    9.0
    """
    import pandas as pd

    if n < 1:
        raise LayerError(f"n must be at least 1, got {n}")
    out = measures.closest(od.indptr, od.dest, od.minutes, _amounts(od, opportunities), n)
    return pd.Series(out, index=od.origin_ids, name="minutes_to_closest")
