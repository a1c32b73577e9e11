"""Tables of growth: people, dwellings, sites, services and the roadmap of each area, with their words and units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec
from landplan.export.items import Chart, Series, TableItem
from landplan.growth.need import STAGES
from landplan.growth.roadmap import FUNDERS
from landplan.plan import Plan
from landplan.run.growing import worst_flag
from landplan.run.growth_words import tell
from landplan.run.placing import car_share
from landplan.run.privacy import few_of, hide_parts
from landplan.run.wording import both
from landplan.run.worker_exhibits import worker_table_ids
from landplan.style import Text
from landplan.units import format_number

if TYPE_CHECKING:
    import pandas as pd

    from landplan.run.growing import AreaGrowth, Basis, Scenario
    from landplan.run.growth import GrowthSet
    from landplan.run.placing import Placed
    from landplan.run.runner import Done
    from landplan.run.serving import Served

__all__ = ["growth_charts", "growth_table_ids", "growth_tables", "names_of", "scenario_title", "service_words"]

_RESULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "growth": ("scenarios", "people", "districts", "ages", "basis"),
    "dwellings": ("need", "need_years", "reserve", "sites", "placing", "ways", "climate", "front", "left_out"),
    "services": ("services", "facilities", "more", "travel"),
    "roadmap": ("first", "roadmap", "money"),
    "financing": ("money",),
    "safety": ("response", "dark", "statistics"),
    "place": ("travel",),
    "climate": ("climate", "ways"),
}
"""The tables that each result of a team shows."""
_MODELLED: Final = ("people", "need_years", "reserve", "sites", "placing", "ways", "front", "climate", "facilities", "more", "response", "districts", "money")
"""Tables whose figures all follow from the projection or the plan's assumptions: their note has its flag."""


def _f(name: str, kind: Any, sv: str, en: str, unit: str = "", values: Any = ()) -> FieldSpec:
    return FieldSpec(name, kind, Text(sv, en), unit=unit, values=tuple(values))


def _words(prefix: str, *keys: str) -> tuple[tuple[str, Text], ...]:
    return tuple((k, tell(f"{prefix}_{k}")) for k in keys)


_YEAR: Final = _f("year", "text", "År", "Year")
_FLAG: Final = _f("flag", "text", "Säkerhet", "Flag")
_SOURCE: Final = _f("source", "text", "Källa", "Source")
_STAGE: Final = _f("plan_stage", "text", "Planskede", "Plan stage")


def growth_table_ids(result: str, done: Done) -> tuple[str, ...]:
    """Return the tables that a team's result shows; empty for a result that is none of growth's."""
    if done.growth is not None and result == "skills":
        return worker_table_ids(done)
    if done.growth is None or result not in _RESULTS:
        return ()
    return tuple(f"growth_{kind}_{area}" for area in done.growth.areas for kind in _RESULTS[result])


def scenario_title(plan: Plan, scenario: Scenario) -> Text:
    """Return what a scenario is called."""
    if scenario.goal is not None:
        goal = plan.goals[scenario.id.removeprefix("goal_")]
        if scenario.kind == "variant" and goal.variant is not None:
            return tell("variant", title=goal.variant.text(), goal=both(scenario.goal), year=scenario.year)
        return tell("goal", goal=both(scenario.goal), year=scenario.year)
    if scenario.kind == "jobs":
        return tell(scenario.id, jobs=both(scenario.jobs))
    return tell("baseline")


def names_of(plan: Plan) -> dict[str, Text]:
    """Return what each service, department and measure of the plan is called."""
    cfg = plan.growth
    if cfg is None:
        return {}
    out = {k: v.title.text() for k, v in cfg.services.items()}
    out |= {f"investment_{i + 1}": v.title.text() for i, v in enumerate(cfg.investments)}
    out["dwellings"] = tell("dwellings")
    return out


def growth_tables(plan: Plan, done: Done) -> tuple[TableItem, ...]:
    """Return every table of growth."""
    found = done.growth
    if found is None:
        return ()
    out: list[TableItem] = []
    synthetic = any(layer.synthetic for layer in done.layers.layers.values())

    def add(area: str, kind: str, frame: pd.DataFrame, fields: Iterable[FieldSpec], note: Text | None = None, **words: object) -> None:
        have = tuple(f for f in fields if f.name in frame)
        if len(frame):
            name = Text(*(found.areas[area].name,) * 2)
            if "flag" not in frame and kind in _MODELLED:
                told = tell("n_flag", flag=found.areas[area].asked.projection.flag)
                note = told if note is None else Text(f"{note.sv} {told.sv}", f"{note.en} {told.en}")
            out.append(TableItem(
                id=f"growth_{kind}_{area}", title=tell(f"t_{kind}", area=name, **words), frame=frame[[f.name for f in have]], fields=have, synthetic=synthetic,
                note=note or Text("", ""),
            ))  # fmt: skip

    for area_id, area in found.areas.items():
        _people(plan, done, found, area_id, add)
        _dwellings(plan, area, add)
        placed = found.placed.get(area_id)
        if placed is not None:
            _sites(plan, area_id, placed, add)
            _climate(plan, area, placed, add)
        _services(plan, area, found.served[area_id], add)
        _roadmap(plan, found, area_id, add)
        rows = [_basis(b, plan) for b in [*area.basis, *_more_basis(plan)]]
        import pandas as pd

        if "safety_statistics" in done.layers.layers and area_id == next(iter(found.areas)):
            layer = done.layers.layers["safety_statistics"]
            words = {f.name: f for f in layer.definition.fields}
            add(area_id, "statistics", layer.frame.assign(year=_years(layer.frame["year"])), [_YEAR if k == "year" else f for k, f in words.items()])
        add(area_id, "basis", pd.DataFrame(rows), (_f("what", "text", "Uppgift", "Figure"), _f("value", "text", "Värde", "Value"), _FLAG, _SOURCE))
    return tuple(out)


