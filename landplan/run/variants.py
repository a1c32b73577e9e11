"""A case beside the base: the catchment in the plan's second season or with an åtgärd built, and who gains and loses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan import network as n
from landplan.contracts import FieldSpec
from landplan.errors import LayerError, NetworkError, PlanError
from landplan.export.items import TableItem, VectorItem
from landplan.plan import Plan, Scenario
from landplan.run.figures import Figures
from landplan.run.privacy import hide_few
from landplan.run.squares import SQUARES, ShownSquares
from landplan.run.wording import say
from landplan.style import Style, StyleClass, Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["Variant", "compare_variants", "short_answer", "variant_sentences", "variant_table", "variant_vectors", "with_scenario"]

_LEAST_MIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Variant:
    """The catchment of every site in a case, held against the base.

    Attributes
    ----------
    id : str
        The season, or the scenario's name.
    kind : {"season", "scenario"}
    base, other : Text
        What each case is called, as "sommar", "Ny bro".
    in_base, in_other : Text
        The same inside a sentence, as "på sommaren", "med åtgärden Ny bro".
    source : str
        What the case rests on.
    areas, certificate
        Rings of the case, as `IsochroneResult`.
    squares : geopandas.GeoDataFrame
        `site_id`, `square_id`, `population`, `base_min`, `other_min`, `change_min`, `status` (by the last threshold).
    table : pandas.DataFrame
        `site_id`, `municipality_code` ("" for all), `minutes`, `base`, `other`, `gained`, `lost` persons, `mean_change_min`.
    roads : geopandas.GeoDataFrame, optional
        Roads that an åtgärd builds, changes or closes: `what`, `road_class`.
    """

    id: str
    kind: Literal["season", "scenario"]
    base: Text
    other: Text
    in_base: Text
    in_other: Text
    source: str
    areas: gpd.GeoDataFrame
    certificate: pd.DataFrame
    squares: gpd.GeoDataFrame
    table: pd.DataFrame
    roads: gpd.GeoDataFrame | None = None

    @property
    def squares_id(self) -> str:
        """Id of the layer of what changes."""
        return "season_squares" if self.kind == "season" else f"squares_{self.id}"

    @property
    def table_id(self) -> str:
        """Id of the table of what changes."""
        return "season_change" if self.kind == "season" else f"change_{self.id}"


@dataclass(frozen=True, slots=True)
class _Case:
    """A network to hold against the base, and what it is called."""

    id: str
    kind: Literal["season", "scenario"]
    net: n.Network
    words: tuple[Text, Text, Text, Text]
    source: str
    roads: gpd.GeoDataFrame | None = None


def _season_words(season: str) -> tuple[Text, Text]:
    return say(f"season_{season}"), say(f"in_{season}")


def with_scenario(net: n.Network, plan: Plan, scenario: Scenario) -> tuple[n.Network, gpd.GeoDataFrame]:
    """Return a network in which a plan's åtgärd is built, and the roads that it concerns.

    Raises
    ------
    PlanError
        If it names a road or a file that is not there, or a new road meets none.
    """
    import geopandas as gpd
    import pandas as pd

    where = f"[[scenarios]] {scenario.name!r}"
    patches: list[n.Patch] = []
    shown: list[dict[str, Any]] = []
    have = net.edges
    for number, change in enumerate(scenario.changes, start=1):
        label = f"{where}, change {number}"
        if change.kind == "new_road":
            for k, line in enumerate(_lines(plan, change, label), start=1):
                patches.append(
                    n.AddRoad(
                        line, change.speed_kmh or 0.0, road_class=change.new_class, oneway=change.oneway, connect_m=change.connect_m,
                        edge_id=f"{scenario.name}-{number}-{k}", name=scenario.title.text().sv,
                    )
                )  # fmt: skip
                shown.append({"what": "new", "road_class": change.new_class, "geometry": line})
            continue
        if change.roads:
            # an id of the layer may be a number
            meant = have[have.index.astype(str).isin(change.roads)]
            if lacking := sorted(set(change.roads) - set(meant.index.astype(str))):
                raise PlanError(f"{label}: the roads layer has no road {lacking[0]!r}; its ids are in column road_id")
        else:
            meant = have[have["road_class"].isin(change.road_class) & ~have["ferry"]]
            if not len(meant):
                raise PlanError(f"{label}: no road is of class {', '.join(change.road_class)}")
        ids = tuple(dict.fromkeys(meant.index))
        patches.append(n.Close(ids) if change.kind == "close" else n.Speed(ids, factor=change.factor, speed_kmh=change.speed_kmh))
        word = "closed" if change.kind == "close" else "changed"
        shown += [{"what": word, "road_class": c, "geometry": g} for c, g in zip(meant["road_class"], meant.geometry, strict=True)]
    try:
        built = net.with_patches(patches)
    except NetworkError as exc:
        raise PlanError(f"{where}: {exc}") from exc
    return built, gpd.GeoDataFrame(pd.DataFrame(shown), geometry="geometry", crs=net.crs)


def _lines(plan: Plan, change: Any, label: str) -> list[Any]:
    """A new road's lines: as written in the plan, or every line of a file."""
    import shapely

    if change.line:
        return [shapely.LineString(change.line)]
    import pyogrio

    path = plan.folder / str(change.file)
    try:
        frame = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, OSError) as exc:
        raise LayerError(f"{label}: {path} cannot be read ({exc}); save the new road as GeoJSON or GeoPackage") from exc
    if frame.crs is None:
        raise LayerError(f"{label}: {path} does not say its coordinate system; save it again with one")
    lines = frame.to_crs(plan.plan.crs).explode(ignore_index=True).geometry
    if not len(lines) or not (lines.geom_type == "LineString").all():
        raise LayerError(f"{label}: {path} holds {', '.join(sorted(set(lines.geom_type))) or 'nothing'}; a new road is a line")
    return list(lines)


