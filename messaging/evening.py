"""A phone that was off is tried once more in the evening, when people charge and call; never a phone that refused us."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import insert_new, new_id, wake
from messaging.classes import MessageClass
from messaging.gateway import Fate, State
from messaging.models import Batch, Message, Outcome
from messaging.outbox import DISPATCH

HOUR = time(18, 30)
PREFIX = "evening:"


def try_again(session: Session, texts: Sequence[tuple[UUID, str]], now: datetime, zone: ZoneInfo) -> int:
    """One later text for each of these that was sent and found its phone off, if the evening comes within its validity; how many."""
    added = 0
    for batch_id, phone in texts:
        batch = session.get(Batch, batch_id)
        moment = _evening(now, zone)
        if batch is None or batch.klass == MessageClass.REPLY or moment >= batch.valid_until or (batch.dedupe or "").startswith(PREFIX):
            continue
        message = session.get(Message, (batch_id, phone))
        if message is None or message.fate != Fate.SENT:
            continue
        index = batch.phones.index(phone)
        copied = {name: getattr(batch, name) for name in ("sender", "payer", "klass", "lane", "body", "route", "valid_until")}
        one = {"id": new_id(now), "phones": [phone], "refs": [batch.refs[index]], "not_before": moment, "follows": batch.id}
        row = copied | one | {"attempt": batch.attempt + 1, "dedupe": f"{PREFIX}{batch_id.hex}:{index}"}
        added += len(insert_new(session, Batch, [row], Batch.id))
    if added:
        wake(session, DISPATCH)
    return added


def arrived_meanwhile(session: Session, batch: Batch) -> bool:
    """Whether the text that an evening's try repeats was delivered after all."""
    if not (batch.dedupe or "").startswith(PREFIX) or batch.follows is None:
        return False
    state = select(Outcome.state).where(Outcome.batch_id == batch.follows, Outcome.phone == batch.phones[0])
    return session.scalars(state).first() == State.DELIVERED


def _evening(now: datetime, zone: ZoneInfo) -> datetime:
    today = clock.at(clock.day(now, zone), HOUR, zone)
    return today if now < today else clock.at(clock.day(now, zone) + timedelta(days=1), HOUR, zone)
