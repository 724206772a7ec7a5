"""Offers and money, and My data, by dialling: compared, agreed to only after reading, taken back."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core import db
from linkage import applications, credit, requests
from linkage.models import Application, Disclosure
from messaging import gsm
from profiles import farmers, sharing
from profiles.models import Consent, Farmer, Organisation
from tests import market
from tests.dialled import Service
from tests.market import USSD, ZONE
from tests.phone import Phone

OFFERS, DATA = "Offers and money", "My data"


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    yield Service(sessions, now)
    sessions.kw["bind"].dispose()


@pytest.fixture
def lender(service: Service) -> Organisation:
    with db.transaction(service.sessions) as session:
        return market.partner(session, service.now)


@pytest.fixture
def farmer(service: Service) -> Farmer:
    """She has put off the questions of her registration."""
    with db.transaction(service.sessions) as session:
        made = market.farmer(session, service.now)
        farmers.answer(session, made, "registration", None, service.now)
        return made


@pytest.fixture
def phone(service: Service, farmer: Farmer) -> Iterator[Phone]:
    """Every screen that it is shown fits."""
    made = Phone(service, farmer.phone or "")
    yield made
    assert all(gsm.fits(screen, 160) for screen in made.seen)


def publish(service: Service, by: Organisation, kind: str = "loan", **values: object) -> int:
    with db.transaction(service.sessions) as session:
        return market.published(session, by, service.now, kind, **values).number


def states(service: Service) -> list[str]:
    with db.reading(service.sessions) as session:
        return list(session.scalars(select(Application.state)))


def to(phone: Phone, *labels: str) -> str:
    phone.dial()
    for label in labels:
        phone.choose(label)
    return phone.screen


def read_all(phone: Phone) -> str:
    """Every page of a screen."""
    first = said = phone.screen
    while "\n98 " in phone.screen and phone.press("98") != first:
        said += "\n" + phone.screen
    return said


def test_offers_stand_side_by_side_with_their_whole_cost(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    publish(service, lender, title="Tool loan", terms={**market.LOAN, "amount": 100_000, "rate": "1"})
    to(phone, OFFERS)
    said = read_all(phone)
    assert "Seed loan: costs 20,000" in said
    assert "Tool loan: costs 5,000" in said


def test_a_yes_follows_all_the_terms_and_a_screen_that_asks_again(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    to(phone, OFFERS, "Seed loan: costs 20,000")
    said = read_all(phone)
    for words in ("Kiganda SACCO", "you get 200,000", "pay back 220,000 by 30 Aug", "Whole cost 20,000", "Late: 4,000", "you grow maize"):
        assert words in said.replace("\n", " "), words
    phone.choose("I want this")
    assert "pay back 220,000" in phone.screen
    assert states(service) == []
    phone.choose("Yes, I ask for it")
    assert "48 hours" in phone.screen
    with db.reading(service.sessions) as session:
        row = session.scalars(select(Application)).one()
        assert (row.state, row.how) == ("accepted", "ussd")
        assert "pay back 220,000" in row.terms["shown"]


def test_cover_says_what_it_does_not_do_before_the_yes(service: Service, phone: Phone) -> None:
    with db.transaction(service.sessions) as session:
        insurer = market.partner(session, service.now, "insurer", "NKUBA", "IRA/7", "Nkuba")
    publish(service, insurer, "cover", title="Rain cover")
    to(phone, OFFERS, "Rain cover: you pay 6,000")
    said = read_all(phone).replace("\n", " ")
    for words in ("IRA/7", "price 12,000", "you pay 6,000", "the project pays the rest", "Not covered until it is paid", "not your garden"):
        assert words in said, words


def test_nobody_says_yes_by_typing_ahead(service: Service, phone: Phone, lender: Organisation) -> None:
    """Any keys after the string: the screen that asks must have been read in a request of its own."""
    publish(service, lender)
    to(phone, OFFERS)
    keys = [*phone.typed, "1"]
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this")
    for more in ([*phone.typed, "1"], [*keys, "1", "1", "1"], [*keys, "98", "1", "1", "1"]):
        ahead = Phone(service, phone.number)
        ahead.dial("*284*55*" + "*".join(more) + "#")
        assert states(service) == [], more
        assert not ahead.ended


def test_a_dropped_call_at_the_question_is_no_yes(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this")
    phone.hang_up()
    phone.dial()
    phone.press("1")
    assert states(service) == []


def test_a_repeated_request_says_yes_once(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender, capacity=5)
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this", "Yes, I ask for it")
    assert phone.again() == phone.screen
    assert states(service) == ["accepted"]


def test_she_takes_it_back_within_48_hours_and_not_after(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this", "Yes, I ask for it")
    service.now += timedelta(hours=47)
    to(phone, OFFERS, "My answers", "Seed loan: asked for", "Take my yes back", "Take my yes back")
    assert phone.ended
    assert states(service) == ["withdrawn"]
    to(phone, OFFERS, "My answers", "Seed loan: taken back", "I want this", "Yes, I ask for it")
    service.now += timedelta(hours=49)
    to(phone, OFFERS, "My answers", "Seed loan: asked for")
    assert "Take my yes back" not in read_all(phone)
    assert states(service) == ["accepted"]


def test_a_no_puts_it_away_and_it_can_be_found_again(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    to(phone, OFFERS, "Seed loan: costs 20,000", "Not for me")
    assert states(service) == ["declined"]
    assert "Seed loan" not in phone.screen
    to(phone, OFFERS, "My answers", "Seed loan: not for me")
    assert "I want this" in read_all(phone)


def test_what_does_not_fit_says_why_not_and_what_to_do(service: Service, phone: Phone, lender: Organisation, farmer: Farmer) -> None:
    publish(service, lender)
    with db.transaction(service.sessions) as session:
        session.get_one(Farmer, farmer.id).born = None
    to(phone, OFFERS, "Offers not for me", "Seed loan")
    assert "Tell us your year of birth" in phone.screen


def test_the_partners_answer_stands_on_the_screen(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender)
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this", "Yes, I ask for it")
    with db.transaction(service.sessions) as session:
        row = session.scalars(select(Application)).one()
        applications.answer(session, row.id, lender.id, True, "Come on Friday", "test", service.now, ZONE, USSD)
    to(phone, OFFERS, "My answers", "Seed loan: they said yes")
    assert "Come on Friday" in read_all(phone)


def test_an_offer_that_is_full_meanwhile_is_said_to_be_gone(service: Service, phone: Phone, lender: Organisation) -> None:
    publish(service, lender, capacity=1)
    to(phone, OFFERS, "Seed loan: costs 20,000", "I want this")
    with db.transaction(service.sessions) as session:
        other = market.farmer(session, service.now, 2)
        offer = market.offers.open_on(session, service.now.date())[0]
        applications.accept(session, other.id, offer, "shown", "ussd", service.now, service.now.date())
    assert "no longer open" in phone.choose("Yes, I ask for it")
    assert states(service) == ["accepted"]


def ask(service: Service, lender: Organisation, farmer: Farmer) -> None:
    with db.transaction(service.sessions) as session:
        wanted = ("name", "district", "records")
        assert requests.ask(session, market.asker(lender), farmers.code(farmer), wanted, 30, service.now, ZONE, USSD)


def consents(service: Service) -> list[Consent]:
    with db.reading(service.sessions) as session:
        return list(session.scalars(select(Consent).where(Consent.product.is_not(None))))


def look(service: Service, lender: Organisation, farmer: Farmer) -> None:
    with db.transaction(service.sessions) as session:
        credit.pull(session, market.asker(lender), farmers.code(farmer), service.now, ZONE, USSD)


def test_she_reads_all_of_it_says_yes_sees_who_looked_and_takes_it_back(
    service: Service, phone: Phone, lender: Organisation, farmer: Farmer
) -> None:
    ask(service, lender, farmer)
    to(phone, DATA, "Kiganda SACCO asks")
    said = read_all(phone).replace("\n", " ")
    for words in ("Kiganda SACCO", "name, district, count of records", "a loan", "input-2026A", "Until 11 Apr"):
        assert words in said, words
    phone.choose("Yes, they may see it")
    (row,) = consents(service)
    assert row.wording.startswith("data.asked:en:")
    assert row.until == service.now + timedelta(days=30)
    look(service, lender, farmer)
    to(phone, DATA, "Who looked")
    assert "12 Mar Kiganda SACCO: name, district, count of records" in read_all(phone).replace("\n", " ")
    to(phone, DATA, "Kiganda SACCO may see", "Stop it now")
    with db.reading(service.sessions) as session:
        assert sharing.standing(session, farmer.id, service.now) == []


def test_a_permission_is_never_given_by_typing_ahead(service: Service, phone: Phone, lender: Organisation, farmer: Farmer) -> None:
    ask(service, lender, farmer)
    to(phone, DATA)
    keys = phone.typed
    for more in (["1", "1"], ["1", "98", "1"], ["1", "1", "1", "1"]):
        Phone(service, phone.number).dial("*284*55*" + "*".join([*keys, *more]) + "#")
        assert consents(service) == []


def test_a_no_shares_nothing(service: Service, phone: Phone, lender: Organisation, farmer: Farmer) -> None:
    ask(service, lender, farmer)
    to(phone, DATA, "Kiganda SACCO asks", "No")
    assert consents(service) == []
    assert "asks" not in to(phone, DATA)


def test_on_a_shared_phone_nothing_can_be_given(service: Service, phone: Phone, lender: Organisation, farmer: Farmer) -> None:
    with db.transaction(service.sessions) as session:
        session.get_one(Farmer, farmer.id).phone_use = "shared"
    ask(service, lender, farmer)
    to(phone, DATA, "Kiganda SACCO asks", "Yes, they may see it")
    assert "yours alone" in phone.screen
    assert consents(service) == []
    with db.reading(service.sessions) as session:
        assert session.scalars(select(Disclosure)).all() == []
