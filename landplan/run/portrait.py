"""A municipality's portrait from statistics alone: who lives there, who commutes, which labour market it belongs to, and which steps were left out.

Where there are no roads and no squares, this is what a run can say; where there are, it stands beside the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.catchment import commuting_flows, commuting_summary, labour_market_regions, largest_flows
from landplan.contracts import FieldSpec
from landplan.growth.bands import Dependency, dependency
from landplan.layers import load_catalog
from landplan.plan import Plan
from landplan.run.wording import both, say
from landplan.style import Text

if TYPE_CHECKING:
    import pandas as pd

    from landplan.catchment import Flows
    from landplan.run.figures import Figures
    from landplan.run.runner import Done

__all__ = ["PORTRAIT", "STEPS", "TABLES", "Portrait", "left_out", "portrait", "portrait_answer", "portrait_method", "portrait_sentences", "portrait_tables"]

PORTRAIT: Final = "municipality"
"""What a team's page calls it among its results."""
TABLES: Final = ("municipality_facts", "population_bands", "commuting_flows", "steps_left_out")
_DIRECTIONS: Final[tuple[Literal["out", "in"], ...]] = ("out", "in")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "network": ("roads",), "suitability": (), "catchment": ("roads", "population_grid"), "housing": ("roads", "population_grid", "housing_sites"),
    "growth": (), "villages": ("localities", "roads", "population_grid"),
}  # fmt: skip
"""Layers without which a step cannot be taken."""
STEPS: Final = tuple(_NEEDS)
"""Steps that may be left out, in the run's order."""


@dataclass(frozen=True)
class Portrait:
    """What statistics say of a plan's municipalities.

    Attributes
    ----------
    names : mapping of code to name
        Of every municipality that is known.
    codes : tuple of str
        Of the plan's area.
    bands : pandas.DataFrame
        municipality_code, date, age_group, persons, percent, source; the latest date of each.
    ratios : mapping of code to Dependency
        Where the bands allow it.
    flows : Flows or None
    summary, regions : pandas.DataFrame or None
        Of `commuting_summary` and `labour_market_regions`, of every municipality in the flows.
    zeros : tuple of int
        Flows of nobody, of all, in the table.
    """

    names: Mapping[str, str]
    codes: tuple[str, ...]
    bands: pd.DataFrame
    ratios: Mapping[str, Dependency]
    flows: Flows | None
    summary: pd.DataFrame | None
    regions: pd.DataFrame | None
    zeros: tuple[int, int]


def portrait(plan: Plan, done: Done) -> Portrait | None:
    """Return the portrait of the plan's municipalities, None where no team asks for it, or there are no statistics of them.

    Raises
    ------
    LayerError, BandError
        If the statistics' rows contradict themselves.
    """
    import pandas as pd

    layers = done.layers.layers
    asked = any(PORTRAIT in team.results for team in plan.teams.values())
    if not asked or not plan.area.municipalities or not {"population_by_age", "commuting"} & set(layers):
        return None
    towns = layers["municipalities"].frame if "municipalities" in layers else None
    names = {} if towns is None else dict(zip(towns["municipality_code"].astype(str), towns["name"].astype(str), strict=True))
    flows, zeros = None, (0, 0)
    if "commuting" in layers:
        table = layers["commuting"].frame
        latest = int(pd.to_numeric(table["year"], errors="coerce").max())
        flows = commuting_flows(table, years=latest)
        names = {**{str(k): str(v) for k, v in flows.names.items()}, **names}
        inside = [z for z in flows.matrix.index if z not in set(flows.external)]
        values = flows.matrix.loc[inside, inside].to_numpy()
        away = values[~np.eye(len(inside), dtype=bool)]
        zeros = (int((away == 0).sum()), int(away.size))
    rows, ratios = [], {}
    if "population_by_age" in layers:
        whole = layers["population_by_age"].frame
        for code in plan.area.municipalities:
            mine = whole[whole["area"].astype(str).isin([code, names.get(code, code)])]
            if mine.empty:
                continue
            mine = mine[mine["date"].astype(str) == mine["date"].astype(str).max()]
            total = float(mine["persons"].sum())
            kept = mine[["date", "age_group", "persons"]].assign(municipality_code=code, percent=100.0 * mine["persons"] / total, source=mine.get("source", ""))
            rows.append(kept)
            found = dependency([(str(a), float(p)) for a, p in zip(mine["age_group"], mine["persons"], strict=True)])
            if found is not None:
                ratios[code] = found
    columns = ["municipality_code", "date", "age_group", "persons", "percent", "source"]
    bands = pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)
    summary = None if flows is None else commuting_summary(flows)
    regions = None if flows is None else labour_market_regions(flows)
    return Portrait(names, tuple(plan.area.municipalities), bands, ratios, flows, summary, regions, zeros)


