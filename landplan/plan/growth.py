"""``[growth]``: what a plan says of people, dwellings, services and who does what, so that a goal can be followed year by year.

Every figure carries its source, and a flag as the facts do: ``[2]`` seen in two sources, ``[1]`` in one, ``[D]`` derived, ``[0]`` an assumption.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from landplan.plan.base import Frozen, Identifier, PlanText, Share
from landplan.plan.workers import Assumption

__all__ = [
    "Ages",
    "Climate",
    "Dark",
    "Department",
    "FlaggedAssumption",
    "Growth",
    "GrowthArea",
    "Households",
    "Investment",
    "Movements",
    "Movers",
    "Placing",
    "Response",
    "ServiceNorm",
    "Servicing",
    "Stock",
]

Flag = Literal["[0]", "[1]", "[2]", "[D]"]
Year = Annotated[str, Field(pattern=r"^(19|20|21)\d\d$")]
_PARTS = ("commute", "servicing", "suitability", "services")
_GROUPS = ("town", "village")
_FUNDERS = ("kommun", "stat", "region", "eu", "exploatör")


class Ages(Frozen):
    """Persons by age band: ``{"0-19" = 14458, "20-64" = 35681, "65-" = 13846}``; the last band is open."""

    bands: dict[Annotated[str, Field(pattern=r"^\d{1,3}-(\d{1,3})?$")], Annotated[float, Field(ge=0)]]
    year: Annotated[int, Field(ge=1900, le=2200)]
    source: str
    flag: Flag = "[1]"

    def spans(self) -> dict[tuple[int, int], float]:
        """Return persons by first and last age; an open band ends at 100."""
        out = {}
        for band, persons in self.bands.items():
            first, last = band.split("-")
            out[int(first), int(last) if last else 100] = float(persons)
        return out


class Movements(Frozen):
    """Published births, deaths and moves of one year; what is not given is modelled.

    `change` is how many more (fewer: below 0) people there were at the year's end, where no moves are known: the net migration is then what births and deaths
    leave of it.
    """

    births: Annotated[float | None, Field(ge=0)] = None
    deaths: Annotated[float | None, Field(ge=0)] = None
    arrivals: Annotated[float | None, Field(ge=0)] = None
    departures: Annotated[float | None, Field(ge=0)] = None
    net: float | None = None
    change: float | None = None
    year: Annotated[int, Field(ge=1900, le=2200)]
    source: str
    flag: Flag = "[1]"

    @model_validator(mode="after")
    def _one_net(self) -> Movements:
        if (self.arrivals is None) != (self.departures is None):
            raise ValueError("arrivals and departures are given together (or net alone)")
        if sum(v is not None for v in (self.net, self.arrivals, self.change)) > 1:
            raise ValueError("give one of net, change, or arrivals and departures")
        return self

    @property
    def net_moves(self) -> float | None:
        """Net migration of the year; None where it is not given."""
        if self.arrivals is not None and self.departures is not None:
            return self.arrivals - self.departures
        return self.net


class Households(Frozen):
    """Households by size, or their mean and the share with one person; a layer ``households`` goes before both."""

    persons: Annotated[float, Field(ge=1, le=6)] = 2.0
    one_person: Annotated[float | None, Field(gt=0, lt=1)] = None
    sizes: dict[Annotated[str, Field(pattern=r"^[1-9]$")], Annotated[float, Field(ge=0)]] = {}
    source: str
    flag: Flag = "[0]"


class Stock(Frozen):
    """What happens to the dwellings that there are: figures a year, and the share that should stand empty."""

    vacancy: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    losses: Annotated[float, Field(ge=0)] = 0.0
    converted: Annotated[float, Field(ge=0)] = 0.0
    outside_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    size_change: Annotated[float, Field(ge=-0.05, le=0.05)] = 0.0
    students: dict[Year, Annotated[float, Field(ge=0)]] = {}
    source: str
    flag: Flag = "[0]"


class GrowthArea(Frozen):
    """``[growth.areas.<id>]``: a municipality that is followed."""

    municipality: str
    population: Annotated[int | None, Field(gt=0)] = None
    population_source: str = ""
    mean_age: Annotated[float | None, Field(gt=10, lt=80)] = None
    mean_age_source: str = ""
    ages: Ages | None = None
    moves: Movements | None = None
    households: Households
    stock: Stock
    forecast: dict[Year, Annotated[float, Field(gt=0)]] = {}
    forecast_source: str = ""
    kinds: dict[Annotated[str, Field(pattern=r"^[1-9]$")], dict[str, Share]] = {}
    kinds_source: str = ""

    @model_validator(mode="after")
    def _sourced(self) -> GrowthArea:
        for what in ("population", "mean_age", "forecast", "kinds"):
            if getattr(self, what) and not getattr(self, f"{what}_source"):
                raise ValueError(f"{what} needs {what}_source: whose figure is it?")
        for size, kinds in self.kinds.items():
            if abs(sum(kinds.values()) - 1) > 1e-6:
                raise ValueError(f"kinds of households of {size} sum to {sum(kinds.values()):g}; they are shares that sum to 1")
            if bad := next((k for k in kinds if k.count("/") != 1), None):
                raise ValueError(f'kinds are "building type / tenure", as "småhus / äganderätt"; got {bad!r}')
        return self


class FlaggedAssumption(Assumption):
    """A figure with its range that somebody may have published."""

    flag: Flag = "[0]"


class Movers(Frozen):
    """``[growth.movers]``: who comes with the jobs of the plan's sites.

    `multiplier` is all jobs for each job at a site; `persons` are those who move for each worker who moves in, the worker counted.
    """

    persons: FlaggedAssumption
    multiplier: FlaggedAssumption

    @model_validator(mode="after")
    def _whole(self) -> Movers:
        if self.persons.low < 1 or self.multiplier.low < 1:
            raise ValueError("persons and multiplier count the worker and the job themselves, so they are 1 or more")
        return self


class Servicing(Frozen):
    """What it costs to make a site ready: a sum a dwelling, and sums a metre to the nearest road and to the nearest served homes."""

    sek_per_dwelling: Annotated[float, Field(ge=0)]
    road_sek_per_m: Annotated[float, Field(ge=0)]
    pipe_sek_per_m: Annotated[float, Field(ge=0)]
    served_persons: Annotated[int, Field(ge=1)] = 25
    source: str
    flag: Flag = "[0]"


class Placing(Frozen):
    """``[growth.placing]``: where dwellings go.

    `weights` are of commute, servicing, suitability and services, each measured between its least and its most over the sites. Land that
    ``[suitability.<name>.new_land]`` found is asked too when `new_land_per_ha` says how many dwellings a hectare takes.
    """

    layer: Identifier = "housing_sites"
    lead_years: dict[str, Annotated[int, Field(ge=0, le=50)]]
    lead_source: str
    weights: dict[str, Annotated[float, Field(ge=0)]]
    weights_source: str = "antagande"
    stage_min: Annotated[int, Field(ge=0)] = 0
    per_year_max: Annotated[int | None, Field(gt=0)] = None
    town_persons: Annotated[int, Field(gt=0)] = 2000
    balance: dict[str, Annotated[tuple[Share, ...], Field(min_length=2, max_length=2)]] = {}
    workers_per_dwelling: Annotated[float, Field(gt=0, le=5)] = 1.0
    days_per_year: Annotated[int, Field(ge=1, le=366)] = 220
    workers_source: str = "antagande"
    theta: Annotated[float, Field(gt=0)] = 5.0
    spread: Annotated[float, Field(ge=0, le=2)] = 0.2
    draws: Annotated[int, Field(ge=10, le=10_000)] = 100
    servicing: Servicing
    department: Identifier | None = None
    funders: dict[str, Share] = {"exploatör": 1.0}
    new_land_per_ha: Annotated[float | None, Field(gt=0, le=200)] = None
    new_land_lead_years: Annotated[int, Field(ge=0, le=50)] = 7
    new_land_source: str = ""

    @model_validator(mode="after")
    def _some(self) -> Placing:
        for what, names, given in (("weights", _PARTS, self.weights), ("balance", _GROUPS, self.balance)):
            if strange := sorted(set(given) - set(names)):
                raise ValueError(f"{what} names {strange[0]!r}; it has {', '.join(names)}")
        if self.new_land_per_ha is not None and not self.new_land_source:
            raise ValueError("new_land_per_ha needs new_land_source: whose density is it?")
        if not sum(self.weights.values()):
            raise ValueError("weights are all 0; give at least one of commute, servicing, suitability, services")
        _whole(self.funders)
        return self


class ServiceNorm(Frozen):
    """``[growth.services.<kind>]``: who uses a service of that kind in the layer ``services``, how far they may have, and what one more costs."""

    title: PlanText
    first_age: Annotated[int, Field(ge=0, le=100)] = 0
    last_age: Annotated[int, Field(ge=0, le=100)] = 100
    share: Annotated[float, Field(gt=0, le=20)] = 1.0
    source: str
    flag: Flag = "[0]"
    mode: Literal["walk", "bike", "car"] = "car"
    limit_m: Annotated[float | None, Field(gt=0)] = None
    limit_min: Annotated[float | None, Field(gt=0)] = None
    limit_source: str = ""
    department: Identifier | None = None
    unit_places: Annotated[int | None, Field(gt=0)] = None
    unit_msek: Annotated[float | None, Field(ge=0)] = None
    unit_source: str = ""
    build_years: Annotated[int, Field(ge=0, le=30)] = 3
    funders: dict[str, Share] = {"kommun": 1.0}

    @model_validator(mode="after")
    def _sense(self) -> ServiceNorm:
        if self.first_age > self.last_age:
            raise ValueError(f"first_age {self.first_age} is after last_age {self.last_age}")
        if (self.limit_m or self.limit_min) and not self.limit_source:
            raise ValueError("limit_m and limit_min need limit_source: whose limit is it?")
        if self.limit_m and self.limit_min:
            raise ValueError("give limit_m or limit_min, not both")
        if (self.unit_places or self.unit_msek) and not self.unit_source:
            raise ValueError("unit_places and unit_msek need unit_source")
        _whole(self.funders)
        return self


class Response(Frozen):
    """``[growth.response]``: minutes within which help should be there, from the layer ``rescue_stations``."""

    minutes: tuple[Annotated[float, Field(gt=0, le=120)], ...] = (10.0, 20.0, 30.0)
    turnout_min: Annotated[float, Field(ge=0, le=60)] = 5.0
    turnout_source: str = "antagande"
    department: Identifier | None = None


class Dark(Frozen):
    """``[growth.dark]``: walks to schools and stops by lit ways, from the layer ``lighting``."""

    lamp_m: Annotated[float, Field(gt=0, le=200)] = 30.0
    lit_share: Annotated[float, Field(gt=0, le=1)] = 0.9
    within_min: Annotated[float, Field(gt=0, le=120)] = 20.0
    detour: Annotated[float, Field(ge=1, le=5)] = 1.3
    source: str


class Climate(Frozen):
    """``[growth.climate]``: how much of today's emission a kilometre by car still gives, by year: ``{ "2025" = 1.0, "2040" = 0.2 }``; between them linear."""

    share_of_today: Annotated[dict[Year, Share], Field(min_length=1)]
    goal: Annotated[int | None, Field(ge=2020, le=2200)] = None
    source: str


