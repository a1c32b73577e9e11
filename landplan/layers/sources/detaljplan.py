"""The national digital detailed plan: from provisions on geometries to one row a use area.

Two forms are read: the domain object of the national specification (``application/vnd.lm.detaljplan.v4+json``, in the
plan's own SWEREF 99 zone) and the flattened GeoJSON of the platform (a feature a plan, provision and geometry). Several
uses on one area are several objects on the same geometry; here they are one row with the letters together (JZ).

The letter comes from Boverket's catalogue (`planning_codes.Provisions`), from a code or a notation in the file, or
from a wording that is a use's name; a use that none of them knows is a fault, because an unknown letter read as
nothing would look like land without a plan.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.crs import DEFAULT_CRS, SWEDISH_LOCAL_ZONES, guess_zone, horizontal, transformer
from landplan.errors import CRSError, LayerError, join_faults
from landplan.layers.catalog import USE_LETTERS, USE_WORDS
from landplan.layers.sources.building_rights import (
    RIGHT_COLUMNS,
    Right,
    is_other_right,
    read_right,
    rights_on,
)
from landplan.layers.sources.planning_codes import Provisions, clean_letter, form_of, load_vocabulary
from landplan.style import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import Transformer
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_plans"]

MEDIA_TYPE: Final = "application/vnd.lm.detaljplan.v4+json"
PLAN, USE, PROPERTY = "detaljplan", "användningsbestämmelse", "egenskapsbestämmelse"
TOLERANCE_M: Final = 0.10  # uses tile the plan within it (Lantmäteriet's guidance to specification 4.1)
SLIVER_M2: Final = 5.0  # smaller overlaps and gaps are warnings
NEW_RULES: Final = "2020-10-01"  # BFS 2020:5: the letters as they are now
SWEDEN: Final = (10.0, 54.9, 25.5, 69.4)
# the specification's words for a plan's status, in the layer's
STAGES: Final = {
    "påbörjad": "planbesked", "samråd": "samråd", "granskning": "granskning", "antagen": "antagen", "överklagad": "antagen",
    "tillsyn": "antagen", "laga kraft": "laga kraft", "upphävd": "upphävd",
}
COLUMNS: Final = (
    "plan_id", "name", "use_codes", "plan_form", "plan_stage", "stage_date", "adopted_date", "in_force_date",
    "implementation_until", "plan_status", "municipality_code", *RIGHT_COLUMNS,
)


@dataclass
class _Rule:
    """A provision on its geometry."""

    props: Mapping[str, Any]
    geometry: BaseGeometry

    @property
    def reference(self) -> str:
        said = self.props.get("planbestammelsekatalogreferens") or self.props.get("bestammelsekod") or ""
        if isinstance(said, Mapping):
            said = said.get("uuid") or said.get("id") or said.get("kod") or ""
        return str(said)

    @property
    def wording(self) -> str:
        return str(self.props.get("bestammelseformulering") or "").strip()


@dataclass
class _Plan:
    """A plan, its outline (None when the file has none) and its provisions."""

    props: Mapping[str, Any]
    outline: BaseGeometry | None = None
    crs: int = 0
    uses: list[_Rule] = field(default_factory=list)
    properties: list[_Rule] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.props.get("objektidentitet") or self.props.get("beteckning") or "")

    @property
    def name(self) -> str:
        return str(self.props.get("namn") or self.props.get("beteckning") or self.id)


@dataclass
class _Findings:
    """What is found on the way: faults stop the reading, remarks are told once each with their count."""

    faults: list[str] = field(default_factory=list)
    remarks: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def remark(self, plan: _Plan, sv: str, en: str) -> None:
        self.remarks.setdefault((sv, en), []).append(plan.name)

    def notes(self) -> tuple[Text, ...]:
        out = []
        for (sv, en), plans in self.remarks.items():
            names = list(dict.fromkeys(plans))
            more = f" +{len(names) - 3}" if len(names) > 3 else ""
            where = f"{', '.join(names[:3])}{more}"
            out.append(Text(f"{sv} ({len(plans)}: {where}).", f"{en} ({len(plans)}: {where})."))
        return tuple(out)


def read_plans(
    source: Path | str | bytes, crs: str | None = None, *, provisions: Provisions | None = None, strict: bool = True,
) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Read detailed plans into the layer ``detailed_plan``, with their building rights.

    Parameters
    ----------
    source : Path, str or bytes
        A file, or its content; several collections may stand in a JSON list.
    crs : str, optional
        Of a file that does not state one. A file that states another is refused.
    provisions : Provisions, optional
        Boverket's catalogue; without it letters come from codes, notations and wordings in the file.
    strict : bool
        Raise the faults; otherwise they are notes, and a use that is not known is left without letters.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        EPSG:3006, a row a use area: the layer's columns, then ``max_height_m`` with ``height_reference``
        ("above_ground", "above_datum"), ``building_area_m2`` and ``building_area_percent`` with ``area_basis`` (the end of
        Boverket's code: BruttoEgen, BruttoAnv, BruttoFastigh, Brutto, and Byggnads… for footprints; when both numbers
        hold and differ in basis: "BruttoAnv (m²); BruttoEgen (%)"), ``min_plot_m2``.
    notes : tuple of Text

    Raises
    ------
    LayerError
        If the file is no plan, or plans have faults: all of them, each with its plan.
    CRSError
        If the CRS is missing, contradicted or not a Swedish one.

    Notes
    -----
    Where a right differs within a use area, the value that holds on the largest part is given, of equals the strictest,
    and a note says so. Numbers of different bases or height references are never compared or added.
    """
    import geopandas as gpd

    where, data = _load(source)
    found = _Findings()
    plans = [plan for one in (data if isinstance(data, list) else [data]) for plan in _plans_of(one, where, crs, found)]
    if not plans and not found.faults:
        raise LayerError(f"{where} holds no plan; expected a FeatureCollection of {MEDIA_TYPE} or its flattened GeoJSON")
    names = {str(n).casefold(): (letter, form) for letter, n, form in _names()}
    frames = []
    for plan in plans:
        if str(plan.props.get("status") or "").lower() == "avslutad":
            found.remark(plan, "Planarbetet avslutades utan plan; planen är inte med", "The plan work ended without a plan; it is left out")
            continue
        rows, shapes = _rows(plan, provisions, names, found)
        if rows:
            frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=f"EPSG:{plan.crs}", columns=[*COLUMNS, "geometry"])
            frames.append(frame.to_crs(DEFAULT_CRS))
    if found.faults and strict:
        n = len(found.faults)
        raise LayerError(join_faults(f"{where}: {n} fault{'s' if n > 1 else ''} in the plans; ask the municipality to deliver them again, or leave them out", found.faults))
    for fault in found.faults:
        found.remarks.setdefault((f"Fel i planen, läst ändå: {fault}", f"A fault in the plan, read all the same: {fault}"), []).append(where)
    import pandas as pd

    if not frames:
        return gpd.GeoDataFrame(columns=[*COLUMNS, "geometry"], geometry="geometry", crs=DEFAULT_CRS), found.notes()
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=DEFAULT_CRS)
    _one_plan_a_place(frame, found)
    return frame, found.notes()


