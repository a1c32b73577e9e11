"""Several plans run one after another: one that fails stops none of the others, and a table holds them against each other.

The table is fed from the runs' own machine tables, named in `FEEDS`: a later analysis is a line there, not code here.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from landplan.compare import Snapshot, read_run
from landplan.contracts import FieldSpec
from landplan.errors import LandplanError, PlanError
from landplan.export import comparison
from landplan.export.items import TableItem
from landplan.run.portrait import STEPS
from landplan.run.wording import say
from landplan.style import Text
from landplan.units import Language

if TYPE_CHECKING:
    import pandas as pd

    from landplan.plan import Plan
    from landplan.run.runner import RunResult

__all__ = ["FEEDS", "BatchResult", "Feed", "Outcome", "compare_table", "run_batch"]

log = logging.getLogger(__name__)
_KEY: Final = "municipality_code"
INTERNAL: Final = 3
"""The exit code of what is our fault and not the data's, as the command line's guard has it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A column of the comparison, and the cell of a run's table that it comes from.

    Attributes
    ----------
    spec : FieldSpec
        The column as people read it.
    table, column : str
        Of the run's machine tables.
    where : mapping
        Values of columns that pick the row, besides the municipality where the table has its code.
    take : {"one", "join"}
        The cell of the only row, or all rows' cells with commas between.
    words : mapping of str to Text
        What cells are called.
    always : bool
        Shown also where no run has a value.
    """

    spec: FieldSpec
    table: str
    column: str
    where: Mapping[str, Any] = field(default_factory=dict)
    take: Literal["one", "join"] = "one"
    words: Mapping[str, Text] = field(default_factory=dict)
    always: bool = False


def _f(name: str, kind: Any, key: str, unit: str = "") -> FieldSpec:
    return FieldSpec(name, kind, say(key), unit=unit)


def _fact(name: str, kind: Any, key: str, unit: str = "") -> Feed:
    return Feed(_f(name, kind, key, unit), "municipality_facts", name)


_PERSONS: Final = "personer"
FEEDS: Final[tuple[Feed, ...]] = (
    _fact("population", "int", "p_population", _PERSONS), _fact("population_date", "text", "p_population_date"), _fact("employed_residents", "int", "p_employed", _PERSONS),
    _fact("jobs", "int", "p_jobs", _PERSONS), _fact("out_percent", "float", "p_out_share", "%"), _fact("in_percent", "float", "p_in_share", "%"), _fact("to", "text", "p_to"),
    _fact("to_persons", "int", "p_to_persons", _PERSONS), _fact("la_region", "text", "p_la"), Feed(_f("la_region_after", "text", "b_la_after"), "labour_regions", "after", always=True),
    _fact("dependency_ratio", "float", "p_dependency"), _fact("working_from", "int", "p_working_from", "år"), _fact("working_to", "int", "p_working_to", "år"),
    _fact("young_percent", "float", "p_young", "%"), _fact("working_percent", "float", "p_working", "%"), _fact("old_percent", "float", "p_old", "%"),
    _fact("age_date", "text", "p_age_date"),
    Feed(_f("population_2040", "float", "b_population_2040", _PERSONS), "growth_people_kommunen", "baseline", where={"year": "2040"}),
    Feed(_f("dependency_2040", "float", "b_dependency_2040"), "growth_ages_kommunen", "dependency", where={"year": "2040"}),
    Feed(_f("aged_80_2040", "float", "b_aged_80_2040", _PERSONS), "growth_ages_kommunen", "aged_80_up", where={"year": "2040"}),
    Feed(_f("left_out", "text", "t_left_out_short"), "steps_left_out", "step", take="join", words={s: say(f"step_{s}") for s in STEPS}),
)  # fmt: skip
"""The comparison's columns."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plan: its run, or why there is none."""

    name: str
    title: str = ""
    result: RunResult | None = None
    error: str = ""
    exit_code: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of all plans, and the files that hold them against each other."""

    outcomes: tuple[Outcome, ...]
    files: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when every plan was run, else the largest of the failures'."""
        return max((o.exit_code for o in self.outcomes), default=0)


