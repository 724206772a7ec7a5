"""Who works on which batch: claimed under a lease, marked submitting after the last look, put back when its holder dies.

    queued ──claim──▶ claimed ──mark──▶ submitting ──settle──▶ done
       ▲                │  │                 │
       └── lease lost ──┘  └─ nobody left    └─ lease lost: every phone unconfirmed, never sent again by us
                              to send: done

Leases alone use the database's clock. A claim is one statement, for two workers never hold the same batch.
"""

from collections.abc import Callable, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core import clock
from core.db import among, database_now, dialect, insert_new, lease
from messaging import lastlook, settle, suppressions, switches
from messaging.classes import POLICIES, UNASKED_A_DAY, UNASKED_A_WEEK, MessageClass
from messaging.gateway import Fate
from messaging.lastlook import Facts, Look, Who
from messaging.models import Batch, Unasked

LEASE = timedelta(seconds=60)  # five times the longest call to a gateway
RECHECK = timedelta(minutes=1)
MOST_FAULTS = 3
# A hundred rows from one array: a third of what as many parameters cost on the way of every batch.
TAKE = text(
    "INSERT INTO unasked (phone, day, batch_id) SELECT unnest(CAST(:phones AS text[])), :day, :batch ON CONFLICT DO NOTHING RETURNING phone"
)
AskWho = Callable[[Session, Sequence[str], datetime, bool], Who]


def claim(session: Session, owner: str, limit: int, now: datetime, gateway: str = "") -> list[UUID]:
    """Take up to `limit` due batches: the first lane first, the oldest first within it, past whatever is switched off."""
    off = switches.off(session, now)
    if switches.SENDING in off or f"gateway:{gateway}" in off:
        return []
    due = select(Batch.id).where(Batch.state == "queued", Batch.not_before <= now)
    classes = [name.partition(":")[2] for name in off if name.startswith("class:")]
    senders = [name.partition(":")[2] for name in off if name.startswith("sender:")]
    if classes:
        due = due.where(Batch.klass.not_in(classes))
    if senders:
        due = due.where(Batch.sender.not_in(senders))
    # A CTE, for PostgreSQL may run a subquery under IN more than once, and each run would lock another `limit` rows.
    chosen = due.order_by(Batch.lane, Batch.not_before, Batch.id).limit(limit).with_for_update(skip_locked=True).cte("due")
    taken = (
        update(Batch)
        .where(Batch.id.in_(select(chosen.c.id)), Batch.state == "queued")
        .values(state="claimed", owner=owner, lease_until=lease(session, LEASE))
        .returning(Batch.lane, Batch.not_before, Batch.id)
        .execution_options(synchronize_session=False)
    )
    return [row.id for row in sorted(session.execute(taken).all())]


def mark(
    session: Session,
    batch_id: UUID,
    owner: str,
    now: datetime,
    *,
    zone: ZoneInfo,
    quiet: Any,
    guests: Set[str],
    who: AskWho,
    gateway: str,
) -> tuple[Batch, list[str]] | None:
    """The last look, and the mark that a call is about to be made. Returns the batch and the phones to hand over.

    None when there is nothing to hand over: the lease was lost, the batch waits, or everybody in it is withheld.
    What is withheld is written in this same transaction: suppression, consent, caps and the rest are true at its commit.
    """
    batch = session.scalars(
        select(Batch).where(Batch.id == batch_id, Batch.owner == owner, Batch.state == "claimed").with_for_update()
    ).first()
    if batch is None:
        return None
    seen = _look(session, batch, now, zone, quiet, guests, who, gateway)
    if seen.wait_until:
        batch.state, batch.owner, batch.lease_until, batch.not_before = "queued", None, None, seen.wait_until
        return None
    later = [phone for phone, (fate, _code) in seen.withheld.items() if fate == "deferred"]
    if later:
        settle.follow(session, batch, later, _after_cap(now, zone), now)
    if not seen.go:
        settle.end(session, batch, {}, seen.withheld, None, now)
        return None
    batch.state, batch.withheld, batch.lease_until = "submitting", seen.withheld or None, lease(session, LEASE)
    return batch, seen.go


