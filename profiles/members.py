"""The members of one organisation as its staff look at them: searched, paged, with their role, since when and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from profiles import consent, roll
from profiles.models import Farmer, Membership, Place

PAGE = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `text`: a name, a code, a phone or its last digits; `gone`: those who left, instead of who is there."""

    organisation_id: UUID
    text: str = ""
    role: str | None = None
    gone: bool = False
    country: str = "UG"


@dataclass(frozen=True, slots=True)
class Member:
    """One farmer's belonging. `agreed`: they said yes themselves to being kept and texted."""

    farmer: Farmer
    membership: Membership
    district: str | None
    agreed: bool


def search(session: Session, wanted: Search, page: int, today: date, now: datetime) -> tuple[list[Member], int]:
    """One page (from 1) of whom was looked for, by name, and how many there are in all."""
    found = _narrowed(wanted, today)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    order = (Farmer.name.is_(None), func.lower(Farmer.name), Farmer.id, Membership.since)
    rows = session.execute(found.order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    names = dict(session.execute(select(Place.id, Place.name).where(Place.id.in_({row[0].district_id for row in rows}))).all())
    agreed = consent.standing(session, [row[0].id for row in rows], consent.SERVICE, now)
    return [Member(row[0], row[1], names.get(row[0].district_id or 0), row[0].id in agreed) for row in rows], total


def counts(session: Session, organisation_ids: Sequence[UUID], today: date) -> dict[UUID, int]:
    """How many present members each of these has."""
    counted = select(Membership.organisation_id, func.count()).where(Membership.organisation_id.in_(organisation_ids), *_present(today))
    return dict(session.execute(counted.group_by(Membership.organisation_id)).all())


def of(session: Session, organisation_id: UUID, farmer_id: UUID) -> Membership:
    """The newest belonging of a farmer to it, present or past. Raises NotFound."""
    mine = select(Membership).where(Membership.organisation_id == organisation_id, Membership.farmer_id == farmer_id)
    found = session.scalars(mine.order_by(Membership.since.desc()).limit(1)).first()
    if found is None:
        raise NotFound("member")
    return found


def _narrowed(wanted: Search, today: date) -> Select[Farmer, Membership]:
    query = select(Farmer, Membership).join(Membership, Membership.farmer_id == Farmer.id)
    query = query.where(Membership.organisation_id == wanted.organisation_id)
    query = query.where(Membership.until <= today) if wanted.gone else query.where(*_present(today))
    if wanted.role:
        query = query.where(Membership.role == wanted.role)
    text = " ".join(wanted.text.split())[:60]
    return query.where(roll.means(text, wanted.country)) if text else query


def _present(today: date) -> tuple[ColumnElement[bool], ...]:
    return Membership.since <= today, or_(Membership.until.is_(None), Membership.until > today)
