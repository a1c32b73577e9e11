"""Evaluation: constraints and criteria on a grid to a score, a reason and a limiting criterion a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.kernels import overlay
from landplan.provenance import Provenance
from landplan.suitability.burning import burn, distance_to, matches
from landplan.suitability.ledger import ledger
from landplan.suitability.value import ValueFunction

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Constraint", "Criterion", "SuitabilityResult", "evaluate"]

Hardness = Literal["absolute", "dispensation", "weigh"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that excludes, or is to be weighed.

    Attributes
    ----------
    name : str
    layer : geopandas.GeoDataFrame or ndarray of bool
        Features (their cells and those within `within_m`), or a mask on the grid.
    within_m : float or None
        Metres around the layer that are excluded too, Euclidean, inclusive.
    where : mapping
        Filter on the layer's columns, see `matches`.
    only_inside : bool
        Turn it around: everything outside the layer is excluded.
    hardness : {"absolute", "dispensation", "weigh"}
        "weigh" never excludes; it is counted in the ledger.
    legal : str
        Paragraph, as ``MB 7:13``.
    """

    name: str
    layer: Any
    within_m: float | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    only_inside: bool = False
    hardness: Hardness = "absolute"
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something graded.

    Attributes
    ----------
    name : str
    source : ndarray of float or geopandas.GeoDataFrame
        Raw values on the grid (nan unknown), or features whose distance in metres is the raw value.
    value : callable
        Raw value to score 0-1, see `landplan.suitability.value`.
    weight : float
        0-1; the weights sum to 1.
    unit : str
    words : mapping of float to str
        What the raw values of a class criterion mean; a site then shows its commonest class, not a mean.
    """

    name: str
    source: Any
    value: ValueFunction
    weight: float
    unit: str = ""
    words: Mapping[float, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SuitabilityResult:
    """Score and reasons on a grid.

    Attributes
    ----------
    grid : Grid
    score : ndarray of float32, shape (rows, cols)
        0-1, nan where unknown or outside the area; excluded cells keep their score, see `allowed`.
    excluded_by : ndarray of uint64, shape (rows, cols)
        Bit i is constraint i, "weigh" ones too.
    limiting : ndarray of uint8, shape (rows, cols)
        Index of the criterion with the largest weighted loss, 255 unknown.
    values, scores : ndarray of float32, shape (criteria, rows, cols)
        Raw values and scores.
    inside : ndarray of bool
        The study area.
    ledger : pandas.DataFrame
    """

    grid: Grid
    score: NDArray[np.float32]
    excluded_by: NDArray[np.uint64]
    limiting: NDArray[np.uint8]
    values: NDArray[np.float32]
    scores: NDArray[np.float32]
    inside: NDArray[np.bool_]
    constraints: tuple[Constraint, ...]
    criteria: tuple[Criterion, ...]
    ledger: pd.DataFrame
    provenance: Provenance

    @property
    def hard_bits(self) -> np.uint64:
        """Bits of the constraints that exclude."""
        bits = 0
        for i, c in enumerate(self.constraints):
            if c.hardness != "weigh":
                bits |= 1 << i
        return np.uint64(bits)

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Cells inside the area with a score and no excluding constraint."""
        free: NDArray[np.bool_] = (self.excluded_by & self.hard_bits) == 0
        return self.inside & ~np.isnan(self.score) & free


def _mask(constraint: Constraint, grid: Grid) -> NDArray[np.bool_]:
    layer = constraint.layer
    if isinstance(layer, np.ndarray):
        if layer.shape != grid.shape:
            raise LayerError(f"constraint {constraint.name!r}: mask {layer.shape} does not fit the grid {grid.shape}")
        mask: NDArray[np.bool_] = layer.astype(bool)
        if constraint.within_m:
            from landplan.kernels import distance

            mask = distance.euclidean(mask, grid.cell_m) <= constraint.within_m
    else:
        frame: gpd.GeoDataFrame = layer
        if constraint.where:
            frame = frame[matches(frame, constraint.where, name=f"constraint {constraint.name!r}")]
        if constraint.within_m:
            mask = distance_to(frame, grid) <= constraint.within_m
        else:
            mask = burn(frame, grid, touched=not constraint.only_inside)
    return np.logical_not(mask) if constraint.only_inside else mask


def evaluate(
    grid: Grid,
    constraints: Sequence[Constraint],
    criteria: Sequence[Criterion],
    method: Literal["wlc"] = "wlc",
    *,
    inside: NDArray[np.bool_] | None = None,
    provenance: Provenance | None = None,
    memory_limit_gb: float = 8.0,
    progress: Callable[[float], None] | None = None,
) -> SuitabilityResult:
    """Evaluate constraints and criteria on a grid.

    Parameters
    ----------
    grid : Grid
        Covers the study area and its halo, so that distances are right at the edge.
    constraints : sequence of Constraint
        At most 64.
    criteria : sequence of Criterion
        Weights sum to 1.
    method : {"wlc"}
        Weighted linear combination, S = sum_k w_k v_k(x_k).
    inside : ndarray of bool, optional
        The study area; the result is clipped to it at the end.
    provenance : Provenance, optional
    memory_limit_gb : float
        Refuse, with numbers, when it would need more.
    progress : callable, optional
        Called with a share 0-1.

    Returns
    -------
    SuitabilityResult

    Raises
    ------
    PlanError
        If weights are negative or do not sum to 1, there are more than 64 constraints, or the method is unknown.
    LayerError
        If a mask does not fit the grid or a filter names no column.
    MemoryLimitError
        If it would not fit.

    Notes
    -----
    Malczewski (1999), GIS and Multicriteria Decision Analysis.
    """
    if method != "wlc":
        raise PlanError(f"method {method!r} is not known; use 'wlc'")
    if len(constraints) > 64:
        raise PlanError(f"{len(constraints)} constraints, at most 64 fit the reason bits; merge layers of one kind")
    weights = np.array([c.weight for c in criteria], np.float64)
    if not len(criteria) or (weights < 0).any() or abs(weights.sum() - 1.0) > 1e-6:
        raise PlanError(f"weights must be 0 or more and sum to 1, got {weights.tolist()}")
    grid.require_memory(8.0 * len(criteria) + 30.0, limit_gb=memory_limit_gb, what="suitability")
    steps = len(constraints) + len(criteria) + 1
    excluded = np.zeros(grid.shape, np.uint64)
    for i, constraint in enumerate(constraints):
        excluded[_mask(constraint, grid)] |= np.uint64(1 << i)
        if progress:
            progress((i + 1) / steps)
    values = np.empty((len(criteria), *grid.shape), np.float32)
    scores = np.empty_like(values)
    for k, criterion in enumerate(criteria):
        raw = criterion.source
        if not isinstance(raw, np.ndarray):
            raw = distance_to(raw, grid)
        if raw.shape != grid.shape:
            raise LayerError(f"criterion {criterion.name!r}: values {raw.shape} do not fit the grid {grid.shape}")
        values[k] = raw
        scores[k] = criterion.value(values[k])
        if progress:
            progress((len(constraints) + k + 1) / steps)
    score, limiting = overlay.weighted_sum(scores, weights)
    area = np.ones(grid.shape, bool) if inside is None else inside
    score[~area] = np.nan
    return SuitabilityResult(
        grid, score, excluded, limiting, values, scores, area, tuple(constraints), tuple(criteria),
        ledger(excluded, constraints, grid, inside=area), provenance or Provenance("suitability", crs=grid.crs),
    )
