"""Texts from phones: stopping in any language, prices, languages, and silence before robots."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from content import texts
from conversations import sms
from messaging import suppressions
from messaging.models import Batch
from profiles import places
from profiles.models import Farmer
from tests.desk import NUMBER, Desk

NO_KEYWORDS = ("JOIN", "STOP", "START", "PRICE", "HELP", "LANG", "reply", "Reply")


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    places.seed(session)
    return Desk(session, now)


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


def test_an_unknown_language_is_answered_with_those_that_we_speak(desk: Desk) -> None:
    assert "English, Luganda, Runyankole-Rukiga" in desk.say("LANG klingon")


@pytest.mark.parametrize("text", ["SELL 5 bags maize", "ASK why", "MUTE", "PAUSE", "YES", "NO"])
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
