"""Rasters from STAC catalogues and from archives: only the window that is asked for, at the resolution that is asked for.

Cloud-optimised files are read by byte ranges through `Ranges`, so that our own client decides where it goes and what
it tells. Heights of a compound CRS (EPSG:5845) are stripped before anything is placed, because a warp would
otherwise move them; what is unknown stays nodata, and cells no tile covers are counted.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from landplan.crs import describe, horizontal, transform_box
from landplan.errors import SourceError
from landplan.layers.sources.archives import Ranges, ZipLimits, extract, look_through, remote_zip, stored_at
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.files import VECTORS
from landplan.layers.sources.login import login_of
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.stac import describe_stac, hrefs_of, items_of
from landplan.layers.sources.web import Limits, Web
from landplan.style import Text
from landplan.units import format_number

__all__ = ["describe_archive", "describe_stac", "fetch_archive", "fetch_stac", "fetch_stac_files"]

Progress = Callable[[int, int | None], None]
_MOST_CELLS: Final = 400_000_000
_NODATA: Final = -9999.0
_NO_CLASS: Final = 255


def describe_archive(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    return (f"GET {redact(ask.text('url'))} by byte ranges, the member that ends with {ask.text('member', '.tif')}",)


def fetch_stac(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Fetch the rasters of a STAC collection that meet the area, as one GeoTIFF.

    Parameters
    ----------
    ask : Ask
        Options `url`, `collection`, `asset` (default ``data``), `resolution_m`, `hosts` (where the files lie), `key`.
    web : Web
    spool : Spool
        Its folder gets the GeoTIFF.
    progress : callable, optional
        Told tiles done and all.

    Returns
    -------
    Answer
        `path` a GeoTIFF in the tiles' horizontal CRS; `counted` the items the catalogue says match.

    Raises
    ------
    SourceError
        If the catalogue gives fewer items than it counts, or a tile cannot be read.
    """
    items, matched = items_of(ask, web, spool)
    if not items:
        raise SourceError(f"{ask.text('url')} has no {ask.text('collection')} in the area; is the area right?")
    login = login_of(ask.options, what=ask.what)
    hosts = frozenset(str(h) for h in ask.options.get("hosts", ()))
    tiles: list[tuple[str, Callable[[], Ranges]]] = [
        (name, partial(Ranges, web, href, headers=login.headers, hosts=hosts, keep=48)) for name, href in hrefs_of(ask, items)
    ]
    dates = sorted(str((i.get("properties") or {}).get("datetime") or "")[:10] for i in items)
    said = {str(i["id"]): i.get("bbox") for i in items}
    path, notes = _mosaic(ask, tiles, said, spool.folder, progress)
    return Answer(
        path=path, counted=matched, queries=describe_stac(ask), notes=notes, date=f"{dates[0]}–{dates[-1]}" if dates[0] != dates[-1] else dates[0]
    )


