"""QGIS bookmarks: places one click away, the whole area, the best sites, the main town of each municipality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from landplan.export.items import Atlas
from landplan.style import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

__all__ = ["BOOKMARK_WORDS", "Bookmark", "bookmarks"]

BOOKMARK_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "area": Text("Området", "The area"),
        "whole": Text("Hela området", "The whole area"),
        "towns": Text("Huvudorter", "Main towns"),
        "ranked": Text("{rank}. {name}", "{rank}. {name}"),
    }
)
_MOST_SITES: Final = 10
_TOWN_M: Final = 5_000.0
"""Half the side of a town's view: the town and its nearest roads."""
_SITE_M: Final = 750.0
"""At least half the side of a site's view, so that its surroundings are seen."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One place: its name, the group it stands in, and what is seen (west, south, east, north)."""

    name: str
    group: str
    bounds: tuple[float, float, float, float]


def _around(x: float, y: float, half_m: float) -> tuple[float, float, float, float]:
    return x - half_m, y - half_m, x + half_m, y + half_m


def _sites(atlas: Atlas) -> Iterator[Bookmark]:
    for page in atlas.pages:
        for card in sorted(page.cards, key=lambda c: c.rank)[:_MOST_SITES]:
            half = max(_SITE_M, 1.5 * math.sqrt(10_000 * (card.area_ha or 0.0)))
            name = BOOKMARK_WORDS["ranked"][atlas.language].format(rank=card.rank, name=card.name)
            yield Bookmark(name, page.title[atlas.language], _around(*card.centroid, half))


def _largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the row with most people of each municipality, where any is known."""
    known = frame[frame["population"].notna() & (frame["population"] > 0)]
    first = known.sort_values("population", ascending=False, kind="stable").drop_duplicates("municipality_code")
    return first.sort_values("name", kind="stable")


def _towns(atlas: Atlas) -> Iterator[Bookmark]:
    """Yield the most populous place of each municipality.

    The base map's places are known by their columns, which have one name everywhere: this room knows no
    layer by its id.
    """
    west, south, east, north = atlas.area_bounds
    group = BOOKMARK_WORDS["towns"][atlas.language]
    for item in atlas.vectors:
        if item.group != "base" or not {"municipality_code", "population", "name"} <= set(item.frame.columns):
            continue
        if not (item.frame.geom_type == "Point").all():
            continue
        largest = _largest(item.frame)
        for name, point in zip(largest["name"], largest.geometry, strict=True):
            if west <= point.x <= east and south <= point.y <= north:
                yield Bookmark(str(name), group, _around(point.x, point.y, _TOWN_M))


def bookmarks(atlas: Atlas) -> tuple[Bookmark, ...]:
    """Return the places a project opens with: the whole area first, then towns, then each team's best sites.

    Parameters
    ----------
    atlas : Atlas
        What the run found. Towns are the most populous places of base layers that have names, municipality
        codes and populations; sites are the ten best of each page.

    Returns
    -------
    tuple of Bookmark
        In the atlas's CRS.
    """
    words = BOOKMARK_WORDS
    whole = Bookmark(words["whole"][atlas.language], words["area"][atlas.language], atlas.area_bounds)
    return (whole, *_towns(atlas), *_sites(atlas))
