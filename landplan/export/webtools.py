"""What the map's tools are given: the sites with what other weights are tried on, the cases to choose between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from landplan.errors import PlanError
from landplan.export.items import Atlas, TeamPage, VectorItem
from landplan.export.pages import MOST_PINS
from landplan.units import Language

_ASKED = ("allowed_ha", "mw", "rail_m", "port_min", "airport_min")  # what the form in the map may ask; the rest stays out of the file
__all__ = ["longest_minutes", "modes", "ranking", "site_config", "site_places", "tiles", "variants"]


def ranking(page: TeamPage, language: Language) -> dict[str, Any] | None:
    """Return the criteria that count in a page's ranking, None where no weighted mean made it.

    `counted` are their places among the lines of a card.
    """
    if len(page.cards) < 2 or not any(card.parts for card in page.cards):
        return None
    counted = [i for i, line in enumerate(page.cards[0].criteria) if line.weight > 0]
    lines = [page.cards[0].criteria[i] for i in counted]
    return {"criteria": [{"id": x.id, "title": x.title[language], "weight": x.weight} for x in lines], "counted": counted}


def site_config(
    page: TeamPage, cards: Sequence[dict[str, Any]], places: dict[str, list[float]], ranked: dict[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return each site as the script knows it, by id.

    Parameters
    ----------
    page : TeamPage
    cards : sequence of dict
        The cards as text, in the order in which they stand on the page.
    places : dict
        Of `site_places`.
    ranked : dict or None
        Of `ranking`; each part has then one mean for each criterion that counts.
    """
    by_id = {card.site_id: card for card in page.cards}
    counted = ranked["counted"] if ranked else []
    found: dict[str, dict[str, Any]] = {}
    for i, view in enumerate(cards):
        card = by_id[view["site_id"]]
        found[card.site_id] = {
            "card": i, "at": places[card.site_id], "rank": card.rank, "pin": i < MOST_PINS, "name": card.name,
            "reason": view["reason"], "score": card.score,
            "large": card.large_enough, "facts": {k: card.facts[k] for k in _ASKED if k in card.facts},
            "parts": [[share, [means[k] for k in counted]] for share, means in card.parts],
        }  # fmt: skip
    return found


def site_places(page: TeamPage, atlas: Atlas) -> dict[str, list[float]]:
    """Return each site's latitude and longitude, by id; empty where it has none."""
    from landplan.crs import transformer

    to_degrees = transformer(atlas.crs, "EPSG:4326")
    places = {}
    for card in page.cards:
        lon, lat = to_degrees.transform(*card.centroid)
        places[card.site_id] = [round(lat, 5), round(lon, 5)] if np.isfinite([lon, lat]).all() else []
    return places


def variants(layers: Sequence[tuple[VectorItem, str]], language: Language) -> list[dict[str, Any]]:
    """Return the cases that are looked at one at a time, and their differences: the base, then each season and measure.

    Parameters
    ----------
    layers : sequence of (VectorItem, str)
        Items and their keys on the page.
    language : {"sv", "en"}
    """
    base = next((pair for pair in layers if pair[0].id == "isochrones"), None)
    cases = [(item, key) for item, key in layers if item.scenario.sv]
    rings = [item.id.removeprefix("isochrones_") for item, _ in cases if item.id.startswith("isochrones_")]
    if base is None or not rings:
        return []
    # roads that a measure builds are seen with its rings and with its difference
    roads = {item.id.removeprefix("roads_"): key for item, key in cases if item.id.startswith("roads_")}
    found = [{"id": "isochrones", "title": base[0].title[language], "layers": [base[1]]}]
    for name in sorted(rings):
        own = [(item, key) for item, key in cases if item.id in (f"isochrones_{name}", f"squares_{name}")]
        # a plan has one other season, and its squares are named so
        own += [(item, key) for item, key in cases if item.id == "season_squares" and f"squares_{name}" not in {i.id for i, _ in own}]
        with_roads = [roads[name]] if name in roads else []
        found += [{"id": item.id, "title": item.title[language], "layers": [key, *with_roads]} for item, key in own]
    return found


def longest_minutes(items: Sequence[VectorItem]) -> int:
    """Return the last minute of the slider over the catchment's squares."""
    squares = next((x.frame for x in items if x.id == "catchment_squares"), None)
    if squares is None or "minutes" not in squares or not len(squares):
        return 60
    return max(1, int(np.ceil(np.nanmax(squares["minutes"].to_numpy(float, na_value=np.nan), initial=0.0))))


def modes(items: Sequence[VectorItem], language: Language) -> list[dict[str, str]]:
    """Return the columns of minutes that the slider over the catchment's squares may go by: the plan's own mode, then others."""
    squares = next((x for x in items if x.id == "catchment_squares"), None)
    if squares is None:
        return []
    return [{"column": f.name, "title": f.alias[language]} for f in squares.fields if f.name.startswith("minutes") and f.name in squares.frame]


def tiles(atlas: Atlas) -> dict[str, str] | None:
    """Return the address, host and attribution of the picture that a plan wants under its maps, None without one.

    Raises
    ------
    PlanError
        If the address is not one of tiles by https.

    Notes
    -----
    The host goes into the page's own policy as it stands, so it may hold nothing but a name and a port.
    """
    asked = atlas.facts.get("tiles")
    if not asked:
        return None
    from urllib.parse import urlsplit

    parts = urlsplit(str(asked["url"]))
    # {s} stands for one of several hosts: the policy then allows them all
    host = parts.netloc.replace("{s}", "*")
    if parts.scheme != "https" or not re.fullmatch(r"(\*\.)?[A-Za-z0-9.-]+(:\d+)?", host):
        raise PlanError(f"export.tiles: {asked['url']!r} is no https address of tiles; write https://host/…/{{z}}/{{x}}/{{y}}.png")
    return {"url": str(asked["url"]), "host": host, "attribution": str(asked.get("attribution", ""))}
