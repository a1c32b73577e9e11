"""Summer beside winter: the catchment in the plan's second season, and who gains and loses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import network as n
from landplan.contracts import FieldSpec
from landplan.export.items import TableItem, VectorItem
from landplan.plan import Plan
from landplan.run.figures import Figures
from landplan.run.privacy import hide_few
from landplan.run.squares import SQUARES, ShownSquares
from landplan.run.wording import say
from landplan.style import Style, StyleClass, Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["SeasonSet", "compare_seasons", "season_answer", "season_sentences", "season_table", "season_vectors"]

_LEAST_MIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class SeasonSet:
    """The catchment of every site in the plan's two seasons.

    Attributes
    ----------
    base, other : str
        What results hold for, and what they are compared with.
    areas, certificate
        Rings of the other season, as `IsochroneResult`.
    squares : geopandas.GeoDataFrame
        `site_id`, `square_id`, `population`, `base_min`, `other_min`, `change_min`, `status` (by the last threshold).
    table : pandas.DataFrame
        `site_id`, `municipality_code` ("" for all), `minutes`, `base`, `other`, `gained`, `lost` persons, `mean_change_min`.
    """

    base: str
    other: str
    areas: gpd.GeoDataFrame
    certificate: pd.DataFrame
    squares: gpd.GeoDataFrame
    table: pd.DataFrame


def compare_seasons(
    plan: Plan, net: n.Network, sites: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None
) -> SeasonSet | None:
    """Work the catchment out in the second season; None when the plan names fewer than two.

    Parameters
    ----------
    plan : Plan
    net : Network
        In the first season.
    sites : geopandas.GeoDataFrame
        Points by site id.
    squares, polygons : geopandas.GeoDataFrame
        Population squares as points by square id, and as they are drawn, in the same order.
    water : geopandas.GeoDataFrame, optional
        Where rings do not go.
    """
    import geopandas as gpd
    import pandas as pd

    cfg = plan.catchment
    if len(cfg.seasons) < 2:
        return None
    base, other = cfg.seasons[0], cfg.seasons[1]
    legs: dict[str, Any] = {"max_m": cfg.max_snap_m, "access_kmh": cfg.access_kmh}
    later = net.at(other, cfg.period)
    dense = [n.matrix(x, squares, sites, **legs).to_dense().astype(np.float64) for x in (net, later)]
    rings = n.isochrones(
        later, sites, cfg.minutes, access_kmh=5.0, site_access_kmh=cfg.access_kmh, max_access_m=cfg.ring_access_m, barriers=water,
        cell_m=cfg.ring_cell_m, max_snap_m=cfg.max_snap_m,
    )  # fmt: skip
    people = squares["population"].to_numpy(np.float64)
    codes = squares["municipality_code"].astype(object).where(squares["municipality_code"].notna(), "").astype(str).to_numpy() if "municipality_code" in squares else np.full(len(squares), "", dtype=object)
    rows: list[dict[str, Any]] = []
    parts = []
    last = float(cfg.minutes[-1])
    for i, site in enumerate(sites.index):
        a, b = dense[0][:, i], dense[1][:, i]
        for limit in cfg.minutes:
            change, status = n.changes(a, b, float(limit), least_min=_LEAST_MIN)
            for code in ["", *sorted(set(codes.tolist()) - {""})]:
                here = np.ones(codes.size, np.bool_) if code == "" else codes == code
                both_times = here & np.isfinite(change) & (a <= limit)
                weight = float(people[both_times].sum())
                rows.append(
                    {
                        "site_id": site, "municipality_code": code, "minutes": float(limit), "base": people[here & (a <= limit)].sum(),
                        "other": people[here & (b <= limit)].sum(), "gained": people[here & (status == "gained")].sum(),
                        "lost": people[here & (status == "lost")].sum(),
                        "mean_change_min": float((people[both_times] * change[both_times]).sum() / weight) if weight else np.nan,
                    }
                )  # fmt: skip
        change, status = n.changes(a, b, last, least_min=_LEAST_MIN)
        frame = gpd.GeoDataFrame(
            {
                "site_id": site, "square_id": squares["square_id"].to_numpy(), "population": squares["population"].to_numpy(),
                "base_min": np.where(np.isfinite(a), a, np.nan), "other_min": np.where(np.isfinite(b), b, np.nan), "change_min": change,
                "status": status,
            },
            geometry=polygons.geometry.to_numpy(), crs=polygons.crs,
        )  # fmt: skip
        parts.append(frame[(frame["status"] != "out_of_reach") & (frame["population"] > 0)])
    table = pd.DataFrame(rows)
    found = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=polygons.crs)
    return SeasonSet(base, other, rings.areas, rings.certificate, found, table)


def _word(season: str) -> Text:
    return say(f"season_{season}") if season in ("summer", "winter") else Text(season, season)


def _in(season: str) -> Text:
    return say(f"in_{season}") if season in ("summer", "winter") else Text(season, season)


def season_vectors(
    found: SeasonSet, *, ring_style: Style, bands: Callable[[Any], Any], ring_fields: tuple[FieldSpec, ...], shown: ShownSquares, limit_min: float,
    common: dict[str, Any],
) -> tuple[VectorItem, ...]:
    """Return the other season's rings and the squares whose minutes change, of each site."""
    other, base = _word(found.other), _word(found.base)
    rings = VectorItem(
        id=f"isochrones_{found.other}", title=say("l_season_rings", season=_in(found.other)), description=say("d_rings"), frame=bands(found.areas),
        style=ring_style, fields=ring_fields, visible=False, scenario=say("scenario_season", season=other), **common,
    )
    squares = _shown(found, shown, limit_min)
    values = tuple((key, say(f"status_{key}", season=_in(found.other))) for key in ("gained", "lost", "faster", "slower", "unchanged"))
    colours = {"gained": "#0072b2", "lost": "#d55e00", "faster": "#9ecae1", "slower": "#fdbe85", "unchanged": "#e6e6e6"}
    change = VectorItem(
        id="season_squares", title=say("l_season_squares", base=base, other=other), frame=squares,
        style=Style(
            kind="classes", column="status", classes=tuple(StyleClass(key, words, colours[key]) for key, words in values), width_px=0.0,
            stroke="#888888", opacity=0.85,
        ),
        fields=(
            FieldSpec("square_id", "text", Text("Ruta", "Square")), SQUARES, FieldSpec("population", "int", Text("Folkmängd", "Population"), unit="personer"),
            FieldSpec("base_min", "float", say("f_season_minutes", season=base), unit="min"),
            FieldSpec("other_min", "float", say("f_season_minutes", season=other), unit="min"),
            FieldSpec("change_min", "float", Text("Skillnad", "Difference"), unit="min"),
            FieldSpec("status", "text", Text("Vad som händer", "What happens"), values=values),
        ),
        description=shown.note, visible=False, scenario=say("scenario_season", season=other), **common,
    )  # fmt: skip
    return rings, change


