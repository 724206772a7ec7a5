"""Joining by dialling: language, crop, the notice and a yes, district, and a first price on the fifth screen."""

from content import languages, texts, weather, weather_texts
from content.languages import Language
from conversations import pricing
from conversations.ussd import asking
from conversations.ussd.call import Call, label
from core.errors import Unusable
from messaging import pages, suppressions
from messaging.ussd import Ask, End, Lead, Menu, Options
from profiles import consent, crops, drafts, farmers, places, spelling
from profiles.crops import Crop
from profiles.models import Place

NOTICE = "registration.notice"


def stopped_at(call: Call) -> str:
    """The place that a registration goes on at: the first thing we do not know. "home" when it is finished."""
    if call.farmer is None:
        said = call.draft()
        return "language" if "language" not in said else "crop" if "crop" not in said else "notice"
    if call.farmer.district_id is None:
        return "district"
    question = asking.next_of_registration(call)
    return f"ask:{question.code}" if question else "home"


def _question(call: Call) -> str:
    """What they stopped at, in words."""
    name, _, about = stopped_at(call).partition(":")
    return call.say(f"stopped.{about or name}")


def _resume_options(call: Call, about: str) -> Options:
    go_on = (call.say("registration.continue"), stopped_at)
    if call.farmer is None or call.farmer.district_id is None:
        return (go_on, (call.say("registration.again"), _start_again))
    return (go_on, (call.say("registration.menu"), asking.put_off))


def _start_again(call: Call) -> str:
    if call.farmer is None:
        drafts.drop(call.session, call.phone)
    return "language:again"


def _languages(call: Call, about: str) -> Options:
    def spoken(language: Language) -> tuple[str, Lead]:
        return language.name, lambda call: _speak(call, language, about)

    return [spoken(language) for language in languages.offered()]


def _speak(call: Call, language: Language, about: str) -> str:
    call.language = language.code
    if call.farmer is not None:
        farmers.answer(call.session, call.farmer, "language", language.code, call.now)
    else:
        drafts.put(call.session, call.phone, call.now, language=language.code)
    return f"crop:{about}" if about else "crop"


def _crops(call: Call, about: str) -> Options:
    def grown(crop: Crop) -> tuple[str, Lead]:
        return label(call.crop(crop.code)), lambda call: _sell(call, crop.code)

    return [grown(crop) for crop in crops.CROPS]


def _sell(call: Call, crop: str) -> str:
    if call.farmer is not None:
        farmers.prefer(call.session, call.farmer, crop, call.now)
        return stopped_at(call)
    drafts.put(call.session, call.phone, call.now, crop=crop)
    return "notice" if "language" in call.draft() else "language"


def typed_crop(call: Call, said: str) -> str:
    """The crop that was typed. Raises Unusable, naming the one that may have been meant."""
    crop = crops.find(said)
    if crop is not None:
        return crop.code
    maybe = crops.like(said)
    if maybe:
        raise Unusable("registration.crop_like", crop=call.crop(maybe[0].code))
    raise Unusable("registration.crop_unknown")


def _notice(call: Call, about: str) -> str:
    crop = call.draft().get("crop")
    return call.say(NOTICE, crop=call.crop(crop)) if crop else call.say("registration.crop")


def _notice_options(call: Call, about: str) -> Options:
    yes, no = (call.say("registration.agree"), agree), (call.say("registration.disagree"), _disagree)
    return (yes, no) if about == "more" else (yes, (call.say("registration.notice_more"), "explained"), no)


def agree(call: Call) -> str:
    """The yes. Whoever else registers this phone at this moment waits for us, and finds the farmer that we made."""
    drafts.lock(call.session, call.phone, call.now)
    said, here = call.draft(), farmers.on_phone(call.session, call.phone)
    if call.farmer is not None:
        farmer = call.farmer
    elif here and not (call.memory.get("stranger") and said.get("crop")):
        farmer = here[0]
    elif not said.get("crop"):
        return "crop"  # the answers died of age between the notice and the yes
    else:
        farmer = farmers.add(call.session, farmers.NewFarmer(call.phone, call.language, (said["crop"],), None, "ussd"), call.now)
        suppressions.start(call.session, call.phone, call.now)
    consent.give(call.session, farmer.id, consent.SERVICE, "ussd", texts.fingerprint(NOTICE, call.language), call.now)
    drafts.drop(call.session, call.phone)
    call.become(farmer)
    return stopped_at(call)


def _disagree(call: Call) -> str:
    drafts.drop(call.session, call.phone)
    return "goodbye"


