"""The weather by dialling: one's own district at once, any other by its first letters or from the list."""

from content import weather, weather_texts
from conversations.ussd.call import Call
from core.errors import Unusable
from messaging import pages
from messaging.ussd import Ask, Menu, Options
from profiles import places
from profiles.models import Place

NAMED = 3  # districts named where the letters fit several


def _said(call: Call, about: str) -> str:
    """`about` is a district's id; empty: the caller's own."""
    district_id = int(about) if about else call.who.district_id
    if district_id is None:
        return call.say("weather.where")
    room = pages.ROOM - pages.size("\n1 " + call.say("weather.elsewhere") + "\n" + call.say("ussd.back"))
    outlook = weather.outlook(call.session, district_id, call.now, call.settings)
    place = outlook.place if outlook else places.get(call.session, district_id).name
    return weather_texts.short(outlook, place, call.language, room)


def _elsewhere(call: Call, about: str) -> Options:
    return ((call.say("weather.elsewhere"), "weather_where"),)


def _typed(call: Call, about: str, said: str) -> str:
    found = places.find(call.session, said)
    if not found:
        raise Unusable("registration.district_unknown")
    if len(found) > 1:
        raise Unusable("weather.which", places=", ".join(place.name for place in found[:NAMED]))
    return f"weather:{found[0].id}"


def _regions(call: Call, about: str) -> Options:
    return [(region.name, f"weather_parts:{region.id}") for region in places.children(call.session, None, "region")]


def _parts(call: Call, about: str) -> Options:
    """The sub-regions of a region, or its districts where it has but one."""
    parts = places.children(call.session, int(about), "sub_region")
    if len(parts) > 1:
        return [(part.name, f"weather_districts:{part.id}") for part in parts]
    return _districts(call, about)


def _districts(call: Call, about: str) -> Options:
    return [_choice(place) for place in places.children(call.session, int(about), "district")]


def _choice(place: Place) -> tuple[str, str]:
    return place.name, f"weather:{place.id}"


SCREENS = (
    Menu("weather", _said, _elsewhere),
    Ask("weather_where", lambda call, about: call.say("weather.where"), _typed, _regions),
    Menu("weather_parts", lambda call, about: call.say("registration.which_part"), _parts),
    Menu("weather_districts", lambda call, about: call.say("registration.which_district"), _districts),
)
