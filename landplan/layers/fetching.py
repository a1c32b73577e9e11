"""Filling a plan's store: each layer asked for, shaped, checked and put in place whole, or not at all.

The order is the same for every layer. What is fresh is left alone. What is asked for comes with a count; it is shaped,
compared with the layer's contract, its box and its former version; only then does its file take the former one's
place and the lock file say so. Whatever fails on the way leaves the former version where it was.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from landplan.crs import transform_box
from landplan.errors import AreaError, LandplanError, LayerError, SourceError
from landplan.layers.alone import alone
from landplan.layers.catalog import Catalog, LayerDefinition, SourceSpec, load_catalog
from landplan.layers.change import Change, compare, compare_rasters
from landplan.layers.choosing import FINNISH, countries_of, known_sources, sources_of
from landplan.layers.contract import Checker, check
from landplan.layers.lock import Entry, Lock, area_mark, utc_now
from landplan.layers.shaping import keyed, shaped, with_municipality
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Web
from landplan.plan import Plan
from landplan.provenance import content_hash, file_hash
from landplan.style import Text

__all__ = ["Fetching", "Outcome", "Watcher", "fetch"]

log = logging.getLogger(__name__)
Box = tuple[float, float, float, float]
# kind of source: module, function that asks, function that says what would be asked
PROTOCOLS: Final[Mapping[str, tuple[str, str, str]]] = {
    "wfs": ("wfs", "fetch", "describe"),
    "ogcapi": ("ogcapi", "fetch", "describe"),
    "osm": ("osm", "fetch", "describe"),
    "stac": ("rasters", "fetch_stac", "describe_stac"),
    "stacfiles": ("rasters", "fetch_stac_files", "describe_stac"),
    "archive": ("rasters", "fetch_archive", "describe_archive"),
    "download": ("downloads", "fetch_download", "describe_download"),
    "gtfs": ("downloads", "fetch_gtfs", "describe_gtfs"),
    "pxweb": ("pxweb", "fetch", "describe"),
    "plans": ("plans", "fetch", "describe"),
    "provisions": ("planning_codes", "fetch", "describe"),
}
_FAR_M: Final = 10_000.0
_LEAST_FREE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one layer.

    `status` is ``fetched`` (new or changed), ``same`` (asked for, no difference), ``fresh`` (young enough, not asked), ``empty`` (the
    source says, by count, that there is none in the area), ``kept`` (failed, the former version stays), ``failed``
    (failed, there is none) or ``asked`` (what a dry run would ask).
    """

    layer: str
    status: str
    reason: str = ""
    entry: Entry | None = None
    change: Change | None = None
    asked: tuple[str, ...] = ()
    seconds: float = 0.0
    resumed: int = 0

    @property
    def ok(self) -> bool:
        """True when the layer can be used as it is, or there is none to use."""
        return self.status not in ("kept", "failed")


class Watcher(Protocol):
    """Told how a fetch goes."""

    def begin(self, layer: str, number: int, total: int) -> None:
        """A layer starts."""

    def tick(self, layer: str, done: int, total: int | None) -> None:
        """So much of it has come."""

    def end(self, outcome: Outcome) -> None:
        """A layer is done."""


