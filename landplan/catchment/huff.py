"""Huff's shares: how a zone's custom or labour is shared among the places it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.catchment._matrices import cost_array, zone_values
from landplan.catchment.decays import DecayForm, covariates, decay_names
from landplan.errors import LayerError
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HuffShares", "huff"]


@dataclass(frozen=True, slots=True)
class HuffShares:
    """Shares of each origin among destinations.

    Attributes
    ----------
    shares : pandas.DataFrame
        Origins as rows; a row sums to 1, or is 0 with a reason.
    reasons : pandas.Series
        Per origin: empty, ``beyond_cutoff`` (an OD matrix holds no pair of it), ``disconnected`` (every cost is infinite) or
        ``no_service`` (nothing it reaches has an attraction).
    totals : pandas.DataFrame
        Per destination: `amount` (sum of demand times share) and `share` of all demand that reaches anything. Empty without demand.
    unserved : float
        Demand of origins with a reason; nan without demand.
    """

    shares: pd.DataFrame
    reasons: pd.Series
    totals: pd.DataFrame
    unserved: float


def huff(
    cost: pd.DataFrame | ODMatrix,
    attraction: Any,
    *,
    attraction_exponent: float = 1.0,
    decay: DecayForm = "power",
    parameters: Mapping[str, float],
    demand: Any = None,
) -> HuffShares:
    """Share each origin among the destinations it reaches, by attraction and cost.

    Parameters
    ----------
    cost : pandas.DataFrame or ODMatrix
        Origins as rows; unreached is ``inf`` or absent.
    attraction : pandas.Series, mapping or array
        By destination: floor space, jobs. 0 draws nobody.
    attraction_exponent : float
    decay : {"power", "exponential", "tanner", "logsum"}
    parameters : mapping
        `beta` (and `alpha`), as for `deterrence`.
    demand : pandas.Series, mapping or array, optional
        By origin: persons, purchasing power.

    Returns
    -------
    HuffShares

    Raises
    ------
    LayerError
        If a zone, number or parameter is missing, negative, or a cost is 0 under a power decay.

    Notes
    -----
    p_ij = A_j^g f(c_ij) / sum_k A_k^g f(c_ik) (Huff 1962, 1964). Worked in logarithms, so that far origins still have shares.

    Examples
    --------
    >>> import pandas as pd
    >>> cost = pd.DataFrame([[1.0, 2.0]], ["home"], ["near", "far"])
    >>> huff(cost, {"near": 100, "far": 400}, parameters={"beta": 2.0}).shares.loc["home"].round(9).tolist()
    [0.5, 0.5]
    """
    import pandas as pd

    names = decay_names(decay)
    if lacking := [n for n in names if n not in parameters]:
        raise LayerError(f"decay {decay} needs {' and '.join(names)}; {lacking[0]} is missing")
    origins, destinations = (cost.origin_ids, cost.destination_ids) if isinstance(cost, ODMatrix) else (cost.index, cost.columns)
    minutes = cost_array(cost, origins, destinations)
    draw = zone_values(attraction, destinations, name="attraction")
    open_to = np.isfinite(minutes) & (draw > 0)
    zero = open_to & (minutes == 0)
    if decay in ("power", "tanner") and zero.any():
        i, j = np.argwhere(zero)[0]
        raise LayerError(f"{origins[i]} -> {destinations[j]} costs 0 and a {decay} decay needs costs above 0; give the cost within the zone")
    theta = np.array([parameters[n] for n in names], np.float64)
    logs = attraction_exponent * np.log(np.where(draw > 0, draw, 1.0)) + np.einsum("k,kij->ij", theta, covariates(minutes, decay, open_to))
    logs = np.where(open_to, logs, -np.inf)
    best = logs.max(axis=1, keepdims=True, initial=-np.inf)
    weight = np.exp(logs - np.where(np.isfinite(best), best, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    shares = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    served = total[:, 0] > 0
    away = "beyond_cutoff" if isinstance(cost, ODMatrix) else "disconnected"
    reasons = np.where(served, "", np.where(np.isfinite(minutes).any(axis=1), "no_service", away))
    totals, unserved = pd.DataFrame(columns=["amount", "share"]), float("nan")
    if demand is not None:
        wanted = zone_values(demand, origins, name="demand")
        amount = wanted @ shares
        sold = amount.sum()
        totals = pd.DataFrame({"amount": amount, "share": amount / sold if sold > 0 else np.nan}, destinations)
        unserved = float(wanted[~served].sum())
    return HuffShares(pd.DataFrame(shares, origins, destinations), pd.Series(reasons, origins, name="reason"), totals, unserved)
