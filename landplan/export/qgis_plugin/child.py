"""landplan in its own environment, as a child of QGIS: started, listened to, stopped."""

from __future__ import annotations

import contextlib
import glob
import json
import os
import queue
import re
import shutil
import subprocess
import threading

from .words import say

SETTING = "LANDPLAN_PYTHON"
PROTOCOL = 1
# QGIS' own libraries must not be looked for by another Python's: they are other versions
_QGIS_OWN = (
    "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV",
    "QT_PLUGIN_PATH", "O4W_QT_PLUGINS",
)  # fmt: skip
_GRACE_S = 10.0
"""How long a child that is asked to stop may tidy up."""


class ChildError(Exception):
    """What landplan, or its absence, has to say to a person."""


class Cancelled(Exception):
    """The person stopped it."""


def setting():
    """Return what the provider's setting says, empty when it says nothing."""
    from processing.core.ProcessingConfig import ProcessingConfig

    return str(ProcessingConfig.getSetting(SETTING) or "").strip()


def command():
    """Return how landplan is called: by the setting, by LANDPLAN_PYTHON, or found on PATH.

    Raises
    ------
    ChildError
        If there is none, or it cannot be run.
    """
    program = setting() or os.environ.get("LANDPLAN_PYTHON", "").strip() or shutil.which("landplan")
    if not program:
        raise ChildError(say("no_program"))
    found = shutil.which(program)
    if found is None:
        raise ChildError(say("not_there", program=program))
    is_landplan = os.path.splitext(os.path.basename(found))[0].lower() == "landplan"
    return [found, "qgis-worker"] if is_landplan else [found, "-m", "landplan", "qgis-worker"]


def environment():
    """Return QGIS' environment without what is QGIS' own."""
    kept = {k: v for k, v in os.environ.items() if k.upper() not in _QGIS_OWN}
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def _read(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def _keep_last(stream, said):
    for line in stream:
        said.append(line.rstrip())
        del said[:-60]


def _stop(child):
    """Ask a child to stop by closing its input, then make it."""
    with contextlib.suppress(OSError):
        child.stdin.close()
    for ask in (None, child.terminate, child.kill):
        if ask is not None:
            ask()
        try:
            child.wait(_GRACE_S if ask is None else 2.0)
            return
        except subprocess.TimeoutExpired:
            continue


def _sweep(folder, pid):
    """Remove what a child that had to be killed left half-written: hidden names with its number in them."""
    for left in glob.glob(os.path.join(glob.escape(folder), ".*part*")):
        if re.search(rf"(?<!\d){pid}(?!\d)", os.path.basename(left)):
            if os.path.isdir(left):
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.remove(left)


def _message(said):
    """Return what landplan said last on its own behalf, never a traceback."""
    for n in range(len(said) - 1, -1, -1):
        if said[n].startswith("landplan: "):
            return "\n".join([said[n][len("landplan: ") :], *said[n + 1 :]]).strip()
    return ""


def ask(request, folder, feedback):
    """Ask landplan for something and return its result.

    Parameters
    ----------
    request : dict
        See ``landplan.cli.worker``.
    folder : str
        Where the answer is written, swept when the work is stopped.
    feedback : QgsProcessingFeedback
        Gets progress and words, and is asked whether the person cancelled.

    Returns
    -------
    dict
        ``layers`` and ``values``.

    Raises
    ------
    ChildError
        What landplan, or its absence, has to say.
    Cancelled
        If the person stopped it; the child is gone then.
    """
    program = command()
    feedback.pushInfo(say("calls", program=program[0]))
    hidden = {"creationflags": 0x08000000} if os.name == "nt" else {}
    try:
        child = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), encoding="utf-8",
            errors="replace", **hidden,
        )  # fmt: skip
    except OSError as error:
        raise ChildError(say("not_there", program=program[0])) from error
    lines, said, pid, result = queue.Queue(), [], child.pid, None
    readers = [
        threading.Thread(target=_read, args=(child.stdout, lines), daemon=True),
        threading.Thread(target=_keep_last, args=(child.stderr, said), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        # it may have ended already; what it said is read below
        with contextlib.suppress(OSError):
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
        greeted = False
        while True:
            if feedback.isCanceled():
                raise Cancelled
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                break
            try:
                what = json.loads(line)
            except ValueError:
                continue
            if "protocol" in what:
                greeted, pid = True, what.get("pid", pid)
                if what["protocol"] != PROTOCOL:
                    raise ChildError(say("other_protocol", version=what.get("landplan", "?")))
                feedback.pushInfo(say("version", version=what.get("landplan", "?")))
            if "progress" in what:
                feedback.setProgress(what["progress"])
            if "message" in what:
                feedback.pushInfo(what["message"])
            result = what.get("result", result)
        code = child.wait()
        readers[1].join(5.0)
    except BaseException:
        _stop(child)
        _sweep(folder, pid)
        raise
    finally:
        for stream in (child.stdin, child.stdout, child.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.close()
    if code == 0 and result is not None:
        return result
    _sweep(folder, pid)
    told = _message(said)
    if told:
        raise ChildError(told)
    if not greeted:
        raise ChildError(say("no_worker", program=program[0]))
    raise ChildError(say("died", code=code, said=""))
