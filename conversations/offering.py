"""A yes or a no to an offer by text, with the number that stands in its text: the same verbs as by dialling.

A yes counts only from a phone that is hers alone, and only to words that we sent to it: they are kept as what she was shown.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from content import texts
from core import clock, codes
from core.errors import Conflict, NotFound, Unusable
from core.settings import Settings
from linkage import applications, credit, offers, requests, said, telling
from linkage.applications import WITHDRAWN
from linkage.models import Application, Offer
from messaging import pages
from profiles import farmers, organisations, records
from profiles.models import Farmer

HOW = "sms"
PARTNER_ROOM = 20  # of a name, where much else is said
Said = tuple[str, dict[str, Any]]  # a wording key and its values
Deed = Callable[[Session, Farmer, Offer, datetime, Settings], Said]


def number(rest: list[str]) -> str:
    """The figures of a text that follow its YES or NO: "100-4" comes as "100" and "4". Empty where there are none."""
    return "".join(word for word in rest if word.isdigit() and word.isascii())


def yes(session: Session, here: list[Farmer], typed: str, now: datetime, settings: Settings) -> Said:
    return _answer(session, here, typed, now, settings, _yes)


def no(session: Session, here: list[Farmer], typed: str, now: datetime, settings: Settings) -> Said:
    return _answer(session, here, typed, now, settings, _no)


def _answer(session: Session, here: list[Farmer], typed: str, now: datetime, settings: Settings, deed: Deed) -> Said:
    try:
        offer = offers.by_number(session, codes.read(typed))
    except (Unusable, NotFound):
        return "sms.offer_unknown", {}
    if offer.state == offers.DRAFT or not here:
        return "sms.offer_unknown", {}
    if len(here) > 1 or not requests.answerable(session, here[0]):
        return "sms.offer_shared", {}
    return deed(session, here[0], offer, now, settings)


def _yes(session: Session, farmer: Farmer, offer: Offer, now: datetime, settings: Settings) -> Said:
    before = _before(session, farmer, offer)
    if before is not None and (before.state, applications.ACCEPTED) not in applications.MOVES:
        return "sms.offer_before", {"title": offer.title, "state": _state(before, farmer)}
    shown = telling.heard(session, farmer.phone or "", offer)
    if shown is None:
        return "sms.offer_read", {"title": offer.title}
    try:
        with session.begin_nested():  # a place that is gone takes the yes with it
            applications.accept(session, farmer.id, offer, shown, HOW, now, clock.day(now, settings.zone))
    except Conflict:
        return "sms.offer_gone", {}
    partner = said.partner(organisations.get(session, offer.organisation_id))
    return "sms.offer_done", {"partner": partner, "title": offer.title, "code": codes.written(offer.number)}


def _no(session: Session, farmer: Farmer, offer: Offer, now: datetime, settings: Settings) -> Said:
    """After a yes it is taken back, within the 48 hours; else it is not for her."""
    before = _before(session, farmer, offer)
    if before is not None and (before.state, WITHDRAWN) in applications.MOVES:
        try:
            applications.withdraw(session, farmer.id, offer, now)
        except Conflict:
            return "sms.offer_late", {"title": offer.title}
        return "sms.offer_back", {"title": offer.title}
    try:
        applications.decline(session, farmer.id, offer, HOW, now)
    except Conflict:
        return "sms.offer_late", {"title": offer.title}
    return "sms.offer_no", {"title": offer.title}


def mine(session: Session, here: list[Farmer], now: datetime, settings: Settings) -> Said:
    """What is kept of her and who looked last, in one text; on a phone that is not hers alone only that it can be dialled."""
    if not here:
        return "sms.mydata_none", {}
    farmer = here[0]
    if len(here) > 1 or not requests.answerable(session, farmer):
        return "sms.private", {"code": farmers.code(farmer)}
    seen = next(iter(credit.looked(session, farmer.id, 1)), None)
    looked = texts.say("data.nobody_short", farmer.language)
    if seen is not None:
        partner = pages.shortened(said.partner(organisations.get(session, seen.organisation_id)), PARTNER_ROOM)
        day = said.day(clock.day(seen.at, settings.zone), farmer.language)
        looked = texts.say("data.looked_short", farmer.language, partner=partner, day=day)
    return "sms.mydata", {"code": farmers.code(farmer), "records": len(records.of(session, farmer.id)), "looked": looked}


def _before(session: Session, farmer: Farmer, offer: Offer) -> Application | None:
    return next((row for row, other in applications.of_farmer(session, farmer.id) if other.id == offer.id), None)


def _state(row: Application, farmer: Farmer) -> str:
    words = texts.say(f"offer.state.{row.state}", farmer.language)
    return f"{words[:1].upper()}{words[1:]}"
