"""The step ``growth`` of a run: every area's people, dwellings and services, and the roadmap that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from landplan.growth import roadmap as rm
from landplan.plan import Plan
from landplan.run.growing import AreaGrowth, codes_of, follow, worst_flag
from landplan.run.placing import Placed, place_dwellings
from landplan.run.serving import Served, Ways, serve
from landplan.run.steps import rank_housing

if TYPE_CHECKING:
    import pandas as pd

    from landplan import network as n
    from landplan.run.land import BlockResult
    from landplan.run.steps import HousingResult, LayerSet
    from landplan.run.workers import WorkersSet

__all__ = ["USED", "GrowthSet", "grow"]

USED: Final = (
    "municipalities", "population_by_age", "households", "population_grid", "localities", "services", "rescue_stations", "housing_sites", "roads", "lighting", "facilities", "safety_statistics", "districts",
)
"""Layers that this step reads."""


@dataclass(frozen=True, slots=True)
class GrowthSet:
    """What a run knows of growth.

    Attributes
    ----------
    areas : dict of str to AreaGrowth
    placed : dict of str to Placed or None
    served : dict of str to Served
    roadmap : dict of str to pandas.DataFrame
        By area, as `growth.roadmap.roadmap`; `what` is a service's kind, ``dwellings`` or the number of an investment (``investment_3``).
    first : dict of str to pandas.DataFrame
        What is to be decided first.
    """

    areas: dict[str, AreaGrowth]
    placed: dict[str, Placed | None]
    served: dict[str, Served]
    roadmap: dict[str, pd.DataFrame]
    first: dict[str, pd.DataFrame]


def grow(
    plan: Plan, data: LayerSet, net: n.Network | None, workers: WorkersSet | None, housing: Mapping[str, HousingResult], blocks: Mapping[str, BlockResult],
    tick: Callable[[float], None],
) -> GrowthSet:
    """Follow every area of the plan from its goal to its roadmap.

    Parameters
    ----------
    plan : Plan
        With ``[growth]``.
    data : LayerSet
    net : Network or None
        Without it people and dwellings are followed, and nothing is placed.
    workers : WorkersSet or None
    housing : mapping of str to HousingResult
        Ranked sites by suitability block.
    blocks : mapping of str to BlockResult
        Whose new land could be tried as well.
    tick : callable

    Returns
    -------
    GrowthSet

    Raises
    ------
    PlanError, LandplanError
        If the plan's figures contradict each other.
    """
    cfg = plan.growth
    assert cfg is not None
    areas = follow(plan, data, workers)
    tick(0.1)
    ways = Ways(plan, data, net)
    layer = cfg.placing.layer if cfg.placing else ""
    name = next((k for k in housing if (r := plan.suitability[k].ranking) is not None and r.layer == layer), None)
    ranked = None if name is None else housing[name]
    new = None
    if name is not None and net is not None and cfg.placing is not None and cfg.placing.new_land_per_ha is not None:
        land, ranking = blocks[name].new_land, plan.suitability[name].ranking
        if land is not None and len(land) and ranking is not None:
            # the same minutes and the same score as the named sites have
            new = rank_housing(plan, ranking, data, net, replace(blocks[name], sites=land), lambda _: None)
    placed: dict[str, Placed | None] = {}
    served: dict[str, Served] = {}
    maps: dict[str, pd.DataFrame] = {}
    first: dict[str, pd.DataFrame] = {}
    theirs = _measures(plan, data, areas)
    for i, (area_id, area) in enumerate(areas.items()):
        start, span = 0.1 + 0.9 * i / len(areas), 0.9 / len(areas)
        placed[area_id] = place_dwellings(plan, data, net, area, workers, ranked, new, ways)
        tick(start + 0.3 * span)
        served[area_id] = serve(plan, data, ways, area, placed[area_id], lambda share, start=start, span=span: tick(start + span * (0.3 + 0.7 * share)))  # type: ignore[misc]
        maps[area_id] = rm.roadmap(_lines(plan, area, placed[area_id], served[area_id], measures=theirs[area_id]))
        first[area_id] = rm.do_first(maps[area_id], start=cfg.start_year, within=cfg.urgent_years)
    tick(1.0)
    return GrowthSet(areas, placed, served, maps, first)


def _measures(plan: Plan, data: LayerSet, areas: Mapping[str, AreaGrowth]) -> dict[str, list[int]]:
    """Named measures of each area, by number: where the measure says, else where it lies, else the first area."""
    import geopandas as gpd

    cfg = plan.growth
    assert cfg is not None
    of = {a.municipality: k for k, a in areas.items()}
    out: dict[str, list[int]] = {k: [] for k in areas}
    for i, measure in enumerate(cfg.investments):
        code = measure.municipality
        if code is None and measure.lat is not None and measure.lon is not None:
            point = gpd.GeoSeries(gpd.points_from_xy([measure.lon], [measure.lat]), crs="EPSG:4326").to_crs(plan.plan.crs)
            code = str(codes_of(gpd.GeoDataFrame(geometry=point), data)[0])
        out[of.get(code or "", next(iter(areas)))].append(i)
    return out


def _lines(plan: Plan, area: AreaGrowth, placed: Placed | None, served: Served, *, measures: Sequence[int]) -> list[rm.Line]:
    """What each department answers for, the area's own measures that somebody has named with it."""
    cfg = plan.growth
    assert cfg is not None
    years = [int(y) for y in area.asked.projection.years]
    lines = []
    if cfg.placing is not None and cfg.placing.department is not None:
        lines.append(_dwellings(plan, area, placed, years))
    for kind, found in served.services.items():
        norm = cfg.services[kind]
        if norm.department is None:
            continue
        capacity = np.full(len(years), found.places)
        lines.append(rm.Line(
            norm.department, kind, years, found.users[area.main], capacity, norm.unit_places, norm.unit_msek, norm.build_years, norm.funders,
            cfg.departments[norm.department].policy, f"growth_facilities_{area.id}", flag=worst_flag(area.asked.projection.flag, norm.flag), source="; ".join(x for x in (norm.source, norm.unit_source) if x),
        ))  # fmt: skip
    for i in measures:
        measure = cfg.investments[i]
        sums = np.zeros(len(years))
        inside = measure.year is not None and years[0] <= measure.year <= years[-1]
        if inside and measure.msek is not None:
            sums[years.index(measure.year)] = measure.msek  # type: ignore[arg-type]
        unknown = np.full(len(years), np.nan)
        policy = measure.policy or cfg.departments[measure.department].policy
        lines.append(rm.Line(
            measure.department, f"investment_{i + 1}", years, unknown, unknown, funders=measure.funders, policy=policy, flag=measure.flag, source=measure.source,
            layer="growth_measures" if measure.lat is not None else "", spent_msek=sums, build_years=measure.build_years or 0,
            short=[measure.build_years is not None and y == measure.year for y in years],
        ))  # fmt: skip
    return lines


