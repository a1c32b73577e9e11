"""People and dwellings of each area that a plan follows: as things go, as its goals ask, and with the jobs of its sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landplan import growth as g
from landplan.errors import PlanError
from landplan.growth import schedules
from landplan.layers import Layer
from landplan.plan import Plan

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.plan.growth import GrowthArea, Movements
    from landplan.run.steps import LayerSet
    from landplan.run.workers import WorkersSet

__all__ = ["JOB_LEVELS", "AreaGrowth", "Basis", "Scenario", "codes_of", "follow", "worst_flag"]

JOB_LEVELS: Final = ("low", "central", "high")
_AGES_OFF: Final = 0.1
"""Share by which bands of another year may sum to another population; beyond it they are of another place, or mistyped."""
_MOST_PERSONS: Final = 6.0
"""Persons a household in the mean beyond which it is no count of households of the place."""


@dataclass(frozen=True, slots=True)
class Basis:
    """One figure that an area's growth rests on: what it is (a word of the wording), its value as text, its flag and its source."""

    what: str
    value: str
    flag: str
    source: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which an area may go.

    Attributes
    ----------
    id : str
        ``baseline``, ``goal_<id>`` or ``jobs_<low|central|high>``.
    kind : str
        ``baseline``, ``goal``, ``variant`` or ``jobs``.
    projection : Projection
    need : HousingNeed
    net_per_year : float
        Net migration a year beyond that of the baseline, mean of the years.
    moved_in : float
        Persons who come with jobs, all years.
    jobs : float
        At the plan's sites, when all are there.
    elsewhere : float
        Persons who come with the jobs and settle outside the area.
    goal, year : int or None
    """

    id: str
    kind: str
    projection: g.Projection
    need: g.HousingNeed
    net_per_year: float = 0.0
    moved_in: float = 0.0
    jobs: float = 0.0
    elsewhere: float = 0.0
    goal: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class AreaGrowth:
    """An area's people and dwellings by scenario.

    Attributes
    ----------
    id, municipality, name : str
    people : ndarray of float64, shape (2, 101)
        Of the start.
    scenarios : dict of str to Scenario
    main : str
        The scenario that dwellings and services are placed for: the first goal, or the baseline.
    basis : tuple of Basis
    reserve : pandas.DataFrame or None
        As `growth.plan_reserve`, of the main scenario.
    forecast : dict of int to float
        An official forecast, beside ours.
    """

    id: str
    municipality: str
    name: str
    people: NDArray[np.float64]
    scenarios: dict[str, Scenario]
    main: str
    basis: tuple[Basis, ...]
    reserve: pd.DataFrame | None
    forecast: dict[int, float]

    @property
    def asked(self) -> Scenario:
        """The main scenario."""
        return self.scenarios[self.main]


def follow(plan: Plan, data: LayerSet, workers: WorkersSet | None) -> dict[str, AreaGrowth]:
    """Project every area of ``[growth.areas]``.

    Parameters
    ----------
    plan : Plan
        With ``[growth]``.
    data : LayerSet
    workers : WorkersSet or None
        Says where those who move in would settle; without it nobody comes with the jobs.

    Returns
    -------
    dict of str to AreaGrowth

    Raises
    ------
    PlanError
        If a municipality is in no layer, ages do not sum to its people, or households hold more people than there are.
    """
    cfg = plan.growth
    assert cfg is not None
    return {name: _area(plan, name, area, data, workers) for name, area in cfg.areas.items()}


def _area(plan: Plan, id_: str, area: GrowthArea, data: LayerSet, workers: WorkersSet | None) -> AreaGrowth:
    cfg = plan.growth
    assert cfg is not None
    where = f"[growth.areas.{id_}]"
    name, total, basis = _total(where, area, data)
    try:
        people, more = _people(area, total, data, name)
        rates, base, again = _rates(area, people)
        basis += [*more, *again]
        years = range(cfg.start_year, cfg.end_year + 1)
        households, own = _households(area, total, data, name, cfg.start_year)
        basis.append(own)
        stock = area.stock
        basis.append(Basis("stock", f"{100 * stock.vacancy:g} %; {stock.losses:g}; {stock.converted:g}", stock.flag, stock.source))
        if area.kinds:
            basis.append(Basis("kinds", "", "[0]", area.kinds_source))

        def need(projection: g.Projection) -> g.HousingNeed:
            kinds = {int(s): {(k.split("/")[0].strip(), k.split("/")[1].strip()): v for k, v in of.items()} for s, of in area.kinds.items()} or None
            students = [_at(stock.students, int(y)) for y in projection.years] if stock.students else None
            return g.housing_need(
                projection, households, stock.vacancy, stock.losses, kinds=_every(kinds, households), outside_share=stock.outside_share, size_change=stock.size_change,
                converted=stock.converted, students=students,
            )  # fmt: skip

        baseline = g.project(people, rates, base, years, held=True)
        scenarios = {"baseline": Scenario("baseline", "baseline", baseline, need(baseline))}
        for goal_id, goal in plan.goals.items():
            if goal.municipality != area.municipality or goal.measure != "population":
                continue
            solved = g.solve_migration(people, rates, goal=goal.value, year=goal.year, start=cfg.start_year, base=base, held=True)
            kind = "goal" if goal.variant is None else "variant"
            scenarios[f"goal_{goal_id}"] = Scenario(f"goal_{goal_id}", kind, solved.projection, need(solved.projection), solved.net_per_year, goal=goal.value, year=goal.year)
        basis += _jobs(plan, area, people, rates, base, workers, scenarios, need)
    except schedules.PopulationError as exc:
        hint = " (or follow fewer years: end_year)" if "move out" in str(exc) else ""
        raise PlanError(f"{where} {name}: {exc}{hint}") from None
    main = next((k for k, s in scenarios.items() if s.kind == "goal"), "baseline")
    reserve = _reserve(plan, area, data, scenarios[main].need)
    if area.forecast:
        basis.append(Basis("forecast", "", "[1]", area.forecast_source))
    return AreaGrowth(id_, area.municipality, name, people, scenarios, main, tuple(basis), reserve, {int(y): v for y, v in sorted(area.forecast.items())})


def _at(known: Mapping[str, float], year: int) -> float:
    """The figure of the year, or of the last before it that is known."""
    before = [int(y) for y in known if int(y) <= year]
    return known[str(max(before))] if before else 0.0


def _every(kinds: dict[int, dict[tuple[str, str], float]] | None, households: Mapping[int, float]) -> dict[int, dict[tuple[str, str], float]] | None:
    """Kinds for every size: a size that the plan does not name is built as the largest smaller one that it does."""
    if kinds is None:
        return None
    return {s: kinds[max([k for k in kinds if k <= s] or [min(kinds)])] for s in households}


def worst_flag(*flags: str) -> str:
    """Return the least sure of flags: what rests on an assumption is one.

    Examples
    --------
    >>> worst_flag("[1]", "[0]"), worst_flag("[2]", "[D]")
    ('[0]', '[D]')
    """
    return min(flags, key=["[0]", "[D]", "[1]", "[2]"].index)


def codes_of(frame: Any, data: LayerSet) -> NDArray[np.object_]:
    """Return each feature's municipality: as its own column says, else by where it lies; empty in none."""
    import shapely

    out = np.full(len(frame), "", object)
    if "municipality_code" in frame:
        own = frame["municipality_code"].astype("string").fillna("")
        out[:] = own.to_numpy(object)
    blank = np.flatnonzero(out == "")
    outlines = _frame(data, "municipalities")
    if blank.size and outlines is not None and len(outlines):
        points = frame.geometry.iloc[blank].representative_point().to_numpy()
        tree = shapely.STRtree(outlines.geometry.to_numpy())
        at, which = tree.query(points, predicate="intersects")
        out[blank[at]] = outlines["municipality_code"].astype(str).to_numpy()[which]
    return out


