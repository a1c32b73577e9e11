"""A regional extract of OpenStreetMap, clipped to an area without holding it in memory.

What is asked for is found in passes: points in the box, the ways that have one of them and the relations that have one of those,
then what these refer to. Ids are kept as bits, in pieces that span a range of them, and never more than some pieces at a
time: an extract whose ids are spread over the planet's takes more passes, not more memory. What it takes is measured
in ``tests/bench``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from landplan.errors import SourceError

__all__ = ["clip"]

Box = tuple[float, float, float, float]
_RELATIONS: Final = frozenset({"multipolygon", "restriction"})
_TELL: Final = 1_000_000
# osmium's sets of ids take 4 MB for every 2**25 ids of which there is one: a hundred pieces are 400 MB
_PIECE_BITS: Final = 25
_MOST_PIECES: Final = 100


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
    work = [target.with_name(f"{target.name}.{n}.osm.pbf") for n in ("part", "aside", "more")]
    part, aside, beyond = work
    text = str(source)
    try:
        inside = _inside(text, box, progress)
        ways, needed, more = _meeting(text, inside, aside)
        if ways:
            _complete(text, aside, beyond, part, inside, needed, more)
            os.replace(part, target)
    except (RuntimeError, OSError, ValueError) as exc:
        raise SourceError(f"{source} could not be read as OpenStreetMap data ({exc}); is the file cut short? fetch it again") from None
    finally:
        for path in work:
            path.unlink(missing_ok=True)
        for path in target.parent.glob(f"{target.name}.ways*.osm.pbf"):
            path.unlink(missing_ok=True)
    if not ways:
        raise SourceError(f"{source} has no way in the area; is it the right extract?")
    return ways


def _ranges(ids: np.ndarray, most: int) -> list[np.ndarray]:
    """Split sorted ids so that each part takes no more than so many pieces."""
    piece = ids >> _PIECE_BITS
    order = np.cumsum(np.diff(piece, prepend=piece[:1]) != 0)
    return np.split(ids, np.flatnonzero(np.diff(order // most)) + 1) if ids.size else []


def _meeting(source: str, inside: np.ndarray, aside: Path) -> tuple[int, np.ndarray, set[int]]:
    """Write the ways and relations that meet points; return how many ways, the points needed and the ways beyond that areas need."""
    import osmium

    parts: list[Path] = []
    refs: list[np.ndarray] = []
    relations: dict[int, list[tuple[str, int]]] = {}
    thing: Any
    for number, ids in enumerate(_ranges(inside, _MOST_PIECES)):
        tracker = osmium.IdTracker()
        for one in ids.tolist():
            tracker.add_node(one)
        path = aside.with_name(f"{aside.name.removesuffix('.aside.osm.pbf')}.ways{number}.osm.pbf")
        parts.append(path)
        kinds = osmium.filter.KeyFilter("type")
        kinds.enable_for(osmium.osm.RELATION)
        found = osmium.FileProcessor(source, osmium.osm.WAY | osmium.osm.RELATION).with_filter(osmium.filter.EmptyTagFilter())
        found = found.with_filter(kinds).with_filter(tracker.contains_filter())
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for thing in found:
                if thing.is_way():
                    writer.add(thing)
                    tracker.add_way(thing.id)
                elif thing.tags.get("type") in _RELATIONS and thing.id not in relations:
                    # a route or a border across the country would bring the country with it
                    relations[thing.id] = [(m.type, m.ref) for m in thing.members]
                    writer.add(thing)
        # before the next range has its own
        del tracker, found
    ways = 0
    have: set[int] = set()
    # each part is sorted by id: so is what they make together
    with osmium.SimpleWriter(str(aside), overwrite=True) as writer:
        for together in _merged([osmium.FileProcessor(str(p), osmium.osm.WAY) for p in parts]):
            writer.add(together)
            have.add(together.id)
            refs.append(np.array([n.ref for n in together.nodes], np.int64))
            ways += 1
        for together in _merged([osmium.FileProcessor(str(p), osmium.osm.RELATION) for p in parts]):
            writer.add(together)
    members = [m for own in relations.values() for m in own]
    refs.append(np.array([r for t, r in members if t == "n"], np.int64))
    return ways, np.unique(np.concatenate(refs)), {r for t, r in members if t == "w"} - have


def _merged(files: list[Any]) -> Iterator[Any]:
    """Give the things of files that are sorted by id, each once, in order."""
    import osmium

    if len(files) == 1:
        yield from files[0]
    elif files:
        for same in osmium.zip_processors(*files):
            yield next(t for t in same if t is not None)


def _passing(source: str, ids: np.ndarray) -> Iterator[Any]:
    """Give the points with some ids, in the order of the file, with no more than two ranges of ids known at a time."""
    import osmium

    left = _ranges(ids, _MOST_PIECES // 2)
    tracker = osmium.IdTracker()

    def know() -> None:
        tracker.node_ids().clear()
        for own in left[:2]:
            for one in own.tolist():
                tracker.add_node(one)

    while left:
        know()
        node: Any
        for node in osmium.FileProcessor(source, osmium.osm.NODE).with_filter(tracker.id_filter()):
            # the file is sorted: a point of the next range says that those of this one have passed
            if len(left) > 1 and node.id > left[0][-1]:
                left = left[1:]
                know()
            yield node
        # ranges of which the file has no point at all stop the walk: the rest is looked for from the start
        left = left[2:]


def _complete(source: str, aside: Path, beyond: Path, part: Path, inside: np.ndarray, needed: np.ndarray, more: set[int]) -> None:
    """Write the extract: points of its ways and those that are something by themselves, ways, also those that areas need beyond, relations."""
    import osmium

    refs = [needed]
    with osmium.SimpleWriter(str(beyond), overwrite=True) as writer:
        if more:
            way: Any
            for way in osmium.FileProcessor(source, osmium.osm.WAY).with_filter(osmium.filter.IdFilter(more)):
                writer.add(way)
                refs.append(np.array([n.ref for n in way.nodes], np.int64))
    ids = np.unique(np.concatenate(refs))
    wanted = set(ids.tolist())
    with osmium.SimpleWriter(str(part), overwrite=True) as writer:
        for node in _passing(source, np.union1d(ids, inside)):
            if node.id in wanted or len(node.tags):
                writer.add(node)
        for way in _merged([osmium.FileProcessor(str(p), osmium.osm.WAY) for p in (aside, beyond)]):
            writer.add(way)
        for relation in osmium.FileProcessor(str(aside), osmium.osm.RELATION):
            writer.add(relation)


def _inside(source: str, box: Box, progress: Callable[[int, int | None], None] | None) -> np.ndarray:
    """Return the sorted ids of the points in the box."""
    import osmium

    # osmium counts in 1e-7 degrees; whole numbers are compared without making floats of every point
    x0, y0, x1, y1 = (round(v * 1e7) for v in box)
    found: list[int] = []
    node: Any
    for seen, node in enumerate(osmium.FileProcessor(source, osmium.osm.NODE), start=1):
        at = node.location
        if x0 <= at.x <= x1 and y0 <= at.y <= y1:
            found.append(node.id)
        if progress and seen % _TELL == 0:
            progress(seen, None)
    return np.unique(np.array(found, np.int64))
