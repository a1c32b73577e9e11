"""The wheel: built, installed into an empty environment, run from another folder with nothing of the checkout near."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.permissions import bound_by, read_only

ROOT = Path(__file__).resolve().parents[2]


def _ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


def run(command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, **more)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    done = run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT])
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = out.glob("*.whl")
    return path


def test_content_is_inside_the_package_and_licences_in_the_metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        meta = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    assert {n.split("/")[0].split("-")[0] for n in names} == {"landplan"}
    assert "landplan/_content/layers/roads.toml" in names
    assert "landplan/_content/layers/sample/sample.json" in names
    assert "landplan/_content/analyses/torsboda.toml" in names
    assert "landplan/_content/analyses/norrbotten/boden.toml" in names
    for area in ("ostersund", "haparanda"):
        index = json.loads((ROOT / "layers" / "sample" / area / "sample.json").read_text(encoding="utf-8"))
        files = {row["file"] for row in index["layers"]} | {part["file"] for row in index["layers"] for part in row.get("parts", ())}
        assert {f"landplan/_content/layers/sample/{area}/{f}" for f in files} <= set(names), area
    assert {f"landplan/_content/layers/norrbotten/{f}.parquet" for f in ("municipalities", "localities")} <= set(names)
    assert {f"landplan/export/assets/{f}" for f in ("profile.html", "profile_index.html", "profile.css", "comparison.html")} <= set(names)
    assert "landplan/export/assets/webmap.js" in names
    assert {f"landplan/export/qgis_plugin/{f}" for f in ("metadata.txt", "icon.svg", "provider.py")} <= set(names)
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert any(n.endswith("LICENSE-ODbL.txt") and "dist-info" in n for n in names)
    assert "ODbL-1.0" in meta
    assert wheel.stat().st_size < 15_000_000


def test_an_empty_environment_runs_torsboda_from_any_folder(wheel, tmp_path):
    home = tmp_path / "tom miljö å"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "NUMBA_CACHE_DIR", "VIRTUAL_ENV")}
    done = run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel], env=clean)
    if done.returncode:
        words = done.stderr[-1500:]
        if not _ci():
            pytest.skip(f"pip could not install the wheel's dependencies here: {words}")
        pytest.fail(words)
    package = Path(run([python, "-c", "import landplan; print(landplan.__path__[0])"], env=clean, cwd=tmp_path).stdout.strip())
    assert home in package.parents
    assert not (package.parent / "layers").exists()
    assert not (package.parent / "analyses").exists()
    out = tmp_path / "ut å"
    env = {**clean, "LANDPLAN_CACHE_DIR": str(tmp_path / "cache ö"), "PYTHONDONTWRITEBYTECODE": "1"}
    with read_only(package):
        # one paper says what two do
        one = ["--set", 'export.papers=["A4"]']
        done = run([*bound_by(package), scripts / "landplan", "run", "torsboda", "--out", out, *one], env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "compiled once" in done.stderr
    manifest = json.loads((out / "torsboda" / "run.json").read_text(encoding="utf-8"))
    assert any(f.endswith(".qgz") for f in manifest["files"])
    assert len([f for f in manifest["files"] if f.startswith("maps/") and f.endswith(".html")]) == 9
    assert list((tmp_path / "cache ö" / "numba").rglob("*.nbi")), "kernels are kept in the user's cache folder"
    assert not list(package.rglob("*.nbi")), "and never in the package's own"
    again = run([scripts / "landplan", "run", "torsboda", "--out", out, *one], env=env, cwd=tmp_path)
    assert again.returncode == 0
    assert "compiled once" not in again.stderr
    assert again.stdout.count("kept from last time") >= 8
