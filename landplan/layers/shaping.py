"""From a provider's columns to a layer's: renamed, recoded, placed and cleaned, with everything that was done said.

What can be said in a layer file is said there (`columns`, `keep`, `recode`, `prefix`, `constants`); what cannot has a name
here (`shape`). A column that a provider has renamed is an error that lists what there is, never a layer of empty values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import LayerError, SourceError
from landplan.layers import shapes
from landplan.layers.catalog import LayerDefinition, SourceSpec
from landplan.layers.sources.asking import Ask
from landplan.style import Text
from landplan.units import format_int

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["keyed", "shaped", "with_municipality"]

_NEAR_M: Final = 5_000.0


def shaped(frame: Any, definition: LayerDefinition, source: SourceSpec, ask: Ask) -> tuple[Any, list[Text]]:
    """Return a provider's frame as the layer's.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As the source gave it.
    definition : LayerDefinition
    source : SourceSpec
    ask : Ask

    Returns
    -------
    frame
        With the layer's columns; geometry 2D, valid and in the plan's CRS.
    notes : list of Text

    Raises
    ------
    SourceError
        If a required column has no counterpart among the provider's.
    """
    options, notes = source.options, list[Text]()
    name = str(options.get("shape", ""))
    before: Callable[[Any, Ask, list[Text]], Any] | None = shapes.BEFORE.get(name)
    after: Callable[[Any, Ask, list[Text]], Any] | None = shapes.AFTER.get(name)
    if name and before is None and after is None:
        raise LayerError(f"source {source.id!r}: shape {name!r} is not one of {', '.join(sorted({*shapes.BEFORE, *shapes.AFTER}))}")
    if not len(frame):
        # an empty answer need not name its columns
        return (_placed(frame[["geometry"]], definition, ask, notes) if definition.is_vector else frame), notes
    frame = _kept(frame, options.get("keep", {}), ask, notes)
    if before is not None:
        frame = before(frame, ask, notes)
    frame = _renamed(frame, definition, options, ask)
    _recoded(frame, options, ask)
    if definition.is_vector:
        frame = _placed(frame, definition, ask, notes)
    if after is not None:
        frame = after(frame, ask, notes)
    columns = [f.name for f in definition.fields if f.name in frame.columns]
    # a source may say that it is made up, and roads carry more than the contract names
    extra = [c for c in ("speed_assumed", "node_from", "node_to", *shapes.EXTRA.get(definition.id, ())) if c in frame.columns]
    frame = frame[[*columns, *extra, *(["geometry"] if definition.is_vector else [])]].reset_index(drop=True)
    return _typed(frame, definition, notes), notes


def _kept(frame: Any, keep: Mapping[str, Sequence[Any]], ask: Ask, notes: list[Text]) -> Any:
    """Keep the rows the layer is about; a filter on a column that is not there keeps nothing and would say nothing."""
    for column, values in keep.items():
        real = _column(frame, [column])
        if real is None:
            raise SourceError(f"{ask.what} has no column {column!r} to choose by; it has {_listed(frame)}. Change keep: [sources.{ask.source}]")
        wanted = frame[real].astype("string").str.strip().isin([str(v) for v in values]).astype(bool)
        if len(frame) and not wanted.all():
            a, b = int(wanted.sum()), len(frame)
            notes.append(
                Text(
                    f"{format_int(a, language='sv')} av {format_int(b, language='sv')} har {column} {', '.join(map(str, values))}",
                    f"{format_int(a, language='en')} of {format_int(b, language='en')} have {column} {', '.join(map(str, values))}",
                )
            )
        frame = frame[wanted]
    return frame.reset_index(drop=True)


def _column(frame: Any, names: Sequence[str]) -> str | None:
    lower = {str(c).lower(): str(c) for c in frame.columns}
    return next((lower[n.lower()] for n in names if n.lower() in lower), None)


def _listed(frame: Any) -> str:
    return ", ".join(str(c) for c in frame.columns if c != "geometry") or "none"


def _renamed(frame: Any, definition: LayerDefinition, options: Mapping[str, Any], ask: Ask) -> Any:
    required = {f.name for f in definition.fields if f.required}
    made = {*options.get("constants", {}), *options.get("recode", {})}
    # nothing says where municipalities lie but they themselves
    derived = shapes.DERIVED if definition.id != "municipalities" else frozenset()
    found: dict[str, Any] = {}
    for ours, theirs in options.get("columns", {}).items():
        names = [theirs] if isinstance(theirs, str) else list(theirs)
        real = _column(frame, names)
        if real is None:
            if ours in required and len(frame) and ours not in derived:
                raise SourceError(
                    f"{ask.what} has none of the columns {', '.join(names)} for {ours}; it has {_listed(frame)}. "
                    f"Name the right one in the plan: [sources.{ask.source}] columns = {{ {ours} = \"…\" }}"
                )
            continue
        found[ours] = frame[real].copy()
    for ours, value in found.items():
        frame[ours] = value
    for ours, value in options.get("constants", {}).items():
        frame[ours] = value
    lost = sorted(required - set(frame.columns) - made - derived)
    if lost and len(frame):
        raise SourceError(f"{ask.what} gives no {', '.join(lost)}; name the columns in the plan: [sources.{ask.source}] columns (it has {_listed(frame)})")
    return frame


def _recoded(frame: Any, options: Mapping[str, Any], ask: Ask) -> None:
    for ours, words in options.get("recode", {}).items():
        if ours not in frame:
            continue
        texts = frame[ours].astype("string").str.strip()
        unknown = texts[~texts.isin(list(words)) & texts.notna()]
        if len(unknown) and "*" not in words:
            raise SourceError(
                f"{ask.what}: {ours} has {unknown.iloc[0]!r} ({len(unknown)} rows), which the layer has no word for; "
                f"add it in the plan: [sources.{ask.source}] recode.{ours}, or leave it out with keep"
            )
        # a word for nothing ("") leaves the value out
        frame[ours] = texts.map(lambda v, words=words: words.get(v, words.get("*")) or None, na_action="ignore")
    for ours, lead in options.get("prefix", {}).items():
        if ours in frame:
            frame[ours] = frame[ours].astype("string").map(lambda v, lead=lead: f"{lead}{v}", na_action="ignore")


def _placed(frame: gpd.GeoDataFrame, definition: LayerDefinition, ask: Ask, notes: list[Text]) -> gpd.GeoDataFrame:
    """Bring shapes into the plan's CRS, flat and valid; what cannot be mended is left out and counted."""
    import shapely

    from landplan.crs import horizontal

    flat = horizontal(frame.crs)
    if str(frame.crs) != str(flat):
        frame = frame.set_crs(flat, allow_override=True)
    if flat != horizontal(ask.crs):
        frame = frame.to_crs(ask.crs)
    array = shapely.force_2d(frame.geometry.to_numpy())
    lacks = shapely.is_missing(array) | shapely.is_empty(array)
    if lacks.any():
        notes.append(Text(f"{int(lacks.sum())} objekt utan läge är utelämnade", f"{int(lacks.sum())} features without a shape are left out"))
    frame = frame[~lacks].reset_index(drop=True)
    array = array[~lacks]
    invalid = ~shapely.is_valid(array)
    if invalid.any():
        array[invalid] = shapely.make_valid(array[invalid])
        count = int(invalid.sum())
        notes.append(Text(f"{format_int(count, language='sv')} felaktiga ytor är lagade", f"repaired {format_int(count, language='en')} invalid polygons"))
        if definition.kind == "polygon":
            # what mending leaves beside the areas are lines without area
            array[invalid] = [_areas(s) for s in array[invalid]]
    frame = frame.set_geometry(array, crs=frame.crs)
    gone = shapely.is_empty(frame.geometry.to_numpy())
    if gone.any():
        notes.append(Text(f"{int(gone.sum())} ytor utan areal är utelämnade", f"{int(gone.sum())} polygons without area are left out"))
        frame = frame[~gone].reset_index(drop=True)
    return frame


