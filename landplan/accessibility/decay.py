"""Decay: how much an opportunity counts when it costs so many minutes to reach. f(0) = 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Decay", "exponential", "gaussian", "linear", "logistic", "power", "step", "stepped"]

Decay = Callable[[NDArray[np.floating]], NDArray[np.float64]]


def _positive(value: float, name: str) -> float:
    if not value > 0:
        raise ValueError(f"{name} must be above 0, got {value}")
    return float(value)


def step(cutoff_min: float) -> Decay:
    """1 within the cutoff (inclusive), else 0.

    Examples
    --------
    >>> import numpy as np
    >>> step(30)(np.array([30.0, 30.1])).tolist()
    [1.0, 0.0]
    """
    limit = _positive(cutoff_min, "cutoff_min")
    return lambda t: (np.asarray(t) <= limit).astype(np.float64)


def linear(cutoff_min: float) -> Decay:
    """1 - t / cutoff, 0 beyond it.

    Examples
    --------
    >>> import numpy as np
    >>> linear(40)(np.array([10.0, 50.0])).tolist()
    [0.75, 0.0]
    """
    limit = _positive(cutoff_min, "cutoff_min")
    return lambda t: np.clip(1.0 - np.asarray(t, np.float64) / limit, 0.0, 1.0)


def exponential(beta_per_min: float) -> Decay:
    """exp(-beta t).

    Examples
    --------
    >>> import numpy as np
    >>> exponential(0.1)(np.array([0.0])).tolist()
    [1.0]
    """
    beta = _positive(beta_per_min, "beta_per_min")
    return lambda t: np.exp(-beta * np.asarray(t, np.float64))


def power(exponent: float) -> Decay:
    """max(t, 1)^-exponent, so that f(0) = f(1) = 1.

    Examples
    --------
    >>> import numpy as np
    >>> power(1.0)(np.array([0.0, 4.0])).tolist()
    [1.0, 0.25]
    """
    b = _positive(exponent, "exponent")
    return lambda t: np.maximum(np.asarray(t, np.float64), 1.0) ** -b


def logistic(cutoff_min: float, sd_min: float) -> Decay:
    """Cumulative logistic with inflection `cutoff_min` and standard deviation `sd_min`, scaled to f(0) = 1.

    Notes
    -----
    f(t) = (1 + exp(-c pi / (s sqrt 3))) / (1 + exp((t - c) pi / (s sqrt 3))), as in the R package
    accessibility (Pereira & Herszenhut).

    Examples
    --------
    >>> import numpy as np
    >>> logistic(40, 10)(np.array([0.0])).tolist()
    [1.0]
    """
    c, s = _positive(cutoff_min, "cutoff_min"), _positive(sd_min, "sd_min")
    k = np.pi / (s * np.sqrt(3.0))
    return lambda t: (1.0 + np.exp(-c * k)) / (1.0 + np.exp((np.asarray(t, np.float64) - c) * k))


def gaussian(sd_min: float) -> Decay:
    """exp(-t^2 / (2 sd^2)).

    Examples
    --------
    >>> import numpy as np
    >>> gaussian(10)(np.array([0.0])).tolist()
    [1.0]
    """
    s = _positive(sd_min, "sd_min")
    return lambda t: np.exp(-0.5 * (np.asarray(t, np.float64) / s) ** 2)


def stepped(steps_min: Sequence[float], weights: Sequence[float]) -> Decay:
    """Weight 1 up to the first step, then `weights[i]` beyond `steps_min[i]`.

    Raises
    ------
    ValueError
        If the steps do not rise or have not one weight each.

    Examples
    --------
    >>> import numpy as np
    >>> stepped([10, 20], [0.5, 0.0])(np.array([5.0, 10.0, 15.0, 25.0])).tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    edges, table = np.asarray(steps_min, np.float64), np.array([1.0, *weights])
    if edges.size != table.size - 1 or (np.diff(edges) <= 0).any():
        raise ValueError(f"steps must rise and have one weight each, got {list(steps_min)} and {list(weights)}")
    return lambda t: table[np.searchsorted(edges, np.asarray(t, np.float64), side="left")]
