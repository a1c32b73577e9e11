"""The lock file of a plan's store: for every layer what was asked, when, how much came, and its hash.

``layers.lock.json`` is written whole, aside, and moved into place after every layer. A new file takes its place between
these two, so that after a break at any moment either the lock or the one beside it fits the file; a layer whose file is
neither's is not used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import ExportError, LayerError
from landplan.layers.change import Change
from landplan.provenance import content_hash, file_hash

if TYPE_CHECKING:
    from landplan.plan import Plan

__all__ = ["LOCK", "Entry", "Lock", "area_mark"]

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
    area : str
        Hash of the area it was asked for; see `area_mark`. "" in a lock from before there was one.
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
    area: str = ""

    def age_days(self, now: datetime) -> float:
        """Return how long ago it was fetched."""
        return (now - datetime.fromisoformat(self.fetched)).total_seconds() / 86_400

    def stale(self, now: datetime) -> bool:
        """Tell whether it is older than its rhythm, or from more than a day ahead: then a clock was wrong, and its age is not known."""
        age = self.age_days(now)
        return age > DAYS.get(self.rhythm, 366) or age < -1


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
        lock = cls(folder, _entries(path) if path.is_file() else {})
        lock._after_a_break()
        return lock

    def _after_a_break(self) -> None:
        """Take over what was about to be locked when a fetch was stopped just after its file had taken its place."""
        try:
            ahead = _entries(self._part)
        except (LayerError, OSError):
            return
        for name, entry in ahead.items():
            known = self.entries.get(name)
            if entry.file and (known is None or entry.sha256 != known.sha256) and self.file_of(name) is None:
                there = Lock(self.folder, {name: entry}).file_of(name)
                if there is not None:
                    self.entries[name] = entry

    @property
    def _part(self) -> Path:
        return self.folder / f"{LOCK}.part"

    def put(self, entry: Entry, *, place: Callable[[], None] | None = None) -> None:
        """Add or replace an entry and write the file.

        Parameters
        ----------
        entry : Entry
        place : callable, optional
            Moves the layer's file into place; called when the new lock is whole on disc, beside the former one.

        Raises
        ------
        ExportError
            If it cannot be written; the former lock, and what `place` would have replaced, are then still there.
        """
        entries = {**self.entries, entry.layer: entry}
        self._write(entries, place)
        self.entries = entries

    def _write(self, entries: Mapping[str, Entry], place: Callable[[], None] | None) -> None:
        """Write the file, aside and moved into place."""
        rows = {}
        for name in sorted(entries):
            row = asdict(entries[name])
            del row["layer"]
            rows[name] = row
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._part.open("w", encoding="utf-8") as out:
                out.write(json.dumps({"version": _VERSION, "layers": rows}, ensure_ascii=False, indent=1) + "\n")
                out.flush()
                os.fsync(out.fileno())
            if place is not None:
                place()
            os.replace(self._part, self.path)
        except OSError as exc:
            raise ExportError(f"{self.path} cannot be written ({exc.strerror}); free some space, or choose another folder with [plan] store") from None

    def file_of(self, layer: str) -> Path | None:
        """Return a layer's file when it is there and the locked one; None otherwise."""
        entry = self.entries.get(layer)
        if entry is None or Path(entry.file).name != entry.file:
            return None
        path = self.folder / entry.file
        return path if path.is_file() and file_hash(path) == entry.sha256 else None

def _entries(path: Path) -> dict[str, Entry]:
    """Read a lock file's entries; a value of another kind than we write is a fault."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["version"] != _VERSION:
            raise LayerError(f"{path} is of version {said['version']}, this landplan reads {_VERSION}; update landplan, or fetch into another folder")
        return {name: _entry(name, row) for name, row in said["layers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise LayerError(f"{path} is not a whole lock file ({exc}); remove it and run landplan fetch again, the layers are asked for anew") from None


def _entry(name: str, row: Mapping[str, Any]) -> Entry:
    texts = ("file", "providers", "licence", "attribution", "query", "fetched", "sha256", "rhythm", "data_date", "crs", "area")
    if strange := [k for k in texts if not isinstance(row.get(k, ""), str)]:
        raise TypeError(f"{name}: {strange[0]} is no text")
    if not _whole(row["features"]) or not (row.get("counted") is None or _whole(row["counted"])):
        raise TypeError(f"{name}: features or counted is no number")
    if datetime.fromisoformat(row["fetched"]).tzinfo is None:
        raise ValueError(f"{name}: fetched has no time zone")
    if not isinstance(row.get("changes", {}), Mapping):
        raise TypeError(f"{name}: changes is no table")
    if changes := {k: v for k, v in row.get("changes", {}).items() if k != "since"}:
        Change.of(changes).text()
    tuples = {k: tuple(map(str, row[k])) for k in ("sources", "asked")}
    return Entry(**{**row, **tuples, "layer": name, "notes": tuple((str(a), str(b)) for a, b in row.get("notes", ()))})


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def area_mark(plan: Plan) -> str:
    """Return the hash of what a plan's layers are asked for: its area, halo and CRS."""
    area = plan.area
    outline = plan.folder / area.polygon if area.polygon else None
    # another outline in the same file is another area
    drawn = file_hash(outline) if outline is not None and outline.is_file() else ""
    return content_hash(sorted(area.municipalities), area.bbox, area.polygon, drawn, area.halo_m, plan.plan.crs)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
