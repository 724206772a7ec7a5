"""When a campaign fires next, and what an outage is caught up with."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from content import schedules
from content.schedules import Schedule
from core.errors import Unusable

KAMPALA = ZoneInfo("Africa/Kampala")


def local(*parts):
    return datetime(*parts, tzinfo=KAMPALA).astimezone(UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        (Schedule("day", "18:00"), local(2026, 3, 12, 12), local(2026, 3, 12, 18)),
        (Schedule("day", "18:00"), local(2026, 3, 12, 18), local(2026, 3, 13, 18)),
        (Schedule("week", "07:45", weekdays=(0, 3)), local(2026, 3, 12, 8), local(2026, 3, 16, 7, 45)),
        (Schedule("month", "09:00", month_day=31), local(2026, 2, 1), local(2026, 2, 28, 9)),
        (Schedule("month", "09:00", month_day=29), local(2028, 2, 1), local(2028, 2, 29, 9)),
        (Schedule("day", "23:59"), local(2026, 12, 31, 23, 59), local(2027, 1, 1, 23, 59)),
        (Schedule("once", "10:00", day="2026-03-13"), local(2026, 3, 12), local(2026, 3, 13, 10)),
        (Schedule("once", "10:00", day="2026-03-13"), local(2026, 3, 13, 10), None),
    ],
)
def test_the_next_moment(schedule, after, expected):
    assert schedules.following(schedule, after, KAMPALA) == expected


def test_an_outage_is_caught_up_with_once():
    daily = Schedule("day", "18:00", late_hours=6)
    missed = local(2026, 3, 9, 18)
    now = local(2026, 3, 12, 20)
    latest = schedules.latest(daily, missed, now, KAMPALA)
    assert latest == local(2026, 3, 12, 18)
    assert not schedules.is_late(daily, latest, now)
    assert schedules.is_late(daily, missed, now)


@pytest.mark.parametrize(
    "written",
    [
        {"every": "hour", "at": "18:00"},
        {"every": "week", "at": "18:00"},
        {"every": "week", "at": "18:00", "weekdays": [7]},
        {"every": "day", "at": "25:00"},
        {"every": "month", "at": "09:00", "month_day": 32},
        {"every": "once", "at": "09:00"},
        {"every": "once", "at": "09:00", "day": "31/02"},
    ],
)
def test_a_rule_that_no_calendar_keeps_is_refused(written):
    with pytest.raises(Unusable):
        schedules.from_json(written)


def test_a_schedule_survives_its_json():
    weekly = Schedule("week", "07:45", weekdays=(1, 4))
    assert schedules.from_json(weekly.as_json()) == weekly
