"""Who works on which batch: claimed under a lease, marked submitting after the last look, put back when its holder dies.

    queued ──claim──▶ claimed ──mark──▶ submitting ──settle──▶ done
       ▲                │  │                 │
       └── lease lost ──┘  └─ nobody left    └─ lease lost: every phone unconfirmed, never sent again by us
                              to send: done

Leases alone use the database's clock. A claim is one statement, for two workers never hold the same batch.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db import database_now, lease
from messaging import settle, switches
from messaging.gateway import Fate
from messaging.models import Batch

LEASE = timedelta(seconds=60)  # five times the longest call to a gateway
MOST_FAULTS = 3
Queue = tuple[int, str]  # lane, payer


def waiting(session: Session, now: datetime) -> list[Queue]:
    """The lanes in which something is due, each with those who pay for it; past whatever is switched off."""
    off = switches.off(session, now)
    if switches.SENDING in off:
        return []
    found = session.execute(select(Batch.lane, Batch.payer).where(*_due(now, off)).distinct().order_by(Batch.lane, Batch.payer))
    return [(lane, payer) for lane, payer in found]


def in_turn(queues: Sequence[Queue], turn: int) -> list[Queue]:
    """The first lane first; within a lane every payer begins as often as any other, however much it has waiting. Pure."""
    found: list[Queue] = []
    for lane in sorted({lane for lane, _ in queues}):
        payers = [queue for queue in queues if queue[0] == lane]
        start = turn % len(payers)
        found += payers[start:] + payers[:start]
    return found


def claim(session: Session, owner: str, limit: int, now: datetime, queues: Sequence[Queue] | None = None) -> list[UUID]:
    """Take up to `limit` due batches out of these queues, one after another, the oldest of each first; without any, out of all."""
    off = switches.off(session, now)
    if switches.SENDING in off:
        return []
    if queues is None:
        return _take(session, owner, limit, now, _due(now, off))
    taken: list[UUID] = []
    for lane, payer in queues:
        if len(taken) < limit:
            taken += _take(session, owner, limit - len(taken), now, [*_due(now, off), Batch.lane == lane, Batch.payer == payer])
    return taken


def _due(now: datetime, off: Iterable[str]) -> list[Any]:
    """Queued, its time has come, and no switch names its class, its sender or its payer."""
    conditions: list[Any] = [Batch.state == "queued", Batch.not_before <= now]
    for kind, column in (("class:", Batch.klass), ("sender:", Batch.sender), ("payer:", Batch.payer)):
        named = [name.removeprefix(kind) for name in off if name.startswith(kind)]
        if named:
            conditions.append(column.not_in(named))
    return conditions


def _take(session: Session, owner: str, limit: int, now: datetime, due: Sequence[Any]) -> list[UUID]:
    # A CTE, for PostgreSQL may run a subquery under IN more than once, and each run would lock another `limit` rows.
    chosen = (
        select(Batch.id)
        .where(*due)
        .order_by(Batch.lane, Batch.not_before, Batch.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = (
        update(Batch)
        .where(Batch.id.in_(select(chosen.c.id)), Batch.state == "queued")
        .values(state="claimed", owner=owner, lease_until=lease(session, LEASE))
        .returning(Batch.lane, Batch.not_before, Batch.id)
        .execution_options(synchronize_session=False)
    )
    return [row.id for row in sorted(session.execute(taken).all())]


def put_back(session: Session, batch_id: UUID, owner: str, not_before: datetime) -> None:
    """A claimed batch that cannot go now, for whoever comes after this moment."""
    back = update(Batch).where(Batch.id == batch_id, Batch.owner == owner, Batch.state == "claimed")
    session.execute(back.values(state="queued", owner=None, lease_until=None, not_before=not_before))


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
            settle.end(session, batch, {}, batch.withheld or {}, batch.gateway, now)
            parked += 1
    return back, parked
