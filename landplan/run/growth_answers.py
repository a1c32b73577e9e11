"""What growth answers in sentences, what is unsure of it, how it was worked out, and what is on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec
from landplan.export.items import VectorItem
from landplan.plan import Plan
from landplan.run.figures import Figures
from landplan.run.growth_exhibits import names_of, scenario_title, service_words
from landplan.run.growth_words import tell
from landplan.run.privacy import few_of, hide_parts
from landplan.run.wording import both
from landplan.run.worker_exhibits import worker_layers
from landplan.style import Style, StyleClass, Text
from landplan.units import format_number

if TYPE_CHECKING:
    from landplan.run.growing import AreaGrowth
    from landplan.run.growth import GrowthSet
    from landplan.run.runner import Done

__all__ = ["GROWTH_RESULTS", "growth_answers", "growth_in_short", "growth_layers", "growth_lead", "growth_method", "growth_sentences", "growth_vectors", "not_answered"]

GROWTH_RESULTS: Final = ("growth", "dwellings", "services", "roadmap", "financing", "safety", "place", "climate", "skills")
"""What a team of a plan with ``[growth]`` may name among its results."""
_YEAR_COLOURS: Final = ("#7a0403", "#d23105", "#fb8022", "#edd03a")
_SHORT: Final = "#d55e00"
_SOME: Final = 0.5
"""Fewer dwellings than this, all years together, are none."""


def _joined(parts: list[Text]) -> Text:
    return Text(" ".join(p.sv for p in parts if p.sv), " ".join(p.en for p in parts if p.en))


def _name(area: AreaGrowth) -> Text:
    return Text(area.name, area.name)


def _small(text: Text) -> Text:
    """A name within a sentence: its first letter small, unless it is an abbreviation; names in it keep theirs."""
    return Text(*(t if t[1:2].isupper() else t[:1].lower() + t[1:] for t in (text.sv, text.en)))


def _and(parts: list[Text]) -> Text:
    return Text(*(w.join(x for x in (", ".join(p[lang] for p in parts[:-1]), parts[-1][lang]) if x) for lang, w in (("sv", " och "), ("en", " and "))))


def growth_answers(plan: Plan, done: Done, figures: Figures) -> dict[str, Text]:
    """Return the answer of each of growth's results; numbers are taken from the tables by name."""
    found = done.growth
    if found is None:
        return {}
    out: dict[str, list[Text]] = {k: [] for k in GROWTH_RESULTS}
    for area_id, area in found.areas.items():
        for result, parts in _of_area(plan, found, area, area_id, figures).items():
            said = _joined(parts)
            if said.sv:
                # each area by its name, unless the sentence begins with it
                named = Text(*(t if t.startswith(area.name) else f"{area.name}: {t}" for t in (said.sv, said.en)))
                out[result].append(named)
    if done.workers is not None:
        out["skills"].append(_skills(plan, done))
    return {k: _joined(v) for k, v in out.items() if any(p.sv for p in v)}


def _of_area(plan: Plan, found: GrowthSet, area: AreaGrowth, area_id: str, figures: Figures) -> dict[str, list[Text]]:
    people = _people(plan, area, figures)
    return {
        "growth": [people, _jobs(plan, area, figures)], "dwellings": [_dwellings(plan, area, figures), *_sites(found, area, area_id)],
        "services": [_breaks(plan, found, area_id), *_far(plan, found, area_id)], "roadmap": [_first(plan, found, area_id)], "financing": [_money(found, area, area_id)],
        "safety": [_response(found, area, area_id)], "place": _near(plan, found, area, area_id), "climate": [_climate(plan, area, figures)],
    }  # fmt: skip


def growth_lead(plan: Plan, done: Done, figures: Figures) -> tuple[tuple[Text, tuple[Text, ...]], ...]:
    """Return each area's answers for the report's first page: its name, and a line for people, jobs, dwellings, services, what comes first and help."""
    found = done.growth
    if found is None:
        return ()
    out = []
    for area_id, area in found.areas.items():
        lines = [
            _people(plan, area, figures), _jobs(plan, area, figures), _joined(_sites(found, area, area_id)),
            _joined([_breaks(plan, found, area_id), *_far(plan, found, area_id)]), _first(plan, found, area_id), _response(found, area, area_id),
        ]  # fmt: skip
        out.append((_name(area), tuple(line for line in lines if line.sv)))
    return tuple(out)


