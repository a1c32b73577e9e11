"""What villages and areas offer those who move in: indicators between a worst and a best, weighed, with what is not known kept apart.

An indicator that is not known is no zero: the score is of what is known, and beside it stands what it could be at worst and at best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landplan.errors import LandplanError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AttractionError", "Indicator", "attractiveness"]


class AttractionError(LandplanError, ValueError):
    """Indicators and places that do not fit together."""


@dataclass(frozen=True)
class Indicator:
    """One thing that in-movers ask about.

    Parameters
    ----------
    column : str
        Of the places.
    worst, best : float
        Values that count as nothing and as all; either may be the larger. Between them linear, beyond them flat.
    unit : str
    source : str
        Whose limits they are.
    """

    column: str
    worst: float
    best: float
    unit: str = ""
    source: str = "antagande"


def attractiveness(points_or_cells: pd.DataFrame, indicators: Mapping[str, Indicator], weights: Mapping[str, float]) -> pd.DataFrame:
    """Return what each place offers, in all and by indicator.

    Parameters
    ----------
    points_or_cells : DataFrame or GeoDataFrame
        A row a village, area or cell, with the indicators' columns; empty where a value is not known, ``inf`` where a service is out of
        reach (which is known: it is the worst).
    indicators : mapping of name to Indicator
    weights : mapping of name to float
        0 or more; what they sum to does not matter.

    Returns
    -------
    pandas.DataFrame
        The places' rows with `score` (0-1, of what is known; empty where nothing is), `score_low` and `score_high` (with the unknown at
        worst and at best), `known_share` of the weight, `lacks` (names, comma between) and ``value_<name>`` of each indicator.

    Raises
    ------
    AttractionError
        If an indicator lacks its weight or its column, or a weight is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> villages = pd.DataFrame({"name": ["Karungi", "Kukkola"], "shop_min": [5.0, 25.0], "fibre_share": [0.9, None]})
    >>> ask = {"shop": Indicator("shop_min", 30, 0, "min"), "fibre": Indicator("fibre_share", 0, 1)}
    >>> found = attractiveness(villages, ask, {"shop": 2, "fibre": 1})
    >>> found["score"].round(2).tolist(), found["lacks"].tolist()
    ([0.86, 0.17], ['', 'fibre'])
    """
    import pandas as pd

    if lost := sorted(set(indicators) - set(weights)):
        raise AttractionError(f"indicator {lost[0]!r} has no weight")
    if strange := sorted(set(weights) - set(indicators)):
        raise AttractionError(f"there is a weight for {strange[0]!r} but no such indicator")
    weight = np.array([float(weights[n]) for n in indicators])
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum():
        raise AttractionError("weights are 0 or more, and not all of them 0")
    values = np.empty((len(points_or_cells), len(indicators)))
    for k, (name, ask) in enumerate(indicators.items()):
        if ask.column not in points_or_cells:
            raise AttractionError(f"indicator {name!r} reads column {ask.column!r}; the places have {', '.join(map(str, points_or_cells.columns))}")
        if ask.worst == ask.best or not np.isfinite([ask.worst, ask.best]).all():
            raise AttractionError(f"indicator {name!r}: worst and best must be two numbers, got {ask.worst:g} and {ask.best:g}")
        raw = pd.to_numeric(points_or_cells[ask.column], errors="coerce").to_numpy(float)
        values[:, k] = np.clip((raw - ask.worst) / (ask.best - ask.worst), 0.0, 1.0)
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    share = known @ weight / weight.sum()
    sure = filled @ weight
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(share > 0, sure / (known @ weight), np.nan)
    out = points_or_cells.copy()
    out["score"], out["score_low"], out["score_high"] = score, sure / weight.sum(), (sure + (~known) @ weight) / weight.sum()
    out["known_share"] = share
    names = np.array(list(indicators), object)
    out["lacks"] = [", ".join(names[~row]) for row in known]
    for k, name in enumerate(names):
        out[f"value_{name}"] = values[:, k]
    return out
