"""What a run shows of who will work at its sites: layers, tables, sentences and the model in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import clocks
from landplan.contracts import FieldSpec
from landplan.export.items import Curve, VectorItem
from landplan.plan import Plan
from landplan.run.figures import Figures
from landplan.run.squares import SQUARES, ShownSquares
from landplan.run.wording import both, say
from landplan.style import OKABE_ITO, Style, StyleClass, Text
from landplan.units import format_number

if TYPE_CHECKING:
    import pandas as pd

    from landplan.catchment import EmployerCatchment, Prior
    from landplan.run.runner import Done
    from landplan.run.workers import Regions

__all__ = ["other_minutes", "worker_answer", "worker_curves", "worker_layers", "worker_method", "worker_sentences", "worker_table_ids", "worker_tables", "worker_vectors"]

_KINDS: Final = ("jobs", "residents", "external", "in_migrants", "weekly", "unfilled")
_YEAR: Final = 2026
"""Whose rules for summer time hold where a site has no opening year."""
_GROUPS: Final = ("municipality_code", "locality_id", "deso", "regso")
_PEOPLE_COLOURS: Final = ("#f2f0f7", "#cbc9e2", "#9e9ac8", "#807dba", "#6a51a3", "#3f007d")
_SHARE_COLOURS: Final = ("#edf8e9", "#c7e9c0", "#a1d99b", "#74c476", "#31a354", "#006d2c")


def _f(name: str, kind: Any, sv: str, en: str, unit: str = "", values: tuple[tuple[Any, Text], ...] = ()) -> FieldSpec:
    return FieldSpec(name, kind, Text(sv, en), unit=unit, values=values)


_PEOPLE: Final = (
    _f("expected", "float", "Väntat antal", "Expected", "personer"), _f("low", "float", "Låg", "Low", "personer"),
    _f("high", "float", "Hög", "High", "personer"),
)  # fmt: skip
_BESIDE: Final = (
    _f("in_migrants", "float", "Inflyttade", "In-migrants", "personer"), _f("ring", "float", "Enligt 45-minutersring", "By the 45-minute ring", "personer"),
    _f("radiation", "float", "Enligt strålningsmodell", "By the radiation model", "personer"),
)  # fmt: skip


def told(done: Done) -> tuple[bool, tuple[Text, ...]]:
    """Return whether intervals may be told, and which made-up layers stand among real ones.

    A demonstration says so on every page. Where real layers are used beside a made-up one, an interval would look like knowledge.
    """
    from landplan.run.workers import USED

    layers = [done.layers.layers[k] for k in USED if k in done.layers.layers and k not in ("municipalities", "localities", "statistical_areas")]
    made_up = [x.definition.title for x in layers if x.synthetic]
    mixed = bool(made_up) and len(made_up) < len(layers)
    return not mixed, tuple(made_up) if mixed else ()


def worker_layers(plan: Plan, done: Done) -> tuple[str, ...]:
    """Return the layers of a page that shows who will work at the sites."""
    if done.workers is None:
        return ()
    ends = [""] if len(done.workers.results) == 1 else [f"_{k}" for k in done.workers.results]
    return (*(f"workers_{kind}{e}" for e in ends for kind in ("municipalities", "squares")), "labour_regions")


def worker_table_ids(done: Done) -> tuple[str, ...]:
    """Return the tables of a page that shows who will work at the sites."""
    if done.workers is None:
        return ()
    ends = [""] if len(done.workers.results) == 1 else [f"_{k}" for k in done.workers.results]
    kinds = ("totals", "municipality", "locality", "deso", "regso", "modes", "shifts", "measures", "curve", "ramp")
    return (*(f"workers_{kind}{e}" for e in ends for kind in kinds), "labour_regions", "site_comparison", "site_overlap")


def other_minutes(done: Done, site_id: str) -> pd.DataFrame | None:
    """Return minutes to a site by modes besides the plan's own, by square id; None where there are none."""
    found = None if done.workers is None else done.workers.results.get(site_id)
    if found is None:
        return None
    columns = [str(c) for c in found.zones if str(c).startswith("minutes_")][1:]
    return found.zones[columns].rename_axis("square_id") if columns else None


