"""The peak that a run reports is its own, whoever started it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from landplan.run.memory import peak_memory_mb


def test_a_peak_is_seen():
    before = peak_memory_mb()
    np.ones(25_000_000).sum()  # 200 MB
    after = peak_memory_mb()
    assert before > 10
    assert after >= 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands a peak on to what is started")
def test_what_a_big_program_starts_reports_its_own_peak():
    big = np.ones(100_000_000)  # 800 MB
    code = "from landplan.run.memory import peak_memory_mb; print(peak_memory_mb())"
    child = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert big.sum() == 100_000_000
    assert child < 400
