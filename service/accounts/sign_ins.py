"""One browser signed in: a row on our side, a random token on theirs. Ends after half an hour of rest, or after twelve hours."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.settings import Settings
from service.accounts import links
from service.accounts.models import Account, SignIn

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # a page need not write more often than this


def begin(session: Session, account: Account, now: datetime) -> str:
    """A new token for this browser; whatever token it had before is not used again."""
    token = secrets.token_urlsafe(32)
    session.add(SignIn(token_hash=links.digest(token), account_id=account.id, created_at=now, seen_at=now, ended_at=None))
    audit.note(session, f"account:{account.id}", "account.signed_in", f"account:{account.id}", now)
    session.flush()
    return token


def who(session: Session, token: str, now: datetime) -> tuple[Account, SignIn] | None:
    """Whose browser this is, while its row stands and the account is active."""
    found = session.execute(
        select(Account, SignIn)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(
            SignIn.token_hash == links.digest(token),
            SignIn.ended_at.is_(None),
            SignIn.seen_at > now - IDLE,
            SignIn.created_at > now - ABSOLUTE,
            Account.active,
        )
    ).first()
    return (found[0], found[1]) if found else None


def seen(session: Session, token: str, now: datetime) -> None:
    """Push the half hour of rest further."""
    session.execute(update(SignIn).where(SignIn.token_hash == links.digest(token), SignIn.ended_at.is_(None)).values(seen_at=now))


def end(session: Session, token: str, now: datetime) -> None:
    """Sign this browser out."""
    ended = session.execute(
        update(SignIn)
        .where(SignIn.token_hash == links.digest(token), SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignIn.account_id)
    ).first()
    if ended:
        audit.note(session, f"account:{ended[0]}", "account.signed_out", f"account:{ended[0]}", now)


def end_all(session: Session, account_id: UUID, now: datetime) -> None:
    """Sign every browser of this account out."""
    session.execute(update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None)).values(ended_at=now))


def welcome(account: Account, settings: Settings) -> bool:
    """Whether this account may sign in here at all: those of the sample country only where texts go nowhere."""
    return account.active and (not account.sample or settings.gateways == ("simulator",))
