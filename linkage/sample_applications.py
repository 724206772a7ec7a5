"""Farmers of the sample country who asked for the first sample offer: waiting, answered, taken back; two let the partner look."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from linkage import applications, credit, offers, partner_book, said
from linkage.applications import ACCEPTED, APPROVED, DECLINED, REFUSED, WITHDRAWN
from linkage.credit import Asker
from linkage.models import Application, Offer
from linkage.notices import OWN
from linkage.sample_partners import SAMPLES
from profiles import farmers, organisations, sharing
from profiles.models import Farmer, Organisation, Plot

HOW, LOOKED_AT = "sample", 100
# What became of each yes, the oldest first, hours apart.
STATES = (APPROVED, REFUSED, WITHDRAWN, DECLINED, ACCEPTED, ACCEPTED, APPROVED, ACCEPTED)
APART = timedelta(hours=5)
WORDS = {APPROVED: "Come on Friday with your ID card", REFUSED: "All places of this season are taken"}
ALLOW = 2  # of those who wait, how many let the partner see some of their data
DAYS = timedelta(days=30)


def seed(session: Session, by: str, now: datetime, zone: ZoneInfo, ussd: str) -> int:
    """Put them in where none is; how many there are new. `by`: who answers and looks."""
    partner = organisations.by_code(session, SAMPLES[0].code)
    offer = next(iter(offers.of(session, partner.id)), None)
    if offer is None or offer.state != offers.PUBLISHED or partner_book.offer(session, offer.id, None).states:
        return 0
    day, made, waiting = clock.day(now, zone), 0, list[Application]()
    for farmer in _candidates(session, offer):
        if made == len(STATES):
            break
        state, at = STATES[made], now - APART * (len(STATES) - made)
        try:
            row = _ask(session, farmer, offer, partner, state, at, day)
        except Conflict:
            continue
        made += 1
        if state in WORDS:
            applications.answer(session, row.id, partner.id, state == APPROVED, WORDS[state], by, now, zone, ussd)
        elif state == ACCEPTED:
            waiting.append(row)
    for row in waiting[:ALLOW]:
        _allow(session, row.farmer_id, offer, now)
    for row in waiting[:1]:
        credit.pull(session, _asker(by, offer), farmers.code(farmers.get(session, row.farmer_id)), now, zone, ussd)
    return made


def _candidates(session: Session, offer: Offer) -> list[Farmer]:
    """Sample farmers with a phone of their own who grow what the offer asks for; it may yet not fit them."""
    grown = select(Plot.farmer_id).where(Plot.crop.in_(offer.eligibility.get("crops", [])))
    query = select(Farmer).where(Farmer.sample, Farmer.phone_use == OWN, Farmer.id.in_(grown)).order_by(Farmer.number)
    return list(session.scalars(query.limit(LOOKED_AT)))


def _ask(session: Session, farmer: Farmer, offer: Offer, partner: Organisation, state: str, at: datetime, day: date) -> Application:
    """Raises Conflict where it does not fit."""
    if state == DECLINED:
        return applications.decline(session, farmer.id, offer, HOW, at)
    row = applications.accept(session, farmer.id, offer, said.sure(offer, partner, farmer.language), HOW, at, day)
    return applications.withdraw(session, farmer.id, offer, at) if state == WITHDRAWN else row


def _allow(session: Session, farmer_id: UUID, offer: Offer, now: datetime) -> None:
    what = (partner_book.PURPOSES[offer.kind], offer.product, ("name", "district", "crops", "land", "records"))
    sharing.grant(session, farmer_id, offer.organisation_id, *what, HOW, "sample", now, now + DAYS)


def _asker(by: str, offer: Offer) -> Asker:
    return Asker(by, offer.organisation_id, offer.product, partner_book.PURPOSES[offer.kind])
