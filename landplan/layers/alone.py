"""One fetch at a time: a mark in the store with the number of the process that fills it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from landplan.errors import ExportError, RunLockedError

__all__ = ["alone"]

_ABANDONED_S: Final = 6 * 3600.0
_WRITING_S: Final = 10.0


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one fetch at a time fill a store; a mark left by a process that is gone is taken over.

    Raises
    ------
    RunLockedError
        If another fetch fills it.
    ExportError
        If the folder cannot be made or written to.
    """
    mark = folder / ".fetching"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ExportError(f"{folder} cannot be made ({exc.strerror}); choose another folder with [plan] store") from None
    for _ in range(2):
        try:
            handle = os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            try:
                # one that was made this very moment has no number in it yet
                pid = int(mark.read_text() or -1)
                alive = _alive(pid, mark) if pid > 0 else time.time() - mark.stat().st_mtime < _WRITING_S
            except (OSError, ValueError):
                pid, alive = -1, False
            if alive:
                raise RunLockedError(f"{folder} is being filled by another fetch (process {pid}); wait until it is done") from None
            mark.unlink(missing_ok=True)
        except OSError as exc:
            raise ExportError(f"{folder} cannot be written to ({exc.strerror}); choose another folder with [plan] store") from None
    else:
        raise RunLockedError(f"{mark} cannot be made; remove it and try again")
    try:
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        yield
    finally:
        mark.unlink(missing_ok=True)


def _alive(pid: int, mark: Path) -> bool:
    if os.name == "nt":
        # signal 0 would end the process there
        return time.time() - mark.stat().st_mtime < _ABANDONED_S
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
