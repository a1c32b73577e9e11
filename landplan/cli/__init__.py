"""The command line: commands, progress bars and exit codes; no logic.

Exit codes: 0 ok, 1 bad input, 2 usage, 3 internal error, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; the console script exits with it.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default ``sys.argv[1:]``.

    Returns
    -------
    int
        0 ok, 1 bad input, 2 usage, 3 internal error, 130 stopped.
    """
    from landplan.cli.guard import run_guarded

    code = run_guarded(list(sys.argv[1:] if argv is None else argv))
    if argv is None:
        sys.exit(code)
    return code