def _load(source: Path | str | bytes) -> tuple[str, Any]:
    where = "the plan" if isinstance(source, bytes) else str(source)
    try:
        return where, json.loads(source if isinstance(source, bytes) else Path(source).read_bytes())
    except FileNotFoundError:
        raise LayerError(f"{where} does not exist; check the path") from None
    except (ValueError, RecursionError) as exc:
        raise LayerError(f"{where} is no whole JSON ({exc}); fetch it again") from None


def _names() -> Iterable[tuple[str, str, str]]:
    words = load_vocabulary()
    return zip(words["letter"], words["name_sv"], words["plan_form"], strict=True)


def _plans_of(data: Any, where: str, crs: str | None, found: _Findings) -> list[_Plan]:
    """Sort a collection's features by plan, with geometries in the plan's own CRS."""
    features = data.get("features") if isinstance(data, Mapping) else None
    if not isinstance(features, list):
        raise LayerError(f"{where} is no FeatureCollection; expected {MEDIA_TYPE} or its flattened GeoJSON")
    domain = any("feature:typ" in (f.get("properties") or {}) for f in features if isinstance(f, Mapping))
    plans: dict[str, _Plan] = {}
    for number, feature in enumerate(features, 1):
        props = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(props, Mapping):
            raise LayerError(f"{where}: feature {number} has no properties")
        at = f"{where}: feature {number}"
        if domain:
            kind, plan_props, rule_props = str(props.get("feature:typ")), props, props
            key = str(props.get("objektidentitet") if kind == PLAN else props.get("detaljplan"))
            parts = props.get("plangeometri" if kind == PLAN else "bestammelsegeometri") or []
            pieces = [(g.get("geometri") or {}) for g in parts if isinstance(g, Mapping)]
            shapes = [(p.get("position"), p.get("koordinatsystemPlan")) for p in pieces]
        else:
            flat = _flat(props)
            kind = str(flat.get("feature_typ"))
            plan_props, rule_props = _under(flat, "detaljplan_"), _under(flat, "planbestammelse_")
            key = str(plan_props.get("objektidentitet") or plan_props.get("beteckning"))
            stated = ((data.get("crs") or {}).get("properties") or {}).get("name")
            # GeoJSON without a CRS is in degrees by its standard (RFC 7946); the numbers must agree
            shapes = [(feature.get("geometry"), stated or (crs if crs else "OGC:CRS84"))]
        if kind not in (PLAN, USE, PROPERTY):
            if kind == "administrativ bestämmelse":
                continue
            raise LayerError(f"{at} is a {kind!r}; expected {PLAN}, {USE} or {PROPERTY}")
        plan = plans.get(key)
        if plan is None:
            plan = plans[key] = _Plan(plan_props if kind == PLAN or not domain else {"objektidentitet": key})
        elif kind == PLAN:
            plan.props = plan_props
        shape = _shape(shapes, at, crs, plan, found)
        if kind == PLAN:
            plan.outline = shape
        elif shape is not None:
            (plan.uses if kind == USE else plan.properties).append(_Rule(rule_props, shape))
    for key, plan in plans.items():
        if domain and "status" not in plan.props:
            found.faults.append(f"plan {key}: its provisions are here, the plan itself is not")
    return list(plans.values())