def _sites(plan: Plan, done: Done) -> Iterable[tuple[str, str, EmployerCatchment]]:
    assert done.workers is not None
    several = len(done.workers.results) > 1
    for site_id, found in done.workers.results.items():
        yield (f"_{site_id}" if several else ""), plan.sites[site_id].name, found


def _without(frame: pd.DataFrame, shown: bool) -> pd.DataFrame:
    return frame if shown else frame.assign(low=np.nan, high=np.nan)


def worker_vectors(plan: Plan, done: Done, shown: ShownSquares | None, *, common: dict[str, Any]) -> tuple[VectorItem, ...]:
    """Return where the workers live, by square and municipality, and the labour-market regions."""
    if done.workers is None or shown is None:
        return ()
    interval, _ = told(done)
    out: list[VectorItem] = []
    layers = done.layers.layers
    grid = layers["population_grid"].frame
    modelled = "modelled" in grid and bool(grid["modelled"].fillna(False).any())
    for end, name, found in _sites(plan, done):
        zones = _without(found.zones.reset_index(), interval)
        zones = zones.merge(grid[["square_id", "population"]].astype({"square_id": str}), on="square_id")
        minutes = tuple(str(c) for c in zones if str(c).startswith("minutes_"))
        kept = ("expected", "low", "high", "in_migrants", "ring", "radiation")
        squares = shown.layer(zones, minutes, rates=kept, of="labour").drop(columns=["working_age"], errors="ignore")
        limits = (0.5, 1.0, 2.0, 5.0, 10.0)
        classes = tuple(StyleClass(v, Text(f"högst {format_number(v, 1)}", f"at most {v:g}"), c) for v, c in zip(limits, _PEOPLE_COLOURS, strict=False))
        title = say("l_worker_squares", site=name)
        if modelled:
            title = Text(f"{title.sv} ({say('modelled').sv})", f"{title.en} ({say('modelled').en})")
        out.append(
            VectorItem(
                id=f"workers_squares{end}", title=title, frame=squares, visible=False, description=shown.note,
                style=Style(
                    kind="graduated", column="expected", classes=(*classes, StyleClass(None, Text("över 10", "above 10"), _PEOPLE_COLOURS[-1])), width_px=0.0,
                    opacity=0.85,
                ),
                fields=(
                    _f("square_id", "text", "Ruta", "Square"), SQUARES, *(FieldSpec(m, "float", say("f_minutes_by", by=say(f"by_{m.removeprefix('minutes_')}")), unit="min") for m in minutes),
                    *_PEOPLE, *_BESIDE,
                    _f("population", "int", "Folkmängd", "Population", "personer"), _f("reason", "text", "Varför värde saknas", "Why a value is missing"),
                ),
                **common,
            )
        )  # fmt: skip
        if "municipalities" in layers and "municipality_code" in found.groups:
            towns = layers["municipalities"].frame[["municipality_code", "name", "geometry"]].astype({"municipality_code": str})
            groups = _without(found.groups["municipality_code"], interval).rename_axis("municipality_code").reset_index().astype({"municipality_code": str})
            frame = towns.merge(groups.drop(columns="labour"), on="municipality_code")
            total = float(frame["expected"].sum())
            frame["share_percent"] = 100 * frame["expected"] / total if total > 0 else np.nan
            frame[["expected", "low", "high", "in_migrants", "ring", "radiation"]] = frame[["expected", "low", "high", "in_migrants", "ring", "radiation"]].round(1)
            steps = (5.0, 10.0, 20.0, 40.0)
            classes = tuple(StyleClass(v, Text(f"högst {v:g} %", f"at most {v:g} %"), c) for v, c in zip(steps, _SHARE_COLOURS, strict=False))
            out.append(
                VectorItem(
                    id=f"workers_municipalities{end}", title=say("l_worker_municipalities", site=name), frame=frame, visible=False,
                    style=Style(
                        kind="graduated", column="share_percent", classes=(*classes, StyleClass(None, Text("över 40 %", "above 40 %"), _SHARE_COLOURS[4])),
                        stroke="#1b5e20", width_px=1.0, opacity=0.6,
                    ),
                    fields=(_f("municipality_code", "text", "Kommunkod", "Municipality code"), _f("name", "text", "Kommun", "Municipality"), *_PEOPLE, _f("share_percent", "float", "Andel av dem som arbetar där", "Share of the workers", "%"), *_BESIDE),
                    **common,
                )
            )  # fmt: skip
    if done.workers.regions is not None and "municipalities" in layers:
        out.append(_region_layer(done.workers.regions, layers["municipalities"].frame, common))
    return tuple(out)


