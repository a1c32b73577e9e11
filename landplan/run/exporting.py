"""Writing an atlas into a run directory, format by format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from landplan.export import geopackage, profile, qgis, raster, report, sheets, tables, webmap
from landplan.export.drawing import Shapes
from landplan.export.items import Atlas
from landplan.export.names import demo_stem, raster_file
from landplan.plan import Plan
from landplan.run.changes import since

__all__ = ["write_all"]


def write_all(atlas: Atlas, plan: Plan, folder: Path, tick: Callable[[float], None], *, before: Path | None = None) -> list[Path]:
    """Write every format the plan asks for.

    Parameters
    ----------
    atlas : Atlas
    plan : Plan
    folder : Path
        The run's (temporary) folder.
    tick : callable
        Called with a share 0-1.
    before : Path, optional
        The run that this one replaces; the report says what changed.

    Returns
    -------
    list of Path
        The files written.
    """
    formats = plan.export.formats
    stem = demo_stem(atlas.name, atlas.synthetic)
    jobs: list[Callable[[], list[Path]]] = []
    if "geopackage" in formats:
        jobs.append(lambda: geopackage.write(atlas, folder / f"{stem}.gpkg"))
    if "rasters" in formats and atlas.rasters:
        (folder / "rasters").mkdir()
        jobs += [lambda r=r: raster.write(r, folder / "rasters" / raster_file(r), atlas) for r in atlas.rasters]  # type: ignore[misc]
    if "qgis" in formats and "geopackage" in formats:
        jobs.append(lambda: qgis.write(atlas, folder, f"{stem}.gpkg", "rasters"))
    if "maps" in formats and atlas.pages:
        (folder / "maps").mkdir()
        packed: webmap.Packed = {}
        for page in atlas.pages:
            name = demo_stem(page.id.replace("_", "-"), atlas.synthetic)
            jobs.append(lambda page=page, name=name: webmap.write(atlas, page, folder / "maps" / f"{name}.html", packed=packed))  # type: ignore[misc]
    if "sheets" in formats and atlas.pages:
        (folder / "sheets").mkdir()
        shapes = Shapes()
        for page in atlas.pages:
            jobs.append(lambda page=page: sheets.write_team(atlas, page, folder / "sheets", papers=plan.export.papers, shapes=shapes))  # type: ignore[misc]
    if "tables" in formats and atlas.tables:
        (folder / "tables").mkdir()
        jobs.append(lambda: tables.write(atlas, folder / "tables"))
    if "profiles" in formats and atlas.profiles:
        (folder / "profiles").mkdir()
        jobs.append(lambda: profile.write(atlas, folder / "profiles"))
    if "report" in formats:
        jobs.append(lambda: report.write(atlas, folder / f"{demo_stem('report', atlas.synthetic)}.html", changes=since(before, atlas)))
    written: list[Path] = []
    for i, job in enumerate(jobs):
        written += job()
        tick((i + 1) / len(jobs))
    return written