def _years(years: Any) -> list[str]:
    return [str(int(y)) for y in years]


def _people(plan: Plan, done: Done, found: GrowthSet, area_id: str, add: Callable[..., None]) -> None:
    import pandas as pd

    area = found.areas[area_id]
    lang = plan.plan.language
    served = found.served[area_id]
    names = names_of(plan)
    rows = []
    for scenario in area.scenarios.values():
        first = {k: s.first_short.get(scenario.id) for k, s in served.services.items() if s.first_short.get(scenario.id) is not None}
        soonest = min(first, key=lambda k: (first[k], k)) if first else None
        rows.append({
            "scenario": scenario_title(plan, scenario)[lang], "scenario_id": scenario.id, "jobs": scenario.jobs if scenario.kind == "jobs" else np.nan,
            "to_year": str(int(scenario.projection.years[-1])), "population_start": scenario.projection.total[0], "population": scenario.projection.total[-1],
            "net_per_year": scenario.net_per_year, "moved_in": scenario.moved_in if scenario.kind == "jobs" else np.nan,
            "to_goal": (area.asked.goal - _at(scenario, area.asked.year)) if area.asked.goal is not None and _reaches(scenario, area.asked.year) else np.nan,
            "dwellings_per_year": scenario.need.per_year, "working": scenario.projection.between(*_ages(plan))[-1], "aged_80_up": scenario.projection.between(80, 100)[-1],
            "dependency": round(float(scenario.projection.dependency(working=_ages(plan))[-1]), 2),
            "first_short": "" if soonest is None else f"{names[soonest][lang]} {first[soonest]}", "flag": scenario.projection.flag,
        })  # fmt: skip
    low, high = _ages(plan)
    jobs = next((s for s in area.scenarios.values() if s.id == "jobs_central"), None)
    note = tell("n_projection") if jobs is None else tell("n_scenarios", elsewhere=both(jobs.elsewhere), jobs=both(jobs.jobs))
    add(
        area_id, "scenarios", pd.DataFrame(rows).round({"population_start": 0, "population": 0, "net_per_year": 1, "moved_in": 0, "to_goal": 0, "dwellings_per_year": 1, "working": 0, "aged_80_up": 0}),
        (
            _f("scenario", "text", "Scenario", "Scenario"), _f("jobs", "float", "Jobb på platsen", "Jobs at the site"), _f("to_year", "text", "Till år", "To year"),
            _f("population_start", "float", f"Folkmängd {plan.growth.start_year if plan.growth else ''}", "People at the start", "personer"),
            _f("population", "float", "Folkmängd då", "People then", "personer"), _f("net_per_year", "float", "Nettoinflyttning per år utöver framskrivningen", "Net moves a year beyond the projection", "personer"),
            _f("moved_in", "float", "Inflyttade med jobben", "Moved in with the jobs", "personer"), _f("to_goal", "float", "Kvar till målet målåret", "Short of the goal in its year", "personer"),
            _f("dwellings_per_year", "float", "Bostäder per år", "Dwellings a year"), _f("working", "float", f"{low}–{high} år", f"Aged {low}–{high}", "personer"),
            _f("aged_80_up", "float", "80 år och äldre", "80 and over", "personer"), _f("dependency", "float", f"Försörjningskvot ({low}–{high} år)", f"Dependency ratio ({low}–{high})"),
            _f("first_short", "text", "Första brist på platser", "First short of places"), _FLAG,
        ),
        note,
    )  # fmt: skip
    years = _years(range(plan.growth.start_year, plan.growth.end_year + 1)) if plan.growth else []
    wide: dict[str, Any] = {"year": years}
    fields = [_YEAR]
    for scenario in area.scenarios.values():
        known = dict(zip(_years(scenario.projection.years), scenario.projection.total, strict=True))
        wide[scenario.id] = [round(float(known[y])) if y in known else np.nan for y in years]
        fields.append(FieldSpec(scenario.id, "float", scenario_title(plan, scenario), unit="personer"))
    if area.forecast:
        wide["forecast"] = [area.forecast.get(int(y), np.nan) for y in years]
        fields.append(FieldSpec("forecast", "float", tell("forecast"), unit="personer"))
    modelled = any(b.what == "ages_modelled" for b in area.basis)
    add(area_id, "people", pd.DataFrame(wide), fields, tell("n_projection"))
    ages = []
    for scenario in (area.scenarios["baseline"], *([area.asked] if area.main != "baseline" else [])):
        table = scenario.projection.table(working=_ages(plan))
        table.insert(0, "scenario", scenario_title(plan, scenario)[lang])
        table["year"] = _years(table["year"])
        ages.append(table)
    frame = pd.concat(ages, ignore_index=True)
    work = f"aged_{low}_{high}"
    add(
        area_id, "ages", frame.round({"dependency": 2}).round({c: 0 for c in frame if str(c).startswith("aged") or c in ("population", "births", "deaths", "net_migration")}),
        (
            _f("scenario", "text", "Scenario", "Scenario"), _YEAR, _f("population", "float", "Folkmängd", "People", "personer"), _f("births", "float", "Födda", "Births"), _f("deaths", "float", "Döda", "Deaths"),
            _f("net_migration", "float", "Flyttnetto", "Net migration"), _f("aged_0_19", "float", "0–19 år", "Aged 0–19"), _f(work, "float", f"{low}–{high} år", f"Aged {low}–{high}"),
            _f("aged_65_up", "float", "65 år och äldre", "65 and over"), _f("aged_80_up", "float", "80 år och äldre", "80 and over"), _f("dependency", "float", "Försörjningskvot", "Dependency ratio"), _FLAG,
        ),
        tell("n_ages_modelled") if modelled else tell("n_projection"),
    )  # fmt: skip


