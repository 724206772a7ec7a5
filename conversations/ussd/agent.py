"""An agent registers a neighbour: phone or none, name, crop, district. The neighbour is in only by a yes of their own."""

from datetime import datetime, time
from typing import Any

from conversations import entering
from conversations.ussd import registration
from conversations.ussd.call import Call, label
from core import clock, phone
from core.errors import Unusable
from messaging.ussd import Ask, End, Lead, Menu, Options
from profiles import crops, entered, farmers, places, questions, spelling
from profiles.crops import Crop
from profiles.farmers import NewFarmer
from profiles.models import Place

KEPT = "neighbour"  # in the memory of this dial-in: what was typed of the neighbour, and nothing of it after


def offers(call: Call) -> Options:
    """The choice on the menu, for agents alone."""
    mine = entered.agents_groups(call.session, call.known().id, call.today)
    return ((call.say("home.register"), begin),) if mine else ()


def begin(call: Call) -> str:
    call.memory.pop(KEPT, None)
    return "agent_full" if _count(call) >= entered.A_DAY else "agent"


def _morning(call: Call) -> datetime:
    return clock.at(call.today, time(0), call.settings.zone)


def _count(call: Call) -> int:
    return entered.registered_today(call.session, call.known().id, _morning(call))


def _said(call: Call) -> dict[str, Any]:
    return dict(call.memory.get(KEPT, {}))


def _keep(call: Call, place: str, **answers: Any) -> str:
    call.memory[KEPT] = {**_said(call), **answers}
    return place


def _phone(call: Call, about: str) -> str:
    return call.say("agent.phone", count=_count(call), most=entered.A_DAY)


def _typed_phone(call: Call, about: str, said: str) -> str:
    try:
        number = phone.e164(said, call.settings.country)
    except Unusable as wrong:
        raise Unusable("agent.phone_wrong") from wrong
    if number == call.phone:
        raise Unusable("agent.phone_own")
    if farmers.on_phone(call.session, number):
        raise Unusable("agent.known")
    return _keep(call, "agent_name", phone=number)


def _no_phone(call: Call) -> str:
    return _keep(call, "agent_name", phone=None)


def _crops(call: Call, about: str) -> Options:
    def grown(crop: Crop) -> tuple[str, Lead]:
        return label(call.crop(crop.code)), lambda call: _keep(call, "agent_district", crop=crop.code)

    return [grown(crop) for crop in crops.CROPS]


def _near(call: Call, about: str) -> Options:
    """The agent's own district: most neighbours live in it."""
    district_id = call.known().district_id
    return _named([places.get(call.session, district_id)]) if district_id is not None else ()


def _typed_district(call: Call, about: str, said: str) -> str:
    found = places.find(call.session, said)
    if not found:
        raise Unusable("registration.district_unknown")
    return _keep(call, "agent_sure", district=found[0].id) if len(found) == 1 else f"agent_place:{spelling.fold(said)}"


def _named(found: list[Place]) -> Options:
    def lives(place: Place) -> tuple[str, Lead]:
        return place.name, lambda call: _keep(call, "agent_sure", district=place.id)

    return [lives(place) for place in found]


def _whole(call: Call) -> bool:
    return {"phone", "name", "crop", "district"} <= set(_said(call))


def _sure(call: Call, about: str) -> str:
    said = _said(call)
    if not _whole(call):
        return call.say("agent.lost")
    district = places.get(call.session, said["district"]).name
    number = said["phone"] or call.say("agent.none")
    return call.say("agent.sure", name=said["name"], phone=number, crop=call.crop(said["crop"]), place=district)


def _sure_options(call: Call, about: str) -> Options:
    again = (call.say("agent.no"), begin)
    return ((call.say("agent.yes"), _register), again) if _whole(call) else (again,)


def _register(call: Call) -> str:
    """Entered without a yes of their own: one notice goes to their phone, or a meeting of the group confirms them."""
    said, agent = call.memory.pop(KEPT), call.known()
    number = said["phone"]
    contact_id = agent.id if number is None else None
    use = questions.PHONE_USES[0] if number else None
    new = NewFarmer(
        number, agent.language, (said["crop"],), said["district"], "agent", name=said["name"], contact_id=contact_id, phone_use=use
    )
    farmer = entered.register(call.session, agent, new, call.now, call.today, _morning(call))
    entering.tell(call.session, [farmer], f"agent:{agent.id}", call.now, call.settings)
    return f"agent_done:{farmer.number}"


def _done(call: Call, about: str) -> str:
    farmer = farmers.by_number(call.session, int(about))
    key = "agent.done" if farmer.phone else "agent.meeting"
    values = {"ussd": call.ussd} if farmer.phone else {}
    return call.say(key, name=farmer.name or "", code=farmers.code(farmer), **values)


SCREENS = (
    Ask("agent", _phone, _typed_phone, lambda call, about: ((call.say("agent.no_phone"), _no_phone),)),
    Ask(
        "agent_name",
        lambda call, about: call.say("agent.name"),
        lambda call, about, said: _keep(call, "agent_crop", name=questions.name(said, call.today)),
    ),
    Ask(
        "agent_crop",
        lambda call, about: call.say("agent.crop"),
        lambda call, about, said: _keep(call, "agent_district", crop=registration.typed_crop(call, said)),
        _crops,
        more=lambda call: call.say("registration.crop_more"),
    ),
    Ask("agent_district", lambda call, about: call.say("agent.district"), _typed_district, _near),
    Menu(
        "agent_place",
        lambda call, about: call.say("registration.which_district"),
        lambda call, about: _named(places.find(call.session, about)),
    ),
    Menu("agent_sure", _sure, _sure_options),
    Menu(
        "agent_done",
        _done,
        lambda call, about: ((call.say("agent.another"), begin), (call.say("registration.menu"), "home")),
        root=True,
    ),
    End("agent_full", lambda call, about: call.say("agent.full", most=entered.A_DAY)),
)
