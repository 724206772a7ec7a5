"""Each watch opens an incident when it must, says what to do, does not flap, and closes it when it has passed."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from content import campaigns
from content.campaigns import Step
from content.models import Broadcast, Forecast, Market, Price
from content.schedules import Schedule
from core import clock, heartbeats, incidents
from core.db import new_id
from core.incidents import Incident
from jobs.runtime import Runtime
from jobs.watch import CLOCK, LANES, PAGING, WATCHES, watch
from jobs.watching import Change, Watch, changes, look
from messaging import dial_failures, mutes, suppressions, switches
from messaging.classes import MessageClass
from messaging.gateway import Fate, State
from messaging.models import Batch, Hop, Inbound, Message, Outcome, Report
from profiles.audiences import Audience
from service import keeper
from tests import builders
from tests.builders import Clock, district, phone
from tests.data.test_campaigns import template

BY_KIND = {one.kind: one for one in (*WATCHES, CLOCK)}


@pytest.fixture
def house(url: str, now: datetime) -> Runtime:
    return builders.runtime(url, now)


def forward(house: Runtime, **span: float) -> None:
    assert isinstance(house.now, Clock)
    house.now.forward(**span)


def standing(house: Runtime, kind: str) -> list[str]:
    """What the open incidents of this kind say, after a look."""
    look(house, [BY_KIND[kind]])
    with house.reading() as session:
        return [one.says for one in incidents.standing(session) if one.kind == kind]


def batch(
    session, made: datetime, klass: str = "advice", lane: int = 3, sender: str = "test", state: str = "queued", **more: object
) -> Batch:
    row = Batch(
        id=new_id(made),
        sender=sender,
        klass=klass,
        lane=lane,
        body="Hello",
        phones=[phone(1)],
        refs=[""],
        not_before=made,
        valid_until=made + timedelta(days=3),
        state=state,
        **more,
    )
    session.add(row)
    session.flush()
    return row


def messages(house: Runtime, made: datetime, fates: Counter[str], klass: str = "advice", sender: str = "test", delivered: int = 0) -> None:
    """Texts of one span: how many of each fate, and how many of those sent arrived."""
    with house.transaction() as session:
        number = 0
        for fate, count in fates.items():
            for _ in range(count):
                number += 1
                one = batch(session, made, klass, sender=sender, state="done")
                at = {"gateway": "simulator", "gateway_id": f"{one.id}", "code": "", "at": made}
                session.add(Message(batch_id=one.id, phone=phone(number), fate=fate, cost=None, currency=None, **at))
                if fate == Fate.SENT and number <= delivered:
                    session.add(Outcome(batch_id=one.id, phone=phone(number), state=State.DELIVERED, reason="", gateway_id=None, at=made))


def report(house: Runtime, at: datetime) -> None:
    with house.transaction() as session:
        told = {"status": "Success", "state": "delivered", "reason": "", "network": "", "advice": ""}
        session.add(Report(gateway="simulator", gateway_id="x", phone=None, at=at, folded_at=at, **told))


@pytest.mark.parametrize(("lane", "minutes"), [(lane, row[0]) for lane, row in LANES.items()])
def test_a_lane_whose_oldest_text_waits_too_long(house: Runtime, now: datetime, lane: int, minutes: int) -> None:
    with house.transaction() as session:
        waits = batch(session, now, lane=lane).id
    forward(house, minutes=minutes - 1)
    assert standing(house, f"queue.lane{lane}") == []
    forward(house, minutes=1)
    (says,) = standing(house, f"queue.lane{lane}")
    assert f"waited {minutes} minutes" in says
    with house.transaction() as session:
        session.get_one(Batch, waits).state = "done"
    assert standing(house, f"queue.lane{lane}") == []


@pytest.mark.parametrize("switch", [switches.SENDING, "class:advice", "sender:test"])
def test_what_somebody_switched_off_is_not_late(house: Runtime, now: datetime, switch: str) -> None:
    with house.transaction() as session:
        batch(session, now, lane=1)
        switches.turn_off(session, switch, "holiday", "account:1", now)
    forward(house, minutes=30)
    assert standing(house, "queue.lane1") == []


def test_a_text_from_a_phone_that_nobody_reads(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        facts = {"gateway": "at", "sender": phone(1), "to": "28455", "text": "STOP", "network": ""}
        session.add(Inbound(id=new_id(now), gateway_id="1", phone=phone(1), at=now, **facts))
    forward(house, minutes=2)
    assert "STOP waits too" in standing(house, "inbox.slow")[0]
    with house.transaction() as session:
        session.scalars(select(Inbound)).one().handled_at = house.now()
    assert standing(house, "inbox.slow") == []


def test_too_many_texts_that_only_a_person_can_settle(house: Runtime, now: datetime) -> None:
    messages(house, now, Counter(unconfirmed=20), klass="notice")
    messages(house, now, Counter(unconfirmed=20), klass="advice")
    assert standing(house, "unconfirmed.many") == []
    messages(house, now, Counter(unconfirmed=1), klass="notice")
    assert "21 texts wait for a person" in standing(house, "unconfirmed.many")[0]
    with house.transaction() as session:
        rows = session.execute(select(Message.batch_id, Message.phone).join(Batch).where(Batch.klass == "notice").limit(7)).all()
        for batch_id, number in rows:
            session.add(Outcome(batch_id=batch_id, phone=number, state=State.DELIVERED, reason="", gateway_id=None, at=now))
    assert standing(house, "unconfirmed.many") == []


def test_a_gateway_that_reports_nothing(house: Runtime, now: datetime) -> None:
    report(house, now - timedelta(hours=3))
    messages(house, now, Counter(sent=25))
    forward(house, minutes=30)
    assert standing(house, "reports.silent") != []
    report(house, house.now())
    assert standing(house, "reports.silent") == []


def test_fewer_texts_arrive_than_a_week_ago(house: Runtime, now: datetime) -> None:
    forward(house, minutes=90)
    messages(house, now - timedelta(weeks=1), Counter(sent=100), delivered=90)
    messages(house, now, Counter(sent=100), delivered=70)
    assert "20 of a hundred texts fewer arrive" in standing(house, "delivery.dropped")[0]
    messages(house, now, Counter(sent=100), delivered=100)
    assert standing(house, "delivery.dropped") == []


def test_a_gateway_that_fails(house: Runtime, now: datetime) -> None:
    messages(house, now - timedelta(minutes=1), Counter(sent=30, not_sent=10, refused=9))
    assert standing(house, "gateway.failing") == []
    messages(house, now - timedelta(minutes=1), Counter(unconfirmed=1))
    assert "simulator did not take 40 of a hundred" in standing(house, "gateway.failing")[0]
    messages(house, now - timedelta(minutes=1), Counter(sent=90))
    assert len(standing(house, "gateway.failing")) == 1  # 14 of a hundred: better, not yet well
    messages(house, now - timedelta(minutes=1), Counter(sent=90))
    assert standing(house, "gateway.failing") == []


def test_dial_ins_that_end_in_sorry(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        session.add_all(Hop(at=now, screen="home", language="en", network="", first=True, ends=False) for _ in range(95))
        for _ in range(5):
            dial_failures.note(session, "64110", now)
    assert "5 of a hundred dial-ins" in standing(house, "ussd.errors")[0]
    forward(house, minutes=6)
    assert standing(house, "ussd.errors") == []


def campaign(house: Runtime, now: datetime) -> str:
    """One that fired yesterday; the sender of its texts."""
    zone = house.settings.zone
    with house.transaction() as session:
        template(session, now, "weed", {"en": "Weed now. ((dial))"})
        made = campaigns.add(session, "weed", "Weed", [Step("weed")], Audience(crops=("maize",)), Schedule("day", "12:00"), now, zone)
        (broadcast,) = campaigns.fire(session, made, now, now, zone, "test")
        return f"broadcast:{broadcast.id}"


def test_a_campaign_that_makes_people_stop_is_paused_and_says_so(house: Runtime, now: datetime) -> None:
    sender = campaign(house, now)
    messages(house, now, Counter(sent=400), sender=sender)
    forward(house, hours=2)
    with house.transaction() as session:
        for number in range(9):
            suppressions.stop(session, phone(number + 1), "sms", house.now())
    assert standing(house, "stops.many") == []
    with house.transaction() as session:
        suppressions.stop(session, phone(10), "sms", house.now())
    (says,) = standing(house, "stops.many")
    assert says.startswith("2.5 of a hundred who got campaign weed said STOP after it, so it is paused.")
    with house.transaction() as session:
        assert not campaigns.by_code(session, "weed").on
        assert session.scalars(select(Broadcast)).one().state == "stopped"
        assert f"sender:{sender}" in switches.off(session, house.now())
        campaigns.switch(session, campaigns.by_code(session, "weed"), True, "account:1", house.now(), house.settings.zone)
    forward(house, minutes=5)
    assert len(standing(house, "stops.many")) == 1
    with house.reading() as session:
        assert campaigns.by_code(session, "weed").on  # a person has decided: it is not paused again for the same stops
    forward(house, hours=25)
    assert standing(house, "stops.many") == []


@pytest.mark.parametrize(("monthly", "kind", "days"), [(False, "prices.stale", 14), (True, "prices.stale_month", 75)])
def test_prices_that_grow_old(house: Runtime, now: datetime, monthly: bool, kind: str, days: int) -> None:
    def price(session) -> Price:
        facts = {"commodity": "maize", "kind": "trader", "unit": "kg", "amount": Decimal(1000), "currency": "UGX", "reports": 1}
        more = {"estimated": False, "state": "published", "source": "wfp", "created_at": now, "market_id": 1, "monthly": monthly}
        return Price(id=new_id(now), day=clock.day(house.now(), house.settings.zone), **facts, **more)

    with house.transaction() as session:
        place = district(session)
        session.add(Market(id=1, code="t:1", name="Mubende", district_id=place.id, latitude=0, longitude=0, selling=True, sample=False))
        session.flush()
        session.add(price(session))
    assert standing(house, kind) == []
    forward(house, days=days)
    assert f"No price came from wfp for {days} days" in standing(house, kind)[0]
    with house.transaction() as session:
        session.add(price(session))
    assert standing(house, kind) == []


def test_forecasts_that_grow_old(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        facts = {"source": "open-meteo", "rain_mm": None, "low": None, "high": None, "code": None, "rain_chance": 10}
        row = Forecast(id=new_id(now), district_id=district(session).id, day=now.date(), fetched_on=now.date(), fetched_at=now, **facts)
        session.add(row)
    forward(house, hours=23)
    assert standing(house, "weather.stale") == []
    forward(house, hours=1)
    assert "No forecast came from open-meteo for 24 hours" in standing(house, "weather.stale")[0]
    with house.transaction() as session:
        session.scalars(select(Forecast)).one().fetched_at = house.now()
    assert standing(house, "weather.stale") == []


def test_a_clock_that_stopped_is_seen_by_those_who_answer_callbacks(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        heartbeats.beat(session, heartbeats.CLOCK, now)
    began = house.now()
    forward(house, seconds=91)
    keeper.look_around(house, began)
    with house.reading() as session:
        assert [one.kind for one in incidents.standing(session)] == ["clock.stopped"]
    assert {"watch", "tell", "inbox"} <= set(house.queue.woken)
    with house.transaction() as session:
        heartbeats.beat(session, heartbeats.CLOCK, house.now())
    keeper.look_around(house, began)
    with house.reading() as session:
        assert incidents.standing(session) == []


def test_a_clock_that_starts_with_us_is_given_its_time(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        heartbeats.beat(session, heartbeats.CLOCK, now - timedelta(days=1))
    keeper.look_around(house, house.now())
    with house.reading() as session:
        assert incidents.standing(session) == []


def test_failed_jobs(house: Runtime) -> None:
    failures = [3]
    one = Watch(
        "jobs.failed", lambda runtime: {"": failures[0]}, BY_KIND["jobs.failed"].opens, BY_KIND["jobs.failed"].closes, "{value:.0f}"
    )
    look(house, [one])
    failures[0] = 0
    with house.reading() as session:
        assert [row.says for row in incidents.standing(session)] == ["3"]
    look(house, [one])
    with house.reading() as session:
        assert incidents.standing(session) == []


def test_a_muted_phone_is_forgotten_after_its_day(house: Runtime, now: datetime) -> None:
    with house.transaction() as session:
        mutes.mute(session, phone(1), "ph:1", "5 answers alike within an hour", now)
    watch(house)
    with house.reading() as session:
        assert len(incidents.standing(session)) == 1
    forward(house, days=1)
    watch(house)
    with house.reading() as session:
        assert incidents.standing(session) == []


@pytest.mark.parametrize(
    ("value", "open_", "change"),
    [(9, False, []), (10, False, [Change("a", True, 10)]), (7, True, []), (4, True, [Change("a", False)]), (12, True, [])],
)
def test_between_its_two_thresholds_nothing_changes(value: float, open_: bool, change: list[Change]) -> None:
    one = Watch("test", lambda runtime: {}, 10, 5, "")
    assert changes(one, {"a": value}, ["a"] if open_ else []) == change


def test_a_watch_that_raises_stops_no_other(house: Runtime) -> None:
    def fails(runtime: Runtime) -> dict[str, float]:
        raise ValueError("a fault of ours")

    look(house, [Watch("bad", fails, 1, 1, ""), Watch("good", lambda runtime: {"": 1}, 1, 1, "It is so. Do something.")])
    with house.reading() as session:
        assert [one.says for one in session.scalars(select(Incident))] == ["It is so. Do something."]


def test_every_watch_can_be_gone_through_on_an_empty_house_and_finds_nothing(house: Runtime) -> None:
    look(house, WATCHES)
    with house.reading() as session:
        assert list(session.scalars(select(Incident))) == []
    assert {one.closes <= one.opens for one in WATCHES} == {True}
    assert len(BY_KIND) == len(WATCHES) + 1
    assert "gateway.refuses" in PAGING
    assert MessageClass.REPLY.value == "reply"
