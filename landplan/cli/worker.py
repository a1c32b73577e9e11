"""Work for a desktop program: one request on standard input, JSON lines on standard output.

QGIS has its own Python and its own GDAL; the plugin therefore asks landplan in the environment it is
installed in. The first line of standard input is the request. When the other end closes standard input, by a
click on Cancel or by falling over, the work stops as by Ctrl-C: what was half written is removed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landplan.errors import PlanError

if TYPE_CHECKING:
    from landplan.toolbox import Answer, LayerFile
    from landplan.toolbox.frames import Watch
    from landplan.units import Language

__all__ = ["PROTOCOL", "perform", "serve"]

PROTOCOL: Final = 1
"""Raised when a plugin of before would misunderstand an answer."""
_STDIN: Final = 0


class _Line:
    """Writes one JSON object a line; never two halves of a progress in one per cent."""

    def __init__(self) -> None:
        self._last = -1

    def __call__(self, **what: Any) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    def progress(self, share: float) -> None:
        now = int(100 * min(max(share, 0.0), 1.0))
        if now > self._last:
            self._last = now
            self(progress=now)


class _Steps:
    """A plan's progress as one number."""

    def __init__(self, line: _Line, total: float) -> None:
        self._line = line
        self._total = total
        self._done = 0.0
        self._weight: dict[str, float] = {}

    def begin(self, step: str, weight: float) -> None:
        """A step starts."""
        self._weight[step] = weight
        self._line(message=f"{step} …")

    def tick(self, step: str, share: float) -> None:
        """A step is so far done."""
        self._line.progress((self._done + self._weight.get(step, 0.0) * share) / self._total)

    def end(self, step: str, status: str) -> None:
        """A step is done."""
        self._done += self._weight.get(step, 0.0)
        self._line.progress(self._done / self._total)

    def say(self, message: str) -> None:
        """Pass a message on."""
        self._line(message=message)


def _request() -> dict[str, Any]:
    # read by byte, not by Python's buffer: a thread that waits in the buffer's lock hangs the way out
    found = b""
    while not found.endswith(b"\n"):
        byte = os.read(_STDIN, 1)
        if not byte:
            break
        found += byte
    try:
        request = json.loads(found or b"null")
    except ValueError as error:
        raise PlanError(f"the request is not JSON: {error}") from error
    if not isinstance(request, dict) or not isinstance(request.get("tool"), str):
        raise PlanError('the request is not an object with a "tool"; this command is for the QGIS plugin')
    return request


def _stop_when_left() -> None:
    """Stop the main thread, as Ctrl-C does, when standard input ends."""

    def wait() -> None:
        while os.read(_STDIN, 4096):
            pass
        if os.name == "nt":
            import _thread

            _thread.interrupt_main()
        else:
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def _file(value: Any) -> LayerFile:
    from landplan.toolbox import LayerFile

    return LayerFile(Path(value["path"]), value.get("layer") or None, value.get("title", ""))


def _check(ask: Mapping[str, Any], watch: Watch) -> Answer:
    from landplan.toolbox import check_layer

    return check_layer(_file(ask["layer"]), ask["as"], Path(ask["out"]) if ask.get("out") else None, watch)


def _matrix(ask: Mapping[str, Any], watch: Watch) -> Answer:
    from landplan.toolbox import travel_times

    roads, origins, destinations = (_file(ask[k]) for k in ("roads", "origins", "destinations"))
    return travel_times(roads, origins, destinations, Path(ask["out"]), watch, **ask.get("options", {}))


def _rings(ask: Mapping[str, Any], watch: Watch) -> Answer:
    from landplan.toolbox import rings

    barriers = _file(ask["barriers"]) if ask.get("barriers") else None
    return rings(
        _file(ask["roads"]), _file(ask["sites"]), ask["minutes"], Path(ask["out"]), watch, barriers=barriers, **ask.get("options", {})
    )


def _sites(ask: Mapping[str, Any], watch: Watch) -> Answer:
    from landplan.toolbox import candidate_sites

    near = _file(ask["near"]) if ask.get("near") else None
    exclusions = [_file(e) for e in ask.get("exclusions", ())]
    return candidate_sites(_file(ask["area"]), exclusions, Path(ask["out"]), watch, near=near, **ask.get("options", {}))


TOOLS: Final[Mapping[str, Callable[[Mapping[str, Any], Any], Any]]] = {
    "check": _check,
    "matrix": _matrix,
    "isochrones": _rings,
    "sites": _sites,
}


def _run(ask: Mapping[str, Any], line: _Line) -> dict[str, Any]:
    from landplan.cli.running import load_plan
    from landplan.run import run_plan

    plan = load_plan(ask["plan"], list(ask.get("set", ())))
    total = 12.0 + 3.0 * len(plan.suitability) + 5.0
    result = run_plan(plan, Path(ask["out"]), force=bool(ask.get("force")), progress=_Steps(line, total))
    for warning in result.warnings:
        line(message=warning)
    if result.answer:
        line(message=result.answer)
    if result.folder is None:
        return {"layers": [], "values": {}}
    files = [result.folder / f for f in result.files]
    project = next((f for f in files if f.suffix == ".qgz"), None)
    package = next((f for f in files if f.suffix == ".gpkg"), None)
    return {
        "layers": _results(package) if package else [],
        "values": {"folder": str(result.folder), "project": str(project or ""), "answer": result.answer},
    }


def _results(package: Path) -> list[dict[str, str]]:
    """Return the layers of a run's GeoPackage that it worked out itself: those that came from no file."""
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(package)) as db:
        found = db.execute(
            "SELECT c.table_name, c.identifier FROM gpkg_contents c JOIN landplan_provenance p ON p.layer = c.table_name"
            " WHERE c.data_type = 'features' AND p.file = '' AND c.table_name <> 'main_roads'"
        ).fetchall()
    return [{"path": str(package), "layer": name, "title": title} for name, title in found]


def perform(request: Mapping[str, Any]) -> None:
    """Do what a request asks and write what comes of it, line by line.

    Parameters
    ----------
    request : mapping
        `tool`, `language`, and what the tool asks for.

    Raises
    ------
    PlanError
        If there is no such tool, or the request lacks something it needs.
    """
    from landplan.toolbox.frames import Watch

    line = _Line()
    language: Language = "en" if request.get("language") == "en" else "sv"
    tool = request["tool"]
    try:
        if tool == "run":
            line(result=_run(request, line))
            return
        if tool not in TOOLS:
            raise PlanError(f"there is no tool {tool!r}; tools: {', '.join(('run', *TOOLS))}. The plugin and landplan may be of different versions")
        answer = TOOLS[tool](request, Watch(language, lambda message: line(message=message), line.progress))
    except (KeyError, TypeError) as error:
        if isinstance(error, TypeError) and "keyword argument" not in str(error):
            raise
        raise PlanError(f"the request for {tool!r} does not fit this version of landplan ({error}); build and install the plugin again") from error
    line.progress(1.0)
    layers = [{"path": str(answer.path), "layer": name, "title": title} for name, title in answer.layers]
    line(result={"layers": layers, "values": dict(answer.values)})


def serve() -> None:
    """Greet, read one request, do it; stop when the other end leaves."""
    import landplan

    _Line()(landplan=landplan.__version__, protocol=PROTOCOL, pid=os.getpid())
    request = _request()
    _stop_when_left()
    perform(request)
