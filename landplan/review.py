"""Reviewers' notes: GeoJSON files that people send back, read and checked, never trusted."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from landplan.content import shipped_plans
from landplan.errors import ExportError, LayerError, join_faults
from landplan.plan import Plan

__all__ = ["VERDICTS", "Note", "as_features", "conflicts", "merged", "notes_beside", "notes_file", "read_notes", "write_notes"]

VERDICTS: Final = ("accept", "question", "reject")
_LONGEST = 4_000
# What the map in the browser reads; a note it cannot read would be dropped there without a word.
_KINDS: Final = ("Point", "LineString", "Polygon")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_MOST_LETTERS: Final = {"id": 80, "author": 80, "site_id": 200, "team": 80}


@dataclass(frozen=True, slots=True)
class Note:
    """One note: who, when, about which site, what. Text is plain text whatever it contains.

    `time` is ISO 8601; `geometry`, if any, is in degrees (EPSG:4326); two notes of one `id` are one note.
    """

    author: str
    time: str
    text: str
    site_id: str = ""
    verdict: str = ""
    geometry: Any = None
    file: str = ""
    id: str = ""
    team: str = ""

    @property
    def moment(self) -> dt.datetime:
        """The time as a moment; one that tells no zone counts as UTC."""
        found = dt.datetime.fromisoformat(self.time)
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def read_notes(paths: Sequence[Path], *, plan: str = "") -> list[Note]:
    """Read notes files.

    Parameters
    ----------
    paths : sequence of Path
        GeoJSON FeatureCollections; properties `author`, `time`, `text`, optional `id`, `site_id`, `verdict`, `team`. A note says
        something or gives a verdict.
    plan : str, optional
        Name of the plan they are for; a file that says it is of another plan's map is a fault.

    Returns
    -------
    list of Note
        In order of time, then file.

    Raises
    ------
    LayerError
        All faults of all files together.
    """
    faults: list[str] = []
    notes: list[Note] = []
    for path in paths:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as exc:
            faults.append(f"{path}: not a readable GeoJSON file ({exc}); save it again from the map")
            continue
        features = data.get("features") if isinstance(data, dict) else None
        if not isinstance(features, list):
            faults.append(f"{path}: expected a FeatureCollection; save it again from the map")
            continue
        head = data.get("landplan")
        of = head.get("plan") if isinstance(head, dict) else None
        if plan and of and of != plan:
            faults.append(f"{path}: these notes are of plan {of!r}, not of {plan!r}; name their plan with --plan")
            continue
        for number, feature in enumerate(features, start=1):
            fault, note = _note(feature, path)
            if note is None:
                faults.append(f"{path}, feature {number}: {fault}")
            else:
                notes.append(note)
    if faults:
        raise LayerError(join_faults(f"{len(faults)} faults in the notes", faults))
    return sorted(notes, key=lambda n: (n.moment, n.file))


def _note(feature: Any, path: Path) -> tuple[str, Note | None]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return "has no properties", None
    verdict = str(properties.get("verdict") or "")
    wanted = ("author", "time") if verdict else ("author", "time", "text")
    lacking = [k for k in wanted if not str(properties.get(k) or "").strip()]
    if lacking:
        return f"lacks {', '.join(lacking)}", None
    try:
        if not _MOMENT.fullmatch(str(properties["time"])):
            raise ValueError
        dt.datetime.fromisoformat(str(properties["time"]))
    except ValueError:
        return f"time {properties['time']!r} is not of the form 2026-11-25T14:30:00+01:00", None
    if verdict and verdict not in VERDICTS:
        return f"verdict {verdict!r} is not one of {', '.join(VERDICTS)}", None
    text = str(properties.get("text") or "")
    if any("\ud800" <= letter <= "\udfff" for letter in json.dumps(properties, ensure_ascii=False)):
        return "half a letter stands in it (a lone surrogate); write it again", None
    # a terminal would obey what stands in such letters
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\r\t" for value in properties.values() for letter in str(value)):
        return "a control character stands in it; write it again", None
    if len(text) > _LONGEST:
        return f"the text has {len(text)} characters, at most {_LONGEST} are kept; shorten it", None
    for key, most in _MOST_LETTERS.items():
        if len(str(properties.get(key) or "")) > most:
            return f"{key} has more than {most} characters; shorten it", None
    geometry = None
    if feature.get("geometry"):
        kind = feature["geometry"].get("type") if isinstance(feature["geometry"], dict) else None
        if kind not in _KINDS:
            return f"a note is a {', '.join(_KINDS[:-1])} or {_KINDS[-1]}, not a {kind}; split it into one note each", None
        import numpy as np
        import shapely
        from shapely.errors import ShapelyError
        from shapely.geometry import shape

        try:
            geometry = shape(feature["geometry"])
        except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as exc:
            return f"the geometry cannot be read ({exc})", None
        if geometry.is_empty or not (abs(geometry.bounds[0]) <= 180 and abs(geometry.bounds[2]) <= 180 and max(map(abs, geometry.bounds[1::2])) <= 90):
            return "the coordinates are no degrees of longitude and latitude; a notes file is in EPSG:4326", None
        geometry = shapely.force_2d(geometry)
        if not np.isfinite(shapely.get_coordinates(geometry)).all():
            return "a coordinate is no number", None
    author, time = str(properties["author"]), str(properties["time"])
    # a file of someone else's making may lack ids: what it says is then what it is
    said = [author, time, text, properties.get("site_id"), verdict, properties.get("team"), None if geometry is None else geometry.wkt]
    own = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
    return "", Note(
        author, time, text, str(properties.get("site_id") or ""), verdict, geometry, path.name,
        str(properties.get("id") or own), str(properties.get("team") or ""),
    )  # fmt: skip


def conflicts(notes: Sequence[Note]) -> dict[str, tuple[Note, ...]]:
    """Return the sites on which reviewers' latest verdicts differ.

    Examples
    --------
    >>> a, b = Note("A", "2026-11-01", "x", "s1", "accept"), Note("B", "2026-11-02", "y", "s1", "reject")
    >>> list(conflicts([a, b]))
    ['s1']
    """
    # two persons of two teams may have the same initials
    latest: dict[str, dict[tuple[str, str], Note]] = {}
    for note in sorted(notes, key=lambda n: n.moment):
        if note.site_id and note.verdict:
            latest.setdefault(note.site_id, {})[note.author, note.team] = note
    return {
        site: tuple(by.values()) for site, by in latest.items() if len({n.verdict for n in by.values()}) > 1
    }


def merged(notes: Iterable[Note]) -> list[Note]:
    """Return each note once, in order of time; of several with one id the latest.

    Examples
    --------
    >>> a = Note("A", "2026-11-01T10:00", "x", id="1")
    >>> b = Note("A", "2026-11-02T10:00", "y", id="1")
    >>> [n.text for n in merged([b, a, b])]
    ['y']
    """
    # numbers that a desktop program gave (1, 2, 3 …) are two persons' two notes
    latest: dict[tuple[str, str], Note] = {}
    for note in sorted(notes, key=lambda n: n.moment):
        latest[note.id, note.author] = note
    return sorted(latest.values(), key=lambda n: (n.moment, n.id))


def as_features(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Return notes as GeoJSON features, as `read_notes` and the maps read them."""
    from shapely.geometry import mapping

    return [
        {
            "type": "Feature",
            "geometry": None if n.geometry is None else mapping(n.geometry),
            "properties": {
                "id": n.id, "author": n.author, "time": n.time, "text": n.text, "site_id": n.site_id, "verdict": n.verdict, "team": n.team,
            },
        }
        for n in notes
    ]  # fmt: skip


def notes_file(plan: Plan) -> Path:
    """Return where a plan's notes live: ``notes/<plan>.geojson`` beside the plan file.

    A shipped plan lies among the program's own files; its notes live in the folder one works in.
    """
    shipped = {path.resolve() for path in shipped_plans().values()}
    beside = Path.cwd() if plan.path is None or plan.path.resolve() in shipped else plan.path.resolve().parent
    return beside / "notes" / f"{plan.plan.name}.geojson"


def notes_beside(plan: Plan) -> list[Note]:
    """Read a plan's notes: none where there is no such file.

    Raises
    ------
    LayerError
        If the file is no notes file.
    """
    path = notes_file(plan)
    return read_notes([path]) if path.is_file() else []


def write_notes(path: Path, notes: Iterable[Note], *, plan: str) -> None:
    """Write a notes file, whole or not at all.

    Raises
    ------
    ExportError
        If it cannot be written.
    """
    text = json.dumps(
        {"type": "FeatureCollection", "name": "landplan-notes", "landplan": {"plan": plan, "version": 1}, "features": as_features(notes)},
        ensure_ascii=False, indent=1,
    )  # fmt: skip
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise ExportError(f"{path} cannot be written ({exc.strerror}); the notes are as before") from exc