def _flat(props: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Flatten names: ``detaljplan.namn``, ``detaljplan_namn`` and a nested ``namn`` are one."""
    out: dict[str, Any] = {}
    for key, value in props.items():
        name = f"{before}{key}".replace(":", "_").replace(".", "_")
        if isinstance(value, Mapping):
            out |= _flat(value, f"{name}_")
        else:
            out[name] = value
    return out


def _under(flat: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found = {k.removeprefix(prefix): v for k, v in flat.items() if k.startswith(prefix)}
    if "bestammelsevarde" not in found and "bestammelsevarde_variabelvarde" in found:
        stem = "bestammelsevarde_"
        found["bestammelsevarde"] = [{k.removeprefix(stem): v for k, v in found.items() if k.startswith(stem)}]
    return found


def _shape(parts: list[tuple[Any, Any]], at: str, crs: str | None, plan: _Plan, found: _Findings) -> BaseGeometry | None:
    """Join a geometry's parts, in metres, x before y."""
    import shapely
    from shapely.geometry import shape

    shapes = []
    for position, stated in parts:
        if not isinstance(position, Mapping) or not position.get("coordinates"):
            found.faults.append(f"plan {plan.name}: {at} has no geometry")
            return None
        code = _epsg(stated, crs, at)
        try:
            one = shapely.force_2d(shape(dict(position)))
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, shapely.errors.ShapelyError) as exc:
            found.faults.append(f"plan {plan.name}: {at} has a geometry that cannot be read ({exc})")
            return None
        one, code = _placed(one, code, at, plan, found)
        if not one.is_valid:
            found.faults.append(f"plan {plan.name}: {at} crosses itself ({shapely.is_valid_reason(one)})")
            one = shapely.make_valid(one)
        if plan.crs and code != plan.crs:
            found.faults.append(f"plan {plan.name}: {at} is in EPSG:{code}, the plan in EPSG:{plan.crs}")
            return None
        plan.crs = code
        shapes.append(one)
    if not shapes:
        found.faults.append(f"plan {plan.name}: {at} has no geometry")
        return None
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)


