"""The menu of those who have joined: only what exists. Who is calling, where several share a phone; their farm."""

from conversations.ussd import agent, asking, choices, listed, registration
from conversations.ussd.call import Call, label
from conversations.ussd.call_sql import Caller
from core import codes
from messaging.ussd import Ask, Lead, Menu, Options
from profiles import crops, drafts, entered, farmers
from profiles.crops import Crop
from profiles.models import Farmer


def begin(call: Call) -> str:
    """Where a dial-in begins: who is calling, where they were cut off, the menu, or the first screen of all."""
    if call.caller is not None and _settled(call, call.caller):
        return "home"
    if call.farmer is None and not call.memory.get("stranger") and farmers.on_phone(call.session, call.phone):
        return "who"
    if call.farmer is None:
        return "resume" if call.draft() else "language"
    if listed.awaited(call):
        return "listed"
    return "resume" if registration.stopped_at(call) != "home" else "home"


def _settled(call: Call, caller: Caller) -> bool:
    """Whether there is nothing left to ask before the menu, as almost always: told from what one read found."""
    if caller.district_id is None or (caller.source in entered.SOURCES and not caller.agreed):
        return False
    return asking.REGISTRATION in caller.declined or caller.created_at <= call.now - asking.RESUMED_FOR


def menu(call: Call) -> str:
    """Where 00 leads, and a shortcut string: past the offer to go on with a registration, where there is a menu to go to."""
    if call.caller is not None and _settled(call, call.caller):
        return "home"
    known = call.farmer is not None and call.farmer.district_id is not None and not listed.awaited(call)
    return "home" if known else begin(call)


def _name(farmer: Farmer) -> str:
    return farmer.name or f"ID {farmers.code(farmer)}"


def _callers(call: Call, about: str) -> Options:
    def caller(farmer: Farmer) -> tuple[str, Lead]:
        return _name(farmer), lambda call: _is(call, farmer)

    return [*map(caller, farmers.on_phone(call.session, call.phone)), (call.say("home.someone_new"), new_person)]


def _is(call: Call, farmer: Farmer) -> str:
    call.become(farmer)
    return begin(call)


def new_person(call: Call) -> str:
    """Somebody else on this phone begins to register; whoever was registered stays."""
    call.farmer = None
    call.memory.pop("farmer", None)
    call.memory["stranger"] = True
    drafts.put(call.session, call.phone, call.now, language=call.draft().get("language", call.language))
    return registration.stopped_at(call)


def _top(call: Call, about: str) -> str:
    who = call.who
    if who.name:
        return call.say("home.top", name=who.name, place=call.place())
    return call.say("home.nameless", code=codes.written(who.number), place=call.place())


def _choices(call: Call, about: str) -> Options:
    helps = agent.offers(call) if call.caller is None or call.caller.agent else ()
    return (
        (call.say("home.prices"), "prices"),
        (call.say("home.weather"), "weather"),
        (call.say("home.records"), "records"),
        (call.say("home.offers"), "offers"),
        (call.say("home.farm"), "farm"),
        (call.say("home.data"), "my_data"),
        *helps,
        (call.say("home.language"), "languages"),
        (call.say("home.start"), choices.start) if call.stopped() else (call.say("home.stop"), "stop"),
        (call.say("home.add_person"), new_person),
    )


def _farm(call: Call, about: str) -> str:
    farmer = call.known()
    grown = ", ".join(call.crop(plot.crop) for plot in farmers.plots(call.session, farmer.id))
    thanks = call.say("farm.saved") + "\n" if call.memory.pop("saved", None) else ""
    who = farmer.name or call.say("home.farm")
    return thanks + call.say("farm.top", who=who, code=farmers.code(farmer), place=call.place(), crops=grown)


def _farm_choices(call: Call, about: str) -> Options:
    question = asking.gap(call)
    tell: list[tuple[str, Lead]] = []
    if question is not None:
        tell = [(call.say("farm.gap", question=call.say(f"gap.{question.code}")), f"gap:{question.code}")]
    return [*tell, (call.say("farm.place"), "move"), (call.say("farm.crop"), "add_crop")]


def _more_crops(call: Call, about: str) -> Options:
    def grown(crop: Crop) -> tuple[str, Lead]:
        return label(call.crop(crop.code)), lambda call: _grow(call, crop.code)

    have = {plot.crop for plot in farmers.plots(call.session, call.known().id)}
    return [grown(crop) for crop in crops.CROPS if crop.code not in have]


def _grow(call: Call, crop: str) -> str:
    farmers.answer(call.session, call.known(), "crop", crop, call.now)
    return "farm"


SCREENS = (
    Menu("who", lambda call, about: call.say("home.who"), _callers, root=True),
    Menu("home", _top, _choices, root=True),
    Menu("farm", _farm, _farm_choices),
    Ask(
        "add_crop",
        lambda call, about: call.say("registration.crop"),
        lambda call, about, said: _grow(call, registration.typed_crop(call, said)),
        _more_crops,
        more=lambda call: call.say("registration.crop_more"),
    ),
)
