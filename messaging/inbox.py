"""Texts from phones: stored first, understood second, each once, whatever the gateway repeats."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.db import insert_new, new_id, wake
from messaging.gateway import Heard
from messaging.models import Batch, Inbound, Unread

JOB = "inbox"
MOST_TRIES = 3
AT_WORK = timedelta(minutes=1)


def receive(session: Session, gateway: str, heard: Heard, now: datetime) -> bool:
    """Keep a text. False when this one was kept before: the gateway repeats what it was not sure we had."""
    row = {
        "id": new_id(now),
        "gateway": gateway,
        "gateway_id": heard.gateway_id[:200],
        "phone": heard.phone,
        "sender": heard.sender[:40],
        "to": heard.to[:40],
        "text": heard.text.replace("\x00", "")[:1600],
        "network": heard.network[:20],
        "at": now,
        "sent_at": heard.sent_at,
    }
    if not insert_new(session, Inbound, [row], Inbound.id):
        return False
    wake(session, JOB)
    return True


def keep_unread(session: Session, gateway: str, kind: str, why: str, body: bytes, now: datetime) -> None:
    """A callback that could not be read, as it came: answered 200, since sending it again would not help."""
    session.add(Unread(id=new_id(now), gateway=gateway, kind=kind, why=why[:200], body=body[:65_536], at=now))


def take(session: Session, now: datetime) -> UUID | None:
    """The next text to understand, ours for a minute, and this try counted before it is begun: a text that kills its worker
    is not first in the queue for ever.

    The oldest first, and never a text while an older one of the same phone waits: STOP and START keep their order.
    """
    older = aliased(Inbound)
    before = or_(older.at < Inbound.at, and_(older.at == Inbound.at, older.id < Inbound.id))
    earlier = exists().where(older.phone == Inbound.phone, older.handled_at.is_(None), older.tries < MOST_TRIES, before)
    free = or_(Inbound.taken_until.is_(None), Inbound.taken_until < now)
    waiting = select(Inbound).where(Inbound.handled_at.is_(None), Inbound.tries < MOST_TRIES, free, ~earlier)
    inbound = session.scalars(waiting.order_by(Inbound.at, Inbound.id).limit(1).with_for_update(skip_locked=True)).first()
    if inbound is None:
        return None
    inbound.tries += 1
    inbound.taken_until = now + AT_WORK
    return inbound.id


def mine(session: Session, inbound_id: UUID) -> Inbound | None:
    """The text that was taken, locked; None when somebody else has handled it since."""
    taken = select(Inbound).where(Inbound.id == inbound_id, Inbound.handled_at.is_(None))
    return session.scalars(taken.with_for_update(skip_locked=True)).first()


def let_go(session: Session, inbound_id: UUID) -> None:
    """A try that raised: the next may begin at once. After the third the text waits for a person."""
    session.get_one(Inbound, inbound_id).taken_until = None


def stuck(session: Session) -> int:
    """How many texts could not be answered in three tries."""
    return int(session.scalars(select(func.count()).where(Inbound.handled_at.is_(None), Inbound.tries >= MOST_TRIES)).one())


def handled(inbound: Inbound, understood: str, now: datetime) -> None:
    """Done with: `understood` is the keyword it was taken for, empty when nobody understood it."""
    inbound.handled_at, inbound.understood = now, understood


def done_since(session: Session, phone: str, at: datetime, understood: Sequence[str]) -> bool:
    """Whether a text that this phone sent later was taken for one of these and is done: an older one, which waited on disk
    while the database was down, must not undo it."""
    later = exists().where(Inbound.phone == phone, Inbound.at > at, Inbound.understood.in_(understood), Inbound.handled_at.is_not(None))
    return bool(session.scalar(select(later)))


def lately(session: Session, phone: str, since: datetime) -> list[Inbound]:
    """What this phone has texted since then, newest first."""
    return list(session.scalars(select(Inbound).where(Inbound.phone == phone, Inbound.at >= since).order_by(Inbound.at.desc())))


def answers(session: Session, inbounds: Sequence[Inbound]) -> dict[UUID, str]:
    """What was answered to each of these texts, where anything was."""
    asked = {f"inbound:{one.id}": one.id for one in inbounds}
    rows = session.execute(select(Batch.dedupe, Batch.body).where(Batch.dedupe.in_(asked)))
    return {asked[dedupe or ""]: body for dedupe, body in rows}
