"""What texts cost: set aside of a payer's budget when they are marked, settled by the gateway's answer, and never guessed after.

The spend of a day is a row for each payer and gateway, changed last in its transaction, so that two that meet wait a moment only.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import INSERT, dialect
from messaging.flow_models import Budget, Spend
from messaging.gateway import Fate, Handed
from messaging.models import Batch

HOUSE, EVERYBODY = "", "*"
DAY, MONTH = "day", "month"
SPENT = "budget.spent"
WARNS_AT = Decimal("0.8")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Over:
    """A budget that the next texts would exceed."""

    payer: str
    period: str

    @property
    def subject(self) -> str:
        return f"{self.payer or 'house'}:{self.period}"

    @property
    def named(self) -> str:
        return {HOUSE: "The service itself", EVERYBODY: "All together"}.get(self.payer, self.payer)


def over(session: Session, payer: str, cost: Decimal, currency: str, day: date) -> Over | None:
    """The budget that this cost would exceed. Its row is locked until the commit: two batches never spend the same rest."""
    for budget in session.scalars(_budgets(payer).with_for_update()):
        if budget.currency == currency and spent(session, budget, day) + cost > budget.amount:
            return Over(budget.payer, budget.period)
    return None


def reserve(session: Session, batch: Batch, cost: Decimal, currency: str, day: date) -> None:
    """Set the expected cost aside for a batch that is about to be sent by `batch.gateway`."""
    batch.reserved, batch.reserved_in, batch.reserved_on = cost, currency, day
    _add(session, batch, currency, {"reserved": cost})


def settle(session: Session, batch: Batch, handed: Sequence[Handed]) -> None:
    """What was set aside becomes what the gateway charged, on the day that it was set aside.

    Texts without an answer stay uncertain at the expected price, but where a price was named for one: that is charged. What the
    gateway took without naming a price cost the expected one.
    """
    if batch.state != "submitting" or batch.reserved is None or batch.reserved_in is None:
        return
    price = _price(batch)
    charged = _charged(handed, price, batch.reserved_in)
    answered = {one.phone for one in handed if one.fate is not Fate.UNCONFIRMED or one.cost}
    unsure = sum(1 for phone in batch.phones if phone not in answered and phone not in (batch.withheld or {}))
    sent = sum(1 for one in handed if one.fate is Fate.SENT)
    known = {"reserved": -batch.reserved, "uncertain": price * unsure, "settled": charged.pop(batch.reserved_in, NOTHING), "texts": sent}
    _add(session, batch, batch.reserved_in, known)
    for currency, cost in charged.items():
        _add(session, batch, currency, {"settled": cost})


def answered_late(session: Session, batch: Batch, handed: Sequence[Handed]) -> None:
    """Answers after the lease was lost, of phones that were in doubt: what was uncertain is known after all."""
    if batch.reserved is None or batch.reserved_in is None:
        return
    price = _price(batch)
    sent = sum(1 for one in handed if one.fate is Fate.SENT)
    charged = _charged(handed, price, batch.reserved_in)
    known = {"uncertain": -price * len(handed), "settled": charged.pop(batch.reserved_in, NOTHING), "texts": sent}
    _add(session, batch, batch.reserved_in, known)
    for currency, cost in charged.items():
        _add(session, batch, currency, {"settled": cost})


def spent(session: Session, budget: Budget, day: date) -> Decimal:
    """Of this budget in the period that `day` lies in: settled, set aside and uncertain."""
    since = day if budget.period == DAY else day.replace(day=1)
    total = select(func.sum(Spend.settled + Spend.reserved + Spend.uncertain)).where(Spend.day >= since, Spend.day <= day)
    total = total.where(Spend.currency == budget.currency)
    if budget.payer != EVERYBODY:
        total = total.where(Spend.payer == budget.payer)
    return Decimal(session.scalars(total).one() or 0)


def nearly_spent(session: Session, day: date) -> list[tuple[Budget, Decimal]]:
    """The budgets of which WARNS_AT or more is spent, with what that is."""
    looked = [(budget, spent(session, budget, day)) for budget in session.scalars(select(Budget).order_by(Budget.payer, Budget.period))]
    return [(budget, amount) for budget, amount in looked if amount >= budget.amount * WARNS_AT]


def _price(batch: Batch) -> Decimal:
    """Of one text, as it was when the batch was marked."""
    handed_over = len(batch.phones) - len(batch.withheld or {})
    return (batch.reserved or NOTHING) / max(handed_over, 1)


def _charged(handed: Sequence[Handed], price: Decimal, currency: str) -> dict[str, Decimal]:
    """What an answer says that it cost, by currency."""
    charged: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in handed:
        cost = one.cost if one.cost is not None else (price if one.fate is Fate.SENT else NOTHING)
        if cost:
            charged[(one.currency or currency) if one.cost is not None else currency] += cost
    return charged


def _budgets(payer: str) -> Any:
    """In one order for everybody, so that two never wait for each other in a ring."""
    return select(Budget).where(Budget.payer.in_([payer, EVERYBODY])).order_by(Budget.payer, Budget.period)


def _add(session: Session, batch: Batch, currency: str, amounts: dict[str, Any]) -> None:
    row = {"day": batch.reserved_on, "payer": batch.payer, "gateway": batch.gateway, "currency": currency, "texts": 0}
    row |= {"reserved": NOTHING, "settled": NOTHING, "uncertain": NOTHING} | amounts
    statement = INSERT[dialect(session)](Spend).values(row)
    more = {name: getattr(Spend, name) + getattr(statement.excluded, name) for name in ("texts", "reserved", "settled", "uncertain")}
    session.execute(statement.on_conflict_do_update(index_elements=["day", "payer", "gateway", "currency"], set_=more))
