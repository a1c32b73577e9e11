"""Where compiled kernels and cached steps are kept: the user's cache folder, never the package's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["cache_folder", "use_cache_folder"]


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


def use_cache_folder() -> Path | None:
    """Point numba at the cache folder unless the user pointed it elsewhere; None when not writable.

    Numba would otherwise write beside the package's modules, which fails silently into recompiling in
    every process where that folder is read-only.
    """
    import numba

    config: Any = numba.config

    if config.CACHE_DIR:
        return Path(config.CACHE_DIR)
    folder = cache_folder() / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    config.CACHE_DIR = str(folder)
    return folder
