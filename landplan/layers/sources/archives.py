"""Archives and large files of strangers: opened with suspicion, and over the network by byte ranges.

A zip is looked through before a byte of it is unpacked: names that climb out of the folder, links, more
bytes or files than allowed, and ratios that only a bomb has are refused. `Ranges` is a remote file that is read where it is
asked, so that one member of an archive of gigabytes, or one window of a raster, costs what it weighs.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from landplan.errors import SourceError
from landplan.layers.sources.web import Limits, Web

__all__ = ["Ranges", "ZipLimits", "extract", "look_through", "members"]

_BLOCK: Final = 1 << 20
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an archive may hold.

    Parameters
    ----------
    most_bytes : int
        Unpacked, all members together.
    most_files : int
    most_ratio : float
        Unpacked to packed of one member above a megabyte. Text packs a hundred times at best.
    """

    most_bytes: int = 4 * 1024**3
    most_files: int = 10_000
    most_ratio: float = 200.0


def look_through(archive: zipfile.ZipFile, name: str, limits: ZipLimits | None = None) -> list[zipfile.ZipInfo]:
    """Return an archive's members if none of them is dangerous.

    Parameters
    ----------
    archive : zipfile.ZipFile
    name : str
        What it is called in messages.
    limits : ZipLimits, optional

    Returns
    -------
    list of ZipInfo
        Files alone.

    Raises
    ------
    SourceError
        If a member's name leads out of the archive, is a link or encrypted, or the whole is too large to be honest.
    """
    limit = limits or ZipLimits()
    found = [i for i in archive.infolist() if not i.is_dir()]
    if len(found) > limit.most_files:
        raise SourceError(f"{name} holds {len(found)} files, more than {limit.most_files}; it is not unpacked")
    names: set[str] = set()
    total = 0
    for info in found:
        _safe_name(info.filename, name)
        if info.filename.casefold() in names:
            raise SourceError(f"{name} holds {info.filename!r} twice; it is not unpacked")
        names.add(info.filename.casefold())
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SourceError(f"{name} holds a link, {info.filename!r}; it is not unpacked")
        if info.flag_bits & 0x1:
            raise SourceError(f"{name}: {info.filename!r} is encrypted; unpack it by hand and name the file in the plan")
        total += info.file_size
        if info.file_size > 1_000_000 and info.file_size > limit.most_ratio * max(1, info.compress_size):
            raise SourceError(
                f"{name}: {info.filename!r} unpacks {info.file_size // max(1, info.compress_size)} times, as only a bomb does; it is not unpacked"
            )
        if total > limit.most_bytes:
            raise SourceError(f"{name} unpacks to more than {limit.most_bytes / 1e9:.1f} GB; raise max_mb of the source in the plan if that is right")
    return found


def _safe_name(member: str, name: str) -> None:
    flat = member.replace("\\", "/")
    path = PurePosixPath(flat)
    if path.is_absolute() or ".." in path.parts or (len(flat) > 1 and flat[1] == ":") or "\x00" in member or not path.parts:
        raise SourceError(f"{name} holds {member!r}, a name that leads out of the archive; it is not unpacked")


def members(path: Path, limits: ZipLimits | None = None) -> list[str]:
    """Return the names in an archive on disc, if it is whole and safe.

    Raises
    ------
    SourceError
    """
    with _opened(path) as archive:
        return [i.filename for i in look_through(archive, str(path), limits)]


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as exc:
        raise SourceError(f"{path} is not a whole zip file ({exc}); fetch it again") from None