def _dwellings(plan: Plan, area: AreaGrowth, figures: Figures) -> Text:
    per_year = _said(plan, area, area.main, "dwellings_per_year", figures)
    if area.asked.goal is None and float(area.asked.need.dwellings.sum()) < _SOME:
        return tell("a_dwellings_none", area=_name(area), end=int(area.asked.projection.years[-1]))
    if area.asked.goal is None:
        return tell("a_dwellings_baseline", area=_name(area), per_year=per_year)
    return tell("a_dwellings", area=_name(area), per_year=per_year, goal=both(area.asked.goal), year=area.asked.year)


def _people(plan: Plan, area: AreaGrowth, figures: Figures) -> Text:
    end = int(area.scenarios["baseline"].projection.years[-1])
    without = _said(plan, area, "baseline", "population", figures)
    per_year = _said(plan, area, area.main, "dwellings_per_year", figures)
    if area.asked.goal is None and float(area.asked.need.dwellings.sum()) < _SOME:
        return tell("a_growth_none", area=_name(area), without=without, end=end)
    if area.asked.goal is None:
        return tell("a_growth_baseline", area=_name(area), without=without, end=end, per_year=per_year)
    return tell("a_growth", area=_name(area), per_year=per_year, goal=both(area.asked.goal), year=area.asked.year, without=without, end=end)


def growth_in_short(plan: Plan, done: Done, figures: Figures) -> Text | None:
    """Return the first area's answer as a part of the run's one sentence; None without growth."""
    if done.growth is None:
        return None
    area = next(iter(done.growth.areas.values()))
    if area.asked.goal is None:
        end = int(area.scenarios["baseline"].projection.years[-1])
        still = any(b.what == "moves_unknown" for b in area.basis)
        return tell("whole_still" if still else "whole_baseline", area=_name(area), without=_said(plan, area, "baseline", "population", figures), end=end)
    return tell("whole", area=_name(area), per_year=_said(plan, area, area.main, "dwellings_per_year", figures), goal=both(area.asked.goal), year=area.asked.year)


def _said(plan: Plan, area: AreaGrowth, scenario: str, column: str, figures: Figures) -> Text:
    """A figure of the table of scenarios."""
    title = scenario_title(plan, area.scenarios[scenario])[plan.plan.language]
    return figures.take(f"growth_scenarios_{area.id}", column, scenario=title)


def _jobs(plan: Plan, area: AreaGrowth, figures: Figures) -> Text:
    jobs = [s for s in area.scenarios.values() if s.kind == "jobs"]
    if not jobs:
        return Text("", "")
    end = int(area.scenarios["baseline"].projection.years[-1])
    items = [tell("a_jobs_item", jobs=both(s.jobs), people=_said(plan, area, s.id, "population", figures)) for s in jobs]
    return tell("a_jobs", area=_name(area), none=_said(plan, area, "baseline", "population", figures), end=end, items=_and(items))


def _lasts(years: float, horizon: float) -> Text:
    """Years of need that plans cover; those that reach the last year may cover more."""
    said = both(years, decimals=1)
    return Text(f"minst {said.sv}", f"at least {said.en}") if years >= horizon else said


def _sites(found: GrowthSet, area: AreaGrowth, area_id: str) -> list[Text]:
    out: list[Text] = []
    if float(area.asked.need.dwellings.sum()) < _SOME:
        return out
    if area.reserve is not None and len(area.reserve):
        reserve = area.reserve.set_index("plan_stage")
        key = "a_reserve" if float(reserve["sum_max"].iloc[0]) > 0 else "a_reserve_none"
        horizon = float(area.asked.need.years.size)
        years, every = (_lasts(float(reserve["years_max"].iloc[k]), horizon) for k in (0, -1))
        out.append(tell(key, years=years, all_years=every))
    placed = found.placed.get(area_id)
    if placed is None:
        return out
    built = placed.sites[placed.sites["first_year"].notna()].sort_values(["first_year", "dwellings", "site_id"], ascending=[True, False, True])
    if len(built):
        out.append(tell("a_first_site", site=str(built["name"].iloc[0]), first_year=int(built["first_year"].iloc[0])))
    waiting = float(placed.allocation.waiting[-1])
    if waiting >= 0.5:
        end = int(placed.allocation.years[-1])
        out.append(tell("a_waiting", waiting=both(round(waiting)), end=end) if placed.kept_waiting < waiting - _SOME else tell("a_balance", waiting=both(round(waiting)), end=end))
    return out


