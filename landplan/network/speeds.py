"""Speed profiles: what speed a road is driven at, by class, season, period, place or edge, and what a crossing costs.

A profile is data. Calibration moves classes, so that a published minute is met by a rule and not by a trick;
a rule that names single edges exists for roads whose own conditions are known (a winter closure, a measured queue).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from landplan.errors import NetworkError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["DEFAULT_SPEEDS_KMH", "SEASONS", "Attributes", "Mode", "Rule", "SpeedProfile", "travel_seconds"]

Mode = Literal["car", "walk", "bike"]

SEASONS: Final = ("summer", "winter")

# Sweden's defaults (50 built-up, 70 outside, 110 motorway: FACTS D2) and plain assumptions below them.
DEFAULT_SPEEDS_KMH: Final[dict[str, float]] = {
    "motorway": 110.0,
    "trunk": 90.0,
    "ramp": 60.0,
    "primary": 80.0,
    "secondary": 70.0,
    "tertiary": 70.0,
    "local": 50.0,
    "street": 40.0,
    "service": 20.0,
    "ferry": 10.0,
    "other": 40.0,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a profile's table: where and when it holds, and what it does to the speed.

    Attributes
    ----------
    road_class : str or None
        The class it holds for; None for all.
    season, period : str or None
        When it holds; None always. Periods are the caller's words ("peak", "night").
    factor : float
        Multiplies the speed.
    speed_kmh, cap_kmh : float or None
        Replaces the speed; limits it.
    closed : bool
        Closes the edge.
    area : shapely geometry or None
        Only edges whose middle lies in it, in the network's CRS.
    edges : tuple
        Only these edge ids; empty for all.
    source : str
        Where the figure comes from; shown in reports.
    """

    road_class: str | None = None
    season: str | None = None
    period: str | None = None
    factor: float = 1.0
    speed_kmh: float | None = None
    cap_kmh: float | None = None
    closed: bool = False
    area: Any = None
    edges: tuple[Any, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        for label, value in (("factor", self.factor), ("speed_kmh", self.speed_kmh), ("cap_kmh", self.cap_kmh)):
            if value is not None and not (value > 0 and np.isfinite(value)):
                raise NetworkError(f"a speed rule's {label} must be above 0, got {value}")

    def holds(self, season: str | None, period: str | None) -> bool:
        """Tell whether the rule holds in this season and period."""
        return self.season in (None, season) and self.period in (None, period)


@dataclass(frozen=True, slots=True)
class SpeedProfile:
    """How fast each class is travelled.

    Attributes
    ----------
    name : str
        Shown in reports.
    factor : mapping of str to float
        Multiplies a road's own speed, by road class (1.0 where absent): 0.9 is ten per cent slower.
    default_kmh : mapping of str to float
        Speed of a road that states none, by class.
    cap_kmh : float or None
        No road is faster (vehicle or mode limit).
    junction_s : float
        Seconds added to every edge for its junction.
    boarding_min : float
        Minutes to board a ferry; half the headway is added too.
    rules : tuple of Rule
        Applied in order after the class's factor.

    Examples
    --------
    Winter roads ten per cent slower, an ice road that opens in winter is an attribute of the road (`season`):

    >>> profile = SpeedProfile("plan", rules=(Rule(season="winter", factor=0.9, source="assumption"),))
    >>> profile.seasons
    ('summer', 'winter')
    """

    name: str = "default"
    factor: Mapping[str, float] = field(default_factory=dict)
    default_kmh: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SPEEDS_KMH))
    cap_kmh: float | None = None
    junction_s: float = 0.0
    boarding_min: float = 3.0
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        for label, table in (("factor", self.factor), ("default_kmh", self.default_kmh)):
            for road_class, value in table.items():
                if not value > 0:
                    raise NetworkError(f"speed profile {self.name!r}: {label} of {road_class} must be above 0, got {value}")
        if self.junction_s < 0 or self.boarding_min < 0:
            raise NetworkError(f"speed profile {self.name!r}: junction_s and boarding_min must not be negative")

    @property
    def seasons(self) -> tuple[str, ...]:
        """Seasons that may be asked for: summer, winter and those that rules name."""
        return tuple(dict.fromkeys([*SEASONS, *(r.season for r in self.rules if r.season)]))

    @property
    def periods(self) -> tuple[str, ...]:
        """Periods that may be asked for: those that rules name."""
        return tuple(dict.fromkeys(r.period for r in self.rules if r.period))

    def require(self, season: str | None, period: str | None) -> None:
        """Refuse a season or period that no rule knows: a slip of the pen must not give the plain minutes.

        Raises
        ------
        NetworkError
        """
        if season is not None and season not in self.seasons:
            raise NetworkError(f"speed profile {self.name!r} knows no season {season!r}; it has {', '.join(self.seasons)}")
        if period is not None and period not in self.periods:
            known = ", ".join(self.periods) or "none: add a rule with period"
            raise NetworkError(f"speed profile {self.name!r} knows no period {period!r}; it has {known}")

    @classmethod
    def for_mode(cls, mode: Mode) -> SpeedProfile:
        """Return the plain profile of a mode: roads' own speeds for car, 5 km/h walking, 15 km/h cycling.

        Stairs are walked at 2 km/h; a bicycle is carried on them at 1 km/h. Snow slows walking to 0.85 and cycling to
        0.75 of the speed. These are assumptions; give your own rules where you have figures.
        """
        if mode == "walk":
            speeds = {**dict.fromkeys(DEFAULT_SPEEDS_KMH, 5.0), "steps": 2.0}
            return cls("walk", default_kmh=speeds, cap_kmh=5.0, rules=(Rule(season="winter", factor=0.85, source="assumption"),))
        if mode == "bike":
            speeds = {**dict.fromkeys(DEFAULT_SPEEDS_KMH, 15.0), "steps": 1.0}
            return cls("bike", default_kmh=speeds, cap_kmh=15.0, rules=(Rule(season="winter", factor=0.75, source="assumption"),))
        return cls("car")

    @classmethod
    def from_table(cls, table: pd.DataFrame, *, name: str = "table", **more: Any) -> SpeedProfile:
        """Make a profile of a table with a row a rule.

        Parameters
        ----------
        table : pandas.DataFrame
            Any of the columns `road_class`, `season`, `period`, `factor`, `speed_kmh`, `cap_kmh`, `closed`, `source`;
            an empty cell holds for all, or changes nothing.
        name : str
        **more
            Other fields of the profile.

        Raises
        ------
        NetworkError
            If the table has a column that no rule knows, or a value is not above 0 (the row is named).

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"road_class": ["trunk", None], "period": ["peak", "peak"], "factor": [0.8, 0.9]})
        >>> [(r.road_class, r.factor) for r in SpeedProfile.from_table(table).rules]
        [('trunk', 0.8), (None, 0.9)]
        """
        import pandas as pd

        known = {"road_class", "season", "period", "factor", "speed_kmh", "cap_kmh", "closed", "source"}
        if strange := sorted(set(map(str, table.columns)) - known):
            raise NetworkError(f"speed table {name!r}: unknown column {strange[0]!r}; it may have {', '.join(sorted(known))}")
        rules = []
        for at, row in table.iterrows():
            given = {str(k): v for k, v in row.items() if not pd.isna(v) and v != ""}
            numbers: dict[str, Any] = {k: float(given[k]) for k in ("factor", "speed_kmh", "cap_kmh") if k in given}
            words: dict[str, Any] = {k: str(given[k]) for k in ("road_class", "season", "period", "source") if k in given}
            try:
                rules.append(Rule(**words, **numbers, closed=bool(given.get("closed", False))))
            except NetworkError as exc:
                raise NetworkError(f"speed table {name!r}, row {at}: {exc}") from exc
        return cls(name, rules=tuple(rules), **more)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the time of an edge is worked out from, whatever the profile.

    Attributes
    ----------
    length_m : ndarray of float64, shape (edges,)
    speed_kmh : ndarray of float64
        The road's own speed; nan where not stated.
    road_class : ndarray of str objects
    open_forward, open_backward : ndarray of bool
    given_s : ndarray of float64 or None
        Seconds that the caller states for an edge; nan where they follow from length and speed.
    is_ferry : ndarray of bool
    ferry_min, headway_min : ndarray of float64 or None
    season : ndarray of str objects or None
        Season a road is open in; "" for all year. Asked for no season, a road of one season is closed.
    delay_forward_s, delay_backward_s : ndarray of float64 or None
        Seconds at the junction or signal where each direction ends.
    slope_forward, slope_backward : ndarray of float64 or None
        How much longer the way takes for its heights.
    name : ndarray of str objects or None
        What the road is called, for the list of turns.
    bridge : ndarray of bool or None
        Edges that do not follow the ground.
    """

    length_m: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    road_class: NDArray[np.object_]
    open_forward: NDArray[np.bool_]
    open_backward: NDArray[np.bool_]
    is_ferry: NDArray[np.bool_]
    given_s: NDArray[np.float64] | None = None
    ferry_min: NDArray[np.float64] | None = None
    headway_min: NDArray[np.float64] | None = None
    season: NDArray[np.object_] | None = None
    delay_forward_s: NDArray[np.float64] | None = None
    delay_backward_s: NDArray[np.float64] | None = None
    slope_forward: NDArray[np.float64] | None = None
    slope_backward: NDArray[np.float64] | None = None
    name: NDArray[np.object_] | None = None
    bridge: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        """Number of edges."""
        return int(self.length_m.size)


def named(edge_ids: pd.Index, wanted: Sequence[Any], who: str) -> NDArray[np.bool_]:
    """Tell which edges carry one of some ids; an id that several carry names them all.

    Raises
    ------
    NetworkError
        If no edge carries an id.
    """
    import pandas as pd

    asked = pd.Index(list(wanted))
    # the few are looked up in the many: the other way around pandas walks through all ids in Python
    hit: NDArray[np.bool_] = edge_ids.isin(asked)
    known = asked.isin(edge_ids[hit])
    if not known.all():
        raise NetworkError(f"{who} names edge {wanted[int(np.argmin(known))]!r}, which is not in the network")
    return hit


def _where(rule: Rule, code: NDArray[Any], classes: Sequence[str], edge_ids: pd.Index, middle: Any) -> NDArray[np.bool_]:
    """Tell which edges a rule holds for."""
    import shapely

    hit = np.ones(code.size, np.bool_)
    if rule.road_class is not None:
        hit &= code == (classes.index(rule.road_class) if rule.road_class in classes else -1)
    if rule.edges:
        hit &= named(edge_ids, rule.edges, "a speed rule")
    if rule.area is not None:
        shapely.prepare(rule.area)
        x, y = middle()
        hit &= shapely.contains_xy(rule.area, x, y)
    return hit


def travel_seconds(
    a: Attributes,
    profile: SpeedProfile,
    *,
    season: str | None = None,
    period: str | None = None,
    edge_ids: pd.Index,
    middle: Any,
    coded: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, int]]:
    """Seconds to travel each edge both ways, and how often something had to be assumed.

    Parameters
    ----------
    a : Attributes
    profile : SpeedProfile
    season, period : str, optional
    edge_ids : pandas.Index
        For rules that name edges.
    middle : callable
        Gives x and y of the edges' middles, for rules with an area.
    coded : tuple of ndarray, optional
        The classes there are, and which each edge has, where they are known already.

    Returns
    -------
    forward_s, backward_s : ndarray of float64, shape (edges,)
        ``inf`` where that way is closed.
    assumed : dict of str to int

    Raises
    ------
    NetworkError
        If the season or period is unknown, or a rule names an unknown edge.

    Notes
    -----
    t = 3.6 length / speed x slope + junction + delay, not rounded. A ferry takes its crossing plus half its headway plus
    boarding; without a crossing time it is closed and counted, never length x speed.
    """
    profile.require(season, period)
    classes, code = coded if coded is not None else np.unique(a.road_class.astype(str), return_inverse=True)
    default = np.array([profile.default_kmh.get(c, profile.default_kmh.get("other", 40.0)) for c in classes])
    factor = np.array([profile.factor.get(c, 1.0) for c in classes])
    known = np.isfinite(a.speed_kmh)
    pace = factor[code] if code.size else np.ones(len(a))
    speed = np.where(known, a.speed_kmh, default[code] if code.size else 1.0)
    if profile.cap_kmh is not None:
        # snow slows a walker from the walker's own speed, not from the road's sign
        speed = np.minimum(speed, profile.cap_kmh)
    speed = speed * pace
    # a stated time holds at the road's own speed: what a profile makes slower takes longer in proportion
    timed = np.zeros(len(a), np.bool_) if a.given_s is None else np.isfinite(a.given_s)
    closed = np.zeros(len(a), np.bool_)
    seasonal = 0
    if a.season is not None:
        # an ice road must not shorten a way in July: without a season only what is open all year counts
        away = (a.season != "") & (a.season != (season or ""))
        closed |= away
        seasonal = int(away.sum()) if season is None else 0
    for rule in profile.rules:
        if not rule.holds(season, period):
            continue
        hit = _where(rule, code, [str(c) for c in classes], edge_ids, middle)
        if rule.closed:
            closed |= hit
        if rule.speed_kmh is not None:
            speed[hit] = rule.speed_kmh
            timed &= ~hit
        if rule.factor != 1.0:
            speed[hit] *= rule.factor
            pace[hit] *= rule.factor
        if rule.cap_kmh is not None:
            speed[hit] = np.minimum(speed[hit], rule.cap_kmh)
    if profile.cap_kmh is not None:
        speed = np.minimum(speed, profile.cap_kmh)
    base = a.length_m * 3.6 / speed
    if a.given_s is not None:
        base = np.where(timed, a.given_s / pace, base)
    assumed = {"open in one season only, closed because no season is asked for": seasonal}
    assumed["no speed stated, the class's default is used"] = int((~known & ~timed & ~a.is_ferry).sum())
    if a.is_ferry.any():
        nothing = np.full(len(a), np.nan)
        crossing = nothing if a.ferry_min is None else a.ferry_min
        headway = np.zeros(len(a)) if a.headway_min is None else np.nan_to_num(a.headway_min)
        waiting = 60.0 * (crossing + headway / 2 + profile.boarding_min)
        water = a.is_ferry & ~timed
        unknown = water & ~np.isfinite(crossing)
        base = np.where(water, waiting, base)
        closed |= unknown
        assumed["ferry without a crossing time, closed"] = int(unknown.sum())
    extra = np.where(timed | a.is_ferry, 0.0, profile.junction_s)
    out = []
    for slope, delay, open_ in (
        (a.slope_forward, a.delay_forward_s, a.open_forward),
        (a.slope_backward, a.delay_backward_s, a.open_backward),
    ):
        t = base if slope is None else base * slope
        t = t + extra
        if delay is not None:
            t = t + delay
        out.append(np.where(open_ & ~closed, t, np.inf))
    return out[0], out[1], assumed
