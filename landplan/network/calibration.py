"""Calibration: class speeds moved, within bounds, until modelled minutes come near observed ones.

Only classes move. A way's minutes are the sum over classes of its seconds there divided by the class's factor, plus what no factor
touches (ferries, waits, access legs): linear in the inverse factors as long as the ways stay the same. So each round is a bounded
linear least-squares problem, and the ways are found again until they settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import require_columns
from landplan.errors import NetworkError
from landplan.network.graph import Network
from landplan.network.paths import Piece, way_between
from landplan.network.speeds import SpeedProfile, travel_seconds

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A profile moved towards observed minutes, and how near it came.

    Attributes
    ----------
    profile : SpeedProfile
        The network's own with new class factors.
    factors : pandas.DataFrame
        `road_class`, `before`, `after`, `bound` ("low", "high" or "").
    residuals : pandas.DataFrame
        `origin`, `destination`, `observed_min`, `before_min`, `after_min`, `error_before_min`, `error_after_min`.
    rmse_before_min, rmse_after_min : float
    rounds : int
        Times the ways were found again.
    settled : bool
        Whether the factors had stopped moving.
    """

    profile: SpeedProfile
    factors: pd.DataFrame
    residuals: pd.DataFrame
    rmse_before_min: float
    rmse_after_min: float
    rounds: int
    settled: bool

    def lines(self) -> list[str]:
        """Return the report as plain sentences."""
        worst = self.residuals.iloc[int(self.residuals["error_after_min"].abs().to_numpy().argmax())]
        out = [
            f"{len(self.residuals)} observed times: root mean square error {self.rmse_before_min:.2f} min before, {self.rmse_after_min:.2f} min after",
            f"worst after: {worst['origin']} to {worst['destination']}, {worst['after_min']:.1f} min modelled, {worst['observed_min']:.1f} observed",
        ]
        bound = self.factors[self.factors["bound"] != ""]
        out += [f"the factor of {r.road_class} stands at its {r.bound} bound ({r.after:.2f})" for r in bound.itertuples()]
        if not self.settled:
            out.append("the ways still changed in the last round: other factors fit nearly as well")
        return out


def _seconds_by_class(net: Network, moving: tuple[NDArray[Any], NDArray[Any]], pieces: list[Piece], classes: Sequence[str]) -> NDArray[np.float64]:
    out = np.zeros(len(classes))
    for e, s, t in pieces:
        name = str(net.road_class[e])
        if name in classes:
            out[classes.index(name)] += float(moving[0 if t > s else 1][e]) * abs(t - s)
    return out


