"""The questions about a farmer, one to a screen: in a row while registering, one to a contact afterwards."""

from datetime import datetime, timedelta

from conversations.ussd.call import Call
from core.errors import Unusable
from messaging.ussd import Ask, Lead, Options
from profiles import farmers, questions
from profiles.questions import Question

REGISTRATION = "registration"  # put off as a whole, by choosing the menu
RESUMED_FOR = timedelta(hours=24)
NOT_AGAIN_FOR = timedelta(hours=24)  # one contact
MOST_OPTIONS = 4  # where all five choices are answers there is no room for "not now"


def next_of_registration(call: Call) -> Question | None:
    """The next question of somebody who joined within a day, and has not put them all off."""
    farmer = call.known()
    if REGISTRATION in farmer.declined or farmer.created_at <= call.now - RESUMED_FOR:
        return None
    return next((one for one in questions.open_(farmer, call.plot()) if one.registration), None)


def gap(call: Call) -> Question | None:
    """The one thing to ask in this contact: nothing when something was asked or put off in it."""
    farmer = call.known()
    if call.memory.get("asked"):
        return None
    lately = {code for code, when in farmer.declined.items() if datetime.fromisoformat(when) > call.now - NOT_AGAIN_FOR}
    asked = (one for one in questions.unknown(farmer, call.plot()) if one.code not in lately and one.optional)
    return next(asked, None)


def put_off(call: Call) -> str:
    """The menu before the questions: we stop asking, and remember that we do."""
    if next_of_registration(call) is not None:
        farmers.answer(call.session, call.known(), REGISTRATION, None, call.now)
    return "home"


def _text(call: Call, code: str) -> str:
    plot = call.plot()
    return call.say(questions.BY_CODE[code].key, crop=call.crop(plot.crop) if plot else "")


def _options(call: Call, code: str, registering: bool) -> Options:
    question = questions.BY_CODE[code]
    choices: list[tuple[str, Lead]] = [
        (call.say(question.answer_key(value)), _keeps(code, value, registering)) for value in question.options
    ]
    if question.optional and len(choices) <= MOST_OPTIONS:
        choices.append((call.say("ask.not_now"), _keeps(code, None, registering)))
    return choices


def _keeps(code: str, value: object, registering: bool) -> Lead:
    return lambda call: _keep(call, code, value, registering)


def _keep(call: Call, code: str, value: object, registering: bool) -> str:
    """Saved at once; then the next question, or back to the farm."""
    farmers.answer(call.session, call.known(), code, value, call.now)
    if not registering:
        call.memory["asked"] = True
        return "farm"
    question = next_of_registration(call)
    return f"ask:{question.code}" if question else "thanks"


def _typed(call: Call, code: str, said: str, registering: bool) -> str:
    parse = questions.BY_CODE[code].parse
    if parse is None:
        raise Unusable("ussd.press_a_number")
    return _keep(call, code, parse(said, call.today), registering)


def _screen(name: str, registering: bool) -> Ask:
    return Ask(
        name,
        _text,
        lambda call, code, said: _typed(call, code, said, registering),
        lambda call, code: _options(call, code, registering),
    )


SCREENS = (_screen("ask", True), _screen("gap", False))
