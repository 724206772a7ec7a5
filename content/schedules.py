"""When a campaign fires next: a rule of local days and one local time. Pure."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import clock
from core.errors import Unusable

EVERY = ("once", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Schedule:
    """`every` once (on `day`), day, week (on `weekdays`, Monday 0) or month (on `month_day`, the last where it is shorter).

    `at` is local, "HH:MM". After an outage the latest missed moment fires once if it is younger than `late_hours`.
    """

    every: str
    at: str
    day: str | None = None
    weekdays: tuple[int, ...] = ()
    month_day: int = 1
    late_hours: int = 6

    def __post_init__(self) -> None:
        try:
            time.fromisoformat(self.at)
            date.fromisoformat(self.day or "2000-01-01")
        except ValueError as wrong:
            raise Unusable("schedule.unusable") from wrong
        fits = {"once": self.day is not None, "week": bool(self.weekdays) and set(self.weekdays) <= set(range(7))}
        if self.every not in EVERY or not fits.get(self.every, True) or not 1 <= self.month_day <= 31 or self.late_hours < 0:
            raise Unusable("schedule.unusable")

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "weekdays": list(self.weekdays)}


def from_json(written: dict[str, Any]) -> Schedule:
    """Raises Unusable for a rule that no calendar can keep."""
    return Schedule(**{**written, "weekdays": tuple(written.get("weekdays", ()))})


def following(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first firing strictly after this instant; None when there is no more."""
    hour = time.fromisoformat(schedule.at)
    if schedule.every == "once":
        moment = clock.at(date.fromisoformat(schedule.day or ""), hour, zone)
        return moment if moment > after else None
    day = clock.day(after, zone)
    for step in range(63):
        candidate = day + timedelta(days=step)
        if _falls_on(schedule, candidate):
            moment = clock.at(candidate, hour, zone)
            if moment > after:
                return moment
    return None


def latest(schedule: Schedule, first: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """Of the moments from `first` until now, the last: what an outage is caught up with, once."""
    moment = first
    while (later := following(schedule, moment, zone)) is not None and later <= now:
        moment = later
    return moment


def is_late(schedule: Schedule, moment: datetime, now: datetime) -> bool:
    """Whether this moment is too long ago to be fired."""
    return now - moment > timedelta(hours=schedule.late_hours)


def _falls_on(schedule: Schedule, day: date) -> bool:
    if schedule.every == "week":
        return day.weekday() in schedule.weekdays
    if schedule.every == "month":
        last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return day.day == min(schedule.month_day, last.day)
    return True
