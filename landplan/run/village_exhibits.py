"""What a run shows of its villages: the profiles' pages, a layer of points, a table, and how it was worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan.contracts import FieldSpec
from landplan.export.items import Profile, ProfileCell, ProfileLine, VectorItem
from landplan.export.profile_words import PROFILE_WORDS
from landplan.layers.catalog import SHARING
from landplan.plan import Plan, Villages
from landplan.run.privacy import hide_few
from landplan.run.sharing import RESTRICTED, strictest
from landplan.run.villages import WORK, VillageSet
from landplan.run.wording import say
from landplan.style import Style, StyleClass, Text

if TYPE_CHECKING:
    import pandas as pd

    from landplan.run.figures import Figures
    from landplan.run.runner import Done

__all__ = ["profiles", "village_answer", "village_layers", "village_method", "village_table", "village_vectors"]

LAYER: Final = "villages"
_MADE_OF: Final = ("localities", "population_grid", "services", "workplaces", "roads", "broadband", "holiday_homes")
_SCORE_COLOURS: Final = ("#fde725", "#7ad151", "#22a884", "#2a788e", "#414487")


def village_layers(done: Done) -> tuple[str, ...]:
    """Return the layers of a page that shows the villages."""
    return (LAYER,) if done.villages is not None else ()


def _known(value: Any) -> float | None:
    number = float(value) if value is not None and value == value else float("nan")
    return number if np.isfinite(number) else None


def _people(found: VillageSet, limit: int) -> pd.DataFrame:
    """Persons around each village by country and in all ("" as country), those on few left out as everywhere."""
    import pandas as pd

    counts = ["population", "working_age"]
    parts = found.people
    if parts.empty:
        return pd.DataFrame(columns=["village_id", "country", *counts])
    whole = parts.groupby("village_id", sort=False)[counts].sum(min_count=1).reset_index().assign(country="")
    if len(found.countries) == 1:
        parts = parts.iloc[:0]
    both = pd.concat([whole, parts], ignore_index=True)
    out = hide_few(both, counts, limit, whole=pd.Series(both["country"] == "", index=both.index), within=("village_id",))
    # who is not of working age is a figure too
    rest = both["population"] - both["working_age"]
    out["working_age"] = out["working_age"].mask((rest > 0) & (rest < limit)).mask(out["population"].isna())
    return out


def _beyond(found: VillageSet, limit: int) -> pd.Series:
    """Persons with a long way to school, empty where they or those with a short one are few."""
    far, everyone = found.school["persons_beyond"].astype(float), found.school["persons"].astype(float)
    few = ((far > 0) & (far < limit)) | ((everyone - far > 0) & (everyone - far < limit))
    return far.mask(few)


def _why_hidden(value: float | None, limit: int) -> str:
    """Why a figure that is known is not shown: it is on few itself, or would tell another that is."""
    return "few_persons" if value is not None and 0 < value < limit else "protected"


def _by(frame: pd.DataFrame, *keys: str) -> Mapping[Any, Any]:
    return {tuple(row[k] for k in keys) if len(keys) > 1 else row[keys[0]]: row for row in frame.to_dict("records")}


def profiles(plan: Plan, done: Done) -> tuple[Profile, ...]:
    """Return a page a village: what is known as numbers, what is not as a reason."""
    found, cfg = done.villages, plan.villages
    if found is None or cfg is None or strictest(done.layers.layers, ["localities"]) == RESTRICTED:
        return ()
    limit = plan.export.min_persons
    layers = done.layers.layers
    people = _people(found, limit)
    persons, ways, jobs = _by(people, "village_id", "country"), _by(found.ways, "village_id", "kind", "country"), _by(found.jobs, "village_id", "country")
    far = _beyond(found, limit)
    towns = layers["municipalities"].frame if "municipalities" in layers else None
    names = {} if towns is None else dict(zip(towns["municipality_code"].astype(str), towns["name"].astype(str), strict=True))
    used = tuple(k for k in _MADE_OF if k in layers)
    values = {
        "minutes": cfg.jobs_min, "large": float(cfg.large_workplace_jobs), "limit": cfg.safe_route_m, "snap": plan.catchment.max_snap_m, "few": float(limit),
    }  # fmt: skip
    sources = tuple(dict.fromkeys([*found.sources.values(), cfg.safe_route_source]))
    out = []
    for village in found.places.itertuples():
        key = str(village.Index)
        score = found.scores.loc[village.Index]
        lines = {
            "people": _people_lines(found, persons, key, limit), "ways": _way_lines(cfg, found, ways, key), "work": _work_lines(found, jobs, key),
            "school": _school_lines(cfg, found, far, village.Index, limit), "around": _around_lines(found, village.Index),
        }  # fmt: skip
        parts = tuple((_word(ask.column), ask.weight, _known(score[f"value_{name}"])) for name, ask in cfg.indicators.items())
        out.append(
            Profile(
                id=key, name=str(village.name), municipality=names.get(str(village.municipality_code), str(village.municipality_code)), kind=str(village.kind),
                point=(village.geometry.x, village.geometry.y), radius_m=cfg.radius_m, countries=found.countries, lines=lines, values=values, winter=found.winter,
                by=plan.catchment.mode, score=_known(score["score"]) if parts else None, score_low=_known(score["score_low"]) if parts else None,
                score_high=_known(score["score_high"]) if parts else None, parts=parts, sources=sources, layers=used, synthetic=any(layers[k].synthetic for k in used),
            )
        )  # fmt: skip
    return tuple(out)


def _word(column: str) -> str:
    """The key of a column's words on the page."""
    return {"school_m": "school_way", "jobs": "jobs"}.get(column, column.removesuffix("_min"))


