"""What we remember of a source between two questions: whose turn it is to ask, when it may be asked again, what went wrong.

free → claimed (nobody else asks for LEASE) → answered (not before it is stale) | failed (each time a longer pause).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from content.models import Fetch
from core import incidents
from core.db import insert_new

EVERY = timedelta(hours=3)  # a source is asked so often, and less often where it says that its answer holds for longer
LONGEST = timedelta(hours=12)  # whatever it says
LEASE = timedelta(minutes=5)
PAUSE = timedelta(minutes=10)  # after the first failure, doubled by each further one up to EVERY
SILENT = timedelta(hours=24)
INCIDENT = "source.silent"


@dataclass(frozen=True, slots=True)
class Turn:
    """It is ours to ask. What the source gave us to prove that we have its last answer."""

    subject: str
    etag: str | None
    modified: str | None


def claim(session: Session, source: str, subject: str, now: datetime, *, anyway: bool = False) -> Turn | None:
    """Take the turn to ask, or None while it is not time or another process asks. `anyway`: a person wants it now."""
    first = {"source": source, "subject": subject, "failures": 0, "at": now}
    insert_new(session, Fetch, [first], Fetch.source)
    due = [Fetch.source == source, Fetch.subject == subject]
    if not anyway:
        due.append(or_(Fetch.not_before.is_(None), Fetch.not_before <= now))
    taken = update(Fetch).where(*due).values(not_before=now + LEASE).returning(Fetch.etag, Fetch.modified)
    row = session.execute(taken).one_or_none()
    return Turn(subject, row.etag, row.modified) if row else None


def answered(
    session: Session, source: str, subject: str, etag: str | None, modified: str | None, fresh_for: timedelta, now: datetime
) -> None:
    """It went well; `at` is from now on the moment of the last good answer."""
    again = now + min(max(EVERY, fresh_for), LONGEST)
    good = {"etag": etag, "modified": modified, "not_before": again, "failures": 0, "says": None, "at": now}
    session.execute(update(Fetch).where(Fetch.source == source, Fetch.subject == subject).values(**good))
    if not _silent(session, source, now):
        incidents.close(session, INCIDENT, source, now)


def failed(session: Session, source: str, subject: str, says: str, wait: timedelta | None, now: datetime) -> None:
    """It went wrong. After a day without one good answer an operator is told."""
    row = session.get_one(Fetch, (source, subject), with_for_update=True, populate_existing=True)
    pause = min(PAUSE * 2 ** min(row.failures, 10), EVERY)
    row.failures, row.says = row.failures + 1, says
    row.not_before = now + min(max(pause, wait or pause), LONGEST)
    session.flush()
    if _silent(session, source, now):
        told = f"{source} has given no usable answer for {subject} since {row.at:%d %b %H:%M} UTC. It says: {says}"
        incidents.open_(session, INCIDENT, source, told, now)


def forget(session: Session, source: str, keep: Sequence[str]) -> None:
    """Subjects that are not asked about any more: they would look silent for ever."""
    session.execute(delete(Fetch).where(Fetch.source == source, Fetch.subject.not_in(keep)))


def _silent(session: Session, source: str, now: datetime) -> bool:
    """Whether something of this source has been failing for a day."""
    failing = select(Fetch.subject).where(Fetch.source == source, Fetch.failures > 0, Fetch.at <= now - SILENT)
    return session.scalars(failing.limit(1)).first() is not None
