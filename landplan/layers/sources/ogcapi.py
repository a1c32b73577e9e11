"""OGC API Features: items of one collection in a box, page after page, counted before and compared after.

The box goes out in degrees, longitude first, which every server reads alike; the answer is asked for in the
plan's CRS only where the collection offers it. Links to further pages are followed on the same host alone.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from landplan.crs import DEFAULT_CRS
from landplan.errors import SourceError
from landplan.layers.sources.asking import Answer, Ask, Box, Spool
from landplan.layers.sources.features import (
    DEGREES,
    Contradiction,
    Heap,
    Page,
    Talk,
    crs_of,
    gather,
    geojson_page,
    shown_login,
    whole,
)
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Address, Reply, Web

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["describe", "fetch"]

_ITEMS: Final = "application/geo+json, application/json;q=0.9"
_PLAIN: Final = "application/json"


def fetch(ask: Ask, web: Web, spool: Spool, progress: Callable[[int, int | None], None] | None = None) -> Answer:
    """Fetch the items of one collection that meet the area.

    Parameters
    ----------
    ask : Ask
        Options: ``url`` (of the landing page), ``collection``, ``crs`` (default EPSG:3006; used where the collection offers
        it, else degrees come), ``page`` (items per request), ``filter`` (column to value or values; a list is a series of
        requests), ``box`` (false: the filter alone decides), ``id_column``, ``axes`` (``"xy"``; ``"crs"`` for a service that
        writes north first, as the standard says and few do), ``most``; ``key`` and ``auth``, see `landplan.layers.sources.login`.
    web : Web
    spool : Spool
    progress : callable, optional
        Called with features so far and in all.

    Returns
    -------
    Answer
        `frame` with the source's own columns and the items' ids as ``id``, x east.

    Raises
    ------
    SourceError
        If the features that came are not those that the service counts in the area.
    """
    talk = Talk(ask, web, spool)
    offered = _offered(talk)
    asked = crs_of(ask.text("crs", DEFAULT_CRS), where=f"source {ask.source!r}")
    uri = next((name for name in offered if _same(name, asked)), "")
    if not uri:
        asked = crs_of(DEGREES, where="OGC API Features")
    series = [_Items(ask, talk, asked, uri, chosen) for chosen in _choices(ask)]
    counts = [one.count(one.box) for one in series]
    known = [c for c in counts if c is not None]
    total = sum(known) if len(known) == len(counts) else None
    spool.start(talk.question(uri, *counts))
    heap = Heap(id_column=str(ask.options.get("id_column", "")))

    def again() -> int | None:
        now = [one.count(one.box) for one in series]
        return None if None in now else sum(c for c in now if c is not None)

    try:
        for one, count in zip(series, counts, strict=True):
            if count != 0:
                gather(one, heap, count, ask=ask, tick=lambda done: progress(done, total) if progress else None)
        return whole(talk, heap, total, asked, again=again, ids_as="id")
    except Contradiction:
        spool.clear()
        raise


def describe(ask: Ask) -> tuple[str, ...]:
    """Return the addresses that would be asked first, without asking anything and without secrets.

    Parameters
    ----------
    ask : Ask

    Returns
    -------
    tuple of str
        The collection's description, and for each series of requests its count and its first page.
    """
    base = _collection_url(ask)
    found = [Address.of(base, shown_login(ask)).shown]
    for chosen in _choices(ask):
        asked = _where(ask, _degrees_box(ask), chosen, "")
        found += [Address.of(f"{base}/items", {**asked, "limit": n, **shown_login(ask)}).shown for n in (1, _size(ask))]
    return tuple(found)


@dataclass
class _Items:
    """One series of requests for items; a `Reader`."""

    ask: Ask
    talk: Talk
    asked: CRS
    uri: str
    chosen: Mapping[str, str]

    def __post_init__(self) -> None:
        self.box: Box | None = _degrees_box(self.ask)
        self.url = f"{_collection_url(self.ask)}/items"
        self.size = _size(self.ask)

    @property
    def least(self) -> float:
        """Side of the smallest box, degrees: about a decimetre."""
        return 1e-6

    def where(self, box: Box | None) -> dict[str, str]:
        """Return the part of a request that says which items, in which CRS."""
        return _where(self.ask, box, self.chosen, self.uri)

    def count(self, box: Box | None) -> int | None:
        """Ask how many items there are, anew."""
        head, body = self.talk.get(self.url, {**self.where(box), "limit": 1}, _ITEMS)
        told = json.loads(head)
        return geojson_page(body, told["url"], told["crs"], self.ask, self.asked).matched

    def hits(self, box: Box) -> int | None:
        """Ask how many items there are in a part of the box."""
        page: Page = self.talk.page(f"hits {sorted(self.chosen.items())} {box}", self.url, {**self.where(box), "limit": 1}, self._read, _ITEMS)
        return page.matched

    def pages(self, box: Box | None) -> Iterator[Page]:
        """Yield pages along their links to the next."""
        url, params = self.url, {**self.where(box), "limit": str(self.size)}
        seen: set[str] = set()
        for number in itertools.count():
            name = f"{sorted(self.chosen.items())} {box} page {number} {url if number else ''}"
            page: Page = self.talk.page(name, url, params, self._read, _ITEMS)
            yield page
            if not page.more:
                return
            url, params = self._next(page, url), {}
            if url in seen:
                raise SourceError(f"{page.url} links to a next page that has been read; the service pages in a circle, nothing of it is used")
            seen.add(url)

    def _read(self, body: bytes, url: str, said_crs: str) -> Page:
        return geojson_page(body, url, said_crs, self.ask, self.asked)

    def _next(self, page: Page, at: str) -> str:
        """Return the address of the next page, if it is on the host that was asked."""
        here, there = urlsplit(self.url), urlsplit(urljoin(at, page.more))
        if there.scheme not in ("http", "https") or there.hostname != here.hostname or (there.port or here.port) != here.port:
            raise SourceError(
                f"{page.url} links to its next page on another host, {redact(there.netloc or page.more)[:80]} (asked was {here.netloc}); not followed, "
                "nothing of the layer is used. If the provider has moved, put the new address into the plan: "
                f"[sources.{self.ask.source}] url"
            )
        # services behind a proxy write http into their links; the key is put in again when the page is asked for
        mine = next(iter(shown_login(self.ask)), "")
        query = urlencode([(k, v) for k, v in parse_qsl(there.query, keep_blank_values=True) if k != mine], safe=":,/")
        return urlunsplit((here.scheme, here.netloc, there.path, query, ""))


def _collection_url(ask: Ask) -> str:
    return f"{ask.text('url').rstrip('/')}/collections/{ask.text('collection')}"


def _size(ask: Ask) -> int:
    return max(1, int(ask.number("page", 1000)))


def _degrees_box(ask: Ask) -> Box | None:
    return ask.box_in(DEGREES) if ask.options.get("box", True) else None


def _where(ask: Ask, box: Box | None, chosen: Mapping[str, str], uri: str) -> dict[str, str]:
    said = dict(chosen)
    if box is not None:
        said["bbox"] = ",".join(f"{v:.9f}" for v in box)
    if uri:
        said["crs"] = uri
    return said


def _choices(ask: Ask) -> list[dict[str, str]]:
    """Return the attribute filters of each series of requests: every combination of the listed values."""
    wanted = dict(ask.options.get("filter") or {})
    lists = [list(v) if isinstance(v, (list, tuple)) else [v] for v in wanted.values()]
    words = [[str(v).lower() if isinstance(v, bool) else str(v) for v in dict.fromkeys(some)] for some in lists]
    return [dict(zip(map(str, wanted), one, strict=True)) for one in itertools.product(*words)]


def _offered(talk: Talk) -> list[str]:
    """Return the CRSs in which the collection can be had."""
    ask = talk.ask
    url = _collection_url(ask)
    said = _object(talk, url)
    names = [str(n) for n in said.get("crs") or []]
    if "#/crs" in names:
        # the standard's way to say: those that all collections have
        shared = _object(talk, f"{ask.text('url').rstrip('/')}/collections").get("crs") or []
        names = [n for n in names if n != "#/crs"] + [str(n) for n in shared]
    return names


def _object(talk: Talk, url: str) -> dict[str, Any]:
    head, body = talk.get(url, {}, _PLAIN, "json")
    said = Reply(json.loads(head)["url"], 200, {}, body).json()
    if not isinstance(said, dict):
        raise SourceError(f"{json.loads(head)['url']} answered a list in place of a description; is it an OGC API Features service?")
    return said


def _same(name: str, crs: CRS) -> bool:
    """Tell whether a CRS' address names a CRS; unknown names are nobody's."""
    found = re.search(r"/def/crs/(EPSG|OGC)/[^/]*/(\w+)$|:crs:(EPSG|OGC):[^:]*:(\w+)$", name)
    if not found or crs.to_authority() is None:
        return False
    authority, code = crs.to_authority()
    return (found.group(1) or found.group(3), found.group(2) or found.group(4)) == (authority, code)
