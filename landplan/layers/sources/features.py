"""Features from services: one way to ask, read, compare and refuse, shared by WFS and OGC API Features.

A service is believed only when three things agree: the count it gave before, the distinct features that came,
and the box that was asked. Servers that cap an answer are asked page by page; those that ignore the page asked
for are asked quarter by quarter. Whatever then still differs is an error, never a smaller layer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from landplan.errors import SourceError
from landplan.layers.sources.asking import Answer, Ask, Box, Spool
from landplan.layers.sources.login import login_of
from landplan.layers.sources.secrets import STARS, redact
from landplan.layers.sources.web import Address, Web
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

__all__ = ["DEGREES", "Contradiction", "Heap", "Page", "Reader", "Talk", "crs_of", "frame_of", "gather", "geojson_page", "north_first", "whole"]

DEGREES: Final = "OGC:CRS84"
MOST: Final = 2_000_000
_MOST_PIECES: Final = 2_000
# GeoServer makes these up anew for every answer where a table has no key: they identify nothing
_MADE_UP: Final = re.compile(r"(?:.*\.)?fid-*[0-9a-f]+_[-0-9a-f]+(?:_[-0-9a-f]+)?", re.IGNORECASE)

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Page:
    """Some features as a server gave them."""

    url: str
    rows: list[dict[str, Any]]
    shapes: list[Any]
    ids: list[str]
    crs: CRS | None = None
    matched: int | None = None
    more: str = ""

    def __len__(self) -> int:
        """Number of features."""
        return len(self.rows)


class Contradiction(SourceError):
    """What came contradicts itself or the count: its pages are worth nothing, the next try starts anew."""


class Reader(Protocol):
    """What a protocol must be able to do: count in a box, and read a box page by page."""

    box: Box | None

    @property
    def least(self) -> float:
        """Side of the smallest box worth asking for."""

    def hits(self, box: Box) -> int | None:
        """Return how many features meet a box; None when the server cannot say."""

    def pages(self, box: Box | None) -> Iterator[Page]:
        """Yield the features that meet a box; an empty page is the end."""


def crs_of(name: str, *, where: str) -> CRS:
    """Return a CRS by any of the names that services use.

    Raises
    ------
    SourceError
        If the name is none.
    """
    from pyproj import CRS as Crs
    from pyproj.exceptions import CRSError

    old = re.fullmatch(r"(?:https?://www\.opengis\.net/gml/srs/epsg\.xml#|urn:(?:x-)?ogc:def:crs:EPSG:(?:[\d.]*:)?)(\d+)", name.strip())
    try:
        return Crs.from_user_input(f"EPSG:{old.group(1)}" if old else name.strip().strip("<>"))
    except CRSError:
        raise SourceError(f"{where} names the CRS {name!r}, which is not known; expected a name such as EPSG:3006") from None


def north_first(crs: CRS) -> bool:
    """Tell whether the CRS' own definition puts north before east, as EPSG:3006 and EPSG:4326 do.

    Examples
    --------
    >>> north_first(crs_of("EPSG:3006", where="the plan")), north_first(crs_of("OGC:CRS84", where="the plan"))
    (True, False)
    """
    return bool(crs.axis_info) and crs.axis_info[0].direction.lower() == "north"


@dataclass
class Talk:
    """A conversation with one service about one question: its login, what was asked, what is kept on disc."""

    ask: Ask
    web: Web
    spool: Spool
    queries: list[str] = field(default_factory=list)

    def get(self, url: str, params: Mapping[str, Any], accept: str = "", expect: str = "") -> tuple[str, bytes]:
        """Return (head, body) of an answer; the head says where it came from and in which CRS."""
        more, headers = login(self.ask)
        if accept:
            headers["Accept"] = accept
        asked = {**params, **more}
        self.noted(url, asked)
        reply = self.web.get(url, params=asked, headers=headers, expect=expect)
        return json.dumps({"url": reply.url, "crs": reply.headers.get("content-crs", "")}), reply.body

    def page(self, name: str, url: str, params: Mapping[str, Any], read: Callable[[bytes, str, str], Any], accept: str = "") -> Any:
        """Return a page, read; what cannot be read is not kept on disc.

        Parameters
        ----------
        name : str
            Of the page within the question.
        url : str
        params : mapping
        read : callable
            Takes the body, the shown address and the CRS that the answer's head names.
        accept : str, optional
            Content types.
        """
        made: list[Any] = []

        def ask() -> bytes:
            head, body = self.get(url, params, accept)
            told = json.loads(head)
            made.append(read(body, told["url"], told["crs"]))
            return head.encode() + b"\n" + body

        kept = self.spool.page(name, ask)
        if made:
            return made[0]
        self.noted(url, {**params, **shown_login(self.ask)})
        head, _, body = kept.partition(b"\n")
        told = json.loads(head)
        return read(body, told["url"], told["crs"])

    def question(self, *counts: Any) -> str:
        """Return what the kept pages belong to: all that shapes a request, and the counts at the start."""
        return repr((sorted(self.ask.options.items()), self.ask.box, self.ask.crs, counts))

    def noted(self, url: str, params: Mapping[str, Any]) -> None:
        """Remember an address, without its secrets."""
        shown = Address.of(url, params).shown
        if shown not in self.queries:
            self.queries.append(shown)


def login(ask: Ask) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the query parameters and headers that carry the source's key, if it needs one.

    Raises
    ------
    SourceError
        If the key is nowhere, or the plan names an unknown way to send it.
    """
    found = login_of(ask.options, what=ask.what)
    return dict(found.params), dict(found.headers)


