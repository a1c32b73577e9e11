"""What OpenStreetMap's tags mean for a mode: class, access, direction, speed, season, barriers and waits.

The rules are those of the OpenStreetMap wiki (Access restrictions, Default speed limits, Key:oneway, Key:barrier,
Key:seasonal); figures that no page states are marked as assumptions. Rules that hold for some hours only
(``*:conditional``) are not applied, but counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from landplan.network.speeds import DEFAULT_SPEEDS_KMH, Mode

__all__ = [
    "Rules",
    "barrier_closes",
    "country_of",
    "parse_duration_min",
    "parse_maxspeed_kmh",
    "read_access",
    "read_ferry",
    "read_season",
    "read_way",
    "wait_s",
]

Tags = Mapping[str, str]
Access = Literal["", "open", "private", "no"]

_CAR: Final = {
    "motorway": "motorway", "trunk": "trunk", "primary": "primary", "secondary": "secondary",
    "tertiary": "tertiary", "unclassified": "tertiary", "residential": "street", "living_street": "street",
    "service": "service", "road": "other", "track": "local",
    "motorway_link": "ramp", "trunk_link": "ramp", "primary_link": "primary",
    "secondary_link": "secondary", "tertiary_link": "tertiary",
}  # fmt: skip
_FOOT: Final = {
    "footway": "path", "path": "path", "pedestrian": "street", "cycleway": "path", "bridleway": "path", "steps": "steps",
    "platform": "path", "corridor": "path",
}  # fmt: skip
_UNBUILT: Final = frozenset({"proposed", "construction", "planned", "abandoned", "razed", "disused"})

_KEYS: Final[dict[Mode, tuple[str, ...]]] = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "walk": ("foot", "access"),
    "bike": ("bicycle", "vehicle", "access"),
}
_OPEN: Final = frozenset({"yes", "designated", "official", "permissive", "public", "discouraged", "dismount", "true", "1"})
# whoever lives or has an errand there may enter, nobody may pass
_PRIVATE: Final = frozenset({"private", "destination", "customers", "residents", "permit", "tenants"})
_SHUT: Final = frozenset({
    "no", "agricultural", "forestry", "agricultural;forestry", "delivery", "emergency", "military", "use_sidepath", "psv", "bus",
    "restricted", "taxi", "hov", "false", "0",
})  # fmt: skip

# km/h where a sign says only what kind of place it is. SE, FI, NO, DK, DE: the wiki's page Default speed limits, after each
# country's traffic code; assumptions: a walking pace of 7 km/h, NO living_street, and what holds elsewhere (XX).
_IMPLICIT_KMH: Final[dict[str, dict[str, float]]] = {
    "SE": {"urban": 50, "rural": 70, "trunk": 70, "motorway": 110, "living_street": 7, "walk": 7},
    "FI": {"urban": 50, "rural": 80, "trunk": 100, "motorway": 120, "living_street": 20, "walk": 20},
    "NO": {"urban": 50, "rural": 80, "trunk": 80, "motorway": 80, "living_street": 15, "walk": 7},
    "DK": {"urban": 50, "rural": 80, "trunk": 80, "motorway": 130, "living_street": 15, "walk": 15},
    "DE": {"urban": 50, "rural": 100, "trunk": 100, "motorway": 130, "living_street": 7, "walk": 7},
    "XX": {"urban": 50, "rural": 70, "trunk": 90, "motorway": 110, "living_street": 10, "walk": 7},
}
_IMPLICIT_KEYS: Final = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")

# km/h that no road of that ground is driven faster at. Tracks: OSRM's car profile; the rest are assumptions (a Nordic gravel
# road is driven faster than OSRM has it).
_TRACK_KMH: Final = {"grade2": 45.0, "grade3": 30.0, "grade4": 20.0, "grade5": 15.0}
_GROUND_KMH: Final = {
    "compacted": 70.0, "fine_gravel": 70.0, "gravel": 60.0, "unpaved": 60.0, "pebblestone": 40.0, "sett": 50.0, "cobblestone": 40.0,
    "unhewn_cobblestone": 30.0, "grass_paver": 30.0, "ground": 30.0, "dirt": 30.0, "earth": 30.0, "clay": 30.0, "wood": 30.0, "stone": 20.0,
    "rock": 20.0, "grass": 20.0, "sand": 20.0, "mud": 15.0, "woodchips": 15.0,
}  # fmt: skip
_BIKE_GROUND_KMH: Final = {
    "gravel": 12.0, "unpaved": 12.0, "pebblestone": 10.0, "cobblestone": 10.0, "unhewn_cobblestone": 8.0, "ground": 10.0, "dirt": 10.0,
    "earth": 10.0, "grass": 8.0, "sand": 6.0, "mud": 5.0, "rock": 6.0, "woodchips": 8.0,
}  # fmt: skip
_PUSHED_KMH = 5.0

# seconds that a place costs whoever passes it, as a mean over the day; assumptions, whatever the profile. Signals are
# mapped as a point a carriageway or a stop line, so that a large junction has two on the way through it.
_WAIT_S: Final[dict[Mode, dict[str, float]]] = {
    "car": {"traffic_signals": 5.0, "stop": 4.0, "give_way": 2.0, "crossing_signals": 2.0},
    "walk": {"crossing_signals": 10.0},
    "bike": {"traffic_signals": 5.0, "stop": 2.0, "give_way": 1.0, "crossing_signals": 2.0},
}

_WALLS: Final = frozenset({"wall", "fence", "hedge", "city_wall", "retaining_wall", "guard_rail", "ditch"})
_BLOCKS: Final[dict[Mode, frozenset[str]]] = {
    "car": frozenset({
        "block", "bollard", "bollards", "bus_trap", "chain", "cycle_barrier", "debris", "full-height_turnstile", "horse_stile",
        "jersey_barrier", "kissing_gate", "log", "motorcycle_barrier", "planter", "rock", "rope", "spikes", "stile", "sump_buster",
        "turnstile", "wedge", "wicket_gate", "yes", *_WALLS,
    }),
    "bike": frozenset({"full-height_turnstile", "kissing_gate", "stile", "turnstile", *_WALLS}),
    "walk": _WALLS,
}  # fmt: skip

_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*$")
_PLACE = re.compile(r"(?:([A-Z]{2}):)?([a-z_]+|(?:zone)?:?\d+)$")
_ISO = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a way is to a mode.

    Attributes
    ----------
    road_class : str
    oneway : str
        both, forward or backward.
    forward_kmh, backward_kmh : float
        nan where nothing says.
    private : bool
        May be entered, not passed.
    season : str
        The one it is open in; "" all year.
    """

    road_class: str
    oneway: str
    forward_kmh: float
    backward_kmh: float
    private: bool
    season: str


