"""Made-up forecasts for the sample country: wet in its wet months and dry in its dry ones, the same for a district and day at every run."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from content.models import Forecast
from content.weather import SAMPLE
from core import clock
from core.db import insert_new, new_id
from profiles import places, sample_facts
from profiles.models import Place

SEED, DAYS = 2026, 7
# Of ten days so many see rain, by month from January; by the seasons of a district (profiles/sample_facts.py).
WET = {
    "south": (3, 3, 6, 8, 7, 2, 2, 4, 6, 7, 7, 4),
    "north": (1, 1, 3, 6, 6, 5, 6, 7, 6, 6, 3, 1),
    "karamoja": (1, 1, 2, 5, 6, 4, 5, 5, 3, 2, 1, 1),
}


def seed(session: Session, now: datetime, zone: ZoneInfo) -> int:
    """Put in what is missing of today's forecasts of the next seven days; how many were new. Places must have been seeded."""
    today = clock.day(now, zone)
    rows = [
        _row(place.id, place.name, district.season, today, today + timedelta(days=ahead), now)
        for district in sample_facts.DISTRICTS
        for place in _places(session, district.name)
        for ahead in range(DAYS)
    ]
    return len(insert_new(session, Forecast, rows, Forecast.id))


def _places(session: Session, name: str) -> list[Place]:
    """The district, and the city of the same name where there is one: lists mix them up."""
    return [place for wanted in (name, f"{name} City") for place in places.find(session, wanted) if place.name == wanted]


def _row(district_id: int, name: str, season: str, today: date, day: date, now: datetime) -> dict[str, Any]:
    rng = Random(f"{SEED}:{name}:{day}")
    chance = min(97, max(2, round(rng.gauss(10 * WET[season][day.month - 1], 20))))
    mm = round(1 + rng.expovariate(1 / 8) * chance / 60, 1) if chance >= 30 else 0.0
    low = round(rng.uniform(15, 19), 1)
    return {
        "id": new_id(now),
        "district_id": district_id,
        "source": SAMPLE,
        "day": day,
        "fetched_on": today,
        "fetched_at": now,
        "rain_chance": chance,
        "rain_mm": Decimal(str(mm)),
        "low": Decimal(str(low)),
        "high": Decimal(str(low)) + 11,
        "code": 63 if mm >= 5 else 80 if mm else 2,
    }
