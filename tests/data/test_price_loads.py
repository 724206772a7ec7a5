"""The real files are loaded whole, twice without change, with an account; and what they say is told with its reasons."""

import json
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from content.models import Market, Price
from profiles import places
from service.commands import load_prices, price
from tests import builders

NOVEMBER = date(2024, 11, 20)
HEADER = (
    "date,admin1,admin2,market,market_id,latitude,longitude,category,commodity,commodity_id,unit,priceflag,pricetype,currency,price,"
    "usdprice"
)


@pytest.fixture
def real_file(real_data):
    return real_data / "prices" / "wfp_food_prices_uga_to_2025-06.csv"


def _run(runtime, file, **options):
    said = []
    code = load_prices.run(runtime, file, said.append, as_json=True, **options)
    return code, json.loads(said[0])


def test_the_real_file_is_loaded_whole_and_a_second_time_without_change(url, now, real_file):
    runtime = builders.runtime(url, now)
    with runtime.transaction() as session:
        places.seed(session)
    code, first = _run(runtime, real_file)
    assert (code, first["read"], first["new"]) == (0, 27_911, 27_911)
    assert (first["bad"], first["left_out"]) == ({}, {})
    held = sum(tally["count"] for tally in first["held"].values())
    assert 100 < held < 0.01 * 27_911, "what cannot be right is rare"
    code, second = _run(runtime, real_file)
    assert (code, second["unchanged"], second["new"], second["revised"]["count"], second["held"]) == (0, 27_911, 0, 0, {})
    with runtime.reading() as session:
        _the_known_wrong_values_are_held(session)
        _the_adjusted_month_is_marked(session)
        _markets_stand_in_their_districts(session)


def _the_known_wrong_values_are_held(session):
    known = {
        ("Gulu", "maize_white", "retail", date(2021, 6, 15)): Decimal(2),
        ("Lira", "beans", "wholesale", date(2022, 2, 15)): Decimal("143.82"),
        ("Kiryandongo (refugee settlement)", "leafy_vegetables", "retail", date(2025, 4, 15)): Decimal(7421),
        ("Imvepi (refugee settlement)", "leafy_vegetables", "retail", date(2023, 5, 15)): Decimal(7667),
        ("Imvepi (refugee settlement)", "milk", "retail", date(2024, 1, 15)): Decimal(7700),
        ("Mbale", "oil_vegetable", "retail", date(2020, 1, 15)): Decimal("1466.67"),
        ("Palabek (refugee settlement)", "charcoal", "retail", date(2023, 6, 15)): Decimal(6167),
    }
    for (market, commodity, kind, day), amount in known.items():
        wanted = select(Price).join(Market, Market.id == Price.market_id).where(Market.name == market, Price.day == day)
        found = session.scalars(wanted.where(Price.commodity == commodity, Price.kind == kind)).one()
        assert (found.amount, found.state) == (amount, "held"), found
        assert found.why


def _the_adjusted_month_is_marked(session):
    marked = session.execute(
        select(Market.name, func.count())
        .select_from(Price)
        .join(Market, Market.id == Price.market_id)
        .where(Price.estimated)
        .group_by(Market.name)
    )
    counts = dict(marked.all())
    assert (counts["Owino"], counts["Wakiso"], counts["Mukono"]) == (7, 7, 6)
    assert set(session.scalars(select(Price.day).where(Price.estimated).distinct())) == {date(2025, 4, 15)}


def _markets_stand_in_their_districts(session):
    found = {market.name: market for market in session.scalars(select(Market))}
    district = {name: places.get(session, market.district_id).name for name, market in found.items()}
    assert {name: district[name] for name in ("Kiboga", "Kapchorwa", "Owino", "Fort Portal", "Gulu", "Makaratin")} == {
        "Kiboga": "Kiboga", "Kapchorwa": "Kapchorwa", "Owino": "Kampala", "Fort Portal": "Kabarole", "Gulu": "Gulu", "Makaratin": "Abim",
    }  # fmt: skip
    assert sorted(name for name, market in found.items() if not market.selling) == sorted(name for name in found if "refugee" in name)
    assert len(found) == 43


