"""Telling people that somebody else entered them, once and before anything else, and hearing their yes or no."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from content import texts
from core import clock
from core.settings import Settings
from messaging import gsm, outbox, suppressions
from messaging.classes import MessageClass
from profiles import entered, farmers
from profiles.models import Farmer, Organisation

WHO_ROOM = 28
NOTICE = "listed.top"  # the words that a yes on the screen is a yes to
SMS = "sms.entered"
JOINED = "sms.listed"


def tell(session: Session, people: Iterable[Farmer], sender: str, now: datetime, settings: Settings) -> int:
    """One notice to each phone of these people: who entered them, why, how to agree or refuse. How many texts are new.

    A second call tells nobody again, and several people on one phone are told once.
    """
    told, seen = 0, set[str]()
    for farmer in people:
        if farmer.phone is None or farmer.phone in seen:
            continue
        seen.add(farmer.phone)
        key = f"{SMS}_dial" if settings.inbound == "none" else SMS
        put = outbox.put(
            session,
            phone=farmer.phone,
            ref=farmer.id.hex,
            body=texts.say(key, farmer.language, who=who(session, farmer), ussd=settings.ussd_code),
            klass=MessageClass.NOTICE,
            sender=sender,
            now=now,
            zone=settings.zone,
            dedupe=f"entered:{farmer.id}",
        )
        told += put is not None
    return told


def tell_joined(session: Session, group: Organisation, farmer_ids: Sequence[UUID], day: date, now: datetime, settings: Settings) -> int:
    """One notice to each phone of farmers, known before, whom a group has put on its list: who did, and how to leave. How many are new.

    It is of the transaction that makes them members, and of a lane before the group's own texts.
    """
    told, seen, name = 0, set[str](), gsm.plain(group.name)[:WHO_ROOM].strip()
    for farmer in (farmers.get(session, one) for one in farmer_ids):
        if farmer.phone is None or farmer.phone in seen or entered.listed(session, farmer, now):
            continue
        seen.add(farmer.phone)
        put = outbox.put(
            session,
            phone=farmer.phone,
            ref=farmer.id.hex,
            body=texts.say(JOINED, farmer.language, who=name, ussd=settings.ussd_code),
            klass=MessageClass.NOTICE,
            sender=f"members:{group.id}",
            now=now,
            zone=settings.zone,
            dedupe=f"joined:{group.id}:{farmer.id}:{day}",
        )
        told += put is not None
    return told


def who(session: Session, farmer: Farmer) -> str:
    """Who entered them, short enough for a phone; the service itself where nobody is known."""
    return gsm.plain(entered.by_whom(session, farmer))[:WHO_ROOM].strip() or "Ensigo"


def waiting(session: Session, here: Iterable[Farmer], now: datetime) -> list[Farmer]:
    """Those on a phone who were entered by somebody else and have not said yes."""
    return [farmer for farmer in here if entered.listed(session, farmer, now)]


def agree(session: Session, farmer: Farmer, how: str, key: str, now: datetime) -> None:
    """The yes of one of them, to the words of this key. It ends an earlier STOP of theirs, as joining does."""
    entered.agree(session, farmer, how, texts.fingerprint(key, farmer.language), now)
    if farmer.phone is not None:
        suppressions.start(session, farmer.phone, now)


def refuse(session: Session, farmer: Farmer, how: str, now: datetime, settings: Settings) -> None:
    """The no. Where nobody else is on the phone, it gets no more texts at all."""
    entered.refuse(session, farmer, now, clock.day(now, settings.zone))
    if farmer.phone is not None and len(farmers.on_phone(session, farmer.phone)) == 1:
        suppressions.stop(session, farmer.phone, how, now)
