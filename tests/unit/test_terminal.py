"""What a person at a terminal sees while a plan runs, and what Ctrl-C leaves: real processes, a real terminal."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has neither pseudo-terminals nor SIGINT between processes")


@pytest.fixture(scope="module")
def good(toy, tmp_path_factory):
    """The toy town with a good run beside it."""
    folder = tmp_path_factory.mktemp("terminal å") / "stad"
    shutil.copytree(toy, folder)
    done = subprocess.run(command(folder), env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def town(good, tmp_path):
    folder = tmp_path / "stad å"
    shutil.copytree(good, folder)
    return folder


def command(town: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "landplan", "run", str(town / "toy.toml"), "--out", str(town / "out"), *more]


def environment() -> dict[str, str]:
    """No variable that makes programs believe in, or doubt, the terminal they have."""
    doubtful = ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "LINES")
    clean = {k: v for k, v in os.environ.items() if k not in doubtful}
    root = Path(__file__).resolve().parents[2]
    return clean | {"PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color", "COLUMNS": "120"}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def at_a_terminal(command: list[str]) -> tuple[int, str, str]:
    """Run with stderr on a pseudo-terminal; return the exit code, stdout and all that was drawn."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=environment(), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as child:
        os.close(theirs)
        drawn = b""
        # reading a terminal whose other end is closed is an error on Linux
        try:
            while piece := os.read(ours, 65_536):
                drawn += piece
        except OSError:
            pass
        said = child.stdout.read().decode()
    os.close(ours)
    return child.returncode, said, drawn.decode(errors="replace")


def test_a_terminal_shows_a_bar_for_the_steps_with_the_time_left(town):
    code, said, drawn = at_a_terminal(command(town, "--force"))
    assert code == 0, drawn
    frames = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", f) for f in re.split(r"[\r\n]+", drawn)]
    bars = [re.search(r"^(\S+) [━╸╺ ]+ +(\d+) % (\d:\d\d:\d\d) left (\d:\d\d:\d\d|-:--:--)", f) for f in frames]
    bars = [found.groups() for found in bars if found]
    drawn_steps = {step for step, *_ in bars} - {"landplan"}
    # a step shorter than a frame is not seen
    assert "export" in drawn_steps
    assert len(drawn_steps) >= 2
    assert drawn_steps <= {"layers", "suitability.industrial", "suitability.housing", "network", "catchment", "labour.industrial", "housing.housing", "export"}
    shares = [int(share) for _, share, *_ in bars]
    assert shares == sorted(shares)
    assert shares[-1] > 60
    assert [left for *_, left in bars if left != "-:--:--"], "an estimate in hours, minutes and seconds"
    # taken away at the end: the terminal's cursor is back and the table stands on stdout alone
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h") == 1
    assert "toy" in said
    assert "\x1b" not in said


def test_without_a_terminal_nothing_is_drawn(town):
    done = subprocess.run(command(town, "--force"), env=environment(), capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    for mark in ("\x1b", "\r", "━━ ", " left "):
        assert mark not in done.stdout
    assert "export" in done.stdout


@pytest.mark.parametrize("step", ["layers", "suitability.industrial", "export"])
def test_ctrl_c_is_130_one_line_and_the_last_good_run(town, step):
    before = contents(town / "out")
    env = environment() | {"PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(command(town, "--force", "--verbose"), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    with child:
        said = []
        for line in child.stderr:
            said.append(line)
            if line.startswith(f"{step} …"):
                # the export is stopped in the middle: something is written aside
                while step == "export" and child.poll() is None and not any(p.is_file() for p in (town / "out").glob(".toy.part-*/**/*")):
                    time.sleep(0.002)
                child.send_signal(signal.SIGINT)
                break
        else:
            pytest.fail(f"{step} never began: {said}")
        rest, stdout = child.stderr.read(), child.stdout.read()
    # a shell says 128 + the signal also where Python, told twice, ends by the signal itself
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    assert code == 130
    assert "Traceback" not in rest
    assert rest.count("landplan: ") == 1, rest
    assert rest.strip().endswith("landplan: stopped; the last good run is untouched")
    assert stdout == ""
    assert contents(town / "out") == before
    assert [p.name for p in (town / "out").iterdir()] == ["toy"], "nothing half-written beside it"


def test_ctrl_c_while_the_program_is_still_loading_leaves_no_traceback(town):
    """Stopped inside the commands' own imports, which take longest; the interpreter's own start is not ours."""
    code = (
        "import importlib.abc, os, signal, sys\n"
        "class Slow(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "from landplan.cli import main\n"
        "sys.exit(main(['doctor', sys.argv[1]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(town / "toy.toml")], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "landplan: stopped; the last good run is untouched\n"