def calibrate(
    net: Network,
    observed: pd.DataFrame,
    places: gpd.GeoDataFrame,
    *,
    classes: Sequence[str] | None = None,
    low: float = 0.6,
    high: float = 1.2,
    prior_weight: float = 0.05,
    rounds: int = 20,
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
) -> Calibration:
    """Move class speeds so that modelled minutes come near observed ones.

    Parameters
    ----------
    net : Network
    observed : pandas.DataFrame
        `origin`, `destination` (names of `places`), `minutes`; optional `weight`.
    places : geopandas.GeoDataFrame
        Points in the network's CRS; the index names them.
    classes : sequence of str, optional
        Which classes may move; default all on the ways but ferries.
    low, high : float
        Bounds of a class's factor (1.0 = the road's own speed).
    prior_weight : float
        Pull towards the factors the profile has, as a share of the observations' own weight: with fewer observations than classes it
        decides between the many answers that fit.
    rounds : int
    max_m, access_kmh : float
        See `snap`.

    Returns
    -------
    Calibration

    Raises
    ------
    NetworkError
        If a place is unknown, off the network or not reached, minutes are not above 0, or the bounds are not 0 < low <= high.

    Notes
    -----
    min sum_i w_i (sum_c s_ic p_c + k_i - m_i)^2 + lambda sum_c S_c^2 (p_c - p0_c)^2 with p = 1 / factor, 1/high <= p <= 1/low, solved by
    `scipy.optimize.lsq_linear`; S_c is the root mean square of a class's minutes, so that lambda has no unit.
    """
    import pandas as pd
    from scipy.optimize import lsq_linear

    if not 0 < low <= high:
        raise NetworkError(f"calibration needs 0 < low <= high, got {low} and {high}")
    require_columns(observed, {"origin": "name of a place", "destination": "name of a place", "minutes": "observed, min"}, name="observed")
    minutes = pd.to_numeric(observed["minutes"], errors="coerce").to_numpy(np.float64)
    bad = ~(minutes > 0) | ~np.isfinite(minutes)
    if len(observed) == 0 or bad.any():
        where = f"row {observed.index[int(np.argmax(bad))]}" if len(observed) else "the table is empty"
        raise NetworkError(f"observed minutes must be above 0 ({where})")
    for column in ("origin", "destination"):
        unknown = ~observed[column].isin(places.index)
        if unknown.any():
            raise NetworkError(f"observed {column} {observed[column][unknown].iloc[0]!r} is not in the table of places")
    point = places.geometry
    pairs = [(point.loc[o], point.loc[d]) for o, d in zip(observed["origin"], observed["destination"], strict=True)]
    weight = np.sqrt(observed["weight"].to_numpy(np.float64)) if "weight" in observed else np.ones(len(pairs))
    legs: dict[str, Any] = {"max_m": max_m, "access_kmh": access_kmh}

    def ways(now: Network) -> tuple[list[list[Piece]], NDArray[np.float64]]:
        found = [way_between(now, a, b, **legs) for a, b in pairs]
        for (_, _, reason), o, d in zip(found, observed["origin"], observed["destination"], strict=True):
            if reason:
                raise NetworkError(f"observed {o!r} to {d!r}: {reason.replace('_', ' ')}; move the place or leave the pair out")
        return [f[0] for f in found], np.array([f[1] for f in found])

    pieces, modelled = ways(net)
    before = modelled
    present = sorted({str(net.road_class[e]) for way in pieces for e, _, _ in way if not net.is_ferry[e]})
    names = [c for c in (classes or present) if c != "ferry"]
    start = np.array([net.profile.factor.get(c, 1.0) for c in names])
    factor = np.clip(start, low, high)
    used, settled = 0, False
    current = net
    for used in range(1, rounds + 1):
        profile = replace(net.profile, factor={**net.profile.factor, **dict(zip(names, factor.tolist(), strict=True))})
        current = net.with_profile(profile, season=net.season, period=net.period)
        pieces, modelled = ways(current)
        bare = replace(current.attributes, delay_forward_s=None, delay_backward_s=None)
        moving = travel_seconds(
            bare, replace(profile, junction_s=0.0), season=net.season, period=net.period, edge_ids=net.edge_ids, middle=current.middle
        )[:2]
        # minutes at factor 1, by class
        table = np.stack([_seconds_by_class(current, moving, way, names) for way in pieces]) * factor / 60.0
        fixed = modelled - (table / factor).sum(axis=1)
        scale = np.sqrt((table**2).mean(axis=0))
        pull = np.sqrt(prior_weight * len(pairs))
        a = np.vstack([table * weight[:, None], pull * np.diag(scale)])
        b = np.concatenate([(minutes - fixed) * weight, pull * scale / start])
        free = scale > 0
        if not free.any():
            break
        solved = lsq_linear(a[:, free], b, bounds=(1.0 / high, 1.0 / low + 1e-12))
        new = factor.copy()
        new[free] = 1.0 / solved.x
        # half a step once the ways begin to alternate
        step = 1.0 if used < 4 else 0.5
        moved = factor + step * (new - factor)
        settled = bool(np.abs(moved - factor).max() < 1e-4)
        factor = moved
        if settled:
            break
    profile = replace(net.profile, factor={**net.profile.factor, **dict(zip(names, factor.tolist(), strict=True))})
    _, after = ways(net.with_profile(profile, season=net.season, period=net.period))
    bound = np.where(np.abs(factor - low) < 1e-3, "low", np.where(np.abs(factor - high) < 1e-3, "high", ""))
    residuals = pd.DataFrame(
        {
            "origin": observed["origin"].to_numpy(), "destination": observed["destination"].to_numpy(), "observed_min": minutes,
            "before_min": before, "after_min": after, "error_before_min": before - minutes, "error_after_min": after - minutes,
        }
    )  # fmt: skip
    return Calibration(
        profile,
        pd.DataFrame({"road_class": names, "before": start, "after": factor, "bound": bound}),
        residuals,
        float(np.sqrt(np.mean((before - minutes) ** 2))),
        float(np.sqrt(np.mean((after - minutes) ** 2))),
        used,
        settled,
    )