def parse_maxspeed_kmh(value: str | None, country: str = "SE") -> float | None:
    """Read an OSM maxspeed; None when it states no number.

    Parameters
    ----------
    value : str or None
    country : str
        Whose rules hold where the value names none.

    Examples
    --------
    >>> parse_maxspeed_kmh("50"), parse_maxspeed_kmh("30 mph"), parse_maxspeed_kmh("SE:rural"), parse_maxspeed_kmh("DE:zone30")
    (50.0, 48.28032, 70.0, 30.0)
    """
    if not value:
        return None
    first = value.split(";")[0].strip()
    if match := _SPEED.match(first):
        number = float(match.group(1))
        number = number * 1.609344 if match.group(2) == "mph" else number
        return number if number > 0 else None
    if match := _PLACE.match(first):
        where, what = match.groups()
        if what[-1].isdigit():
            return float(what.removeprefix("zone").lstrip(":")) or None
        kmh = _IMPLICIT_KMH.get(where or country, _IMPLICIT_KMH["XX"]).get(what)
        return None if kmh is None else float(kmh)
    return None


def parse_duration_min(value: str | None) -> float | None:
    """Read an OSM duration (``HH:MM``, ``MM``, ISO 8601) as minutes.

    Examples
    --------
    >>> parse_duration_min("00:12"), parse_duration_min("PT1H5M"), parse_duration_min("20")
    (12.0, 65.0, 20.0)
    """
    if not value:
        return None
    text = value.strip()
    found: float | None = None
    parts = text.split(":")
    if text.replace(".", "", 1).isdigit():
        found = float(text)
    elif len(parts) in (2, 3) and all(p.isdigit() for p in parts):
        found = float(parts[0]) * 60 + float(parts[1]) + (float(parts[2]) / 60 if len(parts) == 3 else 0.0)
    elif (match := _ISO.match(text)) and any(match.groups()):
        d, h, m, s = (float(g or 0) for g in match.groups())
        found = d * 1440 + h * 60 + m + s / 60
    return found or None


