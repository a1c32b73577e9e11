"""Where compiled kernels and cached steps are kept: the user's cache folder, never the package's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

__all__ = ["cache_folder", "compiled_folder", "use_cache_folder"]


def cache_folder() -> Path:
    r"""Return landplan's cache folder for this user; ``LANDPLAN_CACHE_DIR`` overrides it.

    Windows: ``%LOCALAPPDATA%\landplan``; macOS: ``~/Library/Caches/landplan``; elsewhere
    ``$XDG_CACHE_HOME/landplan`` or ``~/.cache/landplan``. The folder need not exist yet.
    """
    if own := os.environ.get("LANDPLAN_CACHE_DIR"):
        return Path(own)
    home = Path(os.environ.get("USERPROFILE") or os.environ.get("HOME") or str(Path.home()))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "landplan"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "landplan"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "landplan"


def compiled_folder() -> Path:
    """Return where this edition's compiled kernels are kept; the folder need not exist yet."""
    return cache_folder() / "numba" / _edition()


def use_cache_folder() -> Path | None:
    """Point numba at the cache folder unless the user pointed it elsewhere; None when not writable.

    Numba would otherwise write beside the package's modules, which fails silently into recompiling in
    every process where that folder is read-only. Numba looks at a kernel's own file to tell whether it changed and not at those
    it calls, so the folder is named after all of them.
    """
    import numba

    config: Any = numba.config

    if config.CACHE_DIR:
        return Path(config.CACHE_DIR)
    folder = compiled_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(folder)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    config.CACHE_DIR = str(folder)
    return folder


def _edition() -> str:
    """A name for the kernels as they stand: a changed one must not leave its callers compiled with the old."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()[:12]


def _forget_old(folder: Path, keep: int = 3) -> None:
    """Remove all but the latest editions; a folder that another program holds is left for the next time."""
    others = [f for f in folder.parent.iterdir() if f.is_dir() and f != folder]
    for old in sorted(others, key=lambda f: f.stat().st_mtime, reverse=True)[keep - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
