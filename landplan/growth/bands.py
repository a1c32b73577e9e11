"""Age bands as they are published: their limits, their shares, and the dependency ratio that they allow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from landplan.errors import LandplanError

__all__ = ["BandError", "Dependency", "dependency", "parse_band"]

_SPAN: Final = re.compile(r"\s*(\d{1,3})\s*[-–]\s*(\d{1,3})\s*(?:år)?\s*$")
_OPEN: Final = re.compile(r"\s*(\d{1,3})\s*(?:\+|[-–]\s*w?)\s*(?:år)?\s*$")
_WORK: Final = (20, 65)
"""The ages from which one works, and no longer does, in the ratio as it is defined (GLOSSARY: 0-19 and 65+ by 20-64)."""
_NEAR: Final = 5
"""How many years the bands' own limits may be off: 16-64 is another ratio with another name, 25-44 is none."""


class BandError(LandplanError, ValueError):
    """A text that is no span of ages, or bands that leave ages out."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Those too young or too old to work, by those who could.

    Attributes
    ----------
    ratio : float
        Per 100 of working age.
    from_age, to_age : int
        Working age as the bands have it, both counted.
    young, working, old : float
        Persons.
    """

    ratio: float
    from_age: int
    to_age: int
    young: float
    working: float
    old: float


def parse_band(text: str) -> tuple[int, int | None]:
    """Return a band's first and last age; None for the last where it is open.

    Raises
    ------
    BandError
        If the text is no span of ages.

    Examples
    --------
    >>> parse_band("16-24"), parse_band("65+"), parse_band("0–15 år")
    ((16, 24), (65, None), (0, 15))
    """
    if (found := _SPAN.match(text)) and int(found[1]) <= int(found[2]):
        return int(found[1]), int(found[2])
    if found := _OPEN.match(text):
        return int(found[1]), None
    raise BandError(f"age group {text!r} is no span of ages; write it as 16-24, or 65+ for the last")


def dependency(bands: Mapping[str, float] | Sequence[tuple[str, float]]) -> Dependency | None:
    """Return the dependency ratio as near to 20-64 as published bands allow.

    Parameters
    ----------
    bands : mapping of text to persons
        All ages, each in one band: "0-15", "16-24", ..., "65+".

    Returns
    -------
    Dependency or None
        None where no band begins within five years of 20 or of 65, or nobody is of working age.

    Raises
    ------
    BandError
        If a band is no span, or bands overlap or leave ages out.

    Notes
    -----
    100 (young + old) / working, with the limits that the bands have; the limits are part of the answer, as 0-15 and 65+ by 16-64 is a lower ratio than
    0-19 and 65+ by 20-64.

    Examples
    --------
    >>> found = dependency({"0-15": 160, "16-24": 90, "25-44": 230, "45-64": 260, "65+": 260})
    >>> round(found.ratio, 1), found.from_age, found.to_age
    (72.4, 16, 64)
    """
    rows = bands.items() if isinstance(bands, Mapping) else bands
    spans = sorted((*parse_band(text), float(persons)) for text, persons in rows)
    at = 0
    for k, (first, last, _) in enumerate(spans):
        if first != at or (last is None) != (k == len(spans) - 1):
            raise BandError(f"the age bands overlap, or leave out ages from {at}: {', '.join(t for t, _ in rows)}; give all ages, each once, the last open (65+)")
        at = 0 if last is None else last + 1
    starts = [s[0] for s in spans]
    begin, end = (min(starts, key=lambda s, a=age: (abs(s - a), s)) for age in _WORK)  # type: ignore[misc]
    if abs(begin - _WORK[0]) > _NEAR or abs(end - _WORK[1]) > _NEAR or begin >= end:
        return None
    young, working, old = (sum(p for s, _, p in spans if lo <= s < hi) for lo, hi in ((0, begin), (begin, end), (end, 10**6)))
    return Dependency(100.0 * (young + old) / working, begin, end - 1, young, working, old) if working > 0 else None
