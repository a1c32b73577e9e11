"""What is asked of a source and what it answers: the values that every protocol shares."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.crs import transform_box
from landplan.errors import SourceError
from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answer", "Ask", "Spool"]

Box = tuple[float, float, float, float]
SPOOL_HOURS: Final = 24.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One layer of one source for one area.

    Parameters
    ----------
    layer : str
        Our name of the layer.
    source : str
        The source's id, such as ``scb_1km``.
    options : mapping
        The source's own table in ``layers/<layer>.toml``, with what the plan changes in it.
    box : tuple of float
        xmin, ymin, xmax, ymax of the area with its halo, in `crs`.
    crs : str
        The plan's, projected, metres.
    municipalities : tuple of str
        Codes of the plan's municipalities, four digits; empty when the area is given otherwise.
    """

    layer: str
    source: str
    options: Mapping[str, Any]
    box: Box
    crs: str
    municipalities: tuple[str, ...] = ()

    def text(self, key: str, default: str | None = None) -> str:
        """Return an option as text.

        Raises
        ------
        SourceError
            If it is missing and has no default.
        """
        value = self.options.get(key, default)
        if value is None:
            raise SourceError(f"source {self.source!r} of layer {self.layer!r} lacks {key!r}; add it in the plan: [sources.{self.source}] {key} = …")
        return str(value)

    def number(self, key: str, default: float) -> float:
        """Return an option as a number."""
        return float(self.options.get(key, default))

    def box_in(self, crs: str) -> Box:
        """Return the area's box in another CRS, x first."""
        return self.box if crs == self.crs else transform_box(self.box, self.crs, crs)

    @property
    def what(self) -> str:
        """The source in words, for messages."""
        return f"{self.options.get('provider', self.source)} ({self.source})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source gave.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame, optional
        The source's own columns, before they are ours; in the CRS it says.
    path : Path, optional
        A file in place of a frame (rasters, timetables).
    counted : int, optional
        How many the server said there are, asked for before they were fetched; None when it cannot say.
    queries : tuple of str
        Every address that was asked, without secrets.
    notes : tuple of Text
        What a reader must know: pieces the area was cut into, doubles removed.
    date : str
        The date of the data, where the source says it.
    """

    frame: pd.DataFrame | None = None
    path: Path | None = None
    counted: int | None = None
    queries: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    date: str = ""


@dataclass
class Spool:
    """Pages of one question kept on disc until the layer is whole, so that a break does not cost what had come.

    Pages belong to the question and to the count the server gave at its start: when either differs, or a day has
    passed, the spool starts over, because pages of two versions must not be mixed.
    """

    folder: Path
    kept: int = 0
    _known: dict[str, str] = field(default_factory=dict)

    def start(self, question: str) -> None:
        """Open the spool for a question; forget another question's pages."""
        key = hashlib.sha256(question.encode()).hexdigest()
        state = self.folder / "spool.json"
        try:
            said = json.loads(state.read_text(encoding="utf-8"))
            # a clock that was ahead must not make pages young for ever
            fresh = said["question"] == key and abs(time.time() - float(said["time"])) < SPOOL_HOURS * 3600 and isinstance(said["pages"], dict)
        except (OSError, ValueError, KeyError, TypeError):
            fresh = False
        if not fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(state, json.dumps({"question": key, "time": time.time(), "pages": {}}).encode())
            self._known = {}
        else:
            self._known = dict(said["pages"])

    def page(self, name: str, ask: Callable[[], bytes]) -> bytes:
        """Return a page: the kept one when it is whole, else what `ask` gives, kept."""
        path = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.page"
        expected = self._known.get(path.name)
        if expected and path.is_file():
            body = path.read_bytes()
            if hashlib.sha256(body).hexdigest() == expected:
                self.kept += 1
                return body
        body = ask()
        _write(path, body)
        self._known[path.name] = hashlib.sha256(body).hexdigest()
        state = self.folder / "spool.json"
        said = json.loads(state.read_text(encoding="utf-8"))
        _write(state, json.dumps({**said, "pages": self._known}).encode())
        return body

    def clear(self) -> None:
        """Forget everything: the layer is whole, or its pages contradict each other."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._known = {}


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(body)
    os.replace(part, path)
