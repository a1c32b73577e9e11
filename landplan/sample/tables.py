"""Tables of published figures that an area carries as layers: ages, households, commuting."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landplan.sample.inputs import Inputs
from landplan.sample.people import bands

__all__ = ["commuting", "households", "population_by_age"]


def population_by_age(inputs: Inputs) -> pd.DataFrame:
    """Return the published age bands of the area's municipalities; bands put together from others are left out.

    Parameters
    ----------
    inputs : Inputs
        The real data.

    Returns
    -------
    pandas.DataFrame
        `area` is the municipality's name. Where a share alone is published, persons are that share of the municipality's
        total, and `source` says so. `abroad` tells the other country's rows.
    """
    facts = inputs.municipalities.set_index("code")
    rows: list[dict[str, Any]] = []
    for of in inputs.area.municipalities:
        total = inputs.total(of.code)
        for band in bands(inputs, of.code).to_dict("records"):
            known = str(band["persons"]) != ""
            rows.append(
                {
                    "area": str(facts.loc[of.code, "name"]),
                    "date": str(band["date"]),
                    "age_group": str(band["age_group"]),
                    "persons": int(str(band["persons"])) if known else round(float(band["percent"]) / 100.0 * total),
                    "percent": float(band["percent"]),
                    "source": str(band["source"]) if known else f"{band['source']}; andelen av folkmängden {of.population_date}",
                    "abroad": inputs.area.is_foreign(of.code),
                }
            )
    return pd.DataFrame(rows)


def households(inputs: Inputs) -> pd.DataFrame:
    """Return the published households by size of the area's first municipality.

    Parameters
    ----------
    inputs : Inputs
        The real data.

    Returns
    -------
    pandas.DataFrame
        The largest size is that many persons or more.
    """
    table = inputs.more["ostersund_households_2020"]
    return pd.DataFrame(
        {
            "area": inputs.area.codes[0],
            "household_size": table["household_size"].str.extract(r"(\d+)")[0].astype(int),
            "households": table["households_2020"].astype(int),
            "year": 2020,
            "abroad": False,
        }
    )


def commuting(inputs: Inputs) -> pd.DataFrame:
    """Return the published flows to and from the area's municipalities that have codes at both ends.

    Parameters
    ----------
    inputs : Inputs
        The real data.

    Returns
    -------
    pandas.DataFrame
        One row a flow; `note` says what a figure leaves out.
    """
    table = inputs.more["commuting"]
    both = (table["residence_code"] != "") & (table["workplace_code"] != "") & (table["employed"] != "")
    ours = table["residence_code"].isin(inputs.area.codes) | table["workplace_code"].isin(inputs.area.codes)
    rows = table[both & ours].reset_index(drop=True)
    rows["year"], rows["employed"] = rows["year"].astype(int), rows["employed"].astype(int)
    return rows.assign(abroad=[inputs.area.is_foreign(c) for c in rows["residence_code"]])
