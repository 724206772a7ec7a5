"""The terms of offers: the whole cost, the rate with fees counted in, and what must not be published."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unusable
from linkage import terms
from linkage.terms import CAP, Loan
from tests.market import COVER, LOAN, PURCHASE

CLOSES = date(2026, 4, 12)


def loan(**values: object) -> Loan:
    read = terms.read("loan", LOAN | values)
    assert isinstance(read, Loan)
    return read


def test_what_is_paid_back_and_the_whole_cost_are_worked_out_not_believed() -> None:
    once = loan(amount=200_000, rate="2", months=5, instalments=1)
    assert (once.repay, once.cost, once.monthly) == (220_000, 20_000, Decimal("2.00"))
    parts = loan(amount=120_000, rate="2", months=5, instalments=5)  # on 120, 96, 72, 48 and 24 thousand
    assert (parts.cost, parts.monthly) == (7_200, Decimal("2.00"))


def test_a_fee_counts_in_the_rate() -> None:
    """2.6 % a month and a fee of 3 % over six months is 3.1 % a month, which the law does not allow."""
    dear = loan(amount=200_000, rate="2.6", fee=6_000, months=6)
    assert dear.monthly == Decimal("3.10")
    with pytest.raises(Unusable) as refused:
        terms.refuse(dear, "loan", "lender", "UMRA/1", CLOSES)
    assert (refused.value.key, refused.value.values["monthly"]) == ("offer.over_cap", Decimal("3.10"))
    terms.refuse(loan(amount=200_000, rate="2.6", fee=6_000, months=15), "loan", "lender", "UMRA/1", CLOSES)


@given(st.integers(10_000, 5_000_000), st.decimals(0, 10, places=2), st.integers(0, 500_000), st.integers(1, 24), st.booleans())
def test_a_loan_is_refused_exactly_when_its_cost_is_above_the_cap(amount: int, rate: Decimal, fee: int, months: int, parts: bool) -> None:
    one = loan(amount=amount, rate=str(rate), fee=fee, months=months, instalments=months if parts else 1)
    owed = [amount - (amount * paid / Decimal(months) if parts else 0) for paid in range(months)]
    a_month = (sum(balance * rate / 100 for balance in owed) + fee) / sum(owed) * 100
    assert abs(one.monthly - a_month) <= Decimal("0.0051")
    assert abs(one.cost - (sum(balance * rate / 100 for balance in owed) + fee)) <= 1
    if one.monthly > CAP:
        with pytest.raises(Unusable):
            terms.refuse(one, "loan", "lender", "UMRA/1", CLOSES)
    else:
        terms.refuse(one, "loan", "lender", "UMRA/1", CLOSES)


@pytest.mark.parametrize(("kind", "licence"), [("lender", None), ("lender", " "), ("savings_group", None)])
def test_whoever_lends_without_a_licence_is_refused(kind: str, licence: str | None) -> None:
    with pytest.raises(Unusable, match=r"offer\.unlicensed"):
        terms.refuse(loan(), "loan", kind, licence, CLOSES)


def test_each_kind_of_offer_comes_from_those_whose_business_it_is() -> None:
    with pytest.raises(Unusable, match=r"offer\.not_yours"):
        terms.refuse(loan(), "loan", "buyer", "UMRA/1", CLOSES)
    with pytest.raises(Unusable, match=r"offer\.not_yours"):
        terms.refuse(terms.read("cover", COVER), "cover", "lender", "IRA/1", CLOSES)
    terms.refuse(terms.read("purchase", PURCHASE), "purchase", "buyer", None, CLOSES)


def test_a_loan_that_is_due_before_the_offer_ends_and_cover_that_has_begun_are_refused() -> None:
    with pytest.raises(Unusable, match=r"offer\.due_too_early"):
        terms.refuse(loan(due="2026-04-01"), "loan", "lender", "UMRA/1", CLOSES)
    with pytest.raises(Unusable, match=r"offer\.cover_started"):
        terms.refuse(terms.read("cover", COVER | {"starts": "2026-04-01"}), "cover", "insurer", "IRA/1", CLOSES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": "200000"},
        {"amount": True},
        {"amount": 1e308},
        {"rate": "NaN"},
        {"rate": "-1"},
        {"rate": "two"},
        {"rate": None},
        {"months": 0},
        {"months": 61},
        {"instalments": 3},
        {"due": "30/08/2026"},
        {"due": 5},
        {"late": None},
    ],
)
def test_terms_that_cannot_be_meant_are_unusable(wrong: dict[str, object]) -> None:
    with pytest.raises(Unusable, match=r"offer\.terms"):
        terms.read("loan", LOAN | wrong)


def test_missing_terms_and_unknown_kinds_are_unusable() -> None:
    with pytest.raises(Unusable, match=r"offer\.terms"):
        terms.read("purchase", {name: value for name, value in PURCHASE.items() if name != "rejects"})
    with pytest.raises(Unusable, match=r"offer\.kind"):
        terms.read("lottery", {})
    with pytest.raises(Unusable, match=r"offer\.terms"):
        terms.read("cover", COVER | {"own_part": 13_000})


@pytest.mark.parametrize(("kind", "written"), [("loan", LOAN), ("cover", COVER), ("purchase", PURCHASE)])
def test_terms_are_read_as_they_were_written(kind: str, written: dict[str, object]) -> None:
    read = terms.read(kind, written)
    assert terms.read(kind, terms.as_json(read)) == read
