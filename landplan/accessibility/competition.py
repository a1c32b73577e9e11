"""Measures that know others want the same: floating catchments, spatial availability, balancing cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from landplan.accessibility._inputs import amounts_of, arrays, checked, code_of, minutes_of, named
from landplan.accessibility.decay import Weight
from landplan.errors import LayerError
from landplan.kernels import measures, weighing
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["balancing_cost", "floating_catchment", "spatial_availability"]

_METHODS = ("2sfca", "e2sfca", "bfca", "3sfca")
_MOST_STEPS = 1_000_000
_LEAST = 1e-280


def _over(share: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over the other; 0 where the other is 0, for who is not there hands nothing out and takes nothing."""
    # sums of weights near the smallest number have lost their digits and would divide to inf
    return np.divide(share, whole, out=np.zeros_like(share), where=whole > _LEAST)


def floating_catchment(
    od: ODMatrix,
    supply: pd.Series,
    demand: pd.Series,
    *,
    decay: Weight,
    method: Literal["2sfca", "e2sfca", "bfca", "3sfca"] = "2sfca",
) -> pd.Series:
    """Supply for each who demands, after all who reach the same supply have had their part.

    Parameters
    ----------
    od : ODMatrix
        From demand to supply. Every destination counts as a choice in "3sfca" and "bfca", also one without supply: give
        the places of service alone where only they are choices.
    supply : pandas.Series
        Supply (beds, seats, jobs) by destination id.
    demand : pandas.Series
        Persons by origin id.
    decay : Decay or callable
        `decay.step` for the method as Luo and Wang had it, `decay.stepped` or a smooth one for the enhanced methods.
    method : {"2sfca", "e2sfca", "bfca", "3sfca"}
        The two first are one formula: the enhanced one is that with weights that fall inside the catchment.

    Returns
    -------
    pandas.Series
        ``<supply>_<method>``, supply a person by origin; 0 where nothing is reached. Supply that no demand reaches is
        handed out to nobody (the R package gives such an origin ``Inf``).

    Raises
    ------
    LayerError
        If supply or demand is missing or below 0 for an id, the decay gives no weight for some minutes, or there is no
        such method.

    Notes
    -----
    With w_ij = f(c_ij), P demand and S supply:

    * 2sfca, e2sfca: A_i = sum_j w_ij S_j / sum_k w_kj P_k (Luo & Wang 2003; Luo & Qi 2009).
    * bfca: A_i = sum_j w_ij / w_.j * S_j / sum_k w_kj / w_k. P_k, weights balanced over destinations and origins so that
      no one is counted twice (Paez, Higgins & Vivona 2019).
    * 3sfca: A_i = sum_j g_ij w_ij S_j / sum_k g_kj w_kj P_k with g_ij = w_ij / w_i. (Wan, Zou & Sternberg 2012).

    Demand times access adds up to the supply that any demand reaches.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.accessibility.decay import step
    >>> od = ODMatrix.from_dense(np.array([[10.0], [20.0]]))
    >>> beds, people = pd.Series([6.0], name="beds"), pd.Series([10.0, 20.0])
    >>> floating_catchment(od, beds, people, decay=step(30)).tolist()
    [0.2, 0.2]
    """
    import pandas as pd

    if method not in _METHODS:
        raise LayerError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    checked(od)
    offered = amounts_of(od.destination_ids, supply, "supply")
    wanted = amounts_of(od.origin_ids, demand, "demand", "origins")
    pairs, code, places = arrays(od), code_of(decay, od), od.shape[1]
    if method in ("2sfca", "e2sfca"):
        met = weighing.by_destination(*pairs, code, wanted[None], places)[0]
        out = weighing.by_origin(*pairs, code, _over(offered, met))
    else:
        row = weighing.by_origin(*pairs, code, np.ones(places))
        share = _over(wanted, row)
        if method == "bfca":
            met, column = weighing.by_destination(*pairs, code, np.stack([share, np.ones_like(share)]), places)
            out = weighing.by_origin(*pairs, code, _over(_over(offered, met), column))
        else:
            met = weighing.by_destination(*pairs, code, share[None], places, squared=True)[0]
            out = _over(weighing.by_origin(*pairs, code, _over(offered, met), squared=True), row)
    return pd.Series(out, index=od.origin_ids, name=f"{named(supply, 'supply')}_{method}")