def _epsg(stated: Any, crs: str | None, at: str) -> int:
    if not stated and not crs:
        raise CRSError(f'{at} states no CRS (koordinatsystemPlan); say it: crs = "EPSG:3006", or the municipality\'s zone, EPSG:3007-3018')
    try:
        code = horizontal(stated or crs).to_epsg() or 0
        given = horizontal(crs).to_epsg() if crs else code
    except Exception:
        raise CRSError(f"{at} states the CRS {stated or crs!r}, which is not known; write it as EPSG:3006") from None
    if str(stated).endswith("CRS84"):
        code = 4326
    elif code != given:
        raise CRSError(f"{at} states EPSG:{code} and was said to be in {crs}; leave crs out, the file's own counts")
    if code not in (3006, 4326, *SWEDISH_LOCAL_ZONES):
        raise CRSError(f"{at} is in EPSG:{code}; plans are in EPSG:3006 or a zone of SWEREF 99, EPSG:3007-3018")
    return code


@cache
def _to_degrees(code: int) -> Transformer:
    """Return a zone's transformer: making one costs more than a plan's geometries do."""
    return transformer(f"EPSG:{code}", "EPSG:4326")


def _placed(one: BaseGeometry, code: int, at: str, plan: _Plan, found: _Findings) -> tuple[BaseGeometry, int]:
    """Put northing-first coordinates right, and refuse what is not in Sweden in the CRS it states."""
    import shapely

    left, bottom, right, top = one.bounds
    if code != 4326 and left > 5_000_000 > top:
        # no easting in Sweden is above 1.1 million: this is certain, not a guess
        one = shapely.transform(one, lambda xy: xy[:, ::-1])
        found.remark(plan, "Koordinaterna stod med nord före öst och har vänts", "Coordinates stood northing first and were turned")
        left, bottom, right, top = one.bounds
    box = (left, bottom, right, top)
    degrees = box if code == 4326 else _to_degrees(code).transform_bounds(*box)
    inside = all(math.isfinite(v) for v in degrees) and (
        SWEDEN[0] <= degrees[0] and degrees[2] <= SWEDEN[2] and SWEDEN[1] <= degrees[1] and degrees[3] <= SWEDEN[3]
    )
    if not inside:
        fits = [f"EPSG:{abs(g)}" for g in guess_zone(box, SWEDEN)[:2] if abs(g) != code]
        hint = f"; the numbers fit {' or '.join(fits)}" if fits else ""
        raise CRSError(f"{at}: {left:.0f}, {bottom:.0f} is not in Sweden in EPSG:{code}{hint}. Ask for the plan in the CRS it states, or set crs")
    if code == 4326:
        move = transformer("EPSG:4326", DEFAULT_CRS)
        return shapely.transform(one, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))), 3006
    return one, code