@dataclass
class Fetching:
    """One fetch of a plan's layers."""

    plan: Plan
    catalog: Catalog = field(default_factory=load_catalog)
    web: Web = field(default_factory=Web)
    now: Callable[[], datetime] = utc_now
    force: bool = False

    def __post_init__(self) -> None:
        """Read the lock; see that the plan names sources that exist."""
        known_sources(self.plan, self.catalog)
        self.lock = Lock.read(self.plan.store_folder)
        self._box: Box | None = None
        self._municipalities: Any = None

    @property
    def live(self) -> list[str]:
        """The plan's live layers, municipalities first: they say where the rest lies."""
        names = [n for n, ref in self.plan.layers.items() if ref.source == "live"]
        return sorted(names, key=lambda n: n != "municipalities")

    def one(self, name: str, watcher: Watcher | None = None, *, dry_run: bool = False) -> Outcome:
        """Fetch one layer, whatever happens to it.

        Parameters
        ----------
        name : str
        watcher : Watcher, optional
        dry_run : bool
            Say what would be asked, and ask nothing.

        Returns
        -------
        Outcome
        """
        started = time.perf_counter()
        try:
            found = self._one(name, watcher, dry_run)
        except LandplanError as exc:
            there = self.lock.file_of(name) is not None
            entry = self.lock.entries.get(name) if there else None
            found = Outcome(name, "kept" if there else "failed", redact(exc), entry)
        except Exception as exc:
            # a stranger's data may break any library on the way: one layer is then not there, and the others are still asked for
            log.debug("%s", redact("".join(traceback.format_exception(exc))))
            if os.environ.get("LANDPLAN_TRACEBACK"):
                print(redact("".join(traceback.format_exception(exc))), file=sys.stderr)
            there = self.lock.file_of(name) is not None
            found = Outcome(name, "kept" if there else "failed", redact(_odd(exc, self.lock.folder)), self.lock.entries.get(name) if there else None)
            shutil.rmtree(self.lock.folder / ".part" / name, ignore_errors=True)
        return Outcome(found.layer, found.status, found.reason, found.entry, found.change, found.asked, time.perf_counter() - started, found.resumed)

    def _one(self, name: str, watcher: Watcher | None, dry_run: bool) -> Outcome:
        definition = self.catalog[name]
        sources = sources_of(self.plan, name, definition)
        entry = self.lock.entries.get(name)
        there = entry is not None and (entry.features == 0 or self.lock.file_of(name) is not None)
        if dry_run:
            if entry is not None and there and not self.force and not entry.stale(self.now()) and entry.query == self._question(name, sources):
                return Outcome(name, "fresh", entry=entry)
            return Outcome(name, "asked", asked=self._would_ask(name, sources))
        if name != "municipalities":
            self.box()
        question = self._question(name, sources)
        if entry is not None and there and not self.force and entry.query == question and not entry.stale(self.now()):
            return Outcome(name, "fresh", entry=entry)
        folder = self.lock.folder / ".part" / name
        answers: list[tuple[SourceSpec, Ask, Answer]] = []
        resumed = 0
        for source in sources:
            def tick(done: int, total: int | None) -> None:
                if watcher is not None:
                    watcher.tick(name, done, total)

            for ask, answer, kept in self._asked(name, source, folder, tick):
                answers.append((source, ask, answer))
                resumed += kept
        try:
            outcome = self._settle(name, definition, answers, question, folder)
        finally:
            # whole or refused: these pages have been judged, and the next fetch asks anew
            shutil.rmtree(folder, ignore_errors=True)
        return Outcome(name, outcome.status, outcome.reason, outcome.entry, outcome.change, outcome.asked, resumed=resumed)

    def box(self) -> Box:
        """Return the area with its halo in the plan's CRS.

        Raises
        ------
        AreaError, LayerError
            If the area is given by municipalities and their layer is not there.
        """
        if self._box is None:
            from landplan.layers.store import study_area

            area, halo = self.plan.area, self.plan.area.halo_m
            if area.municipalities:
                # a code that is not among them is an error, never a smaller area
                x0, y0, x1, y1 = study_area(self.plan, self.municipalities()).bounds
            else:
                x0, y0, x1, y1 = study_area(self.plan, None).bounds
            self._box = (float(x0) - halo, float(y0) - halo, float(x1) + halo, float(y1) + halo)
        return self._box

    def municipalities(self) -> Any:
        """Return the municipalities layer in the plan's CRS, from wherever the plan has it."""
        if self._municipalities is None:
            from landplan.layers.store import Store

            if "municipalities" not in self.plan.layers:
                raise AreaError('the area is given by municipality codes; add [layers.municipalities] source = "live"')
            self._municipalities = Store(self.plan, self.catalog).read("municipalities").frame
        return self._municipalities

    def _ask(self, name: str, source: SourceSpec, area: Box, **more: Any) -> Ask:
        codes = tuple(
            c.removeprefix(FINNISH) for c in self.plan.area.municipalities if c.startswith(FINNISH) == (source.country == "FI")
        )
        options = {**source.options, **more}
        if "filter" in options:
            options["filter"] = {k: list(codes) if v == "{municipalities}" else v for k, v in options["filter"].items()}
        rate = options.get("per_second")
        if rate and options.get("url"):
            self.web.rates[urlsplit(str(options["url"])).netloc] = float(rate)
        return Ask(name, source.id, options, area, self.plan.plan.crs, codes)

    def _protocol(self, kind: str) -> tuple[Any, Any]:
        module, asks, says = PROTOCOLS[kind]
        found = importlib.import_module(f"landplan.layers.sources.{module}")
        return getattr(found, asks), getattr(found, says)

    def _would_ask(self, name: str, sources: Sequence[SourceSpec]) -> tuple[str, ...]:
        try:
            box = self.box() if name != "municipalities" or not self.plan.area.municipalities else self._anywhere()
        except LandplanError:
            return (*(f"{s.provider}: {redact(s.options.get('url', s.options.get('file', '')))} (in full when municipalities has been fetched)" for s in sources),)
        lines: list[str] = []
        for source in sources:
            own = {"box": False} if source.options.get("by") == "municipality" and self.plan.area.municipalities else {}
            lines += self._protocol(source.kind)[1](self._ask(name, source, box, **own))
        return tuple(redact(line) for line in lines)

    def _asked(self, name: str, source: SourceSpec, folder: Path, tick: Callable[[int, int | None], None]) -> Iterator[tuple[Ask, Answer, int]]:
        """Ask one source; municipalities in two rounds, their own first and then those that the halo meets."""
        asks, _ = self._protocol(source.kind)

        def once(ask: Ask, part: str) -> tuple[Ask, Answer, int]:
            spool = Spool(folder / part)
            answer = asks(ask, self.web, spool, tick)
            return ask, answer, spool.kept

        if source.options.get("by") != "municipality" or not self.plan.area.municipalities:
            box = self.box()
            options: dict[str, Any] = {} if source.options.get("by") != "municipality" else {"filter": {}}
            yield once(self._ask(name, source, box, **options), source.id)
            return
        column = next(iter(source.options["filter"]))
        own = once(self._ask(name, source, self._anywhere(), box=False), f"{source.id}-own")
        frame, wanted = own[1].frame, own[0].municipalities
        assert frame is not None
        have = _codes(frame, column, own[0])
        if lost := [c for c in wanted if c not in have]:
            raise SourceError(
                f"{own[0].what} has no municipality {', '.join(lost)}; municipality codes are four digits as text, such as \"2280\" for Härnösand"
                + (" (FI- and three digits in Finland)" if source.country == "FI" else "")
            )
        yield own
        x0, y0, x1, y1 = transform_box(tuple(map(float, frame.total_bounds)), frame.crs, self.plan.plan.crs)  # type: ignore[arg-type]
        halo = self.plan.area.halo_m
        near = once(self._ask(name, source, (x0 - halo, y0 - halo, x1 + halo, y1 + halo), filter={}), f"{source.id}-near")
        more = sorted(_codes(near[1].frame, column, near[0]) - have)
        if more:
            yield once(self._ask(name, source, self._anywhere(), box=False, filter={column: more}), f"{source.id}-more")

    def _anywhere(self) -> Box:
        """Return the box of the Nordic countries: where municipalities asked for by their codes must lie."""
        from landplan.layers.contract import NORDIC_DEGREES

        return transform_box(NORDIC_DEGREES, "EPSG:4326", self.plan.plan.crs)

    def _question(self, name: str, sources: Sequence[SourceSpec]) -> str:
        """Return the hash of what is asked: sources, area and CRS, not what they are called."""
        named = {"attribution", "licence", "provider", "doubt", "key", "key_at", "per_second", "max_mb", "max_s"}
        asked = [[s.kind, s.id, {k: v for k, v in s.options.items() if k not in named}] for s in sources]
        files = [file.stat().st_mtime_ns for s in sources if s.options.get("file") and (file := Path(str(s.options["file"]))).is_file()]
        return content_hash(name, asked, area_mark(self.plan), files)

    def _settle(self, name: str, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]], question: str, folder: Path) -> Outcome:
        notes: list[Text] = [n for _, _, a in answers for n in a.notes]
        if definition.kind in ("raster", "gtfs"):
            return self._file(name, definition, answers, question, notes)
        frame = self._frame(name, definition, answers, notes)
        counts = [a.counted for _, _, a in answers]
        counted = None if any(c is None for c in counts) else sum(c for c in counts if c is not None)
        entry = self.lock.entries.get(name)
        if not len(frame):
            if counted != 0 and not any(len(a.frame) for _, _, a in answers if a.frame is not None):
                raise SourceError(f"layer {name!r}: the source gave nothing, and no count that says there is nothing; nothing is changed")
            if entry is not None and entry.features and not self.force and entry.area in ("", area_mark(self.plan)):
                raise SourceError(f"layer {name!r}: the source now gives nothing where {entry.features} features were; nothing is changed. If that is right, use --force")
            return self._none(name, answers, question, counted, notes)
        self._check(frame, definition, answers)
        old_path = self.lock.file_of(name)
        change = compare(_read(old_path, definition), frame, definition) if old_path is not None else None
        if change is not None and not change.any and entry is not None:
            self.lock.put(self._entry(entry.file, name, definition, answers, question, counted, len(frame), entry.sha256, notes, self.now(), entry.changes, frame))
            return Outcome(name, "same", entry=self.lock.entries[name], change=change)
        file = f"{name}.{'csv' if definition.kind == 'table' else 'gpkg'}"
        part = folder / file
        folder.mkdir(parents=True, exist_ok=True)
        _write(frame, definition, part)
        # the file as it will be read, not the frame it was made of
        check(part, definition, area_degrees=None).raise_if_bad()
        return self._place(name, definition, answers, question, counted, len(frame), part, notes, change, frame)

    def _frame(self, name: str, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]], notes: list[Text]) -> Any:
        import pandas as pd

        frames = []
        for source, ask, answer in answers:
            assert answer.frame is not None
            if definition.kind == "table" or source.kind == "plans":
                frame, more = _by_protocol(source, ask, answer)
            else:
                frame, more = shaped(answer.frame, definition, source, ask)
            expect = source.options.get("expect")
            if expect and not expect[0] <= len(frame) <= expect[1]:
                raise SourceError(f"{ask.what} gave {len(frame)} features, expected {expect[0]} to {expect[1]}; nothing of it is used")
            notes += more
            frames.append(frame)
        filled = [f for f in frames if len(f)] or frames[:1]
        frame = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
        if "speed_assumed" in frame:
            # a source that does not say assumes nothing
            frame["speed_assumed"] = frame["speed_assumed"].eq(True)
        if definition.is_vector and name != "municipalities" and "municipalities" in self.plan.layers and len(frame):
            frame = with_municipality(frame, definition, self.municipalities, notes)
        return keyed(frame, definition, notes)

    def _check(self, frame: Any, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]]) -> None:
        """Hold the layer against its contract and against the area it was asked for."""
        where = None
        if definition.is_vector and definition.id != "municipalities":
            where = transform_box(self.box(), self.plan.plan.crs, "EPSG:4326")
        elif definition.is_vector and "FI" in countries_of(self.plan):
            where = (10.0, 54.0, 32.0, 71.0)
        checker = Checker(definition, Path(f"what {', '.join(dict.fromkeys(a.what for _, a, _ in answers))} gave"), area_degrees=where)
        checker.add(1, frame)
        checker.report().raise_if_bad()
        if where is not None and definition.id != "municipalities":
            self._near(frame, definition, answers)

    def _near(self, frame: Any, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]]) -> None:
        """Refuse features that lie far from the area that was asked for: a server gave others than it counted."""
        import numpy as np

        x0, y0, x1, y1 = self.box()
        bounds = frame.geometry.bounds.to_numpy()
        apart = np.maximum.reduce([bounds[:, 0] - x1, x0 - bounds[:, 2], bounds[:, 1] - y1, y0 - bounds[:, 3]])
        far = apart > _FAR_M
        if far.any():
            at = int(apart.argmax())
            raise SourceError(
                f"{', '.join(dict.fromkeys(a.what for _, a, _ in answers))}: {int(far.sum())} of {len(frame)} features of {definition.id!r} lie more than "
                f"{_FAR_M / 1000:g} km outside the area that was asked for, one of them {apart[at] / 1000:.0f} km; nothing of it is used. "
                "Either the source ignores the box, or it has moved them"
            )

    def _file(self, name: str, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]], question: str, notes: list[Text]) -> Outcome:
        if len(answers) != 1:
            raise LayerError(f"layer {name!r} is one file; name one source: [layers.{name}] use")
        part, counted = answers[0][2].path, answers[0][2].counted
        assert part is not None
        where = transform_box(self.box(), self.plan.plan.crs, "EPSG:4326")
        report = check(part, definition, area_degrees=where if definition.kind == "raster" else None)
        report.raise_if_bad()
        old = self.lock.file_of(name)
        change: Change | None = None
        if old is not None:
            change = compare_rasters(old, part) if definition.kind == "raster" else Change(1, 1, 0, 0, None, int(file_hash(old) != file_hash(part)))
            entry = self.lock.entries[name]
            if not change.any:
                self.lock.put(self._entry(entry.file, name, definition, answers, question, counted, report.features, entry.sha256, notes, self.now(), entry.changes, None))
                return Outcome(name, "same", entry=self.lock.entries[name], change=change)
        if definition.kind == "raster" and _all_unknown(part):
            raise SourceError(f"layer {name!r}: every cell is unknown; nothing of it is used")
        return self._place(name, definition, answers, question, counted, report.features, part, notes, change, None)

    def _place(
        self, name: str, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]], question: str, counted: int | None,
        features: int, part: Path, notes: list[Text], change: Change | None, frame: Any,
    ) -> Outcome:
        """Move a whole file into place and write the lock; see `Lock` for what a break between the two leaves."""
        digest = file_hash(part)
        former = self.lock.entries.get(name)
        changes = {**change.as_dict(), "since": former.fetched if former else ""} if change is not None else {}
        entry = self._entry(part.name, name, definition, answers, question, counted, features, digest, notes, self.now(), changes, frame)
        target = self.lock.folder / part.name
        own = self._own(name, target)

        def place() -> None:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            if own is not None:
                os.replace(target, own)
            os.replace(part, target)

        was = self.lock.file_of(name)
        self.lock.put(entry, place=place)
        if was is not None and was != target:
            # a table that became a map has another name
            was.unlink(missing_ok=True)
        kept = f"{target.name} was not the file that was fetched before; it is kept as {own.name}" if own is not None else ""
        return Outcome(name, "fetched", kept, entry=entry, change=change)

    def _own(self, name: str, target: Path) -> Path | None:
        """Return where a file goes that somebody has changed, or that never was ours; None for the one that was fetched."""
        if not target.exists() or self.lock.file_of(name) == target:
            return None
        stamp = f"{self.now():%Y-%m-%d}"
        names = (target.with_name(f"{target.stem}.edited-{stamp}{f'-{n}' if n else ''}{target.suffix}") for n in range(1000))
        return next(path for path in names if not path.exists())

    def _entry(self, *values: Any) -> Entry:
        return replace(_entry_of(*values), area=area_mark(self.plan))

    def _none(self, name: str, answers: list[tuple[SourceSpec, Ask, Answer]], question: str, counted: int | None, notes: list[Text]) -> Outcome:
        entry = self._entry("", name, self.catalog[name], answers, question, counted, 0, "", notes, self.now(), {}, None)
        was = self.lock.file_of(name)
        self.lock.put(entry)
        if was is not None:
            was.unlink(missing_ok=True)
        return Outcome(name, "empty", "the source says that there is none in the area; the layer is named as not there", entry)


