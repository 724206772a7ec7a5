"""Texts take turns, go by the gateway of their operator, within what was paid for; and every shilling is in the ledger."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core import incidents
from core.db import new_id
from jobs import dispatch
from jobs.queue import InlineQueue
from messaging import claims, paces, switches, ways
from messaging.classes import MessageClass
from messaging.flow_models import Budget, Route, Spend
from messaging.gateway import Advice, Fate, Handed
from messaging.models import Batch, Message, Outcome
from service.bootstrap import build
from tests.builders import Clock, Remembering, answered, farmer, phone, runtime, settings, settle, text

AIRTEL = "+256752000001"
COOPERATIVE, OTHER = "organisation:a", "organisation:b"


class Named(Remembering):
    def __init__(self, name, fates=None):
        super().__init__(fates)
        self.name = name


class Gone(Named):
    """Not there: no connection is made, nothing ever left."""

    def send(self, body, phones, *, reference):
        return [Handed(phone, Fate.NOT_SENT, code="refused", advice=Advice.LATER) for phone in phones]


def two(url, now, first, second):
    return build(settings(url), gateways={first.name: first, second.name: second}, queue=InlineQueue(), now=Clock(now))


def route(session, gateway, operator="", **facts):
    ways.load(session, [gateway], set())
    row = session.get(Route, (gateway, operator))
    if row is None:
        row = Route(gateway=gateway, operator=operator, rank=0, per_second=1000, calls=8, price=Decimal(25), currency="UGX")
        row.tokens = 1000.0
        session.add(row)
    for name, value in facts.items():
        setattr(row, name, value)
    session.flush()


def spend(house, **which):
    with house.reading() as session:
        rows = session.scalars(select(Spend).filter_by(**which)).all()
    return {name: sum((getattr(row, name) for row in rows), Decimal(0)) for name in ("reserved", "settled", "uncertain", "texts")}


def test_an_organisation_with_much_to_say_does_not_stand_before_one_with_little(session, now):
    house = runtime(session.get_bind().engine.url.render_as_string(hide_password=False), now)
    for number in range(8):
        text(session, house, phone(number), payer=COOPERATIVE, klass=MessageClass.NOTICE)
    for number in range(8, 10):
        text(session, house, phone(number), payer=OTHER, klass=MessageClass.NOTICE)
    text(session, house, phone(10), klass=MessageClass.ADVICE)
    text(session, house, phone(11), klass=MessageClass.REPLY)
    order = []
    for turn in range(12):
        queues = claims.in_turn(claims.waiting(session, now), turn)
        for batch_id in claims.claim(session, "me", 1, now, queues):
            batch = session.get_one(Batch, batch_id)
            order.append(f"{batch.lane}{batch.payer[-1:]}")
    assert order[0] == "1"
    assert order[-1] == "3"
    assert sorted(order[1:5]) == ["2a", "2a", "2b", "2b"]


def test_a_batch_of_two_operators_goes_by_two_gateways_each_phone_once(url, now):
    africa, kannel = Named("africastalking"), Named("kannel")
    house = two(url, now, africa, kannel)
    with house.transaction() as session:
        route(session, "kannel", "mtn", rank=-1)
        text(session, house, phone(1), klass=MessageClass.REPLY)
        session.flush()
        batch = session.scalars(select(Batch)).one()
        batch.phones, batch.refs = [phone(1), AIRTEL, phone(2)], ["", "", ""]
    settle(house)
    dispatch.dispatch(house)
    assert kannel.handed == {phone(1): 1, phone(2): 1}
    assert africa.handed == {AIRTEL: 1}
    with house.reading() as session:
        fates = dict(session.execute(select(Message.fate, func.count()).group_by(Message.fate)).all())
    assert fates == {"sent": 3, "deferred": 1}


def test_where_the_preferred_gateway_is_gone_the_next_one_carries(url, now):
    gone, kannel = Gone("africastalking"), Named("kannel")
    house = two(url, now, gone, kannel)
    with house.transaction() as session:
        text(session, house, phone(1), klass=MessageClass.REPLY)
    settle(house)
    with house.reading() as session:
        assert [(one.kind, one.subject) for one in incidents.standing(session)] == [("gateway.unreachable", "africastalking")]
    house.now.forward(seconds=31)
    with house.transaction() as session:
        text(session, house, phone(2), klass=MessageClass.REPLY)
        # Its pause is over, so one batch tries it; the other goes at once by the gateway that is there.
        switches.turn_off(session, "gateway:africastalking", "test", "test", house.now(), house.now() + timedelta(minutes=1))
    settle(house)
    assert kannel.handed == {phone(1): 1, phone(2): 1}


def test_a_gateway_that_stays_away_is_tried_less_often_and_believed_when_it_answers(url, now):
    gateway = Named("africastalking", {phone(1): answered(phone(1), Fate.NOT_SENT, code="refused", advice=Advice.LATER)})
    house = two(url, now, gateway, Gone("kannel"))
    pauses = []
    with house.transaction() as session:
        route(session, "kannel", rank=5)
        switches.turn_off(session, "gateway:kannel", "not in this test", "test", now)
        text(session, house, phone(1), klass=MessageClass.NOTICE)
    for _ in range(4):
        dispatch.dispatch(house)
        with house.reading() as session:
            pause = switches.off(session, house.now())["gateway:africastalking"]
            pauses.append((pause.until - house.now()).total_seconds())
        house.now.at = pause.until + timedelta(seconds=1)
        with house.transaction() as session:
            session.execute(Batch.__table__.update().values(not_before=house.now()))
    assert pauses == [30, 60, 120, 120]
    gateway.fates.clear()
    dispatch.dispatch(house)
    assert gateway.handed[phone(1)] == 5
    with house.reading() as session:
        assert incidents.standing(session) == []
        assert "gateway:africastalking" not in switches.off(session, house.now())


def test_a_gateway_that_asks_for_time_gets_it(url, now):
    slow = answered(phone(1), Fate.NOT_SENT, code="429", advice=Advice.LATER, retry_after=20.0)
    house = runtime(url, now, Remembering({phone(1): slow}))
    with house.transaction() as session:
        text(session, house, phone(1), klass=MessageClass.REPLY)
        text(session, house, phone(2), klass=MessageClass.ADVICE, valid_until=now + timedelta(hours=1))
    dispatch.dispatch(house)
    with house.reading() as session:
        assert switches.off(session, now + timedelta(seconds=19)).keys() == {"gateway:simulator"}
        assert switches.off(session, now + timedelta(seconds=21)) == {}


def test_a_bucket_in_the_database_is_shared_by_all_and_gives_no_more_than_it_holds(session, now):
    route(session, "kannel", per_second=10, tokens=0.0, filled_at=None)
    session.commit()
    assert ways.lease(session, {("kannel", ""): 8}, lane=1) == {("kannel", ""): 8}
    session.commit()
    assert ways.lease(session, {("kannel", ""): 8}, lane=1) == {}


def test_no_more_calls_are_in_the_air_than_a_route_allows(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        route(session, "simulator", calls=1)
        text(session, house, phone(1), klass=MessageClass.REPLY)
        (flying,) = claims.claim(session, "other", 1, now)
        batch = session.get_one(Batch, flying)
        batch.state, batch.gateway = "submitting", "simulator"
        text(session, house, phone(2), klass=MessageClass.REPLY)
    with house.transaction() as session:
        (waiting,) = claims.claim(session, "me", 1, now)
    dispatch.send_one(dispatch.Board(house), waiting, "me", until=0.0)
    assert not house.gateway.handed
    with house.transaction() as session:
        assert session.get_one(Batch, waiting).state == "queued"
        session.get_one(Batch, flying).state = "done"
    dispatch.dispatch(house)
    assert house.gateway.handed == {phone(2): 1}


@pytest.mark.parametrize("payer", [COOPERATIVE, "*"])
def test_who_has_spent_the_budget_waits_and_says_so_and_others_do_not(url, now, payer):
    house = runtime(url, now)
    with house.transaction() as session:
        route(session, "simulator", price=Decimal(30))
        session.add(Budget(payer=payer, period="day", currency="UGX", amount=Decimal(100)))
        for number in range(5):
            text(session, house, phone(number), klass=MessageClass.NOTICE, payer=COOPERATIVE)
    house.gateway.fates = {phone(n): answered(phone(n), Fate.SENT, gateway_id=f"g{n}", cost=Decimal(30), currency="UGX") for n in range(9)}
    settle(house)
    assert sum(house.gateway.handed.values()) == 3
    with house.transaction() as session:
        (incident,) = incidents.standing(session)
        assert incident.kind == "budget.spent"
        text(session, house, phone(8), klass=MessageClass.NOTICE, payer=OTHER)
    settle(house)
    assert house.gateway.handed[phone(8)] == (0 if payer == "*" else 1)
    with house.transaction() as session:
        session.scalars(select(Budget)).one().amount = Decimal(1000)
    house.now.forward(minutes=2)
    dispatch.dispatch(house)
    assert sum(house.gateway.handed.values()) == 6
    assert spend(house)["settled"] == 180
    assert spend(house)["reserved"] == 0


def test_the_ledger_holds_what_was_charged_what_is_uncertain_and_nothing_for_what_never_left(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        route(session, "simulator", price=Decimal(25))
        for number in range(4):
            text(session, house, phone(number), klass=MessageClass.NOTICE, payer=COOPERATIVE)
    house.gateway.fates = {
        phone(0): answered(phone(0), Fate.SENT, gateway_id="a", cost=Decimal("22.5000"), currency="UGX"),
        phone(1): answered(phone(1), Fate.UNCONFIRMED),
        phone(2): answered(phone(2), Fate.REFUSED, code="403", advice=Advice.BAD_NUMBER),
        phone(3): answered(phone(3), Fate.SENT, gateway_id="b", cost=Decimal("0.0070"), currency="USD"),
    }
    settle(house)
    assert spend(house, currency="UGX") == {"reserved": 0, "settled": Decimal("22.5"), "uncertain": 25, "texts": 2}
    assert spend(house, currency="USD")["settled"] == Decimal("0.0070")
    with house.reading() as session:
        charged = session.execute(select(Message.currency, func.sum(Message.cost)).group_by(Message.currency)).all()
    assert {currency: cost for currency, cost in charged if currency} == {"UGX": Decimal("22.5"), "USD": Decimal("0.0070")}


def test_a_text_in_doubt_for_which_a_price_was_named_is_charged_and_not_uncertain_too(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        route(session, "simulator", price=Decimal(25))
        text(session, house, phone(1), klass=MessageClass.NOTICE)
    house.gateway.fates = {phone(1): answered(phone(1), Fate.UNCONFIRMED, gateway_id="a", cost=Decimal(20), currency="UGX")}
    settle(house)
    assert spend(house) == {"reserved": 0, "settled": 20, "uncertain": 0, "texts": 0}


def test_an_answer_that_comes_after_all_is_settled_in_the_ledger_too(url, now):
    def overtaken(step):
        if step == "http.received":
            with house.transaction() as session:
                session.execute(Batch.__table__.update().values(lease_until=now - timedelta(days=1)))
            with house.transaction() as session:
                claims.reap(session, now)
            assert spend(house)["uncertain"] == 25

    house = runtime(url, now, checkpoint=overtaken)
    with house.transaction() as session:
        route(session, "simulator", price=Decimal(25))
        text(session, house, phone(1), klass=MessageClass.NOTICE)
    house.gateway.fates = {phone(1): answered(phone(1), Fate.SENT, gateway_id="late", cost=Decimal(30), currency="UGX")}
    dispatch.dispatch(house)
    assert spend(house) == {"reserved": 0, "settled": 30, "uncertain": 0, "texts": 1}


def test_who_lives_by_another_clock_is_let_sleep_by_it(url, now):
    evening = now.replace(hour=16, minute=30)  # 19:30 in Kampala, 20:30 in Dubai
    house = runtime(url, evening)
    with house.transaction() as session:
        here, there = farmer(session, evening, 1), farmer(session, evening, 2)
        there.zone = "Asia/Dubai"
        for one in (here, there):
            text(session, house, one, klass=MessageClass.ALERT, valid_until=evening + timedelta(hours=14))
    settle(house)
    assert house.gateway.handed == {phone(1): 1}
    house.now.at = now.replace(day=13, hour=3, minute=31)
    dispatch.dispatch(house)
    assert house.gateway.handed[phone(2)] == 0  # 07:31 in Dubai, and 06:31 in Kampala, where quiet hours hold the whole house
    house.now.at = now.replace(day=13, hour=4, minute=31)
    dispatch.dispatch(house)
    assert house.gateway.handed[phone(2)] == 1


def test_a_payers_texts_can_be_held_alone(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, phone(1), klass=MessageClass.NOTICE, payer=COOPERATIVE)
        text(session, house, phone(2), klass=MessageClass.NOTICE, payer=OTHER)
        switches.turn_off(session, f"payer:{COOPERATIVE}", "suspended", "test", now)
    settle(house)
    assert house.gateway.handed == {phone(2): 1}


def test_a_gateway_that_delivers_late_to_one_operator_loses_that_operators_texts_for_a_while(session, now):
    ways.load(session, ["africastalking", "kannel"], set())
    batch = Batch(id=new_id(now), sender="test", klass="notice", lane=2, body="x", phones=[], refs=[], not_before=now, valid_until=now)
    session.add(batch)
    session.flush()
    for number in range(40):
        to = phone(number) if number % 2 else f"+256752{number:06d}"
        session.add(Message(batch_id=batch.id, phone=to, fate="sent", gateway="africastalking", gateway_id=str(number), code="", at=now))
        late = timedelta(minutes=6) if number % 2 and number < 20 else timedelta(seconds=20)
        session.add(Outcome(batch_id=batch.id, phone=to, state="delivered", reason="", at=now + late))
    session.flush()
    paces.look(session, now + timedelta(minutes=10))
    there = ways.load(session, ["africastalking", "kannel"], set())
    assert there.weights == {("africastalking", "mtn"): 70}
    for minutes in (30, 31, 32):
        paces.look(session, now + timedelta(minutes=minutes))
    assert ways.load(session, ["africastalking", "kannel"], set()).weights == {}


def test_a_gateway_that_reports_nothing_is_not_called_slow(session, now):
    batch = Batch(id=new_id(now), sender="test", klass="notice", lane=2, body="x", phones=[], refs=[], not_before=now, valid_until=now)
    session.add(batch)
    session.flush()
    for number in range(40):
        session.add(Message(batch_id=batch.id, phone=phone(number), fate="sent", gateway="kannel", gateway_id=str(number), code="", at=now))
    session.flush()
    paces.look(session, now + timedelta(minutes=10))
    assert paces.weights(session, ["kannel"]) == {}