def _breaks(plan: Plan, found: GrowthSet, area_id: str) -> Text:
    area, served = found.areas[area_id], found.served[area_id]
    names = names_of(plan)
    short = {k: s.first_short[area.main] for k, s in served.services.items() if s.first_short.get(area.main) is not None}
    tried = [k for k, s in served.services.items() if np.isfinite(s.places)]
    if not tried:
        return Text("", "")
    end = int(area.asked.projection.years[-1])
    if not short:
        said = tell("a_breaks_none", end=end)
    else:
        start = int(area.asked.projection.years[0])
        now = [k for k, y in short.items() if y == start]
        later = sorted((y, k) for k, y in short.items() if y is not None and y > start)
        parts = []
        if now:
            parts.append(tell("a_breaks_now", service=_and([_small(names[k]) for k in now])))
        if later:
            parts.append(tell("a_breaks", service=_small(names[later[0][1]]), year=later[0][0]))
        said = _joined(parts)
    return said


def _far(plan: Plan, found: GrowthSet, area_id: str) -> list[Text]:
    cfg = plan.growth
    assert cfg is not None
    out = []
    names = names_of(plan)
    for kind, service in found.served[area_id].services.items():
        norm = cfg.services[kind]
        area = found.areas[area_id]
        if norm.limit_m is None or not np.isfinite(service.far_start) or few_of(service.far_start, float(service.users[area.main][0]), plan.export.min_persons):
            continue
        limit = Text(f"{format_number(norm.limit_m, 0, language='sv')} m", f"{format_number(norm.limit_m, 0, language='en')} m")
        name = _small(names[kind])
        out.append(tell("a_far", count=both(round(service.far_start)), service=name, limit=limit, area=_name(found.areas[area_id])))
    return out


def _first(plan: Plan, found: GrowthSet, area_id: str) -> Text:
    cfg = plan.growth
    assert cfg is not None
    names = names_of(plan)
    first = found.first[area_id]
    if not len(first):
        return tell("a_first_none", years=cfg.urgent_years) if len(found.roadmap[area_id]) else Text("", "")
    items = []
    for row in first.head(4).to_dict("records"):
        what = names.get(str(row["what"]), Text(str(row["what"]), str(row["what"])))
        what = _small(what)
        items.append(tell("a_first_late", what=what) if row["late"] else tell("a_first_item", what=what, year=int(row["decide_by"])))
    return tell("a_first", items=Text(", ".join(i.sv for i in items), ", ".join(i.en for i in items)))


def _money(found: GrowthSet, area: AreaGrowth, area_id: str) -> Text:
    table = found.roadmap[area_id]
    total = float(table["msek"].sum()) if len(table) else 0.0
    if not total:
        return Text("", "")
    return tell("a_money", area=_name(area), msek=both(round(total)), kommun=both(round(float(table["msek_kommun"].sum()))), end=int(table["year"].max()))


def _response(found: GrowthSet, area: AreaGrowth, area_id: str) -> Text:
    table = found.served[area_id].response
    if table is None or not len(table):
        return Text("", "")
    limits = [str(c) for c in table if str(c).startswith("within_")]
    row = table[table["who"] == "people_start"].iloc[0]  # the rescue service's stands first
    said = tell("a_response", area=_name(area), share=both(float(row[limits[0]]), decimals=0), minutes=limits[0].removeprefix("within_"))
    dark = found.served[area_id].dark
    school = None if dark is None else dark[dark["kind"] == "compulsory_school"]
    if school is None or not len(school):
        return said
    return _joined([said, tell("a_dark", area=_name(area), share=both(float(school["lit_percent"].iloc[0])))])


