"""What an operator or an incident has turned off, and until when. Read again before each batch is sent."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from core.db import INSERT, dialect
from messaging.models import Switch

SENDING = "sending"


def names(klass: str, sender: str, payer: str) -> list[str]:
    """Every switch that could hold this text back, whatever its way."""
    return [SENDING, f"class:{klass}", f"sender:{sender}", f"payer:{payer}"]


def turn_off(session: Session, name: str, why: str, by: str, now: datetime, until: datetime | None = None) -> None:
    """Hold back what this names. Turning off twice keeps the later reason."""
    row = {"name": name, "why": why, "by": by, "at": now, "until": until}
    statement = INSERT[dialect(session)](Switch).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def turn_on(session: Session, name: str) -> None:
    """Let it go again."""
    session.execute(delete(Switch).where(Switch.name == name))


def closed(session: Session, gateways: Iterable[str], now: datetime) -> set[str]:
    """The gateways among these that are paused."""
    return {name.partition(":")[2] for name in off(session, now, [f"gateway:{one}" for one in gateways])}


def off(session: Session, now: datetime, among: Iterable[str] | None = None) -> dict[str, Switch]:
    """The switches that are off at this instant, by name."""
    query = select(Switch).where(or_(Switch.until.is_(None), Switch.until > now))
    if among is not None:
        query = query.where(Switch.name.in_(list(among)))
    return {switch.name: switch for switch in session.scalars(query)}