def _named(regions: Regions, names: dict[str, str]) -> pd.DataFrame:
    """Municipalities with the region they belong to before and after, in words."""
    import pandas as pd

    def region(code: Any) -> str:
        return names.get(str(code), str(code))

    b = regions.before
    a = regions.before.assign(region=None, margin_points=np.nan, why="") if regions.after is None else regions.after.reindex(b.index)
    return pd.DataFrame(
        {
            "municipality_code": [str(i) for i in b.index], "name": [region(i) for i in b.index], "before": [region(r) for r in b["region"]],
            "after": [region(r) if isinstance(r, str) else "" for r in a["region"]], "total_out_percent": (100 * b["total_out_share"]).round(1).to_numpy(),
            "single_out_percent": (100 * b["single_out_share"]).round(1).to_numpy(),
            "single_out_to": [region(x) if isinstance(x, str) and x else "" for x in b["single_out_to"]],
            "margin_points": b["margin_points"].round(1).to_numpy(), "margin_after": a["margin_points"].round(1).to_numpy(), "why": b["why"].to_numpy(), "why_after": a["why"].to_numpy(),
            "modelled": regions.modelled,
        }
    )  # fmt: skip


_WHY: Final = tuple((k, say(f"why_{k.replace(' ', '_').replace('-', '_')}")) for k in ("self-sufficient", "attached", "outside", "mutual", "chain cut", "no one employed"))
_REGION_FIELDS: Final = (
    _f("municipality_code", "text", "Kommunkod", "Municipality code"), _f("name", "text", "Kommun", "Municipality"), _f("before", "text", "Hör till", "Belongs to"), _f("after", "text", "Hör till med anläggningen", "Belongs to with the site"),
    _f("total_out_percent", "float", "Pendlar ut", "Commute out", "%"), _f("single_out_percent", "float", "Till en och samma kommun", "To one municipality", "%"),
    _f("single_out_to", "text", "Dit flest pendlar", "Where most go"),
    _f("margin_points", "float", "Marginal till gränsen", "Margin to the limit", "procentenheter"),
    _f("margin_after", "float", "Marginal med anläggningen", "Margin with the site", "procentenheter"),
    _f("why", "text", "Därför", "Because", values=_WHY), _f("why_after", "text", "Därför, med anläggningen", "Because, with the site", values=_WHY),
    _f("modelled", "bool", "Modellerade flöden", "Modelled flows"),
)  # fmt: skip


def _region_layer(regions: Regions, municipalities: Any, common: dict[str, Any]) -> VectorItem:
    names = dict(zip(municipalities["municipality_code"].astype(str), municipalities["name"].astype(str), strict=True))
    frame = municipalities[["municipality_code", "geometry"]].astype({"municipality_code": str}).merge(_named(regions, names), on="municipality_code")
    shown_by = "before" if regions.after is None else "after"
    centres = sorted(set(frame[shown_by]))
    classes = tuple(StyleClass(name, Text(name, name), OKABE_ITO[i % len(OKABE_ITO)]) for i, name in enumerate(centres))
    title = say("l_regions_modelled" if regions.modelled else "l_regions", year=regions.year)
    return VectorItem(
        id="labour_regions", title=title, frame=frame, visible=False, fields=_REGION_FIELDS,
        style=Style(kind="classes", column=shown_by, classes=classes, stroke="#333333", width_px=1.2, opacity=0.5), **common,
    )  # fmt: skip


def _coarse(value: float) -> float:
    """Two figures: a range from assumptions is known no better."""
    return float(f"{value:.2g}") if np.isfinite(value) else np.nan


