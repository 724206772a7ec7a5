"""Delivery reports: early, doubled, reversed, foreign or late, the outcome is the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from messaging import reports, suppressions
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate, State, Told
from messaging.models import Message, Outcome, Report
from tests.builders import Remembering, answered, farmer, phone, runtime, settle, text


def told(gateway_id, state=State.DELIVERED, number=1, advice=Advice.NONE):
    return Told(gateway_id, phone(number), state.value, state, "", "64110", advice)


def sent(url, now, gateway=None):
    house = runtime(url, now, gateway)
    with house.transaction() as session:
        text(session, house, farmer(session, now))
    settle(house)
    house.gateway.collect()
    with house.reading() as session:
        return house, session.scalars(select(Message.gateway_id)).one()


def outcome(house):
    with house.reading() as session:
        row = session.scalars(select(Outcome)).first()
        return row and row.state


def tell(house, *facts):
    with house.transaction() as session:
        reports.append(session, house.gateway.name, facts, house.now())
    settle(house)


ORDERS = list(permutations([State.ON_THE_WAY, State.BUFFERED, State.DELIVERED]))


@pytest.mark.parametrize("order", ORDERS, ids=["-".join(order) for order in ORDERS])
def test_the_order_of_reports_does_not_matter(url, now, order):
    house, gateway_id = sent(url, now)
    for state in order:
        tell(house, told(gateway_id, state))
    tell(house, *[told(gateway_id, state) for state in order * 2])
    assert outcome(house) == State.DELIVERED
    with house.reading() as session:
        assert len(session.scalars(select(Report)).all()) == 9


def test_a_delivery_after_all_beats_a_failure_and_nothing_else_does(url, now):
    house, gateway_id = sent(url, now)
    tell(house, told(gateway_id, State.FAILED))
    tell(house, told(gateway_id, State.REJECTED), told(gateway_id, State.BUFFERED))
    assert outcome(house) == State.FAILED
    tell(house, told(gateway_id, State.DELIVERED), told(gateway_id, State.FAILED))
    assert outcome(house) == State.DELIVERED


def test_a_report_that_comes_before_our_own_record_waits_for_it(url, now):
    house = runtime(url, now)
    tell(house, told("sim-early"))
    gateway = Remembering({phone(1): answered(phone(1), Fate.SENT, gateway_id="sim-early")})
    later = runtime(url, now, gateway)
    with later.transaction() as session:
        text(session, later, farmer(session, now))
    settle(later)
    tell(later)
    later.queue.wake("fold")
    settle(later)
    assert outcome(later) == State.DELIVERED


def test_a_foreign_report_is_kept_a_day_and_changes_nothing(url, now):
    house, _ = sent(url, now)
    tell(house, told("not-ours", number=9))
    assert outcome(house) is None
    with house.reading() as session:
        assert session.scalars(select(Report.folded_at)).one() is None
    house.now.forward(hours=25)
    house.queue.wake("fold")
    settle(house)
    with house.reading() as session:
        assert session.scalars(select(Report.folded_at)).one() is not None


def test_the_one_unconfirmed_text_of_a_phone_adopts_a_report(url, now):
    house, gateway_id = sent(url, now, Remembering({phone(1): answered(phone(1), Fate.UNCONFIRMED)}))
    assert gateway_id is None
    tell(house, told("lost-answer"))
    assert outcome(house) is None, "not while a call could still be in the air"
    house.now.forward(minutes=4)
    house.queue.wake("fold")
    settle(house)
    assert outcome(house) == State.DELIVERED
    tell(house, told("lost-answer", State.FAILED))
    assert outcome(house) == State.DELIVERED


def test_two_unconfirmed_texts_adopt_nothing(url, now):
    gateway = Remembering({phone(1): answered(phone(1), Fate.UNCONFIRMED)})
    house = runtime(url, now, gateway)
    for _ in range(2):
        with house.transaction() as session:
            text(session, house, phone(1), "reply", MessageClass.REPLY)
        settle(house)
    tell(house, told("whose"))
    house.now.forward(minutes=4)
    house.queue.wake("fold")
    settle(house)
    assert outcome(house) is None


def test_a_blacklist_in_a_report_is_heeded_only_for_a_text_of_ours(url, now):
    house, gateway_id = sent(url, now)
    tell(house, told("not-ours", State.REJECTED, 1, Advice.OPTED_OUT))
    with house.reading() as session:
        assert suppressions.stopped(session, [phone(1)]) == set()
    tell(house, told(gateway_id, State.REJECTED, 1, Advice.OPTED_OUT))
    with house.reading() as session:
        assert suppressions.stopped(session, [phone(1)]) == {phone(1)}


def test_a_report_older_than_half_an_hour_is_not_adopted(url, now):
    house, _ = sent(url, now, Remembering({phone(1): answered(phone(1), Fate.UNCONFIRMED)}))
    house.now.forward(minutes=31)
    tell(house, told("late"))
    house.now.at += timedelta(minutes=4)
    house.queue.wake("fold")
    settle(house)
    assert outcome(house) is None


def test_a_flood_of_foreign_reports_stands_in_nobodys_way(url, now):
    house, gateway_id = sent(url, now)
    with house.transaction() as session:
        reports.append(session, house.gateway.name, [told(f"foreign-{n}", number=9) for n in range(1200)], now)
    tell(house, told(gateway_id))
    assert outcome(house) == State.DELIVERED


def test_two_folds_at_once_never_take_a_step_back(url, now):
    house, gateway_id = sent(url, now)
    for _ in range(10):
        with house.transaction() as session:
            for state in (State.BUFFERED, State.DELIVERED, State.ON_THE_WAY):
                reports.append(session, house.gateway.name, [told(gateway_id, state)], now)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: fold_a_few(house), range(4)))
    assert outcome(house) == State.DELIVERED


def fold_a_few(house):
    last = 0
    while last is not None:
        with house.transaction() as session:
            last = reports.fold(session, house.now(), house.settings.zone, last, 3)


def test_a_blacklist_that_comes_before_our_own_record_is_heeded_when_the_text_is_known(url, now):
    house = runtime(url, now)
    tell(house, told("sim-early", State.REJECTED, 1, Advice.OPTED_OUT))
    later = runtime(url, now, Remembering({phone(1): answered(phone(1), Fate.SENT, gateway_id="sim-early")}))
    with later.transaction() as session:
        text(session, later, farmer(session, now))
    settle(later)
    later.queue.wake("fold")
    settle(later)
    with later.reading() as session:
        assert suppressions.stopped(session, [phone(1)]) == {phone(1)}