def _ages(plan: Plan) -> tuple[int, int]:
    cfg = plan.growth
    return (cfg.working_ages[0], cfg.working_ages[1]) if cfg else (20, 64)


def _reaches(scenario: Scenario, year: int | None) -> bool:
    return year is not None and bool((scenario.projection.years == year).any())


def _at(scenario: Scenario, year: int | None) -> float:
    return float(scenario.projection.total[scenario.projection.years == year][0])


def _dwellings(plan: Plan, area: AreaGrowth, add: Callable[..., None]) -> None:
    import pandas as pd

    lang = plan.plan.language
    need = area.asked.need
    kinds = need.table.groupby(["building_type", "tenure", "household_size", "flag"], as_index=False)["dwellings"].mean()
    kinds["household_size"] = [f"{s}" if s < max(need.table["household_size"]) else f"{s}+" for s in kinds["household_size"]]
    kinds = kinds[kinds["dwellings"] > 0]
    add(
        area.id, "need", kinds.round({"dwellings": 1}),
        (
            _f("building_type", "text", "Hustyp", "Building type"), _f("tenure", "text", "Upplåtelseform", "Tenure"), _f("household_size", "text", "Personer i hushållet", "Household size"),
            _f("dwellings", "float", "Bostäder per år", "Dwellings a year"), _FLAG,
        ),
    )  # fmt: skip
    years = _years(need.years)
    wide: dict[str, Any] = {"year": years}
    fields = [_YEAR]
    for scenario in area.scenarios.values():
        known = dict(zip(_years(scenario.need.years), scenario.need.dwellings, strict=True))
        wide[scenario.id] = [round(float(known[y]), 1) if y in known else np.nan for y in years]
        fields.append(FieldSpec(scenario.id, "float", scenario_title(plan, scenario)))
    if need.students.sum() > 0:
        wide["students"] = need.students.round(1)
        fields.append(_f("students", "float", "Studentbostäder, därutöver", "Student dwellings, besides"))
    add(area.id, "need_years", pd.DataFrame(wide), fields)
    if area.reserve is not None:
        reserve = area.reserve.copy()
        reserve["plan_stage"] = pd.Categorical(reserve["plan_stage"], STAGES).astype(str)
        reserve["short_from"] = ["" if pd.isna(v) else str(int(v)) for v in reserve["short_from"]]
        del lang
        add(
            area.id, "reserve", reserve.round({"years_min": 1, "years_max": 1}),
            (
                _STAGE, _f("sites", "int", "Områden", "Sites"), _f("dwellings_min", "float", "Bostäder, minst", "Dwellings, least"), _f("dwellings_max", "float", "Bostäder, högst", "Dwellings, most"),
                _f("sum_min", "float", "Summa med säkrare skeden, minst", "With surer stages, least"), _f("sum_max", "float", "Summa med säkrare skeden, högst", "With surer stages, most"),
                _f("years_min", "float", "Räcker i år, minst", "Lasts, years at least"), _f("years_max", "float", "Räcker i år, högst", "Lasts, years at most"), _f("short_from", "text", "Kort från", "Short from"),
            ),
            tell("n_reserve"),
        )  # fmt: skip


