"""The daily proof: of every text that was planned on a day, what became of it; planned and accounted for must be equal."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core import clock
from core.db import INSERT, dialect
from messaging.flow_models import Proof
from messaging.gateway import Fate
from messaging.models import Batch, Message

DAYS = 5  # that a text may still change in: none is valid for longer than four
FATES = tuple(fate.value for fate in Fate)
LENGTH = {"postgresql": func.cardinality, "sqlite": func.json_array_length}


def prove(session: Session, day: date, zone: ZoneInfo, now: datetime) -> Proof:
    """The account of one local day, written down over the last one. `missing` is what nobody can account for."""
    first, end = _floor(clock.at(day, time(0), zone)), _floor(clock.at(day + timedelta(days=1), time(0), zone))
    of_day = (Batch.id >= first, Batch.id < end)
    length = LENGTH[dialect(session)](Batch.phones)
    planned = int(session.scalars(select(func.coalesce(func.sum(length), 0)).where(*of_day)).one())
    waiting = int(session.scalars(select(func.coalesce(func.sum(length), 0)).where(*of_day, Batch.state != "done")).one())
    counted = select(Message.fate, func.count()).where(Message.batch_id >= first, Message.batch_id < end).group_by(Message.fate)
    fates = dict.fromkeys(FATES, 0) | {name: count for name, count in session.execute(counted).all()}  # noqa: C416 a Row is no pair to mypy
    row = {"day": day, "planned": planned, "waiting": waiting, "missing": planned - waiting - sum(fates.values()), "at": now} | fates
    session.execute(INSERT[dialect(session)](Proof).values(row).on_conflict_do_update(index_elements=["day"], set_=row))
    return session.get_one(Proof, day, populate_existing=True)


def latest(session: Session, limit: int = 30) -> Sequence[Proof]:
    """The newest day first."""
    return session.scalars(select(Proof).order_by(Proof.day.desc()).limit(limit)).all()


def unaccounted(session: Session, day: date, zone: ZoneInfo, limit: int = 20) -> Select[Any]:
    """The batches of a day that are done and have not a row for each phone: where to look when `missing` is not 0."""
    first, end = _floor(clock.at(day, time(0), zone)), _floor(clock.at(day + timedelta(days=1), time(0), zone))
    rows = select(func.count()).where(Message.batch_id == Batch.id).scalar_subquery()
    length = LENGTH[dialect(session)](Batch.phones)
    return select(Batch.id).where(Batch.id >= first, Batch.id < end, Batch.state == "done", rows != length).limit(limit)


def _floor(moment: datetime) -> UUID:
    """Before every id of a batch that was made at this moment: ids begin with their millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
