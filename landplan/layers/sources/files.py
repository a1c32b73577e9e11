"""Reading files of every kind a planner has, whole or in batches.

GeoPackage, Shapefile, GeoJSON and FlatGeobuf stream through fiona, feature by feature, so that a fault can
name its feature; GeoParquet comes in pyarrow batches; CSV with coordinates and XLSX through table
readers. Whole layers are moved by pyogrio.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.errors import LayerError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["TABLES", "VECTORS", "batches", "companions", "read_table", "read_vector", "says_synthetic", "suffix_of"]

VECTORS: Final = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet")
TABLES: Final = (".csv", ".xlsx", ".parquet")
_BATCH = 5_000
# GDAL goes by what a file holds and not by its name: a "GeoPackage" of XML can be a list of other files and addresses to open
_BEGINS: Final = {".gpkg": (b"SQLite format 3\x00",), ".shp": (b"\x00\x00\x27\x0a",), ".fgb": (b"fgb",), ".geojson": (b"{", b"["), ".json": (b"{", b"[")}
_XY_NAMES: Final = (
    ("x", "y"), ("lon", "lat"), ("longitude", "latitude"), ("easting", "northing"), ("e", "n"), ("ost", "nord"),
)

_NAMES: Final = {".gpkg": "GeoPackage", ".shp": "Shapefile", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".json": "GeoJSON"}


def suffix_of(path: Path) -> str:
    """Return the lower-case suffix that decides the reader."""
    return path.suffix.lower()


def require_file(path: Path) -> None:
    """Raise when the file is not there.

    Raises
    ------
    LayerError
        If the path does not exist.
    """
    if not path.exists():
        raise LayerError(f"{path} does not exist; check the path in the plan's [layers] (paths start at the plan file's folder)")


def require_kind(path: Path) -> None:
    """Raise when a vector file holds another kind of file than its name says.

    Raises
    ------
    LayerError
        If its first bytes are not those of its kind.
    """
    begins = _BEGINS.get(suffix_of(path))
    if begins is None:
        return
    try:
        with path.open("rb") as file:
            head = file.read(1024).removeprefix(b"\xef\xbb\xbf")
    except OSError as exc:
        raise LayerError(f"{path} cannot be read ({exc.strerror}); is it a file, and yours to read?") from None
    if suffix_of(path) in (".geojson", ".json"):
        head = head.lstrip(b" \t\r\n\x1e")
    if head and not head.startswith(begins):
        raise LayerError(f"{path} cannot be opened as a {_NAMES[suffix_of(path)]} (it does not begin as a {suffix_of(path)} file does); is it whole? copy or export it again")


def companions(path: Path) -> list[Path]:
    """Return the files beside `path` that change what it says: a Shapefile's table, CRS and encoding, a -wal."""
    beside = {".shp": [path.with_suffix(s) for s in (".dbf", ".shx", ".prj", ".cpg")], ".gpkg": [Path(f"{path}-wal")]}
    rasters = [path.with_name(f"{path.name}.aux.xml"), path.with_suffix(".tfw")]
    return [p for p in beside.get(suffix_of(path), rasters) if p.is_file() and p.stat().st_size]


def says_synthetic(path: Path, table: str | None = None) -> bool:
    """Tell whether a file says in its own metadata that it is made up, as every file of the sample does."""
    import json

    suffix = suffix_of(path)
    try:
        if suffix == ".parquet":
            import pyarrow.parquet as pq

            return bool(json.loads((pq.read_schema(path).metadata or {}).get(b"landplan", b"{}")).get("synthetic"))
        if suffix in (".tif", ".tiff"):
            import rasterio

            with rasterio.open(path) as source:
                return str(source.tags().get("LANDPLAN_SYNTHETIC", "")).lower() in ("true", "yes")
        if suffix == ".gpkg":
            import pyogrio

            with _unwarned():
                found = pyogrio.read_info(path, layer=pick_table(path, table)).get("layer_metadata") or {}
            return str(found.get("synthetic", "")).lower() == "true"
        if suffix == ".zip":
            import zipfile

            with zipfile.ZipFile(path) as archive:
                return "feed_info.txt" in archive.namelist() and b"landplan.sample" in archive.read("feed_info.txt")
    except Exception:
        # whether the file is whole is judged, and said, when it is read
        return False
    return False


