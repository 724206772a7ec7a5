"""One request from a phone, one screen back. A request that was answered before reads the same screen and does nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from content import languages, texts
from conversations.ussd import call as calls
from conversations.ussd import call_sql, home
from conversations.ussd.call import Call
from conversations.ussd.screens import SCREENS
from core import clock
from core import phone as phones
from core.errors import Forbidden, Unusable
from core.settings import Settings
from messaging import sessions
from messaging.gateway import Dialled
from messaging.sessions import DialIn
from messaging.ussd import Seen, Walk, walk_on


@dataclass(frozen=True, slots=True)
class Reply:
    """What the phone shows. `ends`: and the session is over. `language`: where the caller's is known."""

    text: str
    ends: bool
    language: str = ""


def turn(session: Session, gateway: str, dialled: Dialled, now: datetime, settings: Settings) -> Reply:
    """Answer one request. Everything that was typed in it is saved in the caller's transaction."""
    try:
        dialled = replace(dialled, phone=_phone(dialled.phone, settings))
        who = call_sql.asked(dialled.phone, now, clock.day(now, settings.zone))
        row, found = sessions.take(session, gateway, dialled, now, beside=who)
    except Unusable as wrong:
        return Reply(texts.say(wrong.key, languages.DEFAULT), True)
    except Forbidden:
        return Reply(texts.say("ussd.refused", languages.DEFAULT), True)
    key = settings.secret_key.get_secret_value()
    inputs = sessions.newly_said(row, dialled, settings.ussd_code, key)
    if inputs is None or row.ends:
        sessions.note(session, row, dialled, key, now)
        return Reply(row.reply, row.ends)
    call = calls.of(session, call_sql.callers(found), row.phone, row.memory, now, settings)
    seen = _walk(row, call, inputs)
    farmer = call.caller or call.row
    heard = [call_sql.heard(farmer.id, now)] if farmer is not None and row.turns == 0 else []
    sessions.remember(session, row, dialled, seen, call.language, key, now, *heard)
    return Reply(seen.text, seen.ends, call.language)


def _phone(typed: str, settings: Settings) -> str:
    """The caller's number. Raises Unusable for what is no phone of the country that we serve."""
    try:
        phone = phones.e164(typed, settings.country)
    except Unusable as wrong:
        raise Unusable("ussd.not_here") from wrong
    if not phone.startswith(phones.CALLING_CODES[settings.country]):
        raise Unusable("ussd.not_here")
    return phone


def _walk(row: DialIn, call: Call, inputs: Sequence[str]) -> Seen:
    """From where the session stands, or begins, through what was typed.

    Keys that came with the code wait on a shared phone until we know who is calling.
    """

    def begun() -> str:
        return home.menu(call)

    if row.turns:
        ahead = call.memory.pop("ahead", []) if row.trail[-1] == "who" else []
        seen = walk_on(SCREENS, row.walk, call, inputs, begun)
        if ahead and seen.walk.place in ("home", "resume"):
            return walk_on(SCREENS, Walk((home.menu(call),)), call, ahead, begun)
        if ahead and seen.walk.place == "who":
            call.memory["ahead"] = ahead
        return seen
    if not inputs:
        return walk_on(SCREENS, Walk((home.begin(call),)), call, (), begun)
    start = home.menu(call)
    if start == "who":
        call.memory["ahead"], inputs = list(inputs), ()
    elif SCREENS[start.partition(":")[0]].read_first:
        inputs = ()  # keys dialled with the code are no answer to what was not read
    return walk_on(SCREENS, Walk((start,)), call, inputs, begun)
