"""Errors a user can act on.

Every error landplan raises on purpose is a `LandplanError`; each subclass is also the built-in
exception a caller would expect, so ``except ValueError`` keeps working. A message names the file,
the row or feature, what was expected, and the next step. The command line prints the message alone
and exits with `exit_code`; anything else that escapes is a bug and exits with 3.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AreaError",
    "CRSError",
    "DiskError",
    "ExportError",
    "LandplanError",
    "LayerError",
    "MemoryLimitError",
    "NetworkError",
    "PlanError",
    "RunLockedError",
    "SourceError",
    "join_faults",
]


class LandplanError(Exception):
    """Root of all errors that are about the user's input or machine, not about our code."""

    exit_code = 1


class PlanError(LandplanError, ValueError):
    """The plan file is wrong: an unknown key, a value out of range, a missing file."""


class LayerError(LandplanError, ValueError):
    """A layer does not meet its contract."""


class CRSError(LandplanError, ValueError):
    """A coordinate reference system is missing, wrong or mixed."""


class AreaError(LandplanError, ValueError):
    """Something lies outside the plan's area, or in the sea."""


class SourceError(LandplanError, OSError):
    """A source on the internet did not answer, or not with the whole of what was asked for."""


class NetworkError(LandplanError, ValueError):
    """A network could not be built or asked."""


class ExportError(LandplanError, OSError):
    """A file could not be written; nothing half-written is left."""


class DiskError(ExportError):
    """The disc is full or read-only."""


class RunLockedError(ExportError):
    """The run directory is in use by another program or another run."""


class MemoryLimitError(LandplanError, MemoryError):
    """The work would not fit in memory; refused before it starts, with numbers."""


def join_faults(heading: str, faults: Sequence[str], *, most: int = 12) -> str:
    """Join collected faults into one message, the first `most` of them spelled out.

    Parameters
    ----------
    heading : str
        What is wrong, in one line.
    faults : sequence of str
        One sentence a fault.
    most : int, default 12
        How many are listed before the rest is only counted.

    Returns
    -------
    str
        The message, a line a fault.

    Examples
    --------
    >>> print(join_faults("roads.gpkg: 2 faults", ["feature 3: empty", "feature 9: empty"]))
    roads.gpkg: 2 faults
      - feature 3: empty
      - feature 9: empty
    """
    lines = [heading, *(f"  - {fault}" for fault in faults[:most])]
    if len(faults) > most:
        lines.append(f"  … and {len(faults) - most} more")
    return "\n".join(lines)
