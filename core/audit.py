"""Who did what, when, to which row: appended, never changed. Rows name people by id, never by phone or name."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, new_id


class AuditEntry(Base):
    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]  # "account:…", "farmer:…", "clock", "command"
    verb: Mapped[str]  # "price.approved", "account.created"
    subject: Mapped[str] = mapped_column(index=True)  # "price:…"
    detail: Mapped[dict[str, Any]]


def note(session: Session, actor: str, verb: str, subject: str, now: datetime, **detail: Any) -> None:
    """Append one entry in the caller's transaction, so that the deed and its record stand or fall together."""
    session.add(AuditEntry(id=new_id(now), at=now, actor=actor, verb=verb, subject=subject, detail=detail))


def of(session: Session, subject: str) -> list[AuditEntry]:
    """The story of one row, oldest first."""
    return list(session.scalars(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.at)))
