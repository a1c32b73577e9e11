"""One hour between neighbours: shifts and departures by both clocks."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest

from landplan import clocks
from landplan import plan as p
from landplan.errors import LayerError, PlanError
from landplan.run.exhibits import time_zones
from landplan.transit import read_feed, service, together
from tests.toy import PLAN
from tests.unit.test_small_rooms import feed
from tests.unit.test_workers import atlas, town  # noqa: F401  # the toy town with assumptions about its workers

SWEDEN, FINLAND = "Europe/Stockholm", "Europe/Helsinki"
WINTER, SUMMER = dt.date(2028, 1, 15), dt.date(2028, 7, 15)


@pytest.mark.parametrize("date", [WINTER, SUMMER])
def test_finland_is_an_hour_ahead_in_winter_and_in_summer(date):
    assert clocks.on_date("06:00", FINLAND, SWEDEN, date) == ("05:00", 0)
    assert clocks.on_date("06:00", SWEDEN, FINLAND, date) == ("07:00", 0)


@pytest.mark.parametrize("date", [WINTER, SUMMER])
def test_a_shift_that_begins_just_after_midnight_begins_the_day_before_across_the_border(date):
    assert clocks.on_date("00:30", FINLAND, SWEDEN, date) == ("23:30", -1)
    assert clocks.on_date("23:30", SWEDEN, FINLAND, date) == ("00:30", 1)
    # a timetable's 24:30 is half past midnight of the next day
    assert clocks.on_date("24:30", FINLAND, SWEDEN, date) == ("23:30", 0)
    assert clocks.shown("23:30", -1).sv == "23:30 dagen före"
    assert clocks.shown("00:30", 1).en == "00:30 the day after"


def test_a_zone_without_summer_time_is_told_by_season():
    assert clocks.by_season("06:00", FINLAND, SWEDEN, 2028).sv == "05:00"
    assert clocks.by_season("12:00", "Atlantic/Reykjavik", SWEDEN, 2028).sv == "13:00 (sommar 14:00)"
    # the day the clocks change, the hour between them stands
    assert clocks.on_date("12:00", FINLAND, SWEDEN, dt.date(2028, 3, 26)) == ("11:00", 0)


def test_an_unknown_zone_or_clock_is_an_error_that_says_what_to_write():
    with pytest.raises(ValueError, match="did you mean 'Europe/Helsinki'"):
        clocks.time_zone("Europe/Helsingki")
    with pytest.raises(ValueError, match="no time of the form"):
        clocks.on_date("kl 6", FINLAND, SWEDEN, WINTER)
    bad = PLAN.replace('name = "Verket"', 'name = "Verket"\ntime_zone = "Europe/Helsingki"')
    with pytest.raises(PlanError, match=r"line \d+: sites\.works\.time_zone: is no time zone of the IANA database; did you mean 'Europe/Helsinki'\?"):
        p.parse(bad)
    assert p.parse(PLAN).sites["works"].time_zone == SWEDEN


def test_shifts_are_shown_by_both_clocks_where_a_plan_has_two(town, tmp_path):  # noqa: F811
    across = [
        'sites.works.shifts=["00:30", "14:00"]',
        f'sites.works.time_zone="{FINLAND}"',
        f'sites.home={{name="Hemma", x=621000, y=6941000, jobs={{low=1, central=2, high=3, source="a"}}, shifts=["23:30"], time_zone="{SWEDEN}"}}',
    ]
    found = atlas(town, tmp_path, change=across)
    table = found.table("workers_shifts_works")
    assert [f.alias.sv for f in table.fields][:2] == ["Skift", "Klockan i Sverige"]
    assert table.frame.set_index("shift")["clock_1"].to_dict() == {"00:30": "23:30 dagen före", "14:00": "13:00"}
    assert "klockan i Finland" in table.note.sv
    other = found.table("workers_shifts_home")
    assert other.fields[1].alias.sv == "Klockan i Finland"
    assert other.frame.set_index("shift")["clock_1"].to_dict() == {"23:30": "00:30 dagen efter"}


def test_one_time_zone_adds_no_column(town, tmp_path):  # noqa: F811
    found = atlas(town, tmp_path, change=['sites.works.shifts=["05:30"]', f'sites.works.time_zone="{FINLAND}"'])
    assert "clock_1" not in found.table("workers_shifts").frame


def test_departures_of_two_countries_keep_their_clocks(tmp_path):
    path = feed(tmp_path)
    other = tmp_path / "fi.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).decode().replace(SWEDEN, FINLAND))
    first = service(read_feed(path))
    both = together([first, service(read_feed(other), first.date)])
    assert both.trips == 2 * first.trips
    assert both.time_zones == (SWEDEN, FINLAND)
    assert time_zones(p.parse(PLAN), both) == (SWEDEN, FINLAND)
    assert together([first]) is first
    with pytest.raises(LayerError, match="different days"):
        together([first, service(read_feed(other), dt.date(2026, 1, 11))])
