"""Phones that talk like robots: heard and kept, and not answered for a day, so that no two machines text each other all night."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import incidents
from core.db import INSERT, dialect
from core.phone import masked
from messaging.flow_models import Mute

SPAN = timedelta(days=1)
KIND = "phone.loops"


def muted(session: Session, phone: str, now: datetime) -> bool:
    """Whether this phone gets no answers at this instant."""
    until = session.scalar(select(Mute.until).where(Mute.phone == phone))
    return until is not None and until > now


def mute(session: Session, phone: str, tag: str, why: str, now: datetime) -> None:
    """Answer this phone no more for a day, and tell an operator. `tag` stands for the phone where people may look."""
    row = {"phone": phone, "until": now + SPAN, "why": why, "at": now}
    statement = INSERT[dialect(session)](Mute).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["phone"], set_=row))
    says = f"{masked(phone)} texts like a machine ({why}): it is heard, and not answered for a day. Call it if it may be a person."
    incidents.open_(session, KIND, tag, says, now)


def sweep(session: Session, now: datetime) -> int:
    """Forget the mutes that are over; how many."""
    return len(session.execute(delete(Mute).where(Mute.until <= now).returning(Mute.phone)).all())
