"""Which layers a team's page shows, and which lies over which: the same on screen, in QGIS and on paper."""

from __future__ import annotations

from typing import Final

from landplan.export.items import Atlas, RasterItem, TeamPage, VectorItem
from landplan.export.legend import draw_order

__all__ = ["MOST_PINS", "Item", "all_items", "find", "shown_first", "stack"]

Item = VectorItem | RasterItem
MOST_PINS: Final = 25
"""How many ranked sites get a number on the map."""


def all_items(atlas: Atlas) -> tuple[Item, ...]:
    """Return every layer and raster of the atlas, vectors first."""
    return (*atlas.vectors, *atlas.rasters)


def find(atlas: Atlas, id_: str) -> Item | None:
    """Return the layer or raster with this id, None when the run made none."""
    return next((item for item in all_items(atlas) if item.id == id_), None)


def shown_first(page: TeamPage, item: Item) -> bool:
    """Return whether the item is switched on when the page opens."""
    return item.id in page.visible if page.visible else item.visible


def stack(atlas: Atlas, page: TeamPage) -> tuple[list[Item], list[str]]:
    """Return what a page may show, and what it must not.

    Parameters
    ----------
    atlas : Atlas
        What the run found.
    page : TeamPage
        Names layers and rasters by id; one that the run did not make is passed over.

    Returns
    -------
    list of VectorItem or RasterItem
        From the top of the map down (`legend.draw_order`).
    list of str
        Titles of restricted items, which never reach a web map or a sheet.
    """
    found: list[tuple[tuple[float, ...], Item]] = []
    hidden: list[str] = []
    for position, id_ in enumerate(dict.fromkeys((*page.layers, *page.rasters))):
        item = find(atlas, id_)
        if item is None:
            continue
        if item.sharing == "restricted":
            hidden.append(item.title[atlas.language])
        else:
            found.append((draw_order(item, position), item))
    return [item for _, item in sorted(found, key=lambda pair: pair[0], reverse=True)], hidden