def run_batch(
    names: Sequence[str], out: Path, *, load: Callable[[str], Plan], run: Callable[[Plan], RunResult], said: Callable[[Outcome, int], None] | None = None,
    today: dt.date | None = None,
) -> BatchResult:
    """Run several plans, then write what they found beside each other.

    Parameters
    ----------
    names : sequence of str
        Plan files or names.
    out : Path
        Folder of runs; gets the comparison.
    load : callable
        Reads a plan by its name.
    run : callable
        Runs a plan.
    said : callable, optional
        Told each outcome and its number, from 1, as it comes.
    today : datetime.date, optional

    Returns
    -------
    BatchResult

    Raises
    ------
    DiskError
        If the comparison cannot be written.

    Examples
    --------
    >>> from landplan.plan import read
    >>> from landplan.run import run_plan
    >>> done = run_batch(["a.toml", "b.toml"], Path("out"), load=lambda n: read(Path(n)), run=lambda p: run_plan(p, Path("out")))  # doctest: +SKIP
    """
    outcomes: list[Outcome] = []
    taken: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        begun = time.perf_counter()
        title = ""
        try:
            plan = load(name)
            title = plan.plan.title.text()[plan.plan.language]
            if plan.plan.name in taken:
                raise PlanError(f"{name}: [plan] name {plan.plan.name!r} is that of {taken[plan.plan.name]} too, and its run would take that one's place; give each plan a name of its own")
            taken[plan.plan.name] = name
            found = Outcome(name, title, run(plan), seconds=time.perf_counter() - begun)
        except LandplanError as exc:
            found = Outcome(name, title, None, str(exc), exc.exit_code, time.perf_counter() - begun)
        except Exception as exc:
            # a fault of ours in one plan must not cost the others their runs
            log.info("plan %s ended in %s", name, exc)
            if os.environ.get("LANDPLAN_TRACEBACK"):
                traceback.print_exc()
            found = Outcome(name, title, None, f"internal error: {type(exc).__name__}: {exc}", INTERNAL, time.perf_counter() - begun)
        outcomes.append(found)
        if said is not None:
            said(found, number)
    files = _write(outcomes, out, today or dt.datetime.now(tz=dt.UTC).date())
    return BatchResult(tuple(outcomes), tuple(files))


def _write(outcomes: Sequence[Outcome], out: Path, day: dt.date) -> list[Path]:
    done = [(o, o.result) for o in outcomes if o.result is not None and o.result.folder is not None]
    if not done:
        return []
    language: Language = done[0][1].plan.plan.language
    runs = [(r, read_run(r.folder)) for _, r in done if r.folder is not None]
    tables = [compare_table([(r.plan, s) for r, s in runs], language), *_left_out([(r.plan, s) for r, s in runs], language)]
    links, sources = [], []
    for result, _ in runs:
        if result.folder is None:
            continue
        manifest = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
        page = next((f for f in manifest["files"] if f.endswith("report.html") and "/" not in f), None)
        if page is not None:
            links.append((result.plan.plan.title.text()[language], f"{result.folder.name}/{page}"))
        sources += [" ".join(t for t in (s.get("attribution") or s.get("source"), s.get("data_date"), s.get("licence")) if t) for s in manifest["provenance"]["layers"]]
    failed = tuple((o.title or o.name, o.error) for o in outcomes if o.error)
    notes = [plan.plan.note.text() for plan in (r.plan for r, _ in runs) if plan.plan.note is not None]
    written = comparison.Beside(
        title=say("b_title", count=len(done)), language=language, tables=tuple(tables), links=tuple(links), failed=failed,
        sources=tuple(sorted({s for s in sources if s})), notes=tuple(dict.fromkeys([say("b_flows"), say("b_ages"), say("b_regions"), *notes])), created=day.isoformat(),
    )  # fmt: skip
    return comparison.write(written, out)


