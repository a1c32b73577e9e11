"""The door of interaction models: tables of zones checked, named and brought to one order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.errors import LayerError
from landplan.od import ODMatrix

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["aligned", "cost_array", "flow_array", "mask_array", "zone_values"]


def _first(mask: NDArray[np.bool_], rows: pd.Index, columns: pd.Index) -> str:
    i, j = np.argwhere(mask)[0]
    return f"{rows[i]} -> {columns[j]}"


def _unique(index: pd.Index, name: str) -> None:
    if index.has_duplicates:
        raise LayerError(f"{name} names zone {index[index.duplicated()][0]!r} more than once; add its rows together first")


def flow_array(flows: pd.DataFrame, *, name: str = "flows") -> NDArray[np.float64]:
    """Return a table of flows as numbers, or say which pair is not one.

    Raises
    ------
    LayerError
        If it is empty, names a zone twice, or a flow is negative, infinite, missing or no number.
    """
    import pandas as pd

    if not isinstance(flows, pd.DataFrame) or flows.ndim != 2:
        raise LayerError(f"{name} must be a table with origins as rows and destinations as columns, got {type(flows).__name__}")
    if not flows.size:
        raise LayerError(f"{name} has no pairs ({flows.shape[0]} origins, {flows.shape[1]} destinations); give at least one origin and one destination")
    _unique(flows.index, f"the rows of {name}")
    _unique(flows.columns, f"the columns of {name}")
    try:
        out = flows.to_numpy(np.float64)
    except (TypeError, ValueError):
        raise LayerError(f"{name} holds something that is no number; convert the table with astype(float)") from None
    for bad, what, step in (
        (np.isnan(out), "is empty", "give 0 where nobody goes, or leave the pair out"),
        (np.isinf(out), "is infinite", "give the number of persons"),
        (out < 0, "is negative", "correct it, or leave the pair out"),
    ):
        if bad.any():
            raise LayerError(f"{name} {_first(bad, flows.index, flows.columns)} {what}; {step}")
    return np.ascontiguousarray(out)


def aligned(frame: pd.DataFrame, origins: pd.Index, destinations: pd.Index, *, name: str) -> pd.DataFrame:
    """Return a table in the order of zones given, or name a zone it lacks.

    Raises
    ------
    LayerError
        If a zone is missing or named twice.
    """
    for have, want, side in ((frame.index, origins, "rows"), (frame.columns, destinations, "columns")):
        _unique(have, f"the {side} of {name}")
        lacking = want[~want.isin(have)]
        if len(lacking):
            raise LayerError(
                f"{name} lacks {len(lacking)} of {len(want)} zones among its {side} (first: {lacking[0]!r}); give it the same zone ids as the flows"
            )
    return frame.loc[origins, destinations]


def cost_array(cost: Any, origins: pd.Index, destinations: pd.Index, *, name: str = "cost") -> NDArray[np.float64]:
    """Return costs by pair in the order of zones given; ``inf`` where unreached.

    Parameters
    ----------
    cost : ODMatrix or pandas.DataFrame
        Pairs absent from an `ODMatrix` are unreached.
    origins, destinations : pandas.Index
    name : str

    Raises
    ------
    LayerError
        If a zone is missing, or a cost is negative, missing or no number.
    """
    import pandas as pd

    if isinstance(cost, ODMatrix):
        cost = pd.DataFrame(cost.to_dense().astype(np.float64), index=cost.origin_ids, columns=cost.destination_ids)
    if not isinstance(cost, pd.DataFrame):
        raise LayerError(f"{name} must be an OD matrix or a table with the flows' zones, got {type(cost).__name__}")
    frame = aligned(cost, origins, destinations, name=name)
    try:
        out = np.ascontiguousarray(frame.to_numpy(np.float64))
    except (TypeError, ValueError):
        raise LayerError(f"{name} holds something that is no number; convert the table with astype(float)") from None
    if np.isnan(out).any():
        raise LayerError(f"{name} {_first(np.isnan(out), origins, destinations)} is empty; give the cost, or inf where there is no way")
    if (out < 0).any():
        raise LayerError(f"{name} {_first(out < 0, origins, destinations)} is negative; correct it")
    return out


def mask_array(mask: Any, origins: pd.Index, destinations: pd.Index, *, name: str, kind: type[Any]) -> NDArray[Any]:
    """Return a table of truths or weights in the order of zones given.

    Raises
    ------
    LayerError
        If it does not fit the flows, or a weight is negative or not finite.
    """
    import pandas as pd

    if isinstance(mask, pd.DataFrame):
        mask = aligned(mask, origins, destinations, name=name).to_numpy()
    out = np.array(mask, kind)  # a copy: pairs are taken out of it later
    if out.shape != (len(origins), len(destinations)):
        raise LayerError(f"{name} has shape {out.shape}, the flows have {(len(origins), len(destinations))}; give one value a pair")
    if kind is float and not (np.isfinite(out) & (out >= 0)).all():
        raise LayerError(f"{name} {_first(~(np.isfinite(out) & (out >= 0)), origins, destinations)} is negative or not a number; weights are 0 or more")
    return out


def zone_values(values: Any, zones: pd.Index, *, name: str) -> NDArray[np.float64]:
    """Return one number a zone, in the order of zones given.

    Raises
    ------
    LayerError
        If a zone is missing, or its value negative, infinite, missing or no number.
    """
    import pandas as pd

    if isinstance(values, Mapping):
        values = pd.Series(values)
    if isinstance(values, pd.Series):
        _unique(values.index, name)
        lacking = zones[~zones.isin(values.index)]
        if len(lacking):
            raise LayerError(f"{name} lacks {len(lacking)} of {len(zones)} zones (first: {lacking[0]!r}); give 0 where there is nothing")
        values = values.loc[zones]
    try:
        out = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise LayerError(f"{name} holds something that is no number; convert it with astype(float)") from None
    if out.shape != (len(zones),):
        raise LayerError(f"{name} has {out.size} values for {len(zones)} zones; give one a zone")
    bad = ~np.isfinite(out) | (out < 0)
    if bad.any():
        at = int(np.argmax(bad))
        raise LayerError(f"{name} of zone {zones[at]!r} is {out[at]:g}; it must be a number of 0 or more")
    return out
