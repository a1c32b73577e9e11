"""Value functions: raw value to a score 0-1, 1 is best; unknown stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from landplan.errors import PlanError

__all__ = ["ValueFunction", "categories", "gaussian", "linear", "piecewise", "sigmoid"]

ValueFunction = Callable[[NDArray[np.floating]], NDArray[np.float32]]


def linear(worst: float, best: float) -> ValueFunction:
    """0 at `worst`, 1 at `best`, straight between, flat beyond.

    Raises
    ------
    PlanError
        If both are the same.

    Examples
    --------
    >>> import numpy as np
    >>> linear(10, 0)(np.array([0.0, 5.0, 20.0])).tolist()
    [1.0, 0.5, 0.0]
    """
    if worst == best:
        raise PlanError("a linear value function needs different worst and best")
    return lambda v: np.clip((np.asarray(v, np.float64) - worst) / (best - worst), 0.0, 1.0).astype(np.float32)


def piecewise(points: Sequence[tuple[float, float]]) -> ValueFunction:
    """Straight lines between (value, score) points, flat beyond the ends.

    Raises
    ------
    PlanError
        If the values do not rise.

    Examples
    --------
    >>> import numpy as np
    >>> piecewise([(0, 0), (10, 1)])(np.array([5.0])).tolist()
    [0.5]
    """
    xs, ys = (np.array([p[i] for p in points], np.float64) for i in (0, 1))
    if xs.size < 2 or (np.diff(xs) <= 0).any():
        raise PlanError(f"piecewise points need rising values, got {list(points)}")
    return lambda v: np.interp(np.asarray(v, np.float64), xs, ys).astype(np.float32)


def sigmoid(midpoint: float, spread: float) -> ValueFunction:
    """1 / (1 + exp(-(v - midpoint) / spread)); a negative spread falls.

    Raises
    ------
    PlanError
        If the spread is 0.

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid(5, 1)(np.array([5.0])).tolist()
    [0.5]
    """
    if spread == 0:
        raise PlanError("a sigmoid's spread must not be 0")

    def score(v: NDArray[np.floating]) -> NDArray[np.float32]:
        z = np.clip(-(np.asarray(v, np.float64) - midpoint) / spread, -700, 700)
        return (1.0 / (1.0 + np.exp(z))).astype(np.float32)

    return score


def gaussian(midpoint: float, spread: float) -> ValueFunction:
    """exp(-((v - midpoint) / spread)^2 / 2): best at `midpoint`.

    Raises
    ------
    PlanError
        If the spread is 0.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian(5, 1)(np.array([5.0])).tolist()
    [1.0]
    """
    if spread == 0:
        raise PlanError("a gaussian's spread must not be 0")
    return lambda v: np.exp(-0.5 * ((np.asarray(v, np.float64) - midpoint) / spread) ** 2).astype(np.float32)


def categories(scores: Mapping[float, float], otherwise: float | None = None) -> ValueFunction:
    """Look a class's score up; a class without one takes `otherwise`, or is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> categories({1: 1.0, 2: 0.2})(np.array([2.0, 1.0])).tolist()
    [0.20000000298023224, 1.0]
    """
    keys = np.array(sorted(scores), np.float64)
    table = np.array([scores[k] for k in sorted(scores)], np.float32)
    fallback = np.float32(np.nan if otherwise is None else otherwise)

    def score(v: NDArray[np.floating]) -> NDArray[np.float32]:
        values = np.asarray(v, np.float64)
        at = np.clip(np.searchsorted(keys, np.nan_to_num(values)), 0, keys.size - 1)
        out = np.where(keys[at] == values, table[at], fallback)
        return np.where(np.isnan(values), np.float32(np.nan), out).astype(np.float32)

    return score
