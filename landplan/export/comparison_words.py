"""The words of a comparison of runs that no other export says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export.wordlist import teller
from landplan.style import Text

__all__ = ["COMPARISON_WORDS", "say"]

COMPARISON_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "stem": Text("jamforelse", "comparison"),
        "runs": Text("Körningarna", "The runs"),
        "reports": Text("Varje kommuns rapport:", "Each one's report:"),
        "failed": Text("Gick inte att köra", "Could not be run"),
        "notes": Text("Att tänka på", "Bear in mind"),
        "sources": Text("Källor", "Sources"),
        "made": Text("Sammanställd {date}.", "Put together {date}."),
    }
)

say: Final = teller(COMPARISON_WORDS)
