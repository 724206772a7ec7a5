"""The cheap read of a price for a screen gives what the whole choice gives, over many districts, crops, kinds and days."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from content import commodities, told
from content.models import Market, Price
from core.db import new_id
from profiles import places
from profiles.crops import CROPS

DAY = date(2026, 3, 12)
AGES = (0, 1, 6, 7, 8, 20, 44, 45, 46, 60, -1)
STATES = ("published", "published", "held")


def _seed(session, now):
    """Markets of nine districts, two in every third, with prices whose every property runs at its own pace."""
    places.seed(session)
    districts = [
        place.id
        for name in ("Gulu", "Lira", "Arua", "Masindi", "Kampala", "Mbale", "Mbarara", "Soroti", "Jinja")
        for place in places.find(session, name)[:1]
    ]
    where = [*districts, *districts[::3]]
    for number, district_id in enumerate(where, start=1):
        names = {"code": f"t:{number}", "name": f"Market {number}", "selling": number % 5 != 0, "sample": False}
        session.add(Market(id=number, district_id=district_id, latitude=0.3 + number / 4, longitude=32.0 + number / 9, **names))
    session.flush()
    ages, kinds, states = itertools.cycle(AGES), itertools.cycle(told.KINDS), itertools.cycle(STATES)
    for number, commodity in itertools.product(range(1, len(where) + 1), commodities.COMMODITIES):
        if (number + len(commodity.code)) % 3 == 0:
            continue
        session.add(_price(number, commodity.code, next(kinds), next(ages), next(states), now))
        session.add(_price(number, commodity.code, next(kinds), next(ages) + 1, next(states), now))
    session.flush()
    return districts


def _price(number, commodity, kind, age, state, now):
    said = {
        "kind": kind,
        "unit": "kg" if number % 4 else "bag",
        "amount": Decimal(900 + 7 * number + age),
        "currency": "UGX" if number % 7 else "KES",
    }
    day = {"day": DAY - timedelta(days=age), "monthly": age > 15, "reports": number % 3, "estimated": number % 2 == 0}
    why = {"source": f"test {kind} {age}", "state": state, "why": None, "created_at": now}
    return Price(id=new_id(now), market_id=number, commodity=commodity, **said, **day, **why)


def test_here_tells_what_price_tells_where_her_own_district_has_a_fresh_one(session, now):
    districts = _seed(session, now)
    told_here = told_elsewhere = 0
    for crop, district_id, ahead in itertools.product(CROPS, districts, (0, 1, 7, 30)):
        day = DAY + timedelta(days=ahead)
        whole, here = told.price(session, crop.code, district_id, day), told.here(session, crop.code, district_id, day)
        if whole is not None and whole.distance_km == 0 and whole.district_id == district_id:
            assert replace(here, others=()) == replace(whole, others=()), (crop.code, district_id, day)
            told_here += 1
        else:
            assert here is None, (crop.code, district_id, day)
            told_elsewhere += 1
    assert told_here > 100
    assert told_elsewhere > 100
