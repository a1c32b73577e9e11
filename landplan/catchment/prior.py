"""What is known of commuting in northern Sweden before a plan has flows of its own: fits, their range, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landplan.catchment.flows import commuting_content

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Prior", "prior"]


@dataclass(frozen=True, slots=True)
class Prior:
    """Fitted parameters that ship, with how they were made and what they are good for.

    Attributes
    ----------
    fits : pandas.DataFrame
        By `model`, `decay`, `parameter`: `value`, `low`, `high` (95 %), `low_without_one`, `high_without_one` (refitted without each
        municipality in turn), `unit`, `pseudo_r2`, `cpc`, `dispersion`, `inflation`.
    made : dict
        `source`, `year`, `area`, `zones`, `pairs`, `cost`, `method`, `range_km`.
    caveat : dict
        What it may be used for, in Swedish (`sv`) and English (`en`).
    inside : dict
        Evidence for within one labour market: `minutes`, `statement`, `source`, `flag`.
    noise_floor : dict
        `persons`, `since` (year), `source`.
    breaks : tuple of dict
        `first_year`, `what`, `source`: years on either side are not mixed.
    seats : pandas.DataFrame
        By municipality code: `name`, `lon`, `lat`.
    attribution : str
    """

    fits: pd.DataFrame
    made: Mapping[str, Any]
    caveat: Mapping[str, str]
    inside: Mapping[str, Any]
    noise_floor: Mapping[str, Any]
    breaks: tuple[Mapping[str, Any], ...]
    seats: pd.DataFrame
    attribution: str


def prior() -> Prior:
    """Return the shipped fits of commuting in northern Sweden and the evidence beside them.

    Returns
    -------
    Prior

    Examples
    --------
    >>> row = prior().fits.loc[("doubly", "power", "beta")]
    >>> bool(row["low"] < row["value"] < row["high"])
    True
    """
    import pandas as pd

    content = commuting_content()
    seats = pd.DataFrame(content["seats"]).set_index("code")
    fits = pd.DataFrame(content["fits"]).set_index(["model", "decay", "parameter"]).sort_index()
    return Prior(
        fits, content["made"], content["caveat"], content["inside"], content["noise_floor"], tuple(content["breaks"]), seats, content["attribution"]
    )
