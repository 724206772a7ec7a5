"""My data: who asks to see it, who may, who looked; a yes after reading all of it, on one's own phone only, and taking it back."""

from datetime import timedelta
from uuid import UUID

from content import texts
from conversations.ussd import groups
from conversations.ussd.call import Call
from core import clock
from core.errors import Conflict
from linkage import credit, requests, said
from linkage.models import ConsentRequest
from messaging.ussd import Menu, Options
from profiles import organisations, sharing
from profiles.models import Consent

WORDING = "data.asked"


def _partner(call: Call, organisation_id: UUID | None) -> str:
    return "" if organisation_id is None else said.partner(organisations.get(call.session, organisation_id))


def _fields(call: Call, fields: list[str]) -> str:
    return ", ".join(call.say(f"data.field.{one}") for one in fields)


def _choices(call: Call, about: str) -> Options:
    asked = requests.waiting(call.session, call.known().id, call.now)
    given = sharing.standing(call.session, call.known().id, call.now)
    found = [(call.say("data.asks", partner=_partner(call, one.organisation_id)), f"data_asked:{one.id.hex}") for one in asked]
    found += [(call.say("data.may_see", partner=_partner(call, one.organisation_id)), f"data_given:{one.id.hex}") for one in given]
    belongs = [(call.say("data.groups"), "groups")] if groups.mine(call) else []
    return [*found, (call.say("data.looked"), "data_looked"), *belongs]


def _request(call: Call, about: str) -> ConsentRequest | None:
    """Hers, and still to be answered."""
    waiting = requests.waiting(call.session, call.known().id, call.now)
    return next((one for one in waiting if one.id == UUID(about)), None)


def _asked(call: Call, about: str) -> str:
    """Partner, product, purpose, fields and last day: all that a yes would mean."""
    one = _request(call, about)
    if one is None:
        return call.say("data.gone")
    until = clock.day(call.now + timedelta(days=one.days), call.settings.zone)
    return call.say(
        WORDING,
        partner=_partner(call, one.organisation_id),
        product=one.product,
        purpose=call.say(f"data.purpose.{one.purpose}"),
        fields=_fields(call, one.fields),
        until=said.day(until, call.language),
    )


def _answers(call: Call, about: str) -> Options:
    if _request(call, about) is None:
        return ((call.say("registration.menu"), "home"),)
    return ((call.say("data.yes"), lambda call: _grant(call, about)), (call.say("data.no"), lambda call: _refuse(call, about)))


def _grant(call: Call, about: str) -> str:
    one = _request(call, about)
    if one is None:
        return "my_data"
    if not requests.answerable(call.session, call.known()):
        return "data_own_phone"
    words = texts.fingerprint(WORDING, call.language)
    try:
        requests.grant(call.session, one, call.known(), words, call.now, call.settings.zone, call.ussd)
    except Conflict:
        return "my_data"
    return "data_done"


def _refuse(call: Call, about: str) -> str:
    one = _request(call, about)
    if one is not None:
        requests.refuse(call.session, one, call.now)
    return "data_refused"


def _consent(call: Call, about: str) -> Consent | None:
    standing = sharing.standing(call.session, call.known().id, call.now)
    return next((one for one in standing if one.id == UUID(about)), None)


def _given(call: Call, about: str) -> str:
    one = _consent(call, about)
    if one is None or one.until is None:
        return call.say("data.nothing_given")
    until = said.day(clock.day(one.until, call.settings.zone), call.language)
    return call.say("data.given", partner=_partner(call, one.organisation_id), fields=_fields(call, one.fields or []), until=until)


def _given_choices(call: Call, about: str) -> Options:
    back = [(call.say("data.take_back"), lambda call: _withdraw(call, about))] if _consent(call, about) else []
    return [*back, (call.say("registration.menu"), "home")]


def _withdraw(call: Call, about: str) -> str:
    """At once and without a further question: taking back must be as easy as giving."""
    credit.withdraw(call.session, call.known().id, UUID(about), call.now)
    return "data_taken_back"


def _looked(call: Call, about: str) -> str:
    """The last five, a line each."""
    seen = credit.looked(call.session, call.known().id)
    if not seen:
        return call.say("data.nobody")
    return "\n".join(
        call.say(
            "data.looked_line",
            day=said.day(clock.day(one.at, call.settings.zone), call.language),
            partner=_partner(call, one.organisation_id),
            fields=_fields(call, one.fields),
        )
        for one in seen
    )


def _after(call: Call, about: str) -> Options:
    return ((call.say("registration.menu"), "home"),)


SCREENS = (
    Menu("my_data", lambda call, about: call.say("data.top"), _choices),
    Menu("data_asked", _asked, _answers, read_first=True),
    Menu("data_own_phone", lambda call, about: call.say("data.own_phone"), _after),
    Menu("data_done", lambda call, about: call.say("data.done"), _after),
    Menu("data_refused", lambda call, about: call.say("data.refused"), _after),
    Menu("data_given", _given, _given_choices),
    Menu("data_taken_back", lambda call, about: call.say("data.taken_back"), _after),
    Menu("data_looked", _looked, _after),
)
