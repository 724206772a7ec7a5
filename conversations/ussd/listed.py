"""What somebody reads first whom a list or an agent has entered: who did it, what we would keep, and their own yes or no."""

from conversations import entering
from conversations.ussd import registration
from conversations.ussd.call import Call
from messaging.ussd import End, Menu, Options
from profiles import entered

HOW = "ussd"


def awaited(call: Call) -> bool:
    """Whether this caller's own yes is still missing."""
    return call.farmer is not None and entered.listed(call.session, call.farmer, call.now)


def _top(call: Call, about: str) -> str:
    return call.say(entering.NOTICE, who=entering.who(call.session, call.known()))


def _options(call: Call, about: str) -> Options:
    yes, no = (call.say("registration.agree"), _agree), (call.say("registration.disagree"), _refuse)
    return (yes, no) if about == "more" else (yes, (call.say("registration.notice_more"), "listed_more"), no)


def _agree(call: Call) -> str:
    entering.agree(call.session, call.known(), HOW, entering.NOTICE, call.now)
    return registration.stopped_at(call)


def _refuse(call: Call) -> str:
    entering.refuse(call.session, call.known(), HOW, call.now, call.settings)
    return "listed_off"


SCREENS = (
    Menu("listed", _top, _options, root=True, read_first=True),
    Menu("listed_more", lambda call, about: call.say("listed.more"), lambda call, about: _options(call, "more"), read_first=True),
    End("listed_off", lambda call, about: call.say("listed.off")),
)