def _sites(plan: Plan, area_id: str, placed: Placed, add: Callable[..., None]) -> None:
    import pandas as pd

    sites = pd.DataFrame(placed.sites.drop(columns="geometry"))
    sites["order"] = sites["first_year"].fillna(9999)
    sites = sites.sort_values(["order", "earliest_year", "dwellings", "site_id"], ascending=[True, True, False, True])
    sites["first_year"] = ["" if pd.isna(v) else str(int(v)) for v in sites["first_year"]]
    sites["earliest_year"] = _years(sites["earliest_year"])
    sites["built_percent"] = 100 * sites["built_share"]
    sites["suitability_100"] = 100 * sites["suitability"]
    gap = format_number(100 * placed.allocation.gap, 2)
    note = tell("n_sites", rounds=placed.allocation.rounds, still=tell("still_yes" if placed.still else "still_no"), gap=gap)
    add(
        area_id, "sites",
        sites.round({"dwellings": 0, "logit_dwellings": 0, "commute_min": 1, "servicing_ksek": 0, "suitability_100": 0, "services_min": 1, "kg_year": 0, "marginal": 3, "relief": 1, "built_percent": 0, "low": 0, "high": 0} | {c: 1 for c in sites if str(c).startswith(("car_", "walk_"))}),
        (
            _f("site_id", "text", "Id", "Id"), _f("name", "text", "Område", "Site"), _f("kind", "text", "Slag", "Kind", values=_words("kind", "named", "new")),
            _f("group", "text", "Läge", "Where", values=_words("group", "town", "village")), _STAGE, _f("earliest_year", "text", "Tidigast", "Earliest"), _f("first_year", "text", "Börjar byggas", "Starts"),
            _f("dwellings", "float", "Bostäder", "Dwellings"), _f("capacity_low", "float", "Rymmer, minst", "Holds, least"), _f("capacity", "float", "Rymmer, högst", "Holds, most"),
            _f("building_type", "text", "Hustyp", "Building type"), _f("tenure", "text", "Upplåtelseform", "Tenure"), _f("commute_min", "float", "Resa till jobb, medel", "Mean way to work", "min"),
            _f("services_min", "float", "Till service, medel", "To services, mean", "min"), _f("suitability_100", "float", "Markens lämplighet (0–100)", "Suitability (0–100)"),
            _f("servicing_ksek", "float", "Mark och ledningar per bostad", "Land and pipes a dwelling", "tkr"), _f("kg_year", "float", "Koldioxid av pendling per bostad och år", "Carbon dioxide of commuting a dwelling and year", "kg"),
            _f("relief", "float", "År av väntan som en bostad till sparar", "Years of waiting that one more spares"), _f("marginal", "float", "Så mycket bättre med en bostad till", "Gain of one more"),
            _f("logit_dwellings", "float", "Bostäder som folk väljer", "Dwellings as people choose"), _f("built_percent", "float", "Byggs i så många av 100 prövningar", "Built in so many of 100 trials"),
            _f("low", "float", "Bostäder, lågt", "Dwellings, low"), _f("high", "float", "Bostäder, högt", "Dwellings, high"),
            *(FieldSpec(f"{mode}_{kind}", "float", tell("f_access", kind=tell(f"near_{kind}"), mode=tell(f"by_{mode}")), unit="min") for kind in ("preschool", "compulsory_school", "shop", "station") for mode in ("car", "walk")),
        ),
        note,
    )  # fmt: skip
    table = placed.allocation.table()
    names = dict(zip(placed.sites["site_id"], placed.sites["name"], strict=True))
    table["name"] = table["site_id"].map(names)
    table = table.sort_values(["year", "dwellings"], ascending=[True, False], kind="stable")
    table["year"] = _years(table["year"])
    add(area_id, "placing", table.round({"dwellings": 0}), (_YEAR, _f("name", "text", "Område", "Site"), _f("dwellings", "float", "Bostäder", "Dwellings")))
    if float(placed.allocation.dwellings.sum()) < 0.5:
        # ways to place nothing are no ways
        add(area_id, "left_out", placed.left_out, _LEFT_OUT)
        return
    ways = placed.objectives.copy()
    ways["hours_day"] = ways["minutes_day"] / 60.0
    ways["suitability_100"] = 100 * ways["suitability"]
    kinds = list(ways["way"])
    add(
        area_id, "ways", ways.round({"dwellings": 0, "unmet": 0, "hours_day": 0, "tonnes_year": 0, "servicing_msek": 0, "suitability_100": 0}),
        (
            _f("way", "text", "Sätt", "Way", values=tuple((k, tell(f"way_{k}")) for k in kinds)), _f("dwellings", "float", "Bostäder", "Dwellings"), _f("unmet", "float", "Väntar ännu", "Still wait"),
            _f("hours_day", "float", "Persontimmar pendling per dag", "Person-hours of commuting a day"), _f("tonnes_year", "float", "Koldioxid av pendling", "Carbon dioxide of commuting", "ton/år"),
            _f("servicing_msek", "float", "Mark och ledningar", "Land and pipes", "Mkr"), _f("suitability_100", "float", "Markens lämplighet (0–100)", "Suitability (0–100)"),
        ),
        tell("n_ways"),
    )  # fmt: skip
    first, second = placed.pair
    columns = {"commute": "commute_min", "servicing": "servicing_ksek", "suitability": "unsuitable", "services": "services_min"}
    if len(placed.front):
        front = placed.front[["weight", columns[first], columns[second], "unmet"]].copy()
        front.columns = ["weight", "first", "second", "unmet"]
        units = {"commute": "min", "servicing": "tkr", "services": "min", "suitability": ""}
        count = max(float(placed.allocation.dwellings.sum()), 1.0)
        front["first"], front["second"] = front["first"] / count, front["second"] / count
        add(
            area_id, "front", front.round({"weight": 2, "first": 2, "second": 2, "unmet": 0}),
            (
                FieldSpec("weight", "float", Text("Vikt på det andra", "Weight of the second")), FieldSpec("first", "float", _capital(tell(f"part_{first}")), unit=units[first]),
                FieldSpec("second", "float", _capital(tell(f"part_{second}")), unit=units[second]), _f("unmet", "float", "Väntar ännu", "Still wait"),
            ),
            first=tell(f"part_{first}"), second=tell(f"part_{second}"),
        )  # fmt: skip
    add(area_id, "left_out", placed.left_out, _LEFT_OUT)


