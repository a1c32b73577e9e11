"""Evaluation: constraints and criteria on a grid to a score, a reason and a limiting criterion a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.crs import require_metric
from landplan.errors import LayerError, PlanError
from landplan.grid import Grid
from landplan.kernels import distance, overlay
from landplan.provenance import Provenance
from landplan.suitability.burning import Rule, burn, distance_by_rows, matches, setback
from landplan.suitability.ledger import ledger
from landplan.suitability.value import Scoring, ValueFunction

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Constraint", "Criterion", "Finding", "Method", "SuitabilityResult", "evaluate", "mask_of"]

Hardness = Literal["absolute", "dispensation", "weigh"]
Method = Literal["wlc", "owa", "topsis", "product", "minimum"]
Unknown = Literal["exclude", "ignore", "worst"]
_HARDNESS = ("absolute", "dispensation", "weigh")
_UNKNOWN = ("exclude", "ignore", "worst")
_TYPES = ("float32", "float64", "uint8", "uint16", "int16", "int32", "bool")


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that excludes, is to be weighed, or lifts what excludes.

    Attributes
    ----------
    name : str
    layer : geopandas.GeoDataFrame or ndarray
        Features (their cells and those within `within_m`), or a mask on the grid: boolean, or float with nan where nothing is known.
    within_m : float or None
        Metres around the layer that are excluded too, Euclidean, inclusive: around features exactly, around a mask between cell centres.
    where : mapping
        Filter on the layer's columns, see `matches`.
    only_inside : geopandas.GeoDataFrame, ndarray of bool or None
        Conditional: it holds only inside this other layer.
    hardness : {"absolute", "dispensation", "weigh"}
        "weigh" never excludes; it is counted in the ledger.
    legal : str
        Paragraph, as ``MB 7:13``.
    outside : bool
        Turn it around: what lies outside the layer (a cell less than half in it) is excluded.
    lifts : tuple of str or None
        Forced inclusion: the layer excludes nothing but lifts the named constraints (``()``: all that exclude) from the cells that
        lie wholly in it.
    rule : {"touched", "centre"} or float
        Which cells a shape holds, see `burn`.
    unknown : {"ignore", "exclude"}
        What a float mask's nan does.
    source, date : str
        On whose word, and of when the data are.
    """

    name: str
    layer: Any
    within_m: float | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    only_inside: Any = None
    hardness: Hardness = "absolute"
    legal: str = ""
    outside: bool = False
    lifts: tuple[str, ...] | None = None
    rule: Rule = "touched"
    unknown: Literal["ignore", "exclude"] = "ignore"
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something graded.

    Attributes
    ----------
    name : str
    source : ndarray, callable or geopandas.GeoDataFrame
        Raw values on the grid (float with nan unknown, or an integer type whose largest value is unknown); a callable that gives them
        for a slice of rows, so that they are never whole in memory; or features whose distance in metres is the raw value, those outside
        the grid among them as far as `value` changes.
    value : ValueFunction or callable
        Raw value to score 0-1, see `landplan.suitability.value`.
    weight : float
        0-1; the weights sum to 1.
    unit : str
    words : mapping of float to str
        What the raw values of a class criterion mean; a site then shows its commonest class, not a mean.
    direction : {"more", "less"} or None
        Which way is better, when it is to be checked against the value function.
    unknown : {"exclude", "ignore", "worst"}
        A cell without a value has no score and is no candidate; or is scored by its other criteria, their weights rescaled; or gets 0.
    """

    name: str
    source: Any
    value: Scoring
    weight: float
    unit: str = ""
    words: Mapping[float, str] = field(default_factory=dict)
    direction: Literal["more", "less"] | None = None
    unknown: Unknown = "exclude"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader must know although the answer is right.

    Attributes
    ----------
    kind : {"no_variation", "one_score", "nothing_left", "all_unknown", "none_near"}
        ``no_variation``: all values are one; ``one_score``: values differ and all score alike.
        ``none_near``: a distance to features of which there is none within reach.
    name : str
        Criterion or constraint.
    ha : float
        Hectares it concerns.
    value : float
        The value, or the score, that does not vary; nan otherwise.
    """

    kind: Literal["no_variation", "one_score", "nothing_left", "all_unknown", "none_near"]
    name: str
    ha: float
    value: float = float("nan")


