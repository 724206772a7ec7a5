"""One bad batch, campaign, broadcast or text stops no other, and a person is told."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from content.models import Broadcast, Campaign, TemplateVersion
from core import incidents
from core.clock import at
from jobs import dispatch, fire, inbox, plan, reap
from messaging import inbox as texts
from messaging.classes import MessageClass
from messaging.flow_models import Spend
from messaging.gateway import Fate, Heard
from messaging.models import Batch, Inbound, Message, Outcome
from tests.builders import Remembering, answered, farmer, phone, runtime, settle, text
from tests.data.test_campaigns import WEED, a_price, broadcasts, daily


def kinds(house):
    with house.reading() as session:
        return sorted(one.kind for one in incidents.standing(session))


def test_a_batch_that_cannot_be_looked_at_is_given_up_and_its_neighbours_go(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        for number in range(6):
            text(session, house, farmer(session, now, number))
        first = session.scalars(select(Batch).order_by(Batch.id)).first()
        session.execute(update(Batch).where(Batch.id == first.id).values(klass="from a newer release"))
        bad = first.phones[0]
    for _ in range(4):
        dispatch.dispatch(house)
        house.now.forward(minutes=3)
    assert house.gateway.handed == {phone(number): 1 for number in range(6) if phone(number) != bad}
    with house.reading() as session:
        assert session.execute(select(Message.fate, Message.code).where(Message.phone == bad)).one() == ("cancelled", "fault")
    assert kinds(house) == ["batch.fault"]


def test_a_campaign_that_cannot_be_fired_is_reported_and_the_others_fire(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now)
        for code in ("a-bad", "b-worse", "good"):
            daily(session, house, code, now=now)
        session.execute(update(Campaign).where(Campaign.code == "a-bad").values(audience={"unheard": ["of"]}))
        session.execute(update(Campaign).where(Campaign.code == "b-worse").values(schedule={"every": "never", "at": "99:99"}))
    house.now.forward(minutes=31)
    fire.fire(house)
    assert len(broadcasts(house)) == 1
    assert kinds(house) == ["campaign.broken", "campaign.broken"]
    with house.reading() as session:
        moments = dict(session.execute(select(Campaign.code, Campaign.next_at)).all())
    assert moments["a-bad"] > house.now()
    assert moments["b-worse"] is None


def test_a_broadcast_that_cannot_be_planned_fails_alone(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now)
        daily(session, house, "good", now=now)
        daily(session, house, "bad", WEED, now=now)
    house.now.forward(minutes=31)
    fire.fire(house)
    with house.transaction() as session:
        bad = session.scalars(select(TemplateVersion).where(TemplateVersion.bodies["en"].as_string().contains("weed"))).one()
        bad.bodies = {"en": "((of a newer release))"}
    plan.plan(house)
    with house.reading() as session:
        assert sorted(session.scalars(select(Broadcast.state))) == ["failed", "planned"]
    assert kinds(house) == ["broadcast.failed"]


@pytest.mark.parametrize("hour", [18, 20, 21, 23])
def test_advice_that_is_caught_up_with_in_the_evening_is_read_in_the_morning(url, now, hour):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now)
        daily(session, house, now=now)
        session.execute(update(Campaign).values(schedule={"every": "day", "at": "17:00", "late_hours": 8}))
    house.now.at = at(now.date(), time(hour, 30), house.settings.zone)
    house.queue.wake("fire")
    settle(house)
    house.now.at = at(now.date() + timedelta(days=1), time(7, 31), house.settings.zone)
    dispatch.dispatch(house)
    assert house.gateway.handed == {phone(1): 1}


def test_an_answer_is_recorded_though_the_database_was_away_for_a_moment(url, now):
    failures = iter([True, True])

    def away(step):
        if step == "result.before_commit" and next(failures, False):
            raise OperationalError("gone", None, Exception())

    house = runtime(url, now, checkpoint=away)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    with house.reading() as session:
        assert session.scalars(select(Message.fate)).one() == "sent"
    assert house.gateway.handed == {phone(1): 1}


def test_an_answer_whose_commit_only_seemed_to_fail_is_charged_once(url, now):
    failures = iter([True])

    def cut_after_the_commit(step):
        if step == "result.committed" and next(failures, False):
            raise OperationalError("cut", None, Exception())

    gateway = Remembering({phone(1): answered(phone(1), Fate.SENT, gateway_id="a", cost=Decimal(25), currency="UGX")})
    house = runtime(url, now, gateway, checkpoint=cut_after_the_commit)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    with house.reading() as session:
        assert session.scalars(select(Message.fate)).one() == "sent"
        assert session.scalars(select(Outcome.phone)).all() == []
        assert session.execute(select(Spend.settled, Spend.uncertain, Spend.texts)).one() == (25, 0, 1)


def test_a_database_that_is_away_is_no_fault_of_the_batch(url, now):
    failures = iter([True] * 4)

    def away(step):
        if step == "submit.before_commit" and next(failures, False):
            raise OperationalError("gone", None, Exception())

    house = runtime(url, now, checkpoint=away)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    for _ in range(5):
        dispatch.dispatch(house)
    assert house.gateway.handed == {phone(1): 1}
    assert kinds(house) == []


@pytest.mark.parametrize("klass", list(MessageClass))
def test_made_up_people_are_never_texted_by_a_real_gateway(url, now, klass):
    gateway = Remembering()
    gateway.name = "africastalking"
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now, sample=True), klass=klass)
    settle(house)
    assert not gateway.handed
    with house.reading() as session:
        assert session.scalars(select(Message.code)).one() == "barred"


def receive(house, number, words, name):
    with house.transaction() as session:
        texts.receive(session, "simulator", Heard(name, phone(number), phone(number), "28455", words, "64110", None), house.now())
    house.now.forward(seconds=1)


def test_two_texts_of_one_phone_are_never_understood_side_by_side(url, now):
    house = runtime(url, now)
    receive(house, 1, "STOP", "a")
    receive(house, 1, "START", "b")
    receive(house, 2, "HELP", "c")
    with house.transaction() as session:
        first = texts.take(session, house.now())
    with house.transaction() as session:
        second = texts.take(session, house.now())
        assert texts.take(session, house.now()) is None
    with house.reading() as session:
        assert [session.get_one(Inbound, one).text for one in (first, second)] == ["STOP", "HELP"]


def test_a_text_that_kills_its_worker_three_times_waits_for_a_person(url, now):
    house = runtime(url, now)
    receive(house, 1, "HELP", "deadly")
    receive(house, 2, "HELP", "harmless")
    for _ in range(3):
        with house.transaction() as session:
            assert session.get_one(Inbound, texts.take(session, house.now())).gateway_id == "deadly"
        house.now.forward(minutes=2)
    inbox.inbox(house)
    with house.reading() as session:
        handled = session.scalars(select(Inbound.gateway_id).where(Inbound.handled_at.is_not(None))).all()
    assert handled == ["harmless"]
    reap.reap(house)
    assert kinds(house) == ["inbox.stuck"]