_LEFT_OUT: Final = (_f("name", "text", "Område", "Site"), _f("reason", "text", "Varför", "Why", values=_words("reason", "revoked", "no_number", "no_lead", "no_municipality", "no_commute", "no_services", "no_suitability", "no_servicing")))


def _climate(plan: Plan, area: AreaGrowth, placed: Placed, add: Callable[..., None]) -> None:
    """Carbon dioxide of commuting by car by scenario: today's people as far as today, those who come from where dwellings are placed."""
    import pandas as pd

    cfg, wish = plan.growth, plan.catchment.workers
    if cfg is None or cfg.placing is None or wish is None or "car" not in wish.kg_per_km or not np.isfinite(placed.km_today):
        return
    car = car_share(wish)
    built = placed.sites["dwellings"].to_numpy(float)
    new_km = float(built @ placed.sites["commute_km"].to_numpy(float) / built.sum()) if built.sum() > 0 else placed.km_today
    rows = []
    for scenario in area.scenarios.values():
        working = scenario.projection.between(*_ages(plan)) * wish.labour_share
        new = max(0.0, float(working[-1] - working[0]))
        for k in (0, -1):
            year, came = int(scenario.projection.years[k]), new if k else 0.0
            km = (working[k] - came) * placed.km_today + came * new_km
            tonnes = km * 2 * cfg.placing.days_per_year * car * wish.kg_per_km["car"] / 1000.0
            rows.append({
                "scenario": scenario_title(plan, scenario)[plan.plan.language], "year": str(year), "workers": working[k], "km": km / working[k] if working[k] else np.nan, "tonnes_today": tonnes,
                "tonnes_fleet": tonnes * _fleet(cfg.climate.share_of_today, year) if cfg.climate is not None else np.nan,
            })  # fmt: skip
    source = "" if cfg.climate is None else cfg.climate.source
    add(
        area.id, "climate", pd.DataFrame(rows).round({"workers": 0, "km": 1, "tonnes_today": 0, "tonnes_fleet": 0}),
        (
            _f("scenario", "text", "Scenario", "Scenario"), _YEAR, _f("workers", "float", "Arbetar", "Workers", "personer"), _f("km", "float", "Väg till jobbet", "Way to work", "km"),
            _f("tonnes_today", "float", "Koldioxid med dagens bilar", "Carbon dioxide with today's cars", "ton/år"), *((_f("tonnes_fleet", "float", "Koldioxid med planens bilar", "Carbon dioxide with the plan's cars", "ton/år"),) if cfg.climate else ()),
        ),
        tell("n_climate", source=source or wish.kg_source),
    )  # fmt: skip


def _fleet(shares: Mapping[str, float], year: int) -> float:
    known = sorted((int(y), v) for y, v in shares.items())
    return float(np.interp(year, [y for y, _ in known], [v for _, v in known]))


def _capital(text: Text) -> Text:
    return Text(text.sv[:1].upper() + text.sv[1:], text.en[:1].upper() + text.en[1:])