@dataclass(frozen=True, slots=True)
class SuitabilityResult:
    """Score and reasons on a grid.

    Attributes
    ----------
    grid : Grid
    score : ndarray of float32, shape (rows, cols)
        0-1, nan where unknown or outside the area; excluded cells keep their score, see `allowed`.
    excluded_by : ndarray of uint64, shape (rows, cols)
        Bit i is constraint i, "weigh" ones too; those that lift have none.
    limiting : ndarray of uint8, shape (rows, cols)
        Index of the criterion with the largest weighted loss (the lowest score for "minimum"), 255 unknown.
    score_sd : ndarray of float32 or None
        Standard deviation of the score when the weights are uncertain.
    raw : tuple
        Raw values of each criterion, as they are stored; see `window`.
    inside : ndarray of bool
        The study area.
    constraints, criteria : tuple
        Constraints that have a bit, in its order; criteria in the order of `limiting`.
    ledger : pandas.DataFrame
    findings : tuple of Finding
    lifted_ha : mapping of str to float
        Hectares that each forced inclusion made free: excluded before it, and by nothing after.
    method : str
    """

    grid: Grid
    score: NDArray[np.float32]
    excluded_by: NDArray[np.uint64]
    limiting: NDArray[np.uint8]
    score_sd: NDArray[np.float32] | None
    raw: tuple[Any, ...]
    inside: NDArray[np.bool_]
    constraints: tuple[Constraint, ...]
    criteria: tuple[Criterion, ...]
    ledger: pd.DataFrame
    provenance: Provenance
    findings: tuple[Finding, ...] = ()
    lifted_ha: Mapping[str, float] = field(default_factory=dict)
    method: Method = "wlc"

    @property
    def hard_bits(self) -> np.uint64:
        """Bits of the constraints that exclude."""
        return np.uint64(sum(1 << i for i, c in enumerate(self.constraints) if c.hardness != "weigh"))

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Cells inside the area with a score and no excluding constraint."""
        out = np.empty(self.grid.shape, np.bool_)
        hard = self.hard_bits
        for rows in _bands(self.grid.shape[0]):
            # some rows at a time: the bits of a whole grid are as large as all its scores
            out[rows] = self.inside[rows] & ~np.isnan(self.score[rows]) & ((self.excluded_by[rows] & hard) == 0)
        return out

    def window(self, rows: slice, cols: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return raw values and scores of a window, each float32 of shape (criteria, rows, columns).

        Unknown values are nan; so are their scores, unless the criterion's `unknown` is "worst", which makes them 0.
        """
        values = np.stack([_known(_rows(raw, rows)[:, cols]) for raw in self.raw])
        layers, tables = _scored(self.criteria, list(values))
        whole = slice(0, values.shape[1])
        scores = [overlay.values(x, t) if isinstance(x, np.ndarray) else np.asarray(x(whole)) for x, t in zip(layers, tables, strict=True)]
        return values, np.stack(scores)

    def sample(self, k: int, step: int = 16) -> NDArray[np.float32]:
        """Raw values of criterion `k` in every so many rows and columns of the study area, one after the other."""
        bands = _bands(self.grid.shape[0], 32 * step)
        inside = (self.inside[rows][::step, ::step] for rows in bands)
        found = [_known(_rows(self.raw[k], rows)[::step, ::step])[at] for rows, at in zip(bands, inside, strict=True)]
        return np.concatenate([np.zeros(0, np.float32), *found])

    @property
    def values(self) -> NDArray[np.float32]:
        """Raw values of every criterion on the whole grid, (criteria, rows, cols): for small grids."""
        return self.window(slice(0, self.grid.shape[0]), slice(0, self.grid.shape[1]))[0]

    @property
    def scores(self) -> NDArray[np.float32]:
        """Scores of every criterion on the whole grid, (criteria, rows, cols): for small grids."""
        return self.window(slice(0, self.grid.shape[0]), slice(0, self.grid.shape[1]))[1]


