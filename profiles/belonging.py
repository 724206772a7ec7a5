"""A farmer's own say in her groups: leaving one, which no list undoes, and what a group must tell her when it takes her in."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from profiles import organisations
from profiles.models import Farmer

LEFT = "left:"  # in Farmer.declined, with the group's id: they left it themselves
AT_ONCE = 500  # ids in one query: SQLite takes a limited number of variables


def leave(session: Session, farmer: Farmer, organisation_id: UUID, now: datetime, day: date) -> None:
    """From this day the group neither sees nor texts her. Nothing happens to who is no member."""
    if organisations.role(session, farmer.id, organisation_id, day) is None:
        return
    organisations.leave(session, farmer.id, organisation_id, day)
    farmer.declined = {**farmer.declined, f"{LEFT}{organisation_id.hex}": now.isoformat()}
    audit.note(session, f"farmer:{farmer.id}", "member.left", f"farmer:{farmer.id}", now, organisation=str(organisation_id))
    session.flush()


def left(session: Session, organisation_id: UUID, farmer_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these left this group themselves: a list does not put them back."""
    mark, found = f"{LEFT}{organisation_id.hex}", set[UUID]()
    for start in range(0, len(farmer_ids), AT_ONCE):
        query = select(Farmer.id, Farmer.declined).where(Farmer.id.in_(farmer_ids[start : start + AT_ONCE]))
        found |= {farmer_id for farmer_id, declined in session.execute(query) if mark in declined}
    return found


def back(session: Session, farmer: Farmer, organisation_id: UUID) -> None:
    """She came back, one by one and told so: a later list may name her again."""
    mark = f"{LEFT}{organisation_id.hex}"
    if mark in farmer.declined:
        farmer.declined = {key: when for key, when in farmer.declined.items() if key != mark}
        session.flush()