def _services(plan: Plan, area: AreaGrowth, served: Served, add: Callable[..., None]) -> None:
    import pandas as pd

    cfg = plan.growth
    assert cfg is not None
    lang = plan.plan.language
    names = names_of(plan)
    few = plan.export.min_persons
    rows, units, more = [], [], []
    for kind, found in served.services.items():
        norm = cfg.services[kind]
        users = found.users[area.main]
        # the same year as the goal's, which may come before the projection's last
        base = dict(zip((int(y) for y in area.scenarios["baseline"].projection.years), found.users["baseline"], strict=True))
        over = dict(found.first_short.items())
        high = over.get("jobs_high")
        far_start, far_end = (np.nan if few_of(v, users[k], few) else v for v, k in ((found.far_start, 0), (found.far_end, -1)))
        limit = f"{norm.limit_m:g} m" if norm.limit_m else f"{norm.limit_min:g} min" if norm.limit_min else ""
        rows.append({
            "service": names[kind][lang], "kind": kind, "places": found.places, "users_start": users[0], "users_end": users[-1], "users_baseline": base.get(int(area.asked.projection.years[-1]), np.nan),
            "gap_end": max(0.0, users[-1] - found.places) if np.isfinite(found.places) else np.nan, "first_short": _short(found.places, over.get(area.main), lang),
            "first_short_baseline": _short(found.places, over.get("baseline"), lang), "first_short_jobs": _short(found.places, high, lang) if "jobs_high" in over else "", "limit": limit,
            "far_start": far_start, "far_end": far_end, "unserved": max(0.0, float(found.fitted.unserved[-1])) if found.fitted is not None else np.nan,
            # users of modelled ages are modelled, whatever the norm is
            "flag": worst_flag(area.asked.projection.flag, norm.flag),
        })  # fmt: skip
        if found.load is not None and np.isfinite(found.load.capacity[:, 0]).any():
            labels = found.facilities["name"].astype(str) if "name" in found.facilities else pd.Series(found.facilities.index, index=found.facilities.index)
            loads = [hide_parts(found.load.load[:, k].tolist(), few) for k in (0, -1)]
            for i, facility in enumerate(found.load.facilities):
                first = found.load.first_short[facility]
                places = found.load.capacity[i, 0] if np.isfinite(found.load.capacity[i, 0]) else np.nan
                units.append({
                    "service": names[kind][lang], "name": labels.iloc[i], "places": places, "load_start": loads[0][i], "load_end": loads[1][i],
                    "first_short": _short(places, first, lang),
                })  # fmt: skip
        if found.site is not None:
            unit = found.site["unit"]
            more.append({
                "service": names[kind][lang], "east": round(found.site["point"].x), "north": round(found.site["point"].y), "before": found.site["before"] / max(found.site["users"], 1e-9),
                "after": found.site["after"] / max(found.site["users"], 1e-9), "unit": tell("mean_way", unit=unit)[lang], "how": found.site["method"],
            })  # fmt: skip
    if served.station is not None:
        more.append({
            "service": tell("fire_station")[lang], "east": round(served.station["point"].x), "north": round(served.station["point"].y), "before": served.station["before"],
            "after": served.station["after"], "unit": tell("percent_within", minutes=f"{served.station['minutes']:g}")[lang], "how": served.station["method"],
        })  # fmt: skip
    crs = "SWEREF 99 TM" if plan.plan.crs == "EPSG:3006" else plan.plan.crs
    whole = dict.fromkeys(("places", "users_start", "users_end", "users_baseline", "gap_end", "far_start", "far_end", "unserved", "load_start", "load_end"), 0)
    years = area.asked.projection.years
    add(
        area.id, "services", pd.DataFrame(rows).round(whole),
        (
            _f("service", "text", "Verksamhet", "Service"), _f("places", "float", "Platser", "Places"), _f("users_start", "float", f"Behov {years[0]}", f"Need {years[0]}"),
            _f("users_end", "float", f"Behov {years[-1]}", f"Need {years[-1]}"), _f("gap_end", "float", f"Saknas {years[-1]}", f"Short {years[-1]}"), _f("first_short", "text", "Första bristår", "First short year"),
            _f("users_baseline", "float", f"Behov {years[-1]} utan målet", f"Need {years[-1]} without the goal"), _f("first_short_baseline", "text", "Första bristår utan målet", "First short year without the goal"),
            _f("first_short_jobs", "text", "Första bristår, flest jobb utan målet", "First short year, most jobs without the goal"), _f("limit", "text", "Längsta väg", "Longest way"),
            _f("far_start", "float", f"Har längre väg {years[0]}", f"Have a longer way {years[0]}"), _f("far_end", "float", f"Har längre väg {years[-1]}", f"Have a longer way {years[-1]}"),
            _f("unserved", "float", f"Utan plats {years[-1]} när alla fördelas", f"Without a place {years[-1]} when all are spread"), _FLAG,
        ),
        tell("n_services"),
    )  # fmt: skip
    add(
        area.id, "facilities", pd.DataFrame(units).round(whole),
        (
            _f("service", "text", "Verksamhet", "Service"), _f("name", "text", "Enhet", "Facility"), _f("places", "float", "Platser", "Places"), _f("load_start", "float", f"Behov {years[0]}", f"Need {years[0]}"),
            _f("load_end", "float", f"Behov {years[-1]}", f"Need {years[-1]}"), _f("first_short", "text", "Första bristår", "First short year"),
        ),
        tell("n_facilities"),
    )  # fmt: skip
    add(
        area.id, "more", pd.DataFrame(more).round({"before": 1, "after": 1}),
        (
            _f("service", "text", "Verksamhet", "Service"), _f("north", "float", f"N ({crs})", f"N ({crs})"), _f("east", "float", f"E ({crs})", f"E ({crs})"), _f("before", "float", f"{years[-1]} med dagens enheter", f"{years[-1]} with today's facilities"),
            _f("after", "float", f"{years[-1]} med en till", f"{years[-1]} with one more"), _f("unit", "text", "Mått", "Measure"), _f("how", "text", "Metod", "Method", values=_words("method", "exact", "teitz_bart")),
        ),
    )  # fmt: skip
    if served.response is not None:
        table = served.response.copy()
        table["who"] = [tell(f"who_{w}", year=int(years[0] if w == "people_start" else years[-1]))[lang] for w in table["who"]]
        limits = [str(c) for c in table if str(c).startswith("within_")]
        add(
            area.id, "response", table.round(1),
            (_f("kind", "text", "Verksamhet", "Service", values=(("räddningstjänst", Text("räddningstjänst", "fire and rescue")), ("ambulans", Text("ambulans", "ambulance")))), _f("who", "text", "Vilka", "Who"), *(FieldSpec(c, "float", Text(f"Inom {c.removeprefix('within_')} min", f"Within {c.removeprefix('within_')} min"), unit="%") for c in limits)),
        )
    if served.districts is not None:
        table = served.districts.sort_values(["end", "name"], ascending=[False, True])
        table["name"] = [n or tell("no_district")[lang] for n in table["name"]]
        add(
            area.id, "districts", table.round(0),
            (
                _f("name", "text", "Distrikt", "District"), _f("start", "float", f"Folkmängd {years[0]}", f"People {years[0]}", "personer"), _f("end", "float", f"Folkmängd {years[-1]}", f"People {years[-1]}", "personer"),
                _f("dwellings", "float", "Nya bostäder", "New dwellings"),
            ),
            tell("n_districts"),
        )  # fmt: skip
    if served.dark is not None:
        add(
            area.id, "dark", served.dark.round(1),
            (
                _f("kind", "text", "Till närmaste", "To the nearest", values=(("compulsory_school", Text("grundskola", "compulsory school")), ("station", Text("station eller hållplats", "station or stop")))),
                _f("near_percent", "float", "Kan gå dit", "Can walk there", "%"), _f("lit_percent", "float", "Kan gå dit på belysta vägar", "Can walk there by lit ways", "%"),
            ),
            tell("n_dark", metres=f"{cfg.dark.lamp_m:g}", minutes=f"{cfg.dark.within_min:g}", source=cfg.dark.source) if cfg.dark else None,
        )  # fmt: skip
    kinds = service_words()
    if len(served.travel):
        table = served.travel.copy()
        table["kind"] = [kinds.get(k, names.get(k, Text(k, k)))[lang] for k in table["kind"]]
        everyone = float(area.asked.projection.total[0])
        hidden = np.array([few_of(v, everyone, few) for v in table["people"]], bool)
        table.loc[hidden, ["share_percent", "people"]] = np.nan
        add(
            area.id, "travel", table.round({"share_percent": 1, "people": 0}),
            (
                _f("kind", "text", "Målpunkt", "Destination"), _f("mode", "text", "Färdsätt", "Mode", values=_words("mode", "car", "walk", "bike")), _f("minutes", "float", "Inom", "Within", "min"),
                _f("share_percent", "float", "Andel av invånarna", "Share of the inhabitants", "%"), _f("people", "float", "Invånare", "Inhabitants", "personer"),
            ),
        )  # fmt: skip