def _bands(rows: int, step: int = 512) -> list[slice]:
    return [slice(r, min(rows, r + step)) for r in range(0, rows, step)]


def _rows(raw: Any, rows: slice) -> NDArray[Any]:
    return np.asarray(raw[rows] if isinstance(raw, np.ndarray) else raw(rows))


def _known(values: NDArray[Any]) -> NDArray[np.float32]:
    """Values as float32; an integer type's largest is unknown."""
    if values.dtype.kind in "iu":
        return np.where(values == np.iinfo(values.dtype).max, np.float32(np.nan), values.astype(np.float32))
    return values.astype(np.float32)


def mask_of(constraint: Constraint, grid: Grid) -> NDArray[np.bool_]:
    """Cells that a constraint holds on.

    Raises
    ------
    LayerError
        If a mask does not fit the grid or a filter names no column.
    """
    mask = _layer_mask(constraint, constraint.layer, grid, constraint.where, constraint.within_m)
    if constraint.outside:
        np.logical_not(mask, out=mask)
    layer = constraint.layer
    if isinstance(layer, np.ndarray) and layer.dtype.kind == "f":
        # last, so that unknown land is neither turned around nor given a setback
        mask[np.isnan(layer)] = constraint.unknown == "exclude"
    if constraint.only_inside is not None:
        mask &= _layer_mask(constraint, constraint.only_inside, grid, {}, None)
    return mask


def _layer_mask(constraint: Constraint, layer: Any, grid: Grid, where: Mapping[str, Any], within_m: float | None) -> NDArray[np.bool_]:
    named = f"constraint {constraint.name!r}"
    if isinstance(layer, np.ndarray):
        if layer.shape != grid.shape:
            raise LayerError(f"{named}: mask {layer.shape} does not fit the grid {grid.shape}")
        mask: NDArray[np.bool_] = np.nan_to_num(layer, nan=0.0).astype(np.bool_) if layer.dtype.kind == "f" else layer.astype(np.bool_)
        return distance.within(mask, grid.cell_m, within_m) if within_m else mask
    frame: gpd.GeoDataFrame = layer
    if where:
        frame = frame[matches(frame, where, name=named)]
    rule = constraint.rule
    if rule == "touched" and (constraint.outside or constraint.lifts is not None):
        # the cautious way round: what must lie inside does so by half, and what is lifted is wholly inside
        areal = frame.geom_type.isin(("Polygon", "MultiPolygon")).all()
        if areal or within_m:
            rule = 0.5 if constraint.lifts is None else 1.0
    return setback(frame, grid, within_m, rule=rule) if within_m else burn(frame, grid, rule=rule)


def _raw(criterion: Criterion, grid: Grid) -> Any:
    source = criterion.source
    if isinstance(source, np.ndarray):
        if source.shape != grid.shape:
            raise LayerError(f"criterion {criterion.name!r}: values {source.shape} do not fit the grid {grid.shape}")
        if source.dtype.name not in _TYPES:
            raise LayerError(f"criterion {criterion.name!r}: values are {source.dtype}; give them as one of {', '.join(_TYPES)}, float32 when in doubt")
        return source
    if callable(source):
        return source
    # a function of one's own may change anywhere
    reach = criterion.value.reach if isinstance(criterion.value, ValueFunction) else np.inf
    return distance_by_rows(source, grid, within_m=reach)


