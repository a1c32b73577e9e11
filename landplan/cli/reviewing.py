"""``landplan review merge``: notes that reviewers sent, checked, kept beside the plan and put into the run."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["merge_notes"]


def merge_notes(paths: list[Path], name: str, out: Path) -> None:
    """Merge notes files into a plan's own, list what reviewers disagree on, and bring all into the run's GeoPackage.

    Raises
    ------
    LayerError
        If a file is no notes file, or of another plan's map; nothing is merged then.
    ExportError
        If something cannot be written.
    """
    from landplan.cli.running import load_plan
    from landplan.export.names import demo_stem, safe_stem
    from landplan.provenance import file_hash
    from landplan.review import conflicts, merged, notes_beside, notes_file, read_notes, write_notes
    from landplan.run.directory import read_manifest, renew_manifest
    from landplan.run.notes import into_geopackage

    plan = load_plan(name, [])
    before = notes_beside(plan)
    together = merged([*before, *read_notes(paths, plan=plan.plan.name)])
    target = notes_file(plan)
    write_notes(target, together, plan=plan.plan.name)
    known = {n.id for n in before}
    typer.echo(f"{len(together)} notes in {target}, {sum(n.id not in known for n in together)} of them new")
    for site, notes in conflicts(together).items():
        said = "; ".join(f"{n.author}{f', {n.team}' if n.team else ''} {n.verdict} ({n.time})" for n in notes)
        typer.echo(f"conflict on {site}: {said}")
    folder = out / safe_stem(plan.plan.name)
    manifest = read_manifest(folder)
    # the run's own file by its own name: what a person has kept lies beside it, and is theirs
    package = folder / f"{demo_stem(plan.plan.name, bool((manifest or {}).get('synthetic')))}.gpkg"
    if manifest is None or not package.is_file():
        typer.echo(f"no run in {folder} yet: the next one will show the notes")
        return
    ours = manifest.get("files", {}).get(package.name) == file_hash(package)
    counts = into_geopackage(package, together, plan.plan.language)
    if ours:
        # what a person has edited stays theirs, and the next run keeps it
        renew_manifest(folder, package)
    for layer, count in counts.items():
        typer.echo(f"{package}: layer {layer}, {count} {'feature' if count == 1 else 'features'}")
    typer.echo(f"next: landplan run {name}; its maps will show the notes")
