"""How cost deters: the four forms that interaction models are fitted with, and what they make of a cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from landplan.catchment._matrices import cost_array
from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.od import ODMatrix

__all__ = ["DecayForm", "covariates", "decay_names", "deterrence", "logsum_cost"]

DecayForm = Literal["exponential", "power", "tanner", "logsum"]


def decay_names(decay: str) -> tuple[str, ...]:
    """Return the parameters of a decay.

    Raises
    ------
    LayerError
        If there is no such decay.

    Examples
    --------
    >>> decay_names("tanner")
    ('alpha', 'beta')
    """
    if decay not in get_args(DecayForm):
        raise LayerError(f"there is no decay {decay!r}; decays are {', '.join(get_args(DecayForm))}")
    return ("alpha", "beta") if decay == "tanner" else ("beta",)


def covariates(cost: NDArray[np.float64], decay: str, used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what the decay's parameters multiply in the exponent, 0 for pairs that are not used."""
    safe = np.where(used, cost, 1.0)
    parts = [-safe] if decay in ("exponential", "logsum") else [-np.log(safe)] if decay == "power" else [np.log(safe), -safe]
    return np.where(used, np.array(parts), 0.0)


def deterrence(cost: NDArray[np.floating], decay: DecayForm, parameters: Mapping[str, float]) -> NDArray[np.float64]:
    """Return what remains of the wish to go, by cost; 0 where unreached.

    Parameters
    ----------
    cost : ndarray of float
        Above 0 for ``power`` and ``tanner``; for ``logsum`` what `logsum_cost` gave.
    decay : {"exponential", "power", "tanner", "logsum"}
    parameters : mapping
        `beta`, and `alpha` for ``tanner``: `FittedInteraction.parameters`, or a row of `prior`.

    Returns
    -------
    ndarray of float64
        Not scaled to f(0) = 1: balancing factors or shares take the scale out again.

    Raises
    ------
    LayerError
        If a parameter is missing, or a cost is 0 where its logarithm is asked for.

    Notes
    -----
    exponential and logsum: exp(-beta c); power: c^-beta; tanner: c^alpha exp(-beta c) (Tanner 1961).

    Examples
    --------
    >>> import numpy as np
    >>> deterrence(np.array([2.0, np.inf]), "power", {"beta": 2.0}).round(9).tolist()
    [0.25, 0.0]
    """
    values = np.asarray(cost, np.float64)
    names = decay_names(decay)
    if lacking := [n for n in names if n not in parameters]:
        raise LayerError(f"decay {decay} needs {' and '.join(names)}; {lacking[0]} is missing")
    if decay in ("power", "tanner") and (values == 0).any():
        raise LayerError(f"a cost of 0 has no {decay} decay; give a cost within the zone, or leave the pair out")
    reached = np.isfinite(values)
    x = covariates(values, decay, reached)
    return np.where(reached, np.exp(np.einsum("k,k...->...", np.array([parameters[n] for n in names]), x)), 0.0)


def logsum_cost(
    costs: Mapping[str, pd.DataFrame | ODMatrix], *, scale: float, constants: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Combine the costs of several modes into one that is lower than the lowest by what the choice is worth.

    Parameters
    ----------
    costs : mapping of str to pandas.DataFrame or ODMatrix
        Cost by mode; the first has the zones' order. Pairs a mode does not serve are ``inf``.
    scale : float
        How strongly modes differ by cost (1 per unit of cost); large: the cheapest mode alone.
    constants : mapping of str to float, optional
        Added to a mode's cost, in the same unit; default 0.

    Returns
    -------
    pandas.DataFrame
        ``inf`` where no mode goes. It may be below 0 where many modes cost little.

    Raises
    ------
    LayerError
        If the scale is not above 0, there is no mode, a constant names another mode, or a cost is missing or negative.

    Notes
    -----
    C_ij = -(1 / scale) ln sum_m exp(-scale (c_ijm + k_m)), the composite cost of a multinomial logit (Williams 1977).

    Examples
    --------
    >>> import pandas as pd
    >>> car, bus = (pd.DataFrame([[t]], ["a"], ["b"]) for t in (20.0, 20.0))
    >>> round(float(logsum_cost({"car": car, "bus": bus}, scale=0.1).loc["a", "b"]), 3)
    13.069
    """
    import pandas as pd

    if not (scale > 0 and np.isfinite(scale)):
        raise LayerError(f"the scale of a log-sum must be above 0, got {scale}")
    if not isinstance(costs, Mapping) or not costs:
        raise LayerError("a log-sum needs costs by mode, for example {'car': ..., 'bus': ...}")
    shift = dict(constants or {})
    if unknown := [m for m in shift if m not in costs]:
        raise LayerError(f"the constant {unknown[0]!r} is of no mode; modes are {', '.join(costs)}")
    first: Any = next(iter(costs.values()))
    origins, destinations = (first.index, first.columns) if isinstance(first, pd.DataFrame) else (first.origin_ids, first.destination_ids)
    each = np.array([cost_array(c, origins, destinations, name=f"cost of {m}") + shift.get(m, 0.0) for m, c in costs.items()])
    low = each.min(axis=0)
    with np.errstate(invalid="ignore"):
        total = np.exp(-scale * (each - np.where(np.isfinite(low), low, 0.0))).sum(axis=0)
        out = np.where(np.isfinite(low), low - np.log(np.where(total > 0, total, 1.0)) / scale, np.inf)
    return pd.DataFrame(out, origins, destinations)
