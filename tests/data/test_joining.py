"""Joining by text: in one or in pieces, in any order and spelling, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import texts
from conversations import sms
from core import db
from core.db import new_id
from core.settings import Settings
from messaging import suppressions
from messaging.models import Inbound
from profiles import consent, drafts, farmers, places
from profiles.models import Consent, Draft, Farmer
from tests.desk import NUMBER, Desk


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    places.seed(session)
    return Desk(session, now)


@pytest.mark.parametrize(
    "text",
    [
        "JOIN maize Mubende Sarah",
        "sarah mubende kasooli join",
        "join,maize,mubende,sarah",
        "Join\nMubende\nSARAH\nmaize",
        "j0in MAZE / mubende / sarah",
        "ＪＯＩＮ ｍａｉｚｅ Mubende Sarah",
        "My name is Sarah, I grow maize in Mubende district. JOIN",
        "yingira sarah ebicoori mubende",
        "jion maizee mubnde sarah",
        "register: sarah; corn; MUBENDE!!!",
        "J\u200bOIN maize “Mubende” ‘Sarah’ 2 acres",
    ],
)
def test_a_text_that_says_it_all_joins_in_any_order_and_spelling(desk: Desk, text: str) -> None:
    answer = desk.say(text)
    farmer = desk.farmer()
    assert answer.startswith(f"Welcome. ID {farmers.code(farmer)}.")
    assert "STOP" in answer
    assert "*284*55#" in answer
    assert (farmer.name, farmer.source) == ("Sarah", "sms")
    assert farmers.main_plot(desk.session, farmer.id).crop == "maize"  # type: ignore[union-attr]
    assert places.get(desk.session, farmer.district_id or 0).name == "Mubende"
    (given,) = desk.session.scalars(select(Consent))
    assert (given.how, given.wording) == ("sms", texts.fingerprint("sms.joined", "en"))
    assert desk.count(Draft) == 0


def test_a_join_in_pieces_keeps_each_piece_and_asks_for_the_next(desk: Desk) -> None:
    assert desk.say("JOIN").startswith("Ensigo: which crop do you sell?")
    assert desk.say("JOIN beans").startswith("Ensigo: beans, good. In which district")
    assert drafts.get(desk.session, NUMBER, desk.now) == {"crop": "beans"}
    assert desk.count(Farmer) == 0
    assert desk.say("JOIN Gulu").startswith("Welcome. ID")
    assert places.get(desk.session, desk.farmer().district_id or 0).name == "Gulu"


def test_the_place_may_come_before_the_crop(desk: Desk) -> None:
    assert "which crop" in desk.say("JOIN Isingiro")
    assert desk.say("JOIN matooke").startswith("Welcome.")


def test_a_district_that_may_be_two_is_asked_back_by_name(desk: Desk) -> None:
    answer = desk.say("JOIN maize mas")
    assert answer.startswith("Ensigo: which district is it?")
    assert "Masaka" in answer
    assert desk.say("JOIN Masindi").startswith("Welcome.")


def test_joining_twice_is_one_farmer_and_says_so(desk: Desk) -> None:
    desk.say("JOIN maize Mubende Sarah")
    assert desk.say("JOIN maize Mubende Sarah").startswith("You are in already.")
    desk.say("JOIN beans")
    assert [plot.crop for plot in farmers.plots(desk.session, desk.farmer().id)] == ["maize", "beans"]


def test_joining_lifts_an_earlier_stop(desk: Desk) -> None:
    desk.say("STOP")
    desk.say("JOIN maize Mubende")
    assert suppressions.stopped(desk.session, [NUMBER]) == set()


def test_a_language_chosen_before_joining_is_remembered(desk: Desk) -> None:
    desk.say("LANG luganda")
    assert desk.say("yingira kasooli Mubende").startswith("Weebale.")
    assert desk.farmer().language == "lg"


def test_two_texts_of_one_phone_handled_at_once_are_one_farmer(url: str, now: datetime) -> None:
    sessions, settings, start = db.connect(url), Settings(_env_file=None, inbound="shortcode"), Barrier(4)
    with db.transaction(sessions) as session:
        places.seed(session)
        ids = [new_id(now) for _ in range(4)]
        for each in ids:
            blank = {
                "gateway": "at",
                "sender": NUMBER,
                "to": "28455",
                "network": "64110",
                "sent_at": None,
                "handled_at": None,
                "understood": None,
            }
            session.add(Inbound(id=each, gateway_id=str(each), phone=NUMBER, text="JOIN maize Mubende Sarah", at=now, **blank))

    def handle(inbound: UUID) -> None:
        start.wait()
        with db.transaction(sessions) as session:
            sms.reply(session, session.get_one(Inbound, inbound), now, settings)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(handle, ids))
    with db.reading(sessions) as session:
        assert len(farmers.on_phone(session, NUMBER)) == 1
        assert session.scalar(select(func.count()).select_from(Consent)) == 1
        assert consent.standing(session, [farmers.on_phone(session, NUMBER)[0].id], "service", now)
    sessions.kw["bind"].dispose()
