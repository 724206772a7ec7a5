"""How many texts went out: one row for each that a gateway took, with whose it was, to be counted by whoever knows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Subquery, cast, column, func, literal, select, true
from sqlalchemy.orm import Session

from core.db import dialect
from messaging.gateway import Fate
from messaging.models import Batch, Message, Suppression
from messaging.story import LONGEST_WAIT


def stopped(session: Session) -> set[str]:
    """The phones that said STOP."""
    return set(session.scalars(select(Suppression.phone)))


def sent(session: Session, since: datetime) -> Subquery:
    """(ref, hour): every text that left since this moment, by what its batch calls its owner, and the hour in UTC: "2026-03-12 09".

    A phone's place among a batch's phones is its owner's place among the refs. Ids of batches begin with their time, so that
    only the last weeks are read.
    """
    first = UUID(int=int((since - LONGEST_WAIT).timestamp() * 1000) << 80)
    told, phone, ref, hour = DIALECTS[dialect(session)]()
    held = select(Batch.id, phone.label("phone"), func.replace(ref, "-", "").label("ref")).select_from(Batch).join(told, true())
    # OFFSET 0 keeps SQLite from asking every message of its batch again: a hundred times the work.
    whose = held.where(Batch.id >= first).offset(0).subquery("whose")
    left = select(whose.c.ref, hour.label("hour")).join(Message, (Message.batch_id == whose.c.id) & (Message.phone == whose.c.phone))
    return left.where(Message.at >= since, Message.fate == Fate.SENT).subquery("sent")


def hour_of(text: str) -> datetime:
    """The instant at which an hour of `sent` begins."""
    return datetime.fromisoformat(f"{text}:00:00+00:00")


def _postgresql() -> tuple[Any, Any, Any, Any]:
    columns = (column("phone", String), column("ref", String))
    told = func.unnest(Batch.phones, Batch.refs).table_valued(*columns).render_derived().lateral("told")
    return told, told.c.phone, told.c.ref, func.to_char(func.timezone("UTC", Message.at), "YYYY-MM-DD HH24")


def _sqlite() -> tuple[Any, Any, Any, Any]:
    told = func.json_each(Batch.phones).table_valued(column("key", Integer), column("value", String), name="told")
    ref = func.json_extract(Batch.refs, literal("$[") + cast(told.c.key, String) + "]")
    return told, told.c.value, ref, func.substr(cast(Message.at, String), 1, 13)


# What differs: the rows of a batch's phones, one of them, its ref, and the hour of a moment.
DIALECTS = {"postgresql": _postgresql, "sqlite": _sqlite}
