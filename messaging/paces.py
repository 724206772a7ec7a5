"""Traffic off a slow way: a gateway whose deliveries take long with an operator's phones is given fewer of them, and drifts back.

Where a seventh of the texts has no delivery after five minutes, the weight falls at each look; else it rises, more slowly.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.db import INSERT, dialect
from messaging import operators
from messaging.flow_models import Pace
from messaging.gateway import Fate, State
from messaging.models import Message, Outcome

SLOW = timedelta(minutes=5)
WINDOW = timedelta(minutes=15)
TOO_MANY = 0.15  # of the texts
FEWEST = 20  # that say anything
FULL, LEAST, DOWN, UP = 100, 10, 30, 10  # per cent
SAMPLE = 5_000


def weights(session: Session, gateways: Sequence[str]) -> dict[tuple[str, str], int]:
    """What is less than full, by gateway and operator."""
    found = session.scalars(select(Pace).where(Pace.gateway.in_(gateways), Pace.weight < FULL))
    return {(pace.gateway, pace.operator): pace.weight for pace in found}


def weigh(weight: int, seen: int, slow: int) -> int:
    """The next weight. Too few texts say nothing: it drifts back, else a way without traffic would stay closed. Pure."""
    if seen >= FEWEST and slow / seen >= TOO_MANY:
        return max(LEAST, weight - DOWN)
    return min(FULL, weight + UP)


def look(session: Session, now: datetime) -> None:
    """Weigh every gateway by operator over the texts of the last minutes that are old enough to have been delivered.

    A gateway that reports nothing at all is silent, not slow: that is an incident's business.
    """
    seen, slow, reported = Counter[tuple[str, str]](), Counter[tuple[str, str]](), set[str]()
    for gateway, phone, sent_at, state, at in session.execute(_texts(now)):
        way = (gateway, operators.operator(phone))
        seen[way] += 1
        reported |= {gateway} if state else set()
        slow[way] += state != State.DELIVERED or at - sent_at > SLOW
    known = {(pace.gateway, pace.operator): pace.weight for pace in session.scalars(select(Pace))}
    for way in sorted(seen.keys() | {way for way, weight in known.items() if weight < FULL}):
        if way[0] in reported or not seen[way]:
            _write(session, way, weigh(known.get(way, FULL), seen[way], slow[way]), seen[way], slow[way], now)


def _texts(now: datetime) -> Any:
    joined = and_(Outcome.batch_id == Message.batch_id, Outcome.phone == Message.phone)
    recent = (Message.at > now - SLOW - WINDOW, Message.at <= now - SLOW, Message.fate == Fate.SENT)
    columns = (Message.gateway, Message.phone, Message.at, Outcome.state, Outcome.at)
    return select(*columns).outerjoin(Outcome, joined).where(*recent).order_by(Message.at.desc()).limit(SAMPLE)


def _write(session: Session, way: tuple[str, str], weight: int, seen: int, slow: int, now: datetime) -> None:
    row = {"gateway": way[0], "operator": way[1], "weight": weight, "seen": seen, "slow": slow, "at": now}
    statement = INSERT[dialect(session)](Pace).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "operator"], set_=row))
