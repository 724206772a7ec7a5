"""Texts as staff look at them: a list of batches with their states, one message's whole story, counts.

The state of a message is one word: what its reports say in the end, or, until there are any, its fate when it was handed
over, or, before that, where its batch is.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from core.db import dialect
from core.errors import NotFound
from messaging.gateway import Fate
from messaging.models import Batch, Inbound, Message, Outcome, Report

PAGE = 40
LONGEST_WAIT = timedelta(days=4)  # no text is valid for longer between being planned and being sent
WAITING, SENDING = "waiting", "sending"
UNDER_WAY = {"queued": WAITING, "claimed": SENDING, "submitting": SENDING}

# What can be asked for in the list → the batches and messages that it means.
FILTERS: dict[str, tuple[str, ...]] = {
    "waiting": ("queued",),
    "sending": ("claimed", "submitting"),
    "sent": ("sent", "on_the_way", "buffered"),
    "delivered": ("delivered",),
    "failed": ("failed", "rejected", "absent", "refused", "not_sent"),
    "unconfirmed": ("unconfirmed", "unknown"),
    "held back": ("suppressed", "deferred", "cancelled", "expired"),
}
# What a report says counts only of a text that left. Grouped by this name: PostgreSQL does not see that two expressions
# with parameters are the same one.
STATE = case((Outcome.state.is_not(None) & Message.fate.in_((Fate.SENT, Fate.UNCONFIRMED)), Outcome.state), else_=Message.fate).label(
    "became"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One batch in the list. `counts`: state of a message → how many of its phones."""

    batch: Batch
    planned_at: datetime
    phones: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a message, or will. `kind` names it; `detail` is what the gateway or we said."""

    at: datetime
    kind: str
    detail: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """One message with everything known of it. `index` is its place in the batch, which stands for the phone in addresses."""

    batch: Batch
    index: int
    phone: str
    ref: str
    state: str
    events: Sequence[Event]
    message: Message | None
    later: UUID | None  # the batch that tries again


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text to or from a phone, as its owner sees it."""

    at: datetime
    body: str
    ours: bool


def planned_at(batch_id: UUID) -> datetime:
    """When a batch was made: its id begins with the millisecond."""
    return datetime.fromtimestamp((batch_id.int >> 80) / 1000, UTC)


def batches(session: Session, which: str | None, klass: str | None, before: UUID | None, limit: int = PAGE) -> list[Line]:
    """Newest first; `before` is the last id of the page above. Unknown filters find everything."""
    query: Select[Batch] = select(Batch).order_by(Batch.id.desc()).limit(limit)
    if klass:
        query = query.where(Batch.klass == klass)
    if before is not None:
        query = query.where(Batch.id < before)
    wanted = FILTERS.get(which or "")
    if wanted and which in {"waiting", "sending"}:
        query = query.where(Batch.state.in_(wanted))
    elif wanted:
        query = query.where(Batch.id.in_(_with_states().where(STATE.in_(wanted)).with_only_columns(Message.batch_id)))
    found = list(session.scalars(query))
    counts = _counts(session, Message.batch_id.in_([batch.id for batch in found]))
    return [Line(batch, planned_at(batch.id), len(batch.phones), counts.get(batch.id) or _under_way(batch)) for batch in found]


def batch(session: Session, batch_id: UUID) -> Batch:
    """Raises NotFound."""
    found = session.get(Batch, batch_id)
    if found is None:
        raise NotFound("batch")
    return found


def states(session: Session, one: Batch) -> list[str]:
    """The state of every phone of a batch, in the order of the batch."""
    rows = session.execute(_with_states().where(Message.batch_id == one.id).with_only_columns(Message.phone, STATE))
    known: dict[str, str] = dict(rows.all())
    return [known.get(phone) or UNDER_WAY.get(one.state, one.state) for phone in one.phones]


def whole(session: Session, batch_id: UUID, index: int) -> Whole:
    """One message's story in the order of time. Raises NotFound."""
    one = batch(session, batch_id)
    if not 0 <= index < len(one.phones):
        raise NotFound("message")
    phone = one.phones[index]
    message = session.get(Message, (batch_id, phone))
    outcome = session.get(Outcome, (batch_id, phone))
    reports: Sequence[Report] = ()
    gateway_ids = {row.gateway_id for row in (message, outcome) if row is not None and row.gateway_id}
    if message is not None and gateway_ids:
        told = select(Report).where(Report.gateway_id.in_(gateway_ids), Report.gateway == message.gateway).order_by(Report.at, Report.id)
        reports = list(session.scalars(told))
    follower = select(Batch.id, Batch.phones).where(Batch.follows == batch_id, Batch.sender == one.sender)
    later = next((row.id for row in session.execute(follower) if phone in row.phones), None)
    state = (outcome.state if outcome else None) or (message.fate if message else UNDER_WAY.get(one.state, one.state))
    return Whole(one, index, phone, one.refs[index], state, events(one, message, reports, outcome), message, later)


