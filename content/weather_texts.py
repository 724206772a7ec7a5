"""How a forecast is said: the chance of each day as so many in ten, the amount in mm, and what to do with it; who says so, and when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from content import texts
from content.weather import Expected, Outlook
from messaging import gsm

DRY, LIKELY = 2, 6  # in ten: up to this a day is held to be dry, from this on it is held to rain
WET_MM, HEAVY_MM = 5, 40  # in one day
FEW, MANY = 1, 9  # in ten: nobody knows better than that, so beyond it we say "under" and "over"
WEATHER_KEY = "2"  # of the home menu, for the shortcut


def _rains(day: Expected, mm: int = WET_MM) -> bool:
    """Likely rain, of at least so much; where the amount is not known it counts as wet, never as heavy."""
    return day.tenths >= LIKELY and (day.mm >= mm if day.mm is not None else mm <= WET_MM)


def _dry(day: Expected) -> bool:
    return day.tenths <= DRY


# What to do, first that holds: a key of [weather.advice] and what must be true of the days ahead. Spraying, drying, weeding and
# grain are advised on; planting only to wait, because one rain is not the season.
RULES: tuple[tuple[str, Callable[[Sequence[Expected]], bool]], ...] = (
    ("heavy", lambda days: any(_rains(day, HEAVY_MM) for day in days)),
    ("wet", lambda days: _rains(days[0])),
    ("before_rain", lambda days: _dry(days[0]) and any(map(_rains, days[1:]))),
    ("dry", lambda days: len(days) > 1 and all(map(_dry, days))),
    ("dry_first", lambda days: _dry(days[0])),
    ("unsure", lambda days: True),
)


@dataclass(frozen=True, slots=True)
class Extras:
    """How much is said beside the first day's chance."""

    days: int
    advice: str  # weather.advice or weather.advice_short; "" on the smallest screens
    made: bool = True


LONG, SHORT = "weather.advice", "weather.advice_short"
# From the fullest to the barest: the days further off go before what to do does.
LADDER = (Extras(3, LONG), Extras(3, SHORT), Extras(2, LONG), Extras(2, SHORT), Extras(1, LONG), Extras(1, SHORT))
BAREST = (*LADDER, Extras(1, ""), Extras(1, "", False))


def sentence(outlook: Outlook | None, place: str, language: str, ussd_code: str) -> str:
    """One text of at most 160 GSM-7 characters. For None it says that there is no fresh forecast of this place."""
    dial = shortcut(ussd_code)
    if outlook is None:
        return f"{gsm.plain(texts.say('weather.none', language, place=place))} {dial}"
    return _first_fitting((f"{said} {dial}" for said in _each(outlook, language, LADDER)), gsm.SEPTETS_ALONE)


@lru_cache(maxsize=4096)  # pure, and a whole district reads the same
def short(outlook: Outlook | None, place: str, language: str, room: int) -> str:
    """For a screen: as much as `room` septets hold."""
    if outlook is None:
        return gsm.plain(texts.say("weather.none", language, place=place))
    return _first_fitting(_each(outlook, language, BAREST), room)


def shortcut(ussd_code: str) -> str:
    """What to dial for the weather at once: "*284*55*2#"."""
    return f"{ussd_code.removesuffix('#')}*{WEATHER_KEY}#"


def advice(days: Sequence[Expected]) -> str:
    """Which of RULES holds for these days."""
    return next(key for key, holds in RULES if holds(days))


def _first_fitting(said: Iterator[str], room: int) -> str:
    return next((text for text in map(gsm.plain, said) if gsm.fits(text, room)), "")


def _each(outlook: Outlook, language: str, ladder: Sequence[Extras]) -> Iterator[str]:
    rule = advice(outlook.days)
    for extras in ladder:
        yield texts.say(
            "weather.whole",
            language,
            place=outlook.place,
            days=", ".join(_day(one, language) for one in outlook.days[: extras.days]),
            advice=" " + texts.say(f"{extras.advice}.{rule}", language) if extras.advice else "",
            source=" " + _source(outlook, language) if extras.made else "",
        )


def _day(one: Expected, language: str) -> str:
    if one.tenths < FEW:
        chance = texts.say("weather.chance.few", language, tenths=FEW)
    elif one.tenths > MANY:
        chance = texts.say("weather.chance.many", language, tenths=MANY)
    else:
        chance = texts.say("weather.chance.some", language, tenths=one.tenths)
    amount = texts.say("weather.amount", language, mm=one.mm) if one.mm else ""
    return texts.say("weather.day", language, when=_when(one.day, language), chance=chance, amount=amount)


def _when(day: date, language: str) -> str:
    """The weekday where a language has short names for them, else the date in numbers."""
    names = texts.say("weather.weekdays", language).split()
    return names[day.weekday()] if names else f"{day.day}/{day.month}"


def _source(outlook: Outlook, language: str) -> str:
    months = texts.say("price.when.months", language).split()
    made = texts.say("weather.made", language, day=outlook.made.day, month=months[outlook.made.month - 1])
    return texts.say("weather.source", language, name=texts.say(f"weather.sources.{outlook.source}", language), made=made)
