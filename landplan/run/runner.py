"""Running a plan: which steps are stale, running those, exporting whole."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import landplan
from landplan import catchment
from landplan.errors import LayerError, PlanError
from landplan.layers import Store
from landplan.plan import Plan, Suitability
from landplan.provenance import content_hash, file_hash, package_versions
from landplan.review import notes_file
from landplan.run import land
from landplan.run import steps as st
from landplan.run import villages as vg
from landplan.run import workers as wk
from landplan.run.cache import StepCache, code_hash
from landplan.run.directory import aside, disk_errors, list_files, place, unchanged
from landplan.run.fetched import fetched_layers
from landplan.run.growth import USED as GROWTH_LAYERS
from landplan.run.growth import GrowthSet, grow
from landplan.run.memory import peak_memory_mb
from landplan.run.sharing import RESTRICTED, strictest
from landplan.style import Text
from landplan.units import Language

if TYPE_CHECKING:
    from landplan.export.items import Atlas

__all__ = ["Progress", "RunResult", "StepRecord", "atlas_of", "run_plan"]

log = logging.getLogger(__name__)


class Progress(Protocol):
    """What a run tells whoever watches it."""

    def begin(self, step: str, weight: float) -> None:
        """A step starts; `weight` is its usual share of the run."""

    def tick(self, step: str, share: float) -> None:
        """A step is so far done, 0-1."""

    def end(self, step: str, status: str) -> None:
        """A step is done: ``run``, ``kept`` or ``skipped``."""

    def say(self, message: str) -> None:
        """Something a person should know while it runs."""


class _Silent:
    def begin(self, step: str, weight: float) -> None:
        """Ignore."""

    def tick(self, step: str, share: float) -> None:
        """Ignore."""

    def end(self, step: str, status: str) -> None:
        """Ignore."""

    def say(self, message: str) -> None:
        """Ignore."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run: whether it ran, and for how long."""

    name: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did and where it left it.

    `folder` is None when the run stopped before the export.
    """

    plan: Plan
    folder: Path | None
    records: tuple[StepRecord, ...]
    warnings: tuple[str, ...]
    kept: tuple[Path, ...] = ()
    beside: bool = False
    answer: str = ""
    seconds: float = 0.0
    peak_mb: float | None = None
    files: tuple[str, ...] = ()


_WORTH_SAYING_GB = 0.05
# shares of a usual run, for the estimate of the time left
_WEIGHTS = {"layers": 3.0, "suitability": 3.0, "network": 1.0, "catchment": 3.0, "workers": 5.0, "comparison": 0.5, "housing": 1.0, "labour": 0.5, "growth": 5.0, "villages": 2.0, "export": 9.0}


@dataclass
class _Work:
    plan: Plan
    store: Store
    cache: StepCache
    progress: Progress
    force: bool
    keys: dict[str, str] = field(default_factory=dict)
    layer_keys: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    records: list[StepRecord] = field(default_factory=list)

    def get(self, name: str, make: Callable[[st.Tick], Any], *, kind: str) -> Any:
        """Return a step's value: from this run, from the cache, or made now."""
        if name in self.values:
            return self.values[name]
        start = time.perf_counter()
        self.progress.begin(name, _WEIGHTS[kind])
        value = None if self.force else self.cache.load(name, self.keys[name])
        status = "kept"
        if value is None:
            value = make(lambda share: self.progress.tick(name, share))
            self.cache.save(name, self.keys[name], value)
            status = "run"
        self.values[name] = value
        self.records.append(StepRecord(name, status, time.perf_counter() - start))
        self.progress.end(name, status)
        return value


    def keep(self, name: str, layer: str, depends_on: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return a part of a step that rests on the network and a layer, from the cache where all it depends on is the same."""
        key = content_hash(name, self.keys["network"], self.layer_keys.get(layer), repr(depends_on))
        value = None if self.force else self.cache.load(name, key)
        if value is None:
            value = make()
            self.cache.save(name, key, value)
        return value


def _layer_keys(plan: Plan, store: Store) -> dict[str, str]:
    """Return the key of every layer: its file, what the plan says of it, its definition."""
    return {
        name: content_hash(store.hash(name), plan.layers[name].model_dump(), (store.catalog[name].path or Path()).read_bytes().hex())
        for name in store.names()
    }


def _keys(plan: Plan, layer_keys: dict[str, str]) -> dict[str, str]:
    """Return the key of every step from hashes of inputs, parameters and code alone (nothing is read)."""
    code = code_hash()
    # where the area is: its words, and what is in the file or layer that they name
    polygon = Path(plan.area.polygon) if plan.area.polygon else None
    if polygon is not None and not polygon.is_absolute():
        polygon = plan.folder / polygon
    outline = file_hash(polygon) if polygon is not None and polygon.is_file() else None
    header = (
        plan.plan.crs, plan.plan.cell_m, plan.area.model_dump(), outline,
        layer_keys.get("municipalities") if plan.area.municipalities else None, {k: st.layer_reach_m(plan, k) for k in plan.layers},
    )
    sites = {
        k: (v.model_dump(exclude={"jobs", "opening_year", "shifts", "time_zone"}), layer_keys.get(v.layer or ""))
        for k, v in plan.sites.items()
    }
    # what is kept of this step names files where they lay; a plan that has moved reads them anew, which takes a second
    keys = {"layers": content_hash("layers", code, header, layer_keys, sites, plan.catchment.mode, plan.catchment.minutes, str(plan.folder))}
    keys["network"] = content_hash(
        "network", code, header, layer_keys.get("roads"),
        plan.catchment.model_dump(include={"mode", "speed_factor", "junction_s", "seasons", "period", "rules"}),
    )
    base = (code, header, plan.plan.language, plan.plan.seed)
    for name, block in plan.suitability.items():
        used = {k: layer_keys.get(k) for k in _block_layers(block)}
        ways = (keys["network"], plan.catchment.max_snap_m, plan.catchment.access_kmh) if _by_network(block) else None
        keys[f"suitability.{name}"] = content_hash(
            "suitability", base, used, ways, block.model_dump(exclude={"ranking"}), block.ranking.layer if block.ranking else None, sorted(layer_keys),
            [a.municipality for a in plan.growth.areas.values()] if plan.growth and block.new_land else None,
        )
    reached = plan.catchment.model_dump(exclude={"workers"})
    reach = {k: layer_keys.get(k) for k in ("population_grid", "water", "localities", "facilities")}
    measures = [(s.model_dump(), *(file_hash(f) for c in s.changes if c.file and (f := plan.folder / c.file).is_file())) for s in plan.scenarios]
    keys["catchment"] = content_hash("catchment", keys["network"], reach, sites, reached, measures)
    if plan.catchment.workers is not None:
        people = {k: layer_keys.get(k) for k in wk.USED}
        own = {k: v.model_dump(include={"jobs", "opening_year", "shifts", "ramp", "name"}) for k, v in plan.sites.items()}
        table = plan.catchment.workers.choice and plan.catchment.workers.choice.transit_table
        timetable = file_hash(plan.folder / table) if table and (plan.folder / table).is_file() else table
        keys["workers"] = content_hash("workers", base, keys["network"], people, sites, own, plan.catchment.model_dump(exclude={"minutes"}), timetable)
        first = next((n for n, b in plan.suitability.items() if not b.ranking), None)
        keys["comparison"] = content_hash("comparison", keys["workers"], keys.get(f"suitability.{first}"))
    for name, block in plan.suitability.items():
        if block.ranking:
            more = {k: layer_keys.get(k) for k in (block.ranking.layer, block.ranking.services_layer)}
            keys[f"housing.{name}"] = content_hash(
                "housing", keys["network"], keys[f"suitability.{name}"], more, sites, block.ranking.model_dump(), reached
            )
        else:
            more = {k: layer_keys.get(k) for k in ("population_grid", "railways", "facilities", "localities")}
            keys[f"labour.{name}"] = content_hash("labour", keys["network"], keys[f"suitability.{name}"], more, reached)
    if plan.growth is not None:
        rest = {k: v for k, v in keys.items() if k == "workers" or k.startswith("housing.")}
        asked = {k: v.model_dump() for k, v in plan.goals.items()}
        jobs = {k: v.model_dump(include={"jobs", "opening_year", "ramp"}) for k, v in plan.sites.items()}
        used = {k: layer_keys.get(k) for k in (*GROWTH_LAYERS, plan.growth.placing.layer if plan.growth.placing else "housing_sites")}
        keys["growth"] = content_hash("growth", base, keys["network"], rest, asked, jobs, used, reached, plan.catchment.model_dump(include={"workers"}), plan.growth.model_dump(), plan.export.min_persons)
    if plan.villages is not None:
        near = {k: layer_keys.get(k) for k in vg.USED}
        legs = (plan.catchment.max_snap_m, plan.catchment.access_kmh, plan.export.min_persons)
        large = {k: (bool(s.jobs), s.name) for k, s in plan.sites.items()}
        keys["villages"] = content_hash("villages", keys["network"], near, sites, large, legs, plan.villages.model_dump(exclude={"languages", "safe_route_source"}))
    whole = plan.model_dump(exclude={"path"})
    notes = notes_file(plan)
    said = file_hash(notes) if notes.is_file() else None
    # what real flows in the north say is printed, and is content, not code
    known = catchment.prior() if plan.catchment.workers is not None else None
    fits = None if known is None else (known.fits.to_csv(), known.caveat, known.made)
    keys["export"] = content_hash("export", code_hash(showing=True), whole, keys, package_versions(), said, fits)
    return keys


def _block_layers(block: Suitability) -> list[str]:
    return [*block.layers, "municipalities", "localities", "industrial_land", "parcels", *([block.ranking.layer] if block.ranking else []), *(["population_grid"] if block.new_land else [])]


def _by_network(block: Suitability) -> bool:
    return any(c.by_network and c.layers for c in block.criteria)


def run_plan(
    plan: Plan,
    out: Path,
    *,
    steps: Sequence[str] | None = None,
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    cache: StepCache | None = None,
    today: dt.date | None = None,
) -> RunResult:
    """Run a plan and leave its run directory at ``out/<plan>``.

    Parameters
    ----------
    plan : Plan
    out : Path
        Folder of runs.
    steps : sequence of str, optional
        Only these of `STEP_NAMES` (and what they need); without ``export`` nothing is written to `out`.
    jobs : int, optional
        Threads for the kernels; the answer does not depend on it.
    force : bool, default False
        Run every step again.
    progress : Progress, optional
    cache : StepCache, optional
    today : datetime.date, optional
        Date written on pages; default today.

    Returns
    -------
    RunResult

    Raises
    ------
    LandplanError
        For anything wrong with the plan, its layers or the disc; nothing half-written is left.
    """
    begun = time.perf_counter()
    if jobs is not None:
        import numba

        numba.set_num_threads(max(1, min(jobs, int(getattr(numba.config, "NUMBA_NUM_THREADS", 1)))))
    wanted = _wanted(plan, steps)
    store = Store(plan)
    _require_layers(plan, store, wanted)
    layer_keys = _layer_keys(plan, store)
    work = _Work(plan, store, cache or StepCache(), progress or _Silent(), force, _keys(plan, layer_keys), layer_keys)
    from landplan.export.names import safe_stem

    target = out / safe_stem(plan.plan.name)
    if "export" in wanted and steps is None and not force and unchanged(target, work.keys["export"]):
        for name in [k for k in work.keys if k != "export"] + ["export"]:
            work.records.append(StepRecord(name, "kept", 0.0))
        manifest = json.loads((target / "run.json").read_text(encoding="utf-8"))
        return RunResult(
            plan, target, tuple(work.records), tuple(manifest.get("warnings", ())), answer=manifest.get("answer", ""),
            seconds=time.perf_counter() - begun, peak_mb=peak_memory_mb(), files=tuple(manifest.get("files", {})),
        )
    with disk_errors(target):
        done = _work_out(work, wanted)
        if "export" not in wanted:
            return RunResult(plan, None, tuple(work.records), done.warnings(plan.plan.language), seconds=time.perf_counter() - begun, peak_mb=peak_memory_mb())
        from landplan.run.atlas import build_atlas
        from landplan.run.exporting import write_all

        day = today or dt.datetime.now(tz=dt.UTC).date()
        start = time.perf_counter()
        work.progress.begin("export", _WEIGHTS["export"])
        atlas = build_atlas(plan, store, done, created=day.isoformat())
        with aside(target) as part:
            write_all(atlas, plan, part, lambda share: work.progress.tick("export", share), before=target)
            work.records.append(StepRecord("export", "run", time.perf_counter() - start))
            manifest = _manifest(work, atlas, part, begun, day)
            (part / "run.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
            placed = place(part, target, stamp=day.isoformat())
        work.progress.end("export", "run")
    return RunResult(
        plan, placed.folder, tuple(work.records), atlas.warnings, tuple(placed.kept), placed.beside,
        atlas.answer[plan.plan.language], time.perf_counter() - begun, peak_memory_mb(), tuple(manifest["files"]),
    )


@dataclass
class Done:
    """The values of the steps that were wanted; None where a step was not."""

    layers: st.LayerSet
    blocks: dict[str, land.BlockResult]
    network: Any
    catchments: st.CatchmentSet | None
    housing: dict[str, st.HousingResult]
    labour: dict[str, Any]
    workers: wk.WorkersSet | None = None
    beside: wk.SideBySide | None = None
    stopped_after: str = ""
    absences: tuple[Text, ...] = ()
    fetched: Any = None
    growth: GrowthSet | None = None
    villages: vg.VillageSet | None = None

    def warnings(self, language: Language) -> tuple[str, ...]:
        """Return what the layers' reading and the network's building had to do, each behind its layer's title."""
        layers = self.layers.layers
        out = [text[language] for text in self.absences]
        out += [f"{layer.definition.title[language]}: {note[language]}" for layer in layers.values() for note in layer.notes]
        if self.network is not None:
            out += [f"{layers['roads'].definition.title[language]}: {r[language]}" for r in self.network.report.remarks()]
        return tuple(out)


def _wanted(plan: Plan, steps: Sequence[str] | None) -> list[str]:
    if steps is None:
        planned = list(plan.plan.steps) or [x for x in st.STEP_NAMES if x != "export"]
        if unknown := [x for x in planned if x not in st.STEP_NAMES]:
            raise PlanError(f"plan.steps names {unknown[0]!r}; steps are {', '.join(st.STEP_NAMES)}")
        return list(dict.fromkeys([*planned, "export"]))
    if unknown := [x for x in steps if x not in st.STEP_NAMES]:
        raise PlanError(f"there is no step {unknown[0]!r}; steps are {', '.join(st.STEP_NAMES)}")
    return list(steps)


def _require_layers(plan: Plan, store: Store, wanted: Sequence[str]) -> None:
    have = set(store.names())
    for name in have:
        if name not in store.catalog:
            raise PlanError(f"[layers.{name}]: {_unknown_layer(store, name)}")
    need: dict[str, str] = {}
    if plan.villages is not None and "villages" in wanted and "localities" not in have:
        raise PlanError("[villages] needs layer localities, the villages themselves; add [layers.localities] or remove [villages]")
    if plan.sites and {"catchment"} & set(wanted):
        need |= {"roads": "the network", "population_grid": "the catchment"}
    if missing := [f"{k} (for {v})" for k, v in need.items() if k not in have]:
        raise PlanError(f"the plan asks for a catchment but lacks {' and '.join(missing)}; add [layers.…], fetch it (landplan fetch), or remove [sites]")


def _unknown_layer(store: Store, name: str) -> str:
    try:
        store.catalog[name]
    except LayerError as exc:
        return str(exc)
    return name


def atlas_of(plan: Plan, *, progress: Progress | None = None, cache: StepCache | None = None, today: dt.date | None = None) -> Atlas:
    """Work out all that a run of a plan would export, and write nothing.

    Parameters
    ----------
    plan : Plan
    progress : Progress, optional
    cache : StepCache, optional
        Steps that are there already are not run again.
    today : datetime.date, optional

    Returns
    -------
    Atlas

    Raises
    ------
    LandplanError
        As `run_plan`.
    """
    from landplan.run.atlas import build_atlas

    wanted = _wanted(plan, None)
    store = Store(plan)
    _require_layers(plan, store, wanted)
    layer_keys = _layer_keys(plan, store)
    work = _Work(plan, store, cache or StepCache(), progress or _Silent(), False, _keys(plan, layer_keys), layer_keys)
    return build_atlas(plan, store, _work_out(work, wanted), created=(today or dt.datetime.now(tz=dt.UTC).date()).isoformat())


def _work_out(work: _Work, wanted: Sequence[str]) -> Done:
    plan, store = work.plan, work.store
    data: st.LayerSet = work.get("layers", lambda tick: st.read_layers(plan, store, tick), kind="layers")
    done = Done(data, {}, None, None, {}, {}, absences=store.absences(), fetched=fetched_layers(store))
    later = set(wanted)
    ready = "roads" in data.layers and "population_grid" in data.layers and bool(plan.sites)
    need_blocks = later & {"suitability", "housing"}
    growing = "growth" in later and plan.growth is not None
    ways = need_blocks and any(_by_network(block) for block in plan.suitability.values())
    towns = plan.villages is not None and "villages" in later and "localities" in data.layers
    if (later & {"network", "catchment", "housing"} or growing or ways or towns) and "roads" in data.layers:
        done.network = work.get("network", lambda tick: st.build_network(plan, store, data, tick), kind="network")
    net = done.network
    if need_blocks:
        for name in plan.suitability:
            done.blocks[name] = work.get(f"suitability.{name}", partial(_suit, work, name, data, net), kind="suitability")
    if "catchment" in later and ready:
        done.catchments = work.get("catchment", lambda tick: st.catchments(plan, data, net, tick), kind="catchment")
        for name, block in plan.suitability.items():
            if not block.ranking and name in done.blocks:
                done.labour[name] = work.get(
                    f"labour.{name}", partial(st.labour, plan, data, net, done.blocks[name]), kind="labour"
                )
    if "catchment" in later and ready and plan.catchment.workers is not None and any(s.jobs for s in plan.sites.values()):
        done.workers = work.get("workers", lambda tick: wk.work_out(plan, data, net, tick), kind="workers")
        ranked = next((done.blocks[k].sites for k, b in plan.suitability.items() if not b.ranking and k in done.blocks), None)
        if ranked is not None and strictest(data.layers, ["industrial_land"]) == RESTRICTED:
            # what is shown beside the plan's sites may be shown
            ranked = ranked[ranked["kind"] != "named"]
        found = done.workers
        if found is not None:
            done.beside = work.get("comparison", lambda _: wk.side_by_side(plan, data, net, found, ranked), kind="comparison")
    if "housing" in later and ready:
        for name, block in plan.suitability.items():
            ranking = block.ranking
            if ranking and ranking.layer in data.layers:
                done.housing[name] = work.get(
                    f"housing.{name}",
                    partial(st.rank_housing, plan, ranking, data, net, done.blocks[name]),
                    kind="housing",
                )
    if "growth" in later and plan.growth is not None:
        done.growth = work.get("growth", lambda tick: grow(plan, data, done.network, done.workers, done.housing, done.blocks, tick), kind="growth")
    if towns:
        done.villages = work.get("villages", lambda tick: vg.work_out(plan, data, net, tick), kind="villages")
    if set(plan.plan.steps) and "export" in later:
        done.stopped_after = plan.plan.steps[-1]
    return done


def _suit(work: _Work, name: str, data: st.LayerSet, net: Any, tick: Any) -> land.BlockResult:
    """Say what a suitability step will need, then do it."""
    size, limit = data.grid.size, work.plan.plan.memory_limit_gb
    need = size * land.bytes_per_cell(work.plan.suitability[name]) / 1e9
    # a town on a coarse grid needs no more than the program itself
    if need >= _WORTH_SAYING_GB:
        work.progress.say(f"suitability.{name}: {size / 1e6:.1f} million cells, about {need:.1f} GB of memory; the plan's limit is {limit:g} GB")
    return land.suit(work.plan, name, work.store, data, net, tick, keep=work.keep)


def _manifest(work: _Work, atlas: Atlas, part: Path, begun: float, day: dt.date) -> dict[str, Any]:
    plan = work.plan
    return {
        "plan": plan.plan.name,
        "plan_file": plan.path.name if plan.path else "",
        "key": work.keys["export"],
        "keys": work.keys,
        "created": day.isoformat(),
        "landplan": landplan.__version__,
        "versions": package_versions(),
        "synthetic": atlas.synthetic,
        "answer": atlas.answer[plan.plan.language],
        "steps": [{"name": r.name, "status": r.status, "seconds": round(r.seconds, 3)} for r in work.records],
        "seconds": round(time.perf_counter() - begun, 3),
        "peak_memory_mb": peak_memory_mb(),
        "warnings": list(atlas.warnings),
        "provenance": atlas.provenance.as_dict(),
        "files": list_files(part),
    }
