"""The tables of people who sign in: accounts, what they may do, their sign-ins, one-time links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # folded to lower case
    name: Mapped[str]
    role: Mapped[str]  # a key of service/accounts/roles.py
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    password_hash: Mapped[str]  # argon2id
    phone: Mapped[str | None]  # E.164; where incidents are texted to
    hears: Mapped[bool] = mapped_column(default=False, server_default=false())  # of incidents, by e-mail and text
    active: Mapped[bool]
    sample: Mapped[bool]
    created_at: Mapped[datetime]


class SignIn(Base):
    """One browser signed in. The cookie holds the token; this row holds its hash."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that works once, until a time: the first administrator's set-up, an invitation, a reset."""

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]  # setup, invitation
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """A partner's key: shown once, kept as a keyed hash, bound to scopes and, for profiles, to one product and purpose."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)  # the readable part: pk_live_8 characters
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]]
    product: Mapped[str | None]
    purpose: Mapped[str | None]
    by: Mapped[str]
    created_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiAnswer(Base):
    """What was answered to a request that carried an Idempotency-Key, so that its repeat is answered alike. Kept for a day."""

    __tablename__ = "api_answers"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]  # of address and body: the same key for something else is refused
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)
