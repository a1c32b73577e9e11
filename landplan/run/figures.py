"""Numbers for sentences, taken by name from the tables that a run writes, and kept so that a reader can find them there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from landplan.errors import ExportError
from landplan.export import display
from landplan.export.findings import Figure
from landplan.export.items import TableItem
from landplan.run.wording import both, say
from landplan.style import Text

__all__ = ["Figures"]


class Figures:
    """The run's tables as a source of numbers.

    Parameters
    ----------
    tables : iterable of TableItem
        As they will be written: a figure that is hidden there is not said either.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"minutes": [30.0, 45.0], "population": [1200, 3400]})
    >>> figures = Figures([TableItem(id="thresholds", title=Text("t", "t"), frame=frame)])
    >>> figures.take("thresholds", "population", minutes=45.0).en
    '3,400'
    >>> [f.column for f in figures.taken]
    ['population']
    """

    def __init__(self, tables: Iterable[TableItem]) -> None:
        self._tables = {t.id: t for t in tables}
        self._taken: dict[tuple[Any, ...], Figure] = {}

    @property
    def taken(self) -> tuple[Figure, ...]:
        """Every figure that was taken, once."""
        return tuple(self._taken.values())

    def __contains__(self, table: object) -> bool:
        return table in self._tables

    def has(self, table: str, column: str, **where: Any) -> bool:
        """Tell whether one row is meant and its cell holds a value."""
        frame = self._tables[table].frame if table in self._tables else None
        if frame is None or column not in frame:
            return False
        for name, value in where.items():
            frame = frame[frame[name] == value]
        return len(frame) == 1 and display.plain(frame[column].iloc[0]) is not None

    def take(self, table: str, column: str, *, decimals: int = 0, **where: Any) -> Text:
        """Return the words of one cell.

        Parameters
        ----------
        table : str
            The table's id.
        column : str
            Its column's name.
        decimals : int, default 0
        **where
            Values of columns that pick one row.

        Returns
        -------
        Text
            The number; that it is not shown, where the table hides it.

        Raises
        ------
        ExportError
            If no row, or more than one, is meant.
        """
        frame = self._tables[table].frame
        found = frame
        for name, value in where.items():
            found = found[found[name] == value]
        if len(found) != 1 or column not in frame:
            raise ExportError(f"a sentence wants {column} of table {table} where {where}, which is {len(found)} rows")
        value = display.plain(found[column].iloc[0])
        if value is None:
            return say("not_shown")
        shown = both(float(value), decimals=decimals)
        self._keep(Figure(shown=shown, table=table, column=column, where=dict(where), decimals=decimals))
        return shown

    def count(self, table: str) -> Text:
        """Return how many rows a table has.

        Raises
        ------
        ExportError
            If there is no such table.
        """
        if table not in self._tables:
            raise ExportError(f"a sentence wants the rows of table {table}, which the run does not have")
        shown = both(len(self._tables[table].frame))
        self._keep(Figure(shown=shown, table=table))
        return shown

    def _keep(self, figure: Figure) -> None:
        self._taken.setdefault((figure.table, figure.column, *figure.where.items(), figure.decimals), figure)
