"""What a farmer notes: a cost, a harvest, a sale, each with its grade of evidence. Corrected by a new row; nothing is lost."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import units
from core.db import new_id
from core.errors import Conflict, NotFound
from profiles.models import Record

COST, HARVEST, SALE = KINDS = ("cost", "harvest", "sale")
COSTS = ("seed", "fertiliser", "labour", "transport", "other")
# What stands behind a figure, weakest first: she says so herself; her group saw it; both sides hold a receipt; a partner paid it.
SELF, GROUP, RECEIPT, PAID = GRADES = ("self", "group", "receipt", "paid")
# Measures that a crop is counted in, the usual one first. Milk, bunches and animals have their own; everything else is weighed.
OWN_UNITS = {"milk": ("litre",), "goats": ("head",), "matooke": ("bunch", "kg")}
LOCAL_UNITS = ("debe", "basin")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to note. `amount` is money in minor units; of a sale it may come later."""

    kind: str
    crop: str
    currency: str
    day: date
    what: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    amount: int | None = None
    grade: str = SELF
    receipt: UUID | None = None
    how: str = "ussd"


def units_of(crop: str) -> tuple[str, ...]:
    """The measures in which this crop may be noted, the most usual first."""
    return OWN_UNITS.get(crop) or ("bag", "kg", *(unit for unit in LOCAL_UNITS if units.measure(crop, unit)))


def weight(crop: str, quantity: Decimal | None, unit: str | None) -> Decimal | None:
    """What that usually weighs in kilograms; None where it must not be converted: a heap, a bunch, a litre, a bag of groundnuts."""
    if quantity is None or unit is None:
        return None
    if unit == "kg":
        return quantity
    known = units.measure(crop, unit)
    return quantity * known.usual if known else None


def note(session: Session, farmer_id: UUID, entry: Entry, now: datetime, replaces: UUID | None = None) -> Record:
    """Keep one entry. Raises ValueError for what no farm has: this is checked where it is typed."""
    _check(entry)
    record = Record(
        id=new_id(now),
        farmer_id=farmer_id,
        kind=entry.kind,
        crop=entry.crop,
        what=entry.what,
        quantity=entry.quantity,
        unit=entry.unit,
        kg=weight(entry.crop, entry.quantity, entry.unit),
        amount=entry.amount,
        currency=entry.currency,
        day=entry.day,
        grade=entry.grade,
        receipt=entry.receipt,
        replaces=replaces,
        replaced=False,
        how=entry.how,
        at=now,
    )
    session.add(record)
    session.flush()
    return record


def correct(session: Session, farmer_id: UUID, record_id: UUID, entry: Entry, now: datetime) -> Record:
    """A new row in the place of one of theirs; the old one stays to be read. Raises NotFound; Conflict where it was corrected
    before, or where more stands behind it than behind the new one: a receipt is corrected by its group, not by saying so."""
    old = _held(session, farmer_id, record_id)
    if old.replaced or GRADES.index(entry.grade) < GRADES.index(old.grade):
        raise Conflict("this record cannot be corrected so")
    old.replaced = True
    return note(session, farmer_id, entry, now, replaces=old.id)


def earn(session: Session, farmer_id: UUID, record_id: UUID, amount: int) -> Record:
    """What a sale brought, where that was still open. Raises NotFound, Conflict."""
    sale = _held(session, farmer_id, record_id)
    if sale.kind != SALE or sale.amount is not None or sale.replaced or amount <= 0:
        raise Conflict("this sale waits for no amount")
    sale.amount = amount
    session.flush()
    return sale


def get(session: Session, farmer_id: UUID, record_id: UUID) -> Record:
    """One record of this farmer. Raises NotFound, for another's too."""
    record = session.get(Record, record_id)
    if record is None or record.farmer_id != farmer_id:
        raise NotFound("record")
    return record


def newest(session: Session, farmer_id: UUID, record_id: UUID) -> Record:
    """What a record has been corrected to: itself where it stands. Raises NotFound."""
    record = get(session, farmer_id, record_id)
    while record.replaced:
        record = session.scalars(select(Record).where(Record.replaces == record.id).order_by(Record.at.desc()).limit(1)).one()
    return record


def of(session: Session, farmer_id: UUID, first: date = date.min, last: date = date.max, crop: str | None = None) -> list[Record]:
    """What stands of a farmer between two days, newest first; what was corrected is left out."""
    query = select(Record).where(Record.farmer_id == farmer_id, Record.day.between(first, last), Record.replaced.is_(False))
    if crop is not None:
        query = query.where(Record.crop == crop)
    return list(session.scalars(query.order_by(Record.day.desc(), Record.at.desc(), Record.id.desc())))


def history(session: Session, farmer_id: UUID, most: int = 50) -> list[Record]:
    """The newest rows of a farmer, the corrected ones among them."""
    query = select(Record).where(Record.farmer_id == farmer_id).order_by(Record.day.desc(), Record.at.desc(), Record.id.desc())
    return list(session.scalars(query.limit(most)))


def unpriced(session: Session, farmer_id: UUID, since: date) -> Record | None:
    """The newest sale whose money was never said: the call was cut between the two questions."""
    query = select(Record).where(
        Record.farmer_id == farmer_id, Record.kind == SALE, Record.amount.is_(None), Record.replaced.is_(False), Record.day >= since
    )
    return session.scalars(query.order_by(Record.at.desc()).limit(1)).first()


def usual_unit(session: Session, farmer_id: UUID, crop: str) -> str:
    """The measure in which they last counted this crop."""
    query = select(Record.unit).where(
        Record.farmer_id == farmer_id, Record.crop == crop, Record.unit.in_(units_of(crop)), Record.receipt.is_(None)
    )
    return session.scalars(query.order_by(Record.at.desc()).limit(1)).first() or units_of(crop)[0]


def strongest(grades: Collection[str]) -> str | None:
    """The best evidence among these."""
    return max(grades, key=GRADES.index, default=None)


def _held(session: Session, farmer_id: UUID, record_id: UUID) -> Record:
    """The row, held until we commit, so that two corrections do not both find it standing."""
    query = select(Record).where(Record.id == record_id, Record.farmer_id == farmer_id)
    record = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if record is None:
        raise NotFound("record")
    return record


def _check(entry: Entry) -> None:
    """A cost is of something and has an amount; a harvest and a sale have a quantity. Nothing is below or at nought."""
    cost = entry.kind == COST
    named = entry.what in COSTS if cost else entry.what is None
    counted = (entry.quantity is None) if cost else (entry.quantity is not None and entry.quantity > 0 and entry.unit is not None)
    paid = entry.amount is not None and entry.amount > 0 if cost else entry.kind == SALE or entry.amount is None
    if entry.kind not in KINDS or entry.grade not in GRADES or not (named and counted and paid) or (entry.amount or 0) < 0:
        raise ValueError(f"not a record: {entry}")
