"""Errors of data carried to sites: scores drawn anew when features lie elsewhere and classes are others than mapped."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import PlanError, join_faults
from landplan.suitability.robustness import stream

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.suitability.value import ValueFunction

__all__ = ["confusion_draws", "distance_draws"]


def distance_draws(
    cell_xy_by_site: Mapping[Any, NDArray[np.floating]],
    features_xy: NDArray[np.floating],
    sd_m: float,
    value: ValueFunction,
    draws: int = 1_000,
    seed: int = 7,
    *,
    name: str = "",
) -> pd.DataFrame:
    """Mean value score of a distance per site when the features' positions are in error.

    Parameters
    ----------
    cell_xy_by_site : mapping of site to ndarray, shape (cells, 2)
        Centres of each site's cells, metres.
    features_xy : ndarray of float, shape (features, 2)
        Points (heritage sites, wells), metres.
    sd_m : float
        Standard deviation of a point's error in x and in y, metres.
    value : callable
        Metres to score 0-1, see `landplan.suitability.value`.
    draws, seed : int
    name : str, optional
        Of the layer: layers of different names err independently of each other.

    Returns
    -------
    pandas.DataFrame, shape (draws, sites)
        For `robustness`'s `position`.

    Raises
    ------
    PlanError
        If there are no features, a site has no cells, a position is unknown, `sd_m` is below 0, or `draws` is below 1.

    Notes
    -----
    In each draw every point moves once, by N(0, sd) in x and in y, for all sites alike.

    Examples
    --------
    >>> import numpy as np
    >>> from landplan.suitability import value
    >>> cells = {"north": np.array([[0.0, 300.0]]), "south": np.array([[0.0, 100.0]])}
    >>> distance_draws(cells, np.array([[0.0, 0.0]]), 0.0, value.linear(0, 400), draws=2).to_dict("list")
    {'north': [0.75, 0.75], 'south': [0.25, 0.25]}
    """
    import pandas as pd
    from scipy.spatial import KDTree

    points = np.asarray(features_xy, np.float64)
    cells = {site: np.asarray(xy, np.float64) for site, xy in cell_xy_by_site.items()}
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise PlanError(f"expected known positions of features, (n, 2), got shape {points.shape}")
    empty = [site for site, xy in cells.items() if xy.ndim != 2 or xy.shape[1] != 2 or not len(xy) or not np.isfinite(xy).all()]
    if empty or not cells:
        raise PlanError(f"sites need cells of known positions, (n, 2); lacking: {empty[:3] or 'all'}")
    if not 0 <= sd_m < np.inf or draws < 1:
        raise PlanError(f"sd_m must be 0 or more and draws 1 or more, got {sd_m} and {draws}")
    random = stream(seed, "position", name)
    start = np.cumsum([0, *(len(xy) for xy in cells.values())])
    everywhere = np.concatenate(list(cells.values()))
    out = np.empty((draws, len(cells)))
    for d in range(draws):
        moved = points + random.normal(0.0, sd_m, points.shape) if sd_m else points
        score = np.asarray(value(KDTree(moved).query(everywhere)[0]), np.float64)
        out[d] = [score[a:b].mean() for a, b in pairwise(start)]
    return pd.DataFrame(out, columns=pd.Index(list(cells)))


def confusion_draws(
    class_shares_by_site: pd.DataFrame,
    confusion_matrix: pd.DataFrame,
    class_scores: Mapping[Any, float],
    draws: int = 1_000,
    seed: int = 7,
    *,
    patches: int = 1,
    name: str = "",
) -> pd.DataFrame:
    """Mean score of a class criterion per site when mapped classes may be other classes on the ground.

    Parameters
    ----------
    class_shares_by_site : pandas.DataFrame, shape (sites, mapped classes)
        Share of each site's land, each row summing to 1.
    confusion_matrix : pandas.DataFrame
        Rows are mapped classes, columns classes on the ground; counts or shares of the control points.
    class_scores : mapping of class to float
        Score 0-1 of each class on the ground.
    draws, seed : int
    patches : int, default 1
        Into how many patches of one kind a class is parted on a site: each is right or wrong as a whole. 1 is the
        cautious choice, that the map is wrong about all of it at once.
    name : str, optional
        Of the layer, as in `distance_draws`.

    Returns
    -------
    pandas.DataFrame, shape (draws, sites)
        For `robustness`'s `confusion`.

    Raises
    ------
    PlanError
        If shares do not sum to 1, a mapped class has no row or no points in the matrix, a class has no score, or a number is below 1.

    Notes
    -----
    The classes of a site's patches are drawn from their row, P(ground | mapped), a stream of random numbers for
    each site and class.

    Examples
    --------
    >>> import pandas as pd
    >>> shares = pd.DataFrame({"forest": [1.0, 0.5], "bog": [0.0, 0.5]}, index=["north", "south"])
    >>> points = pd.DataFrame({"forest": [95, 0], "bog": [5, 40]}, index=["forest", "bog"])
    >>> drawn = confusion_draws(shares, points, {"forest": 0.8, "bog": 0.2})
    >>> drawn.mean().round(1).to_dict()
    {'north': 0.8, 'south': 0.5}
    """
    import pandas as pd

    shares, counts = class_shares_by_site.astype(np.float64), confusion_matrix.astype(np.float64)
    if draws < 1 or patches < 1:
        raise PlanError(f"draws and patches must be 1 or more, got {draws} and {patches}")
    faults = [f"{site}: shares sum to {total:g}" for site, total in shares.sum(axis=1).items() if not abs(total - 1.0) < 1e-6]
    faults += [f"{c} has shares below 0" for c in shares.columns if (shares[c] < 0).any()]
    for mapped in shares.columns:
        if mapped not in counts.index:
            faults.append(f"mapped class {mapped} has no row in the confusion matrix")
        elif not counts.loc[mapped].ge(0).all() or not counts.loc[mapped].sum() > 0:
            faults.append(f"mapped class {mapped} has no control points")
    faults += [f"class {c} has no score" for c in counts.columns if c not in class_scores]
    if faults:
        raise PlanError(join_faults("land cover cannot be drawn", faults))
    score = np.array([class_scores[c] for c in counts.columns], np.float64)
    out = np.zeros((draws, len(shares)))
    by_class = {c: shares[c].tolist() for c in shares.columns}
    for i, site in enumerate(shares.index):
        for mapped in sorted(shares.columns, key=str):
            share = by_class[mapped][i]
            if share > 0:
                chance = counts.loc[mapped].to_numpy()
                ground = stream(seed, "class", name, site, mapped).multinomial(patches, chance / chance.sum(), size=draws)
                out[:, i] += share / patches * (ground @ score)
    return pd.DataFrame(out, columns=shares.index)
