"""What an operator must look at: opened by the code that sees it, once per kind and subject, closed when it has passed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, insert_new, new_id


class Incident(Base):
    __tablename__ = "incidents"
    __table_args__ = (Index("uq_incidents_open", "kind", "subject", "open", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]  # "gateway.unauthorised", "campaign.late"
    subject: Mapped[str]  # what it is about: "africastalking", "campaign:…"
    says: Mapped[str]  # one sentence: what is wrong and what to do
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when an operator was told of it by text or e-mail
    open: Mapped[bool | None]  # True while open, NULL after: NULLs do not collide in the unique index


def open_(session: Session, kind: str, subject: str, says: str, now: datetime) -> None:
    """Open an incident, or leave the one that is open already."""
    row = {"id": new_id(now), "kind": kind, "subject": subject, "says": says, "opened_at": now, "closed_at": None, "open": True}
    insert_new(session, Incident, [row])


def close(session: Session, kind: str, subject: str, now: datetime) -> None:
    """Close what is open of this kind and subject; nothing happens when nothing is."""
    session.execute(
        update(Incident).where(Incident.kind == kind, Incident.subject == subject, Incident.open.is_(True)).values(open=None, closed_at=now)
    )


def standing(session: Session) -> list[Incident]:
    """The open ones, newest first."""
    return list(session.scalars(select(Incident).where(Incident.open.is_(True)).order_by(Incident.opened_at.desc())))