def _climate(plan: Plan, area: AreaGrowth, figures: Figures) -> Text:
    """Carbon dioxide of commuting in the main scenario, at the start and the end; with the plan's cars where it says how they change."""
    table = f"growth_climate_{area.id}"
    if table not in figures or plan.growth is None:
        return Text("", "")
    title = scenario_title(plan, area.asked)[plan.plan.language]
    first, last = (str(int(area.asked.projection.years[k])) for k in (0, -1))
    words: dict[str, Any] = {k: figures.take(table, "tonnes_today", scenario=title, year=y) for k, y in (("now", first), ("then", last))}
    if plan.growth.climate is None:
        return tell("a_climate", area=_name(area), year=last, **words)
    return tell("a_climate_fleet", area=_name(area), year=last, fleet=figures.take(table, "tonnes_fleet", scenario=title, year=last), **words)


def _near(plan: Plan, found: GrowthSet, area: AreaGrowth, area_id: str) -> list[Text]:
    """How many have the daily within reach: of each kind, by car and on foot, at the second limit."""
    table = found.served[area_id].travel
    limit = plan.export.min_persons
    out = []
    for kind in dict.fromkeys(table["kind"]) if len(table) else ():
        words: dict[str, Any] = {}
        for mode in ("car", "walk"):
            rows = table[(table["kind"] == kind) & (table["mode"] == mode)]
            if len(rows):
                row = rows.iloc[min(1, len(rows) - 1)]
                if few_of(float(row["people"]), float(area.asked.projection.total[0]), limit):
                    continue
                words |= {mode: both(float(row["share_percent"])), f"{mode}_min": f"{row['minutes']:g}"}
        if {"car", "walk"} <= set(words):
            out.append(tell("a_near", kind=service_words().get(str(kind), Text(str(kind), str(kind))), area=_name(area), **words))
    return out


def _skills(plan: Plan, done: Done) -> Text:
    assert done.workers is not None
    wish = plan.catchment.workers
    if wish is None or not done.workers.results:
        return Text("", "")
    site, found = next(iter(done.workers.results.items()))
    zones = found.zones
    near = float(zones["labour"][zones["minutes"] <= 45.0].sum()) * wish.match.central
    return tell("a_skills", site=plan.sites[site].name, people=both(round(near, -2)))


def growth_sentences(plan: Plan, done: Done) -> list[Text]:
    """Say what is unsure of growth, and what was not tried for want of a layer."""
    if done.growth is None:
        return []
    out = [tell("u_growth")]
    names = names_of(plan)
    for area_id, area in done.growth.areas.items():
        if any(b.what == "movers_unknown" for b in area.basis):
            out.append(tell("u_growth_movers", area=_name(area)))
        if blind := [names[k] for k, s in done.growth.served[area_id].services.items() if s.lacking == "network"]:
            out.append(tell("u_growth_ways", area=_name(area), names=_and([_small(x) for x in blind])))
        table = done.growth.roadmap[area_id]
        measures = [str(w) for w in dict.fromkeys(table["what"]) if str(w).startswith("investment_")] if len(table) else []
        if unpaid := [names[w] for w in measures if not float(table.loc[table["what"] == w, "msek"].sum())]:
            out.append(tell("u_growth_measures", area=_name(area), names=_and(unpaid), first=int(table["year"].min()), last=int(table["year"].max())))
        placed = done.growth.placed[area_id]
        if plan.growth is not None and plan.growth.placing is not None and placed is None:
            out.append(tell("u_growth_unplaced", area=_name(area)))
        if placed is not None:
            weighed = {k for k, _ in placed.parts}
            if lost := [k for k, w in (plan.growth.placing.weights.items() if plan.growth and plan.growth.placing else ()) if w > 0 and k not in weighed]:
                out.append(tell("u_growth_weights", area=_name(area), parts=_and([tell(f"part_{k}") for k in lost])))
            out += [tell("u_growth_balance", area=_name(area), group=tell(f"group_{k}")) for k in placed.no_sites]
            if _SOME <= placed.kept_waiting < float(placed.allocation.waiting[-1]) - _SOME:
                out.append(tell("u_growth_kept", area=_name(area), count=both(round(placed.kept_waiting))))
        for kind, service in done.growth.served[area_id].services.items():
            unknown = int(service.facilities["places"].isna().sum()) if "places" in service.facilities else 0
            if 0 < unknown < len(service.facilities):
                out.append(tell("u_growth_places", area=_name(area), service=_small(names[kind]), count=unknown, whole=len(service.facilities)))
        lacking = done.growth.served[area_id].lacking
        if lacking:
            titles = {x: ", ".join(names.get(k, _layer_title(k))[x] for k in lacking) for x in ("sv", "en")}
            out.append(tell("u_growth_lacking", area=_name(area), names=Text(titles["sv"], titles["en"])))
    return out