def worker_tables(plan: Plan, done: Done, add: Callable[..., None], zones: tuple[str, ...] = ()) -> None:
    """Add what is known of each site's workers, the labour-market regions and the sites side by side."""
    if done.workers is None:
        return
    interval, _ = told(done)
    lang = plan.plan.language
    layers = done.layers.layers
    names: dict[str, dict[str, str]] = {}
    for layer, key, label in (("municipalities", "municipality_code", "name"), ("localities", "locality_id", "name"), ("statistical_areas", "area_code", "name")):
        if layer in layers:
            frame = layers[layer].frame
            names[key] = dict(zip(frame[key].astype(str), (frame[label] if label in frame else frame[key]).astype(str), strict=True))
    names["deso"] = names["regso"] = names.get("area_code", {})
    for end, name, found in _sites(plan, done):
        totals = _without(found.totals.reset_index(), interval)
        totals[["expected", "low", "high"]] = totals[["expected", "low", "high"]].round(1)
        totals["likely_low"], totals["likely_high"] = totals["low"].map(_coarse), totals["high"].map(_coarse)
        words = tuple((k, say(f"kind_{k}")) for k in _KINDS)
        share = format_number(100 * found.interval, 0)
        add(
            f"workers_totals{end}", say("t_workers", site=name), totals,
            (
                _f("kind", "text", "Vilka", "Who", values=words), *_PEOPLE, _f("likely_low", "float", "Sannolikt från", "Likely from", "personer"),
                _f("likely_high", "float", "Sannolikt till", "Likely to", "personer"),
            ),
            note=say("n_interval", share=share, draws=both(len(found.draws))) if interval else say("n_no_interval"),
        )  # fmt: skip
        for key, kind, head in (
            ("municipality_code", "municipality", _f("name", "text", "Kommun", "Municipality")), ("locality_id", "locality", _f("name", "text", "Ort", "Locality")),
            ("deso", "deso", _f("name", "text", "DeSO", "DeSO")), ("regso", "regso", _f("name", "text", "RegSO", "RegSO")),
        ):  # fmt: skip
            if key not in found.groups:
                continue
            groups = _without(found.groups[key], interval).round(1).rename_axis("code").reset_index()
            groups.insert(0, "name", [names.get(key, {}).get(str(c), str(c)) for c in groups["code"]])
            groups = groups[groups["expected"] > 0].sort_values(["expected", "name"], ascending=[False, True])
            kept = [f for f in (head, *_PEOPLE, *_BESIDE) if f.name in groups]
            add(f"workers_{kind}{end}", say(f"t_workers_{kind}", site=name), groups[[f.name for f in kept]], tuple(kept))
        modes = _without(found.modes.reset_index(), interval).round(1)
        mode_words = tuple((m, say(f"by_{m}")) for m in found.modes.index)
        total = float(found.modes["expected"].sum())
        modes["share_percent"] = (100 * found.modes["expected"].to_numpy() / total).round(1) if total > 0 else np.nan
        add(f"workers_modes{end}", say("t_workers_modes", site=name), modes, (_f("mode", "text", "Färdsätt", "Mode", values=mode_words), *_PEOPLE, _f("share_percent", "float", "Andel", "Share", "%")))
        shifts = found.shifts.round({"expected": 1}).assign(share_percent=(100 * found.shifts["share"]).round(1))
        shifts, clocks_of, note = _clocks_beside(plan, found.site.site_id, shifts, zones)
        add(
            f"workers_shifts{end}", say("t_workers_shifts", site=name), shifts[["shift", *(f.name for f in clocks_of), "mode", "expected", "share_percent"]],
            (_f("shift", "text", "Skift", "Shift"), *clocks_of, _f("mode", "text", "Färdsätt", "Mode", values=mode_words), _PEOPLE[0], _f("share_percent", "float", "Andel", "Share", "%")),
            **({"note": note} if clocks_of else {}),
        )  # fmt: skip
        measures = _without(found.measures.dropna(how="all").reset_index(), interval).round(1)
        add(
            f"workers_measures{end}", say("t_workers_measures", site=name), measures,
            (_f("measure", "text", "Mått", "Measure", values=tuple((m, say(f"measure_{m}")) for m in found.measures.index)), *(FieldSpec(f.name, f.type, f.alias) for f in _PEOPLE)),
        )  # fmt: skip
        curve = found.curve.assign(expected=found.curve["expected"].round(1), share_percent=(100 * found.curve["share"]).round(1))
        add(f"workers_curve{end}", say("t_workers_curve", site=name), curve[["minutes", "expected", "share_percent"]], (_f("minutes", "float", "Inom", "Within", "min"), _PEOPLE[0], _f("share_percent", "float", "Andel", "Share", "%")))
        if len(found.ramp):
            ramp = found.ramp.round(1).reset_index().astype({"year": str})
            add(f"workers_ramp{end}", say("t_workers_ramp", site=name), ramp, (_f("year", "text", "År", "Year"), *(FieldSpec(k, "float", say(f"kind_{k}"), unit="personer") for k in _KINDS)))
    if done.workers.regions is not None:
        table = _named(done.workers.regions, names.get("municipality_code", {}))
        note = say("n_regions_modelled") if done.workers.regions.modelled else say("n_regions", year=done.workers.regions.year)
        add("labour_regions", say("t_regions"), table, _REGION_FIELDS, note=note)
    if done.beside is not None and len(done.beside.table) > 1:
        _beside_tables(done, names.get("municipality_code", {}), add, lang)


