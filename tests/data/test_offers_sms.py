"""Offers answered by text: a yes to the very words that were sent, from her own phone; a no; the way back; what is kept of her."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from content import languages, texts
from core import codes
from core.db import new_id
from linkage import applications, credit, facts, matching, said, telling
from linkage.models import Application, Offer
from messaging import gsm
from messaging.models import Batch, Message
from profiles import farmers, sharing
from profiles.models import Farmer, Organisation
from tests import market
from tests.desk import NUMBER, Desk
from tests.market import USSD, ZONE

LONG = {"title": "W" * 30, "partner": "W" * 30, "state": "They said yes", "code": "99999-9", "ussd": "*284*55#", "records": "999"}


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    return Desk(session, now)


@pytest.fixture
def lender(session: Session, now: datetime) -> Organisation:
    return market.partner(session, now)


@pytest.fixture
def farmer(session: Session, now: datetime) -> Farmer:
    return market.farmer(session, now, phone=NUMBER)


def tell(desk: Desk, offer: Offer, by_text: bool = True) -> str:
    """The farmers whom it fits hear of it, and the gateway takes the text."""
    session, now = desk.session, desk.now
    found = [(one, [(offer.id, ())]) for one in facts.some(session, None, 100, now.date())]
    telling.tell(session, [offer], found, now, ZONE, USSD, 100, by_text)
    (batch,) = session.scalars(select(Batch).where(Batch.sender == f"offer:{offer.id}"))
    for phone in batch.phones:
        session.add(Message(batch_id=batch.id, phone=phone, fate="sent", gateway="simulator", gateway_id=str(new_id(now)), code="", at=now))
    session.flush()
    return batch.body


def states(desk: Desk) -> list[tuple[str, str]]:
    return [(row.state, row.how) for row in desk.session.scalars(select(Application))]


def code(offer: Offer) -> str:
    return codes.written(offer.number)


@pytest.mark.parametrize("typed", ["YES {}", "yes {}.", "Yes  {} please", "NDIYO {}"])
def test_a_yes_to_the_text_is_the_same_yes_as_by_dialling(desk: Desk, lender: Organisation, farmer: Farmer, typed: str) -> None:
    offer = market.published(desk.session, lender, desk.now)
    told = tell(desk, offer)
    assert f"text YES {code(offer)} or dial" in told
    answer = desk.say(typed.format(code(offer)))
    assert answer.startswith("Done: Kiganda SACCO sees your wish for Seed loan. You may take it back for 48 hours: text NO")
    row = desk.session.scalars(select(Application)).one()
    assert (row.state, row.how, row.terms["shown"], row.cooling_until) == ("accepted", "sms", told, row.at + timedelta(hours=48))
    desk.session.refresh(offer)
    assert offer.taken == 1


def test_a_no_takes_a_yes_back_within_48_hours_and_not_after(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    tell(desk, offer)
    desk.say(f"YES {code(offer)}")
    assert desk.say(f"NO {code(offer)}").startswith("Taken back: Seed loan")
    desk.say(f"YES {code(offer)}")
    desk.now += timedelta(hours=48)
    assert "more than 48 hours" in desk.say(f"NO {code(offer)}")
    assert states(desk) == [("accepted", "sms")]


def test_a_no_alone_declines_and_a_later_yes_still_counts(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    tell(desk, offer)
    assert desk.say(f"NO {code(offer)}").startswith("Noted: Seed loan is not for you")
    assert states(desk) == [("declined", "sms")]
    assert desk.say(f"YES {code(offer)}").startswith("Done")
    assert desk.say(f"YES {code(offer)}").startswith("You asked for Seed loan before. Asked for.")
    assert states(desk) == [("accepted", "sms")]


def test_nobody_says_yes_to_words_that_were_never_sent_to_that_phone(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    assert desk.say(f"YES {code(offer)}").startswith("Ensigo: read all of Seed loan before you say yes")
    told = tell(desk, offer, by_text=False)
    assert "YES" not in told
    assert desk.say(f"YES {code(offer)} now").startswith("Ensigo: read all of Seed loan")
    assert states(desk) == []


@pytest.mark.parametrize("kind", ["cover", "parts"])
def test_what_one_text_cannot_say_whole_asks_for_no_yes(session: Session, now: datetime, kind: str) -> None:
    desk = Desk(session, now)
    market.farmer(session, now, phone=NUMBER)
    if kind == "cover":
        offer = market.published(session, market.partner(session, now, "insurer", "NKUBA", "IRA/1"), now, "cover")
    else:
        offer = market.published(session, market.partner(session, now), now, terms={**market.LOAN, "instalments": 5})
    assert "YES" not in tell(desk, offer)
    assert "before you say yes" in desk.say(f"YES {code(offer)}")
    assert states(desk) == []


def test_on_a_phone_that_others_use_offers_are_answered_by_dialling(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    tell(desk, offer)
    other = market.farmer(desk.session, desk.now, 2, phone=NUMBER)
    for word in ("YES", "NO"):
        assert "not yours alone" in desk.say(f"{word} {code(offer)}")
    desk.session.delete(farmers.main_plot(desk.session, other.id))
    farmer.phone_use = "shared"
    desk.session.execute(update(Farmer).where(Farmer.id == other.id).values(phone=None))
    assert "not yours alone" in desk.say(f"YES {code(offer)} please")
    assert states(desk) == []


@pytest.mark.parametrize("typed", ["YES 100-9", "YES 99", "YES 999999999999999", "YES 1000", "NO 12", "YES", "NO", "NO thanks"])
def test_a_number_that_no_offer_has_is_asked_for_again(desk: Desk, lender: Organisation, farmer: Farmer, typed: str) -> None:
    tell(desk, market.published(desk.session, lender, desk.now))
    assert desk.say(typed).startswith("Ensigo: which offer? Text YES and the number")
    assert states(desk) == []


def test_a_draft_a_closed_and_a_full_offer_take_no_yes(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now, capacity=1)
    tell(desk, offer)
    offer.taken = 1
    assert desk.say(f"YES {code(offer)}").startswith("This offer is no longer open to you")
    offer.taken, offer.state = 0, "closed"
    assert desk.say(f"YES {code(offer)} ").startswith("This offer is no longer open to you")
    offer.state = "draft"
    assert desk.say(f"YES {code(offer)}!").startswith("Ensigo: which offer?")
    assert states(desk) == []


def test_a_stop_is_a_stop_whatever_number_follows(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    tell(desk, offer)
    assert desk.hear(f"STOP {code(offer)}").understood == "STOP"
    assert states(desk) == []


@pytest.mark.parametrize("typed", ["MYDATA", "my data", "Mydata please"])
def test_my_data_is_told_in_one_text(desk: Desk, lender: Organisation, farmer: Farmer, typed: str) -> None:
    assert "0 records. Nobody looked. All: dial" in desk.say(typed)
    until = desk.now + timedelta(days=30)
    sharing.grant(desk.session, farmer.id, lender.id, "credit", "input-2026A", ("name",), "ussd", "test", desk.now, until)
    credit.pull(desk.session, market.asker(lender), farmers.code(farmer), desk.now, ZONE, USSD)
    assert "Last looked: Kiganda SACCO 12 Mar." in desk.say(f"{typed}.")


def test_a_stranger_and_a_shared_phone_are_told_nothing_of_anybody(desk: Desk, lender: Organisation) -> None:
    assert desk.say("MYDATA").startswith("Ensigo keeps no farmer under this number")
    market.farmer(desk.session, desk.now, phone=NUMBER, phone_use="shared")
    assert desk.say("MY DATA").startswith("Ensigo: there is a message for farmer")


@pytest.mark.parametrize("typed", ["YES 100-4", "NO 100-4", "YES", "MYDATA"])
def test_where_texts_cannot_be_answered_no_answer_asks_for_one(session: Session, now: datetime, typed: str) -> None:
    desk = Desk(session, now, inbound="none")
    market.farmer(session, now, phone=NUMBER)
    offer = market.published(session, market.partner(session, now), now)
    tell(desk, offer)
    answer = desk.say(typed.replace("100-4", code(offer)))
    assert USSD in answer
    assert not any(word in answer for word in ("text YES", "text NO", "Text YES", "MYDATA"))


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
def test_every_answer_fits_one_part_with_the_longest_values(language: str) -> None:
    values = {**LONG, "looked": texts.say("data.looked_short", language, partner="W" * 20, day="31 Sept")}
    for key in texts.wording(language):
        if key.startswith(("sms.offer_", "sms.mydata")) and key not in ("sms.offer_yes", "sms.offer_new"):
            body = gsm.plain(texts.say(key, language, **values))
            assert gsm.fits(body, 160), (key, gsm.septets(body))


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
def test_an_offer_with_the_longest_terms_is_told_in_one_part(session: Session, now: datetime, lender: Organisation, language: str) -> None:
    terms = {**market.LOAN, "amount": 90_000_000, "late": 4_000_000}
    offer = market.published(session, lender, now, title="W" * 30, terms=terms)
    assert gsm.fits(said.text(offer, language, USSD, by_text=True), 160)


def test_the_yes_by_text_is_refused_where_the_offer_does_not_fit(desk: Desk, lender: Organisation, farmer: Farmer) -> None:
    offer = market.published(desk.session, lender, desk.now)
    tell(desk, offer)
    offer.eligibility = {**offer.eligibility, "records": 5}
    assert [fit.missing for fit in matching.for_farmer(desk.session, farmer.id, desk.now.date())] == [("records",)]
    assert desk.say(f"YES {code(offer)}").startswith("This offer is no longer open to you")
    assert applications.of_farmer(desk.session, farmer.id) == []