_KINDS: Final = {
    "pharmacy": Text("apotek", "pharmacies"), "shop": Text("livsmedelsbutiker", "food shops"), "services": Text("service", "services"),
    "rescue_stations": Text("räddningsstationer", "rescue stations"), "ambulance": Text("ambulansstationer", "ambulance stations"),
    "lighting": Text("belysning", "street lighting"),
}  # fmt: skip


def _layer_title(name: str) -> Text:
    return _KINDS.get(name, Text(name, name))


def growth_method(plan: Plan, done: Done) -> list[tuple[Text, Text]]:
    """Return the method chapter's parts on growth."""
    if done.growth is None or plan.growth is None:
        return []
    out = [(tell("m_people"), tell("m_people_text"))]
    if plan.growth.placing is not None:
        out.append((tell("m_dwellings"), tell("m_dwellings_text")))
    if plan.growth.services:
        out.append((tell("m_services"), tell("m_services_text")))
    return out


def _f(name: str, kind: Any, sv: str, en: str, unit: str = "", values: Any = ()) -> FieldSpec:
    return FieldSpec(name, kind, Text(sv, en), unit=unit, values=tuple(values))


def growth_layers(result: str, plan: Plan, done: Done) -> tuple[str, ...]:
    """Return the map layers of a team's result."""
    if done.growth is None:
        return ()
    if result == "skills":
        return worker_layers(plan, done)
    kinds = {"dwellings": ("sites",), "growth": ("sites",), "services": ("facilities", "more"), "roadmap": ("sites", "facilities", "more"), "safety": (), "place": ()}.get(result, ())
    return (*(f"growth_{kind}_{area}" for area in done.growth.areas for kind in kinds), *(("growth_measures",) if result in ("roadmap", "financing") else ()))


