"""The tables of people, their land, where they are, whom they belong to, and what they agreed to."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

FARMER_NUMBERS = Sequence("farmer_numbers", start=1000, metadata=Base.metadata)


class Place(Base):
    """A region, sub-region, district, county, sub-county, parish or village, within its parent."""

    __tablename__ = "places"
    __table_args__ = (Index("ix_places_parent_id_name", "parent_id", "name"), Index("ix_places_level_name", "level", "name"))

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str]  # LEVELS in profiles/places.py
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    name: Mapped[str]  # as people write it: "Mubende"
    code: Mapped[str] = mapped_column(unique=True)  # the path of the source's codes, "district:31"; what a second load matches on
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class PlaceName(Base):
    """One spelling by which a place is found, folded (lower case, letters only): its own name and its aliases."""

    __tablename__ = "place_names"

    key: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), primary_key=True, index=True)


class Farmer(Base):
    """A person, with or without a phone. Several may share one number."""

    __tablename__ = "farmers"
    __table_args__ = (
        Index("ix_farmers_phone_id", "phone", "id"),
        Index("ix_farmers_district_id", "district_id"),
        Index("ix_farmers_created_at", "created_at"),
        Index("ix_farmers_name", "name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # written with its check digit: core.codes
    phone: Mapped[str | None]
    phone_use: Mapped[str | None]  # own, shared, neighbour; None with a phone: not asked yet
    name: Mapped[str | None]
    sex: Mapped[str | None]  # f, m; None: not asked, or not now
    born: Mapped[int | None]  # year
    language: Mapped[str]
    district_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))  # sub-county or parish, when known
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("farmers.id"))  # who passes news on to someone without a phone
    declined: Mapped[dict[str, Any]]  # question → when it was put off: never asked twice in one contact
    source: Mapped[str]  # ussd, sms, portal, import, sample
    sample: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]  # when we last heard from them
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey("farmers.id"))  # the agent or neighbour who did it for them
    zone: Mapped[str | None]  # IANA; None: the country's
    confirmed_at: Mapped[datetime | None]  # when they themselves said yes to that


class Plot(Base):
    """A crop that a farmer grows, on how much land, and when it was planted. Position 1 is the main crop."""

    __tablename__ = "plots"
    __table_args__ = (
        Index("uq_plots_farmer_id_crop", "farmer_id", "crop", unique=True),
        Index("uq_plots_farmer_id_position", "farmer_id", "position", unique=True),
        Index("ix_plots_crop_planted_on", "crop", "planted_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    crop: Mapped[str]  # a key of profiles/crops.py
    position: Mapped[int]
    land: Mapped[str | None]  # a band of profiles/questions.py
    planted: Mapped[str | None]  # the band that was answered
    planted_on: Mapped[date | None]  # the day we count weeks from, when the band allows one


class Draft(Base):
    """What a caller has said before agreeing to the notice. Dies after 24 hours."""

    __tablename__ = "drafts"

    phone: Mapped[str] = mapped_column(primary_key=True)
    answers: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class Consent(Base):
    """A farmer's standing permission: for whom, what, why, until when, given how. Withdrawn, never deleted."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_farmer_id_purpose", "farmer_id", "purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))  # None: Ensigo itself
    purpose: Mapped[str]  # "service": to be kept and texted; "credit", "cover": to be shown to a partner
    product: Mapped[str | None]  # the partner's product that it is for
    fields: Mapped[list[str] | None]  # what may be shown
    starts_at: Mapped[datetime | None]  # not live before: the pause after a yes that was given with help
    how: Mapped[str]  # ussd, sms, paper, import
    wording: Mapped[str]  # key, language and hash of what was shown
    witness: Mapped[str | None]  # who saw it, where it was given on paper
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Organisation(Base):
    """A cooperative, producer group, savings group, lender, insurer, buyer, dealer or service."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)  # short, typed: "KASOLO"
    licence: Mapped[str | None]  # the regulator's number, for lenders and insurers
    pdpo: Mapped[str | None]  # registration with the data protection office
    district_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    sample: Mapped[bool]
    created_at: Mapped[datetime]


class Membership(Base):
    """That a farmer belongs to a group, from one day until another."""

    __tablename__ = "memberships"

    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    role: Mapped[str]  # member, leader, agent


class Record(Base):
    """What a farmer noted: a cost, a harvest, a sale. Corrected by a new one that `replaces` it; money in minor units."""

    __tablename__ = "records"
    __table_args__ = (Index("ix_records_farmer_id_day", "farmer_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("farmers.id"))
    kind: Mapped[str]  # cost, harvest, sale
    crop: Mapped[str]
    what: Mapped[str | None]  # of a cost: seed, fertiliser, labour, transport, other
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    unit: Mapped[str | None]  # as it was said: bag, debe, kg
    kg: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # what that usually weighs, where it may be converted
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str]
    day: Mapped[date]
    grade: Mapped[str]  # self, group, receipt, paid: weakest first
    receipt: Mapped[UUID | None]  # the delivery receipt that proves it
    replaces: Mapped[UUID | None]
    replaced: Mapped[bool]
    how: Mapped[str]  # ussd, sms, portal, receipt
    at: Mapped[datetime]
