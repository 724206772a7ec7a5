"""Requests as networks really send them: doubled, late, in parallel, in one piece, from the wrong phone, with odd letters."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import select

from core import db
from messaging.gateway import Dialled
from messaging.models import Hop, UssdSession
from profiles.models import Consent, Draft, Farmer, Plot
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


def test_every_request_repeated_has_one_effect_and_reads_the_same_screen(service: Service, phone: Phone) -> None:
    phone.dial()
    for key in JOURNEY:
        phone.press(key)
        first = (phone.screen, phone.ended)
        assert [(phone.again(), phone.ended) for _ in range(3)] == [first] * 3
    assert (service.count(Farmer), service.count(Consent), service.count(Plot)) == (1, 1, 1)
    assert service.count(Hop) == len(JOURNEY) + 1


def test_an_older_request_that_comes_late_changes_nothing(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY[:6])
    screen, said = phone.screen, list(phone.typed)
    for length in range(len(said)):
        phone.typed = said[:length]
        assert phone.again() == screen
    phone.typed = [*said[:-1], "Judas"]
    assert phone.again() == screen
    assert service.farmer().name == "Sarah"
    phone.typed = said
    assert phone.again() == screen
    assert press(phone, "1").startswith("How much maize land")


@pytest.mark.parametrize("at", range(len(JOURNEY)))
def test_twins_at_the_same_moment_have_one_effect(service: Service, phone: Phone, at: int) -> None:
    phone.dial()
    press(phone, *JOURNEY[:at])
    dialled = Dialled(phone.session_id, NUMBER, "*284*55#", "64110", "*".join(JOURNEY[: at + 1]))
    start = Barrier(4)

    def send(_twin: int) -> tuple[str, bool]:
        start.wait()
        return service(dialled)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert len(set(answers)) == 1
    phone.typed = list(JOURNEY[: at + 1])
    press(phone, *JOURNEY[at + 1 :])
    assert (service.count(Farmer), service.count(Consent), service.count(Plot), service.count(Draft)) == (1, 1, 1, 0)


def test_one_phone_that_agrees_in_several_calls_at_once_is_one_farmer(service: Service) -> None:
    phones = [Phone(service, NUMBER) for _ in range(4)]
    for phone in phones:
        phone.dial()
        press(phone, *(("1", "1") if phone.screen.startswith("Ensigo:") else ("1",)))
        assert "We keep your number" in phone.screen
    start = Barrier(4)

    def agree(phone: Phone) -> str:
        start.wait()
        return phone.press("1")

    with ThreadPoolExecutor(4) as pool:
        screens = list(pool.map(agree, phones))
    assert all(screen.startswith("Where is your garden?") for screen in screens)
    assert (service.count(Farmer), service.count(Consent), service.count(Draft)) == (1, 1, 0)


@pytest.mark.parametrize("deep", ["text", "code", "both"])
def test_a_shortcut_goes_straight_to_the_prices(phone: Phone, deep: str) -> None:
    phone.dial()
    press(phone, *JOURNEY)
    phone.deep = deep
    assert phone.dial("*284*55*1#").startswith("No fresh maize price near you")
    first = phone.screen
    assert phone.dial("*284*55*1*9#") != first
    assert phone.screen.startswith("1 ")
    assert phone.dial("*284*55*1*1#").startswith("No fresh beans price near you")


def test_a_gateway_that_sends_the_latest_input_only_registers_as_well(service: Service) -> None:
    phone = Phone(service, NUMBER, cumulative=False)
    phone.dial()
    press(phone, *JOURNEY)
    assert phone.screen.startswith("Thank you.")
    assert service.plot().planted == "2_3_weeks"
    assert phone.dial("*284*55*1#").startswith("No fresh maize price near you")


def test_several_farmers_on_one_phone_are_asked_who_is_calling(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1")
    phone.choose("Add a person")
    press(phone, "2", "1", "ISINGIRO", "1", "John", "2", "1", "1", "2")
    assert service.count(Farmer) == 2
    assert phone.dial() == "Who is calling?\n1 Sarah\n2 John\n3 Somebody else"
    assert press(phone, "2").startswith("John, Isingiro")
    assert phone.dial("*284*55*1#").startswith("Who is calling?")
    assert press(phone, "2").startswith("No fresh beans price near you")


def test_the_session_of_another_phone_is_refused(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1")
    thief = Phone(service, "+256772999999", session_id=phone.session_id, ended=False)
    assert thief.press("1") == "Sorry, this call cannot go on. Please dial again."
    assert thief.ended
    assert press(phone, "1").startswith("We keep your number")


@pytest.mark.parametrize(
    "number", ["", "   ", "+", "0", "12345", "MTN-Info", "+254722000000", "+447700900123", "+256414123456", "null", "+256772123456\x00"]
)
def test_callers_that_are_no_phones_of_the_country_get_a_polite_end(service: Service, number: str) -> None:
    phone = Phone(service, number)
    assert phone.dial() == "Sorry, Ensigo serves phone numbers of Uganda only."
    assert (phone.ended, service.count(UssdSession)) == (True, 0)


@pytest.mark.parametrize("session_id", ["x" * 2000, "' OR 1=1--", "a\x00b", "a\ud800b"])
def test_odd_session_ids_and_texts_are_borne(service: Service, session_id: str) -> None:
    phone = Phone(service, NUMBER, session_id=session_id, ended=False, typed=["1"])
    phone.again()
    for said in ("", "*", "\x00", "\ud800", "ŋŋŋ", "((code))", "{0}", "x" * 4096, "1*" * 50, "=HYPERLINK(1)"):
        phone.press(said)
    assert not phone.ended
    assert service(Dialled("", NUMBER, "*284*55#", "64110", "")) == ("Sorry, please dial again in a few minutes.", True)


def test_of_what_was_typed_nothing_is_kept_with_the_session(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "1", "Quintessa")
    with db.reading(service.sessions) as session:
        row = session.scalars(select(UssdSession)).one()
        assert row.heard_length == len("1*1*1*MUB*1*Quintessa")
        assert "Quintessa" not in str({column: getattr(row, column) for column in ("heard_hash", "trail", "draft", "reply")})
        hops = session.scalars(select(Hop).order_by(Hop.id)).all()
    assert [hop.screen for hop in hops] == ["language", "crop", "notice", "district", "first_value", "ask", "ask"]
    assert [hop.first for hop in hops] == [True, *[False] * 6]
    assert {hop.network for hop in hops} == {"64110"}