def _require(grid: Grid, constraints: Sequence[Constraint], criteria: Sequence[Criterion], method: str) -> NDArray[np.float64]:
    require_metric(grid.crs, name="the grid of suitability")
    bits = [c for c in constraints if c.lifts is None]
    _require_words(constraints, criteria)
    if len(bits) > 64:
        raise PlanError(f"{len(bits)} constraints, at most 64 fit the reason bits; merge layers of one kind")
    if method not in ("wlc", "owa", "topsis", "product", "minimum"):
        raise PlanError(f"method {method!r} is not known; use 'wlc', 'owa', 'topsis', 'product' or 'minimum'")
    for what, given in (("constraint", [k.name for k in constraints]), ("criterion", [c.name for c in criteria])):
        if twice := sorted({x for x in given if given.count(x) > 1}):
            raise PlanError(f"{what} names repeat: {', '.join(map(repr, twice))}; tables and reasons go by name, so give each its own")
    weights = np.array([c.weight for c in criteria], np.float64)
    if not len(criteria) or not (weights >= 0).all() or not abs(weights.sum() - 1.0) <= 1e-6:
        raise PlanError(f"weights must be 0 or more and sum to 1, got {weights.tolist()}")
    if len(criteria) > overlay.MOST_CRITERIA:
        raise PlanError(f"{len(criteria)} criteria, at most {overlay.MOST_CRITERIA}; merge those that say the same")
    for c in criteria:
        way = c.value.way if isinstance(c.value, ValueFunction) else None
        if c.direction and way and way != c.direction:
            raise PlanError(f"criterion {c.name!r} says that {c.direction} is better but its value function says {way}; mend one of them")
    names = {k.name for k in bits}
    for k in constraints:
        if unknown := sorted(set(k.lifts or ()) - names):
            raise PlanError(f"{k.name!r} lifts {unknown[0]!r}, which is no constraint; constraints: {', '.join(sorted(names))}")
    return weights


def _require_words(constraints: Sequence[Constraint], criteria: Sequence[Criterion]) -> None:
    """Refuse what a constraint or a criterion says that is none of its words: it would be read as one of them in silence."""
    said: list[tuple[str, str, str, tuple[str, ...]]] = []
    for k in constraints:
        if k.layer is None:
            raise PlanError(f"constraint {k.name!r} has no layer; give its features, or a mask on the grid")
        if k.within_m is not None and not 0 <= k.within_m < np.inf:
            raise PlanError(f"constraint {k.name!r}: within_m must be 0 m or more and finite, got {k.within_m}")
        said += [(f"constraint {k.name!r}", "hardness", k.hardness, _HARDNESS), (f"constraint {k.name!r}", "unknown", k.unknown, ("ignore", "exclude"))]
    for c in criteria:
        if c.source is None:
            raise PlanError(f"criterion {c.name!r} has no source; give its values on the grid, or features")
        said += [(f"criterion {c.name!r}", "unknown", c.unknown, _UNKNOWN), (f"criterion {c.name!r}", "direction", c.direction or "more", ("more", "less"))]
    for who, what, got, words in said:
        if got not in words:
            raise PlanError(f"{who}: {what} {got!r} is not known; use {', '.join(map(repr, words))}")


def bytes_per_cell(criteria: Sequence[Criterion], *, spread: bool) -> float:
    """About the memory that `evaluate` holds at once for each cell: the estimate that is said before a run and that refuses one."""
    sources = (c.source for c in criteria)
    # a distance is kept as its mask and notes, what is streamed not at all
    held = sum(float(x.itemsize) if isinstance(x, np.ndarray) else 0.0 if callable(x) else 1.1 for x in sources)
    # reasons, score, limiting, area and spread; masks of one constraint at a time
    return held + 8 + 4 + 1 + 1 + (4 if spread else 0) + 4


