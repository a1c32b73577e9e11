"""How sure is first place: ranks under other weights and under errors in the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import PlanError, join_faults
from landplan.units import Language, format_int

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


__all__ = ["Robustness", "concentration", "robustness", "sentence", "stream"]

_DECIMALS = 6
_STEPS, _HALVINGS, _EVEN = 513, 40, 1e-12
Part = tuple[float, tuple[float, ...]]
Draws = Any
"""Scores of a criterion per draw: a frame or array of (draws, sites), or a function of (draws, seed) that returns one."""


@dataclass(frozen=True, slots=True)
class Robustness:
    """Ranks of sites over many draws.

    Attributes
    ----------
    rank_acceptability : pandas.DataFrame
        One row a site, one column a rank (1 is best): share of the draws in which it has it. Equals share their
        ranks evenly, so rows and columns sum to 1.
    first_share : pandas.Series
        Share of the draws in which a site is first.
    mean_rank : pandas.Series
    lost_at : pandas.DataFrame
        Per criterion the smallest change of its weight, the others keeping their proportions, at which the first
        site loses its place: `weight` (now), `lost_at` (the weight at which the two are even), `change`, `to` (the
        site that passes it). nan and "" where no weight does that.
    first : str or other label
        The site that is first with the weights as given.
    draws : int
    """

    rank_acceptability: pd.DataFrame
    first_share: pd.Series[float]
    mean_rank: pd.Series[float]
    lost_at: pd.DataFrame
    first: Any
    draws: int


def robustness(
    scores_by_site: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    concentration: float | None = None,
    weight_sd: float | None = None,
    draws: int = 1_000,
    seed: int = 7,
    position: Mapping[str, Draws] | None = None,
    confusion: Mapping[str, Draws] | None = None,
    parts: Mapping[Any, Sequence[Part]] | None = None,
) -> Robustness:
    """Rank sites over and over with other weights and other data.

    Parameters
    ----------
    scores_by_site : pandas.DataFrame, shape (sites, criteria)
        Mean value score 0-1 of each criterion, indexed by site; columns are criteria.
    weights : mapping of str to float
        Per criterion, 0 or more, summing to 1.
    concentration : float, optional
        Weights are drawn from a Dirichlet distribution about `weights`; larger is closer to them.
    weight_sd : float, optional
        Instead: the root mean square standard deviation of the weights, 0.05 for about five points in a hundred.
        Without either all weights are as likely: nothing is taken for known about them.
    draws : int, default 1000
    seed : int, default 7
    position, confusion : mapping of str to draws, optional
        Scores of a criterion per draw, in place of its column: a frame of (draws, sites) with the sites as columns,
        an array in the order of `scores_by_site`, or a function of (draws, seed) that returns either. See
        `distance_draws` and `confusion_draws`.
    parts : mapping of site to sequence of (float, tuple of float), optional
        What `score_parts` gives, criteria as the columns of `scores_by_site`: where criteria are left out on some of a site's land, the others'
        weights are rescaled there, for each draw anew. Without it every site needs a score for every criterion.

    Returns
    -------
    Robustness

    Raises
    ------
    PlanError
        If a site lacks a score (with `parts`: has no known part), weights do not fit the columns or do not sum to 1, both or impossible spreads are
        given, `draws` is below 1, or drawn scores have another shape or lack a site.

    Notes
    -----
    Rank acceptability: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49. Weights are gamma draws
    G(c w_k) over their sum, one stream a criterion, named by it: neither the order of sites nor that of criteria changes anything.
    `weight_sd` s sets c = (1 - sum w^2) / (n s^2) - 1.

    `lost_at`: with w_k = t and the others scaled to 1 - t, the first site's lead over another is
    t (s_fk - s_ik) + (1 - t) (R_f - R_i), R being the weighted mean of the other criteria: a straight line in t. With parts
    a site's score is sum_p a_p (t m_pk + (1 - t) V_p R_p) / (t + (1 - t) V_p), V_p being the share of the others' weight that is known in the
    part, and the nearest t at which two are even is sought by halving.
    A criterion's drawn score shifts its mean in each part where it is known by as much as the site's own.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"road": [0.9, 0.4], "slope": [0.5, 0.8]}, index=["north", "south"])
    >>> found = robustness(scores, {"road": 0.6, "slope": 0.4}, concentration=50)
    >>> found.first, round(float(found.lost_at.loc["road", "lost_at"]), 3), found.lost_at.loc["road", "to"]
    ('north', 0.375, 'south')
    >>> sentence(found, "north", "en")
    'first in more than 99 of 100 trials'
    """
    import pandas as pd

    if draws < 1:
        raise PlanError(f"draws must be 1 or more, got {draws}")
    scores, w = _checked(scores_by_site, weights, parts)
    sites, criteria = scores.index, list(scores.columns)
    drawn_weights = _weights(criteria, w, concentration, weight_sd, draws, seed)
    drawn_scores = _given(position, confusion, sites, criteria, draws, seed)
    if parts is None:
        total = np.zeros((draws, len(sites)))
        for k in _order(criteria):
            name = criteria[k]
            here = drawn_scores.get(name)
            total += drawn_weights[:, k, None] * (scores[name].to_numpy()[None, :] if here is None else here)
        now = _sum(scores, w, criteria)
    else:
        shift = {k: drawn_scores[name] - scores[name].to_numpy() for k, name in enumerate(criteria) if name in drawn_scores}
        each = [_Parts(parts[site], _order(criteria)) for site in sites]
        total = np.column_stack([one.score(drawn_weights, {k: v[:, i] for k, v in shift.items()}) for i, one in enumerate(each)])
        now = np.array([float(one.score(w[None, :], {})[0]) for one in each])
    # what differs by rounding alone is equal
    acceptability = _acceptability(np.round(total, _DECIMALS))
    ranks = np.arange(1, len(sites) + 1)
    first = _first(now, sites)
    return Robustness(
        pd.DataFrame(acceptability, index=sites, columns=pd.Index(ranks, name="rank")),
        pd.Series(acceptability[:, 0], index=sites, name="first_share"),
        pd.Series((acceptability * ranks).sum(axis=1), index=sites, name="mean_rank"),
        _lost_at(scores, w, criteria, first) if parts is None else _lost_by_halving(each, w, criteria, sites, first),
        sites[first],
        draws,
    )


def concentration(weights: Sequence[float], share: float) -> float:
    """Return the concentration at which Dirichlet weights spread, in the mean square, by a share of themselves.

    Parameters
    ----------
    weights : sequence of float
        Summing to 1.
    share : float
        0.2: a weight is about a fifth off on average.

    Returns
    -------
    float
        c = (1 - sum w^2) / (share^2 sum w^2) - 1; very large when nothing spreads.

    Examples
    --------
    >>> round(concentration([0.5, 0.5], 0.2), 6)
    24.0
    """
    w = np.asarray(weights, np.float64)
    squares = float((w * w).sum())
    if share <= 0 or w.max() >= 1:
        return 1e9
    return max(1e-6, (1.0 - squares) / (share * share * squares) - 1.0)


def _checked(
    scores_by_site: pd.DataFrame, weights: Mapping[str, float], parts: Mapping[Any, Sequence[Part]] | None
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    scores = scores_by_site.astype(np.float64)
    if scores.empty:
        raise PlanError(f"robustness needs sites (rows) and criteria (columns), got {scores.shape}")
    if scores.index.has_duplicates or scores.columns.has_duplicates:
        raise PlanError("sites and criteria need names of their own; some come twice")
    bad = ~np.isfinite(scores.to_numpy())
    if parts is not None:
        lone = [str(x) for x in scores.index if not parts.get(x) or any(len(means) != scores.shape[1] for _, means in parts[x])]
        if lone:
            raise PlanError(f"every site needs its parts, with a mean for each of {scores.shape[1]} criteria; lacking: {', '.join(lone[:3])}")
    elif bad.any():
        faults = [f"{scores.index[i]} has no score for {scores.columns[k]}" for i, k in np.argwhere(bad)]
        raise PlanError(join_faults("every site needs a score for every criterion; leave the site or the criterion out", faults))
    lacking, foreign = [c for c in scores.columns if c not in weights], [c for c in weights.keys() if c not in scores.columns]  # noqa: SIM118
    if lacking or foreign:
        raise PlanError(f"weights must name the criteria: {lacking} missing, {foreign} unknown")
    w = np.array([weights[c] for c in scores.columns], np.float64)
    if not np.isfinite(w).all() or (w < 0).any() or abs(w.sum() - 1.0) > 1e-6:
        raise PlanError(f"weights must be 0 or more and sum to 1, got {w.tolist()}")
    return scores, w / w.sum()


def stream(seed: int, *names: Any) -> np.random.Generator:
    """A stream of random numbers of its own for each name, whatever else is drawn."""
    digest = hashlib.blake2b("\0".join(map(str, names)).encode(), digest_size=16).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.uint32).tolist()])


def _weights(
    criteria: list[str], w: NDArray[np.float64], concentration: float | None, weight_sd: float | None, draws: int, seed: int
) -> NDArray[np.float64]:
    if concentration is not None and weight_sd is not None:
        raise PlanError("give concentration or weight_sd, not both")
    n = w.size
    shape = np.ones(n)
    if weight_sd is not None:
        most = float(np.sqrt((1.0 - (w * w).sum()) / n))
        if n > 1 and not 0 < weight_sd < most:
            raise PlanError(f"weight_sd must be above 0 and below {most:.3g} for these weights, got {weight_sd}")
        concentration = most**2 / weight_sd**2 - 1.0 if n > 1 else 1.0
    if concentration is not None:
        if not 0 < concentration < np.inf:
            raise PlanError(f"concentration must be above 0, got {concentration}")
        shape = concentration * w
    out = np.zeros((draws, n))
    for k, name in enumerate(criteria):
        if shape[k] > 0:
            # the logarithm of a gamma draw: a small shape would give noughts, and noughts no sum to divide by
            random = stream(seed, "weight", name)
            logarithm = np.log(random.gamma(shape[k] + 1.0, size=draws)) + np.log1p(-random.random(draws)) / shape[k]
            out[:, k] = logarithm
        else:
            out[:, k] = -np.inf
    out = np.exp(out - out.max(axis=1, keepdims=True))
    total = np.zeros(draws)
    for k in _order(criteria):
        total += out[:, k]
    return np.asarray(out / total[:, None])


def _given(
    position: Mapping[str, Draws] | None, confusion: Mapping[str, Draws] | None, sites: pd.Index, criteria: list[str], draws: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Drawn scores by criterion, (draws, sites) each, in the order of the sites."""
    both = set(position or {}) & set(confusion or {})
    if both:
        raise PlanError(f"{sorted(both)} come in position and in confusion; a criterion's scores are drawn once")
    out = {}
    for name, source in {**(position or {}), **(confusion or {})}.items():
        if name not in criteria:
            raise PlanError(f"drawn scores for {name!r}, which is no criterion; they are {', '.join(map(str, criteria))}")
        values = source(draws, seed) if callable(source) else source
        if hasattr(values, "columns"):
            lacking = [s for s in sites if s not in values.columns]
            if lacking:
                raise PlanError(f"drawn scores of {name} lack {len(lacking)} of {len(sites)} sites (first: {lacking[:3]})")
            values = values[list(sites)].to_numpy()
        values = np.asarray(values, np.float64)
        if values.shape != (draws, len(sites)) or not np.isfinite(values).all():
            raise PlanError(f"drawn scores of {name} must be known and of shape {(draws, len(sites))}, got {values.shape}")
        out[name] = values
    return out


