"""STAC catalogues: the items of a collection that meet the area, every one that the catalogue counts.

Catalogues are open; the files they point at may need a login, which goes only to the hosts that the source names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from landplan.errors import SourceError
from landplan.layers.sources.asking import Ask, Spool
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.web import Web

__all__ = ["describe_stac", "hrefs_of", "items_of"]


def describe_stac(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    box = ", ".join(f"{v:.4f}" for v in ask.box_in("EPSG:4326"))
    return (f"POST {ask.text('url').rstrip('/')}/search {{collections: [{ask.text('collection')}], bbox: [{box}]}}", "GET each item's raster by byte ranges")


def items_of(ask: Ask, web: Web, spool: Spool, *, headers: Mapping[str, str] | None = None) -> tuple[list[dict[str, Any]], int]:
    """Return the items that meet the area and how many the catalogue says there are.

    Parameters
    ----------
    ask : Ask
        Options `url`, `collection`, `page`.
    web : Web
    spool : Spool
    headers : mapping, optional
        A login, where the catalogue itself asks for one.

    Returns
    -------
    items : list of dict
        Without doubles.
    matched : int

    Raises
    ------
    SourceError
        If fewer came than the catalogue counts, or the next page lies on another host.
    """
    url = f"{ask.text('url').rstrip('/')}/search"
    body: dict[str, Any] = {"collections": [ask.text("collection")], "bbox": list(ask.box_in("EPSG:4326")), "limit": int(ask.number("page", 100))}
    spool.start(json.dumps([url, body]))
    items: dict[str, dict[str, Any]] = {}
    matched: int | None = None
    method, at = "POST", url
    for page in range(10_000):
        sent = json.dumps(body).encode()

        def asked(method: str = method, at: str = at, sent: bytes = sent) -> bytes:
            if method == "POST":
                got = web.post(at, body=sent, kind="application/json", headers=headers, expect="json")
            else:
                got = web.get(at, headers=headers, expect="json")
            # read before it is kept: a page that is wrong must not be found again tomorrow
            _page_of(got.body, at, ask)
            return got.body

        number, features, following = _page_of(spool.page(f"{page} {method} {at} {sent.decode()}", asked), at, ask)
        matched = number if matched is None else matched
        fresh = [f for f in features if str(f["id"]) not in items]
        items.update({str(f["id"]): f for f in fresh})
        if following is None or not fresh:
            break
        at = urljoin(at, str(following["href"]))
        if urlsplit(at).netloc != urlsplit(url).netloc:
            spool.clear()
            raise SourceError(f"{redact(url)}: the next page lies on another host, {urlsplit(at).netloc}; refused")
        method = str(following.get("method", "GET")).upper()
        body = {**(body if following.get("merge") else {}), **(following.get("body") or {})}
    if matched is not None and matched != len(items):
        spool.clear()
        raise SourceError(f"{redact(url)} says {matched} items and gave {len(items)}; nothing of it is used, run landplan fetch again")
    return list(items.values()), len(items) if matched is None else matched


def _page_of(body: bytes, at: str, ask: Ask) -> tuple[int | None, list[dict[str, Any]], dict[str, Any] | None]:
    """Read a page: how many items there are, those that came, the link to the next.

    Raises
    ------
    SourceError
        If it is no page of items, or an item lacks its id or the asset, or lies on another host.
    """
    try:
        said = json.loads(body)
        number = said.get("numberMatched", (said.get("context") or {}).get("matched"))
        features, links = list(said["features"]), list(said.get("links") or ())
        for one in features:
            if not (one["id"] and isinstance(one["assets"], dict)):
                raise TypeError("an item has no id or no assets")
        following = next((link for link in links if link.get("rel") == "next"), None)
        if following is not None and not following["href"]:
            raise TypeError("the link to the next page is empty")
        matched = None if number is None else int(number)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise SourceError(f"{redact(at)} answered {len(body)} bytes that are not whole STAC items ({redact(exc)[:120]}); nothing of it is used, run landplan fetch again") from None
    hrefs_of(ask, features)
    return matched, features, following


def hrefs_of(ask: Ask, items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return each item's id and file, if it lies where the source's files may lie: a login goes only there.

    Raises
    ------
    SourceError
        If an item lacks the asset, or it lies on another host.
    """
    hosts = {urlsplit(ask.text("url")).hostname, *map(str, ask.options.get("hosts", ()))}
    found = []
    for item in items:
        asset = item["assets"].get(ask.text("asset", "data"))
        if not isinstance(asset, Mapping) or not asset.get("href"):
            raise SourceError(f"{ask.what}: item {item['id']} has no asset {ask.text('asset', 'data')!r}; it has {', '.join(item['assets'])}")
        href = str(asset["href"])
        host = urlsplit(href).hostname or ""
        if host not in hosts:
            raise SourceError(f"{ask.what}: item {item['id']} lies on another host, {host}; if that is right, add it in the plan: [sources.{ask.source}] hosts")
        found.append((str(item["id"]), href))
    return found
