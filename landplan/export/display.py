"""How a cell is written: for people in their language, for machines without surprises.

One `Column` says a column's heading, unit, decimals and words; every exporter asks it, so that a number
reads the same in a popup, a table and a report.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec, FieldType
from landplan.export import words
from landplan.units import Language, format_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "columns_of", "heading", "plain", "tidy"]

_MOST_DECIMALS: Final = 2


def plain(value: Any) -> Any:
    """Return a cell as plain data for a file: no nan, no inf, lists and mappings as JSON text.

    Parameters
    ----------
    value : object
        A cell.

    Returns
    -------
    bool, int, float, str, datetime.date, datetime.datetime or None
        None stands for unknown, unreachable and missing alike; the `reason` column says which.

    Examples
    --------
    >>> plain(float("inf")) is None, plain(["B", "J"]), plain(np.int64(3))
    (True, '["B", "J"]', 3)
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic):
        if isinstance(value, np.datetime64):
            return None if np.isnat(value) else value.astype("datetime64[us]").item()
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int | bool | str):
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return json.dumps({str(k): _json(v) for k, v in value.items()}, ensure_ascii=False)
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        return json.dumps([_json(v) for v in value], ensure_ascii=False)
    if isinstance(value, dt.datetime):
        # pandas' NaT calls itself a datetime but equals nothing
        return value if value == value else None
    if isinstance(value, dt.date):
        return value
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    return str(value)


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [_json(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _json(v) for k, v in value.items()}
    tidy_value = plain(value)
    return tidy_value.isoformat() if isinstance(tidy_value, dt.date) else tidy_value


def heading(title: str, unit: str) -> str:
    """Return a column heading with its unit in brackets.

    Examples
    --------
    >>> heading("Areal", "ha"), heading("Namn", "")
    ('Areal (ha)', 'Namn')
    """
    return f"{title} ({unit})" if unit and f"({unit})" not in title else title


@dataclass(frozen=True, slots=True)
class Column:
    """One column as people see it.

    `grouped` is False for years and codes, which are written without a separator.
    """

    name: str
    title: str
    unit: str = ""
    type: FieldType = "text"
    decimals: int = 0
    grouped: bool = True
    words: Mapping[str, str] = field(default_factory=dict)
    language: Language = "sv"

    @property
    def heading(self) -> str:
        """Title with unit."""
        return heading(self.title, self.unit)

    @property
    def numeric(self) -> bool:
        """True when cells are numbers."""
        return self.type in ("int", "float")

    def number(self, value: float) -> str:
        """Write a number of this column, without its unit."""
        text = format_number(value, self.decimals, language=self.language)
        return text if self.grouped else text.replace("\u00a0", "").replace(",", "")

    def text(self, value: Any) -> str:
        """Write one cell for people; unknown is an empty string.

        Examples
        --------
        >>> Column("ha", "Areal", "ha", "float", 1).text(78.04)
        '78,0'
        >>> Column("stage", "Skede", words={"adopted": "antagen"}).text("adopted")
        'antagen'
        """
        if isinstance(value, list | tuple | set | frozenset | np.ndarray):
            parts = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
            return ", ".join(t for t in (self.text(v) for v in parts) if t)
        cell = plain(value)
        if cell is None:
            return ""
        if isinstance(cell, bool):
            return self.words.get(str(cell).lower()) or words.say("yes" if cell else "no", self.language)
        if str(cell) in self.words:
            return self.words[str(cell)]
        if self.name == "reason":
            return words.reason_text(cell, self.language)
        if self.type == "list" and isinstance(cell, str) and cell.startswith("["):
            try:
                return self.text(json.loads(cell))
            except ValueError:
                return cell
        if isinstance(cell, int | float):
            return self.number(cell)
        if isinstance(cell, dt.datetime):
            return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
        return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


def _decimals(values: pd.Series) -> int:
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0 or np.all(numbers == np.round(numbers)):
        return 0
    largest = float(np.abs(numbers).max())
    if largest >= 1000:
        return 0
    return 1 if largest >= 10 else _MOST_DECIMALS


def _guess(values: pd.Series) -> FieldType:
    from pandas.api import types

    if types.is_bool_dtype(values):
        return "bool"
    if types.is_integer_dtype(values):
        return "int"
    if types.is_float_dtype(values):
        return "float"
    if types.is_datetime64_any_dtype(values):
        return "date"
    first = next((v for v in values if v is not None), None)
    return "list" if isinstance(first, list | tuple | set | frozenset | np.ndarray) else "text"


def _is_year(spec: FieldSpec) -> bool:
    name = spec.name.lower()
    return spec.type == "int" and (name.endswith(("year", "_until", "_code")) or name.startswith("year"))


def columns_of(
    frame: pd.DataFrame, fields: Sequence[FieldSpec], language: Language, *, every: bool = False
) -> tuple[Column, ...]:
    """Return how each column of a frame is shown, in the fields' order.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        The cells.
    fields : sequence of FieldSpec
        What is known of its columns; those the frame lacks are passed over.
    language : {"sv", "en"}
        Of headings and words.
    every : bool, default False
        Also return columns without a FieldSpec, last, under their own names.

    Returns
    -------
    tuple of Column
        Never the geometry.

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.style import Text
    >>> spec = FieldSpec("area_ha", "float", Text("Areal", "Area"), unit="ha")
    >>> [c.heading for c in columns_of(pd.DataFrame({"area_ha": [78.25]}), [spec], "sv")]
    ['Areal (ha)']
    """
    geometry = getattr(frame, "_geometry_column_name", None)
    specs = [f for f in fields if f.name in frame.columns and f.name != geometry]
    if every:
        from landplan.style import Text

        known = {f.name for f in specs} | {geometry}
        extra = [str(c) for c in frame.columns if c not in known]
        why = words.WORDS["why_missing"]
        specs += [FieldSpec(c, _guess(frame[c]), why if c == "reason" else Text(c, c)) for c in extra]
    found = []
    for spec in specs:
        decimals = _decimals(frame[spec.name]) if spec.type == "float" else 0
        found.append(
            Column(
                name=spec.name,
                title=spec.alias[language] or spec.name,
                unit=spec.unit,
                type=spec.type,
                decimals=decimals,
                grouped=not _is_year(spec),
                words={code: text[language] for code, text in spec.values},
                language=language,
            )
        )
    return tuple(found)


def tidy(frame: pd.DataFrame, fields: Sequence[FieldSpec]) -> pd.DataFrame:
    """Return a copy whose columns a file format can type: no inf, lists as JSON, dates and booleans typed.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        The cells; a geometry column passes through untouched.
    fields : sequence of FieldSpec
        Declared types; a column without one is typed by what it holds.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        Nullable integers and booleans, floats with nan for unknown, dates as datetime.date, other text.
    """
    import pandas as pd

    declared = {f.name: f.type for f in fields}
    geometry = getattr(frame, "_geometry_column_name", None)
    out = frame.copy()
    for name in frame.columns:
        if name == geometry:
            continue
        values = frame[name]
        kind = declared.get(str(name)) or _guess(values)
        if kind == "text" and isinstance(values.dtype, pd.StringDtype):
            continue
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
            fast = _numeric(values, kind)
            if fast is not None:
                out[name] = fast
                continue
        cells = [plain(v) for v in values]
        try:
            out[name] = _typed(cells, kind, frame.index)
        except (TypeError, ValueError):
            # the contract said number, the column holds words: keep the words
            texts = [None if c is None else str(c) for c in cells]
            out[name] = pd.Series(texts, index=frame.index, dtype=object)
    return out


def _numeric(values: pd.Series, kind: FieldType) -> pd.Series | None:
    """Type a numpy column without looking at each cell; None when its kind needs that."""
    import pandas as pd

    of = values.dtype.kind
    if kind == "float" and of in "fiu":
        numbers = values.astype("float64")
        return numbers.where(np.isfinite(numbers), np.nan)
    if kind == "int" and of in "iu":
        return values.astype("Int64")
    if kind == "bool" and of == "b":
        return pd.Series(values.to_numpy(), index=values.index, dtype="boolean")
    return None


def _typed(cells: list[Any], kind: FieldType, index: Any) -> pd.Series:
    import pandas as pd

    if kind == "bool":
        return pd.Series([_truth(c) for c in cells], index=index, dtype="boolean")
    if kind == "int":
        whole = [None if c is None else _whole(c) for c in cells]
        return pd.Series(whole, index=index, dtype="Int64")
    if kind == "float":
        return pd.Series([np.nan if c is None else float(c) for c in cells], index=index, dtype="float64")
    if kind == "date":
        return pd.Series([_day(c) for c in cells], index=index, dtype=object)
    return pd.Series([None if c is None else str(c) for c in cells], index=index, dtype=object)


def _truth(cell: Any) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    if cell in (0, 1):
        return bool(cell)
    raise ValueError(cell)


def _whole(cell: Any) -> int:
    number = float(cell)
    if number != round(number):
        raise ValueError(cell)
    return int(cell) if isinstance(cell, int) else round(number)


def _day(cell: Any) -> dt.date | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, dt.datetime):
        return cell.date()
    return cell if isinstance(cell, dt.date) else dt.date.fromisoformat(str(cell)[:10])
