"""Texts whose answer never came: what a person decides of them, and the one kind that may go once more by itself.

Nothing here is sent again unasked. A report that comes meanwhile settles the text, and a decision after it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import insert_new, new_id, wake
from core.errors import Conflict, NotFound
from messaging import switches
from messaging.classes import POLICIES, MessageClass, Unconfirmed
from messaging.gateway import Fate, State
from messaging.models import Batch, Message, Outcome
from messaging.outbox import DISPATCH

ONCE_MORE = "once-more"  # the switch by which an operator allows an emergency to go once more
BY_PERSON = "a person decided"


class Verdict(StrEnum):
    ARRIVED = "arrived"  # the person has it: somebody asked
    CLOSED = "closed"  # let it be
    AGAIN = "again"  # send it once more, knowing that it may come twice


@dataclass(frozen=True, slots=True)
class Open:
    """One text that waits for a person."""

    batch: Batch
    phone: str
    index: int
    at: datetime
    may_go_again: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """One text whose answer never came, and of which is known by now what became of it. `reason`: BY_PERSON where a person said so."""

    batch: Batch
    index: int
    phone: str
    state: str
    reason: str
    at: datetime


def waiting(session: Session, now: datetime, limit: int = 100) -> Sequence[Open]:
    """The oldest first, of the classes about which a person decides."""
    asked = [kind.value for kind, policy in POLICIES.items() if policy.unconfirmed is Unconfirmed.ASKS_PERSON]
    query = (
        select(Batch, Message.phone, Message.at)
        .join(Message, Message.batch_id == Batch.id)
        .outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(Message.fate == Fate.UNCONFIRMED, Outcome.state.is_(None), Batch.klass.in_(asked))
        .order_by(Message.at, Message.phone)
        .limit(limit)
    )
    return [Open(batch, phone, batch.phones.index(phone), at, now < batch.valid_until) for batch, phone, at in session.execute(query)]


def settled(session: Session, since: datetime, limit: int = 20) -> Sequence[Settled]:
    """Those of the last days that a report or a person settled, the latest first."""
    query = (
        select(Batch, Message.phone, Outcome.state, Outcome.reason, Outcome.at)
        .join(Message, Message.batch_id == Batch.id)
        .join(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(Message.at > since, Message.fate == Fate.UNCONFIRMED)
        .order_by(Outcome.at.desc())
        .limit(limit)
    )
    return [Settled(row[0], row[0].phones.index(row[1]), *row[1:]) for row in session.execute(query) if row[1] in row[0].phones]


def decide(session: Session, batch_id: UUID, index: int, verdict: Verdict, actor: str, now: datetime) -> None:
    """What a person says of one unconfirmed text, by its place in its batch.

    Raises NotFound for another text, Conflict when it was settled before or is too late to go again.
    """
    batch = session.get(Batch, batch_id)
    if batch is None or not 0 <= index < len(batch.phones):
        raise NotFound("no such text")
    phone = batch.phones[index]
    message = session.get(Message, (batch_id, phone))
    if message is None or message.fate != Fate.UNCONFIRMED:
        raise Conflict("this text is not unconfirmed")
    if verdict is Verdict.AGAIN and now >= batch.valid_until:
        raise Conflict("its time is over: it would come too late")
    state = State.DELIVERED if verdict is Verdict.ARRIVED else State.FAILED
    row = {"batch_id": batch_id, "phone": phone, "state": state.value, "reason": BY_PERSON, "gateway_id": None, "at": now}
    if not insert_new(session, Outcome, [row], Outcome.phone):
        raise Conflict("its report came meanwhile")
    if verdict is Verdict.AGAIN:
        _again(session, batch, index, now)
    audit.note(session, actor, f"unconfirmed.{verdict.value}", f"batch:{batch_id}:{index}", now)


def _again(session: Session, batch: Batch, index: int, now: datetime) -> None:
    copied = {name: getattr(batch, name) for name in ("sender", "payer", "klass", "lane", "body", "route", "valid_until")}
    one = {"id": new_id(now), "phones": [batch.phones[index]], "refs": [batch.refs[index]], "not_before": now, "follows": batch.id}
    insert_new(session, Batch, [copied | one | {"attempt": batch.attempt + 1, "dedupe": f"again:{batch.id.hex}:{index}"}], Batch.id)
    wake(session, DISPATCH)


def may_go_once_more(session: Session, klass: str, attempt: int, now: datetime) -> bool:
    """Whether an unconfirmed text of this class goes once more by itself: only an emergency, once, where an operator allowed it."""
    allowed = POLICIES[MessageClass(klass)].unconfirmed is Unconfirmed.ONCE_MORE_IF_SWITCHED_ON
    return allowed and attempt == 1 and bool(switches.off(session, now, [ONCE_MORE]))
