"""Whole files: timetables (GTFS), and vector files that a provider publishes or a person has ordered and put beside the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from landplan.errors import LayerError, SourceError
from landplan.layers.sources.archives import ZipLimits, extract, members
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.login import login_of
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Limits, Web
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["describe_download", "describe_gtfs", "fetch_download", "fetch_gtfs", "operator_of", "read_part"]

Progress = Callable[[int, int | None], None]
_VECTORS: Final = (".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".shp", ".csv")


def operator_of(ask: Ask) -> str:
    """Return the timetable operator's code: the source's own, or the one of the plan's county.

    Raises
    ------
    SourceError
        If the county has none that we know.
    """
    if ask.options.get("operator"):
        return ask.text("operator")
    known: Mapping[str, str] = ask.options.get("operators", {})
    counties = sorted({code[:2] for code in ask.municipalities})
    found = [known[c] for c in counties if c in known]
    if len(found) != 1:
        where = f"county {', '.join(counties)}" if counties else "this area"
        raise SourceError(
            f"{ask.what}: the timetable of {where} is not known; set its code in the plan: [sources.{ask.source}] operator = \"…\" (one of {', '.join(sorted(known.values()))}, or any other)"
        )
    return str(found[0])


def _gtfs_url(ask: Ask) -> str:
    url = ask.text("url")
    return url.replace("{operator}", operator_of(ask)) if "{operator}" in url else url


def describe_gtfs(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    return (f"GET {redact(_gtfs_url(ask))}{'?key=***' if ask.options.get('key') else ''}",)


def fetch_gtfs(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Download a timetable; the file is looked through before it is used.

    Raises
    ------
    SourceError
        If the key is missing or refused, or the file is no safe, whole zip.
    """
    url = _gtfs_url(ask)
    login = login_of(ask.options, what=ask.what)
    spool.start(json.dumps([url]))
    path = spool.folder / f"{ask.layer}.zip"
    limits = Limits(most_bytes=int(ask.number("max_mb", 500) * 1e6), most_s=ask.number("max_s", 900))
    # the provider answers 406 to a client that does not take compressed answers
    web.download(url, path, params=login.params, headers={**login.headers, "Accept-Encoding": "gzip"}, limits=limits, expect="zip", progress=progress)
    try:
        members(path, ZipLimits(most_ratio=400.0))
        _runs_here(ask, path)
    except SourceError:
        spool.clear()
        raise
    return Answer(path=path, queries=describe_gtfs(ask))


def _runs_here(ask: Ask, path: Path) -> None:
    """Refuse a timetable that is torn inside, or stops nowhere in the area: another region's."""
    import csv
    import io
    import zipfile

    west, south, east, north = ask.box_in("EPSG:4326")
    try:
        with zipfile.ZipFile(path) as archive:
            if torn := archive.testzip():
                raise SourceError(f"{ask.what}: {torn} in the timetable is torn; nothing of it is used, run landplan fetch again")
            if "stops.txt" not in archive.namelist():
                raise SourceError(f"{ask.what}: the archive has no stops.txt; is it a timetable (GTFS)?")
            with archive.open("stops.txt") as file:
                rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
                for row in rows:
                    try:
                        lon, lat = float(row.get("stop_lon") or "nan"), float(row.get("stop_lat") or "nan")
                    except ValueError:
                        continue
                    if west <= lon <= east and south <= lat <= north:
                        return
    except (zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as exc:
        raise SourceError(f"{ask.what}: the timetable cannot be read ({exc}); nothing of it is used, run landplan fetch again") from None
    raise SourceError(f"{ask.what}: the timetable has no stop in the area; is it another region's? Set operator: [sources.{ask.source}]")


def describe_download(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    if ask.options.get("file"):
        return (f"read {ask.options['file']}",)
    return (f"GET {redact(_place(ask))}",)


def _place(ask: Ask) -> str:
    return ask.text("url").replace("{municipality}", ask.municipalities[0] if ask.municipalities else "")


def fetch_download(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Read a whole vector file from an address, or one that a person has ordered and named in the plan.

    Returns
    -------
    Answer
        `frame` the features that meet the area.

    Raises
    ------
    SourceError
        If there is neither `file` nor `url`, or the file cannot be read.
    """
    if ask.options.get("file"):
        path = Path(ask.text("file"))
        if not path.is_file():
            raise SourceError(f"{ask.what}: {path} does not exist; order it at the provider ({ask.text('key_at', 'see the layer file')}), put it there and run landplan fetch again")
    else:
        url = _place(ask)
        login = login_of(ask.options, what=ask.what)
        spool.start(json.dumps([url]))
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", url.split("?")[0].rstrip("/").rpartition("/")[2]).lstrip(".") or "file"
        path = spool.folder / name
        limits = Limits(most_bytes=int(ask.number("max_mb", 2000) * 1e6), most_s=ask.number("max_s", 1800))
        web.download(url, path, params=login.params, headers=login.headers, limits=limits, progress=progress)
    frame, total = _read(ask, path, spool.folder)
    note = Text(f"{len(frame)} av filens {total} objekt ligger i området", f"{len(frame)} of the file's {total} features lie in the area")
    return Answer(frame=frame, queries=describe_download(ask), notes=(note,))


def read_part(ask: Ask, path: Path) -> gpd.GeoDataFrame:
    """Return the features of a vector file, or of the one in a zip, that meet the area.

    Raises
    ------
    SourceError
        If the file holds none that is read, or no CRS.
    """
    return _read(ask, path, path.parent)[0]


def _read(ask: Ask, path: Path, folder: Path) -> tuple[gpd.GeoDataFrame, int]:
    import shapely

    from landplan.layers.sources.files import read_vector

    if path.suffix.lower() == ".zip":
        names = [n for n in members(path) if n.lower().endswith(_VECTORS)]
        if len(names) != 1 and not ask.options.get("member"):
            raise SourceError(f"{path} holds {len(names)} files of a kind that is read ({', '.join(names[:5])}); set member: [sources.{ask.source}]")
        path = extract(path, str(ask.options.get("member", names[0] if names else "")), folder)
    if path.suffix.lower() not in _VECTORS:
        raise SourceError(f"{ask.what}: {path.suffix or path.name} is not a kind that is read; use one of {', '.join(_VECTORS)}")
    crs = str(ask.options["crs"]) if ask.options.get("crs") else None
    try:
        frame = read_vector(path, table=str(ask.options["table"]) if ask.options.get("table") else None, crs=crs)
    except LayerError as exc:
        raise SourceError(f"{ask.what}: {exc}") from None
    if frame.crs is None:
        raise SourceError(f"{ask.what}: {path} has no CRS; set crs: [sources.{ask.source}]")
    hit = shapely.intersects(frame.geometry.to_numpy(), shapely.box(*ask.box_in(str(frame.crs))))
    return frame[hit].reset_index(drop=True), len(frame)