def left_out(plan: Plan, done: Done) -> pd.DataFrame:
    """Return the steps that were not taken: `step`, `missing` layers, `reason`; none where a run was stopped on purpose."""
    import pandas as pd

    have = {name for name, layer in done.layers.layers.items() if layer.frame is not None or name == "elevation"}
    asked = set(plan.plan.steps)
    taken = {
        "network": done.network is not None, "suitability": bool(done.blocks), "catchment": done.catchments is not None, "housing": bool(done.housing),
        "growth": done.growth is not None, "villages": done.villages is not None,
    }  # fmt: skip
    wants = {
        "suitability": (bool(plan.suitability), "[suitability.<id>]"), "catchment": (bool(plan.sites), "[sites.<id>]"),
        "housing": (any(b.ranking for b in plan.suitability.values()), "[suitability.<id>.ranking]"), "growth": (plan.growth is not None, "[growth]"), "villages": (plan.villages is not None, "[villages]"),
    }  # fmt: skip
    lang = plan.plan.language
    catalog = load_catalog()
    rows = []
    for step, needs in _NEEDS.items():
        if taken[step] or (asked and step not in asked):
            continue
        lacking = [n for n in needs if n not in have]
        wanted, section = wants.get(step, (True, ""))
        why = [] if wanted else [say("left_unasked", section=section)[lang]]
        why += [say("left_layer", layer=catalog[name].title)[lang] for name in lacking]
        if why:
            rows.append({"step": step, "missing": ", ".join(lacking), "reason": "; ".join(why)})
    return pd.DataFrame(rows, columns=["step", "missing", "reason"])


def _f(name: str, kind: Any, key: str, unit: str = "", values: Any = (), **given: object) -> FieldSpec:
    return FieldSpec(name, kind, say(key, **given), unit=unit, values=tuple(values))


