"""What is to be found from a village: people around it, the way to services and work on each side of a border, to school, and what is not known.

Everything is by country where the places lie in several: who lives at a border shops on both sides of it. A way that there is not is ``inf`` with its
reason beside it; what nobody has told is nan.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.crs import require_metric
from landplan.errors import LandplanError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.od import ODMatrix

__all__ = ["HOME", "VillageError", "country_of", "jobs_within", "mean_around", "nearest", "people_around", "persons_beyond", "total_around"]

HOME: Final = "SE"
"""The country of municipality codes that name none."""
_CODED: Final = re.compile(r"([A-Za-z]{2})-")


class VillageError(LandplanError, ValueError):
    """Villages and what lies around them that do not fit together."""


def country_of(code: object) -> str:
    """Return the country of a municipality code: the two letters before its hyphen, Sweden where it has none.

    Examples
    --------
    >>> country_of("FI-851"), country_of("2583")
    ('FI', 'SE')
    """
    found = _CODED.match(str(code))
    return found.group(1).upper() if found else HOME


def _pairs(villages: gpd.GeoDataFrame, places: gpd.GeoDataFrame, radius_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of villages and of the places within the radius of each, a pair a row."""
    import shapely
    from scipy.spatial import cKDTree

    if not radius_m > 0:
        raise VillageError(f"radius_m must be above 0, got {radius_m}")
    for frame, name in ((villages, "villages"), (places, "places")):
        require_metric(frame.crs, name=name)
    if not len(villages) or not len(places):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    here, there = (shapely.get_coordinates(shapely.centroid(f.geometry.to_numpy())) for f in (villages, places))
    # a hair more than the radius: what lies exactly on it is within
    near = cKDTree(there).query_ball_point(here, radius_m * (1 + 1e-12), return_sorted=True)
    count = np.array([len(n) for n in near], np.int64)
    return np.repeat(np.arange(len(villages)), count), np.array([j for n in near for j in n], np.int64)


def people_around(villages: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, *, radius_m: float, countries: Sequence[str]) -> pd.DataFrame:
    """Count who lives within a radius of each village, by country.

    Parameters
    ----------
    villages : geopandas.GeoDataFrame, shape (n_villages,)
        Points by id, in metres.
    squares : geopandas.GeoDataFrame
        `population`, `country`, optional `working_age`; a square counts where its centre lies within the radius.
    radius_m : float
        Inclusive, as the crow flies.
    countries : sequence of str
        A row each, whether anyone lives there or not.

    Returns
    -------
    pandas.DataFrame
        `village_id`, `country`, `population`, `working_age` (nan where no square knows it).

    Raises
    ------
    VillageError
        If the radius is not above 0.
    CRSError
        If coordinates are not metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> village = gpd.GeoDataFrame(index=["by"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:3006")
    >>> squares = gpd.GeoDataFrame({"population": [5, 7], "country": ["SE", "FI"]}, geometry=gpd.points_from_xy([900, 1100], [0, 0]), crs="EPSG:3006")
    >>> people_around(village, squares, radius_m=1000, countries=("SE", "FI"))["population"].tolist()
    [5.0, 0.0]
    """
    import pandas as pd

    i, j = _pairs(villages, squares, radius_m)
    land = squares["country"].to_numpy(object)[j]
    known = "working_age" in squares
    counts = {"population": squares["population"].to_numpy(float)}
    if known:
        counts["working_age"] = squares["working_age"].astype(float).to_numpy()
    rows = []
    for country in countries:
        here = land == country
        sums = {name: np.bincount(i[here], weights=np.nan_to_num(values[j[here]]), minlength=len(villages)) for name, values in counts.items()}
        if known:
            # a sum over squares none of which knows the ages is not nought
            told = np.bincount(i[here], weights=np.isfinite(counts["working_age"][j[here]]), minlength=len(villages))
            sums["working_age"] = np.where((told > 0) | (sums["population"] == 0), sums["working_age"], np.nan)
        else:
            sums["working_age"] = np.full(len(villages), np.nan)
        rows.append(pd.DataFrame({"village_id": villages.index, "country": country, **sums}))
    return pd.concat(rows, ignore_index=True)


def _dense(od: ODMatrix, villages: int, targets: int, what: str) -> NDArray[np.float64]:
    if od.shape != (villages, targets):
        raise VillageError(f"{what}: the matrix is of {od.shape[0]} villages and {od.shape[1]} places, not of {villages} and {targets}; make it of the same rows")
    return od.to_dense().astype(np.float64)


