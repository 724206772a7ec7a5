"""Forecasts by district and day: kept as they were said at each fetch, told while they are young, the real before the made-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from content.models import Forecast
from content.sources.open_meteo import NAME as OPEN_METEO
from content.sources.open_meteo import Day, Spot
from core import clock
from core.db import INSERT, dialect, new_id
from core.settings import Settings
from profiles import places
from profiles.models import Farmer, Place

SAMPLE = "sample"
SIMULATOR = "simulator"
TOLD_FOR = timedelta(hours=36)  # an older forecast is not told
AHEAD = 3  # days that one text looks ahead
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Expected:
    """What one day may bring. `tenths`: of ten such days so many see rain."""

    day: date
    tenths: int
    mm: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is told of one district: at least one day, in order, without a gap; who says so, and the local day it was made."""

    place: str
    days: tuple[Expected, ...]
    source: str
    made: date


def spots(session: Session) -> list[Spot]:
    """The districts where farmers are, as far as we know where they lie, always in the same order."""
    lived_in = select(Farmer.district_id).where(Farmer.district_id.is_not(None)).distinct()
    known = select(Place).where(Place.id.in_(lived_in), Place.latitude.is_not(None), Place.longitude.is_not(None)).order_by(Place.id)
    return [Spot(place.id, place.latitude or 0.0, place.longitude or 0.0) for place in session.scalars(known)]


def store(session: Session, source: str, said: Mapping[int, Sequence[Day]], now: datetime, zone: ZoneInfo) -> int:
    """Keep what a source says now of these districts; of one day's fetches the last stays. How many days there were.

    A day of which the source knows no rain at all is not kept.
    """
    fetched = {"source": source, "fetched_on": clock.day(now, zone), "fetched_at": now}
    rows = [
        {"id": new_id(now), "district_id": district_id, "day": one.day, "rain_chance": one.rain_chance, "rain_mm": one.rain_mm}
        | {"low": one.low, "high": one.high, "code": one.code, **fetched}
        for district_id, days in said.items()
        for one in days
        if one.rain_chance is not None or one.rain_mm is not None
    ]
    if rows:
        statement = INSERT[dialect(session)](Forecast)
        newer = {name: statement.excluded[name] for name in ("fetched_at", "rain_chance", "rain_mm", "low", "high", "code")}
        unique = ["district_id", "source", "day", "fetched_on"]
        session.execute(statement.on_conflict_do_update(index_elements=unique, set_=newer), rows)
    return len(rows)


def confirm(session: Session, source: str, district_ids: Sequence[int], now: datetime) -> None:
    """The source says that nothing has changed: its last forecast is as good as one made now."""
    ours = [Forecast.source == source, Forecast.district_id.in_(district_ids)]
    last = select(func.max(Forecast.fetched_on)).where(*ours).scalar_subquery()
    session.execute(update(Forecast).where(*ours, Forecast.fetched_on == last).values(fetched_at=now))


def first_day(now: datetime, zone: ZoneInfo) -> date:
    """The first day worth telling: in the morning this one, from noon on tomorrow."""
    local = now.astimezone(zone)
    return local.date() if local.time() < NOON else local.date() + timedelta(days=1)


def outlook(session: Session, district_id: int, now: datetime, settings: Settings) -> Outlook | None:
    """The next days of a district, by the best source that spoke of the first of them lately; None when none did."""
    first = first_day(now, settings.zone)
    wanted = select(Forecast).where(
        Forecast.district_id == district_id,
        Forecast.source.in_(_sources(settings)),
        Forecast.day.between(first, first + timedelta(days=AHEAD - 1)),
        Forecast.fetched_at > now - TOLD_FOR,
        Forecast.rain_chance.is_not(None),
    )
    rows = session.scalars(wanted).all()
    for source in _sources(settings):
        newest = {one.day: one for one in sorted(rows, key=lambda one: one.fetched_at) if one.source == source}
        days = [newest[day] for day in _unbroken(first, newest)]
        if days:
            told = tuple(Expected(one.day, (2 * (one.rain_chance or 0) + 10) // 20, _whole(one.rain_mm)) for one in days)
            made = min(one.fetched_at for one in days)
            return Outlook(places.get(session, district_id).name, told, source, clock.day(made, settings.zone))
    return None


def _sources(settings: Settings) -> tuple[str, ...]:
    """Best first. What is made up never reaches a real phone."""
    return (OPEN_METEO, SAMPLE) if settings.gateways == (SIMULATOR,) else (OPEN_METEO,)


def _unbroken(first: date, newest: Mapping[date, Forecast]) -> list[date]:
    days = [first + timedelta(days=ahead) for ahead in range(AHEAD)]
    return days[: next((index for index, day in enumerate(days) if day not in newest), AHEAD)]


def _whole(mm: Decimal | None) -> int | None:
    """Millimetres as a farmer is told them: a drop is not nothing, and from 20 on in fives."""
    if mm is None:
        return None
    if mm < 20:
        return max(round(mm), 1) if mm > 0 else 0
    return round(mm / 5) * 5
