"""Decay: how much an opportunity counts when it costs so many minutes to reach. f(0) = 1.

A decay is a value: it can be compared, printed and called on an array of minutes, and the kernels read it as a code,
so that no array of weights is made. Any other function of minutes will do in its place; its weights are then made
once for all pairs (8 bytes a pair).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landplan.errors import LayerError
from landplan.kernels.weighing import KINDS, Code

__all__ = ["Decay", "Weight", "exponential", "gaussian", "linear", "logistic", "power", "step", "stepped"]

Kind = Literal["step", "linear", "exponential", "power", "logistic", "gaussian", "stepped"]


@dataclass(frozen=True, slots=True)
class Decay:
    """A weight that falls with minutes; made by the functions of this module.

    Attributes
    ----------
    kind : str
        Which function.
    parameters : tuple of float
        What it was made of; minutes of the steps for "stepped".
    weights : tuple of float
        Weights after each step, for "stepped".
    inclusive : bool
        Whether minutes that equal a step still have the weight before it.
    """

    kind: Kind
    parameters: tuple[float, ...]
    weights: tuple[float, ...] = ()
    inclusive: bool = True

    def __call__(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Weights of minutes, which may be infinite; limits are compared at the minutes' own precision."""
        given = np.asarray(minutes)
        t: NDArray[np.float64] = given.astype(np.float64)
        first = self.parameters[0]
        if self.kind == "step":
            return np.asarray(given <= self._limits(given)[0], np.float64)
        if self.kind == "linear":
            return np.maximum(1.0 - t / first, 0.0)
        if self.kind == "exponential":
            return np.asarray(np.exp(-first * t))
        if self.kind == "power":
            return np.maximum(t, 1.0) ** -first
        if self.kind == "gaussian":
            return np.exp(-0.5 * (t / first) ** 2)
        if self.kind == "logistic":
            steepness, scale = self._logistic()
            with np.errstate(over="ignore"):  # beyond e^709 the weight is 0
                return scale / (1.0 + np.exp((t - first) * steepness))
        side: Literal["left", "right"] = "left" if self.inclusive else "right"
        return np.array([1.0, *self.weights])[np.searchsorted(self._limits(given), given, side=side)]

    def code(self) -> Code:
        """Return what the kernels read."""
        edges = np.empty(0, np.float32)
        table = np.empty(0)
        parameters = np.array(self.parameters)
        if self.kind in ("step", "stepped"):
            edges = np.array(self.parameters, np.float32)
            if not self.inclusive:
                edges = np.nextafter(edges, np.float32(-np.inf))
            table = np.array([1.0, *self.weights])
        elif self.kind == "logistic":
            parameters = np.array([self.parameters[0], *self._logistic()])
        return Code(KINDS.index(self.kind), parameters, edges, table, np.empty(0))

    def _limits(self, minutes: NDArray[np.generic]) -> NDArray[np.floating]:
        floats = np.issubdtype(minutes.dtype, np.floating)
        return np.array(self.parameters, minutes.dtype if floats else np.float64)

    def _logistic(self) -> tuple[float, float]:
        """Steepness, and the scale that makes f(0) = 1."""
        steepness = np.pi / (self.parameters[1] * np.sqrt(3.0))
        return float(steepness), float(1.0 + np.exp(-self.parameters[0] * steepness))