def _odd(exc: Exception, folder: Path) -> str:
    """Say what a library could not do: for want of room, or with what it was given."""
    if isinstance(exc, OSError) and exc.strerror:
        return f"{exc.filename or folder}: {exc.strerror}; nothing of the layer is used. Free some space, or choose another folder with [plan] store"
    if folder.is_dir() and shutil.disk_usage(folder).free < _LEAST_FREE:
        return f"the disc of {folder} is full; nothing of the layer is used. Free some space, or choose another folder with [plan] store"
    said = " ".join(f"{type(exc).__name__}: {exc}".split())[:300]
    return f"what was answered, or what the plan says of the source, could not be handled ({said}); nothing of it is used"


def _codes(frame: Any, column: str, ask: Ask) -> set[str]:
    """Return the municipality codes of an answer."""
    if frame is None or not len(frame):
        return set()
    if column not in frame:
        names = ", ".join(str(c) for c in frame.columns if c != "geometry")
        raise SourceError(f"{ask.what} has no column {column!r}; it has {names}. Change filter and columns: [sources.{ask.source}]")
    return set(frame[column].astype(str))


def _by_protocol(source: SourceSpec, ask: Ask, answer: Answer) -> tuple[Any, list[Text]]:
    """Tables and plans have shapes of their own."""
    frame: Any = answer.frame
    if source.kind == "plans":
        # plans are read in SWEREF 99 TM whatever their zone
        return frame.to_crs(ask.crs), []
    if source.kind == "provisions":
        # a provision that holds still has no last day, which is an empty text there
        return frame.replace("", None), []
    from landplan.layers.sources import statistics

    make = {"commuting": statistics.commuting, "population_by_age": statistics.population_by_age, "households": statistics.households}
    table, notes = make[str(source.options["shape"])](frame)
    return table, list(notes)


