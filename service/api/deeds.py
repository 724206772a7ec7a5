"""What each address of the partner API does: a model in, one call, a model out. Always within the caller's own organisation."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core import clock, codes
from core.errors import Unusable
from jobs.runtime import Runtime
from linkage import applications, credit, offers, requests, terms
from linkage import models as tables
from linkage.credit import Asker
from linkage.eligibility import Criteria
from linkage.offers import NewOffer
from linkage.terms import Loan
from profiles import farmers, organisations, places
from service.accounts.keys import Caller
from service.api import shapes


def me(session: Session, house: Runtime, caller: Caller) -> shapes.Me:
    return shapes.Me(
        key=caller.key_id,
        organisation=caller.name,
        scopes=sorted(caller.scopes),
        product=caller.product,
        purpose=caller.purpose,
        until=caller.until,
    )


def profile(session: Session, house: Runtime, caller: Caller, code: str) -> shapes.Profile:
    now, settings = house.now(), house.settings
    return shapes.Profile(**credit.pull(session, _asker(caller), code, now, settings.zone, settings.ussd_code))


def ask(session: Session, house: Runtime, caller: Caller, wish: shapes.ConsentWish) -> shapes.Asked:
    now, settings = house.now(), house.settings
    codes.read(wish.farmer)  # a code that cannot be one is said to be so: that tells nobody whether a farmer exists
    requests.ask(session, _asker(caller), wish.farmer, wish.fields, wish.days, now, settings.zone, settings.ussd_code)
    return shapes.Asked(asked=wish.farmer)


def list_offers(session: Session, house: Runtime, caller: Caller) -> shapes.Offers:
    return shapes.Offers(offers=[_offer(one) for one in offers.of(session, caller.organisation_id)])


def draft(session: Session, house: Runtime, caller: Caller, wish: shapes.OfferWish) -> shapes.Offer:
    new = NewOffer(
        kind=wish.kind,
        product=wish.product,
        title=wish.title,
        terms=wish.terms.model_dump(mode="json"),
        criteria=_criteria(session, wish.eligibility),
        opens_on=wish.opens_on,
        closes_on=wish.closes_on,
        capacity=wish.capacity,
    )
    return _offer(offers.draft(session, caller.organisation_id, new, caller.actor, house.now()))


def publish(session: Session, house: Runtime, caller: Caller, id: UUID) -> shapes.Offer:
    now = house.now()
    return _offer(offers.publish(session, id, caller.organisation_id, caller.actor, now, clock.day(now, house.settings.zone)))


def close(session: Session, house: Runtime, caller: Caller, id: UUID) -> shapes.Offer:
    return _offer(offers.close(session, id, caller.organisation_id, caller.actor, house.now()))


def list_applications(session: Session, house: Runtime, caller: Caller) -> shapes.Applications:
    rows = applications.of_partner(session, caller.organisation_id)
    return shapes.Applications(applications=[_application(session, row) for row, _ in rows])


def answer(session: Session, house: Runtime, caller: Caller, id: UUID, wish: shapes.Answer) -> shapes.Application:
    now, settings, yes = house.now(), house.settings, wish.answer == "approve"
    row = applications.answer(session, id, caller.organisation_id, yes, wish.words, caller.actor, now, settings.zone, settings.ussd_code)
    return _application(session, row)


def _asker(caller: Caller) -> Asker:
    return Asker(caller.key_id, caller.organisation_id, caller.product, caller.purpose)


def _criteria(session: Session, wish: shapes.Eligibility) -> Criteria:
    """Names of districts and codes of groups as ids. Raises Unusable for a district that is none, NotFound for a group."""
    districts = []
    for name in wish.districts:
        found = [place.id for place in places.find(session, name) if place.name.casefold() == name.strip().casefold()]
        if len(found) != 1:
            raise Unusable("offer.criteria", what=name)
        districts += found
    groups = tuple(organisations.by_code(session, code).id for code in wish.groups)
    return Criteria(tuple(wish.crops), tuple(districts), tuple(wish.land), wish.sex, groups, False, wish.records)


def _offer(row: tables.Offer) -> shapes.Offer:
    read = terms.read(row.kind, row.terms)
    facts: dict[str, Any] = {name: getattr(row, name) for name in shapes.Offer.model_fields if name not in ("cost", "monthly")}
    return shapes.Offer(**facts, cost=read.cost, monthly=str(read.monthly) if isinstance(read, Loan) else None)


def _application(session: Session, row: tables.Application) -> shapes.Application:
    return shapes.Application(
        id=row.id,
        offer=row.offer_id,
        farmer=farmers.code(farmers.get(session, row.farmer_id)),
        state=row.state,
        at=row.at,
        way_back_until=row.cooling_until,
        answer=row.answer,
    )
