"""What a run shows: its vector layers, rasters and tables with their words, fields and looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import clocks
from landplan.contracts import FieldSpec
from landplan.export.items import TableItem, VectorItem
from landplan.infrastructure import road_length
from landplan.layers import Store
from landplan.plan import Plan
from landplan.run.fetched import FETCHED_FIELDS, FETCHED_TITLE
from landplan.run.growth_answers import growth_vectors
from landplan.run.growth_exhibits import growth_tables
from landplan.run.portrait import PORTRAIT, TABLES, portrait, portrait_tables
from landplan.run.privacy import hide_few, without_few
from landplan.run.reasons import block_tables, deducted_ha, parcels_known, site_fields, whole_ha
from landplan.run.squares import SQUARES, ShownSquares
from landplan.run.steps import LayerSet
from landplan.run.towns import town_fields
from landplan.run.variants import variant_table, variant_vectors
from landplan.run.village_exhibits import village_layers, village_table, village_vectors
from landplan.run.wording import say
from landplan.run.worker_exhibits import (
    other_minutes,
    worker_layers,
    worker_table_ids,
    worker_tables,
    worker_vectors,
)
from landplan.style import Style, StyleClass, Text
from landplan.transit import Service, read_feed, service, together

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from landplan.run.runner import Done

__all__ = [
    "BACKGROUND", "first_seen", "layers_of", "rasters_of", "tables", "tables_of", "time_zones", "transit_service", "vectors",
]

# what stands first lies on top: the land of OpenStreetMap is whole under its lakes
BACKGROUND: Final = ("water", "land", "municipalities", "main_roads", "localities")
_MAIN: Final = ("motorway", "trunk", "primary", "secondary", "ferry")
_HIDDEN_ON_MAPS: Final = ("population_grid", "roads", "parcels", "soil")
# nearest first: dark is near, light is far, told apart in grey too
_MINUTE_COLOURS: Final = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#e7eff7", "#f3f6fa")


def _f(name: str, kind: Any, sv: str, en: str, unit: str = "", values: Any = ()) -> FieldSpec:
    return FieldSpec(name, kind, Text(sv, en), unit=unit, values=tuple(values))


_KINDS: Final = (("named", say("kind_named")), ("candidate", say("kind_candidate")))
_SITE_FIELDS: Final = (
    _f("rank", "int", "Plats", "Rank"),
    _f("name", "text", "Område", "Area"),
    _f("kind", "text", "Slag", "Kind", values=_KINDS),
    _f("score_100", "float", "Poäng (0–100)", "Score (0–100)"),
    _f("area_ha", "float", "Areal", "Area", "ha"),
    _f("allowed_ha", "float", "Mark som får användas", "Land that may be used", "ha"),
    _f("limiting_title", "text", "Tappar mest på", "Loses most on"),
    _f("synthetic", "bool", "Demonstrationsdata", "Demonstration data"),
)


_RING_FIELDS: Final = (
    _f("site_id", "text", "Plats", "Site"), _f("from_minutes", "float", "Restid över", "Minutes above", "min"),
    _f("minutes", "float", "Restid högst", "Minutes at most", "min"),
    _f("area_ha", "float", "Areal inom gränsen", "Area within the boundary", "ha"),
    _f("band_ha", "float", "Areal i detta steg", "Area of this band", "ha"),
    _f("commission", "float", "Andel väg inom gränsen som inte nås", "Share of road inside not reached"),
    _f("omission", "float", "Andel nådd väg utanför gränsen", "Share of reached road outside"),
)


def _minute_style(minutes: tuple[float, ...], *, column: str = "minutes", width_px: float = 0.8, opacity: float = 0.45) -> Style:
    classes = []
    low = 0.0
    for m, colour in zip(minutes, _MINUTE_COLOURS, strict=False):
        words = f"{low:g}–{m:g} min"
        classes.append(StyleClass(float(m), Text(words, words), colour, width_px if width_px > 1 else None))
        low = m
    return Style(kind="graduated", column=column, classes=tuple(classes), width_px=width_px, opacity=opacity, stroke="#3b5a78", color="#dddddd")


def layers_of(result: str, plan: Plan, done: Done) -> tuple[str, ...]:
    """Return the result layers of a team's result."""
    if result == "catchment":
        names = [s.name for s in plan.scenarios]
        other = [*(f"isochrones_{s}" for s in (*plan.catchment.seasons[1:], *names)), "season_squares"]
        return ("isochrones", "catchment_squares", "reached_roads", *other, *(f"{kind}_{s}" for s in names for kind in ("squares", "roads")), *worker_layers(plan, done), "sites")
    if result == "villages":
        return village_layers(done)
    if result == PORTRAIT:
        return ("municipalities", "localities")
    return (f"{result}_ranking", "sites")


