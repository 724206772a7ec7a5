"""Receipts looked up: a farmer's own, a group's, all of them for those who settle disputes."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.models import Receipt
from linkage.receipts import CORRECTED, DISPUTED
from profiles.models import Farmer, Organisation

Row = tuple[Receipt, Farmer, Organisation]


def of_farmer(session: Session, farmer_id: UUID, most: int = 10) -> list[Receipt]:
    """A farmer's receipts, newest first; a corrected one is seen from the one that replaces it."""
    mine = select(Receipt).where(Receipt.farmer_id == farmer_id, Receipt.state != CORRECTED)
    return list(session.scalars(mine.order_by(Receipt.day.desc(), Receipt.number.desc()).limit(most)))


def of_group(session: Session, organisation_id: UUID | None, state: str | None, page: int, size: int) -> list[Row]:
    """One page (from 1) of a group's receipts, of all groups' for None, newest first; one more than `size` where more follow."""
    rows = (
        select(Receipt, Farmer, Organisation)
        .join(Farmer, Farmer.id == Receipt.farmer_id)
        .join(Organisation, Organisation.id == Receipt.organisation_id)
        .order_by(Receipt.number.desc())
    )
    if organisation_id is not None:
        rows = rows.where(Receipt.organisation_id == organisation_id)
    if state:
        rows = rows.where(Receipt.state == state)
    return [(row[0], row[1], row[2]) for row in session.execute(rows.limit(size + 1).offset((page - 1) * size))]


def disputed(session: Session, organisation_id: UUID | None) -> int:
    """How many wait for somebody to settle them."""
    counted = select(func.count()).select_from(Receipt).where(Receipt.state == DISPUTED)
    if organisation_id is not None:
        counted = counted.where(Receipt.organisation_id == organisation_id)
    return session.scalar(counted) or 0


def replacement(session: Session, receipt_id: UUID) -> Receipt | None:
    """The receipt that took the place of this one."""
    return session.scalars(select(Receipt).where(Receipt.replaces == receipt_id)).one_or_none()