def _shown(found: SeasonSet, shown: ShownSquares, limit_min: float) -> gpd.GeoDataFrame:
    """The squares grouped as everywhere else; a group's change and status follow from its own minutes in both seasons."""
    import pandas as pd

    parts = []
    for site, own in found.squares.groupby("site_id", sort=False):
        # both seasons' means are over the same people, where anyone in the group has minutes in both
        told = own["base_min"].notna() & own["other_min"].notna()
        group = shown.group.reindex(own["square_id"].astype(str)).to_numpy()
        frame = shown.layer(own[told | ~told.groupby(group).transform("any")], ("base_min", "other_min"))
        base, other = (frame[c].fillna(np.inf).to_numpy(np.float64) for c in ("base_min", "other_min"))
        change, status = n.changes(base, other, limit_min, least_min=_LEAST_MIN)
        frame = frame.assign(change_min=change, status=status).drop(columns=[c for c in ("working_age", "reason") if c in frame])
        frame.insert(0, "site_id", site)
        parts.append(frame[frame["status"] != "out_of_reach"])
    return pd.concat(parts, ignore_index=True) if parts else found.squares.iloc[:0]


def _capital(words: Text) -> Text:
    return Text(*(w[:1].upper() + w[1:] for w in (words.sv, words.en)))


