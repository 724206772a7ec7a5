"""Records: kept with their weight and grade, corrected by a new row, told as a season's profit."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from core.errors import Conflict, NotFound
from linkage import profit
from linkage.profit import Stock
from profiles import farmers, places, records
from profiles.records import Entry
from tests import builders

DAY = date(2026, 3, 12)
COST = Entry(records.COST, "maize", "UGX", DAY, what="seed", amount=50_000)
HARVEST = Entry(records.HARVEST, "maize", "UGX", DAY, quantity=Decimal(8), unit="bag")
SALE = Entry(records.SALE, "maize", "UGX", DAY, quantity=Decimal(3), unit="bag", amount=300_000)


def test_a_record_weighs_what_its_measure_usually_weighs_or_nothing_is_said(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now)
    entries = {
        ("maize", "bag", 8): Decimal(800),
        ("beans", "debe", 2): Decimal(34),
        ("maize", "kg", 750): Decimal(750),
        ("groundnut", "bag", 2): None,
        ("matooke", "bunch", 30): None,
        ("milk", "litre", 5): None,
    }
    for (crop, unit, quantity), kg in entries.items():
        entry = replace(HARVEST, crop=crop, unit=unit, quantity=Decimal(quantity))
        assert records.note(session, farmer.id, entry, now).kg == kg


def test_what_is_corrected_stays_to_be_read_and_counts_no_more(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now)
    first = records.note(session, farmer.id, COST, now)
    second = records.correct(session, farmer.id, first.id, replace(COST, amount=5_000), now)
    assert (second.replaces, first.replaced, first.amount) == (first.id, True, 50_000)
    assert records.of(session, farmer.id) == [second]
    assert {row.id for row in records.history(session, farmer.id)} == {first.id, second.id}
    assert records.newest(session, farmer.id, first.id) == second
    with pytest.raises(Conflict):
        records.correct(session, farmer.id, first.id, COST, now)


def test_nobody_corrects_or_reads_the_record_of_another(session: Session, now: datetime) -> None:
    mine, other = builders.farmer(session, now), builders.farmer(session, now, 2)
    record = records.note(session, mine.id, SALE, now)
    for deed in (
        lambda: records.get(session, other.id, record.id),
        lambda: records.correct(session, other.id, record.id, SALE, now),
        lambda: records.earn(session, other.id, record.id, 5),
        lambda: records.get(session, mine.id, UUID(int=7)),
    ):
        with pytest.raises(NotFound):
            deed()


def test_what_a_receipt_proves_is_not_corrected_by_saying_so(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now)
    proven = records.note(session, farmer.id, replace(SALE, grade=records.RECEIPT), now)
    with pytest.raises(Conflict):
        records.correct(session, farmer.id, proven.id, replace(SALE, amount=900_000), now)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(COST, amount=0),
        replace(COST, amount=-1),
        replace(COST, amount=None),
        replace(COST, what="bribe"),
        replace(COST, what=None),
        replace(HARVEST, quantity=Decimal(0)),
        replace(HARVEST, quantity=Decimal(-1)),
        replace(HARVEST, unit=None),
        replace(HARVEST, amount=5),
        replace(SALE, amount=-1),
        replace(SALE, quantity=None),
        replace(SALE, grade="sworn"),
        replace(SALE, kind="gift"),
    ],
)
def test_what_no_farm_has_is_never_kept(session: Session, now: datetime, wrong: Entry) -> None:
    farmer = builders.farmer(session, now)
    with pytest.raises(ValueError, match="not a record"):
        records.note(session, farmer.id, wrong, now)
    assert records.of(session, farmer.id) == []


def test_a_sale_whose_money_was_not_said_waits_for_it_once(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now)
    sale = records.note(session, farmer.id, replace(SALE, amount=None), now)
    assert records.unpriced(session, farmer.id, DAY - timedelta(days=14)) == sale
    assert records.unpriced(session, farmer.id, DAY + timedelta(days=1)) is None
    assert records.earn(session, farmer.id, sale.id, 300_000).amount == 300_000
    assert records.unpriced(session, farmer.id, DAY) is None
    with pytest.raises(Conflict):
        records.earn(session, farmer.id, sale.id, 1)


def test_the_measure_that_was_used_last_is_the_usual_one(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now)
    assert records.usual_unit(session, farmer.id, "maize") == "bag"
    records.note(session, farmer.id, replace(HARVEST, unit="debe"), now)
    records.note(session, farmer.id, replace(SALE, unit="kg", grade=records.RECEIPT, receipt=UUID(int=1)), now + timedelta(hours=1))
    assert records.usual_unit(session, farmer.id, "maize") == "debe"
    assert records.usual_unit(session, farmer.id, "goats") == "head"


def test_a_season_is_told_per_crop_and_ends_where_the_next_begins(session: Session, now: datetime) -> None:
    farmer = builders.farmer(session, now, crops=("maize", "beans"))
    for entry in (
        COST,
        HARVEST,
        SALE,
        replace(COST, crop="beans"),
        replace(SALE, day=date(2026, 9, 1)),
        replace(COST, day=date(2026, 2, 28)),
    ):
        records.note(session, farmer.id, entry, now)
    season = profit.season_of(session, farmer, "maize", DAY)
    found = profit.of_season(session, farmer, "maize", season)
    assert (season.code, found.costs, found.sales, found.profit) == ("2026A", 50_000, 300_000, 250_000)
    assert found.unsold == Stock(Decimal(5), "bag")
    assert profit.of_season(session, farmer, "beans", season).profit == -50_000


def test_in_the_north_each_crop_has_the_season_it_was_planted_in(session: Session, now: datetime) -> None:
    places.seed(session)
    (lira,) = places.find(session, "Lira")[:1]
    farmer = builders.farmer(session, now, crops=("maize", "sesame"), district_id=lira.id)
    plots = {plot.crop: plot for plot in farmers.plots(session, farmer.id)}
    plots["maize"].planted_on, plots["sesame"].planted_on = date(2026, 4, 10), date(2026, 6, 10)
    session.flush()
    day = date(2026, 7, 1)
    for crop in plots:
        records.note(session, farmer.id, replace(COST, crop=crop, day=day), now)
    assert profit.calendar_of(session, farmer) == "north"
    codes = {crop: profit.season_of(session, farmer, crop, day).code for crop in plots}
    assert codes == {"maize": "2026A", "sesame": "2026B"}
    for crop in plots:
        season = profit.season_of(session, farmer, crop, day)
        assert profit.of_season(session, farmer, crop, season).costs == 50_000
        other = profit.seasons.named({"2026A": "2026B", "2026B": "2026A"}[season.code], "north")
        assert profit.of_season(session, farmer, crop, other).entries == 0
