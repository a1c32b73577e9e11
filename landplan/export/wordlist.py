"""How a list of fixed texts is asked: each list of words of an export has its own `say`, made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from landplan.style import Text
from landplan.units import Language

__all__ = ["Say", "teller"]


class Say(Protocol):
    """Return a fixed text in a language with its places filled; KeyError when there is none: a mistake of ours, which the tests find."""

    def __call__(self, key: str, language: Language, **values: object) -> str:
        """Return the text."""


def teller(texts: Mapping[str, Text]) -> Say:
    """Return the function that says a list's texts.

    Examples
    --------
    >>> say = teller({"met": Text("{n} av {total} krav", "{n} of {total} requirements"), "share": Text("{0}", "{0}")})
    >>> say("met", "sv", n=2, total=3), say("share", "en")
    ('2 av 3 krav', '{0}')
    """

    def say(key: str, language: Language, **values: object) -> str:
        text = texts[key][language]
        return text.format(**values) if values else text

    return say