def nearest(
    od: ODMatrix, targets: pd.DataFrame, *, countries: Sequence[str], winter: ODMatrix | None = None, off_network: Collection[Any] = ()
) -> pd.DataFrame:
    """Find the nearest place of a kind from each village, in each country.

    Parameters
    ----------
    od : ODMatrix, shape (n_villages, n_targets)
        Minutes from the villages.
    targets : pandas.DataFrame
        A row a place in the matrix' order: `name`, `country`.
    countries : sequence of str
    winter : ODMatrix, optional
        The same in winter; another place may be the nearest then.
    off_network : collection
        Villages with no road near.

    Returns
    -------
    pandas.DataFrame
        `village_id`, `country`, `minutes` (``inf`` where there is no way), `winter_min` (nan without a winter), `target` (the nearest's name), `reason`
        ("", "no_service", "off_network", "disconnected").

    Raises
    ------
    VillageError
        If matrix and places do not fit.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.od import ODMatrix
    >>> od = ODMatrix.from_dense(np.array([[12.0, 5.0]]), origin_ids=["by"])
    >>> shops = pd.DataFrame({"name": ["Ica", "K-Market"], "country": ["SE", "FI"]})
    >>> nearest(od, shops, countries=("SE", "FI"))[["country", "minutes", "target"]].values.tolist()
    [['SE', 12.0, 'Ica'], ['FI', 5.0, 'K-Market']]
    """
    import pandas as pd

    n = len(od.origin_ids)
    ways = _dense(od, n, len(targets), "minutes")
    cold = None if winter is None else _dense(winter, n, len(targets), "minutes in winter")
    land, names = targets["country"].to_numpy(object), targets["name"].to_numpy(object)
    lost = np.array([v in off_network for v in od.origin_ids], bool)
    rows = []
    for country in countries:
        here = np.flatnonzero(land == country)
        shape = (n,)
        minutes, later = np.full(shape, np.inf), np.full(shape, np.nan if cold is None else np.inf)
        target = np.full(shape, "", object)
        if here.size:
            first = ways[:, here].argmin(axis=1)
            minutes = ways[np.arange(n), here[first]]
            target = np.where(np.isfinite(minutes), names[here[first]], "")
            later = cold[:, here].min(axis=1) if cold is not None else later
        why = np.where(np.isfinite(minutes), "", "no_service" if not here.size else "disconnected").astype(object)
        why[lost & (here.size > 0)] = "off_network"
        rows.append(pd.DataFrame({"village_id": od.origin_ids, "country": country, "minutes": minutes, "winter_min": later, "target": target, "reason": why}))
    return pd.concat(rows, ignore_index=True)


def jobs_within(od: ODMatrix, workplaces: pd.DataFrame, *, within_min: float, countries: Sequence[str], winter: ODMatrix | None = None, off_network: Collection[Any] = ()) -> pd.DataFrame:
    """Count the jobs that each village reaches, in each country.

    Parameters
    ----------
    od : ODMatrix, shape (n_villages, n_workplaces)
        Minutes from the villages.
    workplaces : pandas.DataFrame
        In the matrix' order: `jobs`, `country`.
    within_min : float
        Inclusive.
    countries : sequence of str
    winter : ODMatrix, optional
        The same in winter.
    off_network : collection
        Villages with no road near: they reach nothing, and the reason says why.

    Returns
    -------
    pandas.DataFrame
        `village_id`, `country`, `jobs`, `winter_jobs` (nan without a winter), `reason` ("" or "off_network").

    Raises
    ------
    VillageError
        If matrix and workplaces do not fit.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.od import ODMatrix
    >>> od = ODMatrix.from_dense(np.array([[12.0, 45.0]]), origin_ids=["by"])
    >>> work = pd.DataFrame({"jobs": [40, 900], "country": ["SE", "SE"]})
    >>> jobs_within(od, work, within_min=30, countries=("SE",))["jobs"].tolist()
    [40.0]
    """
    import pandas as pd

    n = len(od.origin_ids)
    ways = _dense(od, n, len(workplaces), "minutes")
    cold = None if winter is None else _dense(winter, n, len(workplaces), "minutes in winter")
    jobs, land = workplaces["jobs"].to_numpy(float), workplaces["country"].to_numpy(object)
    rows = []
    for country in countries:
        counted = np.where(land == country, jobs, 0.0)
        later = np.full(n, np.nan) if cold is None else (cold <= within_min) @ counted
        why = ["off_network" if v in off_network else "" for v in od.origin_ids]
        rows.append(pd.DataFrame({"village_id": od.origin_ids, "country": country, "jobs": (ways <= within_min) @ counted, "winter_jobs": later, "reason": why}))
    return pd.concat(rows, ignore_index=True)