def _lacking(found: VillageSet, part: str) -> tuple[str, str]:
    """Why a part is known of no village, and the layer that would tell; empty where it is known."""
    layer, why = found.absent.get(part, ("", ""))
    return why, layer


def _people_lines(found: VillageSet, persons: Mapping[Any, Any], key: str, limit: int) -> tuple[ProfileLine, ...]:
    why, layer = _lacking(found, "people")
    out = []
    for column in ("population", "working_age"):
        cells = []
        for country in ("", *(found.countries if len(found.countries) > 1 else ())):
            row = persons.get((key, country))
            value = None if row is None else _known(row[column] if row[column] is not None and not _is_na(row[column]) else None)
            raw = found.people[(found.people["village_id"] == key) & ((found.people["country"] == country) | (country == ""))][column]
            reason = "" if value is not None else why or (_why_hidden(_known(raw.sum()), limit) if raw.notna().any() else "not_known")
            cells.append(ProfileCell(value=value, reason=reason))
        out.append(ProfileLine(column, tuple(cells), layer))
    return tuple(out)


def _is_na(value: Any) -> bool:
    return type(value).__name__ == "NAType"


def _way_lines(cfg: Villages, found: VillageSet, ways: Mapping[Any, Any], key: str) -> tuple[ProfileLine, ...]:
    out = []
    for kind in (*cfg.services, WORK):
        why, layer = _lacking(found, kind)
        cells = []
        for country in found.countries:
            row = ways.get((key, kind, country))
            if row is None:
                cells.append(ProfileCell(reason=why or "not_known"))
                continue
            value = _known(row["minutes"])
            cells.append(ProfileCell(value=value, winter=_known(row["winter_min"]), target=str(row["target"]), reason="" if value is not None else str(row["reason"])))
        out.append(ProfileLine(kind, tuple(cells), layer))
    return tuple(out)


def _work_lines(found: VillageSet, jobs: Mapping[Any, Any], key: str) -> tuple[ProfileLine, ...]:
    why, layer = _lacking(found, "jobs")
    cells = []
    for country in found.countries:
        row = jobs.get((key, country))
        if row is None or row["reason"]:
            cells.append(ProfileCell(reason=why or (str(row["reason"]) if row is not None else "not_known")))
        else:
            cells.append(ProfileCell(value=_known(row["jobs"]), winter=_known(row["winter_jobs"])))
    return (ProfileLine("jobs", tuple(cells), layer),)