def service_words() -> dict[str, Text]:
    """Return what destinations are called in a sentence, where the plan has no norm for them."""
    return {"shop": Text("livsmedelsbutik", "food shop"), "pharmacy": Text("apotek", "pharmacy"), "health_centre": Text("vårdcentral", "health centre")}


def _short(places: float, year: int | None, lang: Any) -> str:
    if not np.isfinite(places):
        return ""
    return str(year) if year is not None else tell("never")[lang]


def _roadmap(plan: Plan, found: GrowthSet, area_id: str, add: Callable[..., None]) -> None:
    cfg = plan.growth
    assert cfg is not None
    lang = plan.plan.language
    names = names_of(plan)
    table = found.roadmap[area_id].copy()
    if not len(table):
        return
    departments = {k: v.title.text()[lang] for k, v in cfg.departments.items()}
    money = [_f(f"msek_{f}", "float", f.capitalize() if f != "eu" else "EU", _FUNDER_EN[f], "Mkr") for f in FUNDERS]
    shown = _told(table, departments, names, lang)
    shown["year"] = _years(shown["year"])
    head = (_f("department", "text", "Förvaltning", "Department"), _f("what", "text", "Vad", "What"))
    add(
        area_id, "roadmap", shown.round(1),
        (
            *head, _YEAR, _f("today", "float", "Nuläge", "Today"), _f("need", "float", "Behov", "Need"), _f("capacity", "float", "Kapacitet", "Capacity"), _f("gap", "float", "Saknas mot dagens platser", "Short of today's places"),
            _f("wanted", "float", "Nya enheter behövs", "New units needed"), _f("decide_by", "text", "Beslut senast", "Decide by"), _f("opens", "float", "Öppnar", "Open"), _f("msek", "float", "Investering", "Investment", "Mkr"), *money,
            _f("policy", "text", "Styrs av", "Policy"), _f("layer", "text", "Kartlager", "Map layer"), _FLAG, _SOURCE,
        ),
        tell("n_roadmap"),
    )  # fmt: skip
    first = found.first[area_id]
    if len(first):
        own = _told(first, departments, names, lang)
        own["needed_year"], own["share_percent"] = _years(own["needed_year"]), 100 * own["share"]
        yes = Text("ja", "yes")
        own["late"] = [yes[lang] if v else "" for v in own["late"]]
        add(
            area_id, "first", own.round(1),
            (
                *head, _f("decide_by", "text", "Beslut senast", "Decide by"), _f("late", "text", "Sent", "Late"), _f("needed_year", "text", "Behövs", "Needed"), _f("wanted", "float", "Nya enheter", "New units"),
                _f("gap", "float", "Saknas då", "Short then"), _f("share_percent", "float", "Andel av behovet", "Share of the need", "%"), _f("msek", "float", "Kostnad hela perioden", "Cost, whole period", "Mkr"),
                _f("policy", "text", "Styrs av", "Policy"), _f("layer", "text", "Kartlager", "Map layer"), _FLAG,
            ),
            tell("n_first", year=cfg.start_year + cfg.urgent_years, years=cfg.urgent_years),
        )  # fmt: skip
    sums = table.groupby("year")[["msek", *(f"msek_{f}" for f in FUNDERS)]].sum().reset_index()
    if sums["msek"].sum() > 0:
        sums["year"] = _years(sums["year"])
        add(area_id, "money", sums.round(1), (_YEAR, _f("msek", "float", "Summa", "Sum", "Mkr"), *money), tell("n_money"))


