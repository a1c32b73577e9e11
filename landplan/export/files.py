"""Files appear whole or not at all.

Each exporter writes to a hidden sibling and moves it into place. What goes wrong with the disc ends in
one sentence that says which file and what to do.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from landplan.errors import DiskError, ExportError, LandplanError

__all__ = ["aside", "explain", "write_bytes", "write_text"]

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED: Final = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL_WORDS: Final = (
    "disk is full",
    "no space left",
    "file too large",
    "disk full",
    "write failed",
    "io_enospc",  # lxml's, which writes a workbook's sheets
    "io_efbig",
    "i/o error",
    "cannot rollback",  # what SQLite has left to say when its journal could not be written either
)
_CLOSED_WORDS: Final = ("read-only", "readonly", "permission denied")
_LITTLE_BYTES: Final = 1 << 20


def _free_bytes(path: Path) -> int | None:
    for folder in (path, *path.parents):
        if folder.is_dir():
            with suppress(OSError):
                return shutil.disk_usage(folder).free
    return None


def explain(path: Path, error: BaseException) -> ExportError:
    """Turn what a library raised while writing `path` into one of our errors.

    Parameters
    ----------
    path : Path
        The file that was to be written.
    error : BaseException
        What came.

    Returns
    -------
    ExportError
        `DiskError` when the disc is full or read-only, else `ExportError`.

    Examples
    --------
    >>> type(explain(Path("a.gpkg"), OSError(28, "No space left on device"))).__name__
    'DiskError'
    """
    code = getattr(error, "errno", None)
    text = str(error).lower()
    free = _free_bytes(path)
    if code in _FULL or any(w in text for w in _FULL_WORDS) or (free is not None and free < _LITTLE_BYTES):
        return DiskError(f"{path}: the disc is full; nothing was left behind. Free some space and run again")
    if code in _CLOSED or any(w in text for w in _CLOSED_WORDS):
        return DiskError(
            f"{path}: cannot be written (read-only folder, or the file is open in another program); "
            f"close the program or choose another folder with --out"
        )
    return ExportError(f"{path}: could not be written: {error}")


def _clean(part: Path) -> None:
    # drivers leave journals and .aux.xml beside the file they were writing
    for leftover in part.parent.glob(f"{part.name}*"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Yield a hidden sibling of `path` to write to; it becomes `path` when the block ends well.

    Parameters
    ----------
    path : Path
        The final file. Its folder is made when missing.

    Yields
    ------
    Path
        A file name in the same folder with the same extension.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    ExportError
        If the file could not be written for another reason of the machine's.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clean(part)
        yield part
        os.replace(part, path)
    except LandplanError:
        _clean(part)
        raise
    except (OSError, sqlite3.Error) as error:
        ours = explain(path, error)  # before the clean-up, which frees the space that was missing
        _clean(part)
        raise ours from error
    except Exception as error:
        # GDAL's and libxml's errors reach us through their packages, none of them an OSError
        foreign = type(error).__module__.split(".")[0] in {"pyogrio", "rasterio", "pyarrow", "lxml"}
        told = explain(path, error) if foreign else None
        _clean(part)
        if told is None:
            raise
        raise told from error
    except BaseException:
        _clean(part)
        raise


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` to `path`, whole or not at all, and return `path`.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    """
    with aside(path) as part:
        part.write_bytes(data)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8 with plain line ends, whole or not at all, and return `path`.

    Raises
    ------
    DiskError
        If the disc is full or the place read-only.
    """
    return write_bytes(path, text.encode("utf-8"))