class _Quiet(io.RawIOBase):
    """A remote file as GDAL may read it: what stops the reading is remembered, for GDAL prints it and goes on."""

    def __init__(self, file: Ranges) -> None:
        super().__init__()
        self._file = file
        self.why: BaseException | None = None

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; nothing more comes once something went wrong."""
        if self.why is not None:
            return 0
        try:
            return self._file.readinto(buffer)
        except BaseException as exc:
            self.why = exc
            return 0


@contextmanager
def _remote(file: Ranges) -> Iterator[Any]:
    """Open a remote raster for reading by windows."""
    import rasterio
    from rasterio.errors import RasterioError

    name, quiet = "tile.tif", _Quiet(file)

    def opener(path: str, mode: str = "rb") -> Any:
        # GDAL looks for side files; there are none. By the driver's name: other kinds can list files of this machine and addresses inside it
        if not str(path).endswith(name) or "r" not in mode:
            raise FileNotFoundError(path)
        quiet.seek(0)
        return io.BufferedReader(quiet, buffer_size=1 << 16)

    try:
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(name, opener=opener, driver="GTiff") as source:
            yield source
    except RasterioError as exc:
        if quiet.why is not None:
            raise quiet.why from None
        raise SourceError(f"{file._url.split('?')[0]} cannot be read as a raster ({redact(exc)}); nothing of it is used") from None
    if quiet.why is not None:
        raise quiet.why


def _lies_there(ask: Ask, source: Any, crs: Any, name: str, said: Any) -> None:
    """Refuse a tile that lies elsewhere than its catalogue says: the ground would get another place's heights, or none.

    Raises
    ------
    SourceError
    """
    left, bottom, right, top = map(float, source.bounds)
    west, south, east, north = transform_box((left, bottom, right, top), crs, "EPSG:4326")
    if isinstance(said, (list, tuple)) and len(said) in (4, 6) and all(isinstance(v, (int, float)) for v in said):
        half = len(said) // 2
        x, y = (west + east) / 2, (south + north) / 2
        there = said[0] <= x <= said[half] and said[1] <= y <= said[half + 1]
        where = "its catalogue says"
    else:
        box = ask.box_in("EPSG:4326")
        slack = 0.01 * max(box[2] - box[0], box[3] - box[1])
        there = west <= box[2] + slack and east >= box[0] - slack and south <= box[3] + slack and north >= box[1] - slack
        where = "was asked for"
    if not there:
        raise SourceError(
            f"{ask.what}: tile {name} lies at {west:.4f}, {south:.4f} – {east:.4f}, {north:.4f}, elsewhere than {where}; nothing of it is used, and the provider should be told"
        )


def _mosaic(ask: Ask, tiles: list[tuple[str, Callable[[], Ranges]]], said: Mapping[str, Any], folder: Path, progress: Progress | None) -> tuple[Path, tuple[Text, ...]]:
    """Place tiles side by side on cells of the asked size; unknown cells stay nodata."""
    import rasterio

    resolution = ask.number("resolution_m", 10.0)
    out: np.ndarray | None = None
    crs: Any = None
    origin = (0.0, 0.0)
    covered: np.ndarray | None = None
    native = 0.0
    for done, (name, opened) in enumerate(tiles, start=1):
        with opened() as file, _remote(file) as source:
            if source.crs is None:
                raise SourceError(f"{ask.what}: tile {name} has no CRS; nothing of it is used")
            here = horizontal(source.crs.to_wkt())
            _lies_there(ask, source, here, name, said.get(name))
            if out is None:
                crs, native = here, abs(source.transform.a)
                x0, y0, x1, y1 = transform_box(ask.box, ask.crs, crs)
                origin = (np.floor(x0 / resolution) * resolution, np.ceil(y1 / resolution) * resolution)
                rows, cols = int(np.ceil((origin[1] - y0) / resolution)), int(np.ceil((x1 - origin[0]) / resolution))
                if rows * cols > _MOST_CELLS:
                    raise SourceError(
                        f"{ask.what}: {rows} x {cols} cells of {resolution:g} m would take {rows * cols * 4 / 1e9:.1f} GB; set a larger resolution_m: [sources.{ask.source}]"
                    )
                out = np.full((rows, cols), _NODATA, np.float32)
                covered = np.zeros((rows, cols), bool)
            elif here != crs:
                raise SourceError(f"{ask.what}: tile {name} is in {describe(here)}, the others in {describe(crs)}; nothing of it is used")
            assert covered is not None
            _place(source, out, covered, origin, resolution, name, ask)
        if progress:
            progress(done, len(tiles))
    assert out is not None
    assert covered is not None
    path = folder / f"{ask.layer}.tif"
    profile = {
        "driver": "GTiff", "height": out.shape[0], "width": out.shape[1], "count": 1, "dtype": "float32", "crs": crs.to_wkt(),
        "transform": rasterio.transform.from_origin(*origin, resolution, resolution), "nodata": _NODATA,
        "compress": "deflate", "predictor": 3, "tiled": True, "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(out, 1)
    notes = [Text(f"celler på {resolution:g} m, medelvärden av {native:g} m", f"cells of {resolution:g} m, means of {native:g} m")]
    missing = float(1 - covered.mean())
    if missing > 0:
        share = (format_number(100 * missing, 1, language=lang) for lang in ("sv", "en"))
        sv, en = share
        notes.append(Text(f"{sv} % av rutan täcks inte av någon fil", f"{en} % of the box is in no file"))
    return path, tuple(notes)


def _place(source: Any, out: np.ndarray, covered: np.ndarray, origin: tuple[float, float], cell: float, name: str, ask: Ask) -> None:
    """Read the part of a tile that meets the grid into it, as the mean of the tile's known cells."""
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT
    from rasterio.windows import from_bounds

    left, bottom, right, top = source.bounds
    rows, cols = out.shape
    # whole cells of the grid that the tile covers: half-covered ones are the neighbour's as well, and tiles tile the grid
    c0, c1 = max(0, round((left - origin[0]) / cell)), min(cols, round((right - origin[0]) / cell))
    r0, r1 = max(0, round((origin[1] - top) / cell)), min(rows, round((origin[1] - bottom) / cell))
    if c1 <= c0 or r1 <= r0:
        return
    offsets = ((left - origin[0]) / cell, (origin[1] - top) / cell)
    if any(abs(v - round(v)) > 1e-6 for v in offsets) or cell + 1e-9 < abs(source.transform.a):
        raise SourceError(
            f"{ask.what}: tile {name} does not fit cells of {cell:g} m (its corner is {left:g}, {top:g}, its cells {abs(source.transform.a):g} m); "
            f"set resolution_m to a multiple that does: [sources.{ask.source}]"
        )
    window = from_bounds(origin[0] + c0 * cell, origin[1] - r1 * cell, origin[0] + c1 * cell, origin[1] - r0 * cell, source.transform)
    if source.nodata is None:
        # a mean of heights and of the number that means unknown is neither
        unknown = ask.number("nodata", _NODATA)
        with WarpedVRT(source, src_nodata=unknown, nodata=unknown) as seen:
            data = seen.read(1, window=window, out_shape=(r1 - r0, c1 - c0), resampling=Resampling.average, masked=True)
    else:
        data = source.read(1, window=window, out_shape=(r1 - r0, c1 - c0), resampling=Resampling.average, masked=True)
    known = ~np.ma.getmaskarray(data) & np.isfinite(data.data)
    part = out[r0:r1, c0:c1]
    part[known] = data.data[known]
    covered[r0:r1, c0:c1] = True


