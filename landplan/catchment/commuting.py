"""Commuting summed up by municipality: who stays, who goes, who comes, and where to and from most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd

    from landplan.catchment.flows import Flows

__all__ = ["commuting_summary", "largest_flows"]


def commuting_summary(flows: Flows) -> pd.DataFrame:
    """Sum commuting up by municipality.

    Parameters
    ----------
    flows : Flows
        Persons by residence (rows) and workplace (columns), those who stay on the diagonal.

    Returns
    -------
    pandas.DataFrame
        By residence: `employed_residents`, `jobs` (those who work there), `staying`, `out_commuting`, `in_commuting`, `out_share` (of the employed residents),
        `in_share` (of the jobs), `to` and `to_persons`, `from` and `from_persons` (the largest flows; None where there is none).

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.catchment import commuting_flows
    >>> rows = [(2024, "a", "a", 60), (2024, "a", "b", 40), (2024, "b", "b", 90), (2024, "b", "a", 10)]
    >>> table = pd.DataFrame(rows, columns=["year", "residence_code", "workplace_code", "employed"])
    >>> commuting_summary(commuting_flows(table)).reset_index()[["out_commuting", "out_share", "in_commuting", "jobs", "to"]].values.tolist()
    [[40.0, 0.4, 10.0, 70.0, 'b'], [10.0, 0.1, 40.0, 130.0, 'a']]
    """
    import pandas as pd

    matrix = flows.matrix
    zones = [z for z in matrix.index if z not in set(flows.external)]
    y = matrix.to_numpy(np.float64)
    stay = np.diag(y)
    away = y - np.diag(stay)
    names = np.array(list(matrix.columns), object)
    rows = []
    for z in zones:
        i = matrix.index.get_loc(z)
        out, into = away[i], away[:, i]
        employed, jobs = float(y[i].sum()), float(y[:, i].sum())
        rows.append({
            "employed_residents": employed, "jobs": jobs, "staying": float(stay[i]), "out_commuting": float(out.sum()), "in_commuting": float(into.sum()),
            "out_share": out.sum() / employed if employed else np.nan, "in_share": into.sum() / jobs if jobs else np.nan,
            "to": _most(out, names), "to_persons": float(out.max()), "from": _most(into, names), "from_persons": float(into.max()),
        })  # fmt: skip
    found = pd.DataFrame(rows, index=pd.Index(zones, name="municipality_code"))
    # None stays None: as text it would become nan
    return found.assign(**{k: pd.Series([r[k] for r in rows], index=found.index, dtype=object) for k in ("to", "from")})


def _most(flow: Any, names: Any) -> Any:
    """The largest flow's other end; of equals the first by name, None where nobody goes."""
    largest = float(flow.max())
    return min(names[flow == largest], key=str) if largest > 0 else None


def largest_flows(flows: Flows, zone: Any, direction: Literal["out", "in"], *, most: int = 10) -> pd.Series:
    """Return the largest flows from or to a municipality, those who stay left out.

    Parameters
    ----------
    flows : Flows
    zone : hashable
    direction : {"out", "in"}
        To work elsewhere, or from elsewhere to work here.
    most : int, default 10

    Returns
    -------
    pandas.Series
        Persons by the other municipality, the largest first, of equals by name; flows of nobody are left out.

    Raises
    ------
    LayerError
        If the municipality is not in the flows.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.catchment import commuting_flows
    >>> rows = [(2024, "a", "a", 60), (2024, "a", "b", 40), (2024, "b", "b", 90), (2024, "b", "a", 0)]
    >>> table = pd.DataFrame(rows, columns=["year", "residence_code", "workplace_code", "employed"])
    >>> largest_flows(commuting_flows(table), "a", "out").to_dict(), len(largest_flows(commuting_flows(table), "a", "in"))
    ({'b': 40.0}, 0)
    """
    if zone not in flows.matrix.index:
        raise LayerError(f"municipality {zone!r} is not in the commuting flows; they have {', '.join(map(str, list(flows.matrix.index)[:14]))}")
    line = (flows.matrix.loc[zone] if direction == "out" else flows.matrix[zone]).drop(zone)
    line = line[line > 0]
    order = sorted(line.index, key=lambda z: (-line[z], str(z)))
    found: pd.Series = line.loc[order[:most]].rename("persons")
    return found
