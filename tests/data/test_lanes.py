"""The queue as an operator looks at it, and what they hold back: counted right on both databases, and cheap when much waits."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select

from core.audit import AuditEntry
from core.db import dialect, new_id
from core.errors import NotFound, Unusable
from messaging import lanes, pauses, switches, unconfirmed
from messaging.classes import POLICIES, MessageClass
from messaging.models import Batch
from service.portal import words
from tests.builders import phone

COOPERATIVE = "organisation:0197aa00-0000-7000-8000-000000000001"


def batch(now, klass=MessageClass.NOTICE, **facts):
    row = {
        "id": new_id(now),
        "sender": "test",
        "payer": "",
        "dedupe": None,
        "klass": klass.value,
        "lane": POLICIES[klass].lane,
        "body": "x",
    }
    row |= {"phones": [phone(1), phone(2)], "refs": ["", ""], "not_before": now, "valid_until": now + timedelta(hours=3), "state": "queued"}
    return row | {"attempt": 1, "owner": None, "gateway": None, "lease_until": None} | facts


def test_each_lane_says_what_waits_for_whom_and_since_when(session, now):
    old = now - timedelta(minutes=7)
    rows = [
        batch(now),
        batch(now, not_before=old),
        batch(now, not_before=now + timedelta(hours=1)),
        batch(now, payer=COOPERATIVE, phones=[phone(3)]),
    ]
    rows += [batch(now, MessageClass.OFFER, not_before=now + timedelta(hours=1)), batch(now, MessageClass.REPLY, state="done")]
    rows += [batch(now, MessageClass.REPLY, state="claimed", owner="a", lease_until=now)]
    rows += [batch(now, MessageClass.ADVICE, state="submitting", owner="a", gateway="kannel", lease_until=now)]
    session.execute(insert(Batch), rows)
    first, second, third, fourth = lanes.standing(session, now)
    assert [(one.payer, one.batches, one.phones, one.due, one.oldest) for one in second.lines] == [
        ("", 3, 6, 2, old),
        (COOPERATIVE, 1, 1, 1, now),
    ]
    assert (second.batches, second.phones, second.due, second.oldest, second.exact) == (4, 7, 3, old, True)
    assert (fourth.batches, fourth.due, fourth.oldest) == (1, 0, None)
    assert (first.batches, first.held, third.batches, third.in_the_air) == (0, 1, 0, 1)
    assert lanes.in_the_air(session) == {"kannel": 1}
    assert lanes.queued(session, now) == {1: 0, 2: 4, 3: 0, 4: 1}
    assert lanes.payers(session) == ["", COOPERATIVE]


def test_of_a_long_queue_the_phones_are_estimated_and_said_to_be(session, now):
    session.execute(insert(Batch), [batch(now, phones=[phone(1)]) for _ in range(lanes.SAMPLE + 100)])
    (line,) = lanes.standing(session, now)[1].lines
    assert (line.batches, line.phones, line.exact) == (lanes.SAMPLE + 100, lanes.SAMPLE + 100, False)


def test_only_the_index_of_what_is_queued_is_read(session, now):
    """With most batches done, as they are: the plan of every statement names the partial index or the leased one."""
    session.execute(insert(Batch), [batch(now, state="done") for _ in range(2000)])
    session.execute(insert(Batch), [batch(now) for _ in range(3)])
    session.connection().exec_driver_sql("ANALYZE")
    seen = []

    def note(connection, cursor, statement, parameters, context, many):
        seen.append((statement, parameters))

    event.listen(session.get_bind().engine, "before_cursor_execute", note)
    lanes.standing(session, now)
    event.remove(session.get_bind().engine, "before_cursor_execute", note)
    explain = "EXPLAIN " if dialect(session) == "postgresql" else "EXPLAIN QUERY PLAN "
    assert len(seen) == 3
    for statement, parameters in seen:
        plan = " ".join(str(row) for row in session.connection().exec_driver_sql(explain + statement, parameters))
        assert "ix_batches_due" in plan or "ix_batches_leased" in plan, plan


def test_what_is_held_back_says_why_by_whom_and_until_when_and_goes_on_again(session, now):
    until = now + timedelta(hours=2)
    pauses.pause(session, "class:offer", "  the  price was wrong ", "account:a", now, until)
    pauses.pause(session, switches.SENDING, "stop everything", "account:a", now)
    pauses.allow_once_more(session, "the rivers rise", "account:a", now)
    assert [(one.name, one.why, one.by, one.until) for one in pauses.standing(session, now)] == [
        ("sending", "stop everything", "account:a", None),
        ("class:offer", "the price was wrong", "account:a", until),
    ]
    pauses.resume(session, switches.SENDING, "account:b", now)
    assert [one.name for one in pauses.standing(session, now)] == ["class:offer"]
    assert pauses.standing(session, until) == []
    with pytest.raises(NotFound):
        pauses.resume(session, "class:offer", "account:b", until)
    session.flush()
    noted = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert {(one.verb, one.subject) for one in noted} == {
        ("sending.paused", "switch:class:offer"),
        ("sending.paused", "switch:sending"),
        ("sending.resumed", "switch:sending"),
        ("once_more.allowed", "switch:once-more"),
    }


def test_nothing_is_held_back_without_a_reason_or_into_the_past(session, now):
    wrong = [("  ", None), ("ok", None), ("a reason", now), ("a reason", now + pauses.FURTHEST + timedelta(seconds=1))]
    for why, until in wrong:
        with pytest.raises(Unusable):
            pauses.pause(session, switches.SENDING, why, "account:a", now, until)
    with pytest.raises(Unusable):
        pauses.allow_once_more(session, "", "account:a", now)
    assert switches.off(session, now) == {}


def test_a_broadcasts_own_switch_is_not_resumed_here(session, now):
    switches.turn_off(session, "sender:broadcast:x", "stopped at the desk", "account:a", now)
    for name in ("sender:broadcast:x", unconfirmed.ONCE_MORE, "class:reply", ""):
        with pytest.raises(NotFound):
            pauses.resume(session, name, "account:a", now)
    assert [one.name for one in pauses.standing(session, now)] == ["sender:broadcast:x"]


def test_an_emergency_may_go_once_more_only_while_that_is_allowed(session, now):
    may = [unconfirmed.may_go_once_more(session, MessageClass.EMERGENCY, 1, now)]
    pauses.allow_once_more(session, "the rivers rise", "account:a", now)
    may.append(unconfirmed.may_go_once_more(session, MessageClass.EMERGENCY, 1, now))
    pauses.forbid_once_more(session, "account:a", now)
    pauses.forbid_once_more(session, "account:a", now)
    may.append(unconfirmed.may_go_once_more(session, MessageClass.EMERGENCY, 1, now))
    assert may == [False, True, False]


def test_what_is_held_back_is_not_called_late(session, now):
    for minutes, klass, payer, sender in (
        (9, "offer", "", "a"),
        (7, "survey", COOPERATIVE, "a"),
        (5, "survey", "", "b"),
        (3, "survey", "", "c"),
    ):
        late = {"not_before": now - timedelta(minutes=minutes), "payer": payer, "sender": sender}
        session.execute(insert(Batch), [batch(now, MessageClass(klass), **late)])
    seen = []
    for held in ("", "class:offer", f"payer:{COOPERATIVE}", "sender:b", switches.SENDING):
        if held:
            pauses.pause(session, held, "a reason", "account:a", now)
        seen.append(lanes.oldest_due(session, now)[4] / 60)
    assert seen == [9, 7, 5, 3, 0]
    assert set(lanes.oldest_due(session, now)) == set(lanes.LANES)


def test_every_lane_has_a_name():
    assert set(lanes.LANES) == set(words.LANES)
