"""Persons within each number of minutes, by square, locality and municipality.

People are counted from the OD matrix (door to door: access, drive, access), never from a polygon. What is
off the network is counted too, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landplan.contracts import require_columns
from landplan.errors import LayerError
from landplan.od import ODMatrix
from landplan.provenance import Provenance

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["CatchmentResult", "labour_within", "reach"]


@dataclass(frozen=True, slots=True)
class CatchmentResult:
    """Who is within reach of one site.

    Attributes
    ----------
    site_id : str
    squares : geopandas.GeoDataFrame
        The population squares with `minutes` (nan where not reached) and `reason`.
    thresholds : pandas.DataFrame
        `minutes`, `population`, `working_age`, and `share` of the study area's own population; cumulative, inclusive.
    municipalities, localities : pandas.DataFrame
        The same, per `municipality_code` or `locality_id` and threshold.
    """

    site_id: str
    squares: gpd.GeoDataFrame
    thresholds: pd.DataFrame
    municipalities: pd.DataFrame
    localities: pd.DataFrame
    provenance: Provenance


def _count(squares: pd.DataFrame, minutes: Sequence[float], by: str | None) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for level in minutes:
        within = squares[squares["minutes"] <= level]
        if by is None:
            row = pd.DataFrame({"population": [within["population"].sum()], "working_age": [within["working_age"].sum()]})
        else:
            known = squares[by].dropna().unique()
            row = within.groupby(by)[["population", "working_age"]].sum().reindex(sorted(known), fill_value=0).reset_index()
        if squares["working_age"].isna().all():
            # a layer without the column knows of no one's age: empty, not nobody
            row["working_age"] = np.nan
        row.insert(0 if by is None else 1, "minutes", level)
        parts.append(row)
    return pd.concat(parts, ignore_index=True)


def reach(
    od: ODMatrix,
    squares: gpd.GeoDataFrame,
    *,
    site_id: str,
    minutes: Sequence[float] = (15, 30, 45, 60),
    off_network: Sequence[object] = (),
    inside: NDArray[np.bool_] | None = None,
    provenance: Provenance | None = None,
) -> CatchmentResult:
    """Count the persons within each threshold of one site.

    Parameters
    ----------
    od : ODMatrix
        From squares (origins, by `square_id`) to sites (destinations).
    squares : geopandas.GeoDataFrame
        `square_id`, `population`, optional `working_age`, `municipality_code`, `locality_id`.
    site_id : str
        A destination of `od`.
    minutes : sequence of float
        Thresholds, inclusive.
    off_network : sequence of square ids
        Squares that could not be snapped; they get the reason ``off_network``.
    inside : ndarray of bool, shape (squares,), optional
        Squares of the study area, for `share`; default all.
    provenance : Provenance, optional

    Returns
    -------
    CatchmentResult

    Raises
    ------
    LayerError
        If a column is missing, or the site or a square is not in the matrix.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np
    >>> from shapely import Point
    >>> sq = gpd.GeoDataFrame({"square_id": ["a"], "population": [10]}, geometry=[Point(0, 0)], crs="EPSG:3006")
    >>> od = ODMatrix.from_dense(np.array([[12.0]]), origin_ids=["a"], destination_ids=["s"])
    >>> reach(od, sq, site_id="s").thresholds["population"].tolist()
    [10, 10, 10, 10]
    """
    import pandas as pd

    require_columns(squares, {"square_id": "id of the square", "population": "persons"}, name="population_grid")
    if site_id not in od.destination_ids:
        raise LayerError(f"site {site_id!r} is not a destination of the matrix ({', '.join(map(str, od.destination_ids[:5]))})")
    where = od.origin_ids.get_indexer(squares["square_id"])
    if (where < 0).any():
        raise LayerError(f"square {squares['square_id'].iloc[int(np.argmax(where < 0))]!r} is not an origin of the matrix")
    column = int(od.destination_ids.get_indexer(pd.Index([site_id]))[0])
    hit = od.dest == column
    rows = np.repeat(np.arange(od.shape[0]), np.diff(od.indptr))[hit]
    by_origin = np.full(od.shape[0], np.nan)
    by_origin[rows] = od.minutes[hit]
    out = squares.copy()
    if "working_age" not in out:
        out["working_age"] = np.nan
    out["minutes"] = by_origin[where]
    lost = set(off_network)
    out["reason"] = np.where(
        out["minutes"].notna(), "", np.where(out["square_id"].isin(lost), "off_network", "beyond_cutoff")
    )
    thresholds = _count(out, minutes, None)
    own = np.ones(len(out), bool) if inside is None else np.asarray(inside, bool)
    everyone = float(out.loc[own, "population"].sum())
    near = [float(out.loc[own & (out["minutes"] <= m).to_numpy(), "population"].sum()) for m in minutes]
    thresholds["share"] = np.array(near) / everyone if everyone else np.nan
    empty = pd.DataFrame(columns=["id", "minutes", "population", "working_age"])
    return CatchmentResult(
        site_id,
        out,
        thresholds,
        _count(out, minutes, "municipality_code") if "municipality_code" in out else empty,
        _count(out, minutes, "locality_id") if "locality_id" in out else empty,
        provenance or Provenance(f"catchment of {site_id}"),
    )


def labour_within(od: ODMatrix, persons: pd.Series, minutes: Sequence[float]) -> pd.DataFrame:
    """Persons within each threshold of every destination of the matrix.

    Parameters
    ----------
    od : ODMatrix
        From squares to sites.
    persons : pandas.Series
        Persons by square id; its name (``working_age``, ``population``) names the columns.
    minutes : sequence of float

    Returns
    -------
    pandas.DataFrame
        Indexed by site, one column ``<name>_within_<minutes>_min`` a threshold.
    """
    from landplan.accessibility import cumulative

    return cumulative(od, persons, list(minutes), passive=True)
