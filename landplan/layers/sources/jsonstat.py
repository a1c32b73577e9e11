"""json-stat 2.0, the form in which PxWeb gives tables: read strictly, cell by cell.

A dataset is a cube: dimensions in an order, codes in each, and one list of values whose last dimension
runs fastest (json-stat.org/full). What does not fit together is an error, because a value list that is
one too short still reads as a table: every number after the gap is then another municipality's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from landplan.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cube", "Dimension", "cube_frame", "read_cube", "read_dimensions"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One variable of a table: its id, its codes in order and their words."""

    id: str
    label: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    time: bool = False

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Cube:
    """A table with its values.

    Attributes
    ----------
    dimensions : tuple of Dimension
    values : numpy.ndarray, shape (product of the dimensions' lengths,)
        Last dimension fastest; nan where the provider gives no number.
    marks : mapping of str to int
        The provider's marks of cells without a number (``..``, ``.``, ``-``) and how many carry each; the empty
        mark counts cells that are missing without a word.
    updated : str
        When the provider last changed the table, as it says it.
    """

    dimensions: tuple[Dimension, ...]
    values: np.ndarray
    marks: Mapping[str, int]
    updated: str = ""
    label: str = ""

    @property
    def missing(self) -> int:
        """How many cells have no number."""
        return int(sum(self.marks.values()))


def read_dimensions(data: Any, *, where: str) -> tuple[Dimension, ...]:
    """Read the dimensions of a json-stat 2.0 dataset; its values are not looked at.

    Parameters
    ----------
    data : mapping
        The parsed JSON.
    where : str
        The address, for messages.

    Returns
    -------
    tuple of Dimension

    Raises
    ------
    SourceError
        If ids, sizes and categories do not agree.
    """
    if not isinstance(data, Mapping):
        raise _wrong(where, f"is a {type(data).__name__} and no dataset")
    kind = str(data.get("class", "dataset"))
    if kind != "dataset":
        raise _wrong(where, f"is of class {kind!r}, expected 'dataset'")
    ids, sizes, dimension = data.get("id"), data.get("size"), data.get("dimension")
    if not _is_list(ids) or not _is_list(sizes) or not isinstance(dimension, Mapping):
        raise _wrong(where, "lacks id, size or dimension (is it json-stat 1? ask for outputFormat=json-stat2)")
    if len(ids) != len(sizes) or len(set(map(str, ids))) != len(ids):
        raise _wrong(where, f"has {len(ids)} ids and {len(sizes)} sizes")
    times = {str(t) for t in (data.get("role") or {}).get("time", ())}
    return tuple(_dimension(str(i), s, dimension, str(i) in times, where) for i, s in zip(ids, sizes, strict=True))


def _dimension(name: str, size: Any, dimension: Mapping[str, Any], time: bool, where: str) -> Dimension:
    entry = dimension.get(name)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("category"), Mapping):
        raise _wrong(where, f"has no categories for dimension {name!r}")
    category = entry["category"]
    index, label = category.get("index"), category.get("label") or {}
    if not isinstance(label, Mapping):
        raise _wrong(where, f"has labels of dimension {name!r} in no known form")
    if index is None:
        # the standard lets a dimension of one category leave its index out
        codes = [str(c) for c in label]
        if len(codes) != 1:
            raise _wrong(where, f"has no index for dimension {name!r}")
    elif isinstance(index, Mapping):
        places = list(index.values())
        if sorted(p for p in places if isinstance(p, int)) != list(range(len(places))):
            raise _wrong(where, f"has an index of dimension {name!r} that does not run from 0 to {len(places) - 1}")
        codes = [str(code) for code, _ in sorted(index.items(), key=lambda pair: int(pair[1]))]
    elif _is_list(index):
        codes = [str(code) for code in index]
    else:
        raise _wrong(where, f"has an index of dimension {name!r} in no known form")
    if len(set(codes)) != len(codes):
        raise _wrong(where, f"has a code of dimension {name!r} twice")
    if not isinstance(size, int) or isinstance(size, bool) or size != len(codes):
        raise _wrong(where, f"says dimension {name!r} has {size} categories and lists {len(codes)}")
    return Dimension(name, str(entry.get("label", name)), tuple(codes), tuple(str(label.get(c, c)) for c in codes), time)


