"""Timetables: read a GTFS feed and say what runs on a date.

A date without service is the commonest silent error of transit studies, so `service` compares the date
with the feed's typical weekday and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landplan.clocks import HOME
from landplan.errors import LayerError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Service", "read_feed", "service", "together"]


@dataclass(frozen=True, slots=True)
class Service:
    """What runs on one date.

    Attributes
    ----------
    date : datetime.date
    trips : int
        Trips that run.
    typical_trips : int
        Trips of the feed's busiest weekday.
    stops : geopandas.GeoDataFrame
        EPSG:4326 points: `stop_id`, `name`, `departures`, `first`, `last` (HH:MM of the service day), `modes`, `time_zone`
        (whose clock the times are by).
    """

    date: dt.date
    trips: int
    typical_trips: int
    stops: gpd.GeoDataFrame

    @property
    def time_zones(self) -> tuple[str, ...]:
        """The time zones of the agencies, the first feed's first."""
        return tuple(dict.fromkeys(self.stops["time_zone"]))

    @property
    def is_thin(self) -> bool:
        """True when the date runs under a tenth of the typical weekday: probably the wrong date."""
        return self.trips < 0.1 * self.typical_trips


def read_feed(path: Path) -> Any:
    """Read a GTFS zip with gtfs-kit.

    Raises
    ------
    LayerError
        If it is not a whole feed.
    """
    import gtfs_kit

    if not path.exists():
        raise LayerError(f"{path} does not exist; a GTFS feed is a .zip")
    try:
        return gtfs_kit.read_feed(path, dist_units="km")
    except Exception as exc:
        raise LayerError(f"{path} cannot be read as a GTFS feed ({exc}); fetch it again") from exc


def _clock(value: Any) -> str:
    return str(value)[:5] if isinstance(value, str) and len(value) >= 5 else ""


def service(feed: Any, date: dt.date | None = None) -> Service:
    """Count the departures of each stop on a date.

    Parameters
    ----------
    feed : gtfs_kit.Feed
        From `read_feed`.
    date : datetime.date, optional
        Default the feed's first busiest weekday.

    Returns
    -------
    Service

    Raises
    ------
    LayerError
        If the feed runs no day, or the date lies outside it.
    """
    import geopandas as gpd
    import pandas as pd

    days = list(feed.get_dates())
    if not days:
        raise LayerError("the GTFS feed has no service day; check calendar.txt")
    sample = days[: min(len(days), 14)]
    per_day = {d: len(feed.get_trips(d)) for d in sample}
    busiest = max(per_day, key=lambda d: (per_day[d], -sample.index(d)))
    wanted = date.strftime("%Y%m%d") if date else busiest
    if wanted not in days:
        raise LayerError(f"the GTFS feed runs {days[0]}–{days[-1]}, not {wanted}; choose a date inside it")
    trips = feed.get_trips(wanted)
    calls = feed.stop_times[feed.stop_times["trip_id"].isin(trips["trip_id"])]
    last_call = calls.groupby("trip_id")["stop_sequence"].transform("max")
    calls = calls[calls["stop_sequence"] < last_call]  # a trip's last stop is an arrival, not a departure
    modes = trips.merge(feed.routes[["route_id", "route_type"]], on="route_id")[["trip_id", "route_type"]]
    calls = calls.merge(modes, on="trip_id")
    kinds = {0: "tram", 1: "metro", 2: "train", 3: "bus", 4: "ferry"}
    grouped = calls.groupby("stop_id").agg(
        departures=("trip_id", "size"),
        first=("departure_time", "min"),
        last=("departure_time", "max"),
        modes=("route_type", lambda s: ", ".join(sorted({kinds.get(int(v), "bus" if int(v) >= 700 else "other") for v in s}))),
    )
    stops = feed.stops.set_index("stop_id").join(grouped)
    frame = pd.DataFrame(
        {
            "stop_id": stops.index.astype(str),
            "name": stops["stop_name"].to_numpy(),
            "departures": stops["departures"].fillna(0).astype("int64").to_numpy(),
            "first": stops["first"].map(_clock).to_numpy(),
            "last": stops["last"].map(_clock).to_numpy(),
            "modes": stops["modes"].astype(object).where(stops["modes"].notna(), "").to_numpy(),
            # All agencies of a feed have the same time zone: the format says so.
            "time_zone": str(feed.agency["agency_timezone"].iloc[0]) if feed.agency is not None and len(feed.agency) else HOME,
        }
    )
    points = gpd.points_from_xy(stops["stop_lon"].astype(float), stops["stop_lat"].astype(float))
    day = dt.datetime.strptime(wanted, "%Y%m%d").date()
    return Service(day, len(trips), per_day[busiest], gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326"))


def together(services: Sequence[Service]) -> Service:
    """Put what runs by several feeds on one date into one; every stop keeps the clock of its own feed.

    Parameters
    ----------
    services : sequence of Service
        At least one, of the same date.

    Returns
    -------
    Service

    Raises
    ------
    LayerError
        If the dates differ.
    """
    import geopandas as gpd
    import pandas as pd

    first = services[0]
    if len(services) == 1:
        return first
    if other := next((s.date for s in services if s.date != first.date), None):
        raise LayerError(f"the timetables are of different days, {first.date} and {other}; ask for one date of all")
    stops = gpd.GeoDataFrame(pd.concat([s.stops for s in services], ignore_index=True), geometry="geometry", crs=first.stops.crs)
    return Service(first.date, sum(s.trips for s in services), sum(s.typical_trips for s in services), stops)