def batches(
    path: Path, *, table: str | None = None, crs: str | None = None, xy: tuple[str, str] | None = None, spatial: bool = True
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield (number of the first feature, frame) for a file, a batch at a time.

    Parameters
    ----------
    path : Path
    table : str, optional
        Layer of a GeoPackage or sheet of a workbook.
    crs : str, optional
        Used only where the file does not declare one.
    xy : tuple of str, optional
        Coordinate columns of a CSV.
    spatial : bool, default True
        False for tables without geometry.

    Yields
    ------
    tuple of int and DataFrame
        A GeoDataFrame when the file has geometry. Features count from 1.

    Raises
    ------
    LayerError
        If the file is missing, of an unknown kind, or cannot be read.
    """
    require_file(path)
    suffix = suffix_of(path)
    if suffix == ".parquet":
        yield from _parquet_batches(path, crs, spatial)
    elif suffix in (".csv", ".xlsx"):
        yield 1, read_table(path, table=table, xy=xy, crs=crs) if not spatial else _points(path, table, xy, crs)
    elif suffix in VECTORS:
        yield from _fiona_batches(path, table, crs)
    else:
        raise LayerError(f"{path}: {suffix or 'a file without suffix'} is not a kind landplan reads; use one of {', '.join(dict.fromkeys((*VECTORS, *TABLES)))}")


def _fiona_batches(path: Path, table: str | None, crs: str | None) -> Iterator[tuple[int, pd.DataFrame]]:
    import fiona
    import geopandas as gpd
    from fiona.errors import FionaError
    from shapely.geometry import shape

    require_kind(path)
    try:
        with fiona.open(path, layer=pick_table(path, table)) as source:
            declared = source.crs_wkt or crs
            columns = list(source.schema["properties"])
            rows: list[dict[str, Any]] = []
            shapes: list[Any] = []
            first = 1
            for number, feature in enumerate(source, start=1):
                rows.append({k: feature["properties"].get(k) for k in columns})
                shapes.append(shape(feature["geometry"]) if feature["geometry"] else None)
                if len(rows) == _BATCH:
                    yield first, gpd.GeoDataFrame(rows, geometry=shapes, crs=declared, columns=[*columns, "geometry"])
                    rows, shapes, first = [], [], number + 1
            if rows or first == 1:
                yield first, gpd.GeoDataFrame(rows, geometry=shapes, crs=declared, columns=[*columns, "geometry"])
    except (FionaError, OSError, ValueError) as exc:
        raise LayerError(f"{path} cannot be read ({_short(exc)}); is the file whole and not open elsewhere? export it again") from exc


def _parquet_batches(path: Path, crs: str | None, spatial: bool) -> Iterator[tuple[int, pd.DataFrame]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        first = 1
        for batch in file.iter_batches(batch_size=10 * _BATCH):
            table = pa.Table.from_batches([batch], schema=file.schema_arrow)
            if spatial and b"geo" in (table.schema.metadata or {}):
                frame = _geo(table)
                if crs and frame.crs is None:
                    frame = frame.set_crs(crs)
            else:
                frame = table.to_pandas()
            yield first, frame
            first += len(frame)
        if first == 1:
            yield 1, read_vector(path) if spatial else file.read().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as exc:
        raise LayerError(f"{path} cannot be read as Parquet ({_short(exc)}); export it again") from exc


def _geo(table: Any) -> Any:
    import json

    import geopandas as gpd
    import shapely

    meta = json.loads(table.schema.metadata[b"geo"])
    name = meta["primary_column"]
    frame = table.to_pandas()
    crs = meta["columns"][name].get("crs", "OGC:CRS84")
    shapes = shapely.from_wkb(frame[name].to_numpy())
    return gpd.GeoDataFrame(frame.drop(columns=[name]), geometry=shapes, crs=_crs_of(crs))


def _crs_of(value: Any) -> Any:
    from pyproj import CRS

    return None if value is None else CRS.from_user_input(value)


def pick_table(path: Path, table: str | None) -> str | None:
    """Return the layer to read from a container; the only one when none is named.

    Raises
    ------
    LayerError
        If the file cannot be opened, lacks the named layer, or holds several and none is named.
    """
    if suffix_of(path) != ".gpkg":
        return table
    import pyogrio

    try:
        with _unwarned():
            listed = pyogrio.list_layers(path)
    except Exception as exc:
        raise LayerError(f"{path} cannot be opened as a GeoPackage ({_short(exc)}); is it whole? copy or export it again") from exc
    names = [str(n) for n, kind in listed if n not in ("layer_styles",) and kind is not None] or [str(n) for n, _ in listed]
    if table:
        if table not in [str(n) for n, _ in listed]:
            raise LayerError(f"{path} has no layer {table!r}; it has {', '.join(names)}")
        return table
    if not names:
        raise LayerError(f"{path} holds no layer")
    if len(names) > 1:
        if path.stem in names:
            return path.stem
        raise LayerError(f'{path} holds {len(names)} layers ({", ".join(names[:8])}); name one with table = "…"')
    return names[0]


def read_vector(path: Path, *, table: str | None = None, crs: str | None = None, xy: tuple[str, str] | None = None) -> gpd.GeoDataFrame:
    """Read a whole vector layer.

    Raises
    ------
    LayerError
        If the file is missing or cannot be read.
    """
    import geopandas as gpd

    require_file(path)
    require_kind(path)
    suffix = suffix_of(path)
    try:
        if suffix == ".parquet":
            frame = gpd.read_parquet(path)
        elif suffix in (".csv", ".xlsx"):
            return _points(path, table, xy, crs)
        else:
            layer = pick_table(path, table)
            with _unwarned():
                frame = gpd.read_file(path, layer=layer, engine="pyogrio")
    except LayerError:
        raise
    except Exception as exc:
        raise LayerError(f"{path} cannot be read ({_short(exc)}); is the file whole and not open elsewhere? export it again") from exc
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{path} has no geometry; a map layer needs one")
    return frame.set_crs(crs) if frame.crs is None and crs else frame


def read_table(path: Path, *, table: str | None = None, xy: tuple[str, str] | None = None, crs: str | None = None) -> pd.DataFrame:
    """Read a table; text columns that end in ``_code`` or ``_id`` stay text (leading zeros matter).

    Raises
    ------
    LayerError
        If the file is missing or cannot be read.
    """
    import pandas as pd

    require_file(path)
    try:
        if suffix_of(path) == ".xlsx":
            return pd.read_excel(path, sheet_name=table or 0, dtype=_text_codes(list(pd.read_excel(path, sheet_name=table or 0, nrows=0).columns)))
        if suffix_of(path) == ".parquet":
            return pd.read_parquet(path)
        raw = path.read_bytes()
        head = raw[:4096].decode("utf-8-sig", errors="replace").splitlines()
        separator = ";" if head and head[0].count(";") > head[0].count(",") else ","
        decimal = "," if separator == ";" else "."
        columns = [c.strip().strip('"') for c in head[0].split(separator)] if head else []
        return pd.read_csv(path, sep=separator, decimal=decimal, encoding="utf-8-sig", dtype=_text_codes(columns))
    except UnicodeDecodeError as exc:
        raise LayerError(f"{path} is not UTF-8 (byte {exc.start}); save it as UTF-8 so that åäö survive") from exc
    except Exception as exc:
        raise LayerError(f"{path} cannot be read as a table ({_short(exc)})") from exc


def _text_codes(columns: list[Any]) -> dict[str, type[str]]:
    return {c: str for c in map(str, columns) if c.endswith(("_code", "_id")) or c == "id"}


def _points(path: Path, table: str | None, xy: tuple[str, str] | None, crs: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    frame = read_table(path, table=table)
    lower = {str(c).lower(): str(c) for c in frame.columns}
    pair = xy or next(((lower[a], lower[b]) for a, b in _XY_NAMES if a in lower and b in lower), None)
    if pair is None or not set(pair) <= set(frame.columns):
        raise LayerError(f"{path} has no coordinate columns (looked for x/y, lon/lat, easting/northing); name them with xy = [\"…\", \"…\"]")
    x, y = (pd.to_numeric(frame[c], errors="coerce").to_numpy(np.float64) for c in pair)
    degrees = pair[0].lower() in ("lon", "longitude")
    shapes = gpd.points_from_xy(x, y)
    found = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs or ("EPSG:4326" if degrees else None))
    missing = ~(np.isfinite(x) & np.isfinite(y))
    if missing.any():
        found.loc[missing, "geometry"] = None
    return found


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Keep GDAL's remarks on odd files out of the way: what matters is checked and said by the contract."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _short(exc: BaseException) -> str:
    return str(exc).strip().splitlines()[0][:200] if str(exc).strip() else type(exc).__name__
