"""That a process without a door is alive: each writes its own row now and then, and health pages read its age."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import INSERT, Base, dialect

CLOCK = "clock"
FRESH = timedelta(seconds=90)


class Heartbeat(Base):
    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


def beat(session: Session, name: str, now: datetime) -> None:
    """Say that `name` is alive now."""
    statement = INSERT[dialect(session)](Heartbeat).values(name=name, at=now)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


def alive(session: Session, name: str, now: datetime) -> bool:
    """Whether `name` has said so in the last 90 seconds."""
    row = session.get(Heartbeat, name)
    return row is not None and now - row.at < FRESH