def _cases(plan: Plan, net: n.Network) -> Iterable[_Case]:
    cfg = plan.catchment
    if len(cfg.seasons) > 1:
        (base, in_base), (other, in_other) = map(_season_words, cfg.seasons[:2])
        sources = sorted({r.source for r in cfg.rules if r.season == cfg.seasons[1] and r.source})
        yield _Case(cfg.seasons[1], "season", net.at(cfg.seasons[1], cfg.period), (base, other, in_base, in_other), "; ".join(sources))
    for scenario in plan.scenarios:
        built, roads = with_scenario(net, plan, scenario)
        title = scenario.title.text()
        yield _Case(
            scenario.name, "scenario", built, (say("without_measure"), title, say("in_without_measure"), say("in_measure", title=title)),
            scenario.source, roads,
        )  # fmt: skip


def compare_variants(
    plan: Plan, net: n.Network, sites: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None
) -> tuple[Variant, ...]:
    """Work the catchment out in the plan's second season and with each of its scenarios.

    Parameters
    ----------
    plan : Plan
    net : Network
        The base: in the first season, nothing built.
    sites : geopandas.GeoDataFrame
        Points by site id.
    squares, polygons : geopandas.GeoDataFrame
        Population squares as points by square id, and as they are drawn, in the same order.
    water : geopandas.GeoDataFrame, optional
        Where rings do not go.
    """
    cases = tuple(_cases(plan, net))
    if not cases:
        return ()
    before = _minutes(plan, net, squares, sites)
    return tuple(_variant(plan, case, before, sites, squares, polygons, water) for case in cases)


