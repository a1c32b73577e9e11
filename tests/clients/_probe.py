"""Colours as a screen mixes them."""

from __future__ import annotations


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the three parts of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blended(colour: str, opacity: float, *, over: str = "#ffffff") -> str:
    """Return what a colour of some opacity looks like over another."""
    parts = (round(opacity * a + (1 - opacity) * b) for a, b in zip(rgb(colour), rgb(over), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*parts)


def close(a: str, b: str, *, by: int = 2) -> bool:
    """Tell whether two colours differ by rounding alone."""
    return all(abs(x - y) <= by for x, y in zip(rgb(a), rgb(b), strict=True))
