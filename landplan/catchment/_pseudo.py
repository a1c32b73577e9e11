"""Poisson pseudo-likelihood of flows with the balancing factors profiled out: arrays in, arrays out.

The mean of a pair is mu_ij = a_i b_j exp(sum_k theta_k x_kij). For given theta the factors that maximise the likelihood are those
that balance the table, so only theta is searched, by Newton steps whose second derivative has the factors swept out. The function is
concave: one maximum, and halving a step that overshoots always gets there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landplan.kernels.balance import below, furness, sweep

__all__ = ["Flat", "Maximum", "Problem", "Unsettled", "balanced", "bootstrap", "inflation", "maximise", "profile_interval"]

Factors = Literal["both", "rows", "columns", "one"]
Array = NDArray[np.float64]


class Unsettled(Exception):
    """The factors of row `zone` did not settle."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Flat(Exception):
    """The flows do not determine parameter `index`; -1: the steps did not end."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, slots=True)
class Problem:
    """Flows `y` with weights `w` (0: left out), covariates `x` (k, n, m), an offset, and cells only known to be below `floor`."""

    y: Array
    w: Array
    x: Array
    factors: Factors
    offset: Array
    low: NDArray[np.bool_]
    floor: float = 0.0


@dataclass(slots=True)
class Maximum:
    """Where the search ended."""

    theta: Array
    rows: Array
    columns: Array
    mu: Array
    y: Array  # cells below the floor at what is expected of them
    loglik: float
    information: Array
    score: Array
    steps: int
    start: Array | None = field(default=None, repr=False)


def _lgamma(y: Array) -> Array:
    from scipy.special import gammaln

    return np.asarray(gammaln(y + 1.0), np.float64)


def balanced(seed: Array, row_totals: Array, column_totals: Array, start: Array | None, tolerance: float = 1e-12) -> tuple[Array, Array, Array]:
    """Factors of a table: Furness, and Newton steps where zones so nearly stand apart that Furness creeps.

    Returns
    -------
    rows, columns, errors : ndarray of float64
        `errors`: relative, of every row's total.
    """
    rows, columns, errors, _ = furness(seed, row_totals, column_totals, start=start, tolerance=tolerance, rounds=20)

    def height(a: Array, b: Array) -> float:
        """What balancing makes least (convex in the factors' logarithms)."""
        return float(a @ (seed @ b) - row_totals @ np.log(np.where(row_totals > 0, a, 1.0)) - column_totals @ np.log(np.where(column_totals > 0, b, 1.0)))

    for _ in range(40):
        worst = float(np.abs(errors).max(initial=0.0))
        if worst <= tolerance or not np.isfinite(worst):
            break
        table = rows[:, None] * seed * columns
        u, v = sweep(table, row_totals - table.sum(axis=1), column_totals - table.sum(axis=0), tolerance=1e-6)
        longest = max(float(np.abs(u).max()), float(np.abs(v).max()))
        if not np.isfinite(longest):
            break
        step = min(1.0, 10.0 / longest) if longest > 0 else 1.0
        # a short step is safe; a long one may lead uphill
        level = height(rows, columns) if longest > 0.3 else np.inf
        for _ in range(30):
            if level == np.inf or height(rows * np.exp(step * u), columns * np.exp(step * v)) <= level + 1e-12 * abs(level):
                break
            step /= 2.0
        rows, columns, errors, _ = furness(seed, row_totals, column_totals, start=columns * np.exp(step * v), tolerance=tolerance, rounds=4)
    if not np.abs(errors).max(initial=0.0) <= tolerance:
        rows, columns, errors, _ = furness(seed, row_totals, column_totals, start=columns, tolerance=tolerance)
    return rows, columns, errors


def _factors(problem: Problem, y: Array, seed: Array, start: Array | None) -> tuple[Array, Array]:
    n, m = y.shape
    s, t = problem.w * seed, problem.w * y
    if problem.factors == "one":
        total = s.sum()
        return np.full(n, t.sum() / total if total > 0 else 0.0), np.ones(m)
    if problem.factors == "rows":
        return np.divide(t.sum(axis=1), s.sum(axis=1), out=np.zeros(n), where=s.sum(axis=1) > 0), np.ones(m)
    if problem.factors == "columns":
        return np.ones(n), np.divide(t.sum(axis=0), s.sum(axis=0), out=np.zeros(m), where=s.sum(axis=0) > 0)
    rows, columns, errors = balanced(s, t.sum(axis=1), t.sum(axis=0), start)
    # the last digits of a sum of thousands are rounding
    if not np.abs(errors).max(initial=0.0) <= 1e-9:
        raise Unsettled(int(np.argmax(np.abs(errors))))
    return rows, columns


def _terms(problem: Problem, cells: Array, row_side: Array, column_side: Array) -> tuple[Array, Array]:
    """Row and column terms that explain most of a table weighted by `cells`, of the kinds the model has factors for."""
    n, m = cells.shape
    if problem.factors == "both":
        return sweep(cells, row_side, column_side)
    if problem.factors == "rows":
        r = cells.sum(axis=1)
        return np.divide(row_side, r, out=np.zeros(n), where=r > 0), np.zeros(m)
    if problem.factors == "columns":
        c = cells.sum(axis=0)
        return np.zeros(n), np.divide(column_side, c, out=np.zeros(m), where=c > 0)
    return np.full(n, row_side.sum() / max(float(cells.sum()), 1e-300)), np.zeros(m)


def _swept(problem: Problem, cells: Array) -> tuple[Array, Array, Array]:
    """Covariates less what the factors explain of them, and the terms that were taken off, a row a covariate."""
    k, n, m = problem.x.shape
    out, u, v = np.empty_like(problem.x), np.zeros((k, n)), np.zeros((k, m))
    for a, x in enumerate(problem.x):
        u[a], v[a] = _terms(problem, cells, np.einsum("ij,ij->i", x, cells), np.einsum("ij,ij->j", x, cells))
        out[a] = x - u[a][:, None] - v[a]
    return out, u, v


def _at(problem: Problem, theta: Array, y: Array, start: Array | None) -> tuple[Array, Array, Array, Array]:
    """Factors and means for given parameters; also the column factors of the scaled seed, to start from next time."""
    used = problem.w > 0
    eta = problem.offset + np.einsum("k,kij->ij", theta, problem.x) if theta.size else problem.offset
    # taken out of the exponent and given back to the factors: costs of thousands must not underflow
    high = np.where(used, eta, -np.inf)
    shift_r = high.max(axis=1)
    shift_r[~np.isfinite(shift_r)] = 0.0
    if problem.factors in ("one", "columns"):
        shift_r[:] = shift_r.max(initial=-np.inf) if problem.factors == "one" else 0.0
    shift_c = np.zeros(y.shape[1])
    if problem.factors in ("both", "columns"):
        shift_c = (high - shift_r[:, None]).max(axis=0)
        shift_c[~np.isfinite(shift_c)] = 0.0
    seed = np.where(used, np.exp(np.minimum(eta - shift_r[:, None] - shift_c, 0.0)), 0.0)
    rows, columns = _factors(problem, y, seed, start)
    mu = rows[:, None] * seed * columns
    with np.errstate(over="ignore"):
        # parameters tried and rejected may be of any size
        return rows * np.exp(-shift_r), columns * np.exp(-shift_c), mu, columns


def _loglik(problem: Problem, mu: Array, y: Array | None = None) -> float:
    """Log-likelihood; of a completed table when `y` is given, else of what is known."""
    exact = problem.w > 0
    known = problem.y if y is None else y
    if y is None:
        exact &= ~problem.low
    values, means, weights = known[exact], mu[exact], problem.w[exact]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(values > 0, values * np.log(means), 0.0) - means
    if y is None:
        # of no use between two models of one completed table
        part -= _lgamma(values)
    total = float((weights * part).sum())
    if y is None and problem.low.any():
        hidden = problem.low & (problem.w > 0)
        total += float((problem.w[hidden] * below(mu[hidden], problem.floor)[0]).sum())
    return total


def _nobody(problem: Problem) -> NDArray[np.bool_]:
    """Cells of zones with a factor of their own and every cell below the floor: likeliest is nobody, which steps near and never reach."""
    known: NDArray[np.bool_] = np.greater(problem.w, 0)
    known[problem.low] = False
    out = np.zeros(known.shape, bool)
    if problem.factors in ("both", "rows"):
        out |= (known.sum(axis=1) == 0)[:, None]
    if problem.factors in ("both", "columns"):
        out |= known.sum(axis=0) == 0
    return out


def _step(problem: Problem, cells: Array, free: NDArray[np.int64], swept: Array, score: Array) -> tuple[Array, Array]:
    """Information of all parameters, and Newton's step of the free ones.

    Raises
    ------
    Flat
        If the factors, or the other parameters, explain a covariate and leave nothing to learn from.
    """
    information = np.einsum("kij,lij->kl", swept * cells, problem.x)
    information = (information + information.T) / 2.0
    move = np.zeros(score.size)
    if free.size:
        part = information[np.ix_(free, free)]
        scale = np.sqrt(np.maximum(np.diag(part), 0.0))
        # or there is next to no flow left that it could tell apart: the likeliest value lies without end
        span = np.array([np.ptp(problem.x[k][problem.w > 0]) for k in free])
        weak = scale**2 <= np.maximum(1e-11 * np.einsum("kij,kij,ij->k", problem.x, problem.x, cells)[free], 1e-9 * span**2 * cells.sum())
        if weak.any():
            raise Flat(int(free[int(np.argmax(weak))]))
        relative = part / np.outer(scale, scale)
        if np.linalg.eigvalsh(relative)[0] < 1e-10:
            raise Flat(int(free[-1]))
        move[free] = np.linalg.solve(relative, score[free] / scale) / scale
    return information, move


def maximise(problem: Problem, theta: Array, *, held: int | None = None, start: Array | None = None, most: int = 300) -> Maximum:
    """Find the parameters of most likelihood, one of them held where asked.

    Raises
    ------
    Unsettled
        If factors do not balance.
    Flat
        If the flows do not determine a parameter.
    """
    theta = np.array(theta, np.float64)
    free = np.array([k for k in range(theta.size) if k != held], np.int64)
    y = problem.y.copy()
    hidden = problem.low & (problem.w > 0)
    nobody = hidden & _nobody(problem)
    y[nobody] = 0.0
    hidden &= ~nobody
    if hidden.any():
        return _maximise_hidden(problem, theta, free, y, hidden, start, most)
    rows, columns, mu, start = _at(problem, theta, y, start)
    level: float | None = None
    information = np.zeros((theta.size, theta.size))
    for step in range(1, most + 1):
        score = np.einsum("kij,ij->k", problem.x, problem.w * (y - mu))
        gain = 0.0
        if free.size:
            cells = problem.w * mu
            information, move = _step(problem, cells, free, _swept(problem, cells)[0], score)
            gain = float(move @ score)
        if gain <= 1e-12:
            return Maximum(theta, rows, columns, mu, y, _loglik(problem, mu), information, score, step, start)
        level = _loglik(problem, mu, y) if level is None else level
        found = None
        for _ in range(40):
            try:
                found = _at(problem, theta + move, y, start)
                now = _loglik(problem, found[2], y)
            except Unsettled:
                now = -np.inf
            if now >= level - 1e-12 * abs(level):
                break
            move = move / 2.0
        if found is None:
            raise Flat(-1)
        theta, level = theta + move, now
        rows, columns, mu, start = found
    raise Flat(-1)


def _maximise_hidden(
    problem: Problem, theta: Array, free: NDArray[np.int64], y: Array, hidden: NDArray[np.bool_], start: Array | None, most: int
) -> Maximum:
    """The same with cells below the floor: Newton's steps on parameters and factors together.

    What is expected of a hidden cell takes the place of its flow, and its mean less its variance there the place of its mean: the
    first and second derivative of the chance to be below. Balancing to the expected flows in turn (EM) would creep where most cells are hidden.
    """
    y[hidden] = np.minimum(y[hidden], (problem.floor - 1.0) / 2.0)
    rows, columns, mu, start = _at(problem, theta, y, start)
    level = _loglik(problem, mu)
    for step in range(1, most + 1):
        _, y[hidden], variance = below(mu[hidden], problem.floor)
        left = problem.w * (y - mu)
        cells = problem.w * mu
        cells[hidden] = np.maximum(cells[hidden] - problem.w[hidden] * variance, 1e-9 * cells[hidden])
        by_row, by_column = left.sum(axis=1), left.sum(axis=0)
        swept, u, v = _swept(problem, cells)
        score = np.einsum("kij,ij->k", problem.x, left)
        # the factors are not at their best for these parameters: what their own step takes up is no score
        information, move = _step(problem, cells, free, swept, np.einsum("kij,ij->k", swept, left))
        first, second = _terms(problem, cells, by_row, by_column)
        first, second = first - move @ u, second - move @ v
        gain = float(move @ score + first @ by_row + second @ by_column)
        if gain <= 1e-11:
            return Maximum(theta, rows, columns, mu, y, level, information, score, step, start)
        for _ in range(40):
            exponent = np.einsum("k,kij->ij", move, problem.x) + first[:, None] + second
            trial = mu * np.exp(np.minimum(exponent, 30.0))
            now = _loglik(problem, trial)
            if now >= level - 1e-12 * abs(level):
                break
            move, first, second = move / 2.0, first / 2.0, second / 2.0
        theta, mu, level = theta + move, trial, now
        rows, columns = rows * np.exp(first), columns * np.exp(second)
    raise Flat(-1)


def inflation(problem: Problem, best: Maximum, *, clustered: bool) -> tuple[Array, int]:
    """How many times a Poisson model's variance each parameter has, told by the residuals themselves, and the degrees of freedom.

    H^-1 (sum_g s_g s_g') H^-1 over H^-1 on the diagonal, s_g the score of a pair, or of an origin when clustered (Liang & Zeger 1986), times
    g / (g - 1) (N - 1) / (N - p). Nothing is divided by a mean, so that single commuters in far cells do not rule it.
    """
    used = (problem.w > 0) & (best.mu > 0)
    cells = problem.w * best.mu
    hidden = problem.low & used
    if hidden.any():
        cells[hidden] -= problem.w[hidden] * below(best.mu[hidden], problem.floor)[2]
    swept = _swept(problem, np.maximum(cells, 0.0))[0]
    each = swept * (problem.w * (best.y - best.mu) * used)
    part = each.sum(axis=2) if clustered else each.reshape(each.shape[0], -1)
    rows, columns, pairs = int(used.any(axis=1).sum()), int(used.any(axis=0).sum()), int((used & ~hidden).sum())
    taken = {"both": rows + columns - 1, "rows": rows, "columns": columns, "one": 1}[problem.factors] + len(problem.x)
    groups = rows if clustered else pairs
    freedom = groups - 1 if clustered else pairs - taken
    if freedom < 1 or pairs <= taken:
        return np.full(len(problem.x), np.nan), 0
    bread = np.linalg.inv(best.information)
    spread = bread @ (part @ part.T) @ bread * (groups / (groups - 1) * (pairs - 1) / (pairs - taken))
    return np.diag(spread) / np.diag(bread), freedom


def profile_interval(problem: Problem, best: Maximum, index: int, drop: float) -> tuple[float, float]:
    """Ends of the parameter values whose profile log-likelihood lies at most `drop` below the largest."""
    covariance = np.linalg.inv(best.information)
    centre, reach = float(best.theta[index]), float(np.sqrt(2.0 * drop * covariance[index, index]))
    ends = []
    for side in (-1.0, 1.0):
        if not reach > 1e-12 * max(1.0, abs(centre)):
            ends.append(centre)
            continue
        inner, outer = 0.0, np.inf
        away, start, theta = reach, best.start, best.theta.copy()
        # the others follow the held one along the information's ridge
        ridge = covariance[:, index] / covariance[index, index]
        for _ in range(60):
            theta = theta + ridge * (centre + side * away - theta[index])
            theta[index] = centre + side * away
            try:
                at = maximise(problem, theta, held=index, start=start)
            except (Unsettled, Flat):
                # so far out that nothing is likely
                outer = away
                away = (inner + outer) / 2.0
                theta, start = best.theta.copy(), best.start
                continue
            theta, start = at.theta, at.start
            short = best.loglik - at.loglik - drop
            if abs(short) <= 1e-7 * drop:
                break
            inner, outer = (away, outer) if short < 0 else (inner, away)
            slope = -side * float(at.score[index])
            step = away - short / slope if slope > 0 else np.inf
            middle = (inner + outer) / 2.0 if np.isfinite(outer) else 2.0 * away
            away = step if inner < step < min(outer, 3.0 * away) else middle
        ends.append(centre + side * away)
    return ends[0], ends[1]


def bootstrap(problem: Problem, best: Maximum, dispersion: float, replicates: int, seed: int) -> tuple[Array, int]:
    """Parameters refitted to flows drawn from the fitted model, a row a draw that could be fitted, and how many could not.

    A draw has the fitted mean and `dispersion` times the mean as variance: Poisson at 1, gamma-mixed above.
    """
    rng = np.random.default_rng(seed)
    used = problem.w > 0
    found, lost = [], 0
    for _ in range(replicates):
        mean = best.mu[used]
        if dispersion > 1.0 + 1e-9:
            excess = dispersion - 1.0
            mean = np.where(mean > 0, rng.gamma(np.maximum(mean, 1e-12) / excess, excess), 0.0)
        y = np.zeros_like(problem.y)
        y[used] = rng.poisson(mean)
        low = used & (y < problem.floor)
        try:
            found.append(maximise(replace(problem, y=y, low=low), best.theta, start=best.start).theta)
        except (Flat, Unsettled, np.linalg.LinAlgError):
            lost += 1
    return np.array(found, np.float64).reshape(len(found), best.theta.size), lost


