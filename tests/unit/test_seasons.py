"""Seasons: every day belongs to one, by where the garden is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import seasons
from profiles.seasons import NORTH, ONCE, TWICE

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ((2026, 3, 1), "2026A"),
        ((2026, 4, 20), "2026A"),
        ((2026, 8, 31), "2026A"),
        ((2026, 9, 1), "2026B"),
        ((2026, 12, 31), "2026B"),
        ((2027, 1, 15), "2026B"),
        ((2027, 2, 28), "2026B"),
        ((2028, 2, 29), "2027B"),
    ],
)
def test_south_west_and_east_have_two_seasons_and_the_second_ends_in_the_next_year(day: tuple[int, int, int], code: str) -> None:
    assert seasons.of(date(*day)).code == code


def test_in_the_north_the_day_of_planting_decides_where_two_seasons_lie_over_each_other() -> None:
    july = date(2026, 7, 10)
    assert seasons.of(july, NORTH).code == "2026A"
    assert seasons.of(july, NORTH, planted=date(2026, 4, 12)).code == "2026A"
    assert seasons.of(july, NORTH, planted=date(2026, 6, 2)).code == "2026B"
    assert seasons.of(july, NORTH, planted=date(2025, 6, 2)).code == "2026A"
    assert seasons.of(date(2026, 11, 20), NORTH, planted=date(2026, 4, 12)).code == "2026B"


def test_karamoja_harvests_once() -> None:
    assert {seasons.of(date(2026, month, 1), ONCE).code for month in (3, 6, 9, 12)} == {"2026A"}
    assert seasons.of(date(2027, 2, 1), ONCE).code == "2026A"


@pytest.mark.parametrize(
    ("region", "part", "name"),
    [
        ("Central", "Buganda", TWICE),
        ("Western", "Ankole", TWICE),
        ("Eastern", "Teso", TWICE),
        ("Northern", "Lango", NORTH),
        ("Northern", "Karamoja", ONCE),
        (None, None, TWICE),
    ],
)
def test_the_calendar_is_the_regions(region: str | None, part: str | None, name: str) -> None:
    assert seasons.calendar(region, part) == name


@given(DAYS, st.sampled_from([TWICE, NORTH, ONCE]), st.none() | DAYS)
def test_every_day_lies_within_its_season_and_the_code_leads_back_to_it(day: date, name: str, planted: date | None) -> None:
    season = seasons.of(day, name, planted)
    assert season.first <= day <= season.last
    assert seasons.named(season.code, name) == season


@given(DAYS, st.sampled_from([TWICE, ONCE]))
def test_where_seasons_do_not_overlap_the_day_after_one_begins_the_next(day: date, name: str) -> None:
    season = seasons.of(day, name)
    after = seasons.of(season.last + timedelta(days=1), name)
    assert after.first == season.last + timedelta(days=1)
    assert seasons.before(after, name) == season


def test_in_the_north_too_the_season_before_is_the_one_that_began_before() -> None:
    assert seasons.before(seasons.named("2026B", NORTH), NORTH).code == "2026A"
    assert seasons.before(seasons.named("2026A", NORTH), NORTH).code == "2025B"


@pytest.mark.parametrize("code", ["", "2026", "2026C", "A2026", "0000A", "2026a", "½026A", "2026A "])
def test_a_code_of_no_season_is_refused(code: str) -> None:
    with pytest.raises(ValueError):
        seasons.named(code)


def test_karamoja_has_no_second_season() -> None:
    with pytest.raises(ValueError):
        seasons.named("2026B", ONCE)
