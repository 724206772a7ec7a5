"""Routes and budgets as operators keep them: every change is noted, strangers and nonsense change nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import new_id
from core.errors import Conflict, NotFound
from messaging import budgets, gauges, money, operators, route_book, sample_flow, unconfirmed, ways
from messaging.classes import MessageClass
from messaging.dial_failures import note
from messaging.flow_models import Budget, Route, Spend
from messaging.gateway import Fate
from messaging.models import Batch, Hop, Message, Outcome, Report
from messaging.route_book import Terms
from messaging.unconfirmed import Verdict
from service.portal import words
from tests.builders import answered, phone, runtime, settle, text

TERMS = Terms(rank=3, per_second=40, calls=4, price=Decimal("17.5"))
GATEWAYS = ("africastalking", "kannel")


def facts(route):
    return (route.rank, route.per_second, route.calls, route.price)


def verbs(session):
    session.flush()
    return sorted(session.scalars(select(AuditEntry.verb)))


def test_a_gateway_that_was_never_used_is_shown_with_what_it_will_be_given(session):
    rows = route_book.all_of(session, GATEWAYS)
    assert [(row.gateway, row.operator, row.rank) for row in rows] == [("africastalking", "", 0), ("kannel", "", 1)]
    assert session.scalars(select(Route)).all() == []
    assert {(row.gateway, row.operator): facts(row) for row in rows} == {
        key: facts(row) for key, row in ways.load(session, GATEWAYS, set()).routes.items()
    }


def test_a_route_is_changed_added_and_removed_and_each_is_noted(session, now):
    route_book.change(session, GATEWAYS, ("kannel", ""), TERMS, "account:a", now)
    assert facts(session.get(Route, ("kannel", ""))) == (3, 40, 4, Decimal("17.5"))
    route_book.add(session, GATEWAYS, ("kannel", "mtn"), TERMS, "account:a", now)
    session.flush()
    with pytest.raises(Conflict):
        route_book.add(session, GATEWAYS, ("kannel", "mtn"), TERMS, "account:a", now)
    added = route_book.one(session, GATEWAYS, "kannel", "mtn")
    assert (facts(added), added.currency, added.tokens) == ((3, 40, 4, Decimal("17.5")), "UGX", 40.0)
    assert ways.lease(session, {("kannel", "mtn"): 5}, lane=1)[("kannel", "mtn")] >= 5
    route_book.remove(session, GATEWAYS, ("kannel", "mtn"), "account:a", now)
    session.flush()
    assert session.get(Route, ("kannel", "mtn")) is None
    assert verbs(session) == ["route.added", "route.changed", "route.removed"]
    changed = session.scalars(select(AuditEntry).where(AuditEntry.verb == "route.changed")).one()
    assert (changed.detail["was"]["rank"], changed.detail["becomes"]["price"]) == (1, "17.5")


@pytest.mark.parametrize("key", [("nobody", "mtn"), ("kannel", "vodafone"), ("kannel", "")])
def test_a_stranger_gets_no_route_and_a_gateways_own_row_stays(session, now, key):
    with pytest.raises((NotFound, Conflict)):
        route_book.add(session, GATEWAYS, key, TERMS, "account:a", now)
    with pytest.raises(NotFound):
        route_book.remove(session, GATEWAYS, key, "account:a", now)
    with pytest.raises(NotFound):
        route_book.one(session, GATEWAYS, *(key if key[1] else ("nobody", "")))
    assert verbs(session) == []


def test_the_last_report_of_each_gateway_is_the_newest(session, now):
    for gateway, minutes in (("kannel", 9), ("africastalking", 5), ("kannel", 3)):
        row = {"gateway_id": "x", "phone": None, "status": "s", "state": "delivered", "reason": "", "network": ""}
        session.add(Report(gateway=gateway, at=now - timedelta(minutes=minutes), **row))
        session.flush()
    assert route_book.last_reports(session) == {"kannel": now - timedelta(minutes=3), "africastalking": now - timedelta(minutes=5)}


def spend(session, day, payer, amount, **rest):
    row = {"gateway": "kannel", "currency": "UGX", "texts": 2, "reserved": Decimal(5), "settled": Decimal(amount), "uncertain": Decimal(1)}
    session.add(Spend(day=day, payer=payer, **(row | rest)))
    session.flush()


def test_a_budget_shows_its_period_its_payer_and_its_currency_alone(session, now):
    today = now.date()
    budgets.put(session, "organisation:a", money.DAY, Decimal(100), "UGX", "account:a", now)
    budgets.put(session, money.EVERYBODY, money.MONTH, Decimal(1000), "UGX", "account:a", now)
    spend(session, today, "organisation:a", 74)
    spend(session, today, "organisation:b", 20)
    spend(session, today, "organisation:b", 900, currency="KES")
    spend(session, today - timedelta(days=1), "organisation:a", 30)
    spend(session, today - timedelta(days=20), "organisation:a", 500)
    everybody, own = budgets.lines(session, today)
    assert (own.settled, own.reserved, own.uncertain, own.spent, own.ratio, own.warns) == (74, 5, 1, 80, Decimal("0.8"), True)
    assert (everybody.spent, everybody.warns) == (74 + 20 + 30 + 18, False)
    assert [line.spent for line in budgets.lines(session, today, "organisation:a")] == [money.spent(session, own.budget, today)]


def test_a_changed_budget_warns_anew_and_a_removed_one_is_gone(session, now):
    budgets.put(session, "", money.DAY, Decimal(100), "UGX", "account:a", now)
    session.get_one(Budget, ("", money.DAY)).warned_on = now.date()
    session.flush()
    budgets.put(session, "", money.DAY, Decimal(200), "UGX", "account:a", now)
    session.expire_all()
    budget = session.get_one(Budget, ("", money.DAY))
    assert (budget.amount, budget.warned_on) == (200, None)
    budgets.remove(session, "", money.DAY, "account:a", now)
    session.flush()
    with pytest.raises(NotFound):
        budgets.remove(session, "", money.DAY, "account:a", now)
    assert verbs(session) == ["budget.removed", "budget.set", "budget.set"]


def test_costs_are_by_day_and_gateway(session, now):
    today = now.date()
    spend(session, today, "", 10)
    spend(session, today, "organisation:a", 20)
    spend(session, today, "", 7, gateway="africastalking")
    spend(session, today - timedelta(days=3), "", 1)
    found = budgets.costs(session, today - timedelta(days=2))
    assert [(one.gateway, one.texts, one.settled, one.total) for one in found] == [("africastalking", 2, 7, 13), ("kannel", 4, 30, 42)]


def test_the_sample_countrys_money_is_put_in_once(session, now):
    assert sample_flow.seed(session, now.date(), "UGX", ["organisation:a"]) == sample_flow.DAYS
    assert sample_flow.seed(session, now.date(), "UGX", ["organisation:a"]) == 0
    assert all(0 < line.ratio < 1 or line.budget.period == money.DAY for line in budgets.lines(session, now.date()))


def silent(house, now, number=1):
    """A notice whose answer never came."""
    house.gateway.fates[phone(number)] = answered(phone(number), Fate.UNCONFIRMED)
    with house.transaction() as session:
        batch_id = text(session, house, phone(number), f"You are owed {number}", MessageClass.NOTICE)
    settle(house)
    return batch_id


def test_what_was_settled_says_whether_a_person_or_a_report_said_so(url, now):
    house = runtime(url, now)
    by_person, by_report, open_ = (silent(house, now, number) for number in (1, 2, 3))
    with house.transaction() as session:
        unconfirmed.decide(session, by_person, 0, Verdict.ARRIVED, "account:a", now)
        row = {"batch_id": by_report, "phone": phone(2), "state": "failed", "reason": "", "gateway_id": None}
        session.add(Outcome(**row, at=now + timedelta(minutes=1)))
    with house.reading() as session:
        assert [one.batch.id for one in unconfirmed.waiting(session, now)] == [open_]
        found = unconfirmed.settled(session, now - timedelta(days=1))
        assert [(one.batch.id, one.state, one.reason == unconfirmed.BY_PERSON) for one in found] == [
            (by_report, "failed", False),
            (by_person, "delivered", True),
        ]
        assert unconfirmed.settled(session, now + timedelta(days=1)) == []


def test_fates_are_counted_by_quarter_and_hour_and_what_we_held_back_by_reason(session, now):
    batch = Batch(
        id=new_id(now), sender="t", klass="notice", lane=2, body="x", phones=[], refs=[], not_before=now, valid_until=now, state="done"
    )
    session.add(batch)
    session.flush()
    rows = [
        ("sent", "", 5),
        ("sent", "", 20),
        ("sent", "", 70),
        ("suppressed", "stop", 5),
        ("suppressed", "consent", 50),
        ("refused", "Mary 0772", 5),
    ]
    for number, (fate, code, minutes) in enumerate(rows):
        session.add(Message(batch_id=batch.id, phone=phone(number), fate=fate, code=code, at=now - timedelta(minutes=minutes)))
    session.flush()
    found = gauges.fates(session, now)
    assert {name: count for name, count in found.hour.items() if count} == {"sent": 2, "suppressed": 2, "refused": 1}
    assert {name: count for name, count in found.quarter.items() if count} == {"sent": 1, "suppressed": 1, "refused": 1}
    assert found.withheld == {"stop": 1, "consent": 1}


def test_the_lag_is_that_of_the_slowest_twentieth_of_what_arrived(session, now):
    assert gauges.delivery_lag(session, now) is None
    batch = Batch(
        id=new_id(now), sender="t", klass="notice", lane=2, body="x", phones=[], refs=[], not_before=now, valid_until=now, state="done"
    )
    session.add(batch)
    session.flush()
    sent = now - timedelta(minutes=30)
    for number in range(100):
        session.add(Message(batch_id=batch.id, phone=phone(number), fate="sent", gateway="kannel", code="", at=sent))
        came = sent + timedelta(seconds=number + 1)
        session.add(Outcome(batch_id=batch.id, phone=phone(number), state="delivered", reason="", gateway_id=None, at=came))
    session.flush()
    assert gauges.delivery_lag(session, now) == 96


def test_dial_ins_and_their_errors_are_those_of_the_last_quarter(session, now):
    for minutes in (1, 2, 30):
        session.add(Hop(at=now - timedelta(minutes=minutes), screen="home", language="en", network="", first=False, ends=False))
    note(session, "64110", now - timedelta(minutes=1))
    session.flush()
    assert gauges.dial_ins(session, now) == (3, 1)


def test_every_operator_has_a_name():
    assert {operators.OTHER, *operators.OPERATORS} == set(words.OPERATORS)