def shown_login(ask: Ask) -> dict[str, str]:
    """Return the key's query parameter as it may be seen, without looking the key up."""
    auth = str(ask.options.get("auth", "param:key"))
    return {auth.removeprefix("param:"): STARS} if ask.options.get("key") and auth.startswith("param:") else {}


def geojson_page(body: bytes, url: str, said_crs: str, ask: Ask, asked: CRS) -> Page:
    """Read a page of GeoJSON and check where it lies.

    Parameters
    ----------
    body : bytes
    url : str
        Shown address, for messages.
    said_crs : str
        What the answer's ``Content-Crs`` header says; "" for nothing.
    ask : Ask
    asked : CRS
        The CRS that was asked for.

    Raises
    ------
    SourceError
        If it is not whole, not a collection, or lies elsewhere than asked.
    """
    from landplan.layers.sources.web import Reply

    said = Reply(url, 200, {}, body).json()
    if not isinstance(said, dict) or not isinstance(said.get("features"), list):
        raise SourceError(f"{url} answered {_words_of(said)!r} in place of a FeatureCollection; nothing of it is used")
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    ids: list[str] = []
    for number, feature in enumerate(said["features"], start=1):
        if not isinstance(feature, dict):
            raise SourceError(f"{url}: feature {number} is {str(feature)[:60]!r}; nothing of the answer is used")
        shapes.append(_shape(feature.get("geometry"), url, number))
        ids.append("" if feature.get("id") is None else str(feature["id"]))
        rows.append({str(k): _plain(v) for k, v in (feature.get("properties") or {}).items()})
    member = said.get("crs")
    name = said_crs or (str((member.get("properties") or {}).get("name", "")) if isinstance(member, dict) else "")
    if name:
        crs = crs_of(name, where=url)
    else:
        # RFC 7946 knows no crs member: degrees are told by their numbers, and the box decides
        crs = crs_of(DEGREES, where=url) if asked.is_projected and _all_degrees(shapes) else asked
    if str(ask.options.get("axes", "xy")) == "crs" and north_first(crs):
        shapes = [_swapped(s) for s in shapes]
    links = [x for x in said.get("links") or [] if isinstance(x, dict) and x.get("rel") == "next" and x.get("href")]
    links.sort(key=lambda x: "json" not in str(x.get("type", "json")))
    found = Page(url, rows, shapes, ids, crs, _count(said.get("numberMatched", said.get("totalFeatures"))), str(links[0]["href"]) if links else "")
    check_box(found, ask, asked)
    return found


