"""A season's sums: shillings are conserved, each delivery counts once, and nothing is converted that must not be."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unusable
from linkage import deliveries, profit
from linkage.deliveries import Delivery
from linkage.profit import Line, Stock
from profiles import amounts, records

DAY = date(2026, 8, 3)
KILOS = st.decimals(min_value="0.01", max_value="99999.99", places=2)
PRICES = st.decimals(min_value="0.0001", max_value="99999.9999", places=4)
MONEY = st.integers(1, 10**9)


def sale(amount: int | None, kg: str, receipt: int = 0, day: date = DAY) -> Line:
    grade = records.RECEIPT if receipt else records.SELF
    return Line(records.SALE, amount, Decimal(kg), "kg", Decimal(kg), day, grade, UUID(int=receipt) if receipt else None)


def cost(amount: int) -> Line:
    return Line(records.COST, amount, None, None, None, DAY)


def harvest(quantity: str, unit: str, kg: str | None) -> Line:
    return Line(records.HARVEST, None, Decimal(quantity), unit, Decimal(kg) if kg else None, DAY)


@given(KILOS, PRICES, st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_shilling_is_made_or_lost_on_a_receipt(kg: Decimal, price: Decimal, fee: int, transport: int) -> None:
    delivery = Delivery("beans", DAY, kg, price, "UGX", fee, transport)
    gross = deliveries.reckon(replace(delivery, fee=0, transport=0)).gross
    if fee + transport > gross:
        with pytest.raises(Unusable):
            deliveries.reckon(delivery)
        return
    sums = deliveries.reckon(delivery)
    assert sums.gross == sums.net + sums.fee + sums.transport
    assert abs(sums.gross - kg * price) <= Decimal("0.5")
    assert sums.net >= 0


def test_the_receipt_of_the_field_book_comes_out_as_it_was_written() -> None:
    """296 kg at 3,000, the group keeps 50 a kilogram."""
    sums = deliveries.reckon(Delivery("beans", DAY, Decimal(296), Decimal(3000), "UGX", fee=14_800))
    assert (sums.gross, sums.net) == (888_000, 873_200)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"fee": -1}, "receipt.fee"),
        ({"transport": -1}, "receipt.fee"),
        ({"fee": 3001}, "receipt.net"),
        ({"kg": Decimal(0)}, "receipt.kg"),
        ({"kg": Decimal(-1)}, "receipt.kg"),
        ({"kg_second": Decimal(0)}, "receipt.kg"),
        ({"price": Decimal(0)}, "receipt.price"),
    ],
)
def test_a_receipt_below_nought_is_refused(wrong: dict, key: str) -> None:
    with pytest.raises(Unusable) as refused:
        deliveries.reckon(replace(Delivery("beans", DAY, Decimal(1), Decimal(3000), "UGX"), **wrong))
    assert refused.value.key == key


def test_cents_are_minor_units_where_the_country_has_them() -> None:
    assert deliveries.reckon(Delivery("maize", DAY, Decimal("10.5"), Decimal("35.333"), "KES")).gross == 37100


@given(st.lists(MONEY), st.lists(MONEY))
def test_profit_is_what_was_sold_less_what_was_spent(spent: list[int], earned: list[int]) -> None:
    found = profit.reckon([*map(cost, spent), *(sale(amount, "1") for amount in earned)])
    assert found.profit == sum(earned) - sum(spent)
    assert (found.costs, found.sales, found.entries) == (sum(spent), sum(earned), len(spent) + len(earned))


@given(st.permutations([cost(5), sale(90, "100"), sale(80, "101", receipt=1), sale(70, "300"), harvest("4", "bag", "400")]))
def test_the_order_of_the_records_does_not_matter(lines: list[Line]) -> None:
    found = profit.reckon(lines)
    assert (found.sales, found.costs, found.unsold) == (150, 5, Stock(Decimal(0), "kg"))


def test_a_delivery_that_the_farmer_noted_too_counts_once() -> None:
    receipt = sale(873_200, "296", receipt=1)
    assert profit.reckon([receipt, sale(888_000, "300", day=date(2026, 8, 4))]).sales == 873_200
    assert profit.reckon([receipt, sale(888_000, "300", day=date(2026, 8, 20))]).sales == 1_761_200
    assert profit.reckon([receipt, sale(500_000, "150")]).sales == 1_373_200


def test_one_receipt_answers_for_one_note_and_two_receipts_for_two() -> None:
    noted = [sale(100, "50"), sale(100, "50")]
    assert profit.reckon([sale(90, "50", receipt=1), *noted]).sales == 190
    assert profit.reckon([sale(90, "50", receipt=1), sale(90, "50", receipt=2), *noted]).sales == 180


def test_two_receipts_of_the_same_weight_are_two_deliveries() -> None:
    assert profit.reckon([sale(90, "50", receipt=1), sale(90, "50", receipt=2)]).sales == 180


def test_what_is_left_is_told_in_the_measure_that_all_share() -> None:
    bags = Line(records.SALE, 5, Decimal(3), "bag", Decimal(300), DAY)
    assert profit.reckon([harvest("8", "bag", "800"), bags]).unsold == Stock(Decimal(5), "bag")
    assert profit.reckon([harvest("8", "bag", "800"), sale(5, "250")]).unsold == Stock(Decimal(550), "kg")


def test_what_must_not_be_converted_is_not() -> None:
    found = profit.reckon([harvest("30", "bunch", None), sale(5, "100")])
    assert (found.unsold, found.harvested, found.sales) == (None, None, 5)


def test_more_sold_than_harvested_leaves_nothing_and_less_than_nothing_never() -> None:
    assert profit.reckon([harvest("1", "bag", "100"), sale(5, "150")]).unsold == Stock(Decimal(0), "kg")


def test_the_weakest_sale_says_how_far_the_figures_can_be_trusted() -> None:
    assert profit.reckon([cost(5)]).grade is None
    assert profit.reckon([sale(5, "9", receipt=1)]).grade == "receipt"
    assert profit.reckon([sale(5, "9", receipt=1), sale(5, "500")]).grade == "self"
    assert records.strongest(["group", "self", "paid", "receipt"]) == "paid"
    assert records.strongest([]) is None


def test_a_sale_without_its_money_is_counted_as_open() -> None:
    assert profit.reckon([sale(None, "9")]).open_sales == 1


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("50000", 50_000),
        ("50,000", 50_000),
        ("50.000", 50_000),
        ("1 250 000", 1_250_000),
        ("50k", 50_000),
        ("UGX 50,000/=", 50_000),
        ("shs 300", 300),
    ],
)
def test_shillings_are_read_as_people_write_them(typed: str, amount: int) -> None:
    assert amounts.shillings(typed) == amount


BAD = [
    "",
    "-1",
    "0",
    "1e9",
    "NaN",
    "2,5",
    "½",
    "1\u20442",
    "two",
    "1,00,000",
    "999999999999",
    "0x10",
    "∞",
    "12 34",
    "5.",
    "9" * 50_000,
    "500000001",
]


@pytest.mark.parametrize("typed", [*BAD, "2.5", "0k"])
def test_what_is_no_amount_of_money_is_asked_again(typed: str) -> None:
    with pytest.raises(Unusable):
        amounts.shillings(typed)


@pytest.mark.parametrize("typed", [*(bad for bad in BAD if bad != "12 34"), "100001", "1.234", "3 heaps", "3 bunches", "kg", "3 kg 4"])
def test_what_is_no_quantity_is_asked_again(typed: str) -> None:
    with pytest.raises(Unusable):
        amounts.quantity(typed, records.units_of("maize"))


@pytest.mark.parametrize(
    ("typed", "amount", "unit"),
    [
        ("8", "8", None),
        ("2.5", "2.5", None),
        ("200kg", "200", "kg"),
        ("3 Bags", "3", "bag"),
        ("3 ensawo", "3", "bag"),
        ("2 tins", "2", "debe"),
    ],
)
def test_a_quantity_may_bring_its_measure(typed: str, amount: str, unit: str | None) -> None:
    assert amounts.quantity(typed, records.units_of("maize")) == amounts.Quantity(Decimal(amount), unit)
