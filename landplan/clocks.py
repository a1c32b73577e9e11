"""Clocks on both sides of a time zone's border: what one shows when another shows a given time.

A shift or a departure is told in the time of the place where it is. Where a plan has places in several time zones, the
same moment is told by the other clocks too, by the zones' own rules for the date (`zoneinfo`).
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from landplan.style import Text

__all__ = ["HOME", "by_season", "country", "on_date", "shown", "time_zone"]

HOME: Final = "Europe/Stockholm"
"""The time zone of a place that states none."""

_COUNTRIES: Final = {
    "Europe/Stockholm": Text("Sverige", "Sweden"),
    "Europe/Helsinki": Text("Finland", "Finland"),
    "Europe/Oslo": Text("Norge", "Norway"),
    "Europe/Copenhagen": Text("Danmark", "Denmark"),
    "Europe/Mariehamn": Text("Åland", "Åland"),
}
_CLOCK: Final = re.compile(r"^(\d{1,2}):([0-5]\d)(?::[0-5]\d)?$")


def time_zone(name: str) -> ZoneInfo:
    """Return the time zone of that name.

    Parameters
    ----------
    name : str
        A name of the IANA database, such as ``Europe/Helsinki``.

    Returns
    -------
    zoneinfo.ZoneInfo

    Raises
    ------
    ValueError
        If the database has no zone of that name; the nearest name is said.
    """
    known = available_timezones()
    if name not in known:
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"examples: {', '.join(list(_COUNTRIES)[:3])}"
        raise ValueError(f"is no time zone of the IANA database; {hint}")
    return ZoneInfo(name)


def country(zone: str) -> Text:
    """Return the country whose clock a zone is, or the zone's own place name.

    Examples
    --------
    >>> country("Europe/Helsinki").sv, country("Europe/Riga").sv
    ('Finland', 'Riga')
    """
    place = zone.rpartition("/")[2].replace("_", " ")
    return _COUNTRIES.get(zone, Text(place, place))


def on_date(clock: str, zone: str, other: str, date: dt.date) -> tuple[str, int]:
    """Return what another zone's clock shows, and how many days later or earlier its date is.

    Parameters
    ----------
    clock : str
        ``HH:MM`` in `zone`; hours of 24 and more are of the next day, as timetables write them.
    zone, other : str
        Time zones.
    date : datetime.date
        The day in `zone`.

    Returns
    -------
    tuple of str and int
        ``HH:MM``, and -1, 0 or 1.

    Raises
    ------
    ValueError
        If the clock is not ``HH:MM`` or a zone is unknown.

    Examples
    --------
    >>> on_date("00:30", "Europe/Helsinki", "Europe/Stockholm", dt.date(2026, 7, 1))
    ('23:30', -1)
    """
    found = _CLOCK.match(clock)
    if found is None:
        raise ValueError(f"{clock!r} is no time of the form 05:30")
    hours, minutes = int(found.group(1)), int(found.group(2))
    # GTFS counts from noon less twelve hours: on the days when clocks change that is not midnight.
    noon = dt.datetime.combine(date, dt.time(12), tzinfo=time_zone(zone)).astimezone(dt.UTC)
    at = noon + dt.timedelta(hours=hours - 12, minutes=minutes)
    there = at.astimezone(time_zone(other))
    return there.strftime("%H:%M"), (there.date() - date).days


def shown(clock: str, days: int) -> Text:
    """Return a time with the day it is of, where that is another one.

    Examples
    --------
    >>> shown("23:30", -1).sv
    '23:30 dagen före'
    """
    if days == 0:
        return Text(clock, clock)
    if days < 0:
        return Text(f"{clock} dagen före", f"{clock} the day before")
    return Text(f"{clock} dagen efter", f"{clock} the day after")


def by_season(clock: str, zone: str, other: str, year: int) -> Text:
    """Return what another zone's clock shows in winter and in summer; once where both are the same.

    Parameters
    ----------
    clock : str
        ``HH:MM`` in `zone`.
    zone, other : str
        Time zones.
    year : int
        Whose rules hold.

    Returns
    -------
    Text

    Examples
    --------
    >>> by_season("06:00", "Europe/Helsinki", "Europe/Stockholm", 2028).sv
    '05:00'
    >>> by_season("06:00", "Atlantic/Reykjavik", "Europe/Stockholm", 2028).sv
    '07:00 (sommar 08:00)'
    """
    winter, summer = (shown(*on_date(clock, zone, other, dt.date(year, month, 15))) for month in (1, 7))
    if winter == summer:
        return winter
    return Text(f"{winter.sv} (sommar {summer.sv})", f"{winter.en} (summer {summer.en})")
