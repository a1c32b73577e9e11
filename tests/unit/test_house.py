"""The house itself: floors, names, dependencies, what is imported when, words that users read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# DESIGN.md's table. `content` (where shipped files lie) stands on the first floor beside `plan`.
FLOORS = {
    "cli": 8, "__main__": 9,
    "run": 7, "doctor": 7, "toolbox": 7,
    "layers": 6, "review": 6, "enquiry": 6, "compare": 6, "export": 6, "sample": 6,
    "growth": 5, "infrastructure": 5,
    "suitability": 4, "catchment": 4,
    "transit": 3, "accessibility": 3,
    "network": 2,
    "errors": 1, "units": 1, "crs": 1, "grid": 1, "od": 1, "contracts": 1, "provenance": 1, "style": 1, "plan": 1, "content": 1, "clocks": 1,
    "kernels": 0,
}
# What everyone on the first floor may share: values that depend on nothing above kernels.
FIRST_FLOOR_ORDER = ("errors", "units", "style", "clocks", "crs", "provenance", "contracts", "grid", "od", "content", "plan")


def imports_of(path: Path) -> set[str]:
    """Rooms of landplan that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return {name.split(".")[1] for name in found if name.startswith("landplan.") and name.split(".")[1] in FLOORS}


def modules():
    return sorted(p for p in (ROOT / "landplan").rglob("*.py") if "_content" not in p.parts)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "landplan").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(ROOT / "landplan").as_posix())
def test_a_room_imports_only_from_floors_below(path):
    room = room_of(path)
    if room == "__init__":
        return  # it names the rooms for type checkers and loads none
    assert room in FLOORS, f"{room} is not in DESIGN.md's table"
    for other in imports_of(path) - {room}:
        if FLOORS[room] == FLOORS[other] == 1:
            assert FIRST_FLOOR_ORDER.index(other) < FIRST_FLOOR_ORDER.index(room), f"{room} imports {other}"
        else:
            assert FLOORS[other] < FLOORS[room], f"{path.name} in {room} (floor {FLOORS[room]}) imports {other} (floor {FLOORS[other]})"


def test_kernels_import_only_math_numpy_numba():
    for path in (ROOT / "landplan" / "kernels").glob("*.py"):
        if path.name == "_cache.py":
            continue
        more = ("llvmlite", "ctypes") if path.name == "_simd.py" else ()  # vectors, atomics and addresses, with plain twins
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert all(a.name in ("math", "numpy", "numba") for a in node.names), path.name
            elif isinstance(node, ast.ImportFrom):
                head = (node.module or "").split(".")[0]
                assert head in ("__future__", "math", "numpy", "numba", "typing", "landplan", *more), f"{path.name}: {node.module}"


def test_the_top_level_is_as_designed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    assert {
        "landplan", "layers", "analyses", "notebooks", "tests", "pyproject.toml", "environment.yml", "README.md",
        "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".ci",
    } <= top  # fmt: skip
    assert top <= {
        "landplan", "layers", "analyses", "notebooks", "tests", "pyproject.toml", "environment.yml", "README.md",
        "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".ci", ".gitignore", ".gitattributes",
    }  # fmt: skip


def test_file_names_work_on_windows():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    reserved = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))}
    lower = set()
    for name in filter(None, tracked.stdout.split("\0")):
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', name), name
        for part in name.split("/"):
            assert not part.endswith((" ", ".")), name
            assert part.split(".")[0].lower() not in reserved, name
        assert name.lower() not in lower, f"{name} differs from another file only in case"
        lower.add(name.lower())
        assert not (ROOT / name).is_symlink(), f"{name} is a symbolic link"
        assert len(name) < 120, name


def test_no_posix_only_module_is_imported_unguarded():
    posix = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty"}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert not posix & set(names), path


def test_environment_says_what_pyproject_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    want = {re.split(r"[<>=]", d)[0].lower(): d.lower() for d in project["dependencies"]}
    have = {}
    for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines():
        match = re.match(r"\s*- ([A-Za-z0-9._-]+)([<>=].*)$", line)
        if match:
            have[match.group(1).lower()] = (match.group(1) + match.group(2)).lower()
    assert have.pop("python") == f"python{project['requires-python']}"
    assert have == want


def test_every_dependency_is_bounded_on_both_sides():
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = whole["project"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"bench", "cluster", "dev", "notebooks"}
    for dependency in [*whole["build-system"]["requires"], *project["dependencies"], *(d for some in extras.values() for d in some)]:
        assert re.fullmatch(r"[A-Za-z0-9-]+>=[\d.]+,<[\d.]+", dependency), dependency


def _loaded(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(' '.join(sys.modules))"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.splitlines()[-1].split())


HEAVY = {"geopandas", "numba", "pandas", "numpy", "shapely", "rasterio", "fiona", "pyogrio", "pydantic", "folium", "matplotlib", "osmnx"}


def test_importing_landplan_loads_nothing_heavy():
    assert not HEAVY & _loaded("import landplan")


def test_help_loads_nothing_heavy():
    code = "import contextlib, io\nfrom landplan.cli import main\nwith contextlib.redirect_stdout(io.StringIO()):\n    main(['--help'])"
    assert not HEAVY & _loaded(code)


def test_rooms_are_reached_by_name():
    import landplan

    assert landplan.units.ha(10_000) == 1.0
    with pytest.raises(AttributeError, match="rooms:"):
        _ = landplan.nothing


def test_modules_are_of_readable_size():
    for path in modules():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 700, f"{path.relative_to(ROOT)} has {lines} lines: it holds two nouns"
