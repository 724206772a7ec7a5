"""An inbound text is understood here, and answered: STOP and START before anything else, the rest by its keyword.

Nothing that was typed is ever said back, and a robot that answers robots falls silent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from content import languages, texts, weather, weather_texts
from conversations import entering, joining, keywords, pricing, slots
from conversations.slots import Slots
from core import clock
from core.settings import Settings
from messaging import inbox, outbox, suppressions
from messaging.classes import MessageClass
from messaging.models import Inbound
from profiles import drafts, farmers, places
from profiles.models import Farmer

DAY = timedelta(hours=24)
SAME_IN_A_ROW = 5  # after so many identical texts we answer no more
ANSWERS_A_DAY = 30
HOW = "sms"
UNCLEAR = ""


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
        self.send(texts.say(chosen, language or self.language, ussd=self.settings.ussd_code, **values))

    def send(self, body: str) -> None:
        """One answer at most to one text."""
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
    if _loops(heard):
        return UNCLEAR
    code, rest = keywords.first(said)
    found = slots.read(session, rest)
    if code is None and found.crop is not None:
        code = "PRICE"
    return DEEDS.get(code or UNCLEAR, _not_yet)(heard, rest, found) or code or UNCLEAR


def _loops(heard: Heard) -> bool:
    """Whether this is the sixth time running that the same words come, or one text of too many in a day."""
    lately = [one for one in inbox.lately(heard.session, heard.phone, heard.now - DAY) if one.id != heard.inbound.id]
    before = [one.text for one in lately if one.at <= heard.inbound.at][:SAME_IN_A_ROW]
    same = len(before) == SAME_IN_A_ROW and all(text == heard.inbound.text for text in before)
    return same or len(lately) >= ANSWERS_A_DAY


def _stop(heard: Heard) -> str:
    """Confirmed once: who stops again is not texted again."""
    if suppressions.stop(heard.session, heard.phone, HOW, heard.now):
        heard.answer("sms.stopped")
    return "STOP"


def _start(heard: Heard) -> str:
    if suppressions.start(heard.session, heard.phone, heard.now):
        heard.answer("sms.started")
    elif not _loops(heard):
        heard.answer("sms.help")
    return "START"


def _ask_whether_to_stop(heard: Heard) -> str:
    if not _loops(heard):
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
    for farmer in heard.here:
        farmers.answer(heard.session, farmer, "language", chosen.code, heard.now)
    if not heard.here:
        drafts.put(heard.session, heard.phone, heard.now, language=chosen.code)
    return heard.answer("sms.lang_done", chosen.code)


def _yes(heard: Heard, rest: list[str], found: Slots) -> None:
    """The answer to our notice that somebody entered them; several on one phone must dial, for nobody knows whose yes it is."""
    waiting = entering.waiting(heard.session, heard.here, heard.now)
    if len(waiting) != 1:
        return _not_yet(heard, rest, found)
    entering.agree(heard.session, waiting[0], HOW, entering.SMS, heard.now)
    return heard.answer("sms.entered_yes", waiting[0].language, code=farmers.code(waiting[0]))


def _no(heard: Heard, rest: list[str], found: Slots) -> None:
    """All on this phone whom somebody else entered are taken off."""
    waiting = entering.waiting(heard.session, heard.here, heard.now)
    if not waiting:
        return _not_yet(heard, rest, found)
    for farmer in waiting:
        entering.refuse(heard.session, farmer, HOW, heard.now, heard.settings)
    return heard.answer("sms.entered_no", waiting[0].language)


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
    UNCLEAR: _unclear,
}
