"""Layers as a plan uses them: read once, checked, in one CRS, clipped with the halo, hashed.

Whatever a file was digitised in, it is reprojected once, here, and what was done is said. Rasters are
warped onto the grid when asked for: continuous ones by averaging or bilinear interpolation, classes by
the nearest or most common cell; nodata is a mask and never a number.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landplan.content import sample_folder
from landplan.crs import describe, horizontal, transform_box
from landplan.errors import AreaError, LayerError
from landplan.grid import Grid
from landplan.layers.catalog import Catalog, LayerDefinition, load_catalog
from landplan.layers.change import Change
from landplan.layers.contract import Checker
from landplan.layers.lock import LOCK, Lock, area_mark
from landplan.layers.sources import files
from landplan.plan import LayerRef, Plan
from landplan.provenance import LayerSource, content_hash, file_hash
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Layer", "Store", "area_degrees", "study_area"]

log = logging.getLogger(__name__)
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of one plan: its frame (vectors and tables) or its file (rasters, timetables).

    `parts` are further files of the same layer: another country's part of a sample.
    """

    id: str
    definition: LayerDefinition
    source: LayerSource
    path: Path
    frame: Any = None
    parts: tuple[Path, ...] = ()
    nodata: float | None = None
    crs: str = ""
    notes: tuple[Text, ...] = ()

    @property
    def synthetic(self) -> bool:
        """True when the layer is made up."""
        return self.source.synthetic


