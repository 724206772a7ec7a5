"""What a farmer may change at any time: the language we speak, and whether we text at all."""

from content import languages
from content.languages import Language
from conversations.ussd.call import Call
from messaging import suppressions
from messaging.ussd import End, Lead, Menu, Options
from profiles import farmers

HOW = "ussd"


def _languages(call: Call, about: str) -> Options:
    def spoken(language: Language) -> tuple[str, Lead]:
        return language.name, lambda call: _speak(call, language)

    return [spoken(language) for language in languages.offered()]


def _speak(call: Call, language: Language) -> str:
    call.language = language.code
    farmers.answer(call.session, call.known(), "language", language.code, call.now)
    return "home"


def _stop(call: Call) -> str:
    suppressions.stop(call.session, call.phone, HOW, call.now)
    return "stopped"


def start(call: Call) -> str:
    """Texts again, at once: nobody starts them by mistake for long."""
    suppressions.start(call.session, call.phone, call.now)
    return "started"


SCREENS = (
    Menu("languages", lambda call, about: call.say("language.choose"), _languages),
    Menu(
        "stop",
        lambda call, about: call.say("stop.sure", ussd=call.ussd),
        lambda call, about: ((call.say("stop.yes"), _stop), (call.say("stop.no"), "home")),
    ),
    End("stopped", lambda call, about: call.say("stop.stopped", ussd=call.ussd)),
    End("started", lambda call, about: call.say("stop.started", ussd=call.ussd)),
)