def events(one: Batch, message: Message | None, reports: Sequence[Report], outcome: Outcome | None) -> list[Event]:
    """What happened, in order. Pure: rows in, story out."""
    made = planned_at(one.id)
    told = [Event(made, "follows" if one.follows else "planned", f"try {one.attempt}" if one.attempt > 1 else "")]
    if one.not_before - made > timedelta(seconds=5):
        told.append(Event(one.not_before, "due"))
    if message is None and one.state in {"claimed", "submitting"} and one.lease_until:
        told.append(Event(one.lease_until, one.state))
    if message is None and one.state == "queued":
        told.append(Event(one.valid_until, "lapses"))
    if message is not None:
        told.append(Event(message.at, message.fate, message.gateway or "", message.code))
    told.extend(Event(report.at, f"report.{report.state}", report.reason, report.status) for report in reports)
    if outcome is not None and not reports:
        told.append(Event(outcome.at, f"report.{outcome.state}", outcome.reason))
    # Equal instants keep the order in which they were put here.
    return sorted(told, key=lambda event: event.at)


def for_one(session: Session, phone: str, refs: Container[str], limit: int = 20) -> list[tuple[Batch, int, str, datetime]]:
    """The last texts meant for one of those who share a phone, by what `refs` call them: batch, place in it, state, when."""
    rows = session.execute(
        _with_states()
        .join(Batch, Batch.id == Message.batch_id)
        .where(Message.phone == phone)
        .order_by(Message.at.desc())
        .limit(limit * 3)
        .with_only_columns(Batch, STATE, Message.at)
    )
    found = [(row[0], row[0].phones.index(phone), row[1], row[2]) for row in rows if phone in row[0].phones]
    return [(one, index, state, at) for one, index, state, at in found if one.refs[index] in refs][:limit]


def conversation(session: Session, phone: str, limit: int = 30) -> list[Spoken]:
    """What a phone got from us and sent to us, newest first."""
    got = session.execute(
        select(Message.at, Batch.body)
        .join(Batch, Batch.id == Message.batch_id)
        .where(Message.phone == phone, Message.fate == Fate.SENT)
        .order_by(Message.at.desc())
        .limit(limit)
    )
    sent = session.execute(select(Inbound.at, Inbound.text).where(Inbound.phone == phone).order_by(Inbound.at.desc()).limit(limit))
    both = [Spoken(at, body, True) for at, body in got] + [Spoken(at, body, False) for at, body in sent]
    return sorted(both, key=lambda spoken: spoken.at, reverse=True)[:limit]


def today(session: Session, since: datetime) -> Mapping[str, int]:
    """How many messages of each state since this moment, and how many wait.

    Ids of batches begin with their time, so that only the last days are read and not every message ever sent.
    """
    first = UUID(int=int((since - LONGEST_WAIT).timestamp() * 1000) << 80)
    recent = _with_states().where(Message.batch_id >= first, Message.at >= since)
    counted: dict[str, int] = dict(session.execute(recent.with_only_columns(STATE, func.count()).group_by(STATE)).all())
    size: Any = func.cardinality if dialect(session) == "postgresql" else func.json_array_length
    under_way = select(Batch.state, func.sum(size(Batch.phones))).where(Batch.state.in_(UNDER_WAY), Batch.id >= first).group_by(Batch.state)
    for state, phones in session.execute(under_way):
        counted[UNDER_WAY[state]] = counted.get(UNDER_WAY[state], 0) + int(phones or 0)
    return counted


def counts(session: Session, sender: str) -> Mapping[str, int]:
    """For everything one sender asked for: state → how many messages. Batches not sent yet count under waiting and sending."""
    own = select(Batch.id).where(Batch.sender == sender)
    found = _with_states().where(Message.batch_id.in_(own)).with_only_columns(STATE, func.count()).group_by(STATE)
    counted: dict[str, int] = dict(session.execute(found).all())
    for one in session.execute(select(Batch.state, Batch.phones).where(Batch.sender == sender, Batch.state.in_(UNDER_WAY))):
        counted[UNDER_WAY[one.state]] = counted.get(UNDER_WAY[one.state], 0) + len(one.phones)
    return counted


def _counts(session: Session, which: ColumnElement[bool]) -> dict[UUID, dict[str, int]]:
    rows = session.execute(
        _with_states().where(which).with_only_columns(Message.batch_id, STATE, func.count()).group_by(Message.batch_id, STATE)
    )
    found: dict[UUID, dict[str, int]] = {}
    for batch_id, state, number in rows:
        found.setdefault(batch_id, {})[state] = number
    return found


def _under_way(one: Batch) -> dict[str, int]:
    return {UNDER_WAY.get(one.state, one.state): len(one.phones)}


def _with_states() -> Select[Any]:
    return select(Message).outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
