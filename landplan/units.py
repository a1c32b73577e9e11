"""Units and how numbers are written for people.

Inside kernels time is integer deciseconds and length is metres; outside they are minutes, metres,
hectares and persons. The conversions stand here, once. Swedish text writes a decimal comma, a
no-break space between thousands, the minus sign U+2212 and an en dash in ranges (GLOSSARY: 24 515; 3,5).
"""

from __future__ import annotations

import math
from typing import Final, Literal

__all__ = [
    "DS_PER_MIN",
    "DS_UNREACHED",
    "M2_PER_HA",
    "Language",
    "format_int",
    "format_number",
    "format_range",
    "format_unit",
    "ha",
    "minutes_from_ds",
]

Language = Literal["sv", "en"]

DS_PER_MIN: Final = 600
"""Deciseconds in a minute."""
DS_UNREACHED: Final = 2_147_483_647
"""The int32 a search kernel leaves at a node it never reached; never leaves the kernels' callers."""
M2_PER_HA: Final = 10_000.0

_NBSP = "\u00a0"
_MINUS = "\u2212"


def ha(area_m2: float) -> float:
    """Hectares of an area in square metres.

    Examples
    --------
    >>> ha(780_000)
    78.0
    """
    return area_m2 / M2_PER_HA


def minutes_from_ds(deciseconds: float) -> float:
    """Minutes of a time in deciseconds; the unreached sentinel becomes ``inf``.

    Examples
    --------
    >>> minutes_from_ds(900), minutes_from_ds(DS_UNREACHED)
    (1.5, inf)
    """
    return math.inf if deciseconds >= DS_UNREACHED else deciseconds / DS_PER_MIN


def format_number(value: float | None, decimals: int = 1, *, language: Language = "sv") -> str:
    """Write a number the language's way; an unknown or infinite value is an empty string.

    Parameters
    ----------
    value : float or None
        The number.
    decimals : int, default 1
        Digits after the decimal mark, half to even as Python rounds.
    language : {"sv", "en"}, default "sv"
        Swedish: comma and no-break space; English: point and comma.

    Returns
    -------
    str
        The written number, ``""`` for None, nan and inf.

    Examples
    --------
    >>> format_number(24515.5, 1).replace(chr(160), "_")
    '24_515,5'
    >>> format_number(24515.5, 1, language="en")
    '24,515.5'
    """
    if value is None or not math.isfinite(value):
        return ""
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(c in "123456789" for c in text)
    if language == "sv":
        text = text.replace(",", _NBSP).replace(".", ",")
        return (_MINUS if negative else "") + text
    return ("-" if negative else "") + text


def format_int(value: float | None, *, language: Language = "sv") -> str:
    """Write a whole number, for persons and counts.

    Examples
    --------
    >>> format_int(30000).replace(chr(160), " ")
    '30 000'
    """
    return format_number(value, 0, language=language)


def format_unit(value: float | None, unit: str, decimals: int = 0, *, language: Language = "sv") -> str:
    """Write a number and its unit with a no-break space between, or nothing when unknown.

    Examples
    --------
    >>> format_unit(78.04, "ha").replace(chr(160), " ")
    '78 ha'
    """
    text = format_number(value, decimals, language=language)
    return f"{text}{_NBSP}{unit}" if text else ""


def format_range(low: float, high: float, decimals: int = 0, *, language: Language = "sv") -> str:
    """Write a range with an en dash; one number when both ends read the same.

    Examples
    --------
    >>> format_range(310, 470)
    '310–470'
    """
    a, b = (format_number(v, decimals, language=language) for v in (low, high))
    return a if a == b else f"{a}–{b}"