def tables_of(result: str, plan: Plan, done: Done) -> tuple[str, ...]:
    """Return the tables of a team's result."""
    if result == "catchment":
        measures = [f"change_{s.name}" for s in plan.scenarios]
        return (*worker_table_ids(done), "thresholds", "season_change", *measures, "municipality_reach", "locality_reach", "minutes_to")
    if result == "villages":
        return ("villages",)
    if result == PORTRAIT:
        return TABLES
    parts = ("table", "cards", "robustness", "lost_at", "ledger", "legal", "ledger_by_municipality", "ledger_by_site", "judgements")
    return tuple(f"{result}_{part}" for part in parts)


def rasters_of(result: str, done: Done) -> tuple[str, ...]:
    """Return the rasters of a team's result."""
    if result not in done.blocks:
        return ()
    spread = (f"spread_{result}",) if done.blocks[result].score_sd is not None else ()
    return (f"score_{result}", f"obstacle_{result}", *spread)


def first_seen(plan: Plan, done: Done) -> tuple[str, ...]:
    """Return layers that are drawn when a map opens, besides the results."""
    return ("industrial_land",) if not done.blocks else ()


def transit_service(data: LayerSet, crs: str) -> Service | None:
    """Return what the plan's timetable runs on a typical weekday, None without a timetable."""
    if "transit" not in data.layers:
        return None
    layer = data.layers["transit"]
    first = service(read_feed(layer.path))
    found = together([first, *(service(read_feed(part), first.date) for part in layer.parts)])
    return replace(found, stops=found.stops.to_crs(crs))


