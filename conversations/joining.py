"""Joining by text: in one or in several, in any order; the text itself is the yes, and its answer says what to."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from content import texts
from conversations import entering
from conversations.slots import Slots
from core import clock
from core.settings import Settings
from messaging import suppressions
from profiles import consent, drafts, entered, farmers, places
from profiles.models import Farmer

SHOWN = 4  # districts named when we ask which
Said = tuple[str, dict[str, Any]]  # a wording key and its values


def join(session: Session, phone: str, found: Slots, language: str, now: datetime, settings: Settings) -> Said:
    """Keep what was understood, and say what is still missing or that they are in. One registration of a phone at a time."""
    drafts.lock(session, phone, now)
    here = farmers.on_phone(session, phone)
    if here:
        drafts.drop(session, phone)
        if entered.listed(session, here[0], now):
            return _confirmed(session, here[0], found, language, now, settings)
        return _known(session, here[0], found, language, now, settings)
    said: dict[str, Any] = drafts.get(session, phone, now)
    if found.crop is not None:
        said["crop"] = found.crop
    if len(found.places) == 1:
        said["district"] = found.places[0].id
        said["name"] = found.name(clock.day(now, settings.zone)) or said.get("name")
    drafts.put(session, phone, now, **said)
    if "crop" not in said:
        return "sms.ask_crop", {}
    if "district" in said:
        return _add(session, phone, said, language, now, settings)
    if found.places:
        return "sms.which_district", {"places": ", ".join(place.name for place in found.places[:SHOWN])}
    return "sms.ask_district", {"crop": texts.say(f"crop.{said['crop']}", language)}


def _add(session: Session, phone: str, said: dict[str, Any], language: str, now: datetime, settings: Settings) -> Said:
    new = farmers.NewFarmer(phone, language, (said["crop"],), said["district"], "sms", name=said.get("name"))
    farmer = farmers.add(session, new, now)
    key = "sms.joined_dial" if settings.inbound == "none" else "sms.joined"
    consent.give(session, farmer.id, consent.SERVICE, "sms", texts.fingerprint(key, language), now)
    suppressions.start(session, phone, now)
    drafts.drop(session, phone)
    return "sms.joined", _values(session, farmer, language)


def _confirmed(session: Session, farmer: Farmer, found: Slots, language: str, now: datetime, settings: Settings) -> Said:
    """Somebody else had entered them: joining is their own yes."""
    key = "sms.joined_dial" if settings.inbound == "none" else "sms.joined"
    entering.agree(session, farmer, "sms", key, now)
    said, values = _known(session, farmer, found, language, now, settings)
    return ("sms.joined" if said == "sms.known" else said), values


def _known(session: Session, farmer: Farmer, found: Slots, language: str, now: datetime, settings: Settings) -> Said:
    """Who is in already: what was missing is filled in, a new crop is added, nothing else is changed by a text."""
    if found.crop is not None:
        farmers.grow(session, farmer, found.crop, now)
    if farmer.district_id is None and len(found.places) == 1:
        farmers.answer(session, farmer, "district", found.places[0].id, now)
    if farmer.name is None and found.places:
        name = found.name(clock.day(now, settings.zone))
        if name is not None:
            farmers.answer(session, farmer, "name", name, now)
    if farmer.district_id is None:
        plot = farmers.main_plot(session, farmer.id)
        return "sms.ask_district", {"crop": texts.say(f"crop.{plot.crop}", language) if plot else ""}
    return "sms.known", _values(session, farmer, language)


def _values(session: Session, farmer: Farmer, language: str) -> dict[str, Any]:
    plot = farmers.main_plot(session, farmer.id)
    place = places.get(session, farmer.district_id).name if farmer.district_id is not None else ""
    return {"code": farmers.code(farmer), "crop": texts.say(f"crop.{plot.crop}", language) if plot else "", "place": place}