Weight = Decay | Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""A decay, or any function that gives a weight for each of an array of minutes."""


def _positive(value: float, name: str, example: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not 0.0 < number < np.inf:
        raise LayerError(f"{name} must be a finite number above 0, got {value!r}; give for instance {example}")
    return number


def step(cutoff_min: float) -> Decay:
    """1 within the cutoff (inclusive), else 0.

    Raises
    ------
    LayerError
        If the cutoff is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> step(30)(np.array([30.0, 30.1])).tolist()
    [1.0, 0.0]
    """
    return Decay("step", (_positive(cutoff_min, "cutoff_min", "30 for half an hour"),))


def linear(cutoff_min: float) -> Decay:
    """1 - t / cutoff, 0 beyond it.

    Raises
    ------
    LayerError
        If the cutoff is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> linear(40)(np.array([10.0, 50.0])).tolist()
    [0.75, 0.0]
    """
    return Decay("linear", (_positive(cutoff_min, "cutoff_min", "40: nothing beyond 40 minutes"),))


def exponential(beta_per_min: float) -> Decay:
    """exp(-beta t).

    Raises
    ------
    LayerError
        If beta is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> exponential(0.1)(np.array([0.0])).tolist()
    [1.0]
    """
    return Decay("exponential", (_positive(beta_per_min, "beta_per_min", "0.1: half the weight after 7 minutes"),))


def power(exponent: float) -> Decay:
    """max(t, 1)^-exponent, so that f(0) = f(1) = 1.

    Raises
    ------
    LayerError
        If the exponent is not above 0.

    Notes
    -----
    t^-b has no value at 0 minutes and passes 1 below one minute: no weight is above 1, as in the R package
    accessibility (Pereira & Herszenhut), so that a matrix with zeros on its diagonal needs no treatment.

    Examples
    --------
    >>> import numpy as np
    >>> power(1.0)(np.array([0.0, 4.0])).tolist()
    [1.0, 0.25]
    """
    return Decay("power", (_positive(exponent, "exponent", "1.2"),))


def logistic(cutoff_min: float, sd_min: float) -> Decay:
    """Cumulative logistic with inflection `cutoff_min` and standard deviation `sd_min`, scaled to f(0) = 1.

    Raises
    ------
    LayerError
        If either is not above 0.

    Notes
    -----
    f(t) = (1 + exp(-c pi / (s sqrt 3))) / (1 + exp((t - c) pi / (s sqrt 3))) (Bauer & Groneberg 2016), as in the R package
    accessibility (Pereira & Herszenhut).

    Examples
    --------
    >>> import numpy as np
    >>> logistic(40, 10)(np.array([0.0])).tolist()
    [1.0]
    """
    return Decay(
        "logistic",
        (_positive(cutoff_min, "cutoff_min", "40: about half the weight there"), _positive(sd_min, "sd_min", "10 for a gentle fall")),
    )


def gaussian(sd_min: float) -> Decay:
    """exp(-t^2 / (2 sd^2)).

    Raises
    ------
    LayerError
        If the deviation is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian(10)(np.array([0.0])).tolist()
    [1.0]
    """
    return Decay("gaussian", (_positive(sd_min, "sd_min", "15: a weight of 0.61 after 15 minutes"),))


def stepped(steps_min: Sequence[float], weights: Sequence[float], *, inclusive: bool = True) -> Decay:
    """Weight 1 up to the first step, then `weights[i]` beyond `steps_min[i]`.

    Parameters
    ----------
    steps_min : sequence of float
        Rising, above 0.
    weights : sequence of float
        One a step, from 0 to 1; end with 0 for a catchment that ends.
    inclusive : bool, default True
        Minutes that equal a step have the weight before it, as within is inclusive everywhere here and in PySAL's
        access; with False the weight after it, as in the R package accessibility.

    Returns
    -------
    Decay

    Raises
    ------
    LayerError
        If the steps do not rise from above 0, or have not one weight from 0 to 1 each.

    Examples
    --------
    >>> import numpy as np
    >>> stepped([10, 20], [0.5, 0.0])(np.array([5.0, 10.0, 15.0, 25.0])).tolist()
    [1.0, 1.0, 0.5, 0.0]
    >>> stepped([10, 20], [0.5, 0.0], inclusive=False)(np.array([5.0, 10.0, 15.0, 25.0])).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    try:
        edges, table = np.array(steps_min, np.float64), np.array(weights, np.float64)
    except (TypeError, ValueError):
        edges, table = np.empty((0, 0)), np.empty(0)
    fits = edges.ndim == 1 and edges.shape == table.shape and edges.size > 0
    if not fits or not (np.diff(edges, prepend=0.0) > 0).all() or not np.isfinite(edges).all() or not ((table >= 0) & (table <= 1)).all():
        raise LayerError(
            f"steps must rise from above 0 and have one weight each from 0 to 1, got {steps_min!r} and {weights!r}; "
            "give for instance [10, 20, 30] and [0.68, 0.22, 0]"
        )
    return Decay("stepped", tuple(edges.tolist()), tuple(table.tolist()), bool(inclusive))