@dataclass
class Store:
    """Reads a plan's layers from disc; keeps what it has read.

    Parameters
    ----------
    plan : Plan
    catalog : Catalog, optional
    """

    plan: Plan
    catalog: Catalog = field(default_factory=load_catalog)
    memo: dict[Any, Any] = field(default_factory=dict)
    """What was derived from a layer and is asked for again in the same run (a slope, by layer and grid)."""
    _index: dict[str, dict[str, Any]] | None = None
    _lock: Lock | None = None
    _same: set[str] = field(default_factory=set)

    @property
    def sample_index(self) -> dict[str, dict[str, Any]]:
        """The layers of the plan's sample area by id, from its ``sample.json``."""
        if self._index is None:
            path = self._sample / "sample.json"
            try:
                listed = json.loads(path.read_text(encoding="utf-8"))
            except OSError as exc:
                raise LayerError(f"{path} is missing; build the sample with: landplan sample build --area {self.plan.plan.sample}") from exc
            rows = listed["layers"] if isinstance(listed, dict) else listed
            self._index = {row["id"]: row for row in rows}
        return self._index

    @property
    def _sample(self) -> Path:
        return sample_folder(self.plan.plan.sample)

    def parts(self, name: str) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
        """Return the further files of a layer and what the index says of each: another country's part of a sample."""
        if self._ref(name).source != "sample":
            return ()
        return tuple((self._sample / str(part["file"]), part) for part in self.sample_index.get(name, {}).get("parts", ()))

    def locate(self, name: str) -> Path:
        """Return the file of a layer in this plan.

        Raises
        ------
        LayerError
            If the plan does not name it, or the sample lacks it.
        """
        ref = self._ref(name)
        if ref.source == "sample":
            row = self.sample_index.get(name)
            if row is None:
                raise LayerError(f"the sample area {self.plan.plan.sample} has no layer {name!r}; it has {', '.join(sorted(self.sample_index))}")
            return self._sample / str(row["file"])
        if ref.source == "live":
            return self._fetched(name)
        path = Path(ref.file or "")
        return path if path.is_absolute() else self.plan.folder / path

    @property
    def lock(self) -> Lock:
        """The lock file of the plan's store."""
        if self._lock is None:
            self._lock = Lock.read(self.plan.store_folder)
        return self._lock

    def _fetched(self, name: str) -> Path:
        """Return the file of a live layer, if it is the very one that was fetched."""
        entry = self.lock.entries.get(name)
        if entry is None:
            raise LayerError(f"layer {name!r} is live and has not been fetched yet; fetch it first: landplan fetch {self.plan.path or 'PLAN'}")
        path = self.lock.folder / entry.file
        if not path.is_file():
            raise LayerError(f"{path} is gone; fetch it again: landplan fetch {self.plan.path or 'PLAN'}")
        if name not in self._same:
            if name != "municipalities" and entry.area not in ("", area_mark(self.plan)):
                raise LayerError(
                    f"layer {name!r} was fetched {entry.fetched[:10]} for another area (municipalities, bbox, polygon, halo_m or crs of the plan have changed since), so parts of "
                    f"this one may be empty in it; fetch it again: landplan fetch {self.plan.path or 'PLAN'}"
                )
            if self.lock.file_of(name) is None:
                raise LayerError(
                    f"{path} is not the file that was fetched {entry.fetched[:10]} (its hash differs from {LOCK}); fetch it again, or if the change is yours, "
                    f'name it as your own: [layers.{name}] file = "…"'
                )
            self._same.add(name)
        return path

    def _ref(self, name: str) -> LayerRef:
        ref = self.plan.layers.get(name)
        if ref is None or ref.source == "none":
            raise LayerError(f"the plan names no file for layer {name!r}; add [layers.{name}]")
        return ref

    def names(self) -> list[str]:
        """Return the layers the plan has, in the plan's order.

        A live layer that is not there is left out, and said by `absences`: the rest of a store can be used. Where nothing has been
        fetched, all are named, so that reading one says what to do; so are municipalities, without which there is no area.
        """
        return [n for n, ref in self.plan.layers.items() if ref.source != "none" and n not in self._absent()]

    def _absent(self) -> dict[str, bool]:
        """Live layers without a file; True where the source says, by count, that the area has none."""
        live = [n for n, ref in self.plan.layers.items() if ref.source == "live"]
        if not live or not self.lock.entries:
            return {}
        entries = self.lock.entries
        return {n: n in entries for n in live if (n not in entries and n != "municipalities") or (n in entries and not entries[n].features)}

    def absences(self) -> tuple[Text, ...]:
        """Return what is said of live layers that are not there: not fetched, or none in the area."""
        out = []
        for name, none in self._absent().items():
            title = self.catalog[name].title
            if none:
                when = self.lock.entries[name].fetched[:10]
                out.append(Text(f"{title.sv}: källan sa {when} att området inte har något", f"{title.en}: the source said {when} that the area has none"))
            else:
                out.append(Text(f"{title.sv}: planen vill ha lagret men det är inte hämtat", f"{title.en}: the plan wants the layer but it is not fetched"))
        return tuple(out)

    def describe(self, name: str) -> LayerSource:
        """Return what a layer is and where it comes from, without reading its features.

        Raises
        ------
        LayerError
            If its file does not exist.
        """
        path = self.locate(name)
        files.require_file(path)
        return self._source(name, self.catalog[name], self._ref(name), path)

    def hash(self, name: str) -> str:
        """Return the hash of a layer's file, of the files that belong to it (.dbf, .prj, a GeoPackage's -wal) too."""
        path = self.locate(name)
        files.require_file(path)
        more = [*files.companions(path), *(part for part, _ in self.parts(name))]
        return content_hash(file_hash(path), {p.name: file_hash(p) for p in more}) if more else file_hash(path)

    def read(self, name: str, *, area_degrees: Box | None = None, clip: Box | None = None) -> Layer:
        """Read, check, reproject and clip one layer.

        Parameters
        ----------
        name : str
        area_degrees : tuple of float, optional
            The plan's area with halo in degrees; a layer that misses it is an error that names the likely CRS.
        clip : tuple of float, optional
            Box in the plan's CRS; features that do not meet it are left out.

        Returns
        -------
        Layer

        Raises
        ------
        LayerError
            If the file breaks the contract; all faults together.
        """
        definition, ref, path = self.catalog[name], self._ref(name), self.locate(name)
        files.require_file(path)
        source = self._source(name, definition, ref, path)
        if definition.kind == "gtfs":
            from landplan.layers.contract import check

            feeds = (path, *(part for part, _ in self.parts(name)))
            for feed in feeds:
                check(feed, definition).raise_if_bad()
            return Layer(name, definition, source, path, parts=feeds[1:])
        if definition.kind == "raster":
            return self._raster(name, definition, ref, path, source, area_degrees)
        notes: list[Text] = self._remarks(name, ref)
        if path.name.endswith((".osm.pbf", ".pbf", ".osm", ".osm.gz")):
            frame: pd.DataFrame = self._from_osm(name, path, notes)
        elif definition.kind == "table":
            frame = files.read_table(path, table=ref.table)
        else:
            frame = files.read_vector(path, table=ref.table, crs=ref.crs, xy=ref.xy)
        if parts := self.parts(name):
            frame = self._joined(frame, parts, notes)
        frame = frame.rename(columns={theirs: ours for ours, theirs in ref.columns.items()})
        for column, value in ref.constants.items():
            frame[column] = value
        if ref.source == "file" and "synthetic" in frame and frame["synthetic"].isin([True, 1, "true"]).any():
            source = replace(source, synthetic=True)
        if "speed_assumed" in frame and frame["speed_assumed"].any():
            count = int(frame["speed_assumed"].sum())
            notes.append(
                Text(
                    f"{count} av {len(frame)} vägar saknar hastighet, vägklassens används",
                    f"{count} of {len(frame)} roads state no speed, their class's default is used",
                )
            )
        if ref.where:
            from landplan.suitability.burning import matches

            keep = matches(frame, ref.where, name=f"{path} (where of [layers.{name}])")
            kept = int(keep.sum())
            notes.append(
                Text(f"{kept} av {len(frame)} rader uppfyller planens urval", f"{kept} of {len(frame)} rows meet the plan's filter")
            )
            frame = frame[keep].reset_index(drop=True)
        for column, value in ref.fill.items():
            if column not in frame:
                raise LayerError(f"{path} has no column {column!r} to fill (fill of [layers.{name}])")
            empty = frame[column].isna()
            if empty.any():
                frame[column] = frame[column].fillna(value)
                count = int(empty.sum())
                notes.append(
                    Text(
                        f"{count} tomma {column} är fyllda med {value} som planen säger",
                        f"{count} empty {column} filled with {value} as the plan says",
                    )
                )
        self._check(frame, definition, path, area_degrees)
        if definition.is_vector:
            frame, more = self._placed(frame, definition, clip)
            notes += more
        for note in notes:
            log.info("%s: %s", name, note.en)
        return Layer(name, definition, replace(source, features=len(frame)), path, frame, crs=self.plan.plan.crs, notes=tuple(notes))

    def _joined(self, frame: pd.DataFrame, parts: tuple[tuple[Path, Mapping[str, Any]], ...], notes: list[Text]) -> pd.DataFrame:
        """Put the parts of a layer under one another, each reprojected from its own CRS."""
        import geopandas as gpd
        import pandas as pd

        frames = [frame]
        for path, said in parts:
            files.require_file(path)
            vector = isinstance(frame, gpd.GeoDataFrame)
            part = files.read_vector(path) if vector else files.read_table(path)
            where, crs = said["country"], ""
            if isinstance(frame, gpd.GeoDataFrame) and isinstance(part, gpd.GeoDataFrame):
                crs = describe(part.crs)
                part = part.to_crs(frame.crs)
            frames.append(part)
            notes.append(
                Text(
                    f"{len(part)} av {sum(map(len, frames))} rader är delen {said['file']} ({where}{', omräknad från ' + crs if crs else ''}): {said['source_sv']}",
                    f"{len(part)} of {sum(map(len, frames))} rows are the part {said['file']} ({where}{', reprojected from ' + crs if crs else ''}): {said['source']}",
                )
            )
        whole = [f for f in frames if len(f)] or frames[:1]
        joined: pd.DataFrame = pd.concat(whole, ignore_index=True)
        return gpd.GeoDataFrame(joined, geometry="geometry", crs=frame.crs) if isinstance(frame, gpd.GeoDataFrame) else joined

    def _from_osm(self, name: str, path: Path, notes: list[Text]) -> gpd.GeoDataFrame:
        """Ways of an OpenStreetMap extract as the roads layer; a speed nobody stated is the class's default."""
        from landplan.network.graph import remarks
        from landplan.network.osm import read_roads
        from landplan.network.speeds import SpeedProfile

        if name != "roads":
            raise LayerError(f"{path} is OpenStreetMap data; only the layer roads is read from it yet, not {name!r}")
        frame = read_roads(path, mode=self.plan.catchment.mode, crs=self.plan.plan.crs)
        frame["speed_assumed"] = frame["speed_kmh"].isna()
        known = SpeedProfile.for_mode(self.plan.catchment.mode).default_kmh
        default = frame["road_class"].map(dict(known)).fillna(known["other"])
        notes += remarks(frame.attrs["dropped"], frame.attrs["assumed"])
        frame.attrs = {}
        frame["speed_kmh"] = frame["speed_kmh"].fillna(default).astype(float)
        bounds = next((f.low, f.high) for f in self.catalog[name].fields if f.name == "speed_kmh")
        outside = int((~frame["speed_kmh"].between(*bounds)).sum())
        if outside:
            low, high = (f"{v:g}" for v in bounds)
            notes.append(
                Text(
                    f"{outside} vägars hastighet är satt till lagrets gräns, {low}–{high} km/h",
                    f"the speed of {outside} roads is set to the layer's bounds, {low}–{high} km/h",
                )
            )
            frame["speed_kmh"] = frame["speed_kmh"].clip(*bounds)
        return frame

    def _check(self, frame: pd.DataFrame, definition: LayerDefinition, path: Path, area_degrees: Box | None) -> None:
        """Raise every fault together; what can be mended is mended, and noted, when the layer is placed."""
        checker = Checker(definition, path, area_degrees=area_degrees)
        checker.add(1, frame)
        checker.report().raise_if_bad()

    def _placed(self, frame: gpd.GeoDataFrame, definition: LayerDefinition, clip: Box | None) -> tuple[gpd.GeoDataFrame, list[Text]]:
        import shapely

        notes: list[Text] = []
        target = self.plan.plan.crs
        if horizontal(frame.crs) != horizontal(target):
            a, b = describe(frame.crs), describe(target)
            notes.append(Text(f"omräknat från {a} till {b}", f"reprojected from {a} to {b}"))
            frame = frame.to_crs(target)
        elif str(frame.crs) != target:
            frame = frame.set_crs(target, allow_override=True)
        if shapely.has_z(frame.geometry.to_numpy()).any():
            frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
        if definition.kind == "polygon":
            invalid = ~frame.geometry.is_valid
            if invalid.any():
                frame.loc[invalid, "geometry"] = shapely.make_valid(frame.geometry[invalid].to_numpy())
                count = int(invalid.sum())
                notes.append(Text(f"{count} felaktiga ytor är lagade", f"repaired {count} invalid polygons"))
        if clip is not None:
            hit = shapely.intersects(frame.geometry.to_numpy(), shapely.box(*clip))
            if not hit.all():
                out = int((~hit).sum())
                notes.append(
                    Text(
                        f"{out} av {len(frame)} objekt ligger utanför det planen behöver",
                        f"{out} of {len(frame)} features lie outside what the plan needs",
                    )
                )
            frame = frame[hit]
        return frame.reset_index(drop=True), notes

    def _raster(
        self, name: str, definition: LayerDefinition, ref: LayerRef, path: Path, source: LayerSource, area: Box | None
    ) -> Layer:
        import rasterio
        from rasterio.errors import RasterioError

        try:
            with rasterio.open(path) as data:
                crs, declared, bounds = data.crs or ref.crs, data.nodata, tuple(map(float, data.bounds))
        except (RasterioError, OSError) as exc:
            raise LayerError(f"{path} cannot be read as a raster ({exc}); is it whole?") from exc
        if crs is None:
            raise LayerError(f'{path} has no CRS; declare it in the file, or in the plan: [layers.{name}] crs = "EPSG:3006"')
        nodata: float | None = declared
        if ref.nodata == "none":
            nodata = None
        elif ref.nodata is not None:
            nodata = float(ref.nodata)
        elif declared is None and definition.nodata is not None:
            nodata = definition.nodata
        elif declared is None:
            raise LayerError(
                f"{path}: neither the file nor the plan declares nodata; add to [layers.{name}] nodata = -9999 "
                f'(the value that means unknown) or nodata = "none" when every cell is known'
            )
        if area is not None:
            checker = Checker(definition, path, area_degrees=area)
            checker.features, checker.crs, checker.bounds = 1, crs, bounds  # type: ignore[assignment]
            checker.report().raise_if_bad()
        return Layer(name, definition, source, path, nodata=nodata, crs=str(crs), notes=tuple(self._remarks(name, ref)))

    def _remarks(self, name: str, ref: LayerRef) -> list[Text]:
        """What was said when a live layer was fetched, and how it differs from the version before."""
        if ref.source != "live":
            return []
        entry = self.lock.entries[name]
        notes = [Text(sv, en) for sv, en in entry.notes]
        if entry.changes:
            since = str(entry.changes.get("since", ""))[:10]
            words = Change.of({k: v for k, v in entry.changes.items() if k != "since"}).text()
            notes.append(Text(f"mot hämtningen {since}: {words.sv}", f"against the fetch of {since}: {words.en}"))
        return notes

    def _source(self, name: str, definition: LayerDefinition, ref: LayerRef, path: Path) -> LayerSource:
        if ref.source == "live":
            entry = self.lock.entries[name]
            return LayerSource(
                layer=name, file=path.name, sha256=entry.sha256, source=str(ref.attribution or entry.providers),
                licence=str(ref.licence or entry.licence), attribution=str(ref.attribution or entry.attribution),
                data_date=str(ref.data_date or entry.data_date or entry.fetched[:10]),
                synthetic=ref.synthetic or entry.synthetic or files.says_synthetic(path, ref.table), sharing=ref.sharing or definition.sharing,
            )  # fmt: skip
        row = self.sample_index.get(name, {}) if ref.source == "sample" else {}
        rows = [row, *row.get("parts", ())]
        said = _both(rows, "source_sv" if self.plan.plan.language == "sv" else "source")
        return LayerSource(
            layer=name,
            file=", ".join([path.name, *(str(part["file"]) for part in rows[1:])]),
            sha256=self.hash(name) if len(rows) > 1 else file_hash(path),
            # a person's own file has the licence they state, never the one the catalogue knows of its usual source
            source=str(said or ref.attribution or ""),
            licence=str(ref.licence or _both(rows, "licence")),
            attribution=str(ref.attribution or _both(rows, "attribution")),
            data_date=str(ref.data_date or _both(rows, "data_date")),
            # a made-up file says so itself: a copy of it, named as a plan's own file, is still made up
            synthetic=any(bool(part["synthetic"]) for part in rows) if "synthetic" in row else ref.synthetic or files.says_synthetic(path, ref.table),
            sharing=ref.sharing or definition.sharing,
        )

    def raster(self, layer: Layer, grid: Grid, *, how: str = "mean") -> NDArray[np.float32]:
        """Warp a raster layer onto a grid.

        Parameters
        ----------
        layer : Layer
            Of kind raster.
        grid : Grid
        how : {"mean", "nearest", "mode"}
            Continuous values are averaged when the grid is coarser and interpolated when it is finer; classes
            take the nearest or most common cell.

        Returns
        -------
        ndarray of float32, shape (rows, cols)
            nan where unknown.
        """
        import rasterio
        from rasterio.enums import Resampling
        from rasterio.warp import reproject

        method = {"mean": Resampling.average, "nearest": Resampling.nearest, "mode": Resampling.mode}[how]
        out = np.full(grid.shape, np.nan, np.float32)
        with rasterio.open(layer.path) as source:
            src_crs = horizontal(layer.crs)
            # metres of a cell, near enough: only which of two methods is used depends on it
            side = abs(source.transform.e) * (1.0 if src_crs.is_projected else 111_320.0)
            if how == "mean" and side > grid.cell_m:
                method = Resampling.bilinear
            box = transform_box(grid.bounds, grid.crs, src_crs)
            window = source.window(*box).round_offsets().round_lengths()
            pad = 4
            full = rasterio.windows.Window(0, 0, source.width, source.height)
            window = rasterio.windows.Window(
                window.col_off - pad, window.row_off - pad, window.width + 2 * pad, window.height + 2 * pad
            )
            try:
                window = window.intersection(full)
            except rasterio.errors.WindowError:
                raise AreaError(f"{layer.path} does not meet the plan's area; check its CRS and extent") from None
            try:
                data = source.read(1, window=window).astype(np.float32)
            except rasterio.errors.RasterioError as exc:
                raise LayerError(
                    f"{layer.path} cannot be read to its end ({exc}); is the file whole? copy or export it again"
                ) from exc
            scale, offset = source.scales[0], source.offsets[0]
            if layer.nodata is not None:
                data[data == np.float32(layer.nodata)] = np.nan
            if scale != 1 or offset != 0:
                data = data * np.float32(scale) + np.float32(offset)
            at = source.window_transform(window)
            if _aligned(at, src_crs, grid):
                _copy_aligned(data, at, out, grid)
            else:
                reproject(
                    data, out, src_transform=at, src_crs=src_crs.to_wkt(), src_nodata=np.nan, dst_transform=grid.transform,
                    dst_crs=horizontal(grid.crs).to_wkt(), dst_nodata=np.nan, resampling=method,
                )
        return out


