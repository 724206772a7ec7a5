"""A farmer's yes or no to an offer, her way back for 48 hours, and the partner's answer.

accepted → withdrawn (within 48 hours) | approved | refused; approved → withdrawn while the 48 hours run; declined, withdrawn → accepted.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import insert_new, new_id
from core.errors import Conflict, NotFound, Unusable
from linkage import matching, notices, offers
from linkage.models import Application, Offer
from profiles import farmers, organisations

ACCEPTED, DECLINED, WITHDRAWN, APPROVED, REFUSED = "accepted", "declined", "withdrawn", "approved", "refused"
WAY_BACK = timedelta(hours=48)
LONGEST_ANSWER = 140
MOVES = {
    (DECLINED, ACCEPTED),
    (WITHDRAWN, ACCEPTED),
    (ACCEPTED, WITHDRAWN),
    (APPROVED, WITHDRAWN),
    (ACCEPTED, APPROVED),
    (ACCEPTED, REFUSED),
    (WITHDRAWN, DECLINED),
    (DECLINED, DECLINED),
}


def accept(session: Session, farmer_id: UUID, offer: Offer, shown: str, how: str, now: datetime, day: date) -> Application:
    """Her yes to the terms as they were shown, which are kept with it. A place of the offer is taken.

    Raises Conflict when it is closed, full, does not fit her, or she has said yes already.
    """
    fit = next((one for one in matching.for_farmer(session, farmer_id, day) if one.offer.id == offer.id), None)
    if fit is None or fit.missing:
        raise Conflict("this offer is not open to her")
    row = _say(session, farmer_id, offer, ACCEPTED, {**offer.terms, "shown": shown, "currency": offer.currency}, how, now)
    if not offers.take_place(session, offer.id, day):
        raise Conflict("no place is left")
    audit.note(session, f"farmer:{farmer_id}", "application.accepted", f"application:{row.id}", now)
    return row


def decline(session: Session, farmer_id: UUID, offer: Offer, how: str, now: datetime) -> Application:
    """Her no: it is not put before her again unless she looks for it. Raises Conflict after a yes that stands."""
    return _say(session, farmer_id, offer, DECLINED, {}, how, now)


def withdraw(session: Session, farmer_id: UUID, offer: Offer, now: datetime) -> Application:
    """She takes her yes back. Raises Conflict when 48 hours have passed or there is none, NotFound when she never answered."""
    row = _held(session, Application.offer_id == offer.id, Application.farmer_id == farmer_id)
    if not may_withdraw(row, now):
        raise Conflict("too late to take it back")
    _move(row, WITHDRAWN)
    offers.give_back(session, offer.id)
    audit.note(session, f"farmer:{farmer_id}", "application.withdrawn", f"application:{row.id}", now)
    session.flush()
    return row


def may_withdraw(row: Application, now: datetime) -> bool:
    return (row.state, WITHDRAWN) in MOVES and now < row.cooling_until


def answer(
    session: Session, application_id: UUID, organisation_id: UUID, yes: bool, words: str, by: str, now: datetime, zone: ZoneInfo, ussd: str
) -> Application:
    """The partner's answer; the farmer is told. Raises NotFound for another partner's, Conflict when it was answered or taken back."""
    own = select(Offer.id).where(Offer.organisation_id == organisation_id)
    row = _held(session, Application.id == application_id, Application.offer_id.in_(own))
    if len(words) > LONGEST_ANSWER or not words.replace("\n", " ").isprintable():
        raise Unusable("application.answer", most=LONGEST_ANSWER)
    _move(row, APPROVED if yes else REFUSED)
    row.answered_at, row.answer = now, words.strip() or None
    if not yes:
        offers.give_back(session, row.offer_id)
    audit.note(session, by, f"application.{row.state}", f"application:{row.id}", now)
    session.flush()
    offer, organisation = session.get_one(Offer, row.offer_id), organisations.get(session, organisation_id)
    farmer = farmers.get(session, row.farmer_id)
    notices.answered(session, farmer, organisation, offer, yes, f"application:{row.id}:{row.state}:{now:%Y%m%d%H%M}", now, zone, ussd)
    return row


def of_farmer(session: Session, farmer_id: UUID) -> list[tuple[Application, Offer]]:
    """All her answers with their offers, latest first."""
    query = select(Application, Offer).join(Offer, Offer.id == Application.offer_id).where(Application.farmer_id == farmer_id)
    return [(row, offer) for row, offer in session.execute(query.order_by(Application.at.desc()))]


def of_partner(session: Session, organisation_id: UUID, states: Sequence[str] = ()) -> list[tuple[Application, Offer]]:
    """The yeses to this partner's offers, latest first; a no is the farmer's own affair."""
    query = select(Application, Offer).join(Offer, Offer.id == Application.offer_id)
    query = query.where(Offer.organisation_id == organisation_id, Application.state != DECLINED)
    query = query.where(Application.state.in_(states)) if states else query
    return [(row, offer) for row, offer in session.execute(query.order_by(Application.at.desc()).limit(500))]


def _say(session: Session, farmer_id: UUID, offer: Offer, state: str, terms: dict[str, Any], how: str, now: datetime) -> Application:
    """Her answer, new or changed: one row for each offer and farmer, whatever arrives twice."""
    said = {"state": state, "terms": terms, "how": how, "at": now, "cooling_until": now + WAY_BACK, "answered_at": None, "answer": None}
    added = insert_new(session, Application, [{"id": new_id(now), "offer_id": offer.id, "farmer_id": farmer_id, **said}])
    if added:
        made: Application = added[0]
        return made
    row = _held(session, Application.offer_id == offer.id, Application.farmer_id == farmer_id)
    _move(row, state)
    for name, value in said.items():
        setattr(row, name, value)
    session.flush()
    return row


def _held(session: Session, *which: Any) -> Application:
    row = session.scalars(select(Application).where(*which).with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("no such application")
    return row


def _move(row: Application, to: str) -> None:
    if (row.state, to) not in MOVES:
        raise Conflict(f"from {row.state} there is no way to {to}")
    row.state = to