def _school_lines(cfg: Villages, found: VillageSet, far: pd.Series, index: Any, limit: int) -> tuple[ProfileLine, ...]:
    why, layer = _lacking(found, "school_way")
    row = found.school.loc[index]
    metres = _known(row["metres"])
    out = [ProfileLine("school_way", (ProfileCell(value=metres, target=str(row["target"] or ""), reason="" if metres is not None else why or str(row["reason"])),), layer)]
    if why:
        return tuple(out)
    value = _known(far.loc[index])
    count = _known(row["persons_beyond"])
    gone, where = _lacking(found, "people")
    reason = "" if value is not None else gone or ("not_known" if count is None else _why_hidden(count, limit))
    out.append(ProfileLine("persons_beyond", (ProfileCell(value=value, reason=reason),), where))
    out.append(ProfileLine("school_within" if metres is not None and metres <= cfg.safe_route_m else "school_beyond", ()))
    return tuple(out)


def _around_lines(found: VillageSet, index: Any) -> tuple[ProfileLine, ...]:
    row = found.around.loc[index]
    out = []
    for column, empty in (("fibre_share", "none_around"), ("holiday_houses", "not_known")):
        why, layer = _lacking(found, column)
        value = _known(row[column])
        if value is not None and column == "fibre_share":
            value *= 100
        missing = "" if value is not None else why or empty
        out.append(ProfileLine(column, (ProfileCell(value=None if why else value, reason=missing),), layer or {"fibre_share": "broadband"}.get(column, "")))
    return tuple(out)


def _f(name: str, kind: Any, title: Text, unit: str = "", values: Any = ()) -> FieldSpec:
    return FieldSpec(name, kind, title, unit=unit, values=tuple(values))


def _land(country: str) -> Text:
    return PROFILE_WORDS.get(f"country_{country}", Text(country, country))


def _named(key: str, cfg: Villages) -> Text:
    """The page's words of a column, as a heading."""
    km = f"{cfg.radius_m / 1000:g}"
    given = {"km": Text(km.replace(".", ","), km), "minutes": Text(*[f"{cfg.jobs_min:g}"] * 2), "large": Text(*[f"{cfg.large_workplace_jobs}"] * 2), "limit": Text(*[f"{cfg.safe_route_m:g}"] * 2)}
    said = [PROFILE_WORDS[key][lang].format(**{k: v[lang] for k, v in given.items()}) for lang in ("sv", "en")]
    return Text(*(f"{t[:1].upper()}{t[1:]}" for t in said))


