"""A partner's wish to see a farmer's data, and her yes or no to it: on her own phone, after reading all of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import insert_new, new_id
from core.errors import Conflict, Forbidden, NotFound, Unusable
from linkage import notices, said
from linkage.credit import ALLOWED, Asker
from linkage.models import ConsentRequest
from profiles import farmers, organisations, sharing
from profiles.models import Consent, Farmer

ASKED, GRANTED, REFUSED = "asked", "granted", "refused"
OPEN_FOR, NOT_AGAIN_FOR = timedelta(days=14), timedelta(days=30)
MOST_DAYS = 90


def ask(
    session: Session, asker: Asker, code: str, fields: Sequence[str], days: int, now: datetime, zone: ZoneInfo, ussd: str
) -> ConsentRequest | None:
    """Ask a farmer, once: a notice, and a request under My data. None when nobody was asked, which the partner is never told.

    Raises Forbidden for a key without product and purpose, Unusable for fields that its purpose does not allow.
    """
    if asker.product is None or asker.purpose not in ALLOWED:
        raise Forbidden("this key may not ask")
    unknown = [one for one in fields if one not in ALLOWED[asker.purpose]]
    if unknown or not fields or not 1 <= days <= MOST_DAYS:
        raise Unusable("consent.fields", fields=", ".join(ALLOWED[asker.purpose]), most=MOST_DAYS)
    try:
        farmer = farmers.by_code(session, code)
    except NotFound:
        return None
    if farmer.phone is None:
        return None
    request = _request(session, asker, farmer, list(dict.fromkeys(fields)), days, now)
    if request is not None:
        organisation = organisations.get(session, asker.organisation_id)
        notices.asked(session, farmer, organisation, f"asked:{request.id}:{request.at:%Y%m%d}", now, zone, ussd)
    return request


def _request(session: Session, asker: Asker, farmer: Farmer, fields: list[str], days: int, now: datetime) -> ConsentRequest | None:
    """The row, new or asked again; None while it is open, or after a no of late."""
    same = {"farmer_id": farmer.id, "organisation_id": asker.organisation_id, "product": asker.product, "purpose": asker.purpose}
    fresh = {"fields": fields, "days": days, "state": ASKED, "by": f"key:{asker.key_id}", "at": now, "answered_at": None}
    added = insert_new(session, ConsentRequest, [{"id": new_id(now), **same, **fresh}])
    if added:
        made: ConsentRequest = added[0]
        return made
    query = select(ConsentRequest).filter_by(**same).with_for_update().execution_options(populate_existing=True)
    known = session.scalars(query).one()
    still_open = known.state == ASKED and now < known.at + OPEN_FOR
    lately_refused = known.state == REFUSED and known.answered_at is not None and now < known.answered_at + NOT_AGAIN_FOR
    granted = (
        known.state == GRANTED
        and sharing.stands(session, farmer.id, asker.organisation_id, known.purpose, known.product, fields, now) is not None
    )
    if still_open or lately_refused or granted:
        return None
    for name, value in fresh.items():
        setattr(known, name, value)
    session.flush()
    return known


def waiting(session: Session, farmer_id: UUID, now: datetime) -> list[ConsentRequest]:
    """What she has not answered yet, oldest first."""
    query = select(ConsentRequest).where(
        ConsentRequest.farmer_id == farmer_id, ConsentRequest.state == ASKED, ConsentRequest.at > now - OPEN_FOR
    )
    return list(session.scalars(query.order_by(ConsentRequest.at)))


def get(session: Session, request_id: UUID, farmer_id: UUID) -> ConsentRequest:
    """One of her own. Raises NotFound."""
    found = session.get(ConsentRequest, request_id)
    if found is None or found.farmer_id != farmer_id:
        raise NotFound(f"request {request_id}")
    return found


def answerable(session: Session, farmer: Farmer) -> bool:
    """Whether this farmer may give such a permission by dialling: the phone is hers alone, and nobody else is registered on it."""
    return farmer.phone is not None and farmer.phone_use == notices.OWN and len(farmers.on_phone(session, farmer.phone)) == 1


def grant(session: Session, request: ConsentRequest, farmer: Farmer, wording: str, now: datetime, zone: ZoneInfo, ussd: str) -> Consent:
    """Her yes. `wording`: which words she read. Raises Forbidden on a phone that is not hers alone, Conflict when it was answered."""
    if not answerable(session, farmer):
        raise Forbidden("not her own phone")
    session.refresh(request, with_for_update=True)
    if request.state != ASKED or now >= request.at + OPEN_FOR:
        raise Conflict(f"this request is {request.state}")
    until = now + timedelta(days=request.days)
    consent = sharing.grant(
        *(session, farmer.id, request.organisation_id, request.purpose, request.product, request.fields, "ussd", wording, now, until)
    )
    request.state, request.answered_at = GRANTED, now
    session.flush()
    last = said.day(clock.day(until, zone), farmer.language)
    notices.given(session, farmer, organisations.get(session, request.organisation_id), consent.id, last, now, zone, ussd)
    return consent


def refuse(session: Session, request: ConsentRequest, now: datetime) -> None:
    """Her no: nothing is shown, and she is not asked again for a month."""
    session.refresh(request, with_for_update=True)
    if request.state == ASKED:
        request.state, request.answered_at = REFUSED, now
        session.flush()