def _frame(data: LayerSet, layer: str) -> Any:
    found: Layer | None = data.layers.get(layer)
    return None if found is None else found.frame


def _seen(layer: Layer) -> str:
    """The flag of a layer's figures: those of a layer that is made up are assumptions."""
    return "[0]" if layer.synthetic else "[1]"


def _total(where: str, area: GrowthArea, data: LayerSet) -> tuple[str, float, list[Basis]]:
    frame = _frame(data, "municipalities")
    row = None if frame is None else frame[frame["municipality_code"].astype(str) == area.municipality]
    if row is None or not len(row):
        raise PlanError(f"{where} names municipality {area.municipality}, which the layer municipalities does not have; check the code and [area]")
    name = str(row["name"].iloc[0])
    if area.population is not None:
        return name, float(area.population), [Basis("population", f"{area.population:d}", "[1]", area.population_source)]
    value = row["population"].iloc[0] if "population" in row else None
    if value is None or not np.isfinite(float(value if value == value else np.nan)):
        raise PlanError(f"{where}: the layer municipalities has no population of {name}; give population = and population_source = there")
    layer = data.layers["municipalities"]
    return name, float(value), [Basis("population", f"{int(value):d}", _seen(layer), f"{layer.definition.title.sv}: {layer.source.attribution}")]