def country_of(ways: list[dict[str, str]]) -> str:
    """Return the country that most speed tags name (``SE:urban``), XX when none does."""
    named: Counter[str] = Counter()
    for tags in ways:
        for key in ("maxspeed", *_IMPLICIT_KEYS):
            value = tags.get(key, "")
            if len(value) > 3 and value[2] == ":" and value[:2].isupper():
                named[value[:2]] += 1
    return min(named, key=lambda c: (-named[c], c)) if named else "XX"


def read_access(tags: Tags, mode: Mode, way: str = "") -> Access:
    """Read who may use a way or pass a point: the key nearest to the mode decides; "" when none says."""
    for key in _KEYS[mode]:
        value = (tags.get(f"{key}:{way}") if way else None) or tags.get(key)
        if not value:
            continue
        words = {v.strip() for v in value.split(";")}
        if words & _OPEN:
            return "open"
        if words & _PRIVATE:
            return "private"
        if words & _SHUT:
            return "no"
    return ""


def _default_access(tags: Tags, mode: Mode) -> Access:
    kind = tags.get("highway", "")
    if mode == "car":
        # a foot or cycle way is open to cars only where a key for vehicles says so
        closed = kind in _FOOT or tags.get("service") == "emergency_access"
        if closed and not any(tags.get(k) for k in _KEYS["car"][:3]):
            return "no"
        return "open"
    if kind in ("motorway", "motorway_link") or tags.get("motorroad") == "yes":
        return "open" if tags.get(_KEYS[mode][0]) else "no"
    if mode == "bike" and kind in ("bridleway", "platform", "corridor") and not tags.get("bicycle"):
        return "no"
    return "open"


