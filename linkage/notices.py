"""Notices about a farmer's offers and data. On a phone that is not hers alone they say only that there is a message."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from content import texts
from linkage import said
from linkage.models import Offer
from messaging import outbox
from messaging.classes import MessageClass
from profiles import farmers
from profiles.models import Farmer, Organisation

OWN = "own"


def asked(session: Session, farmer: Farmer, by: Organisation, request: str, now: datetime, zone: ZoneInfo, ussd: str) -> None:
    """A partner asks to see her data."""
    _put(session, farmer, "sms.consent_asked", request, now, zone, ussd, partner=said.partner(by))


def given(session: Session, farmer: Farmer, to: Organisation, consent: UUID, until: str, now: datetime, zone: ZoneInfo, ussd: str) -> None:
    """She said yes to that: the receipt of it, and how to take it back."""
    _put(session, farmer, "sms.consent_given", f"consent:{consent}", now, zone, ussd, partner=said.partner(to), until=until)


def seen(session: Session, farmer: Farmer, by: Organisation, consent: UUID, now: datetime, zone: ZoneInfo, ussd: str) -> None:
    """A partner has looked, for the first time under this permission: later times are under My data."""
    _put(session, farmer, "sms.consent_used", f"disclosed:{consent}", now, zone, ussd, partner=said.partner(by))


def answered(
    session: Session, farmer: Farmer, by: Organisation, offer: Offer, yes: bool, about: str, now: datetime, zone: ZoneInfo, ussd: str
) -> None:
    """A partner's answer to her yes."""
    key = "sms.answer_yes" if yes else "sms.answer_no"
    _put(session, farmer, key, about, now, zone, ussd, partner=said.partner(by), title=offer.title)


def _put(session: Session, farmer: Farmer, key: str, about: str, now: datetime, zone: ZoneInfo, ussd: str, **values: object) -> None:
    """Once for each thing that it is about; nothing for a farmer without a phone."""
    if farmer.phone is None:
        return
    private = farmer.phone_use != OWN
    body = (
        texts.say("sms.private", farmer.language, code=farmers.code(farmer), ussd=ussd)
        if private
        else texts.say(key, farmer.language, ussd=ussd, **values)
    )
    outbox.put(
        session,
        phone=farmer.phone,
        ref=farmer.id.hex,
        body=body,
        klass=MessageClass.NOTICE,
        sender=about,
        dedupe=f"notice:{about}",
        now=now,
        zone=zone,
    )