def _frame(plan: Plan, done: Done) -> tuple[Any, tuple[FieldSpec, ...]]:
    """Return a row a village, and what its columns are called."""
    import geopandas as gpd

    found, cfg = done.villages, plan.villages
    assert found is not None
    assert cfg is not None
    layers = done.layers.layers
    kinds = tuple((k, v) for k, v in PROFILE_WORDS.items() if k in ("village", "smaort", "tatort", "former_tatort", "district", "other"))
    out = gpd.GeoDataFrame(found.places[["name", "municipality_code", "kind", "geometry"]].copy(), crs=found.places.crs)
    out.insert(0, "village_id", out.index.astype(str))
    fields = [_f("village_id", "text", say("f_village_id")), _f("name", "text", say("f_village")), _f("municipality_code", "text", say("f_municipality_code")), _f("kind", "text", say("f_village_kind"), values=kinds)]

    def add(name: str, kind: Any, values: Any, title: Text, unit: str = "") -> None:
        out[name] = values
        fields.append(_f(name, kind, title, unit))

    several = len(found.countries) > 1
    people = _people(found, plan.export.min_persons)
    for column in ("population", "working_age"):
        title = _named(column, cfg)
        for country in ("", *(found.countries if several else ())):
            some = people[people["country"] == country].set_index("village_id")[column].reindex(out.index)
            end = Text(f"{title.sv}: {_land(country).sv}", f"{title.en}: {_land(country).en}") if country else title
            if not some.isna().all():
                add(f"{column}_{country.lower()}" if country else column, "int", some.astype("Int64"), end, "personer")
    for kind in (*cfg.services, WORK):
        rows = found.ways[found.ways["kind"] == kind]
        if rows.empty:
            continue
        title = _named(kind, cfg)
        for country in ("", *(found.countries if several else ())):
            theirs = rows if not country else rows[rows["country"] == country]
            best = theirs.groupby("village_id")[["minutes", "winter_min"]].min().reindex(out.index).replace([np.inf], np.nan)
            tail = f"_{country.lower()}" if country else ""
            at = Text(f"{title.sv}: {_land(country).sv}", f"{title.en}: {_land(country).en}") if country else title
            add(f"{kind}{tail}_min", "float", best["minutes"].round(1), at, "min")
            if found.winter:
                add(f"{kind}{tail}_winter_min", "float", best["winter_min"].round(1), Text(f"{at.sv}, vinter", f"{at.en}, winter"), "min")
    if len(found.jobs):
        title = _named("jobs", cfg)
        for country in ("", *(found.countries if several else ())):
            mine = found.jobs if not country else found.jobs[found.jobs["country"] == country]
            total = mine.groupby("village_id")["jobs"].sum().reindex(out.index)
            lost = mine[mine["reason"] != ""]["village_id"]
            at = Text(f"{title.sv}: {_land(country).sv}", f"{title.en}: {_land(country).en}") if country else title
            add(f"jobs_{country.lower()}" if country else "jobs", "int", total.mask(total.index.isin(lost)).astype("Int64"), at)
    if "school_way" not in found.absent:
        metres = found.school["metres"].replace([np.inf], np.nan)
        add("school_m", "float", metres.round(-1), _named("school_way", cfg), "m")
        add("school_beyond", "bool", ~(found.school["metres"] <= cfg.safe_route_m), say("f_school_beyond", limit=f"{cfg.safe_route_m:g}"))
        add("persons_beyond", "int", _beyond(found, plan.export.min_persons).round().astype("Int64"), _named("persons_beyond", cfg), "personer")
    if "fibre_share" not in found.absent:
        add("fibre_percent", "float", (100 * found.around["fibre_share"]).round(0), _named("fibre_share", cfg), "%")
    if "holiday_houses" not in found.absent:
        add("holiday_houses", "int", found.around["holiday_houses"].astype("Int64"), _named("holiday_houses", cfg))
    if cfg.indicators:
        for name, key in (("score_100", "f_village_score"), ("score_low_100", "f_score_low"), ("score_high_100", "f_score_high")):
            add(name, "float", (100 * found.scores[name.removesuffix("_100")]).round(1), say(key))
        words = {k: _named(_word(ask.column), cfg)[plan.plan.language] for k, ask in cfg.indicators.items()}
        add("lacks", "text", [", ".join(words[k] for k in str(t).split(", ") if k in words) for t in found.scores["lacks"]], say("f_lacks"))
    add("reason", "text", _reasons(found, out.index), say("f_reason"))
    towns = layers["municipalities"].frame if "municipalities" in layers else None
    if towns is not None:
        names = dict(zip(towns["municipality_code"].astype(str), towns["name"].astype(str), strict=True))
        out["municipality_code"] = [names.get(str(c), str(c)) for c in out["municipality_code"]]
        out = out.rename(columns={"municipality_code": "municipality"})
        fields[2] = _f("municipality", "text", say("f_municipality"))
    return out, tuple(fields)


def _reasons(found: VillageSet, index: Any) -> list[str]:
    """Why a village's minutes are empty: no road near it, or none that leads there."""
    why: Any = found.ways[found.ways["reason"].isin(["off_network", "disconnected"])].groupby("village_id")["reason"].first() if len(found.ways) else {}
    return [str(why.get(i, "")) for i in index]


def _sharing(done: Done) -> str:
    return max((strictest(done.layers.layers, ["localities"]), "open"), key=SHARING.index)