def _oneway(tags: Tags, mode: Mode) -> str:
    if mode == "walk":
        return "both"
    keys = ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"]
    if mode == "bike":
        keys = ["oneway:bicycle", "oneway:vehicle", "oneway"]
        lanes = [tags.get(k, "") for k in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")]
        sides = [tags.get(f"cycleway:{side}:oneway", "") for side in ("left", "right", "both")]
        if "oneway:bicycle" not in tags and (any(v.startswith("opposite") for v in lanes) or {"-1", "no"} & set(sides)):
            return "both"
    value = next((tags[k] for k in keys if k in tags), "")
    if value in ("yes", "true", "1"):
        return "forward"
    if value in ("-1", "reverse"):
        return "backward"
    if value == "reversible":
        return "never"
    if value in ("no", "false", "0", "alternating"):
        return "both"
    round_ = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return "forward" if round_ else "both"


def read_season(tags: Tags, assumed: Counter[str]) -> str:
    """Return the season a way is open in, "" all year."""
    if tags.get("ice_road") == "yes" or tags.get("winter_road") == "yes":
        return "winter"
    words = {v.strip() for v in tags.get("seasonal", "").split(";")} - {"", "no"}
    if not words:
        return ""
    if words & {"winter", "ice"}:
        return "" if "summer" in words else "winter"
    if not words & {"summer", "spring", "autumn", "no_winter"}:
        assumed["seasonal, taken as open in summer"] += 1
    return "summer"


def _limit(tags: Tags, way: str, country: str) -> tuple[float | None, str]:
    """The speed limit of one direction and the words for what it rests on, "" where a sign says it."""
    for key in (f"maxspeed:{way}", "maxspeed"):
        if (kmh := parse_maxspeed_kmh(tags.get(key), country)) is not None:
            return kmh, "" if tags[key][0].isdigit() else "implied"
    if tags.get("maxspeed") == "none":
        return _IMPLICIT_KMH["DE"]["motorway"], "implied"
    for key in _IMPLICIT_KEYS:
        if (kmh := parse_maxspeed_kmh(tags.get(key), country)) is not None:
            return kmh, "implied"
    here = _IMPLICIT_KMH.get(country, _IMPLICIT_KMH["XX"])
    kind = tags.get("highway")
    if kind == "living_street" or tags.get("living_street") == "yes":
        return here["living_street"], "implied"
    if kind == "pedestrian":
        return here["walk"], "implied"
    pavement = any(tags.get(k) in ("yes", "both", "left", "right", "separate") for k in ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"))
    if kind in ("trunk", "primary", "secondary", "tertiary", "unclassified") and (tags.get("lit") == "yes" or pavement):
        return here["urban"], "urban"
    return None, ""


def _speeds(tags: Tags, mode: Mode, road_class: str, country: str, assumed: Counter[str]) -> tuple[float, float]:
    nan = float("nan")
    if mode == "walk":
        return nan, nan
    if mode == "bike":
        value, kind = tags.get("bicycle"), tags.get("highway")
        pushed = value == "dismount" or (kind in ("footway", "pedestrian", "platform", "corridor") and value not in _OPEN)
        if pushed and kind != "steps":
            assumed["bicycle pushed at 5 km/h"] += 1
            return _PUSHED_KMH, _PUSHED_KMH
        kmh = _BIKE_GROUND_KMH.get(tags.get("surface", ""), nan)
        return kmh, kmh
    (forward, why), (backward, _) = _limit(tags, "forward", country), _limit(tags, "backward", country)
    if why == "implied":
        assumed["speed implied by the kind of place, the country's rule is used"] += 1
    elif why == "urban":
        assumed["no speed stated, lit or with a pavement: the built-up limit is used"] += 1
    cap = min(_TRACK_KMH.get(tags.get("tracktype", ""), 999.0), _GROUND_KMH.get(tags.get("surface", ""), 999.0))
    out = [DEFAULT_SPEEDS_KMH.get(road_class, DEFAULT_SPEEDS_KMH["other"]) if kmh is None else kmh for kmh in (forward, backward)]
    if cap < max(out):
        assumed["speed limited by the surface"] += 1
        return min(out[0], cap), min(out[1], cap)
    return nan if forward is None else forward, nan if backward is None else backward


def read_way(tags: Tags, mode: Mode, country: str, dropped: Counter[str], assumed: Counter[str]) -> Rules | None:
    """Read what a way (not a ferry) is to a mode; None, and counted, when it is nothing to it."""
    kind = tags.get("highway", "")
    if not kind and tags.get("railway") == "platform":
        kind, tags = "platform", {**tags, "highway": "platform"}
    if kind in _UNBUILT or tags.get("construction") in ("yes", "major"):
        dropped["planned or being built"] += 1
        return None
    road_class = (_CAR | _FOOT).get(kind)
    if road_class is None or _default_access(tags, mode) == "no":
        if kind:
            dropped[f"not for {mode}"] += 1
        return None
    if mode == "car" and kind in _FOOT:
        road_class = "service"
    if tags.get("area") == "yes":
        if mode != "walk":
            dropped["area"] += 1
            return None
        assumed["square or other area, walked around its edge"] += 1
    access = [read_access(tags, mode, way) for way in ("forward", "backward")]
    oneway = _oneway(tags, mode)
    if oneway == "never":
        dropped["direction changes over the day"] += 1
        return None
    ways = [oneway != "backward" and access[0] != "no", oneway != "forward" and access[1] != "no"]
    if not any(ways):
        dropped["no access"] += 1
        return None
    if any(k.endswith(":conditional") and k.split(":")[0] in (*_KEYS[mode], "maxspeed", "oneway") for k in tags):
        assumed["rule for some hours or vehicles, not applied"] += 1
    private = "private" in access
    if private:
        assumed["private or for errands only, no through traffic"] += 1
    forward, backward = _speeds(tags, mode, road_class, country, assumed)
    direction = "both" if all(ways) else "forward" if ways[0] else "backward"
    return Rules(road_class, direction, forward, backward, private, read_season(tags, assumed))


def read_ferry(tags: Tags, mode: Mode, dropped: Counter[str], assumed: Counter[str]) -> Rules | None:
    """Read what a ferry is to a mode; one that names walkers or bicycles and says nothing of cars takes none."""
    said = read_access(tags, mode)
    others = mode == "car" and not any(tags.get(k) for k in _KEYS["car"][:3]) and (tags.get("foot") or tags.get("bicycle"))
    if said == "no" or others:
        dropped["no access"] += 1
        return None
    return Rules("ferry", "both", float("nan"), float("nan"), False, read_season(tags, assumed))


def barrier_closes(tags: Tags, mode: Mode) -> Access:
    """Tell whether a point with a barrier can be passed: open, private (with an errand) or no."""
    kind = tags.get("barrier", "")
    if not kind:
        return "open"
    said = read_access(tags, mode)
    if said:
        return said
    return "no" if kind in _BLOCKS[mode] else "open"


def wait_s(tags: Tags, mode: Mode) -> tuple[str, float]:
    """Return what a point makes one wait for ("" for nothing) and the seconds."""
    kind = tags.get("highway", "")
    if kind == "crossing":
        signals = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"
        kind = "crossing_signals" if signals else ""
    elif kind == "traffic_signals" and mode == "walk":
        kind = "crossing_signals" if tags.get("crossing") == "traffic_signals" else ""
    seconds = _WAIT_S[mode].get(kind, 0.0)
    return (kind, seconds) if seconds else ("", 0.0)
