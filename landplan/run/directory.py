"""The run directory: written aside, moved into place whole, people's edits kept."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landplan.errors import DiskError, ExportError
from landplan.provenance import file_hash

__all__ = ["PlacedRun", "aside", "disk_errors", "place", "read_manifest", "renew_manifest", "unchanged"]

MANIFEST = "run.json"
ENQUIRY = "enquiry"
"""Answers to enquiries lie in a run's folder but are no part of the run: they may be older or newer than it, and stay."""


class PlacedRun:
    """Where a run ended up, and what was kept of the one before."""

    def __init__(self, folder: Path, kept: list[Path], beside: bool) -> None:
        self.folder = folder
        self.kept = kept
        self.beside = beside


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full or read-only disc into one clear message.

    Raises
    ------
    DiskError
        With the folder and what to do.
    """
    try:
        yield
    except OSError as exc:
        if isinstance(exc, ExportError):
            raise
        if exc.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise DiskError(f"the disc is full while writing {folder}; free some space or choose another folder with --out. The last good run is untouched.") from exc
        if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            # the same refusal may come from an input; its name tells which it is
            named = Path(exc.filename) if isinstance(exc.filename, str | os.PathLike) else folder
            if named != folder and folder.parent not in (named, *named.parents) and named not in folder.parents:
                raise DiskError(f"{named} cannot be read ({exc.strerror}); check its permissions") from exc
            raise DiskError(f"{folder} cannot be written ({exc.strerror}); choose another folder with --out") from exc
        if isinstance(exc, FileExistsError | NotADirectoryError):
            raise DiskError(f"{folder} cannot be a folder because a file is in its way; choose another folder with --out") from exc
        raise


@contextlib.contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give a temporary sibling of `target` to write in; it is removed unless it was moved away."""
    with disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part-{os.getpid()}-{time.time_ns() % 10**9}")
        part.mkdir()
    try:
        yield part
    finally:
        if part.exists():
            shutil.rmtree(part, ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return a run's ``run.json``, None when there is none or it is unreadable."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def list_files(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a run by its relative path."""
    return {
        p.relative_to(folder).as_posix(): file_hash(p)
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MANIFEST
    }


def renew_manifest(folder: Path, path: Path) -> None:
    """Note a file that the program itself has changed since the run, so that it is not taken for a person's edit."""
    manifest = read_manifest(folder)
    if manifest is None:
        return
    manifest.setdefault("files", {})[path.relative_to(folder).as_posix()] = file_hash(path)
    part = folder / f"{MANIFEST}.part"
    part.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(folder / MANIFEST)


def unchanged(folder: Path, key: str) -> bool:
    """Tell whether a folder holds exactly the run with this key, no file missing or edited."""
    manifest = read_manifest(folder)
    if not manifest or manifest.get("key") != key:
        return False
    files = manifest.get("files", {})
    return all((folder / n).is_file() and file_hash(folder / n) == h for n, h in files.items())


def edited(folder: Path) -> list[Path]:
    """Return files of the last run that people have changed since, and files they added."""
    manifest = read_manifest(folder)
    if manifest is None:
        return []
    known: dict[str, str] = manifest.get("files", {})
    out = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
        name = path.relative_to(folder).as_posix()
        if _is_answer(path, folder) or path.name.endswith((".gpkg-wal", ".gpkg-shm", ".gpkg-journal")):
            continue
        if name not in known or file_hash(path) != known[name]:
            out.append(path)
    return out


def _is_answer(path: Path, folder: Path) -> bool:
    return path.relative_to(folder).parts[0] == ENQUIRY


def _keep_name(path: Path, stamp: str) -> str:
    if ".edited-" in path.name:
        return path.name
    return f"{path.stem}.edited-{stamp}{path.suffix}"


def place(part: Path, target: Path, *, stamp: str) -> PlacedRun:
    """Move a whole run into place.

    Parameters
    ----------
    part : Path
        The finished temporary folder.
    target : Path
        ``out/<plan>``.
    stamp : str
        Date for kept files, as ``2026-11-23``.

    Returns
    -------
    PlacedRun
        `kept`: files that people edited or added, carried over; `beside` is True when the old run was locked
        and the new one stands beside it.

    Raises
    ------
    ExportError
        If the target is not a run of ours.
    """
    kept: list[Path] = []
    if not target.exists():
        os.replace(part, target)
        return PlacedRun(target, kept, False)
    if not target.is_dir():
        raise ExportError(f"{target} is a file; choose another folder with --out")
    if read_manifest(target) is None and any(p.name != ENQUIRY for p in target.iterdir()):
        raise ExportError(f"{target} exists and is not a run of landplan (no {MANIFEST}); choose another folder with --out")
    known = (read_manifest(target) or {}).get("files", {})
    for path in edited(target):
        name = path.relative_to(target).as_posix()
        # a changed file of ours gets a new name beside the fresh one; a person's own file keeps its name
        new = part / (Path(name).parent / _keep_name(path, stamp) if name in known or (part / name).exists() else name)
        new.parent.mkdir(parents=True, exist_ok=True)
        for n in range(2, 1000):
            if not new.exists():
                break
            new = new.with_name(f"{Path(_keep_name(path, stamp)).stem}-{n}{path.suffix}")
        shutil.copy2(path, new)
        kept.append(target / new.relative_to(part))
    if (target / ENQUIRY).is_dir():
        shutil.copytree(target / ENQUIRY, part / ENQUIRY)
    old = target.with_name(f".{target.name}.old-{os.getpid()}-{time.time_ns() % 10**9}")
    try:
        os.replace(target, old)
    except OSError:
        # a program holds a file of the old run (Windows): leave it alone
        beside = target.with_name(f"{target.name}.new-{stamp}")
        for n in range(2, 1000):
            if not beside.exists():
                break
            beside = target.with_name(f"{target.name}.new-{stamp}-{n}")
        os.replace(part, beside)
        return PlacedRun(beside, [beside / k.relative_to(target) for k in kept], True)
    try:
        os.replace(part, target)
    except OSError:
        os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return PlacedRun(target, kept, False)