def evaluate(
    grid: Grid,
    constraints: Sequence[Constraint],
    criteria: Sequence[Criterion],
    method: Method = "wlc",
    *,
    order_weights: Sequence[float] | float | None = None,
    weight_sd: Sequence[float] | float | None = None,
    inside: NDArray[np.bool_] | None = None,
    provenance: Provenance | None = None,
    memory_limit_gb: float = 8.0,
    progress: Callable[[float], None] | None = None,
) -> SuitabilityResult:
    """Evaluate constraints and criteria on a grid.

    Parameters
    ----------
    grid : Grid
        Covers the study area and its halo, so that setbacks of masks are right at the edge. A distance to features sees those outside
        the grid too, as far as its value function changes.
    constraints : sequence of Constraint
        At most 64 that exclude or weigh.
    criteria : sequence of Criterion
        Weights sum to 1.
    method : {"wlc", "owa", "topsis", "product", "minimum"}
        See Notes.
    order_weights : sequence of float or float, optional
        For "owa": the weight of each rank, best score first; or alpha of Q(u) = u^alpha (above 1 is cautious, below 1 hopeful).
    weight_sd : sequence of float or float, optional
        Standard deviation of each weight; one number is a share of each weight. Gives `score_sd`, with "wlc".
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
        If weights are negative or do not sum to 1, there are more than 64 constraints or 32 criteria, the method or an option is
        unknown, a name repeats, a constraint or criterion says a word that is none of its own, or a value function goes against a
        criterion's direction.
    LayerError
        If values do not fit the grid or are of a type that is not scored, a filter names no column, or a class has no score.
    CRSError
        If the grid is not in metres, or features are not in its CRS.
    MemoryLimitError
        If it would not fit.

    Notes
    -----
    With scores s_k and weights w_k: wlc sum w_k s_k; product prod s_k^w_k; minimum the lowest score; owa Torra's weighted ordered
    average; topsis nearness to the ideal among the cells that may be built on: see `kernels.overlay.combine`. score_sd =
    sqrt(sum sd_k^2 (s_k - S)^2), the delta method for weights that keep their sum. Where a criterion is ignored, every method takes the
    others alone, w_k / W in the place of w_k with W the sum of their weights, and the deviation is divided by W. Malczewski (1999), GIS and Multicriteria
    Decision Analysis.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan import suitability as s
    >>> g = Grid("EPSG:3006", 100.0, 0.0, 100.0, (1, 3))
    >>> lake = s.Constraint("lake", np.array([[False, False, True]]), within_m=100)
    >>> r = s.evaluate(g, [lake], [s.Criterion("slope", np.array([[0.0, 5.0, 10.0]]), s.value.linear(10, 0), 1.0, "%")])
    >>> r.score.tolist(), r.allowed.tolist()
    ([[1.0, 0.5, 0.0]], [[True, False, False]])
    """
    weights = _require(grid, constraints, criteria, method)
    grid.require_memory(bytes_per_cell(criteria, spread=weight_sd is not None), limit_gb=memory_limit_gb, what="suitability")
    steps = len(constraints) + len(criteria) + 1
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done / steps)

    area = np.ones(grid.shape, np.bool_) if inside is None else inside
    excluded = np.zeros(grid.shape, np.uint64)
    bits = tuple(c for c in constraints if c.lifts is None)
    for i, constraint in enumerate(bits):
        excluded[mask_of(constraint, grid)] |= np.uint64(1 << i)
        tick()
    lifted: dict[str, float] = {}
    for constraint in constraints:
        if constraint.lifts is not None:
            hard = sum(1 << i for i, c in enumerate(bits) if c.hardness != "weigh")
            which = sum(1 << i for i, c in enumerate(bits) if c.name in constraint.lifts) or hard
            at = mask_of(constraint, grid)
            stopped = at & area & ((excluded & np.uint64(hard)) != 0)
            excluded[at] &= ~np.uint64(which)
            lifted[constraint.name] = float((stopped & ((excluded & np.uint64(hard)) == 0)).sum()) * grid.cell_ha
            tick()
    raws = []
    for criterion in criteria:
        raws.append(_raw(criterion, grid))
        _require_classes(criterion, raws[-1], grid)
        tick()
    layers, tables = _scored(criteria, raws)
    spread = None
    if weight_sd is not None:
        spread = np.asarray(weight_sd, np.float64) * weights if np.ndim(weight_sd) == 0 else np.asarray(weight_sd, np.float64)
    excluding = np.uint64(sum(1 << i for i, c in enumerate(bits) if c.hardness != "weigh"))
    try:
        found = overlay.combine(
            layers, tables, weights, method=method, order_weights=order_weights, weight_sd=spread, inside=area, shape=grid.shape,
            ignorable=[c.unknown == "ignore" for c in criteria],
            excluded_by=excluded & excluding if method == "topsis" else None,
        )  # fmt: skip
    except ValueError as exc:
        raise PlanError(f"method {method!r}: {exc}") from exc
    result = SuitabilityResult(
        grid, found.score, excluded, found.limiting, found.sd, tuple(raws), area, bits, tuple(criteria),
        ledger(excluded, bits, grid, inside=area, known=~np.isnan(found.score)), provenance or Provenance("suitability", crs=grid.crs), (), lifted, method,
    )
    tick()
    return replace(result, findings=tuple(_findings(result)))


