"""The README: commands in both shells, links that exist, code that runs, file names that a run really writes."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from landplan.cli import main

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def test_two_commands_in_two_shells():
    bash, powershell = blocks("bash"), blocks("powershell")
    assert len(bash) == len(powershell) == 2
    for command in (*bash, *powershell):
        assert len(command.strip().splitlines()) == 1, "pasted as it stands: one line"
        assert ".venv" in command
        assert "sudo" not in command
    assert "landplan run torsboda" in bash[0]
    assert "landplan run torsboda" in powershell[0]
    assert "pytest" in bash[1]
    assert "pytest" in powershell[1]


def test_the_test_command_can_be_found_by_a_script():
    match = re.search(r"<!-- test-command -->\s*```bash\n(.*?)```", TEXT, re.S)
    assert match
    assert match.group(1) == blocks("bash")[1]


def test_every_link_and_picture_is_there():
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(targets) > 6
    for target in targets:
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_it_says_what_it_is_in_five_lines():
    first = TEXT.split("\n\n")[1]
    assert len(first.splitlines()) == 5


def test_the_python_example_runs():
    code = "\n".join(blocks("python"))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), {})
    assert "population" in said.getvalue()


def test_the_commands_of_the_ten_minutes_exist(capsys):
    for line in blocks("text")[0].splitlines():
        words = line.split("#")[0].split()
        assert words[0] == "landplan"
        depth = 2 if words[1] in ("plan", "layers") else 1
        assert main([*words[1 : 1 + depth], "--help"]) == 0, line
    assert capsys.readouterr().err == ""


def test_the_files_it_names_are_the_files_a_run_writes(tmp_path):
    assert main(["run", "torsboda", "--out", str(tmp_path)]) == 0
    named = re.findall(r"^\| `([^`]+)` \|", TEXT, re.M)
    assert len(named) >= 8
    for name in named:
        assert (tmp_path / "torsboda" / name).is_file(), name
