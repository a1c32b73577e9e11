"""Sites side by side: how much labour each reaches, how far workers would come, and how far their catchments are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landplan.catchment.employer import EmployerCatchment
from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare_sites"]

_OVERLAP_MIN = 45.0


def compare_sites(catchments: Sequence[EmployerCatchment], *, minutes: Sequence[float] = (30.0, 45.0, 60.0)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold sites beside each other.

    Parameters
    ----------
    catchments : sequence of EmployerCatchment
        Of the same zones, in the same order.
    minutes : sequence of float
        Thresholds, inclusive, by the reference mode.

    Returns
    -------
    table : pandas.DataFrame
        By site id: `name`, `labour_within_<m>_min`, `jobs`, `filled`, `mean_minutes`.
    overlap : pandas.DataFrame
        Square, by site id: the share of the row's labour within 45 minutes that is also within 45 minutes of the column's.

    Raises
    ------
    LayerError
        If there is no site, a site comes twice, or the zones differ.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.catchment import Employer, Impedance, employer
    >>> from landplan.od import ODMatrix
    >>> labour = pd.DataFrame({"labour": [100.0, 300.0]}, index=["a", "b"])
    >>> od = ODMatrix.from_dense(np.array([[10.0, 50.0], [40.0, 10.0]]), origin_ids=["a", "b"], destination_ids=["s", "t"])
    >>> model = Impedance("exponential", (0.05, 0.05, 0.05))
    >>> both = [employer(Employer(k, (30, 30, 30)), labour, {"car": od}, model, draws=1) for k in ("s", "t")]
    >>> table, overlap = compare_sites(both)
    >>> table["labour_within_30_min"].tolist(), overlap.to_numpy().tolist()
    ([100.0, 300.0], [[1.0, 0.75], [1.0, 1.0]])
    """
    import pandas as pd

    if not catchments:
        raise LayerError("there is no site to compare; give at least one catchment")
    ids = [f.site.site_id for f in catchments]
    if len(set(ids)) < len(ids):
        raise LayerError(f"site {next(i for i in ids if ids.count(i) > 1)!r} comes twice")
    first = catchments[0].zones
    if any(not f.zones.index.equals(first.index) for f in catchments):
        raise LayerError("the sites' catchments are of different zones; work them out from the same labour")
    labour = first["labour"].to_numpy(np.float64)
    by_reference = [f.zones[next(c for c in f.zones if str(c).startswith("minutes_"))].to_numpy(np.float64) for f in catchments]
    rows = []
    for found, away in zip(catchments, by_reference, strict=True):
        within = {f"labour_within_{m:g}_min": float(labour[away <= m].sum()) for m in minutes}
        filled = float(found.totals.loc[["residents", "external"], "expected"].sum())
        rows.append(
            {"name": found.site.name or found.site.site_id, **within, "jobs": found.totals.loc["jobs", "expected"], "filled": filled, "mean_minutes": found.measures.loc["mean_minutes", "expected"]}
        )
    near = np.array([away <= _OVERLAP_MIN for away in by_reference])
    both = (near * labour) @ near.T.astype(np.float64)
    own = np.diag(both)
    share = np.divide(both, own[:, None], out=np.full_like(both, np.nan), where=own[:, None] > 0)
    index = pd.Index(ids, name="site_id")
    return pd.DataFrame(rows, index=index), pd.DataFrame(share, index, ids)
