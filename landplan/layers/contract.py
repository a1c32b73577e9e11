"""Checking a file against a layer's contract: every fault, with the feature's number and what to do.

A file is read in batches, so that a layer larger than memory can be checked; the same checks run when a
plan's layers are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec
from landplan.crs import box_inside, describe, guess_zone, horizontal, transform_box
from landplan.errors import LayerError, join_faults
from landplan.layers.catalog import USE_LETTERS, USE_WORDS, LayerDefinition, split_use_codes
from landplan.layers.sources.files import batches

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CheckReport", "Checker", "Fault", "check"]

Box = tuple[float, float, float, float]
NORDIC_DEGREES: Final[Box] = (4.0, 54.5, 32.0, 72.0)
SWEDEN_DEGREES: Final[Box] = (10.0, 54.9, 25.5, 69.4)  # with the Finnish side of the Torne valley
# UTF-8 read as Latin-1 or Windows-1252 turns åäö into these, and a lost byte into the replacement sign.
_BROKEN: Final = re.compile("Ã[¥¤¶…„–©\u0085\u0084\u0096]|\ufffd|Ã¥|Â[ §°]")
_GEOMETRY: Final = {
    "polygon": {"Polygon", "MultiPolygon"},
    "line": {"LineString", "MultiLineString"},
    "point": {"Point", "MultiPoint"},
}
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: what, where first, how often, what to do. `fatal` ones stop a run."""

    what: str
    features: tuple[int, ...]
    count: int
    fix: str
    fatal: bool = True

    def __str__(self) -> str:
        """One line: what, which features, what to do."""
        if not self.count:
            return f"{self.what}; {self.fix}"
        shown = ", ".join(map(str, self.features))
        more = f" and {self.count - len(self.features)} more" if self.count > len(self.features) else ""
        return f"{self.what} (feature {shown}{more}); {self.fix}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found."""

    path: Path
    layer: str
    features: int
    crs: str
    bounds: Box | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing stops the layer from being used."""
        return not self.faults

    def raise_if_bad(self) -> None:
        """Raise all faults together.

        Raises
        ------
        LayerError
            If there is any.
        """
        if self.faults:
            n = len(self.faults)
            raise LayerError(
                join_faults(
                    f"{self.path} does not meet the contract of layer {self.layer!r}: {n} kind{'s' if n > 1 else ''} of fault",
                    [str(f) for f in self.faults],
                )
            )


@dataclass
class _Tally:
    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, numbers: np.ndarray) -> None:
        self.count += int(numbers.size)
        self.first += [int(n) for n in numbers[: max(0, _SHOWN - len(self.first))]]


class Checker:
    """Collects faults batch by batch; `report` gives them at the end."""

    def __init__(self, definition: LayerDefinition, path: Path, *, area_degrees: Box | None = None) -> None:
        self.definition = definition
        self.path = path
        self.area_degrees = area_degrees
        self.features = 0
        self.crs: Any = None
        self.bounds: Box | None = None
        self._tallies: dict[tuple[str, str, bool], _Tally] = {}
        self._seen: dict[str, set[Any]] = {f.name: set() for f in definition.fields if f.unique}
        self._first = True

    def _fault(self, what: str, fix: str, numbers: np.ndarray | None = None, *, fatal: bool = True) -> None:
        tally = self._tallies.setdefault((what, fix, fatal), _Tally())
        if numbers is not None:
            tally.add(numbers)

    def add(self, first: int, frame: pd.DataFrame) -> None:
        """Check one batch whose first feature has number `first`."""
        numbers = np.arange(first, first + len(frame))
        if self._first:
            self._columns(frame)
            self._first = False
        self.features += len(frame)
        for spec in self.definition.fields:
            if spec.name in frame.columns:
                self._values(spec, frame[spec.name], numbers)
        self._encoding(frame, numbers)
        if self.definition.is_vector:
            self._geometry(frame, numbers)

    def _columns(self, frame: pd.DataFrame) -> None:
        have = [str(c) for c in frame.columns if c != "geometry"]
        lower = {c.lower(): c for c in have}
        for spec in self.definition.fields:
            if spec.required and spec.name not in have:
                near = lower.get(spec.name.lower())
                hint = f"rename {near!r} to {spec.name!r}" if near else f"add it: {spec.alias.en} ({spec.type}{', ' + spec.unit if spec.unit else ''})"
                self._fault(f"column {spec.name!r} is missing", f"{hint}, or map it in the plan: columns = {{ {spec.name} = \"your column\" }}")

    def _values(self, spec: FieldSpec, column: pd.Series, numbers: np.ndarray) -> None:
        import pandas as pd

        empty = column.isna().to_numpy()
        if spec.required and empty.any():
            self._fault(f"{spec.name} is empty", "fill it", numbers[empty])
        filled, where = column[~empty], numbers[~empty]
        if spec.type in ("int", "float"):
            value = pd.to_numeric(filled, errors="coerce")
            bad = value.isna().to_numpy() | ~np.isfinite(value.to_numpy(np.float64, na_value=np.nan))
            if bad.any():
                shown = filled[bad].iloc[0]
                self._fault(f"{spec.name} is not a number ({shown!r})", f"write a number{' in ' + spec.unit if spec.unit else ''}", where[bad])
            number = value.to_numpy(np.float64, na_value=np.nan)
            if spec.type == "int":
                part = ~bad & (number != np.floor(number))
                if part.any():
                    self._fault(f"{spec.name} is not whole", "write a whole number", where[part])
            with np.errstate(invalid="ignore"):
                low = number < spec.low if spec.low is not None else np.zeros(number.size, bool)
                high = number > spec.high if spec.high is not None else np.zeros(number.size, bool)
            out = (low | high) & ~bad
            if out.any():
                span = f"{'' if spec.low is None else f'{spec.low:g}'} to {'' if spec.high is None else f'{spec.high:g}'}".strip()
                self._fault(f"{spec.name} is outside {span}{' ' + spec.unit if spec.unit else ''} ({number[out][0]:g})", "correct the value or its unit", where[out])
        elif spec.type == "date":
            parsed = pd.to_datetime(filled.astype(str), errors="coerce", format="ISO8601")
            bad = parsed.isna().to_numpy()
            if bad.any():
                self._fault(f"{spec.name} is not a date ({filled[bad].iloc[0]!r})", "write it as 2026-11-23", where[bad])
        if spec.values:
            strange = ~filled.astype(str).isin(spec.domain).to_numpy()
            if strange.any():
                self._fault(
                    f"{spec.name} has a value outside its list ({filled[strange].iloc[0]!r})",
                    f"use one of: {', '.join(spec.domain)}", where[strange],
                )
        if spec.name in self.definition.code_columns:
            self._use_codes(spec.name, filled, where)
        if spec.unique and len(filled):
            seen = self._seen[spec.name]
            twice = filled.duplicated().to_numpy() | np.fromiter((v in seen for v in filled), bool, len(filled))
            if twice.any():
                self._fault(f"{spec.name} occurs more than once ({filled[twice].iloc[0]!r})", "give every feature its own", where[twice])
            seen.update(filled)

    def _use_codes(self, name: str, filled: pd.Series, where: np.ndarray) -> None:
        known = {*USE_LETTERS, *USE_WORDS}
        strange = np.fromiter((not set(split_use_codes(str(v))) <= known for v in filled), bool, len(filled))
        if strange.any():
            self._fault(
                f"{name} has a letter that is not Boverket's ({filled[strange].iloc[0]!r})",
                f"use {' '.join(USE_LETTERS)} or {' '.join(USE_WORDS)}", where[strange],
            )

    def _encoding(self, frame: pd.DataFrame, numbers: np.ndarray) -> None:
        for column in frame.columns:
            if column == "geometry" or frame[column].dtype.kind in "ifbM":
                continue
            words = frame[column].dropna()
            if words.empty or not isinstance(words.iloc[0], str):
                continue
            broken = frame[column].map(lambda v: isinstance(v, str) and bool(_BROKEN.search(v))).to_numpy(bool)
            if broken.any():
                shown = frame[column][broken].iloc[0]
                self._fault(f"{column}: åäö is broken by a wrong encoding ({shown!r})", "export the file again as UTF-8 (a Shapefile needs its .cpg)", numbers[broken])

    def _geometry(self, frame: pd.DataFrame, numbers: np.ndarray) -> None:
        import shapely

        geometry = getattr(frame, "geometry", None)
        if geometry is None:
            self._fault("the file has no geometry", "export it with its geometry, or name the coordinate columns with xy")
            return
        shapes = geometry.to_numpy()
        self.crs = self.crs or geometry.crs
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        if empty.any():
            self._fault("the geometry is empty", "delete the feature or digitise it", numbers[empty])
        allowed = set().union(*(_GEOMETRY[k] for k in (self.definition.kind, *self.definition.accepts)))
        kinds = geometry.geom_type.to_numpy()
        wrong = ~empty & ~np.isin(kinds.astype(str), list(allowed))
        if wrong.any():
            self._fault(f"the geometry is a {kinds[wrong][0]}, expected a {self.definition.kind}", "move it to the layer it belongs to", numbers[wrong])
        xy = shapely.bounds(shapes[~empty])
        if xy.size:
            strange = ~np.isfinite(xy).all(axis=1)
            if strange.any():
                self._fault("a coordinate is not a number", "digitise the feature again", numbers[~empty][strange])
            xy = xy[~strange]
        if xy.size:
            box = (*xy[:, :2].min(axis=0), *xy[:, 2:].max(axis=0))
            old = self.bounds or (np.inf, np.inf, -np.inf, -np.inf)
            self.bounds = (
                float(min(box[0], old[0])), float(min(box[1], old[1])), float(max(box[2], old[2])), float(max(box[3], old[3])),
            )
        if self.definition.kind == "polygon":
            invalid = ~empty & ~shapely.is_valid(shapes)
            if invalid.any():
                why = shapely.is_valid_reason(shapes[invalid][0])
                self._fault(f"the polygon is invalid ({why})", "repair it (QGIS: Fix geometries); it is repaired on reading", numbers[invalid], fatal=False)

    def report(self) -> CheckReport:
        """Return everything found, with the CRS and box judged as a whole."""
        if self.features == 0:
            self._fault("the layer is empty", "export it again, or leave it out of the plan so that it is named as not tested")
        elif self.definition.is_vector or self.definition.kind == "raster":
            self._place()
        faults: list[Fault] = []
        warnings: list[Fault] = []
        for (what, fix, fatal), tally in self._tallies.items():
            (faults if fatal else warnings).append(Fault(what, tuple(tally.first), tally.count, fix, fatal))
        crs = describe(self.crs) if self.crs is not None else ""
        return CheckReport(self.path, self.definition.id, self.features, crs, self.bounds, tuple(faults), tuple(warnings))

    def _place(self) -> None:
        box = self.bounds
        if self.crs is None:
            if box is None:
                return
            degrees = all(abs(v) <= 180 for v in box)
            tried = ["EPSG:4326 (WGS 84)"] if degrees else [f"EPSG:{abs(c)}" for c in guess_zone(box, self.area_degrees or SWEDEN_DEGREES)[:2]]
            hint = f"the numbers look like {' or '.join(tried)}: " if tried else ""
            self._fault("the file has no CRS", f'{hint}declare it in the file, or in the plan: crs = "EPSG:3006"')
            return
        if box is None:
            return
        area = self.area_degrees or SWEDEN_DEGREES
        place = "the plan's area" if self.area_degrees else "Sweden"
        try:
            degrees_box = transform_box(box, self.crs, "EPSG:4326")
        except Exception:
            degrees_box = (np.inf,) * 4
        finite = all(np.isfinite(degrees_box))
        overlaps = finite and degrees_box[0] <= area[2] and degrees_box[2] >= area[0] and degrees_box[1] <= area[3] and degrees_box[3] >= area[1]
        if overlaps and (self.area_degrees is not None or box_inside(degrees_box, NORDIC_DEGREES)):
            return
        guesses = guess_zone(box, area)
        own = horizontal(self.crs).to_epsg()
        guesses = [g for g in guesses if g != own]
        if guesses and guesses[0] < 0:
            fix = f"the axes look swapped (northing first) in EPSG:{-guesses[0]}: write x (easting) before y (northing)"
        elif guesses:
            names = " or ".join(describe(f"EPSG:{g}") for g in guesses[:2] if g > 0)
            fix = f"the numbers fit {names}: the file's CRS is probably wrong; set the right one without reprojecting"
        else:
            fix = "check that it is the right file"
        where = "{:.0f}, {:.0f} – {:.0f}, {:.0f}".format(*box)
        self._fault(f"the layer's box ({where} in {describe(self.crs)}) is not in {place}", fix)


def check(
    path: Path, definition: LayerDefinition, *, table: str | None = None, crs: str | None = None,
    xy: tuple[str, str] | None = None, area_degrees: Box | None = None, columns: dict[str, str] | None = None,
) -> CheckReport:
    """Check a file against a layer's contract.

    Parameters
    ----------
    path : Path
        GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, CSV or XLSX.
    definition : LayerDefinition
        What it should be.
    table, crs, xy
        See `landplan.layers.sources.files.batches`.
    area_degrees : tuple of float, optional
        West, south, east, north that the layer must meet; default Sweden.
    columns : dict of str to str, optional
        Our name to the file's name, applied before checking.

    Returns
    -------
    CheckReport

    Raises
    ------
    LayerError
        If the file cannot be read at all.
    """
    if definition.kind in ("raster", "gtfs"):
        return _check_other(path, definition, area_degrees)
    checker = Checker(definition, path, area_degrees=area_degrees)
    rename = {theirs: ours for ours, theirs in (columns or {}).items()}
    for first, frame in batches(path, table=table, crs=crs, xy=xy, spatial=definition.is_vector):
        checker.add(first, frame.rename(columns=rename))
    return checker.report()


def _check_other(path: Path, definition: LayerDefinition, area_degrees: Box | None) -> CheckReport:
    if not path.exists():
        raise LayerError(f"{path} does not exist")
    if definition.kind == "gtfs":
        import zipfile

        faults: list[Fault] = []
        try:
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, OSError) as exc:
            raise LayerError(f"{path} is not a whole zip file ({exc}); fetch it again") from exc
        need = {"agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt"}
        faults += [Fault(f"{n} is missing", (), 0, "a GTFS feed needs it") for n in sorted(need - names)]
        if not names & {"calendar.txt", "calendar_dates.txt"}:
            faults.append(Fault("calendar.txt and calendar_dates.txt are missing", (), 0, "a GTFS feed needs one of them"))
        return CheckReport(path, definition.id, len(names), "EPSG:4326", None, tuple(faults))
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as source:
            bounds, crs, nodata, size = source.bounds, source.crs, source.nodata, source.width * source.height
    except (RasterioError, OSError) as exc:
        raise LayerError(f"{path} cannot be read as a raster ({exc}); is it whole?") from exc
    box = (float(bounds.left), float(bounds.bottom), float(bounds.right), float(bounds.top))
    found: list[Fault] = []
    if crs is None:
        found.append(Fault("the raster has no CRS", (), 0, 'declare it in the file, or in the plan: crs = "EPSG:3006"'))
    else:
        checker = Checker(definition, path, area_degrees=area_degrees)
        checker.features, checker.crs, checker.bounds = size, crs, box
        found += list(checker.report().faults)
    if nodata is None and definition.nodata is None:
        found.append(Fault("neither the file nor the plan declares nodata", (), 0, 'declare it in the file, or in the plan: nodata = -9999 (or nodata = "none")'))
    return CheckReport(path, definition.id, size, str(crs or ""), box, tuple(found))


def faults_of(reports: Iterable[CheckReport]) -> list[str]:
    """Return all faults of several reports, each with its file."""
    return [f"{r.path.name}: {f}" for r in reports for f in r.faults]