def _clocks_beside(plan: Plan, site_id: str, shifts: pd.DataFrame, zones: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[FieldSpec, ...], Text]:
    """Add what the plan's other clocks show when a site's shifts begin."""
    site = plan.sites[site_id]
    year = site.opening_year or _YEAR
    fields = []
    for k, zone in enumerate(z for z in zones if z != site.time_zone and site.shifts):
        place = clocks.country(zone)
        shown = {s: clocks.by_season(s, site.time_zone, zone, year) for s in site.shifts}
        shifts[f"clock_{k + 1}"] = [shown[s].sv for s in shifts["shift"]]
        fields.append(_f(f"clock_{k + 1}", "text", f"Klockan i {place.sv}", f"Clock in {place.en}", values=tuple((t.sv, t) for t in dict.fromkeys(shown.values()))))
    here = clocks.country(site.time_zone)
    return shifts, tuple(fields), Text(say("shifts_note", place=here.sv).sv, say("shifts_note", place=here.en).en)


def _beside_tables(done: Done, names: dict[str, str], add: Callable[..., None], lang: Any) -> None:
    assert done.beside is not None
    table = done.beside.table.round(1)
    fields = [_f("name", "text", "Plats", "Site")]
    for m in (30, 45, 60):
        fields.append(_f(f"labour_within_{m}_min", "float", f"Arbetskraft inom {m} min", f"Labour within {m} min", "personer"))
    fields += [_f("filled", "float", "Väntas fylla", "Expected to fill", "personer"), _f("mean_minutes", "float", "Restid i medeltal", "Mean minutes", "min")]
    for code in done.beside.shares.index:
        table[f"share_{code}"] = (100 * done.beside.shares.loc[code]).round(1).reindex(table.index)
        fields.append(FieldSpec(f"share_{code}", "float", say("f_share_of", name=names.get(str(code), str(code))), unit="%"))
    add("site_comparison", say("t_comparison"), table.reset_index()[[f.name for f in fields]], tuple(fields), note=say("n_comparison"))
    overlap = (100 * done.beside.overlap).round(1)
    overlap.columns = [f"to_{c}" for c in overlap.columns]
    overlap.insert(0, "name", done.beside.table["name"])
    heads = [_f("name", "text", "Plats", "Site")]
    heads += [FieldSpec(f"to_{k}", "float", Text(str(v), str(v)), unit="%") for k, v in done.beside.table["name"].items()]
    add("site_overlap", say("t_overlap"), overlap.reset_index(drop=True), tuple(heads))


def worker_answer(plan: Plan, done: Done, figures: Figures) -> Text:
    """Say in a sentence or two who will take the first site's jobs; empty without the model."""
    if done.workers is None:
        return Text("", "")
    end, name, _ = next(iter(_sites(plan, done)))
    table = f"workers_totals{end}"
    if table not in figures:
        return Text("", "")
    interval, _ = told(done)
    if not float(done.workers.results[next(iter(done.workers.results))].site.jobs[2]) > 0:
        return Text("", "")
    if interval:
        jobs = [figures.take(table, c, kind="jobs") for c in ("likely_low", "likely_high")]
        low, high = figures.take(table, "likely_low", kind="residents"), figures.take(table, "likely_high", kind="residents")
        moved = [figures.take(table, c, kind="in_migrants") for c in ("likely_low", "likely_high")]
        return say("answer_workers", site=name, low=low, high=high, jobs_low=jobs[0], jobs_high=jobs[1], moved_low=moved[0], moved_high=moved[1])
    return say("answer_workers_plain", site=name, people=figures.take(table, "expected", kind="residents"), jobs=figures.take(table, "expected", kind="jobs"))


