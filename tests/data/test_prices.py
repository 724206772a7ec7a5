"""Prices are revised by newer editions, held where they are odd, decided once by a person, and chosen for a farmer."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from content import markets, prices, told
from content.models import Market, Price
from content.price_files import Place, Row
from core import audit
from core.db import new_id
from core.errors import Conflict, NotFound
from profiles import places

NOVEMBER = date(2024, 11, 20)
TOWNS = {"Gulu": (2.77, 32.31), "Lira": (2.23, 32.91), "Arua": (3.02, 30.91), "Masindi": (1.69, 31.71), "Kampala": (0.32, 32.57)}


@pytest.fixture
def country(session):
    places.seed(session)
    return {name: places.find(session, name)[0].id for name in TOWNS}


def _seen(town, amount, day=date(2024, 11, 15), commodity="maize_white", kind="retail", unit="kg", reports=1, market=None):
    latitude, longitude = TOWNS[town]
    place = Place(str(sorted(TOWNS).index(town) + 1) + (market or ""), market or town, town, "", latitude, longitude)
    return Row(1, place, commodity, kind, unit, day, Decimal(amount), "UGX", reports)


def _record(session, rows, now, monthly=True, source="wfp"):
    register = markets.Register(session, source)
    done = prices.record(session, rows, register, now, monthly=monthly, actor="command", edition="edition.csv")
    held = [pair for commodity in prices.unchecked(session) for pair in prices.check(session, commodity)]
    return done, held


def _one(session, **wanted):
    return session.scalars(select(Price).filter_by(**wanted).execution_options(populate_existing=True)).one()


def test_an_edition_without_ids_and_the_next_with_them_mean_the_same_market(session, country, now):
    without = Row(1, Place("", "Gulu", "Gulu", "", 2.77, 32.31), "maize", "retail", "kg", date(2016, 3, 15), Decimal(900), "UGX", 1)
    _record(session, [without], now)
    assert session.scalars(select(Market.code)).all() == ["wfp:name:gulu"]
    done, _ = _record(session, [_seen("Gulu", 900, date(2016, 3, 15), "maize")], now)
    assert done.unchanged == 1
    done, _ = _record(session, [without], now)
    assert done.unchanged == 1
    assert len(session.scalars(select(Market.code)).all()) == 1


def test_a_newer_edition_revises_an_amount_and_the_change_is_noted(session, country, now):
    _record(session, [_seen("Gulu", 1200)], now)
    done, _ = _record(session, [_seen("Gulu", 1250)], now)
    assert [(change.was, change.became) for change in done.revised] == [(1200, 1250)]
    kept = _one(session, commodity="maize_white")
    assert (kept.amount, kept.state) == (1250, "published")
    assert [entry.verb for entry in audit.of(session, f"price:{kept.id}")] == ["price.revised"]


def test_a_row_that_a_person_decided_is_not_revised(session, country, now):
    _record(session, [_seen("Gulu", 2)], now)
    wrong = _one(session, commodity="maize_white")
    prices.refuse(session, wrong.id, "account:1", now, "a slip")
    done, _ = _record(session, [_seen("Gulu", 1200)], now)
    assert (len(done.revised), len(done.decided)) == (0, 1)
    assert (_one(session, id=wrong.id).amount, _one(session, id=wrong.id).state) == (2, "refused")


def test_a_held_price_comes_with_what_its_series_and_its_neighbours_said(session, country, now):
    months = [date(2024, month, 15) for month in range(3, 9)]
    usual = [_seen("Gulu", 1100 + 20 * step, day) for step, day in enumerate(months)]
    _record(session, [*usual, _seen("Lira", 1000, date(2024, 9, 15)), _seen("Arua", 900, date(2024, 9, 15))], now)
    _, held = _record(session, [_seen("Gulu", 11_000, date(2024, 9, 15))], now)
    assert [doubt.code for _, doubt in held] == ["impossibly high"]
    ((price_, context),) = prices.held(session, 10)
    assert (price_.amount, context.market, context.usual) == (11_000, "Gulu", 1150)
    assert context.neighbours == (("Arua", Decimal(900)), ("Lira", Decimal(1000)))
    assert context.elsewhere == 950
    assert [day for day, _ in context.recent] == months


def test_held_prices_are_paged_newest_first(session, country, now):
    _record(session, [_seen("Gulu", 2, date(2024, month, 15)) for month in range(1, 6)], now)
    first = prices.held(session, 2)
    second = prices.held(session, 2, after=first[-1][0].id)
    assert [price_.day.month for price_, _ in (*first, *second)] == [5, 4, 3, 2]


def test_an_approved_price_is_told_and_is_decided_only_once(session, country, now):
    _record(session, [_seen("Gulu", 50)], now)
    held = _one(session, commodity="maize_white")
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    prices.approve(session, held.id, "account:1", now)
    assert told.price(session, "maize", country["Gulu"], NOVEMBER).amount == 50
    for decide in (prices.approve, lambda *row: prices.refuse(*row, why="no")):
        with pytest.raises(Conflict):
            decide(session, held.id, "account:2", now)
    (entry,) = audit.of(session, f"price:{held.id}")
    assert (entry.actor, entry.verb, entry.detail["amount"]) == ("account:1", "price.approved", "50.0000")


def test_a_published_price_can_be_taken_back_once(session, country, now):
    _record(session, [_seen("Gulu", 1200)], now)
    wrong = _one(session, commodity="maize_white")
    prices.refuse(session, wrong.id, "account:1", now, "asked the market: it was 1,500")
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    with pytest.raises(Conflict):
        prices.refuse(session, wrong.id, "account:2", now, "again")
    with pytest.raises(NotFound):
        prices.approve(session, new_id(now), "account:1", now)


def test_nothing_is_told_before_it_is_checked(session, country, now):
    register = markets.Register(session, "wfp")
    prices.record(session, [_seen("Gulu", 1200)], register, now, monthly=True, actor="command", edition="x")
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    assert prices.held(session, 10) == []
    waiting = _one(session, commodity="maize_white")
    with pytest.raises(Conflict):
        prices.approve(session, waiting.id, "account:1", now)


def test_traders_come_before_shops_and_her_own_district_before_both(session, country, now):
    rows = [_seen("Gulu", 1200), _seen("Gulu", 900, kind="wholesale"), _seen("Gulu", 800, kind="trader"), _seen("Lira", 850, kind="trader")]
    _record(session, rows, now)
    said = told.price(session, "maize", country["Gulu"], NOVEMBER)
    assert (said.kind, said.amount, said.district, said.distance_km) == ("trader", 800, "Gulu", 0)
    assert [(other.market, other.amount) for other in said.others] == [("Lira", 850)]


def test_a_district_without_a_market_is_told_the_nearest_by_name_with_its_distance(session, country, now):
    _record(session, [_seen("Lira", 1000), _seen("Arua", 900), _seen("Masindi", 700)], now)
    said = told.price(session, "maize", country["Gulu"], NOVEMBER)
    assert (said.market, said.district) == ("Lira", "Lira")
    assert 70 < said.distance_km < 110


def test_only_the_same_kind_and_form_is_named_for_comparison(session, country, now):
    rows = [
        _seen("Gulu", 9000, commodity="coffee_kiboko", kind="trader"),
        _seen("Lira", 14_000, commodity="coffee_faq", kind="trader"),
        _seen("Arua", 9500, commodity="coffee_kiboko", kind="retail"),
    ]
    _record(session, rows, now)
    said = told.price(session, "coffee", country["Gulu"], NOVEMBER)
    assert (said.commodity, said.others) == ("coffee_kiboko", ())


def test_a_settlement_is_no_place_to_sell_until_an_editor_says_so(session, country, now):
    _record(session, [_seen("Gulu", 1300, market="Palabek (refugee settlement)")], now)
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    market = session.scalars(select(Market)).one()
    markets.decide_selling(session, market.id, True, "account:1", now)
    assert told.price(session, "maize", country["Gulu"], NOVEMBER).market == "Palabek"
    assert [entry.verb for entry in audit.of(session, f"market:{market.id}")] == ["market.selling"]


@pytest.mark.parametrize(("days", "fresh"), [(0, True), (7, True), (8, False), (-1, False)])
def test_a_daily_price_is_told_for_seven_days(session, country, now, days, fresh):
    _record(session, [_seen("Gulu", 1200, NOVEMBER - timedelta(days=days))], now, monthly=False, source="reporters")
    said = told.price(session, "maize", country["Gulu"], NOVEMBER)
    assert (said is not None) is fresh
    assert said is None or said.age_days == days


@pytest.mark.parametrize(
    ("asked", "fresh"),
    [
        (date(2024, 11, 1), True),
        (date(2024, 11, 30), True),
        (date(2024, 12, 30), True),
        (date(2024, 12, 31), False),
        (date(2024, 10, 31), False),
    ],
)
def test_a_monthly_price_is_told_for_its_month_and_45_days(session, country, now, asked, fresh):
    _record(session, [_seen("Gulu", 1200)], now)
    assert (told.price(session, "maize", country["Gulu"], asked) is not None) is fresh


def test_since_when_there_is_none_is_known(session, country, now):
    _record(session, [_seen("Gulu", 1000, date(2024, 8, 15)), _seen("Gulu", 1100, date(2024, 9, 15))], now)
    assert told.price(session, "maize", country["Gulu"], date(2025, 1, 10)) is None
    assert told.last(session, "maize", country["Gulu"], date(2025, 1, 10)).day == date(2024, 9, 15)
    assert told.last(session, "beans", country["Gulu"], date(2025, 1, 10)) is None


def test_another_countrys_money_and_a_market_too_far_away_are_never_told(session, country, now):
    _record(session, [_seen("Kampala", 1900)], now)
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    _record(session, [_seen("Gulu", 60)], now)
    session.execute(update(Price).values(state="published", currency="KES"))
    assert told.price(session, "maize", country["Gulu"], NOVEMBER) is None
    assert told.price(session, "maize", country["Gulu"], NOVEMBER, currency="KES").amount == 60


def test_a_bag_is_told_by_the_kilogram_beside_what_was_quoted(session, country, now):
    _record(session, [_seen("Gulu", 90_000, kind="wholesale", unit="90 kg")], now)
    said = told.price(session, "maize", country["Gulu"], NOVEMBER)
    assert (said.unit, said.amount, said.pack) == ("kg", 1000, (90, 90_000))