_FUNDER_EN: Final = {"kommun": "Municipality", "stat": "State", "region": "Region", "eu": "EU", "exploatör": "Developer"}


def _told(table: pd.DataFrame, departments: Mapping[str, str], names: Mapping[str, Text], lang: Any) -> pd.DataFrame:
    import pandas as pd

    out = table.copy()
    out["department"] = [departments.get(d, d) for d in out["department"]]
    out["what"] = [names.get(w, Text(w, w))[lang] for w in out["what"]]
    out["decide_by"] = ["" if pd.isna(v) else str(int(v)) for v in out["decide_by"]]
    return out


def _basis(basis: Basis, plan: Plan) -> dict[str, str]:
    lang = plan.plan.language
    what = tell(f"b_{basis.what}")[lang] if f"b_{basis.what}" in _basis_words() else basis.what
    return {"what": what, "value": basis.value.replace(".", ",") if lang == "sv" else basis.value, "flag": basis.flag, "source": basis.source}


def _basis_words() -> frozenset[str]:
    from landplan.run.growth_words import WORDS

    return frozenset(WORDS)


def _more_basis(plan: Plan) -> list[Basis]:
    """What the plan itself says: norms, costs, weights and years."""
    from landplan.run.growing import Basis

    cfg = plan.growth
    assert cfg is not None
    lang = plan.plan.language
    out = []
    for norm in cfg.services.values():
        title = norm.title.text()
        out.append(Basis(tell("b_norm", title=title, first=norm.first_age, last=norm.last_age, share=both(norm.share, decimals=2))[lang], f"{norm.share:g}", norm.flag, norm.source))
        if norm.unit_places:
            cost = f"{norm.unit_places:g}" + (f"; {norm.unit_msek:g} Mkr" if norm.unit_msek is not None else "")
            out.append(Basis(tell("b_unit", title=title)[lang], cost, "[0]", norm.unit_source))
        if norm.limit_m or norm.limit_min:
            out.append(Basis(tell("b_limit", title=title)[lang], f"{norm.limit_m:g} m" if norm.limit_m else f"{norm.limit_min:g} min", "[0]", norm.limit_source))
    place = cfg.placing
    if place is not None:
        ask = place.servicing
        out.append(Basis("servicing", f"{ask.sek_per_dwelling:g}; {ask.road_sek_per_m:g}; {ask.pipe_sek_per_m:g}", ask.flag, ask.source))
        out.append(Basis("lead", ", ".join(f"{k} {v}" for k, v in place.lead_years.items()), "[0]", place.lead_source))
        out.append(Basis("weights", ", ".join(f"{tell(f'part_{k}')[lang]} {v:g}" for k, v in place.weights.items()), "[0]", place.weights_source))
        out.append(Basis("workers", f"{place.workers_per_dwelling:g}; {place.days_per_year}", "[0]", place.workers_source))
        if place.new_land_per_ha is not None:
            out.append(Basis("new_land", f"{place.new_land_per_ha:g}", "[0]", place.new_land_source))
    if cfg.response is not None:
        out.append(Basis("turnout", f"{cfg.response.turnout_min:g}", "[0]", cfg.response.turnout_source))
    return out


def _short_title(scenario: Scenario) -> Text:
    """A scenario's name beside its line."""
    if scenario.goal is not None:
        return tell(f"short_{scenario.kind}", goal=both(scenario.goal), year=scenario.year)
    return tell("short_jobs", jobs=both(scenario.jobs)) if scenario.kind == "jobs" else tell("short_baseline")


def growth_charts(plan: Plan, done: Done) -> tuple[Chart, ...]:
    """Return each area's people by scenario as lines, an official forecast beside ours."""
    if done.growth is None:
        return ()
    out = []
    for area in done.growth.areas.values():
        series = [
            Series(title=_short_title(s), points=tuple(zip((float(y) for y in s.projection.years), (float(v) for v in s.projection.total), strict=True)), dashed=s.kind == "variant")
            for s in area.scenarios.values()
        ]
        if area.forecast:
            series.append(Series(title=tell("short_forecast"), points=tuple((float(y), v) for y, v in area.forecast.items()), dashed=True))
        synthetic = any(layer.synthetic for layer in done.layers.layers.values())
        out.append(Chart(id=f"growth_people_{area.id}", title=tell("c_people", area=Text(area.name, area.name)), unit="personer", series=tuple(series), note=tell("n_projection"), synthetic=synthetic))
    return tuple(out)
