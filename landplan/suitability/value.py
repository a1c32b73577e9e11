"""Value functions: raw value to a score 0-1, 1 is best; unknown stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landplan.errors import PlanError
from landplan.kernels import overlay

__all__ = ["Scoring", "ValueFunction", "categories", "gaussian", "linear", "piecewise", "sigmoid"]

Scoring = Callable[[NDArray[Any]], NDArray[np.float32]]
"""What a criterion's `value` may be: a `ValueFunction`, or any function of an array that gives scores."""


@dataclass(frozen=True, slots=True)
class ValueFunction:
    """A value function as data: called with values it gives scores, and kernels read its table.

    Attributes
    ----------
    kind : {"linear", "piecewise", "sigmoid", "gaussian", "categories"}
    table : kernels.overlay.Table
        Points, classes or parameters.
    """

    kind: Literal["linear", "piecewise", "sigmoid", "gaussian", "categories"]
    table: overlay.Table = field(compare=False)

    def __call__(self, values: ArrayLike) -> NDArray[np.float32]:
        """Return the scores of raw values, nan where unknown; to the bit what an overlay uses."""
        array = np.asarray(values)
        return overlay.values(array if array.dtype in (np.float32, np.float64) else array.astype(np.float64), self.table)

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Its (value, score) points; parameters for a sigmoid or gaussian."""
        return tuple(zip((float(x) for x in np.ravel(self.table.xs)), (float(y) for y in np.ravel(self.table.ys)), strict=True))

    @property
    def way(self) -> Literal["more", "less"] | None:
        """Whether more is better, or less; None when it turns or has classes."""
        xs, ys = (np.asarray(v, np.float64) for v in (self.table.xs, self.table.ys))
        if self.kind == "sigmoid":
            return "more" if ys[0] > 0 else "less"
        if self.kind in ("gaussian", "categories") or xs.size < 2:
            return None
        steps = np.diff(ys)
        if (steps >= 0).all() and (steps > 0).any():
            return "more"
        return "less" if (steps <= 0).all() and (steps < 0).any() else None

    @property
    def reach(self) -> float:
        """The largest value at which a score still changes (a sigmoid's to within 0.0002): how far a distance must see."""
        xs, ys = (np.asarray(v, np.float64) for v in (self.table.xs, self.table.ys))
        if self.kind in ("sigmoid", "gaussian"):
            return float(xs[0]) + (9.0 if self.kind == "sigmoid" else 6.0) * abs(float(ys[0]))
        return float(xs.max()) if xs.size else 0.0

    def span(self) -> tuple[float, float]:
        """Return the values between which something happens: what a plot of it shows."""
        xs, ys = (np.asarray(v, np.float64) for v in (self.table.xs, self.table.ys))
        if self.kind in ("sigmoid", "gaussian"):
            reach = (6.0 if self.kind == "sigmoid" else 3.0) * abs(float(ys[0]))
            return float(xs[0]) - reach, float(xs[0]) + reach
        return (float(xs[0]), float(xs[-1])) if xs.size else (0.0, 1.0)


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
    low, high = sorted([(float(worst), 0.0), (float(best), 1.0)])
    return ValueFunction("linear", overlay.Table("piecewise", (low[0], high[0]), (low[1], high[1])))


def piecewise(points: Sequence[tuple[float, float]]) -> ValueFunction:
    """Straight lines between (value, score) points, flat beyond the ends.

    Raises
    ------
    PlanError
        If the values do not rise, or a score is not in 0-1.

    Examples
    --------
    >>> import numpy as np
    >>> piecewise([(0, 0), (10, 1)])(np.array([5.0])).tolist()
    [0.5]
    """
    xs, ys = (np.array([p[i] for p in points], np.float64) for i in (0, 1))
    if xs.size < 2 or (np.diff(xs) <= 0).any():
        raise PlanError(f"piecewise points need rising values, got {list(points)}")
    _require_scores(ys, "piecewise points")
    return ValueFunction("piecewise", overlay.Table("piecewise", xs, ys))


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
    return ValueFunction("sigmoid", overlay.Table("sigmoid", [midpoint], [spread]))


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
    return ValueFunction("gaussian", overlay.Table("gaussian", [midpoint], [spread]))


def categories(scores: Mapping[float, float], otherwise: float | None = None) -> ValueFunction:
    """Look a class's score up; a class without one takes `otherwise`, or is unknown.

    Raises
    ------
    PlanError
        If a score is not in 0-1.

    Examples
    --------
    >>> import numpy as np
    >>> categories({1: 1.0, 2: 0.2})(np.array([2.0, 1.0])).tolist()
    [0.20000000298023224, 1.0]
    """
    keys = sorted(scores)
    ys = np.array([scores[k] for k in keys], np.float64)
    _require_scores(ys if otherwise is None else np.append(ys, otherwise), "scores of classes")
    return ValueFunction(
        "categories", overlay.Table("categories", np.array(keys, np.float64), ys, np.nan if otherwise is None else float(otherwise))
    )


def _require_scores(scores: NDArray[np.float64], what: str) -> None:
    if not ((scores >= 0) & (scores <= 1)).all():
        raise PlanError(f"{what} must lie in 0-1, 1 is best; got {scores.tolist()}")
