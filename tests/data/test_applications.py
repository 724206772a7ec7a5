"""A farmer's yes with the terms that she read, her way back, and the partner's answer, which she is told."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import db
from core.db import new_id
from core.errors import Conflict, NotFound
from linkage import applications, offers
from linkage.models import Application, Offer
from messaging.models import Batch
from tests import market
from tests.market import USSD, ZONE

SHOWN = "you get 200,000, pay back 220,000"


def day(now: datetime):
    return now.astimezone(ZONE).date()


def say_yes(session: Session, farmer_id, offer: Offer, now: datetime) -> Application:
    return applications.accept(session, farmer_id, offer, SHOWN, "ussd", now, day(now))


def answer(session: Session, row: Application, by, yes: bool, now: datetime) -> Application:
    return applications.answer(session, row.id, by.id, yes, "Bring your ID", "key:test", now, ZONE, USSD)


def test_a_yes_keeps_the_terms_as_they_were_shown_and_takes_a_place(session: Session, now: datetime) -> None:
    offer, farmer = market.published(session, market.partner(session, now), now, capacity=1), market.farmer(session, now)
    row = say_yes(session, farmer.id, offer, now)
    assert (row.state, row.terms["shown"], row.terms["amount"], row.cooling_until - now) == (
        "accepted",
        SHOWN,
        200_000,
        timedelta(hours=48),
    )
    session.refresh(offer)
    assert offer.taken == 1
    with pytest.raises(Conflict):
        say_yes(session, market.farmer(session, now, 2).id, offer, now)


def test_a_yes_to_what_does_not_fit_is_refused(session: Session, now: datetime) -> None:
    offer = market.published(session, market.partner(session, now), now)
    with pytest.raises(Conflict):
        say_yes(session, market.farmer(session, now, crops=("coffee",)).id, offer, now)
    with pytest.raises(Conflict):
        say_yes(session, market.farmer(session, now, 2).id, offer, now + timedelta(days=40))


def test_for_48_hours_she_can_take_it_back_and_say_yes_again(session: Session, now: datetime) -> None:
    offer, farmer = market.published(session, market.partner(session, now), now, capacity=1), market.farmer(session, now)
    say_yes(session, farmer.id, offer, now)
    applications.withdraw(session, farmer.id, offer, now + timedelta(hours=47))
    session.refresh(offer)
    assert offer.taken == 0
    say_yes(session, farmer.id, offer, now + timedelta(hours=47))
    with pytest.raises(Conflict):
        applications.withdraw(session, farmer.id, offer, now + timedelta(hours=96))


def test_the_way_back_is_open_after_the_partners_yes_too(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    offer = market.published(session, lender, now)
    row = say_yes(session, farmer.id, offer, now)
    answer(session, row, lender, True, now)
    assert applications.withdraw(session, farmer.id, offer, now + timedelta(hours=1)).state == "withdrawn"
    with pytest.raises(Conflict):
        answer(session, row, lender, True, now)


def test_the_partner_answers_once_and_the_farmer_is_told(session: Session, now: datetime) -> None:
    lender = market.partner(session, now)
    offer = market.published(session, lender, now, capacity=5)
    for number, yes, words in ((1, True, "said yes: Seed loan"), (2, False, "said no this time: Seed loan")):
        farmer = market.farmer(session, now, number)
        row = say_yes(session, farmer.id, offer, now)
        assert answer(session, row, lender, yes, now).answer == "Bring your ID"
        told = [batch for batch in session.scalars(select(Batch)) if batch.phones == [farmer.phone]]
        assert [(batch.klass, words in batch.body) for batch in told] == [("notice", True)]
        with pytest.raises(Conflict):
            answer(session, row, lender, yes, now)
    session.refresh(offer)
    assert offer.taken == 1


def test_on_a_shared_phone_the_answer_is_not_in_the_text(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now, phone_use="shared")
    answer(session, say_yes(session, farmer.id, market.published(session, lender, now), now), lender, True, now)
    (batch,) = session.scalars(select(Batch))
    assert "Seed" not in batch.body
    assert "Kiganda" not in batch.body
    assert "there is a message" in batch.body


def test_another_partner_neither_sees_nor_answers_it(session: Session, now: datetime) -> None:
    lender, other = market.partner(session, now), market.partner(session, now, code="OTHER")
    row = say_yes(session, market.farmer(session, now).id, market.published(session, lender, now), now)
    assert applications.of_partner(session, other.id) == []
    for wrong in (row.id, new_id(now)):
        with pytest.raises(NotFound):
            applications.answer(session, wrong, other.id, True, "", "key:x", now, ZONE, USSD)


def test_a_no_is_the_farmers_own_affair(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    offer = market.published(session, lender, now)
    applications.decline(session, farmer.id, offer, "ussd", now)
    assert applications.of_partner(session, lender.id) == []
    assert say_yes(session, farmer.id, offer, now).state == "accepted"
    with pytest.raises(Conflict):
        applications.decline(session, farmer.id, offer, "ussd", now)


def test_many_yeses_at_once_to_the_last_places_leave_as_many_applications_as_places(url: str, now: datetime) -> None:
    sessions = db.connect(url)
    with db.transaction(sessions) as session:
        offer_id = market.published(session, market.partner(session, now), now, capacity=3).id
        people = [market.farmer(session, now, number).id for number in range(1, 13)]

    def go(farmer_id) -> None:
        try:
            with db.transaction(sessions) as session:
                say_yes(session, farmer_id, session.get_one(Offer, offer_id), now)
        except Conflict:
            pass

    threads = [threading.Thread(target=go, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading(sessions) as session:
        assert len(session.scalars(select(Application)).all()) == 3
        assert session.get_one(Offer, offer_id).taken == 3
        assert offers.open_on(session, day(now)) == []
    sessions.kw["bind"].dispose()
