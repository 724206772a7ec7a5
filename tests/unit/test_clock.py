"""Local time: quiet hours across midnight, the end of a day, times that the clocks skip or repeat."""

# ruff: noqa: DTZ001 -- wall-clock times are the subject

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import pytest

from core import clock

KAMPALA, CAIRO, BERLIN = ZoneInfo("Africa/Kampala"), ZoneInfo("Africa/Cairo"), ZoneInfo("Europe/Berlin")
NIGHT = (time(20), time(7, 30))


@pytest.mark.parametrize(
    ("local", "until"),
    [
        (datetime(2026, 3, 12, 19, 59), None),
        (datetime(2026, 3, 12, 20, 0), datetime(2026, 3, 13, 7, 30)),
        (datetime(2026, 3, 13, 0, 0), datetime(2026, 3, 13, 7, 30)),
        (datetime(2026, 3, 13, 7, 29), datetime(2026, 3, 13, 7, 30)),
        (datetime(2026, 3, 13, 7, 30), None),
        (datetime(2026, 12, 31, 23, 0), datetime(2027, 1, 1, 7, 30)),
    ],
)
def test_quiet_hours_span_midnight(local, until):
    found = clock.quiet_until(local.replace(tzinfo=KAMPALA).astimezone(UTC), NIGHT, KAMPALA)
    assert found == (until and until.replace(tzinfo=KAMPALA).astimezone(UTC))


def test_no_quiet_hours_are_never_quiet():
    assert clock.quiet_until(datetime(2026, 3, 12, 22, tzinfo=UTC), None, KAMPALA) is None


def test_a_time_that_the_clocks_skip_is_the_next_that_exists():
    # Berlin, 28 March 2027: 02:00 becomes 03:00.
    assert clock.at(date(2027, 3, 28), time(2, 30), BERLIN).astimezone(BERLIN).replace(tzinfo=None) == datetime(2027, 3, 28, 3, 0)


def test_a_time_that_comes_twice_is_its_first():
    assert clock.at(date(2027, 10, 31), time(2, 30), BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_every_zone_of_africa_has_every_hour_of_five_years():
    for name in sorted(zone for zone in available_timezones() if zone.startswith("Africa/")):
        zone = ZoneInfo(name)
        for year in range(2026, 2031):
            for month in range(1, 13):
                moment = clock.at(date(year, month, 28), time(0, 30), zone)
                local = moment.astimezone(zone)
                assert local.date() == date(year, month, 28)
                assert local.time() >= time(0, 30)
