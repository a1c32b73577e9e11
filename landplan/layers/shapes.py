"""What one provider's data need beyond new names: areas put together, kinds read out of tags, ages summed.

`BEFORE` works on the provider's own columns, `AFTER` on the layer's, placed in the plan's CRS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from landplan.layers.sources.asking import Ask
from landplan.style import Text
from landplan.units import format_int

__all__ = ["AFTER", "BEFORE", "DERIVED", "EXTRA"]

Shaper = Callable[[Any, Ask, list[Text]], Any]
DERIVED: Final = frozenset({"municipality_code"})
"""Columns that are worked out when a source does not give them."""
EXTRA: Final[Mapping[str, tuple[str, ...]]] = {
    "detailed_plan": ("max_height_m", "height_reference", "building_area_m2", "building_area_percent", "area_basis", "min_plot_m2")
}
_WORKING: Final = range(20, 65, 5)
_LEAST_RADIUS_M: Final = 10.0
# SGU's words for the ground, by what they contain; the first that fits holds
_SOILS: Final = (
    ("torv", ("torv", "gyttja", "kärr", "mosse")), ("lera", ("lera", "silt", "ler--")), ("morän", ("morän",)),
    ("berg", ("berg", "urberg", "häll")), ("sand", ("sand", "grus", "isälv", "svall", "klapper", "sten")),
)  # fmt: skip
_LEFT_OUT: Final = ("vatten", "fyllning", "oklassat", "glaciär")
_GRID_KV: Final = ((220.0, "stamnät"), (30.0, "regionnät"), (0.0, "lokalnät"))
_SERVICES: Final = {
    "kindergarten": "preschool", "school": "compulsory_school", "clinic": "health_centre", "doctors": "health_centre",
    "nursing_home": "care_home", "supermarket": "shop", "convenience": "shop",
}  # fmt: skip
# Functional road class of NVDB (0 is the most important) to ours; the letters of its columns' numbers are Trafikverket's.
_NVDB_CLASS: Final = {
    0: "trunk", 1: "trunk", 2: "primary", 3: "secondary", 4: "tertiary", 5: "tertiary", 6: "street", 7: "local", 8: "local", 9: "service",
}  # fmt: skip
_DIGIROAD_CLASS: Final = {1: "trunk", 2: "primary", 3: "secondary", 4: "tertiary", 5: "street", 6: "local", 7: "service", 8: "path"}


def _say(notes: list[Text], count: int, sv: str, en: str) -> None:
    if count:
        notes.append(Text(f"{format_int(count, language='sv')} {sv}", f"{format_int(count, language='en')} {en}"))


def _get(frame: Any, name: str) -> Any:
    """Return a column whatever its case; empty where there is none."""
    import pandas as pd

    lower = {str(c).lower(): c for c in frame.columns}
    return frame[lower[name.lower()]] if name.lower() in lower else pd.Series(np.nan, index=frame.index, dtype=object)


def _municipalities(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Put municipalities together from the areas they are made of."""
    merged = frame.dissolve(by="municipality_code", aggfunc="first", method="unary").reset_index()
    _say(notes, len(frame), f"områden sammanförda till {len(merged)} kommuner", f"areas put together to {len(merged)} municipalities")
    return merged


