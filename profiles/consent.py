"""Standing permissions: for whom, what, why, until when, given how. Withdrawn, never deleted."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from core.db import among, new_id
from profiles.models import Consent, Farmer

SERVICE = "service"  # to be kept and texted
AT_ONCE = 500  # ids in one query: SQLite takes a limited number of variables


def give(
    session: Session,
    farmer_id: UUID,
    purpose: str,
    how: str,
    wording: str,
    now: datetime,
    until: datetime | None = None,
    organisation_id: UUID | None = None,
    witness: str | None = None,
) -> Consent:
    """Record a permission, or give back the one that stands already. `wording` says which words were shown (texts.fingerprint).

    The farmer's row is held while we look, so that two concurrent yeses make one permission.
    """
    session.execute(select(Farmer.id).where(Farmer.id == farmer_id).with_for_update())
    query = select(Consent).where(Consent.farmer_id == farmer_id, Consent.purpose == purpose, _stands(now))
    same = Consent.organisation_id.is_(None) if organisation_id is None else Consent.organisation_id == organisation_id
    standing_already = session.scalars(query.where(same).limit(1)).one_or_none()
    if standing_already is not None and standing_already.until == until:
        return standing_already
    row = Consent(
        id=new_id(now),
        farmer_id=farmer_id,
        organisation_id=organisation_id,
        purpose=purpose,
        how=how,
        wording=wording,
        witness=witness,
        at=now,
        until=until,
        withdrawn_at=None,
    )
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, farmer_id: UUID, purpose: str, now: datetime) -> int:
    """End every permission of this purpose that stands; how many there were."""
    ended = update(Consent).where(Consent.farmer_id == farmer_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
    return len(session.execute(ended.values(withdrawn_at=now).returning(Consent.id)).all())


def standing(session: Session, farmer_ids: Iterable[UUID], purpose: str, now: datetime) -> set[UUID]:
    """Which of these farmers permit this purpose now, to Ensigo itself."""
    ids, found = list(dict.fromkeys(farmer_ids)), set()
    for start in range(0, len(ids), AT_ONCE):
        query = select(Consent.farmer_id).where(among(session, Consent.farmer_id, ids[start : start + AT_ONCE]), Consent.purpose == purpose)
        found |= set(session.scalars(query.where(Consent.organisation_id.is_(None), _stands(now))))
    return found


def _stands(now: datetime) -> ColumnElement[bool]:
    return and_(Consent.at <= now, Consent.withdrawn_at.is_(None), or_(Consent.until.is_(None), Consent.until > now))
