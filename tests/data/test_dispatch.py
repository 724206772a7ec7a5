"""A text goes out once, after a last look, and every phone's fate is written down."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from core import incidents
from core.clock import at
from jobs import dispatch, reap
from messaging import claims, suppressions, switches
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate
from messaging.models import Batch, Message, Outcome, Unasked
from tests.builders import Remembering, answered, farmer, phone, runtime, settle, text


def fates(session):
    return dict(session.execute(select(Message.phone, Message.fate)).all())


def states(session):
    return sorted(session.scalars(select(Batch.state)))


def test_a_text_is_handed_over_once_and_recorded(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, farmer(session, now), dedupe="one")
        assert text(session, house, phone(1), dedupe="one") is None
    settle(house)
    settle(house)
    assert house.gateway.handed == {phone(1): 1}
    with house.reading() as session:
        row = session.scalars(select(Message)).one()
        assert (row.fate, row.gateway, row.gateway_id is not None) == ("sent", "simulator", True)
        assert states(session) == ["done"]


def test_two_texts_to_one_phone_on_one_day_are_one_text(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        one = farmer(session, now)
        text(session, house, one, "first")
        text(session, house, one, "second")
    settle(house)
    assert house.gateway.handed == {phone(1): 1}
    with house.reading() as session:
        assert sorted(session.scalars(select(Message.code).where(Message.fate == "expired"))) == ["cap"]


def test_an_offer_over_the_cap_is_deferred_and_goes_the_next_day(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        one = farmer(session, now)
        text(session, house, one, "advice")
    settle(house)
    with house.transaction() as session:
        text(session, house, one, "offer", MessageClass.OFFER)
    settle(house)
    assert [body for _, body in house.gateway.bodies] == ["advice"]
    house.now.at = at(now.date() + timedelta(days=1), house.settings.quiet[1], house.settings.zone)
    dispatch.dispatch(house)
    assert [body for _, body in house.gateway.bodies] == ["advice", "offer"]
    with house.reading() as session:
        assert session.scalars(select(func.count()).where(Batch.follows.is_not(None))).one() == 1


def test_three_unasked_texts_a_week_and_no_fourth(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        one = farmer(session, now)
    for _ in range(5):
        with house.transaction() as session:
            text(session, house, one)
        settle(house)
        house.now.forward(days=1)
    assert house.gateway.handed == {phone(1): 3}


def test_a_stop_after_the_claim_still_wins(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    with house.transaction() as session:
        (batch_id,) = claims.claim(session, "me", 10, now)
    with house.transaction() as session:
        suppressions.stop(session, phone(1), "sms", now)
    dispatch.send_one(dispatch.Board(house), batch_id, "me", until=0.0)
    assert not house.gateway.handed
    with house.reading() as session:
        assert fates(session) == {phone(1): "suppressed"}


def test_a_reply_reaches_a_phone_that_said_stop(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        suppressions.stop(session, phone(1), "sms", now)
        text(session, house, phone(1), "You are off the list.", MessageClass.REPLY)
    settle(house)
    assert house.gateway.handed == {phone(1): 1}


def test_without_consent_no_advice(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, farmer(session, now, agreed=False))
    settle(house)
    assert not house.gateway.handed
    with house.reading() as session:
        assert session.scalars(select(Message.code)).one() == "consent"


def test_quiet_hours_hold_advice_to_the_morning_and_replies_not_at_all(url, now):
    night = at(now.date(), time(21), runtime(url, now).settings.zone)
    house = runtime(url, night)
    with house.transaction() as session:
        one = farmer(session, night)
        text(session, house, one, "advice", valid_until=night + timedelta(days=1))
        text(session, house, one, "reply", MessageClass.REPLY)
    settle(house)
    assert [body for _, body in house.gateway.bodies] == ["reply"]
    house.now.forward(hours=10.5)
    dispatch.dispatch(house)
    assert [body for _, body in house.gateway.bodies] == ["reply", "advice"]


def test_what_is_late_is_never_sent(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, farmer(session, now), valid_until=now + timedelta(minutes=5))
    house.now.forward(minutes=5)
    settle(house)
    assert not house.gateway.handed
    with house.reading() as session:
        assert fates(session) == {phone(1): "expired"}


def test_a_switch_holds_back_and_lets_go(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        switches.turn_off(session, switches.SENDING, "a drill", "test", now)
        text(session, house, farmer(session, now))
    settle(house)
    assert not house.gateway.handed
    with house.transaction() as session:
        switches.turn_on(session, switches.SENDING)
    dispatch.dispatch(house)
    assert house.gateway.handed == {phone(1): 1}


def test_only_guests_are_texted(url, now):
    house = runtime(url, now, guest_list=phone(2))
    with house.transaction() as session:
        text(session, house, farmer(session, now, 1))
        text(session, house, farmer(session, now, 2))
    settle(house)
    assert house.gateway.handed == {phone(2): 1}


def test_what_certainly_was_not_sent_goes_again_later_and_keeps_its_turn_of_the_day(url, now):
    gateway = Remembering({phone(1): answered(phone(1), Fate.NOT_SENT, code="refused connection")})
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    assert gateway.handed == {phone(1): 1}
    gateway.fates.clear()
    dispatch.dispatch(house)
    assert gateway.handed == {phone(1): 1}, "not before the pause is over"
    house.now.forward(seconds=31)
    dispatch.dispatch(house)
    assert gateway.handed == {phone(1): 2}
    with house.reading() as session:
        assert sorted(session.scalars(select(Message.fate))) == ["not_sent", "sent"]
        assert session.scalars(select(Batch.attempt).where(Batch.follows.is_not(None))).one() == 2


def test_the_unconfirmed_are_never_sent_again(url, now):
    gateway = Remembering({phone(1): answered(phone(1), Fate.UNCONFIRMED, code="read timeout")})
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    gateway.fates.clear()
    for _ in range(5):
        house.now.forward(hours=1)
        dispatch.dispatch(house)
    assert gateway.handed == {phone(1): 1}
    with house.reading() as session:
        assert session.scalars(select(func.count()).select_from(Unasked)).one() == 1


def test_a_gateway_that_refuses_our_key_pauses_and_raises_an_incident(url, now):
    gateway = Remembering({phone(1): answered(phone(1), Fate.NOT_SENT, code="401", advice=Advice.PAUSE)})
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now, 1))
    settle(house)
    with house.transaction() as session:
        assert [one.kind for one in incidents.standing(session)] == ["gateway.refuses"]
        text(session, house, farmer(session, now, 2))
    settle(house)
    assert gateway.handed == {phone(1): 1}
    gateway.fates.clear()
    house.now.forward(minutes=11)
    dispatch.dispatch(house)
    assert gateway.handed == {phone(1): 2, phone(2): 1}
    house.now.forward(minutes=1)
    reap.reap(house)
    with house.reading() as session:
        assert incidents.standing(session) == []


def test_an_opt_out_at_the_gateway_is_a_stop(url, now):
    gateway = Remembering({phone(1): answered(phone(1), Fate.REFUSED, code="406", advice=Advice.OPTED_OUT)})
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    with house.reading() as session:
        assert suppressions.stopped(session, [phone(1)]) == {phone(1)}


class Crash(BaseException):
    """What stands for the death of a process in one of its threads."""


@pytest.mark.parametrize(
    ("label", "sent", "after"),
    [
        ("submit.before_commit", 0, "sent"),
        ("submit.committed", 0, "unconfirmed"),
        ("http.received", 1, "unconfirmed"),
        ("result.before_commit", 1, "unconfirmed"),
    ],
)
def test_a_crash_at_any_step_neither_doubles_nor_loses(url, now, label, sent, after):
    def die(step):
        if step == label:
            raise Crash

    gateway = Remembering()
    house = runtime(url, now, gateway, checkpoint=die)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    with house.transaction() as session:
        (batch_id,) = claims.claim(session, "dead", 10, now)
    with pytest.raises(Crash):
        dispatch.send_one(dispatch.Board(house), batch_id, "dead", until=0.0)
    assert gateway.handed[phone(1)] == sent
    survivor = runtime(url, now, gateway)
    with survivor.transaction() as session:
        session.get_one(Batch, batch_id).lease_until = now - timedelta(days=1)
    with survivor.transaction() as session:
        claims.reap(session, now)
    dispatch.dispatch(survivor)
    assert gateway.handed[phone(1)] <= 1
    with survivor.reading() as session:
        assert fates(session) == {phone(1): after}
        assert states(session) == ["done"]


def test_a_worker_that_wakes_up_too_late_leaves_its_news_and_no_second_row(url, now):
    gateway = Remembering()
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    with house.transaction() as session:
        (batch_id,) = claims.claim(session, "asleep", 10, now)

    def overtaken(step):
        if step == "http.received":
            other = runtime(url, now, gateway)
            with other.transaction() as session:
                session.get_one(Batch, batch_id).lease_until = now - timedelta(days=1)
            with other.transaction() as session:
                claims.reap(session, now)

    dispatch.send_one(dispatch.Board(runtime(url, now, gateway, checkpoint=overtaken)), batch_id, "asleep", until=0.0)
    with house.reading() as session:
        assert fates(session) == {phone(1): "unconfirmed"}
        late = session.scalars(select(Outcome)).one()
        assert (late.state, late.gateway_id is not None) == ("on_the_way", True)


def test_a_process_that_slept_after_its_last_look_hands_nothing_over(url, now, monkeypatch):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    with monkeypatch.context() as asleep:
        asleep.setattr(dispatch, "LOOK_HOLDS", -1.0)
        dispatch.dispatch(house)
    assert not house.gateway.handed
    with house.reading() as session:
        assert session.execute(select(Message.fate, Message.code)).one() == ("not_sent", "slept")
    house.now.forward(minutes=1)
    dispatch.dispatch(house)
    assert house.gateway.handed == {phone(1): 1}


def test_many_senders_hand_each_phone_over_once(url, now):
    house = runtime(url, now, batch_size=3)
    with house.transaction() as session:
        for number in range(60):
            text(session, house, phone(number), "reply", MessageClass.REPLY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: dispatch.dispatch(house), range(4)))
    assert set(house.gateway.handed.values()) == {1}
    assert len(house.gateway.handed) == 60
    with house.reading() as session:
        assert session.scalars(select(func.count()).where(Message.fate == "sent")).one() == 60


def test_two_batches_for_one_phone_at_the_same_instant_respect_the_cap(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        people = [farmer(session, now, number) for number in range(10)]
        for one in people:
            for _ in range(3):
                text(session, house, one)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: dispatch.dispatch(house), range(4)))
    assert house.gateway.handed == {phone(number): 1 for number in range(10)}


def test_a_claim_takes_no_more_than_it_asks_for_and_the_urgent_first(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        for number in range(10):
            text(session, house, farmer(session, now, number))
        text(session, house, phone(99), "asked", MessageClass.REPLY)
    with house.transaction() as session:
        taken = claims.claim(session, "me", 4, now)
        assert len(taken) == 4
        assert session.get_one(Batch, taken[0]).phones == [phone(99)]
    with house.reading() as session:
        assert states(session).count("claimed") == 4
