"""A layer's old version against its new: what was added, removed, moved or reworded, and which columns changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.layers.catalog import LayerDefinition
from landplan.style import Text
from landplan.units import format_int

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "compare", "compare_rasters"]

MOVED_M: Final = 0.1
"""A geometry that lies nearer than this to its old one has not moved: servers round coordinates."""
_MOST_VERTICES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version of a layer changes.

    `moved` and `reworded` are counted among features that both versions have by the same id; a layer without an id
    of its own is compared by its geometry, and nothing can then be said to have moved, only to have other values at the same place. `gone` and `new` columns are those with
    any value, `retyped` those whose kind of value changed.
    """

    before: int
    after: int
    added: int
    removed: int
    moved: int | None
    reworded: int | None
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    key: str = ""

    @property
    def any(self) -> bool:
        """True when anything differs."""
        return bool(self.added or self.removed or self.moved or self.reworded or self.gone or self.new or self.retyped)

    @property
    def schema(self) -> bool:
        """True when the columns differ."""
        return bool(self.gone or self.new or self.retyped)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for the lock file."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Change:
        """Read back what `as_dict` gave."""
        plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**plain)

    def text(self) -> Text:
        """Say it in words."""
        what = Text("celler", "cells") if self.key == "cells" else Text("objekt", "features")
        sv = [f"{format_int(self.before, language='sv')} → {format_int(self.after, language='sv')} {what.sv}"]
        en = [f"{format_int(self.before, language='en')} → {format_int(self.after, language='en')} {what.en}"]
        for count, one, many, english in (
            (self.added, "tillkommet", "tillkomna", "added"), (self.removed, "borttaget", "borttagna", "removed"),
            (self.moved, "flyttat", "flyttade", "moved"), (self.reworded, "med ändrade uppgifter", "med ändrade uppgifter", "with changed values"),
        ):  # fmt: skip
            if count:
                sv.append(f"{format_int(count, language='sv')} {one if count == 1 else many}")
                en.append(f"{format_int(count, language='en')} {english}")
        for columns, one_sv, one_en in (
            (self.gone, "kolumn borta", "column gone"), (self.new, "ny kolumn", "new column"), (self.retyped, "annan typ", "other type"),
        ):  # fmt: skip
            if columns:
                sv.append(f"{one_sv}: {', '.join(columns)}")
                en.append(f"{one_en}: {', '.join(columns)}")
        if not self.any:
            sv.append("ingen skillnad")
            en.append("no difference")
        return Text(", ".join(sv), ", ".join(en))


def compare(old: pd.DataFrame, new: pd.DataFrame, definition: LayerDefinition) -> Change:
    """Compare two versions of a layer.

    Parameters
    ----------
    old, new : DataFrame or GeoDataFrame
        In the same CRS when they have geometry.
    definition : LayerDefinition
        Its first required column that is unique in both, and no list of kinds, is what features are known by; where there is none, a
        feature is known by its geometry (a table's row by all its values).

    Returns
    -------
    Change

    Examples
    --------
    >>> import pandas as pd
    >>> from landplan.layers import load_catalog
    >>> row = {"year": 2024, "residence_code": "2280", "workplace_code": "2262", "employed": 700}
    >>> old = pd.DataFrame([row])
    >>> print(compare(old, pd.DataFrame([row, {**row, "residence_code": "2262"}]), load_catalog()["commuting"]).text().en)
    1 → 2 features, 1 added
    """
    columns = [c for c in new.columns if c in old.columns and c != "geometry"]
    filled = [{str(c) for c in f.columns if c != "geometry" and f[c].notna().any()} for f in (old, new)]
    gone, fresh = tuple(sorted(filled[0] - filled[1])), tuple(sorted(filled[1] - filled[0]))
    retyped = tuple(c for c in columns if c in filled[0] & filled[1] and _kind(old[c]) != _kind(new[c]))
    key = next(
        (f.name for f in definition.fields if f.required and not f.values and f.name in columns and old[f.name].is_unique and new[f.name].is_unique), ""
    )
    spatial = "geometry" in old and "geometry" in new
    if not key:
        said = [[_words(f[c]) for c in columns if c not in retyped] for f in (old, new)]
        if not spatial:
            rows = [_counted(zip(*s, strict=True)) for s in said]
            return Change(len(old), len(new), _surplus(rows[1], rows[0]), _surplus(rows[0], rows[1]), None, None, gone, fresh, retyped)
        places = [_places(f) for f in (old, new)]
        alone = [_counted(p) for p in places]
        whole = [_counted(zip(p, *s, strict=True)) for p, s in zip(places, said, strict=True)]
        added, removed = _surplus(alone[1], alone[0]), _surplus(alone[0], alone[1])
        # what is new with its values and not new by its shape has other values
        return Change(len(old), len(new), added, removed, None, max(0, _surplus(whole[1], whole[0]) - added), gone, fresh, retyped)
    a, b = old.set_index(old[key].astype(str)), new.set_index(new[key].astype(str))
    both = a.index.intersection(b.index)
    a, b = a.loc[both], b.loc[both]
    moved = _moved(a, b) if spatial else 0
    differs = np.zeros(len(both), bool)
    for c in columns:
        if c != key and c not in retyped:
            differs |= np.asarray(_words(a[c]), object) != np.asarray(_words(b[c]), object)
    return Change(len(old), len(new), len(new) - len(both), len(old) - len(both), moved, int(differs.sum()), gone, fresh, retyped, key)


