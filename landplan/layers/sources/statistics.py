"""From a statistics table in long form to our layers: commuting, population by age, households.

The functions take what `pxweb.fetch` gives and hand out a layer's columns. They add sexes up and never
count a total beside its parts; a table that holds something else than the layer asks is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import LayerError
from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["commuting", "households", "population_by_age"]

Shaped = tuple["pd.DataFrame", tuple[Text, ...]]
TIME: Final = ("Tid", "Vuosi", "Year", "Time")
CONTENT: Final = ("ContentsCode", "Tiedot", "Contents", "Information")
AREA: Final = ("Region", "Alue", "Area")
AGE: Final = ("Alder", "Ikä", "Age")
SIZE: Final = ("Hushallsstorlek", "HushallsStorlek", "Household size")
# how providers write "all of them"
_TOTALS: Final = frozenset({"1+2", "tot", "total", "totalt", "sss", "samtliga", "t"})
_TOTAL_WORDS: Final = re.compile(r"(?i)^(total|totalt|män och kvinnor|samtliga|yhteensä|all|whole country)\b")
# parts that make a whole when the table has no total: sexes, and civil status as SCB keeps it
_PARTS: Final = (frozenset({"1", "2"}), frozenset({"OG", "G", "SK", "ÄNKL"}))
_NOT_COUNTS: Final = re.compile(r"(?i)per hushåll|per household|andel|procent|medel|genomsnitt|percent|share|average|mean")
_UNKNOWN: Final = re.compile(r"(?i)okän|unknown|uppgift saknas|tuntematon|övrig")
_CODE_BEFORE: Final = re.compile(r"^[0-9A-Z]{2,}\s+(?=\D)")
_PLACE_AFTER: Final = re.compile(r"\s*\((?:bostad|arbetsställe|residence|workplace)\)\s*$", re.IGNORECASE)


def commuting(frame: pd.DataFrame, *, source: str = "SCB TAB1830") -> Shaped:
    """Shape a table of residence and workplace into the layer ``commuting``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Long form with Bostadskommun, Arbetsstallekommun, a time, one content and perhaps Kon.
    source : str
        Written into each row.

    Returns
    -------
    frame : pandas.DataFrame
        year, residence_code, residence, workplace_code, workplace, employed, source; a row a pair and year.
    notes : tuple of Text
        What was left out: totals, counties, unknown municipalities, cells without a value.

    Raises
    ------
    LayerError
        If a variable is missing, or counts one sex only.
    """
    import pandas as pd

    home, work = _column(frame, ("Bostadskommun", "Residence"), "commuting"), _column(frame, ("Arbetsstallekommun", "Workplace"), "commuting")
    time = _column(frame, TIME, "commuting")
    table = _reduced(frame, (home, work, time), "commuting")
    known = _municipality(table, home) & _municipality(table, work)
    empty = known & table["value"].isna()
    kept = table[known & ~empty]
    out = pd.DataFrame({
        "year": _years(kept[time], "commuting"),
        "residence_code": kept[home].astype(str), "residence": _names(kept[f"{home}_label"]),
        "workplace_code": kept[work].astype(str), "workplace": _names(kept[f"{work}_label"]),
        "employed": _whole(kept["value"], "employed"), "source": source,
    }).reset_index(drop=True)
    notes = []
    if left := int((~known).sum()):
        persons = int(table.loc[~known, "value"].sum())
        notes.append(Text(
            f"{left} rader ({persons} personer) är summor, län eller okända kommuner och är inte med.",
            f"{left} rows ({persons} persons) are totals, counties or unknown municipalities and are left out.",
        ))
    notes += _empty_note(int(empty.sum()))
    if zeros := int((out["employed"] == 0).sum()):
        notes.append(Text(
            f"{zeros} av {len(out)} pendlingsrelationer är noll; noll kan dölja ett litet antal (sekretess).",
            f"{zeros} of {len(out)} pairs are zero; a zero can hide a small number (disclosure protection).",
        ))
    return out, tuple(notes)


def population_by_age(frame: pd.DataFrame, *, source: str = "SCB") -> Shaped:
    """Shape a table of population by area and age into the layer ``population_by_age``.

    Sexes and civil status are added up; the totals of age and of the country are left out. Statistics Finland's
    ages ``000`` and ``100-`` become ``0`` and ``100+``, so that both sides of the border read alike.

    Parameters
    ----------
    frame : pandas.DataFrame
        Long form with Region (or Alue), Alder (or Ikä), a year and one content.
    source : str
        Written into each row.

    Returns
    -------
    frame : pandas.DataFrame
        area, date (31 December), age_group, persons, percent of the area and date, source.
    notes : tuple of Text

    Raises
    ------
    LayerError
        If a variable is missing, counts a part only, or the time is not a year.
    """
    import pandas as pd

    area, age, time = (_column(frame, names, "population_by_age") for names in (AREA, AGE, TIME))
    table = _reduced(frame, (area, age, time), "population_by_age")
    total = table[age].map(_is_total) | table[f"{age}_label"].map(_is_total_word)
    whole = table[area].isin(["00", "SSS"])
    kept = table[~total & ~whole]
    empty = kept["value"].isna()
    kept = kept[~empty]
    if kept.empty:
        raise LayerError("population_by_age: the table has no single ages, only totals; select all of its ages (\"*\")")
    out = pd.DataFrame({
        "area": _names(kept[f"{area}_label"]), "date": [f"{y}-12-31" for y in _years(kept[time], "population_by_age")],
        "age_group": kept[age].map(_age), "persons": _whole(kept["value"], "persons"),
    }).reset_index(drop=True)
    # a name may be two areas' (a county and a municipality): shares are within the code
    sums = out["persons"].groupby([kept[area].to_numpy(), out["date"].to_numpy()]).transform("sum")
    out["percent"] = (100.0 * out["persons"] / sums).where(sums > 0)
    out["source"] = source
    notes = list(_empty_note(int(empty.sum())))
    notes += _sums_differ(table, kept, (area, time), total & ~whole)
    return out, tuple(notes)


def households(frame: pd.DataFrame) -> Shaped:
    """Shape a table of households by size into the layer ``households``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Long form with Hushallsstorlek (1P … 7+P), a year, one content and perhaps Region.

    Returns
    -------
    frame : pandas.DataFrame
        area, household_size, households, year.
    notes : tuple of Text
        An open last class ("7+") is kept at its lowest size and said.

    Raises
    ------
    LayerError
        If the table has no sizes, or its numbers are averages or shares.

    Notes
    -----
    SCB's HushallT09 (TAB4374) holds how many households there are and the persons in an average one, no sizes.
    """
    import pandas as pd

    size = _column(frame, SIZE, "households", "the table has no household sizes; persons per household is another table. Choose one by Hushallsstorlek")
    time = _column(frame, TIME, "households")
    area = next((a for a in AREA if a in frame.columns), None)
    content = next((c for c in CONTENT if c in frame.columns), None)
    if content is not None:
        odd = sorted({str(w) for w in frame[f"{content}_label"] if _NOT_COUNTS.search(str(w))})
        if odd:
            raise LayerError(f"households: {odd[0]!r} is no number of households; select the content that counts them in [sources.<id>.select]")
    table = _reduced(frame, tuple(c for c in (area, size, time) if c), "households")
    total = table[size].map(_is_total) | table[f"{size}_label"].map(_is_total_word)
    kept = table[~total]
    empty = kept["value"].isna()
    kept = kept[~empty]
    sizes, opened = [], set[str]()
    for code, label in zip(kept[size], kept[f"{size}_label"], strict=True):
        match = re.match(r"(\d+)\s*(\+)?", str(code)) or re.match(r"(\d+)\s*(\+)?", str(label))
        if not match or not 1 <= int(match[1]) <= 20:
            raise LayerError(f"households: size {code!r} ({label}) is no number of persons; leave it out of the selection")
        sizes.append(int(match[1]))
        if match[2] or "fler" in str(label):
            opened.add(f"{match[1]}+")
    out = pd.DataFrame({
        "area": _names(kept[f"{area}_label"]) if area else "", "household_size": sizes,
        "households": _whole(kept["value"], "households"), "year": _years(kept[time], "households"),
    }).reset_index(drop=True)
    notes = list(_empty_note(int(empty.sum())))
    for one in sorted(opened):
        notes.append(Text(
            f"Klassen ”{one}” är öppen uppåt och står som {one[:-1]}: personerna i den räknas något för lågt.",
            f'The class "{one}" is open upward and stands as {one[:-1]}: its persons are counted somewhat low.',
        ))
    return out, tuple(notes)


def _column(frame: pd.DataFrame, names: Sequence[str], layer: str, instead: str = "") -> str:
    for name in names:
        if name in frame.columns and f"{name}_label" in frame.columns:
            return name
    have = ", ".join(str(c) for c in frame.columns if not str(c).endswith("_label"))
    raise LayerError(f"{layer}: {instead or f'the table has no variable {names[0]}; is it the right table?'} (it has {have})")


def _reduced(frame: pd.DataFrame, keep: Sequence[str], layer: str) -> pd.DataFrame:
    """Bring every other variable to one value: its total when the table has it, else the sum of known parts."""
    others = [str(c) for c in frame.columns if f"{c}_label" in frame.columns and c not in keep]
    for other in others:
        codes = list(dict.fromkeys(str(c) for c in frame[other]))
        labels: Mapping[str, Any] = dict(zip(frame[other].astype(str), frame[f"{other}_label"], strict=True))
        totals = [c for c in codes if _is_total(c) or _is_total_word(labels[c])]
        # one code is fine, unless it is one sex or one civil status of several
        if len(codes) == 1 and (totals or other in CONTENT or not any(set(codes) < part for part in _PARTS)):
            continue
        if len(totals) == 1:
            frame = frame[frame[other].astype(str) == totals[0]]
        elif set(codes) not in _PARTS:
            said = ", ".join(f"{c} ({labels[c]})" for c in codes[:6])
            raise LayerError(f"{layer}: {other} holds {said}, which do not add up to everybody; select one value, or all, in [sources.<id>.select]")
    columns = [c for k in keep for c in (k, f"{k}_label")]
    # an empty part makes an empty sum: a sum of what is known would pass for the whole
    return frame.groupby(columns, sort=False, dropna=False)["value"].agg(lambda v: v.sum(skipna=False)).reset_index()


def _is_total(code: Any) -> bool:
    return str(code).strip().lower() in _TOTALS


def _is_total_word(label: Any) -> bool:
    return bool(_TOTAL_WORDS.match(str(label).strip()))


def _municipality(table: pd.DataFrame, column: str) -> pd.Series:
    code = table[column].astype(str)
    return code.str.fullmatch(r"\d{4}") & ~code.isin(["0000", "9999"]) & ~table[f"{column}_label"].astype(str).str.contains(_UNKNOWN)


def _names(labels: pd.Series) -> pd.Series:
    """Return names alone: ``2280 Härnösand (bostad)`` is Härnösand."""
    return labels.astype(str).map(lambda text: _PLACE_AFTER.sub("", _CODE_BEFORE.sub("", text)).strip())


def _years(times: pd.Series, layer: str) -> pd.Series:
    text = times.astype(str)
    odd = text[~text.str.fullmatch(r"\d{4}")]
    if len(odd):
        raise LayerError(f"{layer}: time {odd.iloc[0]!r} is no year; choose a table by year")
    return text.astype("int64")


def _whole(values: pd.Series, name: str) -> pd.Series:
    odd = values[(values < 0) | (values % 1 != 0)]
    if len(odd):
        raise LayerError(f"{name}: {odd.iloc[0]:g} (row {odd.index[0]}) is no count; choose the content that counts in [sources.<id>.select]")
    return values.astype("int64")


def _age(code: Any) -> str:
    text = str(code).strip()
    if re.fullmatch(r"\d+", text):
        return str(int(text))
    if match := re.fullmatch(r"(\d+)\s*[-+]", text):
        return f"{int(match[1])}+"
    return text


def _empty_note(count: int) -> tuple[Text, ...]:
    if not count:
        return ()
    return (Text(
        f"{count} rader saknar värde hos leverantören och är inte med.", f"{count} rows have no value at the provider and are left out.",
    ),)


def _sums_differ(table: pd.DataFrame, kept: pd.DataFrame, by: tuple[str, str], total: pd.Series) -> list[Text]:
    """Compare the ages' sum with the provider's own total, where the table has it."""
    said = table[total].groupby(list(by))["value"].sum()
    ours = kept.groupby(list(by))["value"].sum().reindex(said.index)
    differ = int((said - ours).abs().gt(0).sum())
    if not differ:
        return []
    return [Text(
        f"I {differ} områden är summan av åldrarna en annan än tabellens egen summa: alla åldrar är inte med.",
        f"In {differ} areas the ages add up to something else than the table's own total: not all ages are here.",
    )]