def growth_vectors(plan: Plan, done: Done, *, common: dict[str, Any]) -> tuple[VectorItem, ...]:
    """Return where dwellings go and when, services with their first short year, places for one more, and named measures."""
    import geopandas as gpd
    import pandas as pd

    found = done.growth
    if found is None or plan.growth is None:
        return ()
    lang = plan.plan.language
    names = names_of(plan)
    out: list[VectorItem] = []
    start, end = plan.growth.start_year, plan.growth.end_year
    for area_id, area in found.areas.items():
        placed = found.placed.get(area_id)
        if placed is not None and len(placed.sites):
            out.append(_site_layer(area, placed, start, end, common))
        rows, more = [], []
        for kind, service in found.served[area_id].services.items():
            if service.load is None or not len(service.facilities):
                continue
            first = service.load.first_short
            loads = [hide_parts(service.load.load[:, k].tolist(), plan.export.min_persons) for k in (0, -1)]
            for i, (key, row) in enumerate(service.facilities.iterrows()):
                year = first.get(str(key))
                places = float(service.load.capacity[i, 0])
                rows.append({
                    "service": names[kind][lang], "name": str(row.get("name", key)), "places": places if np.isfinite(places) else np.nan, "load_start": loads[0][i], "load_end": loads[1][i], "first_short": "" if not np.isfinite(places) else str(year) if year is not None else tell("never")[lang],
                    "short_year": float(year) if year is not None else np.nan, "geometry": row.geometry,
                })  # fmt: skip
            if service.site is not None:
                more.append({"service": names[kind][lang], "geometry": service.site["point"]})
        station = found.served[area_id].station
        if station is not None:
            more.append({"service": tell("fire_station")[lang], "geometry": station["point"]})
        crs = done.layers.sites.crs
        if rows:
            frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=crs)
            frame = frame.round({"load_start": 0, "load_end": 0})
            frame["state"] = np.where(frame["short_year"].isna(), "ok", np.where(frame["short_year"] <= start, "now", "later"))
            out.append(VectorItem(
                id=f"growth_facilities_{area_id}", title=tell("l_facilities", area=_name(area)), frame=frame.drop(columns="short_year"), visible=False,
                style=Style(
                    kind="classes", column="state", classes=(
                        StyleClass("now", Text("för få platser redan i dag", "too few places already today"), _SHORT), StyleClass("later", Text("för få platser senare", "too few places later"), "#e69f00"),
                        StyleClass("ok", Text("räcker, eller platser är inte kända", "enough, or places not known"), "#56b4e9"),
                    ),
                    size_px=7, stroke="#222222", width_px=0.8, opacity=1.0, color="#56b4e9",
                ),
                fields=(
                    _f("service", "text", "Verksamhet", "Service"), _f("name", "text", "Enhet", "Facility"), _f("places", "float", "Platser", "Places"), _f("load_start", "float", f"Behov {start}", f"Need {start}"),
                    _f("load_end", "float", "Behov målåret", "Need in the goal's year"), _f("first_short", "text", "Första bristår", "First short year"),
                    _f("state", "text", "Läge", "State", values=(("now", Text("för få platser redan i dag", "too few places already today")), ("later", Text("för få platser senare", "too few places later")), ("ok", Text("räcker, eller platser är inte kända", "enough, or places not known")))),
                ),
                **common,
            ))  # fmt: skip
        if more:
            out.append(VectorItem(
                id=f"growth_more_{area_id}", title=tell("l_more", area=_name(area)), frame=gpd.GeoDataFrame(pd.DataFrame(more), geometry="geometry", crs=crs),
                style=Style(color="#009e73", stroke="#ffffff", size_px=12, width_px=1.2, opacity=1.0, marker="triangle", label="service"), fields=(_f("service", "text", "Verksamhet", "Service"),), **common,
            ))  # fmt: skip
    measures = [(i, m) for i, m in enumerate(plan.growth.investments) if m.lat is not None and m.lon is not None]
    if measures:
        points = gpd.GeoSeries(gpd.points_from_xy([m.lon for _, m in measures], [m.lat for _, m in measures]), crs="EPSG:4326").to_crs(plan.plan.crs)
        frame = gpd.GeoDataFrame({
            "name": [m.title.text()[lang] for _, m in measures], "year": [str(m.year or "") for _, m in measures], "msek": [m.msek if m.msek is not None else np.nan for _, m in measures],
            "source": [m.source for _, m in measures],
        }, geometry=points.to_numpy(), crs=plan.plan.crs)  # fmt: skip
        out.append(VectorItem(
            id="growth_measures", title=tell("l_measures"), frame=frame,
            style=Style(color="#8a5fa8", stroke="#ffffff", size_px=11, width_px=1.2, opacity=1.0, marker="square", label="name"),
            fields=(_f("name", "text", "Åtgärd", "Measure"), _f("year", "text", "År", "Year"), _f("msek", "float", "Kostnad", "Cost", "Mkr"), _f("source", "text", "Källa", "Source")),
            **{**common, "synthetic": False},
        ))  # fmt: skip
    return tuple(out)