def extract(
    source: Path | zipfile.ZipFile, pattern: str, folder: Path, *, name: str = "", limits: ZipLimits | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Path:
    """Unpack the one member whose name ends with `pattern`, counting bytes as they come.

    Parameters
    ----------
    source : Path or ZipFile
        A file, or an archive opened over `Ranges`.
    pattern : str
        End of the member's name, such as ``.tif`` or ``NMD2023bas_v2_1.tif``.
    folder : Path
        The member is written there under its own last name; the archive's folders are not made.
    name : str
        What it is called in messages.
    limits : ZipLimits, optional
    progress : callable, optional
        Told bytes done and all.

    Returns
    -------
    Path

    Raises
    ------
    SourceError
        If no or several members match, the archive is dangerous or torn, or a member holds more than it declares.
    """
    opened = source if isinstance(source, zipfile.ZipFile) else _opened(source)
    said = name or str(source)
    try:
        info = _one(look_through(opened, said, limits), pattern, said)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / PurePosixPath(info.filename.replace("\\", "/")).name
        part = target.with_name(f"{target.name}.part")
        done = 0
        with opened.open(info) as packed, part.open("wb") as out:
            while chunk := packed.read(_CHUNK):
                done += len(chunk)
                # the directory may lie about the size; what counts is what comes out
                if done > info.file_size:
                    raise SourceError(f"{said}: {info.filename!r} unpacks to more than it declares; it is not used")
                out.write(chunk)
                if progress:
                    progress(done, info.file_size)
        os.replace(part, target)
        return target
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as exc:
        raise SourceError(f"{said} is torn ({exc}); nothing of it is used, fetch it again") from None
    except Exception as exc:
        if type(exc).__module__ == "zlib":
            raise SourceError(f"{said} is torn ({exc}); nothing of it is used, fetch it again") from None
        raise
    finally:
        if not isinstance(source, zipfile.ZipFile):
            opened.close()


def _one(found: list[zipfile.ZipInfo], pattern: str, said: str) -> zipfile.ZipInfo:
    match = [i for i in found if i.filename.casefold().endswith(pattern.casefold())]
    if len(match) != 1:
        names = ", ".join(i.filename for i in found[:8])
        raise SourceError(f"{said} holds {len(match) or 'no'} files that end with {pattern!r} (it holds {names}); set member of the source in the plan")
    return match[0]


class Ranges(io.RawIOBase):
    """A remote file read by byte ranges; a block that was read is kept.

    Parameters
    ----------
    web : Web
    url : str
    headers : mapping, optional
        A login.
    hosts : frozenset of str
        Where a redirect may lead.
    keep : int
        Blocks of a megabyte kept in memory.

    Raises
    ------
    SourceError
        If the server does not give ranges, or the file changes between two of them.
    """

    def __init__(
        self, web: Web, url: str, *, headers: Mapping[str, str] | None = None, hosts: frozenset[str] = frozenset(), keep: int = 64,
        block: int = _BLOCK,
    ) -> None:
        super().__init__()
        self._web, self._url, self._hosts, self._keep, self._block = web, url, hosts, keep, block
        self._headers = dict(headers or {})
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._mark = ""
        self.transferred = 0
        self.size = -1
        first = self._ask(0, block)
        self._blocks[0] = first

    def _ask(self, start: int, length: int) -> bytes:
        end = start + length - 1 if self.size < 0 else min(start + length, self.size) - 1
        sent = {**self._headers, "Range": f"bytes={start}-{end}", "Accept-Encoding": "identity"}
        reply = self._web.get(self._url, headers=sent, hosts=self._hosts, limits=Limits(most_bytes=4 * self._block + length), ranged=True)
        said = reply.headers.get("content-range", "")
        total = said.rpartition("/")[2]
        if reply.status != 206 or not total.isdigit():
            raise SourceError(f"{reply.url} does not give byte ranges (status {reply.status}); download the file by hand and name it in the plan")
        mark = reply.headers.get("etag") or reply.headers.get("last-modified") or ""
        if self.size >= 0 and (int(total) != self.size or mark != self._mark):
            raise SourceError(f"{reply.url} changed while it was read; run landplan fetch again")
        self.size, self._mark = int(total), mark
        expected = min(end, self.size - 1) - start + 1
        if len(reply.body) != expected or not said.startswith(f"bytes {start}-"):
            raise SourceError(f"{reply.url} gave {len(reply.body)} bytes of {expected} asked ({said or 'no range said'}); run landplan fetch again")
        self.transferred += len(reply.body)
        return reply.body

    def _get(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        body = self._ask(number * self._block, self._block)
        self._blocks[number] = body
        while len(self._blocks) > self._keep:
            self._blocks.popitem(last=False)
        return body

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position; see `io.IOBase.seek`."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the position; fewer bytes only at the end of the file."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._at < self.size:
            number, inside = divmod(self._at, self._block)
            piece = self._get(number)[inside : inside + len(view) - done]
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._at += len(piece)
        return done


def remote_zip(ranges: Ranges, said: str) -> zipfile.ZipFile:
    """Open an archive over byte ranges.

    Raises
    ------
    SourceError
        If it is no zip file.
    """
    try:
        return zipfile.ZipFile(_buffered(ranges))
    except zipfile.BadZipFile as exc:
        raise SourceError(f"{said} is not a zip file ({exc}); is the address right?") from None


def _buffered(ranges: Ranges) -> IO[bytes]:
    return io.BufferedReader(ranges, buffer_size=1 << 18)


def stored_at(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int | None:
    """Return where a member's bytes start when it lies in the archive unpacked; None when it is compressed."""
    if info.compress_type != zipfile.ZIP_STORED or archive.fp is None:
        return None
    archive.fp.seek(info.header_offset)
    head = archive.fp.read(30)
    if head[:4] != b"PK\x03\x04":
        return None
    return info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
