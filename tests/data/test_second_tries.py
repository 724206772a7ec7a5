"""What is tried again: a phone that was off, once, in the evening; an unconfirmed text only by a person, or an emergency where allowed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import Conflict, NotFound
from messaging import reports, switches, unconfirmed
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate, State, Told
from messaging.models import Batch, Message, Outcome
from messaging.unconfirmed import Verdict
from tests.builders import Remembering, answered, phone, runtime, settle, text


class Silent(Remembering):
    """It reports what a test says, not that all was delivered."""

    def collect(self):
        return []


def sent(house, klass=MessageClass.NOTICE, number=1, **rest):
    with house.transaction() as session:
        text(session, house, phone(number), klass=klass, **rest)
    settle(house)
    with house.reading() as session:
        return session.scalars(select(Message).where(Message.phone == phone(number)).order_by(Message.batch_id.desc())).first()


def report(house, message, state, advice=Advice.NONE):
    told = Told(message.gateway_id, message.phone, state.value, state, "", "64110", advice)
    with house.transaction() as session:
        reports.append(session, "simulator", [told], house.now())
    settle(house)


def test_a_phone_that_was_off_is_tried_once_in_the_evening(url, now):
    house = runtime(url, now, Silent())
    message = sent(house)
    for _ in range(3):
        report(house, message, State.ABSENT, Advice.EVENING)
    assert house.gateway.handed == {phone(1): 1}
    house.now.at = now.replace(hour=15, minute=31)  # 18:31 in Kampala
    house.queue.wake("dispatch")
    settle(house)
    assert house.gateway.handed == {phone(1): 2}
    again = sent(house, number=2)
    assert again.phone == phone(2)
    with house.reading() as session:
        second = session.scalars(select(Message).where(Message.phone == phone(1)).order_by(Message.at.desc())).first()
    report(house, second, State.ABSENT, Advice.EVENING)
    house.now.forward(days=1)
    house.queue.wake("dispatch")
    settle(house)
    assert house.gateway.handed[phone(1)] == 2


def test_what_arrived_after_all_is_not_sent_again_in_the_evening(url, now):
    house = runtime(url, now, Silent())
    message = sent(house)
    report(house, message, State.ABSENT, Advice.EVENING)
    report(house, message, State.DELIVERED)
    house.now.at = now.replace(hour=15, minute=31)
    house.queue.wake("dispatch")
    settle(house)
    assert house.gateway.handed == {phone(1): 1}
    with house.reading() as session:
        assert sorted(session.execute(select(Message.fate, Message.code)).all())[0] == ("cancelled", "arrived")


@pytest.mark.parametrize(("klass", "span"), [(MessageClass.REPLY, {}), (MessageClass.NOTICE, {"valid_until": timedelta(hours=3)})])
def test_an_answer_or_a_text_whose_time_is_over_by_then_is_not_tried_in_the_evening(url, now, klass, span):
    house = runtime(url, now, Silent())
    message = sent(house, klass, **{name: now + value for name, value in span.items()})
    report(house, message, State.ABSENT, Advice.EVENING)
    with house.reading() as session:
        assert session.scalars(select(Batch.state)).all() == ["done"]


def test_who_is_blacklisted_is_never_tried_again(url, now):
    house = runtime(url, now, Silent())
    message = sent(house)
    report(house, message, State.FAILED, Advice.OPTED_OUT)
    with house.reading() as session:
        assert session.scalars(select(Batch.state)).all() == ["done"]
    sent(house)
    assert house.gateway.handed == {phone(1): 1}


def lost(house, klass=MessageClass.NOTICE):
    house.gateway.fates = {phone(1): answered(phone(1), Fate.UNCONFIRMED)}
    message = sent(house, klass)
    house.gateway.fates.clear()
    return message


@pytest.mark.parametrize(("verdict", "state", "times"), [("arrived", "delivered", 1), ("closed", "failed", 1), ("again", "failed", 2)])
def test_a_person_settles_an_unconfirmed_text_once(url, now, verdict, state, times):
    house = runtime(url, now, Silent())
    message = lost(house)
    with house.reading() as session:
        (one,) = unconfirmed.waiting(session, now)
        assert (one.phone, one.index, one.may_go_again) == (phone(1), 0, True)
    with house.transaction() as session:
        unconfirmed.decide(session, message.batch_id, 0, Verdict(verdict), "account:test", now)
    with house.transaction() as session, pytest.raises(Conflict):
        unconfirmed.decide(session, message.batch_id, 0, Verdict.AGAIN, "account:test", now)
    settle(house)
    assert house.gateway.handed == {phone(1): times}
    with house.reading() as session:
        assert unconfirmed.waiting(session, now) == []
        assert session.get_one(Outcome, (message.batch_id, phone(1))).state == state


def test_a_report_that_came_meanwhile_wins_over_a_person(url, now):
    house = runtime(url, now, Silent())
    message = lost(house)
    with house.transaction() as session:
        session.add(Outcome(batch_id=message.batch_id, phone=phone(1), state="delivered", reason="", at=now))
    with house.transaction() as session, pytest.raises(Conflict, match="meanwhile"):
        unconfirmed.decide(session, message.batch_id, 0, Verdict.AGAIN, "account:test", now)


def test_nobody_sends_again_what_is_too_late_or_is_not_unconfirmed(url, now):
    house = runtime(url, now, Silent())
    message = lost(house)
    with house.transaction() as session, pytest.raises(Conflict, match="too late"):
        unconfirmed.decide(session, message.batch_id, 0, Verdict.AGAIN, "account:test", now + timedelta(days=4))
    other = sent(house, number=2)
    with house.transaction() as session, pytest.raises(Conflict):
        unconfirmed.decide(session, other.batch_id, 0, Verdict.AGAIN, "account:test", now)
    with house.transaction() as session, pytest.raises(NotFound):
        unconfirmed.decide(session, message.batch_id, 7, Verdict.AGAIN, "account:test", now)


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("klass", [MessageClass.REPLY, MessageClass.EMERGENCY, MessageClass.NOTICE])
def test_only_an_emergency_goes_once_more_and_only_where_an_operator_allowed_it(url, now, klass, allowed):
    house = runtime(url, now, Silent())
    if allowed:
        with house.transaction() as session:
            switches.turn_off(session, unconfirmed.ONCE_MORE, "flood season", "account:test", now)
    house.gateway.fates = {phone(1): answered(phone(1), Fate.UNCONFIRMED)}
    first = sent(house, klass)
    for _ in range(3):
        house.now.forward(minutes=3)
        house.queue.wake("dispatch")
        settle(house)
    more = allowed and klass is MessageClass.EMERGENCY
    assert house.gateway.handed == {phone(1): 2 if more else 1}
    assert (first.code == "once more") is more


def test_what_a_gateway_refuses_again_and_again_is_given_up_and_what_never_left_is_not(url, now):
    refused = answered(phone(1), Fate.REFUSED, code="500", advice=Advice.LATER)
    house = runtime(url, now, Silent({phone(1): refused, phone(2): answered(phone(2), Fate.NOT_SENT, code="http_400")}))
    with house.transaction() as session:
        for number in (1, 2):
            text(session, house, phone(number), klass=MessageClass.NOTICE)
    for _ in range(12):
        house.queue.wake("dispatch")
        settle(house)
        house.now.forward(minutes=16)
    assert house.gateway.handed == {phone(1): 5, phone(2): 5}
    with house.reading() as session:
        assert set(session.scalars(select(Batch.state))) == {"done"}
