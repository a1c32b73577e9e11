"""Local labour-market regions by Statistics Sweden's rule, and who changes when flows do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.catchment._matrices import flow_array
from landplan.catchment.flows import Flows
from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["compare_regions", "labour_market_regions"]


def _with(table: pd.DataFrame, plus: pd.DataFrame) -> pd.DataFrame:
    """Add a new site's flows; a name that the base lacks is a fault, not a new zone."""
    for zones, have, side in ((plus.index, table.index, "origin"), (plus.columns, table.columns, "destination")):
        unknown = zones[~zones.isin(have)]
        if len(unknown):
            raise LayerError(f"{side} {unknown[0]!r} of the added flows is not a zone of the flows; add it to them with its own flows, or correct the name")
    added = plus.reindex(index=table.index, columns=table.columns).fillna(0.0)
    try:
        out = table + added.astype(float)
    except (TypeError, ValueError):
        raise LayerError("the added flows hold something that is no number; convert the table with astype(float)") from None
    negative = out.to_numpy() < 0
    if negative.any():
        i, j = np.argwhere(negative)[0]
        raise LayerError(f"the added flows take more from {table.index[i]} -> {table.columns[j]} than the {table.iloc[i, j]:g} who go there")
    return out


def labour_market_regions(
    flows: Flows | pd.DataFrame,
    *,
    total_out: float = 0.20,
    single_out: float = 0.075,
    max_links: int = 2,
    plus: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Group municipalities into local labour-market regions.

    Parameters
    ----------
    flows : Flows or pandas.DataFrame
        Employed persons by municipality of residence (rows) and work (columns), those who stay on the diagonal. A column without a row is a
        place outside: going there is going out, and a municipality may belong to it.
    total_out : float
        A municipality is a centre when at most this share of its employed work elsewhere
    single_out : float
        and at most this share in any one other municipality.
    max_links : int
        Links at most between a municipality and its centre.
    plus : pandas.DataFrame, optional
        Flows to add: what a new site brings; negative where people leave another job for it.

    Returns
    -------
    pandas.DataFrame
        By municipality: `region` (its centre), `centre`, `why` ("self-sufficient", "attached", "outside", "mutual", "chain cut",
        "no one employed"), `total_out_share`, `single_out_share`, `single_out_to`, `attached_to`, `links`, `margin_points` (percentage points
        to the nearest threshold: how far a centre is from losing its place, negative: how far another is from being one), `margin_of`
        ("total_out" or "single_out"), `margin_persons` (the same in persons who would change workplace) and, from `Flows`, `within_noise`:
        they are fewer than the statistic's noise floor.

    Raises
    ------
    LayerError
        If a flow is missing or negative, a row has no column, shares are not between 0 and 1, or added flows name another zone.

    Notes
    -----
    SCB's rule: a centre has at most 20 % out-commuters and at most 7.5 % to one municipality; others join the one to which most go, with at most
    two links to a centre (SCB 2010, Lokala arbetsmarknader; quoted in sv.wikipedia, Lokal arbetsmarknadsregion). A longer chain is cut at its
    weakest link, the smallest share (Carlsson et al. 1993); of municipalities that send most to each other in a ring, the one with the smallest
    total share is the centre. Ties go to the zone first in the order of its id's text.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame([[95.0, 5.0], [30.0, 70.0]], ["town", "village"], ["town", "village"])
    >>> labour_market_regions(flows)[["region", "centre", "margin_points"]].round(6).values.tolist()
    [['town', True, 2.5], ['town', False, -22.5]]
    """
    import pandas as pd

    for name, share in (("total_out", total_out), ("single_out", single_out)):
        if not 0.0 <= share <= 1.0:
            raise LayerError(f"{name} is a share between 0 and 1, got {share}")
    if max_links < 1:
        raise LayerError(f"max_links must be 1 or more, got {max_links}")
    table, floor = (flows.matrix, flows.noise_floor) if isinstance(flows, Flows) else (flows, 0.0)
    if isinstance(flows, Flows):
        table = table.loc[~table.index.isin(flows.external)]
    flow_array(table)
    if plus is not None:
        table = _with(table, plus)
    zones, places = table.index, table.columns
    lacking = zones[~zones.isin(places)]
    if len(lacking):
        raise LayerError(f"{lacking[0]!r} is a row of the flows and not a column; those who work where they live stand on the diagonal")
    y = table.to_numpy(np.float64)
    own = places.get_indexer(zones)
    employed = y.sum(axis=1)
    away = y.copy()
    away[np.arange(len(zones)), own] = 0.0
    safe = np.where(employed > 0, employed, 1.0)
    total = away.sum(axis=1) / safe
    # the largest flow; of equals the first by name, so that the order of rows is no matter
    rank = np.argsort(np.argsort([str(p) for p in places], kind="stable"), kind="stable")
    most = np.array([max(range(len(places)), key=lambda j, i=i: (away[i, j], -rank[j])) for i in range(len(zones))])  # type: ignore[misc]
    single = away[np.arange(len(zones)), most] / safe
    slack_total, slack_single = total_out - total, single_out - single
    margin = np.minimum(slack_total, slack_single)
    # shares are quotients of persons: a share of exactly a fifth must not fail by a rounding
    centre = margin >= -1e-12
    row_of = zones.get_indexer(places)
    target = row_of[most]
    why = np.where(employed > 0, np.where(centre, "self-sufficient", "attached"), "no one employed").astype(object)
    keep = ~centre
    _break_rings(keep, target, total, why, [str(z) for z in zones])
    _cut_chains(keep, target, single, why, max_links)
    region, links, attached = [], [], []
    for i in range(len(zones)):
        at, steps, place = i, 0, zones[i]
        while keep[at]:
            steps += 1
            place = places[most[at]]
            if target[at] < 0:
                break
            at = int(target[at])
        region.append(place)
        links.append(steps)
        attached.append(places[most[i]] if keep[i] else None)
        if keep[i] and place not in zones:
            why[i] = "outside"
    persons = margin * employed
    out = pd.DataFrame(
        {
            "region": region, "centre": ~keep, "why": why, "total_out_share": np.where(employed > 0, total, np.nan),
            "single_out_share": np.where(employed > 0, single, np.nan),
            "single_out_to": [places[j] if s > 0 else None for j, s in zip(most, single, strict=True)], "attached_to": attached, "links": links,
            "margin_points": np.where(employed > 0, 100.0 * margin, np.nan), "margin_of": np.where(slack_total < slack_single, "total_out", "single_out"),
            "margin_persons": np.where(employed > 0, persons, np.nan),
        },
        zones,
    )  # fmt: skip
    if isinstance(flows, Flows):
        out["within_noise"] = (np.abs(persons) < floor) & (employed > 0)
    return out


def _break_rings(keep: NDArray[np.bool_], target: NDArray[np.int64], total: NDArray[np.float64], why: NDArray[Any], names: list[str]) -> None:
    """Make one of each ring of municipalities that send most to each other a centre."""
    for i in range(keep.size):
        seen: list[int] = []
        at = i
        while at >= 0 and keep[at] and at not in seen:
            seen.append(at)
            at = int(target[at])
        if at >= 0 and keep[at]:
            ring = seen[seen.index(at) :]
            chosen = min(ring, key=lambda k: (total[k], names[k]))
            keep[chosen] = False
            why[chosen] = "mutual"


def _cut_chains(keep: NDArray[np.bool_], target: NDArray[np.int64], single: NDArray[np.float64], why: NDArray[Any], most: int) -> None:
    """Cut chains with too many links at the weakest, until none is too long."""
    while True:
        worst: list[int] = []
        for i in range(keep.size):
            chain = []
            at = i
            while at >= 0 and keep[at]:
                chain.append(at)
                at = int(target[at])
            if len(chain) > max(most, len(worst)):
                worst = chain
        if not worst:
            return
        weakest = min(worst, key=lambda k: (single[k], -worst.index(k)))
        keep[weakest] = False
        why[weakest] = "chain cut"


def compare_regions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Say which municipalities change region, or become or cease to be a centre.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Of `labour_market_regions`, of the same municipalities.

    Returns
    -------
    pandas.DataFrame
        A row a municipality that changes: `region_before`, `region_after`, `centre_before`, `centre_after`, `margin_points_before`,
        `margin_points_after`. Empty when none does.

    Raises
    ------
    LayerError
        If the municipalities differ.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame([[95.0, 5.0], [7.0, 93.0]], ["town", "village"], ["town", "village"])
    >>> site = pd.DataFrame([[10.0]], ["village"], ["town"])
    >>> compare_regions(labour_market_regions(flows), labour_market_regions(flows, plus=site))["region_after"].to_dict()
    {'village': 'town'}
    """
    import pandas as pd

    differ = before.index.symmetric_difference(after.index)
    if len(differ):
        raise LayerError(f"municipality {differ[0]!r} is in one of the two results only; group the same municipalities twice")
    later = after.loc[before.index]
    columns = {}
    for name in ("region", "centre", "margin_points"):
        columns[f"{name}_before"], columns[f"{name}_after"] = before[name], later[name]
    changed = (before["region"] != later["region"]) | (before["centre"] != later["centre"])
    return pd.DataFrame(columns)[changed.to_numpy()]
