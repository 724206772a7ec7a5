"""Farmers: numbers that read well over the phone, plots in their order, answers kept one at a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import db
from core.errors import NotFound, Unusable
from profiles import drafts, farmers, questions
from profiles.farmers import NewFarmer
from profiles.models import Draft, Farmer

PHONE = "+256772123456"


def new(**facts: object) -> NewFarmer:
    given = {"phone": PHONE, "language": "en", "crops": ("maize", "beans"), "district_id": None, "source": "ussd"} | facts
    return NewFarmer(**given)  # type: ignore[arg-type]


def test_a_farmer_gets_a_number_a_code_and_a_plot_for_each_crop(session: Session, now: datetime) -> None:
    first, second = farmers.add(session, new(), now), farmers.add(session, new(phone=None), now)
    assert second.number == first.number + 1
    assert farmers.by_code(session, farmers.code(first)) is first
    assert [plot.crop for plot in farmers.plots(session, first.id)] == ["maize", "beans"]
    assert [plot.position for plot in farmers.plots(session, first.id)] == [1, 2]


def test_a_crop_named_twice_is_one_plot(session: Session, now: datetime) -> None:
    farmer = farmers.add(session, new(crops=("maize", "maize")), now)
    farmers.answer(session, farmer, "crop", "maize", now)
    assert len(farmers.plots(session, farmer.id)) == 1


def test_several_share_a_phone_and_are_listed_as_they_came(session: Session, now: datetime) -> None:
    names = ["Sarah", "John", "Ruth"]
    for name in names:
        farmers.add(session, new(name=name), now)
    assert [farmer.name for farmer in farmers.on_phone(session, PHONE)] == names
    assert farmers.on_phone(session, "+256772999999") == []


def test_a_wrong_digit_in_a_code_is_noticed_and_a_code_of_nobody_is_not_found(session: Session, now: datetime) -> None:
    code = farmers.code(farmers.add(session, new(), now))
    with pytest.raises(Unusable):
        farmers.by_code(session, code[:-1] + str((int(code[-1]) + 1) % 10))
    with pytest.raises(NotFound):
        farmers.by_code(session, "999999-" + farmers.codes.written(999999)[-1])


def test_an_answer_fills_its_place_and_ends_its_being_put_off(session: Session, now: datetime) -> None:
    farmer = farmers.add(session, new(), now)
    farmers.answer(session, farmer, "name", None, now)
    assert farmer.declined == {"name": now.isoformat()}
    farmers.answer(session, farmer, "name", "Sarah", now)
    assert (farmer.name, farmer.declined, farmer.seen_at) == ("Sarah", {}, now)
    with pytest.raises(KeyError):
        farmers.answer(session, farmer, "shoe_size", 42, now)


@pytest.mark.parametrize(
    ("band", "day"), [("this_week", date(2026, 3, 9)), ("2_3_weeks", date(2026, 2, 23)), ("before", None), ("not_yet", None)]
)
def test_planting_is_kept_as_it_was_said_and_as_a_day_to_count_from(session: Session, now: datetime, band: str, day: date | None) -> None:
    farmer = farmers.add(session, new(), now)
    farmers.answer(session, farmer, "planted", band, now)
    farmers.answer(session, farmer, "land", "1_to_2", now)
    plot = farmers.main_plot(session, farmer.id)
    assert plot is not None
    assert (plot.planted, plot.planted_on, plot.land) == (band, day, "1_to_2")


def test_the_main_crop_may_change(session: Session, now: datetime) -> None:
    farmer = farmers.add(session, new(crops=("maize",)), now)
    farmers.prefer(session, farmer, "coffee", now)
    assert [plot.crop for plot in farmers.plots(session, farmer.id)] == ["coffee"]
    farmers.answer(session, farmer, "land", "1_to_2", now)
    farmers.prefer(session, farmer, "beans", now)
    assert [plot.crop for plot in farmers.plots(session, farmer.id)] == ["beans", "coffee"]
    farmers.prefer(session, farmer, "beans", now)
    assert [plot.crop for plot in farmers.plots(session, farmer.id)] == ["beans", "coffee"]


def test_what_we_do_not_know_is_asked_in_order_and_only_where_it_makes_sense(session: Session, now: datetime) -> None:
    farmer = farmers.add(session, new(crops=("maize",)), now)
    asked = [one.code for one in questions.open_(farmer, farmers.main_plot(session, farmer.id))]
    assert asked == ["district", "name", "sex", "land", "planted", "phone_use", "born"]
    for crop, left_out in (("coffee", {"planted"}), ("milk", {"planted", "land"})):
        other = farmers.add(session, new(crops=(crop,)), now)
        plot = farmers.main_plot(session, other.id)
        assert set(asked) - {one.code for one in questions.open_(other, plot)} == left_out
    farmers.answer(session, farmer, "name", None, now)
    plot = farmers.main_plot(session, farmer.id)
    assert "name" not in [one.code for one in questions.open_(farmer, plot)]
    assert "name" in [one.code for one in questions.unknown(farmer, plot)]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("sarah", "Sarah"), ("  NAKATO   ruth ", "NAKATO ruth"), ("O’Brien", "O'Brien"), ("nakato sarah.", "Nakato Sarah"), ("Ŋoma", "Ŋoma")],
)
def test_a_name_is_kept_as_people_write_it(typed: str, name: str) -> None:
    assert questions.name(typed, date(2026, 3, 12)) == name


@pytest.mark.parametrize("typed", ["", " ", "a", "12", "Sarah1", "{{7*7}}", "=HYPERLINK(1)", "<b>", "😀😀", "\x1b[2J", "a" * 0])
def test_what_is_no_name_is_refused_with_a_line_of_help(typed: str) -> None:
    with pytest.raises(Unusable, match=r"ask_wrong\.name"):
        questions.name(typed, date(2026, 3, 12))


@pytest.mark.parametrize(("typed", "year"), [("1986", 1986), ("40", 1986), (" 1986 ", 1986)])
def test_a_year_of_birth_or_an_age_is_a_year(typed: str, year: int) -> None:
    assert questions.year(typed, date(2026, 3, 12)) == year


@pytest.mark.parametrize("typed", ["", "1026", "2026", "-1", "NaN", "½", "two", "1e9", "31/02", "19866", "٤٠"])
def test_what_is_no_year_is_refused(typed: str) -> None:
    with pytest.raises(Unusable):
        questions.year(typed, date(2026, 3, 12))


def test_a_draft_grows_answer_by_answer_and_dies_after_a_day(session: Session, now: datetime) -> None:
    drafts.put(session, PHONE, now, language="lg")
    drafts.put(session, PHONE, now + timedelta(hours=1), crop="maize")
    later = now + timedelta(hours=24, minutes=30)
    assert drafts.get(session, PHONE, later) == {"language": "lg", "crop": "maize"}
    dead = now + timedelta(hours=25)
    assert drafts.get(session, PHONE, dead) == {}
    drafts.put(session, PHONE, dead, language="en")
    assert drafts.get(session, PHONE, dead) == {"language": "en"}
    assert (drafts.expire(session, dead), drafts.expire(session, dead + drafts.LIFE)) == (0, 1)


def test_a_dropped_draft_is_gone(session: Session, now: datetime) -> None:
    drafts.put(session, PHONE, now, language="lg")
    drafts.drop(session, PHONE)
    assert session.scalars(select(Draft)).all() == []
    drafts.drop(session, PHONE)


def test_farmers_added_at_the_same_moment_get_different_numbers(url: str) -> None:
    sessions, now = db.connect(url), datetime(2026, 3, 12, tzinfo=UTC)

    def one(number: int) -> int:
        with db.transaction(sessions) as session:
            return farmers.add(session, new(phone=f"+2567720000{number:02}"), now).number

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(one, range(12)))
    assert len(set(numbers)) == 12
    with db.reading(sessions) as session:
        assert len(session.scalars(select(Farmer)).all()) == 12
    sessions.kw["bind"].dispose()
