"""Asking the weather service: one question for many districts, when it is time, remembered when it fails, an incident when silent."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from content import weather
from content.models import Fetch
from content.sources.open_meteo import OpenMeteo
from core import incidents
from jobs import weather as job
from jobs.metronome import TICKS
from jobs.runtime import Runtime
from jobs.table import JOBS
from profiles import places
from service.commands import fetch
from tests import builders
from tests.data.test_weather import ALONE, LIVE, TODAY
from tests.fake_weather import FAIR, FakeWeather, Mood, nobody


@pytest.fixture
def fake() -> Iterator[FakeWeather]:
    with FakeWeather(TODAY) as running:
        yield running


@pytest.fixture
def house(url: str, now: datetime) -> Iterator[Runtime]:
    """Farmers in two of many districts."""
    built = builders.runtime(url, now)
    with built.transaction() as session:
        places.seed(session)
        for number, name in enumerate(("Mubende", "Gulu"), 1):
            builders.farmer(session, now, number, district_id=places.find(session, name)[0].id)
    yield built
    built.sessions.kw["bind"].dispose()


def source(fake: FakeWeather) -> OpenMeteo:
    return OpenMeteo("tests", fake.url, deadline=5)


def told(house: Runtime, name: str = "Mubende") -> weather.Outlook | None:
    with house.reading() as session:
        return weather.outlook(session, places.find(session, name)[0].id, house.now(), LIVE)


def remembered(house: Runtime) -> Fetch:
    with house.reading() as session:
        return session.scalars(select(Fetch)).one()


def open_incidents(house: Runtime) -> list[str]:
    with house.reading() as session:
        return [one.kind for one in incidents.standing(session)]


def test_all_districts_with_farmers_are_asked_about_in_one_question(house: Runtime, fake: FakeWeather) -> None:
    (asked,) = job.gather(house, source(fake))
    assert (asked.districts, asked.days, asked.wrong) == (2, 14, "")
    assert len(fake.questions) == 1
    assert len(fake.questions[0].params["latitude"].split(",")) == 2
    for name in ("Mubende", "Gulu"):
        outlook = told(house, name)
        assert outlook is not None
        assert outlook.days[0].tenths == 7


def test_the_source_is_asked_again_after_three_hours_or_as_late_as_it_says(house: Runtime, fake: FakeWeather) -> None:
    job.gather(house, source(fake))
    house.now.forward(hours=2, minutes=59)
    assert job.gather(house, source(fake)) == []
    fake.mood = Mood(weather=dict(FAIR), headers={"Cache-Control": "max-age=18000"})
    house.now.forward(minutes=1)
    assert len(job.gather(house, source(fake))) == 1
    outlook = told(house)
    assert outlook is not None
    assert outlook.days[0].tenths == 0
    house.now.forward(hours=4, minutes=59)
    assert job.gather(house, source(fake)) == []
    assert len(job.gather(house, source(fake), anyway=True)) == 1
    assert len(fake.questions) == 3


def test_what_has_not_changed_is_as_good_as_new(house: Runtime, fake: FakeWeather) -> None:
    fake.mood = Mood(etag='"v1"')
    job.gather(house, source(fake))
    house.now.forward(hours=30)
    (asked,) = job.gather(house, source(fake))
    assert asked.days is None
    assert fake.questions[-1].headers["if-none-match"] == '"v1"'
    house.now.forward(hours=30)
    outlook = told(house)
    assert outlook is not None
    assert outlook.made == TODAY + timedelta(days=1)


def test_the_proof_of_one_question_is_never_sent_with_another(house: Runtime, fake: FakeWeather, now: datetime) -> None:
    fake.mood = Mood(etag='"v1"')
    job.gather(house, source(fake))
    with house.transaction() as session:
        builders.farmer(session, now, 3, district_id=places.find(session, "Lira")[0].id)
    (asked,) = job.gather(house, source(fake))
    assert (asked.districts, asked.days) == (3, 21)
    assert "if-none-match" not in fake.questions[-1].headers
    assert remembered(house).subject.count(",") == 2


def test_a_failure_is_remembered_and_asked_again_later_each_time(house: Runtime, fake: FakeWeather) -> None:
    fake.mood = Mood(status=503)
    (asked,) = job.gather(house, source(fake))
    assert asked.wrong == "their_fault: 503"
    assert (remembered(house).failures, remembered(house).says) == (1, "their_fault: 503")
    house.now.forward(minutes=9)
    assert job.gather(house, source(fake)) == []
    house.now.forward(minutes=1)
    job.gather(house, source(fake))
    assert remembered(house).not_before == house.now() + timedelta(minutes=20)
    fake.mood = Mood(status=429, headers={"Retry-After": "7200"})
    house.now.forward(minutes=20)
    job.gather(house, source(fake))
    assert remembered(house).not_before == house.now() + timedelta(hours=2)
    assert told(house) is None


def test_a_days_silence_is_an_incident_that_the_next_answer_closes(house: Runtime, fake: FakeWeather) -> None:
    job.gather(house, source(fake))
    silent = OpenMeteo("tests", nobody(), deadline=5)
    for _ in range(8):
        house.now.forward(hours=3)
        assert open_incidents(house) == []
        job.gather(house, silent)
    assert open_incidents(house) == ["source.silent"]
    house.now.forward(hours=3)
    job.gather(house, source(fake))
    assert open_incidents(house) == []
    assert (remembered(house).failures, remembered(house).says) == (0, None)


def test_a_bad_answer_changes_nothing_that_is_known(house: Runtime, fake: FakeWeather) -> None:
    job.gather(house, source(fake))
    before = told(house)
    fake.mood = Mood(change=lambda each: each[:1])
    (asked,) = job.gather(house, source(fake), anyway=True)
    assert asked.wrong.startswith("places:")
    assert told(house) == before


def test_no_transaction_is_open_while_the_source_is_asked(house: Runtime, fake: FakeWeather) -> None:
    """Somebody else can write in the middle of the question: on SQLite there is one writer."""
    wrote = threading.Event()

    class Watching(OpenMeteo):
        def ask(self, *given: object) -> object:
            with house.transaction() as session:
                incidents.open_(session, "test", "test", "written while the source was asked", house.now())
            wrote.set()
            return super().ask(*given)

    job.gather(house, Watching("tests", fake.url, deadline=5))
    assert wrote.is_set()
    assert told(house) is not None


def test_two_clocks_ask_once(house: Runtime, fake: FakeWeather) -> None:
    class Twice(OpenMeteo):
        def ask(self, *given: object) -> object:
            assert job.gather(house, source(fake)) == []
            return super().ask(*given)

    job.gather(house, Twice("tests", fake.url, deadline=5))
    assert len(fake.questions) == 1


def test_until_somebody_says_who_asks_the_clock_asks_nobody(house: Runtime) -> None:
    """No network after installation: neither in the sample country nor in the tests."""
    assert "weather" in TICKS
    JOBS["weather"](house)
    with house.reading() as session:
        assert session.scalars(select(Fetch)).all() == []
    assert open_incidents(house) == []


def test_with_a_real_gateway_an_operator_hears_that_the_name_is_missing(house: Runtime, fake: FakeWeather) -> None:
    real = {"gateway": "africastalking", "callback_secret": "c" * 40, "secret_key": "k" * 40}
    nameless = replace(house, settings=builders.settings(house.settings.database_url, **real))
    job.weather(nameless, fake.url)
    assert fake.questions == []
    assert open_incidents(house) == ["weather.nameless"]
    named = replace(house, settings=builders.settings(house.settings.database_url, weather_user_agent="Ensigo, ops@example.org", **real))
    job.weather(named, fake.url)
    assert open_incidents(house) == []
    assert fake.questions[0].headers["user-agent"] == "Ensigo, ops@example.org"
    assert told(house) is not None


def test_the_command_says_what_came_of_it(house: Runtime, fake: FakeWeather, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch.run(house, fake.url, False) == 0
    assert capsys.readouterr().out == "2 districts: 14 days of forecast\n"
    assert fetch.run(house, fake.url, False) == 0
    assert "every forecast still holds" in capsys.readouterr().out
    fake.mood = Mood(status=400)
    assert fetch.run(house, fake.url, True) == 1
    assert "refused: 400: Cannot initialize" in capsys.readouterr().err


def test_fetching_prices_does_not_pretend() -> None:
    answer = CliRunner().invoke(fetch.fetch, ["prices"], obj=ALONE)
    assert answer.exit_code == 2
    assert "not yet" in answer.output