def _areas(shape: Any) -> Any:
    import shapely

    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _typed(frame: Any, definition: LayerDefinition, notes: list[Text]) -> Any:
    """Give columns the contract's types where the provider's values allow it; what does not fit is left for the check to name."""
    import pandas as pd

    for spec in definition.fields:
        if spec.name not in frame:
            continue
        column = frame[spec.name]
        if spec.type == "text":
            frame[spec.name] = column.map(_plain_text).astype("string")
        elif spec.type in ("int", "float"):
            number = pd.to_numeric(column.map(lambda v: v.replace(",", ".") if isinstance(v, str) else v), errors="coerce")
            bad = number.isna() & column.notna()
            if not bad.any():
                whole = number.dropna()
                frame[spec.name] = number.astype("Int64") if spec.type == "int" and (whole == np.floor(whole)).all() else number.astype(float)
        elif spec.type == "date":
            frame[spec.name] = _days(column, spec.name, notes)
        elif spec.type == "bool" and not pd.api.types.is_bool_dtype(column):
            words = {"true": True, "1": True, "ja": True, "yes": True, "false": False, "0": False, "nej": False, "no": False}
            frame[spec.name] = column.map(lambda v, words=words: words.get(str(v).lower()), na_action="ignore").astype("boolean")
    return frame


