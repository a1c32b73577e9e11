"""File names: safe on every system, and marked when what is inside is made up.

The demonstration banner is a sentence with spaces and å; in a file name it is the prefix
``DEMONSTRATIONSDATA_``, which sorts together, survives e-mail and is read before the file is opened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from landplan.export.items import RasterItem

__all__ = ["DEMO_PREFIX", "demo_stem", "raster_file", "safe_stem", "unique_stems"]

DEMO_PREFIX: Final = "DEMONSTRATIONSDATA_"
_RESERVED: Final = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def safe_stem(name: str) -> str:
    """Return `name` as a file stem that Windows, macOS, Linux and a zip agree on.

    Examples
    --------
    >>> safe_stem("Härnösand: södra/norra?")
    'Harnosand_sodra_norra'
    >>> safe_stem("aux")
    'aux_'
    """
    flat = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", flat).strip("._")[:80] or "landplan"
    return f"{stem}_" if stem.lower() in _RESERVED else stem


def unique_stems(names: Iterable[str]) -> dict[str, str]:
    """Return a file stem for each name; names that would share one get a number, in the order given.

    Examples
    --------
    >>> unique_stems(["A/1", "A_1", "a 1"])
    {'A/1': 'A_1', 'A_1': 'A_1-2', 'a 1': 'a_1-3'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem, number = safe_stem(name), 1
        # Windows and macOS do not tell A from a
        while (own := stem if number == 1 else f"{stem}-{number}").lower() in taken:
            number += 1
        taken.add(own.lower())
        found[name] = own
    return found


def demo_stem(name: str, synthetic: bool) -> str:
    """Return the stem a file gets: prefixed when it rests on demonstration data, once.

    Parameters
    ----------
    name : str
        The plain stem, without folder or extension.
    synthetic : bool
        Whether anything in the file is made up.

    Returns
    -------
    str
        An ASCII stem; ``DEMONSTRATIONSDATA_`` stands first when `synthetic`.

    Examples
    --------
    >>> demo_stem("torsboda", True), demo_stem("torsboda", False)
    ('DEMONSTRATIONSDATA_torsboda', 'torsboda')
    >>> demo_stem(demo_stem("torsboda", True), True)
    'DEMONSTRATIONSDATA_torsboda'
    """
    stem = safe_stem(name)
    return f"{DEMO_PREFIX}{stem}" if synthetic and not stem.startswith(DEMO_PREFIX) else stem


def raster_file(item: RasterItem) -> str:
    """Return the file name under which the run writes a raster and the project looks for it."""
    return f"{demo_stem(item.id, item.synthetic)}.tif"
