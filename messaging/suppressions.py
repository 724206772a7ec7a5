"""Phones that said STOP. Looked at in the transaction that marks a batch submitting: the last word before the network."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import among, insert_new
from messaging.models import Message, Suppression


def stop(session: Session, phone: str, how: str, now: datetime) -> bool:
    """No more unasked texts to this phone. False when it had said so before."""
    return bool(insert_new(session, Suppression, [{"phone": phone, "at": now, "how": how}]))


def start(session: Session, phone: str, now: datetime) -> bool:
    """Texts again. False when nothing was stopped."""
    return bool(session.execute(delete(Suppression).where(Suppression.phone == phone)).rowcount)  # type: ignore[attr-defined]


def stopped(session: Session, phones: Sequence[str]) -> set[str]:
    """Which of these phones said STOP."""
    return set(session.scalars(select(Suppression.phone).where(among(session, Suppression.phone, phones))))


def texted(session: Session, phone: str) -> bool:
    """Whether a text of ours was ever meant for this phone."""
    return session.scalars(select(Message.phone).where(Message.phone == phone).limit(1)).first() is not None
