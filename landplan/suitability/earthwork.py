"""Levelling a site: the level at which cut fills, what is moved and how far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError, PlanError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Earthwork", "pad"]


@dataclass(frozen=True, slots=True)
class Earthwork:
    """Volumes of a level pad.

    Attributes
    ----------
    level_m : float
        Height of the pad.
    cut_m3 : float
        Dug out, as it lies in the ground.
    fill_m3 : float
        Filled up, compacted.
    surplus_m3 : float
        What the cut makes beyond the fill, compacted: to take away when above 0, to bring when below; 0 at the
        level that balances.
    moved_m3 : float
        What is moved within the site, compacted: the lesser of the two.
    mean_haul_m : float
        Straight metres that it is moved on average; 0 when nothing is moved.
    haul_m3m : float
        `moved_m3` times `mean_haul_m`.
    depth_max_m : float
        Deepest cut or highest fill.
    area_m2 : float
    """

    level_m: float
    cut_m3: float
    fill_m3: float
    surplus_m3: float
    moved_m3: float
    mean_haul_m: float
    haul_m3m: float
    depth_max_m: float
    area_m2: float


def pad(
    height_m: NDArray[np.floating],
    inside_fraction: NDArray[np.floating],
    cell_m: float,
    *,
    swell: float,
    compaction: float,
    level: float | None = None,
    haul: Literal["transport", "centroid"] = "transport",
    blocks: int = 12,
) -> Earthwork:
    """Level a site at the height where its own cut makes its fill.

    Parameters
    ----------
    height_m : ndarray of float, shape (rows, cols)
        Ground, metres; nan where unknown.
    inside_fraction : ndarray of float, shape (rows, cols)
        Share of each cell inside the pad, 0-1, as `landplan.suitability.coverage.cells_of` gives it.
    cell_m : float
        Side of a cell, metres.
    swell : float
        Loose cubic metres that a cubic metre of ground becomes when it is dug out. Depends on the soil.
    compaction : float
        Loose cubic metres that a cubic metre of compacted fill takes. Depends on the soil and the work; 1 and 1 for
        plain volumes.
    level : float, optional
        Height of the pad where it is given; otherwise the one that balances.
    haul : {"transport", "centroid"}
        How the haul is measured, see Notes.
    blocks : int, default 12
        The site is parted in at most so many blocks a side for "transport".

    Returns
    -------
    Earthwork

    Raises
    ------
    LayerError
        If the arrays' shapes differ, a share is not 0-1, a height inside the pad is unknown, or the pad has no area.
    PlanError
        If a factor or the cell is not above 0, `blocks` is below 1, or `haul` is not known.

    Notes
    -----
    With a = swell / compaction, cell areas A and heights h, the level z solves

        a sum A max(h - z, 0) = sum A max(z - h, 0).

    Between two neighbouring heights both sides are straight lines in z, so with the heights sorted and summed
    once the level is exact: z = (a S_above + S_below) / (a A_above + A_below), S being sums of A h.

    Haul: "transport" is the cheapest way to bring the blocks' cut to the blocks' fill (Hitchcock's transportation
    problem, solved by HiGHS), straight between their centroids; it is within two diagonals of a block of the
    cheapest way cell by cell. "centroid" is the distance between the centroids of all cut and all fill: no way is
    shorter on a pad that balances. Machines drive farther than straight. Slopes around the pad, rock and topsoil are not in it.

    Examples
    --------
    A plane that rises from 0 to 40 m over 400 m, in cells of 100 m:

    >>> import numpy as np
    >>> plane = np.tile([5.0, 15.0, 25.0, 35.0], (4, 1))
    >>> work = pad(plane, np.ones((4, 4)), 100.0, swell=1.0, compaction=1.0)
    >>> work.level_m, work.cut_m3, work.fill_m3, round(work.mean_haul_m, 6)
    (20.0, 800000.0, 800000.0, 250.0)
    """
    heights, shares = np.asarray(height_m, np.float64), np.asarray(inside_fraction, np.float64)
    _check(heights, shares, cell_m, swell, compaction, haul, blocks)
    if level is not None and not math.isfinite(level):
        raise PlanError(f"level must be a height in metres, got {level}; leave it out for the one that balances cut and fill")
    inside = shares > 0
    h, area = heights[inside], shares[inside] * cell_m * cell_m
    factor = swell / compaction
    z = _balance(h, area, factor) if level is None else float(level)
    depth = h - z
    dug, filled = area * np.maximum(depth, 0.0), area * np.maximum(-depth, 0.0)
    cut, fill = math.fsum(dug), math.fsum(filled)
    surplus = factor * cut - fill
    if level is None:
        surplus = 0.0  # but for the rounding of the sums
    moved = min(factor * cut, fill)
    metres = 0.0
    if moved > 0:
        rows, cols = np.nonzero(inside)
        at = np.stack([cols, rows], axis=1) * cell_m
        if haul == "centroid":
            metres = float(np.hypot(*((at * dug[:, None]).sum(axis=0) / cut - (at * filled[:, None]).sum(axis=0) / fill)))
        else:
            side = cell_m * max(1, math.ceil(max(np.ptp(rows) + 1, np.ptp(cols) + 1) / blocks))
            metres = _transport(at - at.min(axis=0), factor * dug, filled, side)
    return Earthwork(z, cut, fill, surplus, moved, metres, moved * metres, float(np.abs(depth).max()), float(area.sum()))


def _check(
    heights: NDArray[np.float64], shares: NDArray[np.float64], cell_m: float, swell: float, compaction: float, haul: str, blocks: int
) -> None:
    if heights.shape != shares.shape or heights.ndim != 2:
        raise LayerError(f"heights {heights.shape} and shares {shares.shape} must be rasters of one shape")
    for name, value in (("swell", swell), ("compaction", compaction), ("cell_m", cell_m)):
        if not 0 < value < math.inf:
            raise PlanError(f"{name} must be above 0, got {value}")
    if haul not in ("transport", "centroid") or blocks < 1:
        raise PlanError(f"haul must be 'transport' or 'centroid' and blocks 1 or more, got {haul!r} and {blocks}")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise LayerError("shares of cells must be 0-1")
    inside = shares > 0
    if not inside.any():
        raise LayerError("the pad has no area on the grid")
    unknown = int((~np.isfinite(heights[inside])).sum())
    if unknown:
        raise LayerError(f"{unknown} of {int(inside.sum())} cells of the pad have no height; use a terrain model that covers it, or leave them out")


def _balance(h: NDArray[np.float64], area: NDArray[np.float64], factor: float) -> float:
    """The level at which `factor` times the cut is the fill."""
    order = np.argsort(h, kind="stable")
    base = float(h[order[0]])
    # heights above the lowest: their sums keep their digits
    rise, size = h[order] - base, area[order]
    below, risen = np.cumsum(size), np.cumsum(size * rise)
    above, higher = below[-1] - below, risen[-1] - risen
    # at each height: what the cut makes beyond the fill, which falls as the level rises
    excess = factor * (higher - rise * above) - (rise * below - risen)
    j = int(np.argmax(excess <= 0)) if excess[-1] <= 0 else rise.size - 1
    if j == 0:
        return base
    return base + float((factor * higher[j - 1] + risen[j - 1]) / (factor * above[j - 1] + below[j - 1]))


def _transport(at: NDArray[np.float64], made: NDArray[np.float64], needed: NDArray[np.float64], side: float) -> float:
    """Mean distance of the cheapest way from blocks that have to blocks that need."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, vstack

    block = np.floor(at / side).astype(np.int64)
    key = block[:, 0] * (int(block[:, 1].max()) + 1) + block[:, 1]
    _, which = np.unique(key, return_inverse=True)

    def gathered(volume: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
        total = np.bincount(which, weights=volume)
        has = total > 0
        centre = np.stack([np.bincount(which, weights=volume * at[:, k])[has] / total[has] for k in (0, 1)], axis=1)
        return total[has], centre

    have, there = gathered(made)
    want, here = gathered(needed)
    distance = np.hypot(there[:, None, 0] - here[None, :, 0], there[:, None, 1] - here[None, :, 1])
    n, m = distance.shape
    lesser = min(have.sum(), want.sum())
    i, j = np.indices((n, m)).reshape(2, -1)
    ones, column = np.ones(n * m), np.arange(n * m)
    rows, cols = coo_array((ones, (i, column)), shape=(n, n * m)), coo_array((ones, (j, column)), shape=(m, n * m))
    made_here, brought = (rows.tocsr(), have / lesser), (cols.tocsr(), want / lesser)
    # the side that has less is served in full, the other up to what it has
    if abs(have.sum() - want.sum()) <= 1e-9 * lesser:
        served, limited = (vstack([made_here[0], brought[0]]), np.concatenate([have / have.sum(), want / want.sum()])), (None, None)
    elif have.sum() < want.sum():
        served, limited = made_here, brought
    else:
        served, limited = brought, made_here
    found = linprog(distance.ravel(), A_ub=limited[0], b_ub=limited[1], A_eq=served[0], b_eq=served[1], bounds=(0, None), method="highs")
    if found.fun is None:
        raise PlanError(f"the haul has no plan: {found.message}; use haul='centroid'")
    return float(found.fun)