def compare_rasters(old: Path, new: Path) -> Change:
    """Compare two versions of a raster, cell by cell where they lie on the same grid.

    Returns
    -------
    Change
        `before` and `after` count cells, `reworded` those whose value differs; a raster on another grid is all new.
    """
    import rasterio

    with rasterio.open(old) as a, rasterio.open(new) as b:
        before, after = a.width * a.height, b.width * b.height
        if (a.shape, a.transform, a.crs) != (b.shape, b.transform, b.crs):
            return Change(before, after, after, before, None, None, key="cells")
        differs = 0
        for _, window in a.block_windows(1):
            one, two = a.read(1, window=window, masked=True), b.read(1, window=window, masked=True)
            apart = (one.mask != two.mask) | (~np.ma.getmaskarray(one) & ~np.ma.getmaskarray(two) & (one.data != two.data))
            differs += int(np.count_nonzero(apart))
    return Change(before, after, 0, 0, None, differs, key="cells")


def _kind(column: pd.Series) -> str:
    from pandas.api import types

    filled = column.dropna().infer_objects()
    if types.is_bool_dtype(filled):
        return "bool"
    return "number" if types.is_numeric_dtype(filled) else "text"


def _words(column: pd.Series) -> list[str]:
    """Return values as words that are the same whether they come from a source or from the file it became."""
    from pandas.api import types

    empty = column.isna().to_numpy()
    if types.is_numeric_dtype(column) or types.is_bool_dtype(column.dropna().infer_objects()):
        numbers = column.astype(object).where(~empty, 0).astype(float)
        return ["" if e else f"{v:.12g}" for v, e in zip(numbers, empty, strict=True)]
    return ["" if e else str(v) for v, e in zip(column, empty, strict=True)]


def _places(frame: Any) -> list[bytes]:
    """Return what tells a feature without an id from the others: its shape."""
    import shapely

    return list(shapely.to_wkb(shapely.normalize(shapely.set_precision(_single(frame.geometry.to_numpy()), MOVED_M, mode="pointwise"))))


def _counted(keys: Iterable[object]) -> dict[object, int]:
    counted: dict[object, int] = {}
    for k in keys:
        counted[k] = counted.get(k, 0) + 1
    return counted


def _surplus(a: Mapping[object, int], b: Mapping[object, int]) -> int:
    return sum(max(0, n - b.get(k, 0)) for k, n in a.items())


def _single(shapes: Any) -> Any:
    """Return shapes of one part as that part: a file of multipolygons holds what was a polygon."""
    import shapely

    alone = shapely.get_num_geometries(shapes) == 1
    return np.where(alone, shapely.get_geometry(shapes, 0), shapes)


def _moved(a: Any, b: Any) -> int:
    import shapely

    one, two = _single(a.geometry.to_numpy()), _single(b.geometry.to_numpy())
    if str(a.crs) != str(b.crs):
        two = _single(b.geometry.to_crs(a.crs).to_numpy())
    metres = 111_320.0 if a.crs is not None and a.crs.is_geographic else 1.0
    same = shapely.equals_exact(shapely.normalize(one), shapely.normalize(two), tolerance=MOVED_M / metres)
    # a missing or an empty shape has moved unless both lack one
    same |= (shapely.is_missing(one) | shapely.is_empty(one)) & (shapely.is_missing(two) | shapely.is_empty(two))
    # other vertices on the same outline are no move; the comparison is of every vertex with every edge, so large outlines go without it
    rest = np.flatnonzero(~same & (shapely.get_num_coordinates(one) + shapely.get_num_coordinates(two) < _MOST_VERTICES))
    with np.errstate(invalid="ignore"):
        same[rest] = shapely.hausdorff_distance(one[rest], two[rest]) * metres <= MOVED_M
    return int((~same).sum())