def vectors(plan: Plan, store: Store, done: Done, timetable: Service | None) -> tuple[VectorItem, ...]:
    """Return every vector layer of the run: results first, then the plan's own layers."""
    out: list[VectorItem] = []
    layers = done.layers.layers
    synthetic = any(layer.synthetic for layer in layers.values())
    common: dict[str, Any] = {"synthetic": synthetic, "group": "results"}
    site_name = next((s.name for s in plan.sites.values()), "")
    for name, result in done.blocks.items():
        block = plan.suitability[name]
        frame = done.housing[name].sites if name in done.housing else result.sites
        if frame.empty or (block.ranking and name not in done.housing):
            continue
        key = "t_housing" if block.ranking else "t_industrial"
        out.append(
            VectorItem(
                id=f"{name}_ranking", title=say(key), frame=_ranking_frame(plan, name, done, frame),
                style=_rank_style(), fields=_have(_ranking_fields(plan, name, done), _ranking_frame(plan, name, done, frame)), **common,
            )
        )
    grid = layers.get("population_grid")
    shown = ShownSquares.of(grid.frame, plan.export.min_persons) if grid is not None and grid.frame is not None else None
    if done.catchments is not None and shown is not None:
        minutes = plan.catchment.minutes
        rings = _bands(done.catchments.areas)
        out.append(
            VectorItem(
                id="isochrones", title=_ring_title(minutes), description=say("d_rings"), frame=rings, style=_minute_style(minutes, width_px=0.4, opacity=0.35),
                fields=_RING_FIELDS, **common,
            )
        )
        for variant in done.catchments.variants:
            out += variant_vectors(
                variant, ring_style=_minute_style(minutes, width_px=0.4, opacity=0.35), bands=_bands, ring_fields=_RING_FIELDS,
                shown=shown, limit_min=float(minutes[-1]), common=common,
            )
        for site_id, result_c in done.catchments.results.items():
            ways = other_minutes(done, site_id)
            parts = result_c.squares if ways is None else result_c.squares.join(ways, on="square_id")
            others = () if ways is None else tuple(str(w) for w in ways)
            squares = shown.layer(parts, ("minutes", *others))
            out.append(
                VectorItem(
                    id="catchment_squares" if len(done.catchments.results) == 1 else f"catchment_squares_{site_id}",
                    title=say("l_squares", site=plan.sites[site_id].name), frame=squares,
                    style=_minute_style(minutes, width_px=0.0, opacity=0.8), description=shown.note,
                    fields=(
                        _f("square_id", "text", "Ruta", "Square"), SQUARES, FieldSpec("minutes", "float", say("f_minutes_by", by=say(f"by_{plan.catchment.mode}")), unit="min"),
                        *(FieldSpec(m, "float", say("f_minutes_by", by=say(f"by_{m.removeprefix('minutes_')}")), unit="min") for m in others),
                        _f("population", "int", "Folkmängd", "Population", "personer"),
                        _f("working_age", "int", "I arbetsför ålder, 20–64 år", "Of working age, 20–64", "personer"),
                        _f("reason", "text", "Varför värde saknas", "Why a value is missing"),
                    ),
                    visible=False, **common,
                )
            )
        edges = done.catchments.edges
        out.append(
            VectorItem(
                id="reached_roads", title=say("l_edges"), frame=edges[["site_id", "road_class", "minutes", "length_m", "geometry"]],
                style=_minute_style(minutes, width_px=1.2, opacity=1.0), visible=False,
                fields=(
                    _f("road_class", "text", "Vägklass", "Road class", values=_road_words(store)),
                    _f("minutes", "float", "Restid högst", "Minutes at most", "min"),
                    _f("length_m", "float", "Längd", "Length", "m"),
                ),
                **common,
            )
        )
    out += worker_vectors(plan, done, shown, common=common)
    out += growth_vectors(plan, done, common=common)
    out += village_vectors(plan, done, common=common)
    if len(done.layers.sites):
        out.append(
            VectorItem(
                id="sites", title=say("l_sites"), frame=done.layers.sites, group="results", synthetic=_sites_made_up(plan, done),
                style=Style(color="#d55e00", stroke="#ffffff", size_px=14, width_px=1.5, opacity=1.0, marker="star", label="name"),
                fields=(_f("name", "text", "Plats", "Site"),), description=Text(site_name, site_name),
            )
        )
    if timetable is not None:
        stops, stop_fields = _clocked(timetable.stops, timetable.date, time_zones(plan, timetable))
        out.append(
            VectorItem(
                id="stops", title=say("t_departures"), frame=stops[stops["departures"] > 0].drop(columns="time_zone"),
                style=Style(color="#0072b2", stroke="#ffffff", size_px=5, width_px=0.5, opacity=0.9), fields=stop_fields,
                group="infrastructure" if "infrastructure" in plan.teams else "base",
                synthetic=layers["transit"].synthetic, visible=False,
            )
        )
    out += _base_layers(plan, store, done, shown)
    return tuple(out)


