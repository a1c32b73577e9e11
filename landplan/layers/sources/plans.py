"""Detailed plans of the national geodata platform: the catalogue's items, a plan a file, read into zoning.

Boverket's catalogue of provisions, of a pinned release, says what a reference in a plan means; without it letters come
from the plans themselves. "No plan here" is not said by the platform: plans from before 2022 are there only where the
municipality has made them digital, and the layer says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from landplan.crs import DEFAULT_CRS
from landplan.errors import LayerError, SourceError
from landplan.layers.sources.asking import Answer, Ask, Spool
from landplan.layers.sources.detaljplan import COLUMNS, read_plans
from landplan.layers.sources.login import login_of
from landplan.layers.sources.planning_codes import RELEASE, Provisions, read_provisions
from landplan.layers.sources.secrets import redact
from landplan.layers.sources.stac import hrefs_of, items_of
from landplan.layers.sources.web import Limits, Web
from landplan.style import Text

__all__ = ["describe", "fetch"]

_PARTIAL: Final = Text(
    "Plattformen har planer påbörjade från 2022 och de äldre som kommunen har gjort digitala: ingen plan här betyder inte oplanerad mark.",
    "The platform has plans begun since 2022 and the older ones that the municipality has made digital: no plan here does not mean land without a plan.",
)


def describe(ask: Ask) -> tuple[str, ...]:
    """Return what would be asked, without asking."""
    lines = [f"POST {redact(ask.text('url').rstrip('/'))}/search {{collections: [{ask.text('collection', 'detaljplan')}]}}", "GET each plan's JSON"]
    if ask.options.get("provisions_url"):
        lines.append(f"GET {redact(ask.text('provisions_url'))} (release {ask.text('release', RELEASE)})")
    return tuple(lines)


def fetch(ask: Ask, web: Web, spool: Spool, progress: Callable[[int, int | None], None] | None = None) -> Answer:
    """Fetch the detailed plans that meet the area.

    Parameters
    ----------
    ask : Ask
        Options `url` of the search, `collection`, `asset`, `hosts`, `key`, `auth`; `provisions_url` and `release` of Boverket's
        catalogue.
    web : Web
    spool : Spool
    progress : callable, optional
        Told plans done and all.

    Returns
    -------
    Answer
        `frame` in the layer's own columns with building rights; `counted` plans.

    Raises
    ------
    SourceError
        If the catalogue gives fewer plans than it counts, a plan cannot be fetched, or has faults: all of them are named.
    """
    import geopandas as gpd
    import pandas as pd

    login = login_of(ask.options, what=ask.what)
    items, matched = items_of(ask, web, spool, headers=login.headers)
    hosts = frozenset(str(h) for h in ask.options.get("hosts", ()))
    provisions = _provisions(ask, web, spool)
    frames, notes, faults = [], list[Text](), list[str]()
    for done, (name, href) in enumerate(hrefs_of(ask, items), start=1):
        # the login is for the platform's own hosts
        sent = login.headers if urlsplit(href).hostname in {urlsplit(ask.text("url")).hostname, *hosts} else {}
        body = spool.page(f"plan {name}", lambda href=href, sent=sent: web.get(href, headers=sent, hosts=hosts, limits=Limits(most_bytes=100_000_000), expect="json").body)  # type: ignore[misc]
        try:
            frame, said = read_plans(body, provisions=provisions)
        except LayerError as exc:
            faults.append(f"{name}: {exc}")
            continue
        frames.append(frame)
        notes += said
        if progress:
            progress(done, len(items))
    if faults:
        # plans that are wrong today may be right tomorrow
        spool.clear()
        more = f" and {len(faults) - 3} more plans" if len(faults) > 3 else ""
        raise SourceError(f"{ask.what}: {len(faults)} of {len(items)} plans have faults; nothing is changed. {'; '.join(faults[:3])}{more}")
    frame = pd.concat(frames, ignore_index=True) if frames else gpd.GeoDataFrame(columns=[*COLUMNS, "geometry"], geometry="geometry", crs=DEFAULT_CRS)
    return Answer(frame=frame, counted=matched, queries=describe(ask), notes=(*dict.fromkeys(notes), _PARTIAL))


def _provisions(ask: Ask, web: Web, spool: Spool) -> Provisions | None:
    """Fetch Boverket's catalogue once a fetch, if the source names it; another release than the pinned one is refused."""
    url = ask.options.get("provisions_url")
    if not url:
        return None
    body = spool.page("provisions", lambda: web.get(str(url), limits=Limits(most_bytes=100_000_000), expect="json").body)
    try:
        return read_provisions(json.loads(body), release=ask.text("release", RELEASE))
    except LayerError as exc:
        raise SourceError(f"{redact(url)}: {exc}") from None
