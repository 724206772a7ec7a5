"""The groups that a farmer belongs to, and leaving one: asked once more, then at once."""

from uuid import UUID

from conversations.ussd.call import Call
from linkage import said
from messaging.ussd import Menu, Options
from profiles import belonging, organisations
from profiles.models import Organisation


def mine(call: Call) -> list[Organisation]:
    return organisations.of(call.session, call.known().id, call.today)


def _top(call: Call, about: str) -> str:
    return call.say("group.top" if mine(call) else "group.none")


def _choices(call: Call, about: str) -> Options:
    found = [(said.partner(one), f"group:{one.id.hex}") for one in mine(call)]
    return found or [(call.say("registration.menu"), "home")]


def _group(call: Call, about: str) -> str:
    return said.partner(organisations.get(call.session, UUID(about)))


def _answers(call: Call, about: str) -> Options:
    return ((call.say("group.yes"), lambda call: _leave(call, about)), (call.say("group.no"), "my_data"))


def _leave(call: Call, about: str) -> str:
    belonging.leave(call.session, call.known(), UUID(about), call.now, call.today)
    return f"group_left:{about}"


SCREENS = (
    Menu("groups", _top, _choices),
    Menu("group", lambda call, about: call.say("group.leave", group=_group(call, about)), _answers, read_first=True),
    Menu(
        "group_left",
        lambda call, about: call.say("group.left", group=_group(call, about)),
        lambda call, about: ((call.say("registration.menu"), "home"),),
    ),
)
