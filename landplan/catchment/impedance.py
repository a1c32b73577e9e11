"""How the wish to take a job falls with the minutes to it, with the interval that it is known within."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from landplan.errors import LayerError
from landplan.kernels import recruit as kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landplan.catchment.interaction import FittedInteraction

__all__ = ["LEAST_MIN", "Impedance", "Range", "in_order"]

Range = tuple[float, float, float]
"""Low, central, high."""
LEAST_MIN: Final = 1.0
"""A power of nothing is without bound: for powers nobody's way is shorter than this."""


def in_order(value: Range, name: str, *, most: float = np.inf) -> None:
    """Refuse a range that is out of order, negative or above its limit; `name` says whose.

    Raises
    ------
    LayerError
        With the range.
    """
    low, central, high = value
    if not (0 <= low <= central <= high <= most and np.isfinite(high)):
        limit = "" if np.isinf(most) else f" and at most {most:g}"
        raise LayerError(f"{name} must be low <= central <= high, not below 0{limit}; got {low:g}, {central:g}, {high:g}")


@dataclass(frozen=True, slots=True)
class Impedance:
    """How the wish to take a job falls with the minutes to it.

    Attributes
    ----------
    kind : {"exponential", "power", "tanner", "logistic"}
        exp(-v t); t^-v; t^s exp(-v t); 1 / (1 + exp((t - v) / s)): the share still willing at t minutes when half give up by v.
    value : tuple of float
        v: low, central, high; low and high are taken as the ends of a 95 % interval.
    spread : float
        s.
    within_min : float
        Beyond it nobody comes.
    source : str

    Raises
    ------
    LayerError
        If the form is not known or a parameter out of range.
    """

    kind: Literal["exponential", "power", "tanner", "logistic"]
    value: Range
    spread: float = 0.0
    within_min: float = 120.0
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no decay."""
        if self.kind not in kernel.DECAYS:
            raise LayerError(f"there is no impedance {self.kind!r}; there are {', '.join(kernel.DECAYS)}")
        in_order(self.value, f"the value of the {self.kind} impedance")
        if not self.value[0] > 0:
            raise LayerError(f"the value of the {self.kind} impedance must be above 0, got {self.value[0]:g}")
        if self.kind == "logistic" and not self.spread > 0:
            raise LayerError(f"a logistic impedance needs a spread above 0 minutes, got {self.spread:g}")
        if not self.within_min > 0:
            raise LayerError(f"within_min must be above 0, got {self.within_min:g}")

    @classmethod
    def from_fit(cls, fit: FittedInteraction, *, within_min: float = 120.0, source: str = "") -> Impedance:
        """Return a fitted interaction's decay with its interval; a log-sum fit is exponential in its minutes."""
        decay = "exponential" if fit.decay == "logsum" else fit.decay
        low, high = float(fit.intervals["low"]["beta"]), float(fit.intervals["high"]["beta"])
        value = float(fit.parameters["beta"])
        spread = float(fit.parameters["alpha"]) if "alpha" in fit.parameters else 0.0
        return cls(decay, (max(low, 1e-9), value, max(high, value)), spread, within_min, source)

    def at(self, minutes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the central decay at minutes; 0 where out of reach."""
        t = np.asarray(minutes, np.float64)
        near = np.isfinite(t) & (t <= self.within_min)
        v, s = self.value[1], self.spread
        safe = np.where(near, np.maximum(t, LEAST_MIN) if self.kind in ("power", "tanner") else t, 1.0)
        if self.kind == "logistic":
            f = 1.0 / (1.0 + np.exp(np.minimum((safe - v) / s, 700.0)))
        elif self.kind == "power":
            f = safe**-v
        else:
            f = np.exp(-v * safe) * (safe**s if self.kind == "tanner" else 1.0)
        return np.where(near, f, 0.0)