def _regions(call: Call, about: str) -> Options:
    return [(region.name, f"parts:{region.id}") for region in places.children(call.session, None, "region")]


def _parts(call: Call, about: str) -> Options:
    """The sub-regions of a region, or its districts where it has but one."""
    parts = places.children(call.session, int(about), "sub_region")
    if len(parts) > 1:
        return [(part.name, f"districts:{part.id}") for part in parts]
    return _districts(call, about)


def _districts(call: Call, about: str) -> Options:
    return _named(places.children(call.session, int(about), "district"))


def _candidates(call: Call, about: str) -> Options:
    return _named(places.find(call.session, about))


def _named(found: list[Place]) -> Options:
    return [(place.name, _lives(place.id)) for place in found]


def _lives(place_id: int) -> Lead:
    return lambda call: live_in(call, place_id)


def _typed_district(call: Call, about: str, said: str) -> str:
    found = places.find(call.session, said)
    if not found:
        raise Unusable("registration.district_unknown")
    return live_in(call, found[0].id) if len(found) == 1 else f"candidates:{spelling.fold(said)}"


def live_in(call: Call, place_id: int) -> str:
    """This is where their garden is: a first price for who has just joined, back to the farm for who has moved."""
    moved = call.memory.pop("moving", None)
    farmers.answer(call.session, call.known(), "district", place_id, call.now)
    return "farm" if moved else "first_value"


def _move(call: Call, about: str) -> str:
    call.memory["moving"] = True
    return call.say("registration.district")


def _first_value(call: Call, about: str) -> str:
    farmer, plot = call.known(), call.plot()
    done = call.say("registration.done", code=farmers.code(farmer))
    if plot is None or farmer.district_id is None:
        return done
    labels = [f"\n{number} {words}" for number, (words, _) in enumerate(_first_value_options(call, about), 1)]
    room = pages.ROOM - pages.size("\n" + done + "".join(labels))
    after = done
    if not pricing.fresh(call.session, plot.crop, farmer.district_id, call.today):
        after = _beside_no_price(call, farmer.district_id, plot.crop, room) + "\n" + done
    room = pages.ROOM - pages.size("\n" + after + "".join(labels))
    return pricing.short(call.session, plot.crop, farmer.district_id, call.language, call.today, room) + "\n" + after


def _beside_no_price(call: Call, district_id: int, crop: str, room: int) -> str:
    """The rain of her district, which is worth something too; else that prices will come."""
    outlook = weather.outlook(call.session, district_id, call.now, call.settings)
    left = room - pages.size(pricing.short(call.session, crop, district_id, call.language, call.today, room)) - 1
    said = weather_texts.short(outlook, outlook.place, call.language, left) if outlook else ""
    return said or call.say("registration.soon")


def _first_value_options(call: Call, about: str) -> Options:
    menu = (call.say("registration.menu"), asking.put_off)
    return ((call.say("registration.go_on"), stopped_at), menu) if asking.next_of_registration(call) else (menu,)


def _thanks(call: Call, about: str) -> str:
    return call.say("registration.thanks", code=farmers.code(call.known()))


SCREENS = (
    Menu(
        "resume",
        lambda call, about: call.say("registration.stopped_at", question=_question(call)),
        _resume_options,
        root=True,
    ),
    Menu("language", lambda call, about: texts.say("registration.welcome", languages.DEFAULT), _languages, root=True),
    Ask(
        "crop",
        lambda call, about: call.say("registration.crop"),
        lambda call, about, said: _sell(call, typed_crop(call, said)),
        _crops,
        more=lambda call: call.say("registration.crop_more"),
    ),
    Menu("notice", _notice, _notice_options, read_first=True),
    Menu(
        "explained",
        lambda call, about: call.say("registration.explained"),
        lambda call, about: _notice_options(call, "more"),
        read_first=True,
    ),
    End("goodbye", lambda call, about: call.say("registration.goodbye")),
    Ask("district", lambda call, about: call.say("registration.district"), _typed_district, _regions, root=True),
    Ask("move", _move, _typed_district, _regions),
    Menu("parts", lambda call, about: call.say("registration.which_part"), _parts),
    Menu("districts", lambda call, about: call.say("registration.which_district"), _districts),
    Menu("candidates", lambda call, about: call.say("registration.which_district"), _candidates),
    Menu("first_value", _first_value, _first_value_options),
    Menu("thanks", _thanks, lambda call, about: ((call.say("registration.menu"), "home"),), root=True),
)