def _look(session: Session, batch: Batch, now: datetime, zone: ZoneInfo, quiet: Any, guests: Set[str], who: AskWho, gateway: str) -> Look:
    klass = MessageClass(batch.klass)
    policy = POLICIES[klass]
    off = switches.off(session, now, switches.names(klass, batch.sender, gateway))
    people = who(session, batch.refs, now, policy.asks_consent)
    facts = Facts(
        now=now,
        stopped=suppressions.stopped(session, batch.phones),
        agreed=people.agreed,
        barred=people.barred,
        guests=guests,
        quiet_until=clock.quiet_until(now, quiet, zone),
        off_until=now + RECHECK if off else None,
        after_cap=_after_cap(now, zone),
    )
    seen = lastlook.look(klass, batch.phones, batch.refs, batch.valid_until, facts)
    if not policy.capped or not seen.go:
        return seen
    capped = set(seen.go) - _take_turns(session, seen.go, clock.day(now, zone), batch.id)
    return lastlook.look(klass, batch.phones, batch.refs, batch.valid_until, _with_caps(facts, capped)) if capped else seen


def _with_caps(facts: Facts, capped: Set[str]) -> Facts:
    return Facts(**{**{name: getattr(facts, name) for name in Facts.__slots__}, "capped": capped})


def _after_cap(now: datetime, zone: ZoneInfo) -> datetime:
    return clock.end_of_day(now, zone)


def _take_turns(session: Session, phones: Sequence[str], day: Any, batch_id: UUID) -> set[str]:
    """The phones that get their one unasked text of this day from this batch, within what a week allows.

    A primary key settles it between two batches at the same instant; sorted, so that they never wait for each other in a ring.
    """
    week = select(Unasked.phone).where(among(session, Unasked.phone, phones), Unasked.day > day - timedelta(days=7))
    full = set(session.scalars(week.group_by(Unasked.phone).having(func.count() >= UNASKED_A_WEEK)))
    assert UNASKED_A_DAY == 1, "the primary key (phone, day) says one"
    free = sorted(set(phones) - full)
    if dialect(session) == "postgresql":
        given = {"phones": free, "day": day, "batch": batch_id}
        return set(session.scalars(TAKE, given)) if free else set()
    rows = [{"phone": phone, "day": day, "batch_id": batch_id} for phone in free]
    return {row[0] for row in insert_new(session, Unasked, rows, Unasked.phone)}


def fault(session: Session, batch_id: UUID, owner: str, now: datetime) -> bool:
    """A claimed batch that raised when it was looked at: put back for later, and given up at the third time. True when given up."""
    batch = session.scalars(
        select(Batch).where(Batch.id == batch_id, Batch.owner == owner, Batch.state == "claimed").with_for_update()
    ).first()
    if batch is None:
        return False
    batch.faults += 1
    if batch.faults < MOST_FAULTS:
        batch.state, batch.owner, batch.lease_until, batch.not_before = "queued", None, None, now + settle.backoff(batch.faults)
        return False
    settle.end(session, batch, {}, {phone: [Fate.CANCELLED, "fault"] for phone in batch.phones}, None, now)
    return True


def release(session: Session, owner: str) -> int:
    """Put back what this owner claimed and did not mark: the orderly end of a worker."""
    back = update(Batch).where(Batch.owner == owner, Batch.state == "claimed").values(state="queued", owner=None, lease_until=None)
    return int(session.execute(back).rowcount)  # type: ignore[attr-defined]


def reap(session: Session, now: datetime, limit: int = 200) -> tuple[int, int]:
    """Take over from the dead: claimed batches go back to the queue, submitting ones end unconfirmed. Returns both counts."""
    lost = (
        select(Batch)
        .where(Batch.owner.is_not(None), Batch.lease_until < database_now(session), Batch.state.in_(["claimed", "submitting"]))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    back, parked = 0, 0
    for batch in session.scalars(lost).all():
        if batch.state == "claimed":
            batch.state, batch.owner, batch.lease_until = "queued", None, None
            back += 1
        else:
            settle.end(session, batch, {}, batch.withheld or {}, None, now)
            parked += 1
    return back, parked