def _bands(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut nested rings into bands that do not overlap, so that a map is no darker than its legend."""
    import pandas as pd

    parts = []
    for _, rings in areas.sort_values("minutes").groupby("site_id", sort=False):
        own = rings.reset_index(drop=True).copy()
        shapes = list(own.geometry)
        own["geometry"] = [shapes[0], *(b.difference(a) for a, b in pairwise(shapes))]
        own.insert(1, "from_minutes", [0.0, *own["minutes"].iloc[:-1]])
        own["band_ha"] = own.geometry.area / 10_000.0
        parts.append(own)
    return pd.concat(parts, ignore_index=True)


def _ring_title(minutes: tuple[float, ...]) -> Text:
    names = [f"{m:g}" for m in minutes]
    if len(names) == 1:
        return Text(f"Nås inom {names[0]} minuter", f"Reached within {names[0]} minutes")
    return Text(
        f"Nås inom {', '.join(names[:-1])} och {names[-1]} minuter",
        f"Reached within {', '.join(names[:-1])} and {names[-1]} minutes",
    )


def _road_words(store: Any) -> tuple[tuple[str, Text], ...]:
    for spec in store.catalog["roads"].fields:
        if spec.name == "road_class":
            words: tuple[tuple[str, Text], ...] = spec.values
            return words
    return ()


def _rank_style() -> Style:
    classes = (
        StyleClass(1.0, Text("plats 1", "rank 1"), "#d55e00"),
        StyleClass(3.0, Text("plats 2–3", "rank 2–3"), "#e69f00"),
        StyleClass(10.0, Text("plats 4–10", "rank 4–10"), "#56b4e9"),
        StyleClass(None, Text("plats 11 och senare", "rank 11 and later"), "#9a9a9a"),
    )
    return Style(
        kind="graduated", column="rank", classes=classes, color="#9a9a9a", stroke="#222222", width_px=1.4, opacity=0.75, label="name"
    )


def _measured(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add what hectares add up by, for every kind of site alike, and write property units that no layer reaches as unknown."""
    rows = frame.drop(columns="geometry").to_dict("records")
    out = frame.assign(area_ha=np.array([whole_ha(r) for r in rows], float), deducted_ha=np.array([deducted_ha(r) for r in rows], float))
    if "parcels_known_share" in out:
        known = [parcels_known(r) for r in rows]
        out["parcels"] = np.array([count for count, _ in known], float)
        out["parcels_at_least"] = [more for _, more in known]
        out["parcels_known_percent"] = 100 * out["parcels_known_share"]
    return out


def _ranking_frame(plan: Plan, name: str, done: Done, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    block = plan.suitability[name]
    lang = plan.plan.language
    out = frame.copy()
    # so fine that a sentence, a card and this table round it to the same whole number
    out["score_100"] = (100 * out["score"]).round(3)
    out["synthetic"] = any(layer.synthetic for layer in done.layers.layers.values())
    out = _measured(out)
    if name in done.housing and block.ranking:
        titles = {k: say(f"part_{k}", site=plan.sites[block.ranking.site].name)[lang] for k, _, _ in done.housing[name].parts}
        out["limiting_title"] = out["limiting_part"].map(titles)
        out["suitability_100"] = (100 * out["suitability"]).round(1)
    else:
        titles = {c.name: c.title.text()[lang] for c in block.criteria}
        out["limiting_title"] = out["limiting"].map(titles)
        obstacles = {k.name: k.title.text()[lang] for k in block.constraints}
        out["limiting_constraint_title"] = out["limiting_constraint"].map(obstacles)
        robust = done.blocks[name].robust
        if robust is not None:
            out["first_percent"] = 100 * out["site_id"].map(robust.first_share)
        labour = done.labour.get(name)
        if labour is not None and len(labour):
            out = out.join(without_few(labour, plan.export.min_persons), on="site_id")
    keep = [f.name for f in _ranking_fields(plan, name, done) if f.name in out]
    return out[["site_id", *keep, "geometry"]]


def _ranking_fields(plan: Plan, name: str, done: Done) -> tuple[FieldSpec, ...]:
    block = plan.suitability[name]
    if name in done.housing and block.ranking:
        definition = done.layers.layers[block.ranking.layer].definition
        carried = [f for f in definition.fields if f.name in ("plan_stage", "dwellings_min", "dwellings_max", "building_type", "tenure", "source")]
        kinds = [
            _f(f"minutes_{v}", "float", f"Till {w.sv}", f"To {w.en}", "min")
            for layer in ("services",)
            if layer in done.layers.layers
            for f in done.layers.layers[layer].definition.fields
            if f.name == "service_kind"
            for v, w in f.values
        ]
        own = [
            _f("commute_min", "float", f"Restid till {plan.sites[block.ranking.site].name}", f"Minutes to {plan.sites[block.ranking.site].name}", "min"),
            _f("services_min", "float", "Restid till service, medeltal", "Minutes to services, mean", "min"),
            _f("suitability_100", "float", "Markens lämplighet (0–100)", "Suitability of the land (0–100)"),
        ]
        base = [f for f in _SITE_FIELDS if f.name != "kind"]
        return (*base[:2], base[2], *own, *kinds, *base[3:], *carried)
    labour = [
        _f(f"working_age_within_{m:g}_min", "int", f"I arbetsför ålder inom {m:g} min", f"Of working age within {m:g} min", "personer")
        for m in plan.catchment.minutes
    ]
    labour += [
        _f(f"population_within_{m:g}_min", "int", f"Invånare inom {m:g} min", f"Inhabitants within {m:g} min", "personer")
        for m in plan.catchment.minutes
    ]
    more = [
        _f("main_road_m", "float", "Till närmaste större väg, från gränsen", "To the nearest main road, from the boundary", "m"),
        _f("railway_m", "float", "Till närmaste järnväg, från gränsen", "To the nearest railway, from the boundary", "m"),
        _f("port_min", "float", "Restid till hamn", "Travel time to a port", "min"),
        _f("airport_min", "float", "Restid till flygplats", "Travel time to an airport", "min"),
    ]
    towns = town_fields(done.layers.layers, done.layers.area)
    return (*_SITE_FIELDS[:-1], *site_fields(block), *labour, *more, *towns, _SITE_FIELDS[-1])


def _sites_made_up(plan: Plan, done: Done) -> bool:
    """Whether a site stands where a made-up polygon lies."""
    layers = done.layers.layers
    return any(s.layer in layers and s.lat is None and s.x is None and layers[s.layer].synthetic for s in plan.sites.values() if s.layer)


def _have(fields: tuple[FieldSpec, ...], frame: Any) -> tuple[FieldSpec, ...]:
    """Leave out fields whose column the frame lacks."""
    return tuple(f for f in fields if f.name in frame.columns)


def _base_layers(plan: Plan, store: Store, done: Done, shown: ShownSquares | None) -> list[VectorItem]:
    out = []
    for name, layer in done.layers.layers.items():
        if layer.frame is None or not layer.definition.is_vector:
            continue
        team = layer.definition.team
        shared: dict[str, Any] = {
            "fields": layer.definition.fields, "synthetic": layer.synthetic, "sharing": layer.source.sharing,
            "attribution": layer.source.attribution, "source": layer.source.source, "licence": layer.source.licence,
            "data_date": layer.source.data_date, "description": layer.definition.description,
        }
        group = "base" if name in BACKGROUND or team not in plan.teams else team
        frame = layer.frame
        if name == "population_grid" and shown is not None:
            frame = shown.base()
            head, *rest = layer.definition.fields
            shared |= {"fields": (head, SQUARES, *rest), "description": Text(*(f"{layer.definition.description[x]} {shown.note[x]}" for x in ("sv", "en")))}
        out.append(
            VectorItem(
                id=name, title=layer.definition.title, frame=frame, style=layer.definition.style, group=group,
                teams=tuple(t for t, v in plan.teams.items() if name in v.layers),
                visible=name in BACKGROUND, **shared,
            )
        )
        if name == "roads":
            main = layer.frame[layer.frame["road_class"].isin(_MAIN)]
            classes = tuple(c for c in layer.definition.style.classes if c.value in _MAIN)
            out.append(
                VectorItem(
                    id="main_roads", title=say("l_main_roads"), frame=main.reset_index(drop=True),
                    style=replace(layer.definition.style, classes=classes), group="base", **shared,
                )
            )
    return out


_STOP_FIELDS: Final = (
    _f("name", "text", "Hållplats", "Stop"),
    _f("departures", "int", "Avgångar", "Departures"),
    _f("first", "text", "Första avgång", "First departure"),
    _f("last", "text", "Sista avgång", "Last departure"),
    _f("modes", "text", "Trafikslag", "Modes"),
)


def time_zones(plan: Plan, timetable: Service | None) -> tuple[str, ...]:
    """Return the time zones of the plan's sites and timetables; the plan's own clock, Sweden's, comes first where it is one of them."""
    zones = {site.time_zone: None for site in plan.sites.values()}
    if timetable is not None:
        zones |= dict.fromkeys(timetable.time_zones)
    return tuple(sorted(zones, key=lambda zone: zone != clocks.HOME))


def _clocked(stops: pd.DataFrame, date: dt.date, zones: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[FieldSpec, ...]]:
    """Add the first clock's times of every departure, where stops keep different clocks."""
    if len(zones) < 2:
        return stops, _STOP_FIELDS
    home = zones[0]
    name = clocks.country(home)

    def at(clock: str, zone: str) -> str:
        return clocks.shown(*clocks.on_date(clock, zone, home, date)).sv if clock else ""

    stops = stops.assign(
        zone=[clocks.country(z).sv for z in stops["time_zone"]],
        first_home=[at(c, z) for c, z in zip(stops["first"], stops["time_zone"], strict=True)],
        last_home=[at(c, z) for c, z in zip(stops["last"], stops["time_zone"], strict=True)],
    )
    words = tuple((clocks.country(z).sv, clocks.country(z)) for z in zones)
    more = (
        _f("zone", "text", "Klocka", "Clock", values=words),
        _f("first_home", "text", f"Första avgång, klockan i {name.sv}", f"First departure, clock in {name.en}"),
        _f("last_home", "text", f"Sista avgång, klockan i {name.sv}", f"Last departure, clock in {name.en}"),
    )
    return stops, (*_STOP_FIELDS, *more)


def tables(plan: Plan, done: Done, gap: Callable[..., Any], timetable: Service | None) -> tuple[TableItem, ...]:
    """Return every table of the run."""
    import pandas as pd

    out: list[TableItem] = []
    layers = done.layers.layers
    synthetic = any(layer.synthetic for layer in layers.values())

    def add(id_: str, title: Text, frame: Any, fields: tuple[FieldSpec, ...], **more: Any) -> None:
        if frame is not None and len(frame):
            out.append(TableItem(id=id_, title=title, frame=frame.reset_index(drop=True), fields=fields, **{"synthetic": synthetic, **more}))

    for name, result in done.blocks.items():
        block = plan.suitability[name]
        frame = done.housing[name].sites if name in done.housing else result.sites
        if len(frame) and not (block.ranking and name not in done.housing):
            ranked = _ranking_frame(plan, name, done, frame).drop(columns="geometry")
            add(f"{name}_table", say("t_housing" if block.ranking else "t_industrial"), pd.DataFrame(ranked), _have(_ranking_fields(plan, name, done), ranked))
    block_tables(plan, done, add)
    worker_tables(plan, done, add, time_zones(plan, timetable))
    out += growth_tables(plan, done)
    village_table(plan, done, add)
    portrait_tables(plan, done, portrait(plan, done), add)
    if done.catchments is not None:
        _reach_tables(plan, done, add)
    if done.fetched is not None:
        add("fetched_layers", FETCHED_TITLE, done.fetched, FETCHED_FIELDS, synthetic=False)
    if plan.goals and "municipalities" in layers and "population" in layers["municipalities"].frame:
        rows = []
        frame = layers["municipalities"].frame.set_index("municipality_code")
        for goal in plan.goals.values():
            if goal.municipality in frame.index and goal.measure == "population":
                row = frame.loc[goal.municipality]
                # a figure of no date or no figure at all has no gap to tell
                if not str(row.get("population_date") or "")[:4].isdigit() or not np.isfinite(float(row["population"] if row["population"] == row["population"] else np.nan)):
                    continue
                year = int(str(row["population_date"])[:4])
                g = gap(int(row["population"]), goal.value, from_year=year, to_year=goal.year)
                rows.append(
                    {
                        "name": row["name"], "population": g.population, "population_date": str(row["population_date"]),
                        "goal": g.goal, "goal_year": goal.year, "persons": g.persons,
                        "growth_percent": 100 * g.growth_per_year, "dwellings_per_year": g.dwellings_per_year, "source": goal.source,
                    }
                )
        add(
            "goals", say("t_goals"), pd.DataFrame(rows),
            (
                _f("name", "text", "Kommun", "Municipality"), _f("population", "int", "Folkmängd", "Population"),
                _f("population_date", "text", "Folkmängd avser", "Population as of"), _f("goal", "int", "Mål", "Goal"),
                _f("goal_year", "text", "Målår", "Goal year"), _f("persons", "int", "Gap till målet", "Gap to the goal"),
                _f("growth_percent", "float", "Årlig ökning som krävs", "Yearly growth needed", "%"),
                _f("dwellings_per_year", "float", "Bostäder per år vid 2,0 boende per bostad", "Dwellings a year at 2.0 persons each"),
                _f("source", "text", "Källa", "Source"),
            ),
            synthetic=False,
        )
    if "roads" in layers:
        add(
            "road_length", say("t_roads"), road_length(_inside_area(layers["roads"].frame, done.layers.area)),
            (
                _f("road_class", "text", "Vägklass", "Road class", values=_road_words(_StoreView(layers))),
                _f("km", "float", "Längd", "Length", "km"), _f("bk4_km", "float", "Varav BK4", "Of which BK4", "km"),
            ),
            synthetic=layers["roads"].synthetic,
        )
    if timetable is not None:
        stops = pd.DataFrame(timetable.stops.drop(columns="geometry")).sort_values(["departures", "name"], ascending=[False, True])
        note = say("stops_note", date=timetable.date.isoformat(), trips=timetable.trips)
        zones = time_zones(plan, timetable)
        if len(zones) > 1:
            note = Text(f"{note.sv} {say('clocks_note').sv}", f"{note.en} {say('clocks_note').en}")
        stops, fields = _clocked(stops, timetable.date, zones)
        add("departures", say("t_departures"), stops.loc[stops["departures"] > 0, [f.name for f in fields]], fields, synthetic=layers["transit"].synthetic, note=note)
    return tuple(out)


def _inside_area(roads: gpd.GeoDataFrame, area: Any) -> gpd.GeoDataFrame:
    """Roads whose middle lies in the study area: what is outside it is not this municipality's to count."""
    import shapely

    shapely.prepare(area)
    middle = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
    return roads[shapely.contains_xy(area, shapely.get_x(middle), shapely.get_y(middle))]


class _StoreView:
    """Just enough of a store to look field words up."""

    def __init__(self, layers: Any) -> None:
        self.catalog = {k: v.definition for k, v in layers.items()}


def _reach_tables(plan: Plan, done: Done, add: Callable[..., None]) -> None:
    import pandas as pd

    assert done.catchments is not None
    layers = done.layers.layers
    names: dict[str, dict[str, str]] = {}
    for layer, key in (("municipalities", "municipality_code"), ("localities", "locality_id")):
        if layer in layers:
            frame = layers[layer].frame
            names[key] = dict(zip(frame[key].astype(str), frame["name"].astype(str), strict=True))
    people = (
        _f("population", "int", "Folkmängd", "Population", "personer"),
        _f("working_age", "int", "I arbetsför ålder, 20–64 år", "Of working age, 20–64", "personer"),
    )
    minutes = _f("minutes", "float", "Inom", "Within", "min")
    several = len(done.catchments.results) > 1
    for variant in done.catchments.variants:
        change = variant_table(
            variant, names.get("municipality_code", {}), say("everyone")[plan.plan.language],
            min_persons=plan.export.min_persons, synthetic=any(layer.synthetic for layer in layers.values()),
        )
        add(change.id, change.title, change.frame, change.fields)
    for site_id, result in done.catchments.results.items():
        end = f"_{site_id}" if several else ""
        site = plan.sites[site_id].name
        limit, key = plan.export.min_persons, "municipality_code"
        whole = result.thresholds.assign(share_percent=100 * result.thresholds["share"])
        parts = result.municipalities if key in result.municipalities else whole.iloc[:0]
        counts = [k for k in ("population", "working_age") if k in whole]
        both = pd.concat([whole, parts.assign(**{k: parts[k].astype(float) for k in counts})], keys=["whole", "part"])
        both = hide_few(both, counts, limit, whole=pd.Series(both.index.get_level_values(0) == "whole", index=both.index), within=("minutes",))
        shown = both.loc["whole"].copy()
        shown["share_percent"] = shown["share_percent"].where(shown["population"].notna())
        add(f"thresholds{end}", say("t_thresholds", site=site), shown[[k for k in ("minutes", *counts, "share_percent") if k in shown]], (minutes, *people, _f("share_percent", "float", "Andel av områdets befolkning", "Share of the area's population", "%")))
        for key, id_, title, alias in (
            ("municipality_code", "municipality_reach", "t_municipalities", ("Kommun", "Municipality")),
            ("locality_id", "locality_reach", "t_localities", ("Ort", "Locality")),
        ):
            if key == "municipality_code":
                frame = both.loc["part"] if len(parts) else parts
            else:
                # localities do not add up to a whole: some live outside them
                frame = hide_few(result.localities, counts, limit, whole=pd.Series(False, index=result.localities.index), within=("minutes",))
            if key in frame and len(frame):
                words = names.get(key, {})
                named = frame.assign(name=[words.get(str(v), str(v)) for v in frame[key]])
                add(f"{id_}{end}", say(title), named[["name", "minutes", "population", "working_age"]], (_f("name", "text", *alias), minutes, *people))
        rows = done.catchments.minutes_to
        rows = rows[rows["site_id"] == site_id].sort_values("minutes").astype({"minutes": float})
        rows = rows.assign(
            reason=np.where(np.isfinite(rows["minutes"]), "", "disconnected"), minutes=rows["minutes"].where(np.isfinite(rows["minutes"]))
        )
        add(
            f"minutes_to{end}", say("t_minutes", site=site), rows[["place", "minutes", "crow_km", "reason"]],
            (
                _f("place", "text", "Ort eller målpunkt", "Place"), _f("minutes", "float", "Restid", "Travel time", "min"),
                _f("crow_km", "float", "Fågelvägen", "As the crow flies", "km"), _f("reason", "text", "Varför värde saknas", "Why a value is missing"),
            ),
        )