def _site_layer(area: AreaGrowth, placed: Any, start: int, end: int, common: dict[str, Any]) -> VectorItem:
    frame = placed.sites[["site_id", "name", "kind", "plan_stage", "capacity", "dwellings", "first_year", "commute_min", "services_min", "servicing_ksek", "geometry"]].copy()
    frame["first_year"] = frame["first_year"].astype(float)
    frame = frame.round({"dwellings": 0, "commute_min": 1, "services_min": 1, "servicing_ksek": 0})
    frame["start"] = ["" if np.isnan(v) else f"{v:.0f}" for v in frame["first_year"]]
    frame["first_year"] = frame["first_year"].fillna(9999.0)
    limits = sorted({min(end, start + k) for k in (3, 6, 9)})
    classes = [StyleClass(float(y), Text(f"börjar senast {y}", f"starts by {y}"), c) for y, c in zip(limits, _YEAR_COLOURS, strict=False)]
    classes += [StyleClass(float(end), Text(f"börjar senast {end}", f"starts by {end}"), _YEAR_COLOURS[3])] if limits[-1] < end else []
    style = Style(
        kind="graduated", column="first_year", classes=(*classes, StyleClass(None, tell("not_used"), "#c9ced3")), color="#c9ced3", stroke="#222222", width_px=1.0, opacity=0.85, label="start",
    )  # fmt: skip
    stages = _f("plan_stage", "text", "Planskede", "Plan stage")
    return VectorItem(
        id=f"growth_sites_{area.id}", title=tell("l_sites", area=_name(area)), frame=frame, style=style,
        fields=(
            _f("name", "text", "Område", "Site"), _f("kind", "text", "Slag", "Kind", values=(("named", tell("kind_named")), ("new", tell("kind_new")))), stages, _f("start", "text", "Börjar byggas", "Starts"),
            _f("dwellings", "float", "Bostäder", "Dwellings"), _f("capacity", "float", "Rymmer", "Holds"), _f("commute_min", "float", "Resa till jobb, medel", "Mean way to work", "min"),
            _f("services_min", "float", "Till service, medel", "To services, mean", "min"), _f("servicing_ksek", "float", "Mark och ledningar per bostad", "Land and pipes a dwelling", "tkr"),
            _f("first_year", "float", "Första år (9999: byggs inte)", "First year (9999: not built)"),
        ),
        **common,
    )  # fmt: skip


_NOT_ASKED: Final = (
    (Text("Kommer industrin, och när?", "Will the industry come, and when?"), Text("Det avgör företaget och tillstånden. Kör planen med inga, få och många jobb och se vad som håller i alla tre.", "The company and the permits decide. Run the plan with no, few and many jobs and see what holds in all three.")),
    (Text("Vill människor flytta hit?", "Do people want to move here?"), Text("Verktyget visar vad platsen har och vad målet kräver, inte vad människor vill. Fråga dem som flyttat in och dem som flyttat ut.", "The tool shows what the place has and what the goal asks for, not what people want. Ask those who moved in and those who moved out.")),
    (Text("Vad betyder tillväxten för skatteintäkterna?", "What does growth mean for tax revenue?"), Text("Inte räknat: den kommunala utjämningen tar och ger tillbaka en stor del. Ekonomikontorets modell behövs.", "Not counted: equalisation between municipalities takes and gives back much of it. The finance office's model is needed.")),
    (Text("Vem bygger, och till vilket pris?", "Who builds, and at what price?"), Text("Bostäderna får plats på marken; om någon vill bygga dem avgörs av priser, räntor och avtal.", "The dwellings fit the land; prices, interest and agreements decide whether anybody wants to build them.")),
    (Text("Är undervisningen och vården bra?", "Are the teaching and the care good?"), Text("Platser och vägar räknas, inte kvalitet. Skolinspektionens, IVO:s och egna uppföljningar hör hit.", "Places and ways are counted, not quality. Inspections and the municipality's own follow-ups belong here.")),
    (Text("Känner sig människor trygga?", "Do people feel safe?"), Text("En trygghetsmätning svarar; kartan kan visa var den frågan bör ställas.", "A survey answers; the map can show where to ask.")),
    (Text("Vilken utbildning behövs för jobben?", "Which education do the jobs need?"), Text("Det vet arbetsgivaren. Lagret med utbildningsnivå per område finns inte i planen än.", "The employer knows. The layer of education by area is not in the plan yet.")),
    (Text("Är förslaget rätt?", "Is the proposal right?"), Text("Vikterna är politik. Verktyget visar vad andra vikter ger och hur säker ordningen är; nämnden väger.", "Weights are politics. The tool shows what other weights give and how sure the order is; the board weighs.")),
)  # fmt: skip


def not_answered(plan: Plan) -> tuple[tuple[Text, Text], ...]:
    """Return what no map answers, and where it belongs: the plan's own questions first."""
    own = tuple((q.question.text(), q.where.text()) for q in plan.not_answered)
    return (*own, *_NOT_ASKED) if plan.growth is not None or own else ()