def _entry_of(
    file: str, name: str, definition: LayerDefinition, answers: list[tuple[SourceSpec, Ask, Answer]], question: str, counted: int | None,
    features: int, digest: str, notes: Sequence[Text], now: datetime, changes: Mapping[str, Any], frame: Any,
) -> Entry:
    sources = [s for s, _, _ in answers]

    def joined(key: str, default: str) -> str:
        return "; ".join(dict.fromkeys(str(s.options.get(key, default)) for s in sources))

    dates = [a.date for _, _, a in answers if a.date]
    return Entry(
        layer=name, file=file, sources=tuple(dict.fromkeys(s.id for s in sources)), providers="; ".join(dict.fromkeys(s.provider for s in sources)),
        licence=joined("licence", definition.licence), attribution=joined("attribution", definition.attribution), query=question,
        asked=tuple(dict.fromkeys(redact(q) for _, _, a in answers for q in a.queries)), fetched=now.isoformat(timespec="seconds"),
        features=features, sha256=digest, rhythm=str(sources[0].options.get("rhythm", definition.update_rhythm)), counted=counted,
        data_date="; ".join(dict.fromkeys(dates)), crs=answers[0][1].crs if definition.is_vector else "",
        notes=tuple((redact(n.sv), redact(n.en)) for n in dict.fromkeys(notes)), changes=dict(changes),
        synthetic=bool(frame is not None and "synthetic" in frame and frame["synthetic"].fillna(False).astype(bool).any()),
    )  # fmt: skip


