"""The second process of a first run: what it compiles is what the run needs, and it ends with the run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from landplan.run import warming

AFTER = """
import json, sys
from landplan.run.warming import evaluate_a_little
evaluate_a_little()
from numba.core.dispatcher import Dispatcher
import landplan.kernels as k, importlib, pkgutil
hits = misses = 0
for info in pkgutil.iter_modules(k.__path__):
    module = importlib.import_module(f"landplan.kernels.{info.name}")
    for one in vars(module).values():
        if isinstance(one, Dispatcher) and one.__module__ == module.__name__:
            hits += sum(one.stats.cache_hits.values()); misses += sum(one.stats.cache_misses.values())
print(json.dumps([hits, misses]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_what_it_compiles_lies_in_the_cache_for_the_next_process(tmp_path):
    import json

    env = {**os.environ, "LANDPLAN_CACHE_DIR": str(tmp_path / "kärnor")}
    env.pop("NUMBA_CACHE_DIR", None)
    first, second = (
        json.loads(subprocess.run([sys.executable, "-c", AFTER], env=env, capture_output=True, text=True, check=True).stdout) for _ in range(2)
    )
    assert first[1] > 10
    assert second[1] == 0
    assert second[0] > 10


def test_it_ends_with_the_run(monkeypatch):
    started = []
    real = subprocess.Popen

    def popen(command, **more):
        started.append(real([sys.executable, "-c", "import time; time.sleep(600)"], **more))
        return started[-1]

    monkeypatch.setattr(warming.subprocess, "Popen", popen)
    monkeypatch.setattr(warming.os, "cpu_count", lambda: 2)

    def stopped():
        with warming.second_process():
            assert started[0].poll() is None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert started[0].poll() is not None


@pytest.mark.parametrize("why", ["one processor", "no process to be had"])
def test_without_it_the_run_goes_on(monkeypatch, why):
    def popen(*_, **__):
        raise OSError("none")

    monkeypatch.setattr(warming.subprocess, "Popen", popen)
    monkeypatch.setattr(warming.os, "cpu_count", lambda: 1 if why == "one processor" else 2)
    with warming.second_process():
        pass
