"""Offers of partners: drafted, published once they may be, closed; and the places that they have, taken one by one.

draft → published → closed. What is published is frozen: farmers say yes to what they read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import new_id, next_number, wake
from core.errors import Conflict, NotFound, Unusable
from linkage import eligibility, terms
from linkage.eligibility import Criteria
from linkage.models import OFFER_NUMBERS, Offer
from messaging import gsm
from profiles import crops, organisations

DRAFT, PUBLISHED, CLOSED = "draft", "published", "closed"
FIRST_NUMBER, LONGEST_TITLE = 100, 30
MATCH = "match"


@dataclass(frozen=True, slots=True)
class NewOffer:
    """What a partner sends. `terms`: linkage/terms.py, by kind; `capacity` None: as many as come."""

    kind: str
    product: str
    title: str
    terms: Mapping[str, Any]
    criteria: Criteria
    opens_on: date
    closes_on: date
    capacity: int | None = None
    currency: str = "UGX"


def draft(session: Session, organisation_id: UUID, new: NewOffer, by: str, now: datetime) -> Offer:
    """A draft that nobody sees. Raises Unusable for what no farmer could read or use."""
    read, title = terms.read(new.kind, new.terms), " ".join(new.title.split())
    if not title or len(title) > LONGEST_TITLE or gsm.culprits(title):
        raise Unusable("offer.title", most=LONGEST_TITLE)
    if new.closes_on < new.opens_on:
        raise Unusable("offer.dates")
    unknown = [crop for crop in new.criteria.crops if crop not in {one.code for one in crops.CROPS}]
    if unknown or any(band not in eligibility.LAND for band in new.criteria.land):
        raise Unusable("offer.criteria", what=", ".join(unknown) or "land")
    row = Offer(
        id=new_id(now),
        number=next_number(session, OFFER_NUMBERS, Offer.number, FIRST_NUMBER),
        organisation_id=organisation_id,
        kind=new.kind,
        product=new.product,
        title=title,
        terms=terms.as_json(read),
        eligibility=new.criteria.as_json(),
        currency=new.currency,
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        capacity=new.capacity,
        taken=0,
        state=DRAFT,
        by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    audit.note(session, by, "offer.drafted", f"offer:{row.id}", now)
    return row


def publish(session: Session, offer_id: UUID, organisation_id: UUID, by: str, now: datetime, day: date) -> Offer:
    """Open it to farmers, and have it matched. Raises Unusable where the law or its own dates forbid it, Conflict when it is no draft."""
    offer, organisation = held(session, offer_id, organisation_id), organisations.get(session, organisation_id)
    if offer.state != DRAFT:
        raise Conflict(f"this offer is {offer.state}")
    if offer.closes_on < day:
        raise Unusable("offer.dates")
    terms.refuse(terms.read(offer.kind, offer.terms), offer.kind, organisation.kind, organisation.licence, offer.closes_on)
    offer.state, offer.published_at = PUBLISHED, now
    if offer.kind in terms.ADULTS_ONLY:
        offer.eligibility = {**offer.eligibility, "adult": True}
    audit.note(session, by, "offer.published", f"offer:{offer.id}", now)
    session.flush()
    wake(session, MATCH)
    return offer


def close(session: Session, offer_id: UUID, organisation_id: UUID, by: str, now: datetime) -> Offer:
    """No farmer can say yes any more; those who did keep their answer. Raises Conflict when it is not open."""
    offer = held(session, offer_id, organisation_id)
    if offer.state != PUBLISHED:
        raise Conflict(f"this offer is {offer.state}")
    offer.state = CLOSED
    audit.note(session, by, "offer.closed", f"offer:{offer.id}", now)
    session.flush()
    return offer


def discard(session: Session, offer_id: UUID, organisation_id: UUID, by: str, now: datetime) -> None:
    """Throw a draft away: nobody has seen it. Raises Conflict for what was published."""
    offer = held(session, offer_id, organisation_id)
    if offer.state != DRAFT:
        raise Conflict(f"this offer is {offer.state}")
    session.delete(offer)
    audit.note(session, by, "offer.discarded", f"offer:{offer.id}", now)
    session.flush()


def held(session: Session, offer_id: UUID, organisation_id: UUID) -> Offer:
    """One of this organisation's own offers, locked. Raises NotFound for another's, too."""
    query = select(Offer).where(Offer.id == offer_id, Offer.organisation_id == organisation_id)
    offer = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if offer is None:
        raise NotFound(f"offer {offer_id}")
    return offer


def of(session: Session, organisation_id: UUID) -> list[Offer]:
    """This organisation's offers, newest first."""
    return list(session.scalars(select(Offer).where(Offer.organisation_id == organisation_id).order_by(Offer.number.desc())))


def by_number(session: Session, number: int) -> Offer:
    """Any offer, by the number that stands on a farmer's screen. Raises NotFound."""
    offer = session.scalars(select(Offer).where(Offer.number == number)).one_or_none()
    if offer is None:
        raise NotFound(f"offer {number}")
    return offer


def open_on(session: Session, day: date) -> list[Offer]:
    """What farmers can say yes to on this day, oldest first."""
    there = (Offer.state == PUBLISHED, Offer.opens_on <= day, Offer.closes_on >= day, _room())
    return list(session.scalars(select(Offer).where(*there).order_by(Offer.number)))


def take_place(session: Session, offer_id: UUID, day: date) -> bool:
    """Take one of its places, if it is open and one is left: one statement, so that fifty at once share what there is."""
    there = (Offer.id == offer_id, Offer.state == PUBLISHED, Offer.opens_on <= day, Offer.closes_on >= day, _room())
    took = session.execute(update(Offer).where(*there).values(taken=Offer.taken + 1).returning(Offer.id))
    return took.first() is not None


def give_back(session: Session, offer_id: UUID) -> None:
    """A place is free again."""
    session.execute(update(Offer).where(Offer.id == offer_id, Offer.taken > 0).values(taken=Offer.taken - 1))


def _room() -> Any:
    return or_(Offer.capacity.is_(None), Offer.taken < Offer.capacity)
