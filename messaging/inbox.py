"""Texts from phones: stored first, understood second, each once, whatever the gateway repeats."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import insert_new, new_id, wake
from messaging.gateway import Heard
from messaging.models import Inbound, Unread

JOB = "inbox"
MOST_TRIES = 3


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


def next_waiting(session: Session) -> Inbound | None:
    """The oldest text that nobody has understood yet, ours until we commit."""
    waiting = select(Inbound).where(Inbound.handled_at.is_(None), Inbound.tries < MOST_TRIES)
    return session.scalars(waiting.order_by(Inbound.at, Inbound.id).limit(1).with_for_update(skip_locked=True)).first()


def handled(inbound: Inbound, understood: str, now: datetime) -> None:
    """Done with: `understood` is the keyword it was taken for, empty when nobody understood it."""
    inbound.handled_at, inbound.understood = now, understood


def failed(session: Session, inbound_id: UUID) -> None:
    """A try that raised; after the third the text waits for a person instead of blocking those behind it."""
    inbound = session.get_one(Inbound, inbound_id)
    inbound.tries += 1


def lately(session: Session, phone: str, since: datetime) -> list[Inbound]:
    """What this phone has texted since then, newest first."""
    return list(session.scalars(select(Inbound).where(Inbound.phone == phone, Inbound.at >= since).order_by(Inbound.at.desc())))
