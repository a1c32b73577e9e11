"""The lock file of a plan's store: for every layer what was asked, when, how much came, and its hash.

``layers.lock.json`` is written whole, aside, and moved into place after every layer, so that it and the files
never disagree for longer than one move; a layer whose file is not the locked one is not used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from landplan.errors import ExportError, LayerError
from landplan.provenance import file_hash

__all__ = ["LOCK", "Entry", "Lock"]

LOCK: Final = "layers.lock.json"
_VERSION: Final = 1
DAYS: Final[Mapping[str, float]] = {
    "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366, "every third year": 3 * 366,
    "every fourth year": 4 * 366, "every fifth year": 5 * 366, "never": 1e9,
}
"""How old a layer of each rhythm may become before it is asked for again, days."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fetched layer.

    Parameters
    ----------
    layer, file : str
        Name and file in the store.
    sources : tuple of str
        The sources' ids.
    providers, licence, attribution : str
        In words, for whoever shows the layer.
    query : str
        Hash of the question: another area or another source is another layer.
    asked : tuple of str
        The addresses that were asked, without secrets.
    fetched : str
        ISO time, UTC.
    data_date : str
        The data's own date where the source says it.
    counted : int or None
        Features (cells of a table) the servers said there are, asked before they were fetched.
    features : int
        Rows of the file.
    sha256, crs : str
    rhythm : str
    notes : tuple of (sv, en)
    changes : mapping
        Old against new at the last change; see `landplan.layers.change`.
    synthetic : bool
        A server may serve made-up data, and say so in a column.
    """

    layer: str
    file: str
    sources: tuple[str, ...]
    providers: str
    licence: str
    attribution: str
    query: str
    asked: tuple[str, ...]
    fetched: str
    features: int
    sha256: str
    rhythm: str
    counted: int | None = None
    data_date: str = ""
    crs: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)
    synthetic: bool = False

    def age_days(self, now: datetime) -> float:
        """Return how long ago it was fetched."""
        return (now - datetime.fromisoformat(self.fetched)).total_seconds() / 86_400

    def stale(self, now: datetime) -> bool:
        """Tell whether it is older than its rhythm."""
        return self.age_days(now) > DAYS.get(self.rhythm, 366)


@dataclass
class Lock:
    """The lock file of one folder."""

    folder: Path
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / LOCK

    @classmethod
    def read(cls, folder: Path) -> Lock:
        """Read a folder's lock; an empty one where there is none.

        Raises
        ------
        LayerError
            If the file is not a lock of a version we know.
        """
        path = folder / LOCK
        if not path.is_file():
            return cls(folder)
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["version"] != _VERSION:
                raise LayerError(f"{path} is of version {said['version']}, this landplan reads {_VERSION}; update landplan, or fetch into another folder")
            entries = {}
            for name, row in said["layers"].items():
                tuples = {k: tuple(row[k]) for k in ("sources", "asked")}
                entries[name] = Entry(**{**row, **tuples, "layer": name, "notes": tuple((a, b) for a, b in row.get("notes", ()))})
        except (ValueError, KeyError, TypeError) as exc:
            raise LayerError(f"{path} is not a whole lock file ({exc}); remove it and run landplan fetch again, the layers are asked for anew") from None
        return cls(folder, entries)

    def put(self, entry: Entry) -> None:
        """Add or replace an entry and write the file.

        Raises
        ------
        ExportError
            If it cannot be written.
        """
        self.entries[entry.layer] = entry
        self.write()

    def write(self) -> None:
        """Write the file, aside and moved into place."""
        rows = {}
        for name in sorted(self.entries):
            row = asdict(self.entries[name])
            del row["layer"]
            rows[name] = row
        part = self.path.with_name(f"{LOCK}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps({"version": _VERSION, "layers": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            os.replace(part, self.path)
        except OSError as exc:
            raise ExportError(f"{self.path} cannot be written ({exc.strerror}); choose another folder with [plan] store") from None

    def file_of(self, layer: str) -> Path | None:
        """Return a layer's file when it is there and the locked one; None otherwise."""
        entry = self.entries.get(layer)
        if entry is None or Path(entry.file).name != entry.file:
            return None
        path = self.folder / entry.file
        return path if path.is_file() and file_hash(path) == entry.sha256 else None

    def renewed(self, layer: str, now: datetime) -> None:
        """Write that a layer was asked for again and was the same."""
        self.put(replace(self.entries[layer], fetched=now.isoformat(timespec="seconds")))


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
