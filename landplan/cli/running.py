"""Running from the terminal: finding plans, progress bars, the summary."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from landplan.content import sample_folder, shipped_plan, shipped_plans
from landplan.errors import ExportError, PlanError

if TYPE_CHECKING:
    from landplan.plan import Plan
    from landplan.run import RunResult
    from landplan.run.batch import Outcome

__all__ = ["Bars", "build_sample", "load_plan", "plan_names", "run_command", "run_many", "write_new_plan"]


def load_plan(name: str, overrides: list[str]) -> Plan:
    """Read a plan by path or shipped name.

    Raises
    ------
    PlanError
        If neither exists.
    """
    from landplan.plan import read

    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        shipped = shipped_plan(name)
        if shipped is None:
            raise PlanError(f"there is no file {name!r} and no shipped plan of that name; shipped plans: {', '.join(shipped_plans())}")
        path = shipped
    return read(path, overrides=overrides)


def plan_names(names: list[str]) -> list[str]:
    """Return the plans that are meant: a folder stands for every plan in it, on disc or shipped.

    Raises
    ------
    PlanError
        If a folder has no plan.
    """
    out: list[str] = []
    for name in names:
        path = Path(name)
        inside = [str(p) for p in sorted(path.glob("*.toml"))] if path.is_dir() else []
        if not inside and not path.exists():
            inside = [p for p in shipped_plans() if p.startswith(f"{name.rstrip('/')}/")]
        if path.is_dir() and not inside:
            raise PlanError(f"{name} is a folder without plans (*.toml); give a plan file, or a folder of them")
        out += inside or [name]
    return out


class Bars:
    """Progress bars with an estimate of the time left; silent without a terminal."""

    def __init__(self, total: float, *, verbose: bool) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)
        self.verbose = verbose
        self._total = total
        self._done = 0.0
        self._weight: dict[str, float] = {}
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Bars:
        """Start the bar when there is a terminal to draw on."""
        if self.console.is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=self.console, transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("landplan", total=self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def begin(self, step: str, weight: float) -> None:
        """A step starts."""
        self._weight[step] = weight
        if self._bar is not None:
            self._bar.update(self._task, description=step)
        elif self.verbose:
            self.say(f"{step} …")

    def tick(self, step: str, share: float) -> None:
        """A step is so far done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done + self._weight.get(step, 0.0) * share)

    def end(self, step: str, status: str) -> None:
        """A step is done."""
        self._done += self._weight.get(step, 0.0)
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)

    def say(self, message: str) -> None:
        """Print a line without breaking the bar."""
        self.console.print(message, highlight=False, markup=False)


def _cold() -> bool:
    from landplan.kernels import compiled_folder

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or compiled_folder())
    return not folder.is_dir() or not any(folder.rglob("*.nbi"))


def run_command(
    name: str, out: Path, *, steps: list[str] | None, overrides: list[str], jobs: int | None, force: bool, verbose: bool
) -> None:
    """Run a plan and print what came out."""
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("fontTools").setLevel(logging.WARNING)
    plan = load_plan(name, overrides)
    from landplan.run import run_plan
    from landplan.run.warming import second_process

    total = 12.0 + 3.0 * len(plan.suitability) + 5.0
    with Bars(total, verbose=verbose) as bars, ExitStack() as beside:
        if _cold():
            beside.enter_context(second_process())
            bars.say("First run on this machine: the numerical kernels are compiled once and kept in your cache folder; this takes about a minute.")
        result = run_plan(plan, out, steps=steps, jobs=jobs, force=force, progress=bars)
    _summary(result, verbose=verbose)


def run_many(names: list[str], out: Path, *, steps: list[str] | None, overrides: list[str], jobs: int | None, force: bool, verbose: bool) -> int:
    """Run several plans, print what became of each and return the exit code: one that fails stops none of the others."""
    from rich.console import Console

    from landplan.run import run_batch, run_plan

    console = Console(highlight=False)
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)

    def go(plan: Plan) -> RunResult:
        with Bars(12.0 + 3.0 * len(plan.suitability) + 5.0, verbose=verbose) as bars:
            return run_plan(plan, out, steps=steps, jobs=jobs, force=force, progress=bars)

    def tell(found: Outcome, number: int) -> None:
        said = f"{found.seconds:.1f} s  {found.result.answer}" if found.result is not None else f"failed: {found.error}"
        console.print(f"{number}/{len(names)}  {found.title or found.name}: {said}", markup=False, soft_wrap=True)

    done = run_batch(names, out, load=lambda name: load_plan(name, overrides), run=go, said=tell)
    failed = [o for o in done.outcomes if o.error]
    console.print(f"{len(done.outcomes) - len(failed)} of {len(done.outcomes)} plans were run.", markup=False)
    for outcome in failed:
        console.print(f"  not run: {outcome.name}", markup=False, soft_wrap=True)
    for path in done.files:
        console.print(f"{path}", markup=False, soft_wrap=True)
    return done.exit_code