def fetch_archive(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Fetch one raster of a large zip by byte ranges and keep the area's window of it.

    A member that lies in the archive unpacked is read where it is needed; a compressed one is streamed out, alone.

    Returns
    -------
    Answer
        `path` a GeoTIFF with the source's own cells, values and nodata.

    Raises
    ------
    SourceError
    """
    import rasterio

    url, member = ask.text("url"), ask.text("member", ".tif")
    login = login_of(ask.options, what=ask.what)
    spool.start(json.dumps([url, member, ask.box]))
    most = int(ask.number("max_mb", 12_000) * 1e6)
    with Ranges(web, url, headers=login.headers, keep=16) as file:
        said = redact(url)
        archive = remote_zip(file, said)
        found = [i for i in look_through(archive, said, ZipLimits(most_bytes=most, most_ratio=1100.0)) if i.filename.casefold().endswith(member.casefold())]
        start = stored_at(archive, found[0]) if len(found) == 1 else None
        if start is not None:
            with _remote(_Part(file, start, found[0].file_size)) as source:
                path, notes = _window(ask, source, spool.folder)
        else:
            from rasterio.errors import RasterioError

            whole = extract(archive, member, spool.folder, name=said, limits=ZipLimits(most_bytes=most, most_ratio=1100.0), progress=progress)
            try:
                with rasterio.open(whole, driver="GTiff") as source:
                    path, notes = _window(ask, source, spool.folder)
            except RasterioError as exc:
                raise SourceError(f"{said}: {found[0].filename if found else member} cannot be read as a raster ({redact(exc)}); nothing of it is used") from None
            finally:
                whole.unlink(missing_ok=True)
        moved = Text(
            f"{format_number(file.transferred / 1e6, 0, language='sv')} av {format_number(file.size / 1e6, 0, language='sv')} MB hämtade",
            f"{format_number(file.transferred / 1e6, 0, language='en')} of {format_number(file.size / 1e6, 0, language='en')} MB fetched",
        )
    return Answer(path=path, queries=describe_archive(ask), notes=(*notes, moved), date=ask.text("date", ""))


class _Part(Ranges):
    """A stretch of a remote file as a file of its own."""

    def __init__(self, whole: Ranges, start: int, size: int) -> None:
        self._whole, self._start, self.size, self._at = whole, start, size, 0
        self._url = whole._url

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the position."""
        view = memoryview(buffer).cast("B")
        want = max(0, min(len(view), self.size - self._at))
        self._whole.seek(self._start + self._at)
        done = self._whole.readinto(view[:want]) if want else 0
        self._at += done
        return done


def _window(ask: Ask, source: Any, folder: Path) -> tuple[Path, tuple[Text, ...]]:
    """Write the area's window of an open raster, cell for cell."""
    import rasterio
    from rasterio.windows import Window, from_bounds
    from rasterio.windows import transform as at

    if source.crs is None:
        raise SourceError(f"{ask.what}: the raster has no CRS; nothing of it is used")
    crs = horizontal(source.crs.to_wkt())
    box = transform_box(ask.box, ask.crs, crs)
    wanted = from_bounds(*box, source.transform)
    c0, r0 = int(np.floor(wanted.col_off)), int(np.floor(wanted.row_off))
    c1, r1 = int(np.ceil(wanted.col_off + wanted.width)), int(np.ceil(wanted.row_off + wanted.height))
    c0, r0, c1, r1 = max(0, c0), max(0, r0), min(source.width, c1), min(source.height, r1)
    if c1 <= c0 or r1 <= r0:
        raise SourceError(f"{ask.what}: the raster does not meet the area; is the area, or its CRS ({describe(crs)}), right?")
    window = Window(c0, r0, c1 - c0, r1 - r0)
    nodata = source.nodata if source.nodata is not None else ask.options.get("nodata")
    ours = ask.options.get("classes")
    known = _classes(ours, nodata) if ours else None
    path = folder / f"{ask.layer}.tif"
    profile = {
        "driver": "GTiff", "height": r1 - r0, "width": c1 - c0, "count": 1, "dtype": "uint8" if known else source.dtypes[0], "crs": crs.to_wkt(),
        "transform": at(window, source.transform), "nodata": _NO_CLASS if known else nodata, "compress": "deflate", "tiled": True, "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        # strip by strip: a county of 10 m cells is half a gigabyte
        for row in range(0, r1 - r0, 2048):
            rows = min(2048, r1 - r0 - row)
            data = source.read(1, window=Window(c0, r0 + row, c1 - c0, rows))
            target.write(known(data) if known else data, 1, window=Window(0, row, c1 - c0, rows))
    return path, ()


def _classes(ours: Mapping[str, int], nodata: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns a provider's class numbers into ours, by the longest leading digits that fit."""

    def turned(data: np.ndarray) -> np.ndarray:
        found = np.full(data.shape, _NO_CLASS, np.uint8)
        for code in np.unique(data):
            if nodata is not None and code == nodata:
                continue
            text = str(int(code))
            fits = next((k for n in range(len(text), 0, -1) if (k := text[:n]) in ours), None)
            if fits is None:
                raise SourceError(f"the raster has class {text}, which is none that is known ({', '.join(ours)}); set classes of the source in the plan")
            found[data == code] = ours[fits]
        return found

    return turned


def fetch_stac_files(ask: Ask, web: Web, spool: Spool, progress: Progress | None = None) -> Answer:
    """Fetch the vector files of a STAC collection that meet the area: a zip or a GeoPackage an item.

    Returns
    -------
    Answer
        `frame` the features of all files that meet the area.

    Raises
    ------
    SourceError
        As `fetch_stac`; also if a file cannot be read.
    """
    import pandas as pd

    from landplan.layers.sources.downloads import read_part

    items, matched = items_of(ask, web, spool)
    login = login_of(ask.options, what=ask.what)
    frames = []
    for done, (name, href) in enumerate(hrefs_of(ask, items), start=1):
        path = spool.folder / _file_name(name, href)
        if not path.is_file():
            hosts = frozenset(str(h) for h in ask.options.get("hosts", ()))
            web.download(href, path, headers=login.headers, hosts=hosts, limits=limits_of(ask, mb=2000, seconds=1800))
        try:
            frames.append(read_part(ask, path))
        except SourceError:
            # neither the file nor the page that names it must be found again tomorrow
            spool.clear()
            raise
        if progress:
            progress(done, len(items))
    if not frames:
        raise SourceError(f"{ask.text('url')} has no {ask.text('collection')} in the area; is the area right?")
    return Answer(frame=pd.concat(frames, ignore_index=True), counted=None, queries=describe_stac(ask), notes=(
        Text(f"{matched} filer i katalogen möter området", f"{matched} files of the catalogue meet the area"),
    ))


def _file_name(name: str, href: str) -> str:
    """Return what an item's file is called here: ids and addresses are the server's words and lead nowhere.

    Examples
    --------
    >>> _file_name("../../etc/cron.d/x", "https://a.se/y.sh")
    'etc_cron.d_x-ea88c59c.zip'
    """
    suffix = Path(urlsplit(href).path).suffix.lower()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[:60]
    return f"{stem or 'item'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}{suffix if suffix in VECTORS else '.zip'}"


def limits_of(ask: Ask, *, mb: float, seconds: float) -> Limits:
    """Return a source's limits with its own `max_mb` and `max_s` in place."""
    return Limits(most_bytes=int(ask.number("max_mb", mb) * 1e6), most_s=ask.number("max_s", seconds))
