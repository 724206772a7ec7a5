"""Time as an argument: the one place that reads the clock, and what a day is in a place."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, aware, in UTC. Called by the edges and handed down."""
    return datetime.now(UTC)


def day(instant: datetime, zone: ZoneInfo) -> date:
    """The local calendar date of an instant."""
    return instant.astimezone(zone).date()


def at(when: date, hour: time, zone: ZoneInfo) -> datetime:
    """The instant of a local date and time. A time that the clocks skip becomes the next that exists; a repeated one its first."""
    local = datetime.combine(when, hour, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        before = local.replace(fold=0).utcoffset()
        after = local.replace(fold=1).utcoffset()
        gap = abs((after or timedelta()) - (before or timedelta()))
        instant = (datetime.combine(when, hour, zone) + gap).astimezone(UTC)
        while (instant - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None) >= local.replace(tzinfo=None):
            instant -= timedelta(minutes=1)
    return instant


def quiet_until(instant: datetime, hours: tuple[time, time] | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that hold this instant end; None outside them."""
    if hours is None or hours[0] == hours[1]:
        return None
    start, end = hours
    local = instant.astimezone(zone)
    clock = local.time()
    if start < end:
        return at(local.date(), end, zone) if start <= clock < end else None
    if clock >= start:
        return at(local.date() + timedelta(days=1), end, zone)
    return at(local.date(), end, zone) if clock < end else None


def end_of_day(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last instant of the local day, as the first of the next."""
    return at(day(instant, zone) + timedelta(days=1), time(0), zone)
