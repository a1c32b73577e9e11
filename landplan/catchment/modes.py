"""Which way people travel: a multinomial logit on time, cost and a constant a mode, matched to observed shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from landplan.errors import LayerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ModeChoice", "calibrate"]


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """A multinomial logit between modes.

    The utility of a mode is V = constant + per_minute · minutes + per_sek · cost; its share is exp(V) over the sum of all modes
    (McFadden 1974). A mode that does not lead there has no share.

    Attributes
    ----------
    modes : tuple of str
        The first is the reference: what all modes are worth together is said in its minutes.
    per_minute, per_sek : float
        Utility of a minute and of a krona, below 0 and at most 0. Inputs with a source, not found here.
    constants : mapping of str to float
        By mode; 0 for the reference.
    source : str
        Where the coefficients and the constants are from.

    Raises
    ------
    LayerError
        If there is no mode, a mode is named twice, or a coefficient has the wrong sign.
    """

    modes: tuple[str, ...]
    per_minute: float
    per_sek: float = 0.0
    constants: Mapping[str, float] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not self.modes or len(set(self.modes)) < len(self.modes):
            raise LayerError(f"a choice needs modes, each named once; got {list(self.modes)}")
        if not (self.per_minute < 0 and np.isfinite(self.per_minute)):
            raise LayerError(f"per_minute must be below 0 (time is a burden), got {self.per_minute:g}")
        if not (self.per_sek <= 0 and np.isfinite(self.per_sek)):
            raise LayerError(f"per_sek must be 0 or below (cost is a burden), got {self.per_sek:g}")
        if unknown := sorted(set(self.constants or {}) - set(self.modes)):
            raise LayerError(f"there is a constant for {unknown[0]!r}, which is none of the modes {', '.join(self.modes)}")

    def utilities(self, minutes: NDArray[np.float64], cost_sek: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return V, ``-inf`` where a mode does not lead there.

        Parameters
        ----------
        minutes : ndarray of float64, shape (modes, …)
            ``inf`` or nan where a mode does not lead there.
        cost_sek : ndarray of float64, optional
            Of the same shape.
        """
        minutes = np.asarray(minutes, np.float64)
        if minutes.shape[0] != len(self.modes):
            raise LayerError(f"minutes are of {minutes.shape[0]} modes, the choice is between {len(self.modes)} ({', '.join(self.modes)})")
        constant = np.array([(self.constants or {}).get(m, 0.0) for m in self.modes]).reshape(-1, *[1] * (minutes.ndim - 1))
        known = np.isfinite(minutes)
        v = constant + self.per_minute * np.where(known, minutes, 0.0)
        if cost_sek is not None:
            v = v + self.per_sek * np.asarray(cost_sek, np.float64)
        out: NDArray[np.float64] = np.where(known, v, -np.inf)
        return out

    def shares(self, minutes: NDArray[np.float64], cost_sek: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return each mode's share, of the shape of `minutes`; 0 for all where no mode leads there.

        Examples
        --------
        >>> import numpy as np
        >>> choice = ModeChoice(("car", "bike"), per_minute=-0.1)
        >>> choice.shares(np.array([[10.0, 10.0], [10.0, np.inf]])).tolist()
        [[0.5, 1.0], [0.5, 0.0]]
        """
        v = self.utilities(minutes, cost_sek)
        top = v.max(axis=0)
        weight = np.exp(v - np.where(np.isfinite(top), top, 0.0))
        total = weight.sum(axis=0)
        found: NDArray[np.float64] = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        return found

    def logsum_min(self, minutes: NDArray[np.float64], cost_sek: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return what all modes together are worth, as minutes of the reference mode; ``inf`` where none leads there.

        c = ln(sum exp V) / per_minute (Williams 1977; Ben-Akiva & Lerman 1985): with one mode its own minutes, and never more with one
        mode more.

        Examples
        --------
        >>> import numpy as np
        >>> ModeChoice(("car",), per_minute=-0.1).logsum_min(np.array([[12.0, np.inf]])).round(9).tolist()
        [12.0, inf]
        """
        v = self.utilities(minutes, cost_sek)
        top = v.max(axis=0)
        safe = np.where(np.isfinite(top), top, 0.0)
        with np.errstate(divide="ignore"):
            total = safe + np.log(np.exp(v - safe).sum(axis=0))
        out: NDArray[np.float64] = np.where(np.isfinite(top), total / self.per_minute, np.inf)
        return out


def calibrate(
    choice: ModeChoice, minutes: NDArray[np.float64], weights: NDArray[np.float64], observed: Mapping[str, float], *,
    cost_sek: NDArray[np.float64] | None = None,
) -> ModeChoice:  # fmt: skip
    """Return the choice with constants by which its shares are the observed ones exactly.

    Parameters
    ----------
    choice : ModeChoice
        Its constants are where the search begins.
    minutes : ndarray of float64, shape (modes, …)
        Of the trips that the shares were observed on.
    weights : ndarray of float64, shape of one mode's minutes
        How many trips each stands for.
    observed : mapping of str to float
        Share of each mode; they are scaled to sum to 1, as a survey has modes that the choice has not.
    cost_sek : ndarray of float64, optional

    Returns
    -------
    ModeChoice

    Raises
    ------
    LayerError
        If a mode has no observed share above 0, or leads nowhere on the trips, or no trip has any mode.

    Notes
    -----
    The constant of each mode moves by ln(observed / modelled) until the shares agree to 1e-12 (Berry, Levinsohn & Pakes 1995);
    it converges because shares rise in their own constant.

    Examples
    --------
    >>> import numpy as np
    >>> minutes = np.array([[10.0, 20.0], [15.0, 60.0]])
    >>> found = calibrate(ModeChoice(("car", "bike"), -0.1), minutes, np.ones(2), {"car": 0.8, "bike": 0.2})
    >>> found.shares(minutes).mean(axis=1).round(9).tolist()
    [0.8, 0.2]
    """
    lacking = [m for m in choice.modes if not observed.get(m, 0.0) > 0]
    if lacking:
        raise LayerError(f"mode {lacking[0]!r} has no observed share above 0; give one, or leave the mode out")
    weights = np.asarray(weights, np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise LayerError("a weight of the observed trips is negative or not known")
    known = np.isfinite(np.asarray(minutes, np.float64))
    some = known.any(axis=0) & (weights > 0)
    if not some.any():
        raise LayerError("no mode leads anywhere on the trips that shares were observed on; check the minutes")
    for mode, leads in zip(choice.modes, known, strict=True):
        if not (leads & some).any():
            raise LayerError(f"mode {mode!r} leads nowhere on the trips that shares were observed on; leave it out")
    flat = np.asarray(minutes, np.float64)[:, some]
    cost = None if cost_sek is None else np.asarray(cost_sek, np.float64)[:, some]
    w = weights[some] / weights[some].sum()
    target = np.array([observed[m] for m in choice.modes], np.float64)
    target /= target.sum()
    constants = np.array([(choice.constants or {}).get(m, 0.0) for m in choice.modes])
    now = choice
    for _ in range(2_000):
        now = replace(choice, constants=dict(zip(choice.modes, (constants - constants[0]).tolist(), strict=True)))
        shares = now.shares(flat, cost) @ w
        if np.abs(shares - target).max() < 1e-12:
            return now
        constants = constants + np.log(target / shares)
    # modes that most trips lack may not be able to reach their share
    worst = int(np.argmax(np.abs(shares - target)))
    raise LayerError(
        f"the observed share of {choice.modes[worst]!r}, {target[worst]:.1%}, cannot be met: on these trips the model reaches {shares[worst]:.1%}; "
        f"check its minutes, it may lead to too few places"
    )
