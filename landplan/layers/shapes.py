"""What one provider's data need beyond new names: areas put together, kinds read out of tags, ages summed.

`BEFORE` works on the provider's own columns, `AFTER` on the layer's, placed in the plan's CRS.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from landplan.content import content_folder
from landplan.errors import SourceError
from landplan.layers.sources.asking import Ask
from landplan.style import Text
from landplan.units import format_int

__all__ = ["AFTER", "BEFORE", "DERIVED", "EXTRA", "municipality_names"]

Shaper = Callable[[Any, Ask, list[Text]], Any]
DERIVED: Final = frozenset({"municipality_code"})
"""Columns that are worked out when a source does not give them."""
EXTRA: Final[Mapping[str, tuple[str, ...]]] = {
    "detailed_plan": ("max_height_m", "height_reference", "building_area_m2", "building_area_percent", "area_basis", "min_plot_m2")
}
_WORKING: Final = range(20, 65, 5)
_LEAST_RADIUS_M: Final = 10.0
# SGU's words for the ground, by what they contain; the first that fits holds. What rivers left, of no said grain, is taken
# for the weaker ground; so is clay till.
_SOILS: Final = (
    ("torv", ("torv", "gyttja", "kärr", "mosse")), ("lera", ("moränlera", "morängrovlera", "moränfinlera")), ("morän", ("morän",)), ("lera", ("lera", "silt", "ler--", "ler–")),
    ("berg", ("berg", "häll", "sandsten", "diabas")), ("sand", ("sand", "grus", "isälv", "svall", "klapper", "sten", "block", "talus", "skaljord")),
    ("lera", ("svämsediment", "älvsediment")),
)  # fmt: skip
# by how they begin: peat that lies under water at times is peat
_LEFT_OUT: Final = ("vatten", "fyllning", "oklassat", "glaciär")
_GRID_KV: Final = ((220.0, "stamnät"), (30.0, "regionnät"), (0.0, "lokalnät"))
_SERVICES: Final = {
    "kindergarten": "preschool", "school": "compulsory_school", "clinic": "health_centre", "doctors": "health_centre",
    "nursing_home": "care_home", "supermarket": "shop", "convenience": "shop", "pharmacy": "pharmacy",
}  # fmt: skip
# Functional road class of NVDB (0 is the most important) to ours; the letters of its columns' numbers are Trafikverket's.
_NVDB_CLASS: Final = {
    0: "trunk", 1: "trunk", 2: "primary", 3: "secondary", 4: "tertiary", 5: "tertiary", 6: "street", 7: "local", 8: "local", 9: "service",
}  # fmt: skip
_DIGIROAD_CLASS: Final = {1: "trunk", 2: "primary", 3: "secondary", 4: "tertiary", 5: "street", 6: "local", 7: "service", 8: "path"}
# link types that say more than the class: motorway, slip road, ways for cycles and feet, ferry
_DIGIROAD_LINK: Final = {1: "motorway", 6: "ramp", 8: "path", 9: "path", 21: "ferry"}


def _say(notes: list[Text], count: int, sv: str, en: str) -> None:
    if count:
        notes.append(Text(f"{format_int(count, language='sv')} {sv}", f"{format_int(count, language='en')} {en}"))


def _get(frame: Any, name: str) -> Any:
    """Return a column whatever its case; empty where there is none."""
    import pandas as pd

    lower = {str(c).lower(): c for c in frame.columns}
    if name.lower() not in lower:
        return pd.Series(np.nan, index=frame.index, dtype=object)
    column = frame[lower[name.lower()]]
    # a column of nothing is read as numbers, and words cannot be put into it
    return column.astype(object) if column.isna().all() else column


def _need(frame: Any, ask: Ask, *names: str | Sequence[str]) -> None:
    """Refuse a provider's frame that lacks what the shape reads: a renamed column must not become a layer of nothing.

    Raises
    ------
    SourceError
        If one of `names` is there under none of its spellings.
    """
    there = {str(c).lower() for c in frame.columns}
    for name in names:
        spelled = [name] if isinstance(name, str) else list(name)
        if not any(n.lower() in there for n in spelled):
            listed = ", ".join(str(c) for c in frame.columns if c != "geometry") or "none"
            raise SourceError(
                f"{ask.what} has no column {' or '.join(spelled)}; it has {listed}. Is it the right layer of the provider? "
                f"If its columns have new names, give the layer a file made from it: [layers.{ask.layer}] file"
            )


@cache
def municipality_names() -> Mapping[str, tuple[str, str]]:
    """Return the code of each Swedish municipality with its name and its county's."""
    with (content_folder("layers") / "codes" / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return {r["municipality_code"]: (r["name"], r["county"]) for r in csv.DictReader(file)}


def _named_municipalities(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Name municipalities by their codes: SCB's statistical areas carry the code alone."""
    _need(frame, ask, "kommunkod")
    lower = {str(c).lower() for c in frame.columns}
    known = municipality_names()
    codes = _get(frame, "kommunkod").astype("string")
    if "kommunnamn" not in lower:
        strange = sorted(set(codes.dropna()) - set(known))
        if strange:
            notes.append(Text(f"okända kommunkoder står som namn: {', '.join(strange)}", f"unknown municipality codes stand as names: {', '.join(strange)}"))
        frame = frame.assign(kommunnamn=codes.map(lambda c: known.get(c, (c, ""))[0], na_action="ignore"))
    if "lannamn" not in lower:
        frame = frame.assign(lannamn=codes.map(lambda c: known.get(c, ("", ""))[1] or None, na_action="ignore"))
    return frame


def _municipalities(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Put municipalities together from the areas they are made of."""
    merged = frame.dissolve(by="municipality_code", aggfunc="first", method="unary", dropna=False).reset_index()
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

    _need(frame, ask, "beftotalt")
    bands = {int(m.group(1)): c for c in frame.columns if (m := re.fullmatch(r"(?i)ald(\d+)_\d+", str(c)))}
    frame = frame.copy()
    if all(b in bands for b in _WORKING):
        parts = frame[[bands[b] for b in _WORKING]].apply(pd.to_numeric, errors="coerce")
        frame["working_age"] = parts.sum(axis=1, min_count=len(_WORKING))
    elif len(frame):
        notes.append(Text("åldrarna saknas: antalet i arbetsför ålder är inte känt", "ages are missing: how many are of working age is not known"))
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
    """Leave out empty squares; Statistics Finland writes -1 for what it protects, which should never be the total."""
    import pandas as pd

    _need(frame, ask, "vaesto")
    people = pd.to_numeric(_get(frame, "vaesto"), errors="coerce")
    hidden = people.lt(0)
    _say(notes, int(hidden.sum()), "rutor med skyddade tal är utelämnade", "squares with protected figures are left out")
    return frame[(people > 0).to_numpy()].reset_index(drop=True)


def _dissolved(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """One feature an id: areas in several rows are one area in parts."""
    return _one_each(frame, "area_id", notes)


def _one_each(frame: Any, key: str, notes: list[Text]) -> Any:
    """Put rows of the same id together, in the order they came; a row without id stays, for the check to name."""
    if not frame[key].duplicated().any():
        return frame
    merged = frame.dissolve(by=key, aggfunc="first", sort=False, dropna=False).reset_index()
    _say(notes, len(frame) - len(merged), "rader hör till samma område som en annan", "rows belong to the same area as another")
    return merged


def _natura2000(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """A site under both directives is written one way, and is one site."""
    kinds = frame["kind"].astype("string").str.replace(r"\s", "", regex=True).replace("SCI/SPA", "SPA/SCI")
    both = kinds.groupby(frame["site_code"]).transform(lambda own: {"SPA", "SCI"} <= set(own.dropna()))
    return _one_each(frame.assign(kind=kinds.mask(both.fillna(False).astype(bool), "SPA/SCI")), "site_code", notes)


def _sgu_soil(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Read the five classes out of SGU's words."""
    texts = frame["soil_class"].astype("string").str.strip().str.lower()
    none = texts.isna() | texts.str.startswith(_LEFT_OUT, na=False)
    classes = texts.map(lambda t: next((ours for ours, words in _SOILS if any(w in t for w in words)), None), na_action="ignore").mask(none, None)
    _say(
        notes, int(none.sum()), "ytor utan jordart (vatten, fyllning, oklassat) är utelämnade", "areas without a soil (water, fill, not classed) are left out"
    )
    strange = classes.isna() & ~none
    words = ", ".join(sorted(set(frame["soil_class"][strange].astype(str))))
    _say(notes, int(strange.sum()), f"ytor med ord som inte är kända är utelämnade: {words}", f"areas with words that are not known are left out: {words}")
    return frame.assign(soil_class=classes)[classes.notna().to_numpy()].reset_index(drop=True)


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
    # a remain may be drawn in several parts, each a row
    return _one_each(frame.set_geometry(shapes, crs=frame.crs), "heritage_id", notes)


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

    # Shapefiles cut names at ten letters. F_Hogst_24, so like the speed's name, is a weight.
    speeds = (("F_Hogst_225", "F_Hogst_22"), ("B_Hogst_225", "B_Hogst_22"))
    measure = ("FROM_MEASURE", "FROM_MEASU")
    ways = (("F_ForbjudenFardriktning", "F_Forbjude"), ("B_ForbjudenFardriktning", "B_Forbjude"))
    _need(frame, ask, "ROUTE_ID", measure, "Klass_181", "Vagtr_474", *speeds, *ways)

    def column(*names: str) -> Any:
        return next((c for n in names if (c := _get(frame, n)).notna().any()), _get(frame, names[0]))

    def number(*names: str) -> Any:
        return pd.to_numeric(column(*names), errors="coerce")

    def said(*names: str) -> Any:
        # the geodatabase writes true as -1, others as 1 or true
        return column(*names).astype("string").str.lower().isin(("1", "-1", "1.0", "-1.0", "true")).astype(bool)

    kind = number("Vagtr_474")
    car = (kind.isna() | kind.eq(1)).to_numpy()
    _say(notes, int((~car).sum()), "gång- och cykelvägar är utelämnade", "foot and cycle paths are left out")
    route, at = _get(frame, "ROUTE_ID").astype(str), column(*measure).astype(str)
    classes = number("Klass_181").map(lambda v: _NVDB_CLASS.get(int(v)), na_action="ignore").fillna("other")
    ferry = said("Farjeled")
    classes = classes.mask(said("Motorvag"), "motorway").mask(ferry, "ferry")
    not_forward, not_backward = said(*ways[0]), said(*ways[1])
    closed = not_forward & not_backward
    # a speed may be stated also, or only, for the way that may not be driven
    stated_f, stated_b = number(*speeds[0]), number(*speeds[1])
    forward = stated_f.mask(not_forward & ~closed, stated_f.where(stated_b.isna()))
    backward = stated_b.mask(not_backward & ~closed, stated_b.where(stated_f.isna()))
    differ = forward.notna() & backward.notna() & forward.ne(backward)
    _say(notes, int((differ.to_numpy() & car).sum()), "vägar har olika hastighet i riktningarna: den lägre används", "roads have a speed of their own each way: the lower is used")
    speed = pd.concat([forward, backward], axis=1).min(axis=1)
    stated = speed.notna()
    _say(notes, int((closed.to_numpy() & car).sum()), "vägar får inte köras åt något håll: de är avstängda", "roads may be driven neither way: they are closed")
    oneway = pd.Series("both", index=frame.index).mask(not_backward & ~closed, "forward").mask(not_forward & ~closed, "backward")
    number_of = number("Huvnr_556_1", "Huvnr_556_")
    european = said("Evag_555")
    label = number_of.map(lambda v: f"{v:.0f}", na_action="ignore")
    from landplan.network.speeds import SpeedProfile

    known = dict(SpeedProfile.for_mode("car").default_kmh)
    _say(notes, int((~stated.to_numpy() & car).sum()), "vägar saknar hastighet, vägklassens används", "roads state no speed, their class's default is used")
    out = frame.assign(
        road_id=route + "-" + at, road_class=classes, speed_kmh=speed.fillna(classes.map(known).fillna(known["other"])), speed_assumed=~stated,
        oneway=oneway, closed=closed, road_number=label.mask(european, "E" + label), ferry=ferry,
        name=_get(frame, "Namn_130").fillna(_get(frame, "Namn_132")).fillna(_get(frame, "Farje_139").where(ferry)),
        surface=number("Slitl_152").map({1: "paved", 2: "gravel"}), aadt=number("ADT_f_117"),
    )  # fmt: skip
    return _single_lines(out[car], "road_id")


def _digiroad(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Read Digiroad's road links: class, direction and the class's speed."""
    import pandas as pd

    from landplan.network.speeds import SpeedProfile

    _need(frame, ask, "link_id", "toiminn_lk", "ajosuunta")
    classes = pd.to_numeric(_get(frame, "toiminn_lk"), errors="coerce").map(lambda v: _DIGIROAD_CLASS.get(int(v)), na_action="ignore").fillna("other")
    links = pd.to_numeric(_get(frame, "linkkityyp"), errors="coerce").map(lambda v: _DIGIROAD_LINK.get(int(v)), na_action="ignore")
    # a way for feet stays one whatever its link is
    classes = links.astype(object).fillna(classes).mask(classes.eq("path"), "path")
    known = dict(SpeedProfile.for_mode("car").default_kmh)
    way = pd.to_numeric(_get(frame, "ajosuunta"), errors="coerce").map({2: "both", 3: "backward", 4: "forward"}).fillna("both")
    path = classes.eq("path").to_numpy()
    _say(notes, int(path.sum()), "gång- och cykelvägar är utelämnade", "foot and cycle paths are left out")
    _say(notes, int((~path).sum()), "finska vägar har vägklassens hastighet", "Finnish roads have their class's speed")
    name = _get(frame, "tienimi_su").fillna(_get(frame, "tienimi_ru"))
    out = frame.assign(
        road_id="fi-" + _get(frame, "link_id").astype(str), road_class=classes, speed_kmh=classes.map(known).fillna(known["other"]),
        speed_assumed=True, oneway=way, name=name, ferry=classes.eq("ferry"), road_number=_get(frame, "tienumero").map(lambda v: str(v).removesuffix(".0"), na_action="ignore"),
    )  # fmt: skip
    return _single_lines(out[~path], "road_id")


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


def _named_parcels(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """Put a designation together of municipality, tract, block and unit where it is not given whole: ``ORSA STACKMORA 3:12``."""
    there = {str(c).lower() for c in frame.columns}
    if "fastighetsbeteckning" in there or not {"trakt", "enhet"} <= there:
        return frame
    lead, tract = _get(frame, "kommunnamn").astype("string").fillna(""), _get(frame, "trakt").astype("string")
    block, unit = _get(frame, "block").astype("string").replace("*", None), _get(frame, "enhet").astype("string")
    whole = lead.str.strip() + " " + tract.str.strip() + " " + (block.str.strip() + ":").fillna("") + unit.str.strip()
    return frame.assign(fastighetsbeteckning=whole.str.strip())


def _parcels(frame: Any, ask: Ask, notes: list[Text]) -> Any:
    """One feature a property unit, which may lie in several places; area by the outline; who owns it is not open data."""
    frame = _one_each(frame, "parcel_id", notes)
    return frame.assign(area_ha=frame.geometry.area / 10_000, owner_kind="uppgift saknas")


BEFORE: Final[Mapping[str, Shaper]] = {
    "municipalities": _named_municipalities, "parcels": _named_parcels,
    "scb_grid": _scb_grid, "statfi_grid": _statfi_grid, "nvdb": _nvdb, "digiroad": _digiroad, "osm_power_grid": _osm_power_grid,
    "osm_substations": _osm_substations, "osm_railways": _osm_railways, "osm_facilities": _osm_facilities, "osm_services": _osm_services,
    "osm_water": _osm_water, "osm_buildings": _osm_buildings, "osm_built_land": _osm_built_land,
}  # fmt: skip
AFTER: Final[Mapping[str, Shaper]] = {
    "municipalities": _municipalities, "points": _points, "dissolved": _dissolved, "natura2000": _natura2000, "sgu_soil": _sgu_soil,
    "raa": _raa, "parcels": _parcels,
}  # fmt: skip