def _minutes(plan: Plan, net: n.Network, squares: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> np.ndarray:
    legs: dict[str, Any] = {"max_m": plan.catchment.max_snap_m, "access_kmh": plan.catchment.access_kmh}
    return n.matrix(net, squares, sites, **legs).to_dense().astype(np.float64)


def _variant(
    plan: Plan, case: _Case, before: np.ndarray, sites: gpd.GeoDataFrame, squares: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None,
) -> Variant:  # fmt: skip
    import geopandas as gpd
    import pandas as pd

    cfg = plan.catchment
    after = _minutes(plan, case.net, squares, sites)
    rings = n.isochrones(
        case.net, sites, cfg.minutes, access_kmh=5.0, site_access_kmh=cfg.access_kmh, max_access_m=cfg.ring_access_m, barriers=water,
        cell_m=cfg.ring_cell_m, max_snap_m=cfg.max_snap_m,
    )  # fmt: skip
    people = squares["population"].to_numpy(np.float64)
    codes = squares["municipality_code"].astype(object).where(squares["municipality_code"].notna(), "").astype(str).to_numpy() if "municipality_code" in squares else np.full(len(squares), "", dtype=object)
    rows: list[dict[str, Any]] = []
    parts = []
    last = float(cfg.minutes[-1])
    for i, site in enumerate(sites.index):
        a, b = before[:, i], after[:, i]
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
    found = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=polygons.crs)
    return Variant(case.id, case.kind, *case.words, case.source, rings.areas, rings.certificate, found, pd.DataFrame(rows), case.roads)


_ROAD_COLOURS: Final = {"new": "#cc3311", "changed": "#ee7733", "closed": "#555555"}


def variant_vectors(
    found: Variant, *, ring_style: Style, bands: Callable[[Any], Any], ring_fields: tuple[FieldSpec, ...], shown: ShownSquares, limit_min: float,
    common: dict[str, Any],
) -> tuple[VectorItem, ...]:  # fmt: skip
    """Return a case's rings, the squares whose minutes change, and the roads that it changes."""
    scenario = say(f"scenario_{found.kind}", title=found.other)
    more: dict[str, Any] = {"visible": False, "scenario": scenario, **common}
    rings = VectorItem(
        id=f"isochrones_{found.id}", title=say("l_variant_rings", case=found.in_other), description=say("d_rings"), frame=bands(found.areas),
        style=ring_style, fields=ring_fields, **more,
    )
    short = say("with_measure") if found.kind == "scenario" else found.in_other
    values = tuple((key, say(f"status_{key}", case=short)) for key in ("gained", "lost", "faster", "slower", "unchanged"))
    colours = {"gained": "#0072b2", "lost": "#d55e00", "faster": "#9ecae1", "slower": "#fdbe85", "unchanged": "#e6e6e6"}
    change = VectorItem(
        id=found.squares_id, title=say(f"l_{found.kind}_squares", base=found.base, other=found.other), frame=_shown(found, shown, limit_min),
        style=Style(
            kind="classes", column="status", classes=tuple(StyleClass(key, words, colours[key]) for key, words in values), width_px=0.0,
            stroke="#888888", opacity=0.85,
        ),
        fields=(
            FieldSpec("square_id", "text", Text("Ruta", "Square")), SQUARES, FieldSpec("population", "int", Text("Folkmängd", "Population"), unit="personer"),
            FieldSpec("base_min", "float", say("f_variant_minutes", case=found.base), unit="min"),
            FieldSpec("other_min", "float", say("f_variant_minutes", case=found.other), unit="min"),
            FieldSpec("change_min", "float", Text("Skillnad", "Difference"), unit="min"),
            FieldSpec("status", "text", Text("Vad som händer", "What happens"), values=values),
        ),
        description=shown.note, **more,
    )  # fmt: skip
    if found.roads is None or not len(found.roads):
        return rings, change
    kinds = tuple((key, say(f"road_{key}")) for key in _ROAD_COLOURS)
    roads = VectorItem(
        id=f"roads_{found.id}", title=say("l_variant_roads", title=found.other), frame=found.roads, source=found.source, order=8.0,
        style=Style(
            kind="classes", column="what", classes=tuple(StyleClass(k, w, _ROAD_COLOURS[k]) for k, w in kinds if (found.roads["what"] == k).any()), width_px=4.0,
            opacity=1.0,
        ),
        fields=(FieldSpec("what", "text", Text("Åtgärd", "Measure"), values=kinds), FieldSpec("road_class", "text", Text("Vägklass", "Road class"))),
        **more,
    )  # fmt: skip
    return rings, change, roads


