"""Sample markets and what traders there paid in the last two weeks, made up around true levels; a few odd ones for a person to decide."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Market, Price
from core import clock
from core.db import insert_new, new_id
from profiles import places

ZONE, SEED, DAYS = ZoneInfo("Africa/Kampala"), 2026, 14
SOURCE, KIND, CURRENCY = "sample", "trader", "UGX"


@dataclass(frozen=True, slots=True)
class SampleMarket:
    """`days`: its market days, Monday being 0; `level`: its prices against LEVELS; `buys`: commodities."""

    district: str
    name: str
    latitude: float
    longitude: float
    level: float
    days: tuple[int, ...]
    buys: tuple[str, ...]


def _market(district: str, latitude: float, longitude: float, level: float, days: str, buys: str, name: str = "") -> SampleMarket:
    return SampleMarket(district, name or district, latitude, longitude, level, tuple(map(int, days)), tuple(buys.split()))


# What traders pay, about, in UGX: per kilogram where nothing else is said.
LEVELS = {
    "maize": 1_050, "beans": 2_900, "coffee_kiboko": 6_500, "coffee_parchment": 13_500, "matooke": 14_000, "cassava_fresh": 500,
    "sweet_potato": 600, "groundnut_shelled": 5_200, "rice_paddy": 1_900, "sorghum": 1_100, "millet": 2_200, "greengram": 3_800,
    "soya": 2_100, "sesame": 5_500, "sunflower": 1_500, "cotton": 2_000, "potato": 1_250, "tomato": 1_800, "cabbage": 700,
    "leafy_vegetables": 1_200, "milk": 1_250, "goat": 180_000,
}  # fmt: skip
UNITS = {"matooke": "bunch", "milk": "litre", "goat": "head"}
MARKETS = (
    _market("Mubende", 0.56, 31.39, 1.00, "026", "maize beans matooke cassava_fresh coffee_kiboko"),
    _market("Masaka", -0.34, 31.74, 1.03, "135", "matooke coffee_kiboko beans maize tomato"),
    _market("Iganga", 0.61, 33.47, 1.02, "025", "maize sweet_potato beans cassava_fresh groundnut_shelled coffee_kiboko rice_paddy"),
    _market("Sironko", 1.23, 34.25, 0.98, "146", "beans maize coffee_parchment matooke leafy_vegetables"),
    _market("Soroti", 1.71, 33.62, 0.97, "135", "cassava_fresh groundnut_shelled sorghum sweet_potato millet maize greengram"),
    _market("Lira", 2.25, 32.90, 0.95, "024", "maize beans cassava_fresh sunflower soya sesame"),
    _market("Gulu", 2.77, 32.30, 0.98, "146", "groundnut_shelled beans cassava_fresh maize sesame sorghum rice_paddy"),
    _market("Arua", 3.02, 30.91, 1.04, "025", "cassava_fresh beans groundnut_shelled maize sorghum sesame"),
    _market("Masindi", 1.67, 31.71, 0.94, "136", "maize beans cassava_fresh sunflower"),
    _market("Kasese", 0.18, 30.08, 1.01, "025", "maize beans cassava_fresh coffee_parchment matooke cotton"),
    _market("Isingiro", -0.84, 30.80, 0.96, "146", "matooke beans milk maize coffee_kiboko"),
    _market("Rubanda", -1.19, 29.85, 0.97, "024", "beans potato sorghum cabbage"),
    _market("Napak", 2.25, 34.26, 1.08, "25", "sorghum goat maize beans"),
    _market("Kampala", 0.31, 32.57, 1.18, "01245", "maize beans matooke cassava_fresh sweet_potato groundnut_shelled potato "
            "tomato cabbage sesame",
            "Kampala (Owino)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Odd:
    """One value that cannot be told as it is: its factor against the level, how many reports, and what a person reads."""

    district: str
    commodity: str
    factor: float
    reports: int
    why: str


ODD = (
    Odd("Mubende", "maize", 100, 2, "100 times its usual: this looks like the price of a 100 kg bag, not of a kilogram"),
    Odd("Gulu", "sesame", 0.1, 3, "0.1 times its usual: a digit may be missing"),
    Odd("Masaka", "coffee_kiboko", 2.1, 4, "2.1 times its usual: this looks like FAQ coffee, not kiboko"),
    Odd("Lira", "beans", 1.6, 1, "1.6 times its usual, from one report, and other markets did not move"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """How many were new."""

    markets: int
    prices: int
    held: int


def seed(session: Session, now: datetime) -> Made:
    """Put in the markets and the last 14 days of prices. A second run on a day adds nothing, a later one the days that have passed.

    The odd ones come with their markets only: what a person has decided is not brought up again. Places must have been seeded.
    """
    today = clock.day(now, ZONE)
    rows = [_row(market, _district(session, market.district)) for market in MARKETS]
    fresh = insert_new(session, Market, rows, Market.code)
    wanted = [row["code"] for row in rows]
    ids = dict(session.execute(select(Market.code, Market.id).where(Market.code.in_(wanted))).all())
    prices = [row for market in MARKETS for row in _prices(market, ids[_code(market)], today, now)]
    odd = [_odd(one, ids, today, now) for one in ODD] if len(fresh) == len(MARKETS) else []
    held = len(insert_new(session, Price, odd, Price.id))
    return Made(len(fresh), len(insert_new(session, Price, prices, Price.id)), held)


def _code(market: SampleMarket) -> str:
    return f"{SOURCE}:{places.fold(market.district)}"


def _district(session: Session, name: str) -> int:
    return next(place.id for place in places.find(session, name) if place.name == name)


def _row(market: SampleMarket, district_id: int) -> dict[str, Any]:
    where = {"latitude": market.latitude, "longitude": market.longitude}
    return {"code": _code(market), "name": market.name, "district_id": district_id, "selling": True, "sample": True, **where}


def _prices(market: SampleMarket, market_id: int, today: date, now: datetime) -> list[dict[str, Any]]:
    days = [today - timedelta(days=ago) for ago in range(DAYS)]
    rows = []
    for day in days:
        for commodity in market.buys if day.weekday() in market.days else ():
            rng = Random(f"{SEED}:{market.district}:{commodity}:{day}")
            amount = LEVELS[commodity] * market.level * rng.uniform(0.96, 1.05)
            rows.append(_price(market_id, commodity, day, amount, rng.randint(3, 9), now))
    return rows


def _odd(odd: Odd, ids: dict[str, int], today: date, now: datetime) -> dict[str, Any]:
    market = next(market for market in MARKETS if market.district == odd.district)
    day = next(day for ago in range(1, DAYS) if (day := today - timedelta(days=ago)).weekday() not in market.days)
    row = _price(ids[_code(market)], odd.commodity, day, LEVELS[odd.commodity] * market.level * odd.factor, odd.reports, now)
    return row | {"state": "held", "why": odd.why}


def _price(market_id: int, commodity: str, day: date, amount: float, reports: int, now: datetime) -> dict[str, Any]:
    step = 50 if amount < 10_000 else 500
    return {
        "id": new_id(now),
        "market_id": market_id,
        "commodity": commodity,
        "kind": KIND,
        "unit": UNITS.get(commodity, "kg"),
        "day": day,
        "monthly": False,
        "amount": Decimal(round(amount / step) * step),
        "currency": CURRENCY,
        "reports": reports,
        "estimated": False,
        "source": SOURCE,
        "state": "published",
        "why": None,
        "decided_by": None,
        "decided_at": None,
        "created_at": now,
    }
