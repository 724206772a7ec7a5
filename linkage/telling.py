"""Who hears of an offer that fits, and in which words: one text to a farmer, whatever fits; amounts only on a phone of one's own."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from content import texts
from core import codes
from core.db import insert_new, new_id, wake
from linkage import said
from linkage.facts import Known
from linkage.matching import Found
from linkage.models import Application, Offer
from linkage.notices import OWN
from messaging import classes, gsm
from messaging.classes import POLICIES, MessageClass
from messaging.gateway import Fate
from messaging.models import Batch, Message
from messaging.outbox import DISPATCH

KLASS = MessageClass.OFFER
LOOKED_AT = 50  # the latest texts of this class to a phone


def tell(
    session: Session,
    offers: Sequence[Offer],
    matched: Sequence[tuple[Known, Found]],
    now: datetime,
    zone: ZoneInfo,
    ussd: str,
    size: int,
    by_text: bool = False,
) -> int:
    """Put one text to each phone of those whom something fits; how many phones. Caps, consent and STOP are looked at when it is sent.

    `by_text`: our texts can be answered, so that one which says all asks for a YES.
    """
    answered = _answered(session, offers)
    wanted: dict[str, tuple[str, str]] = {}  # phone → body, whose it is
    bodies: dict[tuple[UUID | None, str], str] = {}
    by_id = {offer.id: offer for offer in offers}
    for one, fitting in matched:
        open_to = [offer_id for offer_id, _ in fitting if (offer_id, one.ref) not in answered]
        if one.phone is None or one.kind.minor or not open_to:
            continue
        own = one.phone_use == OWN and one.phone not in wanted
        which = open_to[0] if own and len(open_to) == 1 else None
        if (which, one.language) not in bodies:
            bodies[which, one.language] = gsm.plain(_body(by_id.get(which) if which else None, one.language, ussd, by_text))
        wanted[one.phone] = (bodies[which, one.language], one.ref)
    _put(session, offers, wanted, now, zone, size)
    return len(wanted)


def heard(session: Session, phone: str, offer: Offer) -> str | None:
    """The text by which this phone heard of an offer and was asked for a YES, as it was sent; None where it was not."""
    mark = f" {codes.written(offer.number)} "
    sent = select(Batch.body).join(Message, Message.batch_id == Batch.id)
    sent = sent.where(Message.phone == phone, Message.fate.in_((Fate.SENT, Fate.UNCONFIRMED)), Batch.klass == KLASS)
    return next((body for body in session.scalars(sent.order_by(Message.at.desc()).limit(LOOKED_AT)) if mark in body), None)


def _body(offer: Offer | None, language: str, ussd: str, by_text: bool) -> str:
    return said.text(offer, language, ussd, by_text) if offer else texts.say("sms.offer_new", language, ussd=ussd)


def _answered(session: Session, offers: Sequence[Offer]) -> set[tuple[UUID, str]]:
    """Who found an offer by dialling, before we told them."""
    query = select(Application.offer_id, Application.farmer_id).where(Application.offer_id.in_([offer.id for offer in offers]))
    return {(offer_id, farmer_id.hex) for offer_id, farmer_id in session.execute(query)}


def _put(session: Session, offers: Sequence[Offer], wanted: dict[str, tuple[str, str]], now: datetime, zone: ZoneInfo, size: int) -> None:
    """Batches of one body each. A phone that stands in two ranges (two farmers on it) is told once for each of them at most."""
    by_body: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for phone, (body, ref) in sorted(wanted.items()):
        by_body[body].append((phone, ref))
    sender = f"offer:{offers[0].id}"
    rows = [
        {
            "id": new_id(now),
            "sender": sender,
            "klass": KLASS,
            "lane": POLICIES[KLASS].lane,
            "body": body,
            "phones": [phone for phone, _ in some],
            "refs": [ref for _, ref in some],
            "not_before": now,
            "valid_until": classes.valid_until(KLASS, now, zone),
        }
        for body, people in by_body.items()
        for some in (people[at : at + size] for at in range(0, len(people), size))
    ]
    insert_new(session, Batch, rows, Batch.id)
    if rows:
        wake(session, DISPATCH)
