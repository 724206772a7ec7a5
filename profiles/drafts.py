"""What a caller has said before agreeing to the notice: by phone, dead after 24 hours, and the door that a registration goes through.

Whoever registers a phone holds the row of its draft, so two registrations of one phone take turns.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import insert_new
from core.errors import Conflict
from profiles.models import Draft

LIFE = timedelta(hours=24)
ATTEMPTS = 5


def get(session: Session, phone: str, now: datetime) -> dict[str, Any]:
    """What this phone has said and not yet agreed to; empty when nothing, or when it is too old."""
    draft = session.get(Draft, phone)
    return dict(draft.answers) if draft is not None and draft.at > now - LIFE else {}


def put(session: Session, phone: str, now: datetime, **answers: Any) -> None:
    """Keep some answers beside those that are there; the 24 hours begin again."""
    draft = lock(session, phone, now)
    old = draft.answers if draft.at > now - LIFE else {}
    draft.answers, draft.at = {**old, **answers}, now
    session.flush()


def lock(session: Session, phone: str, now: datetime) -> Draft:
    """The row of this phone's draft, made if need be, ours alone until we commit."""
    for _ in range(ATTEMPTS):
        insert_new(session, Draft, [{"phone": phone, "answers": {}, "at": now}])
        query = select(Draft).where(Draft.phone == phone).with_for_update().execution_options(populate_existing=True)
        draft = session.scalars(query).one_or_none()
        if draft is not None:  # else another registration ended, and took it away, between the two statements
            return draft
    raise Conflict("this phone is being registered by somebody else")


def drop(session: Session, phone: str) -> None:
    """Forget what this phone said."""
    draft = session.get(Draft, phone)
    if draft is not None:
        session.delete(draft)
        session.flush()


def expire(session: Session, now: datetime) -> int:
    """Delete the drafts that nobody agreed to within 24 hours; how many."""
    return len(session.execute(delete(Draft).where(Draft.at <= now - LIFE).returning(Draft.phone)).all())
