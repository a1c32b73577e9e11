"""Reviewers' notes: GeoJSON files that people send back, read and checked, never trusted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from landplan.errors import LayerError, join_faults

__all__ = ["VERDICTS", "Note", "conflicts", "read_notes"]

VERDICTS: Final = ("accept", "question", "reject")
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Note:
    """One note: who, when, about which site, what. Text is plain text whatever it contains."""

    author: str
    time: str
    text: str
    site_id: str = ""
    verdict: str = ""
    geometry: Any = None
    file: str = ""


def read_notes(paths: Sequence[Path]) -> list[Note]:
    """Read notes files.

    Parameters
    ----------
    paths : sequence of Path
        GeoJSON FeatureCollections; properties `author`, `time`, `text`, optional `site_id`, `verdict`.

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
        except (OSError, ValueError) as exc:
            faults.append(f"{path}: not a readable GeoJSON file ({exc}); save it again from the map")
            continue
        features = data.get("features") if isinstance(data, dict) else None
        if not isinstance(features, list):
            faults.append(f"{path}: expected a FeatureCollection; save it again from the map")
            continue
        for number, feature in enumerate(features, start=1):
            fault, note = _note(feature, path)
            if note is None:
                faults.append(f"{path}, feature {number}: {fault}")
            else:
                notes.append(note)
    if faults:
        raise LayerError(join_faults(f"{len(faults)} faults in the notes", faults))
    return sorted(notes, key=lambda n: (n.time, n.file))


def _note(feature: Any, path: Path) -> tuple[str, Note | None]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return "has no properties", None
    lacking = [k for k in ("author", "time", "text") if not str(properties.get(k) or "").strip()]
    if lacking:
        return f"lacks {', '.join(lacking)}", None
    verdict = str(properties.get("verdict") or "")
    if verdict and verdict not in VERDICTS:
        return f"verdict {verdict!r} is not one of {', '.join(VERDICTS)}", None
    text = str(properties["text"])
    if len(text) > _LONGEST:
        return f"the text has {len(text)} characters, at most {_LONGEST} are kept; shorten it", None
    geometry = None
    if feature.get("geometry"):
        from shapely.errors import ShapelyError
        from shapely.geometry import shape

        try:
            geometry = shape(feature["geometry"])
        except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as exc:
            return f"the geometry cannot be read ({exc})", None
    return "", Note(
        str(properties["author"]), str(properties["time"]), text, str(properties.get("site_id") or ""), verdict, geometry, path.name
    )


def conflicts(notes: Sequence[Note]) -> dict[str, tuple[Note, ...]]:
    """Return the sites on which reviewers' latest verdicts differ.

    Examples
    --------
    >>> a, b = Note("A", "1", "x", "s1", "accept"), Note("B", "2", "y", "s1", "reject")
    >>> list(conflicts([a, b]))
    ['s1']
    """
    latest: dict[str, dict[str, Note]] = {}
    for note in notes:
        if note.site_id and note.verdict:
            latest.setdefault(note.site_id, {})[note.author] = note
    return {
        site: tuple(by.values()) for site, by in latest.items() if len({n.verdict for n in by.values()}) > 1
    }
