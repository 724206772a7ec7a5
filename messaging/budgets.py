"""Budgets as people set them, what is spent of each, and what texts cost by day and gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.db import INSERT, dialect
from core.errors import NotFound
from messaging import money
from messaging.flow_models import Budget, Spend

PERIODS = (money.DAY, money.MONTH)
MOST = Decimal(100_000_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One budget in its running period: charged, set aside for what is in the air, and uncertain."""

    budget: Budget
    settled: Decimal
    reserved: Decimal
    uncertain: Decimal

    @property
    def spent(self) -> Decimal:
        return self.settled + self.reserved + self.uncertain

    @property
    def ratio(self) -> Decimal:
        """Of the amount; 1 is all of it. A budget of nothing is spent."""
        return self.spent / self.budget.amount if self.budget.amount else Decimal(1)

    @property
    def warns(self) -> bool:
        return self.ratio >= money.WARNS_AT


@dataclass(frozen=True, slots=True)
class Cost:
    """What one gateway's texts of one day came to."""

    day: date
    gateway: str
    currency: str
    texts: int
    settled: Decimal
    reserved: Decimal
    uncertain: Decimal

    @property
    def total(self) -> Decimal:
        return self.settled + self.reserved + self.uncertain


def lines(session: Session, day: date, payer: str | None = None) -> list[Line]:
    """Every budget, or one payer's, as it stands in the period that `day` lies in."""
    found = select(Budget).order_by(Budget.payer, Budget.period)
    if payer is not None:
        found = found.where(Budget.payer == payer)
    return [_line(session, budget, day) for budget in session.scalars(found)]


def put(session: Session, payer: str, period: str, amount: Decimal, currency: str, by: str, now: datetime) -> None:
    """Set the most that this payer may spend in a period. It is warned of anew when it is nearly spent."""
    row = {"payer": payer, "period": period, "currency": currency, "amount": amount, "warned_on": None}
    statement = INSERT[dialect(session)](Budget).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["payer", "period"], set_=row))
    audit.note(session, by, "budget.set", f"budget:{payer}:{period}", now, amount=str(amount), currency=currency)


def remove(session: Session, payer: str, period: str, by: str, now: datetime) -> None:
    """Its texts are no longer held to an amount. Raises NotFound."""
    budget = session.get(Budget, (payer, period))
    if budget is None:
        raise NotFound(f"no budget {payer} {period}")
    audit.note(session, by, "budget.removed", f"budget:{payer}:{period}", now, amount=str(budget.amount), currency=budget.currency)
    session.delete(budget)


def costs(session: Session, since: date) -> Sequence[Cost]:
    """By day and gateway, the oldest first."""
    sums = (func.sum(getattr(Spend, name)) for name in ("texts", "settled", "reserved", "uncertain"))
    keys = (Spend.day, Spend.gateway, Spend.currency)
    found = session.execute(select(*keys, *sums).where(Spend.day >= since).group_by(*keys).order_by(*keys))
    return [
        Cost(day, gateway, currency, int(texts), *(Decimal(part or 0) for part in parts)) for day, gateway, currency, texts, *parts in found
    ]


def _line(session: Session, budget: Budget, day: date) -> Line:
    since = day if budget.period == money.DAY else day.replace(day=1)
    sums = select(*(func.sum(part) for part in (Spend.settled, Spend.reserved, Spend.uncertain)))
    of_period = sums.where(Spend.day >= since, Spend.day <= day, Spend.currency == budget.currency)
    if budget.payer != money.EVERYBODY:
        of_period = of_period.where(Spend.payer == budget.payer)
    return Line(budget, *(Decimal(part or 0) for part in session.execute(of_period).one()))
