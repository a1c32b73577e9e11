"""Commuting flows as a matrix of one statistical regime, with those who work elsewhere kept apart."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.content import content_folder
from landplan.contracts import require_columns
from landplan.errors import LayerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Flows", "commuting_content", "commuting_flows"]


@cache
def commuting_content() -> dict[str, Any]:
    """Return what ships about commuting statistics: fits, noise, breaks, evidence (``layers/priors/commuting.toml``).

    The one file that this room reads: content, like the layers' definitions beside it.
    """
    return tomllib.loads((content_folder("layers") / "priors" / "commuting.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Flows:
    """Persons by residence and workplace.

    Attributes
    ----------
    matrix : pandas.DataFrame
        Residences as rows, workplaces as columns, zones of the area first, external zones after.
    external : tuple
        Zones outside the area: they take and send people, but no distance explains how many.
    years : tuple of int
        More than one: the mean of the years.
    regime : str
        Which statistic; years of two are never mixed.
    noise_floor : float
        Cells below it are perturbed; 0 where the statistic is exact.
    counts : dict of str to int
        What was done to the table: rows of other years, pairs that it does not name, external zones.
    names : dict
        Zone to its name, where the table has one.
    """

    matrix: pd.DataFrame
    external: tuple[Any, ...]
    years: tuple[int, ...]
    regime: str
    noise_floor: float
    counts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[Any, str] = field(default_factory=dict)


def _regime(year: int) -> str:
    names = ["before"] + [f"from {b['first_year']}" for b in commuting_content()["breaks"]]
    return str(names[sum(year >= b["first_year"] for b in commuting_content()["breaks"])])


def _chosen(years: Iterable[int], present: list[int]) -> tuple[int, ...]:
    wanted = tuple(sorted(set(years)))
    lacking = [y for y in wanted if y not in present]
    if lacking:
        raise LayerError(f"the commuting table has no year {lacking[0]}; it has {', '.join(map(str, present))}")
    regimes = {_regime(y): y for y in wanted}
    if len(regimes) > 1:
        between = next(b for b in commuting_content()["breaks"] if wanted[0] < b["first_year"] <= wanted[-1])
        raise LayerError(
            f"years {wanted[0]} and {wanted[-1]} lie on either side of {between['first_year']}, when the statistic changed source "
            f"({between['what']}); fit one regime at a time, years={[y for y in wanted if _regime(y) == _regime(wanted[-1])]}"
        )
    return wanted


def commuting_flows(
    table: pd.DataFrame,
    *,
    years: int | Iterable[int] | None = None,
    zones: Iterable[Any] | None = None,
    noise_floor: float | None = None,
) -> Flows:
    """Make a matrix of one regime from the rows of layer ``commuting``.

    Parameters
    ----------
    table : pandas.DataFrame
        `year`, `residence_code`, `workplace_code`, `employed`; optional `residence`, `workplace` (names).
    years : int or iterable of int, optional
        Default every year of the table; they must be of one regime. Several are averaged.
    zones : iterable, optional
        Codes of the study area, in the order wanted; every other zone is external. Default all that are both residence and workplace.
    noise_floor : float, optional
        Default that of the statistic in those years (`prior().noise_floor`), 0 before it was perturbed.

    Returns
    -------
    Flows

    Raises
    ------
    LayerError
        If a column is missing, a year is not there, years of two regimes are mixed, a pair occurs twice in a year, a number is missing or
        negative, or a zone sends and takes nobody.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(2024, "2580", "2582", 1286), (2024, "2582", "2580", 3456), (2024, "2582", "2514", 20)]
    >>> table = pd.DataFrame(rows, columns=["year", "residence_code", "workplace_code", "employed"])
    >>> flows = commuting_flows(table, zones=["2580", "2582"])
    >>> flows.external, flows.noise_floor, flows.matrix.loc["2582", "2514"].item()
    (('2514',), 4.0, 20.0)
    """
    import pandas as pd

    require_columns(
        table,
        {"year": "year", "residence_code": "municipality of residence", "workplace_code": "municipality of work", "employed": "persons"},
        name="commuting",
    )
    at = pd.to_numeric(table["year"], errors="coerce")
    present = sorted({int(y) for y in at.dropna()})
    if not present:
        raise LayerError("the commuting table has no row with a year; give the year of its figures")
    wanted = _chosen(present if years is None else [years] if isinstance(years, int | np.integer) else [int(y) for y in years], present)
    rows = table[at.isin(wanted)].assign(year=at[at.isin(wanted)].astype(int))
    persons = pd.to_numeric(rows["employed"], errors="coerce").astype(float)
    for bad, what in ((persons.isna(), "no number of persons"), (persons < 0, "a negative number of persons"), (np.isinf(persons), "an infinite number of persons")):
        if bad.any():
            row = rows[np.asarray(bad)].iloc[0]
            raise LayerError(f"commuting {row['residence_code']} -> {row['workplace_code']} in {row['year']} has {what}; correct the row or leave it out")
    key = ["year", "residence_code", "workplace_code"]
    if rows[key].isna().to_numpy().any():
        raise LayerError(f"row {rows.index[rows[key].isna().any(axis=1)][0]} of the commuting table lacks a code; give one or leave the row out")
    if (twice := rows.duplicated(key)).any():
        row = rows[twice].iloc[0]
        raise LayerError(f"commuting {row['residence_code']} -> {row['workplace_code']} occurs more than once in {row['year']}; add the rows together first")
    homes, works = pd.unique(rows["residence_code"]), pd.unique(rows["workplace_code"])
    inside = list(zones) if zones is not None else [z for z in homes if z in set(works)]
    everywhere = set(homes) | set(works)
    for zone in inside:
        if zone not in everywhere:
            raise LayerError(f"zone {zone!r} is not in the commuting table; codes are text there, {homes[0]!r} for example")
    outside = tuple(z for z in pd.unique(np.concatenate([homes, works])) if z not in set(inside))
    order = [*inside, *outside]
    wide = rows.assign(employed=persons).pivot_table(index="residence_code", columns="workplace_code", values="employed", aggfunc="sum")
    matrix = wide.reindex(index=order, columns=order) / len(wanted)
    absent = int(matrix.loc[inside, inside].isna().to_numpy().sum())
    names: dict[Any, str] = {}
    for code, name in (("residence_code", "residence"), ("workplace_code", "workplace")):
        if name in rows:
            names.update(dict(zip(rows[code], rows[name], strict=True)))
    noise = commuting_content()["noise_floor"]
    floor = noise_floor if noise_floor is not None else float(noise["persons"]) if wanted[-1] >= noise["since"] else 0.0
    counts = {"rows_of_other_years": int(len(table) - len(rows)), "pairs_not_in_the_table": absent, "external_zones": len(outside)}
    return Flows(matrix.fillna(0.0), outside, wanted, _regime(wanted[0]), floor, counts, names)
