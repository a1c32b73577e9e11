"""Spatial interaction: how many go from each zone to each other, fitted to flows by Poisson pseudo-likelihood.

Wilson's family (1971): the flow of a pair is what its origin sends, what its destination draws and what the cost between them leaves.
Constrained sides get a balancing factor a zone, the others a mass with an exponent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from landplan.catchment._matrices import cost_array, flow_array, mask_array, zone_values
from landplan.catchment._pseudo import (
    Factors,
    Flat,
    Maximum,
    Problem,
    Unsettled,
    bootstrap,
    inflation,
    maximise,
    profile_interval,
)
from landplan.catchment.decays import DecayForm, covariates, decay_names, logsum_cost
from landplan.catchment.flows import Flows
from landplan.catchment.furness import Balanced, furness
from landplan.errors import LayerError
from landplan.kernels.balance import below
from landplan.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.od import ODMatrix

__all__ = ["Balanced", "FittedInteraction", "Model", "fit", "furness"]

Model = Literal["doubly", "origin", "destination", "unconstrained"]
_TREATMENTS = ("fitted", "below_floor", "left_out", "external", "unreached", "no_mass")
_FACTORS: dict[str, Factors] = {"doubly": "both", "origin": "rows", "destination": "columns", "unconstrained": "one"}


@dataclass(frozen=True, slots=True)
class FittedInteraction:
    """An interaction model fitted to flows.

    Attributes
    ----------
    model, decay : str
    parameters : dict of str to float
        `beta` (and `alpha` of Tanner's); `origin_mass`, `destination_mass`: exponents of masses on sides that are not constrained.
    intervals : pandas.DataFrame
        A row a parameter: `value`, `low`, `high`, `level`, `method`, and `inflation`, the variance over that of a Poisson model. Empty when
        not asked for.
    flows : pandas.DataFrame
        A row a pair: `origin`, `destination`, `cost`, `observed`, `fitted`, `weight`, `treatment`; `fitted` is empty where the model says
        nothing. Treatments: ``fitted``, ``below_floor``, ``left_out``, ``external``, ``unreached`` (fitted 0, or left out where
        people travel all the same), ``no_mass`` (fitted 0).
    origin_factors, destination_factors : pandas.Series
        ``fitted = origin_factor * destination_factor * mass^exponent * f(cost)``; 1 on sides without.
    deviance : float
        Twice the log-likelihood short of a model with a parameter a pair. A cell below the floor counts with the chance of being below.
    pseudo_r2 : float
        1 - l / l0 against one mean for all pairs (McFadden 1974).
    deviance_explained : float
        1 - D / D0 against the same.
    srmse : float
        Root mean square error over the mean flow.
    cpc : float
        Common part of commuters: 2 sum min(y, m) / (sum y + sum m), 1 is perfect (Sørensen; Lenormand et al. 2016).
    dispersion : float
        Variance over mean from cells that are exact, by Fletcher's estimate (2012): Pearson's over degrees of freedom, divided by the mean of
        y / m, which single commuters in far cells do not rule. 1 would be Poisson.
    mean_cost_observed, mean_cost_fitted : float
        Per person, over the pairs modelled.
    loglik : float
    n_pairs : int
        Pairs modelled.
    counts : dict of str to float
        Pairs and persons by treatment, zones without flow, draws lost: whatever was not fitted as given.
    steps : int
        Newton steps of the fit.
    """

    model: Model
    decay: DecayForm
    parameters: dict[str, float]
    intervals: pd.DataFrame
    flows: pd.DataFrame
    origin_factors: pd.Series
    destination_factors: pd.Series
    deviance: float
    pseudo_r2: float
    deviance_explained: float
    srmse: float
    cpc: float
    dispersion: float
    mean_cost_observed: float
    mean_cost_fitted: float
    loglik: float
    n_pairs: int
    steps: int
    counts: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=lambda: Provenance("interaction"))

    @property
    def matrix(self) -> pd.DataFrame:
        """Fitted flows as a table, origins as rows; empty where the model says nothing."""
        table = self.flows.set_index(["origin", "destination"])["fitted"].unstack()
        return table.loc[self.origin_factors.index, self.destination_factors.index]


def _choice(value: str, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise LayerError(f"there is no {name} {value!r}; choose {', '.join(allowed)}")


@dataclass(slots=True)
class _Pairs:
    """What is asked of each pair, gathered at the door."""

    origins: pd.Index
    destinations: pd.Index
    y: NDArray[np.float64]
    cost: NDArray[np.float64]
    weight: NDArray[np.float64]
    treatment: NDArray[np.int8]  # positions in _TREATMENTS: texts of a hundred thousand pairs are slow to compare

    def put(self, where: NDArray[np.bool_], label: str) -> None:
        """Take pairs out of the fit that are still in it."""
        fresh = where & self.among("fitted")
        self.treatment[fresh] = _TREATMENTS.index(label)
        self.weight[fresh] = 0.0

    def among(self, label: str) -> NDArray[np.bool_]:
        """Pairs of one treatment."""
        return np.equal(self.treatment, _TREATMENTS.index(label))

    def first(self, where: NDArray[np.bool_]) -> str:
        """The first pair of a mask in words."""
        i, j = np.argwhere(where)[0]
        return f"{self.origins[i]} -> {self.destinations[j]}"


def _pairs(
    flows: Flows | pd.DataFrame, cost: Any, *, diagonal: bool, leave_out: Any, weights: Any, external: Iterable[Any], unreached: str, decay: str
) -> _Pairs:
    table = flows.matrix if isinstance(flows, Flows) else flows
    y = flow_array(table)
    origins, destinations = table.index, table.columns
    outside = set(external)
    for zone in outside:
        if zone not in origins and zone not in destinations:
            raise LayerError(f"external zone {zone!r} is not among the zones of the flows")
    in_r, in_c = ~origins.isin(outside), ~destinations.isin(outside)
    known = np.full(y.shape, np.inf)
    if in_r.any() and in_c.any():
        known[np.ix_(in_r, in_c)] = cost_array(cost, origins[in_r], destinations[in_c])
    pairs = _Pairs(origins, destinations, y, known, np.ones(y.shape), np.zeros(y.shape, np.int8))
    if weights is not None:
        pairs.weight = mask_array(weights, origins, destinations, name="weights", kind=float)
    pairs.put(~(in_r[:, None] & in_c), "external")
    if not diagonal:
        pairs.put(origins.to_numpy()[:, None] == destinations.to_numpy(), "left_out")
    if leave_out is not None:
        pairs.put(mask_array(leave_out, origins, destinations, name="leave_out", kind=bool), "left_out")
    pairs.put(pairs.weight == 0, "left_out")
    nowhere = np.isinf(pairs.cost) & pairs.among("fitted")
    travelled = nowhere & (y > 0)
    if travelled.any() and unreached == "error":
        alone = np.flatnonzero(in_r & np.isinf(pairs.cost).all(axis=1) & travelled.any(axis=1))
        whom = f"zone {origins[alone[0]]!r} reaches nothing, yet" if alone.size else f"{int(travelled.sum())} pairs are unreached, yet"
        raise LayerError(
            f"{whom} {y[travelled].sum():,.0f} persons travel there (first: {pairs.first(travelled)}); give the pairs a cost, or leave them out "
            f"with unreached='leave_out'"
        )
    pairs.put(nowhere, "unreached")
    zero = (pairs.cost <= 0) & pairs.among("fitted")
    if decay in ("power", "tanner") and zero.any():
        raise LayerError(
            f"{pairs.first(zero)} costs {pairs.cost[zero][0]:g} and a {decay} decay needs costs above 0 ({int(zero.sum())} pairs); give the cost within "
            f"the zone, or leave such pairs out (diagonal=False)"
        )
    return pairs


def _masses(
    pairs: _Pairs, model: str, origin_mass: Any, destination_mass: Any
) -> dict[str, NDArray[np.float64]]:
    """Logarithms of the masses a model needs, as tables; pairs of zones without mass are taken out."""
    out = {}
    total = np.where(pairs.weight > 0, pairs.y, 0.0)
    for name, given, zones, axis, needed in (
        ("origin_mass", origin_mass, pairs.origins, 1, model in ("destination", "unconstrained")),
        ("destination_mass", destination_mass, pairs.destinations, 0, model in ("origin", "unconstrained")),
    ):
        if not needed:
            if given is not None:
                raise LayerError(f"a {model} model has a factor for every zone and no {name}; leave it away, or choose another model")
            continue
        mass = total.sum(axis=axis) if given is None else zone_values(given, zones, name=name)
        empty = np.broadcast_to((mass == 0)[:, None] if axis else mass == 0, pairs.y.shape)
        wrong = empty & (pairs.y > 0) & (pairs.weight > 0)
        if wrong.any():
            raise LayerError(f"{pairs.first(wrong)} carries {pairs.y[wrong][0]:g} persons, but its {name} is 0; give it a mass or leave the pair out")
        pairs.put(empty, "no_mass")
        logs = np.log(np.where(mass > 0, mass, 1.0))
        out[name] = np.broadcast_to(logs[:, None] if axis else logs, pairs.y.shape)
    return out


def _null(problem: Problem) -> Maximum:
    """One mean for all pairs."""
    empty = np.zeros((0, *problem.y.shape))
    return maximise(Problem(problem.y, problem.w, empty, "one", np.zeros_like(problem.y), problem.low, problem.floor), np.zeros(0))


def _deviance(problem: Problem, at: Maximum) -> float:
    exact = (problem.w > 0) & ~problem.low
    y, mu, w = problem.y[exact], at.mu[exact], problem.w[exact]
    with np.errstate(divide="ignore", invalid="ignore"):
        saturated = np.where(y > 0, y * np.log(y), 0.0) - y
        fitted = np.where(y > 0, y * np.log(mu), 0.0) - mu
    hidden = problem.low & (problem.w > 0)
    short = below(at.mu[hidden], problem.floor)[0] if hidden.any() else np.zeros(0)
    return float(2.0 * (w * (saturated - fitted)).sum() - 2.0 * (problem.w[hidden] * short).sum())


def _dispersion(problem: Problem, at: Maximum, n_parameters: int) -> float:
    exact = (problem.w > 0) & ~problem.low & (at.mu > 0)
    used = (problem.w > 0) & (at.mu > 0)
    rows, columns = int(used.any(axis=1).sum()), int(used.any(axis=0).sum())
    taken = {"both": rows + columns - 1, "rows": rows, "columns": columns, "one": 1}[problem.factors] + n_parameters
    freedom = int(exact.sum()) - taken
    if freedom <= 0:
        return float("nan")
    y, mu, w = problem.y[exact], at.mu[exact], problem.w[exact]
    pearson = float((w * (y - mu) ** 2 / mu).sum() / freedom)
    # one commuter where the model expects a millionth would be all of Pearson's sum: Fletcher's divisor takes it out again
    return pearson / float((w * y / mu).sum() / w.sum())


def _intervals(
    problem: Problem, best: Maximum, names: list[str], method: str, level: float, errors: str | float, spread: float, replicates: int, seed: int
) -> tuple[pd.DataFrame, int]:
    import pandas as pd
    from scipy import stats

    lost = 0
    wider, freedom = np.full(len(names), errors if isinstance(errors, int | float) else np.nan), 0
    if isinstance(errors, str):
        wider, freedom = inflation(problem, best, clustered=errors == "origin")
    if not np.isfinite(wider).all() or (method == "bootstrap" and not np.isfinite(spread)):
        raise LayerError(
            f"{int(((problem.w > 0) & ~problem.low).sum())} exact pairs of {problem.y.shape[0]} origins leave no degrees of freedom for an interval; give "
            f"errors=1 (Poisson), or ask for none (intervals=None)"
        )
    if method == "bootstrap":
        draws, lost = bootstrap(problem, best, spread if isinstance(errors, str) else float(errors), replicates, seed)
        if lost > replicates // 10:
            raise LayerError(f"{lost} of {replicates} drawn tables could not be fitted; ask for profile intervals, or leave out zones with few flows")
        ends = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0).T
        wider = np.full(len(names), spread if isinstance(errors, str) else float(errors))
    else:
        # a variance from residuals is itself an estimate: F instead of chi-square
        limit = float(stats.f.ppf(level, 1, freedom) if isinstance(errors, str) else stats.chi2.ppf(level, 1))
        ends = np.array([profile_interval(problem, best, k, float(wider[k]) * limit / 2.0) for k in range(len(names))])
    table = pd.DataFrame(
        {"value": best.theta, "low": ends[:, 0], "high": ends[:, 1], "level": level, "method": method, "inflation": wider}, pd.Index(names, name="parameter")
    )
    return table, lost


def fit(
    flows: Flows | pd.DataFrame,
    cost: pd.DataFrame | ODMatrix | Mapping[str, pd.DataFrame | ODMatrix],
    *,
    model: Model = "doubly",
    decay: DecayForm = "exponential",
    origin_mass: Any = None,
    destination_mass: Any = None,
    mass_exponents: Literal["fitted", "one"] = "fitted",
    diagonal: bool = True,
    leave_out: Any = None,
    weights: Any = None,
    external: Iterable[Any] | None = None,
    unreached: Literal["error", "leave_out"] = "error",
    noise_floor: float | None = None,
    below_floor: Literal["interval", "weight"] = "interval",
    floor_weight: float = 0.4,
    logsum_scale: float | None = None,
    logsum_constants: Mapping[str, float] | None = None,
    intervals: Literal["profile", "bootstrap"] | None = "profile",
    level: float = 0.95,
    errors: Literal["origin", "pair"] | float = "origin",
    replicates: int = 200,
    seed: int = 0,
    provenance: Provenance | None = None,
) -> FittedInteraction:
    """Fit an interaction model to observed flows.

    Parameters
    ----------
    flows : Flows or pandas.DataFrame
        Persons, origins as rows and destinations as columns; `commuting_flows` makes one from SCB's table.
    cost : pandas.DataFrame, ODMatrix, or mapping of mode to either
        By the flows' zones, in any order; unreached is ``inf`` or absent. A mapping only with ``decay="logsum"``.
    model : {"doubly", "origin", "destination", "unconstrained"}
        Which totals are met: both, what origins send, what destinations take, only the sum.
    decay : {"exponential", "power", "tanner", "logsum"}
    origin_mass, destination_mass : pandas.Series, mapping or array, optional
        For sides that are not constrained; default the flows' own totals.
    mass_exponents : {"fitted", "one"}
        "one" takes masses as they are.
    diagonal : bool
        False leaves out flows within a zone, whose cost between seats is 0.
    leave_out : table of bool, optional
        Pairs the model shall say nothing about.
    weights : table of float, optional
        Weight of a pair, 0 leaves it out. Only ratios count.
    external : iterable, optional
        Zones outside the area: flows to and from them are kept apart, so that no one who works there is forced inside.
    unreached : {"error", "leave_out"}
        What to do where people travel and no way is known.
    noise_floor : float, optional
        Cells below it are perturbed; default that of `Flows`, else 0.
    below_floor : {"interval", "weight"}
        "interval": only known to be from 0 to below the floor, so that the likelihood is the chance of that. "weight": as published, with
        `floor_weight`.
    floor_weight : float
        1.5 / (1.5 + 2): the variance of a mean of 1.5 persons, beside that of moving 1 and 2 at random to 0 or 3.
    logsum_scale, logsum_constants : float; mapping of mode to float, optional
        See `logsum_cost`.
    intervals : {"profile", "bootstrap"} or None
        "bootstrap" draws `replicates` tables from the fitted model with `seed`; the same seed gives the same ends.
    level : float
    errors : {"origin", "pair"} or float
        What the interval rests on. "origin": residuals of one origin err together, as those of a mining town do; "pair": each for itself;
        a number: variance over mean, 1 is Poisson, whose intervals are far too narrow for commuting. A bootstrap draws pairs for themselves.
    replicates, seed : int
    provenance : Provenance, optional

    Returns
    -------
    FittedInteraction

    Raises
    ------
    LayerError
        If flows and costs do not name the same zones, a number is missing or negative, a power decay meets a cost of 0, people travel where no
        way is known, a total cannot be met, or the flows do not determine the decay.

    Notes
    -----
    mu_ij = A_i B_j f(c_ij); sum_ij w_ij (y_ij ln mu_ij - mu_ij) is maximised (Flowerdew & Aitkin 1982; Santos Silva & Tenreyro 2006: consistent
    whatever the variance, as long as the mean is right). A and B are profiled out by Furness (Wilson 1971). A profile interval holds the values
    whose log-likelihood lies at most inflation * F(level; 1, df) / 2 below the best, inflation from residuals (Liang & Zeger 1986).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> cost = pd.DataFrame([[5.0, 20.0, 40.0], [20.0, 5.0, 30.0], [40.0, 30.0, 5.0]], list("abc"), list("abc"))
    >>> made = np.exp(-0.1 * cost) * 1000.0
    >>> result = fit(made, cost, intervals=None)
    >>> round(result.parameters["beta"], 6), round(result.cpc, 6)
    (0.1, 1.0)
    """
    import pandas as pd

    _choice(model, get_args(Model), "model")
    names = list(decay_names(decay))
    for value, allowed, name in (
        (mass_exponents, ("fitted", "one"), "mass_exponents"), (unreached, ("error", "leave_out"), "way with unreached pairs"),
        (below_floor, ("interval", "weight"), "way with cells below the floor"), (intervals or "profile", ("profile", "bootstrap"), "kind of intervals"),
    ):  # fmt: skip
        _choice(value, allowed, name)
    if not 0.0 < level < 1.0:
        raise LayerError(f"level must lie between 0 and 1, got {level}")
    if isinstance(errors, str):
        _choice(errors, ("origin", "pair"), "kind of errors")
    elif not (errors > 0 and np.isfinite(errors)):
        raise LayerError(f"errors is 'origin', 'pair' or a number above 0, got {errors}; 1 is Poisson")
    if (decay == "logsum") != isinstance(cost, Mapping):
        raise LayerError("a log-sum is of costs by mode: give cost={'car': ..., 'bus': ...} and decay='logsum' together")
    if decay != "logsum" and (logsum_scale is not None or logsum_constants):
        raise LayerError(f"logsum_scale and logsum_constants say nothing to a decay {decay}; leave them away, or ask for decay='logsum'")
    if isinstance(cost, Mapping):
        if logsum_scale is None:
            raise LayerError("a log-sum needs logsum_scale, how strongly modes differ by cost; take it from a mode choice model")
        cost = logsum_cost(cost, scale=logsum_scale, constants=logsum_constants)
    outside = external if external is not None else flows.external if isinstance(flows, Flows) else ()
    floor = noise_floor if noise_floor is not None else flows.noise_floor if isinstance(flows, Flows) else 0.0
    if not (np.isfinite(floor) and floor >= 0):
        raise LayerError(f"noise_floor must be 0 or more persons, got {floor}")

    pairs = _pairs(flows, cost, diagonal=diagonal, leave_out=leave_out, weights=weights, external=outside, unreached=unreached, decay=decay)
    logs = _masses(pairs, model, origin_mass, destination_mass)
    low = (pairs.y < floor) & pairs.among("fitted")
    pairs.treatment[low] = _TREATMENTS.index("below_floor")
    if below_floor == "weight":
        pairs.weight[low] *= floor_weight
    used = pairs.weight > 0
    if not pairs.y[used & ~low if below_floor == "interval" else used].sum() > 0:
        raise LayerError(f"no flow is left to fit ({int(used.sum())} pairs modelled, {int(low.sum())} of them below the floor of {floor:g}); check the mask and the floor")
    offset = np.zeros(pairs.y.shape)
    x = list(covariates(pairs.cost, decay, used))
    for name, log in logs.items():
        if mass_exponents == "fitted":
            names.append(name)
            x.append(np.where(used, log, 0.0))
        else:
            offset += np.where(used, log, 0.0)
    hidden = low if below_floor == "interval" else np.zeros_like(low)
    # the weights' scale is no information
    weight = pairs.weight / pairs.weight[used].mean()
    problem = Problem(pairs.y, weight, np.array(x), _FACTORS[model], offset, hidden, floor if below_floor == "interval" else 0.0)

    best, spread, table, lost = _search(problem, pairs, names, decay, intervals, level, errors, replicates, seed)
    null = _null(problem)
    y, mu = pairs.y[used], best.mu[used]
    fitted = np.where(used, best.mu, np.where(pairs.among("no_mass") | (pairs.among("unreached") & (pairs.y == 0)), 0.0, np.nan))
    cost_used = pairs.cost[used]
    deviance = _deviance(problem, best)
    none = _deviance(problem, null)
    long = pd.DataFrame(
        {
            "origin": np.repeat(pairs.origins.to_numpy(), len(pairs.destinations)), "destination": np.tile(pairs.destinations.to_numpy(), len(pairs.origins)),
            "cost": pairs.cost.ravel(), "observed": pairs.y.ravel(), "fitted": fitted.ravel(), "weight": pairs.weight.ravel(),
            "treatment": np.array(_TREATMENTS, object)[pairs.treatment.ravel()],
        }
    )  # fmt: skip
    parameters = dict(zip(names, best.theta.tolist(), strict=True))
    settings = {
        "model": model, "decay": decay, "diagonal": diagonal, "noise_floor": floor, "below_floor": below_floor, "intervals": intervals, "level": level, "errors": errors,
        "seed": seed if intervals == "bootstrap" else None, "years": flows.years if isinstance(flows, Flows) else None, "logsum_scale": logsum_scale,
    }  # fmt: skip
    return FittedInteraction(
        model, decay, parameters, table, long, pd.Series(best.rows, pairs.origins, name="origin_factor"),
        pd.Series(best.columns, pairs.destinations, name="destination_factor"), deviance, 1.0 - best.loglik / null.loglik if null.loglik else float("nan"),
        1.0 - deviance / none if none > 0 else float("nan"), float(np.sqrt(np.mean((y - mu) ** 2)) / y.mean()), float(2.0 * np.minimum(y, mu).sum() / (y.sum() + mu.sum())),
        spread, float((y * cost_used).sum() / y.sum()), float((mu * cost_used).sum() / mu.sum()), best.loglik, int(used.sum()), best.steps,
        _counts(pairs, best, lost), provenance or Provenance("interaction", parameters=settings),
    )  # fmt: skip


def _search(
    problem: Problem, pairs: _Pairs, names: list[str], decay: str, method: str | None, level: float, errors: str | float, replicates: int, seed: int
) -> tuple[Maximum, float, pd.DataFrame, int]:
    """The maximum, the dispersion and the intervals, with faults in words."""
    import pandas as pd

    used = problem.w > 0
    mean_cost = float((problem.y * np.where(used, pairs.cost, 0.0) * problem.w).sum() / (problem.y * problem.w).sum())
    # Hyman (1969): the rate whose mean cost is the observed one, were opportunities even
    start = {"beta": 1.0 if decay == "power" else 1.0 / mean_cost if mean_cost > 0 else 0.0, "alpha": 0.0}
    theta = np.array([start.get(name, 1.0) for name in names])
    try:
        best = maximise(problem, theta)
        spread = _dispersion(problem, best, len(names))
        table = pd.DataFrame(columns=["value", "low", "high", "level", "method", "inflation"], index=pd.Index([], name="parameter"))
        lost = 0
        if method is not None:
            table, lost = _intervals(problem, best, names, method, level, errors, spread, replicates, seed)
    except Unsettled as wrong:
        raise LayerError(
            f"the factors of zone {pairs.origins[wrong.row]!r} do not settle: with the pairs left in, its total can be met only in the limit, or not at "
            f"all; leave the zone out, or leave in more of its pairs"
        ) from None
    except Flat as wrong:
        if wrong.index < 0:
            raise LayerError("the fit goes on without an end: flows this lopsided have no likeliest decay; leave out zones with few flows, or lower the noise floor") from None
        raise LayerError(
            f"the flows do not determine {names[wrong.index]}: costs or masses vary too little between the {int(used.sum())} pairs once the "
            f"zones' totals are met; use a model with fewer constraints, another decay, or more zones"
        ) from None
    return best, spread, table, lost


def _counts(pairs: _Pairs, best: Maximum, lost: int) -> dict[str, float]:
    out: dict[str, float] = {}
    for label in _TREATMENTS:
        these = pairs.among(label)
        out[f"pairs_{label}"] = int(these.sum())
        out[f"persons_{label}"] = float(pairs.y[these].sum())
    used = pairs.weight > 0
    out["origins_without_flow"] = int((used.any(axis=1) & ~(best.mu * used > 0).any(axis=1)).sum())
    out["destinations_without_flow"] = int((used.any(axis=0) & ~(best.mu * used > 0).any(axis=0)).sum())
    out["draws_lost"] = lost
    return out