@overload
def spatial_availability(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, decay: Weight, alpha: float = ..., with_reason: Literal[False] = ...
) -> pd.Series: ...
@overload
def spatial_availability(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, decay: Weight, alpha: float = ..., with_reason: Literal[True]
) -> pd.DataFrame: ...
def spatial_availability(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, decay: Weight, alpha: float = 1.0, with_reason: bool = False
) -> pd.Series | pd.DataFrame:
    """Supply that falls to each origin when it is shared out by demand and nearness.

    Parameters
    ----------
    od : ODMatrix
        From demand to supply.
    supply : pandas.Series
        Supply by destination id.
    demand : pandas.Series
        Persons by origin id.
    decay : Decay or callable
    alpha : float, default 1
        Power of demand: below 1 small places get more, above 1 large ones.
    with_reason : bool, default False
        Give a table with a column `reason` beside the values.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        ``<supply>_available``, one entry an origin. nan with the reason ``nothing_reached`` where no destination is within
        the decay, and ``no_demand`` where it reaches a place that no demand reaches at all: its share there is 0/0
        (its own demand is then 0). The same rows are NA in the R package accessibility.

    Raises
    ------
    LayerError
        If supply or demand is missing or below 0 for an id, the decay gives no weight for some minutes, or alpha is
        below 0.

    Notes
    -----
    V_i = sum_j S_j P_i^alpha f(c_ij) / sum_k P_k^alpha f(c_kj) (Soukhov et al. 2023); the sum over origins is the supply
    that any demand reaches. The paper's two balancing factors, each a share, have this product.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.accessibility.decay import step
    >>> od = ODMatrix.from_dense(np.array([[10.0], [20.0]]))
    >>> spatial_availability(od, pd.Series([6.0]), pd.Series([10.0, 20.0]), decay=step(30)).tolist()
    [2.0, 4.0]
    """
    import pandas as pd

    if not 0.0 <= alpha < math.inf:
        raise LayerError(f"alpha must be a finite number from 0 up, got {alpha}; 1 shares by demand itself")
    checked(od)
    offered = amounts_of(od.destination_ids, supply, "supply")
    wanted = amounts_of(od.origin_ids, demand, "demand", "origins") ** alpha
    pairs, code = arrays(od), code_of(decay, od)
    met = weighing.by_destination(*pairs, code, wanted[None], od.shape[1])[0]
    out = wanted * weighing.by_origin(*pairs, code, _over(offered, met))
    # only who demands nothing can be alone at a place; one such place is enough, as in the R package: the share there is not known
    alone = wanted == 0
    lonely = (met == 0).astype(np.float64)
    orphans = alone & (weighing.by_origin(*pairs, code, lonely, only=alone) > 0) if lonely.any() else np.zeros(out.size, bool)
    unsure = out == 0
    reached = ~unsure | (weighing.by_origin(*pairs, code, np.ones(od.shape[1]), only=unsure) > 0)
    out[orphans | ~reached] = np.nan
    result = pd.Series(out, index=od.origin_ids, name=f"{named(supply, 'supply')}_available")
    if not with_reason:
        return result
    return result.to_frame().assign(reason=np.where(~reached, "nothing_reached", np.where(orphans, "no_demand", "")))


@overload
def balancing_cost(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, increment_min: float = ..., with_reason: Literal[False] = ...
) -> pd.Series: ...
@overload
def balancing_cost(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, increment_min: float = ..., with_reason: Literal[True]
) -> pd.DataFrame: ...
def balancing_cost(
    od: ODMatrix, supply: pd.Series, demand: pd.Series, *, increment_min: float = 1.0, with_reason: bool = False
) -> pd.Series | pd.DataFrame:
    """Minutes within which an origin reaches more supply than it demands itself.

    Parameters
    ----------
    od : ODMatrix
        From demand to supply.
    supply : pandas.Series
        Supply by destination id.
    demand : pandas.Series
        Persons by origin id.
    increment_min : float, default 1
        Minutes are tried in steps of this: 0, 1, 2 and so on.
    with_reason : bool, default False
        Give a table with a column `reason` beside the values.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        ``balancing_min``, one entry an origin; 0 where nobody demands. nan with the reason ``nothing_reached`` where
        nothing is reached and ``never_balanced`` where all that is reached is not more than demanded.

    Raises
    ------
    LayerError
        If supply or demand is missing or below 0 for an id, or the increment is not above 0 or too small.

    Notes
    -----
    B_i = min over t = 0, increment, ... such that sum over j of S_j where c_ij <= t is above P_i (Barboza et al. 2021;
    above, not from, as in the R package accessibility).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> od = ODMatrix.from_dense(np.array([[4.2, 9.0]]))
    >>> balancing_cost(od, pd.Series([10.0, 20.0]), pd.Series([12.0])).tolist()
    [9.0]
    """
    import pandas as pd

    by = minutes_of(increment_min, "increment_min")
    checked(od)
    longest = float(od.minutes.max(initial=0.0))
    if by <= 0 or longest / by > _MOST_STEPS:
        raise LayerError(
            f"increment_min must be above 0 and need at most {_MOST_STEPS} steps to the longest {longest:g} minutes, got {increment_min}; give for instance 1"
        )
    offered = amounts_of(od.destination_ids, supply, "supply")
    wanted = amounts_of(od.origin_ids, demand, "demand", "origins")
    out = measures.balancing(*arrays(od), offered, wanted, by, longest)
    result = pd.Series(out, index=od.origin_ids, name="balancing_min")
    if not with_reason:
        return result
    nothing = np.diff(od.indptr) == 0
    return result.to_frame().assign(reason=np.where(~np.isnan(out), "", np.where(nothing, "nothing_reached", "never_balanced")))