def _people(area: GrowthArea, total: float, data: LayerSet, name: str) -> tuple[NDArray[np.float64], list[Basis]]:
    """The start's people by sex and age: known bands split as a model has them, or the model alone."""
    flag: str
    guide = schedules.pyramid(total, mean_age=area.mean_age)
    basis = []
    if area.mean_age is not None:
        basis.append(Basis("mean_age", f"{area.mean_age:g}", "[1]", area.mean_age_source))
    if area.ages is not None:
        spans, source, flag = area.ages.spans(), f"{area.ages.source} ({area.ages.year})", area.ages.flag
    else:
        spans, source, flag = _bands(data, name)
    if not spans:
        return guide, [*basis, Basis("ages_modelled", "", "[0]", "Gompertz 1825, Makeham 1860")]
    known = sum(spans.values())
    # bands of another year hold another number of people: their shares are kept, and that is said
    scale = total / known if known > 0 else 0.0
    people = schedules.split_bands({k: v * scale for k, v in spans.items()}, guide)
    if abs(known - total) > _AGES_OFF * total:
        raise schedules.PopulationError(f"the age bands sum to {known:g} ({source}) and the population is {total:g}; correct one of them, or take bands of a nearer year")
    basis.append(Basis("ages", f"{known:.0f}", flag, source))
    return people, basis


def _bands(data: LayerSet, name: str) -> tuple[dict[tuple[int, int], float], str, str]:
    frame = _frame(data, "population_by_age")
    if frame is None:
        return {}, "", "[0]"
    rows = frame[frame["area"].astype(str) == name]
    rows = rows[rows["date"] == rows["date"].max()]
    spans: dict[tuple[int, int], float] = {}
    for band, persons in zip(rows["age_group"].astype(str), rows["persons"], strict=True):
        text = band.replace("–", "-").strip()
        if text.endswith("+"):
            spans[int(text[:-1]), schedules.AGES - 1] = float(persons)
        elif "-" in text and text.split("-")[0].isdigit():
            first, last = text.split("-")
            spans[int(first), int(last)] = float(persons)
    if sum(last - first + 1 for first, last in spans) != schedules.AGES:
        # totals and sums of bands may stand among them; without a whole set there is nothing to split
        return {}, "", "[0]"
    return spans, f"{data.layers['population_by_age'].definition.title.sv} {rows['date'].iloc[0]}", _seen(data.layers["population_by_age"])


def _rates(area: GrowthArea, people: NDArray[np.float64]) -> tuple[g.Rates, NDArray[np.float64], list[Basis]]:
    """The rates, scaled to what is published, and the net migration of that year."""
    rates = g.Rates()
    basis = [Basis("schedules", "", "[0]", "Gompertz 1825; Makeham 1860; Hoem m.fl. 1981; Rogers & Castro 1981")]
    moves = area.moves
    base = np.zeros((2, schedules.AGES))
    if moves is None:
        return rates, base, [*basis, Basis("moves_unknown", "", "[0]", "antagande")]
    net = moves.net_moves
    rates, base = _scaled(moves, rates, people, net or 0.0)
    if moves.change is not None:
        # movers bear children too: a few rounds until births, deaths and moves are the published change
        for _ in range(50):
            first = g.project(people, rates, base, (0, 1))
            net = moves.change - float(first.births.sum() - first.deaths.sum())
            rates, base = _scaled(moves, rates, people, net)
            if abs(float(first.migration.sum()) - net) < 1e-9:
                break
    said = {"births": moves.births, "deaths": moves.deaths, "change": moves.change, "net": moves.net_moves}
    for what, value in said.items():
        if value is not None:
            basis.append(Basis(what, f"{value:g}", moves.flag, f"{moves.source} ({moves.year})"))
    if net is None:
        basis.append(Basis("moves_unknown", "", "[0]", "antagande"))
    return rates, base, basis


