"""A regional extract of OpenStreetMap, clipped to an area without holding it in memory.

The file is streamed three times: points in the box, the ways that have one of them and the relations that have one of those,
then what these refer to. Ids in the box are kept as bits; nothing else is. All of Sweden passes so on a machine
that could not hold it; what it takes is measured in ``tests/bench``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from landplan.errors import SourceError

__all__ = ["clip"]

Box = tuple[float, float, float, float]
_RELATIONS: Final = frozenset({"multipolygon", "restriction"})
_TELL: Final = 1_000_000


def clip(source: Path, box: Box, target: Path, *, progress: Callable[[int, int | None], None] | None = None) -> int:
    """Clip an extract to a box; ways that leave the box stay whole.

    Parameters
    ----------
    source : Path
        ``.osm.pbf`` or any file osmium reads, sorted by kind and id as extracts are.
    box : tuple of float
        West, south, east, north, degrees.
    target : Path
        The new ``.osm.pbf``; replaced when it is whole.
    progress : callable, optional
        Told how many points have been looked at.

    Returns
    -------
    int
        Ways written.

    Raises
    ------
    SourceError
        If the file is missing, torn or no extract, or has no way in the box.
    """
    if not source.is_file():
        raise SourceError(f"{source} does not exist; fetch a regional extract (.osm.pbf) and name it in the plan: [sources.osm] file")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part.osm.pbf")
    # ways and relations are known before the points they need, and a file has its points first
    aside = target.with_name(f"{target.name}.aside.osm.pbf")
    text = str(source)
    try:
        ways = _meeting(text, box, aside, progress)
        if ways:
            _complete(text, aside, part)
    except (RuntimeError, OSError, ValueError) as exc:
        part.unlink(missing_ok=True)
        raise SourceError(f"{source} could not be read as OpenStreetMap data ({exc}); is the file cut short? fetch it again") from None
    finally:
        aside.unlink(missing_ok=True)
    if not ways:
        raise SourceError(f"{source} has no way in the area; is it the right extract?")
    os.replace(part, target)
    return ways


def _meeting(source: str, box: Box, aside: Path, progress: Callable[[int, int | None], None] | None) -> int:
    """Write what meets the box, without its points, and return how many ways that is."""
    import osmium

    # osmium counts in 1e-7 degrees; whole numbers are compared without making floats of every point
    x0, y0, x1, y1 = (round(v * 1e7) for v in box)
    inside = osmium.IdTracker()
    ways = 0
    node: Any
    for seen, node in enumerate(osmium.FileProcessor(source, osmium.osm.NODE), start=1):
        at = node.location
        if x0 <= at.x <= x1 and y0 <= at.y <= y1:
            inside.add_node(node.id)
        if progress and seen % _TELL == 0:
            progress(seen, None)
    tagged = osmium.filter.EmptyTagFilter()
    with osmium.SimpleWriter(str(aside), overwrite=True) as writer:
        for node in osmium.FileProcessor(source, osmium.osm.NODE).with_filter(tagged).with_filter(inside.id_filter()):
            writer.add(node)
        for way in osmium.FileProcessor(source, osmium.osm.WAY).with_filter(tagged).with_filter(inside.contains_filter()):
            writer.add(way)
            inside.add_way(way.id)
            ways += 1
        kinds = osmium.filter.KeyFilter("type")
        for relation in osmium.FileProcessor(source, osmium.osm.RELATION).with_filter(kinds).with_filter(inside.contains_filter()):
            # a route or a border across the country would bring the country with it
            if relation.tags.get("type") in _RELATIONS:
                writer.add(relation)
    return ways


def _complete(source: str, aside: Path, part: Path) -> None:
    """Write the extract: the points of all its ways, the ways, the ways that its areas need beyond the box, the relations."""
    import osmium

    more: set[int] = set()
    have: set[int] = set()
    needed = osmium.IdTracker()
    thing: Any
    for thing in osmium.FileProcessor(str(aside)):
        if thing.is_way():
            have.add(thing.id)
            needed.add_references(thing)
        elif thing.is_relation():
            more.update(m.ref for m in thing.members if m.type == "w")
            for m in thing.members:
                if m.type == "n":
                    needed.add_node(m.ref)
        else:
            needed.add_node(thing.id)
    more -= have
    beyond = aside.with_name(f"{aside.name}.more.osm.pbf")
    try:
        with osmium.SimpleWriter(str(beyond), overwrite=True) as writer:
            if more:
                for way in osmium.FileProcessor(source, osmium.osm.WAY).with_filter(osmium.filter.IdFilter(more)):
                    writer.add(way)
                    needed.add_references(way)
        with osmium.SimpleWriter(str(part), overwrite=True) as writer:
            for node in osmium.FileProcessor(source, osmium.osm.NODE).with_filter(needed.id_filter()):
                writer.add(node)
            del needed
            # ways by id, as extracts are: two sorted streams
            for pair in osmium.zip_processors(osmium.FileProcessor(str(aside), osmium.osm.WAY), osmium.FileProcessor(str(beyond), osmium.osm.WAY)):
                writer.add(pair[0] if pair[0] is not None else pair[1])
            for relation in osmium.FileProcessor(str(aside), osmium.osm.RELATION):
                writer.add(relation)
    finally:
        beyond.unlink(missing_ok=True)
