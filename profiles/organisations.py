"""Cooperatives, groups and partners: added, found by their short code, and who belongs to them on a day."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from core.db import insert_new, new_id
from core.errors import Conflict, NotFound
from profiles.models import Farmer, Membership, Organisation
from profiles.spelling import fold

KINDS = ("cooperative", "producer_group", "savings_group", "lender", "insurer", "buyer", "dealer", "service")
ROLES = ("member", "leader", "agent")


def add(
    session: Session, kind: str, name: str, code: str, now: datetime, district_id: int | None = None, sample: bool = False
) -> Organisation:
    """A new organisation. Raises Conflict when another bears the code, ValueError for an unknown kind or an empty code."""
    short = fold(code).upper()
    if kind not in KINDS or not short:
        raise ValueError(f"kind {kind!r}, code {code!r}")
    values = {"id": new_id(now), "kind": kind, "name": name.strip(), "code": short, "district_id": district_id}
    added = insert_new(session, Organisation, [values | {"sample": sample, "created_at": now}])
    if not added:
        raise Conflict(f"the code {short} is taken")
    organisation: Organisation = added[0]
    return organisation


def get(session: Session, organisation_id: UUID) -> Organisation:
    """One organisation. Raises NotFound."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound(f"organisation {organisation_id}")
    return organisation


def by_code(session: Session, typed: str) -> Organisation:
    """The organisation whose code was typed, in any spelling. Raises NotFound."""
    found = session.scalars(select(Organisation).where(Organisation.code == fold(typed).upper())).one_or_none()
    if found is None:
        raise NotFound(f"no organisation has the code {typed[:20]!r}")
    return found


def members(session: Session, organisation_id: UUID, day: date) -> list[Farmer]:
    """Who belongs to it on a day, in order of name. The day of leaving is the first without."""
    belongs = select(Membership.farmer_id).where(
        Membership.organisation_id == organisation_id, Membership.since <= day, or_(Membership.until.is_(None), Membership.until > day)
    )
    found = session.scalars(select(Farmer).where(Farmer.id.in_(belongs)))
    return sorted(found, key=lambda farmer: ((farmer.name or "\uffff").casefold(), farmer.number))


def of(session: Session, farmer_id: UUID, day: date) -> list[Organisation]:
    """What a farmer belongs to on a day, in order of name."""
    belongs = select(Membership.organisation_id).where(
        Membership.farmer_id == farmer_id, Membership.since <= day, or_(Membership.until.is_(None), Membership.until > day)
    )
    return sorted(session.scalars(select(Organisation).where(Organisation.id.in_(belongs))), key=lambda one: one.name.casefold())


def role(session: Session, farmer_id: UUID, organisation_id: UUID, day: date) -> str | None:
    """What a farmer is in it on a day; None for who does not belong to it."""
    mine = (Membership.farmer_id == farmer_id, Membership.organisation_id == organisation_id, Membership.since <= day)
    query = select(Membership.role).where(*mine, or_(Membership.until.is_(None), Membership.until > day))
    return session.scalars(query.order_by(Membership.since.desc()).limit(1)).first()


def appoint(session: Session, farmer_id: UUID, organisation_id: UUID, role: str) -> None:
    """What a present member is from now on. Raises ValueError for a role that does not exist."""
    if role not in ROLES:
        raise ValueError(role)
    _spell(session, farmer_id, organisation_id, Membership.until.is_(None), role=role)


def belonging(session: Session, organisation_id: UUID, farmer_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these farmers have joined it and not left."""
    standing = select(Membership.farmer_id).where(
        Membership.organisation_id == organisation_id, Membership.farmer_id.in_(farmer_ids), Membership.until.is_(None)
    )
    return set(session.scalars(standing))


def join(session: Session, farmer_id: UUID, organisation_id: UUID, since: date, role: str = "member") -> bool:
    """This farmer belongs to it from this day. Says whether that is news; nothing happens to who is a member already."""
    if belonging(session, organisation_id, [farmer_id]):
        return False
    row = {"farmer_id": farmer_id, "organisation_id": organisation_id, "since": since, "until": None, "role": role}
    if not insert_new(session, Membership, [row], Membership.farmer_id):
        _spell(session, farmer_id, organisation_id, Membership.since == since, until=None, role=role)  # left and back on one day
    return True


def join_all(session: Session, farmer_ids: Sequence[UUID], organisation_id: UUID, since: date) -> int:
    """These farmers are members from this day; how many of them were not yet."""
    fresh = set(farmer_ids) - belonging(session, organisation_id, farmer_ids)
    rows = [{"farmer_id": one, "organisation_id": organisation_id, "since": since, "until": None, "role": "member"} for one in fresh]
    joined = {farmer_id for (farmer_id,) in insert_new(session, Membership, rows, Membership.farmer_id)}
    for farmer_id in fresh - joined:  # left earlier today, or joined by somebody else at this moment
        join(session, farmer_id, organisation_id, since)
    return len(fresh)


def leave(session: Session, farmer_id: UUID, organisation_id: UUID, day: date) -> None:
    """This farmer belongs to it no longer from this day; nothing happens to who is no member."""
    _spell(session, farmer_id, organisation_id, Membership.until.is_(None), until=day)


def _spell(session: Session, farmer_id: UUID, organisation_id: UUID, which: ColumnElement[bool], **values: object) -> None:
    mine = (Membership.farmer_id == farmer_id, Membership.organisation_id == organisation_id, which)
    session.execute(update(Membership).where(*mine).values(**values))