def read_cube(data: Any, *, where: str) -> Cube:
    """Read a whole json-stat 2.0 dataset.

    Parameters
    ----------
    data : mapping
        The parsed JSON.
    where : str
        The address, for messages.

    Returns
    -------
    Cube

    Raises
    ------
    SourceError
        If the values are not exactly as many as the dimensions promise, or one of them is no number.

    Examples
    --------
    >>> data = {"class": "dataset", "id": ["Tid"], "size": [2], "value": [7, None], "status": {"1": ".."},
    ...         "dimension": {"Tid": {"category": {"index": ["2023", "2024"]}}}}
    >>> cube = read_cube(data, where="example")
    >>> cube.values.tolist(), dict(cube.marks)
    ([7.0, nan], {'..': 1})
    """
    dimensions = read_dimensions(data, where=where)
    cells = math.prod(len(d) for d in dimensions)
    raw = data.get("value")
    values = np.full(cells, np.nan)
    if isinstance(raw, Mapping):
        # sparse: cells that are not named have no value
        for key, value in raw.items():
            values[_cell(key, cells, where)] = _number(value, key, where)
    elif _is_list(raw):
        if len(raw) != cells:
            raise _wrong(where, f"holds {len(raw)} values where its dimensions make {cells} cells")
        values[:] = [_number(value, i, where) for i, value in enumerate(raw)]
    else:
        raise _wrong(where, "has no values")
    return Cube(
        dimensions, values, _marks(data.get("status"), values, where), str(data.get("updated") or ""), str(data.get("label") or ""),
    )


def _marks(status: Any, values: np.ndarray, where: str) -> dict[str, int]:
    """Count the marks of cells without a number; a mark on a cell with one (preliminary, revised) is no loss."""
    empty = np.isnan(values)
    of: dict[int, str] = {}
    if isinstance(status, str):
        of = dict.fromkeys(range(values.size), status)
    elif isinstance(status, Mapping):
        of = {_cell(key, values.size, where): str(mark) for key, mark in status.items()}
    elif _is_list(status):
        # one mark for all, or one a cell
        if len(status) not in (1, values.size):
            raise _wrong(where, f"holds {len(status)} marks for {values.size} cells")
        marks = list(status) * values.size if len(status) == 1 else status
        of = {i: str(mark) for i, mark in enumerate(marks) if mark is not None}
    elif status is not None:
        raise _wrong(where, "has marks in no known form")
    counts: dict[str, int] = {}
    for i in np.flatnonzero(empty):
        mark = of.get(int(i), "")
        counts[mark] = counts.get(mark, 0) + 1
    return counts


def cube_frame(cube: Cube) -> pd.DataFrame:
    """Return a cube in long form: one row a cell, each variable's code and label, and `value`.

    Parameters
    ----------
    cube : Cube

    Returns
    -------
    pandas.DataFrame
        Columns ``<id>``, ``<id>_label`` for each dimension in order, then ``value``.
    """
    import pandas as pd

    columns: dict[str, Any] = {}
    inner = cube.values.size
    outer = 1
    for d in cube.dimensions:
        inner //= max(len(d), 1)
        place = np.tile(np.repeat(np.arange(len(d)), inner), outer)
        columns[d.id] = np.array(d.codes, dtype=object)[place]
        columns[f"{d.id}_label"] = np.array(d.labels, dtype=object)[place]
        outer *= len(d)
    return pd.DataFrame({**columns, "value": cube.values})


def _cell(key: Any, cells: int, where: str) -> int:
    text = str(key)
    if not text.isdigit() or int(text) >= cells:
        raise _wrong(where, f"names cell {text!r} of {cells}")
    return int(text)


def _number(value: Any, at: Any, where: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _wrong(where, f"has {value!r} in cell {at}, expected a number or null")
    return float(value)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _wrong(where: str, what: str) -> SourceError:
    return SourceError(f"{where} {what}; nothing of it is used, fetch again later or report it to the provider")