def _days(column: Any, name: str, notes: list[Text]) -> Any:
    """Return dates as 2026-11-23, the day as the provider wrote it: a zone's offset would move midnight to the day before."""
    import pandas as pd

    texts = column.map(_plain_text).astype("string").str.strip()
    parts = texts.str.extract(r"^(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
    days = pd.to_datetime(parts[0] + "-" + parts[1] + "-" + parts[2], errors="coerce", format="%Y-%m-%d").dt.strftime("%Y-%m-%d").astype("string")
    lost = int((days.isna() & texts.notna() & texts.ne("")).sum())
    if lost:
        notes.append(Text(f"{lost} datum i {name} går inte att läsa och är utelämnade", f"{lost} dates in {name} cannot be read and are left out"))
    return days


def _plain_text(value: Any) -> Any:
    """Return a value as text: codes that came as numbers lose the point they never had."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or str(value) in ("<NA>", "NaT"):
        return None
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def keyed(frame: Any, definition: LayerDefinition, notes: list[Text]) -> Any:
    """Leave out features that two pages or two neighbouring areas both gave: the same id and the same content.

    Two features of one id that differ are left, for the contract to refuse.
    """
    unique = [f.name for f in definition.fields if f.unique and f.name in frame.columns]
    if not unique or not len(frame):
        return frame
    import shapely

    mark = frame.drop(columns="geometry", errors="ignore").astype(str)
    if "geometry" in frame:
        mark = mark.assign(_shape=shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy())))
    twice = mark.duplicated().to_numpy()
    if twice.any():
        count = int(twice.sum())
        notes.append(Text(f"{count} dubbletter är borttagna", f"{count} doubles are removed"))
    return frame[~twice].reset_index(drop=True)


def with_municipality(frame: gpd.GeoDataFrame, definition: LayerDefinition, municipalities: Callable[[], gpd.GeoDataFrame], notes: list[Text]) -> gpd.GeoDataFrame:
    """Fill in the municipality of features that lack one, by where their middle lies.

    A feature just off the coast takes the nearest municipality within 5 km; farther ones of a layer that requires
    the code are left out and counted.
    """
    spec = next((f for f in definition.fields if f.name == "municipality_code"), None)
    if spec is None or definition.id == "municipalities" or not len(frame):
        return frame
    column = frame.get("municipality_code")
    empty = np.ones(len(frame), bool) if column is None else column.isna().to_numpy()
    if not empty.any():
        return frame
    import shapely

    here = municipalities().to_crs(frame.crs)
    tree = shapely.STRtree(here.geometry.to_numpy())
    codes = here["municipality_code"].astype(str).to_numpy()
    middles = shapely.centroid(frame.geometry.to_numpy()[empty])
    near = tree.query_nearest(middles, max_distance=_NEAR_M, all_matches=False)
    found = np.full(len(middles), None, object)
    found[near[0]] = codes[near[1]]
    out = frame.copy()
    out["municipality_code"] = out["municipality_code"].astype(object) if column is not None else None
    out.loc[np.flatnonzero(empty), "municipality_code"] = found
    lost = out["municipality_code"].isna().to_numpy()
    if spec.required and lost.any():
        count = int(lost.sum())
        notes.append(
            Text(f"{count} objekt utanför alla kommuner är utelämnade", f"{count} features outside all municipalities are left out")
        )
        out = out[~lost].reset_index(drop=True)
    out["municipality_code"] = out["municipality_code"].astype("string")
    return out