class Department(Frozen):
    """``[growth.departments.<id>]``: a department (förvaltning) of the roadmap, and the policies that its measures serve."""

    title: PlanText
    policy: tuple[str, ...] = ()
    team: Identifier | None = None


class Investment(Frozen):
    """``[[growth.investments]]``: a measure that somebody has named, with its year, sum and who pays.

    It stands on the roadmap of the `municipality` that it names, else of the one that it lies in, else of the plan's first area. `build_years` are from decision
    to opening: with them its decision stands among what is to be done first; a measure that is decided already has none.
    """

    title: PlanText
    department: Identifier
    municipality: str | None = None
    year: Annotated[int, Field(ge=2000, le=2200)] | None = None
    build_years: Annotated[int | None, Field(ge=0, le=30)] = None
    msek: Annotated[float | None, Field(ge=0)] = None
    funders: dict[str, Share] = {}
    policy: tuple[str, ...] = ()
    source: str
    flag: Flag = "[0]"
    lat: float | None = None
    lon: float | None = None

    @model_validator(mode="after")
    def _paid(self) -> Investment:
        if self.funders:
            _whole(self.funders)
        return self


def _whole(shares: dict[str, float]) -> None:
    if strange := sorted(set(shares) - set(_FUNDERS)):
        raise ValueError(f"funders names {strange[0]!r}; funders: {', '.join(_FUNDERS)}")
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"funders pay {sum(shares.values()):g} of the sum; their shares must sum to 1")