def worker_sentences(plan: Plan, done: Done, figures: Figures) -> list[Text]:
    """Say what the model rests on, what it lacks, and which labour-market region each municipality belongs to."""
    cfg = plan.catchment.workers
    if done.workers is None or cfg is None:
        return []
    out: list[Text] = []
    _, made_up = told(done)
    if made_up:
        out.append(say("u_workers_mixed", layers=Text(*(", ".join(t[x] for t in made_up) for x in ("sv", "en")))))
    out.append(say("u_workers", source=done.workers.model.source, match=cfg.match.source))
    if done.workers.guessed:
        out.append(say("u_workers_guessed", count=both(done.workers.guessed)))
    for what in done.workers.lacking:
        out.append(say(f"u_workers_no_{what}"))
    if done.workers.regions is not None:
        out.append(_region_sentence(plan, done, done.workers.regions))
    return out


def _region_sentence(plan: Plan, done: Done, regions: Regions) -> Text:
    layers = done.layers.layers
    names: dict[str, str] = {}
    if "municipalities" in layers:
        frame = layers["municipalities"].frame
        names = dict(zip(frame["municipality_code"].astype(str), frame["name"].astype(str), strict=True))
    table = _named(regions, names)
    parts = {}
    for lang in ("sv", "en"):
        and_ = " och " if lang == "sv" else " and "
        groups = []
        for centre, own in table.groupby("before", sort=True):
            members = [n for n in own["name"] if n != centre]
            if members:
                groups.append(say("regions_group" if len(members) > 1 else "regions_one", members=_listed(members, and_), centre=str(centre))[lang])
        alone = [str(n) for n, b in zip(table["name"], table["before"], strict=True) if n == b and not (table["before"] == n).sum() > 1]
        if alone:
            groups.append(say("regions_alone" if len(alone) > 1 else "regions_lone", names=_listed(alone, and_))[lang])
        rows = table.rename(columns={"name": "name_"})
        moved = rows[rows["before"] != rows["after"]]
        change = [
            say("regions_alone_now" if r["after"] == r["name_"] else "regions_moves", name=str(r["name_"]), before=str(r["before"]), after=str(r["after"]))[lang]
            for r in moved.to_dict("records")
        ]
        # what the rule says of a municipality may change though its region does not
        kept = rows[(rows["before"] == rows["after"]) & ((rows["margin_points"] >= 0) != (rows["margin_after"] >= 0)) & rows["margin_after"].notna()]
        change += [
            say("regions_over" if r["margin_after"] >= 0 else "regions_still" if r["after"] == r["name_"] else "regions_under", name=str(r["name_"]), points=both(abs(float(r["margin_after"])), decimals=1), region=str(r["after"]))[lang]
            for r in kept.to_dict("records")
        ]
        near = table.iloc[int(table["margin_points"].abs().argmin())] if table["margin_points"].notna().any() else None
        margin = "" if near is None else say("regions_margin", name=near["name"], points=both(abs(float(near["margin_points"])), decimals=1))[lang]
        basis = say("regions_modelled")[lang] if regions.modelled else say("regions_year", year=regions.year)[lang]
        then = say("regions_unknown")[lang] if regions.after is None else "; ".join(change) if change else say("regions_same")[lang]
        parts[lang] = f"{say('regions_start')[lang]} ({basis}): {'; '.join(groups)}. {margin} {say('regions_then')[lang]} {then}.".replace("  ", " ")
    return Text(parts["sv"], parts["en"])


