"""What we say of the weather is one GSM-7 text: a chance in ten, an amount, what to do with it, who says so and when."""

import csv
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

from content import languages, texts, weather_texts
from content.weather import Expected, Outlook
from messaging import gsm

CODE = "*284*55#"
FRIDAY = date(2026, 3, 13)
OFFERED = [language.code for language in languages.offered()]
DISTRICTS = Path("profiles/data/districts.csv")
SMALLEST_SCREEN = 115  # what a screen has left beside its choices in the wordiest language


def outlook(*days: tuple[int, int | None], place: str = "Mubende", source: str = "open-meteo") -> Outlook:
    """Days from Friday 13 March on, each (tenths, mm)."""
    expected = tuple(Expected(FRIDAY + timedelta(days=ahead), *one) for ahead, one in enumerate(days))
    return Outlook(place, expected, source, date(2026, 3, 12))


def said(*days: tuple[int, int | None], language: str = "en") -> str:
    told = outlook(*days)
    return weather_texts.sentence(told, told.place, language, CODE)


def test_chance_amount_advice_source_and_day_are_said() -> None:
    assert said((7, 12), (3, 2), (0, 0)) == (
        "Mubende, rain: Fri 7 in 10 12mm, Sat 3 in 10 2mm, Sun under 1 in 10. Do not spray or dry grain outside. "
        "Weed when the soil drains. Open-Meteo 12 Mar. *284*55*2#"
    )


def test_nobody_is_told_that_rain_is_certain_or_impossible() -> None:
    assert "over 9 in 10" in said((10, 30))
    assert "10 in 10" not in said((10, 30))
    assert "under 1 in 10" in said((0, 0))


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        (((7, 12), (1, 0), (1, 0)), "wet"),
        (((6, 5), (1, 0), (1, 0)), "wet"),
        (((6, None), (1, 0), (1, 0)), "wet"),
        (((6, 4), (1, 0), (1, 0)), "unsure"),
        (((5, 30), (1, 0), (1, 0)), "unsure"),
        (((9, 40), (9, 40), (9, 40)), "heavy"),
        (((2, 0), (1, 0), (6, 40)), "heavy"),
        (((2, 0), (1, 0), (5, 40)), "dry_first"),
        (((2, 0), (8, 15), (1, 0)), "before_rain"),
        (((1, 0), (1, 0), (6, 5)), "before_rain"),
        (((2, 1), (0, 0), (2, 0)), "dry"),
        (((3, 0), (0, 0), (2, 0)), "unsure"),
        (((0, 0),), "dry_first"),
        (((1, 0), (5, 20), (1, 0)), "dry_first"),
    ],
)
def test_the_rule_that_holds_is_the_one_written(days: tuple[tuple[int, int | None], ...], rule: str) -> None:
    assert weather_texts.advice(outlook(*days).days) == rule


@pytest.mark.parametrize("language", OFFERED)
def test_no_advice_tells_anyone_to_plant_or_to_spray(language: str) -> None:
    """Planting and spraying are named only to wait or not to: one rain is not the season, and no product is ours to time."""
    for key, body in texts.wording("en").items():
        if key.startswith("weather.advice"):
            for word in ("plant", "spray"):
                assert word not in body.lower() or "wait" in body.lower() or "do not" in body.lower(), key
    for table in ("weather.advice", "weather.advice_short"):
        assert {key for key, _ in weather_texts.RULES} == {
            key.removeprefix(f"{table}.") for key in texts.wording(language) if key.startswith(f"{table}.")
        }


def test_what_is_made_up_says_so() -> None:
    told = outlook((7, 12), source="sample")
    assert "Made-up sample 12 Mar." in weather_texts.sentence(told, "Mubende", "en", CODE)
    assert "Open-Meteo" not in weather_texts.sentence(told, "Mubende", "en", CODE)


@pytest.mark.parametrize("language", OFFERED)
def test_no_fresh_forecast_is_said_honestly(language: str) -> None:
    for room in (SMALLEST_SCREEN, 160):
        assert weather_texts.short(None, "Mubende", language, room) == texts.say("weather.none", language, place="Mubende")
    for place in places():
        text = weather_texts.sentence(None, place, language, CODE)
        assert gsm.fits(text, 160)
        assert text.endswith("*284*55*2#")


def test_a_smaller_screen_loses_days_before_it_loses_what_to_do() -> None:
    told = outlook((7, 12), (3, 2), (0, 0))
    full = weather_texts.short(told, "Mubende", "en", 150)
    small = weather_texts.short(told, "Mubende", "en", 80)
    assert "Sun" in full
    assert small == "Mubende, rain: Fri 7 in 10 12mm. Do not spray or dry outside. Open-Meteo 12 Mar."
    assert weather_texts.short(told, "Mubende", "en", 40) == "Mubende, rain: Fri 7 in 10 12mm."


def places() -> list[str]:
    with DISTRICTS.open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


EXTREMES = (
    ((0, 0), (0, 0), (0, 0)),
    ((10, 2000), (10, 2000), (10, 2000)),
    ((10, 2000), (0, 0), (10, 2000)),
    ((0, 0), (10, 2000), (10, 2000)),
    ((5, 2000), (5, 2000), (5, 2000)),
    ((10, None), (10, None), (10, None)),
    ((6, 1), (9, 150), (0, 0)),
    ((7, 12),),
)  # fmt: skip


@pytest.mark.parametrize("language", OFFERED)
def test_every_real_district_and_every_extreme_fits_one_part(language: str) -> None:
    names = places()
    assert len(names) == 146
    for place, days, source in product(names, EXTREMES, ("open-meteo", "sample")):
        told = outlook(*days, place=place, source=source)
        text = weather_texts.sentence(told, place, language, CODE)
        rule = weather_texts.advice(told.days)
        assert gsm.fits(text, 160), text
        assert text.startswith(place)
        assert texts.say(f"weather.sources.{source}", language) in text
        assert text.endswith("*284*55*2#")
        assert any(texts.say(f"{table}.{rule}", language) in text for table in (weather_texts.LONG, weather_texts.SHORT)), text
        screen = weather_texts.short(told, place, language, SMALLEST_SCREEN)
        assert gsm.fits(screen, SMALLEST_SCREEN)
        assert screen.startswith(place)
        assert "." in screen[len(place) :]
