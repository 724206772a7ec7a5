"""What a farmer lets a partner see: given for one partner, product and purpose, with its fields and its last day; taken back at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from core.db import new_id
from core.errors import Unusable
from profiles.models import Consent, Farmer

LONGEST = timedelta(days=90)


def grant(
    session: Session,
    farmer_id: UUID,
    organisation_id: UUID,
    purpose: str,
    product: str,
    fields: Sequence[str],
    how: str,
    wording: str,
    now: datetime,
    until: datetime,
) -> Consent:
    """Record a yes. It takes the place of an earlier one for the same partner, product and purpose.

    Raises Unusable for more than 90 days, for no time at all and for no fields.
    """
    if not fields or not now < until <= now + LONGEST:
        raise Unusable("consent.too_long")
    session.execute(select(Farmer.id).where(Farmer.id == farmer_id).with_for_update())
    same = (
        Consent.farmer_id == farmer_id,
        Consent.organisation_id == organisation_id,
        Consent.purpose == purpose,
        Consent.product == product,
    )
    session.execute(update(Consent).where(*same, Consent.withdrawn_at.is_(None)).values(withdrawn_at=now))
    row = Consent(
        id=new_id(now),
        farmer_id=farmer_id,
        organisation_id=organisation_id,
        purpose=purpose,
        product=product,
        fields=list(fields),
        starts_at=now,
        how=how,
        wording=wording,
        witness=None,
        at=now,
        until=until,
        withdrawn_at=None,
    )
    session.add(row)
    session.flush()
    return row


def stands(
    session: Session, farmer_id: UUID, organisation_id: UUID, purpose: str, product: str, fields: Sequence[str], now: datetime
) -> Consent | None:
    """The permission for exactly this that lives at this instant and covers these fields, held until the caller's commit.

    Held, so that a withdrawal comes wholly before or wholly after what is shown under it.
    """
    query = select(Consent).where(
        Consent.farmer_id == farmer_id,
        Consent.organisation_id == organisation_id,
        Consent.purpose == purpose,
        Consent.product == product,
        live(now),
    )
    held = query.order_by(Consent.at.desc()).with_for_update().execution_options(populate_existing=True)
    found = session.scalars(held).first()
    return found if found is not None and set(fields) <= set(found.fields or ()) else None


def standing(session: Session, farmer_id: UUID, now: datetime) -> list[Consent]:
    """Every permission that lives now, newest first."""
    query = select(Consent).where(Consent.farmer_id == farmer_id, Consent.organisation_id.is_not(None), live(now))
    return list(session.scalars(query.where(Consent.product.is_not(None)).order_by(Consent.at.desc())))


def hold(session: Session, consent_id: UUID, farmer_id: UUID) -> Consent | None:
    """A farmer's own permission, locked: nothing is shown under it until the caller's commit."""
    query = select(Consent).where(Consent.id == consent_id, Consent.farmer_id == farmer_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def live(now: datetime) -> ColumnElement[bool]:
    """Given, begun, not taken back and not run out."""
    return and_(
        Consent.at <= now,
        or_(Consent.starts_at.is_(None), Consent.starts_at <= now),
        Consent.withdrawn_at.is_(None),
        Consent.until > now,
    )