def check_box(page: Page, ask: Ask, asked: CRS) -> int:
    """Return how many features of a page lie outside the asked box.

    Raises
    ------
    SourceError
        If all do, or if one would lie inside with its coordinates swapped.
    """
    import numpy as np
    import shapely

    bounds = shapely.bounds(np.array(page.shapes, dtype=object))
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(bounds):
        return 0
    crs = page.crs or asked
    box = ask.box if crs == crs_of(ask.crs, where="the plan") else ask.box_in(crs.to_string())
    unit = 1.0 if crs.is_projected else 1e-5
    # a box that was turned into another CRS covers a little more than the box itself
    slack = unit if crs == asked and asked == crs_of(ask.crs, where="the plan") else unit + 0.05 * max(box[2] - box[0], box[3] - box[1])

    def meets(of: Any) -> Any:
        return (of[:, 0] <= box[2] + slack) & (of[:, 2] >= box[0] - slack) & (of[:, 1] <= box[3] + slack) & (of[:, 3] >= box[1] - slack)

    outside = ~meets(bounds)
    swapped = outside & meets(bounds[:, [1, 0, 3, 2]])
    if swapped.any():
        raise SourceError(
            f"{page.url}: the axes are swapped: {int(swapped.sum())} of {len(bounds)} features lie in the asked box only when x and y change places "
            f"(first at x {bounds[swapped][0][0]:.6g}, y {bounds[swapped][0][1]:.6g}; the box is {_words(box)} in {crs.to_string()}). Nothing is turned "
            f'silently; if the service always answers so, say it in the plan: [sources.{ask.source}] axes = "crs"'
        )
    if outside.all():
        raise SourceError(
            f"{page.url}: none of {len(bounds)} features lies in the asked box {_words(box)} ({crs.to_string()}); the first is at "
            f"x {bounds[0][0]:.6g}, y {bounds[0][1]:.6g}. Does the service mean another CRS? Set crs under [sources.{ask.source}]"
        )
    return int(outside.sum())


