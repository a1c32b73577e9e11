"""From a code to a run: what the README says of your own municipality, as a person types it, against servers on this machine."""

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.sources.country import BORDERS, KEY, LOGIN
from tests.sources.test_fetch import KEYS, country


def landplan(folder, *argv, mirror, expect=0):
    done = subprocess.run(
        [sys.executable, "-m", "landplan", *argv], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, **KEYS, "LANDPLAN_MIRROR": mirror, "LANDPLAN_TRACEBACK": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def secrets():
    both = base64.b64encode(":".join(LOGIN).encode()).decode()
    return [form.encode() for word in (KEY, *LOGIN, both) for form in {word, quote(word, safe=""), quote_plus(word)}]


def contents(path):
    """Yield everything a file holds, what is packed in it too."""
    body = path.read_bytes()
    yield str(path), body
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield f"{path}:{name}", archive.read(name)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["2280", "0665"])
def test_a_municipality_from_its_code_to_a_run(tmp_path, code):
    if code != "2280" and not BORDERS.is_file():
        pytest.skip("../shared is not here; of Sweden's borders the repository has the sample's")
    with country(code) as url:
        said = landplan(tmp_path, "plan", "new", "min_plan.toml", "--municipality", code, mirror=url)
        said += landplan(tmp_path, "plan", "check", "min_plan.toml", mirror=url)
        said += landplan(tmp_path, "fetch", "min_plan.toml", "--dry-run", mirror=url)
        assert "frågas inte" not in said
        said += landplan(tmp_path, "fetch", "min_plan.toml", "-v", mirror=url)
        assert "MISSLYCKADES" not in said
        said += landplan(tmp_path, "fetch", "min_plan.toml", mirror=url)
        assert said.count("färskt, frågas inte") >= 20
        said += landplan(tmp_path, "doctor", "min_plan.toml", mirror=url)
    # the run needs no network
    said += landplan(tmp_path, "run", "min_plan.toml", "-v", mirror="http://127.0.0.1:9")
    out = tmp_path / "out" / "min_plan"
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    used = {layer["layer"]: layer for layer in manifest["provenance"]["layers"]}
    report = next(out.glob("*report.html")).read_text(encoding="utf-8")
    assert "Hämtade lager, nytt mot gammalt" in report
    assert "Naturvårdsverket" in report
    assert used["roads"]["synthetic"] is False
    assert used["roads"]["licence"] == "ODbL-1.0"
    assert used["transit"]["synthetic"] is True  # the sample's timetable says so itself, wherever it is served
    words = secrets()
    for word in words:
        assert word.decode() not in said
    for path in tmp_path.rglob("*"):
        if path.is_file():
            for name, body in contents(path):
                for word in words:
                    assert word not in body, f"{name} holds a secret"