def _rows(
    plan: _Plan, provisions: Provisions | None, names: Mapping[str, tuple[str, str]], found: _Findings,
) -> tuple[list[dict[str, Any]], list[BaseGeometry]]:
    """Return a plan's use areas; what is wrong with them goes to `found`."""
    base = _dated(plan, found)
    areas = _areas(plan.uses)
    if not areas:
        found.faults.append(f"plan {plan.name}: has no use area")
    _tiles(plan, [a[0].geometry for a in areas], [any(r.props.get("vertikalAvgransning") for r in a) for a in areas], found)
    rights = _rights(plan, provisions, found)
    rows = []
    for area in areas:
        letters, forms = set(), set()
        for rule in area:
            letter, form = _letter(rule, plan, provisions, names, base, found)
            if letter:
                letters.add(letter)
                forms.add(form)
        if len(forms - {""}) > 1:
            found.faults.append(f"plan {plan.name}: one area is {' and '.join(sorted(forms))}; an area has one form")
        rows.append({**base, "use_codes": _together(letters) or None, "plan_form": next(iter(sorted(forms - {""})), None),
                     **_rights_on(area[0].geometry, rights, plan, found)})
    return rows, [a[0].geometry for a in areas]


def _together(letters: set[str]) -> str:
    """Write letters together and words apart: J and Z are JZ, GATA and CYKEL are two words."""
    single = "".join(sorted(x for x in letters if len(x) == 1))
    return " ".join([*([single] if single else []), *sorted(x for x in letters if len(x) > 1)])


def _areas(uses: list[_Rule]) -> list[list[_Rule]]:
    """Group uses that lie on the same geometry, within the tolerance."""
    groups: list[list[_Rule]] = []
    for rule in uses:
        for group in groups:
            if _same(rule.geometry, group[0].geometry):
                group.append(rule)
                break
        else:
            groups.append([rule])
    return groups


def _same(a: BaseGeometry, b: BaseGeometry) -> bool:
    if any(abs(x - y) > TOLERANCE_M for x, y in zip(a.bounds, b.bounds, strict=True)):
        return False
    return bool(a.equals(b)) or bool(a.buffer(TOLERANCE_M).covers(b) and b.buffer(TOLERANCE_M).covers(a))


def _tiles(plan: _Plan, shapes: list[BaseGeometry], vertical: list[bool], found: _Findings) -> None:
    """Check that uses cover the plan and not each other."""
    import shapely

    if not shapes:
        return
    tree = shapely.STRtree(shapes)
    for i, j in tree.query(shapes, predicate="intersects").T:
        area = shapely.intersection(shapes[i], shapes[j]).area if i < j else 0.0
        if area > SLIVER_M2 and (vertical[i] or vertical[j]):
            found.remark(plan, "Användningar ligger över varandra i höjdled", "Uses lie above one another in height")
        elif area > SLIVER_M2:
            found.faults.append(f"plan {plan.name}: use areas {i + 1} and {j + 1} overlap by {area:.0f} m²")
        elif area > 0.01:
            found.remark(plan, "Smala överlapp mellan användningar, under 5 m²", "Slivers of overlap between uses, below 5 m²")
    if plan.outline is None:
        found.remark(plan, "Planens gräns saknas i filen; att användningarna täcker den är inte kontrollerat",
                     "The plan's outline is not in the file; whether the uses cover it is not checked")
        return
    union = shapely.union_all(shapes)
    gap = plan.outline.difference(union.buffer(TOLERANCE_M)).area
    outside = union.difference(plan.outline.buffer(TOLERANCE_M)).area
    for area, what in ((gap, "of the plan have no use"), (outside, "of use lie outside the plan")):
        if area > SLIVER_M2:
            found.faults.append(f"plan {plan.name}: {area:.0f} m² {what}")
        elif area > 0.01:
            found.remark(plan, "Smala glipor mot plangränsen, under 5 m²", "Slivers along the plan's outline, below 5 m²")
    for rule in plan.properties:
        if rule.geometry.area and rule.geometry.difference(union.buffer(TOLERANCE_M)).area > SLIVER_M2:
            found.remark(plan, "En egenskapsyta ligger delvis utanför användningarna", "A property area lies partly outside the uses")


