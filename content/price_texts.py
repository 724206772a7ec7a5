"""How a price is said: its kind, unit, market, day and age first; what does not fit is left away, never the truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from content import commodities, texts
from content.told import Told
from core import units
from core.money import figure
from messaging import gsm

YOUNG = 7  # days up to which the day alone says how old a price is
SAID_UNITS = ("kg", "litre", "unit", "bunch", "head")  # those with a wording; others are said as the source does
SHOP = "retail"


@dataclass(frozen=True, slots=True)
class Extras:
    """What is said beside the price itself, as long as it fits."""

    others: int = 0
    bag: bool = True
    reports: bool = True
    district: bool = True
    estimate: bool = True  # the word; "about" stays
    caution: bool = True


# From the fullest to the barest: comparison goes first, the word that a shop price is not hers last.
FULL = Extras(others=2)
LADDER = (
    FULL,
    Extras(others=1),
    Extras(),
    Extras(bag=False),
    Extras(bag=False, reports=False),
    Extras(bag=False, reports=False, district=False),
    Extras(bag=False, reports=False, district=False, estimate=False),
    Extras(bag=False, reports=False, district=False, estimate=False, caution=False),
)


def sentence(told: Told | None, crop: str, language: str, ussd_code: str, since: Told | None = None) -> str:
    """One text of at most 160 GSM-7 characters. For None it says that there is no fresh price, and since when if that is given."""
    dial = texts.say("price.dial", language, ussd=ussd_code)
    if told is None:
        return _first_fitting(_nothing(crop, language, since, f" {dial}"), gsm.SEPTETS_ALONE)
    return _first_fitting(_wholes(told, language, dial), gsm.SEPTETS_ALONE)


@lru_cache(maxsize=4096)  # pure, and all who grow a crop in a district read the same
def short(told: Told | None, crop: str, language: str, room: int, since: Told | None = None) -> str:
    """For a screen: as much as `room` septets hold; empty where not even the barest true words do."""
    if told is None:
        return _first_fitting(_nothing(crop, language, since, ""), room)
    return _first_fitting(_screens(told, language), room)


def _wholes(told: Told, language: str, dial: str) -> Iterator[str]:
    yield from (_said("price.whole", told, language, extras, dial) for extras in LADDER)
    yield f"{_least(told, language)}. {dial}"


def _screens(told: Told, language: str) -> Iterator[str]:
    yield from (_said("price.screen", told, language, extras, "") for extras in LADDER[2:])
    yield _least(told, language)


def _least(told: Told, language: str) -> str:
    crop = _capital(named(told.commodity, language))
    return texts.say(
        "price.least", language, crop=crop, market=told.market, when=_when(told, language), offer=_offer(told, language, False)
    )


def _nothing(crop: str, language: str, since: Told | None, end: str) -> Iterator[str]:
    name = texts.say(f"crop.{crop}", language)
    if since is not None:
        yield texts.say("price.none_since", language, crop=name, when=date_said(since, language, year=True)) + end
    yield texts.say("price.none", language, crop=name) + end


def _first_fitting(said: Iterator[str], room: int) -> str:
    return next((text for text in map(gsm.plain, said) if gsm.fits(text, room)), "")


def _said(key: str, told: Told, language: str, extras: Extras, dial: str) -> str:
    say: Callable[..., str] = texts.say
    counted = told.reports > 1 or told.kind == "trader"
    return say(
        key,
        language,
        crop=_capital(named(told.commodity, language)),
        place=_place(told, language, extras.district),
        when=_when(told, language),
        offer=_offer(told, language, extras.estimate) + (_bag(told, language) if extras.bag else ""),
        caution=say("price.caution", language) if extras.caution and told.kind == SHOP else "",
        reports=_reports(told, language) if extras.reports and counted and not told.monthly else "",
        also=_also(told, language, extras.others),
        dial=dial,
    )


def named(commodity: str, language: str) -> str:
    """What a commodity is called: its crop's name, or that of its form: coffee is kiboko or FAQ, groundnuts are shelled or not."""
    known = commodities.BY_CODE[commodity]
    return texts.say(f"crop.{known.crop}" if known.name == known.crop else f"price.form.{known.name}", language)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _place(told: Told, language: str, with_district: bool) -> str:
    if told.distance_km:
        return texts.say("price.place.away", language, market=told.market, km=told.distance_km)
    if with_district and told.district and told.district != told.market:
        return texts.say("price.place.district", language, market=told.market, district=told.district)
    return texts.say("price.place.here", language, market=told.market)


def _when(told: Told, language: str) -> str:
    """The day or the month, with the age of a day longer ago than YOUNG or of a month that is over: never "today"."""
    said = date_said(told, language)
    asked = told.day + timedelta(days=told.age_days)
    young = (asked.year, asked.month) == (told.day.year, told.day.month) if told.monthly else told.age_days <= YOUNG
    return said if young else said + texts.say("price.when.age", language, days=told.age_days)


def date_said(told: Told, language: str, year: bool = False) -> str:
    """ "Thu 12 Jun", with the year "12 Jun 2025"; a monthly price "Jun 2025"; in numbers where a language has no short names."""
    key = "month" if told.monthly else "day_year" if year else "day"
    months = texts.say("price.when.months", language).split()
    weekdays = texts.say("price.when.weekdays", language).split()
    return texts.say(f"price.when.{key}", language, **_parts(told.day, months, weekdays))


def _parts(day: date, months: list[str], weekdays: list[str]) -> dict[str, object]:
    return {"day": day.day, "month": months[day.month - 1], "year": day.year, "weekday": weekdays[day.weekday()]}


def _offer(told: Told, language: str, with_word: bool) -> str:
    unit = texts.say(f"price.unit.{told.unit}", language) if told.unit in SAID_UNITS else told.unit
    amount = amount_said(told.amount)
    if told.estimated:
        amount = texts.say("price.about", language, amount=amount)
    said = texts.say(f"price.offer.{told.kind}", language, amount=amount, unit=unit)
    return said + (texts.say("price.estimate", language) if told.estimated and with_word else "")


def amount_said(amount: Decimal) -> str:
    """ "1,050"; two decimals only where an amount is small enough that they are money: "16.13"."""
    if amount < 100 and amount != amount.to_integral_value():
        return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"
    return figure(amount)


def _bag(told: Told, language: str) -> str:
    """What a bag comes to: the one that was quoted, else the local bag of this form. Never from a shop price: no farmer is paid it."""
    if told.kind == SHOP or told.unit != "kg":
        return ""
    if told.pack is not None:
        weight, amount = told.pack
    else:
        known = commodities.BY_CODE[told.commodity]
        measure = units.measure(known.crop, "bag") if known.bagged else None
        if measure is None:
            return ""
        weight, amount = measure.usual, _rounded(measure.usual * told.amount)
    return texts.say("price.bag", language, kg=f"{weight.normalize():f}", amount=amount_said(amount))


def _rounded(amount: Decimal) -> Decimal:
    """To three figures: no two bags weigh the same, so more would be a show of exactness."""
    return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 2), ROUND_HALF_UP) if amount >= 1000 else amount


def _reports(told: Told, language: str) -> str:
    return texts.say("price.reports.one" if told.reports == 1 else "price.reports.many", language, count=told.reports)


def _also(told: Told, language: str, most: int) -> str:
    each = [
        texts.say(
            "price.also_each" if other.distance_km else "price.also_here",
            language,
            market=other.market,
            amount=amount_said(other.amount),
            km=other.distance_km,
        )
        for other in told.others[:most]
    ]
    return texts.say("price.also", language, list=", ".join(each)) if each else ""
