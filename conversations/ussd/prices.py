"""Prices by dialling: one's own crop at once, every other crop behind "more"."""

from conversations import pricing
from conversations.ussd.call import Call, label
from messaging import pages
from messaging.ussd import Lead, Menu, Options
from profiles import crops, farmers


def _price(call: Call, about: str) -> str:
    """`about` is a crop's code; empty: what the caller grows first."""
    farmer = call.known()
    plot = call.plot()
    crop = about or (plot.crop if plot else "")
    if not crop or farmer.district_id is None:
        return call.say("registration.crop")
    room = pages.ROOM - pages.size("\n" + call.say("home.price_more") + "\n" + call.say("ussd.back"))
    return pricing.short(call.session, crop, farmer.district_id, call.language, call.today, room)


def _others(call: Call, about: str) -> Options:
    """Their own crops first, then every other."""
    own = [plot.crop for plot in farmers.plots(call.session, call.known().id)]
    shown = about or (own[0] if own else "")
    codes = dict.fromkeys([*own, *(crop.code for crop in crops.CROPS)])
    return [_choice(call, code) for code in codes if code != shown]


def _choice(call: Call, code: str) -> tuple[str, Lead]:
    return label(call.crop(code)), f"prices:{code}"


SCREENS = (Menu("prices", _price, _others, more=lambda call: call.say("home.price_more")),)