def compare_table(runs: Sequence[tuple[Plan, Snapshot]], language: Language, feeds: Iterable[Feed] = FEEDS) -> TableItem:
    """Return runs beside each other: a row a municipality of each, a column a feed.

    Parameters
    ----------
    runs : sequence of (Plan, Snapshot)
    language : {"sv", "en"}
    feeds : iterable of Feed
        Those that no run has a value for are left out, unless they are always shown.

    Returns
    -------
    TableItem

    Examples
    --------
    >>> compare_table([(plan, read_run(Path("out/norrbotten_boden")))], "sv").frame["out_percent"].tolist()  # doctest: +SKIP
    [28.6]
    """
    import pandas as pd

    feeds = tuple(feeds)
    rows: list[dict[str, Any]] = []
    for plan, snapshot in runs:
        facts = snapshot.table("municipality_facts")
        towns = [] if facts is None or _KEY not in facts else [(str(c), str(n)) for c, n in zip(facts[_KEY], facts["name"], strict=True)]
        for code, name in towns or [("", plan.plan.title.text()[language])]:
            row: dict[str, Any] = {"name": name, _KEY: code}
            row |= {f.spec.name: _cell(f, snapshot, code, language) for f in feeds}
            row |= _bands(snapshot, code)
            rows.append(row)
    frame = pd.DataFrame(rows)
    kept = [f.spec for f in feeds if f.always or frame[f.spec.name].notna().any()]
    ages = sorted((c for c in frame if str(c).startswith("band_")), key=lambda c: int(str(c).split("_")[1]))
    fields = [_f("name", "text", "f_municipality"), _f(_KEY, "text", "f_municipality_code"), *kept]
    at = next((i + 1 for i, f in enumerate(fields) if f.name == "old_percent"), len(fields))
    fields[at:at] = [FieldSpec(str(c), "int", _age(str(c)), unit=_PERSONS) for c in ages]
    for spec in fields:
        if spec.type == "int":
            frame[spec.name] = pd.to_numeric(frame[spec.name]).round().astype("Int64")
    frame = frame.sort_values([_KEY, "name"], kind="stable")[[f.name for f in fields]].reset_index(drop=True)
    synthetic = any(s.synthetic for _, s in runs)
    return TableItem(id="comparison", title=say("b_table"), frame=frame, fields=tuple(fields), synthetic=synthetic, note=say("b_note"))


def _age(column: str) -> Text:
    _, first, last = column.split("_")
    return Text(f"{first}–{last} år", f"Aged {first}–{last}") if last else Text(f"{first} år och äldre", f"Aged {first} and above")


def _bands(snapshot: Snapshot, code: str) -> dict[str, float]:
    """Persons by age band: the bands are the statistic's own."""
    from landplan.growth.bands import parse_band

    table = snapshot.table("population_bands")
    if table is None or _KEY not in table:
        return {}
    found = {}
    for row in table[table[_KEY].astype(str) == code].to_dict("records"):
        first, last = parse_band(str(row["age_group"]))
        found[f"band_{first}_{'' if last is None else last}"] = float(row["persons"])
    return found


def _cell(feed: Feed, snapshot: Snapshot, code: str, language: Language) -> Any:
    table = snapshot.table(feed.table)
    if table is None or feed.column not in table:
        return None
    rows = table[table[_KEY].astype(str) == code] if _KEY in table else table
    for column, value in feed.where.items():
        rows = rows[rows[column] == value] if column in rows else rows.iloc[:0]
    values = [_word(feed, v, language) for v in rows[feed.column] if v is not None and v == v and v != ""]
    if feed.take == "join":
        return ", ".join(map(str, values)) or None
    return values[0] if len(values) == 1 else None


def _word(feed: Feed, value: Any, language: Language) -> Any:
    return feed.words[value][language] if isinstance(value, str) and value in feed.words else value


def _left_out(runs: Sequence[tuple[Plan, Snapshot]], language: Language) -> list[TableItem]:
    """Return the steps that each run left out, and why; no table where none did."""
    import pandas as pd

    parts: list[pd.DataFrame] = []
    for plan, snapshot in runs:
        table = snapshot.table("steps_left_out")
        if table is not None and len(table):
            parts.append(table.assign(name=plan.plan.title.text()[language]))
    if not parts:
        return []
    whole = pd.concat(parts, ignore_index=True)
    # what is left out of every run alike is said once
    grouped = whole.groupby(["step", "missing", "reason"], sort=False, dropna=False)["name"].agg(list).reset_index()
    grouped["name"] = [say("b_every")[language] if len(n) == len(runs) else ", ".join(n) for n in grouped["name"]]
    grouped["step"] = [say(f"step_{s}")[language] for s in grouped["step"]]
    fields = (_f("step", "text", "p_step"), _f("name", "text", "b_where"), _f("missing", "text", "p_missing"), _f("reason", "text", "p_reason"))
    return [TableItem(id="steps_left_out", title=say("t_left_out"), frame=grouped[[f.name for f in fields]], fields=fields)]
