"""Forecasts as they are kept and told: by fetch, while young, the real before the made-up, silent where nothing is fresh."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import campaigns, fields, planning, sample_campaigns, sample_weather, templates, weather
from content.fields import Cell, Context
from content.models import Forecast
from content.sources.open_meteo import Day
from core.settings import Settings
from messaging.models import Batch
from profiles import places
from tests import builders

ALONE = Settings(_env_file=None)
LIVE = Settings(_env_file=None, gateway="simulator,africastalking")
TODAY = date(2026, 3, 12)  # of the fixture `now`: noon in Kampala


def expected(day: date, chance: int | None = 70, mm: str | None = "12.3") -> Day:
    return Day(day, chance, Decimal(mm) if mm else None, Decimal(16), Decimal(27), 63)


def week(chance: int = 70, first: date = TODAY) -> tuple[Day, ...]:
    return tuple(expected(first + timedelta(days=ahead), chance) for ahead in range(7))


def keep(session: Session, now: datetime, chance: int = 70, source: str = "open-meteo", district: int = 1) -> None:
    weather.store(session, source, {builders.district(session, id=district).id: week(chance)}, now, ALONE.zone)


def test_from_noon_on_the_forecast_begins_tomorrow(session: Session, now: datetime) -> None:
    keep(session, now - timedelta(hours=6))
    noon, morning = weather.outlook(session, 1, now, ALONE), weather.outlook(session, 1, now - timedelta(minutes=1), ALONE)
    assert noon is not None
    assert morning is not None
    assert [one.day.day for one in noon.days] == [13, 14, 15]
    assert [one.day.day for one in morning.days] == [12, 13, 14]
    assert noon.days[0].tenths == 7
    assert noon.days[0].mm == 12
    assert (noon.place, noon.source, noon.made) == ("Mubende", "open-meteo", TODAY)


def test_a_forecast_older_than_36_hours_is_not_told(session: Session, now: datetime) -> None:
    keep(session, now)
    assert weather.outlook(session, 1, now + timedelta(hours=35, minutes=59), ALONE) is not None
    assert weather.outlook(session, 1, now + timedelta(hours=36), ALONE) is None


def test_of_one_days_fetches_the_last_is_kept_and_of_several_days_all(session: Session, now: datetime) -> None:
    keep(session, now, 20)
    keep(session, now + timedelta(hours=3), 60)
    assert {one.rain_chance for one in session.scalars(select(Forecast))} == {60}
    keep(session, now + timedelta(days=1), 80)
    assert len(session.scalars(select(Forecast)).all()) == 14
    told = weather.outlook(session, 1, now + timedelta(days=1), ALONE)
    assert told is not None
    assert told.days[0].tenths == 8


def test_a_day_without_a_chance_ends_what_is_told(session: Session, now: datetime) -> None:
    district = builders.district(session).id
    tomorrow = TODAY + timedelta(days=1)
    days = (expected(tomorrow), expected(tomorrow + timedelta(days=1), None), expected(tomorrow + timedelta(days=2)))
    weather.store(session, "open-meteo", {district: days}, now, ALONE.zone)
    told = weather.outlook(session, district, now, ALONE)
    assert told is not None
    assert len(told.days) == 1
    assert weather.store(session, "open-meteo", {district: [expected(tomorrow, None, None)]}, now, ALONE.zone) == 0


@pytest.mark.parametrize(("mm", "said"), [("0", 0), ("0.2", 1), ("4.6", 5), ("21", 20), ("38", 40), (None, None)])
def test_amounts_are_told_no_finer_than_anyone_knows_them(session: Session, now: datetime, mm: str | None, said: int | None) -> None:
    weather.store(session, "open-meteo", {builders.district(session).id: [expected(TODAY + timedelta(days=1), 70, mm)]}, now, ALONE.zone)
    told = weather.outlook(session, 1, now, ALONE)
    assert told is not None
    assert told.days[0].mm == said


def test_what_is_made_up_is_told_by_the_simulator_alone_and_after_the_real(session: Session, now: datetime) -> None:
    keep(session, now, 20, "sample")
    alone = weather.outlook(session, 1, now, ALONE)
    assert alone is not None
    assert alone.source == "sample"
    assert weather.outlook(session, 1, now, LIVE) is None
    keep(session, now - timedelta(hours=1), 70)
    both = weather.outlook(session, 1, now, ALONE)
    assert both is not None
    assert (both.source, both.days[0].tenths) == ("open-meteo", 7)


def test_the_template_field_is_silent_where_nothing_is_fresh(session: Session, now: datetime) -> None:
    district = builders.district(session).id
    value = fields.FIELDS["weather sentence"].value
    assert value(Cell("en", district), Context(session, ALONE, TODAY, now=now)) is None
    keep(session, now)
    said = value(Cell("en", district), Context(session, ALONE, TODAY, now=now))
    assert said is not None
    assert said.startswith("Mubende, rain: Fri 7 in 10 12mm, Sat")
    assert value(Cell("en", district), Context(session, ALONE, TODAY)) == said
    assert value(Cell("en"), Context(session, ALONE, TODAY, now=now)) is None


def test_the_evening_campaign_tells_each_district_its_own_weather(session: Session, now: datetime) -> None:
    places.seed(session)
    sample_campaigns.seed(session, now, ALONE.zone)
    here, other = (places.find(session, name)[0].id for name in ("Mubende", "Gulu"))
    builders.farmer(session, now, 1, district_id=here)
    builders.farmer(session, now, 2, district_id=here, language="lg")
    builders.farmer(session, now, 3, district_id=other)
    weather.store(session, "open-meteo", {here: week()}, now, ALONE.zone)
    campaign = campaigns.by_code(session, "weather-evening")
    assert campaign.next_at == datetime.fromisoformat("2026-03-12T15:30+00:00")
    (broadcast,) = campaigns.fire(session, campaign, campaign.next_at, campaign.next_at, ALONE.zone, "test")
    while planning.plan_some(session, campaign.next_at, ALONE, 1000, 1000):
        pass
    session.refresh(broadcast)
    assert (broadcast.phones, broadcast.unsaid) == (2, 1)
    bodies = sorted(session.scalars(select(Batch.body)))
    assert [body.partition(":")[0] for body in bodies] == ["Mubende, enkuba", "Mubende, rain"]
    assert templates.by_code(session, "weather").klass == "advice"


def test_the_sample_country_has_a_forecast_for_each_of_its_districts(session: Session, now: datetime) -> None:
    places.seed(session)
    made = sample_weather.seed(session, now, ALONE.zone)
    assert made >= 13 * 7
    assert sample_weather.seed(session, now + timedelta(hours=2), ALONE.zone) == 0
    assert {one.source for one in session.scalars(select(Forecast))} == {"sample"}
    for name in ("Mubende", "Napak", "Masaka City"):
        assert weather.outlook(session, places.find(session, name)[0].id, now, ALONE) is not None, name
    assert sample_weather.seed(session, now + timedelta(days=1), ALONE.zone) == made
