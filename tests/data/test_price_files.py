"""Price files are read line by line, as they come: old editions, other countries, other columns, broken lines."""

from datetime import date
from decimal import Decimal

import pytest

from content import price_files
from content.price_files import Bad, LeftOut, Row, Unreadable

NEW = (
    "date,admin1,admin2,market,market_id,latitude,longitude,category,commodity,commodity_id,unit,priceflag,pricetype,currency,price,"
    "usdprice\n"
)
OLD = (
    "date,admin1,admin2,market,latitude,longitude,category,commodity,unit,priceflag,pricetype,currency,price,usdprice\n"
    "#date,#adm1+name,#adm2+name,#loc+market+name,#geo+lat,#geo+lon,#item+type,#item+name,#item+unit,#item+price+flag,#item+price+type,"
    "#currency,#value,#value+usd\n"
)


def _read(tmp_path, text, mapping=None):
    file = tmp_path / "prices.csv"
    file.write_text(text, encoding="utf-8")
    return list(price_files.read(file, price_files.layout(mapping)))


def _line(**other):
    said = {
        "date": "2024-11-15", "admin1": "Gulu", "admin2": "Gulu Municipality", "market": "Gulu", "market_id": "262", "latitude": "2.77",
        "longitude": "32.31", "category": "cereals and tubers", "commodity": "Maize (white)", "commodity_id": "67", "unit": "KG",
        "priceflag": "actual", "pricetype": "Retail", "currency": "UGX", "price": "1200", "usdprice": "0.33",
    }  # fmt: skip
    return ",".join({**said, **other}.values()) + "\n"


def test_a_line_says_what_was_seen_where(tmp_path):
    (row,) = _read(tmp_path, NEW + _line())
    assert isinstance(row, Row)
    assert (row.line, row.commodity, row.kind, row.unit, row.day) == (2, "maize_white", "retail", "kg", date(2024, 11, 15))
    assert (row.amount, row.currency, row.reports) == (Decimal(1200), "UGX", 1)
    assert (row.place.market_id, row.place.market, row.place.latitude) == ("262", "Gulu", 2.77)


def test_an_older_edition_has_no_ids_and_a_second_header(tmp_path):
    cells = "2016-03-15,Gulu,Gulu Municipality,Gulu,2.77,32.31,cereals and tubers,Sorghum,KG,actual,Retail,UGX,1500,0.4\n"
    (row,) = _read(tmp_path, OLD + cells)
    assert (row.line, row.commodity, row.place.market_id) == (3, "sorghum", "")


def test_a_forecast_and_a_price_of_nothing_are_left_out(tmp_path):
    lines = _read(tmp_path, NEW + _line(priceflag="forecast", price="0") + _line(priceflag="actual", price="0") + _line())
    assert [type(line) for line in lines] == [LeftOut, LeftOut, Row]
    assert [line.why for line in lines[:2]] == ["a forecast, not a price that was seen", "a price of 0"]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"price": "-4"}, "impossible price '-4'"),
        ({"price": "NaN"}, "impossible price 'NaN'"),
        ({"price": "12O0"}, "unreadable price '12O0'"),
        ({"price": "1e99"}, "unreadable price '1e99'"),
        ({"price": ""}, "no price"),
        ({"date": "15.11.2024"}, "unreadable date '15.11.2024'"),
        ({"pricetype": "Barter"}, "unknown kind of price 'Barter'"),
        ({"market": "", "unit": ""}, "no market and no unit"),
        ({"latitude": "320"}, "coordinates 320.0, 32.31 are nowhere"),
        ({"market": "Gu\x00lu"}, "letters that cannot be printed"),
    ],
)
def test_a_broken_line_is_named_and_the_next_is_read(tmp_path, broken, why):
    bad, row = _read(tmp_path, NEW + _line(**broken) + _line())
    assert bad == Bad(2, why)
    assert isinstance(row, Row)


def test_a_bag_stays_a_bag(tmp_path):
    (row,) = _read(tmp_path, NEW + _line(unit="90 KG", currency="KES", price="1480"))
    assert (row.unit, row.amount) == ("90 kg", Decimal(1480))


def test_a_mapping_tells_what_other_files_call_things(tmp_path):
    mapping = tmp_path / "radio.toml"
    mapping.write_text(
        'source = "Radio"\ndate_format = "%d/%m/%Y"\n[columns]\ndate = "Day"\nmarket = "Town"\ncommodity = "Crop"\nprice = "UGX"\n'
        '[constants]\ncurrency = "UGX"\nunit = "KG"\nkind = "Buyers"\n[kinds]\nBuyers = "trader"\n[names]\nNuts = "groundnut_shelled"\n'
    )
    (row,) = _read(tmp_path, 'Day,Town,Crop,UGX\n12/06/2025,Mityana,Nuts,"4,500"\n', mapping)
    assert (row.day, row.kind, row.commodity, row.amount) == (date(2025, 6, 12), "trader", "groundnut_shelled", Decimal(4500))
    assert price_files.layout(mapping).source == "radio"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("source = ", "cannot be read"),
        ('source = "x"\n[columns]\ndate = "d"\n', "no column and no constant for market"),
        ('source = "x"\n[columns]\ncolour = "c"\n', "no column and no constant"),
        ('[constants]\ndate="d"\nmarket="m"\ncommodity="c"\nunit="u"\nkind="k"\ncurrency="c"\nprice="p"\n', "names no source"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path, text, why):
    mapping = tmp_path / "map.toml"
    mapping.write_text(text)
    with pytest.raises(Unreadable, match=why):
        price_files.layout(mapping)


def test_a_file_without_a_needed_column_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="no column pricetype, currency, price"):
        _read(tmp_path, "date,market,commodity,unit\n2024-11-15,Gulu,Maize,KG\n")


def test_every_line_of_the_real_files_can_be_read(real_data):
    for name, lines in (("uga", 27_911), ("ken", 25_271)):
        read = list(price_files.read(real_data / "prices" / f"wfp_food_prices_{name}_to_2025-06.csv"))
        assert len(read) == lines
        assert all(isinstance(line, Row) for line in read)
