"""An inbound text is understood here, and answered: STOP and START before anything else, the rest by its keyword.

Nothing that was typed is ever said back, and a robot that answers robots falls silent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from content import languages, texts, weather, weather_texts
from conversations import entering, joining, keywords, loops, offering, pricing, slots
from conversations.slots import Slots
from core import clock
from core import phone as phones
from core.settings import Settings
from messaging import inbox, mutes, outbox, suppressions
from messaging.classes import MessageClass
from messaging.models import Inbound
from profiles import drafts, farmers, places
from profiles.models import Farmer

DAY = timedelta(hours=24)
HOW = "sms"
UNCLEAR = ""
SAYS_NOTHING_NEW = ("sms.help", "sms.unclear", "sms.stop_sure")
CONSENT = ("YES", "NO")  # these act for a muted phone too


@dataclass(frozen=True, slots=True)
class Heard:
    """One text, and all that is known around it."""

    session: Session
    inbound: Inbound
    phone: str
    said: list[str]
    now: datetime
    settings: Settings
    here: list[Farmer]
    language: str

    def answer(self, key: str, language: str = "", **values: object) -> None:
        """Say a text of ours. Where texts cannot be answered the wording that says so is taken: it names the code only."""
        alone = f"{key}_dial"
        chosen = alone if self.settings.inbound == "none" and alone in texts.wording(languages.DEFAULT) else key
        body = texts.say(chosen, language or self.language, ussd=self.settings.ussd_code, **values)
        self.send(body, plain=key in SAYS_NOTHING_NEW)

    def send(self, body: str, *, plain: bool = False) -> None:
        """One answer at most to one text, and none to a phone that is muted, or must be: with `plain` sooner than else."""
        if mutes.muted(self.session, self.phone, self.now):
            return
        why = loops.too_many(self.session, self.inbound, self.phone, body, plain, self.now)
        if why is not None:
            tag = phones.tag(self.phone, self.settings.secret_key.get_secret_value())
            mutes.mute(self.session, self.phone, tag, why, self.now)
            return
        outbox.put(
            self.session,
            phone=self.phone,
            ref=self.here[0].id.hex if self.here else "",
            body=body,
            klass=MessageClass.REPLY,
            sender=f"inbound:{self.inbound.id}",
            now=self.now,
            zone=self.settings.zone,
            dedupe=f"inbound:{self.inbound.id}",
        )


def reply(session: Session, inbound: Inbound, now: datetime, settings: Settings) -> str:
    """Do what a text asks and put the answer into the outbox. Gives the keyword it was taken for, "" when nobody understood.

    Senders that are no phones get no answer.
    """
    if inbound.phone is None:
        return UNCLEAR
    said, here = keywords.words(inbound.text), farmers.on_phone(session, inbound.phone)
    language = here[0].language if here else drafts.get(session, inbound.phone, now).get("language", languages.DEFAULT)
    heard = Heard(session, inbound, inbound.phone, said, now, settings, here, language)
    for farmer in here:
        farmer.seen_at = now
    wish = keywords.stop_or_start(said)
    if wish is not None:
        return WISHES[wish](heard)
    code, rest = keywords.first(said)
    if code not in CONSENT and mutes.muted(session, heard.phone, now):
        return code or UNCLEAR
    found = slots.read(session, rest)
    if code is None and found.crop is not None:
        code = "PRICE"
    return DEEDS.get(code or UNCLEAR, _not_yet)(heard, rest, found) or code or UNCLEAR


def _undone(heard: Heard, *kin: str) -> bool:
    """Whether a later text of this phone has had the last word already: this one waited on disk while the database was down."""
    return inbox.done_since(heard.session, heard.phone, heard.inbound.at, kin)


def _stop(heard: Heard) -> str:
    """Confirmed once: who stops again is not texted again."""
    if not _undone(heard, "START") and suppressions.stop(heard.session, heard.phone, HOW, heard.now):
        heard.answer("sms.stopped")
    return "STOP"


def _start(heard: Heard) -> str:
    if _undone(heard, "STOP"):
        return "START"
    if suppressions.start(heard.session, heard.phone, heard.now):
        heard.answer("sms.started")
    else:
        heard.answer("sms.help")
    return "START"


def _ask_whether_to_stop(heard: Heard) -> str:
    heard.answer("sms.stop_sure")
    return "STOP?"


def _join(heard: Heard, rest: list[str], found: Slots) -> None:
    key, values = joining.join(heard.session, heard.phone, found, heard.language, heard.now, heard.settings)
    heard.answer(key, **values)


def _help(heard: Heard, rest: list[str], found: Slots) -> None:
    heard.answer("sms.help")


def _price(heard: Heard, rest: list[str], found: Slots) -> None:
    """Their own crop and district where the text names none."""
    farmer = heard.here[0] if heard.here else None
    plot = farmers.main_plot(heard.session, farmer.id) if farmer else None
    crop = found.crop or (plot.crop if plot else None)
    district_id = found.places[0].id if found.places else (farmer.district_id if farmer else None)
    if crop is None:
        return heard.answer("sms.price_crop")
    if district_id is None:
        return heard.answer("sms.price_place", crop=texts.say(f"crop.{crop}", heard.language))
    today = clock.day(heard.now, heard.settings.zone)
    return heard.send(pricing.sentence(heard.session, crop, district_id, heard.language, today, heard.settings.ussd_code))


def _weather(heard: Heard, rest: list[str], found: Slots) -> None:
    """Their own district where the text names none."""
    farmer = heard.here[0] if heard.here else None
    district_id = found.places[0].id if found.places else (farmer.district_id if farmer else None)
    if district_id is None:
        return heard.answer("sms.weather_place")
    outlook = weather.outlook(heard.session, district_id, heard.now, heard.settings)
    place = places.get(heard.session, district_id).name
    return heard.send(weather_texts.sentence(outlook, place, heard.language, heard.settings.ussd_code))


def _language(heard: Heard, rest: list[str], found: Slots) -> None:
    chosen = languages.find(" ".join(rest)) or next(filter(None, map(languages.find, rest)), None)
    if chosen is None:
        return heard.answer("sms.lang", languages=", ".join(language.name for language in languages.offered()))
    if _undone(heard, "LANG"):
        return None
    for farmer in heard.here:
        farmers.answer(heard.session, farmer, "language", chosen.code, heard.now)
    if not heard.here:
        drafts.put(heard.session, heard.phone, heard.now, language=chosen.code)
    return heard.answer("sms.lang_done", chosen.code)


def _yes(heard: Heard, rest: list[str], found: Slots) -> None:
    """With a number, to an offer. Alone, to our notice that somebody entered them; several on one phone must dial."""
    number = offering.number(rest)
    if number:
        return _say(heard, offering.yes(heard.session, heard.here, number, heard.now, heard.settings))
    waiting = entering.waiting(heard.session, heard.here, heard.now)
    if len(waiting) != 1:
        return heard.answer("sms.offer_unknown" if heard.here and not waiting else "sms.not_yet")
    entering.agree(heard.session, waiting[0], HOW, entering.SMS, heard.now)
    return heard.answer("sms.entered_yes", waiting[0].language, code=farmers.code(waiting[0]))


def _no(heard: Heard, rest: list[str], found: Slots) -> None:
    """With a number, to an offer. Alone: all on this phone whom somebody else entered are taken off."""
    number = offering.number(rest)
    if number:
        return _say(heard, offering.no(heard.session, heard.here, number, heard.now, heard.settings))
    waiting = entering.waiting(heard.session, heard.here, heard.now)
    if not waiting:
        return heard.answer("sms.offer_unknown" if heard.here else "sms.not_yet")
    for farmer in waiting:
        entering.refuse(heard.session, farmer, HOW, heard.now, heard.settings)
    return heard.answer("sms.entered_no", waiting[0].language)


def _mydata(heard: Heard, rest: list[str], found: Slots) -> None:
    _say(heard, offering.mine(heard.session, heard.here, heard.now, heard.settings))


def _say(heard: Heard, said: offering.Said) -> None:
    heard.answer(said[0], **said[1])


def _not_yet(heard: Heard, rest: list[str], found: Slots) -> None:
    heard.answer("sms.not_yet")


def _unclear(heard: Heard, rest: list[str], found: Slots) -> None:
    """Said once a day at most, and never to an empty text: it may be a machine that we talk to."""
    lately = inbox.lately(heard.session, heard.phone, heard.now - DAY)
    told = any(one.understood == UNCLEAR and one.handled_at is not None for one in lately if one.id != heard.inbound.id)
    if heard.said and not told:
        heard.answer("sms.unclear")


WISHES: dict[str, Callable[[Heard], str]] = {"STOP": _stop, "START": _start, "ASK": _ask_whether_to_stop}
DEEDS: dict[str, Callable[[Heard, list[str], Slots], None]] = {
    "JOIN": _join,
    "HELP": _help,
    "PRICE": _price,
    "WEATHER": _weather,
    "LANG": _language,
    "YES": _yes,
    "NO": _no,
    "MYDATA": _mydata,
    UNCLEAR: _unclear,
}