def _both(rows: list[dict[str, Any]], key: str) -> str:
    """What the parts of a layer say, each thing once."""
    return "; ".join(dict.fromkeys(str(row[key]) for row in rows if row.get(key)))


def _aligned(at: Any, crs: Any, grid: Grid) -> bool:
    """Whether a raster's cells are the grid's own, so that warping could only lose."""
    if crs != horizontal(grid.crs) or abs(at.a - grid.cell_m) > 1e-9 or abs(at.e + grid.cell_m) > 1e-9 or at.b or at.d:
        return False
    dx, dy = (at.c - grid.x_min) / grid.cell_m, (grid.y_max - at.f) / grid.cell_m
    return bool(abs(dx - round(dx)) < 1e-6 and abs(dy - round(dy)) < 1e-6)


def _copy_aligned(data: NDArray[np.float32], at: Any, out: NDArray[np.float32], grid: Grid) -> None:
    """Copy the cells that raster and grid share."""
    col, row = round((at.c - grid.x_min) / grid.cell_m), round((grid.y_max - at.f) / grid.cell_m)
    r0, r1 = max(0, row), min(grid.shape[0], row + data.shape[0])
    c0, c1 = max(0, col), min(grid.shape[1], col + data.shape[1])
    if r1 > r0 and c1 > c0:
        out[r0:r1, c0:c1] = data[r0 - row : r1 - row, c0 - col : c1 - col]


