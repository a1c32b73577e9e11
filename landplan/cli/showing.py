"""Printing the catalogue, checks, comparisons and notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from landplan.errors import LayerError

if TYPE_CHECKING:
    from rich.console import Console

    from landplan.layers.catalog import SourceSpec
    from landplan.plan import Plan

__all__ = ["check_file", "print_comparison", "print_doctor", "print_layer", "print_layers", "print_notes"]


def _language(language: str) -> str:
    if language not in ("sv", "en"):
        raise LayerError(f"language {language!r} is not sv or en")
    return language


def print_layers(theme: str | None, language: str) -> None:
    """List the catalogue as a table."""
    from rich.console import Console
    from rich.table import Table

    from landplan.layers import load_catalog

    lang = _language(language)
    catalog = load_catalog()
    themes = sorted({d.theme for d in catalog.values()})
    if theme and theme not in themes:
        raise LayerError(f"there is no theme {theme!r}; themes: {', '.join(themes)}")
    table = Table(box=None, pad_edge=False)
    for heading in ("layer", "kind", "theme", "team", "title"):
        table.add_column(heading)
    for d in sorted(catalog.values(), key=lambda d: (d.theme, d.id)):
        if theme in (None, d.theme):
            table.add_row(d.id, d.kind, d.theme, d.team, d.title[lang])
    Console(highlight=False).print(table)


def print_layer(name: str, language: str) -> None:
    """Show one definition."""
    from rich.console import Console
    from rich.table import Table

    from landplan.layers import load_catalog

    lang = _language(language)
    d = load_catalog()[name]
    console = Console(highlight=False)
    console.print(f"{d.title[lang]} ({d.id}, {d.kind})", markup=False)
    console.print(d.description[lang], markup=False)
    console.print(f"CRS {d.native_crs or '-'}; licence {d.licence}; {d.attribution}; updated {d.update_rhythm}; sharing {d.sharing}", markup=False)
    if d.legal:
        console.print(f"legal: {d.legal}", markup=False)
    if d.fields:
        table = Table(box=None, pad_edge=False)
        for heading in ("column", "type", "unit", "required", "allowed", "alias"):
            table.add_column(heading)
        for f in d.fields:
            span = f"{'' if f.low is None else f'{f.low:g}'}…{'' if f.high is None else f'{f.high:g}'}" if (f.low, f.high) != (None, None) else ""
            table.add_row(f.name, f.type, f.unit, "yes" if f.required else "", ", ".join(f.domain) or span, f.alias[lang])
        console.print(table)
    for s in d.sources:
        _print_source(console, s)


def _print_source(console: Console, source: SourceSpec) -> None:
    """Show one source: whose, how it is asked, under what licence, and which environment variable opens it."""
    from landplan.layers.sources.login import variables_of

    options = dict(source.options)
    if not source.live:
        console.print(f"source: {source.kind} " + ", ".join(f"{k}={v}" for k, v in options.items()), markup=False, soft_wrap=True)
        return
    console.print(f"source {source.id}: {source.provider} ({source.kind}, {source.country}); {options.get('licence', '')}; {options.get('attribution', '')}", markup=False, soft_wrap=True)
    for key in ("url", "file", "type_name", "collection", "table", "tags", "member"):
        if key in options:
            console.print(f"  {key} = {options[key]}", markup=False, soft_wrap=True)
    if variables := variables_of(options):
        at = f", from {options['key_at']}" if options.get("key_at") else ""
        console.print(f"  needs {' and '.join(variables)} in the environment or the keyring{at}", markup=False, soft_wrap=True)
    if options.get("doubt"):
        console.print(f"  not sure: {options['doubt']}", markup=False, soft_wrap=True)


def check_file(file: Path, name: str, table: str | None, crs: str | None, plan: str | None) -> None:
    """Check a file, print every fault, exit 1 when there is any."""
    from landplan.layers import check, load_catalog

    area = None
    if plan:
        from landplan.cli.running import load_plan
        from landplan.layers.store import Store, area_degrees

        found = load_plan(plan, [])
        area = area_degrees(found, Store(found))
    report = check(file, load_catalog()[name], table=table, crs=crs, area_degrees=area)
    counted = "cells" if load_catalog()[name].kind == "raster" else "features"
    typer.echo(f"{file}: {report.features} {counted}, {report.crs or 'no CRS'}")
    for fault in report.faults:
        typer.echo(f"  fault: {fault}")
    for warning in report.warnings:
        typer.echo(f"  note: {warning}")
    if not report.ok:
        typer.echo(f"{len(report.faults)} {'kind' if len(report.faults) == 1 else 'kinds'} of fault; the file does not meet the contract of {name!r}")
        raise typer.Exit(1)
    typer.echo(f"meets the contract of {name!r}")


def print_doctor(plan: Plan) -> None:
    """Say what a plan rests on."""
    from rich.console import Console
    from rich.table import Table

    from landplan.doctor import examine

    found = examine(plan)
    table = Table(box=None, pad_edge=False)
    for heading in ("layer", "basis", "date", "age", "source", "licence", "used by"):
        table.add_column(heading)
    for row in found.layers:
        age = "" if row.age_days is None else f"{row.age_days} d{' !' if row.stale else ''}"
        table.add_row(row.layer, row.basis, row.date, age, row.provider, row.licence, ", ".join(row.used_by))
    console = Console(highlight=False)
    if not console.is_terminal:
        # a file or another program reads it: nothing is cut at a width nobody has
        console = Console(highlight=False, width=200)
    console.print(table)
    for line in found.sentences:
        console.print(line, markup=False, soft_wrap=True)


def print_comparison(first: Path, second: Path) -> None:
    """Print the differences of two runs."""
    from landplan.compare import compare_runs

    for line in compare_runs(first, second).lines():
        typer.echo(line)


def print_notes(notes: list[Path]) -> None:
    """List reviewers' notes."""
    from landplan.review import read_notes

    for note in read_notes(notes):
        typer.echo(f"{note.time} {note.author}: {note.verdict or 'note'} {note.site_id or ''} {note.text}".rstrip())
