"""Layers as tools get them and answers as tools leave them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import landplan
from landplan.errors import CRSError, LayerError
from landplan.export import geopackage
from landplan.export.items import Atlas, VectorItem
from landplan.provenance import LayerSource, Provenance, file_hash
from landplan.toolbox.words import say
from landplan.units import Language, format_number

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["SWEDEN", "Answer", "LayerFile", "Watch", "in_one_crs", "made_up", "points_of", "read", "write_layer"]

SWEDEN: Final = "EPSG:3006"
"""What layers in degrees are reprojected to, where they lie there."""
_AROUND_SWEDEN: Final = (10.0, 54.9, 25.5, 69.4)


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer a person points at: its file, its name within the file, what the person calls it."""

    path: Path
    layer: str | None = None
    title: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.title or self.layer or self.path.stem


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a tool's work: told in words, and how far it is (0-1)."""

    language: Language = "sv"
    tell: Callable[[str], None] = lambda message: None
    progress: Callable[[float], None] = lambda share: None

    def say(self, key: str, **values: object) -> None:
        """Tell something in the watcher's language; numbers are written the language's way."""
        written = {k: format_number(v, 0, language=self.language) if isinstance(v, int) else v for k, v in values.items()}
        self.tell(say(key, self.language, **written))

    def part(self, low: float, high: float) -> Callable[[float], None]:
        """Return a progress function for a part of the work."""
        return lambda share: self.progress(low + (high - low) * share)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool made: the file, the layers in it by name and title, and its figures."""

    path: Path | None
    layers: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def read(source: LayerFile, watch: Watch) -> gpd.GeoDataFrame:
    """Read a layer whole.

    Raises
    ------
    LayerError
        If there is no such file or layer, it has no geometry, or nothing in it.
    CRSError
        If it declares no CRS.
    """
    import geopandas as gpd
    from pyogrio.errors import DataLayerError, DataSourceError

    if not source.path.exists():
        raise LayerError(f"{source.path} does not exist; save the layer to a file and choose it again")
    try:
        if source.path.suffix.lower() in (".parquet", ".geoparquet"):
            frame = gpd.read_parquet(source.path)
        else:
            frame = gpd.read_file(source.path, layer=source.layer or None)
    except (DataLayerError, DataSourceError, ValueError) as error:
        raise LayerError(f"{source.name} ({source.path}) cannot be read: {error}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{source.name} is a table without geometry; choose a layer with a map")
    if frame.crs is None:
        raise CRSError(f"{source.name} has no CRS; set the one it was digitised in and save it again")
    known = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if not len(known):
        raise LayerError(f"{source.name} has no features with geometry")
    watch.say("read", count=len(known), name=source.name)
    return known.reset_index(drop=True)


def in_one_crs(frames: Mapping[str, gpd.GeoDataFrame], watch: Watch) -> dict[str, gpd.GeoDataFrame]:
    """Return frames in the first one's CRS, or where that is not in metres in SWEREF 99 TM, outside Sweden in UTM.

    Parameters
    ----------
    frames : mapping of str to GeoDataFrame
        By what messages call them; the first decides.
    watch : Watch
        Told of what was reprojected.
    """
    from landplan.crs import describe

    first = next(iter(frames.values()))
    metres = first.crs.is_projected and first.crs.axis_info[0].unit_name in ("metre", "meter")
    target = first.crs if metres else _in_metres(first)
    out = {}
    for name, frame in frames.items():
        if frame.crs == target:
            out[name] = frame
            continue
        watch.say("moved", name=name, source=describe(frame.crs), target=describe(target))
        out[name] = frame.to_crs(target)
    return out


def _in_metres(frame: gpd.GeoDataFrame) -> Any:
    """Return the CRS for a frame in degrees: Sweden's own where it lies in Sweden, else its UTM zone."""
    west, south, east, north = (float(v) for v in frame.to_crs("EPSG:4326").total_bounds)
    w, s, e, n = _AROUND_SWEDEN
    return SWEDEN if w <= west and east <= e and s <= south and north <= n else frame.estimate_utm_crs()


def points_of(frame: gpd.GeoDataFrame, id_column: str | None, name: str) -> gpd.GeoDataFrame:
    """Return one point a feature, indexed by a column's values or counted from 1.

    Raises
    ------
    LayerError
        If the column is missing, or names two features alike.
    """
    import pandas as pd

    if id_column and id_column not in frame.columns:
        raise LayerError(f"{name} has no column {id_column!r}; it has: {', '.join(map(str, frame.columns[:20]))}")
    ids = frame[id_column].astype(str) if id_column else pd.Series([str(i + 1) for i in range(len(frame))])
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise LayerError(f"{name}: {id_column} is {twice!r} for more than one feature; choose a column that names each feature once")
    points = frame.geometry.representative_point()
    return points.set_axis(pd.Index(ids, name=None)).to_frame("geometry").set_geometry("geometry", crs=frame.crs)


def made_up(frame: gpd.GeoDataFrame) -> bool:
    """Tell whether a layer says of itself that it is demonstration data."""
    return "synthetic" in frame.columns and bool(frame["synthetic"].fillna(False).astype(bool).any())


def write_layer(
    item: VectorItem, out: Path, inputs: Mapping[LayerFile, gpd.GeoDataFrame], parameters: Mapping[str, Any], watch: Watch
) -> Answer:
    """Write a result as a GeoPackage with its style, words and provenance, whole or not at all.

    Parameters
    ----------
    item : VectorItem
        The result.
    out : Path
        The ``.gpkg``; an older one is replaced.
    inputs : mapping of LayerFile to GeoDataFrame
        What it was made of. A result of demonstration data is demonstration data.
    parameters : mapping
        How.
    watch : Watch
        For the language.
    """
    from dataclasses import replace

    of_demo = any(made_up(frame) for frame in inputs.values())
    sources = tuple(
        LayerSource(source.name, source.path.name, file_hash(source.path), synthetic=made_up(frame), features=len(frame))
        for source, frame in inputs.items()
    )
    item = replace(item, synthetic=of_demo)
    crs = item.frame.crs.to_string()
    bounds = tuple(float(v) for v in (item.frame if len(item.frame) else next(iter(inputs.values()))).total_bounds)
    atlas = Atlas(
        name=item.id,
        title=item.title,
        language=watch.language,
        crs=crs,
        area_bounds=bounds,  # type: ignore[arg-type]
        pages=(),
        vectors=(item,),
        rasters=(),
        tables=(),
        checks=(),
        provenance=Provenance(f"toolbox {item.id}", sources, dict(parameters), crs, landplan.__version__),
        answer=item.title,
        created=dt.datetime.now(tz=dt.UTC).date().isoformat(),
    )
    geopackage.write(atlas, out)
    return Answer(out, ((item.id, item.title[watch.language]),))
