"""The radiation model: flows from masses and ranks of cost alone, with nothing to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.catchment._matrices import cost_array, zone_values
from landplan.errors import LayerError
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RadiationFlows", "radiation"]


@dataclass(frozen=True, slots=True)
class RadiationFlows:
    """Flows of the radiation model.

    Attributes
    ----------
    flows : pandas.DataFrame
        Origins as rows; 0 within a zone and where unreached.
    reasons : pandas.Series
        Per origin: empty, or ``disconnected`` where it reaches no other zone with a mass.
    staying : pandas.Series
        Leavers whom the model sends nowhere: without the finite-size correction a share of mass over total mass, and all of them where
        there is a reason.
    """

    flows: pd.DataFrame
    reasons: pd.Series
    staying: pd.Series


def radiation(cost: pd.DataFrame | ODMatrix, mass: Any, leavers: Any, *, destination_mass: Any = None, finite_size: bool = False) -> RadiationFlows:
    """Distribute those who leave each zone by how much lies nearer than each other zone.

    Parameters
    ----------
    cost : pandas.DataFrame or ODMatrix
        Between the same zones on both sides; only its order matters. Unreached is ``inf`` or absent.
    mass : pandas.Series, mapping or array
        By zone: population, or jobs.
    leavers : pandas.Series, mapping or array
        By zone: commuters who leave it.
    destination_mass : pandas.Series, mapping or array, optional
        Jobs, where they are another number than `mass`; default `mass`.
    finite_size : bool
        Divide by 1 - m_i / M, M what the zone and all it reaches hold: in a finite country nobody who leaves may get lost.

    Returns
    -------
    RadiationFlows

    Raises
    ------
    LayerError
        If zones differ between sides, a number is missing or negative, or a zone has leavers and no mass.

    Notes
    -----
    T_ij = T_i m_i n_j / ((m_i + s_ij) (m_i + n_j + s_ij)), s_ij the mass nearer to i than j or as near, without i and j (Simini et al. 2012);
    the correction is of Masucci et al. 2013. Counting ties on both sides keeps a row's sum at or below T_i.

    Examples
    --------
    >>> import pandas as pd
    >>> cost = pd.DataFrame([[0, 1, 2], [1, 0, 1.5], [2, 1.5, 0]], list("abc"), list("abc"))
    >>> radiation(cost, [10, 10, 20], [8, 0, 0]).flows.loc["a"].tolist()
    [0.0, 4.0, 2.0]
    """
    import pandas as pd

    rows, columns = (cost.origin_ids, cost.destination_ids) if isinstance(cost, ODMatrix) else (cost.index, cost.columns)
    alone = rows[~rows.isin(columns)].append(columns[~columns.isin(rows)])
    if len(alone):
        raise LayerError(f"zone {alone[0]!r} is on one side of the cost table only; the radiation model needs the same zones on both")
    minutes = cost_array(cost, rows, rows)
    m = zone_values(mass, rows, name="mass")
    draw = m if destination_mass is None else zone_values(destination_mass, rows, name="destination_mass")
    leave = zone_values(leavers, rows, name="leavers")
    empty = (m == 0) & (leave > 0)
    if empty.any():
        raise LayerError(f"zone {rows[int(np.argmax(empty))]!r} has {leave[np.argmax(empty)]:g} leavers and a mass of 0; give it its mass, or no leavers")
    out = np.zeros(minutes.shape)
    reached = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        others = np.flatnonzero(np.isfinite(minutes[i]) & (draw > 0) & (np.arange(len(rows)) != i))
        if not others.size:
            continue
        reached[i] = True
        order = others[np.argsort(minutes[i, others], kind="stable")]
        near = np.cumsum(draw[order])
        # the last of those as far as each: what is as near counts as nearer
        last = np.searchsorted(minutes[i, order], minutes[i, order], side="right") - 1
        between = near[last] - draw[order]
        flow = m[i] * draw[order] / np.maximum((m[i] + between) * (m[i] + draw[order] + between), 1e-300)
        if finite_size:
            flow = flow / (1.0 - m[i] / (m[i] + near[-1]))
        out[i, order] = leave[i] * flow
    flows = pd.DataFrame(out, rows, rows)
    reasons = pd.Series(np.where(reached, "", "disconnected"), rows, name="reason")
    return RadiationFlows(flows, reasons, pd.Series(leave - out.sum(axis=1), rows, name="staying"))
