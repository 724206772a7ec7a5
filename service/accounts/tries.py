"""Guessing passwords is slow: five tries in a quarter of an hour for an account, twenty in an hour from an address.

The tries are rows of the audit, so that every process counts the same and a restart forgets nothing. A try is noted before
the password is looked at: of many at the same moment, none slips past the count.
"""

import hmac
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.audit import AuditEntry

TRIED, SUCCEEDED = "sign_in.tried", "sign_in.succeeded"
PER_ACCOUNT, ACCOUNT_WINDOW = 5, timedelta(minutes=15)
PER_ADDRESS, ADDRESS_WINDOW = 20, timedelta(hours=1)


def subjects(email: str, address: str, key: str) -> tuple[str, str]:
    """What is counted, as keyed hashes: the audit names nobody who is not an account."""
    return tuple(f"{kind}:{_hash(value, key)}" for kind, value in (("email", email.strip().casefold()), ("address", address)))  # type: ignore[return-value]


def note(session: Session, email: str, address: str, key: str, now: datetime) -> None:
    for subject in subjects(email, address, key):
        audit.note(session, "visitor", TRIED, subject, now)


def forget(session: Session, email: str, address: str, key: str, now: datetime) -> None:
    """The right password was given: the count of this account begins anew. That of the address does not."""
    audit.note(session, "visitor", SUCCEEDED, subjects(email, address, key)[0], now)


def too_many(session: Session, email: str, address: str, key: str, now: datetime, *, noted: bool) -> bool:
    """Whether this try is beyond the limit. `noted`: it is itself among the rows already."""
    by_email, by_address = subjects(email, address, key)
    since = session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.subject == by_email, AuditEntry.verb == SUCCEEDED, AuditEntry.at > now - ACCOUNT_WINDOW
        )
    )
    own = 1 if noted else 0
    for_account = _count(session, by_email, max(since or now - ACCOUNT_WINDOW, now - ACCOUNT_WINDOW))
    return for_account - own >= PER_ACCOUNT or _count(session, by_address, now - ADDRESS_WINDOW) - own >= PER_ADDRESS


def _count(session: Session, subject: str, since: datetime) -> int:
    counted = select(func.count()).where(AuditEntry.subject == subject, AuditEntry.verb == TRIED, AuditEntry.at > since)
    return session.scalar(counted) or 0


def _hash(value: str, key: str) -> str:
    return hmac.new(key.encode(), value.encode(), "sha256").hexdigest()[:24]
