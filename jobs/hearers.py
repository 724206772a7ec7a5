"""Whom incidents are told to, and the way that e-mail leaves: what jobs need of accounts and of SMTP, without knowing either."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hearer:
    """One person on duty. `phone` is None for whoever wants no texts."""

    account_id: UUID
    email: str
    phone: str | None


class MailFailed(Exception):
    """A letter that may not have left. Its message says why, never to whom."""


class Mail(Protocol):
    def send(self, to: Sequence[str], subject: str, body: str) -> None:
        """One letter to each, none seeing the others. Raises MailFailed. Called outside a transaction."""