class Growth(Frozen):
    """``[growth]``: from a population goal to dwellings, places and service, year by year."""

    start_year: Annotated[int, Field(ge=2000, le=2200)]
    end_year: Annotated[int, Field(ge=2001, le=2200)]
    working_ages: Annotated[tuple[Annotated[int, Field(ge=0, le=100)], ...], Field(min_length=2, max_length=2)] = (20, 64)
    urgent_years: Annotated[int, Field(ge=0, le=30)] = 5
    areas: Annotated[dict[Identifier, GrowthArea], Field(min_length=1)]
    movers: Movers | None = None
    placing: Placing | None = None
    services: dict[Identifier, ServiceNorm] = {}
    travel: dict[Identifier, Annotated[tuple[float, ...], Field(min_length=1)]] = {}
    response: Response | None = None
    climate: Climate | None = None
    dark: Dark | None = None
    departments: dict[Identifier, Department] = {}
    investments: tuple[Investment, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Growth:
        if self.end_year <= self.start_year:
            raise ValueError(f"end_year {self.end_year} is not after start_year {self.start_year}")
        seen = [a.municipality for a in self.areas.values()]
        if twice := next((m for m in seen if seen.count(m) > 1), None):
            raise ValueError(f"municipality {twice} is followed twice; one [growth.areas.<id>] each")
        for i, v in enumerate(self.investments):
            if v.municipality is not None and v.municipality not in seen:
                raise ValueError(f"investments number {i + 1} names municipality {v.municipality}, which no [growth.areas.<id>] follows; followed: {', '.join(seen)}")
        named = [(f"services.{k}", s.department) for k, s in self.services.items()]
        named += [(f"investments number {i + 1}", v.department) for i, v in enumerate(self.investments)]
        named += [("response", self.response.department)] if self.response else []
        named += [("placing", self.placing.department)] if self.placing else []
        for where, department in named:
            if department is not None and department not in self.departments:
                raise ValueError(f"{where} names department {department!r}; departments: {', '.join(self.departments) or 'none'}")
        return self
