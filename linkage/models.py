"""The tables of the market: receipts, offers, matches, applications, and who was shown what of whom."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

RECEIPT_NUMBERS = Sequence("receipt_numbers", start=1000, metadata=Base.metadata)
OFFER_NUMBERS = Sequence("offer_numbers", start=100, metadata=Base.metadata)


class Receipt(Base):
    """A delivery that two sides hold: what was weighed, what is owed, when it is paid. Money in minor units of `currency`.

    issued → confirmed | disputed → corrected (a new receipt `replaces` it).
    """

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_farmer_id_day", "farmer_id", "day"),
        Index("ix_receipts_organisation_id_day", "organisation_id", "day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # written with its check digit: core.codes
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    crop: Mapped[str]
    day: Mapped[date]
    kg: Mapped[Decimal] = mapped_column(Numeric(12, 2))  # the group's scale
    kg_second: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # the buyer's scale
    moisture: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # per cent
    price: Mapped[Decimal] = mapped_column(Numeric(14, 4))  # per kg
    gross: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger)
    transport: Mapped[int] = mapped_column(BigInteger)
    net: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    pays_on: Mapped[date | None]
    state: Mapped[str]
    dispute: Mapped[str | None]
    replaces: Mapped[UUID | None]
    nonce: Mapped[str] = mapped_column(unique=True)  # of the form that made it: a double click is one receipt
    by: Mapped[str]
    at: Mapped[datetime]


class Offer(Base):
    """What a partner offers, to whom it is open, on which terms. draft → published → closed."""

    __tablename__ = "offers"
    __table_args__ = (Index("ix_offers_state_closes_on", "state", "closes_on"), Index("ix_offers_state_matched_at", "state", "matched_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str]  # loan, cover, purchase, input, service
    product: Mapped[str]  # the partner's name for it: "input-loan-2027A"
    title: Mapped[str]  # what a farmer reads, at most 30 characters
    terms: Mapped[dict[str, Any]]  # by kind: linkage/terms.py; money in minor units
    eligibility: Mapped[dict[str, Any]]  # linkage/eligibility.py
    currency: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    capacity: Mapped[int | None]
    taken: Mapped[int]
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    matched_to: Mapped[UUID | None]  # the last farmer whom matching has looked at
    matched_at: Mapped[datetime | None]  # when it had looked at all


class Match(Base):
    """Farmers whom an offer fits for the same reasons: a row holds up to MATCH_SIZE of them, as a batch holds phones.

    A phone's screen never reads it: what fits one farmer is computed for her. It says who was found when, and why.
    """

    __tablename__ = "matches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"), index=True)
    reasons: Mapped[list[str]]
    farmers: Mapped[list[str]]  # their ids in hexadecimal, each offer's farmers distinct (erasure excepted)
    count: Mapped[int]  # how many these were
    at: Mapped[datetime]


class Application(Base):
    """A farmer's yes or no to an offer. accepted → withdrawn (within 48 h) | approved | refused; declined stands alone."""

    __tablename__ = "applications"
    __table_args__ = (
        Index("uq_applications_offer_id_farmer_id", "offer_id", "farmer_id", unique=True),
        Index("ix_applications_farmer_id", "farmer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"))
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    state: Mapped[str]
    terms: Mapped[dict[str, Any]]  # as they were shown at the yes
    how: Mapped[str]  # ussd, sms
    at: Mapped[datetime]
    cooling_until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]


class ConsentRequest(Base):
    """That a partner asks to see some of a farmer's data. asked → granted | refused; one row for each product and purpose."""

    __tablename__ = "consent_requests"
    __table_args__ = (
        Index("uq_consent_requests_whom_what", "farmer_id", "organisation_id", "product", "purpose", unique=True),
        Index("ix_consent_requests_organisation_id", "organisation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    product: Mapped[str]
    purpose: Mapped[str]
    fields: Mapped[list[str]]
    days: Mapped[int]  # how long the permission would last
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Disclosure(Base):
    """That a farmer's data was shown: to whom, under which consent, which fields, when. Appended, never changed."""

    __tablename__ = "disclosures"
    __table_args__ = (Index("ix_disclosures_farmer_id_at", "farmer_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    product: Mapped[str]
    purpose: Mapped[str]
    fields: Mapped[list[str]]
    key_id: Mapped[str]
    response_hash: Mapped[str]
    at: Mapped[datetime]
