"""Results of steps, kept by the hash of everything they were made from.

A key holds the inputs' hashes, the parameters and the code's own hash, so a stale result cannot be met.
The store is the user's cache folder; it may be deleted at any time.
"""

from __future__ import annotations

import logging
import os
import pickle
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from landplan.kernels import cache_folder
from landplan.provenance import content_hash, package_versions

__all__ = ["StepCache", "code_hash"]

log = logging.getLogger(__name__)
_KEEP_BYTES = 4_000_000_000


# Rooms and modules that show results but cannot change a number: an edit there redoes the export alone.
_SHOWING = (
    "cli/", "export/", "compare.py", "review.py", "doctor.py", "sample/",
    *(f"run/{name}.py" for name in ("atlas", "cards", "checks", "directory", "exhibits", "exporting", "portrait", "village_exhibits", "wording")),
)


@cache
def code_hash(*, showing: bool = False) -> str:
    """Return the hash of landplan's own code and of the versions that numbers depend on.

    Parameters
    ----------
    showing : bool, default False
        Also the code that only shows results.
    """
    import hashlib

    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".js", ".css", ".html", ".j2")):
        name = path.relative_to(root).as_posix()
        if name.startswith("_content/") or (not showing and (name.startswith(_SHOWING) or path.suffix != ".py")):
            continue
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return content_hash(digest.hexdigest(), package_versions())


@dataclass
class StepCache:
    """Pickled step results in one folder.

    Only files that this user's own runs wrote are read; the folder is private to the user.
    """

    folder: Path = field(default_factory=lambda: cache_folder() / "steps")

    def path(self, name: str, key: str) -> Path:
        """Return where a result is kept."""
        return self.folder / f"{name}-{key[:32]}.pickle"

    def has(self, name: str, key: str) -> bool:
        """Tell whether a result is kept."""
        return self.path(name, key).is_file()

    def load(self, name: str, key: str) -> Any:
        """Return a kept result, or None when it is missing or unreadable (it is then made again)."""
        path = self.path(name, key)
        try:
            with path.open("rb") as handle:
                value = pickle.load(handle)
            os.utime(path)
        except FileNotFoundError:
            return None
        except Exception as exc:
            log.info("cached step %s is unreadable (%s); it is run again", name, exc)
            return None
        return value

    def save(self, name: str, key: str, value: Any) -> None:
        """Keep a result; a full or read-only disc only costs time, so it is logged and passed over."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    pickle.dump(value, file, protocol=5)
                os.replace(part, self.path(name, key))
            finally:
                Path(part).unlink(missing_ok=True)
            self._trim()
        except OSError as exc:
            log.info("step %s could not be cached (%s)", name, exc)

    def _trim(self) -> None:
        """Delete the results used longest ago when the folder grows beyond its limit."""
        files = sorted(self.folder.glob("*.pickle"), key=lambda p: p.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > _KEEP_BYTES:
                path.unlink(missing_ok=True)
