"""The fixed words of map sheets, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.export.wordlist import teller
from landplan.style import Text

__all__ = ["SHEET_WORDS", "say"]

SHEET_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "grid": Text("Rutnät {crs}, en ruta är {step}", "Grid {crs}, a square is {step}"),
        "inset_source": Text("översiktsbild: Natural Earth", "overview: Natural Earth"),
        "site_title": Text("{team}: {site}", "{team}: {site}"),
        "site_answer": Text("Plats {rank} av {count}, {score} av 100 poäng.", "Rank {rank} of {count}, {score} of 100 points."),
        "this_site": Text("Läget på bladet", "The site of this sheet"),
        "points": Text("poäng", "points"),
        "weights": Text("vikt", "weight"),
        "heavy": Text(
            "{layers} är ritat som bild, 300 punkter per tum: som linjer blev filen för tung.",
            "{layers}: drawn as an image of 300 dots an inch; as lines the file would be too heavy.",
        ),
    }
)

say: Final = teller(SHEET_WORDS)
