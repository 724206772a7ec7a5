"""The tables of flow: by which routes texts leave and how fast, whose money they cost, and the daily proof that none was lost."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Route(Base):
    """One gateway for the phones of one operator. `operator` "" is every operator without a row of its own.

    `tokens` is a bucket that fills by `per_second` texts a second and never holds more than a second's; `filled_at` is when it was
    last filled, by the database's clock.
    """

    __tablename__ = "routes"

    gateway: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(primary_key=True)  # a key of messaging/operators.py
    rank: Mapped[int]  # the lowest that is open is preferred
    per_second: Mapped[int]  # texts
    calls: Mapped[int]  # the most calls in the air at once
    price: Mapped[Decimal] = mapped_column(Numeric(8, 4))  # of one part, expected: what is reserved before the gateway says
    currency: Mapped[str]
    tokens: Mapped[float]
    filled_at: Mapped[datetime | None]


class Pace(Base):
    """How a gateway did with an operator's phones lately, and what share of their texts it is given for it."""

    __tablename__ = "paces"

    gateway: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[int]  # per cent of what it would be given
    seen: Mapped[int]  # texts that were looked at
    slow: Mapped[int]  # those of them without a delivery after SLOW
    at: Mapped[datetime]


class Budget(Base):
    """The most that a payer may spend in a period. `payer` "*" is everybody together."""

    __tablename__ = "budgets"

    payer: Mapped[str] = mapped_column(primary_key=True)  # "" the house, "organisation:…", "*"
    period: Mapped[str] = mapped_column(primary_key=True)  # day, month
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    warned_on: Mapped[date | None]  # the period in which 80 % was crossed and told


class Spend(Base):
    """What one payer's texts of one day cost by one gateway: reserved when marked, settled by the answer.

    `uncertain` was reserved for texts whose answer never came: the gateway may have charged it.
    """

    __tablename__ = "spend"

    day: Mapped[date] = mapped_column(primary_key=True)
    payer: Mapped[str] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[int]
    reserved: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    settled: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    uncertain: Mapped[Decimal] = mapped_column(Numeric(14, 4))


class Proof(Base):
    """One day's account of texts: what was planned on it, and what became of every one. `missing` must be 0."""

    __tablename__ = "proofs"

    day: Mapped[date] = mapped_column(primary_key=True)
    planned: Mapped[int]
    sent: Mapped[int]
    refused: Mapped[int]
    not_sent: Mapped[int]
    unconfirmed: Mapped[int]
    suppressed: Mapped[int]
    expired: Mapped[int]
    cancelled: Mapped[int]
    deferred: Mapped[int]
    waiting: Mapped[int]
    missing: Mapped[int]
    at: Mapped[datetime]


class Mute(Base):
    """A phone that talks like a robot: it is heard, and not answered, until a moment."""

    __tablename__ = "mutes"

    phone: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    why: Mapped[str]
    at: Mapped[datetime]