def _facts(plan: Plan, done: Done, found: Portrait) -> tuple[Any, tuple[FieldSpec, ...]]:
    """Return a row a municipality of the plan, and its columns' words."""
    import pandas as pd

    layers = done.layers.layers
    towns = layers["municipalities"].frame.assign(municipality_code=lambda f: f["municipality_code"].astype(str)).set_index("municipality_code") if "municipalities" in layers else None
    rows = []
    for code in found.codes:
        row: dict[str, Any] = {"municipality_code": code, "name": found.names.get(code, code)}
        if towns is not None and code in towns.index:
            for column in ("population", "population_date"):
                row[column] = towns.loc[code, column] if column in towns else None
        ages = found.bands[found.bands["municipality_code"] == code]
        row["age_date"] = str(ages["date"].iloc[0]) if len(ages) else None
        ratio = found.ratios.get(code)
        if ratio is not None:
            whole = ratio.young + ratio.working + ratio.old
            row |= {f"{k}_percent": round(100.0 * getattr(ratio, k) / whole, 1) for k in ("young", "working", "old")}
            row |= {"dependency_ratio": round(ratio.ratio, 1), "working_from": ratio.from_age, "working_to": ratio.to_age}
        if found.summary is not None and code in found.summary.index:
            moves = found.summary.loc[code]
            row |= {k: moves[k] for k in ("employed_residents", "jobs", "staying", "out_commuting", "in_commuting", "to_persons", "from_persons")}
            row |= {"out_percent": round(100.0 * moves["out_share"], 1), "in_percent": round(100.0 * moves["in_share"], 1)}
            row |= {k: None if moves[k] is None else found.names.get(str(moves[k]), str(moves[k])) for k in ("to", "from")}
        if found.regions is not None and code in found.regions.index:
            region: Any = found.regions.loc[code]
            row |= {"la_region": found.names.get(str(region["region"]), str(region["region"])), "la_centre": bool(region["centre"]), "la_margin_points": round(float(region["margin_points"]), 1)}
        row["year"] = found.flows.years[-1] if found.flows is not None else None
        rows.append(row)
    frame = pd.DataFrame(rows)
    for column in ("population", "employed_residents", "jobs", "staying", "out_commuting", "in_commuting", "to_persons", "from_persons", "working_from", "working_to", "year"):
        if column in frame:
            frame[column] = frame[column].astype("Float64").round().astype("Int64")
    persons = "personer"
    fields = (
        _f("municipality_code", "text", "f_municipality_code"), _f("name", "text", "f_municipality"), _f("population", "int", "p_population", persons),
        _f("population_date", "text", "p_population_date"), _f("age_date", "text", "p_age_date"), _f("young_percent", "float", "p_young", "%"),
        _f("working_percent", "float", "p_working", "%"), _f("old_percent", "float", "p_old", "%"), _f("dependency_ratio", "float", "p_dependency"),
        _f("working_from", "int", "p_working_from", "år"), _f("working_to", "int", "p_working_to", "år"), _f("employed_residents", "int", "p_employed", persons), _f("jobs", "int", "p_jobs", persons),
        _f("staying", "int", "p_staying", persons), _f("out_commuting", "int", "p_out", persons), _f("out_percent", "float", "p_out_share", "%"),
        _f("in_commuting", "int", "p_in", persons), _f("in_percent", "float", "p_in_share", "%"), _f("to", "text", "p_to"), _f("to_persons", "int", "p_to_persons", persons),
        _f("from", "text", "p_from"), _f("from_persons", "int", "p_from_persons", persons), _f("la_region", "text", "p_la"), _f("la_centre", "bool", "p_la_centre"),
        _f("la_margin_points", "float", "p_la_margin", "procentenheter"), _f("year", "text", "p_year"),
    )  # fmt: skip
    kept = tuple(f for f in fields if f.name in frame)
    return frame[[f.name for f in kept]], kept


def portrait_tables(plan: Plan, done: Done, found: Portrait | None, add: Callable[..., None]) -> None:
    """Add what a portrait tells as tables, and the steps that were left out where the run rests on statistics."""
    import pandas as pd

    if found is not None:
        frame, fields = _facts(plan, done, found)
        layers = done.layers.layers
        made_up = any(layers[k].synthetic for k in ("municipalities", "population_by_age", "commuting") if k in layers)
        add("municipality_facts", say("t_portrait"), frame, fields, note=_note(found), synthetic=made_up)
        if len(found.bands):
            named = found.bands.assign(name=[found.names.get(c, c) for c in found.bands["municipality_code"]])
            add(
                "population_bands", say("t_bands"), named[["municipality_code", "name", "date", "age_group", "persons", "percent", "source"]],
                (
                    _f("municipality_code", "text", "f_municipality_code"), _f("name", "text", "f_municipality"), _f("date", "text", "p_age_date"), _f("age_group", "text", "p_age_group"), _f("persons", "int", "p_persons"),
                    _f("percent", "float", "p_share", "%"), _f("source", "text", "p_source"),
                ),
                synthetic=made_up,
            )  # fmt: skip
        rows = _flow_rows(found)
        if rows:
            add(
                "commuting_flows", say("t_flows", year=found.flows.years[-1] if found.flows else ""), pd.DataFrame(rows),
                (
                    _f("municipality_code", "text", "f_municipality_code"), _f("name", "text", "f_municipality"), _f("direction", "text", "p_direction", values=(("out", say("p_out")), ("in", say("p_in")))), _f("other", "text", "p_other"),
                    _f("persons", "int", "p_persons"), _f("percent", "float", "p_flow_share", "%"),
                ),
                note=_note(found), synthetic=made_up,
            )  # fmt: skip
    if found is not None or not (done.blocks or done.catchments or done.villages):
        steps = left_out(plan, done)
        values = tuple((s, say(f"step_{s}")) for s in _NEEDS)
        add(
            "steps_left_out", say("t_left_out"), steps, (_f("step", "text", "p_step", values=values), _f("missing", "text", "p_missing"), _f("reason", "text", "p_reason")),
            synthetic=False,
        )  # fmt: skip


