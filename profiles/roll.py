"""The roll: farmers as staff look at them. Searched, listed, counted; a group's staff see their own members only."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from core import codes, phone
from core.errors import NotFound, Unusable
from profiles.models import Consent, Farmer, Membership, Organisation, Place, Plot

PAGE = 50
LAST_DIGITS = 3  # fewer match too many people to be of use


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `text` is a part of a name, a code (4827-4), a phone or its last digits; `scope` is the only group to look in."""

    text: str = ""
    district_id: int | None = None
    language: str | None = None
    scope: UUID | None = None
    country: str = "UG"


@dataclass(frozen=True, slots=True)
class Line:
    farmer: Farmer
    district: str | None
    crops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is known of one farmer."""

    farmer: Farmer
    district: str | None
    place: str | None
    plots: Sequence[Plot]
    consents: Sequence[tuple[Consent, str | None]]  # with the organisation's name; None: Ensigo itself
    groups: Sequence[tuple[Membership, Organisation]]
    contact: Farmer | None  # who passes news on to them
    passes_on_to: Sequence[Farmer]
    same_phone: Sequence[Farmer]


def search(session: Session, wanted: Search, page: int, today: date) -> tuple[list[Line], int]:
    """One page (from 1) of whom was looked for, by name, and how many there are in all."""
    narrowed = _narrowed(wanted, today)
    total = session.scalar(select(func.count()).select_from(narrowed.subquery())) or 0
    ordered = narrowed.order_by(Farmer.name.is_(None), func.lower(Farmer.name), Farmer.id).limit(PAGE).offset((page - 1) * PAGE)
    farmers = list(session.scalars(ordered))
    return _lines(session, farmers), total


def profile(session: Session, farmer_id: UUID, scope: UUID | None, today: date) -> Profile:
    """Raises NotFound for nobody, and for somebody outside the scope alike."""
    farmer = one(session, farmer_id, scope, today)
    groups = session.execute(
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.farmer_id == farmer_id)
        .order_by(Membership.since.desc())
    ).all()
    consents = session.execute(
        select(Consent, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Consent.organisation_id)
        .where(Consent.farmer_id == farmer_id)
        .order_by(Consent.at.desc())
    ).all()
    same = select(Farmer).where(Farmer.phone == farmer.phone, Farmer.id != farmer_id).order_by(Farmer.id)
    relying = select(Farmer).where(Farmer.contact_id == farmer_id).order_by(Farmer.name)
    return Profile(
        farmer=farmer,
        district=_name(session, farmer.district_id),
        place=_name(session, farmer.place_id),
        plots=list(session.scalars(select(Plot).where(Plot.farmer_id == farmer_id).order_by(Plot.position))),
        consents=[(row[0], row[1]) for row in consents],
        groups=[(row[0], row[1]) for row in groups],
        contact=session.scalars(_within(select(Farmer).where(Farmer.id == farmer.contact_id), scope, today)).first(),
        passes_on_to=list(session.scalars(_within(relying, scope, today))),
        same_phone=list(session.scalars(_within(same, scope, today))) if farmer.phone else [],
    )


def one(session: Session, farmer_id: UUID, scope: UUID | None, today: date) -> Farmer:
    """A farmer within the scope. Raises NotFound."""
    farmer = session.scalars(_within(select(Farmer).where(Farmer.id == farmer_id), scope, today)).first()
    if farmer is None:
        raise NotFound("farmer")
    return farmer


def alike(session: Session, number: str | None, name: str | None, district_id: int | None) -> list[Farmer]:
    """Who may be the same person as one about to be entered: on the same phone, or of the same name in the same district."""
    same = [Farmer.phone == number] if number else []
    if name and district_id:
        same.append((func.lower(Farmer.name) == name.lower()) & (Farmer.district_id == district_id))
    return list(session.scalars(select(Farmer).where(or_(*same)).order_by(Farmer.id).limit(10))) if same else []


def names(session: Session, farmer_ids: Sequence[UUID]) -> Mapping[UUID, Farmer]:
    """These farmers by id, those that exist."""
    return {farmer.id: farmer for farmer in session.scalars(select(Farmer).where(Farmer.id.in_(farmer_ids[:500])))}


def groups(session: Session, scope: UUID | None = None) -> list[Organisation]:
    """The groups that a farmer may belong to, by name."""
    wanted = select(Organisation).where(
        Organisation.kind.in_(("cooperative", "producer group", "producer_group", "savings group", "savings_group"))
    )
    return list(session.scalars((wanted if scope is None else wanted.where(Organisation.id == scope)).order_by(Organisation.name)))


def holds_phone(text: str) -> bool:
    """Whether so much of a number was typed that it must not stand in an address."""
    return sum(c.isdigit() for c in text) > 5 and not any(c.isalpha() for c in text)


def _narrowed(wanted: Search, today: date) -> Select[Farmer]:
    query = _within(select(Farmer), wanted.scope, today)
    if wanted.district_id is not None:
        query = query.where(Farmer.district_id == wanted.district_id)
    if wanted.language:
        query = query.where(Farmer.language == wanted.language)
    text = " ".join(wanted.text.split())[:60]
    return query.where(means(text, wanted.country)) if text else query


def means(text: str, country: str) -> ColumnElement[bool]:
    """What was typed as a condition: figures may be a code or a phone, anything else is part of a name."""
    digits = re.sub(r"[\s.\-–+()]", "", text)
    if not (digits.isascii() and digits.isdigit()):
        return Farmer.name.ilike(f"%{_literal(text)}%", escape="\\")
    ways: list[ColumnElement[bool]] = []
    with contextlib.suppress(Unusable):
        ways.append(Farmer.number == codes.read(text))
    with contextlib.suppress(Unusable):
        ways.append(Farmer.phone == phone.e164(text, country))
    if LAST_DIGITS <= len(digits) <= 9:
        ways.append(Farmer.phone.like(f"%{digits}"))
    return or_(*ways) if ways else Farmer.number == -1


def _within(query: Select[Farmer], scope: UUID | None, today: date) -> Select[Farmer]:
    return query if scope is None else query.where(_member(scope, today))


def _member(scope: UUID, today: date) -> ColumnElement[bool]:
    return exists().where(
        Membership.farmer_id == Farmer.id,
        Membership.organisation_id == scope,
        Membership.since <= today,
        or_(Membership.until.is_(None), Membership.until > today),
    )


def _lines(session: Session, farmers: Sequence[Farmer]) -> list[Line]:
    ids = [farmer.id for farmer in farmers]
    crops: dict[UUID, list[str]] = {}
    for farmer_id, crop in session.execute(select(Plot.farmer_id, Plot.crop).where(Plot.farmer_id.in_(ids)).order_by(Plot.position)):
        crops.setdefault(farmer_id, []).append(crop)
    districts = dict(session.execute(select(Place.id, Place.name).where(Place.id.in_({farmer.district_id for farmer in farmers}))).all())
    return [Line(farmer, districts.get(farmer.district_id or 0), tuple(crops.get(farmer.id, ()))) for farmer in farmers]


def _name(session: Session, place_id: int | None) -> str | None:
    return session.scalar(select(Place.name).where(Place.id == place_id)) if place_id is not None else None


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
