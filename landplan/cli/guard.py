"""What the person at the terminal sees when something goes wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence

from landplan.errors import LandplanError

__all__ = ["run_guarded"]


def run_guarded(argv: Sequence[str]) -> int:
    """Run the app; turn exceptions into one clear message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        # a Windows console may not be UTF-8; åäö must not end a run
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        # a person may stop it while it is still loading
        from landplan.cli.app import app

        with _quiet_libraries():
            result = app(args=list(argv), standalone_mode=False, prog_name="landplan")
    except LandplanError as exc:
        _say(str(exc))
        return exc.exit_code
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        _say("out of memory; use larger cells (plan.cell_m) or a smaller area")
        return 1
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM):
            _say(f"{exc.filename or 'a file'}: {exc.strerror}; free some space or choose another folder")
            return 1
        return _internal(exc)
    except Exception as exc:
        return _typers(exc)
    # newer typers turn Ctrl-C into this code without a word
    return _stopped() if result == 130 else int(result) if isinstance(result, int) else 0


def _typers(exc: Exception) -> int:
    """Return the exit code of typer's own exceptions, an internal error's for any other."""
    import typer

    # typer carries its own copy of click from 0.29 on: its exceptions are found through a public one
    usage_error = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
    if isinstance(exc, typer.Exit):
        return int(exc.exit_code)
    if isinstance(exc, typer.Abort):
        return _stopped()
    if isinstance(exc, usage_error):
        exc.show()  # type: ignore[attr-defined]
        return 2
    return _internal(exc)


def _stopped() -> int:
    _say("stopped; the last good run is untouched")
    return 130


def _say(message: str) -> None:
    print(f"landplan: {message}", file=sys.stderr)


def _internal(exc: BaseException) -> int:
    if os.environ.get("LANDPLAN_TRACEBACK"):
        traceback.print_exception(exc)
    _say(
        f"internal error: {type(exc).__name__}: {exc}\n"
        "This is a fault in landplan, not in your data. Run again with LANDPLAN_TRACEBACK=1 set and report what it prints."
    )
    return 3


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep the libraries' own warnings off a person's terminal; tests see them as errors."""
    import warnings

    if "pytest" in sys.modules:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
