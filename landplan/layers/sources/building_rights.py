"""Building rights of a detailed plan: height, area and plot size, each with what it is measured against.

Boverket's codes keep apart what the words nearly hide: a height above the ground or above a datum, a share of
the plot within the property area or within the use area, square metres a plot or in all, gross floor or
footprint. They are kept apart here too and never compared, added or turned into one another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["RIGHT_COLUMNS", "Right", "is_other_right", "read_right", "rights_on"]

RIGHT_COLUMNS: Final = (
    "max_height_m", "height_reference", "building_area_m2", "building_area_percent", "area_basis", "min_plot_m2",
)
_NUMBER: Final = r"(\d+(?:[ \u00a0]\d{3})*(?:[.,]\d+)?)"
# By the catalogue's code, and by its wording for files whose ids are in no catalogue here. Heights of single
# structures, storeys, areas below ground and lowest values are other rights.
_HEIGHT: Final = (
    re.compile(r"_Hojd_(?:Hogsta|Exakt)Hojd_(?:Nock|Total|Byggnads)hojd(?P<datum>Nollplan)?$"),
    re.compile(
        rf"(?:Högsta (?:nock|total|byggnads)höjd är|(?:Nock|Total|Byggnads)höjden ska vara) {_NUMBER} meter"
        r"(?P<datum> över (?:angivet nollplan|nollplanet))?\.?$"
    ),
)
_AREA: Final = (
    re.compile(r"_Utnytt_StorstaArea(?P<unit>Kvm|Proc)_(?P<basis>(?:Brutto|Byggnads)(?:Egen|Anv|Fastigh)?)(?:Kvm)?$"),
    re.compile(rf"Största (?P<what>brutto|byggnads)area är {_NUMBER} (?P<unit>m²|%)(?P<of>.*?)\.?$"),
)
_PLOT: Final = (
    re.compile(r"_Fastighetsstorlek_Minsta_Minsta$"), re.compile(rf"Minsta fastighetsstorlek är {_NUMBER} m²\.?$"),
)
_BASES: Final = {
    "": "", " per fastighet": "Fastigh", " inom användningsområdet": "Anv", " inom egenskapsområdet": "Egen",
    " av fastighetsarean inom användningsområdet": "Anv", " av fastighetsarean inom egenskapsområdet": "Egen",
}


@dataclass(frozen=True, slots=True)
class Right:
    """One right: what (``height``, ``area_m2``, ``area_percent``, ``plot``), against what, how much.

    `basis` is ``above_ground`` or ``above_datum`` for heights and the end of Boverket's code for areas; `value` is nan
    where the provision has no single number.
    """

    what: str
    basis: str
    value: float


def read_right(code: str, wording: str, values: Any) -> Right | None:
    """Return the right a provision gives; None when it is about something else.

    Parameters
    ----------
    code : str
        Boverket's code; anything that does not begin with ``DP_`` is no code and the wording is read.
    wording : str
        ``bestammelseformulering``, filled in.
    values : list of mappings or None
        ``bestammelsevarde``.

    Returns
    -------
    Right or None

    Examples
    --------
    >>> read_right("DP_KM_Eg_Hojd_HogstaHojd_NockhojdNollplan", "", [{"variabelvarde": "112,5"}])
    Right(what='height', basis='above_datum', value=112.5)
    >>> read_right("", "Största bruttoarea är 40 % av fastighetsarean inom egenskapsområdet.", None)
    Right(what='area_percent', basis='BruttoEgen', value=40.0)
    """
    coded = code.startswith("DP_")
    text = code if coded else wording
    if match := _HEIGHT[not coded].search(text):
        return Right("height", "above_datum" if match["datum"] else "above_ground", _number(values, wording))
    if match := _AREA[not coded].search(text):
        if coded:
            basis = match["basis"]
        elif match["of"] in _BASES:
            basis = match["what"].capitalize() + _BASES[match["of"]]
        else:
            return None
        return Right("area_m2" if match["unit"] in ("Kvm", "m²") else "area_percent", basis, _number(values, wording))
    if _PLOT[not coded].search(text):
        return Right("plot", "", _number(values, wording))
    return None


def is_other_right(code: str, wording: str) -> bool:
    """Tell whether a provision that `read_right` leaves is about height, area or plots all the same."""
    if code.startswith("DP_"):
        return bool(re.match(r"DP_KM_Eg_(Hojd|Utnytt|Fastighetsstorlek)_", code))
    return bool(re.match(r"(Högsta|Lägsta|Största|Minsta) .*(höjd|area|storlek|våningar)", wording))


def _number(values: Any, wording: str) -> float:
    """Return a provision's one number; nan when it has two (a slope) or none."""
    listed = [v for v in values if isinstance(v, Mapping)] if isinstance(values, list) else []
    numbers = [str(v.get("variabelvarde")) for v in listed if v.get("datatyp", "decimaltal") == "decimaltal"]
    if not listed:
        numbers = re.findall(_NUMBER, wording)
    if len(numbers) != 1:
        return math.nan
    try:
        value = float(re.sub(r"\s", "", numbers[0]).replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value >= 0 else math.nan


def rights_on(
    area: BaseGeometry, rights: Iterable[tuple[Right, BaseGeometry]], *, sliver_m2: float,
) -> tuple[dict[str, Any], bool, bool]:
    """Return the rights on a use area as columns.

    Parameters
    ----------
    area : shapely geometry
    rights : iterable of (Right, geometry)
        Of property areas, which may lie beside it.
    sliver_m2 : float
        Smaller overlaps do not count.

    Returns
    -------
    columns : dict
        `RIGHT_COLUMNS`; of values that differ, the one on the largest part, of equals the strictest.
    differs : bool
        Whether more than one value of a kind holds on the area.
    partly : bool
        Whether a right holds on less than nine tenths of it.
    """
    held: dict[str, dict[tuple[str, float], float]] = {}
    for right, shape in rights:
        part = area.intersection(shape).area
        if part > min(sliver_m2, 0.5 * area.area):
            values = held.setdefault(right.what, {})
            values[right.basis, right.value] = values.get((right.basis, right.value), 0.0) + part
    chosen: dict[str, tuple[str, float]] = {}
    for what, values in held.items():
        sign = -1.0 if what == "plot" else 1.0  # the strictest least plot is the largest
        chosen[what] = min(values, key=lambda v: (-round(values[v], 1), v[0], sign * v[1]))
    differs = any(len(values) > 1 for values in held.values())
    partly = any(values[chosen[what]] < 0.9 * area.area for what, values in held.items() if len(values) == 1)
    none = (None, math.nan)
    height, m2, percent, plot = (chosen.get(k, none) for k in ("height", "area_m2", "area_percent", "plot"))
    bases = {f"{basis} ({unit})": basis for (basis, _), unit in ((m2, "m²"), (percent, "%")) if basis is not None}
    same = len(set(bases.values())) == 1
    columns = {
        "max_height_m": height[1], "height_reference": height[0], "building_area_m2": m2[1], "building_area_percent": percent[1],
        "area_basis": (next(iter(bases.values())) if same else "; ".join(bases)) or None, "min_plot_m2": plot[1],
    }
    return columns, differs, partly