def _order(criteria: list[Any]) -> list[int]:
    """Criteria in the order of their names: sums that are added in it do not know how the table was ordered."""
    return sorted(range(len(criteria)), key=lambda k: str(criteria[k]))


def _sum(scores: pd.DataFrame, w: NDArray[np.float64], criteria: list[str]) -> NDArray[np.float64]:
    """Weighted sums, added in the order of the criteria's names."""
    total = np.zeros(len(scores))
    for k in _order(criteria):
        total += w[k] * scores.iloc[:, k].to_numpy()
    return total


def _first(total: NDArray[np.float64], sites: pd.Index) -> int:
    """The site that scores most; of equals the one whose name comes first."""
    rounded = np.round(total, _DECIMALS)
    even = np.flatnonzero(rounded == rounded.max())
    return int(min(even.tolist(), key=lambda i: str(sites[i])))


def _acceptability(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of draws in which each site has each rank; equals share the ranks they take together."""
    draws, n = total.shape
    order = np.argsort(-total, axis=1, kind="stable")
    ordered = np.take_along_axis(total, order, axis=1)
    count = np.zeros((n, n))
    new = np.ones((draws, n), bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    clear = new.all(axis=1)
    rank = np.broadcast_to(np.arange(n), (draws, n))
    np.add.at(count, (order[clear], rank[clear]), 1.0)
    for d in np.flatnonzero(~clear):
        edges = np.append(np.flatnonzero(new[d]), n)
        for a, b in pairwise(edges):
            count[np.ix_(order[d, a:b], np.arange(a, b))] += 1.0 / (b - a)
    return np.asarray(count / draws)


def _lost_at(scores: pd.DataFrame, w: NDArray[np.float64], criteria: list[str], first: int) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for k in range(len(criteria)):
        best: tuple[float, float, Any] | None = None
        if w[k] < 1.0:
            rest = w.copy()
            rest[k] = 0.0
            others = _sum(scores, rest / (1.0 - w[k]), criteria)
            own = scores.iloc[:, k].to_numpy()
            for i in range(len(scores)):
                if i == first:
                    continue
                lead, gain = others[first] - others[i], own[first] - own[i]
                if lead == gain:
                    # the same lead at any weight: passed only if there is none
                    even = float(w[k]) if lead == 0 else np.inf
                else:
                    even = float(lead / (lead - gain))
                    if abs(even - w[k]) < 1e-12:
                        even = float(w[k])
                # even at nought or at the whole weight is not passed
                if not 0.0 < even < 1.0 and even != w[k]:
                    continue
                found = (abs(even - float(w[k])), even, scores.index[i])
                if best is None or (found[0], str(found[2])) < (best[0], str(best[2])):
                    best = found
        rows.append(
            {"weight": float(w[k]), "lost_at": best[1] if best else np.nan, "change": best[1] - float(w[k]) if best else np.nan, "to": best[2] if best else ""}
        )
    return pd.DataFrame(rows, index=pd.Index(criteria, name="criterion"), columns=["weight", "lost_at", "change", "to"])


class _Parts:
    """The parts of one site, ready to be scored by many weights at once."""

    def __init__(self, parts: Sequence[Part], order: list[int]) -> None:
        self.share = np.array([a for a, _ in parts])
        self.means = np.array([m for _, m in parts], np.float64)
        self.known = ~np.isnan(self.means)
        self.order = order

    def score(self, weights: NDArray[np.float64], shift: Mapping[int, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Scores of the site, one for each row of weights; a part on which nothing of weight is known counts for nothing."""
        total, shares = np.zeros(len(weights)), np.zeros(len(weights))
        for share, means, known in zip(self.share, self.means, self.known, strict=True):
            value, held = np.zeros(len(weights)), np.zeros(len(weights))
            for k in self.order:
                if known[k]:
                    value += weights[:, k] * (means[k] + shift[k] if k in shift else means[k])
                    held += weights[:, k]
            some = held > 0
            total[some] += share * value[some] / held[some]
            shares[some] += share
        out: NDArray[np.float64] = np.divide(total, shares, out=np.full(len(weights), -np.inf), where=shares > 0)
        return out


def _lost_by_halving(sites: Sequence[_Parts], w: NDArray[np.float64], criteria: list[str], names: pd.Index, first: int) -> pd.DataFrame:
    """As `_lost_at` where scores are no straight lines in a weight: leads are looked at in steps, and the step of a turn is halved."""
    import pandas as pd

    rows = []
    for k in range(len(criteria)):
        best: tuple[float, str, float, Any] | None = None
        rest = np.delete(w, k).sum()

        def scores(t: NDArray[np.float64], k: int = k, rest: float = rest) -> NDArray[np.float64]:
            weights = np.tile(w, (t.size, 1)) * ((1.0 - t) / rest)[:, None]
            weights[:, k] = t
            return np.column_stack([one.score(weights, {}) for one in sites])

        if rest > 0.0:
            for side in (np.linspace(w[k], 0.0, _STEPS)[:-1], np.linspace(w[k], 1.0, _STEPS)[:-1]):
                found = scores(side)
                lead = found[:, [first]] - found
                for i in range(len(sites)):
                    turned = np.flatnonzero(lead[:, i] < -_EVEN)
                    if i == first or not turned.size:
                        continue
                    near, far = side[max(0, turned[0] - 1)], side[turned[0]]
                    for _ in range(_HALVINGS if turned[0] else 0):
                        middle = 0.5 * (near + far)
                        both = scores(np.array([middle]))[0]
                        near, far = (near, middle) if both[first] - both[i] < -_EVEN else (middle, far)
                    one = (abs(far - w[k]), str(names[i]), float(far), names[i])
                    if best is None or one[:2] < best[:2]:
                        best = one
        rows.append(
            {"weight": float(w[k]), "lost_at": best[2] if best else np.nan, "change": best[2] - float(w[k]) if best else np.nan, "to": best[3] if best else ""}
        )
    return pd.DataFrame(rows, index=pd.Index(criteria, name="criterion"), columns=["weight", "lost_at", "change", "to"])


def sentence(result: Robustness, site: Any, language: Language = "sv") -> str:
    """Say in one sentence how often a site is first.

    Parameters
    ----------
    result : Robustness
    site : label
        One of its sites.
    language : {"sv", "en"}

    Returns
    -------
    str

    Raises
    ------
    PlanError
        If the site or the language is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"road": [0.9, 0.4], "slope": [0.5, 0.8]}, index=["north", "south"])
    >>> found = robustness(scores, {"road": 0.5, "slope": 0.5})
    >>> sentence(found, "north"), sentence(found, "south", "en")
    ('etta i 63 av 100 prövningar', 'first in 37 of 100 trials')
    """
    if site not in result.first_share.index:
        raise PlanError(f"site {site!r} is not among {result.first_share.index.tolist()}")
    if language not in ("sv", "en"):
        raise PlanError(f"language must be 'sv' or 'en', got {language!r}")
    share = float(result.first_share[site])
    of = min(100, result.draws)
    times = round(share * of)
    more = less = ""
    # rounding must not make a certainty of what is not one
    if times == of and share < 1.0 - 1e-12:
        times, more = of - 1, "fler än " if language == "sv" else "more than "
    elif times == 0 and share > 1e-12:
        times, less = 1, "färre än " if language == "sv" else "fewer than "
    figure = f"{more or less}{format_int(times, language=language)}"
    if language == "sv":
        return f"etta i {figure} av {format_int(of, language=language)} prövningar"
    return f"first in {figure} of {format_int(of, language=language)} trials"
