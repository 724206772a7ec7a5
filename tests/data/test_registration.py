"""Registering by dialling: five screens to a first value, every answer kept at once, nothing before a yes, cut and redialled."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from content import texts
from core import db
from messaging import suppressions
from profiles import consent, drafts, farmers, places
from profiles.models import Consent, Draft, Farmer
from tests.dialled import JOURNEY, NUMBER, Service, press
from tests.phone import Phone


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    yield Service(sessions, now)
    sessions.kw["bind"].dispose()


@pytest.fixture
def phone(service: Service) -> Phone:
    return Phone(service, NUMBER)


def test_a_farmer_is_told_something_on_the_fifth_screen(service: Service, phone: Phone) -> None:
    phone.dial()
    assert phone.screen.startswith("Ensigo: prices, weather, farm advice.\n1 English\n2 Luganda\n3 Runyankole-Rukiga")
    assert press(phone, "1").startswith("What do you grow to sell?\n1 Maize\n2 Beans\n3 Coffee\n4 Matooke\n98 Other crops or milk")
    assert "send you maize news" in press(phone, "1")
    assert press(phone, "1").startswith("Where is your garden?")
    press(phone, "mub")
    assert len(phone.seen) == 5
    assert "No fresh maize price near you" in phone.screen
    assert f"You are in. ID {farmers.code(service.farmer())}" in phone.screen


def test_every_answer_lands_in_the_profile(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    assert press(phone, *JOURNEY).startswith("Thank you. Your ID is ")
    farmer, plot = service.farmer(), service.plot()
    assert (farmer.language, farmer.name, farmer.sex, farmer.phone_use, farmer.source) == ("en", "Sarah", "f", "own", "ussd")
    assert (plot.crop, plot.land, plot.planted, plot.planted_on) == ("maize", "1_to_2", "2_3_weeks", now.date() - timedelta(days=17))
    with db.reading(service.sessions) as session:
        assert places.get(session, farmer.district_id or 0).name == "Mubende"
        (given,) = session.scalars(select(Consent))
        assert (given.purpose, given.how) == ("service", "ussd")
        assert given.wording == texts.fingerprint("registration.notice", "en")
        assert consent.standing(session, [farmer.id], "service", now) == {farmer.id}
    assert service.count(Draft) == 0


def test_each_answer_is_saved_before_the_next_question(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "2", "98", "1", "1")
    assert (service.farmer().language, service.plot().crop, service.farmer().district_id) == ("lg", "cassava", None)
    press(phone, "MUB")
    assert service.farmer().district_id is not None
    press(phone, "1", "Nakato")
    assert service.farmer().name == "Nakato"


def test_nothing_is_in_the_profiles_before_the_yes_and_nothing_is_kept_after_a_no(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1")
    assert (service.count(Farmer), service.count(Draft)) == (0, 1)
    assert press(phone, "3").startswith("Nothing was kept.")
    assert phone.ended
    assert (service.count(Farmer), service.count(Draft), service.count(Consent)) == (0, 0, 0)


def test_answers_without_a_yes_die_after_a_day(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    press(phone, "1", "1")
    service.now = now + timedelta(hours=24, minutes=1)
    assert phone.dial().startswith("Ensigo:")
    with db.transaction(service.sessions) as session:
        assert drafts.expire(session, service.now) == 1
    assert service.count(Draft) == 0


@pytest.mark.parametrize("language", ["1", "2", "3"])
@pytest.mark.parametrize("cut", range(1, len(JOURNEY)))
def test_a_call_cut_anywhere_goes_on_where_it_stopped_and_asks_nothing_twice(
    service: Service, phone: Phone, cut: int, language: str
) -> None:
    """After each number of answers: redial, go on, and finish with the answers that were not given yet."""
    journey = (language, *JOURNEY[1:])
    phone.dial()
    press(phone, *journey[:cut])
    waiting = phone.screen
    phone.hang_up()
    phone.dial()
    assert phone.screen.split("\n")[1].startswith("1 ")
    press(phone, "1")
    if cut == 4:  # the first value was told; what is open is the first question after it
        cut += 1
    else:
        assert phone.screen.split("\n")[0] == waiting.split("\n")[0]
    press(phone, *journey[cut:])
    farmer, plot = service.farmer(), service.plot()
    assert (farmer.name, farmer.sex, farmer.phone_use, plot.crop, plot.land, plot.planted) == (
        "Sarah",
        "f",
        "own",
        "maize",
        "1_to_2",
        "2_3_weeks",
    )
    assert farmer.language == {"1": "en", "2": "lg", "3": "nyn"}[language]
    assert (service.count(Consent), service.count(Farmer)) == (1, 1)


def test_the_redialled_screen_says_where_it_stopped(phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1")
    phone.hang_up()
    assert phone.dial() == "Welcome back. You stopped at: your district. Your answers are kept.\n1 Go on\n2 Start again"
    assert press(phone, "2").startswith("Ensigo:")
    assert press(phone, "2", "2").startswith("Ennimiro yo")


def test_starting_again_before_the_yes_forgets_what_was_said(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1")
    phone.hang_up()
    phone.dial()
    assert press(phone, "2").startswith("Ensigo:")
    assert service.count(Draft) == 0


def test_an_agreement_is_never_resumed_past(service: Service, phone: Phone) -> None:
    """Keys that arrive together with those before the notice do not agree to it."""
    phone.dial("*284*55*1*1*1*1#")
    assert "We never ask your PIN." in phone.screen
    assert service.count(Farmer) == 0
    assert press(phone, "1").startswith("Where is your garden?")


def test_the_district_is_found_by_letters_by_pages_and_among_candidates(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1")
    assert press(phone, "qqq").startswith("No district begins so.\nWhere is your garden?")
    assert press(phone, "mas").startswith("Which district?\n1 ")
    phone.choose("Masaka City")
    assert "You are in." in phone.screen
    press(phone, "0", "0")
    assert phone.screen.startswith("Where is your garden?")
    phone.choose("Western")
    phone.choose("Ankole")
    phone.choose("Isingiro")
    with db.reading(service.sessions) as session:
        assert places.get(session, service.farmer().district_id or 0).name == "Isingiro"


def test_a_question_put_off_is_not_asked_again_in_this_call(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "1", "1")
    assert phone.screen.startswith("We ask so that women and men")
    assert set(service.farmer().declined) == {"name"}
    phone.hang_up()
    assert "You stopped at: woman or man" in phone.dial()
    press(phone, "1", "1", "1", "1", "1")
    assert phone.screen.startswith("Thank you.")
    phone.choose("Menu")
    phone.choose("My farm")
    assert "your name" not in phone.screen
    assert "Tell us: year of birth" in phone.screen


def test_the_profile_asks_one_gap_to_a_contact(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "2")
    assert phone.screen.split("\n")[0].endswith(", Mubende")
    service.now = now + timedelta(days=2)
    assert phone.dial().split("\n")[1] == "1 Prices"
    phone.choose("My farm")
    press(phone, "1", "Sarah")
    assert service.farmer().name == "Sarah"
    assert "Tell us" not in phone.screen
    phone.dial()
    phone.choose("My farm")
    assert "1 Tell us: woman or man" in phone.screen


def test_the_language_changes_in_two_presses(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1")
    phone.choose("Language")
    assert press(phone, "2").split("\n")[1] == "1 Emiwendo"
    assert service.farmer().language == "lg"


def test_stop_and_start_by_dialling(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1")
    phone.choose("Stop texts")
    press(phone, "1")
    assert phone.ended
    with db.reading(service.sessions) as session:
        assert suppressions.stopped(session, [NUMBER]) == {NUMBER}
    phone.dial()
    phone.choose("Start texts again")
    with db.reading(service.sessions) as session:
        assert suppressions.stopped(session, [NUMBER]) == set()