def season_table(found: SeasonSet, names: dict[str, str], everyone: str, *, min_persons: int, synthetic: bool) -> TableItem:
    """Return persons within each threshold in both seasons, the whole first, then by municipality."""
    base, other = _word(found.base), _word(found.other)
    # the whole stays though nobody lives within it: sentences are written from it
    frame = found.table[(found.table["base"] > 0) | (found.table["other"] > 0) | (found.table["municipality_code"] == "")].copy()
    frame["name"] = [names.get(str(c), str(c)) if c else everyone for c in frame["municipality_code"]]
    counts = ("base", "other", "gained", "lost")
    frame = hide_few(frame, counts, min_persons, whole=frame["municipality_code"] == "", within=("site_id", "minutes"), balance=counts)
    frame.loc[frame[list(counts)].isna().any(axis=1), "mean_change_min"] = np.nan
    frame = frame.sort_values(["site_id", "minutes", "municipality_code"], kind="stable")
    fields: tuple[FieldSpec, ...] = (
        FieldSpec("name", "text", Text("Kommun", "Municipality")), FieldSpec("minutes", "float", Text("Inom", "Within"), unit="min"),
        FieldSpec("base", "int", _capital(base), unit="personer"), FieldSpec("other", "int", _capital(other), unit="personer"),
        FieldSpec("gained", "int", Text("Tillkommer", "Gained"), unit="personer"), FieldSpec("lost", "int", Text("Faller bort", "Lost"), unit="personer"),
        FieldSpec("mean_change_min", "float", Text("Ändrad restid, medeltal", "Mean change of minutes"), unit="min"),
    )  # fmt: skip
    if frame["site_id"].nunique() > 1:
        fields = (FieldSpec("site_id", "text", Text("Plats", "Site")), *fields)
    kept = frame[[f.name for f in fields]].reset_index(drop=True)
    return TableItem(id="season_change", title=say("t_season", base=base, other=other), frame=kept, fields=fields, synthetic=synthetic)


def _whole(found: SeasonSet, plan: Plan, site_id: str, level: float) -> dict[str, Any]:
    """Return what picks all municipalities' row of a site in the seasons' table."""
    where: dict[str, Any] = {"name": say("everyone")[plan.plan.language], "minutes": level}
    return {"site_id": site_id, **where} if found.table["site_id"].nunique() > 1 else where


def season_answer(found: SeasonSet, plan: Plan, site_id: str, level: float, figures: Figures) -> Text:
    """Say in a short sentence, behind the base season's, how many reach a site in the other season."""
    people = figures.take("season_change", "other", **_whole(found, plan, site_id, level))
    return say("season_short", season=_capital(_in(found.other)), minutes=f"{level:g}", people=people)


def season_sentences(found: SeasonSet, plan: Plan, figures: Figures) -> tuple[Text, ...]:
    """Say in one sentence a site how many reach it in the other season, and what the winter's speeds rest on."""
    out = []
    base, other = _in(found.base), _in(found.other)
    levels = plan.catchment.minutes
    level = 45.0 if 45.0 in levels else levels[-1]
    for site_id in dict.fromkeys(found.table["site_id"]):
        where = _whole(found, plan, str(site_id), level)
        out.append(
            say(
                "season_answer", site=plan.sites[str(site_id)].name, season=other, base_season=base, minutes=f"{level:g}",
                people=figures.take("season_change", "other", **where), before=figures.take("season_change", "base", **where),
            )
        )
    sources = sorted({r.source for r in plan.catchment.rules if r.season == found.other and r.source})
    if sources:
        out.append(say("season_source", season=other, source="; ".join(sources)))
    return tuple(out)
