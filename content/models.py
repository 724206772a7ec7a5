"""The tables of what we say: prices and markets, templates and their versions, campaigns and their broadcasts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Market(Base):
    """A place where prices are seen. `selling` is False where farmers do not sell (relief-driven settlements)."""

    __tablename__ = "markets"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # the source's name for it: "wfp:262"
    name: Mapped[str] = mapped_column(index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    selling: Mapped[bool]
    sample: Mapped[bool]


class Price(Base):
    """One observed price: of which kind, per which unit, on which day, from whom, and whether it may be told.

    published → told to farmers; held → a person looks at it (`why` says what is odd); refused → never told.
    """

    __tablename__ = "prices"
    __table_args__ = (
        Index("uq_prices_observation", "market_id", "commodity", "kind", "unit", "day", "source", unique=True),
        Index("ix_prices_commodity_day", "commodity", "state", "day"),
        Index("ix_prices_held", "day", postgresql_where=text("state = 'held'"), sqlite_where=text("state = 'held'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("markets.id"))
    commodity: Mapped[str]  # a key of content/commodities.py, or the source's own name folded
    kind: Mapped[str]  # retail, wholesale, trader, farm_gate: part of the price
    unit: Mapped[str]  # "kg", "litre", or the source's own unit
    day: Mapped[date]
    monthly: Mapped[bool]  # the source gives a month, not a day
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    currency: Mapped[str]
    reports: Mapped[int]
    estimated: Mapped[bool]
    source: Mapped[str]  # "wfp", "reporters", "sample"
    state: Mapped[str]
    why: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Template(Base):
    """The wording of a message; what is sent is one of its published versions."""

    __tablename__ = "templates"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    klass: Mapped[str] = mapped_column("class")
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))  # None: Ensigo's own
    draft: Mapped[dict[str, Any] | None]  # language → body, as the editor left it
    sample: Mapped[bool]


class TemplateVersion(Base):
    """A published, frozen edition: the body in each language, with ((placeholders))."""

    __tablename__ = "template_versions"
    __table_args__ = (Index("uq_template_versions_template_id_number", "template_id", "number", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    template_id: Mapped[UUID] = mapped_column(ForeignKey("templates.id"))
    number: Mapped[int]
    bodies: Mapped[dict[str, Any]]  # language → body
    unreviewed: Mapped[list[str]]  # languages that a native reader has not seen
    by: Mapped[str]
    at: Mapped[datetime]


class Campaign(Base):
    """Template + audience + schedule. `steps` lists {"template": code, "weeks": weeks since planting or null}."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_next_at", "next_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    steps: Mapped[list[Any]]
    audience: Mapped[dict[str, Any]]  # profiles.audiences.Audience
    schedule: Mapped[dict[str, Any]]  # content.schedules.Schedule
    on: Mapped[bool]
    last_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    sample: Mapped[bool]


class Broadcast(Base):
    """One firing of a campaign: frozen version, frozen audience and the moment it is asked as of.

    planning → planned; planning|planned → stopped. `cursor` is the end of what is planned: content/stretches.py.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        Index("uq_broadcasts_firing", "campaign_id", "step", "due_at", unique=True),
        Index("ix_broadcasts_planning", "as_of", postgresql_where=text("state = 'planning'"), sqlite_where=text("state = 'planning'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))  # None: sent by hand
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)  # whose desk it came from
    nonce: Mapped[str | None] = mapped_column(unique=True)  # of the form that launched it: a double click is one broadcast
    step: Mapped[int]
    due_at: Mapped[datetime]
    template_version_id: Mapped[UUID] = mapped_column(ForeignKey("template_versions.id"))
    klass: Mapped[str] = mapped_column("class")
    audience: Mapped[dict[str, Any]]
    as_of: Mapped[datetime]
    valid_until: Mapped[datetime]
    state: Mapped[str]
    cursor: Mapped[str]
    phones: Mapped[int]  # how many were planned
    unsaid: Mapped[int]  # how many were in the audience but had nothing true to be told, or no fitting body
    by: Mapped[str]

    @property
    def payer(self) -> str:
        """As batches call whoever pays for a text."""
        return f"organisation:{self.organisation_id}" if self.organisation_id else ""


class BroadcastBody(Base):
    """One rendered body of a broadcast, for everyone who shares these values. Unused dimensions are empty.

    Equal bodies of two such groups bear one `number`: a phone gets those words once.
    """

    __tablename__ = "broadcast_bodies"

    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("broadcasts.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(primary_key=True)
    crop: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    body: Mapped[str]


class BroadcastSharedPhone(Base):
    """A phone of more than one farmer, as it was when planning began; gone when the broadcast is planned."""

    __tablename__ = "broadcast_shared_phones"

    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("broadcasts.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)


class Forecast(Base):
    """What a source said of one district and day, at one fetch: kept, so that it can later be held against what came."""

    __tablename__ = "forecasts"
    __table_args__ = (
        Index("uq_forecasts_fetch", "district_id", "source", "day", "fetched_on", unique=True),
        Index("ix_forecasts_day", "day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    source: Mapped[str]  # open-meteo, sample
    day: Mapped[date]
    fetched_on: Mapped[date]
    fetched_at: Mapped[datetime]
    rain_chance: Mapped[int | None]  # per cent
    rain_mm: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    low: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # degrees Celsius
    high: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    code: Mapped[int | None]  # WMO weather code


class Fetch(Base):
    """What we remember of a source between two requests: when it may be asked again, and what went wrong last."""

    __tablename__ = "fetches"

    source: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # "district:31"
    etag: Mapped[str | None]
    modified: Mapped[str | None]
    not_before: Mapped[datetime | None]
    failures: Mapped[int]
    says: Mapped[str | None]
    at: Mapped[datetime]
