"""Before and after: who gets nearer, who gets further, by node, square and municipality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.contracts import require_columns
from landplan.errors import NetworkError
from landplan.network.graph import Network
from landplan.network.routing import Direction, matrix, site_trees
from landplan.network.snapping import snap_arrays

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Comparison", "changes", "compare"]

STATUS = ("gained", "lost", "faster", "slower", "unchanged", "out_of_reach")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change does to the minutes of each site.

    Attributes
    ----------
    nodes : geopandas.GeoDataFrame
        Indexed by node id, a row a site and node that both networks have: `site_id`, `before_min`, `after_min`, `change_min` (nan where
        either is out of reach), `status`.
    squares : geopandas.GeoDataFrame or None
        The same per square, with its own columns.
    municipalities : pandas.DataFrame or None
        `site_id`, `municipality_code`, `minutes` (the limit), `before`, `after`, `gained`, `lost` persons, and `mean_change_min` of the persons
        who reach the site both times.
    """

    nodes: gpd.GeoDataFrame
    squares: gpd.GeoDataFrame | None
    municipalities: pd.DataFrame | None


def changes(
    before_min: NDArray[np.float64], after_min: NDArray[np.float64], limit_min: float, *, least_min: float = 0.05
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Name what happens to each place.

    Parameters
    ----------
    before_min, after_min : ndarray of float64
        ``inf`` or nan where out of reach.
    limit_min : float
        Places at or below it are within reach.
    least_min : float
        Smaller differences are ``unchanged``: rounding makes up to 0.1 s a way.

    Returns
    -------
    change_min : ndarray of float64
        After minus before; nan where either is out of reach of the network.
    status : ndarray of str
        ``gained``, ``lost``: within the limit only after, only before. ``faster``, ``slower``, ``unchanged``: within it both times.
        ``out_of_reach``: beyond it both times.

    Examples
    --------
    >>> import numpy as np
    >>> changes(np.array([10.0, 50.0, 20.0, np.inf]), np.array([8.0, 44.0, np.inf, np.inf]), 45.0)[1].tolist()
    ['faster', 'gained', 'lost', 'out_of_reach']
    """
    a, b = (np.where(np.isnan(m), np.inf, m) for m in (before_min, after_min))
    both = np.isfinite(a) & np.isfinite(b)
    change = np.full(a.size, np.nan)
    change[both] = b[both] - a[both]
    near_a, near_b = a <= limit_min, b <= limit_min
    moved = np.where(both, change, 0.0)
    status = np.select(
        [near_b & ~near_a, near_a & ~near_b, ~near_a, moved <= -least_min, moved >= least_min],
        ["gained", "lost", "out_of_reach", "faster", "slower"],
        "unchanged",
    )
    return change, status.astype(object)


def compare(
    before: Network,
    after: Network,
    sites: gpd.GeoDataFrame,
    *,
    limit_min: float = 45.0,
    squares: gpd.GeoDataFrame | None = None,
    direction: Direction = "to",
    max_m: float = 2_000.0,
    access_kmh: float = 5.0,
    least_min: float = 0.05,
) -> Comparison:
    """Compare two networks: a scenario with its base, winter with summer.

    Parameters
    ----------
    before, after : Network
    sites : geopandas.GeoDataFrame
        Points; the index, or a column `site_id`, names them.
    limit_min : float, default 45
        What counts as within reach.
    squares : geopandas.GeoDataFrame, optional
        Points with `population`, optional `municipality_code`; the index names them.
    direction : {"to", "from"}
    max_m, access_kmh : float
        See `snap`.
    least_min : float
        See `changes`.

    Returns
    -------
    Comparison

    Raises
    ------
    NetworkError
        If the networks have no node in common, a site is off one of them, or the limit is not above 0.
    """
    import geopandas as gpd
    import pandas as pd

    if not limit_min > 0:
        raise NetworkError(f"limit_min must be above 0, got {limit_min}")
    ids: Sequence[Any] = list(sites["site_id"]) if "site_id" in sites.columns else list(sites.index)
    common = before.node_ids[before.node_ids.isin(after.node_ids)]
    if len(common) == 0:
        raise NetworkError("the two networks have no node in common; compare a network with one made from it")
    tables = [_node_minutes(net, sites, ids, common, direction, max_m, access_kmh) for net in (before, after)]
    where = before.nodes.loc[common, ["geometry"]]
    parts = []
    for i, site in enumerate(ids):
        change, status = changes(tables[0][i], tables[1][i], limit_min, least_min=least_min)
        parts.append(_rows(where, site, tables[0][i], tables[1][i], change, status))
    nodes = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=before.crs)
    if squares is None:
        return Comparison(nodes, None, None)
    require_columns(squares, {"population": "persons"}, name="squares")
    points = sites.set_axis(pd.Index(ids))
    dense = []
    for net in (before, after):
        pair = (squares, points) if direction == "to" else (points, squares)
        od = matrix(net, *pair, max_m=max_m, access_kmh=access_kmh).to_dense()
        dense.append((od if direction == "to" else od.T).astype(np.float64))
    rows, summary = [], []
    people = squares["population"].to_numpy(np.float64)
    codes = squares["municipality_code"].astype(object).where(squares["municipality_code"].notna(), "").to_numpy() if "municipality_code" in squares else np.full(len(squares), "", dtype=object)
    for i, site in enumerate(ids):
        a, b = dense[0][:, i], dense[1][:, i]
        change, status = changes(a, b, limit_min, least_min=least_min)
        rows.append(_rows(squares, site, a, b, change, status))
        for code in pd.unique(codes):
            here = codes == code
            both = here & np.isfinite(change) & ((a <= limit_min) | (b <= limit_min))
            weight = people[both].sum()
            summary.append(
                {
                    "site_id": site, "municipality_code": code, "minutes": limit_min, "before": people[here & (a <= limit_min)].sum(),
                    "after": people[here & (b <= limit_min)].sum(), "gained": people[here & (status == "gained")].sum(),
                    "lost": people[here & (status == "lost")].sum(),
                    "mean_change_min": float((people[both] * change[both]).sum() / weight) if weight else np.nan,
                }
            )  # fmt: skip
    found = gpd.GeoDataFrame(pd.concat(rows), geometry=squares.geometry.name, crs=squares.crs)
    return Comparison(nodes, found, pd.DataFrame(summary))


def _rows(frame: gpd.GeoDataFrame, site: Any, a: NDArray[Any], b: NDArray[Any], change: NDArray[Any], status: NDArray[Any]) -> gpd.GeoDataFrame:
    blank = [np.where(np.isfinite(m), m, np.nan) for m in (a, b)]
    return frame.assign(site_id=site, before_min=blank[0], after_min=blank[1], change_min=change, status=status)


def _node_minutes(
    net: Network, sites: gpd.GeoDataFrame, ids: Sequence[Any], common: pd.Index, direction: Direction, max_m: float, access_kmh: float
) -> NDArray[np.float64]:
    """Minutes between sites and nodes, access leg of the site included."""
    s = snap_arrays(net, sites, max_m=max_m, access_kmh=access_kmh)
    if (s.edge < 0).any():
        raise NetworkError(f"site {ids[int(np.argmax(s.edge < 0))]!r} is more than {max_m:g} m from any road of the network; move it")
    trees = site_trees(net, s, direction=direction)
    edge, share = node_places(net)
    at = net.node_positions(common)
    return np.stack([trees.minutes(i, edge[at], share[at]) for i in range(len(s))])


def node_places(net: Network) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return an edge that ends at each internal node and the share of it there; -1 for nodes without edges."""
    edge = np.full(net.n_nodes, -1, np.int64)
    share = np.zeros(net.n_nodes)
    # an edge that may be left towards the node: its own end
    edge[net.v], share[net.v] = np.arange(net.n_edges), 1.0
    edge[net.u], share[net.u] = np.arange(net.n_edges), 0.0
    return edge, share
