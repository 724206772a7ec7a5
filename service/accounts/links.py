"""Links that work once, until a time. The address holds 256 random bits; the row holds only their hash."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFound
from service.accounts.models import OneTimeLink

SETUP, INVITATION = "setup", "invitation"
GOOD_FOR = {SETUP: timedelta(hours=24), INVITATION: timedelta(days=7)}


def digest(token: str) -> str:
    """What we store of a random token. Unsalted on purpose: 256 bits cannot be guessed, and rows are found by it."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(session: Session, purpose: str, account_id: UUID | None, now: datetime) -> str:
    """A new token; older unused ones for the same purpose and account stop working."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.purpose == purpose, OneTimeLink.account_id.is_not_distinct_from(account_id), OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )
    token = secrets.token_urlsafe(32)
    session.add(OneTimeLink(token_hash=digest(token), purpose=purpose, account_id=account_id, until=now + GOOD_FOR[purpose], used_at=None))
    session.flush()
    return token


def look(session: Session, token: str, purpose: str, now: datetime) -> OneTimeLink:
    """The link, still unused. Raises NotFound when it is unknown, used or too old."""
    found = session.scalars(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == digest(token),
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.until > now,
        )
    ).first()
    if found is None:
        raise NotFound(purpose)
    return found


def use(session: Session, token: str, purpose: str, now: datetime) -> UUID | None:
    """Use it up and say for which account it was. Of two at the same moment one gets NotFound."""
    link = look(session, token, purpose, now)
    used = session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.token_hash == link.token_hash, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
        .returning(OneTimeLink.account_id)
    ).first()
    if used is None:
        raise NotFound(purpose)
    return link.account_id