@dataclass
class Heap:
    """Features gathered from pages, each once.

    A feature is known by the source's unique column, else by the service's own id; where there is neither, by its
    geometry and attributes together. Equal features on one page are then features of their own: only what comes
    again on another page is a double.
    """

    id_column: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    crs: CRS | None = None
    doubles: int = 0
    largest: int = 0
    pages: int = 0
    pieces: int = 0
    by: str = ""
    _known: dict[Any, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of distinct features."""
        return len(self.rows)

    def add(self, page: Page) -> int:
        """Take in what is new of a page and return how many that were.

        Raises
        ------
        SourceError
            If ids repeat, change their meaning, or are missing; or if the page is in another CRS than the others.
        """
        if not page.rows:
            return 0
        if self.crs is not None and page.crs is not None and page.crs != self.crs:
            raise Contradiction(f"{page.url} answered in {page.crs.to_string()}, earlier pages were in {self.crs.to_string()}; ask again")
        self.crs = self.crs or page.crs
        self.pages += 1
        self.largest = max(self.largest, len(page))
        before = len(self)
        on_page: Counter[Any] = Counter()
        for row, shape, given in zip(page.rows, page.shapes, page.ids, strict=True):
            mark = _fingerprint(row, shape)
            key = self._key(row, given, mark, page.url)
            on_page[key] += 1
            if self.by == "content":
                key = (key, on_page[key])
            elif on_page[key] > 1:
                raise Contradiction(
                    f"{page.url}: {self.by} {key!r} comes {on_page[key]} times in one answer, so it does not tell features apart; "
                    "name a column that is unique: id_column"
                )
            known = self._known.get(key)
            if known is None:
                self._known[key] = mark
                self.rows.append(row)
                self.shapes.append(shape)
                self.ids.append(given)
                continue
            if known != mark:
                raise Contradiction(
                    f"{page.url}: {self.by} {key!r} came twice with different content; the layer changed while it was fetched, or the column "
                    "is not unique. Ask again, or name another id_column"
                )
            self.doubles += 1
        return len(self) - before

    def _key(self, row: Mapping[str, Any], given: str, mark: bytes, url: str) -> Any:
        if self.id_column:
            self.by = self.id_column
            # services take the key out of the attributes and give it as the feature's id
            value = row.get(self.id_column, (given or None) if self.id_column == "id" else None)
            if value is None:
                raise SourceError(f"{url}: a feature has no {self.id_column!r} (it has {', '.join(row)}); id_column must be a column that all have")
            return value
        if not self.by:
            self.by = "the id" if given and not _MADE_UP.fullmatch(given) else "content"
        if self.by == "content":
            return mark
        if not given:
            raise SourceError(f"{url}: some features have an id and others have none; name a column that is unique: id_column")
        return given


def gather(reader: Reader, heap: Heap, count: int | None, *, ask: Ask, tick: Callable[[int], None]) -> None:
    """Fill the heap with all features of the reader's box.

    Parameters
    ----------
    reader : Reader
    heap : Heap
        What comes is added to it.
    count : int or None
        How many the server says there are.
    ask : Ask
    tick : callable
        Called with the number of features so far.

    Raises
    ------
    SourceError
        If the features that came are not as many as were counted.
    """
    start, pages, nothing_new = len(heap), 0, False
    most = int(ask.number("most", MOST))
    _few_enough(count, most, ask)
    for page in reader.pages(reader.box):
        if not len(page):
            break
        pages += 1
        nothing_new = heap.add(page) == 0
        tick(len(heap))
        _few_enough(len(heap), most, ask)
        if nothing_new or (count is not None and len(heap) - start >= count):
            break
    got = len(heap) - start
    if count is None:
        if nothing_new:
            raise Contradiction(
                f"{ask.what}: the service neither counts its features nor pages through them: page {pages} repeats what had come ({got} features). "
                "Whether that is all cannot be known; take the layer as a file instead"
            )
        return
    if got < count and got and (nothing_new or pages == 1) and reader.box is not None:
        _by_pieces(reader, reader.box, heap, count, ask, tick)
        got = len(heap) - start
    if got != count:
        raise Contradiction(
            f"{ask.what}: the service counts {count} features in the area but gave {got} different ones ({heap.doubles} came more than once); the layer "
            "is not whole and nothing of it is used. Ask again later; if it stays so, name a unique column with id_column or take the layer as a file"
        )


def _by_pieces(reader: Reader, area: Box, heap: Heap, count: int, ask: Ask, tick: Callable[[int], None]) -> None:
    """Ask for quarters of the box until each holds no more than the server gives at once."""
    gives = heap.largest
    waiting, asked = _quarters(area), 0
    # towns lie close together, so a few deep cuts are to be expected; many more than that mean a service that gives next to nothing
    most = min(_MOST_PIECES, 100 + 16 * (count // gives))
    while waiting:
        box = waiting.pop()
        asked += 1
        side = min(box[2] - box[0], box[3] - box[1])
        here = reader.hits(box)
        if here is None:
            raise SourceError(f"{ask.what}: the service counts the whole area ({count}) but not a part of it; the layer cannot be fetched in parts")
        if here == 0:
            continue
        page = next(reader.pages(box), None) if here <= gives else None
        if page is not None and len(page) >= here:
            heap.add(page)
            heap.pieces += 1
            tick(len(heap))
            continue
        if side / 2 < reader.least or asked > most:
            raise Contradiction(
                f"{ask.what}: the service counts {count} features, gives at most {gives} at once and ignores which page is asked for; even in the box "
                f"{_words(box)} it counts {here} and gives {0 if page is None else len(page)}. Take the layer as a file instead"
            )
        waiting += _quarters(box)


def whole(
    talk: Talk, heap: Heap, count: int | None, asked: CRS, *, again: Callable[[], int | None], ids_as: str = ""
) -> Answer:
    """Turn what was gathered into an answer, after asking the count once more.

    Raises
    ------
    SourceError
        If the count is another than at the start.
    """
    ask = talk.ask
    if count is not None and heap.pages > 1 and (now := again()) != count:
        raise Contradiction(f"{ask.what}: the layer changed while it was fetched: {count} features at the start, {now} at the end; ask again")
    crs = heap.crs or asked
    frame = frame_of(heap, crs, ids_as=ids_as)
    outside = check_box(Page("", heap.rows, heap.shapes, heap.ids, crs), ask, asked) if len(heap) else 0
    notes: list[Text] = []
    if count is None:
        notes.append(Text(
            f"Tjänsten kan inte säga hur många objekt lagret har; det lästes tills inget mer kom ({len(heap)} objekt).",
            f"The service cannot say how many features the layer has; it was read until nothing more came ({len(heap)} features).",
        ))
    if heap.pieces:
        notes.append(Text(
            f"Tjänsten lämnar högst {heap.largest} objekt åt gången och bläddrar inte; området hämtades i {heap.pieces} delar.",
            f"The service gives at most {heap.largest} features at once and does not page; the area was fetched in {heap.pieces} parts.",
        ))
    if heap.doubles:
        notes.append(Text(
            f"{heap.doubles} objekt kom mer än en gång och räknas en gång.",
            f"{heap.doubles} features came more than once and are counted once.",
        ))
    if outside:
        notes.append(Text(
            f"{outside} objekt ligger utanför den ruta som efterfrågades.", f"{outside} features lie outside the box that was asked for.",
        ))
    return Answer(frame=frame, counted=count, queries=tuple(talk.queries), notes=tuple(notes))


def frame_of(heap: Heap, crs: CRS, *, ids_as: str = "") -> gpd.GeoDataFrame:
    """Return the features as a frame with the source's own columns.

    Parameters
    ----------
    heap : Heap
    crs : CRS
    ids_as : str, optional
        Column that takes the service's ids, where the attributes have none of that name.

    Returns
    -------
    GeoDataFrame
    """
    import geopandas as gpd
    import pandas as pd

    columns = list(dict.fromkeys(k for row in heap.rows for k in row))
    data: dict[str, Any] = {}
    if ids_as and ids_as not in columns and any(heap.ids):
        data[ids_as] = heap.ids
    for name in columns:
        # an attribute may bear the name that the geometry has with us
        data[name if name != "geometry" else "geometry_attribute"] = [row.get(name) for row in heap.rows]
    table = pd.DataFrame(data, index=pd.RangeIndex(len(heap)))
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(heap.shapes, index=table.index, crs=crs), crs=crs)


def _quarters(box: Box) -> list[Box]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return [(box[0], box[1], x, y), (x, box[1], box[2], y), (box[0], y, x, box[3]), (x, y, box[2], box[3])]


def _few_enough(count: int | None, most: int, ask: Ask) -> None:
    if count is not None and count > most:
        raise SourceError(f"{ask.what}: {count} features in the area, more than the {most} that are taken; ask for a smaller area or raise most")


def _count(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _words(box: Iterable[float]) -> str:
    return "[" + ", ".join(f"{v:.6f}".rstrip("0").rstrip(".") for v in box) + "]"


def _words_of(said: Any) -> str:
    """Return what an answer that is no collection says: GeoServer and pygeoapi put errors into JSON."""
    if isinstance(said, dict):
        faults = said.get("exceptions")
        if isinstance(faults, list) and faults and isinstance(faults[0], dict):
            return redact(str(faults[0].get("text", faults[0])))[:300]
        for key in ("description", "detail", "title", "message"):
            if said.get(key):
                return redact(str(said[key]))[:300]
    return redact(json.dumps(said, ensure_ascii=False))[:160]


def _shape(geometry: Any, url: str, number: int) -> Any:
    import shapely
    from shapely.geometry import shape

    if geometry is None:
        return None
    try:
        return shape(geometry)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as exc:
        raise SourceError(f"{url}: the geometry of feature {number} cannot be read ({str(exc)[:120]}); nothing of the answer is used") from None


def _swapped(shape: Any) -> Any:
    import shapely

    if shape is None:
        return None
    return shapely.transform(shape, lambda c: c[:, [1, 0, *range(2, c.shape[1])]], include_z=bool(shape.has_z))


def _all_degrees(shapes: list[Any]) -> bool:
    import numpy as np
    import shapely

    bounds = shapely.total_bounds(np.array(shapes, dtype=object))
    return bool(np.isfinite(bounds).all() and abs(bounds[[0, 2]]).max() <= 180 and abs(bounds[[1, 3]]).max() <= 90)


def _plain(value: Any) -> Any:
    """Return a table's value; what is nested stays as the JSON it was."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _fingerprint(row: Mapping[str, Any], shape: Any) -> bytes:
    import shapely

    made = hashlib.blake2b(b"" if shape is None else shapely.to_wkb(shape), digest_size=16)
    made.update(repr(sorted(row.items(), key=lambda kv: kv[0])).encode())
    return made.digest()