def _shown(found: Variant, shown: ShownSquares, limit_min: float) -> gpd.GeoDataFrame:
    """The squares grouped as everywhere else; a group's change and status follow from its own minutes in both cases."""
    import pandas as pd

    parts = []
    for site, own in found.squares.groupby("site_id", sort=False):
        # both cases' means are over the same people, where anyone in the group has minutes in both
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


def variant_table(found: Variant, names: dict[str, str], everyone: str, *, min_persons: int, synthetic: bool) -> TableItem:
    """Return persons within each threshold in both cases, the whole first, then by municipality."""
    # the whole stays though nobody lives within it: sentences are written from it
    frame = found.table[(found.table["base"] > 0) | (found.table["other"] > 0) | (found.table["municipality_code"] == "")].copy()
    frame["name"] = [names.get(str(c), str(c)) if c else everyone for c in frame["municipality_code"]]
    counts = ("base", "other", "gained", "lost")
    frame = hide_few(frame, counts, min_persons, whole=frame["municipality_code"] == "", within=("site_id", "minutes"), balance=counts)
    frame.loc[frame[list(counts)].isna().any(axis=1), "mean_change_min"] = np.nan
    frame = frame.sort_values(["site_id", "minutes", "municipality_code"], kind="stable")
    fields: tuple[FieldSpec, ...] = (
        FieldSpec("name", "text", Text("Kommun", "Municipality")), FieldSpec("minutes", "float", Text("Inom", "Within"), unit="min"),
        FieldSpec("base", "int", _capital(found.base), unit="personer"), FieldSpec("other", "int", _capital(found.other), unit="personer"),
        FieldSpec("gained", "int", Text("Tillkommer", "Gained"), unit="personer"), FieldSpec("lost", "int", Text("Faller bort", "Lost"), unit="personer"),
        FieldSpec("mean_change_min", "float", Text("Ändrad restid, medeltal", "Mean change of minutes"), unit="min"),
    )  # fmt: skip
    if frame["site_id"].nunique() > 1:
        fields = (FieldSpec("site_id", "text", Text("Plats", "Site")), *fields)
    kept = frame[[f.name for f in fields]].reset_index(drop=True)
    return TableItem(id=found.table_id, title=say(f"t_{found.kind}", base=found.base, other=found.other), frame=kept, fields=fields, synthetic=synthetic)


def _whole(found: Variant, plan: Plan, site_id: str, level: float) -> dict[str, Any]:
    """Return what picks all municipalities' row of a site in the case's table."""
    where: dict[str, Any] = {"name": say("everyone")[plan.plan.language], "minutes": level}
    return {"site_id": site_id, **where} if found.table["site_id"].nunique() > 1 else where


def short_answer(found: Variant, plan: Plan, site_id: str, level: float, figures: Figures) -> Text:
    """Say in a short sentence, behind the base's, how many reach a site in the case."""
    people = figures.take(found.table_id, "other", **_whole(found, plan, site_id, level))
    return say("variant_short", case=_capital(found.in_other), minutes=f"{level:g}", people=people)


def variant_sentences(variants: Sequence[Variant], plan: Plan, figures: Figures) -> tuple[Text, ...]:
    """Say in one sentence a case and site how many reach it, and what the case rests on."""
    out = []
    levels = plan.catchment.minutes
    level = 45.0 if 45.0 in levels else levels[-1]
    for found in variants:
        for site_id in dict.fromkeys(found.table["site_id"]):
            where = _whole(found, plan, str(site_id), level)
            out.append(
                say(
                    "variant_answer", site=plan.sites[str(site_id)].name, case=found.in_other, base_case=found.in_base, minutes=f"{level:g}",
                    people=figures.take(found.table_id, "other", **where), before=figures.take(found.table_id, "base", **where),
                )
            )
        if found.source:
            out.append(say(f"{found.kind}_source", case=found.in_other, title=found.other, source=found.source))
    return tuple(out)
