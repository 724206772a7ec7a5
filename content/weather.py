"""Forecasts by district and day: kept as they were said at each fetch, told while they are young, the real before the made-up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Numeric, func, select, update
from sqlalchemy.orm import Session

from content.models import Forecast
from content.sources.open_meteo import NAME as OPEN_METEO
from content.sources.open_meteo import Day, Spot
from core import clock
from core.db import INSERT, Moment, dialect, new_id
from core.plain import Plain
from core.settings import Settings
from profiles.models import Farmer, Place

SAMPLE = "sample"
SIMULATOR = "simulator"
TOLD_FOR = timedelta(hours=36)  # an older forecast is not told
AHEAD = 3  # days that one text looks ahead
NOON = time(12)
# Plain SQL, because half of all dial-ins look at it; oldest fetch first.
FORECASTS = Plain(
    """SELECT f.source, f.day, f.fetched_at, f.rain_chance, f.rain_mm, d.name FROM forecasts f JOIN places d ON d.id = f.district_id
    WHERE f.district_id = :district_id AND f.day BETWEEN :first AND :last AND f.fetched_at > :since AND f.rain_chance IS NOT NULL
    ORDER BY f.fetched_at""",
    binds={"first": Date, "last": Date, "since": Moment},
    columns={"day": Date, "fetched_at": Moment, "rain_mm": Numeric(7, 2)},
)


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
    last = first + timedelta(days=AHEAD - 1)
    rows = FORECASTS.rows(session, district_id=district_id, first=first, last=last, since=now - TOLD_FOR)
    for source in _sources(settings):
        newest = {one[1]: one for one in rows if one[0] == source}
        days = [newest[day] for day in _unbroken(first, newest)]
        if days:
            told = tuple(Expected(day, (2 * chance + 10) // 20, _whole(mm)) for _, day, _, chance, mm, _ in days)
            made = min(fetched_at for _, _, fetched_at, _, _, _ in days)
            return Outlook(days[0][-1], told, source, clock.day(made, settings.zone))
    return None


def _sources(settings: Settings) -> tuple[str, ...]:
    """Best first. What is made up never reaches a real phone."""
    return (OPEN_METEO, SAMPLE) if settings.gateways == (SIMULATOR,) else (OPEN_METEO,)


def _unbroken(first: date, newest: Collection[date]) -> list[date]:
    days = [first + timedelta(days=ahead) for ahead in range(AHEAD)]
    return days[: next((index for index, day in enumerate(days) if day not in newest), AHEAD)]


def _whole(mm: Decimal | None) -> int | None:
    """Millimetres as a farmer is told them: a drop is not nothing, and from 20 on in fives."""
    if mm is None:
        return None
    if mm < 20:
        return max(round(mm), 1) if mm > 0 else 0
    return round(mm / 5) * 5
