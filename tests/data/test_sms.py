"""Texts from phones: joining in any order and spelling, stopping in any language, prices, languages, and silence before robots."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
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
from messaging import gsm, inbox, suppressions
from messaging.models import Batch, Inbound
from profiles import consent, drafts, farmers, places
from profiles.models import Consent, Draft, Farmer

NUMBER = "+256772123456"
NO_KEYWORDS = ("JOIN", "STOP", "START", "PRICE", "HELP", "LANG", "reply", "Reply")


class Desk:
    """Texts come in, answers go out, in one transaction."""

    def __init__(self, session: Session, now: datetime, inbound: str = "shortcode") -> None:
        self.session, self.now, self.settings = session, now, Settings(_env_file=None, inbound=inbound)

    def hear(self, text: str, number: str | None = NUMBER) -> Inbound:
        row = Inbound(
            id=new_id(self.now),
            gateway="at",
            gateway_id=str(new_id(self.now)),
            phone=number,
            sender=number or "MTN-Info",
            to="28455",
            text=text,
            network="64110",
            at=self.now,
            sent_at=None,
            handled_at=None,
            understood=None,
        )
        self.session.add(row)
        self.session.flush()
        inbox.handled(row, sms.reply(self.session, row, self.now, self.settings), self.now)
        self.session.flush()
        self.now += timedelta(minutes=1)
        return row

    def say(self, text: str, number: str | None = NUMBER) -> str:
        """The answer to this text; "" for silence."""
        heard = self.hear(text, number)
        batch = self.session.scalars(select(Batch).where(Batch.dedupe == f"inbound:{heard.id}")).one_or_none()
        if batch is None:
            return ""
        assert (batch.klass, batch.phones) == ("reply", [number])
        assert gsm.fits(batch.body, 160)
        return batch.body

    def farmer(self) -> Farmer:
        (only,) = farmers.on_phone(self.session, NUMBER)
        return only

    def count(self, table: type[db.Base]) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


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


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop.",
        '"STOP"',
        "STOP STOP STOP",
        "5TOP",
        "Stop sending me prices",
        "komya",
        "yemereza",
        "acha",
        "gik",
        "ＳＴＯＰ",
        "please stop",
    ],
)
def test_a_stop_is_honoured_for_anyone_and_confirmed_once(desk: Desk, text: str) -> None:
    assert desk.say(text).startswith("Ensigo: we stopped.")
    assert suppressions.stopped(desk.session, [NUMBER]) == {NUMBER}
    assert desk.say(text) == ""
    assert desk.hear(text).understood == "STOP"


def test_a_stop_is_heard_in_the_middle_of_joining(desk: Desk) -> None:
    desk.say("JOIN maize")
    desk.say("STOP")
    assert suppressions.stopped(desk.session, [NUMBER]) == {NUMBER}
    assert desk.count(Farmer) == 0


@pytest.mark.parametrize("text", ["don't stop", "Dont stop", "do not stop", "how do I stop"])
def test_an_unclear_stop_is_asked_back(desk: Desk, text: str) -> None:
    assert desk.say(text).startswith("Do you want our texts to stop?")
    assert suppressions.stopped(desk.session, [NUMBER]) == set()


def test_start_brings_the_texts_back(desk: Desk) -> None:
    desk.say("STOP")
    assert desk.say("start").startswith("Ensigo: welcome back")
    assert suppressions.stopped(desk.session, [NUMBER]) == set()


def test_prices_are_told_for_what_was_asked_or_for_ones_own(desk: Desk) -> None:
    assert desk.say("PRICE").startswith("Ensigo: the price of what?")
    assert desk.say("PRICE maize").startswith("Ensigo: maize prices where?")
    assert "maize" in desk.say("PRICE maize gulu")
    desk.say("JOIN beans Mubende")
    assert "beans" in desk.say("price")
    assert "coffee" in desk.say("emiwendo emmwanyi")
    assert "maize" in desk.say("kasooli gulu")


@pytest.mark.parametrize("text", ["LANG luganda", "LANG 2", "olulimi Luganda", "lang: LG", "langauge oluganda"])
def test_the_language_changes_and_the_answer_is_in_it(desk: Desk, text: str) -> None:
    desk.say("JOIN maize Mubende")
    assert "Luganda" in desk.say(text)
    assert desk.farmer().language == "lg"
    assert desk.say("HELP").startswith("Ensigo: emiwendo")


def test_a_language_chosen_before_joining_is_remembered(desk: Desk) -> None:
    desk.say("LANG luganda")
    assert desk.say("yingira kasooli Mubende").startswith("Weebale.")
    assert desk.farmer().language == "lg"


def test_an_unknown_language_is_answered_with_those_that_we_speak(desk: Desk) -> None:
    assert "English, Luganda, Runyankole-Rukiga" in desk.say("LANG klingon")


@pytest.mark.parametrize("text", ["WEATHER mubende", "SELL 5 bags maize", "YES 4827-3", "NO 1", "ASK why", "MUTE", "PAUSE", "MYDATA"])
def test_what_does_not_exist_yet_is_said_to_be_so(desk: Desk, text: str) -> None:
    assert desk.say(text).startswith("Ensigo cannot do that by text yet.")


def test_what_nobody_understands_is_said_once_a_day_and_never_echoed(desk: Desk) -> None:
    assert desk.say("qwertz {{7*7}} ((pin_hash))") == texts.say("sms.unclear", "en", ussd="*284*55#")
    assert [desk.say(f"asdf {number}") for number in range(5)] == [""] * 5
    assert desk.hear("zxcv").understood == ""
    desk.now += timedelta(hours=25)
    assert desk.say("qwertz") != ""


def test_a_sender_that_is_no_phone_is_never_answered(desk: Desk) -> None:
    assert [desk.say(text, None) for text in ("STOP", "JOIN maize Mubende", "HELP", "Your balance is UGX 0")] == [""] * 4
    assert desk.count(Farmer) == 0


def test_after_five_texts_that_are_all_the_same_we_fall_silent(desk: Desk) -> None:
    answers = [desk.say("HELP") for _ in range(8)]
    assert [bool(answer) for answer in answers] == [True] * 5 + [False] * 3
    assert desk.say("PRICE maize gulu") != ""


def test_a_stop_is_honoured_even_from_a_loop(desk: Desk) -> None:
    for _ in range(7):
        desk.say("PRICE")
    desk.hear("STOP")
    assert suppressions.stopped(desk.session, [NUMBER]) == {NUMBER}


@pytest.mark.parametrize(
    "text",
    [
        "JOIN",
        "JOIN maize",
        "JOIN maize mas",
        "JOIN maize Mubende",
        "HELP",
        "STOP",
        "don't stop",
        "START",
        "PRICE",
        "PRICE maize",
        "PRICE maize gulu",
        "LANG",
        "LANG 2",
        "SELL",
        "qwertz",
    ],
)
def test_where_texts_cannot_be_answered_every_answer_says_to_dial(session: Session, now: datetime, text: str) -> None:
    places.seed(session)
    answer = Desk(session, now, inbound="none").say(text)
    assert "*284*55#" in answer
    assert not any(word in answer for word in NO_KEYWORDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "\x1b[2J",
        "=HYPERLINK(1)",
        "a" * 1600,
        "😀" * 700,
        "\u202eNIOJ",
        "../../etc/passwd",
        "JOIN " * 300,
        "JOIN ((a))",
        "' OR 1=1--",
    ],
)
def test_odd_texts_are_borne(desk: Desk, text: str) -> None:
    desk.say(text)
    assert desk.count(Farmer) == 0


def test_a_text_that_is_handled_twice_is_answered_once(desk: Desk) -> None:
    heard = desk.hear("HELP")
    sms.reply(desk.session, heard, desk.now, desk.settings)
    assert desk.count(Batch) == 1


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
