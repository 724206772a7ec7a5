"""The daily proof counts every text once, and says so when one is missing."""

from datetime import timedelta

from sqlalchemy import delete

from core import clock, incidents
from jobs.prove import MISSING, prove
from messaging import proofs, suppressions
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate
from messaging.models import Message
from tests.builders import answered, farmer, phone, runtime, settle, text


def a_day(house, now):
    with house.transaction() as session:
        for number in range(8):
            text(session, house, farmer(session, now, number), klass=MessageClass.ALERT)
        text(session, house, farmer(session, now, 8, agreed=False), klass=MessageClass.ALERT)
        text(session, house, phone(9), klass=MessageClass.NOTICE, not_before=now + timedelta(hours=2))
        suppressions.stop(session, phone(0), "sms", now)
    house.gateway.fates = {
        phone(1): answered(phone(1), Fate.UNCONFIRMED),
        phone(2): answered(phone(2), Fate.REFUSED, code="403", advice=Advice.BAD_NUMBER),
        phone(3): answered(phone(3), Fate.NOT_SENT, code="bad_recipient", advice=Advice.BAD_NUMBER),
    }
    settle(house)


def test_planned_is_sent_failed_suppressed_unconfirmed_and_waiting(url, now):
    house = runtime(url, now)
    a_day(house, now)
    prove(house)
    with house.reading() as session:
        proof = proofs.latest(session)[0]
    counted = {name: getattr(proof, name) for name in ("planned", *proofs.FATES, "waiting", "missing")}
    assert {name: count for name, count in counted.items() if count} == {
        "planned": 10,
        "sent": 4,
        "unconfirmed": 1,
        "refused": 1,
        "not_sent": 1,
        "suppressed": 2,
        "waiting": 1,
    }


def test_a_text_without_a_fate_raises_an_incident_that_ends_when_it_is_found(url, now):
    house = runtime(url, now)
    a_day(house, now)
    with house.transaction() as session:
        kept = session.get_one(Message, session.query(Message.batch_id, Message.phone).filter(Message.phone == phone(4)).one())
        facts = {column.name: getattr(kept, column.key) for column in Message.__table__.columns}
        session.execute(delete(Message).where(Message.phone == phone(4)))
    prove(house)
    day = clock.day(now, house.settings.zone)
    with house.reading() as session:
        assert [one.subject for one in incidents.standing(session) if one.kind == MISSING] == [f"day:{day}"]
        assert session.scalars(proofs.unaccounted(session, day, house.settings.zone)).all() == [facts["batch_id"]]
    with house.transaction() as session:
        session.add(Message(**facts))
    prove(house)
    with house.reading() as session:
        assert [one for one in incidents.standing(session) if one.kind == MISSING] == []
        assert proofs.latest(session)[0].missing == 0


def test_a_day_is_the_local_one_and_is_written_over_as_it_changes(url, now):
    late = now.replace(hour=20, minute=59)  # 23:59 in Kampala
    house = runtime(url, late)
    with house.transaction() as session:
        text(session, house, phone(1), klass=MessageClass.REPLY)
    house.now.forward(minutes=2)
    with house.transaction() as session:
        text(session, house, phone(2), klass=MessageClass.REPLY)
    prove(house)
    settle(house)
    prove(house)
    with house.reading() as session:
        days = {proof.day.day: (proof.planned, proof.sent, proof.waiting) for proof in proofs.latest(session)}
    assert days[12] == (1, 1, 0)
    assert days[13] == (1, 1, 0)