def _scored(criteria: Sequence[Criterion], raws: Sequence[Any]) -> tuple[list[Any], list[overlay.Table]]:
    """Layers and tables as the kernel takes them: raw values with their value function, or scores where it cannot read the function."""
    layers: list[Any] = []
    tables: list[overlay.Table] = []
    for k, (c, raw) in enumerate(zip(criteria, raws, strict=True)):
        if isinstance(c.value, ValueFunction) and c.unknown != "worst":
            layers.append(raw)
            tables.append(c.value.table)
            continue
        layers.append(lambda rows, k=k: _scores_of(criteria[k], _rows(raws[k], rows)))
        tables.append(overlay.Table("identity"))
    return layers, tables


def _scores_of(criterion: Criterion, values: NDArray[Any]) -> NDArray[np.float32]:
    known = _known(values)
    out = np.array(criterion.value(known), np.float32)
    if criterion.unknown == "worst":
        out[np.isnan(known)] = 0.0
    return out


def _require_classes(criterion: Criterion, raw: Any, grid: Grid) -> None:
    """Refuse a class that nobody gave a score: its land would drop out in silence."""
    value = criterion.value
    if not (isinstance(value, ValueFunction) and value.kind == "categories" and np.isnan(value.table.fallback)):
        return
    scored = np.asarray(value.table.xs, np.float32)
    missing: dict[float, int] = {}
    for rows in _bands(grid.shape[0]):
        classes, counts = np.unique(_known(_rows(raw, rows)), return_counts=True)
        for one, count in zip(classes.tolist(), counts.tolist(), strict=True):
            if not np.isnan(one) and one not in scored:
                missing[one] = missing.get(one, 0) + count
    if missing:
        said = ", ".join(f"{criterion.words.get(k, f'{k:g}')} ({v * grid.cell_ha:,.0f} ha)" for k, v in sorted(missing.items()))
        raise LayerError(f"criterion {criterion.name!r}: no score for class {said}; give it one, or say what others get (otherwise = …)")


def _findings(result: SuitabilityResult) -> list[Finding]:
    """What a reader must know: nothing is left and why, a criterion that scores no cell unlike another, or knows nothing."""
    out: list[Finding] = []
    inside, ha = result.inside, result.grid.cell_ha
    total = float(inside.sum()) * ha
    allowed = result.allowed
    if not allowed.any() and total:
        worst = result.ledger[result.ledger["hardness"] != "weigh"].sort_values("excluded_ha", ascending=False, kind="stable")
        out += [Finding("nothing_left", str(r["name"]), float(r["excluded_ha"])) for r in worst.to_dict("records") if r["excluded_ha"] > 0]
    for c, raw in zip(result.criteria, result.raw, strict=True):
        low, high, least, most, known = np.inf, -np.inf, np.inf, -np.inf, 0
        for rows in _bands(result.grid.shape[0]):
            part = _known(_rows(raw, rows))[inside[rows]]
            part = part[~np.isnan(part)]
            if part.size:
                low, high, known = min(low, float(part.min())), max(high, float(part.max())), known + part.size
                scores = np.asarray(c.value(part))
                least, most = float(np.nanmin(np.append(scores, least))), float(np.nanmax(np.append(scores, most)))
            if least < most:
                break
        if known == 0 and total:
            out.append(Finding("all_unknown", c.name, total))
        elif known and low == high == np.inf:
            out.append(Finding("none_near", c.name, known * ha))
        elif known and low == high:
            out.append(Finding("no_variation", c.name, known * ha, low))
        elif known and least == most:
            # values that differ are no help where all of them score alike
            out.append(Finding("one_score", c.name, known * ha, least))
    return out
