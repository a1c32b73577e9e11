"""Commands that permissions bind: root writes anywhere, unless its capabilities are taken away first."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write away from a folder and everything in it, and give it back."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*")) if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod(mode & ~_WRITE)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def bound_by(folder: Path) -> list[str]:
    """Return what to put before a command so that `folder`, read-only now, is read-only to it as well.

    Nothing for an ordinary user; `setpriv` without any capability for root. The test is skipped, with the reason,
    where a file can be made in any folder of `folder` all the same.
    """
    prefix: list[str] = []
    if getattr(os, "geteuid", lambda: 1)() == 0 and (tool := shutil.which("setpriv")):
        prefix = [tool, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    probe = (
        "import pathlib, sys\n"
        "top = pathlib.Path(sys.argv[1])\n"
        "for place in (top, *(p for p in top.rglob('*') if p.is_dir())):\n"
        "    try:\n"
        "        (place / 'probe').touch()\n"
        "    except OSError:\n"
        "        continue\n"
        "    (place / 'probe').unlink()\n"
        "    sys.exit(f'{place} can be written')\n"
    )
    done = subprocess.run([*prefix, sys.executable, "-c", probe, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"permissions do not bind this user's processes here: {done.stderr.strip()[-300:]}")
    return prefix
