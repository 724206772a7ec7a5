"""The adapter against a server that speaks as Open-Meteo does: read strictly, every failure by its own name, politely and in time."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from content.sources import open_meteo
from content.sources.open_meteo import NoForecast, OpenMeteo, Spot
from core.errors import Misconfigured
from tests.fake_weather import FAIR, FakeWeather, Mood, body, nobody

FIRST = date(2026, 3, 12)
MUBENDE, GULU = Spot(31, 0.56, 31.39), Spot(7, 2.77, 32.30)
ZONE = "Africa/Kampala"


@pytest.fixture
def fake() -> Iterator[FakeWeather]:
    with FakeWeather(FIRST) as running:
        yield running


@pytest.fixture
def source(fake: FakeWeather) -> OpenMeteo:
    return OpenMeteo("ensigo-tests (nobody@example.org)", fake.url, deadline=5)


def code(source: OpenMeteo, spots: tuple[Spot, ...] = (MUBENDE, GULU)) -> str:
    with pytest.raises(NoForecast) as wrong:
        source.ask(spots, ZONE)
    return wrong.value.code


def test_several_districts_are_one_question_in_their_own_time_zone(fake: FakeWeather, source: OpenMeteo) -> None:
    said = source.ask([MUBENDE, GULU], ZONE)
    assert said.days is not None
    assert list(said.days) == [31, 7]
    assert [len(days) for days in said.days.values()] == [7, 7]
    first = said.days[31][0]
    assert (first.day, first.rain_chance, first.rain_mm, first.code) == (FIRST, 71, Decimal("12.30"), 63)
    assert (first.low, first.high) == (Decimal("16.10"), Decimal("27.40"))
    (asked,) = fake.questions
    assert (asked.path, asked.params["latitude"], asked.params["longitude"]) == ("/v1/forecast", "0.5600,2.7700", "31.3900,32.3000")
    assert asked.params["timezone"] == ZONE
    assert asked.headers["user-agent"] == "ensigo-tests (nobody@example.org)"


def test_one_district_and_a_week_without_rain_are_read_too(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(weather=dict(FAIR))
    said = source.ask([MUBENDE], ZONE)
    assert said.days is not None
    assert {(day.rain_chance, day.rain_mm) for day in said.days[31]} == {(4, Decimal("0.00"))}


def test_every_variable_that_we_ask_for_is_in_the_services_own_description(real_data: Path) -> None:
    told = (real_data / "weather" / "openapi-forecast.yml").read_text("utf-8")
    daily = told.split("- name: daily\n")[1].split("- name: ")[0]
    assert [name for name, *_ in open_meteo.VARIABLES.values() if f"- {name}\n" not in daily] == []
    assert "Multiple coordinates can be comma separated" in told


def test_the_services_own_sample_is_refused_for_what_it_lacks_not_misread(real_data: Path) -> None:
    """Its daily part has other variables than those we asked for."""
    sample = (real_data / "weather" / "response_single_iso8601_L211.json").read_bytes()
    with pytest.raises(NoForecast) as wrong:
        open_meteo.read(sample, [Spot(1, 41.0, 2.0)])
    assert wrong.value.code == "units"


def test_every_weather_code_of_the_list_is_taken(real_data: Path) -> None:
    lines = (real_data / "weather" / "wmo_codes.csv").read_text("utf-8").split()[1:]
    codes = [int(line.partition(",")[0]) for line in lines if line[0].isdigit()]
    assert len(codes) > 25
    told = body([(0.56, 31.39)], FIRST, len(codes), dict(FAIR))
    told["daily"]["weather_code"] = codes
    assert [day.code for day in open_meteo.read(json.dumps(told).encode(), [MUBENDE])[31]] == codes


def test_what_the_service_does_not_know_is_none_and_nothing_else(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(weather=FAIR | {"precipitation_sum": None, "weather_code": float("nan")})
    said = source.ask([MUBENDE], ZONE)
    assert said.days is not None
    assert (said.days[31][0].rain_mm, said.days[31][0].code, said.days[31][0].rain_chance) == (None, None, 4)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, "refused"), (404, "refused"), (403, "refused"), (429, "too_many"), (500, "their_fault"), (503, "their_fault")],
)
def test_each_refusal_has_its_name(fake: FakeWeather, source: OpenMeteo, status: int, expected: str) -> None:
    fake.mood = Mood(status=status)
    assert code(source) == expected


def test_the_reason_of_a_refusal_is_kept_and_how_long_to_wait(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(status=400)
    with pytest.raises(NoForecast, match="400: Cannot initialize WeatherVariable"):
        source.ask([MUBENDE], ZONE)
    fake.mood = Mood(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(NoForecast) as wrong:
        source.ask([MUBENDE], ZONE)
    assert wrong.value.wait == timedelta(hours=1)


def test_a_redirect_is_not_followed(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(status=302, headers={"Location": f"{fake.url}/elsewhere"})
    assert code(source) == "unexpected"
    assert [one.path for one in fake.questions] == ["/v1/forecast"]


def _each(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    def bend(told: Any) -> Any:
        change(told[-1] if isinstance(told, list) else told)
        return told

    return bend


BENT: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("a key is missing", "keys", _each(lambda one: one.pop("daily"))),
    ("a list is missing", "keys", _each(lambda one: one["daily"].pop("precipitation_sum"))),
    ("no list", "keys", _each(lambda one: one["daily"].update(time="2026-03-12"))),
    ("lists of unequal length", "lengths", _each(lambda one: one["daily"]["precipitation_sum"].pop())),
    ("inches", "units", _each(lambda one: one.update(daily_units=one["daily_units"] | {"precipitation_sum": "inch"}))),
    ("a word", "values", _each(lambda one: one["daily"]["precipitation_sum"].__setitem__(0, "wet"))),
    ("true", "values", _each(lambda one: one["daily"]["precipitation_probability_max"].__setitem__(0, True))),
    ("over a hundred per cent", "values", _each(lambda one: one["daily"]["precipitation_probability_max"].__setitem__(0, 101))),
    ("less than no rain", "values", _each(lambda one: one["daily"]["precipitation_sum"].__setitem__(0, -0.1))),
    ("no day", "values", _each(lambda one: one["daily"]["time"].__setitem__(0, "12 March"))),
    ("a day twice", "values", _each(lambda one: one["daily"]["time"].__setitem__(0, one["daily"]["time"][1]))),
    ("another place", "places", _each(lambda one: one.update(latitude=52.5))),
    ("one place too few", "places", lambda told: told[:1]),
    ("another shape", "keys", lambda told: ["wet", "dry"]),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "change"), [(row[1], row[2]) for row in BENT], ids=[row[0] for row in BENT])
def test_a_body_that_is_not_as_described_is_refused_whole(
    fake: FakeWeather, source: OpenMeteo, expected: str, change: Callable[[Any], Any]
) -> None:
    fake.mood = Mood(change=change)
    assert code(source) == expected


@pytest.mark.parametrize("raw", [b"", b"<html>Sign in to the network</html>", b"\xff\xfe", b'{"daily":', b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(fake: FakeWeather, source: OpenMeteo, raw: bytes) -> None:
    fake.mood = Mood(raw=raw)
    assert code(source) == "not_json"


def test_an_infinite_number_is_no_amount(fake: FakeWeather, source: OpenMeteo) -> None:
    told = json.dumps(body([(0.56, 31.39)], FIRST, 2, dict(FAIR))).replace("0.0,", "1e999,")
    fake.mood = Mood(raw=told.encode())
    assert code(source, (MUBENDE,)) == "values"


@pytest.mark.parametrize("mood", [Mood(hangs=True), Mood(drip=0.05)])
def test_a_slow_answer_ends_at_the_deadline(fake: FakeWeather, mood: Mood) -> None:
    fake.mood = mood
    began = time.monotonic()
    assert code(OpenMeteo("tests", fake.url, deadline=0.4)) == "time_out"
    assert time.monotonic() - began < 3


def test_an_answer_cut_off_and_a_closed_door_are_told_apart(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(cut=True)
    assert code(source) == "cut_off"
    assert code(OpenMeteo("tests", nobody(), deadline=5)) == "ConnectionError"


def test_an_endless_answer_is_not_read_to_its_end(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(raw=b" " * 4_100_000)
    assert code(source) == "endless_answer"


@pytest.mark.parametrize("proof", [{"etag": '"v1"'}, {"modified": "Thu, 12 Mar 2026 06:00:00 GMT"}])
def test_what_has_not_changed_is_not_sent_again(fake: FakeWeather, source: OpenMeteo, proof: dict[str, str]) -> None:
    fake.mood = Mood(**proof)
    first = source.ask([MUBENDE, GULU], ZONE)
    assert (first.etag, first.modified) == (proof.get("etag"), proof.get("modified"))
    again = source.ask([MUBENDE, GULU], ZONE, first.etag, first.modified)
    assert again.days is None
    assert (again.etag, again.modified) == (first.etag, first.modified)


def test_a_304_that_nobody_asked_for_is_no_answer(fake: FakeWeather, source: OpenMeteo) -> None:
    fake.mood = Mood(status=304, raw=b"")
    assert code(source) == "unexpected"


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({"Cache-Control": "public, max-age=7200"}, 2),
        ({"Date": "Thu, 12 Mar 2026 06:00:00 GMT", "Expires": "Thu, 12 Mar 2026 09:00:00 GMT"}, 3),
        ({"Date": "Thu, 12 Mar 2026 06:00:00 GMT", "Expires": "Thu, 12 Mar 2026 05:00:00 GMT"}, 0),
        ({"Expires": "0"}, 0),
        ({"Cache-Control": "max-age=soon"}, 0),
        ({}, 0),
    ],
)
def test_how_long_an_answer_holds_is_read_from_its_headers(
    fake: FakeWeather, source: OpenMeteo, headers: dict[str, str], hours: int
) -> None:
    fake.mood = Mood(headers=headers)
    assert source.ask([MUBENDE], ZONE).fresh_for == timedelta(hours=hours)


@pytest.mark.parametrize(
    "address", ["http://api.open-meteo.com", "http://192.168.1.1", "ftp://x", "api.open-meteo.com", "https://u:p@x.org", ""]
)
def test_an_address_that_could_be_tampered_with_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured):
        OpenMeteo("tests", address)


def test_a_user_agent_cannot_smuggle_a_header(fake: FakeWeather) -> None:
    OpenMeteo("ensigo\r\nX-Evil: 1 – ŋ", fake.url, deadline=5).ask([MUBENDE], ZONE)
    assert "x-evil" not in fake.questions[0].headers
