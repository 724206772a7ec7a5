"""Machines that text us fall on silence: after so many answers alike a phone is muted for a day, and an operator knows."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from conversations.loops import Said, why
from core import incidents
from messaging import mutes, suppressions
from messaging.models import Inbound
from profiles import places
from profiles.models import Farmer
from tests.desk import NUMBER, Desk

AT = datetime.fromisoformat("2026-03-12T09:00+00:00")


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    places.seed(session)
    return Desk(session, now)


def loop(desk: Desk) -> None:
    for _ in range(6):
        desk.say("PRICE")


def test_after_five_answers_alike_within_an_hour_a_phone_is_muted_for_a_day(desk: Desk) -> None:
    assert [bool(desk.say("PRICE")) for _ in range(8)] == [True] * 5 + [False] * 3
    assert desk.say("PRICE maize gulu") == ""
    assert desk.say("JOIN maize Mubende") == ""
    assert (desk.count(Inbound), desk.count(Farmer)) == (10, 0)
    desk.now += timedelta(days=1)
    assert desk.say("PRICE maize gulu") != ""


def test_an_incident_names_a_muted_phone_masked_and_once(desk: Desk) -> None:
    loop(desk)
    (incident,) = [one for one in incidents.standing(desk.session) if one.kind == mutes.KIND]
    assert "+2567•••••456" in incident.says
    assert NUMBER not in incident.says + incident.subject


def test_the_same_texts_an_hour_apart_mute_nobody(desk: Desk) -> None:
    for _ in range(8):
        assert desk.say("PRICE") != ""
        desk.now += timedelta(minutes=13)


def test_a_sixth_text_that_asks_for_nothing_within_an_hour_mutes_whatever_its_words(desk: Desk) -> None:
    said = [desk.say(text) for text in ("HELP", "hello", "how do I stop", "LANG 2", "HELP", "hi", "HELP")]
    assert [bool(answer) for answer in said] == [True] * 6 + [False]
    assert mutes.muted(desk.session, NUMBER, desk.now)


def test_another_phone_is_answered_meanwhile(desk: Desk) -> None:
    loop(desk)
    assert desk.say("PRICE maize gulu", "+256772000111") != ""


def test_stop_start_and_consent_act_for_a_muted_phone_and_are_not_answered(desk: Desk) -> None:
    loop(desk)
    assert desk.say("STOP") == ""
    assert suppressions.stopped(desk.session, [NUMBER]) == {NUMBER}
    assert desk.say("START") == ""
    assert suppressions.stopped(desk.session, [NUMBER]) == set()
    assert desk.hear("YES").understood == "YES"


def test_a_machine_that_says_stop_and_start_by_turns_is_silenced_too(desk: Desk) -> None:
    answers = [desk.say("STOP" if number % 2 else "START") for number in range(20)]
    assert 0 < sum(bool(answer) for answer in answers) <= 11
    assert answers[-4:] == [""] * 4


@pytest.mark.parametrize("later", [["START", "STOP"], ["STOP", "START"]])
def test_an_older_text_that_waited_on_disk_does_not_undo_a_later_one(desk: Desk, later: list[str]) -> None:
    older, newer = later
    if newer == "START":
        suppressions.stop(desk.session, NUMBER, "sms", desk.now - timedelta(days=1))
    desk.hear(newer)
    stands = suppressions.stopped(desk.session, [NUMBER])
    desk.now -= timedelta(minutes=5)
    assert desk.say(older) == ""
    assert suppressions.stopped(desk.session, [NUMBER]) == stands == ({NUMBER} if newer == "STOP" else set())


def test_an_older_choice_of_language_does_not_undo_a_later_one(desk: Desk) -> None:
    desk.say("JOIN maize Mubende")
    desk.say("LANG 3")
    desk.now -= timedelta(minutes=30)
    desk.say("LANG 2")
    assert desk.farmer().language == "nyn"


def said(count: int, apart: timedelta, understood: str = "PRICE") -> list[Said]:
    return [Said(AT - number * apart, f"body {number}", understood) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("before", "plain", "silent"),
    [
        (said(4, timedelta(minutes=1), "HELP"), True, False),
        (said(5, timedelta(minutes=1), "HELP"), True, True),
        (said(5, timedelta(minutes=1), "HELP"), False, False),
        (said(14, timedelta(minutes=70), "HELP"), True, False),
        (said(15, timedelta(minutes=70), "HELP"), True, True),
        (said(29, timedelta(minutes=40)), False, False),
        (said(30, timedelta(minutes=40)), False, True),
    ],
)
def test_the_rules(before: list[Said], plain: bool, silent: bool) -> None:
    assert bool(why(before, "other words", plain, AT)) == silent