def _points(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Take a point of each area: its middle where that lies inside."""
    import shapely

    shapes = frame.geometry.to_numpy()
    middle = shapely.centroid(shapes)
    outside = ~shapely.intersects(shapes, middle)
    middle[outside] = shapely.point_on_surface(shapes[outside])
    return frame.set_geometry(middle, crs=frame.crs)


def _scb_grid(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Sum the five-year bands of working age; the year is the start of the reference time."""
    import pandas as pd

    bands = {int(m.group(1)): c for c in frame.columns if (m := re.fullmatch(r"(?i)ald(\d+)_\d+", str(c)))}
    frame = frame.copy()
    if all(b in bands for b in _WORKING):
        parts = frame[[bands[b] for b in _WORKING]].apply(pd.to_numeric, errors="coerce")
        frame["working_age"] = parts.sum(axis=1, min_count=len(_WORKING))
    year = _get(frame, "referenstid").astype("string").str.slice(0, 4)
    frame["referenstid"] = pd.to_numeric(year, errors="coerce")
    total = pd.to_numeric(_get(frame, "beftotalt"), errors="coerce")
    if "working_age" in frame:
        # protected figures need not add up: nobody is of working age who is not counted
        frame["working_age"] = np.minimum(frame["working_age"], total)
    empty = total.eq(0)
    _say(notes, int(empty.sum()), "rutor utan invånare är utelämnade", "squares without inhabitants are left out")
    return frame[~empty.to_numpy()].reset_index(drop=True)


def _statfi_grid(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Leave out empty and protected squares (Statistics Finland writes -1 where few live)."""
    import pandas as pd

    people = pd.to_numeric(_get(frame, "vaesto"), errors="coerce")
    hidden = people.lt(0)
    _say(notes, int(hidden.sum()), "rutor med skyddade tal är utelämnade", "squares with protected figures are left out")
    return frame[(people > 0).to_numpy()].reset_index(drop=True)


def _dissolved(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """One feature an id: areas in several rows are one area in parts."""
    if not len(frame):
        return frame
    merged = frame.dissolve(by="area_id", aggfunc="first").reset_index()
    _say(notes, len(frame) - len(merged), "rader hör till samma område som en annan", "rows belong to the same area as another")
    return merged


def _natura2000(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """A site under both directives is written one way."""
    kinds = frame["kind"].astype(str).str.replace(r"\s", "", regex=True).replace("SCI/SPA", "SPA/SCI")
    return frame.assign(kind=kinds)


def _sgu_soil(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Read the five classes out of SGU's words."""

    def read(value: Any) -> str | None:
        text = str(value).lower()
        if any(w in text for w in _LEFT_OUT):
            return None
        return next((ours for ours, words in _SOILS if any(w in text for w in words)), None)

    classes = frame["soil_class"].map(read)
    unknown = classes.isna()
    _say(notes, int(unknown.sum()), "ytor utan jordart (vatten, fyllning, oklassat) är utelämnade", "areas without a soil (water, fill, not classed) are left out")
    return frame.assign(soil_class=classes)[~unknown.to_numpy()].reset_index(drop=True)


def _raa(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Points and lines become areas as wide as their stated uncertainty."""
    import pandas as pd
    import shapely

    shapes = frame.geometry.to_numpy()
    flat = shapely.get_dimensions(shapes) < 2
    stated = pd.to_numeric(frame["uncertainty_m"], errors="coerce").to_numpy(float) if "uncertainty_m" in frame else np.full(len(frame), np.nan)
    radius = np.fmax(stated, _LEAST_RADIUS_M)
    shapes[flat] = shapely.buffer(shapes[flat], radius[flat])
    _say(
        notes, int(flat.sum()), f"punkter och linjer är ytor med den osäkerhet som anges, minst {_LEAST_RADIUS_M:g} m",
        f"points and lines are areas as wide as their stated uncertainty, at least {_LEAST_RADIUS_M:g} m",
    )  # fmt: skip
    return frame.set_geometry(shapes, crs=frame.crs)


def _kilovolts(column: Any) -> Any:
    """Return the highest of a voltage tag's values (``"130000;40000"``, volts) in kilovolts."""

    def read(value: Any) -> float:
        numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", str(value or ""))]
        return max(numbers) / 1000 if numbers else np.nan

    return column.map(read).astype(float)


def _osm_power_grid(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Grid level by voltage; a line that states none is local when it is a minor one."""
    kv = _kilovolts(_get(frame, "voltage"))
    level = kv.map(lambda v: next((name for least, name in _GRID_KV if v >= least), None), na_action="ignore")
    unknown = level.isna()
    _say(notes, int(unknown.sum()), "ledningar utan spänning räknas som lokalnät", "lines without a voltage count as local grid")
    return frame.assign(line_id=_get(frame, "osm_id"), voltage_kv=kv, grid_level=level.fillna("lokalnät"))


def _osm_substations(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    return frame.assign(station_id=_get(frame, "osm_id"), voltage_kv=_kilovolts(_get(frame, "voltage")))


def _osm_railways(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Tracks that carry trains; a line without a name is named by its reference."""
    import pandas as pd

    service = _get(frame, "service").notna()
    _say(notes, int(service.sum()), "sidospår och bangårdsspår är med", "sidings and yard tracks are among them")
    name = _get(frame, "name").fillna(_get(frame, "ref")).fillna(_get(frame, "osm_id"))
    wire = _get(frame, "electrified").map({"contact_line": True, "rail": True, "yes": True, "no": False}, na_action="ignore").astype("boolean")
    speed = pd.to_numeric(_get(frame, "maxspeed"), errors="coerce")
    return frame.assign(line=name, electrified=wire, tracks=pd.to_numeric(_get(frame, "tracks"), errors="coerce"), speed_kmh=speed)


def _osm_facilities(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    kinds = (("aeroway", "aerodrome", "airport"), ("railway", "station", "station"), ("amenity", "hospital", "hospital"), ("amenity", "university", "university"))
    kind = np.full(len(frame), "port", object)
    for key, value, ours in reversed(kinds):
        kind[_get(frame, key).eq(value).to_numpy()] = ours
    named = _get(frame, "name").notna().to_numpy()
    _say(notes, int((~named).sum()), "anläggningar utan namn är utelämnade", "facilities without a name are left out")
    return frame.assign(facility_id=_get(frame, "osm_id"), kind=kind, source="OpenStreetMap")[named].reset_index(drop=True)


def _osm_services(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Kinds of service; upper secondary schools by their level, others by their first tag."""
    tag = _get(frame, "amenity").fillna(_get(frame, "social_facility")).fillna(_get(frame, "shop"))
    kind = tag.map(_SERVICES)
    level = _get(frame, "isced:level").astype(str)
    upper = tag.eq("school").to_numpy() & level.str.contains("3").to_numpy() & ~level.str.contains("1|2").to_numpy()
    kind = kind.mask(upper, "upper_secondary")
    return frame.assign(service_id=_get(frame, "osm_id"), service_kind=kind)[kind.notna().to_numpy()].reset_index(drop=True)


def _osm_water(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    kind = _get(frame, "water").map(lambda v: "river" if v in ("river", "stream", "canal") else "lake")
    kind = kind.mask(_get(frame, "waterway").eq("riverbank"), "river")
    notes.append(Text("havet är inte med: det är en strandlinje i OpenStreetMap", "the sea is not in it: it is a coastline in OpenStreetMap"))
    return frame.assign(kind=kind)


def _osm_buildings(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    return frame.assign(building_id=_get(frame, "osm_id"), kind=_get(frame, "building").replace("yes", None))


def _osm_built_land(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    return frame.assign(area_id=_get(frame, "osm_id"), use=_get(frame, "landuse"))


def _nvdb(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Read the homogenised NVDB of Lastkajen: car roads with class, speed by direction, one-way, number and name."""
    import pandas as pd

    def number(*names: str) -> Any:
        found = next((c for n in names if (c := _get(frame, n)).notna().any()), _get(frame, names[0]))
        return pd.to_numeric(found, errors="coerce")

    kind = number("Vagtr_474")
    car = (kind.isna() | kind.eq(1)).to_numpy()
    _say(notes, int((~car).sum()), "gång- och cykelvägar är utelämnade", "foot and cycle paths are left out")
    route, at = _get(frame, "ROUTE_ID").astype(str), _get(frame, "FROM_MEASURE").astype(str)
    classes = number("Klass_181").map(lambda v: _NVDB_CLASS.get(int(v)), na_action="ignore").fillna("other")
    classes = classes.mask(number("Motorvag").eq(1), "motorway").mask(number("Farjeled").isin([1, -1]), "ferry")
    forward, backward = number("F_Hogst_225", "F_Hogst_24"), number("B_Hogst_225", "B_Hogst_24")
    differ = forward.notna() & backward.notna() & forward.ne(backward)
    _say(notes, int(differ.sum()), "vägar har olika hastighet i riktningarna: den lägre används", "roads have a speed of their own each way: the lower is used")
    speed = pd.concat([forward, backward], axis=1).min(axis=1)
    stated = speed.notna()
    oneway = pd.Series("both", index=frame.index).mask(_forbidden(frame, "B_"), "forward").mask(_forbidden(frame, "F_"), "backward")
    number_of = number("Huvnr_556_1", "Vagnr_10370")
    european = number("Evag_555").isin([1, -1])
    label = number_of.map(lambda v: f"{v:.0f}", na_action="ignore")
    from landplan.network.speeds import SpeedProfile

    known = dict(SpeedProfile.for_mode("car").default_kmh)
    _say(notes, int((~stated).sum()), "vägar saknar hastighet, vägklassens används", "roads state no speed, their class's default is used")
    out = frame.assign(
        road_id=route + "-" + at, road_class=classes, speed_kmh=speed.fillna(classes.map(known).fillna(known["other"])), speed_assumed=~stated,
        oneway=oneway, road_number=label.mask(european, "E" + label), name=_get(frame, "Namn_130"), ferry=number("Farjeled").isin([1, -1]),
        surface=number("Slitl_152").map({1: "paved", 2: "gravel"}), aadt=number("ADT_f_117"),
    )  # fmt: skip
    return _single_lines(out[car], "road_id")


def _forbidden(frame: Any, side: str) -> Any:
    return _get(frame, f"{side}ForbjudenFardriktning").isin([1, -1, True, "1", "-1"])


def _digiroad(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Read Digiroad's road links: class, direction and the class's speed."""
    import pandas as pd

    from landplan.network.speeds import SpeedProfile

    classes = pd.to_numeric(_get(frame, "toiminn_lk"), errors="coerce").map(lambda v: _DIGIROAD_CLASS.get(int(v)), na_action="ignore").fillna("other")
    known = dict(SpeedProfile.for_mode("car").default_kmh)
    way = pd.to_numeric(_get(frame, "ajosuunta"), errors="coerce").map({2: "both", 3: "backward", 4: "forward"}).fillna("both")
    _say(notes, len(frame), "finska vägar har vägklassens hastighet", "Finnish roads have their class's speed")
    name = _get(frame, "tienimi_su").fillna(_get(frame, "tienimi_ru"))
    out = frame.assign(
        road_id="fi-" + _get(frame, "link_id").astype(str), road_class=classes, speed_kmh=classes.map(known).fillna(known["other"]),
        speed_assumed=True, oneway=way, name=name, road_number=_get(frame, "tienumero").map(lambda v: str(v).removesuffix(".0"), na_action="ignore"),
    )  # fmt: skip
    return _single_lines(out[classes.ne("path").to_numpy()], "road_id")


def _single_lines(frame: Any, key: str) -> Any:
    """One row a line: the parts of a line in parts are named by number."""
    parts = frame.explode(index_parts=True, ignore_index=False)
    numbers = parts.index.get_level_values(-1)
    parts = parts.reset_index(drop=True)
    own = parts[key].astype(str)
    parts[key] = own.where(numbers == 0, own + "." + np.asarray(numbers, dtype=str))
    again = parts.groupby(key).cumcount().to_numpy()
    parts[key] = parts[key].where(again == 0, parts[key] + "~" + again.astype(str))
    return parts


def _parcels(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Area by the outline; who owns it is not open data."""
    return frame.assign(area_ha=frame.geometry.area / 10_000, owner_kind="uppgift saknas")


BEFORE: Final[Mapping[str, Shaper]] = {
    "scb_grid": _scb_grid, "statfi_grid": _statfi_grid, "nvdb": _nvdb, "digiroad": _digiroad, "osm_power_grid": _osm_power_grid,
    "osm_substations": _osm_substations, "osm_railways": _osm_railways, "osm_facilities": _osm_facilities, "osm_services": _osm_services,
    "osm_water": _osm_water, "osm_buildings": _osm_buildings, "osm_built_land": _osm_built_land,
}  # fmt: skip
AFTER: Final[Mapping[str, Shaper]] = {
    "municipalities": _municipalities, "points": _points, "dissolved": _dissolved, "natura2000": _natura2000, "sgu_soil": _sgu_soil,
    "raa": _raa, "parcels": _parcels,
}  # fmt: skip
