"""What other weights would make of sites: small parts of each site's score that any weights can be put on.

A weighted mean over a site is the weighted mean of the criteria's own means there, as long as the same criteria are
known on all of its land. Where a criterion's unknown land is scored by the others, their weights rescaled, it is so on
each part of the land on which the same ones are known. Those parts are few, and kept they answer for any weights,
exactly and without the raster: a page in a browser re-ranks with them as the library does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landplan.suitability.evaluate import SuitabilityResult
from landplan.suitability.sites import site_cells

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

__all__ = ["Part", "reweighed", "score_parts"]

Part = tuple[float, tuple[float, ...]]
"""A share of a site's known land, and the mean score of each criterion there; nan where it is unknown and not counted."""


def score_parts(result: SuitabilityResult, sites: gpd.GeoDataFrame) -> list[tuple[Part, ...]]:
    """Cut each site's known land into the parts on which the same criteria count.

    Parameters
    ----------
    result : SuitabilityResult
        Of method "wlc": other methods have no parts that add up.
    sites : geopandas.GeoDataFrame
        Polygons or points in the grid's CRS.

    Returns
    -------
    list of tuple of (float, tuple of float)
        One entry a site. Its parts' shares sum to 1; empty where the site covers no known land, or the method is another.

    Raises
    ------
    CRSError
        If the sites are not in the grid's CRS.

    Notes
    -----
    score(w) = sum_p a_p (sum_{k in p} w_k m_kp) / (sum_{k in p} w_k), with a_p the share of part p, m_kp the mean score there.
    It is what `evaluate` with the weights w and `score_sites` give, to the rounding of float32 scores, while no weight is 0.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from landplan import suitability as s
    >>> from landplan.grid import Grid
    >>> g = Grid("EPSG:3006", 100.0, 0.0, 100.0, (1, 2))
    >>> near = s.Criterion("near", np.array([[0.0, 1.0]]), s.value.linear(0, 1), 0.5)
    >>> depth = s.Criterion("depth", np.array([[1.0, np.nan]]), s.value.linear(0, 1), 0.5, unknown="ignore")
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 100)], crs="EPSG:3006")
    >>> parts = s.score_parts(s.evaluate(g, [], [near, depth]), site)[0]
    >>> parts
    ((0.5, (0.0, 1.0)), (0.5, (1.0, nan)))
    >>> s.reweighed(parts, [0.5, 0.5]), s.reweighed(parts, [0.9, 0.1])
    (0.75, 0.55)
    """
    result.grid.require_same_crs(sites.crs, name="sites")
    if result.method != "wlc":
        return [() for _ in range(len(sites))]
    loose = np.array([c.unknown == "ignore" for c in result.criteria])
    found: list[tuple[Part, ...]] = []
    for shape in sites.geometry.to_numpy():
        rows, cols, share, _ = site_cells(shape, result.grid)
        known = (share > 0) & ~np.isnan(result.score[rows, cols])
        if not known.any():
            found.append(())
            continue
        values, scores = (a[:, known] for a in result.window(rows, cols))
        weight = share[known]
        # which of the criteria that may be left out are left out, cell by cell, as one number
        gone = (np.isnan(values) & loose[:, None]).T @ (1 << np.arange(loose.size, dtype=np.int64))
        parts: list[Part] = []
        for pattern in np.unique(gone):
            at = gone == pattern
            means = (scores[:, at] * weight[at]).sum(axis=1, dtype=np.float64) / weight[at].sum()
            out = (int(pattern) >> np.arange(loose.size)) & 1
            parts.append((float(weight[at].sum() / weight.sum()), tuple(float(m) for m in np.where(out == 1, np.nan, means))))
        found.append(tuple(parts))
    return found


def reweighed(parts: Sequence[Part], weights: ArrayLike) -> float:
    """Return a site's score under other weights, nan where nothing that has a weight is known.

    Parameters
    ----------
    parts : sequence of (float, tuple of float)
        Of `score_parts`.
    weights : array-like of float, shape (criteria,)
        0 or more; only their proportions count.

    Examples
    --------
    >>> round(reweighed([(0.25, (1.0, 0.0)), (0.75, (0.5, float("nan")))], [1, 3]), 4)
    0.4375
    """
    w = np.asarray(weights, np.float64)
    total = shares = 0.0
    for share, means in parts:
        m = np.asarray(means, np.float64)
        counts = ~np.isnan(m) & (w > 0)
        if counts.any():
            total += share * float((w[counts] * m[counts]).sum() / w[counts].sum())
            shares += share
    return total / shares if shares > 0 else float("nan")
