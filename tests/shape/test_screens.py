"""Every screen of the menu, in every language, with the longest real values: short enough, connected, never a dead end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from content import commodities, languages, texts, weather
from content.models import Market, Price
from content.sources.open_meteo import Day
from conversations.ussd import home
from conversations.ussd.call import Call
from conversations.ussd.screens import SCREENS
from core.db import new_id
from core.errors import Unusable
from core.settings import Settings
from linkage import receipts
from linkage.deliveries import Delivery
from messaging import gsm, pages, suppressions
from messaging.pages import Page
from messaging.ussd import BACK, Walk, arrive, walk_on
from profiles import crops, drafts, farmers, organisations, places, records
from profiles.farmers import NewFarmer
from profiles.models import Farmer, Place
from tests import market

OFFERED = [language.code for language in languages.offered()]
PHONE, SHARED, STRANGER, FRESH, STOPPED, LISTED, AGENT = (f"+25677200000{last}" for last in range(1, 8))
RECORDED = "+256772000020"
MARKET = "+256772000031"
NAME = "Kyomuhendo Nakabuubi"  # twenty letters
HELP = (
    "ussd.press_a_number",
    "ussd.press_more",
    "registration.crop_unknown",
    "registration.crop_like",
    "registration.district_unknown",
    "ask_wrong.name",
    "record.wrong_money",
    "record.wrong_quantity",
)
BEFORE_THE_YES = {"language", "resume", "crop", "notice", "explained", "goodbye"}
KINDS_A_SCREEN = 2  # of places that differ in what they are about only


def longest_place(session: Session) -> Place:
    return max(places.children(session, None, "district"), key=lambda place: len(place.name))


def longest_crop(language: str, sold: bool = False) -> str:
    known = [crop.code for crop in crops.CROPS if not sold or commodities.of_crop(crop.code)]
    return max(known, key=lambda code: len(texts.say(f"crop.{code}", language)))


def dear_price(session: Session, crop: str, place: Place, now: datetime) -> None:
    """A price of six digits in the longest district, under a name as long as any."""
    market = Market(
        id=9000,
        code="test:9000",
        name=place.name,
        district_id=place.id,
        latitude=place.latitude or 0,
        longitude=place.longitude or 0,
        selling=True,
        sample=True,
    )
    session.add(market)
    session.flush()
    facts = {
        "unit": "kg",
        "day": now.date(),
        "monthly": False,
        "amount": Decimal(123456),
        "currency": "UGX",
        "reports": 12,
        "estimated": True,
    }
    decided = {"why": None, "decided_by": None, "decided_at": None, "created_at": now}
    commodity = commodities.of_crop(crop)[0].code
    session.add(
        Price(id=new_id(now), market_id=9000, commodity=commodity, kind="trader", source="test", state="published", **facts, **decided)
    )
    session.flush()


def heavy_rain(session: Session, place: Place, now: datetime) -> None:
    """More than there has ever been, on all days."""
    days = [Day(now.date() + timedelta(days=ahead), 100, Decimal(2000), None, None, 99) for ahead in range(7)]
    weather.store(session, "sample", {place.id: days}, now, Settings(_env_file=None).zone)


def entered_by_others(session: Session, language: str, place: Place, now: datetime) -> None:
    """One whom a list has entered, and an agent of the group that did, whose name is as long as any."""
    group = organisations.add(session, "cooperative", "Note En Teko Oilseeds Growers Union", "NOTE", now)
    for phone, source, role in ((LISTED, "import", "member"), (AGENT, "ussd", "agent")):
        one = farmers.add(session, NewFarmer(phone, language, ("milk",), place.id, source, name=NAME), now)
        organisations.join(session, one.id, group.id, now.date(), role)


def much_noted(session: Session, language: str, place: Place, now: datetime) -> None:
    """A season of the largest sums, and two receipts of a group with a long name, one of them disputed."""
    crop, day = longest_crop(language), now.date()
    one = farmers.add(session, NewFarmer(RECORDED, language, (crop,), place.id, "ussd", name=NAME, phone_use="own"), now)
    group = organisations.add(session, "cooperative", "Note En Teko Oilseeds Growers Union", "OILSEEDS", now)
    organisations.join(session, one.id, group.id, day)
    for entry in (
        records.Entry(records.COST, crop, "UGX", day, what="fertiliser", amount=500_000_000),
        records.Entry(records.HARVEST, crop, "UGX", day, quantity=Decimal("99999.75"), unit=records.units_of(crop)[0]),
        records.Entry(records.SALE, crop, "UGX", day, quantity=Decimal("11111.25"), unit=records.units_of(crop)[0]),
    ):
        records.note(session, one.id, entry, now)
    delivery = Delivery(crop, day, Decimal("12345.67"), Decimal("3456.75"), "UGX", 1_234_567, 2_345_678, None, None, day)
    for nonce in ("1", "2"):
        receipt = receipts.issue(session, group.id, one.id, delivery, nonce, "test", now, receipts.Voice(Settings(_env_file=None).zone, ""))
    receipts.dispute(session, receipt.id, one.id, "fees", now)


def people(session: Session, language: str, now: datetime) -> None:
    """One on a phone, three on another, one who has not agreed yet, one with nothing but a crop; all with long names."""
    place, crop = longest_place(session), longest_crop(language)

    def new(phone: str, name: str | None, district: int | None, crop: str) -> Farmer:
        return farmers.add(session, NewFarmer(phone, language, (crop,), district, "ussd", name=name), now)

    new(PHONE, NAME, place.id, crop)
    for name in (NAME, NAME.lower(), None):
        new(SHARED, name, place.id, crop)
    drafts.put(session, STRANGER, now, language=language, crop=crop)
    almost = new(STOPPED, NAME, place.id, "milk")
    farmers.answer(session, almost, "sex", "f", now)
    suppressions.stop(session, STOPPED, "ussd", now)
    new(FRESH, None, None, longest_crop(language, sold=True))
    dear_price(session, longest_crop(language, sold=True), place, now)
    heavy_rain(session, place, now)
    entered_by_others(session, language, place, now)
    much_noted(session, language, place, now)
    market.busy(session, now, language, MARKET, NAME, place.id, crop)


@pytest.fixture(params=OFFERED)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def house(session: Session, language: str, now: datetime) -> Session:
    places.seed(session)
    people(session, language, now)
    return session


def call_of(session: Session, phone: str, language: str, now: datetime, memory: dict | None = None) -> Call:
    here = farmers.on_phone(session, phone)
    return Call(
        session, phone, dict(memory or {}), now, Settings(_env_file=None), here[0] if here and phone != STRANGER else None, language
    )


def leads(call: Call, place: str) -> Iterator[str]:
    """Where the choices of a place lead, tried and undone; of a long list, whose choices are alike, some of them."""
    name, _, about = place.partition(":")
    many = len(SCREENS[name].show(call, about).options)
    for index in range(many) if many <= pages.CHOICES or name in ("home", "records") else (0, 1, many - 1):
        before, memory = (call.farmer, call.language), dict(call.memory)
        with call.session.begin_nested() as tried:
            yield SCREENS[name].choose(call, about, index)
            tried.rollback()
        call.farmer, call.language = before
        call.memory.clear()
        call.memory.update(memory)
        call.session.expire_all()


def reached(call: Call, start: str) -> set[str]:
    """Every place that can be walked to, few of those that differ only in what they are about. A yes is walked on from as
    somebody who has given it."""
    found, open_ = {start}, [start]
    while open_:
        for place in list(leads(call, open_.pop())):
            if call.farmer is None and place.partition(":")[0] not in BEFORE_THE_YES:
                continue
            kin = [one for one in found if one.partition(":")[0] == place.partition(":")[0]]
            if place not in found and (len(kin) < KINDS_A_SCREEN or place.startswith(("ask:", "gap:"))):
                found.add(place)
                open_.append(place)
    return found


def leaves(call: Call, place: str) -> list[Page]:
    name, _, about = place.partition(":")
    shown = SCREENS[name].show(call, about)
    back = call.say("ussd.back")
    return pages.cut(shown, shown.more or call.say("ussd.more"), back, back)


def callers(session: Session, language: str, now: datetime) -> Iterator[tuple[Call, str]]:
    yield call_of(session, STRANGER, language, now), "resume"
    yield call_of(session, LISTED, language, now), "listed"
    yield call_of(session, AGENT, language, now), "home"
    for place in ("agent_crop", "agent_sure", f"agent_done:{farmers.on_phone(session, AGENT)[0].number}", "agent_full", "agent_place:mas"):
        yield call_of(session, AGENT, language, now), place
    noting = call_of(session, RECORDED, language, now)
    yield noting, f"noted:{records.of(session, noting.known().id)[0].id}"  # reached by typing; all the rest of the branch from there
    yield call_of(session, STRANGER, language, now), "language"
    yield call_of(session, FRESH, language, now), "district"
    yield call_of(session, FRESH, language, now), "resume"
    yield call_of(session, PHONE, language, now), "home"
    yield call_of(session, MARKET, language, now), "home"
    yield call_of(session, MARKET, language, now), "offer_gone"
    yield call_of(session, MARKET, language, now), "offer_late"
    yield call_of(session, MARKET, language, now), "data_own_phone"
    yield call_of(session, PHONE, language, now), "ask:name"
    yield call_of(session, STOPPED, language, now), "home"
    yield call_of(session, STOPPED, language, now), "ask:phone_use"
    yield call_of(session, SHARED, language, now), "who"


def test_every_screen_fits_every_phone_in_every_language(house: Session, language: str, now: datetime) -> None:
    help_lines = [texts.say(key, language, last=5, crop=texts.say(f"crop.{longest_crop(language)}", language)) for key in HELP]
    for call, start in callers(house, language, now):
        for place in sorted(reached(call, start)):
            for leaf in leaves(call, place):
                said = pages.written(leaf)
                assert gsm.fits(said, 160), (place, said)
                assert leaf.text or leaf.options, place
                assert len(leaf.options) + ("98" in leaf.foot[:1]) <= 5
                for sorry in help_lines:
                    helped = pages.written(leaf, sorry)
                    assert gsm.fits(helped, 160), (place, helped)
                    assert helped.startswith(sorry[:20]), (place, helped)
                    assert all(line in helped.split("\n") for line in leaf.lines), (place, helped)


def test_the_screens_that_matter_most_are_one_page(house: Session, language: str, now: datetime) -> None:
    """The notice, and the first price with its id: nobody should have to turn a page before a yes or a first value."""
    stranger, fresh = call_of(house, STRANGER, language, now), call_of(house, FRESH, language, now)
    for call, place in ((stranger, "notice"), (stranger, "language"), (stranger, "resume"), (fresh, "district")):
        assert len(leaves(call, place)) == 1, (place, leaves(call, place))
    farmers.answer(house, fresh.known(), "district", longest_place(house).id, now)
    (only,) = leaves(fresh, "first_value")
    assert "123,456" in only.text
    assert farmers.code(fresh.known()) in only.text


def test_the_weather_is_one_page_with_its_chance_and_what_to_do(house: Session, language: str, now: datetime) -> None:
    (only,) = leaves(call_of(house, PHONE, language, now), "weather")
    assert only.text.startswith(longest_place(house).name)
    assert texts.say("weather.chance.many", language, tenths=9) in only.text
    assert any(texts.say(f"{table}.heavy", language) in only.text for table in ("weather.advice", "weather.advice_short"))
    assert len(only.options) == 1


def test_who_was_entered_by_others_reads_who_did_it_and_the_question_on_one_page(house: Session, language: str, now: datetime) -> None:
    (only,) = leaves(call_of(house, LISTED, language, now), "listed")
    assert only.text.startswith("Note En Teko Oilseeds")
    assert len(only.options) == 3


def test_an_agent_reads_all_that_was_typed_before_the_yes_on_one_page(house: Session, language: str, now: datetime) -> None:
    kept = {"phone": "+256772999999", "name": NAME, "crop": longest_crop(language), "district": longest_place(house).id}
    for phone in (kept["phone"], None):
        (only,) = leaves(call_of(house, AGENT, language, now, {"neighbour": kept | {"phone": phone}}), "agent_sure")
        assert NAME in only.text
        assert len(only.options) == 2


def test_every_choice_leads_to_a_screen_and_every_screen_is_reached(house: Session, language: str, now: datetime) -> None:
    found: set[str] = set()
    for call, start in callers(house, language, now):
        found |= {place.partition(":")[0] for place in reached(call, start)}
    found |= {home.begin(call_of(house, "+256772999999", language, now))}
    assert found - set(SCREENS) == set()
    assert set(SCREENS) - found == {"candidates"}  # reached by typing letters
    stranger = call_of(house, FRESH, language, now)
    assert SCREENS["district"].hear(stranger, "", "mas").startswith("candidates:")


def test_no_screen_is_a_dead_end_and_back_works_on_all(house: Session, language: str, now: datetime) -> None:
    for call, start in callers(house, language, now):
        for place in reached(call, start):
            screen = SCREENS[place.partition(":")[0]]
            if screen.ends:
                continue
            assert screen.show(call, place.partition(":")[2]).options or hears(call, place), place
            before = Walk(("who",))
            there = arrive(SCREENS, before, place)
            back = walk_on(SCREENS, there, call, [BACK], lambda: "home")
            assert back.walk.trail == (before.trail if len(there.trail) > 1 else there.trail)


def hears(call: Call, place: str) -> bool:
    """Whether something other than a number can be typed."""
    name, _, about = place.partition(":")
    try:
        with call.session.begin_nested() as tried:
            SCREENS[name].hear(call, about, "Masaka")
            tried.rollback()
    except Unusable as wrong:
        return wrong.key != "ussd.press_a_number"
    return True
