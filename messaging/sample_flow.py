"""Money of the sample country: budgets, and what a month of made-up texts came to, so that the pages about them show something."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from core.db import insert_new
from messaging import money
from messaging.flow_models import Budget, Spend

GATEWAY, PART = "simulator", Decimal(25)
DAYS = 29
TEXTS_A_WEEK = (620, 480, 890, 510, 740, 230, 160)  # by day of the week
A_DAY, A_MONTH, A_GROUP = Decimal(60_000), Decimal(1_200_000), Decimal(150_000)


def seed(session: Session, today: date, currency: str, groups: Sequence[str]) -> int:
    """Add what is missing; how many days of spend were new. `groups`: payers with a budget of their own."""
    amounts = [(money.HOUSE, money.DAY, A_DAY), (money.EVERYBODY, money.MONTH, A_MONTH), *((one, money.MONTH, A_GROUP) for one in groups)]
    rows = [
        {"payer": payer, "period": period, "currency": currency, "amount": amount, "warned_on": None} for payer, period, amount in amounts
    ]
    insert_new(session, Budget, rows)
    spent = [row for back in range(1, DAYS + 1) for row in _day(today - timedelta(days=back), currency, groups)]
    return len({row.day for row in insert_new(session, Spend, spent)})


def _day(day: date, currency: str, groups: Sequence[str]) -> list[dict[str, object]]:
    counts = {money.HOUSE: TEXTS_A_WEEK[day.weekday()] + 7 * (day.day % 9), **{one: 40 + day.day for one in groups if day.weekday() == 1}}
    zero = {"reserved": Decimal(0), "uncertain": Decimal(0)}
    key = {"day": day, "gateway": GATEWAY, "currency": currency}
    return [{**key, **zero, "payer": payer, "texts": count, "settled": PART * count} for payer, count in counts.items()]
