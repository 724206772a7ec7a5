"""The stretches in which planning takes a country: farmers in the order they came, then the phones that several of them share.

Rows that belong together were written together, so a stretch of ids is read from a part of each table, where a stretch of phones
would be picked from all over them. What ids cannot tell is whether a text to this phone was planned before: the phones of more
than one farmer are noted when planning begins, and are taken by phone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, literal, select, text
from sqlalchemy.orm import Session

from content.models import Broadcast, BroadcastSharedPhone
from core.db import dialect
from profiles.models import Farmer

Ids = tuple[UUID, UUID]
# The ways a stretch is cut: farmers whose phone is nobody else's; shared phones; all phones, where there are few or each is named.
ALONE, SHARED, PHONES = "alone", "shared", "phones"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What lies after one key and up to another: ids of farmers in hexadecimal when they are ALONE, else phones."""

    broadcast_id: UUID
    way: str
    after: str
    upto: str

    @property
    def cursor(self) -> str:
        return f"{self.way}:{self.upto}"

    @property
    def ids(self) -> Ids | None:
        return (_id(self.after), _id(self.upto)) if self.way == ALONE else None

    @property
    def farmers(self) -> list[ColumnElement[bool]]:
        """Which farmers lie in it, beside the bounds of `ids`."""
        shared = BroadcastSharedPhone
        ours = shared.broadcast_id == self.broadcast_id
        if self.way == ALONE:
            return [~exists().where(ours, shared.phone == Farmer.phone)]
        if self.way == SHARED:
            return [Farmer.phone.in_(select(shared.phone).where(ours, shared.phone > self.after, shared.phone <= self.upto))]
        return [Farmer.phone > self.after, Farmer.phone <= self.upto]


def begin(session: Session, broadcast_id: UUID, by_name: bool, width: int) -> str:
    """The first cursor. Notes who shares a phone, as it is now, where that is needed to tell a text twice from a text once.

    It is not where each farmer is written to by name, nor where all phones lie in one stretch of `width`.
    """
    few = select(Farmer.phone).where(Farmer.phone.is_not(None)).order_by(Farmer.phone).limit(width + 1).subquery()
    if by_name or session.scalars(select(func.count()).select_from(few)).one() <= width:
        return f"{PHONES}:"
    several = select(literal(broadcast_id, Farmer.id.type), Farmer.phone).where(Farmer.phone.is_not(None))
    several = several.group_by(Farmer.phone).having(func.count() > 1)
    session.execute(insert(BroadcastSharedPhone).from_select(["broadcast_id", "phone"], several))
    if dialect(session) == "postgresql":
        session.execute(text("ANALYZE broadcast_shared_phones"))
    return f"{ALONE}:"


def after(session: Session, broadcast_id: UUID, cursor: str, width: int) -> Stretch | None:
    """The next stretch of at most `width` farmers, or shared phones; None when nothing is left. Read from an index alone."""
    way, _, last = cursor.rpartition(":")  # a cursor without a way is of an older release, which went by phone
    way = way or PHONES
    keys = _keys(way, broadcast_id, last)
    upto = session.scalars(keys.offset(width - 1).limit(1)).first()
    if upto is None:
        upto = session.scalars(keys.order_by(None).order_by(keys.selected_columns[0].desc()).limit(1)).first()
    if upto is None:
        return after(session, broadcast_id, f"{SHARED}:", width) if way == ALONE else None
    return Stretch(broadcast_id, way, last, upto.hex if isinstance(upto, UUID) else upto)


def forget(session: Session, broadcast_id: UUID) -> None:
    """Planning is over: who shares a phone was asked for its sake alone."""
    session.execute(delete(BroadcastSharedPhone).where(BroadcastSharedPhone.broadcast_id == broadcast_id))


def forget_ended(session: Session, now: datetime) -> None:
    """The same for broadcasts that failed, or were stopped and not resumed in their time."""
    ended = select(Broadcast.id).where(Broadcast.valid_until < now)
    session.execute(delete(BroadcastSharedPhone).where(BroadcastSharedPhone.broadcast_id.in_(ended)))


def _keys(way: str, broadcast_id: UUID, last: str) -> Select[Any]:
    if way == ALONE:
        return select(Farmer.id).where(Farmer.id > _id(last)).order_by(Farmer.id)
    if way == SHARED:
        phone = BroadcastSharedPhone.phone
        return select(phone).where(BroadcastSharedPhone.broadcast_id == broadcast_id, phone > last).order_by(phone)
    return select(Farmer.phone).where(Farmer.phone > last).order_by(Farmer.phone)


def _id(written: str) -> UUID:
    return UUID(written) if written else UUID(int=0)
