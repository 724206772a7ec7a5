"""The tables of texts and sessions. Messaging knows phones, never farmers: `refs` and `sender` are opaque to it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

Identity = BigInteger().with_variant(Integer(), "sqlite")


class Batch(Base):
    """One body to at most BATCH_SIZE phones: the unit that is claimed and sent.

    queued → claimed → submitting → done; queued → done when it expired or was cancelled. `phones` are distinct and never
    change (erasure excepted); `refs` is a parallel list of whose they are; `withheld` says which of them were held back in
    the transaction that marked it submitting, and why, so that a crash after it forgets nothing.
    """

    __tablename__ = "batches"
    __table_args__ = (
        Index(
            "ix_batches_due",
            "lane",
            "payer",
            "not_before",
            "id",
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
        Index("ix_batches_leased", "lease_until", postgresql_where=text("owner IS NOT NULL"), sqlite_where=text("owner IS NOT NULL")),
        Index("ix_batches_sender", "sender"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sender: Mapped[str]  # who asked for it: "broadcast:0197…", "inbound:…"
    payer: Mapped[str] = mapped_column(default="", server_default="")  # whose money and whose share: "" the house, "organisation:…"
    dedupe: Mapped[str | None] = mapped_column(unique=True)  # for single texts: at most one of each
    klass: Mapped[str] = mapped_column("class")
    lane: Mapped[int]
    body: Mapped[str]
    phones: Mapped[list[str]]
    refs: Mapped[list[str]]
    route: Mapped[str | None]  # the gateway it must go by; None: the first that is open
    not_before: Mapped[datetime]
    valid_until: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=1)
    faults: Mapped[int] = mapped_column(default=0, server_default="0")  # times it could not even be looked at; at the third it is given up
    follows: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="queued")
    withheld: Mapped[dict[str, Any] | None]
    gateway: Mapped[str | None]  # who is asked to carry it, from when it is marked submitting
    reserved: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))  # what it was expected to cost when it was marked
    reserved_in: Mapped[str | None]  # currency
    reserved_on: Mapped[date | None]
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]  # by the database's clock


class Message(Base):
    """What became of one phone of a batch: written once, when the batch ends."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_phone_at", "phone", "at"),
        Index("ix_messages_gateway_id", "gateway_id"),
        Index("ix_messages_at", "at", postgresql_using="brin"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    fate: Mapped[str]
    gateway: Mapped[str | None]
    gateway_id: Mapped[str | None]
    cost: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    currency: Mapped[str | None]
    code: Mapped[str]
    at: Mapped[datetime]


class Report(Base):
    """What a gateway told us of a text, as it came. Only grows; `folded_at` says that outcomes know of it."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_waiting", "id", postgresql_where=text("folded_at IS NULL"), sqlite_where=text("folded_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    gateway: Mapped[str]
    gateway_id: Mapped[str] = mapped_column(index=True)
    phone: Mapped[str | None]
    status: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    network: Mapped[str]
    advice: Mapped[str] = mapped_column(default="")  # what it asks of us, heeded when its text is found
    at: Mapped[datetime]
    folded_at: Mapped[datetime | None]


class Outcome(Base):
    """The last word on a message, folded from its reports by a table of moves that refuses steps back."""

    __tablename__ = "outcomes"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    gateway_id: Mapped[str | None] = mapped_column(index=True)  # only from an answer that came after we had stopped listening
    at: Mapped[datetime]


class Inbound(Base):
    """One text from a phone: stored first, understood second."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index("uq_inbound_gateway_id", "gateway", "gateway_id", unique=True),
        Index("ix_inbound_waiting", "at", postgresql_where=text("handled_at IS NULL"), sqlite_where=text("handled_at IS NULL")),
        Index("ix_inbound_phone_at", "phone", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    gateway_id: Mapped[str]
    phone: Mapped[str | None]
    sender: Mapped[str]
    to: Mapped[str]
    text: Mapped[str]
    network: Mapped[str]
    at: Mapped[datetime]  # when we got it
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    taken_until: Mapped[datetime | None]  # a worker is at it until then
    handled_at: Mapped[datetime | None]
    understood: Mapped[str | None]  # the keyword it was taken for; "" when nobody understood


class Unread(Base):
    """A callback that could not be read, kept as it came so that nothing is lost and a person can look."""

    __tablename__ = "unread"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    kind: Mapped[str]
    why: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(index=True)


class UssdSession(Base):
    """One dial-in: the screens walked through and the last thing read. Of what was typed, only a length and a keyed hash."""

    __tablename__ = "ussd_sessions"
    __table_args__ = (Index("ix_ussd_sessions_phone_seen_at", "phone", "seen_at"),)

    gateway: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(primary_key=True)
    phone: Mapped[str]
    network: Mapped[str]
    heard_length: Mapped[int | None]  # None: nothing answered yet
    heard_hash: Mapped[str]
    turns: Mapped[int]
    trail: Mapped[list[str]]
    page: Mapped[int]
    draft: Mapped[dict[str, Any]]  # what screens keep between turns of this one session
    reply: Mapped[str]
    ends: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    ended: Mapped[str | None]  # the gateway's word at the end


class Hop(Base):
    """That a screen was shown, for the funnel: no phone, no answer."""

    __tablename__ = "hops"

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    screen: Mapped[str]
    language: Mapped[str]
    network: Mapped[str]
    first: Mapped[bool]
    ends: Mapped[bool]


class Suppression(Base):
    """A phone that said STOP. Its row stays when the person is erased."""

    __tablename__ = "suppressions"

    phone: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    how: Mapped[str]  # "sms", "ussd", "gateway", "portal"


class Unasked(Base):
    """That a phone's one unasked text of a local day is taken, by which batch: the cap, settled by a primary key."""

    __tablename__ = "unasked"

    phone: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]


class Switch(Base):
    """Something an operator turned off: "sending", "class:offer", "sender:broadcast:…", "gateway:africastalking"."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