def _listed(names: list[str], and_: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{and_}{names[-1]}"


def _power(known: Prior) -> dict[str, Any]:
    """The fitted power of distance, of the model that keeps both margins."""
    rows = known.fits.reset_index().to_dict("records")
    return next(dict(r) for r in rows if (r["model"], r["decay"], r["parameter"]) == ("doubly", "power", "beta"))  # type: ignore[arg-type]


def _prior() -> Text:
    """What is fitted on real flows in the north, and what it is good for."""
    from landplan.catchment import prior

    known = prior()
    row = _power(known)
    value, low, high = (both(float(row[k]), decimals=2) for k in ("value", "low", "high"))
    low_km, high_km = known.made["range_km"]
    return say(
        "m_prior_text", value=value, low=low, high=high, area=known.made["area"], year=str(known.made["year"]), low_km=f"{low_km:g}", high_km=f"{high_km:g}",
        source=known.made["source"], caveat=Text(known.caveat["sv"], known.caveat["en"]),
    )  # fmt: skip


def worker_curves(plan: Plan, done: Done) -> tuple[Curve, ...]:
    """Return the wish to commute as drawn, and what real flows between municipalities in the north say of it."""
    if done.workers is None:
        return ()
    from landplan.catchment import prior

    model = done.workers.model
    minutes = np.linspace(0.0, model.within_min, 61)
    own = Curve(block=say("m_workers"), title=say("m_impedance"), unit="min", weight=None, points=tuple(zip(minutes.tolist(), model.at(minutes).tolist(), strict=True)))
    known = prior()
    row = _power(known)
    low_km, high_km = (float(v) for v in known.made["range_km"])
    km = np.geomspace(low_km, high_km, 61)
    fitted = Curve(
        block=say("m_workers"), title=say("c_prior"), unit="km", weight=None,
        points=tuple(zip(km.tolist(), ((km / low_km) ** -float(row["value"])).tolist(), strict=True)),
    )  # fmt: skip
    return own, fitted


def _decimals(low: float, high: float, decimals: int) -> Text:
    ends = both(low, decimals=decimals), both(high, decimals=decimals)
    return Text(f"{ends[0].sv}–{ends[1].sv}", f"{ends[0].en}–{ends[1].en}")


def worker_method(plan: Plan, done: Done) -> list[tuple[Text, Text]]:
    """Return the method chapter's parts on workers."""
    cfg = plan.catchment.workers
    if done.workers is None or cfg is None:
        return []

    model = done.workers.model

    def span(a: Any, scale: float = 100.0) -> Text:
        return Text(*(f"{format_number(scale * a.low, 0)}–{format_number(scale * a.high, 0)}" for _ in range(2)))

    out = [
        (say("m_workers"), say("m_workers_text", share=format_number(100 * cfg.labour_share, 0), labour_source=cfg.labour_share_source, match=span(cfg.match), match_source=cfg.match.source,
                               moved=span(cfg.in_migrants), moved_source=cfg.in_migrants.source, weekly=span(cfg.weekly), weekly_source=cfg.weekly.source,
                               draws=both(cfg.draws))),
        (say("m_impedance"), say(f"m_impedance_{model.kind}", value=both(model.value[1], decimals=3 if model.kind != "logistic" else 0),
                                 span=_decimals(model.value[0], model.value[2], 0 if model.kind == "logistic" else 3),
                                 spread=format_number(model.spread, 0), within=format_number(model.within_min, 0), source=model.source)),
        (say("m_beside"), say("m_beside_text")),
        (say("m_prior"), _prior()),
    ]  # fmt: skip
    if done.workers.choice is not None and cfg.choice is not None:
        shares = Text(*(", ".join(f"{say(f'by_{m}')[x]} {format_number(v, 0)} %" for m, v in cfg.choice.percent.items() if m in done.workers.choice.modes) for x in ("sv", "en")))
        if cfg.choice.per_sek:
            fares = [f"{say(f'by_{m}')[x]} {format_number(v, 2, language=x)} kr/km" for x in ("sv", "en") for m, v in cfg.choice.sek_per_km.items()]
            trips = [f"{say(f'by_{m}')[x]} {format_number(v, 0, language=x)} kr" for x in ("sv", "en") for m, v in cfg.choice.sek_per_trip.items()]
            half = [", ".join(s[: len(s) // 2]) for s in (fares, trips)], [", ".join(s[len(s) // 2 :]) for s in (fares, trips)]
            cost = Text(*("; ".join(x for x in own if x) for own in half))
            out.append((say("m_cost"), say("m_cost_text", per_sek=both(cfg.choice.per_sek, decimals=3), source=cfg.choice.per_sek_source, cost=cost)))
        out.append((say("m_modes"), say("m_modes_text", shares=shares, source=cfg.choice.percent_source, per_minute=both(cfg.choice.per_minute, decimals=3), minute_source=cfg.choice.per_minute_source)))
    if done.workers.regions is not None:
        out.append((say("m_regions"), say("m_regions_text")))
    return out