def _letter(
    rule: _Rule, plan: _Plan, provisions: Provisions | None, names: Mapping[str, tuple[str, str]], base: Mapping[str, Any],
    found: _Findings,
) -> tuple[str, str]:
    """Return a use's letter or word and its form; empty, with a fault, when it is not known."""
    known = provisions.find(rule.reference) if provisions else None
    code = known.code if known else str(rule.props.get("bestammelsekod") or rule.reference)
    said = clean_letter(str(rule.props.get("beteckning") or ""))
    form = form_of(code) or (known.plan_form if known else "") or str(rule.props.get("anvandningsform") or "").lower()
    letter = known.letter if known and known.letter else said
    if not letter and (match := re.match(r"DP_(?:AP|KM|VO)_([A-ZÅÄÖa-zåäö]+)", code)):
        letter = match[1].upper() if match[1].upper() in USE_WORDS else match[1]
    if not letter and rule.wording.casefold() in names:
        letter, shipped = names[rule.wording.casefold()]
        form = form or shipped
        found.remark(plan, "Användningens bokstav är läst ur bestämmelsens ord; Boverkets katalog är inte hämtad",
                     "The use's letter is read from the provision's words; Boverket's catalogue has not been fetched")
    day = min((d for d in (base["adopted_date"], base["in_force_date"], _begun(plan)) if d), default="")
    if letter == "Y" and (not day or day < NEW_RULES):
        # sport was a letter of its own until BFS 2020:5 put it under R
        found.remark(plan, "Y (idrott) i en äldre plan står som R", "Y (sport) in an older plan stands as R")
        letter = "R"
    elif letter == "Y":
        found.faults.append(f"plan {plan.name}: use Y ended {NEW_RULES}, the plan is of {day}; sport is R now")
        return "", form
    if len(letter) > 1 and letter[0] in USE_LETTERS and letter[1:].islower() and (not day or day < NEW_RULES):
        found.remark(plan, f"{letter} i en äldre plan står som {letter[0]}", f"{letter} in an older plan stands as {letter[0]}")
        letter = letter[0]
    if letter.upper() in USE_WORDS:
        letter = letter.upper()
    if letter not in USE_LETTERS and letter not in USE_WORDS:
        what = f"use {letter!r}" if letter else "a use without a letter"
        fix = "" if provisions else "; fetch Boverket's catalogue, it knows the id"
        found.faults.append(f"plan {plan.name}: {what} ({rule.wording or 'no wording'}, {rule.reference or 'no reference'}) is not Boverket's{fix}")
        return "", form
    return letter, form


def _rights(plan: _Plan, provisions: Provisions | None, found: _Findings) -> list[tuple[Right, BaseGeometry]]:
    out = []
    for rule in plan.properties:
        known = provisions.find(rule.reference) if provisions else None
        code = known.code if known else str(rule.props.get("bestammelsekod") or rule.reference)
        right = read_right(code, rule.wording, rule.props.get("bestammelsevarde"))
        if right is None:
            if is_other_right(code, rule.wording):
                found.remark(plan, "Bestämmelser om höjd, area eller tomt av annat slag är inte med bland byggrätterna",
                             "Provisions on height, area or plot of another kind are not among the building rights")
        elif math.isnan(right.value):
            found.remark(plan, f"En bestämmelse har inget tal: {rule.wording or code}", f"A provision has no number: {rule.wording or code}")
        else:
            out.append((right, rule.geometry))
    return out


def _rights_on(area: BaseGeometry, rights: list[tuple[Right, BaseGeometry]], plan: _Plan, found: _Findings) -> dict[str, Any]:
    columns, differs, partly = rights_on(area, rights, sliver_m2=SLIVER_M2)
    if differs:
        found.remark(plan, "Byggrätten skiljer sig inom en användningsyta; värdet för största delen står i tabellen",
                     "A building right differs within a use area; the table has the value of the largest part")
    if partly:
        found.remark(plan, "En byggrätt gäller bara en del av användningsytan", "A building right holds on a part of the use area only")
    return columns