def _spread(net: float, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """How net movers spread over ages: those who come as the schedule says, those who leave as the schedule says of those who are here."""
    schedule = schedules.migration_profile()
    if net >= 0:
        return schedule
    leaving = schedule * people
    return np.asarray(leaving / leaving.sum())


def _scaled(moves: Movements, rates: g.Rates, people: NDArray[np.float64], net: float) -> tuple[g.Rates, NDArray[np.float64]]:
    base = net * _spread(net, people)
    if moves.births is None and moves.deaths is None:
        return rates, base
    return g.scaled(people, g.Rates(), births=moves.births, deaths=moves.deaths, migration=base, year=moves.year), base


def _households(area: GrowthArea, total: float, data: LayerSet, name: str, start: int) -> tuple[dict[int, float], Basis]:
    frame = _frame(data, "households")
    living = total * (1 - area.stock.outside_share) - (_at(area.stock.students, start) if area.stock.students else 0.0)
    if frame is not None:
        rows = frame[frame["area"].astype(str) == name] if "area" in frame else frame
        rows = rows[rows["year"] == rows["year"].max()] if "year" in rows and rows["year"].notna().any() else rows
        counted = {int(s): float(n) for s, n in zip(rows["household_size"], rows["households"], strict=True)}
        if counted:
            held = sum(s * n for s, n in counted.items())
            # households of another year than the people: as many more or fewer as there are people
            scale = min(1.0, living / held) if held > living else 1.0
            return {s: n * scale for s, n in counted.items()}, Basis("households", f"{sum(counted.values()):.0f}", _seen(data.layers["households"]), data.layers["households"].definition.title.sv)
    own = area.households
    if own.sizes:
        if living > _MOST_PERSONS * sum(own.sizes.values()):
            raise schedules.PopulationError(f"{sum(own.sizes.values()):g} households for {living:g} persons; are both of the same place?")
        return {int(s): n for s, n in own.sizes.items()}, Basis("households", f"{sum(own.sizes.values()):.0f}", own.flag, own.source)
    sizes = g.household_sizes(living, own.persons, own.one_person)
    alone = "" if own.one_person is None else f"; {100 * own.one_person:g} %"
    return sizes, Basis("household_mean", f"{own.persons:g}{alone}", own.flag, own.source)


def _jobs(
    plan: Plan, area: GrowthArea, people: NDArray[np.float64], rates: g.Rates, base: NDArray[np.float64], workers: WorkersSet | None,
    scenarios: dict[str, Scenario], need: Any,
) -> list[Basis]:
    """Add a scenario for each number of jobs at the plan's sites."""
    cfg = plan.growth
    assert cfg is not None
    sites = {k: s for k, s in plan.sites.items() if s.jobs is not None}
    if cfg.movers is None or not sites:
        return []
    wish = plan.catchment.workers
    if workers is None or wish is None:
        return [Basis("movers_unknown", "", "[0]", "")]
    years = range(cfg.start_year, cfg.end_year + 1)
    movers = cfg.movers
    counts = {level: sum(float(getattr(s.jobs, level)) for k, s in sites.items() if k in workers.results) for level in JOB_LEVELS}
    for level in JOB_LEVELS:
        # no jobs is the projection itself, and a number that is the central one is told of once
        if counts[level] == 0 or (level != "central" and counts[level] == counts["central"]):
            continue
        extra = np.zeros((len(years) - 1, 2, schedules.AGES))
        jobs = arrived = elsewhere = 0.0
        for site_id, site in sites.items():
            found = workers.results.get(site_id)
            if found is None or site.jobs is None:
                continue
            count = float(getattr(site.jobs, level))
            ramp = {int(y): v for y, v in site.ramp.items()} or ({site.opening_year: 1.0} if site.opening_year else {cfg.start_year + 1: 1.0})
            came = g.moved_in(
                count, years[1:], ramp=ramp, in_migrants=wish.in_migrants.central, persons_per_worker=movers.persons.central,
                multiplier=movers.multiplier.central, share_here=_settle(found, area.municipality),
            )  # fmt: skip
            extra += came.by_age
            jobs, arrived, elsewhere = jobs + count, arrived + float(came.persons.sum()), elsewhere + came.elsewhere
        projection = g.project(people, rates, base[None] + extra, years, held=True)
        scenarios[f"jobs_{level}"] = Scenario(
            f"jobs_{level}", "jobs", projection, need(projection), float(extra.sum() / extra.shape[0]), arrived, jobs, elsewhere
        )
    return [
        Basis("persons_per_mover", f"{movers.persons.central:g}", movers.persons.flag, movers.persons.source), Basis("multiplier", f"{movers.multiplier.central:g}", movers.multiplier.flag, movers.multiplier.source),
        Basis("in_migrants", f"{100 * wish.in_migrants.central:g} %", "[0]", wish.in_migrants.source),
    ]  # fmt: skip


def _settle(found: Any, municipality: str) -> float:
    """The share of those who move in that settle in the municipality, as those who commute to the site live."""
    table = found.groups.get("municipality_code")
    if table is None:
        return 0.0
    column = "in_migrants" if "in_migrants" in table and table["in_migrants"].sum() > 0 else "expected"
    total = float(table[column].sum())
    share = table[column].rename(index=str).get(municipality, 0.0)
    return float(share) / total if total > 0 else 0.0


def _reserve(plan: Plan, area: GrowthArea, data: LayerSet, need: g.HousingNeed) -> pd.DataFrame | None:
    layer = plan.growth.placing.layer if plan.growth and plan.growth.placing else "housing_sites"
    frame = _frame(data, layer)
    if frame is None:
        return None
    own = frame[codes_of(frame, data) == area.municipality]
    return g.plan_reserve(own, need) if len(own) else None
