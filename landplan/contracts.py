"""What a layer must have: fields, types, units, domains.

`LayerContract` is the machine-readable half of a layer's TOML. It stands on the first floor so that
both `layers` (which reads and checks files) and `network.from_layer` (which is handed a frame) ask the
same contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from landplan.errors import CRSError, LayerError, join_faults
from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FieldSpec", "FieldType", "LayerContract", "LayerKind", "require_columns"]

FieldType = Literal["text", "int", "float", "bool", "date", "list"]
LayerKind = Literal["polygon", "line", "point", "table", "raster", "gtfs"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One column of a layer.

    `values` is a closed list with its Swedish and English words; empty means open. `low` and `high`
    bound a number, inclusive.
    """

    name: str
    type: FieldType
    alias: Text
    unit: str = ""
    required: bool = False
    unique: bool = False
    values: tuple[tuple[str, Text], ...] = ()
    low: float | None = None
    high: float | None = None
    description: str = ""

    @property
    def domain(self) -> tuple[str, ...]:
        """The allowed words, empty when any is allowed."""
        return tuple(v for v, _ in self.values)


@dataclass(frozen=True, slots=True)
class LayerContract:
    """The fields and geometry kind a layer promises."""

    id: str
    kind: LayerKind
    fields: tuple[FieldSpec, ...]

    def field(self, name: str) -> FieldSpec:
        """Return one field's specification; KeyError when there is none."""
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(f.name for f in self.fields if f.required)


def require_columns(frame: pd.DataFrame, columns: dict[str, str], *, name: str) -> None:
    """Raise one error that names every missing column and what it should hold.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        What was handed in.
    columns : dict of str to str
        Column name to a short description with its unit.
    name : str
        What the frame is, for the message.

    Raises
    ------
    LayerError
        If any column is missing.
    CRSError
        If the frame has a geometry but no CRS.
    """
    if getattr(frame, "crs", "no geometry") is None:
        raise CRSError(f"{name} has no CRS; declare the one it was digitised in with set_crs()")
    missing = [f"{c}: {why}" for c, why in columns.items() if c not in frame.columns]
    if missing:
        have = ", ".join(map(str, frame.columns[:20]))
        raise LayerError(join_faults(f"{name} lacks {len(missing)} columns (it has: {have})", missing))
