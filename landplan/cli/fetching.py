"""``landplan fetch``: a line a layer, a bar while it comes, and a summary that says what to do next."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from landplan.layers.fetching import Outcome
    from landplan.plan import Plan
    from landplan.units import Language

__all__ = ["fetch_command"]

_WORDS = {
    "fetched": ("hämtat", "fetched"),
    "same": ("hämtat, ingen skillnad", "fetched, no difference"),
    "fresh": ("färskt, frågas inte", "fresh, not asked"),
    "empty": ("finns inte i området", "none in the area"),
    "kept": ("MISSLYCKADES, förra versionen kvar", "FAILED, the version before stays"),
    "failed": ("MISSLYCKADES", "FAILED"),
    "asked": ("skulle fråga", "would ask"),
}


class Lines:
    """Says how a fetch goes: a bar on a terminal, lines elsewhere."""

    def __init__(self, language: str, *, quiet: bool = False) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, highlight=False)
        self.sv = language == "sv"
        self.quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._at = (0, 0)

    def __enter__(self) -> Lines:
        """Start the bar when there is a terminal to draw on."""
        if self.console.is_terminal and not self.quiet:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"), TimeElapsedColumn(), TimeRemainingColumn(),
                console=self.console, transient=True,
            )  # fmt: skip
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def begin(self, layer: str, number: int, total: int) -> None:
        """A layer starts."""
        self._at = (number, total)
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(f"{number}/{total} {layer}", total=None, count="")

    def tick(self, layer: str, done: int, total: int | None) -> None:
        """So much of it has come."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, count=f"{done}" + (f"/{total}" if total else ""))

    def end(self, outcome: Outcome) -> None:
        """A layer is done."""
        if not self.quiet:
            self.console.print(self.line(outcome), markup=False, soft_wrap=True)

    def line(self, outcome: Outcome) -> str:
        """Return a layer's line."""
        from landplan.layers.sources.secrets import redact
        from landplan.units import format_int

        language: Language = "sv" if self.sv else "en"
        words = _WORDS[outcome.status][0 if self.sv else 1]
        parts = [f"{outcome.layer}: {words}"]
        entry = outcome.entry
        if entry is not None and entry.features and outcome.status in ("fetched", "same", "fresh"):
            kind = Path(entry.file).suffix
            sv, en = {".tif": ("celler", "cells"), ".zip": ("filer", "files"), ".csv": ("rader", "rows")}.get(kind, ("objekt", "features"))
            what = sv if self.sv else en
            parts.append(f"{format_int(entry.features, language=language)} {what}, {entry.providers}, {entry.fetched[:10]}")
        if outcome.change is not None and outcome.status == "fetched":
            parts.append(outcome.change.text()[language])
        if outcome.resumed:
            parts.append(_kept(outcome.resumed, self.sv))
        if outcome.reason and outcome.status != "empty":
            parts.append(outcome.reason)
        return redact("; ".join(parts))


def fetch_command(
    name: str, layers: list[str], *, force: bool, dry_run: bool, as_json: bool, overrides: list[str], verbose: bool
) -> None:
    """Fetch and print what came of it."""
    from landplan.cli.running import load_plan
    from landplan.layers.fetching import fetch, plain

    if verbose:
        from landplan.layers.sources.secrets import Redacting

        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
        for handler in logging.getLogger().handlers:
            handler.addFilter(Redacting())
    plan = load_plan(name, overrides)
    with Lines(plan.plan.language, quiet=as_json) as lines:
        found = fetch(plan, only=layers, force=force, dry_run=dry_run, watcher=None if dry_run else lines)
    if as_json:
        typer.echo(plain(found))
    elif dry_run:
        for outcome in found:
            typer.echo(lines.line(outcome))
            for asked in outcome.asked:
                typer.echo(f"  {asked}")
    else:
        _summary(plan, found, name)
    if any(not o.ok for o in found):
        raise typer.Exit(1)


def _summary(plan: Plan, found: list[Outcome], name: str) -> None:
    """Say where the layers are, what failed, and what comes next."""
    from landplan.layers.lock import LOCK

    sv = plan.plan.language == "sv"
    bad = [o for o in found if not o.ok]
    typer.echo(f"{'Lagren ligger i' if sv else 'The layers are in'} {plan.store_folder} ({LOCK}).")
    if bad:
        names = ", ".join(o.layer for o in bad)
        typer.echo(
            f"{len(bad)} av {len(found)} lager kom inte: {names}. Det som kom är kvar; kör landplan fetch igen för resten."
            if sv
            else f"{len(bad)} of {len(found)} layers did not come: {names}. What came is kept; run landplan fetch again for the rest."
        )
    typer.echo(f"{'Nästa' if sv else 'Next'}: landplan doctor {name}; landplan run {name}")


def _kept(pages: int, sv: bool) -> str:
    """Say how much of a broken fetch was still there."""
    if sv:
        return f"{pages} {'sida' if pages == 1 else 'sidor'} fanns kvar"
    return f"{pages} {'page was' if pages == 1 else 'pages were'} there already"