def _decisions(plan: _Plan) -> list[Mapping[str, Any]]:
    said = plan.props.get("beslutsinformation")
    listed: list[Mapping[str, Any]] = [d for d in said if isinstance(d, Mapping)] if isinstance(said, list) else []
    # the flattened form has the decision's fields on the plan itself, with or without their group's name
    return listed or [{k.removeprefix("beslutsinformation_"): v for k, v in plan.props.items()}]


def _begun(plan: _Plan) -> str:
    return min((_day(d.get("datumPaborjat")) for d in _decisions(plan) if _day(d.get("datumPaborjat"))), default="")


def _dated(plan: _Plan, found: _Findings) -> dict[str, Any]:
    """Return what a plan's rows share: its name, stage and dates."""
    status = str(plan.props.get("status") or "").lower()
    if status not in STAGES:
        found.faults.append(f"plan {plan.name}: status {status!r} is not one of {', '.join(STAGES)}")
    stage = STAGES.get(status)
    decisions = _decisions(plan)
    made = [d for d in decisions if "upphävande" not in str(d.get("beslutstyp") or "")] or decisions
    first = next((d for d in made if "ny detaljplan" in str(d.get("beslutstyp") or "")), made[0])
    adopted, forces = _day(first.get("datumAntagande")), _days(first.get("datumLagakraft"))
    if len(forces) > 1:
        found.remark(plan, "Planen fick laga kraft i flera steg; första dagen står", "The plan came into force in steps; the first day stands")
    force = min(forces, default="")
    if force and adopted and force < adopted:
        found.faults.append(f"plan {plan.name}: in force {force}, before it was adopted {adopted}")
    changed = _day(plan.props.get("datumStatusforandring"))
    of_stage = changed or {"laga kraft": force, "antagen": adopted}.get(stage or "", "")
    kommun = str(plan.props.get("kommunkod") or plan.props.get("kommun") or "")
    return {
        "plan_id": plan.id, "name": plan.name, "plan_stage": stage, "stage_date": of_stage or None, "adopted_date": adopted or None,
        "in_force_date": force or None, "implementation_until": _until(first, force),
        "plan_status": "planlagd" if stage in ("antagen", "laga kraft") else "ej planlagd",
        "municipality_code": kommun if re.fullmatch(r"\d{4}", kommun) else None,
    }


def _until(decision: Mapping[str, Any], force: str) -> str | None:
    """Add the implementation period, in months, to the day it starts."""
    start, months = _day(decision.get("genomforandetidStartar")) or force, decision.get("genomforandetid")
    if not start or not isinstance(months, (int, float)) or months <= 0:
        return None
    day = dt.date.fromisoformat(start)
    year, month = divmod(day.year * 12 + day.month - 1 + int(months), 12)
    # the 31st of a short month is its last day
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last)).isoformat()


def _days(value: Any) -> list[str]:
    return [d for d in (_day(v) for v in (value if isinstance(value, list) else [value])) if d]


def _day(value: Any) -> str:
    try:
        return dt.date.fromisoformat(str(value)[:10]).isoformat() if value else ""
    except ValueError:
        return ""


def _one_plan_a_place(frame: gpd.GeoDataFrame, found: _Findings) -> None:
    """Note where two plans in force lie on each other: one of them has been replaced there."""
    valid = frame[frame["plan_stage"] == "laga kraft"].reset_index(drop=True)
    pairs = valid.sindex.query(valid.geometry, predicate="intersects").T
    ids, shapes = valid["plan_id"].to_numpy(), valid.geometry.to_numpy()
    for i, j in pairs:
        if i < j and ids[i] != ids[j] and shapes[i].intersection(shapes[j]).area > SLIVER_M2:
            found.remark(_Plan({"namn": f"{valid['name'][i]} / {valid['name'][j]}"}),
                         "Två gällande planer ligger över varandra", "Two plans in force lie on each other")