def village_vectors(plan: Plan, done: Done, *, common: dict[str, Any]) -> tuple[VectorItem, ...]:
    """Return the villages as points, coloured by their scores."""
    if done.villages is None:
        return ()
    frame, fields = _frame(plan, done)
    classes = tuple(StyleClass(float(20 * (k + 1)), Text(f"{20 * k}–{20 * (k + 1)}", f"{20 * k}–{20 * (k + 1)}"), c) for k, c in enumerate(_SCORE_COLOURS))
    scored = "score_100" in frame and bool(frame["score_100"].notna().any())
    look: dict[str, Any] = {"kind": "graduated", "column": "score_100", "classes": classes} if scored else {}
    style = Style(**look, color="#0b5578", stroke="#ffffff", size_px=10, width_px=1.0, opacity=1.0)
    # the places themselves are named by their own layer; twice the same name is clutter
    return (VectorItem(id=LAYER, title=say("l_villages" if scored else "t_villages"), frame=frame.reset_index(drop=True), style=style, fields=fields, sharing=_sharing(done), **common),)


def village_table(plan: Plan, done: Done, add: Callable[..., None]) -> None:
    """Add the table of villages, the best first."""
    if done.villages is None or plan.villages is None:
        return
    frame, fields = _frame(plan, done)
    table = frame.drop(columns="geometry")
    if "score_100" in table:
        table = table.sort_values(["score_100", "name"], ascending=[False, True], kind="stable")
    lacking = [Text(*(_missing(found_layer, why, part, plan.villages)[lang] for lang in ("sv", "en"))) for part, (found_layer, why) in done.villages.absent.items()]
    note = Text("; ".join(t.sv for t in lacking), "; ".join(t.en for t in lacking))
    add(LAYER, say("t_villages"), table, fields, note=note, sharing=_sharing(done))


def _missing(layer: str, why: str, part: str, cfg: Villages) -> Text:
    name = PROFILE_WORDS[f"layer_{layer}"]
    reason = PROFILE_WORDS[why]
    what = _named({"school_way": "school_way"}.get(part, part), cfg)
    return Text(f"{what.sv}: {reason.sv.format(layer=name.sv)}", f"{what.en}: {reason.en.format(layer=name.en)}")


def village_answer(done: Done, figures: Figures) -> Text | None:
    """Say which village offers newcomers most, with the figures of its row."""
    found = done.villages
    if found is None or strictest(done.layers.layers, ["localities"]) == RESTRICTED:
        return None
    count = figures.count(LAYER)
    if "score" not in found.scores or not found.scores["score"].notna().any():
        return say("answer_villages_unscored", count=count)
    order = found.scores.round({"score": 6}).assign(name=found.places["name"]).sort_values(["score", "name"], ascending=[False, True], kind="stable")
    return say("answer_villages", count=count, name=str(order["name"].iloc[0]), score=figures.take(LAYER, "score_100", village_id=str(order.index[0])))


def village_method(plan: Plan, done: Done) -> tuple[tuple[Text, Text], ...]:
    """Say how the villages were counted and weighed."""
    if done.villages is None or plan.villages is None:
        return ()
    cfg = plan.villages
    shares = sum(i.weight for i in cfg.indicators.values())
    said = []
    for ask in cfg.indicators.values():
        title = _named(_word(ask.column), cfg)
        said.append(Text(*(f"{title[lang]} ({ask.worst:g}–{ask.best:g} {ask.unit}, {100 * ask.weight / shares:.0f} %, {ask.source})".replace(" ,", ",") for lang in ("sv", "en"))))
    parts = Text("; ".join(t.sv for t in said), "; ".join(t.en for t in said))
    text = say("m_villages_text", km=f"{cfg.radius_m / 1000:g}", limit=f"{cfg.safe_route_m:g}", source=cfg.safe_route_source)
    out = [(say("m_villages"), text)]
    return (*out, (say("m_village_score"), say("m_village_score_text", parts=parts))) if said else tuple(out)