def _write(frame: Any, definition: LayerDefinition, path: Path) -> None:
    if definition.kind == "table":
        frame.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        return
    frame.to_file(path, layer=definition.id, driver="GPKG", engine="pyogrio", promote_to_multi=definition.kind != "point", VERSION="1.2")


def _read(path: Path, definition: LayerDefinition) -> Any:
    from landplan.layers.sources import files

    return files.read_table(path) if definition.kind == "table" else files.read_vector(path)


def _all_unknown(path: Path) -> bool:
    import rasterio

    with rasterio.open(path) as source:
        for _, window in source.block_windows(1):
            if source.read_masks(1, window=window).any():
                return False
    return True


def fetch(
    plan: Plan, *, only: Sequence[str] = (), force: bool = False, dry_run: bool = False, web: Web | None = None,
    watcher: Watcher | None = None, now: Callable[[], datetime] = utc_now,
) -> list[Outcome]:
    """Fetch a plan's live layers into its store.

    Parameters
    ----------
    plan : Plan
    only : sequence of str
        Layers; default all that the plan has live.
    force : bool
        Ask also for what is young enough.
    dry_run : bool
        Ask nothing; say what would be asked.
    web : Web, optional
    watcher : Watcher, optional
    now : callable
        The clock.

    Returns
    -------
    list of Outcome
        One a layer, in the order they were asked.

    Raises
    ------
    LayerError
        If the plan has no live layer, or `only` names one it has not.
    RunLockedError
        If another fetch fills the same store.

    Notes
    -----
    A layer that fails does not stop the others. Only municipalities do: nobody knows where the area is without them.
    """
    work = Fetching(plan, web=web or Web(), force=force, now=now)
    names = work.live
    if unknown := [n for n in only if n not in names]:
        raise LayerError(f"the plan has no live layer {unknown[0]!r}; it has: {', '.join(names) or 'none'}")
    if not names:
        raise LayerError('the plan has no layer with source = "live"; see landplan layers list, and landplan plan new for a plan that has')
    chosen = [n for n in names if not only or n in only]
    if dry_run:
        return [work.one(n, dry_run=True) for n in chosen]
    out: list[Outcome] = []
    with alone(plan.store_folder):
        for number, name in enumerate(chosen, start=1):
            if watcher is not None:
                watcher.begin(name, number, len(chosen))
            found = work.one(name, watcher)
            out.append(found)
            if watcher is not None:
                watcher.end(found)
            if name == "municipalities" and found.status == "failed":
                out += [Outcome(n, "failed", "the area is not known: municipalities failed") for n in chosen[number:]]
                break
        _tidy(work.lock)
        work.web.close()
    return out


def _tidy(lock: Lock) -> None:
    """Remove an empty spool."""
    part = lock.folder / ".part"
    if part.is_dir() and not any(p for p in part.iterdir() if p.name != "osm_extract"):
        shutil.rmtree(part, ignore_errors=True)


def plain(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes as JSON, for machines."""
    return json.dumps(
        [{"layer": o.layer, "status": o.status, "reason": o.reason, "features": o.entry.features if o.entry else None} for o in outcomes],
        ensure_ascii=False, indent=1,
    )  # fmt: skip
