"""What may stand between ((double brackets)) in a template: each value, what it depends on, and the longest it can be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from content import price_texts, texts, told, weather, weather_texts
from core import clock
from core.settings import Settings
from profiles import crops, places

LONGEST_DISTRICT = "Fort Portal City"
LONGEST_NAME = "Nakachwa-Birungimaga"
NAME_ROOM = len(LONGEST_NAME)
EVENING = time(18, 30)

# What a value depends on. A template that uses only the first three is rendered once for each group of farmers who share them.
LANGUAGE, DISTRICT, CROP, FARMER = "language", "district", "crop", "farmer"


@dataclass(slots=True)
class Context:
    """What rendering may look at; `kept` remembers what was read from the database for this broadcast.

    `now`: the moment it is rendered for; without one, the evening of `day`.
    """

    session: Session
    settings: Settings
    day: date
    kept: dict[Any, Any] = field(default_factory=dict)
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """The values that a group of farmers shares; `name` only where a body is written for one person."""

    language: str
    district_id: int = 0
    crop: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """`value` gives None when there is nothing true to say: then nobody in that group is sent the text."""

    depends: frozenset[str]
    value: Callable[[Cell, Context], str | None]
    longest: Callable[[str], str]


def _district(cell: Cell, context: Context) -> str | None:
    if not cell.district_id:
        return None
    if "districts" not in context.kept:
        context.kept["districts"] = {place.id: place.name for place in places.children(context.session, None, "district")}
    name: str | None = context.kept["districts"].get(cell.district_id)
    return name


def _crop(cell: Cell, context: Context) -> str | None:
    return texts.say(f"crop.{cell.crop}", cell.language) if cell.crop else None


def _price(cell: Cell, context: Context) -> str | None:
    if not (cell.crop and cell.district_id):
        return None
    key = ("price", cell.crop, cell.district_id)
    if key not in context.kept:
        context.kept[key] = told.price(context.session, cell.crop, cell.district_id, context.day)
    price = context.kept[key]
    return price_texts.sentence(price, cell.crop, cell.language, context.settings.ussd_code) if price else None


def _weather(cell: Cell, context: Context) -> str | None:
    """Nothing where no fresh forecast is: an unasked text never says that we do not know."""
    if not cell.district_id:
        return None
    key = ("weather", cell.district_id)
    if key not in context.kept:
        moment = context.now or clock.at(context.day, EVENING, context.settings.zone)
        context.kept[key] = weather.outlook(context.session, cell.district_id, moment, context.settings)
    outlook = context.kept[key]
    return weather_texts.sentence(outlook, outlook.place, cell.language, context.settings.ussd_code) if outlook else None


def _name(cell: Cell, context: Context) -> str | None:
    return (cell.name or "")[:NAME_ROOM] or None


def _code(cell: Cell, context: Context) -> str:
    return context.settings.ussd_code


def _longest_crop(language: str) -> str:
    return max((texts.say(f"crop.{crop.code}", language) for crop in crops.CROPS), key=len)


FIELDS = {
    "district": Field(frozenset({LANGUAGE, DISTRICT}), _district, lambda language: LONGEST_DISTRICT),
    "crop": Field(frozenset({LANGUAGE, CROP}), _crop, _longest_crop),
    "price sentence": Field(frozenset({LANGUAGE, DISTRICT, CROP}), _price, lambda language: "x" * 160),
    "weather sentence": Field(frozenset({LANGUAGE, DISTRICT}), _weather, lambda language: "x" * 160),
    "name": Field(frozenset({FARMER}), _name, lambda language: LONGEST_NAME),
    "dial": Field(frozenset(), _code, lambda language: "*2845#55555#"),
}


def depends(names: list[str]) -> frozenset[str]:
    """What a body with these placeholders depends on, beside its language."""
    return frozenset().union(*(FIELDS[name].depends for name in names)) - {LANGUAGE}