def _summary(result: RunResult, *, verbose: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=result.plan.plan.title.text()[result.plan.plan.language], title_justify="left")
    table.add_column("step")
    table.add_column("what was done")
    table.add_column("seconds", justify="right")
    for record in result.records:
        table.add_row(record.name, "run" if record.status == "run" else "kept from last time", f"{record.seconds:.1f}")
    console.print(table)
    if result.answer:
        console.print(result.answer, markup=False)
    for path in result.kept:
        console.print(f"Kept what you changed since the last run: {path}", markup=False, soft_wrap=True)
    if result.beside and result.folder:
        console.print(f"A file of the last run is open in another program; the new run stands beside it: {result.folder}", markup=False, soft_wrap=True)
    if result.folder is None:
        console.print("Stopped before the export: nothing was written to the output folder.")
    else:
        first = [f for f in result.files if f.endswith((".qgz", "report.html")) or (f.startswith("maps/") and f.endswith(".html"))]
        console.print(f"{result.folder}", markup=False, soft_wrap=True)
        for name in first:
            console.print(f"  {name}", markup=False, soft_wrap=True)
    memory = f", {result.peak_mb:.0f} MB at most" if result.peak_mb else ""
    console.print(f"{result.seconds:.1f} s{memory}")
    if result.warnings:
        shown = result.warnings if verbose else result.warnings[:3]
        for warning in shown:
            console.print(f"note: {warning}", markup=False)
        if len(result.warnings) > len(shown):
            console.print(f"… and {len(result.warnings) - len(shown)} more notes in run.json (or -v)")


def write_new_plan(file: Path, municipality: str, title: str) -> None:
    """Write a commented plan; an existing file is never overwritten.

    Raises
    ------
    PlanError
        If no municipality has the code.
    ExportError
        If the file exists or cannot be written.
    """
    import difflib
    import re
    import unicodedata

    from landplan.layers.shapes import municipality_names
    from landplan.plan import new_plan

    if not re.fullmatch(r"\d{4}|FI-\d{3}", municipality):
        raise PlanError(f"municipality code {municipality!r} is not four digits, as 2262 for Timrå (or FI-851 for Tornio)")
    known = municipality_names()
    if municipality.isdigit() and municipality not in known:
        near = [f"{c} ({known[c][0]})" for c in difflib.get_close_matches(municipality, known, n=3, cutoff=0.5)]
        raise PlanError(f"no municipality of Sweden has the code {municipality}" + (f"; near it are {', '.join(near)}" if near else ""))
    if file.exists():
        raise ExportError(f"{file} exists; give another name so that nothing is overwritten")
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_]+", "_", plain).strip("_") or "plan"
    text = new_plan(name=name if name[0].isalpha() else f"plan_{name}", title=title or file.stem, code=municipality, file=file.name)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ExportError(f"{file} cannot be written ({exc.strerror}); choose another folder") from exc


def build_sample(out: Path, nodes: int | None, seed: int, area: str = "torsboda") -> None:
    """Build a sample area, or a bigger one, into a folder.

    Raises
    ------
    ExportError
        If the folder holds something else.
    """
    import typer

    from landplan import sample

    if out.exists() and any(out.iterdir()) and not (out / "sample.json").exists():
        raise ExportError(f"{out} is not empty and holds no sample; choose another folder with --out")
    with Bars(1.0, verbose=False) as bars:
        bars.begin("sample", 1.0)
        sample.build(out, inputs=sample_folder(area) / "inputs", seed=seed, nodes=nodes, area=area, progress=lambda *a: bars.tick("sample", float(a[-1]) if a and isinstance(a[-1], float) else 0.0))
    typer.echo(f"wrote {out}")
