"""Prices by dialling: one's own crop at once, every other crop behind "more"."""

from functools import lru_cache

from content import texts
from conversations import pricing
from conversations.ussd.call import Call, label
from messaging import pages
from messaging.ussd import Menu, Options
from profiles import crops


def _price(call: Call, about: str) -> str:
    """`about` is a crop's code; empty: what the caller grows first."""
    district_id = call.who.district_id
    crop = about or next(iter(call.crops()), "")
    if not crop or district_id is None:
        return call.say("registration.crop")
    room = pages.ROOM - pages.size("\n" + call.say("home.price_more") + "\n" + call.say("ussd.back"))
    return pricing.short(call.session, crop, district_id, call.language, call.today, room)


def _others(call: Call, about: str) -> Options:
    """Their own crops first, then every other."""
    own = tuple(call.crops())
    return _listed(own, about or next(iter(own), ""), call.language)


@lru_cache(maxsize=1024)  # many callers grow the same
def _listed(own: tuple[str, ...], shown: str, language: str) -> Options:
    codes = dict.fromkeys([*own, *(crop.code for crop in crops.CROPS)])
    return tuple((label(texts.say(f"crop.{code}", language)), f"prices:{code}") for code in codes if code != shown)


SCREENS = (Menu("prices", _price, _others, more=lambda call: call.say("home.price_more")),)
