"""What a report says besides tables: where a figure in a sentence stands, a formula, what changed since the last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Changes", "Figure", "Formula"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that a sentence says, and the cell that it was taken from.

    `shown` is how the sentence writes it. `where` picks the row of `table` by the values of its columns; without a `column` the
    number is how many rows there are. `decimals` is how it was rounded.
    """

    shown: Text
    table: str
    column: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    decimals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula of the method: its MathML (what stands inside ``math``), the same in plain signs, and what the signs mean."""

    title: Text
    math: str
    plain: str
    where: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What differs from the run before; only what does.

    Attributes
    ----------
    created, version : str
        The day, and the landplan, of the run before.
    parameters : tuple of (key, before, after)
    layers : tuple of str
        Layers whose files differ.
    thresholds : pandas.DataFrame, optional
        `minutes`, `before`, `after` and `change` in persons.
    rankings : mapping of str to pandas.DataFrame
        Per table: `name`, `rank_before`, `rank_after`, `score_before`, `score_after`.
    results : pandas.DataFrame, optional
        Other figures: `table`, `row`, `column`, `before`, `after`.
    readable : bool
        False where there was a run that could not be read.
    """

    created: str = ""
    version: str = ""
    parameters: tuple[tuple[str, Any, Any], ...] = ()
    layers: tuple[str, ...] = ()
    thresholds: pd.DataFrame | None = None
    rankings: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    results: pd.DataFrame | None = None
    readable: bool = True

    @property
    def nothing(self) -> bool:
        """True when the run found the same as the one before."""
        return not (self.parameters or self.layers or self.thresholds is not None or self.rankings or self.results is not None)
