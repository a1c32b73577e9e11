"""What is within reach: opportunities within cutoffs, weighted by decay, minutes to the closest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from landplan.accessibility._inputs import amounts_of, arrays, checked, code_of, cutoffs_of, minutes_of, named
from landplan.accessibility.decay import Weight
from landplan.errors import LayerError
from landplan.kernels import measures, weighing
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["cost_to_closest", "cumulative", "cumulative_interval", "gravity"]

_MOST_CUTOFFS = 10_000


def _reached(od: ODMatrix, opportunities: pd.Series, cutoffs: NDArray[np.float64], passive: bool) -> NDArray[np.float64]:
    checked(od)
    if passive:
        amounts = amounts_of(od.origin_ids, opportunities, "opportunities", "origins")
        return measures.reached_from(*arrays(od), amounts, cutoffs, od.shape[1])
    return measures.reached_within(*arrays(od), amounts_of(od.destination_ids, opportunities, "opportunities"), cutoffs)


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
        Inclusive; all are counted in one pass over the matrix.
    passive : bool, default False
        Count from the destinations: how many of the origins' `opportunities` reach each destination.

    Returns
    -------
    pandas.DataFrame
        One row an origin (destination when passive), one column ``<name>_within_<cutoff>_min`` a cutoff; 0 where
        nothing is reached.

    Raises
    ------
    LayerError
        If a destination (origin when passive) has no amount or one below 0, or a cutoff is not minutes.

    Notes
    -----
    A_i = sum over j of O_j where c_ij <= cutoff (Wickstrom 1971).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[5.0, 20.0]]))
    >>> cumulative(od, pd.Series([1.0, 2.0], name="jobs"), 10).iloc[0, 0]
    np.float64(1.0)
    """
    import pandas as pd

    cutoffs = cutoffs_of(cutoff_min)
    out = _reached(od, opportunities, cutoffs, passive)
    name = named(opportunities, "opportunities")
    return pd.DataFrame(
        out, index=od.destination_ids if passive else od.origin_ids, columns=[f"{name}_within_{c:g}_min" for c in cutoffs]
    )


def cumulative_interval(
    od: ODMatrix,
    opportunities: pd.Series,
    *,
    from_min: float,
    to_min: float,
    summary: Literal["mean", "median"] = "median",
    increment_min: float = 1.0,
    passive: bool = False,
    whole: bool | None = None,
) -> pd.Series:
    """Opportunities reached within cutoffs of an interval, summed up as their mean or median.

    One cutoff is a choice that a result may hang on; an interval says what is reached for a range of them.

    Parameters
    ----------
    od : ODMatrix
    opportunities : pandas.Series
        Amount at each destination (origin when passive), indexed by id.
    from_min, to_min : float
        First and last cutoff, inclusive.
    summary : {"mean", "median"}
    increment_min : float, default 1
        Minutes between the cutoffs.
    passive : bool, default False
        Count from the destinations, as in `cumulative`.
    whole : bool, optional
        Cut the summary's fraction off: what is reached by half is not reached, as the R package accessibility does.
        By default where all amounts are whole numbers (jobs, schools), not where some are not (hectares, tonnes).

    Returns
    -------
    pandas.Series
        ``<name>_within_<from>_<to>_min``, one entry an origin (destination when passive).

    Raises
    ------
    LayerError
        If the interval is not one, or an amount is missing or below 0.

    Notes
    -----
    A_i = summary over cutoffs t = from, from + increment, ... <= to of the sum over j of O_j where c_ij <= t
    (Tomasiello et al. 2023).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[5.0, 12.0]]))
    >>> jobs = pd.Series([10.0, 20.0], name="jobs")
    >>> float(cumulative_interval(od, jobs, from_min=10, to_min=13, summary="mean").iloc[0])
    20.0
    """
    import pandas as pd

    first, last = minutes_of(from_min, "from_min"), minutes_of(to_min, "to_min")
    by = minutes_of(increment_min, "increment_min")
    if last < first or by <= 0 or (last - first) / by > _MOST_CUTOFFS:
        raise LayerError(
            f"an interval needs from_min <= to_min in at most {_MOST_CUTOFFS} steps of increment_min above 0, got {from_min} to {to_min} by {increment_min}; "
            "give for instance 20 to 40 by 1"
        )
    if summary not in ("mean", "median"):
        raise LayerError(f"summary must be 'mean' or 'median', got {summary!r}")
    # as far as whole steps lead, without the last one's rounding
    cutoffs = first + by * np.arange(int((last - first) / by + 1e-9) + 1, dtype=np.float64)
    reached = _reached(od, opportunities, cutoffs, passive)
    out = reached.mean(axis=1) if summary == "mean" else np.median(reached, axis=1)
    if whole or (whole is None and bool((np.mod(opportunities.to_numpy(np.float64, na_value=0.0), 1.0) == 0).all())):
        out = np.floor(out)
    name = f"{named(opportunities, 'opportunities')}_within_{first:g}_{last:g}_min"
    return pd.Series(out, index=od.destination_ids if passive else od.origin_ids, name=name)


def gravity(od: ODMatrix, opportunities: pd.Series, *, decay: Weight) -> pd.Series:
    """Opportunities weighted by decay.

    Parameters
    ----------
    od : ODMatrix
    opportunities : pandas.Series
        Amount at each destination, indexed by destination id; its name names the result.
    decay : Decay or callable
        Weight of minutes; see `landplan.accessibility.decay`.

    Returns
    -------
    pandas.Series
        ``<name>_gravity``, one entry an origin; 0 where nothing is reached.

    Raises
    ------
    LayerError
        If a destination has no amount or one below 0, or the decay gives no weight for some minutes.

    Notes
    -----
    A_i = sum_j O_j f(c_ij) (Hansen 1959).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.accessibility.decay import step
    >>> float(gravity(ODMatrix.from_dense(np.array([[5.0]])), pd.Series([7.0]), decay=step(10)).iloc[0])
    7.0
    """
    import pandas as pd

    checked(od)
    amounts = amounts_of(od.destination_ids, opportunities, "opportunities")
    out = weighing.by_origin(*arrays(od), code_of(decay, od), amounts)
    return pd.Series(out, index=od.origin_ids, name=f"{named(opportunities, 'opportunities')}_gravity")


def cost_to_closest(od: ODMatrix, opportunities: pd.Series, n: float = 1) -> pd.Series:
    """Minutes within which `n` opportunities are reached; ``inf`` when there are fewer.

    Parameters
    ----------
    od : ODMatrix
    opportunities : pandas.Series
        How many each destination offers, indexed by destination id. For the n-th closest place, give 1 for each.
    n : float, default 1
        Opportunities, not destinations: a destination with three schools is the closest, second and third school. With 1,
        whatever is offered counts, less than one too.

    Returns
    -------
    pandas.Series
        ``minutes_to_closest``, one entry an origin.

    Raises
    ------
    LayerError
        If a destination has no amount or one below 0, or n is below 1.

    Notes
    -----
    A_i = min over t such that the sum over j of O_j where c_ij <= t is at least n.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[5.0, 9.0]]))
    >>> float(cost_to_closest(od, pd.Series([0.0, 1.0])).iloc[0])
    9.0
    """
    import pandas as pd

    if not 1 <= n < np.inf:
        raise LayerError(f"n must be at least 1 and finite, got {n}; give 1 for the closest")
    checked(od)
    out = measures.closest(*arrays(od), amounts_of(od.destination_ids, opportunities, "opportunities"), n)
    return pd.Series(out, index=od.origin_ids, name="minutes_to_closest")
