"""The queue as an operator looks at it: what waits in each lane and for whom, what is due and since when, what is in the air.

Of a hundred thousand waiting batches only the partial index of what is queued is read, and never a message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from core.db import dialect
from messaging import switches
from messaging.classes import POLICIES
from messaging.models import Batch

SAMPLE = 200  # batches of one queue that are opened to count their phones; of more, the count is an estimate
LANES = tuple(sorted({policy.lane for policy in POLICIES.values()}))
LENGTH: Mapping[str, Any] = {"postgresql": func.cardinality, "sqlite": func.json_array_length}
# Written into the statement, for a planner only trusts a partial index whose condition it can read.
QUEUED = Batch.state == literal("queued", literal_execute=True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one payer has waiting in one lane. `exact`: whether the phones were counted, or estimated from the oldest batches."""

    payer: str
    batches: int
    phones: int
    exact: bool
    due: int
    oldest: datetime | None  # since when the oldest due one has waited


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane with its payers, and how many of its batches somebody holds or a gateway is being asked to take."""

    lane: int
    lines: Sequence[Waiting]
    held: int
    in_the_air: int

    @property
    def batches(self) -> int:
        return sum(line.batches for line in self.lines)

    @property
    def phones(self) -> int:
        return sum(line.phones for line in self.lines)

    @property
    def exact(self) -> bool:
        return all(line.exact for line in self.lines)

    @property
    def due(self) -> int:
        return sum(line.due for line in self.lines)

    @property
    def oldest(self) -> datetime | None:
        return min((line.oldest for line in self.lines if line.oldest), default=None)


def standing(session: Session, now: datetime) -> list[Lane]:
    """Every lane, the first first, an empty one too."""
    by_lane: dict[int, list[Waiting]] = {lane: [] for lane in LANES}
    for lane, payer, batches, due, oldest in session.execute(_queued(now)):
        phones, exact = _phones(session, lane, payer, batches)
        line = Waiting(payer, batches, phones, exact, due, oldest if oldest <= now else None)
        by_lane.setdefault(lane, []).append(line)
    leased = under_way(session)
    return [
        Lane(lane, tuple(lines), leased.get((lane, "claimed"), 0), leased.get((lane, "submitting"), 0))
        for lane, lines in sorted(by_lane.items())
    ]


def queued(session: Session, now: datetime) -> dict[int, int]:
    """Lane → how many batches wait in it, due or not."""
    counted: dict[int, int] = dict.fromkeys(LANES, 0)
    for lane, _, batches, _, _ in session.execute(_queued(now)):
        counted[lane] = counted.get(lane, 0) + batches
    return counted


def oldest_due(session: Session, now: datetime) -> dict[int, float]:
    """Lane → how many seconds its oldest due batch has waited, past whatever is held back; 0 where nothing is due.

    One look at the index alone, unless a class or a sender is held back: then the batches say whose they are.
    """
    off = switches.off(session, now)
    ages: dict[int, float] = dict.fromkeys(LANES, 0.0)
    if switches.SENDING in off:
        return ages
    waits = select(Batch.lane, func.min(Batch.not_before)).where(QUEUED, Batch.not_before <= now).group_by(Batch.lane)
    for kind, column in (("class:", Batch.klass), ("sender:", Batch.sender), ("payer:", Batch.payer)):
        named = [name.removeprefix(kind) for name in off if name.startswith(kind)]
        waits = waits.where(column.not_in(named)) if named else waits
    return ages | {lane: (now - since).total_seconds() for lane, since in session.execute(waits)}


def under_way(session: Session) -> dict[tuple[int, str], int]:
    """(lane, "claimed" or "submitting") → how many batches a worker holds, or a gateway is being asked to take."""
    found = select(Batch.lane, Batch.state, func.count()).where(Batch.owner.is_not(None)).group_by(Batch.lane, Batch.state)
    return {(lane, state): count for lane, state, count in session.execute(found)}


def in_the_air(session: Session) -> dict[str, int]:
    """Gateway → calls that are made and not yet answered, in all processes."""
    found = select(Batch.gateway, func.count()).where(Batch.owner.is_not(None), Batch.state == "submitting").group_by(Batch.gateway)
    return {gateway or "": count for gateway, count in session.execute(found)}


def payers(session: Session) -> list[str]:
    """Those who have something waiting."""
    return list(session.scalars(select(Batch.payer).where(QUEUED).distinct().order_by(Batch.payer)))


def _queued(now: datetime) -> Any:
    due = func.count().filter(Batch.not_before <= now)
    columns = (Batch.lane, Batch.payer, func.count(), due, func.min(Batch.not_before))
    return select(*columns).where(QUEUED).group_by(Batch.lane, Batch.payer).order_by(Batch.lane, Batch.payer)


def _phones(session: Session, lane: int, payer: str, batches: int) -> tuple[int, bool]:
    first = select(Batch.phones).where(QUEUED, Batch.lane == lane, Batch.payer == payer).order_by(Batch.not_before, Batch.id)
    seen = first.limit(SAMPLE).subquery()
    opened, phones = session.execute(select(func.count(), func.sum(LENGTH[dialect(session)](seen.c.phones)))).one()
    if not opened:
        return 0, True
    return round(int(phones or 0) * batches / opened), opened >= batches