def _dwellings(plan: Plan, area: AreaGrowth, placed: Placed | None, years: list[int]) -> rm.Line:
    cfg = plan.growth
    assert cfg is not None
    assert cfg.placing is not None
    assert cfg.placing.department is not None
    need = np.concatenate([[0.0], area.asked.need.dwellings])
    built = np.zeros(len(years))
    sums = np.zeros(len(years))
    short = None
    if placed is not None:
        # a few who wait for a stage to fill lack no decision
        short = np.concatenate([[False], placed.allocation.waiting >= max(1.0, cfg.placing.stage_min)])
        built[1:] = placed.allocation.dwellings.sum(axis=0)
        sums[1:] = placed.allocation.dwellings.T @ placed.sites["servicing_ksek"].to_numpy(float) / 1000.0
    return rm.Line(
        cfg.placing.department, "dwellings", years, need, built if placed is not None else np.full(len(years), np.nan), funders=cfg.placing.funders,
        # what no site takes needs a plan that nobody has begun
        build_years=max(cfg.placing.lead_years.values(), default=0),
        policy=cfg.departments[cfg.placing.department].policy, layer=f"growth_sites_{area.id}", yearly=True, flag="[0]",
        source=cfg.placing.servicing.source, spent_msek=sums, short=short,
    )  # fmt: skip
