"""The terms of an offer, by kind: what they must say, what they cost in all, and when they are refused. Pure; money in minor units."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.errors import Unusable

CAP = Decimal("2.8")  # per cent a month, fees counted in: Legal Notice 21 of 2024
LONGEST_LOAN = 60  # months
LARGEST = 1_000_000_000_000
LONGEST_WORDS = 60
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Loan:
    """`rate`: per cent a month on what is still owed; `fee`: all fees together, paid back with the loan; `late`: a month, when late."""

    amount: int
    rate: Decimal
    fee: int
    months: int
    instalments: int  # 1: all at the end; else one each month
    due: date
    late: int

    @property
    def owed(self) -> Decimal:
        """What is still owed, added up over the months: what a rate on the balance is a rate on."""
        if self.instalments == 1:
            return Decimal(self.amount * self.months)
        return Decimal(self.amount) * (self.instalments + 1) / 2

    @property
    def repay(self) -> int:
        """All that she pays back, fees included."""
        interest = self.owed * self.rate / 100
        return self.amount + self.fee + int(interest.quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def cost(self) -> int:
        """What the loan costs in all."""
        return self.repay - self.amount

    @property
    def monthly(self) -> Decimal:
        """Its whole cost as per cent a month on what is still owed, fees counted in, to two places."""
        return ((self.owed * self.rate / 100 + self.fee) * 100 / self.owed).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Cover:
    """`premium` is the whole price; `pays` is her part of it today, and `payer` names who pays the rest."""

    premium: int
    own_part: int
    payer: str
    sum_insured: int
    starts: date
    ends: date
    measures: str  # "rain"

    @property
    def cost(self) -> int:
        return self.own_part


@dataclass(frozen=True, slots=True)
class Purchase:
    """`price` is for a kilogram; `pays_in`: days after the weighing, 0: cash; `rejects`: what goes home with her."""

    price: int
    form: str  # "dry clean beans"
    place: str
    pays_in: int
    rejects: str

    @property
    def cost(self) -> int:
        return 0


Terms = Loan | Cover | Purchase
# Which organisations may make which kind of offer, and whether they need a licence for it.
MAY: dict[str, tuple[str, ...]] = {
    "loan": ("lender", "savings_group", "cooperative"),
    "cover": ("insurer",),
    "purchase": ("buyer", "cooperative", "producer_group", "dealer"),
}
LICENSED = frozenset({"loan", "cover"})
ADULTS_ONLY = frozenset({"loan", "cover"})


def read(kind: str, written: Mapping[str, Any]) -> Terms:
    """Terms as they are stored, or as a partner sent them. Raises Unusable, saying which term and what is wrong with it."""
    if kind not in READERS:
        raise Unusable("offer.kind", kinds=", ".join(READERS))
    try:
        found = READERS[kind](written)
    except (KeyError, TypeError, ValueError, ArithmeticError) as wrong:
        raise Unusable("offer.terms", term=str(wrong).strip("'\"")) from wrong
    CHECKS[kind](found)
    return found


def as_json(terms: Terms) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in asdict(terms).items()}


def refuse(terms: Terms, kind: str, organisation_kind: str, licence: str | None, closes_on: date) -> None:
    """Raises Unusable where this organisation must not publish these terms, with the reason."""
    if organisation_kind not in MAY[kind]:
        raise Unusable("offer.not_yours", kind=kind, may=", ".join(MAY[kind]))
    if kind in LICENSED and not (licence or "").strip():
        raise Unusable("offer.unlicensed", kind=kind)
    if isinstance(terms, Loan):
        if terms.monthly > CAP:
            raise Unusable("offer.over_cap", monthly=terms.monthly, cap=CAP)
        if terms.due <= closes_on:
            raise Unusable("offer.due_too_early", due=terms.due)
    if isinstance(terms, Cover) and terms.starts < closes_on:
        raise Unusable("offer.cover_started", starts=terms.starts)


def _loan(written: Mapping[str, Any]) -> Loan:
    return Loan(
        _whole(written, "amount", 1),
        _per_cent(written, "rate"),
        _whole(written, "fee"),
        _whole(written, "months", 1, LONGEST_LOAN),
        _whole(written, "instalments", 1, LONGEST_LOAN),
        date.fromisoformat(written["due"]),
        _whole(written, "late"),
    )


def _cover(written: Mapping[str, Any]) -> Cover:
    return Cover(
        _whole(written, "premium", 1),
        _whole(written, "own_part"),
        _words(written, "payer"),
        _whole(written, "sum_insured", 1),
        date.fromisoformat(written["starts"]),
        date.fromisoformat(written["ends"]),
        _words(written, "measures"),
    )


def _purchase(written: Mapping[str, Any]) -> Purchase:
    return Purchase(
        _whole(written, "price", 1),
        _words(written, "form"),
        _words(written, "place"),
        _whole(written, "pays_in", 0, 60),
        _words(written, "rejects"),
    )


def _check_loan(loan: Any) -> None:
    if loan.instalments not in (1, loan.months):
        raise Unusable("offer.terms", term="instalments: 1, or one each month")


def _check_cover(cover: Any) -> None:
    if cover.own_part > cover.premium:
        raise Unusable("offer.terms", term="own_part: more than the premium")
    if cover.ends <= cover.starts:
        raise Unusable("offer.terms", term="ends: before it starts")


READERS: dict[str, Callable[[Mapping[str, Any]], Terms]] = {"loan": _loan, "cover": _cover, "purchase": _purchase}
CHECKS: dict[str, Callable[[Any], None]] = {"loan": _check_loan, "cover": _check_cover, "purchase": lambda purchase: None}


def _whole(written: Mapping[str, Any], name: str, least: int = 0, most: int = LARGEST) -> int:
    value = written[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name}: a whole number from {least} to {most}")
    return value


def _per_cent(written: Mapping[str, Any], name: str) -> Decimal:
    value = Decimal(str(written[name]))
    if not value.is_finite() or not 0 <= value <= 100 or value.as_tuple().exponent < -4:  # type: ignore[operator]
        raise ValueError(f"{name}: per cent a month, 0 to 100, at most four decimals")
    return value


def _words(written: Mapping[str, Any], name: str) -> str:
    value = written[name]
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= LONGEST_WORDS or not value.isprintable():
        raise ValueError(f"{name}: 1 to {LONGEST_WORDS} plain characters")
    return value.strip()
