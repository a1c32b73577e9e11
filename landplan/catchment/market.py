"""Who works where: every workplace's jobs filled at once from the zones around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landplan.catchment.employer import columns_of, labour_of
from landplan.catchment.impedance import LEAST_MIN, Impedance
from landplan.errors import LayerError
from landplan.kernels import recruit as kernel
from landplan.kernels._team import team

if TYPE_CHECKING:
    import pandas as pd

    from landplan.od import ODMatrix

__all__ = ["job_market"]


def job_market(labour: pd.DataFrame, od: ODMatrix, jobs: pd.Series, model: Impedance) -> pd.DataFrame:
    """Return modelled flows from zones to workplaces.

    Parameters
    ----------
    labour : pandas.DataFrame
        `labour` by zone.
    od : ODMatrix
        Minutes from zones to workplaces.
    jobs : pandas.Series
        By workplace.
    model : Impedance
        Its central value is used.

    Returns
    -------
    pandas.DataFrame
        Persons, zones by workplaces. A row holds at most the zone's labour, a column at most the workplace's jobs.

    Raises
    ------
    LayerError
        If jobs are negative or missing, or zones and workplaces are not in the matrix.

    Notes
    -----
    The model of `employer`, with every workplace a site: attraction-constrained gravity (Wilson 1971), offered again where labour runs out.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from landplan.od import ODMatrix
    >>> labour = pd.DataFrame({"labour": [100.0, 100.0]}, index=["a", "b"])
    >>> od = ODMatrix.from_dense(np.array([[10.0], [10.0]]), origin_ids=["a", "b"], destination_ids=["works"])
    >>> job_market(labour, od, pd.Series({"works": 50.0}), Impedance("exponential", (0.1, 0.1, 0.1)))["works"].tolist()
    [25.0, 25.0]
    """
    import pandas as pd

    persons = labour_of(labour)
    wanted = jobs.to_numpy(np.float64)
    if not (np.isfinite(wanted).all() and (wanted >= 0).all()):
        raise LayerError("a workplace has no or negative jobs; give 0 where there are none")
    cost = columns_of(od, labour.index, list(jobs.index), "minutes")
    cost = np.where(cost <= model.within_min, cost, np.inf)
    if model.kind in ("power", "tanner"):
        cost = np.maximum(cost, LEAST_MIN)
    draw = np.array([[1.0, model.value[1], 1.0, 1.0]])
    none = np.zeros((wanted.size, 1, persons.size))
    with team(1):
        _, taken, *_ = kernel.recruit(persons, np.ascontiguousarray(cost), wanted, wanted.size, kernel.DECAYS[model.kind], model.spread, draw, none, none)
    return pd.DataFrame(taken, index=labour.index, columns=jobs.index)