def mean_around(villages: gpd.GeoDataFrame, places: gpd.GeoDataFrame, column: str, *, radius_m: float) -> pd.DataFrame:
    """Return the mean of a column over the places within a radius of each village.

    Parameters
    ----------
    villages, places : geopandas.GeoDataFrame
        Points by id; squares count by their centres.
    column : str
    radius_m : float

    Returns
    -------
    pandas.DataFrame
        By village: `mean` (nan where no place around it knows the column), `places` that do.

    Raises
    ------
    VillageError, CRSError
        As `people_around`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> village = gpd.GeoDataFrame(index=["by"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:3006")
    >>> fibre = gpd.GeoDataFrame({"fibre_share": [1.0, 0.5, None]}, geometry=gpd.points_from_xy([1, 2, 3], [0, 0, 0]), crs="EPSG:3006")
    >>> mean_around(village, fibre, "fibre_share", radius_m=10).values.tolist()
    [[0.75, 2.0]]
    """
    import pandas as pd

    i, j = _pairs(villages, places, radius_m)
    values = places[column].astype(float).to_numpy()[j]
    known = np.isfinite(values)
    count = np.bincount(i[known], minlength=len(villages))
    total = np.bincount(i[known], weights=values[known], minlength=len(villages))
    return pd.DataFrame({"mean": np.divide(total, count, out=np.full(len(villages), np.nan), where=count > 0), "places": count}, index=villages.index)


def total_around(villages: gpd.GeoDataFrame, places: gpd.GeoDataFrame, column: str, *, radius_m: float) -> pd.DataFrame:
    """Return the sum of a column over the places within a radius of each village.

    Parameters
    ----------
    villages, places : geopandas.GeoDataFrame
    column : str
    radius_m : float

    Returns
    -------
    pandas.DataFrame
        By village: `total` of those that know it (nan where places lie around and none does, 0 where none lies around), `places` around, `unknown` of them.

    Raises
    ------
    VillageError, CRSError
        As `people_around`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> village = gpd.GeoDataFrame(index=["by"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:3006")
    >>> homes = gpd.GeoDataFrame({"houses": [12, None]}, geometry=gpd.points_from_xy([1, 2], [0, 0]), crs="EPSG:3006")
    >>> total_around(village, homes, "houses", radius_m=10).values.tolist()
    [[12.0, 2.0, 1.0]]
    """
    import pandas as pd

    i, j = _pairs(villages, places, radius_m)
    values = places[column].astype(float).to_numpy()[j]
    known = np.isfinite(values)
    count = np.bincount(i, minlength=len(villages))
    told = np.bincount(i[known], minlength=len(villages))
    total = np.bincount(i[known], weights=values[known], minlength=len(villages))
    return pd.DataFrame({"total": np.where((told > 0) | (count == 0), total, np.nan), "places": count, "unknown": count - told}, index=villages.index)


def persons_beyond(villages: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, *, radius_m: float, limit_m: float) -> pd.Series:
    """Count those within a radius of each village whose own way is longer than a limit; who has no way at all is beyond it.

    Parameters
    ----------
    villages : geopandas.GeoDataFrame
        Points by id.
    squares : geopandas.GeoDataFrame
        `population`, `way_m` (``inf`` where there is no way).
    radius_m, limit_m : float
        A way of exactly the limit is within it.

    Returns
    -------
    pandas.Series
        Persons by village.

    Raises
    ------
    VillageError
        If a way is nan or negative, or the radius is not above 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> village = gpd.GeoDataFrame(index=["by"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:3006")
    >>> data = {"population": [5, 7, 1], "way_m": [2000.0, 2500.0, float("inf")]}
    >>> squares = gpd.GeoDataFrame(data, geometry=gpd.points_from_xy([1, 2, 3], [0, 0, 0]), crs="EPSG:3006")
    >>> persons_beyond(village, squares, radius_m=10, limit_m=2000).tolist()
    [8.0]
    """
    import pandas as pd

    way = squares["way_m"].to_numpy(float)
    if np.isnan(way).any() or (way < 0).any():
        raise VillageError("way_m must be metres of 0 or more (inf: no way) in every square")
    i, j = _pairs(villages, squares, radius_m)
    far = way[j] > limit_m
    persons = np.bincount(i[far], weights=squares["population"].to_numpy(float)[j[far]], minlength=len(villages))
    return pd.Series(persons, index=villages.index, name="persons_beyond")