def _flow_rows(found: Portrait) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    if found.flows is None or found.summary is None:
        return rows
    for code in found.codes:
        if code not in found.flows.matrix.index:
            continue
        for direction in _DIRECTIONS:
            totals: Any = found.summary.loc[code]
            whole = float(totals["employed_residents" if direction == "out" else "jobs"])
            for other, persons in largest_flows(found.flows, code, direction).items():
                rows.append({
                    "municipality_code": code, "name": found.names.get(code, code), "direction": direction, "other": found.names.get(str(other), str(other)), "persons": round(persons),
                    "percent": round(100.0 * persons / whole, 1) if whole else np.nan,
                })  # fmt: skip
    return rows


def _note(found: Portrait) -> Text:
    texts = portrait_sentences(found)
    return Text(" ".join(t.sv for t in texts), " ".join(t.en for t in texts))


def portrait_sentences(found: Portrait | None) -> tuple[Text, ...]:
    """Say what commuting figures do not hold: flows out of the table, and zeros that may hide a few."""
    if found is None or found.flows is None:
        return ()
    inside = len(found.flows.matrix) - len(found.flows.external)
    out = [say("u_flows_within", count=both(inside), year=found.flows.years[-1])]
    nought, whole = found.zeros
    if nought:
        out.append(say("u_flows_zero", nought=both(nought), whole=both(whole)))
    return tuple(out)


def portrait_answer(found: Portrait | None, figures: Figures) -> Text | None:
    """Say who lives in the first municipality and how many commute, each number from the table."""
    if found is None:
        return None
    code = found.codes[0]
    name = found.names.get(code, code)
    table, parts = "municipality_facts", []

    def has(column: str) -> bool:
        return figures.has(table, column, municipality_code=code)

    if has("population"):
        parts.append(say("answer_population", name=name, people=figures.take(table, "population", municipality_code=code)))
    if found.summary is not None and code in found.summary.index and found.summary.loc[code, "to"] is not None:
        take = {k: figures.take(table, k, municipality_code=code) for k in ("out_commuting", "employed_residents", "in_commuting", "to_persons")}
        to = found.names.get(str(found.summary.loc[code, "to"]), str(found.summary.loc[code, "to"]))
        parts.append(say("answer_commuting", name=name, out=take["out_commuting"], employed=take["employed_residents"], into=take["in_commuting"], to=to, most=take["to_persons"]))
    if not parts:
        return None
    return Text(" ".join(p.sv for p in parts), " ".join(p.en for p in parts))


def portrait_method(found: Portrait | None) -> tuple[tuple[Text, Text], ...]:
    """Say how the ratio and the labour-market regions are worked out, with the bands there are."""
    if found is None:
        return ()
    out = []
    if found.ratios:
        spans = sorted({(r.from_age, r.to_age) for r in found.ratios.values()})
        first, last = spans[0]
        out.append((say("m_dependency"), say("m_dependency_text", young=first - 1, first=first, last=last, old=last + 1)))
    if found.regions is not None and found.flows is not None:
        out.append((say("m_la"), say("m_la_text", year=found.flows.years[-1])))
    return tuple(out)
