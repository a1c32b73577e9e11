"""A roadmap: for each department and year what is needed, what there is, what is short, when it must be decided and who pays.

Each line is arithmetic on a need and a capacity: a new unit should stand when the need first passes what there is, it is decided as many years before as it takes
to build, and its sum is spread over those years. A decision year that has passed is not moved, the line says that it is late, and the unit opens as soon as one
that is decided today can.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import LandplanError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

__all__ = ["FUNDERS", "Line", "RoadmapError", "do_first", "roadmap"]

FUNDERS: Final = ("kommun", "stat", "region", "eu", "exploatör")
_HELD: Final = 1e-6


class RoadmapError(LandplanError, ValueError):
    """A line of a roadmap that contradicts itself."""


@dataclass(frozen=True)
class Line:
    """One thing that a department answers for.

    Parameters
    ----------
    department, what : str
        What is a name that the table keeps: a service, ``dwellings``, a measure.
    years : sequence of int
        The first is today.
    need, capacity : array_like of float, shape (T,)
        At the end of each year (dwellings: in each year); nan where nobody knows.
    unit_places : float, optional
        What one more unit holds; without it a shortage has a year and no measure.
    unit_msek : float, optional
    build_years : int
        From decision to opening.
    funders : mapping of funder to share
    policy : sequence of str
        What it serves.
    layer : str
        Where it is on the map: a layer's id.
    yearly : bool
        Whether need and capacity are of each year, not of all that there is.
    flag : str
    source : str
    spent_msek : array_like of float, shape (T,), optional
        Sums that are known by year, instead of units.
    short : array_like of bool, shape (T,), optional
        In which years a decision is lacking, where there are no units; default those with a gap.
    """

    department: str
    what: str
    years: Sequence[int]
    need: ArrayLike
    capacity: ArrayLike
    unit_places: float | None = None
    unit_msek: float | None = None
    build_years: int = 0
    funders: Mapping[str, float] = field(default_factory=dict)
    policy: Sequence[str] = ()
    layer: str = ""
    yearly: bool = False
    flag: str = "[0]"
    source: str = ""
    spent_msek: ArrayLike | None = None
    short: ArrayLike | None = None


def roadmap(lines: Sequence[Line]) -> pd.DataFrame:
    """Return the roadmap, a row a line and year.

    Parameters
    ----------
    lines : sequence of Line

    Returns
    -------
    pandas.DataFrame
        department, what, year, `today` (need of the first year), need, capacity (new units counted from when they open), gap (what is short of today's capacity),
        `wanted` (units that the need asks for from that year), `decide_by` (when they must be decided), `late` (that should have been done already), `opens` (units
        that open that year), `msek` and ``msek_<funder>``, policy, layer, flag, source.

    Raises
    ------
    RoadmapError
        If years do not follow each other, numbers do not fit them, or funders' shares do not sum to one.

    Examples
    --------
    >>> line = Line("skola", "grundskola", range(2025, 2029), [100, 105, 115, 130], [110] * 4, unit_places=25, unit_msek=60, build_years=2, funders={"kommun": 1})
    >>> table = roadmap([line])
    >>> table.loc[table["opens"] > 0, ["year", "gap", "opens", "decide_by"]].values.tolist()
    [[2027, 5.0, 1.0, 2025]]
    >>> table["msek_kommun"].tolist()
    [0.0, 30.0, 30.0, 0.0]
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for line in lines:
        rows += _rows(line)
    columns = ["department", "what", "year", "today", "need", "capacity", "gap", "wanted", "decide_by", "late", "opens", "msek", *(f"msek_{f}" for f in FUNDERS), "policy", "layer", "flag", "source"]
    out = pd.DataFrame(rows, columns=columns)
    out["decide_by"] = out["decide_by"].astype("Int64")
    return out


def _rows(line: Line) -> list[dict[str, Any]]:
    years = np.asarray(list(line.years), np.int64)
    need, capacity = np.asarray(line.need, float), np.asarray(line.capacity, float)
    if years.size < 1 or (np.diff(years) != 1).any() or need.shape != years.shape or capacity.shape != years.shape:
        raise RoadmapError(f"{line.department}, {line.what}: need and capacity must be one number for each of years that follow each other; got {need.shape}, {capacity.shape} for {years.size}")
    if line.funders and (abs(sum(line.funders.values()) - 1) > _HELD or set(line.funders) - set(FUNDERS)):
        raise RoadmapError(f"{line.department}, {line.what}: funders are shares that sum to 1 of {', '.join(FUNDERS)}; got {dict(line.funders)}")
    gap = np.where(np.isnan(need) | np.isnan(capacity), np.nan, np.maximum(need - capacity, 0.0))
    wanted, opens, msek = np.zeros(years.size), np.zeros(years.size), np.zeros(years.size)
    decide: list[int | None] = [None] * years.size
    late = np.zeros(years.size, bool)
    if line.unit_places and not line.yearly:
        whole = np.maximum.accumulate(np.array([0 if math.isnan(v) else math.ceil(v / line.unit_places - _HELD) for v in gap]))
        wanted = np.diff(np.concatenate([[0], whole])).astype(float)
        for t in np.flatnonzero(wanted):
            decide[t] = int(years[t]) - line.build_years
            late[t] = decide[t] < years[0]
            # what is decided today stands when it is built, not before
            at = max(int(t), line.build_years)
            if at < years.size:
                opens[at] += wanted[t]
            if line.unit_msek is not None:
                spread = range(max(0, at - line.build_years + 1), at + 1)
                for year in spread:
                    if year < years.size:
                        msek[year] += wanted[t] * line.unit_msek / len(spread)
    else:
        over = np.flatnonzero(gap > _HELD if line.short is None else np.asarray(line.short, bool))
        if over.size:
            decide[over[0]] = int(years[over[0]]) - line.build_years
            late[over[0]] = decide[over[0]] < years[0]
    if line.spent_msek is not None:
        msek = np.asarray(line.spent_msek, float)
        if msek.shape != years.shape:
            raise RoadmapError(f"{line.department}, {line.what}: sums must be one for each of {years.size} years; got {msek.shape}")
    stands = capacity if line.yearly else capacity + np.cumsum(opens) * (line.unit_places or 0.0)
    return [
        {
            "department": line.department, "what": line.what, "year": int(y), "today": float(need[0]), "need": float(need[t]), "capacity": float(stands[t]), "gap": float(gap[t]),
            "wanted": float(wanted[t]), "decide_by": decide[t], "late": bool(late[t]), "opens": float(opens[t]), "msek": float(msek[t]),
            **{f"msek_{f}": float(msek[t] * line.funders.get(f, 0.0)) for f in FUNDERS}, "policy": "; ".join(line.policy), "layer": line.layer, "flag": line.flag, "source": line.source,
        }
        for t, y in enumerate(years)
    ]  # fmt: skip


def do_first(table: pd.DataFrame, *, start: int, within: int) -> pd.DataFrame:
    """Return what must be decided first, across departments.

    Parameters
    ----------
    table : pandas.DataFrame
        As `roadmap` returns.
    start : int
        Today's year.
    within : int
        Decisions up to so many years from it are on the list: the cut-off.

    Returns
    -------
    pandas.DataFrame
        department, what, decide_by, `needed_year`, wanted (units), gap, `share` (gap of the need), msek (of the line's years up to the end), late, policy, layer,
        flag: soonest decision first, then the larger share of the need that is short.

    Examples
    --------
    >>> line = Line("skola", "grundskola", range(2025, 2029), [100, 105, 115, 130], [110] * 4, unit_places=25, unit_msek=60, build_years=2)
    >>> do_first(roadmap([line]), start=2025, within=5)[["what", "decide_by", "needed_year"]].values.tolist()
    [['grundskola', 2025, 2027]]
    """
    due = table[table["decide_by"].notna() & (table["decide_by"].fillna(0) <= start + within)].copy()
    due["needed_year"] = due["year"]
    due["share"] = due["gap"] / due["need"].where(due["need"] > 0)
    due["msek"] = [
        float(table[(table["department"] == r.department) & (table["what"] == r.what)]["msek"].sum())
        for r in due.itertuples()
    ]
    due = due.sort_values(["decide_by", "share", "department", "what"], ascending=[True, False, True, True], kind="stable")
    columns = ["department", "what", "decide_by", "needed_year", "wanted", "gap", "share", "msek", "late", "policy", "layer", "flag"]
    return due[columns].drop_duplicates(["department", "what"]).reset_index(drop=True)