def test_what_a_farmer_is_told_from_the_real_file_and_why(url, now, real_file):
    runtime = builders.runtime(url, now)
    with runtime.transaction() as session:
        places.seed(session)
    _run(runtime, real_file)
    said = []
    assert price.run(runtime, "Gulu", "maize", said.append, NOVEMBER) == 0
    assert "Maize, Gulu, Nov 2024: shop price 1,200 a kg. Buyers pay you less." in said[1]
    assert len(said[1].split("[")[0].strip()) <= 160 + len("en  ")
    assert any("not a selling place" in line for line in said)
    said.clear()
    assert price.run(runtime, "Gulu", "maize", said.append, date(2021, 6, 20)) == 0
    assert "May 2021 (36 days old)" in said[1]
    assert any("held: 2 is lower than any right value ever was" in line for line in said)
    said.clear()
    assert price.run(runtime, "Mubende", "maize", said.append, NOVEMBER) == 0
    assert "Masaka (103km away)" in said[1]
    said.clear()
    assert price.run(runtime, "Gulu", "maize", said.append) == 1
    assert "No fresh maize price near you" in said[1]
    said.clear()
    assert price.run(runtime, "Gluu", "maize", said.append, NOVEMBER) == 2
    assert said == ["We know no market or district called 'Gluu'. Did you mean Gulu?"]
    assert price.run(runtime, "Gulu", "gold bars", said.append, NOVEMBER) == 2


def test_a_kenyan_bag_is_kept_as_a_bag_and_a_market_without_a_place_is_named(url, now, real_data):
    runtime = builders.runtime(url, now)
    code, report = _run(runtime, real_data / "prices" / "wfp_food_prices_ken_to_2025-06.csv")
    assert (code, report["read"], report["new"]) == (0, 25_271, 25_203)
    assert {why: tally["count"] for why, tally in report["bad"].items()} == {"the market 'Hola (Tana River)' has no coordinates": 68}
    assert sum(tally["count"] for tally in report["held"].values()) < 0.01 * 25_271
    with runtime.reading() as session:
        mombasa = select(Market.id).where(Market.name == "Mombasa").scalar_subquery()
        bags = select(Price).where(Price.market_id == mombasa, Price.commodity == "maize_white", Price.unit == "90 kg")
        bag = session.scalars(bags.where(Price.day == date(2006, 1, 15))).one()
        assert (bag.amount, bag.currency) == (Decimal(1480), "KES")


def test_a_dry_run_says_the_same_and_keeps_nothing(url, now, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(f"{HEADER}\n2024-11-15,Gulu,,Gulu,262,2.77,32.31,x,Maize,51,KG,actual,Retail,UGX,1200,0\n")
    runtime = builders.runtime(url, now)
    assert _run(runtime, file, dry_run=True)[1]["new"] == 1
    assert _run(runtime, file, dry_run=True)[1]["new"] == 1
    assert _run(runtime, file)[1]["new"] == 1
    assert _run(runtime, file, dry_run=True)[1]["unchanged"] == 1


def test_a_file_that_is_no_price_file_ends_with_2(url, now, tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff\x00")
    runtime = builders.runtime(url, now)
    assert _run(runtime, file)[0] == 2
    assert _run(runtime, tmp_path / "absent.csv")[0] == 2


def test_the_same_line_twice_in_a_file_counts_once_every_time(url, now, tmp_path):
    line = "2024-11-15,Gulu,,Gulu,262,2.77,32.31,x,Maize,51,KG,actual,Retail,UGX,{},0\n"
    file = tmp_path / "twice.csv"
    file.write_text(HEADER + "\n" + line.format(1200) + line.format(1300))
    runtime = builders.runtime(url, now)
    for new, unchanged in ((1, 0), (0, 1)):
        _, report = _run(runtime, file)
        assert (report["new"], report["unchanged"], report["revised"]["count"]) == (new, unchanged, 0)
        assert report["bad"] == {"stands in the file before": {"count": 1, "examples": ["line 3"]}}