def study_area(plan: Plan, municipalities: gpd.GeoDataFrame | None, folder_polygon: Mapping[str, Any] | None = None) -> Any:
    """Return the plan's area as one polygon in its CRS.

    Raises
    ------
    AreaError
        If a municipality code is not in the layer, or the polygon file is empty.
    """
    import shapely

    area = plan.area
    if area.bbox:
        return shapely.box(*area.bbox)
    if area.polygon:
        path = Path(area.polygon)
        frame = files.read_vector(path if path.is_absolute() else plan.folder / path)
        if frame.crs is None:
            raise AreaError(f"{area.polygon} has no CRS; declare it")
        return shapely.union_all(frame.to_crs(plan.plan.crs).geometry.to_numpy())
    if municipalities is None:
        raise AreaError("the plan's area is given by municipality codes but it has no [layers.municipalities]; add the layer, or give bbox or polygon")
    codes = municipalities["municipality_code"].astype(str)
    missing = [c for c in area.municipalities if c not in set(codes)]
    if missing:
        raise AreaError(f"municipality {', '.join(missing)} is not in the municipalities layer (it has {', '.join(sorted(set(codes))[:12])}); codes are text with four digits")
    return shapely.union_all(municipalities[codes.isin(area.municipalities)].geometry.to_numpy())


def area_degrees(plan: Plan, store: Store) -> Box:
    """Return west, south, east, north of the plan's area with its halo.

    Raises
    ------
    AreaError, LayerError
        As `study_area` and the municipalities layer say.
    """
    frame = store.read("municipalities").frame if "municipalities" in store.names() else None
    x0, y0, x1, y1 = study_area(plan, frame).bounds
    halo = plan.area.halo_m
    return transform_box((x0 - halo, y0 - halo, x1 + halo, y1 + halo), plan.plan.crs, "EPSG:4326")
